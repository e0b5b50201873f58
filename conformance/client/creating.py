"""
How is a task made, once?

A creation is sent again only where it is certain that nothing was made: after a refusal that asks for patience (429,
too many active tasks), after a connection that failed, or with an idempotency key that the vendor documents. Once one
attempt has an unknown outcome, no later answer makes it known but the task itself.
"""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.client.answers import Prepared, Task
from conformance.client.reading import Heard, hear, task_id_in
from conformance.client.snapshots import cost_in, results_in
from conformance.client.steps import Answer, Flow, Sleep
from conformance.client.terms import Terms
from conformance.contract.model import Contract
from conformance.errors import (
    AuthRefused,
    ClientError,
    ContractViolation,
    DeadlineExceeded,
    InsufficientCredits,
    NotReached,
    OutcomeUnknown,
    RateLimited,
    Refused,
    UnknownTask,
)
from conformance.wire.exchange import Headers, Reply
from conformance.wire.retrying import retry_after_s

__all__ = ["create", "keyed_safely", "refusal", "with_key"]

_AGAIN: Mapping[str, int] = {
    "throttled": 3,
    "busy": 8,
    "in-progress": 6,
    "not-sent": 2,
    "unknown": 2,
}
"""How often a creation is sent again, by what came of it; `unknown` only with an idempotency key."""


@dataclass(slots=True)
class _History:
    """What the attempts at one creation came to."""

    attempts: int = 0
    again: Counter[str] = field(default_factory=Counter)
    doubts: list[str] = field(default_factory=list)
    replies: list[Reply | None] = field(default_factory=list)
    status: int | None = None
    code: str = ""


def keyed_safely(contract: Contract) -> bool:
    """Whether the documents state, and not only suggest, that a creation can be repeated with its idempotency key."""
    return contract.idempotency is not None and contract.idempotency.level == "must"


def with_key(contract: Contract, given: str | None) -> Headers:
    """
    The header with the idempotency key, the user's or a random one; none where the vendor documents none.

    Raises:
        ContractViolation: The key is none that can be sent, or one was given where the vendor documents none.
    """
    promise = contract.idempotency
    if promise is None:
        if given:
            raise ContractViolation(
                f"{contract.vendor} documents no idempotency key: a creation cannot be repeated safely",
                field="idempotency_key",
                value=given,
            )
        return ()
    key = given or secrets.token_hex(16)
    longest = promise.max_length or 255
    if len(key) > longest or not (key.isascii() and key.isprintable()) or " " in key:
        raise ContractViolation(
            f"an idempotency key of {contract.vendor} has 1 to {longest} visible ASCII characters",
            clause=f"{contract.vendor}.create.idempotency.key-length",
            field=promise.header,
            value=key,
        )
    return ((promise.header, key),)


def create(
    terms: Terms, prepared: Prepared, *, deadline_s: float, key: str | None = None
) -> Flow[Task]:
    """
    Send a creation.

    Raises:
        Refused: The vendor refused it, and made nothing.
        NotReached: It never left.
        OutcomeUnknown: It left, and nobody knows what came of it.
        DeadlineExceeded: Time ran out before it was sent (again), with nothing made.
    """
    contract = terms.contract
    operation = contract.operation("create")
    assert operation is not None  # it has been prepared
    own = with_key(contract, key)
    body = json.dumps(prepared.body, ensure_ascii=False, separators=(",", ":"))
    history = _History()
    while True:
        ask = terms.asking(
            operation,
            path=prepared.path,
            headers=(*prepared.headers, *own),
            body=body.encode("utf-8", "surrogatepass"),
            content_type=operation.content_type or "application/json",
            deadline_s=deadline_s,
            creates=True,
        )
        if ask.timeout_s <= 0:
            raise _out_of_time(history, prepared, own)
        answer = yield ask
        assert answer is not None  # what an `Ask` is answered with
        history.attempts += 1
        history.replies.append(answer.reply)
        heard = hear(contract, "create", answer.reply) if answer.reply else None
        task = _made(terms, prepared, heard, own)
        if task is not None:
            return task
        kind, why = _what_came(heard, answer)
        if kind == "unknown":
            history.doubts.append(why)
            history.status = heard.status if heard else history.status
            history.code = heard.code if heard else history.code
        wait_s = _wait_s(terms, history, kind, answer.reply)
        safely = bool(own) and keyed_safely(contract)
        if (
            wait_s is None
            or (kind == "unknown" and not safely)
            or terms.now() + wait_s >= deadline_s
        ):
            raise _final(terms, history, heard, answer, prepared, own)
        history.again[kind] += 1
        yield Sleep(seconds=wait_s)


def _made(terms: Terms, prepared: Prepared, heard: Heard | None, own: Headers) -> Task | None:
    """The task that a reply is about; None where it is about none."""
    if heard is None or heard.kind != "accepted":
        return None
    contract = terms.contract
    task_id = task_id_in(contract, "create", heard.body)
    if not task_id and not _answers_at_once(terms, heard, prepared):
        return None
    return Task(
        vendor=contract.vendor,
        id=task_id,
        model=prepared.model,
        request=dict(prepared.request),
        price=prepared.price,
        pixels=prepared.pixels,
        cost=cost_in(contract, "create", heard.body),
        idempotency_key=own[0][1] if own else "",
        raw=heard.body,
    )


