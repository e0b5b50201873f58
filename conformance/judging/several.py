"""What can only several traces together tell: repeated keys, sizes that grow, rows never used?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from conformance.contract.clauses import Clause
from conformance.contract.model import Contract, Idempotency
from conformance.judging.context import topics_of
from conformance.results.cases import Case
from conformance.results.verdicts import Observation

__all__ = [
    "idempotency",
    "other_schemes",
    "shown_defaults",
    "sibling_rows",
    "tiers",
    "unkeyed",
]


def idempotency(
    contract: Contract, cases: Sequence[Case], facts: Mapping[str, Observation]
) -> Iterator[Observation]:
    """The same key and body give the same task; a replay is marked as documented."""
    promise = contract.idempotency
    by_id = {c.id: c for c in cases}
    for case in cases:
        first, again = facts.get(case.repeats), facts.get(case.id)
        if promise is None or first is None or again is None or case.breaks is not None:
            continue
        for clause in topics_of(contract).get("idempotency", ()):
            if any(w.clause == clause.id for w in case.witnesses) and by_id.get(case.repeats):
                yield _repeated(contract, clause, promise, case, first, again)


def _repeated(
    contract: Contract,
    clause: Clause,
    promise: Idempotency,
    case: Case,
    first: Observation,
    again: Observation,
) -> Observation:
    exchanges = (*first.exchanges, *again.exchanges)
    one, other = first.facts, again.facts

    def said(verdict: str, message: str = "", reason: str = "") -> Observation:
        return Observation(
            clause=clause.id,
            verdict=verdict,  # type: ignore[arg-type]  # one of the four words, below
            message=message,
            reason=reason,
            case=case.id,
            exchanges=exchanges,
        )

    if one["outcome"] != "accepted":
        return said("inconclusive", reason="the first creation with the key was not accepted")
    same = other["outcome"] == "accepted" and one["task_id"] == other["task_id"]
    told = set(other.get("causes", ()))
    if told == {"in-progress"}:
        return said("inconclusive", reason="answered as in progress whenever it was asked")
    if clause.keyword == "replay-header":
        name, value = promise.replay_header or ("", "")
        got = again.facts["headers"].get(name.lower()) or "none"
        if not same:  # no replay, so none that could be marked
            return said("inconclusive", reason=f"depends on {_same_request(contract)}")
        message = f"expected {name}: {value} on a replay, got {got}"
        return said("conforms") if got == value else said("violates", message)
    if other["outcome"] == "accepted":
        message = f"expected task {one['task_id']} again for the same {promise.header}, got a second task {other['task_id']}"
        return said("conforms") if same else said("violates", message)
    # No second task, no second charge. Of a promise that only follows, how it is kept is the vendor's to say.
    if (told & {"conflict", "in-progress"} and told != {promise.other_body}) or (
        clause.level == "implied" and other["code"] == 409
    ):
        return said("conforms")
    if other["outcome"] == "refused" or other["persistent"]:
        return said(
            "violates",
            f"expected the existing task for the same {promise.header}, got HTTP {other['http']}",
        )
    return said("inconclusive", reason="the repeated creation was not answered")


def _same_request(contract: Contract) -> str:
    return f"{contract.vendor}.create.idempotency.same-request"


def unkeyed(
    contract: Contract, found: Sequence[Observation], of_keys: Sequence[Observation]
) -> list[Observation]:
    """
    What was found, without what merely follows from it that the key is not looked at at all.

    A vendor that makes a second task for the same key and body is accused of that, and not again of taking another
    body or a key of any length.
    """
    same = _same_request(contract)
    ignored = any(o.clause == same and o.verdict == "violates" for o in of_keys)
    about_keys = {c.id for c in topics_of(contract).get("idempotency", ())} - {same}
    return [
        replace(o, verdict="inconclusive", reason=f"depends on {same}", message="")
        if ignored and o.clause in about_keys and o.verdict == "violates"
        else o
        for o in found
    ]


def named_as_well(contract: Contract, found: Sequence[Observation]) -> list[Observation]:
    """What was found, without defaults whose picture is wrong where the same ratio is named, too."""
    rows = {c.id: str(c.thing.row) for c in topics_of(contract).get("pixels", ())}
    ratios = {c.id for c in topics_of(contract).get("ratio", ())}
    wrong = {
        rows.get(o.clause, o.value): o.clause
        for o in found
        if o.verdict == "violates" and (o.clause in rows or o.clause in ratios)
    }
    return [
        replace(o, verdict="inconclusive", reason=f"depends on {of_row[0]}", message="")
        if o.verdict == "violates"
        and (of_row := [wrong[d] for d in o.facts.get("defaults", ()) if d in wrong])
        else o
        for o in found
    ]


def other_schemes(
    contract: Contract, cases: Sequence[Case], facts: Mapping[str, Observation]
) -> tuple[list[Observation], dict[str, str]]:
    """
    Whether the key is taken in the other documented ways as well.

    Returns:
        What was seen; and, for ways that are only implied and were refused, clause id to a sentence: whoever refuses
        them contradicts no page, and they are neither kept nor broken.
    """
    found: list[Observation] = []
    refused: dict[str, str] = {}
    clauses = {c.id: c for c in topics_of(contract).get("auth", [])}
    # Where no key is needed at all, that is said once.
    keyless = any(
        c.operation == "status"
        and not c.send.scheme
        and c.send.key != "right"
        and c.id in facts
        and facts[c.id].facts["outcome"] == "accepted"
        for c in cases
    )
    for case in (c for c in cases if c.send.scheme and c.id in facts):
        told = facts[case.id]
        clause = clauses.get(case.witnesses[0].clause) if case.witnesses else None
        if clause is None:
            continue
        if case.send.key == "wrong" and keyless:
            continue
        if case.send.key == "wrong":
            known = any(o.clause == clause.id and o.verdict == "conforms" for o in found)
            found += _with_wrong_key(clause, case, told, known=known)
            continue
        problem = f"expected an answer to {case.title}, got HTTP {told.facts['http']}"
        said = Observation(
            clause=clause.id,
            verdict="conforms",
            value="accepted",
            case=case.id,
            exchanges=told.exchanges,
        )
        if told.facts["outcome"] == "accepted":
            found.append(said)
        elif told.facts["outcome"] not in ("refused", "malformed"):
            reason = f"{case.title} was not answered"
            found.append(replace(said, verdict="inconclusive", reason=reason))
        elif clause.level == "implied":
            refused[clause.id] = f"{problem}; no page says of this operation that it takes it"
        else:
            found.append(replace(said, verdict="violates", message=problem))
    return found, refused


def _with_wrong_key(
    clause: Clause, case: Case, told: Observation, *, known: bool
) -> Iterator[Observation]:
    """
    A wrong key opens nothing, wherever it stands.

    Args:
        known: The right key was taken there; else a refusal shows nothing.
    """
    if told.facts["outcome"] == "accepted":
        yield Observation(
            clause=clause.id,
            verdict="violates",
            value=case.witnesses[0].value,
            message=f"expected a refusal of {case.title}, got HTTP {told.facts['http']}, accepted",
            case=case.id,
            exchanges=told.exchanges,
        )
    elif told.facts["outcome"] == "refused" and known:
        yield Observation(
            clause=clause.id,
            verdict="conforms",
            value=case.witnesses[0].value,
            case=case.id,
            exchanges=told.exchanges,
        )


def tiers(contract: Contract, observations: Sequence[Observation]) -> Iterator[Observation]:
    """Of two pictures of one shape, that of the higher tier has more pixels."""
    for clause in topics_of(contract).get("tier", ()):
        mine = [o for o in observations if o.clause == clause.id and o.facts]
        order = _tier_order(contract, clause)
        for one in mine:
            for other in mine:
                same = [(o.facts["model"], str(o.facts["shape"])) for o in (one, other)]
                if same[0] == same[1] and _below(order, one, other):
                    yield from _compared(clause, one, other)


def _tier_order(contract: Contract, clause: Clause) -> list[str]:
    create = contract.operation("create")
    fields = [f for f in create.fields if f.path == clause.thing] if create else []
    return [str(v) for f in fields for v in f.schema.get("enum", ())]


def _below(order: Sequence[str], one: Observation, other: Observation) -> bool:
    return (
        one.value in order
        and other.value in order
        and order.index(one.value) < order.index(other.value)
    )


def _compared(clause: Clause, low: Observation, high: Observation) -> Iterator[Observation]:
    grown = high.facts["pixels"] > low.facts["pixels"]
    message = (
        f"expected more pixels at {high.value} than at {low.value}, "
        f"got {high.facts['pixels']} against {low.facts['pixels']}"
    )
    for each in (low, high):
        yield Observation(
            clause=clause.id,
            verdict="conforms" if grown else "violates",
            value=each.value,
            message="" if grown else message,
            case=each.case,
            exchanges=(*low.exchanges, *high.exchanges),
        )


def shown_defaults(
    contract: Contract, observations: Sequence[Observation]
) -> Iterator[Observation]:
    """
    Where no tier is named, the picture has the size of the default one.

    Seen only where the tiers differ; the nearest of them counts, for sizes need not be exact.
    """
    for tier in topics_of(contract).get("tier", ()):
        mine = [o for o in observations if o.clause == tier.id and o.facts]
        named = [o for o in mine if o.value]
        for clause in topics_of(contract).get("field", ()):
            if clause.keyword == "default" and clause.thing.path == tier.thing:
                for left in (o for o in mine if not o.value):
                    yield from _by_default(clause, left, _like(left, named))


def _like(one: Observation, others: Sequence[Observation]) -> list[Observation]:
    """The pictures of the same model and shape."""
    return [o for o in others if all(o.facts[n] == one.facts[n] for n in ("model", "shape"))]


def _by_default(
    clause: Clause, left: Observation, named: Sequence[Observation]
) -> Iterator[Observation]:
    parts = [p for p in clause.parts if p.thing.model in (None, left.facts["model"])]
    values = {str(p.thing.default): p.alternative for p in reversed(parts)}
    same = [o for o in named if o.value in values]
    other = [o for o in named if o.value not in values]
    if (
        not same
        or not other
        or {o.facts["pixels"] for o in same} & {o.facts["pixels"] for o in other}
    ):
        return  # nothing tells the default from the rest

    def distance(o: Observation) -> float:
        return abs(math.log(o.facts["pixels"] / left.facts["pixels"]))

    nearest = min((*same, *other), key=distance)
    kept = nearest.value in values
    wanted = " or ".join(values)
    message = (
        f"expected the {same[0].facts['pixels']} pixels of {wanted} where {clause.subject} is left out, "
        f"got {left.facts['pixels']}, as with {nearest.value}"
    )
    yield Observation(
        clause=clause.id,
        verdict="conforms" if kept else "violates",
        message="" if kept else message,
        case=left.case,
        exchanges=(*left.exchanges, *same[0].exchanges, *nearest.exchanges),
        follows=values.get(nearest.value, ""),
    )


def sibling_rows(contract: Contract, about: Mapping[str, Sequence[Observation]]) -> dict[str, str]:
    """
    Rows of the error table that were never used, because another documented row was used for the same cause.

    Returns:
        Clause id to a sentence that says which.
    """
    rows = [
        c for topic in ("row", "row-body", "row-field") for c in topics_of(contract).get(topic, ())
    ]
    used = [
        c
        for c in rows
        if c.topic == "row" and any(o.verdict == "conforms" for o in about.get(c.id, ()))
    ]
    found: dict[str, str] = {}
    for clause in rows:
        row = clause.thing[0] if clause.topic == "row-field" else clause.thing
        others = [
            u
            for u in used
            if u.operation == clause.operation and set(u.thing.causes) & set(row.causes)
        ]
        if others and not any(o.verdict == "conforms" for o in about.get(clause.id, ())):
            found[clause.id] = (
                f"the vendor answers {others[0].subject} where {row.status} is documented as well"
            )
    return found
