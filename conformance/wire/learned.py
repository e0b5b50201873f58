"""
What has a vendor given out that is as good as a key?

Cookies, and what signs a URL. Where they stand they are known by their shape (`signed`); from then on they are looked
for everywhere else, as in an error text that repeats a signature. What we said ourselves is a name and no secret.
"""

from __future__ import annotations

import base64
import re
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final
from urllib.parse import quote

from conformance.wire.exchange import Headers, Reply, Request
from conformance.wire.signed import cookie_values, is_mask, replace_signed, signed_values

__all__ = ["Learned", "base64_piece"]

_MOST: Final = 256  # the last that were given out
_REMEMBERED: Final = 256
_SAID_BYTES: Final = 4096
_TELLING: Final = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[^\s\"<>]{16,4096}")
"""A shorter value, or a word, may stand anywhere by chance."""


class Learned:
    """The values that were given out in one run, each in the forms in which it may come again."""

    def __init__(self) -> None:
        self._forms: dict[str, tuple[bytes, ...]] = {}
        self._said: deque[bytes] = deque(maxlen=_REMEMBERED)

    def found_in(self, data: bytes) -> Iterator[tuple[bytes, str]]:
        """Each form that occurs, with the value that it stands for; longer ones first."""
        for value, forms in self._forms.items():
            for form in forms:
                if form in data:
                    yield form, value

    def hear_request(self, request: Request) -> bool:
        """Whether a request of ours taught anything: it may fetch a URL that is signed."""
        url = request.url.encode("utf-8", "surrogatepass")
        taught = self._learn(signed_values(url))
        said = replace_signed(url, lambda _: "") + b" " + request.body[:_SAID_BYTES]
        self._said.append(said)
        return taught

    def hear_reply(self, reply: Reply) -> bool:
        """Whether a reply taught anything."""
        return self._learn((*_in_headers(reply.headers), *islice(signed_values(reply.body), _MOST)))

    def _learn(self, values: Iterable[str]) -> bool:
        taught = False
        for value in values:
            if value in self._forms or not _TELLING.fullmatch(value) or is_mask(value):
                continue
            whole = value.encode("utf-8", "surrogateescape")
            if any(whole in said for said in self._said):
                continue
            if len(self._forms) >= _MOST:
                self._forms.pop(next(iter(self._forms)))
            self._forms[value] = tuple(sorted(dict.fromkeys(_forms(whole)), key=len, reverse=True))
            taught = True
        return taught


def _in_headers(headers: Headers) -> Iterator[str]:
    for name, value in headers:
        if name.lower() in ("set-cookie", "cookie"):
            yield from cookie_values(value)
        else:
            yield from signed_values(value.encode("utf-8", "surrogatepass"))


def _forms(whole: bytes) -> Iterator[bytes]:
    """As it is, and escaped for a URL, for one in another, for JSON, and within Base64 or hexadecimal."""
    quoted = quote(whole, safe="")
    yield from (whole, whole.replace(b"/", b"\\/"), whole.hex().encode())
    yield from (quoted.encode(), quoted.lower().encode(), quote(quoted, safe="").encode())
    percents = "".join(f"%{byte:02x}" for byte in whole)
    for form in (percents, quote(percents, safe="")):
        yield from (form.encode(), form.upper().encode())
    for slashes in ("\\", "\\\\"):
        yield "".join(f"{slashes}u{byte:04x}" for byte in whole).encode()
    for shift in range(3):
        piece = base64_piece(whole, shift)
        yield from (piece, piece.replace(b"+", b"-").replace(b"/", b"_"))


def base64_piece(raw: bytes, shift: int) -> bytes:
    """The characters of Base64 that `raw` alone decides, `shift` bytes after a group began."""
    encoded = base64.b64encode(bytes(shift) + raw)
    first = -(-shift * 8 // 6)
    return encoded[first : (shift + len(raw)) * 8 // 6]
