"""Which field, optional in the documents, are creations refused without?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.contract.model import Contract, Field
from conformance.contract.resolution import fields_for
from conformance.judging.acceptance import Accepted
from conformance.results.cases import Case

__all__ = ["Omission", "is_without", "omissions", "wanting"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Omission:
    """A field that creations of a model are refused without; `case` is one of them that has no other fault."""

    model: str
    field: Field
    case: Case


def omissions(
    contract: Contract, accepted: Accepted, unexplained: Sequence[Case], *, at_least: int = 1
) -> list[Omission]:
    """
    The fields whose absence alone explains a refusal.

    Args:
        contract: Settled, as the plan speaks.
        unexplained: Refused creations each of whose values was accepted in another one, or that accuse many values.
        at_least: How many of them one field must explain.
    """
    found: dict[tuple[str, str], list[Omission]] = {}
    for case in unexplained:
        lacking = list(wanting(contract, accepted, case))
        if len(lacking) == 1:
            one = Omission(model=case.model, field=lacking[0], case=case)
            found.setdefault((one.model, one.field.path), []).append(one)
    return [several[0] for several in found.values() if len(several) >= at_least]


def wanting(contract: Contract, accepted: Accepted, case: Case) -> Iterator[Field]:
    """The optional fields that a creation leaves out, and no accepted creation of its model does."""
    create = contract.operation("create")
    good = [c for c in accepted.good if c.model == case.model]
    if create is None or not good:
        return
    for field in fields_for(create, case.model).values():
        if field.required or field.alias_of or field.role == "model" or field.location != "body":
            continue
        left_out = [is_without(contract, c, field) for c in good]
        if is_without(contract, case, field) and not any(left_out):
            yield field


def is_without(contract: Contract, case: Case, field: Field) -> bool:
    """Whether a creation leaves a field out, under each of its names."""
    create = contract.operation("create")
    every = fields_for(create, case.model).values() if create is not None else ()
    names = {field.path, *(f.path for f in every if f.alias_of == field.path)}
    return not names & case.assignment.keys()
