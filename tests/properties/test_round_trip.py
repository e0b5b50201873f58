"""
What OpenAPI can express of a contract comes back from an export that is imported again.

It cannot express what a field is for, what a state means, prices, pixels, promises across exchanges, levels, which field
is another's alias, and what depends on the request that a reply answers. Everything else is compared: what is sent
where, and, by trying them, which requests and replies are valid.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from conformance.compilers.examples import reply_example
from conformance.compilers.formats import FORMATS
from conformance.compilers.jsonschema import (
    parameter_schema,
    reply_fields_schema,
    reply_schema,
    request_schema,
)
from conformance.compilers.openapi import openapi
from conformance.contract.loading import contract_names, load_contract, load_text
from conformance.contract.model import ABSENT, Contract, Field, Operation
from conformance.contract.resolution import fields_for, settle
from conformance.contract.writing import dump
from conformance.notations.foreign import read_foreign
from conformance.notations.imported_text import text_of
from conformance.notations.importing import import_openapi
from conformance.planning.plan import make_plan
from tests.properties.contracts import documents

TOYS = sorted((Path(__file__).parents[1] / "suite" / "toys").glob("*.yaml"))
TOYS.append(Path(__file__).parents[1] / "simulator" / "toy.yaml")
NAMES = [*contract_names(), *(str(path) for path in TOYS)]


def there_and_back(contract: Contract) -> Contract:
    """The settled contract, exported and imported."""
    text = json.dumps(openapi(contract), indent=1)
    skeleton = import_openapi(read_foreign(text, file="x.json"), seen="2026-11-20")
    return load_text(text_of(skeleton))


@cache
def pair(name: str) -> tuple[Contract, Contract]:
    contract = settle(load_contract(name), {})
    return contract, there_and_back(contract)


def served(contract: Contract) -> dict[str, Operation]:
    return {o.name: o for o in contract.operations if o.method and o.path.startswith("/")}


# ---------------------------------------------------------------- what is sent where


def wire_of(contract: Contract) -> dict[str, Any]:
    """How requests look from outside, and which statuses there are."""
    return {
        "base_url": contract.base_url,
        "auth": [(a.location, a.parameter, a.prefix) for a in contract.auth],
        "operations": {
            name: {
                "http": (o.method, o.path),
                "content_type": (o.content_type or "application/json")
                if any(f.location == "body" for f in o.fields)
                else "",
                "success": set(o.success or (200,)),
                "authenticated": o.authenticated,
                "parameters": {
                    (f.path, f.location, f.required, _limits(f))
                    for f in fields_for(o, "").values()
                    if f.location != "body"
                },
                "headers": {
                    (f.path, f.required and not f.when)
                    for f in o.reply
                    if f.path.startswith("$headers.") and f.path != "$headers.Content-Type"
                },
                "errors": {
                    row.status
                    for row in contract.errors
                    if o.name in row.operations and ("http" in row.carried_in)
                }
                - set(o.success or (200,)),
            }
            for name, o in served(contract).items()
        },
        "states": {state.value for state in contract.states},
        "callback": (contract.callback.field, contract.callback.operation.method)
        if contract.callback
        else None,
    }


def _limits(field: Field) -> str:
    """What a value has to keep; a list of values that is not the whole list limits nothing."""
    kept = {k: v for k, v in field.schema.items() if k != "enum" or field.exhaustive}
    return json.dumps(kept, sort_keys=True)


def without_replays(wire: dict[str, Any], contract: Contract) -> dict[str, Any]:
    """An idempotent answer is marked by a header that the export lists with the others."""
    marked = contract.idempotency.replay_header if contract.idempotency else None
    for operation in wire["operations"].values():
        operation["headers"] = {
            h for h in operation["headers"] if not marked or h[0] != f"$headers.{marked[0]}"
        }
    return wire


def fields_of(contract: Contract, operation: Operation, model: str) -> dict[str, Any]:
    """What stands of each body field by itself."""
    return {
        path: {
            "required": field.required,
            "default": "none" if field.default is ABSENT else field.default,
            **{k: v for k, v in field.schema.items() if k in KEYWORDS},
        }
        for path, field in fields_for(operation, model).items()
        if field.location == "body" and _is_plain(field, operation)
    }


KEYWORDS = ("type", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "multipleOf")  # fmt: skip


def _is_plain(field: Field, operation: Operation) -> bool:
    """Neither another's alias nor one that has some, neither ignored nor passed through."""
    aliased = any(f.alias_of == field.path for f in operation.fields)
    return not (field.alias_of or field.ignored or field.passthrough or aliased)


