"""What is a row of how servers are judged: for each vendor servers to try, or why it makes no sense there?"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.results.outcome import RunResult
from tests.hand import further_apimart, further_toapis, variants, variants_apipod
from tests.hand.around import SERVERS, around
from tests.hand.variation import Make

__all__ = [
    "NOT_HERE",
    "PERMITTED",
    "ROWS",
    "VENDORS",
    "Try",
    "everywhere",
    "fine",
    "row",
    "silent",
    "verdicts",
    "wrong",
]

VENDORS = tuple(SERVERS)

PERMITTED: Mapping[tuple[str, str], Make] = {
    **variants.PERMITTED,
    **{("apimart", name): make for name, make in further_apimart.PERMITTED.items()},
    **{("apipod", name): make for name, make in variants_apipod.PERMITTED.items()},
    **{("toapis", name): make for name, make in further_toapis.PERMITTED.items()},
}
BROKEN: Mapping[tuple[str, str], tuple[Make, frozenset[str]]] = {
    **variants.BROKEN,
    **{("apimart", name): made for name, made in further_apimart.BROKEN.items()},
    **{("apipod", name): made for name, made in variants_apipod.BROKEN.items()},
    **{("toapis", name): made for name, made in further_toapis.BROKEN.items()},
}


@dataclass(frozen=True, kw_only=True)
class Try:
    """A server, the clauses that must be accused (each in full, or a pattern), and what else must be so."""

    make: Make
    blamed: frozenset[str] = frozenset()
    also: Callable[[RunResult, Any], None] = lambda result, server: None


Row = dict[str, list[Try]]
ROWS: dict[str, Row] = {}
NOT_HERE: dict[tuple[str, str], str] = {}


def row(name: str, **cells: str | list[Try]) -> None:
    """One row: for each vendor what to try, or why it makes no sense there. `others` is for those not named."""
    ROWS[name] = {}
    others = cells.pop("others", "")
    for vendor in VENDORS:
        cell = cells.get(vendor, others)
        if isinstance(cell, str):
            assert cell, f"nothing is said of {vendor} in {name!r}"
            NOT_HERE[name, vendor] = cell
        else:
            ROWS[name][vendor] = cell


def fine(vendor: str, *names: str) -> list[Try]:
    """Variants that the vendor's own list has as permitted."""
    return [Try(make=PERMITTED[vendor, name]) for name in names]


def wrong(vendor: str, *names: str) -> list[Try]:
    """Variants that the vendor's own list has as broken."""
    return [Try(make=BROKEN[vendor, name][0], blamed=BROKEN[vendor, name][1]) for name in names]


def everywhere(make: Callable[[str], Try]) -> dict[str, list[Try]]:
    return {vendor: [make(vendor)] for vendor in VENDORS}


def silent(**changes: Any) -> dict[str, list[Try]]:
    """The plain server of every vendor, with something around it that is nobody's business."""
    return everywhere(lambda vendor: Try(make=around(SERVERS[vendor], **changes)))


def verdicts(result: RunResult, pattern: str) -> dict[str, tuple[str, str]]:
    """Clause to verdict and reason, of the clauses whose id has the pattern."""
    found = (v for v in result.verdicts if re.search(pattern, v.clause))
    return {v.clause: (v.verdict, v.reason) for v in found}
