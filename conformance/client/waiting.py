"""
What becomes of a task?

It is asked about as the documents advise. Trouble while asking says nothing of the task: only the task's own state,
or a definite refusal, ends the waiting before the deadline.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from conformance.client.answers import Result, Snapshot, Task
from conformance.client.creating import refusal
from conformance.client.reading import Heard, hear
from conformance.client.snapshots import is_about, other_id_in, read_snapshot, results_in
from conformance.client.steps import Answer, Flow, Sleep
from conformance.client.terms import Terms
from conformance.contract.model import Operation
from conformance.errors import (
    ClientError,
    DeadlineExceeded,
    MalformedReply,
    NotOffered,
    ServerTrouble,
    TaskFailed,
)
from conformance.wire.exchange import Reply

__all__ = ["failed", "look", "wait"]

_PATIENCE = {"refused": 3, "unreadable": 10, "empty": 5}
"""After how many in a row waiting ends: a store may need a moment to know its own task, or its pictures."""

_LOOKS = 4

Watcher = Callable[[Snapshot], None]


@dataclass(slots=True)
class _Seen:
    """One poll: a snapshot, or why there is none."""

    kind: str
    snapshot: Snapshot | None = None
    error: ClientError | None = None
    reply: Reply | None = None
    other_id: str = ""


def wait(
    terms: Terms,
    task: Task,
    *,
    deadline_s: float,
    fresh: bool = True,
    watch: Watcher = lambda _: None,
) -> Flow[Result]:
    """
    Poll a task until it ends.

    Args:
        fresh: It was made just now, so that the first poll waits as long as documented.

    Raises:
        TaskFailed: It ended without pictures.
        DeadlineExceeded: It still runs, as far as is known.
        Refused: The vendor will not tell, for good.
        MalformedReply: What the vendor tells cannot be used, again and again.
    """
    operation = terms.contract.operation("status")
    if operation is None:
        return _at_once(terms, task)
    wait_s = terms.pace.first_s if fresh else 0.0
    polls, in_a_row, kind, trouble, other_id = 0, 0, "", "", ""
    state: Snapshot | None = None
    while True:
        if terms.now() + wait_s >= deadline_s:
            raise _late(terms, task, state, trouble)
        if wait_s > 0:
            yield Sleep(seconds=wait_s)
        seen = yield from _poll(terms, operation, task, deadline_s)
        polls += 1
        if seen.other_id and seen.other_id != other_id:
            # Not said to be the id of the creation, so it may be another: but then always the same.
            other_id, seen = seen.other_id, _about_another(terms, task)
        if seen.kind == "ended":
            assert seen.snapshot is not None  # that is how it is known
            watch(seen.snapshot)
            return _result(terms, task, seen.snapshot)
        if seen.kind == "final":
            assert seen.error is not None  # the same
            raise seen.error
        if seen.snapshot is not None:
            state = seen.snapshot
            watch(seen.snapshot)
        trouble = str(seen.error) if seen.error else ""
        in_a_row = in_a_row + 1 if seen.kind == kind else 1
        kind = seen.kind
        if seen.error is not None and in_a_row >= _PATIENCE.get(kind, in_a_row + 1):
            raise seen.error
        wait_s = terms.pace.after(polls, terms.rng)
        if kind in ("trouble", "throttled"):
            wait_s = max(wait_s, terms.wait_s(seen.reply, min(in_a_row, 5)))


def look(terms: Terms, task: Task, *, deadline_s: float) -> Flow[Snapshot]:
    """
    Where a task stands now; asked again where trouble passes.

    Raises:
        ClientError: It cannot be told.
    """
    operation = terms.contract.operation("status")
    if operation is None:
        raise NotOffered(f"{terms.contract.vendor} documents no status query", field="status")
    for times in range(1, _LOOKS + 1):
        seen = yield from _poll(terms, operation, task, deadline_s)
        if seen.snapshot is not None:
            return seen.snapshot
        wait_s = terms.wait_s(seen.reply, times)
        last = times == _LOOKS or terms.now() + wait_s >= deadline_s
        if seen.kind in ("final", "refused", "unreadable") or last:
            assert seen.error is not None  # there is neither a snapshot
            raise seen.error
        yield Sleep(seconds=wait_s)
    raise AssertionError  # the last round has returned or raised


def _poll(terms: Terms, operation: Operation, task: Task, deadline_s: float) -> Flow[_Seen]:
    path = terms.path_of(operation, task.id)
    answer = yield terms.asking(operation, path=path, deadline_s=deadline_s)
    assert answer is not None  # what an `Ask` is answered with
    if answer.reply is None:
        return _Seen("trouble", error=_no_reply(terms, task, answer))
    heard = hear(terms.contract, "status", answer.reply)
    if heard.kind != "accepted":
        return _not_told(terms, task, heard, answer.reply)
    if not is_about(operation, heard.body, task.id):
        return _about_another(terms, task)
    snapshot = read_snapshot(
        terms.contract,
        operation,
        heard.body,
        task_id=task.id,
        request=task.request or None,
        base_url=terms.base_url,
    )
    other_id = other_id_in(operation, heard.body, task.id)
    if snapshot.state is None:
        error = _malformed(terms, task, heard, "the reply has no state")
        return _Seen("unreadable", error=error)
    if snapshot.phase == "failed":
        failure = failed(terms, task, snapshot)
        return _Seen("final", snapshot=snapshot, error=failure, other_id=other_id)
    if snapshot.phase == "succeeded" and not snapshot.urls:
        error = _malformed(terms, task, heard, "the task has succeeded without pictures")
        return _Seen("empty", snapshot=snapshot, error=error, other_id=other_id)
    kind = "ended" if snapshot.phase == "succeeded" else "running"
    return _Seen(kind, snapshot=snapshot, other_id=other_id)


def _about_another(terms: Terms, task: Task) -> _Seen:
    error = MalformedReply(
        f"{terms.contract.vendor}, task {task.id}: the reply is about another task", task_id=task.id
    )
    return _Seen("unreadable", error=error)


def _no_reply(terms: Terms, task: Task, answer: Answer) -> ClientError:
    why = answer.failure or "no reply"
    return ServerTrouble(f"{terms.contract.vendor}: {why}", task_id=task.id)


def _not_told(terms: Terms, task: Task, heard: Heard, reply: Reply) -> _Seen:
    if heard.kind == "unreadable":
        return _Seen("unreadable", error=_malformed(terms, task, heard, heard.message))
    if heard.kind == "trouble":
        error: ClientError = ServerTrouble(
            f"{terms.contract.vendor} answered {heard.means} {heard.message}".strip(),
            status=heard.status,
            code=heard.code,
            task_id=task.id,
        )
        return _Seen("trouble", error=error, reply=reply)
    error = refusal(terms.contract, "status", heard, reply, task_id=task.id)
    if heard.kind != "refused":
        return _Seen("throttled", error=error, reply=reply)
    # A key that is refused now will be refused again; an unknown task may be one not yet stored.
    return _Seen("final" if heard.means in (401, 402, 403) else "refused", error=error)


def _malformed(terms: Terms, task: Task, heard: Heard, why: str) -> MalformedReply:
    return MalformedReply(
        f"{terms.contract.vendor}, task {task.id}: {why}", status=heard.status, task_id=task.id
    )


def _late(terms: Terms, task: Task, state: Snapshot | None, trouble: str) -> DeadlineExceeded:
    last = f"last seen {state.state!r}" if state else "its state was never seen"
    aside = f"; the last poll met trouble: {trouble}" if trouble else ""
    return DeadlineExceeded(
        f"task {task.id} at {terms.contract.vendor} has not ended in time ({last}{aside});"
        " it may still: wait for it again later",
        task_id=task.id,
        charged=True if task.cost else None,
    )


def failed(terms: Terms, task: Task, snapshot: Snapshot) -> TaskFailed:
    """What a failed task is raised as, and whether it was charged, as far as its reply tells."""
    told = f": {snapshot.failure_message}" if snapshot.failure_message else ""
    name = f" ({snapshot.failure_code})" if snapshot.failure_code else ""
    return TaskFailed(
        f"task {task.id} at {terms.contract.vendor} failed{name}{told}",
        code=snapshot.failure_code,
        task_id=task.id,
        charged=_charged(terms, snapshot),
    )


def _charged(terms: Terms, snapshot: Snapshot) -> bool | None:
    charging = terms.contract.charging
    if snapshot.refunded is not None:
        return not snapshot.refunded
    if charging.zero_at:
        return bool(snapshot.cost)
    return None


def _result(terms: Terms, task: Task, snapshot: Snapshot) -> Result:
    return Result(
        vendor=terms.contract.vendor,
        task_id=task.id,
        urls=snapshot.urls,
        model=task.model,
        pixels=task.pixels,
        cost=snapshot.cost if snapshot.cost is not None else task.cost,
        unit=terms.contract.charging.unit,
        price=task.price,
        expires_s=snapshot.expires_s,
        raw=(task.raw, snapshot.raw),
    )


def _at_once(terms: Terms, task: Task) -> Result:
    """The pictures in the reply to the creation, at a vendor that documents no status query."""
    operation = terms.contract.operation("create")
    urls = results_in(operation, task.raw, request=task.request, base_url=terms.base_url)
    if not urls:
        raise MalformedReply(
            f"{terms.contract.vendor} answered the creation without pictures, and documents no status query",
            task_id=task.id,
        )
    return Result(
        vendor=terms.contract.vendor,
        task_id=task.id,
        urls=urls,
        model=task.model,
        pixels=task.pixels,
        cost=task.cost,
        unit=terms.contract.charging.unit,
        price=task.price,
        raw=(task.raw,),
    )
