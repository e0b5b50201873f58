"""
Measure and print Markdown tables: `python -m benchmarks [covering | alarms | kills | caps | page | fuzzing] [--repeat N] [--runs N]`.

Ratios within one run are comparable; absolute numbers are this machine's.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from benchmarks.alarms import alarms
from benchmarks.caps import caps
from benchmarks.covering import covering_tables
from benchmarks.fuzzing import fuzzing
from benchmarks.kills import kills
from benchmarks.page import page
from conformance.contract.loading import contract_names, load_contract
from conformance.planning.plan import make_plan
from conformance.run.check import run_check
from conformance.run.targets import embedded_target
from conformance.simulator.app import simulate
from conformance.simulator.clock import VirtualClock
from conformance.wire.exchange import Request
from conformance.wire.transports import AsgiTransport

_EMPTY = "def test_nothing(): pass"
_PYTEST = [
    (
        "-c",
        "import os, pathlib, sys, tempfile, pytest;"
        "os.environ['PYTEST_DISABLE_PLUGIN_AUTOLOAD'] = '1';"
        "os.chdir(tempfile.mkdtemp());"
        f"pathlib.Path('test_one.py').write_text({_EMPTY!r});"
        f"sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', *{words!r}]))",
    )
    for words in (["-p", "conformance.pytest_plugin"], [])
]


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--repeat", type=int, default=5, help="runs of each measurement; the median counts"
    )
    parser.add_argument(
        "--runs", type=int, default=1000, help="runs that `alarms` and `kills` make"
    )
    parser.add_argument(
        "what",
        nargs="?",
        choices=["check", "covering", "alarms", "kills", "caps", "page", "fuzzing"],
        default="check",
        help="the check against the simulators (the default), covering arrays against libraries, how often"
        " vendors that break nothing are accused, what a killed run loses, or how soon the page of HTML can be used",
    )
    arguments = parser.parse_args()
    if arguments.what == "covering":
        covering_tables()
        return 0
    if arguments.what == "alarms":
        alarms(arguments.runs)
        return 0
    if arguments.what == "kills":
        kills(arguments.runs)
        return 0
    if arguments.what == "caps":
        caps(arguments.runs)
        return 0
    if arguments.what == "page":
        page(arguments.repeat)
        return 0
    if arguments.what == "fuzzing":
        fuzzing(min(arguments.runs, 100))
        return 0
    repeat = arguments.repeat
    bare = _median(lambda: _python("-c", "pass"), repeat)
    helped = _median(lambda: _python("-m", "conformance.cli.main", "--help"), repeat)
    print("| what | seconds | ratio to bare Python |")
    print("|---|---|---|")
    print(f"| `python -c pass` | {bare:.3f} | 1.0 |")
    print(f"| `conformance --help` | {helped:.3f} | {helped / bare:.1f} |")
    print(f"| `conformance check`, all vendors, one process | {_check_all():.2f} | |")
    unused, plain = (_median(lambda w=words: _python(*w), repeat) for words in _PYTEST)
    print(f"| `pytest` of one empty test, no plugin | {plain:.3f} | {plain / bare:.1f} |")
    print(
        f"| the same with our plugin, unused: {unused / plain:.2f} times that | {unused:.3f} | {unused / bare:.1f} |"
    )
    print()
    print(
        "| vendor | requests | paid creations | lower bound | ratio | CPU seconds | simulator requests/s |"
    )
    print("|---|---|---|---|---|---|---|")
    for vendor in contract_names():
        print(_vendor(vendor, repeat))
    print()
    print(
        f"Peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB."
    )
    return 0


def _python(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=False, capture_output=True)


def _median(call: Callable[[], object], repeat: int) -> float:
    found = []
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        found.append(time.perf_counter() - start)
    return statistics.median(found)


def _check_all() -> float:
    start = time.perf_counter()
    for vendor in contract_names():
        contract = load_contract(vendor)
        run_check(contract, embedded_target(contract))
    return time.perf_counter() - start


def _vendor(vendor: str, repeat: int) -> str:
    contract = load_contract(vendor)
    plan = make_plan(contract)
    result = run_check(contract, embedded_target(contract))
    seconds = []
    for _ in range(repeat):
        start = time.process_time()
        run_check(contract, embedded_target(contract))
        seconds.append(time.process_time() - start)
    ratio = plan.billed / plan.lower_bound if plan.lower_bound else 0.0
    return (
        f"| {vendor} | {result.requests} | {plan.billed} | {plan.lower_bound} | {ratio:.2f} |"
        f" {statistics.median(seconds):.2f} | {_requests_per_second(vendor):.0f} |"
    )


def _requests_per_second(vendor: str, count: int = 500) -> float:
    """Plain creations, asked of the simulator through its ASGI door."""
    contract = load_contract(vendor)
    carrier = make_plan(contract).cases[0].send
    clock = VirtualClock()
    transport = AsgiTransport(simulate(contract, clock=clock), clock.now)
    scheme = contract.auth[0]
    request = Request(
        method=carrier.method,
        url=f"{contract.base_url}{carrier.path}",
        headers=(
            (scheme.parameter, f"{scheme.prefix}test-key"),
            ("Content-Type", "application/json"),
        ),
        body=json.dumps(carrier.body).encode(),
    )

    async def work() -> float:
        start = time.perf_counter()
        for _ in range(count):
            await transport.send(request, timeout_s=60, max_body_bytes=1_000_000)
        return time.perf_counter() - start

    return count / asyncio.run(work())


if __name__ == "__main__":
    sys.exit(main())
