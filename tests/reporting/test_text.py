from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.reporting.text import Line, Span, amount, columns, line, plural, printable, render


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, Käse, 画像", "plain text, Käse, 画像"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\nb\rc", "a\\nb\\rc"),
        ("\x9b31m", "\\x9b31m"),
        ("abc\u202egnp", "abc\\u202egnp"),
        ("\u2028", "\\u2028"),
        ("\ud800", "\\ud800"),
        ("\x00\x7f", "\\x00\\x7f"),
    ],
)
def test_what_does_not_print_is_written_as_an_escape(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.lists(st.text(st.characters()), min_size=1), st.integers(0, 120), st.booleans())
def test_no_text_reaches_the_terminal_unescaped(parts: list[str], width: int, whole: bool) -> None:
    rendered = render([line(*parts, indent=2, hang=4, whole=whole)], width=width)
    assert all(row.isprintable() for row in rendered.rstrip("\n").split("\n"))
    assert rendered.endswith("\n")


@given(st.lists(st.text(st.characters()), min_size=1), st.integers(0, 120))
def test_breaking_a_line_loses_nothing_but_spaces(parts: list[str], width: int) -> None:
    rendered = render([line(*parts, indent=3, hang=2)], width=width)
    expected = "".join(map(printable, parts))
    assert rendered.replace(" ", "").replace("\n", "") == expected.replace(" ", "")


def test_long_lines_are_broken_between_words_and_hang() -> None:
    text = render(
        [line("one two three four five six seven eight nine ten", indent=2, hang=3)], width=40
    )
    assert text == "  one two three four five six seven\n     eight nine ten\n"


def test_a_whole_line_is_never_broken() -> None:
    command = "curl " + "x " * 100
    assert render([Line(spans=(Span(command),), whole=True)], width=40) == command.rstrip() + "\n"


def test_colour_is_an_escape_sequence_of_ours_around_escaped_text() -> None:
    assert render([line(Span("a\x1b", "red"))], colour=True) == "\x1b[1;31ma\\x1b\x1b[0m\n"
    assert render([line(Span("a", "red"))]) == "a\n"


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    lines = columns([("NAME", "N"), ("ab", "7"), ("a", "123")], right=(1,))
    assert render(lines) == "NAME    N\nab      7\na     123\n"


def test_amounts_and_plurals() -> None:
    assert amount(41.0, "credits") == "41 credits"
    assert amount(0.30000000000000004, "USD") == "0.3 USD"
    assert amount(0.0, "") == "no price"
    assert (plural(1, "request"), plural(2, "request")) == ("1 request", "2 requests")
