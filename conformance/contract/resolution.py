"""What does the contract say once its disputes are settled and a model is named?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from conformance.contract.model import (
    ABSENT,
    Condition,
    Contract,
    DisputeRef,
    Field,
    Operation,
    Rule,
)
from conformance.contract.paths import find, put

__all__ = [
    "body_of",
    "conditions_hold",
    "fields_for",
    "filled",
    "holds",
    "rule_holds",
    "rules_for",
    "settle",
    "value_of",
]

_Part = TypeVar("_Part")


def settle(contract: Contract, dialect: Mapping[str, str]) -> Contract:
    """
    The contract in which each dispute has one answer: the one named in `dialect`, else its first.

    Args:
        dialect: Dispute name to alternative name.
    """
    chosen = {d.name: dialect.get(d.name, d.alternatives[0].name) for d in contract.disputes}

    def kept(parts: Iterable[_Part]) -> tuple[_Part, ...]:
        found = (part for part in parts if _follows(getattr(part, "dispute", None), chosen))
        return tuple(_settled(part) for part in found)

    operations = tuple(
        replace(op, fields=kept(op.fields), rules=kept(op.rules), reply=kept(op.reply))
        for op in contract.operations
    )
    return replace(
        contract,
        operations=operations,
        errors=kept(contract.errors),
        charging=replace(contract.charging, cells=kept(contract.charging.cells)),
        pixels=kept(contract.pixels),
        expiry=kept(contract.expiry),
    )


def _settled(part: Any) -> Any:
    return replace(part, dispute=None) if getattr(part, "dispute", None) else part


def _follows(reference: DisputeRef | None, chosen: Mapping[str, str]) -> bool:
    return reference is None or chosen.get(reference.dispute) == reference.alternative


def fields_for(operation: Operation, model: str) -> dict[str, Field]:
    """
    The request fields as they are for one model: the common description, narrowed by the model's own.

    Fields that the model does not know are left out. Keywords of the model's own replace the common ones; what an
    alternative of a dispute says of a field is laid over its common description in the same way.
    """
    found: dict[str, Field] = {}
    for field in operation.fields:
        if field.model is None and (not field.models or model in field.models):
            found[field.path] = _narrowed(found.get(field.path), field)
    for field in operation.fields:
        if field.model == model and model:
            found[field.path] = _narrowed(found.get(field.path), field)
    return found


def _narrowed(common: Field | None, own: Field) -> Field:
    if common is None:
        return own
    return replace(
        common,
        model=own.model,
        role=own.role or common.role,
        alias_of=own.alias_of or common.alias_of,
        also=own.also or common.also,
        base64=own.base64 or common.base64,
        refuses=own.refuses or common.refuses,
        needs=own.needs or common.needs,
        ignored=own.ignored or common.ignored,
        dispute=own.dispute or common.dispute,
        schema={**common.schema, **own.schema},
        required=own.required or common.required,
        default=common.default if own.default is ABSENT else own.default,
        exhaustive=own.exhaustive if "enum" in own.schema else common.exhaustive,
        accepts=own.accepts or common.accepts,
        passthrough=own.passthrough or common.passthrough,
        refused_at="create" if "create" in (own.refused_at, common.refused_at) else "anywhere",
        sources={**common.sources, **own.sources},
        levels={**common.levels, **own.levels},
    )


def rules_for(operation: Operation, model: str) -> tuple[Rule, ...]:
    """The cross-field rules that bind one model."""
    return tuple(rule for rule in operation.rules if not rule.models or model in rule.models)


def value_of(body: Any, path: str, fields: Mapping[str, Field]) -> Any:
    """The value of a request field with its default filled in; `ABSENT` where there is neither."""
    found = find(body, path)
    if found:
        return found[0]
    field = fields.get(path)
    return ABSENT if field is None else field.default


def filled(assignment: Mapping[str, Any], fields: Mapping[str, Field]) -> dict[str, Any]:
    """
    A request by field path, defaults filled in; what is absent and has no default is left out.

    What is given under another name counts under the field's own as well.

    A default about which the documents disagree is not filled in unless the contract is settled.
    """
    complete = {
        p: f.default for p, f in fields.items() if f.default is not ABSENT and f.dispute is None
    }
    for path, value in assignment.items():
        if value is not ABSENT:
            complete[path] = value
            primary = fields[path].alias_of if path in fields else None
            if primary and assignment.get(primary, ABSENT) is ABSENT:
                complete[primary] = value
    return complete


def body_of(assignment: Mapping[str, Any], fields: Mapping[str, Field]) -> dict[str, Any]:
    """
    The JSON body of a request given by field path.

    Parents come before children, so that `input: {}` and `input.prompt` make one object.
    """
    body: dict[str, Any] = {}
    for path in sorted(assignment, key=lambda p: p.count(".")):
        field = fields.get(path)
        if assignment[path] is not ABSENT and (field is None or field.location == "body"):
            value = assignment[path]
            # A copy, because the children are put into it.
            put(body, path, dict(value) if isinstance(value, dict) else value)
    return body


def holds(condition: Condition, value: Any) -> bool:
    """Whether one value (`ABSENT` for none) meets a condition."""
    if condition.present is not None and (value is not ABSENT) is not condition.present:
        return False
    if condition.one_of is not None and not _is_one_of(value, condition.one_of):
        return False
    if condition.minimum is None and condition.maximum is None:
        return True
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return (condition.minimum is None or value >= condition.minimum) and (
        condition.maximum is None or value <= condition.maximum
    )


def _is_one_of(value: Any, wanted: tuple[Any, ...]) -> bool:
    if isinstance(value, str):
        return value in wanted
    # True == 1 in Python, but not in JSON.
    boolean = isinstance(value, bool)
    return any(isinstance(each, bool) is boolean and bool(value == each) for each in wanted)


def conditions_hold(
    conditions: Iterable[Condition], document: Any, request: Mapping[str, Any] | None = None
) -> bool:
    """
    Whether a reply meets every condition; a path with several values meets it with any of them.

    Args:
        request: The creation by field path, for conditions on `$request.FIELD`; None where it is not known: such
            conditions then hold.
    """
    for condition in conditions:  # noqa: SIM110  # asked of every field of every reply: a generator costs more
        if not _meets(condition, document, request):
            return False
    return True


_REQUEST = "$request."


def _meets(condition: Condition, document: Any, request: Mapping[str, Any] | None) -> bool:
    if condition.field.startswith(_REQUEST):
        path = condition.field.removeprefix(_REQUEST)
        return request is None or holds(condition, request.get(path, ABSENT))
    values = find(document, condition.field)
    if condition.present is not None:
        # `error: null` says that there is no error.
        values = [value for value in values if value is not None]
    return any(holds(condition, value) for value in values or [ABSENT])


def rule_holds(rule: Rule, request: Mapping[str, Any], fields: Mapping[str, Field]) -> bool:
    """
    Whether a request, given by field path, keeps a rule.

    Conditions see defaults filled in; what may stand together is about what was sent.
    """
    other_names = {
        f.alias_of
        for p, f in fields.items()
        if request.get(p, ABSENT) is not ABSENT and p not in rule.fields
    }
    sent = [p for p in rule.fields if request.get(p, ABSENT) is not ABSENT or p in other_names]
    if rule.form == "at_most_one":
        return len(sent) <= 1
    if rule.form == "at_least_one":
        return bool(sent)
    values = filled(request, fields)
    if rule.form == "unsaid":
        return not all(holds(c, values.get(c.field, ABSENT)) for c in rule.when)
    if not all(holds(c, values.get(c.field, ABSENT)) for c in rule.when):
        return True
    return all(holds(c, values.get(c.field, ABSENT)) for c in rule.then)
