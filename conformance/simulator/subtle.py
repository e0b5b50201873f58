"""Which deviations break a promise only where somebody looks twice: one key, one media type, one repetition?"""

# A hook gets the value and the moment, whether it needs them or not.
# ruff: noqa: FBT001

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance.compilers.violation import Violation
from conformance.contract.model import Contract
from conformance.contract.paths import find
from conformance.errors import UsageError
from conformance.simulator.choices import nearest_hint
from conformance.simulator.deviance import Deviation, checked_field, checked_operation
from conformance.simulator.hooks import Moment
from conformance.simulator.lifecycle import Snapshot, Task
from conformance.simulator.pictures import EXTENSIONS
from conformance.simulator.reading import urls_in
from conformance.simulator.sizes import cell_for

__all__ = ["SUBTLE"]

Violations = tuple[Violation, ...]
_STRETCH = 1.2  # far beyond what rounding to whole pixels explains


class AnyKey(Deviation):
    """One operation asks for a key and takes any."""

    name = "any-key"
    takes = "OPERATION"

    def contract(self, contract: Contract) -> Contract:
        checked_operation(contract, self.parameter)
        return contract

    def needs_key(self, needed: bool, at: Moment) -> bool:
        return needed and not (at.operation == self.parameter and _shows_a_key(at))


class NoKey(Deviation):
    """One operation refuses wrong keys, and asks for none."""

    name = "no-key"
    takes = "OPERATION"

    def contract(self, contract: Contract) -> Contract:
        checked_operation(contract, self.parameter)
        return contract

    def needs_key(self, needed: bool, at: Moment) -> bool:
        return needed and (at.operation != self.parameter or _shows_a_key(at))


def _shows_a_key(at: Moment) -> bool:
    return any(
        scheme.parameter.lower() in at.request.headers
        if scheme.location == "header"
        else any(name == scheme.parameter for name, _ in at.request.query)
        for scheme in at.contract.auth
    )


class SchemeDead(Deviation):
    """One documented way to present the key is not known."""

    name = "scheme-dead"
    takes = "SCHEME"

    def contract(self, contract: Contract) -> Contract:
        known = [scheme.name for scheme in contract.auth]
        if self.parameter not in known:
            hint = nearest_hint(self.parameter, known)
            raise UsageError(f"unknown scheme {self.parameter!r} of {contract.vendor}{hint}")
        return replace(contract, auth=tuple(s for s in contract.auth if s.name != self.parameter))


class RefuseMedia(Deviation):
    """References, or files, of one documented media type are refused."""

    name = "refuse-media"
    takes = "FIELD:TYPE"

    def __init__(self, parameter: str = "") -> None:
        super().__init__(parameter)
        self._field, self._type = self.halves(":")

    def contract(self, contract: Contract) -> Contract:
        checked_field(contract, self._field)
        return contract

    def violations(self, found: Violations, at: Moment) -> Violations:
        sent = find(at.body, self._field)
        ending = f".{EXTENSIONS.get(self._type, '?')}"
        of_file = any(isinstance(v, dict) and v.get("media_type") == self._type for v in sent)
        if not of_file and not any(u.partition("?")[0].endswith(ending) for u in urls_in(sent)):
            return found
        message = f"{self._field} may not be {self._type}"
        return (*found, Violation(path=self._field, keyword="accepts", message=message))


class FailsLater(Deviation):
    """What breaks one keyword of a field, or one rule, is accepted, and the task fails."""

    name = "fails-later"
    takes = "FIELD:KEYWORD|rule:NAME"

    def __init__(self, parameter: str = "") -> None:
        super().__init__(parameter)
        self._field, self._keyword = self.halves(":")

    def violations(self, found: Violations, at: Moment) -> Violations:
        kept = tuple(v for v in found if not self._is_meant(v))
        if found and not kept:
            at.doomed = "the request turned out to be invalid"
        return kept

    def _is_meant(self, violation: Violation) -> bool:
        if self._field == "rule":
            return violation.rule == self._keyword
        return (violation.path, violation.keyword) == (self._field, self._keyword)


class TaskByDefault(Deviation):
    """A status query that names no task is about the newest."""

    name = "task-by-default"
    _newest: Task | None = None

    def count(self, number: int, at: Moment) -> int:
        self._newest = at.task
        return number

    def violations(self, found: Violations, at: Moment) -> Violations:
        if at.operation != "status":
            return found
        roles = {path: field.role for path, field in at.fields.items()}
        return tuple(v for v in found if v.keyword != "required" or roles.get(v.path) != "task_id")

    def found_task(self, task: Task | None, at: Moment) -> Task | None:
        if at.operation == "status" and not at.asked:
            return self._newest
        return task


class TerminalFlips(Deviation):
    """A task that was shown as succeeded has failed when it is asked about again."""

    name = "terminal-flips"

    def snapshot(self, snapshot: Snapshot, at: Moment) -> Snapshot:
        failed = next((s.value for s in at.contract.states if s.phase == "failed"), None)
        shown = at.task is not None and at.task.views > 0
        if snapshot.phase != "succeeded" or not shown or failed is None or at.task is None:
            return snapshot
        at.task.failure = at.task.failure or "it failed after all"
        return replace(snapshot, state=failed, phase="failed")


class RepeatRefused(Deviation):
    """A creation that is repeated with its idempotency key is refused."""

    name = "repeat-refused"

    def __init__(self, parameter: str = "") -> None:
        super().__init__(parameter)
        self._seen: set[str] = set()
        self._repeated: Moment | None = None

    def idempotency_key(self, key: str, at: Moment) -> str:
        if key in self._seen:
            self._repeated = at
            return ""
        self._seen |= {key} - {""}
        return key

    def acceptance(self, cause: str, at: Moment) -> str:
        return "bad-parameter" if at is self._repeated else cause


class ErrorShape(Deviation):
    """The errors of one operation come as a list of problems, which no document describes."""

    name = "error-shape"
    takes = "OPERATION"

    def contract(self, contract: Contract) -> Contract:
        checked_operation(contract, self.parameter)
        return contract

    def document(self, document: Any, at: Moment) -> Any:
        if not at.cause or at.operation != self.parameter:
            return document
        return {"problems": [{"title": "it did not work", "pointer": "/"}]}


class Ratio(Deviation):
    """Pictures of which no table says the size have another ratio: turned on their side, or stretched."""

    name = "ratio"
    takes = "swapped|stretched"

    def size(self, size: tuple[int, int], at: Moment) -> tuple[int, int]:
        if at.task is None or cell_for(at.contract, at.model, at.task.values) is not None:
            return size
        if self.parameter == "swapped":
            return size[1], size[0]
        return round(size[0] * _STRETCH), size[1]


SUBTLE: tuple[type[Deviation], ...] = (
    AnyKey,
    NoKey,
    SchemeDead,
    RefuseMedia,
    FailsLater,
    TaskByDefault,
    TerminalFlips,
    RepeatRefused,
    ErrorShape,
    Ratio,
)
