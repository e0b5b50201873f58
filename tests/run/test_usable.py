"""A target that cannot be judged is said to be so, soon and in a sentence that helps."""

from __future__ import annotations

import pytest

from conformance.errors import TargetUnusable
from conformance.results.outcome import Target
from conformance.wire.exchange import Reply
from tests.run.toy import (
    KEY,
    NO_REPLY,
    NOT_SENT,
    Done,
    Vendor,
    creation,
    done,
    endpoint,
    on_create,
    question,
    refusal,
    reply,
)

FIRST = creation("first")
PAGE = Reply(
    status=200, headers=(("Content-Type", "text/html"),), body=b"<!doctype html>\x1b[31m" * 9
)


def always(answer: Reply | Exception) -> Vendor:
    return Vendor(before=lambda request: answer)


def unusable(run: Done) -> str:
    assert isinstance(run.error, TargetUnusable)
    assert run.error.exit_code == 4
    assert str(run.error) in run.record.notes
    assert run.record.footer is not None
    assert not run.record.footer.finished
    return str(run.error)


def test_one_that_is_down_is_given_up_after_two_more_tries() -> None:
    target = endpoint(always(NOT_SENT))
    run = done(None, target=target)

    said = unusable(run)
    assert said.startswith("http://127.0.0.1:9 cannot be reached: cannot connect.")
    assert len(run.record.exchanges) == 3
    assert sum(target.clock.slept) < 3  # type: ignore[attr-defined]
    assert run.record.billed == 0


def test_one_that_is_down_is_noticed_without_paid_creations_too() -> None:
    assert "cannot be reached" in unusable(done(always(NOT_SENT), max_billed=0))


def test_a_key_that_is_refused_throughout_names_its_variable() -> None:
    run = done(always(reply(401, {"error": "no key"})))

    said = unusable(run)
    assert "refuses the key throughout (HTTP 401)" in said
    assert "TOY_API_KEY" in said
    assert {e.phase for e in run.record.exchanges.values()} == {"create"}
    assert run.record.billed == 0


def test_a_key_that_is_refused_throughout_is_noticed_without_paid_creations_too() -> None:
    run = done(always(reply(403, {"error": "no"})), max_billed=0)

    assert "(HTTP 403)" in unusable(run)


def test_a_page_is_quoted_without_its_control_characters() -> None:
    said = unusable(done(always(PAGE)))

    assert "never answered a creation with JSON" in said
    assert "HTTP 200, text/html, beginning '<!doctype html>\\x1b[31m" in said
    assert said.isprintable()
    assert len(said) < 400


def test_a_page_that_repeats_the_key_does_not_make_us_repeat_it() -> None:
    page = Reply(status=502, body=f"<p>upstream refused Bearer {KEY}".encode())

    assert KEY not in unusable(done(always(page)))


@pytest.mark.parametrize("answer", [Reply(status=200), Reply(status=503), Reply(status=204)])
def test_answers_without_anything_in_them_are_no_json(answer: Reply) -> None:
    assert "no content type, with nothing in it" in unusable(done(always(answer)))


def test_one_that_never_replies_is_given_up_after_a_few_creations() -> None:
    run = done(always(NO_REPLY))

    assert "never answered a creation: gone" in unusable(run)
    assert run.record.billed == len(run.record.exchanges) == 4


def test_without_paid_creations_a_page_is_noticed_after_what_is_free() -> None:
    assert "never answered a creation with JSON" in unusable(done(always(PAGE), max_billed=0))


def test_a_vendor_that_refuses_everything_in_json_is_judged() -> None:
    run = done(always(reply(400, {"error": "bad"})))

    assert run.result is not None
    assert run.verdicts["toy.create.status.200"].verdict == "violates"
    sent = {case.id for case in run.record.sent}
    assert {"carrier", "auth:create:missing", "unknown-task:unknown id"} <= sent
    assert not any(name.startswith(("refused:create", "auth:status")) for name in sent)
    assert len([name for name in sent if name.startswith("accepted:")]) == 3
    assert run.verdicts["toy.create.prompt.maxLength"].reason == "depends on toy.create.status.200"
    assert run.record.billed == 0


def test_nothing_more_is_sent_when_the_target_goes_away() -> None:
    cases = [FIRST, *(refusal(f"r{n}") for n in range(9)), question("q", "t-x")]
    vendor = Vendor(
        before=lambda r: NOT_SENT if b"r" in r.body and b"first" not in r.body else None
    )
    run = done(vendor, *cases)

    reason = "stopped: the target cannot be reached any more"
    assert run.record.unsent["r3"] == reason
    assert run.record.unsent["q"] == reason
    assert f"{reason}, so nothing more is sent" in run.record.notes
    assert len(run.phases("r2")) == 3


def test_nothing_more_is_paid_for_when_the_target_stops_answering() -> None:
    cases = [FIRST, *(creation(f"c{n}") for n in range(9))]
    vendor = Vendor(before=lambda r: NO_REPLY if b'"c' in r.body else None)
    run = done(vendor, *cases)

    assert run.record.billed == 6
    assert set(run.record.unsent.values()) == {"stopped: the target does not answer any more"}


def test_a_reply_lost_now_and_then_stops_nothing() -> None:
    cases = [FIRST, *(creation(f"c{n}") for n in range(9))]
    vendor = Vendor(
        before=lambda r: NO_REPLY if b'"c' in r.body and int(r.body[-3:-2]) % 2 else None
    )
    run = done(vendor, *cases)

    assert run.record.unsent == {}
    assert run.record.billed == 10


def test_three_invalid_requests_accepted_stop_the_rest_where_it_costs_money() -> None:
    cases = [FIRST, *(refusal(f"r{n}") for n in range(6)), creation("last")]
    public = Target(kind="live", base_url="https://toy.example", loopback=False)
    vendor = Vendor(accepts_all=True)
    target = endpoint(vendor, target=public, base_url="https://toy.example")
    run = done(None, *cases, target=target, concurrency=4)

    assert len(vendor.tasks) == 5
    assert len(run.record.unsent) == 3
    assert "last" in run.record.traces
    assert sum("three invalid requests" in note for note in run.record.notes) == 1


def test_on_this_machine_they_do_not() -> None:
    cases = [FIRST, *(refusal(f"r{n}") for n in range(6))]
    run = done(Vendor(accepts_all=True), *cases)

    assert run.record.unsent == {}
    assert run.record.billed == 7


def test_a_first_creation_that_meets_trouble_is_asked_once_more() -> None:
    run = done(Vendor(before=on_create("first", reply(500, {"error": "x"}), None)), FIRST)

    assert run.result is not None
    assert run.phases("first")[:3] == ["create", "create", "poll"]
