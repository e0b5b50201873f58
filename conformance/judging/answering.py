"""
What do the replies to a probe say?

Nothing here accuses anybody: where the documents are silent, whatever a vendor does is right. An answer is in words,
the same words whenever the same is seen, so that the answers of two days can be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from conformance.contract.clauses import shown
from conformance.contract.model import Contract
from conformance.contract.paths import find
from conformance.judging.outcomes import body_of_reply, classify, result_urls, task_state
from conformance.results.cases import Case
from conformance.results.observed import Fact, Probe, Unanswered
from conformance.results.verdicts import Outcome
from conformance.wire.exchange import Exchange, Trace

__all__ = ["Seen", "answered"]

_ASKED = ("create", "status", "upload", "batch", "balance")
_NO_ANSWERS = ("no-reply", "not-sent", "throttled", "trouble", "active-limit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a run knows: its traces, why a case was not sent, and what each cost."""

    contract: Contract
    cases: Mapping[str, Case]
    traces: Mapping[str, Trace]
    unsent: Mapping[str, str]
    spent: Mapping[str, tuple[int, float]]


def answered(seen: Seen, probe: Probe) -> Fact | Unanswered:
    """The answer to a question, or why there is none."""
    names = probe.cases
    if probe.see == ("same-task",):
        text = _same_task(seen, names)
        told = dict.fromkeys(names, text) if text else {}
    else:
        words = ((name, _words(seen, probe, name)) for name in names)
        told = {name: text for name, text in words if text}
    if not told:
        why = next(filter(None, (_why_not(seen, name) for name in names)), "no reply shows it")
        return Unanswered(id=probe.id, about=probe.about, question=probe.question, why=why)
    exchanges = [e for name in told for e in _of_interest(seen.traces[name])]
    spent = [seen.spent.get(name, (0, 0.0)) for name in names if name.startswith("probe:")]
    return Fact(
        id=probe.id,
        about=probe.about,
        question=probe.question,
        answer=_joined(probe, told),
        evidence=tuple(dict.fromkeys(e.id for e in exchanges)),
        billed=sum(number for number, _ in spent),
        cost=sum(amount for _, amount in spent),
    )


def _joined(probe: Probe, told: Mapping[str, str]) -> str:
    if not probe.values:
        return next(iter(told.values()))
    named = dict(zip(probe.cases, probe.values, strict=True))
    return "; ".join(f"{named[name]}: {text}" for name, text in told.items())


def _why_not(seen: Seen, name: str) -> str:
    if name in seen.unsent:
        reason = seen.unsent[name]
        return "the cap kept it from being asked" if reason == "cap" else reason
    exchange = _asked(seen, name)
    if exchange is None:
        return "it was not asked"
    outcome = _outcome(seen, name, exchange)
    if outcome.kind in _NO_ANSWERS:
        how = f"HTTP {outcome.http}" if outcome.http else f"no reply ({outcome.detail})"
        return f"met only trouble: {how}"
    return ""


def _asked(seen: Seen, name: str) -> Exchange | None:
    trace = seen.traces.get(name)
    asked = [e for e in trace.exchanges if e.phase in _ASKED] if trace else []
    return asked[-1] if asked else None


def _outcome(seen: Seen, name: str, exchange: Exchange) -> Outcome:
    return classify(seen.contract, seen.cases[name].operation, exchange)


def _of_interest(trace: Trace) -> list[Exchange]:
    """The exchanges that show an answer: the question, the last poll, and the downloads."""
    polls = [e for e in trace.exchanges if e.phase == "poll"]
    downloads = [e for e in trace.exchanges if e.phase == "download"]
    return [*[e for e in trace.exchanges if e.phase in _ASKED][-1:], *polls[-1:], *downloads]


# --- in words ---


