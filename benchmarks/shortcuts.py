"""
Do the shortcuts of a mutation run change what becomes of a mutant?

`python -m benchmarks.shortcuts --each 60` tries the same mutants twice, drawn evenly from all kinds of clauses of each
contract: as `conformance mutate` does (polls are spared, traces that were judged before are not judged again), and as
`conformance check` does. Exits with 1 where the two differ.
"""

from __future__ import annotations

import argparse
import sys

from conformance.contract.loading import contract_names, load_contract
from conformance.mutation.measure import drawn
from conformance.mutation.operators import mutants_of
from conformance.mutation.trials import Bench

__all__ = ["main"]


def main() -> int:
    """Compare, and print a line for each contract and each difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vendors", nargs="*", default=list(contract_names()))
    parser.add_argument("--each", type=int, default=60, help="mutants of each contract")
    arguments = parser.parse_args()
    differ = 0
    for vendor in arguments.vendors:
        contract = load_contract(vendor)
        short, long = Bench(contract), Bench(contract, at_length=True)
        every = mutants_of(contract)
        some = [every[place] for place in drawn(every, arguments.each)]
        pairs = [(m, short.trial(m), long.trial(m)) for m in some]
        other = [(m, one, two) for m, one, two in pairs if one != two]
        differ += len(other)
        print(f"{vendor}: {len(some)} mutants, {len(other)} fare otherwise", flush=True)
        for mutant, one, two in other:
            print(
                f"  {mutant.name}: {one.fate} {one.accused}, and at length {two.fate} {two.accused}"
            )
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
