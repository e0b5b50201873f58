"""
How does one entry of a record become a line of JSON?

`decoding.decode` is the exact inverse. What JSON does not know is written in a form of its own: `ABSENT` as a pair
without a value, bytes as text or Base64.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from conformance.contract.model import ABSENT
from conformance.results.cases import Case, Cost, Feature, Send, Witness
from conformance.results.entries import (
    RECORD_FORMAT,
    Answered,
    Asked,
    CaseOutcome,
    Entry,
    Footer,
    Header,
    Listening,
    Noted,
    Planned,
    Resumed,
    Skipped,
)
from conformance.results.verdicts import Verdict
from conformance.wire.exchange import Picture

__all__ = ["encode"]


def encode(entry: Entry) -> bytes:
    """An entry as one line of JSON, with the line feed at its end."""
    kind, encoder = _ENCODERS[type(entry)]
    return _dump({"line": kind, **encoder(entry)}) + b"\n"


def _dump(value: Any) -> bytes:
    # ASCII, so that no line separator of Unicode and no lone surrogate can break a line.
    return _ENCODER.encode(value).encode("ascii")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot be written into a record")


_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False, default=_plain)


def _header(e: Header) -> dict[str, Any]:
    return {
        "format": RECORD_FORMAT,
        "vendor": e.vendor,
        "contract_digest": e.contract_digest,
        "contract_file": e.contract_file,
        "target": {
            "kind": e.target.kind,
            "base_url": e.target.base_url,
            "loopback": e.target.loopback,
        },
        "tool": e.tool,
        "seed": e.seed,
        "started": e.started,
        "options": e.options,
        **({"cassette": e.cassette} if e.cassette else {}),
        "run": e.run,
        "pid": e.pid,
        **({"contract_text": e.contract_text} if e.contract_text else {}),
    }


def _resumed(e: Resumed) -> dict[str, Any]:
    return {"resumed": e.resumed, "pid": e.pid, "dropped": e.dropped, "cases": e.cases}


def _listening(e: Listening) -> dict[str, Any]:
    return {"port": e.port}


def _case(e: Case) -> dict[str, Any]:
    return {
        "id": e.id,
        "operation": e.operation,
        "send": _send(e.send),
        "expect": e.expect,
        "title": e.title,
        "model": e.model,
        "witnesses": [_witness(w) for w in e.witnesses],
        "breaks": None if e.breaks is None else _witness(e.breaks),
        "cause": e.cause,
        "refused_at": e.refused_at,
        "features": [_feature(f) for f in e.features],
        "combinations": [_witness(w) for w in e.combinations],
        "assignment": _pins(e.assignment),
        "neighbours": [_witness(w) for w in e.neighbours],
        "needs_task": e.needs_task,
        "repeats": e.repeats,
        "billed": e.billed,
        "cost": _cost(e.cost),
        "worst_cost": _cost(e.worst_cost),
        "needs": e.needs,
        "parent": e.parent,
        **({"again": e.again} if e.again else {}),
        "found": e.found,
    }


def _send(send: Send) -> dict[str, Any]:
    return {
        "operation": send.operation,
        "method": send.method,
        "path": send.path,
        "query": send.query,
        "headers": send.headers,
        "body": send.body,
        "raw": None if send.raw is None else _bytes(send.raw),
        "files": [_file(*file) for file in send.files],
        "content_type": send.content_type,
        "key": send.key,
        "scheme": send.scheme,
    }


def _file(field: str, name: str, media_type: str, content: bytes) -> dict[str, Any]:
    return {"field": field, "name": name, "type": media_type, "content": _bytes(content)}


def _feature(feature: Feature) -> dict[str, Any]:
    return {
        "witness": _witness(feature.witness),
        "pins": _pins(feature.pins),
        "presumes": [_witness(w) for w in feature.presumes],
    }


def _witness(witness: Witness) -> tuple[str, str]:
    return witness.clause, witness.value


def _pins(pins: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Pairs of path and value, in order; the path alone for a field that is left out."""
    return [(path,) if value is ABSENT else (path, value) for path, value in pins.items()]


def _cost(cost: Cost) -> dict[str, Any]:
    return {"amount": cost.amount, "unit": cost.unit}


def _bytes(data: bytes) -> dict[str, str]:
    try:
        return {"text": data.decode("utf-8")}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode("ascii")}


def _planned(e: Planned) -> dict[str, Any]:
    return {
        "vendor": e.vendor,
        "strength": e.strength,
        "cases": e.cases,
        "required": e.required,
        "left_out": e.left_out,
        "unplanned": e.unplanned,
        "lower_bound": e.lower_bound,
        "probe": e.probe,
        "dialect": e.dialect,
    }


def _asked(e: Asked) -> dict[str, Any]:
    request = e.request
    return {
        "id": e.id,
        "case": e.case,
        "phase": e.phase,
        "method": request.method,
        "url": request.url,
        "headers": request.headers,
        "body": _bytes(request.body),
        "started_s": e.started_s,
        "facts": e.facts,
    }


def _answered(e: Answered) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": e.id,
        "sent": e.sent,
        "elapsed_s": e.elapsed_s,
        "failure": e.failure,
    }
    if e.reply is not None:
        found["status"] = e.reply.status
        found["headers"] = e.reply.headers
        found["body"] = _bytes(e.reply.body)
        found["truncated"] = e.reply.truncated
    if e.picture is not None:
        found["picture"] = _picture(e.picture)
    return found


def _picture(picture: Picture) -> dict[str, Any]:
    return {
        "format": picture.format,
        "width": picture.width,
        "height": picture.height,
        "body_bytes": picture.body_bytes,
        "sha256": picture.sha256,
        "problem": picture.problem,
        **({"bounded": True} if picture.bounded else {}),
    }


def _outcome(e: CaseOutcome) -> dict[str, Any]:
    return {
        "case": e.case,
        "kind": e.kind,
        "code": e.code,
        "task_id": e.task_id,
        "billed": e.billed,
        "cost": e.cost,
        "facts": e.facts,
    }


def _skipped(e: Skipped) -> dict[str, Any]:
    detail = {"detail": e.detail} if e.detail else {}
    return {"case": e.case, "reason": e.reason, "capped": e.capped, **detail}


def _noted(e: Noted) -> dict[str, Any]:
    return {"text": e.text}


def _verdict(e: Verdict) -> dict[str, Any]:
    return {
        "clause": e.clause,
        "verdict": e.verdict,
        "reason": e.reason,
        "message": e.message,
        "follows": e.follows,
        "exchanges": e.exchanges,
    }


def _footer(e: Footer) -> dict[str, Any]:
    return {
        "requests": e.requests,
        "billed": e.billed,
        "cost": _cost(e.cost),
        "seconds": e.seconds,
        "finished": e.finished,
    }


_ENCODERS: dict[type, tuple[str, Callable[[Any], dict[str, Any]]]] = {
    Header: ("header", _header),
    Resumed: ("resumed", _resumed),
    Listening: ("listening", _listening),
    Case: ("case", _case),
    Planned: ("planned", _planned),
    Asked: ("asked", _asked),
    Answered: ("answered", _answered),
    CaseOutcome: ("outcome", _outcome),
    Skipped: ("skipped", _skipped),
    Noted: ("note", _noted),
    Verdict: ("verdict", _verdict),
    Footer: ("footer", _footer),
}
