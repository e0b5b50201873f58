from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.contract.clauses import derive_clauses
from conformance.reporting.summary import NO_REASON, NO_VERDICT, count, judged, run_json
from conformance.reporting.terminal import report_lines
from conformance.reporting.text import render
from conformance.results.verdicts import Verdict
from tests.reporting.results import AIGPTIMAGE, GPTIMAGE2API, result_of, with_verdicts

WORDS = st.lists(
    st.sampled_from(["conforms", "violates", "inconclusive", "untested"]), min_size=1, max_size=120
)


@given(st.lists(st.tuples(st.sampled_from([AIGPTIMAGE, GPTIMAGE2API]), WORDS), max_size=3))
def test_the_counts_add_up_to_all_clauses(runs: list[tuple[str, list[str]]]) -> None:
    results = [with_verdicts(result_of(vendor), words) for vendor, words in runs]
    clauses = sum(len(derive_clauses(result.contract)) for result in results)

    document = run_json(results)

    assert sum(document["summary"].values()) == clauses
    assert sum(len(vendor["clauses"]) for vendor in document["vendors"]) == clauses
    listed = [c["verdict"] for vendor in document["vendors"] for c in vendor["clauses"]]
    assert {word: listed.count(word) for word in document["summary"]} == document["summary"]


@given(WORDS)
def test_the_report_shows_the_same_numbers(words: list[str]) -> None:
    result = with_verdicts(result_of(), words)
    counts = count(judged(result))

    text = render(report_lines([result]), width=200)

    assert (
        f"{counts.clauses} = {counts.conforms} conform + {counts.violates} violate"
        f" + {counts.inconclusive} inconclusive + {counts.untested} untested"
    ) in text
    for word, number in (
        ("VIOLATES", counts.violates),
        ("INCONCLUSIVE", counts.inconclusive),
        ("UNTESTED", counts.untested),
    ):
        assert (f"{word} ({number})" in text) is (number > 0)


def test_every_field_of_the_interface_is_there_in_its_order() -> None:
    result = result_of(
        verdicts={
            "create.path": Verdict(
                clause="", verdict="violates", message="expected, got, where", exchanges=("e1",)
            )
        },
    )

    document = run_json([result])

    assert list(document) == ["format", "vendors", "summary"]
    assert document["format"] == "conformance/run@1"
    vendor = document["vendors"][0]
    assert {k: v for k, v in vendor.items() if k != "clauses"} == {
        "vendor": "aigptimage",
        "target": {"kind": "simulator", "base_url": ""},
        "requests": 84,
        "billed": 12,
        "cost": {"amount": 41.0, "unit": "credits"},
        "seconds": 1250.25,
        "found": [],
    }
    clause = vendor["clauses"][0]
    source = clause.pop("source")
    assert clause == {
        "id": "aigptimage.create.path",
        "operation": "create",
        "subject": "POST /api/v1/jobs/createTask",
        "kind": "protocol",
        "level": "must",
        "verdict": "violates",
        "reason": "",
        "message": "expected, got, where",
        "follows": "",
        "exchanges": ["e1"],
    }
    assert source[0]["document"] == "i2i"
    assert set(source[0]) == {"document", "url", "section"}


def test_a_clause_without_a_verdict_is_counted_and_never_conforms() -> None:
    result = result_of()
    missing = result.verdicts[3].clause
    kept = tuple(v for v in result.verdicts if v.clause != missing)

    document = run_json([result_of(verdicts=None) if not kept else _with(result, kept)])

    assert document["summary"]["inconclusive"] == 1
    found = next(c for c in document["vendors"][0]["clauses"] if c["id"] == missing)
    assert (found["verdict"], found["reason"]) == ("inconclusive", NO_VERDICT)


@pytest.mark.parametrize("word", ["untested", "inconclusive"])
def test_what_was_not_decided_always_has_a_reason(word: str) -> None:
    result = result_of(verdicts={"create.path": Verdict(clause="", verdict=word)})  # type: ignore[arg-type]
    assert run_json([result])["vendors"][0]["clauses"][0]["reason"] == NO_REASON


def _with(result, verdicts):  # type: ignore[no-untyped-def]
    from dataclasses import replace

    return replace(result, verdicts=verdicts)
