"""What becomes of a task?"""

from __future__ import annotations

from dataclasses import dataclass

from conformance.judging.outcomes import classify, result_urls, task_state
from conformance.results.cases import Case
from conformance.run.requests import poll_send
from conformance.run.session import Session
from conformance.wire.exchange import Exchange, Request
from conformance.wire.retrying import retry_after_s

__all__ = ["NO_STATUS", "Followed", "ask_again_at_the_end", "follow"]

NO_STATUS = "no status operation"

_ENDED = ("succeeded", "failed")
_TRANSIENT = ("throttled", "trouble", "no-reply", "not-sent")

_LAST_LOOKS = 3
_LONGEST_ID = 2_000  # characters; a longer one does not fit into the URL that many servers take

_PATIENCE = {"refused": 3, "stateless": 5, "transient": 6, "empty": 3}
"""
After how many in a row the poll ends: a refusal (a store may need a moment to know its own fresh task), an answer
without a state, trouble that passes, and a success that has no results yet.
"""


@dataclass(slots=True)
class Followed:
    """
    Where a task was last seen.

    `phase` is that of the last state seen ("" for none), `answer` the last reply that had one. `gave_up` says why the
    poll ended before the task: `deadline`, `refused`, `stateless`, `transient`, `long-id`, `NO_STATUS`, or "".
    """

    phase: str = ""
    answer: Exchange | None = None
    gave_up: str = ""


async def follow(
    session: Session, case: Case, task_id: str, *, since_s: float | None = None
) -> Followed:
    """
    Poll a task by the documented advice until it ends, the deadline passes, or the polls themselves fail.

    Args:
        since_s: When it was made, on the target's clock; None for now.
    """
    send = poll_send(session.contract)
    if send is None:
        return Followed(gave_up=NO_STATUS)
    if len(task_id) > _LONGEST_ID:
        session.note_once(f"a task whose id has more than {_LONGEST_ID} characters is not followed")
        return Followed(gave_up="long-id")
    delivered = session.answered
    found = await _polled(session, case, session.request(send, task_id), since_s)
    session.unheard = 0 if session.answered > delivered else session.unheard + 1
    return found


async def _polled(
    session: Session, case: Case, request: Request, since_s: float | None
) -> Followed:
    found = Followed()
    # By the times of exchanges: those that are taken from a record came when they came.
    began_s = now_s = session.now() if since_s is None else since_s
    deadline_s = began_s + session.waits.task_s
    wait_s, polls, last_kind, in_a_row = session.first_wait_s(), 0, "", 0
    while True:
        await session.sleep(max(0.0, min(wait_s, deadline_s - now_s)), case.id, "poll")
        exchange = await session.asker.ask(case.id, "poll", request)
        now_s = exchange.started_s + exchange.elapsed_s
        polls += 1
        session.answered += exchange.reply is not None
        kind = _read(session, exchange, found)
        if kind == "ended":
            session.lasted_s.append(now_s - began_s)
            return found
        in_a_row = in_a_row + 1 if kind == last_kind else 1
        last_kind = kind
        if in_a_row >= _PATIENCE.get(kind, polls + 1):
            found.gave_up = "" if kind == "empty" else kind
            return found
        if now_s >= deadline_s:
            found.gave_up = "deadline"
            return found
        wait_s = max(session.waits.after_poll(polls), retry_after_s(exchange.reply) or 0.0)


def _read(session: Session, exchange: Exchange, found: Followed) -> str:
    """What one poll says: ended, running, or one of the words of `_PATIENCE`."""
    outcome = classify(session.contract, "status", exchange)
    session.hear(outcome.kind)
    if outcome.kind in _TRANSIENT:
        return "transient"
    if outcome.kind != "accepted":
        return "refused"
    state = task_state(session.contract, exchange)
    if state is None:
        return "stateless"
    found.phase, found.answer = state[1], exchange
    if state[1] == "succeeded" and _lacks_results(session, exchange):
        return "empty"
    return "ended" if state[1] in _ENDED else "running"


def _lacks_results(session: Session, exchange: Exchange) -> bool:
    status = session.contract.operation("status")
    promised = any(f.role == "results" for f in status.reply) if status else False
    return promised and not result_urls(session.contract, exchange)


async def ask_again_at_the_end(session: Session, case: str, task_id: str) -> None:
    """One more poll of a task that has ended: it should stay as it is, and its refund should show by now."""
    send = poll_send(session.contract)
    if send is None:
        return
    request = session.request(send, task_id)
    for _ in range(_LAST_LOOKS):
        exchange = await session.asker.ask(case, "repoll", request)
        if classify(session.contract, "status", exchange).kind not in _TRANSIENT:
            return
        wait_s = retry_after_s(exchange.reply) or session.waits.interval_s
        await session.sleep(wait_s, case, "repoll")