# ---------------------------------------------------------------- what is valid


def valid(schema: dict[str, Any], value: Any) -> bool:
    return Draft202012Validator(schema, format_checker=FORMATS).is_valid(value)


def bodies(contract: Contract) -> list[Any]:
    """Every body that a plan would send, valid and broken in one place."""
    plan = make_plan(contract)
    sent = [c.send.body for c in plan.cases if c.operation == "create" and c.send.raw is None]
    return [body for body in sent if isinstance(body, dict)]


def disagreements(contract: Contract, back: Contract) -> Iterator[tuple[str, Any]]:
    """Bodies and replies that one of both finds valid and the other does not."""
    create, again = served(contract)["create"], served(back)["create"]
    for model in contract.models or ("",):
        ours = request_schema(contract, create, model)
        theirs = request_schema(back, again, model if back.models else "")
        for body in bodies(contract):
            if valid(ours, body) is not valid(theirs, body):
                yield f"request {model}", body
    for name, operation in served(contract).items():
        if operation.reply:
            ours = _told(contract, name)
            theirs = reply_schema(back, name)
            for reply in _replies(contract, operation, ours):
                if valid(ours, reply) is not valid(theirs, reply):
                    yield f"reply of {name}", reply


def _told(contract: Contract, name: str) -> dict[str, Any]:
    """The reply's schema without what an error alone has, and what only holds of some requests."""
    operation = served(contract)[name]
    always = {
        f.path: f.schema["const"] for f in operation.reply if not f.when and "const" in f.schema
    }
    kept = [
        f
        for f in operation.reply
        if not any(
            c.field in always and c.one_of and always[c.field] not in c.one_of for c in f.when
        )
    ]
    if name != "status":
        return reply_fields_schema(kept)
    return reply_schema(contract, name)


def _replies(contract: Contract, operation: Operation, schema: dict[str, Any]) -> Iterator[Any]:
    """Examples of each state, and each of them with one place left out, or of another type."""
    states = [state.value for state in contract.states] or [None]
    for state in states:
        example = reply_example(contract, operation, schema, None, state)
        if example is None:
            continue
        yield example
        for path in list(_places(example)):
            for value in (..., None, 7.5, "text", [], {}):
                yield _changed(example, path, value)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():  # fmt: skip
        yield (*path, key)
        yield from _places(inner, (*path, key))


def _changed(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(document)
    here = changed
    for step in path[:-1]:
        here = here[step]
    if value is ...:
        del here[path[-1]]
    else:
        here[path[-1]] = value
    return changed


# ---------------------------------------------------------------- the property


def assert_kept(contract: Contract, back: Contract) -> None:
    assert without_replays(wire_of(back), contract) == without_replays(wire_of(contract), contract)
    create, again = served(contract)["create"], served(back)["create"]
    for model in contract.models or ("",):
        ours = fields_of(contract, create, model)
        theirs = fields_of(back, again, model if back.models else "")
        assert {p: theirs.get(p) for p in ours} == ours
    assert [parameter_schema(o, "", "path") for o in served(back).values()] == [
        parameter_schema(o, "", "path") for o in served(contract).values()
    ]
    assert list(disagreements(contract, back)) == []


@pytest.mark.parametrize("name", NAMES, ids=lambda n: Path(n).stem)
def test_what_openapi_can_express_of_a_contract_comes_back(name: str) -> None:
    assert_kept(*pair(name))


@given(documents())
@settings(max_examples=10, deadline=None)
def test_what_openapi_can_express_of_any_contract_comes_back(document: dict[str, Any]) -> None:
    contract = settle(load_text(dump(document)), {})
    assert_kept(contract, there_and_back(contract))


def test_an_import_of_an_export_of_an_import_is_the_same() -> None:
    """Nothing drifts: what has been through it once goes through unchanged."""
    _, once = pair("apimart")
    again = there_and_back(once)
    assert wire_of(again) == wire_of(once)
    assert list(disagreements(once, again)) == []
