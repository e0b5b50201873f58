"""`conformance compare`: what do several vendors' documents answer to an evaluator's questions, and what was seen of it?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cli.output import check_writable, show, width_of_output, write_json, write_text
from conformance.cli.parsing import Parser, did_you_mean, one_of
from conformance.errors import UsageError

if TYPE_CHECKING:
    from conformance.contract.model import Contract
    from conformance.results.outcome import RunResult

__all__ = ["parser", "run"]


def run(words: Sequence[str]) -> int:
    """Compare vendors from their documents, and from records of runs where some are given; sends nothing."""
    arguments = parser().read(words)
    check_writable(arguments.json)
    given = list(dict.fromkeys([*arguments.vendors, *(arguments.chosen or ())]))
    if arguments.html is not None and arguments.why is not None:
        raise UsageError("--why has no place beside --html: the page has it for every row")
    folder = _folder(arguments.html) if arguments.html is not None else None

    from conformance.comparing.compare import compare
    from conformance.reporting import compare_view as view

    contracts, results = _compared(given, partial=arguments.partial)
    if arguments.portable:
        return _portable(contracts, arguments)
    comparison = compare(contracts, results)
    if arguments.json:
        write_json(view.compare_json(comparison), arguments.json)
    if folder is not None:
        from conformance.reporting.page import draw_page

        page = folder / "index.html"
        write_text(draw_page(contracts, results), str(page), flag="--html")
        if arguments.json != "-":
            print(f"wrote {page}")
        return 0
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
        show(view.why_lines(comparison, row))
    elif arguments.format == "markdown":
        from conformance.reporting.compare_markdown import compare_markdown

        sys.stdout.write(compare_markdown(comparison))
    else:
        width = width_of_output(otherwise=120)
        show(view.compare_lines(comparison, width=width), width=width)
    return 0


def _portable(contracts: Sequence[Contract], arguments: argparse.Namespace) -> int:
    """What all of them take, and what tells two of them apart."""
    from conformance.reporting import portable_view as view
    from conformance.run.portable import find_portable

    for flag in ("why", "html"):
        if getattr(arguments, flag) is not None:
            raise UsageError(f"--{flag} has no place beside --portable, which has no rows")
    found = find_portable(contracts)
    if arguments.json:
        write_json(view.portable_json(found), arguments.json)
    if arguments.json != "-" and arguments.format == "markdown":
        sys.stdout.write(view.portable_markdown(found))
    elif arguments.json != "-":
        show(view.portable_lines(found))
    return 0


def _compared(given: Sequence[str], *, partial: bool) -> tuple[list[Contract], list[RunResult]]:
    """
    The vendors to compare, and what records of them say.

    Vendors are those named and those of the records, in that order; where that is nobody, or only one record's vendor,
    all that come with the package stand beside it. A record is judged by the contract that was named, else by its own.
    """
    from conformance.contract.loading import contract_names, load_contract
    from conformance.run.reading import judge_record, read_whole_record

    records = [name for name in given if _is_record(name)]
    named = [load_contract(name) for name in given if name not in records]
    contracts = {contract.vendor: contract for contract in named}
    results = []
    for name in records:
        record = read_whole_record(Path(name), partial=partial)
        result = judge_record(record, contracts.get(record.header.vendor))
        contracts.setdefault(result.contract.vendor, result.contract)
        results.append(result)
    if len(contracts) < 2 and not named:
        every = {name: load_contract(name) for name in contract_names()}
        contracts = {**every, **contracts}
    if len(contracts) < 2:
        raise UsageError(f"nothing to compare {given[0]!r} with: name at least two vendors")
    return list(contracts.values()), results


def _is_record(name: str) -> bool:
    """Whether a word of the command line means a file that is no contract: what it is, its reader says."""
    if name.endswith((".yaml", ".yml")):
        return False
    return name.endswith((".jsonl", ".json")) or Path(name).is_file()


def _folder(given: str) -> Path:
    from conformance.reporting.page import check_page_extra

    check_page_extra("--html")
    folder = Path(given)
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"--html {given} is a file, expected a folder, which may be new")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--html {given} cannot be made: {error.strerror or error}") from error
    check_writable(str(folder / "index.html"), flag="--html")
    return folder


def parser() -> Parser:
    """The arguments that it takes."""
    made = Parser(
        "compare",
        description="Vendors side by side, from their documents: capabilities, limits, prices,\n"
        "lifecycle, errors, guarantees, and how good the documents are. Records of runs are\n"
        "judged again and stand beside that as observed, or, where a server on this machine\n"
        "answered, as simulated, which is no evidence about any vendor. Sends nothing.\n"
        '"not documented" is no current page, "no" is a page that says no, and where pages\n'
        "disagree each is quoted with its name. Rows that are the same for all are left out.",
        examples="  conformance compare\n"
        "  conformance compare aigptimage toapis\n"
        "  conformance compare --why idempotency\n"
        "  conformance compare --format markdown > comparison.md\n"
        "  conformance compare --vendors apimart ./my-vendor.yaml --json -\n"
        "  conformance compare --html comparison\n"
        "  conformance compare --portable aigptimage toapis --json portable.json\n"
        "  conformance compare apimart reports/records/toapis-20261121T085638Z.jsonl --html comparison",
    )
    made.add_argument(
        "vendors",
        metavar="VENDOR",
        nargs="*",
        help="vendors' names, paths of contracts, or records of runs; all vendors where none is given",
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
        "--html",
        metavar="DIR",
        help="write one page that holds everything to DIR/index.html: works without a network, and "
        "every cell opens to its evidence. Needs the extra [report]",
    )
    made.add_argument(
        "--partial",
        action="store_true",
        help="also take the record of a run that was stopped, and say that it was",
    )
    made.add_argument(
        "--why", metavar="ROW", help="show the clauses, pages and open questions behind one row"
    )
    made.add_argument(
        "--portable",
        action="store_true",
        help="list the requests that every one of the vendors takes by its documents, in the words that "
        "they share, and for each two a request that one takes and the other refuses. Each was sent "
        "to the simulators of both",
    )
    made.add_argument("--json", metavar="FILE", help="write it as JSON; - for stdout")
    return made
