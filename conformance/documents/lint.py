"""What is wrong with one contract file?"""

from __future__ import annotations

from dataclasses import dataclass

from conformance.contract.clauses import derive_clauses
from conformance.contract.loading import load_located
from conformance.contract.model import Contract
from conformance.documents.archive import Archive
from conformance.documents.contradicted import contradicted
from conformance.documents.coverage import Coverage, cover
from conformance.documents.examples import Judged
from conformance.documents.findings import Finding, unused_documents
from conformance.errors import ContractInvalid

__all__ = ["Linted", "lint"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Linted:
    """What was found in one file. `contract` is None where the file is no contract, and `invalid` then says why."""

    file: str
    contract: Contract | None = None
    clauses: int = 0
    findings: tuple[Finding, ...] = ()
    examples: tuple[Judged, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    """Of each document, where there was an archive to compare it with."""
    invalid: ContractInvalid | None = None

    @property
    def faults(self) -> tuple[Finding, ...]:
        """What has to change in the contract."""
        return tuple(finding for finding in self.findings if finding.fault == "contract")


def lint(name_or_path: str, archive: Archive | None = None) -> Linted:
    """
    Everything that is wrong with one contract.

    Args:
        archive: The pages to compare it with; None checks the contract alone.

    Raises:
        UsageError: There is no such vendor and no such file, or a page cannot be read.
    """
    try:
        loaded = load_located(name_or_path)
    except ContractInvalid as invalid:
        return Linted(file=invalid.file, invalid=invalid)
    coverage, found = cover(loaded.located, archive) if archive else ((), ())
    findings = sorted(
        [*unused_documents(loaded), *contradicted(loaded), *found],
        key=lambda f: (f.fault, f.line, f.column),
    )
    return Linted(
        file=loaded.located.file,
        contract=loaded.contract,
        clauses=len(derive_clauses(loaded.contract)),
        findings=tuple(findings),
        coverage=coverage,
    )
