"""Which one of many documented possibilities is a creation refused for?"""

from __future__ import annotations

from conformance.judging.acceptance import Accepted, accused
from conformance.planning.narrow import narrow
from conformance.results.cases import Case, Feature, Plan
from conformance.run.carriers import Ask
from conformance.run.conversation import Talk
from conformance.run.session import Session

__all__ = ["Narrowing"]

_MOST = 12  # further requests for one refused case
_BAD = ("refused", "trouble")
_ABOUT_THE_ACCOUNT = (401, 402, 403)  # not about the request, so no half of it is asked about
_PASSES = ("trouble", "throttled", "not-sent")


class Narrowing:
    """
    Hears how valid creations went, and asks again with halves of what may be to blame.

    Who is to blame so far is for the judge to say: what was accepted in any request is exonerated, and what was found
    guilty explains the other refusals that carry it, so that these are asked about the rest alone. A task that failed
    is treated like a refusal.
    """

    plan: Plan
    carrier: int

    def __init__(self, session: Session, ask: Ask) -> None:
        self._session = session
        self._ask = ask
        self._good: list[Case] = []
        self._refused: list[Case] = []
        self._failed: list[Case] = []
        self._open: list[Case] = []

    def hear(self, case: Case, talk: Talk) -> None:
        """How a case went, once that is final."""
        if case.operation != "create" or case.expect != "accepted" or case.repeats:
            return
        if talk.outcome.code in _ABOUT_THE_ACCOUNT:
            return
        if talk.outcome.kind in _BAD:
            self._refused.append(case)
            self._open.append(case)
        elif talk.accepted and talk.phase == "failed":
            self._failed.append(case)
            self._open.append(case)
        elif talk.accepted:
            self._good.append(case)

    async def work(self) -> None:
        """Ask until each refusal is explained, or has had its share of requests."""
        while self._open and self._good:
            cases, self._open = self._open, []
            # Those that carry least first: what they show explains the others.
            for case in sorted(cases, key=lambda c: len(c.features)):
                await self._explain(case)

    async def _explain(self, refused: Case) -> None:
        left, waiting = _MOST, [refused]
        while waiting:
            for part in self._parts(waiting.pop(0)):
                if left <= 0:
                    return
                left -= 1
                self._session.journal.write(part)
                talk = await self._answer(part)
                if talk is None:
                    return
                self.hear(part, talk)
                if part in self._open:
                    self._open.remove(part)
                    waiting.append(part)

    async def _answer(self, part: Case) -> Talk | None:
        talk = await self._ask(part)
        if talk is not None and talk.outcome.kind in _PASSES:
            return await self._ask(part) or talk
        return talk

    def _parts(self, case: Case) -> tuple[Case, ...]:
        return narrow(
            self._session.contract,
            self.plan,
            case,
            self._suspects(case),
            images=self._session.images,
            carrier=self.carrier,
        )

    def _suspects(self, case: Case) -> list[Feature]:
        """What may be to blame for a refusal: neither accepted elsewhere, nor already found guilty."""
        accepted = Accepted(
            good=tuple(self._good), failed=tuple(self._failed), refused=tuple(self._refused)
        )
        every = {f.witness: f for c in (*self._refused, *self._failed) for f in c.features}
        culprits, _, _ = accused(accepted, list(every.values()))
        guilty = [every[witness].pins for witness in culprits]
        return [f for f in case.features if not accepted.has(f.pins) and f.pins not in guilty]
