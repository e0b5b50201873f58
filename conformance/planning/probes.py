"""Which cases try what no request parameter does: keys, unknown tasks, repeated keys, failing tasks?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from conformance.contract.model import ABSENT, Contract
from conformance.planning.costs import price
from conformance.planning.requests import Desk, send_of, status_send
from conformance.planning.values import RUN, key_of
from conformance.results.cases import CALLBACK, Case, Cost, Send, Witness

__all__ = ["clock_probes", "free_probes", "paid_probes", "with_key"]

_SENT = ("callback.callback.sent", "")
_UNKNOWN_TASKS = (("unknown id", "conformance-no-such-task"), ("malformed id", "0"))


def free_probes(desk: Desk, first: Case) -> Iterator[Case]:
    """What can be asked without paying: keys, malformed JSON, status queries of tasks that do not exist."""
    yield from _keys_on_create(desk, first)
    yield from _keys_on_status(desk.contract, first)
    yield from _other_schemes(desk.contract, first)
    yield from _unknown_tasks(desk.contract)
    yield from _missing_query(desk.contract)
    yield from _query_values(desk.contract, first)
    yield from _malformed_json(desk, first)


def clock_probes(contract: Contract, first: Case) -> Iterator[Case]:
    """What only time shows, for a clock that is ours: a result at the end of its documented lifetime."""
    if contract.expiry:
        yield Case(
            id="expiry",
            operation="result",
            send=Send(operation="result", method="GET", path=""),
            expect="answered",
            title="a result, shortly before its lifetime ends",
            witnesses=_witnesses(contract, ("result.expiry", "")),
            needs_task=first.id,
            needs=("clock",),
        )


def paid_probes(desk: Desk, positives: Sequence[Case]) -> Iterator[Case]:
    """A repeated idempotency key, and a task that cannot succeed."""
    yield from _idempotency(desk, positives)
    yield from _failing_task(desk)
    if desk.callbacks == "unsure":
        yield from _offered_callback(desk)


def _witnesses(contract: Contract, *pairs: tuple[str, str]) -> tuple[Witness, ...]:
    return tuple(Witness(clause=f"{contract.vendor}.{name}", value=value) for name, value in pairs)


def _auth_clauses(contract: Contract, operation: str) -> list[str]:
    """The clause on the credential that the run presents: the first documented one."""
    name = f".{contract.auth[0].name}" if len(contract.auth) > 1 else ""
    return [f"{operation}.auth{name}"]


def _keys_on_create(desk: Desk, first: Case) -> Iterator[Case]:
    if not (desk.create.authenticated and desk.contract.auth):
        return
    for key in ("missing", "wrong"):
        witnesses = _witnesses(
            desk.contract,
            *((name, f"{key} key") for name in _auth_clauses(desk.contract, "create")),
        )
        yield Case(
            id=f"auth:create:{key}",
            operation="create",
            send=replace(first.send, key=key),
            expect="refused",
            title=f"a plain creation with a {key} key",
            model=first.model,
            witnesses=witnesses,
            breaks=witnesses[0],
            cause="unauthorized",
            refused_at="create",
            assignment=first.assignment,
        )


def _keys_on_status(contract: Contract, first: Case) -> Iterator[Case]:
    """With a task that exists: a server may answer 404 before it looks at the key."""
    op = contract.operation("status")
    if op is None or not (op.authenticated and contract.auth):
        return
    for key in ("missing", "wrong"):
        send = status_send(contract, "{task_id}", key=key)
        assert send is not None  # there is a status operation
        witnesses = _witnesses(
            contract, *((name, f"{key} key") for name in _auth_clauses(contract, "status"))
        )
        yield Case(
            id=f"auth:status:{key}",
            operation="status",
            send=send,
            expect="refused",
            title=f"the status of a task that exists, with a {key} key",
            witnesses=witnesses,
            breaks=witnesses[0],
            cause="unauthorized",
            needs_task=first.id,
        )


def _other_schemes(contract: Contract, first: Case) -> Iterator[Case]:
    """The other documented ways to present the key, with a query that costs nothing."""
    for scheme in contract.auth[1:]:
        send = status_send(contract, "{task_id}", scheme=scheme.name)
        op = contract.operation("status")
        if send is None or op is None or not op.authenticated:
            return
        yield Case(
            id=f"auth:status:{scheme.name}",
            operation="status",
            send=send,
            expect="answered",
            title=f"the status of a task that exists, with the key in {scheme.parameter}",
            witnesses=_witnesses(contract, (f"status.auth.{scheme.name}", "accepted")),
            needs_task=first.id,
        )
        # No invalid request by itself: where the way is not known at all, any refusal is right.
        yield Case(
            id=f"auth:status:{scheme.name}:wrong",
            operation="status",
            send=replace(send, key="wrong"),
            expect="refused",
            title=f"the status of a task that exists, with a wrong key in {scheme.parameter}",
            witnesses=_witnesses(contract, (f"status.auth.{scheme.name}", "wrong key")),
            cause="unauthorized",
            needs_task=first.id,
        )


def _unknown_tasks(contract: Contract) -> Iterator[Case]:
    row = _row_with(contract, "status", "unknown-task")
    for label, task_id in _UNKNOWN_TASKS if row else ():
        send = status_send(contract, task_id)
        if send is None:
            return
        witnesses = _witnesses(contract, (row, label))
        yield Case(
            id=f"unknown-task:{label}",
            operation="status",
            send=send,
            expect="refused",
            title=f"the status of a task that does not exist ({label})",
            witnesses=witnesses,
            breaks=witnesses[0],
            cause="unknown-task",
        )


def _row_with(contract: Contract, operation: str, cause: str) -> str:
    """The clause (without the vendor) of the first error row that an operation has for a cause; "" for none."""
    rows = [r for r in contract.errors if operation in r.operations]
    row = next((r for r in rows if cause in r.causes), None)
    if row is None:
        return ""
    twins = [r for r in rows if r.status == row.status]
    return f"{operation}.error.{row.status}" + (
        f".{row.name}" if row.name and len(twins) > 1 else ""
    )


def _missing_query(contract: Contract) -> Iterator[Case]:
    op = contract.operation("status")
    field = (
        next((f for f in op.fields if f.role == "task_id" and f.location == "query"), None)
        if op
        else None
    )
    send = status_send(contract, None)
    if op is None or field is None or not field.required or send is None:
        return
    witnesses = _witnesses(contract, (f"status.{field.path}.required", "refuses its absence"))
    yield Case(
        id=f"refused:status.{field.path}.required",
        operation="status",
        send=send,
        expect="refused",
        title=f"a status query without {field.path}",
        witnesses=witnesses,
        breaks=witnesses[0],
        cause="missing-parameter",
    )


def _query_values(contract: Contract, first: Case) -> Iterator[Case]:
    """Each documented value of a parameter of the status query, asked about a task that exists."""
    op = contract.operation("status")
    for field in op.fields if op else ():
        for value in field.schema.get("enum", ()) if field.location == "query" else ():
            send = status_send(contract, "{task_id}")
            assert send is not None  # there is a status operation
            name = f"status.{field.path}.enum"
            yield Case(
                id=f"accepted:{name}:{value}",
                operation="status",
                send=replace(send, query=(*send.query, (field.path, str(value)))),
                expect="answered",
                title=f"a status query with {field.path} {value}",
                witnesses=_witnesses(contract, (name, str(value))),
                needs_task=first.id,
            )


def _malformed_json(desk: Desk, first: Case) -> Iterator[Case]:
    row = _row_with(desk.contract, "create", "bad-json")
    if not row:
        return
    witnesses = _witnesses(desk.contract, (row, "malformed JSON"))
    yield Case(
        id="refused:create.malformed-json",
        operation="create",
        send=replace(first.send, raw=b'{"model": "x", "prompt": ', body=None),
        expect="refused",
        title="a body that breaks off in the middle",
        model=first.model,
        witnesses=witnesses,
        breaks=witnesses[0],
        cause="bad-json",
        refused_at="create",
    )


# --- paid ---


def with_key(desk: Desk, positives: Sequence[Case]) -> list[Case]:
    """The positive cases, of which the one that carries least is sent with the idempotency header as well."""
    promise = desk.contract.idempotency
    if promise is None or not positives:
        return list(positives)
    keyed = min(
        positives,
        # One that tries a key of the longest permitted length has its key already.
        key=lambda c: (promise.header in c.assignment, c.model != desk.models[0], len(c.features)),
    )
    if promise.header in keyed.assignment:
        return list(positives)
    # The shorter, the sooner it fits into a documented limit.
    value = RUN if promise.max_length and promise.max_length < 40 else f"conformance-{RUN}"
    beside = (promise.beside,) if promise.beside else ()
    headers = (*keyed.send.headers, (promise.header, value), *beside)
    sent = replace(keyed, send=replace(keyed.send, headers=headers))
    return [sent if case is keyed else case for case in positives]


def _idempotency(desk: Desk, positives: Sequence[Case]) -> Iterator[Case]:
    promise = desk.contract.idempotency
    carry = [c for c in positives if promise and promise.header in dict(c.send.headers)]
    # Rather the one with a key of a plain length.
    keyed = min(
        carry, key=lambda c: promise is not None and promise.header in c.assignment, default=None
    )
    if promise is None or keyed is None:
        return
    same = _witnesses(desk.contract, ("create.idempotency.same-request", ""))
    if promise.replay_header:
        same += _witnesses(desk.contract, ("create.idempotency.replay-header", ""))
    again = replace(keyed, features=(), billed=0, cost=Cost(unit=keyed.cost.unit), repeats=keyed.id)
    yield replace(
        again,
        id="idempotency:same-request",
        title=f"the same creation again, with the same {promise.header}",
        witnesses=same,
    )
    if promise.other_body and (changed := _changed(desk, keyed)):
        yield _other_body(desk, again, changed, promise.other_body)
    if promise.max_length:
        yield from _key_length(desk, again, promise.header, promise.max_length)


def _changed(desk: Desk, keyed: Case) -> dict[str, Any]:
    """The request with another prompt, else with another value somewhere; empty where nothing can be changed."""
    fields, given = desk.fields(keyed.model), keyed.assignment
    sent = [f for p, f in fields.items() if p in given and f.location == "body"]
    for field in sorted(sent, key=lambda f: f.role != "prompt"):
        schema = field.schema
        values = [v for v in schema.get("enum", ()) if v != given[field.path]]
        if schema.get("type") == "string" and not schema.keys() & {"enum", "const", "format"}:
            values = [_unlike(given[field.path])] if "pattern" not in schema else []
        for value in values if field.role != "model" else ():
            changed = {**given, field.path: value}
            if desk.keeps_rules(keyed.model, changed):
                return changed
    return {}


def _other_body(desk: Desk, keyed: Case, changed: dict[str, Any], cause: str) -> Case:
    witnesses = _witnesses(desk.contract, ("create.idempotency.other-body", ""))
    headers = keyed.send.headers
    return replace(
        keyed,
        id="idempotency:other-body",
        title="another creation with the same key",
        send=send_of(desk, keyed.model, changed, headers=headers),
        expect="accepted" if cause == "same-task" else "refused",
        assignment=changed,
        witnesses=witnesses,
        breaks=None if cause == "same-task" else witnesses[0],
        cause="" if cause == "same-task" else cause,
        refused_at="create",
    )


def _unlike(prompt: Any) -> str:
    """Another prompt of the same length, so that it keeps the limits that the first one keeps."""
    if not isinstance(prompt, str) or not prompt:
        return "A green pear."
    other = ("A green pear. " * (len(prompt) // 14 + 1))[: len(prompt)]
    return other if other != prompt else "B" * len(prompt)


def _key_length(desk: Desk, keyed: Case, header: str, limit: int) -> Iterator[Case]:
    others = tuple((k, v) for k, v in keyed.send.headers if k != header)
    witnesses = _witnesses(desk.contract, ("create.idempotency.maxLength", f"refuses {limit + 1}"))
    near = _witnesses(desk.contract, ("create.idempotency.maxLength", f"accepts {limit}"))
    yield replace(
        keyed,
        id="idempotency:too-long",
        title=f"a key of {limit + 1} characters",
        send=replace(keyed.send, headers=(*others, (header, key_of(limit + 1)))),
        neighbours=near,
        expect="refused-or-failed",
        witnesses=witnesses,
        breaks=witnesses[0],
        cause="bad-parameter",
        repeats="",
    )


def _called_back(desk: Desk, model: str) -> dict[str, Any]:
    """The field that asks for a callback about a task that fails; nothing where none is promised then."""
    callback = desk.contract.callback
    if callback is None or "failed" not in callback.phases:
        return {}
    return {callback.field: CALLBACK} if callback.field in desk.fields(model) else {}


def _offered_callback(desk: Desk) -> Iterator[Case]:
    """
    One plain creation that asks for a callback, where the vendor must have been set up for it before.

    Whether it was is not known, so that a refusal is no fault and neither is silence: what comes is judged.
    """
    callback = desk.contract.callback
    create = desk.contract.operation("create")
    field = (
        next((f for f in create.fields if callback and f.path == callback.field), None)
        if create
        else None
    )
    if callback is None or field is None or field.location != "body":
        return
    model = desk.models[0]
    request = {p: v for p, v in desk.carrier(model).items() if v is not ABSENT}
    send = send_of(desk, model, request)
    yield Case(
        id="callback",
        operation="create",
        send=replace(send, body={**(send.body or {}), field.path: CALLBACK}),
        expect="either",
        title="a plain creation that asks for a callback",
        model=model,
        cause="bad-parameter",
        witnesses=_witnesses(desk.contract, _SENT),
        assignment={**request, field.path: CALLBACK},
        billed=1,
        cost=price(desk.contract, model, request),
        worst_cost=price(desk.contract, model, request, worst=True),
    )


def _failing_task(desk: Desk) -> Iterator[Case]:
    """One task that cannot succeed, because its reference image cannot be fetched: refused and failed are both fine."""
    if not desk.images.unreachable:
        return
    for model in desk.models:
        field = next(
            (
                f
                for f in desk.fields(model).values()
                if f.role == "images" and f.model in (None, model)
            ),
            None,
        )
        if field is None:
            continue
        listed = field.schema.get("type", "array") == "array"
        broken = [desk.images.unreachable] if listed else desk.images.unreachable
        request = desk.completed(model, desk.carrier(model), {field.path: broken})
        if request is None:
            continue
        request = {p: v for p, v in request.items() if v is not ABSENT}
        called = _called_back(desk, model)
        request |= called
        cause = (
            "bad-reference"
            if _row_with(desk.contract, "create", "bad-reference")
            else "bad-parameter"
        )
        yield Case(
            id="failing-task",
            operation="create",
            send=send_of(desk, model, request),
            expect="either",
            title="a reference image that cannot be fetched",
            model=model,
            cause=cause,
            witnesses=_witnesses(desk.contract, *([_SENT] if called else [])),
            assignment=dict(request),
            billed=1,
            cost=price(desk.contract, model, request),
            worst_cost=price(desk.contract, model, request, worst=True),
            needs=("image",),
        )
        return
