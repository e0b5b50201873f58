"""
The contract as JSON Schema 2020-12: what is a valid request, what is a documented reply?

Settle the contract first (`contract.resolution.settle`): in one that is not settled, what the alternatives of a
dispute say holds all at once. Unknown fields are allowed everywhere; nothing is said of ignored fields and of
those passed through. Cross-field rules are entries of `allOf`, named in their `$comment`, with the defaults
worked into them: an omitted field counts as its default.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from conformance.contract.model import (
    ABSENT,
    Condition,
    Contract,
    Field,
    Operation,
    ReplyField,
    Rule,
)
from conformance.contract.paths import steps
from conformance.contract.resolution import fields_for, holds, rules_for

__all__ = [
    "BASE64",
    "DIALECT",
    "FILE",
    "Check",
    "aliases_of",
    "body_fields",
    "bundle",
    "checks_of",
    "parameter_schema",
    "reply_checks",
    "reply_fields_schema",
    "reply_schema",
    "request_schema",
]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

FILE = "file"
"""The type of a field that is a file in a form."""

BASE64 = (
    "^(?:data:image/[A-Za-z0-9.+-]+;base64,)?"
    "(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
)
"""A picture in base64, as a data URI or bare."""

_FORM = ("format", "pattern", "enum", "const", "minLength", "maxLength")
_HEADERS, _REQUEST = "$headers.", "$request."

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One statement that reaches over several fields: an entry of the root's `allOf`."""

    path: str
    keyword: str
    schema: Schema
    rule: str = ""
    says: str = ""


def bundle(contract: Contract) -> Schema:
    """Every request and reply of a settled contract as one document: `$defs`, named OPERATION.request.MODEL."""
    found: dict[str, Schema] = {}
    for operation in contract.operations:
        for model in contract.models or ("",):
            if any(f.location == "body" for f in operation.fields):
                name = ".".join(filter(None, (operation.name, "request", model)))
                found[name] = request_schema(contract, operation, model)
        if operation.reply:
            found[f"{operation.name}.reply"] = reply_schema(contract, operation.name)
    for envelope in contract.envelopes:
        found[f"error.{envelope.name}"] = reply_fields_schema(envelope.fields)
    return {"$schema": DIALECT, "title": contract.title, "$defs": found}


# ---------------------------------------------------------------- requests


def request_schema(contract: Contract, operation: Operation, model: str = "") -> Schema:
    """
    The JSON body of one operation for one model; "" for what holds whatever the model.

    Raises:
        ValueError: The contract has no such operation or the operation no such model.
    """
    if operation not in contract.operations:
        raise ValueError(f"{contract.vendor} has no operation {operation.name!r}")
    fields = body_fields(operation, model)
    root = _Node(declared=True, schema={"type": "object"})
    for path, described in fields.items():
        _plant(root, path, _value_schema(described, fields, model))
    for path, described in fields.items():
        if described.required and not aliases_of(path, fields):
            _require(root, path)
    schema = {"$schema": DIALECT, **root.rendered(implied_type=True)}
    checks = checks_of(operation, model)
    if checks:
        schema["allOf"] = [
            {"$comment": check.rule or check.path, **check.schema} for check in checks
        ]
    return schema


def body_fields(operation: Operation, model: str) -> dict[str, Field]:
    """The fields of the body as they are for one model, in documented order."""
    fields = fields_for(operation, model)
    return {path: found for path, found in fields.items() if found.location == "body"}


def checks_of(operation: Operation, model: str) -> tuple[Check, ...]:
    """What reaches over several fields, in the order of the root's `allOf`: required or alias, then rules."""
    fields = body_fields(operation, model)
    found = []
    for path, described in fields.items():
        names = (path, *aliases_of(path, fields))
        if described.required and len(names) > 1:
            found.append(
                Check(
                    path=path,
                    keyword="required",
                    schema=_one_of_the_names(names, fields),
                    says=f"{path} is required",
                )
            )
    for rule in rules_for(operation, model):
        if rule.form != "unsaid":
            found.append(_rule_check(rule, fields))
    return tuple(found)


def aliases_of(path: str, fields: Mapping[str, Field]) -> tuple[str, ...]:
    """The fields that are accepted in place of one."""
    return tuple(name for name, described in fields.items() if described.alias_of == path)


