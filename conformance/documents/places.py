"""
What does a page say at a field's own place: its type, whether it is required, its default, the list of its values?

Looking for a value anywhere in a section cannot tell a default from another permitted value, nor an enum that
lost a value from a whole one. These checks look at the row, heading or list that the thing stands in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from conformance.documents.archive import Page, Span
from conformance.documents.claims import Path, Statement
from conformance.documents.forward import Sectioned
from conformance.documents.reading import read_tokens

__all__ = ["Misplaced", "check_places"]

_TYPES: Final = frozenset("string integer number boolean object array null".split())
_REQUIRED: Final = {"yes": "yes", "required": "yes", "no": "no", "optional": "no"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Misplaced:
    """Something that the page says otherwise at the place where it says it."""

    rule: str
    path: Path
    message: str
    document: str
    line: int


def check_places(sectioned: Sectioned, statements: Sequence[Statement]) -> Iterator[Misplaced]:
    """Everything that a page contradicts at the place itself. An excerpt has no such places."""
    if not sectioned.page.whole:
        return
    mine = [s for s in statements if any(c.document == sectioned.page.document for c in s.cited)]
    yield from _facets(sectioned, mine)
    yield from _examples(sectioned, mine)
    yield from _limits_of_models(sectioned, mine)
    yield from _prices(sectioned, mine)
    yield from _enumerations(sectioned, mine)
    yield from _rows(sectioned, mine)
    yield from _ranges(sectioned, mine)
    yield from _cells(sectioned, mine)


def _spans(sectioned: Sectioned, statement: Statement) -> list[Span]:
    document = sectioned.page.document
    return [
        span
        for c in statement.cited
        if c.document == document
        for span in sectioned.spans.get(c.section, ())
    ]


# ---------------------------------------------------------------- type, required, default


def _facets(sectioned: Sectioned, statements: Sequence[Statement]) -> Iterator[Misplaced]:
    """All entries of a field that cite one place (for a state, in an alternative) together say what it says."""
    by_name: dict[tuple[str, str], list[Statement]] = {}
    for statement in statements:
        if statement.name and (statement.facets or statement.model):
            section = (
                "reply" if "reply" in statement.path or "fields" in statement.path else "request"
            )
            by_name.setdefault((section, statement.name), []).append(statement)
    for (_, name), entries in by_name.items():
        spans = list(dict.fromkeys(span for s in entries for span in _spans(sectioned, s)))
        for facet in ("type", "required", "default"):
            for at, there in (
                hit for span in spans for hit in _shown(sectioned.page, name, span, facet)
            ):
                same = [s for s in entries if any(a <= at < b for a, b in _spans(sectioned, s))]
                said = {v for s in same for v in s.facets.get(facet, ())}
                if said == there or sectioned.page.is_ignored(at):
                    continue
                if not said and (facet != "default" or _is_required(same)):
                    continue
                first = next((s for s in same if facet in s.facets), same[0])
                yield Misplaced(
                    rule=f"wrong-{facet}",
                    path=(*first.path, facet) if facet in first.facets else first.path,
                    message=f"found {facet} {_listed(said)} for {name}, expected {_listed(there)}",
                    document=sectioned.page.document,
                    line=sectioned.page.line(at),
                )
                break


_KINDS: Final = {
    '"': "string",
    "{": "object",
    "[": "array",
    "t": "boolean",
    "f": "boolean",
    "n": "null",
}


def _examples(sectioned: Sectioned, statements: Sequence[Statement]) -> Iterator[Misplaced]:
    """A value in an example body is of the type that is claimed."""
    page = sectioned.page
    for statement in statements:
        types = set(statement.facets.get("type", ()))
        if not types:
            continue
        shown = re.compile(rf'"{re.escape(statement.name)}"\s*:\s*(["{{\[tfn]|-?\d)')
        for span in _spans(sectioned, statement):
            for match in shown.finditer(page.text, *span):
                there = _KINDS.get(match[1], "integer")
                fits = there in types or (there == "integer" and "number" in types)
                if not fits and there != "null" and not page.is_ignored(match.start()):
                    yield Misplaced(
                        rule="wrong-type",
                        path=(*statement.path, "type"),
                        message=f"found type {_listed(types)} for {statement.name}, expected {there} as in the example",
                        document=page.document,
                        line=page.line(match.start()),
                    )
                    break


def _is_required(entries: Sequence[Statement]) -> bool:
    """Where a page has a default for a field that it requires, no request shows which holds: an open question."""
    return any("yes" in s.facets.get("required", ()) for s in entries)


def _listed(values: set[str]) -> str:
    return " or ".join(sorted(values)) or "nothing"


def _shown(page: Page, name: str, span: Span, facet: str) -> Iterator[tuple[int, set[str]]]:
    """What the page shows of a facet in a row or under a heading of the field's own, and where."""
    for at, cells, header in _table_rows(page, span):
        if _plain(cells[0]) == name or _plain(cells[0]).endswith(f".{name}"):
            values = _of_cells(cells[1:], header[1:], facet)
            if values:
                yield at, values
    block = _own_block(page, name, span)
    if block is not None:
        values = _of_block(page.text[block[0] : block[1]], name, facet)
        if values:
            yield block[0], values


