"""Does one field of a reply hold what is documented?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from conformance.contract.clauses import shown
from conformance.contract.model import ReplyField
from conformance.contract.paths import find
from conformance.wire.exchange import BeyondBounds, parse_json

__all__ = ["decoded", "is_type", "problem_with", "seconds_of", "type_name"]


def problem_with(field: ReplyField, body: Any) -> str | None:
    """
    What is wrong with a field in a reply; None where it is as documented.

    Conditions (`when`) are the caller's to check.
    """
    # Header names compare without regard to case; they are lower-case beside the body.
    path = field.path.lower() if field.path.startswith("$headers.") else field.path
    values = find(body, path)
    if not values:
        return f"expected {field.path}, got a reply without it" if field.required else None
    for value in values:
        problem = _problem_with_value(field, value)
        if problem:
            return problem
    return None


def _problem_with_value(field: ReplyField, value: Any) -> str | None:
    if value is None and not field.required:
        return None  # null for what may be missing is the same as leaving it out
    if field.types and not any(is_type(value, name) for name in field.types):
        wanted = " or ".join(field.types)
        return f"expected {field.path} of type {wanted}, got {shown(value)} ({type_name(value)})"
    if "const" in field.schema and not _same(value, field.schema["const"]):
        return f"expected {field.path} {shown(field.schema['const'])}, got {shown(value)}"
    if value is None:
        return None
    problem = _against(field.schema, value)
    if problem:
        return f"expected {field.path} as documented, got {shown(value)}: {problem}"
    if field.decode == "json":
        return _problem_inside(field, value)
    return None


def _problem_inside(field: ReplyField, value: Any) -> str | None:
    if not isinstance(value, str):
        return f"expected {field.path} to be JSON in a string, got {type_name(value)}"
    inside = decoded(value)
    if inside is _TOO_MUCH:
        return None
    if inside is _NOT_JSON:
        return f"expected {field.path} to be JSON in a string, got {shown(value)}"
    problem = _against(field.content, inside)
    return (
        f"expected the JSON in {field.path} as documented, got {shown(value)}: {problem}"
        if problem
        else None
    )


_NOT_JSON: Any = object()
_TOO_MUCH: Any = object()


def decoded(text: Any) -> Any:
    """The JSON inside a string; a marker that equals nothing where there is none."""
    try:
        return parse_json(text)
    except BeyondBounds:
        return _TOO_MUCH
    except (TypeError, ValueError, AttributeError):
        return _NOT_JSON


def is_type(value: Any, name: str) -> bool:
    """Whether a value is of a JSON Schema type. 3.0 is an integer there, and true is no number."""
    if name == "null":
        return value is None
    if name == "boolean":
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if name == "integer":
        return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if name == "number":
        return isinstance(value, int | float)
    return isinstance(value, {"string": str, "array": list, "object": dict}[name])


def type_name(value: Any) -> str:
    """The JSON type of a value."""
    for name in ("null", "boolean", "integer", "number", "string", "array"):
        if is_type(value, name):
            return name
    return "object"


def _same(one: Any, other: Any) -> bool:
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


_SIMPLE = frozenset(("const", "minLength", "minItems", "enum"))


def _against(schema: Mapping[str, Any], value: Any) -> str | None:
    """The first complaint of JSON Schema; the few keywords that nearly every field has are checked by hand."""
    if not schema:
        return None
    if schema.keys() <= _SIMPLE:
        return _against_simple(schema, value)
    for error in _validator(json.dumps(schema, sort_keys=True)).iter_errors(value):
        return str(error.message)[:200]
    return None


def _against_simple(schema: Mapping[str, Any], value: Any) -> str | None:
    if "minLength" in schema and isinstance(value, str) and len(value) < schema["minLength"]:
        return "it is empty" if not value else "it is too short"
    if "minItems" in schema and isinstance(value, list) and len(value) < schema["minItems"]:
        return f"it has {len(value)} elements, expected at least {schema['minItems']}"
    if "enum" in schema and not any(_same(value, v) for v in schema["enum"]):
        return f"it is none of {', '.join(map(shown, schema['enum']))}"
    return None


@lru_cache(maxsize=256)
def _validator(schema: str) -> Any:
    import jsonschema

    formats = jsonschema.FormatChecker(formats=())
    # An address that a client can fetch is one; whether each of its characters is escaped as RFC 3986 has it is not
    # what a documented "URL" promises.
    formats.checks("uri")(lambda value: not isinstance(value, str) or "://" in value)
    return jsonschema.Draft202012Validator(json.loads(schema), format_checker=formats)


def seconds_of(value: Any, unit: str) -> float | None:
    """A time in seconds since the epoch; None where the value is not a time in that unit."""
    if unit == "iso8601":
        try:
            return (
                _utc(datetime.fromisoformat(value)).timestamp()
                if isinstance(value, str) and len(value) > 10
                else None
            )
        except (ValueError, OverflowError):
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # From 1973 to 5138, whatever the vendor's clock says: no number is a time in both units.
    scale = 1000.0 if unit == "ms" else 1.0
    return value / scale if 1e8 <= value / scale < 1e11 else None


def _utc(when: datetime) -> datetime:
    # A time without a zone means the same to whoever judges, wherever that is.
    return when if when.tzinfo else when.replace(tzinfo=UTC)
