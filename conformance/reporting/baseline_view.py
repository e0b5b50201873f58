"""How is what a baseline knows of drawn: what is excused, and what has had its day?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.reporting.text import BLANK, Line, Span, line, plural
from conformance.results.baseline import Holding, Ratchet

__all__ = ["baseline_json", "baseline_lines"]

_WORDS = {
    "expired": "has expired: look again, and renew it or have it mended",
    "begun to pass": "conforms by now: take it out, so that it cannot come back unseen",
}


def baseline_lines(ratchet: Ratchet) -> Iterator[Line]:
    """What fails first, then what is excused."""
    excused = [h for h in ratchet.holdings if h.state == "known"]
    if not ratchet.holdings and not ratchet.new:
        return
    yield BLANK
    new = plural(len(ratchet.new), "new violation")
    yield line(Span("BASELINE", "bold"), f"  {ratchet.file}: {new}, {len(excused)} known")
    for holding in ratchet.failing:
        yield line(
            Span(f"{_place(holding, ratchet)} ", "red"),
            Span(holding.deviation.clause, "bold"),
            f" {_WORDS[holding.state]}",
            indent=2,
            hang=2,
        )
        yield _why(holding)
    for holding in excused:
        number = len(holding.violated)
        several = f" ({plural(number, 'clause')})" if number > 1 else ""
        yield line(
            Span(f"{_place(holding, ratchet)} ", "dim"),
            f"{holding.deviation.clause}{several} is violated, as known",
            indent=2,
            hang=2,
        )
        yield _why(holding)


def _place(holding: Holding, ratchet: Ratchet) -> str:
    return f"{ratchet.file}:{holding.deviation.line}:"


def _why(holding: Holding) -> Line:
    told = holding.deviation
    words = f"{told.reason} ({told.owner}, until {told.expires.isoformat()})"
    return line(Span(words, "dim"), indent=6, hang=2)


def baseline_json(ratchet: Ratchet) -> dict[str, Any]:
    """What `check --json` writes of it, under `baseline`."""
    return {
        "file": ratchet.file,
        "new": list(ratchet.new),
        "known": [
            {
                "vendor": holding.vendor,
                "clause": holding.deviation.clause,
                "state": holding.state,
                "violated": list(holding.violated),
                "reason": holding.deviation.reason,
                "owner": holding.deviation.owner,
                "expires": holding.deviation.expires.isoformat(),
                "line": holding.deviation.line,
            }
            for holding in ratchet.holdings
        ],
    }
