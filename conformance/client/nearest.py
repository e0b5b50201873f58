"""What is the nearest request that is permitted?"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.client.speaking import Speaker
from conformance.client.tiers import ratio_in
from conformance.client.words import PLAIN
from conformance.compilers.violation import Violation
from conformance.contract.clauses import shown
from conformance.contract.model import ABSENT, Field

__all__ = ["Fix", "fixes"]

_MOST_ROUNDS = 6
_MOST_SHOWN = 12
_WORDS = (*PLAIN, "aspect_ratio", "resolution", "size", "model")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """
    A change of one field, with any of `values` (`ABSENT`: left out).

    Args:
        word: The shared word for the field, else the vendor's name of it.
    """

    word: str
    path: str
    values: tuple[Any, ...]

    def __str__(self) -> str:
        given = [v for v in self.values if v is not ABSENT]
        if not given:
            return f"no {self.word}"
        listed = ", ".join(shown(value) for value in given[:_MOST_SHOWN])
        return f"{self.word} {listed}{', ...' if len(given) > _MOST_SHOWN else ''}"


def fixes(
    speaker: Speaker,
    said: Mapping[str, Any],
    found: Sequence[Violation],
    violations: Callable[[Mapping[str, Any]], Sequence[Violation]],
) -> tuple[tuple[Fix, ...], bool]:
    """
    Changes that make the request a permitted one.

    Returns:
        The fixes, and whether each is enough alone; otherwise it takes all of them.
    """
    alone = tuple(_single(speaker, said, found, violations))
    if alone:
        return alone, True
    return _several(speaker, dict(said), list(found), violations), False


def _single(
    speaker: Speaker,
    said: Mapping[str, Any],
    found: Sequence[Violation],
    violations: Callable[[Mapping[str, Any]], Sequence[Violation]],
) -> Iterator[Fix]:
    for path in _involved(speaker, found):
        field = speaker.fields[path]
        good = tuple(
            value
            for value in _candidates(field, said.get(path, ABSENT))
            if value != said.get(path, ABSENT) and not violations(_with(said, path, value))
        )
        if good:
            yield Fix(word=_word(field), path=path, values=good)


def _several(
    speaker: Speaker,
    said: dict[str, Any],
    found: list[Violation],
    violations: Callable[[Mapping[str, Any]], Sequence[Violation]],
) -> tuple[Fix, ...]:
    """One change after the other, each the one that leaves least wrong."""
    made: list[Fix] = []
    for _ in range(_MOST_ROUNDS):
        tries = [
            (len(violations(_with(said, path, value))), order, path, value)
            for path in _involved(speaker, found)
            for order, value in enumerate(_candidates(speaker.fields[path], said.get(path, ABSENT)))
        ]
        better = [one for one in tries if one[0] < len(found)]
        if not better:
            return ()
        _, _, path, value = min(better, key=lambda one: one[:2])
        said = _with(said, path, value)
        made.append(Fix(word=_word(speaker.fields[path]), path=path, values=(value,)))
        found = list(violations(said))
        if not found:
            return tuple(made)
    return ()


def _with(said: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    changed = {p: v for p, v in said.items() if p != path}
    return changed if value is ABSENT else {**changed, path: value}


def _word(field: Field) -> str:
    return field.role if field.role in _WORDS else field.path


def _involved(speaker: Speaker, found: Sequence[Violation]) -> tuple[str, ...]:
    """The fields that the violations are about."""
    paths: dict[str, None] = {}
    for violation in found:
        paths[violation.path] = None
        for rule in speaker.create.rules:
            if rule.name == violation.rule:
                paths |= dict.fromkeys(c.field for c in (*rule.then, *rule.when))
                paths |= dict.fromkeys(rule.fields)
    return tuple(path for path in paths if path in speaker.fields)


def _candidates(field: Field, value: Any) -> Iterator[Any]:  # one flat list
    """Values that a person may have meant, the nearest first."""
    schema = field.schema
    if "const" in schema:
        yield schema["const"]
    yield from sorted(schema.get("enum", ()), key=lambda each: _distance(value, each))
    if isinstance(value, str):
        if isinstance(schema.get("maxLength"), int):
            yield value[: schema["maxLength"]]
        if schema.get("type") in ("integer", "number") and value.isdigit():
            yield int(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        limits = [schema[k] for k in ("minimum", "maximum") if k in schema]
        yield from sorted(limits, key=lambda limit: abs(value - limit))
        if schema.get("type") == "integer":
            yield int(value)
    if isinstance(value, list):
        if isinstance(schema.get("maxItems"), int):
            yield value[: schema["maxItems"]]
        yield [v for v in value if isinstance(v, str) and v.startswith("https://")]
    if not field.required and value is not ABSENT:
        yield ABSENT
    if value is ABSENT and field.role == "images":
        yield ["https://example.com/reference.png"]


def _distance(value: Any, listed: Any) -> float:
    """How far a listed value is from the one that was meant: as ratios, as resolutions, as words."""
    if isinstance(value, str) and isinstance(listed, str):
        ratios = ratio_in(value), ratio_in(listed)
        if ratios[0] and ratios[1]:
            return abs(math.log(ratios[0] / ratios[1]))
        return 1 - difflib.SequenceMatcher(None, value.lower(), listed.lower()).ratio()
    if isinstance(value, int | float) and isinstance(listed, int | float):
        return abs(value - listed)
    return 0.0
