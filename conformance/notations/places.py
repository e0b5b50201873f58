"""What does a schema say of the value at a JSON Pointer?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from conformance.notations.foreign import Foreign, list_of

__all__ = ["has_place", "permits", "schemas_at"]

_MAX_DEPTH = 40


def has_place(document: Foreign, schema: Any, walk: Sequence[str]) -> bool:
    """Whether a value of the schema can have that place: some branch names it, or says nothing at all of its kind."""
    return not walk or any(True for _ in schemas_at(document, schema, walk))


def schemas_at(document: Foreign, schema: Any, walk: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Everything that branches of the schema say of the value at that place; {} where nothing is said but all may be."""
    yield from _at(document, schema, tuple(walk), depth=0, silent_is_open=True)


def _at(
    document: Foreign, schema: Any, walk: tuple[str, ...], *, depth: int, silent_is_open: bool
) -> Iterator[dict[str, Any]]:
    """
    Args:
        silent_is_open: Whether a schema that says nothing of the place permits one there: of several that hold at
            once, one that says nothing adds nothing.
    """
    schema = document.resolved(schema)
    if not isinstance(schema, dict) or depth > _MAX_DEPTH:
        return
    if not walk:
        yield schema
        return
    step, rest, depth = walk[0], walk[1:], depth + 1
    named = False
    for inner in _children(schema, step):
        named = True
        # A condition that only asks for a field says nothing of it; one that gives it a type describes it.
        described = silent_is_open or (isinstance(inner, dict) and "type" in inner)
        yield from _at(document, inner, rest, depth=depth, silent_is_open=described)
    for branch in _beside(schema):
        yield from _at(document, branch, walk, depth=depth, silent_is_open=False)
    choices = [branch for keyword in ("anyOf", "oneOf") for branch in list_of(schema.get(keyword))]
    for branch in choices:
        yield from _at(document, branch, walk, depth=depth, silent_is_open=silent_is_open)
    told = choices or any(document.resolved(each) for each in list_of(schema.get("allOf")))
    if silent_is_open and not named and not told and _is_open(schema, step):
        yield {}


def _beside(schema: dict[str, Any]) -> list[Any]:
    """What holds together with the schema, always or where a condition is met."""
    conditional = [schema[keyword] for keyword in ("then", "else") if keyword in schema]
    return [*list_of(schema.get("allOf")), *conditional]


def _children(schema: dict[str, Any], step: str) -> Iterator[Any]:
    properties = schema.get("properties")
    if isinstance(properties, dict) and step in properties:
        yield properties[step]
    if step.isdigit():
        listed = schema.get("prefixItems")
        if isinstance(listed, list) and int(step) < len(listed):
            yield listed[int(step)]
        elif isinstance(schema.get("items"), dict):
            yield schema["items"]
    extra = schema.get("additionalProperties")
    if (
        isinstance(extra, dict)
        and extra
        and not (isinstance(properties, dict) and step in properties)
    ):
        yield extra


def _is_open(schema: dict[str, Any], step: str) -> bool:
    """Whether the schema says nothing of what is inside: of any value, or of any object or list."""
    types = schema.get("type")
    listed = [types] if isinstance(types, str) else list_of(types)
    if listed and not {"object", "array"} & set(map(str, listed)):
        return False
    if schema.get("properties"):
        return False
    return "items" not in schema or step.isdigit()


def permits(document: Foreign, schemas: Sequence[dict[str, Any]], value: Any) -> bool:
    """Whether what is said of a place anywhere permits the value: by `const`, `enum` or `type`."""
    return not schemas or any(_permits(document.resolved(schema), value) for schema in schemas)


_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


def _permits(schema: dict[str, Any], value: Any) -> bool:
    if "const" in schema:
        return bool(schema["const"] == value)
    if isinstance(schema.get("enum"), list):
        return value in schema["enum"]
    types = schema.get("type")
    listed = [str(each) for each in ([types] if isinstance(types, str) else list_of(types))]
    if not listed:
        return True
    return any(
        isinstance(value, _TYPES.get(kind, (object,)))
        and (kind == "boolean" or not isinstance(value, bool))
        for kind in listed
    )
