"""`conformance check`: does the target keep what the contract says?"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cli.output import check_writable, complain, say, show, write_json
from conformance.cli.parsing import Parser, did_you_mean, one_of, seconds, whole
from conformance.cli.parsing import money as amount_of_money
from conformance.errors import RecordInvalid, TargetUnusable, UsageError

if TYPE_CHECKING:
    from conformance.contract.model import Contract
    from conformance.reporting.summary import Judged
    from conformance.results.outcome import RunResult
    from conformance.run.journal import Journal
    from conformance.run.options import RunOptions
    from conformance.run.targets import Endpoint

__all__ = ["exit_code", "parser", "run"]

_TEST_KEY = "test-key"

_LAST_PORT = 65_535

_NOTHING_JUDGED = "the target cannot be judged"

_CUT_BY_CAP = re.compile(r"cap|\d+ of \d+ tried")
"""The reasons of clauses that the user's own cap kept from being tried, wholly or in part."""


def run(words: Sequence[str]) -> int:
    """Ask each vendor's target, judge the answers, report."""
    arguments = parser().read(words)
    contracts = _contracts(arguments)
    options = _options(arguments)
    _check_budget(contracts, arguments.budget)
    endpoints = [_endpoint(contract, arguments) for contract in contracts]
    _check_places(arguments)
    if not arguments.base_url:
        _announce_self_test(alone=arguments.json == "-")
    results, unusable = [], False
    for contract, endpoint in zip(contracts, endpoints, strict=True):
        _consent(contract, endpoint, options, arguments)
        result, is_judged = _asked(contract, endpoint, options)
        results.append(result)
        unusable = unusable or not is_judged
    _report(results, arguments)
    return exit_code(results, fail_on=arguments.fail_on, unusable=unusable)


# --- what is asked ---


def _contracts(arguments: argparse.Namespace) -> list[Contract]:
    from conformance.contract.loading import contract_names, load_contract

    names = list(dict.fromkeys(arguments.vendors))
    if arguments.base_url and len(names) != 1:
        found = ", ".join(names) if names else "none"
        raise UsageError(f"--base-url takes exactly one vendor, found {found}")
    contracts = [load_contract(name) for name in names or contract_names()]
    return _with_clauses(contracts, arguments.only, named=bool(names))


def _with_clauses(contracts: list[Contract], only: str, *, named: bool) -> list[Contract]:
    """The contracts of which `--only` leaves anything; of those that were named, all must have some."""
    from conformance.contract.clauses import derive_clauses

    if not only:
        return contracts
    ids = {c.vendor: [clause.id for clause in derive_clauses(c)] for c in contracts}
    left = [c for c in contracts if any(fnmatchcase(name, only) for name in ids[c.vendor])]
    if not left or (named and len(left) < len(contracts)):
        missed = [c for c in contracts if c not in left]
        known = [name for c in missed for name in ids[c.vendor]]
        of = ", ".join(c.vendor for c in missed)
        raise UsageError(
            f"--only {only!r} matches no clause of {of}{did_you_mean(only, _globs_like(only, known))}"
            "; list them with `conformance clauses`"
        )
    return left


def _globs_like(only: str, ids: Sequence[str]) -> list[str]:
    """What the glob could have been: each id, and the glob with one word replaced by a known one."""
    words = only.split(".")
    known = {word for name in ids for word in name.split(".")}
    found = list(ids)
    for place, word in enumerate(words):
        if not set(word) & set("*?[") and word not in known:
            corrected = ((*words[:place], other, *words[place + 1 :]) for other in known)
            globs = (".".join(each) for each in corrected)
            found += [glob for glob in globs if any(fnmatchcase(name, glob) for name in ids)]
    return found


def _options(arguments: argparse.Namespace) -> RunOptions:
    from conformance.run.options import RunOptions

    return RunOptions(
        strength=int(arguments.strength),
        explore=arguments.explore,
        max_billed=arguments.max_billed,
        budget=arguments.budget,
        concurrency=arguments.concurrency,
        poll_interval_s=arguments.poll_interval,
        poll_delay_s=arguments.poll_delay,
        timeout_s=arguments.timeout,
        seed=arguments.seed,
        only=arguments.only,
        image_urls=tuple(arguments.image_url),
        output=Path(arguments.output),
    )


