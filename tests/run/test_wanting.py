"""Which optional field a vendor refuses every creation without, where nothing else explains it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.contract.loading import load_contract
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
