"""What does one clause mean: what it says, how it is tried, what would break it, and what it hangs together with?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from conformance.contract.clauses import Clause, clauses_by_id, derive_clauses
from conformance.contract.model import ABSENT, Conflict, Contract, Document, Question, Source
from conformance.contract.prices import speaks_of
from conformance.contract.resolution import fields_for, filled, holds, settle
from conformance.judging.refusals import ties
from conformance.reporting.meanings import LEVELS, UNTESTED, permitted, violations
from conformance.results.cases import CALLBACK, Case, Cost, Plan, Send

__all__ = ["Answer", "Explanation", "Place", "Related", "Trial", "explain", "related_talk"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a statement stands: the section, and the document with the day on which it was read."""

    source: Source
    document: Document | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one alternative of a disputed clause says; `follows` has its name where a vendor answers so."""

    name: str
    value: str
    says: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """
    One case that tries the clause.

    Args:
        values: The obligations of this clause that it witnesses; empty where its replies merely show the clause.
        dialect: The alternative in whose words the case is planned; "" where nobody disagrees.
        shares: How many other clauses the same case witnesses.
        curl: The shell line that sends its request.
    """

    case: Case
    values: tuple[str, ...] = ()
    dialect: str = ""
    shares: int = 0
    curl: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """Another clause that this one hangs together with, and why."""

    id: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """
    Everything there is to say about one clause.

    Args:
        trials: The cases that try it, or (where none does by itself) that show it on the way.
        on_the_way: No case is planned for the clause: it is judged on the replies of these.
        requests: What trying it takes, in the words of the first alternative; `billed` and `cost` are of paid
            creations.
        alone: The plan that tries this clause and nothing else; None where none does.
        untested: Why no run can try it; "" where one can.
    """

    clause: Clause
    level_means: str
    places: tuple[Place, ...]
    answers: tuple[Answer, ...]
    trials: tuple[Trial, ...]
    on_the_way: bool
    requests: int
    billed: int
    cost: Cost
    alone: Plan | None
    untested: str
    untested_means: str
    violates: tuple[str, ...]
    permits: tuple[str, ...]
    related: tuple[Related, ...]
    conflicts: tuple[Conflict, ...]
    questions: tuple[Question, ...]


def explain(
    contract: Contract,
    clause: Clause,
    plans: Sequence[Plan],
    *,
    alone: Plan | None = None,
    curl_of: Callable[[Send], str] = lambda _: "",
) -> Explanation:
    """
    What there is to say about a clause.

    Args:
        plans: The plan of each dialect that the clause may be tried in; the first is the one that a run begins with.
        alone: The plan of a run with this clause in `--only`.
        curl_of: Writes the request of a case as a shell line.
    """
    trials, on_the_way = _trials(contract, clause, plans, curl_of)
    untested = _untested(clause, plans, trials)
    conflicts, questions = related_talk(contract, (clause.subject, *_paths(clause)))
    cases = [t.case for t in trials if t.values and t.dialect == trials[0].dialect]
    return Explanation(
        clause=clause,
        level_means=LEVELS[clause.level],
        places=_places(contract, clause.sources),
        answers=tuple(_answers(contract, clause)),
        trials=trials,
        on_the_way=on_the_way,
        requests=len(cases),
        billed=sum(case.billed for case in cases),
        cost=Cost(amount=sum(c.cost.amount for c in cases), unit=contract.charging.unit),
        alone=alone if cases else None,
        untested=untested,
        untested_means=UNTESTED.get(untested, ""),
        violates=violations(clause),
        permits=permitted(contract, clause, _causes(trials)),
        related=tuple(_related(contract, clause, trials)),
        conflicts=conflicts,
        questions=questions,
    )


def _places(contract: Contract, sources: Iterable[Source]) -> tuple[Place, ...]:
    documents = {document.id: document for document in contract.documents}
    return tuple(Place(source=s, document=documents.get(s.document)) for s in sources)


def _answers(contract: Contract, clause: Clause) -> Iterator[Answer]:
    dispute = next((d for d in contract.disputes if d.name == clause.dispute), None)
    for alternative in dispute.alternatives if dispute else ():
        settled = clauses_by_id(settle(contract, {clause.dispute: alternative.name}))
        # What only one page says beside a common statement has an id that ends in the dispute's name.
        own = settled.get(clause.id.removesuffix(f".{clause.dispute}"))
        says = own.statement if alternative.name in clause.alternatives and own else ""
        yield Answer(
            name=alternative.name,
            value=alternative.value,
            says=says,
            places=_places(contract, alternative.sources),
        )


# --- how it is tried ---


def _trials(
    contract: Contract, clause: Clause, plans: Sequence[Plan], curl_of: Callable[[Send], str]
) -> tuple[tuple[Trial, ...], bool]:
    found: dict[tuple[str, str], Trial] = {}
    for plan in plans:
        dialect = plan.dialect.get(clause.dispute, "") if clause.dispute else ""
        for case in plan.cases:
            values = tuple(w.value for w in case.witnesses if w.clause == clause.id)
            if values:
                shares = len({w.clause for w in case.witnesses}) - 1
                trial = Trial(
                    case=case,
                    values=values,
                    dialect=dialect,
                    shares=shares,
                    curl=curl_of(case.send),
                )
                found.setdefault((dialect, case.id), trial)
    on_the_way = not found
    if clause.untestable or not plans or (on_the_way and clause.id in plans[0].unplanned):
        return tuple(found.values()), False
    if on_the_way or clause.topic in _REFUSALS:
        for case in plans[0].cases:
            if _shows(contract, clause, case):
                found.setdefault(("", case.id), Trial(case=case, curl=curl_of(case.send)))
    return tuple(found.values()), on_the_way


_REFUSALS = frozenset(("row", "row-body", "row-field", "envelope"))
_OF_PICTURES = frozenset(("url", "picture", "ratio", "tier"))


def _shows(contract: Contract, clause: Clause, case: Case) -> bool:
    """Whether the answer to a case says something about a clause that no case is planned for."""
    things = [part.thing for part in clause.parts]
    if clause.operation == "callback":
        return CALLBACK in case.assignment.values() and not case.repeats
    if clause.topic in _REFUSALS:
        rows = [thing[0] if isinstance(thing, tuple) else thing for thing in things]
        here = bool(case.cause) and case.operation == clause.operation
        return here and (clause.topic == "envelope" or any(ties(row, case.cause) for row in rows))
    if clause.topic == "refund" or (clause.topic == "reply" and _of_failures(contract, clause)):
        return case.expect == "either"
    if case.operation not in ("create", clause.operation) or case.expect not in (
        "accepted",
        "answered",
    ):
        return False
    if clause.operation not in ("create", "status", "result"):
        return case.operation == clause.operation
    if clause.topic == "charge":
        return any(speaks_of(contract, cell, case.model, case.assignment) for cell in things)
    if clause.topic == "pixels":
        create = contract.operation("create")
        asked = filled(case.assignment, fields_for(create, case.model)) if create else {}
        return any(all(holds(c, asked.get(c.field, ABSENT)) for c in cell.when) for cell in things)
    return case.operation == "create" or clause.topic not in _OF_PICTURES


def _of_failures(contract: Contract, clause: Clause) -> bool:
    """Whether a field is promised of failed tasks alone."""
    failed = {state.value for state in contract.states if state.phase == "failed"}
    values = {v for condition in clause.thing.when for v in condition.one_of or ()}
    return bool(values) and values <= failed


def _untested(clause: Clause, plans: Sequence[Plan], trials: Sequence[Trial]) -> str:
    if clause.untestable:
        return clause.untestable
    if trials or not plans:
        return ""
    return plans[0].unplanned.get(clause.id, "not observable")


def _causes(trials: Sequence[Trial]) -> list[str]:
    return list(dict.fromkeys(t.case.cause for t in trials if t.case.cause and t.case.breaks))


# --- what it hangs together with ---


def _paths(clause: Clause) -> tuple[str, ...]:
    path = getattr(clause.thing, "path", "")
    return (path,) if path else ()


def _related(contract: Contract, clause: Clause, trials: Sequence[Trial]) -> Iterator[Related]:
    seen = {clause.id}
    neighbours = dict.fromkeys(w.clause for t in trials if t.values for w in t.case.neighbours)
    presumed = dict.fromkeys(
        w.clause
        for t in trials
        for f in t.case.features
        if f.witness.clause == clause.id
        for w in f.presumes
    )
    same = [
        c.id
        for c in derive_clauses(contract)
        if c.operation == clause.operation and c.subject == clause.subject
    ]
    rules = [
        c.id
        for c in derive_clauses(contract)
        if c.topic == "rule" and clause.topic == "field" and clause.subject in c.subject.split(", ")
    ]
    groups: Mapping[str, Iterable[str]] = {
        "its refusals prove something only once this is accepted": neighbours,
        "while this is in doubt, it is never accused": presumed,
        "a rule about the same field": rules,
        "about the same subject": same,
    }
    for why, ids in groups.items():
        for other in ids:
            if other not in seen:
                seen.add(other)
                yield Related(id=other, why=why)


def related_talk(
    contract: Contract, about: Iterable[str]
) -> tuple[tuple[Conflict, ...], tuple[Question, ...]]:
    """The contradictions and open questions that name one of these fields, headers or statuses."""
    names = {name for one in about for name in (one, one.rpartition(".")[2]) if len(name) > 1}
    conflicts = tuple(c for c in contract.conflicts if _speaks(names, _conflict_words(c)))
    questions = tuple(q for q in contract.questions if _speaks(names, f"{q.about} {q.question}"))
    return conflicts, questions


def _conflict_words(conflict: Conflict) -> str:
    values = " ".join(alternative.value for alternative in conflict.alternatives)
    sections = " ".join(s.section for a in conflict.alternatives for s in a.sources)
    return f"{conflict.about} {values} {sections}"


def _speaks(names: Iterable[str], text: str) -> bool:
    words = set(
        text.replace(",", " ").replace("(", " ").replace(")", " ").replace(":", " ").split()
    )
    words |= {word.rstrip(".?;") for word in words}
    return any(name in words for name in names)
