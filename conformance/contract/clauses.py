"""
Which atomic statements does a contract make?

`derive_clauses` walks the contract in document order. An id is readable, is made of the vendor's own names, and
never depends on the order of anything: `aigptimage.create.input.resolution.enum`, `apimart.result.pixels.16:9.4k`,
`toapis.create.error.401`. What an id stands for never changes once released.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from conformance.contract import model as m
from conformance.contract.callback import said_of

__all__ = ["LIMITS", "Clause", "Part", "clauses_by_id", "derive_clauses", "shown"]

LIMITS = ("minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems")

PROVOKABLE = frozenset(
    (
        "bad-parameter",
        "bad-json",
        "bad-model",
        "bad-reference",
        "missing-parameter",
        "unauthorized",
        "unknown-task",
    )
)
"""Causes that a run can bring about without spending, waiting or hosting anything."""

_ROLE_WORDS = {"state": "state", "results": "result"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one alternative says ("" where nobody disagrees): the piece of the contract that a clause is about."""

    alternative: str
    thing: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """
    One atomic documented statement.

    Args:
        topic: Which judge speaks about it: `field`, `rule`, `reply`, `echo`, `unit`, `order`, `row`, ...
        keyword: For a field, the keyword that states it.
        parts: What each alternative says; one part with alternative "" unless disputed.
        untestable: Why no run can try it; "" where one can.
    """

    id: str
    vendor: str
    kind: str
    operation: str
    subject: str
    level: m.Level
    statement: str
    sources: tuple[m.Source, ...]
    topic: str
    keyword: str = ""
    parts: tuple[Part, ...] = ()
    untestable: str = ""
    dispute: str = ""

    @property
    def thing(self) -> Any:
        """The piece of the contract, where nobody disagrees; else what the first alternative says."""
        return self.parts[0].thing if self.parts else None

    @property
    def alternatives(self) -> tuple[str, ...]:
        """The names of the alternatives of a disputed clause."""
        return tuple(part.alternative for part in self.parts if part.alternative)


def shown(value: Any) -> str:
    """A value as a person reads it: text bare, the rest as JSON has it; long ones shortened."""
    text = value if isinstance(value, str) else _json(value)
    return text if len(text) <= 60 else f"{text[:40]}... ({len(text)} characters)"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=repr)


# A mutation run derives the clauses of thousands of contracts: keep the last few, keyed by identity.
_CACHE: dict[int, tuple[m.Contract, tuple[Clause, ...]]] = {}


def derive_clauses(contract: m.Contract) -> tuple[Clause, ...]:
    """Every clause of the contract, in document order. Ids are unique."""
    cached = _CACHE.get(id(contract))
    if cached is not None and cached[0] is contract:
        return cached[1]
    found = _merged(_all(contract))
    if len(_CACHE) > 64:
        _CACHE.clear()
    _CACHE[id(contract)] = (contract, found)
    return found


def clauses_by_id(contract: m.Contract) -> dict[str, Clause]:
    """The clauses by id."""
    return {clause.id: clause for clause in derive_clauses(contract)}


def _merged(clauses: Iterator[Clause]) -> tuple[Clause, ...]:
    """What several alternatives say of the same thing becomes one disputed clause; other twins keep the first."""
    found: dict[str, Clause] = {}
    for clause in clauses:
        twin = found.get(clause.id)
        if twin is None:
            found[clause.id] = clause
        elif clause.dispute and clause.dispute == twin.dispute:
            found[clause.id] = _joined(twin, clause)
        else:
            # What one page adds to a common statement is a statement of its own: nothing is dropped.
            own = replace(clause, id=f"{clause.id}.{clause.dispute or clause.topic}")
            known = found.get(own.id)
            found[own.id] = _joined(known, own) if known is not None and own.dispute else own
    return tuple(found.values())


def _joined(one: Clause, other: Clause) -> Clause:
    sources = one.sources + tuple(s for s in other.sources if s not in one.sources)
    statement = (
        one.statement
        if one.statement == other.statement
        else f"{one.statement} Or: {other.statement}"
    )
    return replace(
        one, parts=one.parts + other.parts, sources=sources, statement=statement, level="disputed"
    )


