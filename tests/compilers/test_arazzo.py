"""The contract as a workflow: create, poll at the documented pace to the end, fetch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.compilers.arazzo import arazzo
from conformance.compilers.openapi import openapi
from conformance.contract.loading import contract_names, load_contract
from conformance.contract.resolution import settle
from tests.compilers.toys import contract


def steps_of(vendor: str) -> dict[str, dict[str, Any]]:
    document = arazzo(settle(load_contract(vendor), {}))
    return {step["stepId"]: step for step in document["workflows"][0]["steps"]}


@pytest.mark.parametrize("vendor", contract_names())
def test_it_creates_polls_and_fetches_with_operations_that_the_export_has(vendor: str) -> None:
    described = openapi(settle(load_contract(vendor), {}))
    known = {m["operationId"] for path in described["paths"].values() for m in path.values()}
    steps = steps_of(vendor)
    assert list(steps) == ["create", "poll", "fetch"]
    assert {step["operationId"] for step in steps.values()} <= known


@pytest.mark.parametrize("vendor", contract_names())
def test_it_polls_as_often_as_the_documents_say(vendor: str) -> None:
    polling = load_contract(vendor).polling
    retry = steps_of(vendor)["poll"]["onFailure"][0]
    assert retry["type"] == "retry"
    if polling.interval_s is not None:
        low, high = polling.interval_s
        assert low <= retry["retryAfter"] <= high
    if polling.timeout_s is not None:
        assert retry["retryAfter"] * retry["retryLimit"] == polling.timeout_s


def test_where_no_page_says_how_often_the_step_says_so() -> None:
    assert "No page says how often" in steps_of("aigptimage")["poll"]["description"]


@pytest.mark.parametrize("vendor", contract_names())
def test_each_state_decides_how_it_goes_on(vendor: str) -> None:
    poll = steps_of(vendor)["poll"]
    told = str([poll["successCriteria"], poll["onFailure"]])
    for state in load_contract(vendor).states:
        literal = state.value if isinstance(state.value, int) else f"'{state.value}'"
        assert f"== {literal}" in told


def test_the_key_is_an_input_and_never_in_the_document() -> None:
    (parameter,) = steps_of("toapis")["create"]["parameters"]
    assert parameter == {"name": "Authorization", "in": "header", "value": "Bearer {$inputs.key}"}


def test_a_contract_without_a_status_has_no_workflow() -> None:
    toy = contract()
    with pytest.raises(ValueError, match="no status"):
        arazzo(replace(toy, operations=toy.operations[:1]))
