"""
Which few rows hold every permitted combination of t values?

A row has one value of each parameter. Values are numbered through all parameters and sets of them are the bits of one
integer, so that how much a value adds to a row is one intersection and one count of bits. Rows are made greedily and
then taken out one by one, while a tabu search can put what is lost into the others.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, product
from math import prod

__all__ = ["Space", "cover", "most_rivals"]

Forbidden = Iterable[Mapping[int, int]]
"""Parameter to value, both by number: what must not stand together in a row."""

_TRIES = {1: 1, 2: 24, 3: 6}  # by strength, rows that are made for each that is taken
_MOVES = {1: 0, 2: 1_500, 3: 150}  # by strength, of the search for what one row less leaves out
_TABU = 6


class Space:
    """
    The parameters of an array by the number of their values, and which values must not stand together.

    A value of the whole space is an *item*: a number, and a bit of that number in masks.
    """

    def __init__(self, sizes: Sequence[int], forbidden: Forbidden = ()) -> None:
        self.sizes = tuple(sizes)
        self._first = [sum(sizes[:n]) for n in range(len(sizes))]
        self.items = [range(f, f + n) for f, n in zip(self._first, sizes, strict=True)]
        self.forbidden = [dict(one) for one in forbidden]
        self.owner = [p for p, n in enumerate(sizes) for _ in range(n)]
        self.whole = [(1 << n) - 1 << f for f, n in zip(self._first, sizes, strict=True)]
        masks = {sum(1 << self._first[p] + v for p, v in one.items()) for one in self.forbidden}
        self._masks = [m for m in masks if not any(o != m and o & m == o for o in masks)]
        self._of_item: dict[int, list[int]] = {}
        for mask in sorted(self._masks):
            for item in _bits(mask):
                self._of_item.setdefault(item, []).append(mask)
        self._bound = sorted({self.owner[item] for item in self._of_item})
        self._known: dict[int, bool] = {}
        bound = [self.whole[p] for p in self._bound]
        self._relevant = sum(bound)

    def breaks(self, mask: int, item: int) -> bool:
        """Whether a set of items with this one in it holds something forbidden."""
        return any(f & mask == f for f in self._of_item.get(item, ()))

    def permits(self, mask: int) -> bool:
        """Whether some row holds all these items (one at most of each parameter)."""
        mask &= self._relevant
        if mask not in self._known:
            broken = any(f & mask == f for f in self._masks)
            self._known[mask] = not broken and self._completes(mask)
        return self._known[mask]

    def allows(self, values: Mapping[int, int]) -> bool:
        """Whether these values, parameter to value, break nothing together."""
        mask = sum(1 << self._first[p] + v for p, v in values.items())
        return not any(f & mask == f for f in self._masks)

    def _completes(self, mask: int) -> bool:
        free = next((p for p in self._bound if not self.whole[p] & mask), None)
        if free is None:
            return True
        trials = ((mask | 1 << item, item) for item in self.items[free])
        return any(not self.breaks(trial, item) and self.permits(trial) for trial, item in trials)

    def tuples(self, strength: int) -> Iterator[int]:
        """Every permitted combination of so many values, as masks."""
        for chosen in combinations(range(len(self.sizes)), strength):
            for items in product(*(self.items[p] for p in chosen)):
                mask = sum(1 << item for item in items)
                if self.permits(mask):
                    yield mask

    def excluding(self, item: int) -> int:
        """A large set of items around this one of which no two share a row."""
        chosen, open_ = 1 << item, self._rivals(item)
        while open_:
            next_ = max(_bits(open_), key=lambda i: (self._rivals(i) & open_).bit_count())
            chosen |= 1 << next_
            open_ &= self._rivals(next_)
        return chosen

    def _rivals(self, item: int) -> int:
        """The other values of its parameter, and what is forbidden with it."""
        beside = 0
        for mask in self._of_item.get(item, ()):
            rest = mask ^ 1 << item
            beside |= rest if rest.bit_count() == 1 else 0
        return (self.whole[self.owner[item]] ^ 1 << item) | beside

    def values(self, row: Sequence[int]) -> tuple[int, ...]:
        """A row of items as the number of a value for each parameter."""
        return tuple(item - first for item, first in zip(row, self._first, strict=True))


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def most_rivals(space: Space, strength: int) -> int:
    """
    A number of rows that no array does with fewer: the most permitted combinations of which no two share a row.

    They take one item each of `strength` sets, within which no two items share a row: the values of a parameter, or
    of several that exclude each other.
    """
    sets = [sum(1 << i for i in items) for items in space.items]
    sets += [wider for wider in map(space.excluding, range(len(space.owner))) if wider not in sets]
    found = 0
    for chosen in combinations(dict.fromkeys(sets), min(strength, len(space.sizes))):
        if prod(mask.bit_count() for mask in chosen) > found:
            masks = {_mask(one) for one in product(*map(_bits, chosen)) if _apart(space, one)}
            found = max(found, sum(map(space.permits, masks)))
    return found


def _apart(space: Space, items: Sequence[int]) -> bool:
    return len({space.owner[item] for item in items}) == len(items)


def cover(
    space: Space,
    strength: int,
    *,
    given: Sequence[Sequence[int | None]] = (),
    seed: int = 0,
    tries: int | None = None,
    moves: int | None = None,
) -> list[tuple[int, ...]]:
    """
    Rows that hold every permitted combination of `strength` values, as the number of a value for each parameter.

    The same arguments give the same rows.

    Args:
        given: Rows that there are already, and that are not given back; None for a value that is not in the space.
        tries: Rows made for each row taken; more are slower and better.
        moves: How long to search for an array with one row less before giving up. Without these two, pairs of a dozen
            parameters take a second or two.
    """
    rng = random.Random(seed)  # noqa: S311 - spreads the search, guards nothing
    strength = min(strength, len(space.sizes))
    if strength < 1:
        return []
    ledger = _Ledger(space, strength)
    for known in given:
        ledger.count([space.items[p][n] for p, n in enumerate(known) if n is not None])
    while ledger.missing:
        trials = (_row(space, ledger, rng) for _ in range(tries or _TRIES[strength]))
        row = max(trials, key=ledger.adds)
        ledger.enter(row)
    # Of the rows given, each spares one at most.
    least = most_rivals(space, strength) - len(given)
    rows = [list(row) for row in ledger.rows]
    patience = _MOVES[strength] if moves is None else moves
    while len(ledger.rows) > max(0, least) and _does_with_fewer(space, ledger, rng, patience):
        rows = [list(row) for row in ledger.rows]
    return [space.values(row) for row in rows]


class _Ledger:
    """
    Rows, and how often each combination stands in them.

    `_none` and `_once` map all but one item of a combination to the items that complete it to one that stands in no
    row, or in one only.
    """

    def __init__(self, space: Space, strength: int) -> None:
        self.strength = strength
        self.rows: list[list[int]] = []
        self.masks: list[int] = []
        self.missing: dict[int, None] = {}
        self._count: dict[int, int] = {}
        self._none: dict[int, int] = {}
        self._once: dict[int, int] = {}
        for mask in space.tuples(strength):
            self._count[mask] = 0
            self._mark(mask, self._none)
            self.missing[mask] = None

    def _mark(self, mask: int, where: dict[int, int]) -> None:
        for item in _bits(mask):
            rest = mask ^ 1 << item
            where[rest] = where.get(rest, 0) ^ 1 << item

    def gain(self, item: int, mask: int) -> int:
        """How many missing combinations an item completes with a set of others."""
        return self._number(self._none, item, mask)

    def loss(self, item: int, mask: int) -> int:
        """How many combinations with a set of others only one row holds."""
        return self._number(self._once, item, mask)

    def _number(self, where: Mapping[int, int], item: int, mask: int) -> int:
        bit = 1 << item
        if self.strength == 2:
            return (where.get(bit, 0) & mask).bit_count()
        if self.strength == 1:
            return (where.get(0, 0) & bit).bit_count()
        rest = combinations(_bits(mask), self.strength - 2)
        found = sum((where.get(_mask((item, *c)), 0) & mask).bit_count() for c in rest)
        return found // (self.strength - 1)

    def adds(self, row: Sequence[int]) -> int:
        """How many missing combinations a row holds."""
        mask, found = 0, 0
        for item in row:
            found += self.gain(item, mask)
            mask |= 1 << item
        return found

    def unique(self, number: int) -> int:
        """How many combinations stand in this row alone."""
        mask, found = 0, 0
        for item in self.rows[number]:
            found += self.loss(item, mask)
            mask |= 1 << item
        return found

    def enter(self, row: list[int]) -> None:
        """Put a row down."""
        self.rows.append(row)
        self.masks.append(_mask(row))
        self.count(row)

    def count(self, row: Sequence[int]) -> None:
        """Take note of the combinations in a row that is there for good."""
        for items in combinations(row, self.strength):
            self._plus(_mask(items))

    def strike(self, number: int) -> None:
        """Take a row out."""
        row = self.rows.pop(number)
        self.masks.pop(number)
        for items in combinations(row, self.strength):
            self._minus(_mask(items))

    def change(self, number: int, parameter: int, item: int) -> None:
        """Put another value of a parameter into a row."""
        row = self.rows[number]
        rest = [other for p, other in enumerate(row) if p != parameter]
        for items in combinations(rest, self.strength - 1):
            mask = _mask(items)
            self._minus(mask | 1 << row[parameter])
            self._plus(mask | 1 << item)
        self.masks[number] ^= 1 << row[parameter] | 1 << item
        row[parameter] = item

    def _plus(self, mask: int) -> None:
        if mask not in self._count:
            return  # forbidden: in a given row, or until the next item is changed as well
        number = self._count[mask] = self._count[mask] + 1
        if number == 1:
            del self.missing[mask]
            self._mark(mask, self._none)
            self._mark(mask, self._once)
        elif number == 2:
            self._mark(mask, self._once)

    def _minus(self, mask: int) -> None:
        if mask not in self._count:
            return
        number = self._count[mask] = self._count[mask] - 1
        if number == 0:
            self.missing[mask] = None
            self._mark(mask, self._none)
            self._mark(mask, self._once)
        elif number == 1:
            self._mark(mask, self._once)


def _mask(items: Iterable[int]) -> int:
    found = 0
    for item in items:
        found |= 1 << item
    return found


def _row(space: Space, ledger: _Ledger, rng: random.Random) -> list[int]:
    """A permitted row around a missing combination, each further value the one that adds most."""
    first = _any_of(ledger.missing, rng)
    mask = first
    chosen = {space.owner[item]: item for item in _bits(first)}
    order = [p for p in range(len(space.sizes)) if p not in chosen]
    rng.shuffle(order)
    for parameter in order:
        best, most = -1, -1
        items = list(space.items[parameter])
        rng.shuffle(items)
        for item in items:
            adds = ledger.gain(item, mask)
            if adds > most and space.permits(mask | 1 << item):
                best, most = item, adds
        chosen[parameter] = best
        mask |= 1 << best
    return [chosen[p] for p in range(len(space.sizes))]


def _any_of(missing: Mapping[int, None], rng: random.Random) -> int:
    # The front of the dictionary: a random one of all would mean to copy it.
    wanted = rng.randrange(min(len(missing), 64))
    return next(mask for n, mask in enumerate(missing) if n == wanted)


def _does_with_fewer(space: Space, ledger: _Ledger, rng: random.Random, moves: int) -> bool:
    """Take out the row that is needed least, and try to put what it alone held into the others."""
    ledger.strike(min(range(len(ledger.rows)), key=ledger.unique))
    tabu: dict[tuple[int, int], int] = {}
    fewest, since = len(ledger.missing), 0
    for step in range(10 * moves):
        if not ledger.missing:
            return True
        since += 1
        if since > moves:
            return False
        wanted = _any_of(ledger.missing, rng)
        move = _best_move(space, ledger, wanted, tabu, step, rng)
        if move is None:
            continue
        for parameter, item in move[1]:
            ledger.change(move[0], parameter, item)
            tabu[move[0], parameter] = step + _TABU + rng.randrange(_TABU)
        if len(ledger.missing) < fewest:
            fewest, since = len(ledger.missing), 0
    return not ledger.missing


Move = tuple[int, list[tuple[int, int]]]
"""A row, and the new items of some of its parameters."""


def _best_move(
    space: Space,
    ledger: _Ledger,
    wanted: int,
    tabu: Mapping[tuple[int, int], int],
    step: int,
    rng: random.Random,
) -> Move | None:
    """The change of one row that holds a combination then, at the least loss of others."""
    items = [(space.owner[item], item) for item in _bits(wanted)]
    best: Move | None = None
    least: float = float("inf")
    for number, (row, mask) in enumerate(zip(ledger.rows, ledger.masks, strict=True)):
        new = [(p, item) for p, item in items if row[p] != item]
        if any(tabu.get((number, p), 0) > step for p, _ in new):
            continue
        rest = mask
        worth = 0.0
        for p, _ in new:
            rest ^= 1 << row[p]
            worth += ledger.loss(row[p], rest)
            if worth - len(items) ** 2 > least:
                break
        for _, item in new:
            worth -= ledger.gain(item, rest)
            rest |= 1 << item
        worth += rng.random() * 0.5
        if worth < least and not any(space.breaks(rest, item) for _, item in new):
            best, least = (number, new), worth
    return best
