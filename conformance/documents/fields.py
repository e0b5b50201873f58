"""Do the request fields agree with themselves: limits, defaults, rules, and how values are spelt?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice, product
from typing import Any

from conformance.contract.clauses import shown
from conformance.contract.model import (
    ABSENT,
    Alternative,
    Contract,
    DisputeRef,
    Field,
    Operation,
    Rule,
    Sources,
)
from conformance.contract.resolution import fields_for, filled, holds, rules_for, settle
from conformance.documents.contradictions import Contradiction, said

__all__ = [
    "defaults_outside",
    "defaults_that_break_rules",
    "missing_values",
    "spellings",
    "wider_than_prose",
]

_MOST_DIALECTS = 512  # a contract with many disputes would take for ever
_UPPER = ("maxLength", "maximum", "maxItems")
_LOWER = ("minLength", "minimum", "minItems")


def wider_than_prose(contract: Contract) -> Iterator[Contradiction]:
    """A limit for every model that is wider than the limits of single models."""
    for operation in contract.operations:
        for common in (f for f in operation.fields if f.model is None):
            for keyword in (k for k in (*_UPPER, *_LOWER) if k in common.schema):
                own = [
                    f
                    for f in operation.fields
                    if f.model and f.path == common.path and _narrower(common, f, keyword)
                ]
                if own:
                    yield _wider(operation, common, own, keyword)


def _narrower(common: Field, own: Field, keyword: str) -> bool:
    if keyword not in own.schema:
        return False
    wide, narrow = common.schema[keyword], own.schema[keyword]
    return bool(narrow < wide if keyword in _UPPER else narrow > wide)


def _wider(operation: Operation, common: Field, own: list[Field], keyword: str) -> Contradiction:
    per_model = ", ".join(f"{f.schema[keyword]} for {f.model}" for f in own)
    return Contradiction(
        rule="wider-than-prose",
        place=f"{operation.name}.{common.path}.{keyword}",
        about=f"{keyword} of {common.path}",
        alternatives=(
            said(f"{common.schema[keyword]} for every model", common.source_of(keyword)),
            said(per_model, _together(f.source_of(keyword) for f in own)),
        ),
        at=("operations", operation.name, common.location, common.path, keyword),
    )


def _together(several: Any) -> Sources:
    return tuple(dict.fromkeys(source for sources in several for source in sources))


# --- defaults


def defaults_outside(contract: Contract) -> Iterator[Contradiction]:
    """A default that is none of its own values, or beyond its own limits."""
    seen: set[str] = set()
    for operation, model, fields, _ in _dialects(contract):
        for field in fields.values():
            keyword = "" if field.default is ABSENT else _broken_keyword(field)
            place = f"{operation.name}.{field.path}.{keyword}"
            if not keyword or place in seen:
                continue
            seen.add(place)
            permitted = field.schema[keyword]
            listed = ", ".join(map(shown, permitted)) if keyword == "enum" else shown(permitted)
            for_model = f" with {model}" if field.model else ""
            yield Contradiction(
                rule="default-outside",
                place=place,
                about=f"the default of {field.path}",
                alternatives=(
                    said(f"{shown(field.default)} unless given", field.source_of("default")),
                    said(f"{keyword} is {listed}{for_model}", field.source_of(keyword)),
                ),
                at=("operations", operation.name, field.location, field.path, "default"),
            )


def _broken_keyword(field: Field) -> str:
    """The keyword of its own that a default breaks; "" for none."""
    default, schema = field.default, field.schema
    if "enum" in schema and field.exhaustive and not _is_one_of(default, schema["enum"]):
        other = field.also.get("pattern")
        if not (other and isinstance(default, str) and re.search(other, default)):
            return "enum"
    size = default
    for words, measured in (
        (("minLength", "maxLength"), isinstance(default, str)),
        (("minItems", "maxItems"), isinstance(default, list)),
        (("minimum", "maximum"), isinstance(default, int | float)),
    ):
        if measured:
            size = default if words[0] == "minimum" else len(default)
            if words[0] in schema and size < schema[words[0]]:
                return words[0]
            if words[1] in schema and size > schema[words[1]]:
                return words[1]
    return ""


def _is_one_of(value: Any, listed: Any) -> bool:
    return any(type(value) is type(each) and value == each for each in listed)


def defaults_that_break_rules(contract: Contract) -> Iterator[Contradiction]:
    """A rule that is broken by leaving out everything it speaks of."""
    seen: set[str] = set()
    for operation, model, fields, rules in _dialects(contract):
        values = filled({}, fields)
        for rule in rules:
            place = f"{operation.name}.rule.{rule.name}"
            if place not in seen and _broken_by_defaults(rule, values):
                seen.add(place)
                yield _breaking(operation, rule, model, fields, values, place)


def _broken_by_defaults(rule: Rule, values: Mapping[str, Any]) -> bool:
    named = [c.field for c in (*rule.when, *rule.then)]
    if rule.form != "implies" or any(name not in values for name in named):
        return False
    return all(holds(c, values[c.field]) for c in rule.when) and not all(
        holds(c, values[c.field]) for c in rule.then
    )


def _breaking(
    operation: Operation,
    rule: Rule,
    model: str,
    fields: Mapping[str, Field],
    values: Mapping[str, Any],
    place: str,
) -> Contradiction:
    named = list(dict.fromkeys(c.field for c in (*rule.when, *rule.then)))
    defaults = " and ".join(f"{name} is {shown(values[name])}" for name in named)
    with_model = f" with {model}" if rule.models else ""
    return Contradiction(
        rule="default-breaks-rule",
        place=place,
        about=f"whether {', '.join(named)} may be left out{with_model}",
        alternatives=(
            said(
                f"{defaults} unless given", _together(fields[n].source_of("default") for n in named)
            ),
            said(rule.says, rule.sources),
        ),
        at=("operations", operation.name, "rules", rule.name),
    )


def _dialects(
    contract: Contract,
) -> Iterator[tuple[Operation, str, Mapping[str, Field], tuple[Rule, ...]]]:
    """Each operation for each model, in every combination of what its disputes leave open."""
    for operation in contract.operations:
        references = [f.dispute for f in operation.fields] + [r.dispute for r in operation.rules]
        names = {reference.dispute for reference in references if reference}
        disputes = [d for d in contract.disputes if d.name in names]
        choices = product(*([a.name for a in d.alternatives] for d in disputes))
        for choice in islice(choices, _MOST_DIALECTS):
            settled = settle(contract, {d.name: a for d, a in zip(disputes, choice, strict=True)})
            same = settled.operation(operation.name)
            models = settled.models if operation.name == "create" else ()
            for model in models or ("",):
                if same is not None:
                    yield same, model, fields_for(same, model), rules_for(same, model)


# --- spelling

_Use = tuple[tuple[str, str], str, Sources, DisputeRef | None]  # key, text, sources, dispute


def spellings(contract: Contract) -> Iterator[Contradiction]:
    """The same value, or name, written in two ways."""
    ways: dict[str, dict[str, dict[str, Sources]]] = {}
    disputes: dict[str, set[str]] = {}
    for (about, plain), text, sources, dispute in (*_values(contract), *_names(contract)):
        known = ways.setdefault(about, {}).setdefault(plain, {})
        known[text] = _together((known.get(text, ()), sources))
        disputes.setdefault(f"{about} {plain}", set()).add(dispute.dispute if dispute else "")
    for about, values in ways.items():
        several = {plain: found for plain, found in values.items() if len(found) > 1}
        if several:
            named = set().union(*(disputes[f"{about} {plain}"] for plain in several))
            yield Contradiction(
                rule="two-spellings",
                place=about,
                about=f"how {next(iter(next(iter(several.values()))))} is spelt ({about})",
                alternatives=tuple(_ways(list(several.values()))),
                dispute=next(iter(named)) if len(named) == 1 else "",
            )


def _ways(values: list[dict[str, Sources]]) -> Iterator[Alternative]:
    """`1K, 2K, 4K` and `1k, 2k, 4k`: what looks alike stands together."""
    for index in range(max(map(len, values))):
        alike = [(sorted(found)[index], found) for found in values if len(found) > index]
        texts = ", ".join(text for text, _ in alike)
        yield said(texts, _together(found[text] for text, found in alike))


def _values(contract: Contract) -> Iterator[_Use]:
    """Each value of a field, and each tier that prose names, under the field it belongs to."""
    tiers: dict[str, str] = {}
    for operation in contract.operations:
        for field in operation.fields:
            for value in field.schema.get("enum", ()):
                if isinstance(value, str):
                    yield (field.path, _plain(value)), value, field.source_of("enum"), field.dispute
                    if re.fullmatch(r"\d+[A-Za-z]+", value):
                        tiers[value.lower()] = field.path
    for state in contract.states:
        if isinstance(state.value, str):
            yield ("state", _plain(state.value)), state.value, state.sources, None
    prose = [(s.says, s.sources) for s in contract.statements]
    prose += [(a.says, a.sources) for a in contract.advice]
    for says, sources in prose:
        for word in re.findall(r"(?<![\w:-])\d+[A-Za-z]+(?![\w:])", says):
            if word.lower() in tiers:
                yield (tiers[word.lower()], _plain(word)), word, sources, None


def _names(contract: Contract) -> Iterator[_Use]:
    """The names of fields, in requests and replies alike; a plural is another name unless it has the same role."""
    for operation in contract.operations:
        for field in operation.fields:
            yield (
                _name(field.path, field.role),
                _last(field.path),
                field.source_of(""),
                field.dispute,
            )
        for reply in operation.reply:
            yield _name(reply.path, reply.role), _last(reply.path), reply.sources, reply.dispute


def _name(path: str, role: str | None) -> tuple[str, str]:
    name = _last(path)
    singular = "".join(word.removesuffix("s") for word in _WORD.findall(name)) if role else name
    return role or "name", _plain(singular)


def _last(path: str) -> str:
    return path.rpartition(".")[2].replace("[]", "").partition("#")[0]


_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")


def _plain(text: str) -> str:
    return re.sub(r"[-_ ]", "", text).casefold()


# --- rows of an enum


def missing_values(contract: Contract) -> Iterator[Contradiction]:
    """A value that one page lists for a field and another page does not, however they spell it."""
    for operation in contract.operations:
        by_field: dict[tuple[str, str, str | None], list[Field]] = {}
        for field in operation.fields:
            if field.dispute and "enum" in field.schema and field.exhaustive:
                key = (field.dispute.dispute, field.path, field.model)
                by_field.setdefault(key, []).append(field)
        for (dispute, path, _), several in by_field.items():
            listed = [{_plain(str(v)) for v in f.schema["enum"]} for f in several]
            if any(values != listed[0] for values in listed):
                yield Contradiction(
                    rule="value-on-one-page",
                    place=f"{operation.name}.{path}",
                    about=f"the values of {path}",
                    alternatives=tuple(
                        said(", ".join(map(shown, f.schema["enum"])), f.source_of("enum"))
                        for f in several
                    ),
                    dispute=dispute,
                    at=("disputes", dispute),
                )
