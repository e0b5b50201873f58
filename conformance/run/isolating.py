"""Which values are refused together, though each of them is accepted alone?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from conformance.judging.acceptance import Accepted, carried_by
from conformance.planning.isolate import Workbench
from conformance.results.cases import Case

__all__ = ["Isolation"]

_MOST = 14  # further requests for one refused case
_OTHERS = 3  # of them, other values in place of one that plain creations have as well

Verdict = bool | None
"""Whether a request was refused; None where it was not answered."""

Try = Callable[[Case], Awaitable[Verdict]]
"""Writes a case down, sends it, and says how it went."""

Pins = Mapping[str, Any]


class _SpentError(Exception):
    """No further request may be sent, or the last was not answered."""


class Isolation:
    """
    The search for the fewest values of one refused creation that are refused with plain values for all the rest.

    The values are halved again and again; of each half only as much is kept as makes the refusal together with the
    other. A combination of two among eight takes about eight requests.
    """

    def __init__(
        self,
        bench: Workbench,
        case: Case,
        accepted: Accepted,
        ask: Try,
        hunches: Iterable[Iterable[str]] = (),
    ) -> None:
        """
        Args:
            hunches: Fields whose values were refused together in other requests; these are tried first.
        """
        self._hunches = [frozenset(paths) for paths in hunches]
        self._bench = bench
        self._case = case
        self._accepted = accepted
        self._ask = ask
        self._asked = 0
        self._known: list[tuple[Mapping[str, Any], bool]] = [
            *((c.assignment, True) for c in (*accepted.refused, *accepted.failed)),
            *((c.assignment, False) for c in accepted.good),
        ]
        self._shown: Case | None = None

    async def found(self) -> Case | None:
        """The request of the fewest values that is refused, as a case that names them; None where it was not found."""
        try:
            parts = await self._hunch() or await self._least([], self._likely(), grown=False)
            if not parts or not await self._refuses(parts):
                return None
            asked = self._shown
            pins = _merged(parts)
            pins |= await self._context(pins)
        except _SpentError:
            return None
        if asked is None or self._has(pins):
            return None
        return self._bench.together(self._case, asked, pins, self._name())

    async def _hunch(self) -> list[Pins]:
        unlike = self._bench.unlike(self._case)
        for paths in dict.fromkeys(self._hunches):
            parts: list[Pins] = [pins for pins in unlike if paths & pins.keys()]
            if parts and await self._refuses(parts):
                return parts
        return []

    def _likely(self) -> list[Pins]:
        """What may be to blame, in front what every refused request has in common."""
        unlike = self._bench.unlike(self._case)
        refused = [c for c in self._accepted.refused if c.model == self._case.model]
        shared = [pins for pins in unlike if all(carried_by(c, pins) for c in refused)]
        return [*shared, *(pins for pins in unlike if pins not in shared)]

    async def _least(self, kept: list[Pins], rest: list[Pins], *, grown: bool) -> list[Pins]:
        """The fewest of `rest` that are refused together with what is kept (QuickXplain)."""
        if not rest or (grown and await self._refuses(kept)):
            return []
        if len(rest) == 1:
            return rest
        first, second = rest[: len(rest) // 2], rest[len(rest) // 2 :]
        of_second = await self._least([*kept, *first], second, grown=True)
        of_first = await self._least([*kept, *of_second], first, grown=bool(of_second))
        return [*of_first, *of_second]

    async def _refuses(self, parts: Sequence[Pins]) -> bool:
        made = self._bench.only(self._case, _merged(parts), self._name())
        if made is None:
            return False  # no permitted request, so nothing that could be shown
        refused = await self._answer(made)
        if refused:
            self._shown = made
        return refused

    async def _answer(self, made: Case) -> bool:
        """How a request was answered, asked now unless it was asked before."""
        for assignment, refused in self._known:
            if assignment == made.assignment:
                return refused
        if self._asked >= _MOST:
            raise _SpentError
        self._asked += 1
        answer = await self._ask(made)
        if answer is None:
            raise _SpentError
        self._known.append((made.assignment, answer))
        return answer

    async def _context(self, pins: Pins) -> dict[str, Any]:
        """
        Of the values that plain creations have too, those without which it is accepted.

        Where all the others were accepted together, it takes one more to be refused: one that stood in none of the
        accepted requests.
        """
        found: dict[str, Any] = {}
        for path, value in self._bench.like(self._case).items():
            if not self._has({**pins, **found}):
                break
            if not self._has({**pins, **found, path: value}) and await self._needs(path):
                found[path] = value
        return found

    def _has(self, pins: Pins) -> bool:
        mine = (c for c in self._accepted.good if c.model == self._case.model)
        return any(carried_by(c, pins) for c in mine)

    async def _needs(self, path: str) -> bool:
        """Whether what is refused is accepted with another value of this field."""
        assert self._shown is not None  # something was refused
        for made in islice(self._bench.otherwise(self._shown, path, self._name()), _OTHERS):
            if not await self._answer(replace(made, id=self._name())):
                return True
        return False

    def _name(self) -> str:
        return f"{self._case.id}/alone-{self._asked + 1}"


def _merged(parts: Sequence[Pins]) -> dict[str, Any]:
    return {path: value for pins in parts for path, value in pins.items()}
