"""What does a picture cost, and who pays when there is none?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from conformance.comparing.reading import Fact, Question, Reading
from conformance.contract.clauses import Clause
from conformance.contract.model import Charge, Contract

__all__ = [
    "GUARANTEES",
    "MONEY",
    "Price",
    "price_questions",
    "prices_of",
    "tier_name",
    "tiers_of",
    "usd_per_unit",
]

_SIZE = re.compile(r"(\d+)")


def tiers_of(contracts: Iterable[Contract]) -> tuple[str, ...]:
    """The resolution tiers that any of these prices by, smallest first; a tier is a tier however it is spelt."""
    found = {
        tier_name(tier)
        for contract in contracts
        for cell in contract.charging.cells
        for tier in (*cell.tiers, *_when(contract, cell))
    }
    return tuple(sorted(found, key=lambda tier: (_number(tier), tier)))


def tier_name(text: str) -> str:
    """A tier as it is called here, however a vendor spells it."""
    return text.upper()


def _number(tier: str) -> int:
    found = _SIZE.search(tier)
    return int(found[1]) if found else 0


def _when(contract: Contract, cell: Charge) -> tuple[str, ...]:
    """The tiers that a cell's condition names."""
    create = contract.operation("create")
    paths = {f.path for f in create.fields if f.role == "resolution"} if create else set()
    return tuple(str(v) for c in cell.when if c.field in paths for v in c.one_of or ())


def price_questions(contracts: Sequence[Contract]) -> tuple[Question, ...]:
    """One question for each tier that any of the vendors prices by; a single one where none prices by tiers."""
    tiers = tiers_of(contracts)
    if not tiers:
        return (
            Question(
                id="price", asks="What does a picture cost?", read=_price_at(""), about=_ASKED
            ),
        )
    return tuple(
        Question(
            id=f"price-{tier.lower()}",
            asks=f"What does a picture cost at {tier}?",
            read=_price_at(tier),
            about=_ASKED,
        )
        for tier in tiers
    )


_ASKED = ("price", "cost at", "each tier cost", "cost the same")


def _price_at(tier: str) -> Callable[[Reading], Fact | None]:
    def read(said: Reading) -> Fact | None:
        return _prices(said, tier, said.contract.charging.unit, 1.0)

    return read


def _prices(said: Reading, tier: str, unit: str, times: float) -> Fact | None:
    values: dict[str, str] = {}
    clauses: list[Clause] = []
    for cell in said.contract.charging.cells:
        words = _words(said.contract, cell, tier, unit, times)
        for model in (cell.models or ("",)) if words else ():
            values[model] = words
        if words:
            clauses += [c for c in said.of("charge") if c.thing is cell]
    return Fact(values=values, clauses=tuple(clauses)) if values else None


