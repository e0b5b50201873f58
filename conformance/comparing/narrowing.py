"""Does a new keyword of a request field permit more than the old one, or less?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from conformance.comparing.essence import key
from conformance.contract.clauses import shown
from conformance.contract.model import ABSENT, Field
from conformance.results.difference import Effect

__all__ = ["Said", "field_changes"]

Said = tuple[str, Effect, str, str, str]
"""The keyword, the effect, the change as a phrase, and what was and is said."""

_UPPER = ("maxLength", "maximum", "maxItems")
_LOWER = ("minLength", "minimum", "minItems")
_VALUES = ("enum", "const")
_HANDLED = frozenset((*_UPPER, *_LOWER, *_VALUES, "type", "multipleOf"))


def field_changes(old: Field, new: Field, *, in_rules: bool) -> list[Said]:
    """
    What the new description of a field permits otherwise.

    Args:
        in_rules: A rule speaks of the field, so that a default can make a request one that the rule forbids.
    """
    found: list[Said | None] = [
        _location(old, new),
        _required(old, new),
        _type(old.schema.get("type"), new.schema.get("type")),
        *_values(old, new),
        *(_limit(word, old.schema.get(word), new.schema.get(word), 1) for word in _UPPER),
        *(_limit(word, old.schema.get(word), new.schema.get(word), -1) for word in _LOWER),
        _multiple(old.schema.get("multipleOf"), new.schema.get("multipleOf")),
        *_other_keywords(old.schema, new.schema),
        _default(old.default, new.default, in_rules=in_rules),
        _more_forms("also", old.also, new.also),
        _more_forms("base64", old.base64, new.base64),
        _more_forms("passthrough", old.passthrough, new.passthrough),
        _more_forms("alias", old.alias_of, new.alias_of),
        *_listed("accepts", old.accepts, new.accepts, forbids=False),
        *_listed("refuses", old.refuses, new.refuses, forbids=True),
        _ignored(old, new),
    ]
    return [said for said in found if said is not None]


def _location(old: Field, new: Field) -> Said | None:
    if old.location == new.location:
        return None
    return "location", "breaking", "stands elsewhere in the request", old.location, new.location


def _required(old: Field, new: Field) -> Said | None:
    if old.required == new.required:
        return None
    if new.required:
        return "required", "breaking", "is required now", "optional", "required"
    return "required", "widening", "is no longer required", "required", "optional"


def _type(old: Any, new: Any) -> Said | None:
    was, now = _types(old), _types(new)
    if was == now:
        return None
    effect: Effect = "widening" if not now or (was and was <= now) else "breaking"
    return "type", effect, "is of another type", shown(old or "any"), shown(new or "any")


def _types(given: Any) -> frozenset[str]:
    """Every integer is a number."""
    words = frozenset((given,) if isinstance(given, str) else given or ())
    return words | {"integer"} if "number" in words else words


def _values(old: Field, new: Field) -> Iterable[Said | None]:
    was, now = _enum(old), _enum(new)
    if was is None or now is None:
        if was is not now:
            effect: Effect = "breaking" if was is None else "widening"
            what = "has a list of values now" if was is None else "has no list of values any more"
            yield "enum", effect, what, _words(was), _words(now)
        return
    gone = [value for name, value in was.items() if name not in now]
    more = [value for name, value in now.items() if name not in was]
    if gone:
        yield "enum", "breaking", f"no longer takes {_named(gone)}", _words(was), _words(now)
    if more:
        yield "enum", "widening", f"takes {_named(more)} as well", _words(was), _words(now)
    if old.exhaustive != new.exhaustive:
        closes: Effect = "breaking" if new.exhaustive else "widening"
        words = ("only some of the values", "all the values")
        what = "lists all its values now" if new.exhaustive else "lists only some of its values now"
        yield "enum", closes, what, words[old.exhaustive], words[new.exhaustive]


def _enum(field: Field) -> dict[str, Any] | None:
    for word in _VALUES:
        if word in field.schema:
            values = field.schema[word]
            return {key(v): v for v in (values if word == "enum" else [values])}
    return None


def _named(values: Iterable[Any]) -> str:
    return ", ".join(map(shown, values))


def _words(values: Mapping[str, Any] | None) -> str:
    return "any" if values is None else _named(values.values())


def _limit(word: str, old: Any, new: Any, up: int) -> Said | None:
    if old == new:
        return None
    if old is None or new is None:
        effect: Effect = "breaking" if old is None else "widening"
        what = f"has a {word} now" if old is None else f"has no {word} any more"
        return word, effect, what, _number(old), _number(new)
    effect = "widening" if (new - old) * up > 0 else "breaking"
    return word, effect, f"has another {word}", _number(old), _number(new)


def _number(value: Any) -> str:
    return "none" if value is None else shown(value)


def _multiple(old: Any, new: Any) -> Said | None:
    if old == new:
        return None
    wider = new is None or (old is not None and new and old % new == 0)
    effect: Effect = "widening" if wider else "breaking"
    return "multipleOf", effect, "is a multiple of another number", _number(old), _number(new)


def _other_keywords(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterable[Said | None]:
    """What else a schema says is a restriction: whoever adds or changes one may refuse what was taken."""
    for word in sorted({*old, *new} - _HANDLED):
        if key(old.get(word, ABSENT)) == key(new.get(word, ABSENT)):
            continue
        was, now = old.get(word, ABSENT), new.get(word, ABSENT)
        wider = now is ABSENT or (
            isinstance(was, Mapping) and isinstance(now, Mapping) and _is_less(was, now)
        )
        effect: Effect = "widening" if wider else "breaking"
        clause = "format" if word == "pattern" else word
        yield clause, effect, f"has another {word}", _said(was), _said(now)


def _is_less(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether a schema only lost restrictions."""
    return all(name in old and key(old[name]) == key(value) for name, value in new.items())