def _check_budget(contracts: Sequence[Contract], budget: float | None) -> None:
    """
    Refuse a budget that nothing can be held against.

    Raises:
        UsageError: A contract has no prices.
    """
    for contract in contracts if budget is not None else ():
        if not contract.charging.cells:
            raise UsageError(
                f"--budget cannot be kept for {contract.vendor}, whose documents name no price; cap the number of"
                " paid creations with --max-billed"
            )


def _check_places(arguments: argparse.Namespace) -> None:
    """
    Refuse what cannot be written to, before anything is spent.

    Raises:
        UsageError: The JSON file or the folder of records cannot be written.
    """
    check_writable(arguments.json)
    records = Path(arguments.output) / "records"
    try:
        records.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = error.strerror or str(error)
        raise UsageError(f"--output {arguments.output} cannot hold records: {problem}") from error
    if not os.access(records, os.W_OK):
        raise UsageError(f"--output {arguments.output} cannot hold records: {records} is closed")


def _endpoint(contract: Contract, arguments: argparse.Namespace) -> Endpoint:
    from conformance.run.targets import embedded_target, url_target

    _check_callbacks(arguments)
    key = os.environ.get(contract.key_variable, "")
    if not arguments.base_url:
        return embedded_target(contract, key=key or _TEST_KEY)
    if not key:
        raise UsageError(
            f"{contract.key_variable} is not set: --base-url needs the key of {contract.vendor} in it"
        )
    return url_target(
        arguments.base_url,
        key,
        callback_url=arguments.callback_url or "",
        callback_port=arguments.callback_port or 0,
    )


def _check_callbacks(arguments: argparse.Namespace) -> None:
    """
    Refuse what would be ignored.

    Raises:
        UsageError: A flag about callbacks lacks the one that it needs.
    """
    if arguments.callback_url and not arguments.callback_port:
        raise UsageError(
            "--callback-url needs --callback-port: the port on this machine that the address leads to"
        )
    if (arguments.callback_port or 0) > _LAST_PORT:
        raise UsageError(
            f"--callback-port is {arguments.callback_port}, expected a port from 1 to {_LAST_PORT}"
        )
    if (arguments.callback_url or arguments.callback_port) and not arguments.base_url:
        raise UsageError(
            "--callback-url and --callback-port need --base-url: the embedded simulator calls back in process"
        )


# --- money ---


