"""How complete are each vendor's documents, in one line?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conformance.comparing.compare import compare
from conformance.comparing.documentation import clause_levels, contradictions, tied_rows
from conformance.contract.clauses import derive_clauses
from conformance.contract.model import Contract
from conformance.documents.contradictions import unrecorded
from conformance.documents.rules import contradictions as found_by_rule
from conformance.reporting.text import BLANK, Line, Span, columns, line

__all__ = ["missing", "price_range", "vendors_json", "vendors_lines"]

_NEEDED = {
    "price": "price",
    "result-lifetime": "lifetime",
    "idempotency": "idempotency",
    "refund": "refund",
    "reference-images": "refs",
    "prompt-length": "prompt",
    "polling": "polling",
}
"""Rows of the comparison that an evaluator cannot do without, and a short word for each."""


def price_range(contract: Contract) -> tuple[float, float] | None:
    """The lowest and the highest documented charge of one creation; None where there is no price."""
    amounts = [amount for cell in contract.charging.cells for amount in cell.any_of]
    return (min(amounts), max(amounts)) if amounts else None


def missing(contract: Contract) -> tuple[str, ...]:
    """What an evaluator has to know and no current page says, as rows of the comparison."""
    found = compare([contract])
    silent = {r.id for r in (*found.rows, *found.alike) if r.cells[0].state == "not documented"}
    if price_range(contract) is None:
        silent.add("price")
    return tuple(row for row in _NEEDED if row in silent)


def vendors_json(contracts: Sequence[Contract]) -> dict[str, Any]:
    """What `vendors --json` writes; its schema is `schemas/vendors.schema.json`."""
    return {"vendors": [_vendor_json(contract) for contract in contracts]}


def _vendor_json(contract: Contract) -> dict[str, Any]:
    levels = clause_levels(contract)
    price = price_range(contract)
    tied, rows = tied_rows(contract)
    return {
        "vendor": contract.vendor,
        "title": contract.title,
        "base_url": contract.base_url,
        "key_variable": contract.key_variable,
        "models": list(contract.models),
        "operations": [operation.name for operation in contract.operations],
        "documents": [
            {"id": d.id, "title": d.title, "url": d.url, "seen": d.seen, "superseded": d.superseded}
            for d in contract.documents
        ],
        "clauses": len(derive_clauses(contract)),
        "must": levels["must"],
        "implied": levels["implied"],
        "disputed": levels["disputed"],
        "open_questions": len(contract.questions),
        "contradictions": contradictions(contract)
        + len(unrecorded(contract, found_by_rule(contract))),
        "error_rows": {"tied": tied, "all": rows},
        "missing": list(missing(contract)),
        "price": {"lowest": price[0], "highest": price[1], "unit": contract.charging.unit}
        if price
        else None,
    }


_HEAD = (
    "VENDOR",
    "PAGES",
    "CLAUSES",
    "MUST/IMPL/DISP",
    "OPEN",
    "CONTR",
    "ERRORS",
    "PRICE",
    "NOT DOCUMENTED",
)

_LEGEND = (
    "PAGES: current + superseded. MUST/IMPL/DISP: clauses that are stated, implied, disputed. OPEN: questions left"
    " open. CONTR: contradictions. ERRORS: rows of the error table that a current page states with their cause, of"
    " all. NOT DOCUMENTED: what to ask the vendor first (refs: how many reference images)."
)


def vendors_lines(contracts: Sequence[Contract]) -> list[Line]:
    """One line a vendor, and what the columns mean."""
    rows = [_HEAD, *(_row(_vendor_json(contract)) for contract in contracts)]
    table = [
        Line(spans=row.spans, whole=True)  # one line a vendor, however narrow the terminal
        for row in columns(rows, right=(1, 2, 3, 4, 5, 6))
    ]
    return [
        *table,
        BLANK,
        line(Span(_LEGEND, "dim")),
        line(Span("Side by side, with every answer:", "dim")),
        line("conformance compare", indent=2, whole=True),
    ]


def _row(said: dict[str, Any]) -> tuple[str, ...]:
    older = sum(document["superseded"] for document in said["documents"])
    return (
        said["vendor"],
        f"{len(said['documents']) - older}" + (f"+{older}" if older else ""),
        str(said["clauses"]),
        f"{said['must']}/{said['implied']}/{said['disputed']}",
        str(said["open_questions"]),
        str(said["contradictions"]),
        f"{said['error_rows']['tied']}/{said['error_rows']['all']}",
        _price_words(said["price"]),
        ", ".join(_NEEDED[row] for row in said["missing"]) or "nothing of the usual",
    )


def _price_words(price: dict[str, Any] | None) -> str:
    if price is None:
        return "none"
    low, high = f"{price['lowest']:g}", f"{price['highest']:g}"
    return f"{low if low == high else f'{low}-{high}'} {price['unit']}"
