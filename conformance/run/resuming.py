"""
What did an earlier part of a run ask, and what came of it?

A run that is resumed goes through its cases once more, in the same order. Whatever the record has an answer to is taken
from there, at once; only what it does not have is asked. So there is one way of running, and nothing is paid twice.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from conformance.contract.model import Contract
from conformance.errors import RecordInvalid, UsageError
from conformance.judging.outcomes import task_state
from conformance.results.cases import CALLBACK, Case, Send
from conformance.results.decoding import decode
from conformance.results.encoding import encode
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
from conformance.results.record import INTERRUPTED, Record, assemble
from conformance.run.journal import Journal
from conformance.run.purse import Purse, Reservation
from conformance.wire.exchange import Exchange, header

__all__ = ["ContinuedJournal", "Past", "header_of"]


def header_of(entries: Sequence[Entry], path: str) -> Header:
    """
    The header of a record.

    Raises:
        RecordInvalid: There is none: nothing was asked yet.
    """
    first = entries[0] if entries else None
    if not isinstance(first, Header):
        raise RecordInvalid(
            f"{path} has no header: its run was stopped before it asked anything. Start a new one"
        )
    return first


@dataclass(slots=True, eq=False)
class _Creation:
    """One time that a case was asked: `billed` and `cost` once its outcome was written, else None."""

    billed: bool | None = None
    cost: float = 0.0


@dataclass(slots=True)
class _History:
    """What the record has of one case."""

    asked: dict[str, Asked] = field(default_factory=dict)
    creations: list[_Creation] = field(default_factory=list)
    billed: int = 0
    cost: float = 0.0
    outcomes: int = 0
    """Since the last creation."""
    kind: str = ""

    @property
    def over(self) -> bool:
        """Whether its last creation was followed to its end."""
        return self.outcomes >= (2 if self.kind == "accepted" else 1)


class Past:
    """
    The part of a run that its record has, to be gone through again.

    `dropped` are the exchanges that count no more, `under_way` the cases that were not over, and `unknown` those whose
    creation was under way: whether it was made is not known, and it is not sent again.
    """

    def __init__(self, contract: Contract, entries: Sequence[Entry], path: str) -> None:
        self.header = header_of(entries, path)
        self.path = path
        self.entries = entries
        self.finished = _is_finished(entries)
        self._contract = contract
        self._cases: dict[str, list[Case]] = {}
        self._histories: dict[str, _History] = {}
        self._answers: dict[str, Answered] = {}
        self._creation_of: dict[str, _Creation] = {}
        self._exchanges = 0
        self._repeated: set[str] = set()
        for entry in entries:
            self._read(entry)
        self.dropped = tuple(self._dropped())
        self.under_way = tuple(self._under_way(frozenset(self.dropped)))
        self._drop(self.dropped)
        self._left: dict[tuple[str, str], deque[Exchange]] = {}
        for name, history in self._histories.items():
            for asked in history.asked.values():
                queue = self._left.setdefault((name, asked.phase), deque())
                queue.append(self._exchange(asked))
        self.unknown = tuple(
            name
            for (name, phase), queue in self._left.items()
            if phase == "create" and self._histories[name].outcomes == 0 and _is_unanswered(queue)
        )
        self._reservations: dict[str, deque[Reservation]] = {}

    # --- reading ---

    def _read(self, entry: Entry) -> None:
        """One more entry. One flat match."""
        match entry:
            case Case():
                self._cases.setdefault(entry.id, []).append(entry)
            case Asked():
                self._exchanges += entry.phase != "callback"
                history = self._histories.setdefault(entry.case, _History())
                history.asked[entry.id] = entry
                if entry.phase == "create":
                    if history.outcomes or not history.creations:
                        history.creations.append(_Creation())
                    self._creation_of[entry.id] = history.creations[-1]
                    history.outcomes, history.kind = 0, ""
            case Answered():
                self._answers[entry.id] = entry
            case CaseOutcome():
                self._tell(self._histories.setdefault(entry.case, _History()), entry)
            case Resumed():
                self._drop(entry.dropped)

    def _drop(self, names: Sequence[str]) -> None:
        for case, history in self._histories.items():
            for asked in [history.asked.pop(n) for n in names if n in history.asked]:
                if asked.phase == "create":
                    self._repeated.add(case)

    def _tell(self, history: _History, entry: CaseOutcome) -> None:
        history.outcomes += 1
        history.kind = entry.kind
        if history.creations:
            last = history.creations[-1]
            if last.billed is None:
                last.billed = entry.billed > history.billed
            last.cost += entry.cost - history.cost
        history.billed, history.cost = entry.billed, entry.cost

    def _dropped(self) -> Iterator[str]:
        for name, history in self._histories.items():
            case = self._cases[name][-1]
            for asked in history.asked.values():
                if not self._is_kept(case, history, asked):
                    yield asked.id

    def _is_kept(self, case: Case, history: _History, asked: Asked) -> bool:
        if asked.phase == "callback":
            return True
        answered = self._answers.get(asked.id)
        if answered is None or answered.failure == INTERRUPTED:
            return asked.phase == "create" and not self._may_repeat(case, asked)
        if case.operation != "create" or history.over:
            return True
        # Addresses of results are written down without their signatures, so they are asked for again.
        return asked.phase != "download" and not self._has_succeeded(asked)

    def _may_repeat(self, case: Case, asked: Asked) -> bool:
        """Whether a creation whose outcome is unknown may be sent again, since nobody can be charged twice for it."""
        if case.send.key != "right":
            return True
        promise = self._contract.idempotency
        called = CALLBACK in case.assignment.values()  # its address may be another one by now
        return (
            promise is not None
            and bool(header(asked.request.headers, promise.header))
            and not called
        )

    def _has_succeeded(self, asked: Asked) -> bool:
        if asked.phase != "poll":
            return False
        state = task_state(self._contract, self._exchange(asked))
        return state is not None and state[1] == "succeeded"

    def _under_way(self, gone: frozenset[str]) -> Iterator[str]:
        for name, history in self._histories.items():
            created = any(a.phase == "create" for a in history.asked.values())
            if gone & history.asked.keys() or (created and not history.over):
                yield name

    def _exchange(self, asked: Asked) -> Exchange:
        answered = self._answers.get(asked.id) or Answered(id=asked.id, failure=INTERRUPTED)
        return Exchange(
            id=asked.id,
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

    # --- going through it again ---

    @property
    def count(self) -> int:
        """How many requests were written down."""
        return self._exchanges

    @property
    def last_s(self) -> float | None:
        """When something happened last, on the target's clock."""
        found = (
            a.started_s + (self._answers[a.id].elapsed_s if a.id in self._answers else 0.0)
            for a in self.entries
            if isinstance(a, Asked)
        )
        return max(found, default=None)

    @property
    def port(self) -> int:
        """Where callbacks were received; 0 for nowhere."""
        return next((e.port for e in reversed(self.entries) if isinstance(e, Listening)), 0)

    def take(self, case: str, phase: str, url: str) -> Exchange | None:
        """
        The next exchange of that case and purpose; None where the record has no more.

        A creation is found by its case alone, whatever else is different by now: nothing that was paid for is sent again.
        """
        queue = self._left.get((case, phase))
        if not queue:
            return None
        if phase != "download":
            return queue.popleft()
        found = next((e for e in queue if e.request.url == url), None)
        if found is not None:
            queue.remove(found)
        return found

    def has(self, case: str, phase: str) -> bool:
        """Whether `take` would find something, or may."""
        return bool(self._left.get((case, phase)))

    def asked_again(self, exchange: Exchange) -> bool | None:
        """Whether a creation was sent once more before its outcome was written; None where that is open."""
        creation = self._creation_of.get(exchange.id)
        if creation is None:
            return None
        queue = self._left.get((exchange.case, "create"))
        if queue and self._creation_of[queue[0].id] is creation:
            return True
        return None if creation.billed is None else False

    def is_open(self, case: str) -> bool:
        """Whether a creation of the case was under way, or its task was followed."""
        return case in self.under_way

    def was_repeated(self, case: str) -> bool:
        """Whether the outcome of its creation is unknown, and it is sent again under its key."""
        return case in self._repeated

    @property
    def created(self) -> Iterator[str]:
        """The cases whose creation was sent."""
        return (n for n, h in self._histories.items() if h.creations)

    def callbacks(self) -> Iterator[tuple[Case, Exchange]]:
        """The callbacks that came, in order."""
        for (name, phase), queue in self._left.items():
            if phase == "callback":
                yield from ((self._cases[name][-1], e) for e in queue)

    # --- money ---

    @property
    def billed(self) -> int:
        """How many creations were billed, those included of which nobody knows."""
        made = [c for history in self._histories.values() for c in history.creations]
        return sum(c.billed is None or c.billed for c in made)

    def recall(self, purse: Purse) -> None:
        """Have the purse know what was spent, and what may have been, before anything is sent."""
        for name, history in self._histories.items():
            case = self._cases[name][-1]
            for creation in history.creations:
                made = purse.recall(
                    invalid=case.breaks is not None,
                    cost=max(case.cost.amount, case.worst_cost.amount),
                )
                if creation.billed:
                    purse.settle(made, creation.cost)
                elif creation.billed is not None:
                    purse.release(made)
                self._reservations.setdefault(name, deque()).append(made)

    def reservation(self, case: str) -> Reservation | None:
        """What the next creation of a case was granted; None where the record has none."""
        queue = self._reservations.get(case)
        return queue.popleft() if queue else None

    def is_reserved(self, case: str) -> bool:
        """Whether `reservation` has one."""
        return bool(self._reservations.get(case))

    # --- what it must agree with ---

    def check(self, case: Case) -> None:
        """
        Refuse to go on with a run that has come another way.

        Raises:
            UsageError: The record has another request of the same name.
        """
        known = self._cases.get(case.id)
        if known and case.id in self._histories and not _is_among(case.send, known):
            raise UsageError(
                f"{self.path} cannot be gone on with: its case {case.id} is another one than it would be now"
                f" (it was written by {self.header.tool or 'another version'})"
            )


