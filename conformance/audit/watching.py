"""What does a client send to a simulator, and what does it get?"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import Any

from conformance.audit.reading import Read, Reader
from conformance.compilers.violation import Violation
from conformance.contract.clauses import shown
from conformance.contract.model import Contract
from conformance.results.entries import Answered, Asked, Entry
from conformance.simulator.app import Simulator, answer_with, request_of
from conformance.simulator.facts import RESULTS
from conformance.simulator.hooks import Hooks, Moment, SimReply, SimRequest
from conformance.wire.exchange import Headers, Reply, Request
from conformance.wire.redaction import Redactor

__all__ = ["MOST_REQUESTS", "AnyPage", "Watched"]

MOST_REQUESTS = 5_000
"""Requests of one run, after which the program is ended."""

_READ_BYTES = 16 * 1024 * 1024
_KEPT_BYTES = 64 * 1024
_KEPT_URL = 4_000
_KEPT_HEADERS = 64
_MOST_VIOLATIONS = 20
_MOST_USED = 60


class AnyPage(Hooks):
    """A vendor that takes a request if any of its pages permits it."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def violations(self, found: tuple[Violation, ...], at: Moment) -> tuple[Violation, ...]:
        """None where another page has none."""
        return found if not found or self._reader.read(at.request).violations else ()


