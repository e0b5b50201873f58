"""Where a path points, and what `put` makes on the way there."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.contract.paths import find, put, steps

REPLY = {
    "data": [{"id": "a", "urls": ["u1", "u2"]}, {"id": "b", "urls": ["u3"]}, {"urls": []}],
    "code": 200,
    "nothing": None,
    "nested": [[1, 2], [3]],
    "text": "data",
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("code", ("code",)),
        ("data.resultJson", ("data", "resultJson")),
        ("data[0].task_id", ("data", 0, "task_id")),
        ("result.data[].url", ("result", "data", None, "url")),
        ("a[10][]", ("a", 10, None)),
        ("X-Request-ID", ("X-Request-ID",)),
        ("google/nano banana.x", ("google/nano banana", "x")),
    ],
)
def test_a_path_is_read_in_steps(path: str, expected: tuple[str | int | None, ...]) -> None:
    assert steps(path) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("code", [200], id="key"),
        pytest.param("data[1].id", ["b"], id="index"),
        pytest.param("data[].id", ["a", "b"], id="every-element-that-has-it"),
        pytest.param("data[].urls[]", ["u1", "u2", "u3"], id="every-element-of-every-element"),
        pytest.param("nested[][]", [1, 2, 3], id="lists-in-lists"),
        pytest.param("nested[1]", [[3]], id="a-list-is-a-value"),
        pytest.param("nothing", [None], id="null-is-a-value"),
        pytest.param("missing", [], id="missing"),
        pytest.param("data[7].id", [], id="index-too-high"),
        pytest.param("nothing.inside", [], id="inside-null"),
        pytest.param("text.inside", [], id="inside-text"),
        pytest.param("text[0]", [], id="text-is-no-list"),
        pytest.param("data.id", [], id="list-is-no-object"),
        pytest.param("code[]", [], id="number-is-no-list"),
    ],
)
def test_every_value_at_a_path_is_found(path: str, expected: list[Any]) -> None:
    assert find(REPLY, path) == expected


@pytest.mark.parametrize("document", [None, 7, "text", [], True])
def test_what_is_no_object_has_no_keys(document: Any) -> None:
    assert find(document, "key") == []


@pytest.mark.parametrize(
    ("before", "path", "after"),
    [
        pytest.param({}, "a", {"a": 1}, id="key"),
        pytest.param({}, "a.b.c", {"a": {"b": {"c": 1}}}, id="objects-are-made"),
        pytest.param({}, "a[]", {"a": [1]}, id="one-element"),
        pytest.param({}, "a[].b", {"a": [{"b": 1}]}, id="object-in-a-list"),
        pytest.param({}, "a[2]", {"a": [None, None, 1]}, id="holes-are-null"),
        pytest.param({"a": {"x": 0}}, "a.b", {"a": {"x": 0, "b": 1}}, id="neighbours-stay"),
        pytest.param({"a": [5, 6]}, "a[1]", {"a": [5, 1]}, id="other-elements-stay"),
        pytest.param({"a": "text"}, "a.b", {"a": {"b": 1}}, id="what-is-in-the-way-goes"),
        pytest.param({"a": {"b": 0}}, "a[0]", {"a": [1]}, id="object-gives-way-to-list"),
        pytest.param({"a": {"b": 0}}, "a", {"a": 1}, id="value-is-replaced"),
    ],
)
def test_a_value_is_put_where_the_path_points(before: Any, path: str, after: Any) -> None:
    document = deepcopy(before)
    put(document, path, 1)
    assert document == after


# ---------------------------------------------------------------- laws

_KEYS = st.text("abcXYZ-_/ 0:", min_size=1, max_size=4)
_PLACES = st.builds(
    lambda first, rest: first + "".join(rest),
    _KEYS,
    st.lists(
        st.one_of(_KEYS.map(".{}".format), st.integers(0, 3).map("[{}]".format), st.just("[]")),
        max_size=4,
    ),
)
_VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=3), st.just([1]))


@given(_PLACES, _VALUES)
def test_what_was_put_is_found(path: str, value: Any) -> None:
    document: dict[str, Any] = {}
    put(document, path, value)
    assert find(document, path) == [value]


@given(_PLACES, _VALUES, _VALUES)
def test_the_last_value_put_counts(path: str, first: Any, last: Any) -> None:
    once: dict[str, Any] = {}
    twice: dict[str, Any] = {}
    put(once, path, last)
    put(twice, path, first)
    put(twice, path, last)
    assert twice == once


@given(_PLACES, _PLACES, _VALUES)
def test_putting_elsewhere_disturbs_nothing(one: str, other: str, value: Any) -> None:
    document: dict[str, Any] = {}
    put(document, f"left.{one}", value)
    put(document, f"right.{other}", value)
    assert find(document, f"left.{one}") == [value]
