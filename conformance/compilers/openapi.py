"""
The contract as OpenAPI 3.1: what would other tools read of it?

Settle the contract first (`contract.resolution.settle`); which answers were taken stands in `x-conformance`. What
OpenAPI has no word for is kept in extensions that begin with `x-conformance`: clause ids, sources, the causes of a
status. An error that comes with a success status is another schema of that status.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from conformance.compilers.jsonschema import (
    DIALECT,
    FILE,
    Schema,
    parameter_schema,
    reply_fields_schema,
    reply_schema,
    request_schema,
)
from conformance.contract.model import (
    Contract,
    Envelope,
    ErrorRow,
    Field,
    Operation,
    ReplyField,
    Source,
)
from conformance.contract.paths import steps
from conformance.contract.resolution import fields_for, rules_for

__all__ = ["openapi"]

_HEADERS = "$headers."
_NO_PARAMETERS = {"accept", "authorization", "content-type"}
"""Headers that OpenAPI describes elsewhere and ignores as parameters."""


def openapi(contract: Contract, dialect: Mapping[str, str] | None = None) -> dict[str, Any]:
    """
    A settled contract as an OpenAPI 3.1 document.

    Args:
        dialect: Dispute name to alternative name, as the contract was settled; noted in the document.
    """
    served = [op for op in contract.operations if op.method and op.path.startswith("/")]
    paths: dict[str, Any] = {}
    schemas: dict[str, Schema] = {}
    for operation in served:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(
            contract, operation, schemas
        )
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": DIALECT,
        "info": {
            "title": contract.title,
            "version": contract.digest[:12] or "0",
            "description": "Made from a contract that transcribes the vendor's documents; not a document of "
            "the vendor.",
            "x-conformance": {
                "vendor": contract.vendor,
                "dialect": dict(dialect or {}),
                "documents": [
                    {"id": d.id, "title": d.title, "url": d.url, "seen": d.seen}
                    for d in contract.documents
                ],
            },
        },
        "servers": [{"url": contract.base_url}],
        "security": [{scheme.name: []} for scheme in contract.auth],
        "tags": [{"name": "images"}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                s.name: _scheme(s.location, s.parameter, s.prefix) for s in contract.auth
            },
            "schemas": schemas,
        },
    }


def _scheme(location: str, parameter: str, prefix: str) -> dict[str, str]:
    if location == "header" and parameter.lower() == "authorization" and prefix.strip():
        return {"type": "http", "scheme": prefix.strip().lower()}
    return {"type": "apiKey", "in": location, "name": parameter}


def _operation(
    contract: Contract, operation: Operation, schemas: dict[str, Schema]
) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "tags": ["images"],
        "summary": f"{operation.name.capitalize()} of {contract.title}",
        "x-conformance": {"sources": _sources(operation.sources)},
    }
    if not operation.authenticated:
        described["security"] = []
    parameters = _parameters(operation)
    if parameters:
        described["parameters"] = parameters
    body = _body(contract, operation, schemas)
    if body is not None:
        described["requestBody"] = body
    described["responses"] = _responses(contract, operation, schemas)
    return described


# ---------------------------------------------------------------- requests


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    found = []
    fields = fields_for(operation, "")
    locations: tuple[Literal["path", "query", "header"], ...] = ("path", "query", "header")
    for location in locations:
        schema = parameter_schema(operation, "", location)
        if schema is None:
            continue
        for name, value in schema["properties"].items():
            if location == "header" and name.lower() in _NO_PARAMETERS:
                continue
            found.append(
                {
                    "name": name,
                    "in": location,
                    "required": location == "path" or name in schema.get("required", ()),
                    "schema": value,
                    "x-conformance": {"sources": _sources(fields[name].source_of(""))},
                }
            )
    return found


def _body(
    contract: Contract, operation: Operation, schemas: dict[str, Schema]
) -> dict[str, Any] | None:
    if not any(f.location == "body" for f in operation.fields):
        return None
    models = _models(operation)
    references = []
    for model in models or ("",):
        schema = _with_sources(
            contract, operation, model, request_schema(contract, operation, model)
        )
        schema.pop("$schema", None)
        if operation.content_type.startswith("multipart"):
            _binary(schema, fields_for(operation, model))
        references.append(_component(schemas, _name(operation.name, "request", model), schema))
    one = references[0] if len(references) == 1 else {"anyOf": references}
    return {
        "required": True,
        "content": {operation.content_type or "application/json": {"schema": one}},
    }


def _models(operation: Operation) -> tuple[str, ...]:
    field = next((f for f in operation.fields if f.role == "model" and f.model is None), None)
    return tuple(field.schema.get("enum", ())) if field is not None else ()


def _binary(schema: Schema, fields: Mapping[str, Field]) -> None:
    for path, field in fields.items():
        if field.schema.get("type") == FILE and path in schema.get("properties", {}):
            schema["properties"][path] |= {"type": "string", "format": "binary"}


def _with_sources(contract: Contract, operation: Operation, model: str, schema: Schema) -> Schema:
    """The rules' ids and sources beside the names that the schema has for them."""
    rules = {rule.name: rule for rule in rules_for(operation, model)}
    for entry in schema.get("allOf", ()):
        rule = rules.get(entry["$comment"])
        if rule is not None:
            entry["x-conformance"] = {
                "clause": f"{contract.vendor}.{operation.name}.rule.{rule.name}",
                "sources": _sources(rule.sources),
            }
    return schema


