"""The client through random trouble: whatever happens on the wire, its promises hold."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from conformance.client.answers import Result, Task
from conformance.client.steps import Answer, Ask
from conformance.contract.loading import contract_names
from conformance.errors import ClientError, DownloadFailed
from tests.client.promises import called
from tests.client.troubles import TROUBLES
from tests.client.world import World

names = st.sampled_from(sorted(TROUBLES))


class Client(RuleBasedStateMachine):
    """A vendor, its client, and the trouble that is still to come."""

    @initialize(vendor=st.sampled_from(contract_names()), seed=st.integers(0, 99))
    def begin(self, vendor: str, seed: int) -> None:
        self.coming: list[str] = []
        self.results: list[Result] = []
        self.tasks: list[Task] = []
        self.world = World(vendor, trouble=self._trouble, seed=seed)

    def _trouble(self, world: World, ask: Ask) -> Answer | None:
        name = self.coming.pop(0) if self.coming else ""
        return TROUBLES[name](world, ask) if name else None

    @rule(name=names)
    def trouble_ahead(self, name: str) -> None:
        self.coming.append(name)

    @rule(many=st.integers(1, 4))
    def quiet_ahead(self, many: int) -> None:
        self.coming += [""] * many

    @rule(name=names, many=st.integers(2, 12))
    def the_same_again_and_again(self, name: str, many: int) -> None:
        self.coming += [name] * many

    @rule(
        timeout_s=st.sampled_from([0.0, 3.0, 20.0, 120.0, 600.0]),
        prompt=st.sampled_from(["a cat", "a dog"]),
        failing=st.booleans(),
    )
    def generate(self, timeout_s: float, prompt: str, failing: bool) -> None:
        images = {"images": ["https://unreachable.invalid/x.png"]} if failing else {}
        call = called(self.world, timeout_s, {"prompt": prompt, **images})
        self.results += [call.result] if call.result else []
        self.tasks += [call.task] if call.task else []
        self.coming.clear()

    @precondition(lambda self: self.results)
    @rule(timeout_s=st.sampled_from([0.0, 3.0, 60.0]), most=st.sampled_from([20, 1_000_000]))
    def fetch(self, timeout_s: float, most: int) -> None:
        result, started_s = self.results[-1], self.world.clock.now()
        flow = self.world.talk.fetch(result.urls[0], result.task_id, timeout_s, most)
        with suppress(DownloadFailed):
            assert len(self.world.run(flow)) <= most
        assert self.world.clock.now() <= started_s + timeout_s + 1e-6
        assert not any(a.keyed for a in self.world.asked if "/_results/" in a.request.url)
        self.coming.clear()

    @precondition(lambda self: self.tasks)
    @rule(timeout_s=st.sampled_from([3.0, 60.0, 600.0]))
    def wait_again(self, timeout_s: float) -> None:
        """A task is asked about as often as one likes, and never made again."""
        task, before = self.tasks[0], self.world.simulator.creations
        caught: ClientError | None = None
        try:
            assert self.world.run(self.world.talk.wait(task, timeout_s, None)).urls
        except ClientError as error:
            caught = error
        assert caught is None or caught.task_id == task.id
        assert self.world.simulator.creations == before
        self.coming.clear()


def test_its_promises_hold_through_any_trouble() -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]  # of Hypothesis
        Client, settings=settings(max_examples=40, stateful_step_count=20, derandomize=True)
    )


@pytest.mark.parametrize("vendor", contract_names())
def test_its_promises_hold_through_trouble_by_chance(vendor: str) -> None:
    rng = random.Random(vendor)
    listed = sorted(TROUBLES)

    def trouble(world: World, ask: Ask) -> Answer | None:
        return TROUBLES[rng.choice(listed)](world, ask) if rng.random() < share else None

    world = World(vendor, trouble=trouble)
    ended = []
    for _ in range(60):
        share = rng.choice([0.0, 0.1, 0.4, 0.9])
        ended.append(called(world, rng.choice([5.0, 60.0, 600.0]), {"prompt": "a cat"}))
    assert any(call.result for call in ended)
    assert any(call.error for call in ended)
