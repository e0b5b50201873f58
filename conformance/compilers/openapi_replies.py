"""What does OpenAPI say of the replies of one operation: statuses, bodies, headers and links?"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from conformance.compilers.components import any_of, component, named, spelled_out
from conformance.compilers.examples import error_example, reply_example, request_example
from conformance.compilers.extensions import KEY, annotated, cited, clauses_of
from conformance.compilers.jsonschema import (
    Schema,
    reply_fields_schema,
    reply_schema,
    request_schema,
)
from conformance.contract.model import (
    Condition,
    Contract,
    Envelope,
    ErrorRow,
    Operation,
    ReplyField,
    State,
)
from conformance.contract.paths import steps

__all__ = ["pointer", "responses"]

_HEADERS = "$headers."
_JSON = "application/json"


def responses(
    contract: Contract, operation: Operation, schemas: dict[str, Schema]
) -> dict[str, Any]:
    """Everything that the operation may answer, by status; what is common to several goes into `schemas`."""
    rows = [row for row in contract.errors if operation.name in row.operations]
    found: dict[str, Any] = {
        str(status): _success(contract, operation, rows, schemas)
        for status in operation.success or (200,)
    }
    by_status: dict[str, list[ErrorRow]] = {}
    for row in rows:
        by_status.setdefault(str(row.status), []).append(row)
    for name, same in sorted(by_status.items()):
        bodies = [_error(contract, row, schemas) for row in same if "http" in row.carried_in]
        if not bodies:
            continue
        if name in found:
            media = found[name]["content"][_JSON]
            media["schema"] = any_of([media["schema"], *bodies])
        else:
            found[name] = _failure(contract, same, bodies)
    unsaid = _unsaid(operation, rows)
    if unsaid:
        found["default"] = {
            "description": f"No page says how this operation refuses {' or '.join(unsaid)}."
        }
    return found


def _unsaid(operation: Operation, rows: Sequence[ErrorRow]) -> list[str]:
    """What anybody can send, and no page says how it is answered."""
    causes = {cause for row in rows for cause in row.causes}
    found = []
    if operation.authenticated and "unauthorized" not in causes:
        found.append("a request without a key")
    if any(f.location == "body" for f in operation.fields) and not causes & _BAD_BODY:
        found.append("a body that is wrong")
    if operation.name == "status" and "unknown-task" not in causes:
        found.append("an unknown task")
    return found


_BAD_BODY = {"bad-json", "bad-parameter", "missing-parameter"}


def _success(
    contract: Contract,
    operation: Operation,
    rows: Sequence[ErrorRow],
    schemas: dict[str, Schema],
) -> dict[str, Any]:
    operation = replace(operation, reply=_reachable(operation.reply))
    others = tuple(op for op in contract.operations if op.name != operation.name)
    contract = replace(contract, operations=(*others, operation))
    schema = reply_schema(contract, operation.name)
    schema.pop("$schema", None)
    paths = [f.path for f in operation.reply]
    examples = _examples(contract, operation, schema)
    described = annotated(copy.deepcopy(schema), clauses_of(contract, operation, ""), paths)
    kept = component(schemas, named(operation.name, "reply"), spelled_out(described))
    inside = [row for row in rows if "envelope" in row.carried_in]
    also = [_error(contract, row, schemas) for row in inside]
    media: dict[str, Any] = {"schema": any_of([kept, *also])}
    if examples:
        media["examples"] = examples
    said: dict[str, Any] = {
        "description": "What was asked for" + (", or an error inside it" if also else ""),
        **_headers(contract, operation),
        "content": {_JSON: media},
        **_links(contract, operation),
    }
    if operation.success_sources:
        said[KEY] = {"sources": cited(operation.success_sources)}
    return said


def _reachable(reply: Sequence[ReplyField]) -> tuple[ReplyField, ...]:
    """Without what is said of a reply that is an error: the fields of an error stand in its envelope."""
    always = {f.path: f.schema["const"] for f in reply if not f.when and "const" in f.schema}
    return tuple(
        f
        for f in reply
        if not any(
            c.field in always and c.one_of is not None and always[c.field] not in c.one_of
            for c in f.when
        )
    )


def _failure(
    contract: Contract, rows: Sequence[ErrorRow], bodies: Sequence[Schema]
) -> dict[str, Any]:
    media: dict[str, Any] = {"schema": any_of(bodies)}
    examples = _error_examples(contract, rows)
    if examples:
        media["examples"] = examples
    means = "; ".join(dict.fromkeys(row.means for row in rows if row.means))
    return {
        "description": means or "An error",
        "content": {_JSON: media},
        KEY: {
            "causes": sorted({cause for row in rows for cause in row.causes}),
            "sources": cited(source for row in rows for source in row.sources),
        },
    }


# ---------------------------------------------------------------- examples


def _examples(contract: Contract, operation: Operation, schema: Schema) -> dict[str, Any]:
    """One for each state that the operation can tell; one alone where it tells none."""
    create = contract.operation("create")
    model = contract.models[0] if contract.models else ""
    request = (
        request_example(create, model, request_schema(contract, create, model))
        if create is not None
        else None
    )
    told = any(f.role == "state" for f in operation.reply)
    states: Sequence[State | None] = (_states(contract, operation) or [None]) if told else [None]
    found = {}
    for state in states:
        value = reply_example(contract, operation, schema, request, state.value if state else None)
        if value is not None:
            found[named(str(state.value)) if state else "reply"] = _example(state, value)
    return found


def _states(contract: Contract, operation: Operation) -> Sequence[State]:
    """The states that an example can show: of a creation, the first of a task that runs."""
    if operation.name == "status":
        return contract.states
    return [state for state in contract.states if state.phase == "running"][:1]


def _example(state: State | None, value: Any) -> dict[str, Any]:
    summary = f"A task that {_PHASES[state.phase]}" if state else "Made from the contract"
    return {"summary": summary, "value": value}


_PHASES = {"running": "runs", "succeeded": "has succeeded", "failed": "has failed"}


def _error_examples(contract: Contract, rows: Sequence[ErrorRow]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for row in rows:
        if "http" not in row.carried_in:
            continue
        for envelope in _envelopes(contract, row):
            fields, schema = _in_envelope(envelope, row)
            value = error_example(_coded(fields, row), _about(fields, row), schema)
            if value is not None:
                name = named(row.name or "error", envelope.name)
                found.setdefault(name, {"summary": row.means or "An error", "value": value})
    return found


def _coded(fields: Sequence[ReplyField], row: ErrorRow) -> tuple[ReplyField, ...]:
    """The status where the envelope repeats it; a field of the role takes no other example."""
    return tuple(
        replace(f, schema={**f.schema, "const": row.status})
        if f.role == "status_code" and f.types == ("integer",) and not f.schema
        else f
        for f in fields
    )


# ---------------------------------------------------------------- errors


def _envelopes(contract: Contract, row: ErrorRow) -> list[Envelope]:
    names = row.envelopes or ((row.envelope,) if row.envelope else ())
    return [e for e in contract.envelopes if e.name in names]


def _error(contract: Contract, row: ErrorRow, schemas: dict[str, Schema]) -> Schema:
    bodies = []
    for envelope in _envelopes(contract, row):
        fields, schema = _in_envelope(envelope, row)
        common = not row.fields and not _about(fields, row)
        bodies.append(
            component(schemas, named("error", envelope.name), schema) if common else schema
        )
    return any_of(bodies) if bodies else {"type": "object"}


def _in_envelope(envelope: Envelope, row: ErrorRow) -> tuple[tuple[ReplyField, ...], Schema]:
    """The fields of one row's body, and their schema: what the row says of a field is laid over it."""
    fields = (*envelope.fields, *row.fields)
    said = {c.field: c for c in _about(fields, row)}
    narrowed = tuple(
        replace(f, schema={**f.schema, "enum": list(said[f.path].one_of or ())})
        if f.path in said
        else f
        for f in fields
    )
    schema = reply_fields_schema(narrowed)
    schema.pop("$schema", None)
    return fields, spelled_out(schema)


