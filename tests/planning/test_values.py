"""Which value of a field is plain, stands on a limit, or is plainly wrong, by an independent validator."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from conformance.compilers.formats import FORMATS
from conformance.contract.model import ABSENT, Field
from conformance.planning.images import DEFAULT_IMAGES, NO_IMAGES, Images
from conformance.planning.values import (
    FAR_TYPE,
    TINY_PNG,
    beyond,
    far_type,
    far_value,
    on_limit,
    plain,
    text_of,
)
from conformance.wire.pictures import inspect


def of(schema: dict[str, Any], **more: Any) -> Field:
    return Field(path="x", schema=schema, **more)


def valid(schema: Any, value: Any) -> bool:
    return Draft202012Validator(schema, format_checker=FORMATS).is_valid(value)


# ---------------------------------------------------------------- schemas as documents have them


def _between(low: Any, high: Any) -> st.SearchStrategy[tuple[Any, Any]]:
    return st.tuples(st.integers(low, high), st.integers(low, high)).map(lambda p: tuple(sorted(p)))


def _some(first: str, second: str, pair: tuple[Any, Any], mask: int) -> dict[str, Any]:
    """Both limits, one of them, or neither."""
    named = {first: pair[0], second: pair[1]}
    return {k: v for bit, (k, v) in zip((1, 2), named.items(), strict=True) if mask & bit}


_STRINGS = st.builds(
    lambda pair, mask: {"type": "string", **_some("minLength", "maxLength", pair, mask)},
    _between(0, 300),
    st.integers(0, 3),
)
_NUMBERS = st.builds(
    lambda kind, pair, mask: {"type": kind, **_some("minimum", "maximum", pair, mask)},
    st.sampled_from(["integer", "number"]),
    _between(-50, 5000),
    st.integers(0, 3),
)
_ARRAYS = st.builds(
    lambda pair, mask: {"type": "array", **_some("minItems", "maxItems", pair, mask)},
    _between(1, 20),
    st.integers(0, 3),
)
_OTHERS = st.sampled_from([{"type": "boolean"}, {"type": "object"}, {"type": "null"}])
_ENUMS = st.lists(st.text(min_size=1, max_size=3), min_size=1, max_size=4).map(
    lambda values: {"type": "string", "enum": values}
)
_BOUNDED = st.one_of(_STRINGS, _NUMBERS)

_ROLES = st.sampled_from([None, "prompt", "quality", "seed", "style", "passthrough", "language"])


@given(st.one_of(_BOUNDED, _OTHERS, _ENUMS), _ROLES)
def test_a_plain_value_is_valid(schema: dict[str, Any], role: str | None) -> None:
    assert valid(schema, plain(of(schema, role=role), DEFAULT_IMAGES))


@given(_ARRAYS)
def test_plain_images_are_as_many_as_are_needed(schema: dict[str, Any]) -> None:
    assert valid(schema, plain(of(schema, role="images"), DEFAULT_IMAGES))


# BUG: `plain` looks at the type alone where no role helps (all but "narrow" and "uri" fail), and positive cases carry
# what it gives: a valid request is expected to be accepted, and is invalid.
@pytest.mark.parametrize(
    "schema",
    [
        pytest.param({"type": "string", "pattern": "^[a-f]{4}$"}, id="pattern"),
        pytest.param({"type": "string", "format": "uuid"}, id="uuid"),
        pytest.param({"type": "string", "format": "email"}, id="email"),
        pytest.param({"type": "string", "format": "date-time"}, id="date-time"),
        pytest.param({"type": "array", "minItems": 2}, id="min-items"),
        pytest.param({"type": "number", "minimum": 0.1, "maximum": 0.2}, id="narrow"),
        pytest.param({"type": "integer", "minimum": 8, "maximum": 64, "multipleOf": 8}, id="step"),
        pytest.param({"type": "string", "format": "uri"}, id="uri"),
    ],
)
def test_a_plain_value_is_valid_in_every_form_of_the_format(schema: dict[str, Any]) -> None:
    value = plain(of(schema), DEFAULT_IMAGES)
    assert value is ABSENT or valid(schema, value)


# BUG: the usual value of a role is taken though it is outside the field's own limits.
@pytest.mark.parametrize(
    ("role", "schema"),
    [
        pytest.param("count", {"type": "integer", "minimum": 2, "maximum": 4}, id="count"),
        pytest.param("aspect_ratio", {"type": "string", "pattern": "^[0-9]+x[0-9]+$"}, id="ratio"),
    ],
)
def test_a_usual_value_is_not_used_outside_the_limits(role: str, schema: dict[str, Any]) -> None:
    value = plain(of(schema, role=role), DEFAULT_IMAGES)
    assert value is ABSENT or valid(schema, value)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        pytest.param(of({"enum": ["a", "b"]}, default="b"), "b", id="default-first"),
        pytest.param(of({"enum": ["a", "b"]}, default=None), None, id="null-is-a-default"),
        pytest.param(of({"enum": ["a", "b"]}, role="quality"), "a", id="then-the-first-listed"),
        pytest.param(of({"const": True}), True, id="then-the-constant"),
        pytest.param(of({"type": "string"}, role="quality"), "auto", id="then-the-usual-value"),
        pytest.param(of({"type": "integer"}, role="seed"), 1024, id="a-usual-value-of-its-type"),
        pytest.param(of({}), "plain", id="else-any"),
    ],
)
def test_the_plainest_value_is_chosen(field: Field, expected: Any) -> None:
    assert plain(field, DEFAULT_IMAGES) == expected


@pytest.mark.parametrize(
    "field",
    [
        of({"type": "array"}, role="images"),
        of({"type": "string"}, role="mask"),
        of({"type": "array"}, accepts=("image/png",)),
    ],
    ids=["images", "mask", "media-types"],
)
def test_there_is_no_plain_image_without_images(field: Field) -> None:
    assert plain(field, NO_IMAGES) is ABSENT


def test_one_image_is_a_url_and_several_are_a_list() -> None:
    url = DEFAULT_IMAGES.reference[0]
    assert plain(of({"type": "string"}, role="mask"), DEFAULT_IMAGES) == url
    assert plain(of({"type": "array"}, role="images"), DEFAULT_IMAGES) == [url]


# ---------------------------------------------------------------- limits


@given(_BOUNDED, st.data())
def test_a_value_on_the_limit_is_valid_and_one_beyond_is_not(
    schema: dict[str, Any], data: st.DataObject
) -> None:
    limits = [k for k in schema if k != "type"]
    assume(limits)
    keyword = data.draw(st.sampled_from(limits))
    assume(not (keyword == "minLength" and schema[keyword] == 0))
    field = of(schema)
    assert valid(schema, on_limit(field, keyword, DEFAULT_IMAGES))
    assert not valid(schema, on_limit(field, keyword, DEFAULT_IMAGES, off=beyond(keyword)))


@given(_ARRAYS, st.sampled_from(["images", None]), st.data())
def test_lists_on_the_limit_are_valid_and_those_beyond_are_not(
    schema: dict[str, Any], role: str | None, data: st.DataObject
) -> None:
    limits = [k for k in schema if k != "type"]
    assume(limits)
    keyword = data.draw(st.sampled_from(limits))
    field = of(schema, role=role)
    assert valid(schema, on_limit(field, keyword, DEFAULT_IMAGES))
    assert not valid(schema, on_limit(field, keyword, DEFAULT_IMAGES, off=beyond(keyword)))


@pytest.mark.parametrize(
    ("keyword", "schema"),
    [
        ("maxItems", {"type": "array", "maxItems": 2, "items": {"enum": ["a", "b"]}}),
        (
            "maxItems",
            {"type": "array", "maxItems": 2, "items": {"type": "string", "format": "uri"}},
        ),
        ("maxLength", {"type": "string", "maxLength": 200, "format": "uri"}),
    ],
    ids=["listed-elements", "url-elements", "url"],
)
def test_a_value_on_a_limit_is_valid_otherwise(keyword: str, schema: dict[str, Any]) -> None:
    value = on_limit(of(schema), keyword, DEFAULT_IMAGES)
    assert value is ABSENT or valid(schema, value)


@pytest.mark.parametrize("keyword", ["minimum", "maximum"])
def test_a_value_beyond_a_limit_breaks_nothing_else(keyword: str) -> None:
    schema = {"type": "integer", "minimum": 8, "maximum": 64, "multipleOf": 8}
    value = on_limit(of(schema), keyword, DEFAULT_IMAGES, off=beyond(keyword))
    errors = Draft202012Validator(schema).iter_errors(value)
    assert value is ABSENT or [error.validator for error in errors] == [keyword]


@given(st.integers(1, 14))
def test_images_on_a_limit_are_all_different(count: int) -> None:
    found = on_limit(of({"maxItems": count}, role="images"), "maxItems", DEFAULT_IMAGES)
    assert len(set(found)) == count


def test_a_users_own_url_stays_as_it_is() -> None:
    """It may be signed."""
    url = "https://bucket.test/cat.png?signature=abc"
    found = on_limit(of({"maxItems": 3}, role="images"), "maxItems", Images(reference=(url,)))
    assert found == [url] * 3


def test_there_are_no_images_on_a_limit_without_images() -> None:
    field = of({"minItems": 1, "maxItems": 3}, role="images")
    assert on_limit(field, "maxItems", NO_IMAGES) is ABSENT
    assert on_limit(field, "minItems", NO_IMAGES, off=-1) == []


# ---------------------------------------------------------------- texts


@given(st.integers(0, 25_000), st.sampled_from(["", "17"]))
def test_a_text_has_as_many_bytes_as_characters(length: int, seed: str) -> None:
    text = text_of(length, seed)
    assert (len(text), len(text.encode())) == (length, length)
    assert text.isprintable()


# BUG: a text may end in a space (9 of 51 lengths do; one is 2001, the first length that negativePrompt of
# gptimage2api forbids). A server that trims what it is sent then sees a permitted length.
@given(st.integers(1, 25_000))
def test_a_text_keeps_its_length_when_it_is_trimmed(length: int) -> None:
    assert len(text_of(length).strip()) == length


# ---------------------------------------------------------------- wrong values


@given(st.one_of(_BOUNDED, _ARRAYS, _OTHERS, _ENUMS))
def test_a_wrong_type_is_wrong(schema: dict[str, Any]) -> None:
    assert not valid(schema, far_type(schema["type"]))


def test_no_coercion_makes_a_wrong_type_right() -> None:
    assert isinstance(FAR_TYPE, dict)
    assert isinstance(far_type("object"), str)


@given(
    st.one_of(
        _ENUMS,
        st.lists(st.integers(0, 9), min_size=1).map(lambda v: {"type": "integer", "enum": v}),
    )
)
def test_a_value_far_from_all_others_is_of_the_right_type(schema: dict[str, Any]) -> None:
    value = far_value(of(schema))
    assert valid({"type": schema["type"]}, value)
    assert not valid(schema, value)


def test_a_value_far_from_true_is_false() -> None:
    assert far_value(of({"type": "boolean", "const": True})) is False


def test_an_unknown_model_says_that_it_is_one() -> None:
    assert far_value(of({"type": "string", "enum": ["a"]}, role="model")) == "no-such-model"


def test_the_picture_in_base64_is_a_picture() -> None:
    head, _, data = TINY_PNG.partition(",")
    found = inspect(base64.b64decode(data, validate=True))
    assert (head, found.problem) == ("data:image/png;base64", None)
    assert (found.width, found.height) == (1, 1)
