"""Does each request keep the contract, and what of the contract does the client use?"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from conformance.audit.nearest import permitted
from conformance.audit.story import Story
from conformance.compilers.blame import clause_of
from conformance.compilers.violation import Violation
from conformance.contract.clauses import Clause
from conformance.contract.model import Contract, Field, Operation, Rule
from conformance.results.audits import Used
from conformance.results.verdicts import Observation
from conformance.wire.exchange import Exchange

__all__ = ["observed_requests", "undocumented", "used"]

_MOST_VALUES = 8
_LIKE = 0.8


def observed_requests(
    contract: Contract, clauses: Mapping[str, Clause], story: Story
) -> Iterator[Observation]:
    """What the requests of a run say about the clauses on requests."""
    for exchange in story.exchanges:
        operation = contract.operation(_operation(exchange))
        if operation is not None:
            yield from _broken(contract, clauses, operation, exchange)
            yield from _kept(contract, clauses, operation, exchange)
        elif exchange.phase == "unknown":
            yield from _astray(contract, clauses, story, exchange)


def _operation(exchange: Exchange) -> str:
    return "status" if exchange.phase == "poll" else exchange.phase


# --- what is broken


def _broken(
    contract: Contract, clauses: Mapping[str, Clause], operation: Operation, exchange: Exchange
) -> Iterator[Observation]:
    model = str(exchange.facts.get("model", ""))
    for violation in _violations(exchange):
        clause = _blamed(contract, clauses, operation, violation, model)
        if clause:
            message = f"{violation.message}{permitted(contract, exchange, violation)}"
            yield _against(clause, message, exchange)
    unkeyed = exchange.facts.get("key") in ("missing", "misplaced")
    if operation.authenticated and unkeyed and not exchange.facts.get("key_in_url"):
        clause = _auth(clauses, operation)
        if clause:
            where = " and ".join(f"{s.parameter}: {s.prefix}KEY" for s in contract.auth[:1])
            yield _against(
                clause, f"the request has no key where it belongs, expected {where}", exchange
            )


def _violations(exchange: Exchange) -> Iterator[Violation]:
    for found in exchange.facts.get("violations", ()):
        yield Violation(
            path=found["path"],
            keyword=found["keyword"],
            rule=found["rule"],
            message=found["message"],
        )


def _blamed(
    contract: Contract,
    clauses: Mapping[str, Clause],
    operation: Operation,
    violation: Violation,
    model: str,
) -> str:
    """The clause that a violation breaks; where it has none of its own, another one about the same field."""
    prefix = f"{contract.vendor}.{operation.name}"
    if violation.keyword == "contentType":
        return _known(clauses, f"{prefix}.contentType")
    promise = contract.idempotency
    if promise is not None and violation.path == promise.header:
        return _known(clauses, f"{prefix}.idempotency.{violation.keyword}")
    own = clause_of(contract, operation, violation, model)
    if own in clauses:
        return own
    near = (name for name in clauses if violation.path and f".{violation.path}." in f"{name}.")
    return next((n for n in near if n.startswith(prefix)), "") or _known(clauses, f"{prefix}.path")


def _known(clauses: Mapping[str, Clause], name: str) -> str:
    return name if name in clauses else ""


def _auth(clauses: Mapping[str, Clause], operation: Operation) -> str:
    found = (c.id for c in clauses.values() if c.topic == "auth" and c.operation == operation.name)
    return next(found, "")


def _against(clause: str, message: str, exchange: Exchange) -> Observation:
    return Observation(
        clause=clause,
        verdict="violates",
        message=f"{message} (in the run {exchange.case})",
        case=exchange.case,
        exchanges=(exchange.id,),
    )


# --- what leads nowhere


def _astray(
    contract: Contract, clauses: Mapping[str, Clause], story: Story, exchange: Exchange
) -> Iterator[Observation]:
    """A request that must have been meant for a documented operation, which the run never reached."""
    path = exchange.request.url.partition("://")[2].partition("/")[2].partition("?")[0]
    meant = _meant(contract, story, exchange, path)
    clause = _known(clauses, f"{contract.vendor}.{meant.name}.path") if meant else ""
    if meant and clause:
        asked = f"{exchange.request.method} /{path}"
        expected = f"{meant.method} {meant.path}"
        yield _against(clause, f"{asked} is no documented path, expected {expected}", exchange)


def _meant(contract: Contract, story: Story, exchange: Exchange, path: str) -> Operation | None:
    status, create = contract.operation("status"), contract.operation("create")
    tasks = [creation.task for creation in story.creations if creation.task]
    if (
        status is not None
        and not story.watches
        and any(task in exchange.request.url for task in tasks)
    ):
        return status
    if create is None or story.creations:
        return None
    wanted = create.path.strip("/")
    like = difflib.SequenceMatcher(None, path, wanted).ratio()
    same = create.method == exchange.request.method or create.method in exchange.facts["methods"]
    return create if same and path and (like > _LIKE or wanted.endswith(path)) else None


def undocumented(stories: Iterable[Story]) -> Iterator[str]:
    """Sentences about what no document knows: it breaks nothing, and may be a slip."""
    paths: Counter[str] = Counter()
    fields: Counter[str] = Counter()
    for story in stories:
        for exchange in story.exchanges:
            if exchange.phase == "unknown":
                where = exchange.request.url.partition("://")[2].partition("/")[2][:80]
                paths[f"{exchange.request.method} /{where.partition('?')[0]}"] += 1
            fields.update(exchange.facts.get("unknown", ()))
    if fields:
        names = ", ".join(list(fields)[:_MOST_VALUES])
        yield f"no document knows these fields of a creation, so that nobody can say what becomes of them: {names}"
    if paths:
        names = ", ".join(list(paths)[:_MOST_VALUES])
        yield f"no document knows these addresses: {names}"


# --- what is kept, and what is used


def _kept(
    contract: Contract, clauses: Mapping[str, Clause], operation: Operation, exchange: Exchange
) -> Iterator[Observation]:
    names = exchange.facts.get("used", {})
    model = str(exchange.facts.get("model", ""))
    broken = {_blamed(contract, clauses, operation, v, model) for v in _violations(exchange)}
    for clause in clauses.values():
        if clause.operation != operation.name or clause.id in broken:
            continue
        if any(
            _speaks_of(clause, part.thing, names, model, exchange) for part in clause.parts or ()
        ) or (_is_of_protocol(clause, exchange)):
            yield Observation(
                clause=clause.id, verdict="conforms", case=exchange.case, exchanges=(exchange.id,)
            )


def _is_of_protocol(clause: Clause, exchange: Exchange) -> bool:
    if clause.topic == "auth":
        return exchange.facts.get("key") in ("right", "another")
    return clause.topic == "path" or (
        clause.topic == "content-type" and bool(exchange.request.body)
    )


def _speaks_of(
    clause: Clause, thing: Any, names: Mapping[str, Any], model: str, exchange: Exchange
) -> bool:
    """Whether the request uses what the clause is about."""
    if isinstance(thing, Field) and clause.topic == "field":
        return thing.path in names and thing.model in (None, model)
    if isinstance(thing, Rule):
        fields = {c.field for c in (*thing.when, *thing.then)} | set(thing.fields)
        return bool(fields & set(names)) and (not thing.models or model in thing.models)
    return (
        clause.topic == "idempotency"
        and clause.kind == "limit"
        and any(n.lower() == clause.subject.lower() for n, _ in exchange.request.headers)
    )


def used(contract: Contract, stories: Iterable[Story]) -> tuple[Used, ...]:
    """How often each operation was asked for, and with which fields and values."""
    times: Counter[str] = Counter()
    values: dict[tuple[str, str], dict[str, None]] = {}
    for story in stories:
        for exchange in story.exchanges:
            name = "result" if exchange.phase == "download" else _operation(exchange)
            times[name] += 1
            told = exchange.facts.get("used", {})
            for path, value in told.items():
                if any(other.startswith(f"{path}.") for other in told):
                    continue  # an object is shown by what is in it
                values.setdefault((name, path), {})[value] = None
    found = []
    for operation in (*(o.name for o in contract.operations), "result"):
        fields = {
            path: tuple(v)[:_MOST_VALUES] for (o, path), v in values.items() if o == operation
        }
        described = contract.operation(operation)
        known = dict.fromkeys(f.path for f in described.fields) if described else {}
        found.append(
            Used(
                operation=operation,
                times=times[operation],
                fields=fields,
                unused=tuple(
                    p for p in known if not any(f"{q}.".startswith(f"{p}.") for q in fields)
                ),
            )
        )
    return tuple(found)
