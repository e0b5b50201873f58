"""Which deviations let requests through, or turn them away, against the documents?"""

# ruff: noqa: ARG002, FBT001  # a hook gets the value and the moment, whether it needs them or not

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from conformance.compilers.violation import Violation
from conformance.contract.model import Contract, Field
from conformance.contract.paths import find
from conformance.errors import UsageError
from conformance.simulator.charges import amount_of, cell_of
from conformance.simulator.choices import nearest_hint
from conformance.simulator.deviance import (
    Deviation,
    checked_field,
    checked_operation,
    edit,
    parsed,
    same,
)
from conformance.simulator.hooks import Moment
from conformance.simulator.lifecycle import Task

__all__ = ["ACCEPTING"]

_BODY = "$body"
_ELSEWHERE = (_BODY, "Content-Type")
Violations = tuple[Violation, ...]


class AcceptEverything(Deviation):
    """Nothing is validated; keys and task ids still are."""

    name = "accept-everything"

    def violations(self, found: Violations, at: Moment) -> Violations:
        return ()


class Accept(Deviation):
    """
    One field is not validated, or one keyword of it. `$body` is JSON itself.

    A value whose type is let through is not looked at any further: it is not the type that its other keywords speak of.
    """

    name = "accept"
    takes = "FIELD[:KEYWORD]"

    def __init__(self, parameter: str = "") -> None:
        super().__init__(parameter)
        self._field, _, self._keyword = parameter.partition(":")

    def contract(self, contract: Contract) -> Contract:
        header = contract.idempotency.header if contract.idempotency else ""
        if self._field not in (*_ELSEWHERE, header):
            checked_field(contract, self._field)
        return contract

    def violations(self, found: Violations, at: Moment) -> Violations:
        mine = [v for v in found if (v.path or _BODY) == self._field and not v.rule]
        whole = not self._keyword or (
            self._keyword == "type" and any(v.keyword == "type" for v in mine)
        )
        passed = mine if whole else [v for v in mine if v.keyword == self._keyword]
        return tuple(v for v in found if v not in passed)


class AcceptRule(Deviation):
    """One cross-field rule is not validated."""

    name = "accept-rule"
    takes = "RULE"

    def contract(self, contract: Contract) -> Contract:
        known = [rule.name for o in contract.operations for rule in o.rules]
        if self.parameter not in known:
            hint = nearest_hint(self.parameter, known)
            raise UsageError(f"unknown rule {self.parameter!r} of {contract.vendor}{hint}")
        return contract

    def violations(self, found: Violations, at: Moment) -> Violations:
        return tuple(v for v in found if v.rule != self.parameter)


class AcceptedThenFailed(Deviation):
    """Invalid creations are accepted, and the tasks fail; what is no JSON is refused as ever."""

    name = "accepted-then-failed"

    def refusal(self, cause: str, at: Moment) -> str:
        if at.operation != "create" or cause == "bad-json":
            return cause
        at.doomed = "the request turned out to be invalid"
        return ""


class Refuse(Deviation):
    """One value of a field is refused though documented, or the field whatever its value."""

    name = "refuse"
    takes = "FIELD[=VALUE]"

    def __init__(self, parameter: str = "") -> None:
        super().__init__(parameter)
        self._field, self._only, self._value = parameter.partition("=")

    def contract(self, contract: Contract) -> Contract:
        checked_field(contract, self._field)
        return contract

    def violations(self, found: Violations, at: Moment) -> Violations:
        sent = find(at.body, self._field)
        if not sent or (self._only and not same(sent[0], self._value)):
            return found
        message = f"{self._field} cannot be had like this"
        return (*found, Violation(path=self._field, keyword="enum", message=message))


class RefuseServerError(Deviation):
    """Whatever is invalid is answered 500."""

    name = "refuse-server-error"

    def refusal(self, cause: str, at: Moment) -> str:
        return "server-error"


