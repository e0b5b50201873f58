"""Callbacks: what is the vendor's is read, what is not is refused, and what came before is known again."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from conformance import Webhooks
from conformance.contract.loading import load_contract
from conformance.errors import BadCallback, NotOffered
from conformance.simulator.app import simulate
from conformance.simulator.callbacks import TEST_SECRET, callback_choices, in_process
from conformance.simulator.clock import VirtualClock
from conformance.wire.exchange import Request
from tests.client.world import sim_request

loaded = cache(load_contract)
VENDORS = ("apipod", "toapis")


def deliveries(vendor: str, images: bool = False, **choices: str) -> list[Request]:
    """What a simulator posts about one task."""
    contract, clock = loaded(vendor), VirtualClock()
    posted: list[Request] = []

    def answer(request: Request) -> int:
        posted.append(request)
        return 200

    app = simulate(
        contract, clock=clock, choices=choices, key="test-key", deliver=in_process(answer)
    )
    body: dict[str, Any] = {
        "model": "gpt-image-2",
        "prompt": "a cat",
        "callback_url": "http://127.0.0.1:1/x",
    }
    if images:
        body["image_urls"] = ["https://unreachable.invalid/a.png"]
    headers = (("Authorization", "Bearer test-key"), ("Content-Type", "application/json"))
    url = f"{contract.base_url}/v1/images/generations"
    sent = Request(method="POST", url=url, headers=headers, body=json.dumps(body).encode())
    assert app.answer(sim_request(sent)).status == 200
    clock.advance(600)
    return posted


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_documented_delivery_is_understood(vendor: str) -> None:
    known = callback_choices(loaded(vendor))
    ways = [{name: each} for name, listed in known.items() for each in listed]
    for choices in ways:
        if choices.get("callback:sent") == "none":
            continue
        posted = deliveries(vendor, **choices)
        event = Webhooks(loaded(vendor), secret=TEST_SECRET).receive(
            posted[0].headers, posted[0].body
        )
        assert event.is_new, choices
        assert event.verified is (vendor == "toapis")
        if vendor == "apipod":
            assert (event.phase, bool(event.snapshot.urls)) == ("succeeded", True), choices
        else:  # no page says what its callbacks hold
            assert event.id.startswith("evt_"), choices


def test_a_failure_is_told() -> None:
    posted = deliveries("apipod", images=True)[0]
    event = Webhooks("apipod").receive(dict(posted.headers), posted.body)
    assert (event.phase, event.snapshot.urls) == ("failed", ())
    assert event.snapshot.failure_message


def test_a_second_delivery_is_known_again_unless_forgotten() -> None:
    hooks, posted = Webhooks("apipod"), deliveries("apipod")[0]
    first = hooks.receive(posted.headers, posted.body)
    again = hooks.receive(posted.headers, posted.body)
    assert (first.is_new, again.is_new, first.id == again.id) == (True, False, True)
    hooks.forget(again)
    assert hooks.receive(posted.headers, posted.body).is_new


def test_only_so_many_are_remembered() -> None:
    hooks = Webhooks("apipod", remember=2)
    posted = deliveries("apipod")[0]
    document = json.loads(posted.body)
    seen = [
        hooks.receive((), json.dumps(document | {"task_id": name}).encode()).is_new
        for name in ("a", "b", "a", "c", "b", "a")
    ]
    assert seen == [True, True, False, True, True, True]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("body", "invalid"),
        ("secret", "invalid"),
        ("header", "missing"),
        ("no secret", "give the secret"),
    ],
)
def test_what_is_not_signed_as_documented_is_refused(change: str, why: str) -> None:
    posted = deliveries("toapis")[0]
    body = posted.body + b" " if change == "body" else posted.body
    headers = () if change == "header" else posted.headers
    secret = {"secret": "other", "no secret": ""}.get(change, TEST_SECRET)
    with pytest.raises(BadCallback, match=why) as caught:
        Webhooks("toapis", secret=secret).receive(headers, body)
    assert TEST_SECRET not in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"task_id": "x"}', b"\xff", b'"x"'])
def test_what_is_about_no_task_is_refused(body: bytes) -> None:
    with pytest.raises(BadCallback):
        Webhooks("apipod").receive((), body)


def test_a_vendor_without_callbacks_says_so() -> None:
    with pytest.raises(NotOffered, match="apimart documents no callbacks"):
        Webhooks("apimart")
