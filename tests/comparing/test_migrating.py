"""What the page says of moving: requests that simulators accept and the client would send, and losses that are some."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from conformance.client.preparing import Preparer
from conformance.comparing.compare import compare
from conformance.comparing.migrating import Move, moves
from conformance.comparing.spelling import Spelt, request_in, same_value
from conformance.contract.model import Charge, Charging, Contract
from conformance.contract.paths import find
from conformance.simulator.app import simulate
from conformance.simulator.clock import VirtualClock
from conformance.wire.exchange import Request
from conformance.wire.transports import AsgiTransport
from tests.contract.toys import VENDORS, contract, field, named

FIVE = [named(name) for name in VENDORS]
ALL_MOVES = {(m.before, m.after): m for m in moves(FIVE, compare(FIVE))}
WISHES: list[dict[str, Any]] = [
    {"prompt": "A lighthouse at dawn", "aspect_ratio": "16:9", "resolution": "2K"},
    {"prompt": "Make it winter", "images": ["https://example.com/it.png"], "aspect_ratio": "1:1"},
    {"prompt": "A boat"},
]


def move(fields: Mapping[str, Any], others: Mapping[str, Any]) -> Move:
    """Between two small vendors whose creations have these fields beside a prompt."""
    prompt = {"prompt": field(required=True, role="prompt")}
    here = contract({**prompt, **fields})
    there = contract({**prompt, **others}, vendor="other")
    return next(iter(moves([here, there], compare([here, there]))))


def answer(of: Contract, said: Spelt) -> tuple[int, Any]:
    """What the vendor's simulator says to the request."""
    clock = VirtualClock()
    app = simulate(of, clock=clock, choices=dict(said.dialect))
    scheme = of.auth[0]
    request = Request(
        method=said.line.split()[0],
        url=f"{of.base_url}{said.line.split()[1]}",
        headers=(
            (scheme.parameter, f"{scheme.prefix}test-key"),
            ("Content-Type", "application/json"),
        ),
        body=json.dumps(said.body).encode(),
    )
    transport = AsgiTransport(app, clock.now)
    reply = asyncio.run(transport.send(request, timeout_s=60, max_body_bytes=1_000_000))
    return reply.status, reply.json()


@pytest.mark.parametrize("wish", WISHES, ids=["text", "picture", "plain"])
@pytest.mark.parametrize("vendor", VENDORS)
def test_what_is_shown_is_accepted_by_the_simulator(vendor: str, wish: dict[str, Any]) -> None:
    of = named(vendor)
    said = request_in(of, wish)
    assert said is not None
    status, body = answer(of, said)
    assert status in (200, 201, 202)
    create = of.operation("create")
    assert create is not None
    ids = [find(body, f.path) for f in create.reply if f.role == "task_id"]
    assert any(ids), body


@pytest.mark.parametrize("wish", WISHES, ids=["text", "picture", "plain"])
@pytest.mark.parametrize("vendor", VENDORS)
def test_the_client_would_send_the_same(vendor: str, wish: dict[str, Any]) -> None:
    of = named(vendor)
    said = request_in(of, wish)
    assert said is not None
    words = {word: wish[word] for word in said.words}
    create = of.operation("create")
    assert create is not None
    roles = {f.role: f.path for f in create.fields}
    model = find(said.body, roles["model"])[0]
    prepared = Preparer(of, dict(said.dialect)).prepare({**words, "model": model})
    assert prepared.body == said.body


def test_every_vendor_has_a_request_and_its_heir_is_said_or_missed() -> None:
    assert len(ALL_MOVES) == len(VENDORS) * (len(VENDORS) - 1)
    for each in ALL_MOVES.values():
        assert each.examples
        for example in each.examples:
            after = example.after.words if example.after else ()
            lost = set(example.before.words) - set(after)
            assert len(example.dropped) == len(lost)


def test_a_field_that_the_other_lacks_is_lost() -> None:
    found = move({"seed": field(role="seed")}, {}).changes
    assert [(c.about, c.effect) for c in found] == [("prompt", "same"), ("seed", "lost")]


def test_another_name_is_no_loss_and_a_lower_limit_is() -> None:
    ratio = {"enum": ["1:1", "16:9"], "role": "aspect_ratio"}
    fewer = {"enum": ["1:1"], "role": "aspect_ratio"}
    renamed = move({"ratio": field(**ratio)}, {"size": field(**ratio)}).changes[-1]
    assert (renamed.effect, renamed.before, renamed.after) == ("renamed", "ratio", "size")
    narrower = move({"ratio": field(**ratio)}, {"size": field(**fewer)}).changes[-1]
    assert (narrower.effect, narrower.says) == ("narrower", "without 16:9")
    wider = move({"ratio": field(**fewer)}, {"size": field(**ratio)}).changes[-1]
    assert wider.effect == "renamed"


def test_a_value_in_another_spelling_is_the_same() -> None:
    tiers = field(enum=["1K", "2K"], role="resolution")
    other = field(enum=["1024", "2048"], role="resolution")
    assert move({"resolution": tiers}, {"resolution": other}).changes[-1].effect == "same"
    assert same_value("2K", ["1k", "2k"]) == "2k"
    assert same_value("4K", ["1k", "2k"]) is None


def priced(amount: float, unit: str, vendor: str) -> Contract:
    cell = Charge(name="any", any_of=(amount,))
    return replace(contract(vendor=vendor), charging=Charging(unit=unit, cells=(cell,)))


@pytest.mark.parametrize(
    ("here", "there", "effect"),
    [
        ((0.02, "USD"), (0.05, "USD"), "dearer"),
        ((0.05, "USD"), (0.02, "USD"), "cheaper"),
        ((0.02, "USD"), (0.02, "USD"), "same"),
        ((3, "credits"), (0.02, "USD"), "unknown"),
        ((3, "credits"), (5, "credits"), "unknown"),
    ],
)
def test_prices_are_compared_in_dollars_alone(
    here: tuple[float, str], there: tuple[float, str], effect: str
) -> None:
    pair = [priced(*here, "one"), priced(*there, "two")]
    found = next(iter(moves(pair, compare(pair)))).costs
    assert [cost.effect for cost in found] == [effect]
    assert found[0].before == f"{here[0]:g} {here[1]}"


def test_a_vendor_moved_to_itself_in_other_words_loses_nothing() -> None:
    same = {"seed": field(role="seed")}
    found = move(same, same)
    assert {c.effect for c in found.changes} == {"same"}
    assert found.examples[0].dropped == ()
