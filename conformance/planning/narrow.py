"""Which further requests tell what a refused request was refused for?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from conformance.contract.model import ABSENT, Contract
from conformance.contract.resolution import settle
from conformance.planning.images import DEFAULT_IMAGES, Images
from conformance.planning.packing import clash
from conformance.planning.plan import positive_case
from conformance.planning.requests import Desk
from conformance.results.cases import Case, Feature, Plan

__all__ = ["narrow"]


def narrow(
    contract: Contract,
    plan: Plan,
    case: Case,
    suspects: Sequence[Feature],
    *,
    images: Images = DEFAULT_IMAGES,
    carrier: int = 0,
    supplied: Mapping[str, Mapping[str, Any]] | None = None,
    permits: Callable[[Case, Mapping[str, Any]], bool] | None = None,
) -> tuple[Case, ...]:
    """
    The case asked again in halves: each half of the suspects with all the rest put back to carriers.

    Features that pin the same fields to the same values cannot be told apart and stay together. Empty when there
    is nothing to split: one suspect, and the request already carries nothing else.

    Args:
        permits: Whether the documents surely permit a request in place of the case.
    """
    groups = _groups(suspects)
    desk = Desk(settle(contract, plan.dialect), images, carrier, supplied=supplied)
    widest = [g for g in groups if not any(_within(g[0], other[0]) for other in groups)]
    if len(widest) > 1:
        parts = [widest[: len(widest) // 2], widest[len(widest) // 2 :]]
    else:
        # `16:9 with 2K` alone is left: without everything else, and `16:9` without 2K.
        parts = [widest, *([g] for g in groups if g not in widest)] if widest else []
    found: list[Case] = []
    while parts:
        part = parts.pop(0)
        made = _part(desk, case, groups, part, len(found) + 1)
        if made is not None and (permits is None or permits(case, made.assignment)):
            found.append(made)
        elif len(part) > 1:
            # Rules bring back what was left out, so that this half is the old request: ask about less.
            parts[:0] = [part[: len(part) // 2], part[len(part) // 2 :]]
    return tuple(found)


def _groups(features: Sequence[Feature]) -> list[list[Feature]]:
    groups: list[list[Feature]] = []
    for feature in features:
        home = next((g for g in groups if _same_pins(g[0], feature)), None)
        if home is None:
            groups.append([feature])
        else:
            home.append(feature)
    return groups


def _same_pins(one: Feature, other: Feature) -> bool:
    return one.pins.keys() == other.pins.keys() and not clash(one.pins, other.pins)


def _within(one: Feature, other: Feature) -> bool:
    """Whether a request that carries the other feature carries this one anyway."""
    return (
        len(one.pins) < len(other.pins)
        and one.pins.keys() <= other.pins.keys()
        and not clash(one.pins, other.pins)
    )


def _part(
    desk: Desk,
    case: Case,
    groups: Sequence[list[Feature]],
    part: Sequence[list[Feature]],
    number: int,
) -> Case | None:
    """The request that carries some groups, and whatever they carry with them; None if it is the old one."""
    carried = [g for g in groups if any(g is mine or _within(g[0], mine[0]) for mine in part)]
    features = [f for g in carried for f in g]
    pins = {p: v for f in features for p, v in f.pins.items()}
    request = desk.completed(case.model, desk.carrier(case.model), pins)
    if request is None or {p: v for p, v in request.items() if v is not ABSENT} == dict(
        case.assignment
    ):
        return None
    made = positive_case(
        desk, case.model, request, tuple(features), f"{case.id}/{number}", f"narrows down {case.id}"
    )
    return replace(made, parent=case.id)
