"""`conformance clauses`: what does a contract say?"""

from __future__ import annotations

from collections.abc import Sequence

from conformance.cli.output import check_writable, show, write_json
from conformance.cli.parsing import Parser

__all__ = ["parser", "run"]


def run(words: Sequence[str]) -> int:
    """List clauses, contradictions and open questions."""
    arguments = parser().read(words)
    check_writable(arguments.json)

    from conformance.contract.loading import contract_names, load_contract
    from conformance.reporting.clauses_view import clauses_json, clauses_lines

    names = [arguments.vendor] if arguments.vendor else contract_names()
    contracts = [load_contract(name) for name in names]
    if arguments.json:
        write_json(clauses_json(contracts), arguments.json)
    if arguments.json != "-":
        show(clauses_lines(contracts))
    return 0


def parser() -> Parser:
    """The arguments that it takes."""
    made = Parser(
        "clauses",
        description="What a contract says: each clause with its id, level and statement; where the\n"
        "vendor's documents contradict each other; and what they leave open.",
        examples="  conformance clauses\n"
        "  conformance clauses aigptimage\n"
        "  conformance clauses ./my-vendor.yaml --json clauses.json",
    )
    made.add_argument(
        "vendor",
        metavar="VENDOR",
        nargs="?",
        help="a vendor's name, or the path of a contract; all vendors where it is left out",
    )
    made.add_argument("--json", metavar="FILE", help="write it as JSON; - for stdout")
    return made
