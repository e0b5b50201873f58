"""Callbacks over real sockets: what is taken, and what is turned away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import pytest

from conformance.errors import UsageError
from conformance.wire.exchange import Request, header
from conformance.wire.receiver import DirectReceiver, HttpReceiver

Talk = Callable[[bytes], Awaitable[bytes]]


def received(*raw: bytes, status: int = 204) -> tuple[list[Request], list[bytes]]:
    """What came of sending these bytes, each over a connection of its own: requests, and answers."""
    taken: list[Request] = []

    def take(request: Request) -> int:
        taken.append(request)
        return status

    async def talk() -> list[bytes]:
        receiver = HttpReceiver()
        await receiver.open(take)
        port = urlsplit(receiver.base_url).port
        answers = []
        for each in raw:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(each)
            answers.append(await reader.read())
            writer.close()
        await receiver.aclose()
        return answers

    return taken, asyncio.run(talk())


def post(body: bytes, *headers: str, target: str = "/a/token") -> bytes:
    lines = [f"POST {target} HTTP/1.1", "Host: us.example", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def test_a_request_with_a_length() -> None:
    taken, answers = received(post(b'{"a": 1}', "Content-Length: 8", "X-Two: 1", "X-Two: 2"))
    assert [(r.method, urlsplit(r.url).path, r.body) for r in taken] == [
        ("POST", "/a/token", b'{"a": 1}')
    ]
    assert [v for n, v in taken[0].headers if n == "X-Two"] == ["1", "2"]
    assert answers == [b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"]


def test_a_request_in_chunks() -> None:
    chunks = b'5;x=y\r\n{"a":\r\n3\r\n 1}\r\n0\r\nTrailer: t\r\n\r\n'
    taken, _ = received(post(chunks, "Transfer-Encoding: chunked"))
    assert [r.body for r in taken] == [b'{"a": 1}']


def test_who_waits_to_be_asked_for_the_body_is() -> None:
    taken, answers = received(post(b"{}", "Content-Length: 2", "Expect: 100-continue"))
    assert [r.body for r in taken] == [b"{}"]
    assert answers[0].startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204")


def test_another_status_says_that_nothing_follows() -> None:
    _, answers = received(post(b""), status=500)
    assert answers[0].startswith(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n")


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (post(b"", f"Content-Length: {2**30}"), 413),
        (post(b"ffffffff\r\n", "Transfer-Encoding: chunked"), 413),
        (post(b"xyz\r\n", "Transfer-Encoding: chunked"), 400),
        (post(b"", "Content-Length: many"), 400),
        (b"hello\r\n\r\n", 400),
        (b"GET / SPDY/3\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", 400),
    ],
)
def test_what_is_too_long_or_no_request_is_turned_away(raw: bytes, status: int) -> None:
    taken, answers = received(raw, post(b"{}", "Content-Length: 2"))
    assert answers[0].startswith(f"HTTP/1.1 {status} ".encode())
    assert [r.body for r in taken] == [b"{}"], "the next one is taken as if nothing had happened"


def test_a_public_address_stands_in_front() -> None:
    receiver = HttpReceiver(port=0, public_url="https://hooks.example/path/")
    assert receiver.base_url == "https://hooks.example/path"
    assert receiver.assured
    assert receiver.tunnelled
    assert not HttpReceiver().assured


def test_a_port_that_is_taken_is_a_sentence() -> None:
    async def twice() -> None:
        first = HttpReceiver()
        await first.open(lambda _: 204)
        port = urlsplit(first.base_url).port
        assert port is not None
        try:
            await HttpReceiver(port=port).open(lambda _: 204)
        finally:
            await first.aclose()

    with pytest.raises(UsageError, match="cannot be used for callbacks"):
        asyncio.run(twice())


def test_in_process_nobody_is_there_before_and_after() -> None:
    receiver = DirectReceiver()
    request = Request(method="POST", url="https://callbacks.example/conformance/t")
    seen = [receiver.deliver(request)]

    async def while_open() -> None:
        await receiver.open(lambda r: 200 if header(r.headers, "x") is None else 500)
        seen.append(receiver.deliver(request))
        await receiver.aclose()

    asyncio.run(while_open())
    assert [*seen, receiver.deliver(request)] == [None, 200, None]
