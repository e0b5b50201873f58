"""
The contract as OpenAPI 3.1: what would other tools read of it?

Settle the contract first (`contract.resolution.settle`); which answers were taken stands in `x-conformance`. What
OpenAPI has no word for is kept in extensions of that name: clause ids, sources, the causes of a status. An error
that comes with a success status is another schema of that status.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from typing import Any, Literal

from conformance.compilers.components import any_of, component, named, spelled_out
from conformance.compilers.examples import request_example, value_example
from conformance.compilers.extensions import (
    KEY,
    annotated,
    cited,
    clauses_of,
    keep_known,
    of_the_document,
)
from conformance.compilers.jsonschema import (
    DIALECT,
    FILE,
    Schema,
    parameter_schema,
    request_schema,
)
from conformance.compilers.openapi_callbacks import callbacks
from conformance.compilers.openapi_replies import responses
from conformance.contract.model import Contract, Field, Operation
from conformance.contract.resolution import fields_for, rules_for

__all__ = ["openapi"]

_NO_PARAMETERS = {"accept", "authorization", "content-type"}
"""Headers that OpenAPI describes elsewhere and ignores as parameters."""

_SUMMARIES = {
    "create": "Create a picture",
    "status": "Ask how far a task is",
    "batch": "Ask how far several tasks are",
    "upload": "Upload a reference image",
    "balance": "Ask for the balance",
}


def openapi(
    contract: Contract,
    dialect: Mapping[str, str] | None = None,
    *,
    clauses: Collection[str] | None = None,
) -> dict[str, Any]:
    """
    A settled contract as an OpenAPI 3.1 document.

    Args:
        dialect: Dispute name to alternative name, as the contract was settled; noted in the document.
        clauses: The ids that the contract had before: a settled one words some otherwise, and those are left out.
    """
    served = [op for op in contract.operations if op.method and op.path.startswith("/")]
    paths: dict[str, Any] = {}
    schemas: dict[str, Schema] = {}
    for operation in served:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(
            contract, operation, schemas
        )
    document = {
        "openapi": "3.1.0",
        "jsonSchemaDialect": DIALECT,
        "info": {
            "title": contract.title or contract.vendor,
            "version": contract.digest[:12] or "0",
            "description": "Made from a contract that transcribes the vendor's documents; not a document of "
            "the vendor.",
            KEY: of_the_document(contract, dialect or {}),
        },
        "servers": [{"url": contract.base_url}],
        "security": [{scheme.name: []} for scheme in contract.auth],
        "tags": [{"name": "images", "description": "Pictures, as tasks that take a while"}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                s.name: _scheme(s.location, s.parameter, s.prefix) for s in contract.auth
            },
            "schemas": schemas,
        },
    }
    if clauses is not None:
        keep_known(document, clauses)
    return copy.deepcopy(document)  # what is said twice in the contract is not one object here


def _scheme(location: str, parameter: str, prefix: str) -> dict[str, str]:
    if location == "header" and parameter.lower() == "authorization" and prefix.strip():
        return {"type": "http", "scheme": prefix.strip().lower()}
    return {"type": "apiKey", "in": location, "name": parameter}


def _operation(
    contract: Contract, operation: Operation, schemas: dict[str, Schema]
) -> dict[str, Any]:
    summary = _SUMMARIES.get(operation.name, operation.name.capitalize())
    described: dict[str, Any] = {
        "operationId": operation.name,
        "tags": ["images"],
        "summary": summary,
        "description": f"{summary} at {contract.title or contract.vendor}, as its documents say.",
        KEY: _extension(operation),
    }
    if not operation.authenticated:
        described["security"] = []
    parameters = _parameters(contract, operation)
    if parameters:
        described["parameters"] = parameters
    body = _body(contract, operation, schemas)
    if body is not None:
        described["requestBody"] = body
    described["responses"] = responses(contract, operation, schemas)
    if operation.name == "create" and contract.callback is not None:
        described["callbacks"] = callbacks(contract.callback, schemas)
    return described


def _extension(operation: Operation) -> dict[str, Any]:
    said: dict[str, Any] = {"sources": cited(operation.sources)}
    if operation.second_paths:
        said["also_at"] = [second.path for second in operation.second_paths]
    return said


# ---------------------------------------------------------------- requests


def _parameters(contract: Contract, operation: Operation) -> list[dict[str, Any]]:
    found = []
    fields = fields_for(operation, "")
    clauses = clauses_of(contract, operation, "")
    locations: tuple[Literal["path", "query", "header"], ...] = ("path", "query", "header")
    for location in locations:
        schema = parameter_schema(operation, "", location)
        if schema is None:
            continue
        for name, value in schema["properties"].items():
            if location == "header" and name.lower() in _NO_PARAMETERS:
                continue
            required = location == "path" or name in schema.get("required", ())
            found.append(
                {
                    "name": name,
                    "in": location,
                    "required": required,
                    "schema": spelled_out(value),
                    "example": _parameter_example(fields[name], value),
                    KEY: {
                        "clauses": [clause.id for clause in clauses.get(name, ())],
                        "sources": cited(fields[name].source_of("")),
                    },
                }
            )
    return found


def _parameter_example(field: Field, schema: Schema) -> Any:
    if field.role == "task_id" and schema.get("type", "string") == "string" and len(schema) <= 1:
        return "task-0001"
    return value_example(schema)


def _body(
    contract: Contract, operation: Operation, schemas: dict[str, Schema]
) -> dict[str, Any] | None:
    if not any(f.location == "body" for f in operation.fields):
        return None
    models = _models(operation)
    form = operation.content_type.startswith("multipart")
    references = []
    examples: dict[str, Any] = {}
    for model in models or ("",):
        schema = request_schema(contract, operation, model)
        schema.pop("$schema", None)
        if not form:  # a file is no JSON that could be shown
            examples |= _examples(operation, model, schema)
        schema = _with_sources(contract, operation, model, copy.deepcopy(schema))
        if form:
            _binary(schema, fields_for(operation, model))
        name = named(operation.name, "request", model)
        references.append(component(schemas, name, spelled_out(schema)))
    media: dict[str, Any] = {"schema": any_of(references)}
    if examples:
        media["examples"] = examples
    encoding = _encoding(operation) if form else {}
    if encoding:
        media["encoding"] = encoding
    return {
        "required": True,
        "content": {operation.content_type or "application/json": media},
    }


def _encoding(operation: Operation) -> dict[str, Any]:
    """The media types of the files in a form, where documents name them."""
    fields = fields_for(operation, "")
    return {
        path: {"contentType": ", ".join(field.accepts)}
        for path, field in fields.items()
        if field.schema.get("type") == FILE and field.accepts
    }


def _examples(operation: Operation, model: str, schema: Schema) -> dict[str, Any]:
    """The least that a model takes, and as much as goes together."""
    found: dict[str, Any] = {}
    for full, words in ((False, "with what is required"), (True, "with the optional fields")):
        value = request_example(operation, model, schema, full=full)
        if value is not None and all(value != known["value"] for known in found.values()):
            name = named(model or operation.name, "full" if full else "")
            found[name] = {"summary": f"{model or 'A request'} {words}", "value": value}
    return found


def _models(operation: Operation) -> tuple[str, ...]:
    field = next((f for f in operation.fields if f.role == "model" and f.model is None), None)
    return tuple(field.schema.get("enum", ())) if field is not None else ()


def _binary(schema: Schema, fields: Mapping[str, Field]) -> None:
    for path, field in fields.items():
        if field.schema.get("type") == FILE and path in schema.get("properties", {}):
            schema["properties"][path] |= {"type": "string", "format": "binary"}


def _with_sources(contract: Contract, operation: Operation, model: str, schema: Schema) -> Schema:
    """Ids and sources beside each field, and with each rule its name and what it says."""
    fields = fields_for(operation, model)
    annotated(schema, clauses_of(contract, operation, model), fields)
    rules = {rule.name: rule for rule in rules_for(operation, model)}
    titled = []
    for entry in schema.get("allOf", ()):
        rule = rules.get(entry["$comment"])
        if rule is None:
            titled.append(entry)
            continue
        rest = {k: v for k, v in entry.items() if k != "$comment"}
        extension = {
            "clauses": [f"{contract.vendor}.{operation.name}.rule.{rule.name}"],
            "sources": cited(rule.sources),
        }
        titled.append({"title": rule.name, "description": rule.says, **rest, KEY: extension})
    if titled:
        schema["allOf"] = titled
    return schema
