"""Small contracts made by hand, each about one thing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.contract.model import (
    ABSENT,
    Condition,
    Contract,
    Field,
    Operation,
    ReplyField,
    Rule,
    State,
)

STATES = (
    State(value="queued", phase="running"),
    State(value="done", phase="succeeded"),
    State(value="broken", phase="failed"),
)


def field(path: str, schema: Mapping[str, Any] | None = None, **more: Any) -> Field:
    return Field(path=path, schema={"type": "string"} if schema is None else schema, **more)


def contract(
    *fields: Field, rules: tuple[Rule, ...] = (), reply: tuple[ReplyField, ...] = ()
) -> Contract:
    """A vendor whose create has these fields and rules, and whose status has this reply."""
    create = Operation(name="create", method="POST", path="/x", fields=fields, rules=rules)
    status = Operation(name="status", method="GET", path="/x/{id}", reply=reply)
    return Contract(
        vendor="toy",
        title="",
        base_url="https://toy.example",
        key_variable="X",
        operations=(create, status),
        states=STATES,
    )


def condition(name: str, *values: Any, **more: Any) -> Condition:
    return Condition(field=name, one_of=values or None, **more)


RATIO = field("input.ratio", {"type": "string", "enum": ["auto", "1:1"]}, default="auto")
TIER = field("input.tier", {"type": "string", "enum": ["1k", "2k"]}, default="1k")
STYLE = field("input.style")
COUNT = field("n", {"type": "integer"}, default=ABSENT)