# ---------------------------------------------------------------- replies


def _responses(
    contract: Contract, operation: Operation, schemas: dict[str, Schema]
) -> dict[str, Any]:
    rows = [row for row in contract.errors if operation.name in row.operations]
    inside = [row for row in rows if "envelope" in row.carried_in]
    found: dict[str, Any] = {}
    for status in operation.success or (200,):
        reply = reply_schema(contract, operation.name)
        reply.pop("$schema", None)
        kept = _component(schemas, _name(operation.name, "reply", ""), reply)
        also = [_error(contract, row, schemas) for row in inside]
        found[str(status)] = {
            "description": "What was asked for" + (", or an error inside it" if also else ""),
            **_headers(operation.reply),
            "content": {"application/json": {"schema": _any_of([kept, *also])}},
            **_links(contract, operation),
        }
    by_status: dict[str, list[ErrorRow]] = {}
    for row in rows:
        by_status.setdefault(str(row.status), []).append(row)
    for name, same in sorted(by_status.items()):
        bodies = [_error(contract, row, schemas) for row in same if "http" in row.carried_in]
        if not bodies:
            continue
        if name in found:
            media = found[name]["content"]["application/json"]
            media["schema"] = _any_of([media["schema"], *bodies])
            continue
        found[name] = {
            "description": "; ".join(dict.fromkeys(row.means for row in same if row.means))
            or "An error",
            "content": {"application/json": {"schema": _any_of(bodies)}},
            "x-conformance": {
                "causes": sorted({cause for row in same for cause in row.causes}),
                "sources": _sources([source for row in same for source in row.sources]),
            },
        }
    return found


def _error(contract: Contract, row: ErrorRow, schemas: dict[str, Schema]) -> Schema:
    names = row.envelopes or ((row.envelope,) if row.envelope else ())
    known = [e for e in contract.envelopes if e.name in names]
    bodies = [_envelope(envelope, row.fields, schemas) for envelope in known]
    return _any_of(bodies) if bodies else {"type": "object"}


def _envelope(envelope: Envelope, more: Sequence[ReplyField], schemas: dict[str, Schema]) -> Schema:
    schema = reply_fields_schema((*envelope.fields, *more))
    schema.pop("$schema", None)
    if more:
        return schema
    return _component(schemas, _name("error", envelope.name, ""), schema)


def _headers(reply: Iterable[ReplyField]) -> dict[str, Any]:
    headers = {
        field.path.removeprefix(_HEADERS): {
            "required": field.required and not field.when,
            "schema": {**({"type": field.types[0]} if field.types else {}), **field.schema},
        }
        for field in reply
        if field.path.startswith(_HEADERS)
        and field.path.removeprefix(_HEADERS).lower() != "content-type"
    }
    return {"headers": headers} if headers else {}


def _links(contract: Contract, operation: Operation) -> dict[str, Any]:
    """The way from a creation to its status."""
    status = contract.operation("status")
    if operation.name != "create" or status is None:
        return {}
    told = next((f.path for f in operation.reply if f.role == "task_id"), "")
    asked = next((f for f in status.fields if f.role == "task_id"), None)
    if not told or asked is None or asked.location == "body":
        return {}
    link = {
        "operationId": status.name,
        "parameters": {f"{asked.location}.{asked.path}": f"$response.body#{_pointer(told)}"},
    }
    return {"links": {"status": link}}


def _pointer(path: str) -> str:
    """A dotted path as a JSON Pointer; of a list, its first element."""
    return "".join(
        f"/{0 if step is None else str(step).replace('~', '~0').replace('/', '~1')}"
        for step in steps(path)
    )


# ---------------------------------------------------------------- small parts


def _component(schemas: dict[str, Schema], name: str, schema: Schema) -> Schema:
    schemas[name] = schema
    return {"$ref": f"#/components/schemas/{name}"}


def _name(*parts: str) -> str:
    """A name that components may have: letters, digits, `.`, `_`, `-`."""
    joined = ".".join(part for part in parts if part)
    return "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in joined)


def _any_of(schemas: Sequence[Schema]) -> Schema:
    different: list[Schema] = []
    for schema in schemas:
        for one in schema["anyOf"] if list(schema) == ["anyOf"] else [schema]:
            if one not in different:
                different.append(one)
    return different[0] if len(different) == 1 else {"anyOf": different}


def _sources(sources: Iterable[Source]) -> list[dict[str, str]]:
    return [{"document": s.document, "url": s.url, "section": s.section} for s in sources]
