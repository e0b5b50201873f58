"""`serve`, driven as a user drives it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from conformance.cli.main import main

SERVE = [sys.executable, "-m", "conformance.cli.main", "serve"]


@contextmanager
def served(*words: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """The process, and the lines that it printed for one or two vendors."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(
        [*SERVE, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    try:
        wanted = max(1, sum(word in ("aigptimage", "gptimage2api") for word in words))
        yield process, [process.stdout.readline().strip() for _ in range(wanted)]
    finally:
        process.kill()
        process.communicate()


def status_of(url: str, key: str = "") -> int:
    request = urllib.request.Request(url)  # noqa: S310  # http on loopback
    if key:
        request.add_header("Authorization", f"Bearer {key}")
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:  # noqa: S310  # the same
            return int(reply.status)
    except urllib.error.HTTPError as error:
        return error.code


QUERY = "/api/v1/jobs/recordInfo?taskId=none"


def test_each_vendor_has_an_address_and_ctrl_c_ends_it() -> None:
    with served("aigptimage", "gptimage2api") as (process, lines):
        vendors, urls = zip(*(line.split(" ") for line in lines), strict=True)
        assert vendors == ("aigptimage", "gptimage2api")
        assert all(url.startswith("http://127.0.0.1:") for url in urls)
        assert len(set(urls)) == 2
        wrong, right = status_of(urls[0] + QUERY), status_of(urls[0] + QUERY, "test-key")
        assert (wrong, right) in {(401, 404), (401, 200), (200, 404), (200, 200)}
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        assert process.returncode == 0
        assert (out, err) == ("", "")


def test_json_alone_on_stdout() -> None:
    with served("aigptimage", "--json", "-") as (process, lines):
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        rest = process.stdout.read()
    document = json.loads("\n".join([*lines, rest]))
    schema = files("conformance.reporting").joinpath("schemas/serve.schema.json")
    Draft202012Validator(json.loads(schema.read_text("utf-8"))).validate(document)
    assert [server["vendor"] for server in document["servers"]] == ["aigptimage"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["aigptimge"], "unknown vendor 'aigptimge' (did you mean 'aigptimage'?)"),
        (["--break", "stuck-runing"], "(did you mean 'stuck-running'?)"),
        (["--fault", "throtle"], "(did you mean 'throttle'?)"),
        (["--choose", "pce=slow"], "--choose 'pce' is no choice (did you mean 'pace'?)"),
        (
            ["--choose", "pace=slo"],
            "unknown alternative 'slo' of the choice 'pace' (did you mean 'slow'?)",
        ),
        (["--choose", "pace"], "--choose is 'pace', expected DISPUTE=ALTERNATIVE"),
        (["--speed", "0"], "--speed is '0', expected a number above 0"),
        (["--port", "70000"], "there is no port 70000"),
        (["--port", "many"], "--port is 'many', expected a whole number of at least 0"),
    ],
)
def test_a_mistake_is_one_sentence_and_nothing_is_served(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", *words]) == 2
    out, err = capsys.readouterr()
    assert sentence in err
    assert err.count("\n") == 1
    assert out == ""


def test_a_choice_of_one_vendor_leaves_the_others_alone() -> None:
    with served("aigptimage", "gptimage2api", "--choose", "carried:status:401=http") as (_, lines):
        assert len(lines) == 2
        assert status_of(lines[0].split(" ")[1] + QUERY) == 401


def test_the_help_lists_every_deviation_and_fault(capsys: pytest.CaptureFixture[str]) -> None:
    from conformance.simulator.deviations import DEVIATIONS
    from conformance.simulator.faults import FAULTS

    assert main(["serve", "--help"]) == 0
    out = capsys.readouterr().out
    assert all(each.usage() in out for each in DEVIATIONS.values())
    assert all(name in out for name in FAULTS)
    assert all(len(line) <= 100 for line in out.splitlines())
