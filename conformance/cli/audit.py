"""`conformance audit`: does a client keep what the documents ask of it?"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cli.output import Progress, check_writable, show, write_json
from conformance.cli.parsing import Parser, one_of, seconds, speed
from conformance.errors import UsageError

if TYPE_CHECKING:
    from conformance.audit.scenarios import Scenario
    from conformance.results.audits import AuditResult

__all__ = ["parser", "run"]

_SIMULATED = "self-test: no vendor was contacted"


def run(words: Sequence[str]) -> int:
    """Run the program against the simulator, once for each trouble; judge what it sent."""
    before, dashes, command = _split(words)
    arguments = parser().read(before)
    if arguments.list_faults:
        print(_faults())
        return 0
    if not arguments.vendor:
        raise UsageError("VENDOR is missing; see `conformance audit --help`")
    if not command:
        found = "nothing stands after it" if dashes else "there is none"
        raise UsageError(
            f"the program to audit stands after `--`, and {found}: conformance audit {arguments.vendor} -- CMD ..."
        )
    check_writable(arguments.json)

    from conformance.audit.auditing import Auditor
    from conformance.audit.scenarios import chosen
    from conformance.contract.loading import load_contract
    from conformance.reporting.audit_view import audit_json, audit_lines

    contract = load_contract(arguments.vendor)
    asked = [word for text in arguments.faults for word in text.split(",") if word]
    progress = Progress(sys.stderr)

    def told(scenario: Scenario, number: int, of: int) -> None:
        progress.update(f"run {number} of {of}: {scenario.name}")

    auditor = Auditor(
        contract,
        command,
        scenarios=chosen(asked),
        speed=arguments.speed,
        waits=arguments.speed if arguments.waits == "scaled" else 1.0,
        timeout_s=arguments.timeout,
        output=Path(arguments.output),
        on_run=told,
    )
    print(_SIMULATED, file=sys.stderr if arguments.json == "-" else sys.stdout, flush=True)
    try:
        result = auditor.audit()
    finally:
        progress.clear()
    if arguments.json:
        write_json(audit_json(result), arguments.json)
    if arguments.json != "-":
        show(audit_lines(result, verbose=arguments.verbose))
    return exit_code(result, fail_on=arguments.fail_on)


def _split(words: Sequence[str]) -> tuple[Sequence[str], bool, Sequence[str]]:
    """What stands before the first `--`, whether there is one, and what stands after it."""
    if "--" not in words:
        return words, False, ()
    place = list(words).index("--")
    return words[:place], True, words[place + 1 :]


def exit_code(result: AuditResult, *, fail_on: str = "any") -> int:
    """0 every clause that was tried conforms, 1 a violation that counts, 4 nothing to be judged, 5 undecided."""
    from conformance.reporting.audit_view import audited

    pairs = audited(result)
    levels = ("must", "disputed") if fail_on == "must" else ("must", "disputed", "implied")
    verdicts = [p.verdict.verdict for p in pairs]
    if any(p.verdict.verdict == "violates" and p.clause.level in levels for p in pairs):
        return 1
    if all(verdict == "untested" for verdict in verdicts) or not result.runs[0].requests:
        return 4
    return 5 if "inconclusive" in verdicts else 0


# --- the command line


def parser() -> Parser:
    """The arguments that stand before `--`."""
    made = Parser(
        "audit",
        description="Runs a program, in any language, against the simulator of a vendor, and judges the program: by what\n"
        "it sends, and by what it does when there is trouble. No vendor is contacted.\n\n"
        "{base_url} in the program's arguments is replaced by the address of the simulator. It is in\n"
        "CONFORMANCE_BASE_URL as well, and test-key is in the vendor's variable (TOAPIS_API_KEY and its like).\n"
        "The program shall make a picture and fetch it, as it always does. Results are on another host\n"
        "(localhost) than the API (127.0.0.1).\n\n"
        "Waits are judged on the clock on the wall, as documented. With --speed X everything is meant to go X\n"
        "times as fast: tasks do, CONFORMANCE_SPEED says X, and documented waits are X times as short, so that\n"
        "nobody who divides his waits by it is accused, nor anybody who does not. With --waits real tasks go\n"
        "faster, and waits are judged as documented.\n\n"
        "Exit code: 0 nothing is violated, 1 something is, 4 the program sent nothing, 5 something is undecided,\n"
        "for instance because the program had to be ended. The program's own exit code is shown and judges nobody:\n"
        "whether a failed task, say, is worth a code other than 0 is the program's business.",
        examples="  conformance audit toapis -- python my_client.py --base-url {base_url}\n"
        "  conformance audit apimart --faults all -- node client.js\n"
        "  conformance audit gptimage2api --faults reset-after-create,5xx-poll --json audit.json -- ./client {base_url}\n"
        "  conformance audit aigptimage --speed 20 --faults all -- python client.py",
        more_help=_faults,
    )
    made.usage = "conformance audit VENDOR [FLAGS] -- CMD ..."
    made.add_argument(
        "vendor", metavar="VENDOR", nargs="?", help="a name in `vendors`, or a contract file"
    )
    made.add_argument(
        "--faults",
        metavar="NAMES",
        action="append",
        default=[],
        help="run the program once more with each of these, a comma between them; or all (default: none)",
    )
    made.add_argument("--list-faults", action="store_true", help="list them, and leave")
    made.add_argument(
        "--speed",
        metavar="X",
        type=speed,
        default=1.0,
        help="how many times faster than documented everything goes (default: 1)",
    )
    made.add_argument(
        "--waits",
        metavar="HOW",
        type=one_of("scaled", "real"),
        default="scaled",
        help="with --speed: `scaled`, the program's waits are as much shorter, or `real`, they are as long as ever"
        " (default: scaled)",
    )
    made.add_argument(
        "--timeout",
        metavar="S",
        type=seconds,
        default=120.0,
        help="seconds for one run, after which the program and all that it started is ended (default: 120)",
    )
    made.add_argument(
        "--fail-on",
        metavar="LEVEL",
        type=one_of("must", "implied", "any"),
        default="any",
        help="the level of a violation that makes the exit code 1: must, implied or any (default: any)",
    )
    made.add_argument(
        "--output", metavar="DIR", default="reports", help="records go to DIR/records (reports)"
    )
    made.add_argument("--json", metavar="FILE", help="write the result as JSON, - for stdout")
    made.add_argument("--verbose", action="store_true", help="show every clause, and all output")
    return made


def _faults() -> str:
    from conformance.audit.scenarios import SCENARIOS

    width = max(map(len, SCENARIOS)) + 2
    lines = [
        f"  {name:<{width}}"
        + textwrap.fill(each.says, 98 - width, subsequent_indent=" " * (width + 2))
        for name, each in SCENARIOS.items()
    ]
    return "\n".join(["--faults:", *lines])
