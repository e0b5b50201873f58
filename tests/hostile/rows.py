"""
What can a server do to us, and what must come of it?

Each row says what the server does, how long and how much memory that may take, and what the run concludes: its exit
code and whom it accuses. The faithful remainder of every conversation is the toy vendor's.
"""

from __future__ import annotations

import gzip
import json
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from tests.hostile.server import RESET, Moment, Step, Twist, http
from tests.run.toy import PNG

__all__ = ["ROWS", "Row"]

_KIND = "Content-Type: application/json"
_BLOCK = b"x" * 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """
    One way to be hostile.

    `code` is the exit code of a check; `accused` are the clauses that are violated, without the vendor's name. `says`
    is a part of what the user is told. `seconds` bounds the whole run, `megabytes` the memory that it takes on top (0:
    not measured, which takes time).
    """

    name: str
    twist: Twist
    code: int = 0
    accused: frozenset[str] = frozenset()
    says: str = ""
    seconds: float = 20.0
    megabytes: float = 0.0
    options: dict[str, Any] = field(default_factory=dict)


def at(phase: str, *steps: Step, first: int = 0, last: int = 10**9) -> Twist:
    """Says this in a phase, to its requests of these numbers, and keeps its contract otherwise."""

    def twist(moment: Moment) -> Iterable[Step]:
        hit = phase in (moment.phase, "always") and first <= moment.number <= last
        return steps if hit else (moment.raw,)

    return twist


def instead(phase: str, say: Callable[[Moment], Iterable[Step]]) -> Twist:
    """Says in a phase what depends on the moment."""
    return lambda m: say(m) if phase in (m.phase, "always") else (m.raw,)


def valid(say: Callable[[Moment], Iterable[Step]]) -> Twist:
    """Says this in place of each successful answer to a creation."""
    return lambda m: say(m) if m.phase == "create" and m.reply.status == 200 else (m.raw,)


def ok(phase: str, body: bytes, *headers: str) -> Twist:
    """Answers what would have been a success with this body."""
    return lambda m: (
        (http(200, body, _KIND, *headers),)
        if phase in (m.phase, "always") and m.reply.status == 200
        else (m.raw,)
    )


def ended(say: Callable[[Moment], bytes]) -> Twist:
    """Answers polls of finished tasks with this body."""

    def twist(m: Moment) -> Iterable[Step]:
        done = m.phase == "poll" and b'"done"' in m.reply.body
        return (http(200, say(m), _KIND),) if done else (m.raw,)

    return twist


def results(*urls: str) -> Twist:
    """Names these as the results of each task."""
    return ended(lambda m: json.dumps({"state": "done", "urls": list(urls)}).encode())


def made(fields: Callable[[dict[str, Any]], bytes]) -> Twist:
    """Changes the body of each creation that succeeded."""
    return valid(lambda m: (http(200, fields(json.loads(m.reply.body)), _KIND),))


def ok_with_length(phase: str, length: int) -> Twist:
    """Says of what would have been a success that it is so long."""
    return lambda m: (
        (http(200, m.reply.body, _KIND, length=length),)
        if m.phase == phase and m.reply.status == 200
        else (m.raw,)
    )


def refusing(status: int, text: str) -> Twist:
    """Refuses invalid creations with this status and text."""
    body = json.dumps({"error": text}).encode()
    return lambda m: (http(status, body, _KIND),) if m.reply.status == 400 else (m.raw,)


def picture(body: bytes) -> Twist:
    """Delivers this in place of each picture."""
    return at("download", http(200, body, "Content-Type: image/png"))


def _forever(start: bytes, block: bytes, pause: float = 0.0) -> Callable[[Moment], Iterator[Step]]:
    def say(_: Moment) -> Iterator[Step]:
        yield start
        while True:
            yield block
            if pause:
                yield pause

    return say


