"""What does a plain scalar mean? (YAML 1.2 core schema: `1:1` and `no` are text.)"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["plain_value"]

_MAX_DIGITS: Final = 40

_WORDS: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER: Final = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE: Final = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


def plain_value(text: str) -> Any:
    """
    The value of a plain scalar.

    Raises:
        ValueError: It is a number, but infinite, not a number, or of more than 40 digits.

    Source: YAML 1.2.2, section 10.3.2.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"found {text}, expected a finite number (or a word in quotes)")
    if _INTEGER.fullmatch(text):
        # Python refuses to read thousands of digits, and arithmetic on them overflows floats.
        if len(text) > _MAX_DIGITS:
            raise ValueError(f"found a number of {len(text)} digits, expected a shorter one")
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        return int(text, base)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if math.isinf(number):
            raise ValueError(f"found '{text[:_MAX_DIGITS]}', expected a finite number")
        return number
    return text
