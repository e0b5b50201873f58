"""How is a run drawn as a badge, in one line of SVG that says no more than was seen?"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from conformance.reporting.evidence import is_simulated
from conformance.reporting.summary import Counts, count, is_undecided, judged
from conformance.reporting.text import printable
from conformance.results.outcome import RunResult

__all__ = ["badge_svg"]

_LABEL = "conformance"
_GREEN, _RED, _AMBER, _GREY = "#23722b", "#b3261e", "#8a5a00", "#5b6573"
"""Each with a contrast of at least 4.5 to white."""

_CHARACTER_PX = 6.6  # of the sans-serif at 11 px; `textLength` makes every font fit
_PADDING_PX = 10


def badge_svg(results: Sequence[RunResult]) -> str:
    """An SVG with a title for those who cannot see it. What a simulator answered is grey and says so."""
    pairs = [pair for result in results for pair in judged(result)]
    counts = count(pairs)
    simulated = [result for result in results if is_simulated(result)]
    local = [r for r in results if r not in simulated and r.target.loopback and r.replayed is None]
    words = _words(counts) + _whose(len(simulated), len(local), len(results))
    colour = _colour(counts, undecided=any(map(is_undecided, pairs)), simulated=bool(simulated))
    vendors = ", ".join(dict.fromkeys(r.contract.vendor for r in results))
    title = f"{vendors}: {_sentence(counts)}{_about(simulated, local)}"
    return _drawn(words, colour, printable(title))


def _words(counts: Counts) -> str:
    if not counts.tried:
        return "nothing tried"
    return f"{counts.conforms} of {counts.tried} tried"


def _whose(simulated: int, local: int, every: int) -> str:
    if simulated:
        return " (simulated)" if simulated == every else " (partly simulated)"
    return " (local server)" if local else ""


def _sentence(counts: Counts) -> str:
    return (
        f"{counts.clauses} clauses, of which {counts.conforms} conform, {counts.violates} violate,"
        f" {counts.inconclusive} are inconclusive and {counts.untested} untested"
    )


def _about(simulated: Sequence[RunResult], local: Sequence[RunResult]) -> str:
    if simulated:
        return "; simulated, which is no evidence about a vendor"
    return "; asked of a server on one's own machine" if local else ""


def _colour(counts: Counts, *, undecided: bool, simulated: bool) -> str:
    if counts.violates:
        return _RED
    if undecided:
        return _AMBER
    return _GREY if simulated or not counts.tried else _GREEN


def _drawn(words: str, colour: str, title: str) -> str:
    left, right = (round(len(text) * _CHARACTER_PX) for text in (_LABEL, words))
    split = left + _PADDING_PX
    width = split + right + _PADDING_PX
    safe = escape(title)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{safe}">\n'
        f"  <title>{safe}</title>\n"
        f'  <rect width="{width}" height="20" rx="3" fill="#3b4252"/>\n'
        f'  <path d="M{split} 0h{right + _PADDING_PX - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H{split}z" fill="{colour}"/>\n'
        '  <g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">\n'
        f'    <text x="5" y="14" textLength="{left}">{_LABEL}</text>\n'
        f'    <text x="{split + 5}" y="14" textLength="{right}">{escape(words)}</text>\n'
        "  </g>\n"
        "</svg>\n"
    )
