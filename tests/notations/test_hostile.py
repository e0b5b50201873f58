"""Whatever stands at any place of a document: it is linted and imported, or refused in one sentence."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conformance.compilers.arazzo import arazzo
from conformance.compilers.openapi import openapi
from conformance.contract.loading import load_contract
from conformance.contract.resolution import settle
from conformance.errors import ContractInvalid
from conformance.notations.foreign import Foreign, read_foreign
from conformance.notations.imported_text import text_of
from conformance.notations.importing import import_openapi
from conformance.notations.lint import lint_document
from tests.notations.test_importing import FLAT, ODD, WRAPPED

TOY = settle(load_contract(Path(__file__).parents[1] / "suite" / "toys" / "called.yaml"), {})
DOCUMENTS = (yaml.safe_load(FLAT), WRAPPED, openapi(TOY), json.loads(json.dumps(yaml.safe_load(ODD.replace("&base", "").replace("*base", "{}")))))  # fmt: skip
WORKFLOW = arazzo(TOY)
BESIDE = read_foreign(json.dumps(DOCUMENTS[2]), file="y.json")

JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        ["", "x", "#/", "$response.body#/a", "{$request.body#/}", "1:1", "\x1b[2J", "a.b", "<<"]
    ),
    st.sampled_from(
        [[], {}, [[]], [None], [{}], {"": {}}, {"$ref": "#"}, {"$ref": 5}, {"type": 5}]
    ),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()  # fmt: skip
    for key, inner in inside:
        yield from places(inner, (*path, key))


ALL = [
    (index, path) for index, document in enumerate(DOCUMENTS) for path in places(document) if path
]
STEPS = [path for path in places(WORKFLOW) if path]


def changed(document: Any, path: tuple[Any, ...], junk: Any) -> Any:
    """The document with something else at one place."""
    broken = copy.deepcopy(document)
    here = broken
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = junk
    return broken


def read(document: Any) -> Foreign | None:
    try:
        return read_foreign(json.dumps(document), file="x.json")
    except ContractInvalid:
        return None


@given(st.sampled_from(ALL), JUNK)
@settings(max_examples=60, deadline=None)
def test_a_document_with_anything_anywhere_is_linted_and_imported_or_refused(
    place: tuple[int, tuple[Any, ...]], junk: Any
) -> None:
    index, path = place
    document = read(changed(DOCUMENTS[index], path, junk))
    if document is None:
        return
    lint_document(document)
    if document.kind == "openapi":
        try:
            text = text_of(import_openapi(document, seen="2026-11-20"))
        except ContractInvalid:
            return
        assert "\x1b" not in text


@given(st.sampled_from(STEPS), JUNK)
@settings(max_examples=40, deadline=None)
@example(path=("workflows", 0, "steps"), junk={"a": 1})
def test_a_workflow_with_anything_anywhere_is_linted(path: tuple[Any, ...], junk: Any) -> None:
    document = read(changed(WORKFLOW, path, junk))
    if document is not None and document.kind == "arazzo":
        lint_document(document, {TOY.vendor: BESIDE})
