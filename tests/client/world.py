"""A vendor in process for tests of the client: a simulator on a virtual clock, with trouble on the wire if asked for."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from conformance.client.conversations import Conversations
from conformance.client.steps import Answer, Ask, Flow
from conformance.contract.loading import load_contract
from conformance.contract.model import Contract
from conformance.simulator.app import Simulator, simulate
from conformance.simulator.clock import VirtualClock
from conformance.simulator.hooks import Hooks, SimRequest
from conformance.wire.exchange import Reply, Request

__all__ = ["KEY", "World"]

T = TypeVar("T")
KEY = "sk-very-secret-0123456789"
Trouble = Callable[["World", Ask], Answer | None]


def _no_trouble(world: World, ask: Ask) -> Answer | None:
    return None


_loaded = cache(load_contract)


class World:
    """
    A vendor and a client that speaks to it.

    Args:
        trouble: Called with each request; what it gives is the answer in place of the vendor's.
    """

    def __init__(  # what a world can be made of
        self,
        vendor: str | Contract,
        *,
        dialect: Mapping[str, str] | None = None,
        choices: Mapping[str, str] | None = None,
        faults: Iterable[str | Hooks] = (),
        deviations: Iterable[str | Hooks] = (),
        trouble: Trouble = _no_trouble,
        seed: int = 0,
    ) -> None:
        self.clock = VirtualClock()
        self.contract = _loaded(vendor) if isinstance(vendor, str) else vendor
        self.simulator: Simulator = simulate(
            self.contract,
            clock=self.clock,
            choices=choices,
            faults=faults,
            deviations=deviations,
            key=KEY,
        )
        self.talk = Conversations(
            self.contract,
            api_key=KEY,
            base_url=None,
            dialect=dialect,
            request_timeout_s=60.0,
            clock=self.clock.now,
            rng=random.Random(seed),
        )
        self.trouble = trouble
        self.asked: list[Ask] = []
        self.slept: list[float] = []
        self.steps = 0
        self.caught: Any = None
        self.remembered: dict[tuple[str, str], Answer] = {}
        self.told: dict[str, Answer] = {}

    # --- driving

    def run(self, flow: Flow[T]) -> T:
        """What a flow comes to."""
        answer: Answer | None = None
        while True:
            self.steps += 1
            try:
                step = flow.send(answer)
            except StopIteration as done:
                value: T = done.value
                return value
            if isinstance(step, Ask):
                answer = self.answer(step)
            else:
                self.slept.append(step.seconds)
                self.clock.advance(step.seconds)
                answer = None

    def generate(self, timeout_s: float | None = None, **words: Any) -> Any:
        """A creation, and what became of it."""
        return self.run(self.talk.generate(words, timeout_s, None, None))

    def answer(self, ask: Ask) -> Answer:
        """What comes of one request."""
        self.asked.append(ask)
        found = self.trouble(self, ask)
        return self.vendor(ask) if found is None else found

    def vendor(self, ask: Ask) -> Answer:
        """What the vendor answers."""
        started_s = self.clock.now()
        reply = self.simulator.answer(sim_request(self.talk.key.on(ask)))
        if reply.delay_s > ask.timeout_s:
            self.clock.advance(ask.timeout_s)
            return Answer(failure="no whole reply in time")
        self.clock.advance(reply.delay_s)
        assert self.clock.now() - started_s <= ask.timeout_s
        kept = Reply(
            status=reply.status,
            headers=reply.headers,
            body=reply.body[: ask.max_body_bytes],
            truncated=len(reply.body) > ask.max_body_bytes,
        )
        answer = self.talk.key.hidden(Answer(reply=kept), ask)
        if ask.request.method == "GET":
            self.told[ask.request.url] = answer
        return answer

    # --- looking

    def creations(self) -> list[Ask]:
        """The creations that were sent."""
        return [ask for ask in self.asked if ask.creates]


def sim_request(request: Request) -> SimRequest:
    """A request as a simulator sees it."""
    parts = urlsplit(request.url)
    headers: dict[str, str] = {}
    for name, value in request.headers:
        headers.setdefault(name.lower(), value)
    return SimRequest(
        method=request.method,
        path=parts.path,
        origin=f"{parts.scheme}://{parts.netloc}",
        query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
        headers=headers,
        body=request.body,
    )
