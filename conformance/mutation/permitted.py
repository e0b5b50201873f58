"""Which vendors move within what the documents allow, so that nobody may accuse them?"""

# A hook gets the value and the moment, whether it needs them or not.
# ruff: noqa: ARG002

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.compilers.violation import Violation
from conformance.contract.paths import find
from conformance.mutation.mutants import Mutant, World
from conformance.simulator.hooks import Hooks, Moment

__all__ = ["permitted_mutants"]

_FAULTS = (
    "throttle",
    "server-error-once",
    "poll-error",
    "unavailable",
    "extra-fields",
    "extra-headers",
    "other-language",
)
_KINDS = {
    "status": "status",
    "success": "status",
    "carried": "status",
    "envelope": "error",
    "charge": "charge",
    "pixels": "pixels",
    "picture-type": "picture",
    "idempotency": "idempotency",
    "pace": "state",
    "field": "reply",
    "callback": "callback",
}
Violations = tuple[Violation, ...]


class _Lenient(Hooks):
    """Takes values that are meant well: another case, a number as text, null for a field left out."""

    def __init__(self, keyword: str) -> None:
        self._keyword = keyword

    def violations(self, found: Violations, at: Moment) -> Violations:
        """All but what a lenient vendor overlooks."""
        return tuple(v for v in found if v.location != "body" or not self._is_overlooked(v, at))

    def _is_overlooked(self, violation: Violation, at: Moment) -> bool:
        if violation.rule:
            return False
        described = at.fields.get(violation.path)
        values = find(at.body, violation.path) if described is not None else []
        if described is None or not values:
            return False
        value = values[0]
        match self._keyword:
            case "case":
                listed = {str(v).casefold() for v in described.schema.get("enum", ())}
                return isinstance(value, str) and value.casefold() in listed
            case "null":
                return value is None and not described.required
        return violation.keyword == "type" and _is_number(value, described.schema)


def _is_number(value: Any, schema: Any) -> bool:
    return (
        schema.get("type") in ("integer", "number")
        and isinstance(value, str)
        and value.lstrip("-").isdecimal()
    )


class _FrozenClock(Hooks):
    """Every time that a reply tells is the same."""

    def values(self, values: dict[str, Any], at: Moment) -> dict[str, Any]:
        """Created, changed and ended at once."""
        for role in ("updated", "completed"):
            if role in values and "created" in values:
                values[role] = values["created"]
        return values


class _Skewed(Hooks):
    """The vendor's clock is a week ahead."""

    def values(self, values: dict[str, Any], at: Moment) -> dict[str, Any]:
        """Every time of a task, moved alike."""
        for role in ("created", "updated", "completed", "expires"):
            if role in values:
                values[role] += 7 * 86_400.0
        return values


class _SignedUrls(Hooks):
    """Result URLs carry a signature that differs each time."""

    def values(self, values: dict[str, Any], at: Moment) -> dict[str, Any]:
        """The same results under addresses of their own."""
        for role in ("results", "url"):
            if isinstance(values.get(role), list):
                values[role] = [f"{url}?signature={at.now_s:.0f}" for url in values[role]]
        return values


class _OddSizes(Hooks):
    """Where no table says more exactly, sizes are rounded to what the model likes."""

    def size(self, size: tuple[int, int], at: Moment) -> tuple[int, int]:
        """At most 1 % off."""
        from conformance.simulator.sizes import cell_for

        if at.task is None or cell_for(at.contract, at.model, at.task.values) is not None:
            return size
        return size[0] + size[0] // 100, size[1]


_HABITS: tuple[tuple[str, str, Any], ...] = (
    ("enum", "other-case-taken", lambda: _Lenient("case")),
    ("type", "number-as-text-taken", lambda: _Lenient("number")),
    ("required", "null-as-omitted-taken", lambda: _Lenient("null")),
    ("reply", "times-frozen", _FrozenClock),
    ("reply", "times-skewed", _Skewed),
    ("result", "urls-signed", _SignedUrls),
    ("pixels", "sizes-rounded", _OddSizes),
)


def permitted_mutants(world: World) -> Iterator[Mutant]:
    """Every choice that the documents leave, one at a time; habits that break no clause; trouble that passes."""
    for choice in world.choices.values():
        disputed = choice.name in {d.name for d in world.contract.disputes}
        kind = "protocol" if disputed else _KINDS.get(choice.name.partition(":")[0], "reply")
        for alternative in choice.alternatives:
            if alternative != choice.default:
                yield Mutant(
                    vendor=world.vendor,
                    clause=f"{world.vendor}.{choice.name}",
                    kind=kind,
                    operator="alternative-chosen",
                    detail=alternative,
                    permitted=True,
                    choices={choice.name: alternative},
                )
    for kind, operator, make in _HABITS:
        yield _anywhere(world, kind, operator, deviations=(make(),))
    for fault in _FAULTS:
        yield _anywhere(world, "protocol", fault, faults=(fault,))


def _anywhere(world: World, kind: str, operator: str, **parts: Any) -> Mutant:
    return Mutant(
        vendor=world.vendor,
        clause=f"{world.vendor}.{kind}",
        kind=kind,
        operator=operator,
        permitted=True,
        **parts,
    )
