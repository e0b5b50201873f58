"""A creation: what is sent again and when, and what is known in the end."""

from __future__ import annotations

import json

import pytest

from conformance.client.steps import Answer, Ask
from conformance.errors import (
    AuthRefused,
    ClientError,
    ContractViolation,
    DeadlineExceeded,
    InsufficientCredits,
    OutcomeUnknown,
    RateLimited,
    Refused,
)
from conformance.wire.exchange import Reply, header
from tests.client.troubles import TROUBLES
from tests.client.world import World


def after(*names: str, vendor: str = "aigptimage", timeout_s: float = 600.0) -> World:
    """A world in which creations meet these troubles in turn, and then none; asked once."""
    coming = list(names)

    def trouble(world: World, ask: Ask) -> Answer | None:
        return TROUBLES[coming.pop(0)](world, ask) if coming and ask.creates else None

    world = World(vendor, trouble=trouble)
    world.caught = None
    try:
        world.run(world.talk.submit({"prompt": "a cat"}, timeout_s))
    except ClientError as error:
        world.caught = error
    return world


def refused_with(status: int, *headers: tuple[str, str], vendor: str = "aigptimage") -> World:
    def trouble(world: World, ask: Ask) -> Answer | None:
        body = json.dumps({"code": status, "msg": "no", "data": None}).encode()
        return Answer(reply=Reply(status=status, headers=headers, body=body))

    world = World(vendor, trouble=trouble)
    with pytest.raises(ClientError) as caught:
        world.run(world.talk.submit({"prompt": "a cat"}, 600.0))
    world.caught = caught.value
    return world


# --- patience


def test_after_429_it_waits_1_2_and_4_seconds_with_jitter() -> None:
    world = refused_with(429)
    assert isinstance(world.caught, RateLimited)
    assert [round(s / 2**n) for n, s in enumerate(world.slept)] == [1, 1, 1]
    assert len(set(world.slept)) == 3
    assert (len(world.creations()), world.caught.charged) == (4, False)


def test_retry_after_is_heeded() -> None:
    world = refused_with(429, ("Retry-After", "7"))
    assert world.slept == [7.0, 7.0, 7.0]
    assert isinstance(world.caught, RateLimited)
    assert world.caught.retry_after_s == 7.0


def test_nothing_is_waited_for_beyond_the_deadline() -> None:
    world = after("throttled_long", timeout_s=20.0)
    assert isinstance(world.caught, RateLimited)
    assert world.slept == []


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Refused),
        (401, AuthRefused),
        (402, InsufficientCredits),
        (404, Refused),
        (422, Refused),
    ],
)
def test_a_refusal_is_never_repeated(status: int, kind: type[ClientError]) -> None:
    world = refused_with(status)
    assert type(world.caught) is kind
    assert (len(world.creations()), world.slept) == (1, [])
    assert (world.caught.status, world.caught.code, world.caught.charged) == (
        status,
        str(status),
        False,
    )


def test_an_undocumented_refusal_leaves_open_what_was_charged() -> None:
    assert refused_with(418).caught.charged is None


# --- money


@pytest.mark.parametrize("trouble", ["reset_after", "failed_after", "gateway_after", "page", "cut"])
@pytest.mark.parametrize("vendor", ["gptimage2api", "toapis", "apimart"])
def test_without_a_stated_promise_it_is_sent_once(trouble: str, vendor: str) -> None:
    """At apimart the promise about keys only follows from what its own client does."""
    world = after(trouble, vendor=vendor)
    assert isinstance(world.caught, OutcomeUnknown)
    assert (len(world.creations()), world.simulator.creations) == (1, 1)
    assert (world.caught.charged, world.caught.request["prompt"]) == (None, "a cat")
    assert bool(world.caught.idempotency_key) is (vendor == "apimart")


@pytest.mark.parametrize("trouble", ["reset_after", "failed_after", "gateway_after", "page", "cut"])
@pytest.mark.parametrize("vendor", ["aigptimage", "apipod"])
def test_with_one_it_is_sent_again_under_the_same_key_and_charged_once(
    trouble: str, vendor: str
) -> None:
    world = after(trouble, vendor=vendor)
    assert world.caught is None
    assert world.contract.idempotency is not None
    name = world.contract.idempotency.header
    keys = {header(ask.request.headers, name) for ask in world.creations()}
    bodies = {ask.request.body for ask in world.creations()}
    assert (len(world.creations()), len(keys), len(bodies)) == (2, 1, 1)
    assert world.simulator.creations == 1


@pytest.mark.parametrize(
    "later", [["throttled"] * 9, ["forbidden"], ["not_connected"] * 9, ["key_repeated"]]
)
def test_no_later_answer_makes_an_unknown_outcome_known(later: list[str]) -> None:
    world = after("reset_after", *later)
    assert isinstance(world.caught, OutcomeUnknown)
    assert world.caught.charged is None
    assert world.caught.attempts == len(world.creations()) > 1


def test_every_creation_has_a_key_of_its_own() -> None:
    world = World("aigptimage")
    for _ in range(2):
        world.run(world.talk.submit({"prompt": "a cat"}, 60.0))
    assert world.simulator.creations == 2


def test_a_key_of_ones_own_gives_the_same_task() -> None:
    world = World("aigptimage")
    words = {"prompt": "a cat", "idempotency_key": "order-7"}
    tasks = [world.run(world.talk.submit(words, 60.0)) for _ in range(2)]
    assert (tasks[0].id == tasks[1].id, world.simulator.creations) == (True, 1)
    assert tasks[0].idempotency_key == "order-7"


@pytest.mark.parametrize(
    ("vendor", "key"), [("gptimage2api", "x"), ("apipod", "x" * 256), ("apipod", "a b")]
)
def test_a_key_that_cannot_be_sent_is_refused(vendor: str, key: str) -> None:
    world = World(vendor)
    words = {"prompt": "a cat", "idempotency_key": key}
    with pytest.raises(ContractViolation):
        world.run(world.talk.submit(words, 60.0))
    assert world.asked == []


def test_no_time_at_all_sends_nothing() -> None:
    world = after(timeout_s=0.0)
    assert isinstance(world.caught, DeadlineExceeded)
    assert (world.asked, world.caught.charged) == ([], False)
