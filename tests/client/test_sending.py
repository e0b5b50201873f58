"""What goes out through httpx, what comes back, and that the key is nowhere but on the wire."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import threading
import time
import traceback
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from conformance import AsyncClient, Client
from conformance.contract.loading import contract_names, load_contract, load_text
from conformance.errors import (
    AuthRefused,
    ClientError,
    DownloadFailed,
    NotReached,
    OutcomeUnknown,
    UsageError,
)
from conformance.simulator.app import simulate
from conformance.simulator.clock import RealClock, VirtualClock
from conformance.simulator.serve import serving
from conformance.wire.exchange import Request
from tests.client.world import KEY, sim_request

loaded = cache(load_contract)
Handler = Callable[[httpx.Request], httpx.Response]


def simulated(vendor: str, **more: Any) -> tuple[httpx.Client, VirtualClock, Any]:
    """A user's own httpx client that is answered by a simulator."""
    clock = VirtualClock()
    app = simulate(loaded(vendor), clock=clock, key=KEY, **more)

    def answer(request: httpx.Request) -> httpx.Response:
        sent = Request(
            method=request.method,
            url=str(request.url),
            headers=tuple(request.headers.multi_items()),
            body=request.read(),
        )
        reply = app.answer(sim_request(sent))
        return httpx.Response(reply.status, headers=list(reply.headers), content=reply.body)

    return httpx.Client(transport=httpx.MockTransport(answer)), clock, app


def answering(handler: Handler) -> Client:
    http = httpx.Client(transport=httpx.MockTransport(handler))
    return Client(loaded("aigptimage"), api_key=KEY, http=http, sleep=lambda _: None)


@pytest.mark.parametrize("vendor", contract_names())
def test_a_picture_is_made_and_kept_through_a_client_of_ones_own(
    vendor: str, tmp_path: Path
) -> None:
    http, clock, _ = simulated(vendor)
    seen: list[str] = []
    with Client(
        loaded(vendor), api_key=KEY, http=http, clock=clock.now, sleep=clock.advance
    ) as client:
        result = client.generate(prompt="a cat", on_progress=lambda s: seen.append(s.phase))
        kept = client.download(result, tmp_path / "new")
    assert not http.is_closed
    assert seen[-1] == "succeeded"
    assert [(p.path.parent, p.media_type) for p in kept] == [(tmp_path / "new", "image/png")]
    assert [p.name for p in (tmp_path / "new").iterdir()] == [kept[0].path.name]


def test_over_real_sockets_with_and_without_await(tmp_path: Path) -> None:
    apps = {v: simulate(loaded(v), clock=RealClock(50), key=KEY) for v in ("aigptimage", "toapis")}

    async def one(vendor: str, url: str) -> list[Any]:
        async with AsyncClient(
            loaded(vendor), api_key=KEY, base_url=url, sleep=lambda s: asyncio.sleep(s / 50)
        ) as client:
            result = await client.generate(prompt="a cat")
            return await client.download(result, tmp_path / vendor)

    with serving(apps) as urls:
        assert len(asyncio.run(one("aigptimage", urls["aigptimage"]))) == 1
        with Client(
            loaded("toapis"), api_key=KEY, base_url=urls["toapis"], sleep=_fiftieth
        ) as client:
            assert client.generate(prompt="a cat").urls


def _fiftieth(seconds: float) -> None:
    threading.Event().wait(seconds / 50)


# --- what a failure means for money


def raising(error: Exception) -> Handler:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error

    return answer


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (httpx.ConnectError("x"), NotReached),
        (httpx.ConnectTimeout("x"), NotReached),
        (httpx.PoolTimeout("x"), NotReached),
        (httpx.ReadError("x"), OutcomeUnknown),
        (httpx.ReadTimeout("x"), OutcomeUnknown),
        (httpx.WriteError("x"), OutcomeUnknown),
        (httpx.RemoteProtocolError("x"), OutcomeUnknown),
        (RuntimeError("x"), OutcomeUnknown),
    ],
)
def test_only_what_never_left_is_known_not_to_be_charged(
    error: Exception, raised: type[ClientError]
) -> None:
    contract = loaded("toapis")
    client = Client(
        contract,
        api_key=KEY,
        http=httpx.Client(transport=httpx.MockTransport(raising(error))),
        sleep=lambda _: None,
    )
    with pytest.raises(raised) as caught:
        client.submit(prompt="a cat")
    assert caught.value.charged is (False if raised is NotReached else None)


def test_nobody_listens() -> None:
    address = "http://127.0.0.1:1"
    with (
        Client(loaded("toapis"), api_key=KEY, base_url=address, sleep=_none) as client,
        pytest.raises(NotReached) as caught,
    ):
        client.submit(prompt="a cat")
    assert caught.value.charged is False


def _none(_: float) -> None:
    pass


def test_a_creation_that_is_cancelled_says_so_and_leaves_nothing_running() -> None:
    app = simulate(loaded("toapis"), clock=RealClock(), key=KEY, faults=["slow=30"])

    async def cancelled(url: str) -> tuple[list[str], int]:
        async with AsyncClient(loaded("toapis"), api_key=KEY, base_url=url) as client:
            running = asyncio.create_task(client.submit(prompt="a cat"))
            await asyncio.sleep(0.3)
            running.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await running
            return caught.value.__notes__, len(asyncio.all_tasks())

    with serving({"toapis": app}) as urls:
        notes, tasks = asyncio.run(cancelled(urls["toapis"]))
    assert notes == ["a creation was under way: its outcome is unknown"]
    assert tasks == 1


