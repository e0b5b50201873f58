"""
Do the documents' own examples keep the contract that was made from them?

Requests are held against the compiled contract; replies, and the callbacks that a vendor sends, are judged as a
server's would be. Nothing here is about a vendor's server: a conflict is one that the documents have with themselves,
or a fault of our transcription.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import islice, product
from typing import Any
from urllib.parse import parse_qsl

from conformance.compilers.blame import clause_of
from conformance.compilers.violation import Violation
from conformance.contract.clauses import Clause, clauses_by_id, derive_clauses
from conformance.contract.loading import load_located
from conformance.contract.model import (
    ABSENT,
    Alternative,
    Contract,
    Dispute,
    Envelope,
    ErrorRow,
    Operation,
)
from conformance.contract.paths import find, put
from conformance.contract.resolution import conditions_hold, settle
from conformance.documents.contradicted import EXAMPLES, stale
from conformance.documents.contradictions import Contradiction, recorded_by, said
from conformance.documents.examples import Judged, documented, source_of
from conformance.documents.findings import Finding
from conformance.documents.lint import Linted
from conformance.judging.fields import problem_with
from conformance.judging.observe import observe
from conformance.judging.outcomes import body_of_delivery, body_of_reply, classify
from conformance.results.cases import Case, Send
from conformance.results.verdicts import Observation
from conformance.simulator.forms import form_of, is_form, parts_of
from conformance.simulator.reading import assigned
from conformance.simulator.routes import Routes
from conformance.wire.exchange import Exchange, Reply, Request, Trace, header, parse_json
from conformance.wire.recordings import Recording

__all__ = [
    "RULE",
    "assignment_of",
    "judge_examples",
    "judged_examples",
    "request_problems",
    "with_examples",
]

RULE = "example-breaks-clause"
"""The rule under which `covers` names what an example breaks, followed by the id of the clause."""


_MOST_DIALECTS = 512  # a contract with many disputes would take for ever; the page's own come first


@dataclass(frozen=True, slots=True, kw_only=True)
class _Problem:
    """What an example breaks: the clause's id, expected and got, and the dispute that it is about."""

    clause: str
    message: str
    dispute: str = ""


def with_examples(linted: Linted, name_or_path: str) -> Linted:
    """
    What lint found, and what the documented examples break.

    Raises:
        CassetteInvalid: A file of examples is not what it should be.
    """
    if linted.contract is None:
        return linted
    loaded = load_located(name_or_path)
    judged = judged_examples(loaded.contract)
    patterns = [w for dispute in loaded.contract.disputes for w in dispute.covers]
    patterns += [w for conflict in loaded.contract.conflicts for w in conflict.covers]
    broken = [f"{RULE} {each.clause}" for each in judged if each.verdict == "known"]
    unfound = (
        pattern
        for pattern in patterns
        if pattern.startswith(EXAMPLES) and not any(fnmatchcase(name, pattern) for name in broken)
    )
    found = [_finding(loaded.contract, each) for each in judged if each.verdict != "keeps"]
    found += stale(loaded, unfound)
    return replace(linted, findings=(*linted.findings, *found), examples=judged)


def _finding(contract: Contract, judged: Judged) -> Finding:
    """A conflict that nobody recorded is a fault of ours: of the example, or of the contract."""
    known = judged.verdict == "known"
    clause = clauses_by_id(contract).get(judged.clause)
    where = f"{judged.document}#{judged.section}"
    return Finding(
        rule=RULE,
        fault="vendor" if known else "contract",
        message=f"the {judged.part} of the example {judged.label!r} at {where} breaks {judged.clause}:"
        f" {judged.message}" + (f" (recorded: {judged.recorded})" if known else ""),
        file=judged.file,
        sources=clause.sources if clause else (),
    )


def judged_examples(contract: Contract) -> tuple[Judged, ...]:
    """
    Every documented example of a contract's vendor, judged.

    Raises:
        CassetteInvalid: A file of examples is not what it should be.
    """
    return tuple(
        judged
        for cassette in documented(contract)
        for recording in cassette.recordings
        for judged in judge_examples(contract, recording, file=cassette.file)
    )


