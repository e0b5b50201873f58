"""Do different creations have tasks of their own?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from conformance.contract.clauses import Clause
from conformance.contract.model import Contract
from conformance.judging.context import topics_of
from conformance.results.cases import Case
from conformance.results.verdicts import Observation

__all__ = ["Sameness", "is_of_the_task", "sameness"]

_OF_THE_TASK = frozenset(("status", "result", "callback"))


@dataclass(frozen=True, kw_only=True)
class Sameness:
    """The creations that were answered with the task of another one, and whom that accuses."""

    clause: str = ""
    """The clause on the task id in the reply to a creation; "" where every creation has a task of its own."""
    first: Mapping[str, str]
    """Case id to the earlier case that got the same task."""
    sharing: frozenset[str] = frozenset()
    """These cases, and the repetitions that were answered with the same task."""

    def about(
        self, cases: Sequence[Case], facts: Mapping[str, Observation]
    ) -> Iterator[Observation]:
        """The accusation: one for each creation that got the task of an earlier one."""
        by_id = {c.id: c for c in cases}
        for case, earlier in self.first.items():
            if case == earlier:
                continue
            told = facts[case]
            message = (
                f"expected a task of its own for {by_id[case].id}, "
                f"got task {told.facts['task_id']}, that of {earlier}, which asks for something else"
            )
            yield Observation(
                clause=self.clause,
                verdict="violates",
                message=message,
                case=case,
                exchanges=(*facts[earlier].exchanges, *told.exchanges),
            )

    def cleared(
        self, seen: Sequence[Observation], clauses: Mapping[str, Clause]
    ) -> list[Observation]:
        """What was seen, without accusations of what a task shows that nobody can say whose it is."""
        return [
            replace(
                o, verdict="inconclusive", reason=f"depends on {self.clause}", message="", facts={}
            )
            if o.case in self.sharing
            and o.clause in clauses
            and is_of_the_task(clauses[o.clause])
            and o.clause != self.clause
            else o
            for o in seen
        ]

    def without_ends(self, facts: Mapping[str, Observation]) -> dict[str, Observation]:
        """How the cases ended, where how a shared task ended is nobody's end."""
        return {
            case: replace(told, facts={**told.facts, "final": ""}) if case in self.sharing else told
            for case, told in facts.items()
        }


def is_of_the_task(clause: Clause) -> bool:
    """Whether a clause is about what a task shows, and not about the answer to its creation."""
    return clause.operation in _OF_THE_TASK or clause.kind == "charge"


def sameness(
    contract: Contract, cases: Sequence[Case], facts: Mapping[str, Observation]
) -> Sameness:
    """
    The creations that got the task of another creation, which asked for something else.

    Two that ask for the same may share a task: no document says that a vendor has to draw the same picture twice.
    """
    clause = next(
        (
            c.id
            for c in topics_of(contract).get("reply", ())
            if c.operation == "create" and c.thing.role == "task_id"
        ),
        "",
    )
    by_task: dict[str, list[Case]] = {}
    for case in cases:
        told = facts.get(case.id)
        made = (
            told is not None
            and case.operation == "create"
            and not case.repeats
            and told.facts["outcome"] == "accepted"
            and told.facts["task_id"]
        )
        if told is not None and made:
            by_task.setdefault(str(told.facts["task_id"]), []).append(case)
    first: dict[str, str] = {}
    for several in by_task.values():
        if clause and any(c.send.body != several[0].send.body for c in several):
            first |= {c.id: several[0].id for c in several}
    tasks = {facts[c].facts["task_id"] for c in first}
    sharing = frozenset(c for c, told in facts.items() if told.facts["task_id"] in tasks)
    return Sameness(clause=clause if first else "", first=first, sharing=sharing)
