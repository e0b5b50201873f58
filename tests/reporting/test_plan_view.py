from __future__ import annotations

import pytest

from conformance.planning.plan import make_plan
from conformance.reporting.plan_view import plan_cost, plan_json, plan_lines, worst_case
from conformance.reporting.text import render
from conformance.results.cases import Case, Cost, Plan, Send, Witness
from tests.reporting.results import AIGPTIMAGE, GPTIMAGE2API, result_of

SEND = Send(operation="create", method="POST", path="/")


def case(name: str, *, billed: int, cost: float, worst: float, operation: str = "create") -> Case:
    return Case(
        id=name,
        operation=operation,
        send=SEND,
        expect="accepted" if billed else "refused",
        title="a title",
        witnesses=(
            Witness(clause="aigptimage.create.input.resolution.enum", value="2K"),
            Witness(clause="aigptimage.create.path"),
        ),
        billed=billed,
        cost=Cost(amount=cost, unit="credits"),
        worst_cost=Cost(amount=worst, unit="credits"),
    )


CONTRACT = result_of().contract
PLAN = Plan(
    vendor=AIGPTIMAGE,
    strength=1,
    cases=(
        case("paid", billed=1, cost=5, worst=8),
        case("free", billed=0, cost=0, worst=3),
        case("asked", billed=0, cost=0, worst=0, operation="status"),
    ),
    unplanned={"aigptimage.create.error.402": "cannot be provoked"},
    lower_bound=1,
)


def test_the_json_is_the_interface() -> None:
    document = plan_json(PLAN, CONTRACT)
    cases = document.pop("cases")
    assert document == {
        "vendor": "aigptimage",
        "strength": 1,
        "requests": 3,
        "billed": 1,
        "lower_bound": 1,
        "cost": {"amount": 5, "unit": "credits"},
    }
    assert cases[0] == {
        "id": "paid",
        "operation": "create",
        "expect": "accepted",
        "witnesses": ["aigptimage.create.input.resolution.enum=2K", "aigptimage.create.path"],
        "billed": 1,
    }


def test_the_worst_case_is_that_everything_is_accepted_and_a_cap_takes_the_dearest() -> None:
    assert worst_case(PLAN, CONTRACT) == (2, Cost(amount=11, unit="credits"))
    assert worst_case(PLAN, CONTRACT, max_billed=1) == (1, Cost(amount=8, unit="credits"))
    assert worst_case(PLAN, CONTRACT, max_billed=0) == (0, Cost(amount=0, unit="credits"))


def test_the_view_shows_cases_obligations_cost_and_the_lower_bound() -> None:
    text = render(plan_lines(PLAN, CONTRACT))
    assert "3 cases at strength 1; nothing was sent" in text
    assert "1 creation, and no plan does it with fewer than 1" in text
    assert "5 credits" in text
    assert "2 creations, 11 credits" in text
    assert "create, expected: accepted, 1 billed creation of 5 credits: a title" in text
    assert "proves create.input.resolution.enum (2K), create.path" in text
    assert "create, expected: refused, free: a title" in text
    assert "1  cannot be provoked" in text


@pytest.mark.parametrize("vendor", [AIGPTIMAGE, GPTIMAGE2API])
def test_every_case_of_a_real_plan_is_shown(vendor: str) -> None:
    contract = result_of(vendor).contract
    plan = make_plan(contract)
    text = render(plan_lines(plan, contract), width=400)
    assert all(case.id in text for case in plan.cases)
    assert plan_cost(plan, contract).amount == sum(case.cost.amount for case in plan.cases)
