"""Each deviation changes exactly what it says."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image, UnidentifiedImageError

from conformance.errors import UsageError
from conformance.simulator.deviations import DEVIATIONS, deviation
from tests.simulator.world import UNREACHABLE, VALID, World, document

BAD = {
    "n": {**VALID, "n": 9},
    "prompt-long": {**VALID, "prompt": "x" * 41},
    "prompt-empty": {**VALID, "prompt": ""},
    "prompt-missing": {"model": "small"},
    "rule": {**VALID, "ratio": "auto", "tier": "2k"},
    "exclusive": {**VALID, "seed": 1, "style": "ink"},
    "image": {**VALID, "images": ["nowhere"]},
    "model": {**VALID, "model": "huge"},
    "json": b"{",
}


def accepted(*deviations: str) -> set[str]:
    """Which of the invalid requests are let through."""
    world = World(deviations=deviations)
    return {name for name, body in BAD.items() if world.post(body).status == 202}


def test_the_faithful_simulator_accepts_nothing_invalid() -> None:
    assert accepted() == set()


@pytest.mark.parametrize(
    ("text", "let_through"),
    [
        ("accept-everything", set(BAD)),
        ("accept=n", {"n"}),
        ("accept=prompt", {"prompt-long", "prompt-empty", "prompt-missing"}),
        ("accept=prompt:maxLength", {"prompt-long"}),
        ("accept=prompt:required", {"prompt-missing"}),
        ("accept=images", {"image"}),
        ("accept=model", {"model"}),
        ("accept=$body", {"json"}),
        ("accept-rule=auto-only-1k", {"rule"}),
        ("accept-rule=seed-or-style", {"exclusive"}),
        ("accepted-then-failed", set(BAD) - {"json"}),
        ("default=ratio=auto", set()),
    ],
)
def test_what_is_let_through_is_what_was_asked_for(text: str, let_through: set[str]) -> None:
    assert accepted(text) == let_through


def test_what_is_accepted_and_then_failed_fails() -> None:
    world = World(deviations=["accepted-then-failed"])
    task_id = document(world.post(BAD["n"]))["id"]
    assert world.task(task_id, after_s=20)["state"] == "broken"
    assert world.task(world.make(), after_s=20)["state"] == "done"


@pytest.mark.parametrize(
    ("text", "body", "status"),
    [
        ("refuse=tier=2k", {**VALID, "tier": "2k"}, 4),
        ("refuse=tier=2k", {**VALID, "tier": "4k"}, 2),
        ("refuse=n=2", {**VALID, "n": 2}, 4),
        ("refuse=n=2", VALID, 2),
        ("refuse=extra", {**VALID, "extra": {}}, 4),
        ("refuse=extra", VALID, 2),
        ("default=ratio=auto", {**VALID, "tier": "2k"}, 4),
        ("default=ratio=auto", {**VALID, "tier": "2k", "ratio": "1:1"}, 2),
        ("refuse-server-error", BAD["n"], 5),
        ("refuse-server-error", VALID, 2),
    ],
)
def test_a_documented_value_is_refused(text: str, body: Any, status: int) -> None:
    assert World(deviations=[text]).post(body).status // 100 == status


def test_an_alias_that_is_dead_is_an_unknown_field() -> None:
    world = World(deviations=["alias-dead=image_urls"])
    assert world.task(world.make(image_urls=[UNREACHABLE]), after_s=20)["state"] == "done"
    assert world.post({**VALID, "image_urls": 7}).status == 202


def test_one_operation_skips_the_key_and_the_other_does_not() -> None:
    world = World(deviations=["skip-auth=status"])
    assert world.ask("GET", f"/v1/tasks/{world.make()}", key=None).status == 200
    assert world.post(key=None).status == 401


def test_one_operation_is_not_where_it_should_be() -> None:
    world = World(deviations=["path=status"])
    assert world.ask("GET", f"/v1/tasks/{world.make()}").status == 404


def test_unknown_tasks_are_invented() -> None:
    world = World(deviations=["invent-task"])
    assert world.task("made-up")["id"] == "made-up"
    assert world.sim.creations == 0


def test_another_content_type_is_accepted() -> None:
    world = World(deviations=["accept=Content-Type"])
    assert world.post(headers={"content-type": "text/plain"}).status == 202


@pytest.mark.parametrize(
    ("text", "cause", "other"),
    [
        ("status=unauthorized=418", 418, 400),
        ("status=bad-json=500", 401, 500),
        ("status=*=418", 418, 418),
    ],
)
def test_one_cause_gets_another_status(text: str, cause: int, other: int) -> None:
    world = World(deviations=[text])
    assert world.post(key=None).status == cause
    reply = world.post(b"{")
    assert reply.status == other
    assert document(reply)["error"]["code"] == other


def test_an_accepted_request_gets_another_status() -> None:
    world = World(deviations=["success=create=201"])
    assert world.post().status == 201
    assert world.post({}).status in (400, 422)


def test_errors_come_inside_a_success() -> None:
    reply = World(deviations=["carried-in-envelope"]).post(key=None)
    assert reply.status == 200
    assert document(reply)["error"]["code"] == 401


def differing(one: Any, other: Any, path: str = "") -> dict[str, tuple[Any, Any]]:
    """Where two documents differ, by path; a missing value is `...`."""
    if isinstance(one, dict) and isinstance(other, dict):
        found = {}
        for key in {*one, *other}:
            found |= differing(one.get(key, ...), other.get(key, ...), f"{path}.{key}".strip("."))
        return found
    return {} if one == other else {path: (one, other)}


STATUS_CHANGES: dict[str, dict[str, tuple[Any, Any]]] = {
    "drop=status:task.note": {"note": (None, ...)},
    "null=status:task.model": {"model": ("small", None)},
    "retype=status:task.model": {"model": ("small", 7)},
    "retype=status:task.cost": {"cost": (0.1, "text")},
    "rename=status:task.ratio": {"ratio": ("1:1", ...), "ratioRenamed": (..., "1:1")},
    "rename=status:task.ratio=shape": {"ratio": ("1:1", ...), "shape": (..., "1:1")},
    "set=status:task.cost=0.5": {"cost": (0.1, 0.5)},
    "set=status:task.model=large": {"model": ("small", "large")},
    "wrong-model-echo": {"model": ("small", "large")},
    "drop=create:id": {},
    "stuck-running": {},
}


@pytest.mark.parametrize("text", STATUS_CHANGES)
def test_one_place_in_the_status_reply_differs(text: str) -> None:
    def told(*deviations: str) -> Any:
        world = World(deviations=deviations)
        world.post()
        return world.task(next(iter(world.sim.tasks)))

    assert differing(told(), told(text)) == STATUS_CHANGES[text]


def test_elements_of_a_list_can_be_changed() -> None:
    world = World(deviations=["rename=status:task.result.images[].url=href"])
    done = world.task(world.make(n=2), after_s=20)
    assert [set(image) for image in done["result"]["images"]] == [{"href"}, {"href"}]


def test_one_place_in_the_errors_of_one_operation_differs() -> None:
    world, plain = World(deviations=["drop=error:create:error.type"]), World()
    assert set(differing(document(plain.post({})), document(world.post({})))) == {"error.type"}
    assert world.post().body == plain.post().body
    path = "/v1/tasks/x"
    assert world.ask("GET", path).body == plain.ask("GET", path).body


def ended(*deviations: str, **fields: Any) -> Any:
    world = World(deviations=deviations)
    return world.task(world.make(**fields), after_s=20)


def test_another_id_is_told_than_asked_about() -> None:
    assert set(differing(ended(), ended("wrong-task-echo"))) == {"id"}


def test_times_are_in_another_unit() -> None:
    changed = differing(ended(), ended("time-unit"))
    assert set(changed) == {"created", "finished", "updated", "took"}
    assert changed["created"][1] == changed["created"][0] * 1000
    assert changed["finished"][1] == changed["finished"][0] // 1000
    assert changed["updated"][1].isdecimal()


def test_a_task_ends_before_it_begins() -> None:
    done = ended("time-reversed")
    assert done["finished"] < done["created"] * 1000
    assert set(differing(ended(), done)) == {"finished", "updated"}


def test_a_result_is_missing() -> None:
    assert differing(ended(), ended("result-missing")).keys() == {"result.images"}


def test_nothing_is_refunded() -> None:
    world = World(deviations=["not-refunded"])
    failed = world.task(world.make(images=[UNREACHABLE]), after_s=20)
    assert failed["refunded"] is False
    assert world.sim.refunded == 0


def states(world: World, **fields: Any) -> list[Any]:
    task_id = world.make(**fields)
    return [world.task(task_id, after_s=3)["state"] for _ in range(5)]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("state-unknown=napping", ["napping", "napping", "done", "done", "done"]),
        ("state-reversed", ["drawing", "queued", "done", "done", "done"]),
        ("terminal-left", ["queued", "drawing", "done", "drawing", "drawing"]),
        ("stuck-running", ["queued", "drawing", "drawing", "drawing", "drawing"]),
        ("always-failed", ["queued", "drawing", "broken", "broken", "broken"]),
    ],
)
def test_tasks_go_through_other_states(text: str, seen: list[str]) -> None:
    assert states(World(deviations=[text])) == seen


def test_progress_runs_backwards() -> None:
    world = World(deviations=["progress-backwards"])
    task_id = world.make()
    seen = [world.task(task_id, after_s=1)["progress"] for _ in range(4)]
    assert seen == sorted(seen, reverse=True)
    assert world.task(task_id, after_s=50)["progress"] == 100


@pytest.mark.parametrize(
    ("text", "costs"),
    [
        ("charge-off-by-one", [1.1, 1.4]),
        ("charge-tier-ignored", [0.1, 0.1]),
        ("param-dropped=tier", [0.1, 0.1]),
    ],
)
def test_another_amount_is_charged(text: str, costs: list[float]) -> None:
    world = World(deviations=[text])
    assert [document(world.post({**VALID, "tier": t}))["cost"] for t in ("1k", "4k")] == costs
    assert world.sim.charged == pytest.approx(sum(costs))


def test_refusals_are_charged() -> None:
    world = World(deviations=["charge-on-refusal"])
    world.post({**VALID, "n": 9})
    assert world.sim.charged > 0
    assert world.sim.creations == 0


def test_the_idempotency_key_is_ignored() -> None:
    world = World(deviations=["idempotency-ignored"])
    for _ in range(2):
        world.post(headers={"X-Key": "k"})
    assert world.sim.creations == 2


def test_another_body_under_the_same_key_is_answered_otherwise() -> None:
    world = World(deviations=["other-body=same-task"])
    ids = {document(world.post({**VALID, "seed": n}, headers={"X-Key": "k"}))["id"] for n in (1, 2)}
    assert len(ids) == 1


def test_a_replay_is_not_marked() -> None:
    world = World(deviations=["replay-header-missing"])
    again = [world.post(headers={"X-Key": "k"}) for _ in range(2)][1]
    assert ("X-Replayed", "true") not in again.headers


def test_errors_are_huge() -> None:
    assert len(World(deviations=["huge-error"]).post({}).body) > 5_000_000
    assert len(World(deviations=["huge-error=1000"]).post({}).body) < 2_000
    assert World(deviations=["huge-error"]).post().body == World().post().body


def size(*deviations: str, **fields: Any) -> tuple[int, int]:
    (reply,) = World(deviations=deviations).pictures(**fields)
    return Image.open(io.BytesIO(reply.body)).size


@pytest.mark.parametrize(
    ("text", "fields", "wanted"),
    [
        ("pixels=0.5", {}, (50, 50)),
        ("pixels=2", {"ratio": "16:9"}, (512, 288)),
        ("pixels=swapped", {"ratio": "16:9"}, (144, 256)),
        ("pixels=tier-ignored", {"tier": "2k"}, (100, 100)),
        ("pixels=tier-ignored", {"tier": "4k", "ratio": "16:9"}, (256, 144)),
        ("param-dropped=ratio", {"ratio": "16:9"}, (100, 100)),
    ],
)
def test_pictures_have_another_size(
    text: str, fields: dict[str, Any], wanted: tuple[int, int]
) -> None:
    assert size(text, **fields) == wanted


@pytest.mark.parametrize(("asked", "made"), [(1, 2), (2, 1), (4, 3)])
def test_another_number_of_pictures_is_made(asked: int, made: int) -> None:
    assert len(World(deviations=["count-wrong"]).pictures(n=asked)) == made


def is_cut(body: bytes) -> bool:
    try:
        Image.open(io.BytesIO(body)).load()
    except (OSError, SyntaxError):
        return True
    return False


def is_no_picture(body: bytes) -> bool:
    try:
        Image.open(io.BytesIO(body))
    except UnidentifiedImageError:
        return True
    return False


@pytest.mark.parametrize(
    ("text", "status", "looks"),
    [
        ("result-404", 404, lambda body: body == b""),
        ("picture-corrupt", 200, is_cut),
        ("picture-html", 200, is_no_picture),
        ("picture-type", 200, lambda body: Image.open(io.BytesIO(body)).format == "BMP"),
        ("expires-early", 200, lambda body: not is_cut(body)),
    ],
)
def test_a_download_is_not_the_documented_picture(
    text: str, status: int, looks: Callable[[bytes], bool]
) -> None:
    (reply,) = World(deviations=[text]).pictures()
    assert reply.status == status
    assert looks(reply.body)


@pytest.mark.parametrize(
    ("text", "after_s", "status"),
    [("expires-early", 700, 404), ("expiry-ignored", 10_000_000, 200)],
)
def test_results_live_shorter_or_longer(text: str, after_s: float, status: int) -> None:
    world = World(deviations=[text])
    done = world.task(world.make(), after_s=20)
    world.clock.advance(after_s)
    path = done["result"]["images"][0]["url"].removeprefix("https://sim.test")
    assert world.ask("GET", path).status == status


EXAMPLES = {
    "accept": "accept=prompt",
    "accept-rule": "accept-rule=auto-only-1k",
    "refuse": "refuse=tier=2k",
    "skip-auth": "skip-auth=status",
    "path": "path=status",
    "default": "default=tier=2k",
    "alias-dead": "alias-dead=image_urls",
    "param-dropped": "param-dropped=tier",
    "other-body": "other-body=new-task",
    "drop": "drop=status:task.note",
    "null": "null=status:task.note",
    "retype": "retype=status:task.note",
    "rename": "rename=status:task.note",
    "set": "set=status:task.note=1",
    "add": "add=status:task.extra=1",
    "status": "status=bad-parameter=418",
    "success": "success=create=201",
    "state-unknown": "state-unknown=napping",
    "pixels": "pixels=0.5",
    "any-key": "any-key=status",
    "no-key": "no-key=status",
    "scheme-dead": "scheme-dead=query",
    "refuse-media": "refuse-media=images:image/png",
    "fails-later": "fails-later=prompt:maxLength",
    "error-shape": "error-shape=create",
    "ratio": "ratio=swapped",
    "callback-method": "callback-method=PUT",
    "callback-header": "callback-header=content-type=text/plain",
}


@pytest.mark.parametrize("name", DEVIATIONS)
def test_every_deviation_says_what_it_does_and_how_it_is_asked_for(name: str) -> None:
    assert DEVIATIONS[name].__doc__
    assert DEVIATIONS[name].usage().startswith(name)
    World(deviations=[EXAMPLES.get(name, name)])


@pytest.mark.parametrize("name", DEVIATIONS)
def test_every_deviation_leaves_valid_json_and_living_tasks(name: str) -> None:
    world = World(deviations=[EXAMPLES.get(name, name)])
    for body in (VALID, {}, {**VALID, "model": []}, {**VALID, "images": {"a": 1}}, [], 7):
        json.loads(world.post(body).body)
    for task_id in [*world.sim.tasks, "unknown"]:
        for _ in range(4):
            world.clock.advance(4)
            json.loads(world.ask("GET", f"/v1/tasks/{task_id}").body)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stuck-runing", "did you mean 'stuck-running'"),
        ("accept", "lacks its parameter: accept=FIELD"),
        ("stuck-running=7", "takes no parameter"),
        ("accept=promt", "did you mean 'prompt'"),
        ("accept-rule=auto", "unknown rule 'auto'"),
        ("skip-auth=statu", "did you mean 'status'"),
        ("alias-dead=prompt", "is no alias"),
        ("drop=task.note", "such as create:data.taskId"),
        ("set=status:task.note", "lacks a value"),
        ("status=bad-json", "expected status=[OPERATION:]CAUSE|STATUS=CODE"),
        ("status=bad-json=teapot", "has the status 'teapot'"),
        ("pixels=big", "expected SCALE"),
        ("pixels=99", "expected SCALE"),
        ("default=tier", "expected default=FIELD=VALUE"),
    ],
)
def test_a_wrong_word_is_refused_with_what_is_right(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        World(deviations=[text])
    assert message in str(caught.value)


def test_a_deviation_can_be_handed_over_ready_made() -> None:
    assert states(World(deviations=[deviation("always-failed")]))[-1] == "broken"
