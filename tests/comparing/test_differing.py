"""What a new edition of a contract says otherwise, and whom it breaks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.comparing.differing import differences
from conformance.compilers.validating import CompiledContract
from conformance.contract.loading import load_text
from conformance.contract.model import Contract
from conformance.contract.resolution import settle
from conformance.mutation.mutants import Changed, Mutant
from conformance.mutation.operators import mutants_of
from conformance.planning.plan import make_plan
from conformance.results.cases import Case
from conformance.results.difference import Change
from tests.contract.toys import VENDORS, contract, field, named
from tests.properties.contracts import documents

# --- nothing changed


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_contract_differs_in_nothing_from_itself(vendor: str) -> None:
    again = load_text(named(vendor).text, file="elsewhere.yaml")
    found = differences(named(vendor), again)
    assert found.changes == ()
    assert found.same_pages


@settings(deadline=None, max_examples=25)
@given(documents())
def test_no_contract_differs_from_itself(document: dict[str, Any]) -> None:
    text = yaml.safe_dump(document, sort_keys=False)
    assert differences(load_text(text), load_text(text)).changes == ()


# --- mutation operators are seen


@lru_cache
def _mutants(vendor: str) -> tuple[tuple[Mutant, Contract, Contract], ...]:
    """The mutants that are another contract, with the settled contract that each was made of."""
    found = []
    for mutant in mutants_of(named(vendor)):
        old = settle(named(vendor), mutant.choices)
        new = old
        for deviation in mutant.deviations:
            if isinstance(deviation, Changed):
                new = deviation.contract(new)
        if new != old:
            found.append((mutant, old, new))
    return tuple(found)


SAMPLED = ("aigptimage", "gptimage2api")

NARROWER = (
    "documented-refused", "enum-value-dropped", "limit-narrowed", "optional-required", "rule-inverted", "rule-widened",
    "default-changed", "method-swapped", "content-type-refused", "lifetime-halved",
)  # fmt: skip
WIDER = (
    "charge-lowered", "format-dropped", "limit-removed", "limit-removed-everywhere", "limit-widened",
    "required-optional", "rule-narrowed",
)  # fmt: skip


@pytest.mark.parametrize("vendor", SAMPLED)
def test_every_mutant_of_a_contract_is_seen_and_classed(vendor: str) -> None:
    mutants = _mutants(vendor)
    assert len(mutants) > 30
    for mutant, old, new in mutants[:: len(mutants) // 60 + 1]:  # a sweep over all takes 20 s
        changes = differences(old, new).changes
        assert changes, mutant.name
        effects = {change.effect for change in changes}
        if mutant.operator != "optional-required":  # its clause is the one about accepted requests
            assert any(mutant.clause in c.clauses for c in changes), mutant.name
        if mutant.operator in NARROWER:
            assert "breaking" in effects, mutant.name
        if mutant.operator in WIDER:
            assert effects == {"widening"}, mutant.name


# --- what compiled validators think


@lru_cache
def _planned(vendor: str) -> tuple[Case, ...]:
    cases = make_plan(named(vendor)).cases
    return tuple(
        c for c in cases if c.operation == "create" and c.send.raw is None and not c.send.files
    )


def _accepts(compiled: CompiledContract, case: Case) -> bool:
    return not compiled.violations(
        compiled.contract.operation("create"),  # type: ignore[arg-type]  # each vendor has one
        case.send.body,
        query=case.send.query,
        headers=case.send.headers,
    )


@pytest.mark.parametrize("vendor", SAMPLED)
def test_a_request_that_is_refused_only_now_is_a_breaking_change(vendor: str) -> None:
    """Independently of how it is classed: the old validator takes the request, the new one does not."""
    broken = 0
    others = [each for each in _mutants(vendor) if each[2].operations != each[1].operations]
    for mutant, old, new in others[::4]:
        was, now = CompiledContract(old), CompiledContract(new)
        lost = any(_accepts(was, c) and not _accepts(now, c) for c in _planned(vendor))
        effects = {c.effect for c in differences(old, new).changes}
        if lost:
            broken += 1
            assert "breaking" in effects, mutant.name
        gained = any(not _accepts(was, c) and _accepts(now, c) for c in _planned(vendor))
        if gained and not lost:
            assert "widening" in effects or "breaking" in effects, mutant.name
    assert broken > 3


@settings(deadline=None, max_examples=25)
@given(documents(), st.data())
def test_generated_editions_break_whom_their_validators_refuse(
    document: dict[str, Any], data: st.DataObject
) -> None:
    """Two editions that differ in some keywords; requests planned for the old are put to both."""
    other = yaml.safe_load(yaml.safe_dump(document))
    for change in data.draw(st.lists(st.sampled_from(sorted(EDITS)), min_size=1, max_size=3)):
        EDITS[change](other["operations"]["create"]["body"], data)
    old, new = (load_text(yaml.safe_dump(d, sort_keys=False)) for d in (document, other))
    effects = {c.effect for c in differences(old, new).changes}
    assert bool(effects) or old == replace(new, digest=old.digest, text=old.text)
    was, now = CompiledContract(settle(old, {})), CompiledContract(settle(new, {}))
    cases = [c for c in make_plan(old).cases if c.operation == "create" and c.send.raw is None]
    if any(_accepts(was, c) and not _accepts(now, c) for c in cases):
        assert "breaking" in effects


def _of(body: dict[str, Any], keyword: str, data: st.DataObject) -> dict[str, Any] | None:
    found = [f for f in body.values() if keyword in f and f.get("role") != "model"]
    return data.draw(st.sampled_from(found)) if found else None


def _drop_value(body: dict[str, Any], data: st.DataObject) -> None:
    one = _of(body, "enum", data)
    if one and len(one["enum"]) > 2:
        left = [v for v in one["enum"] if v != one.get("default")]
        one["enum"] = [v for v in one["enum"] if v != left[-1]]


def _lower(body: dict[str, Any], data: st.DataObject) -> None:
    one = _of(body, "maxLength", data)
    if one:
        one["maxLength"] = max(one.get("minLength", 0) + 1, one["maxLength"] - 3)


def _raise(body: dict[str, Any], data: st.DataObject) -> None:
    one = _of(body, "maximum", data)
    if one:
        one["maximum"] += 5


def _loosen(body: dict[str, Any], data: st.DataObject) -> None:
    one = _of(body, "maxLength", data)
    if one:
        del one["maxLength"]


def _ask_for(body: dict[str, Any], data: st.DataObject) -> None:
    optional = [
        f for f in body.values() if "type" in f and "default" not in f and not f.get("ignored")
    ]
    if optional:
        data.draw(st.sampled_from(optional))["required"] = True


EDITS = {"drop": _drop_value, "lower": _lower, "raise": _raise, "loosen": _loosen, "ask": _ask_for}


# --- direction, one change at a time


def edited(vendor: str, *pairs: tuple[str, str]) -> list[Change]:
    """The changes that a replaced piece of text makes."""
    text = named(vendor).text
    for before, after in pairs:
        assert before in text, before
        text = text.replace(before, after, 1)
    return list(differences(named(vendor), load_text(text, file="new.yaml")).changes)


def only(changes: list[Change]) -> Iterator[tuple[str, str, str]]:
    return ((c.effect, c.subject, c.what) for c in changes)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            "enum: [1K, 2K, 4K]",
            "enum: [1K, 2K, 8K]",
            {
                ("breaking", "input.resolution", "no longer takes 4K"),
                ("widening", "input.resolution", "takes 8K as well"),
            },
        ),
        (
            "base_url: https://",
            "base_url: https://new.",
            {("breaking", "base_url", "is another address")},
        ),
    ],
    ids=["enum", "address"],
)
def test_a_change_of_a_request_has_its_direction(
    before: str, after: str, expected: set[tuple[str, str, str]]
) -> None:
    assert expected <= set(only(edited("aigptimage", (before, after))))


def _with(vendor: str, **changes: Any) -> list[Change]:
    old = named(vendor)
    return list(differences(old, replace(old, **changes)).changes)


def test_a_new_state_is_breaking_and_a_lost_one_is_not() -> None:
    states = named("aigptimage").states
    more = _with("aigptimage", states=(*states, replace(states[0], value="paused")))
    fewer = _with("aigptimage", states=states[1:])
    assert [c.effect for c in more] == ["breaking"]
    assert "paused" in more[0].what
    assert [c.effect for c in fewer] == ["widening"]


def _changed_reply(**changes: Any) -> list[Change]:
    old = named("aigptimage")
    create = old.operation("create")
    assert create is not None
    first, *rest = create.reply
    reply = (replace(first, **changes), *rest)
    operations = tuple(
        replace(op, reply=reply) if op.name == "create" else op for op in old.operations
    )
    return list(differences(old, replace(old, operations=operations)).changes)


def test_a_reply_field_that_may_be_missing_now_is_breaking() -> None:
    (change,) = _changed_reply(required=False)
    assert (change.effect, change.what) == ("breaking", "may be missing now")


def test_what_has_a_clause_of_its_own_is_told_once() -> None:
    old = named("toapis")
    upload = old.operation("upload")
    assert upload is not None
    silent = replace(upload, reply=tuple(replace(r, echoes=None) for r in upload.reply))
    before = replace(
        old, operations=tuple(silent if op.name == "upload" else op for op in old.operations)
    )
    changes = differences(before, old).changes
    assert {c.effect for c in changes} == {"widening"}
    assert all(c.clauses[0].endswith(".echo") for c in changes)


def test_a_reply_field_of_more_types_is_breaking() -> None:
    effects = [c.effect for c in _changed_reply(types=("integer", "string", "null"))]
    assert effects == ["breaking"]


def test_another_level_is_neutral() -> None:
    changes = _changed_reply(level="implied")
    assert {c.effect for c in changes} == {"neutral"}
    assert changes[0].what == "is implied and no longer must"


def test_a_dearer_price_is_breaking_and_a_lower_one_is_not() -> None:
    charging = named("aigptimage").charging
    (first, *rest) = charging.cells

    def at(price: float) -> list[str]:
        cells = (replace(first, any_of=(price,)), *rest)
        return [c.effect for c in _with("aigptimage", charging=replace(charging, cells=cells))]

    assert at(first.any_of[0] + 1) == ["breaking"]
    assert at(first.any_of[0] - 1) == ["widening"]


def test_a_lost_operation_is_one_change() -> None:
    old = named("apimart")
    left = tuple(op for op in old.operations if op.name != "balance")
    found = [c for c in _with("apimart", operations=left) if c.operation == "balance"]
    assert [(c.effect, c.what) for c in found] == [("breaking", "is no longer documented")]


def test_a_page_that_was_read_again_is_neutral() -> None:
    documents_ = named("toapis").documents
    newer = (replace(documents_[0], seen="2026-12-24"), *documents_[1:])
    found = differences(named("toapis"), replace(named("toapis"), documents=newer))
    assert [(c.effect, c.subject) for c in found.changes] == [
        ("neutral", f"document {documents_[0].id}")
    ]
    assert not found.same_pages


def test_what_only_another_page_permits_names_it() -> None:
    """A dispute's own words are compared, too, and the page is named."""
    changes = edited("toapis", ('enum: ["1024", "1536", "2048"]', 'enum: ["1024", "1536"]'))
    breaking = [c for c in changes if c.effect == "breaking"]
    assert breaking
    assert all("2048" in c.what for c in breaking)


