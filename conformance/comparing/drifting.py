"""
Why do two runs conclude otherwise about a clause: is it the vendor, its documents, our transcription, or noise?

Four judgements tell: each record by its own contract, and each by the other's. Where both records are held against the
same contract and come out differently, the vendor has changed; where the same record comes out differently by another
contract, it is what the contract says. About requests that only one of the contracts had sent the other run knows
nothing: there the vendor has changed only if it answers otherwise to what both of them tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from conformance.comparing.differing import differences, says_otherwise
from conformance.contract.clauses import derive_clauses
from conformance.results.difference import (
    Cause,
    ContractDifference,
    Effect,
    Move,
    Run,
    RunDifference,
)
from conformance.results.outcome import RunResult
from conformance.results.verdicts import Verdict

__all__ = ["Crossed", "drift"]

_DECIDED = ("conforms", "violates")
_NOTHING = Verdict(clause="", verdict="untested")


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossed:
    """Two records, each judged by the contract it was made by and by the other's."""

    old: RunResult
    new: RunResult
    old_by_new: RunResult
    new_by_old: RunResult


@dataclass(frozen=True, slots=True, kw_only=True)
class _Views:
    """What the four judgements say of one clause; None where the contract has no such clause."""

    old: Verdict | None
    new: Verdict | None
    old_by_new: Verdict | None
    new_by_old: Verdict | None


def drift(runs: Crossed) -> RunDifference:
    """What the new run shows otherwise, clause by clause, with the cause told apart."""
    contracts = differences(runs.old.contract, runs.new.contract)
    otherwise = says_otherwise(contracts)
    told = [_by_clause(r) for r in (runs.old, runs.new, runs.old_by_new, runs.new_by_old)]
    moves: list[Move] = []
    for name in dict.fromkeys([*told[0], *told[1]]):
        views = _Views(
            old=told[0].get(name),
            new=told[1].get(name),
            old_by_new=told[2].get(name),
            new_by_old=told[3].get(name),
        )
        again = _answered_otherwise(name, runs, views)
        moves += _moves(name, views, contracts, said_otherwise=name in otherwise, again=again)
    order = {"breaking": 0, "widening": 1, "neutral": 2}
    return RunDifference(
        vendor=runs.new.contract.vendor,
        old=_run(runs.old),
        new=_run(runs.new),
        contracts=contracts,
        moves=tuple(sorted(moves, key=lambda m: (order[m.effect], m.cause == "noise"))),
        notes=tuple(_notes(runs)),
    )


def _by_clause(result: RunResult) -> Mapping[str, Verdict]:
    known = {v.clause: v for v in result.verdicts}
    return {c.id: known[c.id] for c in derive_clauses(result.contract) if c.id in known}


def _run(result: RunResult) -> Run:
    return Run(
        record=result.record_path,
        target=result.target,
        started=result.started,
        contract=result.contract.digest,
    )


# --- one clause


def _moves(
    name: str,
    views: _Views,
    contracts: ContractDifference,
    *,
    said_otherwise: bool,
    again: bool | None,
) -> Iterator[Move]:
    was, now = views.old, views.new
    word_of_text = "documents" if not contracts.same_pages else "transcription"
    if was is None or now is None:
        # What the contract has or has not is no behaviour; only what it found is told.
        here = was or now
        if here is not None and here.verdict == "violates":
            effect: Effect = "breaking" if was is None else "neutral"
            what = "is violated, and new in the contract" if was is None else "was violated, and is in the contract no longer"  # fmt: skip
            yield _move(name, effect, word_of_text, was, now, what)  # type: ignore[arg-type]  # one of the causes
        return
    moved = again
    if moved is None:
        moved = _differ(views.old, views.new_by_old) or _differ(views.old_by_new, views.new)
    if was.verdict == now.verdict and was.follows == now.follows:
        if moved and said_otherwise and was.verdict in _DECIDED:
            yield _move(
                name,
                "neutral",
                _both(word_of_text),
                was,
                now,
                "changed, and so did what is said of it",
            )
        return
    if not {was.verdict, now.verdict} <= set(_DECIDED):
        yield _undecided(name, was, now)
        return
    cause = _cause(word_of_text, moved=moved, said_otherwise=said_otherwise)
    if again is False and not said_otherwise:
        cause = "not tried before" if now.verdict == "violates" else "not tried now"
    elif contracts.old.digest == contracts.new.digest:
        cause = "vendor"
    yield _move(name, _effect(was, now), cause, was, now, _what(was, now))


