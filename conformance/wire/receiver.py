"""
How do requests reach us that somebody else sends?

A small HTTP/1.1 server for callbacks: one request a connection, on loopback and nowhere else, and everything about a
request is bounded. Who wants what came gives a function that takes a request and returns the status to answer with.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from http import HTTPStatus
from typing import Protocol

from conformance.errors import UsageError
from conformance.wire.exchange import Headers, Request, header

__all__ = ["DirectReceiver", "HttpReceiver", "Receiver", "Take"]

Take = Callable[[Request], int]
"""Takes a request that came in and gives the HTTP status to answer with."""

_HOST = "127.0.0.1"
_HEAD_BYTES = 32 * 1024
_BODY_BYTES = 1024 * 1024
_SECONDS = 20.0
_AT_ONCE = 64


def _nobody(_: Request) -> int:
    return HTTPStatus.SERVICE_UNAVAILABLE


class Receiver(Protocol):
    """
    A place to which callbacks can be sent.

    `base_url` is what their addresses begin with, without a slash at the end. `assured`: the target can surely reach
    it and takes it, because it is this program, or because the user says so. `tunnelled`: what comes to it goes a way
    that may be cut.
    """

    @property
    def base_url(self) -> str: ...

    @property
    def assured(self) -> bool: ...

    @property
    def tunnelled(self) -> bool: ...

    @property
    def port(self) -> int:
        """Where it listens on this machine; 0 where it needs no port."""
        ...

    async def open(self, take: Take) -> None:
        """
        Begin to receive.

        Raises:
            UsageError: The port is taken.
        """

    async def aclose(self) -> None:
        """Receive nothing more."""


class DirectReceiver:
    """Receives from a simulator in this process."""

    base_url = "https://callbacks.example/conformance"
    assured: bool = True
    tunnelled = False
    port = 0

    def __init__(self) -> None:
        self._take: Take | None = None

    async def open(self, take: Take) -> None:
        """Begin to receive."""
        self._take = take

    async def aclose(self) -> None:
        """Receive nothing more."""
        self._take = None

    def deliver(self, request: Request) -> int | None:
        """The status of our answer to a callback; None where nobody is listening."""
        return self._take(request) if self._take is not None else None


class HttpReceiver:
    """
    Receives over HTTP on a port of this machine.

    Args:
        port: 0 for any that is free.
        public_url: The address under which others reach that port; "" for the port itself.
    """

    def __init__(self, *, port: int = 0, public_url: str = "") -> None:
        self._port = port
        self._public_url = public_url.rstrip("/")
        self._server: asyncio.Server | None = None
        self._take: Take = _nobody
        self._open = 0

    @property
    def assured(self) -> bool:
        """Whether the user gave the address."""
        return self.tunnelled

    @property
    def tunnelled(self) -> bool:
        """Whether it is reached by an address that leads here."""
        return bool(self._public_url)

    @property
    def port(self) -> int:
        """Where it listens; known once it is open."""
        return self._port

    @property
    def base_url(self) -> str:
        """What the addresses of callbacks begin with; known once it is open."""
        return self._public_url or f"http://{_HOST}:{self._port}"

    async def open(self, take: Take) -> None:
        """
        Begin to receive.

        Raises:
            UsageError: The port is taken.
        """
        self._take = take
        try:
            self._server = await asyncio.start_server(
                self._connected, _HOST, self._port, limit=_HEAD_BYTES
            )
        except OSError as error:
            raise UsageError(
                f"port {self._port} on {_HOST} cannot be used for callbacks: {error.strerror}"
            ) from error
        self._port = self._server.sockets[0].getsockname()[1]

    async def aclose(self) -> None:
        """Receive nothing more."""
        self._take = _nobody
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open > _AT_ONCE:
                status: int = HTTPStatus.SERVICE_UNAVAILABLE
            else:
                async with asyncio.timeout(_SECONDS):
                    status = await self._answered(reader, writer)
            writer.write(_answer(status))
            await writer.drain()
        except (OSError, EOFError, TimeoutError):
            pass  # whoever called hung up, or never said what it wanted
        finally:
            self._open -= 1
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _answered(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            method, target, headers = _parsed(head)
            if (header(headers, "expect") or "").lower() == "100-continue":
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            body = await _body(reader, headers)
        except (ValueError, asyncio.LimitOverrunError):
            return HTTPStatus.BAD_REQUEST
        if body is None:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        url = target if "://" in target else f"{self.base_url}{target}"
        return self._take(Request(method=method, url=url, headers=headers, body=body))


def _parsed(head: bytes) -> tuple[str, str, Headers]:
    """Method, target and headers of a request; a ValueError where it is none."""
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    method, target, version = first.split(" ")
    if not version.startswith("HTTP/1."):
        raise ValueError(f"{version} is not HTTP/1")
    pairs = (line.split(":", 1) for line in lines)
    return method, target, tuple((name.strip(), value.strip()) for name, value in pairs)


async def _body(reader: asyncio.StreamReader, headers: Headers) -> bytes | None:
    """The body; None where it is longer than anybody needs."""
    if "chunked" in (header(headers, "transfer-encoding") or "").lower():
        return await _chunks(reader)
    length = int(header(headers, "content-length") or 0)
    if length > _BODY_BYTES:
        return None
    return await reader.readexactly(max(0, length))


async def _chunks(reader: asyncio.StreamReader) -> bytes | None:
    """
    A body in chunks.

    Source: RFC 9112, section 7.1.
    """
    body = bytearray()
    while True:
        size = int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16)
        if len(body) + size > _BODY_BYTES:
            return None
        if size == 0:
            while await reader.readuntil(b"\r\n") != b"\r\n":
                pass  # trailers
            return bytes(body)
        body += await reader.readexactly(size)
        await reader.readexactly(2)


def _answer(status: int) -> bytes:
    reason = HTTPStatus(status).phrase
    # A 204 has no body, hence no length either.
    length = "" if status == HTTPStatus.NO_CONTENT else "Content-Length: 0\r\n"
    return f"HTTP/1.1 {status} {reason}\r\n{length}Connection: close\r\n\r\n".encode("latin-1")
