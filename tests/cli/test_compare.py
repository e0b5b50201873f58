from __future__ import annotations

import json

import pytest

from conformance.cli.main import main


def out_of(*words: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["compare", *words]) == 0
    return capsys.readouterr().out


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


def test_a_record_is_not_compared_yet(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "reports/records/toapis.jsonl"]) == 2
    assert "records are not compared yet" in capsys.readouterr().err
