from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from conformance.comparing.compare import compare
from conformance.contract.clauses import derive_clauses
from conformance.contract.loading import load_contract
from conformance.contract.model import Statement
from conformance.reporting.page import draw_page, draw_records
from conformance.reporting.page_data import MOST_MOVING
from conformance.reporting.page_evidence import MOST_CHARACTERS
from conformance.reporting.page_text import data_text, link
from conformance.reporting.summary import count, judged
from conformance.results.outcome import Target
from conformance.results.replayed import Replayed
from tests.contract.toys import ALL, VENDORS, named
from tests.reporting.pages import HOSTILE, data_of, elements_of, hostile_result
from tests.reporting.results import AIGPTIMAGE, GPTIMAGE2API, result_of, with_verdicts

VERDICTS = ("conforms", "violates", "inconclusive", "untested")


@cache
def five() -> str:
    return draw_page([load_contract(name) for name in VENDORS])


# --- the same for everybody ---


def test_drawn_twice_it_is_the_same_to_the_byte() -> None:
    result = result_of()
    assert draw_records([result]) == draw_records([result])


def test_no_path_of_a_machine_stands_in_it() -> None:
    result = result_of(record_path="/home/somebody/reports/records/it.jsonl")
    assert "/home/" not in draw_records([result])


def test_nothing_is_loaded_from_anywhere() -> None:
    elements = elements_of(five())
    loaded = [a for t, a in elements.found if t in ("img", "iframe", "object", "embed", "source")]
    assert loaded == []
    assert [a for t, a in elements.found if t == "link"] == []
    assert [a for t, a in elements.found if t == "script" and "src" in a] == []
    assert "url(" not in "".join(text for tag, text in elements.texts if tag == "style")


def test_links_lead_out_safely() -> None:
    for attributes in elements_of(five()).of("a"):
        href = attributes["href"] or ""
        assert href.startswith(("#", "https://", "http://"))
        if not href.startswith("#"):
            assert attributes["rel"] == "noopener noreferrer"


def test_every_element_that_is_linked_to_is_there_once() -> None:
    elements = elements_of(five())
    ids = [a["id"] for _, a in elements.found if a.get("id")]
    assert len(ids) == len(set(ids))
    linked = {(a["href"] or "")[1:] for a in elements.of("a") if (a["href"] or "").startswith("#")}
    assert linked <= set(ids)


# --- what a server sends does nothing ---


def test_a_hostile_record_adds_no_element() -> None:
    plain = elements_of(draw_records([replace(hostile_result(), verdicts=())]))
    hostile = elements_of(draw_records([hostile_result()]))
    kinds = {tag for tag, _ in hostile.found} - {"rect"}
    assert kinds <= {tag for tag, _ in plain.found}
    assert len(hostile.of("script")) == 2
    assert len(hostile.of("style")) == 1
    on = [name for _, attributes in hostile.found for name in attributes if name.startswith("on")]
    assert on == []


def test_a_hostile_record_is_told_as_it_is_with_escapes_for_what_does_not_print() -> None:
    page = draw_records([hostile_result()])
    told = "".join(texts_in(data_of(page)))
    assert "onerror" in told
    for character in "\u202e\u2066\u2028\u2029\x1b\x00":
        assert character not in page
        assert character not in told
    assert "\\u202egnp.exe" in told


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts_in(each)


def test_a_huge_reply_is_shortened_and_the_page_stays_small() -> None:
    page = draw_records([hostile_result()])
    assert len(page) < 700_000
    assert "shortened: 4000000 bytes" in page


def test_only_addresses_of_the_web_become_links() -> None:
    assert link("https://vendor.example/a?b=c") == "https://vendor.example/a?b=c"
    for url in (*HOSTILE, "data:text/html,x", "JavaScript:alert(1)", "//evil.example", "", " "):
        assert link(url) == ""


@given(st.text())
@example("</script><!--<script>&lt;\u2028\u2029")
def test_data_never_ends_its_element(text: str) -> None:
    told = data_text({"a": text})
    assert not set("<>&") & set(told)
    assert told.isascii()
    assert json.loads(told) == {"a": text}


def test_the_policy_permits_its_own_style_and_script_and_nothing_else() -> None:
    page = five()
    policy = elements_of(page).of("meta", **{"http-equiv": "Content-Security-Policy"})[0]["content"]
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL)
    assert policy is not None
    assert style is not None
    assert script is not None
    assert policy == (
        f"default-src 'none'; style-src {sha256(style[1])}; script-src {sha256(script[1])};"
        " base-uri 'none'; form-action 'none'"
    )
    assert not any("style" in a for _, a in elements_of(page).found)


