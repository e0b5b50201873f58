"""Cassettes from the command line, and in a test of somebody who knows nothing of us but the files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import vcr
import yaml

from conformance.cli.main import main
from conformance.contract.loading import contract_names, specs_directory
from conformance.wire.cassettes import read_cassette

COMMITTED = specs_directory().parent / "cassettes"
VENDORS = [*contract_names()]


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI", raising=False)


def replayed(*words: str, name: str = "out.json") -> tuple[int, Any]:
    code = main(["check", "--replay", "--max-age", "36500", *words, "--json", name])
    return code, json.loads(Path(name).read_text("utf-8"))


# --- the command line ---


def test_a_run_is_saved_and_replayed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "aigptimage", "--only", "*.prompt.*", "--save-cassettes"]) == 0
    assert Path("cassettes/aigptimage/simulator.yaml").is_file()

    code, document = replayed("aigptimage")

    assert code == 0
    assert document["vendors"][0]["cassette"]["file"] == "cassettes/aigptimage/simulator.yaml"
    assert capsys.readouterr().out.count("replay: nothing is sent, cassettes answer") == 1


def saved(only: str = "*.prompt.*") -> Path:
    main(["check", "aigptimage", "--only", only, "--save-cassettes", "--cassettes", "one.yaml"])
    return Path("one.yaml")


def test_a_file_may_be_named_and_names_its_vendor() -> None:
    path = saved()
    _, document = replayed("--cassettes", str(path))
    assert [v["vendor"] for v in document["vendors"]] == ["aigptimage"]


def test_a_stale_cassette_is_an_error_in_ci_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = saved()
    old = path.read_text("utf-8").replace("date: '20", "date: '19")
    path.write_text(old, "utf-8")
    words = ["check", "--replay", "--cassettes", str(path)]

    assert main(words) == 0
    assert "stale: it was recorded on 19" in " ".join(capsys.readouterr().out.split())
    monkeypatch.setenv("CI", "true")
    assert main(words) == 3
    assert main([*words, "--max-age", "99999"]) == 0


def test_another_contract_takes_the_evidence_from_what_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved("*")
    text = (specs_directory() / "aigptimage.yaml").read_text("utf-8")
    assert "enum: [1K, 2K, 4K]" in text
    (tmp_path / "aigptimage.yaml").write_text(
        text.replace("enum: [1K, 2K, 4K]", "enum: [1K, 2K, 4K, 9K]", 1), "utf-8"
    )
    words = ("aigptimage.yaml", "--cassettes", str(path))

    code, document = replayed(*words)

    told = document["vendors"][0]["cassette"]
    verdicts = {c["id"]: c["verdict"] for c in document["vendors"][0]["clauses"]}
    assert told["lost"] != []
    assert all(verdicts[clause] in ("inconclusive", "untested") for clause in told["lost"])
    assert "violates" not in verdicts.values()
    assert any("9K" in missed for missed in told["missed"])
    assert code == 5
    monkeypatch.setenv("CI", "1")
    assert replayed(*words)[0] == 3


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--replay", "--base-url", "http://127.0.0.1:9"], 2, "--base-url has no place"),
        (["--replay", "--save-cassettes"], 2, "--save-cassettes has no place"),
        (["--cassettes", "x"], 2, "--cassettes needs --replay or --save-cassettes"),
        (["--replay", "--strength", "2"], 2, "--strength has no place beside --replay"),
        (["--replay", "--cassettes", "nowhere"], 3, "no cassette of aigptimage in nowhere"),
        (["--replay", "--cassettes", "no.yaml"], 3, "no such file"),
    ],
)
def test_what_does_not_go_together_is_refused(
    words: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "aigptimage", *words]) == code
    assert said in " ".join(capsys.readouterr().err.split())


def test_a_damaged_cassette_is_told_by_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    path = saved()
    text = path.read_text("utf-8").replace("options: '{", "options: '[", 1)
    path.write_text(text, "utf-8")
    assert main(["check", "--replay", "--cassettes", str(path)]) == 3
    assert "one.yaml:" in capsys.readouterr().err


# --- plain vcrpy ---


def test_somebody_elses_test_uses_ours() -> None:
    """httpx and vcrpy, which may not record: a creation, its polls and its picture."""
    path = COMMITTED / "aigptimage" / "simulator.yaml"
    create = read_cassette(path).exchanges[0].request
    with vcr.use_cassette(str(path), record_mode="none", match_on=["method", "uri", "body"]):
        with httpx.Client(headers={"Authorization": "Bearer my-own-key"}) as client:
            made = client.post(create.url, content=create.body).json()
            asked = create.url.replace("createTask", "recordInfo")
            states = []
            for _ in range(2):
                said = client.get(asked, params={"taskId": made["data"]["taskId"]}).json()["data"]
                states.append(said["state"])
            url = json.loads(said["resultJson"])["resultUrls"][0]
            picture = client.get(url)
        with pytest.raises(vcr.errors.CannotOverwriteExistingCassetteException):
            httpx.get("https://aigptimage.com/never/asked")
    assert states == ["waiting", "success"]
    assert picture.content.startswith(b"\x89PNG")


def test_ours_are_plain_yaml() -> None:
    path = COMMITTED / "toapis" / "simulator.yaml"
    document = yaml.safe_load(path.read_text("utf-8"))
    assert document["version"] == 1
    assert {"request", "response"} <= set(document["interactions"][0])


def test_a_cassette_of_plain_vcrpy_is_judged_by_name_of_its_host(
    capsys: pytest.CaptureFixture[str],
) -> None:
    body = {"code": 200, "msg": "success", "data": {"taskId": 7}}
    interaction = {
        "request": {
            "method": "POST",
            "uri": "https://aigptimage.com/api/v1/jobs/createTask",
            "body": json.dumps(
                {
                    "model": "gpt-image-2-image-to-image",
                    "input": {"prompt": "mine", "input_urls": ["https://a.example/1.png"]},
                }
            ),
            "headers": {"Authorization": ["Bearer sk-a-real-key-1234"]},
        },
        "response": {
            "status": {"code": 200, "message": "OK"},
            "headers": {"Content-Type": ["application/json"]},
            "body": {"string": json.dumps(body)},
        },
    }
    Path("mine.yaml").write_text(yaml.safe_dump({"version": 1, "interactions": [interaction]}))

    code, document = replayed("--cassettes", "mine.yaml")

    (vendor,) = document["vendors"]
    broken = [c["id"] for c in vendor["clauses"] if c["verdict"] == "violates"]
    assert broken == ["aigptimage.create.reply.data.taskId"]
    assert (code, vendor["cassette"]["kind"]) == (1, "")
    shown = " ".join(capsys.readouterr().out.split())
    assert "1 of the 1 recorded exchanges were judged" in shown
    assert "sk-a-real-key" not in shown + json.dumps(document)
