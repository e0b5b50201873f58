"""How many pixels a request gets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.simulator.sizes import explicit_size, ratio_of, size_at

RATIOS = ["1:1", "5:4", "9:16", "21:9", "16:9", "4:3", "3:2", "2:3", "3:1", "1:3", "1.91:1"]


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("tier", [0, 1, 2])
def test_a_size_keeps_its_ratio_within_one_percent(ratio: str, tier: int) -> None:
    left, right = map(float, ratio.split(":"))
    width, height = size_at((left, right), tier)
    assert abs(width / height / (left / right) - 1) < 0.01


def test_the_widest_picture_of_a_tier_has_more_pixels_than_the_square_below() -> None:
    for tier in (1, 2):
        wide, square = size_at((21.0, 9.0), tier), size_at((1.0, 1.0), tier - 1)
        assert wide[0] * wide[1] > square[0] * square[1]


@given(st.floats(0.05, 20, allow_nan=False), st.integers(0, 3))
def test_no_size_is_empty_or_huge(ratio: float, tier: int) -> None:
    width, height = size_at((ratio, 1.0), tier)
    assert 1 <= width <= 4096
    assert 1 <= height <= 4096


@pytest.mark.parametrize(
    ("by_role", "size"),
    [
        ({"width": 640, "height": 480}, (640, 480)),
        ({"width": 640}, None),
        ({"size": "1024x1536"}, (1024, 1536)),
        ({"size": "1024 × 1536"}, (1024, 1536)),
        ({"size": "16:9"}, None),
        ({}, None),
    ],
)
def test_a_size_in_pixels_is_taken_from_the_fields_that_give_one(
    by_role: dict[str, object], size: tuple[int, int] | None
) -> None:
    assert explicit_size(by_role) == size


@pytest.mark.parametrize(
    ("by_role", "ratio"),
    [
        ({"aspect_ratio": "16:9"}, (16, 9)),
        ({"size": "2:3"}, (2, 3)),
        ({"aspect_ratio": "auto", "size": "2:3"}, (2, 3)),
        ({"aspect_ratio": "auto"}, (1, 1)),
        ({"aspect_ratio": "1:0"}, (1, 1)),
        ({"aspect_ratio": 7}, (1, 1)),
        ({}, (1, 1)),
    ],
)
def test_a_ratio_is_taken_from_the_fields_that_give_one(
    by_role: dict[str, object], ratio: tuple[float, float]
) -> None:
    assert ratio_of(by_role) == ratio
