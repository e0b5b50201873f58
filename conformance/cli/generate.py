"""`conformance generate`: make a picture at any vendor, from the shell."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.cli.output import Progress, check_writable, say, show, write_json
from conformance.cli.parsing import Parser, pair, seconds, whole
from conformance.errors import UsageError

if TYPE_CHECKING:
    from conformance.client.aio import AsyncClient
    from conformance.client.answers import Downloaded, Prepared, Result, Snapshot, Task
    from conformance.contract.model import Contract

__all__ = ["parser", "run"]

_TEST_KEY = "test-key"
_SIMULATED = "self-test: no vendor was contacted"


def run(words: Sequence[str]) -> int:
    """Prepare the creation, send it unless told not to, fetch what it made."""
    arguments = parser().read(words)

    from conformance.client.conversations import known_contracts
    from conformance.client.preparing import Preparer
    from conformance.contract.loading import load_contract
    from conformance.reporting.generate_view import generate_json, generate_lines

    check_writable(arguments.json)
    contract = load_contract(arguments.vendor)
    wanted = _words(arguments)
    dialect = dict(arguments.dialect)
    prepared = Preparer(contract, dialect, known_contracts).prepare(wanted)
    base_url = arguments.base_url or contract.base_url
    target, result = "none", None
    files: list[Downloaded] = []
    if not arguments.dry_run:
        target = _target(contract, arguments)
        _announce(target, alone=arguments.json == "-")
        _consent(prepared, target, base_url, arguments)
        result, files = _made(contract, target, wanted, prepared.dialect, arguments)
    if arguments.json:
        document = generate_json(prepared, result, files, target=target, base_url=base_url)  # type: ignore[arg-type]  # one of four words
        write_json(document, arguments.json)
    if arguments.json != "-":
        show(generate_lines(contract, prepared, result, files, base_url=base_url))
    return 0


def _words(arguments: argparse.Namespace) -> dict[str, Any]:
    given: dict[str, Any] = {
        "prompt": arguments.prompt,
        "images": arguments.image,
        "aspect_ratio": arguments.aspect_ratio,
        "resolution": arguments.resolution,
        "size": arguments.size,
        "count": arguments.count,
        "model": arguments.model,
        "quality": arguments.quality,
        "vendor_options": {name: _value(text) for name, text in arguments.option},
    }
    return {word: value for word, value in given.items() if value not in (None, [], {})}


def _value(text: str) -> Any:
    """The value of an option: JSON where it is some, else text."""
    import json

    try:
        return json.loads(text)
    except ValueError:
        return text


# --- who is asked, and what that costs


def _target(contract: Contract, arguments: argparse.Namespace) -> str:
    """
    Without a key the simulator; with one the vendor, or who is at `--base-url`.

    Raises:
        UsageError: There is an address and no key for it.
    """
    has_key = bool(os.environ.get(contract.key_variable))
    if arguments.base_url and not has_key:
        raise UsageError(
            f"{contract.key_variable} is not set: --base-url needs the key of {contract.vendor} in it"
        )
    if not has_key:
        say(f"{contract.key_variable} is not set, so a simulator is asked in place of the vendor")
        return "simulator"
    return "url" if arguments.base_url else "live"


def _announce(target: str, *, alone: bool) -> None:
    if target == "simulator":
        print(_SIMULATED, file=sys.stderr if alone else sys.stdout, flush=True)


def _consent(prepared: Prepared, target: str, base_url: str, arguments: argparse.Namespace) -> None:
    """
    Say what it costs and ask, where the target may be a vendor.

    Raises:
        UsageError: Nobody is there to be asked, or the answer is no.
    """
    from conformance.wire.addresses import is_loopback

    if target == "simulator" or is_loopback(base_url):
        return
    say(f"{base_url} is not this machine, so this costs money: {prepared.price}")
    if arguments.yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("nothing was sent: give --yes to spend that")
    print("Send it? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UsageError("nothing was sent: the answer was not yes")


# --- asking


def _made(
    contract: Contract,
    target: str,
    wanted: dict[str, Any],
    dialect: Mapping[str, str],
    arguments: argparse.Namespace,
) -> tuple[Result, list[Downloaded]]:
    import asyncio

    progress = Progress(sys.stderr)

    def told(snapshot: Snapshot) -> None:
        share = f", {snapshot.progress:.0%}" if snapshot.progress is not None else ""
        progress.update(f"task {snapshot.task_id}: {snapshot.state}{share}")

    def begun(task: Task) -> None:
        say(f"task {task.id}")  # so that it is known, whatever comes

    async def ask() -> tuple[Result, list[Downloaded]]:
        async with _client(contract, target, dialect, arguments) as client:
            result = await client.generate(
                timeout_s=arguments.timeout, on_progress=told, on_task=begun, **wanted
            )
            if arguments.out is None:
                return result, []
            return result, await client.download(result, Path(arguments.out))

    try:
        return asyncio.run(ask())
    finally:
        progress.clear()


def _client(
    contract: Contract, target: str, dialect: Mapping[str, str], arguments: argparse.Namespace
) -> AsyncClient:
    from conformance.client.aio import AsyncClient

    if target != "simulator":
        return AsyncClient(contract, base_url=arguments.base_url, dialect=dialect)

    from conformance.simulator.app import simulate
    from conformance.simulator.clock import VirtualClock
    from conformance.wire.transports import AsgiTransport

    clock = VirtualClock()
    # It follows the page that the request was written for.
    app = simulate(contract, clock=clock, choices=dialect, key=_TEST_KEY)
    return AsyncClient(
        contract,
        api_key=_TEST_KEY,
        dialect=dialect,
        transport=AsgiTransport(app, clock.now),
        clock=clock.now,
        sleep=clock.sleep,
    )


# --- the command line


def parser() -> Parser:
    """The arguments of `conformance generate`."""
    found = Parser(
        "generate",
        description="Makes a picture at any vendor, in words that are the same for all. What the contract forbids is"
        " refused\nbefore anything is sent, and a creation is never sent twice without an idempotency key that the"
        " vendor documents.\n\nWithout the vendor's key in its variable, a simulator is asked, and it says so. With it,"
        " the vendor itself is: the\nprice is shown and confirmed first.",
        examples="  conformance generate aigptimage --prompt 'a lighthouse' --dry-run     the request and its price\n"
        "  conformance generate toapis --prompt 'a lighthouse' --aspect-ratio 16:9 --resolution 2K --out pictures\n"
        "  conformance generate apimart --prompt 'as a drawing' --image https://example.com/photo.png\n"
        "  conformance generate gptimage2api --prompt 'a lighthouse' --option seed=7\n"
        "  conformance generate toapis --prompt 'a lighthouse' --dialect sizing=guide-new --json -",
    )
    found.add_argument("vendor", metavar="VENDOR", help="a name in `vendors`, or a contract file")
    found.add_argument("--prompt", required=True, help="what to draw")
    found.add_argument(
        "--image", metavar="URL", action="append", default=[], help="a reference image; repeatable"
    )
    found.add_argument("--aspect-ratio", metavar="RATIO", help="such as 16:9 or auto")
    found.add_argument("--resolution", metavar="TIER", help="1K, 2K or 4K, however it is spelt")
    found.add_argument("--size", metavar="WxH", help="in pixels, where documents name them")
    found.add_argument("--count", metavar="N", type=whole(1), help="how many pictures")
    found.add_argument("--model", metavar="NAME", help="as the vendor names it")
    found.add_argument("--quality", metavar="WORD", help="such as high")
    found.add_argument(
        "--option",
        metavar="NAME=VALUE",
        type=pair,
        action="append",
        default=[],
        help="a field by the vendor's own name; VALUE is JSON or text; repeatable",
    )
    found.add_argument(
        "--dialect",
        metavar="DISPUTE=ALTERNATIVE",
        type=pair,
        action="append",
        default=[],
        help="which page to believe where pages disagree; repeatable",
    )
    found.add_argument("--out", metavar="DIR", help="fetch the pictures into this folder")
    found.add_argument(
        "--dry-run", action="store_true", help="show request and price, send nothing"
    )
    found.add_argument("--base-url", metavar="URL", help="ask this server in place of the vendor")
    found.add_argument(
        "--timeout", metavar="S", type=seconds, help="for all of it (default: as documented)"
    )
    found.add_argument("--yes", action="store_true", help="spend without asking")
    found.add_argument("--json", metavar="FILE", help="write the result as JSON, - for stdout")
    return found
