"""What is a deviation: a way of answering that breaks exactly one clause?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar

from conformance.contract.model import Contract, Field, Operation
from conformance.contract.paths import steps
from conformance.errors import UsageError
from conformance.simulator.choices import nearest_hint
from conformance.simulator.hooks import Hooks, Moment

__all__ = [
    "Deviation",
    "checked_field",
    "checked_operation",
    "edit",
    "parsed",
    "paths_with",
    "same",
]


class Deviation(Hooks):
    """
    One named way of breaking a clause; everything else stays as it is.

    Asked for as `NAME`, or as `NAME=PARAMETER` where `takes` says what the parameter is.
    """

    name: ClassVar[str]
    takes: ClassVar[str] = ""
    """What the parameter is, in capitals; in square brackets where it may be left out; "" for none."""

    def __init__(self, parameter: str = "") -> None:
        """
        Raises:
            UsageError: The parameter is missing, or not of the form that `takes` names.
        """
        self.parameter = parameter
        if parameter and not self.takes:
            raise UsageError(f"the deviation {self.name!r} takes no parameter, found {parameter!r}")
        if not parameter and self.takes and not self._is_optional():
            raise UsageError(f"the deviation {self.name!r} lacks its parameter: {self.usage()}")

    @classmethod
    def usage(cls) -> str:
        """How it is asked for."""
        if cls._is_optional():
            return f"{cls.name}[={cls.takes[1:]}"
        return f"{cls.name}={cls.takes}" if cls.takes else cls.name

    @classmethod
    def _is_optional(cls) -> bool:
        return cls.takes.startswith("[") and cls.takes.endswith("]")

    def halves(self, separator: str) -> tuple[str, str]:
        """
        The two parts of the parameter.

        Raises:
            UsageError: There is only one.
        """
        left, found, right = self.parameter.partition(separator)
        if not found or not left or not right:
            raise UsageError(
                f"the deviation {self.name!r} has the parameter {self.parameter!r},"
                f" expected {self.usage()}"
            )
        return left, right


def checked_field(contract: Contract, path: str) -> Field:
    """
    The request field of that path.

    Raises:
        UsageError: No operation has it; names the nearest.
    """
    known = {f.path: f for o in contract.operations for f in o.fields}
    if path not in known:
        raise UsageError(f"unknown field {path!r} of {contract.vendor}{nearest_hint(path, known)}")
    return known[path]


def checked_operation(contract: Contract, name: str) -> Operation:
    """
    The operation of that name.

    Raises:
        UsageError: There is none; names the nearest.
    """
    found = contract.operation(name)
    if found is None:
        hint = nearest_hint(name, [o.name for o in contract.operations])
        raise UsageError(f"unknown operation {name!r} of {contract.vendor}{hint}")
    return found


def parsed(text: str) -> Any:
    """A value as JSON has it, else as text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def same(value: Any, text: str) -> bool:
    """Whether a value is what a text on a command line means."""
    return bool(value == text) or (value == parsed(text) and isinstance(value, type(parsed(text))))


def edit(document: Any, path: str, change: Callable[[Any, Any], None]) -> None:
    """Call `change` with the container and the key of every value that there is at the path."""
    walk = steps(path)
    containers: list[Any] = [document]
    for step in walk[:-1]:
        containers = [c[key] for c in containers for key in _keys(c, step)]
    for container in containers:
        for key in list(_keys(container, walk[-1])):
            change(container, key)


def _keys(container: Any, step: str | int | None) -> Iterator[Any]:
    if isinstance(step, str):
        yield from [step] if isinstance(container, dict) and step in container else []
    elif isinstance(container, list):
        yield from range(len(container)) if step is None else [step] * (step < len(container))


def paths_with(at: Moment, roles: Iterable[str] = (), echoes: str = "") -> list[str]:
    """The paths of the reply's fields that have one of the roles, or that repeat something."""
    wanted = set(roles)
    found = [f.path for f in at.reply if f.role in wanted or (echoes and f.echoes == echoes)]
    return list(dict.fromkeys(found))
