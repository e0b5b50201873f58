"""What is written reads back as it was."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.contract.loading import contract_names, specs_directory
from conformance.contract.located import read_located
from conformance.contract.writing import dump
from tests.properties.contracts import documents

TEXT = st.one_of(
    st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20),
    st.sampled_from(
        [
            "no",
            "1:1",
            "16:9",
            "0o7",
            "0x1F",
            "1e3",
            ".5",
            "~",
            "null",
            "",
            "- x",
            "a: b",
            "2026-11-20",
            "=",
            "<<",
            "1_000",
            ".inf",
            "9" * 41,
        ]
    ),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(10**15), max_value=10**15),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    TEXT,
)
KEYS = TEXT.filter(lambda text: text not in ("", "<<"))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=15,
)


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4))
def test_any_document_reads_back(document: dict[str, object]) -> None:
    assert read_located(dump(document), file="x").value == document


@given(documents())
def test_generated_contracts_read_back(document: dict[str, object]) -> None:
    assert read_located(dump(document), file="x").value == document


@pytest.mark.parametrize("vendor", contract_names())
def test_our_contracts_read_back(vendor: str) -> None:
    text = (specs_directory() / f"{vendor}.yaml").read_text("utf-8")
    read = read_located(text, file=vendor).value
    assert read_located(dump(read), file="again").value == read


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
def test_numbers_without_a_word_are_refused(number: float) -> None:
    with pytest.raises(ValueError, match="expected a finite number"):
        dump({"x": number})
