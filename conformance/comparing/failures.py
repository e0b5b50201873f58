"""How does a vendor say that something went wrong?"""

from __future__ import annotations

import re

from conformance.comparing.reading import Fact, Question, Reading
from conformance.contract.model import Contract, Envelope, ErrorRow

__all__ = ["ERRORS", "error_names", "main_rows"]

_NAME = re.compile(r"[a-z][a-z0-9_]*")  # a message, which begins with a capital, is for people
_MAIN = frozenset(("create", "status"))


def main_rows(contract: Contract) -> list[ErrorRow]:
    """The rows of the error table that are about creations or status queries."""
    return [row for row in contract.errors if _MAIN & set(row.operations)]


def error_names(contract: Contract) -> tuple[str, ...]:
    """Every documented name of an error for programs, from any of the pages."""
    names = [row.name for row in main_rows(contract)]
    names += [str(v) for row in main_rows(contract) for c in row.body for v in c.one_of or ()]
    names += [n for a in contract.answers if a.row == "error-names" for n in a.says.split(", ")]
    return tuple(sorted({name for name in names if _NAME.fullmatch(name)}))


def _statuses(said: Reading) -> Fact | None:
    rows = main_rows(said.contract)
    statuses = sorted({row.status for row in rows if row.status >= 400})
    if not statuses:
        return None
    clauses = [c for c in said.of("row") if c.thing in rows]
    return Fact.of(", ".join(map(str, statuses)), clauses)


def _place(said: Reading) -> Fact | None:
    rows = main_rows(said.contract)
    if not rows:
        return None
    places = {place for row in rows for place in row.carried_in}
    words = {
        frozenset(("http",)): "as HTTP status",
        frozenset(("envelope",)): "as a code in the body of a success",
    }
    both = "as HTTP status or as a code in the body of a success: which, no page says"
    return Fact.of(
        words.get(frozenset(places), both), [c for c in said.of("row") if c.thing in rows]
    )


def _body(said: Reading) -> Fact | None:
    used = {name for row in main_rows(said.contract) for name in row.envelopes}
    found = [e for e in said.contract.envelopes if e.name in used and e.fields]
    if not found:
        return None
    clauses = [c for c in said.of("envelope") if c.operation in _MAIN and c.thing[0] in found]
    return Fact.of(" or ".join(_shape(envelope) for envelope in found), clauses)


def _shape(envelope: Envelope) -> str:
    """`{error: {code, message}}`: the fields of an envelope as they nest."""
    tops: dict[str, list[str]] = {}
    for field in envelope.fields:
        top, _, rest = field.path.partition(".")
        tops.setdefault(top, []).extend([rest] if rest else [])
    parts = [f"{top}: {{{', '.join(inner)}}}" if inner else top for top, inner in tops.items()]
    return f"{{{', '.join(parts)}}}"


def _names(said: Reading) -> Fact | None:
    names = error_names(said.whole)
    if not names:
        return None
    clauses = [
        c
        for c in (*said.of("row"), *said.of("row-body"))
        if c.operation in _MAIN and (c.thing.name in names or c.thing.body)
    ]
    further = [c for a in said.whole.answers if a.row == "error-names" for c in a.clauses]
    clauses += said.named(*(name.partition(".")[2] for name in further))
    shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
    return Fact.of(f"{len(names)}: {shown}", clauses)


def _throttled(said: Reading) -> Fact | None:
    clauses = [c for c in said.of("row", "create") if c.thing.status == 429]
    return Fact.of("429", clauses) if clauses else None


def _reason(said: Reading) -> Fact | None:
    fields = [*said.reply("status", "failure_code"), *said.reply("status", "failure_message")]
    paths = list(dict.fromkeys(f.path for f in fields))
    if not paths:
        return None
    clauses = [c for path in paths for c in said.reply_clauses("status", path)]
    return Fact.of(", ".join(paths), clauses)


ERRORS = (
    Question(id="error-statuses", asks="Which error statuses are documented?", read=_statuses, about=("which errors can",)),
    Question(id="error-place", asks="Where does the status of an error stand?", read=_place, about=("given as an http status",)),
    Question(id="error-body", asks="What does the body of an error look like?", read=_body, about=("envelope", "in which field do the names", "which http status goes")),
    Question(id="error-names", asks="Which names do errors have for programs?", read=_names, about=("in which field do the names", "textual code"), prose=False),
    Question(id="too-many-requests", asks="Is it documented how too many requests are refused?", read=_throttled, about=("rate limit", "requests and how many tasks")),
    Question(id="retry-after", asks="Does a reply say when to try again (Retry-After)?", about=("retry-after",)),
    Question(id="failure-reason", asks="Where does a failed task say why?", read=_reason),
)  # fmt: skip
