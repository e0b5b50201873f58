"""Audits of clients that are functions: started in this process, which costs nothing, and judged like programs."""

from __future__ import annotations

import asyncio
import contextlib
import io
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import conformance
from conformance.audit.auditing import Auditor
from conformance.audit.program import Ended
from conformance.audit.scenarios import chosen
from conformance.contract.loading import load_contract
from conformance.contract.model import Contract
from conformance.errors import ConformanceError
from conformance.results.audits import AuditResult

SPEED = 100.0

loaded = cache(load_contract)


class Here:
    """What a client is told about the world."""

    def __init__(self, contract: Contract, environment: Mapping[str, str]) -> None:
        self.contract = contract
        self.base_url = environment["CONFORMANCE_BASE_URL"]
        self.key = environment[contract.key_variable]
        self.speed = float(environment["CONFORMANCE_SPEED"])

    def now(self) -> float:
        return time.monotonic() * self.speed

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self.speed)


Client = Callable[[Here], int]


def audited(
    vendor: str, client: Client, faults: str = "none", *, speed: float = SPEED, **options: Any
) -> AuditResult:
    """The audit of a client that is a function and gives its exit code."""
    contract = loaded(vendor)

    def run(command: Sequence[str], *, environment: Mapping[str, str], **_: Any) -> Ended:
        started_s = time.monotonic()
        written = io.StringIO()
        with contextlib.redirect_stderr(written):
            code = client(Here(contract, environment))
        seconds = time.monotonic() - started_s
        return Ended(exit=code, how="exit", seconds=seconds, output="", output_bytes=0)

    auditor = Auditor(
        contract,
        ["a client"],
        scenarios=chosen(faults.split(",")),
        speed=speed,
        waits=speed,
        run=run,
        **options,
    )
    return auditor.audit()


def accused(result: AuditResult) -> dict[str, str]:
    """What is violated, without the vendor's name, and what the message says."""
    prefix = f"{result.contract.vendor}."
    return {
        name.removeprefix(prefix): verdict.message
        for name, verdict in result.verdicts.items()
        if verdict.verdict == "violates"
    }


def kept(result: AuditResult) -> set[str]:
    """What conforms, without the vendor's name."""
    prefix = f"{result.contract.vendor}."
    return {n.removeprefix(prefix) for n, v in result.verdicts.items() if v.verdict == "conforms"}


def reference_async(here: Here) -> int:
    """The same for code with `await`."""

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(seconds / here.speed)

    async def ask() -> None:
        client = conformance.AsyncClient(
            here.contract, api_key=here.key, base_url=here.base_url, clock=here.now, sleep=sleep
        )
        async with client:
            await client.generate(prompt="a lighthouse at dusk")

    try:
        asyncio.run(ask())
    except ConformanceError:
        return 1
    return 0


def reference(here: Here) -> int:
    """The client of this package, at the speed that it is told."""
    client = conformance.Client(
        here.contract,
        api_key=here.key,
        base_url=here.base_url,
        clock=here.now,
        sleep=here.sleep,
    )
    with client:
        try:
            result = client.generate(prompt="a lighthouse at dusk")
            for url in result.urls:
                client._driven(client._talk.fetch(url, result.task_id, None, 10_000_000))
        except ConformanceError:
            return 1
    return 0
