"""How does the request of a case go over the wire?"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from conformance.contract.model import AuthScheme, Contract
from conformance.planning.values import CASE, RUN
from conformance.results.cases import CALLBACK, Send
from conformance.wire.exchange import Request
from conformance.wire.forms import multipart

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
    case: str = "",
    task_id: str | None = None,
    callback_url: str = "",
) -> Request:
    """
    The request as it is sent.

    Args:
        base_url: In place of the documented scheme and host.
        key: The right key.
        run: What takes the place of `RUN` in headers, so that no two runs share an idempotency key.
        case: What takes the place of `CASE` in bodies, so that no two creations share a number of the caller's.
        task_id: What takes the place of `{task_id}` anywhere.
        callback_url: What takes the place of `{callback_url}`.
    """
    fill = {} if task_id is None else {"task_id": task_id}
    if callback_url:
        fill[CALLBACK.strip("{}")] = callback_url
    query = [(name, _filled(value, fill)) for name, value in send.query]
    unique = {**fill, _named(RUN): run, _named(CASE): case}
    headers = [(name, _filled(value, unique)) for name, value in send.headers]
    body, content_type = _body(send, {**fill, _named(CASE): case})
    given = {name.lower() for name, _ in headers}
    if body is not None and content_type and "content-type" not in given:
        headers.insert(0, ("Content-Type", content_type))
    if "accept" not in given:
        headers.insert(0, ("Accept", "application/json"))
    scheme = _scheme(contract, send)
    if scheme is not None:
        value = scheme.prefix + (key if send.key == "right" else WRONG_KEY)
        if scheme.location == "header":
            headers.insert(0, (scheme.parameter, value))
        else:
            query.append((scheme.parameter, value))
    path = _filled(send.path, {name: _escaped(value) for name, value in fill.items()})
    return Request(
        method=send.method,
        url=f"{base_url}{path}" + (f"?{_query(query)}" if query else ""),
        headers=tuple(headers),
        body=body or b"",
    )


def _escaped(text: str) -> str:
    # A vendor's task id may hold anything that JSON can, half characters included.
    escaped = quote(text, safe="", errors="surrogatepass")
    # A path of dots alone would lead elsewhere.
    return escaped if text.strip(".") else escaped.replace(".", "%2E")


def _query(pairs: Sequence[tuple[str, str]]) -> str:
    return "&".join(f"{_escaped(name)}={_escaped(value)}" for name, value in pairs)


def _scheme(contract: Contract, send: Send) -> AuthScheme | None:
    """How the key is presented; None where none is."""
    operation = contract.operation(send.operation)
    if send.key == "missing" or not contract.auth or (operation and not operation.authenticated):
        return None
    return next((s for s in contract.auth if s.name == send.scheme), contract.auth[0])


def _body(send: Send, fill: Mapping[str, str]) -> tuple[bytes | None, str]:
    """The body (None for none) and its media type."""
    if send.raw is not None:
        return send.raw, send.content_type
    body = _filled_deep(send.body, fill) if fill else send.body
    if send.files:
        return multipart(body or {}, send.files)
    return (None if body is None else _json(body)), send.content_type


def _json(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def _named(placeholder: str) -> str:
    return placeholder.strip("{}")


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
