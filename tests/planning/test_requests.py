"""How a request looks that carries given values and is otherwise plain."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.contract.model import ABSENT
from conformance.contract.paths import find
from conformance.planning.images import DEFAULT_IMAGES, NO_IMAGES
from conformance.planning.requests import CARRIERS, Desk, send_of, status_send
from tests.contract.toys import ALL, contract, field, named
from tests.planning.desks import cached_desk, desk_of, violations

S = "page#Section"
I2I, T2I = "gpt-image-2-image-to-image", "gpt-image-2-text-to-image"


def rule(**parts: Any) -> dict[str, Any]:
    return {"says": "-", "source": S, **parts}


def broken(desk: Desk, model: str, request: dict[str, Any]) -> list[tuple[str, str]]:
    found = violations(desk.whole, send_of(desk, model, request))
    return [(v.path, v.rule or v.keyword) for v in found]


# ---------------------------------------------------------------- carriers


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("images", [DEFAULT_IMAGES, NO_IMAGES], ids=["images", "no-images"])
@pytest.mark.parametrize("carrier", range(CARRIERS))
def test_a_carrier_is_valid(name: str, images: Any, carrier: int) -> None:
    desk = cached_desk(name, images, carrier)
    for model in desk.models:
        assert broken(desk, model, desk.carrier(model)) == []


@pytest.mark.parametrize("section", ["query", "headers"])
def test_a_carrier_sends_what_is_required_beside_the_body(section: str) -> None:
    made = contract(create={section: {"lang": field(enum=["en", "de"], required=True)}})
    desk = desk_of(made)
    assert broken(desk, "", desk.carrier("")) == []


@pytest.mark.parametrize(
    ("carrier", "expected"),
    [
        pytest.param(0, {"input.aspect_ratio": "auto", "input.resolution": "1K"}, id="defaults"),
        pytest.param(1, {}, id="left-out"),
        pytest.param(2, {"input.aspect_ratio": "2:3", "input.resolution": "4K"}, id="others"),
    ],
)
def test_a_carrier_names_the_fields_that_rules_speak_of(
    carrier: int, expected: dict[str, Any]
) -> None:
    found = cached_desk("aigptimage", carrier=carrier).carrier(I2I)
    spoken = {p: v for p, v in found.items() if p in ("input.aspect_ratio", "input.resolution")}
    assert spoken == expected


def test_the_last_carrier_prefers_aliases() -> None:
    first, last = cached_desk("aigptimage"), cached_desk("aigptimage", carrier=2)
    assert "input.input_urls" in first.carrier(I2I)
    assert "input.image_urls" in last.carrier(I2I)
    assert "input.input_urls" not in last.carrier(I2I)


def test_a_carrier_names_its_model() -> None:
    desk = cached_desk("gptimage2api")
    assert [desk.carrier(model)["model"] for model in desk.models] == list(desk.models)


def test_a_carrier_names_its_model_though_it_has_a_default() -> None:
    desk = desk_of(contract({"model": field(enum=["a", "b"], default="a", role="model")}))
    assert desk.carrier("b").get("model") == "b"


def test_a_model_that_needs_an_image_is_not_asked_without_one() -> None:
    desk = cached_desk("aigptimage", NO_IMAGES)
    assert (desk.lacks(I2I), desk.lacks(T2I)) == ("image", "")
    assert desk.models == (T2I,)
    assert cached_desk("aigptimage").models == (I2I, T2I)


def test_a_contract_without_models_has_one_without_a_name() -> None:
    assert cached_desk("rules").models == ("",)


@pytest.mark.parametrize(
    ("needs", "images", "known"),
    [
        ([], NO_IMAGES, True),
        (["callback"], DEFAULT_IMAGES, False),
        (["image"], DEFAULT_IMAGES, True),
        (["image"], NO_IMAGES, False),
    ],
    ids=["nothing", "callback", "image", "no-image"],
)
def test_a_field_is_not_sent_where_what_it_needs_is_not_at_hand(
    needs: list[str], images: Any, known: bool
) -> None:
    desk = desk_of(contract({"x": field(needs=needs)}), images)
    assert ("x" in desk.fields("")) is known


def test_aliases_are_the_other_names_of_a_field() -> None:
    desk = cached_desk("aigptimage")
    names = ("input.image_urls", "input.image_input")
    assert desk.aliases(I2I, "input.input_urls") == names
    assert desk.aliases(T2I, "input.input_urls") == ()


# ---------------------------------------------------------------- completing

_DOMAINS: dict[str, list[Any]] = {
    "prompt": ["A red apple on a white table, soft morning light.", ABSENT],
    "template": ["poster", "card", ABSENT],
    "mask": ["https://images.example/reference.png", ABSENT],
    "images": [["https://images.example/reference.png"], ABSENT],
    "size": ["small", "large", ABSENT],
    "quality": ["draft", "final", ABSENT],
    "strength": [1, ABSENT],
}
_PINS = st.fixed_dictionaries({}, optional={p: st.sampled_from(d) for p, d in _DOMAINS.items()})


@given(_PINS, st.integers(0, CARRIERS - 1))
def test_a_completed_request_has_its_pins_and_keeps_the_rules(
    pins: dict[str, Any], carrier: int
) -> None:
    desk = cached_desk("rules", carrier=carrier)
    found = desk.completed("", desk.carrier(""), pins)
    if found is not None:
        assert {p: found[p] for p in pins} == pins
        assert broken(desk, "", found) == []


@given(_PINS)
def test_a_request_cannot_be_completed_only_where_no_choice_keeps_the_rules(
    pins: dict[str, Any],
) -> None:
    desk = cached_desk("rules")
    if desk.completed("", desk.carrier(""), pins) is None:
        free = {p: d for p, d in _DOMAINS.items() if p not in pins}
        for choice in product(*free.values()):
            trial = {**desk.carrier(""), **pins, **dict(zip(free, choice, strict=True))}
            assert not desk.keeps_rules("", trial)


def test_a_request_that_keeps_the_rules_is_completed_by_nothing() -> None:
    desk = cached_desk("rules")
    base = desk.carrier("")
    assert desk.completed("", base, {"strength": 1}) == {**base, "strength": 1}


def test_a_request_is_changed_no_further_than_rules_demand() -> None:
    desk = cached_desk("rules")
    found = desk.completed("", desk.carrier(""), {"size": "large"})
    changed = {p for p, v in (found or {}).items() if desk.carrier("").get(p, ABSENT) != v}
    assert changed == {"size", "quality"}


def test_the_rule_that_is_to_be_broken_demands_nothing() -> None:
    desk = cached_desk("rules")
    pins = {"size": "large", "quality": "draft"}
    found = desk.completed("", desk.carrier(""), pins, but="large-is-final")
    assert found == {**desk.carrier(""), **pins}
    assert desk.completed("", desk.carrier(""), pins) is None


# BUG: what a rule demands may cost a required field, or turn the request into one to another model.
@pytest.mark.parametrize(
    ("body", "when", "pins"),
    [
        pytest.param({}, {"prompt": {"present": True}}, {"size": "l"}, id="required-field"),
        pytest.param(
            {"model": field(enum=["a", "b"], required=True, role="model")},
            {"model": {"const": "a"}},
            {"size": "l"},
            id="model",
        ),
    ],
)
def test_neither_a_required_field_nor_the_model_is_changed_for_a_rule(
    body: dict[str, Any], when: dict[str, Any], pins: dict[str, Any]
) -> None:
    sizes = {"size": field(enum=["s", "l"], default="s")}
    made = contract(
        {**sizes, **body},
        create={"rules": {"r": rule(when=when, then={"size": {"const": "s"}})}},
    )
    desk = desk_of(made)
    assert desk.completed(desk.models[0], desk.carrier(desk.models[0]), pins) is None


# ---------------------------------------------------------------- sending


def test_each_field_is_sent_where_it_belongs() -> None:
    made = contract(
        {"a.b": field(type="integer")},
        create={"headers": {"X-Key": field()}, "query": {"lang": field()}},
    )
    request = {"a.b": 7, "X-Key": "k", "lang": "en", "prompt": ABSENT}
    sent = send_of(desk_of(made), "", request)
    assert (sent.method, sent.path) == ("POST", "/make")
    assert (sent.headers, sent.query) == ((("X-Key", "k"),), (("lang", "en"),))
    assert sent.body == {"a": {"b": 7}}


# BUG: True goes out as Python spells it.
def test_a_truth_value_in_a_url_is_spelt_as_json_has_it() -> None:
    made = contract(create={"query": {"fast": field(type="boolean")}})
    assert send_of(desk_of(made), "", {"fast": True}).query == (("fast", "true"),)


@given(_PINS)
def test_every_value_of_a_request_stands_in_its_body(pins: dict[str, Any]) -> None:
    body = send_of(cached_desk("rules"), "", pins).body
    for path, value in pins.items():
        assert find(body, path) == ([] if value is ABSENT else [value])


@pytest.mark.parametrize(
    ("name", "task_id", "path", "query"),
    [
        ("aigptimage", "t 1&x", "/api/v1/jobs/recordInfo", (("taskId", "t 1&x"),)),
        ("aigptimage", None, "/api/v1/jobs/recordInfo", ()),
        ("gptimage2api", "t/1", "/api/ai/tasks/t%2F1", ()),
        ("gptimage2api", "{task_id}", "/api/ai/tasks/{task_id}", ()),
    ],
    ids=["query", "left-out", "path-is-quoted", "filled-in-later"],
)
def test_a_status_query_names_its_task(
    name: str, task_id: str | None, path: str, query: tuple[tuple[str, str], ...]
) -> None:
    sent = status_send(named(name), task_id)
    assert sent is not None
    assert (sent.method, sent.path, sent.query, sent.body) == ("GET", path, query, None)


def test_a_vendor_that_documents_no_status_query_is_asked_none() -> None:
    made = contract()
    lonely = type(made)(
        vendor="x", title="", base_url="", key_variable="X", operations=made.operations[:1]
    )
    assert status_send(lonely, "t") is None
