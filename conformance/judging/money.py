"""Is what a creation cost what the documents say, and is it given back when the task fails?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from conformance.contract.clauses import Clause, Part, shown
from conformance.contract.paths import find
from conformance.contract.prices import amounts, speaks_of
from conformance.contract.resolution import conditions_hold
from conformance.judging.context import Look
from conformance.judging.outcomes import body_of_reply, shows_another
from conformance.results.verdicts import Observation
from conformance.wire.exchange import Exchange

__all__ = ["charges", "refunds"]


def charges(look: Look) -> Iterator[Observation]:
    """The meter shows a documented amount. Which of several documented rules it follows may take several traces."""
    if look.case.operation != "create" or look.outcome.kind != "accepted" or look.case.repeats:
        return
    if any(shows_another(look.contract, body, look.outcome.task_id) for _, body in look.polls):
        return
    for clause in look.clauses("charge"):
        parts = [
            p
            for p in clause.parts
            if speaks_of(look.contract, p.thing, look.case.model, look.case.assignment)
        ]
        for exchange, path, value in _readings(look) if parts else ():
            yield _charge(look, clause, parts, exchange, path, value)


def _readings(look: Look) -> Iterator[tuple[Exchange, str, Any]]:
    """What each meter shows: the creation's once, the status reply's last word."""
    for operation, path in look.contract.charging.meter:
        if operation == "create":
            exchange, body = look.asked[-1], body_of_reply(look.asked[-1])
        elif look.polls:
            exchange, body = look.polls[-1]
        else:
            continue
        if operation == "status" and look.final == "failed":
            continue  # a refund may have changed it
        for value in find(body, path)[:1]:
            if isinstance(value, int | float) and not isinstance(value, bool):
                yield exchange, path, value


def _charge(
    look: Look, clause: Clause, parts: Sequence[Part], exchange: Exchange, path: str, value: float
) -> Observation:
    permitted = {
        part.alternative: amounts(look.contract, part.thing, look.case.model, look.case.assignment)
        for part in parts
    }
    kept = [name for name, some in permitted.items() if any(abs(value - a) < 1e-6 for a in some)]
    if kept:
        return look.says(clause, None, exchange, follows=kept[0], kept=kept)
    wanted = " or ".join(dict.fromkeys(f"{a:g}" for some in permitted.values() for a in some))
    unit = look.contract.charging.unit
    return look.says(
        clause, f"expected {path} {wanted} {unit} for {look.case.id}, got {shown(value)}", exchange
    )


def refunds(look: Look) -> Iterator[Observation]:
    """A failed task says that its charge was given back, at the latest when asked again at the end."""
    if look.final != "failed" or not look.polls:
        return
    exchange, body = look.polls[-1]
    for clause in look.clauses("refund"):
        yield from _uncharged(look, clause, exchange, body)
        told = look.contract.charging.refund_shown_at
        fields = [f for f in clause.thing if f.role in told and conditions_hold(f.when, body)]
        values = [(f.path, v) for f in fields for v in find(body, f.path)]
        if any(value for _, value in values):
            yield look.says(clause, None, exchange)
        elif values:
            path, value = values[0]
            yield look.says(
                clause,
                f"expected {path} to tell a refund of the failed task, got {shown(value)}",
                exchange,
            )


def _uncharged(look: Look, clause: Clause, exchange: Exchange, body: Any) -> Iterator[Observation]:
    """What shows a charge shows none by now. Where it is not even there, nothing is known."""
    fields = [f for f in clause.thing if f.role in look.contract.charging.zero_at]
    for path, value in ((f.path, v) for f in fields for v in find(body, f.path)):
        taken = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
        problem = f"expected no charge in {path} of a task that failed, got {shown(value)}"
        yield look.says(clause, problem if taken else None, exchange)
