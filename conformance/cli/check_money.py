"""What can a check cost at worst, and may that be spent?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.cli.output import say
from conformance.errors import UsageError

if TYPE_CHECKING:
    from conformance.contract.model import Contract
    from conformance.results.cases import Cost, Plan
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
    asked: Sequence[tuple[Contract, Endpoint, RunOptions]],
    arguments: argparse.Namespace,
    *,
    spent: str = "",
    planner: Callable[..., Plan] | None = None,
) -> None:
    """
    Show what the run is expected to cost, and what at worst, and ask once for all targets that may be vendors.

    Args:
        spent: What an earlier part of the run has spent already.
        planner: In place of `make_plan`, where something else than a check is sent.

    Raises:
        UsageError: Nobody is there to be asked, or the answer is no.
    """
    costs_money = False
    for contract, endpoint, options in asked:
        if endpoint.target.loopback:
            continue
        expected, worst, creations = _costs(contract, endpoint, options, planner)
        costs_money = costs_money or creations > 0
        capped = options.max_billed is not None or options.budget is not None
        limit = "" if capped else " Only --max-billed and --budget are hard limits."
        say(
            f"{endpoint.target.base_url} is not this machine, so this can cost money{spent}: expected"
            f" {expected}; if every request that must be refused is accepted and charged, at worst"
            f" {worst}.{limit}"
        )
    if not costs_money or arguments.yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("nothing was sent: give --yes to spend that, or --max-billed to cap it")
    print("Send the requests? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UsageError("nothing was sent: the answer was not yes")


def _costs(
    contract: Contract,
    endpoint: Endpoint,
    options: RunOptions,
    planner: Callable[..., Plan] | None,
) -> tuple[str, str, int]:
    """What is expected and what may come at worst, in words; and how many creations that are."""
    from conformance.planning.plan import make_plan
    from conformance.reporting.plan_view import expected_case, worst_case
    from conformance.run.check import images_for

    plan = (planner or make_plan)(
        contract,
        strength=options.strength,
        seed=options.seed,
        images=images_for(endpoint, options),
        max_billed=options.max_billed,
        by_cost=options.budget is not None,
        only=options.only,
        callbacks="sure" if endpoint.receiver is not None else "",
    )
    plan = replace(plan, cases=plan.cases * options.repeat)
    creations, cost = worst_case(
        plan, contract, max_billed=options.max_billed, explore=options.explore + options.fuzz
    )
    expected = expected_case(plan, contract, max_billed=options.max_billed)
    return _words(*expected, options.budget), _words(creations, cost, options.budget), creations


def _words(creations: int, cost: Cost, budget: float | None) -> str:
    from conformance.reporting.text import amount, plural

    capped = cost.amount if budget is None else min(cost.amount, budget)
    price = amount(capped, cost.unit) if cost.unit else "at a price that is not documented"
    return f"{plural(creations, 'paid creation')}, {price}"
