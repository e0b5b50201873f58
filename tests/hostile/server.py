"""
A server on loopback that says exactly what a test wants: it keeps the toy contract, until a twist changes what it says.

It runs in a thread of its own, and speaks bytes: what it sends need not be HTTP.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

from conformance.wire.exchange import Reply, Request
from tests.run.toy import Vendor

__all__ = ["RESET", "Moment", "Step", "Twist", "http", "served"]

RESET = object()
"""A step: the connection is reset, not closed."""

Step = bytes | float | object
"""What a server does next: send these bytes, wait so many seconds, or reset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """
    One request, and what a faithful vendor would answer.

    `phase` is create, poll or download; `number` counts the requests of that phase from 0. `url` is the server's own.
    """

    phase: str
    number: int
    url: str
    request: Request
    reply: Reply

    @property
    def raw(self) -> bytes:
        """The faithful answer, as it goes over the wire."""
        return http(self.reply.status, self.reply.body, *self.headers)

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers of the faithful answer."""
        return tuple(f"{name}: {value}" for name, value in self.reply.headers)


Twist = Callable[[Moment], Iterable[Step]]


def http(status: int, body: bytes = b"", *headers: str, length: int | None = None) -> bytes:
    """A reply in HTTP/1.1 that says how long it is, or something else."""
    said = len(body) if length is None else length
    head = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"Content-Length: {said}", *headers]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


@dataclass
class Server:
    """
    What was asked of it, and where it is.

    `sent_bytes` are those that a client let it send.
    """

    url: str = ""
    vendor: Vendor = field(default_factory=Vendor)
    asked: list[Request] = field(default_factory=list)
    sent_bytes: int = 0


@contextmanager
def served(
    twist: Twist, *, vendor: Vendor | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[Server]:
    """The server, as long as the block lasts."""
    server = Server(vendor=vendor or Vendor(polls_until_done=1))
    ready, loop = threading.Event(), asyncio.new_event_loop()
    thread = threading.Thread(target=_work, args=(loop, server, twist, tls, ready), daemon=True)
    thread.start()
    assert ready.wait(5)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)


def _work(
    loop: asyncio.AbstractEventLoop,
    server: Server,
    twist: Twist,
    tls: ssl.SSLContext | None,
    ready: threading.Event,
) -> None:
    asyncio.set_event_loop(loop)
    loop.set_exception_handler(lambda *_: None)  # a client that hangs up is no news
    counts: dict[str, int] = {}

    writers: list[asyncio.StreamWriter] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        with contextlib.suppress(OSError, EOFError, asyncio.LimitOverrunError):
            request = await _request(reader, server)
            phase = _phase(request)
            counts[phase] = counts.get(phase, -1) + 1
            moment = Moment(
                phase=phase,
                number=counts[phase],
                url=server.url,
                request=request,
                reply=server.vendor.answer(request),
            )
            await _act(writer, twist(moment), server)
        writer.close()

    async def start() -> asyncio.Server:
        return await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls, limit=2**22)

    listening = loop.run_until_complete(start())
    scheme = "https" if tls else "http"
    server.url = f"{scheme}://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    ready.set()
    loop.run_forever()
    listening.close()
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    for writer in writers:
        writer.transport.abort()
    loop.run_until_complete(asyncio.sleep(0))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


async def _request(reader: asyncio.StreamReader, server: Server) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ")
    headers = tuple((name, value.strip()) for name, _, value in (s.partition(":") for s in lines))
    length = next((int(v) for n, v in headers if n.lower() == "content-length"), 0)
    body = await reader.readexactly(length)
    request = Request(method=method, url=server.url + target, headers=headers, body=body)
    server.asked.append(request)
    return request


def _phase(request: Request) -> str:
    if request.method == "POST":
        return "create"
    return "poll" if "/tasks" in request.url else "download"


async def _act(writer: asyncio.StreamWriter, steps: Iterable[Step], server: Server) -> None:
    async for step in _paced(steps):
        if isinstance(step, bytes):
            writer.write(step)
            await writer.drain()
            server.sent_bytes += len(step)
        elif isinstance(step, float):
            await asyncio.sleep(step)
        else:
            sock: socket.socket = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            return


async def _paced(steps: Iterable[Step]) -> AsyncIterator[Step]:
    for step in steps:
        yield step
        await asyncio.sleep(0)
