"""
The simulator of a vendor: an ASGI app made from the contract alone, which keeps every clause.

It sees requests, never what somebody expects of them, and decides by validating them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

from conformance.contract.model import Contract
from conformance.contract.resolution import settle
from conformance.simulator.callbacks import TEST_SECRET, Deliver
from conformance.simulator.choices import checked_choices
from conformance.simulator.clock import Clock, VirtualClock
from conformance.simulator.deviations import deviation
from conformance.simulator.engine import Engine
from conformance.simulator.faults import fault
from conformance.simulator.hooks import Hooks, SimReply, SimRequest
from conformance.simulator.lifecycle import Task
from conformance.simulator.reading import is_reachable

__all__ = ["HANG_UP", "Simulator", "answer_with", "request_of", "simulate"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_LONGEST_BODY = 64 * 1024 * 1024


class Simulator:
    """An ASGI app with readable state. Made by `simulate`."""

    def __init__(self, engine: Engine, clock: Clock, key: str) -> None:
        self.engine = engine
        self.clock = clock
        self.key = key

    @property
    def vendor(self) -> str:
        """The vendor that is simulated."""
        return self.engine.contract.vendor

    @property
    def tasks(self) -> Mapping[str, Task]:
        """Every task by id, in the order made."""
        return self.engine.tasks

    @property
    def creations(self) -> int:
        """How many creations were accepted and counted as new."""
        return self.engine.ledger.creations

    @property
    def charged(self) -> float:
        """What was charged in all, in the contract's unit; refunds are not subtracted."""
        return self.engine.ledger.charged

    @property
    def refunded(self) -> float:
        """What has been given back by now."""
        return self.engine.refunded

    def answer(self, request: SimRequest) -> SimReply:
        """The reply to a request, at once: `delay_s` is for the caller to wait."""
        return self.engine.answer(request)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI connection."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            raise ValueError(f"a simulator speaks http, not {scope['type']}")
        body = await _body(receive)
        if body is None:
            await _reply(send, SimReply(status=413, body=b"{}"), head=False)
            return
        reply = self.engine.answer(request_of(scope, body))
        if reply.delay_s:
            await self.clock.sleep(reply.delay_s)
        await answer_with(reply, scope, receive, send)


def simulate(
    contract: Contract,
    *,
    clock: Clock | None = None,
    choices: Mapping[str, str] | None = None,
    deviations: Iterable[str | Hooks] = (),
    faults: Iterable[str | Hooks] = (),
    key: str = "test-key",
    deliver: Deliver | None = None,
    secret: str = TEST_SECRET,
    image_fetcher: Callable[[str], bool] = is_reachable,
) -> Simulator:
    """
    A vendor that keeps the contract, but for its deviations and faults.

    Args:
        clock: A `VirtualClock` of its own where none is given.
        choices: Which permitted answers to give (`choices.derive_choices`), the default ones elsewhere.
        deviations: Which clauses to break: `NAME` or `NAME=PARAMETER` (`deviations.DEVIATIONS`).
        faults: Which trouble to make, breaking no clause (`faults.FAULTS`).
        key: The only valid API key.
        deliver: Sends the callbacks; without it none are sent.
        secret: What callbacks are signed with.
        image_fetcher: Whether a reference image can be fetched; by default all but those of
            `unreachable.invalid`, without asking anybody.

    Raises:
        UsageError: A choice, an alternative, a deviation or a fault is not known.
    """
    chosen = checked_choices(contract, choices or {})
    hooks = [
        *(deviation(d) if isinstance(d, str) else d for d in deviations),
        *(fault(f) if isinstance(f, str) else f for f in faults),
    ]
    settled = settle(
        contract, {d.name: chosen[d.name] for d in contract.disputes if d.name in chosen}
    )
    for each in hooks:
        settled = each.contract(settled)
    clock = clock or VirtualClock()
    engine = Engine(
        settled,
        choices=chosen,
        hooks=hooks,
        clock=clock,
        key=key,
        reachable=image_fetcher,
        deliver=deliver,
        secret=secret,
    )
    return Simulator(engine, clock, key)


# ---------------------------------------------------------------- ASGI

HANG_UP = "conformance.hang-up"
"""The extension of a server that can close a connection without a reply: a callable in the scope."""


async def answer_with(reply: SimReply, scope: Scope, receive: Receive, send: Send) -> None:
    """Send a reply, or close the connection in place of a lost one: in process, by staying silent."""
    if not reply.lost:
        await _reply(send, reply, head=scope["method"] == "HEAD")
        return
    hang_up = scope.get("extensions", {}).get(HANG_UP)
    if hang_up is not None:
        hang_up()
        while (await receive())["type"] != "http.disconnect":
            pass


def request_of(scope: Scope, body: bytes) -> SimRequest:
    """The request as the engine takes it."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        headers.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))
    path: str = scope["path"]
    root: str = scope.get("root_path", "").rstrip("/")
    host = headers.get("host") or _server(scope)
    return SimRequest(
        method=scope["method"],
        path=path.removeprefix(root) if path.startswith(f"{root}/") else path,
        origin=f"{scope.get('scheme', 'http')}://{host}{root}",
        query=tuple(
            parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        ),
        headers=headers,
        body=body,
    )


def _server(scope: Scope) -> str:
    server = scope.get("server")
    return f"{server[0]}:{server[1]}" if server and server[1] else "localhost"


async def _body(receive: Receive) -> bytes | None:
    """The whole request body; None where it is longer than anybody needs."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(parts)
        part = message.get("body", b"")
        size += len(part)
        if size <= _LONGEST_BODY:
            parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts) if size <= _LONGEST_BODY else None


async def _reply(send: Send, reply: SimReply, *, head: bool) -> None:
    headers = [(n.lower().encode("latin-1"), v.encode("latin-1")) for n, v in reply.headers]
    headers.append((b"content-length", str(len(reply.body)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else reply.body})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
