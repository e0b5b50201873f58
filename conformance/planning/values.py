"""Which value of a field is plain, stands on a limit, or is plainly wrong?"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from conformance.contract.model import ABSENT, Field
from conformance.planning.images import Images
from conformance.results.cases import CALLBACK

__all__ = [
    "CASE",
    "FAR_TYPE",
    "NO_URLS",
    "RUN",
    "TINY_FILES",
    "TINY_PNG",
    "beyond",
    "far_type",
    "far_value",
    "fraction",
    "key_of",
    "off_step",
    "on_limit",
    "plain",
    "several",
    "text_of",
]

_PROMPT = "A red apple on a white table, soft morning light."

RUN = "{unique-to-this-run}"
"""Stands in a header for as many characters that make this run unlike every other: a vendor may remember keys for days."""

CASE = "{case-unique-id}"
"""Stands in a body for as many characters that no other case has: a vendor may ask for numbers that are the caller's own."""

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
    "idempotency_key": f"conformance-{CASE}",
    "client_id": f"conformance-{CASE}",
    "language": "en",
}

_CONSPICUOUS: Mapping[str, Any] = {
    "quality": "high",
    "style": "vivid",
    "response_format": "b64_json",
    "output_format": "webp",
    "background": "transparent",
    "count": 2,
}
"""Values by role that would show if the field were not ignored."""

TINY_PNG = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
"""A picture of one pixel, for fields that take base64."""

NO_URLS = {"base64": TINY_PNG, "path": "./reference.png"}
"""What people send in place of a URL, by what a contract calls it."""

_TINY_JPEG = (
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////"
    "////////2wBDAf//////////////////////////////////////////////////////////////////////////////////////wAARCAABAAED"
    "ASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAH/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFQEBAQAAAAAAAAAAAAAAAAAAAQL/xAAUEQEA"
    "AAAAAAAAAAAAAAAAAAAA/9oADAMBAAIRAxEAPwCABT//2Q=="
)

TINY_FILES: Mapping[str, bytes] = {
    "image/png": base64.b64decode(TINY_PNG.partition(",")[2]),
    "image/jpeg": base64.b64decode(_TINY_JPEG),
    "image/webp": base64.b64decode(
        "UklGRjAAAABXRUJQVlA4ICQAAABwAQCdASoBAAEADMDOJaACdAFAAAD+xOxMeitfI7CG7BAAAAA="
    ),
    "image/gif": base64.b64decode("R0lGODdhAQABAIEAAMg8KAAAAAAAAAAAACwAAAAAAQABAAAIBAABBAQAOw=="),
}
"""Media type to a picture of one pixel, for uploads; the most usual type first."""

FAR_TYPE: Any = {"unexpected": True}
"""A value that no coercion turns into a string, a number, a boolean or a list."""


def text_of(length: int, seed: str = "") -> str:
    """ASCII text of exactly that many characters, so that bytes and characters count alike."""
    start = f"{seed} {_PROMPT} " if seed else f"{_PROMPT} "
    text = (start * (length // len(start) + 1))[:length]
    # A server that trims would see a shorter text if it ended in a space.
    return f"{text[:-1]}x" if text.endswith(" ") else text


def key_of(length: int) -> str:
    """
    An idempotency key of exactly that many characters, which no other case has where it is long enough.

    Cases that narrow a refusal down send another body, for which they need another key.
    """
    return CASE.ljust(length, "k") if length >= len(CASE) else "k" * length


def plain(field: Field, images: Images) -> Any:
    """
    A value of the field that nobody could object to; `ABSENT` where there is none at hand (no image).

    The default if it has one, else the first of the enum, else a usual value for its role, type and limits.
    """
    schema = field.schema
    if field.ignored and field.role and field.role in _CONSPICUOUS:
        return _CONSPICUOUS[field.role]
    if field.role == "callback_url":
        return CALLBACK
    if field.default is not ABSENT:
        return field.default
    if schema.get("enum"):
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    if field.role in ("images", "mask") or (field.accepts and schema.get("type") == "array"):
        return _images(field, images, max(1, int(schema.get("minItems", 1))))
    usual = _within_length(_BY_ROLE.get(field.role or "", ABSENT), schema)
    return usual if usual is not ABSENT and _fits(usual, schema) else _plain_of_type(schema)


def several(field: Field, images: Images) -> Any:
    """
    A plain value; of a list of images that no document limits, two.

    Not the same picture twice: who drops repeated ones would look as if it took one.
    """
    schema = field.schema
    limited = schema.keys() & {"minItems", "maxItems"}
    if field.role == "images" and schema.get("type") == "array" and not limited:
        two = _images(field, images, 2)
        if two is not ABSENT and len(set(two)) > 1:
            return two
    return plain(field, images)


def fraction(field: Field) -> Any:
    """A number of the field that is no integer, inside its range; ABSENT where it takes integers only."""
    schema = field.schema
    if schema.get("type") != "number" or "enum" in schema or "multipleOf" in schema:
        return ABSENT
    value = _middle(schema) + 0.5
    fits = schema.get("minimum", value) <= value <= schema.get("maximum", value)
    return value if fits else ABSENT


def _within_length(value: Any, schema: Mapping[str, Any]) -> Any:
    if not isinstance(value, str) or not value:
        return value
    longest, shortest = int(schema.get("maxLength", len(value))), int(schema.get("minLength", 0))
    return (
        text_of(shortest)
        if shortest > len(value)
        else value[:longest].rstrip().ljust(shortest, "x")
    )


def _fits(value: Any, schema: Mapping[str, Any]) -> bool:
    """Whether a value has the documented type, form and range."""
    python = {
        "string": str,
        "integer": int,
        "number": int | float,
        "object": dict,
        "boolean": bool,
        "array": list,
    }
    if "type" in schema and not isinstance(value, python[schema["type"]]):
        return False
    if isinstance(value, str):
        return "format" not in schema and re.search(schema.get("pattern", ""), value) is not None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))
    return True


