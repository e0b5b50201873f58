"""How many cases may be under way at the same time?"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

__all__ = ["LocalPace", "Pace"]


class Pace(Protocol):
    """The rate limit of one vendor."""

    def slot(self) -> AbstractAsyncContextManager[None]:
        """A place for one case, as long as it is held."""
        ...

    def slow_down(self) -> None:
        """The target throttles: half as many from now on, at least one."""
        ...


class LocalPace:
    """A bound on the cases of one process, which only ever becomes lower."""

    def __init__(self, concurrency: int) -> None:
        self.limit = max(1, concurrency)
        self._running = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        await self._enter()
        try:
            yield
        finally:
            self._leave()

    def slow_down(self) -> None:
        self.limit = max(1, self.limit // 2)

    async def _enter(self) -> None:
        # First come, first served: the plan's order is the order of sending.
        if self._running < self.limit and not self._waiting:
            self._running += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self._leave()  # the place had been handed over already
            raise

    def _leave(self) -> None:
        self._running -= 1
        while self._waiting and self._running < self.limit:
            turn = self._waiting.popleft()
            if not turn.done():  # whoever waited for it may have been cancelled
                self._running += 1  # handed over, so that nobody slips in between
                turn.set_result(None)
