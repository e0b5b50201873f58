"""Which cases, in which order, hold a vendor against its contract."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract.clauses import clauses_by_id, derive_clauses
from conformance.contract.model import ABSENT, Contract
from conformance.contract.paths import find
from conformance.planning.images import DEFAULT_IMAGES, NO_IMAGES
from conformance.planning.plan import make_plan
from conformance.planning.requests import CARRIERS
from conformance.results.cases import Case, Plan
from tests.contract.toys import ALL, contract, field, named
from tests.planning.desks import broken_by, plan_of, plans_of, violations

S = "page#Section"
GLOBS = ["*.prompt.maxLength", "*.enum", "*.rule.*", "*.auth", "*.reply.*", "nothing.at.all"]
VARIANTS = [*((carrier, True) for carrier in range(CARRIERS)), (0, False)]
IDS = [f"carrier-{carrier}{'' if images else '-no-images'}" for carrier, images in VARIANTS]


def creations(plan: Plan) -> list[Case]:
    """The cases that send a creation whose body is JSON and whose key is right."""
    return [
        c
        for c in plan.cases
        if c.operation == "create" and c.send.key == "right" and c.send.raw is None
    ]


def rule(**parts: Any) -> dict[str, Any]:
    return {"says": "-", "source": S, **parts}


# ---------------------------------------------------------------- valid and invalid by construction


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(("carrier", "images"), VARIANTS, ids=IDS)
class TestByConstruction:
    """The compiled JSON Schema, which planning does not know, is asked."""

    def test_every_positive_case_is_valid(self, name: str, carrier: int, images: bool) -> None:
        for plan in plans_of(name, carrier, DEFAULT_IMAGES if images else NO_IMAGES):
            for case in creations(plan):
                if case.expect in ("accepted", "either"):
                    assert violations(named(name), case.send, plan.dialect) == (), case.id

    # BUG: in the rules toy, without images: see test_refusals.
    def test_every_case_that_breaks_something_is_invalid(
        self, name: str, carrier: int, images: bool
    ) -> None:
        for plan in plans_of(name, carrier, DEFAULT_IMAGES if images else NO_IMAGES):
            for case in creations(plan):
                if case.breaks is not None and not case.id.startswith("idempotency:"):
                    assert broken_by(named(name), case, plan.dialect), case.id

    def test_every_positive_bundle_satisfies_its_pins(
        self, name: str, carrier: int, images: bool
    ) -> None:
        for plan in plans_of(name, carrier, DEFAULT_IMAGES if images else NO_IMAGES):
            for case in plan.cases:
                for feature in case.features:
                    for path, value in feature.pins.items():
                        headers = [v for name, v in case.send.headers if name == path]
                        sent = headers or find(case.send.body, path)
                        # An object holds what the fields in it say.
                        as_pinned = sent == ([] if value is ABSENT else [value])
                        assert as_pinned or (value == {} and isinstance(sent[0], dict))

    def test_the_lower_bound_is_not_above_what_is_paid(
        self, name: str, carrier: int, images: bool
    ) -> None:
        for plan in plans_of(name, carrier, DEFAULT_IMAGES if images else NO_IMAGES):
            assert plan.lower_bound <= plan.billed


# BUG: the lower bound is that of the whole plan.
@pytest.mark.parametrize("name", ["aigptimage", "rules"])
def test_the_lower_bound_of_a_part_is_not_above_what_is_paid(name: str) -> None:
    plans = {only: plan_of(name, only=only) for only in GLOBS}
    assert [only for only, plan in plans.items() if plan.lower_bound > plan.billed] == []


# ---------------------------------------------------------------- what a plan holds


@pytest.mark.parametrize("name", ALL)
class TestEveryPlan:
    def test_ids_are_unique(self, name: str) -> None:
        ids = [c.id for c in plan_of(name).cases]
        assert len(set(ids)) == len(ids)

    def test_a_plain_creation_comes_before_anything_else(self, name: str) -> None:
        """A server that refuses everything must not look strict."""
        first = plan_of(name).cases[0]
        assert (first.id, first.expect, first.send.key) == ("carrier", "accepted", "right")

    def test_what_is_free_comes_before_what_is_paid_for(self, name: str) -> None:
        cases = [
            c for c in plan_of(name).cases if c.id not in ("carrier", "probe", plan_of(name).probe)
        ]
        paid = [c.billed > 0 or c.repeats != "" or c.id.startswith("idempotency:") for c in cases]
        assert paid == sorted(paid)

    def test_a_case_stands_on_cases_before_it(self, name: str) -> None:
        known: set[str] = {""}
        for case in plan_of(name).cases:
            assert {case.needs_task, case.repeats} <= known
            known.add(case.id)

    def test_a_case_that_breaks_something_breaks_one_thing(self, name: str) -> None:
        for case in plan_of(name).cases:
            if case.breaks is not None:
                assert case.breaks in case.witnesses
                assert case.expect in ("refused", "refused-or-failed")
                assert (case.billed, case.cause != "") == (0, True)

    def test_what_must_be_accepted_first_is_planned(self, name: str) -> None:
        """But for what another page permits: the dialect of this plan cannot say it."""
        clauses = clauses_by_id(named(name))
        witnessed = {w for c in plan_of(name).cases for w in c.witnesses}
        for near in (w for c in plan_of(name).cases for w in c.neighbours):
            assert near in witnessed or clauses[near.clause].dispute, near

    def test_every_witness_is_required_of_a_clause(self, name: str) -> None:
        plan, clauses = plan_of(name), clauses_by_id(named(name))
        for witness in (w for c in plan.cases for w in c.witnesses):
            assert witness.clause in clauses
            assert witness.value in plan.required[witness.clause]

    def test_every_clause_is_tried_or_has_its_reason_or_is_seen_along_the_way(
        self, name: str
    ) -> None:
        plan = plan_of(name)
        seen_along_the_way = {
            "path", "content-type", "success", "reply", "echo", "unit", "order", "only", "states", "terminal", "row",
            "row-body", "row-field", "envelope", "charge", "refund", "url", "picture", "ratio", "tier",
        }  # fmt: skip
        for clause in derive_clauses(named(name)):
            # What another page says is tried in that page's words.
            named_ = clause.id in plan.required or clause.id in plan.unplanned or clause.dispute
            assert named_ or clause.topic in seen_along_the_way, clause.id

    def test_nothing_is_both_required_and_unplanned(self, name: str) -> None:
        plan = plan_of(name)
        assert not plan.required.keys() & plan.unplanned.keys()

    def test_what_is_paid_is_what_is_billed(self, name: str) -> None:
        plan = plan_of(name)
        assert plan.billed == sum(c.billed for c in plan.cases)
        assert {c.billed for c in plan.cases} <= {0, 1}

    def test_the_same_contract_gives_the_same_plan(self, name: str) -> None:
        assert make_plan(named(name)) == plan_of(name)

    def test_every_model_is_asked(self, name: str) -> None:
        asked = {c.model for c in plan_of(name).cases if c.expect == "accepted"}
        assert asked == set(named(name).models or ("",))


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("aigptimage", 24),
        ("gptimage2api", 19),
        ("disputes", 4),
        ("integers", 8),
        ("pixels", 7),
        ("rules", 6),
    ],
)
def test_a_plan_stays_as_cheap_as_it_is(name: str, most: int) -> None:
    assert plan_of(name).billed <= most


# ---------------------------------------------------------------- dialects


@pytest.mark.parametrize(
    ("dialect", "size"),
    [({}, "1024x1024"), ({"sizing": "page-one"}, "1024x1024"), ({"sizing": "page-two"}, "1:1")],
)
def test_a_plan_speaks_one_dialect(dialect: dict[str, str], size: str) -> None:
    plan = make_plan(named("disputes"), dialect=dialect)
    sizes = {c.assignment["size"] for c in plan.cases if "size" in c.assignment and not c.breaks}
    assert size in sizes
    assert all(("x" in s) is ("x" in size) for s in sizes)
    assert plan.dialect == dialect


def test_the_first_disputed_request_carries_nothing_else_that_is_unusual() -> None:
    """It is the probe: if it is refused, the run plans again in another page's words."""
    plan = plan_of("disputes")
    probe = next(c for c in plan.cases if c.id == plan.probe)
    clauses = clauses_by_id(named("disputes"))
    assert plan.cases.index(probe) == 1
    assert {clauses[w.clause].dispute for w in probe.witnesses} == {"sizing"}


