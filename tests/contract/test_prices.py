"""Which cells of a price table speak of a creation, and what they permit."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.contract.model import Charge, Condition, Contract
from conformance.contract.prices import amounts, speaks_of
from conformance.contract.resolution import settle
from tests.contract.toys import named


def cell(contract: Contract, name: str) -> Charge:
    return next(c for c in contract.charging.cells if c.name == name)


@pytest.mark.parametrize(
    ("model", "request_", "expected"),
    [
        pytest.param("tiny", {}, ["tiny"], id="a-model-of-its-own"),
        pytest.param("huge", {}, ["huge-1"], id="a-default-counts"),
        pytest.param("huge", {"detail": 1}, ["huge-1"], id="the-default-in-full"),
        pytest.param("huge", {"detail": 3}, ["huge-2"], id="one-of-several"),
        pytest.param("tiny", {"detail": 3}, ["tiny"], id="no-condition"),
        pytest.param("", {}, [], id="no-model"),
    ],
)
def test_a_cell_speaks_of_the_creations_it_names(
    model: str, request_: dict[str, Any], expected: list[str]
) -> None:
    contract = named("integers")
    speaking = [c.name for c in contract.charging.cells if speaks_of(contract, c, model, request_)]
    assert speaking == expected


@pytest.mark.parametrize(
    ("name", "model", "request_", "expected"),
    [
        pytest.param("tiny", "tiny", {}, (0.01,), id="once"),
        pytest.param("tiny", "tiny", {"count": 3}, (0.03,), id="times-a-field"),
        pytest.param("huge-2", "huge", {"count": 2}, (0.08, 0.1), id="each-alternative"),
        pytest.param("tiny", "tiny", {"count": "3"}, (0.01,), id="text-multiplies-nothing"),
        pytest.param("tiny", "tiny", {"count": True}, (0.01,), id="true-is-no-number"),
    ],
)
def test_an_amount_is_multiplied_as_the_cell_says(
    name: str, model: str, request_: dict[str, Any], expected: tuple[float, ...]
) -> None:
    contract = named("integers")
    found = amounts(contract, cell(contract, name), model, request_)
    assert found == pytest.approx(expected)


def test_a_disputed_price_has_one_answer_once_it_is_settled() -> None:
    contract = settle(named("gptimage2api"), {"gpt-image-2-charge": "formula"})
    ours = [c for c in contract.charging.cells if c.name == "gpt-image-2"]
    found = amounts(contract, ours[0], "gpt-image-2", {"numOutputs": 4})
    assert (len(ours), found) == (1, (12.0,))


def test_a_condition_on_a_field_that_nobody_sends_is_not_met() -> None:
    contract = named("integers")
    lonely = Charge(name="x", when=(Condition(field="nowhere", one_of=(1,)),), any_of=(1.0,))
    assert not speaks_of(contract, lonely, "tiny", {})


@given(st.sampled_from(["tiny", "huge"]), st.integers(1, 3), st.sampled_from([1, 2, 3]))
def test_each_creation_has_exactly_one_price(model: str, count: int, detail: int) -> None:
    contract = named("integers")
    request = {"count": count, "detail": detail}
    speaking = [c for c in contract.charging.cells if speaks_of(contract, c, model, request)]
    assert len(speaking) == 1
