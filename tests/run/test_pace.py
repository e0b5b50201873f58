"""No more cases at a time than agreed, in the order in which they came."""

from __future__ import annotations

import asyncio

import pytest

from conformance.run.pace import LocalPace


class Crowd:
    """Counts who is inside."""

    def __init__(self, pace: LocalPace) -> None:
        self.pace = pace
        self.inside = 0
        self.most = 0
        self.order: list[int] = []

    async def visit(self, number: int, steps: int = 3) -> None:
        async with self.pace.slot():
            self.order.append(number)
            self.inside += 1
            self.most = max(self.most, self.inside)
            for _ in range(steps):
                await asyncio.sleep(0)
            self.inside -= 1


@pytest.mark.parametrize("limit", [1, 3, 8])
def test_no_more_than_the_limit_are_inside_and_they_come_in_order(limit: int) -> None:
    crowd = Crowd(LocalPace(limit))

    async def scene() -> None:
        await asyncio.gather(*(crowd.visit(n) for n in range(20)))

    asyncio.run(scene())
    assert crowd.most == limit
    assert crowd.order == list(range(20))


def test_slowing_down_halves_and_never_stops() -> None:
    pace = LocalPace(5)
    limits = []
    for _ in range(4):
        pace.slow_down()
        limits.append(pace.limit)

    assert limits == [2, 1, 1, 1]


def test_slowing_down_holds_for_those_who_wait() -> None:
    crowd = Crowd(LocalPace(4))

    async def scene() -> None:
        first = [asyncio.create_task(crowd.visit(n)) for n in range(12)]
        await asyncio.sleep(0)
        crowd.pace.slow_down()
        crowd.pace.slow_down()
        await asyncio.gather(*first[:4])
        crowd.most = crowd.inside
        await asyncio.gather(*first)

    asyncio.run(scene())
    assert crowd.most == 1


def test_who_is_cancelled_while_waiting_takes_no_place() -> None:
    crowd = Crowd(LocalPace(1))

    async def scene() -> None:
        tasks = [asyncio.create_task(crowd.visit(n)) for n in range(4)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        tasks[2].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await crowd.visit(9)

    asyncio.run(scene())
    assert crowd.order == [0, 3, 9]


def test_who_is_cancelled_just_as_the_place_is_handed_over_gives_it_back() -> None:
    pace = LocalPace(1)

    async def hold(until: asyncio.Event) -> None:
        async with pace.slot():
            await until.wait()

    async def scene() -> None:
        gone = asyncio.Event()
        first = asyncio.create_task(hold(gone))
        await asyncio.sleep(0)
        second = asyncio.create_task(hold(asyncio.Event()))
        await asyncio.sleep(0)
        gone.set()
        await first
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        async with asyncio.timeout(5), pace.slot():
            pass

    asyncio.run(scene())
