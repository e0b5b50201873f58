from __future__ import annotations

import contextlib
import io
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.cli.main import main


def out_of(*words: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["compare", *words]) == 0
    return capsys.readouterr().out


def refuse_invalid(document: dict[str, Any]) -> None:
    schema = files("conformance.reporting").joinpath("schemas/compare.schema.json")
    Draft202012Validator(json.loads(schema.read_text("utf-8"))).validate(document)


def test_all_vendors_are_compared_in_120_columns(capsys: pytest.CaptureFixture[str]) -> None:
    text = out_of(capsys=capsys)
    assert max(map(len, text.splitlines())) <= 120
    assert "nothing was sent" in text
    assert "pages disagree:" in text


def test_columns_asks_for_another_width(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert max(map(len, out_of(capsys=capsys).splitlines())) <= 80


@pytest.mark.parametrize("words", [["toapis", "apimart"], ["--vendors", "toapis", "apimart"]])
def test_only_those_named_are_compared_in_that_order(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    document = json.loads(out_of(*words, "--json", "-", capsys=capsys))
    assert [v["vendor"] for v in document["vendors"]] == ["toapis", "apimart"]


def test_markdown_is_written_for_a_comment(capsys: pytest.CaptureFixture[str]) -> None:
    text = out_of("--format", "markdown", capsys=capsys)
    assert text.startswith("## ")
    assert "\n|  | aigptimage |" in text
    assert len(text) < 65_536


def test_why_leads_to_clauses_that_explain_knows(capsys: pytest.CaptureFixture[str]) -> None:
    text = out_of("--why", "idempotency", capsys=capsys)
    assert "gptimage2api.create.idempotency.no-idempotency" in text
    clause = text.split("conformance explain ")[1].split()[0]
    assert main(["explain", clause]) == 0


def test_an_unknown_row_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "--why", "idempotence"]) == 2
    assert "did you mean 'idempotency'" in capsys.readouterr().err


def test_one_vendor_cannot_be_compared(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "toapis"]) == 2
    assert "at least two vendors" in capsys.readouterr().err


# --- records ---


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The record of a self-test of one vendor."""
    folder = tmp_path_factory.mktemp("run")
    words = ["check", "aigptimage", "--only", "*.create.input.*", "--output", str(folder)]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        main(words)
    return next((folder / "records").iterdir())


def test_a_record_stands_beside_the_documents_and_a_simulator_is_never_observed(
    record: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = json.loads(out_of("toapis", str(record), "--json", "-", capsys=capsys))
    assert [vendor["vendor"] for vendor in found["vendors"]] == ["toapis", "aigptimage"]
    assert [run["truth"] for run in found["runs"]] == ["simulated"]
    refuse_invalid(found)
    cells = [cell for row in (*found["rows"], *found["alike"]) for cell in row["cells"]]
    assert not any(cell["observed"] for cell in cells)
    seen = [cell["vendor"] for cell in cells if cell["simulated"]]
    assert set(seen) == {"aigptimage"}


def test_a_single_record_is_compared_with_all_vendors(
    record: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = out_of(str(record), capsys=capsys)
    assert "apimart" in text
    assert "runs (1 simulated)" in text


def test_the_text_shows_what_was_seen_only_where_it_is_asked_for(
    record: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = out_of("toapis", str(record), "--why", "prompt-length", capsys=capsys)
    assert "simulated " in text
    assert "not observed" in text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "found an empty file"),
        ('{"line": "header", "format": "conformance/record@0"}\n', "'conformance/record@0'"),
        ('{"log": {"version": "1.2", "entries": []}}\n', "JSON of another tool"),
        ('{\n  "format": "conformance/run@1"\n}\n', "what `check --json` writes"),
        ("not JSON at all\n", "no JSON lines"),
    ],
    ids=["empty", "an older format", "another tool's", "our other JSON", "no JSON"],
)
def test_a_file_that_is_no_record_is_refused_with_its_place(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "it.jsonl"
    file.write_text(text)
    assert main(["compare", str(file)]) == 3
    err = capsys.readouterr().err
    assert "it.jsonl" in err
    assert said in err


def test_a_record_that_was_cut_off_is_refused_or_says_so(
    record: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = record.read_bytes().splitlines(keepends=True)
    file = tmp_path / "cut.jsonl"
    file.write_bytes(b"".join(lines[:-4]) + lines[-4][:20])
    assert main(["compare", "toapis", str(file)]) == 3
    assert "--partial" in capsys.readouterr().err
    out_of("toapis", str(file), "--partial", "--html", str(tmp_path / "page"), capsys=capsys)
    assert "the record was cut off" in (tmp_path / "page" / "index.html").read_text()


def test_a_record_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "reports/records/toapis.jsonl"]) == 3
    assert "reports/records/toapis.jsonl: cannot be read" in capsys.readouterr().err


# --- the page ---


def test_a_page_is_written_into_a_new_folder(
    record: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "new" / "folder"
    assert "index.html" in out_of("toapis", str(record), "--html", str(folder), capsys=capsys)
    assert (folder / "index.html").read_text().startswith("<!doctype html>")


def test_a_page_needs_a_folder_and_not_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "it").write_text("")
    assert main(["compare", "--html", str(tmp_path / "it")]) == 2
    assert "expected a folder" in capsys.readouterr().err


def test_a_page_and_one_row_do_not_go_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", "--html", str(tmp_path), "--why", "idempotency"]) == 2
    assert "--why has no place beside --html" in capsys.readouterr().err


def test_without_the_libraries_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("conformance.reporting.page.find_spec", lambda name: None)
    assert main(["compare", "--html", str(tmp_path)]) == 2
    assert main(["check", "--html", str(tmp_path / "it.html")]) == 2
    err = capsys.readouterr().err
    assert err.count("pip install 'image-api-conformance[report]'") == 2


def test_check_and_report_draw_the_page_of_a_run(
    record: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["aigptimage", "--only", "*.create.path", "--output", str(tmp_path)]
    assert main(["check", *words, "--html", str(tmp_path / "check.html")]) == 0
    assert (
        main(["report", str(record), "--format", "html", "--output", str(tmp_path / "it.html")])
        == 0
    )
    capsys.readouterr()
    for name in ("check.html", "it.html"):
        page = (tmp_path / name).read_text("utf-8")
        assert "<h1>aigptimage: what it promises and what was seen</h1>" in page
        assert "Nothing was observed at any vendor" in page
