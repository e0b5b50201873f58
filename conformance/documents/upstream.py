"""
What does the model behind the gateways accept?

A hint and never a source: these are another company's pages, which bind no gateway. Multiples of 16, the ratio and
the longest edge are in OpenAI's description of its images API (github.com/openai/openai-openapi, openapi.yaml at
commit f85dbe22, read 2026-11-20); the least and the most pixels are what other resellers give.
"""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["HINT", "complaints"]

HINT = "hint from the upstream, which is no document of this vendor"

_STEP = 16
_EDGE = 3840
_RATIO = 3.0
_LEAST, _MOST = 655_360, 8_294_400


def complaints(width: int, height: int) -> Iterator[tuple[str, str]]:
    """What of the upstream's arithmetic a size breaks: a short name, and the rule in words."""
    if width % _STEP or height % _STEP:
        yield "multiple-of-16", f"both edges are multiples of {_STEP}"
    if max(width, height) > _EDGE:
        yield "longest-edge", f"no edge is longer than {_EDGE}"
    if max(width, height) > _RATIO * min(width, height):
        yield "ratio", "the ratio lies between 1:3 and 3:1"
    if not _LEAST <= width * height <= _MOST:
        yield "pixels", f"there are {_LEAST} to {_MOST} pixels"
