"""Which cases try what no request parameter does."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from conformance.contract.clauses import clauses_by_id
from conformance.contract.model import Contract
from conformance.planning.images import DEFAULT_IMAGES, NO_IMAGES, Images
from conformance.planning.plan import make_plan
from conformance.planning.probes import free_probes, paid_probes, with_key
from conformance.planning.values import RUN
from conformance.results.cases import Case, Plan
from tests.contract.toys import ALL, contract, field, named, raw
from tests.planning.desks import cached_desk, desk_of, plan_of, violations

S = "page#Section"
KEY: dict[str, Any] = {"header": "Key", "says": "Once.", "source": S}
SIZE = {"size": field(enum=["s", "m", "l"])}


def free(made: Contract) -> dict[str, Case]:
    return {c.id: c for c in free_probes(desk_of(made), planned(made).cases[0])}


def paid(made: Contract, images: Images = DEFAULT_IMAGES) -> dict[str, Case]:
    positives = [c for c in planned(made, images).cases if c.id.startswith("accepted:")]
    return {c.id: c for c in paid_probes(desk_of(made, images), positives)}


def planned(made: Contract, images: Images = DEFAULT_IMAGES) -> Plan:
    shared = next((name for name in ALL if named(name) is made), "")
    return plan_of(shared, 0, images) if shared else make_plan(made, images=images)


# ---------------------------------------------------------------- of every contract


@pytest.mark.parametrize("name", ALL)
class TestEveryContract:
    def test_what_is_free_costs_nothing_and_is_refused_or_answered(self, name: str) -> None:
        for case in free(named(name)).values():
            assert case.billed == 0
            other_way = case.send.scheme and case.send.key == "wrong"
            wanted = "refused" if other_way or case.breaks is not None else "answered"
            assert case.expect == wanted
            assert case.breaks is None or case.breaks in case.witnesses
            # Another way to present the key is taken, and asked about with a query.
            assert not case.send.scheme or case.send.operation == "status"

    def test_each_value_of_a_status_parameter_is_asked_for(self, name: str) -> None:
        status = named(name).operation("status")
        fields = [f for f in (status.fields if status else ()) if f.location == "query"]
        wanted = [(f.path, str(v)) for f in fields for v in f.schema.get("enum", ())]
        asked = [c for c in free(named(name)).values() if c.expect == "answered"]
        assert [pair for c in asked for pair in c.send.query if pair in wanted] == wanted

    def test_a_probe_witnesses_clauses_that_can_be_tried(self, name: str) -> None:
        clauses = clauses_by_id(named(name))
        probes = [*free(named(name)).values(), *paid(named(name)).values()]
        for witness in (w for case in probes for w in case.witnesses):
            assert clauses[witness.clause].untestable == ""

    def test_the_body_that_breaks_off_is_no_json(self, name: str) -> None:
        case = free(named(name)).get("refused:create.malformed-json")
        if case is not None:
            assert case.send.raw is not None
            with pytest.raises(ValueError, match="Expecting"):
                json.loads(case.send.raw)


# ---------------------------------------------------------------- keys


def test_a_missing_and_a_wrong_key_are_tried_on_each_operation() -> None:
    cases = [c for k, c in free(contract()).items() if k.startswith("auth:")]
    assert [(c.operation, c.send.key) for c in cases] == [
        ("create", "missing"),
        ("create", "wrong"),
        ("status", "missing"),
        ("status", "wrong"),
    ]
    assert {c.cause for c in cases} == {"unauthorized"}


def test_a_key_is_tried_with_a_request_that_is_valid_otherwise() -> None:
    case = free(named("aigptimage"))["auth:create:wrong"]
    assert violations(named("aigptimage"), case.send) == ()


def test_a_key_is_tried_on_a_task_that_exists() -> None:
    """A server may answer 404 before it looks at the key."""
    case = free(named("gptimage2api"))["auth:status:wrong"]
    assert case.needs_task == "carrier"
    assert case.send.path == "/api/ai/tasks/{task_id}"


def test_a_wrong_key_tries_the_credential_that_the_run_presents() -> None:
    auth = {"header": {"header": "X-Key", "source": S}, "query": {"query": "key", "source": S}}
    case = free(contract(auth=auth))["auth:create:missing"]
    assert [w.clause for w in case.witnesses] == ["acme.create.auth.header"]


@pytest.mark.parametrize(
    ("changes", "left"),
    [
        pytest.param({"auth": {}}, set(), id="no-key-at-all"),
        pytest.param({"status": {"authenticated": False}}, {"create"}, id="public-status"),
        pytest.param({"create": {"authenticated": False}}, {"status"}, id="public-creation"),
    ],
)
def test_no_key_is_tried_where_none_is_needed(changes: dict[str, Any], left: set[str]) -> None:
    found = {c.operation for k, c in free(contract(**changes)).items() if k.startswith("auth:")}
    assert found == left


# ---------------------------------------------------------------- unknown tasks and broken bodies


def test_unknown_and_malformed_ids_are_tried() -> None:
    found = free(contract())
    paths = {k: c.send.path for k, c in found.items() if k.startswith("unknown-task:")}
    assert paths == {
        "unknown-task:unknown id": "/made/conformance-no-such-task",
        "unknown-task:malformed id": "/made/0",
    }


def test_an_unknown_task_is_not_tried_where_no_document_says_what_follows() -> None:
    table = {k: r for k, r in raw()["errors"]["table"].items() if k != "404"}
    found = free(contract(errors={"table": table}))
    assert not [k for k in found if k.startswith("unknown-task:")]


@pytest.mark.parametrize(("name", "tried"), [("aigptimage", True), ("gptimage2api", False)])
def test_a_query_is_sent_without_its_required_parameter(name: str, tried: bool) -> None:
    cases = [c for k, c in free(named(name)).items() if k.startswith("refused:status.")]
    assert bool(cases) is tried
    assert all(c.send.query == () and c.cause == "missing-parameter" for c in cases)


@pytest.mark.parametrize(("name", "tried"), [("aigptimage", True), ("gptimage2api", False)])
def test_malformed_json_is_sent_where_a_document_says_what_follows(name: str, tried: bool) -> None:
    assert ("refused:create.malformed-json" in free(named(name))) is tried


# ---------------------------------------------------------------- repeated keys


def keyed(made: Contract) -> list[Case]:
    return [c for c in make_plan(made).cases if RUN in str(c.send.headers)]


def test_one_creation_carries_a_key_that_is_new_in_every_run() -> None:
    first, again = keyed(named("aigptimage"))
    assert RUN in dict(first.send.headers)["X-Request-ID"]
    assert again.send.headers == first.send.headers


def test_a_repeated_creation_sends_the_very_same_and_is_not_paid_for() -> None:
    first, again = keyed(named("aigptimage"))
    assert (again.repeats, again.send) == (first.id, first.send)
    assert (first.billed, again.billed, again.cost.amount, again.features) == (1, 0, 0.0, ())


def test_a_promise_on_replays_and_other_bodies_is_tried() -> None:
    found = paid(named("pixels"))
    same, other = found["idempotency:same-request"], found["idempotency:other-body"]
    assert [w.clause.rpartition(".")[2] for w in same.witnesses] == [
        "same-request",
        "replay-header",
    ]
    assert same.send.body != other.send.body
    assert same.send.headers == other.send.headers
    assert (other.expect, other.cause) == ("refused", "conflict")


def test_another_body_with_the_same_key_may_give_the_same_task() -> None:
    made = contract(SIZE, idempotency={**KEY, "other_body": "same-task"})
    other = paid(made)["idempotency:other-body"]
    assert (other.expect, other.breaks, other.cause) == ("accepted", None, "")


def test_a_key_that_is_too_long_is_one_character_too_long() -> None:
    made = contract(SIZE, idempotency={**KEY, "max_length": 40})
    case = paid(made)["idempotency:too-long"]
    assert _lengths(case) == [41]
    assert (case.repeats, case.cause) == ("", "bad-parameter")


def test_a_key_of_the_longest_permitted_length_is_sent_with_a_creation_that_is_paid_anyway() -> (
    None
):
    made = contract(SIZE, idempotency={**KEY, "max_length": 40})
    cases = make_plan(made).cases
    assert [_lengths(c) for c in cases if "accepts 40" in {w.value for w in c.witnesses}] == [[40]]
    assert sum(c.billed for c in cases) == sum(
        c.billed for c in make_plan(contract(SIZE, idempotency=KEY)).cases
    )


def _lengths(case: Case) -> list[int]:
    """How long the idempotency keys of a case are."""
    return [len(value) for name, value in case.send.headers if name == "Key"]


@pytest.mark.parametrize("kind", ["same-request", "other-body", "too-long"])
def test_what_repeats_a_creation_is_valid_in_itself(kind: str) -> None:
    case = paid(named("pixels"))[f"idempotency:{kind}"]
    assert violations(named("pixels"), case.send) == ()


def test_no_key_is_sent_where_none_is_promised() -> None:
    desk = cached_desk("rules")
    positives = [c for c in make_plan(named("rules")).cases if c.id.startswith("accepted:")]
    assert with_key(desk, positives) == positives


def test_the_creation_that_carries_least_carries_the_key() -> None:
    """A refusal of it says least about anything else."""
    plan = make_plan(named("aigptimage"))
    first = next(c for c in plan.cases if RUN in str(c.send.headers))
    others = [c for c in plan.cases if c.id.startswith("accepted:") and c.model == first.model]
    assert len(first.features) == min(len(c.features) for c in others)


def test_a_promise_about_keys_is_tried_though_the_carrier_carries_everything() -> None:
    made = contract(idempotency=KEY)
    ids = [c.id for c in make_plan(made).cases]
    assert "idempotency:same-request" in ids


def test_another_body_is_made_without_a_prompt() -> None:
    made = contract(
        SIZE,
        create={"body": {"text": field(required=True)}},
        idempotency={**KEY, "other_body": "same-task"},
    )
    cases = {c.id: c for c in make_plan(made).cases}
    other = cases.get("idempotency:other-body")
    assert other is None or other.send.body != cases["idempotency:same-request"].send.body


# ---------------------------------------------------------------- failing tasks


def test_one_task_fails_because_its_image_cannot_be_fetched() -> None:
    case = paid(named("gptimage2api"))["failing-task"]
    assert case.assignment["inputImageUrls"] == ["https://unreachable.invalid/reference.png"]
    assert (case.expect, case.billed, case.needs) == ("either", 1, ("image",))
    assert violations(named("gptimage2api"), case.send) == ()


@pytest.mark.parametrize(
    ("made", "images"),
    [
        pytest.param(contract, DEFAULT_IMAGES, id="no-images-taken"),
        pytest.param(lambda: named("gptimage2api"), NO_IMAGES, id="no-image-at-hand"),
        pytest.param(
            lambda: named("gptimage2api"), replace(DEFAULT_IMAGES, unreachable=""), id="all-fetched"
        ),
    ],
)
def test_no_task_is_made_to_fail_without_an_image_that_cannot_be_fetched(
    made: Callable[[], Contract], images: Images
) -> None:
    assert "failing-task" not in paid(made(), images)


@pytest.mark.parametrize(
    ("causes", "expected"),
    [(["bad-parameter"], "bad-parameter"), (["bad-parameter", "bad-reference"], "bad-reference")],
)
def test_an_image_that_cannot_be_fetched_may_be_refused_at_once(
    causes: list[str], expected: str
) -> None:
    table = raw()["errors"]["table"]
    table["400"]["causes"] = causes
    made = contract({"pics": field(type="array", role="images")}, errors={"table": table})
    assert paid(made)["failing-task"].cause == expected


def test_a_field_that_takes_one_image_is_sent_one() -> None:
    # BUG: a list is sent, whatever the field's type.
    made = contract({"pic": field(role="images")})
    assert violations(made, paid(made)["failing-task"].send) == ()


# BUG: the image is added to the carrier, and what rules then demand is not.
def test_a_failing_task_keeps_the_rules() -> None:
    rule = {
        "says": "-",
        "when": {"pics": {"present": True}},
        "then": {"size": {"const": "l"}},
        "source": S,
    }
    made = contract(
        {**SIZE, "pics": field(type="array", role="images")}, create={"rules": {"r": rule}}
    )
    assert violations(made, paid(made)["failing-task"].send) == ()
