"""Uploads, batch queries, the balance, reply headers, conditions on the request, several envelopes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conformance.contract.loading import load_contract
from conformance.contract.model import Operation, ReplyField
from conformance.contract.paths import find
from conformance.simulator.batches import BatchBuilder, Entry, record_of
from conformance.simulator.choices import derive_choices
from conformance.simulator.hooks import SimReply
from tests.simulator.test_forms import PNG, TYPE, file_part, form, text_part
from tests.simulator.world import World, document

BESIDE = load_contract(Path(__file__).with_name("aside.yaml"))
BODY = {"model": "one", "prompt": "a red kite"}


class Beside(World):
    """The vendor of `aside.yaml`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(BESIDE, **options)

    def upload(self, *parts: tuple[str, bytes], kind: str = TYPE, **options: Any) -> SimReply:
        return self.ask("POST", "/files", form(*parts), headers={"content-type": kind}, **options)

    def create(self, **fields: Any) -> SimReply:
        return self.ask("POST", "/tasks", {**BODY, **fields})

    def made(self, **fields: Any) -> str:
        return str(document(self.create(**fields))["id"])

    def shown(self, task_id: str, *, after_s: float = 0.0) -> Any:
        self.clock.advance(after_s)
        return document(self.ask("GET", f"/tasks/{task_id}"))["data"]

    def batch(self, *ids: str) -> Any:
        return document(self.ask("POST", "/tasks/batch", {"ids": list(ids)}))


def header(reply: SimReply, name: str) -> list[str]:
    return [value for key, value in reply.headers if key.lower() == name.lower()]


# ---------------------------------------------------------------- uploads


def test_an_upload_gives_an_address_that_a_creation_takes() -> None:
    world = Beside()
    reply = world.upload(file_part(), text_part("purpose", "generation"))
    told = document(reply)
    assert reply.status == 201
    assert told["url"].startswith("https://images.example/")
    assert told["created_at"] == int(world.clock.now())
    assert {"filename", "bytes"} < set(told)
    assert world.shown(world.made(images=[told["url"]]), after_s=60)["state"] == "done"


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ((text_part("other", "x"),), 400),
        ((file_part(b"words", "text/plain"),), 415),
        ((file_part(), text_part("purpose", "fun")), 422),
        ((file_part(), text_part("keep", "10")), 422),
        ((file_part(), text_part("keep", "9")), 201),
    ],
    ids=["missing", "no picture", "value", "limit", "valid"],
)
def test_an_upload_is_refused_for_what_is_wrong_with_it(
    parts: tuple[tuple[str, bytes], ...], status: int
) -> None:
    assert Beside().upload(*parts).status == status


def test_an_upload_needs_the_key_and_a_form() -> None:
    assert Beside().upload(file_part(), key=None).status == 401
    assert Beside().upload(file_part(), kind="application/json").status == 415
    assert Beside().ask("POST", "/files", PNG, headers={"content-type": TYPE}).status == 422


@pytest.mark.parametrize(
    ("deviation", "parts", "status"),
    [
        ("accept=file", (), 201),
        ("accept=file:accepts", (file_part(b"words", "text/plain"),), 201),
        ("refuse=file", (file_part(),), 422),
        ("success=upload=200", (file_part(),), 200),
        ("path=upload", (file_part(),), 404),
    ],
)
def test_deviations_reach_uploads(
    deviation: str, parts: tuple[tuple[str, bytes], ...], status: int
) -> None:
    assert Beside(deviations=[deviation]).upload(*parts).status == status


# ---------------------------------------------------------------- batches and the balance


def test_a_batch_shows_the_known_tasks_and_leaves_the_others_out() -> None:
    world = Beside()
    ids = [world.made(), world.made()]
    told = world.batch(ids[1], "unheard-of", ids[0])
    assert [each["id"] for each in told["data"]] == [ids[1], ids[0]]
    assert told["data"][1] == world.shown(ids[0])
    assert world.batch() == {"code": 200, "data": []}
    assert world.ask("POST", "/tasks/batch", {}).status == 400
    assert world.ask("POST", "/tasks/batch", {"ids": []}, key=None).status == 401


def documented(*fields: ReplyField) -> BatchBuilder:
    batch = Operation(name="batch", method="POST", path="/x", reply=fields)
    return BatchBuilder(batch, {}, {})


