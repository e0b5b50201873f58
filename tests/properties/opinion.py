"""
A second opinion on requests: what of a document does a body break?

It reads the plain document and shares no code with the package. It knows the words that
`tests/properties/contracts.py` uses, no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["broken"]

Raw = dict[str, Any]
_MISSING = object()

_TYPES: dict[str, Any] = {
    "string": lambda v: isinstance(v, str),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "boolean": lambda v: isinstance(v, bool),
    "array": lambda v: isinstance(v, list),
    "object": lambda v: isinstance(v, dict),
}


def broken(document: Raw, body: Any) -> set[str]:
    """The statements about a creation's body that it breaks, as the ends of clause ids."""
    create = document["operations"]["create"]
    fields: dict[str, Raw] = create["body"]
    model = body.get("model") if isinstance(body, dict) else None
    own = create.get("per_model", {}).get(model, {}) if isinstance(model, str) else {}
    found: set[str] = set()
    for path, common in fields.items():
        if common.get("ignored") or common.get("passthrough"):
            continue
        aliases = [p for p, f in fields.items() if f.get("alias_of") == path]
        meant = {**fields.get(common.get("alias_of", ""), {}), **common}
        sent = _at(body, path)
        if sent is _MISSING:
            # What lies in an object that is not there is not missing by itself.
            parent = path.rpartition(".")[0]
            inside = not parent or isinstance(_at(body, parent), dict)
            if inside and common.get("required") and all(_at(body, a) is _MISSING for a in aliases):
                found.add(f"create.{path}.required")
            continue
        primary = common.get("alias_of", path)
        narrowed = own.get(primary, {})
        for keyword in _value(sent, {**meant, **narrowed}):
            owner = f"{model}.{primary}" if keyword in narrowed else primary
            found.add(f"create.{owner}.{keyword}")
    return found | {f"create.rule.{name}" for name in _rules(create, fields, body)}


def _value(sent: Any, described: Raw) -> Iterator[str]:
    if "type" in described and not _TYPES[described["type"]](sent):
        yield "type"
        return
    if "enum" in described and not any(_same(sent, v) for v in described["enum"]):
        yield "enum"
    sizes = {
        "maxLength": lambda limit: len(sent) <= limit,
        "minLength": lambda limit: len(sent) >= limit,
        "maxItems": lambda limit: len(sent) <= limit,
        "maximum": lambda limit: sent <= limit,
        "minimum": lambda limit: sent >= limit,
    }
    for keyword, holds in sizes.items():
        if keyword in described and not holds(described[keyword]):
            yield keyword
    if "items" in described and not all(isinstance(v, str) and "://" in v for v in sent):
        yield "items"


def _rules(create: Raw, fields: dict[str, Raw], body: Any) -> Iterator[str]:
    for name, rule in create.get("rules", {}).items():
        if "at_most_one" in rule:
            if sum(_at(body, path) is not _MISSING for path in rule["at_most_one"]) > 1:
                yield name
            continue
        ((when, one),) = rule["when"].items()
        ((then, some),) = rule["then"].items()
        if _filled(body, when, fields) == one["const"] and not any(
            _same(_filled(body, then, fields), v) for v in some["enum"]
        ):
            yield name


def _filled(body: Any, path: str, fields: dict[str, Raw]) -> Any:
    sent = _at(body, path)
    return fields[path].get("default") if sent is _MISSING else sent


def _at(body: Any, path: str) -> Any:
    here = body
    for step in path.split("."):
        if not isinstance(here, dict) or step not in here:
            return _MISSING
        here = here[step]
    return here


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one == other
