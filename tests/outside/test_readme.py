"""The README shows commands that exist, and every command."""

from __future__ import annotations

import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest

from conformance.cli.main import COMMANDS, main
from conformance.contract.clauses import derive_clauses
from conformance.contract.loading import contract_names, load_contract

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")

BLOCKS = re.findall(r"^```bash\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def command_lines() -> list[str]:
    """Every `conformance ...` line in the README, continued lines joined."""
    text = "\n".join(BLOCKS).replace("\\\n", " ")
    found = [" ".join(line.split()) for line in text.splitlines()]
    return [
        line.removeprefix(".venv/bin/")
        for line in found
        if re.match(r"(\.venv/bin/)?conformance ", line)
    ]


@pytest.mark.parametrize("line", command_lines())
def test_every_command_line_is_understood(line: str) -> None:
    name, *words = shlex.split(line)[1:]
    assert name in COMMANDS
    if "--" in words:
        words = words[: words.index("--")]  # what follows is another program's
    values = import_module(f"conformance.cli.{name}").parser().read(words)
    given = getattr(values, "vendors", None) or [values.vendor] if hasattr(values, "vendor") else []
    for vendor in given:
        load_contract(vendor)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_shown(name: str) -> None:
    assert any(shlex.split(line)[1] == name for line in command_lines())


@pytest.mark.parametrize(
    "line",
    [
        each
        for each in command_lines()
        if not {"check", "serve", "probe", "audit"} & set(each.split())
        and "reports/records" not in each  # tests/cli draws records
    ],
)
def test_commands_that_send_nothing_run(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(shlex.split(line)[1:]) == 0
    assert capsys.readouterr().out


def test_flags_named_in_the_text_exist() -> None:
    text = re.sub(r"```.*?```", "", README, flags=re.DOTALL)
    named = set(re.findall(r"`(--[a-z-]+)", text))
    known = {
        flag
        for name in COMMANDS
        for action in import_module(f"conformance.cli.{name}").parser()._actions
        for flag in action.option_strings
    }
    assert named - known == set()


def test_files_that_are_linked_exist() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_clauses_that_are_named_exist() -> None:
    vendors = contract_names()
    ids = {clause.id for vendor in vendors for clause in derive_clauses(load_contract(vendor))}
    named = re.findall(rf"`((?:{'|'.join(vendors)})\.[a-z]+\.[^`\s]+)`", README)
    assert named
    assert [name for name in named if name not in ids] == []


@pytest.mark.parametrize("name", ["check", "test"])
def test_the_two_first_commands_can_be_found_by_their_marks(name: str) -> None:
    found = re.search(rf"<!-- command: {name} -->\n```bash\n(.*?)```", README, re.DOTALL)
    assert found is not None
    assert found[1].startswith("python3 -m venv .venv\n")
    assert ".venv/bin/python -m pip install" in found[1]


def test_the_exit_codes_are_all_explained() -> None:
    assert re.findall(r"^\| (\d) \|", README, re.MULTILINE) == ["0", "1", "2", "3", "4", "5"]
