"""How does a command line become values, and what is said about one that cannot?"""

from __future__ import annotations

import argparse
import difflib
import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import NoReturn

from conformance.errors import UsageError

__all__ = ["Parser", "add_waits", "did_you_mean", "one_of", "pair", "seconds", "speed", "whole"]

_ABOUT_A_FLAG = re.compile(r"argument (?:\S+/)?(?P<flag>\S+): (?P<problem>.*)", re.DOTALL)
_REQUIRED = re.compile(r"the following arguments are required: (?P<names>.*)")


class Parser(argparse.ArgumentParser):
    """
    The arguments of one command; every mistake is a `UsageError` of one sentence.

    Args:
        name: The command, "" for the program itself.
        examples: Lines that end the help.
        more_help: Gives what stands before the examples, asked for only when the help is shown.
    """

    def __init__(
        self,
        name: str,
        *,
        description: str,
        examples: str = "",
        more_help: Callable[[], str] | None = None,
    ) -> None:
        super().__init__(
            prog=f"conformance {name}".strip(),
            description=description,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,  # an abbreviation that works today is ambiguous with the next flag
        )
        self.examples = examples
        self.more_help = more_help

    def read(self, words: Sequence[str]) -> argparse.Namespace:
        """
        The values of a command line; flags and names may stand in any order.

        Raises:
            UsageError: It cannot be understood; says why, with the nearest right word.
        """
        values, rest = self.parse_known_intermixed_args(words)
        if rest:
            self.refuse(next((word for word in rest if word.startswith("-")), rest[0]))
        return values

    def refuse(self, word: str) -> NoReturn:
        """Raise about a word that means nothing here."""
        if not word.startswith("-"):
            self.error(f"{word!r} is one argument too many")
        name = word.partition("=")[0]
        flags = [flag for action in self._actions for flag in action.option_strings]
        self.error(f"unknown flag {name}{did_you_mean(name, flags)}")

    def format_help(self) -> str:
        """The help: argparse's, then what only this command has, then the examples."""
        parts = [super().format_help()]
        if self.more_help is not None:
            parts.append(self.more_help().rstrip() + "\n")
        if self.examples:
            parts.append(f"examples:\n{self.examples.rstrip()}\n")
        return "\n".join(parts)

    def error(self, message: str) -> NoReturn:
        """Raise what argparse found wrong, in our words."""
        raise UsageError(f"{_rephrased(message)}; see `{self.prog} --help`")


def _rephrased(message: str) -> str:
    about = _ABOUT_A_FLAG.fullmatch(message)
    if about is not None:
        problem = about["problem"]
        if problem.startswith("expected one argument"):
            problem = "needs a value"
        return f"{about['flag']} {problem}"
    required = _REQUIRED.fullmatch(message)
    return f"{required['names']} is missing" if required is not None else message


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` (did you mean 'check'?)`, or nothing where no known word is near."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" (did you mean {near[0]!r}?)" if near else ""


# --- kinds of values; argparse puts the flag's name before the problem ---


def one_of(*words: str) -> Callable[[str], str]:
    """One of a few words."""

    def read(text: str) -> str:
        if text not in words:
            listed = ", ".join(words[:-1]) + f" or {words[-1]}" if len(words) > 1 else words[0]
            raise argparse.ArgumentTypeError(
                f"is {text!r}, expected {listed}{did_you_mean(text, words)}"
            )
        return text

    setattr(read, "words", words)  # noqa: B010  # for shells; mypy knows no attributes of functions
    return read


def whole(lowest: int) -> Callable[[str], int]:
    """A whole number of at least `lowest`."""

    def read(text: str) -> int:
        if not re.fullmatch(r"[+-]?\d{1,18}", text, re.ASCII) or int(text) < lowest:
            problem = f"is {text!r}, expected a whole number of at least {lowest}"
            raise argparse.ArgumentTypeError(problem)
        return int(text)

    return read


def seconds(text: str) -> float:
    """A number of seconds, 0 or more."""
    value = _number(text)
    if value is None or value < 0:
        raise argparse.ArgumentTypeError(f"is {text!r}, expected a number of seconds, such as 2.5")
    return value


def add_waits(group: argparse._ArgumentGroup) -> None:
    """Add the flags that set the documented polling advice aside, for every command that polls tasks."""
    group.add_argument(
        "--poll-interval",
        metavar="S",
        type=seconds,
        help="seconds between polls, not as documented",
    )
    group.add_argument(
        "--poll-delay", metavar="S", type=seconds, help="seconds before the first poll of a task"
    )
    group.add_argument(
        "--timeout",
        metavar="S",
        type=seconds,
        help="seconds to wait for a task before giving it up",
    )


def money(text: str) -> float:
    """An amount above 0, in the unit that a contract prices in."""
    value = _number(text)
    if value is None or value <= 0:
        raise argparse.ArgumentTypeError(f"is {text!r}, expected an amount above 0, such as 2.5")
    return value


def speed(text: str) -> float:
    """How many times faster than real time, above 0."""
    value = _number(text)
    if value is None or value <= 0:
        raise argparse.ArgumentTypeError(f"is {text!r}, expected a number above 0, such as 100")
    return value


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def pair(text: str) -> tuple[str, str]:
    """`NAME=VALUE` as its two parts."""
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise argparse.ArgumentTypeError(f"is {text!r}, expected DISPUTE=ALTERNATIVE")
    return name, value
