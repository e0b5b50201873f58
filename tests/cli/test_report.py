"""`conformance report`: records in, documents out, and a clear word about what is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.cli.main import main

FORMATS = ("text", "html", "md", "json", "junit", "sarif", "badge")


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a self-test of one vendor."""
    folder = tmp_path_factory.mktemp("report")
    assert main(["check", "aigptimage", "--output", str(folder), "--json", str(folder / "x")]) == 0
    (found,) = (folder / "records").glob("*.jsonl")
    return found


def drawn(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["report", *words]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_the_same_each_time(
    name: str, record: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    first = drawn(capsys, str(record), "--format", name)
    assert first == drawn(capsys, str(record), "--format", name)
    assert drawn(capsys, str(record), "--format", name, "--output", str(tmp_path / "out")) == ""
    assert (tmp_path / "out").read_text("utf-8") == first


def test_a_record_says_what_its_run_said(record: Path, capsys: pytest.CaptureFixture[str]) -> None:
    then = json.loads((record.parents[1] / "x").read_text())
    assert json.loads(drawn(capsys, str(record), "--json", "-")) == then


def test_a_record_is_judged_where_there_is_no_contract(
    record: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    before = drawn(capsys, str(record), "--format", "json")
    monkeypatch.setattr("conformance.contract.loading.contract_names", lambda: ())
    monkeypatch.chdir(tmp_path)
    assert drawn(capsys, str(record), "--format", "json") == before


def test_another_contract_is_said_to_be_another(
    record: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The record's own contract is the one that counts, unless one is given."""
    text = Path("specs/aigptimage.yaml").read_text("utf-8")
    other = tmp_path / "other.yaml"
    other.write_text(text.replace("[1K, 2K, 4K]", "[1K, 2K]", 1), "utf-8")

    out = drawn(capsys, str(record), "--contract", str(other))

    assert "judged by another edition of the contract" in " ".join(out.split())
    assert "another edition" not in drawn(capsys, str(record))


def test_whoever_has_a_newer_contract_is_told(
    record: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    old = changed(record, tmp_path, older)
    assert main(["report", str(old), "--format", "json"]) == 0
    assert "has changed since; judged as it was then" in capsys.readouterr().err


def older(header: dict[str, Any]) -> None:
    header["contract_text"] = header["contract_text"].replace("title:", "title: Old", 1)
    header["contract_digest"] = "0" * 64


def changed(record: Path, folder: Path, change: Any) -> Path:
    first, *rest = record.read_text().splitlines(keepends=True)
    header = json.loads(first)
    change(header)
    path = folder / "changed.jsonl"
    path.write_text("".join([json.dumps(header) + "\n", *rest]))
    return path


def test_a_record_of_an_earlier_version_is_judged_by_todays_contract(
    record: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    before = drawn(capsys, str(record), "--format", "json")
    old = changed(record, tmp_path, lambda header: header.pop("contract_text"))
    after = drawn(capsys, str(old), "--format", "json")
    assert after.replace(str(old), str(record)) == before


def test_what_this_version_concludes_otherwise_is_said(
    record: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text = record.read_text()
    before = '{"line":"verdict","clause":"aigptimage.create.path","verdict":"conforms"'
    assert before in text
    path = tmp_path / "x.jsonl"
    path.write_text(text.replace(before, before.replace("conforms", "violates")))
    out = " ".join(drawn(capsys, str(path)).split())
    assert (
        "concludes otherwise than the run did: aigptimage.create.path (violates, now conforms)"
        in out
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "an empty file"),
        (b'{"format": "conformance/run@1", "vendors": []}', "what `check --json` writes"),
        (b'{"tests": 3}\n', "JSON of another tool"),
        (b'{"a": 1}\n{"b": 2}\n', "JSON lines of another tool"),
        (b"<testsuite/>", "no JSON lines"),
        (b'{"line": "header", "format": "conformance/record@0"}\n{}\n', "'conformance/record@0'"),
        (b'{"line": "header", "format": "conformance/record@1"}\n', "found no target"),
        (b"[" * 100_000, "no JSON lines"),
        (b"\xff\xfe\x00", "no JSON lines"),
    ],
    ids=["empty", "run", "json", "lines", "xml", "older", "header", "deep", "bytes"],
)
def test_what_is_no_record_is_refused(
    content: bytes, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(content)
    assert main(["report", str(path)]) == 3
    err = capsys.readouterr().err
    assert says in err
    assert str(path) in err


@pytest.mark.parametrize("cut", [-1, -40, 0.5])
def test_a_truncated_record_is_refused_unless_it_is_asked_for(
    cut: float, record: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = record.read_bytes()
    path = tmp_path / "x.jsonl"
    path.write_bytes(data[: cut if isinstance(cut, int) and cut < -1 else int(len(data) * 0.5)])
    assert main(["report", str(path), "--format", "junit"]) == 3
    assert "--resume" in capsys.readouterr().err
    out = drawn(capsys, str(path), "--partial", "--format", "md")
    assert "stopped before its end" in out


def test_a_badge_and_json_come_beside_the_report(
    record: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    badge, run = tmp_path / "badge.svg", tmp_path / "run.json"
    out = drawn(capsys, str(record), "--badge", str(badge), "--json", str(run), "--format", "md")
    assert out.startswith("## Conformance")
    assert "(simulated)" in badge.read_text()
    assert json.loads(run.read_text())["format"] == "conformance/run@1"


def test_a_wrong_format_is_refused(record: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(record), "--format", "junti"]) == 2
    assert "did you mean 'junit'" in capsys.readouterr().err


def test_check_writes_junit_beside_its_report(tmp_path: Path) -> None:
    file = tmp_path / "junit.xml"
    words = ["check", "aigptimage", "--only", "*.resolution.*", "--output", str(tmp_path)]
    assert main([*words, "--junit", str(file)]) == 0
    assert '<testsuite name="aigptimage"' in file.read_text()
    assert main([*words, "--junit", str(tmp_path / "no" / "x.xml")]) == 2
