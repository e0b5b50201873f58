"""Whom does Schemathesis accuse among simulators that keep their contracts? `python -m benchmarks fuzzing --runs N`"""

from __future__ import annotations

import time

from conformance.contract.loading import contract_names, load_contract
from conformance.run.check import run_check
from conformance.run.options import RunOptions
from conformance.run.targets import embedded_target
from conformance.simulator.choices import derive_choices


def fuzzing(count: int) -> None:
    """
    Print, for each vendor, how many of its choices were tried one by one, and how many were accused.

    Args:
        count: How many requests are generated for each.
    """
    print("| vendor | choices | requests each | accused | seconds |")
    print("|---|---|---|---|---|")
    for vendor in contract_names():
        contract = load_contract(vendor)
        ways = [{}]
        ways += [{c.name: a} for c in derive_choices(contract) for a in c.alternatives[1:]]
        start, accused = time.perf_counter(), 0
        for choices in ways:
            target = embedded_target(contract, choices=choices)
            result = run_check(contract, target, RunOptions(fuzz=count))
            found = [v for v in result.verdicts if v.verdict == "violates"]
            accused += bool(found)
            for verdict in found:
                print(f"<!-- {choices}: {verdict.clause}: {verdict.message[:200]} -->")
        seconds = time.perf_counter() - start
        print(f"| {vendor} | {len(ways) - 1} | {count} | {accused} | {seconds:.0f} |", flush=True)
