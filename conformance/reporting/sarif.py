"""
How is a run drawn as SARIF 2.1.0, for tools that show findings beside the code?

A rule is a clause; a result is a violation, at the line of the contract that promises what was not kept. What was
not decided is no finding: the numbers of all verdicts are in the properties of each run, and each rule has its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from conformance.contract.clauses import Clause
from conformance.contract.places import lines_of
from conformance.reporting.evidence import asked_what, evidence_lines, is_simulated, shortened
from conformance.reporting.summary import Judged, count, judged
from conformance.reporting.text import printable
from conformance.results.outcome import RunResult

__all__ = ["sarif_json"]

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_ROOT = "%SRCROOT%"
_SPECIAL = re.compile(r"([\\\[\]])")


def sarif_json(results: Sequence[RunResult], *, version: str) -> dict[str, Any]:
    """
    The document; a run for each vendor.

    Args:
        version: That of this program.
    """
    seen: dict[str, int] = {}
    runs = []
    for result in results:
        vendor = result.contract.vendor
        seen[vendor] = seen.get(vendor, 0) + 1
        number = f"-{seen[vendor]}" if seen[vendor] > 1 else ""
        # What stands before the last slash is the category, of which hosts take one run each.
        runs.append(_run(result, f"conformance/{vendor}{number}/", version))
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": runs}


def _run(result: RunResult, category: str, version: str) -> dict[str, Any]:
    pairs = judged(result)
    places = {pair.clause.id: index for index, pair in enumerate(pairs)}
    lines = lines_of(result.contract)
    counts = count(pairs)
    return {
        "tool": {
            "driver": {
                "name": "image-api-conformance",
                "version": version,
                "rules": [_rule(pair) for pair in pairs],
            }
        },
        "automationDetails": {"id": printable(category)},
        "originalUriBaseIds": {
            _ROOT: {"description": {"text": "The folder that the contract's path is in."}}
        },
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(pair, result, places[pair.clause.id], lines)
            for pair in pairs
            if pair.verdict.verdict == "violates"
        ],
        "properties": {
            "target": asked_what(result),
            "simulated": is_simulated(result),
            "started": result.started,
            "contract": result.contract.digest,
            "summary": {
                "conforms": counts.conforms,
                "violates": counts.violates,
                "inconclusive": counts.inconclusive,
                "untested": counts.untested,
            },
            "notes": [shortened(note) for note in result.notes],
        },
    }


def _rule(pair: Judged) -> dict[str, Any]:
    clause = pair.clause
    url = next((s.url for s in clause.sources if re.match(r"https?://", s.url)), "")
    return {
        "id": clause.id,
        "shortDescription": {"text": _message(clause.statement)},
        **({"helpUri": quote(url, safe="%/:=&?~#+!$,;'@()*[]")} if url else {}),
        "defaultConfiguration": {"level": _level(clause)},
        "properties": {
            "kind": clause.kind,
            "operation": clause.operation,
            "subject": clause.subject,
            "level": clause.level,
            "verdict": pair.verdict.verdict,
        },
    }


def _result(pair: Judged, result: RunResult, index: int, lines: dict[str, int]) -> dict[str, Any]:
    clause, verdict = pair.clause, pair.verdict
    return {
        "ruleId": clause.id,
        "ruleIndex": index,
        "kind": "fail",
        "level": _level(clause),
        "message": {"text": _message(verdict.message or f"not kept: {clause.statement}")},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(result.contract.file), "uriBaseId": _ROOT},
                    "region": {"startLine": lines.get(clause.id, 1)},
                },
                "logicalLocations": [{"fullyQualifiedName": clause.id, "kind": "member"}],
            }
        ],
        "partialFingerprints": {"clause/v1": clause.id},
        "properties": {
            "level": clause.level,
            "evidence": [f"{label}: {text}" for label, text in evidence_lines(pair, result)],
        },
    }


def _level(clause: Clause) -> str:
    """What follows none of several pages breaks what is stated: only what merely follows is a warning."""
    return "warning" if clause.level == "implied" else "error"


def _uri(file: str) -> str:
    """The path as a relative reference: one on this machine would mean nothing elsewhere."""
    path = PurePath(file)
    parts = (path.name,) if path.is_absolute() or not file else path.parts
    return "/".join(quote(part, safe="") for part in parts) or "contract.yaml"


def _message(text: str) -> str:
    """A plain text message, in which nothing is taken for a link or a placeholder."""
    plain = shortened(printable(text))
    return _SPECIAL.sub(r"\\\1", plain).replace("{", "{{").replace("}", "}}")