class SkipAuth(Deviation):
    """One operation asks for no key."""

    name = "skip-auth"
    takes = "OPERATION"

    def contract(self, contract: Contract) -> Contract:
        checked_operation(contract, self.parameter)
        return contract

    def needs_key(self, needed: bool, at: Moment) -> bool:
        return needed and at.operation != self.parameter


class InventTask(Deviation):
    """Whatever task is asked about exists."""

    name = "invent-task"

    def found_task(self, task: Task | None, at: Moment) -> Task | None:
        if task is not None:
            return task
        model = next(iter(at.contract.models), "")
        return Task(
            id=at.asked, number=0, model=model, body={}, values={}, created_s=at.now_s, cost=0.0
        )


class Path(Deviation):
    """There is nothing at the documented path of one operation."""

    name = "path"
    takes = "OPERATION"

    def contract(self, contract: Contract) -> Contract:
        checked_operation(contract, self.parameter)
        return contract

    def known_path(self, known: bool, at: Moment) -> bool:
        return known and at.operation != self.parameter


class Default(Deviation):
    """Another value stands in for an omitted field than documented."""

    name = "default"
    takes = "FIELD=VALUE"

    def contract(self, contract: Contract) -> Contract:
        path, value = self.halves("=")
        described = checked_field(contract, path)
        text = described.schema.get("type") == "string"
        default = value if text else parsed(value)
        return _with_fields(
            contract, lambda f: replace(f, default=default) if f.path == path else f
        )


class AliasDead(Deviation):
    """One alias is an unknown field."""

    name = "alias-dead"
    takes = "FIELD"

    def contract(self, contract: Contract) -> Contract:
        if not checked_field(contract, self.parameter).alias_of:
            raise UsageError(f"{self.parameter!r} of {contract.vendor} is no alias")
        return _with_fields(contract, lambda f: None if f.path == self.parameter else f)


class ParamDropped(Deviation):
    """One field is accepted and then ignored, as if it had been left out."""

    name = "param-dropped"
    takes = "FIELD"

    def contract(self, contract: Contract) -> Contract:
        checked_field(contract, self.parameter)
        return contract

    def effective(self, body: Any, at: Moment) -> Any:
        kept = copy.deepcopy(body)
        edit(kept, self.parameter, lambda container, key: container.pop(key))
        return kept


class ChargeOnRefusal(Deviation):
    """Refused creations are charged."""

    name = "charge-on-refusal"

    def refusal(self, cause: str, at: Moment) -> str:
        if at.operation == "create":
            cell = cell_of(at.contract, at.model, {})
            at.ledger.charge(amount_of(cell, {}) if cell else 1.0)
        return cause


class IdempotencyIgnored(Deviation):
    """Each request makes a task of its own, whatever its idempotency key."""

    name = "idempotency-ignored"

    def idempotency_key(self, key: str, at: Moment) -> str:
        return ""


class OtherBody(Deviation):
    """A used idempotency key with another body gets another answer than documented."""

    name = "other-body"
    takes = "same-task|new-task|CAUSE"

    def other_body(self, reaction: str, at: Moment) -> str:
        return self.parameter


def _with_fields(contract: Contract, change: Any) -> Contract:
    """The contract with each field of each operation changed; those changed to None are gone."""

    def changed(fields: tuple[Field, ...]) -> tuple[Field, ...]:
        return tuple(f for f in map(change, fields) if f is not None)

    operations = tuple(replace(o, fields=changed(o.fields)) for o in contract.operations)
    return replace(contract, operations=operations)


ACCEPTING: tuple[type[Deviation], ...] = (
    AcceptEverything,
    Accept,
    AcceptRule,
    AcceptedThenFailed,
    Refuse,
    RefuseServerError,
    SkipAuth,
    InventTask,
    Path,
    Default,
    AliasDead,
    ParamDropped,
    ChargeOnRefusal,
    IdempotencyIgnored,
    OtherBody,
)
