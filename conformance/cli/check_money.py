"""What can a check cost at worst, and may that be spent?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.cli.output import say
from conformance.errors import UsageError

if TYPE_CHECKING:
    from conformance.contract.model import Contract
    from conformance.run.options import RunOptions
    from conformance.run.targets import Endpoint

__all__ = ["check_budget", "get_consent"]


def check_budget(contracts: Sequence[Contract], budget: float | None) -> None:
    """
    Refuse a budget that nothing can be held against.

    Raises:
        UsageError: A contract has no prices.
    """
    for contract in contracts if budget is not None else ():
        if not contract.charging.cells:
            raise UsageError(
                f"--budget cannot be kept for {contract.vendor}, whose documents name no price; cap the number of"
                " paid creations with --max-billed"
            )


def get_consent(
    contract: Contract, endpoint: Endpoint, options: RunOptions, arguments: argparse.Namespace
) -> None:
    """
    Show what the run can cost at worst and ask, where the target may be a vendor.

    Raises:
        UsageError: Nobody is there to be asked, or the answer is no.
    """
    if endpoint.target.loopback:
        return
    worst = _worst_case(contract, endpoint, options)
    base_url = endpoint.target.base_url
    capped = options.max_billed is not None or options.budget is not None
    limit = "" if capped else " Only --max-billed and --budget are hard limits."
    say(f"{base_url} is not this machine, so this can cost money: at worst {worst}.{limit}")
    if arguments.yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("nothing was sent: give --yes to spend that, or --max-billed to cap it")
    print("Send the requests? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UsageError("nothing was sent: the answer was not yes")


def _worst_case(contract: Contract, endpoint: Endpoint, options: RunOptions) -> str:
    from conformance.planning.plan import make_plan
    from conformance.reporting.plan_view import worst_case
    from conformance.reporting.text import amount, plural
    from conformance.run.check import images_for

    images = images_for(endpoint, options)
    plan = make_plan(
        contract,
        strength=options.strength,
        images=images,
        only=options.only,
        callbacks="sure" if endpoint.receiver is not None else "",
    )
    creations, cost = worst_case(
        plan, contract, max_billed=options.max_billed, explore=options.explore
    )
    if options.budget is not None:
        cost = replace(cost, amount=min(cost.amount, options.budget))
    price = amount(cost.amount, cost.unit) if cost.unit else "at a price that is not documented"
    return f"{plural(creations, 'paid creation')}, {price}"
