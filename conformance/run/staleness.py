"""Does a cassette still show what today's contract asks?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import date

from conformance.contract.clauses import Clause, derive_clauses
from conformance.contract.model import Contract
from conformance.results.replayed import Replayed
from conformance.wire.recordings import Cassette

__all__ = ["clause_digests", "replayed"]

_DIGITS = 12
_SHOWN = 3


def clause_digests(contract: Contract) -> Mapping[str, str]:
    """Of each clause that can be tried, what it says, as a short digest."""
    return {c.id: _digest(c) for c in derive_clauses(contract) if not c.untestable}


def _digest(clause: Clause) -> str:
    said = (clause.statement, clause.level, clause.dispute, clause.alternatives)
    text = json.dumps(said, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


def replayed(cassette: Cassette, contract: Contract, *, today: date, max_age_days: int) -> Replayed:
    """What to say of a cassette: where it is from, why it is stale, and which clauses it says nothing about any more."""
    lost = tuple(_lost(cassette, contract))
    run = cassette.run
    return Replayed(
        file=cassette.file,
        kind=cassette.kind or "",
        base_url=run.base_url if run is not None and cassette.kind != "simulator" else "",
        date=cassette.date,
        contract=cassette.contract,
        tool=cassette.tool,
        stale=(
            *_aged(cassette, today, max_age_days),
            *_outdated(cassette, contract, lost),
        ),
        lost=lost,
    )


def _lost(cassette: Cassette, contract: Contract) -> Iterator[str]:
    if cassette.run is None or cassette.contract == contract.digest:
        return
    for name, digest in clause_digests(contract).items():
        if cassette.run.clauses.get(name) != digest:
            yield name


def _aged(cassette: Cassette, today: date, max_age_days: int) -> Iterator[str]:
    try:
        age_days = (today - date.fromisoformat(cassette.date[:10])).days
    except ValueError:
        return  # it does not say when, as those of plain vcrpy
    if age_days > max_age_days:
        days = "day" if max_age_days == 1 else "days"
        yield f"it was recorded on {cassette.date}, more than {max_age_days} {days} ago"


def _outdated(cassette: Cassette, contract: Contract, lost: tuple[str, ...]) -> Iterator[str]:
    if not cassette.contract or cassette.contract == contract.digest:
        return
    if not lost:
        yield "the contract was edited since, in nothing that a clause says"
        return
    named = ", ".join(lost[:_SHOWN])
    more = f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else ""
    count = "1 clause has" if len(lost) == 1 else f"{len(lost)} clauses have"
    yield f"{count} changed since or came anew, and lost the evidence: {named}{more}"
