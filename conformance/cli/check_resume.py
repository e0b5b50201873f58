"""Which run does `--resume RECORD` go on with, and does the command line agree with it?"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.cli.check_asking import ask, new_journal
from conformance.cli.check_cassettes import keeper
from conformance.cli.check_money import get_consent
from conformance.cli.check_target import endpoint_of
from conformance.cli.output import say
from conformance.errors import CassetteInvalid, RecordInvalid, UsageError

if TYPE_CHECKING:
    from conformance.contract.model import Contract
    from conformance.results.entries import Entry, Header
    from conformance.results.outcome import RunResult
    from conformance.run.journal import FileJournal
    from conformance.run.options import RunOptions
    from conformance.run.resuming import Past

__all__ = ["Continued", "go_on", "resume"]

_OPTIONS = {
    "--strength": "strength",
    "--explore": "explore",
    "--fuzz": "fuzz",
    "--repeat": "repeat",
    "--max-billed": "max_billed",
    "--budget": "budget",
    "--only": "only",
    "--concurrency": "concurrency",
    "--poll-interval": "poll_interval_s",
    "--poll-delay": "poll_delay_s",
    "--timeout": "timeout_s",
    "--image-url": "image_urls",
}
"""The flags that decide what is asked, which a record has already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Continued:
    """A run that was stopped, ready to go on. `past` has the record as it was found."""

    contract: Contract
    journal: FileJournal
    past: Past
    options: RunOptions


def go_on(arguments: argparse.Namespace, words: Sequence[str]) -> Continued:
    """
    Open the record that is meant, for this process alone; `arguments` is given its target.

    Raises:
        UsageError: The record cannot be gone on with, or a flag contradicts it.
        RecordInvalid: It is no record.
        ContractInvalid: Its contract is none any more.
    """
    from conformance.run.journal import reopen_journal

    path = Path(arguments.resume)
    journal, entries, cut_bytes = reopen_journal(path)
    try:
        found = _continued(arguments, words, journal, entries)
    except BaseException:
        journal.close()
        raise
    if cut_bytes:
        from conformance.results.entries import Noted

        told = f"the last line of the record was cut off ({cut_bytes} bytes) and is left out"
        journal.write(Noted(text=told))
        say(f"{path}: {told}")
    return found


def resume(run: Continued, arguments: argparse.Namespace) -> tuple[RunResult, bool]:
    """The result of a run that goes on, or is judged again; and whether anything could be judged."""
    from conformance.run.check import rejudge

    past, journal = run.past, run.journal
    if past.finished:
        journal.close()
        say(f"{past.path} is finished: nothing was sent, it was judged again")
        return rejudge(journal.record(), run.contract), True
    endpoint = endpoint_of(run.contract, arguments, start_s=past.last_s)
    keep = keeper(run.contract, endpoint, arguments)
    if past.header.target.kind == "simulator":
        journal.close()
        say(f"{past.path} is of a simulator that ended with its process: everything is asked again")
        options = replace(run.options, output=Path(past.path).parent.parent)
        anew = new_journal(run.contract, endpoint, options)
        return ask(run.contract, endpoint, options, anew, keep=keep)
    billed = past.billed
    spent = f" ({billed} creations were billed before)" if billed else ""
    get_consent([(run.contract, endpoint, run.options)], arguments, spent=spent)
    say(f"{past.path} is gone on with; {past.count} of its requests were sent before")
    return ask(run.contract, endpoint, run.options, journal, keep=keep, past=past)


