"""ToAPIs's callbacks: which signatures its one paragraph permits, and which are none."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Any

from tests.hand.toapis import Toapis
from tests.hand.variation import Variants

_variants = Variants("toapis", Toapis)
PERMITTED, BROKEN = _variants.PERMITTED, _variants.BROKEN
permitted, broken = _variants.permitted, _variants.broken

PREFIX = "x-toapis-webhook-"
Headers = Callable[..., dict[str, str]]


def _headers(make: Callable[[Any, bytes], dict[str, str]]) -> dict[str, Headers]:
    """The headers of a callback, made from the server and the body."""

    def call_headers(self: Any, task: Any, state: str, body: bytes) -> dict[str, str]:
        own = {PREFIX + name: value for name, value in make(self, body).items()}
        return {"content-type": "application/json", **own}

    return {"call_headers": call_headers}


def _in_base64(message: bytes, secret: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()


permitted("as written")
permitted("the body alone is signed", **_headers(lambda s, b: {"signature": s.sign(b)}))
permitted(
    "time and body are signed",
    **_headers(lambda s, b: {"timestamp": "17", "signature": "sha256=" + s.sign(b"17." + b)}),
)
permitted(
    "two signatures, as after a new secret",
    **_headers(lambda s, b: {"signature": f"v1={'0' * 64},v1={s.sign(b)}"}),
)
permitted("in Base64", **_headers(lambda s, b: {"signature": _in_base64(b, s.secret)}))
permitted(
    "time and signature in one header",
    **_headers(lambda s, b: {"time": "17", "signature": f"t=17,v1={s.sign(b'17.' + b)}"}),
)
permitted("in upper case", **_headers(lambda s, b: {"signature": s.sign(b).upper()}))
permitted("a body of another kind", callback=lambda s, t, at: {"event": at, "task": t["id"]})
permitted("each twice", copies=2)
permitted("no retry", attempts=1)

SIGNED = "callback.callback.callback-signed"
SENT = "callback.callback.sent"
broken("no signature", SIGNED, **_headers(lambda s, b: {}))
broken("another secret", SIGNED, secret="another-secret")
broken("another body is signed", SIGNED, **_headers(lambda s, b: {"signature": s.sign(b + b" ")}))
broken(
    "another algorithm",
    SIGNED,
    sign=lambda s, m: hmac.new(s.secret.encode(), m, hashlib.sha512).hexdigest(),
)
broken("a plain digest", SIGNED, sign=lambda s, m: hashlib.sha256(m).hexdigest())
broken(
    "headers of another name",
    SIGNED,
    call_headers=lambda s, t, at, b: {"x-hub-signature": s.sign(b)},
)
broken(
    "the body without its signature",
    SIGNED,
    **_headers(lambda s, b: {"id": "evt", "timestamp": "17"}),
)
broken("never calls back", SENT, called_states=())
broken("only when failed", SENT, called_states=("failed",))
broken("refuses the address", "create.callback_url.type", good_callback=lambda s, url: url is None)
broken(
    "takes any type of address",
    "create.callback_url.type",
    good_callback=lambda s, url: True if not isinstance(url, str) else Toapis.good_callback(s, url),
)
