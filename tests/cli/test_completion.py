"""Words complete as they do for a user: by the program's own parsers, and in bash itself."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from conformance.cli.completion import candidates
from conformance.cli.main import COMMANDS, main
from conformance.contract.loading import contract_names, specs_directory

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([""], [*COMMANDS, "--help", "--version"]),
        (["ch"], ["check"]),
        (["check", "ap"], ["apimart", "apipod"]),
        (["check", "apimart", "--max"], ["--max-billed", "--max-age"]),
        (["check", "--fail-on", ""], ["must", "implied", "any"]),
        (["check", "--output", ""], []),
        (["explain", "to"], ["toapis."]),
        (["explain", "toapis.create.size.e"], ["toapis.create.size.enum"]),
        (["serve", "toapis", "--fault", "thr"], ["throttle"]),
        (["serve", "--break", "skip"], ["skip-auth"]),
        (["completion", ""], ["bash", "zsh", "fish"]),
        (["chekc", ""], []),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_words_become(words: list[str], found: list[str]) -> None:
    assert sorted(candidates(words)) == sorted(found)


def test_an_id_that_is_begun_wrongly_becomes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "--of", "explain", "nobody.create"]) == 0
    assert capsys.readouterr() == ("", "")


def completed(line: str, folder: Path) -> list[str]:
    """What bash offers for a line, when Tab is pressed at its end."""
    bash = shutil.which("bash")
    assert bash
    (folder / "conformance").write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -m conformance.cli.main "$@"\n'
    )
    (folder / "conformance").chmod(0o755)
    program = f"""
PATH="{folder}:$PATH"
eval "$(conformance completion bash)"
compopt() {{ :; }}
COMP_LINE="$1"; COMP_POINT=${{#COMP_LINE}}
# As bash breaks words: at white space, and at colons and equal signs.
spaced="${{COMP_LINE//:/ : }}"; COMP_WORDS=(${{spaced//=/ = }})
[[ "$COMP_LINE" == *" " ]] && COMP_WORDS+=("")
COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
complete -p conformance >&2
_conformance
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    done = subprocess.run(
        [bash, "-c", program, "bash", line],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
    )
    assert "-F _conformance conformance" in done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("conformance check ", list(contract_names())),
        ("conformance explain apimart.result.pixels.16:9.4", ["9.4k"]),
    ],
)
def test_bash_completes_them(line: str, offered: list[str], tmp_path: Path) -> None:
    assert completed(line, tmp_path) == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell, "--json", "-"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["shell"] == shell
    assert "conformance completion --of" in told["script"]


def test_the_hook_lints_what_a_commit_changes(capsys: pytest.CaptureFixture[str]) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    program, *words = hook["entry"].split()
    assert (program, hook["id"]) == ("conformance", "conformance-lint")
    assert main([*words, str(specs_directory() / "gptimage2api.yaml")]) == 0


@pytest.mark.parametrize("vendor", contract_names())
def test_every_contract_names_its_schema_for_editors(vendor: str) -> None:
    first = (specs_directory() / f"{vendor}.yaml").read_text("utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=contract.schema.json"
    assert (specs_directory() / "contract.schema.json").is_file()
