"""What time is it for a simulator, and how does it pass?"""

from __future__ import annotations

import asyncio
import time
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


class VirtualClock:
    """A clock that stands still unless told to advance: nobody ever waits for it."""

    def __init__(self, start_s: float = _START_S) -> None:
        self._now_s = start_s

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._now_s

    def advance(self, seconds: float) -> None:
        """Let time pass at once."""
        self._now_s += max(0.0, seconds)

    async def sleep(self, seconds: float) -> None:
        """The same as `advance`."""
        self.advance(seconds)


class RealClock:
    """The clock on the wall, running `speed` times as fast from the moment it was made."""

    def __init__(self, speed: float = 1.0) -> None:
        if speed <= 0:
            raise ValueError(f"speed is {speed}, expected more than 0")
        self._speed = speed
        self._wall_s = time.time()
        self._ticks_s = time.monotonic()

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._wall_s + (time.monotonic() - self._ticks_s) * self._speed

    async def sleep(self, seconds: float) -> None:
        """Wait until that many seconds of this clock have passed."""
        await asyncio.sleep(max(0.0, seconds) / self._speed)
