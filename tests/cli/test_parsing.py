from __future__ import annotations

import pytest

from conformance.cli.parsing import Parser, did_you_mean, one_of, pair, seconds, speed, whole
from conformance.errors import UsageError


def parser() -> Parser:
    made = Parser("try", description="what it does", examples="  conformance try")
    made.add_argument("names", metavar="NAME", nargs="*")
    made.add_argument("--level", type=one_of("must", "implied", "any"), default="any")
    made.add_argument("--count", type=whole(0))
    made.add_argument("--wait", type=seconds)
    made.add_argument("--speed", type=speed)
    made.add_argument("--choose", type=pair, action="append")
    made.add_argument("--yes", action="store_true")
    return made


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--levle", "must"], "unknown flag --levle (did you mean '--level'?)"),
        (["--levle=must"], "unknown flag --levle (did you mean '--level'?)"),
        (["--zzzzzz"], "unknown flag --zzzzzz"),
        (["--lev", "must"], "unknown flag --lev (did you mean '--level'?)"),
        (["--level"], "--level needs a value"),
        (
            ["--level", "musst"],
            "--level is 'musst', expected must, implied or any (did you mean 'must'?)",
        ),
        (["--count", "-1"], "--count is '-1', expected a whole number of at least 0"),
        (["--count", "1.5"], "--count is '1.5', expected a whole number of at least 0"),
        (["--count", "9" * 40], f"--count is '{'9' * 40}', expected a whole number of at least 0"),
        (["--wait", "1m"], "--wait is '1m', expected a number of seconds, such as 2.5"),
        (["--wait", "nan"], "--wait is 'nan', expected a number of seconds, such as 2.5"),
        (["--wait", "inf"], "--wait is 'inf', expected a number of seconds, such as 2.5"),
        (["--speed", "0"], "--speed is '0', expected a number above 0, such as 100"),
        (["--choose", "sizing"], "--choose is 'sizing', expected DISPUTE=ALTERNATIVE"),
        (["--yes=1"], "--yes ignored explicit argument '1'"),
    ],
)
def test_a_mistake_is_one_sentence_with_the_nearest_right_word(
    words: list[str], sentence: str
) -> None:
    with pytest.raises(UsageError) as caught:
        parser().read(words)
    assert str(caught.value) == f"{sentence}; see `conformance try --help`"


def test_flags_and_names_may_stand_in_any_order() -> None:
    values = parser().read(["a", "--yes", "b", "--count", "3", "c", "--choose", "x=y=z"])
    assert (values.names, values.yes, values.count) == (["a", "b", "c"], True, 3)
    assert values.choose == [("x", "y=z")]


def test_what_is_missing_is_named() -> None:
    made = Parser("try", description="")
    made.add_argument("vendor", metavar="VENDOR")
    with pytest.raises(UsageError, match="VENDOR is missing"):
        made.read([])
    with pytest.raises(UsageError, match="'b' is one argument too many"):
        made.read(["a", "b"])


def test_the_help_ends_with_the_examples() -> None:
    made = Parser(
        "try", description="", examples="  conformance try", more_help=lambda: "more:\n  x"
    )
    assert made.format_help().endswith("more:\n  x\n\nexamples:\n  conformance try\n")


def test_far_words_are_not_suggested() -> None:
    assert did_you_mean("check", ["zebra"]) == ""
    assert did_you_mean("chekc", ["check", "plan"]) == " (did you mean 'check'?)"
