"""`conformance compare`: what do several vendors' documents answer to an evaluator's questions?"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from conformance.cli.output import check_writable, show, width_of_output, write_json
from conformance.cli.parsing import Parser, did_you_mean, one_of
from conformance.errors import UsageError

__all__ = ["parser", "run"]


def run(words: Sequence[str]) -> int:
    """Compare vendors from their documents alone; sends nothing."""
    arguments = parser().read(words)
    check_writable(arguments.json)
    names = _names([*arguments.vendors, *(arguments.chosen or ())])

    from conformance.comparing.compare import compare
    from conformance.contract.loading import load_contract
    from conformance.reporting import compare_view as view

    comparison = compare([load_contract(name) for name in names])
    if arguments.json:
        write_json(view.compare_json(comparison), arguments.json)
    if arguments.json == "-":
        return 0
    if arguments.why is not None:
        row = view.row_named(comparison, arguments.why)
        if row is None:
            known = [r.id for r in (*comparison.rows, *comparison.alike)]
            near = did_you_mean(arguments.why, known)
            raise UsageError(
                f"no row is named {arguments.why!r}{near}; rows are {', '.join(known)}"
            )
        show(view.why_lines(row))
    elif arguments.format == "markdown":
        from conformance.reporting.compare_markdown import compare_markdown

        sys.stdout.write(compare_markdown(comparison))
    else:
        width = width_of_output(otherwise=120)
        show(view.compare_lines(comparison, width=width), width=width)
    return 0


def _names(given: Sequence[str]) -> list[str]:
    """The vendors to compare: those given, else all that come with the package."""
    from conformance.contract.loading import contract_names

    for name in given:
        if name.endswith((".jsonl", ".json")) or (
            Path(name).is_file() and not name.endswith((".yaml", ".yml"))
        ):
            raise UsageError(
                f"{name} looks like a record: records are not compared yet, only documents; give names of vendors,"
                " or paths of contracts"
            )
    names = list(dict.fromkeys(given)) or list(contract_names())
    if len(names) < 2:
        raise UsageError(f"nothing to compare {names[0]!r} with: name at least two vendors")
    return names


def parser() -> Parser:
    """The arguments that it takes."""
    made = Parser(
        "compare",
        description="Vendors side by side, from their documents alone: capabilities, limits, prices,\n"
        "lifecycle, errors, guarantees, and how good the documents are. Sends nothing.\n"
        '"not documented" is no current page, "no" is a page that says no, and where pages\n'
        "disagree each is quoted with its name. Rows that are the same for all are left out.",
        examples="  conformance compare\n"
        "  conformance compare aigptimage toapis\n"
        "  conformance compare --why idempotency\n"
        "  conformance compare --format markdown > comparison.md\n"
        "  conformance compare --vendors apimart ./my-vendor.yaml --json -",
    )
    made.add_argument(
        "vendors",
        metavar="VENDOR",
        nargs="*",
        help="vendors' names, or paths of contracts; all vendors where none is given",
    )
    made.add_argument(
        "--vendors", dest="chosen", metavar="VENDOR", nargs="+", help="the same, as a flag"
    )
    made.add_argument(
        "--format",
        metavar="FORMAT",
        type=one_of("text", "markdown"),
        default="text",
        help="text (default), or markdown, which fits a comment on a pull request",
    )
    made.add_argument(
        "--why", metavar="ROW", help="show the clauses, pages and open questions behind one row"
    )
    made.add_argument("--json", metavar="FILE", help="write it as JSON; - for stdout")
    return made
