"""Run the whole check against a hand-written server in this process, on a virtual clock: nobody waits."""

from __future__ import annotations

from functools import cache

from conformance.contract.loading import load_contract
from conformance.contract.model import Contract
from conformance.results.outcome import RunResult, Target
from conformance.run.check import run_check
from conformance.run.options import RunOptions
from conformance.run.targets import Endpoint
from conformance.simulator.clock import VirtualClock
from conformance.wire.exchange import Request
from conformance.wire.receiver import DirectReceiver
from conformance.wire.transports import AsgiTransport
from tests.hand.calling import Calling
from tests.hand.web import HandServer

__all__ = ["accused", "check_server", "contract_of", "unsettled"]


@cache
def contract_of(vendor: str) -> Contract:
    """The contract of a vendor, loaded once for all tests."""
    return load_contract(vendor)


def check_server(
    vendor: str,
    server: HandServer,
    *,
    loopback: bool = True,
    assured: bool = True,
    **options: object,
) -> RunResult:
    """
    Hold a server against a vendor's contract, as `--base-url` would.

    Args:
        assured: Callbacks go to an address that the user vouches for, as `--callback-url` does.
    """
    clock, receiver = VirtualClock(), DirectReceiver()
    receiver.assured = assured
    if isinstance(server, Calling):
        server.later = lambda seconds, do: clock.call_at(clock.now() + seconds, do)
        server.post = lambda method, url, headers, body: receiver.deliver(
            Request(method=method, url=url, headers=tuple(headers.items()), body=body)
        )
    endpoint = Endpoint(
        target=Target(kind="url", base_url="http://127.0.0.1:9", loopback=loopback),
        transport=AsgiTransport(server, clock.now),
        clock=clock,
        base_url="http://127.0.0.1:9",
        key="test-key",
        sequential=True,
        receiver=receiver,
    )
    return run_check(contract_of(vendor), endpoint, RunOptions(**options))  # type: ignore[arg-type]  # from tests only


def accused(result: RunResult) -> dict[str, str]:
    """The clauses that were found violated, each with what was said."""
    return {v.clause: v.message for v in result.verdicts if v.verdict == "violates"}


def unsettled(result: RunResult) -> dict[str, str]:
    """The clauses that stayed inconclusive, each with the reason."""
    return {v.clause: v.reason for v in result.verdicts if v.verdict == "inconclusive"}
