"""Is a refusal given with the documented status, and does its body look as documented?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.contract.clauses import Clause, derive_clauses
from conformance.contract.model import Envelope, ErrorRow, ReplyField
from conformance.contract.paths import find, missing_from
from conformance.contract.resolution import conditions_hold
from conformance.judging.context import Look
from conformance.judging.fields import problem_with
from conformance.judging.outcomes import body_of_reply, causes_of, classify, is_beyond_bounds
from conformance.results.verdicts import Observation
from conformance.wire.exchange import Exchange

__all__ = ["rows", "ties"]

# A more special cause may be answered as the more general one that contains it.
_WIDER = {
    "bad-model": ("bad-parameter",),
    "bad-reference": ("bad-parameter",),
    "missing-parameter": ("bad-parameter",),
    "bad-json": ("bad-parameter",),
}
_NOT_ABOUT_THE_TASK = frozenset((401, 402, 403, 429))


def rows(look: Look) -> Iterator[Observation]:
    """The status of a refusal is one that the documents tie to its cause, and its body fits that row."""
    passing = [e for e in look.asked if _is_in_progress(look, e)]
    for exchange in passing:
        yield from _in_progress(look, exchange)
    if not look.case.cause or not look.asked or look.asked[-1] in passing:
        return
    kind = look.outcome.kind
    if kind == "malformed" and look.case.breaks is None:
        return  # what a valid request was answered with is for the judge of replies
    if kind not in ("refused", "active-limit", "malformed") and not look.persistent:
        return
    # Rows that no run can bring about are permitted answers all the same.
    rows_ = [c for c in look.topics.get("row", ()) if c.operation == look.case.operation]
    permitted = [c for c in rows_ if _permitted(look, c.thing)]
    if not permitted:
        return
    permitted.sort(key=lambda c: look.case.cause not in c.thing.causes)
    matched = [c for c in permitted if _carried(look, c.thing)]
    if not matched:
        if _is_tolerated(look):
            return
        yield look.says(permitted[0], _status_problem(look, permitted), look.asked[-1])
        for clause in (*_of(look, "row-body"), *_of(look, "row-field")):
            if permitted[0].thing in _rows_of(clause):
                yield look.depends(clause, permitted[0].id, look.asked[-1])
        return
    for clause in matched:
        yield look.says(clause, None, look.asked[-1])
    yield from _bodies(look, [c.thing for c in matched], look.asked[-1])


def _is_in_progress(look: Look, exchange: Exchange) -> bool:
    """Whether a repeated key is told to wait for its first creation."""
    if classify(look.contract, look.case.operation, exchange).kind != "refused":
        return False
    told = causes_of(look.contract, look.case.operation, exchange)
    return "in-progress" in told and "conflict" not in told


def _in_progress(look: Look, exchange: Exchange) -> Iterator[Observation]:
    """What is not provoked, but was seen, is judged as well."""
    code = classify(look.contract, look.case.operation, exchange).code
    rows_ = [c for c in look.topics.get("row", ()) if c.operation == look.case.operation]
    seen = [c for c in rows_ if c.thing.status == code and "in-progress" in c.thing.causes]
    for clause in seen:
        yield look.says(clause, None, exchange)
    yield from _bodies(look, [c.thing for c in seen], exchange)


def _permitted(look: Look, row: ErrorRow) -> bool:
    cause = look.case.cause
    if look.case.expect == "either":
        # No document says how a reference image that cannot be fetched is refused.
        return row.status < 500
    if cause == "unknown-task" and look.case.operation == "status":
        # Whether an unknown id is malformed, missing or expired is the vendor's to say.
        return row.status < 500 and row.status not in _NOT_ABOUT_THE_TASK
    if cause == "missing-parameter" and look.case.operation == "status" and not ties(row, cause):
        # A query that names no task may be taken to ask about one that does not exist; where no row is about the
        # parameter, no page says what the answer is.
        every = [c.thing for c in look.topics.get("row", ()) if c.operation == "status"]
        return ties(row, "unknown-task") and any(ties(r, cause) for r in every)
    return ties(row, cause)


def ties(row: ErrorRow, cause: str) -> bool:
    """Whether the row is documented for a cause, or for a more general one that contains it."""
    return bool({cause, *_WIDER.get(cause, ())} & set(row.causes))


def _is_tolerated(look: Look) -> bool:
    """Whether a superseded page documents this answer to this request."""
    breaks = look.case.breaks.clause if look.case.breaks else ""
    about = next((c.subject for c in derive_clauses(look.contract) if c.id == breaks), "")
    return any(
        row.status == look.outcome.code
        and look.case.operation in row.operations
        and {look.case.cause, *_WIDER.get(look.case.cause, ())} & set(row.causes)
        and (not row.about or set(row.about) & set(about.split(", ")))
        for row in look.contract.tolerated
    )


def _carried(look: Look, row: ErrorRow) -> bool:
    where = (
        "envelope"
        if look.outcome.in_envelope and look.outcome.http != look.outcome.code
        else "http"
    )
    return (
        row.status == look.outcome.code
        and where in row.carried_in
        and look.outcome.kind != "malformed"
    )


def _status_problem(look: Look, permitted: list[Clause]) -> str:
    wanted = " or ".join(dict.fromkeys(str(c.thing.status) for c in permitted))
    got = f"HTTP {look.outcome.http}"
    if look.outcome.in_envelope and look.outcome.code != look.outcome.http:
        got = f"code {look.outcome.code} inside HTTP {look.outcome.http}"
    if look.outcome.kind == "malformed":
        got += f" with {look.outcome.detail or 'no documented error'}"
    return f"expected {wanted} for {look.case.cause} ({look.case.title}), got {got}"


def _bodies(look: Look, matched: list[ErrorRow], exchange: Exchange) -> Iterator[Observation]:
    """Several rows may share a status: the body needs to fit one of them, else the first is accused."""
    reply = exchange.reply
    if reply is None or is_beyond_bounds(exchange):
        return  # what was cut off by us is not the vendor's doing
    body = body_of_reply(exchange)
    fitting = [row for row in matched if conditions_hold(row.body, body)] or matched[:1]
    wrong: dict[str, str] = {}
    yield from _envelope(look, _envelope_of(look, fitting, exchange), exchange, wrong)
    # A row that is seen is judged, whether or not a run can bring it about.
    for clause in _of(look, "row-body"):
        parts = [p for p in clause.parts if p.thing in matched]
        if not parts or not any(p.thing in fitting for p in parts):
            continue
        path = parts[0].thing.body[0].field
        if lacking := _above(path, wrong):
            yield look.depends(clause, lacking, exchange)
        elif find(body, path):
            kept = [p.alternative for p in parts if conditions_hold(p.thing.body, body)]
            problem = None if kept else _body_problem(parts[0].thing, body)
            yield look.says(clause, problem, exchange, follows=kept[0] if kept else "")
    for clause in _of(look, "row-field"):
        row, field = clause.thing
        if row in fitting:
            yield look.says(clause, problem_with(field, body), exchange)


def _rows_of(clause: Clause) -> list[ErrorRow]:
    """The rows whose body a clause is about."""
    return [p.thing[0] if clause.topic == "row-field" else p.thing for p in clause.parts]


def _of(look: Look, topic: str) -> list[Clause]:
    return [c for c in look.topics.get(topic, ()) if c.operation == look.case.operation]


def _envelope(
    look: Look, name: str, exchange: Exchange, wrong: dict[str, str]
) -> Iterator[Observation]:
    """The fields of the envelope that was chosen. `wrong` gets the paths at fault, with the clauses that say so."""
    for clause in look.clauses("envelope", look.case.operation):
        envelope, field = clause.thing
        if envelope.name != name:
            continue
        if lacking := _above(field.path, wrong):
            yield look.depends(clause, lacking, exchange)
            continue
        problem = _envelope_problem(look, field, exchange)
        if problem:
            wrong[_fault(envelope, field.path, body_of_reply(exchange))] = clause.id
        yield look.says(clause, problem, exchange)


def _fault(envelope: Envelope, path: str, body: Any) -> str:
    """The path that is at fault where a field is: what should contain it, where that is missing, or all ("")."""
    if find(body, path):
        return path
    required = [f.path for f in envelope.fields if f.required]
    tops = {p.partition(".")[0] for p in required}
    strange = isinstance(body, dict) and len(required) > 1 and not tops & body.keys()
    return "" if strange else missing_from(body, path)


def _above(path: str, wrong: Mapping[str, str]) -> str:
    """The clause on what is wrong at a path or above it; "" for none."""
    return next((c for p, c in wrong.items() if p in ("", path) or path.startswith(f"{p}.")), "")


def _envelope_of(look: Look, rows_: list[ErrorRow], exchange: Exchange) -> str:
    """Of the envelopes that the rows may come in, the one that the body is in; else the first."""
    names = list(dict.fromkeys(name for row in rows_ for name in row.envelopes))
    for envelope in look.contract.envelopes:
        if envelope.name in names and not any(
            _envelope_problem(look, field, exchange) for field in envelope.fields
        ):
            return envelope.name
    return names[0] if names else ""


def _body_problem(row: ErrorRow, body: Any) -> str:
    condition = row.body[0]
    wanted = " or ".join(str(v) for v in condition.one_of or ()) or "it to be there"
    found = find(body, condition.field)
    return f"expected {condition.field} {wanted} with {row.status}, got {found[0] if found else 'nothing'}"


def _envelope_problem(look: Look, field: ReplyField, exchange: Exchange) -> str | None:
    body = body_of_reply(exchange)
    if body is None and not field.required:
        return None
    if body is None:
        return f"expected {field.path} in the body of an error, got a body that is not JSON"
    problem = problem_with(field, body)
    if problem or field.role != "status_code":
        return problem
    value = next(iter(find(body, field.path)), None)
    code = classify(look.contract, look.case.operation, exchange).code
    return None if value == code else f"expected {field.path} {code}, got {value}"
