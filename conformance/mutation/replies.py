"""How can a vendor break what it says of its replies and states?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.contract.clauses import Clause
from conformance.contract.model import Condition, ReplyField, State
from conformance.contract.paths import steps
from conformance.mutation.mutants import Mutant, Site
from conformance.simulator.values import fits

__all__ = [
    "NULL_FOR_OMITTED",
    "echo_mutants",
    "only_mutants",
    "order_mutants",
    "reply_mutants",
    "spoiled",
    "states_mutants",
    "terminal_mutants",
    "unit_mutants",
]

NULL_FOR_OMITTED = "null-for-omitted"
"""What is permitted (docs/judging.md): null for a field that may be missing is the same as leaving it out."""

_SPOILS: tuple[Any, ...] = ("seven", 7, True, {}, [])


def reply_mutants(site: Site) -> Iterator[Mutant]:
    """The field is missing, null, renamed, of another type, or holds what it must not."""
    field: ReplyField = site.thing
    place = _place(site, field)
    also = [c.id for c in site.world.clauses if _is_below(site, c.thing, c.operation, field)]
    if field.role == "state" and site.clause.operation == "status":
        also += site.world.ids("states")
    mine = [c for c in site.world.clauses if c.topic == "reply"]
    twins = [c for c in mine if _is_twin(site, c)]
    # What is wrong in one state is wrong by each description that holds in this state, or in every one.
    either = [c.id for c in twins if field.when and c.thing.when in ((), field.when)]
    bound = field.required or any(part.thing.required for c in twins for part in c.parts)
    # A list without results is empty, or its elements lack theirs.
    holders = [c.id for c in mine if _holds(site, c)]
    marks = [c.field for e in site.settled.envelopes for c in e.marker]
    if field.path in marks:
        # What marks an error makes one of a success.
        either += site.world.ids("success", operation=site.clause.operation)
    for operator, deviation in spoiled(field, place):
        if operator == NULL_FOR_OMITTED and bound:
            continue
        yield site.mutant(
            operator,
            *deviation,
            also=also,
            either=[*either, *(holders if operator == "result-missing" else ())],
            choices=_shown(site, field),
            permitted=operator == NULL_FOR_OMITTED or _is_free(site, operator),
        )


def _is_free(site: Site, operator: str) -> bool:
    """Whether another page leaves room for it: it does not have the field, need it, or want it of that type."""
    wrong = next(_other_types(site.thing), None)
    return any(
        other is None
        or (operator in ("dropped", "renamed", "nulled") and not other.required)
        or (operator == "retyped" and fits(wrong, other.types))
        for other in site.others
    )


def _is_twin(site: Site, clause: Clause) -> bool:
    same = clause.operation == site.clause.operation and clause.id != site.clause.id
    return same and bool(clause.thing.path == site.thing.path)


def _holds(site: Site, clause: Clause) -> bool:
    """Whether a clause is about what the field lies in."""
    near = clause.operation == site.clause.operation and clause.thing.path != site.thing.path
    return near and _lies_in(site.thing.path, clause.thing.path)


def spoiled(field: ReplyField, place: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Operator and deviation of each way in which a field at a place can be wrong. One flat list."""
    # What may be missing is put there to be wrong.
    put = "set" if field.required or "[" in field.path else "add"
    typed = field.path.lower() == "$headers.content-type"  # what has no type is not read at all
    if field.required and not typed:
        yield "dropped", (f"drop={place}",)
        yield "renamed", (f"rename={place}",)
    if field.types and "null" not in field.types and not field.path.startswith("$headers."):
        yield "nulled" if field.required else NULL_FOR_OMITTED, (f"null={place}",)
    other = next((v for v in _other_types(field)), None)
    if other is not None and not field.path.startswith("$headers."):
        yield "retyped", (f"{put}={place}={json.dumps(other)}",)
    if "const" in field.schema:
        yield "value-changed", (f"set={place}={json.dumps(_unlike(field.schema['const']))}",)
    if field.schema.get("enum"):
        unlike = _unlike(field.schema["enum"][0])
        yield "value-changed", (f"set={place}={json.dumps(unlike)}",)
    if field.schema.get("minLength"):
        yield "emptied", (f'set={place}=""',)
    if field.role == "results" and not place.startswith("callback"):
        yield "result-missing", ("result-missing",)
    elif field.schema.get("minItems"):
        yield "emptied", (f"set={place}=[]",)
    if field.decode == "json":
        yield "not-json", (f"set={place}=no JSON at all",)
        if field.content.get("required"):
            yield "emptied", (f"set={place}={json.dumps('{}')}",)


def _other_types(field: ReplyField) -> Iterator[Any]:
    if not field.types:
        return
    usual = 7 if "string" in field.types else "seven"
    yield from (v for v in (usual, *_SPOILS) if not fits(v, field.types))


def _unlike(value: Any) -> Any:
    """Another value of the same type that no document lists."""
    if isinstance(value, bool):
        return not value
    return value + 97 if isinstance(value, int | float) else "quite-another"


def _place(site: Site, field: ReplyField) -> str:
    """`OPERATION[?FIELD=VALUE]:PATH`, as deviations take it."""
    only = next((_asked(c) for c in field.when or _of_parents(site, field)), "")
    return f"{site.clause.operation}{f'?{only}' if only else ''}:{field.path}"