class Watched:
    """
    An ASGI application: a simulator in one scenario, everything that goes over the wire written down.

    Args:
        now_s: The client's own seconds: its waits are as long as they are meant to be on this clock.
        write: Takes the entries of the record; called from the server's thread alone.
    """

    def __init__(
        self,
        simulator: Simulator,
        reader: Reader,
        *,
        case: str,
        number: Callable[[], int],
        now_s: Callable[[], float],
        redactor: Redactor,
        write: Callable[..., None],
    ) -> None:
        self.requests = 0
        self.results_host = ""
        self._simulator = simulator
        self._reader = reader
        self._case = case
        self._number = number
        self._now_s = now_s
        self._redactor = redactor
        self._write = write
        self._open = True
        self._lock = threading.Lock()

    @property
    def contract(self) -> Contract:
        """The vendor's whole contract, disputes included."""
        return self._reader.contract

    @property
    def is_too_much(self) -> bool:
        """Whether the client has sent more than anybody could need."""
        return self.requests >= MOST_REQUESTS

    def close(self) -> None:
        """Write nothing down from now on: the run is over."""
        with self._lock:
            self._open = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request to the API."""
        await self._serve(scope, receive, send, elsewhere=False)

    async def elsewhere(self, scope: Any, receive: Any, send: Any) -> None:
        """One request to the host that has the results, which is another one."""
        await self._serve(scope, receive, send, elsewhere=True)

    async def _serve(self, scope: Any, receive: Any, send: Any, *, elsewhere: bool) -> None:
        if scope["type"] != "http":
            raise ValueError(f"a simulator speaks http, not {scope['type']}")
        if self.is_too_much or not self._open:
            await answer_with(SimReply(status=503, body=b"{}"), scope, receive, send)
            return
        self.requests += 1
        started_s = self._now_s()
        body, whole = await _body(receive)
        came = request_of(scope, body)
        name = f"e{self._number()}"
        read = self._read(came, elsewhere=elsewhere, whole=whole)
        creations = self._simulator.creations
        reply = self._answer(came, elsewhere=elsewhere, whole=whole)
        # Whether a task was made is not seen on the wire where the reply is lost: so it is told beside the request.
        made = self._simulator.creations > creations
        facts = {
            **self._facts(came, read, whole=whole),
            "elsewhere": elsewhere,
            "made": made,
        }
        self._record(self._asked(name, came, scope, read, started_s, facts))
        if reply.delay_s:
            await self._simulator.clock.sleep(reply.delay_s)
            left = await _has_left(receive)
        else:
            left = False
        # Before it leaves: whoever has it may end the run at once.
        self._record(self._answered(name, reply, started_s, read, left=left))
        await answer_with(reply, scope, receive, send)

    def _read(self, came: SimRequest, *, elsewhere: bool, whole: bool) -> Read | None:
        """What a request to the API asks for; None of one for a picture, or of one that nobody can read."""
        if elsewhere or RESULTS in came.path or not whole:
            return None
        return self._reader.read(came)

    def _answer(self, came: SimRequest, *, elsewhere: bool, whole: bool) -> SimReply:
        if not whole:
            return SimReply(status=413, body=b"{}")
        if elsewhere:
            return (
                self._simulator.answer(came)
                if RESULTS in came.path
                else SimReply(status=404, body=b"{}")
            )
        return self._simulator.answer(replace(came, origin=f"http://{self.results_host}"))

    # --- what is written down

    def _record(self, entry: Entry) -> None:
        with self._lock:
            if self._open:
                self._write(entry)

    def _facts(self, came: SimRequest, read: Read | None, *, whole: bool) -> dict[str, Any]:
        facts: dict[str, Any] = {
            "key": _key_in(self.contract, came, self._simulator.key),
            "key_in_url": _in_url(self.contract, came, self._simulator.key),
            "body_bytes": len(came.body) if whole else _READ_BYTES,
        }
        return facts if read is None else {**facts, **_read_facts(read, came)}

    def _asked(
        self,
        name: str,
        came: SimRequest,
        scope: Any,
        read: Read | None,
        started_s: float,
        facts: dict[str, Any],
    ) -> Asked:
        request = Request(
            method=came.method[:16],
            url=f"{came.origin}{_target(scope)}"[:_KEPT_URL],
            headers=_headers(scope),
            body=came.body[:_KEPT_BYTES],
        )
        return Asked(
            id=name,
            case=self._case,
            phase="download" if read is None else _phase(read),
            request=self._redactor.redact_request(request),
            started_s=started_s,
            facts=self._redactor.redact_value(facts),
        )

    def _answered(
        self, name: str, reply: SimReply, started_s: float, read: Read | None, *, left: bool
    ) -> Answered:
        elapsed_s = self._now_s() - started_s
        if reply.lost or left:
            failure = "timeout" if left else "reset"
            return Answered(id=name, failure=failure, elapsed_s=elapsed_s)
        told = Reply(
            status=reply.status,
            headers=reply.headers,
            body=b"" if read is None else reply.body[: _KEPT_BYTES * 4],
        )
        return Answered(id=name, reply=self._redactor.redact_reply(told), elapsed_s=elapsed_s)


async def _has_left(receive: Any) -> bool:
    """Whether the client did not wait for the reply."""
    hears = asyncio.ensure_future(receive())
    await asyncio.sleep(0)
    if not hears.done():
        hears.cancel()
        return False
    return bool(hears.result()["type"] == "http.disconnect")


def _target(scope: Any) -> str:
    query: str = scope.get("query_string", b"").decode("latin-1")
    path: str = scope["path"]
    return f"{path}?{query}" if query else path


def _phase(read: Read) -> str:
    if read.operation is None:
        return "unknown"
    return "poll" if read.operation.name == "status" else read.operation.name


def _read_facts(read: Read, came: SimRequest) -> dict[str, Any]:
    facts: dict[str, Any] = {"dialect": dict(read.dialect)}
    if read.operation is None:
        return {**facts, "methods": list(read.methods)}
    facts |= {
        "model": read.model,
        "used": {path[:100]: shown(value) for path, value in islice(read.used.items(), _MOST_USED)},
        "unknown": [name[:100] for name in read.unknown[:_MOST_USED]],
        "violations": [
            {"path": v.path, "keyword": v.keyword, "rule": v.rule, "message": v.message[:300]}
            for v in read.violations[:_MOST_VIOLATIONS]
        ],
    }
    if read.operation.name == "status":
        facts["task"] = _task(read, came)
    return facts


def _task(read: Read, came: SimRequest) -> str:
    operation = read.operation
    assert operation is not None  # a status query
    field = next((f for f in operation.fields if f.role == "task_id"), None)
    if field is None:
        return ""
    pairs = read.path if field.location == "path" else came.query
    return next((value for name, value in pairs if name == field.path), "")


def _key_in(contract: Contract, came: SimRequest, key: str) -> str:
    """Which key a request presents in a documented way: right, another, or missing."""
    given = []
    for scheme in contract.auth:
        if scheme.location == "header":
            value = came.headers.get(scheme.parameter.lower())
        else:
            value = next((v for n, v in came.query if n == scheme.parameter), None)
        if value is not None and value.lower().startswith(scheme.prefix.lower()):
            given.append(value[len(scheme.prefix) :])
    if not given:
        anywhere = any(key in value for value in came.headers.values())
        return "misplaced" if anywhere else "missing"
    return "right" if key in given else "another"


def _in_url(contract: Contract, came: SimRequest, key: str) -> bool:
    """Whether the key stands in the URL, but for a parameter that documents have for it."""
    documented = {scheme.parameter for scheme in contract.auth if scheme.location == "query"}
    others = (value for name, value in came.query if name not in documented)
    return key in came.path or any(key in value for value in others)


def _headers(scope: Any) -> Headers:
    pairs = ((n.decode("latin-1"), v.decode("latin-1")[:1_000]) for n, v in scope["headers"])
    return tuple(pair for pair, _ in zip(pairs, range(_KEPT_HEADERS), strict=False))


async def _body(receive: Any) -> tuple[bytes, bool]:
    """The body, and whether that is all of it: of what is longer than anybody needs, nothing is kept."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(parts), size <= _READ_BYTES
        size += len(message.get("body", b""))
        if size <= _READ_BYTES:
            parts.append(message.get("body", b""))
        elif parts:
            parts.clear()
        if not message.get("more_body", False) or size > _READ_BYTES:
            return b"".join(parts), size <= _READ_BYTES
