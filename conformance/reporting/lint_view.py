"""What did lint find in the contracts?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from conformance.documents.coverage import Coverage
from conformance.documents.examples import Judged
from conformance.documents.findings import Finding
from conformance.documents.lint import Linted
from conformance.reporting.summary import sources_json
from conformance.reporting.text import BLANK, Line, Span, columns, line, plural

__all__ = ["lint_json", "lint_lines"]


def lint_json(results: Sequence[Linted]) -> dict[str, Any]:
    """What `lint --json` writes; its schema is `schemas/lint.schema.json`."""
    findings = [finding for result in results for finding in result.findings]
    return {
        "contracts": [_contract_json(result) for result in results],
        "summary": {
            "invalid": sum(result.invalid is not None for result in results),
            "contract": sum(finding.fault == "contract" for finding in findings),
            "vendor": sum(finding.fault == "vendor" for finding in findings),
        },
    }


def _contract_json(result: Linted) -> dict[str, Any]:
    contract = result.contract
    return {
        "file": result.file,
        "vendor": contract.vendor if contract else None,
        "clauses": result.clauses,
        "open_questions": len(contract.questions) if contract else 0,
        "conflicts": len(contract.disputes) + len(contract.conflicts) if contract else 0,
        "invalid": {
            "message": result.invalid.problem,
            "line": result.invalid.line,
            "column": result.invalid.column,
        }
        if result.invalid
        else None,
        "findings": [_finding_json(finding) for finding in result.findings],
        "examples": [_example_json(judged) for judged in result.examples],
        "documents": [_coverage_json(each) for each in result.coverage],
    }


def _coverage_json(each: Coverage) -> dict[str, Any]:
    return {
        "document": each.document,
        "state": each.state,
        "file": each.file,
        "forward": {
            "percent": each.forward_percent,
            "found": each.proven,
            "missing": each.missing,
            "unproven": each.unproven,
        },
        "backward": {
            "percent": each.backward_percent,
            "claimed": each.claimed,
            "unclaimed": [
                {
                    "text": u.token.raw,
                    "kind": u.token.kind,
                    "line": u.line,
                    "section": u.section,
                }
                for u in each.unclaimed
            ],
            "ignored": each.ignored,
        },
        "handled": [
            {"how": h.how, "text": h.raw, "read_as": h.read_as, "line": h.line}
            for h in each.handled
        ],
    }


def _finding_json(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "fault": finding.fault,
        "message": finding.message,
        "file": finding.file,
        "line": finding.line,
        "column": finding.column,
        "source": sources_json(finding.sources),
    }


def _example_json(judged: Judged) -> dict[str, Any]:
    return {
        "document": judged.document,
        "section": judged.section,
        "label": judged.label,
        "part": judged.part,
        "verdict": judged.verdict,
        "clause": judged.clause or None,
        "message": judged.message,
    }


def lint_lines(results: Sequence[Linted], *, verbose: bool = False) -> list[Line]:
    """
    A paragraph for each contract: what it holds, how much of its documents, its faults, and contradictions.

    Args:
        verbose: Whether to list each thing that had to be read with care instead of their number.
    """
    lines: list[Line] = []
    for result in results:
        lines += [*_contract_lines(result, verbose=verbose), BLANK]
    return lines[:-1]


def _contract_lines(result: Linted, *, verbose: bool) -> Iterator[Line]:
    if result.invalid is not None or result.contract is None:
        yield line(Span(result.file, "bold"), ": ", Span("invalid", "red"))
        yield line(str(result.invalid), indent=2, hang=2)
        return
    contract = result.contract
    conflicts = len(contract.disputes) + len(contract.conflicts)
    yield line(
        Span(contract.vendor, "bold"),
        f": {plural(result.clauses, 'clause')}, {plural(len(contract.questions), 'open question')}, "
        f"{plural(conflicts, 'conflict')}, {plural(len(contract.documents), 'document')}; ",
        Span(plural(len(result.faults), "fault"), "red")
        if result.faults
        else Span("no fault", "green"),
        " in the transcription",
    )
    yield from _example_lines(result.examples)
    yield from _coverage_lines(result.coverage, verbose=verbose)
    for finding in result.faults:
        yield from _finding_lines(finding)
    contradictions = [finding for finding in result.findings if finding.fault == "vendor"]
    if contradictions:
        yield line(f"the documents contradict themselves ({len(contradictions)}):", indent=2)
    for finding in contradictions:
        yield from _finding_lines(finding)


def _example_lines(examples: Sequence[Judged]) -> Iterator[Line]:
    """How many examples the documents show, by page; what one of them breaks is among the findings."""
    if not examples:
        return
    pages: dict[str, list[Judged]] = {}
    for judged in examples:
        pages.setdefault(judged.document, []).append(judged)
    counts = [
        f"{sum(j.verdict == verdict for j in examples)} {words}"
        for verdict, words in (
            ("keeps", "keep the contract"),
            ("known", "in a recorded conflict"),
            ("conflicts", "in conflict with it"),
        )
        if any(j.verdict == verdict for j in examples)
    ]
    yield line(
        f"examples of the documents: {plural(len(examples), 'request or reply', 'requests and replies')}, ",
        ", ".join(counts),
        Span(f"  [{', '.join(f'{page} {len(found)}' for page, found in pages.items())}]", "dim"),
        indent=2,
        hang=2,
    )


def _coverage_lines(coverage: Sequence[Coverage], *, verbose: bool) -> Iterator[Line]:
    if not coverage:
        return
    there = [each for each in coverage if each.state != "not archived"]
    head = (
        "DOCUMENT",
        "ARCHIVE",
        "CONTRACT ON PAGE",
        "PAGE IN CONTRACT",
        "IGNORED",
        "READ WITH CARE",
    )
    rows = [
        (
            each.document,
            each.state,
            _share(each.forward_percent, each.proven, each.proven + each.missing)
            if each.state == "archived"
            else f"{each.proven} found, {each.unproven} may be elsewhere on it",
            _share(each.backward_percent, each.claimed, each.claimed + len(each.unclaimed)),
            str(each.ignored),
            str(len(each.handled)),
        )
        for each in there
    ]
    if rows:
        yield from columns([head, *rows], right=(4, 5), indent=2)
    absent = [each.document for each in coverage if each.state == "not archived"]
    if absent:
        yield line(f"not archived ({len(absent)}): {', '.join(absent)}", indent=2, hang=2)
    open_claims = sum(each.unproven for each in coverage)
    if open_claims:
        yield line(
            f"{plural(open_claims, 'claim')} cannot be proven: the page is not archived, or only an excerpt of it",
            indent=2,
            hang=2,
        )
    for each in there if verbose else ():
        for h in each.handled:
            as_read = f" as {h.read_as!r}" if h.read_as else ""
            yield line(
                Span(f"{each.file}:{h.line}: {h.how}: read {h.raw!r}{as_read}", "dim"),
                indent=4,
                hang=2,
            )


def _share(percent: float | None, good: int, whole: int) -> str:
    return "nothing to count" if percent is None else f"{percent:g} % ({good} of {whole})"


def _finding_lines(finding: Finding) -> Iterator[Line]:
    place = f"{finding.file}:{finding.line}:{finding.column}: "
    yield line(
        place,
        finding.message,
        Span(f"  [{finding.rule}]", "dim"),
        indent=2,
        hang=2,
    )
    for source in finding.sources:
        yield line(Span(f"{source.document}#{source.section}  {source.url}", "dim"), indent=4)
