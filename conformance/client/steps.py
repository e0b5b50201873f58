"""
What does the protocol want from whoever does its input and output?

A flow is a generator: it yields an `Ask` or a `Sleep`, is sent what came of it, and returns its result. It never sees
the key, so that no error and no traceback of it can hold one.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from conformance.wire.exchange import Reply, Request

__all__ = ["Answer", "Ask", "Flow", "Sleep"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """
    Send a request.

    Args:
        keyed: Whether the key goes with it.
        creates: Whether it may make a task, so that being cancelled leaves its outcome unknown.
    """

    request: Request
    timeout_s: float
    max_body_bytes: int
    keyed: bool = True
    creates: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sleep:
    """Let time pass."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of an `Ask`: a reply, or why there is none, and whether the request had left."""

    reply: Reply | None = None
    failure: str = ""
    sent: bool = True


Flow: TypeAlias = Generator[Ask | Sleep, Answer | None, T]
