"""Which states can an imported task be in, and what does each mean?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.notations.guessing import phase_of
from conformance.notations.lifecycle import Found
from conformance.notations.skeleton import Skeleton

__all__ = ["states_of"]

_GUESSED = ("running", "succeeded", "failed")


def states_of(skeleton: Skeleton, status: dict[str, Any], found: Found) -> None:
    """Put the states of a status reply into the contract, and the enum of its field out of it: the states say it."""
    reply = status.get("reply", {})
    places = [(path, field) for path, field in reply.items() if field.get("role") == "state"]
    if not places:
        skeleton.ask("status", "In which field does a status tell the state of its task?")
        return
    path, field = places[0]
    said = _texts(skeleton, found)
    schema = field.get("schema", {})
    values = schema.pop("enum", None) or ([field.pop("const")] if "const" in field else None)
    if not schema:
        field.pop("schema", None)
    values = [
        v
        for v in values or _seen(reply, path)
        if isinstance(v, str | int) and not isinstance(v, bool)
    ]
    if not values:
        values = ["pending", "succeeded", "failed"]
        skeleton.ask(
            path,
            "Which states are there? None is listed; three were made up so that the contract can be tried.",
        )
    listed = {}
    for index, value in enumerate(values):
        phase = phase_of(value, said) or _by_conditions(reply, path, value)
        if phase is None:
            phase = _GUESSED[min(index, 2)] if isinstance(value, int) else "running"
            skeleton.ask(path, f"What does the state {value} mean? {phase} was presumed.")
        listed[value] = {"phase": phase}
        if phase == "failed":
            listed[value]["provoked_by"] = "nothing"
    phases = {state["phase"] for state in listed.values()}
    for phase in ("succeeded", "failed"):
        if phase not in phases:
            skeleton.ask(path, f"Which state says that a task has {phase}?")
    skeleton.contract["states"] = {
        "source": skeleton.source,
        "values": {
            str(value) if isinstance(value, str) else value: s for value, s in listed.items()
        },
    }
    for value, state in listed.items():
        skeleton.guess(("states", "values", str(value)), f"phase {state['phase']}")


def _texts(skeleton: Skeleton, found: Found) -> str:
    """Everything that the operation says in words: integer states are explained there."""
    texts: list[str] = []

    def gather(value: Any, depth: int = 0) -> None:
        value = skeleton.document.resolved(value)
        if depth > 12:
            return
        if isinstance(value, dict):
            if isinstance(value.get("description"), str):
                texts.append(value["description"])
            for key, inner in value.items():
                if key not in ("description", "example", "examples"):
                    gather(inner, depth + 1)
        elif isinstance(value, list):
            for inner in value:
                gather(inner, depth + 1)

    gather(dict(found.operation))
    return "\n".join(texts)[:20_000]


def _by_conditions(reply: Mapping[str, Any], path: str, value: Any) -> str | None:
    """What is promised in a state tells what it means: results, or a failure."""
    for field in reply.values():
        asked = field.get("when", {}).get(path, {})
        if asked.get("const") == value and field.get("role") == "results":
            return "succeeded"
        if asked.get("const") == value and str(field.get("role", "")).startswith("failure"):
            return "failed"
    return None


def _seen(reply: Mapping[str, Any], path: str) -> list[Any]:
    """States that conditions speak of."""
    found: list[Any] = []
    for field in reply.values():
        asked = field.get("when", {}).get(path, {})
        found += [asked["const"]] if "const" in asked else asked.get("enum", [])
    return list(dict.fromkeys(found))
