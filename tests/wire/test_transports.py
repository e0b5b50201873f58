from __future__ import annotations

import asyncio
import gzip
import socket
import struct
import subprocess
import sys
import time
import tracemalloc
import zlib
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest

from conformance.errors import NoReply, NotSent, TransportError
from conformance.wire.exchange import Reply, Request, header
from conformance.wire.transports import AsgiTransport, HttpTransport, Transport

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
KEY = "sk-canary-in-the-coal-mine"
LIMIT = 100_000


def get(url: str, **parts: Any) -> Request:
    return Request(method="GET", url=url, **parts)


async def ask(
    transport: Transport, request: Request, *, timeout_s: float = 5, max_body_bytes: int = LIMIT
) -> Reply:
    return await transport.send(request, timeout_s=timeout_s, max_body_bytes=max_body_bytes)


# A server by hand says exactly what a test wants, which no library would send.


class Server:
    """
    A loopback server: each connection is read up to its first blank line, then handled.

    With `reads` off it is handled at once, whatever the client says.
    """

    def __init__(self, handler: Handler, *, reads: bool = True) -> None:
        self._handler = handler
        self._reads = reads
        self._handling: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self.heads: list[bytes] = []

    async def __aenter__(self) -> Server:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for _ in range(5):  # a connection may be half accepted: let it arrive
            await asyncio.sleep(0)
        for task, writer in self._handling.items():
            task.cancel()
            writer.transport.abort()
        await asyncio.gather(*self._handling, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._handling[asyncio.create_task(self._serve(reader, writer))] = writer

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._reads:
                self.heads.append(await reader.readuntil(b"\r\n\r\n"))
            await self._handler(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


def saying(*parts: bytes, then: float = 0.0) -> Handler:
    """Sends each part, pausing `then` seconds after each."""

    async def handler(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(then)

    return handler


def ok(body: bytes = b"", *headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"x" * 65536)
        await writer.drain()


async def resetting(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def over_a_socket(handler: Handler, request: Request | None = None, **options: Any) -> Reply:
    """The reply of one loopback server to one request; `url` is completed with its address."""

    async def run() -> Reply:
        async with Server(handler) as server:
            transport = HttpTransport()
            asked = request or get("/")
            try:
                whole = Request(
                    method=asked.method,
                    url=server.url + asked.url,
                    headers=asked.headers,
                    body=asked.body,
                )
                return await ask(transport, whole, **options)
            finally:
                await transport.aclose()

    return asyncio.run(run())


def failing(url: str, **parts: Any) -> TransportError:
    async def run() -> None:
        await ask(HttpTransport(), get(url, **parts))

    with pytest.raises(TransportError) as caught:
        asyncio.run(run())
    return caught.value


def test_a_reply_is_what_went_over_the_wire() -> None:
    reply = over_a_socket(saying(ok(b'{"a": 1}', "X-Trace: 1", "x-trace: 2")))
    assert reply == Reply(
        status=200,
        headers=(("Content-Length", "8"), ("X-Trace", "1"), ("x-trace", "2")),
        body=b'{"a": 1}',
    )


def test_a_request_is_sent_as_it_is() -> None:
    async def run() -> tuple[bytes, bytes]:
        async with Server(saying(ok())) as server:
            request = Request(
                method="POST",
                url=f"{server.url}/v1/a%2Fb?q=1&r=%20#part",
                headers=(("Authorization", f"Bearer {KEY}"), ("user-agent", "mine")),
                body=b"{}",
            )
            transport = HttpTransport()
            await ask(transport, request)
            await ask(transport, get(server.url))
            await transport.aclose()
            return server.heads[0], server.heads[1]

    first, second = asyncio.run(run())
    assert first.startswith(b"POST /v1/a%2Fb?q=1&r=%20 HTTP/1.1\r\n")
    assert f"Authorization: Bearer {KEY}\r\n".encode() in first
    assert b"Content-Length: 2\r\n" in first
    assert b"user-agent: mine\r\n" in first
    assert b"image-api-conformance/" not in first
    assert b"User-Agent: image-api-conformance/" in second
    assert b"Accept-Encoding: identity\r\n" in second


def test_a_slow_drip_ends_at_the_deadline() -> None:
    started = time.perf_counter()
    with pytest.raises(NoReply) as caught:
        over_a_socket(saying(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x"] * 50, then=0.1), timeout_s=0.15)
    assert caught.value.kind == "timeout"
    assert time.perf_counter() - started < 4  # of 5 s that the whole body takes


def test_silence_ends_at_the_deadline() -> None:
    with pytest.raises(NoReply, match=r"no whole reply within 0\.1 s") as caught:
        over_a_socket(saying(b"", then=0.3), timeout_s=0.1)
    assert caught.value.kind == "timeout"


def test_an_endless_body_is_cut_off() -> None:
    reply = over_a_socket(endless)
    assert (len(reply.body), reply.truncated) == (LIMIT, True)


@pytest.mark.parametrize(("length", "truncated"), [(LIMIT, False), (LIMIT + 1, True)])
@pytest.mark.parametrize("encoding", ["identity", "gzip", "deflate"])
def test_the_bound_on_bodies_is_inclusive(encoding: str, length: int, truncated: bool) -> None:
    body = b"x" * length
    packed = {"identity": body, "gzip": gzip.compress(body), "deflate": zlib.compress(body)}
    reply = over_a_socket(saying(ok(packed[encoding], f"Content-Encoding: {encoding}")))
    assert (reply.body, reply.truncated) == (body[:LIMIT], truncated)


def test_a_gzip_bomb_is_not_unpacked_beyond_the_bound() -> None:
    bomb = gzip.compress(bytes(30_000_000))
    tracemalloc.start()
    reply = over_a_socket(saying(ok(bomb, "Content-Encoding: gzip")))
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(reply.body), reply.truncated) == (LIMIT, True)
    assert peak_bytes < 20_000_000  # of which importing httpx may be some


def test_compressed_bytes_that_hold_nothing_are_bounded_too() -> None:
    nothing = gzip.compress(b"") * 20_000
    reply = over_a_socket(saying(ok(nothing, "Content-Encoding: gzip")), max_body_bytes=1000)
    assert (reply.body, reply.truncated) == (b"", True)


def test_gzip_of_several_members_is_read_as_one() -> None:
    body = gzip.compress(b"one ") + gzip.compress(b"two")
    assert over_a_socket(saying(ok(body, "Content-Encoding: gzip"))).body == b"one two"


def test_an_encoding_that_cannot_be_decoded_and_was_not_asked_for_is_no_reply() -> None:
    with pytest.raises(NoReply, match="encoded as br") as caught:
        over_a_socket(saying(ok(b"\x0b\x02", "Content-Encoding: br")))
    assert caught.value.kind == "protocol"


def test_an_encoding_that_means_nothing_leaves_the_body_as_it_came() -> None:
    assert over_a_socket(saying(ok(b"as it is", "Content-Encoding: utf-8"))).body == b"as it is"


@pytest.mark.parametrize(
    "body",
    [b'{"id": "t', b'{"a": {"b": 1}', b"[1, ", b"\x89PNG\r\n\x1a\n...", b"\xff\xd8\xff\xe0..."],
)
def test_a_reply_that_ends_with_its_connection_may_have_been_cut_off(body: bytes) -> None:
    with pytest.raises(NoReply) as caught:
        over_a_socket(saying(b"HTTP/1.1 200 OK\r\n\r\n" + body))
    assert caught.value.kind == "reset"


@pytest.mark.parametrize("body", [b'{"id": "t"}\n', b"<html>", b"plain", b"12"])
def test_a_reply_that_ends_with_its_connection_may_be_whole(body: bytes) -> None:
    assert over_a_socket(saying(b"HTTP/1.1 200 OK\r\n\r\n" + body)).body == body


def test_a_name_that_leads_to_a_private_address_is_not_asked() -> None:
    """Whatever a URL says: what counts is the address at the other end of the connection."""

    async def run() -> tuple[TransportError, list[bytes]]:
        async with Server(saying(ok())) as server:
            transport = HttpTransport(home="https://api.example")
            url = server.url.replace("127.0.0.1", "localhost")  # stands for any name of somebody's
            with pytest.raises(NotSent) as caught:
                await ask(transport, get(url))
            await transport.aclose()
            return caught.value, server.heads

    error, heads = asyncio.run(run())
    assert (error.kind, heads) == ("private", [])
    assert "127.0.0.1, which is not public" in str(error)


def test_the_server_at_home_may_have_a_private_address() -> None:
    async def run() -> int:
        async with Server(saying(ok())) as server:
            transport = HttpTransport(home=f"{server.url}/v1")
            reply = await ask(transport, get(f"{server.url}/tasks"))
            await transport.aclose()
            return reply.status

    assert asyncio.run(run()) == 200


def test_a_redirect_is_not_followed() -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
    reply = over_a_socket(saying(moved))
    assert (reply.status, header(reply.headers, "location")) == (302, "/elsewhere")


@pytest.mark.parametrize(
    ("handler", "kind"),
    [
        pytest.param(resetting, "reset", id="reset after the request"),
        pytest.param(saying(b""), "reset", id="closed without a word"),
        pytest.param(saying(b"HTTP/1.1 200"), "reset", id="closed within the status line"),
        pytest.param(
            saying(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"),
            "reset",
            id="body too short",
        ),
        pytest.param(
            saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
            "reset",
            id="cut off within a chunk",
        ),
        pytest.param(saying(b"SSH-2.0-OpenSSH_9\r\n\r\n"), "protocol", id="not HTTP"),
        pytest.param(
            saying(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"), "protocol", id="bad length"
        ),
        pytest.param(
            saying(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
            "protocol",
            id="two lengths",
        ),
        pytest.param(
            saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
            "protocol",
            id="bad chunk",
        ),
        pytest.param(
            saying(b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 200_000),
            "protocol",
            id="endless header",
        ),
        pytest.param(
            saying(ok(b"plain", "Content-Encoding: gzip")), "protocol", id="gzip that is none"
        ),
        pytest.param(
            saying(ok(gzip.compress(b"x" * 99)[:-9], "Content-Encoding: gzip")),
            "protocol",
            id="gzip cut off",
        ),
    ],
)
def test_no_whole_reply(handler: Handler, kind: str) -> None:
    with pytest.raises(NoReply) as caught:
        over_a_socket(handler)
    assert caught.value.kind == kind
    assert "127.0.0.1" in str(caught.value) or "gzip" in str(caught.value)


def test_a_large_upload_refused_early_still_gets_its_reply() -> None:
    refused = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

    async def refusing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(refused)
        await writer.drain()
        while await reader.read(65536):
            pass

    upload = Request(method="POST", url="/", body=bytes(3_000_000))
    assert over_a_socket(refusing, upload).status == 413


def test_bytes_after_a_reply_are_not_the_next_reply() -> None:
    async def run() -> list[int]:
        async with Server(saying(ok(b"{}") + b"HTTP/1.1 500 Injected\r\n\r\n")) as server:
            transport = HttpTransport()
            replies = [await ask(transport, get(server.url)) for _ in range(3)]
            await transport.aclose()
            return [reply.status for reply in replies]

    assert asyncio.run(run()) == [200, 200, 200]


def test_cookies_are_not_kept() -> None:
    async def run() -> bytes:
        async with Server(saying(ok(b"", "Set-Cookie: sid=1; Path=/"))) as server:
            transport = HttpTransport()
            for _ in range(2):
                await ask(transport, get(server.url))
            await transport.aclose()
            return server.heads[1]

    assert b"cookie" not in asyncio.run(run()).lower()


def test_no_more_connections_than_allowed() -> None:
    open_now = most = 0

    async def counting(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        await asyncio.sleep(0.02)
        open_now -= 1
        writer.write(ok())

    async def run() -> None:
        async with Server(counting) as server:
            transport = HttpTransport(max_connections=2)
            await asyncio.gather(*[ask(transport, get(server.url)) for _ in range(6)])
            await transport.aclose()

    asyncio.run(run())
    assert most == 2


def test_waiting_for_a_turn_is_not_sending() -> None:
    async def run() -> TransportError:
        async with Server(saying(b"", then=0.3)) as server:
            transport = HttpTransport(max_connections=1)
            first = asyncio.create_task(ask(transport, get(server.url), timeout_s=0.2))
            await asyncio.sleep(0.02)
            with pytest.raises(TransportError) as caught:
                await ask(transport, get(server.url), timeout_s=0.05)
            with pytest.raises(NoReply):
                await first
            await transport.aclose()
            return caught.value

    assert isinstance(asyncio.run(run()), NotSent)


def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://proxy.invalid:3128")
    assert over_a_socket(saying(ok(b"direct"))).body == b"direct"


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/relative",
        "//host/path",
        "ftp://127.0.0.1/",
        "file:///etc/hosts",
        "http://",
        "http:///path",
        "http://[::1",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:port/",
        "http://127.0.0.1:0/",
        "http://127.0.0.1/\x00",
        "http://xn--/",
        "https://" + "a" * 70_000,
    ],
)
def test_a_url_that_is_none_is_not_sent(url: str) -> None:
    error = failing(url)
    assert (type(error), error.kind) == (NotSent, "connect")


def test_a_refused_connection_is_not_sent() -> None:
    error = failing(f"http://127.0.0.1:{free_port()}/")
    assert (type(error), error.kind) == (NotSent, "connect")
    assert str(error).startswith("cannot connect to 127.0.0.1:")


def test_a_name_that_does_not_resolve_is_not_sent() -> None:
    error = failing("http://unreachable.invalid/picture.png")
    assert (type(error), error.kind) == (NotSent, "connect")
    assert str(error) == "unreachable.invalid:80 cannot be found: its name does not resolve"


def test_a_name_that_no_resolver_takes_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise UnicodeError("label empty or too long")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert "is no name of a server" in str(failing("http://a..example/"))


def test_tests_reach_nothing_but_loopback() -> None:
    with pytest.raises(RuntimeError, match="only loopback"):
        failing("http://example.com/")
    with socket.socket() as sock, pytest.raises(RuntimeError, match="only loopback"):
        sock.connect(("192.0.2.1", 80))


def test_https_to_a_server_that_speaks_http_is_not_sent() -> None:
    async def run() -> None:
        async with Server(saying(ok()), reads=False) as server:
            await ask(HttpTransport(), get(server.url.replace("http:", "https:")))

    with pytest.raises(
        NotSent, match="does it speak https, and is its certificate valid"
    ) as caught:
        asyncio.run(run())
    assert caught.value.kind == "connect"


def test_a_connection_that_takes_too_long_is_not_sent() -> None:
    """A server that accepts and never answers the greeting of TLS."""

    async def run() -> None:
        async with Server(saying(b"", then=0.3), reads=False) as server:
            url = server.url.replace("http:", "https:")
            await ask(HttpTransport(), get(url), timeout_s=0.1)

    with pytest.raises(NotSent, match=r"no connection to 127\.0\.0\.1:\d+ within 0\.1 s"):
        asyncio.run(run())


@pytest.mark.parametrize(
    "headers",
    [
        (("Authorization", f"Bearer {KEY}\r\nX-Injected: 1"),),
        (("Authorization\n", f"Bearer {KEY}"),),
        (("Authorization", f"Bearer {KEY}\x00"),),
    ],
)
def test_a_header_that_is_none_is_not_sent_and_not_quoted(headers: Any) -> None:
    with pytest.raises(NotSent) as caught:
        over_a_socket(saying(ok()), get("/", headers=headers))
    error: BaseException | None = caught.value
    assert caught.value.kind == "protocol"
    assert KEY not in str(error)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_cancelled_request_stays_cancelled() -> None:
    async def run() -> None:
        async with Server(saying(b"", then=0.3)) as server:
            task = asyncio.create_task(ask(HttpTransport(), get(server.url)))
            await asyncio.sleep(0.05)
            task.cancel()
            await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(run())


def test_a_transport_may_be_used_after_it_was_closed() -> None:
    async def run() -> list[int]:
        async with Server(saying(ok())) as server:
            transport = HttpTransport()
            statuses = []
            for _ in range(2):
                statuses.append((await ask(transport, get(server.url))).status)
                await transport.aclose()
            return statuses

    assert asyncio.run(run()) == [200, 200]


def test_importing_the_wire_loads_nothing_heavy() -> None:
    code = (
        "import sys, conformance.wire.transports, conformance.wire.pictures,"
        " conformance.wire.redaction; print(sorted({'httpx', 'PIL', 'yaml'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


# In process


async def echo(scope: Any, receive: Any, send: Any) -> None:
    message = await receive()
    text = "\n".join(
        [
            scope["method"],
            scope["scheme"],
            scope["path"],
            scope["raw_path"].decode(),
            scope["query_string"].decode(),
            *(f"{name.decode()}={value.decode()}" for name, value in scope["headers"]),
            message["body"].decode(),
        ]
    )
    await send({"type": "http.response.start", "status": 202, "headers": [(b"X-A", b"\xe9")]})
    await send({"type": "http.response.body", "body": text[:9].encode(), "more_body": True})
    await send({"type": "http.response.body", "body": text[9:].encode()})


def in_process(
    app: Any, request: Request | None = None, *, clock: Any = None, **options: Any
) -> Reply:
    return asyncio.run(
        ask(AsgiTransport(app, clock), request or get("http://api.example/"), **options)
    )


def test_an_application_sees_the_request() -> None:
    reply = in_process(
        echo,
        Request(
            method="POST",
            url="https://api.example:8443/v1/a%2Fb/ü?q=%20&r=1",
            headers=(("Authorization", "Bearer x"),),
            body=b'{"a": 1}',
        ),
    )
    assert (reply.status, reply.headers) == (202, (("X-A", "é"),))
    assert reply.body.decode().split("\n") == [
        *("POST", "https", "/v1/a/b/ü", "/v1/a%2Fb/%C3%BC", "q=%20&r=1"),
        *("host=api.example:8443", "authorization=Bearer x", "content-length=8"),
        '{"a": 1}',
    ]


def test_what_an_application_raises_passes_through() -> None:
    async def broken(*_: Any) -> None:
        raise TimeoutError("a bug, not a deadline")

    with pytest.raises(TimeoutError, match="a bug"):
        in_process(broken)


def answering(messages: Iterable[dict[str, Any]]) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        for message in messages:
            await send(message)

    return app


START = {"type": "http.response.start", "status": 200, "headers": []}


@pytest.mark.parametrize(
    "messages",
    [[], [START], [START, {"type": "http.response.body", "body": b"x", "more_body": True}]],
    ids=["nothing", "no body", "half a body"],
)
def test_an_application_that_falls_silent_drops_the_connection(messages: Any) -> None:
    with pytest.raises(NoReply) as caught:
        in_process(answering(messages))
    assert caught.value.kind == "reset"


@pytest.mark.parametrize(("length", "truncated"), [(10, False), (11, True)])
def test_the_body_of_an_application_is_bounded(length: int, truncated: bool) -> None:
    app = answering([START, {"type": "http.response.body", "body": b"x" * length}])
    reply = in_process(app, max_body_bytes=10)
    assert (reply.body, reply.truncated) == (b"x" * 10, truncated)


def test_an_application_that_never_ends_its_body_is_hung_up_on() -> None:
    def forever() -> Iterable[dict[str, Any]]:
        yield START
        while True:
            yield {"type": "http.response.body", "body": b"x" * 1000, "more_body": True}

    assert in_process(answering(forever())).truncated


def test_an_application_that_never_answers_is_too_late() -> None:
    async def waiting(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await receive()

    with pytest.raises(NoReply) as caught:
        in_process(waiting, timeout_s=0.05)
    assert caught.value.kind == "timeout"


@pytest.mark.parametrize(("took_s", "late"), [(30.0, False), (30.5, True)])
def test_the_deadline_is_on_the_clock_of_the_application(took_s: float, late: bool) -> None:
    now_s = 100.0

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        nonlocal now_s
        now_s += took_s
        await echo(scope, receive, send)

    if late:
        with pytest.raises(NoReply, match="within 30 s"):
            in_process(slow, clock=lambda: now_s, timeout_s=30)
    else:
        assert in_process(slow, clock=lambda: now_s, timeout_s=30).status == 202


def test_starlette_applications_work() -> None:
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse, StreamingResponse
    from starlette.routing import Route

    async def create(request: Any) -> JSONResponse:
        return JSONResponse({"path": request.url.path, "got": await request.json()}, 201)

    async def stream(_: Any) -> StreamingResponse:
        async def parts() -> Any:
            while True:
                yield b"x" * 1000

        return StreamingResponse(parts())

    app = Starlette(
        routes=[Route("/v1/create", create, methods=["POST"]), Route("/stream", stream)]
    )
    request = Request(method="POST", url="http://api.example/v1/create", body=b'{"n": 1}')
    reply = in_process(app, request)
    assert (reply.status, reply.json()) == (201, {"path": "/v1/create", "got": {"n": 1}})
    assert in_process(app, get("http://api.example/stream")).truncated
    assert in_process(app, get("http://api.example/nowhere")).status == 404
