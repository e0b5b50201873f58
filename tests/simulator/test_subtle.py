"""Each subtle deviation breaks its promise, and leaves the promise beside it alone."""

from __future__ import annotations

import pytest

from conformance.errors import UsageError
from tests.simulator.world import VALID, World, document

KEYED = {"X-Key": "one"}


def status_codes(deviation: str) -> dict[str, int]:
    """How a status query is answered with the right key, a wrong one, and none."""
    world = World(deviations=[deviation])
    path = f"/v1/tasks/{world.make()}"
    keys = {"right": "test-key", "wrong": "another-key", "none": None}
    return {name: world.ask("GET", path, key=key).status for name, key in keys.items()}


@pytest.mark.parametrize(
    ("deviation", "codes"),
    [
        ("any-key=status", (200, 200, 401)),
        ("no-key=status", (200, 401, 200)),
        ("any-key=create", (200, 401, 401)),
    ],
)
def test_one_half_of_looking_at_keys_is_skipped(
    deviation: str, codes: tuple[int, int, int]
) -> None:
    assert tuple(status_codes(deviation).values()) == codes


def test_a_scheme_is_not_known() -> None:
    query = (("api_key", "test-key"),)
    assert World().post(key=None, query=query).status == 202
    assert World(deviations=["scheme-dead=query"]).post(key=None, query=query).status == 401
    with pytest.raises(UsageError, match="unknown scheme 'cookie'"):
        World(deviations=["scheme-dead=cookie"])


def test_references_of_one_media_type_are_refused() -> None:
    world = World(deviations=["refuse-media=images:image/png"])
    assert world.post({**VALID, "images": ["https://images.example/a.webp"]}).status == 202
    assert world.post({**VALID, "images": ["https://images.example/a.png?n=1"]}).status // 100 == 4


@pytest.mark.parametrize(
    ("deviation", "bad", "still_bad"),
    [
        ("fails-later=n:maximum", {"n": 9}, {"n": 0}),
        (
            "fails-later=rule:auto-only-1k",
            {"ratio": "auto", "tier": "2k"},
            {"seed": 1, "style": "x"},
        ),
    ],
)
def test_what_breaks_one_statement_fails_only_later(
    deviation: str, bad: dict[str, object], still_bad: dict[str, object]
) -> None:
    world = World(deviations=[deviation])
    assert world.task(world.make(**bad), after_s=100)["state"] == "broken"
    assert world.post({**VALID, **still_bad}).status // 100 == 4
    assert world.task(world.make(), after_s=100)["state"] == "done"


def test_a_task_that_succeeded_fails_when_it_is_asked_about_again() -> None:
    world = World(deviations=["terminal-flips"])
    task_id = world.make()
    assert [world.task(task_id, after_s=100)["state"] for _ in range(2)] == ["done", "broken"]


def test_a_repeated_key_is_refused_and_another_key_is_not() -> None:
    world = World(deviations=["repeat-refused"])
    assert [world.post(headers=KEYED).status // 100 for _ in range(2)] == [2, 4]
    assert world.post(headers={"X-Key": "two"}).status == 202
    assert world.post().status == 202


def test_only_the_errors_of_one_operation_have_another_shape() -> None:
    world = World(deviations=["error-shape=create"])
    assert "problems" in document(world.post({}))
    assert "problems" not in document(world.ask("GET", "/v1/tasks/unknown"))


@pytest.mark.parametrize("which", ["swapped", "stretched"])
def test_only_pictures_without_a_table_have_another_ratio(which: str) -> None:
    world = World(deviations=[f"ratio={which}"])
    plain = World()
    for each in (world, plain):
        each.make(ratio="2:3")
        each.make(ratio="1:1")
    sizes = [task.sizes[0] for task in world.sim.tasks.values()]
    faithful = [task.sizes[0] for task in plain.sim.tasks.values()]
    assert sizes[0] != faithful[0]
    assert sizes[1] == faithful[1]


def test_a_place_can_be_asked_for_in_one_state_alone() -> None:
    world = World(deviations=["drop=status?task.state=done:task.model"])
    task_id = world.make()
    assert "model" in world.task(task_id)
    assert "model" not in world.task(task_id, after_s=100)


def test_a_place_can_be_asked_for_in_the_errors_of_one_status_alone() -> None:
    world = World(deviations=["drop=error:create?401:error.message"])
    assert "message" not in document(world.post(key=None))["error"]
    assert "message" in document(world.post(b"{"))["error"]


def test_refusals_of_one_status_get_another() -> None:
    world = World(deviations=["status=create:401=418"])
    refused = world.post(key=None)
    assert (refused.status, document(refused)["error"]["code"]) == (418, 418)
    assert world.ask("GET", "/v1/tasks/x", key=None).status == 401


def test_a_task_is_told_about_that_nobody_named() -> None:
    from conformance.contract.loading import load_contract
    from conformance.simulator.app import simulate
    from conformance.simulator.hooks import SimRequest

    contract = load_contract("aigptimage")
    sim = simulate(contract, deviations=["task-by-default"])
    headers = {"authorization": "Bearer test-key", "content-type": "application/json"}
    body = b'{"model": "gpt-image-2-text-to-image", "input": {"prompt": "a red kite"}}'
    create = contract.operation("create")
    status = contract.operation("status")
    assert create is not None
    assert status is not None
    made = sim.answer(
        SimRequest(method="POST", path=create.path, origin="x", headers=headers, body=body)
    )
    asked = sim.answer(SimRequest(method="GET", path=status.path, origin="x", headers=headers))
    assert document(asked)["data"]["taskId"] == document(made)["data"]["taskId"]
