"""A creation is paid for once: when is it sent again, when never, and what does it count as?"""

from __future__ import annotations

import pytest

from conformance.results.cases import Cost
from conformance.wire.exchange import Reply
from tests.run.toy import (
    NO_REPLY,
    NOT_SENT,
    Vendor,
    creation,
    done,
    endpoint,
    on_create,
    question,
    refusal,
    reply,
    toy,
)

THROTTLED = reply(429, {"error": "slow"})
CROWDED = reply(409, {"error": "too many"})
TROUBLE = reply(500, {"error": "oops"})
REFUSED = reply(400, {"error": "bad"})
PAGE = Reply(status=200, headers=(("Content-Type", "text/html"),), body=b"<html>")

FIRST, SECOND = creation("first"), creation("second")


def test_an_accepted_creation_is_billed_at_what_the_meter_shows() -> None:
    run = done(Vendor(), FIRST)

    assert run.phases("first") == ["create", "poll", "poll", "download", "repoll"]
    assert (run.record.billed, run.record.cost) == (1, 2)
    assert run.record.outcomes["first"].task_id == "t1"


def test_without_a_meter_it_is_billed_at_what_the_documents_say() -> None:
    run = done(Vendor(), FIRST, contract=toy(**{"  meter: {create: cost}\n": ""}))

    assert run.result is not None
    assert run.result.cost == Cost(amount=2, unit="credits")


def test_an_accepted_invalid_creation_is_billed_at_its_worst() -> None:
    vendor = Vendor(accepts_all=True)
    run = done(vendor, FIRST, refusal("x"), contract=toy(**{"  meter: {create: cost}\n": ""}))

    assert (run.record.billed, run.record.cost) == (2, 7)


@pytest.mark.parametrize(
    ("answer", "billed"),
    [(REFUSED, 0), (THROTTLED, 0), (TROUBLE, 2), (PAGE, 1), (NO_REPLY, 1)],
    ids=["refused", "throttled", "trouble, asked twice", "malformed", "no reply"],
)
def test_whatever_may_have_made_a_task_is_billed(answer: Reply | Exception, billed: int) -> None:
    run = done(Vendor(before=on_create("second", answer)), FIRST, SECOND)

    assert run.record.outcomes["second"].billed == billed
    assert run.record.billed == billed + 1


@pytest.mark.parametrize("answer", [NO_REPLY, PAGE, REFUSED])
def test_a_creation_that_may_have_arrived_is_never_sent_again(answer: Reply | Exception) -> None:
    vendor = Vendor(before=on_create("second", answer))
    run = done(vendor, FIRST, SECOND)

    assert run.phases("second") == ["create"]


def test_a_throttled_creation_is_sent_again_three_times_when_told_to() -> None:
    slow = reply(429, {"error": "slow"}, Retry_After="11")
    target = endpoint(Vendor(before=on_create("second", slow, slow, slow, None)))
    run = done(None, FIRST, SECOND, target=target)

    assert run.phases("second")[:5] == ["create"] * 4 + ["poll"]
    assert target.clock.slept.count(11) == 3  # type: ignore[attr-defined]
    assert run.record.billed == 2


def test_a_creation_that_stays_throttled_is_asked_once_more_at_the_end() -> None:
    run = done(Vendor(before=on_create("second", THROTTLED)), FIRST, SECOND, creation("third"))

    assert run.phases("second") == ["create"] * 8
    last = [e.id for e in run.record.traces["second"].exchanges][-4:]
    assert min(last) > max(e.id for e in run.record.traces["third"].exchanges if e.phase == "poll")


def test_throttling_waits_by_itself_where_nobody_says_how_long() -> None:
    target = endpoint(Vendor(before=on_create("second", THROTTLED, THROTTLED, None)))
    done(None, FIRST, SECOND, target=target)
    waits = target.clock.slept  # type: ignore[attr-defined]

    assert any(1 <= w <= 1.25 for w in waits)
    assert any(2 < w <= 2.5 for w in waits)


