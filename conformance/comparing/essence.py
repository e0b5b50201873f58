"""What of a statement can be kept or broken, apart from its wording, its level and where it stands?"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from conformance.contract.clauses import Clause
from conformance.contract.model import ABSENT

__all__ = ["essence", "key", "plain"]

_WORDING = frozenset(
    "sources source level levels keyword_sources dispute note means says required_level body_level covers"
    " sent_level sent_sources path_level success_level success_sources refund_level refund_sources why"
    " states_sources terminal_sources terminal_level ratio_sources tier_sources picture_sources"
    " digest file text provoked_by title seen".split()
)


def plain(thing: Any) -> Any:
    """A piece of a contract as JSON has it, without wording, levels and sources."""
    if is_dataclass(thing) and not isinstance(thing, type):
        return {
            f.name: plain(getattr(thing, f.name)) for f in fields(thing) if f.name not in _WORDING
        }
    if isinstance(thing, Mapping):
        return {str(name): plain(value) for name, value in thing.items()}
    if isinstance(thing, tuple | list):
        return [plain(each) for each in thing]
    return "<absent>" if thing is ABSENT else thing


def key(value: Any) -> str:
    """A text that is equal for equal values; 1 and true are two."""
    return json.dumps(plain(value), sort_keys=True, default=repr)


def essence(clause: Clause) -> tuple[Any, ...]:
    """What each alternative of a clause says, plainly."""
    if clause.topic == "idempotency":
        return tuple(_idempotency(part.thing, clause.keyword) for part in clause.parts)
    reduce = _REDUCED.get(clause.topic, plain)
    return tuple(reduce(part.thing) for part in clause.parts)


def _reply(reply: Any) -> Any:
    """Its unit, and what it repeats or follows, are clauses of their own."""
    apart = ("unit", "echoes", "not_before", "only", "role")
    return {name: value for name, value in plain(reply).items() if name not in apart}


def _row(row: Any) -> Any:
    return {
        "status": row.status,
        "causes": sorted(row.causes),
        "carried_in": sorted(row.carried_in),
        "about": sorted(row.about),
        "envelopes": sorted(row.envelopes),
        "retry": row.retry,
    }


def _idempotency(promise: Any, keyword: str) -> Any:
    """One promise makes several clauses."""
    match keyword:
        case "maxLength":
            return promise.max_length
        case "other-body":
            return promise.other_body
        case "replay-header":
            return promise.replay_header
    words = ("header", "beside", "other_task_id", "lifetime_s")
    return {word: plain(getattr(promise, word)) for word in words}


_REDUCED: Mapping[str, Callable[[Any], Any]] = {
    "path": lambda op: f"{op.method} {op.path}",
    "content-type": lambda op: op.content_type,
    "success": lambda op: list(op.success),
    "second-path": lambda second: second.path,
    "auth": lambda scheme: [scheme.location, scheme.parameter, scheme.prefix],
    "echo": lambda reply: [reply.path, reply.echoes],
    "unit": lambda reply: [reply.path, reply.unit],
    "order": lambda reply: [reply.path, reply.not_before],
    "only": lambda reply: [reply.path, plain(reply.when)],
    "states": lambda states: [[s.value, s.phase] for s in states],
    "terminal": lambda _: True,
    "reply": _reply,
    "row": _row,
    "row-body": lambda row: plain(row.body),
    "row-field": lambda pair: plain(pair[1]),
    "envelope": lambda pair: [plain(pair[1]), plain(pair[0].marker)],
    "charge": plain,
    "refund": lambda replies: [reply.path for reply in replies],
    "url": lambda reply: reply.path,
    "callback-sent": lambda c: [c.field, c.operation.method, list(c.phases), c.presumes, bool(c.absent_on), plain(c.other_form)],
    "callback-type": lambda c: c.operation.content_type,
    "callback-attempts": lambda c: [c.delivery.attempts, c.delivery.backoff],
    "callback-acknowledged": lambda c: c.delivery.acknowledged_by,
    "callback-state": lambda c: c.delivery.keeps_state,
}  # fmt: skip
"""By the topic of a clause, where the piece of the contract that it is about says more than the clause."""