def _about(fields: Iterable[ReplyField], row: ErrorRow) -> list[Condition]:
    """The conditions of a row that this envelope has a field for, and that list values."""
    known = {f.path for f in fields}
    return [c for c in row.body if c.field in known and c.one_of is not None]


# ---------------------------------------------------------------- headers and links


def _headers(contract: Contract, operation: Operation) -> dict[str, Any]:
    headers = {
        field.path.removeprefix(_HEADERS): {
            "required": field.required and not field.when,
            "schema": {**({"type": field.types[0]} if field.types else {}), **field.schema},
        }
        for field in operation.reply
        if field.path.startswith(_HEADERS)
        and field.path.removeprefix(_HEADERS).lower() != "content-type"
    }
    idempotency = contract.idempotency
    if operation.name == "create" and idempotency is not None and idempotency.replay_header:
        name, value = idempotency.replay_header
        headers.setdefault(
            name,
            {
                "description": "There where the answer to an earlier creation is given again.",
                "required": False,
                "schema": {"type": "string", "enum": [value]},
            },
        )
    return {"headers": headers} if headers else {}


def _links(contract: Contract, operation: Operation) -> dict[str, Any]:
    """The way from a creation to its status."""
    status = contract.operation("status")
    if operation.name != "create" or status is None:
        return {}
    told = next((f.path for f in operation.reply if f.role == "task_id" and not f.when), "")
    asked = next((f for f in status.fields if f.role == "task_id"), None)
    if not told or asked is None or asked.location == "body":
        return {}
    link = {
        "operationId": status.name,
        "description": "How far the task is that was created",
        "parameters": {f"{asked.location}.{asked.path}": f"$response.body#{pointer(told)}"},
    }
    return {"links": {"status": link}}


def pointer(path: str) -> str:
    """A dotted path as a JSON Pointer; of a list, its first element."""
    return "".join(
        f"/{0 if step is None else str(step).replace('~', '~0').replace('/', '~1')}"
        for step in steps(path)
    )