def _all(contract: m.Contract) -> Iterator[Clause]:
    for operation in contract.operations:
        yield from _operation(contract, operation)
        for field in operation.fields:
            yield from _field(contract, operation, field)
        for rule in operation.rules:
            if rule.form != "unsaid":
                yield _rule(contract, operation, rule)
        yield from _idempotency(contract, operation)
        for reply in operation.reply:
            yield from _reply(contract, operation, reply)
        if operation.name == "status":
            yield from _states(contract)
        yield from _errors(contract, operation)
        if operation.name == "create":
            yield from _charges(contract)
        if operation.name == "status":
            yield from _refund(contract)
    yield from _results(contract)
    yield from _callback(contract)
    yield from _unjudged(contract)


def _clause(
    contract: m.Contract,
    name: str,
    *,
    kind: str,
    operation: str,
    subject: str,
    statement: str,
    sources: m.Sources,
    topic: str,
    level: m.Level = "must",
    thing: Any = None,
    keyword: str = "",
    untestable: str = "",
    dispute: m.DisputeRef | None = None,
) -> Clause:
    return Clause(
        id=f"{contract.vendor}.{operation}.{name}",
        vendor=contract.vendor,
        kind=kind,
        operation=operation,
        subject=subject,
        level="disputed" if dispute else level,
        statement=statement,
        sources=sources,
        topic=topic,
        keyword=keyword,
        parts=(Part(alternative=dispute.alternative if dispute else "", thing=thing),),
        untestable=untestable,
        dispute=dispute.dispute if dispute else "",
    )


# --- operations ---


def _operation(contract: m.Contract, op: m.Operation) -> Iterator[Clause]:
    if op.method:
        yield _clause(
            contract,
            "path",
            kind="protocol",
            operation=op.name,
            subject=f"{op.method} {op.path}",
            statement=f"The operation is {op.method} {op.path}.",
            sources=op.sources,
            level=op.path_level,
            topic="path",
            thing=op,
        )
    for second in op.second_paths:
        yield _clause(
            contract,
            f"alias.{second.name}",
            kind="alias",
            operation=op.name,
            subject=f"{op.method} {second.path}",
            statement=f"{op.method} {second.path} does the same as {op.method} {op.path}.",
            sources=second.sources,
            level=second.level,
            topic="second-path",
            thing=second,
        )
    if op.content_type:
        yield _clause(
            contract,
            "contentType",
            kind="protocol",
            operation=op.name,
            subject="Content-Type",
            statement=f"The request body is sent as {op.content_type}.",
            sources=op.sources,
            topic="content-type",
            thing=op,
        )
    if op.success:
        codes = " or ".join(map(str, op.success))
        yield _clause(
            contract,
            f"status.{op.success[0]}",
            kind="status",
            operation=op.name,
            subject=str(op.success[0]),
            statement=f"A request that keeps the documented rules is answered with HTTP {codes}.",
            sources=op.success_sources,
            level=op.success_level,
            topic="success",
            thing=op,
        )
    if op.authenticated and op.name != "callback":
        for scheme in contract.auth:
            name = "auth" if len(contract.auth) == 1 else f"auth.{scheme.name}"
            yield _clause(
                contract,
                name,
                kind="auth",
                operation=op.name,
                subject=scheme.parameter,
                statement=f"A valid key in {scheme.parameter} is needed; without one the request is refused."
                if scheme is contract.auth[0]
                else f"The key may stand in {scheme.parameter} as well.",
                sources=scheme.sources,
                level=scheme.level,
                topic="auth",
                thing=scheme,
            )


# --- request fields ---


def _field(contract: m.Contract, op: m.Operation, field: m.Field) -> Iterator[Clause]:
    if field.location in ("path", "header"):
        return
    for keyword, kind, statement in _keywords(field):
        if field.location != "body" and keyword == "type":
            continue  # everything in a URL is text
        model = f"{field.model}." if field.model else ""
        untestable = "not observable" if field.passthrough and keyword == "type" else ""
        of_model = f"For {field.model}: " if field.model else ""
        yield _clause(
            contract,
            f"{model}{field.path}.{keyword}",
            kind=kind,
            operation=op.name,
            subject=field.path,
            statement=of_model + statement,
            sources=field.source_of(keyword),
            level=field.level_of(keyword),
            topic="field",
            keyword=keyword,
            thing=field,
            untestable=untestable,
            dispute=field.dispute,
        )


