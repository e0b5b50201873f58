"""
How is a cassette read and written?

The format is vcrpy's, version 1, in YAML: plain vcrpy replays our files, and files that it recorded can be read
here. Files come from anywhere, so that they are read event by event within bounds, and never by a YAML constructor:
every scalar is text, except nothing (`null`) and `!!binary`, in which vcrpy keeps bodies that are no UTF-8.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NoReturn

import yaml

from conformance.errors import CassetteInvalid, ConformanceError
from conformance.wire.interactions import to_document
from conformance.wire.recordings import Cassette, Node, from_tree, invalid, shown
from conformance.wire.redaction import Redactor

__all__ = ["cassette_text", "read_cassette", "write_cassette"]

_MAX_BYTES: Final = 64 * 1024 * 1024
_MAX_DEPTH: Final = 12
_MAX_NODES: Final = 1_000_000  # every use of an alias counts as all that it stands for
_MAX_CHARACTERS: Final = 2 * _MAX_BYTES
_LONG: Final = 1000


# ---------------------------------------------------------------- reading


def read_cassette(path: Path, *, shown_as: str | None = None) -> Cassette:
    """
    Read one cassette of at most 64 MiB.

    Raises:
        CassetteInvalid: It cannot be read or is no cassette; the message has line and column.
    """
    file = str(path) if shown_as is None else shown_as
    try:
        if not path.is_file():
            raise CassetteInvalid(f"{file}: found no such file, expected a cassette")
        with path.open("rb") as stream:
            data = stream.read(_MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise CassetteInvalid(f"{file}: cannot read this file: {error}") from error
    if len(data) > _MAX_BYTES:
        raise CassetteInvalid(f"{file}: found more than {_MAX_BYTES:,} bytes, expected fewer")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CassetteInvalid(f"{file}: found {error.reason}, expected text in UTF-8") from error
    return from_tree(_tree(text, file=file), file=file)


_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # not every PyYAML has libyaml
_TEXT_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("str", "python/str", "python/unicode")
)
_BINARY_TAG: Final = "tag:yaml.org,2002:binary"
_NOTHING: Final = frozenset(("", "~", "null", "Null", "NULL"))


def _tree(text: str, *, file: str) -> Node:
    try:
        return _Builder(yaml.parse(text, Loader=_LOADER), file=file).document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problem = getattr(error, "problem", None) or "it cannot be read"
        raise invalid(file, at, f"this is not YAML: {problem}") from error
    except (ValueError, OverflowError) as error:  # PyYAML's own parser, for "\UFFFFFFFF"
        raise invalid(file, (1, 1), f"this is not YAML: {error}") from error


class _Builder:
    """The tree of one document. Depth is bounded before anything recurses, and sizes as aliases expand."""

    def __init__(self, events: Iterator[Any], *, file: str) -> None:
        self._events = events
        self._file = file
        self._anchors: dict[str, Node | None] = {}  # None while it is being built
        self._nodes = 0
        self._characters = 0

    def document(self) -> Node:
        next(self._events)  # the start of the stream
        start = next(self._events)
        if isinstance(start, yaml.StreamEndEvent):
            raise invalid(self._file, (1, 1), "found an empty file, expected a cassette")
        root = self._node(next(self._events), depth=0)
        next(self._events)  # the end of the document
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            self._refuse("found a second document, expected one in a file", after)
        return root

    def _node(self, event: Any, *, depth: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, depth=depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        node = Node(None, at=(event.start_mark.line + 1, event.start_mark.column + 1))
        before = self._nodes, self._characters
        self._count(event, nodes=1, depth=depth)
        if isinstance(event, yaml.ScalarEvent):
            self._count(event, characters=len(event.value), depth=depth)
            node.value = self._scalar(event)
        elif event.tag is not None:
            self._refuse(f"found the tag {_tag(event.tag)}, expected a value without one", event)
        else:
            self._fill(node, event, depth=depth + 1)
        node.nodes, node.characters = self._nodes - before[0], self._characters - before[1]
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _fill(self, node: Node, event: Any, *, depth: int) -> None:
        children: list[Node] = []
        if isinstance(event, yaml.SequenceStartEvent):
            node.value = children
            while not isinstance(inner := next(self._events), yaml.SequenceEndEvent):
                children.append(self._node(inner, depth=depth))
        else:
            entries: dict[str, Node] = {}
            node.value = entries
            while not isinstance(inner := next(self._events), yaml.MappingEndEvent):
                key = self._key(inner, entries)
                entries[key] = self._node(next(self._events), depth=depth)
            children.extend(entries.values())
        node.height = 1 + max((child.height for child in children), default=0)

    def _key(self, event: Any, entries: Mapping[str, Any]) -> str:
        if not isinstance(event, yaml.ScalarEvent) or event.anchor or event.tag == _BINARY_TAG:
            self._refuse("found something else as a key, expected a word", event)
        if event.value in entries:
            self._refuse(f"found the key {shown(event.value)} twice, expected it once", event)
        self._count(event, characters=len(event.value), depth=0)
        return str(event.value)

    def _scalar(self, event: Any) -> str | bytes | None:
        if event.tag == _BINARY_TAG:
            try:
                return base64.b64decode("".join(event.value.split()), validate=True)
            except (binascii.Error, ValueError):
                self._refuse("found !!binary that is no Base64", event)
        if event.tag is not None and event.tag not in _TEXT_TAGS and event.tag != "!":
            self._refuse(f"found the tag {_tag(event.tag)}, expected text or !!binary", event)
        return (
            None
            if event.tag is None and not event.style and event.value in _NOTHING
            else event.value
        )

    def _alias(self, event: Any, *, depth: int) -> Node:
        known = self._anchors.get(event.anchor)
        if known is None:
            self._refuse(
                f"found the alias {shown('*' + event.anchor)} before or inside its anchor", event
            )
        self._count(
            event, nodes=known.nodes, characters=known.characters, depth=depth + known.height
        )
        return known

    def _count(self, event: Any, *, nodes: int = 0, characters: int = 0, depth: int) -> None:
        self._nodes += nodes
        self._characters += characters
        if depth > _MAX_DEPTH:
            self._refuse(f"found more than {_MAX_DEPTH} levels of nesting, expected fewer", event)
        if self._nodes > _MAX_NODES or self._characters > _MAX_CHARACTERS:
            self._refuse("found more than a cassette can hold, counting what aliases repeat", event)

    def _refuse(self, problem: str, event: Any) -> NoReturn:
        mark = event.start_mark
        raise invalid(self._file, (mark.line + 1, mark.column + 1), problem)


def _tag(tag: str) -> str:
    return shown(tag.replace("tag:yaml.org,2002:", "!!"))


# ---------------------------------------------------------------- writing


class _Dumper(yaml.SafeDumper):
    """Text of several lines as a block, nothing folded: files are read by people and by `diff`."""

    shared: frozenset[int] = frozenset()
    """What is written once, and named where it comes again: by `id`."""

    def ignore_aliases(self, data: Any) -> bool:
        return id(data) not in self.shared


def _text_node(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None
    if any(c in text for c in "\x85\u2028\u2029\ufeff"):
        style = '"'  # as a block they would become ordinary ends of lines
    elif "\n" in text:
        style = "|"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text_node)


def cassette_text(cassette: Cassette, *, redactor: Redactor) -> str:
    """The file as text. Reading it gives the cassette back, redacted."""
    safe = tuple(
        replace(recording, exchange=redactor.redact_exchange(recording.exchange))
        for recording in cassette.recordings
    )
    document = to_document(replace(cassette, recordings=safe))
    dumper: type[_Dumper] = _Dumper
    if cassette.run is not None:  # hundreds of exchanges, alike in their headers and long texts
        dumper = _sharing(_shared(document))
    text: str = yaml.dump(
        document, Dumper=dumper, sort_keys=False, allow_unicode=True, width=1_000_000
    )
    return text


def _sharing(ids: frozenset[int]) -> type[_Dumper]:
    class Sharing(_Dumper):
        shared = ids

    return Sharing


def _shared(document: dict[str, Any]) -> frozenset[int]:
    """Make one of equal headers, and of equal long texts, throughout a document; the `id` of each."""
    known: dict[str, Any] = {}
    for interaction in document["interactions"]:
        for part in (interaction["request"], interaction["response"]):
            headers = part["headers"]
            part["headers"] = known.setdefault(repr(headers), headers)
            place, name = (
                (part["body"], "string") if part is not interaction["request"] else (part, "body")
            )
            if isinstance(place[name], str) and len(place[name]) >= _LONG:
                place[name] = known.setdefault(place[name], place[name])
    return frozenset(map(id, known.values()))


def write_cassette(path: Path, cassette: Cassette, *, redactor: Redactor) -> None:
    """
    Write a cassette, whole or not at all; folders are made.

    Raises:
        ConformanceError: It cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(cassette_text(cassette, redactor=redactor).encode("utf-8"))
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise ConformanceError(
            f"{path}: cannot write this cassette: {error.strerror or error}"
        ) from error
