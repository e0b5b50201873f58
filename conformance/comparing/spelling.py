"""How is one request said in the words of a vendor's documents?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from conformance.compilers.validating import violations
from conformance.contract.model import ABSENT, Contract, Field
from conformance.contract.resolution import body_of, fields_for, settle

__all__ = ["Spelt", "request_in", "same_value", "speech_of"]

_TIER = re.compile(r"(\d{1,2})k", re.IGNORECASE)
_NEEDED = frozenset(("prompt", "images"))
"""A request that lost one of these is another request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelt:
    """
    A creation as a vendor's documents permit it.

    Args:
        line: Method and path.
        words: What of the wish is said in it.
        dialect: Whose reading it is, where pages disagree: dispute and alternative.
    """

    line: str
    body: Mapping[str, Any]
    words: tuple[str, ...]
    dialect: tuple[tuple[str, str], ...] = ()


def request_in(contract: Contract, wanted: Mapping[str, Any]) -> Spelt | None:
    """
    The request that says most of what is wanted, and that the documents permit; None where there is none.

    Where pages disagree, each is heard alone; the first that says most is taken. What it says is proven with the
    compiled contract, so that no value is shown that a page forbids.
    """
    found = (_in_dialect(contract, dialect, wanted) for dialect in _dialects(contract))
    return max(filter(None, found), key=lambda said: len(said.words), default=None)


def speech_of(contract: Contract) -> dict[str, Field]:
    """
    The field for each word of the shared vocabulary, at its widest: what any model and any page permits.

    A size and a ratio that go into one field are one word.
    """
    found: dict[str, Field] = {}
    for dialect in _dialects(contract):
        for _, fields in _models(settle(contract, dialect)):
            for field in fields.values():
                if field.role and field.location == "body" and not field.alias_of:
                    known = found.get(field.role)
                    found[field.role] = _wider(known, field) if known else field
    ratio, size = found.get("aspect_ratio"), found.get("size")
    if ratio and size and ratio.path == size.path:
        del found["size"]
    return found


def _wider(one: Field, other: Field) -> Field:
    schema = dict(one.schema)
    if "enum" in schema:
        listed = other.schema.get("enum", ())
        schema["enum"] = [*schema["enum"], *(v for v in listed if v not in schema["enum"])]
    for keyword in ("maxLength", "maxItems", "maximum"):
        if keyword in schema:
            most = other.schema.get(keyword)
            if most is None:
                del schema[keyword]
            else:
                schema[keyword] = max(schema[keyword], most)
    return replace(one, schema=schema, ignored=one.ignored and other.ignored)


def same_value(value: Any, listed: Iterable[Any]) -> Any:
    """The listed value that means the same, however it is spelt; None where none does."""
    return next((each for each in listed if _meaning(each) == _meaning(value)), None)


def _meaning(value: Any) -> str:
    text = str(value).strip().lower()
    tier = _TIER.fullmatch(text)
    if tier:
        return str(int(tier[1]) * 1024)
    return text


def _dialects(contract: Contract) -> Iterator[dict[str, str]]:
    yield {}
    for dispute in contract.disputes:
        for alternative in dispute.alternatives[1:]:
            yield {dispute.name: alternative.name}


def _models(settled: Contract) -> Iterator[tuple[str, dict[str, Field]]]:
    create = settled.operation("create")
    for model in (settled.models or ("",)) if create else ():
        assert create is not None  # there are models only where there is a creation
        yield model, fields_for(create, model)


def _in_dialect(
    contract: Contract, dialect: Mapping[str, str], wanted: Mapping[str, Any]
) -> Spelt | None:
    settled = settle(contract, dialect)
    create = settled.operation("create")
    best: Spelt | None = None
    for model, fields in _models(settled):
        said = _with_model(settled, model, fields, wanted)
        if create is None or said is None or (best and len(best.words) >= len(said[1])):
            continue
        best = Spelt(
            line=f"{create.method} {create.path}",
            body=said[0],
            words=said[1],
            dialect=tuple(dialect.items()),
        )
    return best


def _with_model(
    settled: Contract, model: str, fields: Mapping[str, Field], wanted: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[str, ...]] | None:
    """The body, and what it says; what is optional is left out, last first, until the documents permit the rest."""
    by_word = {
        f.role: f for f in fields.values() if f.role and not f.alias_of and f.location == "body"
    }
    values = {word: _value(by_word.get(word), value) for word, value in wanted.items()}
    words = [word for word, value in values.items() if value is not ABSENT]
    while _NEEDED & set(wanted) <= set(words):
        assignment: dict[str, Any] = {by_word[word].path: values[word] for word in words}
        if model and "model" in by_word:
            assignment[by_word["model"].path] = model
        body = body_of(assignment, dict(fields))
        if not violations(settled, "create", body):
            return body, tuple(words)
        optional = [word for word in words if word not in _NEEDED]
        if not optional:
            return None
        words.remove(optional[-1])
    return None


def _value(field: Field | None, value: Any) -> Any:
    """The value as the field spells it; `ABSENT` where it has no such value."""
    if field is None or field.ignored:
        return ABSENT
    listed = field.schema.get("enum")
    if not listed or isinstance(value, list):
        return value
    found = same_value(value, listed)
    return ABSENT if found is None else found
