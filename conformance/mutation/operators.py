"""Which mutants does a contract have?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from conformance.contract.model import Contract
from conformance.mutation import callbacks, errors, promises, replies, requests, rules
from conformance.mutation.mutants import Mutant, Site, World
from conformance.mutation.permitted import permitted_mutants

__all__ = ["mutants_of"]

_OPERATORS: Mapping[str, Callable[[Site], Iterator[Mutant]]] = {
    "field": requests.field_mutants,
    "rule": rules.rule_mutants,
    "reply": replies.reply_mutants,
    "echo": replies.echo_mutants,
    "unit": replies.unit_mutants,
    "order": replies.order_mutants,
    "only": replies.only_mutants,
    "states": replies.states_mutants,
    "terminal": replies.terminal_mutants,
    "row": errors.row_mutants,
    "row-body": errors.body_mutants,
    "row-field": errors.field_mutants,
    "envelope": errors.envelope_mutants,
    "auth": promises.auth_mutants,
    "path": promises.path_mutants,
    "content-type": promises.content_type_mutants,
    "success": promises.success_mutants,
    "idempotency": promises.idempotency_mutants,
    "charge": promises.charge_mutants,
    "refund": promises.refund_mutants,
    "url": promises.url_mutants,
    "picture": promises.picture_mutants,
    "ratio": promises.ratio_mutants,
    "tier": promises.tier_mutants,
    "pixels": promises.pixels_mutants,
    "expiry": promises.expiry_mutants,
    "callback-sent": callbacks.sent_mutants,
    "callback-type": callbacks.type_mutants,
    "callback-signature": callbacks.signature_mutants,
    "callback-attempts": callbacks.attempts_mutants,
    "callback-acknowledged": callbacks.acknowledged_mutants,
    "callback-state": callbacks.state_mutants,
}
"""By the topic of a clause: how it can be broken."""


def mutants_of(contract: Contract) -> tuple[Mutant, ...]:
    """Every mutant of a contract, in the order of its clauses, the permitted ones last. Names are unique."""
    world = World(contract)
    found: dict[str, Mutant] = {}
    for mutant in _all(world):
        found.setdefault(mutant.name, mutant)
    return tuple(found.values())


def _all(world: World) -> Iterator[Mutant]:
    for site in world.sites():
        make = _OPERATORS.get(site.clause.topic)
        if make is not None:
            yield from make(site)
        if site.clause.topic == "reply" and site.clause.operation == "callback":
            yield from callbacks.other_end_mutants(site)
        if site.clause.id == world.answer:
            yield from requests.optional_mutants(site)
    yield from permitted_mutants(world)
