"""Was each broken request refused, and does its refusal prove anything?"""

from __future__ import annotations

from typing import Any

import pytest

from conformance.judging.acceptance import Accepted, facts_of
from conformance.judging.negatives import negatives
from conformance.results.cases import Case, Cost, Witness
from conformance.results.verdicts import Observation
from tests.judging.traces import breaking, creation, query

LIMIT = "acme.create.prompt.maxLength"
NEAR = Witness(clause=LIMIT, value="accepts 20")
PLAIN = creation({"prompt": "x"}, id="carrier")
LONG = breaking(LIMIT, "refuses 21", neighbours=(NEAR,), title="breaks: prompt has at most 20")


def fact(case: Case, outcome: str = "accepted", **more: Any) -> Observation:
    final = "succeeded" if outcome == "accepted" else ""
    facts = {"outcome": outcome, "final": final, "persistent": False, "code": 200, "http": 200}
    return Observation(
        clause="", verdict="conforms", case=case.id, exchanges=(f"{case.id}/1",), facts=facts | more
    )


def kept(witness: Witness, verdict: Any = "conforms") -> Observation:
    return Observation(clause=witness.clause, value=witness.value, verdict=verdict)


def judged(
    *told: Observation,
    cases: tuple[Case, ...] = (LONG,),
    seen: tuple[Observation, ...] = (kept(NEAR),),
    broken: str = "",
    good: bool = True,
) -> list[Observation]:
    """What is said of the broken requests, after a plain one was accepted (or not)."""
    first = (fact(PLAIN),) if good else ()
    # The neighbour is planned: some case witnesses it.
    planned = creation({}, id="near", witnesses=(NEAR,))
    every = (PLAIN, planned, *cases)
    facts = facts_of((*first, *told))
    return negatives(every, facts, Accepted.sort(every, facts), seen, broken=broken)


def word(*told: Observation, **how: Any) -> tuple[str, str]:
    (found,) = judged(*told, **how)
    return found.verdict, found.reason


# ---------------------------------------------------------------- refused


@pytest.mark.parametrize(
    "told",
    [
        fact(LONG, "refused", code=400),
        fact(LONG, "refused", code=418),
        fact(LONG, "active-limit", code=409),
        fact(LONG, "malformed"),
        fact(LONG, "trouble", persistent=True),
    ],
    ids=["documented", "undocumented-status", "conflict", "neither-yes-nor-no", "always-500"],
)
def test_a_refusal_keeps_the_clause_whatever_its_status(told: Observation) -> None:
    """That the status is not documented is for the clause on the status."""
    assert word(told) == ("conforms", "")


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        ("throttled", "throttled whenever it was asked"),
        ("trouble", "answered with a server error that may pass"),
        ("no-reply", "not answered: its outcome is unknown"),
        ("not-sent", "could not be sent"),
        ("unsent", "answered in a way that says nothing (unsent)"),
    ],
)
def test_no_answer_is_no_refusal(outcome: str, reason: str) -> None:
    assert word(fact(LONG, outcome)) == ("inconclusive", reason)


def test_a_case_that_was_not_sent_says_nothing() -> None:
    assert judged() == []


def test_a_refusal_proves_nothing_before_its_neighbour_was_accepted() -> None:
    found = word(fact(LONG, "refused"), seen=())
    assert found == (
        "inconclusive",
        f"refused, but so far nothing shows that {LIMIT} is accepted",
    )


def test_a_refusal_proves_nothing_where_its_neighbour_is_refused_too() -> None:
    found = word(fact(LONG, "refused"), seen=(kept(NEAR, "violates"),))
    assert found == ("inconclusive", f"depends on {LIMIT}")


def test_a_neighbour_that_no_case_tries_is_not_waited_for() -> None:
    lonely = Witness(clause=LIMIT, value="accepts 19")
    case = breaking(LIMIT, "refuses 21", neighbours=(lonely,))
    assert word(fact(case, "refused"), cases=(case,), seen=()) == ("conforms", "")


def test_a_refusal_proves_nothing_before_a_plain_request_was_accepted() -> None:
    case = breaking("acme.create.prompt.type")
    found = word(fact(case, "refused"), cases=(case,), seen=(), good=False)
    assert found[0] == "inconclusive"
    assert "a plain creation is accepted" in found[1]


def test_a_refusal_by_one_model_needs_that_model_to_accept_something() -> None:
    case = breaking("acme.create.prompt.type", model="wide")
    assert word(fact(case, "refused"), cases=(case,))[0] == "inconclusive"
    also = creation(id="other", model="wide")
    found = judged(fact(case, "refused"), fact(also), cases=(case, also))
    assert [o.verdict for o in found] == ["conforms"]


def test_where_nothing_is_accepted_refusals_depend_on_why() -> None:
    """A server that refuses everything must not look strict."""
    found = word(fact(LONG, "refused"), broken="acme.create.status.200", good=False)
    assert found == ("inconclusive", "depends on acme.create.status.200")


