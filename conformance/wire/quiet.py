"""
Who must not speak of our requests?

httpcore logs each step of a request, and quotes the headers of its reply: cookies, and URLs that are signed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

__all__ = ["unlogged"]

_P = ParamSpec("_P")
_T = TypeVar("_T")

_LOGGERS = ("httpcore.connection", "httpcore.http11")
_ASKING: ContextVar[bool] = ContextVar("asking", default=False)


class _Unheard(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is about somebody else's request, or a warning."""
        return not _ASKING.get() or record.levelno > logging.INFO


_UNHEARD = _Unheard()


def unlogged(work: Callable[_P, Coroutine[Any, Any, _T]]) -> Callable[_P, Coroutine[Any, Any, _T]]:
    """The same, but httpcore logs nothing of what is asked meanwhile."""

    @wraps(work)
    async def quietly(*positional: _P.args, **named: _P.kwargs) -> _T:
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(_UNHEARD)
        token = _ASKING.set(True)
        try:
            return await work(*positional, **named)
        finally:
            _ASKING.reset(token)

    return quietly
