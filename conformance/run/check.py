"""Ask a target within a cap, write the record, and judge it."""

from __future__ import annotations

import asyncio
import mimetypes
import os
import random
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from importlib.util import find_spec

from conformance.contract.callback import secret_variable
from conformance.contract.loading import load_contract
from conformance.contract.model import Contract
from conformance.errors import ConformanceError, TargetUnusable, UsageError
from conformance.judging.observe import observe
from conformance.planning.images import DEFAULT_IMAGES, NO_IMAGES, Images
from conformance.planning.plan import make_plan
from conformance.planning.values import RUN
from conformance.results.cases import Cost
from conformance.results.entries import Footer, Header, Listening, Noted, Resumed
from conformance.results.events import Event, OnEvent
from conformance.results.outcome import RunResult
from conformance.results.record import Record
from conformance.results.replayed import replayed_document, replayed_of
from conformance.run.asking import Asker
from conformance.run.balance import Balance
from conformance.run.calling import Calls, open_inbox
from conformance.run.clean import CleanJournal
from conformance.run.executor import Executor
from conformance.run.journal import Journal, MemoryJournal, open_journal
from conformance.run.judge import Observer, judge
from conformance.run.options import RunOptions, overridden, public_options, waits_for
from conformance.run.pace import LocalPace
from conformance.run.purse import LocalPurse
from conformance.run.replaying import TapedAsker
from conformance.run.requests import WRONG_KEY
from conformance.run.resuming import ContinuedJournal, Past
from conformance.run.session import Planner, Session
from conformance.run.staleness import replayed
from conformance.run.taping import INLINE_BYTES, cassette_of
from conformance.run.targets import Endpoint
from conformance.wire.recordings import Cassette
from conformance.wire.redaction import Redactor

__all__ = [
    "OnCassette",
    "check",
    "contract_named",
    "images_for",
    "rejudge",
    "run_check",
]

OnCassette = Callable[[Cassette], None]


async def check(
    contract: Contract,
    endpoint: Endpoint,
    options: RunOptions | None = None,
    *,
    on_event: OnEvent | None = None,
    journal: Journal | None = None,
    planner: Planner = make_plan,
    observer: Observer = observe,
    now: datetime | None = None,
    keep: OnCassette | None = None,
    past: Past | None = None,
) -> RunResult:
    """
    Hold a target against a contract. The endpoint is used up by it.

    Args:
        journal: Where to write; else a file under `options.output`, else memory.
        planner: In place of `make_plan`, for whoever runs many times and plans once.
        observer: In place of `observe`, for whoever judges many runs and remembers.
        now: The time on the wall, for the record's name.
        keep: Takes the run as a cassette, once it is over.
        past: What an earlier part of this run asked, where it goes on; `journal` is then that of its record.

    Raises:
        TargetUnusable: Nothing can be judged.
        UsageError: The record cannot be made, or exploring lacks its library.
        ConformanceError: The record cannot be written any further.
    """
    options = options or RunOptions()
    now = now or datetime.now(UTC)
    try:
        _check_extras(options)
        journal = journal or _journal(contract, endpoint, options, now)
        try:
            redactor = _redactor(contract, endpoint)
            if any(redactor.redact_text(url) != url for url in options.image_urls):
                journal = CleanJournal(journal, redactor)
            run = past.header.run if past is not None else _token(endpoint, now)
            header = _header(contract, endpoint, options, now, run)
            journal.write(_resumed(past, now) if past is not None else header)
            session = _session(
                contract, endpoint, options, journal, redactor, on_event, planner, run, past
            )
            if keep is not None:
                session.asker.keep_bytes = INLINE_BYTES
            told = replayed_of(header.cassette)
            journal.write(*(Noted(text=text) for text in (told.notes if told else ())))
            _say_what_is_unknown(session)
            await _listen(session)
            await _sent(session, journal)
            if endpoint.receiver is not None:
                await endpoint.receiver.aclose()  # what comes now is too late to be judged
            result = judge(journal.record(), contract, observer)
            journal.write(*result.verdicts, _footer(journal.record(), contract, finished=True))
            if keep is not None:
                keep(cassette_of(session, journal.record()))
        finally:
            journal.close()
    finally:
        if endpoint.receiver is not None:
            await endpoint.receiver.aclose()
        await endpoint.transport.aclose()
    return result


