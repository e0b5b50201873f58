"""Asking for help is quick, because it loads nothing heavy."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from conformance.cli.main import COMMANDS

HEAVY = (
    "httpx",
    "yaml",
    "jsonschema",
    "PIL",
    "starlette",
    "uvicorn",
    "asyncio",
    "jinja2",
    "drawsvg",
)

PROGRAM = """
import contextlib, io, json, sys
from conformance.cli.main import main
with contextlib.redirect_stdout(io.StringIO()):
    code = main(sys.argv[1:])
print(json.dumps([code, sorted(sys.modules)]))
"""


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["--version"],
        *([name, "--help"] for name in COMMANDS),
    ],
    ids=" ".join,
)
def test_help_loads_nothing_heavy(words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    code, modules = json.loads(done.stdout)
    assert code == 0
    assert [name for name in HEAVY if name in modules] == []


def test_the_package_itself_is_free() -> None:
    program = "import conformance, sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert [name for name in HEAVY if name in json.loads(done.stdout)] == []
