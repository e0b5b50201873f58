"""The ASGI edge of the simulator."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from conformance.simulator.app import Simulator, simulate
from conformance.simulator.clock import VirtualClock
from tests.simulator.world import TOY, VALID

AUTH = {"Authorization": "Bearer test-key"}


def talk(
    app: Any, conversation: Callable[[httpx.AsyncClient], Awaitable[Any]], **options: Any
) -> Any:
    async def run() -> Any:
        transport = httpx.ASGITransport(app=app, **options)
        async with httpx.AsyncClient(transport=transport, base_url="https://toy.example") as client:
            return await conversation(client)

    return asyncio.run(run())


def test_a_whole_conversation_goes_over_asgi() -> None:
    clock = VirtualClock()

    async def conversation(client: httpx.AsyncClient) -> None:
        made = await client.post("/v1/tasks", json=VALID, headers=AUTH)
        await clock.sleep(20)
        done = await client.get(f"/v1/tasks/{made.json()['id']}", headers=AUTH)
        url = done.json()["task"]["result"]["images"][0]["url"]
        picture = await client.get(url)
        assert url.startswith("https://toy.example/_results/")
        assert picture.headers["content-type"] == "image/png"
        assert picture.content.startswith(b"\x89PNG")

    talk(simulate(TOY, clock=clock), conversation)


def test_a_prefix_that_it_is_mounted_under_is_tolerated_and_kept_in_urls() -> None:
    sim = simulate(TOY)

    async def conversation(client: httpx.AsyncClient) -> Any:
        made = await client.post("/here/v1/tasks", json=VALID, headers=AUTH)
        return made.status_code

    assert talk(sim, conversation, root_path="/here") == 202

    async def mounted(path: str) -> list[Any]:
        sent: list[Any] = []
        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "root_path": "/here",
            "query_string": b"",
            "scheme": "http",
            "headers": [(b"host", b"h:1"), (b"authorization", b"Bearer test-key")],
        }

        async def receive() -> Any:
            return {"type": "http.request", "body": b""}

        async def send(message: Any) -> None:
            sent.append(message)

        sim_clock = sim.clock
        await sim_clock.sleep(50)
        await sim(scope, receive, send)
        return sent

    task_id = next(iter(sim.tasks))
    sent = asyncio.run(mounted(f"/here/v1/tasks/{task_id}"))
    assert b"http://h:1/here/_results/" in sent[1]["body"]


def test_a_slow_reply_takes_its_time_on_the_clock_it_was_given() -> None:
    clock = VirtualClock()
    before = clock.now()

    async def conversation(client: httpx.AsyncClient) -> None:
        await client.post("/v1/tasks", json=VALID, headers=AUTH)

    talk(simulate(TOY, clock=clock, faults=["slow=3"]), conversation)
    assert clock.now() == before + 3


def test_head_has_the_headers_and_no_body() -> None:
    sim = simulate(TOY)

    async def conversation(client: httpx.AsyncClient) -> httpx.Response:
        made = await client.post("/v1/tasks", json=VALID, headers=AUTH)
        return await client.head(f"/_results/{made.json()['id']}/0.png")

    reply = talk(sim, conversation)
    assert (reply.status_code, reply.content) == (200, b"")
    assert int(reply.headers["content-length"]) > 0


def test_a_body_in_pieces_is_one_body() -> None:
    async def conversation(client: httpx.AsyncClient) -> int:
        async def pieces() -> Any:
            yield b'{"model": "small",'
            yield b' "prompt": "x"}'

        reply = await client.post("/v1/tasks", content=pieces(), headers=AUTH)
        return reply.status_code

    assert talk(simulate(TOY), conversation) == 202


def run_app(app: Simulator, scope: dict[str, Any], *messages: dict[str, Any]) -> list[Any]:
    sent: list[Any] = []
    waiting = list(messages)

    async def receive() -> Any:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    return sent


def test_it_starts_and_stops_when_a_server_says_so() -> None:
    sent = run_app(
        simulate(TOY),
        {"type": "lifespan"},
        {"type": "lifespan.startup"},
        {"type": "lifespan.shutdown"},
    )
    assert [m["type"] for m in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_it_speaks_nothing_but_http() -> None:
    with pytest.raises(ValueError, match="not websocket"):
        run_app(simulate(TOY), {"type": "websocket"})


def test_a_client_that_goes_away_in_the_middle_leaves_no_task() -> None:
    sim = simulate(TOY)
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/tasks",
        "headers": [(b"authorization", b"Bearer test-key")],
    }
    run_app(
        sim,
        scope,
        {"type": "http.request", "body": b'{"model":', "more_body": True},
        {"type": "http.disconnect"},
    )
    assert sim.creations == 0


def test_another_key_can_be_the_right_one() -> None:
    async def conversation(client: httpx.AsyncClient) -> list[int]:
        keys = ["test-key", "secret"]
        return [
            (
                await client.post("/v1/tasks", json=VALID, headers={"Authorization": f"Bearer {k}"})
            ).status_code
            for k in keys
        ]

    assert talk(simulate(TOY, key="secret"), conversation) == [401, 202]


def test_who_can_fetch_which_image_can_be_handed_in() -> None:
    sim = simulate(TOY, image_fetcher=lambda url: "cat" in url)

    async def conversation(client: httpx.AsyncClient) -> None:
        for name in ("cat", "dog"):
            body = {**VALID, "images": [f"https://images.example/{name}.png"]}
            await client.post("/v1/tasks", json=body, headers=AUTH)

    talk(sim, conversation)
    assert [bool(task.failure) for task in sim.tasks.values()] == [False, True]
