"""Which cells of the price table speak of a request, and which amounts do they permit?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.contract.model import ABSENT, Charge, Contract
from conformance.contract.resolution import fields_for, filled, holds

__all__ = ["amounts", "has_cell", "speaks_of"]


def speaks_of(contract: Contract, cell: Charge, model: str, request: Mapping[str, Any]) -> bool:
    """Whether a cell is about creations like this one, given by field path."""
    if cell.models and model not in cell.models:
        return False
    values = _values(contract, model, request) if cell.when else {}
    return all(holds(c, values.get(c.field, ABSENT)) for c in cell.when)


def amounts(
    contract: Contract, cell: Charge, model: str, request: Mapping[str, Any]
) -> tuple[float, ...]:
    """The amounts that one cell permits for a request, multiplied as it says."""
    values = _values(contract, model, request) if cell.per else {}
    times = 1.0
    for path in cell.per:
        value = values.get(path, 1)
        if isinstance(value, list):
            times *= len(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            times *= value
    return tuple(amount * times for amount in cell.any_of)


def has_cell(contract: Contract, model: str, values: Mapping[str, Any]) -> bool:
    """Whether the pixel table has a cell for a request, given by field path with defaults filled in."""
    return any(
        (not cell.models or model in cell.models)
        and all(holds(c, values.get(c.field, ABSENT)) for c in cell.when)
        for cell in contract.pixels
    )


def _values(contract: Contract, model: str, request: Mapping[str, Any]) -> dict[str, Any]:
    create = contract.operation("create")
    return filled(request, fields_for(create, model)) if create else {}