def drip(m: Moment) -> Iterator[Step]:
    """The faithful answer, one byte at a time, over many seconds."""
    for byte in m.raw:
        yield bytes([byte])
        yield 0.02


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, *extra: bytes, pixels: bytes = b"") -> bytes:
    """A PNG of zeroes that declares this size."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = pixels or zlib.compress(b"\0" * min(10**6, (width + 1) * height))
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", head)
        + b"".join(extra)
        + _chunk(b"IDAT", data)
        + _chunk(b"IEND", b"")
    )


def _apng() -> bytes:
    control = _chunk(b"acTL", struct.pack(">II", 2, 0))
    frame = struct.pack(">IIIIIHHBB", 0, 8, 8, 0, 0, 1, 10, 0, 0)
    second = struct.pack(">IIIIIHHBB", 1, 8, 8, 0, 0, 1, 10, 0, 0)
    more = struct.pack(">I", 2) + zlib.compress(b"\0" * 72)
    body = png(8, 8, control, _chunk(b"fcTL", frame))
    return body[:-12] + _chunk(b"fcTL", second) + _chunk(b"fdAT", more) + body[-12:]


_BOMB = gzip.compress(b"\0" * 50_000_000)
_INFLATES = zlib.compress(b"\0" * 50_000_000)
_TEXT_BOMB = _chunk(b"zTXt", b"c\0\0" + zlib.compress(b"\0" * 50_000_000))
_DEEP = b"[" * 200_000 + b"]" * 200_000
_HUGE = "9" * 5_000


def _with(**more: str) -> Callable[[dict[str, Any]], bytes]:
    """The object, with fields whose JSON is given."""

    def fields(body: dict[str, Any]) -> bytes:
        told = {name: json.dumps(value) for name, value in body.items()} | more
        return ("{" + ", ".join(f'"{name}": {text}' for name, text in told.items()) + "}").encode()

    return fields


EVIL = "\x1b]0;owned\x07\x1b[31m<script>alert(1)</script>\u202e|`![x](http://evil)\r\n"


def _knowing(identifier: str) -> Twist:
    """Makes tasks with this id (as JSON) and knows them by it, as long as they are asked about by it."""
    plain = str(json.loads(identifier))
    own = quote(plain, safe="", errors="surrogatepass")
    own = own.replace(".", "%2E") if not plain.strip(".") else own

    def twist(m: Moment) -> Iterable[Step]:
        if m.phase == "create" and m.reply.status == 200:
            return (http(200, _with(id=identifier)(json.loads(m.reply.body)), _KIND),)
        authorized = m.reply.status != 401
        if m.phase == "poll" and authorized and m.request.url.endswith(f"/tasks/{own}"):
            return (http(200, b'{"state": "done", "urls": ["/pictures/1.png"]}', _KIND),)
        return (m.raw,)

    return twist


def _from_then_on(status: int, *headers: str) -> Twist:
    """Works until the first picture was fetched, and never again."""
    over: list[bool] = []

    def twist(m: Moment) -> Iterable[Step]:
        if over:
            return (http(status, b'{"error": "later"}', _KIND, *headers),)
        if m.phase == "download":
            over.append(True)
        return (m.raw,)

    return twist


def _headed(*headers: str) -> Twist:
    """Says more in the headers of every answer."""
    return instead("always", lambda m: (http(m.reply.status, m.reply.body, *m.headers, *headers),))


_OK = b"HTTP/1.1 200 OK\r\n"
_HASTE = {"request_timeout_s": 0.6}
_SMALL: dict[str, Any] = {"megabytes": 40}
_UNDECIDED: dict[str, Any] = {"code": 5}
_SILENT: dict[str, Any] = {"code": 4, "says": "never answered a creation"}
_NO_JSON: dict[str, Any] = {"code": 4, "says": "never answered a creation with JSON"}
_NOT_HTTP: dict[str, Any] = {"code": 4, "says": "is not HTTP"}
_NO_STATUS: dict[str, Any] = {"code": 1, "accused": frozenset({"status.path"})}
_NO_PICTURE: dict[str, Any] = {"code": 1, "accused": frozenset({"result.picture"})}
_WRONG_ID: dict[str, Any] = {"code": 1, "accused": frozenset({"create.reply.id"})}
_WRONG_PRICE: dict[str, Any] = {"code": 1, "accused": frozenset({"create.charge.any"})}
_WRONG_STATE: dict[str, Any] = {"code": 1, "accused": frozenset({"status.state.enum"})}


def _table() -> Iterator[tuple[str, Twist, dict[str, Any]]]:
    """The table itself: a name, what is done, and what is expected where it is not silence."""
    yield "it keeps its contract", lambda m: (m.raw,), {}

    # --- bodies without end, and bombs ---
    yield (
        "endless creation",
        instead("create", _forever(_OK + b"\r\n", _BLOCK)),
        _SILENT | _SMALL | {"says": "longer than is read"},
    )
    yield "endless poll", instead("poll", _forever(_OK + b"\r\n", _BLOCK)), _UNDECIDED | _SMALL
    yield (
        "endless white space",
        instead("poll", _forever(_OK + b"\r\n", b" " * 65_536)),
        _UNDECIDED | _SMALL,
    )
    yield (
        "endless picture",
        instead("download", _forever(_OK + b"\r\n", _BLOCK)),
        _UNDECIDED | {"megabytes": 150},
    )
    yield (
        "endless headers",
        instead("always", _forever(_OK, b"X-A: b\r\n" * 500)),
        _SILENT | {"says": "more headers than are read"},
    )
    yield (
        "a header of 1 MB",
        _headed("X-A: " + "y" * 1_000_000),
        _SILENT | {"says": "more headers than are read"},
    )
    yield "thousands of headers", _headed(*(f"X-{n}: y" for n in range(3_000))), {}
    yield (
        "half a megabyte around each reply",
        instead(
            "always", lambda m: (http(m.reply.status, m.reply.body + b" " * 500_000, *m.headers),)
        ),
        {"megabytes": 140},
    )
    yield (
        "forty thousand lists in each poll",
        instead(
            "poll",
            lambda m: (
                http(
                    m.reply.status,
                    m.reply.body[:-1] + b', "x": [' + b"[]," * 40_000 + b"1]}",
                    _KIND,
                ),
            ),
        ),
        {"megabytes": 140},
    )
    yield (
        "gzip bomb",
        at("always", http(200, _BOMB, _KIND, "Content-Encoding: gzip")),
        _SILENT | _SMALL | {"says": "longer than is read"},
    )
    yield (
        "gzip bomb in polls",
        at("poll", http(200, _BOMB, _KIND, "Content-Encoding: gzip")),
        _UNDECIDED | _SMALL,
    )
    yield (
        "deflate bomb in polls",
        at("poll", http(200, _INFLATES, _KIND, "Content-Encoding: deflate")),
        _UNDECIDED | _SMALL,
    )
    yield (
        "gzip bomb for a picture",
        at("download", http(200, _BOMB, "Content-Encoding: gzip")),
        _UNDECIDED | {"megabytes": 150},
    )
    yield (
        "br, unasked",
        at("poll", http(200, b"\x1b\xff\xff" * 1000, _KIND, "Content-Encoding: br")),
        _UNDECIDED,
    )
    yield (
        "deflate that is none",
        at("poll", http(200, b"{}", _KIND, "Content-Encoding: deflate")),
        _UNDECIDED,
    )

    # --- pictures ---
    yield (
        "a picture of 3.6 gigapixels",
        picture(png(60_000, 60_000, pixels=zlib.compress(b"\0" * 1000))),
        _UNDECIDED | _SMALL,
    )
    yield "a picture of 60 megapixels", picture(png(10_000, 6_000, pixels=b"")), _UNDECIDED | _SMALL
    yield "a picture whose text is a bomb", picture(png(8, 8, _TEXT_BOMB)), _UNDECIDED | _SMALL
    yield (
        "a picture whose pixels are a bomb",
        picture(png(8, 8, pixels=zlib.compress(b"\0" * 50_000_000))),
        _SMALL,
    )
    yield (
        "half a picture",
        picture(png(200, 200, pixels=zlib.compress(b"\0" * 20_000)[:-30])),
        _NO_PICTURE,
    )
    yield "an animated picture", picture(_apng()), {}
    yield "a page for a picture", picture(b"<html>no</html>"), _NO_PICTURE
    yield "nothing for a picture", picture(b""), _NO_PICTURE
    yield "JPEG called PNG", picture(b"\xff\xd8\xff\xe0" + b"x" * 100 + b"\xff\xd9"), _NO_PICTURE

    # --- slow ones ---
    yield "creations drip", instead("create", drip), _SILENT | {"options": _HASTE}
    yield (
        "polls drip",
        instead("poll", drip),
        _UNDECIDED | {"options": _HASTE},
    )
    yield "pictures drip", instead("download", drip), _UNDECIDED | {"options": _HASTE}
    yield "everything drips", instead("always", drip), _SILENT | {"options": _HASTE}
    yield "silence", at("always", 5.0), _SILENT | {"options": _HASTE}
    yield (
        "100 Continue for ever",
        instead("always", _forever(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.01)),
        _SILENT | {"options": _HASTE},
    )

    # --- lengths, chunks, versions ---
    yield (
        "less than its length",
        valid(lambda m: (http(200, m.reply.body, _KIND, length=10_000),)),
        _SILENT,
    )
    yield (
        "more than its length",
        valid(lambda m: (http(200, m.reply.body, _KIND, length=5),)),
        _NO_JSON,
    )
    yield (
        "polls less than their length",
        instead("poll", lambda m: (http(m.reply.status, m.reply.body, length=10_000),)),
        _UNDECIDED,
    )
    yield "polls more than their length", ok_with_length("poll", 5), _NO_STATUS
    yield (
        "pictures less than their length",
        instead("download", lambda m: (http(200, m.reply.body, length=10_000),)),
        _UNDECIDED,
    )
    yield (
        "a negative length",
        instead("always", lambda m: (http(200, m.reply.body, length=-1),)),
        _NOT_HTTP,
    )
    yield (
        "two lengths",
        instead("always", lambda m: (m.raw.replace(b"\r\n", b"\r\nContent-Length: 3\r\n", 1),)),
        _NOT_HTTP,
    )
    yield (
        "creations cut, of no length",
        valid(lambda m: (_OK + b"\r\n" + m.reply.body[:-3],)),
        _SILENT,
    )
    yield (
        "polls cut, of no length",
        instead("poll", lambda m: (_OK + b"\r\n" + m.reply.body[:-3],)),
        _UNDECIDED,
    )
    yield "pictures cut, of no length", at("download", _OK + b"\r\n" + PNG[:-20]), _UNDECIDED
    yield (
        "chunks that are none",
        at("always", _OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"),
        _NOT_HTTP,
    )
    yield (
        "a chunk of 2^64 bytes",
        at("poll", _OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}"),
        _UNDECIDED,
    )
    yield "HTTP/1.0", instead("always", lambda m: (m.raw.replace(b"HTTP/1.1", b"HTTP/1.0", 1),)), {}
    yield (
        "HTTP/1.0 without a length",
        instead("always", lambda m: (b"HTTP/1.0 %d X\r\n\r\n" % m.reply.status + m.reply.body,)),
        {},
    )
    yield "HTTP/0.9", instead("always", lambda m: (m.reply.body,)), _SILENT
    yield "HTTP/2, unasked", at("always", b"\0\0\x12\x04\0\0\0\0\0"), _NOT_HTTP
    yield (
        "a second reply behind the first",
        instead(
            "always",
            lambda m: (m.raw.replace(b"\r\n", b"\r\nConnection: keep-alive\r\n", 1) + m.raw,),
        ),
        {},
    )
    yield (
        "early hints before each reply",
        instead("always", lambda m: (b"HTTP/1.1 103 Early Hints\r\n\r\n" * 50, m.raw)),
        {},
    )
    yield "status 000", at("always", b"HTTP/1.1 000 X\r\nContent-Length: 2\r\n\r\n{}"), _NOT_HTTP

    # --- what is no JSON, and what is odd JSON ---
    yield (
        "a page",
        at("always", http(200, b"<html>hello</html>", "Content-Type: text/html")),
        _NO_JSON,
    )
    yield "a page for polls", ok("poll", b"<html>hello</html>"), _NO_STATUS
    yield "nothing", at("always", http(200)), _NO_JSON
    yield "nothing for polls", ok("poll", b""), _NO_STATUS
    yield "204", at("always", b"HTTP/1.1 204 No Content\r\n\r\n"), _NO_JSON
    yield "not UTF-8", ok("create", b'{"id": "\xff\xfe"}'), _NO_JSON | {"says": "not UTF-8"}
    yield "polls not UTF-8", ok("poll", b'{"state": "\xff\xfe"}'), _NO_STATUS
    yield "not JSON", ok("create", b'{"id": t1}'), _NO_JSON | {"says": "not JSON (Expecting value)"}
    yield "NaN", made(_with(cost="NaN")), _NO_JSON | {"says": "not JSON (NaN)"}
    yield (
        "-Infinity in polls",
        ok("poll", b'{"state": "done", "urls": [], "x": -Infinity}'),
        _NO_STATUS,
    )
    yield (
        "200,000 levels",
        made(_with(extra=_DEEP.decode())),
        {"code": 4, "says": "nested more than 100 levels"},
    )
    yield (
        "200,000 levels in polls",
        ok("poll", b'{"state": "done", "urls": ' + _DEEP + b"}"),
        _UNDECIDED,
    )
    yield "99 levels", made(_with(extra="[" * 99 + "]" * 99)), {}
    yield "a key twice", made(lambda b: b'{"id": "other", "x": 1, "x": 2, ' + _with()(b)[1:]), {}
    yield "half a character", made(_with(extra='"\\ud800"')), {}
    yield "half a character for a state", ok("poll", b'{"state": "\\udfff"}'), _WRONG_STATE
    yield (
        "a list",
        ok("create", b"[]"),
        {"code": 1, "accused": frozenset({"create.reply.id"})},
    )
    yield "null", ok("always", b"null"), _NO_JSON
    yield "a text", ok("always", b'"x"'), _NO_JSON

    # --- numbers ---
    yield "1e400 for a price", made(_with(cost="1e400")), _WRONG_PRICE
    yield "400 digits for a price", made(_with(cost="9" * 400)), _WRONG_PRICE
    yield "5000 digits for a price", made(_with(cost=_HUGE)), _WRONG_PRICE
    yield "a negative price", made(_with(cost="-5")), _WRONG_PRICE
    yield "5000 digits for nothing", made(_with(progress=_HUGE, other="-1e999")), {}

    # --- ids ---
    yield "an id with slashes", _knowing('"a/../b?x#y%2F"'), {}
    yield "an id of dots", _knowing('".."'), {}
    yield "an id with a line break", _knowing('"a\\r\\nHost: evil"'), {}
    yield "an id of half a character", _knowing('"\\ud800"'), {}
    yield (
        "an id of 400 kB",
        made(_with(id=json.dumps("x" * 400_000))),
        _UNDECIDED | {"says": "id has more than 2000 characters"},
    )
    yield "a number for an id", _knowing("12345678901234567890123456789"), _WRONG_ID
    yield "4200 digits for an id", made(_with(id="9" * 4200)), _WRONG_ID
    yield "an object for an id", made(_with(id='{"a": 1}')), _WRONG_ID
    yield "true for an id", made(_with(id="true")), _WRONG_ID
    yield "null for an id", made(_with(id="null")), _WRONG_ID

    # --- states and results ---
    yield "a task that never ends", ok("poll", b'{"state": "queued"}'), _UNDECIDED
    yield (
        "an object for a state",
        ok("poll", b'{"state": {"a": 1}}'),
        {"code": 1, "accused": frozenset({"status.reply.state"})},
    )
    yield (
        "400 kB for a state",
        ok("poll", json.dumps({"state": "x" * 400_000}).encode()),
        _WRONG_STATE,
    )
    yield "20,000 results", results(*(f"/pictures/{n}.png" for n in range(20_000))), {}
    yield "a URL of 500 kB", results("/pictures/" + "x" * 500_000), _UNDECIDED
    yield (
        "a text for results",
        ended(lambda m: b'{"state": "done", "urls": "http://127.0.0.1:1/"}'),
        {"code": 1, "accused": frozenset({"status.reply.urls.done"})},
    )
    yield (
        "no results",
        ended(lambda m: b'{"state": "done"}'),
        {"code": 1, "accused": frozenset({"status.reply.urls.done"})},
    )
    for url in (
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "data:image/png;base64,AAAA",
        "javascript://x",
        "http://\ud800/",
    ):
        yield f"a result at {url[:9]!a}", results(url), _UNDECIDED

    # --- redirects ---
    yield (
        "everything leads in a circle",
        instead("always", lambda m: (http(302, b"", f"Location: {m.url}/tasks"),)),
        _NO_JSON | {"says": "which leads to"},
    )
    yield (
        "a picture leads in a circle",
        instead("download", lambda m: (http(302, b"", f"Location: {m.request.url}"),)),
        _UNDECIDED,
    )
    yield (
        "a picture leads ever further",
        instead("download", lambda m: (http(302, b"", f"Location: {m.url}/p/{m.number}"),)),
        _UNDECIDED,
    )
    yield (
        "a picture leads to a file",
        at("download", http(302, b"", "Location: file:///etc/passwd")),
        _UNDECIDED,
    )
    yield (
        "a picture leads to no URL",
        at("download", http(302, b"", "Location: http://[::1")),
        _UNDECIDED,
    )
    yield (
        "a picture leads nowhere",
        at("download", http(302)),
        {"code": 1, "accused": frozenset({"result.url"})},
    )

    # --- resets ---
    yield "creations are reset", at("create", RESET), _SILENT
    yield "polls are reset", at("poll", RESET), _UNDECIDED
    yield "pictures are reset", at("download", RESET), _UNDECIDED
    yield "everything is reset midway", instead("always", lambda m: (m.raw[:30], RESET)), _SILENT

    # --- 429 and 5xx for ever, and what to wait for ---
    yield (
        "429 for ever",
        at("always", http(429, b'{"error": "slow"}', _KIND, "Retry-After: 3600")),
        {"code": 4, "says": "answers everything with HTTP 429"},
    )
    yield (
        "429 for ever, in HTML",
        at("always", http(429, b"slow", "Retry-After: -5")),
        {"code": 4, "says": "answers everything with HTTP 429"},
    )
    yield (
        "429 from then on",
        _from_then_on(429, "Retry-After: 99999999999999999999"),
        _UNDECIDED,
    )
    yield (
        "500 for ever",
        at("always", http(500, b'{"error": "x"}', _KIND)),
        {"code": 4, "says": "answers everything with HTTP 500"},
    )
    yield (
        "500 for ever, in HTML",
        at("always", http(500, b"<html>")),
        {"code": 4, "says": "HTTP 500"},
    )
    yield "503 from then on", _from_then_on(503, "Retry-After: never"), _UNDECIDED
    for wait in (
        "-5",
        "1000000000000",
        "1e9",
        "NaN",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "soon",
        "9" * 5000,
        "",
    ):
        first = http(
            429,
            b'{"error": "slow"}',
            _KIND,
            f"Retry-After: {wait}",
            "Date: Sat, 21 Nov 2026 12:00:00 GMT",
        )
        yield f"Retry-After {wait[:16]!a}", at("poll", first, last=0), {}

    # --- clocks ---
    for date in (
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "\xff\xfe",
        "-0000",
    ):
        yield f"Date {date[:9]!a}", _headed(f"Date: {date}"), {}

    # --- words ---
    yield "an error text of 500 kB", refusing(400, "x" * 500_000), {}
    yield (
        "an error that acts on terminals",
        refusing(418, EVIL),
        {"code": 1, "accused": frozenset({"create.error.400"})},
    )
    yield (
        "a state that acts on terminals",
        ok("poll", json.dumps({"state": EVIL}).encode()),
        _WRONG_STATE,
    )
    yield "results that act on terminals", results(EVIL, "http://127.0.0.1/" + EVIL), _UNDECIDED
    yield (
        "a page that acts on terminals",
        at("always", http(200, f"<html>{EVIL}".encode(), "Content-Type: text/html; \x1b[31m")),
        _NO_JSON,
    )


ROWS: tuple[Row, ...] = tuple(
    Row(name=name, twist=twist, **(more)) for name, twist, more in _table()
)
