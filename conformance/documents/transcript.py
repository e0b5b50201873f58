"""
What does a contract claim that its documents say, and where?

Walks the YAML itself and not the `Contract`, because every claim must be told by its line. What is vocabulary
of the format (roles, levels, phases, units) is ours and claims nothing; names, values, numbers and statuses
are the vendor's and have to stand in the section that is named as their source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from conformance.documents.claims import (
    Claim,
    Enumeration,
    Path,
    Raw,
    Statement,
    cite,
    claim_media,
    claim_mentions,
    claim_name,
    claim_value,
    claim_values,
    make_statement,
    words_of,
)
from conformance.documents.reading import canonical_number

__all__ = ["statements"]

_LIMITS: Final = ("minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems")
_REPLY_LIMITS: Final = ("maxLength", "minimum", "maximum", "maxItems")


def statements(raw: Raw) -> Iterator[Statement]:
    """Every sourced statement of a contract, in the order of its sections."""
    for statement in _statements(raw):
        yield from _by_value(statement, raw)


def _by_value(statement: Statement, raw: Raw) -> Iterator[Statement]:
    """The statement, and apart from it the values of which `value_sources` says that only some source has them."""
    node: Any = raw
    for step in statement.path:
        node = node[step] if not isinstance(node, Mapping) or step in node else {}
    own = node.get("value_sources", {}) if isinstance(node, Mapping) else {}
    kept = tuple(c for c in statement.claims if c.texts[0] not in own)
    yield replace(statement, claims=kept) if own else statement
    for value, source in own.items():
        claims = tuple(c for c in statement.claims if c.texts[0] == value)
        at = (*statement.path, "value_sources", value)
        yield Statement(path=statement.path, cited=cite(source, at), claims=claims)


def _statements(raw: Raw) -> Iterator[Statement]:
    for name, scheme in raw.get("auth", {}).items():
        path: Path = ("auth", name)
        word = scheme.get("header") or scheme["query"]
        claims = [*claim_name(word, (*path, "header" if "header" in scheme else "query"))]
        claims += (
            claim_value(scheme["prefix"].strip(), (*path, "prefix")) if scheme.get("prefix") else []
        )
        yield make_statement(path, scheme["source"], claims, name=word)
    for name, operation in raw["operations"].items():
        yield from _operation(operation, ("operations", name))
    yield from _callback(raw["operations"].get("callback", {}), ("operations", "callback"))
    yield from _states(raw.get("states", {}))
    yield from _errors(raw.get("errors", {}), ("errors",))
    yield from _charges(raw.get("charges", {}), ("charges",))
    yield from _pixels(raw.get("pixels"), ("pixels",))
    yield from _expiry(raw.get("expiry"), ("expiry",))
    yield from _idempotency(raw.get("idempotency"))
    for name, part in raw.get("pictures", {}).items():
        path = ("pictures", name)
        types = [
            c
            for i, t in enumerate(part.get("types", ()))
            for c in claim_media(t, (*path, "types", i))
        ]
        yield make_statement(path, part["source"], types)
    for section in ("advice", "statements"):
        for name, said in raw.get(section, {}).items():
            yield _prose(
                (section, name), said["source"], {"says": said["says"]}, subject=said["subject"]
            )
    yield from _disputes(raw.get("disputes", {}))
    for index, conflict in enumerate(raw.get("conflicts", ())):
        for i, alternative in enumerate(conflict["alternatives"]):
            path = ("conflicts", index, "alternatives", i)
            yield _prose(path, alternative["source"], alternative, about=conflict["about"])
    for section in ("questions", "notes"):
        for index, asked in enumerate(raw.get(section, ())):
            yield _prose((section, index), asked["source"], asked, about=asked["about"])


def _prose(path: Path, source: Any, said: Raw, *, subject: str = "", about: str = "") -> Statement:
    texts = {key: str(said[key]) for key in ("says", "value", "question") if key in said}
    claims = [c for key, text in texts.items() for c in claim_mentions(text, (*path, key))]
    claims += [replace(c, weight="value") for c in claim_mentions(subject, path, checked=False)]
    for part in re.split(r",\s*|\s+", subject):
        claims += [replace(c, checked=False) for c in claim_name(part, path)] if part else []
    claims += claim_mentions(about, path, checked=False)
    made = make_statement(path, source, claims, words=words_of(*texts.values(), subject, about))
    return replace(
        made, prose=True, asks=path[0] in ("questions", "notes", "conflicts", "disputes")
    )


# ---------------------------------------------------------------- operations


def _operation(raw: Raw, path: Path) -> Iterator[Statement]:
    if "http" in raw:
        method, _, route = raw["http"].partition(" ")
        claims = [
            *claim_value(method, (*path, "http")),
            Claim(kind="name", texts=(route,), path=(*path, "http")),
        ]
        if "content_type" in raw:
            short = (
                tuple(raw["content_type"].split("/")[:1])
                if "multipart" in raw["content_type"]
                else ()
            )
            claims.append(
                Claim(
                    kind="name", texts=(raw["content_type"], *short), path=(*path, "content_type")
                )
            )
        yield make_statement(path, raw["source"], claims)
    if "success" in raw:
        success = (*path, "success")
        yield make_statement(
            success,
            raw["success"]["source"],
            claim_values(raw["success"]["status"], (*success, "status")),
        )
    for section in ("body", "query", "path", "headers"):
        for name, spec in raw.get(section, {}).items():
            yield from _field(name, spec, (*path, section, name))
    for model, specs in raw.get("per_model", {}).items():
        for name, spec in specs.items():
            yield from _field(name, spec, (*path, "per_model", model, name), model=model)
    for name, rule in raw.get("rules", {}).items():
        yield _rule(rule, (*path, "rules", name))
    for name, spec in raw.get("reply", {}).items():
        yield _reply(name, spec, (*path, "reply", name))


def _callback(raw: Raw, path: Path) -> Iterator[Statement]:
    """What is said of callbacks beside the fields that they hold."""
    for name, spec in raw.get("reply", {}).items():
        if isinstance(spec.get("const"), str):
            at = (*path, "reply", name)
            claims = claim_mentions(spec["const"], (*at, "const"), checked=False)
            yield make_statement(at, spec["source"], claims)
    if "sent" in raw:
        at = (*path, "sent")
        claims = claim_mentions(raw["sent"].get("presumes", ""), (*at, "presumes"), checked=False)
        yield make_statement(at, raw["sent"]["source"], claims)
    if "delivery" in raw:
        at, delivery = (*path, "delivery"), raw["delivery"]
        claims = claim_value(delivery.get("attempts"), (*at, "attempts"))
        by = delivery.get("acknowledged_by", "")
        claims += claim_mentions(by, (*at, "acknowledged_by"), checked=False)
        yield make_statement(at, delivery["source"], claims)
    if "signature" in raw:
        at, signed = (*path, "signature"), raw["signature"]
        words = ("algorithm", "header", "id_header", "timestamp_header", "prefix", "encoding")
        given = [(word, str(signed[word])) for word in words if word in signed]
        claims = [
            c for word, text in given for c in claim_mentions(text, (*at, word), checked=False)
        ]
        claims += claim_value(signed.get("tolerance_s"), (*at, "tolerance_s"))
        yield make_statement(at, signed["source"], claims)


def _field(name: str, raw: Raw, path: Path, *, model: str = "") -> Iterator[Statement]:
    own: dict[str, list[Claim]] = {"": claim_name(name, path)}
    if model:
        own[""] += [replace(c, checked=False) for c in claim_value(model, path)]
    own["enum"] = claim_values(raw.get("enum", ()), (*path, "enum"))
    own["const"] = claim_value(raw.get("const"), (*path, "const"))
    own["default"] = claim_value(raw.get("default"), (*path, "default"), "use")
    own["accepts"] = [
        c
        for i, t in enumerate(raw.get("accepts", ()))
        for c in claim_media(t, (*path, "accepts", i))
    ]
    own["items"] = claim_values(raw.get("items", {}).get("enum", ()), (*path, "items", "enum"))
    own["also"] = claim_values(raw.get("also", {}).get("examples", ()), (*path, "also", "examples"))
    own["alias_of"] = (
        [replace(c, weight="use") for c in claim_name(raw["alias_of"], (*path, "alias_of"))]
        if "alias_of" in raw
        else []
    )
    own["note"] = claim_mentions(raw.get("note", ""), (*path, "note"), checked=False)
    own["base64"] = claim_value("base64", (*path, "base64")) if raw.get("base64") else []
    for limit in _LIMITS:
        own[limit] = claim_value(raw.get(limit), (*path, limit))
    apart = {k: own.pop(k) for k in raw.get("sources", {}) if own.get(k)}
    listed = (
        [Enumeration(path=(*path, "enum"), values=tuple(map(str, raw["enum"])))]
        if "enum" in raw
        else []
    )
    if raw.get("exhaustive") is False or "also" in raw:
        listed = []
    yield make_statement(
        path,
        raw["source"],
        [c for claims in own.values() for c in claims],
        enumerations=listed if "enum" not in apart else (),
        name=_last(name),
        words=words_of(raw.get("note", "")),
        facets={k: v for k, v in _facets(raw, model).items() if k not in apart},
        model=model,
    )
    for keyword, claims in apart.items():
        yield make_statement(
            (*path, keyword),
            raw["sources"][keyword],
            claims,
            at=(*path, "sources", keyword),
            enumerations=listed if keyword == "enum" else (),
            name=_last(name),
            facets={k: v for k, v in _facets(raw, model).items() if k == keyword},
            model=model,
        )


def _facets(raw: Raw, model: str) -> dict[str, tuple[str, ...]]:
    """What a page tells at a field's own place, where the contract tells it too."""
    found: dict[str, tuple[str, ...]] = {}
    if "type" in raw and raw["type"] != "file":
        found["type"] = (raw["type"],) if isinstance(raw["type"], str) else tuple(raw["type"])
    if "required" in raw or not (model or {"alias_of", "ignored"} & set(raw)):
        found["required"] = ("yes" if raw.get("required") else "no",)
    if "default" in raw:
        found["default"] = tuple(c.texts[0] for c in claim_value(raw["default"], ()))
    return found


