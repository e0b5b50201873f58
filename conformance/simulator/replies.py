"""How does a reply come from what the contract says about its fields?"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.contract.model import ABSENT, Condition, ReplyField
from conformance.contract.paths import find, put
from conformance.contract.resolution import conditions_hold
from conformance.simulator.values import fits, formed, generated, with_urls

__all__ = ["Builder", "Slot", "keep_conditions", "slots_of"]

PREFERENCES = ("value", "null", "absent", "empty")
"""
What may be done about a field where the documents leave room. `empty` is "" or [].

A field that is not promised at the moment is given, null or left out; one that may be null may be null.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Described:
    """What the descriptions of one path that apply at the moment say together."""

    path: str
    required: bool
    nullable: bool
    types: tuple[str, ...]
    schema: Mapping[str, Any]
    content: Mapping[str, Any]
    decode: str | None
    role: str | None
    unit: str | None
    echoes: str | None


@dataclass(slots=True)
class Slot:
    """One path of a reply with all its descriptions: the one for always and those under a condition."""

    path: str
    fields: tuple[ReplyField, ...]
    _known: dict[tuple[bool, ...], _Described] = field(default_factory=dict)

    @property
    def conditional(self) -> bool:
        """Whether anything about it depends on the rest of the reply."""
        return any(f.when for f in self.fields)

    def described(self, document: Any) -> _Described:
        """What applies to the document as far as it is made."""
        applies = tuple(not f.when or conditions_hold(f.when, document) for f in self.fields)
        found = self._known.get(applies)
        if found is None:
            fields = [f for f, applying in zip(self.fields, applies, strict=True) if applying]
            found = self._known[applies] = _merged(self.path, fields)
        return found

    @property
    def empty(self) -> Any:
        """What an empty value of the field is: a list where it is one, else text."""
        return [] if any("array" in f.types for f in self.fields) else ""

    def preferences(self) -> tuple[str, ...]:
        """What may be done about the field at one moment or another, the default first."""
        if all(f.types == ("null",) for f in self.fields):
            return ("value",)
        always = _merged(self.path, [f for f in self.fields if not f.when])
        undescribed = self.conditional and not any(not f.when for f in self.fields)
        nullable = undescribed or (always.nullable and bool(always.types))
        optional = not always.required
        if not (nullable or optional):
            return ("value",)
        known = any(f.role or f.echoes or "const" in f.schema for f in self.fields)
        found = ["value"] if known or nullable or optional else []
        found += ["null"] * nullable + ["absent"] * optional
        if nullable and not always.schema and _emptiable(self.fields):
            found.append("empty")
        default = _default(known=known, nullable=nullable, undescribed=undescribed)
        return tuple(dict.fromkeys([default, *found]))


def _default(*, known: bool, nullable: bool, undescribed: bool) -> str:
    if known:
        return "value"
    return "null" if nullable and not undescribed else "absent"


def _emptiable(fields: Iterable[ReplyField]) -> bool:
    types = {name for f in fields for name in f.types}
    return bool(types & {"string", "array"}) and not any(f.unit for f in fields)


def _merged(path: str, fields: list[ReplyField]) -> _Described:
    """Later descriptions win, but for what only an earlier one says."""
    types: tuple[str, ...] = ()
    schema: dict[str, Any] = {}
    content: Mapping[str, Any] = {}
    decode = role = unit = echoes = None
    for each in fields:
        types = tuple(t for t in types if t in each.types) or each.types or types
        schema |= each.schema
        content = each.content or content
        decode, role = each.decode or decode, each.role or role
        unit, echoes = each.unit or unit, each.echoes or echoes
    return _Described(
        path=path,
        required=any(f.required for f in fields),
        nullable=not types or "null" in types,
        types=types,
        schema=schema,
        content=content,
        decode=decode,
        role=role,
        unit=unit,
        echoes=echoes,
    )


def slots_of(fields: Iterable[ReplyField]) -> tuple[Slot, ...]:
    """The fields by path: parents before children, then in documented order."""
    by_path: dict[str, list[ReplyField]] = {}
    for each in fields:
        by_path.setdefault(each.path, []).append(each)
    paths = sorted(by_path, key=lambda path: path.count("."))
    return tuple(Slot(path, tuple(by_path[path])) for path in paths)


