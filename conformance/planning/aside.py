"""Which cases try the operations beside the main job: uploads, batch queries, the balance?"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from conformance.contract.model import Contract, Field, Operation
from conformance.planning.values import TINY_PNG
from conformance.results.cases import Case, Send, Witness

__all__ = ["aside"]

_PNG = base64.b64decode(TINY_PNG.partition(",")[2])
_NAMES = {"upload": "an upload", "batch": "a batch query", "balance": "a balance query"}
_TEXT = b"This is no picture.\n"


def aside(contract: Contract, task: str) -> Iterator[Case]:
    """
    The free cases of every operation beside creation and status: once as documented, without a key, with a wrong one.

    Args:
        task: The case whose task a batch query may name.
    """
    for operation in contract.operations:
        if operation.name in ("upload", "batch", "balance") and operation.method:
            yield from _of_operation(contract, operation, task)


def _of_operation(contract: Contract, operation: Operation, task: str) -> Iterator[Case]:
    send = _send(operation)
    name = operation.name
    needs = task if name == "batch" else ""
    yield Case(
        id=f"{name}:plain",
        operation=name,
        send=send,
        expect="answered",
        title=f"{_NAMES[name]} as documented",
        witnesses=_plainly(contract, operation),
        needs_task=needs,
    )
    yield from _keys(contract, operation, send, needs)
    if name == "upload":
        yield from _broken_uploads(contract, operation)


def _send(operation: Operation, **changes: Any) -> Send:
    """The plain request of an operation."""
    body: dict[str, Any] = {}
    files: list[tuple[str, str, str, bytes]] = []
    for field in operation.fields:
        if field.location != "body":
            continue
        if field.schema.get("type") == "file":
            files.append((field.path, "reference.png", "image/png", _PNG))
        elif field.role == "task_ids":
            body[field.path] = ["{task_id}"]
        elif field.required and field.schema.get("enum"):
            body[field.path] = field.schema["enum"][0]
    given: dict[str, Any] = {
        "operation": operation.name,
        "method": operation.method,
        "path": operation.path,
        "files": tuple(files),
        "body": body if body or not (files or operation.method == "GET") else None,
        "content_type": operation.content_type or "application/json",
    }
    return Send(**(given | changes))


def _plainly(contract: Contract, operation: Operation) -> tuple[Witness, ...]:
    names = [f"{f.path}.accepts" for f in operation.fields if f.accepts]
    prefix = f"{contract.vendor}.{operation.name}"
    return tuple(Witness(clause=f"{prefix}.{name}", value="accepts image/png") for name in names)


def _keys(contract: Contract, operation: Operation, send: Send, needs: str) -> Iterator[Case]:
    if not (operation.authenticated and contract.auth):
        return
    # Of several credentials the first is the one that the run presents.
    name = f".{contract.auth[0].name}" if len(contract.auth) > 1 else ""
    clause = f"{contract.vendor}.{operation.name}.auth{name}"
    for key in ("missing", "wrong"):
        witnesses = (Witness(clause=clause, value=f"{key} key"),)
        yield Case(
            id=f"auth:{operation.name}:{key}",
            operation=operation.name,
            send=replace(send, key=key),
            expect="refused",
            title=f"{_NAMES[operation.name]} with a {key} key",
            witnesses=witnesses,
            breaks=witnesses[0],
            cause="unauthorized",
            refused_at="create",
            needs_task=needs,
        )


def _broken_uploads(contract: Contract, operation: Operation) -> Iterator[Case]:
    for field in (f for f in operation.fields if f.schema.get("type") == "file"):
        if field.required:
            send = _send(operation, files=(("unrelated", "reference.png", "image/png", _PNG),))
            yield _broken(contract, operation, field, "required", "refuses its absence", send)
        if field.accepts:
            send = _send(operation, files=((field.path, "note.txt", "text/plain", _TEXT),))
            yield _broken(contract, operation, field, "accepts", "refuses text/plain", send)


def _broken(
    contract: Contract, operation: Operation, field: Field, keyword: str, value: str, send: Send
) -> Case:
    witness = Witness(
        clause=f"{contract.vendor}.{operation.name}.{field.path}.{keyword}", value=value
    )
    causes = {c for r in contract.errors if operation.name in r.operations for c in r.causes}
    wanted = "missing-parameter" if keyword == "required" else "unsupported-type"
    return Case(
        id=f"refused:{operation.name}.{field.path}.{keyword}",
        operation=operation.name,
        send=send,
        expect="refused",
        title=f"an upload that {'lacks its file' if keyword == 'required' else 'is no picture'}",
        witnesses=(witness,),
        breaks=witness,
        cause=wanted if wanted in causes else "bad-parameter",
        refused_at="create",
    )