def _words(seen: Seen, probe: Probe, name: str) -> str:
    """What one case shows of what is looked at; "" for nothing."""
    exchange = _asked(seen, name)
    if exchange is None or exchange.reply is None:
        return ""
    outcome = _outcome(seen, name, exchange)
    # A server error is an answer to what is asked on purpose, once it came twice.
    if outcome.kind in _NO_ANSWERS and not _is_lasting(seen, name):
        return ""
    if outcome.kind != "accepted":
        return _refusal(seen, exchange, outcome) if "answer" in probe.see else ""
    pieces = [_VIEWS[view](seen, seen.traces[name]) for view in probe.see]
    return ", ".join(filter(None, pieces))


def _is_lasting(seen: Seen, name: str) -> bool:
    asked = [e for e in seen.traces[name].exchanges if e.phase in _ASKED]
    return len(asked) > 1 and all(e.reply is not None and e.reply.status >= 500 for e in asked)


def _refusal(seen: Seen, exchange: Exchange, outcome: Outcome) -> str:
    status = f"HTTP {outcome.http}"
    if outcome.in_envelope and outcome.code != outcome.http:
        status = f"code {outcome.code} inside {status}"
    if outcome.kind == "malformed":
        return f"neither accepted nor refused: {status} with {outcome.detail or 'no error'}"
    body = body_of_reply(exchange)
    names = [
        str(value)
        for envelope in seen.contract.envelopes
        for field in envelope.fields
        if field.role == "error_name"
        for value in find(body, field.path)[:1]
        if isinstance(value, str | int)
    ]
    return f"refused with {status}" + (f" ({shown(names[0])})" if names else "")


def _answer(seen: Seen, trace: Trace) -> str:
    states = [task_state(seen.contract, e) for e in trace.exchanges if e.phase == "poll"]
    phases = [state[1] for state in states if state is not None]
    if "failed" in phases:
        return "accepted, and its task fails"
    return "accepted"


def _pictures(seen: Seen, trace: Trace) -> str:
    told = [e for e in trace.exchanges if e.phase in ("create", "poll") and e.reply is not None]
    counts = [len(result_urls(seen.contract, e)) for e in told]
    number = max(counts, default=0)
    return f"{number} picture{'' if number == 1 else 's'}" if number else ""


def _opened(trace: Trace) -> list[Exchange]:
    return [e for e in trace.exchanges if e.picture is not None and not e.picture.problem]


def _pixels(_: Seen, trace: Trace) -> str:
    sizes = [f"{e.picture.width}x{e.picture.height}" for e in _opened(trace) if e.picture]
    return " and ".join(dict.fromkeys(sizes)) + " pixels" if sizes else ""


def _type(_: Seen, trace: Trace) -> str:
    types = [f"image/{e.picture.format}" for e in _opened(trace) if e.picture]
    return " and ".join(dict.fromkeys(types))


def _charge(seen: Seen, trace: Trace) -> str:
    """What the meters show in the last reply that shows anything."""
    amounts: list[float] = []
    for operation, path in seen.contract.charging.meter:
        phases = ("create",) if operation == "create" else ("poll",)
        for exchange in trace.exchanges:
            if exchange.phase in phases:
                amounts += [
                    v
                    for v in find(body_of_reply(exchange), path)[:1]
                    if isinstance(v, int | float) and not isinstance(v, bool)
                ]
    return f"charged {shown(amounts[-1])} {seen.contract.charging.unit}" if amounts else ""


_VIEWS: Mapping[str, Callable[[Seen, Trace], str]] = {
    "answer": _answer,
    "pictures": _pictures,
    "pixels": _pixels,
    "type": _type,
    "charge": _charge,
}


def _same_task(seen: Seen, names: Sequence[str]) -> str:
    outcomes = [(n, _asked(seen, n)) for n in names]
    told = [_outcome(seen, n, e) for n, e in outcomes if e is not None and e.reply is not None]
    if len(told) != len(names) or told[0].kind != "accepted":
        return ""
    first, again = told[0], told[-1]
    if again.kind == "accepted":
        return "the same task" if again.task_id == first.task_id else "a second task"
    exchange = outcomes[-1][1]
    return _refusal(seen, exchange, again) if exchange is not None else ""