class Builder:
    """Makes the replies of one sort: of an operation, or of an error envelope."""

    def __init__(
        self, fields: Iterable[ReplyField], preferences: Mapping[str, str] | None = None
    ) -> None:
        """
        Args:
            preferences: By path, what to do about a field where the documents leave room.
        """
        chosen = preferences or {}
        # What depends on the rest of the reply comes after the rest.
        slots = sorted(slots_of(fields), key=lambda slot: slot.conditional)
        self._slots = tuple((s, chosen.get(s.path) or s.preferences()[0]) for s in slots)
        self._repeated = next(
            (f.path.partition("[]")[0] for s in slots for f in s.fields if f.role == "results"),
            None,
        )

    def build(
        self, values: Mapping[str, Any], echo: Callable[[str], Any] = lambda _: ABSENT
    ) -> dict[str, Any]:
        """
        A reply.

        Args:
            values: What each role stands for; a role that is missing has no value at the moment.
            echo: The value of a request field.
        """
        document: dict[str, Any] = {}
        urls = values.get("results", ABSENT)
        for slot, preference in self._slots:
            described = slot.described(document)
            value = _value(described, values, echo)
            value = _settled(described, preference, value, empty=slot.empty)
            if value is not ABSENT and _has_room(document, slot.path, described):
                self._put(document, described, value, urls)
        return document

    def _put(self, document: dict[str, Any], described: _Described, value: Any, urls: Any) -> None:
        """Set the value, in each of several results where the field stands in a list of them."""
        path = described.path
        prefix, repeats, _ = path.partition("[]")
        if not repeats or prefix != self._repeated:
            put(document, path, value)
            return
        urls = urls if isinstance(urls, list) else []
        if not urls:
            put(document, prefix, [])
        for index, url in enumerate(urls):
            own = formed("results", [url], described.types, described.schema, None)
            each = own if described.role == "results" else value
            put(document, path.replace("[]", f"[{index}]", 1), each)


def _value(described: _Described, values: Mapping[str, Any], echo: Callable[[str], Any]) -> Any:
    """What the field has to say at the moment; `ABSENT` for nothing."""
    schema = described.schema
    if "const" in schema:
        return schema["const"]
    role = described.role or ""
    value = values.get(role, ABSENT)
    if described.decode == "json" and value is not ABSENT:
        inside = with_urls(described.content, value) if role in ("results", "url") else value
        return json.dumps(inside, ensure_ascii=False)
    if value is not ABSENT:
        # A copy: what is sent may still be changed, what was asked for may not.
        own = copy.deepcopy(value) if isinstance(value, dict) else value
        return formed(role, own, described.types, schema, described.unit)
    if not role and described.echoes:
        echoed = echo(described.echoes)
        fitting = echoed is not ABSENT and fits(echoed, described.types)
        return copy.deepcopy(echoed) if fitting else ABSENT
    return ABSENT


def _settled(described: _Described, preference: str, value: Any, *, empty: Any) -> Any:
    """What is put there: the value, or what is preferred to it where the documents leave room."""
    if preference == "absent" and not described.required:
        return ABSENT
    if preference == "null" and described.nullable:
        return None
    if value is not ABSENT:
        return value
    return _nothing(described, preference, empty)


def _nothing(described: _Described, preference: str, empty: Any) -> Any:
    """What stands in for a field that has nothing to say."""
    known = described.role or described.echoes
    if preference == "empty" and described.nullable:
        return empty
    if preference == "value" and not known and described.types:
        return generated(described.schema, described.types)
    if described.nullable and "null" in described.types:
        return None
    if not described.required:
        return ABSENT
    # Made-up URLs would be fetched.
    return empty if described.role == "results" else generated(described.schema, described.types)


def _has_room(document: Any, path: str, described: _Described) -> bool:
    """An optional field stands only in a parent that is not null."""
    parent = path.rpartition(".")[0]
    if described.required or not parent:
        return True
    found = find(document, parent)
    return not found or isinstance(found[0], dict)


def keep_conditions(document: dict[str, Any], conditions: Iterable[Condition]) -> None:
    """Change a reply so that it meets each condition, the least value that does."""
    for condition in conditions:
        if conditions_hold((condition,), document):
            continue
        if condition.one_of:
            put(document, condition.field, condition.one_of[0])
        elif condition.minimum is not None:
            put(document, condition.field, condition.minimum)
        elif condition.present:
            put(document, condition.field, "error")
