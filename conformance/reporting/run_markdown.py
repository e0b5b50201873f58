"""How is a run drawn in Markdown, for a comment on a pull request?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.reporting.evidence import asked_what, evidence_lines, shortened
from conformance.reporting.markdown import MOST_CHARACTERS, code, escaped, link, table
from conformance.reporting.summary import NO_REASON, Counts, Judged, count, judged
from conformance.reporting.text import amount, plural
from conformance.results.outcome import RunResult

__all__ = ["run_markdown"]

_MOST_IN_CELL = 400
_MOST_IN_DETAIL = 900
_MOST_ROWS = 200
_ROOM_FOR_END = 300

_ORDER = {"must": 0, "disputed": 0, "implied": 1}


def run_markdown(results: Sequence[RunResult]) -> str:
    """
    The run as GitHub-flavoured Markdown of at most 65,536 bytes: counts first, then violations, then the rest.

    What does not fit is left out from the end, and the text says that it is.
    """
    blocks = [block for result in results for block in _vendor(result)]
    kept = ["\n".join(_head(results))]
    left = MOST_CHARACTERS - _ROOM_FOR_END - len(kept[0].encode())
    for number, block in enumerate(blocks):
        left -= len(block.encode()) + 2
        if left < 0:
            missing = plural(len(blocks) - number, "part")
            kept.append(
                f"_{missing} of this report would be too long for a comment; `--format json` has all._"
            )
            break
        kept.append(block)
    return "\n\n".join(kept) + "\n"


def _head(results: Sequence[RunResult]) -> Iterator[str]:
    total = Counts()
    rows = []
    for result in results[:_MOST_ROWS]:
        counts = count(judged(result))
        total += counts
        rows.append(_numbers(escaped(result.contract.vendor), counts))
    left_out = results[_MOST_ROWS:]
    for result in left_out:
        total += count(judged(result))
    yield "## Conformance"
    yield ""
    head = ["", "clauses", "conform", "violate", "inconclusive", "untested"]
    yield from table(head, [*rows, _numbers("**all**", total)] if len(results) != 1 else rows)
    if left_out:
        yield ""
        yield f"{plural(len(left_out), 'vendor')} more in the sum."


def _numbers(name: str, counts: Counts) -> list[str]:
    violate = f"**{counts.violates}**" if counts.violates else "0"
    numbers = (counts.inconclusive, counts.untested)
    return [name, str(counts.clauses), str(counts.conforms), violate, *map(str, numbers)]


def _vendor(result: RunResult) -> Iterator[str]:
    pairs = judged(result)
    yield "\n".join(_about(result))
    of = {word: [p for p in pairs if p.verdict.verdict == word] for word in _WORDS}
    found = sorted(of["violates"], key=lambda p: _ORDER[p.clause.level])
    if found:
        yield "\n".join(["#### Violated", "", *_violated(found, result)])
    for pair in found:
        yield "\n".join(_detail(pair, result))
    if of["inconclusive"]:
        yield "\n".join(["#### Inconclusive", "", *_reasons(of["inconclusive"])])
    if of["untested"]:
        yield "\n".join(["#### Untested", "", *_by_reason(of["untested"])])


_WORDS = ("violates", "inconclusive", "untested")


def _about(result: RunResult) -> Iterator[str]:
    when = f" on {escaped(result.started[:10])}" if result.started else ""
    yield f"### {escaped(result.contract.vendor)}"
    yield ""
    yield f"Asked{when}: {escaped(shortened(asked_what(result), _MOST_IN_CELL))}."
    cost = amount(result.cost.amount, result.cost.unit)
    sent = f"{plural(result.requests, 'request')}, {plural(result.billed, 'billed creation')}"
    yield f"{sent}, {escaped(cost)}."
    for note in result.notes[:_MOST_ROWS]:
        yield ""
        yield f"> {escaped(shortened(note, _MOST_IN_CELL))}"


def _violated(pairs: Sequence[Judged], result: RunResult) -> Iterator[str]:
    yield from table(
        ["clause", "level", "promised", "seen", "page"],
        (
            [
                code(pair.clause.id),
                pair.clause.level,
                escaped(shortened(pair.clause.statement, _MOST_IN_CELL)),
                escaped(shortened(pair.verdict.message or "no message", _MOST_IN_CELL)),
                _pages(pair, result),
            ]
            for pair in pairs
        ),
    )


def _pages(pair: Judged, result: RunResult) -> str:
    titles = {document.id: document.title for document in result.contract.documents}
    pages = {s.document: s.url for s in pair.clause.sources}
    return ", ".join(link(titles.get(name, name), url) for name, url in list(pages.items())[:3])


def _detail(pair: Judged, result: RunResult) -> Iterator[str]:
    yield f"<details><summary>{code(pair.clause.id)}</summary>"
    yield ""
    for label, text in evidence_lines(pair, result):
        short = shortened(text, _MOST_IN_DETAIL)
        shown = code(short) if label in ("request", "made by") else escaped(short)
        yield f"- {label}: {shown}"
    yield ""
    yield "</details>"


def _reasons(pairs: Sequence[Judged]) -> Iterator[str]:
    yield from table(
        ["clause", "reason"],
        (
            [
                code(pair.clause.id),
                escaped(shortened(pair.verdict.reason or NO_REASON, _MOST_IN_CELL)),
            ]
            for pair in pairs
        ),
    )


def _by_reason(pairs: Sequence[Judged]) -> Iterator[str]:
    found: dict[str, int] = {}
    for pair in pairs:
        reason = shortened(pair.verdict.reason or NO_REASON, _MOST_IN_CELL)
        found[reason] = found.get(reason, 0) + 1
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    yield from table(["clauses", "reason"], ([str(n), escaped(why)] for why, n in ordered))
