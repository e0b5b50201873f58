"""How is the explanation of a clause drawn?"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.contract.clauses import Clause
from conformance.contract.model import Conflict, Contract, Question
from conformance.reporting.explanation import Explanation, Place, Trial, related_talk
from conformance.reporting.summary import cost_json, sources_json
from conformance.reporting.text import BLANK, Line, Span, amount, columns, line, plural
from conformance.results.cases import Cost, Plan

__all__ = ["explain_json", "explain_lines", "matches_json", "matches_lines", "only_glob"]

_SHOWN_TRIALS = 12


def explain_lines(explained: Explanation) -> list[Line]:
    """Everything about one clause, for a terminal."""
    clause = explained.clause
    parts = [
        [line(Span(clause.id, "bold")), line(clause.statement, indent=2, hang=2)],
        [*_head(explained)],
        [*_answers(explained)],
        [*_tried(explained)],
        _sentences("What would violate it", explained.violates),
        _sentences("What would not", explained.permits),
        [*_talk(explained.conflicts, explained.questions)],
        [*_related(explained)],
    ]
    lines: list[Line] = []
    for part in parts:
        if part:
            lines += [*part, BLANK]
    return lines[:-1]


def _head(explained: Explanation) -> Iterator[Line]:
    clause = explained.clause
    yield _labelled("level", f"{clause.level}: {explained.level_means}")
    yield _labelled("about", f"{clause.subject} ({clause.kind}, operation {clause.operation})")
    for number, place in enumerate(explained.places):
        yield _labelled("" if number else "source", _place(place))


def _labelled(label: str, text: str) -> Line:
    return line(Span(f"{label:<10}", "dim"), text, indent=2, hang=10)


def _place(place: Place) -> str:
    section = f', "{place.source.section}"' if place.source.section else ""
    if place.document is None:
        return f"{place.source.document}{section}, {place.source.url}"
    older = " (superseded)" if place.document.superseded else ""
    seen = f", seen {place.document.seen}"
    return f"{place.document.title}{older}{section}, {place.source.url}{seen}"


def _answers(explained: Explanation) -> Iterator[Line]:
    if not explained.answers:
        return
    yield line(
        Span("The pages disagree; `follows` in the result names the one that is kept", "bold")
    )
    for answer in explained.answers:
        yield line(Span(answer.name, "cyan"), f": {answer.value}", indent=2, hang=2)
        yield line(answer.says or "It says nothing of this clause.", indent=6, hang=2)
        for place in answer.places:
            yield line(Span(_place(place), "dim"), indent=6, hang=2)


# --- how it is tried ---


def _tried(explained: Explanation) -> Iterator[Line]:
    yield line(Span("How it is tested", "bold"))
    if explained.untested:
        means = f": {explained.untested_means}" if explained.untested_means else ""
        yield line(f"untested, {explained.untested}{means}", indent=2, hang=2)
        return
    yield line(_summary(explained), indent=2, hang=2)
    if explained.alone:
        yield from _alone(explained.clause, explained.alone)
    own = [trial for trial in explained.trials if trial.values]
    shown = own[:_SHOWN_TRIALS] or explained.trials[:1]
    drawn: set[str] = set()
    for trial in shown:
        yield from _trial(trial, drawn)
    if len(shown) < len(explained.trials):
        more = plural(len(explained.trials) - len(shown), "more case")
        yield line(Span(f"and {more} that may show it; --json has all of them", "dim"), indent=4)


def _alone(clause: Clause, plan: Plan) -> Iterator[Line]:
    cost = Cost(
        amount=sum(case.cost.amount for case in plan.cases),
        unit=next((case.cost.unit for case in plan.cases), ""),
    )
    requests = plural(len(plan.cases), "request")
    yield line(
        f"Alone, with what it stands on: {requests}, {_paid(plan.billed, cost)}.", indent=2, hang=2
    )
    command = f"conformance check {clause.vendor} --only {shlex.quote(only_glob(clause.id))}"
    yield line(Span(command, "dim"), indent=6, whole=True)


def only_glob(clause_id: str) -> str:
    """The pattern that names this clause alone, for `--only`: a bracket would begin a set of characters."""
    return clause_id.replace("[", "[[]")


def _paid(billed: int, cost: Cost) -> str:
    if not billed:
        return "free, if it is kept"
    creations = plural(billed, "paid creation")
    if not cost.amount:
        return f"{creations}, whose price no page names"
    return f"{creations} of {amount(cost.amount, cost.unit)} in all"


def _summary(explained: Explanation) -> str:
    if explained.on_the_way:
        cases = plural(len(explained.trials), "case")
        return (
            f"No request of its own: it is judged on every reply that shows it, of {cases} in the plan, and adds"
            " nothing to its cost."
            if explained.trials
            else "No request of its own: it is judged on every reply that shows it."
        )
    words = f" in the words of {explained.trials[0].dialect}" if explained.answers else ""
    return (
        f"{plural(explained.requests, 'request')}{words}, {_paid(explained.billed, explained.cost)}; other clauses are"
        " witnessed by the same."
    )


def _trial(trial: Trial, drawn: set[str]) -> Iterator[Line]:
    case = trial.case
    values = ", ".join(value for value in trial.values if value)
    dialect = f" in the words of {trial.dialect}" if trial.dialect else ""
    cost = f", {plural(case.billed, 'paid creation')}" if case.billed else ", free"
    if case.billed and case.cost.amount:
        cost += f" of {amount(case.cost.amount, case.cost.unit)}"
    at_worst = (
        f" ({amount(case.worst_cost.amount, case.worst_cost.unit)} if it is wrongly accepted)"
        if not case.billed and case.worst_cost.amount
        else ""
    )
    what = f"{case.operation}, expected: {case.expect}{cost}{at_worst}"
    yield line(Span(values or case.title, "cyan"), f"  {what}{dialect}", indent=4, hang=4)
    # One request of each sort is enough to read; the others differ in the value alone.
    sort = f"{case.expect} {trial.dialect}"
    if trial.curl and sort not in drawn:
        drawn.add(sort)
        yield line(Span(trial.curl, "dim"), indent=6, whole=True)


def _sentences(head: str, sentences: Sequence[str]) -> list[Line]:
    if not sentences:
        return []
    return [line(Span(head, "bold")), *(line(s, indent=2, hang=2) for s in sentences)]


def _related(explained: Explanation) -> Iterator[Line]:
    if not explained.related:
        return
    yield line(Span("Related clauses", "bold"))
    reasons: dict[str, list[str]] = {}
    for related in explained.related:
        reasons.setdefault(related.why, []).append(related.id)
    for why, ids in reasons.items():
        yield line(Span(f"{why}:", "dim"), f" {', '.join(ids)}", indent=2, hang=2)


def _talk(conflicts: Sequence[Conflict], questions: Sequence[Question]) -> Iterator[Line]:
    if conflicts:
        yield line(Span("Contradictions nearby", "bold"))
    for conflict in conflicts:
        yield line(conflict.about, indent=2, hang=2)
        for alternative in conflict.alternatives:
            where = ", ".join(f"{s.document}#{s.section}" for s in alternative.sources)
            yield line(alternative.value, Span(f"  [{where}]", "dim"), indent=4, hang=2)
    if questions:
        yield line(Span("Left open nearby", "bold"))
    for question in questions:
        yield line(f"{question.about}: {question.question}", indent=2, hang=2)


# --- several clauses at once ---


def matches_lines(pattern: str, found: Sequence[tuple[Contract, Clause]]) -> list[Line]:
    """The clauses that a prefix or a glob names, and what the documents contradict or leave open about them."""
    lines = [line(Span(pattern, "bold"), f" names {plural(len(found), 'clause')}"), BLANK]
    lines += columns(
        [("CLAUSE", "LEVEL", "STATEMENT"), *((c.id, c.level, c.statement) for _, c in found)]
    )
    talk = [
        each
        for contract, clauses in _by_contract(found)
        for each in _talk(*related_talk(contract, dict.fromkeys(c.subject for c in clauses)))
    ]
    return [*lines, BLANK, *talk] if talk else lines


def _by_contract(
    found: Sequence[tuple[Contract, Clause]],
) -> list[tuple[Contract, list[Clause]]]:
    grouped: dict[str, tuple[Contract, list[Clause]]] = {}
    for contract, clause in found:
        grouped.setdefault(contract.vendor, (contract, []))[1].append(clause)
    return list(grouped.values())


def matches_json(found: Sequence[tuple[Contract, Clause]]) -> dict[str, Any]:
    """What `explain --json` writes for a prefix or a glob; its schema is `schemas/explain.schema.json`."""
    talk = [
        (contract, *related_talk(contract, dict.fromkeys(c.subject for c in clauses)))
        for contract, clauses in _by_contract(found)
    ]
    return {
        "clauses": [_clause_json(clause) for _, clause in found],
        "conflicts": [_conflict_json(c, one) for c, conflicts, _ in talk for one in conflicts],
        "open_questions": [_question_json(c, one) for c, _, questions in talk for one in questions],
    }


# --- JSON ---


def explain_json(contract: Contract, explained: Explanation) -> dict[str, Any]:
    """What `explain --json` writes; its schema is `schemas/explain.schema.json`."""
    return {
        "clauses": [
            {
                **_clause_json(explained.clause),
                "level_means": explained.level_means,
                "source": [_place_json(place) for place in explained.places],
                "alternatives": [
                    {
                        "follows": answer.name,
                        "value": answer.value,
                        "statement": answer.says,
                        "source": [_place_json(place) for place in answer.places],
                    }
                    for answer in explained.answers
                ],
                "tests": {
                    "on_the_way": explained.on_the_way,
                    "requests": explained.requests,
                    "billed": explained.billed,
                    "cost": cost_json(explained.cost),
                    "alone": _alone_json(explained.alone),
                    "cases": [_trial_json(trial) for trial in explained.trials],
                },
                "untested": explained.untested,
                "untested_means": explained.untested_means,
                "violates": list(explained.violates),
                "permits": list(explained.permits),
                "related": [{"id": r.id, "why": r.why} for r in explained.related],
            }
        ],
        "conflicts": [_conflict_json(contract, one) for one in explained.conflicts],
        "open_questions": [_question_json(contract, one) for one in explained.questions],
    }


def _alone_json(plan: Plan | None) -> dict[str, Any] | None:
    if plan is None:
        return None
    return {"requests": len(plan.cases), "billed": plan.billed}


def _clause_json(clause: Clause) -> dict[str, Any]:
    return {
        "id": clause.id,
        "vendor": clause.vendor,
        "operation": clause.operation,
        "subject": clause.subject,
        "kind": clause.kind,
        "level": clause.level,
        "statement": clause.statement,
        "source": sources_json(clause.sources),
    }


def _place_json(place: Place) -> dict[str, Any]:
    document = place.document
    return {
        "document": place.source.document,
        "url": place.source.url,
        "section": place.source.section,
        "title": document.title if document else "",
        "seen": document.seen if document else "",
        "superseded": bool(document and document.superseded),
    }


def _trial_json(trial: Trial) -> Mapping[str, Any]:
    case = trial.case
    return {
        "id": case.id,
        "operation": case.operation,
        "title": case.title,
        "expect": case.expect,
        "values": [value for value in trial.values if value],
        "dialect": trial.dialect,
        "billed": case.billed,
        "cost": cost_json(case.cost),
        "cost_if_wrongly_accepted": cost_json(case.worst_cost),
        "other_clauses": trial.shares,
        "curl": trial.curl,
    }


def _conflict_json(contract: Contract, conflict: Conflict) -> dict[str, Any]:
    return {
        "vendor": contract.vendor,
        "about": conflict.about,
        "alternatives": [
            {"value": a.value, "source": sources_json(a.sources)} for a in conflict.alternatives
        ],
    }


def _question_json(contract: Contract, question: Question) -> dict[str, Any]:
    return {
        "vendor": contract.vendor,
        "about": question.about,
        "question": question.question,
        "source": sources_json(question.sources),
    }
