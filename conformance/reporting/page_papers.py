"""What does the page say of each vendor's documents: which there are, where they disagree, and which one is followed?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from conformance.contract.clauses import derive_clauses
from conformance.contract.model import Alternative, Contract, Question
from conformance.reporting.compare_view import run_words
from conformance.reporting.page_text import link
from conformance.reporting.text import plural, printable
from conformance.results.comparison import Run
from conformance.results.outcome import RunResult

__all__ = ["Paper", "papers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An address (empty where it is none of the web), and what it is called."""

    url: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One document."""

    id: str
    title: str
    url: str
    seen: str
    superseded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """What one alternative says, and where."""

    value: str
    places: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """One thing that documents disagree about, and which of them each run saw followed."""

    about: str
    alternatives: tuple[Saying, ...]
    observed: tuple[str, ...] = ()
    simulated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One open question."""

    about: str
    question: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """The documents of one vendor."""

    vendor: str
    documents: tuple[Page, ...]
    disputes: tuple[Disagreement, ...]
    questions: tuple[Asked, ...]


def papers(
    contracts: Sequence[Contract], results: Sequence[RunResult], runs: Sequence[Run]
) -> list[Paper]:
    """The documents of each vendor."""
    told = list(zip(runs, results, strict=True))
    return [
        _paper(contract, [t for t in told if t[0].vendor == contract.vendor])
        for contract in contracts
    ]


def _paper(contract: Contract, told: Sequence[tuple[Run, RunResult]]) -> Paper:
    titles = {d.id: d.title for d in contract.documents}
    disputes = [
        Disagreement(
            about=printable(dispute.about),
            alternatives=tuple(_saying(a, titles) for a in dispute.alternatives),
            observed=tuple(_follows(contract, dispute.name, told, "observed")),
            simulated=tuple(_follows(contract, dispute.name, told, "simulated")),
        )
        for dispute in contract.disputes
    ]
    conflicts = [
        Disagreement(
            about=printable(conflict.about),
            alternatives=tuple(_saying(a, titles) for a in conflict.alternatives),
        )
        for conflict in contract.conflicts
    ]
    return Paper(
        vendor=contract.vendor,
        documents=tuple(
            Page(id=d.id, title=d.title, url=d.url, seen=d.seen, superseded=d.superseded)
            for d in contract.documents
        ),
        disputes=(*disputes, *conflicts),
        questions=tuple(map(_asked, contract.questions)),
    )


def _saying(alternative: Alternative, titles: dict[str, str]) -> Saying:
    places = dict.fromkeys(
        (link(s.url), titles.get(s.document, s.document)) for s in alternative.sources
    )
    name = alternative.name
    return Saying(
        value=printable(f"{name}: {alternative.value}" if alternative.value != name else name),
        places=tuple(Link(url=url, text=printable(title)) for url, title in places),
    )


def _follows(
    contract: Contract, dispute: str, told: Sequence[tuple[Run, RunResult]], truth: str
) -> list[str]:
    """Which alternative each run saw followed, with on how many clauses."""
    names = {c.id for c in derive_clauses(contract) if c.dispute == dispute}
    said = []
    for run, result in told:
        followed = Counter(v.follows for v in result.verdicts if v.clause in names and v.follows)
        if run.truth == truth and followed:
            each = ", ".join(
                f"{name} ({plural(n, 'clause')})" for name, n in sorted(followed.items())
            )
            said.append(printable(f"{run_words(run)}: follows {each}"))
    return said


def _asked(question: Question) -> Asked:
    return Asked(about=printable(question.about), question=printable(question.question))
