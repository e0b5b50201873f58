"""Does every comparable thing on a page have its place in the contract?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from conformance.documents.archive import Handling
from conformance.documents.claims import Statement
from conformance.documents.forward import Sectioned
from conformance.documents.reading import Token

__all__ = ["Claimed", "Unclaimed", "match_page"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """Something on a page that the contract has, and how it had to be read where that was not as it stands."""

    token: Token
    handling: Handling | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclaimed:
    """Something on a page that the contract has nowhere, and the cited section that it stands in."""

    token: Token
    line: int
    section: str


def match_page(
    sectioned: Sectioned, statements: Sequence[Statement], *, everywhere: Sequence[str] = ()
) -> Iterator[Claimed | Unclaimed]:
    """
    Each comparable thing on a page that is not ignored, claimed or not.

    A name means the same wherever it stands and may be claimed by any statement about the document; a number
    only by a statement that cites the section in which it stands.

    Args:
        everywhere: Names that the contract as a whole claims: its host.
    """
    page = sectioned.page
    mine = [s for s in statements if any(c.document == page.document for c in s.cited)]
    names = {t for s in mine for c in s.claims if c.kind == "name" for t in c.texts} | set(
        everywhere
    )
    words = {word for s in mine for word in s.words}
    placed = _placed(sectioned, mine)
    for token in page.tokens:
        if page.is_ignored(token.start):
            continue
        if token.kind == "name":
            how = _name_claimed(token.text, names, words)
        else:
            spans = placed.get((token.kind, token.text), ())
            how = "" if any(a <= token.start < b for a, b in spans) else None
        if how is None:
            section = _section_of(sectioned, token.start)
            yield Unclaimed(token=token, line=page.line(token.start), section=section)
        else:
            line = page.line(token.start)
            handling = Handling(
                how=how, raw=token.raw, read_as=_first_name(token.text, names), line=line
            )
            yield Claimed(token=token, handling=handling if how else None)


def _placed(
    sectioned: Sectioned, statements: Sequence[Statement]
) -> Mapping[tuple[str, str], list[tuple[int, int]]]:
    """For each claimed thing, the spans of the page in which it is claimed."""
    found: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for statement in statements:
        spans = [
            span
            for cited in statement.cited
            if cited.document == sectioned.page.document
            for span in sectioned.spans.get(cited.section, ())
        ]
        for claim in statement.claims:
            for text in claim.texts:
                found.setdefault((claim.kind, text), []).extend(spans)
    return found


def _name_claimed(name: str, names: set[str], words: set[str]) -> str | None:
    """How a name is claimed: "" as it stands, `glued text` among other words; None where it is not."""
    if name in names or name in words or all(part in names | words for part in name.split(".")):
        return ""
    return "glued text" if _first_name(name, names | words) else None


_CODE: Final = re.compile(r"[_\d/{}.-]|[a-z][A-Z]")


def _first_name(name: str, known: set[str]) -> str:
    """The claimed name that is glued to other words here; "" where what is left is a name itself, or nothing fits."""
    parts = sorted(
        (k for k in known if len(k) > 3 and k in name and _CODE.search(k)), key=len, reverse=True
    )
    rest = name
    for part in parts:
        rest = rest.replace(part, " ")
    left = rest.split()
    if not parts or any(_CODE.search(each) for each in left):
        return ""
    return parts[0]


def _section_of(sectioned: Sectioned, offset: int) -> str:
    inside = [
        (b - a, name)
        for name, spans in sectioned.spans.items()
        for a, b in spans
        if name and a <= offset < b
    ]
    return min(inside)[1] if inside else ""
