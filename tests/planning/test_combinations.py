"""
Which values of which fields must be seen together.

What a plan shows is counted here by looking at what it sends; whether a pair is permitted is asked of the compiled JSON
Schema, which planning does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations, product
from typing import Any

import pytest

from conformance.contract.model import ABSENT, Contract, Field
from conformance.contract.paths import find
from conformance.contract.resolution import fields_for, settle
from conformance.planning.plan import make_plan
from conformance.results.cases import Case, Plan
from tests.contract.toys import ALL, VENDORS, contract, field, named
from tests.planning.desks import violations

# A document that is silent about what two things mean together permits to refuse them.
SILENT = (
    {"width", "aspectRatio"},
    {"height", "aspectRatio"},
)
SMALL = [name for name in ALL if name not in VENDORS]


@cache
def plan_at(name: str, strength: int) -> Plan:
    return make_plan(named(name), strength=strength)


def accepted(plan: Plan, model: str) -> list[Case]:
    return [
        c
        for c in plan.cases
        if c.operation == "create" and c.expect == "accepted" and c.model == model and not c.repeats
    ]


# ------------------------------------------------------------ an opinion of its own about what is documented


@dataclass(frozen=True)
class Choice:
    """A documented value of a field: how to tell it, and one that it is."""

    path: str
    words: str
    example: Any

    def is_in(self, body: Any) -> bool:
        found = find(body, self.path)
        if self.example is ABSENT:
            return not found
        return bool(found) and _alike(found[0], self.example, self.words)


def _alike(one: Any, other: Any, words: str) -> bool:
    if words.endswith(("Length", "Items")):
        return type(one) is type(other) and len(one) == len(other)
    return type(one) is type(other) and bool(one == other)


def choices(fields: dict[str, Field], path: str) -> Iterator[Choice]:
    """The enumerated values of a field, those on its limits, and its absence."""
    one = fields[path]
    for value in one.schema.get("enum", ()):
        yield Choice(path, repr(value), value)
    for keyword in ("minimum", "maximum"):
        if keyword in one.schema:
            yield Choice(path, keyword, one.schema[keyword])
    for keyword in ("minLength", "maxLength"):
        if keyword in one.schema and not (one.schema.get("format") or one.schema.get("pattern")):
            yield Choice(path, keyword, "x" * one.schema[keyword])
    named_elsewhere = any(f.alias_of == path for f in fields.values())
    if not one.required and not named_elsewhere and not one.alias_of:
        yield Choice(path, "left out", ABSENT)


def parameters(name: str, model: str) -> dict[str, list[Choice]]:
    settled = settle(named(name), {})
    create = settled.operation("create")
    assert create is not None
    fields = fields_for(create, model)
    found = {
        p: list(choices(fields, p))
        for p, f in fields.items()
        if f.location == "body"
        and f.role != "model"
        and not (f.ignored or f.passthrough)
        # What needs a callback at hand is not sent.
        and "callback" not in f.needs
    }
    return {p: some for p, some in found.items() if some}


def spoken_of(whole: Contract, model: str, paths: set[str]) -> bool:
    """
    Whether a rule speaks of these fields: then another page, or model, may forbid what this one permits.

    What is limited and not said how is never sent, whatever else is.
    """
    create = whole.operation("create")
    assert create is not None
    for rule in create.rules:
        spoken = {c.field for c in (*rule.when, *rule.then)} | set(rule.fields)
        binds = not rule.models or model in rule.models
        if paths <= spoken or (rule.form == "unsaid" and binds and paths & spoken):
            return True
    return False


def with_choice(send: Any, choice: Choice) -> Any:
    """The request with another value of one field."""
    body = _copied(send.body)
    *parents, last = choice.path.split(".")
    place = body
    for parent in parents:
        place = place.setdefault(parent, {})
    place.pop(last, None)
    if choice.example is not ABSENT:
        place[last] = choice.example
    return replace(send, body=body)


def _copied(value: Any) -> Any:
    return {k: _copied(v) for k, v in value.items()} if isinstance(value, dict) else value


def is_permitted(name: str, bases: list[Case], pair: tuple[Choice, ...]) -> bool:
    """Whether one of the plan's own valid requests stays valid with this pair put into it."""
    for case in bases:
        send = case.send
        for choice in pair:
            send = with_choice(send, choice)
        if not violations(named(name), send):
            return True
    return False