def _of_parents(site: Site, field: ReplyField) -> tuple[Condition, ...]:
    """The condition under which what the field lies in is there."""
    above = [
        f
        for f in site.operation.reply
        if f.when and f.path != field.path and _lies_in(field.path, f.path)
    ]
    return above[0].when if above else ()


def _lies_in(path: str, parent: str) -> bool:
    return steps(path)[: len(steps(parent))] == steps(parent)


def _asked(condition: Condition) -> str:
    if condition.one_of:
        value = condition.one_of[0]
        return f"{condition.field}={value if isinstance(value, str) else json.dumps(value)}"
    absent = condition.present is False
    return f"!{condition.field}" if absent else condition.field


def _shown(site: Site, field: ReplyField) -> Mapping[str, str]:
    """The choices by which a field that may be left out is there, and what it lies in."""
    above = [f.path for f in site.operation.reply if _lies_in(field.path, f.path)]
    names = [f"field:{site.clause.operation}:{path}" for path in dict.fromkeys(above)]
    known = {name: site.world.choices[name] for name in names if name in site.world.choices}
    return {name: "value" for name, choice in known.items() if "value" in choice.alternatives}


def _is_below(site: Site, thing: Any, operation: str, field: ReplyField) -> bool:
    """Whether a clause is about the same place of the same reply, or about one inside it."""
    if not isinstance(thing, ReplyField) or operation != site.clause.operation:
        return False
    return _lies_in(thing.path, field.path)


def echo_mutants(site: Site) -> Iterator[Mutant]:
    """The field repeats something else than what was sent."""
    field: ReplyField = site.thing
    value: Any = "quite-another"
    if field.echoes == "$request":
        value = "{}" if field.decode else {}
    elif field.role == "model" and len(site.settled.models) > 1:
        yield site.mutant("echo-wrong", "wrong-model-echo", choices=_shown(site, field))
        return
    elif field.types and not fits(value, field.types):
        value = 97 if fits(97, field.types) else False
    yield site.mutant(
        "echo-wrong",
        f"set={_place(site, field)}={json.dumps(value)}",
        choices=_shown(site, field),
    )


def unit_mutants(site: Site) -> Iterator[Mutant]:
    """The time is in another unit."""
    field: ReplyField = site.thing
    place = f"{site.clause.operation}:{field.path}"
    yield site.mutant("unit-swapped", f"time-unit={place}", choices=_shown(site, field))


def order_mutants(site: Site) -> Iterator[Mutant]:
    """The task ends before it begins, or its results expire before that."""
    choices = {**_shown(site, site.thing)}
    op = site.operation
    earlier = next((f for f in op.reply if f.path == site.thing.not_before), None)
    if earlier is not None:
        choices |= _shown(site, earlier)
    name = "time-reversed=expires" if site.thing.role == "expires" else "time-reversed"
    yield site.mutant("order-reversed", name, choices=choices)


def only_mutants(site: Site) -> Iterator[Mutant]:
    """The field is there where it is promised not to be."""
    field: ReplyField = site.thing
    early: tuple[Any, ...] = ("early", 7, True, {}, [])
    value = next((v for v in early if fits(v, field.types)), early[0])
    if field.unit or field.role in ("completed", "expires"):
        value = "2026-11-20T00:00:00Z" if fits("", field.types) else 1_763_596_800
    state = next((f for f in site.operation.reply if f.role == "state"), None)
    for condition in field.when[:1]:
        where = site.clause.operation
        values = [s.value for s in _told(site) if s.value not in (condition.one_of or ())]
        if state is not None and condition.field == state.path and values:
            where = f"{where}?{state.path}={values[0]}"
        yield site.mutant("shown-too-early", f"add={where}:{field.path}={json.dumps(value)}")


def _told(site: Site) -> list[State]:
    """The states that the operation tells of: a callback of those in which tasks end, and one is sent."""
    callback = site.settled.callback
    if callback is None or site.clause.operation != callback.operation.name:
        return list(site.settled.states)
    sent = (s for s in site.settled.states if s.phase in callback.phases)
    return [s for s in sent if s.provoked_by != "nothing"]


def states_mutants(site: Site) -> Iterator[Mutant]:
    """A state is none that any document lists; which are skipped, and in which order they come, is permitted."""
    states = site.settled.states
    number = all(isinstance(s.value, int) for s in states)
    phases = dict.fromkeys(s.phase for s in states)
    for phase in phases:
        word = "97" if number else "drawing"
        also = [c.id for c in site.world.clauses if getattr(c.thing, "role", "") == "state"]
        also += site.world.ids("url") if phase == "succeeded" else []
        yield site.mutant("state-unknown", f"state-unknown={phase}:{word}", detail=phase, also=also)
    if sum(s.phase == "running" for s in states) > 1:
        yield site.mutant("state-reversed", "state-reversed", permitted=True)


def terminal_mutants(site: Site) -> Iterator[Mutant]:
    """A task that has ended runs again, or ends otherwise."""
    yield site.mutant("terminal-left", "terminal-left")
    yield site.mutant("terminal-flips", "terminal-flips")
