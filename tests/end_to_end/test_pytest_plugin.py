"""The pytest plugin, driven as a user drives it: contracts as tests, and a vendor for tests of one's own."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from conformance.cli.check_flags import parser
from conformance.contract.clauses import derive_clauses
from conformance.contract.loading import load_contract, specs_directory
from conformance.pytest_plugin import KINDS
from conformance.simulator.app import Simulator, simulate
from conformance.simulator.clock import RealClock
from conformance.simulator.serve import serving
from conformance.testing.options import FLAGS, in_our_words

pytest_plugins = ["pytester"]

PLUGIN = ("-p", "conformance.pytest_plugin", "-p", "no:cacheprovider")
QUICK = ("--conformance-poll-interval", "0.02", "--conformance-poll-delay", "0.02")
VENDOR = "aigptimage"
CLAUSES = [clause.id for clause in derive_clauses(load_contract(VENDOR))]
TOY = Path(__file__).parents[1] / "suite/toys/rules.yaml"


@pytest.fixture(autouse=True)
def _no_other_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """What else is installed takes seconds to load in every process."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("TOY_API_KEY", "test-key")


@pytest.fixture
def contract(pytester: pytest.Pytester) -> Path:
    """The contract as a file of a user's own, in no folder of ours."""
    return _copied(specs_directory() / f"{VENDOR}.yaml", pytester)


@pytest.fixture
def toy(pytester: pytest.Pytester) -> Path:
    """A contract that takes few requests."""
    return _copied(TOY, pytester)


def _copied(file: Path, pytester: pytest.Pytester) -> Path:
    copy = pytester.path / file.name
    copy.write_bytes(file.read_bytes())
    return copy


@contextmanager
def served(**how: Any) -> Iterator[tuple[str, Simulator]]:
    app = simulate(load_contract(TOY), clock=RealClock(500), **how)
    with serving({"toy": app}) as urls:
        yield urls["toy"], app


def at(url: str) -> tuple[str, ...]:
    return ("rules.yaml", "--conformance-base-url", url, *QUICK)


def counted(result: pytest.RunResult) -> dict[str, int]:
    return {k: v for k, v in result.parseoutcomes().items() if k != "warnings"}


# --- what is collected ---


def test_each_clause_is_a_test_and_the_first_line_says_that_nobody_was_contacted(
    pytester: pytest.Pytester, contract: Path
) -> None:
    result = pytester.runpytest(*PLUGIN, contract.name, "-rs", "--junitxml=out.xml")
    found = counted(result)
    assert result.ret == 0
    assert sum(found.values()) == len(CLAUSES)
    assert found["passed"] > found["skipped"] > 0
    result.stdout.fnmatch_lines(
        ["*self-test, no vendor was contacted*", "SKIPPED * aigptimage.yaml: cannot be provoked"]
    )
    cases = ET.parse("out.xml").getroot().iter("testcase")  # noqa: S314 - we wrote it
    assert {case.get("name") for case in cases} == set(CLAUSES)


@pytest.mark.parametrize(
    ("words", "like"),
    [
        (["-k", "resolution and enum"], r"resolution\.enum|rule"),
        (["-m", "kind_limit and level_must"], r"\.(max|min|limit)"),
        (["-m", "cost_none and kind_advice"], ""),
        (["-m", "clause(level='disputed')"], ""),
    ],
    ids=" ".join,
)
def test_clauses_are_picked_as_tests_are(
    pytester: pytest.Pytester, contract: Path, words: list[str], like: str
) -> None:
    result = pytester.runpytest(*PLUGIN, contract.name, "--collect-only", "-q", *words)
    found = [line.split("::")[1] for line in result.outlines if line.startswith(f"{VENDOR}.yaml::")]
    assert set(found) <= set(CLAUSES)
    assert len(found) < len(CLAUSES)
    assert result.ret == (0 if found else 5)
    assert all(re.search(like, name) for name in found)
    assert not Path("reports").exists()


def test_of_other_files_nothing_is_collected(pytester: pytest.Pytester, contract: Path) -> None:
    """Not even of a contract, where nobody named it; in a folder `specs` its beginning says what it is."""
    for folder in ("specs", "other"):
        (pytester.path / folder).mkdir()
        (pytester.path / folder / "contract.yaml").write_bytes(contract.read_bytes())
        (pytester.path / folder / "values.yaml").write_text("format: other\n", "utf-8")
    contract.unlink()
    found = pytester.runpytest(*PLUGIN, "--collect-only", "-q").outlines
    assert {line.split("::")[0] for line in found if "::" in line} == {"specs/contract.yaml"}
    assert pytester.runpytest(*PLUGIN, "--collect-only", "specs/values.yaml").ret != 0


