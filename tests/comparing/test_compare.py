from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.comparing.compare import compare, questions_of
from conformance.contract.clauses import clauses_by_id
from conformance.contract.loading import contract_schema
from conformance.planning.plan import make_plan
from conformance.reporting.explanation import explain
from conformance.reporting.finding import meant
from conformance.results.comparison import Comparison
from tests.comparing.vendors import PLAIN, cell, cell_of, disputed, row_of
from tests.contract.toys import ALL, VENDORS, contract, field, named

MODELS = {"model": field(enum=["one", "two"], role="model", required=True)}


def body(**fields: Any) -> dict[str, Any]:
    return {"operations": {"create": {"body": fields}}}


# --- the states of a cell ---


def test_what_no_page_speaks_of_is_not_documented() -> None:
    found = cell_of("prompt-length", PLAIN)
    assert (found.state, found.value, found.clauses, found.sources) == (
        "not documented",
        "not documented",
        (),
        (),
    )


def test_a_page_that_says_no_is_told_from_no_page() -> None:
    found = cell("idempotency", answers={"idempotency": {"no": True, "clauses": ["create.path"]}})
    assert (found.state, found.value) == ("no", "no")
    assert found.clauses == ("acme.create.path",)
    assert found.sources


def test_pages_that_disagree_are_each_quoted_with_their_name() -> None:
    found = cell(
        "prompt-length",
        disputes=disputed(
            body(prompt=field(maxLength=100, role="prompt")),
            body(prompt=field(maxLength=200, role="prompt")),
        ),
    )
    assert found.state == "disputed"
    assert [(a.value, a.by) for a in found.answers] == [
        ("at most 100 characters", ("page-a",)),
        ("at most 200 characters", ("page-b",)),
    ]
    assert [a.sources[0].section for a in found.answers]


def test_pages_that_say_the_same_do_not_disagree() -> None:
    limit = body(prompt=field(maxLength=100, role="prompt"))
    found = cell("prompt-length", disputes=disputed(limit, limit))
    assert (found.state, found.value) == ("documented", "at most 100 characters")


def test_a_silent_page_does_not_disagree_and_the_other_is_named() -> None:
    silent: dict[str, Any] = body(extra=field())
    found = cell(
        "prompt-length",
        disputes=disputed(body(prompt=field(maxLength=100, role="prompt")), silent),
    )
    assert (found.state, found.value) == ("documented", "at most 100 characters [only page-a]")


def test_a_superseded_page_alone_documents_nothing() -> None:
    older = {
        "title": "Older",
        "url": "https://acme.example/o",
        "seen": "2026-11-20",
        "superseded": True,
    }
    documents = {
        "page": {"title": "Page", "url": "https://acme.example/p", "seen": "2026-11-20"},
        "older": older,
    }
    limit = field(maxLength=100, role="prompt", sources={"maxLength": "older#Prompt"})
    assert cell("prompt-length", {"prompt": limit}, documents=documents).state == "not documented"
    prose = {"polling": {"says": "often", "source": "older#Polling"}}
    assert cell("polling", documents=documents, answers=prose).state == "not documented"


def test_an_open_question_stands_beside_the_cell_and_is_no_answer() -> None:
    asked = [{"about": "prompt", "question": "How long may a prompt be?", "source": "page#Prompt"}]
    found = cell("prompt-length", questions=asked)
    assert found.state == "not documented"
    assert [q.question for q in found.questions] == ["How long may a prompt be?"]


# --- models ---


def test_models_of_which_different_things_are_said_are_named() -> None:
    found = cell(
        "prompt-length",
        {**MODELS, "prompt": field(role="prompt")},
        create={
            "per_model": {
                "one": {"prompt": {"maxLength": 10, "source": "page#One"}},
                "two": {"prompt": {"maxLength": 20, "source": "page#Two"}},
            }
        },
    )
    assert found.state == "documented"
    assert found.value == "at most 10 characters (one); at most 20 characters (two)"
    assert found.clauses == ("acme.create.one.prompt.maxLength", "acme.create.two.prompt.maxLength")


def test_a_model_that_only_one_page_knows_is_not_in_dispute() -> None:
    """What is said of the shared model disagrees; the other is simply not known to one of the pages."""
    few = {"enum": ["one"], "role": "model", "source": "page#A"}
    many = {"enum": ["one", "two"], "role": "model", "source": "page#B"}
    found = cell(
        "prompt-length",
        {"model": field(required=True), "prompt": field(role="prompt")},
        disputes=disputed(
            body(model=few, prompt={"maxLength": 10, "source": "page#A"}),
            body(model=many, prompt={"maxLength": 20, "source": "page#B"}),
        ),
    )
    assert found.state == "disputed"
    assert [(a.value, a.models, a.by) for a in found.answers] == [
        ("at most 10 characters", (), ("page-a",)),
        ("at most 20 characters", (), ("page-b",)),
    ]


