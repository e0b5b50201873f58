"""What was proven of a contract counts for the edition that was measured, and for no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.contract import proofs
from conformance.contract.clauses import clauses_by_id
from conformance.contract.loading import load_contract
from conformance.contract.proofs import proof_of, write_proofs

CONTRACT = load_contract("aigptimage")
CLAUSES = clauses_by_id(CONTRACT)
ENUM = CLAUSES["aigptimage.create.input.resolution.enum"]
LIMIT = CLAUSES["aigptimage.create.input.prompt.maxLength"]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(proofs, "specs_directory", lambda: tmp_path)
    proofs._measured.cache_clear()
    yield
    proofs._measured.cache_clear()


def test_nothing_is_known_before_it_is_measured() -> None:
    assert proof_of(CONTRACT, ENUM) == "not measured for this edition"


def test_what_was_measured_is_proven_or_not() -> None:
    file = write_proofs(CONTRACT, [ENUM.id], strength=1)
    assert file.name == "aigptimage.json"
    assert proof_of(CONTRACT, ENUM) == "proven"
    assert proof_of(CONTRACT, LIMIT) == "not proven"


def test_another_edition_is_not_proven_by_it() -> None:
    write_proofs(CONTRACT, [ENUM.id], strength=1)
    newer = replace(CONTRACT, digest="0" * 64)
    assert proof_of(newer, ENUM) == "not measured for this edition"


def test_what_no_run_can_try_needs_no_proof() -> None:
    untestable = next(c for c in CLAUSES.values() if c.untestable)
    assert proof_of(CONTRACT, untestable) == ""
