"""How does a reply come from what the contract says about its fields?"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.contract.model import ABSENT, Condition, ReplyField
from conformance.contract.paths import find, put
from conformance.contract.resolution import conditions_hold
from conformance.simulator.values import fits, formed, generated, with_urls

__all__ = ["HEADERS", "Avoided", "Builder", "Echo", "Slot", "keep_conditions", "slots_of"]

HEADERS = "$headers"
"""Under this name a reply's headers stand in its document until it is sent."""

Echo = Callable[[str], Any]
Avoided = Mapping[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Described:
    """What the descriptions of one path that apply at the moment say together."""

    required: bool
    nullable: bool
    types: tuple[str, ...]
    schema: Mapping[str, Any]
    content: Mapping[str, Any]
    decode: str | None
    role: str
    unit: str | None
    echoes: str | None


class Slot:
    """One path of a reply with all its descriptions: the one for always and those under a condition."""

    def __init__(self, path: str, fields: tuple[ReplyField, ...]) -> None:
        self.path = path
        self.fields = fields
        self.conditional = any(f.when for f in fields)
        self.only = tuple(f for f in fields if f.only and f.when)
        self.header = path.startswith(f"{HEADERS}.")
        self.empty: Any = [] if any("array" in f.types for f in fields) else ""
        # Whether the simulator knows what belongs there: what it does not know it makes up.
        self.known = any(f.role or f.echoes or "const" in f.schema for f in fields)
        self._always = _merged([f for f in fields if not f.when])
        self._merged: dict[tuple[bool, ...], _Described] = {}

    def described(self, holds: Callable[[ReplyField], bool]) -> _Described:
        """What applies at the moment."""
        if not self.conditional:
            return self._always
        applies = tuple(not f.when or holds(f) for f in self.fields)
        found = self._merged.get(applies)
        if found is None:
            applying = [f for f, yes in zip(self.fields, applies, strict=True) if yes]
            found = self._merged[applies] = _merged(applying)
        return found

    def preferences(self) -> tuple[str, ...]:
        """
        What may be done about the field where the documents leave room, the default first.

        `value`, `null`, `absent`, or `empty`, which is "" or []. What is not promised at the moment may be left
        out; what may be null may be null, or empty.
        """
        if all(f.types == ("null",) for f in self.fields):
            return ("value",)
        if self.header:
            return self._of_header()
        always = self._always
        undescribed = all(f.when for f in self.fields)
        if undescribed and "[" in self.path:
            return ("value",)  # without the list there is no place in it
        nullable = undescribed or (always.nullable and bool(always.types))
        # What only some states promise is left out in the others anyway.
        optional = not always.required and not (
            undescribed and all(f.required for f in self.fields)
        )
        if not (nullable or optional):
            return ("value",)
        found = ["value"] + ["null"] * nullable + ["absent"] * optional
        if nullable and not always.schema and self._can_be_empty():
            found.append("empty")
        if self.only:
            # Outside its condition the field is not there: null is all that is left of it.
            found = [p for p in found if p != "empty"]
        usual = "value" if self.known else "null" if nullable and not undescribed else "absent"
        return tuple(dict.fromkeys([usual, *found]))

    def _of_header(self) -> tuple[str, ...]:
        if any(f.required for f in self.fields):
            return ("value",)
        return ("value", "absent") if self.known else ("absent", "value")

    def barred(self, holds: Callable[[ReplyField], bool]) -> bool:
        """Whether the field is promised not to be there at the moment."""
        return any(not holds(f) for f in self.only)

    def _can_be_empty(self) -> bool:
        types = {name for f in self.fields for name in f.types}
        return bool(types & {"string", "array"}) and not any(f.unit for f in self.fields)


def _merged(fields: list[ReplyField]) -> _Described:
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
        required=any(f.required for f in fields),
        nullable=not types or "null" in types,
        types=types,
        schema=schema,
        content=content,
        decode=decode,
        role=role or "",
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
        self,
        fields: Iterable[ReplyField],
        preferences: Mapping[str, str] | None = None,
        avoided: Avoided | None = None,
    ) -> None:
        """
        Args:
            preferences: By path, what to do about a field where the documents leave room.
            avoided: By path, what a field that is made up must not be: it would tell an error.
        """
        chosen = preferences or {}
        self._avoided = avoided or {}
        # What depends on the rest of the reply comes after the rest.
        slots = sorted(slots_of(fields), key=lambda slot: slot.conditional)
        self._slots = tuple((s, chosen.get(s.path) or s.preferences()[0]) for s in slots)
        self.asks_request = any(
            c.field.startswith("$request.") for s in slots for f in s.fields for c in f.when
        )
        # Most conditions ask for the same state: each is asked once a reply.
        self._conditions = {id(f): repr(f.when) for s in slots for f in s.fields if f.when}
        self._repeated = next(
            (f.path.partition("[]")[0] for s in slots for f in s.fields if f.role == "results"),
            None,
        )

    def build(
        self,
        values: Mapping[str, Any],
        echo: Echo = lambda _: ABSENT,
        request: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """
        A reply.

        Args:
            values: What each role stands for; a role that is missing has no value at the moment.
            echo: The value of a request field.
            request: What the creation sent, by field path, for conditions on it.
        """
        document: dict[str, Any] = {}
        known: dict[str, bool] = {}
        sent = request or {}
        barred: list[str] = []

        def holds(field: ReplyField) -> bool:
            key = self._conditions[id(field)]
            answer = known.get(key)
            if answer is None:
                answer = known[key] = conditions_hold(field.when, document, sent)
            return answer

        for slot, preference in self._slots:
            if barred and slot.path.startswith(tuple(barred)):
                continue
            described = slot.described(holds)
            if slot.only and slot.barred(holds):
                barred += [f"{slot.path}.", f"{slot.path}["]
                _bar(document, slot, described, preference)
                continue
            value = _settled(slot, described, preference, _value(described, values, echo))
            if slot.path in self._avoided and not slot.known:
                value = _other_than(self._avoided[slot.path], value, described.schema)
            if value is not ABSENT and (
                described.required
                or _has_room(document, slot.path, described=bool(described.types))
            ):
                self._put(document, slot.path, described, value, values)
        return document

    def _put(
        self,
        document: dict[str, Any],
        path: str,
        described: _Described,
        value: Any,
        values: Mapping[str, Any],
    ) -> None:
        """Set the value, in each of several results where the field stands in a list of them."""
        prefix, repeats, _ = path.partition("[]")
        if not repeats or prefix != self._repeated:
            put(document, path, value)
            return
        urls = values.get("results", [])
        if not urls:
            put(document, prefix, [])
        for index, url in enumerate(urls):
            own = formed("results", [url], described.types, described.schema, None)
            each = own if described.role == "results" else value
            put(document, path.replace("[]", f"[{index}]", 1), each)


def _value(described: _Described, values: Mapping[str, Any], echo: Echo) -> Any:
    """What the field has to say at the moment; `ABSENT` for nothing."""
    if "const" in described.schema:
        return described.schema["const"]
    role = described.role
    value = values.get(role, ABSENT) if role else ABSENT
    if value is not ABSENT:
        if described.decode == "json":
            urls = role in ("results", "url")
            return json.dumps(
                with_urls(described.content, value) if urls else value, ensure_ascii=False
            )
        # A copy: what is sent may still be changed, what was asked for may not.
        own = copy.deepcopy(value) if isinstance(value, dict) else value
        return formed(role, own, described.types, described.schema, described.unit)
    if not role and described.echoes:
        echoed = echo(described.echoes)
        fitting = echoed is not ABSENT and fits(echoed, described.types)
        return copy.deepcopy(echoed) if fitting else ABSENT
    return ABSENT


def _settled(slot: Slot, described: _Described, preference: str, value: Any) -> Any:
    """What is put there: the value, or what is preferred to it where the documents leave room."""
    if preference == "absent" and not described.required:
        return ABSENT
    if preference == "null" and described.nullable:
        return None
    if value is not ABSENT:
        return value
    return _nothing(slot, described, preference)


def _nothing(slot: Slot, described: _Described, preference: str) -> Any:
    """What stands in for a field that has nothing to say."""
    if preference == "empty" and described.nullable:
        return slot.empty
    if preference == "value" and not slot.known and described.types:
        return _made_up(described)
    if "null" in described.types:
        return None
    if not described.required:
        return ABSENT
    # Made-up URLs would be fetched.
    return slot.empty if described.role == "results" else _made_up(described)


def _made_up(described: _Described) -> Any:
    """Some value of the field: JSON in a string where that is what stands there."""
    if described.decode == "json":
        return json.dumps(generated(described.content, ("object",)))
    return generated(described.schema, described.types)


def _bar(document: dict[str, Any], slot: Slot, described: _Described, preference: str) -> None:
    """Leave a field out, or make it null where it is promised to be there or null is preferred."""
    _drop(document, slot.path)  # what stands below it may have been put there
    null = described.nullable and (described.required or preference == "null")
    if null and "[" not in slot.path and _has_room(document, slot.path):
        put(document, slot.path, None)


def _drop(document: dict[str, Any], path: str) -> None:
    parent, _, name = path.rpartition(".")
    for container in find(document, parent) if parent else [document]:
        if isinstance(container, dict):
            container.pop(name, None)


def _same(value: Any, other: Any) -> bool:
    return isinstance(value, bool) == isinstance(other, bool) and bool(value == other)


def _other_than(avoided: tuple[Any, ...], value: Any, schema: Mapping[str, Any]) -> Any:
    """The value, or another of its type where it is one to be avoided."""
    if not any(_same(value, each) for each in avoided):
        return value
    if "enum" in schema:
        return next((v for v in schema["enum"] if v not in avoided), value)
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int | float) else f"{value}x"


def _has_room(document: Any, path: str, *, described: bool = True) -> bool:
    """An optional field stands only in a parent that is not null; one that nothing describes makes none."""
    parent = path.rpartition(".")[0]
    if not parent:
        return True
    found = find(document, parent)
    return isinstance(found[0], dict) if found else described


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
