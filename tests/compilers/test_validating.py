"""Which statements a request or a reply breaks."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.compilers.validating import (
    CompiledContract,
    compiled,
    reply_violations,
    violations,
)
from conformance.contract.loading import load_contract
from conformance.contract.model import ABSENT, Contract, Operation, ReplyField, Rule
from conformance.contract.resolution import body_of, fields_for, rule_holds, settle
from tests.compilers.toys import COUNT, RATIO, STYLE, TIER, condition, contract, field

MODEL = field("model", {"type": "string", "enum": ["s", "l"]}, role="model", required=True)
PROMPT = field("prompt", {"type": "string", "minLength": 1, "maxLength": 5}, required=True)
URLS = field(
    "urls",
    {
        "type": "array",
        "minItems": 1,
        "maxItems": 2,
        "items": {"type": "string", "format": "uri", "pattern": "^https:"},
    },
    role="images",
)
VENDOR = contract(
    MODEL,
    PROMPT,
    URLS,
    field("prompt", {"maxLength": 9}, model="l"),
    field("n", {"type": "integer"}),
)
OK = {"model": "s", "prompt": "x"}


def broken(made: Contract, body: Any) -> list[str]:
    """What a body breaks, as `path:keyword` or the rule's name."""
    return [v.rule or f"{v.path}:{v.keyword}" for v in violations(made, "create", body)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (OK, []),
        ({**OK, "unheard_of": {}}, []),
        ({"model": "s"}, ["prompt:required"]),
        ({}, ["model:required", "prompt:required"]),
        ([], [":type"]),
        ("x", [":type"]),
        ({**OK, "prompt": ""}, ["prompt:minLength"]),
        ({**OK, "prompt": "x" * 6}, ["prompt:maxLength"]),
        ({"model": "l", "prompt": "x" * 6}, []),
        ({"model": "l", "prompt": "x" * 10}, ["prompt:maxLength"]),
        ({"model": "huge", "prompt": "x"}, ["model:enum"]),
        ({"model": 7, "prompt": "x"}, ["model:type", "model:enum"]),
        ({**OK, "prompt": None}, ["prompt:type"]),
        ({**OK, "n": "1"}, ["n:type"]),
        ({**OK, "n": True}, ["n:type"]),
        ({**OK, "urls": []}, ["urls:minItems"]),
        ({**OK, "urls": ["https://a.example"] * 3}, ["urls:maxItems"]),
        ({**OK, "urls": ["https://a.example", "http://a.example"]}, ["urls:items"]),
        ({**OK, "urls": [7]}, ["urls:items"]),
    ],
)
def test_each_violation_names_the_documented_field_and_its_keyword(
    body: Any, expected: list[str]
) -> None:
    assert broken(VENDOR, body) == expected


def test_a_message_says_what_was_found_and_expected_and_stays_short() -> None:
    (one,) = violations(VENDOR, "create", {**OK, "prompt": "y" * 5000})
    assert one.message.startswith('prompt is "yyy')
    assert "expected maxLength 5" in one.message
    assert len(one.message) < 120


NESTED = contract(
    field("input", {"type": "object"}, required=True),
    field("input.urls", {"type": "array"}, required=True),
    field("input.links", {"type": "array"}, alias_of="input.urls"),
    field("input.images", {"type": "array"}, alias_of="input.urls"),
)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"input": {"urls": []}}, []),
        ({"input": {"links": []}}, []),
        ({"input": {"images": [], "links": []}}, []),
        ({"input": {}}, ["input.urls:required"]),
        ({"input": {"links": 1}}, ["input.links:type"]),
        ({}, ["input:required"]),
        ({"input": 3}, ["input:type"]),
    ],
)
def test_an_alias_stands_in_for_a_required_field(body: Any, expected: list[str]) -> None:
    assert broken(NESTED, body) == expected