def _answered_otherwise(name: str, runs: Crossed, views: _Views) -> bool | None:
    """
    Whether what one run saw violated was tried by the other one, too, and kept.

    None where it is no request that shows it: replies can be held against either contract.
    """
    for verdict, mine, others in (
        (views.new, runs.new, runs.old),
        (views.old, runs.old, runs.new),
    ):
        if verdict is not None and verdict.verdict == "violates":
            accused = _obligations(name, mine, frozenset(verdict.exchanges))
            if accused:
                return bool(accused & _obligations(name, others, frozenset(others.exchanges)))
    return None


def _obligations(name: str, result: RunResult, exchanges: frozenset[str]) -> set[str]:
    """The obligations of a clause that the cases of these exchanges were sent for."""
    sent = {e.case for e in result.exchanges.values() if e.id in exchanges}
    cases = [case for case in result.cases if case.id in sent]
    shown = [(*c.witnesses, *(f.witness for f in c.features), *((c.breaks,) if c.breaks else ())) for c in cases]  # fmt: skip
    return {w.value for each in shown for w in each if w.clause == name}


def _differ(one: Verdict | None, other: Verdict | None) -> bool:
    """Whether two records, held against the same contract, were found to answer differently."""
    if one is None or other is None or not {one.verdict, other.verdict} <= set(_DECIDED):
        return False
    return (one.verdict, one.follows) != (other.verdict, other.follows)


def _both(word: str) -> Cause:
    return "documents and vendor" if word == "documents" else "transcription and vendor"


def _cause(word: str, *, moved: bool, said_otherwise: bool) -> Cause:
    if moved and said_otherwise:
        return _both(word)
    if moved:
        return "vendor"
    return "documents" if word == "documents" else "transcription"


def _effect(was: Verdict, now: Verdict) -> Effect:
    if was.verdict == now.verdict:
        return "neutral"
    return "breaking" if now.verdict == "violates" else "widening"


def _what(was: Verdict, now: Verdict) -> str:
    if was.verdict != now.verdict:
        return "is violated now" if now.verdict == "violates" else "conforms now"
    return f"follows {now.follows or 'no page'} and no longer {was.follows or 'no page'}"


def _undecided(name: str, was: Verdict, now: Verdict) -> Move:
    """One of the two runs did not come to a decision: whether the vendor changed is not known."""
    if now.verdict == "violates":
        what = f"is violated; it was {was.verdict} before ({was.reason})"
        return _move(name, "breaking", "not tried before", was, now, what)
    if was.verdict == "violates":
        what = f"was violated, and is {now.verdict} now ({now.reason})"
        return _move(name, "neutral", "not tried now", was, now, what)
    return _move(name, "neutral", "noise", was, now, f"{was.verdict} before, {now.verdict} now")


def _move(
    name: str, effect: Effect, cause: Cause, was: Verdict | None, now: Verdict | None, what: str
) -> Move:
    return Move(
        effect=effect,
        cause=cause,
        clause=name,
        old=was.verdict if was else "",
        new=now.verdict if now else "",
        what=what,
        old_says=(was.message or was.reason) if was else "",
        new_says=(now.message or now.reason) if now else "",
        exchanges=now.exchanges if now else (),
    )


# --- what is not about a clause


def _notes(runs: Crossed) -> Iterator[str]:
    old, new = runs.old, runs.new
    if (old.target.kind, old.target.base_url) != (new.target.kind, new.target.base_url):
        yield (
            f"the targets are two: {_target(old)}, then {_target(new)}. What is put down to the vendor may be the"
            " difference between them"
        )
    if "simulator" in (old.target.kind, new.target.kind):
        yield "a simulator answered at least once: nothing here is evidence about a vendor"
    before = {each.phase: each for each in old.latencies}
    for latency in new.latencies:
        was = before.get(latency.phase)
        if was is not None and was.p50 != latency.p50 and None not in (was.p50, latency.p50):
            yield (
                f"latency of {latency.phase}: p50 {was.p50:.2f} s (n = {was.n}), now {latency.p50:.2f} s"
                f" (n = {latency.n}); no clause depends on it"
            )
    if (old.cost.amount, old.billed) != (new.cost.amount, new.billed):
        yield (
            f"{old.billed} billed creations cost {old.cost.amount:.6g} {old.cost.unit}, now {new.billed} cost"
            f" {new.cost.amount:.6g} {new.cost.unit}"
        )


def _target(result: RunResult) -> str:
    return result.target.base_url or f"the embedded {result.target.kind}"
