"""`conformance check`: does the target keep what the contract says?"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cli.check_asking import ask, new_journal
from conformance.cli.check_cassettes import (
    REPLAY,
    is_stale,
    keeper,
    replay_options,
    replayed_contracts,
)
from conformance.cli.check_cassettes import check_flags as check_cassette_flags
from conformance.cli.check_config import arguments_for, check_known, config_of, held, with_defaults
from conformance.cli.check_flags import parser
from conformance.cli.check_money import check_budget, get_consent
from conformance.cli.check_target import check_targets, endpoint_of
from conformance.cli.output import check_writable, show, write_json, write_text
from conformance.cli.parsing import did_you_mean
from conformance.errors import UsageError

if TYPE_CHECKING:
    from conformance.contract.model import Contract
    from conformance.results.baseline import Config, Ratchet
    from conformance.results.outcome import RunResult
    from conformance.run.options import RunOptions
    from conformance.run.targets import Endpoint

__all__ = ["exit_code", "parser", "run"]


def run(words: Sequence[str]) -> int:
    """Ask each vendor's target, judge the answers, report."""
    given = parser().read(words)
    check_targets(given)
    config = config_of(given)
    arguments = with_defaults(given, config, words)
    if arguments.resume:
        return _resumed(arguments, words, config)
    contracts = _contracts(arguments)
    check_known(config, contracts, chosen=bool(given.vendors))
    check_cassette_flags(arguments)
    check_budget(contracts, arguments.budget)
    asked = _to_ask(contracts, arguments, config, words)
    _check_places(arguments)
    _announce([endpoint for _, endpoint, _ in asked], alone=arguments.json == "-")
    get_consent([each for each in asked if each[1].tape is None], arguments)
    results, unusable = [], False
    for contract, endpoint, options in asked:
        journal = new_journal(contract, endpoint, options)
        result, is_judged = ask(
            contract,
            endpoint,
            options,
            journal,
            keep=keeper(contract, endpoint, arguments),
        )
        results.append(result)
        unusable = unusable or not is_judged
    ratchet = held(config, results)
    _report(results, arguments, ratchet)
    if is_stale(results):
        return 3
    return exit_code(results, fail_on=arguments.fail_on, unusable=unusable, ratchet=ratchet)


def _resumed(arguments: argparse.Namespace, words: Sequence[str], config: Config | None) -> int:
    """Go on with the run of a record, or judge it again where there is nothing to go on with."""
    from conformance.cli.check_resume import go_on, resume

    _check_files(arguments)
    run = go_on(arguments, words)
    if run.past.header.target.kind == "simulator" and not run.past.finished:
        _announce_self_test(alone=arguments.json == "-")
    result, is_judged = resume(run, arguments)
    ratchet = held(config, [result])
    _report([result], arguments, ratchet)
    return exit_code([result], fail_on=arguments.fail_on, unusable=not is_judged, ratchet=ratchet)


def _to_ask(
    contracts: Sequence[Contract],
    arguments: argparse.Namespace,
    config: Config | None,
    words: Sequence[str],
) -> list[tuple[Contract, Endpoint, RunOptions]]:
    """Each contract with its target, and how that is asked."""
    if arguments.replay:
        return _to_replay(contracts, arguments)
    found = []
    for contract in contracts:
        own = arguments_for(contract, arguments, config, words)
        check_budget([contract], own.budget)
        if own.replay:
            found += _to_replay([contract], own)
        else:
            found.append((contract, endpoint_of(contract, own), _options(own)))
    return found


def _to_replay(
    contracts: Sequence[Contract], arguments: argparse.Namespace
) -> list[tuple[Contract, Endpoint, RunOptions]]:
    from conformance.run.targets import replayed_target

    options = _options(arguments)
    return [
        (
            contract,
            replayed_target(contract, cassette, max_age_days=arguments.max_age),
            replay_options(cassette, options),
        )
        for contract, cassette in replayed_contracts(contracts, arguments)
    ]


# --- what is asked ---


def _contracts(arguments: argparse.Namespace) -> list[Contract]:
    from conformance.contract.loading import contract_names, load_contract

    names = list(dict.fromkeys(arguments.vendors))
    contracts = [load_contract(name) for name in names or contract_names()]
    return _with_clauses(contracts, arguments.only, named=bool(names))


