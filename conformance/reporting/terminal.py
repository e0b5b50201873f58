"""What does a person have to know to decide?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.contract.model import Contract, Dispute, Source
from conformance.contract.proofs import proof_of
from conformance.reporting.curl import curl
from conformance.reporting.found import found
from conformance.reporting.obligations import by_clause
from conformance.reporting.summary import NO_REASON, Counts, Judged, count, judged
from conformance.reporting.text import BLANK, Line, Span, Style, amount, columns, line, plural
from conformance.results.outcome import RunResult
from conformance.results.replayed import Replayed
from conformance.wire.exchange import Exchange

_SHOWN_BODY = 400
"""Bytes of a callback that are shown."""

__all__ = ["SELF_TEST", "report_lines", "vendor_lines", "violation_lines"]

SELF_TEST = "self-test: no vendor was contacted"

_MOST_MISSED = 5

_LABEL = 12  # the width of the labels on the left

_ADVICE = "binds the client"

_NAMED = 4  # ids that a group names before it only counts


def report_lines(
    results: Sequence[RunResult],
    *,
    verbose: bool = False,
    excused: frozenset[str] = frozenset(),
) -> list[Line]:
    """
    The report on all vendors of a run: one after the other, then all in one table.

    Args:
        excused: Clauses whose violations are known to the user, and only counted.
    """
    lines: list[Line] = []
    for result in results:
        lines += [*vendor_lines(result, verbose=verbose, excused=excused), BLANK]
    return [*lines, *_totals(results)]


def vendor_lines(
    result: RunResult, *, verbose: bool = False, excused: frozenset[str] = frozenset()
) -> list[Line]:
    """The report on one vendor: the counts, violations first, and whatever was not tested."""
    pairs = judged(result)
    lines = list(_header(result, count(pairs)))
    for section in (
        _violations(result, pairs, excused),
        _found(result),
        _inconclusive(pairs, result.contract),
        _in_part(pairs, result.contract),
        _disputed(pairs, result.contract),
        _untested(pairs, result.contract, verbose=verbose),
        _given_up(result, verbose=verbose),
        _latencies(result),
        _conforming(pairs, result.contract) if verbose else iter(()),
    ):
        found = list(section)
        lines += [BLANK, *found] if found else []
    return lines


# --- the header ---


def _header(result: RunResult, counts: Counts) -> Iterator[Line]:
    contract = result.contract
    yield line(
        Span(contract.vendor, "bold"),
        f"  {contract.title}" if contract.title != contract.vendor else "",
    )
    yield _labelled("target", _target(result))
    billed = plural(result.billed, "billed creation")
    cost = amount(result.cost.amount, result.cost.unit)
    yield _labelled(
        "sent",
        f"{plural(result.requests, 'request')}, {billed}, {cost}, {result.seconds:.1f} s{_clock(result)}",
    )
    if result.replayed is not None:
        yield from _cassette(result, result.replayed)
    if result.record_path:
        yield _labelled("record", result.record_path)
    for note in result.notes:
        yield _labelled("note", Span(note, "yellow"))
    yield _labelled(
        "clauses",
        f"{counts.clauses} = {counts.conforms} conform + ",
        Span(f"{counts.violates} violate", "red" if counts.violates else ""),
        " + ",
        Span(f"{counts.inconclusive} inconclusive", "yellow" if counts.inconclusive else ""),
        f" + {counts.untested} untested",
    )
    yield _labelled("", _tried(counts))


def _cassette(result: RunResult, told: Replayed) -> Iterator[Line]:
    yield _labelled("cassette", told.file)
    for missed in result.missed[:_MOST_MISSED]:
        yield _labelled("missing", Span(missed, "yellow"))
    if len(result.missed) > _MOST_MISSED:
        yield _labelled("", f"and {len(result.missed) - _MOST_MISSED} more, which --json lists")


def _tried(counts: Counts) -> str:
    if not counts.tried:
        return f"none of the {plural(counts.clauses, 'clause')} was tried"
    return f"{counts.conforms} of the {counts.tried} that were tried conform"


def _target(result: RunResult) -> str:
    kinds = {
        "simulator": "embedded simulator",
        "url": "",
        "live": "live vendor",
        "cassette": "cassette of",
    }
    words = kinds.get(result.target.kind, result.target.kind)
    where = result.target.base_url
    if result.replayed is not None and not where:
        where = "the embedded simulator"
    return " ".join(filter(None, [words, where]))


def _clock(result: RunResult) -> str:
    if result.replayed is not None:
        return " as recorded"
    return " on its own clock" if result.target.kind == "simulator" else ""


def _labelled(label: str, *parts: str | Span, indent: int = 2) -> Line:
    return line(Span(f"{label:<{_LABEL}}", "dim"), *parts, indent=indent, hang=_LABEL)


def _heading(words: str, number: int, style: Style) -> Line:
    return line(Span(f"{words} ({number})", style), indent=2)


# --- violations ---


def _violations(
    result: RunResult, pairs: Sequence[Judged], excused: frozenset[str]
) -> Iterator[Line]:
    every = [pair for pair in pairs if pair.verdict.verdict == "violates"]
    found = [pair for pair in every if pair.clause.id not in excused]
    known = len(every) - len(found)
    if known:
        told = f"{plural(known, 'violation')} more {'is' if known == 1 else 'are'} known, and told below"
        yield line(Span(told, "dim"), indent=2)
    if not found:
        return
    yield _heading("VIOLATES", len(found), "red")
    if result.target.kind == "simulator":
        remark = (
            "the requests went to the embedded simulator; as printed here they go to the vendor"
        )
        yield line(Span(remark, "yellow"), indent=4)
    for number, pair in enumerate(
        sorted(found, key=lambda p: p.clause.level == "implied"), start=1
    ):
        yield BLANK
        yield line(
            f"{number}. ", Span(pair.clause.id, "bold"), f"  {pair.clause.level}", indent=4, hang=3
        )
        yield from violation_lines(pair, result)


def violation_lines(pair: Judged, result: RunResult) -> Iterator[Line]:
    """What was promised, what was seen, where it stands, and the request that shows it."""
    yield _labelled("promised", pair.clause.statement, indent=7)
    yield _labelled("seen", Span(pair.verdict.message or "no message", "red"), indent=7)
    yield from _sources(pair.clause.sources, result.contract)
    yield from _requests(pair, result)


def _sources(sources: Sequence[Source], contract: Contract) -> Iterator[Line]:
    titles = {document.id: document.title for document in contract.documents}
    for number, source in enumerate(sources):
        section = f', "{source.section}"' if source.section else ""
        title = titles.get(source.document, source.document)
        yield _labelled(
            "" if number else "source", f"{title}{section}, ", Span(source.url, "cyan"), indent=7
        )


def _requests(pair: Judged, result: RunResult) -> Iterator[Line]:
    exchanges = [
        result.exchanges[name] for name in pair.verdict.exchanges if name in result.exchanges
    ]
    if not exchanges:
        return
    shown = exchanges[0]
    made = _creation_of(shown, result)
    if made is not None:
        yield from _request("made by", made, result)
    if shown.phase == "callback":
        yield _labelled("received", _received(shown), indent=7)
    else:
        yield from _request("request", shown, result)
    others = [exchange.id for exchange in exchanges[1:]]
    evidence = f"exchange {shown.id}" + (f", also {_few(others)}" if others else "")
    yield _labelled("evidence", evidence, indent=7)


def _received(callback: Exchange) -> str:
    """What the vendor sent to us, shortened, and how we answered: nothing that anybody could send again."""
    request, reply = callback.request, callback.reply
    body = request.body[:_SHOWN_BODY].decode("utf-8", "replace")
    more = " ..." if len(request.body) > _SHOWN_BODY else ""
    answered = f", answered with {reply.status}" if reply else ""
    return f"{request.method} {request.url} {body}{more}{answered}"


def _creation_of(shown: Exchange, result: RunResult) -> Exchange | None:
    """The request that made the task, where the evidence is a later one of the same case."""
    if shown.phase == "create":
        return None
    same_case = (
        e for e in result.exchanges.values() if e.case == shown.case and e.phase == "create"
    )
    return next(same_case, None)


def _request(label: str, exchange: Exchange, result: RunResult) -> Iterator[Line]:
    keys = {case.id: case.send.key for case in result.cases}
    command = curl(exchange, result.contract, key=keys.get(exchange.case, "right"))
    dim = Span(f"{label:<{_LABEL}}", "dim")
    yield line(dim, command.line, indent=7, whole=True)
    if command.note:
        yield _labelled("", Span(command.note, "dim"), indent=7)


# --- what exploring came to ---


def _found(result: RunResult) -> Iterator[Line]:
    every = list(found(result))
    if not every:
        return
    yield _heading("FOUND BY EXPLORING, as small as it gets", len(every), "red")
    for number, each in enumerate(every, start=1):
        yield BLANK
        yield line(f"{number}. ", Span(each.case.found, "bold"), indent=4, hang=3)
        yield _labelled("blamed", ", ".join(each.clauses), indent=7)
        yield from _request("request", each.exchange, result)
        yield _labelled("evidence", f"case {each.case.id}, exchange {each.exchange.id}", indent=7)


# --- what could not be decided ---


def _inconclusive(pairs: Sequence[Judged], contract: Contract) -> Iterator[Line]:
    found = [pair for pair in pairs if pair.verdict.verdict == "inconclusive"]
    if not found:
        return
    yield _heading("INCONCLUSIVE", len(found), "yellow")
    for pair in found:
        yield line(_short(pair, contract), f"  {pair.clause.level}", indent=4, hang=2)
        said = ": ".join(filter(None, [pair.verdict.reason, pair.verdict.message]))
        yield line(said or NO_REASON, indent=8, hang=2)


# --- what was kept as far as it could be tried ---


def _in_part(pairs: Sequence[Judged], contract: Contract) -> Iterator[Line]:
    found = [p for p in pairs if p.verdict.verdict == "conforms" and p.verdict.message]
    if not found:
        return
    yield _heading("CONFORMS AS FAR AS IT CAN BE TRIED", len(found), "bold")
    for pair in found:
        said = Span(f"  {pair.verdict.message}", "dim")
        yield line(_short(pair, contract), said, indent=4, hang=2)


# --- disputes ---


def _disputed(pairs: Sequence[Judged], contract: Contract) -> Iterator[Line]:
    found = [pair for pair in pairs if pair.clause.level == "disputed"]
    if not found:
        return
    yield _heading(
        "DISPUTED: the vendor's documents disagree, any of their answers conforms",
        len(found),
        "bold",
    )
    disputes = {dispute.name: dispute for dispute in contract.disputes}
    for name in dict.fromkeys(pair.clause.dispute for pair in found):
        dispute = disputes.get(name)
        yield line(f"{name}: {dispute.about}" if dispute else name, indent=4, hang=2)
        for pair in (p for p in found if p.clause.dispute == name):
            yield line(f"{_short(pair, contract)}  {_followed(pair, dispute)}", indent=6, hang=2)


def _followed(pair: Judged, dispute: Dispute | None) -> str:
    verdict = pair.verdict
    if not verdict.follows:
        unsaid = {
            "violates": "follows none of them",
            "conforms": "nothing shows which is followed",
        }
        return f"{verdict.verdict}: {verdict.reason or unsaid.get(verdict.verdict, NO_REASON)}"
    if verdict.follows == "mixed":
        return "follows more than one: mixed"
    values = {a.name: a.value for a in dispute.alternatives} if dispute else {}
    return ", ".join(filter(None, [f"follows {verdict.follows}", values.get(verdict.follows, "")]))


# --- what was not tested ---


def _untested(pairs: Sequence[Judged], contract: Contract, *, verbose: bool) -> Iterator[Line]:
    found = [pair for pair in pairs if pair.verdict.verdict == "untested"]
    if not found:
        return
    groups: dict[str, list[Judged]] = {}
    for pair in found:
        groups.setdefault(pair.verdict.reason or NO_REASON, []).append(pair)
    yield _heading("UNTESTED", len(found), "bold")
    for reason, group in sorted(
        groups.items(), key=lambda item: (item[0] == _ADVICE, -len(item[1]), item[0])
    ):
        words = f"{reason}: advice to whoever calls the API" if reason == _ADVICE else reason
        if verbose:
            yield line(f"{len(group):4}  {words}", indent=4, hang=6)
            for pair in group:
                yield line(
                    _short(pair, contract),
                    Span(f"  {pair.verdict.message}", "dim"),
                    indent=10,
                    hang=2,
                )
        else:
            named = (
                "" if reason == _ADVICE else f": {_few([_short(pair, contract) for pair in group])}"
            )
            yield line(f"{len(group):4}  {words}", Span(named, "dim"), indent=4, hang=6)


def _given_up(result: RunResult, *, verbose: bool) -> Iterator[Line]:
    """What the user's own cap cost: clauses may conform by what was tried, and these values were not."""
    if not result.given_up:
        return
    named = by_clause(result.given_up, result.contract.vendor)
    heading = "OBLIGATIONS THAT THE CAP KEPT FROM BEING TRIED"
    yield _heading(heading, len(result.given_up), "bold")
    if verbose:
        yield from (line(name, indent=4, hang=2) for name in named)
    else:
        yield line(_few(named), indent=4, hang=2)


