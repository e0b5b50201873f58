"""What do the documents of several vendors answer, row by row?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from conformance.comparing.capabilities import CAPABILITIES
from conformance.comparing.course import LIFECYCLE
from conformance.comparing.documentation import DOCUMENTATION
from conformance.comparing.failures import ERRORS
from conformance.comparing.limits import LIMITS
from conformance.comparing.measuring import measured, run_of
from conformance.comparing.money import GUARANTEES, MONEY, price_questions
from conformance.comparing.reading import Fact, Question, Reading
from conformance.contract import model as m
from conformance.contract.clauses import Clause, clauses_by_id
from conformance.contract.resolution import settle
from conformance.results.comparison import Answer, Cell, Column, Comparison, Row, State
from conformance.results.outcome import RunResult

__all__ = ["compare", "questions_of"]


def compare(contracts: Sequence[m.Contract], results: Sequence[RunResult] = ()) -> Comparison:
    """
    The vendors side by side, in the order given.

    Args:
        results: Runs of any of them; what they saw stands beside what is documented, in fields of its own.
    """
    vendors = [_Vendor(contract) for contract in contracts]
    asked = [
        Row(
            id=question.id,
            section=section,
            question=question.asks,
            cells=tuple(vendor.cell(question) for vendor in vendors),
        )
        for section, questions in questions_of(contracts).items()
        for question in questions
    ]
    rows = measured(asked, results)
    return Comparison(
        columns=tuple(
            Column(vendor=c.vendor, title=c.title, documents=c.documents) for c in contracts
        ),
        rows=tuple(row for row in rows if not _alike(row)),
        alike=tuple(row for row in rows if _alike(row)),
        order=tuple(row.id for row in rows),
        runs=tuple(map(run_of, results)),
    )


def questions_of(contracts: Sequence[m.Contract]) -> Mapping[str, tuple[Question, ...]]:
    """Every question, by section; prices are asked for the tiers that these vendors have."""
    return {
        "Capabilities": CAPABILITIES,
        "Limits": LIMITS,
        "Prices": (*price_questions(contracts), *MONEY),
        "Lifecycle": LIFECYCLE,
        "Errors": ERRORS,
        "Guarantees": GUARANTEES,
        "Documentation": DOCUMENTATION,
    }


def _alike(row: Row) -> bool:
    """No decision hangs on a row whose cells all say the same, and none of which is disputed."""
    said = {(cell.state, cell.value) for cell in row.cells}
    return len(said) == 1 and row.cells[0].state != "disputed"


class _Vendor:
    """One contract, read in each of its dialects."""

    def __init__(self, contract: m.Contract) -> None:
        self.contract = contract
        self.clauses = clauses_by_id(contract)
        self.current = {d.id for d in contract.documents if not d.superseded}
        self.worlds = _worlds(contract)
        self.plain = self._readings({})
        self.dialects = {
            d.name: {a.name: self._readings({d.name: a.name}) for a in d.alternatives}
            for d in contract.disputes
        }

    def _readings(self, dialect: Mapping[str, str]) -> tuple[Reading, ...]:
        """
        The contract in one dialect, once for each of the pages that have other models than the rest.

        What is said of a model must not be lost because another page, about something else, does not have it.
        """
        settled = bool(set(dialect) & set(self.worlds[0]))
        return tuple(
            Reading(settle(self.contract, {**world, **dialect}), self.contract)
            for world in ([{}] if settled else self.worlds)
        )

    def cell(self, question: Question) -> Cell:
        answers = (self._prose(question) if question.prose else []) or self._structure(question)
        return Cell(
            vendor=self.contract.vendor,
            state=_state(answers),
            answers=tuple(answers),
            questions=tuple(self._open(question)),
        )

    # --- what only prose answers ---

    def _prose(self, question: Question) -> list[Answer]:
        own = [a for a in self.contract.answers if a.row == question.id]
        found = [answer for said in own if (answer := self._of_prose(said)) is not None]
        if len(found) < 2:
            return [replace(answer, by=()) for answer in found]
        if len({answer.by for answer in found}) < len(found):
            # One page says both: the sections tell them apart.
            return [replace(answer, by=_sections(answer.sources)) for answer in found]
        return found

    def _of_prose(self, said: m.Answer) -> Answer | None:
        clauses = [self.clauses[name] for name in said.clauses if name in self.clauses]
        sources = said.sources or tuple(s for c in clauses for s in c.sources)
        if not self._is_current(sources):
            return None
        return Answer(
            value=said.says,
            no=said.no,
            by=tuple(dict.fromkeys(s.document for s in sources)),
            clauses=tuple(c.id for c in clauses),
            sources=tuple(dict.fromkeys(sources)),
        )

    def _is_current(self, sources: Iterable[m.Source]) -> bool:
        return any(s.document in self.current for s in sources)

    # --- what the rest of the contract answers ---

    def _structure(self, question: Question) -> list[Answer]:
        plain = self._said(question, self.plain)
        disputes = [
            {name: self._said(question, readings) for name, readings in each.items()}
            for each in self.dialects.values()
        ]
        told = [
            *([plain] if plain.fact else []),
            *(said for facts in disputes for said in facts.values() if said.fact),
        ]
        models = dict.fromkeys(model for said in told for model in said.values)
        found = {model: self._of_model(model, plain, disputes) for model in models}
        groups = _folded(found, lambda model, by: any(_knows(d, by, model) for d in disputes))
        several = len(groups) > 1 or not self._every(groups)
        return [
            self._answer(text, by, facts, models if several else ())
            for models, texts in groups
            for text, (by, facts) in texts.items()
        ]

    def _every(self, groups: list[tuple[tuple[str, ...], _Texts]]) -> bool:
        """Whether one group holds every model, so that none needs to be named."""
        named = {model for models, _ in groups for model in models}
        return "" in named or named >= {x for reading in self.plain for x in reading.models}

    def _said(self, question: Question, readings: Sequence[Reading]) -> _Said:
        """What a dialect answers of all the models that it may have."""
        facts = [fact for r in readings if (fact := self._read(question, r)) is not None]
        models = tuple(dict.fromkeys(model for r in readings for model in r.models))
        if not facts:
            return _Said(None, models)
        values = {m: text for fact in reversed(facts) for m, text in fact.values.items()}
        clauses = {c.id: c for fact in facts for c in fact.clauses}
        return _Said(replace(facts[0], values=values, clauses=tuple(clauses.values())), models)

    def _of_model(self, model: str, plain: _Said, disputes: list[dict[str, _Said]]) -> _Texts:
        """What is said of one model, and by whom where others say otherwise or nothing."""
        found: _Texts = {}
        for facts in disputes:
            asked = {name: said for name, said in facts.items() if said.knows(model)}
            texts = {said.text(model) for said in asked.values()}
            if len(texts) < 2:
                continue  # this dispute is about something else
            for name, said in asked.items():
                if (text := said.text(model)) is not None and said.fact:
                    by, told = found.get(text, ((), []))
                    found[text] = ((*by, name), [*told, said.fact])
        if found:
            return found
        every = [plain, *(said for facts in disputes for said in facts.values())]
        agreeing = [(t, s.fact) for s in every if (t := s.text(model)) is not None and s.fact]
        return {agreeing[0][0]: ((), [fact for _, fact in agreeing])}

    def _read(self, question: Question, reading: Reading) -> Fact | None:
        """What one dialect answers, as far as it rests on a current page."""
        fact = question.read(reading)
        if fact is None:
            return None
        kept = tuple(c for c in fact.clauses if self._is_current(c.sources))
        if fact.clauses and not kept and not self._is_current(fact.sources):
            return None
        return replace(fact, clauses=kept)

    def _answer(
        self, text: _Text, by: tuple[str, ...], facts: Sequence[Fact], models: tuple[str, ...]
    ) -> Answer:
        clauses = [c for fact in facts for c in fact.clauses]
        sources = [s for c in clauses for s in c.sources]
        sources += [s for fact in facts for s in fact.sources]
        return Answer(
            value=text[0],
            no=text[1],
            by=tuple(dict.fromkeys(by)),
            models=tuple(model for model in models if model),
            clauses=tuple(dict.fromkeys(self._ids(clauses))),
            sources=tuple(dict.fromkeys(sources)),
        )

    def _ids(self, clauses: Iterable[Clause]) -> Iterator[str]:
        """The ids under which the contract with its disputes open has these clauses."""
        for clause in clauses:
            names = [clause.id, *(f"{clause.id}.{name}" for name in self.dialects)]
            yield from [name for name in names if name in self.clauses][:1]

    # --- what is left open ---

    def _open(self, question: Question) -> Iterator[m.Question]:
        for one in self.contract.questions:
            text = f"{one.about}: {one.question}".casefold()
            if any(phrase in text for phrase in question.about):
                yield one


def _sections(sources: Iterable[m.Source]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"{s.document}#{s.section}" for s in sources))


_Text = tuple[str, bool]
"""What is said, and whether it is a no."""

_Texts = dict[_Text, tuple[tuple[str, ...], list[Fact]]]
"""What is said, by whom, and the facts behind it."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What one dialect answers, and the models that it has."""

    fact: Fact | None
    models: tuple[str, ...]

    @property
    def values(self) -> Mapping[str, str]:
        return self.fact.values if self.fact else {}

    def knows(self, model: str) -> bool:
        """Whether it could speak of a model: it has it, or speaks of all at once."""
        return model in ("", *self.models) or "" in self.values

    def text(self, model: str) -> _Text | None:
        text = self.values.get(model)
        return (text, self.fact.no) if text is not None and self.fact else None


