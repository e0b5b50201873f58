"""What does each role of a reply field stand for, about one task at one moment?"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from conformance.contract.model import ABSENT, Contract, Field
from conformance.contract.resolution import value_of
from conformance.simulator.charges import refunds
from conformance.simulator.lifecycle import Snapshot, Task
from conformance.simulator.pictures import EXTENSIONS

__all__ = ["RESULTS", "echoed", "facts_aside", "facts_of"]

RESULTS = "/_results/"
"""Where results are, under the address that was asked."""

UPLOADS = "https://images.example/uploads/"
"""Where uploads are said to be. Nothing is kept: no reference is ever fetched."""

_DAY_S = 86_400.0
_BALANCE = 1000


def facts_of(
    task: Task,
    snapshot: Snapshot,
    *,
    contract: Contract,
    roles: Mapping[str, Any],
    origin: str,
    lasts_s: float,
) -> dict[str, Any]:
    """
    The value of each role that has one at the moment. One flat table.

    Times and spans are seconds, progress is from 0 to 1, a failure is (code, message): the form is another matter
    (`values.formed`).

    Args:
        roles: What the request says, by role.
        lasts_s: How long a task takes.
    """
    facts: dict[str, Any] = {
        "task_id": task.id,
        "state": snapshot.state,
        "progress": snapshot.progress,
        "model": task.model,
        "prompt": roles.get("prompt", ABSENT),
        "kind": "image",
        "created": task.created_s,
        "updated": snapshot.changed_s,
        "estimate": lasts_s,
        "request_echo": task.body,
        "client_id": roles.get("client_id", ABSENT),
        "balance": _BALANCE,
    }
    if task.cost is not None:
        facts["cost"] = task.cost
    ended_s = snapshot.ended_s
    if ended_s is not None:
        facts["completed"] = ended_s
        facts["duration"] = ended_s - task.created_s
    if snapshot.phase == "succeeded" and ended_s is not None:
        urls = _result_urls(task, origin)
        facts |= {"results": urls, "url": urls[:1]}
        facts["expires"] = ended_s + min((e.lifetime_s for e in contract.expiry), default=_DAY_S)
    if snapshot.phase == "failed":
        facts["failure_code"] = "IMAGE_UNREACHABLE"
        facts["failure_message"] = task.failure
        facts["failure"] = (facts["failure_code"], task.failure)
    if refunds(contract):
        facts["refunded"] = snapshot.phase == "failed" and task.refunded
    if contract.charging.zero_at and snapshot.phase == "failed":
        facts["cost"] = 0
    return facts


def facts_aside(operation: str, *, body: bytes, media_type: str, now_s: float) -> dict[str, Any]:
    """What the roles of a reply stand for that is about no task: an upload, the balance."""
    facts: dict[str, Any] = {"balance": _BALANCE, "created": now_s, "expires": now_s + _DAY_S}
    if operation == "upload":
        name = hashlib.sha256(body).hexdigest()[:20]
        facts["url"] = [f"{UPLOADS}{name}.{EXTENSIONS.get(media_type, 'png')}"]
    return facts


_OF_FILE = "$file."


def echoed(name: str, task: Task | None, fields: Mapping[str, Field], sent: Any = None) -> Any:
    """What repeats a part of the request: a field with its default, `$task_id`, `$request`, or what a file is."""
    if name.startswith(_OF_FILE):
        parts = sent.values() if isinstance(sent, dict) else ()
        files = [v for v in parts if isinstance(v, dict) and "media_type" in v]
        return files[0][name.removeprefix(_OF_FILE)] if files else ABSENT
    if task is None:
        return ABSENT
    if name == "$task_id":
        return task.id
    if name == "$request":
        return task.body
    return task.values.get(name, value_of(task.body, name, fields))


def _result_urls(task: Task, origin: str) -> list[str]:
    extension = EXTENSIONS.get(task.media_type, "png")
    return [f"{origin}{RESULTS}{task.id}/{n}.{extension}" for n in range(len(task.sizes))]
