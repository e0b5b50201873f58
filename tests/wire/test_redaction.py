from __future__ import annotations

import base64
import json
import time
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from conformance.wire.exchange import Exchange, Reply, Request
from conformance.wire.redaction import Redactor

KEY = "sk-Canary/42+x"
WRONG = KEY + "-wrong"
REDACTOR = Redactor({"key": KEY, "wrong key": WRONG})


def exchange(reply: Reply | None = None, **request: Any) -> Exchange:
    asked = Request(**{"method": "POST", "url": "https://api.example/v1"} | request)
    return Exchange(id="e1", case="c1", phase="create", request=asked, reply=reply)


ESCAPES = {
    "plain": lambda s: s,
    "percent-encoded": lambda s: quote(s, safe=""),
    "percent-encoded but for slashes": quote,
    "percent-encoded in lower case": lambda s: "".join(f"%{b:02x}" for b in s.encode()),
    "percent-encoded twice": lambda s: quote(quote(s, safe=""), safe=""),
    "form-encoded": quote_plus,
    "JSON": json.dumps,
    "JSON with any character": lambda s: json.dumps(s, ensure_ascii=False),
    "JSON with escaped slashes": lambda s: json.dumps(s).replace("/", "\\/"),
    "JSON in JSON": lambda s: json.dumps(json.dumps({"k": s})),
    "JSON in JSON in JSON": lambda s: json.dumps(json.dumps(json.dumps(s))),
    "JSON in a URL": lambda s: quote(json.dumps(s), safe=""),
    "Base64": lambda s: base64.b64encode(s.encode()).decode(),
    "Base64 for URLs": lambda s: base64.urlsafe_b64encode(s.encode()).decode(),
    "Base64 in a URL": lambda s: quote(base64.b64encode(s.encode()).decode(), safe=""),
    "Basic": lambda s: base64.b64encode(f"{s}:".encode()).decode(),
    "Basic password": lambda s: base64.b64encode(f"me:{s}".encode()).decode(),
}
canaries = st.text(min_size=8, max_size=40).filter(lambda s: "redact" not in s)


@pytest.mark.parametrize("escape", ESCAPES.values(), ids=ESCAPES)
@settings(max_examples=40)
@given(canary=canaries, before=st.text(max_size=9), after=st.text(max_size=9))
def test_no_canary_survives(escape: Any, canary: str, before: str, after: str) -> None:
    escaped = escape(canary)
    assume(escaped.strip('"') not in before + after)
    text = f'"{before}" {escaped} {after}'
    hidden = Redactor({"key": canary}).redact_text(text)
    assert escaped.strip('"') not in hidden
    assert canary not in hidden
    assert "[redacted:key]" in hidden


@given(
    canary=canaries,
    place=st.sampled_from(["url", "headers", "body", "reply headers", "reply body"]),
    escape=st.sampled_from(list(ESCAPES.values())),
)
def test_no_canary_survives_anywhere_in_an_exchange(canary: str, place: str, escape: Any) -> None:
    escaped = escape(canary)
    parts: dict[str, Any] = {
        "url": f"https://api.example/x?key={escaped}",
        "headers": (("X-Note", escaped), ("Authorization", f"Bearer {escaped}")),
        "body": escaped.encode(),
    }
    side, _, part = place.rpartition(" ")
    spoken = {part: parts[part]}
    whole = exchange(Reply(status=200, **spoken)) if side else exchange(**spoken)
    assert escaped.strip('"') in texts_of(whole)
    assert escaped.strip('"') not in texts_of(Redactor({"key": canary}).redact_exchange(whole))


def texts_of(exchange: Exchange) -> str:
    """All the texts of an exchange, as they are and not as `repr` would escape them."""
    request, reply = exchange.request, exchange.reply or Reply(status=0)
    headers = [text for pair in (*request.headers, *reply.headers) for text in pair]
    return "\n".join([request.url, *headers, request.body.decode(), reply.body.decode()])


