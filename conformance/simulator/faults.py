"""
Which trouble can a vendor make without breaking a clause?

A fault is asked for as `NAME` or `NAME=NUMBER`, where the number says how rarely or how much.
"""

# ruff: noqa: ARG002  # a hook gets the value and the moment, whether it needs them or not

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from conformance.errors import UsageError
from conformance.simulator.choices import nearest_hint
from conformance.simulator.hooks import Hooks, Moment, SimReply
from conformance.simulator.lifecycle import Snapshot
from conformance.wire.exchange import Headers

__all__ = ["FAULTS", "Fault", "fault"]


class Fault(Hooks):
    """Trouble of one sort; `number` tells how rarely it comes, or how much of it."""

    name: ClassVar[str]
    says: ClassVar[str]
    number: float = 1

    def __init__(self, number: float | None = None) -> None:
        self.number = type(self).number if number is None else number
        self._count = 0
        self._met: set[tuple[str, str, bytes]] = set()

    def _is_turn(self) -> bool:
        """Whether it is the turn of this one: each `number`-th is."""
        self._count += 1
        return self._count % max(1, int(self.number)) == 0

    def _passes(self, at: Moment) -> bool:
        """Whether it is the turn of this request, which met no such trouble before: trouble passes."""
        request = (at.request.path, repr(at.request.query), at.request.body)
        if not self._is_turn() or request in self._met:
            return False
        self._met.add(request)
        return True


class Throttle(Fault):
    """Every third request is refused with 429 and Retry-After."""

    name = "throttle"
    says = "every Nth request (3) is refused with 429 and Retry-After"
    number = 3

    def arrival(self, cause: str, at: Moment) -> str:
        return "rate-limit" if self._is_turn() else cause

    def headers(self, headers: Headers, at: Moment) -> Headers:
        return (*headers, ("retry-after", "1")) if at.cause == "rate-limit" else headers


class ServerErrorOnce(Fault):
    """Every fourth creation is answered 500 before anything was done; the same one never twice."""

    name = "server-error-once"
    says = "every Nth creation (4) is answered 500 before anything was done, none twice"
    number = 4

    def arrival(self, cause: str, at: Moment) -> str:
        return "server-error" if at.operation == "create" and self._passes(at) else cause


class PollError(Fault):
    """Every third status query is answered 500."""

    name = "poll-error"
    says = "every Nth status query (3) is answered 500"
    number = 3

    def arrival(self, cause: str, at: Moment) -> str:
        return "server-error" if at.operation == "status" and self._is_turn() else cause


class Unavailable(Fault):
    """Every fourth request is answered 503; the same one never twice."""

    name = "unavailable"
    says = "every Nth request (4) is answered 503, none twice"
    number = 4

    def arrival(self, cause: str, at: Moment) -> str:
        return "unavailable" if self._passes(at) else cause


class Slow(Fault):
    """Every reply takes two seconds."""

    name = "slow"
    says = "every reply takes N seconds (2)"
    number = 2

    def delay_s(self, seconds: float, at: Moment) -> float:
        return seconds + self.number


class EmptyAccount(Fault):
    """There are no credits left."""

    name = "empty-account"
    says = "creations are refused with 402 once N of them (0) were paid"
    number = 0

    def acceptance(self, cause: str, at: Moment) -> str:
        return "insufficient-credits" if at.ledger.creations >= self.number else cause


class ActiveLimit(Fault):
    """One task at a time."""

    name = "active-limit"
    says = "creations are refused with 409 while N tasks (1) are active"
    number = 1

    def acceptance(self, cause: str, at: Moment) -> str:
        return "active-limit" if at.active >= self.number else cause


class Moderation(Fault):
    """Prompts with a certain word are refused."""

    name = "moderation"
    says = "creations with the word `forbidden` in them are refused as moderated"

    def acceptance(self, cause: str, at: Moment) -> str:
        return "moderation" if "forbidden" in json.dumps(at.body) else cause


class Forbidden(Fault):
    """The key may not create."""

    name = "forbidden"
    says = "creations are refused with 403"

    def acceptance(self, cause: str, at: Moment) -> str:
        return "forbidden"


class ExtraFields(Fault):
    """Every object in a reply has a field that no document knows."""

    name = "extra-fields"
    says = "every object in a reply has a field that no document knows"

    def document(self, document: Any, at: Moment) -> Any:
        return _with_more(document)


class ExtraHeaders(Fault):
    """Every reply has headers that no document knows."""

    name = "extra-headers"
    says = "every reply has headers that no document knows"

    def headers(self, headers: Headers, at: Moment) -> Headers:
        return (*headers, ("x-trace-id", "7f3a"), ("server", "nginx"), ("x-powered-by", "PHP/8"))


class OtherLanguage(Fault):
    """Messages are in Chinese."""

    name = "other-language"
    says = "messages that no document spells out are in Chinese"

    def values(self, values: dict[str, Any], at: Moment) -> dict[str, Any]:
        for role in ("message", "failure_message"):
            if role in values or at.cause:
                values[role] = "请求处理完成" if not at.cause else "请求参数错误"
        return values


class _First(Fault):
    """Trouble that the first `number` requests of a sort meet, and none after them."""

    def __init__(self, number: float | None = None) -> None:
        super().__init__(number)
        self._seen: Counter[str] = Counter()

    def _is_early(self, at: Moment) -> bool:
        """Whether this is one of the first creations, or of the first status queries."""
        self._seen[at.operation] += 1
        return at.operation in ("create", "status") and self._seen[at.operation] <= self.number


class RateLimited(_First):
    """The first two creations and the first two status queries are refused with 429."""

    name = "rate-limited"
    says = "the first N creations and status queries (2) are refused with 429, and not told when to come back"
    number = 2

    def arrival(self, cause: str, at: Moment) -> str:
        return "rate-limit" if self._is_early(at) else cause


