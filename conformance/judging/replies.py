"""Do the replies to accepted requests look as documented?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.contract.clauses import Clause, shown
from conformance.contract.model import ReplyField
from conformance.contract.paths import find, missing_from, put, steps
from conformance.contract.resolution import conditions_hold
from conformance.judging.context import Look
from conformance.judging.fields import decoded, is_type, problem_with, seconds_of
from conformance.judging.outcomes import (
    body_of_delivery,
    body_of_reply,
    is_other_reply,
    task_state,
    with_headers,
)
from conformance.results.verdicts import Observation
from conformance.wire.exchange import Exchange, parse_json

__all__ = ["echoes", "lies_at", "only_then", "order", "reply_fields", "success_status", "units"]

_CLOSE = 0.2
_LASTING = 4  # polls of one task in a row, to the end, that met nothing but server errors
_REPEATED = 3  # polls of one task in a row, to the end, that told its state in an error
_ASIDE = ("upload", "batch", "balance")


def _answers(look: Look) -> Iterator[tuple[str, Exchange, Any]]:
    """Operation, exchange and body of each reply to a request that was not refused."""
    if (look.case.operation == "create" and look.outcome.kind == "accepted") or (
        look.case.operation == "create"
        and look.outcome.kind == "malformed"
        and look.case.breaks is None
        and 200 <= look.outcome.http < 300
    ):
        if not is_other_reply(look.contract, look.asked[-1]):
            yield "create", look.asked[-1], body_of_reply(look.asked[-1])
    elif look.case.operation in _ASIDE and look.outcome.kind == "accepted":
        yield look.case.operation, look.asked[-1], body_of_reply(look.asked[-1])
    for exchange, body in look.polls:
        yield "status", exchange, body
    for exchange in look.deliveries:
        body = body_of_delivery(exchange)
        if isinstance(body, dict) and not _is_of_other_form(look, body):
            yield "callback", exchange, body


def _is_of_other_form(look: Look, body: dict[str, Any]) -> bool:
    """Whether a callback is, as a whole, what another page says: a part of a status reply."""
    callback, status = look.contract.callback, look.contract.operation("status")
    other = callback.other_form if callback else None
    if other is None or status is None or any(find(body, path) for path in other.without):
        return False
    placed: dict[str, Any] = {}
    put(placed, other.repeats, body)
    inside = [f for f in status.reply if f.path.startswith(f"{other.repeats}.")]
    applying = [f for f in inside if conditions_hold(f.when, placed, look.case.assignment)]
    return all(problem_with(f, placed) is None for f in applying if f.dispute is None)


def reply_fields(look: Look) -> Iterator[Observation]:
    """Each documented field is there, of its type, and holds what is documented in this state."""
    for operation, exchange, body in _answers(look):
        wrong: dict[str, str] = {}
        clauses = list(look.clauses("reply", operation))
        if any(c.thing.path.startswith("$headers.") for c in clauses):
            body = with_headers(exchange, body)
        # What is said of a field in every state comes first: what is wrong there is not said again for one state.
        for clause in sorted(clauses, key=_whole_first):
            things = [part.thing for part in clause.parts]
            if not any(_applies(look, thing, body) for thing in things):
                continue
            if look.case.repeats and operation == "create" and clause.thing.role == "state":
                continue  # no document says which state a replay tells
            if operation == "callback" and _is_silent(look, clause.thing, body):
                continue
            said_already = [c for path, c in wrong.items() if lies_at(clause.thing.path, path)]
            if said_already:
                yield look.depends(clause, said_already[0], exchange)
                continue
            said = _of_alternatives(look, clause, exchange, body)
            if said.verdict == "violates" and _comes_later(look, clause, exchange):
                continue
            if said.verdict == "violates":
                # Who lacks what contains several fields lacks one thing.
                wrong[_fault(body, clause.thing.path, clauses)] = clause.id
            yield said


def _fault(body: Any, path: str, clauses: Sequence[Clause]) -> str:
    """The path that is at fault where a field is: what should contain it, where that is missing, or all ("")."""
    if find(body, path):
        return path
    always = [c.thing.path for c in clauses if c.thing.required and not c.thing.when]
    tops = {str(steps(p)[0]) for p in always if not p.startswith("$")}
    strange = isinstance(body, dict) and len(tops) > 1 and not tops & body.keys()
    return "" if strange else missing_from(body, path)


def _comes_later(look: Look, clause: Clause, exchange: Exchange) -> bool:
    """Whether a later poll has what this one lacks, where a page says that it may come late."""
    after = [e for e, _ in look.polls].index(exchange) + 1 if clause.thing.lags else len(look.polls)
    return any(
        _of_alternatives(look, clause, e, body).verdict == "conforms"
        for e, body in look.polls[after:]
    )


def _is_silent(look: Look, field: ReplyField, body: Any) -> bool:
    """
    Whether a field of a callback has nothing to say: it need not be there and is null, which is the same as left out,
    or it is described for a state that the callback wrongly names or leaves out.
    """
    omitted = not field.required and find(body, field.path)[:1] == [None]
    return omitted or (bool(field.when) and not _tells_state(look, body))


def _tells_state(look: Look, body: Any) -> bool:
    """Whether a callback says how its task ended, where it should."""
    callback = look.contract.callback
    known = {str(s.value): s.phase for s in look.contract.states}
    for field in callback.operation.reply if callback else ():
        if field.role == "state" and not field.when and not field.path.startswith("$"):
            phase = known.get(str(next(iter(find(body, field.path)), None)), "")
            return phase == look.final or (phase in known.values() and look.final == "")
    return True


def _whole_first(clause: Clause) -> tuple[int, bool]:
    """Parents before children, and what is said of every state before what is said of one."""
    return len(steps(clause.thing.path)), bool(clause.thing.when)


def lies_at(path: str, wrong: str) -> bool:
    """Whether a path is the wrong one, or lies below it: who lacks the parent lacks the child."""
    return steps(path)[: len(steps(wrong))] == steps(wrong)


def _applies(look: Look, field: ReplyField, body: Any) -> bool:
    return conditions_hold(field.when, body, look.case.assignment)


def only_then(look: Look) -> Iterator[Observation]:
    """A field that is promised only in some state is absent, or null, in the others."""
    for operation, exchange, body in _answers(look):
        state = task_state(look.contract, exchange)
        if state is not None and state[1] == "unknown":
            continue  # no document says what belongs to a state that none lists
        if operation == "callback" and not _tells_state(look, body):
            continue
        for clause in look.clauses("only", operation):
            conditions = [c.field for part in clause.parts for c in part.thing.when]
            told = [find(body, f) for f in conditions if not f.startswith("$")]
            if any(all(v is None for v in values) for values in told):
                continue  # where nothing tells the state, that alone is wrong
            if not any(_applies(look, part.thing, body) for part in clause.parts):
                values = [
                    v for part in clause.parts for v in find(body, part.thing.path) if v is not None
                ]
                problem = (
                    f"expected no {clause.subject} here, got {shown(values[0])}" if values else None
                )
                yield look.says(clause, problem, exchange)


def _of_alternatives(look: Look, clause: Clause, exchange: Exchange, body: Any) -> Observation:
    """A disputed field is as documented where it follows any of the alternatives; one that does not apply asks nothing."""
    problems = {
        part.alternative: problem_with(part.thing, body)
        if _applies(look, part.thing, body)
        else None
        for part in clause.parts
    }
    kept = [name for name, problem in problems.items() if problem is None]
    if kept:
        # A field that is merely permitted to be missing follows no page.
        there = [
            p.alternative
            for p in clause.parts
            if p.alternative in kept and find(body, p.thing.path)
        ]
        return look.says(clause, None, exchange, follows=(there or kept)[0])
    found = "; or ".join(p for p in problems.values() if p)
    return look.says(clause, f"{found} ({_place(look, exchange)})", exchange)


def _place(look: Look, exchange: Exchange) -> str:
    where = {
        "create": "in the reply to the creation",
        "repoll": "when asked again at the end",
        "callback": "in a callback",
        "upload": "in the reply to an upload",
        "balance": "in a reply about the balance",
        "batch": "in a reply to a batch query",
    }
    return f"{where.get(exchange.phase, 'in a status reply')} of {look.case.id}"


def success_status(look: Look) -> Iterator[Observation]:
    """An accepted request is answered with the documented status."""
    for operation, exchange, _ in _answers(look):
        for clause in look.clauses("success", operation):
            status = exchange.reply.status if exchange.reply else 0
            wanted = " or ".join(map(str, clause.thing.success))
            problem = (
                None if status in clause.thing.success else f"expected HTTP {wanted}, got {status}"
            )
            yield look.says(clause, problem, exchange)
    yield from _unanswered(look)


def _unanswered(look: Look) -> Iterator[Observation]:
    """
    What a task of its own is asked about in vain is no documented answer.

    Server errors to the end, or its state under another status than the documented one.
    """
    polls = look.phase("poll")
    ended = polls[-_LASTING:]
    codes = {e.reply.status if e.reply else 0 for e in ended}
    lasting = len(ended) == _LASTING and min(codes) >= 500
    in_vain = lasting or _shows_state_in_vain(look, polls[-_REPEATED:])
    if look.outage or not in_vain:
        return
    for clause in look.clauses("success", "status"):
        wanted = " or ".join(map(str, clause.thing.success))
        times = sum(e.reply is not None and e.reply.status in codes for e in polls)
        problem = f"expected HTTP {wanted} for the status of {look.case.id}, got {max(codes)} {times} of {len(polls)} times"
        yield look.says(clause, problem, polls[0], polls[-1])


def _shows_state_in_vain(look: Look, polls: Sequence[Exchange]) -> bool:
    """Whether each of the last polls told a documented state, and had the status of an error."""
    statuses = [e.reply.status if e.reply else 0 for e in polls]
    states = [task_state(look.contract, e) for e in polls]
    return (
        len(polls) == _REPEATED
        and min(statuses) >= 400
        and all(s is not None and s[1] != "unknown" for s in states)
    )


def echoes(look: Look) -> Iterator[Observation]:
    """Ids and parameters come back as they were sent."""
    created = look.outcome.task_id if look.case.operation == "create" else ""
    for operation, exchange, body in _answers(look):
        for clause in look.clauses("echo", operation):
            for part in clause.parts:
                for value in (
                    find(body, part.thing.path)[:1] if _applies(look, part.thing, body) else ()
                ):
                    said = _echo_problem(look, part.thing, value, created)
                    if said is not None and not _is_mistyped(look, operation, part.thing, value):
                        yield look.says(clause, said or None, exchange, follows=part.alternative)


def _is_mistyped(look: Look, operation: str, field: ReplyField, value: Any) -> bool:
    """Whether a value is of none of the types documented for its place: that is said once, of the field itself."""
    op = look.contract.operation(operation)
    types = {name for f in (op.reply if op else ()) if f.path == field.path for name in f.types}
    return bool(types) and not any(is_type(value, name) for name in types)


def _echo_problem(look: Look, field: ReplyField, value: Any, created: str) -> str | None:
    """What is wrong with an echo, "" where nothing is, None where there is nothing to compare."""
    if value is None:
        return None
    if field.echoes == "$task_id":
        wrong = created and str(value) != created
        return f"expected {field.path} {created}, got {shown(value)}" if wrong else ""
    if field.echoes and field.echoes.startswith("$file."):
        return _file_problem(look, field, value)
    if field.echoes == "$request":
        return _request_problem(look, field, decoded(value) if field.decode else value)
    sent = _sent(look, field.echoes or "")
    if sent is None:
        return None
    return "" if value == sent else f"expected {field.path} {shown(sent)}, got {shown(value)}"


def _sent(look: Look, path: str) -> Any:
    """The value of a request field as it went over the wire: what is unique to a case is known only then."""
    planned = look.case.assignment.get(path)
    if not isinstance(planned, str) or not look.asked:
        return planned
    try:
        return next(iter(find(parse_json(look.asked[-1].request.body), path)), planned)
    except ValueError:
        return planned


def _file_problem(look: Look, field: ReplyField, value: Any) -> str | None:
    """What is said of an uploaded file is true of the one that was sent."""
    for _, name, kind, content in look.case.send.files:
        told = {"$file.filename": name, "$file.media_type": kind, "$file.bytes": len(content)}
        sent = told[field.echoes or ""]
        return "" if value == sent else f"expected {field.path} {shown(sent)}, got {shown(value)}"
    return None


def _request_problem(look: Look, field: ReplyField, echoed: Any) -> str | None:
    """Each parameter that was sent is there; more may be, and an alias may stand under its primary's name."""
    if not isinstance(echoed, dict):
        return None  # that it is not JSON is said by the judge of the field itself
    create = look.contract.operation("create")
    primary = {f.path: f.alias_of for f in create.fields if f.location == "body"} if create else {}
    for path in look.case.assignment:
        sent = _sent(look, path)
        if isinstance(sent, dict) or path not in primary:
            continue
        values = find(echoed, path) or find(echoed, primary.get(path) or path)
        if not values or values[0] != sent:
            got = shown(values[0]) if values else "nothing"
            return f"expected {field.path} to repeat {path} {shown(sent)}, got {got}"
    return ""


