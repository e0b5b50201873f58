"""
The pytest plugin: contracts are collected as tests, and tests of your own get a vendor that runs on this machine.

    pytest specs/apimart.yaml                           one test for each clause, against the embedded simulator
    pytest specs/apimart.yaml --conformance-base-url http://127.0.0.1:8100
    pytest specs/apimart.yaml -m "level_must and not cost_paid" -k resolution

Installed, it is loaded into every run of pytest, so this module imports nothing but pytest; everything else is
imported once a contract is collected or a fixture is asked for. There is no assertion in it to rewrite:
PYTEST_DONT_REWRITE.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conformance.client.sync import Client
    from conformance.contract.model import Contract
    from conformance.testing.simulators import RunningSimulator

__all__ = ["KINDS", "conformance_client", "conformance_simulator", "vendor_contract"]

KINDS = (
    "advice alias auth batch callback charge default enum error expiry format idempotency ignored limit model passthrough"
    " picture pixels protocol reply required result rule state status type upload"
).split()
_LEVELS = ("must", "implied", "disputed")
_COSTS = {
    "none": "no run can try it",
    "free": "it takes no paid creation of its own",
    "paid": "it takes one",
}
_FOLDER = "specs"
_PLACES = "conformance-places"
_BEGINNING = 4096
_MARK = b"\nformat: conformance/contract@"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of `check`, under a prefix."""
    from conformance.testing.options import FLAGS

    group = parser.getgroup(
        "conformance", "contracts of image gateways (see `conformance check --help`)"
    )
    for flag in FLAGS:
        takes: dict[str, Any] = {"action": "store_true"}
        if flag.metavar:
            takes = {"action": "append" if flag.again else "store", "metavar": flag.metavar}
        group.addoption(flag.option, dest=flag.dest, help=flag.help, **takes)
    parser.addini("conformance_vendor", "the vendor of the fixtures where no marker names one")


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known."""
    lines = [
        "conformance(vendor, *, deviations, faults, choices, speed): which vendor the conformance fixtures simulate, and how",
        "clause(level, kind, cost): of every test that is a clause",
        *(f"level_{level}: a clause of the level {level}" for level in _LEVELS),
        *(f"kind_{kind}: a clause of the kind {kind}" for kind in KINDS),
        *(f"cost_{cost}: a clause of which {what}" for cost, what in _COSTS.items()),
    ]
    for line in lines:
        config.addinivalue_line("markers", line)


# --- contracts as tests ---


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A contract that was named, or stands in a folder `specs`; of other files nothing but the name is looked at."""
    if file_path.suffix not in (".yaml", ".yml"):
        return None
    named = parent.session.isinitpath(file_path, with_parents=False)
    folder = parent.session.isinitpath(file_path.parent, with_parents=False)
    if not (named or folder or file_path.parent.name == _FOLDER) or not _is_contract(file_path):
        return None
    from conformance.testing.collecting import ContractFile, Places
    from conformance.testing.session import Course

    parent.config.stash.setdefault(Course.KEY, Course(parent.config))
    if not parent.config.pluginmanager.hasplugin(_PLACES):
        parent.config.pluginmanager.register(Places(), _PLACES)
    return ContractFile.from_parent(parent, path=file_path)


def _is_contract(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return _MARK in b"\n" + file.read(_BEGINNING).replace(b"\r\n", b"\n")
    except OSError:
        return False


def pytest_collection_finish(session: pytest.Session) -> None:
    """Remember what was selected: no more than that is paid for."""
    course = _course(session.config)
    if course is not None:
        course.select(session.items)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of xdist where the processes of the session meet; called in the one that starts them."""
    from conformance.testing.session import FOLDER, Course

    course = node.config.stash.setdefault(Course.KEY, Course(node.config))
    node.workerinput[FOLDER] = str(course.folder)


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, Any, Any]:
    """
    A session in which a vendor was asked and nothing was tried does not pass, though every item was skipped.

    Nor does one in which Schemathesis found what is no clause of the contract, and so no item.
    """
    done = yield
    for ran in _runs(session.config):
        session.testsfailed += (ran.nothing_tried and not ran.problem) + len(ran.beside)
    return done


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Whom the session asked, and what it cost."""
    runs = [ran for ran in _runs(config) if ran.vendor]
    if runs:
        from conformance.testing.summary import summary_lines

        terminalreporter.section("conformance")
        for line in summary_lines(runs):
            terminalreporter.line(line)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take away what the processes shared."""
    course = _course(config)
    if course is not None:
        course.close()


def _course(config: pytest.Config) -> Any:
    """What the items share; None where there is no contract among them, and nothing of ours was loaded."""
    import sys

    module = sys.modules.get("conformance.testing.session")
    return config.stash.get(module.Course.KEY, None) if module else None


def _runs(config: pytest.Config) -> list[Any]:
    """Every run of the session, in the process that started it; none in a worker."""
    course = _course(config)
    if course is None or not course.has_folder or hasattr(config, "workerinput"):
        return []
    from conformance.testing.running import summaries

    return summaries(course.folder)


# --- for tests of your own ---


@pytest.fixture
def vendor_contract(request: pytest.FixtureRequest) -> Contract:
    """The contract of the vendor that `@pytest.mark.conformance` names, else the ini option `conformance_vendor`."""
    from conformance.testing.simulators import contract_of

    return contract_of(request)


@pytest.fixture
def conformance_simulator(
    request: pytest.FixtureRequest, vendor_contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RunningSimulator]:
    """
    A new simulator of the vendor, as a server on this machine; no vendor is contacted.

    The vendor's variable holds its key meanwhile, so that a real one goes nowhere.
    """
    from conformance.testing.simulators import asked_for, running_simulator

    with running_simulator(vendor_contract, **asked_for(request)) as running:
        monkeypatch.setenv(vendor_contract.key_variable, running.key)
        yield running


@pytest.fixture
def conformance_client(conformance_simulator: RunningSimulator) -> Iterator[Client]:
    """The reference client of the vendor, connected to the simulator; it waits as little as that."""
    with conformance_simulator.client() as client:
        yield client
