"""`conformance report`: what do records say, as a document for people or for tools?"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.cli.output import check_writable, say, show, write_json, write_text
from conformance.cli.parsing import Parser, one_of
from conformance.errors import UsageError

if TYPE_CHECKING:
    from conformance.contract.model import Contract
    from conformance.results.outcome import RunResult
    from conformance.results.record import Record

__all__ = ["parser", "run"]

_FORMATS = ("text", "html", "md", "json", "junit", "sarif", "badge")


def run(words: Sequence[str]) -> int:
    """Judge records again and draw them; asks nobody."""
    arguments = parser().read(words)
    for flag in ("json", "output", "badge"):
        check_writable(getattr(arguments, flag), flag=f"--{flag}")
    if arguments.format == "html":
        from conformance.reporting.page import check_page_extra

        check_page_extra("--format html")
    results = _results(arguments)
    if arguments.badge:
        write_text(_badge(results), arguments.badge, flag="--badge")
    if arguments.json:
        write_json(_json(results), arguments.json)
    if "-" not in (arguments.json, arguments.badge):
        _draw(results, arguments)
    return 0


def _results(arguments: argparse.Namespace) -> list[RunResult]:
    from conformance.run.reading import judge_record, read_whole_record

    given = _contract(arguments)
    results = []
    for name in arguments.records:
        record = read_whole_record(Path(name), partial=arguments.partial)
        results.append(judge_record(record, given))
        if given is None:
            _say_what_changed(record, results[-1].contract)
    return results


def _contract(arguments: argparse.Namespace) -> Contract | None:
    from conformance.contract.loading import load_contract

    if not arguments.contract:
        return None
    if len(arguments.records) > 1:
        raise UsageError("--contract judges one record, found several")
    return load_contract(arguments.contract)


def _say_what_changed(record: Record, contract: Contract) -> None:
    """A record is judged by its own contract: whoever has another one by now is told."""
    from conformance.contract.loading import contract_names, load_contract

    header = record.header
    own = header.contract_file == f"specs/{header.vendor}.yaml"
    if not own or header.vendor not in contract_names():
        return
    today = load_contract(header.vendor)
    if today.digest != contract.digest:
        say(
            f"{record.file}: the contract of {header.vendor} has changed since; judged as it was then,"
            f" by the one in the record (--contract {header.vendor} judges by today's)"
        )


# --- drawing


def _draw(results: Sequence[RunResult], arguments: argparse.Namespace) -> None:
    to = arguments.output or "-"
    match arguments.format:
        case "text" if to == "-":
            from conformance.reporting.terminal import report_lines

            show(report_lines(results, verbose=arguments.verbose))
        case "text":
            from conformance.reporting.terminal import report_lines
            from conformance.reporting.text import render

            lines = report_lines(results, verbose=arguments.verbose)
            write_text(render(lines), to, flag="--output")
        case "json":
            write_json(_json(results), to)
        case "sarif":
            write_json(_sarif(results), to)
        case "badge":
            write_text(_badge(results), to, flag="--output")
        case "html":
            from conformance.reporting.page import draw_records

            write_text(draw_records(results), to, flag="--output")
        case "junit":
            from conformance.reporting.junit import junit_xml

            write_text(junit_xml(results), to, flag="--output")
        case _:
            from conformance.reporting.run_markdown import run_markdown

            write_text(run_markdown(results), to, flag="--output")


def _json(results: Sequence[RunResult]) -> dict[str, Any]:
    from conformance.reporting.summary import run_json

    return run_json(results)


def _sarif(results: Sequence[RunResult]) -> dict[str, Any]:
    from conformance import __version__
    from conformance.reporting.sarif import sarif_json

    return sarif_json(results, version=__version__)


def _badge(results: Sequence[RunResult]) -> str:
    from conformance.reporting.badge import badge_svg

    return badge_svg(results)


def parser() -> Parser:
    """The arguments that it takes."""
    made = Parser(
        "report",
        description="Draws records of runs, from the files alone: nobody is asked. Each is judged again, by\n"
        "the contract in it, so that the same record gives the same report, to the byte.\n\n"
        "  text   the report of `check` (the default)\n"
        "  html   one page that holds everything, with the evidence; needs the extra [report]\n"
        "  md     Markdown that fits a comment on a pull request\n"
        "  json   what `check --json` writes\n"
        "  junit  JUnit XML, a test case for each clause. A violation is a failure; what stayed\n"
        "         inconclusive is an error, or skipped where your own cap is why; what was not\n"
        "         tried is skipped\n"
        "  sarif  SARIF 2.1.0: violations, at the lines of the contract that promise otherwise\n"
        "  badge  an SVG; of a self-test it says that it is simulated",
        examples="  conformance report reports/records/*.jsonl\n"
        "  conformance report reports/records/aigptimage-20261121T085638Z.jsonl --format md\n"
        "  conformance report reports/records/*.jsonl --format html --output report.html\n"
        "  conformance report reports/records/*.jsonl --format junit --output junit.xml\n"
        "  conformance report reports/records/*.jsonl --format sarif --output conformance.sarif\n"
        "  conformance report reports/records/*.jsonl --badge badge.svg --json run.json\n\n"
        "exit codes:\n"
        "  0  it was drawn, whatever it says; the exit code of `check` says whether a clause is violated\n"
        "  2  the command line is wrong\n"
        "  3  a file is no record, one of another format, or of a run that was stopped (--partial)",
    )
    made.add_argument("records", metavar="RECORD", nargs="+", help="records of runs of `check`")
    made.add_argument(
        "--format",
        metavar="FORMAT",
        type=_format,
        default="text",
        help=f"one of {', '.join(_FORMATS)} (default: text)",
    )
    made.add_argument(
        "--output", metavar="FILE", help="write it to FILE; - for stdout, which is the default"
    )
    made.add_argument("--badge", metavar="FILE", help="write a badge, too")
    made.add_argument(
        "--contract",
        metavar="VENDOR",
        help="judge one record by another contract than its own: today's of that name, or a file",
    )
    made.add_argument(
        "--partial",
        action="store_true",
        help="also take the record of a run that was stopped, and say that it was",
    )
    made.add_argument(
        "--verbose", action="store_true", help="of text: every clause, not only those to look at"
    )
    made.add_argument("--json", metavar="FILE", help="write it as JSON, too; - for stdout")
    return made


def _format(text: str) -> str:
    return one_of(*_FORMATS)("md" if text == "markdown" else text)