def test_a_deadline_holds_though_the_server_drips() -> None:
    app = simulate(loaded("toapis"), clock=RealClock(), key=KEY, faults=["slow=30"])

    async def late(url: str) -> float:
        async with AsyncClient(loaded("toapis"), api_key=KEY, base_url=url) as client:
            started = asyncio.get_running_loop().time()
            with pytest.raises(OutcomeUnknown, match="time"):
                await client.generate(prompt="a cat", timeout_s=0.5)
            return asyncio.get_running_loop().time() - started

    with serving({"toapis": app}) as urls:
        assert asyncio.run(late(urls["toapis"])) < 1.5


DRIPS = {
    "headers": b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 5000,
    "body": b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 4999,
    "one part and then nothing": b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nhalf",
    "nothing": b"",
}


@pytest.mark.parametrize("what", DRIPS)
def test_a_deadline_holds_without_await_whatever_drips(what: str) -> None:
    stop = threading.Event()

    def drip(server: socket.socket) -> None:
        with server.accept()[0] as connection:
            connection.recv(65536)
            at_once = 40 if what == "one part and then nothing" else 1
            data = DRIPS[what]
            for place in range(0, len(data), at_once):
                if stop.wait(0 if place < 40 else 0.02):
                    return
                connection.sendall(data[place : place + at_once])
            stop.wait(20)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with Client(loaded("toapis"), api_key=KEY, base_url=url) as client:
            started = time.monotonic()
            with pytest.raises(OutcomeUnknown, match="time"):
                client.submit(prompt="a cat", timeout_s=0.5)
            took = time.monotonic() - started
        stop.set()
        thread.join(5)
    assert took < 1.2


# --- the key


@pytest.mark.parametrize("key", ["", "two words", "line\nbreak", "umläut"])
def test_what_is_no_key_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(UsageError) as caught:
        Client(loaded("toapis"), api_key=key)
    assert not key or key not in str(caught.value)


def query_keyed() -> Any:
    contract = loaded("toapis")
    text = Path(contract.file).read_text("utf-8") if Path(contract.file).exists() else ""
    assert "header: Authorization" in text
    return load_text(
        text.replace("header: Authorization", "query: secret").replace(
            'prefix: "Bearer "', "level: must", 1
        )
    )


def refusing(request: httpx.Request) -> httpx.Response:
    """Repeats what it was asked with, as some servers do."""
    said = request.headers.get("Authorization", "") + str(request.url)
    body = {"error": {"message": f"bad key: {said}", "code": 401}, "code": 401, "msg": said}
    return httpx.Response(401, json=body, headers={"x-echo": said})


def test_no_error_log_or_traceback_has_the_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for contract in (loaded("aigptimage"), query_keyed()):
        http = httpx.Client(transport=httpx.MockTransport(refusing))
        client = Client(contract, api_key=KEY, http=http)
        with pytest.raises(AuthRefused) as caught:
            client.submit(prompt="a cat")
        assert caught.value.status == 401
        told = "".join(
            traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
        )
        mine = [line for line in told.splitlines() if "KEY" not in line]
        texts = [str(caught.value), repr(caught.value), repr(vars(caught.value)), repr(client)]
        assert not [text for text in (*texts, *mine, *caplog.messages) if KEY in text]


def test_an_interrupt_brings_no_frames_with_the_key() -> None:
    def interrupt(request: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    client = answering(interrupt)
    with pytest.raises(KeyboardInterrupt) as caught:
        client.submit(prompt="a cat")
    frames = [f for f, _ in traceback.walk_tb(caught.value.__traceback__)]
    assert not any("httpx" in f.f_code.co_filename for f in frames)
    assert caught.value.__notes__ == ["a creation was under way: its outcome is unknown"]


def test_the_key_goes_to_the_vendor_alone(tmp_path: Path) -> None:
    """Not to where the pictures are, and not along with a redirect."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if request.method == "POST":
            return httpx.Response(200, json={"code": 200, "msg": "", "data": {"taskId": "t"}})
        if request.url.path.endswith("recordInfo"):
            done = {"taskId": "t", "state": "success"}
            urls = json.dumps({"resultUrls": ["https://cdn.example/a.png"]})
            return httpx.Response(200, json={"code": 200, "data": {**done, "resultJson": urls}})
        if request.url.host == "cdn.example":
            return httpx.Response(302, headers={"location": "http://10.0.0.1/x"})
        raise AssertionError(request.url)

    http = httpx.Client(
        transport=httpx.MockTransport(answer),
        headers={"Authorization": "Bearer of-another"},
        auth=("user", "password"),
        follow_redirects=True,
        cookies={"session": "1"},
    )
    client = Client(loaded("aigptimage"), api_key=KEY, http=http, sleep=_none)
    with pytest.raises(DownloadFailed, match="not a public address"):
        client.download(client.generate(prompt="a cat"), tmp_path)
    keyed = [r.headers.get("authorization") for r in asked]
    assert keyed == [f"Bearer {KEY}", f"Bearer {KEY}", None]
    assert not any("cookie" in r.headers for r in asked)
    assert list(tmp_path.iterdir()) == []


# --- pictures


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"<html>gone</html>", "a page of HTML"),
        (b"", "nothing in it"),
        (b"\x89PNG\r\n\x1a\n broken", "decoded|not a"),
        (b"x" * 2000, "more than 1000 bytes"),
    ],
)
def test_what_is_no_picture_is_not_kept(body: bytes, why: str, tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=body, headers={"content-type": "image/png"})

    client = answering(answer)
    from conformance.client.answers import Result

    result = Result(vendor="aigptimage", task_id="../../etc/x", urls=("https://cdn.example/a",))
    with pytest.raises(DownloadFailed, match=why):
        client.download(result, tmp_path, max_bytes=1000)
    assert list(tmp_path.iterdir()) == []
