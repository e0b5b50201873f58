"""
Which secrets must never be written down?

A known secret is found wherever it stands and however it was escaped on the way (percent-encoded,
JSON-escaped, inside Base64 or hexadecimal), and becomes `[redacted:NAME]`. Headers that carry credentials are
masked whatever they hold: a credential that we do not know becomes `[redacted]`. What signs a URL is known by
its shape (`signed`) and becomes `redacted-` and eight digits, the same for the same value, so that two URLs that
differ stay different; from then on it is looked for like a secret of ours, and so is the value of a cookie.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from typing import Any

from conformance.wire.exchange import Exchange, Headers, Reply, Request
from conformance.wire.learned import Learned, base64_piece
from conformance.wire.signed import is_credential_header, replace_signed

__all__ = ["CREDENTIAL_HEADERS", "Redactor"]

CREDENTIAL_HEADERS = frozenset(
    {
        "api-key",
        "apikey",
        "authorization",
        "cookie",
        "proxy-authorization",
        "set-cookie",
        "x-access-token",
        "x-api-key",
        "x-auth-token",
        "x-goog-api-key",
    }
)
"""Headers, in lower case, whose values are masked whatever they are."""

_SHORTEST = 4  # a shorter secret would be found everywhere; it is masked in headers only
_REMEMBERED = 256  # headers
_SHORTEST_BASE64 = 8  # a shorter piece of Base64 would be found in pictures by accident
_SCHEME = re.compile(r"(bearer|basic|digest|token|key|apikey)(\s+)(.*)", re.IGNORECASE | re.DOTALL)
_MASK = re.compile(r"\[redacted(:[^\]]*)?\]")
_JSON_ESCAPES = {"\b": b"b", "\t": b"t", "\n": b"n", "\f": b"f", "\r": b"r"}
# Whatever nested escaping makes of one backslash: `\`, `\\\`, `%5C`, `%255C%255C`.
_BACKSLASHES = rb"[\\%][\\%25cC]{0,39}"


class Redactor:
    """
    Replaces secrets in what is about to be written down. Redacting twice changes nothing more.

    Args:
        secrets: Placeholder to secret: `{"key": "sk-...", "wrong key": "sk-...-wrong"}`.
        header_names: Further headers that carry credentials, for a contract with one of its own.
        by_shape: Take away what nobody told us, too, where it looks like a credential. Not for what is used later on:
            a URL that was signed cannot be fetched any more.
    """

    def __init__(
        self,
        secrets: Mapping[str, str],
        *,
        header_names: Iterable[str] = (),
        by_shape: bool = True,
    ) -> None:
        for name in secrets:
            if not re.fullmatch(r"[\w .-]+", name):
                raise ValueError(f"{name!r} cannot be a placeholder: it would not survive JSON")
        # Longest first: one secret may begin with another (the wrong key is the key and a bit).
        known = sorted(((s, name) for name, s in secrets.items() if s), key=lambda p: -len(p[0]))
        self._known = known
        self._headers = CREDENTIAL_HEADERS | {name.lower() for name in header_names}
        self._clean: dict[tuple[str, str], tuple[str, str]] = {}
        self._searched = [(s, name) for s, name in known if len(s) >= _SHORTEST]
        self._patterns = [
            (pattern, _mask(name).encode())
            for secret, name in self._searched
            for pattern in (_escaped(secret), _within_base64(secret), _hexadecimal(secret))
        ]
        self._salt = hashlib.sha256(
            "\0".join(secrets.values()).encode("utf-8", "surrogatepass")
        ).digest()
        self._learned = Learned() if by_shape else None

    def redact_text(self, text: str) -> str:
        """The text without the secrets."""
        return self.redact_bytes(_encoded(text)).decode("utf-8", "surrogatepass")

    def redact_bytes(self, data: bytes) -> bytes:
        """The bytes, of whatever encoding, without the secrets."""
        for pattern, mask in self._patterns:
            data = pattern.sub(mask, data)
        if self._learned is not None:
            data = replace_signed(data, self._mask_of)
            for form, value in self._learned.found_in(data):
                data = data.replace(form, self._mask_of(value).encode("ascii"))
        return data

    def redact_headers(self, headers: Headers) -> Headers:
        """The headers with credentials masked and secrets replaced, names and order kept."""
        return tuple(map(self._header, headers))

    def redact_request(self, request: Request) -> Request:
        """The request as it may be written down."""
        if self._learned is not None and self._learned.hear_request(request):
            self._clean.clear()
        return Request(
            method=request.method,
            url=self.redact_text(request.url),
            headers=self.redact_headers(request.headers),
            body=self.redact_bytes(request.body),
        )

    def redact_reply(self, reply: Reply) -> Reply:
        """The reply as it may be written down."""
        if self._learned is not None and self._learned.hear_reply(reply):
            self._clean.clear()
        body = self.redact_bytes(reply.body)
        return Reply(
            status=reply.status,
            headers=self.redact_headers(reply.headers),
            body=self._without_cut_secret(body) if reply.truncated else body,
            truncated=reply.truncated,
        )

    def redact_exchange(self, exchange: Exchange) -> Exchange:
        """The exchange as it may be written down."""
        reply = exchange.reply
        return replace(
            exchange,
            request=self.redact_request(exchange.request),
            reply=None if reply is None else self.redact_reply(reply),
        )

    def _header(self, pair: tuple[str, str]) -> tuple[str, str]:
        # Most headers of a run are the same each time.
        clean = self._clean.get(pair)
        if clean is None:
            name, value = pair
            clean = self.redact_text(name), self._value(name, value)
            if len(self._clean) < _REMEMBERED:
                self._clean[pair] = clean
        return clean

    def redact_value(self, value: Any) -> Any:
        """Anything that JSON can hold, without the secrets."""
        if isinstance(value, str):
            return self.redact_text(value)
        if isinstance(value, Mapping):
            return {self.redact_text(str(n)): self.redact_value(v) for n, v in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(map(self.redact_value, value))
        return value

    def _mask_of(self, value: str) -> str:
        """A mask that tells nothing to who does not have the key, and is the same in every run with it."""
        digest = hmac.new(self._salt, value.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return f"redacted-{digest.hexdigest()[:8]}"

    def _value(self, header: str, value: str) -> str:
        if header.lower() not in self._headers and not (
            self._learned is not None and is_credential_header(header)
        ):
            return self.redact_text(self._short(value))
        scheme = _SCHEME.fullmatch(value.strip())
        if scheme is None:
            return self._credential(value)
        word, space, credential = scheme.groups()
        if word.lower() == "basic":
            credential = self._basic(credential)
        return word + space + self._credential(credential)

    def _credential(self, value: str) -> str:
        """What stands for a credential; nothing stands for none, for its absence is evidence."""
        bare = value.strip()
        if not bare or _MASK.fullmatch(bare) or bare.lower() in {"bearer", "basic"}:
            return value
        return next((_mask(name) for secret, name in self._known if bare == secret), "[redacted]")

    def _basic(self, value: str) -> str:
        """The secret within Basic credentials, as user or as password; else the value."""
        try:
            parts = base64.b64decode(value, validate=True).decode().split(":", 1)
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return value
        return next((secret for secret, _ in self._known if secret in parts), value)

    def _short(self, value: str) -> str:
        """A header value that is, as a whole, a secret too short to be searched for."""
        short = (p for p in self._known if len(p[0]) < _SHORTEST)
        return next((_mask(name) for secret, name in short if value.strip() == secret), value)

    def _without_cut_secret(self, body: bytes) -> bytes:
        """A body cut off in the middle of a secret ends with its beginning: that goes too."""
        for secret, name in self._searched:
            whole = _encoded(secret)
            for length in range(len(whole) - 1, _SHORTEST - 1, -1):
                if body.endswith(whole[:length]):
                    return body[:-length] + _mask(name).encode()
        return body


def _mask(name: str) -> str:
    return f"[redacted:{name}]"


def _escaped(secret: str) -> re.Pattern[bytes]:
    """
    Matches the secret, each character of it as it is or escaped for a URL, for JSON, or for both.

    It starts with an alternation of literals, which `re` can skip to: every body is searched.
    """
    runs = ((char, len(list(same))) for char, same in groupby(secret))
    return re.compile(
        b"".join(
            _backslashes_form(count) if char == "\\" else _character_form(char) * count
            for char, count in runs
        )
    )


def _character_form(character: str) -> bytes:
    raw = _encoded(character)
    forms = [re.escape(raw), b"".join(_percent(byte) for byte in _each_byte(raw))]
    units = character.encode("utf-16-be", "surrogatepass")
    codes = b"".join(_BACKSLASHES + b"u" + _hex(units[i : i + 2]) for i in range(0, len(units), 2))
    forms += _starting_literally(codes)
    if character in '"/':
        forms += _starting_literally(rb"%b(?:%b|%b)" % (_BACKSLASHES, raw, _percent(raw)))
    elif character in _JSON_ESCAPES:
        forms += _starting_literally(_BACKSLASHES + _JSON_ESCAPES[character])
    elif character == " ":
        forms.append(rb"\+")
    return b"(?:" + b"|".join(forms) + b")"


def _backslashes_form(count: int) -> bytes:
    """One pattern for a whole run: with one for each, trying them all would take for ever."""
    percent, code = _percent(b"\\"), rb"\\{1,8}u005[cC]"
    return rb"(?:\\{%d,%d}|(?:%b){%d,%d}|(?:%b){%d})" % (
        *(count, 8 * count),
        *(percent, count, 8 * count),
        *(code, count),
    )


def _starting_literally(form: bytes) -> list[bytes]:
    """A form that starts with `_BACKSLASHES` as two, each of which starts with one character."""
    rest = form.removeprefix(rb"[\\%]")
    return [rb"\\" + rest, b"%" + rest]


def _percent(byte: bytes) -> bytes:
    return b"%[25]{0,6}" + _hex(byte)


def _hex(data: bytes) -> bytes:
    """A pattern for the hexadecimal digits of the bytes, in either case."""
    return b"".join(
        f"[{digit}{digit.upper()}]".encode() if digit.isalpha() else digit.encode()
        for digit in data.hex()
    )


def _within_base64(secret: str) -> re.Pattern[bytes]:
    """
    Matches Base64 that holds the secret, in either alphabet, at each of the three alignments.

    Of the character before, which the secret decides in part, nothing is taken away.
    """
    raw = _encoded(secret)
    pieces = {base64_piece(raw, shift) for shift in range(3)}
    pieces |= {base64.b64encode(whole) for whole in (raw, raw + b":", b":" + raw)}
    found = sorted((p for p in pieces if len(p) >= _SHORTEST_BASE64), key=lambda p: (-len(p), p))
    return re.compile(b"|".join(_base64_form(p) + b"[A-Za-z0-9+/_-]?={0,2}" for p in found))


def _hexadecimal(secret: str) -> re.Pattern[bytes]:
    return re.compile(_hex(_encoded(secret)))


def _base64_form(piece: bytes) -> bytes:
    special = {
        b"+": rb"(?:[+-]|%[25]{0,6}2[bB])",
        b"/": rb"(?:[/_]|%[25]{0,6}2[fF]|\\{1,8}/)",
        b"=": rb"(?:=|%[25]{0,6}3[dD])",
    }
    return b"".join(special.get(c, c) for c in _each_byte(piece))


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _each_byte(data: bytes) -> Iterator[bytes]:
    return (data[i : i + 1] for i in range(len(data)))
