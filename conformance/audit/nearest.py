"""Which permitted request is nearest to one that breaks the contract?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from conformance.client.nearest import fixes
from conformance.client.speaking import Speaker
from conformance.compilers.validating import CompiledContract
from conformance.compilers.violation import Violation
from conformance.contract.model import ABSENT, Contract
from conformance.contract.paths import find
from conformance.contract.resolution import fields_for, settle
from conformance.wire.exchange import Exchange, parse_json

__all__ = ["permitted"]


def permitted(contract: Contract, exchange: Exchange, violation: Violation) -> str:
    """`; permitted: ...`: what would make the creation a permitted one, in the vendor's own words; or nothing."""
    if exchange.phase != "create":
        return ""
    try:
        body = parse_json(exchange.request.body)
    except ValueError:
        return ""
    settled = settle(contract, dict(exchange.facts.get("dialect", {})))
    compiled = CompiledContract(settled)
    create = settled.operation("create")
    if create is None or not isinstance(body, dict):
        return ""
    named = next((f for f in create.fields if f.role == "model" and f.model is None), None)
    if named is not None and violation.path == named.path and settled.models:
        return f"; permitted: {named.path} {', '.join(settled.models)}"
    model = compiled.model_of(create, body)
    speaker = Speaker.of(compiled, create, model, {})
    fields = fields_for(create, model)
    said = {
        p: find(body, p)[0] for p, f in fields.items() if f.location == "body" and find(body, p)
    }
    # An object is said by the fields in it.
    said = {p: v for p, v in said.items() if not any(o.startswith(f"{p}.") for o in said)}

    def violations(changed: Mapping[str, Any]) -> Sequence[Violation]:
        return speaker.violations(changed, {})

    found = violations(said)
    if not any(v.path == violation.path and v.keyword == violation.keyword for v in found):
        return ""
    changes, alone = fixes(speaker, said, found, violations)
    if not changes:
        return ""
    joined = ", or ".join(map(_shown, changes)) if alone else " and ".join(map(_shown, changes))
    return f"; permitted: {joined}"


def _shown(change: Any) -> str:
    """A change, in the vendor's words: its client has no others."""
    given = [value for value in change.values if value is not ABSENT]
    return str(change).replace(change.word, change.path, 1) if given else f"no {change.path}"
