"""Which requests and replies stand in the page, and how are they told?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.reporting.curl import curl
from conformance.reporting.page_text import lines_of, shortened
from conformance.reporting.summary import Judged
from conformance.reporting.text import printable
from conformance.results.outcome import RunResult
from conformance.wire.exchange import Exchange, Headers

__all__ = ["MOST_CHARACTERS", "Evidence"]

MOST_CHARACTERS = 900_000
"""Of all evidence in one page: it shall open at once. What does not fit is named, and is in the record."""

_BODY = 1_400
_HEADERS = 600
_CURL = 6_000
_SHOWN = {"violates": 3, "inconclusive": 2, "conforms": 1, "untested": 1}
_FIRST = ("violates", "inconclusive", "conforms", "untested")


@dataclass(slots=True)
class Evidence:
    """
    The exchanges of a page, each once, those behind violations first.

    `told` are the exchanges as they stand in the data of the page; `place` finds one by run and id.
    """

    told: list[dict[str, Any]] = field(default_factory=list)
    place: dict[tuple[int, str], int] = field(default_factory=dict)
    left_out: int = 0
    _size: int = 0

    @classmethod
    def of(cls, runs: Sequence[tuple[RunResult, Sequence[Judged]]]) -> Evidence:
        """The evidence for the verdicts of these runs, in the order of their numbers."""
        found = cls()
        for word in _FIRST:
            for number, (result, pairs) in enumerate(runs):
                for pair in pairs:
                    if pair.verdict.verdict == word:
                        found._take(number, result, pair)
        return found

    def places(self, run: int, names: Sequence[str]) -> list[int]:
        """Where the exchanges of a verdict stand; those that do not are left out."""
        return [self.place[run, name] for name in names if (run, name) in self.place]

    def _take(self, run: int, result: RunResult, pair: Judged) -> None:
        for exchange in _chosen(result, pair):
            if (run, exchange.id) in self.place:
                continue
            told = _told(exchange, result)
            size = len(json.dumps(told))
            if self._size + size > MOST_CHARACTERS:
                self.left_out += 1
                continue
            self._size += size
            self.place[run, exchange.id] = len(self.told)
            self.told.append(told)


def _chosen(result: RunResult, pair: Judged) -> Iterator[Exchange]:
    names = pair.verdict.exchanges[: _SHOWN[pair.verdict.verdict]]
    yield from (result.exchanges[name] for name in names if name in result.exchanges)


def _told(exchange: Exchange, result: RunResult) -> dict[str, Any]:
    request, reply = exchange.request, exchange.reply
    told: dict[str, Any] = {
        "id": printable(exchange.id),
        "phase": printable(exchange.phase),
        "line": shortened(printable(f"{request.method} {request.url}"), _HEADERS),
        "sent": _body(request.body),
        "s": round(exchange.elapsed_s, 3),
    }
    if exchange.phase != "callback":  # what a vendor sent is nothing that anybody could send again
        command = curl(exchange, result.contract, key=_key(exchange, result))
        told["curl"] = shortened(lines_of(command.line), _CURL)
        told["note"] = printable(command.note)
    if reply is not None:
        told |= {
            "status": reply.status,
            "headers": _headers(reply.headers),
            "reply": _body(reply.body),
        }
    if exchange.failure:
        told["failure"] = printable(exchange.failure)
    if exchange.picture is not None:
        picture = exchange.picture
        size = f"{picture.width}x{picture.height}" if picture.width else ""
        words = [picture.format or "", size, f"{picture.body_bytes} bytes", picture.problem or ""]
        told["picture"] = printable(", ".join(filter(None, words)))
    return told


def _key(exchange: Exchange, result: RunResult) -> str:
    case = next((case for case in result.cases if case.id == exchange.case), None)
    return case.send.key if case is not None else "right"


def _headers(headers: Headers) -> str:
    text = "\n".join(printable(f"{name}: {value}") for name, value in headers)
    return shortened(text, _HEADERS)


def _body(data: bytes) -> str:
    """The body as text, in its own line breaks; of a long one the beginning."""
    text = data[: _BODY * 4].decode("utf-8", "backslashreplace")
    if len(text) <= _BODY and len(data) <= _BODY * 4:
        return lines_of(text)
    return f"{lines_of(text[:_BODY])}\n… shortened: {len(data)} bytes"
