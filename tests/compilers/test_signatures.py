"""Which signatures of a callback are right, where the documents say everything and where they say little."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from conformance.compilers.signatures import verified
from conformance.contract.callback import Signature
from conformance.wire.exchange import Request

SECRET = "a-secret"
BODY = b'{"task": "t1"}'

WHOLE = Signature(
    header="X-Sign",
    id_header="X-Id",
    timestamp_header="X-Time",
    signed="{id}.{timestamp}.{body}",
    prefix="v1=",
    encoding="hex",
    several=",",
)
BARE = Signature(header="X-Sign")
OPEN = Signature(header="X-Toy-*")


def mac(message: bytes, secret: str = SECRET, algorithm: str = "sha256") -> bytes:
    return hmac.new(secret.encode(), message, algorithm).digest()


def sent(*headers: tuple[str, str], body: bytes = BODY) -> Request:
    return Request(method="POST", url="https://us.example/t", headers=headers, body=body)


def whole(signature: str, body: bytes = BODY) -> Request:
    return sent(("x-id", "e1"), ("x-time", "17"), ("x-sign", signature), body=body)


RIGHT = mac(b"e1.17." + BODY).hex()


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (f"v1={RIGHT}", "valid"),
        (f"v1={RIGHT.upper()}", "valid"),
        (f"v1={'0' * 64},v1={RIGHT}", "valid"),
        (f"v1={'0' * 64}", "invalid"),
        (f"v2={RIGHT}", "invalid"),
        (RIGHT, "invalid"),
        (f"v1={mac(BODY).hex()}", "invalid"),
        (f"v1={mac(b'e1.17.' + BODY, 'another').hex()}", "invalid"),
        (f"v1={base64.b64encode(mac(b'e1.17.' + BODY)).decode()}", "invalid"),
        ("", "missing"),
    ],
)
def test_a_signature_of_which_everything_is_said(value: str, found: str) -> None:
    assert verified(WHOLE, whole(value), SECRET) == found


def test_the_body_counts_as_it_came() -> None:
    assert verified(WHOLE, whole(f"v1={RIGHT}", BODY + b" "), SECRET) == "invalid"


def test_without_a_secret_only_its_absence_is_seen() -> None:
    assert verified(WHOLE, whole("v1=00"), "") == "unchecked"
    assert verified(WHOLE, sent(), "") == "missing"


@pytest.mark.parametrize("value", [mac(BODY).hex(), base64.b64encode(mac(BODY)).decode()])
def test_where_no_template_is_named_the_body_is_signed(value: str) -> None:
    assert verified(BARE, sent(("X-SIGN", value)), SECRET) == "valid"
    assert verified(BARE, sent(("X-Sign", value), body=b"other"), SECRET) == "invalid"


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ((), BODY),
        ((("X-Toy-Id", "e1"),), b"e1." + BODY),
        ((("X-Toy-Id", "e1"), ("X-Toy-Time", "17")), b"e1.17." + BODY),
        ((("X-Toy-Id", "e1"), ("X-Toy-Time", "17")), b"17.e1." + BODY),
        ((("X-Toy-Id", "e1"), ("X-Toy-Time", "17")), b"17:" + BODY),
        ((("X-Toy-Time", "17"),), b"17" + BODY),
        ((("X-Toy-Time", "17"),), BODY + b"\n17"),
    ],
)
@pytest.mark.parametrize("form", ["{}", "v1={}", "sha256={}", "t=17,v1={}", "v1={} v1=00"])
def test_any_arrangement_with_the_body_will_do_where_none_is_named(
    headers: tuple[tuple[str, str], ...], message: bytes, form: str
) -> None:
    signature = form.format(mac(message).hex())
    assert verified(OPEN, sent(*headers, ("x-toy-anything", signature)), SECRET) == "valid"


@pytest.mark.parametrize(
    "value",
    [
        hashlib.sha256(BODY).hexdigest(),
        mac(BODY, "another").hex(),
        mac(BODY, algorithm="sha512").hex(),
        mac(b"e1").hex(),
        "nonsense",
    ],
)
def test_what_does_not_sign_the_body_with_our_secret_is_none(value: str) -> None:
    given = sent(("X-Toy-Id", "e1"), ("X-Toy-Signature", value))
    assert verified(OPEN, given, SECRET) == "invalid"


def test_headers_of_another_name_are_no_signature() -> None:
    assert verified(OPEN, sent(("X-Sign", mac(BODY).hex())), SECRET) == "missing"
