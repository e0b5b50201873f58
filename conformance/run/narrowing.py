"""Which one of many documented possibilities is a creation refused for?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.contract.model import Contract
from conformance.contract.resolution import fields_for, settle
from conformance.judging.acceptance import Accepted, accused, carried_by
from conformance.judging.omissions import wanting
from conformance.planning.isolate import Workbench
from conformance.planning.narrow import narrow
from conformance.results.cases import Case, Feature, Plan, Witness
from conformance.run.carriers import Ask
from conformance.run.conversation import Talk
from conformance.run.isolating import Isolation
from conformance.run.session import Session

__all__ = ["Narrowing"]

_MOST = 12  # further requests for one refused case
_FAILED = 6  # further requests for tasks that failed with nothing else in them
_WANTING = 8  # fields that are tried as what one refused case lacks
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
        self._workbench: Workbench | None = None
        self._isolated: set[str] = set()
        self._replaced: set[str] = set()
        self._failed_again: set[Witness] = set()
        self._supplied: dict[str, dict[str, Any]] = {}

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
        if self._open and self._good:
            await self._supply()
        while self._open and self._good:
            cases, self._open = self._open, []
            # Those that carry least first: what they show explains the others.
            for case in sorted(cases, key=lambda c: len(c.features)):
                await self._explain(case)
        if self._good:
            await self._fail_again()
            await self._confirm()
            await self._isolate()
            await self._replace()

    # --- what is refused for want of an optional field ---

    async def _supply(self) -> None:
        """
        Find the optional fields without which everything is refused, and ask again with them.

        What was refused for want of them says nothing about its values.
        """
        while await self._missing_field():
            self._workbench = None  # plain creations have the field from now on
        if not self._supplied:
            return
        self._refused = [c for c in self._refused if not self._lacking(c)]
        open_, self._open = self._open, []
        for number, case in enumerate(open_, 1):
            values = self._lacking(case) if self._bench().knows(case) else {}
            made = (
                self._bench().besides(case, values, f"{case.id}/with-{number}") if values else None
            )
            if made is None:
                self._open.append(case)
                continue
            self._session.journal.write(made)
            talk = await self._answer(made)
            if talk is None:
                return
            self.hear(made, talk)

    def _lacking(self, case: Case) -> dict[str, Any]:
        """What a creation does not have of that without which everything of its model is refused."""
        mine = self._supplied.get(case.model, {})
        return {p: v for p, v in mine.items() if p not in case.assignment}

    async def _missing_field(self) -> bool:
        """Whether one more field was found that a creation is accepted with and refused without."""
        contract = settle(self._session.contract, self.plan.dialect)
        for case in sorted(self._unexplained(), key=lambda c: len(c.assignment)):
            mine = self._supplied.get(case.model, {})
            if case not in self._refused or not self._bench().knows(case):
                continue
            fields = [f for f in wanting(contract, self._accepted(), case) if f.path not in mine]
            for field in fields[:_WANTING]:
                value = self._bench().value_of(field)
                name = f"{case.id}/with-{field.path}"
                made = self._bench().besides(case, {**mine, field.path: value}, name)
                if made is not None and await self._try(made) is False:
                    for model in (case.model, *self._unheard(contract, field.path)):
                        self._supplied.setdefault(model, {})[field.path] = value
                    return True
        return False

    def _unheard(self, contract: Contract, path: str) -> list[str]:
        """The models that have a field as well, and of which no creation without it was accepted."""
        create = contract.operation("create")
        models = dict.fromkeys(c.model for c in self._open if self._bench().knows(c))
        heard = {c.model for c in self._good if path not in c.assignment}
        return [m for m in models if m not in heard and create and path in fields_for(create, m)]

    async def _fail_again(self) -> None:
        """
        Ask once more for what one task failed with: that one task failed may have been chance.
        """
        for witness, (feature, case) in self._doubts().items():
            if witness in self._failed_again or len(self._failed_again) >= _FAILED:
                continue
            self._failed_again.add(witness)
            name = f"{case.id}/again-{len(self._failed_again)}"
            made = self._bench().with_feature(case, feature, name)
            if made is not None:
                await self._try(made)

    def _doubts(self) -> dict[Witness, tuple[Feature, Case]]:
        """What may be to blame for a task that failed, where one case alone shows it."""
        every = {f.witness: f for c in self._failed for f in c.features}
        _, suspects, _ = accused(self._accepted(), list(every.values()))
        return {
            witness: (every[witness], case)
            for witness, case in suspects.items()
            if case in self._failed and self._bench().knows(case)
        }

    async def _confirm(self) -> None:
        """
        Ask about each culprit alone: the request that accuses it may have been refused for several values together.
        """
        asked: set[Witness] = set()
        while True:
            culprits = {w: (f, c) for w, (f, c) in self._culprits().items() if w not in asked}
            if not culprits:
                return
            for witness, (feature, case) in culprits.items():
                asked.add(witness)
                if not self._bench().knows(case):
                    continue
                made = self._bench().with_feature(case, feature, f"{case.id}/only-{len(asked)}")
                known = (c.assignment for c in (*self._refused, *self._failed))
                if made is not None and made.assignment not in known:
                    await self._try(made)

    async def _isolate(self) -> None:
        """Find what is refused only together: of every case whose values were all accepted in others."""
        for case in self._unexplained():
            # What the last one found may explain this one.
            if case not in self._unexplained() or case.id in self._isolated:
                continue
            if not self._bench().knows(case):
                continue
            self._isolated.add(case.id)
            hunches = [pins.keys() for pins in self.guilty()]
            search = Isolation(self._bench(), case, self._accepted(), self._try, hunches)
            found = await search.found()
            if found is not None:
                await self._try(found)

    def _unexplained(self) -> list[Case]:
        accepted = self._accepted()
        features = [f for c in (*accepted.good, *self._refused, *self._failed) for f in c.features]
        open_ = [f for f in features if not accepted.has(f.pins)]
        known = [c.assignment for c in self._good]
        return [
            c
            for c in (*self._refused, *self._failed)
            if c.features
            and not (c.parent or c.assignment in known or any(carried_by(c, f.pins) for f in open_))
        ]

    async def _replace(self) -> None:
        """
        Show what only refused requests would have shown together: each again, without what it was refused for.
        """
        for case in [c for c in self._refused if c.combinations and not c.parent]:
            if case.id in self._replaced:
                continue
            self._replaced.add(case.id)
            shown = {w for c in self._good for w in c.combinations}
            missing = set(case.combinations) - shown
            made = max(
                self._without(case), key=lambda c: len(missing & set(c.combinations)), default=None
            )
            if made is not None and missing & set(made.combinations):
                await self._try(made)

    def _without(self, case: Case) -> Iterator[Case]:
        for pins in self.guilty() if self._bench().knows(case) else ():
            if carried_by(case, pins):
                for path in pins:
                    yield from self._bench().otherwise(case, path, f"{case.id}/instead")

    async def _try(self, case: Case) -> bool | None:
        """Whether a further request is refused, or its task fails; None where it was not answered."""
        self._session.journal.write(case)
        talk = await self._answer(case)
        if talk is None:
            return None
        self.hear(case, talk)
        if case in self._open:
            self._open.remove(case)
            return True
        return None if case not in self._good else False

    def _bench(self) -> Workbench:
        if self._workbench is None:
            self._workbench = Workbench(
                self._session.contract,
                self.plan,
                images=self._session.images,
                carrier=self.carrier,
                callbacks=self._session.callbacks,
                supplied=self._supplied,
            )
        return self._workbench

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
            supplied=self._supplied,
            permits=self._surely,
        )

    def _surely(self, case: Case, request: Mapping[str, Any]) -> bool:
        """Whether no page, and no rule for another model, speaks against a request that is to narrow a case down."""
        return not self._bench().knows(case) or self._bench().permits(case, request)

    def _suspects(self, case: Case) -> list[Feature]:
        """What may be to blame for a refusal: neither accepted elsewhere, nor already found guilty."""
        accepted, guilty = self._accepted(), self.guilty()
        return [f for f in case.features if not accepted.has(f.pins) and f.pins not in guilty]

    def guilty(self) -> list[Mapping[str, Any]]:
        """The pins that refusals were explained by so far."""
        return [feature.pins for feature, _ in self._culprits().values()]

    def _culprits(self) -> dict[Witness, tuple[Feature, Case]]:
        """Who is to blame by what was heard so far, with the case that shows it."""
        every = {f.witness: f for c in (*self._refused, *self._failed) for f in c.features}
        culprits, _, _ = accused(self._accepted(), list(every.values()))
        return {witness: (every[witness], case) for witness, case in culprits.items()}

    def _accepted(self) -> Accepted:
        return Accepted(
            good=tuple(self._good), failed=tuple(self._failed), refused=tuple(self._refused)
        )