def _keywords(field: m.Field) -> Iterator[tuple[str, str, str]]:  # noqa: C901  # one flat table
    """Keyword, kind and statement of everything that a field states. One flat table."""
    path, schema = field.path, field.schema
    if field.required:
        yield "required", "required", f"{path} is required."
    if "type" in schema and schema["type"] != "file":
        yield "type", "type", f"{path} is of type {schema['type']}."
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        only = "one of" if field.exhaustive else "among others one of"
        kind = "model" if field.role == "model" else "enum"
        yield "enum", kind, f"{path} is {only} {', '.join(map(shown, values))}."
    for keyword in LIMITS:
        if keyword in schema:
            yield keyword, "limit", f"{path} has {_limit_words(keyword, schema[keyword])}."
    if "multipleOf" in schema:
        yield "multipleOf", "limit", f"{path} is a multiple of {schema['multipleOf']}."
    if "format" in schema or "pattern" in schema:
        yield (
            "format",
            "format",
            f"{path} has the form {schema.get('format') or schema.get('pattern')}.",
        )
    if field.also:
        yield "also", "format", f"{path} may also have the form {field.also['pattern']}."
    if field.base64:
        yield (
            "base64",
            "format",
            f"Elements of {path} may be URLs or pictures in base64, also mixed.",
        )
    if set(schema.get("items", {})) & {"format", "pattern", "enum"}:
        items = schema["items"]
        form = items.get("pattern") or items.get("format") or items.get("enum")
        yield "items", "format", f"Each element of {path} has the form {form}."
    elif "type" in schema.get("items", {}) and field.role != "task_ids":
        yield "items", "type", f"Each element of {path} is of type {schema['items']['type']}."
    if field.accepts:
        verb = "may be" if schema.get("type") == "file" else "may point to"
        yield "accepts", "format", f"{path} {verb} {', '.join(field.accepts)}."
    if field.default is not m.ABSENT:
        yield (
            "default",
            "default",
            f"Leaving out {path} is the same as sending {shown(field.default)}.",
        )
    if field.alias_of:
        yield "alias", "alias", f"{path} is accepted in place of {field.alias_of}."
    if field.ignored:
        yield "ignored", "ignored", f"{path} is accepted and has no effect."
    if field.passthrough:
        yield (
            "passthrough",
            "passthrough",
            f"{path} is accepted and handed on without being checked.",
        )


def _limit_words(keyword: str, value: Any) -> str:
    words = {
        "minLength": f"at least {value} characters",
        "maxLength": f"at most {value} characters",
        "minimum": f"a value of at least {value}",
        "maximum": f"a value of at most {value}",
        "minItems": f"at least {value} elements",
        "maxItems": f"at most {value} elements",
    }
    return words[keyword]


def _rule(contract: m.Contract, op: m.Operation, rule: m.Rule) -> Clause:
    fields = dict.fromkeys([*(c.field for c in (*rule.when, *rule.then)), *rule.fields])
    return _clause(
        contract,
        f"rule.{rule.name}",
        kind="rule",
        operation=op.name,
        subject=", ".join(fields),
        statement=rule.says,
        sources=rule.sources,
        level=rule.level,
        topic="rule",
        thing=rule,
        dispute=rule.dispute,
    )


def _idempotency(contract: m.Contract, op: m.Operation) -> Iterator[Clause]:
    promise = contract.idempotency
    if promise is None or op.name != "create":
        return
    yield _clause(
        contract,
        "idempotency.same-request",
        kind="idempotency",
        operation="create",
        subject=promise.header,
        statement=promise.says,
        sources=promise.sources,
        level=promise.level,
        topic="idempotency",
        keyword="same-request",
        thing=promise,
    )
    if promise.other_body:
        yield _clause(
            contract,
            "idempotency.other-body",
            kind="idempotency",
            operation="create",
            subject=promise.header,
            statement=f"The same {promise.header} with another body is answered as {promise.other_body}.",
            sources=promise.sources,
            level=promise.level,
            topic="idempotency",
            keyword="other-body",
            thing=promise,
        )
    if promise.replay_header:
        name, value = promise.replay_header
        yield _clause(
            contract,
            "idempotency.replay-header",
            kind="idempotency",
            operation="create",
            subject=name,
            statement=f"A replayed answer carries {name}: {value}.",
            sources=promise.sources,
            level=promise.level,
            topic="idempotency",
            keyword="replay-header",
            thing=promise,
        )
    if promise.max_length:
        yield _clause(
            contract,
            "idempotency.maxLength",
            kind="limit",
            operation="create",
            subject=promise.header,
            statement=f"{promise.header} has at most {promise.max_length} characters.",
            sources=promise.sources,
            level=promise.level,
            topic="idempotency",
            keyword="maxLength",
            thing=promise,
        )


