"""What is written down of a callback, and how it is answered."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from conformance.contract.callback import Callback
from conformance.contract.loading import load_contract
from conformance.results.cases import Case, Send
from conformance.results.entries import Answered, Asked, Entry
from conformance.run.inbox import Inbox
from conformance.simulator.clock import VirtualClock
from conformance.wire.exchange import Request
from conformance.wire.receiver import DirectReceiver
from conformance.wire.redaction import Redactor
from tests.quality.test_kinds import TOYS


def callback_of(name: str) -> Callback:
    found = load_contract(TOYS / f"{name}.yaml").callback
    assert found is not None
    return found


class Lines:
    """A journal that keeps what it is given."""

    path = ""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def write(self, *entries: Entry) -> None:
        self.entries += entries

    def record(self) -> Any:
        raise NotImplementedError("nobody reads it")

    def close(self) -> None:
        pass


def inbox_of(name: str, **more: Any) -> tuple[Inbox, Lines]:
    lines = Lines()
    inbox = Inbox(
        callback=callback_of(name),
        receiver=DirectReceiver(),
        journal=lines,
        redactor=Redactor({"key": "sk-very-secret"}),
        clock=VirtualClock(),
        secret="test-secret",
        run="run",
        **more,
    )
    return inbox, lines


def case(name: str = "one", **more: Any) -> Case:
    send = Send(operation="create", method="POST", path="/make")
    return Case(**{"id": name, "operation": "create", "send": send, "expect": "accepted", **more})


def post(url: str, body: bytes = b"{}", method: str = "POST", **headers: str) -> Request:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Request(method=method, url=url, headers=named, body=body)


def test_each_creation_has_an_address_of_its_own() -> None:
    inbox, _ = inbox_of("called")
    urls = {inbox.url_of(case("one")), inbox.url_of(case("two"))}
    assert len(urls) == 2
    assert all(url.startswith("https://callbacks.example/conformance/") for url in urls)


def test_a_repeated_creation_has_the_address_of_the_first() -> None:
    """The same idempotency key with another body would be a conflict."""
    inbox, _ = inbox_of("called")
    assert inbox.url_of(case("again", repeats="one")) == inbox.url_of(case("one"))


def test_the_first_delivery_is_refused_where_another_attempt_is_promised() -> None:
    inbox, _ = inbox_of("called")
    url = inbox.url_of(case())
    assert [inbox.take(post(url)) for _ in range(3)] == [500, 200, 200]


def test_about_a_task_that_shall_fail_the_first_is_taken() -> None:
    inbox, _ = inbox_of("called")
    assert inbox.take(post(inbox.url_of(case(expect="either")))) == 200


def test_where_no_attempt_is_promised_the_first_is_taken() -> None:
    inbox, _ = inbox_of("signed")
    assert inbox.take(post(inbox.url_of(case()), method="PUT")) == 200


def test_what_comes_is_a_request_of_theirs_and_a_reply_of_ours() -> None:
    inbox, lines = inbox_of("called")
    inbox.take(post(inbox.url_of(case()), b'{"task": "t1"}', x_toy_event="done"))
    asked, answered = lines.entries
    assert isinstance(asked, Asked)
    assert isinstance(answered, Answered)
    assert (asked.phase, asked.case, asked.request.body) == ("callback", "one", b'{"task": "t1"}')
    assert asked.request.headers == (("x-toy-event", "done"),)
    assert answered.reply is not None
    assert answered.reply.status == 500


def test_nothing_secret_is_written_down() -> None:
    inbox, lines = inbox_of("signed")
    body = b'{"task": "t1", "key": "sk-very-secret"}'
    signature = hmac.new(b"test-secret", b"e1.17." + body, hashlib.sha256).hexdigest()
    url = inbox.url_of(case())
    signed = {"x_toy_id": "e1", "x_toy_time": "17", "x_toy_signature": f"v1={signature}"}
    inbox.take(post(url, body, "PUT", authorization="Bearer abc", **signed))
    asked = lines.entries[0]
    assert isinstance(asked, Asked)
    assert asked.facts == {"signature": "valid"}
    shown = repr(asked)
    assert signature not in shown
    assert "sk-very-secret" not in shown
    assert "Bearer abc" not in shown


def test_somebody_who_does_not_know_an_address_is_turned_away() -> None:
    inbox, lines = inbox_of("called")
    inbox.url_of(case())
    assert inbox.take(post("https://callbacks.example/conformance/guess")) == 404
    assert lines.entries == []


def test_another_method_is_seen_and_not_taken() -> None:
    inbox, lines = inbox_of("called")
    assert inbox.take(post(inbox.url_of(case()), method="GET")) == 405
    assert len(lines.entries) == 2
    slot = inbox.slot_of(case())
    assert slot is not None
    assert slot.acknowledged_s is None


def test_no_more_is_written_down_than_anybody_needs() -> None:
    inbox, lines = inbox_of("called")
    url = inbox.url_of(case())
    answers = [inbox.take(post(url)) for _ in range(50)]
    assert answers[-1] == 429
    assert len(lines.entries) == 40
    gets, more = inbox_of("called")
    url = gets.url_of(case())
    assert [gets.take(post(url, method="GET")) for _ in range(50)][-1] == 429
    assert len(more.entries) == 40
