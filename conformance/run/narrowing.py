"""Which one of many documented possibilities is a creation refused for?"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.judging.acceptance import carried_by
from conformance.planning.narrow import narrow
from conformance.results.cases import Case, Feature, Plan
from conformance.run.carriers import Ask
from conformance.run.conversation import Talk
from conformance.run.session import Session

__all__ = ["Narrowing"]

_MOST = 12  # further requests for one refused case
_BAD = ("refused", "trouble")


class Narrowing:
    """
    Hears how valid creations went, and asks again with halves of what may be to blame.

    What was accepted in any request is exonerated. What was found guilty explains the other refusals that carry it,
    so that these are asked about the rest alone. A task that failed is treated like a refusal.
    """

    plan: Plan
    carrier: int

    def __init__(self, session: Session, ask: Ask) -> None:
        self._session = session
        self._ask = ask
        self._good: list[Case] = []
        self._open: list[Case] = []
        self._guilty: list[Feature] = []

    def hear(self, case: Case, talk: Talk) -> None:
        """How a case went, once that is final."""
        if case.operation != "create" or case.expect != "accepted" or case.repeats:
            return
        if _is_bad(talk):
            self._open.append(case)
        elif talk.accepted:
            self._good.append(case)

    async def work(self) -> None:
        """Ask until each refusal is explained, or has had its share of requests."""
        cases, self._open = self._open, []
        # Those that carry least first: what they show explains the others.
        for case in sorted(cases, key=lambda c: len(c.features)):
            await self._explain(case)

    async def _explain(self, refused: Case) -> None:
        left, open_cases = _MOST, [refused]
        while open_cases and self._good:
            case = open_cases.pop(0)
            for part in self._parts(case):
                if left <= 0:
                    return
                left -= 1
                self._session.journal.write(part)
                talk = await self._answer(part)
                if talk is None:
                    return
                if not _is_bad(talk):
                    self._good += [part] * talk.accepted
                elif self._is_clear(part):
                    self._guilty.append(part.features[0])
                else:
                    open_cases.append(part)

    async def _answer(self, part: Case) -> Talk | None:
        talk = await self._ask(part)
        if talk is not None and talk.outcome.kind in ("trouble", "throttled", "not-sent"):
            return await self._ask(part) or talk
        return talk

    def _parts(self, case: Case) -> tuple[Case, ...]:
        suspects = [f for f in self._suspects(case) if f not in self._guilty]
        return narrow(
            self._session.contract,
            self.plan,
            case,
            suspects,
            images=self._session.images,
            carrier=self.carrier,
        )

    def _suspects(self, case: Case) -> Iterator[Feature]:
        return (f for f in case.features if not any(carried_by(c, f.pins) for c in self._good))

    def _is_clear(self, case: Case) -> bool:
        """Whether the refused case carries nothing but one possibility."""
        return (
            len({repr(sorted(f.pins.items(), key=lambda pin: pin[0])) for f in case.features}) == 1
        )


def _is_bad(talk: Talk) -> bool:
    return talk.outcome.kind in _BAD or (talk.accepted and talk.phase == "failed")