def _last(name: str) -> str:
    return re.sub(r"\[\d*\]", "", name.partition("#")[0]).rpartition(".")[2]


def _rule(raw: Raw, path: Path) -> Statement:
    claims = claim_mentions(raw["says"], (*path, "says"))
    for part in ("when", "then"):
        claims += _conditions(raw.get(part, {}), (*path, part))
    for form in ("at_most_one", "at_least_one"):
        for index, name in enumerate(raw.get(form, ())):
            claims += [replace(c, weight="use") for c in claim_name(name, (*path, form, index))]
    return make_statement(path, raw["source"], claims, words=words_of(raw["says"]))


def _conditions(raw: Raw, path: Path) -> list[Claim]:
    claims = []
    for name, condition in raw.items():
        at = (*path, name)
        claims += [replace(c, weight="use", checked=False) for c in claim_name(name, at)]
        claims += claim_value(condition.get("const"), (*at, "const"), "use")
        claims += claim_values(condition.get("enum", ()), (*at, "enum"), "use")
        for bound in ("minimum", "maximum"):
            claims += claim_value(condition.get(bound), (*at, bound), "use")
    return claims


def _reply(name: str, raw: Raw, path: Path) -> Statement:
    # A media type on a page says this header, whether the page names it or not.
    named = [
        replace(c, checked=c.checked and name != "$headers.Content-Type")
        for c in claim_name(name, path)
    ]
    claims = [
        *named,
        *claim_value(raw.get("const"), (*path, "const")),
        *claim_values(raw.get("enum", ()), (*path, "enum")),
        *claim_mentions(raw.get("note", ""), (*path, "note"), checked=False),
    ]
    for inner in ("schema", "content"):
        claims += _inside(raw.get(inner, {}), (*path, inner))
    for of, condition in raw.get("when", {}).items():
        claims += [replace(c, checked=False) for c in _conditions({of: condition}, (*path, "when"))]
    listed = (
        [Enumeration(path=(*path, "enum"), values=tuple(map(str, raw["enum"])))]
        if "enum" in raw
        else []
    )
    return make_statement(
        path,
        raw["source"],
        claims,
        enumerations=listed,
        name=_last(name),
        words=words_of(raw.get("note", "")),
        facets={k: v for k, v in _facets(raw, "").items() if k == "type"},
    )


