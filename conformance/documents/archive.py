"""
What does the archived page of a document say, and where do its sections begin?

A page is read from the user's own folder and is not to be trusted: sizes are bounded, what is no text is
refused, and no path leads out of the folder. Nothing of a page is kept or written anywhere.
"""

from __future__ import annotations

import re
import stat
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from conformance.contract.wording import nearest
from conformance.documents.reading import Token, read_tokens
from conformance.errors import UsageError

__all__ = ["Archive", "Handling", "Page", "Problem", "Span"]

_MAX_BYTES: Final = 2 * 1024 * 1024
_MAX_WORD: Final = (
    500  # a picture in base64 says nothing, and looking for names in it takes quadratic time
)
_MAX_SECTIONS: Final = 2_000

Span = tuple[int, int]


class Problem(Exception):
    """The entry of a document in the contract does not fit its archived page; `path` is below that entry."""

    def __init__(self, message: str, *path: str | int) -> None:
        self.path = path
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """Something on a page that could not be compared as it stands, and how it was read."""

    how: str
    raw: str
    read_as: str
    line: int


@dataclass(frozen=True, kw_only=True)
class Page:
    """
    One document's archived text.

    Args:
        whole: Whether the archive has the page itself and not only what somebody restated of it. What an
            excerpt lacks may still stand on the page.
        regions: The parts of `text` that are this document; all of it, unless the file holds others too.
        anchors: Sections that have no heading of their own, with the words at which each begins.
        ignored: The parts that hold nothing to be transcribed, each with its reason.
    """

    document: str
    file: str
    text: str
    whole: bool = True
    regions: tuple[Span, ...] = ()
    anchors: Mapping[str, int] = field(default_factory=dict)
    ignored: tuple[tuple[Span, str], ...] = ()
    handled: tuple[Handling, ...] = ()

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def line(self, offset: int) -> int:
        """The 1-based line of an offset; repairs keep the lines of the file."""
        return bisect_right(self._starts, offset)

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """Everything comparable in the regions, also what is ignored."""
        return tuple(
            t for t in read_tokens(self.text) if any(a <= t.start < b for a, b in self.regions)
        )

    def is_ignored(self, offset: int) -> bool:
        """Whether the contract says that nothing here is to be transcribed."""
        return any(a <= offset < b for (a, b), _ in self.ignored)

    @cached_property
    def headings(self) -> tuple[tuple[int, int, str], ...]:
        """Every line that can be a heading: where it starts, its depth (0 unknown), its words."""
        found = []
        for number, start in enumerate(self._starts):
            end = self._starts[number + 1] if number + 1 < len(self._starts) else len(self.text)
            line = self.text[start:end].strip()
            if line and len(line) <= 160 and any(a <= start < b for a, b in self.regions):
                depth = len(line) - len(line.lstrip("#"))
                found.append((start, depth, line))
        return tuple(found)

    def sections(self, cited: Sequence[str]) -> dict[str, tuple[Span, ...]]:
        """
        Where each cited section stands; nothing for one that is not found.

        A section runs from its heading to the next heading of any cited section (or to the next Markdown
        heading that is not below it). A heading that occurs twice is one section in two places.
        """
        if not self.whole:
            return dict.fromkeys(cited, self.regions)
        starts: list[tuple[int, int, str]] = []
        for name in dict.fromkeys([*cited, *self.anchors]):
            starts += [(at, depth, name) for at, depth in self._begins(name)]
        starts.sort()
        bounds = starts[:_MAX_SECTIONS]
        spans: dict[str, list[Span]] = {}
        for index, (at, depth, name) in enumerate(bounds):
            later = [b for b in bounds[index + 1 :] if b[0] > at and not (depth and b[1] > depth)]
            marks = [h for h in self.headings if depth and h[0] > at and 0 < h[1] <= depth]
            ends = [b[0] for b in later[:1]] + [h[0] for h in marks[:1]] + [len(self.text)]
            spans.setdefault(name, []).append((at, min(ends)))
        if "" in cited:
            spans[""] = list(self.regions)
        return {name: tuple(found) for name, found in spans.items()}

    def _begins(self, name: str) -> Iterator[tuple[int, int]]:
        if name in self.anchors:
            yield self.anchors[name], 0
            return
        wanted = _bare(name)
        direct = [(at, depth) for at, depth, line in self.headings if _is_heading(line, wanted)]
        if direct or "(" not in name:
            yield from direct
            return
        # `Notes (URL validity)` is the item of that name in the section before the parenthesis.
        whole, _, item = name.rpartition("(")
        item = item.rstrip(") ")
        for at, _ in self._begins(whole.strip()):
            found = re.compile(rf"(?:^|[-•*] ){re.escape(item)} *:", re.IGNORECASE | re.MULTILINE)
            hit = found.search(self.text, at)
            if hit:
                yield hit.start(), 0
                return

    def nearest_section(self, name: str) -> str | None:
        """The heading on the page that was probably meant."""
        return nearest(name, [_bare(line) for _, _, line in self.headings])


