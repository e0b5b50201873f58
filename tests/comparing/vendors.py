"""Two made-up vendors, differing in one thing at a time, and the cell that the comparison has of it."""

from __future__ import annotations

from typing import Any

from conformance.comparing.compare import compare
from conformance.contract.model import Contract
from conformance.results.comparison import Cell, Row
from tests.contract.toys import contract

__all__ = ["PLAIN", "cell", "cell_of", "disputed", "row_of"]

PLAIN = contract()
"""A vendor that says next to nothing."""


def row_of(row: str, *contracts: Contract) -> Row:
    """The row of a comparison, whether a decision hangs on it or not."""
    found = compare(contracts)
    return next(r for r in (*found.rows, *found.alike) if r.id == row)


def cell_of(row: str, made: Contract) -> Cell:
    """What the documents of one vendor say, beside one that says nothing."""
    return row_of(row, made, PLAIN).cells[0]


def cell(row: str, body: dict[str, Any] | None = None, **sections: Any) -> Cell:
    """The same, of a small vendor with these request fields and sections."""
    return cell_of(row, contract(body, **sections))


def disputed(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """A dispute between two pages; each says its part of a contract."""
    return {
        "pages": {
            "about": "anything",
            "alternatives": {
                "page-a": {"value": "a", "source": "page#A", **one},
                "page-b": {"value": "b", "source": "page#B", **other},
            },
        }
    }
