"""
Does `diff` see every changed contract, and class it as compiled validators do? `python -m benchmarks.differences`.

Each mutant that is another contract is compared with the contract that it was made of. Independently of how the changes
are classed, every request that a plan of the whole contract sends is put to both compiled validators: one that only the
new one refuses has to come with a breaking change.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

from conformance.comparing.differing import differences
from conformance.compilers.validating import CompiledContract
from conformance.contract.loading import contract_names, load_contract
from conformance.contract.model import Contract
from conformance.contract.resolution import settle
from conformance.mutation.mutants import Changed, Mutant
from conformance.mutation.operators import mutants_of
from conformance.planning.plan import make_plan
from conformance.results.cases import Case


def main() -> int:
    """Print a row for each vendor, and whatever is wrong; 1 where something is."""
    print(
        "| vendor | changed contracts | seen | on their clause | refuse more | of these breaking | CPU seconds |"
    )
    print("|---|---|---|---|---|---|---|")
    wrong: list[str] = []
    for vendor in contract_names():
        print(_row(load_contract(vendor), wrong), flush=True)
    for sentence in wrong:
        print(sentence)
    return 1 if wrong else 0


def _row(contract: Contract, wrong: list[str]) -> str:
    start_s = time.process_time()
    cases = [c for c in make_plan(contract).cases if _is_plain_creation(c)]
    every = seen = placed = lost = breaking = 0
    for mutant, old, new in _changed(contract):
        changes = differences(old, new).changes
        is_breaking = any(c.effect == "breaking" for c in changes)
        every += 1
        seen += bool(changes)
        placed += any(mutant.clause in c.clauses for c in changes)
        if not changes:
            wrong.append(f"not seen: {mutant.name}")
        if new.operations != old.operations and _refuses_more(old, new, cases):
            lost += 1
            breaking += is_breaking
            if not is_breaking:
                wrong.append(f"refuses more, and is not breaking: {mutant.name}")
    took_s = time.process_time() - start_s
    return (
        f"| {contract.vendor} | {every} | {seen} | {placed} | {lost} | {breaking} | {took_s:.1f} |"
    )


def _changed(contract: Contract) -> Iterator[tuple[Mutant, Contract, Contract]]:
    """The mutants that are another contract, each with the settled one that it was made of."""
    for mutant in mutants_of(contract):
        old = new = settle(contract, mutant.choices)
        for deviation in mutant.deviations:
            if isinstance(deviation, Changed):
                new = deviation.contract(new)
        if new != old:
            yield mutant, old, new


def _is_plain_creation(case: Case) -> bool:
    return case.operation == "create" and case.send.raw is None and not case.send.files


def _refuses_more(old: Contract, new: Contract, cases: list[Case]) -> bool:
    was, now = CompiledContract(old), CompiledContract(new)
    return any(_takes(was, case) and not _takes(now, case) for case in cases)


def _takes(compiled: CompiledContract, case: Case) -> bool:
    create = compiled.contract.operation("create")
    assert create is not None  # each vendor has one
    send = case.send
    return not compiled.violations(create, send.body, query=send.query, headers=send.headers)


if __name__ == "__main__":
    sys.exit(main())
