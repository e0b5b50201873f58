"""The comparison of the five vendors as it was last read by a person; run as a program to renew it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from conformance.comparing.compare import compare
from conformance.reporting.compare_markdown import compare_markdown
from conformance.reporting.compare_view import compare_lines
from conformance.reporting.text import render
from conformance.results.comparison import Comparison
from tests.contract.toys import VENDORS, named

__all__ = ["DRAWN", "FOLDER"]

FOLDER = Path(__file__).parent / "goldens"


def _five() -> Comparison:
    """Without the section that counts statements: every change of a contract changes it."""
    found = compare([named(vendor) for vendor in VENDORS])
    rows = tuple(row for row in found.rows if row.section != "Documentation")
    return Comparison(columns=found.columns, rows=rows, alike=found.alike)


def _text() -> str:
    return render(compare_lines(_five(), width=120), width=120)


def _markdown() -> str:
    # Addresses of pages are checked where they are used; here they would only be noise.
    return re.sub(r"^\[.*\]: <.*>\n", "", compare_markdown(_five()), flags=re.MULTILINE)


DRAWN: Mapping[str, Callable[[], str]] = {"compare.txt": _text, "compare.md": _markdown}

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, draw in DRAWN.items():
        (FOLDER / name).write_text(draw(), "utf-8")
