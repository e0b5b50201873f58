"""How does an imported contract read as YAML, with what was guessed marked where it stands?"""

from __future__ import annotations

from conformance.contract.located import read_located
from conformance.contract.writing import dump
from conformance.notations.skeleton import Skeleton

__all__ = ["text_of"]

_FIRST = "format"


def text_of(skeleton: Skeleton) -> str:
    """The YAML; every guess is a comment above what was guessed."""
    contract = skeleton.contract
    plain = dump(contract)
    located = read_located(plain, file="imported")
    lines = plain.splitlines()
    above: dict[int, list[str]] = {}
    for path, guesses in skeleton.guesses.items():
        line, _ = located.key_position(path)
        margin = len(lines[line - 1]) - len(lines[line - 1].lstrip())
        words = "; ".join(guesses).replace("\n", " ")
        above.setdefault(line, []).append(f"{' ' * margin}# guessed: {words}")
    marked: list[str] = []
    for number, text in enumerate(lines, start=1):
        marked += [*above.get(number, ()), text]
    whole = "\n".join([_head(skeleton), *marked]) + "\n"
    # A comment inside of a text that runs over lines would become part of it.
    return (
        whole
        if read_located(whole, file="imported").value == located.value
        else f"{_head(skeleton)}\n{plain}"
    )


def _head(skeleton: Skeleton) -> str:
    return (
        f"# Imported from {_one_line(skeleton.document.file)}. What is marked as guessed is no statement of the document;\n"
        "# `questions` has what it leaves open, and what could not be taken over."
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
