"""Which few rows hold every permitted combination of t values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.planning.covering import Space, cover, most_rivals

Forbidden = list[dict[int, int]]
Combination = frozenset[tuple[int, int]]

SIZES = st.lists(st.integers(1, 4), min_size=1, max_size=5)


@st.composite
def spaces(draw: st.DrawFn) -> tuple[list[int], Forbidden]:
    """A few parameters, and combinations of one to three values that must not stand together."""
    sizes = draw(SIZES)
    one = st.dictionaries(st.integers(0, len(sizes) - 1), st.integers(0, 3), min_size=1, max_size=3)
    some = draw(st.lists(one, max_size=5))
    return sizes, [f for f in some if all(v < sizes[p] for p, v in f.items())]


def permitted(sizes: Sequence[int], forbidden: Forbidden) -> list[tuple[int, ...]]:
    """Every row there can be, by trying them all."""
    rows = product(*(range(n) for n in sizes))
    return [r for r in rows if not any(all(r[p] == v for p, v in f.items()) for f in forbidden)]


def shown(rows: Sequence[Sequence[int]], strength: int) -> set[Combination]:
    return {frozenset(c) for row in rows for c in combinations(enumerate(row), strength)}


@given(spaces(), st.integers(1, 3), st.integers(0, 3))
def test_every_permitted_combination_and_no_forbidden_row(
    space: tuple[list[int], Forbidden], strength: int, seed: int
) -> None:
    sizes, forbidden = space
    strength = min(strength, len(sizes))
    possible = permitted(sizes, forbidden)
    rows = cover(Space(sizes, forbidden), strength, seed=seed, moves=50)
    assert set(rows) <= set(possible)
    assert shown(rows, strength) == shown(possible, strength)


@given(spaces(), st.integers(1, 2))
def test_no_array_has_fewer_rows_than_there_are_rivals(
    space: tuple[list[int], Forbidden], strength: int
) -> None:
    sizes, forbidden = space
    rows = cover(Space(sizes, forbidden), strength, moves=200)
    assert most_rivals(Space(sizes, forbidden), strength) <= len(rows)


@given(spaces(), st.integers(0, 3))
def test_the_same_arguments_give_the_same_rows(
    space: tuple[list[int], Forbidden], seed: int
) -> None:
    first, second = (cover(Space(*space), 2, seed=seed, moves=50) for _ in range(2))
    assert first == second


@given(spaces(), st.data())
def test_what_earlier_rows_show_is_not_asked_again(
    space: tuple[list[int], Forbidden], data: st.DataObject
) -> None:
    sizes, forbidden = space
    possible = permitted(sizes, forbidden)
    given_ = data.draw(st.lists(st.sampled_from(possible), max_size=3)) if possible else []
    rows = cover(Space(sizes, forbidden), 2, given=given_, moves=50)
    strength = min(2, len(sizes))
    assert shown([*rows, *given_], strength) == shown(possible, strength)
    assert not any(
        shown([row], strength) <= shown([*given_, *(r for r in rows if r is not row)], strength)
        for row in rows
    )


def test_an_earlier_row_may_have_values_of_its_own_and_break_the_rules() -> None:
    space = Space([2, 2, 2], [{0: 0, 1: 0}])
    rows = cover(space, 2, given=[(0, 0, None), (None, 1, 1)])
    assert set(rows) <= {(0, 1, 0), (0, 1, 1), (1, 0, 0), (1, 0, 1), (1, 1, 0), (1, 1, 1)}
    assert shown([*rows, (9, 1, 1)], 2) >= shown(permitted([2, 2, 2], [{0: 0, 1: 0}]), 2)


@pytest.mark.parametrize(
    ("sizes", "strength", "best"),
    [
        ([3, 3, 3, 3], 2, 9),
        ([2] * 10, 2, 6),
        ([4, 4, 4, 4, 4], 2, 16),
        ([12, 4, 3, 2, 2], 2, 48),
        ([2] * 5, 3, 10),
    ],
    ids=str,
)
def test_as_few_rows_as_are_known_to_do(sizes: list[int], strength: int, best: int) -> None:
    """The sizes are those of the tables of best known arrays; the search has to find them."""
    assert len(cover(Space(sizes), strength)) == best


def test_values_that_exclude_each_other_are_rivals_like_those_of_one_parameter() -> None:
    """Three names for one thing with two values each, of which one must be given: six values of one parameter."""
    names = [{a: v, b: w} for a, b in combinations(range(3), 2) for v in (0, 1) for w in (0, 1)]
    required: Mapping[int, int] = {0: 2, 1: 2, 2: 2}
    space = Space([3, 3, 3, 5], [*names, dict(required)])
    assert most_rivals(space, 2) == 30
    assert len(cover(space, 2)) == 30


def test_where_nothing_is_permitted_there_is_no_row() -> None:
    assert cover(Space([2, 1], [{0: 0, 1: 0}, {0: 1}]), 2) == []