def _words(contract: Contract, cell: Charge, tier: str, unit: str, times: float) -> str:
    """What a cell says of a tier; "" where it speaks of others."""
    named = [t.upper() for t in _when(contract, cell)]
    if named and tier not in named:
        return ""
    amounts: Sequence[float] = cell.any_of
    flat = ""
    if cell.tiers:
        amounts = [a for a, t in zip(cell.any_of, cell.tiers, strict=True) if t.upper() == tier]
        if not amounts:
            return ""
    elif tier and not named:
        flat = ", any size"
    other = "".join(
        f" where {c.field} is {' or '.join(map(str, c.one_of or ()))}"
        for c in cell.when
        if not named
    )
    per = "".join(f" times {path}" for path in cell.per)
    price = " or ".join(f"{amount * times:.6g}" for amount in amounts)
    return f"{price} {unit}{per}{other}{flat}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """One documented price as numbers; `tier` is "" where it holds at any, `usd` None where no page says."""

    tier: str
    models: tuple[str, ...]
    low: float
    high: float
    unit: str
    usd: float | None
    clause: str


def prices_of(contract: Contract) -> tuple[Price, ...]:
    """Every documented price of a contract, whoever says it, in the order of its table."""
    rate = usd_per_unit(contract)
    found = []
    for cell in contract.charging.cells:
        each: list[tuple[str, tuple[float, ...]]]
        if cell.tiers:
            each = [(tier_name(t), (a,)) for a, t in zip(cell.any_of, cell.tiers, strict=True)]
        else:
            each = [(tier_name(t), cell.any_of) for t in _when(contract, cell) or ("",)]
        for tier, amounts in each:
            price = Price(
                tier=tier,
                models=cell.models,
                low=min(amounts),
                high=max(amounts),
                unit=contract.charging.unit,
                usd=min(amounts) * rate[0] if rate else None,
                clause=f"{contract.vendor}.create.charge.{cell.name}",
            )
            found.append(price)
    return tuple(found)


# --- in USD ---


def _in_usd(said: Reading) -> Fact | None:
    """The same prices in US dollars: where they are priced in them, or a page says what a credit is worth."""
    rate = usd_per_unit(said.whole)
    if rate is None:
        return None
    each = [(tier, _prices(said, tier, "USD", rate[0])) for tier in tiers_of([said.whole]) or ("",)]
    values: dict[str, list[str]] = {}
    clauses: list[Clause] = list(said.named(*rate[1]))
    for tier, fact in each:
        for model, words in fact.values.items() if fact else ():
            known = values.setdefault(model, [])
            if not known or not known[-1].endswith(words):
                known.append(f"{tier}: {words}" if tier and _is_tiered(words) else words)
        clauses += fact.clauses if fact else ()
    if not values:
        return None
    texts = {model: "; ".join(words) for model, words in values.items()}
    return Fact(values=texts, clauses=tuple(clauses))


def _is_tiered(words: str) -> bool:
    return not words.endswith("any size")


def usd_per_unit(contract: Contract) -> tuple[float, tuple[str, ...]] | None:
    """What one unit of the price is worth, and the clauses that say so (without the vendor)."""
    if contract.charging.unit == "USD":
        return 1.0, ()
    for answer in contract.answers:
        if answer.row == "usd-rate" and answer.number and contract.charging.unit:
            return 1 / answer.number, tuple(c.partition(".")[2] for c in answer.clauses)
    return None


# --- charges ---


def _charge_shown(said: Reading) -> Fact | None:
    meters: dict[str, list[str]] = {}
    clauses: list[Clause] = []
    for operation, path in said.contract.charging.meter:
        meters.setdefault(path, []).append(operation)
        clauses += said.reply_clauses(operation, path)
    if not meters:
        return None
    return Fact.of("; ".join(f"{p} ({', '.join(ops)})" for p, ops in meters.items()), clauses)


def _idempotency(said: Reading) -> Fact | None:
    promise = said.contract.idempotency
    if promise is None:
        return None
    kept = f", kept {promise.lifetime_s / 86400:g} days" if promise.lifetime_s else ""
    other = "; another body is refused" if promise.other_body not in ("", "same-task") else ""
    return Fact.of(f"{promise.header}{kept}{other}", _promises(said))


def _promises(said: Reading) -> Iterator[Clause]:
    """The clauses of the promise, and statements of its lifetime."""
    yield from said.of("idempotency")
    yield from (
        c
        for c in said.of("statement")
        if c.kind == "idempotency" and c.untestable == "needs: clock"
    )


def _refund(said: Reading) -> Fact | None:
    charging = said.contract.charging
    if not charging.refund_says:
        return None
    return Fact.of(charging.refund_says, said.named("status.charge.refund"))


MONEY = (
    Question(id="price-in-usd", asks="What is that in US dollars?", read=_in_usd, about=("price",)),
    Question(id="usd-rate", asks="What is a credit worth?"),
    Question(id="charge-shown", asks="Where does a reply show what was charged?", read=_charge_shown, about=("charge of a task be read", "credits_cost")),
    Question(id="charged-at", asks="When is the charge taken?", about=("charge taken",)),
)  # fmt: skip

GUARANTEES = (
    Question(id="idempotency", asks="Can a creation be repeated without paying twice?", read=_idempotency, about=("idempotency", "be repeated safely", "a value is repeated", "key is repeated")),
    Question(id="refund", asks="Is a failed task given back?", read=_refund, about=("refund", "given back")),
    Question(id="refusals-free", asks="Is a refused creation free?"),
)  # fmt: skip
