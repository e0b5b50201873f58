"""
Which ways of answering do the documents permit?

A choice is derived wherever the contract has room for two answers; nothing is listed by hand. Each has a name,
such as `status:create:bad-parameter`, and alternatives that can be asked for by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from conformance.contract.model import Contract, Operation
from conformance.errors import UsageError
from conformance.simulator.callbacks import callback_choices
from conformance.simulator.pictures import EXTENSIONS
from conformance.simulator.refusals import STATUSES, envelopes_of, tabled, ways_of
from conformance.simulator.replies import slots_of

__all__ = ["Choice", "checked_choices", "derive_choices", "nearest_hint"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A way of answering that the documents permit, one of several."""

    name: str
    alternatives: tuple[str, ...]
    default: str


def derive_choices(contract: Contract) -> tuple[Choice, ...]:
    """Every choice that a contract leaves, disputes first, in documented order; names are unique."""
    found: dict[str, Choice] = {}
    for choice in _all(contract):
        found.setdefault(choice.name, choice)
    return tuple(found.values())


def checked_choices(contract: Contract, choices: Mapping[str, str]) -> dict[str, str]:
    """
    The choices asked for, once each is known to be one.

    Raises:
        UsageError: No such choice or no such alternative; names the nearest right word.
    """
    known = {choice.name: choice for choice in derive_choices(contract)} if choices else {}
    for name, alternative in choices.items():
        if name not in known:
            hint = nearest_hint(name, known)
            raise UsageError(f"unknown choice {name!r} of {contract.vendor}{hint}")
        if alternative not in known[name].alternatives:
            words = known[name].alternatives
            hint = nearest_hint(alternative, words)
            raise UsageError(f"unknown alternative {alternative!r} of the choice {name!r}{hint}")
    return dict(choices)


def nearest_hint(word: str, known: Iterable[str]) -> str:
    """What to say after an unknown word: the nearest known one, and all where they are few."""
    words = list(known)
    near = get_close_matches(word, words, n=1, cutoff=0.5)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    return f"{hint}; known are {', '.join(words[:12])}{', ...' if len(words) > 12 else ''}"


def _all(contract: Contract) -> Iterator[Choice]:
    for dispute in contract.disputes:
        yield _choice(dispute.name, [a.name for a in dispute.alternatives])
    yield from _successes(contract)
    yield from _statuses(contract)
    yield from _carried(contract)
    yield from _envelopes(contract)
    yield from _charges(contract)
    sizes = max((len(cell.any_of) for cell in contract.pixels), default=0)
    if sizes > 1:
        yield _choice("pixels", map(str, range(sizes)))
    types = [t for t in contract.picture_types if t in EXTENSIONS]
    if len(types) > 1:
        yield _choice("picture-type", types)
    if contract.idempotency is not None and not contract.idempotency.other_body:
        yield _choice("idempotency:other-body", _other_body(contract))
    if any(s.phase == "running" for s in contract.states):
        yield _choice("pace", ("every-state", "straight", "slow"))
    for name, alternatives in callback_choices(contract).items():
        yield _choice(name, alternatives)
    yield from _fields(contract)


def _choice(name: str, alternatives: Iterable[str]) -> Choice:
    words = tuple(alternatives)
    return Choice(name=name, alternatives=words, default=words[0])


def _successes(contract: Contract) -> Iterator[Choice]:
    for operation in contract.operations:
        if len(operation.success) > 1:
            yield _choice(f"success:{operation.name}", map(str, operation.success))


def _statuses(contract: Contract) -> Iterator[Choice]:
    for operation in contract.operations:
        for cause in STATUSES:
            if not _can_occur(cause, operation, contract):
                continue
            rows = tabled(contract, operation.name, cause)
            statuses = dict.fromkeys(str(row.status) for row in rows)
            if len(statuses) > 1:
                yield _choice(f"status:{operation.name}:{cause}", ["spread", *statuses])


def _can_occur(cause: str, operation: Operation, contract: Contract) -> bool:
    """Whether a request to the operation can be wrong in that way at all."""
    fields = operation.fields
    in_body = any(f.location == "body" for f in fields)
    missing = any(f.required and f.location != "path" for f in fields)
    possible = {
        "bad-json": in_body,
        "unsupported-type": in_body,
        "too-large": in_body,
        "bad-model": any(f.role == "model" for f in fields),
        "bad-reference": any(f.role == "images" for f in fields),
        "missing-parameter": missing,
        "bad-parameter": in_body
        or (missing and not tabled(contract, operation.name, "missing-parameter")),
        "unknown-task": any(f.role == "task_id" for f in fields),
    }
    return possible.get(cause, True)


def _carried(contract: Contract) -> Iterator[Choice]:
    for operation in contract.operations:
        for row in contract.errors:
            ways = ways_of(contract, row)
            if operation.name in row.operations and len(ways) > 1:
                yield _choice(f"carried:{operation.name}:{row.status}", ways)


def _envelopes(contract: Contract) -> Iterator[Choice]:
    for operation in contract.operations:
        names: dict[int, dict[str, None]] = {}
        for row in contract.errors:
            if operation.name in row.operations:
                names.setdefault(row.status, {}).update(dict.fromkeys(envelopes_of(row)))
        for status, alternatives in names.items():
            if len(alternatives) > 1:
                yield _choice(f"envelope:{operation.name}:{status}", alternatives)


def _charges(contract: Contract) -> Iterator[Choice]:
    for cell in contract.charging.cells:
        if len(cell.any_of) > 1:
            yield _choice(f"charge:{cell.name}", [f"{amount:g}" for amount in cell.any_of])


def _other_body(contract: Contract) -> list[str]:
    return [
        "same-task",
        "new-task",
        *(["conflict"] if tabled(contract, "create", "conflict") else []),
    ]


def _fields(contract: Contract) -> Iterator[Choice]:
    called = [contract.callback.operation] if contract.callback else []
    for operation in (*contract.operations, *called):
        for slot in slots_of(operation.reply):
            if len(slot.preferences()) > 1:
                yield _choice(f"field:{operation.name}:{slot.path}", slot.preferences())
    for envelope in contract.envelopes:
        own = [f for r in contract.errors if envelope.name in envelopes_of(r) for f in r.fields]
        marks = {condition.field for condition in envelope.marker}
        for slot in slots_of((*envelope.fields, *own)):
            # What tells that it is an error at all is always there.
            if slot.path not in marks and len(slot.preferences()) > 1:
                yield _choice(f"field:error:{envelope.name}:{slot.path}", slot.preferences())
