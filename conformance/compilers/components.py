"""How are schemas named, shared and joined in an OpenAPI document?"""

from __future__ import annotations

import copy
from collections.abc import Sequence

from conformance.compilers.jsonschema import Schema

__all__ = ["any_of", "component", "named", "spelled_out"]


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


_ONE = ("if", "then", "else", "not", "items", "contains", "contentSchema")
_SEVERAL = ("allOf", "anyOf", "oneOf", "prefixItems")


def spelled_out(schema: Schema) -> Schema:
    """
    The same schema, with what JSON Schema leaves unsaid and other tools take otherwise.

    Every list says what its items are: tools from before 2020-12 insist, and do not know `prefixItems`; so where only
    a first item is described, the others are said to be like it. Every object says that it may have further
    properties: tools that hold replies against documents presume the opposite.
    """
    # A copy: what lists hold stands in the contract itself, and contracts never change.
    return _spelled_out(copy.deepcopy(schema))


def _spelled_out(schema: Schema) -> Schema:
    first = schema.get("prefixItems", [])
    if len(first) == 1 and not schema.get("items"):
        schema["items"] = schema.pop("prefixItems")[0]
    types = schema.get("type")
    if types is not None and "array" in types:
        schema.setdefault("items", {})
    if "properties" in schema:
        schema.setdefault("additionalProperties", True)
    for inner in schema.get("properties", {}).values():
        _spelled_out(inner)
    for keyword in _ONE:
        if isinstance(schema.get(keyword), dict):
            _spelled_out(schema[keyword])
    for keyword in _SEVERAL:
        for inner in schema.get(keyword, ()):
            _spelled_out(inner)
    return schema
