"""
A certificate that its own key signed, for a server on loopback: made anew each time, kept by nobody.

ECDSA on P-256 by hand, so that tests need no library and the repository holds no key.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import ssl
from pathlib import Path

__all__ = ["self_signed"]

_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
_Point = tuple[int, int] | None


def self_signed(folder: Path, *, years: str = "20200101000000Z,20990101000000Z") -> ssl.SSLContext:
    """What a server needs to speak TLS with a certificate for 127.0.0.1 that nobody vouches for."""
    key = secrets.randbelow(_N - 1) + 1
    x, y = _times(key, _G) or (0, 0)
    public = b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")
    files = {
        "key.pem": ("EC PRIVATE KEY", _private(key, public)),
        "certificate.pem": ("CERTIFICATE", _certificate(key, public, years.split(","))),
    }
    for name, (label, body) in files.items():
        text = base64.encodebytes(body).decode()
        (folder / name).write_text(f"-----BEGIN {label}-----\n{text}-----END {label}-----\n")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context


def _add(one: _Point, other: _Point) -> _Point:
    if one is None or other is None:
        return one or other
    (x1, y1), (x2, y2) = one, other
    if x1 == x2 and (y1 + y2) % _P == 0:
        return None
    if one == other:
        slope = 3 * (x1 * x1 - 1) * pow(2 * y1, -1, _P)
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, _P)
    x = (slope * slope - x1 - x2) % _P
    return x, (slope * (x1 - x) - y1) % _P


def _times(number: int, point: _Point) -> _Point:
    found: _Point = None
    while number:
        if number & 1:
            found = _add(found, point)
        point, number = _add(point, point), number >> 1
    return found


def _signed(key: int, data: bytes) -> bytes:
    digest = int.from_bytes(hashlib.sha256(data).digest(), "big")
    nonce = secrets.randbelow(_N - 1) + 1
    r = (_times(nonce, _G) or (0, 0))[0] % _N
    s = pow(nonce, -1, _N) * (digest + r * key) % _N
    return _der(0x30, _whole(r), _whole(s))


# --- DER (X.690) ---

_ECDSA_SHA256 = bytes.fromhex("06082a8648ce3d040302")
_EC_KEY = bytes.fromhex("06072a8648ce3d0201")
_P256 = bytes.fromhex("06082a8648ce3d030107")
_NAME = bytes.fromhex("0603550403")


def _der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    length = len(body)
    if length < 128:
        return bytes([tag, length]) + body
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + body


def _whole(number: int) -> bytes:
    return _der(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _private(key: int, public: bytes) -> bytes:
    bits = _der(0xA1, _der(3, b"\0", public))
    return _der(0x30, _whole(1), _der(4, key.to_bytes(32, "big")), _der(0xA0, _P256), bits)


def _certificate(key: int, public: bytes, years: list[str]) -> bytes:
    name = _der(0x30, _der(0x31, _der(0x30, _NAME, _der(12, b"127.0.0.1"))))
    algorithm = _der(0x30, _ECDSA_SHA256)
    validity = _der(0x30, *(_der(0x18, year.encode()) for year in years))
    subject = _der(0x30, _der(0x30, _EC_KEY, _P256), _der(3, b"\0", public))
    data = _der(0x30, _whole(1), algorithm, name, validity, name, subject)
    return _der(0x30, data, algorithm, _der(3, b"\0", _signed(key, data)))
