"""
Where in the YAML does each value stand, and is the file safe to read?

Values are built straight from the parser's events, in one pass, so that depth, number and size
are bounded before anything recurses. Scalars follow the YAML 1.2 core schema (PyYAML's own
constructors follow 1.1, where `1:1` is 61 and `no` is false). What is refused, and why, is said
as `found ..., expected ...` at a line and column.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

import yaml

from conformance.contract.scalars import plain_value
from conformance.contract.wording import did_you_mean, nearest, printable, shown
from conformance.errors import ContractInvalid

__all__ = [
    "LOADER",
    "Builder",
    "Located",
    "Place",
    "read_bytes",
    "read_located",
    "read_located_file",
    "read_text",
]

_MAX_BYTES: Final = 2 * 1024 * 1024
_MAX_DEPTH: Final = 60
_MAX_VALUES: Final = 200_000  # every use of an alias counts as all that it stands for
# Also as expanded: a long text behind many aliases is small in memory until somebody prints it.
_MAX_CHARACTERS: Final = 2 * _MAX_BYTES

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # not every PyYAML has libyaml


# ---------------------------------------------------------------- values with their places


@dataclass(slots=True, kw_only=True)
class Place:
    """Where a value stands (1-based line, column), where its key stands, and what is inside."""

    at: tuple[int, int] = (1, 1)
    key_at: tuple[int, int] = (1, 1)  # an item of a list and the root: the same as `at`
    inside: Mapping[str | int, Place] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """
    What one YAML file says, with the line and column of every value in it.

    `file` is the name shown in errors. `value` is made of dict (keys are always str), list, str,
    int, float, bool and None; what an alias repeats is one shared object, so change nothing in it.
    A path is a sequence of keys and list indexes from the root: `("operations", "create", 0)`.
    """

    file: str
    value: Any
    text: str = field(default="", repr=False, compare=False)
    """What was read, so that it can be kept and read again."""
    _root: Place = field(default_factory=Place, repr=False, compare=False)

    def position(self, path: Sequence[str | int]) -> tuple[int, int]:
        """1-based line and column of the value at `path`, or of its nearest ancestor there is."""
        return self._nearest(path).at

    def key_position(self, path: Sequence[str | int]) -> tuple[int, int]:
        """As `position`, but of the key. A list item and the root have none: their own place."""
        return self._nearest(path).key_at

    def error(
        self, path: Sequence[str | int], problem: str, *, at_key: bool = False
    ) -> ContractInvalid:
        """The error to raise about the value (or the key) at `path`; `problem` is one sentence."""
        line, column = self.key_position(path) if at_key else self.position(path)
        return _refusal(problem, file=self.file, at=(line, column))

    def _nearest(self, path: Sequence[str | int]) -> Place:
        place = self._root
        for step in path:
            inner = place.inside.get(step)
            if inner is None:
                break
            place = inner
        return place


def read_located_file(path: Path, *, shown_as: str | None = None) -> Located:
    """
    Read one YAML file of at most 2 MiB of UTF-8.

    Args:
        shown_as: The name in errors, instead of `path`.

    Raises:
        ContractInvalid: There is no such file, it cannot be read, or see `read_located`.
    """
    file = str(path) if shown_as is None else shown_as
    return read_located(read_text(path, file=file), file=file)


def read_text(path: Path, *, file: str) -> str:
    """
    The text of a file of at most 2 MiB; `file` is its name in errors.

    Raises:
        ContractInvalid: There is no such file, it cannot be read, or is too large, or is not UTF-8.
    """
    data = read_bytes(path, file=file)
    if len(data) > _MAX_BYTES:
        raise _too_large(file)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        problem = f"found the byte 0x{data[error.start]:02X}, expected text in UTF-8"
        raise _refusal(problem, file=file, at=_end_of(before)) from error


def read_located(text: str, *, file: str) -> Located:
    """
    Read the one YAML 1.2 document in `text`; `file` is its name in errors.

    Raises:
        ContractInvalid: It is not YAML, not exactly one document, too large or too deep, or uses
            what contracts do without: tags, merge keys, keys that are not scalars, duplicate
            keys, infinities, aliases that contain themselves or multiply.
    """
    text = text.removeprefix("\ufeff")
    if len(text) > _MAX_BYTES:
        raise _too_large(file)
    _refuse_unreadable(text, file=file)
    if len(text.encode("utf-8")) > _MAX_BYTES:
        raise _too_large(file)
    try:
        value, root = Builder(yaml.parse(text, Loader=LOADER), file=file).document()
    except yaml.YAMLError as error:
        raise _syntax_error(error, text, file=file) from error
    except (ValueError, OverflowError) as error:  # PyYAML's own parser, for "\UFFFFFFFF"
        raise _refusal(f"this is not YAML: {error}", file=file) from error
    return Located(file=file, value=value, text=text, _root=root)


# ---------------------------------------------------------------- from bytes to text


def read_bytes(path: Path, *, file: str) -> bytes:
    """At most one byte more than is allowed."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):  # a pipe would keep us waiting
            what = "a directory" if stat.S_ISDIR(mode) else "something that is no regular file"
            raise _refusal(f"found {what}, expected a YAML file", file=file)
        with path.open("rb") as stream:
            return stream.read(_MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise _refusal("found no such file, expected a YAML file", file=file) from error
    except OSError as error:
        problem = f"cannot read this file: {error.strerror or error}"
        raise _refusal(problem, file=file) from error
    except ValueError as error:  # a NUL in the name
        raise _refusal(f"cannot read this file: {error}", file=file) from error


# U+0085, U+2028 and U+2029 end a line in YAML 1.1 and not in 1.2: line numbers would be wrong
# in half of the editors. A byte order mark belongs at the start or nowhere.
_UNREADABLE: Final = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]"
)


