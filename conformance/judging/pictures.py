"""Is what a finished task delivers a picture of the promised size?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from conformance.contract.clauses import shown
from conformance.contract.model import ABSENT, PixelCell
from conformance.contract.resolution import fields_for, filled, holds
from conformance.judging.context import Look
from conformance.judging.outcomes import result_urls, shows_another
from conformance.results.verdicts import Observation
from conformance.wire.exchange import Exchange, header

__all__ = [
    "ALONE",
    "default_counts",
    "default_ratios",
    "delivered",
    "pixel_cells",
    "ratios",
    "still_there",
    "tiers",
]

_TOLERANCE = 0.02
_SIDES = re.compile(r"([0-9]+)[:x×]([0-9]+)")
_ONE_ROUND = 3  # a result in trouble is asked for so often before the run goes on
ALONE = "a single picture has nothing to be compared with"
"""The reason for a tier of which no other tier has a picture of the same shape."""


def _downloads(look: Look) -> list[Exchange]:
    return look.phase("download")


def _opened(look: Look) -> Iterator[tuple[Exchange, int, int]]:
    created = look.outcome.task_id if look.case.operation == "create" else ""
    if any(shows_another(look.contract, body, created) for _, body in look.polls):
        return
    for exchange in _downloads(look):
        picture = exchange.picture
        if picture is not None and picture.width and picture.height and not picture.problem:
            yield exchange, picture.width, picture.height


def delivered(look: Look) -> Iterator[Observation]:
    """Each URL can be fetched, and what comes can be decoded and is of a documented type."""
    if look.case.operation == "result":
        return  # asked for another reason
    by_url: dict[str, list[Exchange]] = {}
    for exchange in _downloads(look):
        by_url.setdefault(exchange.request.url, []).append(exchange)
    for several in by_url.values():
        answers = [e for e in several if e.reply is not None and not _is_trouble(e.reply.status)]
        for exchange in answers:
            yield from _fetched(look, exchange)
        if not answers and several[-1].failure != "private":
            yield from _never_fetched(look, several)
    for url, reason in look.trace.facts.get("not_fetched", {}).items():
        yield from _unknown(look, f"the result at {shown(url)} was not fetched: {reason}")


def _is_trouble(status: int) -> bool:
    return status >= 500 or status == 429


def _fetched(look: Look, exchange: Exchange) -> Iterator[Observation]:
    status = exchange.reply.status if exchange.reply else 0
    if _is_step(exchange):
        return
    for clause in look.clauses("url"):
        problem = f"expected the result at {shown(exchange.request.url)}, got HTTP {status}"
        yield look.says(clause, None if status == 200 else problem, exchange)
    if status == 200:
        yield from _picture(look, exchange)


def _is_step(exchange: Exchange) -> bool:
    """Whether an answer only leads on. Without an address it does not, and is the end."""
    reply = exchange.reply
    return (
        reply is not None
        and 300 <= reply.status < 400
        and header(reply.headers, "location") is not None
    )


def _never_fetched(look: Look, several: Sequence[Exchange]) -> Iterator[Observation]:
    """A server error now and again at the end of the run is an answer; anything less may have passed."""
    url, last = shown(several[-1].request.url), several[-1]
    statuses = [e.reply.status for e in several if e.reply is not None]
    lasting = len(several) > _ONE_ROUND and all(s >= 500 for s in statuses) and not look.outage
    if lasting and len(statuses) == len(several):
        problem = f"expected the result at {url}, got HTTP {statuses[-1]} each of {len(several)} times, the last at the end of the run"
        for clause in look.clauses("url"):
            yield look.says(clause, problem, several[0], last)
        return
    how = f"HTTP {statuses[-1]}" if statuses else f"no reply ({last.failure})"
    yield from _unknown(look, f"the result at {url} met only trouble: {how}", *several)


def _unknown(look: Look, reason: str, *exchanges: Exchange) -> Iterator[Observation]:
    for clause in (*look.clauses("url"), *look.clauses("picture")):
        yield Observation(
            clause=clause.id,
            verdict="inconclusive",
            reason=reason,
            case=look.case.id,
            exchanges=tuple(e.id for e in exchanges),
        )


def still_there(look: Look) -> Iterator[Observation]:
    """Shortly before the end of its documented lifetime a result can still be fetched."""
    if look.case.operation != "result":
        return
    for clause in look.clauses("expiry"):
        for exchange in _downloads(look):
            status = exchange.reply.status if exchange.reply else 0
            if status and status < 500 and not _is_step(exchange):
                age = look.trace.facts.get("age_s", 0)
                problem = f"expected the result to be there {age:.0f} s after it was made, got HTTP {status}"
                yield look.says(clause, None if status == 200 else problem, exchange)


def _picture(look: Look, exchange: Exchange) -> Iterator[Observation]:
    picture = exchange.picture
    for clause in look.clauses("picture"):
        if picture is None:
            continue
        if picture.bounded:
            reason = f"the picture was not opened: {picture.problem}"
            yield replace(look.says(clause, None, exchange), verdict="inconclusive", reason=reason)
            continue
        problem = (
            f"expected a picture, got one that cannot be opened: {picture.problem}"
            if picture.problem
            else None
        )
        if problem is None and clause.thing and f"image/{picture.format}" not in clause.thing:
            problem = f"expected {' or '.join(clause.thing)}, got image/{picture.format}"
        yield look.says(clause, problem, exchange)


def _asked(look: Look) -> dict[str, Any]:
    create = look.contract.operation("create")
    return filled(look.case.assignment, fields_for(create, look.case.model)) if create else {}


def _is_cell(look: Look, cell: PixelCell, asked: dict[str, Any]) -> bool:
    if cell.models and look.case.model not in cell.models:
        return False
    return all(holds(c, asked.get(c.field, ABSENT)) for c in cell.when)


def pixel_cells(look: Look) -> Iterator[Observation]:
    """The picture has one of the sizes that the table's cell lists."""
    asked = _asked(look) if look.contract.pixels else {}
    for clause in look.clauses("pixels"):
        parts = [part for part in clause.parts if _is_cell(look, part.thing, asked)]
        for exchange, width, height in _opened(look) if parts else ():
            kept = [part for part in parts if _fits(part.thing, width, height)]
            sizes = " or ".join(f"{w}x{h}" for part in parts for w, h in part.thing.any_of)
            problem = (
                None
                if kept
                else f"expected {sizes} pixels for {clause.subject}, got {width}x{height}"
            )
            yield look.says(clause, problem, exchange, follows=kept[0].alternative if kept else "")


