"""How can a vendor break what it says of one request field?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from conformance.contract.clauses import LIMITS, shown
from conformance.contract.model import ABSENT, Field, Operation
from conformance.contract.resolution import fields_for
from conformance.mutation.mutants import Changed, Mutant, Site, swapped

__all__ = ["field_mutants", "optional_mutants"]

_MORE_DEFAULTS = 2


def field_mutants(site: Site) -> Iterator[Mutant]:
    """Each way to break one keyword of a field, both what is forbidden accepted and what is documented refused."""
    maker = _MAKERS.get(site.clause.keyword)
    if site.clause.keyword in LIMITS:
        yield from _limit(site)
    elif maker is not None:
        yield from maker(site)


def _field(site: Site) -> Field:
    assert isinstance(site.thing, Field)  # the thing of a clause of the topic `field`
    return site.thing


def _with(site: Site, new: Field | None) -> Changed | None:
    """The contract with the field as `new` has it; None where that changes it for no model."""
    old = _field(site)

    def changed(operation: Operation) -> Operation:
        return replace(operation, fields=swapped(operation.fields, old, new))

    now = changed(site.operation)
    models = site.settled.models or ("",)
    same = all(fields_for(site.operation, m) == fields_for(now, m) for m in models)
    return None if same else site.with_operation(changed)


def _changed(
    site: Site,
    operator: str,
    new: Field,
    *,
    detail: str = "",
    permitted: bool = False,
    value: str = "",
    either: tuple[str, ...] = (),
) -> Iterator[Mutant]:
    change = _with(site, new)
    if change is not None:
        yield site.mutant(
            operator, change, detail=detail, permitted=permitted, value=value, either=either
        )


def _schema(site: Site, **keywords: Any) -> Field:
    """The field with other keywords; those that are None are dropped."""
    schema = {**_field(site).schema, **keywords}
    return replace(_field(site), schema={k: v for k, v in schema.items() if v is not None})


def _required(site: Site) -> Iterator[Mutant]:
    if site.clause.operation == "status" and _field(site).role == "task_id":
        yield site.mutant("required-optional", "task-by-default")
        return
    yield from _changed(site, "required-optional", replace(_field(site), required=False))


def _type(site: Site) -> Iterator[Mutant]:
    field = _field(site)
    if field.location == "body":
        # Where no values are listed and the word says so, nobody refuses anything.
        free = not (field.exhaustive or {"enum", "const"} & field.schema.keys())
        yield site.mutant("type-loosened", f"accept={field.path}:type", permitted=free)
        every = [f for f in site.operation.fields if f.path == field.path]
        bounded = any({"enum", *LIMITS} & set(f.schema) for f in every)
        if not bounded and not field.required and not field.alias_of:
            yield from _refused(site)


def _refused(site: Site, operator: str = "documented-refused") -> Iterator[Mutant]:
    """The field is refused whatever it holds, which breaks all that is said of its values."""
    field = _field(site)
    if field.location == "body":
        ours = [c for c in site.world.ids("field") if f".{field.path}." in c]
        yield site.mutant(operator, f"refuse={field.path}", either=ours)


def _enum(site: Site) -> Iterator[Mutant]:
    field = _field(site)
    values = list(field.schema.get("enum", [field.schema.get("const")]))
    elsewhere = _also_taken(site, field)
    whole = site.world.answer if field.role == "model" else ""
    for value in (v for v in values if len(values) > 1 and v not in elsewhere):
        left = [v for v in values if v != value]
        permitted = any(_may_refuse(other, value, left) for other in site.others)
        # Of a list that is not the whole one, nothing but the list is left: what it leaves out may be refused.
        new = replace(_schema(site, enum=left), exhaustive=True)
        yield from _changed(
            site,
            "enum-value-dropped",
            new,
            detail=shown(value),
            permitted=permitted,
            value=shown(value),
            # Without the model that everything is first asked of, nothing may be left to tell it from a refusal of all.
            either=(whole,) if value == values[0] or len(site.settled.models) == 1 else (),
        )
    if field.exhaustive:
        # What one page does not list, or does not close, is not forbidden.
        free = any(other is None or not other.exhaustive for other in site.others)
        yield site.mutant("enum-opened", f"accept={field.path}:enum", permitted=free)
        if not free:
            yield from _added(site, values)


def _also_taken(site: Site, field: Field) -> list[Any]:
    """The values that a field takes in another documented form, too."""
    every = (site.fields(model).get(field.path) for model in site.models)
    return [v for f in every if f for v in f.also.get("examples", ())]


def _may_refuse(other: Field | None, value: Any, left: list[Any]) -> bool:
    """Whether another page, all of whose values are still taken, does not list the value."""
    if other is None:
        return True
    listed = other.schema.get("enum", ())
    return value not in listed and all(v in left for v in listed)


def _added(site: Site, values: list[Any]) -> Iterator[Mutant]:
    """One more value is taken: one that is documented for another model, as a slip would have it."""
    field = _field(site)
    elsewhere = [
        value
        for other in site.operation.fields
        if other.path == field.path
        for value in other.schema.get("enum", ())
    ]
    pages = [v for other in site.others if other for v in other.schema.get("enum", ())]
    more = next((v for v in elsewhere if v not in values and v not in pages), None)
    if more is not None:
        new = _schema(site, enum=[*values, more])
        yield from _changed(site, "enum-value-added", new, detail=shown(more))


def _limit(site: Site) -> Iterator[Mutant]:
    field, keyword = _field(site), site.clause.keyword
    number = field.schema[keyword]
    out = 1 if keyword.startswith("max") else -1
    said = [o.schema.get(keyword) for o in site.others if o is not None]
    pages = [o for o in site.others if o is None or keyword not in o.schema]
    # What some current page permits is permitted, and so is what some page, kept otherwise, leaves room to refuse.
    wider = bool(pages) or any(n * out > number * out for n in said)
    narrower = bool(pages) or any(n * out < number * out for n in said)
    for operator, step, permitted in (
        ("limit-widened", out, wider),
        ("limit-narrowed", -out, narrower),
    ):
        moved = number + step
        if keyword.endswith("imum") or moved >= 0:
            new = _schema(site, **{keyword: moved})
            either = _meeting(site, number) if step == -out else ()
            yield from _changed(
                site, operator, new, detail=f"{moved:g}", permitted=permitted, either=either
            )
    if not wider and not (keyword.startswith("min") and number <= 0 and keyword != "minimum"):
        yield from _changed(site, "limit-removed", _schema(site, **{keyword: None}))
    yield from _everywhere(site, keyword)


def _meeting(site: Site, number: float) -> tuple[str, ...]:
    """The clauses on the field's other limits that stand on the same number: they permit the very same request."""
    path = _field(site).path
    schemas = [
        site.fields(model)[path].schema for model in site.models if path in site.fields(model)
    ]
    others = {k for s in schemas for k in LIMITS if k != site.clause.keyword and s.get(k) == number}
    return tuple(
        c for k in sorted(others) for c in site.world.ids("field") if c.endswith(f".{path}.{k}")
    )


