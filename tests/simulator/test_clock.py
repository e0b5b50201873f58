"""Clocks."""

from __future__ import annotations

import asyncio
import time

import pytest

from conformance.simulator.clock import RealClock, VirtualClock


def test_a_virtual_clock_moves_only_when_told() -> None:
    clock = VirtualClock(100.0)
    clock.advance(5)
    asyncio.run(clock.sleep(2))
    clock.advance(-50)
    assert clock.now() == 107.0


def test_virtual_sleep_takes_no_time() -> None:
    started = time.monotonic()
    asyncio.run(VirtualClock().sleep(3600))
    assert time.monotonic() - started < 10


def test_a_real_clock_can_run_faster() -> None:
    clock = RealClock(speed=1000)
    before = clock.now()
    asyncio.run(clock.sleep(20))
    assert 20 <= clock.now() - before < 2000


def test_a_clock_cannot_stand_still_or_run_backwards() -> None:
    with pytest.raises(ValueError, match="more than 0"):
        RealClock(speed=0)
