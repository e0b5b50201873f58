"""Which violations of a run are new, and which lines of the baseline have had their day?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from conformance.contract.clauses import derive_clauses
from conformance.contract.picking import picks
from conformance.results.baseline import Deviation, Held, Holding, Ratchet
from conformance.results.outcome import RunResult
from conformance.results.replayed import NOT_RECORDED
from conformance.results.verdicts import UNJUDGED, Verdict

__all__ = ["hold"]

_OPEN = ("cap", "depends on ", NOT_RECORDED, UNJUDGED)
"""How the reasons begin for which a clause that can be tried was not."""


def hold(
    results: Sequence[RunResult], known: Sequence[Deviation], *, today: date, file: str = ""
) -> Ratchet:
    """
    Hold the verdicts of a run against what is known.

    Args:
        today: For results that do not say when they were asked; the others are held on their own day.
    """
    holdings: list[Holding] = []
    new: list[str] = []
    for result in results:
        mine = _holdings(result, known, _day(result, today))
        excused = {name for h in mine if h.state == "known" for name in h.violated}
        new += [
            v.clause for v in result.verdicts if v.verdict == "violates" and v.clause not in excused
        ]
        holdings += mine
    return Ratchet(file=file, holdings=tuple(holdings), new=tuple(new))


def _day(result: RunResult, today: date) -> date:
    try:
        return date.fromisoformat(result.started[:10])
    except ValueError:
        return today


def _holdings(result: RunResult, known: Sequence[Deviation], day: date) -> list[Holding]:
    verdicts = {v.clause: v for v in result.verdicts}
    ids = [clause.id for clause in derive_clauses(result.contract)]
    found = []
    for deviation in known:
        named = tuple(name for name in ids if picks(deviation.clause, name))
        if not named:
            continue  # another vendor's
        here = [verdicts[name] for name in named if name in verdicts]
        found.append(
            Holding(
                vendor=result.contract.vendor,
                deviation=deviation,
                state="expired" if deviation.expires < day else _state(here),
                clauses=named,
                violated=tuple(v.clause for v in here if v.verdict == "violates"),
            )
        )
    return found


def _state(verdicts: Sequence[Verdict]) -> Held:
    words = {v.verdict for v in verdicts}
    if "violates" in words:
        return "known"
    is_open = any(v.verdict == "untested" and v.reason.startswith(_OPEN) for v in verdicts)
    if "conforms" not in words or "inconclusive" in words or is_open:
        return "not tried"
    return "begun to pass"
