"""`conformance completion`: what can the word under the cursor become, in whatever shell?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module

from conformance.cli.output import check_writable, write_json
from conformance.cli.parsing import Parser, one_of
from conformance.errors import ConformanceError

__all__ = ["candidates", "parser", "run"]

_ASK = "--of"
"""How the shells ask: the words so far follow, the last of them unfinished. No flag for people."""

_BASH = r"""_conformance() {
    # The words as typed: bash would break them at colons and equal signs.
    local line="${COMP_LINE:0:COMP_POINT}" words word
    read -ra words <<< "$line"
    [[ "$line" == *[[:space:]] ]] && words+=("")
    local current="${words[${#words[@]}-1]}"
    local before="${current%"${COMP_WORDS[COMP_CWORD]}"}"
    COMPREPLY=()
    while IFS= read -r word; do
        COMPREPLY+=("${word#"$before"}")
    done < <(conformance completion --of "${words[@]:1}" 2>/dev/null)
    [[ ${#COMPREPLY[@]} -eq 1 && "${COMPREPLY[0]}" == *. ]] && compopt -o nospace
}
complete -o default -o bashdefault -F _conformance conformance
"""

_ZSH = r"""#compdef conformance
_conformance() {
    local -a found
    found=("${(@f)$(conformance completion --of "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ -n "${found[1]}" ]]; then
        compadd -S '' -a found
    else
        _files
    fi
}
compdef _conformance conformance
"""

_FISH = r"""function __conformance_words
    set -l words (commandline -opc)
    conformance completion --of $words[2..-1] (commandline -ct) 2>/dev/null
end
complete -c conformance -a '(__conformance_words)'
"""

_SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def run(words: Sequence[str]) -> int:
    """Print the script of a shell, or what a shell asks for."""
    if words and words[0] == _ASK:
        try:
            found = list(candidates(words[1:]))
        except ConformanceError:  # whoever presses Tab is told nothing
            found = []
        sys.stdout.writelines(f"{each}\n" for each in found)
        return 0
    arguments = parser().read(words)
    script = _SCRIPTS[arguments.shell]
    check_writable(arguments.json)
    if arguments.json:
        write_json({"shell": arguments.shell, "script": script}, arguments.json)
    if arguments.json != "-":
        print(script, end="")
    return 0


def candidates(words: Sequence[str]) -> Iterator[str]:
    """What the last word can become; nothing where it is a file's name, which shells know better."""
    from conformance.cli.main import COMMANDS

    *before, current = words or [""]
    if not before:
        found: Iterator[str] | list[str] = [*COMMANDS, "--help", "--version"]
    elif before[0] in ("help", "--help") and len(before) == 1:
        found = list(COMMANDS)
    elif before[0] not in COMMANDS or "--" in before:
        found = []
    else:
        command = import_module(f"conformance.cli.{before[0]}").parser()
        found = _of_command(command, before[1:], current)
    return (word for word in found if word.startswith(current))


def _of_command(command: Parser, before: Sequence[str], current: str) -> Iterator[str]:
    flags = {flag: action for action in command._actions for flag in action.option_strings}
    last = flags.get(before[-1]) if before else None
    if last is not None and last.nargs != 0:
        yield from _values(last, current)
        return
    if current.startswith("-"):
        yield from flags
        return
    for action in command._actions:
        if not action.option_strings:
            yield from _values(action, current)


def _values(action: argparse.Action, current: str) -> Iterator[str]:
    """What an argument can be, by the word that stands for it in the help."""
    known = getattr(action.type, "words", ())
    if known:
        yield from known
        return
    match str(action.metavar):
        case "VENDOR":
            from conformance.contract.loading import contract_names

            yield from contract_names()
        case "CLAUSE" | "GLOB":
            yield from _clauses(current)
        case "NAME" if action.dest in ("breaks", "fault"):
            yield from _misbehaviour(action.dest)


def _clauses(current: str) -> Iterator[str]:
    """The vendors, and once one stands there the ids of its clauses, a part at a time."""
    from conformance.contract.clauses import derive_clauses
    from conformance.contract.loading import contract_names, load_contract

    vendor, dot, _ = current.partition(".")
    if not dot:
        yield from (f"{name}." for name in contract_names())
    elif vendor in contract_names():
        yield from (clause.id for clause in derive_clauses(load_contract(vendor)))


def _misbehaviour(kind: str) -> Iterator[str]:
    from conformance.simulator.deviations import DEVIATIONS
    from conformance.simulator.faults import FAULTS

    yield from DEVIATIONS if kind == "breaks" else FAULTS


def parser() -> Parser:
    """The arguments that it takes."""
    made = Parser(
        "completion",
        description="Prints a script that has a shell complete commands, flags, vendors, clause ids and\n"
        "the names of deviations and faults.",
        examples="  conformance completion bash > ~/.local/share/bash-completion/completions/conformance\n"
        "  conformance completion zsh > ~/.zfunc/_conformance\n"
        "  conformance completion fish > ~/.config/fish/completions/conformance.fish",
    )
    made.add_argument("shell", metavar="SHELL", type=one_of(*_SCRIPTS), help="bash, zsh or fish")
    made.add_argument("--json", metavar="FILE", help="write it as JSON; - for stdout")
    return made