def run_check(
    contract: Contract,
    endpoint: Endpoint,
    options: RunOptions | None = None,
    *,
    on_event: OnEvent | None = None,
    journal: Journal | None = None,
    planner: Planner = make_plan,
    observer: Observer = observe,
    now: datetime | None = None,
    keep: OnCassette | None = None,
    past: Past | None = None,
) -> RunResult:
    """`check`, for whoever has no event loop."""
    found: list[RunResult] = []

    async def kept() -> None:
        result = await check(
            contract,
            endpoint,
            options,
            on_event=on_event,
            journal=journal,
            planner=planner,
            observer=observer,
            now=now,
            keep=keep,
            past=past,
        )
        found.append(result)

    # Not returned: asyncio.run, as it puts the handler of SIGINT back, has the whole result printed.
    asyncio.run(kept())
    return found[0]


def rejudge(record: Record, contract: Contract | None = None) -> RunResult:
    """
    Judge an existing record again.

    Args:
        contract: By which to judge; else today's contract of the record's vendor.

    Raises:
        UsageError: There is no such contract any more.
    """
    return judge(record, contract or contract_named(record.header))


def contract_named(header: Header) -> Contract:
    """
    Today's contract of a record.

    Raises:
        UsageError: There is none any more.
    """
    # A contract that comes with the package is shown as `specs/VENDOR.yaml`, wherever it is.
    own = header.contract_file in ("", f"specs/{header.vendor}.yaml")
    return load_contract(header.vendor if own else header.contract_file)


def _check_extras(options: RunOptions) -> None:
    """
    Refuse what needs a library that is not there, before anything is sent.

    Raises:
        UsageError: Exploring or fuzzing was asked for, without its library.
    """
    if options.explore and find_spec("hypothesis") is None:
        raise UsageError("--explore needs Hypothesis: pip install 'image-api-conformance[fuzz]'")
    if options.fuzz and find_spec("schemathesis") is None:
        raise UsageError("--fuzz needs Schemathesis: pip install 'image-api-conformance[fuzz]'")


def images_for(endpoint: Endpoint, options: RunOptions) -> Images:
    """The reference images that the plan may name."""
    if options.image_urls:
        typed = (
            (mimetypes.guess_type(url.partition("?")[0])[0], url) for url in options.image_urls
        )
        return Images(
            reference=options.image_urls,
            unreachable=DEFAULT_IMAGES.unreachable,
            by_type=tuple((kind, url) for kind, url in typed if kind),
        )
    return DEFAULT_IMAGES if endpoint.target.loopback else NO_IMAGES


async def _listen(session: Session) -> None:
    """Begin to receive callbacks, where there can be any."""
    inbox, told = await open_inbox(
        session.contract, session.endpoint, session.journal, session.redactor, session.run
    )
    if told:
        session.note(told)
    if inbox is not None:
        session.calls = Calls(inbox=inbox, endpoint=session.endpoint)
        if isinstance(session.asker, TapedAsker):
            session.asker.on_callback = inbox.recall
            session.calls.recall = session.asker.recall_callbacks
        if session.past is not None:
            session.calls.resume(session.past)
        if (port := inbox.receiver.port) and (session.past is None or session.past.port != port):
            session.journal.write(Listening(port=port))


def _say_what_is_unknown(session: Session) -> None:
    for name in session.past.unknown if session.past is not None else ():
        session.note(
            f"the creation of {name} was under way when the run was stopped: nobody knows whether it was made, so it"
            " counts as billed and is not sent again"
        )


async def _sent(session: Session, journal: Journal) -> None:
    """Run the executor; however it ends, the record says so."""
    for text in overridden(session.contract, session.options):
        session.note(text)
    balance = Balance(session)
    try:
        await balance.begin()
        await Executor(session).run()
        await balance.end()
    except TargetUnusable as error:
        session.note(str(error))
        _stopped(session.contract, journal)
        raise
    except BaseException:
        _stopped(session.contract, journal)
        raise


def _stopped(contract: Contract, journal: Journal) -> None:
    """The last line of a record that ends before its time; where none can be written, it is left out."""
    with suppress(ConformanceError):
        journal.write(_footer(journal.record(), contract, finished=False))


