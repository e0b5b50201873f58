"""Both vendors, as somebody who has read their pages would talk to them."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from PIL import Image

from conformance.compilers.validating import reply_violations
from conformance.contract.loading import load_contract
from conformance.contract.resolution import settle
from conformance.simulator.choices import derive_choices
from tests.simulator.world import ORIGIN, UNREACHABLE, World, document

AIG, GPT = load_contract("aigptimage"), load_contract("gptimage2api")
CAT = "https://images.example/cat.png"
EDIT = "gpt-image-2-image-to-image"


class Aigptimage(World):
    """aigptimage.com."""

    def __init__(self, **options: Any) -> None:
        super().__init__(AIG, **options)

    def create(self, body: Any, **options: Any) -> Any:
        return self.ask("POST", "/api/v1/jobs/createTask", body, **options)

    def edit(self, *, model: str = EDIT, **fields: Any) -> Any:
        return self.create(
            {"model": model, "input": {"prompt": "a kite", "input_urls": [CAT], **fields}}
        )

    def record(self, reply: Any, *, after_s: float = 20) -> Any:
        self.clock.advance(after_s)
        task_id = document(reply)["data"]["taskId"]
        told = self.ask("GET", "/api/v1/jobs/recordInfo", query=(("taskId", task_id),))
        return document(told)


class Gptimage2api(World):
    """gptimage2api.org."""

    def __init__(self, **options: Any) -> None:
        super().__init__(GPT, **options)

    def create(self, **fields: Any) -> Any:
        return self.ask(
            "POST", "/api/ai/image/generate", {"prompt": "a kite", "model": "gpt-image-2", **fields}
        )

    def snapshot(self, reply: Any, *, after_s: float = 20) -> Any:
        self.clock.advance(after_s)
        return document(self.ask("GET", f"/api/ai/tasks/{document(reply)['taskId']}"))


class TestAigptimage:
    def test_a_task_waits_and_succeeds(self) -> None:
        world = Aigptimage()
        reply = world.edit(aspect_ratio="16:9", resolution="2K")
        assert document(reply)["code"] == 200
        waiting = world.record(reply, after_s=1)
        assert waiting["data"]["state"] == "waiting"
        assert waiting["data"]["resultJson"] is None
        done = world.record(reply)["data"]
        assert done["state"] == "success"
        assert done["completeTime"] - done["createTime"] == done["costTime"]
        assert json.loads(done["param"])["input"]["resolution"] == "2K"
        (url,) = json.loads(done["resultJson"])["resultUrls"]
        picture = world.ask("GET", url.removeprefix(ORIGIN), key=None)
        width, height = Image.open(io.BytesIO(picture.body)).size
        assert width / height == pytest.approx(16 / 9, rel=0.01)

    @pytest.mark.parametrize(("resolution", "cost"), [("1K", 3), ("2K", 5), ("4K", 8)])
    def test_each_resolution_has_its_price(self, resolution: str, cost: float) -> None:
        world = Aigptimage()
        world.edit(aspect_ratio="16:9", resolution=resolution)
        assert world.sim.charged == cost

    @pytest.mark.parametrize(
        ("fields", "statuses"),
        [
            ({"resolution": "2K"}, {400, 422}),
            ({"resolution": "2K", "aspect_ratio": "auto"}, {400, 422}),
            ({"resolution": "4K", "aspect_ratio": "1:1"}, {400, 422}),
            ({"resolution": "2K", "aspect_ratio": "1:1"}, {200}),
            ({"resolution": "4K", "aspect_ratio": "21:9"}, {200}),
            ({"aspect_ratio": "7:1"}, {400, 422}),
            ({"prompt": "x" * 20_000}, {200}),
            ({"prompt": "x" * 20_001}, {400, 422}),
            ({"input_urls": []}, {400, 422}),
            ({"input_urls": ["data:image/png;base64,AAAA"]}, {400, 422}),
        ],
    )
    def test_the_rules_of_the_page_hold(self, fields: dict[str, Any], statuses: set[int]) -> None:
        assert Aigptimage().edit(**fields).status in statuses

    @pytest.mark.parametrize("name", ["image_urls", "image_input"])
    def test_the_aliases_stand_in_for_the_images(self, name: str) -> None:
        world = Aigptimage()
        body = {"model": EDIT, "input": {"prompt": "a kite", name: [UNREACHABLE]}}
        assert world.record(world.create(body))["data"]["state"] == "fail"
        assert world.create({"model": EDIT, "input": {"prompt": "a kite"}}).status in (400, 422)

    def test_text_to_image_needs_no_image_and_passes_its_extras_through(self) -> None:
        world = Aigptimage()
        body = {
            "model": "gpt-image-2-text-to-image",
            "input": {"prompt": "a kite", "aspect_ratio": "5:4", "quality": 7, "resolution": "4K"},
        }
        assert world.record(world.create(body))["data"]["state"] == "success"

    def test_a_repeated_request_id_is_the_same_task(self) -> None:
        world = Aigptimage()
        body = {"model": EDIT, "input": {"prompt": "a kite", "input_urls": [CAT]}}
        replies = [world.create(body, headers={"X-Request-ID": "r"}) for _ in range(2)]
        assert document(replies[0]) == document(replies[1])
        assert world.sim.charged == 3

    def test_errors_have_the_shape_of_a_success(self) -> None:
        reply = Aigptimage().create({}, key=None)
        assert reply.status == 401
        assert document(reply) == {"code": 401, "msg": document(reply)["msg"], "data": None}

    def test_errors_may_come_inside_a_200(self) -> None:
        reply = Aigptimage(choices={"carried:create:401": "envelope"}).create({}, key=None)
        assert (reply.status, document(reply)["code"]) == (200, 401)

    def test_a_missing_id_and_an_unknown_one_are_told_apart(self) -> None:
        world = Aigptimage()
        assert world.ask("GET", "/api/v1/jobs/recordInfo").status in (400, 422)
        unknown = world.ask("GET", "/api/v1/jobs/recordInfo", query=(("taskId", "x"),))
        assert unknown.status == 404


class TestGptimage2api:
    def test_a_task_is_pending_and_completes(self) -> None:
        world = Gptimage2api()
        reply = world.create(numOutputs=3)
        assert document(reply)["status"] == 0
        assert world.snapshot(reply, after_s=1)["status"] == 0
        done = world.snapshot(reply)
        assert (done["status"], done["type"], done["taskId"]) == (
            1,
            "image",
            document(reply)["taskId"],
        )
        assert len(done["imageUrls"]) == 3

    def test_a_failed_task_is_refunded_and_says_why(self) -> None:
        world = Gptimage2api()
        failed = world.snapshot(world.create(inputImageUrls=[UNREACHABLE]))
        assert (failed["status"], failed["creditsRefunded"]) == (2, True)
        assert failed["errorCode"]
        assert failed["errorMessage"]
        assert world.sim.refunded == failed["creditsUsed"]

    def test_the_other_page_spells_it_otherwise(self) -> None:
        names = ("task-id-field", "result-field", "refund-field", "end-time-field")
        world = Gptimage2api(choices=dict.fromkeys(names, "quickstart"))
        reply = world.create()
        done = world.snapshot(reply)
        assert done["id"] == document(reply)["taskId"]
        assert done["outputImageUrls"]
        assert done["completedAt"]
        assert not {"taskId", "imageUrls", "updatedAt"} & set(done)

    @pytest.mark.parametrize(
        ("alternative", "cost"), [("rule", 3), ("formula", 6), ("example", 12)]
    )
    def test_the_price_follows_the_page_asked_for(self, alternative: str, cost: float) -> None:
        world = Gptimage2api(choices={"gpt-image-2-charge": alternative})
        assert document(world.create(numOutputs=2))["creditsUsed"] == cost

    @pytest.mark.parametrize(
        ("model", "images", "prompt"),
        [
            ("gpt-image-2", 4, 20_000),
            ("nano-banana-2", 14, 20_000),
            ("nano-banana-pro", 8, 10_000),
            ("google/nano-banana", 10, 5_000),
        ],
    )
    def test_each_model_has_its_own_limits(self, model: str, images: int, prompt: int) -> None:
        world = Gptimage2api()
        most = {"model": model, "inputImageUrls": [CAT] * images, "prompt": "x" * prompt}
        assert world.create(**most).status == 200
        assert world.create(**{**most, "inputImageUrls": [CAT] * (images + 1)}).status == 400
        assert world.create(**{**most, "prompt": "x" * (prompt + 1)}).status == 400

    def test_an_invalid_request_has_details(self) -> None:
        told = document(Gptimage2api().create(prompt=""))
        assert isinstance(told["error"], str)
        assert isinstance(told["details"], dict)

    def test_an_empty_account_is_told_what_is_required(self) -> None:
        reply = Gptimage2api(faults=["empty-account"]).create()
        assert reply.status == 402
        assert isinstance(document(reply)["error"], str)
        assert isinstance(document(reply)["required"], int)


@pytest.mark.parametrize(
    ("contract", "body"),
    [
        (AIG, {"model": EDIT, "input": {"prompt": "a kite", "input_urls": [CAT]}}),
        (AIG, {"model": EDIT, "input": {"prompt": "a kite", "input_urls": [UNREACHABLE]}}),
        (GPT, {"model": "gpt-image-2", "prompt": "a kite", "numOutputs": 2}),
        (GPT, {"model": "nano-banana-2", "prompt": "a kite", "inputImageUrls": [UNREACHABLE]}),
    ],
    ids=["aigptimage", "aigptimage-fail", "gptimage2api", "gptimage2api-fail"],
)
def test_every_reply_is_documented_under_every_choice(contract: Any, body: Any) -> None:
    disputes = {d.name for d in contract.disputes}
    for choice in derive_choices(contract):
        for alternative in choice.alternatives:
            world = World(contract, choices={choice.name: alternative})
            chosen = {choice.name: alternative} if choice.name in disputes else {}
            settled = settle(contract, chosen)
            create, status = contract.operation("create"), contract.operation("status")
            made = document(world.ask(create.method, create.path, body))
            assert reply_violations(settled, "create", made) == ()
            task_id = next(iter(world.sim.tasks))
            for _ in range(4):
                path, query = status.path.replace("{id}", task_id), (("taskId", task_id),)
                told = document(world.ask(status.method, path, query=query))
                assert reply_violations(settled, "status", told) == (), (choice.name, alternative)
                world.clock.advance(2)