def _one_of_the_names(names: Sequence[str], fields: Mapping[str, Field]) -> Schema:
    """A required field under one of its names; asked only where the object that it belongs to is there."""
    any_of: Schema = {"anyOf": [_present(name) for name in names]}
    parent = names[0].rpartition(".")[0]
    return {"if": _present(parent), "then": any_of} if parent in fields else any_of


def parameter_schema(
    operation: Operation, model: str, location: Literal["query", "path", "header"]
) -> Schema | None:
    """What may stand in one place of the request beside the body, as an object by name; None where nothing may."""
    fields = {p: f for p, f in fields_for(operation, model).items() if f.location == location}
    if not fields:
        return None
    required = [path for path, described in fields.items() if described.required]
    schema: Schema = {"$schema": DIALECT, "type": "object"}
    if required:
        schema["required"] = required
    schema["properties"] = {p: _value_schema(f, fields, model) for p, f in fields.items()}
    return schema


def _value_schema(described: Field, fields: Mapping[str, Field], model: str) -> Schema:
    if described.ignored or described.passthrough:
        return {}
    primary = fields.get(described.alias_of or "")
    meant = primary if primary is not None and not described.schema else described
    keywords = dict(meant.schema)
    if keywords.get("type") == FILE:
        del keywords["type"]  # no type of JSON: whoever reads the form looks at the file
    if not meant.exhaustive or not described.exhaustive:
        keywords.pop("enum", None)
    if described.role == "model" and model and model in keywords.get("enum", ()):
        keywords["enum"] = [model]
    keywords = _in_other_forms(keywords, meant)
    if described.default is not ABSENT:
        keywords["default"] = described.default
    return keywords


def _in_other_forms(keywords: Schema, described: Field) -> Schema:
    """The same value, or another form of it that the documents take as well."""
    if described.also and "enum" in keywords:
        listed = {"enum": keywords.pop("enum")}
        other = {"type": "string", "pattern": described.also["pattern"]}
        examples = list(described.also.get("examples", ()))
        keywords["anyOf"] = [listed, {**other, **({"examples": examples} if examples else {})}]
    if not described.base64:
        return keywords
    if "items" in keywords or keywords.get("type") == "array":
        items = keywords.get("items", {})
        return {**keywords, "items": _or_base64(items)} if _limits_form(items) else keywords
    form = {k: keywords.pop(k) for k in _FORM if k in keywords}
    return {**keywords, **_or_base64(form)} if form else keywords


def _limits_form(schema: Schema) -> bool:
    return any(keyword in schema for keyword in _FORM)


def _or_base64(schema: Schema) -> Schema:
    """What the schema permits, or a picture in base64."""
    form = {k: v for k, v in schema.items() if k in _FORM}
    rest = {k: v for k, v in schema.items() if k not in _FORM}
    return {**rest, "anyOf": [form, {"type": "string", "pattern": BASE64}]}


# ---------------------------------------------------------------- rules


def _rule_check(rule: Rule, fields: Mapping[str, Field]) -> Check:
    if rule.form == "implies":
        path = (rule.then or rule.when)[0].field
        schema = _implies(rule, fields)
    else:
        path = rule.fields[0] if rule.fields else ""
        schema = (
            _at_most_one(rule, fields)
            if rule.form == "at_most_one"
            else _at_least_one(rule, fields)
        )
    return Check(path=path, keyword="rule", schema=schema, rule=rule.name, says=rule.says)


def _implies(rule: Rule, fields: Mapping[str, Field]) -> Schema:
    then = _all([_condition(c, fields) for c in rule.then])
    if not rule.when:
        return then
    return {"if": _all([_condition(c, fields) for c in rule.when]), "then": then}


def _at_most_one(rule: Rule, fields: Mapping[str, Field]) -> Schema:
    # Of what was sent: a default that fills in for an omitted field is nobody's second choice.
    sent = [_any([_present(name) for name in _names(p, fields, rule)]) for p in rule.fields]
    pairs = [_all([one, other]) for i, one in enumerate(sent) for other in sent[i + 1 :]]
    return {"not": _any(pairs)} if pairs else {}


def _at_least_one(rule: Rule, fields: Mapping[str, Field]) -> Schema:
    return _any([_present(name) for path in rule.fields for name in _names(path, fields, rule)])