def _session(
    contract: Contract,
    endpoint: Endpoint,
    options: RunOptions,
    journal: Journal,
    redactor: Redactor,
    on_event: OnEvent | None,
    planner: Planner,
    run: str,
    past: Past | None,
) -> Session:
    course = journal if past is None else ContinuedJournal(journal, past)
    target = endpoint.target
    waits = waits_for(contract, options, nearby=endpoint.kind == "url" and target.loopback)
    asker = (Asker if endpoint.tape is None else TapedAsker)(
        endpoint=endpoint,
        journal=course,
        redactor=redactor,
        timeout_s=options.request_timeout_s,
        past=past,
    )
    purse = _purse(endpoint, options)
    if past is not None:
        past.recall(purse)
    return Session(
        contract=contract,
        endpoint=endpoint,
        options=options,
        waits=waits,
        images=images_for(endpoint, options),
        planner=planner,
        journal=course,
        redactor=redactor,
        asker=asker,
        purse=purse,
        pace=LocalPace(1 if endpoint.sequential else options.concurrency),
        rng=random.Random(options.seed),  # noqa: S311 - spreads clients, guards nothing
        on_event=on_event or _nobody_watches,
        run=run,
        past=past,
    )


def _redactor(contract: Contract, endpoint: Endpoint) -> Redactor:
    return Redactor(
        {"key": endpoint.key, "wrong key": WRONG_KEY, "webhook secret": _secret(contract)},
        header_names=[s.parameter for s in contract.auth if s.location == "header"],
    )


def _purse(endpoint: Endpoint, options: RunOptions) -> LocalPurse:
    if endpoint.tape is not None:  # what was not sent then is told apart by the cassette
        return LocalPurse(max_billed=None, budget=None, stop_at_invalid=False)
    return LocalPurse(
        max_billed=options.max_billed,
        budget=options.budget,
        stop_at_invalid=not endpoint.target.loopback,
    )


def _token(endpoint: Endpoint, now: datetime) -> str:
    """What makes the requests of this run unlike those of every other one; those of a replay are those of the first."""
    if endpoint.tape is not None and endpoint.tape.run.token:
        return endpoint.tape.run.token
    if endpoint.kind == "simulator":
        return "self-test".ljust(len(RUN), "-")
    return f"{now:%Y%m%d%H%M%S%f}"


def _secret(contract: Contract) -> str:
    return os.environ.get(secret_variable(contract), "") if contract.callback else ""


def _nobody_watches(_: Event) -> None:
    pass


def _journal(contract: Contract, endpoint: Endpoint, options: RunOptions, now: datetime) -> Journal:
    if options.output is None:
        return MemoryJournal()
    durable = not endpoint.target.loopback
    return open_journal(options.output, contract.vendor, now, durable=durable)


def _resumed(past: Past, now: datetime) -> Resumed:
    return Resumed(
        resumed=now.astimezone(UTC).isoformat(timespec="seconds"),
        pid=os.getpid(),
        dropped=past.dropped,
        cases=past.under_way,
    )


def _header(
    contract: Contract, endpoint: Endpoint, options: RunOptions, now: datetime, run: str
) -> Header:
    tape = endpoint.tape
    today = now.astimezone(UTC).date()
    return Header(
        vendor=contract.vendor,
        contract_digest=contract.digest,
        contract_file=contract.file,
        target=endpoint.target,
        tool=_tool(),
        seed=options.seed,
        started=now.astimezone(UTC).isoformat(timespec="seconds"),
        options=public_options(options),
        cassette=replayed_document(
            replayed(tape.cassette, contract, today=today, max_age_days=tape.max_age_days)
        )
        if tape is not None
        else {},
        run=run,
        pid=os.getpid(),
        contract_text=contract.text,
    )


@cache
def _tool() -> str:
    from conformance import __version__

    return f"image-api-conformance {__version__}"


def _footer(record: Record, contract: Contract, *, finished: bool) -> Footer:
    return Footer(
        requests=record.requests,
        billed=record.billed,
        cost=Cost(amount=record.cost, unit=contract.charging.unit),
        seconds=record.seconds,
        finished=finished,
    )