def _fits(cell: PixelCell, width: int, height: int) -> bool:
    if (width, height) in cell.any_of:
        return True
    return cell.nominal and any(
        _off(width, height, w / h) <= _tolerance(width, height) for w, h in cell.any_of
    )


def _off(width: int, height: int, wanted: float) -> float:
    return abs(width / height / wanted - 1)


def _tolerance(width: int, height: int) -> float:
    # A small picture cannot be nearer to a ratio than one pixel lets it.
    return max(_TOLERANCE, 1 / min(width, height))


def ratios(look: Look) -> Iterator[Observation]:
    """The picture has the ratio asked for, within 2 %, where no table says more exactly."""
    asked = _asked(look)
    if any(_is_cell(look, cell, asked) for cell in look.contract.pixels):
        return
    for clause in look.clauses("ratio"):
        value = asked.get(clause.thing, ABSENT)
        # Where a table has a row for it, the table says what it gives, whatever the tier is by default.
        tabled = any(cell.row == value for cell in look.contract.pixels)
        wanted = 0.0 if tabled else _ratio(value)
        also = _instead_of(look, value)
        for exchange, width, height in _opened(look) if wanted else ():
            off = 0.0 if (width, height) in also else _off(width, height, wanted)
            problem = f"expected a picture with a ratio of {value}, got {width}x{height}, which is {off:.0%} off"
            kept = off <= _tolerance(width, height)
            yield look.says(clause, None if kept else problem, exchange, value=str(value))


