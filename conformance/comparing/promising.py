"""What does the new contract promise about answers that the old one did not, and the other way round?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from conformance.comparing.essence import essence, key
from conformance.contract.clauses import Clause, clauses_by_id, shown
from conformance.contract.model import Contract
from conformance.results.difference import Change, Effect

__all__ = ["promise_changes"]

_REQUESTS = frozenset(("field", "rule"))
"""Topics about requests, which `requesting` compares as each model has them."""

_PROSE = frozenset(("statement", "advice"))
"""Whether these promise more or less, only a person can tell."""

_Found = tuple[Effect, str]


def promise_changes(old: Contract, new: Contract, told: frozenset[str]) -> list[Change]:
    """
    Clause by clause: what was promised and is not, what is new, what is otherwise.

    Args:
        told: Clauses about requests of which something was said already.
    """
    before, after = clauses_by_id(old), clauses_by_id(new)
    lost = _operations(old) - _operations(new)
    gained = _operations(new) - _operations(old)
    found = [*_whole_operations(lost, gained)]
    for name in dict.fromkeys([*before, *after]):
        was, now = before.get(name), after.get(name)
        clause = now or was
        assert clause is not None  # the name is of one of them
        if clause.operation in lost | gained or (clause.topic in _REQUESTS and name in told):
            continue
        for effect, what in _compared(was, now, old, new):
            found.append(_change(was, now, effect, what))
    return found


def _operations(contract: Contract) -> frozenset[str]:
    callback = ("callback",) if contract.callback is not None else ()
    return frozenset((*(op.name for op in contract.operations), *callback))


def _whole_operations(lost: Iterable[str], gained: Iterable[str]) -> Iterator[Change]:
    for name in sorted(lost):
        yield Change(
            effect="breaking", operation=name, subject=name, what="is no longer documented"
        )
    for name in sorted(gained):
        yield Change(effect="widening", operation=name, subject=name, what="is new")


def _change(was: Clause | None, now: Clause | None, effect: Effect, what: str) -> Change:
    clause = now or was
    assert clause is not None  # one of them is there
    role = getattr(clause.thing, "role", "") or ""
    return Change(
        effect=effect,
        operation=clause.operation,
        subject=clause.subject,
        role=role,
        what=what,
        old=was.statement if was else "",
        new=now.statement if now else "",
        clauses=(clause.id,),
        sources=clause.sources,
    )


def _compared(
    was: Clause | None, now: Clause | None, old: Contract, new: Contract
) -> Iterator[_Found]:
    if was is None or now is None:
        yield _one_sided(was, now, old)
        return
    before, after = essence(was), essence(now)
    same = sorted(map(key, before)) == sorted(map(key, after))
    if now.topic in _PROSE or now.topic in _REQUESTS:
        # The piece of a field's clause is the whole field, of which the clause is one statement.
        if was.statement != now.statement:
            yield "neutral", "is said otherwise"
    elif not same:
        yield from _judged(now.topic, before, after)
    elif now.topic == "charge" and old.charging.unit != new.charging.unit:
        yield "breaking", "is priced in another unit"
    elif was.statement != now.statement:
        yield "neutral", "is said otherwise"
    if was.level != now.level:
        yield "neutral", f"is {now.level} and no longer {was.level}"


def _one_sided(was: Clause | None, now: Clause | None, old: Contract) -> _Found:
    clause = now or was
    assert clause is not None  # one of them is there
    if clause.topic in _PROSE or clause.topic in _REQUESTS:
        return "neutral", "is said now" if was is None else "is no longer said"
    restricts = clause.topic == "content-type" or (
        clause.topic == "idempotency" and clause.keyword == "maxLength"
    )
    if was is not None:
        if restricts:
            return "widening", "is no longer asked for"
        return "breaking", "is no longer promised"
    first_key = clause.topic == "auth" and not any(
        op.name == clause.operation and op.authenticated and old.auth for op in old.operations
    )
    if restricts or first_key:
        return "breaking", "is asked for now"
    return "widening", "is promised now"


# --- the same clause, otherwise

_Essence = tuple[Any, ...]
_Judge = Callable[[Any, Any], Iterator[_Found]]


def _judged(topic: str, before: _Essence, after: _Essence) -> Iterator[_Found]:
    """Several alternatives are several ways in which a server may answer: one more breaks, one fewer does not."""
    if len(before) == len(after) == 1:
        judge = _JUDGES.get(topic)
        if judge is None:
            yield "breaking", _OTHERWISE.get(topic, "is promised otherwise")
        else:
            yield from list(judge(before[0], after[0])) or [("neutral", "is promised otherwise")]
        return
    ways = ({key(e) for e in before}, {key(e) for e in after})
    if ways[1] < ways[0]:
        yield "widening", "is one of fewer answers that pages give"
    elif ways[0] < ways[1]:
        yield "breaking", "has another answer that a page gives"
    else:
        yield "breaking", "is promised otherwise"


def _set_of_answers(word: str) -> _Judge:
    """Judges lists of which any may come."""

    def judge(was: Any, now: Any) -> Iterator[_Found]:
        old, new = {key(v): v for v in was}, {key(v): v for v in now}
        more = [v for name, v in new.items() if name not in old]
        gone = [v for name, v in old.items() if name not in new]
        if more:
            yield "breaking", f"may be {_named(more)} now"
        if gone:
            yield "widening", f"is no longer {_named(gone)}"
        if not more and not gone and was != now:
            yield "neutral", f"has its {word} in another order"

    return judge


def _named(values: Iterable[Any]) -> str:
    return ", ".join("x".join(map(str, v)) if isinstance(v, list) else shown(v) for v in values)


def _states(was: Any, now: Any) -> Iterator[_Found]:
    old, new = {key(v): p for v, p in was}, {key(v): p for v, p in now}
    values = {key(v): v for v, _ in (*was, *now)}
    for name in new.keys() - old.keys():
        yield "breaking", f"may be {shown(values[name])} now, which programs do not know"
    for name in old.keys() - new.keys():
        yield "widening", f"is never {shown(values[name])} any more"
    for name in old.keys() & new.keys():
        if old[name] != new[name]:
            yield (
                "breaking",
                f"means {new[name]} and no longer {old[name]} when it is {shown(values[name])}",
            )
    if old == new:
        yield "neutral", "has its states in another order"


def _reply(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[_Found]:
    """One flat list: what of a reply field differs, and for whom that is a surprise."""
    if was["required"] != now["required"]:
        yield ("widening", "is always there now") if now["required"] else ("breaking", "may be missing now")  # fmt: skip
    yield from _reply_types(was["types"], now["types"])
    yield from _reply_schema(was["schema"], now["schema"])
    if key(was["when"]) != key(now["when"]):
        fewer = {key(c) for c in now["when"]} < {key(c) for c in was["when"]}
        yield ("widening", "is promised in more cases") if fewer else ("breaking", "is promised in other cases")  # fmt: skip
    if was["lags"] != now["lags"]:
        yield ("breaking", "may come later now") if now["lags"] else ("widening", "is there at once now")  # fmt: skip
    if was["path"] != now["path"]:
        yield "breaking", f"stands at {now['path']} now"
    for word in ("decode", "content", "decoded"):
        if key(was.get(word)) != key(now.get(word)):
            yield "breaking", "holds something else"


def _reply_types(was: list[str], now: list[str]) -> Iterator[_Found]:
    old, new = (frozenset(t) | ({"integer"} if "number" in t else set()) for t in (was, now))
    if old == new:
        return
    narrower = not old or (new and new <= old)
    effect: Effect = "widening" if narrower else "breaking"
    yield effect, f"is {' or '.join(now) or 'of any type'} now"


def _reply_schema(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[_Found]:
    listed = [s.get("enum", [s["const"]] if "const" in s else None) for s in (was, now)]
    if listed[0] is not None and listed[1] is not None:
        yield from _set_of_answers("values")(listed[0], listed[1])
    elif listed[0] is not listed[1]:
        yield ("widening", "is one of listed values now") if listed[0] is None else ("breaking", "may be any value now")  # fmt: skip
    rest = [{k: v for k, v in s.items() if k not in ("enum", "const")} for s in (was, now)]
    if key(rest[0]) != key(rest[1]):
        more = all(key(rest[1].get(name)) == key(value) for name, value in rest[0].items())
        yield ("widening", "is promised more exactly") if more else ("breaking", "has another form")


def _row(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[_Found]:
    for word, words in (
        ("causes", "is given for"),
        ("carried_in", "comes in"),
        ("envelopes", "has the body"),
    ):
        more, gone = sorted({*now[word]} - {*was[word]}), sorted({*was[word]} - {*now[word]})
        if more:
            yield "breaking", f"{words} {', '.join(more)} now"
        elif gone:
            yield "widening", f"no longer {words} {', '.join(gone)}"
    if was["status"] != now["status"]:
        yield "breaking", f"is {now['status']} now"
    if was["retry"] != now["retry"]:
        yield "neutral", "has other advice on asking again"


def _charge(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[_Found]:
    others = [{k: v for k, v in c.items() if k != "any_of"} for c in (was, now)]
    if key(others[0]) != key(others[1]):
        yield "breaking", "is counted otherwise"
    old, new = was["any_of"], now["any_of"]
    if sorted(old) == sorted(new):
        return
    dearer = max(new) > max(old)
    cheaper = max(new) <= max(old) and all(n <= max(old) for n in new)
    effect: Effect = "breaking" if dearer or not cheaper else "widening"
    yield (
        effect,
        f"costs {' or '.join(f'{a:g}' for a in new)} and no longer {' or '.join(f'{a:g}' for a in old)}",
    )


def _pixels(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[_Found]:
    yield from _set_of_answers("sizes")(was["any_of"], now["any_of"])
    if was["nominal"] != now["nominal"]:
        yield ("breaking", "may have another size of that ratio") if now["nominal"] else ("widening", "is exact now")  # fmt: skip
    if key([was["when"], was["models"]]) != key([now["when"], now["models"]]):
        yield "breaking", "is promised for other requests"


def _expiry(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[_Found]:
    if was["lifetime_s"] != now["lifetime_s"]:
        longer = now["lifetime_s"] > was["lifetime_s"]
        yield ("widening", "is kept longer") if longer else ("breaking", "is kept less long")
    if was["field"] != now["field"]:
        yield "breaking", "is told elsewhere"


def _idempotency(was: Any, now: Any) -> Iterator[_Found]:
    """A limit of the key's length is a number; anything else is a promise."""
    if isinstance(was, int) and isinstance(now, int):
        effect: Effect = "breaking" if now < was else "widening"
        yield effect, f"has at most {now} characters and no longer {was}"
    elif isinstance(was, Mapping) and isinstance(now, Mapping):
        yield from _kept_keys(was, now)
    else:
        yield "breaking", "is promised otherwise"