def _with_clauses(contracts: list[Contract], only: str, *, named: bool) -> list[Contract]:
    """The contracts of which `--only` leaves anything; of those that were named, all must have some."""
    from conformance.contract.clauses import derive_clauses
    from conformance.contract.picking import picks

    if not only:
        return contracts
    ids = {c.vendor: [clause.id for clause in derive_clauses(c)] for c in contracts}
    left = [c for c in contracts if any(picks(only, name) for name in ids[c.vendor])]
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
        fuzz=arguments.fuzz,
        repeat=arguments.repeat,
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


def _check_places(arguments: argparse.Namespace) -> None:
    """
    Refuse what cannot be written to, before anything is spent.

    Raises:
        UsageError: The JSON file or the folder of records cannot be written.
    """
    _check_files(arguments)
    records = Path(arguments.output) / "records"
    try:
        records.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = error.strerror or str(error)
        raise UsageError(f"--output {arguments.output} cannot hold records: {problem}") from error
    if not os.access(records, os.W_OK):
        raise UsageError(f"--output {arguments.output} cannot hold records: {records} is closed")


def _check_files(arguments: argparse.Namespace) -> None:
    """
    Refuse files that reports cannot be written to.

    Raises:
        UsageError: One of them cannot, or the libraries for it are missing.
    """
    for flag in ("json", "junit", "html"):
        check_writable(getattr(arguments, flag), flag=f"--{flag}")
    if arguments.html:
        from conformance.reporting.page import check_page_extra

        check_page_extra("--html")


# --- asking and reporting ---


def _announce(endpoints: Sequence[Endpoint], *, alone: bool) -> None:
    """The first line of a run that contacts nobody; on stderr where JSON must be alone on stdout."""
    if all(endpoint.tape is not None for endpoint in endpoints):
        _say_first(REPLAY, alone=alone)
    elif all(endpoint.tape is None and endpoint.kind == "simulator" for endpoint in endpoints):
        _announce_self_test(alone=alone)


def _announce_self_test(*, alone: bool) -> None:
    from conformance.reporting.terminal import SELF_TEST

    _say_first(SELF_TEST, alone=alone)


def _say_first(sentence: str, *, alone: bool) -> None:
    print(sentence, file=sys.stderr if alone else sys.stdout, flush=True)


def _report(
    results: Sequence[RunResult], arguments: argparse.Namespace, ratchet: Ratchet | None
) -> None:
    from conformance.reporting.baseline_view import baseline_json, baseline_lines
    from conformance.reporting.summary import run_json
    from conformance.reporting.terminal import report_lines

    if arguments.json:
        document = run_json(results)
        if ratchet is not None:
            document["baseline"] = baseline_json(ratchet)
        write_json(document, arguments.json)
    if arguments.junit:
        from conformance.reporting.junit import junit_xml

        write_text(junit_xml(results, ratchet), arguments.junit, flag="--junit")
    if arguments.html:
        from conformance.reporting.page import draw_records

        write_text(draw_records(results), arguments.html, flag="--html")
    if "-" not in (arguments.json, arguments.junit, arguments.html):
        excused = frozenset(ratchet.excused if ratchet is not None else ())
        lines = report_lines(results, verbose=arguments.verbose, excused=excused)
        show([*lines, *(baseline_lines(ratchet) if ratchet is not None else ())])


def exit_code(
    results: Sequence[RunResult],
    *,
    fail_on: str = "any",
    unusable: bool = False,
    ratchet: Ratchet | None = None,
) -> int:
    """
    0 every tried clause conforms, 1 a violation that counts, 4 a target that cannot be judged, 5 undecided.

    Args:
        fail_on: `must` counts what is stated (a dispute of which no answer is followed is), `implied` and `any`
            what is implied as well.
        ratchet: What is known counts no more; what has expired, or conforms by now, does.
    """
    from conformance.reporting.summary import count, is_undecided, judged

    found = [judged(result) for result in results]
    levels = ("must", "disputed") if fail_on == "must" else ("must", "disputed", "implied")
    pairs = [pair for one in found for pair in one]
    excused = ratchet.excused if ratchet is not None else {}
    violated = (p for p in pairs if p.verdict.verdict == "violates" and p.clause.id not in excused)
    if any(p.clause.level in levels for p in violated) or (ratchet is not None and ratchet.failing):
        return 1
    if unusable:
        return 4
    # What no request of ours recorded is no gap of the user's making; of a plain cassette nobody expects all.
    missed = any(r.missed for r in results if r.replayed is not None and r.replayed.kind)
    nothing_tried = missed or any(count(one).tried == 0 for one in found) or not found
    return 5 if nothing_tried or any(map(is_undecided, pairs)) else 0
