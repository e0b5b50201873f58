"""What is a creation expected to cost, and what at worst?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.contract.model import Contract
from conformance.contract.prices import amounts, speaks_of
from conformance.results.cases import Cost

__all__ = ["price"]


def price(
    contract: Contract, model: str, request: Mapping[str, Any], *, worst: bool = False
) -> Cost:
    """
    The documented price of a creation given by field path.

    Args:
        worst: The dearest of all documented answers, instead of the first.
    """
    unit = contract.charging.unit
    cells = [cell for cell in contract.charging.cells if speaks_of(contract, cell, model, request)]
    found = [amount for cell in cells for amount in amounts(contract, cell, model, request)]
    if not found:
        return Cost(unit=unit)
    return Cost(amount=max(found) if worst else found[0], unit=unit)