def _of_cells(cells: Sequence[str], header: Sequence[str], facet: str) -> set[str]:
    if facet == "type":
        types = [re.sub(r"\[\]$|<.*>$", "", c) for c in cells]
        return {"array" if cells[i] != t else t for i, t in enumerate(types) if t in _TYPES}
    if facet == "required":
        return {_REQUIRED[c.lower()] for c in cells if c.lower() in _REQUIRED}
    for cell, head in zip(cells, header, strict=False):
        if head.lower() == "default" and cell not in ("", "-"):
            return {_canonical(cell)}
    return set()


def _of_block(text: str, name: str, facet: str) -> set[str]:
    first = text.split("\n", 1)[0].strip()
    mark = re.match(rf"{re.escape(name)}([*?])(\w+)?(<.*>)?$", first)
    if facet == "type":
        said = re.search(r"^\W*Type:\s*(\w+)(\[\])?", text, re.MULTILINE)
        if said and said[1] in _TYPES:
            return {"array" if said[2] else said[1]}
        return {mark[2]} if mark and mark[2] in _TYPES else set()
    if facet == "required":
        said = re.search(r"\bRequired:\s*(Yes|No)\b", text)
        if said:
            return {_REQUIRED[said[1].lower()]}
        return {"yes" if mark[1] == "*" else "no"} if mark else set()
    said = re.search(r"\bDefault(?: Value)?\s*:?\s*([\w.:-]*[\w])", text)
    return {_canonical(said[1])} if said else set()


def _canonical(value: str) -> str:
    found = list(read_tokens(value))
    return found[0].text if len(found) == 1 and found[0].raw == value else value


def _plain(cell: str) -> str:
    return cell.strip().strip("`").strip("•").strip()


def _own_block(page: Page, name: str, span: Span) -> Span | None:
    """The span, where it begins with the field's own heading."""
    first = page.text[span[0] : span[1]].split("\n", 1)[0].strip().lstrip("}#").strip().rstrip("#:")
    return span if re.fullmatch(rf"{re.escape(name)}(?:[*?]\w*(?:<.*>)?)?", first) else None


def _table_rows(page: Page, span: Span) -> Iterator[tuple[int, list[str], list[str]]]:
    """Lines with cells, each with the head of its table ([] where it has none)."""
    header: list[str] = []
    last_was_row = False
    at = span[0]
    lines = page.text[span[0] : span[1]].split("\n")
    for index, line in enumerate(lines):
        bare = line.strip().lstrip("•").strip()
        cells = [c.strip() for c in bare.strip("|").split("|")]
        rule = "-" in bare and set(bare) <= set("|-: ")
        following = lines[index + 1].strip() if index + 1 < len(lines) else ""
        is_header = ("-" in following and set(following) <= set("|-: ")) or "Default" in cells
        if is_header:
            header = cells
        elif len(cells) > 1 and not rule:
            yield at, cells, header if last_was_row or header else []
        last_was_row = len(cells) > 1
        if not last_was_row and not is_header and bare:
            header = []
        at += len(line) + 1


# ---------------------------------------------------------------- limits of one model


def _limits_of_models(sectioned: Sectioned, statements: Sequence[Statement]) -> Iterator[Misplaced]:
    """A number of one model stands in a line that names the model, wherever the section has such lines."""
    page = sectioned.page
    for statement in statements:
        numbers = [c for c in statement.claims if c.kind == "number"]
        if not (statement.model and numbers):
            continue
        for span in _spans(sectioned, statement):
            lines = [s for s in _lines(page, span) if _numbers_behind(page, s, statement.model)]
            for claim in numbers:
                if lines and not any(
                    claim.texts[0] in _numbers_behind(page, s, statement.model) for s in lines
                ):
                    yield Misplaced(
                        rule="wrong-limit",
                        path=claim.path,
                        message=f"found {claim.texts[0]} for {statement.model}, expected what stands beside that name",
                        document=page.document,
                        line=page.line(lines[0][0]),
                    )


