"""When a simulator calls back, what it sends, and where to it never does."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from typing import Any

import pytest

from conformance.contract.loading import load_contract
from conformance.errors import UsageError
from conformance.simulator.app import simulate
from conformance.simulator.callbacks import in_process
from conformance.simulator.clock import VirtualClock
from conformance.simulator.hooks import SimRequest
from conformance.simulator.posting import LoopbackPost, is_local
from conformance.wire.exchange import Request, header
from tests.quality.test_kinds import TOYS

HOOK = "https://us.example/hook"
UNREACHABLE = ["https://unreachable.invalid/a.png"]


class Wall:
    """A simulator of a toy on a virtual clock, and what it sent: time since the start, and request."""

    def __init__(self, toy: str, *answers: int | None, **options: Any) -> None:
        self.clock = VirtualClock()
        self.start_s = self.clock.now()
        self.sent: list[tuple[float, Request]] = []
        self.answers = list(answers)
        self.sim = simulate(
            load_contract(TOYS / f"{toy}.yaml"),
            clock=self.clock,
            deliver=in_process(self.answer),
            **options,
        )

    def answer(self, request: Request) -> int | None:
        self.sent.append((round(self.clock.now() - self.start_s, 1), request))
        return self.answers.pop(0) if self.answers else 200

    def make(self, **fields: Any) -> None:
        body = json.dumps({"prompt": "a kite", **fields}).encode()
        headers = {"content-type": "application/json"}
        reply = self.sim.answer(
            SimRequest(method="POST", path="/make", origin="https://s", headers=headers, body=body)
        )
        assert reply.status == 200, reply.body

    def bodies(self) -> list[Any]:
        return [json.loads(request.body) for _, request in self.sent]


def test_a_task_that_ended_is_told_of_once() -> None:
    wall = Wall("called")
    wall.make(hook=HOOK, style="fine")
    wall.clock.advance(4)
    assert wall.sent == []
    wall.clock.advance(1000)
    ((at_s, request),) = wall.sent
    assert at_s == 5.0
    assert (request.method, request.url) == ("POST", HOOK)
    body = json.loads(request.body)
    task = next(iter(wall.sim.tasks))
    assert (body["task"], body["state"], body["style"]) == (task, "done", "fine")
    assert body["urls"] == [f"https://s/_results/{task}/0.png"]
    assert header(request.headers, "content-type") == "application/json"
    assert header(request.headers, "X-Toy-Event") == "done"


def test_nobody_is_told_who_did_not_ask() -> None:
    wall = Wall("called")
    wall.make()
    wall.clock.advance(1000)
    assert wall.sent == []


def test_without_anybody_to_deliver_nothing_is_sent() -> None:
    clock = VirtualClock()
    sim = simulate(load_contract(TOYS / "called.yaml"), clock=clock)
    body = json.dumps({"prompt": "a kite", "hook": HOOK}).encode()
    request = SimRequest(method="POST", path="/make", origin="https://s", body=body)
    assert sim.answer(request).status == 200
    clock.advance(1000)


def test_a_task_that_failed_is_told_of_where_it_is_promised() -> None:
    wall = Wall("called")
    wall.make(hook=HOOK, refs=UNREACHABLE)
    wall.clock.advance(1000)
    (body,) = wall.bodies()
    assert body["state"] == "no"
    assert "why" in body
    assert "urls" not in body


@pytest.mark.parametrize(
    ("answers", "times"),
    [
        ((200,), [5.0]),
        ((500, 200), [5.0, 6.0]),
        ((204, 302, 200), [5.0, 6.0, 8.0]),  # this toy wants 200 and nothing else
        ((None, None, None, None, None), [5.0, 6.0, 8.0, 12.0]),
    ],
)
def test_what_is_not_acknowledged_is_tried_again_as_often_as_promised(
    answers: tuple[int | None, ...], times: list[float]
) -> None:
    wall = Wall("called", *answers)
    wall.make(hook=HOOK)
    wall.clock.advance(10_000)
    assert [at_s for at_s, _ in wall.sent] == times
    assert len({request.body for _, request in wall.sent}) == 1


def test_every_detail_of_a_signature_is_kept() -> None:
    wall = Wall("signed", secret="of-this-test")
    wall.make(hook=HOOK)
    wall.clock.advance(1000)
    ((_, request),) = wall.sent
    assert request.method == "PUT"
    event, time = (header(request.headers, f"X-Toy-{n}") or "" for n in ("Id", "Time"))
    message = f"{event}.{time}.".encode() + request.body
    right = hmac.new(b"of-this-test", message, hashlib.sha256).hexdigest()
    assert header(request.headers, "X-Toy-Signature") == f"v1={right}"
    assert int(time) == int(wall.start_s + 5)


@pytest.mark.parametrize(
    ("choices", "times"),
    [
        ({"callback:delay": "late"}, [25.0]),
        ({"callback:copies": "two"}, [5.0, 5.0]),
    ],
)
def test_what_the_documents_leave_open_can_be_chosen(
    choices: dict[str, str], times: list[float]
) -> None:
    wall = Wall("called", choices=choices)
    wall.make(hook=HOOK)
    wall.clock.advance(1000)
    assert [at_s for at_s, _ in wall.sent] == times


def test_the_other_documented_form_is_that_of_the_status() -> None:
    wall = Wall("called", choices={"callback:form": "other"})
    wall.make(hook=HOOK)
    wall.clock.advance(1000)
    (body,) = wall.bodies()
    assert body["state"] == "done"
    assert {"id", "urls"} <= body.keys()
    assert not {"task", "at"} & body.keys()


def test_a_choice_about_callbacks_is_none_where_there_are_none() -> None:
    with pytest.raises(UsageError, match="unknown choice 'callback:delay'"):
        simulate(load_contract("gptimage2api"), choices={"callback:delay": "late"})


# ---------------------------------------------------------------- where to


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:8000/hook", True),
        ("http://127.8.9.1/hook", True),
        ("https://[::1]:8000/hook", True),
        ("http://localhost:8000/hook", True),
        ("http://example.com/hook", False),
        ("http://10.0.0.1/hook", False),
        ("http://169.254.169.254/latest/meta-data", False),
        ("http://localhost.example.com/", False),
        ("http://me.localhost/", False),
        ("http://127.0.0.1.nip.io/", False),
        ("http://127.0.0.1@example.com/", False),
        ("http://user@127.0.0.1/", False),
        ("http://0.0.0.0/", False),
        ("http://[::ffff:10.0.0.1]/", False),
        ("http://2130706433/", False),
        ("http://127.1/", False),
        ("ftp://127.0.0.1/", False),
        ("file:///etc/passwd", False),
        ("http://[::1", False),
        ("http://127.0.0.1:0/", False),
        ("", False),
    ],
)
def test_what_surely_names_this_machine(url: str, local: bool) -> None:
    assert is_local(url) is local


def test_a_callback_to_elsewhere_is_dropped() -> None:
    """Whoever may create tasks must not be able to have the simulator ask others."""
    answered: list[int | None] = []

    async def post() -> None:
        deliver = LoopbackPost()
        request = Request(method="POST", url="http://169.254.169.254/latest", body=b"{}")
        deliver(request, answered.append)
        await asyncio.sleep(0)

    asyncio.run(post())
    assert answered == []


def test_nobody_there_is_no_answer() -> None:
    answered: list[int | None] = []

    async def post() -> None:
        LoopbackPost()(Request(method="POST", url="http://127.0.0.1:9/"), answered.append)
        for _ in range(500):
            await asyncio.sleep(0.01)
            if answered:
                return

    asyncio.run(post())
    assert answered == [None]