def _continued(
    arguments: argparse.Namespace,
    words: Sequence[str],
    journal: FileJournal,
    entries: Sequence[Entry],
) -> Continued:
    from conformance.run.options import recorded_options
    from conformance.run.resuming import Past, header_of
    from conformance.wire.signed import holds_mask

    header = header_of(entries, journal.path)
    contract = _contract(arguments, header)
    _check_target(arguments, header, journal.path)
    try:
        options = recorded_options(header.options, seed=header.seed, output=Path(arguments.output))
    except CassetteInvalid as error:
        raise RecordInvalid(f"{journal.path}: {error}") from error
    if any(map(holds_mask, options.image_urls)):
        raise UsageError(
            f"{journal.path} cannot be gone on with: the address of its reference image is signed,"
            " and no record keeps what signs it. Start a new run"
        )
    for flag, given, recorded in _contradictions(arguments, words, header, options):
        raise UsageError(
            f"{flag} {given} contradicts {journal.path}, whose run has {recorded}; leave it out"
        )
    if _is_given("--output", words):
        raise UsageError("--output has no place beside --resume: the run goes on in its own record")
    past = Past(contract, entries, journal.path)
    if past.port and not arguments.callback_port and header.target.loopback:
        arguments.callback_port = past.port
    return Continued(contract=contract, journal=journal, past=past, options=options)


def _contract(arguments: argparse.Namespace, header: Header) -> Contract:
    """
    The contract that the record was made by.

    Raises:
        UsageError: Another vendor is named, or its contract is another one by now.
    """
    from conformance.contract.loading import load_contract
    from conformance.run.check import contract_named

    if len(arguments.vendors) > 1:
        raise UsageError("--resume goes on with the run of one vendor, found several")
    named = arguments.vendors[0] if arguments.vendors else ""
    contract = load_contract(named) if named else contract_named(header)
    if contract.vendor != header.vendor:
        raise UsageError(f"{arguments.resume} is a record of {header.vendor}, not of {named}")
    if contract.digest != header.contract_digest:
        raise UsageError(
            f"{arguments.resume} was made by another edition of the contract of {header.vendor}"
            f" (digest {header.contract_digest[:12]}, now {contract.digest[:12]}): start a new run"
        )
    return contract


def _check_target(arguments: argparse.Namespace, header: Header, path: str) -> None:
    """
    Take the record's target for the run.

    Raises:
        UsageError: Another one was asked for, or there is none that could be gone on with.
    """
    from conformance.run.targets import checked_url

    target = header.target
    if target.kind not in ("simulator", "url", "live"):
        raise UsageError(f"{path} is of a {target.kind}: nothing was asked, so nothing can go on")
    if arguments.live and target.kind != "live":
        raise UsageError(f"--live contradicts {path}, whose target is {_shown(header)}")
    if arguments.base_url and (
        target.kind != "url" or checked_url(arguments.base_url) != target.base_url
    ):
        raise UsageError(
            f"--base-url {arguments.base_url} contradicts {path}, whose target is {_shown(header)}"
        )
    if target.kind != "simulator" and not header.run:
        raise UsageError(
            f"{path} was written by {header.tool or 'an earlier version'}, which does not say"
            " enough to go on: start a new run"
        )
    arguments.base_url = target.base_url if target.kind == "url" else ""
    arguments.live = target.kind == "live"


def _shown(header: Header) -> str:
    return header.target.base_url or "the embedded simulator"


def _contradictions(
    arguments: argparse.Namespace, words: Sequence[str], header: Header, options: RunOptions
) -> Iterator[tuple[str, Any, Any]]:
    """Flags that say something else than the record: the flag, what it says, what the record has."""
    if _is_given("--seed", words) and arguments.seed != header.seed:
        yield "--seed", arguments.seed, header.seed
    for flag, name in _OPTIONS.items():
        if not _is_given(flag, words):
            continue
        given = getattr(arguments, flag[2:].replace("-", "_"))
        recorded = getattr(options, name)
        given = tuple(given) if isinstance(recorded, tuple) else given
        if str(given) != str(recorded):
            yield flag, given, "none" if recorded in (None, "", ()) else recorded


def _is_given(flag: str, words: Sequence[str]) -> bool:
    return any(word == flag or word.startswith(f"{flag}=") for word in words)
