"""A reply that is cut off at any byte is no answer: no crash, and nobody is accused because of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator

import pytest

from conformance.errors import NoReply, TargetUnusable
from conformance.results.outcome import Target
from conformance.run.check import run_check
from conformance.run.options import RunOptions
from conformance.run.targets import Endpoint
from conformance.simulator.clock import RealClock
from conformance.wire.exchange import Reply, Request, header
from conformance.wire.transports import HttpTransport
from tests.hostile.server import RESET, Moment, Step, Twist, http, served
from tests.run.toy import KEY, PNG, creation, plan_of, toy

BODY = b'{"id": "t1", "cost": 2}'
CONTRACT = toy()
ENDS = {"closed": (), "reset": (RESET,)}


def unsized(m: Moment) -> bytes:
    """The answer without its length: it ends with the connection."""
    return b"HTTP/1.1 %d OK\r\nContent-Type: x\r\n\r\n" % m.reply.status + m.reply.body


def cut_in(phase: str, length: int, end: tuple[Step, ...], *, sized: bool) -> Twist:
    """Every reply of a phase stops after so many bytes."""

    def twist(m: Moment) -> Iterable[Step]:
        raw = m.raw if sized else unsized(m)
        return (raw[:length], *end) if m.phase == phase else (m.raw,)

    return twist


@pytest.mark.parametrize("sized", [True, False], ids=["of a length", "of no length"])
@pytest.mark.parametrize("end", ENDS)
def test_no_cut_reply_is_taken_for_a_whole_one(end: str, sized: bool) -> None:
    """At each byte of a reply to a creation: a whole reply or none."""
    whole = http(200, BODY, "Content-Type: application/json")
    if not sized:
        whole = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + BODY
    lengths = iter(range(len(whole)))

    def twist(_: Moment) -> Iterable[Step]:
        return (whole[: next(lengths)], *ENDS[end])

    async def ask_all(url: str) -> list[Reply | NoReply]:
        transport = HttpTransport()
        found: list[Reply | NoReply] = []
        for _ in range(len(whole)):
            request = Request(
                method="POST",
                url=f"{url}/tasks",
                headers=(("Authorization", f"Bearer {KEY}"),),
                body=b'{"prompt": "x"}',
            )
            try:
                found.append(await transport.send(request, timeout_s=3, max_body_bytes=1000))
            except NoReply as error:
                found.append(error)
        await transport.aclose()
        return found

    with served(twist) as server:
        found = asyncio.run(ask_all(server.url))
    # What ends before its body begins and says no length is a reply with nothing in it.
    wrong = [
        f for f in found if isinstance(f, Reply) and (f.body or header(f.headers, "content-length"))
    ]
    assert wrong == []


def runs(phase: str, whole: int) -> Iterator[tuple[int, str, bool]]:
    for length in range(0, whole, 4):
        yield length, ("closed", "reset")[length // 4 % 2], bool(length // 4 % 3)


@pytest.mark.parametrize("phase", ["create", "poll", "download"])
def test_no_cut_reply_accuses_anybody(phase: str) -> None:
    """A whole run for every fourth byte, of one creation, its poll and its picture."""
    whole = {"create": 110, "poll": 130, "download": 75 + len(PNG)}[phase]
    planner = plan_of(creation("carrier"))
    accused = {}

    def twist(m: Moment) -> Iterable[Step]:
        return cut_in(phase, now[0], ENDS[now[1]], sized=now[2])(m)

    with served(twist) as server:
        for now in runs(phase, whole):
            endpoint = Endpoint(
                target=Target(kind="url", base_url=server.url, loopback=True),
                transport=HttpTransport(),
                clock=RealClock(100_000),
                base_url=server.url,
                key=KEY,
            )
            try:
                result = run_check(CONTRACT, endpoint, RunOptions(), planner=planner)
            except TargetUnusable:
                continue
            accused |= {
                (v.clause, now): [o.message for o in result.observations if o.clause == v.clause]
                for v in result.verdicts
                if v.verdict == "violates"
            }
    assert accused == {}
