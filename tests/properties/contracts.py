"""
Whole contracts for Hypothesis, made constructively: every document drawn here is a contract, none is thrown away.

A document is what a YAML file holds, before anything of ours has read it; the independent validator
(`tests/properties/opinion.py`) reads the same document.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

__all__ = ["documents"]

SOURCE = "page#Section"
OTHER = "other#Section"

Raw = dict[str, Any]

_WORDS = ("mood", "tone", "finish", "paper", "lens", "depth", "noise", "steps", "blend", "shade")
_VALUES = ("alpha", "beta", "gamma", "delta", "omega")
_RATIOS = {"1:1": (1, 1), "2:1": (2, 1), "16:9": (16, 9), "3:4": (3, 4)}
_TIERS = ("1K", "2K", "4K")
_STATES = ("queued", "drawing", "finished", "broken")


def _values(least: int = 2) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(_VALUES), min_size=least, max_size=4, unique=True)


# ---------------------------------------------------------------- request fields


@st.composite
def _enum(draw: st.DrawFn) -> Raw:
    values = draw(_values())
    return _perhaps_default(draw, {"type": "string", "enum": values, "source": SOURCE}, values)


@st.composite
def _numbers(draw: st.DrawFn) -> Raw:
    values = draw(
        st.lists(st.integers(min_value=1, max_value=9), min_size=2, max_size=3, unique=True)
    )
    return _perhaps_default(draw, {"type": "integer", "enum": values, "source": SOURCE}, values)


@st.composite
def _limited(draw: st.DrawFn) -> Raw:
    low = draw(st.integers(min_value=0, max_value=20))
    high = low + draw(st.integers(min_value=1, max_value=200))
    kind = draw(st.sampled_from(["integer", "number"]))
    raw: Raw = {"type": kind, "source": SOURCE}
    raw |= draw(st.sampled_from([{"minimum": low, "maximum": high}, {"maximum": high}]))
    return _perhaps_default(draw, raw, [high])


@st.composite
def _text(draw: st.DrawFn) -> Raw:
    return {
        "type": "string",
        "maxLength": draw(st.integers(min_value=4, max_value=300)),
        "source": SOURCE,
    }


@st.composite
def _flag(draw: st.DrawFn) -> Raw:
    return _perhaps_default(draw, {"type": "boolean", "source": SOURCE}, [True, False])


def _perhaps_default(draw: st.DrawFn, raw: Raw, values: list[Any]) -> Raw:
    if draw(st.booleans()):
        raw["default"] = draw(st.sampled_from(values))
    return raw


@st.composite
def _body(draw: st.DrawFn, prefix: str) -> Raw:
    names = draw(st.lists(st.sampled_from(_WORDS), max_size=4, unique=True))
    makers = [_enum(), _numbers(), _limited(), _text(), _flag()]
    body: Raw = {}
    if prefix:
        body[prefix.rstrip(".")] = {"type": "object", "required": True, "source": SOURCE}
    prompt: Raw = {"type": "string", "required": True, "role": "prompt", "source": SOURCE}
    if draw(st.booleans()):
        prompt["maxLength"] = draw(st.integers(min_value=10, max_value=400))
    if draw(st.booleans()):
        prompt["minLength"] = draw(st.integers(min_value=1, max_value=3))
    body[f"{prefix}prompt"] = prompt
    body |= {
        f"{prefix}{name}": draw(st.sampled_from(makers).flatmap(lambda m: m)) for name in names
    }
    if draw(st.booleans()):
        body[f"{prefix}ratio"] = _ratio(draw)
    if draw(st.booleans()):
        body[f"{prefix}tier"] = _tier(draw)
    if draw(st.booleans()):
        body[f"{prefix}count"] = {
            "type": "integer",
            "default": 1,
            "minimum": 1,
            "maximum": draw(st.integers(min_value=2, max_value=4)),
            "role": "count",
            "source": SOURCE,
        }
    if draw(st.booleans()):
        body[f"{prefix}refs"] = {
            "type": "array",
            "maxItems": draw(st.integers(min_value=1, max_value=5)),
            "items": {"type": "string", "format": "uri"},
            "role": "images",
            "source": SOURCE,
        }
        if draw(st.booleans()):
            body[f"{prefix}pictures"] = {"alias_of": f"{prefix}refs", "source": SOURCE}
    if draw(st.booleans()):
        body[f"{prefix}style"] = {"type": "string", "ignored": True, "source": SOURCE}
    if draw(st.booleans()):
        body[f"{prefix}extra"] = {"type": "object", "passthrough": True, "source": SOURCE}
    return body


def _ratio(draw: st.DrawFn) -> Raw:
    rows = draw(st.lists(st.sampled_from(list(_RATIOS)), min_size=2, max_size=4, unique=True))
    raw: Raw = {"type": "string", "enum": rows, "role": "aspect_ratio", "source": SOURCE}
    return _perhaps_default(draw, raw, rows)


def _tier(draw: st.DrawFn) -> Raw:
    tiers = list(_TIERS[: draw(st.integers(min_value=2, max_value=3))])
    raw: Raw = {"type": "string", "enum": tiers, "role": "resolution", "source": SOURCE}
    return _perhaps_default(draw, raw, tiers)


# ---------------------------------------------------------------- models and rules


@st.composite
def _models(draw: st.DrawFn, body: Raw, prefix: str) -> tuple[Raw, Raw]:
    """The model field, and what one model narrows."""
    names = draw(
        st.lists(st.sampled_from(["tiny", "huge", "pro-2"]), min_size=2, max_size=3, unique=True)
    )
    model = {"type": "string", "required": True, "enum": names, "role": "model", "source": SOURCE}
    narrowed: Raw = {}
    prompt = body[f"{prefix}prompt"]
    if "maxLength" in prompt and draw(st.booleans()):
        narrowed[f"{prefix}prompt"] = {"maxLength": prompt["maxLength"] // 2, "source": SOURCE}
    refs = body.get(f"{prefix}refs")
    if refs and refs["maxItems"] > 1 and draw(st.booleans()):
        narrowed[f"{prefix}refs"] = {"maxItems": refs["maxItems"] - 1, "source": SOURCE}
    return {"model": model}, {draw(st.sampled_from(names)): narrowed} if narrowed else {}


@st.composite
def _rules(draw: st.DrawFn, body: Raw) -> Raw:
    """Rules over disjoint pairs of fields, so that each value keeps a valid request whatever others say."""
    listed = draw(st.permutations([path for path, raw in body.items() if "enum" in raw]))
    rules: Raw = {}
    for when, then in zip(listed[::2], listed[1::2], strict=False):
        if not draw(st.booleans()):
            continue
        value = draw(st.sampled_from(body[when]["enum"]))
        # One permitted value is the default, so that an omitted field breaks no rule with an omitted one.
        default = body[then].get("default", body[then]["enum"][0])
        permitted = [v for v in body[then]["enum"] if v == default or draw(st.booleans())]
        if len(permitted) == len(body[then]["enum"]):
            permitted = [default]
        rules[f"rule-{len(rules) + 1}"] = {
            "says": "One value asks for some of another field.",
            "when": {when: {"const": value}},
            "then": {then: {"enum": permitted}},
            "refused_at": draw(st.sampled_from(["create", "anywhere"])),
            "source": SOURCE,
        }
        if "default" not in body[then]:
            # Omitted is no value: the rule would ask for the field to be sent.
            body[then]["default"] = default
    free = [p for p, r in body.items() if set(r) == {"type", "maxLength", "source"}]
    if len(free) >= 2 and draw(st.booleans()):
        rules["not-both"] = {
            "says": "Two fields exclude each other.",
            "at_most_one": free[:2],
            "source": SOURCE,
        }
    return rules


# ---------------------------------------------------------------- replies


@st.composite
def _create_reply(draw: st.DrawFn, wrap: str, priced: bool) -> Raw:
    reply: Raw = {}
    if wrap:
        reply["code"] = {
            "type": "integer",
            "const": 200,
            "role": "status_code",
            "source": SOURCE,
        }
        reply[wrap.rstrip(".")] = {"type": "object", "source": SOURCE}
    reply[f"{wrap}id"] = {"type": "string", "role": "task_id", "source": SOURCE}
    if priced:
        reply[f"{wrap}credits"] = {"type": "number", "role": "cost", "source": SOURCE}
    if draw(st.booleans()):
        reply["$headers.X-Request-ID"] = {"type": "string", "source": SOURCE}
    return reply


@st.composite
def _status_reply(draw: st.DrawFn, wrap: str, done: Any, disputed: bool) -> Raw:
    integer = isinstance(done, int)
    reply: Raw = {}
    if wrap:
        reply[wrap.rstrip(".")] = {"type": "object", "source": SOURCE}
    reply[f"{wrap}state"] = {
        "type": "integer" if integer else "string",
        "role": "state",
        "source": SOURCE,
    }
    if draw(st.booleans()):
        reply[f"{wrap}id"] = {
            "type": "string",
            "role": "task_id",
            "echoes": "$task_id",
            "source": SOURCE,
        }
    if draw(st.booleans()):
        unit = draw(st.sampled_from(["s", "ms", "iso8601"]))
        kind = "string" if unit == "iso8601" else "integer"
        reply[f"{wrap}created"] = {
            "type": kind,
            "unit": unit,
            "role": "created",
            "source": SOURCE,
        }
        reply[f"{wrap}ended"] = {
            "type": kind,
            "when": {f"{wrap}state": {"const": done}},
            "unit": unit,
            "role": "completed",
            "not_before": f"{wrap}created",
            "source": SOURCE,
        }
    if draw(st.booleans()):
        reply[f"{wrap}progress"] = {
            "type": "integer",
            "schema": {"minimum": 0, "maximum": 100},
            "role": "progress",
            "source": SOURCE,
        }
    if not disputed:
        reply |= {
            draw(st.sampled_from([f"{wrap}urls", f"{wrap}output.urls"])): _results(wrap, done)
        }
    return reply


def _results(wrap: str, done: Any, source: str = SOURCE) -> Raw:
    return {
        "type": "array",
        "when": {f"{wrap}state": {"const": done}},
        "schema": {"minItems": 1},
        "role": "results",
        "source": source,
    }


# ---------------------------------------------------------------- errors, prices, pixels


@st.composite
def _errors(draw: st.DrawFn, keyed: bool, models: bool) -> Raw:
    refusal = draw(st.sampled_from(["400", "422"]))
    carried = draw(st.sampled_from([["http"], ["envelope"], ["http", "envelope"]]))
    causes = ["bad-parameter", "missing-parameter", *(["bad-model"] if models else [])]
    rows: dict[str, Raw] = {
        refusal: {"means": "a bad request", "causes": causes, "operations": ["create"]},
        "401": {
            "means": "a bad key",
            "causes": ["unauthorized"],
            "operations": ["create", "status"],
        },
        "404": {"means": "no such task", "causes": ["unknown-task"], "operations": ["status"]},
        "429": {"means": "too many", "causes": ["rate-limit"], "operations": ["create", "status"]},
    }
    if keyed:
        rows["409"] = {"means": "another body", "causes": ["conflict"], "operations": ["create"]}
    fields: Raw = {"error.message": {"type": "string", "role": "message", "source": SOURCE}}
    if "envelope" in carried:
        fields["error.status"] = {"type": "integer", "role": "status_code", "source": SOURCE}
    for row in rows.values():
        row |= {"carried_in": carried, "source": SOURCE}
    return {
        "envelopes": {"only": {"marker": {"error": {"present": True}}, "fields": fields}},
        "table": rows,
    }


@st.composite
def _charges(draw: st.DrawFn, body: Raw, prefix: str, wrap: str) -> Raw:
    tier, count = body.get(f"{prefix}tier"), f"{prefix}count"
    amounts = draw(
        st.lists(st.integers(min_value=1, max_value=40), min_size=4, max_size=4, unique=True)
    )
    more: Raw = {"per": [count]} if count in body and draw(st.booleans()) else {}
    cells: Raw = {}
    if tier and "default" in tier:
        for name, amount in zip(tier["enum"], sorted(amounts), strict=False):
            when = {f"{prefix}tier": {"const": name}}
            cells[name] = {"when": when, "amount": amount, **more, "source": SOURCE}
    else:
        cells["any"] = {"amount": amounts[0], **more, "source": SOURCE}
    return {"unit": "credits", "meter": {"create": f"{wrap}credits"}, "cells": cells}


@st.composite
def _pixels(draw: st.DrawFn, body: Raw, prefix: str) -> Raw:
    rows = {}
    for row in body[f"{prefix}ratio"]["enum"]:
        wide, high = _RATIOS[row]
        cells: list[Any] = []
        for factor in range(1, len(body[f"{prefix}tier"]["enum"]) + 1):
            size = f"{wide * 16 * factor}x{high * 16 * factor}"
            near = f"{wide * 16 * factor + 2}x{high * 16 * factor}"
            cells.append(draw(st.sampled_from([size, [size, near]])))
        rows[row] = cells
    return {
        "row_field": f"{prefix}ratio",
        "column_field": f"{prefix}tier",
        "columns": body[f"{prefix}tier"]["enum"],
        "rows": rows,
        "source": SOURCE,
    }


# ---------------------------------------------------------------- the whole


@st.composite
def documents(draw: st.DrawFn) -> Raw:
    """A contract as a YAML file would hold it."""
    prefix = draw(st.sampled_from(["", "input."]))
    wrap = draw(st.sampled_from(["", "data."]))
    numbered = draw(st.booleans())
    running, finished = draw(st.sampled_from([(1, False), (2, False), (2, True)]))
    names: list[Any] = list(range(len(_STATES))) if numbered else list(_STATES)
    done = names[2]
    body = draw(_body(prefix))
    model_field, per_model = draw(_models(body, prefix)) if draw(st.booleans()) else ({}, {})
    rules = draw(_rules(body))
    priced, keyed, disputed = draw(st.tuples(st.booleans(), st.booleans(), st.booleans()))
    create: Raw = {
        "http": "POST /make",
        "content_type": "application/json",
        "source": SOURCE,
        "success": {"status": [draw(st.sampled_from([200, 201, 202]))], "source": SOURCE},
        "body": {**model_field, **body},
        "reply": draw(_create_reply(wrap, priced)),
        **({"rules": rules} if rules else {}),
        **({"per_model": per_model} if per_model else {}),
    }
    status: Raw = {
        "source": SOURCE,
        "success": {"status": [200], "source": SOURCE},
        "reply": draw(_status_reply(wrap, done, disputed)),
    }
    asked = {"id": {"type": "string", "required": True, "role": "task_id", "source": SOURCE}}
    by_path = draw(st.booleans())
    status |= (
        {"http": "GET /made/{id}", "path": asked}
        if by_path
        else {"http": "GET /made", "query": asked}
    )
    failing = "unreachable-image" if f"{prefix}refs" in body and draw(st.booleans()) else "nothing"
    states = {
        **{str(names[i]): {"phase": "running"} for i in range(running)},
        str(done): {"phase": "succeeded"},
        str(names[3]): {"phase": "failed", "provoked_by": failing},
    }
    made: Raw = {
        "format": "conformance/contract@1",
        "vendor": "generated",
        "title": "A generated vendor",
        "base_url": "https://generated.example",
        "key_variable": "GENERATED_API_KEY",
        "documents": {
            "page": {"title": "Page", "url": "https://generated.example/p", "seen": "2026-11-20"},
            "other": {"title": "Other", "url": "https://generated.example/o", "seen": "2026-11-20"},
        },
        "auth": {"key": draw(st.sampled_from(_AUTH))},
        "operations": {"create": create, "status": status},
        "states": {
            "source": SOURCE,
            "values": states,
            **({"terminal": {"source": SOURCE}} if finished else {}),
        },
        "errors": draw(_errors(keyed, bool(model_field))),
    }
    if priced:
        made["charges"] = draw(_charges(body, prefix, wrap))
    if keyed:
        made["idempotency"] = _idempotency(draw)
    if f"{prefix}ratio" in body and f"{prefix}tier" in body and draw(st.booleans()):
        made["pixels"] = draw(_pixels(body, prefix))
    elif f"{prefix}ratio" in body:
        made["pictures"] = {"ratio": {"source": SOURCE}}
    if disputed:
        made["disputes"] = {"results": _dispute(wrap, done)}
    return made


_AUTH: tuple[Raw, ...] = (
    {"header": "Authorization", "prefix": "Bearer ", "source": SOURCE},
    {"header": "x-api-key", "source": SOURCE},
    {"query": "key", "source": SOURCE},
)


def _idempotency(draw: st.DrawFn) -> Raw:
    raw: Raw = {
        "header": "Idempotency-Key",
        "other_body": "conflict",
        "says": "The same key gives the same task.",
        "source": SOURCE,
    }
    if draw(st.booleans()):
        raw["max_length"] = draw(st.integers(min_value=40, max_value=120))
    if draw(st.booleans()):
        raw["replay_header"] = ["x-replay", "true"]
    return raw


def _dispute(wrap: str, done: Any) -> Raw:
    def alternative(path: str, source: str) -> Raw:
        reply = {path: _results(wrap, done, source)}
        return {"value": path, "source": source, "operations": {"status": {"reply": reply}}}

    return {
        "about": "where the pictures stand",
        "alternatives": {
            "page": alternative(f"{wrap}images", SOURCE),
            "other": alternative(f"{wrap}pictures.urls", OTHER),
        },
    }
