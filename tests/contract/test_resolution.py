"""What a contract says once its disputes are settled and a model is named."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.compilers.validating import compiled
from conformance.contract.model import ABSENT, Condition, Contract, Field, Rule
from conformance.contract.paths import find
from conformance.contract.resolution import (
    body_of,
    conditions_hold,
    fields_for,
    filled,
    holds,
    rule_holds,
    rules_for,
    settle,
    value_of,
)
from tests.contract.toys import ALL, contract, field, named

S = "page#Section"


def create_fields(contract: Contract, model: str = "") -> dict[str, Field]:
    create = contract.operation("create")
    assert create is not None
    return fields_for(create, model)


# ---------------------------------------------------------------- disputes


@pytest.mark.parametrize(
    ("dialect", "sizes", "paths"),
    [
        pytest.param({}, ["1024x1024", "2048x1024"], ["images[]"], id="first-by-default"),
        pytest.param({"sizing": "page-one"}, ["1024x1024", "2048x1024"], ["images[]"], id="named"),
        pytest.param({"sizing": "page-two"}, ["1:1", "2:1"], ["images[]"], id="a-bundle-moves"),
        pytest.param(
            {"results": "page-two"}, ["1024x1024", "2048x1024"], ["output.urls"], id="each-alone"
        ),
        pytest.param(
            {"sizing": "page-two", "results": "page-two"},
            ["1:1", "2:1"],
            ["output.urls"],
            id="both",
        ),
    ],
)
def test_a_settled_contract_gives_one_answer(
    dialect: dict[str, str], sizes: list[str], paths: list[str]
) -> None:
    settled = settle(named("disputes"), dialect)
    status = settled.operation("status")
    assert status is not None
    assert create_fields(settled)["size"].schema["enum"] == sizes
    assert [r.path for r in status.reply if r.role == "results"] == paths


@pytest.mark.parametrize("name", ALL)
def test_settling_a_settled_contract_changes_nothing(name: str) -> None:
    settled = settle(named(name), {})
    assert settle(settled, {}) == settled


@pytest.mark.parametrize("name", ALL)
def test_nothing_in_a_settled_contract_is_disputed(name: str) -> None:
    settled = settle(named(name), {})
    for operation in settled.operations:
        parts = (*operation.fields, *operation.rules, *operation.reply)
        assert {part.dispute for part in parts} <= {None}
    parts = (*settled.errors, *settled.charging.cells, *settled.pixels, *settled.expiry)
    assert {part.dispute for part in parts} <= {None}


def _page(**body: Any) -> dict[str, Any]:
    return {"value": "-", "source": S, "operations": {"create": {"body": body}}}


def test_what_a_page_says_of_a_field_is_laid_over_its_common_description() -> None:
    pages = {"one": _page(x={"maxLength": 5, "source": S}), "two": _page()}
    made = contract(
        {"x": field(default="a")}, disputes={"d": {"about": "x", "alternatives": pages}}
    )
    one, two = (create_fields(settle(made, {"d": name}))["x"] for name in ("one", "two"))
    assert (one.schema, one.default) == ({"type": "string", "maxLength": 5}, "a")
    assert two.schema == {"type": "string"}


# ---------------------------------------------------------------- fields and rules of a model

MODELS = contract(
    {
        "model": field(enum=["plain", "wide"], required=True, role="model"),
        "prompt": field(required=True, maxLength=100, role="prompt"),
        "ratio": field(enum=["1:1", "2:1"], default="1:1", exhaustive=False),
        "frames": field(type="integer", models=["wide"]),
        "seed": field(type="integer", models=["plain"]),
    },
    create={
        "per_model": {
            "wide": {
                "prompt": {"maxLength": 20, "source": S},
                "ratio": {"enum": ["2:1", "3:1"], "default": "2:1", "source": S},
            }
        },
        "rules": {
            "all": {"says": "-", "at_most_one": ["seed", "prompt"], "source": S},
            "of-wide": {
                "says": "-",
                "models": ["wide"],
                "at_least_one": ["frames"],
                "source": S,
            },
        },
    },
)


@pytest.mark.parametrize(
    ("model", "known"),
    [
        ("plain", {"model", "prompt", "ratio", "seed"}),
        ("wide", {"model", "prompt", "ratio", "frames"}),
        ("", {"model", "prompt", "ratio"}),
    ],
)
def test_a_model_has_the_fields_it_knows(model: str, known: set[str]) -> None:
    assert set(create_fields(MODELS, model)) == known


def test_a_models_own_words_replace_the_common_ones() -> None:
    narrowed = create_fields(MODELS, "wide")["prompt"]
    assert narrowed.schema == {"type": "string", "maxLength": 20}
    assert (narrowed.required, narrowed.role, narrowed.model) == (True, "prompt", "wide")


def test_a_models_own_list_is_the_whole_list_though_the_common_one_was_not() -> None:
    common, own = create_fields(MODELS, "plain")["ratio"], create_fields(MODELS, "wide")["ratio"]
    assert (common.exhaustive, own.exhaustive) == (False, True)
    assert (common.default, own.default) == ("1:1", "2:1")


@pytest.mark.parametrize(("model", "names"), [("plain", ["all"]), ("wide", ["all", "of-wide"])])
def test_a_model_is_bound_by_its_own_rules_and_the_common_ones(
    model: str, names: list[str]
) -> None:
    create = MODELS.operation("create")
    assert create is not None
    assert [rule.name for rule in rules_for(create, model)] == names


# ---------------------------------------------------------------- values


def test_a_default_fills_in_for_what_is_left_out() -> None:
    fields = create_fields(MODELS, "plain")
    assert value_of({}, "ratio", fields) == "1:1"
    assert value_of({"ratio": "2:1"}, "ratio", fields) == "2:1"
    assert value_of({"ratio": None}, "ratio", fields) is None
    assert value_of({}, "prompt", fields) is ABSENT
    assert value_of({}, "unheard-of", fields) is ABSENT


def test_a_filled_request_names_no_absent_field() -> None:
    fields = create_fields(MODELS, "plain")
    assert filled({"prompt": "x", "seed": ABSENT}, fields) == {"prompt": "x", "ratio": "1:1"}
    assert filled({"ratio": ABSENT}, fields) == {"ratio": "1:1"}


def test_a_parent_object_and_its_children_make_one_object() -> None:
    given = {"input.prompt": "x", "input": {"kept": 1}, "input.deep.er": 2, "model": "m"}
    expected = {"input": {"kept": 1, "prompt": "x", "deep": {"er": 2}}, "model": "m"}
    assert body_of(given, {}) == expected
    assert given["input"] == {"kept": 1}


def test_only_fields_of_the_body_stand_in_the_body() -> None:
    elsewhere = Field(path="X-Key", location="header")
    assert body_of({"X-Key": "k", "a": 1, "b": ABSENT}, {"X-Key": elsewhere}) == {"a": 1}


@given(
    st.dictionaries(
        st.lists(st.sampled_from("abc"), min_size=2, max_size=2).map(".".join),
        st.one_of(st.integers(), st.text(max_size=2), st.lists(st.integers(), max_size=2)),
        max_size=6,
    )
)
def test_each_field_of_a_request_is_found_in_its_body(assignment: dict[str, Any]) -> None:
    body = body_of(assignment, {})
    assert {path: find(body, path) for path in assignment} == {
        path: [value] for path, value in assignment.items()
    }


# ---------------------------------------------------------------- conditions


@pytest.mark.parametrize(
    ("parts", "value", "expected"),
    [
        pytest.param({"one_of": ("a", "b")}, "b", True, id="one-of"),
        pytest.param({"one_of": ("a", "b")}, "c", False, id="none-of"),
        pytest.param({"one_of": ("a",)}, ABSENT, False, id="absent-is-no-value"),
        pytest.param({"one_of": (None,)}, None, True, id="null-is-a-value"),
        pytest.param({"one_of": (1,)}, True, False, id="true-is-not-one"),
        pytest.param({"one_of": (False,)}, 0, False, id="zero-is-not-false"),
        pytest.param({"one_of": (1,)}, 1.0, True, id="one-is-one"),
        pytest.param({"present": True}, None, True, id="null-is-present"),
        pytest.param({"present": True}, ABSENT, False, id="absent"),
        pytest.param({"present": False}, ABSENT, True, id="wanted-absent"),
        pytest.param({"present": False}, "x", False, id="unwanted"),
        pytest.param({"minimum": 300}, 300, True, id="at-the-minimum"),
        pytest.param({"minimum": 300}, 299.9, False, id="below"),
        pytest.param({"maximum": 5}, 5, True, id="at-the-maximum"),
        pytest.param({"maximum": 5}, 6, False, id="above"),
        pytest.param({"minimum": 0}, "7", False, id="text-is-no-number"),
        pytest.param({"minimum": 0}, True, False, id="true-is-no-number"),
        pytest.param({"minimum": 0}, ABSENT, False, id="absent-is-no-number"),
        pytest.param({"minimum": 1, "maximum": 3}, 2, True, id="between"),
        pytest.param({"present": True, "one_of": ("a",)}, "b", False, id="every-part-must-hold"),
    ],
)
def test_a_condition_holds(parts: dict[str, Any], value: Any, expected: bool) -> None:
    assert holds(Condition(field="x", **parts), value) is expected


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"items": [{"state": "bad"}, {"state": "done"}], "ok": True}, True),
        ({"items": [{"state": "bad"}], "ok": True}, False),
        ({"items": [{"state": "done"}], "ok": False}, False),
        ({"items": [], "ok": True}, False),
        ("not an object", False),
    ],
    ids=["any-of-several", "none-of-several", "every-condition", "no-element", "no-object"],
)
def test_a_reply_meets_its_conditions(document: Any, expected: bool) -> None:
    conditions = (
        Condition(field="items[].state", one_of=("done",)),
        Condition(field="ok", one_of=(True,)),
    )
    assert conditions_hold(conditions, document) is expected


def test_no_condition_is_always_met() -> None:
    assert conditions_hold((), None)


# ---------------------------------------------------------------- rules

IMPLIES = Rule(
    name="r",
    when=(Condition(field="ratio", one_of=("auto",)),),
    then=(Condition(field="tier", one_of=("1K",)),),
)
NOT_BOTH = Rule(name="r", form="at_most_one", fields=("a", "b", "c"))
ANY = Rule(name="r", form="at_least_one", fields=("a", "b"))
UNSAID = Rule(name="r", form="unsaid", when=(Condition(field="a", one_of=(1,)),))
RATIO = {"ratio": Field(path="ratio", default="auto")}
DEFAULT_A = {"a": Field(path="a", default=1)}


@pytest.mark.parametrize(
    ("rule", "request_", "fields", "expected"),
    [
        pytest.param(IMPLIES, {"ratio": "auto", "tier": "1K"}, {}, True, id="kept"),
        pytest.param(IMPLIES, {"ratio": "auto", "tier": "2K"}, {}, False, id="broken"),
        pytest.param(IMPLIES, {"ratio": "1:1", "tier": "2K"}, {}, True, id="does-not-apply"),
        pytest.param(IMPLIES, {"tier": "2K"}, {}, True, id="absent-does-not-apply"),
        pytest.param(IMPLIES, {"tier": "2K"}, RATIO, False, id="a-default-applies"),
        pytest.param(IMPLIES, {"ratio": ABSENT, "tier": "2K"}, RATIO, False, id="left-out"),
        pytest.param(IMPLIES, {"ratio": "auto"}, {}, False, id="absent-is-not-the-value"),
        pytest.param(NOT_BOTH, {}, {}, True, id="none"),
        pytest.param(NOT_BOTH, {"b": None}, {}, True, id="one"),
        pytest.param(NOT_BOTH, {"a": 1, "b": ABSENT}, {}, True, id="one-and-one-left-out"),
        pytest.param(NOT_BOTH, {"a": 1, "c": 1}, {}, False, id="two"),
        pytest.param(NOT_BOTH, {"b": 1}, DEFAULT_A, True, id="a-default-was-not-sent"),
        pytest.param(ANY, {"x": 1}, {}, False, id="not-one"),
        pytest.param(ANY, {"b": 1}, {}, True, id="at-least-one"),
        pytest.param(ANY, {"a": 1, "b": 1}, {}, True, id="more-than-one"),
        pytest.param(UNSAID, {"a": 1}, {}, False, id="nobody-says"),
        pytest.param(UNSAID, {"a": 2}, {}, True, id="nobody-need-say"),
    ],
)
def test_a_rule_holds(
    rule: Rule, request_: dict[str, Any], fields: dict[str, Field], expected: bool
) -> None:
    assert rule_holds(rule, request_, fields) is expected


def _agree(contract: Contract, model: str, assignment: dict[str, Any]) -> None:
    """Our own evaluation of rules and the compiled JSON Schema say the same."""
    create = contract.operation("create")
    assert create is not None
    fields = fields_for(create, model)
    rules = rules_for(create, model)
    ours = {rule.name for rule in rules if not rule_holds(rule, assignment, fields)}
    found = compiled(contract).violations(create, body_of(assignment, fields))
    assert ours == {violation.rule for violation in found if violation.rule}


def _choices(**domains: Any) -> st.SearchStrategy[dict[str, Any]]:
    each = {path: st.sampled_from([ABSENT, *values]) for path, values in domains.items()}
    return st.fixed_dictionaries(each)


@given(
    _choices(
        prompt=["a prompt"],
        template=["poster", "card"],
        mask=["https://x.example/m"],
        images=[["https://x.example/i"]],
        size=["small", "large"],
        quality=["draft", "final"],
        strength=[0.5, 1.5, 2],
    )
)
def test_rules_are_judged_as_the_compiled_schema_judges_them(assignment: dict[str, Any]) -> None:
    _agree(named("rules"), "", assignment)


@given(
    st.sampled_from(["auto", "1:1", "16:9", ABSENT]), st.sampled_from(["1K", "2K", "4K", ABSENT])
)
def test_rules_through_defaults_are_judged_as_the_compiled_schema_judges_them(
    ratio: Any, tier: Any
) -> None:
    model = "gpt-image-2-image-to-image"
    given_ = {"model": model, "input": {}, "input.aspect_ratio": ratio, "input.resolution": tier}
    _agree(named("aigptimage"), model, given_)


EXCLUSIVE = contract(
    {"size": field(enum=["s", "l"], default="s"), "ratio": field(enum=["1:1", "2:1"])},
    create={
        "rules": {"either": {"says": "-", "at_most_one": ["size", "ratio"], "source": S}},
    },
)


@given(_choices(size=["s", "l"], ratio=["1:1", "2:1"]))
def test_a_default_excludes_nothing_that_was_sent(assignment: dict[str, Any]) -> None:
    _agree(EXCLUSIVE, "", {"prompt": "x", **assignment})


EITHER = contract(
    {"size": field(enum=["s", "l"], default="s"), "ratio": field(enum=["1:1", "2:1"])},
    create={"rules": {"any": {"says": "-", "at_least_one": ["size", "ratio"], "source": S}}},
)


@given(_choices(size=["s", "l"], ratio=["1:1", "2:1"]))
def test_a_default_is_there_though_it_was_not_sent(assignment: dict[str, Any]) -> None:
    _agree(EITHER, "", {"prompt": "x", **assignment})


ALIASED = contract(
    {
        "images": field(type="array", role="images"),
        "image_urls": field(type="array", alias_of="images"),
        "mask": field(),
    },
    create={
        "rules": {
            "mask-needs-images": {
                "says": "-",
                "when": {"mask": {"present": True}},
                "then": {"images": {"present": True}},
                "source": S,
            }
        }
    },
)


@given(_choices(images=[["u"]], image_urls=[["u"]], mask=["m"]))
def test_an_alias_counts_as_its_field_in_rules(assignment: dict[str, Any]) -> None:
    _agree(ALIASED, "", {"prompt": "x", **assignment})