def _kept_keys(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[_Found]:
    old, new = was["lifetime_s"], now["lifetime_s"]
    rest = [key({**promise, "lifetime_s": None}) for promise in (was, now)]
    longer = old is not None and new is not None and new > old and rest[0] == rest[1]
    yield ("widening", "is kept longer") if longer else ("breaking", "is promised otherwise")


def _enveloped(was: Any, now: Any) -> Iterator[_Found]:
    yield from _reply(was[0], now[0])
    if key(was[1]) != key(now[1]):
        yield "breaking", "is told from a success by another mark"


_OTHERWISE = {
    "path": "is another method or path",
    "second-path": "is another path",
    "content-type": "is another type",
    "auth": "is presented otherwise",
    "unit": "is in another unit",
    "echo": "repeats something else",
}
"""By the topic of a clause: what a difference is called."""

_JUDGES: Mapping[str, _Judge] = {
    "success": _set_of_answers("statuses"),
    "picture": _set_of_answers("types"),
    "states": _states,
    "reply": _reply,
    "row-field": _reply,
    "row": _row,
    "charge": _charge,
    "pixels": _pixels,
    "expiry": _expiry,
    "idempotency": _idempotency,
    "envelope": _enveloped,
}
"""By the topic of a clause of which both have one answer. Any other difference is breaking."""
