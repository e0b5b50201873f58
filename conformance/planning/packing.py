"""How do many features fit into few paid requests?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from conformance.contract.model import ABSENT, Field
from conformance.planning.requests import Desk
from conformance.results.cases import Feature

__all__ = ["clash", "clique", "lower_bound", "pack"]


_STARTS = 12


def clash(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two sets of pins cannot stand in one request: they pin a field differently."""
    return any(path in other and not _equal(other[path], value) for path, value in one.items())


def _equal(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def pack(
    desk: Desk, model: str, features: Sequence[Feature], start: Sequence[Feature]
) -> list[list[Feature]]:
    """
    The features of one model in bundles, each of which fits into one request.

    First the features of a largest known clash-free-of-sharing set open bundles of their own (no plan can do with
    fewer), then the others are put where they fit, the most binding first. Reference images come last, beside the most
    unusual shape and size: whoever forgets these over a reference shows it for nothing.

    Args:
        start: The features that the carrier, already planned, carries; they are left out.
    """
    done = {f.witness for f in start}
    left = [f for f in features if f.witness not in done]
    seeds = [f for f in clique([f.pins for f in left], left) if f.pins]
    bundles: list[list[Feature]] = []
    others = [f for f in left if f not in seeds]
    for feature in [
        *seeds,
        *sorted(others, key=lambda f: (_has_images(desk, model, f), -len(f.pins))),
    ]:
        homes = (b for b in bundles if _fits(desk, model, b, feature))
        if _has_images(desk, model, feature):
            home = max(homes, key=lambda b: _unusual(desk, model, b), default=None)
        else:
            home = next(homes, None)
        if home is None:
            bundles.append([feature])
        else:
            home.append(feature)
    return bundles


def _has_images(desk: Desk, model: str, feature: Feature) -> bool:
    fields = desk.fields(model)
    return any(
        p in fields and fields[p].role == "images" and v is not ABSENT
        for p, v in feature.pins.items()
    )


def _unusual(desk: Desk, model: str, bundle: Sequence[Feature]) -> tuple[bool, int]:
    """How much a picture differs from a plain one: not square, and of a late tier."""
    fields = desk.fields(model)
    pins = {p: v for f in bundle for p, v in f.pins.items() if p in fields}
    shapes = [v for p, v in pins.items() if fields[p].role in ("aspect_ratio", "size")]
    tiers = [(fields[p], v) for p, v in pins.items() if fields[p].role == "resolution"]
    listed = [list(f.schema.get("enum", ())).index(v) for f, v in tiers if _is_listed(f, v)]
    return any(_is_oblong(v) for v in shapes), max(listed, default=-1)


def _is_listed(field: Field, value: Any) -> bool:
    return value in field.schema.get("enum", ())


def _is_oblong(shape: Any) -> bool:
    one, found, other = str(shape).replace("x", ":").partition(":")
    return bool(found) and one != other


def _fits(desk: Desk, model: str, bundle: Sequence[Feature], feature: Feature) -> bool:
    merged = {p: v for f in bundle for p, v in f.pins.items()}
    if clash(merged, feature.pins):
        return False
    return desk.completed(model, desk.carrier(model), {**merged, **feature.pins}) is not None


def clique(
    pins: Sequence[Mapping[str, Any]],
    features: Sequence[Feature],
    excludes: Callable[[Mapping[str, Any]], bool] = lambda _: False,
) -> list[Feature]:
    """
    A large set of features of which no two fit into one request, found greedily from the likeliest starts.

    Args:
        excludes: Whether pins break a rule by themselves. Only this and differing pins count as a clash, so that the
            size is a lower bound whatever else the rules say.
    """
    rivals = [
        {j for j, other in enumerate(pins) if clash(one, other) or excludes({**one, **other})}
        for one in pins
    ]
    best: list[int] = []
    for start in sorted(range(len(pins)), key=lambda i: -len(rivals[i]))[:_STARTS]:
        chosen, open_ = [start], set(rivals[start])
        while open_:
            following = max(open_, key=lambda i: (len(rivals[i] & open_), -i))
            chosen.append(following)
            open_ &= rivals[following]
        if len(chosen) > len(best):
            best = chosen
    return [features[i] for i in sorted(best)]


def lower_bound(
    features: Mapping[str, Sequence[Feature]],
    excludes: Callable[[Mapping[str, Any]], bool] = lambda _: False,
) -> int:
    """
    How many paid creations no plan can do without.

    The size of a set of positive obligations of which no two fit into one request: two models never share a
    request, and within a model no two of the set do.
    """
    return sum(len(clique([f.pins for f in fs], fs, excludes)) for fs in features.values())
