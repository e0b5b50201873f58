"""
Which few requests can answer what the documents leave open?

Some questions follow from the form of any contract (which of several documented statuses is used, whether a field that
nobody knows is refused); others are asked by the contract itself, with `probe` on an open question. What is expected to
be refused is asked first, for a refusal costs nothing; everything paid for is a plain creation with one thing changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from conformance.contract.model import ABSENT, Contract, Field, Question, Rule
from conformance.contract.paths import put, steps
from conformance.planning.costs import price
from conformance.results.cases import Case, Plan
from conformance.results.observed import Probe

__all__ = ["Probing", "probing_of"]

_UNKNOWN_FIELD = "x_conformance_unknown"
_MOST_PAIRS = 6  # of one rule whose combinations are nowhere listed
_MOST_VALUES = 6  # of one field that a question varies


@dataclass(frozen=True, slots=True, kw_only=True)
class Probing:
    """The probes of a contract, and the plan that sends their cases."""

    plan: Plan
    probes: tuple[Probe, ...]


def probing_of(contract: Contract, base: Plan) -> Probing:
    """
    What can be asked beside a plan's plain creation.

    Args:
        base: The plan of a check, for its carrier, its refusals and its repeats.
    """
    if not base.cases:
        return Probing(plan=base, probes=())
    carrier = base.cases[0]
    found: list[tuple[Probe, Sequence[Case]]] = [
        *_statuses(contract, base),
        *_unsaid_rules(contract, carrier),
        *_questions(contract, carrier),
        *_repeats(contract, base),
        *_of_any_contract(contract, carrier),
    ]
    own: dict[str, Case] = {carrier.id: carrier}
    own |= {c.id: c for c in base.cases if c.id == base.probe}
    own |= {case.id: case for _, cases in found for case in cases}
    cases = _needed(own, base)
    return Probing(
        plan=replace(base, cases=tuple(cases), required={}, left_out={}, unplanned={}),
        probes=tuple(probe for probe, _ in found),
    )


def _needed(own: Mapping[str, Case], base: Plan) -> list[Case]:
    """The cases and those that they build on, in the order of the plan, ours last."""
    wanted = {c.needs_task for c in own.values()} | {c.repeats for c in own.values()} | set(own)
    return [*(c for c in base.cases if c.id in wanted), *(c for n, c in own.items() if _is_ours(n))]


def _is_ours(name: str) -> bool:
    return name.startswith("probe:")


# --- what any contract leaves open ---


def _statuses(contract: Contract, base: Plan) -> Iterator[tuple[Probe, Sequence[Case]]]:
    """With which of several documented statuses, or with which undocumented one, is a cause refused?"""
    asked: set[tuple[str, str]] = set()
    for case in base.cases:
        key = (case.operation, case.cause)
        if case.breaks is None or not case.cause or key in asked or case.needs:
            continue
        asked.add(key)
        ways = {
            (row.status, where)
            for row in contract.errors
            if case.cause in row.causes and case.operation in row.operations
            for where in row.carried_in
        }
        if len(ways) != 1:
            said = " or ".join(sorted(_way(*way) for way in ways)) or "nothing"
            yield (
                Probe(
                    id=f"status.{case.operation}.{case.cause}",
                    about=f"{case.operation}: {case.cause}",
                    question=f"How is {_refused(case)} refused? Documented: {said}.",
                    cases=(case.id,),
                ),
                [case],
            )


def _way(status: int, where: str) -> str:
    return f"HTTP {status}" if where == "http" else f"code {status} inside HTTP 200"


def _refused(case: Case) -> str:
    """What is refused, from a title such as `breaks: model is required.`"""
    kept, _, broken = case.title.partition("breaks: ")
    return kept or f"a creation that does not keep '{broken.rstrip('.')}'"


def _repeats(contract: Contract, base: Plan) -> Iterator[tuple[Probe, Sequence[Case]]]:
    """Does a repeated key give back the same task, where that is not promised outright?"""
    promise = contract.idempotency
    if promise is None or promise.level == "must":
        return
    for case in base.cases:
        first = next((c for c in base.cases if c.id == case.repeats), None)
        if first is not None and case.id.endswith("same-request"):
            yield (
                Probe(
                    id="idempotency.same-request",
                    about=promise.header,
                    question=f"Does a repeated {promise.header} give back the same task?",
                    cases=(first.id, case.id),
                    see=("same-task",),
                ),
                [first, case],
            )


def _of_any_contract(contract: Contract, carrier: Case) -> Iterator[tuple[Probe, Sequence[Case]]]:
    """What is asked of every vendor: an unknown field, another spelling, several pictures, what is delivered."""
    yield _one(
        "unknown-field",
        "request",
        "Is a field that no page knows refused?",
        _changed(contract, carrier, {_UNKNOWN_FIELD: "1"}),
    )
    field = _spelled(contract, carrier)
    if field is not None:
        value = next(v for v in field.schema["enum"] if _is_spelled(v, field))
        yield _one(
            f"case.{field.path}",
            field.path,
            f"Does {field.path} take {value.swapcase()} for {value}?",
            _changed(contract, carrier, {field.path: value.swapcase()}),
        )
    asked = {path for q in contract.questions if q.probe for path in q.probe.set}
    count = next((f for f in _body_fields(contract, carrier) if f.role == "count"), None)
    if (
        count is not None
        and count.path not in asked
        and count.schema.get("maximum", 2) >= 2
        and count.schema.get("enum", (2,)) != (1,)
    ):
        yield _one(
            f"count.{count.path}",
            count.path,
            f"How many pictures does {count.path} 2 give, and at which charge?",
            _changed(contract, carrier, {count.path: 2}),
            see=("answer", "pictures", "charge"),
        )
    yield (
        Probe(
            id="delivered",
            about="result",
            question="What does a plain creation deliver, and at which charge?",
            cases=(carrier.id,),
            see=("pictures", "type", "pixels", "charge"),
        ),
        [],
    )


def _body_fields(contract: Contract, carrier: Case) -> list[Field]:
    """The fields that the carrier's model takes in its body, under their first names."""
    create = contract.operation("create")
    return [
        f
        for f in (create.fields if create else ())
        if f.location == "body"
        and f.model in (None, carrier.model)
        and (not f.models or carrier.model in f.models)
        and not f.alias_of
        and not f.ignored
        and f.dispute is None
    ]