def sha256(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


# --- the count does not lie ---


# Shrinking would draw hundreds of pages, and says nothing that the first failure does not.
@settings(max_examples=8, deadline=None, phases=[Phase.generate])
@given(
    words=st.lists(st.sampled_from(VERDICTS), min_size=1, max_size=12),
    others=st.lists(st.sampled_from(VERDICTS), min_size=1, max_size=12),
)
def test_what_the_page_counts_adds_up_to_all_clauses(words: list[str], others: list[str]) -> None:
    results = [
        with_verdicts(result_of(AIGPTIMAGE), words),
        with_verdicts(result_of(GPTIMAGE2API), others),
    ]
    page = draw_records(results)
    tallies = elements_of(page).of("button")
    for number, result in enumerate(results):
        pairs = judged(result)
        own = [a for a in tallies if a.get("data-run") == str(number)]
        for tally in own:
            kind = tally["data-kind"]
            found = count(p for p in pairs if not kind or p.clause.kind == kind)
            told = {word: int(tally[f"data-{word}"] or "") for word in VERDICTS}
            assert told == {word: getattr(found, word) for word in VERDICTS}
            assert sum(told.values()) == found.clauses == int(tally["data-all"] or "")
        of_kinds = sum(int(t["data-all"] or "") for t in own if t["data-kind"])
        assert of_kinds == len(pairs)
        told_clauses = [
            c for c in data_of(page)["clauses"] if c["vendor"] == result.contract.vendor
        ]
        verdicts = {c["id"]: c["found"][0]["is"] for c in told_clauses}
        assert verdicts == {p.clause.id: p.verdict.verdict for p in pairs}


# --- three truths ---


SERVERS = {
    "simulator": (Target(kind="simulator"), None, "simulated"),
    "loopback": (Target(kind="url", base_url="http://127.0.0.1:1/"), None, "simulated"),
    "server": (Target(kind="url", base_url="https://a.example", loopback=False), None, "observed"),
    "live": (Target(kind="live", base_url="https://a.example", loopback=False), None, "observed"),
    "its cassette": (Target(kind="cassette"), Replayed(file="x", kind="simulator"), "simulated"),
    "a live cassette": (
        Target(kind="cassette", base_url="https://a.example"),
        Replayed(file="x", kind="live", base_url="https://a.example", date="2026-11-20"),
        "observed",
    ),
    "a loopback cassette": (
        Target(kind="cassette", base_url="http://localhost:8"),
        Replayed(file="x", kind="url", base_url="http://localhost:8"),
        "simulated",
    ),
    "a stranger's cassette": (Target(kind="cassette"), Replayed(file="x"), "simulated"),
}


@pytest.mark.parametrize("name", SERVERS)
def test_only_a_vendor_is_observed(name: str) -> None:
    target, replayed, truth = SERVERS[name]
    result = result_of(target=target, replayed=replayed)
    comparison = compare([result.contract], [result])
    assert [run.truth for run in comparison.runs] == [truth]
    other = "observed" if truth == "simulated" else "simulated"
    cells = [row.cells[0] for row in comparison.every]
    assert any(getattr(cell, truth) for cell in cells)
    assert not any(getattr(cell, other) for cell in cells)


def test_a_comparison_of_documents_says_in_every_cell_that_nothing_was_observed() -> None:
    page = five()
    rows = data_of(page)["cells"]
    assert page.count("<b>not observed</b>") >= len(rows)
    assert "<b>simulated</b>" not in page


def test_what_is_simulated_is_never_said_to_be_observed() -> None:
    page = draw_records([result_of()])
    assert "<b>observed</b>" not in page
    assert "Nothing was observed at any vendor" in page


def test_what_is_observed_has_its_day_its_kind_of_target_and_a_number() -> None:
    page = draw_records([hostile_result()])
    found = re.findall(r"<b>observed</b> 2026-11-20, live, n (\d+): ", page)
    assert found


# --- evidence ---


def test_every_cell_opens_to_its_clauses_and_sources() -> None:
    page = five()
    data = data_of(page)
    buttons = {a["data-cell"] for a in elements_of(page).of("button") if a.get("data-cell")}
    assert buttons == set(data["cells"])
    known = {clause["id"] for clause in data["clauses"]}
    answers = [answer for cell in data["cells"].values() for answer in cell["answers"]]
    assert all(answer["at"] for answer in answers)
    assert {name for answer in answers for name in answer["clauses"]} <= known
    assert all(clause["at"] for clause in data["clauses"])


def test_evidence_is_bounded_and_violations_come_first() -> None:
    result = hostile_result()
    data = data_of(draw_records([result]))
    assert sum(len(json.dumps(e)) for e in data["exchanges"]) <= MOST_CHARACTERS
    wrong = [c for c in data["clauses"] if c["found"][0]["is"] == "violates"]
    assert wrong
    assert all(c["found"][0]["shown"] for c in wrong)


def moved(data: dict[str, Any], pair: str) -> dict[str, Any]:
    found: dict[str, Any] = data["moves"][pair]
    return found


def test_every_pair_of_vendors_can_be_moved_between() -> None:
    data = data_of(five())
    assert len(data["moves"]) == len(VENDORS) * (len(VENDORS) - 1)
    assert all(move["examples"] for move in data["moves"].values())
    lost = {c["about"]: c["effect"] for c in moved(data, "toapis>aigptimage")["changes"]}
    assert lost["callback_url"] == "lost"


def test_of_many_vendors_no_pair_is_told_and_the_page_says_how_to_get_one() -> None:
    small = load_contract(AIGPTIMAGE)
    many = [replace(small, vendor=f"vendor{n}") for n in range(MOST_MOVING + 1)]
    page = draw_page(many)
    data = data_of(page)
    assert data["moves"] == {}
    assert data["vendors"] == [c.vendor for c in many]
    assert "compare the two alone" in page


@pytest.mark.parametrize("name", [name for name in ALL if name not in VENDORS])
def test_every_toy_contract_can_be_drawn(name: str) -> None:
    data = data_of(draw_page([named(name)]))
    assert len(data["clauses"]) == len(derive_clauses(named(name)))


def test_a_clause_that_only_an_older_edition_has_is_still_listed() -> None:
    today = result_of()
    older = replace(
        today.contract, statements=(*today.contract.statements, DROPPED), digest="older"
    )
    old = replace(result_of(), contract=older, contract_digest="older")
    page = draw_page([today.contract], [today, old])
    listed = {c["id"]: c["found"] for c in data_of(page)["clauses"]}
    assert [found["run"] for found in listed["aigptimage.create.path"]] == [0, 1]
    dropped = next(name for name in listed if name.endswith(DROPPED.name))
    assert [found["run"] for found in listed[dropped]] == [1]


DROPPED = Statement(
    name="dropped",
    kind="advice",
    operation="create",
    subject="",
    says="What a page said once.",
    why="not observable",
)
