"""
Where in the YAML does each value stand, and is the file safe to read?

Values are built straight from the parser's events, in one pass, so that depth, number and size
are bounded before anything recurses. Scalars follow the YAML 1.2 core schema (PyYAML's own
constructors follow 1.1, where `1:1` is 61 and `no` is false). What is refused, and why, is said
as `found ..., expected ...` at a line and column, also where a JSON Schema is not met.
"""

from __future__ import annotations

import difflib
import json
import math
import re
import stat
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias

import yaml

from conformance.errors import ContractInvalid

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

__all__ = [
    "Located",
    "nearest",
    "plain_value",
    "read_located",
    "read_located_file",
    "shown",
    "validate",
]

_Steps: TypeAlias = tuple[str | int, ...]
_Error: TypeAlias = Any  # jsonschema's ValidationError; to its stubs every field may be unset

_MAX_BYTES: Final = 2 * 1024 * 1024
_MAX_DEPTH: Final = 60
_MAX_VALUES: Final = 200_000  # every use of an alias counts as all that it stands for
# Also as expanded: a long text behind many aliases is small in memory until somebody prints it.
_MAX_CHARACTERS: Final = 2 * _MAX_BYTES
_MAX_DIGITS: Final = 40
_MAX_ERRORS: Final = 1_000  # of one validation; the first by position among these is reported
_MAX_WORDS: Final = 12
_MAX_SHOWN: Final = 60

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # not every PyYAML has libyaml


# ---------------------------------------------------------------- values with their places


@dataclass(slots=True, kw_only=True)
class _Place:
    """Where a value stands (1-based line, column), where its key stands, and what is inside."""

    at: tuple[int, int] = (1, 1)
    key_at: tuple[int, int] = (1, 1)  # an item of a list and the root: the same as `at`
    inside: Mapping[str | int, _Place] = field(default_factory=dict)


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
    _root: _Place = field(default_factory=_Place, repr=False, compare=False)

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

    def _nearest(self, path: Sequence[str | int]) -> _Place:
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
    data = _read_bytes(path, file=file)
    if len(data) > _MAX_BYTES:
        raise _too_large(file)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        problem = f"found the byte 0x{data[error.start]:02X}, expected text in UTF-8"
        raise _refusal(problem, file=file, at=_end_of(before)) from error
    return read_located(text, file=file)


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
        value, root = _Builder(yaml.parse(text, Loader=_LOADER), file=file).document()
    except yaml.YAMLError as error:
        raise _syntax_error(error, text, file=file) from error
    except (ValueError, OverflowError) as error:  # PyYAML's own parser, for "\UFFFFFFFF"
        raise _refusal(f"this is not YAML: {error}", file=file) from error
    return Located(file=file, value=value, _root=root)


# ---------------------------------------------------------------- from bytes to text


def _read_bytes(path: Path, *, file: str) -> bytes:
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
    return ContractInvalid(_printable(problem), file=_printable(file), line=at[0], column=at[1])


# ---------------------------------------------------------------- from events to values


@dataclass(slots=True, kw_only=True)
class _Anchored:
    """What an alias repeats, and what it adds each time to values, characters and depth."""

    value: Any
    inside: Mapping[str | int, _Place]
    values: int
    characters: int
    height: int


class _Builder:
    """Builds one document. Recursion is bounded by `_MAX_DEPTH`; libyaml's events need none."""

    def __init__(self, events: Iterator[Any], *, file: str) -> None:
        self._events = events
        self._file = file
        self._anchors: dict[str, _Anchored | None] = {}  # None while it is being built
        self._values = 0
        self._characters = 0
        self._deepest = 0

    def document(self) -> tuple[Any, _Place]:
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

    def _node(self, event: Any, *, depth: int) -> tuple[Any, _Place]:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, depth=depth)
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._refuse(f"found the tag {shown(tag)}, expected a value without a tag", event)
        if event.anchor is not None:
            return self._anchored(event, depth=depth)
        return self._plain_node(event, depth=depth)

    def _plain_node(self, event: Any, *, depth: int) -> tuple[Any, _Place]:
        at = _at(event.start_mark)
        if isinstance(event, yaml.ScalarEvent):
            self._count(event, values=1, characters=len(event.value), depth=depth)
            return self._scalar(event), _Place(at=at, key_at=at, inside=_NOTHING)
        depth += 1
        self._count(event, values=1, characters=0, depth=depth)
        inside: dict[str | int, _Place] = {}
        build = self._mapping if isinstance(event, yaml.MappingStartEvent) else self._sequence
        return build(inside, depth=depth), _Place(at=at, key_at=at, inside=inside)

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

    def _sequence(self, inside: dict[str | int, _Place], *, depth: int) -> list[Any]:
        items: list[Any] = []
        for event in self._until(yaml.SequenceEndEvent):
            item, inside[len(items)] = self._node(event, depth=depth)
            items.append(item)
        return items

    def _mapping(self, inside: dict[str | int, _Place], *, depth: int) -> dict[str, Any]:
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

    def _anchored(self, event: Any, *, depth: int) -> tuple[Any, _Place]:
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

    def _alias(self, event: Any, *, depth: int) -> tuple[Any, _Place]:
        name = event.anchor
        if name not in self._anchors:
            hint = _did_you_mean(nearest(name, self._anchors))
            self._refuse(f"found the alias {shown('*' + name)} without its anchor{hint}", event)
        known = self._anchors[name]
        if known is None:
            problem = f"found the alias {shown('*' + name)} inside what it stands for"
            self._refuse(f"{problem}, expected no such circle", event)
        depth += known.height
        self._count(event, values=known.values, characters=known.characters, depth=depth)
        # Each use has a place of its own; what is inside stands where it was written.
        at = _at(event.start_mark)
        return known.value, _Place(at=at, key_at=at, inside=known.inside)

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