def _said(value: Any) -> str:
    return "none" if value is ABSENT else shown(value)


def _default(old: Any, new: Any, *, in_rules: bool) -> Said | None:
    if key(old) == key(new):
        return None
    if old is ABSENT and not in_rules:
        return "default", "widening", "has a default now", "none", shown(new)
    what = "has no default any more" if new is ABSENT else "has another default"
    return (
        "default",
        "breaking",
        what if old is not ABSENT else "has a default now",
        _said(old),
        _said(new),
    )


def _more_forms(word: str, old: Any, new: Any) -> Said | None:
    """Another form, or another name, under which the field is taken."""
    if key(old) == key(new):
        return None
    words = {
        "also": "another form beside its values",
        "base64": "pictures in base64",
        "passthrough": "anything, without being checked",
        "alias": "its value in place of another field",
    }
    effect: Effect = "widening" if not old else "breaking"
    verb = "takes" if not old else "no longer takes" if not new else "otherwise takes"
    return word, effect, f"{verb} {words[word]}", _said(old or ABSENT), _said(new or ABSENT)


def _listed(
    word: str, old: tuple[str, ...], new: tuple[str, ...], *, forbids: bool
) -> Iterable[Said | None]:
    if set(old) == set(new):
        return
    gone, more = set(old) - set(new), set(new) - set(old)
    if not forbids and not (old and new):  # an empty list says nothing
        gone, more = more, gone
    narrower = more if forbids else gone
    effect: Effect = "breaking" if narrower else "widening"
    what = f"{'refuses' if forbids else 'accepts'} other types"
    yield word, effect, what, ", ".join(old) or "unsaid", ", ".join(new) or "unsaid"


def _ignored(old: Field, new: Field) -> Said | None:
    if old.ignored == new.ignored:
        return None
    what = "is ignored now" if new.ignored else "is no longer ignored"
    words = ("heeded", "ignored")
    return "ignored", "breaking", what, words[old.ignored], words[new.ignored]
