"""Which deviations make tasks, charges and pictures come out otherwise than documented?"""

# ruff: noqa: ARG002  # a hook gets the value and the moment, whether it needs them or not

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance.contract.model import Contract
from conformance.errors import UsageError
from conformance.simulator.charges import amount_of
from conformance.simulator.deviance import Deviation
from conformance.simulator.hooks import Moment, SimReply
from conformance.simulator.lifecycle import Snapshot
from conformance.simulator.pictures import EXTENSIONS, drawn
from conformance.simulator.sizes import cell_for

__all__ = ["MISBEHAVING"]

_OK = 200
_LARGEST_SCALE = 16  # enough to be wrong, not enough to hurt


class StateUnknown(Deviation):
    """Running tasks, or those of another phase, are in a state that no document lists."""

    name = "state-unknown"
    takes = "[PHASE:]STATE"

    def snapshot(self, snapshot: Snapshot, at: Moment) -> Snapshot:
        phase, _, state = self.parameter.rpartition(":")
        if snapshot.phase != (phase or "running"):
            return snapshot
        number = isinstance(snapshot.state, int) and state.lstrip("-").isdecimal()
        return replace(snapshot, state=int(state) if number else state)


class StateReversed(Deviation):
    """Tasks go through the running states from the last to the first."""

    name = "state-reversed"

    def snapshot(self, snapshot: Snapshot, at: Moment) -> Snapshot:
        running = [s.value for s in at.contract.states if s.phase == "running"]
        if snapshot.state is None or snapshot.state not in running:
            return snapshot
        return replace(snapshot, state=running[-1 - running.index(snapshot.state)])


class TerminalLeft(Deviation):
    """A task that was shown as ended runs again."""

    name = "terminal-left"

    def snapshot(self, snapshot: Snapshot, at: Moment) -> Snapshot:
        if snapshot.phase == "running" or at.task is None or at.task.views == 0:
            return snapshot
        return _running(snapshot, at)


class StuckRunning(Deviation):
    """Tasks never end."""

    name = "stuck-running"

    def snapshot(self, snapshot: Snapshot, at: Moment) -> Snapshot:
        return snapshot if snapshot.phase == "running" else _running(snapshot, at)


def _running(snapshot: Snapshot, at: Moment) -> Snapshot:
    running = [s.value for s in at.contract.states if s.phase == "running"]
    state = running[-1] if running else None
    return replace(snapshot, state=state, phase="running", progress=0.5, ended_s=None)


class AlwaysFailed(Deviation):
    """Every task fails."""

    name = "always-failed"

    def effective(self, body: Any, at: Moment) -> Any:
        at.doomed = "something went wrong"
        return body


class ResultMissing(Deviation):
    """Tasks succeed without a result."""

    name = "result-missing"

    def values(self, values: dict[str, Any], at: Moment) -> dict[str, Any]:
        if "results" in values:
            values["results"] = []
            del values["url"]
        return values


class CountWrong(Deviation):
    """Another number of pictures is made than asked for."""

    name = "count-wrong"

    def count(self, number: int, at: Moment) -> int:
        return number - 1 if number > 1 else 2


class Result404(Deviation):
    """Results cannot be downloaded."""

    name = "result-404"

    def picture(self, reply: SimReply, at: Moment) -> SimReply:
        return SimReply(status=404, body=b"", headers=(("content-type", "text/plain"),))


