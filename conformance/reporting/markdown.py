"""How does text become fit for Markdown on a host that acts on mentions, links and markup?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from conformance.reporting.text import printable

__all__ = ["MOST_CHARACTERS", "code", "escaped", "link", "table"]

MOST_CHARACTERS = 65_536
"""The most that a comment on a pull request may have, at the usual host."""

_ACTIVE = re.compile(r"([\\`*_{}\[\]|#~])")
_SCHEME = re.compile(r"(?i)\b(https?|ftp|mailto|xmpp)(:)")
_WWW = re.compile(r"(?i)\bwww(\.)")
_NUMBER = re.compile(r"(\\#|\bGH-)(?=\d)")
_NOTHING = "&#8203;"
"""A space of no width."""

_UNSAFE_URL = re.compile(r"[^A-Za-z0-9._~:/?#@!$&'*+,;=%-]")


def escaped(text: str) -> str:
    """The text on one line, with nothing in it that Markdown, HTML or the host would act on."""
    # Mentions and numbers are looked for in what was rendered: only a character between their parts helps.
    plain = _NUMBER.sub(rf"\1{_NOTHING}", _unmarked(text))
    return plain.replace("&#64;", f"&#64;{_NOTHING}")


def _unmarked(text: str) -> str:
    plain = printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    plain = _ACTIVE.sub(r"\\\1", plain).replace("@", "&#64;")
    # Addresses become links by themselves, unless something stands between their parts.
    plain = _SCHEME.sub(r"\1&#58;", plain)
    return _WWW.sub("www&#46;", plain)


def code(text: str) -> str:
    """
    The text as code, to the character, so that it can be copied; hosts look for no mentions in there.

    Backticks would need a fence that is longer than any in it; an element does not.
    """
    return f"<code>{_unmarked(text)}</code>"


def link(text: str, url: str) -> str:
    """The text, as a link where the address is one of the web's."""
    if not re.match(r"https?://", url):
        return escaped(text)
    target = _UNSAFE_URL.sub(lambda m: "".join(f"%{byte:02X}" for byte in m.group().encode()), url)
    return f"[{escaped(text)}](<{target}>)"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table of cells that are Markdown already."""
    return [_row(head), _row(["---"] * len(head)), *map(_row, rows)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
