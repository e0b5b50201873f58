"""How many features fit into few paid requests."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from conformance.contract.clauses import clauses_by_id
from conformance.contract.model import ABSENT
from conformance.planning.features import model_features
from conformance.planning.packing import clash, clique, lower_bound, pack
from conformance.results.cases import Feature, Witness
from tests.contract.toys import ALL, named
from tests.planning.desks import cached_desk

_DOMAINS: dict[str, list[Any]] = {
    "prompt": ["A red apple", ABSENT],
    "template": ["poster", "card", ABSENT],
    "size": ["small", "large", ABSENT],
    "quality": ["draft", "final", ABSENT],
    "strength": [1, 2, ABSENT],
}


def feature(number: int, pins: dict[str, Any]) -> Feature:
    return Feature(witness=Witness(clause=f"c{number}"), pins=pins)


def _numbered(many: list[dict[str, Any]]) -> list[Feature]:
    return [feature(number, pins) for number, pins in enumerate(many)]


_PINS = st.fixed_dictionaries({}, optional={p: st.sampled_from(d) for p, d in _DOMAINS.items()})
_MANY = st.lists(_PINS, max_size=12).map(_numbered)


def possible(features: Sequence[Feature]) -> list[Feature]:
    """Those that some request can carry."""
    desk = cached_desk("rules")
    return [f for f in features if desk.completed("", desk.carrier(""), f.pins) is not None]


# ---------------------------------------------------------------- clashes


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        pytest.param({"a": 1}, {"b": 2}, False, id="other-fields"),
        pytest.param({"a": 1}, {"a": 1, "b": 2}, False, id="same-value"),
        pytest.param({"a": 1}, {"a": 2}, True, id="other-value"),
        pytest.param({"a": 1}, {"a": ABSENT}, True, id="left-out"),
        pytest.param({"a": ABSENT}, {"a": ABSENT}, False, id="both-left-out"),
        pytest.param({"a": 1}, {"a": True}, True, id="true-is-not-one"),
        pytest.param({"a": 1}, {"a": 1.0}, True, id="another-spelling"),
        pytest.param({"a": [1]}, {"a": [1]}, False, id="equal-lists"),
        pytest.param({}, {"a": 1}, False, id="nothing"),
    ],
)
def test_pins_clash_where_they_pin_a_field_differently(
    one: dict[str, Any], other: dict[str, Any], expected: bool
) -> None:
    assert clash(one, other) is expected
    assert clash(other, one) is expected


@settings(max_examples=40)
@given(_MANY)
def test_no_two_of_a_clique_fit_into_one_request(features: list[Feature]) -> None:
    found = clique([f.pins for f in features], features)
    assert all(clash(one.pins, other.pins) for one, other in combinations(found, 2))
    assert bool(found) is bool(features)


def test_a_clique_is_as_large_as_a_list_of_values() -> None:
    sizes = [feature(n, {"size": f"{n}"}) for n in range(9)]
    others = [feature(100 + n, {"style": "x"}) for n in range(20)]
    assert clique([f.pins for f in others + sizes], others + sizes) == sizes


# ---------------------------------------------------------------- bundles


@settings(max_examples=40)
@given(_MANY, st.data())
def test_packing_loses_no_feature_and_invents_none(
    features: list[Feature], data: st.DataObject
) -> None:
    start = [f for f in features if data.draw(st.booleans())]
    bundles = pack(cached_desk("rules"), "", features, start)
    packed = sorted(f.witness.clause for b in bundles for f in b)
    assert packed == sorted(f.witness.clause for f in features if f not in start)


@settings(max_examples=40)
@given(_MANY)
def test_each_bundle_fits_into_one_request(features: list[Feature]) -> None:
    desk = cached_desk("rules")
    for bundle in pack(desk, "", possible(features), ()):
        assert not any(clash(one.pins, other.pins) for one, other in combinations(bundle, 2))
        merged = {p: v for f in bundle for p, v in f.pins.items()}
        assert desk.completed("", desk.carrier(""), merged) is not None


@settings(max_examples=40)
@given(_MANY)
def test_no_packing_needs_fewer_requests_than_the_lower_bound(features: list[Feature]) -> None:
    found = possible(features)
    assume(any(f.pins for f in found))
    bundles = pack(cached_desk("rules"), "", found, ())
    assert 1 <= lower_bound({"": found}) <= len(bundles)


@settings(max_examples=40)
@given(_MANY)
def test_packing_does_not_depend_on_chance(features: list[Feature]) -> None:
    desk = cached_desk("rules")
    assert pack(desk, "", features, ()) == pack(desk, "", features, ())


@given(st.integers(1, 6), st.integers(1, 6))
def test_independent_lists_share_their_requests(many: int, more: int) -> None:
    sizes = [feature(n, {"a": n}) for n in range(many)]
    words = [feature(10 + n, {"b": str(n)}) for n in range(more)]
    assert len(pack(cached_desk("rules"), "", sizes + words, ())) == max(many, more)


def test_two_models_never_share_a_request() -> None:
    one = [feature(0, {"model": "a"})]
    other = [feature(1, {"model": "b"})]
    assert lower_bound({"a": one, "b": other}) == 2


@pytest.mark.parametrize("name", ALL)
def test_our_contracts_are_packed_as_tightly_as_can_be_shown(name: str) -> None:
    """A third more than the lower bound would be worth a better packing."""
    desk = cached_desk(name)
    features = model_features(desk, clauses_by_id(named(name)))
    needed = sum(len(pack(desk, model, fs, ())) for model, fs in features.items())
    assert lower_bound(features) <= needed <= lower_bound(features) * 4 / 3


@pytest.mark.parametrize("name", ALL)
def test_nothing_is_packed_again_that_the_carrier_carries(name: str) -> None:
    desk = cached_desk(name)
    model = desk.models[0]
    features = model_features(desk, clauses_by_id(named(name)))[model]
    start = features[: len(features) // 2]
    packed = {f.witness for b in pack(desk, model, features, start) for f in b}
    assert not packed & {f.witness for f in start}
