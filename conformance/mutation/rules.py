"""How can a vendor break a rule over several fields?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from math import prod
from typing import Any

from conformance.contract.clauses import shown
from conformance.contract.model import ABSENT, Condition, Operation, Rule
from conformance.contract.resolution import rule_holds, rules_for
from conformance.mutation.mutants import Mutant, Site, swapped

__all__ = ["rule_mutants"]

_MOST = 2_000  # combinations that are looked through


def rule_mutants(site: Site) -> Iterator[Mutant]:
    """The rule is removed, inverted, narrowed (some of what it forbids is taken) and widened (more is refused)."""
    rule = site.thing
    permitted = any(other is None for other in site.others)
    yield site.mutant("rule-removed", f"accept-rule={rule.name}", permitted=permitted)
    if rule.refused_at == "create":
        yield site.mutant("refused-too-late", f"fails-later=rule:{rule.name}", permitted=permitted)
    else:
        yield site.mutant("refused-later", f"fails-later=rule:{rule.name}", permitted=True)
    for operator, detail, new in _changed(site, rule):
        if _is_idle(site, rule, new):
            continue
        looser = operator == "rule-narrowed"
        # What one rule forbids beyond its words, another rule over the same fields permits: either is broken.
        # So is the cell of a table that cannot be had any more.
        near = [] if looser else [*_neighbours(site, rule), *site.world.ids("pixels")]
        near += [] if looser else _promised(site, rule, new)
        yield site.mutant(
            operator,
            _with(site, rule, new),
            detail=detail,
            permitted=permitted and looser,
            either=near,
        )


def _promised(site: Site, old: Rule, new: Rule) -> list[str]:
    """
    The clauses that promise what the changed rule refuses: those on the values, for the rule itself says nothing of them.

    So does the one that says that a request which keeps the rules is accepted, where one that is plain is not.
    """
    found = []
    for model in old.models or site.settled.models or ("",):
        refused = [r for r, before, now in _combined(site, model, old, new) if before and not now]
        for path in sorted(_paths(new)) if refused else ():
            found += [c for c in site.world.ids("field") if c.endswith(f".{path}.enum")]
        if not rule_holds(new, {}, site.fields(model)):
            found.append(site.world.answer)
    return found


def _is_idle(site: Site, old: Rule, new: Rule) -> bool:
    """Whether other rules already say the same of every combination of documented values."""
    models = old.models or site.settled.models or ("",)
    listed = all(
        site.fields(m)[p].schema.get("enum")
        for m in models
        for p in _paths(new) & site.fields(m).keys()
    )
    every = [c for model in models for c in _combined(site, model, old, new)]
    return listed and bool(every) and all(before == now for _, before, now in every)


def _combined(
    site: Site, model: str, old: Rule, new: Rule
) -> Iterator[tuple[dict[str, Any], bool, bool]]:
    """Each combination of the documented values that rules speak of, and whether it is permitted before and now."""
    fields = site.fields(model)
    rules = [r for r in rules_for(site.operation, model) if _paths(r) & _paths(new)]
    paths = sorted(set().union(*map(_paths, rules)) & fields.keys())
    values = [[*fields[p].schema.get("enum", ()), ABSENT] for p in paths]
    if any(r.form == "unsaid" for r in rules) or prod(map(len, values)) > _MOST:
        return
    others = [r for r in rules if r != old]
    for row in product(*values):
        request = dict(zip(paths, row, strict=True))
        kept = all(rule_holds(r, request, fields) for r in others)
        before, now = (kept and rule_holds(r, request, fields) for r in (old, new))
        yield request, before, now


def _neighbours(site: Site, rule: Rule) -> list[str]:
    mine = _paths(rule)
    return [
        c.id
        for c in site.world.clauses
        if c.topic == "rule" and c.operation == site.clause.operation and _paths(c.thing) & mine
    ]


def _paths(rule: Rule) -> set[str]:
    return {c.field for c in (*rule.when, *rule.then)} | set(rule.fields)


def _with(site: Site, old: Rule, new: Rule) -> Any:
    def changed(operation: Operation) -> Operation:
        return replace(operation, rules=swapped(operation.rules, old, new))

    return site.with_operation(changed)


def _changed(site: Site, rule: Rule) -> Iterator[tuple[str, str, Rule]]:
    if rule.form == "at_most_one":
        yield "rule-inverted", "", replace(rule, form="at_least_one")
        yield from _of_fields(rule, "rule-narrowed")
    elif rule.form == "at_least_one":
        yield "rule-inverted", "", replace(rule, form="at_most_one")
        yield from _of_fields(rule, "rule-widened")
    elif rule.form == "implies":
        yield from _implied(site, rule)


def _of_fields(rule: Rule, operator: str) -> Iterator[tuple[str, str, Rule]]:
    """The rule without one of its fields."""
    for path in rule.fields if len(rule.fields) > 1 else ():
        left = tuple(f for f in rule.fields if f != path)
        yield operator, path, replace(rule, fields=left)


def _implied(site: Site, rule: Rule) -> Iterator[tuple[str, str, Rule]]:
    for at, condition in enumerate(rule.then):
        listed = _listed(site, condition)
        kept = [v for v in listed if v in (condition.one_of or ())]
        barred = [v for v in listed if v not in (condition.one_of or ())]
        if condition.one_of is not None and kept and barred:
            inverted = _at(rule.then, at, replace(condition, one_of=tuple(barred)))
            yield "rule-inverted", "", replace(rule, then=inverted)
            for value in barred if len(barred) > 1 else ():
                wider = replace(condition, one_of=(*condition.one_of, value))
                yield "rule-narrowed", shown(value), replace(rule, then=_at(rule.then, at, wider))
            for value in kept if len(kept) > 1 else ():
                left = tuple(v for v in condition.one_of if v != value)
                tighter = replace(condition, one_of=left)
                yield "rule-widened", shown(value), replace(rule, then=_at(rule.then, at, tighter))
        elif condition.present is not None:
            inverted = _at(rule.then, at, replace(condition, present=not condition.present))
            yield "rule-inverted", "", replace(rule, then=inverted)
    for at, condition in enumerate(rule.when):
        yield from _when(site, rule, at, condition)


def _when(site: Site, rule: Rule, at: int, condition: Condition) -> Iterator[tuple[str, str, Rule]]:
    if condition.one_of is None:
        return
    for value in condition.one_of if len(condition.one_of) > 1 else ():
        left = replace(condition, one_of=tuple(v for v in condition.one_of if v != value))
        yield "rule-narrowed", f"when {shown(value)}", replace(rule, when=_at(rule.when, at, left))
    more = [v for v in _listed(site, condition) if v not in condition.one_of]
    for value in dict.fromkeys((*more[:1], *more[-1:])):
        wider = replace(condition, one_of=(*condition.one_of, value))
        yield "rule-widened", f"when {shown(value)}", replace(rule, when=_at(rule.when, at, wider))


def _at(conditions: tuple[Condition, ...], at: int, new: Condition) -> tuple[Condition, ...]:
    return (*conditions[:at], new, *conditions[at + 1 :])


def _listed(site: Site, condition: Condition) -> list[Any]:
    """The documented values of a condition's field, for the models that the rule binds."""
    models = site.thing.models or site.settled.models or ("",)
    fields = [site.fields(model).get(condition.field) for model in models]
    return list(dict.fromkeys(v for f in fields if f for v in f.schema.get("enum", ())))
