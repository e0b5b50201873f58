"""What holds of the client for every vendor, and for contracts that do not exist."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.client.answers import Result
from conformance.client.preparing import Preparer
from conformance.client.steps import Answer, Ask
from conformance.contract.loading import contract_names, load_contract, load_text
from conformance.contract.model import Contract
from conformance.contract.paths import find
from conformance.contract.resolution import settle
from conformance.contract.writing import dump
from conformance.errors import ClientError, ContractViolation, NotOffered
from conformance.planning.plan import make_plan
from conformance.results.cases import Case
from conformance.simulator.choices import derive_choices
from tests.client.world import World
from tests.properties.contracts import documents
from tests.properties.opinion import broken

loaded = cache(load_contract)
Raw = dict[str, Any]

WORDS = st.fixed_dictionaries(
    {"prompt": st.sampled_from(["a cat", "", "x" * 500, "x" * 40_000])},
    optional={
        "aspect_ratio": st.sampled_from(["1:1", "16:9", "3:4", "21:9", "auto", "17:3", "2:1"]),
        "resolution": st.sampled_from(["1K", "2k", "4K", "2048", "8K", 1024]),
        "size": st.sampled_from(["1024x1024", "2048x1152", "32x16", (3840, 2160), "12x7"]),
        "count": st.integers(0, 12),
        "images": st.lists(
            st.sampled_from(["https://images.example/a.png", "nonsense", "ftp://x/y"]), max_size=18
        ),
        "quality": st.sampled_from(["high", "HIGH", "ultra"]),
        "seed": st.integers(0, 9),
        "model": st.sampled_from(["gpt-image-2", "tiny", "gpt-image-2-edit", "nonsense"]),
    },
)


# --- what it can be made to send


@pytest.mark.parametrize("vendor", contract_names())
@settings(max_examples=15)
@given(words=WORDS, data=st.data())
def test_whatever_is_sent_is_accepted_by_a_vendor_of_that_dialect(
    vendor: str, words: Raw, data: st.DataObject
) -> None:
    contract = loaded(vendor)
    dialect = {
        d.name: data.draw(st.sampled_from([a.name for a in d.alternatives]), label=d.name)
        for d in contract.disputes
        if data.draw(st.booleans())
    }
    try:
        prepared = Preparer(contract, dialect).prepare(words)
    except ContractViolation:
        return
    assert dialect.items() <= prepared.dialect.items()
    world = World(contract, choices=prepared.dialect)
    task = world.run(world.talk.submit(words | {"vendor_options": {}}, 60.0))
    assert world.simulator.creations == 1
    assert json.loads(world.creations()[0].request.body) == world.simulator.tasks[task.id].body


@settings(max_examples=25)
@given(documents(), WORDS)
def test_whatever_is_sent_keeps_a_generated_contract(document: Raw, words: Raw) -> None:
    contract = load_text(dump(document))
    try:
        prepared = Preparer(contract).prepare(words)
    except ContractViolation:
        return
    assert broken(document, dict(prepared.body)) == set()


# --- what it refuses


def creations(contract: Contract) -> Iterator[Case]:
    for case in make_plan(contract).cases:
        if case.operation != "create" or case.send.raw is not None or case.send.key != "right":
            continue
        if not case.id.startswith("idempotency:") and isinstance(case.send.body, dict):
            yield case


def spoken(contract: Contract, case: Case) -> Raw | None:
    """The body of a case as options by the vendor's own names; None where it holds what no document names."""
    create = contract.operation("create")
    assert create is not None
    paths = dict.fromkeys(f.path for f in create.fields if f.location == "body")
    said = {p: v[0] for p in paths if (v := find(case.send.body, p))}
    leaves = {p: v for p, v in said.items() if not any(q.startswith(f"{p}.") for q in paths)}
    return leaves if "{" not in json.dumps(case.send.body).replace('{"', "") else None


def judged(contract: Contract, dialect: Mapping[str, str]) -> tuple[list[str], list[str], int]:
    """Which valid cases are refused, which invalid ones are not, and how many cases there were."""
    preparer = Preparer(contract, dialect)
    refused, passed, count = [], [], 0
    for case in creations(contract):
        options = spoken(contract, case)
        if options is None or (case.breaks and case.breaks.clause.endswith("model.required")):
            continue  # a client names a model where the user does not
        count += 1
        model = next((v for p, v in options.items() if p.rpartition(".")[2] == "model"), None)
        words = {"vendor_options": options} | ({"model": model} if isinstance(model, str) else {})
        try:
            preparer.prepare(words)
        except NotOffered:
            count -= 1  # a field of another model, in a case that is about that
        except ContractViolation as error:
            if case.breaks is None:
                refused.append(f"{case.id}: {error}")
        else:
            if case.breaks is not None:
                passed.append(f"{case.id}: {case.breaks.clause}")
    return refused, passed, count


