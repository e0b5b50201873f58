"""Does a located file fit a JSON Schema, and if not, what is wrong where?"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from conformance.contract.located import Located
from conformance.contract.wording import did_you_mean, either, listed, nearest, one_of, shown

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

__all__ = ["validate"]

_Steps: TypeAlias = tuple[str | int, ...]
_Error: TypeAlias = Any  # jsonschema's ValidationError; to its stubs every field may be unset

_MAX_ERRORS: Final = 1_000  # of one validation; the first by position among these is reported


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
            return f"found none of {listed(self.words)} here, expected one of them"
        if self.keyword == "required":
            return f"found no {shown(self.words[0])} here, expected {self.phrases[0]}"
        words = (one_of(self.words),) if self.words else ()
        expected = either((*words, *self.phrases))
        return f"found {self.found}, expected {expected}{self._hint()}"

    def same_place(self, other: _Complaint) -> bool:
        mine = (self.path, self.key, self.keyword == "required")
        return mine == (other.path, other.key, other.keyword == "required")

    def _hint(self) -> str:
        texts = [word for word in self.words if isinstance(word, str)]
        if isinstance(self.value, str):
            if _TYPES["boolean"] in self.phrases and self.value.lower() in _YAML_1_1:
                return f" (did you mean {_YAML_1_1[self.value.lower()]}?)"
            return did_you_mean(nearest(self.value, texts))
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


# --- what the schema asks for ---

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


def _unique(values: Iterable[Any]) -> tuple[Any, ...]:
    """Each once, in order; 1, 1.0 and true stay apart."""
    return tuple({json.dumps(value, sort_keys=True): value for value in values}.values())
