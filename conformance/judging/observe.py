"""What does one trace say about the clauses, whatever its case was for?"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from conformance.contract.model import Contract
from conformance.judging import callbacks, lifecycle, money, pictures, refusals, replies
from conformance.judging.aside import ASIDE
from conformance.judging.context import Look, topics_of
from conformance.judging.outcomes import causes_of
from conformance.results.cases import Case
from conformance.results.verdicts import Observation
from conformance.wire.exchange import Trace

__all__ = ["CASE_FACTS", "observe"]

CASE_FACTS = ""
"""The clause name of the one observation that tells how the case itself ended (its `facts`)."""

_JUDGES: tuple[Callable[[Look], Iterator[Observation]], ...] = (
    replies.success_status,
    replies.reply_fields,
    replies.only_then,
    replies.echoes,
    replies.units,
    replies.order,
    refusals.rows,
    lifecycle.states,
    lifecycle.terminal,
    lifecycle.paths,
    pictures.delivered,
    pictures.still_there,
    pictures.pixel_cells,
    pictures.ratios,
    pictures.default_ratios,
    pictures.default_counts,
    pictures.tiers,
    money.charges,
    money.refunds,
    callbacks.sent,
    callbacks.content_type,
    callbacks.status_agrees,
    callbacks.signed,
    callbacks.attempts,
    callbacks.acknowledged,
    callbacks.state_kept,
)


def observe(contract: Contract, case: Case, trace: Trace) -> tuple[Observation, ...]:
    """
    Everything that one trace says, each judge in turn.

    The first observation tells how the case ended; whether its own clause was kept is for `conclude` to say, because
    that needs the neighbours.
    """
    look = Look(contract=contract, case=case, trace=trace, topics=topics_of(contract))
    found = [_facts(look)]
    # No document says what an invalid request that was wrongly accepted leads to.
    invalid = case.operation in ("create", *ASIDE) and case.breaks is not None
    for judge in (refusals.rows,) if invalid else _JUDGES:
        found += judge(look)
    return tuple(found)


def _facts(look: Look) -> Observation:
    replay = look.asked[-1].reply.headers if look.asked and look.asked[-1].reply else ()
    refused = look.outcome.kind == "refused"
    told = causes_of(look.contract, look.case.operation, look.asked[-1]) if refused else ()
    return Observation(
        clause=CASE_FACTS,
        verdict="conforms",
        case=look.case.id,
        exchanges=tuple(e.id for e in look.asked[-1:]),
        facts={
            "outcome": look.outcome.kind,
            "code": look.outcome.code,
            "http": look.outcome.http,
            "in_envelope": look.outcome.in_envelope,
            "task_id": look.outcome.task_id,
            "persistent": look.persistent,
            "causes": sorted(told),
            "final": look.final,
            "polled": bool(look.polls),
            "still_running": _is_still_running(look),
            "callback": {
                **look.callback_facts,
                "received": len(look.deliveries),
                "calls": len(look.phase("callback")),
            }
            if look.callback_facts
            else {},
            "headers": {name.lower(): value for name, value in replay},
        },
    )


def _is_still_running(look: Look) -> bool:
    """Whether a task ran to the last, as every poll was told: who is made to wait may not have heard its end."""
    heard = [e for e, _ in look.polls if e.phase == "poll"]
    return look.final == "running" and len(heard) == len(look.phase("poll"))
