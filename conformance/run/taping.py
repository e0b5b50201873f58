"""What of a run goes onto a cassette?"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from conformance.results.record import Record
from conformance.run.session import Session
from conformance.run.staleness import clause_digests
from conformance.wire.exchange import Exchange, Picture
from conformance.wire.provenance import Provenance
from conformance.wire.recordings import Cassette, Kind, Recording

__all__ = ["INLINE_BYTES", "cassette_of"]

INLINE_BYTES: Final = 1024
"""A picture up to this size stands on a cassette as it came."""

_MOST_PIXELS: Final = 4_200_000  # of one bit, which become half a kilobyte
_KINDS: Final[Mapping[str, Kind]] = {"simulator": "simulator", "url": "url", "live": "live"}


def cassette_of(session: Session, record: Record) -> Cassette:
    """
    The run as a cassette, case by case. The record that it is made from holds no secrets.

    A large picture is replaced by a small one, with what was found out about it beside it.
    """
    header = record.header
    kind = _KINDS[session.endpoint.kind]
    return Cassette(
        recordings=tuple(_recordings(record, session.asker.pictures)),
        vendor=header.vendor,
        kind=kind,
        date=header.started[:10],
        contract=header.contract_digest,
        tool=header.tool,
        seed=header.seed,
        label=_label(kind, session.endpoint.base_url),
        run=_provenance(session, record),
    )


def _label(kind: Kind, base_url: str) -> str:
    match kind:
        case "simulator":
            return "recorded from the embedded simulator: no vendor was contacted, this is no evidence about one"
        case "live":
            return f"recorded from the vendor at {base_url}"
    return f"recorded from the server at {base_url}"


def _provenance(session: Session, record: Record) -> Provenance:
    return Provenance(
        base_url=session.endpoint.base_url,
        token=session.run,
        options=record.header.options,
        callbacks=_callbacks(session),
        skipped={name: s.reason for name, s in record.skipped.items()},
        clauses=clause_digests(session.contract),
    )


def _callbacks(session: Session) -> Mapping[str, Any]:
    if session.calls is None:
        return {}
    inbox = session.calls.inbox
    return {
        "run": inbox.run,
        "base_url": inbox.receiver.base_url,
        "assured": inbox.receiver.assured,
        "secret": bool(inbox.secret),
        "waited_until_s": session.calls.waited_until_s,
    }


def _recordings(record: Record, pictures: Mapping[str, bytes]) -> Iterator[Recording]:
    for trace in record.traces.values():
        for exchange in trace.exchanges:
            yield Recording(exchange=_with_picture(exchange, pictures))


def _with_picture(exchange: Exchange, pictures: Mapping[str, bytes]) -> Exchange:
    picture, reply = exchange.picture, exchange.reply
    if picture is None or reply is None or picture.problem is not None:
        return exchange
    body = pictures.get(exchange.id) or _stand_in(picture)
    return replace(exchange, reply=replace(reply, body=body))


def _stand_in(picture: Picture) -> bytes:
    """A white PNG of the same size, if that is small: who opens it without us finds the right number of pixels."""
    width, height = picture.width or 1, picture.height or 1
    return _white(*((width, height) if width * height <= _MOST_PIXELS else (1, 1)))


def _white(width: int, height: int) -> bytes:
    rows = (b"\0" + b"\xff" * -(-width // 8)) * height
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes((1, 0, 0, 0, 0))
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    """Source: the PNG specification, section 5.3."""
    check = zlib.crc32(kind + data)
    return len(data).to_bytes(4, "big") + kind + data + check.to_bytes(4, "big")