def test_there_is_no_probe_where_nothing_that_is_sent_is_disputed() -> None:
    assert plan_of("gptimage2api").probe == ""


# ---------------------------------------------------------------- images


def test_without_images_a_model_that_needs_one_is_not_planned() -> None:
    plan = plan_of("aigptimage", images=NO_IMAGES)
    assert {c.model for c in plan.cases if c.model} == {"gpt-image-2-text-to-image"}
    alias = "aigptimage.create.input.image_urls.alias"
    assert plan.unplanned[alias] == "needs: image"


def test_without_images_and_without_another_model_nothing_is_planned() -> None:
    made = contract({"pics": field(type="array", role="images", required=True)})
    plan = make_plan(made, images=NO_IMAGES)
    assert (plan.cases, plan.lower_bound, plan.billed) == ((), 0, 0)
    assert plan.unplanned["acme.create.pics.required"] == "needs: image"


# ---------------------------------------------------------------- a part of the clauses


@pytest.mark.parametrize("only", GLOBS)
@pytest.mark.parametrize("name", ["aigptimage", "rules"])
def test_a_part_of_the_plan_is_planned_as_in_the_whole(name: str, only: str) -> None:
    whole = {c.id: c for c in plan_of(name).cases}
    for case in plan_of(name, only=only).cases:
        assert whole[case.id] == case


