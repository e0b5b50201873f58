"""Which values are refused together, though each of them is accepted alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from conformance.wire.exchange import Reply, Request
from tests.run.toy import Done, Vendor, done, endpoint, is_create, reply

REFUSED = reply(400, {"error": "not together"})

Body = dict[str, Any]


def vendor(*tests: Callable[[Body], bool]) -> Vendor:
    """A vendor that refuses what meets any of the tests."""

    def before(request: Request) -> Reply | None:
        if not is_create(request) or not request.body.startswith(b"{"):
            return None
        body = json.loads(request.body)
        return REFUSED if any(test(body) for test in tests) else None

    return Vendor(before=before)


def accused(run: Done) -> dict[str, str]:
    return {n: v.message for n, v in run.verdicts.items() if v.verdict == "violates"}


def bold_and_warm(body: Body) -> bool:
    return body.get("style") == "bold" and body.get("tone") == "warm"


def large_and_cold(body: Body) -> bool:
    return body.get("size") == "l" and body.get("tone") == "cold"


def plain_size_and_thin(body: Body) -> bool:
    """The first is what plain creations have as well."""
    return body.get("size", "s") == "s" and body.get("style") == "thin"


@pytest.mark.parametrize(
    ("test", "words"),
    [
        (bold_and_warm, "bold × tone warm"),
        (large_and_cold, "l × tone cold"),
        (plain_size_and_thin, "style thin"),
    ],
)
def test_two_values_that_are_refused_together_are_named(
    test: Callable[[Body], bool], words: str
) -> None:
    found = accused(done(vendor(test), strength=2))

    assert len(found) == 1
    (message,) = found.values()
    assert f"{words} to be accepted" in message
    assert "each of these values was accepted without the others" in message


def test_three_values_are_named_at_strength_3() -> None:
    found = accused(done(vendor(lambda b: bold_and_warm(b) and b.get("size") == "m"), strength=3))

    (message,) = found.values()
    assert "m × style bold × tone warm" in message


def test_two_combinations_are_told_apart() -> None:
    found = accused(done(vendor(bold_and_warm, large_and_cold), strength=2))

    assert found.keys() == {"toy.create.style.enum", "toy.create.size.enum"}


def test_one_value_alone_is_accused_alone() -> None:
    found = accused(done(vendor(lambda b: b.get("style") == "bold"), strength=2))

    (message,) = found.values()
    assert "expected bold to be accepted" in message


def test_what_refused_requests_would_have_shown_is_shown_by_others() -> None:
    run = done(vendor(bold_and_warm), strength=2)

    refused = {c.parent for c in run.record.sent if c.parent}
    planned = {w for c in run.record.plan.cases for w in c.combinations}
    shown = {w for c in run.record.sent if c.id not in refused for w in c.combinations}
    assert {w.value for w in planned - shown} <= {"bold × tone warm"}
    assert not any(v.verdict == "inconclusive" for v in run.verdicts.values())


def test_the_search_stays_within_the_cap() -> None:
    made = vendor(bold_and_warm)
    run = done(made, strength=2, max_billed=9)

    assert run.record.billed == len(made.tasks) == 9


def test_over_sockets_the_same_is_found() -> None:
    found = accused(
        done(None, target=endpoint(vendor(bold_and_warm), sequential=False), strength=2)
    )

    assert found.keys() == {"toy.create.style.enum"}
