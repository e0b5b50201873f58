"""What can a program do with a vendor's contract? These functions are `import conformance`."""

from __future__ import annotations

import os
from pathlib import Path

from conformance.contract.loading import load_contract
from conformance.contract.model import Contract
from conformance.errors import UsageError
from conformance.planning.plan import make_plan
from conformance.results.cases import Plan
from conformance.results.events import OnEvent
from conformance.results.outcome import RunResult
from conformance.results.record import Record
from conformance.run.check import rejudge, run_check
from conformance.run.journal import read_record
from conformance.run.options import RunOptions
from conformance.run.targets import embedded_target, url_target

__all__ = ["check", "judge", "load", "plan"]


def load(vendor: str | Path | Contract) -> Contract:
    """
    The contract of a vendor: by its name, or from a file. One that is loaded is given back.

    Raises:
        UsageError: No such vendor and no such file; names the nearest vendor.
        ContractInvalid: The file is not a contract; says where and what was expected.
    """
    return vendor if isinstance(vendor, Contract) else load_contract(vendor)


def plan(
    vendor: str | Path | Contract,
    *,
    strength: int = 1,
    max_billed: int | None = None,
    only: str = "",
    seed: int = 0,
) -> Plan:
    """
    What a check would send, what each case proves and costs. Sends nothing.

    Args:
        strength: How many values are tried together: 1, 2 or 3.
        max_billed: So many paid creations will be sent: those that show most come first.
        only: Globs over clause ids, with commas between them.
    """
    return make_plan(load(vendor), strength=strength, max_billed=max_billed, only=only, seed=seed)


def check(
    vendor: str | Path | Contract,
    *,
    base_url: str = "",
    key: str = "",
    options: RunOptions | None = None,
    on_event: OnEvent | None = None,
) -> RunResult:
    """
    Hold a server against a contract; without a base URL a simulator in this process, and nobody is contacted.

    Args:
        key: The server's; else what the vendor's variable holds.
        options: How to ask. With `output` the record is a file, else it is in memory alone. A server that is not on
            this machine costs money, and takes a cap (`max_billed` or `budget`).
        on_event: Hears how far the run is.

    Raises:
        UsageError: There is no key, or no cap; nothing was sent.
        TargetUnusable: Nothing can be judged.
        ConformanceError: The record cannot be written any further.
    """
    contract, options = load(vendor), options or RunOptions()
    key = key or os.environ.get(contract.key_variable, "")
    if not base_url:
        target = embedded_target(contract, key=key or "test-key")
        return run_check(contract, target, options, on_event=on_event)
    if not key:
        raise UsageError(
            f"{contract.key_variable} is not set: give the key of {contract.vendor} as `key`, or in it"
        )
    target = url_target(base_url, key)
    if not target.target.loopback and options.max_billed is None and options.budget is None:
        raise UsageError(
            f"{base_url} is not this machine, so this can cost money: cap it with"
            " RunOptions(max_billed=...) or RunOptions(budget=...)"
        )
    return run_check(contract, target, options, on_event=on_event)


def judge(record: str | Path | Record, contract: str | Path | Contract | None = None) -> RunResult:
    """
    What a record amounts to. Nothing is sent, and the same record gives the same result.

    Args:
        contract: By which to judge; else today's contract of the record's vendor.

    Raises:
        RecordInvalid: It is none, or damaged.
        UsageError: There is no such contract any more.
    """
    read = record if isinstance(record, Record) else read_record(Path(record))
    return rejudge(read, None if contract is None else load(contract))