# --- replies ---


def _reply(contract: m.Contract, op: m.Operation, reply: m.ReplyField) -> Iterator[Clause]:
    """The clauses of one reply field. Disputed twins share the name of the first alternative's field."""
    path = _slot(op, reply)
    when = _when_name(op, _first_twin(op, reply))
    called = op.name == "callback"
    kind = "callback" if called else _ROLE_WORDS.get(reply.role or "", "reply")
    whose = "The callback's" if called else "The reply's"
    common: dict[str, Any] = {
        "operation": op.name,
        "sources": reply.sources,
        "dispute": reply.dispute,
    }
    condition = f" when {_conditions_words(reply.when)}" if reply.when else ""
    types = " or ".join(reply.types) or "any value"
    there = "is there and holds" if reply.required else "holds, where it is there,"
    yield _clause(
        contract,
        f"reply.{path}{when}",
        kind=kind,
        subject=reply.path,
        statement=f"{whose} {reply.path} {there} {types}{_schema_words(reply)}{condition}.",
        level=reply.required_level or reply.level,
        topic="reply",
        thing=reply,
        **common,
    )
    if reply.only and reply.when:
        yield _clause(
            contract,
            f"reply.{path}{when}.only",
            kind=kind,
            subject=reply.path,
            statement=f"{whose} {reply.path} is there only when {_conditions_words(reply.when)}.",
            level=reply.level,
            topic="only",
            thing=reply,
            **common,
        )
    if reply.when and (reply.unit or reply.echoes) and _is_described(op, reply):
        return  # said once, by the description that holds in every state
    if reply.echoes:
        yield _clause(
            contract,
            f"reply.{path}.echo",
            kind="callback" if called else "reply",
            subject=reply.path,
            statement=f"{whose} {reply.path} repeats {_echo_words(reply.echoes)}.",
            level=reply.level_of("echoes"),
            topic="echo",
            thing=reply,
            **common | {"sources": reply.source_of("echoes")},
        )
    if reply.unit:
        yield _clause(
            contract,
            f"reply.{path}.unit",
            kind="callback" if called else "reply",
            subject=reply.path,
            statement=f"{whose} {reply.path} is {_unit_words(reply.unit)}.",
            level=reply.level_of("unit"),
            topic="unit",
            thing=reply,
            **common | {"sources": reply.source_of("unit")},
        )


def _is_described(op: m.Operation, reply: m.ReplyField) -> bool:
    """Whether the field is described for every state as well."""
    return any(r.path == reply.path and not r.when for r in op.reply)


def _when_name(op: m.Operation, reply: m.ReplyField) -> str:
    """The state or value under which a field is described, as it stands in an id: `.success`."""
    values = [(c, v) for c in reply.when for v in (c.one_of or (c.present,))[:1]]
    plain = "".join(f".{shown(v)}" for _, v in values)
    twins = {
        tuple(c.field for c in r.when)
        for r in op.reply
        if r.path == reply.path and [c.one_of for c in r.when] == [c.one_of for c in reply.when]
    }
    return plain if len(twins) < 2 else "".join(f".{c.field}.{shown(v)}" for c, v in values)


def _slot(op: m.Operation, reply: m.ReplyField) -> str:
    if reply.dispute is None:
        return reply.path
    twins = [
        r
        for r in op.reply
        if r.dispute and r.dispute.dispute == reply.dispute.dispute and r.role == reply.role
    ]
    return twins[0].path


def _first_twin(op: m.Operation, reply: m.ReplyField) -> m.ReplyField:
    """What the first alternative says of a disputed field, where it says so once: its conditions are in the id."""
    if reply.dispute is None:
        return reply
    same = [
        r
        for r in op.reply
        if r.dispute and r.dispute.dispute == reply.dispute.dispute and r.path == reply.path
    ]
    first = [r for r in same if r.dispute and same[0].dispute == r.dispute]
    own = [r for r in same if r.dispute == reply.dispute]
    return first[0] if len(first) == len(own) == 1 else reply


