"""Each fault that is put into an exported document is noticed, and a document without one is not accused."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from conformance.compilers.arazzo import arazzo
from conformance.compilers.openapi import openapi
from conformance.contract.clauses import clauses_by_id
from conformance.contract.loading import contract_names, load_contract
from conformance.contract.resolution import settle
from conformance.notations.foreign import Foreign, read_foreign
from conformance.notations.lint import Linked, lint_document
from tests.judges.defects import DEFECTS, Defect


@cache
def documents(vendor: str) -> dict[str, dict[str, Any]]:
    contract = load_contract(vendor)
    settled = settle(contract, {})
    return {
        "openapi": openapi(settled, {}, clauses=clauses_by_id(contract)),
        "arazzo": arazzo(settled),
    }


def read(document: dict[str, Any]) -> Foreign:
    return read_foreign(json.dumps(document, indent=1), file="x.json")


def linted(vendor: str, kind: str, document: dict[str, Any]) -> Linked:
    beside = read(documents(vendor)["openapi"])
    missing = kind == "arazzo" and document["sourceDescriptions"][0]["url"] == "toapis.json"
    return lint_document(read(document), {vendor: None if missing else beside})


@pytest.mark.parametrize("kind", ["openapi", "arazzo"])
@pytest.mark.parametrize("vendor", contract_names())
def test_nothing_is_wrong_with_what_is_exported(vendor: str, kind: str) -> None:
    assert linted(vendor, kind, documents(vendor)[kind]).flaws == ()


def test_there_are_enough_of_them_and_each_is_another() -> None:
    assert len(DEFECTS) >= 40
    assert len({(defect.name, defect.kind) for defect in DEFECTS}) == len(DEFECTS)


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda d: f"{d.kind}: {d.name}")
def test_the_fault_is_named_by_its_rule_and_place(defect: Defect) -> None:
    whole = documents(defect.vendor)[defect.kind]
    found = linted(defect.vendor, defect.kind, defect.made(whole)).flaws
    assert defect.rule in {flaw.rule for flaw in found}
    assert all(flaw.line > 1 for flaw in found)
    assert len(found) <= 12
