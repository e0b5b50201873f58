"""
What does a text state that can be compared exactly: numbers, sizes, ratios, tiers, names?

The same reading serves pages and contracts. A token is canonical: `420,000` is 420000, `1024×1024` is
1024x1024, `$0.0150` is 0.015; how it was written stays in `raw`, so that what had to be read with care
can be listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Literal

__all__ = ["Kind", "Token", "canonical_number", "read_tokens"]

Kind = Literal["number", "size", "ratio", "tier", "name", "date"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One comparable thing in a text; `start` and `end` are offsets in it."""

    kind: Kind
    text: str
    raw: str
    start: int
    end: int


_NUMBER: Final = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"

# In the order in which they are tried at each place. A name may hold digits, so that it goes before numbers.
_TOKEN: Final = re.compile(
    r"""
    (?P<date>\d{4}-\d{2}-\d{2}(?:[T\ ]\d{2}:\d{2}:\d{2}Z?)?)
  | (?P<url>https?://[^\s"'<>|`,;)\]“”\\]+)
  | (?P<size>(?<![\w.])\d{2,5}\s?[x×]\s?\d{2,5}(?![\d]))
  | (?P<ratio>(?<![\w.:])\d{1,2}:\d{1,2}(?!\d|:\d))
  | (?P<tier>(?<![\d-])\d{1,2}[kK](?![A-Z0-9]))
  | (?P<path>(?<![\w:/.])(?:/[\w{}.-]*[\w}]){2,}/?(?:\?\w*)?)
  | (?P<name>
        \{[A-Za-z_]\w*\}                                          # a placeholder
      | [A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+                    # snake_case
      | (?<![\w-])[a-z]+(?:-[a-z]+)*-\d+(?:\.\d+)*(?:-[a-z0-9]+)*   # gpt-image-2-edit
      | (?<![\w-])[a-z]+[A-Z]\w*                                  # camelCase
      | (?<![\w-])X(?:-[A-Za-z]+)+                                # X-Request-ID
    )
  | (?P<quoted>"(?!https?:)(?P<word>[A-Za-z][\w./+-]*)\\?")
  | (?P<number>(?<![\w.,\[])(?<!ISO\ )(?:__NUMBER__)(?![\d]))
  | (?P<glued>(?<=[a-z(~$=,./|)])(?<!base)(?<!\bv)(?<!\bb)(?:__NUMBER__)(?![\d]))
  | (?P<range>(?<=\d[-–])(?:__NUMBER__)(?![\d-]))
    """.replace("__NUMBER__", _NUMBER),
    re.VERBOSE,
)

_STATUSES: Final = frozenset(str(status.value) for status in HTTPStatus)

# What stands in an example body in the place of a value.
_PLACEHOLDERS: Final = frozenset(("string", "integer", "number", "boolean", "object", "array"))

# `1. Create a task`, `  2. Upload`: the number of a step and not of the document's subject.
_ORDINAL: Final = re.compile(r"^[ \t]*(?:#+ )?\d{1,2}\. ", re.MULTILINE)


def read_tokens(text: str) -> Iterator[Token]:
    """Every token in a text, in order; the numbers of list items are none."""
    ordinals = {
        match.start() + match.group().index(match.group().strip()[0])
        for match in _ORDINAL.finditer(text)
    }
    for match in _TOKEN.finditer(text):
        if match.start() in ordinals and match["number"]:
            continue
        yield from _tokens(match)


def _tokens(match: re.Match[str]) -> Iterator[Token]:
    start = match.start()
    for kind in ("date", "size", "ratio", "tier"):
        if match[kind]:
            yield _token(kind, match.group(), start)
            return
    if match["url"]:
        yield from _url(match["url"].rstrip(".:"), start)
    elif match["path"]:
        path, _, query = match["path"].partition("?")
        path = path.rstrip("./")
        yield Token(kind="name", text=path, raw=path, start=start, end=start + len(path))
        if query:
            yield from _query(query, match.end() - len(query))
    elif match["quoted"]:
        if match["word"] in _PLACEHOLDERS:
            return
        yield Token(
            kind="name", text=match["word"], raw=match["word"], start=start + 1, end=match.end() - 1
        )
    elif match["name"]:
        raw = match["name"]
        yield Token(kind="name", text=raw.strip("{}"), raw=raw, start=start, end=match.end())
    else:
        yield from _numbers(match.group(), start)


def _numbers(raw: str, start: int) -> Iterator[Token]:
    """One number, unless what looks like thousands is a list of statuses: `200,400,401`."""
    parts = raw.split(",")
    if len(parts) == 1 or not all(part in _STATUSES for part in parts):
        yield _token("number", raw, start)
        return
    for part in parts:
        yield _token("number", part, start)
        start += len(part) + 1


def _url(url: str, start: int) -> Iterator[Token]:
    """The host and the path of an address are names of their own."""
    scheme, _, rest = url.partition("://")
    host, slash, tail = rest.partition("/")
    at = start + len(scheme) + 3
    yield Token(kind="name", text=host, raw=host, start=at, end=at + len(host))
    path, _, query = tail.partition("?")
    if path:
        begin = at + len(host)
        text = (slash + path).rstrip("/")
        yield Token(kind="name", text=text, raw=text, start=begin, end=begin + len(text))
    if query:
        yield from _query(query, start + url.index("?") + 1)


def _query(query: str, start: int) -> Iterator[Token]:
    name = re.match(r"\w+", query)
    if name:
        yield Token(
            kind="name", text=name.group(), raw=name.group(), start=start, end=start + name.end()
        )


def _token(kind: Kind, raw: str, start: int) -> Token:
    text = raw
    if kind == "size":
        text = re.sub(r"\s*[x×]\s*", "x", raw)
    elif kind == "number":
        text = canonical_number(raw)
    return Token(kind=kind, text=text, raw=raw, start=start, end=start + len(raw))


def canonical_number(raw: str) -> str:
    """`20,000` is 20000, `0.0150` is 0.015, `008` is 8."""
    digits = raw.replace(",", "")
    whole, dot, rest = digits.partition(".")
    whole = whole.lstrip("0") or "0"
    rest = rest.rstrip("0")
    return f"{whole}.{rest}" if dot and rest else whole