def _conditions_words(conditions: tuple[m.Condition, ...]) -> str:
    parts = []
    for c in conditions:
        if c.one_of is not None:
            parts.append(f"{c.field} is {' or '.join(map(shown, c.one_of))}")
        if c.present is not None:
            parts.append(f"{c.field} is {'there' if c.present else 'not there'}")
        if c.minimum is not None:
            parts.append(f"{c.field} is at least {c.minimum}")
        if c.maximum is not None:
            parts.append(f"{c.field} is at most {c.maximum}")
    return " and ".join(parts)


def _schema_words(reply: m.ReplyField) -> str:
    words = ""
    if "const" in reply.schema:
        words += f" {shown(reply.schema['const'])}"
    if "enum" in reply.schema:
        words += f", one of {', '.join(map(shown, reply.schema['enum']))}"
    if reply.decode:
        keys = ", ".join(reply.content.get("required", ()))
        words += f" with JSON{f' that has {keys}' if keys else ''} inside"
    if reply.role == "results":
        words += ", at least one URL"
    return words


def _echo_words(echoes: str) -> str:
    return {
        "$task_id": "the id of the task",
        "$request": "the parameters of the creation",
        "$file.filename": "the name of the file that was sent",
        "$file.media_type": "the type of the file that was sent",
        "$file.bytes": "the size of the file that was sent, in bytes",
    }.get(echoes, f"the request's {echoes}")


def _unit_words(unit: str) -> str:
    return {
        "s": "a time in seconds since the epoch",
        "ms": "a time in milliseconds since the epoch",
        "iso8601": "a time in ISO 8601",
        "s-duration": "a duration in seconds",
        "ms-duration": "a duration in milliseconds",
    }[unit]


def _states(contract: m.Contract) -> Iterator[Clause]:
    if not contract.states:
        return
    field = next(
        (
            r.path
            for op in contract.operations
            for r in op.reply
            if r.role == "state" and op.name == "status"
        ),
        "",
    )
    values = ", ".join(f"{shown(s.value)} ({s.means or s.phase})" for s in contract.states)
    common: dict[str, Any] = {
        "kind": "state",
        "operation": "status",
        "subject": field,
        "thing": contract.states,
    }
    yield _clause(
        contract,
        "state.enum",
        statement=f"{field} is one of {values}.",
        sources=contract.states_sources,
        topic="states",
        **common,
    )
    if contract.terminal_sources:
        yield _clause(
            contract,
            "state.terminal",
            statement="A task that has ended stays as it is.",
            sources=contract.terminal_sources,
            level=contract.terminal_level,
            topic="terminal",
            **common,
        )
    for reply in (
        r for op in contract.operations for r in op.reply if r.not_before and op.name == "status"
    ):
        op = contract.operation("status")
        assert op is not None  # a reply field of it was just found
        yield _clause(
            contract,
            f"reply.{_slot(op, reply)}.order",
            kind="reply",
            operation="status",
            subject=reply.path,
            statement=f"{reply.path} is not before {reply.not_before}.",
            sources=reply.sources,
            level="implied",
            topic="order",
            thing=reply,
            dispute=reply.dispute,
        )


# --- errors ---


def _errors(contract: m.Contract, op: m.Operation) -> Iterator[Clause]:
    rows = [row for row in contract.errors if op.name in row.operations]
    for row in rows:
        yield from _row(contract, op, row)
    used = {name for row in rows for name in row.envelopes}
    for envelope in contract.envelopes:
        if envelope.name in used:
            several = "" if len(used) == 1 else f"{envelope.name}."
            yield from _envelope(contract, op, envelope, several)