def _latencies(result: RunResult) -> Iterator[Line]:
    """How long things took, with how often that was seen; a simulator's own clock tells nothing about anybody."""
    seen = [each for each in result.latencies if each.n]
    if result.target.kind in ("simulator", "cassette") or not seen:
        return
    yield line(
        Span("LATENCY, in seconds; what polls see comes late by up to their interval", "bold"),
        indent=2,
    )
    for each in seen:
        shown = {"p50": each.p50, "p90": each.p90, "p99": each.p99}
        percentiles = "".join(f", {n} {v:.2f}" for n, v in shown.items() if v is not None)
        spread = f"{each.least:.2f}" if each.n == 1 else f"{each.least:.2f} to {each.most:.2f}"
        yield line(f"{each.phase:<10}n = {each.n}, {spread}{percentiles}", indent=4, hang=10)


def _conforming(pairs: Sequence[Judged], contract: Contract) -> Iterator[Line]:
    found = [pair for pair in pairs if pair.verdict.verdict == "conforms"]
    if not found:
        return
    yield _heading("CONFORMS", len(found), "green")
    for pair in found:
        yield line(
            pair.clause.id,
            Span(f"  {pair.clause.level}  {pair.clause.statement}", "dim"),
            Span(_unproven(pair, contract), "yellow"),
            indent=4,
            hang=2,
        )


