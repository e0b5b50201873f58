"""Which request fields does an imported operation have, for which models, and under which rules?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.contract.wording import shown
from conformance.notations.conditions import conditions_of, exclusive, needed
from conformance.notations.guessing import plain, request_role
from conformance.notations.skeleton import Skeleton

__all__ = ["body_of", "parameter_field"]

Schema = dict[str, Any]
Fields = dict[str, dict[str, Any]]

_KEPT = (
    "type",
    "enum",
    "const",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "default",
)
_FORMATS = ("uri", "date-time", "email", "uuid")
_SILENT = ("int32", "int64", "float", "double", "binary", "byte", "password", "textarea")
_READ = {
    *_KEPT,
    "const",
    "format",
    "items",
    "properties",
    "required",
    "rules",
    "anyOf",
    "oneOf",
    "title",
}
_READ |= {
    "description",
    "examples",
    "additionalProperties",
    "contentMediaType",
    "deprecated",
    "nullable",
}
_BASE64 = "base64,"


def body_of(skeleton: Skeleton, schema: Schema, *, form: bool) -> dict[str, Any]:
    """`body`, `per_model` and `rules` of an operation, by the schema of its body."""
    variants = _variants(skeleton, schema)
    flat = {model: _flat(skeleton, variant, form=form) for model, variant in variants.items()}
    body = _common(list(flat.values()))
    models = [model for model in variants if model]
    _narrow_models(body, flat, models)
    per_model = {m: _own(body, flat[m]) for m in models if len(models) > 1}
    rules = _rules(skeleton, variants, flat)
    _roles(skeleton, body)
    made: dict[str, Any] = {"body": body}
    if any(per_model.values()):
        made["per_model"] = {m: own for m, own in per_model.items() if own}
    if rules:
        made["rules"] = rules
    return made


# ---------------------------------------------------------------- variants by model


def _variants(skeleton: Skeleton, schema: Schema) -> dict[str, Schema]:
    """One schema for each model that has one of its own; "" where there is one for all."""
    branches = [*(schema.get("anyOf") or ()), *(schema.get("oneOf") or ())]
    objects = [b for b in branches if "properties" in b]
    if len(objects) < 2 or len(objects) != len(branches):
        return {"": {**schema, **(objects[0] if len(objects) == 1 else {})}}
    found: dict[str, Schema] = {}
    for branch in objects:
        for name in _names(branch):
            found[name] = branch
    if len(found) >= len(objects):
        return found
    skeleton.ask(
        "body",
        "The body has several forms, told apart by no model; they were laid together. Which fields belong together?",
    )
    together: Schema = {"type": "object", "properties": {}}
    for branch in objects:
        together["properties"] |= branch["properties"]
    required = [set(b.get("required", ())) for b in objects]
    together["required"] = [n for n in together["properties"] if all(n in r for r in required)]
    return {"": together}


def _names(branch: Schema) -> list[str]:
    field = branch.get("properties", {}).get("model", {})
    values = field.get("enum", [field["const"]] if "const" in field else [])
    return [v for v in values if isinstance(v, str)]


def _common(variants: Sequence[Fields]) -> Fields:
    """What all variants say alike, of the fields that any has."""
    paths = list(dict.fromkeys(path for each in variants for path in each))
    found: Fields = {}
    for path in paths:
        having = [each[path] for each in variants if path in each]
        first = having[0]
        found[path] = {k: v for k, v in first.items() if all(h.get(k, ...) == v for h in having)}
    return found


def _narrow_models(body: Fields, flat: Mapping[str, Fields], models: Sequence[str]) -> None:
    if "model" in body and models:
        body["model"]["enum"] = list(models)
    for path, field in body.items():
        having = [m for m in models if path in flat[m]]
        if models and len(having) < len(models):
            field["models"] = having


def _own(body: Fields, variant: Fields) -> Fields:
    found: Fields = {}
    for path, field in variant.items():
        own = {k: v for k, v in field.items() if k != "source" and body[path].get(k, ...) != v}
        if own and path != "model":
            found[path] = {**own, "source": field["source"]}
    return found


# ---------------------------------------------------------------- fields


def _flat(skeleton: Skeleton, schema: Schema, *, form: bool, prefix: str = "") -> Fields:
    found: Fields = {}
    required = schema.get("required", ())
    for name, inner in schema.get("properties", {}).items():
        if not re.fullmatch(r"[^.\[\]\s]+", name):
            skeleton.ask(
                name,
                "The name of this field has characters that a contract's paths cannot have; it was left out.",
            )
            continue
        path = f"{prefix}{name}"
        field = _field(skeleton, path, inner, form=form)
        if name in required:
            field["required"] = True
        found[path] = field
        if "properties" in inner:
            found |= _flat(skeleton, inner, form=form, prefix=f"{path}.")
            if inner.get("rules"):
                skeleton.ask(
                    path,
                    "Inside of this field there are rules over its own fields; they were not taken over.",
                )
    return found


def _field(skeleton: Skeleton, path: str, schema: Schema, *, form: bool) -> dict[str, Any]:
    schema = _typed(skeleton, path, _one_form(skeleton, path, schema), form=form)
    found: dict[str, Any] = {}
    for keyword in _KEPT:
        if keyword in schema:
            found[keyword] = schema[keyword]
    _without_nulls(found)
    _form(skeleton, path, schema, found)
    for keyword in ("also", "base64", "exhaustive"):
        if keyword in schema:
            found[keyword] = schema[keyword]
    for keyword in sorted(set(schema) - _READ - {"also", "base64", "exhaustive"} - set(found)):
        if not keyword.startswith("x-") and keyword not in (
            "example",
            "readOnly",
            "writeOnly",
            "xml",
        ):
            skeleton.ask(
                path,
                f"It has {keyword} {shown(schema[keyword])}, for which a contract has no word.",
            )
    found["source"] = skeleton.source
    return found


def _typed(skeleton: Skeleton, path: str, schema: Schema, *, form: bool) -> Schema:
    """With one type."""
    types = schema.get("type")
    if isinstance(types, list):
        kinds = [t for t in types if t != "null"]
        if len(kinds) > 1:
            skeleton.ask(
                path,
                f"It may be {' or '.join(kinds)}; a contract names one type, so none is held against it.",
            )
        rest = {k: v for k, v in schema.items() if k != "type"}
        schema = {**rest, "type": kinds[0]} if len(kinds) == 1 else rest
    if form and schema.get("format") == "binary":
        schema = {**schema, "type": "file"}
    return schema


def _without_nulls(found: dict[str, Any]) -> None:
    """A request that says null for a field says nothing of it."""
    if isinstance(found.get("enum"), list):
        found["enum"] = [v for v in found["enum"] if v is not None]
        if not found["enum"]:
            del found["enum"]
    if found.get("default", ...) is None:
        del found["default"]


def _form(skeleton: Skeleton, path: str, schema: Schema, found: dict[str, Any]) -> None:
    wanted = schema.get("format")
    if wanted in _FORMATS:
        found["format"] = wanted
    elif isinstance(wanted, str) and wanted not in _SILENT:
        skeleton.ask(path, f"It has the format {shown(wanted)}, which a contract does not know.")
    items = schema.get("items")
    if isinstance(items, dict) and items:
        listed = _one_form(skeleton, path, items)
        if listed.pop("base64", False):
            found["base64"] = True
        kept = (*_KEPT, "format", "items", "properties", "required", "const", "anyOf")
        found["items"] = {k: v for k, v in listed.items() if k in kept}
        if not found["items"]:
            del found["items"]


def _one_form(skeleton: Skeleton, path: str, schema: Schema) -> Schema:
    """A choice of forms as the contract can say it: listed values or a pattern, an address or base64."""
    branches = schema.get("anyOf") or schema.get("oneOf")
    if not isinstance(branches, list) or not branches:
        return dict(schema)
    rest = {k: v for k, v in schema.items() if k not in ("anyOf", "oneOf")}
    coded = [b for b in branches if _BASE64 in str(b.get("pattern", ""))]
    if len(branches) == 2 and len(coded) == 1:
        other = next(b for b in branches if b is not coded[0])
        return {**rest, **other, "base64": True}
    listed = [b for b in branches if "enum" in b or "const" in b]
    patterned = [b for b in branches if "pattern" in b and "enum" not in b]
    if len(listed) == 1 and len(patterned) == 1 and len(branches) == 2:
        pattern = patterned[0]["pattern"]
        examples = patterned[0].get("examples") or [
            e for e in schema.get("examples", ()) if isinstance(e, str) and _matches(pattern, e)
        ]
        if not examples:
            skeleton.ask(
                path, f"Beside the values listed, what {pattern} matches is taken. Such as what?"
            )
            return {**rest, **listed[0], "exhaustive": False}
        return {**rest, **listed[0], "also": {"pattern": pattern, "examples": examples}}
    if len(listed) == len(branches):
        return {**rest, "enum": [v for b in listed for v in b.get("enum", [b.get("const")])]}
    skeleton.ask(
        path,
        "It may have several forms, of which a contract can say none here. Which of them does the vendor take?",
    )
    types = {str(b.get("type")) for b in branches}
    return {
        **rest,
        **({"type": branches[0]["type"]} if len(types) == 1 and "type" in branches[0] else {}),
    }


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return False


def parameter_field(skeleton: Skeleton, name: str, parameter: Mapping[str, Any]) -> dict[str, Any]:
    """A field of the path, the query or the headers."""
    schema = skeleton.normal.read(parameter.get("schema", {}), name)
    found = _field(skeleton, name, schema, form=False)
    if parameter.get("required") is True or parameter.get("in") == "path":
        found["required"] = True
    return found


# ---------------------------------------------------------------- roles


def _roles(skeleton: Skeleton, body: Fields) -> None:
    taken: set[str] = set()
    for path, field in sorted(body.items(), key=lambda item: item[0].count(".")):
        role = request_role(path, field)
        kind = field.get("type")
        if role is None or role in taken or _unfit(role, kind):
            continue
        taken.add(role)
        field["role"] = role
        if role == "model" and "const" in field:
            field["enum"] = [field.pop("const")]
        if role == "images" and kind == "array" and "format" not in field.get("items", {}):
            skeleton.ask(path, "Are these addresses, or pictures in base64?")


def _unfit(role: str, kind: Any) -> bool:
    if role in ("images", "task_ids"):
        return kind not in ("array", "string", None)
    if role in ("count", "seed", "width", "height", "output_compression"):
        return kind not in ("integer", "number", None)
    return role != "file" and kind in ("array", "object", "file", "boolean")


# ---------------------------------------------------------------- rules


def _rules(
    skeleton: Skeleton,
    variants: Mapping[str, Schema],
    flat: Mapping[str, Fields],
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for model, variant in variants.items():
        defaults = {p: f["default"] for p, f in flat[model].items() if "default" in f}
        for entry in variant.get("rules", ()):
            for rule in _rule(skeleton, entry, defaults):
                _add_rule(found, entry, rule, model, len(variants))
    for rule in found.values():
        if len(rule.get("models", ())) == len(variants):
            del rule["models"]
    return found


def _add_rule(
    found: dict[str, Any], entry: Schema, rule: dict[str, Any], model: str, variants: int
) -> None:
    plainly = {k: v for k, v in rule.items() if k != "models"}
    for known in found.values():
        if {k: v for k, v in known.items() if k != "models"} == plainly:
            if model and model not in known.get("models", [model]):
                known["models"].append(model)
            return
    title = re.sub(r"[^a-z0-9]+", "-", plain(str(entry.get("title", ""))).replace("_", "-")).strip(
        "-"
    )
    name = title if title and title not in found else f"{title or 'rule'}-{len(found) + 1}"
    if model and variants > 1:
        rule["models"] = [model]
    found[name] = rule


def _rule(skeleton: Skeleton, entry: Schema, defaults: Mapping[str, Any]) -> list[dict[str, Any]]:
    said = str(entry.get("description") or entry.get("title") or "").strip()
    common: dict[str, Any] = {"source": skeleton.source}
    if "if" in entry:
        return _implied(skeleton, entry, defaults, said, common)
    if "dependentRequired" in entry:
        return [
            {
                "says": said or f"{name} needs {', '.join(others)}.",
                "when": {name: {"present": True}},
                "then": {other: {"present": True} for other in others},
                **common,
            }
            for name, others in entry["dependentRequired"].items()
        ]
    together = exclusive(entry)
    if together is not None:
        fields, one = together
        rules = [
            {
                "says": said or f"At most one of {', '.join(fields)}.",
                "at_most_one": fields,
                **common,
            }
        ]
        if one:
            rules.append(
                {"says": said or f"One of {', '.join(fields)}.", "at_least_one": fields, **common}
            )
        return rules
    fields_needed = needed(entry)
    if fields_needed is not None:
        return [
            {
                "says": said or f"At least one of {', '.join(fields_needed)}.",
                "at_least_one": fields_needed,
                **common,
            }
        ]
    then = conditions_of(entry, defaults)
    if then is not None and "properties" in entry:
        return [{"says": said or "A value depends on others.", "then": then, **common}]
    _unread(skeleton, said, entry)
    return []


def _implied(
    skeleton: Skeleton,
    entry: Schema,
    defaults: Mapping[str, Any],
    said: str,
    common: dict[str, Any],
) -> list[dict[str, Any]]:
    when = conditions_of(entry["if"], defaults)
    found = []
    for keyword in ("then", "else"):
        if not entry.get(keyword):
            continue
        asked = when if keyword == "then" else _opposite(when)
        then = conditions_of(entry[keyword], defaults)
        some = needed(entry[keyword]) if then is None else None
        if asked is None or (then is None and some is None):
            _unread(skeleton, said, entry)
        elif some is not None and all(v == {"present": True} for v in asked.values()):
            # Asked only where the object is there that the fields belong to.
            found.append(
                {
                    "says": said or f"At least one of {', '.join(some)}.",
                    "at_least_one": some,
                    **common,
                }
            )
        elif then is not None:
            words = said or f"Where {' and '.join(asked)} is so, {' and '.join(then)} is bound."
            found.append({"says": words, "when": asked, "then": then, **common})
        else:
            _unread(skeleton, said, entry)
    return found


def _opposite(when: dict[str, dict[str, Any]] | None) -> dict[str, dict[str, Any]] | None:
    """Of a condition on presence alone; nothing else has an opposite that a contract can say."""
    if when is None or len(when) != 1:
        return None
    ((path, said),) = when.items()
    return {path: {"present": not said["present"]}} if set(said) == {"present"} else None


def _unread(skeleton: Skeleton, said: str, entry: Schema) -> None:
    skeleton.ask(
        "rule",
        f"There is a rule that could not be said here: {said or shown(entry)}. What does it mean?",
    )
