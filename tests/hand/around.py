"""What may any vendor do, whatever its documents are about? Changes around a whole hand-written server."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.hand.aigptimage import Aigptimage
from tests.hand.apimart import Apimart
from tests.hand.apipod import Apipod
from tests.hand.gptimage2api import Gptimage2api
from tests.hand.toapis import Toapis
from tests.hand.variation import Make
from tests.hand.web import Answer, HandServer

__all__ = ["SERVERS", "Ask", "around", "changed", "is_create", "is_status"]

SERVERS: dict[str, type[HandServer]] = {
    "aigptimage": Aigptimage,
    "apimart": Apimart,
    "apipod": Apipod,
    "gptimage2api": Gptimage2api,
    "toapis": Toapis,
}

_CREATIONS = ("/api/v1/jobs/createTask", "/api/ai/image/generate", "/v1/images/generations")
_QUERIES = re.compile(r"/recordInfo$|/tasks/|/images/status/|/images/generations/")


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One request, as a server gets it."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes


def is_create(ask: Ask) -> bool:
    """Whether a request makes a task."""
    return ask.method == "POST" and ask.path in _CREATIONS


def is_status(ask: Ask) -> bool:
    """Whether a request asks about a task."""
    return ask.method == "GET" and _QUERIES.search(ask.path) is not None


def around(
    base: type[HandServer],
    *,
    before: Callable[[Any, Ask], Ask] = lambda server, ask: ask,
    after: Callable[[Any, Ask, Answer], Answer] = lambda server, ask, answer: answer,
) -> Make:
    """A maker of servers that change requests before `base` sees them, and answers before they are sent."""

    class Around(base):  # type: ignore[misc, valid-type]  # the base is a parameter
        def handle(
            self,
            method: str,
            path: str,
            query: dict[str, str],
            headers: dict[str, str],
            raw: bytes,
        ) -> None:
            given = Ask(method=method, path=path, query=query, headers=headers, raw=raw)
            ask = before(self, given)
            try:
                super().handle(ask.method, ask.path, ask.query, ask.headers, ask.raw)
            except Answer as answer:
                raise after(self, ask, answer) from None

    return Around


def changed(change: Callable[[Any], Any]) -> Callable[[Any, Ask], Ask]:
    """A `before` that changes the JSON of creations."""

    def before(server: Any, ask: Ask) -> Ask:
        try:
            body = json.loads(ask.raw) if is_create(ask) else None
        except ValueError:
            return ask
        return replace(ask, raw=json.dumps(change(body)).encode()) if is_create(ask) else ask

    return before
