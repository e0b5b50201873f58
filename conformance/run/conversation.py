"""How does one case go, from its first request to the last?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from conformance.contract.paths import find
from conformance.judging.outcomes import body_of_reply, causes_of, classify, result_urls
from conformance.results.cases import Case
from conformance.results.verdicts import Outcome
from conformance.run.downloads import fetch_results
from conformance.run.following import NO_STATUS, Followed, follow
from conformance.run.purse import Reservation
from conformance.run.session import Session
from conformance.wire.exchange import Exchange, Request
from conformance.wire.retrying import backoff_s, retry_after_s

__all__ = ["Talk", "converse", "first_request"]

_UNPAID = ("refused", "throttled", "active-limit", "not-sent")

_THROTTLED = 3  # how often a create is sent again after 429
_UNCONNECTED = 2  # the same, after a connection that failed
_CROWDED = 10  # the same, while tasks of ours are still running
_IN_PROGRESS = 6  # the same, while the first creation with this key is being processed
_NEARLY = 0.98  # of a documented lifetime: what is promised until its end must still be there
_NO_PRICE = 1e12  # what a meter shows beyond that is no amount to calculate with
_QUERIES = 3  # how often anything free is asked in all


@dataclass(slots=True)
class Talk:
    """
    How a case went.

    `exchange` is the one that answered the case's own question, not redacted. `phase` is where its task was last seen: running, succeeded, failed, unknown, or "" where there is none.
    """

    outcome: Outcome
    exchange: Exchange | None = None
    phase: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def accepted(self) -> bool:
        """A task was made."""
        return self.outcome.kind == "accepted"


async def converse(session: Session, case: Case, reservation: Reservation | None = None) -> Talk:
    """
    Send a case and follow it to its end; written down as it goes.

    Args:
        reservation: What a creation may spend; closed on every way out.
    """
    if case.operation == "result":
        return await _result_later(session, case)
    task_id = _task_of(session, case)
    request = first_request(session, case)
    if case.operation == "create":
        is_excused = False
        try:
            talk = await _create(session, case, request, reservation)
            is_excused = case.expect == "refused-or-failed" and talk.phase == "failed"
            return talk
        except BaseException:
            # A creation may be under way; who was to hear of it is gone.
            _unknown(session, case, reservation)
            raise
        finally:
            if reservation is not None:
                session.purse.end(reservation, excused=is_excused)
    exchange = await _query(session, case, request)
    outcome = classify(session.contract, case.operation, exchange)
    facts = {"task_id": task_id} if task_id else {}
    talk = Talk(outcome=outcome, exchange=exchange, facts=facts)
    session.tell(case, outcome, talk.facts)
    return talk


def first_request(session: Session, case: Case) -> Request:
    """What a case begins with."""
    return session.request(
        case.send,
        _task_of(session, case),
        case=case.repeats or case.id,
        callback_url=session.callback_url(case),
    )


def _task_of(session: Session, case: Case) -> str | None:
    return session.tasks.get(case.needs_task) if case.needs_task else None


# --- creations ---


async def _create(
    session: Session, case: Case, request: Request, reservation: Reservation | None
) -> Talk:
    exchange, outcome = await _asked_once(session, case, request)
    _account(session, case, reservation, exchange, outcome)
    talk = Talk(outcome=outcome, exchange=exchange)
    session.tell(case, outcome, talk.facts)
    if not talk.accepted:
        return talk
    task_id = outcome.task_id
    session.tasks[case.id] = task_id
    session.unfinished.add(task_id)
    made_s = exchange.started_s + exchange.elapsed_s
    followed = await follow(session, case, task_id, since_s=made_s)
    if followed.gave_up == NO_STATUS:
        # Nothing to poll: the creation's own reply is all there is.
        followed.phase = "succeeded" if result_urls(session.contract, exchange) else ""
    await _ended(session, case, talk, followed, followed.answer or exchange)
    _correct(session, case, reservation, exchange, followed)
    if session.calls is not None:
        session.calls.note(case, outcome, talk.facts, talk.phase)
    session.tell(case, outcome, talk.facts)
    return talk


async def _asked_once(session: Session, case: Case, request: Request) -> tuple[Exchange, Outcome]:
    """
    A creation, sent again only where it is certain that nothing was made.

    That is after a documented refusal that is not billed (429, too many active tasks, the first creation with the same
    key still in progress) and after a connection that failed. Everything else is an answer, or its outcome is unknown.
    """
    again = dict.fromkeys(("throttled", "not-sent", "active-limit", "in-progress"), 0)
    while True:
        exchange = await session.asker.ask(case.id, "create", request)
        outcome = classify(session.contract, "create", exchange)
        session.hear(outcome.kind)
        kind = "in-progress" if _is_in_progress(session, case, exchange) else outcome.kind
        asks_again = session.past.asked_again(exchange) if session.past is not None else None
        if asks_again is None:
            asks_again = kind in again and _may_ask_again(session, exchange, kind, again[kind])
        if not asks_again:
            return exchange, outcome
        again[kind] = again.get(kind, 0) + 1
        await _before_asking_again(session, exchange, kind, again[kind])


def _is_in_progress(session: Session, case: Case, exchange: Exchange) -> bool:
    """Whether a repeated key is refused because its first creation is not through, and not for another reason."""
    if (
        not session.is_repeated(case)
        or classify(session.contract, "create", exchange).kind != "refused"
    ):
        return False
    told = causes_of(session.contract, "create", exchange)
    # The same body cannot conflict with itself; another one may, where the reply does not name its reason.
    return "in-progress" in told and (case.breaks is None or "conflict" not in told)


def _may_ask_again(session: Session, exchange: Exchange, kind: str, times: int) -> bool:
    if kind == "throttled":
        return times < _THROTTLED and not session.is_shut_out
    if kind == "in-progress":
        return times < _IN_PROGRESS
    if kind == "active-limit":
        # With no task of ours under way, it is no answer to waiting for.
        return times < _CROWDED and bool(session.unfinished)
    return times < _UNCONNECTED and exchange.failure == "connect"


async def _before_asking_again(session: Session, exchange: Exchange, kind: str, times: int) -> None:
    async def wait(seconds: float) -> None:
        await session.sleep(seconds, exchange.case, exchange.phase)

    if kind == "not-sent":
        await wait(backoff_s(times, session.rng) / 2)
        return
    if kind == "active-limit":
        session.pace.slow_down()
    asked_for = retry_after_s(exchange.reply)
    if asked_for is not None:
        await wait(asked_for)
    elif kind == "in-progress":
        await wait(backoff_s(min(times, 3), session.rng))
    elif kind == "active-limit":
        await wait(max(session.waits.interval_s, backoff_s(times, session.rng)))
    else:
        await wait(backoff_s(times, session.rng))


async def _ended(
    session: Session, case: Case, talk: Talk, followed: Followed, answer: Exchange
) -> None:
    """Note where the task was last seen, and fetch what it made."""
    talk.phase = followed.phase
    if followed.gave_up:
        talk.facts["gave_up"] = followed.gave_up
    task_id = talk.outcome.task_id
    if followed.phase in ("succeeded", "failed"):
        session.unfinished.discard(task_id)
        if followed.answer is not None:
            session.finished.setdefault(task_id, case.id)
        if followed.phase == "failed":
            session.failed.add(task_id)
    if followed.phase == "succeeded":
        urls = result_urls(session.contract, answer)
        session.results[case.id] = (session.now(), urls)
        left = await fetch_results(session, case, urls)
        if left:
            talk.facts["not_fetched"] = left


async def _result_later(session: Session, case: Case) -> Talk:
    """Fetch the results of an earlier case again, shortly before the shortest documented lifetime ends."""
    seen, urls = session.results.get(case.needs_task, (session.now(), ()))
    lifetime = min((e.lifetime_s for e in session.contract.expiry), default=0.0)
    wait = seen + lifetime * _NEARLY - session.now()
    await session.sleep(max(0.0, wait))
    await fetch_results(session, case, urls[:1])
    talk = Talk(outcome=Outcome(kind="answered"), facts={"age_s": session.now() - seen})
    session.tell(case, talk.outcome, talk.facts)
    return talk


# --- money ---


def _account(
    session: Session,
    case: Case,
    reservation: Reservation | None,
    exchange: Exchange,
    outcome: Outcome,
) -> None:
    """Whether this creation counts, as soon as that is known."""
    if reservation is None:
        return
    # A repeated idempotency key gave back the task that it had made before.
    first = session.tasks.get(case.repeats) if case.repeats else None
    replayed = outcome.kind == "accepted" and outcome.task_id == first
    if outcome.kind in _UNPAID or replayed:
        session.purse.release(reservation)
    else:
        shown = _metered(session, "create", exchange)
        cost = _expected(case) if shown is None else shown
        session.settle(case, reservation, cost, metered=shown is not None)


def _correct(
    session: Session,
    case: Case,
    reservation: Reservation | None,
    created: Exchange,
    followed: Followed,
) -> None:
    """The amount that the status reply shows, where it shows one; a failed task may show its refund."""
    if reservation is None or reservation.released or followed.answer is None:
        return
    if followed.phase != "failed":
        last, first = (
            _metered(session, "status", followed.answer),
            _metered(session, "create", created),
        )
        shown = first if last is None else last
        cost = _expected(case) if shown is None else shown
        session.settle(case, reservation, cost, metered=shown is not None)


def _metered(session: Session, operation: str, exchange: Exchange) -> float | None:
    """What the reply says the creation cost; None where it says nothing."""
    for name, path in session.contract.charging.meter:
        for value in find(body_of_reply(exchange), path) if name == operation else ():
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if is_number and 0 <= value < _NO_PRICE:
                return float(value)
    return None


def _expected(case: Case) -> float:
    return case.cost.amount or case.worst_cost.amount


def _unknown(session: Session, case: Case, reservation: Reservation | None) -> None:
    if reservation is not None and not (reservation.settled or reservation.released):
        session.settle(case, reservation, _expected(case))


# --- what is free ---


async def _query(session: Session, case: Case, request: Request) -> Exchange:
    """
    A request that creates nothing. A GET is repeated when it meets trouble that passes.

    Anything else is repeated only if it did not arrive, or was throttled.
    """
    passing = {"throttled", "not-sent"}
    if request.method == "GET":
        passing |= {"trouble", "no-reply"}
    for attempt in range(1, _QUERIES + 1):
        exchange = await session.asker.ask(case.id, case.operation, request)
        kind = classify(session.contract, case.operation, exchange).kind
        session.hear(kind)
        if kind not in passing or session.is_shut_out:
            break
        if attempt < _QUERIES:
            wait_s = retry_after_s(exchange.reply) or backoff_s(attempt, session.rng)
            await session.sleep(wait_s, case.id, case.operation)
    return exchange