def _everywhere(site: Site, keyword: str) -> Iterator[Mutant]:
    """No model keeps a limit that all share: the common statement is broken with each model's own."""
    path = _field(site).path
    own = [f for f in site.operation.fields if f.path == path and f.model and keyword in f.schema]
    if _field(site).model or not own:
        return

    def unlimited(operation: Operation) -> Operation:
        fields = (
            replace(f, schema={k: v for k, v in f.schema.items() if k != keyword})
            if f.path == path
            else f
            for f in operation.fields
        )
        return replace(operation, fields=tuple(fields))

    also = [c for c in site.world.ids("field") if c.endswith(f".{path}.{keyword}")]
    yield site.mutant("limit-removed-everywhere", site.with_operation(unlimited), also=also)


def _format(site: Site) -> Iterator[Mutant]:
    yield from _changed(site, "format-dropped", _schema(site, format=None, pattern=None))
    yield from _refused(site)


def _items(site: Site) -> Iterator[Mutant]:
    field = _field(site)
    items = {
        k: v for k, v in field.schema["items"].items() if k not in ("format", "pattern", "enum")
    }
    yield from _changed(site, "format-dropped", _schema(site, items=items))
    if not field.alias_of and not field.required:
        yield from _refused(site)


def _also(site: Site) -> Iterator[Mutant]:
    every = (site.fields(model).get(_field(site).path) for model in site.models)
    listed = [set(map(shown, f.schema.get("enum", ()))) for f in every if f]
    if all(set(map(shown, _field(site).also.get("examples", ()))) <= some for some in listed):
        return  # its examples are listed as well
    yield from _changed(site, "documented-refused", replace(_field(site), also={}))


