"""Is the signature of a callback right?"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import combinations, permutations

from conformance.contract.callback import Signature
from conformance.wire.exchange import Request, header

__all__ = ["verified"]

_SEPARATORS = (b".", b"", b":", b"\n", b"|")
_MOST_OTHERS = 3  # beside the body, of what may be signed with it
_DIGEST_BYTES = 32


def verified(signature: Signature, request: Request, secret: str) -> str:
    """
    What there is to say of the signature of a callback: `valid`, `invalid`, `missing`, or `unchecked` without a secret.

    Where the documents leave open what exactly is signed, any arrangement that has the raw body in it is right.
    """
    given = [
        (name, value) for name, value in request.headers if signature.is_header(name) and value
    ]
    if not given:
        return "missing"
    if not secret:
        return "unchecked"
    signed = _open_forms(given, request.body) if signature.is_open else _form(signature, request)
    digests = set(_digests(given, signature))
    key = secret.encode()
    for message in signed:
        right = hmac.new(key, message, hashlib.sha256).digest()
        if any(hmac.compare_digest(right, digest) for digest in digests):
            return "valid"
    return "invalid"


def _form(signature: Signature, request: Request) -> list[bytes]:
    """What is signed, where the documents say it."""
    names = {"id": signature.id_header, "timestamp": signature.timestamp_header}
    parts = re.split(r"(\{id\}|\{timestamp\}|\{body\})", signature.signed or "{body}")
    found = b""
    for part in parts:
        if part == "{body}":
            found += request.body
        elif part in ("{id}", "{timestamp}"):
            found += (header(request.headers, names[part[1:-1]]) or "").encode("latin-1")
        else:
            found += part.encode()
    return [found]


def _open_forms(given: Sequence[tuple[str, str]], body: bytes) -> Iterator[bytes]:
    """Every arrangement of the body with some of the headers' values."""
    others = [value.encode("latin-1", "replace") for _, value in given if not _looks_signed(value)]
    for count in range(min(len(others), _MOST_OTHERS) + 1):
        for some in combinations(others, count):
            for order in permutations((*some, body)):
                yield from (separator.join(order) for separator in _SEPARATORS[: count * 9 or 1])


def _looks_signed(value: str) -> bool:
    return any(len(digest) == _DIGEST_BYTES for digest in _decoded(_last(value), ""))


def _digests(given: Sequence[tuple[str, str]], signature: Signature) -> Iterator[bytes]:
    """Each signature that the headers hold, as bytes."""
    for _, value in given:
        several = re.split(r"[,;\s]+", value) if not signature.several else None
        for token in several or value.split(signature.several or ","):
            bare = token.strip()
            if signature.prefix:
                if not bare.startswith(signature.prefix):
                    continue
                bare = bare.removeprefix(signature.prefix)
            elif signature.is_open:
                bare = _last(bare)
            yield from _decoded(bare, signature.encoding)


def _last(token: str) -> str:
    """What stands behind `v1=`; padding of Base64 is no such sign."""
    found = re.fullmatch(r"[A-Za-z0-9-]{1,12}=(.{32,})", token)
    return found[1] if found else token


def _decoded(text: str, encoding: str) -> Iterator[bytes]:
    if encoding in ("", "hex"):
        with suppress(ValueError):
            yield bytes.fromhex(text)
    if encoding in ("", "base64"):
        with suppress(binascii.Error, ValueError):
            yield base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
