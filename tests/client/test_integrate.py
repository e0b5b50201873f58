"""Every example of the page for integrators runs as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "integrate.md").read_text("utf-8")
EXAMPLES = dict(
    re.findall(r"<!-- test: (\w+) -->\n```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
)

SAID = {
    "first": r"pictures/task_\w+-1\.png \d+ \d+\n",
    "later": r"\('http://127",
    "offered": r"count \('apimart', 'gptimage2api', 'toapis'\)\n",
    "forbidden": r"aigptimage\.create\.rule\.auto-only-1k\ninput\.resolution\n\{'resolution': '1K'\}\n.*Permitted: resolution 1K, or aspect_ratio 1:1",
    "dialect": r"guide-new 0\.02 USD\n\{'aspect_ratio': '3:2'\}\n",
    "trouble": r"\('http://127",
    "callbacks": r"t1 failed False True\nFalse\n",
    "simulated": r"\('https://api\.apimart\.ai/_results/\w+/0\.png',\) 1\n",
}

SERVED = """
import conformance
from conformance.contract.loading import load_contract
from conformance.simulator.app import simulate
from conformance.simulator.clock import RealClock
from conformance.simulator.serve import serving
import os, time

names = ("aigptimage", "toapis", "apipod")
apps = {n: simulate(load_contract(n), clock=RealClock(100), key="test-key") for n in names}
for app in apps.values():
    os.environ[app.engine.contract.key_variable] = "test-key"
real = conformance.Client
with serving(apps) as urls:
    class Client(real):
        def __init__(self, vendor, **more):
            waits = {"clock": lambda: time.monotonic() * 100, "sleep": lambda s: time.sleep(s / 100)}
            super().__init__(vendor, base_url=urls[vendor], **waits, **more)
    conformance.Client = Client
    exec(compile(open("example.py").read(), "example.py", "exec"))
"""
"""The example with simulators where the vendors would be, at a hundred times the speed."""


def test_the_readme_has_the_first_of_them() -> None:
    assert EXAMPLES["first"] in (ROOT / "README.md").read_text("utf-8")


def test_every_example_is_known() -> None:
    assert PAGE.count("```python") == len(EXAMPLES) == len(SAID)


@pytest.mark.parametrize("name", SAID)
def test_the_example_runs(name: str, tmp_path: Path) -> None:
    (tmp_path / "example.py").write_text(EXAMPLES[name], "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", SERVED],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    assert re.match(SAID[name], done.stdout), done.stdout
