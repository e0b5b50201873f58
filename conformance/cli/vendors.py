"""`conformance vendors`: which contracts are there?"""

from __future__ import annotations

from collections.abc import Sequence

from conformance.cli.output import check_writable, show, write_json
from conformance.cli.parsing import Parser

__all__ = ["parser", "run"]


def run(words: Sequence[str]) -> int:
    """List the contracts in the package."""
    arguments = parser().read(words)
    check_writable(arguments.json)

    from conformance.contract.loading import contract_names, load_contract
    from conformance.reporting.vendors_view import vendors_json, vendors_lines

    contracts = [load_contract(name) for name in contract_names()]
    if arguments.json:
        write_json(vendors_json(contracts), arguments.json)
    if arguments.json != "-":
        show(vendors_lines(contracts))
    return 0


def parser() -> Parser:
    """The arguments that it takes."""
    made = Parser(
        "vendors",
        description="One line a vendor: how complete its documents are. Pages (current and superseded), clauses\n"
        "by level, open questions, contradictions, how many errors are tabled with their cause,\n"
        "what one creation costs, and what an evaluator needs to know and no page says.",
        examples="  conformance vendors\n  conformance vendors --json -",
    )
    made.add_argument("--json", metavar="FILE", help="write it as JSON; - for stdout")
    return made