def judge_examples(contract: Contract, recording: Recording, *, file: str) -> Iterator[Judged]:
    """What an example shows of itself, half by half: every conflict, or that there is none."""
    halves: list[tuple[Any, list[_Problem]]] = []
    if recording.shows in ("both", "request"):
        called = recording.exchange.phase == "callback"
        problems_of = _of_callback if called else _of_request
        halves.append(("request", list(problems_of(contract, recording))))
    if recording.shows in ("both", "reply") and recording.exchange.reply is not None:
        halves.append(("reply", list(_of_reply(contract, recording))))
    for part, problems in halves:
        kept = Judged(
            file=file,
            document=recording.document,
            section=recording.section,
            label=recording.label,
            part=part,
        )
        if not problems:
            yield kept
        for problem in problems:
            recorded = recorded_by(contract, _contradiction(contract, recording, problem))
            yield replace(
                kept,
                verdict="known" if recorded else "conflicts",
                clause=problem.clause,
                message=problem.message,
                recorded=recorded,
            )


def _contradiction(contract: Contract, recording: Recording, problem: _Problem) -> Contradiction:
    clause = clauses_by_id(contract).get(problem.clause)
    return Contradiction(
        rule=RULE,
        place=problem.clause,
        about=clause.subject if clause else problem.clause,
        alternatives=(
            said(clause.statement if clause else problem.clause, clause.sources if clause else ()),
            said(problem.message, (source_of(contract, recording),)),
        ),
        dispute=problem.dispute,
    )


# --- requests


def request_problems(contract: Contract, recording: Recording) -> Iterator[tuple[str, str]]:
    """What a request breaks, in whichever page's words it is: the clause's id, and expected and got."""
    for problem in _of_request(contract, recording):
        yield problem.clause, problem.message


def _of_request(contract: Contract, recording: Recording) -> Iterator[_Problem]:
    request = recording.exchange.request
    path, _, query = request.url.partition("#")[0].partition("?")
    path = "/" + path.partition("://")[2].partition("/")[2]
    match = Routes(contract).find(request.method, path)
    if match is None:
        name = _operation_name(recording)
        message = f"{request.method} {path} is no documented operation"
        yield _Problem(clause=f"{contract.vendor}.{name}.path", message=message)
        return
    operation = match.operation
    sent = {
        "query": parse_qsl(query, keep_blank_values=True),
        "path": match.path,
        "headers": request.headers,
    }
    tries: dict[tuple[str, ...], tuple[Violation, ...]] = {}
    disputes = _disputes_about(contract, operation)
    choices = product(*(_sides_first(d, recording) for d in disputes))
    for choice in islice(choices, _MOST_DIALECTS):
        dialect = {d.name: name for d, name in zip(disputes, choice, strict=True)}
        tries[choice] = _violations(settle(contract, dialect), operation.name, request, sent)
    own = {choice: found for choice, found in tries.items() if _own(disputes, choice, recording)}
    best = min(own.values(), key=len)
    if not best:
        return
    # Another page's dialect may permit what the example's own page does not.
    elsewhere = next((choice for choice, found in tries.items() if not found), None)
    about = ""
    if elsewhere is not None:
        closest = min(own, key=lambda choice: len(own[choice]))
        pairs = zip(disputes, closest, elsewhere, strict=True)
        about = next((d.name for d, mine, theirs in pairs if mine != theirs), "")
    for violation in best:
        yield _Problem(
            clause=clause_of(contract, operation, violation),
            message=violation.message,
            dispute=about,
        )


def _disputes_about(contract: Contract, operation: Operation) -> list[Dispute]:
    references = [f.dispute for f in operation.fields] + [r.dispute for r in operation.rules]
    names = {reference.dispute for reference in references if reference}
    return [dispute for dispute in contract.disputes if dispute.name in names]


