"""
How many rows do covering arrays need here, and in the libraries there are? `python -m benchmarks covering`.

A library is measured where it is installed (`pip install allpairspy covertable coverwise testflows.combinatorics`);
none is needed by this project. What each gives is counted and held against the space by trying every pair.
"""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from itertools import combinations
from typing import Any

from conformance.contract.clauses import clauses_by_id
from conformance.contract.loading import contract_names, load_contract
from conformance.contract.resolution import settle
from conformance.planning.combinations import table_of
from conformance.planning.covering import Space, cover, most_rivals
from conformance.planning.features import Features
from conformance.planning.images import DEFAULT_IMAGES
from conformance.planning.requests import Desk

__all__ = ["covering_tables"]

Rows = Sequence[Sequence[int]]
Model = tuple[list[int], list[dict[int, int]]]

_PATIENCE_S = 300

# The sizes that TestCover.com publishes; the models are those by which pairwise tools are commonly compared.
_PUBLIC: Mapping[str, tuple[list[int], int]] = {
    "4^15 3^17 2^29": ([4] * 15 + [3] * 17 + [2] * 29, 29),
    "4^1 3^39 2^35": ([4] + [3] * 39 + [2] * 35, 21),
    "2^100": ([2] * 100, 10),
    "10^20": ([10] * 20, 181),
}


def covering_tables() -> None:
    """Print both tables."""
    makers = {"here": _here, **{n: m for n, (home, m) in _LIBRARIES.items() if find_spec(home)}}
    print(f"| pairs of | published | {' | '.join(makers)} |")
    print(f"|---|---|{'---|' * len(makers)}")
    for name, (sizes, published) in _PUBLIC.items():
        _line(makers, name, str(published), (sizes, []))
    for name, (sizes, _) in list(_PUBLIC.items())[:2]:
        _line(makers, f"{name}, 60 pairs forbidden", "", (sizes, _forbidden(sizes, 60)))
    print()
    print(f"| model of a vendor | no fewer than | {' | '.join(makers)} |")
    print(f"|---|---|{'---|' * len(makers)}")
    for vendor in contract_names():
        for name, model in _models(vendor).items():
            least = most_rivals(Space(*model), 2)
            _line(makers, f"{vendor}, {name}", str(least), model)


def _forbidden(sizes: Sequence[int], count: int) -> list[dict[int, int]]:
    """That many pairs of values at random, always the same; the first value of each parameter stays free."""
    rng = random.Random(1)
    found = []
    for _ in range(count):
        one, other = rng.sample(range(len(sizes)), 2)
        found.append({one: rng.randrange(1, sizes[one]), other: rng.randrange(1, sizes[other])})
    return found


def _models(vendor: str) -> dict[str, Model]:
    """The values of each model of a vendor that stand together, and what its rules forbid."""
    contract = load_contract(vendor)
    desk = Desk(settle(contract, {}), DEFAULT_IMAGES, whole=contract)
    maker = Features(desk, clauses_by_id(contract))
    spaces = {m: table_of(desk, maker, m, fallback="").space for m in desk.models}
    return {m: (list(s.sizes), s.forbidden) for m, s in spaces.items()}


def _line(
    makers: Mapping[str, Callable[[Model], Rows]], name: str, known: str, model: Model
) -> None:
    cells = [_measured(make, model) for make in makers.values()]
    print(f"| {name} | {known} | {' | '.join(cells)} |", flush=True)


def _measured(make: Callable[[Model], Rows], model: Model) -> str:
    """Rows and seconds, and what is missing or forbidden in them; in a process of its own that can be stopped."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_send, args=(make, model, theirs))
    process.start()
    answer = ours.recv() if ours.poll(_PATIENCE_S) else f"over {_PATIENCE_S} s"
    process.kill()
    process.join()
    return str(answer)


def _send(make: Callable[[Model], Rows], model: Model, pipe: Any) -> None:
    start = time.perf_counter()
    try:
        rows = make(model)
    except Exception as error:  # noqa: BLE001 - a library that cannot do it is a result, too
        pipe.send(f"{type(error).__name__}")
        return
    pipe.send(f"{len(rows)} in {time.perf_counter() - start:.1f} s{_faults(rows, model)}")


def _faults(rows: Rows, model: Model) -> str:
    space = Space(*model)
    wanted = set(space.tuples(2))
    masks = [[1 << space.items[p][v] for p, v in enumerate(row)] for row in rows]
    shown = {a | b for row in masks for a, b in combinations(row, 2)}
    lacking = len(wanted - shown)
    wrong = sum(not space.permits(sum(row)) for row in masks)
    return f", {lacking} pairs missing" * bool(lacking) + f", {wrong} rows forbidden" * bool(wrong)


def _here(model: Model) -> Rows:
    return cover(Space(*model), 2)


def _broken(forbidden: Sequence[Mapping[int, int]], row: Mapping[int, int]) -> bool:
    return any(all(row.get(p) == v for p, v in one.items()) for one in forbidden)


def _allpairspy(model: Model) -> Rows:
    from allpairspy import AllPairs

    sizes, forbidden = model
    found = AllPairs(
        [list(range(n)) for n in sizes],
        filter_func=lambda row: not _broken(forbidden, dict(enumerate(row))),
    )
    return [list(row) for row in found]


def _covertable(model: Model) -> Rows:
    from covertable import make

    sizes, forbidden = model
    constraints = [
        {
            "operator": "or",
            "conditions": [{"operator": "ne", "left": f"p{p}", "value": v} for p, v in one.items()],
        }
        for one in forbidden
    ]
    found = make(
        {f"p{p}": list(range(n)) for p, n in enumerate(sizes)},
        strength=2,
        constraints=constraints,
    )
    return [[row[f"p{p}"] for p in range(len(sizes))] for row in found]


def _coverwise(model: Model) -> Rows:
    import coverwise

    sizes, forbidden = model
    found = coverwise.generate(
        parameters={f"p{p}": [f"v{v}" for v in range(n)] for p, n in enumerate(sizes)},
        constraints=[" OR ".join(f"p{p} != v{v}" for p, v in one.items()) for one in forbidden],
        strength=2,
    )
    return [[int(row[f"p{p}"][1:]) for p in range(len(sizes))] for row in found["tests"]]


def _testflows(model: Model) -> Rows:
    from testflows.combinatorics import Covering

    sizes, forbidden = model
    if forbidden:
        raise NotImplementedError  # it has no constraints
    found = Covering({f"p{p}": list(range(n)) for p, n in enumerate(sizes)}, strength=2)
    return [[row[f"p{p}"] for p in range(len(sizes))] for row in found]


_LIBRARIES: Mapping[str, tuple[str, Callable[[Model], Rows]]] = {
    "allpairspy": ("allpairspy", _allpairspy),
    "covertable": ("covertable", _covertable),
    "coverwise": ("coverwise", _coverwise),
    "testflows": ("testflows", _testflows),
}
