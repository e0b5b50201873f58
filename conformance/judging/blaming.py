"""Whom do refused, failed and unending creations accuse?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conformance.contract.clauses import Clause, shown
from conformance.contract.model import ABSENT, Contract
from conformance.contract.resolution import settle
from conformance.judging.acceptance import Accepted, accused, carried_by
from conformance.judging.omissions import Omission, is_without, omissions
from conformance.judging.repetition import FLAKY, share
from conformance.results.cases import Case, Feature, Plan, Witness
from conformance.results.verdicts import Observation

__all__ = ["Blaming"]

_SEVERAL = 2  # refusals of different values that one missing field explains

_UNENDED = "its task did not end in the time that was given to it, and others did"


@dataclass(frozen=True, kw_only=True)
class Blaming:
    """How the valid creations of a run went, and what that says of the clauses that they try."""

    contract: Contract
    plan: Plan
    clauses: Mapping[str, Clause]
    facts: Mapping[str, Observation]
    accepted: Accepted
    answer: str
    """The clause on how a creation is answered that keeps every rule."""
    model_field: str
    broken: str
    """The clause that everything depends on, where no creation was accepted at all; "" otherwise."""
    unreadable: bool
    """A creation succeeded as far as HTTP tells, and its reply holds no task."""
    capped: bool

    def said(self, features: Sequence[Feature]) -> Iterator[Observation]:
        """Everything that acceptance and refusal say about the documented possibilities that were sent."""
        yield from self._shown_accepted(features)
        yield from self._untold()
        if self.broken:
            if self.accepted.refused and not self.unreadable:
                yield from self._nothing_accepted()
            return
        yield from self._accused(features)

    def _untold(self) -> Iterator[Observation]:
        """What says nothing about the request: the account was refused, or the task was left while it ran."""
        for case in self.accepted.denied:
            code = self.facts[case.id].facts["code"]
            for witness in (Witness(clause=self.answer), *(f.witness for f in case.features)):
                reason = (
                    f"the account was refused with {code}, which says nothing about the request"
                )
                yield self._said(witness, "inconclusive", case, reason=reason)
        for case in self.accepted.unended:
            for feature in case.features:
                if not self.accepted.has(feature.pins):
                    yield self._said(feature.witness, "inconclusive", case, reason=_UNENDED)

    def _accused(self, features: Sequence[Feature]) -> Iterator[Observation]:
        accepted, wanted = self._without_omissions(features)
        for omission in wanted:
            yield self._omitted(omission)
        culprits, suspects, combined = accused(accepted, features, final=not self.capped)
        pins = {f.witness: f.pins for f in features}
        for witness, case in culprits.items():
            if own := self._said_of_its_field(witness, pins, culprits):
                reason = f"depends on {own}"
                yield self._said(witness, "inconclusive", case, reason=reason)
                continue
            message = self._refusal(case, witness.value or _listed(pins[witness]))
            if self.accepted.has_each(pins[witness], but=self.model_field):
                message += "; each of these values was accepted without the others"
            blamed = self._blamed(witness, pins[witness], case)
            yield self._said(blamed, "violates", case, message=message)
            if blamed != witness:
                yield self._said(
                    witness, "inconclusive", case, reason=f"depends on {blamed.clause}"
                )
        for witness, case in suspects.items():
            if culprits and not self._is_planned(witness):
                continue  # a combination that was asked about on the way to one that explains it
            named = [w.clause for w, c in culprits.items()]
            reason = f"depends on {named[0]}" if named else self._in_doubt(case)
            yield self._said(witness, "inconclusive", case, reason=reason)
        yield from self._together(combined)

    def _said_of_its_field(
        self,
        witness: Witness,
        pins: Mapping[Witness, Mapping[str, Any]],
        culprits: Mapping[Witness, Case],
    ) -> str:
        """The accused clause on the one field that a refused combination is of; "" where it shows more than that."""
        if witness.clause != self.answer:
            return ""
        given = {p for p, v in pins[witness].items() if v is not ABSENT and p != self.model_field}
        if len(given) != 1:
            return ""
        others = (w for w in culprits if w.clause != self.answer and given & pins[w].keys())
        return next((w.clause for w in others), "")

    def _together(self, combined: Sequence[Case]) -> Iterator[Observation]:
        """Valid creations that were refused though each of their values was accepted in another."""
        for case in combined:
            if case.parent and not case.features:
                continue  # asked to find the fewest values: the refused case that it came from is judged
            if any(_is_same(c, case) for c in self.accepted.good):
                yield self._said(
                    Witness(clause=self.answer),
                    "inconclusive",
                    case,
                    reason=FLAKY,
                    message=self._both_ways(case),
                )
                continue
            message = f"{self._refusal(case, 'a valid combination')}; each of its values was accepted in another request"
            yield self._said(Witness(clause=self.answer), "violates", case, message=message)

    def _both_ways(self, case: Case) -> str:
        """What is said of a valid creation that was accepted and refused."""
        mine = [
            [c for c in several if _is_same(c, case)]
            for several in (self.accepted.refused, self.accepted.failed, self.accepted.good)
        ]
        refused, asked = len(mine[0]) + len(mine[1]), sum(map(len, mine))
        told = self._refusal(case, "the same creation as before")
        return f"refused {share(refused, asked)}: {told}"

    def _without_omissions(self, features: Sequence[Feature]) -> tuple[Accepted, list[Omission]]:
        """What was accepted and refused, but for what was refused for want of an optional field; and these fields."""
        contract = settle(self.contract, self.plan.dialect)
        accepted = self.accepted
        found: list[Omission] = []
        while True:
            culprits, _, combined = accused(accepted, features, final=not self.capped)
            # One field that explains several refusals is likelier than as many values.
            several = list({c.id: c for c in culprits.values()}.values())
            new = omissions(contract, accepted, combined)
            new = new or omissions(contract, accepted, several, at_least=_SEVERAL)
            if not new:
                return accepted, found
            found += new
            lacking = {
                c.id
                for c in accepted.refused
                for o in new
                if c.model == o.model and is_without(contract, c, o.field)
            }
            accepted = replace(
                accepted, refused=tuple(c for c in accepted.refused if c.id not in lacking)
            )

    def _of_default(self, model: str, path: str) -> str:
        """The clause on a default; where there is none, the one on the answer to a valid request."""
        create = f"{self.contract.vendor}.create"
        ids = (f"{create}.{model}.{path}.default", f"{create}.{path}.default", self.answer)
        return next(i for i in ids if i in self.clauses)

    def _blamed(self, witness: Witness, pins: Mapping[str, Any], case: Case) -> Witness:
        """What is to blame where a creation is refused without a field is what is said of leaving that out."""
        left_out = [path for path, value in pins.items() if value is ABSENT]
        if witness.clause != self.answer or len(left_out) != 1:
            return witness
        return Witness(clause=self._of_default(case.model, left_out[0]), value=witness.value)

    def _omitted(self, omission: Omission) -> Observation:
        """A creation is refused without a field that may be left out."""
        path = omission.field.path
        message = (
            f"{self._refusal(omission.case, f'{path} left out')}; with it, the same is accepted"
        )
        clause = self._of_default(omission.model, path)
        return self._said(Witness(clause=clause), "violates", omission.case, message=message)

    def _shown_accepted(self, features: Sequence[Feature]) -> Iterator[Observation]:
        for feature in features:
            shown = next((c for c in self.accepted.good if carried_by(c, feature.pins)), None)
            # That a callback, or a picture of some size, was asked for does not show that it is sent.
            clause = self.clauses.get(feature.witness.clause)
            asked = clause is not None and (
                clause.operation == "callback" or clause.topic == "pixels"
            )
            if shown is not None and not asked:
                yield self._said(feature.witness, "conforms", shown)
        for case in self.accepted.good:
            for witness in case.combinations:
                yield self._said(witness, "conforms", case)

    def _is_planned(self, witness: Witness) -> bool:
        return witness.value in self.plan.required.get(witness.clause, ())

    def _in_doubt(self, case: Case) -> str:
        failed = self.facts[case.id].facts["outcome"] == "accepted"
        how = "the task failed" if failed else "refused together with others"
        return f"{how} in {case.id}"

    def _nothing_accepted(self) -> Iterator[Observation]:
        case = self.accepted.refused[0]
        yield self._said(
            Witness(clause=self.broken),
            "violates",
            case,
            message=self._refusal(case, "a plain creation"),
        )

    def _refusal(self, case: Case, what: str) -> str:
        facts = self.facts[case.id].facts
        how = "a task that failed" if facts["outcome"] == "accepted" else f"HTTP {facts['http']}"
        if facts["in_envelope"] and facts["code"] != facts["http"]:
            how = f"code {facts['code']} inside HTTP {facts['http']}"
        pinned = {p: v for f in case.features for p, v in f.pins.items()}
        return f"expected {what} to be accepted, got {how} (case {case.id}, which sends {_listed(pinned or case.assignment)})"

    def _said(
        self, witness: Witness, verdict: Any, case: Case, *, message: str = "", reason: str = ""
    ) -> Observation:
        return Observation(
            clause=witness.clause,
            value=witness.value,
            verdict=verdict,
            message=message,
            reason=reason,
            case=case.id,
            exchanges=self.facts[case.id].exchanges,
        )


def _is_same(one: Case, other: Case) -> bool:
    """Whether two creations are the same, the order of their fields included."""
    return list(one.assignment.items()) == list(other.assignment.items())


def _listed(pins: Mapping[str, Any]) -> str:
    return (
        ", ".join(f"{p} {'left out' if v is ABSENT else shown(v)}" for p, v in pins.items())
        or "nothing unusual"
    )
