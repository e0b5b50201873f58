from __future__ import annotations

import json
import subprocess
import sys

import pytest

from conformance.cli.main import COMMANDS, main
from conformance.errors import ContractInvalid, TargetUnusable


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], f"which command? One of {', '.join(COMMANDS)}"),
        (["chekc"], "unknown command 'chekc' (did you mean 'check'?)"),
        (["zzz"], f"unknown command 'zzz'; commands are {', '.join(COMMANDS)}"),
        (["--hlep"], "unknown flag '--hlep' (did you mean '--help'?)"),
        (["--version", "x"], "--version takes no arguments, found 'x'"),
        (["plan"], "VENDOR is missing"),
        (["plan", "aigptimge"], "unknown vendor 'aigptimge' (did you mean 'aigptimage'?)"),
        (["clauses", "aigptimge"], "unknown vendor 'aigptimge' (did you mean 'aigptimage'?)"),
        (["plan", "aigptimage", "--strength", "4"], "--strength is '4', expected 1, 2 or 3"),
        (["vendors", "--json", "/no/such/folder/x"], "there is no folder /no/such/folder"),
        (["vendors", "--json", "/"], "--json / is a folder"),
        (["vendors", "x"], "'x' is one argument too many"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_2(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"conformance: {sentence}") or sentence in err
    assert err.count("\n") == 1
    assert "Traceback" not in err


def test_a_bad_contract_is_exit_3_with_its_place(
    tmp_path, capsys: pytest.CaptureFixture[str]
) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "bad.yaml"
    path.write_text("vendor: x\nvendor: y\n")
    assert main(["clauses", str(path)]) == 3
    err = capsys.readouterr().err
    assert err.startswith(f"conformance: {path}:2:1: found ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["help"]])
def test_the_help_names_every_command(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    out = capsys.readouterr().out
    assert all(command in out for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_examples(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--help"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"usage: conformance {command}")
    assert "examples:\n  conformance" in out
    assert "--json FILE" in out


def test_the_version_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("conformance ")


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (TargetUnusable("the target is down"), 4, "conformance: the target is down\n"),
        (ContractInvalid("found\x1b x", file="f"), 3, "conformance: f:1:1: found\\x1b x\n"),
        (KeyboardInterrupt(), 130, "conformance: interrupted\n"),
    ],
)
def test_what_stops_a_command_becomes_an_exit_code(
    raised: BaseException,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def stop(words: object) -> int:
        raise raised

    monkeypatch.setattr("conformance.cli.vendors.run", stop)
    assert main(["vendors"]) == code
    assert capsys.readouterr().err == said


def test_what_nobody_expected_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(words: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr("conformance.cli.vendors.run", break_down)
    with pytest.raises(ZeroDivisionError):
        main(["vendors"])


def test_a_reader_that_leaves_early_is_no_error() -> None:
    command = f"{sys.executable} -m conformance.cli.main clauses | head -n 1"
    done = subprocess.run(
        ["bash", "-c", command], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1


def test_an_encoding_that_lacks_characters_is_no_error() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "conformance.cli.main", "plan", "äöü☃"],
        check=False,
        capture_output=True,
        timeout=60,
        env={"PYTHONIOENCODING": "ascii", "PYTHONPATH": "."},
    )
    assert done.returncode == 2
    assert b"\\xe4\\xf6\\xfc\\u2603" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words", [["vendors"], ["clauses"], ["clauses", "aigptimage"], ["plan", "gptimage2api"]]
)
def test_json_can_stand_alone_on_stdout_or_in_a_file(
    words: list[str],
    tmp_path,
    capsys: pytest.CaptureFixture[str],  # type: ignore[no-untyped-def]
) -> None:
    assert main([*words, "--json", "-"]) == 0
    alone = capsys.readouterr().out
    assert main([*words, "--json", str(tmp_path / "out.json")]) == 0
    view = capsys.readouterr().out
    assert json.loads(alone) == json.loads((tmp_path / "out.json").read_text())
    assert alone.isascii()
    assert not view.startswith("{")
    assert view
