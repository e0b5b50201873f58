"""Whatever is sent, there is an answer in JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.contract.loading import load_contract
from conformance.contract.model import Contract
from tests.simulator.world import TOY, VALID, World

CONTRACTS = {"toy": TOY, **{name: load_contract(name) for name in ("aigptimage", "gptimage2api")}}

ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["1:1", "auto", "2k", "https://unreachable.invalid/", "\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def bodies(contract: Contract) -> st.SearchStrategy[Any]:
    """Requests with the documented fields, their values documented or anything at all."""
    create = contract.operation("create")
    assert create is not None
    names = sorted({f.path.rpartition(".")[2] for f in create.fields if f.location == "body"})
    models = st.sampled_from([*contract.models, "other"])
    flat = st.dictionaries(st.sampled_from(names), ANYTHING, max_size=6)
    return st.builds(
        lambda model, inner, outer: {"input": inner, **outer, "model": model}, models, flat, flat
    )


@pytest.mark.parametrize(
    "deviations", [(), ("accept-everything",)], ids=["faithful", "accepts-all"]
)
@pytest.mark.parametrize("name", CONTRACTS)
@settings(max_examples=40)
@given(st.data())
def test_any_json_gets_an_answer_and_any_task_can_be_shown(
    name: str, deviations: tuple[str, ...], data: st.DataObject
) -> None:
    contract = CONTRACTS[name]
    world = World(contract, deviations=deviations)
    create, status = contract.operation("create"), contract.operation("status")
    assert create is not None
    assert status is not None
    body = data.draw(bodies(contract) | ANYTHING)
    json.loads(world.ask(create.method, create.path, body).body)
    for task_id in world.sim.tasks:
        world.clock.advance(30)
        path = status.path.replace("{id}", task_id)
        json.loads(world.ask(status.method, path, query=(("taskId", task_id),)).body)


@given(st.binary(max_size=40))
def test_any_bytes_get_an_answer(raw: bytes) -> None:
    json.loads(World().post(raw).body)


@given(st.text(max_size=30))
def test_any_id_gets_an_answer(task_id: str) -> None:
    assert World().ask("GET", f"/v1/tasks/{task_id}").status in (400, 404)


@pytest.mark.parametrize(
    "raw", [b"[" * 100_000, b'{"a":' * 1000, b"9" * 5000, b"\xff", b"", b"NaN"]
)
def test_what_is_no_json_is_refused(raw: bytes) -> None:
    assert World().post(raw).status == 400


def test_half_a_character_is_echoed_as_it_came() -> None:
    world = World()
    reply = world.post(json.dumps({**VALID, "prompt": "\ud800"}).encode())
    shown = world.task(json.loads(reply.body)["id"])
    assert json.loads(shown["request"])["prompt"] == "\ud800"
