"""How far is a run, in one line?"""

from __future__ import annotations

import sys

from conformance.cli.output import Progress, complain
from conformance.reporting.text import amount, plural
from conformance.results.events import Billed, CaseDone, CaseStarted, Event, Note, Planned

__all__ = ["Watcher"]


class Watcher:
    """Turns the events of a run into progress on stderr. Notes stay, the rest is written over."""

    def __init__(self) -> None:
        self._progress = Progress(sys.stderr)
        self._cases = 0
        self._done = 0
        self._spent = ""
        self.notes: list[str] = []
        """The sentences that were said."""

    def __call__(self, event: Event) -> None:
        match event:
            case Planned():
                # A plan that replaces another begins again; cases that narrow down come on top of it.
                self._cases, self._done = event.cases, 0
            case CaseStarted():
                self._update(event.vendor, event.case.id)
            case CaseDone():
                self._done += 1
                self._update(event.vendor, f"{event.case.id}: {event.kind}")
            case Billed():
                cost = f", {amount(event.cost.amount, event.cost.unit)}" if event.cost.unit else ""
                self._spent = f", {plural(event.billed, 'billed creation')}{cost}"
            case Note():
                self._progress.clear()
                self.notes.append(event.text)
                complain(f"{event.vendor}: {event.text}")

    def done(self) -> None:
        """Take the progress away."""
        self._progress.clear()

    def _update(self, vendor: str, what: str) -> None:
        of = f"{self._done} of {max(self._cases, self._done)} cases"
        self._progress.update(f"{vendor}: {of}{self._spent}: {what}")
