"""
What do the answers to generated requests say about each operation, beyond what the contract's clauses say?

Each check of Schemathesis at each operation that it looked at becomes a clause of the kind `protocol`. A defect is told
once: what a clause of the contract is violated for already is not told again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.contract.clauses import Clause, clauses_by_id
from conformance.contract.model import Contract
from conformance.judging.context import OUTAGE
from conformance.results.cases import FUZZED, Case
from conformance.results.verdicts import Verdict
from conformance.wire.exchange import Exchange, Trace

__all__ = ["FUZZ", "fuzzed", "is_observed"]

FUZZ = "fuzz"
"""The fact of a trace that holds what Schemathesis looked at and found."""

_STATEMENTS = {
    "not_a_server_error": "No request makes the server fail.",
    "status_code_conformance": "Every answer has a status that is documented somewhere.",
    "response_schema_conformance": "Every answer to a request that is taken has the documented shape.",
    "response_headers_conformance": "Every answer has the documented headers.",
    "negative_data_rejection": "What is not of the documented shape at all is refused.",
}
_ABOUT_STATUS = ("error", "status")
_ABOUT_REPLIES = ("reply", "state", "status", "protocol", "charge", "result", "idempotency")
_ABOUT_REQUESTS = ("error", "required", "type", "enum", "limit", "format", "rule")
_TROUBLE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """One finding about one answer."""

    operation: str
    check: str
    message: str
    exchange: str
    clause: str


def is_observed(case: Case) -> bool:
    """
    Whether the contract's judges look at a case: at none that was generated without them.

    Ratios of a billion to one may be what a schema permits; what has to come of them no page says.
    """
    return not case.id.startswith(FUZZED)


def fuzzed(
    contract: Contract,
    traces: Iterable[Trace],
    verdicts: Sequence[Verdict],
    exchanges: Mapping[str, Exchange],
) -> tuple[tuple[Clause, ...], tuple[Verdict, ...]]:
    """
    The clauses beyond the contract's, and what is concluded about them; nothing where nothing was generated.

    Args:
        verdicts: About the contract's clauses.
    """
    looked: dict[tuple[str, str], int] = {}
    found: dict[tuple[str, str], list[_Found]] = {}
    for trace in traces:
        facts = trace.facts.get(FUZZ, {})
        for check in facts.get("checks", ()):
            looked[facts["operation"], check] = looked.get((facts["operation"], check), 0) + 1
        for one in _found(facts) if not trace.facts.get(OUTAGE) else ():
            found.setdefault((one.operation, one.check), []).append(one)
    clauses, said = [], []
    broken = [v for v in verdicts if v.verdict == "violates"]
    for (operation, check), count in looked.items():
        clause = _clause(contract, operation, check)
        clauses.append(clause)
        said.append(
            _verdict(
                clause,
                sorted(found.get((operation, check), []), key=lambda one: _size(one, exchanges)),
                count,
                lambda one: _told_already(one, broken, contract, exchanges),
            )
        )
    return tuple(clauses), tuple(said)


def _found(facts: Mapping[str, Any]) -> Iterator[_Found]:
    for check, message in facts.get("failures", {}).items():
        yield _Found(
            operation=facts["operation"],
            check=check,
            message=message,
            exchange=facts.get("exchange", ""),
            clause=facts.get("clause", ""),
        )


def _clause(contract: Contract, operation: str, check: str) -> Clause:
    described = contract.operation(operation)
    return Clause(
        id=f"{contract.vendor}.{operation}.fuzz.{check}",
        vendor=contract.vendor,
        kind="protocol",
        operation=operation,
        subject=check,
        level="implied",
        statement=f"{_STATEMENTS.get(check, check)} (Schemathesis: {check})",
        sources=described.sources if described else (),
        topic=FUZZ,
    )


def _verdict(
    clause: Clause, found: Sequence[_Found], count: int, told: Callable[[_Found], str]
) -> Verdict:
    already = {one.exchange: told(one) for one in found}
    new = [one for one in found if not already[one.exchange]]
    if new:
        more = f" (and {len(new) - 1} more like it)" if len(new) > 1 else ""
        return Verdict(
            clause=clause.id,
            verdict="violates",
            message=f"{new[0].message}{more}",
            exchanges=tuple(one.exchange for one in new),
        )
    if found:
        return Verdict(
            clause=clause.id, verdict="untested", reason=f"depends on {already[found[0].exchange]}"
        )
    return Verdict(clause=clause.id, verdict="conforms", message=f"{count} answers looked at")


def _told_already(
    one: _Found,
    broken: Sequence[Verdict],
    contract: Contract,
    exchanges: Mapping[str, Exchange],
) -> str:
    """The violated clause that tells of the same defect; "" where none does."""
    known = clauses_by_id(contract)
    blamed = known.get(one.clause)
    for verdict in broken:
        clause = known.get(verdict.clause)
        if clause is None:
            continue
        if one.exchange in verdict.exchanges:
            return clause.id
        if blamed is not None and clause.subject == blamed.subject:
            return clause.id
        if clause.operation != one.operation:
            continue
        about_no_field = blamed is None or blamed.topic == "content-type"
        match one.check:
            case "negative_data_rejection" if about_no_field and clause.kind in _ABOUT_REQUESTS:
                return clause.id
            case "not_a_server_error" if any(
                _failed(exchanges.get(name)) for name in verdict.exchanges
            ):
                return clause.id
            case "status_code_conformance" if clause.kind in _ABOUT_STATUS:
                return clause.id
            case "response_schema_conformance" | "response_headers_conformance" if (
                clause.kind in _ABOUT_REPLIES
            ):
                return clause.id
    return ""


def _size(one: _Found, exchanges: Mapping[str, Exchange]) -> tuple[int, str]:
    """By which of several requests that show the same is the plainest."""
    exchange = exchanges.get(one.exchange)
    request = exchange.request if exchange is not None else None
    return (len(request.url) + len(request.body) if request else 0), one.exchange


def _failed(exchange: Exchange | None) -> bool:
    reply = exchange.reply if exchange is not None else None
    return reply is not None and reply.status >= _TROUBLE
