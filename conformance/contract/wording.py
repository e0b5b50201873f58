"""How are values and words shown in an error, and which word was probably meant?"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from conformance.contract.scalars import plain_value

__all__ = ["did_you_mean", "either", "listed", "nearest", "one_of", "printable", "shown"]

_MAX_WORDS: Final = 12
_MAX_SHOWN: Final = 60


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant; None if none is close."""
    if len(word) > _MAX_SHOWN:  # nobody misspells so much, and comparing takes quadratic time
        return None
    by_lower = {each.lower(): each for each in known}
    close = difflib.get_close_matches(word.lower(), by_lower, n=1)
    return by_lower[close[0]] if close else None


def shown(value: Any) -> str:
    """A value as errors show it: one line, about 60 characters at most, none of them control."""
    match value:
        case str():
            return f"'{_shortened(printable(value[: _MAX_SHOWN + 1]))}'"
        case None:
            return "nothing (null)"
        case bool():
            return str(value).lower()
        case dict():
            return f"a mapping with {listed(value, most=3)}" if value else "an empty mapping"
        case list():
            return f"a list of {len(value)}" if value else "an empty list"
    return _shortened(printable(str(value)))


def _shortened(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 3] + "..."


def printable(text: str) -> str:
    """The text with whatever could act on a terminal escaped."""
    if text.isprintable():
        return text
    escaped = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return "".join(escaped)


def did_you_mean(word: str | None) -> str:
    """A hint to add to a sentence; nothing where no word is close."""
    return f" (did you mean {shown(word)}?)" if word else ""


def one_of(words: Sequence[Any]) -> str:
    """The words that could stand there."""
    return f"one of {listed(words)}" if len(words) > 1 else shown(words[0])


def listed(words: Iterable[Any], *, most: int = _MAX_WORDS) -> str:
    """The first words, and how many there are if that is not all."""
    known = list(words)
    texts = ", ".join(_word(word) for word in known[:most])
    return texts if len(known) <= most else f"{texts}, ... ({len(known)} in all)"


def _word(word: Any) -> str:
    """A word without quotes where YAML needs none."""
    if not isinstance(word, str) or not re.fullmatch(r"[\w$][\w$./:+-]*", word):
        return shown(word)
    try:
        return _shortened(word) if isinstance(plain_value(word), str) else shown(word)
    except ValueError:  # a number, too long
        return shown(word)


def either(phrases: Sequence[str]) -> str:
    """Phrases, the last behind an "or"."""
    *others, last = phrases
    return f"{', '.join(others)} or {last}" if others else last
