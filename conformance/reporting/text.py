"""
How does text become fit for a terminal?

A view gives `Line`s; `render` turns them into text. Whatever stands in a line is escaped there, so that nothing a
server, a contract or a file name holds can move a cursor, colour or hide anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = [
    "BLANK",
    "Line",
    "Span",
    "Style",
    "amount",
    "columns",
    "line",
    "plural",
    "printable",
    "render",
]

Style = Literal["", "bold", "dim", "red", "green", "yellow", "cyan"]

_CODES: dict[Style, str] = {
    "bold": "1",
    "dim": "2",
    "red": "1;31",
    "green": "32",
    "yellow": "33",
    "cyan": "36",
}


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line, in one style."""

    text: str
    style: Style = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """
    One line of a view.

    `indent` and `hang` count spaces; what a long line is broken into is indented by both. `whole` lines are never
    broken: commands to copy.
    """

    spans: tuple[Span, ...] = ()
    indent: int = 0
    hang: int = 0
    whole: bool = False


BLANK = Line()


def line(*parts: str | Span, indent: int = 0, hang: int = 0, whole: bool = False) -> Line:
    """A line of these pieces; a plain `str` has no style."""
    spans = tuple(part if isinstance(part, Span) else Span(part) for part in parts)
    return Line(spans=spans, indent=indent, hang=hang, whole=whole)


def printable(text: str) -> str:
    """
    The text on one line, with everything that does not print written as an escape: `\\x1b`, `\\n`, `\\u202e`.

    Control, format and surrogate characters, and every space but the plain one, do not print.
    """
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text
    )


def render(lines: Iterable[Line], *, colour: bool = False, width: int = 100) -> str:
    """The lines as text, ending in a line break."""
    return "".join(
        f"{row}\n" for one in lines for row in _rows(one, colour=colour, width=max(width, 40))
    )


def _rows(one: Line, *, colour: bool, width: int) -> Iterator[str]:
    spans = [Span(printable(span.text), span.style) for span in one.spans]
    length = one.indent + sum(len(span.text) for span in spans)
    broken = [spans] if one.whole or length <= width else _broken(spans, one, width)
    for number, row in enumerate(broken):
        margin = " " * (one.indent + (one.hang if number else 0))
        yield (margin + "".join(_painted(span, colour=colour) for span in row)).rstrip(" ")


def _broken(spans: Sequence[Span], one: Line, width: int) -> list[list[Span]]:
    """The spans in rows of whole words. A word longer than a row has a row of its own."""
    rows: list[list[Span]] = [[]]
    used = one.indent
    for span in spans:
        for word in _words(span.text):
            if used + len(word.rstrip(" ")) > width and any(s.text.strip() for s in rows[-1]):
                rows.append([])
                used = one.indent + one.hang
                word = word.lstrip(" ")
            if rows[-1] and rows[-1][-1].style == span.style:
                rows[-1][-1] = Span(rows[-1][-1].text + word, span.style)
            else:
                rows[-1].append(Span(word, span.style))
            used += len(word)
    return rows


def _words(text: str) -> Iterator[str]:
    """The words of a text, each with the spaces after it."""
    start = 0
    for index in range(1, len(text)):
        if text[index - 1] == " " and text[index] != " ":
            yield text[start:index]
            start = index
    if text[start:]:
        yield text[start:]


def _painted(span: Span, *, colour: bool) -> str:
    code = _CODES.get(span.style, "")
    return f"\x1b[{code}m{span.text}\x1b[0m" if colour and code else span.text


def columns(
    rows: Sequence[Sequence[str]], *, right: Iterable[int] = (), indent: int = 0
) -> list[Line]:
    """
    A table, its columns as wide as their widest cell; the first row is its head.

    Args:
        right: The columns (from 0) that are flush right.
    """
    flush_right = frozenset(right)
    cells = [[printable(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    hang = sum(width + 2 for width in widths[:-1])
    lines = []
    for number, row in enumerate(cells):
        padded = [
            cell.rjust(width) if index in flush_right else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        style: Style = "dim" if number == 0 else ""
        lines.append(line(Span("  ".join(padded).rstrip(), style), indent=indent, hang=hang))
    return lines


def amount(value: float, unit: str) -> str:
    """An amount of money as a person reads it: `41 credits`, `0.12 USD`, `no price` without a unit."""
    return f"{value:.6g} {unit}" if unit else "no price"


def plural(number: int, one: str, many: str = "") -> str:
    """`1 request`, `2 requests`; `many` where adding an s is not enough."""
    return f"{number} {one if number == 1 else many or one + 's'}"