_NOTHING: Final[Mapping[str | int, _Place]] = {}  # one for all scalars: there are thousands
_EXPANDED: Final = " (counting what an alias repeats each time), expected fewer"
_LONE_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")

_WORDS: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER: Final = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE: Final = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


def plain_value(text: str) -> Any:
    """
    The value of a plain scalar.

    Raises:
        ValueError: It is a number, but infinite, not a number, or of more than 40 digits.

    Source: YAML 1.2.2, section 10.3.2.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"found {text}, expected a finite number (or a word in quotes)")
    if _INTEGER.fullmatch(text):
        # Python refuses to read thousands of digits, and arithmetic on them overflows floats.
        if len(text) > _MAX_DIGITS:
            raise ValueError(f"found a number of {len(text)} digits, expected a shorter one")
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        return int(text, base)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if math.isinf(number):
            raise ValueError(f"found {shown(text)}, expected a finite number")
        return number
    return text


# ---------------------------------------------------------------- is it what the schema says?


def validate(located: Located, schema: Mapping[str, Any]) -> None:
    """
    Check a file against a JSON Schema (2020-12, references within itself).

    Raises:
        ContractInvalid: It does not fit. Of several faults the first in the file is told; an
            unknown key before the missing one that was probably meant; of alternatives (`anyOf`,
            `oneOf`) the one that came closest.
    """
    # By content and not by identity: a schema that is collected leaves its id to another.
    validator = _validator(json.dumps(schema, default=dict))
    complaints = _Complaints(located, root=validator.schema)
    try:
        errors = islice(validator.iter_errors(located.value), _MAX_ERRORS)
        first = complaints.first([each for error in errors for each in complaints.of(error)])
    except RecursionError as error:
        raise located.error((), "found values too deep inside each other to check") from error
    if first is not None:
        path = first.path if first.key is None else (*first.path, first.key)
        raise located.error(path, first.text(), at_key=first.key is not None)


@lru_cache(maxsize=16)
def _validator(schema: str) -> Draft202012Validator:
    # Imported late: it takes longer than reading a contract, and most commands fail before.
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads(schema))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Complaint:
    """One thing wrong, in parts, so that the same from several alternatives can be told as one."""

    path: _Steps  # of the value; for a key, missing or unknown, of the mapping
    keyword: str  # of JSON Schema
    value: Any  # what was found: a value or an unknown key; nothing for a missing key
    found: str
    key: str | None = None  # the key that should not be
    words: tuple[Any, ...] = ()  # what could stand there: values, or keys
    phrases: tuple[str, ...] = ()  # the same, where it cannot be listed
    consequence: bool = False  # probably vanishes with another complaint

    def text(self) -> str:
        """One sentence: found this, expected that."""
        if self.keyword == "required" and len(self.words) > 1:
            return f"found none of {_listed(self.words)} here, expected one of them"
        if self.keyword == "required":
            return f"found no {shown(self.words[0])} here, expected {self.phrases[0]}"
        words = (_one_of(self.words),) if self.words else ()
        expected = _either((*words, *self.phrases))
        return f"found {self.found}, expected {expected}{self._hint()}"

    def same_place(self, other: _Complaint) -> bool:
        mine = (self.path, self.key, self.keyword == "required")
        return mine == (other.path, other.key, other.keyword == "required")

    def _hint(self) -> str:
        texts = [word for word in self.words if isinstance(word, str)]
        if isinstance(self.value, str):
            if _TYPES["boolean"] in self.phrases and self.value.lower() in _YAML_1_1:
                return f" (did you mean {_YAML_1_1[self.value.lower()]}?)"
            return _did_you_mean(nearest(self.value, texts))
        if self.value is None or isinstance(self.value, dict | list):
            return ""
        wanted = _TYPES["string"] in self.phrases or shown(self.value) in texts
        return " (write it in quotes)" if wanted else ""


class _Complaints:
    """Turns the errors of jsonschema into complaints, and chooses among them."""

    def __init__(self, located: Located, *, root: Any) -> None:
        self._located = located
        self._root = root

    def first(self, complaints: Iterable[_Complaint]) -> _Complaint | None:
        return min(complaints, key=self._order, default=None)

    def _order(self, each: _Complaint) -> tuple[bool, tuple[int, int], int]:
        # An unknown key before a missing one: it is often the same key, misspelt.
        rank = 0 if each.key is not None else 2 if each.keyword == "required" else 1
        return each.consequence, self._located.position(each.path), rank

    def of(self, error: _Error) -> list[_Complaint]:
        """What one error says, at its path in the file. One flat table."""
        path: _Steps = tuple(error.absolute_path)
        match error.validator:
            case "anyOf" | "oneOf" if error.context:
                return [self._closest(error, path)]
            case "required":
                missing = [name for name in error.validator_value if name not in error.instance]
                return [_missing(error, path, name=missing[0])]
            case "dependentRequired":
                return [_missing(error, path, name=name) for name in _dependent(error)[:1]]
            case "additionalProperties" if error.schema["additionalProperties"] is False:
                known = tuple(error.schema.get("properties", ()))
                return [_unknown(error, path, key=key, known=known) for key in _extra(error)]
            case "unevaluatedProperties" if error.schema["unevaluatedProperties"] is False:
                return self._unevaluated(error, path)
            case "uniqueItems":
                again = _repeated(error.instance)
                item = "an item" if again is None else shown(error.instance[again])
                path = path if again is None else (*path, again)
                return [replace(self._about_value(error, path), found=f"{item} a second time")]
        return [self._about_value(error, path)]

    def _about_value(self, error: _Error, path: _Steps) -> _Complaint:
        words, phrases = _expected(error)
        together = _together(error)
        complaint = _Complaint(
            path=path,
            keyword=str(error.validator),
            value=error.instance,
            found=together or shown(error.instance),
            words=words,
            phrases=phrases,
        )
        holder = self._value_at(path)
        if error.instance is holder or not isinstance(holder, dict):
            return complaint
        # jsonschema stops at the mapping when a name is wrong (`propertyNames`; the instance is
        # the name), and when the schema of a value is `false` (the instance is that value).
        if error.validator is not None:
            name = error.instance
            return replace(complaint, key=name, found=f"the key {shown(name)}")
        keys = [key for key, value in holder.items() if value is error.instance]
        return replace(complaint, path=(*path, *keys)) if len(keys) == 1 else complaint

    def _value_at(self, path: _Steps) -> Any:
        value = self._located.value
        for step in path:
            value = value[step]
        return value

    def _unevaluated(self, error: _Error, path: _Steps) -> list[_Complaint]:
        known = tuple(dict.fromkeys(_known_keys(error.schema, self._root, seen=set())))
        # jsonschema names them in its message only, each as its repr.
        keys = [key for key in error.instance if repr(key) in error.message]
        strangers = [key for key in keys if key not in known]
        if strangers:
            return [_unknown(error, path, key=key, known=known) for key in strangers]
        # Known keys count as unevaluated when their part of the schema failed for another reason.
        found = f"the key {shown(keys[0])}" if keys else shown(error.instance)
        complaint = _Complaint(
            path=path,
            keyword="unevaluatedProperties",
            value=None,
            found=f"{found} where it does not belong",
            key=keys[0] if keys else None,
            phrases=("only keys that go together",),
            consequence=True,
        )
        return [complaint]

    def _closest(self, error: _Error, path: _Steps) -> _Complaint:
        """What the most likely of several alternatives says; where they are alike, all of them."""
        branches: dict[Any, list[_Complaint]] = defaultdict(list)
        for inner in error.context or ():
            branches[next(iter(inner.relative_schema_path), None)] += self.of(inner)
        if len(branches) > 1:
            branches.pop(None, None)  # an alternative that is `false` has no path, and no advice
        alternatives = list(branches.values())
        if isinstance(error.instance, dict | list):
            scores = [_distance(each, alternatives, path) for each in alternatives]
            best = min(scores)
            pairs = zip(alternatives, scores, strict=True)
            alternatives = [each for each, score in pairs if score == best]
        told = [min(each, key=self._order) for each in alternatives]
        first = min(told, key=self._order)
        if first.keyword in _LISTS:  # a marker: what the farther alternatives want there helps too
            everything = [each for branch in branches.values() for each in branch]
            told += [each for each in everything if each.keyword in _LISTS]
        alike = [each for each in told if each.same_place(first)]
        words = [word for each in alike for word in each.words]
        phrases = [phrase for each in alike for phrase in each.phrases]
        found = first.found
        rivals = [each for each in told if each.key is not None]
        if first.key is not None and len(alike) < len(rivals):  # another alternative knows the key
            found = f"the key {shown(first.key)} where it does not belong"
        return replace(first, found=found, words=_unique(words), phrases=_unique(phrases))


def _distance(
    branch: list[_Complaint], branches: list[list[_Complaint]], path: _Steps
) -> tuple[bool, bool, int, int]:
    """How far an alternative was from fitting the list or mapping at `path`; least is closest."""
    # `kind: header` refused here and accepted there tells which alternative was meant.
    marked = {
        each.path for each in branch if each.keyword in _LISTS and len(each.path) == len(path) + 1
    }
    meant_another = any(
        all(mark not in (each.path, (*each.path, each.key)) for each in other)
        for mark in marked
        for other in branches
        if not _is_of_wrong_type(other, path)
    )
    deepest = max(len(each.path) for each in branch)
    return _is_of_wrong_type(branch, path), meant_another, -deepest, len(branch)


def _is_of_wrong_type(branch: list[_Complaint], path: _Steps) -> bool:
    """Whether an alternative wants no such list or mapping at all."""
    about_it = [each for each in branch if each.path == path and each.key is None]
    return any(
        each.keyword == "type"
        or (
            each.keyword in _LISTS and not any(isinstance(word, dict | list) for word in each.words)
        )
        for each in about_it
    )


def _missing(error: _Error, path: _Steps, *, name: str) -> _Complaint:
    beside = ", ".join(shown(key) for key in islice(error.instance, 3))
    more = ", ..." if len(error.instance) > 3 else ""
    phrase = f"it beside {beside}{more}" if beside else "it in this empty mapping"
    return _Complaint(
        path=path, keyword="required", value=None, found="", words=(name,), phrases=(phrase,)
    )


def _unknown(error: _Error, path: _Steps, *, key: str, known: tuple[str, ...]) -> _Complaint:
    patterns = tuple(f"a key matching {each}" for each in error.schema.get("patternProperties", ()))
    return _Complaint(
        path=path,
        keyword=str(error.validator),
        value=key,
        found=f"unknown key {shown(key)}",
        key=key,
        words=known,
        phrases=patterns if patterns or known else ("no keys here",),
    )


def _extra(error: _Error) -> list[str]:
    """The keys that neither `properties` nor `patternProperties` allow."""
    known = error.schema.get("properties", {})
    patterns = error.schema.get("patternProperties", ())
    return [
        key
        for key in error.instance
        if key not in known and not any(re.search(pattern, key) for pattern in patterns)
    ]


def _dependent(error: _Error) -> list[str]:
    """The keys that are missing although what they go with is there."""
    return [
        name
        for key, names in error.validator_value.items()
        if key in error.instance
        for name in names
        if name not in error.instance
    ]


def _together(error: _Error) -> str | None:
    """Keys that exclude each other (`not`, or `oneOf`, over `required` alone), if that is it."""
    if error.validator not in ("oneOf", "not") or not isinstance(error.instance, dict):
        return None
    forms = error.validator_value if error.validator == "oneOf" else [error.validator_value]
    if any(not isinstance(form, dict) or set(form) != {"required"} for form in forms):
        return None
    names = dict.fromkeys(name for form in forms for name in form["required"])
    return " and ".join(shown(name) for name in names if name in error.instance) or None


def _repeated(items: list[Any]) -> int | None:
    """The index of the first item that was there before; None if only 1 and 1.0 are the same."""
    seen: set[str] = set()
    for index, item in enumerate(items):
        text = json.dumps(item, sort_keys=True)
        if text in seen:
            return index
        seen.add(text)
    return None


def _known_keys(schema: Any, root: Any, *, seen: set[int]) -> Iterator[str]:
    """Every key that some part of a schema for mappings knows, in order."""
    if not isinstance(schema, dict) or id(schema) in seen:
        return
    seen.add(id(schema))
    yield from schema.get("properties", ())
    inner = [part for name in ("allOf", "anyOf", "oneOf") for part in schema.get(name, ())]
    inner += [schema.get(name) for name in ("if", "then", "else")]
    inner += schema.get("dependentSchemas", {}).values()
    inner.append(_referred(schema.get("$ref"), root))
    for part in inner:
        yield from _known_keys(part, root, seen=seen)


def _referred(reference: Any, root: Any) -> Any:
    """What a reference within the schema points to; nothing for any other."""
    if not isinstance(reference, str) or not reference.startswith("#"):
        return None
    target = root
    for step in reference[1:].split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        target = target.get(name) if isinstance(target, dict) else None
    return target


# ---------------------------------------------------------------- how it is said

_YAML_1_1: Final = {"yes": "true", "on": "true", "no": "false", "off": "false"}

_LISTS: Final = ("const", "enum")

_TYPES: Final = {
    "object": "a mapping",
    "array": "a list",
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing (null)",
}

_LIMITS: Final = {
    "minimum": "{} or more",
    "maximum": "{} or less",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minLength": "{} or more characters",
    "maxLength": "{} or fewer characters",
    "minItems": "{} or more items",
    "maxItems": "{} or fewer items",
    "minProperties": "{} or more keys",
    "maxProperties": "{} or fewer keys",
    "uniqueItems": "each item once",
    "pattern": "something matching {}",
}


def _expected(error: _Error) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    """The words that could stand there, and phrases for what cannot be listed. A flat table."""
    wanted = error.validator_value
    match error.validator:
        case "enum":
            return tuple(wanted), ()
        case "const":
            return (wanted,), ()
        case "type":
            names = [wanted] if isinstance(wanted, str) else wanted
            return (), tuple(_TYPES.get(name, name) for name in names)
        case "oneOf" if _together(error):
            return (), ("only one of them",)
        case "not" if _together(error):
            return (), ("not all of them" if len(wanted["required"]) > 1 else "no such key here",)
        case "oneOf":
            return (), ("what fits one form only (this fits several)",)
        case "not":
            return (), ("something else",)
        case "items":  # behind those that `prefixItems` describes
            return (), (f"{len(error.schema.get('prefixItems', ()))} or fewer items",)
        case None:  # the schema is `false`
            return (), ("nothing here at all",)
        case str(keyword) if keyword in _LIMITS:
            return (), (_LIMITS[keyword].format(wanted),)
    return (), (f"what '{error.validator}' in the schema asks for",)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant; None if none is close."""
    if len(word) > _MAX_SHOWN:  # nobody misspells so much, and comparing takes quadratic time
        return None
    by_lower = {each.lower(): each for each in known}
    close = difflib.get_close_matches(word.lower(), by_lower, n=1)
    return by_lower[close[0]] if close else None


