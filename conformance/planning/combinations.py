"""Which values of which fields must be seen together, and which requests show all of that?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

from conformance.contract.clauses import shown
from conformance.contract.model import ABSENT, Rule
from conformance.contract.resolution import rule_holds
from conformance.planning.covering import Space, cover, most_rivals
from conformance.planning.features import Features
from conformance.planning.requests import Desk
from conformance.planning.values import plain
from conformance.results.cases import Witness

__all__ = ["Table", "table_of"]

Request = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Table:
    """
    The fields of one model that can take several values, in one request with any others that no rule forbids.

    `values` are the documented ones and those on limits, with `ABSENT` where a field may be left out; `labels` name
    them, and `clauses` are the promises that they are accepted.
    """

    model: str
    values: Mapping[str, Sequence[Any]]
    labels: Mapping[tuple[str, int], str]
    clauses: Mapping[tuple[str, int], str]
    together: Mapping[frozenset[tuple[str, int]], Witness]
    """Combinations of which a rule or a cell of a table speaks, and that obligation."""
    fallback: str
    """The clause that is broken where a request is refused that keeps all others."""
    suffix: str
    space: Space

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields, in documented order."""
        return tuple(self.values)

    def number(self, path: str, value: Any) -> int | None:
        """The place of a value among those of its field; None for any other value."""
        found = (n for n, v in enumerate(self.values[path]) if _equal(v, value))
        return next(found, None)

    def rows(self, strength: int, before: Sequence[Request], seed: int) -> list[dict[str, Any]]:
        """Requests by field path that show every permitted combination which those before them do not."""
        known = [[self.number(p, r.get(p, ABSENT)) for p in self.fields] for r in before]
        found = cover(self.space, strength, given=known, seed=seed)
        return [
            {p: self.values[p][n] for p, n in zip(self.fields, row, strict=True)} for row in found
        ]

    def least(self, strength: int) -> int:
        """How many requests no plan can do without."""
        return most_rivals(self.space, strength)

    def witnesses(self, request: Request, strength: int) -> Iterator[Witness]:
        """The combinations that a request shows."""
        places = [(p, self.number(p, request.get(p, ABSENT))) for p in self.fields]
        known = [(p, n) for p, n in places if n is not None]
        for chosen in combinations(known, strength):
            yield self.witness(chosen)

    def witness(self, chosen: Sequence[tuple[str, int]]) -> Witness:
        """The obligation to see some values together: the clause that promises it, and the values."""
        spoken = self.together.get(frozenset(chosen))
        if spoken is not None:
            return spoken
        first = next((c for c in chosen if c in self.clauses), chosen[0])
        others = [c for c in chosen if c != first]
        value = f"{self.labels[first]} × {self._words(others)}{self.suffix}"
        return Witness(clause=self.clauses.get(first, self.fallback), value=value)

    def named(self, pins: Request) -> Witness:
        """The obligation to see some values together, of which not all need to be in the table."""
        known = {p: self.number(p, pins[p]) for p in self.fields if p in pins}
        chosen = [(p, n) for p, n in known.items() if n is not None]
        if len(chosen) == len(pins):
            return self.witness(chosen)
        words = " × ".join(f"{p} {_label(v, None)}" for p, v in pins.items())
        clause = next((self.clauses[c] for c in chosen if c in self.clauses), self.fallback)
        return Witness(clause=clause, value=words + self.suffix)

    def permits(self, request: Request) -> bool:
        """Whether a request keeps the rules of every page, as far as its values are in the table."""
        places = [(p, self.number(p, request.get(p, ABSENT))) for p in self.fields]
        return self.space.allows({self.fields.index(p): n for p, n in places if n is not None})

    def _words(self, chosen: Sequence[tuple[str, int]]) -> str:
        return " × ".join(f"{path} {self.labels[path, n]}" for path, n in chosen)


def _equal(one: Any, other: Any) -> bool:
    return one is other or (type(one) is type(other) and bool(one == other))


def table_of(desk: Desk, maker: Features, model: str, *, fallback: str) -> Table:
    """
    The table of a model.

    Its values are those that single obligations need, so that nothing is combined which is not tried alone.
    """
    singles = list(_singles(desk, maker, model))
    values: dict[str, list[Any]] = {}
    labels: dict[tuple[str, int], str] = {}
    clauses: dict[tuple[str, int], str] = {}
    for path, value, witness in [*singles, *_plain_ones(desk, model, {p for p, _, _ in singles})]:
        known = values.setdefault(path, [])
        if any(_equal(v, value) for v in known):
            continue
        known.append(value)
        label = _label(value, witness)
        taken = {labels[path, n] for n in range(len(known) - 1)}
        labels[path, len(known) - 1] = label if label not in taken else shown(value)
        if witness is not None:
            # Under another name it is the name that is promised, whatever the value.
            alias = maker.clause(path, "alias", model)
            clauses[path, len(known) - 1] = alias.id if alias is not None else witness.clause
    for path, some in values.items():
        # Leaving a field out promises what its default does.
        default = desk.fields(model)[path].default
        for left_out in _places(some, ABSENT):
            for meant in _places(some, default) if default is not ABSENT else ():
                if (path, meant) in clauses:
                    clauses[path, left_out] = clauses[path, meant]
    order = [p for p in desk.fields(model) if len(values.get(p, ())) > 1]
    values = {p: values[p] for p in order}
    return Table(
        model=model,
        values=values,
        labels=labels,
        clauses=clauses,
        together=_together(desk, maker, model, values),
        fallback=fallback,
        suffix=f" with {model}" if len(desk.models) > 1 else "",
        space=Space([len(values[p]) for p in order], _forbidden(desk, maker, model, values)),
    )


