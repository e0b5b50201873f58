"""What time is it for a simulator, and how does it pass?"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Callable
from itertools import count
from typing import Protocol

__all__ = ["Clock", "RealClock", "VirtualClock"]

_START_S = 1_795_000_000.0  # a day in November 2026; any would do, but the same in every run


class Clock(Protocol):
    """Seconds since the epoch, and a way to let some pass."""

    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Let that many of its seconds pass."""
        ...

    def call_at(self, when_s: float, action: Callable[[], None]) -> None:
        """Do something once it is that late."""
        ...


class VirtualClock:
    """A clock that stands still unless told to advance: nobody ever waits for it."""

    def __init__(self, start_s: float = _START_S) -> None:
        self._now_s = start_s
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._number = count()

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._now_s

    def advance(self, seconds: float) -> None:
        """Let time pass at once; what is due on the way is done, in its turn."""
        until_s = self._now_s + max(0.0, seconds)
        while self._due and self._due[0][0] <= until_s:
            when_s, _, action = heapq.heappop(self._due)
            self._now_s = max(self._now_s, when_s)
            action()
        self._now_s = max(self._now_s, until_s)

    def call_at(self, when_s: float, action: Callable[[], None]) -> None:
        """Do something once it is that late."""
        heapq.heappush(self._due, (when_s, next(self._number), action))

    async def sleep(self, seconds: float) -> None:
        """The same as `advance`."""
        self.advance(seconds)


class RealClock:
    """
    The clock on the wall, running `speed` times as fast from the moment it was made.

    Args:
        start_s: What it shows at first, in place of the time on the wall: so a run goes on at the moment it was stopped.
    """

    def __init__(self, speed: float = 1.0, *, start_s: float | None = None) -> None:
        if speed <= 0:
            raise ValueError(f"speed is {speed}, expected more than 0")
        self._speed = speed
        self._wall_s = time.time() if start_s is None else start_s
        self._ticks_s = time.monotonic()

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._wall_s + (time.monotonic() - self._ticks_s) * self._speed

    async def sleep(self, seconds: float) -> None:
        """Wait until that many seconds of this clock have passed."""
        await asyncio.sleep(max(0.0, seconds) / self._speed)

    def call_at(self, when_s: float, action: Callable[[], None]) -> None:
        """Do something once it is that late; only from a running event loop."""
        wait_s = max(0.0, when_s - self.now()) / self._speed
        asyncio.get_running_loop().call_later(wait_s, action)
