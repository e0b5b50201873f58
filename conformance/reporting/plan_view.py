"""What would a run send, what would it prove, and what would it cost?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from conformance.contract.model import Contract
from conformance.reporting.obligations import as_word, by_clause
from conformance.reporting.summary import cost_json
from conformance.reporting.text import BLANK, Line, Span, amount, line, plural
from conformance.results.cases import Case, Cost, Plan, Witness

__all__ = ["expected_case", "plan_cost", "plan_json", "plan_lines", "worst_case"]


def plan_cost(plan: Plan, contract: Contract) -> Cost:
    """What the expected creations of a plan cost, in the contract's unit."""
    return Cost(amount=sum(case.cost.amount for case in plan.cases), unit=contract.charging.unit)


def worst_case(
    plan: Plan, contract: Contract, *, max_billed: int | None = None, explore: int = 0
) -> tuple[int, Cost]:
    """
    Creations and cost if the vendor wrongly accepts and charges every creation; a cap takes the dearest of them.

    Args:
        explore: How many further requests are generated, each as dear as any; without a cap none of them is paid for.
    """
    amounts = sorted(
        (_worst(case) for case in plan.cases if case.operation == "create"), reverse=True
    )
    if max_billed is not None:
        amounts = [*amounts[:1] * (max_billed if explore else 0), *amounts][:max_billed]
    return len(amounts), Cost(amount=sum(amounts), unit=contract.charging.unit)


def expected_case(
    plan: Plan, contract: Contract, *, max_billed: int | None = None
) -> tuple[int, Cost]:
    """Creations and cost if the vendor does as it documents; of a capped plan, what comes first."""
    left = plan.billed if max_billed is None else max_billed
    spent = 0.0
    creations = 0
    for case in plan.cases:
        if case.billed <= left:
            left -= case.billed
            creations += case.billed
            spent += case.cost.amount if case.billed else 0.0
    return creations, Cost(amount=spent, unit=contract.charging.unit)


def _worst(case: Case) -> float:
    return max(case.worst_cost.amount, case.cost.amount)


def plan_json(plan: Plan, contract: Contract, *, max_billed: int | None = None) -> dict[str, Any]:
    """What `plan --json` writes; its schema is `schemas/plan.schema.json`."""
    dropped = {} if max_billed is None else {"given_up": [*map(as_word, plan.beyond(max_billed))]}
    return {
        "vendor": plan.vendor,
        "strength": plan.strength,
        "cases": [
            {
                "id": case.id,
                "operation": case.operation,
                "expect": case.expect,
                "witnesses": [as_word(w) for w in (*case.witnesses, *_others(case))],
                "billed": case.billed,
            }
            for case in plan.cases
        ],
        "requests": len(plan.cases),
        "billed": plan.billed,
        "lower_bound": plan.lower_bound,
        "cost": cost_json(plan_cost(plan, contract)),
        **dropped,
    }


def _others(case: Case) -> list[Witness]:
    """The combinations that a case shows, but for those that are obligations of their own anyway."""
    return [w for w in case.combinations if w not in case.witnesses]


def plan_lines(plan: Plan, contract: Contract, *, max_billed: int | None = None) -> list[Line]:
    """The totals, the cases in order, what a cap gives up, and what no case tries."""
    dropped = [] if max_billed is None else _given_up(plan, max_billed)
    return [*_totals(plan, contract), BLANK, *_cases(plan), *dropped, *_unplanned(plan)]


def _given_up(plan: Plan, max_billed: int) -> list[Line]:
    """What is not shown by the first so many paid creations, which show most."""
    lost = plan.beyond(max_billed)
    every = {w for case in plan.cases for w in (*case.witnesses, *case.combinations)}
    if not lost:
        return [BLANK, line(f"{plural(max_billed, 'paid creation')} show everything")]
    return [
        BLANK,
        line(
            Span(
                f"{plural(max_billed, 'paid creation')} show {len(every) - len(lost)} of {len(every)}",
                "bold",
            ),
            " obligations; given up are",
        ),
        line(_proved(lost, plan.vendor), indent=2, hang=2),
    ]


def _totals(plan: Plan, contract: Contract) -> Iterator[Line]:
    cost = plan_cost(plan, contract)
    creations, worst = worst_case(plan, contract)
    yield line(
        Span(plan.vendor, "bold"),
        f": {plural(len(plan.cases), 'case')} at strength {plan.strength}; nothing was sent",
    )
    yield line(
        f"requests     {len(plan.cases)}, polls and downloads not counted", indent=2, hang=13
    )
    yield line(
        f"billed       {plural(plan.billed, 'creation')}, and no plan does it with fewer than {plan.lower_bound}",
        indent=2,
        hang=13,
    )
    combined = {w for case in plan.cases for w in case.combinations}
    if combined:
        yield line(
            f"combined     {plural(len(combined), 'combination')} of {plan.strength} values, each in one creation at"
            " least",
            indent=2,
            hang=13,
        )
    yield line(f"cost         {amount(cost.amount, cost.unit)}", indent=2, hang=13)
    yield line(
        f"at worst     {plural(creations, 'creation')}, {amount(worst.amount, worst.unit)}: if every request that must"
        " be refused is accepted and charged, and --max-billed sets no cap",
        indent=2,
        hang=13,
    )
    chosen = ", ".join(f"{dispute}={alternative}" for dispute, alternative in plan.dialect.items())
    if chosen:
        yield line(f"disputes     {chosen}", indent=2, hang=13)


def _cases(plan: Plan) -> Iterator[Line]:
    margin = len(str(len(plan.cases))) + 2
    for number, case in enumerate(plan.cases, start=1):
        yield line(f"{number:{margin - 2}}. ", Span(case.id, "bold"), whole=True)
        yield line(f"{_asked(case)}: {case.title}", indent=margin, hang=7)
        proved = _proved(case.witnesses, plan.vendor)
        others = len(_others(case))
        more = f", and {plural(others, 'combination')} of {plan.strength} values" if others else ""
        yield line(Span(f"proves {proved}{more}", "dim"), indent=margin, hang=7)


def _asked(case: Case) -> str:
    price = f", {plural(case.billed, 'billed creation')}" if case.billed else ", free"
    cost = (
        f" of {amount(case.cost.amount, case.cost.unit)}" if case.billed and case.cost.unit else ""
    )
    return f"{case.operation}, expected: {case.expect}{price}{cost}"


def _proved(witnesses: Sequence[Witness], vendor: str) -> str:
    return ", ".join(by_clause(witnesses, vendor)) or "nothing by itself: other cases need it"


def _unplanned(plan: Plan) -> Iterator[Line]:
    if not plan.unplanned:
        return
    yield BLANK
    yield line(Span(f"No case tries {plural(len(plan.unplanned), 'clause')}", "bold"))
    for reason, number in Counter(plan.unplanned.values()).most_common():
        yield line(f"{number:4}  {reason}", indent=2, hang=6)