def test_a_models_own_limit_that_became_the_common_one_is_no_restriction() -> None:
    """Fields are compared as each model has them, wherever that is written."""
    model = field(required=True, role="model", enum=["a", "b"])

    def made(common: int, **own: int) -> Contract:
        return contract(
            {"model": model, "prompt": field(required=True, role="prompt", maxLength=common)},
            create={
                "per_model": {
                    m: {"prompt": {"maxLength": n, "source": "page#Section"}}
                    for m, n in own.items()
                }
            },
        )

    moved = differences(made(100, a=50), made(50, b=100)).changes
    assert {c.effect for c in moved} == {"neutral"}
    narrowed = differences(made(20, a=50), made(20)).changes
    assert [(c.models, c.old, c.new) for c in narrowed if c.effect == "breaking"] == [
        (("a",), "50", "20")
    ]


def test_a_renamed_rule_is_the_same_rule() -> None:
    def made(name: str) -> Contract:
        fields = {"tone": field(enum=["a", "b"]), "lens": field(enum=["c", "d"])}
        rule = {
            "when": {"tone": {"const": "a"}},
            "then": {"lens": {"const": "c"}},
            "source": "page#Section",
            "says": "x",
        }
        return contract(fields, create={"rules": {name: rule}})

    assert {c.effect for c in differences(made("one"), made("two")).changes} == {"neutral"}
    gone = differences(made("one"), contract({"tone": field(enum=["a", "b"]), "lens": field(enum=["c", "d"])}))  # fmt: skip
    assert ("widening", "is a rule no longer") in [(c.effect, c.what) for c in gone.changes]


def test_an_error_that_comes_inside_a_success_now_is_breaking() -> None:
    errors = named("aigptimage").errors
    row = next(r for r in errors if r.carried_in == ("http",)) if any(r.carried_in == ("http",) for r in errors) else errors[0]  # fmt: skip
    other = replace(
        row, carried_in=("envelope", "http") if row.carried_in == ("http",) else ("http",)
    )
    effects = {c.effect for c in _with("aigptimage", errors=tuple(other if r is row else r for r in errors))}  # fmt: skip
    assert effects == ({"breaking"} if row.carried_in == ("http",) else {"widening"})
