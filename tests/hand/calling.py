"""How the hand-written servers call back: as a webhook page describes it, without the simulator and the contract."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

__all__ = ["Calling"]

Answered = int | None


class Calling:
    """
    Callbacks about tasks, for a server to mix in. Each documented decision is one method or one value.

    `later` and `post` are set by whoever runs the server: the first does something after so many seconds, the second
    sends a request and gives the status of its answer.
    """

    later: Callable[[float, Callable[[], None]], None] | None = None
    post: Callable[[str, str, dict[str, str], bytes], Answered] | None = None

    called_after_s = 0.0
    call_method = "POST"
    attempts = 5
    waits_s = (1.0, 2.0, 4.0, 8.0)
    copies = 1
    called_states: tuple[str, ...] = ("completed", "failed")

    def ended(self, task: dict[str, Any], state: str) -> None:
        """A task was seen in some state: once it has ended, its callback is sent, and only once."""
        if state in self.called_states and not task.get("called"):
            task["called"] = True
            self.call(task, state, self.called_after_s)

    def call(self, task: dict[str, Any], state: str, after_s: float) -> None:
        url = task["body"].get("callback_url")
        if isinstance(url, str) and url and self.later is not None:
            for _ in range(self.copies):
                self.later(after_s, lambda: self.attempt(task, state, url, 1))

    def attempt(self, task: dict[str, Any], state: str, url: str, number: int) -> None:
        body = self.call_bytes(self.callback(task, state))
        assert self.post is not None
        status = self.post(self.call_method, url, self.call_headers(task, state, body), body)
        if not self.is_taken(status) and number < self.attempts and self.later is not None:
            wait_s = self.waits_s[min(number, len(self.waits_s)) - 1]
            self.later(wait_s, lambda: self.attempt(task, state, url, number + 1))

    def is_taken(self, status: Answered) -> bool:
        return status is not None and 200 <= status < 300

    def call_bytes(self, body: Any) -> bytes:
        return json.dumps(body).encode()

    def call_headers(self, task: dict[str, Any], state: str, body: bytes) -> dict[str, str]:
        return {"content-type": "application/json"}

    def callback(self, task: dict[str, Any], state: str) -> Any:
        raise NotImplementedError("a vendor says what its callbacks hold")
