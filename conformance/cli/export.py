"""`conformance export`: what does the contract look like to other tools?"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from conformance.cli.output import check_writable, write_json, write_text
from conformance.cli.parsing import Parser, did_you_mean, pair
from conformance.errors import UsageError

if TYPE_CHECKING:
    from conformance.contract.model import Contract

__all__ = ["parser", "run"]

_FORMATS = ("openapi", "arazzo", "jsonschema")


def run(words: Sequence[str]) -> int:
    """Write a contract in another notation."""
    arguments = parser().read(words)
    check_writable(arguments.json)
    check_writable(arguments.yaml, flag="--yaml")
    if arguments.source and arguments.format != "arazzo":
        raise UsageError(
            "--source says where a workflow finds its OpenAPI document: it goes with --format arazzo"
        )

    from conformance.contract.loading import load_contract
    from conformance.contract.resolution import settle

    contract = load_contract(arguments.vendor)
    dialect = _dialect(contract, arguments)
    document = _exported(contract, settle(contract, dialect), dialect, arguments)
    if arguments.yaml:
        from conformance.contract.writing import dump

        write_text(dump(document), arguments.yaml, flag="--yaml")
    if arguments.json or not arguments.yaml:
        write_json(document, arguments.json or "-")
    return 0


def _exported(
    contract: Contract,
    settled: Contract,
    dialect: Mapping[str, str],
    arguments: argparse.Namespace,
) -> dict[str, Any]:
    """
    Raises:
        UsageError: The contract has no workflow to write.
    """
    if arguments.format == "openapi":
        from conformance.compilers.openapi import openapi
        from conformance.contract.clauses import clauses_by_id

        return openapi(settled, dialect, clauses=clauses_by_id(contract))
    if arguments.format == "arazzo":
        from conformance.compilers.arazzo import arazzo

        ending = "yaml" if arguments.yaml and not arguments.json else "json"
        source = arguments.source or f"{contract.vendor}.openapi.{ending}"
        try:
            return arazzo(settled, dialect, source=source)
        except ValueError as error:
            raise UsageError(f"no workflow can be written: {error}") from error
    from conformance.compilers.jsonschema import bundle

    return bundle(settled)


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
        description="Writes a contract in a notation that other tools read: OpenAPI 3.1; a workflow in Arazzo\n"
        "1.0 that creates a task, polls it to its end and fetches the result; or JSON Schema\n"
        "2020-12 of every request and reply. Where the vendor's pages disagree, the document has\n"
        "the first answer, or the one that --choose names, and says which it took. The same\n"
        "contract gives the same text each time. `lint` reads what this writes.",
        examples="  conformance export aigptimage --format openapi > openapi.json\n"
        "  conformance export apipod --format openapi --yaml apipod.openapi.yaml\n"
        "  conformance export apipod --format arazzo --yaml apipod.arazzo.yaml\n"
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
    made.add_argument(
        "--source",
        metavar="URL",
        help="where a workflow finds the OpenAPI document (default: VENDOR.openapi.json beside it)",
    )
    made.add_argument("--yaml", metavar="FILE", help="write YAML into this file; - for stdout")
    made.add_argument("--json", metavar="FILE", help="write JSON into this file (default: stdout)")
    return made