def _consent(
    contract: Contract, endpoint: Endpoint, options: RunOptions, arguments: argparse.Namespace
) -> None:
    """
    Show what the run can cost at worst and ask, where the target may be a vendor.

    Raises:
        UsageError: Nobody is there to be asked, or the answer is no.
    """
    if endpoint.target.loopback:
        return
    worst = _worst_case(contract, endpoint, options)
    base_url = endpoint.target.base_url
    capped = options.max_billed is not None or options.budget is not None
    limit = "" if capped else " Only --max-billed and --budget are hard limits."
    say(f"{base_url} is not this machine, so this can cost money: at worst {worst}.{limit}")
    if arguments.yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("nothing was sent: give --yes to spend that, or --max-billed to cap it")
    print("Send the requests? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UsageError("nothing was sent: the answer was not yes")


def _worst_case(contract: Contract, endpoint: Endpoint, options: RunOptions) -> str:
    from conformance.planning.plan import make_plan
    from conformance.reporting.plan_view import worst_case
    from conformance.reporting.text import amount, plural
    from conformance.run.check import images_for

    images = images_for(endpoint, options)
    plan = make_plan(
        contract,
        strength=options.strength,
        images=images,
        only=options.only,
        callbacks="sure" if endpoint.receiver is not None else "",
    )
    creations, cost = worst_case(
        plan, contract, max_billed=options.max_billed, explore=options.explore
    )
    if options.budget is not None:
        cost = replace(cost, amount=min(cost.amount, options.budget))
    price = amount(cost.amount, cost.unit) if cost.unit else "at a price that is not documented"
    return f"{plural(creations, 'paid creation')}, {price}"


# --- asking and reporting ---


def _announce_self_test(*, alone: bool) -> None:
    """The first line of a run that contacts nobody; on stderr where JSON must be alone on stdout."""
    from conformance.reporting.terminal import SELF_TEST

    print(SELF_TEST, file=sys.stderr if alone else sys.stdout, flush=True)


def _asked(contract: Contract, endpoint: Endpoint, options: RunOptions) -> tuple[RunResult, bool]:
    """The result for one vendor, and whether anything could be judged."""
    from conformance.cli.watching import Watcher
    from conformance.run.check import run_check
    from conformance.run.journal import open_journal

    journal = open_journal(
        options.output or Path(),
        contract.vendor,
        datetime.now(UTC),
        durable=not endpoint.target.loopback,  # what was paid for survives the machine, too
    )
    watcher = Watcher()
    try:
        result = run_check(contract, endpoint, options, on_event=watcher, journal=journal)
    except TargetUnusable as error:
        watcher.done()
        if str(error) not in watcher.notes:
            complain(f"{contract.vendor}: {error}")
        return _unjudged(contract, endpoint, journal, str(error)), False
    except KeyboardInterrupt:
        watcher.done()
        say(f"{contract.vendor}: what was asked so far is in {journal.path}")
        raise
    finally:
        watcher.done()
    return result, True


def _unjudged(contract: Contract, endpoint: Endpoint, journal: Journal, why: str) -> RunResult:
    """The result of a run that could judge nothing: every clause is untested, what was spent is not hidden."""
    from conformance.contract.clauses import derive_clauses
    from conformance.results.cases import Cost, Plan
    from conformance.results.outcome import RunResult
    from conformance.results.verdicts import Verdict

    result = RunResult(
        contract=contract,
        target=endpoint.target,
        plan=Plan(vendor=contract.vendor, strength=1, cases=()),
        cases=(),
        exchanges={},
        observations=(),
        verdicts=tuple(
            Verdict(clause=c.id, verdict="untested", reason=c.untestable or _NOTHING_JUDGED)
            for c in derive_clauses(contract)
        ),
        cost=Cost(unit=contract.charging.unit),
        record_path=journal.path,
        notes=(why,),
    )
    try:
        record = journal.record()
    except RecordInvalid:  # nothing was planned, so nothing was asked
        return result
    return replace(
        result,
        requests=record.requests,
        billed=record.billed,
        cost=Cost(amount=record.cost, unit=contract.charging.unit),
        seconds=record.seconds,
        notes=record.notes or (why,),
    )


def _report(results: Sequence[RunResult], arguments: argparse.Namespace) -> None:
    from conformance.reporting.summary import run_json
    from conformance.reporting.terminal import report_lines

    if arguments.json:
        write_json(run_json(results), arguments.json)
    if arguments.json != "-":
        show(report_lines(results, verbose=arguments.verbose))


def exit_code(results: Sequence[RunResult], *, fail_on: str = "any", unusable: bool = False) -> int:
    """
    0 every tried clause conforms, 1 a violation that counts, 4 a target that cannot be judged, 5 undecided.

    Args:
        fail_on: `must` counts what is stated (a dispute of which no answer is followed is), `implied` and `any`
            what is implied as well.
    """
    from conformance.reporting.summary import count, judged

    found = [judged(result) for result in results]
    levels = ("must", "disputed") if fail_on == "must" else ("must", "disputed", "implied")
    pairs = [pair for one in found for pair in one]
    if any(p.verdict.verdict == "violates" and p.clause.level in levels for p in pairs):
        return 1
    if unusable:
        return 4
    nothing_tried = any(count(one).tried == 0 for one in found) or not found
    return 5 if nothing_tried or any(map(_is_undecided, pairs)) else 0


def _is_undecided(pair: Judged) -> bool:
    verdict = pair.verdict
    return verdict.verdict == "inconclusive" and not _CUT_BY_CAP.fullmatch(verdict.reason)


# --- the command line ---


def parser() -> Parser:
    """The arguments that it takes. One flat table."""
    made = Parser(
        "check",
        description="Asks a target everything its contract says and judges the answers. Without\n"
        "--base-url the target is a simulator made from the contract, inside this program:\n"
        "no vendor is contacted, and nobody waits or pays.",
        examples="  conformance check\n"
        "  conformance check aigptimage --json out.json\n"
        "  conformance check aigptimage --strength 2\n"
        "  conformance check aigptimage --explore 200 --seed 7\n"
        "  conformance check gptimage2api --only '*.prompt.*' --verbose\n"
        "  GPTIMAGE2API_API_KEY=... conformance check gptimage2api \\\n"
        "      --base-url https://gptimage2api.org --max-billed 5\n"
        "  conformance check gptimage2api --budget 20\n"
        "  APIPOD_API_KEY=... conformance check apipod --base-url https://api.apipod.ai \\\n"
        "      --callback-url https://hooks.example.com/apipod --callback-port 8900\n\n"
        "exit codes:\n"
        "  0  every clause that was tried conforms\n"
        "  1  a clause is violated (see --fail-on)\n"
        "  2  the command line, or a key variable, is wrong\n"
        "  3  a contract is invalid\n"
        "  4  the target cannot be reached, refuses the key throughout, or does not speak JSON\n"
        "  5  a clause stayed undecided for another reason than --max-billed, or nothing was tried",
    )
    made.add_argument(
        "vendors",
        metavar="VENDOR",
        nargs="*",
        help="a vendor's name, or the path of a contract; all vendors where none is given",
    )
    target = made.add_argument_group("target")
    target.add_argument(
        "--base-url",
        metavar="URL",
        default="",
        help="ask the server there, instead of the embedded simulator; its path is a prefix. "
        "Takes one vendor, whose key is read from its variable (AIGPTIMAGE_API_KEY)",
    )
    target.add_argument(
        "--image-url",
        metavar="URL",
        action="append",
        default=[],
        type=_url,
        help="a reference image that the target can fetch; may be given again. Needed only where "
        "the target is not on this machine",
    )
    target.add_argument(
        "--callback-url",
        metavar="URL",
        type=_url,
        help="a public address, as of a tunnel, that leads to --callback-port: vendors that call "
        "back are asked to send there. Not needed where the target is on this machine",
    )
    target.add_argument(
        "--callback-port",
        metavar="N",
        type=whole(1),
        help="the port on 127.0.0.1 that takes callbacks (default: any that is free). Their "
        "signatures are checked with the secret in TOAPIS_WEBHOOK_SECRET and its like, on this "
        "machine else with test-secret",
    )
    money = made.add_argument_group("money")
    money.add_argument(
        "--max-billed",
        metavar="N",
        type=whole(0),
        help="send no more than N creations that may be paid for, those that show most; 0 sends none",
    )
    money.add_argument(
        "--budget",
        metavar="AMOUNT",
        type=amount_of_money,
        help="send only what costs no more than AMOUNT at worst, in the unit that the contract "
        "prices in; what shows most for its price goes first",
    )
    money.add_argument(
        "--yes", action="store_true", help="do not ask before spending money at --base-url"
    )
    plan = made.add_argument_group("what is asked, and how")
    plan.add_argument(
        "--strength",
        metavar="N",
        type=one_of("1", "2", "3"),
        default="1",
        help="how many values are tried together: 1 each documented one (the default), 2 every "
        "permitted pair of a model's values, 3 every three; more is dearer",
    )
    plan.add_argument(
        "--explore",
        metavar="N",
        type=whole(0),
        default=0,
        help="after the plan, generate N further requests, valid and with one clause broken, and "
        "make what they find as small as can be. At --base-url valid ones are sent only with "
        "--max-billed; invalid ones cost nothing where they are refused, and take from the cap "
        "where not. The same --seed asks the same. Needs the extra [fuzz]",
    )
    plan.add_argument(
        "--only", metavar="GLOB", default="", help="try only clauses whose id matches, '*.prompt.*'"
    )
    plan.add_argument(
        "--concurrency",
        metavar="N",
        type=whole(1),
        default=4,
        help="cases at the same time over the network (default: 4)",
    )
    plan.add_argument(
        "--poll-interval",
        metavar="S",
        type=seconds,
        help="seconds between polls, not as documented",
    )
    plan.add_argument(
        "--poll-delay", metavar="S", type=seconds, help="seconds before the first poll of a task"
    )
    plan.add_argument(
        "--timeout",
        metavar="S",
        type=seconds,
        help="seconds to wait for a task before giving it up",
    )
    plan.add_argument(
        "--seed", metavar="N", type=whole(0), default=0, help="for whatever is random (default: 0)"
    )
    outcome = made.add_argument_group("outcome")
    outcome.add_argument(
        "--fail-on",
        metavar="LEVEL",
        type=one_of("must", "implied", "any"),
        default="any",
        help="which violations exit with 1: must (what is stated), implied (that, and what "
        "follows from it), any (the default)",
    )
    outcome.add_argument(
        "--verbose", action="store_true", help="list every clause, not only those to look at"
    )
    outcome.add_argument("--json", metavar="FILE", help="write it as JSON; - for stdout")
    outcome.add_argument(
        "--output",
        metavar="DIR",
        default="reports",
        help="records of the run go to DIR/records/ (default: reports)",
    )
    return made


def _url(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+\S*", text):
        raise argparse.ArgumentTypeError(f"is {text!r}, expected an http or https URL")
    return text