def test_a_documented_batch_describes_each_task() -> None:
    fields = (
        ReplyField(path="code", types=("integer",), role="status_code"),
        ReplyField(path="tasks[].id", types=("string",), role="task_id"),
        ReplyField(path="tasks[].state", types=("string",), role="state"),
    )
    entries = [Entry(values={"task_id": n, "state": "done"}, record=None) for n in "ab"]
    told = documented(*fields).build({"status_code": 200}, entries)
    assert told == {
        "code": 200,
        "tasks": [{"id": "a", "state": "done"}, {"id": "b", "state": "done"}],
    }


def test_a_documented_list_without_elements_holds_the_status_records() -> None:
    fields = (ReplyField(path="data", types=("array",)), ReplyField(path="ok", types=("boolean",)))
    entry = Entry(values={}, record=record_of({"code": 200, "data": {"id": "a"}}))
    assert documented(*fields).build({}, [entry])["data"] == [{"id": "a"}]
    assert record_of({"id": "a"}) == {"id": "a"}


def test_a_balance_is_no_error() -> None:
    told = document(Beside().ask("GET", "/balance"))
    assert told["success"] is True
    assert told["left"] == 1000
    assert "used" in told
    assert "message" not in told


# ---------------------------------------------------------------- replies


def test_reply_headers_are_sent_as_headers() -> None:
    reply = Beside().create(client="me")
    assert header(reply, "X-Request-ID")
    assert header(reply, "X-Client") == ["me"]
    assert "$headers" not in document(reply)
    assert header(Beside().create(), "X-Client") == []


def test_deviations_reach_reply_headers() -> None:
    dropped = Beside(deviations=["drop=create:$headers.X-Request-ID"])
    assert header(dropped.create(), "X-Request-ID") == []
    added = Beside(deviations=["add=create:$headers.X-Client=me"])
    assert header(added.create(), "X-Client") == ["me"]


def test_what_the_request_asked_for_is_shown_and_nothing_else() -> None:
    world = Beside()
    assert world.shown(world.made(client="me"))["client"] == "me"
    assert "client" not in world.shown(world.made())
    null = Beside(choices={"field:status:data.client": "null"})
    assert null.shown(null.made())["client"] is None


@pytest.mark.parametrize("usage", ["value", "absent"])
@pytest.mark.parametrize("tokens", ["value", "absent"])
@pytest.mark.parametrize("urls", ["value", "null"])
def test_what_is_promised_for_one_state_only_is_nowhere_in_the_others(
    usage: str, tokens: str, urls: str
) -> None:
    choices = {
        "field:status:data.usage": usage,
        "field:status:data.usage.tokens": tokens,
        "field:status:data.usage.cost": "null",
        "field:status:data.urls": urls,
    }
    world = Beside(choices=choices)
    task_id = world.made()
    running = world.shown(task_id)
    assert "usage" not in running
    assert find(running, "urls") == ([None] if urls == "null" else [])
    assert running["note"] is None
    done = world.shown(task_id, after_s=60)
    assert isinstance(done["usage"]["cost"], int | float)
    assert done["urls"]
    assert isinstance(done["note"], str)


def test_base64_stands_beside_addresses() -> None:
    mixed = ["https://images.example/a.png", "data:image/png;base64,iVBORw0KGgo=", "iVBORw0KGgo="]
    assert Beside().create(images=mixed).status == 200
    assert Beside().create(images=["not-a-url"]).status == 400


def test_another_documented_form_stands_beside_the_list() -> None:
    world = Beside()
    assert world.create(size="640x480").status == 200
    assert world.sim.tasks[next(iter(world.sim.tasks))].sizes == ((640, 480),)
    assert world.create(size="tall").status == 400


# ---------------------------------------------------------------- errors


def test_an_error_comes_in_the_envelope_that_was_chosen() -> None:
    assert set(document(Beside().create(size="tall"))) == {"error"}
    flag = Beside(choices={"envelope:create:400": "flag"})
    assert document(flag.create(size="tall"))["success"] is False
    assert set(document(flag.ask("POST", "/tasks", BODY, key=None))) == {"error"}


def test_what_tells_an_error_is_always_there() -> None:
    names = {choice.name for choice in derive_choices(BESIDE)}
    assert "field:error:standard:error.message" in names
    assert "field:error:standard:error.code" not in names
    assert "field:error:flag:success" not in names
