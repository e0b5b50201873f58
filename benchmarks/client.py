"""
What does the client cost beside bare httpx, and what does it hold out?

`python -m benchmarks.client overhead|many|faults`: each request against the same server on this machine, with the
client and with bare httpx; 200 pictures at once on one `AsyncClient`; and random trouble, for as many steps as asked.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import random
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

from conformance.client.aio import AsyncClient
from conformance.client.steps import Answer, Ask
from conformance.client.sync import Client
from conformance.contract.loading import contract_names, load_contract

KEY = "test-key"


@contextmanager
def served(vendor: str, *words: str) -> Iterator[str]:
    """`conformance serve` in a process of its own; gives its URL."""
    command = [sys.executable, "-m", "conformance.cli.main", "serve", vendor, *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().split()[1]
        finally:
            server.terminate()


# --- overhead


def overhead(vendor: str, repeat: int) -> None:
    """The same creations and status queries, in turns: with the client, and with bare httpx."""
    contract = load_contract(vendor)
    with served(vendor) as url:
        client = Client(contract, api_key=KEY, base_url=url)
        prepared = client.prepare(prompt="a cat")
        create = contract.operation("create")
        assert create is not None
        bare = httpx.Client()
        body = json.dumps(prepared.body).encode()
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}

        def bare_create() -> None:
            bare.post(f"{url}{create.path}", content=body, headers=headers).json()

        task = client.submit(prompt="a cat")
        path = client._talk.terms.path_of(contract.operation("status"), task.id)  # type: ignore[arg-type]  # it has one

        def bare_status() -> None:
            bare.get(f"{url}{path}", headers=headers).json()

        for name, one, other in (
            ("creation", lambda: client.submit(prompt="a cat"), bare_create),
            ("status query", lambda: client.status(task), bare_status),
        ):
            mine, theirs = [], []
            for _ in range(repeat):
                mine.append(_timed(one))
                theirs.append(_timed(other))
            with_client, without = _quiet(mine), _quiet(theirs)
            ratio = with_client / without
            times = f"{without * 1000:.2f} | {with_client * 1000:.2f} | {ratio:.2f}"
            print(f"| {vendor} | {name} | {times} |")


def _quiet(times: list[float]) -> float:
    """What the quietest fifth does not exceed: the machine has other work."""
    return statistics.quantiles(times, n=5)[0]


def _timed(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


# --- many at once


async def many(vendor: str, pictures: int) -> None:
    """All at once, on one client."""
    with served(vendor, "--speed", "10") as url:
        async with AsyncClient(
            vendor, api_key=KEY, base_url=url, sleep=lambda s: asyncio.sleep(s / 10)
        ) as client:
            await client.generate(prompt="warm")
            gc.collect()
            before, started = _peak_mb(), time.perf_counter()
            made = await asyncio.gather(
                *(client.generate(prompt=f"cat {n}") for n in range(pictures)),
                return_exceptions=True,
            )
            took = time.perf_counter() - started
            errors = [m for m in made if isinstance(m, BaseException)]
            ids = {m.task_id for m in made if not isinstance(m, BaseException)}
            print(
                f"{vendor}: {pictures} at once, {len(errors)} errors, {len(ids)} tasks,"
                f" {took:.1f} s, peak memory {before:.0f} -> {_peak_mb():.0f} MiB"
            )
            for error in errors[:3]:
                print(f"  {error!r}")


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# --- trouble


def faults(steps: int) -> None:
    """Random trouble until so many requests and waits have gone by; a broken promise ends it."""
    from tests.client.promises import called
    from tests.client.troubles import TROUBLES
    from tests.client.world import World

    listed, done, seed = sorted(TROUBLES), 0, 0
    ended: Counter[str] = Counter()
    started = time.perf_counter()
    while done < steps:
        for vendor in contract_names():
            rng = random.Random(f"{vendor} {seed}")
            shares = [0.0]

            def trouble(
                world: World, ask: Ask, rng: random.Random = rng, shares: list[float] = shares
            ) -> Answer | None:
                is_turn = rng.random() < shares[0]
                return TROUBLES[rng.choice(listed)](world, ask) if is_turn else None

            world = World(vendor, trouble=trouble, seed=seed)
            for _ in range(20):
                shares[0] = rng.choice([0.0, 0.1, 0.3, 0.6, 0.95])
                words = {"prompt": "a cat", "images": ["https://unreachable.invalid/x.png"]}
                words = words if rng.random() < 0.1 else {"prompt": "a cat"}
                call = called(world, rng.choice([5.0, 30.0, 120.0, 600.0]), words)
                ended[type(call.error).__name__ if call.error else "Result"] += 1
            done += world.steps
        seed += 1
    took = time.perf_counter() - started
    print(f"{done} steps, {sum(ended.values())} pictures asked for, {took:.1f} s")
    print(", ".join(f"{name} {count}" for name, count in ended.most_common()))


def main() -> None:
    found = argparse.ArgumentParser(description=__doc__)
    found.add_argument("what", choices=["overhead", "many", "faults"])
    found.add_argument("--vendors", nargs="*", default=["aigptimage", "apimart"])
    found.add_argument("--repeat", type=int, default=300)
    found.add_argument("--pictures", type=int, default=200)
    found.add_argument("--steps", type=int, default=10_000)
    given = found.parse_args()
    for vendor in given.vendors if given.what != "faults" else ():
        if given.what == "overhead":
            overhead(vendor, given.repeat)
        else:
            asyncio.run(many(vendor, given.pictures))
    if given.what == "faults":
        faults(given.steps)


if __name__ == "__main__":
    main()
