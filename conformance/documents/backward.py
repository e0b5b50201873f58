"""Does every comparable thing on a page have its place in the contract?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from conformance.documents.archive import Handling, Page, Span
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
    sectioned: Sectioned,
    statements: Sequence[Statement],
    *,
    everywhere: Sequence[str] = (),
    pages: Sequence[Page] = (),
) -> Iterator[Claimed | Unclaimed]:
    """
    Each comparable thing on a page that is not ignored, claimed or not.

    A name means the same wherever it stands and may be claimed by any statement about the document; a number
    only by a statement that cites the section in which it stands. A row that restates several documents is
    claimed by any of them, or by a page that the archive has whole, with which it may compare them.

    Args:
        everywhere: Names that the contract as a whole claims: its host.
        pages: All archived pages of the contract.
    """
    page = sectioned.page
    known: dict[frozenset[str], _Known] = {}
    for token in page.tokens:
        if page.is_ignored(token.start):
            continue
        documents = _documents(page, token, pages)
        if documents not in known:
            known[documents] = _known(sectioned, statements, documents, everywhere)
        mine = known[documents]
        if token.kind == "name":
            how = _name_claimed(token.text, mine.names, mine.words)
        else:
            spans = mine.placed.get((token.kind, token.text), ())
            how = "" if any(a <= token.start < b for a, b in spans) else None
        line = page.line(token.start)
        if how is None:
            section = _section_of(sectioned, token.start) if page.whole else ""
            yield Unclaimed(token=token, line=line, section=section)
        else:
            read_as = _first_name(token.text, mine.names)
            handling = Handling(how=how, raw=token.raw, read_as=read_as, line=line)
            yield Claimed(token=token, handling=handling if how else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What the statements about some documents claim."""

    names: set[str]
    words: set[str]
    placed: Mapping[tuple[str, str], list[Span]]


def _documents(page: Page, token: Token, pages: Sequence[Page]) -> frozenset[str]:
    """The documents that may claim a token: the page's own, and for a restated row those that it is about."""
    if page.whole:
        return frozenset((page.document,))
    rows = {
        p.document
        for p in pages
        if p.file == page.file and any(a <= token.start < b for a, b in p.regions)
    }
    return frozenset(rows | {p.document for p in pages if p.whole} | {page.document})


def _known(
    sectioned: Sectioned,
    statements: Sequence[Statement],
    documents: frozenset[str],
    everywhere: Sequence[str],
) -> _Known:
    mine = [s for s in statements if any(c.document in documents for c in s.cited)]
    names = {t for s in mine for c in s.claims if c.kind == "name" for t in c.texts}
    parts = {part for name in names if name.startswith("/") for part in name.split("/") if part}
    return _Known(
        names=names | parts | set(everywhere),
        words={word for s in mine for word in s.words},
        placed=_placed(sectioned, mine),
    )


def _placed(
    sectioned: Sectioned, statements: Sequence[Statement]
) -> Mapping[tuple[str, str], list[tuple[int, int]]]:
    """For each claimed thing, the spans of the page in which it is claimed."""
    found: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for statement in statements:
        if sectioned.page.whole and statement.path[0] == "conflicts":
            continue  # where pages disagree, each of them also says something that is a statement of its own
        spans = [
            span
            for cited in statement.cited
            if cited.document == sectioned.page.document
            for span in sectioned.spans.get(cited.section, ())
        ]
        if not sectioned.page.whole:
            spans = list(sectioned.page.regions)
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
