"""How many pixels does a result have?"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from conformance.contract.model import ABSENT, Contract, Field, PixelCell
from conformance.contract.resolution import holds

__all__ = ["cell_for", "explicit_size", "ratio_of", "size_at", "tier_of"]

_PIXELS = re.compile(r"(\d{1,5})\s*[xX×*]\s*(\d{1,5})")
_RATIO = re.compile(r"(\d{1,5}(?:\.\d+)?)\s*:\s*(\d{1,5}(?:\.\d+)?)")
_SMALLEST_EDGE = 256  # small, for speed: no document promises more where it gives no table


def cell_for(contract: Contract, model: str, values: Mapping[str, Any]) -> PixelCell | None:
    """The cell of the pixel table that applies to a request; None where there is none."""
    return next(
        (
            cell
            for cell in contract.pixels
            if (not cell.models or model in cell.models)
            and all(holds(c, values.get(c.field, ABSENT)) for c in cell.when)
        ),
        None,
    )


def explicit_size(by_role: Mapping[str, Any]) -> tuple[int, int] | None:
    """The size that a request gives in pixels, as width and height or as one field, in place of a ratio too."""
    width, height = by_role.get("width"), by_role.get("height")
    if isinstance(width, int) and isinstance(height, int):
        return width, height
    for role in ("size", "aspect_ratio"):
        found = _PIXELS.fullmatch(str(by_role.get(role, "")))
        if found:
            return int(found[1]), int(found[2])
    return None


def ratio_of(by_role: Mapping[str, Any]) -> tuple[float, float]:
    """The ratio that a request asks for; a square where it leaves that open."""
    for role in ("aspect_ratio", "size"):
        found = _RATIO.fullmatch(str(by_role.get(role, "")))
        if found and float(found[1]) and float(found[2]):
            return float(found[1]), float(found[2])
    return 1.0, 1.0


def tier_of(by_role: Mapping[str, Any], fields: Mapping[str, Field]) -> int:
    """Which of the documented resolutions a request asks for, counted from 0 in documented order."""
    described = next((f for f in fields.values() if f.role == "resolution"), None)
    tiers = list(described.schema.get("enum", ())) if described else []
    wanted = by_role.get("resolution")
    return tiers.index(wanted) if wanted in tiers else 0


def size_at(ratio: tuple[float, float], tier: int) -> tuple[int, int]:
    """
    A size of that ratio, exact within 1 %, larger with each tier.

    Each tier doubles the longer edge, so that a wide picture of one tier has more pixels than a square of the
    tier below.
    """
    edge = _SMALLEST_EDGE * 2**tier
    long, short = max(ratio), min(ratio)
    if long == int(long) and short == int(short):
        divisor = math.gcd(int(long), int(short))
        times = max(1, round(edge * divisor / long))
        sizes = (int(long) // divisor * times, int(short) // divisor * times)
    else:
        sizes = (edge, max(1, round(edge * short / long)))
    return sizes if ratio[0] >= ratio[1] else (sizes[1], sizes[0])
