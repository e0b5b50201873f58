"""
Which request says what a user wants, and is it permitted?

Documents that disagree are spoken to by the first of their answers that can say it and permits it: a request is
refused only where every page forbids it, or the dialect that the user has chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import Any, Literal, NoReturn
from urllib.parse import urlencode

from conformance.client.answers import Prepared, Price
from conformance.client.nearest import Fix, fixes
from conformance.client.speaking import CannotSay, Speaker
from conformance.compilers.blame import clause_of
from conformance.compilers.validating import CompiledContract
from conformance.compilers.violation import Violation
from conformance.contract.clauses import clauses_by_id, shown
from conformance.contract.model import ABSENT, Contract, DisputeRef
from conformance.contract.paths import find
from conformance.contract.prices import amounts, speaks_of
from conformance.contract.resolution import settle
from conformance.errors import ContractViolation, NotOffered, UsageError

__all__ = ["Attempt", "Preparer", "Standing"]

Standing = Literal["permitted", "not forbidden", "forbidden", "unsaid"]

_MOST_DIALECTS = 64
_CERTAIN, _PERMITTED, _FORBIDDEN, _GUESSED, _UNSAID = range(5)


_STANDINGS: Mapping[int, Standing] = {
    _CERTAIN: "permitted",
    _PERMITTED: "not forbidden",
    _GUESSED: "not forbidden",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """
    A wish, as far as it can be said to one vendor.

    Args:
        standing: `permitted` where the documents say so of all of it, `not forbidden` where they leave some of it
            open, `forbidden` where every page forbids it, `unsaid` where there is no way to say it.
        prepared: The request; None where it cannot be said.
        clause: What forbids it.
    """

    standing: Standing
    prepared: Prepared | None = None
    clause: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Try:
    """A wish in one dialect, to one model."""

    speaker: Speaker
    said: Mapping[str, Any]
    rank: int
    found: tuple[Violation, ...] = ()
    cannot: CannotSay | None = None


class Preparer:
    """
    Makes creations out of wishes, by one contract.

    Args:
        dialect: Dispute name to alternative name: which page to believe. What is not in it is left to each request.
        others: Gives the contracts of other vendors, asked when this one cannot do something.

    Raises:
        UsageError: The contract has no creation, or no such dispute or alternative.
    """

    def __init__(
        self,
        contract: Contract,
        dialect: Mapping[str, str] | None = None,
        others: Callable[[], Sequence[Contract]] = tuple,
    ) -> None:
        self.contract = contract
        self._chosen = _checked(contract, dialect or {})
        self._others = others
        self._speakers: dict[tuple[tuple[str, str], ...], tuple[Speaker, ...]] = {}
        self._dialects = tuple(islice(_dialects(contract, self._chosen), _MOST_DIALECTS))
        create = contract.operation("create")
        if create is None:
            raise UsageError(f"{contract.vendor} documents no creation")
        self._model_lists = [f.schema["enum"] for f in create.fields if _lists_models(f)]

    def prepare(self, words: Mapping[str, Any]) -> Prepared:
        """
        The creation that says it.

        Raises:
            ContractViolation: No page permits it, or the chosen dialect does not.
            NotOffered: This vendor has no way to say it.
        """
        best = self._best(words)
        if best.cannot is not None:
            self._refuse_unsaid(best, words)
        if best.found:
            self._refuse(best, words)
        return self._prepared(best, words)

    def can(self, words: Mapping[str, Any]) -> bool:
        """Whether there is a way to say it."""
        return any(one.rank <= _PERMITTED for one in self._tries(words))

    def attempt(self, words: Mapping[str, Any]) -> Attempt:
        """What would come of it: the request as this vendor spells it, also where no page permits it."""
        best = self._best(words)
        if best.cannot is not None:
            return Attempt(standing="unsaid", why=best.cannot.why)
        prepared = self._prepared(best, words)
        if not best.found:
            return Attempt(standing=_STANDINGS[best.rank], prepared=prepared)
        speaker, violation = best.speaker, best.found[0]
        clause = clause_of(self.contract, speaker.create, violation, speaker.model)
        return Attempt(
            standing="forbidden", prepared=prepared, clause=clause, why=violation.message
        )

    # --- trying

    def _best(self, words: Mapping[str, Any]) -> _Try:
        best: _Try | None = None
        for one in self._tries(words):
            if best is None or _order(one) < _order(best):
                best = one
            if best.rank == _CERTAIN:
                break
        assert best is not None  # there is at least one dialect, and in it at least one model
        return best

    def _tries(self, words: Mapping[str, Any]) -> Iterator[_Try]:
        for dialect in self._dialects:
            # What is incomplete anyway is tried last: to find all that is wrong takes its time.
            for speaker in sorted(
                self._of(dialect), key=lambda s: not all(map(words.get, s.needs))
            ):
                if words.get("model") in (None, "", speaker.model) or not self._knows(words):
                    yield self._modest(_tried(speaker, words), words)

    def _modest(self, one: _Try, words: Mapping[str, Any]) -> _Try:
        """Nobody who names no model gets one that only some page knows, for what that page does not surely permit."""
        if one.rank != _PERMITTED or words.get("model") or self._is_common(one.speaker.model):
            return one
        return replace(one, rank=_GUESSED)

    def _knows(self, words: Mapping[str, Any]) -> bool:
        """Whether any page knows the model that was asked for."""
        return any(words["model"] == s.model for d in self._dialects for s in self._of(d))

    def _of(self, dialect: tuple[tuple[str, str], ...]) -> tuple[Speaker, ...]:
        """The speakers of a dialect: the models that every page knows first."""
        found = self._speakers.get(dialect)
        if found is None:
            compiled = CompiledContract(settle(self.contract, dict(dialect)))
            create = compiled.contract.operation("create")
            assert create is not None  # so has been seen to
            models = sorted(
                compiled.contract.models or ("",), key=lambda name: not self._is_common(name)
            )
            found = self._speakers[dialect] = tuple(
                Speaker.of(compiled, create, model, dict(dialect)) for model in models
            )
        return found

    def _is_common(self, model: str) -> bool:
        return all(model in listed for listed in self._model_lists)

    # --- what comes of it

    def _prepared(self, best: _Try, words: Mapping[str, Any]) -> Prepared:
        speaker, said = best.speaker, best.said
        create = speaker.create
        query = speaker.outside(said, "query")
        path = create.path + (f"?{urlencode(query)}" if query else "")
        return Prepared(
            vendor=self.contract.vendor,
            model=speaker.model,
            method=create.method,
            path=path,
            headers=speaker.outside(said, "header"),
            body=speaker.body(said, words),
            request=said,
            dialect=speaker.dialect,
            price=self._price(speaker, said),
            pixels=speaker.pixels(said),
        )

    def _price(self, speaker: Speaker, said: Mapping[str, Any]) -> Price:
        """What any page names for it; of a dispute that the request has settled, only the pages on that side."""
        found: dict[float, None] = {}
        for cell in self.contract.charging.cells:
            if _is_on_this_side(cell.dispute, speaker.dialect) and speaks_of(
                speaker.contract, cell, speaker.model, said
            ):
                found |= dict.fromkeys(amounts(speaker.contract, cell, speaker.model, said))
        return Price(amounts=tuple(sorted(found)), unit=self.contract.charging.unit)

    # --- what stops it

    def _refuse(self, best: _Try, words: Mapping[str, Any]) -> NoReturn:
        """
        Raises:
            ContractViolation: About the first thing that is wrong, with what would be permitted.
        """
        speaker, violation = best.speaker, best.found[0]

        def violations(said: Mapping[str, Any]) -> Sequence[Violation]:
            return speaker.violations(said, words)

        clause = clause_of(self.contract, speaker.create, violation, speaker.model)
        known = clauses_by_id(self.contract).get(clause)
        rule = known.statement if known else violation.message
        value = best.said.get(violation.path, _value(speaker.body(best.said, words), violation))
        changes, alone = fixes(speaker, best.said, best.found, violations)
        raise ContractViolation(
            f"{self.contract.vendor} does not permit this ({clause}): {_sentence(rule)}"
            f" {_found(violation, value)}{_permitted(changes, alone=alone)}{self._aside(speaker)}",
            clause=clause,
            field=violation.path,
            value=None if value is ABSENT else value,
            rule=rule,
            nearest=_nearest(changes, alone=alone),
        )

    def _aside(self, speaker: Speaker) -> str:
        """With which dialect that was, where the user chose one."""
        mine = [f"{n}={a}" for n, a in speaker.dialect.items() if n in self._chosen]
        return f" (in the dialect {', '.join(mine)})" if mine else ""

    def _refuse_unsaid(self, best: _Try, words: Mapping[str, Any]) -> NoReturn:
        """
        Raises:
            NotOffered: Naming the vendors that can.
        """
        cannot = best.cannot
        assert cannot is not None  # that is why we are here
        mine = {k: v for k, v in words.items() if k not in ("model", "vendor_options")}
        able = [
            each.vendor
            for each in self._others()
            if each.vendor != self.contract.vendor and Preparer(each).can(mine)
        ]
        of = f" with {best.speaker.model}" if words.get("model") else ""
        shared = cannot.word in mine
        else_ = f"; {', '.join(able)} can" if able else "; no other known vendor can"
        raise NotOffered(
            f"{self.contract.vendor} cannot do {cannot.word} {shown(cannot.value)}{of}: {cannot.why}"
            f"{else_ if shared else ''}",
            field=cannot.word,
            value=cannot.value,
            vendors=able if shared else (),
        )


def _tried(speaker: Speaker, words: Mapping[str, Any]) -> _Try:
    try:
        said = speaker.say(words)
    except CannotSay as cannot:
        return _Try(speaker, {}, _UNSAID, cannot=cannot)
    found = speaker.violations(said, words)
    if found:
        return _Try(speaker, said, _FORBIDDEN, found=found)
    return _Try(speaker, said, _CERTAIN if speaker.is_certain(said) else _PERMITTED)


def _order(one: _Try) -> tuple[int, int]:
    return one.rank, len(one.found)


# --- dialects


def _checked(contract: Contract, dialect: Mapping[str, str]) -> dict[str, str]:
    known = {d.name: [a.name for a in d.alternatives] for d in contract.disputes}
    for name, alternative in dialect.items():
        if name not in known:
            listed = ", ".join(known) or "none"
            raise UsageError(f"{contract.vendor} has no dispute {name!r}; known are {listed}")
        if alternative not in known[name]:
            listed = ", ".join(known[name])
            raise UsageError(f"the dispute {name!r} has no {alternative!r}; known are {listed}")
    return dict(dialect)


def _dialects(
    contract: Contract, chosen: Mapping[str, str]
) -> Iterator[tuple[tuple[str, str], ...]]:
    """Every way to settle what is disputed about creations, the first alternatives first."""
    create = contract.operation("create")
    references = [f.dispute for f in create.fields] if create else []
    references += [r.dispute for r in create.rules] if create else []
    about = {reference.dispute for reference in references if reference}
    sides = [
        [(d.name, chosen[d.name])]
        if d.name in chosen
        else [(d.name, alternative.name) for alternative in d.alternatives]
        for d in contract.disputes
        if d.name in about or d.name in chosen
    ]
    yield from product(*sides)


def _lists_models(field: Any) -> bool:
    return field.role == "model" and field.model is None and "enum" in field.schema


def _is_on_this_side(reference: DisputeRef | None, dialect: Mapping[str, str]) -> bool:
    if reference is None:
        return True
    return dialect.get(reference.dispute, reference.alternative) == reference.alternative


# --- words


def _value(body: Any, violation: Violation) -> Any:
    return next(iter(find(body, violation.path)), ABSENT) if violation.path else ABSENT


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def _found(violation: Violation, value: Any) -> str:
    if value is ABSENT:
        return f"Found no {violation.path}."
    return f"Found {violation.path} {shown(value)}."


def _permitted(changes: Sequence[Fix], *, alone: bool) -> str:
    if not changes:
        return ""
    return f" Permitted: {(', or ' if alone else ' and ').join(map(str, changes))}."


def _nearest(changes: Sequence[Fix], *, alone: bool) -> dict[str, Any]:
    taken = changes[:1] if alone else changes
    return {c.word: None if c.values[0] is ABSENT else c.values[0] for c in taken}
