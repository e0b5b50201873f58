"""What does an imported vendor send by itself?"""

from __future__ import annotations

import re
from typing import Any

from conformance.notations.answers import Answers
from conformance.notations.foreign import mapping_of
from conformance.notations.lifecycle import Found
from conformance.notations.skeleton import Skeleton

__all__ = ["callback_of"]

_ADDRESS = re.compile(r"\{\$request\.body#/([^{}]+)\}")


def callback_of(
    skeleton: Skeleton, answers: Answers, create: Found, described: dict[str, Any]
) -> dict[str, Any] | None:
    """The callback of a creation; None where none is described."""
    address, method, called = _called(skeleton, create)
    if called is None:
        _webhooks(skeleton)
        return None
    found = _ADDRESS.search(address)
    field = found[1].replace("/", ".") if found else ""
    body = described.get("body", {})
    if field not in body:
        skeleton.ask(
            "callback",
            f"To which field of a creation does {address} belong? The callback was not taken over.",
        )
        return None
    _take_role(body, field)
    content = mapping_of(
        mapping_of(skeleton.document.resolved(called.get("requestBody"))).get("content")
    )
    media = mapping_of(next(iter(content.values()), {}))
    fields = answers.fields(skeleton.normal.read(media.get("schema", {}), "callback"))
    made: dict[str, Any] = {
        "http": f"{method.upper() if method in ('post', 'put') else 'POST'} ${field}",
        "source": skeleton.source,
        "sent": {"phases": ["succeeded", "failed"], "source": skeleton.source},
    }
    if content:
        made["content_type"] = next(iter(content))
    signed = _signature(skeleton, called)
    if fields:
        made["reply"] = fields
    if signed:
        made["signature"] = signed
    acknowledged = [
        s for s in mapping_of(called.get("responses")) if re.fullmatch(r"2(XX|\d\d)", str(s))
    ]
    if acknowledged:
        made["delivery"] = {"acknowledged_by": acknowledged[0].lower(), "source": skeleton.source}
    skeleton.guess(
        ("operations", "callback"), "that it is sent when a task has succeeded or failed"
    )
    skeleton.ask("callback", "How often is a callback sent, and what acknowledges it?")
    return made


def _called(skeleton: Skeleton, create: Found) -> tuple[str, str, dict[str, Any] | None]:
    for callback in mapping_of(create.operation.get("callbacks")).values():
        for address, item in mapping_of(skeleton.document.resolved(callback)).items():
            for method, operation in mapping_of(skeleton.document.resolved(item)).items():
                if method in ("post", "put", "patch") and isinstance(operation, dict):
                    return address, method, operation
    return "", "", None


def _webhooks(skeleton: Skeleton) -> None:
    for name in mapping_of(skeleton.document.root.get("webhooks")):
        skeleton.ask(
            name,
            "This webhook is bound to no field of a creation; where its address is set is not said, and it was not taken over.",
        )


def _take_role(body: dict[str, Any], field: str) -> None:
    for each in body.values():
        if each.get("role") == "callback_url":
            del each["role"]
    body[field]["role"] = "callback_url"
    body[field]["needs"] = ["callback"]


def _signature(skeleton: Skeleton, called: dict[str, Any]) -> dict[str, Any] | None:
    for parameter in skeleton.document.parameters({}, called):
        name = str(parameter.get("name", ""))
        if parameter.get("in") == "header" and "sign" in name.lower():
            skeleton.ask(
                name,
                "What exactly is signed, with which secret, and how is it written? An HMAC with SHA-256 was presumed.",
            )
            skeleton.guess(("operations", "callback", "signature"), "the algorithm")
            return {"algorithm": "hmac-sha256", "header": name, "source": skeleton.source}
    return None
