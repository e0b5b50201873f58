"""Was each broken request refused, and does its refusal prove anything?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from conformance.judging.acceptance import Accepted
from conformance.judging.aside import ASIDE, answered
from conformance.results.cases import Case, Witness
from conformance.results.verdicts import Observation

__all__ = ["UNPROVEN", "negatives"]

UNPROVEN = "refused, but so far nothing shows that "
"""How the reason begins for a refusal that proves nothing, because its permitted neighbour was not seen accepted."""


def negatives(
    cases: Sequence[Case],
    facts: Mapping[str, Observation],
    accepted: Accepted,
    seen: Sequence[Observation],
    *,
    broken: str,
) -> list[Observation]:
    """
    What the invalid requests say about the clauses they break.

    A refusal counts only when its permitted neighbour was accepted; acceptance is a violation at once. Cases whose
    neighbour is itself a refusal (a default, proven through a rule) are heard after it.

    Args:
        broken: The clause that everything depends on, where nothing was accepted at all; else "".
    """
    kept = {Witness(clause=o.clause, value=o.value) for o in seen if o.verdict == "conforms"}
    wrong = {Witness(clause=o.clause, value=o.value) for o in seen if o.verdict == "violates"}
    found: list[Observation] = []
    breaking = [c for c in cases if c.breaks is not None and c.id in facts]
    planned = {w for c in cases for w in c.witnesses}
    operations = answered(cases, facts)
    polled = any(o.facts.get("polled") for o in facts.values())
    broken_here = {c.breaks for c in breaking}
    for case in sorted(breaking, key=lambda c: any(w in broken_here for w in c.neighbours)):
        near = _Near(case, accepted, kept, wrong, planned, broken, operations, polled=polled)
        said = _judged(case, facts[case.id], near)
        found.append(said)
        if said.verdict == "conforms":
            kept.add(Witness(clause=said.clause, value=said.value))
        elif said.verdict == "violates":
            wrong.add(Witness(clause=said.clause, value=said.value))
    return [*found, *_shared(breaking, found)]


def _shared(breaking: Sequence[Case], found: Sequence[Observation]) -> list[Observation]:
    """
    What the same requests say about a common limit that a model's own limit repeats.

    The model's own limit is accused first. The common one is accused as well only where no model keeps its own: then
    nothing of the kind is enforced.
    """
    judged = {o.case: o for o in found}
    shared: list[Observation] = []
    for case in breaking:
        assert case.breaks is not None  # only breaking cases are judged here
        for witness in case.witnesses:
            own = judged.get(case.id)
            if (
                own is None
                or witness.clause == case.breaks.clause
                or witness.value != case.breaks.value
            ):
                continue
            field = "." + ".".join(witness.clause.split(".")[2:])
            like = [o for o in found if o.clause.endswith(field)]
            if own.verdict == "violates" and any(
                o.verdict != "violates" for o in like if o.value.startswith("refuses")
            ):
                own = replace(
                    own, verdict="inconclusive", reason=f"depends on {own.clause}", message=""
                )
            shared.append(replace(own, clause=witness.clause))
    return shared


_NAMES = {
    "create": "a plain creation",
    "status": "a query about a task that exists",
    "upload": "a plain upload",
    "batch": "a plain batch query",
    "balance": "a plain balance query",
}


class _Near:
    """What is known of a case's permitted neighbours."""

    def __init__(
        self,
        case: Case,
        accepted: Accepted,
        kept: set[Witness],
        wrong: set[Witness],
        planned: set[Witness],
        broken: str,
        operations: frozenset[str],
        *,
        polled: bool,
    ) -> None:
        self.missing = [w for w in case.neighbours if w not in kept and w in planned]
        self.broken = [w for w in case.neighbours if w in wrong]
        self.nothing = broken
        # Whoever does not have the model refuses whatever names it.
        self.model = next((w.clause for w in wrong if case.model and w.value == case.model), "")
        self.plain = any(
            case.operation != "create" or not case.model or c.model == case.model
            for c in accepted.good
        )
        if case.operation in ASIDE:
            self.plain = case.operation in operations
        elif case.operation == "status":
            self.plain = polled


