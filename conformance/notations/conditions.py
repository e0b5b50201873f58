"""Which conditions of a contract does a JSON Schema stand for?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["conditions_of", "exclusive", "needed"]

Conditions = dict[str, dict[str, Any]]
_IDLE = ("title", "description", "type", "additionalProperties", "$comment")


def conditions_of(
    schema: Mapping[str, Any], defaults: Mapping[str, Any] | None = None
) -> Conditions | None:
    """
    The conditions that hold together where the schema does; None where they cannot be said so.

    Args:
        defaults: What omitted fields count as, by path. A condition that also holds where the field is omitted says
            no more than one with the default filled in.
    """
    found: Conditions = {}
    return found if _read(schema, "", found, defaults or {}) and found else None


def _read(
    schema: Mapping[str, Any], path: str, found: Conditions, defaults: Mapping[str, Any]
) -> bool:
    """Whether all of the schema could be said; what it says goes into `found`."""
    rest = {k: v for k, v in schema.items() if k not in _IDLE and not k.startswith("x-")}
    required = rest.pop("required", [])
    properties = rest.pop("properties", {})
    for part in rest.pop("rules", ()):
        if not _read(part, path, found, defaults):
            return False
    for name in required:
        place = f"{path}.{name}" if path else name
        inner = properties.get(name, {})
        if not _says_more(inner):
            found.setdefault(place, {}).setdefault("present", True)
        elif not _read(inner, place, found, defaults):
            return False
    for name, inner in properties.items():
        if name not in required and not _read(
            inner, f"{path}.{name}" if path else name, found, defaults
        ):
            return False
    return _leaf(rest, path, found, defaults)


def _says_more(schema: Mapping[str, Any]) -> bool:
    return any(k not in _IDLE and not k.startswith("x-") for k in schema)


def _leaf(rest: dict[str, Any], path: str, found: Conditions, defaults: Mapping[str, Any]) -> bool:
    items = rest.pop("items", None)
    contained = rest.pop("contains", None)
    rest.pop("minItems", None)
    for inner in (items, contained):
        if inner and not _read(inner, f"{path}[]", found, defaults):
            return False
    for part in rest.pop("allOf", ()):
        if not _read(part, path, found, defaults):
            return False
    absent = rest.pop("not", None)
    if absent is not None and not _absent(absent, path, found):
        return False
    ways = rest.pop("anyOf", None) or rest.pop("oneOf", None)
    if ways is not None and not _either(ways, path, found, defaults):
        return False
    said: dict[str, Any] = {
        k: rest.pop(k) for k in ("const", "enum", "minimum", "maximum") if k in rest
    }
    if said:
        if not path:
            return False
        known = found.setdefault(path, {})
        known.pop("present", None)
        known.update(said)
    return not rest


def _absent(schema: Mapping[str, Any], path: str, found: Conditions) -> bool:
    inner: Conditions = {}
    if not _read(schema, path, inner, {}) or len(inner) != 1:
        return False
    ((place, said),) = inner.items()
    if said != {"present": True}:
        return False
    found.setdefault(place, {})["present"] = False
    return True


def _either(ways: Any, path: str, found: Conditions, defaults: Mapping[str, Any]) -> bool:
    """Something, or the omitted field of which that is the default."""
    read: list[Conditions] = []
    for way in ways:
        inner: Conditions = {}
        if not isinstance(way, dict) or not _read(way, path, inner, defaults):
            return False
        read.append(inner)
    omitted = [each for each in read if all(s == {"present": False} for s in each.values())]
    rest = [each for each in read if each not in omitted]
    if len(rest) != 1 or len(omitted) != 1:
        return False
    (place,) = omitted[0] if len(omitted[0]) == 1 else ("",)
    if list(rest[0]) != [place] or place not in defaults:
        return False
    found.setdefault(place, {}).update(rest[0][place])
    return True


def needed(schema: Mapping[str, Any]) -> list[str] | None:
    """The fields of which at least one has to be there; None where that is not what the schema says."""
    ways = schema.get("anyOf")
    if not isinstance(ways, list) or len(ways) < 2:
        return None
    return _presences(ways)


def _presences(ways: list[Any]) -> list[str] | None:
    found = []
    for way in ways:
        read = conditions_of(way)
        if read is None or len(read) != 1 or next(iter(read.values())) != {"present": True}:
            return None
        found += list(read)
    return found


def exclusive(schema: Mapping[str, Any]) -> tuple[list[str], bool] | None:
    """The fields of which at most one may be there, and whether one must; None where the schema says otherwise."""
    one_of = schema.get("oneOf")
    if isinstance(one_of, list) and len(one_of) > 1:
        fields = _presences(one_of)
        return (fields, True) if fields else None
    refused = schema.get("not")
    if not isinstance(refused, dict):
        return None
    ways = refused.get("anyOf") or [refused]
    pairs = [conditions_of(way) for way in ways]
    if not all(
        p and len(p) == 2 and all(s == {"present": True} for s in p.values()) for p in pairs
    ):
        return None
    fields = list(dict.fromkeys(name for pair in pairs for name in pair or ()))
    if len(pairs) != len(fields) * (len(fields) - 1) // 2:
        return None
    return fields, False