def shown(value: Any) -> str:
    """A value as errors show it: one line, about 60 characters at most, none of them control."""
    match value:
        case str():
            return f"'{_shortened(_printable(value[: _MAX_SHOWN + 1]))}'"
        case None:
            return "nothing (null)"
        case bool():
            return str(value).lower()
        case dict():
            return f"a mapping with {_listed(value, most=3)}" if value else "an empty mapping"
        case list():
            return f"a list of {len(value)}" if value else "an empty list"
    return _shortened(_printable(str(value)))


def _shortened(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 3] + "..."


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    escaped = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return "".join(escaped)


def _did_you_mean(word: str | None) -> str:
    return f" (did you mean {shown(word)}?)" if word else ""


def _one_of(words: Sequence[Any]) -> str:
    return f"one of {_listed(words)}" if len(words) > 1 else shown(words[0])


def _listed(words: Iterable[Any], *, most: int = _MAX_WORDS) -> str:
    """The first words, and how many there are if that is not all."""
    known = list(words)
    texts = ", ".join(_word(word) for word in known[:most])
    return texts if len(known) <= most else f"{texts}, ... ({len(known)} in all)"


def _word(word: Any) -> str:
    """A word without quotes where YAML needs none."""
    if not isinstance(word, str) or not re.fullmatch(r"[\w$][\w$./:+-]*", word):
        return shown(word)
    try:
        return _shortened(word) if isinstance(plain_value(word), str) else shown(word)
    except ValueError:  # a number, too long
        return shown(word)


def _either(phrases: Sequence[str]) -> str:
    *others, last = phrases
    return f"{', '.join(others)} or {last}" if others else last


def _unique(values: Iterable[Any]) -> tuple[Any, ...]:
    """Each once, in order; 1, 1.0 and true stay apart."""
    return tuple({json.dumps(value, sort_keys=True): value for value in values}.values())