def _row(contract: m.Contract, op: m.Operation, row: m.ErrorRow) -> Iterator[Clause]:
    twins = [r for r in contract.errors if r.status == row.status and op.name in r.operations]
    name = f"error.{row.status}" + (f".{row.name}" if row.name and len(twins) > 1 else "")
    untestable = "" if _provokable(contract, op, row) else _why_not_provoked(row)
    common: dict[str, Any] = {
        "operation": op.name,
        "untestable": untestable,
        "dispute": row.dispute,
    }
    label = f"{row.status} {row.name}".strip()
    yield _clause(
        contract,
        name,
        kind="status",
        subject=str(row.status),
        statement=f"{label} means: {row.means}.",
        sources=row.sources,
        level=row.level,
        topic="row",
        thing=row,
        **common,
    )
    if row.body:
        yield _clause(
            contract,
            f"{name}.{row.body[0].field}",
            kind="error",
            subject=row.body[0].field,
            statement=f"The body of {label} has {_conditions_words(row.body)}.",
            sources=row.sources,
            level=row.body_level,
            topic="row-body",
            thing=row,
            **common,
        )
    for field in row.fields:
        there = "is there and is" if field.required else "is, where it is there,"
        yield _clause(
            contract,
            f"{name}.{field.path}",
            kind="error",
            subject=field.path,
            statement=f"In the body of {label} {field.path} {there} of type {' or '.join(field.types) or 'any'}.",
            sources=field.sources,
            level=field.level,
            topic="row-field",
            thing=(row, field),
            **common,
        )


def _why_not_provoked(row: m.ErrorRow) -> str:
    """The list of what cannot be provoked is closed; anything else is merely never seen."""
    closed = row.status in (402, 403, 429) or row.status >= 500
    return "cannot be provoked" if closed or _UNHOSTED & set(row.causes) else "not observable"


_UNHOSTED = frozenset(("moderation", "expired", "too-large"))


def _provokable(contract: m.Contract, op: m.Operation, row: m.ErrorRow) -> bool:
    causes = PROVOKABLE & set(row.causes)
    if op.name == "upload":
        causes |= {"unsupported-type"} & set(row.causes)
        causes -= {"unknown-task", "bad-json", "bad-model", "bad-reference"}
    elif op.name == "create":
        causes -= {"unknown-task"}
        promise = contract.idempotency
        if promise is not None and promise.other_body in row.causes:
            return True
    else:
        causes -= {"bad-parameter", "bad-json", "bad-model", "bad-reference"}
        if not any(f.required and f.location == "query" for f in op.fields):
            causes -= {"missing-parameter"}
        if not any(f.role == "task_id" for f in op.fields):
            causes -= {"unknown-task"}
    if not op.authenticated:
        causes -= {"unauthorized"}
    return bool(causes)


def _envelope(
    contract: m.Contract, op: m.Operation, envelope: m.Envelope, several: str
) -> Iterator[Clause]:
    for field in envelope.fields:
        types = " or ".join(field.types) or "any value"
        there = "is there and holds" if field.required else "holds, where it is there,"
        equal = ", equal to the status" if field.role == "status_code" else ""
        yield _clause(
            contract,
            f"error.{several}{field.path}",
            kind="error",
            operation=op.name,
            subject=field.path,
            statement=f"In the body of an error {field.path} {there} {types}{equal}.",
            sources=field.sources,
            level=field.level,
            topic="envelope",
            thing=(envelope, field),
        )


# --- money ---


def _charges(contract: m.Contract) -> Iterator[Clause]:
    charging = contract.charging
    seen_on_create = bool(charging.meter)
    for cell in charging.cells:
        amounts = " or ".join(f"{a:g}" for a in cell.any_of)
        times = f" times {' times '.join(cell.per)}" if cell.per else ""
        when = f" when {_conditions_words(cell.when)}" if cell.when else ""
        who = f" with {' or '.join(cell.models)}" if cell.models else ""
        yield _clause(
            contract,
            f"charge.{cell.name}",
            kind="charge",
            operation="create",
            subject=charging.meter[0][1] if charging.meter else cell.name,
            statement=f"A creation{who}{when} costs {amounts} {charging.unit}{times}.",
            sources=cell.sources,
            level=cell.level,
            topic="charge",
            thing=cell,
            untestable="" if seen_on_create else "no meter",
            dispute=cell.dispute,
        )


def _refund(contract: m.Contract) -> Iterator[Clause]:
    charging = contract.charging
    if not charging.refund_says:
        return
    roles = (*charging.refund_shown_at, *charging.zero_at)
    status = contract.operation("status")
    shown_at = [r for r in (status.reply if status else ()) if r.role in roles]
    yield _clause(
        contract,
        "charge.refund",
        kind="charge",
        operation="status",
        subject=shown_at[0].path if shown_at else "refund",
        statement=charging.refund_says,
        sources=charging.refund_sources,
        level=charging.refund_level,
        topic="refund",
        thing=tuple(shown_at),
        untestable="" if shown_at else "no meter",
    )


