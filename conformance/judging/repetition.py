"""What is to be said of a request that is answered both ways?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from conformance.results.verdicts import Observation

__all__ = ["FLAKY", "Flaky", "flaky", "share", "wilson"]

FLAKY = "flaky"
"""The reason for what the same request shows in one way and in another."""

_95_PERCENT = 1.959964

Flaky = tuple[int, int, Observation]
"""How often a request violated, of how often it was asked, and what was seen then."""


def flaky(
    seen: Sequence[Observation], again: Mapping[str, str]
) -> tuple[list[Observation], list[Flaky]]:
    """
    The violations of a clause that stand, and the requests that violated it now and then.

    Args:
        seen: All that was observed of one clause.
        again: The case that each repeated case asks once more.
    """
    groups: dict[tuple[str, str], dict[str, Observation]] = {}
    for said in seen:
        if said.verdict in ("violates", "conforms"):
            group = groups.setdefault((again.get(said.case, said.case), said.value), {})
            if said.verdict == "violates" or said.case not in group:
                group[said.case] = said
    mixed = {
        key: wrong
        for key, group in groups.items()
        if (wrong := [o for o in group.values() if o.verdict == "violates"])
        and len(wrong) < len(group)
    }
    standing = [
        o
        for o in seen
        if o.verdict == "violates" and (again.get(o.case, o.case), o.value) not in mixed
    ]
    return standing, [(len(wrong), len(groups[key]), wrong[0]) for key, wrong in mixed.items()]


def share(times: int, of: int) -> str:
    """`2 of 5 times (12 to 77 %, Wilson 95 %)`."""
    low, high = wilson(times, of)
    return f"{times} of {of} times ({100 * low:.0f} to {100 * high:.0f} %, Wilson 95 %)"


def wilson(times: int, of: int) -> tuple[float, float]:
    """
    The interval of 95 % for a share of which so many were seen.

    Source: E. B. Wilson, Probable inference, 1927.
    """
    z2 = _95_PERCENT**2
    centre = (times + z2 / 2) / (of + z2)
    half = _95_PERCENT / (of + z2) * math.sqrt(times * (of - times) / of + z2 / 4)
    return max(0.0, centre - half), min(1.0, centre + half)