# ------------------------------------------------------------------------------------------------- the tests


@pytest.mark.parametrize("name", ALL)
def test_every_permitted_pair_is_sent(name: str) -> None:
    plan = plan_at(name, 2)
    models = named(name).models or ("",)
    lacking = []
    for model in models:
        cases = accepted(plan, model)
        every = parameters(name, model)
        for one, other in combinations(every, 2):
            if {one, other} in SILENT or spoken_of(named(name), model, {one, other}):
                continue
            for pair in product(every[one], every[other]):
                if any(all(c.is_in(case.send.body) for c in pair) for case in cases):
                    continue
                if is_permitted(name, cases[:3], pair):
                    lacking.append([model, *(f"{c.path} {c.words}" for c in pair)])
    assert lacking == []


@pytest.mark.parametrize("name", SMALL)
def test_every_permitted_three_are_sent(name: str) -> None:
    plan = plan_at(name, 3)
    for model in named(name).models or ("",):
        cases = accepted(plan, model)
        every = parameters(name, model)
        for chosen in combinations(every, 3):
            pairs = combinations(chosen, 2)
            if any(set(p) in SILENT or spoken_of(named(name), model, set(p)) for p in pairs):
                continue
            for three in product(*(every[p] for p in chosen)):
                if not any(all(c.is_in(case.send.body) for c in three) for case in cases):
                    assert not is_permitted(name, cases[:3], three), three


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("strength", [2, 3])
def test_no_valid_case_breaks_anything(name: str, strength: int) -> None:
    if strength == 3 and name in VENDORS:
        pytest.skip("the toys have every kind of rule, and are planned in no time")
    for model in named(name).models or ("",):
        for case in accepted(plan_at(name, strength), model):
            assert violations(named(name), case.send) == (), case.id


@pytest.mark.parametrize("name", ALL)
def test_all_that_strength_1_proves_is_proven(name: str) -> None:
    def proven(plan: Plan) -> set[Any]:
        return {w for case in plan.cases for w in case.witnesses}

    assert proven(plan_at(name, 1)) <= proven(plan_at(name, 2))


@pytest.mark.parametrize("name", ALL)
def test_a_combination_is_promised_by_a_clause_of_the_contract(name: str) -> None:
    plan = plan_at(name, 2)
    combined = {w for case in plan.cases for w in case.combinations}
    assert {w.clause for w in combined} <= plan.required.keys()
    assert all(w.value in plan.required[w.clause] for w in combined)


@pytest.mark.parametrize("name", ALL)
def test_a_plan_is_not_shorter_than_its_lower_bound(name: str) -> None:
    for strength in (1, 2):
        plan = plan_at(name, strength)
        assert plan.lower_bound <= plan.billed


def test_the_same_seed_gives_the_same_plan() -> None:
    first, second, third = (make_plan(named(SMALL[0]), strength=2, seed=s) for s in (1, 1, 2))
    assert first == second
    assert first != third


def acme(**body: Any) -> Contract:
    return contract(body)


BOTH: dict[str, Callable[[Case], bool]] = {
    "size s × tone warm": lambda c: (
        c.assignment.get("size") == "s" and c.assignment.get("tone") == "warm"
    ),
    "size left out × tone cold": lambda c: (
        "size" not in c.assignment and c.assignment.get("tone") == "cold"
    ),
}


@pytest.mark.parametrize("words", BOTH)
def test_pairs_of_optional_fields_are_tried_with_both_and_with_one_left_out(words: str) -> None:
    made = acme(size=field(enum=["s", "m"]), tone=field(enum=["warm", "cold"]))
    cases = accepted(make_plan(made, strength=2), "")
    assert any(BOTH[words](case) for case in cases)


def test_a_combination_reads_as_its_values() -> None:
    made = acme(size=field(enum=["s", "m"]), tone=field(enum=["warm", "cold"]))
    found = {
        f"{w.clause}={w.value}"
        for case in make_plan(made, strength=2).cases
        for w in case.combinations
    }
    assert "acme.create.size.enum=s × tone warm" in found
    assert "acme.create.tone.enum=cold × size left out" in found
