"""The workflow of docs/ci runs, step by step, against a simulator on loopback."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml

from conformance.cli.config import read_config
from conformance.contract.loading import load_contract
from conformance.simulator.app import simulate
from conformance.simulator.clock import RealClock
from conformance.simulator.serve import serving
from tests.contract.toys import named

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "ci.md").read_text("utf-8")
WORKFLOW: dict[str, Any] = yaml.safe_load((DOCS / "ci" / "github-actions.yml").read_text("utf-8"))
VENDOR = "aigptimage"
INSTALL = "python -m pip install image-api-conformance"  # what is here is installed


def steps(job: str) -> list[str]:
    """The commands of a job, but for the installation."""
    found = [step["run"] for step in WORKFLOW["jobs"][job]["steps"] if "run" in step]
    assert found[0] == INSTALL
    return found[1:]


class Project:
    """A folder with a contract under git, as somebody who uses the workflow has it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "contracts").mkdir()
        self.write("contracts/acme.yaml", named(VENDOR).text)
        self.write("conformance.toml", "")
        self.run("git init -q -b main . && git config user.email a@b.c && git config user.name a")
        self.run(
            "git add -A && git commit -qm first && git update-ref refs/remotes/origin/main main"
        )

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, "utf-8")

    def run(self, script: str, **env: str) -> subprocess.CompletedProcess[str]:
        bash = shutil.which("bash")
        assert bash
        command = f'conformance() {{ "{sys.executable}" -m conformance.cli.main "$@"; }}\nset -eo pipefail\n{script}'
        done = subprocess.run(
            [bash, "-c", command],
            cwd=self.folder,
            env={
                **os.environ,
                "BASE_REF": "main",
                "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md"),
                "PYTHONPATH": str(DOCS.parent),
                **env,
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    @property
    def summary(self) -> str:
        return (self.folder / "summary.md").read_text("utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    app = simulate(load_contract(VENDOR), clock=RealClock(400))
    with serving({VENDOR: app}) as urls:
        yield urls[VENDOR]


def test_a_contract_that_did_not_change_breaks_nobody(project: Project) -> None:
    for step in steps("contracts"):
        done = project.run(step)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "0 breaking" in project.summary


def test_a_contract_that_breaks_somebody_stops_the_job(project: Project) -> None:
    project.write("contracts/acme.yaml", named(VENDOR).text.replace("[1K, 2K, 4K]", "[1K, 2K]", 1))
    codes = [project.run(step).returncode for step in steps("contracts")[:2]]
    assert codes == [0, 1]
    assert "no longer takes 4K" in project.summary


def test_the_nightly_job_runs_to_its_end(project: Project, url: str) -> None:
    settings = f'vendors = ["contracts/acme.yaml"]\n[targets.{VENDOR}]\nbase_url = "{url}"\n[caps]\nmax_billed = 2\n'
    project.write("conformance.toml", settings)
    for step in steps("vendors"):
        step = step.replace("--yes", "--yes --poll-interval 0.02 --poll-delay 0.02")
        done = project.run(step, AIGPTIMAGE_API_KEY="test-key")
        assert done.returncode == 0, done.stdout + done.stderr
    assert "## Conformance" in project.summary
    assert ET.fromstring((project.folder / "junit.xml").read_text())  # noqa: S314  # ours
    assert '"2.1.0"' in (project.folder / "conformance.sarif").read_text()
    assert "local server" in (project.folder / "conformance.svg").read_text()


def test_the_file_of_the_guide_is_one(tmp_path: Path) -> None:
    (example,) = re.findall(r"^```toml\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
    assert tomllib.loads(example)
    (tmp_path / "conformance.toml").write_text(example)
    config = read_config(tmp_path / "conformance.toml")
    assert config.targets["acme"].live
    assert config.known[0].owner == "pictures team"


def test_no_step_and_no_flag_of_the_guide_is_made_up() -> None:
    told = set(re.findall(r"`conformance (\w+)", GUIDE))
    flags = set(re.findall(r"(--[a-z][a-z-]+)", GUIDE))
    known = {
        flag
        for name in told
        for action in import_module(f"conformance.cli.{name}").parser()._actions
        for flag in action.option_strings
    }
    assert told
    assert flags <= known
