"""`audit`, driven as a user drives it."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.audit.auditing import stories_of
from conformance.audit.binding import client_clauses
from conformance.audit.conclude import conclude, observe
from conformance.audit.scenarios import PLAIN, SCENARIOS, chosen
from conformance.cli.main import main
from conformance.contract.clauses import derive_clauses
from conformance.contract.loading import load_contract
from conformance.run.journal import read_record

HERE = Path(__file__).parent
CLIENT = [sys.executable, "-S", str(HERE / "client.py")]
SCHEMA = json.loads(
    files("conformance.reporting").joinpath("schemas/audit.schema.json").read_text("utf-8")
)


def audit(*words: str, output: Path) -> int:
    place = words.index("--")
    return main(["audit", *words[:place], "--output", str(output), *words[place:]])


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, dict[str, Any], Path]:
    """A wrong client, started as a program: the exit code, the JSON, and where the record is."""
    output = tmp_path_factory.mktemp("audit")
    file = output / "audit.json"
    words = ["--speed", "50", "--faults", "reset-after-create,429", "--json", str(file)]
    program = [*CLIENT, "apipod", "{base_url}", "resend-without-a-key"]
    code = audit("apipod", *words, "--", *program, output=output)
    return code, json.loads(file.read_text()), output


Written = tuple[int, dict[str, Any], Path]


def test_json_is_that_of_a_check_with_the_client(written: Written) -> None:
    code, document, _ = written
    assert code == 1
    Draft202012Validator(SCHEMA).validate(document)
    clauses = document["vendors"][0]["clauses"]
    assert [c["id"] for c in clauses if c["verdict"] == "violates"] == [
        "apipod.create.advice.retry-with-the-same-key"
    ]
    assert sum(document["summary"].values()) == len(clauses)
    client = document["client"]
    assert client["command"][-3:] == ["apipod", "{base_url}", "resend-without-a-key"]
    assert client["exit"] == 0
    assert [run["fault"] for run in client["runs"]] == ["", "429", "reset-after-create"]
    assert client["billed"] == document["vendors"][0]["billed"] == 4
    assert client["requests"] == sum(run["requests"] for run in client["runs"])


def test_the_record_is_one_like_any_other_and_holds_no_key(written: Written) -> None:
    (file,) = (written[2] / "records").iterdir()
    record = read_record(file)
    assert record.requests == written[1]["client"]["requests"]
    assert record.billed == 4
    assert {v.clause for v in record.verdicts} == {
        c.id for c in derive_clauses(load_contract("apipod"))
    }
    assert "test-key" not in file.read_text()
    evidence = {e for c in written[1]["vendors"][0]["clauses"] for e in c["exchanges"]}
    assert evidence <= set(record.exchanges)


def test_the_record_alone_says_what_was_concluded(written: Written) -> None:
    (file,) = (written[2] / "records").iterdir()
    contract = load_contract("apipod")
    clauses = {clause.id: clause for clause in client_clauses(contract)}
    scenarios = (PLAIN, *chosen(["429", "reset-after-create"]))
    stories = stories_of(contract, read_record(file), scenarios, tolerated_s=0.1)
    again = conclude(contract, clauses, observe(contract, clauses, stories), stories)
    told = {c["id"]: c["verdict"] for c in written[1]["vendors"][0]["clauses"]}
    assert {name: verdict.verdict for name, verdict in again.items()} == told


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["report"], 3, "the record of an audit of a client, expected that of a check"),
        (["check", "--resume"], 2, "nothing can go on"),
    ],
)
def test_it_is_not_taken_for_the_record_of_a_check(
    words: list[str],
    code: int,
    sentence: str,
    written: Written,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (file,) = (written[2] / "records").iterdir()
    assert main([*words, str(file)]) == code
    assert sentence in capsys.readouterr().err


def test_a_program_that_sends_nothing_cannot_be_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = [sys.executable, "-S", "-c", "print('no network here'); raise SystemExit(2)"]
    assert audit("toapis", "--faults", "all", "--", *program, output=tmp_path) == 4
    out = capsys.readouterr().out
    assert "The program sent nothing that could be judged." in out
    assert "no network here" in out
    assert "it ended with 2 without any trouble" in out


def test_a_program_that_does_not_end_is_undecided(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = [*CLIENT, "toapis", "{base_url}"]
    words = ["--timeout", "1", "--", *program]
    assert audit("toapis", *words, output=tmp_path) == 5
    out = capsys.readouterr().out
    assert "it did not end in time, and was ended" in out
    assert re.search(r"INCONCLUSIVE .*\n.*the program did not end in time", out)


GARBAGE = """
import socket, sys
host, _, port = sys.argv[1].removeprefix("http://").partition(":")
def say(*parts):
    with socket.create_connection((host, int(port)), timeout=5) as it:
        for part in parts:
            try:
                it.sendall(part)
            except OSError:
                return
        it.settimeout(0.3)
        try:
            it.recv(100)
        except OSError:
            pass