def _lines(page: Page, span: Span) -> Iterator[Span]:
    at = span[0]
    for line in page.text[span[0] : span[1]].split("\n"):
        yield at, at + len(line)
        at += len(line) + 1


def _numbers_behind(page: Page, span: Span, model: str) -> set[str]:
    """The numbers of a line that stand behind the model's name and before another model's."""
    text = page.text[span[0] : span[1]]
    found: set[str] = set()
    for match in re.finditer(rf"(?<![\w/-]){re.escape(model)}(?![\w-])", text):
        tail = list(read_tokens(text[match.end() :]))
        stop = next(
            (i for i, t in enumerate(tail) if t.kind == "name" and "-" in t.text), len(tail)
        )
        found |= {t.text for t in tail[:stop] if t.kind == "number"}
    return found


# ---------------------------------------------------------------- prices

_PRICED: Final = re.compile(
    r"((?:\d[\d.,]*\s*/\s*)*\d[\d.,]*)\s+credits?\b|\$\s?(\d[\d.,]*)|\"creditsUsed\":\s*(\d+)",
    re.IGNORECASE,
)


def _prices(sectioned: Sectioned, statements: Sequence[Statement]) -> Iterator[Misplaced]:
    """A price stands where the section names prices, and in the model's own line where there is one."""
    page = sectioned.page
    for statement in statements:
        if "cells" not in statement.path:
            continue
        for span in _spans(sectioned, statement):
            lines = list(_lines(page, span))
            own = [
                s for s in lines if statement.model and _numbers_behind(page, s, statement.model)
            ]
            priced = {
                token.text
                for s in own or lines
                for match in _PRICED.finditer(page.text, *s)
                for token in read_tokens(match.group())
                if token.kind == "number"
            }
            for claim in statement.claims:
                if "amount" in claim.path and priced and claim.texts[0] not in priced:
                    yield Misplaced(
                        rule="wrong-price",
                        path=claim.path,
                        message=f"found a price of {claim.texts[0]}, expected {_listed(priced)}",
                        document=page.document,
                        line=page.line((own or lines)[0][0]),
                    )


# ---------------------------------------------------------------- lists and rows


_ITEM: Final = r"[\w.:×+-]*(?:/[a-z][\w.-]*)?[\w]"
_BREAK: Final = (
    r"(?:[ \t]*,[ \t]*(?:and[ \t]+|or[ \t]+)?|[ \t]+/[ \t]+|(?<=[kK])/(?=\d)|[ \t]+(?:and|or)[ \t]+"
    r"|\"[ \t]*\|[ \t]*\"|[ \t]+\|[ \t]+)"
)
_LIST: Final = re.compile(rf"{_ITEM}(?:{_BREAK}{_ITEM})+")
_CELLS: Final = re.compile(r"(?<!\")\s\|\s(?!\")")


