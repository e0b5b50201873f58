"""`conformance lint`: is the contract a true transcript of the documents, and does an export hold together?"""

from __future__ import annotations

from collections.abc import Sequence

from conformance.cli.output import check_writable, show, write_json
from conformance.cli.parsing import Parser

__all__ = ["parser", "run"]

_FAULT = 1
_INVALID = 3


def run(words: Sequence[str]) -> int:
    """Lint every file named, or all contracts; 3 for a file that is none of them, 1 for a fault in one."""
    arguments = parser().read(words)
    check_writable(arguments.json)

    from conformance.contract.loading import contract_names
    from conformance.documents.archive import Archive
    from conformance.documents.lint import lint
    from conformance.notations.foreign import kind_of
    from conformance.notations.lint import lint_file
    from conformance.reporting.linked_view import linked_json, linked_lines
    from conformance.reporting.lint_view import lint_json, lint_lines
    from conformance.run.examples import with_examples

    archive = Archive(arguments.documents) if arguments.documents is not None else None
    names = arguments.vendors or contract_names()
    foreign = [name for name in names if kind_of(name) is not None]
    linked = [lint_file(name) for name in foreign]
    results = [with_examples(lint(name, archive), name) for name in names if name not in foreign]
    if arguments.json:
        write_json(lint_json(results) | (linked_json(linked) if linked else {}), arguments.json)
    if arguments.json != "-":
        show([*lint_lines(results, verbose=arguments.verbose), *linked_lines(linked)])
    if any(r.invalid for r in results) or any(r.invalid for r in linked):
        return _INVALID
    faulty = any(result.faults for result in results) or any(result.flaws for result in linked)
    return _FAULT if faulty else 0


def parser() -> Parser:
    """The arguments that it takes."""
    made = Parser(
        "lint",
        description="Hold contracts against the documents that they are made from. What is wrong with the\n"
        "transcription is said as file:line:column. Exit code 1 where the transcription is at\n"
        "fault, 3 where a file is no contract; what only the vendor's documents contradict\n"
        "each other about is listed and is no fault.\n\n"
        "With --documents, both ways: each name, value, number and status of the contract stands\n"
        "in the section that it cites, and each one on a page is in the contract or ignored there\n"
        "with a reason. A document's `archive` in the contract names its file in that folder;\n"
        "a document without one is counted as not archived, never as covered.\n\n"
        "A file that is an OpenAPI 3 document or an Arazzo workflow, also in a fenced block of a\n"
        "Markdown page, is linked: references, links, steps, payloads, places in replies, statuses\n"
        "and examples lead somewhere, and bounds and values do not contradict each other. The\n"
        "OpenAPI document that a workflow names is read beside it; nothing is fetched.",
        examples="  conformance lint\n"
        "  conformance lint aigptimage --documents ../pages\n"
        "  conformance lint ./my-vendor.yaml --documents ./pages --verbose\n"
        "  conformance lint --documents ../pages --json lint.json\n"
        "  conformance lint apipod.openapi.json apipod.arazzo.json",
    )
    made.add_argument(
        "vendors",
        metavar="FILE",
        nargs="*",
        help="a contract's path, a vendor's name, or an OpenAPI or Arazzo document; all vendors where\n"
        "none is given",
    )
    made.add_argument(
        "--documents", metavar="DIR", help="the folder with the archived pages of the documents"
    )
    made.add_argument(
        "--verbose",
        action="store_true",
        help="also list what had to be read with care on each page",
    )
    made.add_argument("--json", metavar="FILE", help="write it as JSON; - for stdout")
    return made
