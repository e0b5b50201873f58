"""The lines are run by a real shell, with a `curl` that writes down its arguments."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.reporting.curl import curl
from conformance.wire.exchange import Exchange
from tests.reporting.results import creation, poll, result_of

CONTRACT = result_of().contract
BASH = shutil.which("bash") or "bash"

FAKE = (
    '#!/bin/bash\nfor argument in "$@"; do printf "%s\\0" "$argument"; done > "$CURL_ARGUMENTS"\n'
)


@pytest.fixture(scope="session")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Runs a line and gives the arguments that curl was called with, as bytes."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "curl").write_text(FAKE)
    (folder / "curl").chmod(0o755)
    log = folder / "arguments"
    environment = {
        "PATH": f"{folder}:{os.environ['PATH']}",
        "CURL_ARGUMENTS": str(log),
        "AIGPTIMAGE_API_KEY": "the key",
        "LC_ALL": "C.UTF-8",
    }

    def run(line: str) -> list[bytes]:
        subprocess.run([BASH, "-c", line], env=environment, check=True, timeout=30)
        return log.read_bytes().split(b"\0")[:-1]

    return run


def body_sent(arguments: list[bytes]) -> bytes:
    return arguments[arguments.index(b"--data-raw") + 1]


def test_a_creation_is_one_readable_line() -> None:
    found = curl(creation({"model": "m", "input": {"prompt": "it's"}}), CONTRACT)
    assert found.note == ""
    assert found.line == (
        "curl -sS 'https://aigptimage.com/api/v1/jobs/createTask'"
        ' -H "Authorization: Bearer $AIGPTIMAGE_API_KEY"'
        " -H 'Content-Type: application/json'"
        """ --data-raw '{"model": "m", "input": {"prompt": "it'\\''s"}}'"""
    )


def test_a_query_is_one_readable_line() -> None:
    assert curl(poll(), CONTRACT).line == (
        "curl -sS 'https://aigptimage.com/api/v1/jobs/recordInfo?taskId=t1'"
        ' -H "Authorization: Bearer $AIGPTIMAGE_API_KEY"'
    )


@pytest.mark.parametrize("value", ["Bearer sk-secret", "Bearer [redacted:key]", "sk-secret", ""])
def test_the_key_never_stands_in_it(value: str) -> None:
    line = curl(creation(headers=[("authorization", value)]), CONTRACT).line
    assert "sk-secret" not in line
    assert "$AIGPTIMAGE_API_KEY" in line


def test_a_wrong_key_stays_wrong_and_a_missing_one_missing() -> None:
    assert '"Authorization: Bearer wrong-key"' in curl(creation(), CONTRACT, key="wrong").line
    assert "Authorization" not in curl(creation(headers=[]), CONTRACT, key="missing").line


def test_the_shell_puts_the_key_in(shell: Any) -> None:
    assert b"Authorization: Bearer the key" in shell(curl(creation(), CONTRACT).line)


def test_headers_that_every_client_sets_itself_are_left_out() -> None:
    line = curl(
        creation(headers=[("Host", "h"), ("Content-Length", "3"), ("X-A", "1")]), CONTRACT
    ).line
    assert "Host" not in line
    assert "Content-Length" not in line
    assert "-H 'X-A: 1'" in line


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.text(st.characters(codec="utf-8")))
def test_every_text_arrives_as_it_was_sent(shell: Any, text: str) -> None:
    data = json.dumps({"prompt": text}, ensure_ascii=False).encode()
    found = curl(creation(data=data), CONTRACT)
    if not found.note:
        assert body_sent(shell(found.line)) == data


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.binary(min_size=1, max_size=60))
def test_every_body_arrives_as_it_was_sent_but_for_nul(shell: Any, data: bytes) -> None:
    found = curl(creation(data=data), CONTRACT)
    assert body_sent(shell(found.line)) == data.replace(b"\0", b"")
    assert bool(found.note) is (b"\0" in data)
    assert found.line.isprintable()


@pytest.mark.parametrize("unit", ["a", "A red apple on a white table, soft morning light. ", "0 "])
def test_a_boundary_prompt_is_short_to_read_and_whole_to_send(shell: Any, unit: str) -> None:
    data = json.dumps({"prompt": (unit * 20001)[:20001], "n": 1}).encode()
    found = curl(creation(data=data), CONTRACT)
    assert len(found.line) < 600
    assert found.note == ""
    assert body_sent(shell(found.line)) == data


def test_a_long_body_without_repetition_is_shortened_and_says_so() -> None:
    data = json.dumps({"urls": [f"https://images.example/{i * 7919}" for i in range(500)]}).encode()
    found = curl(creation(data=data), CONTRACT)
    assert len(found.line) < 2_000
    assert f"{len(data)} bytes were sent" in found.note


def test_nothing_in_a_request_can_act_on_the_shell(shell: Any, tmp_path: Path) -> None:
    trap = tmp_path / "sprung"
    evil = f"$(touch {trap}) `touch {trap}` '; touch {trap} #"
    exchange = creation({"prompt": evil}, url=f"https://h.example/{evil}", headers=[("X-A", evil)])
    shell(curl(exchange, CONTRACT).line)
    assert not trap.exists()


def test_a_key_in_the_query_is_the_variable_too(shell: Any) -> None:
    contract = _with_key_in_query()
    exchange: Exchange = poll()
    url = "https://h.example/a$b?key=sk-secret&x=%24%28id%29$(id)"
    exchange = _at(exchange, url)
    line = curl(exchange, contract).line
    assert "sk-secret" not in line
    assert shell(line)[1] == b"https://h.example/a$b?key=the key&x=%24%28id%29$(id)"


def _with_key_in_query() -> Any:
    from dataclasses import replace

    scheme = replace(CONTRACT.auth[0], location="query", parameter="key", prefix="")
    return replace(CONTRACT, auth=(scheme,))


def _at(exchange: Exchange, url: str) -> Exchange:
    from dataclasses import replace

    return replace(exchange, request=replace(exchange.request, url=url, headers=()))