def test_a_broken_contract_is_an_error_of_its_collection(
    pytester: pytest.Pytester, contract: Path
) -> None:
    text = contract.read_text("utf-8").replace("vendor: aigptimage", "vendour: aigptimage", 1)
    contract.write_text(text, "utf-8")
    result = pytester.runpytest(*PLUGIN, contract.name)
    assert counted(result) == {"errors": 1}
    result.stdout.fnmatch_lines(["*aigptimage.yaml:*vendour*"])
    result.stdout.no_fnmatch_line("*Traceback*")


# --- what items say ---


def test_a_violation_is_told_with_its_evidence_and_without_a_traceback(
    pytester: pytest.Pytester, toy: Path
) -> None:
    with served(deviations=["accept-everything"]) as (url, _):
        result = pytester.runpytest(*PLUGIN, *at(url), "-k", "quality")
    assert result.ret == 1
    out = result.stdout.str()
    assert "toy-rules.create.quality.enum is violated (must)" in out
    for label in ("promised", "seen", "source", "request", "evidence"):
        assert re.search(rf"^ +{label}  ", out, re.MULTILINE)
    assert f"curl -sS '{url}/make'" in out
    assert "test-key" not in out
    assert "Traceback" not in out
    assert ".py:" not in out


def test_what_is_not_decided_does_not_pass(pytester: pytest.Pytester, toy: Path) -> None:
    down = pytester.runpytest(*PLUGIN, "rules.yaml", "--conformance-base-url", "http://127.0.0.1:9")
    assert down.ret == 1
    assert "passed" not in counted(down)
    down.stdout.fnmatch_lines(["*http://127.0.0.1:9 cannot be reached*"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--conformance-base-url", "https://gateway.invalid"], "AIGPTIMAGE_API_KEY is not set"),
        (["--conformance-live", "--conformance-max-billed=x"], "--conformance-max-billed is 'x'"),
        (["--conformance-cassettes", "x.yaml"], "--conformance-cassettes needs --conformance-rep"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_check_refuses_fails_in_its_words(
    pytester: pytest.Pytester, contract: Path, words: list[str], said: str
) -> None:
    result = pytester.runpytest(*PLUGIN, contract.name, *words, "-k", "prompt", "-p", "no:xdist")
    assert set(counted(result)) <= {"failed", "deselected"}
    assert said in result.stdout.str()


def test_what_a_baseline_knows_is_an_expected_failure(pytester: pytest.Pytester, toy: Path) -> None:
    Path("conformance.toml").write_text(
        '[[known]]\nclause = "toy-rules.create.quality.*"\n'
        'reason = "they said so"\nowner = "me"\nexpires = 2999-01-01\n',
        "utf-8",
    )
    with served(deviations=["accept=quality"]) as (url, _):
        result = pytester.runpytest(*PLUGIN, *at(url), "-rx")
    assert result.ret == 0
    assert counted(result)["xfailed"] > 0
    result.stdout.fnmatch_lines(["*known: they said so (me, until 2999-01-01)*"])


def test_without_a_terminal_nothing_is_spent_unasked(
    pytester: pytest.Pytester, contract: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIGPTIMAGE_API_KEY", "sk-real")
    result = pytester.runpytest_subprocess(*PLUGIN, contract.name, "--conformance-live")
    assert "passed" not in counted(result)
    assert "nothing was sent: give --conformance-yes to spend that" in result.stdout.str()


def test_at_a_terminal_there_is_a_question(pytester: pytest.Pytester, toy: Path) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, b"n\n")
    words = ("-m", "pytest", *PLUGIN, toy.name, "--conformance-live", "-x", "-k", "path")
    done = subprocess.run(
        [sys.executable, *words],
        stdin=theirs,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(ours)
    os.close(theirs)
    assert "Send the requests? [y/N]" in done.stderr
    assert "\nnothing was sent: the answer was not yes" in done.stdout
    assert done.returncode == 1


def test_a_vendor_is_asked_live_only_where_its_contract_is_named(
    pytester: pytest.Pytester, contract: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIGPTIMAGE_API_KEY", "sk-real")
    (pytester.path / "specs").mkdir()
    contract.rename(pytester.path / "specs" / contract.name)
    result = pytester.runpytest(*PLUGIN, "--conformance-live", "--conformance-yes", "-x")
    assert "takes the contracts to ask by their paths" in result.stdout.str()
    assert not Path("reports").exists()


def test_one_address_is_for_one_contract(pytester: pytest.Pytester, toy: Path) -> None:
    text = toy.read_text("utf-8").replace("vendor: toy-rules", "vendor: other", 1)
    Path("other.yaml").write_text(text, "utf-8")
    words = ("--conformance-base-url", "http://127.0.0.1:9", "-x")
    result = pytester.runpytest(*PLUGIN, toy.name, "other.yaml", *words)
    assert "takes exactly one contract, found rules.yaml, other.yaml" in result.stdout.str()


def test_what_the_cap_cut_is_skipped_and_a_session_that_tried_nothing_fails(
    pytester: pytest.Pytester, toy: Path
) -> None:
    some = pytester.runpytest(*PLUGIN, toy.name, "--conformance-max-billed=3", "-rs")
    assert some.ret == 0
    some.stdout.fnmatch_lines(["*cap*"])
    nothing = pytester.runpytest(
        *PLUGIN, toy.name, "--conformance-only=*.advice.*", "--conformance-max-billed=0"
    )
    assert set(counted(nothing)) <= {"skipped", "failed"}
    assert nothing.ret == 1


def test_a_record_is_shown_again_without_asking_anybody(
    pytester: pytest.Pytester, toy: Path
) -> None:
    with served(deviations=["accept-everything"]) as (url, app):
        first = pytester.runpytest(*PLUGIN, *at(url))
        asked = app.creations
        (record,) = Path("reports/records").glob("*.jsonl")
        again = pytester.runpytest(*PLUGIN, toy.name, "--conformance-resume", str(record))
        assert app.creations == asked > 0
    assert counted(again) == counted(first)


def test_a_replay_sends_nothing_and_says_what_it_shows(
    pytester: pytest.Pytester, toy: Path
) -> None:
    words = ("--conformance-cassettes", "kept.yaml")
    pytester.runpytest(*PLUGIN, toy.name, *words, "--conformance-save-cassettes")
    result = pytester.runpytest(*PLUGIN, toy.name, *words, "--conformance-replay")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*toy-rules: replay, nothing was sent*"])


def test_what_only_schemathesis_finds_fails_the_session(
    pytester: pytest.Pytester, toy: Path
) -> None:
    pytest.importorskip("schemathesis", reason="an extra: fuzz")
    with served(deviations=["accept=$body"]) as (url, _):
        result = pytester.runpytest(*PLUGIN, *at(url), "--conformance-fuzz=40", "-k", "path")
    assert result.ret == 1
    assert "failed" not in counted(result)
    result.stdout.fnmatch_lines(["*VIOLATES toy-rules.create.fuzz.negative_data_rejection: *"])


# --- many processes, one run ---


def test_under_xdist_a_vendor_is_asked_once(pytester: pytest.Pytester, toy: Path) -> None:
    with served() as (url, app):
        alone = pytester.runpytest(*PLUGIN, *at(url))
        once = app.creations
        shared = pytester.runpytest(*PLUGIN, *at(url), "-n", "3", "-p", "xdist")
        assert app.creations == 2 * once
    assert counted(shared) == counted(alone)
    assert len(list(Path("reports/records").glob("*.jsonl"))) == 2
    assert shared.ret == alone.ret == 0


CRASHING = """
import os
import pytest
from pathlib import Path

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report):
    # The first worker that has a verdict goes away, as after a segmentation fault.
    mark = Path(os.environ["CRASHED"])
    if report.when == "call" and "PYTEST_XDIST_WORKER" in os.environ and not mark.exists():
        mark.touch()
        os._exit(3)
"""

CRASHING_MEANWHILE = """
import os
import threading
import time
from pathlib import Path

def pytest_collection_finish(session):
    # The worker that has the vendor asked goes away in the middle of it.
    mark = Path(os.environ["CRASHED"])
    if os.environ.get("PYTEST_XDIST_WORKER") == "gw0" and not mark.exists():
        def crash():
            while not list(Path("reports/records").glob("*.jsonl")):
                time.sleep(0.01)
            time.sleep(0.2)
            mark.touch()
            os._exit(3)
        threading.Thread(target=crash, daemon=True).start()
"""


@pytest.mark.parametrize("conftest", [CRASHING, CRASHING_MEANWHILE], ids=["after", "meanwhile"])
def test_a_worker_that_crashes_does_not_spend_again(
    pytester: pytest.Pytester, toy: Path, monkeypatch: pytest.MonkeyPatch, conftest: str
) -> None:
    monkeypatch.setenv("CRASHED", str(pytester.path / "crashed"))
    pytester.makeconftest(conftest)
    with served() as (url, app):
        result = pytester.runpytest(*PLUGIN, *at(url), "-n", "2", "-p", "xdist")
        spent = app.creations
    (record,) = Path("reports/records").glob("*.jsonl")
    billed = [json.loads(line) for line in record.read_text("utf-8").splitlines()]
    assert Path("crashed").exists()
    assert [line["finished"] for line in billed if line["line"] == "footer"] == [True]
    assert spent == next(line["billed"] for line in billed if line["line"] == "footer")
    assert counted(result)["failed"] == 1  # the test that the worker was at
    result.stdout.fnmatch_lines(["*worker 'gw?' crashed*"])


def test_of_what_is_paid_for_no_more_is_asked_than_was_selected(
    pytester: pytest.Pytester, toy: Path
) -> None:
    with served() as (url, app):
        pytester.runpytest(*PLUGIN, *at(url))
        every = app.creations
        few = pytester.runpytest(*PLUGIN, *at(url), "-k", "create.auth or quality")
        assert app.creations - every < every / 2
    assert few.ret == 0
    assert counted(few)["passed"] > 0


# --- tests of one's own ---

OWN = """
import os
import httpx
import pytest

@pytest.mark.conformance("gptimage2api", deviations=["charge-off-by-one"])
def test_broken(conformance_simulator, conformance_client):
    result = conformance_client.generate(prompt="a lighthouse at dusk")
    assert conformance_simulator.creations == 1
    assert conformance_simulator.charged == result.cost
    assert os.environ["GPTIMAGE2API_API_KEY"] == conformance_simulator.key

def test_from_the_ini_file(vendor_contract, conformance_simulator):
    assert vendor_contract.vendor == "aigptimage"
    reply = httpx.get(conformance_simulator.url + "/api/v1/jobs/recordInfo?taskId=none")
    assert reply.status_code == 401
"""


def test_a_test_of_ones_own_gets_a_vendor(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nconformance_vendor = aigptimage\naddopts = --strict-markers")
    pytester.makepyfile(OWN)
    result = pytester.runpytest(*PLUGIN)
    assert counted(result) == {"passed": 2}


ROOT = Path(__file__).parents[2]
EXAMPLES = re.findall(
    r"<!-- test: \w+ -->\n```python\n(.*?)^```$",
    (ROOT / "docs/pytest.md").read_text("utf-8"),
    re.DOTALL | re.MULTILINE,
)


def test_the_examples_of_the_page_pass_as_they_stand_there(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(**{f"test_{n}": text for n, text in enumerate(EXAMPLES)})
    assert counted(pytester.runpytest(*PLUGIN)) == {"passed": len(EXAMPLES)}


def test_a_newcomers_first_test_is_in_the_readme_and_has_ten_lines() -> None:
    first = EXAMPLES[0]
    assert f"```python\n{first}```" in (ROOT / "README.md").read_text("utf-8")
    assert len([line for line in first.splitlines() if line.strip()]) <= 10


@pytest.mark.parametrize(
    ("marker", "said"),
    [("", "say which vendor is meant"), ('@pytest.mark.conformance("toapis", speeed=2)', "speeed")],
    ids=["no vendor", "unknown word"],
)
def test_a_marker_that_says_too_little_is_told(
    pytester: pytest.Pytester, marker: str, said: str
) -> None:
    pytester.makepyfile(f"import pytest\n\n{marker}\ndef test_own(conformance_simulator): pass\n")
    result = pytester.runpytest(*PLUGIN)
    assert counted(result) == {"errors": 1}
    assert said in result.stdout.str()


# --- what must not drift ---


def test_the_options_are_those_of_check() -> None:
    ours = {f"--{flag.name}": (flag.metavar, flag.again) for flag in FLAGS}
    theirs = {
        action.option_strings[-1]: (action.metavar or "", isinstance(action.default, list))
        for action in parser()._actions
        if action.option_strings
    }
    # pytest has its own of these.
    for name in ("--help", "--verbose", "--json", "--junit", "--html"):
        theirs.pop(name, None)
    assert ours == theirs


def test_the_kinds_of_clauses_are_known() -> None:
    schema = json.loads(
        (specs_directory().parent / "conformance/reporting/schemas/check.schema.json").read_text()
    )
    assert sorted(KINDS) == sorted(schema["$defs"]["kind"]["enum"])


def test_sentences_name_the_options_of_pytest_and_commands_as_they_are() -> None:
    said = "--live needs `conformance check x --live`, or --max-billed 3 and --only"
    wanted = (
        "--conformance-live needs `conformance check x --live`, or --conformance-max-billed 3 and"
        " --conformance-only"
    )
    assert in_our_words(said) == wanted


def test_unused_it_loads_nothing_but_pytest(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys
        def test_nothing_is_loaded():
            heavy = ("httpx", "yaml", "jsonschema", "PIL", "uvicorn", "conformance.contract")
            assert [name for name in heavy if name in sys.modules] == []
            ours = {name for name in sys.modules if name.startswith("conformance.")}
            assert ours == {"conformance.pytest_plugin", "conformance.testing", "conformance.testing.options"}
        """
    )
    result = pytester.runpytest_subprocess(*PLUGIN)
    assert counted(result) == {"passed": 1}
