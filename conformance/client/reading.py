"""
What does a reply say?

The client's own reading, which shares nothing with the judge's: that both understand a vendor is evidence. It
understands every answer that a current page permits, whatever was chosen for the request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from conformance.contract.model import Contract, Envelope, ErrorRow
from conformance.contract.paths import find
from conformance.contract.resolution import conditions_hold
from conformance.wire.exchange import Reply

__all__ = ["Heard", "excerpt", "hear", "task_id_in"]

Kind = Literal["accepted", "refused", "throttled", "busy", "in-progress", "trouble", "unreadable"]

_LONGEST_CODE = 100
_LONGEST_MESSAGE = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """
    How a request was answered.

    Args:
        status: The HTTP status.
        means: The status that it means: that of the error inside, where a success carries one.
        code: What the vendor calls the error; the number where it has no name.
        causes: Those of the documented rows that fit; empty where none does.
        body: The reply as JSON; None where it is none.
    """

    kind: Kind
    status: int
    means: int
    code: str = ""
    message: str = ""
    causes: frozenset[str] = frozenset()
    body: Any = None


def hear(contract: Contract, operation: str, reply: Reply) -> Heard:
    """How a request to an operation was answered."""
    body = _json(reply)
    succeeded = 200 <= reply.status < 300
    if reply.truncated:
        return _unreadable(reply, "the reply is longer than anything that is documented")
    marked = _marked(contract, body) if succeeded else None
    if succeeded and marked is None:
        if not isinstance(body, dict | list):
            return _unreadable(reply, f"{reply.status} with {excerpt(reply)} in place of JSON")
        return Heard(kind="accepted", status=reply.status, means=reply.status, body=body)
    means = reply.status
    if marked is not None:
        means = _number_in(marked, body) or reply.status
    return _refusal(contract, operation, reply, means, body, inside=marked is not None)


def _refusal(  # what is known of one reply
    contract: Contract, operation: str, reply: Reply, means: int, body: Any, *, inside: bool
) -> Heard:
    rows = [
        row
        for row in (*contract.errors, *contract.tolerated)
        if row.status == means and operation in row.operations
    ]
    words = _words_in(contract, body)
    named = [row for row in rows if _is_named(row, body, words)]
    causes = frozenset(cause for row in named or rows for cause in row.causes)
    if inside or isinstance(body, dict):
        message = _message_in(contract, rows, body)
    else:
        message = excerpt(reply)
    return Heard(
        kind=_kind(means, causes, inside=inside),
        status=reply.status,
        means=means,
        code=_cut(next(iter(words), str(means)), _LONGEST_CODE),
        message=_cut(message, _LONGEST_MESSAGE),
        causes=causes,
        body=body,
    )


def _kind(means: int, causes: frozenset[str], *, inside: bool) -> Kind:
    if "in-progress" in causes and "conflict" not in causes:
        return "in-progress"
    if means == 429:
        return "throttled"
    if means >= 500 or means == 408:  # the server gave up, or what stands before it did
        return "trouble"
    if "active-limit" in causes:
        return "busy"
    if means < 400 and not inside:
        return "unreadable"  # a redirect, or a status of no known meaning
    return "refused"


def _unreadable(reply: Reply, why: str) -> Heard:
    return Heard(kind="unreadable", status=reply.status, means=reply.status, message=why)


def _json(reply: Reply) -> Any:
    try:
        return reply.json()
    except ValueError:
        return None


# --- errors


def _marked(contract: Contract, body: Any) -> Envelope | None:
    """The envelope whose marker a body has."""
    fitting = (e for e in contract.envelopes if e.marker and conditions_hold(e.marker, body))
    return next(fitting, None)


def _number_in(envelope: Envelope, body: Any) -> int | None:
    for field in envelope.fields:
        for value in find(body, field.path) if field.role == "status_code" else ():
            if isinstance(value, int) and not isinstance(value, bool):
                return value
            if isinstance(value, str) and value.isascii() and value.isdigit():
                return int(value[:9])
    return None


def _words_in(contract: Contract, body: Any) -> list[str]:
    """The names that a body gives its error, the most telling first."""
    found: dict[str, None] = {}
    for role in ("error_name", "error_type"):
        for envelope in contract.envelopes:
            for field in envelope.fields:
                values = find(body, field.path) if field.role == role else []
                found |= dict.fromkeys(v for v in values if isinstance(v, str) and v)
    return list(found)


def _is_named(row: ErrorRow, body: Any, words: Iterable[str]) -> bool:
    """Whether a body names this row of several."""
    if row.body and conditions_hold(row.body, body):
        return True
    return bool(row.name) and row.name in words


def _message_in(contract: Contract, rows: Iterable[ErrorRow], body: Any) -> str:
    for envelope in contract.envelopes:
        for field in envelope.fields:
            for value in find(body, field.path) if field.role == "message" else ():
                if isinstance(value, str) and value:
                    return value
    return next((row.means for row in rows if row.means), "")


def excerpt(reply: Reply) -> str:
    """A few words of a body that is no JSON."""
    text = reply.body[:80].decode("utf-8", "replace")
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return f"{words[:60]!r}" if words else "nothing"


def _cut(text: str, longest: int) -> str:
    """Text of the vendor's that is safe to show."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: longest * 2]).split())
    return line if len(line) <= longest else f"{line[: longest - 3]}..."


# --- tasks


def task_id_in(contract: Contract, operation: str, body: Any) -> str:
    """The task's id in a reply; "" where there is none."""
    return next(iter(_ids(contract, operation, body)), "")


def _ids(contract: Contract, operation: str, body: Any) -> Iterator[str]:
    described = contract.operation(operation)
    for field in described.reply if described else ():
        for value in find(body, field.path) if field.role == "task_id" else ():
            if isinstance(value, str | int) and not isinstance(value, bool) and str(value):
                yield str(value)
