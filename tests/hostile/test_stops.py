"""When does a run against a hostile server stop, and how long can the worst of them take?"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from conformance.cli.check import exit_code
from conformance.contract.loading import load_contract
from conformance.errors import NoReply, TargetUnusable
from conformance.results.outcome import Target
from conformance.run.check import run_check
from conformance.run.options import RunOptions
from conformance.run.targets import Endpoint, embedded_target
from conformance.wire.exchange import Reply, Request
from conformance.wire.transports import Transport
from tests.run.toy import NO_REPLY, Vendor, done, is_create, on_poll, reply

TIMEOUT = NoReply("no whole reply within 60 s", kind="timeout")
WAIT = reply(429, {"error": "slow"}, retry_after="1000000000000")


def notes(run: object) -> str:
    return " ".join(run.record.notes)  # type: ignore[attr-defined]  # `Done` of the toy


def test_tasks_that_are_never_heard_of_stop_the_run() -> None:
    """Each of them is paid for."""
    run = done(Vendor(before=on_poll(*[TIMEOUT] * 1000)))
    assert "stopped: of 3 tasks in a row no status query was answered" in notes(run)
    assert run.record.billed == 3
    assert exit_code([run.result]) == 5
    assert [v for v in run.verdicts.values() if v.verdict == "violates"] == []


def test_a_task_that_is_heard_of_forgives_those_before() -> None:
    """A server that loses every other reply is asked to the end."""
    lost = [answer for _ in range(500) for answer in (NO_REPLY, None)]
    run = done(Vendor(before=on_poll(*lost)))
    assert "stopped" not in notes(run)
    assert run.record.billed > 3


def test_429_from_some_time_on_stops_the_run() -> None:
    vendor = Vendor()

    def before(request: Request) -> Reply | None:
        return WAIT if len(vendor.tasks) >= 2 and is_create(request) else None

    vendor.before = before
    run = done(vendor)
    assert "stopped: the target answers with HTTP 429, however long one waits" in notes(run)
    assert len(vendor.creates) < 30
    assert exit_code([run.result]) == 5


def test_429_is_not_waited_for_again_and_again() -> None:
    """Each refusal would be worth three waits of a minute; after a dozen answers it is worth none."""
    vendor = Vendor()

    def before(request: Request) -> Reply | None:
        return WAIT if len(vendor.seen) > 4 and is_create(request) else None

    vendor.before = before
    run = done(vendor)
    assert run.record.seconds < 900


def test_429_now_and_then_stops_nothing() -> None:
    count = iter(range(10_000))
    run = done(Vendor(before=lambda _: WAIT if next(count) % 3 == 0 else None))
    assert "stopped" not in notes(run)
    assert exit_code([run.result]) == 0


def test_an_outage_at_the_end_accuses_nobody() -> None:
    vendor = Vendor()

    def before(_: Request) -> Reply | None:
        return reply(500, {"error": "down"}) if len(vendor.seen) > 12 else None

    vendor.before = before
    run = done(vendor)
    assert [v for v in run.verdicts.values() if v.verdict == "violates"] == []
    assert exit_code([run.result]) == 5


def test_500_for_one_sort_of_request_is_an_answer_while_others_are_answered() -> None:
    def before(request: Request) -> Reply | None:
        return reply(500, {"error": "x"}) if b"bold" in request.body else None

    run = done(Vendor(before=before))
    assert run.verdicts["toy.create.style.enum"].verdict == "violates"


# --- how long the worst runs take, on a clock that costs nothing ---


class Worse:
    """A faithful simulator behind a network that answers some requests after 60 s or never."""

    def __init__(self, inner: Endpoint, answer: Callable[[Request], Reply | Exception | None]):
        self._inner = inner
        self._answer = answer

    async def send(self, request: Request, *, timeout_s: float, max_body_bytes: int) -> Reply:
        answer = self._answer(request)
        if isinstance(answer, NoReply):
            await self._inner.clock.sleep(timeout_s)
            raise answer
        if isinstance(answer, Reply):
            return answer
        transport: Transport = self._inner.transport
        return await transport.send(request, timeout_s=timeout_s, max_body_bytes=max_body_bytes)

    async def aclose(self) -> None:
        await self._inner.transport.aclose()


def is_download(request: Request) -> bool:
    return "_results" in request.url


def is_poll(request: Request) -> bool:
    return request.method == "GET" and not is_download(request)


WORST: dict[str, tuple[Callable[[Request], Reply | Exception | None], float]] = {
    "nothing is answered": (lambda r: TIMEOUT, 0.3),
    "no poll is answered": (lambda r: TIMEOUT if is_poll(r) else None, 1.0),
    "no picture comes": (lambda r: TIMEOUT if is_download(r) else None, 1.5),
    "429 for ever": (lambda r: WAIT, 0.3),
    "429 for each poll": (lambda r: WAIT if is_poll(r) else None, 2.5),
}
"""What never ends, and the hours that a run with the default timeouts takes at most, one case after the other."""


SLOWEST = ("aigptimage", "apimart")
"""Of the five vendors those against which the worst runs take longest."""


@pytest.mark.parametrize("name", WORST)
@pytest.mark.parametrize("vendor", SLOWEST)
def test_how_long_the_worst_runs_take(vendor: str, name: str) -> None:
    answer, hours = WORST[name]
    contract = load_contract(vendor)
    inner = embedded_target(contract)
    endpoint = Endpoint(
        target=Target(kind="url", base_url=contract.base_url, loopback=True),
        transport=Worse(inner, answer),
        clock=inner.clock,
        base_url=contract.base_url,
        key=inner.key,
        sequential=True,
    )
    started_s = inner.clock.now()
    accused: list[str] = []
    with suppress(TargetUnusable):
        result = run_check(contract, endpoint, RunOptions())
        accused = [v.clause for v in result.verdicts if v.verdict == "violates"]
    took = (inner.clock.now() - started_s) / 3600
    assert accused == []
    assert took < hours