def _inside(raw: Raw, path: Path) -> list[Claim]:
    """The vendor's words in a JSON Schema of a reply: names, constants and upper limits."""
    claims = claim_value(raw.get("const"), (*path, "const"))
    claims += claim_values(raw.get("enum", ()), (*path, "enum"))
    claims += claim_values(raw.get("examples", ()), (*path, "examples"))
    for limit in _REPLY_LIMITS:
        claims += claim_value(raw.get(limit), (*path, limit))
    for index, name in enumerate(raw.get("required", ())):
        claims += claim_name(name, (*path, "required", index))
    for name, inner in raw.get("properties", {}).items():
        claims += [
            *claim_name(name, (*path, "properties", name)),
            *_inside(inner, (*path, "properties", name)),
        ]
    return claims


# ---------------------------------------------------------------- everything else


def _states(raw: Raw) -> Iterator[Statement]:
    if not raw:
        return
    common: list[Claim] = []
    for value, state in raw["values"].items():
        path: Path = ("states", "values", value)
        claims = [*claim_value(int(value) if value.isdigit() else value, path)]
        claims += claim_mentions(state.get("means", ""), (*path, "means"), checked=False)
        if "source" in state:
            yield make_statement(
                path, state["source"], claims, words=words_of(state.get("means", ""))
            )
            claims = [replace(c, checked=False) for c in claims]
        common += claims
    values = tuple(raw["values"])
    words = words_of(*(s.get("means", "") for s in raw["values"].values()))
    yield make_statement(
        ("states",),
        raw["source"],
        common,
        enumerations=[Enumeration(path=("states", "values"), values=values)],
        words=words,
    )
    if "terminal" in raw:
        yield make_statement(("states", "terminal"), raw["terminal"]["source"], ())


