"""
How does text that a vendor sent become harmless in a page?

Templates escape markup by themselves, and scripts put text into the page as text. What is left is done here: characters
that do not print are written as escapes, only web addresses become links, and data cannot end the element that it is in.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from conformance.reporting.text import printable

__all__ = ["data_text", "hash_of", "lines_of", "link", "shortened"]


def lines_of(text: str) -> str:
    """The text with its line breaks, and everything else that does not print as an escape."""
    return "\n".join(map(printable, text.replace("\r\n", "\n").split("\n")))


def shortened(text: str, most: int) -> str:
    """The beginning of a long text, with how much there is of it."""
    return text if len(text) <= most else f"{text[:most]}\n… shortened: {len(text)} characters"


def link(url: str) -> str:
    """The address where it is one of the web, else nothing: a page shall lead nowhere else."""
    clean = printable(url)
    return clean if clean.lower().startswith(("https://", "http://")) and " " not in clean else ""


def data_text(document: Any) -> str:
    """JSON for a `script` element: ASCII, without anything that HTML would read."""
    text = json.dumps(
        document, ensure_ascii=True, allow_nan=False, separators=(",", ":"), sort_keys=True
    )
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def hash_of(text: str) -> str:
    """What a Content-Security-Policy calls an inline script or style."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
