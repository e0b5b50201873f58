"""Values in the form that a vendor documents."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.compilers.formats import FORMATS
from conformance.contract.model import ABSENT
from conformance.simulator.values import fits, formed, generated, with_urls

URLS = ["https://a.example/0.png", "https://a.example/1.png"]


@pytest.mark.parametrize(
    ("role", "value", "types", "schema", "unit", "wanted"),
    [
        ("created", 1795000000.5, ["integer"], {}, "s", 1795000000),
        ("created", 1795000000.5, ["integer"], {}, "ms", 1795000000500),
        ("created", 0.0, ["string"], {}, "iso8601", "1970-01-01T00:00:00.000Z"),
        ("created", 1795000000.5, ["string"], {}, "s", "1795000000.5"),
        ("duration", 5.5, ["integer", "null"], {}, "ms-duration", 5500),
        ("duration", 5.5, ["number"], {}, "s-duration", 5.5),
        ("progress", 0.5, ["integer"], {}, None, 50),
        ("progress", 0.5, ["number"], {"maximum": 1}, None, 0.5),
        ("progress", 0.5, ["string"], {}, None, "50"),
        ("cost", 3.0, ["number"], {}, None, 3),
        ("cost", 0.25, ["string"], {}, None, "0.25"),
        ("state", 1, ["integer"], {}, None, 1),
        ("state", "done", ["string"], {"enum": ["queued"]}, None, "queued"),
        ("results", URLS, ["array"], {}, None, URLS),
        ("results", URLS, ["string"], {}, None, URLS[0]),
        ("results", [], ["string"], {}, None, ABSENT),
        ("failure", ("E", "m"), ["object"], {}, None, {"code": "E", "message": "m"}),
        ("failure", ("E", "m"), ["string"], {}, None, "m"),
        ("refunded", True, ["boolean"], {}, None, True),
        ("refunded", True, ["string"], {}, None, "true"),
        ("refunded", True, ["integer"], {}, None, ABSENT),
        ("model", "m", ["integer"], {}, None, ABSENT),
        ("status_code", 200, ["string"], {}, None, "200"),
    ],
)
def test_a_role_is_written_as_documented(
    role: str, value: Any, types: list[str], schema: Any, unit: str | None, wanted: Any
) -> None:
    assert formed(role, value, types, schema, unit) == wanted


@pytest.mark.parametrize(
    ("value", "types", "expected"),
    [
        (1, ["number"], True),
        (1, ["string", "integer"], True),
        (1.5, ["integer"], False),
        (True, ["integer"], False),
        (None, ["null"], True),
        ("x", [], True),
    ],
)
def test_types_are_those_of_json(value: Any, types: list[str], expected: bool) -> None:
    assert fits(value, types) is expected


SCHEMAS: list[dict[str, Any]] = [
    {"type": "string"},
    {"type": "string", "minLength": 10},
    {"type": "string", "maxLength": 2},
    {"type": "string", "format": "uri"},
    {"type": "string", "format": "date-time"},
    {"type": "string", "format": "uuid"},
    {"type": "string", "format": "email"},
    {"type": "integer", "minimum": 3},
    {"type": "number", "maximum": -2},
    {"type": "boolean"},
    {"type": ["null", "string"]},
    {"type": "array", "minItems": 2, "items": {"type": "integer"}},
    {"type": "object", "required": ["a"], "properties": {"a": {"type": "array"}}},
    {"enum": ["b", "c"]},
    {"const": None},
    {"default": 7},
    {"examples": ["e"]},
    {"properties": {"a": {}}, "required": ["a"]},
    {"items": {}},
    {},
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
def test_what_is_made_up_is_valid(schema: dict[str, Any]) -> None:
    Draft202012Validator(schema, format_checker=FORMATS).validate(generated(schema))


@pytest.mark.parametrize(
    ("schema", "wanted"),
    [
        ({"type": "array"}, URLS),
        ({"type": "array", "items": {"type": "string"}}, URLS),
        (
            {"type": "array", "items": {"type": "object", "properties": {"url": {}}}},
            [{"url": URLS[0]}, {"url": URLS[1]}],
        ),
        (
            {"items": {"properties": {"id": {}, "href": {"format": "uri"}}, "required": ["id"]}},
            [{"id": "text", "href": URLS[0]}, {"id": "text", "href": URLS[1]}],
        ),
        ({"type": "object", "required": ["resultUrls"]}, {"resultUrls": URLS}),
        (
            {
                "type": "object",
                "required": ["kind"],
                "properties": {"kind": {"const": "image"}, "out": {"type": "array"}},
            },
            {"kind": "image", "out": URLS},
        ),
        (
            {"properties": {"data": {"type": "object", "properties": {"urls": {"type": "array"}}}}},
            {"data": {"urls": URLS}},
        ),
    ],
)
def test_urls_are_put_where_the_schema_has_room_for_them(schema: Any, wanted: Any) -> None:
    assert with_urls(schema, URLS) == wanted