def _errors(raw: Raw, path: Path) -> Iterator[Statement]:
    for name, envelope in raw.get("envelopes", {}).items():
        for key, spec in envelope.get("fields", {}).items():
            yield _reply(key, spec, (*path, "envelopes", name, "fields", key))
    for key, row in raw.get("table", {}).items():
        at = (*path, "table", key)
        status, _, label = key.partition(" ")
        claims = claim_value(int(row.get("status", status)), at)
        shown = row.get("name", label)
        if "_" in shown:  # another name only tells rows of one status apart
            claims += claim_value(shown, at)
        claims += _conditions(row.get("body", {}), (*at, "body"))
        claims += claim_mentions(row["means"], (*at, "means"))
        claims += claim_mentions(row.get("retry", ""), (*at, "retry"))
        yield make_statement(
            at, row["source"], claims, words=words_of(row["means"], row.get("retry", ""))
        )
        for name, spec in row.get("fields", {}).items():
            yield _reply(name, spec, (*at, "fields", name))


def _charges(raw: Raw, path: Path) -> Iterator[Statement]:
    for name, cell in raw.get("cells", {}).items():
        at = (*path, "cells", name)
        amounts = cell["amount"] if isinstance(cell["amount"], list) else [cell["amount"]]
        claims = claim_values(amounts, (*at, "amount"))
        claims += _conditions(cell.get("when", {}), (*at, "when"))
        claims += [
            replace(c, checked=False)
            for c in claim_values(cell.get("models", ()), (*at, "models"), "use")
        ]
        models = cell.get("models", ())
        yield make_statement(
            at, cell["source"], claims, model=models[0] if len(models) == 1 else ""
        )
    if "refund" in raw:
        at = (*path, "refund")
        says = raw["refund"]["says"]
        yield make_statement(
            at, raw["refund"]["source"], claim_mentions(says, (*at, "says")), words=words_of(says)
        )


def _pixels(raw: Raw | None, path: Path) -> Iterator[Statement]:
    if raw is None:
        return
    claims = claim_values(raw["columns"], (*path, "columns"))
    claims += [
        replace(c, checked=False)
        for w in ("row_field", "column_field")
        for c in claim_name(raw[w], (*path, w))
    ]
    for row, cells in raw["rows"].items():
        claims += claim_value(row, (*path, "rows", row))
        for index, cell in enumerate(cells):
            at = (*path, "rows", row, index)
            claims += claim_values(cell, at) if isinstance(cell, list) else claim_value(cell, at)
    rows = Enumeration(path=(*path, "rows"), values=tuple(raw["rows"]))
    yield make_statement(path, raw["source"], claims, enumerations=[rows])


def _expiry(raw: Raw | None, path: Path) -> Iterator[Statement]:
    if raw is None:
        return
    claims = [_span(raw["lifetime_s"], (*path, "lifetime_s"))]
    claims += claim_name(raw["field"], (*path, "field")) if raw.get("field") else []
    yield make_statement(path, raw["source"], claims)


def _span(seconds: float, path: Path) -> Claim:
    """A time in seconds, also as whole minutes, hours or days."""
    texts = [canonical_number(f"{seconds:f}")]
    texts += [str(int(seconds // unit)) for unit in (60, 3600, 86400) if seconds % unit == 0]
    return Claim(kind="number", texts=tuple(texts), path=path)


def _idempotency(raw: Raw | None) -> Iterator[Statement]:
    if raw is None:
        return
    path: Path = ("idempotency",)
    claims = [
        *claim_name(raw["header"], (*path, "header")),
        *claim_mentions(raw["says"], (*path, "says")),
    ]
    claims += claim_value(raw.get("max_length"), (*path, "max_length"))
    claims += (
        claim_value(raw["replay_header"][0], (*path, "replay_header", 0))
        if "replay_header" in raw
        else []
    )
    claims += [_span(raw["lifetime_s"], (*path, "lifetime_s"))] if "lifetime_s" in raw else []
    yield make_statement(path, raw["source"], claims, words=words_of(raw["says"]))


def _disputes(raw: Raw) -> Iterator[Statement]:
    for name, dispute in raw.items():
        for key, alternative in dispute["alternatives"].items():
            path: Path = ("disputes", name, "alternatives", key)
            yield _prose(path, alternative["source"], alternative, about=dispute["about"])
            for target, patch in alternative.get("operations", {}).items():
                yield from _operation(patch, (*path, "operations", target))
            yield from _errors(alternative.get("errors", {}), (*path, "errors"))
            yield from _charges(alternative.get("charges", {}), (*path, "charges"))
            yield from _pixels(alternative.get("pixels"), (*path, "pixels"))
            yield from _expiry(alternative.get("expiry"), (*path, "expiry"))
