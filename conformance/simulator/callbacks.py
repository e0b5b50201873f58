"""
How does a vendor call back?

When a task that asked for it has ended, its callback is made from the contract, signed, and handed to whoever delivers
it; what is not acknowledged is tried again, further and further apart. Nothing is sent from here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.contract.callback import Callback, Signature
from conformance.contract.model import Contract
from conformance.simulator.lifecycle import Task
from conformance.simulator.replies import HEADERS
from conformance.simulator.values import encoded
from conformance.wire.exchange import Headers, Request

if TYPE_CHECKING:
    from conformance.simulator.clock import Clock

__all__ = ["TEST_SECRET", "Caller", "Deliver", "Letter", "callback_choices", "in_process"]

TEST_SECRET = "test-secret"  # noqa: S105  # documented: what simulators sign with

Deliver = Callable[[Request, Callable[[int | None], None]], None]
"""Sends a callback and says with which status it was answered; None where it was not."""

_FIRST_RETRY_S = 1.0
_LATE_S = 20.0
_LEFT_OPEN = ("{id}.{timestamp}.{body}", "{timestamp}.{body}", "{body}")
_OPEN_NAMES = {"": "Signature", "id": "Id", "timestamp": "Timestamp"}


def in_process(answer: Callable[[Request], int | None]) -> Deliver:
    """Delivers by calling a function, which gives the status."""
    return lambda request, answered: answered(answer(request))


def callback_choices(contract: Contract) -> dict[str, tuple[str, ...]]:
    """What the documents leave open about callbacks: by name of the choice its alternatives, the default first."""
    callback = contract.callback
    if callback is None:
        return {}
    found: dict[str, tuple[str, ...]] = {"callback:delay": ("at-once", "late")}
    if callback.absent_on:
        found["callback:sent"] = ("sent", "none")
    if callback.delivery.duplicates:
        found["callback:copies"] = ("one", "two")
    if callback.other_form is not None:
        found["callback:form"] = ("own", "other")
    if callback.signature is not None and callback.signature.is_open:
        found["callback:signed"] = _LEFT_OPEN
        found["callback:encoding"] = ("hex", "base64")
    return found


@dataclass(slots=True, kw_only=True)
class Letter:
    """A callback before it is signed and sent: what deviations may change."""

    document: Any
    headers: Headers
    secret: str
    method: str
    attempts: int
    is_signed: bool = True
    is_deaf: bool = False
    body: bytes = b""


class Caller:
    """
    Calls back about tasks.

    Args:
        write: Makes the callback about a task, as things stand at the moment; None where there is none to send.
    """

    def __init__(
        self,
        callback: Callback,
        *,
        clock: Clock,
        choices: Mapping[str, str],
        deliver: Deliver,
        write: Callable[[Task], Letter | None],
    ) -> None:
        self._callback = callback
        self._clock = clock
        self._choices = choices
        self._deliver = deliver
        self._write = write

    def expect(self, task: Task, url: str, ends_s: float) -> None:
        """See to it that the callback is sent once the task has ended."""
        late_s = _LATE_S if self._choices.get("callback:delay") == "late" else 0.0
        self._clock.call_at(ends_s + late_s, lambda: self._call(task, url))

    def _call(self, task: Task, url: str) -> None:
        letter = self._write(task)
        if letter is None:
            return
        for _ in range(2 if self._choices.get("callback:copies") == "two" else 1):
            self._attempt(task, url, letter, 1)

    def _attempt(self, task: Task, url: str, letter: Letter, number: int) -> None:
        def answered(status: int | None) -> None:
            heard = status is not None and not letter.is_deaf
            taken = heard and _acknowledges(self._callback, status or 0)
            if not taken and number < letter.attempts:
                wait_s = _FIRST_RETRY_S * 2 ** (number - 1)
                again = self._clock.now() + wait_s
                self._clock.call_at(again, lambda: self._attempt(task, url, letter, number + 1))

        self._deliver(self._request(task, url, letter), answered)

    def _request(self, task: Task, url: str, letter: Letter) -> Request:
        document = dict(letter.document) if isinstance(letter.document, dict) else letter.document
        told = document.pop(HEADERS, {}) if isinstance(document, dict) else {}
        body = letter.body or encoded(document)
        headers = [*letter.headers, *((n, str(v)) for n, v in told.items())]
        signature = self._callback.signature
        if signature is not None and letter.is_signed:
            headers += self._signed(signature, task, body, letter.secret)
        return Request(method=letter.method, url=url, headers=tuple(headers), body=body)

    def _signed(
        self, signature: Signature, task: Task, body: bytes, secret: str
    ) -> list[tuple[str, str]]:
        """The headers with the signature."""
        form = signature.signed or self._choices.get("callback:signed", _LEFT_OPEN[0])
        names = {"id": signature.id_header, "timestamp": signature.timestamp_header}
        header = signature.header
        if signature.is_open:
            names = {n: signature.header[:-1] + _OPEN_NAMES[n] for n in names}
            header = signature.header[:-1] + _OPEN_NAMES[""]
        values = {"id": f"evt_{task.id}", "timestamp": str(int(self._clock.now()))}
        if not signature.is_open and not signature.signed:
            form = "{body}"
        message = b"".join(
            body if n == "body" else values[n].encode() if n in values else n.encode()
            for n in form.replace("{", "\0").replace("}", "\0").split("\0")
        )
        digest = hmac.new(secret.encode(), message, hashlib.sha256).digest()
        encoding = signature.encoding or self._choices.get("callback:encoding", "hex")
        text = digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()
        given = [(names[n], v) for n, v in values.items() if names[n]]
        return [*given, (header, f"{signature.prefix}{text}")]


def _acknowledges(callback: Callback, status: int) -> bool:
    by = callback.delivery.acknowledged_by or "2xx"
    return f"{status}"[0] == by[0] if by.endswith("xx") else f"{status}" == by
