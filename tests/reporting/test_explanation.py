from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.contract.clauses import clauses_by_id, derive_clauses
from conformance.contract.model import Contract
from conformance.planning.plan import make_plan
from conformance.reporting.explain_view import explain_lines, matches_json, matches_lines
from conformance.reporting.explanation import Explanation, explain
from conformance.reporting.meanings import LEVELS
from conformance.reporting.text import render
from conformance.results.cases import Send
from tests.contract.toys import VENDORS, contract, field, named

TIER = field(enum=["S", "M"], role="resolution")
MADE = contract(
    {"tier": TIER, "alias": field(alias_of="prompt")},
    create={"reply": {"id": field(role="task_id"), "cost": field(type="number", role="cost")}},
    charges={
        "unit": "credits",
        "meter": {"create": "cost"},
        "cells": {"all": {"amount": 2, "source": "page#Prices"}},
    },
    questions=[{"about": "tier", "question": "Is it all?", "source": "page#Tier"}],
    conflicts=[
        {
            "about": "which tier is larger",
            "alternatives": [
                {"value": "M", "source": "page#One"},
                {"value": "S", "source": "page#Other"},
            ],
        }
    ],
)


def explained(name: str, given: Contract = MADE) -> Explanation:
    clause = clauses_by_id(given)[f"{given.vendor}.{name}"]
    dispute = next((d for d in given.disputes if d.name == clause.dispute), None)
    dialects = [{dispute.name: a.name} for a in dispute.alternatives] if dispute else [{}]
    plans = [make_plan(given, dialect=dialect) for dialect in dialects]
    return explain(given, clause, plans, curl_of=lambda send: f"curl {send.path}")


def text_of(explanation: Explanation) -> str:
    return render(explain_lines(explanation), width=1000)


def test_the_cases_of_an_enum_are_its_values_and_one_beyond() -> None:
    found = explained("create.tier.enum")
    assert {value for trial in found.trials for value in trial.values} == {
        "S",
        "M",
        "refuses anything else",
    }
    assert not found.on_the_way
    assert found.billed == 2
    assert found.cost.amount == 4
    assert found.requests == 3


def test_a_case_is_shown_with_its_request_price_and_expectation() -> None:
    text = text_of(explained("create.tier.enum"))
    assert "S  create, expected: accepted, 1 paid creation of 2 credits" in text
    assert "refuses anything else  create, expected: refused-or-failed, free (2 credits if" in text
    assert "curl /make" in text


def test_a_field_of_a_reply_is_seen_on_the_way() -> None:
    found = explained("create.reply.id")
    assert found.on_the_way
    assert found.trials
    assert {trial.case.expect for trial in found.trials} == {"accepted"}
    assert (found.requests, found.billed) == (0, 0)
    assert "No request of its own" in text_of(found)


def test_the_refusals_that_show_a_row_are_those_for_its_causes() -> None:
    found = explained("create.error.401")
    assert {trial.case.cause for trial in found.trials} == {"unauthorized"}
    assert {trial.case.operation for trial in found.trials} == {"create"}


def test_a_clause_that_cannot_be_tried_says_why() -> None:
    given = contract(
        advice={
            "slowly": {
                "operation": "status",
                "subject": "state",
                "says": "Slowly.",
                "source": "page#A",
            }
        }
    )
    found = explained("status.advice.slowly", given)
    assert found.untested == "binds the client"
    assert found.trials == ()
    assert found.violates == ()
    assert "no server can break it" in text_of(found)


def test_what_no_case_of_the_plan_can_show_is_untested() -> None:
    found = explained("create.size.default", contract({"size": field(default="M")}))
    assert found.untested == "not observable"
    assert found.trials == ()


