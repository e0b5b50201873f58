"""Which operations do the documents of a workflow have, and what do their replies say of a place?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.contract.wording import shown
from conformance.notations.expressions import Exchanged
from conformance.notations.flaws import Flaws
from conformance.notations.foreign import Foreign, Steps, list_of, mapping_of, steps_of
from conformance.notations.places import schemas_at

__all__ = [
    "Sources",
    "check_repeats",
    "described_at",
    "is_protected",
    "keys_of",
    "operations_of",
    "texts_in",
    "value_of",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The operations of the OpenAPI documents that a workflow uses, by id; `whole` where all could be read."""

    operations: Mapping[str, tuple[Foreign, Any, Any]]
    whole: bool


def operations_of(
    document: Foreign, sources: Mapping[str, Foreign | None], flaws: Flaws
) -> Sources:
    """The operations of every source that could be read; what cannot be is a flaw."""
    found: dict[str, tuple[Foreign, Any, Any]] = {}
    listed = [mapping_of(s) for s in list_of(document.root.get("sourceDescriptions"))]
    check_repeats([s.get("name") for s in listed], ("sourceDescriptions",), "name", flaws)
    for index, source in enumerate(listed):
        name = str(source.get("name"))
        read = sources.get(name)
        if read is None:
            at = ("sourceDescriptions", index, "url")
            flaws.add(
                "source-unread",
                at,
                f"found {shown(source.get('url'))}, which is no OpenAPI document beside this file",
            )
            continue
        for _, _, _, item, operation in read.operations():
            operation_id = operation.get("operationId")
            if isinstance(operation_id, str):
                found.setdefault(operation_id, (read, item, operation))
                found[f"$sourceDescriptions.{name}.{operation_id}"] = (read, item, operation)
    return Sources(operations=found, whole=all(sources.get(str(s.get("name"))) for s in listed))


def check_repeats(names: Sequence[Any], path: Steps, key: str, flaws: Flaws) -> None:
    """Tell the names that stand twice."""
    seen: set[Any] = set()
    for index, name in enumerate(map(str, names)):
        if name in seen and name != "None":
            flaws.add("name-repeats", (*path, index, key), f"found {shown(name)} twice")
        seen.add(name)


def keys_of(document: Foreign) -> set[tuple[Any, Any]]:
    """Where a key may stand, by the security schemes."""
    found: set[tuple[Any, Any]] = set()
    schemes = mapping_of(mapping_of(document.root.get("components")).get("securitySchemes"))
    for scheme in schemes.values():
        scheme = mapping_of(document.resolved(scheme))
        if scheme.get("type") == "apiKey":
            found.add((str(scheme.get("name")), str(scheme.get("in"))))
        else:
            found.add(("Authorization", "header"))
    return found


def is_protected(document: Foreign, operation: Any) -> bool:
    """Whether an operation wants a key."""
    security = mapping_of(operation).get("security", document.root.get("security"))
    return bool(list_of(security)) and {} not in list_of(security)


def texts_in(value: Any, path: Steps) -> Iterator[tuple[Steps, str]]:
    """Every text in a value, with its place."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from texts_in(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from texts_in(inner, (*path, index))


def described_at(document: Foreign, expression: str, known: Exchanged) -> list[dict[str, Any]]:
    """What the reply schemas say of the place of an expression; nothing for what is no place in a reply."""
    if not expression.startswith("$response.body#/"):
        return []
    walk = steps_of(expression.partition("#")[2])
    return [each for schema in known.responses for each in schemas_at(document, schema, walk)]


def value_of(literal: str) -> Any:
    """The value of a literal in a condition."""
    if literal.startswith("'"):
        return literal[1:-1].replace("''", "'")
    words = {"true": True, "false": False, "null": None}
    if literal in words:
        return words[literal]
    return float(literal) if "." in literal else int(literal)
