"""How is a file uploaded, and how are several tasks asked about at once, where a vendor has that?"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from conformance.client.answers import Snapshot, Uploaded
from conformance.client.creating import refusal
from conformance.client.files import media_type_of
from conformance.client.reading import Heard, hear
from conformance.client.snapshots import read_snapshot, records_in, results_in
from conformance.client.steps import Flow, Sleep
from conformance.client.terms import Terms
from conformance.contract.model import Contract, Operation
from conformance.contract.paths import put
from conformance.errors import (
    ClientError,
    ContractViolation,
    DeadlineExceeded,
    MalformedReply,
    NotOffered,
    ServerTrouble,
)
from conformance.wire.exchange import Reply
from conformance.wire.forms import multipart

__all__ = ["batch", "upload"]

_ATTEMPTS = 4
Others = Callable[[], Sequence[Contract]]


def upload(
    terms: Terms, body: bytes, *, filename: str, deadline_s: float, others: Others
) -> Flow[Uploaded]:
    """
    Send a picture to the vendor. It is not sent again once it may have arrived.

    Raises:
        NotOffered: The vendor documents no upload.
        ContractViolation: It is of no type that the documents name.
        ClientError: It was refused, or nobody knows.
    """
    operation = _offered(terms, "upload", others)
    field = next((f for f in operation.fields if f.role == "file"), None)
    if field is None:
        raise NotOffered(f"{terms.contract.vendor} does not document its upload", field="upload")
    media_type = media_type_of(body)
    if field.accepts and media_type not in field.accepts:
        listed = ", ".join(field.accepts)
        raise ContractViolation(
            f"{filename} is {media_type or 'no picture'}; {terms.contract.vendor} takes {listed}",
            clause=f"{terms.contract.vendor}.upload.{field.path}.accepts",
            field=field.path,
            value=filename,
            rule=f"one of {listed}",
        )
    file = (field.path, filename, media_type or "application/octet-stream", body)
    form, content_type = multipart({}, [file])
    heard = yield from _asked(terms, operation, form, content_type, deadline_s)
    urls = results_in(operation, heard.body, request=None, base_url=terms.base_url)
    if not urls:
        raise MalformedReply(
            f"{terms.contract.vendor} answered an upload without its URL", status=heard.status
        )
    return Uploaded(url=urls[0], media_type=media_type, body_bytes=len(body), raw=heard.body)


def batch(
    terms: Terms, task_ids: Sequence[str], *, deadline_s: float, others: Others
) -> Flow[dict[str, Snapshot]]:
    """
    Where several tasks stand, by id; those that the reply does not mention are missing.

    Raises:
        NotOffered: The vendor documents no such query.
        ClientError: It was refused, or cannot be read.
    """
    operation = _offered(terms, "batch", others)
    status = terms.contract.operation("status")
    field = next((f for f in operation.fields if f.role == "task_ids"), None)
    if field is None or status is None:
        raise NotOffered(
            f"{terms.contract.vendor} does not document its batch query", field="batch"
        )
    document: dict[str, object] = {}
    put(document, field.path, list(task_ids))
    heard = yield from _asked(
        terms, operation, json.dumps(document).encode(), "application/json", deadline_s
    )
    return {
        task_id: read_snapshot(
            terms.contract,
            status,
            record,
            task_id=task_id,
            request=None,
            base_url=terms.base_url,
        )
        for task_id, record in records_in(status, heard.body, task_ids).items()
    }


def _offered(terms: Terms, name: str, others: Others) -> Operation:
    operation = terms.contract.operation(name)
    if operation is not None:
        return operation
    able = [c.vendor for c in others() if c.operation(name) is not None]
    have = "has" if len(able) == 1 else "have"
    else_ = f"; {', '.join(able)} {have} one" if able else ""
    raise NotOffered(
        f"{terms.contract.vendor} documents no {name}{else_}", field=name, vendors=able
    )


def _asked(
    terms: Terms, operation: Operation, body: bytes, content_type: str, deadline_s: float
) -> Flow[Heard]:
    """The answer to a request that no page calls repeatable: again only after 429, or where nothing left."""
    for times in range(1, _ATTEMPTS + 1):
        if terms.now() >= deadline_s:
            break
        answer = yield terms.asking(
            operation, body=body, content_type=content_type, deadline_s=deadline_s
        )
        assert answer is not None  # what an `Ask` is answered with
        heard = hear(terms.contract, operation.name, answer.reply) if answer.reply else None
        if heard is not None and heard.kind == "accepted":
            return heard
        wait_s = terms.wait_s(answer.reply, times)
        passes = heard.kind == "throttled" if heard else not answer.sent
        if not passes or times == _ATTEMPTS or terms.now() + wait_s >= deadline_s:
            raise _stopped(terms, operation, heard, answer.failure, answer.reply)
        yield Sleep(seconds=wait_s)
    raise DeadlineExceeded(f"time ran out before the {operation.name} was sent")


def _stopped(
    terms: Terms, operation: Operation, heard: Heard | None, failure: str, reply: Reply | None
) -> ClientError:
    vendor, name = terms.contract.vendor, operation.name
    if heard is None:
        return ServerTrouble(f"{vendor}: the {name} got no reply ({failure})")
    if heard.kind == "unreadable":
        return MalformedReply(f"{vendor}, {name}: {heard.message}", status=heard.status)
    if heard.kind == "trouble":
        return ServerTrouble(
            f"{vendor} answered the {name} with {heard.means} {heard.message}".strip(),
            status=heard.status,
            code=heard.code,
        )
    return refusal(terms.contract, name, heard, reply)
