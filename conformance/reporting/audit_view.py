"""What has a person to know about a client that was audited?"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from conformance.contract.model import Source
from conformance.reporting.curl import curl
from conformance.reporting.summary import (
    NO_REASON,
    RUN_FORMAT,
    Counts,
    Judged,
    clause_json,
    cost_json,
    count,
)
from conformance.reporting.text import BLANK, Line, Span, amount, columns, line, plural
from conformance.results.audits import AuditResult, ProgramRun
from conformance.results.verdicts import Verdict

__all__ = ["audit_json", "audit_lines", "audited"]

_LABEL = 12
_NAMED = 6
_VALUES = 5
_OUTPUT_LINES = 6

NO_FAULTS = "no trouble was made: --faults all runs the program once more for each of many sorts"


def audited(result: AuditResult) -> tuple[Judged, ...]:
    """Every clause that binds a client, in contract order, with its verdict."""
    return tuple(
        Judged(
            clause=clause,
            verdict=result.verdicts.get(clause.id)
            or Verdict(clause=clause.id, verdict="inconclusive", reason=NO_REASON),
        )
        for clause in result.clauses
    )


# --- JSON


def audit_json(result: AuditResult) -> dict[str, Any]:
    """What `audit --json` writes; its schema is `schemas/audit.schema.json`."""
    pairs = audited(result)
    counts = count(pairs)
    return {
        "format": RUN_FORMAT,
        "vendors": [
            {
                "vendor": result.contract.vendor,
                "target": {"kind": "simulator", "base_url": result.base_url},
                "requests": result.requests,
                "billed": result.billed,
                "cost": cost_json(result.cost),
                "seconds": round(result.seconds, 3),
                "clauses": [clause_json(pair) for pair in pairs],
            }
        ],
        "summary": {
            "conforms": counts.conforms,
            "violates": counts.violates,
            "inconclusive": counts.inconclusive,
            "untested": counts.untested,
        },
        "client": {
            "command": list(result.command),
            "exit": result.runs[0].exit,
            "requests": result.requests,
            "billed": result.billed,
            "runs": [_run_json(run) for run in result.runs],
            "used": [
                {
                    "operation": each.operation,
                    "times": each.times,
                    "fields": {path: list(values) for path, values in each.fields.items()},
                    "unused": list(each.unused),
                }
                for each in result.used
            ],
            "notes": list(result.notes),
        },
    }


def _run_json(run: ProgramRun) -> dict[str, Any]:
    return {
        "fault": "" if run.name == "plain" else run.name,
        "says": run.says,
        "ended": run.ended,
        "exit": run.exit,
        "requests": run.requests,
        "billed": run.billed,
        "seconds": round(run.seconds, 3),
        "output": run.output,
        "output_bytes": run.output_bytes,
    }


# --- the report


def audit_lines(result: AuditResult, *, verbose: bool = False) -> list[Line]:
    """The report: the counts, violations first, what happened in each run, what was used, what was not tried."""
    pairs = audited(result)
    counts = count(pairs)
    lines = list(_header(result, counts))
    for section in (
        _violations(result, pairs),
        _inconclusive(result, pairs),
        _notes(result),
        _runs(result),
        _output(result, verbose=verbose),
        _used(result),
        _untested(result, pairs, verbose=verbose),
        _conforming(pairs) if verbose else iter(()),
    ):
        found = list(section)
        lines += [BLANK, *found] if found else []
    return [*lines, BLANK, _conclusion(result, counts)]


def _header(result: AuditResult, counts: Counts) -> Iterator[Line]:
    contract = result.contract
    title = f"  {contract.title}" if contract.title != contract.vendor else ""
    yield line(Span(contract.vendor, "bold"), title)
    yield _labelled("program", shlex.join(result.command))
    billed = plural(result.billed, "billed creation")
    cost = amount(result.cost.amount, result.cost.unit)
    yield _labelled(
        "sent",
        f"{plural(result.requests, 'request')}, {billed}, {cost} in {plural(len(result.runs), 'run')}",
    )
    if result.record_path:
        yield _labelled("record", result.record_path)
    yield _labelled(
        "clauses",
        f"{counts.clauses} bind a client = {counts.conforms} conform + ",
        Span(f"{counts.violates} violate", "red" if counts.violates else ""),
        " + ",
        Span(f"{counts.inconclusive} inconclusive", "yellow" if counts.inconclusive else ""),
        f" + {counts.untested} untested",
    )


def _labelled(label: str, *parts: str | Span, indent: int = 2) -> Line:
    return line(Span(f"{label:<{_LABEL}}", "dim"), *parts, indent=indent, hang=_LABEL)


def _heading(words: str, number: int, style: Any) -> Line:
    return line(Span(f"{words} ({number})", style), indent=2)


def _violations(result: AuditResult, pairs: Sequence[Judged]) -> Iterator[Line]:
    found = [pair for pair in pairs if pair.verdict.verdict == "violates"]
    if not found:
        return
    yield _heading("THE CLIENT VIOLATES", len(found), "red")
    for number, pair in enumerate(
        sorted(found, key=lambda p: p.clause.level == "implied"), start=1
    ):
        clause, verdict = pair.clause, pair.verdict
        yield BLANK
        yield line(f"{number}. ", Span(clause.id, "bold"), f"  {clause.level}", indent=4, hang=3)
        yield _labelled("promised", clause.statement, indent=7)
        yield _labelled("seen", Span(verdict.message or "no message", "red"), indent=7)
        yield from _sources(clause.sources, result)
        exchange = next(
            (result.exchanges[e] for e in verdict.exchanges if e in result.exchanges), None
        )
        if exchange is None:
            continue
        command = curl(exchange, result.contract)
        yield line(Span(f"{'request':<{_LABEL}}", "dim"), command.line, indent=7, whole=True)
        if command.note:
            yield _labelled("", Span(command.note, "dim"), indent=7)
        others = [name for name in verdict.exchanges if name != exchange.id]
        more = f", also {_few(others)}" if others else ""
        yield _labelled("evidence", f"exchange {exchange.id}{more}", indent=7)


def _sources(sources: Sequence[Source], result: AuditResult) -> Iterator[Line]:
    titles = {document.id: document.title for document in result.contract.documents}
    for number, source in enumerate(sources[:_NAMED]):
        section = f', "{source.section}"' if source.section else ""
        title = titles.get(source.document, source.document)
        yield _labelled(
            "" if number else "source", f"{title}{section}, ", Span(source.url, "cyan"), indent=7
        )


def _inconclusive(result: AuditResult, pairs: Sequence[Judged]) -> Iterator[Line]:
    found = [pair for pair in pairs if pair.verdict.verdict == "inconclusive"]
    if not found:
        return
    yield _heading("INCONCLUSIVE", len(found), "yellow")
    for pair in found:
        said = ": ".join(filter(None, [pair.verdict.reason, pair.verdict.message]))
        yield line(_short(pair, result), Span(f"  {said}", "dim"), indent=4, hang=2)


def _notes(result: AuditResult) -> Iterator[Line]:
    if not result.notes:
        return
    yield _heading(
        "NOTES: nothing of this breaks what the documents say", len(result.notes), "bold"
    )
    for note in result.notes:
        yield line("- ", Span(note, "yellow"), indent=4, hang=2)


def _runs(result: AuditResult) -> Iterator[Line]:
    yield _heading("RUNS OF THE PROGRAM", len(result.runs), "bold")
    rows: list[tuple[str, ...]] = [
        ("TROUBLE", "REQUESTS", "BILLED", "SECONDS", "ENDED", "WHAT HAPPENS")
    ]
    for run in result.runs:
        ended = str(run.exit) if run.ended == "exit" else run.ended
        rows.append(
            (run.name, str(run.requests), str(run.billed), f"{run.seconds:.1f}", ended, run.says)
        )
    for row in columns(rows, right=range(1, 5)):
        yield Line(spans=row.spans, indent=4, whole=True)


def _output(result: AuditResult, *, verbose: bool) -> Iterator[Line]:
    """The end of what the program wrote: where it failed without trouble, or for who wants to know."""
    shown = result.runs if verbose else [r for r in result.runs[:1] if r.exit or r.ended != "exit"]
    for run in shown:
        lines = run.output.strip().splitlines()[-_OUTPUT_LINES:]
        if lines:
            yield line(
                Span(f"OUTPUT in the run {run.name}, the end of {run.output_bytes} bytes", "bold"),
                indent=2,
            )
            yield from (line(text[:300], indent=4, hang=2) for text in lines)


def _used(result: AuditResult) -> Iterator[Line]:
    yield line(Span("DOCUMENTED FEATURES USED", "bold"), indent=2)
    for each in result.used:
        if not each.times:
            yield line(each.operation, Span("  never asked for", "dim"), indent=4, hang=2)
            continue
        yield line(each.operation, f"  {plural(each.times, 'time')}", indent=4, hang=2)
        for path, values in each.fields.items():
            if each.operation in ("create", "upload"):
                yield line(f"{path} = {_values(values)}", indent=8, hang=2)
        if each.unused and each.operation in ("create", "upload"):
            yield line(Span(f"not used: {', '.join(each.unused)}", "dim"), indent=8, hang=2)


def _values(values: Sequence[str]) -> str:
    """A few of them: of keys that differ each time, none tells more than the first."""
    return ", ".join(values) if len(values) <= _VALUES else f"{values[0]}, and others"


def _untested(result: AuditResult, pairs: Sequence[Judged], *, verbose: bool) -> Iterator[Line]:
    groups: dict[str, list[Judged]] = {}
    for pair in pairs:
        if pair.verdict.verdict == "untested":
            groups.setdefault(pair.verdict.reason or NO_REASON, []).append(pair)
    if not groups:
        return
    yield _heading("UNTESTED", sum(map(len, groups.values())), "bold")
    for reason, group in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
        names = [_short(pair, result) for pair in group]
        said = ", ".join(names) if verbose else _few(names)
        yield line(f"{len(group):4}  {reason}", Span(f": {said}", "dim"), indent=4, hang=6)


def _conforming(pairs: Sequence[Judged]) -> Iterator[Line]:
    found = [pair for pair in pairs if pair.verdict.verdict == "conforms"]
    if not found:
        return
    yield _heading("CONFORMS", len(found), "green")
    for pair in found:
        said = Span(f"  {pair.clause.level}  {pair.clause.statement}", "dim")
        yield line(pair.clause.id, said, indent=4, hang=2)


def _short(pair: Judged, result: AuditResult) -> str:
    return pair.clause.id.removeprefix(f"{result.contract.vendor}.")


def _few(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _conclusion(result: AuditResult, counts: Counts) -> Line:
    if not counts.tried:
        return line(Span("The program sent nothing that could be judged.", "yellow"))
    tried = f"{plural(counts.tried, 'clause')} that could be judged"
    hint = f" ({NO_FAULTS}.)" if len(result.runs) == 1 and result.runs[0].billed else ""
    if counts.violates:
        return line(Span(f"The client violates {counts.violates} of {tried}.", "red"), hint)
    if counts.inconclusive:
        words = f"No violation was seen, but undecided: {counts.inconclusive} of {tried}."
        return line(Span(words, "yellow"), hint)
    return line(Span(f"The client keeps all of {tried}.", "green"), hint)
