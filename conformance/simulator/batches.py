"""How is the reply to a batch query made, of which the tasks stand in a list?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.contract.model import ABSENT, Condition, Operation, ReplyField
from conformance.contract.paths import put
from conformance.simulator.replies import Avoided, Builder, Echo

__all__ = ["BatchBuilder", "Entry", "record_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    What a batch reply says of one task.

    Args:
        record: What a status reply says of it, for lists whose elements no document describes.
    """

    values: Mapping[str, Any]
    record: Any
    echo: Echo = lambda _: ABSENT
    request: Mapping[str, Any] = field(default_factory=dict)


class BatchBuilder:
    """Makes the replies of one batch operation: as documented, or with the status records in `data`."""

    def __init__(
        self, operation: Operation, preferences: Mapping[str, str], avoided: Avoided
    ) -> None:
        reply = operation.reply
        self._documented = bool(reply)
        self._list = _list_in(reply)
        within = f"{self._list}[]."
        each = [_inside(f, within) for f in reply if f.path.startswith(within)]
        own = {p.removeprefix(within): c for p, c in preferences.items()}
        self._each = Builder(each, own) if each else None
        around = [f for f in reply if not f.path.startswith(f"{self._list}[")]
        self._around = Builder(around if self._list else reply, preferences, avoided)

    def build(self, values: Mapping[str, Any], entries: Sequence[Entry]) -> dict[str, Any]:
        """The reply about these tasks."""
        if not self._documented:
            return {"code": 200, "data": [entry.record for entry in entries]}
        document = self._around.build(values)
        if self._list:
            put(document, self._list, [self._of(entry) for entry in entries])
        return document

    def _of(self, entry: Entry) -> Any:
        if self._each is None:
            return entry.record
        return self._each.build(entry.values, entry.echo, entry.request)


def record_of(document: Any) -> Any:
    """The part of a status reply that is about the task: its `data`, else the whole."""
    inside = document.get("data") if isinstance(document, dict) else None
    return inside if isinstance(inside, dict) else document


def _list_in(reply: Sequence[ReplyField]) -> str:
    """The path of the list of tasks; "" where no document describes one."""
    named = next((f.path.partition("[]")[0] for f in reply if "[]." in f.path), "")
    return named or next((f.path for f in reply if "array" in f.types), "")


def _inside(described: ReplyField, within: str) -> ReplyField:
    return replace(
        described,
        path=described.path.removeprefix(within),
        when=tuple(_condition_inside(c, within) for c in described.when),
        not_before=described.not_before and described.not_before.removeprefix(within),
    )


def _condition_inside(condition: Condition, within: str) -> Condition:
    return replace(condition, field=condition.field.removeprefix(within))
