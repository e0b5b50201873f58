"""A made-up vendor whose pages are here: whole both ways, and each fault in its transcript is found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.cli.main import main
from conformance.documents.archive import Archive
from conformance.documents.coverage import Coverage
from conformance.documents.lint import Linted, lint

EXAMPLE = Path(__file__).parent / "example"
PAGES = EXAMPLE / "pages"
TEXT = (EXAMPLE / "acme.yaml").read_text("utf-8")


def linted(tmp_path: Path, text: str, pages: Path = PAGES) -> Linted:
    path = tmp_path / "acme.yaml"
    path.write_text(text, "utf-8")
    return lint(str(path), Archive(pages))


def changed(old: str, new: str) -> str:
    assert TEXT.count(old) >= 1, old
    return TEXT.replace(old, new, 1)


def document(result: Linted, name: str) -> Coverage:
    return next(each for each in result.coverage if each.document == name)


def test_it_is_whole_both_ways(tmp_path: Path) -> None:
    result = linted(tmp_path, TEXT)
    assert [f.message for f in result.faults] == []
    for name, forward in (("guide", 100), ("errors", 100), ("storage", None)):
        each = document(result, name)
        assert (each.forward_percent, each.backward_percent) == (forward, 100)


def test_a_document_without_a_page_is_not_covered(tmp_path: Path) -> None:
    each = document(linted(tmp_path, TEXT), "terms")
    assert each.state == "not archived"
    assert (each.forward_percent, each.backward_percent) == (None, None)


def test_a_page_of_which_somebody_tells_is_an_excerpt(tmp_path: Path) -> None:
    assert document(linted(tmp_path, TEXT), "storage").state == "excerpt"


def test_what_had_to_be_read_with_care_is_listed(tmp_path: Path) -> None:
    result = linted(tmp_path, TEXT)
    how = {h.how for each in result.coverage for h in each.handled}
    assert how >= {"thousands separator", "× for x", "glued text", "another spelling or unit"}


@pytest.mark.parametrize(
    ("old", "new", "rule", "said"),
    [
        pytest.param("maxLength: 12000", "maxLength: 1200", "not-in-section", "'1200'", id="limit"),
        pytest.param("maximum: 4", "maximum: 5", "not-in-section", "'5'", id="maximum"),
        pytest.param(
            '["1:1", "3:2", "2:3"]', '["1:1", "2:3"]', "incomplete-list", "3:2", id="enum"
        ),
        pytest.param(
            "enum: [1K, 2K]", "enum: [1K, 2K, 4K]", "not-in-section", "'4K'", id="value too many"
        ),
        pytest.param("default: 1K", "default: 2K", "wrong-default", "expected 1K", id="default"),
        pytest.param(
            "required: true, maxLength",
            "maxLength",
            "wrong-required",
            "expected yes",
            id="required",
        ),
        pytest.param(
            "copies: {type: integer",
            "copies: {type: string",
            "wrong-type",
            "expected integer",
            id="type",
        ),
        pytest.param("      copies:", "      copys:", "not-in-section", "'copys'", id="name"),
        pytest.param(
            "GET /v1/pictures/{task_id}",
            "GET /v1/picture/{task_id}",
            "not-in-section",
            "/v1/picture/",
            id="path",
        ),
        pytest.param(
            "    broken: {phase: failed}",
            "    brokn: {phase: failed}",
            "not-in-section",
            "'brokn'",
            id="state",
        ),
        pytest.param('    "429": {', '    "428": {', "row-not-transcribed", "'429'", id="status"),
        pytest.param("amount: 5", "amount: 3", "not-transcribed", "has 5", id="price"),
        pytest.param("amount: 3", "amount: 4", "wrong-price", "3 or 5", id="price that is none"),
        pytest.param("2048x1360]", "2048x1365]", "not-in-section", "'2048x1365'", id="cell"),
        pytest.param(
            "[1024x1536, 1360x2048]",
            "[1360x2048, 1024x1536]",
            "wrong-cell",
            "row and column",
            id="swapped cells",
        ),
        pytest.param(
            "[1536x1024, 1500x1000]",
            "1536x1024",
            "not-transcribed",
            "1500×1000",
            id="lost alternative",
        ),
        pytest.param(
            "source: guide#Prices}",
            "source: guide#Price}",
            "no-such-section",
            "did you mean 'prices'",
            id="section",
        ),
        pytest.param(
            "source: errors#Errors",
            "source: errors#Limits",
            "not-in-section",
            "'400'",
            id="swapped source",
        ),
        pytest.param(
            "lifetime_s: 86400", "lifetime_s: 90000", "not-transcribed", "has 24", id="lifetime"
        ),
        pytest.param("60 requests", "600 requests", "not-in-section", "'600'", id="statement"),
        pytest.param(
            "After 429 wait 15",
            "After 429 wait 25",
            "not-transcribed",
            "has 15",
            id="restated advice",
        ),
        pytest.param(
            "interval_s: [2, 5]",
            "interval_s: [2, 6]",
            "polling-without-advice",
            "found 6",
            id="polling",
        ),
        pytest.param(
            "base_url: https://pictures.",
            "base_url: https://photos.",
            "not-transcribed",
            "pictures.acme",
            id="host",
        ),
        pytest.param(
            "      - {text: pic_123, why: an id in an example}\n",
            "",
            "not-transcribed",
            "pic_123",
            id="not ignored",
        ),
        pytest.param(
            "rows: [lifetime, retry]",
            "rows: [lifetime, retyr]",
            "archive-entry",
            "did you mean 'retry'",
            id="row",
        ),
    ],
)
def test_a_fault_is_found_where_it_stands(
    tmp_path: Path, old: str, new: str, rule: str, said: str
) -> None:
    found = [f for f in linted(tmp_path, changed(old, new)).faults if f.rule == rule]
    assert any(said in f.message for f in found), [f.message for f in found]
    assert all(f.line > 1 for f in found)


def test_an_example_body_tells_the_type(tmp_path: Path) -> None:
    text = changed(
        "task_id: {type: string, role: task_id, source: guide#Create",
        "task_id: {type: integer, role: task_id, source: guide#Create",
    )
    found = [f.message for f in linted(tmp_path, text).faults if f.rule == "wrong-type"]
    assert found == [
        "found type integer for task_id, expected string as in the example; see guide.md:18"
    ]


def test_values_of_one_source_are_looked_for_there_alone(tmp_path: Path) -> None:
    """Who cites a page that is archived has to find everything on it, or say which other page has it."""
    cited = changed(
        "enum: [1K, 2K], default: 1K, role: resolution, source: guide#Create a picture",
        "enum: [1K, 2K, 8K], default: 1K, role: resolution, source: [guide#Create a picture, terms#Tiers]",
    )
    assert {f.rule for f in linted(tmp_path, cited).faults} == {"not-in-section"}
    said = cited.replace("role: resolution,", "role: resolution, value_sources: {8K: terms#Tiers},")
    assert linted(tmp_path, said).faults == ()


def test_a_source_that_has_nothing_of_it_is_wrong(tmp_path: Path) -> None:
    text = changed(
        "role: prompt, source: guide#Create a picture",
        "role: prompt, source: [guide#Create a picture, guide#Prices]",
    )
    assert [f.rule for f in linted(tmp_path, text).faults] == ["source-proves-nothing"]


def test_the_command_says_how_much_is_covered(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["lint", str(EXAMPLE / "acme.yaml"), "--documents", str(PAGES), "--verbose"]
    assert main(words) == 0
    out = capsys.readouterr().out
    assert "guide     archived  100 %" in out
    assert "not archived (1): terms" in out
    assert "thousands separator: read '12,000' as '12000'" in out


def test_the_missing_things_and_their_lines_are_in_the_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "acme.yaml"
    path.write_text(changed("amount: 5", "amount: 3"), "utf-8")
    assert main(["lint", str(path), "--documents", str(PAGES), "--json", "-"]) == 1
    guide = json.loads(capsys.readouterr().out)["contracts"][0]["documents"][0]
    assert guide["document"] == "guide"
    assert [(u["text"], u["section"]) for u in guide["backward"]["unclaimed"]] == [("5", "Prices")]
    assert guide["backward"]["percent"] < 100


def test_a_folder_that_is_not_there_is_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "--documents", "/no/such/folder"]) == 2
    assert "--documents /no/such/folder is no folder" in capsys.readouterr().err
