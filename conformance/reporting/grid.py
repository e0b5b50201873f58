"""How does a table fit a width, when its cells hold sentences?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from conformance.reporting.text import Line, Span, Style, line, printable

__all__ = ["ITEM", "Box", "grid", "wrapped"]

_GAP = 2
_NARROWEST = 14
ITEM = "- "
"""What begins a paragraph that is an item of a list."""
_BREAKABLE = re.compile(r"[^-_/,.:=]*[-_/,.:=]|[^-_/,.:=]+")


@dataclass(frozen=True, slots=True)
class Box:
    """A cell: paragraphs, each of which begins a line, in one style."""

    paragraphs: Sequence[str] = field(default=())
    style: Style = ""


def grid(rows: Sequence[Sequence[Box]], *, width: int, first: int = 16) -> list[Line]:
    """
    A table with a column of `first` characters and others of equal width; nothing is ever cut.

    The first row is the head. Where the columns would be too narrow to read, each cell stands below the other, under
    the name of its column.
    """
    others = len(rows[0]) - 1
    each = (width - first - _GAP * others) // max(others, 1)
    if each < _NARROWEST:
        return [made for row in rows[1:] for made in _stacked(rows[0], row, width)]
    widths = [first, *[each] * others]
    return [made for row in rows for made in _side_by_side(row, widths)]


def _side_by_side(row: Sequence[Box], widths: Sequence[int]) -> Iterator[Line]:
    columns = [_folded(box, width) for box, width in zip(row, widths, strict=True)]
    for parts in zip_longest(*columns, fillvalue=""):
        spans = [
            Span(text.ljust(width + _GAP), box.style)
            for text, width, box in zip(parts, widths, row, strict=True)
        ]
        yield Line(spans=tuple(spans), whole=True)


def _stacked(head: Sequence[Box], row: Sequence[Box], width: int) -> Iterator[Line]:
    yield line(Span(" ".join(row[0].paragraphs), row[0].style))
    for name, box in zip(head[1:], row[1:], strict=True):
        label = " ".join(name.paragraphs)
        for number, text in enumerate(_folded(box, width - 4)):
            lead = [Span(f"{label}: ", "dim")] if number == 0 else []
            yield line(*lead, Span(text, box.style), indent=2 if number == 0 else 4, hang=2)


def _folded(box: Box, width: int) -> list[str]:
    return [text for paragraph in box.paragraphs for text in _hanging(paragraph, width)]


def _hanging(paragraph: str, width: int) -> Iterator[str]:
    """The lines of a paragraph; those of an item of a list stand under its first word."""
    item = paragraph.removeprefix(ITEM)
    margin = ITEM if item != paragraph else ""
    for number, text in enumerate(wrapped(item, width - len(margin))):
        yield (" " * len(margin) if number else margin) + text


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` characters, broken between words, else after punctuation, else anywhere."""
    lines = [""]
    for word in printable(text).split():
        joint = " " if lines[-1] else ""
        for piece in _pieces(word, width):
            if len(lines[-1]) + len(joint) + len(piece) <= width:
                lines[-1] += joint + piece
            else:
                lines.append(piece)
            joint = ""  # the rest of a word follows its beginning
    return lines if lines[0] else lines[1:] or [""]


def _pieces(word: str, width: int) -> list[str]:
    """The word, or where it is too long the pieces that it may be broken into."""
    if len(word) <= width:
        return [word]
    return [
        piece[at : at + width]
        for piece in _BREAKABLE.findall(word)
        for at in range(0, len(piece), width)
    ]
