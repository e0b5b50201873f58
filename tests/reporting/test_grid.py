from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from conformance.reporting.grid import Box, grid, wrapped
from conformance.reporting.text import render

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1)


def drawn(rows: list[list[str]], width: int) -> list[str]:
    boxes = [[Box([text]) for text in row] for row in rows]
    return render(grid(boxes, width=width), width=width).splitlines()


@given(st.lists(WORDS, max_size=20), st.integers(1, 40))
def test_wrapping_loses_nothing_and_keeps_the_width(words: list[str], width: int) -> None:
    lines = wrapped(" ".join(words), width)
    assert "".join("".join(lines).split()) == "".join(words)
    assert all(len(text) <= width for text in lines)


def test_words_stay_whole_where_they_fit() -> None:
    assert wrapped("one two three", 9) == ["one two", "three"]


def test_a_long_word_breaks_after_punctuation() -> None:
    assert wrapped("gpt-image-2-edit", 10) == ["gpt-image-", "2-edit"]


def test_a_table_is_as_wide_as_it_may_be() -> None:
    lines = drawn([["", "a", "b"], ["row", "x " * 40, "y"]], width=60)
    assert max(map(len, lines)) <= 60
    assert sum(line.count("x") for line in lines) == 40


def test_an_item_of_a_list_hangs_under_its_first_word() -> None:
    rows = [[Box(["r"]), Box(["- one two three four"])]]
    text = render(grid([[Box([""]), Box(["a"])], *rows], width=32, first=16), width=32)
    assert "- one two" in text
    assert "\n                    three four" in text or "\n                  " in text


def test_where_columns_are_too_narrow_cells_stand_below_each_other() -> None:
    lines = drawn([["", "a", "b", "c"], ["row", "1", "2", "3"]], width=40)
    assert lines == ["row", "  a: 1", "  b: 2", "  c: 3"]
