"""
Which charts stand in the page, and how are they drawn?

drawsvg writes the elements and is used here alone. Colours come from the page's style sheet by class, so that a chart
is as readable in the dark as in the light; every chart has a title and a description, and its numbers are in a table
beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import drawsvg

from conformance.comparing.money import Price, prices_of
from conformance.contract.model import Contract, PixelCell
from conformance.reporting.text import printable
from conformance.results.comparison import Run
from conformance.results.outcome import Latency

__all__ = ["Chart", "latency_charts", "pixel_charts", "price_charts"]

_WIDTH = 360
_LABEL = 130
_RATIO = 52
_ROW = 24
_TOP = 6
_TEXT = 11
_MOST_BARS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A drawing, what it is called, and what it says in words. `truth` is `documented`, `observed` or `simulated`."""

    vendor: str
    truth: str
    title: str
    says: str
    svg: str


class _Canvas:
    """A drawing of that many rows, with a label at the left of each."""

    def __init__(self, name: str, rows: int, *, margin: int = _LABEL) -> None:
        self.height = _TOP * 2 + rows * _ROW
        self.margin = margin
        self.drawing = drawsvg.Drawing(
            _WIDTH,
            self.height,
            id_prefix=name,
            role="img",
            class_="chart",
            aria_labelledby=f"{name}-title {name}-desc",
        )
        self.name = name

    def label(self, row: float, text: str) -> None:
        self.text(text, self.margin - 8, row, anchor="end", of="label")

    def text(self, text: str, x: float, row: float, *, anchor: str, of: str) -> None:
        y = _TOP + row * _ROW + _ROW / 2 + 4
        self.drawing.append(
            drawsvg.Text(printable(text), _TEXT, _at(x), _at(y), text_anchor=anchor, class_=of)
        )

    def bar(self, x: float, row: float, width: float, of: str, *, thick: float = 14) -> None:
        y = _TOP + row * _ROW + (_ROW - thick) / 2
        self.drawing.append(
            drawsvg.Rectangle(_at(x), _at(y), _at(max(width, 1)), thick, rx=2, class_=of)
        )

    def done(self, title: str, says: str) -> str:
        """The element, named for whoever cannot see it, without the size that would keep it from shrinking."""
        text: str = self.drawing.as_svg(header="", skip_js=True, skip_css=True)
        start = text.index("<svg")
        opening, _, rest = text[start:].partition(">")
        opening = " ".join(
            part for part in opening.split() if not part.startswith(("width=", "height=", "xmlns"))
        )
        named = f'<title id="{self.name}-title">{_escaped(title)}</title>'
        told = f'<desc id="{self.name}-desc">{_escaped(says)}</desc>'
        return f"{opening}>{named}{told}{rest.replace('<defs>', '').replace('</defs>', '')}".strip()


def _escaped(text: str) -> str:
    return printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _at(value: float) -> float:
    """Rounded, so that a chart is the same on every machine."""
    return round(value, 1)


# --- prices ---


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bar:
    """The prices of one tier and model; `high` above `low` where pages disagree."""

    label: str
    low: float
    high: float
    unit: str
    usd: float | None

    @property
    def words(self) -> str:
        unit = "cr" if self.unit == "credits" else self.unit
        if self.low == self.high:
            return f"{self.low:g} {unit}"
        return f"{self.low:g}-{self.high:g} {unit}*"


def price_charts(contracts: Sequence[Contract]) -> list[Chart]:
    """
    What a picture costs at each tier, vendor by vendor.

    Prices that are known in US dollars share one scale; the others have one of their own, since units of different
    vendors cannot be compared.
    """
    bars = {c.vendor: _bars(prices_of(c)) for c in contracts}
    dollars = max((b.usd for some in bars.values() for b in some if b.usd), default=0.0)
    return [
        _prices(number, contract, bars[contract.vendor], dollars)
        for number, contract in enumerate(contracts)
        if bars[contract.vendor]
    ]


def _bars(prices: Sequence[Price]) -> list[_Bar]:
    found: dict[str, list[Price]] = {}
    for price in prices:
        found.setdefault(_price_label(price), []).append(price)
    if len(found) > 1 and set(found) != {_ANY}:
        # Where prices are told by tier, one that holds at any is one of several answers to each.
        found.pop(_ANY, None)
    return [
        _Bar(
            label=label,
            low=min(p.low for p in some),
            high=max(p.high for p in some),
            unit=some[0].unit,
            usd=max((p.usd for p in some if p.usd is not None), default=None),
        )
        for label, some in found.items()
    ][:_MOST_BARS]


def _prices(number: int, contract: Contract, bars: Sequence[_Bar], dollars: float) -> Chart:
    canvas = _Canvas(f"price-{number}", len(bars))
    in_dollars = all(bar.usd is not None for bar in bars)
    most = max(bar.high for bar in bars)
    room = _WIDTH - _LABEL - 86
    share = max((bar.usd or 0.0) for bar in bars) / dollars if in_dollars and dollars else 1.0
    scale = room * share / most if most else 0.0
    for row, bar in enumerate(bars):
        canvas.label(row, bar.label)
        canvas.bar(_LABEL, row, bar.high * scale, "more" if bar.high > bar.low else "fill")
        if bar.high > bar.low:
            canvas.bar(_LABEL, row, bar.low * scale, "fill")
        canvas.text(
            bar.words, _LABEL + max(bar.high * scale, 1) + 6, row, anchor="start", of="value"
        )
    named = "US dollars" if in_dollars else bars[0].unit
    title = f"{contract.vendor}: documented price by tier, in {named}"
    says = "; ".join(f"{bar.label}: {bar.words}" for bar in bars)
    return Chart(
        vendor=contract.vendor,
        truth="documented",
        title=printable(title),
        says=printable(says),
        svg=canvas.done(title, says),
    )