def _bare(line: str) -> str:
    """A heading without its marks: `## Notes:`, `Notes#`."""
    return line.strip().lstrip("#").strip().rstrip("#:").strip().lower()


# How a field's own heading goes on in rendered references: `prompt*string`, `seed?string`.
_TYPED: Final = re.compile(r"[*?]+(?:string|integer|number|boolean|object|array)?(?:<.*>)?")


def _is_heading(line: str, wanted: str) -> bool:
    bare = _bare(line)
    if bare == wanted or re.sub(r"^(?:[•*-]|\d+\.)\s+", "", bare) == wanted:
        return True
    if bare.startswith(wanted) and _TYPED.fullmatch(bare[len(wanted) :]):
        return True
    # A lost line break: `}aspect_ratio`, `Request Request Example`.
    return bare.endswith(wanted) and bare[: -len(wanted)].strip() in (
        "}",
        "]",
        "request",
        "response",
    )


# ---------------------------------------------------------------- reading


class Archive:
    """
    A folder of archived pages.

    Raises:
        UsageError: There is no such folder, a file cannot be read, is too large, or is no text.
    """

    def __init__(self, directory: str | Path) -> None:
        self.directory = Path(directory)
        if not self.directory.is_dir():
            raise UsageError(
                f"--documents {directory} is no folder, expected one with archived pages"
            )
        self._texts: dict[str, str] = {}

    def page(self, document: str, entry: Mapping[str, Any]) -> Page | None:
        """
        The archived page of a document; None where the archive has none.

        Args:
            entry: The document as it stands in the contract, with `archive` and `ignore`.

        Raises:
            Problem: The entry names a section, row or text that the file does not have.
            UsageError: The file cannot be read.
        """
        said = entry.get("archive")
        if said is None:
            return None
        where: Mapping[str, Any] = {"file": said} if isinstance(said, str) else said
        text = self._read(where["file"])
        if text is None:
            return None
        text, handled = _repaired(text, where.get("reads", ()))
        regions = _regions(text, where)
        return Page(
            document=document,
            file=where["file"],
            text=text,
            whole="rows" not in where,
            regions=regions,
            anchors=_anchors(text, where.get("sections", {}), regions),
            ignored=tuple(_ignored(text, entry.get("ignore", ()), regions)),
            handled=handled,
        )

    def unassigned(
        self, entries: Iterable[Mapping[str, Any]], aside: Sequence[Mapping[str, Any]]
    ) -> Iterator[tuple[str, int, str]]:
        """
        Rows of a part of a file that neither a document has nor the contract sets aside: file, line, name.

        Args:
            entries: The `archive` of every document that names rows.
            aside: What the contract sets aside, in the same form.

        Raises:
            Problem: What is set aside is not there.
        """
        parts: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        for each in entries:
            parts.setdefault((each["file"], each.get("section", "")), []).append(each)
        for index, each in enumerate(aside):
            try:
                text = self._read(each["file"])
                if text is not None:
                    _regions(text, each)
            except Problem as problem:
                raise Problem(str(problem), index, *problem.path[1:]) from problem
        for (file, section), there in parts.items():
            text = self._read(file)
            if text is None:
                continue
            both = [
                *there,
                *(a for a in aside if (a["file"], a.get("section", "")) == (file, section)),
            ]
            taken = {span for each in both for span in _regions(text, each)}
            whole = _markdown_section(text, section) if section else (0, len(text))
            for name, spans in rows_of(text, whole):
                for span in spans:
                    if span not in taken:
                        yield file, text.count("\n", 0, span[0]) + 1, name

    def _read(self, name: str) -> str | None:
        if name not in self._texts:
            path = (self.directory / name).resolve()
            if not path.is_relative_to(self.directory.resolve()):
                raise UsageError(f"archive {name!r} lies outside of {self.directory}")
            if not path.exists():
                return None
            self._texts[name] = _text(path)
        return self._texts[name]


