"""Which optional field a vendor refuses every creation without, where nothing else explains it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.contract.loading import load_contract
from conformance.contract.resolution import settle
from conformance.run.check import run_check
from conformance.run.targets import embedded_target


@pytest.mark.parametrize("vendor", ["apipod", "toapis"])
def test_who_wants_an_address_with_every_creation_is_accused_of_that_alone(vendor: str) -> None:
    contract = load_contract(vendor)
    assert contract.callback is not None
    wanted = contract.callback.field
    broken = replace(
        contract,
        operations=tuple(
            replace(
                op,
                fields=tuple(
                    replace(f, required=f.required or f.path == wanted) for f in op.fields
                ),
            )
            if op.name == "create"
            else op
            for op in contract.operations
        ),
    )
    result = run_check(contract, embedded_target(contract, simulated=broken))
    told = {v.clause: v.message for v in result.verdicts if v.verdict == "violates"}
    assert list(told) == [f"{vendor}.create.status.200"]
    assert f"{wanted} left out" in told[f"{vendor}.create.status.200"]


@pytest.mark.parametrize("wanted", ["quality", "resolution", "aspect_ratio"])
def test_what_was_asked_in_another_pages_words_is_not_asked_again(wanted: str) -> None:
    """Where no plain creation is taken, each page's fullest one is: those of models that only another page has stay."""
    contract = load_contract("apipod")
    older = settle(contract, {"edition": "i2i"})
    broken = replace(
        older,
        operations=tuple(
            replace(
                op,
                fields=tuple(
                    replace(f, required=f.required or f.path == wanted) for f in op.fields
                ),
            )
            if op.name == "create"
            else op
            for op in older.operations
        ),
    )
    result = run_check(contract, embedded_target(contract, simulated=broken))
    assert len(result.verdicts) > 0
    told = [v.clause for v in result.verdicts if v.verdict == "violates"]
    assert told == [c for c in told if wanted in c or c == "apipod.create.status.200"]