def _spelled(contract: Contract, carrier: Case) -> Field | None:
    """A field with a value that can be spelled in other letters, and is then none of the documented ones."""
    return next(
        (
            f
            for f in _body_fields(contract, carrier)
            if f.role != "model" and any(_is_spelled(v, f) for v in f.schema.get("enum", ()))
        ),
        None,
    )


def _is_spelled(value: Any, field: Field) -> bool:
    return (
        isinstance(value, str)
        and value.swapcase() != value
        and value.swapcase() not in field.schema.get("enum", ())
        and re.search("[a-zA-Z]", value) is not None
    )


def _unsaid_rules(contract: Contract, carrier: Case) -> Iterator[tuple[Probe, Sequence[Case]]]:
    """Which combinations does the vendor take, where the documents say that only some are permitted?"""
    create = contract.operation("create")
    for rule in create.rules if create else ():
        if rule.form != "unsaid" or (rule.models and carrier.model not in rule.models):
            continue
        changes = list(_meeting(contract, carrier, rule))[:_MOST_PAIRS]
        if not changes:
            continue
        cases = [
            _case(f"unsaid.{rule.name}.{number}", _changed(contract, carrier, each))
            for number, each in enumerate(changes, start=1)
        ]
        yield (
            Probe(
                id=f"unsaid.{rule.name}",
                about=", ".join(c.field for c in rule.when),
                question=f"Which of these are taken? {rule.says}",
                cases=tuple(case.id for case in cases),
                see=("answer", "pixels"),
                values=tuple(_named(each) for each in changes),
            ),
            cases,
        )


