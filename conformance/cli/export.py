"""`conformance export`: what does the contract look like to other tools?"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from conformance.cli.output import check_writable, write_json
from conformance.cli.parsing import Parser, did_you_mean, pair
from conformance.errors import UsageError

if TYPE_CHECKING:
    from conformance.contract.model import Contract

__all__ = ["parser", "run"]

_FORMATS = ("openapi", "jsonschema")


def run(words: Sequence[str]) -> int:
    """Write a contract in another notation."""
    arguments = parser().read(words)
    check_writable(arguments.json)

    from conformance.contract.loading import load_contract
    from conformance.contract.resolution import settle

    contract = load_contract(arguments.vendor)
    dialect = _dialect(contract, arguments)
    settled = settle(contract, dialect)
    write_json(_exported(settled, dialect, arguments.format), arguments.json or "-")
    return 0


def _exported(contract: Contract, dialect: Mapping[str, str], notation: str) -> dict[str, Any]:
    if notation == "openapi":
        from conformance.compilers.openapi import openapi

        return openapi(contract, dialect)
    from conformance.compilers.jsonschema import bundle

    return bundle(contract)


def _dialect(contract: Contract, arguments: argparse.Namespace) -> dict[str, str]:
    """
    The answer to every dispute: the one that was asked for, else the first.

    Raises:
        UsageError: The contract has no such dispute, or the dispute no such answer; names the nearest.
    """
    asked = dict(arguments.choose)
    known = {d.name: [a.name for a in d.alternatives] for d in contract.disputes}
    for name, alternative in asked.items():
        if name not in known:
            raise UsageError(f"--choose {name!r} is no dispute{did_you_mean(name, known)}")
        if alternative not in known[name]:
            nearest = (
                did_you_mean(alternative, known[name]) or f"; there are {', '.join(known[name])}"
            )
            raise UsageError(f"--choose {name}={alternative}: there is no such answer{nearest}")
    return {name: asked.get(name, answers[0]) for name, answers in known.items()}


def parser() -> Parser:
    """The arguments that it takes."""
    made = Parser(
        "export",
        description="Writes a contract in a notation that other tools read: OpenAPI 3.1, or JSON Schema\n"
        "2020-12 of every request and reply. Where the vendor's pages disagree, the document has\n"
        "the first answer, or the one that --choose names, and says which it took.",
        examples="  conformance export aigptimage --format openapi > openapi.json\n"
        "  conformance export toapis --format openapi --choose sizing=guide-new\n"
        "  conformance export apimart --format jsonschema --json schemas.json",
    )
    made.add_argument("vendor", metavar="VENDOR", help="a vendor's name, or the path of a contract")
    made.add_argument("--format", choices=_FORMATS, required=True, help="the notation")
    made.add_argument(
        "--choose",
        metavar="DISPUTE=ALTERNATIVE",
        type=pair,
        action="append",
        default=[],
        help="the answer to take where pages disagree; `clauses` lists them",
    )
    made.add_argument("--json", metavar="FILE", help="where to write (default: -, stdout)")
    return made
