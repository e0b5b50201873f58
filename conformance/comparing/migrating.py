"""What becomes of a working request when one vendor takes the place of another, what is lost, and what costs more?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from conformance.comparing.money import Price, prices_of
from conformance.comparing.spelling import Spelt, request_in, same_value, speech_of
from conformance.contract.model import Contract, Field
from conformance.results.comparison import Cell, Comparison

__all__ = ["Change", "Example", "Move", "moves"]

Effect = Literal["same", "renamed", "narrower", "lost"]

_PROMISES = (
    "image-to-image",
    "callbacks",
    "callback-signature",
    "batch-query",
    "upload",
    "balance-query",
    "idempotency",
    "refund",
    "refusals-free",
    "result-lifetime",
)
"""Rows of which a plain no, or silence, is a loss."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    What becomes of one thing.

    Args:
        about: A word of a request, or a row of the comparison.
        effect: `narrower`: some of what could be said cannot be said any more.
        says: What is lost, in words; "" where nothing is.
    """

    about: str
    effect: Effect
    before: str
    after: str
    says: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A request that the documents of the one permit, and the same in the words of the other; None where it has none."""

    title: str
    before: Spelt
    after: Spelt | None
    dropped: tuple[str, ...] = ()
    """What could not be said, a sentence each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a picture costs here and there, in each vendor's unit, and in US dollars where both are known."""

    tier: str
    before: str
    after: str
    effect: Literal["cheaper", "dearer", "same", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """From one vendor to another, as far as their documents say."""

    before: str
    after: str
    examples: tuple[Example, ...]
    changes: tuple[Change, ...]
    costs: tuple[Cost, ...]


def moves(contracts: Sequence[Contract], comparison: Comparison) -> Iterator[Move]:
    """From each vendor to each other one, in the order given."""
    for one in contracts:
        for other in contracts:
            if one is not other:
                yield _move(one, other, comparison)


def _move(one: Contract, other: Contract, comparison: Comparison) -> Move:
    return Move(
        before=one.vendor,
        after=other.vendor,
        examples=tuple(_examples(one, other)),
        changes=(*_words(one, other), *_promises(one.vendor, other.vendor, comparison)),
        costs=tuple(_costs(prices_of(one), prices_of(other))),
    )


# --- requests ---


_WANTED: Mapping[str, Mapping[str, Any]] = {
    "A picture from text": {
        "prompt": "A lighthouse at dawn",
        "aspect_ratio": "16:9",
        "resolution": "2K",
    },
    "A picture from a picture": {
        "prompt": "Make it winter",
        "images": ["https://example.com/lighthouse.png"],
        "aspect_ratio": "1:1",
    },
}


def _examples(one: Contract, other: Contract) -> Iterator[Example]:
    for title, wanted in _WANTED.items():
        before = request_in(one, wanted)
        if before is None:
            continue
        said = {word: wanted[word] for word in before.words}
        after = request_in(other, said)
        lost = [word for word in said if after is None or word not in after.words]
        dropped = tuple(_dropped(word, said[word], other) for word in lost)
        yield Example(title=title, before=before, after=after, dropped=dropped)


def _dropped(word: str, value: Any, other: Contract) -> str:
    shown = value[0] if isinstance(value, list) else value
    return f"{word.replace('_', ' ')} {shown}: {other.vendor} does not document it, or not with the rest"


def _words(one: Contract, other: Contract) -> Iterator[Change]:
    """What becomes of each field whose meaning both have a word for."""
    here, there = speech_of(one), speech_of(other)
    for word, field in here.items():
        if word in ("model", "passthrough"):
            continue
        heir = there.get(word)
        if heir is None:
            yield Change(
                about=word, effect="lost", before=field.path, after="", says="no such field"
            )
            continue
        lost = "; ".join(_narrower(field, heir))
        same: Effect = "same" if field.path == heir.path else "renamed"
        yield Change(
            about=word,
            effect="narrower" if lost else same,
            before=field.path,
            after=heir.path,
            says=lost,
        )


def _narrower(field: Field, heir: Field) -> Iterator[str]:
    if heir.ignored and not field.ignored:
        yield "accepted and ignored"
    values, left = field.schema.get("enum"), heir.schema.get("enum")
    if values and left and heir.exhaustive and not heir.also:
        gone = [str(v) for v in values if same_value(v, left) is None]
        if gone:
            yield f"without {', '.join(gone)}"
    for keyword, unit in (("maxLength", "characters"), ("maxItems", "of them"), ("maximum", "")):
        most, now = field.schema.get(keyword), heir.schema.get(keyword)
        if now is not None and (most is None or now < most):
            was = f" (was {most})" if most is not None else ""
            yield " ".join(filter(None, ["at most", str(now), unit])) + was


# --- promises ---


def _promises(one: str, other: str, comparison: Comparison) -> Iterator[Change]:
    for row in comparison.every:
        if row.id not in _PROMISES:
            continue
        cells = {cell.vendor: cell for cell in row.cells}
        here, there = cells[one], cells[other]
        if not _has(here):
            continue
        effect: Effect = "same" if _has(there) else "lost"
        says = (
            "" if _has(there) else ("a page says no" if there.state == "no" else "no page says so")
        )
        yield Change(about=row.id, effect=effect, before=here.value, after=there.value, says=says)


def _has(cell: Cell) -> bool:
    return cell.state in ("documented", "disputed")


# --- money ---


def _costs(here: Sequence[Price], there: Sequence[Price]) -> Iterator[Cost]:
    tiers = dict.fromkeys(p.tier for p in (*here, *there))
    named = [tier for tier in tiers if tier] or [""]
    for tier in named:
        before, after = _at(here, tier), _at(there, tier)
        if before or after:
            yield Cost(
                tier=tier,
                before=_said(before),
                after=_said(after),
                effect=_effect(before, after),
            )


def _at(prices: Sequence[Price], tier: str) -> list[Price]:
    return [p for p in prices if p.tier in ("", tier)]


def _said(prices: Sequence[Price]) -> str:
    if not prices:
        return "not documented"
    low, high = min(p.low for p in prices), max(p.high for p in prices)
    span = f"{low:.6g}" if low == high else f"{low:.6g} to {high:.6g}"
    usd = [p.usd for p in prices if p.usd is not None]
    dollars = f" (from {min(usd):.4g} USD)" if usd and prices[0].unit != "USD" else ""
    return f"{span} {prices[0].unit}{dollars}"


def _effect(
    before: Sequence[Price], after: Sequence[Price]
) -> Literal["cheaper", "dearer", "same", "unknown"]:
    """By the lowest price of each, in US dollars: units of different vendors are not compared."""
    here = [p.usd for p in before if p.usd is not None]
    there = [p.usd for p in after if p.usd is not None]
    if not here or not there:
        return "unknown"
    if abs(min(here) - min(there)) < 1e-9:
        return "same"
    return "dearer" if min(there) > min(here) else "cheaper"
