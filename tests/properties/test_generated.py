"""What holds of every contract, and not only of those that exist."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.contract.clauses import clauses_by_id
from conformance.contract.loading import load_text
from conformance.contract.located import read_located
from conformance.contract.model import Contract
from conformance.contract.writing import dump
from conformance.mutation.operators import mutants_of
from conformance.mutation.trials import Bench
from conformance.planning.plan import make_plan
from conformance.results.cases import Case
from conformance.run.check import run_check
from conformance.run.options import RunOptions
from conformance.run.targets import embedded_target
from conformance.simulator.app import simulate
from conformance.simulator.choices import derive_choices
from conformance.simulator.clock import RealClock
from conformance.wire.transports import AsgiTransport
from tests.hand.checking import accused, unsettled
from tests.properties.contracts import documents
from tests.properties.opinion import broken

Raw = dict[str, Any]

NOISE = (
    "throttle=5",
    "server-error-once",
    "poll-error",
    "slow",
    "extra-fields",
    "extra-headers",
    "other-language",
)


def contract_of(document: Raw) -> Contract:
    return load_text(dump(document))


@given(documents())
def test_a_contract_that_was_written_is_the_same_contract(document: Raw) -> None:
    once = contract_of(document)
    assert load_text(dump(read_located(dump(document), file="x").value)) == once


# ---------------------------------------------------------------- nobody is accused wrongly


@given(documents(), st.data())
def test_its_own_simulator_is_never_accused(document: Raw, data: st.DataObject) -> None:
    contract = contract_of(document)
    choices = {
        choice.name: data.draw(st.sampled_from(choice.alternatives), label=choice.name)
        for choice in derive_choices(contract)
    }
    noise = data.draw(st.lists(st.sampled_from(NOISE), max_size=2, unique=True), label="noise")
    seed = data.draw(st.integers(min_value=0, max_value=9), label="seed")
    result = run_check(
        contract,
        embedded_target(contract, choices=choices, faults=noise),
        RunOptions(seed=seed),
    )
    assert accused(result) == {}
    assert unsettled(result) == {}
    assert len(result.verdicts) == len(clauses_by_id(contract))


@settings(max_examples=25)  # each is a whole measurement of its own
@given(documents(), st.data())
def test_a_vendor_that_breaks_a_clause_is_noticed(document: Raw, data: st.DataObject) -> None:
    contract = contract_of(document)
    mutant = data.draw(st.sampled_from(mutants_of(contract)), label="mutant")
    trial = Bench(contract).trial(mutant)
    if mutant.permitted:
        assert trial.fate == "silent"
    elif trial.testable:
        assert trial.fate == "killed", trial.reason


# ---------------------------------------------------------------- cases are what they are said to be


def body_cases(contract: Contract) -> list[Case]:
    return [
        c
        for c in make_plan(contract).cases
        if c.operation == "create" and c.send.raw is None and c.send.key == "right"
    ]


@given(documents())
def test_every_valid_case_breaks_nothing(document: Raw) -> None:
    valid = [c for c in body_cases(contract_of(document)) if c.breaks is None]
    assert valid
    assert {c.id: found for c in valid if (found := broken(document, c.send.body))} == {}


@given(documents())
def test_every_invalid_case_breaks_its_one_clause(document: Raw) -> None:
    contract = contract_of(document)
    clauses = clauses_by_id(contract)
    for case in body_cases(contract):
        if case.breaks is None:
            continue
        found = {f"{contract.vendor}.{end}" for end in broken(document, case.send.body)}
        kind = clauses[case.breaks.clause].kind
        if kind == "default":
            # That an omitted field counts as its default is shown by a rule that then does not hold.
            assert [clauses[one].kind for one in found] == ["rule"], case.id
        elif case.id.startswith("idempotency:"):
            assert found == set(), case.id  # the body is fine, something is wrong with its key
        else:
            assert found == {case.breaks.clause}, case.id


@given(documents())
def test_the_plan_is_near_what_any_plan_needs(document: Raw) -> None:
    plan = make_plan(contract_of(document))
    assert plan.lower_bound <= plan.billed
    assert plan.billed <= plan.lower_bound + 3


# ---------------------------------------------------------------- verdicts are about the vendor alone


@settings(max_examples=8)  # here somebody really waits
@given(documents(), st.integers(min_value=2, max_value=16))
def test_verdicts_do_not_depend_on_how_many_cases_run_at_a_time(document: Raw, many: int) -> None:
    contract = contract_of(document)
    one = run_check(contract, embedded_target(contract))
    clock = RealClock(speed=40)
    endpoint = replace(
        embedded_target(contract),
        transport=AsgiTransport(simulate(contract, clock=clock), clock.now),
        clock=clock,
        sequential=False,
    )
    other = run_check(contract, endpoint, RunOptions(concurrency=many))
    # What waits on the clock is tried only where the clock is ours.
    mine = {v.clause: v.verdict for v in one.verdicts}
    assert {v.clause: v.verdict for v in other.verdicts} == mine


# ---------------------------------------------------------------- the opinion can fail


@pytest.mark.parametrize(
    ("body", "end"),
    [
        ({}, {"create.prompt.required"}),
        ({"prompt": 7}, {"create.prompt.type"}),
        ({"prompt": "x" * 11}, {"create.prompt.maxLength"}),
        ({"prompt": "x", "tone": "green"}, {"create.tone.enum"}),
        ({"prompt": "x", "tone": "red"}, {"create.rule.red-is-deep"}),
        ({"prompt": "x", "tone": "red", "depth": 2}, set()),
        ({"prompt": "x", "refs": ["a://b"] * 3}, {"create.refs.maxItems"}),
        ({"prompt": "x", "pics": "a://b"}, {"create.refs.type"}),
    ],
)
def test_the_second_opinion_knows_what_is_wrong(body: Raw, end: set[str]) -> None:
    fields = {
        "prompt": {"type": "string", "required": True, "maxLength": 10},
        "tone": {"type": "string", "enum": ["red", "blue"]},
        "depth": {"type": "integer", "enum": [1, 2], "default": 1},
        "refs": {"type": "array", "maxItems": 2},
        "pics": {"alias_of": "refs"},
    }
    rule = {"when": {"tone": {"const": "red"}}, "then": {"depth": {"enum": [2]}}}
    create = {"body": fields, "rules": {"red-is-deep": rule}}
    assert broken({"operations": {"create": create}}, body) == end
