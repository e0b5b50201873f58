"""How much may still be spent?"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

__all__ = ["CAP", "STOP", "LocalPurse", "Purse", "Reservation"]

CAP = "cap"
"""The reason of a case that the user's own cap kept from being sent."""

STOP = "stopped: three invalid requests were accepted and charged"
"""The reason of a case that was not sent because the target charges for what it should refuse."""

_INVALID_PERMITTED = 3


@dataclass(eq=False, slots=True)
class Reservation:
    """
    One creation that may be billed.

    `invalid`: it should be refused. `worst` is its dearest documented price, `cost` what it cost; `metered`: the vendor
    said so, else a budget counts the dearest. `over`: nothing more will be heard of it. `excused`: it should have been refused, and was at last: its task failed.
    """

    invalid: bool
    worst: float = 0.0
    metered: bool = False
    settled: bool = False
    released: bool = False
    over: bool = False
    excused: bool = False
    cost: float = 0.0

    @property
    def accuses(self) -> bool:
        """Whether it counts among the invalid requests that were accepted and charged."""
        return self.invalid and not self.excused


class Purse(Protocol):
    """
    Grants creations, never more or dearer ones than permitted, whoever asks at the same time.

    `cost` is what a creation costs at worst.

    A reservation counts as spent until it is released; `settle` and `release` are final but for the amount.
    """

    @property
    def billed(self) -> int:
        """Creations that were accepted, or whose outcome is unknown."""
        ...

    @property
    def cost(self) -> float:
        """What they cost, in the contract's unit."""
        ...

    async def reserve(self, *, invalid: bool = False, cost: float = 0.0) -> Reservation | str:
        """A reservation; or the reason why there is none, once no open one can be released any more."""
        ...

    def try_reserve(self, *, invalid: bool = False, cost: float = 0.0) -> Reservation | None:
        """A reservation if there is one to be had at once."""
        ...

    def recall(self, *, invalid: bool = False, cost: float = 0.0) -> Reservation:
        """A reservation that an earlier part of the run was granted."""
        ...

    def settle(self, reservation: Reservation, cost: float, *, metered: bool = False) -> None:
        """
        The creation was accepted, or nobody knows. A second call only corrects the amount.

        Args:
            metered: The vendor said what it cost.
        """
        ...

    def release(self, reservation: Reservation) -> None:
        """The creation was refused, or never left."""
        ...

    def end(self, reservation: Reservation, *, excused: bool = False) -> None:
        """Nothing more will be heard of it. `excused`: it was invalid, and its task failed, which documents permit."""
        ...


class LocalPurse:
    """
    A purse for one process.

    Args:
        max_billed: The cap on their number; None for none.
        budget: The cap on what they cost, in the contract's unit; None for none.
        stop_at_invalid: Stop after three invalid requests were accepted; for targets that cost real money.
    """

    def __init__(
        self,
        *,
        max_billed: int | None,
        budget: float | None = None,
        stop_at_invalid: bool = False,
    ) -> None:
        self._max_billed = max_billed
        self._budget = budget
        self._max_invalid = _INVALID_PERMITTED if stop_at_invalid else None
        self._open: set[Reservation] = set()
        self._settled: list[Reservation] = []
        self._dearer = 1.0  # than documented: how much so, at most, what was charged was
        self._changed = asyncio.Event()

    @property
    def billed(self) -> int:
        return len(self._settled)

    @property
    def cost(self) -> float:
        return sum(r.cost for r in self._settled)

    async def reserve(self, *, invalid: bool = False, cost: float = 0.0) -> Reservation | str:
        while True:
            reservation = self.try_reserve(invalid=invalid, cost=cost)
            if reservation is not None:
                return reservation
            reason = self._closed(invalid=invalid, cost=cost)
            if reason:
                return reason
            await self._changed.wait()

    def try_reserve(self, *, invalid: bool = False, cost: float = 0.0) -> Reservation | None:
        if self._full(self._max_billed, len(self._settled) + len(self._open)):
            return None
        if self._too_dear(cost, (*self._settled, *self._open)):
            return None
        invalid_ones = sum(r.accuses for r in (*self._settled, *self._open))
        if invalid and self._full(self._max_invalid, invalid_ones):
            return None
        return self.recall(invalid=invalid, cost=cost)

    def recall(self, *, invalid: bool = False, cost: float = 0.0) -> Reservation:
        reservation = Reservation(invalid=invalid, worst=cost, cost=cost)
        self._open.add(reservation)
        return reservation

    def settle(self, reservation: Reservation, cost: float, *, metered: bool = False) -> None:
        if reservation.released:
            raise ValueError("a reservation was settled after it had been released")
        reservation.cost, reservation.metered = cost, metered
        if reservation.worst > 0:
            # Whoever charges more than it documents is believed to do so again.
            self._dearer = max(self._dearer, cost / reservation.worst)
        if not reservation.settled:
            reservation.settled = True
            self._settled.append(reservation)
            self._close(reservation)

    def release(self, reservation: Reservation) -> None:
        if reservation.settled:
            raise ValueError("a reservation was released after it had been settled")
        if not reservation.released:
            reservation.released = True
            self._close(reservation)

    def end(self, reservation: Reservation, *, excused: bool = False) -> None:
        if not reservation.over:
            reservation.over, reservation.excused = True, excused
            self._change()

    def _close(self, reservation: Reservation) -> None:
        self._open.discard(reservation)
        self._change()

    def _change(self) -> None:
        # Whoever waits looks again; who comes later waits for the next change.
        self._changed.set()
        self._changed = asyncio.Event()

    def _closed(self, *, invalid: bool, cost: float) -> str:
        """Why there will be none, whatever becomes of the open ones; "" while there still may be."""
        if self._full(self._max_billed, len(self._settled)) or self._too_dear(cost, self._settled):
            return CAP
        if invalid and self._full(
            self._max_invalid, sum(r.accuses and r.over for r in self._settled)
        ):
            return STOP
        return ""

    def _too_dear(self, cost: float, others: Iterable[Reservation]) -> bool:
        if self._budget is None:
            return False
        spent = sum(r.cost if r.metered else max(r.cost, r.worst * self._dearer) for r in others)
        # Sums of prices such as 0.015 are not exact.
        return spent + cost * self._dearer > self._budget + 1e-9

    def _full(self, limit: int | None, used: int) -> bool:
        return limit is not None and used >= limit