AUTO = Rule(
    name="auto", when=(condition("input.ratio", "auto"),), then=(condition("input.tier", "1k"),)
)
ONE = Rule(name="one", form="at_most_one", fields=("input.style", "n"))
SOME = Rule(name="some", form="at_least_one", fields=("input.style", "n"))
FEW = Rule(
    name="few", when=(condition("input.style", present=True),), then=(condition("n", maximum=2.0),)
)
NEVER = Rule(name="never", then=(condition("input.style", present=False),))


@pytest.mark.parametrize(
    ("rule", "body", "kept"),
    [
        (AUTO, {}, True),
        (AUTO, {"input": {"tier": "1k"}}, True),
        (AUTO, {"input": {"tier": "2k"}}, False),
        (AUTO, {"input": {"tier": "2k", "ratio": "auto"}}, False),
        (AUTO, {"input": {"tier": "2k", "ratio": "1:1"}}, True),
        (ONE, {"n": 1}, True),
        (ONE, {"n": 1, "input": {"style": "x"}}, False),
        (SOME, {}, False),
        (SOME, {"input": {}}, False),
        (SOME, {"input": {"style": "x"}}, True),
        (FEW, {"input": {"style": "x"}, "n": 2}, True),
        (FEW, {"input": {"style": "x"}, "n": 3}, False),
        (FEW, {"input": {"style": "x"}}, False),
        (FEW, {"n": 3}, True),
        (NEVER, {"n": 3}, True),
        (NEVER, {"input": {"style": "x"}}, False),
    ],
)
def test_rules_are_judged_with_defaults_filled_in(rule: Rule, body: Any, kept: bool) -> None:
    made = contract(RATIO, TIER, STYLE, COUNT, rules=(rule,))
    assert broken(made, body) == ([] if kept else [rule.name])


def test_an_alias_counts_as_its_primary_in_rules_that_do_not_name_it() -> None:
    fields = (field("urls"), field("links", alias_of="urls"), field("n", {"type": "integer"}))
    some = Rule(name="some", form="at_least_one", fields=("urls",))
    one = Rule(name="one", form="at_most_one", fields=("urls", "links"))
    few = Rule(name="few", when=(condition("urls", present=True),), then=(condition("n", 1),))
    assert broken(contract(*fields, rules=(some,)), {"links": "x"}) == []
    assert broken(contract(*fields, rules=(one,)), {"links": "x"}) == []
    assert broken(contract(*fields, rules=(one,)), {"links": "x", "urls": "x"}) == ["one"]
    assert broken(contract(*fields, rules=(few,)), {"links": "x"}) == ["few"]


def test_an_omitted_field_with_a_default_is_no_second_choice() -> None:
    one = Rule(name="one", form="at_most_one", fields=("input.ratio", "n"))
    made = contract(RATIO, COUNT, rules=(one,))
    assert broken(made, {"n": 1}) == []
    assert broken(made, {"n": 1, "input": {"ratio": "auto"}}) == ["one"]


FIELDS = (RATIO, TIER, STYLE, field("n", {"type": "integer"}))
VALUES = {
    "input.ratio": st.sampled_from([ABSENT, "auto", "1:1"]),
    "input.tier": st.sampled_from([ABSENT, "1k", "2k"]),
    "input.style": st.sampled_from([ABSENT, "x", "y"]),
    "n": st.sampled_from([ABSENT, 0, 1, 2, 3]),
}
CONDITIONS = st.one_of(
    st.builds(
        lambda v: condition("input.ratio", *v),
        st.sampled_from([("auto",), ("1:1",), ("auto", "1:1")]),
    ),
    st.builds(lambda v: condition("input.tier", v), st.sampled_from(["1k", "2k"])),
    st.builds(lambda p: condition("input.style", present=p), st.booleans()),
    st.builds(
        lambda a, b: condition("n", minimum=a, maximum=b),
        st.sampled_from([None, 1.0]),
        st.sampled_from([2.0, 3.0]),
    ),
)
RULES = st.builds(
    lambda when, then: Rule(name="r", when=tuple(when), then=tuple(then)),
    st.lists(CONDITIONS, max_size=2),
    st.lists(CONDITIONS, min_size=1, max_size=2),
)


