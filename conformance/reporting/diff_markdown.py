"""How is a difference drawn in Markdown, for a comment on a pull request?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from conformance.reporting.diff_view import EFFECTS, about_models, counted
from conformance.reporting.evidence import shortened
from conformance.reporting.markdown import MOST_CHARACTERS, code, escaped, table
from conformance.reporting.text import plural
from conformance.results.difference import Change, ContractDifference, Effect, Move, RunDifference

__all__ = ["contracts_markdown", "runs_markdown"]

_MOST_IN_CELL = 300
_ROOM_FOR_END = 300


def contracts_markdown(difference: ContractDifference) -> str:
    """What the new contract says otherwise, as a table for each effect."""
    pages = "the same pages" if difference.same_pages else "other pages, or seen on another day"
    head = [
        f"## {escaped(difference.new.vendor)}: what the contract says otherwise",
        "",
        f"{counted([c.effect for c in difference.changes])}. {code(difference.old.digest[:12])} to"
        f" {code(difference.new.digest[:12])}, {pages}.",
    ]
    of = {e: [_change(c) for c in difference.changes if c.effect == e] for e in EFFECTS}
    return _document(head, ["", "change", "was", "is"], of)


def _change(change: Change) -> list[str]:
    subject = f"{escaped(change.operation)} {code(change.subject)}".strip()
    role = f" (role {escaped(change.role)})" if change.role else ""
    what = escaped(f"{change.what}{about_models(change)}")
    return [f"{subject}{role}", what, _said(change.old), _said(change.new)]


def runs_markdown(difference: RunDifference) -> str:
    """What the new run shows otherwise, as a table for each effect, with the causes."""
    head = [
        f"## {escaped(difference.vendor)}: what the answers show otherwise",
        "",
        f"{counted([m.effect for m in difference.moves])}.",
    ]
    for note in difference.notes:
        head += ["", f"> {escaped(note)}"]
    of = {e: [_move(m) for m in difference.moves if m.effect == e] for e in EFFECTS}
    return _document(head, ["clause", "cause", "change", "was", "is"], of)


def _move(move: Move) -> list[str]:
    return [code(move.clause), move.cause, escaped(move.what), _said(move.old_says), _said(move.new_says)]  # fmt: skip


def _said(text: str) -> str:
    return escaped(shortened(text, _MOST_IN_CELL))


def _document(
    head: Sequence[str], columns: Sequence[str], of: Mapping[Effect, list[list[str]]]
) -> str:
    lines = list(_bounded(head, columns, ((e, rows) for e, rows in of.items() if rows)))
    return "\n".join(lines) + "\n"


def _bounded(
    head: Sequence[str], columns: Sequence[str], tables: Iterable[tuple[str, list[list[str]]]]
) -> Iterator[str]:
    """As many rows as fit a comment; what is left out is said."""
    left = MOST_CHARACTERS - _ROOM_FOR_END - sum(len(one.encode()) + 1 for one in head)
    yield from head
    missing = 0
    for effect, rows in tables:
        kept = []
        for row in rows:
            left -= sum(len(cell.encode()) + 3 for cell in row) + 2
            if left > 0:
                kept.append(row)
        missing += len(rows) - len(kept)
        if kept:
            yield from ["", f"### {effect.capitalize()} ({len(rows)})", "", *table(columns, kept)]
    if missing:
        yield ""
        yield f"_{plural(missing, 'change')} more would be too long for a comment; `--json` has all._"
