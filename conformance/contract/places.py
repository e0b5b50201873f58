"""At which line of its file does a contract say what a clause says?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from conformance.contract import model as m
from conformance.contract.clauses import Clause, clauses_by_id
from conformance.contract.located import Located, read_located

__all__ = ["line_of", "lines_of"]

_Path = tuple[str | int, ...]

_SECTIONS = {"body": "body", "query": "query", "path": "path", "header": "headers"}
_KEYWORDS = {"alias": ("alias_of",), "format": ("format", "pattern"), "enum": ("enum", "const")}


def lines_of(contract: m.Contract) -> dict[str, int]:
    """
    The line of each clause, by its id, counted from 1.

    A contract that was not loaded from a text has none.
    """
    if not contract.text:
        return {}
    located = read_located(contract.text, file=contract.file)
    return {name: line_of(clause, located) for name, clause in clauses_by_id(contract).items()}


def line_of(clause: Clause, located: Located) -> int:
    """The line of the first alternative that says it; where the value itself has none, that of what is around it."""
    for path in _places(clause, located.value):
        found = _deepest(located.value, path)
        if found:
            return located.key_position(found)[0]
    return 1


def _deepest(value: Any, path: _Path) -> _Path:
    """As much of a path as there is."""
    for length, step in enumerate(path):
        keyed = isinstance(value, Mapping) and step in value
        listed = isinstance(value, list) and isinstance(step, int) and step < len(value)
        if not (keyed or listed):
            return path[:length]
        value = value[step]
    return path


def _places(clause: Clause, raw: Mapping[str, Any]) -> Iterator[_Path]:
    """The most exact place; a place that is certain to be there where the topic is unknown."""
    alternative = clause.parts[0].alternative if clause.parts else ""
    around: _Path = ("disputes", clause.dispute, "alternatives", alternative) if alternative else ()
    find = _FINDERS.get(clause.topic)
    if find is not None:
        yield (*around, *find(clause, _inside(raw, around)))
    yield (*around, "operations", clause.operation)
    yield around or ("vendor",)


def _inside(raw: Any, path: Sequence[str | int]) -> Any:
    for step in path:
        raw = raw.get(step, {}) if isinstance(raw, Mapping) else {}
    return raw


# --- what each kind of statement looks like in YAML


def _operation(key: str) -> Callable[[Clause, Any], _Path]:
    return lambda clause, _: ("operations", clause.operation, key)


def _field(clause: Clause, _: Any) -> _Path:
    field: m.Field = clause.thing
    section: _Path = ("per_model", field.model) if field.model else (_SECTIONS[field.location],)
    base = ("operations", clause.operation, *section, field.path)
    words = _KEYWORDS.get(clause.keyword, (clause.keyword,))
    known = [word for word in words if word in field.schema or len(words) == 1]
    return (*base, *(known[:1] or words[:1]))


def _rule(clause: Clause, _: Any) -> _Path:
    return "operations", clause.operation, "rules", clause.thing.name


def _reply(clause: Clause, raw: Any) -> _Path:
    reply: m.ReplyField = clause.thing
    base: _Path = ("operations", clause.operation, "reply")
    known = _inside(raw, base)
    keys = [key for key in known if key.partition("#")[0] == reply.path]
    same = [key for key in keys if _is_when(known[key].get("when", {}), reply.when)]
    keyword = {"echo": "echoes", "order": "not_before"}.get(clause.topic, clause.topic)
    key = (same or keys or [reply.path])[0]
    return (*base, key) if clause.topic == "reply" else (*base, key, keyword)


def _is_when(raw: Mapping[str, Any], when: tuple[m.Condition, ...]) -> bool:
    if list(raw) != [condition.field for condition in when]:
        return False
    return all(_values(raw[c.field]) == c.one_of for c in when)


def _values(raw: Mapping[str, Any]) -> tuple[Any, ...] | None:
    if "const" in raw:
        return (raw["const"],)
    return tuple(raw["enum"]) if "enum" in raw else None


def _row(clause: Clause, raw: Any) -> _Path:
    thing = clause.thing
    row, field = thing if isinstance(thing, tuple) else (thing, None)
    for key, told in _inside(raw, ("errors", "table")).items():
        status, _, name = key.partition(" ")
        same = (told.get("status", int(status)), told.get("name", name)) == (row.status, row.name)
        if same and set(told["operations"]) == set(row.operations):
            inner: _Path = ("fields", field.path) if field else ()
            return ("errors", "table", key, *(inner or _body(clause)))
    return ("errors", "table")


def _body(clause: Clause) -> _Path:
    return ("body",) if clause.topic == "row-body" else ()


def _envelope(clause: Clause, _: Any) -> _Path:
    envelope, field = clause.thing
    return "errors", "envelopes", envelope.name, "fields", field.path


def _pixels(clause: Clause, raw: Any) -> _Path:
    cell: m.PixelCell = clause.thing
    columns = _inside(raw, ("pixels",)).get("columns", [])
    index = columns.index(cell.column) if cell.column in columns else 0
    return "pixels", "rows", cell.row, index


def _named(*path: str) -> Callable[[Clause, Any], _Path]:
    return lambda clause, _: (*path, clause.thing.name)


def _at(*path: str) -> Callable[[Clause, Any], _Path]:
    return lambda *_: path


def _statement(clause: Clause, raw: Any) -> _Path:
    name = clause.id.partition(".")[2].partition(".")[2].partition(".")[2]
    if name in raw.get("statements", {}):
        return "statements", name
    return _callback("delivery")(clause, raw)


def _advice(clause: Clause, raw: Any) -> _Path:
    name = clause.id.partition(".advice.")[2]
    return (
        ("advice", name) if name in raw.get("advice", {}) else _callback("signature")(clause, raw)
    )


def _callback(key: str) -> Callable[[Clause, Any], _Path]:
    return lambda *_: ("operations", "callback", key)


def _result(clause: Clause, raw: Any) -> _Path:
    """The reply field that holds the results, which these clauses follow from."""
    for name, operation in raw.get("operations", {}).items():
        for key, reply in operation.get("reply", {}).items():
            if reply.get("role") == "results" and key.partition("#")[0] == clause.subject:
                return "operations", name, "reply", key
    return "operations", "status", "reply"


_FINDERS: Mapping[str, Callable[[Clause, Any], _Path]] = {
    "path": _operation("http"),
    "content-type": _operation("content_type"),
    "success": _operation("success"),
    "second-path": lambda clause, _: (
        "operations", clause.operation, "second_paths", clause.thing.name,
    ),
    "auth": _named("auth"),
    "field": _field,
    "rule": _rule,
    "idempotency": _at("idempotency"),
    "reply": _reply,
    "only": _reply,
    "echo": _reply,
    "unit": _reply,
    "order": _reply,
    "states": _at("states", "values"),
    "terminal": _at("states", "terminal"),
    "row": _row,
    "row-body": _row,
    "row-field": _row,
    "envelope": _envelope,
    "charge": _named("charges", "cells"),
    "refund": _at("charges", "refund"),
    "url": _result,
    "picture": lambda clause, raw: ("pictures", "types") if clause.thing else _result(clause, raw),
    "ratio": _at("pictures", "ratio"),
    "tier": _at("pictures", "tier"),
    "pixels": _pixels,
    "expiry": _at("expiry"),
    "callback-sent": _callback("sent"),
    "callback-type": _callback("content_type"),
    "callback-signature": _callback("signature"),
    "callback-attempts": _callback("delivery"),
    "callback-acknowledged": _callback("delivery"),
    "callback-state": _callback("delivery"),
    "statement": _statement,
    "advice": _advice,
}  # fmt: skip
"""By the topic of a clause: where it stands, given the part of the file that its alternative is."""
