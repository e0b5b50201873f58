"""Results as bytes, and through the simulator that draws them."""

from __future__ import annotations

import io
import time

import pytest
from PIL import Image

from conformance.simulator.pictures import EXTENSIONS, drawn, media_type_of
from tests.simulator.world import World


def opened(body: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(body))
    image.load()
    return image


@pytest.mark.parametrize("media_type", EXTENSIONS)
def test_a_picture_of_each_type_can_be_opened(media_type: str) -> None:
    image = opened(drawn(64, 48, 3, media_type))
    assert image.size == (64, 48)
    assert image.get_format_mimetype() == media_type


def test_a_png_is_small_and_quick() -> None:
    started = time.perf_counter()
    body = drawn(3840, 2160, 1)
    assert time.perf_counter() - started < 10
    assert len(body) < 20_000
    assert opened(body).mode == "P"


def test_the_same_picture_has_the_same_bytes_and_another_seed_others() -> None:
    assert drawn(64, 64, 1) == drawn(64, 64, 1)
    assert drawn(64, 64, 1) != drawn(64, 64, 2)


@pytest.mark.parametrize(
    ("documented", "wanted", "given"),
    [
        ((), None, "image/png"),
        ((), "webp", "image/webp"),
        ((), "jpeg", "image/jpeg"),
        (("image/webp",), None, "image/webp"),
        (("image/png",), "webp", "image/png"),
        ((), "tiff", "image/png"),
    ],
)
def test_the_type_is_the_one_asked_for_where_documents_permit(
    documented: tuple[str, ...], wanted: str | None, given: str
) -> None:
    assert media_type_of(documented, wanted) == given


class TestResults:
    def test_results_are_pictures_under_the_address_that_was_asked(self) -> None:
        (reply,) = World().pictures()
        assert reply.status == 200
        assert ("content-type", "image/png") in reply.headers
        assert opened(reply.body).format == "PNG"

    def test_as_many_are_made_as_asked_for_and_they_differ(self) -> None:
        replies = World().pictures(n=3)
        assert len({reply.body for reply in replies}) == 3

    def test_a_table_decides_the_size_and_a_choice_between_its_values(self) -> None:
        assert opened(World().pictures()[0].body).size == (100, 100)
        chosen = World(choices={"pixels": "1"})
        assert opened(chosen.pictures()[0].body).size == (120, 120)
        assert opened(chosen.pictures(tier="2k")[0].body).size == (200, 200)

    def test_without_a_table_cell_the_ratio_decides_and_tiers_grow(self) -> None:
        world = World()
        sizes = [
            opened(world.pictures(ratio="16:9", tier=t)[0].body).size for t in ("1k", "2k", "4k")
        ]
        assert sizes == sorted(sizes)
        assert all(abs(w / h / (16 / 9) - 1) < 0.01 for w, h in sizes)

    def test_the_type_asked_for_is_delivered(self) -> None:
        (reply,) = World().pictures(format="webp")
        assert opened(reply.body).format == "WEBP"
        assert ("content-type", "image/webp") in reply.headers

    def test_the_type_is_a_choice_where_several_are_documented(self) -> None:
        (reply,) = World(choices={"picture-type": "image/webp"}).pictures()
        assert opened(reply.body).format == "WEBP"

    def test_a_result_expires_when_documented(self) -> None:
        world = World()
        done = world.task(world.make(), after_s=20)
        path = done["result"]["images"][0]["url"].removeprefix("https://sim.test")
        world.clock.advance(86_000)
        assert world.ask("GET", path).status == 200
        world.clock.advance(1_000)
        assert world.ask("GET", path).status == 404

    @pytest.mark.parametrize("name", ["9.png", "x.png", "", "-1.png", "²"])
    def test_there_are_no_other_results(self, name: str) -> None:
        world = World()
        task_id = world.make()
        assert world.ask("GET", f"/_results/{task_id}/{name}").status == 404
        assert world.ask("GET", f"/_results/unknown/{name}").status == 404