def default_ratios(look: Look) -> Iterator[Observation]:
    """Where the ratio is left out to show its default, and nothing else gives one, the picture has it."""
    ratio = {c.thing for c in look.clauses("ratio")}
    if _references(look):
        return  # a picture may be as its references are
    planned = {f.witness.clause: f.witness.value for f in look.case.features}
    for clause in look.clauses("field"):
        if clause.keyword != "default" or clause.id not in planned or clause.subject not in ratio:
            continue
        every = {str(part.thing.default): _ratio(part.thing.default) for part in clause.parts}
        for exchange, width, height in _opened(look) if all(every.values()) else ():
            kept = any(_off(width, height, r) <= _tolerance(width, height) for r in every.values())
            wanted = " or ".join(every)
            problem = f"expected a picture with a ratio of {wanted} where {clause.subject} is left out, got {width}x{height}"
            said = look.says(clause, None if kept else problem, exchange, defaults=list(every))
            yield replace(said, value=planned[clause.id])


def _references(look: Look) -> list[str]:
    """The fields of a creation that hold reference images."""
    create = look.contract.operation("create")
    fields = fields_for(create, look.case.model) if create else {}
    return [p for p in look.case.assignment if p in fields and fields[p].role == "images"]


def _ratio(value: Any) -> float:
    """The number behind "16:9" or "1881x836"; 0 for what is not a ratio ("auto", absent)."""
    width, height = _sides(value)
    return width / height if height else 0.0


def _sides(value: Any) -> tuple[int, int]:
    """The numbers of a ratio or of a size in pixels; zeros for anything else."""
    found = _SIDES.fullmatch(value) if isinstance(value, str) else None
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _instead_of(look: Look, value: Any) -> set[tuple[int, int]]:
    """What the table gives beside a size in pixels: whoever takes that for its cell may deliver any size there."""
    asked = _sides(value)
    return {size for c in look.contract.pixels if asked in c.any_of for size in c.any_of}


def default_counts(look: Look) -> Iterator[Observation]:
    """Where the number of pictures is left out, there are as many as its default says."""
    create = look.contract.operation("create")
    fields = fields_for(create, look.case.model) if create else {}
    counts = {p for p, f in fields.items() if f.role == "count"}
    if not counts or counts & look.case.assignment.keys():
        return
    made = [(e, len(result_urls(look.contract, e))) for e, _ in look.polls]
    ended = next(((e, n) for e, n in reversed(made) if n), None)
    for clause in look.clauses("field"):
        if ended is None or clause.keyword != "default" or clause.subject not in counts:
            continue
        exchange, number = ended
        kept = [p for p in clause.parts if p.thing.default == number]
        wanted = " or ".join(dict.fromkeys(str(p.thing.default) for p in clause.parts))
        problem = f"expected {wanted} where {clause.subject} is left out, got {number} pictures"
        yield look.says(
            clause,
            None if kept else problem,
            exchange,
            follows=kept[0].alternative if kept else "",
        )


def tiers(look: Look) -> Iterator[Observation]:
    """How many pixels each tier gave, for the comparison that only several traces allow."""
    asked = _asked(look)
    for clause in look.clauses("tier"):
        # What is left out is compared with what is named, and not counted as what it should be.
        tier = look.case.assignment.get(clause.thing)
        others: dict[str, Any] = {
            p: v for p, v in asked.items() if p != clause.thing and _ratio(v) and ":" in v
        }
        # What is made of references is compared with its like alone: of these, the size may have been lost.
        like = [*sorted(map(str, others.items())), *(_references(look))]
        for exchange, width, height in _opened(look) if others else ():
            yield Observation(
                clause=clause.id,
                verdict="inconclusive",
                reason=ALONE,
                value="" if tier is None else str(tier),
                case=look.case.id,
                exchanges=(exchange.id,),
                facts={
                    "model": look.case.model,
                    "tier": tier,
                    "shape": like,
                    "pixels": width * height,
                },
            )
