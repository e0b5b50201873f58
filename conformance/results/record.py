"""
What does a record say?

A record is JSON lines, one an entry (`entries`), in the order in which things happened. Both a run that has just
ended and a file from last year become a `Record` here, by the same path: so what is judged is what was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from conformance.errors import RecordInvalid
from conformance.results.cases import Case, Plan
from conformance.results.decoding import Malformed, decode
from conformance.results.entries import (
    Answered,
    Asked,
    CaseOutcome,
    Entry,
    Footer,
    Header,
    Listening,
    Noted,
    Planned,
    Resumed,
    Skipped,
)
from conformance.results.verdicts import Verdict
from conformance.wire.exchange import Exchange, Trace

__all__ = ["INTERRUPTED", "Record", "assemble", "read_lines"]

INTERRUPTED = "interrupted"
"""The failure of an exchange whose reply nobody waited for: the run was stopped, or died."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """
    Everything that one run planned, sent, received and concluded.

    `cases` are all that were planned, those that narrow down included; `traces` those that were sent, in the order
    of their first requests. `undecided`: cases whose paid request left, and no outcome followed. `dropped`: exchanges
    that were asked again when the run was resumed, and count no more but as requests. `resumed`: cases that were under
    way when it was stopped. `truncated`: the last line was cut off and is left out.
    """

    header: Header
    plan: Plan
    cases: Mapping[str, Case]
    traces: Mapping[str, Trace]
    outcomes: Mapping[str, CaseOutcome]
    skipped: Mapping[str, Skipped]
    undecided: tuple[str, ...] = ()
    dropped: tuple[Exchange, ...] = ()
    resumed: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    footer: Footer | None = None
    truncated: bool = False
    file: str = ""

    @property
    def sent(self) -> tuple[Case, ...]:
        """The cases that were sent, in that order; of a replay, in that of the run that was recorded."""
        named = sorted(self.traces, key=lambda name: _number(self.traces[name].exchanges[0].id))
        return tuple(self.cases[name] for name in named)

    @property
    def exchanges(self) -> dict[str, Exchange]:
        """All exchanges by id, case by case."""
        return {e.id: e for trace in self.traces.values() for e in trace.exchanges}

    @property
    def capped(self) -> frozenset[str]:
        """The cases that were not sent, or not sent again, because of the user's cap."""
        return frozenset(name for name, skipped in self.skipped.items() if skipped.capped)

    @property
    def unsent(self) -> dict[str, str]:
        """The other cases that were not sent, with the reason."""
        return {name: s.reason for name, s in self.skipped.items() if not s.capped}

    @property
    def requests(self) -> int:
        """How many requests left, polls and downloads among them; callbacks came, and are no requests of ours."""
        kept = (e for trace in self.traces.values() for e in trace.exchanges)
        return sum(e.sent and e.phase != "callback" for e in (*kept, *self.dropped))

    @property
    def billed(self) -> int:
        """Accepted and unknown creations, those included that nobody lived to write down the outcome of."""
        return sum(o.billed for o in self.outcomes.values()) + len(self.undecided)

    @property
    def cost(self) -> float:
        """What they cost, as far as it is known."""
        undecided = sum(self.cases[name].worst_cost.amount for name in self.undecided)
        return sum(o.cost for o in self.outcomes.values()) + undecided

    @property
    def seconds(self) -> float:
        """From the first request to the last reply, on the target's clock."""
        found = [e for trace in self.traces.values() for e in trace.exchanges]
        if not found:
            return 0.0
        return max(e.started_s + e.elapsed_s for e in found) - min(e.started_s for e in found)


def _number(exchange: str) -> tuple[int, str]:
    """Ids are numbers in the order of asking, with a letter before them."""
    return len(exchange), exchange


def read_lines(lines: Iterable[bytes], *, file: str) -> Record:
    """
    The record on the lines of a file, each with its line feed. A last line that was cut off is left out.

    Raises:
        RecordInvalid: Some other line is no entry, or the entries do not fit together; says where.
    """
    assembler = _Assembler(file)
    truncated = False
    for number, line in enumerate(lines, start=1):
        try:
            assembler.add(decode(line))
        except Malformed as error:
            # Only the last line can have been cut off, and then without its end.
            if line.endswith(b"\n"):
                raise RecordInvalid(f"{file}:{number}: {error}") from error
            truncated = True
    try:
        return assembler.record(truncated=truncated)
    except Malformed as error:
        raise RecordInvalid(f"{file}: {error}") from error


def assemble(entries: Iterable[Entry], *, file: str = "") -> Record:
    """
    The record that the entries of a run make.

    Raises:
        RecordInvalid: They do not fit together.
    """
    assembler = _Assembler(file)
    try:
        for entry in entries:
            assembler.add(entry)
        return assembler.record(truncated=False)
    except Malformed as error:
        raise RecordInvalid(f"{file or 'the record'}: {error}") from error


