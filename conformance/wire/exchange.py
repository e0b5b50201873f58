"""What is one request and its reply, as they went over the wire?"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "BeyondBounds",
    "Exchange",
    "Headers",
    "Picture",
    "Reply",
    "Request",
    "Trace",
    "header",
    "parse_json",
]

Headers = tuple[tuple[str, str], ...]
"""Header pairs in the order sent or received; names compare without regard to case."""


def header(headers: Headers, name: str) -> str | None:
    """The first value of a header, whatever its spelling; None where it is absent."""
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request. `url` is absolute; `body` is the exact bytes sent."""

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """
    What a downloaded picture turned out to be, found out when it was fetched.

    `problem` says why it could not be opened; the other fields are then what is still known. `bounded`: a bound of
    ours is why, which says nothing about the picture.
    `sha256` is of the bytes, lower-case hex.
    """

    format: str | None = None  # "png", "jpeg", "webp", ... in lower case
    width: int | None = None
    height: int | None = None
    body_bytes: int = 0
    sha256: str = ""
    problem: str | None = None
    bounded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """
    One HTTP reply.

    `body` is what was kept of it: at most the transport's bound, and nothing of a picture
    (`Exchange.picture` says what that was). `truncated` tells that more was sent than kept.
    """

    status: int
    headers: Headers = ()
    body: bytes = b""
    truncated: bool = False

    def json(self) -> Any:
        """
        The body as JSON.

        Raises:
            BeyondBounds: The body was truncated, or is nested too deeply.
            ValueError: The body is not UTF-8 or not JSON.
        """
        if self.truncated:
            raise BeyondBounds("longer than the bound on replies")
        return parse_json(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """
    A request and what came of it.

    Exactly one of `reply` and `failure` is set. `failure` is a kind of `TransportError`
    (`connect`, `private`, `timeout`, `reset`, `protocol`, `too-large`). Times are seconds on the target's clock.
    `phase` is what the request was for: create, poll, repoll, download, status, batch, upload, balance; or callback,
    and then the vendor asked and the reply is ours. `facts` is what was found out about a request before its secrets
    were taken away.
    """

    id: str
    case: str
    phase: str
    request: Request
    reply: Reply | None = None
    failure: str | None = None
    sent: bool = True
    """False where the connection failed before the request left: nothing was asked."""
    picture: Picture | None = None
    started_s: float = 0.0
    elapsed_s: float = 0.0
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """The exchanges of one case in order: create, polls, downloads."""

    case: str
    exchanges: tuple[Exchange, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What the run knows and the wire does not show, for instance that the poll deadline passed."""


_MAX_DEPTH = 100
_MAX_DIGITS = 300
_TOO_DEEP = f"nested more than {_MAX_DEPTH} levels deep"


class BeyondBounds(ValueError):
    """It may be JSON, and is more than we read: that says nothing about who sent it."""


def parse_json(data: bytes | str) -> Any:
    """
    JSON in UTF-8, without NaN and Infinity, at most 100 levels deep.

    Of a key that stands twice the last value counts, as for most readers. A number beyond what a float holds is the
    largest that it does.

    Raises:
        BeyondBounds: It is nested too deeply.
        ValueError: It is not JSON.

    Source: RFC 8259, sections 4 and 6.
    """
    try:
        text = data if isinstance(data, str) else data.decode("utf-8-sig")
        value = json.loads(
            text, parse_constant=_refuse_constant, parse_int=_integer, parse_float=_bounded
        )
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON ({error.msg})") from None
    except RecursionError:
        raise BeyondBounds(_TOO_DEEP) from None
    if _deeper_than(value, _MAX_DEPTH):
        raise BeyondBounds(_TOO_DEEP)
    return value


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"not JSON ({name})")


def _integer(digits: str) -> int | float:
    # Nobody calculates with longer ones, and some calculations would fail.
    return int(digits) if len(digits) <= _MAX_DIGITS else _bounded(digits)


def _bounded(digits: str) -> float:
    return max(-sys.float_info.max, min(sys.float_info.max, float(digits)))


def _deeper_than(value: Any, depth: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    if depth == 0:
        return True
    children = value.values() if isinstance(value, dict) else value
    return any(_deeper_than(child, depth - 1) for child in children)