def _base64(site: Site) -> Iterator[Mutant]:
    # A page that does not speak of it leaves room to refuse it.
    free = any(other is None or not other.base64 for other in site.others)
    new = replace(_field(site), base64=False)
    yield from _changed(site, "documented-refused", new, permitted=free)


def _accepts(site: Site) -> Iterator[Mutant]:
    field = _field(site)
    for kind in field.accepts:
        yield site.mutant("media-type-refused", f"refuse-media={field.path}:{kind}", detail=kind)
    if field.schema.get("type") == "file":
        yield site.mutant("media-type-opened", f"accept={field.path}:accepts")


def _default(site: Site) -> Iterator[Mutant]:
    field = _field(site)
    for value in _other_defaults(site, field)[:_MORE_DEFAULTS]:
        new = replace(field, default=value)
        yield from _changed(site, "default-changed", new, detail=shown(value))
    yield from _changed(
        site, "optional-required", replace(field, required=True), either=(site.world.answer,)
    )


def _other_defaults(site: Site, field: Field) -> list[Any]:
    """Other values that might stand in: of an enum the next and the last, of numbers the next."""
    known = [
        f.schema.get("enum", ()) for m in site.models for f in [site.fields(m).get(field.path)] if f
    ]
    values = [v for some in known for v in some if v != field.default]
    permitted = [o.default for o in site.others if o is not None]
    values = [v for v in dict.fromkeys(values) if v not in permitted]
    if values:
        return [values[0], values[-1]] if len(values) > 1 else values
    if isinstance(field.default, bool):
        return [not field.default]
    return [field.default + 1] if isinstance(field.default, int | float) else []


def _alias(site: Site) -> Iterator[Mutant]:
    path = _field(site).path
    also = [c for c in site.world.ids("field") if f".{path}." in c]
    yield site.mutant("alias-dead", f"alias-dead={path}", either=also)
    yield site.mutant("alias-refused", f"refuse={path}", either=also)


def _let_pass(site: Site) -> Iterator[Mutant]:
    field = _field(site)
    # A page that does not know the field leaves room to refuse it.
    permitted = any(other is None for other in site.others)
    yield site.mutant(f"{site.clause.keyword}-refused", f"refuse={field.path}", permitted=permitted)


_MAKERS: Mapping[str, Any] = {
    "required": _required,
    "type": _type,
    "enum": _enum,
    "format": _format,
    "items": _items,
    "also": _also,
    "base64": _base64,
    "accepts": _accepts,
    "default": _default,
    "alias": _alias,
    "ignored": _let_pass,
    "passthrough": _let_pass,
}


def optional_mutants(site: Site) -> Iterator[Mutant]:
    """A field that may be left out is asked for, which breaks what is said of requests that keep the rules."""
    for old in site.operation.fields:
        free = old.location == "body" and not (old.required or old.alias_of or old.ignored)
        plain = old.model is None and old.default is ABSENT and not old.models
        if not (free and plain) or "." in old.path or old.role == "model":
            continue
        new = replace(old, required=True)

        def asked(operation: Operation, old: Field = old, new: Field = new) -> Operation:
            return replace(operation, fields=swapped(operation.fields, old, new))

        # Where a page or a model has a default for it, that is broken as well.
        ours = [c for c in site.world.ids("field") if c.endswith(f".{old.path}.default")]
        yield site.mutant(
            "optional-required", site.with_operation(asked), detail=old.path, either=ours
        )
