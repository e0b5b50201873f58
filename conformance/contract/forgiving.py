"""
How is a document read that others wrote, and that is not quite as it should be?

As `located`, with the same bounds, but what is refused in a contract is read here as it was most likely meant, and
noted: keys that stand twice, tabs, tags, merge keys, several documents in one file, numbers that are none. The document
may also stand in a fenced block of a Markdown page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from conformance.contract.located import (
    LOADER,
    Builder,
    Located,
    Place,
    read_bytes,
    read_located,
)
from conformance.contract.wording import printable, shown
from conformance.errors import ContractInvalid

__all__ = ["Forgiven", "Note", "read_forgiving", "read_forgiving_file"]

_MAX_BYTES: Final = 2 * 1024 * 1024
_FENCE: Final = re.compile(
    r"^( {0,12})(```+|~~~+)[^\n]*\n(.*?)^\1\2[ \t]*$", re.MULTILINE | re.DOTALL
)
_UNREADABLE: Final = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something that was read as it was most likely meant."""

    line: int
    column: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgiven:
    """A document, and what had to be forgiven."""

    located: Located
    notes: tuple[Note, ...] = ()


def read_forgiving_file(path: Path, *, marks: tuple[str, ...] = ()) -> Forgiven:
    """
    Read a file of at most 2 MiB: YAML, JSON, or a page with a fenced block of one.

    Args:
        marks: Keys at the root of the documents that are looked for, such as `openapi`.

    Raises:
        ContractInvalid: There is no such file, it is too large or too deep, or nothing in it can be read.
    """
    file = str(path)
    data = read_bytes(path, file=file)
    if len(data) > _MAX_BYTES:
        raise ContractInvalid(
            f"found more than {_MAX_BYTES:,} bytes, expected a smaller file", file=printable(file)
        )
    return read_forgiving(_decoded(data), file=file, marks=marks)


def read_forgiving(text: str, *, file: str, marks: tuple[str, ...] = ()) -> Forgiven:
    """
    Read one document; `file` is its name in errors.

    Raises:
        ContractInvalid: See `read_forgiving_file`.
    """
    notes: list[Note] = []
    text = text.removeprefix("\ufeff")
    embedded = _embedded(text, marks)
    if embedded is not None:
        text = embedded
    cleaned = _UNREADABLE.sub(" ", text)
    if cleaned != text:
        notes.append(Note(line=1, column=1, message="control characters were read as spaces"))
    return _read(cleaned, file, notes)


def _decoded(data: bytes) -> str:
    for encoding in (
        ("utf-8-sig", "utf-16") if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",)
    ):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _embedded(text: str, marks: tuple[str, ...]) -> str | None:
    """The first fenced block with one of the marks, at the line where it stands; None where there is none."""
    named = "|".join(map(re.escape, marks))
    marked = (
        re.compile(rf"^\s*[{{\"']*\s*[\"']?(?:{named})[\"']?\s*:", re.MULTILINE) if marks else None
    )
    if marked is None:
        return None
    for block in _FENCE.finditer(text):
        if marked.search(block[3]):
            before = text.count("\n", 0, block.start(3))
            margin = len(block[1])
            lines = [
                line[margin:] if not line[:margin].strip() else line
                for line in block[3].splitlines()
            ]
            return "\n" * before + "\n".join(lines) + "\n"
    return None


def _read(text: str, file: str, notes: list[Note]) -> Forgiven:
    try:
        return _built(text, file, notes)
    except ContractInvalid as invalid:
        if "\t" in text:
            expanded = re.sub(
                r"^[ \t]*\t[ \t]*", lambda m: m[0].expandtabs(2), text, flags=re.MULTILINE
            )
            if expanded != text:
                line = text[: text.index("\t")].count("\n") + 1
                notes = [*notes, Note(line=line, column=1, message="tabs were read as two spaces")]
                return _read(expanded.replace("\t", " "), file, notes)
        if text.lstrip().startswith("{"):
            return _as_json(text, file, notes, invalid)
        raise


def _built(text: str, file: str, notes: list[Note]) -> Forgiven:
    builder = _Forgiving(yaml.parse(text, Loader=LOADER), file=file)
    try:
        value, place = builder.document()
    except (yaml.YAMLError, ValueError, OverflowError):
        read_located(text, file=file)  # says what is wrong, in one sentence
        raise
    except StopIteration as error:
        raise ContractInvalid("found an empty file, expected a document", file=file) from error
    located = Located(file=printable(file), value=value, _root=place)
    return Forgiven(located=located, notes=(*notes, *builder.notes))


def _as_json(text: str, file: str, notes: list[Note], invalid: ContractInvalid) -> Forgiven:
    """JSON that is no YAML, such as one with halves of characters; without the places of its values."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise invalid from None
    again = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()
    read = _built(again, file, notes)
    return Forgiven(
        located=Located(file=printable(file), value=read.located.value), notes=read.notes
    )


class _Forgiving(Builder):
    """Reads on where a contract would be refused."""

    def __init__(self, events: Iterator[Any], *, file: str) -> None:
        super().__init__(events, file=file)
        self.notes: list[Note] = []

    def document(self) -> tuple[Any, Place]:
        next(self._events)  # the start of the stream
        start = next(self._events)
        if isinstance(start, yaml.StreamEndEvent):
            self._refuse("found an empty file, expected a document", start)
        value, place = self._node(next(self._events), depth=0)
        next(self._events)  # the end of the document
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            self._note(after, "what follows the first document was left out")
        return value, place

    def _node(self, event: Any, *, depth: int) -> tuple[Any, Place]:
        if getattr(event, "tag", None) is not None and not isinstance(event, yaml.AliasEvent):
            self._note(event, f"the tag {shown(event.tag)} was left out")
            event.tag = None
        if isinstance(event, yaml.AliasEvent) and not self._anchors.get(event.anchor or ""):
            self._note(event, f"the alias {shown(f'*{event.anchor}')} is no other value's")
            mark: Any = event.start_mark
            return None, Place(at=(mark.line + 1, mark.column + 1), key_at=(1, 1))
        return super()._node(event, depth=depth)

    def _scalar(self, event: Any) -> Any:
        try:
            return super()._scalar(event)
        except ContractInvalid:
            self._note(event, f"{shown(event.value)} was read as text")
            return event.value

    def _mapping(self, inside: dict[str | int, Place], *, depth: int) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        merged: list[tuple[Any, Place]] = []
        for event in self._until(yaml.MappingEndEvent):
            at = (event.start_mark.line + 1, event.start_mark.column + 1)
            key = self._key(event)
            value, place = self._node(next(self._events), depth=depth)
            if key == "<<" and isinstance(value, dict | list):
                merged.append((value, place))
                continue
            if key in entries:
                self._note(event, f"the key {shown(key)} stands twice; the last one counts")
            entries[key], inside[key] = value, place
            inside[key].key_at = at
        for value, place in merged:
            for each in value if isinstance(value, list) else [value]:
                for key, inner in each.items() if isinstance(each, dict) else ():
                    if key not in entries:
                        entries[key] = inner
                        inside[key] = place.inside.get(key, place)
        return entries

    def _key(self, event: Any) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            what = "a key that is a list, a mapping or an alias"
            self._refuse(f"found {what}, expected a word", event)
        self._count(event, values=0, characters=len(event.value), depth=0)
        return self._text(event)

    def _note(self, event: Any, message: str) -> None:
        if len(self.notes) < 200:
            mark = event.start_mark
            self.notes.append(Note(line=mark.line + 1, column=mark.column + 1, message=message))
