"""
What does a request, a reply or an error of this contract look like, as an example?

An example is put together from what the contract says of each field, and kept only if it is valid against the
compiled schema: an export never shows an example that its own schema refuses.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator

from conformance.compilers.formats import FORMATS
from conformance.compilers.jsonschema import FILE, Schema, body_fields
from conformance.contract.model import ABSENT, Condition, Contract, Field, Operation, ReplyField
from conformance.contract.paths import find, put
from conformance.contract.resolution import (
    body_of,
    conditions_hold,
    fields_for,
    rule_holds,
    rules_for,
)

__all__ = ["error_example", "reply_example", "request_example", "value_example"]

_PROMPT = "A lighthouse at dusk"
_TASK_ID = "task-0001"
_PICTURE = "https://images.example/picture.png"
_SECONDS = 1_760_000_000
_TIMES: Mapping[str, Any] = {
    "s": _SECONDS,
    "ms": _SECONDS * 1000,
    "iso8601": "2025-10-09T08:53:20Z",
    "ms-duration": 21_000,
    "s-duration": 21,
}
_HEADERS = "$headers."


def request_example(
    operation: Operation, model: str, schema: Schema, *, full: bool = False
) -> Any | None:
    """
    A valid body for one model; None where none could be put together.

    Args:
        schema: The compiled schema that it has to keep.
        full: Whether to add every optional field that can stand beside the others.
    """
    fields = body_fields(operation, model)
    assignment = {
        path: _field_example(field, model)
        for path, field in fields.items()
        if field.required and not field.alias_of
    }
    if not _keeps(operation, model, schema, assignment):
        assignment = _repaired(operation, model, schema, assignment, fields)
    if full:
        assignment = _filled_up(operation, model, schema, assignment, fields)
    body = body_of(assignment, fields)
    return body if _keeps(operation, model, schema, assignment) else None


def _filled_up(
    operation: Operation,
    model: str,
    schema: Schema,
    assignment: dict[str, Any],
    fields: Mapping[str, Field],
) -> dict[str, Any]:
    """With each optional field that goes with those before it, and that a page says something of."""
    for path, field in fields.items():
        plain = not (field.alias_of or field.ignored or field.passthrough)
        if path not in assignment and plain and field.schema:
            candidate = assignment | {path: _field_example(field, model)}
            if _keeps(operation, model, schema, candidate):
                assignment = candidate
    return assignment


def _repaired(
    operation: Operation,
    model: str,
    schema: Schema,
    assignment: dict[str, Any],
    fields: Mapping[str, Field],
) -> dict[str, Any]:
    """The same with one further field, where a rule asks for one (at least one of several)."""
    for path, field in fields.items():
        if path not in assignment:
            values = field.schema.get("enum") or [_field_example(field, model)]
            for value in values:
                candidate = assignment | {path: value}
                if _keeps(operation, model, schema, candidate):
                    return candidate
    return assignment


def _keeps(operation: Operation, model: str, schema: Schema, assignment: Mapping[str, Any]) -> bool:
    fields = fields_for(operation, model)
    said = all(rule_holds(rule, assignment, fields) for rule in rules_for(operation, model))
    return said and _is_valid(schema, body_of(assignment, fields))


def _field_example(field: Field, model: str) -> Any:
    if field.role == "model" and model:
        return model
    if field.role == "prompt" and field.schema.get("type", "string") == "string":
        return _fitted(_PROMPT, field.schema)
    if field.schema.get("type") == FILE:
        return "picture.png"
    if field.default is not ABSENT:
        return field.default
    if field.also.get("examples") and "enum" not in field.schema:
        return field.also["examples"][0]
    return value_example(field.schema)


# ---------------------------------------------------------------- replies


def reply_example(
    contract: Contract,
    operation: Operation,
    schema: Schema,
    request: Any = None,
    state: str | int | None = None,
) -> Any | None:
    """
    A valid reply to `request`, of a task in one state where the operation tells it; None where none was found.

    Args:
        request: The body of a creation, for what is said of it in the reply.
    """
    asked = _assigned(contract, request)
    document = _reply_document(operation.reply, asked, request, state)
    return document if _is_valid(schema, document) else None


def error_example(fields: Iterable[ReplyField], body: Iterable[Condition], schema: Schema) -> Any:
    """A valid error body; None where none was found."""
    document = _reply_document(tuple(fields), {}, None, None)
    for condition in body:
        if condition.one_of is not None:
            put(document, condition.field, condition.one_of[0])
    return document if _is_valid(schema, document) else None


def _assigned(contract: Contract, request: Any) -> dict[str, Any]:
    """The creation that is answered, by field path, defaults filled in."""
    create = contract.operation("create")
    if create is None or request is None:
        return {}
    found = {}
    for path, field in fields_for(create, "").items():
        values = find(request, path)
        if values or field.default is not ABSENT:
            found[path] = values[0] if values else field.default
    return found


def _reply_document(
    reply: Iterable[ReplyField],
    asked: Mapping[str, Any],
    request: Any,
    state: str | int | None,
) -> dict[str, Any]:
    fields = [f for f in reply if not f.path.startswith(_HEADERS)]
    document: dict[str, Any] = {}
    # Fields under a condition come after what they depend on, and overwrite what is said in general.
    for conditional in (False, True):
        for field in fields:
            if bool(field.when) is conditional and _is_told(field, document, asked):
                value = _reply_value(field, asked, request, state)
                if conditional or not find(document, field.path):
                    _put(document, field.path, value)
    return document


def _is_told(field: ReplyField, document: Any, asked: Mapping[str, Any]) -> bool:
    if not (field.required or field.role):
        return False
    return conditions_hold(field.when, document, asked)


def _put(document: dict[str, Any], path: str, value: Any) -> None:
    """As `put`, but nothing is lost of an object that is already there."""
    existing = find(document, path)
    if existing and isinstance(existing[0], dict) and isinstance(value, dict):
        value = {**value, **existing[0]}
    put(document, path, value)


def _reply_value(
    field: ReplyField, asked: Mapping[str, Any], request: Any, state: str | int | None
) -> Any:
    if field.decode == "json":
        content = (
            request
            if field.echoes == "$request" and request is not None
            else value_example(field.content)
        )
        return json.dumps(content)
    if field.role == "state" and state is not None:
        return state
    if field.echoes and not field.echoes.startswith("$") and field.echoes in asked:
        return asked[field.echoes]
    if field.echoes == "$request" and request is not None:
        return request
    return _reply_default(field)


def _reply_default(field: ReplyField) -> Any:
    types = field.types or ("string",)
    schema = {"type": list(types), **field.schema}
    if "const" in schema or "enum" in schema:
        return value_example(schema)
    if field.unit is not None and field.unit in _TIMES:
        return str(_TIMES[field.unit]) if types == ("string",) else _TIMES[field.unit]
    if "null" in types and not field.when and len(types) > 1:
        return None
    if field.role == "task_id" and "string" in types:
        return _fitted(_TASK_ID, schema)
    if field.role in ("results", "url"):
        return _pictures(schema)
    return value_example(schema)


def _pictures(schema: Schema) -> Any:
    types = schema["type"]
    if "array" in types:
        return [_picture(schema.get("items", {}))]
    return _PICTURE if "string" in types else value_example(schema)


def _picture(items: Schema) -> Any:
    return value_example(items) if items.get("type") not in (None, "string") else _PICTURE


# ---------------------------------------------------------------- values


def value_example(schema: Mapping[str, Any]) -> Any:
    """Some value that keeps the simple keywords of a schema; whoever uses it validates it."""
    for keyword in ("const", "default"):
        if keyword in schema:
            return schema[keyword]
    if schema.get("examples"):
        return schema["examples"][0]
    if schema.get("enum"):
        return schema["enum"][0]
    for keyword in ("anyOf", "oneOf"):
        if schema.get(keyword):
            return value_example(
                {**{k: v for k, v in schema.items() if k != keyword}, **schema[keyword][0]}
            )
    types = schema.get("type", "string")
    kind = types if isinstance(types, str) else next((t for t in types if t != "null"), "null")
    return _of_type(kind, schema)


def _of_type(kind: str, schema: Mapping[str, Any]) -> Any:
    if kind == "object":
        inner = schema.get("properties", {})
        return {name: value_example(inner.get(name, {})) for name in schema.get("required", ())}
    if kind == "array":
        number = max(1, schema.get("minItems", 1)) if schema.get("maxItems", 1) else 0
        return [value_example(schema.get("items", {})) for _ in range(min(number, 20))]
    if kind in ("integer", "number"):
        return _number(schema)
    if kind == "boolean":
        return True
    return None if kind == "null" else _text(schema)


def _number(schema: Mapping[str, Any]) -> float:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is None and "exclusiveMinimum" in schema:
        low = schema["exclusiveMinimum"] + 1
    step: float = schema.get("multipleOf", 1)
    if low is not None:
        return low if low % step == 0 else (low // step + 1) * step  # type: ignore[no-any-return]  # a number
    return min(step, high) if high is not None else step


def _text(schema: Mapping[str, Any]) -> str:
    wanted = schema.get("format")
    known = {
        "uri": _PICTURE,
        "date-time": _TIMES["iso8601"],
        "date": "2025-10-09",
        "uuid": "6f1c1f6e-3f0e-4f0a-9d57-0c8f5a1b2c3d",
        "email": "someone@images.example",
    }
    if wanted in known:
        return str(known[wanted])
    pattern = schema.get("pattern", "")
    if pattern:
        return _matching(pattern)
    return _fitted("text", schema)


def _matching(pattern: str) -> str:
    """A text for the few patterns that contracts are made of; any other is left to validation."""
    candidates = (
        _PICTURE,
        "1024x1024",
        "16:9",
        "1:1",
        "2K",
        "1234",
        "abc",
        "text",
        "task-0001",
        "#ffffff",
    )
    try:
        return next((c for c in candidates if re.search(pattern, c)), "text")
    except re.error:
        return "text"


def _fitted(text: str, schema: Mapping[str, Any]) -> str:
    low, high = schema.get("minLength", 0), schema.get("maxLength")
    if len(text) < low:
        text = (text + " " + "x" * min(low, 10_000))[: max(low, len(text))]
    return text if high is None else text[:high]


def _is_valid(schema: Schema, document: Any) -> bool:
    return _validator(json.dumps(schema, sort_keys=True)).is_valid(document)


@lru_cache(maxsize=256)
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema), format_checker=FORMATS)
