"""The cap is hard, whoever asks at the same time."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.run.purse import CAP, STOP, LocalPurse, Reservation


def reserved(purse: LocalPurse, *, invalid: bool = False) -> Reservation:
    found = purse.try_reserve(invalid=invalid)
    assert found is not None
    return found


def test_zero_grants_nothing() -> None:
    purse = LocalPurse(max_billed=0)

    assert purse.try_reserve() is None
    assert asyncio.run(purse.reserve()) == CAP


def test_no_cap_grants_everything() -> None:
    purse = LocalPurse(max_billed=None)

    assert all(purse.try_reserve() for _ in range(1000))


def test_an_open_reservation_counts_until_it_is_released() -> None:
    purse = LocalPurse(max_billed=1)
    first = reserved(purse)

    assert purse.try_reserve() is None
    purse.release(first)
    assert purse.try_reserve() is not None
    assert purse.billed == 0


def test_whoever_waits_gets_what_is_released() -> None:
    async def scene() -> Reservation | str:
        purse = LocalPurse(max_billed=1)
        first = reserved(purse)
        waiting = asyncio.create_task(purse.reserve())
        await asyncio.sleep(0)
        assert not waiting.done()
        purse.release(first)
        return await waiting

    assert isinstance(asyncio.run(scene()), Reservation)


def test_whoever_waits_is_told_once_the_last_is_spent() -> None:
    async def scene() -> list[Reservation | str]:
        purse = LocalPurse(max_billed=1)
        first = reserved(purse)
        waiting = [asyncio.create_task(purse.reserve()) for _ in range(3)]
        await asyncio.sleep(0)
        purse.settle(first, 2)
        return await asyncio.gather(*waiting)

    assert asyncio.run(scene()) == [CAP, CAP, CAP]


def test_settling_again_corrects_the_amount_alone() -> None:
    purse = LocalPurse(max_billed=None)
    one = reserved(purse)
    purse.settle(one, 2)
    purse.settle(one, 3)

    assert (purse.billed, purse.cost) == (1, 3)


def test_a_closed_reservation_stays_closed() -> None:
    purse = LocalPurse(max_billed=None)
    settled, released = reserved(purse), reserved(purse)
    purse.settle(settled, 1)
    purse.release(released)
    purse.release(released)

    with pytest.raises(ValueError, match="after it had been settled"):
        purse.release(settled)
    with pytest.raises(ValueError, match="after it had been released"):
        purse.settle(released, 1)


def test_three_invalid_requests_accepted_stop_the_invalid_ones_and_no_others() -> None:
    purse = LocalPurse(max_billed=None, stop_at_invalid=True)
    for _ in range(3):
        one = reserved(purse, invalid=True)
        purse.settle(one, 1)
        purse.end(one)

    assert asyncio.run(purse.reserve(invalid=True)) == STOP
    assert purse.try_reserve(invalid=False) is not None


def test_no_more_than_three_invalid_ones_are_under_way() -> None:
    purse = LocalPurse(max_billed=None, stop_at_invalid=True)
    open_ones = [reserved(purse, invalid=True) for _ in range(3)]

    assert purse.try_reserve(invalid=True) is None
    purse.release(open_ones[0])
    assert purse.try_reserve(invalid=True) is not None


@given(
    st.integers(0, 5),
    st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 3)), max_size=30),
)
def test_the_cap_is_never_exceeded_and_nobody_waits_for_ever(
    cap: int, works: list[tuple[bool, bool, int]]
) -> None:
    purse = LocalPurse(max_billed=cap, stop_at_invalid=True)
    spent = 0

    async def work(*, invalid: bool, refused: bool, steps: int) -> None:
        nonlocal spent
        got = await purse.reserve(invalid=invalid)
        if isinstance(got, str):
            return
        for _ in range(steps):
            await asyncio.sleep(0)
        if refused:
            purse.release(got)
        else:
            spent += 1
            purse.settle(got, 1)
        purse.end(got)
        assert spent <= cap

    async def scene() -> None:
        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            for invalid, refused, steps in works:
                group.create_task(work(invalid=invalid, refused=refused, steps=steps))

    asyncio.run(scene())
    wanted = [invalid for invalid, refused, _ in works if not refused]
    assert spent == purse.billed <= cap
    assert spent >= min(cap, len([w for w in wanted if not w]))


def test_a_budget_grants_no_creation_that_could_exceed_it() -> None:
    purse = LocalPurse(max_billed=None, budget=10)
    first = purse.try_reserve(cost=6)
    assert first is not None
    assert purse.try_reserve(cost=5) is None
    purse.settle(first, 4)
    assert purse.try_reserve(cost=5) is None  # nobody said what the first one cost
    purse.settle(first, 4, metered=True)
    assert purse.try_reserve(cost=5) is not None
    assert purse.try_reserve(cost=2) is None


def test_a_refused_creation_gives_its_part_of_the_budget_back() -> None:
    purse = LocalPurse(max_billed=None, budget=0.03)
    first = purse.try_reserve(cost=0.03)
    assert first is not None
    purse.release(first)
    assert purse.try_reserve(cost=0.03) is not None


def test_where_the_budget_is_spent_the_reason_is_the_cap() -> None:
    purse = LocalPurse(max_billed=None, budget=5)
    first = purse.try_reserve(cost=3)
    assert first is not None
    purse.settle(first, 3)
    assert asyncio.run(purse.reserve(cost=3)) == CAP


def test_whoever_charges_more_than_it_documents_is_believed_to_do_so_again() -> None:
    purse = LocalPurse(max_billed=None, budget=20)
    first = purse.try_reserve(cost=3)
    assert first is not None
    purse.settle(first, 6, metered=True)
    second = purse.try_reserve(cost=3)
    assert second is not None
    assert purse.try_reserve(cost=5) is None  # 6 spent, 6 under way, and it would cost 10
    assert purse.try_reserve(cost=4) is not None


def test_an_invalid_request_whose_task_failed_is_no_charge_for_what_should_be_refused() -> None:
    """It counts at once, and no longer once its task has failed, which the documents permit."""
    purse = LocalPurse(max_billed=None, stop_at_invalid=True)
    late = [reserved(purse, invalid=True) for _ in range(3)]
    for each in late:
        purse.settle(each, 1)
    assert purse.try_reserve(invalid=True) is None

    async def scene() -> Reservation | str:
        waiting = asyncio.create_task(purse.reserve(invalid=True))
        await asyncio.sleep(0)
        assert not waiting.done()
        purse.end(late[0], excused=True)
        return await waiting

    assert isinstance(asyncio.run(scene()), Reservation)