# --- results ---


def _results(contract: m.Contract) -> Iterator[Clause]:
    """What the delivered pictures must be. One flat list."""
    fields = [
        r
        for op in contract.operations
        if op.name in ("status", "create")
        for r in op.reply
        if r.role == "results"
    ]
    if fields:
        yield _clause(
            contract,
            "url",
            kind="result",
            operation="result",
            subject=fields[0].path,
            statement="Each URL of a finished task can be fetched.",
            sources=fields[0].sources,
            level="implied",
            topic="url",
            thing=fields[0],
        )
        types = ", ".join(contract.picture_types)
        yield _clause(
            contract,
            "picture",
            kind="picture",
            operation="result",
            subject=fields[0].path,
            statement=f"Each URL delivers a picture that can be decoded{f', of type {types}' if types else ''}.",
            sources=contract.picture_sources or fields[0].sources,
            level="must" if types else "implied",
            topic="picture",
            thing=contract.picture_types,
        )
    create = contract.operation("create")
    roles = {f.role: f.path for f in create.fields if f.role} if create else {}
    if contract.ratio_sources:
        path = roles.get("aspect_ratio") or roles.get("size") or "ratio"
        yield _clause(
            contract,
            "pixels.ratio",
            kind="pixels",
            operation="result",
            subject=path,
            statement=f"The picture has the ratio that {path} asks for, within 2 %.",
            sources=contract.ratio_sources,
            level="implied",
            topic="ratio",
            thing=path,
        )
    if contract.tier_sources:
        path = roles.get("resolution", "resolution")
        yield _clause(
            contract,
            "pixels.tier",
            kind="pixels",
            operation="result",
            subject=path,
            statement=f"A higher {path} gives a picture with more pixels.",
            sources=contract.tier_sources,
            level="implied",
            topic="tier",
            thing=path,
        )
    for cell in contract.pixels:
        sizes = " or ".join(f"{w}x{h}" for w, h in cell.any_of)
        nominal = ", or others of that ratio" if cell.nominal else ""
        yield _clause(
            contract,
            f"pixels.{cell.row}.{cell.column}",
            kind="pixels",
            operation="result",
            subject=f"{cell.row} at {cell.column}",
            statement=f"With {_conditions_words(cell.when)} the picture has {sizes} pixels{nominal}.",
            sources=cell.sources,
            level=cell.level,
            topic="pixels",
            thing=cell,
            dispute=cell.dispute,
        )
    for promise in contract.expiry:
        yield _clause(
            contract,
            "expiry",
            kind="expiry",
            operation="result",
            subject=promise.field or "result URL",
            statement=f"A result can be fetched for {promise.lifetime_s:g} seconds.",
            sources=promise.sources,
            level=promise.level,
            topic="expiry",
            thing=promise,
            dispute=promise.dispute,
        )


def _callback(contract: m.Contract) -> Iterator[Clause]:
    """What is promised about the callbacks that the vendor sends."""
    if contract.callback is None:
        return
    for said in said_of(contract.callback):
        yield _clause(
            contract,
            said.name,
            kind="callback",
            operation="callback",
            subject=said.subject,
            statement=said.statement,
            sources=said.sources,
            level=said.level,
            topic=said.topic,
            thing=said.thing,
            untestable=said.untestable,
        )
    for reply in contract.callback.operation.reply:
        yield from _reply(contract, contract.callback.operation, reply)


def _unjudged(contract: m.Contract) -> Iterator[Clause]:
    for advice in contract.advice:
        yield _clause(
            contract,
            f"advice.{advice.name}",
            kind="advice",
            operation=advice.operation,
            subject=advice.subject,
            statement=advice.says,
            sources=advice.sources,
            topic="advice",
            untestable="binds the client",
        )
    for said in contract.statements:
        yield _clause(
            contract,
            f"{said.kind}.{said.name}",
            kind=said.kind,
            operation=said.operation,
            subject=said.subject,
            statement=said.says,
            sources=said.sources,
            level=said.level,
            topic="statement",
            untestable=said.why,
        )
