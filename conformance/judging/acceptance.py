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
    given = case.assignment
    for path, value in pins.items():
        found = given.get(path, ABSENT)
        # Asked of every creation for every feature: a generator costs more.
        if found is not value and (type(found) is not type(value) or found != value):
            return False
    return True


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
    unended: tuple[Case, ...] = ()
    """A task was made and still ran when it was left, where others had succeeded in the same time."""

    @staticmethod
    def sort(cases: Sequence[Case], facts: Mapping[str, Observation]) -> Accepted:
        """The valid creations among the cases, sorted by what happened to them."""
        groups: dict[str, list[Case]] = {
            "good": [],
            "failed": [],
            "refused": [],
            "denied": [],
            "unended": [],
        }
        some_end = any(told.facts["final"] == "succeeded" for told in facts.values())
        for case in cases:
            told = facts.get(case.id)
            if (
                told is not None
                and case.operation == "create"
                and case.expect == "accepted"
                and not case.repeats
            ):
                group = _group(told.facts)
                if group == "good" and told.facts.get("still_running") and some_end:
                    group = "unended"
                if group:
                    groups[group].append(case)
        return Accepted(**{name: tuple(members) for name, members in groups.items()})

    def has(self, pins: Mapping[str, Any]) -> bool:
        """Whether a request with these values was accepted and did not fail."""
        return any(carried_by(case, pins) for case in self.good)

    def has_each(self, pins: Mapping[str, Any], *, but: str) -> bool:
        """Whether of several values each was accepted; `but` names a field that goes with each of them."""
        own = {but: pins[but]} if but in pins else {}
        each = [{**own, path: value} for path, value in pins.items() if path != but]
        return len(each) > 1 and all(map(self.has, each))

    def masked(self) -> dict[str, set[str]]:
        """
        Clause to the combinations of it that were sent and stood only in what was refused or failed.

        That refusal is judged, so they are not counted as open besides.
        """
        troubled = (*self.failed, *self.refused)
        own = {f.witness for case in troubled for f in case.features}
        found: dict[str, set[str]] = {}
        for witness in (w for case in troubled for w in case.combinations if w not in own):
            found.setdefault(witness.clause, set()).add(witness.value)
        return found


def _group(facts: Facts) -> str:
    if facts["outcome"] == "accepted":
        return "failed" if facts["final"] == "failed" else "good"
    if facts["outcome"] == "refused" and facts["code"] in _ABOUT_THE_ACCOUNT:
        return "denied"
    return "refused" if facts["outcome"] == "refused" or facts["persistent"] else ""


Group = tuple[Feature, ...]


def accused(
    accepted: Accepted, features: Sequence[Feature], *, final: bool = False
) -> tuple[dict[Witness, Case], dict[Witness, Case], list[Case]]:
    """
    Whom the refusals accuse.

    Args:
        final: Nothing more will be asked: a value that no permitted request carries without a wider possibility
            (`9:21`, documented at 2K alone) is then accused instead of leaving both in doubt.

    Returns:
        The accused possibilities with the case that shows it, the ones that some refusal leaves under suspicion
        without proof, and the refused cases all of whose possibilities were accepted elsewhere.
    """
    open_features = [f for f in features if not accepted.has(f.pins)]
    doubtful = {f.witness for f in open_features}
    troubled = {c.id: c for c in (*accepted.refused, *accepted.failed)}
    groups = {name: _groups(case, open_features) for name, case in troubled.items()}
    refused = {case.id for case in accepted.refused}
    guilty: list[Group] = []
    culprits: dict[Witness, Case] = {}
    for group in _smallest_first(groups.values()):
        if any(f.presumes and doubtful & set(f.presumes) for f in group):
            continue  # what it presumes is the one to blame
        left = {n: g for n, g in groups.items() if not any(_explains(one, g) for one in guilty)}
        shown = [n for n, g in left.items() if group in g and _only_wider(group, g)]
        enough = any(n in refused for n in shown) or len(shown) > 1
        if enough and (final or _in_common([left[n] for n in shown]) == [group]):
            guilty.append(group)
            culprits[group[0].witness] = troubled[min(shown, key=lambda n: len(left[n]))]
    suspects = {f.witness: troubled[n] for n, g in groups.items() for one in g for f in one}
    combined = [c for c in accepted.refused if not groups[c.id]]
    return culprits, {w: c for w, c in suspects.items() if w not in culprits}, combined


def _smallest_first(every: Iterable[Sequence[Group]]) -> list[Group]:
    """Each group once; what explains by pinning less comes first."""
    found: list[Group] = []
    for groups in every:
        found += [g for g in groups if g not in found]
    return sorted(found, key=lambda g: len(g[0].pins))


def _explains(guilty: Group, groups: Sequence[Group]) -> bool:
    """Whether a request that carries these groups had to be refused because of the guilty one."""
    blamed = {f.witness for f in guilty}
    return guilty in groups or any(blamed & set(f.presumes) for g in groups for f in g)


def _only_wider(group: Group, groups: Sequence[Group]) -> bool:
    """Whether everything else that a request carries says the same and more: `16:9`, and `16:9 with 2K`."""
    return all(g == group or _within(group[0].pins, g[0].pins) for g in groups)


def _in_common(several: Sequence[Sequence[Group]]) -> list[Group]:
    """
    The groups that all these requests carry.

    `16:9` refused with 1K and with 2K is refused for itself; refused with 2K alone it may be the pair.
    """
    return [g for g in several[0] if all(g in groups for groups in several)] if several else []


def _groups(case: Case, open_features: Sequence[Feature]) -> list[Group]:
    """The open possibilities that a request carries, those with equal pins together."""
    groups: list[list[Feature]] = []
    for feature in (f for f in open_features if carried_by(case, f.pins)):
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
