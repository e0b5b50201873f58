"""A simulator with a few short ways to talk to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.contract.loading import load_contract
from conformance.contract.model import Contract
from conformance.simulator.app import Simulator, simulate
from conformance.simulator.clock import VirtualClock
from conformance.simulator.hooks import SimReply, SimRequest

ORIGIN = "https://sim.test"
TOY = load_contract(Path(__file__).with_name("toy.yaml"))
VALID = {"model": "small", "prompt": "a red kite"}
UNREACHABLE = "https://unreachable.invalid/cat.png"


class World:
    """A simulator of the toy vendor on a virtual clock."""

    def __init__(self, contract: Contract = TOY, **options: Any) -> None:
        self.clock = VirtualClock()
        self.sim: Simulator = simulate(contract, clock=self.clock, **options)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = "test-key",
        headers: Mapping[str, str] | None = None,
        query: tuple[tuple[str, str], ...] = (),
    ) -> SimReply:
        sent = {name.lower(): value for name, value in (headers or {}).items()}
        if key is not None:
            sent["authorization"] = f"Bearer {key}"
        raw = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        if body is not None:
            sent.setdefault("content-type", "application/json")
        request = SimRequest(
            method=method, path=path, origin=ORIGIN, query=query, headers=sent, body=raw
        )
        return self.sim.answer(request)

    def post(self, body: Any = None, **options: Any) -> SimReply:
        """A creation; a valid one by default."""
        return self.ask("POST", "/v1/tasks", VALID if body is None else body, **options)

    def make(self, **fields: Any) -> str:
        """The id of a task made from a valid request with these fields."""
        reply = self.post({**VALID, **fields})
        assert reply.status == 202, reply.body
        return str(document(reply)["id"])

    def task(self, task_id: str, *, after_s: float = 0.0) -> Any:
        """What the status operation says of a task."""
        self.clock.advance(after_s)
        reply = self.ask("GET", f"/v1/tasks/{task_id}")
        assert reply.status == 200, reply.body
        return document(reply)["task"]

    def pictures(self, **fields: Any) -> list[SimReply]:
        """The downloads of the results of a task made with these fields."""
        done = self.task(self.make(**fields), after_s=100)
        urls = [image["url"] for image in done["result"]["images"]]
        return [self.ask("GET", url.removeprefix(ORIGIN)) for url in urls]


def document(reply: SimReply) -> Any:
    """The JSON of a reply."""
    return json.loads(reply.body)
