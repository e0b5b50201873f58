"""
What does a schema that somebody wrote say, in JSON Schema 2020-12 and without references?

What OpenAPI 3.0 says otherwise, and what people write that is neither, is read as it was most likely meant; what had to
be guessed is noted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.contract.wording import shown
from conformance.notations.foreign import Foreign

__all__ = ["Normal", "number_of"]

_MAX_DEPTH = 24
_MAX_SCHEMAS = 20_000
_NUMBERS: tuple[str, ...] = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
)
_NUMBERS += ("maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
_TYPES = {
    **{t: t for t in ("string", "integer", "number", "boolean", "array", "object", "null")},
    "int": "integer",
    "int32": "integer",
    "int64": "integer",
    "long": "integer",
    "float": "number",
    "double": "number",
    "decimal": "number",
    "bool": "boolean",
    "str": "string",
    "text": "string",
    "url": "string",
    "uri": "string",
    "date": "string",
    "datetime": "string",
    "enum": "string",
    "list": "array",
    "dict": "object",
    "map": "object",
    "json": "object",
    "file": "file",
    "binary": "file",
    "none": "null",
}
_KEPT = ("if", "then", "else", "not", "anyOf", "oneOf", "title", "description", "dependentRequired")
_INNER = ("if", "then", "else", "not", "items", "contains", "contentSchema")
_LISTED = ("anyOf", "oneOf", "prefixItems")

_SHAPES: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("properties", "dependentRequired"), dict),
    **dict.fromkeys(
        ("if", "then", "else", "not", "items", "contains", "contentSchema"), (dict, bool)
    ),
    **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems", "enum"), list),
    "required": (list, bool),
}
_TEXTS = ("format", "pattern", "title", "description", "contentMediaType", "$comment")

Schema = dict[str, Any]


class Normal:
    """Reads the schemas of one document."""

    def __init__(self, document: Foreign, note: Callable[[str, str], None]) -> None:
        """
        Args:
            note: Told where something stands, and how it was read.
        """
        self._document = document
        self._note = note
        self._count = 0
        self._old = str(document.root.get("openapi", "")).startswith("3.0")

    def read(self, raw: Any, where: str) -> Schema:
        """The schema with everything in it resolved; {} for what cannot be read."""
        return self._read(raw, where, (), 0)

    def _read(self, raw: Any, where: str, seen: tuple[str, ...], depth: int) -> Schema:
        self._count += 1
        if self._count > _MAX_SCHEMAS or depth > _MAX_DEPTH:
            self._note(where, "is nested too deeply to be read whole")
            return {}
        if isinstance(raw, bool):
            return {} if raw else {"not": {}}
        if not isinstance(raw, dict):
            self._note(where, f"has {shown(raw)} where a schema should stand")
            return {}
        reference = raw.get("$ref")
        if isinstance(reference, str):
            return self._referred(raw, reference, where, seen, depth)
        found = {k: v for k, v in raw.items() if k != "$ref"}
        self._shapes(found, where)
        self._words(found, where)
        self._inside(found, where, seen, depth)
        return self._merged(found, where, seen, depth)

    def _referred(
        self, raw: Schema, reference: str, where: str, seen: tuple[str, ...], depth: int
    ) -> Schema:
        if not reference.startswith("#"):
            self._note(
                where,
                f"refers to {shown(reference)}, which is not in this file and was not fetched",
            )
            return {}
        if reference in seen:
            self._note(where, f"refers to {shown(reference)} inside of itself: cut off there")
            return {}
        there, found = self._document.at(reference)
        if not there:
            self._note(where, f"refers to {shown(reference)}, which is nowhere")
            return {}
        beside = {k: v for k, v in raw.items() if k != "$ref"}
        merged = {**found, **beside} if isinstance(found, dict) and beside else found
        return self._read(merged, where, (*seen, reference), depth + 1)

    def _shapes(self, found: Schema, where: str) -> None:
        """Without what has the wrong shape for its keyword: whoever reads on need not ask."""
        for keyword, kind in _SHAPES.items():
            if keyword in found and not isinstance(found[keyword], kind):
                self._note(
                    where, f"has {keyword} {shown(found[keyword])}, which cannot be: left out"
                )
                del found[keyword]
        if isinstance(found.get("required"), list):
            found["required"] = [str(name) for name in found["required"] if isinstance(name, str)]
        for keyword in _TEXTS:
            if not isinstance(found.get(keyword, ""), str):
                del found[keyword]
        needs = found.get("dependentRequired")
        if isinstance(needs, dict):
            found["dependentRequired"] = {
                name: [str(each) for each in others]
                for name, others in needs.items()
                if isinstance(others, list)
            }

    # ------------------------------------------------------------ words

    def _words(self, found: Schema, where: str) -> None:
        self._types(found, where)
        for keyword in _NUMBERS:
            value = found.get(keyword)
            if isinstance(value, str):
                number = number_of(value)
                if number is None:
                    del found[keyword]
                    self._note(where, f"has {keyword} {shown(value)}, which is no number: left out")
                else:
                    found[keyword] = number
                    self._note(where, f"has {keyword} {shown(value)} in quotes: read as a number")
            elif isinstance(value, bool):
                self._exclusive(found, keyword, where)
        if found.get("format") == "url":
            found["format"] = "uri"
            self._note(where, "has the format 'url': read as uri")
        if isinstance(found.get("required"), bool):
            del found["required"]
            self._note(where, "has `required` as a flag: read as of this field by its parent")
        if "const" in found and "enum" in found:
            del found["enum"]
        if "example" in found:
            found.setdefault("examples", [found.pop("example")])
        if not isinstance(found.get("examples", []), list):
            found["examples"] = [found["examples"]]

    def _types(self, found: Schema, where: str) -> None:
        types = found.get("type")
        listed = [types] if isinstance(types, str) else types if isinstance(types, list) else []
        known: list[str] = []
        for each in listed:
            name = _TYPES.get(str(each).lower())
            if name is None:
                self._note(where, f"has the type {shown(each)}, which is none: left out")
                continue
            if name != each:
                self._note(where, f"has the type {shown(each)}: read as {name}")
            elif name == "null" and self._old:
                self._note(
                    where, "has the type 'null', which OpenAPI 3.0 does not know: read as nullable"
                )
            known.append(name)
        if types is not None and not known:
            del found["type"]
        if found.pop("nullable", False) is True and known and "null" not in known:
            known.append("null")
            if isinstance(found.get("enum"), list) and None not in found["enum"]:
                found["enum"] = [*found["enum"], None]
        if known:
            found["type"] = known[0] if len(known) == 1 else known

    def _exclusive(self, found: Schema, keyword: str, where: str) -> None:
        """In 3.0 it is a flag on the bound beside it."""
        value = found.pop(keyword)
        bound = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}.get(keyword, "")
        if value is True and bound in found:
            found[keyword] = found.pop(bound)
        elif not bound:
            self._note(where, f"has {keyword} {shown(value)}, which is no number: left out")

    # ------------------------------------------------------------ what is inside

    def _inside(self, found: Schema, where: str, seen: tuple[str, ...], depth: int) -> None:
        for keyword in _INNER:
            if isinstance(found.get(keyword), dict | bool):
                found[keyword] = self._read(found[keyword], where, seen, depth + 1)
        for keyword in _LISTED:
            if isinstance(found.get(keyword), list):
                found[keyword] = [self._read(b, where, seen, depth + 1) for b in found[keyword]]
        properties = found.get("properties")
        if isinstance(properties, dict):
            flagged = [
                n
                for n, p in properties.items()
                if isinstance(p, dict) and p.get("required") is True
            ]
            required = found.get("required")
            if flagged:
                found["required"] = [*(required if isinstance(required, list) else []), *flagged]
            found["properties"] = {
                name: self._read(inner, f"{where}.{name}", seen, depth + 1)
                for name, inner in properties.items()
            }
        elif properties is not None:
            del found["properties"]

    def _merged(self, found: Schema, where: str, seen: tuple[str, ...], depth: int) -> Schema:
        """Without `allOf`: what describes is laid together, and what is a rule stays as one, in `rules`."""
        parts = found.pop("allOf", [])
        rules = [_only(found)] if _is_rule(found) else []
        for keyword in ("if", "then", "else", "not", "dependentRequired"):
            found.pop(keyword, None)
        if rules and "properties" in found:
            for keyword in ("anyOf", "oneOf"):
                found.pop(keyword, None)
        for part in parts if isinstance(parts, list) else ():
            read = self._read(part, where, seen, depth + 1)
            rules += read.pop("rules", [])
            if (
                read
                and not ({"properties", "type"} & set(read))
                and ({"anyOf", "oneOf"} & set(read))
            ):
                rules.append(read)
            else:
                _lay_over(found, read)
        found = _null_out(found)
        if rules:
            found["rules"] = rules
        return found


def _is_rule(schema: Schema) -> bool:
    if {"if", "not", "dependentRequired"} & set(schema):
        return True
    branches = [*(schema.get("anyOf") or ()), *(schema.get("oneOf") or ())]
    return (
        "properties" in schema
        and bool(branches)
        and all(set(b) <= {"required", "type", "title", "description", "rules"} for b in branches)
    )


def _only(schema: Schema) -> Schema:
    """The part of a schema that is a rule."""
    return {k: v for k, v in schema.items() if k in _KEPT}


def _lay_over(found: Schema, read: Schema) -> None:
    for keyword, value in read.items():
        known = found.get(keyword)
        if keyword == "properties" and isinstance(known, dict):
            for name, inner in value.items():
                if name in known:
                    _lay_over(known[name], inner)
                else:
                    known[name] = inner
        elif keyword == "required" and isinstance(known, list):
            found[keyword] = [*known, *(each for each in value if each not in known)]
        elif keyword == "rules":
            found["rules"] = [*found.get("rules", ()), *value]
        elif keyword not in ("title", "description") or known is None:
            found[keyword] = value


def _null_out(schema: Schema) -> Schema:
    """A choice between something and nothing is that something, or null."""
    for keyword in ("anyOf", "oneOf"):
        branches = schema.get(keyword)
        if not isinstance(branches, list) or not branches:
            continue
        rest = [b for b in branches if b.get("type") != "null"]
        if len(rest) == 1:
            outer = {k: v for k, v in schema.items() if k != keyword}
            inner = {**rest[0], **outer}
            types = inner.get("type")
            if len(rest) < len(branches) and types:
                inner["type"] = [*([types] if isinstance(types, str) else types), "null"]
            return inner
    return schema


def number_of(text: str) -> int | float | None:
    """The number in a text such as '32000' or '1_000'; None where there is none."""
    plain = text.strip().replace(",", "").replace("_", "")
    try:
        return int(plain) if plain.lstrip("+-").isdigit() and len(plain) < 30 else float(plain)
    except ValueError:
        return None
