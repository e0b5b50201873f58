"""`conformance mutate`: would a check notice, and blame the right clause?"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from conformance.cli.output import Progress, check_writable, say, show, write_json
from conformance.cli.parsing import Parser, one_of, whole
from conformance.errors import UsageError

if TYPE_CHECKING:
    from conformance.results.trials import Measured

__all__ = ["parser", "run"]


def run(words: Sequence[str]) -> int:
    """Break each clause in a simulator, check it, and count what was noticed."""
    arguments = parser().read(words)
    check_writable(arguments.json)
    if arguments.write and (arguments.only or arguments.sample):
        raise UsageError(
            "--write keeps what was proven of whole contracts, so it goes without --only and --sample"
        )
    if arguments.only and arguments.sample:
        raise UsageError("--only and --sample both say which mutants to try, so give one of them")

    from conformance.contract.loading import contract_names, load_contract
    from conformance.mutation.measure import drawn, measure
    from conformance.reporting.mutation_view import mutation_json, mutation_lines

    names = list(dict.fromkeys(arguments.vendors)) or list(contract_names())
    for name in names:
        load_contract(name)
    progress = Progress(sys.stderr)
    measured = measure(
        names,
        strength=int(arguments.strength),
        seed=arguments.seed,
        only=arguments.only,
        places=partial(drawn, count=arguments.sample) if arguments.sample else None,
        on_part=lambda done, total: progress.update(f"{done} of {total} mutants"),
    )
    progress.clear()
    if not measured.trials:
        raise UsageError(f"--only {arguments.only!r} matches no mutant of {', '.join(names)}")
    if arguments.write:
        _keep(names, measured)
    if arguments.json:
        write_json(mutation_json(measured), arguments.json)
    if arguments.json != "-":
        show(mutation_lines(measured, verbose=arguments.verbose))
    missed = any(t.fate == "survived" and t.testable for t in measured.trials)
    return 1 if missed or any(t.fate == "accused" for t in measured.trials) else 0


def _keep(names: Sequence[str], measured: Measured) -> None:
    """Write down beside the contracts which clauses are proven."""
    from conformance.contract.loading import contract_names, load_contract
    from conformance.contract.proofs import write_proofs

    for name in names:
        if name not in contract_names():
            raise UsageError(
                f"--write is for the contracts that come with the package, found {name!r}"
            )
        contract = load_contract(name)
        mine = [t for t in measured.trials if t.vendor == contract.vendor]
        # Blame on another clause that no reply tells from it is right, and proves nothing about this one.
        proven = {t.clause for t in mine if t.blamed and t.clause in t.accused}
        file = write_proofs(contract, proven, strength=measured.strength)
        say(
            f"{contract.vendor}: {len(proven)} clauses are proven, see {file.parent.name}/{file.name}"
        )


def parser() -> Parser:
    """The arguments that it takes."""
    made = Parser(
        "mutate",
        description="Breaks each clause of a contract in a simulator, one at a time and in several ways, and\n"
        "holds the simulator against the unbroken contract: is it noticed, and is the right\n"
        "clause blamed? Simulators that move within what the documents permit must not be\n"
        "accused. Contacts nobody. Exits with 0 when no mutant of a clause that can be tried\n"
        "survives and no permitted one is accused, else with 1.",
        examples="  conformance mutate                               every contract, on all cores\n"
        "  conformance mutate aigptimage --verbose          with what is not tried, and why\n"
        "  conformance mutate apimart --only '*.pixels.*'   some clauses, or one operator\n"
        "  conformance mutate ./my-vendor.yaml --json -\n"
        "  conformance mutate --strength 2 --sample 60      pairs of values, on a part of the mutants\n"
        "  conformance mutate --write                       keeps what is proven, in specs/proofs",
    )
    made.add_argument(
        "vendors",
        metavar="VENDOR",
        nargs="*",
        help="a vendor's name, or the path of a contract; all vendors where it is left out",
    )
    made.add_argument(
        "--strength",
        metavar="N",
        type=one_of("1", "2", "3"),
        default="1",
        help="how many values the plan tries together (1)",
    )
    made.add_argument(
        "--only", metavar="GLOB", default="", help="only mutants whose clause or operator matches"
    )
    made.add_argument(
        "--sample",
        metavar="N",
        type=whole(1),
        default=0,
        help="only so many mutants of each contract, drawn evenly from all kinds of clauses",
    )
    made.add_argument(
        "--seed", metavar="N", type=whole(0), default=0, help="what chance depends on (0)"
    )
    made.add_argument(
        "--write",
        action="store_true",
        help="keep which clauses are proven in specs/proofs, for `clauses` and the reports",
    )
    made.add_argument("--json", metavar="FILE", help="write it as JSON; - for stdout")
    made.add_argument(
        "--verbose", action="store_true", help="list also what is not tried, and what is equivalent"
    )
    return made