class RetryAfter(_First):
    """The first creation and the first status query are refused with 429 and Retry-After."""

    name = "retry-after"
    says = "the first creation and status query are refused with 429 and Retry-After: N (2)"
    number = 2

    def _is_early(self, at: Moment) -> bool:
        self._seen[at.operation] += 1
        return at.operation in ("create", "status") and self._seen[at.operation] == 1

    def arrival(self, cause: str, at: Moment) -> str:
        return "rate-limit" if self._is_early(at) else cause

    def headers(self, headers: Headers, at: Moment) -> Headers:
        seconds = f"{max(0.0, self.number):.0f}"
        return (*headers, ("retry-after", seconds)) if at.cause == "rate-limit" else headers


class BadGateway(_First):
    """The first two status queries are answered by what stands before the vendor, and then by the vendor: 502, 500."""

    name = "bad-gateway"
    says = "the first N status queries (2) are answered with 502, or 500 where no document has that"
    number = 2

    def arrival(self, cause: str, at: Moment) -> str:
        return "bad-gateway" if at.operation == "status" and self._is_early(at) else cause


class ResetAfterCreate(_First):
    """The first creation is done, and its connection closed without a reply."""

    name = "reset-after-create"
    says = "the first N creations (1) are done, and the connection is closed without a reply"

    def reply(self, reply: SimReply, at: Moment) -> SimReply:
        made = at.operation == "create" and at.task is not None
        return replace(reply, lost=True) if made and self._is_early(at) else reply


class GatewayTimeout(_First):
    """The first creation is done, and answered with 504 and a page of HTML, as by a gateway that waited too long."""

    name = "gateway-timeout"
    says = "the first N creations (1) are done, and answered with 504 and a page of HTML"

    def reply(self, reply: SimReply, at: Moment) -> SimReply:
        made = at.operation == "create" and at.task is not None
        return _page(reply, 504, "504 Gateway Time-out") if made and self._is_early(at) else reply


class HtmlPage(_First):
    """The first status query is answered with 200 and a page of HTML."""

    name = "html"
    says = "the first N status queries (1) are answered with 200 and a page of HTML"

    def reply(self, reply: SimReply, at: Moment) -> SimReply:
        early = at.operation == "status" and self._is_early(at)
        return _page(reply, 200, "We will be back soon") if early else reply


class UnknownState(_First):
    """The first two status queries about a running task show a state that no document lists."""

    name = "unknown-state"
    says = "the first N status queries (2) about running tasks show a state that no document lists"
    number = 2

    def snapshot(self, snapshot: Snapshot, at: Moment) -> Snapshot:
        running = at.operation == "status" and snapshot.phase == "running"
        if not running or snapshot.state is None or not self._is_early(at):
            return snapshot
        return replace(snapshot, state=97 if isinstance(snapshot.state, int) else "in_review")


class FailedTask(Fault):
    """Every task fails."""

    name = "failed-task"
    says = "every task that is made fails"

    def acceptance(self, cause: str, at: Moment) -> str:
        at.doomed = at.doomed or "the picture could not be made"
        return cause


class ExpiredResult(Fault):
    """Results are gone."""

    name = "expired-result"
    says = "results are gone: whoever fetches one gets 404"

    def picture(self, reply: SimReply, at: Moment) -> SimReply:
        return SimReply(status=404, body=b'{"error": "expired"}', headers=(_JSON,))


class Refused(Fault):
    """Creations are refused as invalid, whatever they say."""

    name = "refused"
    says = "creations are refused as invalid, whatever they say"

    def acceptance(self, cause: str, at: Moment) -> str:
        return "bad-parameter"


class Unauthorized(Fault):
    """Creations are refused as if the key were wrong."""

    name = "unauthorized"
    says = "creations are refused with 401, whatever the key"

    def acceptance(self, cause: str, at: Moment) -> str:
        return "unauthorized"


_JSON = ("content-type", "application/json")


def _page(reply: SimReply, status: int, words: str) -> SimReply:
    body = f"<html><head><title>{words}</title></head><body><h1>{words}</h1></body></html>"
    return SimReply(
        status=status,
        body=body.encode(),
        headers=(("content-type", "text/html"),),
        delay_s=reply.delay_s,
    )


def _with_more(document: Any) -> Any:
    if isinstance(document, dict):
        return {**{k: _with_more(v) for k, v in document.items()}, "x_trace": {"node": 7}}
    return [_with_more(v) for v in document] if isinstance(document, list) else document


_ALL: tuple[type[Fault], ...] = (
    Throttle,
    ServerErrorOnce,
    PollError,
    Unavailable,
    Slow,
    EmptyAccount,
    ActiveLimit,
    Moderation,
    Forbidden,
    ExtraFields,
    ExtraHeaders,
    OtherLanguage,
    RateLimited,
    RetryAfter,
    BadGateway,
    ResetAfterCreate,
    GatewayTimeout,
    HtmlPage,
    UnknownState,
    FailedTask,
    ExpiredResult,
    Refused,
    Unauthorized,
)
FAULTS: Mapping[str, type[Fault]] = {each.name: each for each in _ALL}
"""Every fault by name."""


def fault(text: str) -> Fault:
    """
    The fault that a text such as `throttle` or `throttle=5` asks for.

    Raises:
        UsageError: There is none of that name, or its number is not one; names the nearest.
    """
    name, given, number = text.partition("=")
    if name not in FAULTS:
        raise UsageError(f"unknown fault {name!r}{nearest_hint(name, FAULTS)}")
    try:
        return FAULTS[name](float(number) if given else None)
    except ValueError:
        raise UsageError(f"the fault {name!r} has the number {number!r}, expected 3") from None
