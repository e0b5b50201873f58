"""What do all parts of one run share?"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.contract.model import Contract
from conformance.planning.images import Images
from conformance.planning.values import CASE
from conformance.results.cases import CALLBACK, Case, Cost, Plan, Send
from conformance.results.entries import CaseOutcome, Noted
from conformance.results.events import Billed, Event, Note
from conformance.results.verdicts import Outcome
from conformance.run.asking import Asker
from conformance.run.calling import Calls
from conformance.run.journal import Journal
from conformance.run.options import RunOptions, Waits
from conformance.run.pace import Pace
from conformance.run.purse import Purse, Reservation
from conformance.run.requests import wire_request
from conformance.run.resuming import Past
from conformance.run.targets import Endpoint
from conformance.wire.exchange import Request
from conformance.wire.redaction import Redactor

__all__ = ["Planner", "Session"]

_WATCHED = 3
"""Tasks that are looked at as often as ever where polls are spared."""

_SHUT_OUT = 12

Planner = Callable[..., Plan]
"""`planning.plan.make_plan`, or something that remembers what it gave."""


@dataclass(kw_only=True)
class Session:
    """The parts of one run, and what has come of it so far."""

    contract: Contract
    endpoint: Endpoint
    options: RunOptions
    waits: Waits
    images: Images
    planner: Planner
    journal: Journal
    redactor: Redactor
    asker: Asker
    purse: Purse
    pace: Pace
    rng: random.Random
    on_event: Callable[[Event], None]
    run: str
    past: Past | None = None
    """What an earlier part of this run asked; None for a run that begins."""
    calls: Calls | None = None
    """The callbacks of the run; None where none can be received."""
    results: dict[str, tuple[float, tuple[str, ...]]] = field(default_factory=dict)
    """Case id to the time when its results were first seen, and their URLs."""
    tasks: dict[str, str] = field(default_factory=dict)
    """Case id to the task that its creation made."""
    finished: dict[str, str] = field(default_factory=dict)
    """Task id to the case that saw it end."""
    failed: set[str] = field(default_factory=set)
    """Those of them that failed."""
    unfinished: set[str] = field(default_factory=set)
    """Tasks that are not known to have ended."""
    missed: list[tuple[Case, str]] = field(default_factory=list)
    """Results that met nothing but trouble when they were fetched, with the cases that made them."""
    unreachable: set[str] = field(default_factory=set)
    """Hosts of results to which no connection came about."""
    lasted_s: list[float] = field(default_factory=list)
    """How long the tasks took that were seen to end."""
    silent: dict[str, int] = field(default_factory=dict)
    """Hosts of results to the number of downloads in a row that never ended."""
    answered: int = 0
    """Polls that were answered."""
    unheard: int = 0
    """Tasks in a row of which no poll was answered."""
    throttled: int = 0
    """Answers in a row that said 429."""
    noted: set[str] = field(default_factory=set)
    reservations: dict[str, list[Reservation]] = field(default_factory=dict)

    def request(
        self,
        send: Send,
        task_id: str | None = None,
        *,
        case: str = "",
        callback_url: str = "",
    ) -> Request:
        """
        The request of a case as it goes over the wire.

        Args:
            case: The case that it belongs to, or the earlier one that it repeats.
            callback_url: The address for callbacks about it.
        """
        unique = hashlib.sha256(f"{self.options.seed}/{self.run}/{case}".encode()).hexdigest()
        return wire_request(
            self.contract,
            send,
            callback_url=callback_url,
            base_url=self.endpoint.base_url,
            key=self.endpoint.key,
            run=self.run,
            case=unique[: len(CASE)],
            task_id=task_id,
        )

    def callback_url(self, case: Case) -> str:
        """The address to which callbacks about a creation go; "" where it asks for none."""
        if self.calls is None or CALLBACK not in case.assignment.values():
            return ""
        return self.calls.inbox.url_of(case)

    @property
    def callbacks(self) -> str:
        """Whether callbacks can be asked for, as `make_plan` has it."""
        if self.calls is None:
            return ""
        return "sure" if self.calls.inbox.is_sure else "unsure"

    def first_wait_s(self) -> float:
        """How long to wait before a task is asked about for the first time."""
        first_s = self.waits.first_s
        if not self.options.poll_sparingly or len(self.lasted_s) < _WATCHED:
            return first_s
        return max(first_s, *self.lasted_s[:_WATCHED])

    def worth_another_look(self) -> list[tuple[str, str]]:
        """The tasks that are asked about once more at the end, with the cases that saw them end."""
        finished = list(self.finished.items())
        if not self.options.poll_sparingly:
            return finished
        return [
            (task, case)
            for place, (task, case) in enumerate(finished)
            if place < _WATCHED or task in self.failed
        ]

    async def sleep(self, seconds: float, case: str = "", phase: str = "") -> None:
        """
        Wait, on the target's clock.

        Args:
            case: Before the next request of this case; what the record has an answer to is not waited for.
            phase: What that request is for.
        """
        if self.past is None or not self.past.has(case, phase):
            await self.endpoint.clock.sleep(seconds)

    def is_repeated(self, case: Case) -> bool:
        """Whether its creation was, or may have been, sent before under the same idempotency key."""
        again = self.past is not None and self.past.was_repeated(case.id)
        return bool(case.repeats) or again

    def now(self) -> float:
        """The time on the target's clock."""
        return self.endpoint.clock.now()

    def note(self, text: str) -> None:
        """Say something to whoever reads the record, and to whoever watches."""
        text = self.redactor.redact_text(text)
        self.journal.write(Noted(text=text))
        self.on_event(Note(vendor=self.contract.vendor, text=text))

    def hear(self, kind: str) -> None:
        """One more answer; `kind` is that of its outcome."""
        self.throttled = self.throttled + 1 if kind == "throttled" else 0
        if kind == "throttled":
            self.pace.slow_down()

    @property
    def is_shut_out(self) -> bool:
        """Whether 429 has come so often in a row that no more waiting is done for it."""
        return self.throttled >= _SHUT_OUT

    def note_once(self, text: str) -> None:
        """The same, unless it was said before."""
        if text not in self.noted:
            self.noted.add(text)
            self.note(text)

    def settle(
        self, case: Case, reservation: Reservation, amount: float, *, metered: bool = False
    ) -> None:
        """
        A creation was accepted or its outcome is unknown; again, to correct its amount.

        Args:
            metered: The vendor said what it cost.
        """
        mine = self.reservations.setdefault(case.id, [])
        self.purse.settle(reservation, amount, metered=metered)
        if reservation not in mine:
            mine.append(reservation)
            cost = Cost(amount=self.purse.cost, unit=self.contract.charging.unit)
            self.on_event(Billed(vendor=self.contract.vendor, billed=self.purse.billed, cost=cost))

    def tell(self, case: Case, outcome: Outcome, facts: Mapping[str, Any]) -> None:
        """Write down how a case stands."""
        mine = self.reservations.get(case.id, ())
        self.journal.write(
            CaseOutcome(
                case=case.id,
                kind=outcome.kind,
                code=outcome.code,
                task_id=self.redactor.redact_text(outcome.task_id),
                billed=len(mine),
                cost=sum(r.cost for r in mine),
                facts=self.redactor.redact_value(facts),
            )
        )
