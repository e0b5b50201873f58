"""What the helps show as examples is understood."""

from __future__ import annotations

import re
import shlex
from importlib import import_module

import pytest

from conformance.cli.main import COMMANDS


def examples(name: str) -> list[list[str]]:
    """The example lines of a command's help, continued ones joined, without remarks, variables and redirections."""
    text = import_module(f"conformance.cli.{name}").parser().examples.partition("\nexit codes:")[0]
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    found = []
    for line in lines:
        plain = re.sub(r"^(\w+=\S* )+", "", line.strip())
        words = shlex.split(re.split(r" > | \| |\s{3,}", plain)[0])
        if words[:1] == ["conformance"]:
            found.append(words[1:])
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_examples_and_understands_them(name: str) -> None:
    every = examples(name)
    assert every
    for words in every:
        assert words[0] in COMMANDS
        if "--" in words:  # a client's own command line
            words = words[: words.index("--")]
        module = import_module(f"conformance.cli.{words[0]}")
        try:
            module.parser().read(words[1:])
        except Exception as error:  # noqa: BLE001  # whatever it is, the example is what to look at
            remarked = shlex.join(words)
            pytest.fail(f"{remarked}: {error}")
