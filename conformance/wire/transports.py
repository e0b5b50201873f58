"""
How does a request reach its target?

Two ways: in process, to an ASGI application, and over a socket. httpx is imported when the first
socket is needed. What goes wrong is sorted by one question, on which money hangs: had the request
left? `NotSent` says that it had not and may be sent again, `NoReply` that nobody knows.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import zlib
from collections.abc import AsyncIterable, Awaitable, Callable, Iterator, Mapping, MutableMapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast
from urllib.parse import SplitResult, quote, unquote, urlsplit

from conformance.errors import NoReply, NotSent, TransportError
from conformance.wire.addresses import is_public_address
from conformance.wire.exchange import Headers, Reply, Request, header
from conformance.wire.quiet import unlogged

if TYPE_CHECKING:
    import httpx

__all__ = ["AsgiApp", "AsgiTransport", "HttpTransport", "Transport"]

Message: TypeAlias = MutableMapping[str, Any]
AsgiApp: TypeAlias = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
    Awaitable[None],
]


class Transport(Protocol):
    """One way to a target."""

    async def send(self, request: Request, *, timeout_s: float, max_body_bytes: int) -> Reply:
        """
        The reply to one request. Redirects are not followed and cookies are not kept.

        Args:
            timeout_s: For all of it, from the connection to the last byte.
            max_body_bytes: What is kept of the body; a longer one is `truncated`.

        Raises:
            NotSent: The request did not leave.
            NoReply: The request left, its outcome is unknown.
        """

    async def aclose(self) -> None:
        """Give up the connections."""


class AsgiTransport:
    """
    Calls an application in process. What it raises is a bug of its own and passes through.

    Args:
        app: An application that, like a server, stays silent to drop the connection.
        clock: The application's clock, in seconds. A reply for which it has moved on by more than
            the timeout has come too late.
    """

    def __init__(self, app: AsgiApp, clock: Callable[[], float] | None = None) -> None:
        self._app = app
        self._clock = clock

    async def send(self, request: Request, *, timeout_s: float, max_body_bytes: int) -> Reply:
        call = _AsgiCall(request, max_body_bytes)
        started_s = self._clock() if self._clock else 0.0
        deadline = asyncio.timeout(timeout_s)
        try:
            async with deadline:
                await self._app(call.scope, call.receive, call.send)
        except TimeoutError:
            if not deadline.expired():
                raise
            raise _too_late(timeout_s) from None
        except Exception:
            if not call.truncated:  # otherwise it was us who hung up
                raise
        if self._clock and self._clock() - started_s > timeout_s:
            raise _too_late(timeout_s)
        return call.reply()

    async def aclose(self) -> None:
        pass


class _AsgiCall:
    """One request as an application sees it, and what the application says to it."""

    def __init__(self, request: Request, max_body_bytes: int) -> None:
        self.scope = _scope(request)
        self.truncated = False
        self._request_body: bytes | None = request.body
        self._max_body_bytes = max_body_bytes
        self._status: int | None = None
        self._headers: Headers = ()
        self._body = bytearray()
        self._complete = False
        self._done = asyncio.Event()

    async def receive(self) -> Message:
        if self._request_body is None:
            await self._done.wait()
            return {"type": "http.disconnect"}
        body, self._request_body = self._request_body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = tuple(
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, value in message.get("headers", ())
            )
        elif message["type"] == "http.response.body":
            self._keep(message.get("body", b""))
            if not message.get("more_body", False):
                self._complete = True
                self._done.set()

    def reply(self) -> Reply:
        if self._status is None or not (self._complete or self.truncated):
            raise NoReply("the application ended without a whole reply", kind="reset")
        return Reply(
            status=self._status,
            headers=self._headers,
            body=bytes(self._body),
            truncated=self.truncated,
        )

    def _keep(self, body: bytes) -> None:
        room = self._max_body_bytes - len(self._body)
        self._body += body[:room]
        if len(body) > room:
            self.truncated = True
            self._done.set()
            raise OSError("the client has hung up")  # what ASGI says `send` does then


def _scope(request: Request) -> Message:
    url = _split(request.url)
    headers = [(name.lower().encode(), value.encode()) for name, value in request.headers]
    given = {name for name, _ in headers}
    if b"host" not in given:
        headers.insert(0, (b"host", url.netloc.rpartition("@")[2].encode()))
    if b"content-length" not in given and request.body:
        headers.append((b"content-length", str(len(request.body)).encode()))
    path = url.path or "/"
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": url.scheme,
        "path": unquote(path),
        "raw_path": quote(path, safe="/%:@!$&'()*+,;=~[]").encode(),
        "query_string": quote(url.query, safe="/%:@!$&'()*+,;=~[]?").encode(),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 0),
        "server": (url.hostname, _port(url)),
    }


class HttpTransport:
    """
    Speaks HTTP/1.1 over sockets, as `image-api-conformance/VERSION` unless the request says else.

    Each request has a connection of its own. One that is kept may be closed by the server just as a
    paid creation goes out on it; and what a server sends beyond its reply would be taken for the
    reply to the next request. A body is kept decoded; its headers stay as they came.

    Args:
        max_connections: More requests than that wait for their turn, within their timeout.
        connect_timeout_s: For the connection alone, within the timeout of the whole.
        home: A URL of the one server that may have a private address. Of all others the address that is really
            connected to must be public, whatever their names say; "" permits every address.
    """

    def __init__(
        self, *, max_connections: int = 8, connect_timeout_s: float = 10.0, home: str = ""
    ) -> None:
        self._max_connections = max_connections
        self._connect_timeout_s = connect_timeout_s
        self._home = _place(_split(home)) if home else ""
        self._pool: httpx.AsyncHTTPTransport | None = None

    @unlogged
    async def send(self, request: Request, *, timeout_s: float, max_body_bytes: int) -> Reply:
        import httpx

        progress = _Progress(request.url, home=self._home)
        prepared = _prepared(request, progress, self._connect_timeout_s)
        pool = self._opened()  # before the deadline, which is the server's
        deadline = asyncio.timeout(timeout_s)
        try:
            async with deadline:
                return await _ask(pool, prepared, max_body_bytes, progress.place)
        except TimeoutError:
            if not deadline.expired():
                raise
            raise progress.too_late(timeout_s) from None
        except httpx.TransportError as error:
            # Not chained: h11 quotes a header that it refuses, and the header may hold the key.
            raise progress.failure(error) from None
        except (ValueError, OverflowError):
            if progress.left:
                raise
            # The resolver refuses some names this way: an empty label, one of 64 characters.
            raise NotSent(f"{progress.place} is no name of a server", kind="connect") from None
        finally:
            await progress.hang_up()

    async def aclose(self) -> None:
        if self._pool is not None:
            pool, self._pool = self._pool, None
            await pool.aclose()

    def _opened(self) -> httpx.AsyncHTTPTransport:
        """
        The pool, made when it is first needed: reading the certificates takes its time.

        It is httpx without its client, which would follow redirects, keep cookies, add headers of
        its own, read the environment, and log every URL.
        """
        import httpx

        if self._pool is None:
            limits = httpx.Limits(
                max_connections=self._max_connections, max_keepalive_connections=0
            )
            self._pool = httpx.AsyncHTTPTransport(
                trust_env=False, limits=limits, verify=_certificates()
            )
        return self._pool


@cache
def _certificates() -> ssl.SSLContext:
    import httpx

    return httpx.create_ssl_context(trust_env=False)


async def _ask(
    pool: httpx.AsyncHTTPTransport, prepared: httpx.Request, max_body_bytes: int, place: str
) -> Reply:
    response = await pool.handle_async_request(prepared)
    try:
        headers = tuple(
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in response.headers.raw
        )
        encoding = header(headers, "content-encoding")
        stream = cast("httpx.AsyncByteStream", response.stream)
        body, truncated = await _read(stream, encoding, max_body_bytes)
        bodiless = response.status_code in _BODILESS
        if not (truncated or bodiless or _is_delimited(headers)) and _is_cut(body):
            raise NoReply(f"{place} closed the connection before its reply ended", kind="reset")
    finally:
        await response.aclose()
    return Reply(status=response.status_code, headers=headers, body=body, truncated=truncated)


def _prepared(request: Request, progress: _Progress, connect_timeout_s: float) -> httpx.Request:
    import httpx

    given = {name.lower() for name, _ in request.headers}
    added = [(name, value) for name, value in _own_headers() if name.lower() not in given]
    try:
        return httpx.Request(
            request.method,
            request.url,
            headers=[(n.encode(), v.encode()) for n, v in (*request.headers, *added)],
            content=request.body,
            extensions={
                "timeout": {"connect": connect_timeout_s},
                "trace": progress.note,
            },
        )
    except (httpx.InvalidURL, ValueError):
        raise NotSent(f"the URL for {progress.place} is not valid", kind="connect") from None


@cache
def _own_headers() -> Headers:
    try:
        own_version = version("image-api-conformance")
    except PackageNotFoundError:
        own_version = "0"
    return (
        ("User-Agent", f"image-api-conformance/{own_version}"),
        ("Accept", "*/*"),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
    )


class _Progress:
    """How far one request has come, and what its failure therefore means."""

    def __init__(self, url: str, *, home: str = "") -> None:
        self.place = _place(_split(url))
        self._public_only = home not in ("", self.place)
        self._seen: set[str] = set()
        self._connection: Any = None

    async def note(self, event: str, info: Mapping[str, Any]) -> None:
        """Called by httpcore at each of its steps (its `trace` extension)."""
        self._seen.add(event)
        if event == "connection.connect_tcp.complete":
            self._connection = info["return_value"]
            if self._public_only:
                self._refuse_private(self._connection.get_extra_info("server_addr"))

    def _refuse_private(self, peer: Any) -> None:
        # A name is looked up anew for each connection: only the address at its other end is sure.
        if not is_public_address(str(peer[0])):
            raise NotSent(f"{self.place} is at {peer[0]}, which is not public", kind="private")

    async def hang_up(self) -> None:
        """Close the connection, which httpcore forgets when it is cancelled in a TLS handshake."""
        if self._connection is not None:
            await self._connection.aclose()

    @property
    def left(self) -> bool:
        """Whether anything of the request may have gone out."""
        return "http11.send_request_headers.started" in self._seen

    def too_late(self, timeout_s: float) -> TransportError:
        if self.left:
            return _too_late(timeout_s)
        return NotSent(f"no connection to {self.place} within {timeout_s:g} s", kind="connect")

    def failure(self, error: httpx.TransportError) -> TransportError:
        import httpx

        if not self.left:
            return NotSent(self._why_not_connected(error), kind="connect")
        if isinstance(error, httpx.TimeoutException):
            return NoReply(f"{self.place} stopped answering", kind="timeout")
        if isinstance(error, httpx.LocalProtocolError):
            # Refused by h11 before it wrote a byte, unless the headers had gone already.
            if "http11.send_request_headers.failed" in self._seen:
                return NotSent("a header of the request is not valid in HTTP", kind="protocol")
            return NoReply("the request is not valid in HTTP", kind="protocol")
        if isinstance(error, httpx.RemoteProtocolError) and not _closed_early(error):
            if _is_too_long(error):
                return NoReply(f"{self.place} sends more headers than are read", kind="protocol")
            return NoReply(f"what {self.place} answers is not HTTP", kind="protocol")
        return NoReply(f"{self.place} closed the connection before its reply ended", kind="reset")

    def _why_not_connected(self, error: httpx.TransportError) -> str:
        import httpx

        causes = list(_causes(error))
        if isinstance(error, httpx.TimeoutException):
            return f"no connection to {self.place} in time"
        if any(isinstance(cause, ssl.SSLError) for cause in causes):
            return (
                f"no secure connection to {self.place}: {error}"
                " (does it speak https, and is its certificate valid?)"
            )
        if any(isinstance(cause, socket.gaierror) for cause in causes):
            return f"{self.place} cannot be found: its name does not resolve"
        return f"cannot connect to {self.place}: {error}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _closed_early(error: Exception) -> bool:
    # The words of httpcore and of h11, which have one exception for this and for bad HTTP.
    return "disconnected" in str(error) or "closed connection" in str(error)


def _is_too_long(error: Exception) -> bool:
    return "too long" in str(error)  # h11's words for more than 100 kB before the body begins


async def _read(
    stream: AsyncIterable[bytes], encoding: str | None, max_body_bytes: int
) -> tuple[bytes, bool]:
    """The decoded body up to the bound, and whether there was more of it."""
    decode = _decoder(encoding)
    body = bytearray()
    raw_bytes = 0
    async for chunk in stream:
        raw_bytes += len(chunk)
        body += decode.feed(chunk, max_body_bytes + 1 - len(body))
        # Compressed bytes may also decode to nothing for ever.
        if len(body) > max_body_bytes or raw_bytes > 2 * max_body_bytes + 1024:
            return bytes(body[:max_body_bytes]), True
    decode.end()
    return bytes(body), False


class _Decoder(Protocol):
    def feed(self, chunk: bytes, max_bytes: int) -> bytes: ...

    def end(self) -> None: ...


class _Identity:
    def feed(self, chunk: bytes, max_bytes: int) -> bytes:
        return chunk[:max_bytes]

    def end(self) -> None:
        pass


class _Inflate:
    """Decompresses gzip (of any number of members) or deflate, within a bound."""

    def __init__(self, encoding: str, wbits: int) -> None:
        self._encoding = encoding
        self._wbits = wbits
        self._inflate = zlib.decompressobj(wbits)
        self._started = False

    def feed(self, chunk: bytes, max_bytes: int) -> bytes:
        out = b""
        while chunk and len(out) < max_bytes:
            if self._inflate.eof:
                self._inflate = zlib.decompressobj(self._wbits)
            try:
                out += self._inflate.decompress(chunk, max_bytes - len(out))
            except zlib.error:
                raise self._broken() from None
            self._started = True
            chunk = self._inflate.unused_data
        return out

    def end(self) -> None:
        if self._started and not self._inflate.eof:
            raise self._broken()

    def _broken(self) -> NoReply:
        return NoReply(f"the body of the reply is not {self._encoding} as it says", kind="protocol")


def _decoder(encoding: str | None) -> _Decoder:
    """
    Nothing but identity was asked for. What cannot be decoded here is not what the vendor says.

    Names that only a store of files uses (`aws-chunked`, `utf-8`) mean nothing, and the body is kept as it came.
    """
    match (encoding or "").strip().lower():
        case "br" | "zstd" | "compress" | "x-compress" as other:
            raise NoReply(f"the reply is encoded as {other}, unasked", kind="protocol")
        case "gzip" | "x-gzip":
            return _Inflate("gzip", 16 + zlib.MAX_WBITS)
        case "deflate":
            return _Inflate("deflate", zlib.MAX_WBITS)
    return _Identity()


def _is_delimited(headers: Headers) -> bool:
    """Whether a reply says how long its body is; else it ends with the connection, whoever closed that."""
    return any(header(headers, name) for name in ("content-length", "transfer-encoding"))


_ENDS = {b"\x89PNG": b"IEND", b"\xff\xd8\xff": b"\xff\xd9"}
_TAIL_BYTES = 64
_BODILESS = (204, 304)


def _is_cut(body: bytes) -> bool:
    """Whether a body has not begun; or begins as JSON, a PNG or a JPEG does, and does not come to its end."""
    if not body:
        return True
    if body.lstrip()[:1] in (b"{", b"["):
        try:
            json.loads(body)
        except (ValueError, RecursionError):
            return True
    return any(body.startswith(s) and e not in body[-_TAIL_BYTES:] for s, e in _ENDS.items())


def _split(url: str) -> SplitResult:
    """
    The parts of an absolute http or https URL.

    Raises:
        NotSent: It is none.
    """
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and _port(parts) > 0
    except ValueError:
        valid = False
    if not valid:
        raise NotSent("the URL is not an absolute http or https URL", kind="connect")
    return parts


def _place(parts: SplitResult) -> str:
    return f"{parts.hostname}:{_port(parts)}"


def _port(parts: SplitResult) -> int:
    if parts.port is not None:
        return parts.port
    return 443 if parts.scheme == "https" else 80


def _too_late(timeout_s: float) -> NoReply:
    return NoReply(f"no whole reply within {timeout_s:g} s", kind="timeout")
