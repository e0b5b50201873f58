"""What signs a URL is known by its shape, wherever the URL stands; everything else stays as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.wire.exchange import Exchange, Reply, Request
from conformance.wire.redaction import Redactor
from conformance.wire.signed import cookie_values, is_credential_header, replace_signed

CLEAN = Redactor({})


@pytest.mark.parametrize(
    "text",
    [
        "https://cdn.example/a.png?X-Amz-Signature={}&X-Amz-Expires=900",
        "https://cdn.example/a.png?Expires=1795000000&Signature={}",
        "https://cdn.example/a.png?w=100&sig={}",
        "https://cdn.example/a.png?se=2026-12-01T00%3A00%3A00Z&sig={}#top",
        "https://cdn.example/a.png?token={}",
        "https://cdn.example/a.png?access_token={}&x=1",
        "https://cdn.example/a.png?q-signature={}",
        "https://cdn.example/a.png?auth_key={}",
        "https://cdn.example/#access_token={}",
        '{{"url": "https:\\/\\/cdn.example\\/a.png?token={}\\u0026w=1"}}',
        '{{\\"url\\": \\"https://cdn.example/a.png?sig={}\\"}}',
        "https://proxy.example/?url=https%3A%2F%2Fcdn.example%2Fa.png%3Fsig%3D{}%26w%3D1",
        "<a href='https://cdn.example/?a=1&amp;signature={}'>",
        "https://me:{}@cdn.example/a.png",
    ],
)
def test_a_signature_is_taken_out_and_the_rest_stays(text: str) -> None:
    value = "AbC0123456789xyz"
    before, after = text.format("|").split("|")

    clean = CLEAN.redact_text(text.format(value))

    assert value not in clean
    if "me:" not in text:
        assert clean.startswith(before)
    assert clean.endswith(after)
    assert CLEAN.redact_text(clean) == clean


@pytest.mark.parametrize(
    "text",
    [
        "https://cdn.example/a.png?Expires=1795000000",
        "https://cdn.example/a.png?X-Amz-Expires=900&X-Amz-Date=20261121T080000Z",
        "https://api.example/tasks?taskId=task_3f60606f0facbcef9072&author=me&max_tokens=5",
        "a price of 3; the design is signed",
        '{"model": "gpt-image-2", "size": "16:9", "a": "b?c=d&e=f"}',
    ],
)
def test_what_signs_nothing_stays(text: str) -> None:
    assert CLEAN.redact_text(text) == text


def test_one_value_has_one_mask_however_it_is_escaped() -> None:
    plain = CLEAN.redact_text("https://a.example/?sig=a%2Fb0123456789")
    json_escaped = CLEAN.redact_text("https:\\/\\/a.example\\/?sig=a\\/b0123456789")
    assert plain.rpartition("=")[2] == json_escaped.rpartition("=")[2]


@given(st.text("abcXYZ019_-", min_size=1), st.text("abcXYZ019_-", min_size=1))
def test_different_values_have_different_masks(one: str, other: str) -> None:
    first, second = (CLEAN.redact_text(f"https://a.example/?sig={v}") for v in (one, other))
    assert (first == second) is (one == other)


def test_what_was_taken_away_before_stays() -> None:
    redactor = Redactor({"wrong key": "sk-0123456789"})
    clean = "https://a.example/?key=[redacted:wrong key]&b=1"
    assert redactor.redact_text("https://a.example/?key=sk-0123456789&b=1") == clean
    assert redactor.redact_text(clean) == clean
    assert "abc" not in redactor.redact_text("https://a.example/?key=[redacted:x]abc")


@given(st.binary(max_size=200))
def test_any_bytes_can_be_looked_through(data: bytes) -> None:
    clean = CLEAN.redact_bytes(data)
    assert CLEAN.redact_bytes(clean) == clean


@pytest.mark.parametrize("piece", [b"\\", b"%25", b"&sig=\\/", b"?a=", b"&x", b"%2525"])
def test_a_long_body_takes_its_length_and_no_more(piece: bytes) -> None:
    import time

    began = time.process_time()
    replace_signed(piece * (400_000 // len(piece)), lambda _: "x")
    assert time.process_time() - began < 5


def test_what_was_given_out_is_found_again_elsewhere() -> None:
    redactor = Redactor({})
    value = "Zz9Signature0Canary0123"
    given_out = Reply(status=200, headers=(("Set-Cookie", f"s={value}; Path=/"),))
    request = Request(method="GET", url="https://a.example/tasks/t1")
    redactor.redact_exchange(Exchange(id="", case="", phase="", request=request, reply=given_out))

    again = redactor.redact_reply(Reply(status=403, body=f"bad cookie {value}".encode()))

    assert value.encode() not in again.body


def test_a_word_of_our_own_is_no_secret_though_it_comes_in_a_cookie() -> None:
    redactor = Redactor({})
    name = "task_3f60606f0facbcef9072"
    redactor.redact_request(Request(method="GET", url=f"https://a.example/tasks/{name}"))
    reply = Reply(status=200, headers=(("Set-Cookie", f"last={name}"),), body=name.encode())
    assert redactor.redact_reply(reply).body == name.encode()


def test_what_is_needed_later_is_redacted_by_known_secrets_alone() -> None:
    redactor = Redactor({"key": "sk-1234567890"}, by_shape=False)
    url = "https://a.example/?sig=abc0123456789&k=sk-1234567890"
    assert redactor.redact_text(url) == "https://a.example/?sig=abc0123456789&k=[redacted:key]"


@pytest.mark.parametrize("name", ["X-Session-Token", "x-signature", "X-CSRF-Token", "session-id"])
def test_headers_that_carry_credentials(name: str) -> None:
    assert is_credential_header(name)


@pytest.mark.parametrize(
    "name", ["X-Request-ID", "X-RateLimit-Remaining-Tokens", "WWW-Authenticate", "Idempotency-Key"]
)
def test_headers_that_carry_none(name: str) -> None:
    assert not is_credential_header(name)


def test_the_values_of_cookies() -> None:
    said = "session=abc; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT; HttpOnly"
    assert [*cookie_values(said)] == ["abc"]
    assert [*cookie_values("a=1; b=2")] == ["1", "2"]
