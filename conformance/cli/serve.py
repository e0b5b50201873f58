"""`conformance serve`: what would a vendor look like that keeps its contract, or breaks it in one way?"""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from conformance.cli.output import check_writable, write_json
from conformance.cli.parsing import Parser, pair, speed, whole
from conformance.errors import UsageError

if TYPE_CHECKING:
    from conformance.contract.model import Contract
    from conformance.simulator.app import Simulator

__all__ = ["parser", "run"]

_TEST_KEY = "test-key"

_NAME_WIDTH = 28


def run(words: Sequence[str]) -> int:
    """Serve simulators until Ctrl-C."""
    arguments = parser().read(words)
    check_writable(arguments.json)

    import asyncio

    from conformance.simulator.serve import serve_many

    apps = _simulators(arguments)
    urls: dict[str, str] = {}

    def ready(vendor: str, url: str) -> None:
        urls[vendor] = url
        if arguments.json != "-":
            print(vendor, url, flush=True)
        if arguments.json and len(urls) == len(apps):
            servers = [{"vendor": name, "url": at} for name, at in urls.items()]
            write_json({"servers": servers}, arguments.json)
            sys.stdout.flush()

    with suppress(KeyboardInterrupt):  # the documented way to end it
        asyncio.run(serve_many(apps, port=arguments.port, ready=ready))
    return 0


def _simulators(arguments: argparse.Namespace) -> dict[str, Simulator]:
    from conformance.contract.callback import secret_variable
    from conformance.contract.loading import contract_names, load_contract
    from conformance.simulator.app import simulate
    from conformance.simulator.callbacks import TEST_SECRET
    from conformance.simulator.clock import RealClock
    from conformance.simulator.posting import LoopbackPost

    names = list(dict.fromkeys(arguments.vendors)) or contract_names()
    contracts = {contract.vendor: contract for contract in map(load_contract, names)}
    choices = _choices(contracts.values(), dict(arguments.choose))
    return {
        vendor: simulate(
            contract,
            clock=RealClock(arguments.speed),
            choices=choices[vendor],
            deviations=arguments.breaks,
            faults=arguments.fault,
            key=os.environ.get(contract.key_variable) or _TEST_KEY,
            deliver=LoopbackPost(),
            secret=os.environ.get(secret_variable(contract)) or TEST_SECRET,
        )
        for vendor, contract in contracts.items()
    }


def _choices(contracts: Iterable[Contract], asked: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """
    For each vendor, those of the choices that it has.

    Raises:
        UsageError: None of the vendors has a choice of that name; names the nearest.
    """
    from conformance.simulator.choices import derive_choices, nearest_hint

    known = {c.vendor: {choice.name for choice in derive_choices(c)} for c in contracts}
    everywhere = sorted(set().union(*known.values()))
    for name in asked:
        if name not in everywhere:
            raise UsageError(f"--choose {name!r} is no choice{nearest_hint(name, everywhere)}")
    return {
        vendor: {name: asked[name] for name in asked if name in names}
        for vendor, names in known.items()
    }


# --- the command line ---


def parser() -> Parser:
    """The arguments that it takes."""
    made = Parser(
        "serve",
        description="Runs a simulator of each vendor as an HTTP server on this machine, on a port of its\n"
        "own, and prints `VENDOR URL` for each. Ctrl-C ends it. The key is the one in the\n"
        "vendor's variable, else test-key. Callbacks go to addresses on this machine alone,\n"
        "signed with the secret in TOAPIS_WEBHOOK_SECRET and its like, else test-secret.",
        examples="  conformance serve\n"
        "  conformance serve aigptimage --port 8100 --speed 100\n"
        "  conformance serve gptimage2api --break charge-off-by-one\n"
        "  conformance serve aigptimage --fault throttle=5 --choose pace=straight",
        more_help=_names,
    )
    made.add_argument(
        "vendors",
        metavar="VENDOR",
        nargs="*",
        help="a vendor's name, or the path of a contract; all vendors where none is given",
    )
    made.add_argument(
        "--port",
        metavar="N",
        type=whole(0),
        default=0,
        help="the first server's port, the others take the next ones (default: 0, any free)",
    )
    made.add_argument(
        "--speed",
        metavar="X",
        type=speed,
        default=1.0,
        help="how many times faster than real time tasks run (default: 1)",
    )
    made.add_argument(
        "--choose",
        metavar="DISPUTE=ALTERNATIVE",
        type=pair,
        action="append",
        default=[],
        help="answer this way where the documents permit several; may be given again",
    )
    made.add_argument(
        "--break",
        metavar="NAME",
        dest="breaks",
        action="append",
        default=[],
        help="break the contract in this way (below); may be given again",
    )
    made.add_argument(
        "--fault",
        metavar="NAME",
        action="append",
        default=[],
        help="make this trouble, which breaks no clause (below); may be given again",
    )
    made.add_argument(
        "--json", metavar="FILE", help="write vendors and URLs as JSON, too; - for stdout"
    )
    return made


def _names() -> str:
    """The deviations and the faults there are, with what each does."""
    from conformance.simulator.deviations import DEVIATIONS
    from conformance.simulator.faults import FAULTS

    breaks = [
        (each.usage(), (each.__doc__ or "").strip().splitlines()[0]) for each in DEVIATIONS.values()
    ]
    faults = [(name, f"{each.says}.") for name, each in FAULTS.items()]
    return f"--break:\n{_listed(breaks)}\n\n--fault (NAME, or NAME=N):\n{_listed(faults)}"


def _listed(pairs: Sequence[tuple[str, str]]) -> str:
    """A name and what it does on each line; a long name has a line of its own."""
    margin = " " * _NAME_WIDTH
    return "\n".join(
        f"  {name:<{_NAME_WIDTH - 2}}"
        + ("\n" + margin if len(name) > _NAME_WIDTH - 4 else "")
        + textwrap.fill(says, 98 - _NAME_WIDTH).replace("\n", "\n" + margin)
        for name, says in pairs
    )
