"""Every format says the same numbers, stays whole whatever a server sent, and is the same each time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from html import unescape
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.contract.clauses import derive_clauses
from conformance.reporting.badge import badge_svg
from conformance.reporting.junit import junit_xml
from conformance.reporting.markdown import MOST_CHARACTERS
from conformance.reporting.run_markdown import run_markdown
from conformance.reporting.sarif import sarif_json
from conformance.reporting.summary import Counts, count, judged
from conformance.results.outcome import RunResult, Target
from conformance.results.replayed import Replayed
from conformance.results.verdicts import UNJUDGED, Verdict
from tests.reporting.results import AIGPTIMAGE, GPTIMAGE2API, creation, result_of, with_verdicts

WORDS = ("conforms", "violates", "inconclusive", "untested")
HOSTILE = (
    "]]>",
    "</failure><script>alert(1)</script>",
    "\x00\x07\x1b[2J\x85\ud800\ufffe",
    "| a | b |\n# head\n",
    "@everyone see https://evil.example www.evil.example #1 GH-2",
    "![x](https://evil.example/a.png) `code` <img src=x onerror=alert(1)> {0}",
    "x" * 100_000,
    "\u202ereversed\u2028line",
)

texts = st.sampled_from(HOSTILE) | st.text(max_size=30)


@st.composite
def runs(draw: st.DrawFn) -> RunResult:
    """A run with any verdicts, about which a server had its say."""
    result = result_of(draw(st.sampled_from([AIGPTIMAGE, GPTIMAGE2API])))
    ids = [clause.id for clause in derive_clauses(result.contract)]
    some = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=12))
    said = draw(texts)
    verdicts = tuple(
        Verdict(
            clause=name,
            verdict=some[i % len(some)],  # type: ignore[arg-type]  # one of the four
            reason="" if some[i % len(some)] in ("conforms", "violates") else ("cap", said)[i % 2],
            message=said if i % 3 else "",
            exchanges=("e1",) if i % 5 == 0 else (),
        )
        for i, name in enumerate(ids)
    )
    # One clause may have lost its verdict: a fault of ours that no format may hide.
    kept = verdicts[draw(st.integers(min_value=0, max_value=1)) :]
    exchange = creation(data=said.encode("utf-8", "surrogatepass"))
    return replace(
        result,
        verdicts=kept,
        exchanges={"e1": exchange},
        notes=(said,),
        started="2026-11-21T10:00:00+00:00",
    )


def parsed(text: str) -> ET.Element:
    """The root of what we wrote ourselves."""
    return ET.fromstring(text)  # noqa: S314  # nobody else had a hand in it


def total(results: Sequence[RunResult]) -> Counts:
    return sum((count(judged(result)) for result in results), Counts())


some_runs = st.lists(runs(), min_size=1, max_size=3)


@settings(deadline=None, max_examples=40)
@given(some_runs)
def test_junit_adds_up_and_is_xml(results: list[RunResult]) -> None:
    root = parsed(junit_xml(results))
    counts = total(results)
    suites = list(root)

    def of(name: str) -> int:
        return sum(int(suite.attrib[name]) for suite in suites)

    assert (
        of("tests")
        == counts.clauses
        == int(root.attrib["tests"])
        == len(root.findall(".//testcase"))
    )
    assert of("failures") == counts.violates == len(root.findall(".//failure"))
    assert of("errors") == len(root.findall(".//error")) == int(root.attrib["errors"])
    assert of("skipped") == len(root.findall(".//skipped"))
    assert of("errors") + of("skipped") == counts.inconclusive + counts.untested
    passed = [case for case in root.findall(".//testcase") if not len(case)]
    assert len(passed) == counts.conforms
    for suite in suites:
        names = [
            (case.attrib["classname"], case.attrib["name"]) for case in suite.findall("testcase")
        ]
        assert len(set(names)) == len(names)


@settings(deadline=None, max_examples=40)
@given(some_runs)
def test_sarif_adds_up_and_is_sarif(results: list[RunResult]) -> None:
    document = json.loads(json.dumps(sarif_json(results, version="1")))
    counts = total(results)

    refuse_invalid_sarif(document)
    assert sum(len(run["results"]) for run in document["runs"]) == counts.violates
    assert sum(len(run["tool"]["driver"]["rules"]) for run in document["runs"]) == counts.clauses
    numbers = [run["properties"]["summary"] for run in document["runs"]]
    assert {word: sum(n[word] for n in numbers) for word in WORDS} == {
        "conforms": counts.conforms,
        "violates": counts.violates,
        "inconclusive": counts.inconclusive,
        "untested": counts.untested,
    }


@settings(deadline=None, max_examples=40)
@given(some_runs)
def test_markdown_adds_up_and_fits_a_comment(results: list[RunResult]) -> None:
    text = run_markdown(results)
    counts = total(results)

    assert len(text.encode()) <= MOST_CHARACTERS
    numbers = [re.findall(r"\d+", row)[-5:] for row in text.split("###")[0].splitlines()[4:] if row]
    assert [int(n) for n in numbers[-1]] == [
        counts.clauses, counts.conforms, counts.violates, counts.inconclusive, counts.untested,
    ]  # fmt: skip
    assert_inert(text)


@settings(deadline=None, max_examples=25)
@given(some_runs)
def test_a_badge_is_svg_and_says_what_it_rests_on(results: list[RunResult]) -> None:
    root = parsed(badge_svg(results))
    counts = total(results)

    title = root.findtext("{http://www.w3.org/2000/svg}title") or ""
    assert title == root.attrib["aria-label"]
    assert f"{counts.clauses} clauses" in title
    assert f"{counts.conforms} conform, {counts.violates} violate" in title
    assert "simulated" in title
    assert "simulated" in "".join(root.itertext()).replace(title, "")


FORMATS: dict[str, Callable[[Sequence[RunResult]], Any]] = {
    "junit": junit_xml,
    "sarif": lambda results: json.dumps(sarif_json(results, version="1")),
    "markdown": run_markdown,
    "badge": badge_svg,
}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("said", HOSTILE, ids=range(len(HOSTILE)))
def test_what_a_server_said_does_no_harm(name: str, said: str) -> None:
    verdict = Verdict(clause="", verdict="violates", message=said, exchanges=("e1",))
    undecided = Verdict(clause="", verdict="inconclusive", reason=said)
    result = result_of(
        verdicts={"create.path": verdict, "create.auth": undecided},
        exchanges=[creation(data=said.encode("utf-8", "surrogatepass"))],
        notes=(said,),
    )

    text = FORMATS[name]([result])

    assert text == FORMATS[name]([result])
    assert len(text) < 200_000
    assert (
        not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202e\u2028]", text)
        or name == "junit"
    )
    if name in ("junit", "badge"):
        parsed(text)
    if name == "markdown":
        assert_inert(text)


def assert_inert(text: str) -> None:
    """Nothing in it is a mention, a link that we did not make, or markup that is not ours."""
    ours = re.sub(r"\[[^\[\]]*\]\(<https?://[^<>\s]*>\)", "", text)
    assert "@" not in ours
    assert not re.search(r"https?:|\bwww\.", ours)
    # As a host looks at it: rendered, and not in the source.
    rendered = unescape(re.sub(r"<code>.*?</code>", "", ours))
    assert not re.search(r"@\w|\\#\d|GH-\d", rendered)
    assert set(re.findall(r"<[^>]*>?", ours)) <= {
        "<code>", "</code>", "<details>", "</details>", "<summary>", "</summary>",
    }  # fmt: skip
    assert not re.search(r"(?<!\\)!?\[[^\]]*\]\((?!<)", ours)


def test_a_command_can_be_copied_from_markdown() -> None:
    verdict = Verdict(clause="", verdict="violates", message="no", exchanges=("e1",))
    sent = creation(data=b'{"prompt": "a@b #1"}')
    text = run_markdown([result_of(verdicts={"create.path": verdict}, exchanges=[sent])])
    (line,) = re.findall(r"- request: <code>(.*)</code>", text)
    assert """--data-raw '{"prompt": "a@b #1"}'""" in re.sub(r"\\(.)", r"\1", unescape(line))


# --- what a self-test may not look like


def test_a_badge_of_a_vendor_is_green_only_for_the_vendor() -> None:
    live = result_of(target=Target(kind="live", base_url="https://vendor.example", loopback=False))
    local = result_of(target=Target(kind="url", base_url="http://127.0.0.1:1"))
    taped = result_of(replayed=Replayed(file="x", kind="simulator"))
    assert "#23722b" in badge_svg([live])
    assert "simulated" not in badge_svg([live])
    assert "local server" in badge_svg([local])
    assert "simulated" in badge_svg([taped])
    assert "partly simulated" in badge_svg([live, result_of()])


def test_a_violation_makes_a_badge_red_and_an_undecided_clause_amber() -> None:
    assert "#b3261e" in badge_svg([with_verdicts(result_of(), ["conforms", "violates"])])
    undecided = result_of(
        verdicts={"create.path": Verdict(clause="", verdict="inconclusive", reason="flaky")}
    )
    assert "#8a5a00" in badge_svg([undecided])


# --- JUnit


def test_what_stayed_inconclusive_is_an_error_and_what_the_cap_cut_is_skipped() -> None:
    result = result_of(
        verdicts={
            "create.path": Verdict(clause="", verdict="inconclusive", reason="flaky"),
            "create.auth": Verdict(clause="", verdict="inconclusive", reason="3 of 11 tried"),
            "create.contentType": Verdict(clause="", verdict="untested", reason="cap"),
        }
    )
    suite = parsed(junit_xml([result]))[0]
    found = {case.attrib["name"]: case[0] for case in suite.findall("testcase") if len(case)}
    assert found["create.path"].tag == "error"
    assert found["create.path"].attrib["message"] == "inconclusive: flaky"
    assert found["create.auth"].attrib["message"] == "inconclusive: 3 of 11 tried"
    assert {found[name].tag for name in ("create.auth", "create.contentType")} == {"skipped"}


def test_a_target_that_could_not_be_judged_does_not_look_well() -> None:
    down = Verdict(clause="", verdict="untested", reason=UNJUDGED)
    suite = parsed(junit_xml([result_of(verdicts={"create.path": down})]))[0]
    assert (suite.attrib["errors"], suite.attrib["skipped"]) == ("1", "0")


def test_a_suite_has_its_parts_in_the_order_of_the_common_schema() -> None:
    root = parsed(junit_xml([with_verdicts(result_of(), WORDS)]))
    assert root.tag == "testsuites"
    assert set(root.attrib) == {"name", "tests", "failures", "errors", "time"}
    for suite in root:
        assert next(child.tag for child in suite) == "properties"
        assert {child.tag for child in suite} == {"properties", "testcase"}
        assert all(p.attrib.keys() == {"name", "value"} for p in suite[0])
        for case in suite.findall("testcase"):
            assert set(case.attrib) == {"classname", "name", "time"}
            assert {child.tag for child in case} <= {"failure", "error", "skipped"}
            assert len(case) <= 1


# --- SARIF


def test_a_violation_is_shown_at_its_line_of_the_contract() -> None:
    result = result_of(
        verdicts={
            "create.input.resolution.enum": Verdict(clause="", verdict="violates", message="no")
        }
    )
    (found,) = sarif_json([result], version="1")["runs"][0]["results"]
    place = found["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "specs/aigptimage.yaml"
    line = result.contract.text.splitlines()[place["region"]["startLine"] - 1]
    assert line.strip() == "enum: [1K, 2K, 4K]"


def test_an_absolute_path_is_not_told() -> None:
    result = result_of()
    mine = replace(result, contract=replace(result.contract, file="/home/me/my vendor.yaml"))
    violated = with_verdicts(mine, ["violates"])
    text = json.dumps(sarif_json([violated], version="1"))
    assert "/home/me" not in text
    assert "my%20vendor.yaml" in text


def test_what_merely_follows_is_a_warning() -> None:
    results = sarif_json([with_verdicts(result_of(), ["violates"])], version="1")["runs"][0][
        "results"
    ]
    levels = {(r["properties"]["level"], r["level"]) for r in results}
    assert levels >= {("must", "error"), ("implied", "warning")}
    assert ("implied", "error") not in levels


def test_two_records_of_one_vendor_are_two_categories() -> None:
    runs = sarif_json([result_of(), result_of()], version="1")["runs"]
    ids = [run["automationDetails"]["id"] for run in runs]
    assert ids == ["conformance/aigptimage/", "conformance/aigptimage-2/"]


def refuse_invalid_sarif(document: dict[str, Any]) -> None:
    """What SARIF 2.1.0 asks of the parts that we write: required properties, closed words, indexes that fit."""
    assert document["version"] == "2.1.0"
    assert document["$schema"].startswith("https://")
    for run in document["runs"]:
        driver = run["tool"]["driver"]
        assert driver["name"]
        ids = [rule["id"] for rule in driver["rules"]]
        assert len(set(ids)) == len(ids)
        for rule in driver["rules"]:
            assert rule["shortDescription"]["text"]
            assert rule["defaultConfiguration"]["level"] in ("none", "note", "warning", "error")
            if "helpUri" in rule:
                assert re.fullmatch(r"https?://[!-~]+", rule["helpUri"])
        for found in run["results"]:
            assert ids[found["ruleIndex"]] == found["ruleId"]
            assert found["kind"] == "fail"
            assert found["level"] in ("warning", "error")
            assert found["message"]["text"]
            for location in found["locations"]:
                place = location["physicalLocation"]
                uri = place["artifactLocation"]["uri"]
                assert re.fullmatch(r"[A-Za-z0-9._~%/-]+", uri)
                assert not uri.startswith("/")
                assert place["artifactLocation"]["uriBaseId"] in run["originalUriBaseIds"]
                assert place["region"]["startLine"] >= 1
            assert all(isinstance(v, str) for v in found["partialFingerprints"].values())
