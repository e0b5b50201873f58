"""Which cases try the operations beside the main job: uploads, batch queries, the balance?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from conformance.contract.model import ABSENT, Contract, Field, Operation
from conformance.planning.values import TINY_FILES
from conformance.results.cases import Case, Send, Witness

__all__ = ["aside", "without_sample"]

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
    for second in operation.second_paths:
        yield Case(
            id=f"{name}:{second.name}",
            operation=name,
            send=replace(send, path=second.path),
            expect="answered",
            title=f"{_NAMES[name]} at {second.path}",
            witnesses=(Witness(clause=f"{contract.vendor}.{name}.alias.{second.name}"),),
            needs_task=needs,
        )
    yield from _keys(contract, operation, send, needs)
    yield from _defaults(contract, operation, needs)
    if name == "upload":
        yield from _other_types(contract, operation)
        yield from _broken_uploads(contract, operation)


def _defaults(contract: Contract, operation: Operation, needs: str) -> Iterator[Case]:
    """What has a default may be sent as well: the default itself, of which nobody can say that it is not known."""
    for field in operation.fields:
        clause = f"{contract.vendor}.{operation.name}.{field.path}.default"
        if field.location != "body" or field.default is ABSENT:
            continue
        send = _send(operation)
        yield Case(
            id=f"{operation.name}:{field.path}",
            operation=operation.name,
            send=replace(send, body={**(send.body or {}), field.path: field.default}),
            expect="answered",
            title=f"{_NAMES[operation.name]} with {field.path} {field.default}",
            witnesses=(Witness(clause=clause, value="accepts"),),
            neighbours=_plainly(contract, operation),
            needs_task=needs,
        )


def _send(operation: Operation, **changes: Any) -> Send:
    """The plain request of an operation."""
    body: dict[str, Any] = {}
    files: list[tuple[str, str, str, bytes]] = []
    for field in operation.fields:
        if field.location != "body":
            continue
        if field.schema.get("type") == "file":
            files.append(_file(field, _plain_type(field)))
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


def _file(field: Field, kind: str) -> tuple[str, str, str, bytes]:
    ending = kind.partition("/")[2].replace("jpeg", "jpg")
    return (field.path, f"reference.{ending}", kind, TINY_FILES[kind])


def _plain_type(field: Field) -> str:
    """The type of the file that nobody could object to: PNG, unless the documents leave it out."""
    kinds = [kind for kind in TINY_FILES if kind in field.accepts]
    return next(iter(kinds), "image/png")


def _accepts(contract: Contract, operation: Operation, field: Field, kind: str) -> Witness:
    clause = f"{contract.vendor}.{operation.name}.{field.path}.accepts"
    return Witness(clause=clause, value=f"accepts {kind}")


def _plainly(contract: Contract, operation: Operation) -> tuple[Witness, ...]:
    fields = [f for f in operation.fields if f.accepts]
    return tuple(_accepts(contract, operation, f, _plain_type(f)) for f in fields)


def _other_types(contract: Contract, operation: Operation) -> Iterator[Case]:
    """A file of each other documented type: they are free."""
    for field in (f for f in operation.fields if f.schema.get("type") == "file"):
        for kind in (k for k in field.accepts if k in TINY_FILES and k != _plain_type(field)):
            yield Case(
                id=f"upload:{kind}",
                operation="upload",
                send=_send(operation, files=(_file(field, kind),)),
                expect="answered",
                title=f"an upload of {kind}",
                witnesses=(_accepts(contract, operation, field, kind),),
            )


def without_sample(contract: Contract) -> Iterator[Witness]:
    """The documented types of uploads of which there is no file at hand."""
    upload = contract.operation("upload")
    for field in upload.fields if upload and upload.method else ():
        for kind in (k for k in field.accepts if k not in TINY_FILES):
            assert upload is not None  # it has fields
            yield _accepts(contract, upload, field, kind)


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
            send = _send(operation, files=(("unrelated", *_file(field, _plain_type(field))[1:]),))
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
