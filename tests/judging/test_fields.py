"""Does one field of a reply hold what is documented?"""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from conformance.contract.model import ReplyField
from conformance.judging.fields import decoded, is_type, problem_with, seconds_of, type_name

TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")


def described(path: str = "x", **more: Any) -> ReplyField:
    return ReplyField(path=path, **more)


# ---------------------------------------------------------------- types

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip


@given(_JSON, st.sampled_from(TYPES))
def test_types_are_those_of_json_schema(value: Any, name: str) -> None:
    assume(not (isinstance(value, float) and abs(value) == float("inf")))
    assert is_type(value, name) is Draft202012Validator({"type": name}).is_valid(value)


@given(_JSON)
def test_the_name_of_a_type_is_one_that_the_value_has(value: Any) -> None:
    assert is_type(value, type_name(value))


# ---------------------------------------------------------------- what is wrong with a field


@pytest.mark.parametrize(
    ("field", "body"),
    [
        pytest.param(described(types=("string",)), {"x": "a"}, id="type"),
        pytest.param(described(types=("string", "null")), {"x": None}, id="one-of-two-types"),
        pytest.param(described(types=("integer",)), {"x": 3.0}, id="a-whole-number"),
        pytest.param(described(types=("number",)), {"x": 3}, id="an-integer-is-a-number"),
        pytest.param(described(), {"x": {"any": "thing"}}, id="any-value"),
        pytest.param(described(required=False), {}, id="may-be-missing"),
        pytest.param(described("a[].b", types=("string",)), {"a": [{"b": "1"}, {"b": "2"}]}, id="each"),
        pytest.param(described(schema={"const": 200}), {"x": 200}, id="const"),
        pytest.param(described(schema={"enum": ["a", None]}), {"x": "a"}, id="enum"),
        pytest.param(described(schema={"minLength": 1}), {"x": "a"}, id="min-length"),
        pytest.param(described(types=("string", "null"), schema={"minLength": 1}), {"x": None}, id="null"),
        pytest.param(described(schema={"items": {"format": "uri"}}), {"x": ["https://a/ b"]}, id="urls"),
        pytest.param(described(schema={"minimum": 0, "maximum": 100}), {"x": 100}, id="range"),
        pytest.param(described(types=("string",), decode="json"), {"x": "[1]"}, id="json-in-a-string"),
        pytest.param(described(decode="json", content={"required": ["a"]}), {"x": '{"a": 1}'}, id="content"),
        pytest.param(described("$headers.x-a", types=("string",)), {"$headers": {"x-a": "1"}}, id="header"),
    ],
)  # fmt: skip
def test_nothing_is_wrong(field: ReplyField, body: Any) -> None:
    assert problem_with(field, body) is None