def _meeting(contract: Contract, carrier: Case, rule: Rule) -> Iterator[dict[str, Any]]:
    """Changes of the carrier that meet the conditions of a rule."""
    fields = {f.path: f for f in _body_fields(contract, carrier)}
    found: list[dict[str, Any]] = [{}]
    for condition in rule.when:
        known = fields.get(condition.field)
        values: Sequence[Any] = condition.one_of or ()
        if condition.present is False:
            values = (ABSENT,)
        elif condition.present and known is not None:
            values = known.schema.get("enum", ())
        found = [{**each, condition.field: value} for each in found for value in values]
    yield from found


# --- what a contract asks itself ---


def _questions(contract: Contract, carrier: Case) -> Iterator[tuple[Probe, Sequence[Case]]]:
    for question in contract.questions:
        if question.probe is None:
            continue
        name = question.probe.name
        changes = list(_asked_changes(contract, carrier, question))
        numbered = len(changes) > 1
        cases = [
            _of_question(contract, carrier, question, f"{name}.{i}" if numbered else name, each)
            for i, each in enumerate(changes, start=1)
        ]
        plain = not changes
        yield (
            Probe(
                id=name,
                about=question.about,
                question=question.question,
                cases=(carrier.id,) if plain else tuple(case.id for case in cases),
                see=question.probe.see,
                values=tuple(_named(each) for each in changes) if numbered else (),
            ),
            cases,
        )


def _asked_changes(
    contract: Contract, carrier: Case, question: Question
) -> Iterator[dict[str, Any]]:
    """Each change of the carrier that a question asks for; none where the plain creation answers it."""
    asked = question.probe
    if asked is None:
        return
    fixed = {**asked.set, **dict.fromkeys(asked.leave_out, ABSENT)}
    if asked.vary:
        field = next((f for f in _body_fields(contract, carrier) if f.path == asked.vary), None)
        values = field.schema.get("enum", ()) if field else ()
        yield from ({**fixed, asked.vary: value} for value in values[:_MOST_VALUES])
    elif fixed or asked.raw is not None:
        yield fixed


def _of_question(
    contract: Contract, carrier: Case, question: Question, name: str, changes: Mapping[str, Any]
) -> Case:
    asked = question.probe
    case = _case(name, _changed(contract, carrier, changes))
    if asked is not None and asked.raw is not None:
        case = replace(case, send=replace(case.send, raw=asked.raw.encode(), body=None))
    return replace(case, expect="refused") if asked is not None and asked.refused else case


# --- cases ---


def _one(
    name: str,
    about: str,
    question: str,
    case: Case,
    see: tuple[str, ...] = ("answer",),
) -> tuple[Probe, Sequence[Case]]:
    own = _case(name, case)
    return Probe(id=name, about=about, question=question, cases=(own.id,), see=see), [own]


def _case(name: str, case: Case) -> Case:
    return replace(case, id=f"probe:{name}", title=f"probe: {name}")


def _changed(contract: Contract, carrier: Case, changes: Mapping[str, Any]) -> Case:
    """The plain creation with some fields set, or left out; nobody knows whether it will be accepted."""
    body = deepcopy(carrier.send.body) if isinstance(carrier.send.body, dict) else {}
    assignment = dict(carrier.assignment)
    for path, value in changes.items():
        assignment.pop(path, None)
        _drop(body, path)
        if value is not ABSENT:
            put(body, path, value)
            assignment[path] = value
    dearest = max(
        price(contract, carrier.model, assignment, worst=True).amount, carrier.worst_cost.amount
    )
    return replace(
        carrier,
        send=replace(carrier.send, body=body),
        expect="either",
        witnesses=(),
        features=(),
        combinations=(),
        assignment=assignment,
        cost=replace(carrier.cost, amount=dearest),
        worst_cost=replace(carrier.worst_cost, amount=dearest),
    )


def _drop(body: dict[str, Any], path: str) -> None:
    here: Any = body
    *above, last = steps(path)
    for step in above:
        here = here.get(step) if isinstance(here, dict) else None
    if isinstance(here, dict):
        here.pop(last, None)


def _named(changes: Mapping[str, Any]) -> str:
    return ", ".join(
        f"no {path}" if value is ABSENT else f"{path} {value}" for path, value in changes.items()
    )
