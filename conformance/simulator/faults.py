"""
Which trouble can a vendor make without breaking a clause?

A fault is asked for as `NAME` or `NAME=NUMBER`, where the number says how rarely or how much.
"""

# ruff: noqa: ARG002  # a hook gets the value and the moment, whether it needs them or not

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from conformance.errors import UsageError
from conformance.simulator.choices import nearest_hint
from conformance.simulator.hooks import Hooks, Moment
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
