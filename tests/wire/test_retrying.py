"""Retry-After is honoured, and bounded."""

from __future__ import annotations

import random

import pytest

from conformance.wire.exchange import Reply
from conformance.wire.retrying import backoff_s, retry_after_s

DATE = "Sat, 21 Nov 2026 08:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        ((), None),
        ((("retry-after", "7"),), 7.0),
        ((("Retry-After", " 7 "),), 7.0),
        ((("Retry-After", "0"),), 0.0),
        ((("Retry-After", "100000000000000000000"),), 60.0),
        ((("Retry-After", "-3"),), None),
        ((("Retry-After", "1.5"),), None),
        ((("Retry-After", "soon"),), None),
        ((("Retry-After", "²"),), None),
        ((("Retry-After", "Sat, 21 Nov 2026 08:00:09 GMT"), ("Date", DATE)), 9.0),
        ((("Retry-After", "Sat, 21 Nov 2026 09:00:00 GMT"), ("Date", DATE)), 60.0),
        ((("Retry-After", "Sat, 21 Nov 2026 07:00:00 GMT"), ("Date", DATE)), 0.0),
        ((("Retry-After", "Sat, 21 Nov 2026 08:00:09 GMT"),), None),
        ((("Retry-After", "Sat, 21 Nov 2026 08:00:09 -0000"), ("Date", DATE)), None),
        ((("Retry-After", "Sat, 99 Nov 2026 08:00:09 GMT"), ("Date", DATE)), None),
    ],
)
def test_retry_after(headers: tuple[tuple[str, str], ...], wanted: float | None) -> None:
    assert retry_after_s(Reply(status=429, headers=headers)) == wanted


def test_without_a_reply_nothing_is_asked_for() -> None:
    assert retry_after_s(None) is None


def test_backing_off_doubles_spreads_and_is_bounded() -> None:
    rng = random.Random(1)
    waits = [backoff_s(attempt, rng) for attempt in (1, 2, 3, 20)]

    assert [1 <= waits[0] <= 1.25, 2 <= waits[1] <= 2.5, 4 <= waits[2] <= 5] == [True] * 3
    assert waits[3] <= 75