def _condition(condition: Condition, fields: Mapping[str, Field]) -> Schema:
    """
    The bodies in which a condition holds, an omitted field counting as its default.

    Where several names stand for the field, the first that was sent counts.
    """
    names = (condition.field, *aliases_of(condition.field, fields))
    wanted = _wanted(condition)
    ways: list[Schema] = []
    if condition.present is not False:
        for index, name in enumerate(names):
            before = [{"not": _present(other)} for other in names[:index]]
            ways.append(_all([*before, _has(name, wanted)]))
    if holds(condition, _default(condition.field, fields)):
        ways.append(_all([{"not": _present(name)} for name in names]))
    return _any(ways)


def _wanted(condition: Condition) -> Schema:
    wanted: Schema = {}
    if condition.one_of is not None:
        only = len(condition.one_of) == 1
        wanted |= {"const": condition.one_of[0]} if only else {"enum": list(condition.one_of)}
    if condition.minimum is not None or condition.maximum is not None:
        wanted["type"] = "number"
    if condition.minimum is not None:
        wanted["minimum"] = condition.minimum
    if condition.maximum is not None:
        wanted["maximum"] = condition.maximum
    return wanted


def _default(path: str, fields: Mapping[str, Field]) -> Any:
    described = fields.get(path)
    return ABSENT if described is None else described.default


def _names(path: str, fields: Mapping[str, Field], rule: Rule) -> tuple[str, ...]:
    """A field and its aliases, but for those that the rule itself names."""
    return (path, *(name for name in aliases_of(path, fields) if name not in rule.fields))


def _present(path: str) -> Schema:
    return _has(path, {})


def _has(path: str, wanted: Schema, *, typed: bool = False) -> Schema:
    """
    The documents that have a value at the path, and one that is wanted.

    Args:
        typed: Whether what is no object on the way has none. In a request it is wrong anyway, and need not be
            wrong twice; in a reply it may be null.
    """
    schema = wanted
    for step in reversed(steps(path)):
        if isinstance(step, str):
            kind = {"type": "object"} if typed else {}
            inner = {"properties": {step: schema}} if schema else {}
            schema = {**kind, "required": [step], **inner}
        elif step is None:
            schema = {"type": "array", "contains": schema}
        else:
            schema = {
                "type": "array",
                "minItems": step + 1,
                "prefixItems": [*([{}] * step), schema],
            }
    return schema


def _all(schemas: Sequence[Schema]) -> Schema:
    real = [schema for schema in schemas if schema]
    return real[0] if len(real) == 1 else {"allOf": real} if real else {}


def _any(schemas: Sequence[Schema]) -> Schema:
    if not schemas:
        return {"not": {}}
    if any(not schema for schema in schemas):
        return {}
    return schemas[0] if len(schemas) == 1 else {"anyOf": list(schemas)}


# ---------------------------------------------------------------- replies


def reply_schema(
    contract: Contract,
    operation_name: str,
    phase: Literal["running", "succeeded", "failed"] | None = None,
) -> Schema:
    """
    The reply of one operation to a request that it accepts; `phase` narrows it to a task in that phase.

    Raises:
        ValueError: The contract has no such operation.
    """
    operation = contract.operation(operation_name)
    if operation is None:
        raise ValueError(f"{contract.vendor} has no operation {operation_name!r}")
    states = [s.value for s in contract.states if phase is None or s.phase == phase]
    narrowed = operation.reply
    if operation_name == "status" and states:
        narrowed = tuple(_with_states(f, states) for f in operation.reply)
    return reply_fields_schema(narrowed)


def _with_states(described: ReplyField, states: Sequence[str | int]) -> ReplyField:
    if described.role != "state" or described.schema:
        return described
    return replace(described, schema={"enum": list(states)})


def reply_fields_schema(described: Iterable[ReplyField]) -> Schema:
    """
    What a set of reply fields says of a document, those under a condition as `if` and `then`.

    Nothing is said of reply headers, nor of what depends on the request: neither stands in the document.
    """
    fields = tuple(described)
    root = _Node(declared=True, schema={"type": "object"})
    for reply in fields:
        if not reply.when and not reply.path.startswith(_HEADERS):
            _plant_reply(root, reply)
    schema = {"$schema": DIALECT, **root.rendered(implied_type=False)}
    checks = reply_checks(fields)
    if checks:
        schema["allOf"] = [{"$comment": check.path, **check.schema} for check in checks]
    return schema


