"""`conformance diff`: what changed, with the cause told apart, for people and for CI."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.cli.main import main
from conformance.contract.loading import load_text
from conformance.reporting.markdown import MOST_CHARACTERS
from conformance.run.check import run_check
from conformance.run.options import RunOptions
from conformance.run.targets import embedded_target
from tests.contract.toys import named

SCHEMA = json.loads(
    files("conformance.reporting").joinpath("schemas/diff.schema.json").read_text("utf-8")
)
VENDOR = "aigptimage"
TEXT = named(VENDOR).text
ENUM = "[1K, 2K, 4K]"
NARROW = TEXT.replace(ENUM, "[1K, 2K]", 1)
NEWER = TEXT.replace("seen: 2026-11-20", "seen: 2026-12-01").replace(
    "seen: 2026-11-21", "seen: 2026-12-01"
)


@dataclass(frozen=True)
class Shelf:
    """A folder with contracts and records in it."""

    folder: Path

    def contract(self, name: str, text: str) -> str:
        path = self.folder / f"{name}.yaml"
        path.write_text(text, "utf-8")
        return str(path)

    def record(
        self, name: str, says: str, does: str, *, only: str = "*.resolution.*", **options: Any
    ) -> str:
        """The record of a run by one contract against a simulator that keeps another."""
        contract = load_text(says, file="specs/aigptimage.yaml")
        endpoint = embedded_target(contract, simulated=load_text(does))
        folder = self.folder / name
        chosen = RunOptions(output=folder, only=only, **options)
        run_check(contract, endpoint, chosen, now=datetime(2026, 11, 21, tzinfo=UTC))
        (found,) = (folder / "records").glob("*.jsonl")
        return str(found)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, Any]:
    """What `diff --json` writes, which is what the schema says."""
    assert main(["diff", *words, "--json", "-"]) == code
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert [e.message for e in Draft202012Validator(SCHEMA).iter_errors(document)] == []
    return document


def moved(
    document: dict[str, Any], clause: str = "create.input.resolution.enum"
) -> tuple[str, str]:
    (move,) = [m for m in document["moves"] if m["clause"] == f"{VENDOR}.{clause}"]
    return move["effect"], move["cause"]


# --- contracts


@pytest.mark.parametrize("on", ["none", "breaking", "widening", "any"])
def test_a_narrower_contract_is_breaking_and_a_wider_one_is_not(
    on: str, shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    narrow = shelf.contract("narrow", NARROW)
    document = told(capsys, VENDOR, narrow, "--fail-on", on, code=0 if on == "none" else 1)
    assert document["summary"]["breaking"] == 1
    (change,) = [c for c in document["changes"] if c["effect"] == "breaking"]
    assert (change["role"], change["what"]) == ("resolution", "no longer takes 4K")
    back = told(capsys, narrow, VENDOR, "--fail-on", on, code=1 if on in ("widening", "any") else 0)
    assert back["summary"] == {"breaking": 0, "widening": 1, "neutral": 0}


def test_a_contract_and_itself_fail_on_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    document = told(capsys, VENDOR, f"specs/{VENDOR}.yaml", "--fail-on", "any")
    assert document["changes"] == []


def test_markdown_is_bounded_and_names_what_it_leaves_out(
    shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    text = TEXT
    many = "".join(
        f'      x{n}: {{type: string, source: i2i#x, note: "{"y" * 200}"}}\n' for n in range(2500)
    )
    at = text.index("      input.resolution:")
    big = shelf.contract("big", text[:at] + many + text[at:])
    assert main(["diff", VENDOR, big, "--format", "markdown"]) == 0
    out = capsys.readouterr().out
    assert len(out.encode()) <= MOST_CHARACTERS
    assert "more would be too long for a comment" in out


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["aigptimage", "toapis"], 2, "compare"),
        (["aigptimage", "aigptimag"], 2, "did you mean 'aigptimage'"),
        (["aigptimage", "nowhere.jsonl"], 2, "a contract and a record"),
        (["nowhere.jsonl", "nowhere.jsonl"], 3, "cannot be read"),
        (["aigptimage", "README.md"], 3, "README.md:"),
        (["aigptimage", "aigptimage", "--fail-on", "broken"], 2, "--fail-on"),
    ],
    ids=["vendors", "name", "kinds", "missing", "no-contract", "flag"],
)
def test_what_cannot_be_compared_is_refused(
    words: list[str], code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", *words]) == code
    assert says in capsys.readouterr().err


# --- records: the cause


def test_a_vendor_that_changed_is_told_from_its_documents(
    shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    old = shelf.record("old", TEXT, TEXT)
    new = shelf.record("new", TEXT, NARROW)
    document = told(capsys, old, new, "--fail-on", "breaking", code=1)
    assert moved(document) == ("breaking", "vendor")
    assert document["contracts"]["changes"] == []
    back = told(capsys, new, old, "--fail-on", "breaking")
    assert moved(back) == ("widening", "vendor")


def test_a_page_that_changed_is_told_from_the_vendor(
    shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    """The vendor answers as ever; a newer page promises one value more."""
    old = shelf.record("old", NARROW, NARROW)
    new = shelf.record("new", NEWER, NARROW)
    assert moved(told(capsys, old, new)) == ("breaking", "documents")


def test_a_transcription_that_changed_is_told_from_a_page(
    shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    old = shelf.record("old", NARROW, NARROW)
    new = shelf.record("new", TEXT, NARROW)
    document = told(capsys, old, new)
    assert moved(document) == ("breaking", "transcription")
    assert document["contracts"]["same_pages"] is True


def test_both_are_told_where_both_changed(shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    """The page promises 8K beside the others, and the vendor no longer takes 2K."""
    more = NEWER.replace(ENUM, "[1K, 2K, 4K, 8K]", 1)
    less = TEXT.replace(ENUM, "[1K, 4K, 8K]", 1)
    old = shelf.record("old", TEXT, TEXT)
    new = shelf.record("new", more, less)
    assert moved(told(capsys, old, new)) == ("breaking", "documents and vendor")


def test_what_one_run_did_not_try_is_noise(
    shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    old = shelf.record("old", TEXT, TEXT, only="*.prompt.*")
    new = shelf.record("new", TEXT, TEXT, only="*.resolution.*")
    document = told(capsys, old, new, "--fail-on", "any")
    assert {move["cause"] for move in document["moves"]} == {"noise"}


def test_two_runs_alike_differ_in_nothing(shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    """Another seed, and so other ids and prompts."""
    old = shelf.record("old", TEXT, TEXT)
    new = shelf.record("new", TEXT, TEXT, seed=7)
    document = told(capsys, old, new, "--fail-on", "any")
    assert document["moves"] == []
    assert any("simulator" in note for note in document["notes"])


def test_a_violation_that_was_not_tried_before_is_no_noise(
    shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    old = shelf.record("old", TEXT, NARROW, only="*.auth")
    new = shelf.record("new", TEXT, NARROW)
    assert moved(told(capsys, old, new, "--fail-on", "breaking", code=1)) == (
        "breaking",
        "not tried before",
    )


def test_runs_are_drawn_for_people(shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = shelf.record("old", TEXT, TEXT), shelf.record("new", TEXT, NARROW)
    assert main(["diff", old, new]) == 0
    text = capsys.readouterr().out
    assert "BREAKING, cause: vendor" in text
    assert main(["diff", old, new, "--format", "markdown"]) == 0
    assert "| vendor | is violated now |" in capsys.readouterr().out
