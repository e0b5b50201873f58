"""Which value of a field is plain, stands on a limit, or is plainly wrong?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.contract.model import ABSENT, Field
from conformance.planning.images import Images

__all__ = [
    "FAR_TYPE",
    "TINY_PNG",
    "beyond",
    "far_type",
    "far_value",
    "on_limit",
    "plain",
    "text_of",
]

_PROMPT = "A red apple on a white table, soft morning light."

# Plain values by role, for fields whose documents give no enum. They come from the shared upstream's
# vocabulary, so that a gateway which hands them on finds a back end that knows them.
_BY_ROLE: Mapping[str, Any] = {
    "prompt": _PROMPT,
    "negative_prompt": "blurry",
    "quality": "auto",
    "output_format": "png",
    "style": "natural",
    "response_format": "url",
    "background": "auto",
    "moderation": "auto",
    "aspect_ratio": "1:1",
    "seed": "7",
    "count": 1,
    "passthrough": {"conformance": "probe"},
    "idempotency_key": "conformance-probe",
    "client_id": "conformance-probe",
    "language": "en",
}

TINY_PNG = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
"""A picture of one pixel, for fields that take base64."""

FAR_TYPE: Any = {"unexpected": True}
"""A value that no coercion turns into a string, a number, a boolean or a list."""


def text_of(length: int, seed: str = "") -> str:
    """ASCII text of exactly that many characters, so that bytes and characters count alike."""
    start = f"{seed} {_PROMPT} " if seed else f"{_PROMPT} "
    return (start * (length // len(start) + 1))[:length]


def plain(field: Field, images: Images) -> Any:
    """
    A value of the field that nobody could object to; `ABSENT` where there is none at hand (no image).

    The default if it has one, else the first of the enum, else a usual value for its role, type and limits.
    """
    schema = field.schema
    if field.default is not ABSENT:
        return field.default
    if schema.get("enum"):
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    if field.role in ("images", "mask") or (field.accepts and schema.get("type") == "array"):
        return _images(field, images, max(1, int(schema.get("minItems", 1))))
    if field.role and field.role in _BY_ROLE and _fits(_BY_ROLE[field.role], schema):
        return _within_length(_BY_ROLE[field.role], schema)
    return _plain_of_type(schema)


def _within_length(value: Any, schema: Mapping[str, Any]) -> Any:
    if not isinstance(value, str):
        return value
    longest, shortest = int(schema.get("maxLength", len(value))), int(schema.get("minLength", 0))
    return text_of(shortest) if shortest > len(value) else value[:longest]


def _fits(value: Any, schema: Mapping[str, Any]) -> bool:
    python = {
        "string": str,
        "integer": int,
        "number": int | float,
        "object": dict,
        "boolean": bool,
        "array": list,
    }
    return "type" not in schema or isinstance(value, python[schema["type"]])


def _images(field: Field, images: Images, count: int) -> Any:
    if not images.reference:
        return ABSENT
    urls = [_numbered(images.reference[i % len(images.reference)], i) for i in range(count)]
    return urls if field.schema.get("type", "array") == "array" else urls[0]


def _numbered(url: str, index: int) -> str:
    # Distinct URLs, so that a server which drops repeated ones still sees the full count.
    # Only on the reserved host: a real URL may be signed, and must stay as it is.
    return f"{url}?n={index}" if index and ".example/" in url else url


def _plain_of_type(schema: Mapping[str, Any]) -> Any:
    kind = schema.get("type", "string")
    if kind == "string":
        length = max(int(schema.get("minLength", 1)), min(5, int(schema.get("maxLength", 5))))
        return (
            "https://images.example/reference.png"
            if schema.get("format") == "uri"
            else "plain"[:length].ljust(length, "x")
        )
    if kind in ("integer", "number"):
        low, high = schema.get("minimum"), schema.get("maximum")
        return _middle(low, high)
    return {"boolean": False, "array": [], "object": {}, "null": None}[kind]


def _middle(low: float | None, high: float | None) -> Any:
    """A round number inside the range, away from its ends."""
    candidates = (1024, 512, 50, 20, 10, 5, 2, 1, 0)
    for candidate in candidates:
        if (low is None or candidate > low) and (high is None or candidate < high):
            return candidate
    return low if low is not None else high if high is not None else 1


def on_limit(field: Field, keyword: str, images: Images, *, off: int = 0) -> Any:
    """
    A value exactly on one limit of the field, or `off` beyond or short of it. `ABSENT` where no image is at hand.

    Args:
        keyword: minLength, maxLength, minimum, maximum, minItems or maxItems.
    """
    size = field.schema[keyword] + off
    if keyword.endswith("Length"):
        return text_of(int(size))
    if keyword.endswith("imum"):
        return size
    if field.role == "images" or field.accepts:
        return _images(field, images, int(size)) if size else []
    element = _plain_of_type(field.schema.get("items", {"type": "string"}))
    return [element] * int(size)


def beyond(keyword: str) -> int:
    """The step that leaves the permitted side of a limit: +1 for a maximum, -1 for a minimum."""
    return 1 if keyword.startswith("max") else -1


def far_type(field: Field) -> Any:
    """A value of a wrong type that coercion cannot explain away."""
    return "unexpected" if field.schema.get("type") == "object" else FAR_TYPE


def far_value(field: Field) -> Any:
    """A value of the right type that is far from every documented one."""
    if field.schema.get("type") in ("integer", "number"):
        return 987_654_321
    return "no-such-model" if field.role == "model" else "no-such-value"
