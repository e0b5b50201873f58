"""
A clause conforms only when each of its obligations was tried, or says how many were.

What a clause obliges to is told here from the contract alone, without the planner's help: each value of an enum, each
documented form and media type, both sides of a limit, one combination on each side of a rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from conformance.contract.clauses import LIMITS, Clause, derive_clauses, shown
from conformance.contract.loading import contract_names
from conformance.contract.model import ABSENT, Contract, Field
from conformance.results.cases import Case, Feature
from conformance.results.outcome import RunResult
from conformance.run.check import run_check
from conformance.run.options import RunOptions
from conformance.run.targets import embedded_target
from conformance.simulator.choices import derive_choices
from tests.hand.checking import contract_of

Tries = frozenset[str]
"""Words for what would witness one obligation; any of them will do."""


def obligations(contract: Contract, clause: Clause, follows: str) -> Iterator[Tries]:
    """What must have been tried before a clause on the request conforms."""
    part = next((p.thing for p in clause.parts if p.alternative == follows), clause.thing)
    if clause.topic == "rule":
        sides = ("permits",) if clause.dispute else ("permits", "refuses")
        yield from (frozenset((side,)) for side in sides)
    elif clause.topic == "auth" and clause.id.endswith(
        tuple(f".{s.name}" for s in contract.auth[1:])
    ):
        yield frozenset(
            ("accepted",)
        )  # of several ways to present the key the first is tried wholly
    elif clause.topic == "auth":
        yield from (frozenset((f"{key} key",)) for key in ("missing", "wrong"))
    elif clause.topic == "pixels":
        yield frozenset(("",))
    elif clause.topic == "field" and not (part.passthrough or part.ignored):
        yield from (frozenset((word,)) for word in _of_field(part, clause))


def _carries(case: Case, feature: Feature) -> bool:
    given = (case.assignment.get(path, ABSENT) for path in feature.pins)
    return case.breaks is None and list(given) == list(feature.pins.values())


def _of_field(field: Field, clause: Clause) -> Iterator[str]:
    keyword = clause.keyword
    agreed = not clause.dispute  # what pages disagree about is never sent as forbidden
    if keyword == "enum":
        yield from map(shown, field.schema.get("enum", (field.schema.get("const"),)))
    if keyword in ("enum", "format") and field.exhaustive and agreed:
        yield "refuses anything else"
    if keyword == "items" and field.exhaustive and agreed:
        plain = set(field.schema["items"]) == {"type"}
        yield 'refuses elements {"unexpected": true}' if plain else "refuses anything else"
    if keyword == "also":
        yield from map(shown, field.also["examples"])
    if keyword in LIMITS:
        limit, step = field.schema[keyword], 1 if keyword.startswith("max") else -1
        yield f"accepts {limit}"
        if agreed and not (keyword.startswith("min") and keyword != "minimum" and limit <= 0):
            yield f"refuses {limit + step}"
    if keyword == "accepts" and clause.operation == "upload":
        yield from (f"accepts {kind}" for kind in field.accepts)
    if keyword == "required" and agreed:
        yield "refuses its absence"


def unsaid(result: RunResult) -> dict[str, list[str]]:
    """The clauses that conform without a word about an obligation that nothing tried."""
    clauses = {c.id: c for c in derive_clauses(result.contract)}
    tried: dict[str, set[str]] = {}
    names = {e.case for e in result.exchanges.values()}
    sent = [c for c in result.cases if c.id in names]
    # What one case was planned to show, another may have carried by chance.
    carried = [
        f.witness for c in result.cases for f in c.features if any(_carries(s, f) for s in sent)
    ]
    for case in sent:
        for witness in (*case.witnesses, *carried):
            # Of a rule one combination on each side will do.
            words = witness.value if clauses[witness.clause].topic != "rule" else witness.value[:7]
            tried.setdefault(witness.clause, set()).add(words.partition(" with ")[0])
    found = {}
    for verdict in result.verdicts:
        clause = clauses[verdict.clause]
        if verdict.verdict != "conforms" or re.search(r"\d+ of \d+ tried", verdict.message):
            continue
        words = tried.get(clause.id, set())
        missing = [
            min(tries)
            for tries in obligations(result.contract, clause, verdict.follows)
            if not tries & words
        ]
        if missing:
            found[clause.id] = missing
    return found


@pytest.mark.parametrize("strength", [1, 2])
@pytest.mark.parametrize("vendor", contract_names())
def test_what_conforms_was_tried_whole(vendor: str, strength: int) -> None:
    contract = contract_of(vendor)
    result = run_check(contract, embedded_target(contract), RunOptions(strength=strength))
    assert unsaid(result) == {}


def _dialects() -> list[tuple[str, dict[str, str]]]:
    found = []
    for vendor in contract_names():
        names = {d.name for d in contract_of(vendor).disputes}
        for choice in (c for c in derive_choices(contract_of(vendor)) if c.name in names):
            found += [(vendor, {choice.name: one}) for one in choice.alternatives]
    return found


@pytest.mark.parametrize(("vendor", "choices"), _dialects(), ids=str)
def test_so_it_is_whichever_page_a_vendor_follows(vendor: str, choices: dict[str, str]) -> None:
    contract = contract_of(vendor)
    assert unsaid(run_check(contract, embedded_target(contract, choices=choices))) == {}


@pytest.mark.parametrize("cap", [1, 3, 8])
@pytest.mark.parametrize("vendor", contract_names())
def test_so_it_is_under_a_cap(vendor: str, cap: int) -> None:
    contract = contract_of(vendor)
    result = run_check(contract, embedded_target(contract), RunOptions(max_billed=cap))
    assert unsaid(result) == {}