def _refuse_unreadable(text: str, *, file: str) -> None:
    hit = _UNREADABLE.search(text)
    if hit:
        problem = (
            f"found the character U+{ord(hit.group()):04X}, expected readable text"
            " (in double quotes it can be written as an escape)"
        )
        raise _refusal(problem, file=file, at=_end_of(text[: hit.start()]))


def _end_of(text: str) -> tuple[int, int]:
    """1-based line and column just behind `text`."""
    lines = re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff"))
    return len(lines), len(lines[-1]) + 1


def _too_large(file: str) -> ContractInvalid:
    return _refusal(f"found more than {_MAX_BYTES:,} bytes, expected a smaller file", file=file)


def _syntax_error(error: Any, text: str, *, file: str) -> ContractInvalid:
    """One short sentence instead of PyYAML's several lines of context."""
    mark, begun = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable"
    if mark and text[mark.index : mark.index + 1] == "\t":
        problem = "found a tab, expected spaces"
    elif mark and begun and begun.line != mark.line:
        problem = f"{problem} {error.context} that starts on line {begun.line + 1}"
    at = _at(mark or begun) if mark or begun else (1, 1)
    return _refusal(f"this is not YAML: {problem}", file=file, at=at)


def _at(mark: Any) -> tuple[int, int]:
    return mark.line + 1, mark.column + 1


def _refusal(problem: str, *, file: str, at: tuple[int, int] = (1, 1)) -> ContractInvalid:
    # Escaped here, at the only door: nothing in a file can talk to the reader's terminal.
    return ContractInvalid(printable(problem), file=printable(file), line=at[0], column=at[1])


# ---------------------------------------------------------------- from events to values


@dataclass(slots=True, kw_only=True)
class _Anchored:
    """What an alias repeats, and what it adds each time to values, characters and depth."""

    value: Any
    inside: Mapping[str | int, Place]
    values: int
    characters: int
    height: int


