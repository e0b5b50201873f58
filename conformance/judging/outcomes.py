"""How was one request answered, before anybody asks whether that was right?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from conformance.contract.callback import Delivery
from conformance.contract.model import Contract, Envelope, ErrorRow, ReplyField
from conformance.contract.paths import find
from conformance.contract.resolution import conditions_hold
from conformance.results.verdicts import Outcome
from conformance.wire.exchange import BeyondBounds, Exchange, Reply, parse_json

__all__ = [
    "body_of_delivery",
    "body_of_reply",
    "causes_of",
    "classify",
    "is_acknowledged",
    "is_beyond_bounds",
    "is_other_reply",
    "result_urls",
    "shows_another",
    "task_state",
    "why_unreadable",
    "with_headers",
]

_LARGE_BYTES = 8_192


def _parsed(reply: Reply) -> Any:
    # A reply is read by many judges; parsing it once is most of what judging costs. Of large ones few are kept.
    return _parsed_large(reply) if len(reply.body) > _LARGE_BYTES else _parsed_small(reply)


def _read(reply: Reply) -> Any:
    """The body, or the error that says why it cannot be read."""
    try:
        return reply.json()
    except ValueError as error:
        return error.with_traceback(None)


_parsed_small = lru_cache(maxsize=2048)(_read)
_parsed_large = lru_cache(maxsize=16)(_read)


def body_of_reply(exchange: Exchange) -> Any:
    """The reply's body as JSON; None where there is no reply or it is not JSON."""
    if exchange.reply is None:
        return None
    found = _parsed(exchange.reply)
    return None if isinstance(found, ValueError) else found


def why_unreadable(reply: Reply) -> str:
    """Why a body cannot be read as JSON; "" where it can."""
    found = _parsed(reply)
    return str(found) if isinstance(found, ValueError) else ""


def is_beyond_bounds(exchange: Exchange) -> bool:
    """Whether what was said is not known because it is more than we read."""
    return exchange.reply is not None and isinstance(_parsed(exchange.reply), BeyondBounds)


def body_of_delivery(exchange: Exchange) -> Any:
    """The body of a callback as JSON; None where it is not JSON."""
    try:
        return parse_json(exchange.request.body)
    except ValueError:
        return None


def is_acknowledged(delivery: Delivery, status: int) -> bool:
    """Whether an answer of ours acknowledges a callback; where no document says, any 2xx does."""
    by = delivery.acknowledged_by or "2xx"
    return str(status)[0] == by[0] if by.endswith("xx") else str(status) == by


def with_headers(exchange: Exchange, body: Any) -> Any:
    """The body with the vendor's headers beside it, for fields whose path begins with `$headers`."""
    headers = exchange.reply.headers if exchange.reply else ()
    if exchange.phase == "callback":
        headers = exchange.request.headers
    named = {"$headers": {name.lower(): value for name, value in headers}}
    return {**body, **named} if isinstance(body, dict) else body


def classify(contract: Contract, operation: str, exchange: Exchange) -> Outcome:
    """
    How a create or a status query was answered: accepted, refused, throttled, active-limit, trouble, no-reply, malformed.

    An error marker of any documented envelope inside a success counts as what its code says.
    """
    reply = exchange.reply
    if reply is None:
        return Outcome(
            kind="no-reply" if exchange.sent else "not-sent", detail=exchange.failure or ""
        )
    body = body_of_reply(exchange)
    if not 200 <= reply.status < 300:
        return _by_code(contract, operation, reply.status, reply.status, in_envelope=False)
    if is_beyond_bounds(exchange):
        # What was said is not known, so neither is what was done.
        return Outcome(kind="no-reply", http=reply.status, detail=why_unreadable(reply))
    marked = next(
        (e for e in contract.envelopes if e.marker and conditions_hold(e.marker, body)), None
    )
    if marked is not None:
        code = _code_in(marked, body)
        return _by_code(
            contract, operation, code or reply.status, reply.status, in_envelope=code is not None
        )
    if not isinstance(body, dict | list):
        return Outcome(
            kind="malformed",
            code=reply.status,
            http=reply.status,
            detail=f"a body that is {why_unreadable(reply) or 'no JSON object'}",
        )
    task_id = _task_id(contract, operation, body)
    if operation == "create" and not task_id:
        task_id = _other_task_id(contract, exchange)
    if operation == "create" and not task_id:
        return Outcome(
            kind="malformed",
            code=reply.status,
            http=reply.status,
            detail="neither a task id nor an error",
        )
    return Outcome(kind="accepted", code=reply.status, http=reply.status, task_id=task_id)


def _by_code(
    contract: Contract, operation: str, code: int, http: int, *, in_envelope: bool
) -> Outcome:
    kind = "refused"
    if code == 429:
        kind = "throttled"
    elif code >= 500:
        kind = "trouble"
    elif (code < 400 and not in_envelope and http != code) or 300 <= http < 400:
        kind = "malformed"
    elif _is_active_limit(contract, operation, code):
        kind = "active-limit"
    return Outcome(kind=kind, code=code, http=http, in_envelope=in_envelope)