@dataclass(slots=True)
class _Assembler:
    """Takes entries in order and knows at the end what they say together."""

    file: str
    header: Header | None = None
    planned: Planned | None = None
    cases: dict[str, Case] = field(default_factory=dict)
    asked: dict[str, Asked] = field(default_factory=dict)
    answered: dict[str, Answered] = field(default_factory=dict)
    by_case: dict[str, list[str]] = field(default_factory=dict)
    dropped: dict[str, None] = field(default_factory=dict)
    resumed: set[str] = field(default_factory=set)
    undecided: dict[str, None] = field(default_factory=dict)
    outcomes: dict[str, CaseOutcome] = field(default_factory=dict)
    skipped: dict[str, Skipped] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    footer: Footer | None = None

    def add(self, entry: Entry) -> None:  # noqa: C901 - one flat match
        """One more entry. One flat match."""
        if self.header is None and not isinstance(entry, Header):
            raise Malformed("found no header, expected one on the first line")
        match entry:
            case Header():
                self._head(entry)
            case Resumed():
                self._resume(entry)
            case Listening():
                pass
            case Case():
                self.cases[entry.id] = entry
            case Planned():
                self._plan(entry)
            case Asked():
                self._ask(entry)
            case Answered():
                self._answer(entry)
            case CaseOutcome():
                self._known(entry.case)
                self.outcomes[entry.case] = entry
                self.undecided.pop(entry.case, None)
            case Skipped():
                self._known(entry.case)
                self.skipped[entry.case] = entry
            case Noted():
                self.notes.append(entry.text)
            case Verdict():
                self.verdicts.append(entry)
            case Footer():
                self.footer = entry

    def record(self, *, truncated: bool) -> Record:
        """What the entries say."""
        if self.header is None:
            raise Malformed("found nothing, expected a header")
        if self.planned is None:
            raise Malformed("found no plan: the run ended before it asked anything")
        return Record(
            header=self.header,
            plan=self._whole_plan(self.planned),
            cases=self.cases,
            traces={name: self._trace(name, ids) for name, ids in self.by_case.items() if ids},
            outcomes=self.outcomes,
            skipped=self.skipped,
            undecided=tuple(self.undecided),
            dropped=tuple(map(self._exchange, self.dropped)),
            resumed=frozenset(self.resumed),
            notes=tuple(self.notes),
            verdicts=tuple(self.verdicts),
            footer=self.footer,
            truncated=truncated,
            file=self.file,
        )

    def _head(self, entry: Header) -> None:
        if self.header is not None:
            raise Malformed("found a second header, expected one record in a file")
        self.header = entry

    def _resume(self, entry: Resumed) -> None:
        for name in entry.dropped:
            asked = self.asked.get(name)
            if asked is None:
                raise Malformed(f"found {name} dropped, which was not asked")
            self.dropped[name] = None
            self.by_case[asked.case].remove(name)
            if asked.phase == "create":
                self.undecided.pop(asked.case, None)
        self.resumed.update(entry.cases)
        # What an earlier part of the run concluded is concluded again at its end.
        self.verdicts, self.footer = [], None

    def _plan(self, entry: Planned) -> None:
        for name in entry.cases:
            self._known(name)
        self.planned = entry

    def _ask(self, entry: Asked) -> None:
        self._known(entry.case)
        if entry.id in self.asked:
            raise Malformed(f"found exchange {entry.id} a second time")
        self.asked[entry.id] = entry
        self.by_case.setdefault(entry.case, []).append(entry.id)
        if entry.phase == "create" and self.cases[entry.case].send.key == "right":
            self.undecided[entry.case] = None

    def _answer(self, entry: Answered) -> None:
        asked = self.asked.get(entry.id)
        if asked is None:
            raise Malformed(f"found a reply to {entry.id}, which was not asked")
        if (entry.reply is None) is (entry.failure is None):
            raise Malformed(
                f"found {entry.id} with both a reply and a failure or neither, expected one"
            )
        self.answered[entry.id] = entry
        if not entry.sent:
            self.undecided.pop(asked.case, None)

    def _known(self, name: str) -> None:
        if name not in self.cases:
            raise Malformed(f"found case {name!r}, which no line before describes")

    def _trace(self, name: str, ids: list[str]) -> Trace:
        outcome = self.outcomes.get(name)
        return Trace(
            case=name,
            exchanges=tuple(self._exchange(i) for i in ids),
            facts=outcome.facts if outcome else {},
        )

    def _exchange(self, name: str) -> Exchange:
        asked = self.asked[name]
        answered = self.answered.get(name) or Answered(id=name, failure=INTERRUPTED)
        return Exchange(
            id=name,
            case=asked.case,
            phase=asked.phase,
            request=asked.request,
            reply=answered.reply,
            failure=answered.failure,
            sent=answered.sent,
            picture=answered.picture,
            started_s=asked.started_s,
            elapsed_s=answered.elapsed_s,
            facts=asked.facts,
        )

    def _whole_plan(self, planned: Planned) -> Plan:
        return Plan(
            vendor=planned.vendor,
            strength=planned.strength,
            cases=tuple(self.cases[name] for name in planned.cases),
            required=planned.required,
            left_out=planned.left_out,
            unplanned=planned.unplanned,
            lower_bound=planned.lower_bound,
            probe=planned.probe,
            dialect=planned.dialect,
        )