@pytest.mark.parametrize(
    ("header", "value", "expected"),
    [
        ("Authorization", f"Bearer {KEY}", "Bearer [redacted:key]"),
        ("authorization", f"bearer {WRONG}", "bearer [redacted:wrong key]"),
        ("Authorization", "Bearer something-else", "Bearer [redacted]"),
        ("Authorization", f"Bearer {KEY}, and more", "Bearer [redacted]"),
        ("Authorization", KEY, "[redacted:key]"),
        ("Authorization", "unheard-of scheme", "[redacted]"),
        ("Authorization", "Bearer", "Bearer"),
        ("Authorization", "Bearer ", "Bearer "),
        ("Authorization", "", ""),
        ("X-API-Key", KEY, "[redacted:key]"),
        ("x-goog-api-key", "unknown", "[redacted]"),
        ("Cookie", f"session={KEY}", "[redacted]"),
        ("Set-Cookie", "sid=1; Path=/", "[redacted]"),
        ("X-Vendor-Token", "unknown", "[redacted]"),
        ("X-Echo", f"<{WRONG}>", "<[redacted:wrong key]>"),
        ("X-Request-Id", "r-1", "r-1"),
    ],
)
def test_headers(header: str, value: str, expected: str) -> None:
    redactor = Redactor({"key": KEY, "wrong key": WRONG}, header_names=["X-Vendor-Token"])
    assert redactor.redact_headers(((header, value),)) == ((header, expected),)


@pytest.mark.parametrize(
    "pair", [f"{KEY}:", f":{KEY}", f"me:{KEY}"], ids=["as user", "as password", "with user"]
)
def test_basic_credentials_keep_the_name_of_their_secret(pair: str) -> None:
    value = "Basic " + base64.b64encode(pair.encode()).decode()
    assert REDACTOR.redact_headers((("Authorization", value),))[0][1] == "Basic [redacted:key]"


def test_the_longer_of_two_secrets_is_the_one_named() -> None:
    assert REDACTOR.redact_text(f"{WRONG} {KEY}") == "[redacted:wrong key] [redacted:key]"


def test_a_short_secret_is_masked_in_headers_only() -> None:
    redactor = Redactor({"key": "abc"})
    assert redactor.redact_text("abc") == "abc"
    assert redactor.redact_headers((("X-Token", "abc"), ("Authorization", "Bearer abc"))) == (
        ("X-Token", "[redacted:key]"),
        ("Authorization", "Bearer [redacted:key]"),
    )


def test_a_body_cut_off_within_a_secret_keeps_no_part_of_it() -> None:
    reply = Reply(status=200, body=b'{"echo": "' + KEY[:9].encode(), truncated=True)
    hidden = REDACTOR.redact_exchange(exchange(reply))
    assert hidden.reply is not None
    assert hidden.reply.body.startswith(b'{"echo": "[redacted:')
    assert KEY[:9].encode() not in hidden.reply.body


def test_a_whole_body_may_end_as_a_secret_begins() -> None:
    whole = exchange(Reply(status=200, body=KEY[:9].encode()))
    assert REDACTOR.redact_exchange(whole) == whole


def test_redacting_twice_changes_nothing_more() -> None:
    once = REDACTOR.redact_exchange(
        exchange(
            url=f"https://api.example/?k={quote(KEY, safe='')}",
            headers=(("Authorization", f"Bearer {KEY}"), ("Cookie", "a=b")),
            body=json.dumps({"key": WRONG}).encode(),
        )
    )
    assert REDACTOR.redact_exchange(once) == once


def test_what_holds_no_secret_stays_as_it_is() -> None:
    innocent = exchange(
        url="https://api.example/v1?q=100%25&n=a%2Bb",
        headers=(("Content-Type", "application/json"), ("Retry-After", "3")),
        body=b'{"prompt": "a \\"cat\\" \\u00e9", "n": 1}\xff\x00',
    )
    assert REDACTOR.redact_exchange(innocent) == innocent


def test_json_stays_json() -> None:
    body = json.dumps({"message": f'no such key "{KEY}"\n', "nested": json.dumps({"k": KEY})})
    hidden = json.loads(REDACTOR.redact_text(body))
    assert hidden["message"] == 'no such key "[redacted:key]"\n'
    assert json.loads(hidden["nested"]) == {"k": "[redacted:key]"}


def test_without_secrets_only_headers_are_masked() -> None:
    redactor = Redactor({"key": ""})
    assert redactor.redact_text("text") == "text"
    assert redactor.redact_headers((("Authorization", "Bearer x"),))[0][1] == "Bearer [redacted]"


def test_a_placeholder_that_would_break_json_is_refused() -> None:
    with pytest.raises(ValueError, match="placeholder"):
        Redactor({'the "key"': KEY})


def test_hostile_bodies_take_no_long_time() -> None:
    redactor = Redactor({"key": "\\" * 30 + "x", "other": "a" * 30 + "b", "third": '"' * 30 + "/"})
    started = time.perf_counter()
    redactor.redact_bytes(b"\\" * 3_000 + b"a" * 3_000 + b'\\"' * 3_000 + b"%5c" * 1_000)
    assert time.perf_counter() - started < 10
