"""Desks of the contracts that tests share, and an independent opinion about what is planned on them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import product
from typing import Any

from conformance.compilers.validating import compiled
from conformance.compilers.violation import Violation
from conformance.contract.clauses import clauses_by_id
from conformance.contract.model import ABSENT, Contract
from conformance.contract.resolution import settle
from conformance.planning.features import Features
from conformance.planning.images import DEFAULT_IMAGES, Images
from conformance.planning.plan import make_plan
from conformance.planning.requests import Desk
from conformance.results.cases import Case, Plan, Send
from tests.contract.toys import named

__all__ = [
    "broken_by",
    "cached_desk",
    "desk_of",
    "dialects",
    "maker_of",
    "plan_of",
    "plans_of",
    "violations",
]


def desk_of(contract: Contract, images: Images = DEFAULT_IMAGES, carrier: int = 0) -> Desk:
    """The desk on which a contract is planned, in its first dialect."""
    return Desk(settle(contract, {}), images, carrier, whole=contract)


@cache
def cached_desk(name: str, images: Images = DEFAULT_IMAGES, carrier: int = 0) -> Desk:
    """The desk of a vendor or a toy."""
    return desk_of(named(name), images, carrier)


def maker_of(desk: Desk) -> Features:
    """What makes the features of a desk, with nothing made yet."""
    return Features(desk, clauses_by_id(desk.whole))


@cache
def plan_of(name: str, carrier: int = 0, images: Images = DEFAULT_IMAGES, only: str = "") -> Plan:
    """The plan for a vendor or a toy."""
    return make_plan(named(name), carrier=carrier, images=images, only=only)


@cache
def plans_of(name: str, carrier: int = 0, images: Images = DEFAULT_IMAGES) -> list[Plan]:
    """The plans for a vendor or a toy, in every dialect that a run might speak."""
    return [
        make_plan(named(name), carrier=carrier, images=images, dialect=dialect)
        if dialect
        else plan_of(name, carrier, images)
        for dialect in (dialects(named(name), carrier) if images.reference else [{}])
    ]


def dialects(contract: Contract, carrier: int = 0) -> list[dict[str, str]]:
    """
    Every way to settle the disputes about what is sent; the others do not change a plan.

    As in a run, only the first carrier is tried in other dialects than the first.
    """
    create = contract.operation("create")
    named_in = {f.dispute.dispute for f in create.fields if f.dispute} if create else set()
    asked = [d for d in contract.disputes if d.name in named_in]
    ways = product(*([a.name for a in d.alternatives] for d in asked))
    found = [dict(zip([d.name for d in asked], way, strict=True)) for way in ways]
    return found if carrier == 0 else found[:1]


@cache
def _settled(contract_id: int, dialect: tuple[tuple[str, str], ...]) -> Contract:
    return settle(_known[contract_id], dict(dialect))


_known: dict[int, Contract] = {}


def violations(
    contract: Contract, send: Send, dialect: Mapping[str, str] | None = None
) -> tuple[Violation, ...]:
    """What a creation breaks, says the compiled JSON Schema, which planning does not know."""
    _known[id(contract)] = contract
    settled = _settled(id(contract), tuple(sorted((dialect or {}).items())))
    create = settled.operation("create")
    assert create is not None
    body = ABSENT if send.body is None else send.body
    return compiled(settled).violations(create, body, query=send.query, headers=send.headers)


def broken_by(contract: Contract, case: Case, dialect: Mapping[str, str] | None = None) -> set[str]:
    """The same, as the last part of a clause's id: `path.keyword`, or `rule.name`."""
    return {
        f"rule.{v.rule}" if v.rule else f"{v.path}.{_KEYWORDS.get(v.keyword, v.keyword)}"
        for v in violations(contract, case.send, dialect)
    }


_KEYWORDS: dict[str, Any] = {"const": "enum", "pattern": "format"}
"""What a clause calls by another name than JSON Schema."""