def reply_checks(described: Iterable[ReplyField]) -> tuple[Check, ...]:
    """What is promised under a condition, in the order of the root's `allOf`."""
    return tuple(
        _reply_check(reply)
        for reply in described
        if reply.when
        and not reply.path.startswith(_HEADERS)
        and not any(c.field.startswith(_REQUEST) for c in reply.when)
    )


def _reply_check(reply: ReplyField) -> Check:
    root = _Node(declared=True, schema={})
    _plant_reply(root, reply)
    then = root.rendered(implied_type=False)
    schema = {"if": _all([_reply_condition(c) for c in reply.when]), "then": then}
    if reply.only:
        schema["else"] = {"not": _has(reply.path, {"not": {"type": "null"}}, typed=True)}
    return Check(path=reply.path, keyword="when", schema=schema)


def _reply_condition(condition: Condition) -> Schema:
    """The replies in which a condition holds; a path with several values meets it with any of them."""
    ways = []
    if condition.present is not False:
        ways.append(_has(condition.field, _wanted(condition), typed=True))
    if holds(condition, ABSENT):
        ways.append({"not": _has(condition.field, {}, typed=True)})
    return _any(ways)


def _plant_reply(root: _Node, reply: ReplyField) -> None:
    _plant(root, reply.path, _reply_value(reply))
    if reply.required:
        _require(root, reply.path)


def _reply_value(reply: ReplyField) -> Schema:
    schema: Schema = {}
    if reply.types:
        schema["type"] = reply.types[0] if len(reply.types) == 1 else list(reply.types)
    schema |= reply.schema
    if "null" in reply.types and "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    if "null" in reply.types and schema.get("const") is not None:
        schema["enum"] = [schema.pop("const"), None]
    if reply.decode == "json":
        schema["contentMediaType"] = "application/json"
        schema["contentSchema"] = dict(reply.content)
    return schema


# ---------------------------------------------------------------- dotted paths as nested objects


@dataclass(slots=True)
class _Node:
    """One place in a document while its schema is being built."""

    declared: bool = False
    schema: Schema = field(default_factory=dict)
    properties: dict[str, _Node] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)
    items: _Node | None = None
    at: dict[int, _Node] = field(default_factory=dict)
    min_items: int = 0

    def rendered(self, *, implied_type: bool) -> Schema:
        """
        The schema of this place and all below it.

        Args:
            implied_type: Whether an object or array that only its children name must be one where it stands.
        """
        schema = dict(self.schema)
        if not self.declared and (implied_type or self.required or self.min_items):
            schema["type"] = "object" if self.properties else "array"
        if self.required:
            schema["required"] = list(self.required)
        if self.properties:
            below = {k: n.rendered(implied_type=implied_type) for k, n in self.properties.items()}
            schema["properties"] = {**schema.get("properties", {}), **below}
        if self.at:
            last = max(self.at)
            schema["prefixItems"] = [
                self.at[i].rendered(implied_type=implied_type) if i in self.at else {}
                for i in range(last + 1)
            ]
        if self.min_items:
            schema["minItems"] = max(self.min_items, schema.get("minItems", 0))
        if self.items is not None:
            schema["items"] = {
                **schema.get("items", {}),
                **self.items.rendered(implied_type=implied_type),
            }
        return schema

    def child(self, step: str | int | None) -> _Node:
        if isinstance(step, str):
            return self.properties.setdefault(step, _Node())
        if step is None:
            self.items = self.items or _Node()
            return self.items
        return self.at.setdefault(step, _Node())


def _plant(root: _Node, path: str, schema: Schema) -> None:
    here = root
    for step in steps(path):
        here = here.child(step)
    here.declared = True
    here.schema = {**here.schema, **schema}


def _require(root: _Node, path: str) -> None:
    """
    Make a place required, and with it each place above that nothing else describes.

    A described parent decides for itself: `input.prompt` is required in `input`, where that is there.
    """
    here = root
    walk = steps(path)
    for index, step in enumerate(walk):
        parent, here = here, here.child(step)
        if here.declared and index + 1 < len(walk):
            continue
        if isinstance(step, int):
            parent.min_items = max(parent.min_items, step + 1)
        elif step is None:
            parent.min_items = parent.min_items if parent.declared else max(parent.min_items, 1)
        elif step not in parent.required:
            parent.required.append(step)
