"""
Under whatever the documents permit, nobody is accused: every choice, each pair of choices, with noise on top.

The rows form a pairwise covering array: each two alternatives of two choices stand together in one of them.
"""

from __future__ import annotations

from itertools import combinations

import pytest

from conformance.contract.loading import contract_names
from conformance.run.check import run_check
from conformance.run.targets import embedded_target
from conformance.simulator.choices import Choice, derive_choices
from tests.hand.checking import accused, contract_of, unsettled

NOISE = ("throttle", "poll-error", "extra-fields", "extra-headers", "other-language")

Row = dict[str, str]


def covering_rows(choices: tuple[Choice, ...]) -> list[Row]:
    """Rows of one alternative for each choice, in which every pair of alternatives stands together; greedy."""
    left = {
        _pair((a.name, x), (b.name, y))
        for a, b in combinations(choices, 2)
        for x in a.alternatives
        for y in b.alternatives
    }
    rows: list[Row] = []
    while left:
        row = dict(min(left))
        for choice in choices:
            if choice.name not in row:
                row[choice.name] = max(
                    choice.alternatives,
                    key=lambda value, name=choice.name: sum(
                        _pair((name, value), other) in left for other in row.items()
                    ),
                )
        left -= {_pair(one, other) for one, other in combinations(row.items(), 2)}
        rows.append({c.name: row[c.name] for c in choices})
    return rows


def _pair(one: tuple[str, str], other: tuple[str, str]) -> tuple[tuple[str, str], tuple[str, str]]:
    return (other, one) if other < one else (one, other)


@pytest.mark.parametrize("vendor", contract_names())
def test_no_pair_of_choices_is_accused(vendor: str) -> None:
    contract = contract_of(vendor)
    rows = covering_rows(derive_choices(contract))
    for number, row in enumerate(rows):
        noise = NOISE[number % len(NOISE) :][:2]
        result = run_check(contract, embedded_target(contract, choices=row, faults=noise))
        assert accused(result) == {}, (row, noise)
        assert unsettled(result) == {}, (row, noise)


@pytest.mark.parametrize("vendor", contract_names())
def test_the_rows_cover_every_pair(vendor: str) -> None:
    choices = derive_choices(contract_of(vendor))
    rows = covering_rows(choices)
    for one, other in combinations(choices, 2):
        pairs = {(row[one.name], row[other.name]) for row in rows}
        assert len(pairs) == len(one.alternatives) * len(other.alternatives)