def _answers_at_once(terms: Terms, heard: Heard, prepared: Prepared) -> bool:
    """Whether the reply to a creation has the pictures, at a vendor that documents no status query."""
    contract = terms.contract
    if contract.operation("status") is not None:
        return False
    operation = contract.operation("create")
    return bool(
        results_in(operation, heard.body, request=prepared.request, base_url=terms.base_url)
    )


def _what_came(heard: Heard | None, answer: Answer) -> tuple[str, str]:
    """In which way no task came of an attempt, and why."""
    if heard is None:
        return ("unknown" if answer.sent else "not-sent"), answer.failure or "no reply"
    if heard.kind == "accepted":
        return "unknown", "a success with neither a task id nor an error"
    if heard.kind in ("trouble", "unreadable"):
        return "unknown", f"{heard.means} {heard.message}".strip()
    return heard.kind, heard.message


def _wait_s(terms: Terms, history: _History, kind: str, reply: Reply | None) -> float | None:
    """How long to wait before the next attempt; None where there is to be none."""
    if history.again[kind] >= _AGAIN.get(kind, 0):
        return None
    wait_s = terms.wait_s(reply, min(history.again[kind] + 1, 4))
    return max(wait_s, terms.pace.low_s) if kind == "busy" else wait_s


# --- what is raised in the end


def _final(  # what is known of all attempts
    terms: Terms,
    history: _History,
    heard: Heard | None,
    answer: Answer,
    prepared: Prepared,
    own: Headers,
) -> ClientError:
    if history.doubts:
        return _unknown(terms, history, prepared, own)
    if heard is None:
        return NotReached(f"nothing was sent to {prepared.vendor}: {answer.failure}", charged=False)
    return refusal(terms.contract, "create", heard, answer.reply)


def _unknown(terms: Terms, history: _History, prepared: Prepared, own: Headers) -> OutcomeUnknown:
    vendor = terms.contract.vendor
    key = own[0][1] if own else ""
    advice = (
        f"send it again with idempotency_key={key!r}, or look for the task among those at {vendor}"
        if key
        else f"look for the task among those at {vendor} before sending it again: it may be charged twice"
    )
    times = "" if history.attempts == 1 else f" {history.attempts} times"
    return OutcomeUnknown(
        f"a creation was sent to {vendor}{times} and its outcome is unknown ({history.doubts[0]}); {advice}",
        idempotency_key=key,
        request=_body(prepared),
        request_ids=terms.request_ids(history.replies),
        attempts=history.attempts,
        status=history.status,
        code=history.code,
    )


def _body(prepared: Prepared) -> dict[str, Any]:
    return dict(prepared.body)


def _out_of_time(history: _History, prepared: Prepared, own: Headers) -> ClientError:
    if history.doubts:
        key = own[0][1] if own else ""
        return OutcomeUnknown(
            f"a creation was sent to {prepared.vendor} and its outcome is unknown ({history.doubts[0]})",
            idempotency_key=key,
            request=_body(prepared),
            attempts=history.attempts,
            status=history.status,
            code=history.code,
        )
    return DeadlineExceeded("time ran out before the creation was sent", charged=False)


_BY_CAUSE: Mapping[str, type[Refused]] = {
    "unauthorized": AuthRefused,
    "forbidden": AuthRefused,
    "insufficient-credits": InsufficientCredits,
    "unknown-task": UnknownTask,
}
_BY_STATUS: Mapping[int, type[Refused]] = {
    401: AuthRefused,
    402: InsufficientCredits,
    403: AuthRefused,
}


def refusal(
    contract: Contract,
    operation: str,
    heard: Heard,
    reply: Reply | None,
    *,
    task_id: str = "",
    charged: bool | None = None,
) -> Refused:
    """What a refusal is raised as. A documented refusal of a creation made nothing."""
    waits = heard.kind in ("throttled", "busy", "in-progress")
    if operation == "create" and (heard.causes or waits):
        charged = False
    told = f": {heard.message}" if heard.message else ""
    name = f" {heard.code}" if heard.code and heard.code != str(heard.means) else ""
    message = f"{contract.vendor} refused the {operation} request with {heard.means}{name}{told}"
    given = {"status": heard.status, "code": heard.code, "task_id": task_id, "charged": charged}
    if waits:
        return RateLimited(message, retry_after_s=retry_after_s(reply), **given)  # type: ignore[arg-type]  # each of its own type
    causes = heard.causes
    if operation == "status" and heard.means == 404 and "unknown-task" in causes:
        causes = frozenset(
            {"unknown-task"}
        )  # of what else can be missing, a status query names nothing
    kinds = {_BY_CAUSE[cause] for cause in causes if cause in _BY_CAUSE}
    kind = _BY_STATUS.get(heard.means) or (
        kinds.pop() if len(kinds) == 1 and len(causes) == 1 else Refused
    )
    return kind(message, **given)  # type: ignore[arg-type]  # the same
