"""
Of which clauses is it proven that a check notices when they are broken?

`conformance mutate --write` keeps its findings beside the contracts, in `proofs/VENDOR.json`, for the edition of the
contract that was measured. After the contract has changed nothing is known until it is measured again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Literal

from conformance.contract.clauses import Clause
from conformance.contract.loading import specs_directory
from conformance.contract.model import Contract

__all__ = ["Proof", "proof_of", "write_proofs"]

Proof = Literal["proven", "not proven", "not measured for this edition", ""]
"""Whether some vendor that broke the clause was noticed, and the clause blamed; "" where no run can try the clause."""


def proof_of(contract: Contract, clause: Clause) -> Proof:
    """What is known of one clause."""
    if clause.untestable:
        return ""
    measured = _measured(contract.vendor)
    if measured is None or measured[0] != contract.digest:
        return "not measured for this edition"
    return "proven" if clause.id in measured[1] else "not proven"


def write_proofs(contract: Contract, proven: Iterable[str], *, strength: int) -> Path:
    """Keep which clauses of a contract are proven; gives the file."""
    file = _file(contract.vendor)
    file.parent.mkdir(exist_ok=True)
    document = {
        "contract": contract.digest,
        "strength": strength,
        "proven": sorted(set(proven)),
    }
    file.write_text(json.dumps(document, indent=1) + "\n", encoding="ascii")
    _measured.cache_clear()
    return file


def _file(vendor: str) -> Path:
    return specs_directory() / "proofs" / f"{vendor}.json"


@lru_cache(maxsize=16)
def _measured(vendor: str) -> tuple[str, frozenset[str]] | None:
    """The digest of the contract that was measured, and its proven clauses; None where none was."""
    file = _file(vendor)
    if not file.is_file():
        return None
    document = json.loads(file.read_text("ascii"))
    return document["contract"], frozenset(document["proven"])
