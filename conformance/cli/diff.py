"""`conformance diff`: what changed between two contracts, or between two runs, and why?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from conformance.cli.output import check_writable, show, write_json
from conformance.cli.parsing import Parser, one_of
from conformance.errors import UsageError

if TYPE_CHECKING:
    from conformance.reporting.text import Line
    from conformance.results.difference import ContractDifference, Effect, RunDifference

__all__ = ["parser", "run"]

_Difference = TypeVar("_Difference")

_FOUND = 1

_COUNTED: dict[str, tuple[Effect, ...]] = {
    "none": (),
    "breaking": ("breaking",),
    "widening": ("breaking", "widening"),
    "any": ("breaking", "widening", "neutral"),
}


def run(words: Sequence[str]) -> int:
    """Compare two contracts, or judge two records and compare what they show."""
    arguments = parser().read(words)
    check_writable(arguments.json)
    kinds = {_is_record(name) for name in (arguments.old, arguments.new)}
    if len(kinds) > 1:
        raise UsageError(
            f"{arguments.old} and {arguments.new} are a contract and a record: give two of a kind"
        )
    if kinds.pop():
        runs = _runs(arguments.old, arguments.new, partial=arguments.partial)
        _draw_runs(runs, arguments)
        effects: list[Effect] = [m.effect for m in runs.moves if m.cause != "noise"]
    else:
        contracts = _contracts(arguments.old, arguments.new)
        _draw_contracts(contracts, arguments)
        effects = [change.effect for change in contracts.changes]
    return _FOUND if set(effects) & set(_COUNTED[arguments.fail_on]) else 0


def _is_record(name: str) -> bool:
    """A record is JSON lines; a contract is the name of a vendor, or YAML."""
    if name.endswith((".jsonl", ".json")):
        return True
    if name.endswith((".yaml", ".yml")):
        return False
    try:
        with Path(name).open("rb") as file:
            return file.read(1) == b"{"
    except OSError:
        return False


def _contracts(old: str, new: str) -> ContractDifference:
    from conformance.comparing.differing import differences
    from conformance.contract.loading import load_contract

    was, now = load_contract(old), load_contract(new)
    if was.vendor != now.vendor:
        raise UsageError(
            f"{old} is a contract of {was.vendor}, {new} of {now.vendor}: `conformance compare` puts vendors side by"
            " side, diff compares two editions of one"
        )
    return differences(was, now)


def _runs(old: str, new: str, *, partial: bool) -> RunDifference:
    from conformance.comparing.drifting import Crossed, drift
    from conformance.run.judge import judge
    from conformance.run.reading import contract_of, read_whole_record

    was, now = (read_whole_record(Path(name), partial=partial) for name in (old, new))
    if was.header.vendor != now.header.vendor:
        raise UsageError(f"{old} is a record of {was.header.vendor}, {new} of {now.header.vendor}")
    then, today = contract_of(was), contract_of(now)
    return drift(
        Crossed(
            old=judge(was, then),
            new=judge(now, today),
            old_by_new=judge(was, today),
            new_by_old=judge(now, then),
        )
    )


# --- drawing


def _draw_contracts(difference: ContractDifference, arguments: argparse.Namespace) -> None:
    from conformance.reporting.diff_markdown import contracts_markdown
    from conformance.reporting.diff_view import contracts_json, contracts_lines

    _draw(difference, arguments, (contracts_lines, contracts_markdown, contracts_json))


def _draw_runs(difference: RunDifference, arguments: argparse.Namespace) -> None:
    from conformance.reporting.diff_markdown import runs_markdown
    from conformance.reporting.diff_view import runs_json, runs_lines

    _draw(difference, arguments, (runs_lines, runs_markdown, runs_json))


def _draw(
    difference: _Difference,
    arguments: argparse.Namespace,
    views: tuple[
        Callable[[_Difference], list[Line]],
        Callable[[_Difference], str],
        Callable[[_Difference], Mapping[str, Any]],
    ],
) -> None:
    lines, markdown, json = views
    if arguments.json:
        write_json(json(difference), arguments.json)
    if arguments.json == "-":
        return
    if arguments.format == "text":
        show(lines(difference))
    else:
        sys.stdout.write(markdown(difference))


def parser() -> Parser:
    """The arguments that it takes."""
    made = Parser(
        "diff",
        description="What a newer contract says otherwise, or what a newer run shows otherwise. Asks nobody.\n\n"
        "Of two contracts of one vendor each change is, for programs written by the old one:\n"
        "  breaking  a request that was permitted is no longer (a value dropped, a limit lowered), or an\n"
        "            answer may be what it could not be (a new state, a field that may be missing), or\n"
        "            costs more\n"
        "  widening  more is permitted, or more is promised\n"
        "  neutral   neither: other words, pages, levels, questions\n\n"
        "Of two records each clause that comes out otherwise has a cause: its documents changed, the\n"
        "vendor did, both, only our transcription of the same pages, or it is noise (what one of the\n"
        "runs did not try or decide). Both records are judged by both contracts to tell.",
        examples="  conformance diff old/toapis.yaml toapis\n"
        "  git show HEAD~9:specs/toapis.yaml > /tmp/toapis.yaml\n"
        "  conformance diff /tmp/toapis.yaml toapis --fail-on breaking\n"
        "  conformance diff reports/records/OLD.jsonl reports/records/NEW.jsonl --format markdown\n"
        "  conformance diff old.jsonl new.jsonl --fail-on breaking --json -\n\n"
        "exit codes:\n"
        "  0  nothing that --fail-on names\n"
        "  1  a change that --fail-on names; noise is none\n"
        "  2  the command line is wrong\n"
        "  3  a contract or a record is invalid",
    )
    made.add_argument(
        "old", metavar="OLD", help="a contract (a vendor's name, or a path), or a record"
    )
    made.add_argument("new", metavar="NEW", help="the newer one, of the same kind and vendor")
    made.add_argument(
        "--fail-on",
        metavar="EFFECT",
        type=one_of(*_COUNTED),
        default="none",
        help="exit with 1 where there is one that is breaking, widening (or breaking), or any (default: none)",
    )
    made.add_argument(
        "--format",
        metavar="FORMAT",
        type=one_of("text", "markdown"),
        default="text",
        help="text (default), or markdown, which fits a comment on a pull request",
    )
    made.add_argument(
        "--partial", action="store_true", help="also take records of runs that were stopped"
    )
    made.add_argument("--json", metavar="FILE", help="write it as JSON; - for stdout")
    return made
