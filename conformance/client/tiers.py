"""Which spelling has a size, a ratio or a resolution at this vendor?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

__all__ = ["Size", "ratio_in", "same_word", "size_in", "spelt_tier", "tier_in"]

Size = tuple[int, int]

_PIXELS = re.compile(r"\s*(\d{1,5})\s*[xX×*]\s*(\d{1,5})\s*")
_RATIO = re.compile(r"\s*(\d{1,5}(?:\.\d{1,3})?)\s*[:/]\s*(\d{1,5}(?:\.\d{1,3})?)\s*")
_TIER = re.compile(r"\s*(\d{1,2}(?:\.\d)?)\s*[kK]\s*")
_EDGE = re.compile(r"\s*(\d{3,5})\s*")


def size_in(value: Any) -> Size | None:
    """Width and height in `1024x768`, `1024×768` or (1024, 768)."""
    if isinstance(value, tuple | list) and len(value) == 2:
        width, height = value
        if all(isinstance(n, int) and not isinstance(n, bool) and n > 0 for n in value):
            return width, height
        return None
    found = _PIXELS.fullmatch(value) if isinstance(value, str) else None
    return (int(found[1]), int(found[2])) if found and int(found[1]) and int(found[2]) else None


def ratio_in(value: Any) -> Fraction | None:
    """The ratio in `16:9`, or of a size in pixels."""
    size = size_in(value)
    if size is not None:
        return Fraction(*size)
    found = _RATIO.fullmatch(value) if isinstance(value, str) else None
    if not found or not Fraction(found[1]) or not Fraction(found[2]):
        return None
    return Fraction(found[1]) / Fraction(found[2])


def tier_in(value: Any) -> Fraction | None:
    """How many K: 2 for `2K`, `2k`, `2048` and 2048."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    found = _TIER.fullmatch(text)
    if found:
        return Fraction(found[1])
    edge = _EDGE.fullmatch(text)
    return Fraction(int(edge[1]), 1024) if edge else None


def spelt_tier(value: Any, listed: Iterable[Any]) -> Any:
    """The listed value that means the same resolution; the value itself where none does."""
    words = list(listed)
    if value in words:
        return value
    tier = tier_in(value)
    return next((w for w in words if tier is not None and tier_in(w) == tier), value)


def same_word(value: Any, listed: Iterable[Any]) -> Any:
    """The listed word that differs from a text in its case alone; the value itself where none does."""
    words = list(listed)
    if value in words or not isinstance(value, str):
        return value
    return next((w for w in words if isinstance(w, str) and w.lower() == value.lower()), value)