def test_a_creation_that_met_trouble_is_asked_once_more_after_all_others() -> None:
    run = done(Vendor(before=on_create("second", TROUBLE, None)), FIRST, SECOND, creation("third"))

    assert run.phases("second") == ["create", "create", "poll", "poll", "download", "repoll"]
    assert run.record.traces["second"].exchanges[1].id > "e0008"
    assert run.record.billed == 4


def test_trouble_that_stays_is_asked_about_no_more_than_once() -> None:
    run = done(Vendor(before=on_create("second", TROUBLE)), FIRST, SECOND)

    assert run.phases("second") == ["create", "create"]


def test_a_connection_that_failed_is_tried_again_twice() -> None:
    run = done(Vendor(before=on_create("second", NOT_SENT, NOT_SENT, None)), FIRST, SECOND)

    assert run.phases("second") == [
        "create",
        "create",
        "create",
        "poll",
        "poll",
        "download",
        "repoll",
    ]
    assert [e.sent for e in run.record.traces["second"].exchanges[:3]] == [False, False, True]
    assert run.record.billed == 2
    assert run.record.requests == len(run.record.exchanges) - 2


def test_too_many_active_tasks_are_waited_for_while_there_are_any_of_ours() -> None:
    vendor = Vendor(before=on_create("second", CROWDED, CROWDED, None), polls_until_done=9)
    run = done(vendor, FIRST, SECOND, timeout_s=6)

    assert run.phases("second")[:4] == ["create", "create", "create", "poll"]


def test_too_many_active_tasks_that_are_not_ours_are_not_waited_for() -> None:
    vendor = Vendor(before=on_create("second", CROWDED, None))
    run = done(vendor, FIRST, SECOND, creation("third"))

    second, third = run.record.traces["second"].exchanges, run.record.traces["third"].exchanges
    assert second[0].id < third[0].id < second[1].id


def test_a_broken_request_answered_so_has_its_answer() -> None:
    run = done(Vendor(before=on_create("second", CROWDED)), FIRST, refusal("second"))

    assert run.phases("second") == ["create"]


def test_a_repeated_creation_that_gives_back_its_task_is_not_billed_again() -> None:
    vendor = Vendor(before=on_create("second", reply(200, {"id": "t1", "cost": 2})))
    run = done(vendor, FIRST, creation("second", repeats="first"))

    assert run.record.billed == 1


def test_a_vendor_that_gives_every_task_the_same_id_is_billed_for_each() -> None:
    def same(request: object) -> Reply | None:
        return reply(200, {"id": "t1", "cost": 2}) if getattr(request, "body", b"") else None

    vendor = Vendor(before=same)
    vendor.tasks["t1"] = 0
    run = done(vendor, FIRST, SECOND, creation("third"), max_billed=2)

    assert run.record.billed == 2
    assert run.record.capped == {"third"}


def test_a_query_speaks_about_the_task_of_its_case() -> None:
    run = done(Vendor(), FIRST, question("ask", "first"))

    (exchange,) = run.record.traces["ask"].exchanges
    assert (exchange.phase, exchange.request.url) == ("status", "http://127.0.0.1:9/tasks/t1")
    assert run.record.traces["ask"].facts == {"task_id": "t1"}


@pytest.mark.parametrize("answer", [THROTTLED, TROUBLE, NO_REPLY, NOT_SENT])
def test_a_query_that_meets_trouble_is_repeated(answer: Reply | Exception) -> None:
    left = [answer, answer]

    def before(request: object) -> Reply | Exception | None:
        return left.pop() if left and str(getattr(request, "url", "")).endswith("/t-x") else None

    run = done(Vendor(before=before), FIRST, question("ask", "t-x"))

    assert run.phases("ask") == ["status"] * 3
    assert run.record.outcomes["ask"].code == 404


def test_a_query_about_a_task_that_was_never_made_is_not_sent() -> None:
    vendor = Vendor(before=on_create("second", REFUSED))
    run = done(vendor, FIRST, SECOND, question("ask", "second"), creation("x", repeats="second"))

    assert run.record.unsent == {
        "ask": "depends on toy.create.status.200",
        "x": "depends on toy.create.status.200",
    }
