from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from conformance.comparing.compare import compare
from conformance.reporting.compare_markdown import compare_markdown
from conformance.reporting.compare_view import compare_json, compare_lines, row_named, why_lines
from conformance.reporting.markdown import MOST_CHARACTERS, escaped
from conformance.reporting.text import render
from conformance.results.comparison import Answer, Cell, Column, Comparison, Row, Run, Seen
from conformance.results.outcome import Target
from tests.contract.toys import VENDORS, contract, field, named

FIVE = compare([named(vendor) for vendor in VENDORS])


def plain(comparison: Comparison, width: int = 120) -> str:
    return render(compare_lines(comparison, width=width), width=width)


def made(*cells: Cell) -> Comparison:
    """A comparison of one row."""
    columns = tuple(Column(vendor=c.vendor, title=c.vendor, documents=()) for c in cells)
    row = Row(id="it", section="Things", question="What is it?", cells=cells)
    return Comparison(columns=columns, rows=(row,))


ONE = Cell(vendor="one", state="documented", answers=(Answer(value="this"),))
NONE = Cell(vendor="none", state="not documented")
NO = Cell(vendor="no", state="no", answers=(Answer(value="never", no=True),))
MANY = Cell(
    vendor="many",
    state="disputed",
    answers=(Answer(value="3", by=("guide",)), Answer(value="4", by=("price list",))),
)


LIVE = Run(
    vendor="one",
    truth="observed",
    target=Target(kind="live", base_url="https://one.example", loopback=False),
    asked="the vendor",
    date="2026-11-20",
)
OWN = replace(LIVE, truth="simulated", target=Target(kind="simulator"), date="2026-11-21")


def measured() -> Comparison:
    """One cell that a vendor and a simulator answered otherwise."""
    wrong = Seen(run=0, n=4, verdicts=(("one.a", "conforms"), ("one.b", "violates")))
    kept = Seen(run=1, value="half within 3 s", n=9, verdicts=(("one.a", "conforms"),))
    cell = replace(ONE, observed=(wrong,), simulated=(kept,))
    return replace(made(cell, NONE), runs=(LIVE, OWN))


def test_what_was_observed_stands_below_what_is_documented_with_its_day_and_number() -> None:
    text = plain(measured(), 200)
    assert "this" in text
    assert "observed 2026-11-20, live, n 4: 1 of 2 conform, 1 violates" in " ".join(text.split())
    assert "1 observed, 1 simulated" in text


@pytest.mark.parametrize("draw", [lambda c: plain(c, 200), compare_markdown], ids=["text", "md"])
def test_what_was_simulated_never_stands_in_a_cell(draw: Callable[[Comparison], str]) -> None:
    text = draw(measured())
    assert "half within 3 s" not in text
    assert "evidence about no vendor" in " ".join(text.split())


def test_why_tells_all_three_truths_apart() -> None:
    comparison = measured()
    text = render(why_lines(comparison, comparison.rows[0]), width=200)
    assert "observed 2026-11-20, live, n 4: 1 of 2 conform, 1 violates" in text
    assert "simulated 2026-11-21, simulator, n 9: half within 3 s, 1 of 1 conform" in text
    assert text.count("not observed") == 1


def test_json_keeps_the_three_truths_in_fields_of_their_own() -> None:
    cell = compare_json(measured())["rows"][0]["cells"][0]
    assert cell["value"] == "this"
    assert [seen["run"] for seen in cell["observed"]] == [0]
    assert [seen["run"] for seen in cell["simulated"]] == [1]
    assert [c["verdict"] for c in cell["observed"][0]["clauses"]] == ["conforms", "violates"]


# --- the terminal ---


def test_five_vendors_fit_a_terminal_of_120_columns() -> None:
    assert max(map(len, plain(FIVE).splitlines())) <= 120


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
def test_nothing_is_cut_at_any_width(width: int) -> None:
    text = plain(FIVE, width)
    assert max(map(len, text.splitlines())) <= width
    for character in set("".join(c.value for row in FIVE.rows for c in row.cells)) - {" "}:
        assert character in text
    for row in FIVE.rows:
        whole = "".join(text.split())
        assert all(
            len(cell.value) > 14 or "".join(cell.value.split()) in whole for cell in row.cells
        )


def test_each_state_reads_differently() -> None:
    text = plain(made(ONE, NONE, NO, MANY), 200)
    assert "this" in text
    assert "not documented" in text
    assert "no: never" in text
    assert "pages disagree:" in text
    assert "- 3 [guide]" in text
    assert "- 4 [price list]" in text


def test_what_is_the_same_for_all_is_named_below() -> None:
    assert "The same for all: " in plain(FIVE)
    for row in FIVE.alike:
        assert row.id in plain(FIVE, 2000)


def test_it_leads_to_the_clauses_behind_a_row() -> None:
    command = f"conformance compare --why {FIVE.rows[0].id}"
    assert command in " ".join(plain(FIVE).split())


