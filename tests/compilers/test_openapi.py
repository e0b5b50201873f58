"""The contract as OpenAPI 3.1: others' tools read it, and it says what the plan knows by construction."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from conformance.compilers.jsonschema import bundle
from conformance.compilers.openapi import openapi
from conformance.contract.clauses import clauses_by_id
from conformance.contract.loading import contract_names, load_contract
from conformance.contract.model import Contract, Field, Operation, ReplyField
from conformance.contract.resolution import settle
from conformance.planning.plan import make_plan
from conformance.results.cases import Case
from tests.compilers.toys import contract, field

DIALECTS = [
    (vendor, dispute.name, alternative.name)
    for vendor in contract_names()
    for dispute in load_contract(vendor).disputes
    for alternative in dispute.alternatives
]


@cache
def exported(vendor: str) -> dict[str, Any]:
    return openapi(settle(load_contract(vendor), {}))


def create_schema(document: dict[str, Any]) -> dict[str, Any]:
    """The schema of a creation's body, with what it refers to."""
    create = next(
        described
        for methods in document["paths"].values()
        for described in methods.values()
        if described["operationId"] == "create"
    )
    body = create["requestBody"]["content"]["application/json"]["schema"]
    return {**body, "components": document["components"]}


@pytest.mark.parametrize("vendor", contract_names())
def test_the_document_is_valid(vendor: str) -> None:
    validate(exported(vendor))
    json.dumps(exported(vendor), allow_nan=False)


@pytest.mark.parametrize(("vendor", "dispute", "alternative"), DIALECTS, ids="-".join)
def test_the_document_is_valid_under_every_answer(
    vendor: str, dispute: str, alternative: str
) -> None:
    dialect = {dispute: alternative}
    document = openapi(settle(load_contract(vendor), dialect), dialect)
    validate(document)
    assert document["info"]["x-conformance"]["dialect"] == dialect


def creations(vendor: str) -> list[Case]:
    plan = make_plan(load_contract(vendor))
    return [
        c
        for c in plan.cases
        if c.operation == "create" and isinstance(c.send.body, dict) and c.send.raw is None
    ]


@pytest.mark.parametrize("vendor", contract_names())
def test_what_the_plan_sends_validly_is_valid(vendor: str) -> None:
    validator = Draft202012Validator(create_schema(exported(vendor)))
    accepted = [c for c in creations(vendor) if c.expect == "accepted"]
    assert accepted
    assert [c.id for c in accepted if not validator.is_valid(c.send.body)] == []


@pytest.mark.parametrize("vendor", contract_names())
def test_what_the_plan_breaks_in_the_body_is_invalid(vendor: str) -> None:
    validator = Draft202012Validator(create_schema(exported(vendor)))
    clauses = clauses_by_id(load_contract(vendor))
    broken = [
        c
        for c in creations(vendor)
        if c.breaks is not None
        and clauses[c.breaks.clause].kind in {"required", "type", "enum", "limit", "rule", "model"}
        and not clauses[c.breaks.clause].subject.startswith(("Idempotency", "X-"))
    ]
    assert broken
    assert [c.id for c in broken if validator.is_valid(c.send.body)] == []


@pytest.mark.parametrize("vendor", contract_names())
def test_the_clauses_of_rules_exist(vendor: str) -> None:
    known = clauses_by_id(load_contract(vendor))
    named = [
        entry["x-conformance"]["clause"]
        for schema in exported(vendor)["components"]["schemas"].values()
        for entry in schema.get("allOf", ())
        if "x-conformance" in entry
    ]
    assert [clause for clause in named if clause not in known] == []


def resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    name = reference.rpartition("/")[2] if reference else ""
    return document["components"]["schemas"][name] if name else schema


@pytest.mark.parametrize("vendor", contract_names())
def test_the_link_to_the_status_points_at_a_documented_place(vendor: str) -> None:
    document = exported(vendor)
    operations = {
        described["operationId"]: described
        for methods in document["paths"].values()
        for described in methods.values()
    }
    answers = operations["create"]["responses"]
    answer = next(a for a in answers.values() if "links" in a)
    link = answer["links"]["status"]
    assert link["operationId"] in operations
    (parameter, expression), *_ = link["parameters"].items()
    place, _, name = parameter.partition(".")
    assert (name, place) in {
        (p["name"], p["in"]) for p in operations[link["operationId"]]["parameters"]
    }
    schema = answer["content"]["application/json"]["schema"]
    here = resolved(document, schema.get("anyOf", [schema])[0])
    for step in expression.removeprefix("$response.body#/").split("/"):
        here = here["prefixItems"][0] if step == "0" else here["properties"][step]
    assert here["type"] == "string"


def toy(*fields: Field, **more: Any) -> Contract:
    return contract(*fields, **more)


def test_a_file_is_a_binary_part_of_a_form() -> None:
    upload = Operation(
        name="upload",
        method="POST",
        path="/up",
        content_type="multipart/form-data",
        fields=(field("file", {"type": "file"}, required=True),),
    )
    made = toy()
    document = openapi(
        Contract(
            vendor="toy",
            title="",
            base_url="https://toy.example",
            key_variable="X",
            operations=(*made.operations, upload),
        )
    )
    media = document["paths"]["/up"]["post"]["requestBody"]["content"]["multipart/form-data"]
    schema = resolved(document, media["schema"])
    assert schema["properties"]["file"] == {"type": "string", "format": "binary"}
    assert schema["required"] == ["file"]


def test_reply_headers_are_described_as_headers() -> None:
    reply = (ReplyField(path="$headers.X-Trace", types=("string",), required=False),)
    document = openapi(toy(reply=reply))
    answer = document["paths"]["/x/{id}"]["get"]["responses"]["200"]
    assert answer["headers"] == {"X-Trace": {"required": False, "schema": {"type": "string"}}}


@pytest.mark.parametrize("vendor", contract_names())
def test_every_schema_of_a_bundle_is_one(vendor: str) -> None:
    document = bundle(settle(load_contract(vendor), {}))
    assert document["$defs"]
    for schema in document["$defs"].values():
        Draft202012Validator.check_schema(schema)
