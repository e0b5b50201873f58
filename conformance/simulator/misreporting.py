"""Which deviations make a reply say something else, or in another form, than documented?"""

# ruff: noqa: ARG002  # a hook gets the value and the moment, whether it needs them or not

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import datetime
from typing import Any

from conformance.contract.paths import find, put
from conformance.errors import UsageError
from conformance.simulator.deviance import Deviation, edit, parsed, paths_with, same
from conformance.simulator.hooks import Moment
from conformance.wire.exchange import Headers

__all__ = ["MISREPORTING"]

_HUGE_BYTES = 5_000_000
_STATUSES = range(200, 600)
_REQUEST = "$request."


class _AtPath(Deviation):
    """
    Something happens to one place of the replies of one operation, or of its errors.

    `status?data.state=success:data.url` is a place in status replies of finished tasks, `error:create?400:code` one in
    the errors of creations that mean 400; `!FIELD` asks for a reply without that field.
    """

    takes = "OPERATION[?FIELD=VALUE]:PATH"

    def __init__(self, parameter: str = "") -> None:
        super().__init__(parameter)
        # `error:create:data.code` is a place in the errors of `create`.
        prefix = "error:" if parameter.startswith("error:") else ""
        operation, _, self.path = parameter.removeprefix("error:").partition(":")
        operation, _, self.only = operation.partition("?")
        self.key = prefix + operation
        if not self.path:
            raise UsageError(
                f"the deviation {self.name!r} has the parameter {parameter!r},"
                f" expected {self.usage()}, such as create:data.taskId or error:create:code"
            )

    def document(self, document: Any, at: Moment) -> Any:
        if self.is_meant(document, at):
            edit(document, self.path, self.change)
        return document

    def is_meant(self, document: Any, at: Moment) -> bool:
        """Whether this is a reply of the sort, and in the state, that was named."""
        if at.key != self.key or not self.only:
            return at.key == self.key
        if at.cause:
            return self.only == str(at.means)
        path, found, value = self.only.removeprefix("!").partition("=")
        values = _sent(at, path) if path.startswith(_REQUEST) else find(document, path)
        holds = any(same(v, value) for v in values) if found else bool(values)
        return holds is not self.only.startswith("!")

    def change(self, container: Any, key: Any) -> None:
        """What happens to the value."""
        raise NotImplementedError  # each deviation has its own


class Drop(_AtPath):
    """A field is not there."""

    name = "drop"

    def change(self, container: Any, key: Any) -> None:
        del container[key]


class Null(_AtPath):
    """A field is null."""

    name = "null"

    def change(self, container: Any, key: Any) -> None:
        container[key] = None


class Retype(_AtPath):
    """A field is of another type."""

    name = "retype"

    def change(self, container: Any, key: Any) -> None:
        container[key] = _of_another_type(container[key])


class Rename(_AtPath):
    """A field has another name."""

    name = "rename"
    takes = "OPERATION[?FIELD=VALUE]:PATH[=NAME]"

    def __init__(self, parameter: str = "") -> None:
        super().__init__(parameter)
        self.path, _, self._new = self.path.partition("=")

    def change(self, container: Any, key: Any) -> None:
        container[self._new or f"{key}Renamed"] = container.pop(key)


class Set(_AtPath):
    """A field has another value."""

    name = "set"
    takes = "OPERATION[?FIELD=VALUE]:PATH=VALUE"

    def __init__(self, parameter: str = "") -> None:
        super().__init__(parameter)
        self.path, found, value = self.path.partition("=")
        if not found:
            raise UsageError(f"the deviation {self.name!r} lacks a value: {self.usage()}")
        self._value = parsed(value)

    def change(self, container: Any, key: Any) -> None:
        container[key] = self._value


class Add(Set):
    """A field is there whether or not it should be, with that value."""

    name = "add"

    def document(self, document: Any, at: Moment) -> Any:
        if isinstance(document, dict) and self.is_meant(document, at):
            put(document, self.path, copy.deepcopy(self._value))
        return document


def _sent(at: Moment, path: str) -> list[Any]:
    sent = at.task.sent if at.task is not None else {}
    name = path.removeprefix(_REQUEST)
    return [sent[name]] if name in sent else []


def _of_another_type(value: Any) -> Any:
    if isinstance(value, str | None):
        return 7
    if isinstance(value, bool):
        return "yes"
    return "text"


class Status(Deviation):
    """
    Refusals get another status: for one cause, of one documented status, or all (`*`), of one operation or of any.
    """

    name = "status"
    takes = "[OPERATION:]CAUSE|STATUS=CODE"

    def __init__(self, parameter: str = "") -> None:
        super().__init__(parameter)
        meant, code = self.halves("=")
        self._operation, _, self._cause = meant.rpartition(":")
        self._code = _code(self, code)

    def document(self, document: Any, at: Moment) -> Any:
        if self._is_meant(at):
            coded = (f for e in at.contract.envelopes for f in e.fields if f.role == "status_code")
            for path in {f.path for f in coded}:
                edit(document, path, self._recode)
        return document

    def _recode(self, container: Any, key: Any) -> None:
        if isinstance(container[key], int):
            container[key] = self._code

    def status(self, status: int, at: Moment) -> int:
        return self._code if self._is_meant(at) else status

    def _is_meant(self, at: Moment) -> bool:
        return (
            bool(at.cause)
            and self._cause in (at.cause, str(at.means), "*")
            and self._operation in (at.operation, "")
        )