_ANY = "any size"


def _price_label(price: Price) -> str:
    models = price.models[0].rpartition("/")[2] if len(price.models) == 1 else ""
    text = " ".join(filter(None, [models, price.tier])) or _ANY
    return text if len(text) <= 20 else f"{text[:19]}…"


# --- pixels ---


def pixel_charts(contracts: Sequence[Contract]) -> list[Chart]:
    """Which sizes are documented for which ratio and tier; the more pixels, the darker."""
    return [_pixels(n, c) for n, c in enumerate(contracts) if c.pixels]


def _pixels(number: int, contract: Contract) -> Chart:
    ratios = list(dict.fromkeys(cell.row for cell in contract.pixels))
    tiers = list(dict.fromkeys(cell.column.upper() for cell in contract.pixels))
    canvas = _Canvas(f"pixels-{number}", len(ratios) + 1, margin=_RATIO)
    wide = (_WIDTH - _RATIO) / len(tiers)
    for place, tier in enumerate(tiers):
        canvas.text(tier, _RATIO + wide * (place + 0.5), 0, anchor="middle", of="label")
    cells: dict[tuple[str, str], list[PixelCell]] = {}
    for cell in contract.pixels:
        cells.setdefault((cell.row, cell.column.upper()), []).append(cell)
    for row, ratio in enumerate(ratios, start=1):
        canvas.label(row, ratio)
        for place, tier in enumerate(tiers):
            _pixel_cell(canvas, row, _RATIO + wide * place, wide, cells.get((ratio, tier), []))
    title = f"{contract.vendor}: documented pixels by ratio and tier"
    says = _pixel_words(ratios, tiers, cells)
    return Chart(
        vendor=contract.vendor,
        truth="documented",
        title=printable(title),
        says=printable(says),
        svg=canvas.done(title, says),
    )


def _pixel_cell(
    canvas: _Canvas, row: int, x: float, wide: float, cells: Sequence[PixelCell]
) -> None:
    sizes = [size for cell in cells for size in cell.any_of]
    if not sizes:
        canvas.bar(x + 2, row, wide - 4, "none", thick=20)
        canvas.text("–", x + wide / 2, row, anchor="middle", of="value")
        return
    width, height = max(sizes, key=lambda size: (size[0] * size[1], size))
    pixels = width * height / 1_000_000
    shade = sum(pixels >= step for step in (1.2, 2.5, 5.0))
    canvas.bar(x + 2, row, wide - 4, f"shade-{shade}", thick=20)
    more = "+" if len(set(sizes)) > 1 else ""
    canvas.text(f"{width}x{height}{more}", x + wide / 2, row, anchor="middle", of=f"on-{shade}")


def _pixel_words(
    ratios: Sequence[str], tiers: Sequence[str], cells: dict[tuple[str, str], list[PixelCell]]
) -> str:
    whole = len(ratios) * len(tiers)
    said = f"{len(cells)} of {whole} combinations of {len(ratios)} ratios with {', '.join(tiers)}"
    several = sum(len({s for c in some for s in c.any_of}) > 1 for some in cells.values())
    return f"{said} have a documented size; {several} have more than one"


# --- latency ---


_STEPS = {"submit": "answer", "task": "whole task", "queue": "in queue", "render": "rendering"}


def latency_charts(runs: Sequence[Run]) -> list[Chart]:
    """How long each phase took, run by run on one scale; never drawn where nothing was measured."""
    most = max((x.most or 0.0 for run in runs for x in run.latencies if x.n), default=0.0)
    return [
        _latency(number, run, most)
        for number, run in enumerate(runs)
        if any(x.n for x in run.latencies)
    ]


def _latency(number: int, run: Run, most: float) -> Chart:
    seen = [x for x in run.latencies if x.n]
    canvas = _Canvas(f"latency-{number}", len(seen))
    room = _WIDTH - _LABEL - 84
    told = []
    for row, latency in enumerate(seen):
        canvas.label(row, f"{_STEPS.get(latency.phase, latency.phase)} (n {latency.n})")
        told.append(_span(canvas, row, latency, room / most if most else 0.0, run.truth))
    title = f"{run.vendor}: latency, {run.truth}, {', '.join(filter(None, [run.date, run.asked]))}"
    says = "; ".join(told)
    return Chart(
        vendor=run.vendor,
        truth=run.truth,
        title=printable(title),
        says=printable(says),
        svg=canvas.done(title, says),
    )


def _span(canvas: _Canvas, row: int, latency: Latency, scale: float, truth: str) -> str:
    """From the least to the most, with the median and what nine of ten were within."""
    low, high = latency.least or 0.0, latency.most or 0.0
    canvas.bar(_LABEL + low * scale, row, (high - low) * scale, f"span {truth}", thick=6)
    for value, of in ((latency.p50, "p50"), (latency.p90, "p90")):
        if value is not None:
            canvas.bar(_LABEL + value * scale - 1.5, row, 3, of, thick=14 if of == "p50" else 9)
    middle = f"p50 {latency.p50:.3g} s" if latency.p50 is not None else f"max {high:.3g} s"
    canvas.text(middle, _LABEL + high * scale + 8, row, anchor="start", of="value")
    percentiles = (("p50", latency.p50), ("p90", latency.p90), ("p99", latency.p99))
    known = [f"{name} {value:.3g} s" for name, value in percentiles if value is not None]
    span = f"{low:.3g} to {high:.3g} s"
    return f"{latency.phase}, n {latency.n}: {', '.join([span, *known])}"
