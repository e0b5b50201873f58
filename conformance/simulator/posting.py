"""How do the callbacks of a simulator go over HTTP: to this machine, and nowhere else?"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable
from urllib.parse import urlsplit

from conformance.errors import TransportError
from conformance.wire.exchange import Request
from conformance.wire.transports import HttpTransport

__all__ = ["LoopbackPost", "is_local"]

_SECONDS = 10.0
_ANSWER_BYTES = 1024
_AT_ONCE = 32


def is_local(url: str) -> bool:
    """
    Whether a URL surely names this machine: a loopback address, or `localhost` itself.

    Whoever asks a simulator for a callback decides where it goes, so no other name is looked up, let alone asked.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme not in ("http", "https") or parts.username is not None or parts.port == 0:
            return False
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class LoopbackPost:
    """Delivers callbacks from a running event loop. One to any other machine is dropped, and not tried again."""

    def __init__(self) -> None:
        self._transport: HttpTransport | None = None
        self._under_way: set[asyncio.Task[None]] = set()

    def __call__(self, request: Request, answered: Callable[[int | None], None]) -> None:
        if not is_local(request.url) or len(self._under_way) >= _AT_ONCE:
            return
        task = asyncio.get_running_loop().create_task(self._send(request, answered))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _send(self, request: Request, answered: Callable[[int | None], None]) -> None:
        if self._transport is None:
            self._transport = HttpTransport()
        try:
            reply = await self._transport.send(
                request, timeout_s=_SECONDS, max_body_bytes=_ANSWER_BYTES
            )
        except TransportError:
            answered(None)
        else:
            answered(reply.status)
