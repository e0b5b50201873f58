"""
How does an `Ask` go out through httpx?

What goes wrong comes back as an `Answer` and is never raised from here: an exception of httpx holds the request, and
with it the key. What interrupts us from outside keeps nothing of the frames below either.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import httpx

from conformance.client.deadlines import Deadlines
from conformance.client.keys import Key
from conformance.client.steps import Answer, Ask
from conformance.errors import NoReply, NotSent, UsageError
from conformance.wire.exchange import Reply
from conformance.wire.transports import Transport

__all__ = ["AsyncSender", "Sender", "TransportSender"]

_CONNECT_S = 10.0
_CONNECTIONS = 256
_LIMITS = httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=32)
_UNSENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
_OWN = (("User-Agent", "image-api-conformance"), ("Accept-Encoding", "identity"))


class Sender:
    """Sends through a `httpx.Client`: one of our own, or the user's, which stays open then."""

    def __init__(self, http: httpx.Client | None, key: Key) -> None:
        self._key = key
        self._owned = http is None
        self._deadlines = Deadlines()
        self._http = http or httpx.Client(limits=_LIMITS, trust_env=True)
        if self._owned:
            self._deadlines.hold(self._http)

    def send(self, ask: Ask) -> Answer:
        """What comes of it."""
        if self._http.is_closed:
            raise UsageError("the client is closed")
        try:
            return self._key.hidden(self._sent(ask), ask)
        except BaseException as error:  # noqa: BLE001  # it is raised again
            raise _interrupted(error, ask) from None

    def _sent(self, ask: Ask) -> Answer:
        trace = _Trace()
        until_s = time.monotonic() + ask.timeout_s
        try:
            request = _request(ask, self._key, trace.note)
            with self._deadlines.set(until_s):
                return self._exchanged(request, ask, until_s)
        except Exception as error:  # noqa: BLE001  # a transport of the user's may raise anything
            return _what_failed(error, trace)

    def _exchanged(self, request: httpx.Request, ask: Ask, until_s: float) -> Answer:
        response = self._http.send(request, stream=True, auth=None, follow_redirects=False)
        try:
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > ask.max_body_bytes:
                    break
                if time.monotonic() > until_s:
                    return _failed("timeout")
            return _replied(response, body, ask)
        finally:
            response.close()

    def close(self) -> None:
        """Give up our own connections."""
        if self._owned:
            self._http.close()


class AsyncSender:
    """Sends through a `httpx.AsyncClient`: one of our own, or the user's, which stays open then."""

    def __init__(self, http: httpx.AsyncClient | None, key: Key) -> None:
        self._key = key
        self._owned = http is None
        self._http = http or httpx.AsyncClient(limits=_LIMITS, trust_env=True)

    async def send(self, ask: Ask) -> Answer:
        """What comes of it."""
        if self._http.is_closed:
            raise UsageError("the client is closed")
        try:
            return self._key.hidden(await self._sent(ask), ask)
        except BaseException as error:  # noqa: BLE001  # it is raised again
            raise _interrupted(error, ask) from None

    async def _sent(self, ask: Ask) -> Answer:
        trace = _Trace()
        deadline = asyncio.timeout(ask.timeout_s)
        try:
            async with deadline:
                request = _request(ask, self._key, trace.anote)
                response = await self._http.send(
                    request, stream=True, auth=None, follow_redirects=False
                )
                try:
                    body = bytearray()
                    async for chunk in response.aiter_bytes():
                        body += chunk
                        if len(body) > ask.max_body_bytes:
                            break
                    return _replied(response, body, ask)
                finally:
                    await response.aclose()
        except Exception as error:  # noqa: BLE001  # a transport of the user's may raise anything
            return _what_failed(error, trace)

    async def aclose(self) -> None:
        """Give up our own connections."""
        if self._owned:
            await self._http.aclose()


class TransportSender:
    """Sends through a transport of this package, such as the one to a simulator in process."""

    def __init__(self, transport: Transport, key: Key) -> None:
        self._transport = transport
        self._key = key

    async def send(self, ask: Ask) -> Answer:
        """What comes of it."""
        try:
            return self._key.hidden(await self._sent(ask), ask)
        except BaseException as error:  # noqa: BLE001  # it is raised again
            raise _interrupted(error, ask) from None

    async def _sent(self, ask: Ask) -> Answer:
        try:
            reply = await self._transport.send(
                self._key.on(ask), timeout_s=ask.timeout_s, max_body_bytes=ask.max_body_bytes
            )
        except NotSent as error:
            return Answer(failure=str(error), sent=False)
        except NoReply as error:
            return Answer(failure=str(error))
        return Answer(reply=reply)

    async def aclose(self) -> None:
        """Give up the connections."""
        await self._transport.aclose()


class _Trace:
    """How far a request has come: httpcore tells each of its steps."""

    def __init__(self) -> None:
        self.seen = False
        self.left = False

    def note(self, event: str, info: Mapping[str, Any]) -> None:  # noqa: ARG002  # httpcore's form
        self.seen = True
        self.left = self.left or event.endswith("send_request_headers.started")

    async def anote(self, event: str, info: Mapping[str, Any]) -> None:
        self.note(event, info)


def _request(ask: Ask, key: Key, trace: Any) -> httpx.Request:
    """
    The request as httpx has it.

    Made without the client, which would add its own headers, cookies and key to what goes to strangers as well.
    """
    request = key.on(ask)
    left_s = ask.timeout_s
    timeouts = {
        "connect": min(_CONNECT_S, left_s),
        "read": left_s,
        "write": left_s,
        "pool": left_s * 0.9,  # before the whole is over, so that it is known that nothing was sent
    }
    extensions: dict[str, Any] = {"timeout": timeouts}
    if ask.creates:
        extensions["trace"] = trace
    return httpx.Request(
        request.method,
        request.url,
        headers=[*request.headers, *_OWN],
        content=request.body,
        extensions=extensions,
    )


def _replied(response: httpx.Response, body: bytearray, ask: Ask) -> Answer:
    return Answer(
        reply=Reply(
            status=response.status_code,
            headers=tuple(response.headers.multi_items()),
            body=bytes(body[: ask.max_body_bytes]),
            truncated=len(body) > ask.max_body_bytes,
        )
    )


def _failed(kind: str, *, sent: bool = True) -> Answer:
    return Answer(failure=_WORDS[kind], sent=sent)


_WORDS = {
    "connect": "no connection could be made",
    "timeout": "no whole reply in time",
    "reset": "the connection was lost before the reply ended",
    "invalid": "the address cannot be asked",
}


def _what_failed(error: Exception, trace: _Trace) -> Answer:
    if isinstance(error, _UNSENT):
        return Answer(failure=f"{_WORDS['connect']} ({type(error).__name__})", sent=False)
    if isinstance(error, httpx.InvalidURL):
        return _failed("invalid", sent=False)
    unsent = trace.seen and not trace.left
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return _failed("connect" if unsent else "timeout", sent=not unsent)
    if isinstance(error, httpx.TransportError):
        return _failed("connect" if unsent else "reset", sent=not unsent)
    return Answer(failure=f"the transport failed with {type(error).__name__}", sent=not unsent)


def _interrupted(error: BaseException, ask: Ask) -> BaseException:
    """What came from outside, without the frames below, in which the key is."""
    if ask.creates:
        error.add_note("a creation was under way: its outcome is unknown")
    error.__context__ = None
    return error.with_traceback(None)
