"""Schemathesis, a tool of others, reads every export and asks a simulator by one of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.contract.loading import contract_names, load_contract
from tests.judges.judging import Exported, export, schemathesis, served
from tests.judges.node_tools import Node

pytest.importorskip("schemathesis", reason="an extra: fuzz")

ROOT = Path(__file__).parents[2]

LOADING = """
import json, sys
import schemathesis
found = {}
for file in sys.argv[1:]:
    schema = schemathesis.openapi.from_path(file)
    found[file] = sorted(result.ok().label for result in schema.get_all_operations())
print(json.dumps(found))
"""


def test_it_finds_every_operation_of_every_export(tmp_path: Path) -> None:
    """In a process of its own: it brings plugins and warnings that are not ours."""
    files = {}
    for vendor in contract_names():
        export(vendor, tmp_path)
        files[str(tmp_path / f"{vendor}.openapi.json")] = sorted(
            f"{op.method} {op.path}"
            for op in load_contract(vendor).operations
            if op.method and op.path.startswith("/")
        )
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", LOADING, *files],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == files


def test_it_has_nothing_to_say_of_a_simulator_that_keeps_its_contract(tmp_path: Path) -> None:
    export("gptimage2api", tmp_path)
    with served("gptimage2api") as urls:
        exported = Exported("gptimage2api", tmp_path, urls["gptimage2api"], Node(tmp_path))
        assert schemathesis(exported) == ""
