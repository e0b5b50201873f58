"""
Which parts of a text are as good as a key, whoever gave it out?

A URL that is signed can be fetched by anybody who has it. What signs it is known by its shape: the name of a query
parameter, or what stands before the host. The value becomes a mask, equal values equal masks; the rest stays readable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import unquote

__all__ = [
    "cookie_values",
    "holds_mask",
    "is_credential_header",
    "is_mask",
    "replace_signed",
    "signed_values",
]

_NAMES: Final = (
    rb"[\w.-]{0,40}(?:signature|secret|credential|passw(?:or)?d|hmac|api[-_]?key|access[-_]?key|accessid)[\w.-]{0,20}"
    rb"|(?:[\w.-]{0,40}[-_.])?(?:token|auth|authorization|session|jwt|sig|sign|ticket|otp|nonce)(?:[-_.][\w.-]{0,20})?"
    rb"|\w{0,20}(?:Token|Auth|Session|Key)|accesstoken|authtoken|sessionid"
    rb"|policy|key-pair-id|key|md5|hash|hdnts|hdnea|verify|q-ak|ak|sas"
)
_DATES: Final = rb"[\w.-]{0,20}expir(?:es?|y|ation)[\w.-]{0,10}"
_BEFORE: Final = rb"(?:[?&;#]|\\{1,8}u00(?:26|3[fF]|23|3[bB])|%(?:25){0,6}(?:26|3[fF]|3[bB]|23))"
_EQUALS: Final = rb"=|\\{1,8}u003[dD]|%(?:25){0,6}3[dD]"
# Of a URL that stands escaped in another one, what follows it in that other one is not part of the value.
_VALUE: Final = rb"(?:[^\s\"'<>\\&#%]++|\\{1,8}/|\\{1,8}u00(?!26|23|22|3[cCeE])[0-9a-fA-F]{2}|%(?!(?:25){0,6}(?:26|23|22)))++"
_SIGNED: Final = re.compile(
    rb"(?P<before>%b(?:(?P<sure>%b)|(?P<date>%b))(?:%b))(?P<value>%b)"
    % (_BEFORE, _NAMES, _DATES, _EQUALS, _VALUE),
    re.IGNORECASE,
)
_USER: Final = re.compile(
    rb"(?P<before>https?(?::|%(?:25){0,6}3[aA])(?:\\{0,8}/|%(?:25){0,6}2[fF]){2})(?P<value>[^\s\"'<>\\/@?#&%]{1,400})(?=@|%(?:25){0,6}40)",
    re.IGNORECASE,
)
_POSSIBLE: Final = re.compile(rb"[?&;#@]|%(?:25){0,6}(?:26|3|2[36]|40)|\\{1,8}u00")
_PLAIN_DATE: Final = re.compile(
    rb"[0-9]{1,20}|[0-9TZ:.+%\-]{8,40}|max|never|session", re.IGNORECASE
)
_MASK: Final = re.compile(r"redacted-[0-9a-f]{8}|\[redacted(?::[^\]]*)?\]")
_WHOLE_MASK: Final = re.compile(rb"\[redacted(?::[\w .-]{1,40})?\](?![^\s\"'<>\\&#])")
"""A known secret that was taken away before; its name may have a space in it."""

_ESCAPE: Final = re.compile(r"\\{1,8}u00([0-9a-fA-F]{2})")

_CREDENTIALS: Final = re.compile(
    r"(?:.*[-_])?(?:signature|secret|token|api-?key|session|sessionid|authorization|csrf|xsrf|jwt|password|cookie)"
    r"(?:[-_](?:id|key|value))?",
    re.IGNORECASE,
)


def replace_signed(data: bytes, mask: Callable[[str], str]) -> bytes:
    """The bytes with a mask in place of each value that signs; `mask` gets the value without its escapes."""

    def replaced(match: re.Match[bytes]) -> bytes:
        value = match["value"]
        if _WHOLE_MASK.match(match.string, match.start("value")):
            return match[0]
        plain = bare(value)
        if is_mask(plain) or ("date" in match.re.groupindex and match["date"] and _is_date(value)):
            return match[0]
        return match["before"] + mask(plain).encode("ascii")

    if not _POSSIBLE.search(data):
        return data
    if b"@" in data or b"40" in data:
        data = _USER.sub(replaced, data)
    return _SIGNED.sub(replaced, data)


def signed_values(data: bytes) -> Iterator[str]:
    """The values that `replace_signed` would replace, without their escapes."""
    found: list[str] = []

    def noted(value: str) -> str:
        found.append(value)
        return "x"

    replace_signed(data, noted)
    return iter(found)


def is_mask(text: str) -> bool:
    """Whether this stands where something was taken away."""
    return _MASK.fullmatch(text) is not None


def holds_mask(text: str) -> bool:
    """Whether something was taken away from a text."""
    return _MASK.search(text) is not None


def is_credential_header(name: str) -> bool:
    """Whether a header of this name carries what must not be written down."""
    return _CREDENTIALS.fullmatch(name) is not None


def cookie_values(header: str) -> Iterator[str]:
    """The values of a Cookie or Set-Cookie header, without attributes of cookies."""
    for number, pair in enumerate(header.split(";")):
        name, _, value = pair.strip().partition("=")
        if value and (number == 0 or name.lower() not in _ATTRIBUTES):
            yield value.strip('"')


_ATTRIBUTES: Final = frozenset(("expires", "max-age", "domain", "path", "samesite", "version"))


def bare(value: bytes) -> str:
    """A value without the escapes of URLs and of JSON."""
    text = value.decode("utf-8", "surrogateescape")
    text = _ESCAPE.sub(lambda m: chr(int(m[1], 16)), text).replace("\\", "")
    for _ in range(3):
        decoded = unquote(text, errors="surrogateescape")
        if decoded == text:
            break
        text = decoded
    return text


def _is_date(value: bytes) -> bool:
    return _PLAIN_DATE.fullmatch(value) is not None
