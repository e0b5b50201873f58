"""Can anything be valid by this schema, and does it say what it seems to say?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from conformance.compilers.formats import FORMATS
from conformance.contract.wording import shown
from conformance.notations.flaws import Flaws, meant
from conformance.notations.foreign import Foreign, Steps, list_of, mapping_of
from conformance.notations.places import schemas_at

__all__ = ["check_schema", "problems_of"]

_TYPES = ("null", "boolean", "object", "array", "number", "string", "integer")
_PAIRS = (
    ("minimum", "maximum"),
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
    ("minContains", "maxContains"),
)
_ONE = ("if", "then", "else", "not", "items", "contains", "propertyNames", "contentSchema")
_ONE_OR_FLAG = ("additionalProperties", "unevaluatedProperties", "unevaluatedItems")
_SEVERAL = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED = ("properties", "patternProperties", "dependentSchemas", "$defs")
_KNOWN = {
    *(word for pair in _PAIRS for word in pair),
    *_ONE, *_ONE_OR_FLAG, *_SEVERAL, *_NAMED,
    *("$ref", "$id", "$schema", "$comment", "$anchor", "$dynamicRef", "$dynamicAnchor", "$vocabulary"),
    *("type", "enum", "const", "default", "examples", "example", "title", "description", "format"),
    *("pattern", "required", "dependentRequired", "uniqueItems", "multipleOf", "exclusiveMinimum"),
    *("exclusiveMaximum", "contentMediaType", "contentEncoding", "deprecated", "readOnly"),
    *("writeOnly", "nullable", "discriminator", "xml", "externalDocs", "definitions", "dependencies"),
}  # fmt: skip
_VALUE_KEYWORDS = ("const", "enum", "default", "examples", "example")
_ROLES = {
    "string": {"minLength", "maxLength", "pattern"},
    "array": {"minItems", "maxItems", "items", "prefixItems", "contains", "uniqueItems"},
    "object": {"properties", "required", "minProperties", "maxProperties"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
}


def check_schema(document: Foreign, schema: Any, path: Steps, flaws: Flaws) -> None:
    """Everything that contradicts itself in a schema and in those inside it; references are looked at where they lead."""
    _check(document, schema, path, flaws, asking=False)
    if isinstance(schema, dict):
        _check_conditions(document, schema, path, flaws)


def _check(document: Foreign, schema: Any, path: Steps, flaws: Flaws, *, asking: bool) -> None:
    """
    Args:
        asking: Whether it stands in a condition, where a property need not be described to be asked for.
    """
    if not isinstance(schema, dict):
        if not isinstance(schema, bool):
            flaws.add("schema-shape", path, f"found {shown(schema)}, expected a schema")
        return
    _check_words(schema, path, flaws)
    _check_bounds(schema, path, flaws)
    _check_values(document, schema, path, flaws)
    if not asking:
        _check_required(document, schema, path, flaws)
    for inner, at, conditional in _inside(schema, path):
        _check(document, inner, at, flaws, asking=asking or conditional)


def _inside(schema: dict[str, Any], path: Steps) -> Iterator[tuple[Any, Steps, bool]]:
    for keyword in (*_ONE, *_ONE_OR_FLAG):
        if keyword in schema and not (
            keyword in _ONE_OR_FLAG and isinstance(schema[keyword], bool)
        ):
            conditional = keyword in ("if", "then", "else", "not")
            yield schema[keyword], (*path, keyword), conditional
    for keyword in _SEVERAL:
        listed = schema.get(keyword)
        for index, inner in enumerate(listed if isinstance(listed, list) else ()):
            yield inner, (*path, keyword, index), keyword != "prefixItems"
    for keyword in _NAMED:
        named = schema.get(keyword)
        for name, inner in named.items() if isinstance(named, dict) else ():
            yield inner, (*path, keyword, name), False


# ---------------------------------------------------------------- one schema by itself


def _check_words(schema: dict[str, Any], path: Steps, flaws: Flaws) -> None:
    for keyword in schema:
        if keyword not in _KNOWN and not keyword.startswith("x-"):
            near = meant(keyword, sorted(_KNOWN))
            flaws.add(
                "unknown-keyword",
                (*path, keyword),
                f"found {shown(keyword)}, which no schema knows{near}",
            )
    types = schema.get("type")
    for kind in [types] if isinstance(types, str) else types if isinstance(types, list) else ():
        if kind not in _TYPES:
            flaws.add(
                "unknown-type",
                (*path, "type"),
                f"found the type {shown(kind)}{meant(kind, _TYPES)}",
            )
    if isinstance(types, str) and types in _TYPES:
        _check_role(types, schema, path, flaws)
    pattern = schema.get("pattern")
    if isinstance(pattern, str) and not _compiles(pattern):
        flaws.add(
            "pattern-invalid",
            (*path, "pattern"),
            f"found {shown(pattern)}, which is no regular expression",
        )


def _check_role(kind: str, schema: dict[str, Any], path: Steps, flaws: Flaws) -> None:
    """A limit of one type beside another: it limits nothing."""
    own = _ROLES.get("number" if kind == "integer" else kind, set())
    for words in _ROLES.values():
        for keyword in words - own:
            if keyword in schema:
                flaws.add(
                    "idle-keyword",
                    (*path, keyword),
                    f"found {keyword} beside the type {kind}, of which it says nothing",
                )


def _check_bounds(schema: dict[str, Any], path: Steps, flaws: Flaws) -> None:
    for low, high in _PAIRS:
        least, most = schema.get(low), schema.get(high)
        for keyword in (low, high):
            value = schema.get(keyword)
            if keyword in schema and (
                isinstance(value, bool) or not isinstance(value, int | float)
            ):
                flaws.add(
                    "bound-no-number",
                    (*path, keyword),
                    f"found {keyword} {shown(value)}, expected a number",
                )
        if _number(least) and _number(most) and least > most:  # type: ignore[operator]  # both are numbers
            flaws.add(
                "bounds-contradict",
                (*path, low),
                f"found {low} {least} above {high} {most}: no value is valid",
            )
        if keyword_is_negative(low, least):
            flaws.add("bound-no-number", (*path, low), f"found {low} {least}, expected 0 or more")


def keyword_is_negative(keyword: str, value: Any) -> bool:
    """Whether a length or a count is said to be below nothing."""
    return keyword != "minimum" and _number(value) and value < 0


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_values(document: Foreign, schema: dict[str, Any], path: Steps, flaws: Flaws) -> None:
    listed = schema.get("enum")
    if "enum" in schema and (not isinstance(listed, list) or not listed):
        flaws.add(
            "enum-shape", (*path, "enum"), f"found {shown(listed)}, expected a list of values"
        )
        return
    if isinstance(listed, list):
        _check_repeats(listed, path, flaws)
    rest = {k: v for k, v in schema.items() if k not in _VALUE_KEYWORDS}
    for index, value in enumerate(listed or ()):
        _against(document, rest, value, (*path, "enum", index), "an enum value", flaws)
    if "const" in schema:
        limited = rest | ({"enum": listed} if listed else {})
        _against(document, limited, schema["const"], (*path, "const"), "the constant", flaws)
    whole = {k: v for k, v in schema.items() if k not in ("default", "examples", "example")}
    for keyword in ("default", "example"):
        if keyword in schema:
            _against(document, whole, schema[keyword], (*path, keyword), f"the {keyword}", flaws)
    examples = schema.get("examples")
    for index, value in enumerate(examples if isinstance(examples, list) else ()):
        _against(document, whole, value, (*path, "examples", index), "an example", flaws)


def _check_repeats(listed: list[Any], path: Steps, flaws: Flaws) -> None:
    seen: list[Any] = []
    for index, value in enumerate(listed):
        if any(value == known and type(value) is type(known) for known in seen):
            flaws.add(
                "enum-repeats", (*path, "enum", index), f"found {shown(value)} twice in one list"
            )
        seen.append(value)


def _against(
    document: Foreign, schema: dict[str, Any], value: Any, path: Steps, what: str, flaws: Flaws
) -> None:
    for problem in problems_of(document, schema, value)[:1]:
        flaws.add(
            "value-contradicts",
            path,
            f"found {what} {shown(value)}, which the schema around it refuses: {problem}",
        )


def _check_required(document: Foreign, schema: dict[str, Any], path: Steps, flaws: Flaws) -> None:
    properties = schema.get("properties")
    required = schema.get("required")
    if not isinstance(required, list):
        if required is not None:
            flaws.add(
                "required-shape",
                (*path, "required"),
                f"found {shown(required)}, expected a list of names",
            )
        return
    if not isinstance(properties, dict):
        return
    for index, name in enumerate(str(each) for each in required):
        if name not in properties and not any(schemas_at(document, schema, [str(name)])):
            near = meant(name, list(properties))
            flaws.add(
                "required-unknown",
                (*path, "required", index),
                f"found {shown(name)} required, and no such property{near}",
            )
    for name, others in _dependent(schema):
        for other in (name, *others):
            if other not in properties:
                near = meant(other, list(properties))
                flaws.add(
                    "required-unknown",
                    (*path, "dependentRequired", name),
                    f"found {shown(other)}, and no such property{near}",
                )


def _dependent(schema: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    found = schema.get("dependentRequired")
    for name, others in found.items() if isinstance(found, dict) else ():
        yield name, [str(each) for each in others] if isinstance(others, list) else []


# ---------------------------------------------------------------- conditions against what they are about


def _check_conditions(document: Foreign, schema: dict[str, Any], path: Steps, flaws: Flaws) -> None:
    """What `if`, `then` and `not` ask of a property is something that the property can be."""
    for index, entry in enumerate(list_of(schema.get("allOf"))):
        if isinstance(entry, dict):
            for keyword in ("if", "then", "else", "not", "anyOf"):
                if keyword in entry:
                    asked = _asked(entry[keyword], (), (*path, "allOf", index, keyword))
                    for place, value, at in asked:
                        _check_asked(document, schema, place, value, at, flaws)


def _asked(
    schema: Any, place: tuple[str, ...], at: Steps
) -> Iterator[tuple[tuple[str, ...], Any, Steps]]:
    """Every place that a condition is about, with a value that it asks for; `...` for being there."""
    if not isinstance(schema, dict):
        return
    for index, name in enumerate(list_of(schema.get("required"))):
        yield (*place, str(name)), ..., (*at, "required", index)
    if "const" in schema:
        yield place, schema["const"], (*at, "const")
    for index, value in enumerate(list_of(schema.get("enum"))):
        yield place, value, (*at, "enum", index)
    for name, inner in mapping_of(schema.get("properties")).items():
        yield from _asked(inner, (*place, name), (*at, "properties", name))
    for keyword in ("allOf", "anyOf", "oneOf"):
        for index, inner in enumerate(list_of(schema.get(keyword))):
            yield from _asked(inner, place, (*at, keyword, index))
    if "not" in schema:
        yield from _asked(schema["not"], place, (*at, "not"))


def _check_asked(
    document: Foreign,
    schema: dict[str, Any],
    place: tuple[str, ...],
    value: Any,
    at: Steps,
    flaws: Flaws,
) -> None:
    plain = {k: v for k, v in schema.items() if k in ("type", "properties", "$ref", "items")}
    described = list(schemas_at(document, plain, place))
    if not place or "properties" not in schema:
        return
    name = ".".join(place)
    if not described:
        # What only a condition describes is described nowhere else: replies have such fields.
        if not any(True for _ in schemas_at(document, schema, place)):
            flaws.add(
                "condition-unknown", at, f"found a condition on {shown(name)}, and no such property"
            )
        return
    if value is ... or value is None:
        return
    if all(problems_of(document, each, value) for each in described):
        flaws.add(
            "condition-contradicts",
            at,
            f"found {shown(value)} asked of {name}, which can never be that",
        )


# ---------------------------------------------------------------- values against schemas


def problems_of(document: Foreign, schema: Any, value: Any) -> list[str]:
    """Why a value is not valid by a schema of the document; nothing where the schema itself cannot be used."""
    if value is None and isinstance(schema, dict) and schema.get("nullable") is True:
        return []  # as OpenAPI 3.0 says it
    parts = {k: v for k, v in document.root.items() if k in ("components", "$defs", "definitions")}
    whole = (
        {**schema, **{k: v for k, v in parts.items() if k not in schema}}
        if isinstance(schema, dict)
        else schema
    )
    try:
        validator = Draft202012Validator(whole, format_checker=FORMATS)
        return [error.message[:200] for error in validator.iter_errors(value)]
    except (SchemaError, RecursionError, re.error, TypeError, ValueError, KeyError, AttributeError):
        return []
    except Exception as error:
        if type(error).__module__.startswith(
            ("jsonschema", "referencing")
        ):  # a reference that leads nowhere
            return []
        raise


@lru_cache(maxsize=512)
def _compiles(pattern: str) -> bool:
    if "\\p{" in pattern:  # a class of Unicode, which Python does not know
        return True
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True
