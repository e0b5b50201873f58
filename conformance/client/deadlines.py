"""
How does a deadline hold for code without `await`, whatever a server does?

A timeout of httpx is for one read, and starts anew with each byte that drips. Here each read and write of our own
connections has what is left of the request's time: a connection serves one thread at a time, so that the deadline is the
thread's. A client of the user's keeps its own connections, and the time is looked at between the parts of a body.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

__all__ = ["Deadlines"]


class Deadlines(threading.local):
    """Until when the request that this thread sends may take."""

    until_s: float | None = None

    @contextmanager
    def set(self, until_s: float) -> Iterator[None]:
        """Nothing that goes over a connection takes longer than until then, on the monotonic clock."""
        self.until_s = until_s
        try:
            yield
        finally:
            self.until_s = None

    def left_s(self, timeout_s: float | None) -> float | None:
        """
        What a read or a write may take.

        Raises:
            TimeoutError: Nothing.
        """
        if self.until_s is None:
            return timeout_s
        left_s = self.until_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        return left_s if timeout_s is None else min(timeout_s, left_s)

    def hold(self, http: httpx.Client) -> None:
        """
        Have all connections of a client keep the deadline.

        httpx has no word for how its connections are made, so that this looks where it keeps that. Of another version
        that keeps it elsewhere, deadlines hold as they do for a client of the user's.
        """
        for transport in (http._transport, *http._mounts.values()):
            pool = getattr(transport, "_pool", None)
            backend = getattr(pool, "_network_backend", None)
            if backend is not None:
                pool._network_backend = _Backend(backend, self)  # type: ignore[union-attr]  # it has one


class _Wrapped:
    def __init__(self, inner: Any, deadlines: Deadlines) -> None:
        self._inner = inner
        self._deadlines = deadlines

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _Backend(_Wrapped):
    """Makes connections that keep the deadline."""

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, **more: Any
    ) -> _Stream:
        left_s = self._deadlines.left_s(timeout)
        stream = self._inner.connect_tcp(host, port, timeout=left_s, **more)
        return _Stream(stream, self._deadlines)


class _Stream(_Wrapped):
    """A connection each read and write of which keeps the deadline."""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        read: bytes = self._inner.read(max_bytes, self._deadlines.left_s(timeout))
        return read

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadlines.left_s(timeout))

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> _Stream:
        left_s = self._deadlines.left_s(timeout)
        stream = self._inner.start_tls(ssl_context, server_hostname, left_s)
        return _Stream(stream, self._deadlines)