def _enumerations(sectioned: Sectioned, statements: Sequence[Statement]) -> Iterator[Misplaced]:
    """A list on the page that an enum is taken from has nothing that the enum lacks."""
    page = sectioned.page
    for statement in statements:
        for listed in statement.enumerations:
            values = set(listed.values)
            spans = _spans(sectioned, statement)
            known = values | _things(sectioned, statements, spans)
            for at, items in _lists(page, spans):
                inside = values & items
                if len(inside) < max(2, min(len(values), len(items)) // 2) or page.is_ignored(at):
                    continue
                sure = len(inside) > 2 and 2 * len(inside) > len(items)
                missing = sorted(i for i in items - known if _is_like(i, values, sure=sure))
                if missing:
                    yield Misplaced(
                        rule="incomplete-list",
                        path=listed.path,
                        message=f"found a list without {', '.join(missing)}, expected all that the page lists",
                        document=page.document,
                        line=page.line(at),
                    )
                    break


def _things(
    sectioned: Sectioned, statements: Sequence[Statement], spans: Sequence[Span]
) -> set[str]:
    """What any statement about these spans transcribes as a thing."""
    same = [s for s in statements if set(_spans(sectioned, s)) & set(spans)]
    return {t for s in same for c in s.claims if c.weight == "value" for t in c.texts}


def _kind(value: str) -> str:
    found = list(read_tokens(value))
    return found[0].kind if len(found) == 1 and found[0].raw == value else "word"


def _is_like(item: str, values: set[str], *, sure: bool) -> bool:
    """
    Whether a thing beside known values is another of them and no word of the sentence around.

    Args:
        sure: Nearly all of the list is known, so that a word among numbers (`auto`) belongs to it.
    """
    kinds = {_kind(v) for v in values}
    return _kind(item) in kinds or (sure and item.islower() and item.isalpha())


def _lists(page: Page, spans: Sequence[Span]) -> Iterator[tuple[int, set[str]]]:
    """Every list of words in a line, and the first cells of every table."""
    for span in spans:
        for match in _LIST.finditer(page.text, *span):
            items = {i.strip('"') for i in re.split(_BREAK, match.group())}
            if _CELLS.search(match.group()):  # a row of a table: words in it are no list
                items = {i for i in items if _kind(i) not in ("word", "name")}
            yield match.start(), items
        rows = [(at, _plain(cells[0])) for at, cells, _ in _table_rows(page, span)]
        column = [(at, cell) for at, cell in rows if re.fullmatch(_ITEM, cell)]
        if len(column) > 1:
            yield column[0][0], {cell for _, cell in column}


_CELL: Final = re.compile(r"[a-z0-9][\w.:\[\]-]*")


def _rows(sectioned: Sectioned, statements: Sequence[Statement]) -> Iterator[Misplaced]:
    """The first cell of a row (a field, a state, a status) is transcribed as a thing and not only mentioned."""
    page = sectioned.page
    things_only = [s for s in statements if not s.prose]
    for region in page.regions:
        for at, name in _named_rows(page, region):
            if page.is_ignored(at):
                continue
            citing = [s for s in things_only if any(a <= at < b for a, b in _spans(sectioned, s))]
            things = {t for s in citing for c in s.claims if c.weight == "value" for t in c.texts}
            if name not in things and name.rpartition(".")[2] not in things:
                yield Misplaced(
                    rule="row-not-transcribed",
                    path=("documents", page.document),
                    message=f"found a row {name!r} on the page, expected it in the contract",
                    document=page.document,
                    line=page.line(at),
                )


# A field that has a heading of its own: `seed?string`, or a name over `- Type:`.
_HEADED: Final = re.compile(
    r"^[}\]]?([A-Za-z]\w*)(?:[*?](?:string|integer|number|boolean|object|array)?(?:<.*>)?$|\n-? ?Type:)",
    re.MULTILINE,
)


def _named_rows(page: Page, region: Span) -> Iterator[tuple[int, str]]:
    for at, cells, header in _table_rows(page, region):
        name = _plain(cells[0])
        if _CELL.fullmatch(name) and cells != header:
            yield at, name
    for match in _HEADED.finditer(page.text, *region):
        yield match.start(), match[1]


def _ranges(sectioned: Sectioned, statements: Sequence[Statement]) -> Iterator[Misplaced]:
    """What stands in a field's own row, before its description, is claimed by the field itself."""
    page = sectioned.page
    names = {s.name for s in statements if s.facets}
    for region in page.regions:
        for at, cells, _ in _table_rows(page, region):
            name = _plain(cells[0])
            if name not in names or len(cells) < 4 or page.is_ignored(at):
                continue
            own = [
                c.texts
                for s in statements
                if s.name == name and any(a <= at < b for a, b in _spans(sectioned, s))
                for c in s.claims
            ]
            known = {t for texts in own for t in texts}
            for token in (t for cell in cells[1:-1] for t in read_tokens(cell)):
                if token.text not in known:
                    yield Misplaced(
                        rule="incomplete-row",
                        path=("documents", page.document),
                        message=f"found no {token.text} for {name}, expected what stands in its row",
                        document=page.document,
                        line=page.line(at),
                    )


def _cells(sectioned: Sectioned, statements: Sequence[Statement]) -> Iterator[Misplaced]:
    """A cell of a table stands in its own row and column."""
    page = sectioned.page
    for statement in statements:
        cells = [c for c in statement.claims if "rows" in c.path and c.kind == "size"]
        if not cells:
            continue
        rows = {
            _plain(found[0]): (at, [{t.text for t in read_tokens(cell)} for cell in found[1:]])
            for span in _spans(sectioned, statement)
            for at, found, _ in _table_rows(page, span)
            if len(found) > 2
        }
        for claim in cells:
            after = claim.path[claim.path.index("rows") + 1 :]
            at, columns = rows.get(str(after[0]), (0, []))
            index = int(after[1])
            if columns and not (index < len(columns) and claim.texts[0] in columns[index]):
                yield Misplaced(
                    rule="wrong-cell",
                    path=claim.path,
                    message=f"found {claim.texts[0]}, expected what the page has in that row and column",
                    document=page.document,
                    line=page.line(at),
                )