@given(RULES, st.fixed_dictionaries(VALUES))
def test_compiled_rules_say_what_the_rule_says(rule: Rule, assignment: dict[str, Any]) -> None:
    made = contract(*FIELDS, rules=(rule,))
    create = made.operations[0]
    fields = fields_for(create, "")
    body = body_of(assignment, fields)
    kept = rule_holds(rule, assignment, fields)
    assert ("r" in broken(made, body)) is not kept


@given(st.sampled_from(["at_most_one", "at_least_one", "unsaid"]), st.fixed_dictionaries(VALUES))
def test_what_stands_together_is_about_what_was_sent(form: Any, assignment: dict[str, Any]) -> None:
    if form == "unsaid":  # neither valid nor invalid: nothing is said of it
        rule = Rule(name="r", form=form, when=(condition("input.tier", "2k"),))
    else:
        rule = Rule(name="r", form=form, fields=("input.ratio", "n"))
    made = contract(*FIELDS, rules=(rule,))
    fields = fields_for(made.operations[0], "")
    kept = form == "unsaid" or rule_holds(rule, assignment, fields)
    assert ("r" in broken(made, body_of(assignment, fields))) is not kept


HTTPS = {"type": "string", "format": "uri", "pattern": "^https:"}
FORMS = contract(
    field("size", {"type": "string", "enum": ["1:1"]}, also={"pattern": "^[0-9]+x[0-9]+$"}),
    field("urls", {"type": "array", "maxItems": 2, "items": HTTPS}, base64=True),
    field("links", {"type": "array"}, alias_of="urls"),
    field("pics", {}, alias_of="urls"),
    field("mask", HTTPS, base64=True),
    field("file", {"type": "file"}, required=True),
)
DATA = "data:image/png;base64,iVBORw0KGgo="


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"size": "1:1"}, []),
        ({"size": "640x480"}, []),
        ({"size": "tall"}, ["size:enum"]),
        ({"size": 7}, ["size:type", "size:enum"]),
        ({"urls": ["https://a.example", DATA]}, []),
        ({"urls": ["iVBORw0KGgo="]}, []),
        ({"urls": ["not-a-url"]}, ["urls:items"]),
        ({"urls": ["http://a.example"]}, ["urls:items"]),
        ({"urls": [7]}, ["urls:items"]),
        ({"urls": [DATA] * 3}, ["urls:maxItems"]),
        ({"pics": ["not-a-url"]}, ["pics:items"]),
        ({"pics": [DATA]}, []),
        ({"mask": DATA}, []),
        ({"mask": "https://a.example/a.png"}, []),
        ({"mask": "not a valid value"}, ["mask:format"]),
    ],
)
def test_other_documented_forms_stand_beside_the_usual_one(body: Any, expected: list[str]) -> None:
    assert broken(FORMS, {"file": {"filename": "a"}, **body}) == expected


def test_a_file_is_no_type_of_json_but_may_be_required() -> None:
    assert broken(FORMS, {}) == ["file:required"]


PARAMETERS = Operation(
    name="status",
    method="GET",
    path="/x/{id}",
    fields=(
        field("id", location="path"),
        field("task", location="query", required=True),
        field("limit", {"type": "integer", "maximum": 9}, location="query"),
        field("all", {"type": "boolean"}, location="query"),
        field("ids", {"type": "array", "maxItems": 1}, location="query"),
        field("X-Key", {"type": "string", "maxLength": 3}, location="header"),
    ),
)


