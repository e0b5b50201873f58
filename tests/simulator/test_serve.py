"""Simulators as HTTP servers on loopback."""

from __future__ import annotations

import asyncio
import socket
import time

import httpx
import pytest

from conformance.errors import UsageError
from conformance.simulator.app import simulate
from conformance.simulator.clock import RealClock
from conformance.simulator.serve import serve_many, serving
from tests.simulator.world import TOY, VALID

AUTH = {"Authorization": "Bearer test-key"}


def test_each_vendor_has_a_port_of_its_own_and_answers_over_http() -> None:
    clock = RealClock(speed=200)
    apps = {"one": simulate(TOY, clock=clock), "two": simulate(TOY, clock=clock, key="other")}
    with serving(apps) as urls, httpx.Client(headers=AUTH) as client:
        assert set(urls) == {"one", "two"}
        assert client.post(f"{urls['two']}/v1/tasks", json=VALID).status_code == 401
        task_id = client.post(f"{urls['one']}/v1/tasks", json=VALID).json()["id"]
        task = {}
        for _ in range(200):
            task = client.get(f"{urls['one']}/v1/tasks/{task_id}").json()["task"]
            if task["state"] == "done":
                break
            time.sleep(0.01)
        url = task["result"]["images"][0]["url"]
        assert url.startswith(urls["one"])
        assert client.get(url).headers["content-type"] == "image/png"


def test_a_lost_reply_is_a_connection_that_is_closed() -> None:
    app = simulate(TOY, faults=["reset-after-create"])
    with serving({"one": app}) as urls, httpx.Client(headers=AUTH) as client:
        with pytest.raises(httpx.TransportError):
            client.post(f"{urls['one']}/v1/tasks", json=VALID)
        assert app.creations == 1
        assert client.post(f"{urls['one']}/v1/tasks", json=VALID).status_code == 202


def test_the_servers_are_gone_when_they_should_be() -> None:
    with serving({"one": simulate(TOY)}) as urls:
        pass
    with pytest.raises(httpx.ConnectError):
        httpx.get(urls["one"])


def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=str(port)), serving({"one": simulate(TOY)}, port=port):
            pass


def test_a_port_that_cannot_exist_is_refused() -> None:
    with (
        pytest.raises(UsageError, match="no port 70000"),
        serving({"a": simulate(TOY)}, port=70000),
    ):
        pass


def test_serving_ends_when_it_is_cancelled_and_says_where_it_is() -> None:
    told: list[tuple[str, str]] = []

    async def run() -> None:
        apps = {"one": simulate(TOY), "two": simulate(TOY)}
        task = asyncio.create_task(serve_many(apps, ready=lambda *each: told.append(each)))
        while len(told) < 2:  # noqa: ASYNC110  # the callback cannot be awaited
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert [name for name, _ in told] == ["one", "two"]
    assert all(url.startswith("http://127.0.0.1:") for _, url in told)


def test_replies_do_not_wait_for_acknowledgements() -> None:
    """On a connection that is kept, each would take 40 ms: asyncio has to know that the socket speaks TCP."""
    with serving({"toy": simulate(TOY)}) as urls, httpx.Client(headers=AUTH) as client:
        url = urls["toy"] + "/nothing-here"
        client.get(url)
        times = []
        for _ in range(20):
            started = time.perf_counter()
            client.get(url)
            times.append(time.perf_counter() - started)
    assert sorted(times)[5] < 0.03
