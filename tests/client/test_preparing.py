"""From shared words to the request of one vendor: translated where it can be, refused where it cannot."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from conformance.client.conversations import known_contracts
from conformance.client.preparing import Preparer
from conformance.contract.loading import contract_names, load_contract
from conformance.contract.paths import find
from conformance.errors import ContractViolation, NotOffered, UsageError

loaded = cache(load_contract)
IMAGE = ["https://images.example/a.png"]


def preparer(vendor: str, **dialect: str) -> Preparer:
    return Preparer(loaded(vendor), dialect, known_contracts)


def body(vendor: str, /, **words: Any) -> Any:
    return preparer(vendor).prepare({"prompt": "a cat", **words}).body


@pytest.mark.parametrize("tier", ["2K", "2k", "2048", 2048])
@pytest.mark.parametrize(
    ("vendor", "path", "spelt"),
    [
        ("aigptimage", "input.resolution", "2K"),
        ("apimart", "resolution", "2k"),
        ("apipod", "resolution", "2K"),
    ],
)
def test_a_resolution_is_spelt_as_the_vendor_spells_it(
    tier: Any, vendor: str, path: str, spelt: str
) -> None:
    assert find(body(vendor, resolution=tier), path) == [spelt]


@pytest.mark.parametrize(
    ("sizing", "spelt"), [("guide-old", "2048"), ("guide-new", "2K"), ("generation-cn", "2k")]
)
def test_and_as_the_chosen_page_does(sizing: str, spelt: str) -> None:
    words = {"prompt": "a cat", "resolution": "2K"}
    assert preparer("toapis", sizing=sizing).prepare(words).body["resolution"] == spelt


@pytest.mark.parametrize(
    ("vendor", "words", "said"),
    [
        # A ratio where the vendor takes sizes, and the other way round.
        ("toapis", {"aspect_ratio": "1:1"}, {"size": "1024x1024"}),
        ("toapis", {"size": (2048, 1152)}, {"size": "2048x1152"}),
        ("apimart", {"size": "2048×1152"}, {"size": "2048x1152"}),
        ("apimart", {"aspect_ratio": "16:9"}, {"size": "16:9"}),
        # Types and cases that lose nothing.
        ("gptimage2api", {"seed": 7}, {"seed": "7"}),
        ("apipod", {"quality": "HIGH"}, {"quality": "high"}),
        ("gptimage2api", {"count": 3}, {"numOutputs": 3}),
        ("gptimage2api", {"vendor_options": {"guidanceScale": 7.5}}, {"guidanceScale": 7.5}),
        ("gptimage2api", {"undocumented": {"beta": True}}, {"beta": True}),
    ],
)
def test_the_vendor_s_own_words_are_found(vendor: str, words: Any, said: Any) -> None:
    found = body(vendor, **words)
    assert {name: found[name] for name in said} == said


def test_the_model_is_the_one_that_can_do_it() -> None:
    assert body("aigptimage")["model"] == "gpt-image-2-text-to-image"
    assert body("aigptimage", images=IMAGE)["model"] == "gpt-image-2-image-to-image"
    # Each page of apipod knows this one, though another is first in a list.
    assert body("apipod")["model"] == "gpt-image-2"


@pytest.mark.parametrize("vendor", contract_names())
def test_one_picture_is_what_a_creation_makes(vendor: str) -> None:
    assert body(vendor, count=1)


@pytest.mark.parametrize(
    ("vendor", "words", "able"),
    [
        ("aigptimage", {"count": 3}, ("apimart", "gptimage2api", "toapis")),
        ("gptimage2api", {"resolution": "4K"}, ("aigptimage", "apimart", "apipod", "toapis")),
        ("aigptimage", {"negative_prompt": "dogs"}, ("gptimage2api",)),
        ("apipod", {"size": "2048x1152"}, ("apimart", "toapis")),
        # Documented as ignored is not offered.
        ("apimart", {"style": "vivid"}, ()),
    ],
)
def test_what_a_vendor_cannot_do_names_those_that_can(
    vendor: str, words: Any, able: tuple[str, ...]
) -> None:
    with pytest.raises(NotOffered) as caught:
        body(vendor, **words)
    assert caught.value.vendors == able
    assert caught.value.field == next(iter(words))
    assert all(name in str(caught.value) for name in able)


def test_a_ratio_at_a_resolution_that_excludes_it_says_what_goes() -> None:
    with pytest.raises(ContractViolation) as caught:
        body("aigptimage", images=IMAGE, resolution="2K")
    error = caught.value
    assert error.clause == "aigptimage.create.rule.auto-only-1k"
    assert (error.field, error.value) == ("input.resolution", "2K")
    assert error.nearest == {"resolution": "1K"}
    assert "resolution 1K, or aspect_ratio 1:1" in str(error)
    assert error.charged is False


@pytest.mark.parametrize(
    ("vendor", "words", "clause", "nearest"),
    [
        ("gptimage2api", {"count": 11}, "create.numOutputs.maximum", {"count": 10}),
        (
            "apipod",
            {"aspect_ratio": "17:9"},
            "create.gpt-image-2.aspect_ratio.enum",
            {"aspect_ratio": "16:9"},
        ),
        ("toapis", {"model": "gpt-imag-2"}, "create.model.enum", {"model": "gpt-image-2"}),
        ("apimart", {"images": IMAGE * 17}, "create.image_urls.maxItems", {"images": IMAGE * 16}),
    ],
)
def test_the_nearest_permitted_request_is_named_and_is_permitted(
    vendor: str, words: Any, clause: str, nearest: Any
) -> None:
    with pytest.raises(ContractViolation) as caught:
        body(vendor, **words)
    assert caught.value.clause == f"{vendor}.{clause}"
    assert caught.value.nearest == nearest
    assert body(vendor, **{**words, **nearest})


def test_only_what_every_page_forbids_is_refused() -> None:
    """One page of apimart permits a single picture, the newest copy ten, and none eleven."""
    prepared = preparer("apimart").prepare({"prompt": "a cat", "count": 3})
    assert prepared.dialect["count"] == "generation-new"
    with pytest.raises(ContractViolation, match="in the dialect count=generation"):
        preparer("apimart", count="generation").prepare({"prompt": "a cat", "count": 3})
    with pytest.raises(ContractViolation):
        body("apimart", count=11)


def test_what_a_page_leaves_open_is_asked_of_a_page_that_does_not() -> None:
    """The older guide of toapis has 2048 and lists no combination that it goes with."""
    words = {"prompt": "a cat", "resolution": "2K"}
    assert preparer("toapis").prepare(words).dialect["sizing"] == "guide-new"
    assert preparer("toapis").prepare({"prompt": "a cat"}).dialect["sizing"] == "guide-old"


@pytest.mark.parametrize(
    ("vendor", "words", "price"),
    [
        ("aigptimage", {"resolution": "4K"}, "8 credits"),
        ("gptimage2api", {"count": 2}, "3 or 6 or 12 credits"),
        ("toapis", {"resolution": "2K"}, "0.02 USD"),
        ("apipod", {}, "a price that is not documented"),
    ],
)
def test_the_price_is_what_pages_name(vendor: str, words: Any, price: str) -> None:
    assert str(preparer(vendor).prepare({"prompt": "a cat", **words}).price) == price


@pytest.mark.parametrize("dialect", [{"sizin": "guide-new"}, {"sizing": "guide"}])
def test_a_dialect_that_is_none_is_refused(dialect: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="known are"):
        preparer("toapis", **dialect)
