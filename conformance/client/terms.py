"""What does every conversation with one vendor need to know?"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import quote

from conformance.client.steps import Ask
from conformance.contract.model import Contract, Operation
from conformance.wire.exchange import Headers, Reply, Request
from conformance.wire.retrying import backoff_s, retry_after_s

__all__ = ["REPLY_BYTES", "Pace", "Terms"]

REPLY_BYTES = 8 * 1024 * 1024
"""What is read of a reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """
    How often to ask about a task, in seconds: first, then from `low` ever less often up to `high`.

    `patience_s` is how long to go on by default.
    """

    first_s: float
    low_s: float
    high_s: float
    patience_s: float

    @classmethod
    def of(cls, contract: Contract) -> Pace:
        """As the documents advise; our own numbers where they name none."""
        told = contract.polling
        low, high = told.interval_s or (2.0, 10.0)
        first = told.first_s[0] if told.first_s else max(low, 1.0)
        return cls(first_s=first, low_s=low, high_s=high, patience_s=told.timeout_s or 600.0)

    def after(self, polls: int, rng: random.Random) -> float:
        """The wait after so many polls: within what is documented, and not in step with other clients."""
        wait_s = min(self.high_s, self.low_s * 1.2 ** max(0, polls - 1))
        return min(self.high_s, wait_s * (1 + rng.random() / 10))


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """
    One vendor, at one address.

    Args:
        now: A clock in seconds that only goes forward.
        request_timeout_s: For one request.
    """

    contract: Contract
    base_url: str
    pace: Pace
    now: Callable[[], float]
    rng: random.Random = field(default_factory=random.Random)
    request_timeout_s: float = 60.0

    def asking(
        self,
        operation: Operation,
        *,
        path: str = "",
        headers: Headers = (),
        body: bytes = b"",
        content_type: str = "",
        deadline_s: float,
        creates: bool = False,
    ) -> Ask:
        """A request to an operation, with what is left of the time."""
        given: list[tuple[str, str]] = [("Accept", "application/json")]
        if content_type:
            given.append(("Content-Type", content_type))
        return Ask(
            request=Request(
                method=operation.method,
                url=f"{self.base_url}{path or operation.path}",
                headers=(*given, *headers),
                body=body,
            ),
            timeout_s=min(self.request_timeout_s, max(0.0, deadline_s - self.now())),
            max_body_bytes=REPLY_BYTES,
            keyed=operation.authenticated and bool(self.contract.auth),
            creates=creates,
        )

    def path_of(self, operation: Operation, task_id: str) -> str:
        """The path, and the query, that ask about a task."""
        path, query = operation.path, []
        for each in operation.fields:
            if each.role != "task_id":
                continue
            escaped = quote(task_id, safe="", errors="surrogatepass")
            if each.location == "path":
                path = path.replace("{" + each.path + "}", escaped)
            elif each.location == "query":
                query.append(f"{quote(each.path, safe='')}={escaped}")
        return path + (f"?{'&'.join(query)}" if query else "")

    def wait_s(self, reply: Reply | None, times: int) -> float:
        """How long to wait before asking again: what Retry-After says, else 1, 2, 4 s and a bit."""
        asked_for = retry_after_s(reply)
        return backoff_s(times, self.rng) if asked_for is None else max(asked_for, 0.1)

    def request_ids(self, replies: Iterable[Reply | None]) -> tuple[str, ...]:
        """What the vendor called its replies, for whoever asks it about them."""
        found = [
            value
            for reply in replies
            if reply is not None
            for name, value in reply.headers
            if name.lower() in ("x-request-id", "x-trace-id", "request-id")
        ]
        return tuple(dict.fromkeys(found))