def _is_among(send: Send, cases: Iterable[Case]) -> bool:
    if any(send == case.send for case in cases):
        return True
    # What was read from JSON has lists where what was planned may have tuples.
    made = decode(encode(Case(id="", operation="", send=send, expect="either")))
    return isinstance(made, Case) and any(made.send == case.send for case in cases)


def _is_unanswered(queue: Iterable[Exchange]) -> bool:
    return any(e.failure == INTERRUPTED for e in queue)


def _is_finished(entries: Sequence[Entry]) -> bool:
    last = entries[-1] if entries else None
    return isinstance(last, Footer) and last.finished


_GONE_THROUGH = (Case, Planned, CaseOutcome, Skipped, Noted)


class ContinuedJournal:
    """
    Writes to a record only what it does not have yet.

    `record` is what the run has come to so far, as it would be had it never been stopped; the record on disk has more
    as long as not everything was gone through again.
    """

    def __init__(self, journal: Journal, past: Past) -> None:
        self._journal = journal
        self._past = past
        self._left = Counter(encode(e) for e in past.entries if isinstance(e, _GONE_THROUGH))
        self._course: list[Entry] = [past.header]
        self._callbacks: dict[str, list[Entry]] = {}
        for case, exchange in past.callbacks():
            self._callbacks.setdefault(case.id, []).extend(_entries(exchange))

    @property
    def path(self) -> str:
        """The file."""
        return self._journal.path

    def write(self, *entries: Entry) -> None:
        """Write what is new."""
        new = [entry for entry in entries if not self._is_known(entry)]
        if new:
            self._journal.write(*new)
        self._course.extend(entries)

    def recall(self, exchange: Exchange) -> None:
        """An exchange was taken from the record."""
        self._course.extend(_entries(exchange))
        if exchange.phase == "create":
            self._course.extend(self._callbacks.pop(exchange.case, ()))

    def record(self) -> Record:
        """What the run has come to so far."""
        return assemble(self._course, file=self.path)

    def close(self) -> None:
        """No more entries will come."""
        self._journal.close()

    def _is_known(self, entry: Entry) -> bool:
        if not isinstance(entry, _GONE_THROUGH):
            return False
        line = encode(entry)
        if self._left[line] > 0:
            self._left[line] -= 1
            return True
        if isinstance(entry, Case):
            self._past.check(entry)
        return False


def _entries(exchange: Exchange) -> tuple[Asked, Answered]:
    asked = Asked(
        id=exchange.id,
        case=exchange.case,
        phase=exchange.phase,
        request=exchange.request,
        started_s=exchange.started_s,
        facts=exchange.facts,
    )
    answered = Answered(
        id=exchange.id,
        reply=exchange.reply,
        failure=exchange.failure,
        sent=exchange.sent,
        picture=exchange.picture,
        elapsed_s=exchange.elapsed_s,
    )
    return asked, answered
