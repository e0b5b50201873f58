"""Do the tables of pixels and prices agree with themselves, and with the arithmetic of pictures?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from conformance.contract.model import Charge, Contract, PixelCell, Source
from conformance.documents.contradictions import Contradiction, said
from conformance.documents.upstream import HINT, complaints

__all__ = ["falling_prices", "falling_sizes", "upstream_arithmetic", "wrong_ratios"]

_RATIO = re.compile(r"(\d+):(\d+)")
_TIER = re.compile(r"(\d+)[kKpP]?")
_CLOSE = 0.02  # what servers are given, too: see docs/judging.md


def wrong_ratios(contract: Contract) -> Iterator[Contradiction]:
    """A size in a row of another ratio."""
    for cell in contract.pixels:
        row = _RATIO.fullmatch(cell.row)
        for width, height in cell.any_of if row else ():
            wanted = int(row[1]) / int(row[2]) if row else 0.0
            if abs(width / height - wanted) > _CLOSE * wanted:
                yield Contradiction(
                    rule="wrong-ratio",
                    place=f"{cell.row} {cell.column} {width}x{height}",
                    about=f"the ratio of {width}x{height}",
                    alternatives=(
                        said(f"it stands in the row {cell.row}, at {cell.column}", cell.sources),
                        said(f"{width}x{height} is {_ratio_words(width, height)}", cell.sources),
                    ),
                    at=("pixels", "rows", cell.row),
                )


def _ratio_words(width: int, height: int) -> str:
    """The ratio in small whole numbers where there are such, else as a number."""
    for second in range(1, 22):
        first = round(width / height * second)
        if first and abs(width / height - first / second) < 0.002 * first / second:
            return f"{first}:{second}"
    return f"{width / height:.3f}:1"


def upstream_arithmetic(contract: Contract) -> Iterator[Contradiction]:
    """Sizes that the model behind the gateway does not make: one contradiction for each rule that they break."""
    broken: dict[tuple[str, str], dict[str, Source]] = {}
    for (width, height), sources in _sizes(contract):
        for name, rule in complaints(width, height):
            broken.setdefault((name, rule), {}).update(
                {f"{width}x{height}": source for source in sources[:1]}
            )
    for (name, rule), sizes in broken.items():
        yield Contradiction(
            rule="upstream-arithmetic",
            place=name,
            about="sizes that the model behind does not make",
            alternatives=(
                said(", ".join(sizes), tuple(dict.fromkeys(sizes.values()))),
                said(f"{rule} ({HINT})", ()),
            ),
            at=("pixels",),
        )


def _sizes(contract: Contract) -> Iterator[tuple[tuple[int, int], Sequence[Source]]]:
    for cell in contract.pixels:
        for size in cell.any_of:
            yield size, cell.sources
    create = contract.operation("create")
    for field in create.fields if create else ():
        for example in field.also.get("examples", ()):
            found = re.fullmatch(r"(\d+)x(\d+)", str(example))
            if found:
                yield (int(found[1]), int(found[2])), field.source_of("also")


def falling_sizes(contract: Contract) -> Iterator[Contradiction]:
    """A higher tier with fewer pixels, in one row of one table."""
    rows: dict[tuple[object, ...], list[PixelCell]] = {}
    for cell in contract.pixels:
        rows.setdefault((cell.row, cell.models, cell.dispute), []).append(cell)
    for cells in rows.values():
        known = sorted((c for c in cells if _tier(c.column)), key=lambda c: _tier(c.column))
        for low, high in pairwise(known):
            least, most = min(map(_area, low.any_of)), max(map(_area, high.any_of))
            if most < least:
                yield Contradiction(
                    rule="falling-size",
                    place=f"{low.row} {low.column} {high.column}",
                    about=f"which tier gives the larger picture of {low.row}",
                    alternatives=(
                        said(f"{low.column} gives {_shown_sizes(low)}", low.sources),
                        said(f"{high.column} gives {_shown_sizes(high)}", high.sources),
                    ),
                    at=("pixels", "rows", low.row),
                )


def _area(size: tuple[int, int]) -> int:
    return size[0] * size[1]


def _shown_sizes(cell: PixelCell) -> str:
    return " or ".join(f"{w}x{h}" for w, h in cell.any_of)


def falling_prices(contract: Contract) -> Iterator[Contradiction]:
    """A higher tier that costs less, or a list of prices by tier that does not rise."""
    groups: dict[tuple[object, ...], list[tuple[int, Charge]]] = {}
    for cell in contract.charging.cells:
        tier = next((_tier(v) for c in cell.when for v in c.one_of or () if _tier(str(v))), 0)
        others = tuple(c for c in cell.when if not any(_tier(str(v)) for v in c.one_of or ()))
        if tier:
            groups.setdefault((cell.models, cell.dispute, others), []).append((tier, cell))
        if list(cell.any_of) != sorted(cell.any_of):
            yield _falling(contract, cell, cell)
    for cells in groups.values():
        for (_, low), (_, high) in pairwise(sorted(cells, key=lambda pair: pair[0])):
            if max(high.any_of) < min(low.any_of):
                yield _falling(contract, low, high)


def _falling(contract: Contract, low: Charge, high: Charge) -> Contradiction:
    unit = contract.charging.unit
    places = [low.name] if low is high else [low.name, high.name]
    sides = [(f"{c.name} costs {_amounts(c)} {unit}", c.sources) for c in (low, high)]
    if low is high:
        sides[1] = ("the tiers that these are for rise", low.sources)
    return Contradiction(
        rule="falling-price",
        place=" ".join(places),
        about="which tier costs more",
        alternatives=tuple(said(*side) for side in sides),
        at=("charges", "cells", low.name),
    )


def _amounts(cell: Charge) -> str:
    return ", ".join(f"{amount:g}" for amount in cell.any_of)


def _tier(text: object) -> int:
    """The size of a tier, from `1K`, `2k` or `1536`; 0 for what is none."""
    found = _TIER.fullmatch(str(text))
    return int(found[1]) if found else 0
