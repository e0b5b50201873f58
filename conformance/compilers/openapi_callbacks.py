"""What does OpenAPI say of the callbacks that a vendor sends?"""

from __future__ import annotations

from typing import Any

from conformance.compilers.components import component, named, spelled_out
from conformance.compilers.extensions import KEY, cited
from conformance.compilers.jsonschema import Schema, reply_fields_schema
from conformance.compilers.openapi_replies import pointer
from conformance.contract.callback import Callback
from conformance.contract.model import ReplyField

__all__ = ["callbacks"]

_HEADERS = "$headers."
_ENDED = {"succeeded": "has succeeded", "failed": "has failed", "running": "runs"}


def callbacks(callback: Callback, schemas: dict[str, Schema]) -> dict[str, Any]:
    """The `callbacks` of a creation: what comes to the address in its field, and with which headers."""
    operation = callback.operation
    described: dict[str, Any] = {
        "operationId": "callback",
        "tags": ["images"],
        "summary": f"Tells that a task {' or '.join(_ENDED[phase] for phase in callback.phases)}",
        "description": _description(callback),
        # What receives it is ours to protect: the vendor's key does not go back to us.
        "security": [],
        "requestBody": _body(callback, schemas),
        "responses": _answers(callback),
        KEY: {"sources": cited((*operation.sources, *callback.sent_sources))},
    }
    headers = _headers(callback)
    if headers:
        described["parameters"] = headers
    address = f"{{$request.body#{pointer(callback.field)}}}"
    return {"ended": {address: {operation.method.lower(): described}}}


def _description(callback: Callback) -> str:
    said = [f"Sent to the `{callback.field}` of the creation."]
    if callback.presumes:
        said.append(f"Presumed is {callback.presumes}.")
    delivery = callback.delivery
    if delivery.attempts:
        said.append(f"Up to {delivery.attempts} attempts in all.")
    if callback.signature is not None:
        said.append(
            f"Signed with {callback.signature.algorithm.upper()} in {callback.signature.header}."
        )
    return " ".join(said)


def _body(callback: Callback, schemas: dict[str, Schema]) -> dict[str, Any]:
    schema = reply_fields_schema(callback.operation.reply)
    schema.pop("$schema", None)
    reference = component(schemas, named("callback", "body"), spelled_out(schema))
    media_type = callback.operation.content_type or "application/json"
    return {"required": True, "content": {media_type: {"schema": reference}}}


def _answers(callback: Callback) -> dict[str, Any]:
    acknowledged = callback.delivery.acknowledged_by.upper()
    if acknowledged:
        return {acknowledged: {"description": "Acknowledges the callback"}}
    return {"200": {"description": "No page says what acknowledges a callback"}}


def _headers(callback: Callback) -> list[dict[str, Any]]:
    found = [
        _header(field.path.removeprefix(_HEADERS), field)
        for field in callback.operation.reply
        if field.path.startswith(_HEADERS)
    ]
    signature = callback.signature
    if signature is not None:
        names = (signature.header, signature.id_header, signature.timestamp_header)
        known = {each["name"].lower() for each in found}
        found += [
            _header(name, None)
            for name in names
            if name and not name.endswith("*") and name.lower() not in known
        ]
    return found


def _header(name: str, field: ReplyField | None) -> dict[str, Any]:
    schema: Schema = {"type": "string"}
    if field is not None:
        schema = {**({"type": field.types[0]} if field.types else {}), **field.schema}
    return {
        "name": name,
        "in": "header",
        "required": field is None or (field.required and not field.when),
        "schema": schema,
    }
