"""An editor that shows the schema of contracts has a sentence for every keyword."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from conformance.contract.loading import specs_directory

SCHEMA = json.loads((specs_directory() / "contract.schema.json").read_text("utf-8"))


def keywords(schema: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every keyword that a contract can have, with where it stands."""
    if isinstance(schema, dict):
        for name, described in schema.get("properties", {}).items():
            yield f"{place}.{name}", described
        for name, part in schema.items():
            yield from keywords(part, place if name == "properties" else f"{place}/{name}")
    elif isinstance(schema, list):
        for part in schema:
            yield from keywords(part, place)


def described(schema: Any) -> str:
    """What is said of a keyword: beside it, or where it refers to."""
    if not isinstance(schema, dict):
        return "anything"
    named = SCHEMA["$defs"].get(schema.get("$ref", "").removeprefix("#/$defs/"), {})
    return str(schema.get("description") or named.get("description") or "")


def test_every_keyword_has_a_sentence() -> None:
    every = list(keywords(SCHEMA))
    assert len(every) > 300
    assert [place for place, schema in every if not described(schema)] == []
    assert [p for p, s in every if isinstance(s, dict) and described(s)[-1] not in ".:)"] == []
