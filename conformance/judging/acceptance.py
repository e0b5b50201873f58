"""
Which documented possibilities were accepted, and which one is to blame for a refusal?

A positive case carries many possibilities at once. One that was accepted in any request is exonerated in all; a
refused request accuses only where exactly one possibility is left that could explain it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.contract.model import ABSENT
from conformance.results.cases import Case, Feature, Witness
from conformance.results.verdicts import Observation

__all__ = ["Accepted", "Facts", "accused", "carried_by", "facts_of"]

Facts = Mapping[str, Any]

_ABOUT_THE_ACCOUNT = frozenset((402, 403))


def facts_of(observations: Iterable[Observation]) -> dict[str, Observation]:
    """Case id to the observation that tells how the case ended."""
    return {o.case: o for o in observations if o.clause == ""}


def carried_by(case: Case, pins: Mapping[str, Any]) -> bool:
    """Whether a creation sends all the pinned values (and leaves out what is pinned as absent)."""
    return all(_equal(case.assignment.get(path, ABSENT), value) for path, value in pins.items())


def _equal(one: Any, other: Any) -> bool:
    return one is other or (type(one) is type(other) and bool(one == other))


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """The creations of a run that were meant to be accepted, by how they ended."""

    good: tuple[Case, ...]
    """A task was made, and was not seen to fail."""
    failed: tuple[Case, ...]
    """A task was made and failed."""
    refused: tuple[Case, ...]
    """Refused, or in trouble whenever it was asked."""
    denied: tuple[Case, ...] = ()
    """Refused for what the account may do or pay, which says nothing about the request."""

    @staticmethod
    def sort(cases: Sequence[Case], facts: Mapping[str, Observation]) -> Accepted:
        """The valid creations among the cases, sorted by what happened to them."""
        groups: dict[str, list[Case]] = {"good": [], "failed": [], "refused": [], "denied": []}
        for case in cases:
            told = facts.get(case.id)
            if (
                told is not None
                and case.operation == "create"
                and case.expect == "accepted"
                and not case.repeats
            ):
                group = _group(told.facts)
                if group:
                    groups[group].append(case)
        return Accepted(**{name: tuple(members) for name, members in groups.items()})

    def has(self, pins: Mapping[str, Any]) -> bool:
        """Whether a request with these values was accepted and did not fail."""
        return any(carried_by(case, pins) for case in self.good)


def _group(facts: Facts) -> str:
    if facts["outcome"] == "accepted":
        return "failed" if facts["final"] == "failed" else "good"
    if facts["outcome"] == "refused" and facts["code"] in _ABOUT_THE_ACCOUNT:
        return "denied"
    return "refused" if facts["outcome"] == "refused" or facts["persistent"] else ""


Group = tuple[Feature, ...]


def accused(
    accepted: Accepted, features: Sequence[Feature]
) -> tuple[dict[Witness, Case], dict[Witness, Case], list[Case]]:
    """
    Whom the refusals accuse.

    Returns:
        The accused possibilities with the case that shows it, the ones that some refusal leaves under suspicion
        without proof, and the refused cases all of whose possibilities were accepted elsewhere.
    """
    culprits: dict[Witness, Case] = {}
    suspects: dict[Witness, Case] = {}
    combined: list[Case] = []
    open_features = _in_doubt([f for f in features if not accepted.has(f.pins)])
    explained: list[Group] = []
    troubled = [(case, 1) for case in accepted.refused] + [(case, 2) for case in accepted.failed]
    # Requests that carry little are the clearest witnesses: hear them first.
    for case, needed in sorted(troubled, key=lambda pair: len(_groups(pair[0], open_features))):
        groups = _groups(case, open_features)
        if not groups:
            if needed == 1 and all(accepted.has(f.pins) for f in case.features):
                combined.append(case)
            continue
        if any(group in explained for group in groups):
            continue
        shown = sum(carried_by(other, groups[0][0].pins) for other, _ in troubled)
        if len(groups) == 1 and shown >= needed:
            explained.append(groups[0])
            culprits[groups[0][0].witness] = case
            continue
        for feature in (f for group in groups for f in group):
            suspects.setdefault(feature.witness, case)
    for case, _ in troubled:
        for feature in open_features:
            if carried_by(case, feature.pins) and feature.witness not in culprits:
                suspects.setdefault(feature.witness, case)
    return culprits, suspects, combined


def _in_doubt(features: Sequence[Feature]) -> list[Feature]:
    """The features that can be to blame: not those that presume another one in doubt."""
    doubtful = {f.witness for f in features}
    return [f for f in features if not doubtful & set(f.presumes)]


def _groups(case: Case, open_features: Sequence[Feature]) -> list[Group]:
    """
    The open possibilities that a request carries, those with equal pins together, and only the smallest.

    Where `4K` alone is open, `16:9 with 4K` explains nothing more.
    """
    carried = [f for f in open_features if carried_by(case, f.pins)]
    minimal = [f for f in carried if not any(_within(other.pins, f.pins) for other in carried)]
    groups: list[list[Feature]] = []
    for feature in minimal:
        home = next((g for g in groups if _same(g[0].pins, feature.pins)), None)
        if home is None:
            groups.append([feature])
        else:
            home.append(feature)
    return [tuple(group) for group in groups]


def _within(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether the first pins are some, and not all, of the second."""
    return len(one) < len(other) and all(p in other and _equal(other[p], v) for p, v in one.items())


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return len(one) == len(other) and all(
        p in other and _equal(other[p], v) for p, v in one.items()
    )