def test_the_answers_that_conform_are_the_rows_tied_to_the_cause() -> None:
    table = {
        "400": {
            "means": "bad",
            "causes": ["bad-parameter"],
            "operations": ["create"],
            "carried_in": ["http", "envelope"],
            "source": "page#E",
        },
        "422": {
            "means": "unfit",
            "causes": ["bad-parameter"],
            "operations": ["create"],
            "source": "page#E",
        },
    }
    made = contract({"tier": TIER})
    envelopes = {"plain": {"marker": {"error": {"present": True}}, "fields": {}}}
    given = contract({"tier": TIER}, errors={"envelopes": envelopes, "table": table})
    permits = " ".join(explained("create.tier.enum", given).permits)
    assert "400 (as HTTP status, or as the code in a 200) or 422 conforms" in permits
    assert "422" not in " ".join(explained("create.tier.enum", made).permits)


def test_accepted_and_failed_conforms_only_where_no_page_says_at_creation() -> None:
    later = " ".join(explained("create.tier.enum").permits)
    at_once = contract({"tier": {**TIER, "refused_at": "create"}})
    assert "whose task then fails conforms" in later
    assert "whose task then fails" not in " ".join(explained("create.tier.enum", at_once).permits)


def test_a_disputed_clause_gives_each_answer_with_its_page() -> None:
    found = explained("create.size.enum", named("disputes"))
    assert found.clause.level == "disputed"
    dispute = next(d for d in named("disputes").disputes if d.name == found.clause.dispute)
    assert [answer.name for answer in found.answers] == [a.name for a in dispute.alternatives]
    assert all(answer.places for answer in found.answers)
    assert len({answer.says for answer in found.answers}) > 1
    assert {trial.dialect for trial in found.trials} == {a.name for a in dispute.alternatives}


def test_contradictions_and_questions_about_the_field_stand_beside_it() -> None:
    found = explained("create.tier.enum")
    assert [c.about for c in found.conflicts] == ["which tier is larger"]
    assert [q.question for q in found.questions] == ["Is it all?"]
    assert explained("create.prompt.required").questions == ()


def test_clauses_about_the_same_field_are_related() -> None:
    found = explained("create.tier.enum")
    assert "acme.create.tier.type" in [related.id for related in found.related]
    assert found.clause.id not in [related.id for related in found.related]


def test_what_a_refusal_stands_on_is_related() -> None:
    name = "create.gpt-image-2-image-to-image.input.aspect_ratio.default"
    reasons = {r.id: r.why for r in explained(name, named("aigptimage")).related}
    assert "once this is accepted" in reasons["aigptimage.create.rule.auto-only-1k"]


def test_a_place_has_the_title_and_the_day_of_its_document() -> None:
    text = text_of(explained("create.tier.enum"))
    assert 'Page, "Section", https://acme.example/p, seen 2026-11-20' in text


def test_a_superseded_page_says_so() -> None:
    documents = tuple(replace(d, superseded=True) for d in MADE.documents)
    assert "Page (superseded)" in text_of(
        explained("create.tier.enum", replace(MADE, documents=documents))
    )


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_clause_of_every_vendor_can_be_explained(vendor: str) -> None:
    given = named(vendor)
    plans = [make_plan(given)]
    for clause in derive_clauses(given):
        found = explain(given, clause, plans, curl_of=_line)
        text = text_of(found)
        assert clause.statement in text
        assert LEVELS[clause.level] in text
        assert found.places
        assert bool(found.untested) or found.violates or clause.topic == "content-type", clause.id
        assert found.untested or found.trials or clause.dispute, clause.id


def _line(send: Send) -> str:
    return f"curl {send.path}"


def test_several_clauses_are_listed_with_what_is_open_about_them() -> None:
    found = [(MADE, c) for c in derive_clauses(MADE) if c.subject == "tier"]
    text = render(matches_lines("acme.create.tier", found), width=1000)
    document: Any = matches_json(found)
    assert [c["id"] for c in document["clauses"]] == [c.id for _, c in found]
    assert all(c.id in text for _, c in found)
    assert "Is it all?" in text
    assert [q["question"] for q in document["open_questions"]] == ["Is it all?"]
    assert [c["about"] for c in document["conflicts"]] == ["which tier is larger"]
