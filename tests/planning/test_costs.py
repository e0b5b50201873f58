"""What a creation is expected to cost, and what at worst."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.contract.resolution import settle
from conformance.planning.costs import price
from conformance.results.cases import Cost
from tests.contract.toys import named

I2I = "gpt-image-2-image-to-image"


@pytest.mark.parametrize(
    ("name", "model", "request_", "expected", "worst"),
    [
        pytest.param("aigptimage", I2I, {}, 3, 3, id="default-tier"),
        pytest.param("aigptimage", I2I, {"input.resolution": "4K"}, 8, 8, id="tier"),
        pytest.param("integers", "tiny", {"count": 2}, 0.02, 0.02, id="times-a-field"),
        pytest.param("integers", "huge", {"detail": 3}, 0.04, 0.05, id="any-of-several"),
        pytest.param("gptimage2api", "gpt-image-2", {}, 3, 12, id="disputed"),
        pytest.param("gptimage2api", "nano-banana-pro", {"numOutputs": 2}, 12, 40, id="at-worst"),
    ],
)
def test_a_creation_costs_what_the_documents_say(
    name: str, model: str, request_: dict[str, Any], expected: float, worst: float
) -> None:
    contract = named(name)
    unit = contract.charging.unit
    assert price(contract, model, request_) == Cost(amount=pytest.approx(expected), unit=unit)
    assert price(contract, model, request_, worst=True) == Cost(
        amount=pytest.approx(worst), unit=unit
    )


@pytest.mark.parametrize(
    ("name", "unit"), [("rules", ""), ("pixels", "")], ids=["no-prices", "none-either"]
)
def test_nothing_is_expected_where_no_price_is_documented(name: str, unit: str) -> None:
    assert price(named(name), "", {}) == Cost(amount=0.0, unit=unit)


def test_a_creation_that_no_cell_speaks_of_has_no_price() -> None:
    assert price(named("integers"), "unheard-of", {}) == Cost(amount=0.0, unit="USD")


def test_a_settled_dispute_leaves_one_price() -> None:
    settled = settle(named("gptimage2api"), {"gpt-image-2-charge": "example"})
    assert price(settled, "gpt-image-2", {}).amount == 12


@given(
    st.sampled_from(["aigptimage", "gptimage2api", "integers"]),
    st.sampled_from([I2I, "gpt-image-2", "nano-banana-2", "tiny", "huge"]),
    st.fixed_dictionaries(
        {},
        optional={
            "input.resolution": st.sampled_from(["1K", "2K", "4K"]),
            "numOutputs": st.integers(1, 10),
            "count": st.integers(1, 3),
            "detail": st.integers(1, 3),
        },
    ),
)
def test_the_worst_is_never_less_than_what_is_expected(
    name: str, model: str, request_: dict[str, Any]
) -> None:
    contract = named(name)
    expected = price(contract, model, request_).amount
    assert 0 <= expected <= price(contract, model, request_, worst=True).amount
