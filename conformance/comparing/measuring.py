"""What did runs see of what a comparison asks, and is that evidence about a vendor?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from conformance.comparing.money import tier_name
from conformance.contract.model import ABSENT, Contract
from conformance.contract.paths import find
from conformance.contract.resolution import fields_for, filled
from conformance.results.comparison import Cell, Paid, Row, Run, Seen, Truth
from conformance.results.outcome import RunResult, Target
from conformance.results.replayed import Replayed
from conformance.results.verdicts import VerdictWord
from conformance.wire.addresses import is_loopback
from conformance.wire.exchange import Exchange

__all__ = ["measured", "run_of", "truth_of"]


_OF_DOCUMENTS = frozenset(("Documentation",))
"""Sections that ask about documents: no run says anything to them."""


def truth_of(result: RunResult) -> Truth:
    """
    `observed` only where a vendor, or a server that is not on this machine, is known to have answered.

    The embedded simulator, a server on loopback, what was recorded from either, and what another program recorded from
    we do not know whom, show nothing about a vendor.
    """
    told = result.replayed
    if told is not None:
        known = told.kind == "live" or (told.kind == "url" and not is_loopback(told.base_url))
        return "observed" if known else "simulated"
    asked = result.target.kind == "live" or (
        result.target.kind == "url" and not result.target.loopback
    )
    return "observed" if asked else "simulated"


def run_of(result: RunResult) -> Run:
    """What a comparison says of a run as a whole."""
    told = result.replayed
    return Run(
        vendor=result.contract.vendor,
        truth=truth_of(result),
        target=result.target,
        asked=_replayed(told) if told is not None else _asked(result.target),
        date=told.date if told is not None else result.started[:10],
        requests=result.requests,
        billed=result.billed,
        cost=result.cost,
        latencies=result.latencies,
        paid=tuple(_paid(result)),
        other_contract=_digest(result) not in ("", result.contract.digest),
        notes=result.notes,
    )


def _digest(result: RunResult) -> str:
    return result.replayed.contract if result.replayed is not None else result.contract_digest


def _asked(target: Target) -> str:
    match target.kind:
        case "simulator":
            return "embedded simulator"
        case "live":
            return f"the vendor at {target.base_url}" if target.base_url else "the vendor"
        case _:
            where = "a server on this machine" if target.loopback else "the server"
            return f"{where} at {target.base_url}"


def _replayed(told: Replayed) -> str:
    match told.kind:
        case "simulator":
            return "cassette of the embedded simulator"
        case "live":
            return f"cassette of the vendor at {told.base_url}"
        case "url":
            return f"cassette of the server at {told.base_url}"
    return "cassette that another program recorded"


def measured(rows: Sequence[Row], results: Sequence[RunResult]) -> tuple[Row, ...]:
    """The rows, each cell with what the runs of its vendor saw; runs are numbered as given."""
    witnesses = [_Witness(number, result) for number, result in enumerate(results)]
    return tuple(
        row
        if row.section in _OF_DOCUMENTS
        else replace(row, cells=tuple(_cell(row.id, cell, witnesses) for cell in row.cells))
        for row in rows
    )


def _cell(row: str, cell: Cell, witnesses: Sequence[_Witness]) -> Cell:
    seen = [(w.truth, w.seen(row, cell)) for w in witnesses if w.vendor == cell.vendor]
    return replace(
        cell,
        observed=tuple(s for truth, s in seen if s is not None and truth == "observed"),
        simulated=tuple(s for truth, s in seen if s is not None and truth == "simulated"),
    )


_Measure = tuple[str, frozenset[str]]
"""What was measured, in words, and the exchanges that it rests on."""


class _Witness:
    """One run, asked about cells."""

    def __init__(self, number: int, result: RunResult) -> None:
        self.number = number
        self.result = result
        self.vendor = result.contract.vendor
        self.truth = truth_of(result)
        self.verdicts = {v.clause: v for v in result.verdicts}
        self.evidence: dict[str, set[str]] = {v.clause: set(v.exchanges) for v in result.verdicts}
        for observation in result.observations:  # a verdict names only the first of many
            self.evidence.setdefault(observation.clause, set()).update(observation.exchanges)

    def seen(self, row: str, cell: Cell) -> Seen | None:
        """What the run says to a cell; None where it says nothing."""
        found = [self.verdicts[name] for name in cell.clauses if name in self.verdicts]
        words, evidence = self._measure(row)
        tried = [v for v in found if v.verdict != "untested"]
        if not tried and not words:
            return None
        exchanges = evidence.union(*(self.evidence[v.clause] for v in tried))
        verdicts: tuple[tuple[str, VerdictWord], ...] = tuple((v.clause, v.verdict) for v in found)
        return Seen(run=self.number, value=words, n=len(exchanges), verdicts=verdicts)

    def _measure(self, row: str) -> _Measure:
        measure = _MEASURES.get("price" if row.startswith("price-") else row)
        return measure(self, row) if measure else ("", frozenset())

    @cached_property
    def charges(self) -> tuple[_Charge, ...]:
        """What creations were charged: several rows ask."""
        return tuple(_charges(self.result))


# --- what can be measured ---


def _duration(witness: _Witness, _: str) -> _Measure:
    result = witness.result
    task = next((each for each in result.latencies if each.phase == "task" and each.n), None)
    if task is None:
        return "", frozenset()
    usual = f"half within {task.p50:.3g} s" if task.p50 is not None else f"{task.most:.3g} s"
    asked = frozenset(e.id for e in result.exchanges.values() if e.phase == "poll")
    return f"{usual}, at most {task.most:.3g} s, of {task.n} tasks", asked


def _pixels(witness: _Witness, _: str) -> _Measure:
    sizes: dict[tuple[int, int], list[str]] = {}
    for exchange in witness.result.exchanges.values():
        picture = exchange.picture
        if picture is not None and not picture.problem and picture.width and picture.height:
            sizes.setdefault((picture.width, picture.height), []).append(exchange.id)
    if not sizes:
        return "", frozenset()
    largest = max(sizes, key=lambda size: (size[0] * size[1], size))
    told = f"{len(sizes)} sizes, up to" if len(sizes) > 1 else "one size,"
    evidence = frozenset(name for names in sizes.values() for name in names)
    return f"{told} {largest[0]}x{largest[1]}", evidence


def _price(witness: _Witness, row: str) -> _Measure:
    tier = row.removeprefix("price-").upper() if row != "price" else ""
    charged = [each for each in witness.charges if not tier or each.tier == tier]
    if not charged:
        return "", frozenset()
    amounts = sorted({each.amount for each in charged})
    span = f"{amounts[0]:.6g}" + (f" to {amounts[-1]:.6g}" if len(amounts) > 1 else "")
    unit = witness.result.contract.charging.unit
    words = f"charged {span} {unit} for {len(charged)} creation{'s' * (len(charged) > 1)}"
    return words, frozenset(each.exchange for each in charged)


_MEASURES: Mapping[str, Callable[[_Witness, str], _Measure]] = {
    "price": _price,
    "usual-duration": _duration,
    "delivered-pixels": _pixels,
}


# --- charges, as meters show them ---


@dataclass(frozen=True, slots=True, kw_only=True)
class _Charge:
    """What one accepted creation was charged, and by which exchange that is known."""

    tier: str
    amount: float
    exchange: str
    pictures: int


def _paid(result: RunResult) -> Iterator[Paid]:
    """The effective price of each tier, of creations whose reply shows what they were charged."""
    tiers: dict[str, list[_Charge]] = {}
    for charge in _charges(result):
        tiers.setdefault(charge.tier, []).append(charge)
    for tier, charges in sorted(tiers.items()):
        yield Paid(
            tier=tier,
            amount=sum(c.amount for c in charges),
            unit=result.contract.charging.unit,
            creations=len(charges),
            pictures=sum(c.pictures for c in charges),
        )


def _charges(result: RunResult) -> Iterator[_Charge]:
    contract = result.contract
    if not contract.charging.meter:
        return
    of_case: dict[str, list[Exchange]] = {}
    for exchange in result.exchanges.values():
        of_case.setdefault(exchange.case, []).append(exchange)
    for case in result.cases:
        if case.operation != "create" or case.repeats:
            continue  # who repeats a creation is not charged again
        exchanges = of_case.get(case.id, [])
        shown = list(_readings(contract, exchanges))
        if shown:
            exchange, amount = shown[-1]
            pictures = sum(e.picture is not None and not e.picture.problem for e in exchanges)
            yield _Charge(
                tier=_tier(contract, case.model, case.assignment),
                amount=amount,
                exchange=exchange.id,
                pictures=pictures,
            )


def _readings(
    contract: Contract, exchanges: Iterable[Exchange]
) -> Iterator[tuple[Exchange, float]]:
    """What the meters show, in the order of asking: the last one counts."""
    paths = {("poll" if op == "status" else op): path for op, path in contract.charging.meter}
    for exchange in exchanges:
        path = paths.get(exchange.phase)
        body = _body(exchange) if path else None
        for value in find(body, path)[:1] if path and body is not None else ():
            if isinstance(value, int | float) and not isinstance(value, bool):
                yield exchange, value


def _body(exchange: Exchange) -> Any:
    try:
        return exchange.reply.json() if exchange.reply is not None else None
    except ValueError:
        return None


def _tier(contract: Contract, model: str, assignment: Mapping[str, Any]) -> str:
    create = contract.operation("create")
    fields = fields_for(create, model) if create else {}
    values = filled(assignment, fields)
    told = [values.get(p, ABSENT) for p, f in fields.items() if f.role == "resolution"]
    return next((tier_name(str(v)) for v in told if v is not ABSENT and v is not None), "")
