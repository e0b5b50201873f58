"""What does a contract say in one of its dialects, found by the roles of its fields?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.contract.clauses import Clause, derive_clauses, shown
from conformance.contract.model import Contract, Field, Operation, ReplyField, Source
from conformance.contract.resolution import fields_for

__all__ = ["Fact", "Question", "Reading", "listed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """
    What one dialect answers.

    `values` holds a text per model; the model "" stands for all of them. `no`: a page says that there is no such thing.
    """

    values: Mapping[str, str]
    clauses: tuple[Clause, ...] = ()
    sources: tuple[Source, ...] = ()
    """Where it stands, beside the places of the clauses."""
    no: bool = False

    @classmethod
    def of(
        cls,
        text: str,
        clauses: Iterable[Clause],
        *,
        sources: Iterable[Source] = (),
        no: bool = False,
    ) -> Fact:
        """One text for all models."""
        return cls(values={"": text}, clauses=tuple(_once(clauses)), sources=tuple(sources), no=no)


class Reading:
    """
    A contract that has been settled, with its clauses at hand.

    Args:
        contract: Settled: each dispute has one answer.
        whole: The contract with its disputes open.
    """

    def __init__(self, contract: Contract, whole: Contract) -> None:
        self.contract = contract
        self.whole = whole
        self._clauses = {c.id.partition(".")[2]: c for c in derive_clauses(contract)}

    # --- clauses ---

    def named(self, *names: str) -> list[Clause]:
        """The clauses of these ids (without the vendor) that there are."""
        return [self._clauses[name] for name in names if name in self._clauses]

    def of(self, topic: str, operation: str = "") -> list[Clause]:
        """The clauses of a topic, of one operation or of all."""
        return [
            c for c in self._clauses.values() if c.topic == topic and operation in ("", c.operation)
        ]

    def about(self, field: Field, *keywords: str, operation: str = "create") -> list[Clause]:
        """The clauses that state these keywords of a request field; of any keyword where none is given."""
        found = [
            c
            for c in self.of("field", operation)
            if c.subject == field.path
            and (not keywords or c.keyword in keywords)
            and c.thing.model in (None, field.model)
        ]
        own = [c for c in found if c.thing.model == field.model]
        return own or found

    # --- fields ---

    @property
    def create(self) -> Operation | None:
        """The creation."""
        return self.contract.operation("create")

    @property
    def models(self) -> tuple[str, ...]:
        """The models; ("",) where there is no model field."""
        return self.contract.models or ("",)

    def fields(self, role: str) -> dict[str, Field]:
        """The field of a role in a creation, for each model that has it; never an alias."""
        found: dict[str, Field] = {}
        create = self.create
        for model in self.models if create else ():
            assert create is not None  # there are models only where there is a creation
            for field in fields_for(create, model).values():
                if field.role == role and not field.alias_of and field.location == "body":
                    found.setdefault(model, field)
        return found

    def reply(self, operation: str, role: str) -> list[ReplyField]:
        """The fields of a role in the reply of an operation."""
        op = self.contract.operation(operation)
        return [r for r in op.reply if r.role == role] if op else []

    def reply_clauses(self, operation: str, path: str) -> list[Clause]:
        """The clauses about one field of a reply."""
        return [c for c in self.of("reply", operation) if c.subject == path]

    # --- facts ---

    def each(
        self, role: str, words: Callable[[Field], str | None], *keywords: str, no: bool = False
    ) -> Fact | None:
        """What `words` says of the role's field for each model; None where it says nothing of any."""
        fields = self.fields(role)
        values = {model: said for model, f in fields.items() if (said := words(f)) is not None}
        if not values:
            return None
        clauses = [c for m, f in fields.items() if m in values for c in self.about(f, *keywords)]
        return Fact(values=values, clauses=tuple(_once(clauses)), no=no)


def _once(clauses: Iterable[Clause]) -> Iterator[Clause]:
    seen = set()
    for clause in clauses:
        if clause.id not in seen:
            seen.add(clause.id)
            yield clause


def listed(values: Iterable[Any]) -> str:
    """Values as a person lists them."""
    return ", ".join(map(shown, values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """
    One row: what an evaluator asks, and what answers it.

    Args:
        read: Gives the answer of a settled contract; None where only prose answers (`answers` in the contract).
        prose: Whether an answer in prose stands in place of what `read` gives.
        about: Phrases by which open questions about it are found.
    """

    id: str
    asks: str
    read: Callable[[Reading], Fact | None] = lambda _: None
    about: tuple[str, ...] = ()
    prose: bool = True
