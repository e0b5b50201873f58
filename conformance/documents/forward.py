"""Does what a contract claims stand in the sections that it cites?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from conformance.contract.wording import nearest
from conformance.documents.archive import Handling, Page, Span
from conformance.documents.claims import Citation, Claim, Statement

__all__ = ["Missing", "Proof", "Sectioned", "holds", "locate", "prove"]

_WORDS: Final = dict(
    zip(
        "1 2 3 4 5 6 7 8 9 10".split(),
        "one two three four five six seven eight nine ten".split(),
        strict=True,
    )
)
# What stands around a name whose spaces were lost: little words, and other names of that form.
_LITTLE: Final = (
    r"(?:a|by|if|in|is|it|of|or|to|and|for|from|the|when|with|only|field|value|model|prefer|Prefer|affects|object"
    r"|[a-z]{4,}|[a-z]+_[a-z]+)*?"
)
_GLUED_FROM: Final = 4  # shorter names stand in too many words by chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Sectioned:
    """An archived page and where its cited sections stand; no spans for one that was not found."""

    page: Page
    spans: Mapping[str, tuple[Span, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A claim that was found: in which document, and how it had to be read where that was not as it stands."""

    claim: Claim
    document: str
    handling: Handling | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """
    A claim that was not found.

    `documents` are those where it may stand: the archived pages that were searched, or, where it is `unproven`, the
    cited documents of which the archive has nothing or only an excerpt.
    """

    claim: Claim
    documents: tuple[str, ...]
    unproven: bool
    hint: str = ""


def prove(statement: Statement, pages: Mapping[str, Sectioned]) -> Iterator[Proof | Missing]:
    """Each checked claim of a statement, found or not."""
    cited = tuple(dict.fromkeys(c.document for c in statement.cited))
    elsewhere = tuple(name for name in cited if not _is_whole(name, pages))
    for claim in statement.claims:
        if not claim.checked:
            continue
        proof = _found(claim, statement, pages)
        if proof is not None:
            yield proof
            continue
        # Who cites a page that is there has to find it there, or say with `value_sources` which other page has it.
        if not statement.asks and len(elsewhere) < len(cited):
            elsewhere = ()
        hint = "" if elsewhere else _hint(claim, statement, pages)
        yield Missing(
            claim=claim, documents=elsewhere or cited, unproven=bool(elsewhere), hint=hint
        )


def _is_whole(document: str, pages: Mapping[str, Sectioned]) -> bool:
    return document in pages and pages[document].page.whole


def _found(claim: Claim, statement: Statement, pages: Mapping[str, Sectioned]) -> Proof | None:
    whole = any(_is_whole(c.document, pages) for c in statement.cited) and not statement.asks
    for cited in statement.cited:
        sectioned = pages.get(cited.document)
        # An excerpt has no sections: next to a page that has, it proves nothing.
        if sectioned is None or (whole and not sectioned.page.whole):
            continue
        spans = sectioned.spans.get(cited.section, ())
        if spans and claim.kind == "name" and claim.texts[0] == item_of(cited.section):
            named = Handling(
                how="section named for the contract's own field",
                raw=cited.section,
                read_as=claim.texts[0],
                line=sectioned.page.line(spans[0][0]),
            )
            return Proof(claim=claim, document=cited.document, handling=named)
        for text in claim.texts:
            hit = locate(claim.kind, text, sectioned.page, spans)
            if hit is None:
                continue
            at, raw, how = hit
            if text != claim.texts[0] and not how:
                how = "another spelling or unit"
            handling = (
                Handling(how=how, raw=raw, read_as=claim.texts[0], line=sectioned.page.line(at))
                if how
                else None
            )
            return Proof(claim=claim, document=cited.document, handling=handling)
    return None


def item_of(section: str) -> str:
    """`image_urls` of the section `Body (image_urls)`: what a part is about whose name the page has lost."""
    return section.rpartition("(")[2].rstrip(")") if section.endswith(")") else ""


def holds(statement: Statement, cited: Citation, sectioned: Sectioned) -> bool:
    """Whether a section has anything at all of a statement; `task ID` will do for `task_id`."""
    spans = sectioned.spans.get(cited.section, ())
    solid = "".join(_solid(sectioned.page.text[a:b]) for a, b in spans)
    for claim in statement.claims:
        for text in claim.texts:
            if claim.kind == "name" and (text == item_of(cited.section) or _in_solid(text, solid)):
                return True
            if locate(claim.kind, text, sectioned.page, spans):
                return True
    return False