@pytest.mark.parametrize("name", ["aigptimage", "rules"])
def test_a_refusal_is_planned_with_the_neighbours_that_it_needs(name: str) -> None:
    plan = plan_of(name, only="*.rule.*")
    witnessed = {w for c in plan.cases for w in c.witnesses}
    broken = [c for c in plan.cases if c.breaks and ".rule." in c.breaks.clause]
    assert broken
    assert all(set(c.neighbours) <= witnessed for c in broken)


def test_what_is_left_out_says_so() -> None:
    plan = plan_of("aigptimage", only="*.auth")
    assert plan.unplanned["aigptimage.create.input.prompt.maxLength"] == "left out by --only"
    assert "aigptimage.create.auth" not in plan.unplanned


# ---------------------------------------------------------------- contracts that are awkward


# BUG: "a-listed-value-that-no-request-can-have" plans a valid case that is invalid, and
# "a-field-that-one-model-does-not-know" ends in a KeyError.
@pytest.mark.parametrize(
    ("body", "rules"),
    [
        pytest.param(
            {"a": field(enum=["1", "2"]), "c": field(enum=["x", "y"], default="x")},
            {"r": rule(when={"a": {"const": "2"}}, then={"c": {"present": False}})},
            id="then-absent-with-a-default",
        ),
        pytest.param(
            {"a": field(enum=["1", "2"])},
            {"r": rule(unsaid=True, when={"a": {"const": "1"}})},
            id="a-listed-value-that-nobody-says-anything-about",
        ),
        pytest.param(
            {
                "model": field(enum=["a", "b"], required=True, role="model"),
                "c": field(enum=["x", "y"], default="x"),
            },
            {"r": rule(when={"model": {"const": "a"}}, then={"c": {"const": "x"}})},
            id="a-rule-on-the-model",
        ),
        pytest.param(
            {"c": field(enum=["x", "y"], default="x")},
            {"r": rule(when={"prompt": {"present": True}}, then={"c": {"const": "x"}})},
            id="a-listed-value-that-no-request-can-have",
        ),
        pytest.param(
            {"size": field(enum=["s", "l"], default="s"), "ratio": field(enum=["1:1", "2:1"])},
            {"r": rule(at_most_one=["size", "ratio"])},
            id="a-default-that-excludes",
        ),
        pytest.param(
            {
                "model": field(enum=["a", "b"], required=True, role="model"),
                "x": field(models=["a"]),
                "y": field(),
            },
            {"r": rule(at_most_one=["x", "y"])},
            id="a-field-that-one-model-does-not-know",
        ),
    ],
)
@pytest.mark.parametrize("carrier", range(CARRIERS))
def test_an_awkward_contract_is_planned_without_an_invalid_request(
    body: dict[str, Any], rules: dict[str, Any], carrier: int
) -> None:
    made: Contract = contract(body, create={"rules": rules})
    plan = make_plan(made, carrier=carrier)
    unsaid = {n for n, r in rules.items() if "unsaid" in r}
    for case in creations(plan):
        broken = {v.rule or v.keyword for v in violations(made, case.send)} - unsaid
        assert bool(broken) is (case.breaks is not None), case.id


def test_a_rule_that_is_left_unsaid_forbids_nothing() -> None:
    made = contract(
        {"a": field(enum=["1", "2"])},
        create={"rules": {"r": rule(unsaid=True, when={"a": {"const": "2"}})}},
    )
    plan = make_plan(made)
    assert violations(made, plan.cases[0].send) == ()


def test_an_unsaid_request_is_never_sent() -> None:
    fields = {"a": field(enum=["1", "2"]), "b": field(enum=["x", "y"])}
    unsaid = rule(unsaid=True, when={"a": {"const": "2"}, "b": {"const": "y"}})
    for case in make_plan(contract(fields, create={"rules": {"r": unsaid}})).cases:
        assert (case.assignment.get("a"), case.assignment.get("b")) != ("2", "y")
