"""
The contract as an Arazzo 1.0 workflow: how is a picture made, step by step?

Create, poll until the task has ended, fetch what came of it. Settle the contract first. Arazzo can only call what the
OpenAPI document describes, so fetching is reading the addresses of the pictures from the ended task.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.compilers.examples import request_example
from conformance.compilers.extensions import KEY, cited
from conformance.compilers.jsonschema import request_schema
from conformance.compilers.openapi_replies import pointer
from conformance.contract.model import AuthScheme, Contract, Field, Operation, ReplyField, State

__all__ = ["arazzo"]

_OUR_INTERVAL_S = 5
_OUR_TIMEOUT_S = 600


def arazzo(
    contract: Contract, dialect: Mapping[str, str] | None = None, *, source: str = ""
) -> dict[str, Any]:
    """
    A settled contract as an Arazzo document of one workflow.

    Args:
        source: Where the OpenAPI document of the same contract is; beside this one where nothing is said.

    Raises:
        ValueError: The contract has no creation or no status whose way from one to the other is documented.
    """
    create, status = contract.operation("create"), contract.operation("status")
    if create is None or status is None:
        raise ValueError(f"{contract.vendor} has no creation, or no status to ask for")
    return {
        "arazzo": "1.0.1",
        "info": {
            "title": f"A picture made at {contract.title or contract.vendor}",
            "summary": "Create a task, poll it to its end, fetch the result",
            "description": "Made from a contract that transcribes the vendor's documents; not a document of "
            "the vendor.",
            "version": contract.digest[:12] or "0",
            KEY: {"vendor": contract.vendor, "dialect": dict(dialect or {})},
        },
        "sourceDescriptions": [
            {
                "name": contract.vendor,
                "url": source or f"{contract.vendor}.openapi.json",
                "type": "openapi",
            }
        ],
        "workflows": [_workflow(contract, create, status)],
    }


def _workflow(contract: Contract, create: Operation, status: Operation) -> dict[str, Any]:
    model = contract.models[0] if contract.models else ""
    payload = request_example(create, model, request_schema(contract, create, model))
    if payload is None:
        raise ValueError(f"{contract.vendor}: no request could be put together for {model!r}")
    return {
        "workflowId": "make-a-picture",
        "summary": "Create a task, poll it to its end, fetch the result",
        "description": "Fails where the task fails. What the task costs is paid for.",
        "inputs": {
            "type": "object",
            "required": ["key"],
            "properties": {"key": {"type": "string", "description": "The key of the account"}},
        },
        "steps": [
            _creating(contract, create, payload),
            _polling(contract, status),
            _fetching(contract, status),
        ],
        "outputs": _workflow_outputs(status),
    }


# ---------------------------------------------------------------- steps


def _creating(contract: Contract, create: Operation, payload: Any) -> dict[str, Any]:
    task = _task_field(create)
    return {
        "stepId": "create",
        "description": "Create a task. This is what is paid for, and is never repeated.",
        "operationId": create.name,
        "parameters": _key(contract),
        "requestBody": {
            "contentType": create.content_type or "application/json",
            "payload": payload,
        },
        "successCriteria": [_accepted(create), *_present(task)],
        "outputs": {"task": f"$response.body#{pointer(task.path)}"},
    }


def _polling(contract: Contract, status: Operation) -> dict[str, Any]:
    state = _state_field(status)
    interval_s, limit = _pace(contract)
    running = _any_of(state, contract.states, "running")
    retrying = {
        "name": "still-running",
        "type": "retry",
        "retryAfter": interval_s,
        "retryLimit": limit,
        "criteria": [{"condition": running}],
    }
    return {
        "stepId": "poll",
        "description": _advice(contract),
        "operationId": status.name,
        "parameters": [*_key(contract), _asked(status)],
        "successCriteria": [
            _accepted(status),
            {"condition": _any_of(state, contract.states, "succeeded")},
        ],
        "onFailure": [
            retrying,
            {
                "name": "has-failed",
                "type": "end",
                "criteria": [{"condition": _any_of(state, contract.states, "failed")}],
            },
        ],
        "outputs": {"state": f"$response.body#{pointer(state.path)}"},
        KEY: {"sources": cited(contract.states_sources)},
    }


def _fetching(contract: Contract, status: Operation) -> dict[str, Any]:
    results = _results(contract, status)
    return {
        "stepId": "fetch",
        "description": "Read where the pictures are from the task that has ended."
        + (" They stand in JSON inside a string." if any(f.decode for f in results) else ""),
        "operationId": status.name,
        "parameters": [*_key(contract), _asked(status)],
        "successCriteria": [_accepted(status), *_present(results[0] if results else None)],
        "outputs": {"result": f"$response.body#{_first(results[0])}"} if results else {},
    }


def _workflow_outputs(status: Operation) -> dict[str, str]:
    found = {"task": "$steps.create.outputs.task", "state": "$steps.poll.outputs.state"}
    if any(f.role == "results" for f in status.reply):
        found["result"] = "$steps.fetch.outputs.result"
    return found


# ---------------------------------------------------------------- parts of steps


def _key(contract: Contract) -> list[dict[str, Any]]:
    """The key, in the first documented way."""
    scheme: AuthScheme | None = next(iter(contract.auth), None)
    if scheme is None:
        return []
    value = f"{scheme.prefix}{{$inputs.key}}" if scheme.prefix else "$inputs.key"
    return [{"name": scheme.parameter, "in": scheme.location, "value": value}]


def _asked(status: Operation) -> dict[str, Any]:
    asked: Field | None = next((f for f in status.fields if f.role == "task_id"), None)
    if asked is None or asked.location == "body":
        raise ValueError("no status can be asked for by the id of a task alone")
    return {"name": asked.path, "in": asked.location, "value": "$steps.create.outputs.task"}


def _accepted(operation: Operation) -> dict[str, str]:
    statuses = operation.success or (200,)
    return {"condition": " || ".join(f"$statusCode == {status}" for status in statuses)}


def _present(field: ReplyField | None) -> list[dict[str, str]]:
    """That a field is there; an absent one is null to those who run workflows."""
    if field is None:
        return []
    return [{"condition": f"$response.body#{_first(field)} != null"}]


def _first(field: ReplyField) -> str:
    """The place of a field; of a list of results, the first one."""
    inside = "/0" if "array" in field.types and field.role == "results" else ""
    return pointer(field.path) + inside


def _any_of(state: ReplyField, states: Sequence[State], phase: str) -> str:
    place = f"$response.body#{pointer(state.path)}"
    values = [_literal(each.value) for each in states if each.phase == phase]
    return " || ".join(f"{place} == {value}" for value in values) or "false"


def _literal(value: str | int) -> str:
    return json.dumps(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def _task_field(create: Operation) -> ReplyField:
    found = next((f for f in create.reply if f.role == "task_id" and not f.when), None)
    if found is None:
        raise ValueError("no page says where a creation tells the id of its task")
    return found


def _state_field(status: Operation) -> ReplyField:
    found = next((f for f in status.reply if f.role == "state"), None)
    if found is None:
        raise ValueError("no page says where a status tells the state of its task")
    return found


def _results(contract: Contract, status: Operation) -> list[ReplyField]:
    """The places of the pictures; what only some creations bring comes last."""
    ended = {s.value for s in contract.states if s.phase == "succeeded"}
    found = [f for f in status.reply if f.role == "results"]
    return sorted(found, key=lambda f: (not _unconditional(f, ended), not f.required))


def _unconditional(field: ReplyField, ended: set[str | int]) -> bool:
    return all(
        condition.one_of is not None and set(condition.one_of) <= ended for condition in field.when
    )


# ---------------------------------------------------------------- how often


def _pace(contract: Contract) -> tuple[float, int]:
    """Seconds between polls and how many there are at most: as documented, else ours."""
    polling = contract.polling
    interval_s = polling.interval_s[0] if polling.interval_s else _OUR_INTERVAL_S
    timeout_s = polling.timeout_s or _OUR_TIMEOUT_S
    return interval_s, max(1, round(timeout_s / max(interval_s, 1)))


def _advice(contract: Contract) -> str:
    polling = contract.polling
    if polling.interval_s is None:
        return f"Poll until the task has ended. No page says how often; {_OUR_INTERVAL_S} seconds are our choice."
    low, high = polling.interval_s
    span = f"{low:g}" if low == high else f"{low:g} to {high:g}"
    return f"Poll until the task has ended, every {span} seconds as documented."