def _sides(dispute: Dispute, recording: Recording) -> list[Alternative]:
    """The alternatives that the example's page gives."""
    return [
        a for a in dispute.alternatives if any(s.document == recording.document for s in a.sources)
    ]


def _sides_first(dispute: Dispute, recording: Recording) -> list[str]:
    own = [a.name for a in _sides(dispute, recording)]
    return own + [a.name for a in dispute.alternatives if a.name not in own]


def _own(disputes: Sequence[Dispute], choice: Sequence[str], recording: Recording) -> bool:
    """Whether a dialect is one that the example's page speaks: where it takes no side, any is."""
    for dispute, name in zip(disputes, choice, strict=True):
        sides = [a.name for a in _sides(dispute, recording)]
        if sides and name not in sides:
            return False
    return True


def _violations(
    contract: Contract, operation_name: str, request: Request, sent: Mapping[str, Any]
) -> tuple[Violation, ...]:
    from conformance.compilers.validating import compiled

    operation = contract.operation(operation_name)
    assert operation is not None  # its name comes from the same contract
    checked = compiled(contract)
    body: Any = ABSENT
    if request.body and is_form(operation):
        try:
            parts = parts_of(header(request.headers, "content-type") or "", request.body)
        except ValueError as error:
            return (Violation(path="", keyword="form", message=f"the body is no form: {error}"),)
        body = form_of(parts, checked.fields(operation, ""))
    elif request.body:
        try:
            body = parse_json(request.body)
        except ValueError as error:
            return (Violation(path="", keyword="json", message=f"the body is not JSON: {error}"),)
    return checked.violations(operation, body, **sent)


# --- callbacks


def _of_callback(contract: Contract, recording: Recording) -> Iterator[_Problem]:
    """What the vendor sends, after a creation made up here: of the task that the callback names, if it names one."""
    callback, create = contract.callback, contract.operation("create")
    if callback is None or create is None:
        clause = f"{contract.vendor}.callback.path"
        yield _Problem(clause=clause, message="callbacks are no documented operation")
        return
    body = body_of_delivery(recording.exchange)
    named = [v for f in callback.operation.reply if f.role == "task_id" for v in find(body, f.path)]
    case = Case(
        id="example",
        operation="create",
        send=Send(operation="create", method=create.method, path=create.path),
        expect="accepted",
    )
    creation = Exchange(
        id="made-up",
        case=case.id,
        phase="create",
        request=Request(method=create.method, url=f"{contract.base_url}{create.path}"),
        reply=_accepting(create, str(named[0]) if named else "task"),
    )
    trace = Trace(case=case.id, exchanges=(creation, recording.exchange))
    for seen in observe(contract, case, trace):
        if seen.clause.startswith(f"{contract.vendor}.callback."):
            yield from _of_observation(contract, recording, seen)


def _accepting(create: Operation, task_id: str) -> Reply:
    body: dict[str, Any] = {}
    for field in create.reply:
        if field.role == "task_id":
            put(body, field.path, task_id)
    return Reply(status=(create.success or (200,))[0], body=json.dumps(body).encode())


# --- replies


def _of_reply(contract: Contract, recording: Recording) -> Iterator[_Problem]:
    name = _operation_name(recording)
    operation = contract.operation(name)
    if operation is None:
        yield _Problem(clause=f"{contract.vendor}.{name}.path", message=f"{name} is no operation")
        return
    exchange = recording.exchange
    outcome = classify(contract, name, exchange)
    if outcome.kind not in ("accepted", "malformed"):
        yield from _of_refusal(contract, name, outcome.code, exchange)
        return
    shown = assignment_of(operation, recording)
    model = next(
        (str(shown[f.path]) for f in operation.fields if f.role == "model" and f.path in shown), ""
    )
    case = Case(
        id="example",
        operation=name,
        send=Send(operation=name, method=operation.method, path=operation.path),
        expect="accepted" if name == "create" else "answered",
        assignment=shown,
        model=model,
    )
    for seen in observe(contract, case, Trace(case=case.id, exchanges=(exchange,))):
        yield from _of_observation(contract, recording, seen)
    if outcome.kind == "malformed":
        yield _Problem(clause=f"{contract.vendor}.{name}.status.200", message=outcome.detail)


