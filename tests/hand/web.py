"""The few lines of ASGI that the hand-written servers share: no framework, no simulator, no contract."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any
from urllib.parse import parse_qs


class Answer(Exception):
    """An HTTP answer, raised from wherever it is known."""

    def __init__(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        self.status = status
        self.body = body
        self.headers = headers or {}


class HandServer:
    """An ASGI application whose behaviour is one method per question; tests override single methods."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, Any]] = []
        self.creations = 0
        self.base = ""

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        raw = b""
        while True:
            message = await receive()
            raw += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        self.base = f"{scope.get('scheme', 'http')}://{headers.get('host', 'embedded')}"
        query = {
            k: v[0]
            for k, v in parse_qs(scope["query_string"].decode(), keep_blank_values=True).items()
        }
        self.requests.append((scope["method"], scope["path"], raw))
        try:
            self.handle(scope["method"], scope["path"], query, headers, raw)
        except Answer as answer:
            await self._reply(send, answer)

    def handle(
        self, method: str, path: str, query: dict[str, str], headers: dict[str, str], raw: bytes
    ) -> None:
        raise NotImplementedError("a server answers by raising Answer")

    async def _lifespan(self, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _reply(self, send: Any, answer: Answer) -> None:
        body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        kind = "application/octet-stream" if isinstance(answer.body, bytes) else "application/json"
        headers = {"content-type": kind, **answer.headers}
        pairs = [(k.encode(), v.encode()) for k, v in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
        await send({"type": "http.response.body", "body": body})


def png(width: int, height: int) -> bytes:
    """A one-bit PNG of that size, made by hand."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    rows = (b"\0" + b"\0" * ((width + 7) // 8)) * height
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows, 1))
        + chunk(b"IEND", b"")
    )


def dimensions(ratio: str, long_edge: int) -> tuple[int, int]:
    """The size of a picture with a ratio such as "16:9" and a long edge in pixels."""
    width, _, height = ratio.partition(":")
    w, h = int(width), int(height)
    return (
        (long_edge, round(long_edge * h / w)) if w >= h else (round(long_edge * w / h), long_edge)
    )
