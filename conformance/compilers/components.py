"""How are schemas named, shared and joined in an OpenAPI document?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conformance.compilers.jsonschema import Schema

__all__ = ["any_of", "component", "named", "with_items"]


def component(schemas: dict[str, Schema], name: str, schema: Schema) -> Schema:
    """A reference to the schema, which goes into `schemas` under that name."""
    schemas[name] = schema
    return {"$ref": f"#/components/schemas/{name}"}


def named(*parts: str) -> str:
    """A name that components may have: letters, digits, `.`, `_`, `-`."""
    joined = ".".join(part for part in parts if part)
    return "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in joined)


def any_of(schemas: Sequence[Schema]) -> Schema:
    """What keeps one of the schemas; each different one once."""
    different: list[Schema] = []
    for schema in schemas:
        for one in schema["anyOf"] if list(schema) == ["anyOf"] else [schema]:
            if one not in different:
                different.append(one)
    return different[0] if len(different) == 1 else {"anyOf": different}


def with_items(schema: Schema) -> Schema:
    """The same schema, in which every list says what its items are: tools that came before 2020-12 insist."""
    _add_items(schema)
    return schema


def _add_items(value: Any) -> None:
    if isinstance(value, list):
        for item in value:
            _add_items(item)
    if not isinstance(value, dict):
        return
    types = value.get("type")
    if types == "array" or (isinstance(types, list) and "array" in types):
        value.setdefault("items", {})
    for keyword, inner in value.items():
        if keyword not in ("enum", "const", "default", "examples"):
            _add_items(inner)