def _judged(case: Case, told: Observation, near: _Near) -> Observation:
    facts = told.facts
    kind = facts["outcome"]
    if kind == "accepted":
        return _when_accepted(case, told, near)
    if kind in ("refused", "active-limit", "malformed") or facts["persistent"]:
        return _when_refused(case, told, near)
    reason = {
        "throttled": "throttled whenever it was asked",
        "trouble": "answered with a server error that may pass",
        "no-reply": "not answered: its outcome is unknown",
        "not-sent": "could not be sent",
    }.get(kind, f"answered in a way that says nothing ({kind})")
    return _said(case, told, "inconclusive", reason=reason)


def _when_refused(case: Case, told: Observation, near: _Near) -> Observation:
    if near.nothing and case.operation == "create":
        return _said(case, told, "inconclusive", reason=f"depends on {near.nothing}")
    if told.facts.get("causes") == ["in-progress"]:
        reason = "answered as in progress whenever it was asked"
        return _said(case, told, "inconclusive", reason=reason)
    if near.broken:
        return _said(case, told, "inconclusive", reason=f"depends on {near.broken[0].clause}")
    if near.model and not near.plain:
        return _said(case, told, "inconclusive", reason=f"depends on {near.model}")
    if near.missing or not near.plain:
        what = near.missing[0].clause if near.missing else _NAMES[case.operation]
        return _said(
            case,
            told,
            "inconclusive",
            reason=f"{UNPROVEN}{what} is accepted",
        )
    return _said(case, told, "conforms")


def _when_accepted(case: Case, told: Observation, near: _Near) -> Observation:
    assert case.breaks is not None  # only breaking cases are judged here
    final = told.facts["final"]
    if near.broken and near.broken[0].clause != case.breaks.clause:
        # The default cannot be told from the rule that shows it, when that rule itself is not kept.
        return _said(case, told, "inconclusive", reason=f"depends on {near.broken[0].clause}")
    if (
        case.operation == "create"
        and case.refused_at == "anywhere"
        and case.expect == "refused-or-failed"
    ):
        if final == "failed":
            return (
                _said(case, told, "conforms")
                if near.plain
                else _said(case, told, "inconclusive", reason="failed")
            )
        if final not in ("succeeded", "failed"):
            return _said(
                case, told, "inconclusive", reason="accepted, and its task did not end in time"
            )
    cost = (
        f", which is documented to cost {case.worst_cost.amount:g} {case.worst_cost.unit}"
        if case.worst_cost.amount
        else ""
    )
    then = {
        "succeeded": " and its task succeeded",
        "failed": " and its task failed only later",
    }.get(final, "")
    at_once = case.refused_at == "create" or case.operation != "create"
    wanted = "a refusal" if at_once else "a refusal or a failed task"
    message = (
        f"expected {wanted} of {_words(case)}, got HTTP {told.facts['http']}, accepted{then}{cost}"
    )
    return _said(case, told, "violates", message=message)


def _words(case: Case) -> str:
    """What was wrong with the request: "refuses 20001" becomes "20001"; the case's title where nothing is named."""
    value = case.breaks.value if case.breaks else ""
    what = value.removeprefix("refuses ") or case.title
    return f"a request with {what}" if "×" in what else what


def _said(
    case: Case, told: Observation, verdict: str, *, message: str = "", reason: str = ""
) -> Observation:
    assert case.breaks is not None  # only breaking cases are judged here
    return Observation(
        clause=case.breaks.clause,
        value=case.breaks.value,
        verdict=verdict,  # type: ignore[arg-type]  # one of the four words, by the callers above
        message=message,
        reason=reason,
        case=case.id,
        exchanges=told.exchanges,
    )