def test_what_another_dispute_says_of_a_model_is_heard_of_every_model() -> None:
    """Which models there are, and how many pictures, are two disputes: each count may go with each model."""
    few = {"enum": ["one"], "role": "model", "source": "page#A"}
    many = {"enum": ["one", "two"], "role": "model", "source": "page#B"}
    models = disputed(body(model=few), body(model=many))["pages"]
    count = disputed(
        body(n={"maximum": 1, "source": "page#A"}), body(n={"maximum": 9, "source": "page#B"})
    )["pages"]
    found = cell(
        "pictures-per-request",
        {"model": field(required=True), "n": field(type="integer", role="count")},
        disputes={"models": models, "count": count},
    )
    assert [(a.value, a.models, a.by) for a in found.answers] == [
        ("1 only", (), ("page-a",)),
        ("1 to 9", (), ("page-b",)),
    ]


# --- rows ---


def test_a_row_that_all_answer_alike_is_left_out() -> None:
    limit = {"prompt": field(maxLength=5, role="prompt")}
    same = compare([contract(limit), contract(limit)])
    assert "prompt-length" in [row.id for row in same.alike]
    assert "prompt-length" not in [row.id for row in same.rows]


def test_a_row_stays_where_one_differs_or_pages_disagree() -> None:
    limit = {"prompt": field(maxLength=5, role="prompt")}
    assert "prompt-length" in [r.id for r in compare([contract(limit), PLAIN]).rows]
    dispute = disputed(
        body(prompt=field(maxLength=1, role="prompt")),
        body(prompt=field(maxLength=2, role="prompt")),
    )
    twice = compare([contract(disputes=dispute), contract(disputes=dispute)])
    assert "prompt-length" in [row.id for row in twice.rows]


def test_every_question_is_asked_once_and_ends_in_a_question_mark() -> None:
    questions = [q for some in questions_of([named(v) for v in VENDORS]).values() for q in some]
    ids = [question.id for question in questions]
    assert len(set(ids)) == len(ids)
    assert all(question.asks.endswith("?") for question in questions)


def test_the_format_knows_exactly_the_rows_that_prose_may_answer() -> None:
    sections = questions_of([PLAIN])
    ids = {q.id for name, some in sections.items() if name != "Documentation" for q in some}
    known = set(contract_schema()["properties"]["answers"]["propertyNames"]["enum"])
    assert known == ids - {"price", "price-in-usd"}


# --- the five vendors, and everything else there is ---


@pytest.fixture(scope="module")
def five() -> Comparison:
    return compare([named(vendor) for vendor in VENDORS])


def test_every_cell_that_says_something_can_be_traced(five: Comparison) -> None:
    """Its clauses exist, `explain` finds and explains each of them, and it has a page."""
    known = {vendor: clauses_by_id(named(vendor)) for vendor in VENDORS}
    explained = set()
    for row in (*five.rows, *five.alike):
        for each in row.cells:
            for answer in each.answers:
                assert answer.sources, (row.id, each.vendor)
                for name in answer.clauses:
                    assert [c.id for c in meant(name, tuple(known[each.vendor].values()))] == [name]
                    explained.add((each.vendor, name))
    for vendor in VENDORS:
        plans = [make_plan(named(vendor))]
        for of, name in explained:
            if of == vendor:
                assert explain(named(vendor), known[vendor][name], plans).places


def test_every_cell_but_those_about_documents_rests_on_clauses_or_quotes_a_page(
    five: Comparison,
) -> None:
    bare = {
        (row.id, each.vendor)
        for row in five.rows
        if row.section != "Documentation"
        for each in row.cells
        for answer in each.answers
        if not answer.clauses
    }
    # These say no of a field that is missing, name a plan for later, or stand in a page's own list of defaults.
    assert {row for row, _ in bare} <= {
        "callbacks",
        "reference-base64",
        "default-size",
        "states",
        "forbidden-combinations",
    }


def test_a_vendor_that_says_the_least_can_be_compared() -> None:
    for name in ALL:
        assert compare([named(name), PLAIN]).columns


VALUES = st.sampled_from([1, 2, 3])


@given(st.lists(VALUES, min_size=2, max_size=4))
@settings(max_examples=30)
def test_a_row_is_left_out_exactly_where_all_say_the_same(limits: list[int]) -> None:
    made = [contract({"prompt": field(maxLength=n, role="prompt")}) for n in limits]
    found = compare(made)
    assert ("prompt-length" in [r.id for r in found.alike]) == (len(set(limits)) == 1)
    row = row_of("prompt-length", *made)
    assert [c.value for c in row.cells] == [f"at most {n} characters" for n in limits]


def test_the_order_of_the_vendors_is_the_order_of_the_cells(five: Comparison) -> None:
    vendors = [column.vendor for column in five.columns]
    assert vendors == list(VENDORS)
    for row in (*five.rows, *five.alike):
        assert [each.vendor for each in row.cells] == vendors


def test_no_vendor_is_named_in_the_program() -> None:
    from pathlib import Path

    import conformance.comparing

    folder = Path(conformance.comparing.__path__[0])
    text = " ".join(path.read_text("utf-8") for path in folder.glob("*.py")).casefold()
    assert [
        v
        for v in (*VENDORS, *(json.dumps(named(v).title) for v in VENDORS))
        if v.casefold() in text
    ] == []