class Success(Deviation):
    """Accepted requests of one operation get another HTTP status."""

    name = "success"
    takes = "OPERATION=CODE"

    def __init__(self, parameter: str = "") -> None:
        super().__init__(parameter)
        self._operation, code = self.halves("=")
        self._code = _code(self, code)

    def status(self, status: int, at: Moment) -> int:
        return self._code if not at.cause and at.operation == self._operation else status


def _code(deviation: Deviation, text: str) -> int:
    if not text.isdecimal() or int(text) not in _STATUSES:
        raise UsageError(f"the deviation {deviation.name!r} has the status {text!r}, expected 418")
    return int(text)


class Carried(Deviation):
    """Errors are told in a reply with status 200."""

    name = "carried-in-envelope"

    def status(self, status: int, at: Moment) -> int:
        return 200 if at.cause else status


class WrongModelEcho(Deviation):
    """A task is said to be of another model."""

    name = "wrong-model-echo"

    def document(self, document: Any, at: Moment) -> Any:
        if at.key == "status" and at.task is not None:
            others = [m for m in at.contract.models if m != at.task.model]
            for path in paths_with(at, roles=["model"]):
                edit(document, path, _setting(others[0] if others else "another-model"))
        return document


class WrongTaskEcho(Deviation):
    """A task is said to have another id."""

    name = "wrong-task-echo"

    def document(self, document: Any, at: Moment) -> Any:
        if at.key == "status":
            for path in paths_with(at, roles=["task_id"], echoes="$task_id"):
                edit(document, path, _setting("task_of_somebody_else"))
        return document


class TimeUnit(Deviation):
    """Times and spans, or one of them, are in another unit: s for ms and back, seconds in a text for ISO 8601."""

    name = "time-unit"
    takes = "[OPERATION:PATH]"

    def document(self, document: Any, at: Moment) -> Any:
        operation, _, meant = self.parameter.partition(":")
        if not at.cause and operation in (at.operation, ""):
            units = {f.path: f.unit for f in at.reply if f.unit and meant in (f.path, "")}
            for path, unit in units.items():
                edit(document, path, _converting(unit))
        return document


def _converting(unit: str) -> Callable[[Any, Any], None]:
    def convert(container: Any, key: Any) -> None:
        value = container[key]
        if value is None:
            return
        if unit == "iso8601":
            container[key] = f"{datetime.fromisoformat(value).timestamp():.0f}"
        else:
            container[key] = value // 1000 if unit.startswith("ms") else value * 1000

    return convert


class TimeReversed(Deviation):
    """Tasks end before they begin; or their results expire before they are made."""

    name = "time-reversed"
    takes = "[expires]"

    def values(self, values: dict[str, Any], at: Moment) -> dict[str, Any]:
        if self.parameter == "expires":
            if "expires" in values and "completed" in values:
                values["expires"] = values["completed"] - 60.0
            return values
        for role in ("completed", "updated"):
            if role in values:
                values[role] = values["created"] - 60.0
        return values


class ProgressBackwards(Deviation):
    """Progress falls while a task runs."""

    name = "progress-backwards"

    def values(self, values: dict[str, Any], at: Moment) -> dict[str, Any]:
        if "progress" in values and "completed" not in values:
            values["progress"] = 1.0 - values["progress"]
        return values


class HugeError(Deviation):
    """Errors are megabytes long."""

    name = "huge-error"
    takes = "[BYTES]"

    def document(self, document: Any, at: Moment) -> Any:
        if at.cause and isinstance(document, dict):
            document["x_stack"] = "x" * int(self.parameter or _HUGE_BYTES)
        return document


class ReplayHeaderMissing(Deviation):
    """A replayed answer is not marked as one."""

    name = "replay-header-missing"

    def headers(self, headers: Headers, at: Moment) -> Headers:
        promise = at.contract.idempotency
        if promise is None or promise.replay_header is None:
            return headers
        return tuple(h for h in headers if h[0].lower() != promise.replay_header[0].lower())


def _setting(value: Any) -> Callable[[Any, Any], None]:
    def change(container: Any, key: Any) -> None:
        container[key] = value

    return change


MISREPORTING: tuple[type[Deviation], ...] = (
    Drop,
    Null,
    Retype,
    Rename,
    Set,
    Add,
    Status,
    Success,
    Carried,
    WrongModelEcho,
    WrongTaskEcho,
    TimeUnit,
    TimeReversed,
    ProgressBackwards,
    HugeError,
    ReplayHeaderMissing,
)
