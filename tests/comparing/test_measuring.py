"""What runs saw stands in cells as numbers that can be counted again from the exchanges."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from conformance.comparing.compare import compare
from conformance.results.comparison import Cell, Comparison
from conformance.results.outcome import RunResult, Target
from conformance.run.check import run_check
from conformance.run.targets import embedded_target
from tests.contract.toys import VENDORS, named

LIVE = Target(kind="live", base_url="https://vendor.example", loopback=False)


@cache
def run(vendor: str) -> RunResult:
    """A self-test."""
    contract = named(vendor)
    return run_check(contract, embedded_target(contract))


def cell(comparison: Comparison, row: str) -> Cell:
    return next(r for r in comparison.every if r.id == row).cells[0]


def test_the_effective_price_is_what_the_meters_showed() -> None:
    result = run("gptimage2api")
    last: dict[str, float] = {}
    for exchange in result.exchanges.values():
        if exchange.phase in ("create", "poll") and exchange.reply is not None:
            body = exchange.reply.json()
            if isinstance(body, dict) and isinstance(body.get("creditsUsed"), int | float):
                last[exchange.case] = body["creditsUsed"]
    (found,) = compare([result.contract], [result]).runs
    assert last
    assert sum(paid.amount for paid in found.paid) == pytest.approx(sum(last.values()))
    assert sum(paid.creations for paid in found.paid) == len(last)
    pictures = sum(e.picture is not None for e in result.exchanges.values() if e.case in last)
    assert sum(paid.pictures for paid in found.paid) == pictures


def test_a_vendor_without_a_meter_has_no_effective_price() -> None:
    result = run("aigptimage")
    assert compare([result.contract], [result]).runs[0].paid == ()


@pytest.mark.parametrize("vendor", VENDORS)
def test_durations_and_pixels_are_those_of_the_run(vendor: str) -> None:
    result = run(vendor)
    comparison = compare([result.contract], [result])
    task = next(each for each in result.latencies if each.phase == "task")
    (seen,) = cell(comparison, "usual-duration").simulated
    assert f"of {task.n} tasks" in seen.value
    sizes = [
        (e.picture.width, e.picture.height)
        for e in result.exchanges.values()
        if e.picture is not None and e.picture.width and e.picture.height
    ]
    largest = max(sizes, key=lambda size: (size[0] * size[1], size))
    (seen,) = cell(comparison, "delivered-pixels").simulated
    assert seen.value.endswith(f"{largest[0]}x{largest[1]}")
    assert seen.n >= len(sizes)


def test_n_counts_every_exchange_and_not_only_those_that_a_verdict_names() -> None:
    result = run("apimart")
    seen = cell(compare([result.contract], [result]), "states").simulated[0]
    named_in = next(v for v in result.verdicts if v.clause == seen.verdicts[0][0])
    assert seen.n > len(named_in.exchanges)


def test_runs_of_one_vendor_stand_beside_each_other_each_in_its_truth() -> None:
    own = run("gptimage2api")
    live = replace(own, target=LIVE, started="2026-11-19T08:00:00+00:00")
    comparison = compare([own.contract, named("toapis")], [own, live])
    seen = cell(comparison, "prompt-length")
    assert [each.run for each in seen.simulated] == [0]
    assert [each.run for each in seen.observed] == [1]
    assert comparison.runs[1].date == "2026-11-19"
    other = next(r for r in comparison.every if r.id == "prompt-length").cells[1]
    assert (other.observed, other.simulated) == ((), ())


def test_what_is_documented_does_not_depend_on_runs() -> None:
    result = run("toapis")
    bare, beside = compare([result.contract]), compare([result.contract], [result])
    for row, same in zip(bare.every, beside.every, strict=True):
        assert [(c.state, c.answers) for c in row.cells] == [
            (c.state, c.answers) for c in same.cells
        ]


def test_a_record_of_another_edition_says_so() -> None:
    result = replace(run("aigptimage"), contract_digest="of another day")
    assert compare([result.contract], [result]).runs[0].other_contract
    assert not compare([result.contract], [run("aigptimage")]).runs[0].other_contract
