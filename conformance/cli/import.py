"""`conformance import`: what contract does somebody's OpenAPI document come to?"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from conformance.cli.output import check_writable, say, write_json, write_text
from conformance.cli.parsing import Parser
from conformance.errors import ContractInvalid, UsageError

__all__ = ["parser", "run"]


def run(words: Sequence[str]) -> int:
    """Write the skeleton of a contract; warnings and the number of open questions go to stderr."""
    arguments = parser().read(words)
    check_writable(arguments.json)
    check_writable(arguments.output, flag="--output")
    seen = arguments.seen or datetime.now(tz=UTC).date().isoformat()
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", seen):
        raise UsageError(f"--seen is {seen!r}, expected a day such as 2026-11-20")
    if arguments.name and not re.fullmatch(r"[a-z0-9][a-z0-9-]*", arguments.name):
        raise UsageError(
            f"--name is {arguments.name!r}, expected small letters, digits and hyphens"
        )

    from conformance.contract.loading import load_text
    from conformance.notations.foreign import load_foreign
    from conformance.notations.imported_text import text_of
    from conformance.notations.importing import import_openapi

    document = load_foreign(arguments.file)
    if document.kind != "openapi":
        raise ContractInvalid("found a workflow, expected an OpenAPI document", file=document.file)
    skeleton = import_openapi(document, seen=seen, vendor=arguments.name)
    text = text_of(skeleton)
    problem = _problem(text, load_text)
    for warning in skeleton.warnings:
        say(f"warning: {document.file}: {warning}")
    if arguments.json:
        write_json(
            {
                "vendor": skeleton.contract["vendor"],
                "contract": text,
                "warnings": skeleton.warnings,
                "questions": skeleton.questions,
                "guessed": [
                    {"path": ".".join(map(str, path)), "what": what}
                    for path, what in skeleton.guesses.items()
                ],
            },
            arguments.json,
        )
    if arguments.output or arguments.json != "-":
        write_text(text, arguments.output or "-", flag="--output")
    say(
        f"{skeleton.contract['vendor']}: {len(skeleton.contract['operations'])} operations,"
        f" {len(skeleton.guesses)} guesses, {len(skeleton.questions)} open questions"
    )
    if problem is not None:
        say(f"the skeleton is not yet a contract: {problem}")
        return problem.exit_code
    return 0


def _problem(text: str, load: Callable[..., object]) -> ContractInvalid | None:
    """Why the skeleton cannot be loaded as it is; None where it can."""
    try:
        load(text, file="the skeleton")
    except ContractInvalid as invalid:
        return invalid
    return None


def parser() -> Parser:
    """The arguments that it takes."""
    made = Parser(
        "import",
        description="Makes the skeleton of a contract from an OpenAPI 3.0 or 3.1 document in JSON or YAML, also from\n"
        "one in a fenced block of a documentation page in Markdown. Operations, fields, limits, rules,\n"
        "replies, states and errors are taken over. What a field is for and what a state means is\n"
        "guessed and marked as `# guessed`; what is ambiguous, or has no word in a contract, stands\n"
        "under `questions`. What is not quite OpenAPI is read as it was most likely meant, with a\n"
        "warning. Nothing is fetched. `lint`, `check` and `compare` work on the result at once.",
        examples="  conformance import openapi.yaml --name acme --output acme.yaml\n"
        "  conformance import page.md > acme.yaml\n"
        "  conformance import openapi.json --json -      the same with guesses and questions as JSON",
    )
    made.add_argument(
        "file", metavar="FILE", help="the OpenAPI document, or the page that it is in"
    )
    made.add_argument(
        "--name", metavar="VENDOR", default="", help="the vendor's name (default: from the title)"
    )
    made.add_argument(
        "--seen", metavar="DATE", help="the day on which the document was read (default: today)"
    )
    made.add_argument(
        "--output", metavar="FILE", help="where to write the contract (default: stdout)"
    )
    made.add_argument(
        "--json", metavar="FILE", help="write contract, guesses and questions as JSON; - for stdout"
    )
    return made
