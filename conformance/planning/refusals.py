"""Which requests break exactly one clause, and are otherwise plain?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from conformance.contract.clauses import LIMITS, Clause, shown
from conformance.contract.model import ABSENT, Field, Rule
from conformance.contract.resolution import rules_for
from conformance.planning.costs import price
from conformance.planning.features import Features, forbidden_tuples, rule_neighbours
from conformance.planning.requests import Desk, send_of
from conformance.planning.values import (
    NO_URLS,
    beyond,
    far_type,
    far_value,
    off_step,
    on_limit,
    plain,
)
from conformance.results.cases import Case, Witness

__all__ = ["refusals", "widest"]


def refusals(desk: Desk, maker: Features) -> Iterator[Case]:
    """
    The invalid creations: every required, type, enum, limit, form and rule broken once, the rest plain.

    A clause that all models share is broken with the first model that knows its field.
    """
    seen: set[str] = set()
    for model in desk.models:
        for case in _of_model(desk, maker, model):
            if case.id not in seen:
                seen.add(case.id)
                yield case


def _of_model(desk: Desk, maker: Features, model: str) -> Iterator[Case]:
    for field in desk.fields(model).values():
        if field.location != "body":
            continue
        field = widest(desk, field)
        path = field.path
        for keyword, value, request, near in _broken(desk, maker, model, field):
            clause = maker.clause(field.path, keyword, model)
            if clause is not None and not clause.untestable:
                suffix = maker.of_each(field, clause, model)
                value += suffix
                near = tuple(replace(w, value=w.value + suffix) for w in near)
                # The wrong value may bring a rule into play: the rest is changed so that only this is wrong.
                kept = (
                    desk.completed(model, request, {field.path: request.get(field.path, ABSENT)})
                    or request
                )
                case = _case(desk, model, clause, value, kept, near, field.refused_at)
                common = maker.clause(path, keyword)
                if (
                    keyword in LIMITS
                    and common
                    and common is not clause
                    and _same_limit(common, field, keyword)
                ):
                    # Who breaks the model's own limit breaks the equal common one; conclude tells the two apart.
                    case = replace(
                        case, witnesses=(*case.witnesses, Witness(clause=common.id, value=value))
                    )
                yield case
    for rule in rules_for(desk.create, model):
        if (
            not maker.clauses[f"{maker.vendor}.create.rule.{rule.name}"].dispute
            if rule.form != "unsaid"
            else False
        ):
            yield from _of_rule(desk, maker, model, rule)


def _same_limit(common: Clause, field: Field, keyword: str) -> bool:
    return bool(common.thing.schema.get(keyword) == field.schema[keyword])


def widest(desk: Desk, field: Field) -> Field:
    """
    The field as the most permissive of the pages that disagree about it describes it.

    What any current page permits is never sent as forbidden: of a limit the loosest holds, and what one page does not
    limit at all, or does not require, is not limited.
    """
    views = _views(desk, field.path)
    if not views:
        return field
    schema: dict[str, Any] = {}
    for keyword, value in field.schema.items():
        said = [view.schema[keyword] for view in views if view and keyword in view.schema]
        if len(said) < len(views) or (keyword == "type" and any(s != value for s in said)):
            continue
        if keyword in LIMITS:
            value = max(said) if keyword.startswith("max") else min(said)
        schema[keyword] = value
    return replace(
        field,
        schema=schema,
        required=all(view is not None and view.required for view in views),
        exhaustive=all(view is not None and view.exhaustive for view in views),
    )


def _views(desk: Desk, path: str) -> list[Field | None]:
    """
    A disputed field as each alternative has it, laid over its common description; None where a page has no such field.

    Empty where nobody disagrees.
    """
    create = desk.whole.operation("create")
    every = [f for f in create.fields if f.path == path and f.model is None] if create else []
    said = {f.dispute.alternative: f for f in every if f.dispute}
    names = {f.dispute.dispute for f in every if f.dispute}
    dispute = next((d for d in desk.whole.disputes if d.name in names), None)
    common = next((f for f in every if f.dispute is None), None)
    return [_view(common, said.get(a.name)) for a in dispute.alternatives] if dispute else []


def _view(common: Field | None, own: Field | None) -> Field | None:
    if common is None or own is None:
        return own or common
    return replace(
        common,
        schema={**common.schema, **own.schema},
        required=common.required or own.required,
        exhaustive=own.exhaustive if "enum" in own.schema else common.exhaustive,
    )


Broken = tuple[str, str, dict[str, Any], tuple[Witness, ...]]


def _broken(desk: Desk, maker: Features, model: str, field: Field) -> Iterator[Broken]:
    """Keyword, obligation, request and further neighbours of each way to break one field. One flat list."""
    base = _base(desk, model, field)
    path, schema = field.path, field.schema
    if field.required:
        left_out = {
            p: v
            for p, v in desk.carrier(model).items()
            if not _is_at(p, (path, *desk.aliases(model, path)))
        }
        yield "required", "refuses its absence", left_out, ()
    if field.passthrough or field.ignored:
        return
    # Where no values are listed, the word says that nobody refuses anything.
    if "type" in schema and (field.exhaustive or {"enum", "const"} & schema.keys()):
        wrong = far_type(schema["type"])
        below = {p: v for p, v in base.items() if not p.startswith(f"{path}.")}
        yield "type", f"refuses {shown(wrong)}", {**below, path: wrong}, ()
    if ("enum" in schema or "const" in schema) and field.exhaustive:
        yield "enum", "refuses anything else", {**base, path: far_value(field)}, ()
    for keyword in LIMITS:
        if keyword in schema and not (
            keyword.startswith("min") and schema[keyword] <= 0 and keyword != "minimum"
        ):
            value = on_limit(field, keyword, desk.images, off=beyond(keyword))
            number = value if keyword.endswith("imum") else schema[keyword] + beyond(keyword)
            if value is not ABSENT:
                clause = maker.clause(path, keyword, model)
                near = (
                    (Witness(clause=clause.id, value=f"accepts {schema[keyword]}"),)
                    if clause
                    else ()
                )
                yield keyword, f"refuses {number}", {**base, path: value}, near
    if "multipleOf" in schema and (value := off_step(field)) is not ABSENT:
        yield "multipleOf", f"refuses {value}", {**base, path: value}, ()
    if "format" in schema or "pattern" in schema:
        yield "format", "refuses anything else", {**base, path: "not a valid value"}, ()
    yield from _elements(path, schema, base)
    for name in field.refuses:
        yield "items", f"refuses {name}", {**base, path: [NO_URLS[name]]}, ()


def _elements(path: str, schema: Mapping[str, Any], base: Mapping[str, Any]) -> Iterator[Broken]:
    """Elements of another form, and of a type that no coercion explains."""
    items = schema.get("items", {})
    count = max(1, int(schema.get("minItems", 1)))
    if set(items) & {"format", "pattern", "enum"}:
        yield "items", "refuses anything else", {**base, path: ["not-a-url"] * count}, ()
    if "type" in items:
        wrong = far_type(items["type"])
        yield "items", f"refuses elements {shown(wrong)}", {**base, path: [wrong] * count}, ()


def _base(desk: Desk, model: str, field: Field) -> dict[str, Any]:
    """
    The carrier as it must be for a good value of the field to be accepted, without the field itself.

    The field's rivals are left out where it is an alias (or is given through one).
    """
    good = plain(field, desk.images)
    with_it = (
        None if good is ABSENT else desk.completed(model, desk.carrier(model), {field.path: good})
    )
    carrier = dict(with_it or desk.carrier(model))
    primary = field.alias_of or field.path
    for name in (primary, *desk.aliases(model, primary)):
        carrier.pop(name, None)
    return carrier


def _is_at(path: str, roots: tuple[str, ...]) -> bool:
    return any(path == root or path.startswith(f"{root}.") for root in roots)


def _of_rule(desk: Desk, maker: Features, model: str, rule: Rule) -> Iterator[Case]:
    clause = maker.clauses.get(f"{maker.vendor}.create.rule.{rule.name}")
    if clause is None:
        return
    near = tuple(
        Witness(clause=clause.id, value=f"permits {_words(pins)}")
        for pins in rule_neighbours(desk, model, rule)
    )
    for pins in forbidden_tuples(desk, model, rule):
        request = desk.completed(model, desk.carrier(model), pins, but=rule.name)
        required = [p for p, v in pins.items() if v is ABSENT and desk.fields(model)[p].required]
        if request is None or required:
            continue  # every way to break this rule breaks something else as well
        yield _case(desk, model, clause, f"refuses {_words(pins)}", request, near, rule.refused_at)
        yield from _through_defaults(desk, maker, model, rule, pins, clause)


def _through_defaults(
    desk: Desk, maker: Features, model: str, rule: Rule, pins: Mapping[str, Any], of_rule: Clause
) -> Iterator[Case]:
    """
    The forbidden combination reached by leaving a field out, whose default completes it.

    It proves the default, once the rule itself has been seen to hold for the value sent in full.
    """
    if rule.form != "implies":
        return
    for path, value in pins.items():
        field = desk.fields(model).get(path)
        if field is None or field.default is ABSENT or field.default != value:
            continue
        clause = maker.clause(path, "default", model)
        if clause is None:
            continue
        rest = {p: v for p, v in pins.items() if p != path}
        request = desk.completed(model, desk.carrier(model), {**rest, path: ABSENT}, but=rule.name)
        if request is None:
            continue
        near = (Witness(clause=of_rule.id, value=f"refuses {_words(pins)}"),)
        yield _case(
            desk,
            model,
            clause,
            f"refuses {_words(rest)} without it",
            request,
            near,
            rule.refused_at,
        )


def _words(pins: Mapping[str, Any]) -> str:
    return " × ".join("(left out)" if v is ABSENT else shown(v) for v in pins.values())


def _case(
    desk: Desk,
    model: str,
    clause: Clause,
    value: str,
    request: Mapping[str, Any],
    near: tuple[Witness, ...],
    refused_at: Any,
) -> Case:
    request = {p: v for p, v in request.items() if v is not ABSENT}
    witness = Witness(clause=clause.id, value=value)
    return Case(
        id=f"refused:{clause.id.partition('.')[2]}:{value}",
        operation="create",
        send=send_of(desk, model, request),
        expect="refused" if refused_at == "create" else "refused-or-failed",
        title=f"breaks: {clause.statement}",
        model=model,
        witnesses=(witness,),
        breaks=witness,
        cause=_cause(desk, clause),
        refused_at=refused_at,
        assignment=request,
        neighbours=near,
        worst_cost=price(desk.contract, model, request, worst=True),
    )


def _cause(desk: Desk, clause: Clause) -> str:
    """What the error table calls it: a cause of its own where some row has one, else a bad parameter."""
    known = {cause for row in desk.contract.errors for cause in row.causes}
    wanted = "bad-parameter"
    if clause.kind == "model":
        wanted = "bad-model"
    elif clause.kind == "required":
        wanted = "missing-parameter"
    elif clause.keyword == "items" and clause.kind == "format":
        wanted = "bad-reference"
    return wanted if wanted in known else "bad-parameter"