@pytest.mark.parametrize("vendor", contract_names())
def test_what_the_planner_holds_to_be_forbidden_is_refused(vendor: str) -> None:
    """The planner makes its cases by construction, and shares no opinion with whoever validates."""
    contract = loaded(vendor)
    first = {d.name: d.alternatives[0].name for d in contract.disputes}
    settled = replace(settle(contract, first), disputes=())
    refused, passed, count = judged(settled, {})
    assert (refused, passed) == ([], [])
    assert count >= 20


@settings(max_examples=12)
@given(documents())
def test_of_a_generated_contract_too(document: Raw) -> None:
    contract = load_text(dump(document))
    refused, passed, _ = judged(contract, {})
    assert (refused, passed) == ([], [])


# --- what it understands


def choices_of(vendor: str) -> list[tuple[str, str]]:
    return [
        (choice.name, alternative)
        for choice in derive_choices(loaded(vendor))
        for alternative in choice.alternatives
    ]


@pytest.mark.parametrize("vendor", contract_names())
def test_every_documented_answer_is_understood(vendor: str) -> None:
    for name, alternative in choices_of(vendor):
        world = World(vendor)
        disputed = {d.name for d in world.contract.disputes}
        dialect = {name: alternative} if name in disputed else {}
        world = World(vendor, choices={name: alternative}, dialect=dialect)
        assert world.generate(prompt="a cat").urls, (name, alternative)


@pytest.mark.parametrize("vendor", contract_names())
def test_every_documented_refusal_is_understood(vendor: str) -> None:
    for name, alternative in choices_of(vendor):
        if not name.startswith(
            ("status:create", "carried:create", "envelope:create", "field:error")
        ):
            continue
        for fault in ("empty-account", "moderation", "forbidden"):
            world = World(vendor, choices={name: alternative}, faults=[fault])
            with pytest.raises(ClientError) as caught:
                world.generate(prompt="forbidden")
            assert caught.value.charged is not True, (name, alternative, fault)
            assert world.simulator.creations == 0


@settings(max_examples=25)
@given(documents(), st.data())
def test_a_generated_vendor_is_understood(document: Raw, data: st.DataObject) -> None:
    contract = load_text(dump(document))
    choices = {
        choice.name: data.draw(st.sampled_from(choice.alternatives), label=choice.name)
        for choice in derive_choices(contract)
    }
    world = World(contract, choices=choices)
    result = world.generate(prompt="a cat")
    assert f"/{result.task_id}/" in result.urls[0]
    assert len(world.creations()) == 1


# --- what it makes of nonsense

JUNK = st.sampled_from([None, "", 0, -1, True, [], {}, "x", [None], {"a": []}, 1e308, "\u202e"])


@pytest.mark.parametrize("vendor", contract_names())
@settings(max_examples=25)
@given(data=st.data())
def test_every_malformed_reply_is_a_typed_error(vendor: str, data: st.DataObject) -> None:
    """Any value of any reply may be something else, or the bytes be cut anywhere."""

    def trouble(world: World, ask: Ask) -> Answer | None:
        found = world.vendor(ask)
        if found.reply is None or not data.draw(st.booleans(), label="touched"):
            return found
        if data.draw(st.booleans(), label="cut"):
            end = data.draw(st.integers(0, len(found.reply.body)), label="end")
            return Answer(reply=replace(found.reply, body=found.reply.body[:end]))
        body = json.loads(found.reply.body)
        place, key = data.draw(st.sampled_from(list(places(body))), label="place")
        place[key] = data.draw(JUNK, label="junk")
        return Answer(reply=replace(found.reply, body=json.dumps(body).encode()))

    world = World(vendor, trouble=trouble)
    try:
        result = world.generate(prompt="a cat", timeout_s=120.0)
    except ClientError:
        assert world.simulator.creations <= 1
    else:
        assert isinstance(result, Result)
        assert result.urls


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    for key in keys:
        yield value, key
        yield from places(value[key])
