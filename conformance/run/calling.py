"""How long are callbacks waited for, and what does a run know about them in the end?"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from conformance.contract.callback import secret_variable
from conformance.contract.model import Contract
from conformance.errors import TransportError
from conformance.results.cases import Case
from conformance.results.verdicts import Outcome
from conformance.run.inbox import Inbox, Slot
from conformance.run.journal import Journal
from conformance.run.resuming import Past
from conformance.run.tape import Tape
from conformance.run.targets import Endpoint
from conformance.simulator.callbacks import TEST_SECRET
from conformance.wire.exchange import Request
from conformance.wire.redaction import Redactor

__all__ = ["Calls", "open_inbox"]

_NEARBY_S = 10.0
_FAR_S = 60.0
_SEQUENTIAL_S = 3600.0
_AFTERWARDS_S = 60.0
_STEP_S = 0.1
_CHECK_S = 10.0


async def open_inbox(
    contract: Contract, endpoint: Endpoint, journal: Journal, redactor: Redactor, run: str
) -> tuple[Inbox | None, str]:
    """
    What receives the callbacks of a run, once it does (None where none can come), and what to tell about it.

    Raises:
        UsageError: The port for callbacks is taken.
    """
    callback, receiver = contract.callback, endpoint.receiver
    if callback is None or receiver is None:
        return None, ""
    # On this machine no vendor has a secret of its own, but what a simulator signs with.
    secret = os.environ.get(secret_variable(contract), "")
    secret = secret or (TEST_SECRET if endpoint.target.loopback else "")
    told = endpoint.tape.run.callbacks if endpoint.tape is not None else {}
    if endpoint.kind != "simulator":
        # Nobody can guess it, and a run that is resumed has it again.
        run = f"{run} {_keyed(endpoint.key, run)}"
    if told:
        secret, run = "recorded" if told.get("secret") else "", str(told.get("run"))
    inbox = Inbox(
        callback=callback,
        receiver=receiver,
        journal=journal,
        redactor=redactor,
        clock=endpoint.clock,
        secret=secret,
        run=run,
    )
    await receiver.open(inbox.take)
    if receiver.tunnelled and not await _is_reached(inbox, endpoint):
        await receiver.aclose()
        return None, (
            f"callbacks are not tried: a request to {receiver.base_url} did not come through to"
            " this program; does the tunnel lead to --callback-port?"
        )
    if callback.signature is not None and not inbox.secret:
        variable = secret_variable(contract)
        return inbox, f"signatures of callbacks are not checked: {variable} is not set"
    return inbox, ""


def _keyed(key: str, run: str) -> str:
    return hmac.new(key.encode("utf-8", "surrogatepass"), run.encode(), hashlib.sha256).hexdigest()


async def _is_reached(inbox: Inbox, endpoint: Endpoint) -> bool:
    """Whether a request of our own to the public address arrives: else nobody's would."""
    request = Request(method="POST", url=inbox.own_url, body=b"{}")
    try:
        await endpoint.transport.send(request, timeout_s=_CHECK_S, max_body_bytes=1024)
    except TransportError:
        return False
    return inbox.reached


@dataclass(slots=True)
class _Ended:
    case: Case
    outcome: Outcome
    facts: dict[str, Any]
    ended_s: float


@dataclass(slots=True)
class Calls:
    """The creations of a run that asked for a callback and whose task ended."""

    inbox: Inbox
    endpoint: Endpoint
    recall: Callable[[str], None] | None = None
    """Where a cassette is replayed: has the callbacks about a case come that are left."""
    ended: list[_Ended] = field(default_factory=list)
    waited_until_s: float = 0.0
    interrupted: frozenset[str] = frozenset()
    """Cases that were asked before the run was resumed: what came in between was lost."""

    def resume(self, past: Past) -> None:
        """Know what came before the run was resumed, and which creations may have been called back in between."""
        for case, exchange in past.callbacks():
            self.inbox.remember(case, exchange)
        self.interrupted = frozenset(past.created)

    def note(self, case: Case, outcome: Outcome, facts: dict[str, Any], phase: str) -> None:
        """A task ended: its callback may now be waited for."""
        if case.repeats:
            return  # the task is that of the first
        if phase in self.inbox.callback.phases and self.inbox.slot_of(case) is not None:
            self.ended.append(_Ended(case, outcome, facts, self.endpoint.clock.now()))

    async def wait(self) -> None:
        """Wait until every callback came that must come, or long enough for each."""
        if self.endpoint.tape is not None:
            self._remember(self.endpoint.tape)
            return
        while any(self._is_awaited(each) for each in self.ended):
            await self.endpoint.clock.sleep(self._step_s())
        if self.endpoint.sequential and self.ended:
            # What is tried again although it was acknowledged has time to come, where time costs nothing.
            await self.endpoint.clock.sleep(_AFTERWARDS_S)
        self._conclude()

    def _remember(self, tape: Tape) -> None:
        """Have come what came, and let it be as late as it was then."""
        for slot in self.inbox.slots.values():
            if self.recall is not None:
                self.recall(slot.case.id)
        tape.clock.set(float(tape.run.callbacks.get("waited_until_s", tape.clock.now())))
        self._conclude()

    def _conclude(self) -> None:
        self.waited_until_s = self.endpoint.clock.now()
        for each in self.ended:
            each.facts["callback"] = self._facts(each)

    def _is_awaited(self, each: _Ended) -> bool:
        slot = self._slot(each)
        since_s = slot.refused_s if slot.refused_s is not None else each.ended_s
        waited_s = self.endpoint.clock.now() - max(since_s, each.ended_s)
        return slot.acknowledged_s is None and waited_s < self._patience_s()

    def _slot(self, each: _Ended) -> Slot:
        slot = self.inbox.slot_of(each.case)
        assert slot is not None  # noted only where there is one
        return slot

    def _patience_s(self) -> float:
        if self.endpoint.sequential:
            return _SEQUENTIAL_S
        return _NEARBY_S if self.endpoint.target.loopback else _FAR_S

    def _step_s(self) -> float:
        return 5.0 if self.endpoint.sequential else _STEP_S

    def _facts(self, each: _Ended) -> dict[str, Any]:
        slot, now_s = self._slot(each), self.endpoint.clock.now()
        found: dict[str, Any] = {
            "waited_s": now_s - each.ended_s,
            "assured": self.inbox.receiver.assured,
            "secret": bool(self.inbox.secret),
        }
        if slot.refused_s is not None:
            found["waited_again_s"] = now_s - slot.refused_s
        if each.case.id in self.interrupted and slot.acknowledged_s is None:
            return {**found, "waited_s": 0.0, "waited_again_s": 0.0, "interrupted": True}
        return found
