"""
Which callbacks came, and how were they answered?

Each creation that asks for a callback has an address of its own, so that what comes is known by where it comes to.
What comes is written down before it is answered, without its signature: whether that is right is found out here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from conformance.compilers.signatures import verified
from conformance.contract.callback import Callback, Signature
from conformance.results.cases import Case
from conformance.results.entries import Answered, Asked
from conformance.run.journal import Journal
from conformance.simulator.clock import Clock
from conformance.wire.exchange import Exchange, Reply, Request
from conformance.wire.receiver import Receiver
from conformance.wire.redaction import Redactor

__all__ = ["Inbox", "Slot"]

_MOST_DELIVERIES = 20  # to one address; what comes beyond is turned away and not written down
_OWN = "self-check"
_LONGEST_PLAIN = (
    40  # where the documents do not say which header is the signature, what is longer may be one
)


@dataclass(slots=True)
class Slot:
    """The address of one case, and what came to it."""

    case: Case
    answers: tuple[int, ...]
    seen: int = 0
    came: int = 0
    refused_s: float | None = None
    acknowledged_s: float | None = None


@dataclass(slots=True, kw_only=True)
class Inbox:
    """Takes the callbacks of one run. `secret` is what they are signed with, "" where it is not known."""

    callback: Callback
    receiver: Receiver
    journal: Journal
    redactor: Redactor
    clock: Clock
    secret: str
    run: str
    slots: dict[str, Slot] = field(default_factory=dict)
    reached: bool = False
    """Whether our own check came through."""
    _count: int = 0

    def url_of(self, case: Case) -> str:
        """The address to which callbacks about the case go; a repeated request has that of the first."""
        name = case.repeats or case.id
        token = self._token(name)
        if token not in self.slots:
            self.slots[token] = Slot(case=case, answers=self._answers(case))
        return f"{self.receiver.base_url}/{token}"

    @property
    def is_sure(self) -> bool:
        """Whether a creation that asks for a callback must be accepted, and the callback sent."""
        return self.receiver.assured or not self.callback.presumes

    def remember(self, case: Case, exchange: Exchange) -> None:
        """A callback that an earlier part of the run took."""
        self.url_of(case)
        slot = self.slots[self._token(case.repeats or case.id)]
        slot.seen += 1
        self._count += 1
        if exchange.reply is not None and exchange.reply.status != HTTPStatus.METHOD_NOT_ALLOWED:
            self._answered(slot, exchange.reply.status, exchange.started_s)

    @property
    def own_url(self) -> str:
        """The address to which the run itself sends, to see whether anything arrives."""
        return f"{self.receiver.base_url}/{self._token(_OWN)}"

    def slot_of(self, case: Case) -> Slot | None:
        """What came to the address of a case."""
        return self.slots.get(self._token(case.repeats or case.id))

    def take(self, request: Request) -> int:
        """The status with which a request that came in is answered."""
        token = urlsplit(request.url).path.rstrip("/").rpartition("/")[2]
        if token == self._token(_OWN):
            self.reached = True
            return HTTPStatus.NO_CONTENT
        slot = self.slots.get(token)
        if slot is None:
            return HTTPStatus.NOT_FOUND
        if slot.seen >= _MOST_DELIVERIES:
            return HTTPStatus.TOO_MANY_REQUESTS
        slot.seen += 1
        status = self._answer(slot, request)
        self._write(slot, request, status)
        return status

    def recall(self, recorded: Exchange) -> None:
        """Take what came once more, from a cassette: it is answered as it was, and so was its signature."""
        token = urlsplit(recorded.request.url).path.rstrip("/").rpartition("/")[2]
        slot = self.slots.get(token)
        if slot is not None:
            slot.seen += 1
            status = self._answer(slot, recorded.request)
            self._put_down(slot, recorded.request, status, recorded.facts)

    def _token(self, name: str) -> str:
        return hashlib.sha256(f"{self.run} {name}".encode()).hexdigest()[:24]

    def _answers(self, case: Case) -> tuple[int, ...]:
        """One refusal first, where a second attempt is promised and a task is meant to succeed."""
        delivery = self.callback.delivery
        by = delivery.acknowledged_by
        last = int(by) if by.isdigit() else HTTPStatus.NO_CONTENT if by else HTTPStatus.OK
        twice = delivery.attempts is not None and case.expect == "accepted"
        return (HTTPStatus.INTERNAL_SERVER_ERROR, last) if twice else (last,)

    def _answer(self, slot: Slot, request: Request) -> int:
        if request.method != self.callback.operation.method:
            return HTTPStatus.METHOD_NOT_ALLOWED
        status = int(slot.answers[min(slot.came, len(slot.answers) - 1)])
        self._answered(slot, status, self.clock.now())
        return status

    def _answered(self, slot: Slot, status: int, now_s: float) -> None:
        slot.came += 1
        if status == slot.answers[-1]:
            slot.acknowledged_s = slot.acknowledged_s or now_s
        else:
            slot.refused_s = slot.refused_s or now_s

    def _write(self, slot: Slot, request: Request, status: int) -> None:
        facts: Mapping[str, str] = {}
        if self.callback.signature is not None:
            facts = {"signature": verified(self.callback.signature, request, self.secret)}
            request = _unsigned(request, self.callback.signature)
        self._put_down(slot, request, status, facts)

    def _put_down(
        self, slot: Slot, request: Request, status: int, facts: Mapping[str, Any]
    ) -> None:
        self._count += 1
        found = Exchange(
            id=f"c{self._count:04}",
            case=slot.case.id,
            phase="callback",
            request=request,
            reply=Reply(status=status),
            started_s=self.clock.now(),
        )
        clean = self.redactor.redact_exchange(found)
        asked = Asked(
            id=clean.id,
            case=clean.case,
            phase=clean.phase,
            request=clean.request,
            started_s=clean.started_s,
            facts=facts,
        )
        self.journal.write(asked, Answered(id=clean.id, reply=clean.reply))


def _unsigned(request: Request, signature: Signature) -> Request:
    """The request without its signature."""
    headers = tuple(
        (name, "[redacted]" if _is_signature(name, value, signature) else value)
        for name, value in request.headers
    )
    return replace(request, headers=headers)


def _is_signature(name: str, value: str, signature: Signature) -> bool:
    return signature.is_header(name) and (
        not signature.is_open or len(value.strip()) > _LONGEST_PLAIN
    )
