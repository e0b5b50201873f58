"""How does the request of a case go over the wire?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from conformance.contract.model import AuthScheme, Contract
from conformance.results.cases import Send
from conformance.wire.exchange import Request

__all__ = ["WRONG_KEY", "poll_send", "wire_request"]

WRONG_KEY = "sk-conformance-0000000000-not-a-valid-key"
"""Sent where a case wants a wrong key: of a plausible form, and nobody's."""


def wire_request(
    contract: Contract,
    send: Send,
    *,
    base_url: str,
    key: str,
    run: str = "",
    task_id: str | None = None,
) -> Request:
    """
    The request as it is sent.

    Args:
        base_url: In place of the documented scheme and host.
        key: The right key.
        run: What takes the place of `{run}` in headers, so that no two runs share an idempotency key.
        task_id: What takes the place of `{task_id}` anywhere.
    """
    fill = {} if task_id is None else {"task_id": task_id}
    query = [(name, _filled(value, fill)) for name, value in send.query]
    headers = [(name, _filled(value, {**fill, "run": run})) for name, value in send.headers]
    body = _body(send, fill)
    given = {name.lower() for name, _ in headers}
    if body is not None and send.content_type and "content-type" not in given:
        headers.insert(0, ("Content-Type", send.content_type))
    if "accept" not in given:
        headers.insert(0, ("Accept", "application/json"))
    scheme = _scheme(contract, send)
    if scheme is not None:
        value = scheme.prefix + (key if send.key == "right" else WRONG_KEY)
        if scheme.location == "header":
            headers.insert(0, (scheme.parameter, value))
        else:
            query.append((scheme.parameter, value))
    path = _filled(send.path, {name: quote(value, safe="") for name, value in fill.items()})
    return Request(
        method=send.method,
        url=f"{base_url}{path}" + (f"?{urlencode(query, quote_via=quote)}" if query else ""),
        headers=tuple(headers),
        body=body or b"",
    )


def _scheme(contract: Contract, send: Send) -> AuthScheme | None:
    """How the key is presented; None where none is."""
    operation = contract.operation(send.operation)
    if send.key == "missing" or not contract.auth or (operation and not operation.authenticated):
        return None
    return contract.auth[0]


def _body(send: Send, fill: Mapping[str, str]) -> bytes | None:
    if send.raw is not None:
        return send.raw
    if send.body is None:
        return None
    body = _filled_deep(send.body, fill) if fill else send.body
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "surrogatepass"
    )


def _filled(text: str, fill: Mapping[str, str]) -> str:
    if "{" in text:
        for name, value in fill.items():
            text = text.replace("{" + name + "}", value)
    return text


def _filled_deep(value: Any, fill: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _filled(value, fill)
    if isinstance(value, list):
        return [_filled_deep(item, fill) for item in value]
    if isinstance(value, dict):
        return {name: _filled_deep(item, fill) for name, item in value.items()}
    return value


def poll_send(contract: Contract) -> Send | None:
    """The status query of the task that fills `{task_id}`; None where the contract documents none."""
    operation = contract.operation("status")
    if operation is None:
        return None
    path = operation.path
    query: list[tuple[str, str]] = []
    for field in operation.fields:
        if field.role == "task_id" and field.location == "path":
            path = path.replace("{" + field.path + "}", "{task_id}")
        elif field.role == "task_id" and field.location == "query":
            query.append((field.path, "{task_id}"))
    return Send(operation="status", method=operation.method, path=path, query=tuple(query))