say(bytes(range(256)) * 50)
say(b"POST /v1/images/generations HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 5\\r\\n\\r\\n\\xff\\xfe{{{")
say(b"POST /v1/images/generations HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 40000000\\r\\n\\r\\n", *[b"x" * 1_000_000] * 40)
say(b"GET /\\xff%00%ff?\\x1b[31m HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
say(b"POST /v1/images/generations HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 500\\r\\n\\r\\nhalf")
"""


def test_garbage_is_recorded_and_hurts_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = [sys.executable, "-S", "-c", GARBAGE, "{base_url}"]
    code = audit("toapis", "--timeout", "30", "--", *program, output=tmp_path)
    out = capsys.readouterr().out
    assert code == 1
    assert "toapis.create.auth" in out
    assert "\x1b" not in out
    (file,) = (tmp_path / "records").iterdir()
    assert file.stat().st_size < 1_000_000


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["toapi", "--", "x"], "unknown vendor 'toapi' (did you mean 'toapis'?)"),
        (["toapis"], "the program to audit stands after `--`, and there is none"),
        (["toapis", "--"], "the program to audit stands after `--`, and nothing stands after it"),
        (["--", "x"], "VENDOR is missing"),
        (["toapis", "--", "no-such-program-here"], "there is no program 'no-such-program-here'"),
        (["toapis", "--faults", "5xx-pol", "--", "x"], "(did you mean '5xx-poll'?)"),
        (["toapis", "--speed", "0", "--", "x"], "--speed is '0'"),
        (["toapis", "--waits", "rea", "--", "x"], "(did you mean 'real'?)"),
        (
            ["toapis", "--fault", "429", "--", "x"],
            "unknown flag --fault (did you mean '--faults'?)",
        ),
    ],
)
def test_a_mistake_is_one_sentence_and_nothing_is_run(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", *words]) == 2
    out, err = capsys.readouterr()
    assert sentence in err
    assert err.count("\n") == 1
    assert out == ""


def test_every_fault_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "--list-faults"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in SCENARIOS)


@pytest.mark.skipif(
    importlib.util.find_spec("openai") is None, reason="OpenAI's SDK is not installed"
)
def test_the_images_call_of_openais_sdk_gets_a_useful_and_fair_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = [sys.executable, str(HERE / "openai_images.py"), "{base_url}"]
    faults = "5xx-create,reset-after-create"
    assert audit("apimart", "--faults", faults, "--", *program, output=tmp_path) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "THE CLIENT VIOLATES (1)" in out
    assert "apimart.create.advice.unknown-outcome" in out
    assert "it was sent again without a key; both made a task, so it was charged twice" in out
    assert "it never asks what became of its tasks, and fetches no result" in out
    assert "size = 1024x1024" in out
    assert "status never asked for" in out
