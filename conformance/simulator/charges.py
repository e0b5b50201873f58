"""What does a creation cost, and what has been charged so far?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from conformance.contract.model import ABSENT, Charge, Contract
from conformance.contract.resolution import holds

__all__ = ["Ledger", "amount_of", "cell_of", "refunds"]


@dataclass(slots=True, kw_only=True)
class Ledger:
    """What the simulator has taken: `charged` in all, refunds not subtracted, for `creations` tasks."""

    charged: float = 0.0
    creations: int = 0

    def charge(self, amount: float) -> None:
        """Take an amount for one creation."""
        # As decimals: 0.1 three times is 0.3 on a bill.
        self.charged = float(Decimal(str(self.charged)) + Decimal(str(amount)))


def cell_of(contract: Contract, model: str, values: Mapping[str, Any]) -> Charge | None:
    """The cell of the price table that applies; None where no document gives a price."""
    return next(
        (
            cell
            for cell in contract.charging.cells
            if (not cell.models or model in cell.models)
            and all(holds(c, values.get(c.field, ABSENT)) for c in cell.when)
        ),
        None,
    )


def amount_of(cell: Charge, values: Mapping[str, Any], chosen: str = "") -> float:
    """
    What a cell charges for one request.

    Args:
        values: Field path to value, defaults filled in.
        chosen: Which of the amounts that conform, as text; the first where it is none of them.
    """
    amount = next((a for a in cell.any_of if f"{a:g}" == chosen), cell.any_of[0])
    each = Decimal(str(amount))
    return float(each * math.prod(_number(values.get(path)) for path in cell.per))


def _number(value: Any) -> Decimal:
    if isinstance(value, list):
        return Decimal(len(value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(str(value))
    return Decimal(1)


def refunds(contract: Contract) -> bool:
    """Whether the documents say that the charge of a failed task is given back."""
    charging = contract.charging
    return bool(charging.refund_says or charging.refund_sources or charging.refund_shown_at)