def _label(value: Any, witness: Witness | None) -> str:
    if value is ABSENT:
        return "left out"
    if witness is not None and witness.value.startswith("accepts"):
        return witness.value
    return shown(value)


Single = tuple[str, Any, Witness | None]


def _singles(desk: Desk, maker: Features, model: str) -> Iterator[Single]:
    """The values that one obligation alone asks for."""
    own = {desk.model_field.path} if desk.model_field else set()
    for feature in maker.possible(model):
        given = [(p, v) for p, v in feature.pins.items() if v is not ABSENT and p not in own]
        if len(given) == 1:
            yield *given[0], feature.witness


def _plain_ones(desk: Desk, model: str, named: set[str]) -> Iterator[Single]:
    """A plain value for what has no documented ones or only one, and none at all where the field may be left out."""
    fields = desk.fields(model)
    for path, field in fields.items():
        if field.location not in ("body", "query") or field.role == "model":
            continue
        if any(other.startswith(f"{path}.") for other in fields):
            continue  # there because of its children
        value = plain(field, desk.images)
        alone = not (set(field.schema) & {"enum", "const"} or field.also)
        if value is not ABSENT and (path not in named or alone):
            yield path, value, None
        if not field.required or desk.aliases(model, path):
            yield path, ABSENT, None


def _together(
    desk: Desk, maker: Features, model: str, values: Mapping[str, Sequence[Any]]
) -> dict[frozenset[tuple[str, int]], Witness]:
    """The combinations that have a clause of their own."""
    own = {desk.model_field.path} if desk.model_field else set()
    found: dict[frozenset[tuple[str, int]], Witness] = {}
    for feature in maker.possible(model):
        pins = {p: v for p, v in feature.pins.items() if p not in own}
        places = {(p, n) for p, v in pins.items() for n in _places(values.get(p, ()), v)}
        clause = maker.clauses[feature.witness.clause]
        if len(pins) > 1 and len(places) == len(pins) and clause.topic in ("rule", "pixels"):
            found.setdefault(frozenset(places), feature.witness)
    return found


def _places(values: Sequence[Any], value: Any) -> list[int]:
    return [n for n, v in enumerate(values) if _equal(v, value)]


def _forbidden(
    desk: Desk, maker: Features, model: str, values: Mapping[str, Sequence[Any]]
) -> Iterator[dict[int, int]]:
    """What must not stand in one request, by the numbers of fields and values."""
    paths = list(values)
    fields = desk.fields(model)
    for rule in _every_rule(desk, model):
        spoken = _fields_of(rule)
        if not spoken <= fields.keys():
            continue
        # What is left out may mean here what it means to the models that the rule binds.
        views = [fields, *(desk.fields(m) for m in rule.models if m in desk.models)]
        free = [p for p in paths if p in spoken]
        if not free:
            continue
        fixed = {p: v for p, v in desk.carrier(model).items() if p not in values}
        for numbers in product(*(range(len(values[p])) for p in free)):
            request = {**fixed, **{p: values[p][n] for p, n in zip(free, numbers, strict=True)}}
            if not all(rule_holds(rule, request, view) for view in views):
                yield {paths.index(p): n for p, n in zip(free, numbers, strict=True)}
    yield from _rivals(desk, maker, model, values)


def _every_rule(desk: Desk, model: str) -> Iterator[Rule]:
    """
    The rules of every page, and what rules forbid to other models.

    Whether another page's rule, or another model's, holds here as well is not documented: who refuses what it forbids
    breaks nothing. What pages leave open about one model they do not leave open about another.
    """
    create = desk.whole.operation("create")
    for rule in create.rules if create else ():
        if rule.form == "implies" or not rule.models or model in rule.models:
            yield rule


def _fields_of(rule: Rule) -> set[str]:
    return {c.field for c in (*rule.when, *rule.then)} | set(rule.fields)


def _rivals(
    desk: Desk, maker: Features, model: str, values: Mapping[str, Sequence[Any]]
) -> Iterator[dict[int, int]]:
    """One name of a field at a time, and one at least of a required one; a size in pixels without a ratio."""
    paths = list(values)
    present = {p: [n for n, v in enumerate(vs) if v is not ABSENT] for p, vs in values.items()}
    for path, field in desk.fields(model).items():
        names = [p for p in (path, *desk.aliases(model, path)) if p in values]
        alone = [p for p in maker.beside(model, field) if p in values and path in values]
        pairs = [*combinations(names, 2), *((path, p) for p in alone)]
        for one, other in pairs:
            for a, b in product(present[one], present[other]):
                yield {paths.index(one): a, paths.index(other): b}
        if field.required and len(names) > 1:
            yield {paths.index(p): _places(values[p], ABSENT)[0] for p in names}