def test_a_status_query_that_is_refused_needs_one_that_was_answered_too() -> None:
    case = query("acme.status.error.404")
    told = fact(case, "refused", code=404)
    answered = fact(creation(id="other"), polled=True)
    (found,) = judged(told, answered, cases=(case,))
    assert found.verdict == "conforms"
    assert word(told, cases=(case,))[0] == "inconclusive"


# ---------------------------------------------------------------- accepted


@pytest.mark.parametrize(
    ("expect", "refused_at", "final", "verdict"),
    [
        ("refused", "create", "succeeded", "violates"),
        ("refused", "create", "failed", "violates"),
        ("refused", "create", "", "violates"),
        ("refused-or-failed", "anywhere", "succeeded", "violates"),
        ("refused-or-failed", "anywhere", "failed", "conforms"),
        ("refused-or-failed", "anywhere", "running", "inconclusive"),
        ("refused-or-failed", "anywhere", "", "inconclusive"),
    ],
)
def test_acceptance_violates_unless_a_later_failure_will_do(
    expect: str, refused_at: str, final: str, verdict: str
) -> None:
    case = breaking(LIMIT, "refuses 21", expect=expect, refused_at=refused_at)
    assert word(fact(case, final=final), cases=(case,))[0] == verdict


def test_acceptance_violates_though_no_neighbour_was_seen() -> None:
    assert word(fact(LONG), seen=())[0] == "violates"


def test_a_wrong_acceptance_says_what_it_cost() -> None:
    case = breaking(LIMIT, "refuses 21", worst_cost=Cost(amount=3, unit="credits"))
    (found,) = judged(fact(case), cases=(case,))
    assert found.message.startswith("expected a refusal or a failed task")
    assert "its task succeeded" in found.message
    assert found.message.endswith("which is documented to cost 3 credits")


def test_a_later_failure_proves_nothing_before_a_plain_request_was_accepted() -> None:
    case = breaking(LIMIT, "refuses 21")
    assert word(fact(case, final="failed"), cases=(case,), good=False)[0] == "inconclusive"


def test_a_status_query_that_should_be_refused_and_is_answered_violates() -> None:
    case = query("acme.status.error.404")
    assert word(fact(case, final=""), cases=(case,))[0] == "violates"


# ---------------------------------------------------------------- defaults, proven through a rule

RULE = breaking("acme.create.rule.r", "refuses auto × 2K", id="rule")
DEFAULT = breaking(
    "acme.create.ratio.default",
    "refuses 2K without it",
    id="default",
    neighbours=(Witness(clause="acme.create.rule.r", value="refuses auto × 2K"),),
)


def verdicts(*told: Observation) -> dict[str, str]:
    found = judged(*told, cases=(DEFAULT, RULE), seen=())
    return {o.clause.rpartition(".")[2]: o.verdict for o in found}


@pytest.mark.parametrize(
    ("rule", "default", "expected"),
    [
        pytest.param("refused", "refused", {"r": "conforms", "default": "conforms"}, id="kept"),
        pytest.param("refused", "accepted", {"r": "conforms", "default": "violates"}, id="default"),
        pytest.param("accepted", "accepted", {"r": "violates", "default": "inconclusive"}, id="rule"),
        pytest.param("accepted", "refused", {"r": "violates", "default": "inconclusive"}, id="odd"),
        pytest.param("trouble", "refused", {"r": "inconclusive", "default": "inconclusive"}, id="unknown"),
    ],
)  # fmt: skip
def test_a_default_is_proven_once_the_rule_that_shows_it_is_seen_to_hold(
    rule: str, default: str, expected: dict[str, str]
) -> None:
    assert verdicts(fact(RULE, rule), fact(DEFAULT, default)) == expected


# ---------------------------------------------------------------- a limit that several models share


def limit_of(model: str) -> Case:
    own = Witness(clause=f"acme.create.{model}.prompt.maxLength", value="refuses 21")
    common = Witness(clause=LIMIT, value="refuses 21")
    return breaking(own.clause, own.value, id=model, witnesses=(own, common))


@pytest.mark.parametrize(
    ("plain", "wide", "expected"),
    [
        pytest.param("refused", "refused", "conforms", id="all-keep-it"),
        pytest.param("accepted", "refused", "inconclusive", id="one-does-not"),
        pytest.param("accepted", "accepted", "violates", id="none-does"),
    ],
)
def test_a_common_limit_is_broken_where_no_model_keeps_its_own(
    plain: str, wide: str, expected: str
) -> None:
    cases = (limit_of("plain"), limit_of("wide"))
    told = (fact(cases[0], plain), fact(cases[1], wide))
    found = judged(*told, cases=cases, seen=())
    of_common = {o.verdict for o in found if o.clause == LIMIT and o.case == "plain"}
    assert of_common == {expected}


# ---------------------------------------------------------------- what is told


def test_what_is_said_names_the_obligation_the_case_and_the_request() -> None:
    (found,) = judged(fact(LONG, "refused"))
    assert (found.clause, found.value) == (LIMIT, "refuses 21")
    assert (found.case, found.exchanges) == ("broken", ("broken/1",))