def units(look: Look) -> Iterator[Observation]:
    """Times are in the documented unit."""
    for operation, exchange, body in _answers(look):
        for clause in look.clauses("unit", operation):
            for part in clause.parts:
                for value in find(body, part.thing.path)[:1]:
                    if (
                        value is not None
                        and _applies(look, part.thing, body)
                        and problem_with(part.thing, body) is None
                    ):
                        yield look.says(
                            clause, _unit_problem(look, part.thing, value, body), exchange
                        )


def _unit_problem(look: Look, field: ReplyField, value: Any, body: Any) -> str | None:
    unit = field.unit or ""
    if unit.endswith("-duration"):
        return _duration_problem(look, field, value, body)
    if seconds_of(value, unit) is not None:
        return None
    words = {
        "s": "seconds since the epoch",
        "ms": "milliseconds since the epoch",
        "iso8601": "an ISO 8601 time",
    }
    return f"expected {field.path} in {words[unit]}, got {shown(value)}"


def _duration_problem(look: Look, field: ReplyField, value: Any, body: Any) -> str | None:
    if not is_type(value, "number") or value < 0:
        return f"expected {field.path} to be a duration, got {shown(value)}"
    span = _span_ms(look, body)
    if span is None or span < 2000 or value == 0:
        return None
    right, wrong = (value, value * 1000) if field.unit == "ms-duration" else (value * 1000, value)
    # Only a value that fits the other unit, and not this one, is in the other unit.
    if abs(wrong - span) <= _CLOSE * span and abs(right - span) > _CLOSE * span:
        return f"expected {field.path} in {field.unit.partition('-')[0] if field.unit else ''}, got {shown(value)} for a span of {span:.0f} ms"
    return None