class Builder:
    """
    Builds one document. Recursion is bounded by `_MAX_DEPTH`; libyaml's events need none.

    `contract.forgiving` overrides what it refuses and others write.
    """

    def __init__(self, events: Iterator[Any], *, file: str) -> None:
        self._events = events
        self._file = file
        self._anchors: dict[str, _Anchored | None] = {}  # None while it is being built
        self._values = 0
        self._characters = 0
        self._deepest = 0

    def document(self) -> tuple[Any, Place]:
        next(self._events)  # the start of the stream
        start = next(self._events)
        if isinstance(start, yaml.StreamEndEvent):
            self._refuse("found an empty file, expected a YAML mapping", start)
        if start.version not in (None, (1, 2)):
            major, minor = start.version
            self._refuse(f"found %YAML {major}.{minor}, expected YAML 1.2", start)
        value, place = self._node(next(self._events), depth=0)
        next(self._events)  # the end of the document
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            self._refuse("found a second document, expected one in a file", after)
        return value, place

    def _node(self, event: Any, *, depth: int) -> tuple[Any, Place]:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, depth=depth)
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._refuse(f"found the tag {shown(tag)}, expected a value without a tag", event)
        if event.anchor is not None:
            return self._anchored(event, depth=depth)
        return self._plain_node(event, depth=depth)

    def _plain_node(self, event: Any, *, depth: int) -> tuple[Any, Place]:
        at = _at(event.start_mark)
        if isinstance(event, yaml.ScalarEvent):
            self._count(event, values=1, characters=len(event.value), depth=depth)
            return self._scalar(event), Place(at=at, key_at=at, inside=_NOTHING)
        depth += 1
        self._count(event, values=1, characters=0, depth=depth)
        inside: dict[str | int, Place] = {}
        build = self._mapping if isinstance(event, yaml.MappingStartEvent) else self._sequence
        return build(inside, depth=depth), Place(at=at, key_at=at, inside=inside)

    def _scalar(self, event: Any) -> Any:
        if event.style:  # quoted, or a block of text
            return self._text(event)
        try:
            return plain_value(event.value)
        except ValueError as error:
            self._refuse(str(error), event)

    def _text(self, event: Any) -> str:
        text: str = event.value
        if not text.isascii() and _LONE_SURROGATE.search(
            text
        ):  # only PyYAML's own parser lets it through
            self._refuse(f"found half a character in {shown(text)}, expected Unicode", event)
        return text

    def _sequence(self, inside: dict[str | int, Place], *, depth: int) -> list[Any]:
        items: list[Any] = []
        for event in self._until(yaml.SequenceEndEvent):
            item, inside[len(items)] = self._node(event, depth=depth)
            items.append(item)
        return items

    def _mapping(self, inside: dict[str | int, Place], *, depth: int) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        for event in self._until(yaml.MappingEndEvent):
            key, key_at = self._key(event), _at(event.start_mark)
            if key in entries:
                lines = f"lines {inside[key].key_at[0]} and {key_at[0]}"
                self._refuse(f"found the key {shown(key)} twice, on {lines}, expected once", event)
            entries[key], inside[key] = self._node(next(self._events), depth=depth)
            inside[key].key_at = key_at
        return entries

    def _key(self, event: Any) -> str:
        """The text of a key as it is written: `200:` is "200" and `true:` is "true"."""
        if not isinstance(event, yaml.ScalarEvent):
            what = {yaml.AliasEvent: "an alias", yaml.SequenceStartEvent: "a list"}
            found = what.get(type(event), "a mapping")
            self._refuse(f"found {found} as a key, expected a word", event)
        if event.tag is not None or event.anchor is not None:
            self._refuse("found a tag or an anchor on a key, expected the key alone", event)
        if not event.style and event.value == "<<":
            self._refuse("found a merge key '<<', expected the keys themselves", event)
        if not event.style and not event.value:
            self._refuse("found no key before ':', expected one", event)
        self._count(event, values=0, characters=len(event.value), depth=0)
        return self._text(event)

    def _until(self, end: type[yaml.Event]) -> Iterator[Any]:
        while not isinstance(event := next(self._events), end):
            yield event

    def _anchored(self, event: Any, *, depth: int) -> tuple[Any, Place]:
        values, characters, deepest = self._values, self._characters, self._deepest
        self._anchors[event.anchor] = None
        self._deepest = depth
        value, place = self._plain_node(event, depth=depth)
        self._anchors[event.anchor] = _Anchored(
            value=value,
            inside=place.inside,
            values=self._values - values,
            characters=self._characters - characters,
            height=self._deepest - depth,
        )
        self._deepest = max(self._deepest, deepest)
        return value, place

    def _alias(self, event: Any, *, depth: int) -> tuple[Any, Place]:
        name = event.anchor
        if name not in self._anchors:
            hint = did_you_mean(nearest(name, self._anchors))
            self._refuse(f"found the alias {shown('*' + name)} without its anchor{hint}", event)
        known = self._anchors[name]
        if known is None:
            problem = f"found the alias {shown('*' + name)} inside what it stands for"
            self._refuse(f"{problem}, expected no such circle", event)
        depth += known.height
        self._count(event, values=known.values, characters=known.characters, depth=depth)
        # Each use has a place of its own; what is inside stands where it was written.
        at = _at(event.start_mark)
        return known.value, Place(at=at, key_at=at, inside=known.inside)

    def _count(self, event: Any, *, values: int, characters: int, depth: int) -> None:
        """Refuse at once what grows too large; `depth` is that of the deepest value added."""
        self._values += values
        self._characters += characters
        self._deepest = max(self._deepest, depth)
        if depth > _MAX_DEPTH:
            self._refuse(f"found more than {_MAX_DEPTH} levels of nesting, expected fewer", event)
        if self._values > _MAX_VALUES:
            self._refuse(f"found more than {_MAX_VALUES:,} values{_EXPANDED}", event)
        if self._characters > _MAX_CHARACTERS:
            self._refuse(f"found more than {_MAX_CHARACTERS:,} characters{_EXPANDED}", event)

    def _refuse(self, problem: str, event: Any) -> NoReturn:
        raise _refusal(problem, file=self._file, at=_at(event.start_mark))


_NOTHING: Final[Mapping[str | int, Place]] = {}  # one for all scalars: there are thousands
_EXPANDED: Final = " (counting what an alias repeats each time), expected fewer"
_LONE_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
