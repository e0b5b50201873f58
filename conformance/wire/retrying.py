"""How long is it polite to wait before asking again?"""

from __future__ import annotations

import random
from datetime import datetime
from email.utils import parsedate_to_datetime

from conformance.wire.exchange import Reply, header

__all__ = ["backoff_s", "retry_after_s"]

_CAP_S = 60.0


def retry_after_s(reply: Reply | None) -> float | None:
    """
    What Retry-After asks for, at most 60 s; None where there is none that can be read.

    A date is taken relative to the reply's own Date, so that no two clocks have to agree.

    Source: RFC 9110, section 10.2.3.
    """
    value = header(reply.headers, "retry-after") if reply else None
    if reply is None or value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(_CAP_S, float(text.lstrip("0")[:6] or 0))
    until, since = _date(text), _date(header(reply.headers, "date") or "")
    if until is None or since is None:
        return None
    return min(_CAP_S, max(0.0, (until - since).total_seconds()))


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    # Without a zone (`-0000`) it is UTC, and the two could not be subtracted from one another.
    return found if found.tzinfo is not None else None


def backoff_s(attempt: int, rng: random.Random) -> float:
    """1, 2, 4, ... seconds before attempt 2, 3, 4, ..., and up to a quarter more so that clients spread."""
    return min(_CAP_S, 2.0 ** (attempt - 1)) * (1 + rng.random() / 4)
