"""Every example of the page about audits runs as it stands there."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path

import pytest

from conformance.audit.scenarios import SCENARIOS
from conformance.cli.main import main

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "audit.md").read_text("utf-8")
COMMANDS = re.findall(r"<!-- run: (\d) -->\n```bash\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
FILES = re.findall(r"<!-- file: (\S+) -->\n```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
SAID = re.findall(r"<!-- said -->\n```text\n(.*?)\n```$", PAGE, re.DOTALL | re.MULTILINE)


def test_every_example_is_known() -> None:
    assert PAGE.count("```bash") == len(COMMANDS) == 2
    assert PAGE.count("```python") == len(FILES) == len(SAID) == 1


def test_every_fault_is_named() -> None:
    assert [name for name in SCENARIOS if f"`{name}`" not in PAGE] == []


@pytest.mark.parametrize(("number", "code", "command"), [(n, *c) for n, c in enumerate(COMMANDS)])
def test_an_example_ends_as_the_page_says(
    number: int,
    code: str,
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    # The same interpreter, whatever is called `python` here.
    for name, started in (("python", "-S"), ("conformance", "-m conformance.cli.main")):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {started} "$@"\n')
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for name, text in FILES:
        (tmp_path / name).write_text(text)
    words = shlex.split(command.replace("\\\n", " "))
    assert words[0] == "conformance"
    assert main(words[1:]) == int(code)
    if number == 0:
        assert SAID[0] in capsys.readouterr().out
