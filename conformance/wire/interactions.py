"""How does a recorded interaction stand in a file of vcrpy's format?"""

from __future__ import annotations

import json
from typing import Any, Final

from conformance.wire.exchange import Headers, Reply, header
from conformance.wire.provenance import provenance_document
from conformance.wire.recordings import FORMAT, PICTURE_KEYS, Cassette, Recording

__all__ = ["to_document"]

_CALLBACK: Final = "callback"


def to_document(cassette: Cassette) -> dict[str, Any]:
    """
    The cassette as dicts, lists, text, bytes and numbers, as vcrpy has them.

    Of a reply that came compressed, whose body is kept decoded, the headers about that are left out, because plain
    vcrpy would decode it once more.
    """
    placed = [*enumerate(cassette.recordings)]
    unanswered = [_interaction(r, at=n) for n, r in placed if r.exchange.reply is None]
    callbacks = [_interaction(r, at=n) for n, r in placed if _is_callback(r)]
    run = provenance_document(cassette.run) if cassette.run is not None else {}
    own = {
        "format": FORMAT,
        **_given(vendor=cassette.vendor, kind=cassette.kind, date=cassette.date),
        **_given(contract=cassette.contract, tool=cassette.tool, seed=cassette.seed),
        **_given(label=cassette.label, run=run, unanswered=unanswered, callbacks=callbacks),
    }
    answered = (r for r in cassette.recordings if r.exchange.reply is not None)
    return {
        "version": 1,
        "metadata": {"conformance": own},
        "interactions": [_interaction(r) for r in answered if not _is_callback(r)],
    }


def _is_callback(recording: Recording) -> bool:
    """Of the documented kind there are callbacks among the interactions: nobody replays those."""
    answered = recording.exchange.reply is not None
    return answered and recording.exchange.phase == _CALLBACK and not recording.document


def _interaction(recording: Recording, *, at: int | None = None) -> dict[str, Any]:
    exchange = recording.exchange
    request = exchange.request
    found: dict[str, Any] = {
        "request": {
            "method": request.method,
            "uri": request.url,
            "body": _body(request.body),
            "headers": _by_name(request.headers),
        }
    }
    if exchange.reply is not None:
        found["response"] = _response(exchange.reply)
    own = _own_words(recording, at=at)
    return {**found, "conformance": own} if own else found


def _response(reply: Reply) -> dict[str, Any]:
    compressed = header(reply.headers, "content-encoding") is not None
    about_it = ("content-encoding", "content-length", "transfer-encoding") if compressed else ()
    kept = tuple(pair for pair in reply.headers if pair[0].lower() not in about_it)
    return {
        "status": {"code": reply.status, "message": ""},
        "headers": _by_name(kept),
        "body": {"string": _body(reply.body)},
    }


def _own_words(recording: Recording, *, at: int | None) -> dict[str, Any]:
    exchange = recording.exchange
    reply, picture = exchange.reply, exchange.picture
    return {
        **_given(id=exchange.id, case=exchange.case, phase=exchange.phase),
        **({"shows": recording.shows} if recording.shows != "both" else {}),
        **_given(document=recording.document, section=recording.section, label=recording.label),
        **({"started_s": exchange.started_s} if exchange.started_s else {}),
        **({"elapsed_s": exchange.elapsed_s} if exchange.elapsed_s else {}),
        **({"truncated": True} if reply is not None and reply.truncated else {}),
        **({} if exchange.sent else {"sent": False}),
        **_given(failure=exchange.failure),
        **(
            {"picture": _given(**{n: getattr(picture, n) for n in PICTURE_KEYS})} if picture else {}
        ),
        **({"facts": json.dumps(dict(exchange.facts))} if exchange.facts else {}),
        **_given(at=at),
    }


def _given(**values: Any) -> dict[str, Any]:
    """What is there: neither None nor empty."""
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


def _by_name(headers: Headers) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name, []).append(value)
    return found


def _body(body: bytes) -> str | bytes:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body