@pytest.mark.parametrize(
    ("field", "body", "problem"),
    [
        pytest.param(described(), {}, "expected x, got a reply without it", id="missing"),
        pytest.param(described(), None, "expected x, got a reply without it", id="no-json"),
        pytest.param(described(), [1], "expected x, got a reply without it", id="no-object"),
        pytest.param(
            described(types=("string",)),
            {"x": 7},
            "expected x of type string, got 7 (integer)",
            id="type",
        ),
        pytest.param(
            described(types=("string", "null")),
            {"x": []},
            "expected x of type string or null, got [] (array)",
            id="neither-type",
        ),
        pytest.param(
            described(types=("integer",)),
            {"x": True},
            "expected x of type integer, got true (boolean)",
            id="true-is-no-number",
        ),
        pytest.param(
            described("a[].b", types=("string",)),
            {"a": [{"b": "1"}, {"b": 2}]},
            "expected a[].b of type string, got 2 (integer)",
            id="any-of-several",
        ),
        pytest.param(described(schema={"const": 200}), {"x": 201}, "expected x 200, got 201", id="const"),
        pytest.param(described(schema={"const": 1}), {"x": True}, "expected x 1, got true", id="true-is-not-1"),
        pytest.param(described(schema={"const": 1}), {"x": None}, "expected x 1, got null", id="null"),
        pytest.param(
            described(schema={"enum": ["a", "b"]}),
            {"x": "c"},
            "expected x as documented, got c: it is none of a, b",
            id="enum",
        ),
        pytest.param(
            described(schema={"minLength": 1}),
            {"x": ""},
            "expected x as documented, got : it is empty",
            id="empty",
        ),
        pytest.param(
            described(schema={"minItems": 1}),
            {"x": []},
            "expected x as documented, got []: it has 0 elements, expected at least 1",
            id="no-elements",
        ),
        pytest.param(
            described(schema={"items": {"format": "uri"}}),
            {"x": ["picture-1"]},
            "expected x as documented, got [\"picture-1\"]: 'picture-1' is not a 'uri'",
            id="no-url",
        ),
        pytest.param(
            described(decode="json"),
            {"x": {"a": 1}},
            "expected x to be JSON in a string, got object",
            id="not-in-a-string",
        ),
        pytest.param(
            described(decode="json"),
            {"x": "a=1"},
            "expected x to be JSON in a string, got a=1",
            id="no-json-in-the-string",
        ),
        pytest.param(
            described(decode="json", content={"required": ["a"]}),
            {"x": "{}"},
            "expected the JSON in x as documented, got {}: 'a' is a required property",
            id="content",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_says_expected_and_got(field: ReplyField, body: Any, problem: str) -> None:
    assert problem_with(field, body) == problem


@given(_JSON, st.lists(st.sampled_from(TYPES), max_size=2, unique=True).map(tuple))
def test_the_types_of_a_field_are_judged_as_json_schema_judges_them(
    value: Any, types: tuple[str, ...]
) -> None:
    assume(not (isinstance(value, float) and abs(value) == float("inf")))
    schema = {"type": list(types)} if types else {}
    problem = problem_with(described(types=types), {"x": value})
    assert (problem is None) is Draft202012Validator(schema).is_valid(value)


_SIMPLE = st.fixed_dictionaries(
    {},
    optional={
        "minLength": st.integers(0, 3),
        "minItems": st.integers(0, 3),
        "enum": st.lists(st.sampled_from(["a", 1, True, 0, False]), min_size=1, max_size=3),
    },
)


@given(_SIMPLE, st.sampled_from(["", "a", "abcd", 1, True, 0, False, 1.0, [], [1, 2], {"a": 1}]))
def test_keywords_checked_by_hand_are_judged_as_json_schema_judges_them(
    schema: dict[str, Any], value: Any
) -> None:
    problem = problem_with(described(schema=schema), {"x": value})
    assert (problem is None) is Draft202012Validator(schema).is_valid(value)


@pytest.mark.parametrize("text", ["", "a=1", "{", "NaN", 7, None])
def test_what_holds_no_json_equals_nothing(text: Any) -> None:
    assert decoded(text) not in (None, "", text)
    assert decoded(text) is decoded("not json")


def test_json_inside_a_string_that_is_too_deep_to_be_read_accuses_nobody() -> None:
    assert decoded("[" * 100_000) not in (None, "", decoded("not json"))
    assert problem_with(described(decode="json"), {"x": "[" * 150 + "]" * 150}) is None


@pytest.mark.parametrize(("text", "value"), [("null", None), ("[1]", [1]), ('"a"', "a")])
def test_json_inside_a_string_is_read(text: str, value: Any) -> None:
    assert decoded(text) == value


# ---------------------------------------------------------------- times


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        pytest.param(1_757_584_164, "s", 1_757_584_164, id="seconds"),
        pytest.param(1_757_584_164_490, "ms", 1_757_584_164.49, id="milliseconds"),
        pytest.param(1_757_584_164.5, "s", 1_757_584_164.5, id="parts-of-seconds"),
        pytest.param("2026-04-22T09:00:00.000Z", "iso8601", 1_776_848_400, id="zulu"),
        pytest.param("2026-04-22T11:00:00+02:00", "iso8601", 1_776_848_400, id="offset"),
        pytest.param("2026-04-22 09:00:00Z", "iso8601", 1_776_848_400, id="space"),
        pytest.param("20260422T090000Z", "iso8601", 1_776_848_400, id="basic-form"),
        pytest.param("2026-04-22T09:00:00.1234567Z", "iso8601", 1_776_848_400.123456, id="digits"),
        pytest.param(1_757_584_164_490, "s", None, id="milliseconds-are-no-seconds"),
        pytest.param(1_757_584_164, "ms", None, id="seconds-are-no-milliseconds"),
        pytest.param(0, "s", None, id="zero"),
        pytest.param(True, "s", None, id="true"),
        pytest.param("1757584164", "s", None, id="text-is-no-number"),
        pytest.param(None, "ms", None, id="null"),
        pytest.param(1_757_584_164, "iso8601", None, id="a-number-is-no-text"),
        pytest.param("last Wednesday at nine", "iso8601", None, id="words"),
        pytest.param("2026-04-22", "iso8601", None, id="a-date-is-no-time"),
        pytest.param("2026-13-45T99:00:00Z", "iso8601", None, id="no-such-day"),
        pytest.param("", "iso8601", None, id="nothing"),
    ],
)
def test_a_time_is_read_in_its_unit(value: Any, unit: str, expected: float | None) -> None:
    assert seconds_of(value, unit) == (None if expected is None else pytest.approx(expected))


@given(st.integers(0, 10**16))
def test_no_number_is_a_time_in_both_units(value: int) -> None:
    assert seconds_of(value, "s") is None or seconds_of(value, "ms") is None


@given(st.datetimes(), st.sampled_from(["Z", "+00:00"]))
def test_any_time_of_day_is_a_time(moment: Any, zone: str) -> None:
    assume(1 < moment.year < 9999)
    assert seconds_of(moment.isoformat() + zone, "iso8601") is not None


def test_a_time_without_a_zone_is_the_same_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for zone in ("UTC", "Asia/Tokyo"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        found.append(seconds_of("2026-04-22T09:00:00", "iso8601"))
    monkeypatch.undo()
    time.tzset()
    assert found[0] == found[1]
