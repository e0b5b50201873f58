"""The commands of docs/live.md run, in their order, against a simulator on loopback."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from conformance.cli.main import COMMANDS
from conformance.contract.loading import load_contract
from conformance.simulator.app import simulate
from conformance.simulator.clock import RealClock
from conformance.simulator.serve import serving

GUIDE = (Path(__file__).parents[2] / "docs" / "live.md").read_text("utf-8")
BLOCKS = re.findall(r"^```bash\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
VENDOR = "toapis"
PERMITTED = {
    0,
    5,
}  # what a small budget cuts may leave clauses undecided; nobody is accused, and nothing is misused


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving({VENDOR: simulate(load_contract(VENDOR), clock=RealClock(200))}) as urls:
        yield urls[VENDOR]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("live")


@pytest.mark.parametrize("number", range(len(BLOCKS)), ids=lambda n: BLOCKS[n].split("\n")[-2][:50])
def test_each_step_runs(number: int, url: str, folder: Path) -> None:
    """One after the other: a step stands on what those before it left."""
    here = BLOCKS[number].replace(
        "--live", f"--base-url {url} --poll-interval 0.05 --poll-delay 0.05"
    )
    here = here.replace("live.yaml", "url.yaml").replace("export TOAPIS_API_KEY=...\n", "")
    script = f'conformance() {{ "{sys.executable}" -m conformance.cli.main "$@"; }}\nset -u\n{here}'
    bash = shutil.which("bash")
    assert bash
    done = subprocess.run(
        [bash, "-c", script],
        cwd=folder,
        env={**os.environ, "TOAPIS_API_KEY": "test-key"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode in PERMITTED, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout


def test_the_commands_of_the_workflow_are_understood() -> None:
    lines = re.findall(r"run: conformance (.*)", GUIDE)
    assert len(lines) == 3
    for line in lines:
        name, *words = line.split()
        assert name in COMMANDS
        import_module(f"conformance.cli.{name}").parser().read(words)
