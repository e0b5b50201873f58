"""What stands behind a verdict, line by line, and what kind of evidence is it?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.reporting.curl import curl
from conformance.reporting.summary import Judged
from conformance.results.outcome import RunResult
from conformance.wire.exchange import Exchange

__all__ = ["asked_what", "evidence_lines", "is_simulated", "requests_of", "shortened"]

_MOST = 2_000
"""Characters of one text that a report shows: a server may send as many as it likes."""

_FEW = 5


def shortened(text: str, most: int = _MOST) -> str:
    """The text, or its beginning and how long it is."""
    return text if len(text) <= most else f"{text[:most]}... ({len(text)} characters)"


def is_simulated(result: RunResult) -> bool:
    """Whether nothing but a simulator of this program answered, so that it shows nothing about a vendor."""
    if result.replayed is not None:
        return not result.replayed.is_evidence
    return result.target.kind == "simulator"


def asked_what(result: RunResult) -> str:
    """Who answered, in words that no reader takes for another: a simulator is never called by the vendor's name."""
    if result.replayed is not None:
        return f"a cassette, {result.replayed.sentence}"
    where = result.target.base_url
    match result.target.kind:
        case "simulator":
            return "the embedded simulator: simulated, no vendor was contacted"
        case "live":
            return f"the vendor at {where}"
        case "url" if result.target.loopback:
            return f"a server on this machine at {where}"
    return f"the server at {where}"


def evidence_lines(pair: Judged, result: RunResult) -> Iterator[tuple[str, str]]:
    """A label and a text for all that one needs to check a verdict: what was promised, seen, where, and how."""
    clause, verdict = pair.clause, pair.verdict
    yield "promised", shortened(clause.statement)
    if verdict.message:
        yield "seen", shortened(verdict.message)
    if verdict.reason:
        yield "reason", shortened(verdict.reason)
    if verdict.follows:
        yield "follows", shortened(verdict.follows)
    titles = {document.id: document.title for document in result.contract.documents}
    for source in clause.sources:
        section = f', "{source.section}"' if source.section else ""
        yield (
            "source",
            shortened(f"{titles.get(source.document, source.document)}{section}, {source.url}"),
        )
    yield from requests_of(pair, result)
    if verdict.exchanges:
        more = len(verdict.exchanges) - _FEW
        rest = f" and {more} more" if more > 0 else ""
        yield "exchanges", ", ".join(verdict.exchanges[:_FEW]) + rest


def requests_of(pair: Judged, result: RunResult) -> Iterator[tuple[str, str]]:
    """The `curl` line of the first exchange, and before it that of the creation that it is about."""
    known = (result.exchanges.get(name) for name in pair.verdict.exchanges)
    shown = next((e for e in known if e is not None), None)
    if shown is None or shown.phase == "callback":
        return
    if shown.phase != "create":
        made = (
            e for e in result.exchanges.values() if e.case == shown.case and e.phase == "create"
        )
        for creation in _first(list(made)):
            yield "made by", _line(creation, result)
    yield "request", _line(shown, result)


def _first(found: Sequence[Exchange]) -> Sequence[Exchange]:
    return found[:1]


def _line(exchange: Exchange, result: RunResult) -> str:
    keys = {case.id: case.send.key for case in result.cases}
    return shortened(curl(exchange, result.contract, key=keys.get(exchange.case, "right")).line)