def _images(field: Field, images: Images, count: int) -> Any:
    if not images.reference:
        return ABSENT
    urls = [_numbered(images.reference[i % len(images.reference)], i) for i in range(count)]
    return urls if field.schema.get("type", "array") == "array" else urls[0]


def _numbered(url: str, index: int) -> str:
    # Distinct URLs, so that a server which drops repeated ones still sees the full count.
    # Only on the reserved host: a real URL may be signed, and must stay as it is.
    return f"{url}?n={index}" if index and ".example/" in url else url


_BY_FORMAT = {
    "uri": "https://images.example/reference.png",
    "email": "probe@conformance.example",
    "date-time": "2026-01-02T03:04:05Z",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def _plain_of_type(schema: Mapping[str, Any]) -> Any:
    kind = schema.get("type", "string")
    if kind == "string":
        if schema.get("format") in _BY_FORMAT:
            return _BY_FORMAT[schema["format"]]
        length = max(int(schema.get("minLength", 1)), min(5, int(schema.get("maxLength", 5))))
        text = "plain"[:length].ljust(length, "x")
        return text if re.search(schema.get("pattern", ""), text) else ABSENT
    if kind in ("integer", "number"):
        return _middle(schema)
    if kind == "array":
        element = _element(schema)
        return [] if not schema.get("minItems") else [element] * int(schema["minItems"])
    return {"boolean": False, "object": {}, "null": None}.get(kind, ABSENT)


def _element(schema: Mapping[str, Any]) -> Any:
    items = schema.get("items", {"type": "string"})
    return items["enum"][0] if items.get("enum") else _plain_of_type(items)


def _middle(schema: Mapping[str, Any]) -> Any:
    """A round number inside the range, away from its ends where there is room."""
    low, high, step = schema.get("minimum"), schema.get("maximum"), schema.get("multipleOf", 1)
    for candidate in (1024, 512, 50, 20, 10, 5, 2, 1, 0):
        value = candidate - candidate % step
        if (low is None or value > low) and (high is None or value < high):
            return value
    return low if low is not None else high if high is not None else step


def on_limit(field: Field, keyword: str, images: Images, *, off: int = 0) -> Any:
    """
    A value exactly on one limit of the field, or `off` beyond or short of it. `ABSENT` where no image is at hand.

    Args:
        keyword: minLength, maxLength, minimum, maximum, minItems or maxItems.
    """
    size = field.schema[keyword] + off
    if keyword.endswith("Length"):
        return _long(field, int(size))
    if keyword.endswith("imum"):
        return field.schema[keyword] + off * field.schema.get("multipleOf", 1)
    if field.role == "images" or field.accepts:
        return _images(field, images, int(size)) if size else []
    return [_element(field.schema)] * int(size)


def _long(field: Field, size: int) -> Any:
    """Text of exactly that length, of the documented form as far as it is one of ours; ABSENT where it is too short."""
    usual = _BY_FORMAT.get(field.schema.get("format", ""))
    if usual is not None and field.schema["format"] == "uri":
        return f"{usual}?n=".ljust(size, "0") if size > len(usual) + 2 else ABSENT
    unique = CASE if field.role == "client_id" and size >= len(CASE) else ""
    return unique + text_of(size - len(unique))


def off_step(field: Field) -> Any:
    """A value between two steps of the field, inside its range; ABSENT where there is none."""
    step, start = field.schema["multipleOf"], _middle(field.schema)
    between = step / 2 if field.schema.get("type") == "number" else 1
    fits = start + between <= field.schema.get("maximum", start + between)
    return start + between if between % step and fits else ABSENT


def beyond(keyword: str) -> int:
    """The step that leaves the permitted side of a limit: +1 for a maximum, -1 for a minimum."""
    return 1 if keyword.startswith("max") else -1


def far_type(documented: str) -> Any:
    """A value of another than the documented type, which no coercion explains away."""
    return "unexpected" if documented == "object" else FAR_TYPE


def far_value(field: Field) -> Any:
    """A value of the right type that is far from every documented one."""
    if field.schema.get("type") in ("integer", "number"):
        return 987_654_321
    if field.schema.get("type") == "boolean":
        return True not in field.schema.get("enum", [field.schema.get("const")])
    return "no-such-model" if field.role == "model" else "no-such-value"
