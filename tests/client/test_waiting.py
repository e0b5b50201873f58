"""Waiting for a task: how often it is asked about, and what ends it."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.client.answers import Task
from conformance.client.steps import Answer, Ask
from conformance.errors import (
    AuthRefused,
    DeadlineExceeded,
    MalformedReply,
    NotOffered,
    TaskFailed,
    UnknownTask,
    UsageError,
)
from tests.client.troubles import TROUBLES
from tests.client.world import World


def polling(vendor: str, *names: str, always: str = "", **more: Any) -> World:
    """A world in which polls meet these troubles in turn."""
    coming = list(names)

    def trouble(world: World, ask: Ask) -> Answer | None:
        if ask.creates:
            return None
        name = coming.pop(0) if coming else always
        return TROUBLES[name](world, ask) if name else None

    return World(vendor, trouble=trouble, **more)


@pytest.mark.parametrize(
    ("vendor", "first_s", "low_s", "high_s"),
    [
        ("apimart", 10, 3, 5),
        ("toapis", 5, 5, 10),
        ("apipod", 2, 2, 30),
        ("gptimage2api", 2, 2, 30),
    ],
)
def test_it_polls_as_documented(vendor: str, first_s: int, low_s: int, high_s: int) -> None:
    world = World(vendor, choices={"pace": "slow"})
    world.generate(timeout_s=900.0, prompt="a cat")
    assert world.slept[0] == first_s
    assert all(low_s <= wait_s <= high_s for wait_s in world.slept[1:])
    assert len(world.slept) > 2


@pytest.mark.parametrize(
    "trouble", ["failed_before", "reset_before", "gateway_before", "throttled"]
)
def test_trouble_while_polling_says_nothing_of_the_task(trouble: str) -> None:
    world = polling("aigptimage", *[trouble] * 8)
    assert world.generate(prompt="a cat").urls
    assert len(world.creations()) == 1
    gaps = world.slept[1:]
    assert min(gaps) >= 2.0  # documents name no pace here


def test_a_deadline_is_no_failure_and_the_task_can_be_waited_for_again() -> None:
    world = polling("aigptimage", always="reset_before")
    task = world.run(world.talk.submit({"prompt": "a cat"}, 60.0))
    with pytest.raises(DeadlineExceeded, match="reset") as caught:
        world.run(world.talk.wait(task, 30.0, None))
    assert caught.value.task_id == task.id
    world.trouble = lambda world, ask: None
    assert world.run(world.talk.wait(task.id, 60.0, None)).urls
    assert Task.from_json(task.to_json()) == task


def test_a_success_without_pictures_is_not_one_yet() -> None:
    world = polling("apimart", "", "", "", "emptied", "emptied")
    assert world.generate(timeout_s=600.0, prompt="a cat").urls


def test_and_never_becomes_one() -> None:
    world = polling("apimart", always="emptied")
    with pytest.raises(MalformedReply, match="without pictures") as caught:
        world.generate(timeout_s=600.0, prompt="a cat")
    assert caught.value.task_id in world.simulator.tasks


def test_a_state_that_nobody_knows_is_waited_out() -> None:
    world = polling("apipod", "unknown_state", "unknown_state")
    assert world.generate(prompt="a cat").urls


@pytest.mark.parametrize(
    ("vendor", "charged"),
    [
        ("gptimage2api", False),  # the reply says that it was given back
        ("apimart", False),  # a failed task shows no charge
        ("aigptimage", None),  # nobody says
        ("toapis", None),
    ],
)
def test_a_failure_says_whether_it_was_charged(vendor: str, charged: bool | None) -> None:
    world = World(vendor)
    images = ["https://unreachable.invalid/x.png"]
    with pytest.raises(TaskFailed) as caught:
        world.generate(timeout_s=600.0, prompt="a cat", images=images)
    assert caught.value.charged is charged
    assert caught.value.code


@pytest.mark.parametrize("vendor", ["gptimage2api", "toapis"])
def test_an_unknown_task_is_asked_about_a_few_times(vendor: str) -> None:
    world = World(vendor)
    with pytest.raises(UnknownTask):
        world.run(world.talk.wait("nobody-s", 600.0, None))
    assert len(world.asked) == 3


@pytest.mark.parametrize("trouble", ["forbidden", "key_repeated"])
def test_a_key_that_is_refused_ends_it_at_once(trouble: str) -> None:
    world = polling("aigptimage", always=trouble)
    with pytest.raises(AuthRefused) as caught:
        world.generate(prompt="a cat")
    assert caught.value.task_id in world.simulator.tasks
    assert len(world.asked) == 2


def test_the_pictures_of_another_task_are_not_taken() -> None:
    """No page of toapis says that a status reply repeats the id."""
    world = polling("toapis")
    other = world.generate(prompt="a dog")
    coming = ["another_task"]
    world.trouble = lambda world, ask: (
        None if ask.creates or not coming else TROUBLES[coming.pop()](world, ask)
    )
    mine = world.generate(prompt="a cat")
    assert (coming, mine.urls != other.urls) == ([], True)
    assert f"/{mine.task_id}/" in mine.urls[0]


def test_tasks_of_other_vendors_are_refused() -> None:
    world = World("toapis")
    with pytest.raises(UsageError, match="one of apimart"):
        world.run(world.talk.wait(Task(vendor="apimart", id="x"), 10.0, None))


# --- beside it


def test_several_tasks_are_asked_about_at_once_where_there_is_such_a_thing() -> None:
    world = World("apimart")
    ids = [world.run(world.talk.submit({"prompt": p}, 60.0)).id for p in ("a", "b")]
    world.clock.advance(600)
    found = world.run(world.talk.batch([*ids, "nobody-s"], None))
    assert {name: s.phase for name, s in found.items()} == dict.fromkeys(ids, "succeeded")
    assert all(f"/{name}/" in s.urls[0] for name, s in found.items())
    other = World("toapis")
    with pytest.raises(NotOffered, match="apimart has one"):
        other.run(other.talk.batch(ids, None))


PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


def test_a_picture_is_uploaded_once() -> None:
    world = World("apimart")
    assert world.run(world.talk.upload(PNG, "a.png", None)).url.startswith("https://")
    other = World("apipod")
    with pytest.raises(NotOffered, match="apimart, toapis have one"):
        other.run(other.talk.upload(PNG, "a.png", None))
    lost = polling("apimart", always="reset_after")
    with pytest.raises(Exception, match="no reply"):
        lost.run(lost.talk.upload(PNG, "a.png", None))
    assert len(lost.asked) == 1


def test_what_is_no_picture_is_not_uploaded() -> None:
    world = World("apimart")
    with pytest.raises(Exception, match="no picture; apimart takes image/jpeg"):
        world.run(world.talk.upload(b"%PDF-1.7", "a.pdf", None))
    assert world.asked == []
