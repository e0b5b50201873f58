"""Is a callback the vendor's, what does it say, and has it come before?"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.client.answers import Phase, Snapshot
from conformance.client.snapshots import read_snapshot
from conformance.compilers.signatures import verified
from conformance.contract.callback import Callback, Signature
from conformance.contract.loading import load_contract
from conformance.contract.model import Contract
from conformance.errors import BadCallback, NotOffered
from conformance.wire.exchange import Headers, Request, header, parse_json

__all__ = ["Event", "Webhooks"]

_REMEMBERED = 10_000
_LONGEST_BODY = 8 * 1024 * 1024

GivenHeaders = Mapping[str, str] | Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """
    What a callback says.

    Args:
        id: The same for each delivery of the same event.
        task_id: "" (and the phase `unknown`) where no page says what a callback holds, and it names no task.
        verified: Whether a signature proves that it is the vendor's; False where the vendor signs none: ask for the
            task's status then, before anything hangs on it.
        is_new: Whether this receiver sees it for the first time.
        snapshot: Of the task, as a status reply would have it.
    """

    id: str
    task_id: str
    phase: Phase
    verified: bool
    is_new: bool
    snapshot: Snapshot
    raw: Any = field(default=None, repr=False)


class Webhooks:
    """
    Receives the callbacks of one vendor; safe to use from several threads.

    Args:
        secret: What the vendor signs with; "" where it signs nothing.
        remember: How many events are known again when they are delivered once more.
        now: Seconds since the epoch, for signatures with a time in them.

    Raises:
        NotOffered: No document of the vendor knows callbacks.
    """

    def __init__(
        self,
        vendor: str | Contract,
        *,
        secret: str = "",
        remember: int = _REMEMBERED,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._contract = vendor if isinstance(vendor, Contract) else load_contract(vendor)
        if self._contract.callback is None:
            raise NotOffered(
                f"{self._contract.vendor} documents no callbacks", field="callback_url"
            )
        self._callback: Callback = self._contract.callback
        self._secret = secret
        self._remember = remember
        self._now = now
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Webhooks({self._contract.vendor!r})"

    def receive(self, headers: GivenHeaders, body: bytes) -> Event:
        """
        What a delivery says. The body has to be the bytes as they came.

        Raises:
            BadCallback: It is not signed as documented, too old, or not about a task.
        """
        pairs = tuple(headers.items() if isinstance(headers, Mapping) else headers)
        is_verified = self._verified(pairs, body)
        document = self._document(body)
        snapshot = self._snapshot(document)
        if self._is_described and (not snapshot.task_id or snapshot.phase == "unknown"):
            raise BadCallback(
                f"the callback is not one of {self._contract.vendor}: it names no task, or no documented state"
            )
        event_id = self._event_id(pairs, snapshot, body)
        return Event(
            id=event_id,
            task_id=snapshot.task_id,
            phase=snapshot.phase,
            verified=is_verified,
            is_new=self._is_new(event_id),
            snapshot=snapshot,
            raw=document,
        )

    def forget(self, event: Event) -> None:
        """Take an event for new when it comes again, because it could not be dealt with."""
        with self._lock:
            self._seen.pop(event.id, None)

    def _verified(self, headers: Headers, body: bytes) -> bool:
        signature = self._callback.signature
        if signature is None:
            return False
        if not self._secret:
            raise BadCallback(f"{self._contract.vendor} signs its callbacks: give the secret")
        request = Request(method="POST", url="", headers=headers, body=body)
        said = verified(signature, request, self._secret)
        if said != "valid":
            raise BadCallback(f"the signature of the callback is {said}")
        self._check_age(signature, headers)
        return True

    def _check_age(self, signature: Signature, headers: Headers) -> None:
        if signature.tolerance_s is None or not signature.timestamp_header:
            return
        text = header(headers, signature.timestamp_header) or ""
        sent_s = float(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
        if sent_s is None or abs(self._now() - sent_s) > signature.tolerance_s:
            raise BadCallback(
                f"the callback was signed more than {signature.tolerance_s:g} s ago, or will be"
            )

    def _document(self, body: bytes) -> Any:
        if len(body) > _LONGEST_BODY:
            raise BadCallback("the callback is longer than anything that is documented")
        try:
            document = parse_json(body)
        except ValueError as error:
            raise BadCallback(f"the callback is not JSON: {error}") from None
        if not isinstance(document, dict):
            raise BadCallback("the callback is not a JSON object")
        return document

    def _snapshot(self, document: Any) -> Snapshot:
        """By the form that the current page has, else by that of a status reply, which some page has."""
        own = self._read(self._callback.operation, document)
        other = self._callback.other_form
        status = self._contract.operation("status")
        if (own.task_id and own.state is not None) or status is None:
            return own
        whole = document
        if other is not None and other.repeats and other.repeats not in document:
            whole = {other.repeats: document}
        found = self._read(status, whole)
        return found if found.task_id and found.state is not None else own

    def _read(self, operation: Any, document: Any) -> Snapshot:
        return read_snapshot(
            self._contract,
            operation,
            document,
            task_id="",
            request=None,
            base_url=self._contract.base_url,
        )

    @property
    def _is_described(self) -> bool:
        """Whether the documents say what stands in the body of a callback."""
        return any(field.role == "task_id" for field in self._callback.operation.reply)

    def _event_id(self, headers: Headers, snapshot: Snapshot, body: bytes) -> str:
        """The vendor's id of the event where there is one, else what makes it: the task and its state."""
        signature = self._callback.signature
        named = _id_header(signature, headers) if signature else None
        if named:
            return named
        text = f"{self._contract.vendor}\0{snapshot.task_id}\0{snapshot.state}"
        made_of = text.encode("utf-8", "surrogatepass") if snapshot.task_id else body
        return hashlib.sha256(made_of).hexdigest()

    def _is_new(self, event_id: str) -> bool:
        with self._lock:
            known = event_id in self._seen
            self._seen[event_id] = None
            self._seen.move_to_end(event_id)
            while len(self._seen) > self._remember:
                self._seen.popitem(last=False)
            return not known


def _id_header(signature: Signature, headers: Headers) -> str | None:
    """The header with the id; where the documents leave the names open, the one that ends in `id`."""
    if signature.id_header or not signature.is_open:
        return header(headers, signature.id_header) if signature.id_header else None
    return next(
        (v for name, v in headers if signature.is_header(name) and name.lower().endswith("-id")),
        None,
    )
