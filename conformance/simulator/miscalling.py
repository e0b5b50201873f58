"""Which deviations go wrong about callbacks?"""

# ruff: noqa: ARG002  # a hook gets the value and the moment, whether it needs them or not

from __future__ import annotations

from dataclasses import replace

from conformance.contract.model import Phase
from conformance.simulator.callbacks import Letter
from conformance.simulator.deviance import Deviation
from conformance.simulator.hooks import Moment
from conformance.simulator.lifecycle import Snapshot

__all__ = ["MISCALLING"]


class CallbackMissing(Deviation):
    """No callback is sent, or none about tasks that ended in that way (succeeded, failed)."""

    name = "callback-missing"
    takes = "[PHASE]"

    def called(self, wanted: bool, at: Moment) -> bool:  # noqa: FBT001  # a hook
        failed = at.task is not None and bool(at.task.failure)
        phase = "failed" if failed else "succeeded"
        return wanted and self.parameter not in ("", phase)


class CallbackEarly(Deviation):
    """The callback is sent as soon as the task is made, and says that it runs."""

    name = "callback-early"

    def called_s(self, seconds: float, at: Moment) -> float:
        return at.now_s

    def called(self, wanted: bool, at: Moment) -> bool:  # noqa: FBT001  # a hook
        return True


class CallbackOtherEnd(Deviation):
    """The callback says that the task failed where it succeeded, and the other way round."""

    name = "callback-other-end"

    def snapshot(self, snapshot: Snapshot, at: Moment) -> Snapshot:
        if at.operation != "callback" or snapshot.phase == "running":
            return snapshot
        phase: Phase = "succeeded" if snapshot.phase == "failed" else "failed"
        states = [s.value for s in at.contract.states if s.phase == phase]
        return replace(snapshot, phase=phase, state=states[0]) if states else snapshot


class CallbackMethod(Deviation):
    """Callbacks are sent with another method."""

    name = "callback-method"
    takes = "METHOD"

    def letter(self, letter: Letter, at: Moment) -> Letter:
        return replace(letter, method=self.parameter)


class CallbackHeader(Deviation):
    """A header of callbacks has another value, or is left out."""

    name = "callback-header"
    takes = "NAME=[VALUE]"

    def letter(self, letter: Letter, at: Moment) -> Letter:
        name, _, value = self.parameter.partition("=")
        told = letter.document.get("$headers", {}) if isinstance(letter.document, dict) else {}
        for each in [known for known in told if known.lower() == name.lower()]:
            del told[each]
        others = tuple(h for h in letter.headers if h[0].lower() != name.lower())
        return replace(letter, headers=(*others, (name, value)) if value else others)


class CallbackGarbled(Deviation):
    """The body of a callback is no JSON."""

    name = "callback-garbled"

    def letter(self, letter: Letter, at: Moment) -> Letter:
        return replace(letter, body=b"task completed")


class CallbackUnsigned(Deviation):
    """Callbacks carry no signature."""

    name = "callback-unsigned"

    def letter(self, letter: Letter, at: Moment) -> Letter:
        return replace(letter, is_signed=False)


class CallbackSecret(Deviation):
    """Callbacks are signed with another secret."""

    name = "callback-secret"

    def letter(self, letter: Letter, at: Moment) -> Letter:
        return replace(letter, secret=f"{letter.secret}-of-another")


class CallbackOnce(Deviation):
    """A callback that is not acknowledged is not tried again."""

    name = "callback-once"

    def letter(self, letter: Letter, at: Moment) -> Letter:
        return replace(letter, attempts=1)


class CallbackDeaf(Deviation):
    """A callback is tried again although it was acknowledged."""

    name = "callback-deaf"

    def letter(self, letter: Letter, at: Moment) -> Letter:
        return replace(letter, is_deaf=True)


class CallbackUnheard(Deviation):
    """A task about which a callback was sent has failed when it is asked about again."""

    name = "callback-unheard"

    def letter(self, letter: Letter, at: Moment) -> Letter:
        if at.task is not None:
            at.task.facts["called"] = True
        return letter

    def snapshot(self, snapshot: Snapshot, at: Moment) -> Snapshot:
        called = at.task is not None and at.task.facts.get("called", False)
        if at.task is None or not called or snapshot.phase != "succeeded" or at.key != "status":
            return snapshot
        failed = [s.value for s in at.contract.states if s.phase == "failed"]
        # It is seen to succeed before: otherwise the callback would be what is wrong.
        if not at.task.facts.setdefault("seen", False) or not failed:
            at.task.facts["seen"] = True
            return snapshot
        return replace(snapshot, phase="failed", state=failed[0])


MISCALLING: tuple[type[Deviation], ...] = (
    CallbackMissing,
    CallbackEarly,
    CallbackOtherEnd,
    CallbackMethod,
    CallbackHeader,
    CallbackGarbled,
    CallbackUnsigned,
    CallbackSecret,
    CallbackOnce,
    CallbackDeaf,
    CallbackUnheard,
)
