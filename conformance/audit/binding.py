"""Which clauses of a contract bind whoever calls the API?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from conformance.contract.clauses import Clause, derive_clauses
from conformance.contract.model import Advice, Contract, Source

__all__ = ["PAID_ONCE", "Asked", "Asks", "asks_of", "client_clauses", "paid_once"]

_FIELD_KINDS = frozenset(("required", "type", "enum", "limit", "format", "model", "rule", "auth"))
_TOPICS = frozenset(("field", "rule", "auth", "path", "content-type", "idempotency", "advice"))

_VENDORS_OWN = frozenset(
    ("also", "base64", "accepts")
)  # what the vendor takes beside the usual form

PAID_ONCE = "client.paid-once"


def client_clauses(contract: Contract) -> tuple[Clause, ...]:
    """The statements that a client can keep or break, in contract order; then what follows from the prices."""
    found = [clause for clause in derive_clauses(contract) if _binds(clause)]
    return (*found, _paid_once(contract))


def _binds(clause: Clause) -> bool:
    if clause.operation == "callback" and clause.kind != "advice":
        return False
    if clause.keyword in _VENDORS_OWN:
        return False
    protocol = clause.topic in ("path", "content-type")
    return clause.topic in _TOPICS and (
        protocol or clause.kind in _FIELD_KINDS or clause.kind == "advice"
    )


def paid_once(contract: Contract) -> str:
    """The id of the clause that follows from the prices."""
    return f"{contract.vendor}.create.{PAID_ONCE}"


def _paid_once(contract: Contract) -> Clause:
    priced = [c for c in derive_clauses(contract) if c.kind == "charge" and c.operation == "create"]
    asked = [q for q in contract.questions if q.about == "idempotency"]
    operation = contract.operation("create")
    every: dict[Source, None] = dict.fromkeys(s for clause in priced for s in clause.sources)
    every |= dict.fromkeys(s for question in asked for s in question.sources)
    return Clause(
        id=paid_once(contract),
        vendor=contract.vendor,
        kind="charge",
        operation="create",
        subject="charge",
        level="implied",
        statement="Each creation that is accepted is charged, so trouble is no reason to make a second task for the same"
        " wish.",
        sources=tuple(every) or (operation.sources if operation else ()),
        topic="client",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One thing that an advice asks for. `current` is False of what only a superseded page says: it only widens."""

    clause: str
    value: Any
    current: bool


class Asks:
    """What the advice of a contract asks of clients, by the words of the format."""

    def __init__(self, contract: Contract, advice: Iterable[Advice]) -> None:
        superseded = {document.id for document in contract.documents if document.superseded}
        self._found: dict[str, list[Asked]] = {}
        for each in advice:
            current = any(s.document not in superseded for s in each.sources)
            name = f"{contract.vendor}.{each.operation}.advice.{each.name}"
            for word, value in each.asks.items():
                asked = Asked(clause=name, value=value, current=current)
                self._found.setdefault(word, []).append(asked)

    def all(self, word: str) -> tuple[Asked, ...]:
        """Everybody who asks for it, in contract order."""
        return tuple(self._found.get(word, ()))

    def first(self, word: str) -> Asked | None:
        """The first current page that asks for it; None where none does."""
        return next((asked for asked in self._found.get(word, ()) if asked.current), None)

    def least(self, word: str) -> float | None:
        """The least that any page asks for, superseded ones among them."""
        return min((float(asked.value) for asked in self.all(word)), default=None)

    def naming(self, word: str, member: Any) -> Asked | None:
        """The first current page that asks for it of this status, or this operation."""
        named = (a for a in self._found.get(word, ()) if a.current and member in a.value)
        return next(named, None)

    def seen(self) -> Iterator[str]:
        """The clauses about which a client can be seen to do anything."""
        yield from dict.fromkeys(a.clause for asked in self._found.values() for a in asked)


def asks_of(contract: Contract) -> Asks:
    """What the advice of a contract asks of clients."""
    return Asks(contract, contract.advice)
