"""What is a mutant: a vendor that differs from its documents in one place?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

from conformance.contract.clauses import Clause, derive_clauses
from conformance.contract.model import Contract, Field, Operation
from conformance.contract.resolution import fields_for, settle
from conformance.simulator.choices import derive_choices
from conformance.simulator.hooks import Hooks

__all__ = ["Changed", "Mutant", "Site", "World", "settled", "swapped"]

_Part = TypeVar("_Part")
Change = Callable[[Contract], Contract]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """
    A simulator that differs from the contract in one place.

    Args:
        clause: The clause that it breaks; for a permitted one the clause, or the choice, within which it moves.
        operator: What was done to the contract or to the simulator, such as `enum-value-dropped`.
        detail: To which part of the clause.
        permitted: It moves within what the documents allow: nobody may be accused.
        choices: The dialect, and the choices, under which the clause is in force.
        deviations: Named deviations, and changes of the contract that the simulator keeps.
        also: Clauses that cannot be kept while this one is broken in this way.
        unwritten: What is done shows in the vendor's books alone; that no reply tells has still to be seen.
        value: The one value of the clause that is broken, as an obligation has it; "" for all, or none.
        either: Clauses of which no reply tells whether they or this one are broken: blame on any of them is right.
    """

    vendor: str
    clause: str
    kind: str
    operator: str
    detail: str = ""
    permitted: bool = False
    choices: Mapping[str, str] = field(default_factory=dict)
    deviations: tuple[str | Hooks, ...] = ()
    faults: tuple[str | Hooks, ...] = ()
    also: frozenset[str] = frozenset()
    value: str = ""
    either: frozenset[str] = frozenset()
    unwritten: bool = False

    @property
    def name(self) -> str:
        """What tells it from all others."""
        detail = f" {self.detail}" if self.detail else ""
        return f"{self.clause} {self.operator}{detail}"


class Changed(Hooks):
    """The simulator keeps another contract: Contract to Contract'."""

    def __init__(self, change: Change) -> None:
        self._change = change

    def contract(self, contract: Contract) -> Contract:
        """The settled contract, changed."""
        return self._change(contract)


def swapped(parts: Iterable[_Part], old: _Part, new: _Part | None) -> tuple[_Part, ...]:
    """The parts with one in place of another, or without it where `new` is None."""
    found = ((new if part == old else part) for part in parts)
    return tuple(part for part in found if part is not None)


class World:
    """One contract, with what the operators ask of it again and again."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.vendor = contract.vendor
        self.clauses = derive_clauses(contract)
        self.choices = {c.name: c for c in derive_choices(contract)}

    @cached_property
    def by_id(self) -> dict[str, Clause]:
        """The clauses by id."""
        return {clause.id: clause for clause in self.clauses}

    @cached_property
    def answer(self) -> str:
        """The clause that says that a request which keeps the rules is accepted; "" for none."""
        return next(
            (c.id for c in self.clauses if c.topic == "success" and c.operation == "create"), ""
        )

    def ids(self, *topics: str, operation: str = "") -> list[str]:
        """The clauses of some topics, of one operation or of all."""
        found = (c for c in self.clauses if c.topic in topics)
        return [c.id for c in found if operation in (c.operation, "")]

    def sites(self) -> Iterator[Site]:
        """Each clause in each dialect in which it is in force."""
        for clause in self.clauses:
            for part in clause.parts:
                dialect = {clause.dispute: part.alternative} if part.alternative else {}
                yield Site(self, clause, settled(part.thing), dialect)


class Site:
    """Where an operator works: one clause as one alternative has it."""

    def __init__(
        self, world: World, clause: Clause, thing: Any, dialect: Mapping[str, str]
    ) -> None:
        self.world = world
        self.clause = clause
        self.thing = thing
        self.dialect = dialect

    @cached_property
    def settled(self) -> Contract:
        """The contract in the dialect in which the clause is in force."""
        return settle(self.world.contract, self.dialect)

    @property
    def operation(self) -> Operation:
        """The operation that the clause is about; of a callback, what the vendor sends."""
        callback = self.settled.callback
        if callback is not None and self.clause.operation == callback.operation.name:
            return callback.operation
        found = self.settled.operation(self.clause.operation)
        assert found is not None  # clauses with operators are about operations of the contract
        return found

    @property
    def others(self) -> list[Any]:
        """
        What the other alternatives say in this clause's place; None for those that say nothing.

        A page that does not know a model says nothing about what that model takes.
        """
        dispute = next(
            (d for d in self.world.contract.disputes if d.name == self.clause.dispute), None
        )
        parts = {p.alternative: settled(p.thing) for p in self.clause.parts}
        mine = self.dialect.get(self.clause.dispute, "")
        names = [a.name for a in dispute.alternatives if a.name != mine] if dispute else []
        others = [parts.get(name) for name in names]
        of_model = getattr(self.thing, "model", None) is not None
        return [o for o in others if o is not None] if of_model else others

    def fields(self, model: str) -> dict[str, Field]:
        """The request fields of the operation for one model."""
        return fields_for(self.operation, model)

    @property
    def models(self) -> tuple[str, ...]:
        """The models that the clause is about."""
        own = getattr(self.thing, "model", None)
        return (own,) if own else self.settled.models or ("",)

    def mutant(
        self,
        operator: str,
        *deviations: str | Hooks,
        detail: str = "",
        permitted: bool = False,
        also: Iterable[str] = (),
        either: Iterable[str] = (),
        choices: Mapping[str, str] | None = None,
        value: str = "",
        unwritten: bool = False,
    ) -> Mutant:
        """A mutant of this clause."""
        alternative = self.dialect.get(self.clause.dispute, "")
        told = " ".join(filter(None, (detail, f"({alternative})" if alternative else "")))
        return Mutant(
            vendor=self.world.vendor,
            clause=self.clause.id,
            kind=self.clause.kind,
            operator=operator,
            detail=told,
            permitted=permitted,
            choices={**self.dialect, **(choices or {})},
            deviations=deviations,
            also=frozenset(also) - {self.clause.id, ""},
            either=frozenset(either) - {self.clause.id, ""},
            value=value,
            unwritten=unwritten,
        )

    def with_operation(self, change: Callable[[Operation], Operation]) -> Changed:
        """The contract with this clause's operation changed."""
        name = self.clause.operation

        def changed(contract: Contract) -> Contract:
            return replace(
                contract,
                operations=tuple(change(o) if o.name == name else o for o in contract.operations),
            )

        return Changed(changed)


def settled(thing: Any) -> Any:
    """A piece of the contract as it stands in the settled one."""
    return replace(thing, dispute=None) if getattr(thing, "dispute", None) else thing
