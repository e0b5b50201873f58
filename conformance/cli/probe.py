"""`conformance probe`: what does a vendor do where its documents say nothing?"""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.cli.check_asking import new_journal
from conformance.cli.check_money import check_budget, get_consent
from conformance.cli.check_target import endpoint_of
from conformance.cli.output import check_writable, say, show, write_json
from conformance.cli.parsing import Parser, add_waits, whole
from conformance.cli.parsing import money as amount_of_money
from conformance.errors import InvalidInput, UsageError

if TYPE_CHECKING:
    from conformance.results.observed import Observed
    from conformance.run.options import RunOptions
    from conformance.run.targets import Endpoint

__all__ = ["parser", "run"]


def run(words: Sequence[str]) -> int:
    """Ask what the documents leave open, and write down what was seen."""
    arguments = parser().read(words)
    if arguments.live and arguments.base_url:
        raise UsageError("--live and --base-url are two targets: give one of them")
    check_writable(arguments.json)
    earlier = _read(arguments.since) if arguments.since else None

    from conformance.contract.loading import load_contract
    from conformance.planning.plan import make_plan
    from conformance.planning.probing import probing_of
    from conformance.reporting.observed_view import changes_since, observed_json, observed_lines
    from conformance.run.probing import probe

    contract = load_contract(arguments.vendor)
    if earlier is not None and earlier["vendor"] != contract.vendor:
        raise UsageError(f"--since {arguments.since} is about {earlier['vendor']}")
    check_budget([contract], arguments.budget)
    endpoint = endpoint_of(contract, arguments)
    options = _options(arguments, endpoint)
    folder = _folder(arguments.output)
    get_consent(
        [(contract, endpoint, options)],
        arguments,
        planner=lambda asked, **how: probing_of(asked, make_plan(asked, **how)).plan,
    )
    journal = new_journal(contract, endpoint, options)

    from conformance.cli.watching import Watcher

    watcher = Watcher()
    try:
        observed = probe(contract, endpoint, options, journal, on_event=watcher)
    finally:
        watcher.done()
    changes = None if earlier is None else changes_since(observed, earlier)
    document = observed_json(observed, changes=changes)
    file = _file(folder, observed)
    file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    if arguments.json:
        write_json(document, arguments.json)
    if arguments.json != "-":
        show(observed_lines(observed, file=str(file), changes=changes, verbose=arguments.verbose))
    return 0 if observed.facts else 5


def _options(arguments: argparse.Namespace, endpoint: Endpoint) -> RunOptions:
    """How it is asked. Elsewhere than on this machine nothing is paid for unless it was permitted."""
    from conformance.run.options import RunOptions

    capped = arguments.max_billed is not None or arguments.budget is not None
    options = RunOptions(
        max_billed=arguments.max_billed,
        budget=arguments.budget,
        concurrency=1,
        poll_interval_s=arguments.poll_interval,
        poll_delay_s=arguments.poll_delay,
        timeout_s=arguments.timeout,
        image_urls=tuple(arguments.image_url),
        output=Path(arguments.output),
    )
    if capped or endpoint.target.loopback:
        return options
    say("nothing is paid for without --max-billed or --budget, so only what is free is asked")
    return replace(options, max_billed=0)


def _folder(output: str) -> Path:
    folder = Path(output) / "observed"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = error.strerror or str(error)
        raise UsageError(f"--output {output} cannot hold what is observed: {problem}") from error
    if not os.access(folder, os.W_OK):
        raise UsageError(f"--output {output} cannot hold what is observed: {folder} is closed")
    return folder


def _file(folder: Path, observed: Observed) -> Path:
    """A name of its own, with the time of the record."""
    record = Path(observed.record).stem
    name = record or re.sub(r"[^A-Za-z0-9._-]", "_", observed.vendor)
    return folder / f"{name}.json"


def _read(file: str) -> dict[str, Any]:
    from conformance.results.observed import OBSERVED_FORMAT

    try:
        found = json.loads(Path(file).read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"--since {file} cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise InvalidInput(f"{file}: is not JSON ({error})") from error
    if not isinstance(found, dict) or found.get("format") != OBSERVED_FORMAT:
        raise InvalidInput(f"{file}: expected a file that `conformance probe` wrote")
    facts = found.get("facts")
    well = isinstance(facts, list) and all(
        isinstance(f, dict) and isinstance(f.get("id"), str) and isinstance(f.get("answer"), str)
        for f in facts
    )
    if not well or not isinstance(found.get("vendor"), str):
        raise InvalidInput(f"{file}: its facts are not as `conformance probe` writes them")
    return found


def parser() -> Parser:
    """The arguments that it takes. One flat table."""
    made = Parser(
        "probe",
        description="Asks a vendor what its documents leave open, in as few requests as can be: which\n"
        "status it really uses, what it does with an unknown field, how many pictures a\n"
        "number above 1 gives. What is seen is observed, not documented: it is kept apart\n"
        "from the contract in DIR/observed/, and never judged.",
        examples="  conformance probe gptimage2api\n"
        "  conformance probe toapis --base-url http://127.0.0.1:8100 --max-billed 5\n"
        "  conformance probe aigptimage --live --max-billed 0\n"
        "  conformance probe aigptimage --live --max-billed 5 --since reports/observed/OLD.json\n\n"
        "exit codes:\n"
        "  0  something was answered\n"
        "  2  the command line, or a key variable, is wrong\n"
        "  3  the contract, or the file of --since, is invalid\n"
        "  4  the target cannot be reached, refuses the key throughout, or does not speak JSON\n"
        "  5  nothing was answered",
    )
    made.add_argument("vendor", metavar="VENDOR", help="a vendor's name, or the path of a contract")
    target = made.add_argument_group("target")
    target.add_argument(
        "--live",
        action="store_true",
        help="ask the vendor at its documented address, with the key in its variable",
    )
    target.add_argument(
        "--base-url", metavar="URL", default="", help="ask the server there, with the same key"
    )
    target.add_argument(
        "--image-url",
        metavar="URL",
        action="append",
        default=[],
        help="a reference image that the target can fetch; may be given again",
    )
    money = made.add_argument_group("money")
    money.add_argument(
        "--max-billed",
        metavar="N",
        type=whole(0),
        help="send no more than N creations that may be paid for. Without it (and without "
        "--budget) none is sent to a server that is not on this machine",
    )
    money.add_argument(
        "--budget",
        metavar="AMOUNT",
        type=amount_of_money,
        help="send only what costs no more than AMOUNT at worst, in the contract's unit",
    )
    money.add_argument("--yes", action="store_true", help="do not ask before spending money")
    asking = made.add_argument_group("how it is asked")
    add_waits(asking)
    outcome = made.add_argument_group("outcome")
    outcome.add_argument(
        "--since",
        metavar="FILE",
        default="",
        help="say what changed since an earlier file of this command",
    )
    outcome.add_argument("--verbose", action="store_true", help="list what stays open")
    outcome.add_argument("--json", metavar="FILE", help="write it as JSON, too; - for stdout")
    outcome.add_argument(
        "--output",
        metavar="DIR",
        default="reports",
        help="what is observed goes to DIR/observed/, the record to DIR/records/ (default: reports)",
    )
    made.set_defaults(
        callback_url=None, callback_port=None, strength="1", explore=0, fuzz=0, only=""
    )
    return made