def _is_active_limit(contract: Contract, operation: str, code: int) -> bool:
    return any(
        row.status == code and "active-limit" in row.causes and operation in row.operations
        for row in contract.errors
    )


def causes_of(contract: Contract, operation: str, exchange: Exchange) -> frozenset[str]:
    """The causes that a refusal tells: those of the rows with its status, or of the one among them that it names."""
    code, body = classify(contract, operation, exchange).code, body_of_reply(exchange)
    rows = [r for r in contract.errors if r.status == code and operation in r.operations]
    named = [r for r in rows if _is_named(contract, r, body)]
    return frozenset(cause for row in (named or rows) for cause in row.causes)


def _is_named(contract: Contract, row: ErrorRow, body: Any) -> bool:
    """Whether a body names this row: by what the row says of it, or where its envelope has names of errors."""
    if row.body and conditions_hold(row.body, body):
        return True
    places = (f.path for e in contract.envelopes for f in e.fields if f.role == "error_name")
    return bool(row.name) and any(row.name in find(body, place) for place in places)


_CODE = re.compile(r"[0-9]{1,9}")


def _code_in(envelope: Envelope, body: Any) -> int | None:
    """The code that an error envelope carries, where the contract says that it carries one."""
    for field in envelope.fields:
        if field.role == "status_code":
            for value in find(body, field.path):
                if isinstance(value, int) and not isinstance(value, bool):
                    return value
                if isinstance(value, str) and _CODE.fullmatch(value):
                    return int(value)
    return None


def _task_id(contract: Contract, operation: str, body: Any) -> str:
    op = contract.operation(operation)
    paths = [f.path for f in op.reply if f.role == "task_id"] if op else []
    return next((i for path in paths for i in _ids_at(body, path)), "")


def _ids_at(body: Any, path: str) -> Iterator[str]:
    for value in find(body, path):
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value):
            yield str(value)


def _other_task_id(contract: Contract, exchange: Exchange) -> str:
    """The task id in the other reply that a header sent beside an idempotency key may lead to."""
    promise = contract.idempotency
    if promise is None or promise.beside is None or not promise.other_task_id:
        return ""
    name = promise.beside[0].lower()
    if all(header.lower() != name for header, _ in exchange.request.headers):
        return ""
    return next(_ids_at(body_of_reply(exchange), promise.other_task_id), "")


def is_other_reply(contract: Contract, exchange: Exchange) -> bool:
    """Whether a creation got the other reply, whose fields no page that we hold describes."""
    documented = _task_id(contract, "create", body_of_reply(exchange))
    return not documented and bool(_other_task_id(contract, exchange))


def task_state(contract: Contract, exchange: Exchange) -> tuple[Any, str] | None:
    """
    The state in a status reply and its phase (running, succeeded, failed, unknown); None where there is none.

    A state of the wrong JSON type still has its phase: that the type is wrong is for another judge to say.
    """
    op = contract.operation("status")
    body = body_of_reply(exchange)
    for field in op.reply if op else ():
        if field.role == "state":
            for value in find(body, field.path):
                if isinstance(value, str | int) and not isinstance(value, bool):
                    phases = [s.phase for s in contract.states if str(s.value) == str(value)]
                    return value, phases[0] if phases else "unknown"
    return None


def result_urls(contract: Contract, exchange: Exchange) -> tuple[str, ...]:
    """The URLs of the pictures in a status or create reply, each once, in order."""
    found: dict[str, None] = {}
    body = body_of_reply(exchange)
    for field in _result_fields(contract):
        if conditions_hold(field.when, body):
            for value in find(body, field.path):
                found |= dict.fromkeys(_urls(_decoded(field, value)))
    return tuple(found)


def shows_another(contract: Contract, body: Any, task_id: str) -> bool:
    """Whether a status reply is about another task than the one asked for: what it shows is not what was made."""
    op = contract.operation("status")
    paths = [f.path for f in (op.reply if op else ()) if f.echoes == "$task_id"]
    told = [v for path in paths for v in find(body, path) if isinstance(v, str | int)]
    return bool(task_id) and any(str(v) != task_id for v in told)


def _result_fields(contract: Contract) -> Iterator[ReplyField]:
    for name in ("status", "create"):
        op = contract.operation(name)
        yield from (f for f in (op.reply if op else ()) if f.role == "results")


def _decoded(field: ReplyField, value: Any) -> Any:
    if field.decode != "json" or not isinstance(value, str):
        return value
    try:
        return parse_json(value)
    except ValueError:
        return None


def _urls(value: Any, depth: int = 0) -> Iterator[str]:
    """Every string that looks like an address, however deep; bounded, for the reply is not ours."""
    if isinstance(value, str):
        if "://" in value or value.startswith(("/", "data:")):
            yield value
    elif depth < 6 and isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from _urls(child, depth + 1)