# --- why ---


@pytest.mark.parametrize("text", ["idempotency", "IDEMPOTENCY", "idemp"])
def test_a_row_is_found_by_name_in_any_case_or_by_its_beginning(text: str) -> None:
    row = row_named(FIVE, text)
    assert row is not None
    assert row.id == "idempotency"


def test_a_row_may_be_named_with_spaces() -> None:
    row = row_named(FIVE, "prompt length")
    assert row is not None
    assert row.id == "prompt-length"


@pytest.mark.parametrize("text", ["", "price", "nothing-like-it"])
def test_several_rows_or_none_are_no_row(text: str) -> None:
    assert row_named(FIVE, text) is None


def test_why_gives_every_clause_and_page_of_a_row() -> None:
    for row in (*FIVE.rows, *FIVE.alike):
        text = render(why_lines(FIVE, row), width=2000)
        for cell in row.cells:
            for answer in cell.answers:
                assert all(name in text for name in answer.clauses[:8])
                assert all(source.url in text for source in answer.sources)
            for question in cell.questions:
                assert question.question in text


# --- JSON ---


def test_a_cell_has_its_state_value_clauses_and_sources() -> None:
    document: Any = compare_json(FIVE)
    row = next(r for r in document["rows"] if r["id"] == "prompt-length")
    by_vendor = {cell["vendor"]: cell for cell in row["cells"]}
    found = by_vendor["aigptimage"]
    assert (found["state"], found["value"]) == ("documented", "at most 20000 characters")
    assert found["clauses"] == ["aigptimage.create.input.prompt.maxLength"]
    assert {source["document"] for source in found["source"]} == {"i2i", "t2i"}
    assert by_vendor["apimart"]["state"] == "not documented"


def test_the_same_contracts_give_the_same_bytes() -> None:
    again = compare([named(vendor) for vendor in VENDORS])
    assert json.dumps(compare_json(again)) == json.dumps(compare_json(FIVE))
    assert compare_markdown(again) == compare_markdown(FIVE)


# --- Markdown ---


def tables(text: str) -> list[list[list[str]]]:
    """The tables of a Markdown document, cell by cell, as a renderer splits them."""
    found: list[list[list[str]]] = [[]]
    for row in text.splitlines():
        if row.startswith("|"):
            found[-1].append([cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]])
        elif found[-1]:
            found.append([])
    return [table for table in found if table]


def test_five_vendors_fit_a_comment_on_a_pull_request() -> None:
    assert len(compare_markdown(FIVE)) < MOST_CHARACTERS


def test_every_table_has_as_many_cells_in_each_row() -> None:
    for table in tables(compare_markdown(FIVE)):
        assert {len(row) for row in table} == {1 + len(VENDORS)}
        assert set(table[1]) == {"---"}
    assert sum(len(table) - 2 for table in tables(compare_markdown(FIVE))) == len(FIVE.rows)


def test_every_link_has_its_address() -> None:
    text = compare_markdown(FIVE)
    used = set(re.findall(r"\]\[([^\]]+)\]", text))
    defined = set(re.findall(r"^\[([^\]]+)\]: <\S+>$", text, re.MULTILINE))
    assert used <= defined


def test_nothing_in_a_cell_is_taken_for_markup() -> None:
    nasty = "a|b <img src=x> [c](d) *e* `f` @everyone #1 & \\ \n| g"
    cell = Cell(vendor="one", state="documented", answers=(Answer(value=nasty),))
    (table,) = tables(compare_markdown(made(cell, ONE)))
    assert [len(row) for row in table] == [3, 3, 3]
    assert table[2][1] == escaped(nasty)
    assert "<img" not in table[2][1]
    assert "@" not in table[2][1]


def test_without_links_it_fits_where_with_links_it_would_not() -> None:
    vendors = [contract({"prompt": field(maxLength=n + 1, role="prompt")}) for n in range(60)]
    text = compare_markdown(compare(vendors))
    assert "too long for a comment" in text or len(text) < MOST_CHARACTERS


def test_markdown_tells_the_states_apart() -> None:
    (table,) = tables(compare_markdown(made(ONE, NONE, NO, MANY)))
    assert table[2][1:] == [
        "this",
        "*not documented*",
        "no: never",
        "**pages disagree:** 3 \\[guide\\] *or* 4 \\[price list\\]",
    ]


# --- goldens: the five vendors ---


@pytest.mark.parametrize("name", ["compare.txt", "compare.md"])
def test_the_comparison_of_the_five_vendors_reads_as_it_did(name: str) -> None:
    """To renew: `python -m tests.reporting.golden`; read the difference before it is committed."""
    from tests.reporting.golden import DRAWN, FOLDER

    assert DRAWN[name]() == (FOLDER / name).read_text("utf-8"), (
        "the comparison has changed: run `python -m tests.reporting.golden`, and read the difference"
    )
