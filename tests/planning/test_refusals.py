"""Which requests break exactly one clause, and are otherwise plain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from conformance.contract.clauses import clauses_by_id
from conformance.contract.model import ABSENT, Contract
from conformance.contract.resolution import settle
from conformance.planning.images import DEFAULT_IMAGES, NO_IMAGES, Images
from conformance.planning.refusals import refusals
from conformance.planning.requests import CARRIERS, Desk
from conformance.results.cases import Case, Cost, Witness
from tests.contract.toys import ALL, contract, field, named
from tests.planning.desks import broken_by, cached_desk, desk_of, dialects, maker_of

S = "page#Section"
VARIANTS = [*((carrier, True) for carrier in range(CARRIERS)), (0, False)]
IDS = [f"carrier-{carrier}{'' if images else '-no-images'}" for carrier, images in VARIANTS]


def refused(desk: Desk) -> list[Case]:
    maker = maker_of(desk)
    for model in desk.models:
        maker.of_model(model)
    return list(refusals(desk, maker))


def by_id(made: Contract, images: Images = DEFAULT_IMAGES) -> dict[str, Case]:
    return {c.id.removeprefix("refused:create."): c for c in refused(desk_of(made, images))}


def rule(**parts: Any) -> dict[str, Any]:
    return {"says": "-", "source": S, **parts}


def _meant(case: Case) -> set[str]:
    """What a case is meant to break, as `path.keyword` or `rule.name`; a wrong type is in no list either."""
    assert case.breaks is not None
    name = case.breaks.clause.split(".create.")[1]
    name = name.removeprefix(f"{case.model}.") if case.model else name
    path, _, keyword = name.rpartition(".")
    return {name, f"{path}.enum"} if keyword == "type" else {name}


def _wrong(made: Contract, cases: list[Case], dialect: dict[str, str]) -> Iterator[str]:
    """The cases that break something else, or nothing."""
    for case in cases:
        assert case.breaks is not None
        broken = broken_by(made, case, dialect)
        if case.breaks.clause.endswith(".default"):
            # What a default means is shown by a rule that is broken through it.
            if not broken or not all(b.startswith("rule.") for b in broken):
                yield f"{case.id}: {broken}"
        elif not broken or not broken <= _meant(case):
            yield f"{case.id}: {broken}"


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(("carrier", "images"), VARIANTS, ids=IDS)
class TestEveryContract:
    """The compiled JSON Schema, which planning does not know, is asked what a request breaks."""

    # BUG: without images the rules toy is sent a valid request as one that breaks mask-needs-images, and one with a
    # wrong mask breaks that rule as well.
    def test_each_request_breaks_the_clause_it_is_meant_to_and_no_other(
        self, name: str, carrier: int, images: bool
    ) -> None:
        made = named(name)
        for dialect in dialects(made, carrier) if images else [{}]:
            given = DEFAULT_IMAGES if images else NO_IMAGES
            desk = Desk(settle(made, dialect), given, carrier, whole=made)
            assert list(_wrong(made, refused(desk), dialect)) == []

    def test_each_request_is_made_once(self, name: str, carrier: int, images: bool) -> None:
        desk = cached_desk(name, DEFAULT_IMAGES if images else NO_IMAGES, carrier)
        ids = [c.id for c in refused(desk)]
        assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("name", ALL)
class TestEveryRefusal:
    def test_it_witnesses_what_it_breaks(self, name: str) -> None:
        clauses = clauses_by_id(named(name))
        for case in refused(cached_desk(name)):
            assert case.breaks in case.witnesses
            assert all(clauses[w.clause].untestable == "" for w in case.witnesses)

    def test_it_is_free_unless_it_is_wrongly_accepted(self, name: str) -> None:
        for case in refused(cached_desk(name)):
            assert (case.billed, case.cost) == (0, Cost())

    def test_its_cause_is_one_of_the_error_table(self, name: str) -> None:
        known = {cause for row in named(name).errors for cause in row.causes}
        assert {c.cause for c in refused(cached_desk(name))} <= known

    def test_it_sends_the_right_key_and_no_feature(self, name: str) -> None:
        for case in refused(cached_desk(name)):
            assert (case.send.key, case.features, case.operation) == ("right", (), "create")

    def test_every_undisputed_clause_that_forbids_something_is_broken_once(self, name: str) -> None:
        desk = cached_desk(name)
        broken = {c.breaks.clause for c in refused(desk) if c.breaks}
        found = {
            c.id
            for c in clauses_by_id(named(name)).values()
            if c.operation == "create"
            and c.topic == "field"
            and c.keyword in ("required", "type", "enum")
            and not (c.untestable or c.dispute or c.thing.ignored or c.thing.needs)
            and c.thing.location == "body"
            and (c.keyword == "required" or c.thing.exhaustive)
        }
        assert found - broken == set()


# ---------------------------------------------------------------- one field


@pytest.mark.parametrize(
    ("keywords", "expected"),
    [
        pytest.param({"enum": ["a"]}, {"enum:refuses anything else": "no-such-value"}, id="enum"),
        pytest.param({"enum": ["a"], "exhaustive": False}, {}, id="an-open-list"),
        pytest.param({"maxLength": 3}, {"maxLength:refuses 4": "A re"}, id="max-length"),
        pytest.param({"minLength": 3}, {"minLength:refuses 2": "Ax"}, id="min-length"),
        pytest.param({"minLength": 0}, {}, id="nothing-is-shorter-than-nothing"),
        pytest.param({"type": "integer", "minimum": 0}, {"minimum:refuses -1": -1}, id="minimum"),
        pytest.param({"type": "number", "maximum": 0.5}, {"maximum:refuses 1.5": 1.5}, id="maximum"),
        pytest.param({"type": "array", "maxItems": 1}, {"maxItems:refuses 2": ["plain"] * 2}, id="items"),
        pytest.param({"type": "array", "minItems": 1}, {"minItems:refuses 0": []}, id="no-items"),
        pytest.param({"format": "uri"}, {"format:refuses anything else": "not a valid value"}, id="form"),
        pytest.param(
            {"type": "array", "items": {"format": "uri"}},
            {"items:refuses anything else": ["not-a-url"]},
            id="form-of-elements",
        ),
    ],
)  # fmt: skip
def test_a_field_is_broken_in_each_documented_way(
    keywords: dict[str, Any], expected: dict[str, Any]
) -> None:
    found = by_id(contract({"x": field(**keywords)}))
    mine = {k[2:]: c.assignment["x"] for k, c in found.items() if k.startswith("x.")}
    assert mine == {'type:refuses {"unexpected": true}': {"unexpected": True}, **expected}


@pytest.mark.parametrize("word", ["passthrough", "ignored"])
def test_what_is_handed_on_or_ignored_is_not_checked(word: str) -> None:
    found = by_id(contract({"x": field(enum=["a"], maxLength=3, **{word: True})}))
    assert not [k for k in found if k.startswith("x.")]


def test_what_is_required_is_left_out_with_everything_in_it() -> None:
    found = by_id(
        contract({"in": field(type="object", required=True), "in.x": field(required=True)})
    )
    assert set(found["in.required:refuses its absence"].assignment) == {"prompt"}
    assert found["in.x.required:refuses its absence"].send.body["in"] == {}


@pytest.mark.parametrize("carrier", range(CARRIERS))
def test_what_is_required_is_left_out_under_all_its_names(carrier: int) -> None:
    """A server may accept a request with only an alias."""
    cases = refused(cached_desk("aigptimage", carrier=carrier))
    case = next(c for c in cases if c.id.endswith("input_urls.required:refuses its absence"))
    names = {"input.input_urls", "input.image_urls", "input.image_input"}
    assert not names & set(case.assignment)


def test_a_wrong_alias_stands_alone() -> None:
    found = by_id(named("aigptimage"))
    case = found['input.image_urls.type:refuses {"unexpected": true}']
    assert "input.input_urls" not in case.assignment


def test_a_models_own_limit_is_broken_with_that_model() -> None:
    case = by_id(named("gptimage2api"))["google/nano-banana.prompt.maxLength:refuses 5001"]
    assert (case.model, len(case.assignment["prompt"])) == ("google/nano-banana", 5001)


def test_a_models_own_limit_is_broken_with_that_model_though_it_is_not_the_default() -> None:
    made = contract(
        {"model": field(enum=["a", "b"], default="a", role="model")},
        create={"per_model": {"b": {"prompt": {"maxLength": 10, "source": S}}}},
    )
    case = by_id(made)["b.prompt.maxLength:refuses 11"]
    assert broken_by(made, case) == {"prompt.maxLength"}


def test_a_limit_needs_the_limit_itself_to_be_accepted() -> None:
    case = by_id(named("rules"))["strength.maximum:refuses 3"]
    near = Witness(clause="toy-rules.create.strength.maximum", value="accepts 2")
    assert case.neighbours == (near,)


def test_a_wrong_type_of_an_object_leaves_nothing_inside_it() -> None:
    case = by_id(named("aigptimage"))["input.type:refuses unexpected"]
    assert case.send.body["input"] == "unexpected"


def test_a_wrong_value_that_brings_a_rule_into_play_breaks_that_rule_not() -> None:
    """A mask needs images: a wrong mask is sent with images."""
    case = by_id(named("rules"))['mask.type:refuses {"unexpected": true}']
    assert "images" in case.assignment


@pytest.mark.parametrize(
    ("kind", "causes", "expected"),
    [
        ("model.enum", ["bad-parameter", "bad-model"], "bad-model"),
        ("model.enum", ["bad-parameter"], "bad-parameter"),
        ("prompt.required", ["bad-parameter", "missing-parameter"], "missing-parameter"),
        ("urls.items", ["bad-parameter", "bad-reference"], "bad-reference"),
        ("prompt.type", ["bad-parameter", "bad-model", "missing-parameter"], "bad-parameter"),
    ],
)
def test_a_refusal_has_its_own_cause_where_the_documents_have_one(
    kind: str, causes: list[str], expected: str
) -> None:
    row = {"means": "-", "causes": causes, "operations": ["create"], "source": S}
    made = contract(
        {
            "model": field(enum=["a"], required=True, role="model"),
            "urls": field(type="array", items={"format": "uri"}),
        },
        errors={"table": {"400": row}},
    )
    case = next(c for k, c in by_id(made).items() if k.startswith(kind))
    assert case.cause == expected


@pytest.mark.parametrize(
    ("refused_at", "expect"), [("create", "refused"), ("anywhere", "refused-or-failed")]
)
def test_a_later_failure_will_do_unless_the_documents_say_at_creation(
    refused_at: str, expect: str
) -> None:
    made = contract({"x": field(enum=["a"], refused_at=refused_at)})
    case = by_id(made)["x.enum:refuses anything else"]
    assert (case.expect, case.refused_at) == (expect, refused_at)


# ---------------------------------------------------------------- rules


def test_a_rule_is_broken_by_each_combination_with_the_rest_as_it_must_be() -> None:
    found = by_id(named("rules"))
    case = found["rule.strong-is-small:refuses 1.5 × large"]
    assert case.assignment["quality"] == "final"  # or another rule would be broken, too
    assert case.assignment["size"] == "large"


def test_a_broken_rule_needs_the_nearest_permitted_combinations() -> None:
    case = by_id(named("rules"))["rule.large-is-final:refuses large × draft"]
    values = {w.value for w in case.neighbours}
    assert values == {"permits small × draft", "permits large × final"}


def test_a_default_is_shown_by_the_rule_that_it_breaks() -> None:
    found = by_id(named("aigptimage"))
    name = "gpt-image-2-image-to-image.input.aspect_ratio.default:refuses 2K without it"
    case = found[name]
    assert "input.aspect_ratio" not in case.assignment
    assert case.assignment["input.resolution"] == "2K"
    of_rule = Witness(clause="aigptimage.create.rule.auto-only-1k", value="refuses auto × 2K")
    assert case.neighbours == (of_rule,)


def test_a_rule_whose_breach_breaks_another_is_not_broken() -> None:
    """Every way to break `narrow` breaks `wide` as well."""
    values = {"a": field(enum=["1", "2"]), "b": field(enum=["x", "y"])}
    made = contract(
        values,
        create={
            "rules": {
                "wide": rule(when={"a": {"const": "1"}}, then={"b": {"const": "x"}}),
                "narrow": rule(when={"a": {"const": "1"}}, then={"b": {"enum": ["x"]}}),
            }
        },
    )
    assert not [k for k in by_id(made) if k.startswith("rule.")]


def test_a_rule_that_the_documents_leave_unsaid_is_never_broken() -> None:
    values = {"a": field(enum=["1", "2"])}
    unsaid = rule(unsaid=True, when={"a": {"const": "2"}})
    found = by_id(contract(values, create={"rules": {"r": unsaid}}))
    assert not [k for k in found if k.startswith("rule.")]
    assert not [k for k, c in found.items() if c.assignment.get("a", ABSENT) == "2"]


_ALIASED = {
    "pics": field(type="array", role="images", required=True),
    "more": field(type="array", alias_of="pics"),
    "mask": field(),
}


@pytest.mark.parametrize("carrier", range(CARRIERS))
def test_a_rule_is_broken_under_all_names_of_its_fields(carrier: int) -> None:
    needs = rule(when={"mask": {"present": True}}, then={"pics": {"present": True}})
    made = contract(_ALIASED, create={"rules": {"r": needs}})
    cases = refused(desk_of(made, carrier=carrier))
    assert list(_wrong(made, cases, {})) == []


@pytest.mark.parametrize("carrier", range(CARRIERS))
def test_a_default_is_shown_by_leaving_out_every_name_of_the_field(carrier: int) -> None:
    fields = {
        "a": field(enum=["x", "y"], default="x"),
        "b": field(enum=["x", "y"], alias_of="a"),
        "t": field(enum=["1", "2"], default="1"),
    }
    only = rule(when={"a": {"const": "x"}}, then={"t": {"const": "1"}})
    made = contract(fields, create={"rules": {"r": only}})
    cases = refused(desk_of(made, carrier=carrier))
    assert list(_wrong(made, cases, {})) == []


# ---------------------------------------------------------------- disputes


def _sized(one: dict[str, Any], two: dict[str, Any]) -> Contract:
    """Two pages that describe `x` differently."""
    pages = {
        name: {
            "value": name,
            "source": S,
            "operations": {"create": {"body": {"x": field(**words)}}},
        }
        for name, words in (("one", one), ("two", two))
    }
    return contract(disputes={"d": {"about": "x", "alternatives": pages}})


@pytest.mark.parametrize(
    ("one", "two", "refused_values"),
    [
        pytest.param({"maxLength": 5}, {"maxLength": 9}, {"refuses 10"}, id="the-loosest-limit"),
        pytest.param({"minLength": 2}, {"minLength": 4}, {"refuses 1"}, id="of-both-sides"),
        pytest.param({"maxLength": 5}, {}, set(), id="no-limit-at-all"),
    ],
)
def test_what_any_page_permits_is_never_sent_as_forbidden(
    one: dict[str, Any], two: dict[str, Any], refused_values: set[str]
) -> None:
    made = _sized(one, two)
    for dialect in dialects(made):
        cases = refused(Desk(settle(made, dialect), DEFAULT_IMAGES, whole=made))
        limits = {c.breaks.value for c in cases if c.breaks and "Length" in c.breaks.clause}
        assert limits == refused_values


def test_what_one_page_does_not_require_is_not_required() -> None:
    cases = refused(desk_of(_sized({"required": True}, {})))
    assert not [c for c in cases if c.id.startswith("refused:create.x.required")]