def _of_observation(
    contract: Contract, recording: Recording, seen: Observation
) -> Iterator[_Problem]:
    clause = clauses_by_id(contract).get(seen.clause)
    if clause is not None and clause.topic == "reply" and clause.subject.startswith("$headers."):
        return  # examples show bodies, and leave out headers that are documented all the same
    if seen.verdict == "violates":
        yield _Problem(clause=seen.clause, message=seen.message)
    elif clause is not None and clause.dispute and seen.follows:
        yield from _against_its_own_page(contract, recording, clause, seen)


def _against_its_own_page(
    contract: Contract, recording: Recording, clause: Clause, seen: Observation
) -> Iterator[_Problem]:
    """An example that keeps only what is told from it, on a page that says otherwise in words."""
    dispute = next(d for d in contract.disputes if d.name == clause.dispute)
    sides = _sides(dispute, recording)
    followed = next((a for a in sides if a.name == seen.follows), None)
    others = [a for a in sides if a.name != seen.follows]
    if followed is not None and others:
        yield _Problem(
            clause=clause.id,
            message=f"the example has {followed.value}, its page says {others[0].value}",
            dispute=dispute.name,
        )


def _operation_name(recording: Recording) -> str:
    phase = recording.exchange.phase
    return "status" if phase in ("poll", "repoll") else phase


def assignment_of(operation: Operation, recording: Recording) -> dict[str, Any]:
    """The request by field path, where the example shows one."""
    if recording.shows != "both" or is_form(operation):
        return {}
    try:
        body = parse_json(recording.exchange.request.body)
    except ValueError:
        return {}
    return assigned(body, {f.path: f for f in operation.fields if f.model is None})


def _of_refusal(
    contract: Contract, name: str, status: int, exchange: Exchange
) -> Iterator[_Problem]:
    """The status stands in the table, and the body fits one of its rows."""
    rows = [r for r in contract.errors if r.status == status and name in r.operations]
    if not rows:
        clause = f"{contract.vendor}.{name}.error.{status}"
        yield _Problem(clause=clause, message=f"{status} stands in no table of errors")
        return
    body = body_of_reply(exchange)
    problems = [_problem_with_row(contract, row, body) for row in rows]
    if None not in problems:
        clauses = [c for c in derive_clauses(contract) if c.topic == "row" and c.operation == name]
        ids = [c.id for c in clauses if any(part.thing == rows[0] for part in c.parts)]
        clause = ids[0] if ids else f"{contract.vendor}.{name}.error.{status}"
        yield _Problem(clause=clause, message=problems[0] or "")


def _problem_with_row(contract: Contract, row: ErrorRow, body: Any) -> str | None:
    """What keeps a body from being of one row; None where nothing does."""
    envelopes = [e for e in contract.envelopes if e.name in (*row.envelopes, row.envelope)]
    of_each = [_problem_with_envelope(envelope, row, body) for envelope in envelopes]
    if of_each and None not in of_each:
        return of_each[0]
    # Of several envelopes a row's own field stands in one only.
    applies = [c for c in row.body if find(body, c.field)]
    if applies and not conditions_hold(tuple(applies), body):
        wanted = " or ".join(str(value) for c in applies for value in c.one_of or ())
        return f"expected {applies[0].field} {wanted}, got {find(body, applies[0].field)[0]}"
    problems = (problem_with(field, body) for field in row.fields)
    return next((problem for problem in problems if problem), None)


def _problem_with_envelope(envelope: Envelope, row: ErrorRow, body: Any) -> str | None:
    for field in envelope.fields:
        problem = problem_with(field, body)
        if problem:
            return problem
        told = find(body, field.path) if field.role == "status_code" else []
        if told and told[0] != row.status:
            return f"expected {field.path} {row.status}, got {told[0]}"
    return None
