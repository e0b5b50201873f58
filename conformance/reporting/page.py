"""
How do vendors, and what runs saw of them, become one page of HTML?

The page is a pure function of contracts and runs: no clock, no machine, nothing fetched. It needs Jinja2 and drawsvg
(the extra `report`). Whatever a vendor wrote or sent is text in it: the template escapes it, the script puts it in as
text, and the Content-Security-Policy permits nothing but the page's own style and script, each by its hash.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from importlib.util import find_spec
from typing import Any

from conformance.comparing.compare import compare
from conformance.contract.model import Contract
from conformance.errors import UsageError
from conformance.reporting.page_text import data_text, hash_of, link, shortened
from conformance.reporting.text import amount, plural, printable
from conformance.results.comparison import Comparison, Paid, Run
from conformance.results.outcome import Latency, RunResult

__all__ = ["check_page_extra", "draw_page", "draw_records"]

_NEEDED = {"jinja2": "Jinja2", "drawsvg": "drawsvg"}

_NOTE = 600  # characters of a note: some name every case that was left out

_CONTENTS = (
    ("glance", "At a glance"),
    ("capabilities", "Capabilities"),
    ("money", "Money"),
    ("conformance", "Conformance"),
    ("lifecycle", "Lifecycle"),
    ("documents", "Documents"),
    ("migration", "Migration"),
)


def check_page_extra(flag: str) -> None:
    """
    Refuse to draw a page without the libraries for it, before anything is sent.

    Raises:
        UsageError: One is missing; names the extra.
    """
    missing = [name for module, name in _NEEDED.items() if find_spec(module) is None]
    if missing:
        raise UsageError(
            f"{flag} needs {' and '.join(missing)}: pip install 'image-api-conformance[report]'"
        )


def draw_records(results: Sequence[RunResult]) -> str:
    """
    The page about the vendors of these runs, each vendor once.

    Raises:
        UsageError: The extra `report` is not installed.
    """
    contracts = list({result.contract.vendor: result.contract for result in results}.values())
    return draw_page(contracts, results)


def draw_page(contracts: Sequence[Contract], results: Sequence[RunResult] = ()) -> str:
    """
    The page about these vendors, side by side, with what runs of any of them saw.

    Raises:
        UsageError: The extra `report` is not installed.
    """
    check_page_extra("a page of HTML")
    from markupsafe import Markup

    comparison = compare(contracts, results)
    style, script = _asset("page.css"), _asset("page.js")
    text: str = _template().render(
        **_parts(comparison, contracts, results),
        **_figures(comparison, contracts),
        policy=f"default-src 'none'; style-src {hash_of(style)}; script-src {hash_of(script)};"
        " base-uri 'none'; form-action 'none'",
        style=Markup(style),  # noqa: S704  # our own file
        script=Markup(script),  # noqa: S704  # our own file
        data=Markup(data_text(_data(comparison, contracts, results))),  # noqa: S704  # nothing in it is markup
    )
    return text


def _data(
    comparison: Comparison, contracts: Sequence[Contract], results: Sequence[RunResult]
) -> dict[str, Any]:
    from conformance.reporting.page_data import page_data

    return page_data(comparison, contracts, results)


def _asset(name: str) -> str:
    return (files("conformance.reporting") / "page_assets" / name).read_text(encoding="utf-8")


def _template() -> Any:
    import jinja2
    from markupsafe import Markup, escape

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )

    def anchor(url: str, text: str) -> Markup:
        """A link where the address is one of the web, else the text alone."""
        clean = link(url)
        if not clean:
            return escape(printable(text))
        return Markup('<a href="{}" rel="noopener noreferrer" target="_blank">{}</a>').format(
            clean, printable(text)
        )

    environment.globals["link"] = anchor
    return environment.from_string(_asset("page.html.j2"))


# --- what the template is given ---


def _parts(
    comparison: Comparison, contracts: Sequence[Contract], results: Sequence[RunResult]
) -> dict[str, Any]:
    from conformance.reporting.page_glance import cards
    from conformance.reporting.page_papers import papers
    from conformance.reporting.page_parts import rows_of
    from conformance.reporting.page_tally import kinds

    runs = comparison.runs
    names = [column.vendor for column in comparison.columns]
    return {
        "title": printable(_title(names)),
        "lead": printable(_lead(contracts, runs)),
        "observed": _dates([run for run in runs if run.truth == "observed"]),
        "simulated": any(run.truth == "simulated" for run in runs),
        "runs": [_run(run) for run in runs],
        "contents": _CONTENTS if len(names) > 1 else _CONTENTS[:-1],
        "cards": cards(comparison, contracts, results),
        "sections": {
            section: rows_of(comparison, section)
            for section in dict.fromkeys(row.section for row in comparison.every)
        },
        "kinds": kinds(contracts, results, runs),
        "papers": papers(contracts, results, runs),
        "paid": [_paid(run, paid) for run in runs for paid in run.paid],
        "latencies": [_latency(run, each) for run in runs for each in run.latencies if each.n],
        "footer": "Made by image-api-conformance from transcribed documents and records alone. What a vendor promises"
        " may have changed since its pages were read; each cell leads to the page that it rests on.",
    }


def _figures(comparison: Comparison, contracts: Sequence[Contract]) -> dict[str, Any]:
    from conformance.reporting.page_charts import latency_charts, pixel_charts, price_charts

    return {
        "prices": price_charts(contracts),
        "pixels": pixel_charts(contracts),
        "latency": latency_charts(comparison.runs),
    }


def _title(names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"{names[0]}: what it promises and what was seen"
    if len(names) > 6:
        return f"{len(names)} image gateways, side by side"
    return f"{', '.join(names[:-1])} and {names[-1]}, side by side"


def _lead(contracts: Sequence[Contract], runs: Sequence[Run]) -> str:
    seen = sorted(d.seen for c in contracts for d in c.documents)
    pages = sum(len(c.documents) for c in contracts)
    read = f", read {_between(seen)}" if seen else ""
    truths = [run.truth for run in runs]
    measured = {
        (False, False): "Nothing was sent: no run stands behind it.",
        (
            False,
            True,
        ): "Nothing was observed at any vendor: the runs are self-tests against simulators.",
        (True, False): "What was observed at a vendor stands beside it.",
        (
            True,
            True,
        ): "What was observed at a vendor, and what a simulator did, stand beside it, apart.",
    }[("observed" in truths, "simulated" in truths)]
    return f"What {plural(pages, 'page')} of documentation promise{read}. {measured}"


def _between(dates: Sequence[str]) -> str:
    return f"on {dates[0]}" if dates[0] == dates[-1] else f"from {dates[0]} to {dates[-1]}"


def _dates(runs: Sequence[Run]) -> str:
    days = sorted(run.date for run in runs if run.date)
    if not runs:
        return ""
    return f"{plural(len(runs), 'run')} {_between(days)}" if days else plural(len(runs), "run")


def _run(run: Run) -> Mapping[str, Any]:
    sent = f"{plural(run.requests, 'request')}, {plural(run.billed, 'billed creation')}"
    cost = f", {amount(run.cost.amount, run.cost.unit)}" if run.cost.unit else ""
    other = (
        "; its contract has changed since, and it is judged by today’s"
        if run.other_contract
        else ""
    )
    when = f"{run.date}, " if run.date else ""
    says = printable(f"{when}{run.asked}; {sent}{cost}{other}")
    notes = [shortened(printable(note), _NOTE) for note in run.notes]
    return {"vendor": run.vendor, "truth": run.truth, "says": says, "notes": notes}


def _paid(run: Run, paid: Paid) -> Mapping[str, Any]:
    return {
        "vendor": run.vendor,
        "truth": run.truth,
        "tier": printable(paid.tier),
        "charged": amount(paid.amount, paid.unit),
        "creations": paid.creations,
        "pictures": paid.pictures,
        "one": amount(paid.amount / paid.pictures, paid.unit) if paid.pictures else "–",
    }


def _latency(run: Run, latency: Latency) -> Mapping[str, Any]:
    each = {
        "min": latency.least,
        "p50": latency.p50,
        "p90": latency.p90,
        "p99": latency.p99,
        "max": latency.most,
    }
    told = {name: "–" if value is None else f"{value:.3g} s" for name, value in each.items()}
    of = {"vendor": run.vendor, "truth": run.truth, "phase": latency.phase, "n": latency.n}
    return {**of, **told}
