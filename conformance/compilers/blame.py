"""Which clause does a broken request break?"""

from __future__ import annotations

from conformance.compilers.violation import Violation
from conformance.contract.clauses import clauses_by_id
from conformance.contract.model import Contract, Operation

__all__ = ["clause_of"]

_KEYWORDS = {"const": "enum", "pattern": "format"}


def clause_of(
    contract: Contract, operation: Operation, violation: Violation, model: str = ""
) -> str:
    """
    The id of the clause that a violation breaks: of one model, where the contract says it for one.

    Args:
        model: The one that was asked for, where that is known.
    """
    known = clauses_by_id(contract)
    keyword = _KEYWORDS.get(violation.keyword, violation.keyword)
    names = [f"rule.{violation.rule}"] if violation.rule else []
    names += [f"{name}.{violation.path}.{keyword}" for name in (model, *contract.models) if name]
    names += [f"{violation.path}.{keyword}"]
    ids = [f"{contract.vendor}.{operation.name}.{name}" for name in names]
    return next((each for each in ids if each in known), ids[-1])