class PictureCorrupt(Deviation):
    """Results end halfway."""

    name = "picture-corrupt"

    def picture(self, reply: SimReply, at: Moment) -> SimReply:
        return replace(reply, body=reply.body[: len(reply.body) // 2])


class PictureHtml(Deviation):
    """Results are web pages."""

    name = "picture-html"

    def picture(self, reply: SimReply, at: Moment) -> SimReply:
        page = b"<!doctype html><title>Oops</title><p>Please sign in to see this picture."
        return SimReply(status=_OK, body=page, headers=(("content-type", "text/html"),))


class PictureType(Deviation):
    """Results are pictures of a type that no document lists."""

    name = "picture-type"

    def picture(self, reply: SimReply, at: Moment) -> SimReply:
        if reply.status != _OK or at.task is None:
            return reply
        listed = (*at.contract.picture_types, at.task.media_type)
        other = next(t for t in reversed(EXTENSIONS) if t not in listed)
        picture = drawn(*at.task.sizes[0], at.task.number, other)
        return replace(reply, body=picture, headers=(("content-type", other),))


class Pixels(Deviation):
    """Pictures have another size: scaled by a number, turned on their side, or of the lowest tier."""

    name = "pixels"
    takes = "SCALE|swapped|tier-ignored"

    def __init__(self, parameter: str = "") -> None:
        super().__init__(parameter)
        self._scale = 1.0
        if parameter not in ("swapped", "tier-ignored"):
            self._scale = self._number(parameter)

    def _number(self, text: str) -> float:
        try:
            scale = float(text)
        except ValueError:
            scale = 0.0
        if not 0 < scale <= _LARGEST_SCALE:
            raise UsageError(
                f"the deviation {self.name!r} has the parameter {text!r}, expected {self.takes}"
            )
        return scale

    def tier(self, index: int, at: Moment) -> int:
        return 0 if self.parameter == "tier-ignored" else index

    def size(self, size: tuple[int, int], at: Moment) -> tuple[int, int]:
        if self.parameter == "swapped":
            return size[1], size[0]
        if self.parameter == "tier-ignored":
            return self._lowest(at) or size
        return round(size[0] * self._scale) or 1, round(size[1] * self._scale) or 1

    def _lowest(self, at: Moment) -> tuple[int, int] | None:
        """What the table says of the lowest tier; None where no table does."""
        if at.task is None:
            return None
        values = {**at.task.values}
        for path, described in at.fields.items():
            if described.role == "resolution" and described.schema.get("enum"):
                values[path] = described.schema["enum"][0]
        cell = cell_for(at.contract, at.model, values)
        return cell.any_of[0] if cell else None


class ChargeOffByOne(Deviation):
    """Each creation costs one more than documented."""

    name = "charge-off-by-one"

    def amount(self, amount: float, at: Moment) -> float:
        return amount + 1


class ChargeTierIgnored(Deviation):
    """Each creation costs what the first line of its model's price table says."""

    name = "charge-tier-ignored"

    def amount(self, amount: float, at: Moment) -> float:
        cells = [c for c in at.contract.charging.cells if not c.models or at.model in c.models]
        return amount_of(cells[0], at.task.values) if cells and at.task else amount


class NotRefunded(Deviation):
    """A failed task stays charged."""

    name = "not-refunded"

    def values(self, values: dict[str, Any], at: Moment) -> dict[str, Any]:
        if at.task is not None:
            at.task.refunded = False
        if "refunded" in values:
            values["refunded"] = False
        if at.contract.charging.zero_at and at.task is not None:
            values["cost"] = at.task.cost or 1
        return values


class ExpiryIgnored(Deviation):
    """Results can be fetched for ever."""

    name = "expiry-ignored"

    def contract(self, contract: Contract) -> Contract:
        return replace(contract, expiry=tuple(replace(e, lifetime_s=1e12) for e in contract.expiry))


class ExpiresEarly(Deviation):
    """Results are gone ten minutes after the creation, whatever the documents promise."""

    name = "expires-early"

    def picture(self, reply: SimReply, at: Moment) -> SimReply:
        ended = at.task is not None and at.now_s - at.task.created_s > _SHORT_LIFE_S
        return SimReply(status=404, body=b"", headers=reply.headers) if ended else reply


_SHORT_LIFE_S = 600.0

MISBEHAVING: tuple[type[Deviation], ...] = (
    StateUnknown,
    StateReversed,
    TerminalLeft,
    StuckRunning,
    AlwaysFailed,
    ResultMissing,
    CountWrong,
    Result404,
    PictureCorrupt,
    PictureHtml,
    PictureType,
    Pixels,
    ChargeOffByOne,
    ChargeTierIgnored,
    NotRefunded,
    ExpiryIgnored,
    ExpiresEarly,
)
