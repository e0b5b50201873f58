"""How large is the page of HTML, how long does it take to draw, and when can it be used?"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance.contract.clauses import derive_clauses
from conformance.contract.loading import contract_names, load_contract
from conformance.contract.model import Contract, Statement
from conformance.reporting.page import draw_page
from conformance.results.outcome import RunResult
from conformance.run.check import run_check
from conformance.run.targets import embedded_target

__all__ = ["page", "synthetic"]


def page(repeat: int) -> None:
    """Print a table: the five vendors of the package, then fifty made-up ones of 300 clauses each."""
    five = [load_contract(name) for name in contract_names()]
    print(
        "| vendors | clauses | KiB | drawn in s | usable after ms | a word filtered ms | a cell opened ms | vendors sorted ms |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for contracts in (five, synthetic(50, 300)):
        results = [run_check(contract, embedded_target(contract)) for contract in contracts]
        print(_line(contracts, results, repeat), flush=True)


def synthetic(vendors: int, clauses: int) -> list[Contract]:
    """So many vendors, each a copy of one of the package under a name of its own, filled up with statements."""
    models = [load_contract(name) for name in contract_names()]
    return [_filled(models[n % len(models)], f"vendor{n + 1:02}", clauses) for n in range(vendors)]


def _filled(model: Contract, name: str, clauses: int) -> Contract:
    contract = replace(model, vendor=name, title=f"Synthetic {name}")
    source = model.operations[0].sources
    missing = clauses - len(derive_clauses(contract))
    more = tuple(
        Statement(
            name=f"further-{n}",
            kind="advice",
            operation="create",
            subject="",
            says=f"Statement {n} of many that no request can try.",
            why="not observable",
            sources=source,
        )
        for n in range(missing)
    )
    return replace(contract, statements=(*contract.statements, *more))


def _line(contracts: Sequence[Contract], results: Sequence[RunResult], repeat: int) -> str:
    start = time.perf_counter()
    text = draw_page(contracts, results)
    drawn_s = time.perf_counter() - start
    clauses = sum(len(derive_clauses(contract)) for contract in contracts)
    told = [str(len(contracts)), str(clauses), f"{len(text.encode()) / 1024:.0f}", f"{drawn_s:.2f}"]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "index.html"
        file.write_text(text, encoding="utf-8")
        told += _in_browser(file.as_uri(), repeat) or ["no browser"] * 4
    return f"| {' | '.join(told)} |"


_WORK = """(work) => new Promise(done => {
    const began = performance.now();
    new Function(work)();
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
})"""


def _in_browser(address: str, repeat: int) -> list[str] | None:
    """Medians, in milliseconds, until the next frame was drawn; None without a browser."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    if chromium is None:
        return None
    found: list[list[float]] = []
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for _ in range(repeat):
            context = browser.new_context(viewport={"width": 1440, "height": 900}, bypass_csp=True)
            found.append(_measured(context.new_page(), address))
            context.close()
        browser.close()
    return [f"{statistics.median(values):.0f}" for values in zip(*found, strict=True)]


def _measured(tab: Any, address: str) -> list[float]:
    tab.goto(address)
    tab.wait_for_selector("html[data-ready]")
    ready = tab.evaluate("() => +document.documentElement.dataset.ready")
    work = (
        "const f = document.getElementById('find'); f.value = 'callback'; f.dispatchEvent(new Event('input'))",
        "document.querySelector('.why').click()",
        "document.getElementById('panel').close(); const o = document.getElementById('order'); o.value = 'open';"
        " o.dispatchEvent(new Event('change'))",
    )
    return [ready, *(tab.evaluate(_WORK, each) for each in work)]
