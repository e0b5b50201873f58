"""Do the operations beside the main job answer a plain, documented request?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set

from conformance.contract.model import Contract
from conformance.judging.context import topics_of
from conformance.results.cases import Case, Witness
from conformance.results.verdicts import Observation

__all__ = ["ASIDE", "NOWHERE", "answered", "asides"]

ASIDE = frozenset(("upload", "batch", "balance"))
_ABOUT_THE_ACCOUNT = frozenset((402, 403))
NOWHERE = frozenset((404, 405))


def answered(cases: Sequence[Case], facts: Mapping[str, Observation]) -> frozenset[str]:
    """The operations whose plain request was answered with success."""
    return frozenset(c.operation for c in cases if _is_good(c, facts))


def _is_good(case: Case, facts: Mapping[str, Observation]) -> bool:
    """Whether a request that had to be answered was answered with success."""
    told = facts.get(case.id)
    return case.expect == "answered" and told is not None and told.facts["outcome"] == "accepted"


def asides(
    contract: Contract, cases: Sequence[Case], facts: Mapping[str, Observation]
) -> tuple[list[Observation], dict[str, str]]:
    """
    What the plain requests witness; where one is refused, the clause on its path or status is broken.

    Returns:
        What was seen; and, for second paths that are only implied and were refused, clause id to a sentence: whoever
        serves the first path alone contradicts no page.
    """
    seen = list(_asides(contract, cases, facts))
    implied = {c.id for c in topics_of(contract).get("second-path", ()) if c.level == "implied"}
    refused = {
        o.clause: o.message
        for o in seen
        if o.clause in implied and o.verdict == "violates" and not facts[o.case].facts["persistent"]
    }
    kept = [o for o in seen if o.clause not in refused]
    return kept, {
        c: f"{said}; not every page that lists paths has it" for c, said in refused.items()
    }


def _asides(
    contract: Contract, cases: Sequence[Case], facts: Mapping[str, Observation]
) -> Iterator[Observation]:
    works = answered(cases, facts)
    taken = {w for c in cases if _is_good(c, facts) for w in c.witnesses}
    wanting = _wanting(cases, facts)
    if any(o.facts["polled"] for o in facts.values()):
        works |= {"status"}
    for case in cases:
        told = facts.get(case.id)
        if told is None or case.expect != "answered" or case.operation not in (*ASIDE, "status"):
            continue
        if case.send.scheme:
            continue  # another way to present the key is for the judge of several traces
        if told.facts["outcome"] == "accepted":
            for witness in case.witnesses:
                yield _said(told, witness.clause, "conforms", value=witness.value)
        elif told.facts["outcome"] in ("refused", "malformed") or told.facts["persistent"]:
            # Where the operation works otherwise, it is what this one carries, or lacks, that was refused.
            lacking = [Witness(clause=c) for c in wanting.get(case.operation, ())]
            apart = case.witnesses if case.operation in works else ()
            if _has_good_neighbours(case, taken) or lacking:
                yield _refused(contract, case, told, *(lacking or apart))


def _has_good_neighbours(case: Case, taken: Set[Witness]) -> bool:
    """Whether what a request carries beside the thing that it tries was taken in others."""
    return not case.neighbours or any(w in taken for w in case.neighbours)


def _wanting(cases: Sequence[Case], facts: Mapping[str, Observation]) -> dict[str, list[str]]:
    """Operation to the clauses on defaults without whose fields every request is refused."""
    good = {c.id for c in cases if _is_good(c, facts)}
    found: dict[str, list[str]] = {}
    for case in (c for c in cases if c.id in good and c.neighbours and c.operation in ASIDE):
        others = [c for c in cases if c.operation == case.operation and c.expect == "answered"]
        without = [c for c in others if not c.neighbours]
        clause = case.witnesses[0].clause
        if not any(c.id in good for c in without):
            found.setdefault(case.operation, []).append(clause)
    return found


def _refused(contract: Contract, case: Case, told: Observation, *witnesses: Witness) -> Observation:
    http = told.facts["http"]
    clause = _clause(contract, case.operation, nowhere=http in NOWHERE)
    clause = next((w.clause for w in witnesses), clause)
    if http in _ABOUT_THE_ACCOUNT:
        return _said(told, clause, "inconclusive", reason=f"the account was refused with {http}")
    got = f"HTTP {http}"
    if told.facts["in_envelope"] and told.facts["code"] != http:
        got = f"code {told.facts['code']} inside {got}"
    return _said(
        told, clause, "violates", message=f"expected {case.title} to be answered, got {got}"
    )


def _clause(contract: Contract, operation: str, *, nowhere: bool) -> str:
    topics = topics_of(contract)
    order = ("path", "success") if nowhere else ("success", "path")
    found = [c.id for t in order for c in topics.get(t, ()) if c.operation == operation]
    return next(iter(found), f"{contract.vendor}.{operation}.path")


def _said(
    told: Observation,
    clause: str,
    verdict: str,
    *,
    value: str = "",
    message: str = "",
    reason: str = "",
) -> Observation:
    return Observation(
        clause=clause,
        verdict=verdict,  # type: ignore[arg-type]  # one of the four words, by the callers above
        value=value,
        message=message,
        reason=reason,
        case=told.case,
        exchanges=told.exchanges,
    )
