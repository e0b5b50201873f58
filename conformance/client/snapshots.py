"""Where does a task stand, by one reply about it?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

from conformance.client.answers import Phase, Snapshot
from conformance.contract.model import Contract, Operation, ReplyField
from conformance.contract.paths import find, steps
from conformance.contract.resolution import conditions_hold
from conformance.wire.exchange import parse_json

__all__ = [
    "cost_in",
    "is_about",
    "other_id_in",
    "read_snapshot",
    "records_in",
    "results_in",
]

_DEEPEST = 6
_MOST_URLS = 64
_MILLISECONDS = 1e11  # what is larger is no number of seconds of our time


def read_snapshot(
    contract: Contract,
    operation: Operation,
    body: Any,
    *,
    task_id: str,
    request: Mapping[str, Any] | None,
    base_url: str,
) -> Snapshot:
    """
    What a reply of an operation (a status query, a callback) says of a task.

    Args:
        request: The creation by field path, on which some fields depend; None where it is not known.
    """
    reader = _Reader(operation.reply, body, request)
    state = reader.first("state", str, int)
    urls = results_in(operation, body, request=request, base_url=base_url)
    completed_s = reader.seconds("completed")
    return Snapshot(
        task_id=task_id or str(reader.first("task_id", str, int) or ""),
        state=state,
        phase=_phase(contract, state),
        progress=_progress(reader.first("progress", int, float)),
        urls=urls,
        cost=reader.first("cost", int, float),
        refunded=reader.first("refunded", bool),
        failure_code=_text(_failure(reader, "failure_code", "code")),
        failure_message=_text(_failure(reader, "failure_message", "message")),
        completed_s=completed_s,
        expires_s=reader.seconds("expires") or _lifetime_after(contract, completed_s),
        raw=body,
    )


class _Reader:
    """The fields of a reply by their roles; those that are promised under a condition first."""

    def __init__(
        self, fields: Iterable[ReplyField], body: Any, request: Mapping[str, Any] | None
    ) -> None:
        self._body = body
        held = [f for f in fields if conditions_hold(f.when, body, request)]
        self._fields = sorted(held, key=lambda field: not field.when)

    def values(self, role: str) -> Iterator[tuple[ReplyField, Any]]:
        """Every value of a role."""
        for field in self._fields:
            if field.role == role:
                for value in find(self._body, field.path):
                    if value is not None:
                        yield field, value

    def first(self, role: str, *kinds: type) -> Any:
        """The first value of a role that is of one of the kinds; None where there is none."""
        for _, value in self.values(role):
            if isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool)):
                return value
        return None

    def seconds(self, role: str) -> float | None:
        """A time, in seconds since the epoch."""
        for field, value in self.values(role):
            found = _seconds(value, field.unit)
            if found is not None:
                return found
        return None


def _phase(contract: Contract, state: Any) -> Phase:
    if state is None:
        return "unknown"
    # Compared as text: a state of another JSON type than documented is no other state.
    known = (s.phase for s in contract.states if str(s.value) == str(state))
    return next(known, "unknown")


def _progress(value: float | None) -> float | None:
    if value is None or not math.isfinite(value):
        return None
    return min(1.0, max(0.0, value / 100 if value > 1 or isinstance(value, int) else value))


def _failure(reader: _Reader, role: str, key: str) -> Any:
    own = reader.first(role, str, int)
    whole = reader.first("failure", dict, str)
    if own is not None or whole is None:
        return own
    return whole.get(key) if isinstance(whole, dict) else whole if key == "message" else None


def _text(value: Any) -> str:
    text = "" if value is None or isinstance(value, dict | list) else str(value)
    return " ".join("".join(c if c.isprintable() else " " for c in text[:800]).split())[:400]


def _seconds(value: Any, unit: str | None) -> float | None:
    if isinstance(value, str):
        return _iso_seconds(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e15:
        return None
    in_ms = unit == "ms" or (unit is None and value > _MILLISECONDS)
    return value / 1000 if in_ms else float(value)


def _iso_seconds(text: str) -> float | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    try:
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (OverflowError, OSError):
        return None


def _lifetime_after(contract: Contract, completed_s: float | None) -> float | None:
    lifetimes = [e.lifetime_s for e in contract.expiry]
    return completed_s + min(lifetimes) if lifetimes and completed_s is not None else None


# --- pictures


def results_in(
    operation: Operation | None,
    body: Any,
    *,
    request: Mapping[str, Any] | None,
    base_url: str,
) -> tuple[str, ...]:
    """The URLs of the pictures in a reply, each once, in order; relative ones made whole."""
    found: dict[str, None] = {}
    fields = operation.reply if operation else ()
    for role in ("results", "url"):
        for field in fields:
            if field.role == role and conditions_hold(field.when, body, request):
                for value in find(body, field.path):
                    found |= dict.fromkeys(_addresses(_decoded(field, value), base_url))
        if found:
            break
    return tuple(found)[:_MOST_URLS]


def _decoded(field: ReplyField, value: Any) -> Any:
    if field.decode != "json" or not isinstance(value, str):
        return value
    try:
        return parse_json(value.encode())
    except (ValueError, UnicodeEncodeError):
        return None


def _addresses(value: Any, base_url: str, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        whole = _whole(value.strip(), base_url)
        if whole:
            yield whole
    elif depth < _DEEPEST and isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from _addresses(child, base_url, depth + 1)


def _whole(text: str, base_url: str) -> str:
    """An address as it can be fetched; "" for what is none."""
    if text.lower().startswith(("http://", "https://")):
        return text
    if not text.startswith("/"):
        return ""
    try:
        return urljoin(f"{base_url}/", text)
    except ValueError:
        return ""


# --- what it is about


def is_about(operation: Operation, body: Any, task_id: str) -> bool:
    """Whether a reply is about this task: what is said to repeat its id does."""
    paths = [f.path for f in operation.reply if f.echoes == "$task_id"]
    told = [v for path in paths for v in find(body, path) if isinstance(v, str | int)]
    return all(str(value) == task_id for value in told)


def other_id_in(operation: Operation, body: Any, task_id: str) -> str:
    """The id that a reply gives the task, where that is not the one it was created with; "" where it is."""
    told = [
        str(value)
        for field in operation.reply
        for value in (find(body, field.path) if field.role == "task_id" else ())
        if isinstance(value, str | int) and not isinstance(value, bool)
    ]
    return "" if task_id in told else next(iter(told), "")


def cost_in(contract: Contract, operation_name: str, body: Any) -> float | None:
    """What a reply says a creation cost, at the place where the documents say that it stands."""
    for name, path in contract.charging.meter:
        for value in find(body, path) if name == operation_name else ():
            if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
                return float(value)
    return None


def records_in(operation: Operation, body: Any, ids: Iterable[str]) -> dict[str, Any]:
    """
    The parts of a batch reply that are about the tasks, each in the form of a status reply.

    No page describes what a batch answers, so they are known by the ids in them.
    """
    wanted = set(ids)
    paths = [steps(f.path) for f in operation.reply if f.role == "task_id"]
    found: dict[str, Any] = {}
    for record in _objects(body):
        for path in paths:
            mine = record.get(path[-1]) if isinstance(path[-1], str) else None
            if str(mine) in wanted and str(mine) not in found:
                found[str(mine)] = _wrapped(record, path[:-1])
    return found


def _wrapped(record: Mapping[str, Any], around: tuple[Any, ...]) -> Any:
    """A record as it would stand in a status reply."""
    document: Any = record
    for step in reversed(around):
        document = {step: document} if isinstance(step, str) else [document]
    return document


def _objects(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value if _is_list(value) else ():
        yield from _objects(child, depth + 1)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)
