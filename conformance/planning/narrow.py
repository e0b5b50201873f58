"""Which further requests tell what a refused request was refused for?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from conformance.contract.model import Contract
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
) -> tuple[Case, ...]:
    """
    The case asked again in halves: each half of the suspects with all the rest put back to carriers.

    Features that pin the same fields to the same values cannot be told apart and stay together. Empty when there
    is nothing to split: one suspect, and the request already carries nothing else.
    """
    groups = _groups(suspects)
    if not groups:
        return ()
    desk = Desk(settle(contract, plan.dialect), images, carrier)
    alone = len(groups) == 1
    if alone and len(_groups(case.features)) == 1:
        return ()
    halves = [groups] if alone else [groups[: len(groups) // 2], groups[len(groups) // 2 :]]
    found = [_half(desk, case, [f for group in half for f in group], n) for n, half in enumerate(halves, 1)]
    return tuple(c for c in found if c is not None)


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


def _half(desk: Desk, case: Case, features: list[Feature], number: int) -> Case | None:
    pins = {p: v for f in features for p, v in f.pins.items()}
    request = desk.completed(case.model, desk.carrier(case.model), pins)
    if request is None or {p: v for p, v in request.items() if p in case.assignment} == case.assignment:
        return None
    made = positive_case(
        desk, case.model, request, tuple(features), f"{case.id}/{number}", f"narrows down {case.id}"
    )
    return replace(made, parent=case.id)
