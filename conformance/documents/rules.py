"""Which contradictions can be found in a contract?"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from conformance.contract.model import Contract
from conformance.documents import fields, statuses, tables
from conformance.documents.contradictions import Contradiction

__all__ = ["RULES", "contradictions"]

RULES: tuple[Callable[[Contract], Iterator[Contradiction]], ...] = (
    tables.wrong_ratios,
    tables.upstream_arithmetic,
    tables.falling_sizes,
    tables.falling_prices,
    fields.wider_than_prose,
    fields.defaults_outside,
    fields.defaults_that_break_rules,
    fields.spellings,
    fields.missing_values,
    statuses.untabled,
    statuses.one_table_only,
    statuses.missing_states,
)


def contradictions(contract: Contract) -> tuple[Contradiction, ...]:
    """Everything that the contract shows to be contradicted, each once, rule by rule."""
    found: dict[str, Contradiction] = {}
    for rule in RULES:
        for each in rule(contract):
            found.setdefault(each.name, each)
    return tuple(found.values())