def _worlds(contract: m.Contract) -> list[dict[str, str]]:
    """The alternatives of the dispute about which models there are; one empty dialect where there is none."""
    for dispute in contract.disputes:
        each = [{dispute.name: a.name} for a in dispute.alternatives]
        if len({settle(contract, world).models for world in each}) > 1:
            return each
    return [{}]


def _knows(facts: Mapping[str, _Said], by: Iterable[str], model: str) -> bool:
    return any(name in facts and facts[name].knows(model) for name in by)


def _folded(
    found: Mapping[str, _Texts], knows: Callable[[str, tuple[str, ...]], bool]
) -> list[tuple[tuple[str, ...], _Texts]]:
    """
    Models of which the same is said, together.

    A model goes with one of which more is said only where those who say more do not know it at all.
    """
    groups: list[tuple[list[str], _Texts]] = []
    for model, texts in sorted(found.items(), key=lambda item: -len(item[1])):
        for models, known in groups:
            more = [by for text, (by, _) in known.items() if text not in texts]
            if set(texts) <= set(known) and not any(knows(model, by) for by in more):
                models.append(model)
                break
        else:
            groups.append(([model], texts))
    order = list(found)
    return [(tuple(sorted(models, key=order.index)), texts) for models, texts in groups]


def _state(answers: Sequence[Answer]) -> State:
    if not answers:
        return "not documented"
    if len({answer.models for answer in answers}) < len(answers):
        return "disputed"  # of the same models, pages say several things
    return "no" if all(answer.no for answer in answers) else "documented"