def _span_ms(look: Look, body: Any) -> float | None:
    op = look.contract.operation("status")
    times = {}
    for field in op.reply if op else ():
        if field.role in ("created", "completed") and field.unit:
            for value in find(body, field.path)[:1]:
                times[field.role] = seconds_of(value, field.unit)
    created, completed = times.get("created"), times.get("completed")
    return (completed - created) * 1000 if created is not None and completed is not None else None


def order(look: Look) -> Iterator[Observation]:
    """One time does not stand before another."""
    op = look.contract.operation("status")
    by_path: Mapping[str, ReplyField] = {f.path: f for f in op.reply} if op else {}
    for exchange, body in look.polls:
        for clause in look.clauses("order"):
            for part in clause.parts:
                later = _time(part.thing, body)
                earlier_field = by_path.get(part.thing.not_before)
                earlier = _time(earlier_field, body) if earlier_field else None
                if later is not None and earlier is not None and earlier_field is not None:
                    # A time in whole seconds lies up to a second before the same time in milliseconds.
                    coarse = 0.0 if part.thing.unit == earlier_field.unit else 1.0
                    wrong = later < earlier - coarse
                    problem = f"expected {part.thing.path} not before {part.thing.not_before}, got it {earlier - later:g} s before"
                    yield look.says(
                        clause, problem if wrong else None, exchange, follows=part.alternative
                    )


def _time(field: ReplyField, body: Any) -> float | None:
    values = find(body, field.path)
    return seconds_of(values[0], field.unit or "") if values else None
