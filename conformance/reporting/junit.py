"""
How is a run drawn for continuous integration: one test case per clause, as JUnit XML?

A clause that conforms passes; one that is violated is a failure; one that was tried without an outcome is an error,
because a run that leaves one does not end well (exit code 5), unless the user's own cap is why: then it is skipped, as
is what was not tried. Where nothing could be judged (exit code 4), what would have been tried is an error, too. Failures, errors, skipped and passed ones add up to all clauses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET  # written, never read

from conformance.reporting.evidence import asked_what, evidence_lines, shortened
from conformance.reporting.summary import NO_REASON, Judged, is_undecided, judged
from conformance.results.baseline import Deviation, Holding, Ratchet
from conformance.results.outcome import RunResult
from conformance.results.verdicts import UNJUDGED

__all__ = ["junit_xml"]

_INVALID = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\x7f-\x9f]")
"""What XML 1.0 has no place for, a carriage return (which readers change), and what it discourages."""

_MOST_IN_ATTRIBUTE = 500


def junit_xml(results: Sequence[RunResult], ratchet: Ratchet | None = None) -> str:
    """
    The document; a suite for each vendor.

    Args:
        ratchet: What is known to be violated is skipped; what has expired, or conforms by now, is a failure.
    """
    root = ET.Element("testsuites", {"name": "conformance"})
    suites = [_suite(result, number, ratchet) for number, result in enumerate(results)]
    for name in ("tests", "failures", "errors", "skipped"):
        if name != "skipped":  # the common schema has it on a suite alone
            root.set(name, str(sum(int(suite.get(name, "0")) for suite in suites)))
    root.set("time", f"{sum(result.seconds for result in results):.3f}")
    root.extend(suites)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(result: RunResult, number: int, ratchet: Ratchet | None) -> ET.Element:
    excused = ratchet.excused if ratchet is not None else {}
    over = {h.clauses[0]: h for h in ratchet.failing} if ratchet is not None else {}
    cases = []
    for pair in judged(result):
        name = pair.clause.id
        case = _known(pair, excused[name]) if name in excused else _case(pair, result)
        if name in over and case.find("failure") is None:
            case = _over(pair, over[name])
        cases.append(case)
    counts = {
        "tests": len(cases),
        "failures": sum(case.find("failure") is not None for case in cases),
        "errors": sum(case.find("error") is not None for case in cases),
        "skipped": sum(case.find("skipped") is not None for case in cases),
    }
    suite = ET.Element("testsuite", {"name": _clean(result.contract.vendor), "id": str(number)})
    for name, value in counts.items():
        suite.set(name, str(value))
    suite.set("time", f"{result.seconds:.3f}")
    if result.started:
        # The common schema wants no zone; records are in UTC.
        suite.set("timestamp", _clean(result.started)[:19])
    properties = ET.SubElement(suite, "properties")
    for name, text in _about(result):
        ET.SubElement(properties, "property", {"name": name, "value": _brief(text)})
    suite.extend(cases)
    return suite


def _about(result: RunResult) -> list[tuple[str, str]]:
    return [
        ("target", asked_what(result)),
        ("contract", f"{result.contract.file} {result.contract.digest[:12]}"),
        ("requests", str(result.requests)),
        ("billed", str(result.billed)),
        ("cost", f"{result.cost.amount:.6g} {result.cost.unit}".strip()),
        *(("note", note) for note in result.notes),
    ]


def _named(pair: Judged) -> ET.Element:
    clause = pair.clause
    name = clause.id.removeprefix(f"{clause.vendor}.")
    return ET.Element(
        "testcase",
        {
            "classname": _clean(f"{clause.vendor}.{clause.operation}.{clause.kind}"),
            "name": _clean(name),
            "time": "0",
        },
    )


def _known(pair: Judged, deviation: Deviation) -> ET.Element:
    case = _named(pair)
    why = f"{deviation.reason} ({deviation.owner}, until {deviation.expires.isoformat()})"
    ET.SubElement(case, "skipped", {"message": _brief(f"known to be violated: {why}")})
    return case


def _over(pair: Judged, holding: Holding) -> ET.Element:
    case = _named(pair)
    words = f"the known deviation {holding.deviation.clause} has {holding.state}: {holding.deviation.reason}"
    ET.SubElement(case, "failure", {"message": _brief(words), "type": "baseline"})
    return case


def _case(pair: Judged, result: RunResult) -> ET.Element:
    clause, verdict = pair.clause, pair.verdict
    case = _named(pair)
    match verdict.verdict:
        case "violates":
            _outcome(case, "failure", verdict.message or "violated", clause.level, pair, result)
        case "inconclusive" if is_undecided(pair):
            why = verdict.reason or verdict.message or NO_REASON
            _outcome(case, "error", f"inconclusive: {why}", "inconclusive", pair, result)
        case "untested" if verdict.reason == UNJUDGED:
            _outcome(case, "error", f"untested: {UNJUDGED}", "untested", pair, result)
        case "inconclusive" | "untested":
            words = f"{verdict.verdict}: {verdict.reason or NO_REASON}"
            ET.SubElement(case, "skipped", {"message": _brief(words)})
    return case


def _outcome(  # one element and what goes into it
    case: ET.Element, tag: str, message: str, kind: str, pair: Judged, result: RunResult
) -> None:
    made = ET.SubElement(case, tag, {"message": _brief(message), "type": kind})
    lines = (f"{label}: {text}" for label, text in evidence_lines(pair, result))
    made.text = "\n" + "\n".join(map(_clean, lines)) + "\n"


def _brief(text: str) -> str:
    return shortened(_clean(text), _MOST_IN_ATTRIBUTE)


def _clean(text: str) -> str:
    """The text with whatever XML cannot hold written as an escape."""
    return _INVALID.sub(lambda match: f"\\x{ord(match.group()):02x}", text)
