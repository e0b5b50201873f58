"""Which smallest requests did exploring come to, and which clauses do they accuse?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.reporting.curl import Curl, curl
from conformance.results.cases import Case
from conformance.results.outcome import RunResult
from conformance.wire.exchange import Exchange

__all__ = ["Found", "found", "found_json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A case that exploring made small, the request that it sent, and the violated clauses that rest on it."""

    case: Case
    exchange: Exchange
    clauses: tuple[str, ...]
    command: Curl


def found(result: RunResult) -> Iterator[Found]:
    """What exploring found, in the order in which it was found; without what was exonerated afterwards."""
    wrong = {o.clause for o in result.verdicts if o.verdict == "violates"}
    for case in (c for c in result.cases if c.found):
        own = {c.id for c in result.cases if case.id in (c.id, c.parent)}
        exchanges = [e for e in result.exchanges.values() if e.case == case.id]
        sent = next((e for e in exchanges if e.phase == "create"), None)
        if sent is None:
            continue
        evidence = {e.id for e in result.exchanges.values() if e.case in own}
        clauses = tuple(
            v.clause
            for v in result.verdicts
            if v.clause in wrong and (v.clause == case.found or evidence & set(v.exchanges))
        )
        if clauses:
            yield Found(
                case=case, exchange=sent, clauses=clauses, command=curl(sent, result.contract)
            )


def found_json(result: RunResult) -> list[dict[str, Any]]:
    """The same, as it stands in `check --json`."""
    return [
        {
            "case": each.case.id,
            "what": each.case.found,
            "clauses": list(each.clauses),
            "body": each.case.send.body,
            "curl": each.command.line,
            "exchange": each.exchange.id,
        }
        for each in found(result)
    ]