@pytest.mark.parametrize(
    ("query", "headers", "expected"),
    [
        ([("task", "t")], [], []),
        ([], [], ["query task:required"]),
        ([("task", "")], [], []),
        ([("task", "t"), ("limit", "9"), ("all", "true"), ("other", "x")], [], []),
        ([("task", "t"), ("limit", "10")], [], ["query limit:maximum"]),
        ([("task", "t"), ("limit", "many")], [], ["query limit:type"]),
        ([("task", "t"), ("all", "maybe")], [], ["query all:type"]),
        ([("task", "t"), ("ids", "1"), ("ids", "2")], [], ["query ids:maxItems"]),
        ([("task", "t")], [("x-key", "long")], ["header X-Key:maxLength"]),
    ],
)
def test_parameters_are_validated_too(
    query: list[tuple[str, str]], headers: list[tuple[str, str]], expected: list[str]
) -> None:
    made = contract()
    found = CompiledContract(made).violations(
        PARAMETERS, query=query, headers=headers, path=[("id", "1")]
    )
    assert [f"{v.location} {v.path}:{v.keyword}" for v in found] == expected


DONE = (condition("state", "done"),)
REPLY = (
    ReplyField(path="state", types=("string",), role="state"),
    ReplyField(path="json", types=("string", "null")),
    ReplyField(
        path="json",
        types=("string",),
        when=DONE,
        decode="json",
        content={"required": ["urls"], "properties": {"urls": {"items": {"format": "uri"}}}},
    ),
)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ({"state": "queued", "json": None}, []),
        ({"state": "done", "json": '{"urls": ["https://a.example"]}'}, []),
        ({"state": "done", "json": '{"urls": ["nowhere"]}'}, ["json:contentSchema"]),
        ({"state": "done", "json": "{}"}, ["json:contentSchema"]),
        ({"state": "done", "json": "not json"}, ["json:contentSchema"]),
        ({"state": "done", "json": None}, ["json:type"]),
        ({"state": "queued"}, ["json:required"]),
        ({"state": "napping", "json": None}, ["state:enum"]),
    ],
)
def test_json_inside_a_string_is_decoded_and_checked(reply: Any, expected: list[str]) -> None:
    found = reply_violations(contract(reply=REPLY), "status", reply)
    assert [f"{v.path}:{v.keyword}" for v in found] == expected


ONLY = (
    ReplyField(path="state", types=("string",), role="state"),
    ReplyField(path="urls", types=("array",), when=DONE, only=True),
    ReplyField(path="mine", when=(condition("$request.n", present=True),), only=True),
    ReplyField(path="$headers.X-Id", types=("string",)),
)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ({"state": "done", "urls": []}, []),
        ({"state": "queued"}, []),
        ({"state": "queued", "urls": None, "mine": 1}, []),
        ({"state": "queued", "urls": []}, ["urls:not"]),
        ({"state": "done"}, ["urls:required"]),
    ],
)
def test_what_is_promised_for_one_state_only_is_wrong_in_the_others(
    reply: Any, expected: list[str]
) -> None:
    found = reply_violations(contract(reply=ONLY), "status", reply)
    assert [f"{v.path}:{v.keyword}" for v in found] == expected


def test_an_unknown_operation_is_refused() -> None:
    with pytest.raises(ValueError, match="no operation 'balance'"):
        violations(VENDOR, "balance", {})


def test_a_contract_is_compiled_once() -> None:
    assert compiled(VENDOR) is compiled(VENDOR)
    assert compiled(VENDOR) is not compiled(contract(MODEL))


def test_answers_are_remembered_by_value_not_by_place() -> None:
    body: dict[str, Any] = dict(OK)
    assert broken(VENDOR, body) == []
    body["prompt"] = ""
    assert broken(VENDOR, body) == ["prompt:minLength"]


def test_a_first_look_at_a_body_takes_less_than_a_millisecond() -> None:
    settled = settle(load_contract("aigptimage"), {})
    bodies = [
        {
            "model": "gpt-image-2-image-to-image",
            "input": {
                "prompt": f"kite {n}",
                "input_urls": ["https://a.example"],
                "resolution": "1K",
            },
        }
        for n in range(200)
    ]
    assert violations(settled, "create", bodies[0]) == ()
    started = time.process_time()
    for body in bodies:
        violations(settled, "create", body)
    assert (time.process_time() - started) / len(bodies) < 0.002  # half that on any idle machine
