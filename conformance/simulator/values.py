"""How is a value written in the form that a vendor documents?"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from conformance.contract.model import ABSENT

__all__ = ["encoded", "fits", "formed", "generated", "with_urls"]

_NOTHING: frozenset[str] = frozenset()
_NAMES: Mapping[type, frozenset[str]] = {
    str: frozenset({"string"}),
    bool: frozenset({"boolean"}),
    int: frozenset({"integer", "number"}),
    float: frozenset({"number"}),
    list: frozenset({"array"}),
    dict: frozenset({"object"}),
    type(None): frozenset({"null"}),
}


def fits(value: Any, types: Sequence[str]) -> bool:
    """Whether a value is of one of these JSON Schema types; of any where none is named."""
    return not types or not _names_of(value).isdisjoint(types)


def _names_of(value: Any) -> frozenset[str]:
    return _NAMES.get(type(value), _NOTHING)


# ---------------------------------------------------------------- what a role stands for


def formed(
    role: str, value: Any, types: Sequence[str], schema: Mapping[str, Any], unit: str | None
) -> Any:
    """
    A role's value in the documented form; `ABSENT` where it has no such form.

    Args:
        value: Times and spans in seconds, progress from 0 to 1, results as URLs, failures as (code, message).
    """
    shaped = _in_unit(value, unit, types) if unit else _by_role(role, value, types, schema)
    if not fits(shaped, types):
        shaped = _coerced(shaped, types)
    if "enum" in schema and shaped not in schema["enum"]:
        return schema["enum"][0]
    return shaped if fits(shaped, types) else ABSENT


def _in_unit(value: Any, unit: str, types: Sequence[str]) -> Any:
    if unit == "iso8601":
        moment = datetime.fromtimestamp(value, UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if unit.startswith("ms"):
        return round(value * 1000)
    return value if types and "integer" not in types else int(value)


def _by_role(role: str, value: Any, types: Sequence[str], schema: Mapping[str, Any]) -> Any:
    if role == "progress":
        return value if schema.get("maximum") == 1 else int(value * 100)
    if role in ("results", "url"):
        return _urls(value, types, schema)
    if role == "failure":
        code, message = value
        return {"code": code, "message": message} if fits({}, types) and types else message
    if role == "cost" and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _urls(urls: list[str], types: Sequence[str], schema: Mapping[str, Any]) -> Any:
    if types and not fits([], types) and not fits({}, types):
        return urls[0] if urls else ABSENT
    whole = dict(schema) or {"type": "array"}
    whole.setdefault("type", "array" if fits([], types) else "object")
    return with_urls(whole, urls)


def _coerced(value: Any, types: Sequence[str]) -> Any:
    """The same value as another type, where that is plain."""
    if isinstance(value, bool):
        return ABSENT if "string" not in types else str(value).lower()
    if "string" in types and isinstance(value, int | float):
        return str(value)
    if "integer" in types and isinstance(value, float):
        return round(value)
    if "integer" in types and isinstance(value, str) and value.isdigit():
        return int(value)
    return ABSENT


# ---------------------------------------------------------------- documents made from schemas


def generated(schema: Mapping[str, Any], types: Sequence[str] = ()) -> Any:
    """A plain value that a schema permits; types are those of the field, where its schema names none."""
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    for keyword in ("default", "examples"):
        if keyword in schema:
            return schema[keyword] if keyword == "default" else schema[keyword][0]
    named = schema.get("type", types)
    names = (named,) if isinstance(named, str) else tuple(named)
    kind = next((n for n in names if n != "null"), "null" if names else _implied(schema))
    return _MAKERS[kind](schema)


def _implied(schema: Mapping[str, Any]) -> str:
    if "properties" in schema or "required" in schema:
        return "object"
    return "array" if "items" in schema else "string"


def _text(schema: Mapping[str, Any]) -> str:
    known = {
        "uri": "https://example.com/",
        "date-time": "2026-11-20T00:00:00Z",
        "date": "2026-11-20",
        "uuid": "00000000-0000-4000-8000-000000000000",
        "email": "nobody@example.com",
    }
    text = known.get(schema.get("format", ""), "text")
    if "format" in schema:
        return text
    if "pattern" in schema:
        return _matching(schema["pattern"])
    return text.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength")]


def _matching(pattern: str) -> str:
    """A text of that form, where it is one of the usual ones or hardly more than the text itself."""
    literal = re.sub(r"\\(.)", r"\1", pattern.strip("^$"))
    usual = ("text", "1", "2026-11-20", "application/json", "https://example.com/", "640x480")
    return next((t for t in (*usual, literal) if re.search(pattern, t)), literal)


def _number(schema: Mapping[str, Any]) -> int | float:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and low > 0:
        return low  # type: ignore[no-any-return]  # a number, as the contract's own schema says
    return high if high is not None and high < 0 else 0


def _array(schema: Mapping[str, Any]) -> list[Any]:
    return [generated(schema.get("items", {})) for _ in range(schema.get("minItems", 0))]


def _object(schema: Mapping[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties", {})
    return {name: generated(properties.get(name, {})) for name in schema.get("required", ())}


_MAKERS: Mapping[str, Any] = {
    "string": _text,
    "integer": lambda schema: int(_number(schema)),
    "number": _number,
    "boolean": lambda _: False,
    "array": _array,
    "object": _object,
    "null": lambda _: None,
}


def with_urls(schema: Mapping[str, Any], urls: list[str]) -> Any:
    """A document of that schema in which the first place for URLs holds these."""
    if "const" in schema:
        return schema["const"]
    if schema.get("type") == "array" or "items" in schema:
        return _elements(schema.get("items", {}), urls)
    document = _object(schema)
    place = _place(schema)
    if place is not None:
        document[place] = with_urls(schema.get("properties", {}).get(place, {"items": {}}), urls)
    return document


def _elements(items: Mapping[str, Any], urls: list[str]) -> list[Any]:
    if items.get("type") != "object" and "properties" not in items:
        return list(urls)
    properties = items.get("properties", {})
    name = next((n for n, p in properties.items() if p.get("format") == "uri"), "url")
    return [{**_object(items), name: url} for url in urls]


def _place(schema: Mapping[str, Any]) -> str | None:
    """The property that holds the URLs, itself or further down: an array, else an object, else the first."""
    properties: Mapping[str, Any] = schema.get("properties", {})
    names: dict[str, None] = dict.fromkeys([*schema.get("required", ()), *properties])
    for kind in ("array", "object"):
        for name in names:
            if properties.get(name, {}).get("type") == kind:
                return name
    return next(iter(names), None)


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def encoded(document: Any) -> bytes:
    """A reply's JSON as it is sent."""
    try:
        return _ENCODER.encode(document).encode()
    except UnicodeEncodeError:
        # Half a character, echoed from a request: JSON can escape what UTF-8 cannot say.
        return json.dumps(document, separators=(",", ":")).encode()