def _solid(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _in_solid(name: str, solid: str) -> bool:
    bare = _solid(name)
    return len(bare) >= _GLUED_FROM and bare in solid


def locate(kind: str, text: str, page: Page, spans: Sequence[Span]) -> tuple[int, str, str] | None:
    """Where a thing stands within the spans, how it is written, and how it had to be read ("" as it stands)."""
    if kind == "name":
        return _locate_name(text, page, spans)
    for token in page.tokens:
        if token.kind == kind and token.text == text and _within(token.start, spans):
            return (
                token.start,
                token.raw,
                _how(token.kind, token.raw, page.text, token.start, token.end),
            )
    word = _WORDS.get(text) if kind == "number" else None
    hit = _locate_name(word, page, spans, loose=False) if word else None
    return (*hit[:2], "number in words") if hit else None


def _locate_name(
    name: str, page: Page, spans: Sequence[Span], *, loose: bool = True
) -> tuple[int, str, str] | None:
    """As it stands; else with other capitals; else glued to the little words around it."""
    edge = r"[\w-]" if "-" in name else r"\w"
    before = "" if name.startswith("/") else rf"(?<!{edge})"  # a path stands behind its host
    whole = rf"{before}{re.escape(name)}(?!{edge})"
    hit = _search(re.compile(whole), page, spans)
    if hit or not loose:
        return (hit[0], hit[1], "") if hit else None
    if name.isalpha() and name.islower():
        title = _search(re.compile(rf"(?<!\w){name.capitalize()}(?!\w)"), page, spans)
        if title:
            return title[0], title[1], "a capital"
    if len(name) < _GLUED_FROM or name.startswith("/"):
        return None
    hit = _search(re.compile(rf"(?<![\w]){_LITTLE}{re.escape(name)}{_LITTLE}(?![\w])"), page, spans)
    return (hit[0], _word_around(page.text, *hit[2:]), "glued text") if hit else None


def _search(
    pattern: re.Pattern[str], page: Page, spans: Sequence[Span]
) -> tuple[int, str, int, int] | None:
    for start, end in spans:
        match = pattern.search(page.text, start, end)
        if match:
            return match.start(), match.group(), match.start(), match.end()
    return None


def _word_around(text: str, start: int, end: int) -> str:
    while start > 0 and re.match(r"\w", text[start - 1]):
        start -= 1
    while end < len(text) and re.match(r"\w", text[end]):
        end += 1
    return text[start:end]


def _how(kind: str, raw: str, text: str, start: int, end: int) -> str:
    if "×" in raw:
        return "× for x"
    if "," in raw:
        return "thousands separator"
    before, after = text[start - 1 : start], text[end : end + 1]
    if kind == "tier" and (before.isalpha() or after.isalpha()):
        return "glued text"
    if before.isalpha() and before.islower():
        return "glued text"
    return ""


def _within(offset: int, spans: Sequence[Span]) -> bool:
    return any(a <= offset < b for a, b in spans)


def _hint(claim: Claim, statement: Statement, pages: Mapping[str, Sectioned]) -> str:
    """Where else on the cited pages it stands, else what stands in the section and looks like it."""
    for cited in statement.cited:
        sectioned = pages.get(cited.document)
        if sectioned is None:
            continue
        for section, spans in sectioned.spans.items():
            if section and locate(claim.kind, claim.texts[0], sectioned.page, spans):
                return f"it stands under {section!r}"
        if locate(claim.kind, claim.texts[0], sectioned.page, sectioned.page.regions):
            return "it stands elsewhere on the page"
        spans = sectioned.spans.get(cited.section, ())
        known = {
            t.text
            for t in sectioned.page.tokens
            if t.kind == claim.kind and _within(t.start, spans)
        }
        near = nearest(claim.texts[0], sorted(known))
        if near:
            return f"did you mean {near!r}?"
        if known and claim.kind == "number":
            return f"the numbers there are {', '.join(sorted(known, key=float)[:12])}"
    return ""
