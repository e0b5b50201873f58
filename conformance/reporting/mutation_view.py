"""What did a check notice of all that was broken on purpose?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from conformance.reporting.text import BLANK, Line, Span, columns, line, plural
from conformance.results.trials import Measured, Tally, Trial, tally

__all__ = ["mutation_json", "mutation_lines"]


def mutation_json(measured: Measured) -> dict[str, Any]:
    """What `mutate --json` writes; its schema is `schemas/mutate.schema.json`."""
    total = tally(measured.trials)
    return {
        "mutants": total.mutants,
        "killed": total.killed,
        "blamed": total.blamed,
        "equivalent": total.equivalent,
        "permitted": total.permitted,
        "false_alarms": total.false_alarms,
        "seconds": round(measured.seconds, 3),
        "survivors": [
            {"vendor": t.vendor, "clause": t.clause, "operator": _operator(t), "reason": t.reason}
            for t in measured.trials
            if t.fate == "survived"
        ],
        "by_kind": {kind: _tally_json(found) for kind, found in _by_kind(measured.trials)},
        "by_vendor": {name: _tally_json(found) for name, found in _by_vendor(measured.trials)},
    }


def _tally_json(found: Tally) -> dict[str, Any]:
    return {
        "mutants": found.mutants,
        "deviant": found.deviant,
        "killed": found.killed,
        "blamed": found.blamed,
        "must_kill": found.must_kill,
        "must_killed": found.must_killed,
        "must_blamed": found.must_blamed,
        "others_median": found.others_median,
        "others_mean": found.others_mean,
        "equivalent": found.equivalent,
        "permitted": found.permitted,
        "false_alarms": found.false_alarms,
    }


def _by_kind(trials: Sequence[Trial]) -> Iterator[tuple[str, Tally]]:
    for kind in sorted({t.kind for t in trials}):
        yield kind, tally(t for t in trials if t.kind == kind)


def _by_vendor(trials: Sequence[Trial]) -> Iterator[tuple[str, Tally]]:
    for vendor in dict.fromkeys(t.vendor for t in trials):
        yield vendor, tally(t for t in trials if t.vendor == vendor)


def _operator(trial: Trial) -> str:
    return f"{trial.operator} {trial.detail}".strip()


_HEAD = (
    "MUTANTS",
    "DEVIANT",
    "KILLED",
    "BLAMED",
    "MUST KILL",
    "KILLED",
    "BLAMED",
    "OTHERS (MEDIAN, MEAN)",
    "EQUIVALENT",
    "PERMITTED",
    "FALSE ALARMS",
)


def mutation_lines(measured: Measured, *, verbose: bool = False) -> list[Line]:
    """The tables by kind of clause and by vendor, then who survived and who was accused wrongly."""
    total = tally(measured.trials)
    vendors = list(_by_vendor(measured.trials))
    lines = _table("KIND", [*_by_kind(measured.trials), ("all", total)])
    lines += [BLANK, *_table("VENDOR", vendors)] if len(vendors) > 1 else []
    lines += [BLANK, *_summary(measured, total), BLANK]
    lines += _listed("Survived though the clause can be tried", _must_survivors(measured.trials))
    lines += _listed("False alarms", [t for t in measured.trials if t.fate == "accused"])
    wrong = [t for t in measured.trials if t.fate == "killed" and t.testable and not t.blamed]
    lines += _listed("Noticed, and another clause blamed", wrong)
    untested = [t for t in measured.trials if t.fate == "survived" and not t.testable]
    if verbose:
        lines += _listed("Survived, because their clause is not tried", untested)
        same = [t for t in measured.trials if t.fate == "equivalent"]
        lines += _listed("Equivalent: no reply of the whole plan differs", same)
    return lines[:-1] if lines[-1] is BLANK else lines


def _table(what: str, tallies: Sequence[tuple[str, Tally]]) -> list[Line]:
    rows = [(what, *_HEAD), *(_row(name, found) for name, found in tallies)]
    right = tuple(range(1, len(_HEAD) + 1))
    return [Line(spans=row.spans, whole=True) for row in columns(rows, right=right)]


def _row(kind: str, found: Tally) -> tuple[str, ...]:
    return (
        kind,
        str(found.mutants),
        str(found.deviant),
        str(found.killed),
        str(found.blamed),
        str(found.must_kill),
        _share(found.must_killed, found.must_kill),
        _share(found.must_blamed, found.must_kill),
        f"{found.others_median:g}, {found.others_mean:.2f}",
        str(found.equivalent),
        str(found.permitted),
        str(found.false_alarms),
    )


def _share(part: int, whole: int) -> str:
    return f"{part} ({100 * part / whole:.1f} %)" if whole else "-"


def _summary(measured: Measured, total: Tally) -> Iterator[Line]:
    yield line(
        f"{plural(total.mutants, 'mutant')} at strength {measured.strength} in"
        f" {measured.seconds:.0f} s. Of {total.deviant} deviant, {_share(total.killed, total.deviant)}"
        f" were noticed, {_share(total.blamed, total.deviant)} on the right clause."
    )
    yield line(
        f"{total.must_kill} of them break a clause that a check can try: of these"
        f" {_share(total.must_killed, total.must_kill)} were noticed,"
        f" {_share(total.must_blamed, total.must_kill)} on the right clause; the others break what is"
        " untested for the reason that `check` gives."
    )


def _must_survivors(trials: Iterable[Trial]) -> list[Trial]:
    return [t for t in trials if t.fate == "survived" and t.testable]


def _listed(title: str, trials: Sequence[Trial]) -> list[Line]:
    if not trials:
        return []
    lines = [line(Span(f"{title} ({len(trials)})", "bold"))]
    for trial in trials:
        why = trial.reason or (
            f"accused: {', '.join(trial.accused[:3])}" if trial.accused else "identical traces"
        )
        lines.append(
            line(trial.clause, "  ", _operator(trial), Span(f"  {why}", "dim"), indent=2, hang=2)
        )
    return [*lines, BLANK]