def _text(path: Path) -> str:
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would keep us waiting
            raise UsageError(f"{path} is no regular file, expected an archived page")
        with path.open("rb") as stream:
            data = stream.read(_MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error
    if len(data) > _MAX_BYTES:
        raise UsageError(f"{path} has more than {_MAX_BYTES:,} bytes, expected a page")
    if b"\0" in data:
        raise UsageError(f"{path} is no text, expected a page in UTF-8")
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no text in UTF-8 (byte {error.start})") from error
    return re.sub(rf"(\S{{{_MAX_WORD}}})\S+", r"\1", text)


def _repaired(text: str, reads: Sequence[Mapping[str, str]]) -> tuple[str, tuple[Handling, ...]]:
    """The text with lost borders put back. A repair may add spaces and bars and nothing else."""
    handled = []
    for index, each in enumerate(reads):
        raw, fixed = each["text"], each["as"]
        if _solid(raw) != _solid(fixed) or raw.count("\n") != fixed.count("\n"):
            raise Problem(
                f"found {fixed!r} for {raw!r}, expected the same with spaces or | put in, and nothing else",
                *("archive", "reads", index, "as"),
            )
        at = text.find(raw)
        if at < 0:
            raise Problem(
                f"found {raw!r}, expected words of the page", "archive", "reads", index, "text"
            )
        line = text.count("\n", 0, at) + 1
        handled.append(Handling(how="glued text", raw=raw, read_as=fixed, line=line))
        text = text.replace(raw, fixed)
    return text, tuple(handled)


def _solid(text: str) -> str:
    return re.sub(r"[\s|]+", "", text)


def _anchors(text: str, sections: Mapping[str, str], regions: Sequence[Span]) -> dict[str, int]:
    """Each section's words are looked for behind those of the one before, so that words may repeat."""
    found: dict[str, int] = {}
    at = regions[0][0] if regions else 0
    for name, words in sections.items():
        at = text.find(words, at)
        if at < 0:
            raise Problem(
                f"found no {words!r} behind the section before, expected words of the page",
                *("archive", "sections", name),
            )
        found[name] = at
        at += len(words)
    return found


def _ignored(
    text: str, entries: Sequence[Mapping[str, str]], regions: Sequence[Span]
) -> Iterator[tuple[Span, str]]:
    """Every place of a `text`, or all from `from` to the end of `to`."""
    for index, entry in enumerate(entries):
        start = entry.get("text") or entry["from"]
        places = [m.start() for m in re.finditer(re.escape(start), text)]
        places = [p for p in places if any(a <= p < b for a, b in regions)]
        if not places:
            raise Problem(f"found {start!r}, expected words of the page", "ignore", index)
        if "text" in entry:
            yield from (((p, p + len(start)), entry["why"]) for p in places)
            continue
        end = text.find(entry["to"], places[0] + len(start))
        if end < 0:
            raise Problem(
                f"found {entry['to']!r}, expected words behind {start!r}", "ignore", index, "to"
            )
        yield (places[0], end + len(entry["to"])), entry["why"]


# ---------------------------------------------------------------- a page among others in one file


def _regions(text: str, where: Mapping[str, Any]) -> tuple[Span, ...]:
    whole: Span = (0, len(text))
    if "section" in where:
        whole = _markdown_section(text, where["section"])
    if "rows" not in where:
        return (whole,)
    rows = dict(rows_of(text, whole))
    return tuple(
        span for index, name in enumerate(where["rows"]) for span in _named(rows, name, index)
    )


def _markdown_section(text: str, name: str) -> Span:
    """From a Markdown heading (or a line of just these words) to the next that is not below it."""
    headings = [
        (m.start(), len(m[1]), m[2].strip())
        for m in re.finditer(r"^(#{1,6}) +(.*)$", text, re.MULTILINE)
    ]
    for index, (at, depth, words) in enumerate(headings):
        if words.lower() == name.lower():
            later = [h[0] for h in headings[index + 1 :] if h[1] <= depth]
            return at, (later or [len(text)])[0]
    near = nearest(name, [words for _, _, words in headings])
    hint = f" (did you mean {near!r}?)" if near else ""
    raise Problem(
        f"found no section {name!r}{hint}, expected a heading of the file", "archive", "section"
    )


def rows_of(text: str, span: Span) -> Iterator[tuple[str, list[Span]]]:
    """The rows of tables by their first cell, and other lines by their words; a name may occur more than once."""
    found: dict[str, list[Span]] = {}
    at = span[0]
    lines = text[span[0] : span[1]].splitlines(keepends=True)
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        bare = line.strip()
        if bare and not bare.startswith("#") and not _is_rule(bare) and not _is_rule(following):
            cells = [cell.strip() for cell in bare.strip("|").split("|")]
            name = cells[0] if bare.startswith("|") else bare
            found.setdefault(name, []).append((at, at + len(line)))
        at += len(line)
    yield from found.items()


def _is_rule(line: str) -> bool:
    """The line under the head of a table: `|---|---|`."""
    return "-" in line and set(line.strip()) <= set("|-: ")


def _named(rows: Mapping[str, Sequence[Span]], name: str, index: int) -> Sequence[Span]:
    hits = [span for key, spans in rows.items() if key == name for span in spans] or [
        span for key, spans in rows.items() if key.startswith(name) for span in spans
    ]
    if not hits:
        near = nearest(name, rows)
        hint = f" (did you mean {near!r}?)" if near else ""
        raise Problem(
            f"found no row {name!r}{hint}, expected a first cell", "archive", "rows", index
        )
    return hits
