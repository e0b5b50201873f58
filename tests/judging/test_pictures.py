"""Is what a finished task delivers a picture of the promised size?"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.judging.pictures import delivered, pixel_cells, ratios, tiers
from conformance.wire.exchange import Exchange
from tests.contract.toys import contract, field, named
from tests.judging.traces import answer, creation, look, lost, picture, words

S = "page#Section"
I2I = "gpt-image-2-image-to-image"


def of(name: str, *exchanges: Exchange, model: str = "", **asked: Any) -> Any:
    given_ = {path.replace("__", "."): value for path, value in asked.items()}
    return look(named(name), creation(given_, model=model), *exchanges)


# ---------------------------------------------------------------- delivery

_UNKNOWN = {"url": "inconclusive", "picture": "inconclusive"}


@pytest.mark.parametrize(
    ("exchange", "expected"),
    [
        pytest.param(picture(), {"url": "conforms", "picture": "conforms"}, id="a-picture"),
        pytest.param(picture(status=404), {"url": "violates"}, id="gone"),
        pytest.param(picture(status=403), {"url": "violates"}, id="forbidden"),
        pytest.param(picture(status=503), _UNKNOWN, id="trouble-may-pass"),
        pytest.param(picture(status=429), _UNKNOWN, id="throttled"),
        pytest.param(lost("download"), _UNKNOWN, id="lost"),
        pytest.param(
            picture(None, None, format=None, problem="it is a page of HTML, not a picture"),
            {"url": "conforms", "picture": "violates"},
            id="a-page",
        ),
        pytest.param(
            picture(64, 64, problem="the PNG picture cannot be decoded: cut off"),
            {"url": "conforms", "picture": "violates"},
            id="cut-off",
        ),
        pytest.param(answer("download", b""), {"url": "conforms"}, id="not-looked-at"),
    ],
)
def test_what_is_delivered_is_a_picture(exchange: Exchange, expected: dict[str, str]) -> None:
    found = words(delivered(of("rules", exchange)))
    assert found == {f"result.{name}": word for name, word in expected.items()}


@pytest.mark.parametrize(
    ("name", "kind", "word"),
    [
        ("pixels", "png", "conforms"),
        ("pixels", "webp", "violates"),
        ("rules", "webp", "conforms"),
    ],
    ids=["documented", "another", "no-type-is-documented"],
)
def test_a_picture_is_of_a_documented_type(name: str, kind: str, word: str) -> None:
    assert words(delivered(of(name, picture(format=kind))))["result.picture"] == word


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ([503] * 3, _UNKNOWN),
        ([503] * 6, {"url": "violates"}),
        ([503, 429, 503, 503, 503, 503], _UNKNOWN),
        ([503] * 4 + [200], {"url": "conforms", "picture": "conforms"}),
        ([503] * 4 + [404], {"url": "violates"}),
    ],
    ids=["once", "again-at-the-end", "throttled-now-and-then", "at-last", "gone-at-last"],
)
def test_a_server_error_that_lasts_is_an_answer(asked: list[int], expected: dict[str, str]) -> None:
    found = words(delivered(of("rules", *(picture(status=status) for status in asked))))
    assert found == {f"result.{name}": word for name, word in expected.items()}


def test_each_picture_is_looked_at() -> None:
    found = list(delivered(of("rules", picture(), picture(status=404))))
    assert [(o.verdict, o.exchanges) for o in found if o.clause.endswith("url")] == [
        ("conforms", ("case/1",)),
        ("violates", ("case/2",)),
    ]


# ---------------------------------------------------------------- the table


@pytest.mark.parametrize(
    ("asked", "size", "clause", "word"),
    [
        pytest.param({"ratio": "1:1", "tier": "s"}, (64, 64), "1:1.s", "conforms", id="the-size"),
        pytest.param(
            {"ratio": "1:1", "tier": "s"}, (64, 65), "1:1.s", "violates", id="a-pixel-off"
        ),
        pytest.param({}, (64, 64), "1:1.s", "conforms", id="by-default"),
        pytest.param({"ratio": "2:1"}, (100, 50), "2:1.s", "conforms", id="an-alternative"),
        pytest.param({"ratio": "2:1"}, (50, 100), "2:1.s", "violates", id="turned"),
        pytest.param({"ratio": "auto"}, (9, 9), "1:1.s", None, id="not-in-the-table"),
    ],
)
def test_a_picture_has_a_size_that_its_cell_lists(
    asked: dict[str, str], size: tuple[int, int], clause: str, word: str | None
) -> None:
    found = words(pixel_cells(of("pixels", picture(*size), **asked)))
    assert found.get(f"result.pixels.{clause}") == word


def test_a_wrong_size_says_all_that_would_do() -> None:
    (found,) = pixel_cells(of("pixels", picture(9, 9), ratio="2:1", tier="s"))
    assert found.message == "expected 96x48 or 100x50 pixels for 2:1 at s, got 9x9"


def test_a_picture_that_cannot_be_opened_has_no_size() -> None:
    broken = picture(64, 65, problem="cut off")
    assert list(pixel_cells(of("pixels", broken, ratio="1:1"))) == []
    assert list(ratios(of("aigptimage", broken, input__aspect_ratio="21:9"))) == []


def _sized(value: str, cell: Any) -> dict[str, Any]:
    table = {
        "row_field": "ratio",
        "column_field": "tier",
        "columns": ["s"],
        "rows": {"1:1": [cell]},
    }
    return {"value": value, "source": S, "pixels": {**table, "source": S}}


@pytest.mark.parametrize(
    ("size", "word", "follows"),
    [((1, 1), "conforms", "one"), ((2, 2), "conforms", "two"), ((3, 3), "violates", "")],
)
def test_a_disputed_cell_says_which_page_the_picture_follows(
    size: tuple[int, int], word: str, follows: str
) -> None:
    made = contract(
        {"ratio": field(enum=["1:1"]), "tier": field(enum=["s"])},
        disputes={
            "d": {
                "about": "-",
                "alternatives": {"one": _sized("a", "1x1"), "two": _sized("b", "2x2")},
            }
        },
    )
    case = creation({"ratio": "1:1", "tier": "s"})
    (found,) = pixel_cells(look(made, case, picture(*size)))
    assert (found.verdict, found.follows) == (word, follows)


# ---------------------------------------------------------------- ratios


@pytest.mark.parametrize(
    ("ratio", "size", "word"),
    [
        ("16:9", (1672, 941), "conforms"),
        ("16:9", (1920, 1080), "conforms"),
        ("16:9", (1920, 1200), "violates"),
        ("16:9", (1080, 1920), "violates"),
        ("1:1", (1024, 1024), "conforms"),
        ("1:1", (1024, 1045), "violates"),
        ("21:9", (32, 14), "conforms"),
        ("auto", (7, 1), None),
    ],
)
def test_a_picture_has_the_ratio_asked_for_within_two_per_cent(
    ratio: str, size: tuple[int, int], word: str | None
) -> None:
    found = words(ratios(of("aigptimage", picture(*size), model=I2I, input__aspect_ratio=ratio)))
    assert found.get("result.pixels.ratio") == word


def test_nothing_is_promised_where_no_ratio_was_asked_for() -> None:
    assert list(ratios(of("aigptimage", picture(7, 1), model=I2I))) == []


def test_a_ratio_tells_what_was_asked_and_how_far_off_it_is() -> None:
    wide = of("aigptimage", picture(1920, 1200), model=I2I, input__aspect_ratio="16:9")
    (found,) = ratios(wide)
    assert found.value == "16:9"
    assert found.message.endswith("ratio of 16:9, got 1920x1200, which is 10% off")


def test_a_cell_of_the_table_says_more_exactly_than_its_ratio() -> None:
    """100x50 is not within 2 % of 2:1 by chance: the table lists it."""
    assert list(ratios(of("pixels", picture(9, 9), ratio="2:1", tier="s"))) == []


@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 500))
def test_a_picture_of_the_very_ratio_conforms(width: int, height: int, times: int) -> None:
    exchange = picture(width * times, height * times)
    asked = {"input__aspect_ratio": f"{width}:{height}"}
    (found,) = ratios(of("aigptimage", exchange, model=I2I, **asked))
    assert found.verdict == "conforms"


@given(st.integers(16, 4000), st.sampled_from(["16:9", "21:9", "2:3", "4:5"]))
def test_a_picture_rounded_to_whole_pixels_conforms(width: int, ratio: str) -> None:
    left, right = map(int, ratio.split(":"))
    height = max(1, round(width * right / left))
    found = ratios(of("aigptimage", picture(width, height), model=I2I, input__aspect_ratio=ratio))
    assert [o.verdict for o in found] == ["conforms"]


# ---------------------------------------------------------------- tiers


def test_a_tier_is_measured_for_the_comparison_that_several_traces_allow() -> None:
    asked = {"input__aspect_ratio": "16:9", "input__resolution": "2K"}
    (found,) = tiers(of("aigptimage", picture(200, 100), model=I2I, **asked))
    assert (found.verdict, found.value) == ("inconclusive", "2K")
    assert (found.facts["tier"], found.facts["pixels"]) == ("2K", 20_000)


def test_a_tier_left_out_is_not_taken_for_the_default_one() -> None:
    (found,) = tiers(of("aigptimage", picture(), model=I2I, input__aspect_ratio="16:9"))
    assert found.value == ""


def test_a_picture_without_a_ratio_compares_with_none() -> None:
    assert list(tiers(of("aigptimage", picture(), model=I2I, input__resolution="1K"))) == []