def _unproven(pair: Judged, contract: Contract) -> str:
    """A clause of which no broken vendor was noticed conforms with less weight."""
    is_beside = pair.clause.topic == "fuzz"
    unproven = not is_beside and proof_of(contract, pair.clause) == "not proven"
    return "  (not proven)" if unproven else ""


def _short(pair: Judged, contract: Contract) -> str:
    """The id without the vendor's name, which stands above."""
    return pair.clause.id.removeprefix(f"{contract.vendor}.")


def _few(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


# --- all vendors ---


def _totals(results: Sequence[RunResult]) -> Iterator[Line]:
    counted = [(result, count(judged(result))) for result in results]
    total = sum((counts for _, counts in counted), Counts())
    if len(results) > 1:
        rows: list[tuple[str, ...]] = [
            (
                "VENDOR",
                "CLAUSES",
                "CONFORM",
                "VIOLATE",
                "INCONCLUSIVE",
                "UNTESTED",
                "REQUESTS",
                "BILLED",
                "COST",
            )
        ]
        rows += [_row(result, counts) for result, counts in counted]
        rows.append(
            (
                *_cells("all", total),
                str(sum(r.requests for r in results)),
                str(sum(r.billed for r in results)),
                "",
            )
        )
        yield from columns(rows, right=range(1, 8))
        yield BLANK
    yield _conclusion(total)


def _row(result: RunResult, counts: Counts) -> tuple[str, ...]:
    cost = amount(result.cost.amount, result.cost.unit)
    return (*_cells(result.contract.vendor, counts), str(result.requests), str(result.billed), cost)


def _cells(name: str, counts: Counts) -> tuple[str, ...]:
    numbers = (
        counts.clauses,
        counts.conforms,
        counts.violates,
        counts.inconclusive,
        counts.untested,
    )
    return (name, *map(str, numbers))


def _conclusion(total: Counts) -> Line:
    untested = (
        f"; {total.untested} of all {total.clauses} were not tried." if total.untested else "."
    )
    if not total.tried:
        return line(Span("Nothing was tried, so nothing is known.", "yellow"))
    tried = f"{plural(total.tried, 'clause')} that {'was' if total.tried == 1 else 'were'} tried"
    if total.violates:
        return line(Span(f"Violated: {total.violates} of {tried}{untested}", "red"))
    if total.inconclusive:
        words = f"No violation was seen, but undecided: {total.inconclusive} of {tried}{untested}"
        return line(Span(words, "yellow"))
    return line(Span(f"Conforms: {total.conforms} of {tried}{untested}", "green"))
