"""Which requests does the new contract permit that the old one did not, and the other way round?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from conformance.comparing.essence import key, plain
from conformance.comparing.narrowing import field_changes
from conformance.contract.clauses import Clause, clauses_by_id
from conformance.contract.model import Condition, Contract, Field, Operation, Rule
from conformance.contract.resolution import fields_for, rules_for, settle
from conformance.results.difference import Change, Effect

__all__ = ["request_changes"]


def request_changes(old: Contract, new: Contract) -> list[Change]:
    """
    For each operation that both have, each model and each alternative of what pages disagree about.

    A field is compared as it is for a model: what a model's own limit was may stand in the common description by now.
    """
    found: dict[str, Change] = {}
    for number, dialect in enumerate(_dialects(old, new)):
        was, now = (settle(c, _known(c, dialect)) for c in (old, new))
        said = list(_of_dialect(was, now, _Ids(old, new)))
        by = tuple(dialect.values())
        for change in said:
            name = key([change.effect, change.operation, change.subject, change.what, change.old, change.new, change.models])  # fmt: skip
            if name not in found:
                found[name] = change if number == 0 else _said_by(change, by)
            elif found[name].by:
                found[name] = _said_by(found[name], (*found[name].by, *by))
    return list(found.values())


def _said_by(change: Change, by: Iterable[str]) -> Change:
    return replace(change, by=tuple(dict.fromkeys(by)))


def _dialects(old: Contract, new: Contract) -> Iterator[dict[str, str]]:
    """All first answers, then each other one alone."""
    yield {}
    others = {
        (d.name, a.name): None
        for contract in (old, new)
        for d in contract.disputes
        for a in d.alternatives[1:]
    }
    for name, alternative in others:
        yield {name: alternative}


def _known(contract: Contract, dialect: Mapping[str, str]) -> dict[str, str]:
    known = {(d.name, a.name) for d in contract.disputes for a in d.alternatives}
    return {name: a for name, a in dialect.items() if (name, a) in known}


def _of_dialect(old: Contract, new: Contract, ids: _Ids) -> Iterator[Change]:
    for was in old.operations:
        now = new.operation(was.name)
        if now is not None:
            yield from _merged([(m, c) for m in _models(old, new) for c in _of_model(was, now, m, ids)], _models(old, new))  # fmt: skip


def _models(old: Contract, new: Contract) -> tuple[str, ...]:
    """The models that both have; all of one where the other names none."""
    both = tuple(m for m in old.models if m in new.models)
    return both or old.models or new.models or ("",)


def _merged(found: Sequence[tuple[str, Change]], models: Sequence[str]) -> Iterator[Change]:
    """What is the same for several models, once."""
    grouped: dict[str, tuple[Change, list[str], dict[str, None]]] = {}
    for model, change in found:
        name = key(
            [change.effect, change.operation, change.subject, change.what, change.old, change.new]
        )
        _, mine, clauses = grouped.setdefault(name, (change, [], {}))
        mine.append(model)
        clauses |= dict.fromkeys(change.clauses)
    for change, mine, clauses in grouped.values():
        every = len(mine) == len(models)
        yield replace(change, models=() if every else tuple(mine), clauses=tuple(clauses))


# --- one operation, one model


def _of_model(was: Operation, now: Operation, model: str, ids: _Ids) -> Iterator[Change]:
    old, new = fields_for(was, model), fields_for(now, model)
    yield from _fields(old, new, (was, now), model, ids)
    yield from _rules(was, now, model, ids)


def _fields(
    old: Mapping[str, Field],
    new: Mapping[str, Field],
    operations: tuple[Operation, Operation],
    model: str,
    ids: _Ids,
) -> Iterator[Change]:
    was, now = operations
    in_rules = {c.field for r in rules_for(now, model) for c in (*r.when, *r.then)}
    for path in dict.fromkeys([*old, *new]):
        if path not in new:
            yield Change(
                effect="breaking",
                operation=was.name,
                subject=path,
                what="is no longer documented",
                role=old[path].role or "",
                clauses=ids.of_field(was.name, path, model),
                sources=old[path].source_of(""),
            )
        elif path not in old:
            required = new[path].required and not new[path].alias_of
            yield Change(
                effect="breaking" if required else "widening",
                operation=was.name,
                subject=path,
                what="is new, and required" if required else "is new",
                role=new[path].role or "",
                clauses=ids.of_field(was.name, path, model),
                sources=new[path].source_of(""),
            )
        else:
            for word, effect, what, said, says in field_changes(
                old[path], new[path], in_rules=path in in_rules
            ):
                yield Change(
                    effect=effect,
                    operation=was.name,
                    subject=path,
                    what=what,
                    role=new[path].role or old[path].role or "",
                    old=said,
                    new=says,
                    clauses=ids.of_field(was.name, path, model, word),
                    sources=new[path].source_of(word) or old[path].source_of(word),
                )


# --- rules


def _rules(was: Operation, now: Operation, model: str, ids: _Ids) -> Iterator[Change]:
    old, new = ({r.name: r for r in rules_for(op, model)} for op in (was, now))
    # A rule that only has another name is the same rule.
    bodies = {_body(r) for r in old.values()} & {_body(r) for r in new.values()}
    for name in dict.fromkeys([*old, *new]):
        before, after = old.get(name), new.get(name)
        if (before is None or _body(before) in bodies) and (
            after is None or _body(after) in bodies
        ):
            continue
        if before is not None and after is not None and _body(before) == _body(after):
            continue
        rule = after or before
        assert rule is not None  # the name is of one of them
        effect, what = _rule_effect(before, after)
        yield Change(
            effect=effect,
            operation=was.name,
            subject=", ".join(
                dict.fromkeys([*(c.field for c in (*rule.when, *rule.then)), *rule.fields])
            ),
            what=what,
            old=before.says if before else "",
            new=after.says if after else "",
            clauses=ids.known(f"{was.name}.rule.{name}"),
            sources=rule.sources,
        )


def _body(rule: Rule) -> str:
    return key({**plain(rule), "name": "", "models": [], "refused_at": ""})


def _rule_effect(old: Rule | None, new: Rule | None) -> tuple[Effect, str]:
    if old is None:
        return "breaking", "is a new rule"
    if new is None:
        return "widening", "is a rule no longer"
    wider = old.form == new.form and _permits_more(old, new)
    return ("widening" if wider else "breaking"), "is another rule now"


def _permits_more(old: Rule, new: Rule) -> bool:
    """Whether the new rule forbids nothing that the old one did not; no where that cannot be told."""
    if new.form == "at_most_one":
        return set(new.fields) <= set(old.fields)
    if new.form == "at_least_one":
        return set(new.fields) >= set(old.fields)
    return _all_within(new.when, old.when) and _all_within(old.then, new.then)


def _all_within(inner: Sequence[Condition], outer: Sequence[Condition]) -> bool:
    """Whether whatever meets the inner conditions meets the outer ones."""
    by_field = {c.field: c for c in inner}
    return all(c.field in by_field and _within(by_field[c.field], c) for c in outer)


def _within(inner: Condition, outer: Condition) -> bool:
    if key(inner) == key(outer):
        return True
    if inner.one_of is None or outer.one_of is None:
        return False
    rest = [(c.present, c.minimum, c.maximum) for c in (inner, outer)]
    listed = {key(v) for v in outer.one_of}
    return rest[0] == rest[1] and all(key(v) in listed for v in inner.one_of)


# --- clauses


class _Ids:
    """The ids of the clauses that a change is about, in either contract."""

    def __init__(self, old: Contract, new: Contract) -> None:
        self._vendor = new.vendor
        self._clauses: dict[str, Clause] = {**clauses_by_id(old), **clauses_by_id(new)}

    def known(self, *names: str) -> tuple[str, ...]:
        """Those of these names (without the vendor) that there are, also as a dispute's own."""
        wanted = [f"{self._vendor}.{name}" for name in names]
        return tuple(
            i for i in self._clauses if any(i == n or i.startswith(f"{n}.") for n in wanted)
        )

    def of_field(self, operation: str, path: str, model: str, word: str = "") -> tuple[str, ...]:
        """The clauses of a keyword of a field for a model; of the field, where that keyword has none."""
        words = [f"{operation}.{path}.{word}", f"{operation}.{model}.{path}.{word}"] if word else []
        named = self.known(*words) if words else ()
        return named or tuple(
            c.id
            for c in self._clauses.values()
            if c.topic == "field"
            and c.operation == operation
            and c.subject == path
            and c.thing.model in (None, model)
        )
