"""What the client promises whatever happens on the wire, held against a world after one call."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import Any

from conformance.client.answers import Result, Task
from conformance.errors import ClientError, ContractViolation
from tests.client.world import KEY, World

__all__ = ["Call", "called"]


@dataclass(slots=True)
class Call:
    """One call of the client, and what it came to."""

    result: Any = None
    error: ClientError | None = None
    task: Task | None = None


def called(world: World, timeout_s: float, words: dict[str, Any]) -> Call:
    """
    Generate a picture, and hold the promises against what happened.

    Raises:
        AssertionError: One was broken.
    """
    started_s, before = world.clock.now(), world.simulator.creations
    charged = world.simulator.charged
    call = Call()

    def keep(task: Task) -> None:
        call.task = task

    try:
        call.result = world.run(world.talk.generate(words, timeout_s, None, keep))
    except ClientError as error:
        call.error = error
        _no_key_in(error)
    made = world.simulator.creations - before
    assert made <= 1, "charged twice"
    assert world.clock.now() <= started_s + timeout_s + 1e-6, "past its deadline"
    _told_truly(world, call, made, paid=world.simulator.charged - charged)
    return call


def _told_truly(world: World, call: Call, made: int, *, paid: float) -> None:
    error = call.error
    if isinstance(call.result, Result):
        assert call.result.urls, "a success without pictures"
        assert made == 1, "a success of nothing"
        assert call.result.task_id in world.simulator.tasks
        assert f"/{call.result.task_id}/" in call.result.urls[0], "the pictures of another task"
        return
    assert error is not None
    if call.task is not None:
        assert error.task_id == call.task.id, "lost a task id that it had seen"
    if isinstance(error, ContractViolation):
        assert not made
    if error.charged is False and not error.task_id:
        assert made == 0, f"said that nothing was charged: {error!r}"
    if error.charged is True:
        assert paid or made, f"said that it was charged: {error!r}"


def _no_key_in(error: BaseException) -> None:
    """The key is in nothing that anybody may write down."""
    texts = [str(error), repr(error), repr(vars(error)), *getattr(error, "__notes__", ())]
    seen: BaseException | None = error
    while seen is not None:
        texts += [str(seen), repr(seen.args)]
        for frame in traceback.walk_tb(seen.__traceback__):
            if "/conformance/" in frame[0].f_code.co_filename:
                texts += [repr(value) for value in frame[0].f_locals.values()]
        seen = seen.__cause__ or seen.__context__
    assert not any(KEY in text for text in texts), "the key is in an error"
