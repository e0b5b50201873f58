"""Which deviations are there, and which one does a text ask for?"""

from __future__ import annotations

from collections.abc import Mapping

from conformance.errors import UsageError
from conformance.simulator.accepting import ACCEPTING
from conformance.simulator.choices import nearest_hint
from conformance.simulator.deviance import Deviation
from conformance.simulator.misbehaving import MISBEHAVING
from conformance.simulator.miscalling import MISCALLING
from conformance.simulator.misreporting import MISREPORTING
from conformance.simulator.subtle import SUBTLE

__all__ = ["DEVIATIONS", "deviation"]

DEVIATIONS: Mapping[str, type[Deviation]] = {
    each.name: each for each in (*ACCEPTING, *MISREPORTING, *MISBEHAVING, *MISCALLING, *SUBTLE)
}
"""Every deviation by name. What it takes is its `usage()`, what it does its docstring."""


def deviation(text: str) -> Deviation:
    """
    The deviation that a text such as `stuck-running` or `accept=input.prompt` asks for.

    Raises:
        UsageError: There is none of that name, or its parameter is wrong; names the nearest.
    """
    name, _, parameter = text.partition("=")
    if name not in DEVIATIONS:
        raise UsageError(f"unknown deviation {name!r}{nearest_hint(name, DEVIATIONS)}")
    return DEVIATIONS[name](parameter)
