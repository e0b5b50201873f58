"""
Where can a simulator be made to behave otherwise?

Deviations and faults are subclasses of `Hooks`: each overrides the one or two methods it is about. A hook gets
what the faithful simulator would do and gives back what is done.
"""

# ruff: noqa: ARG002, FBT001  # a hook gets the value and the moment, whether it needs them or not

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.compilers.violation import Violation
from conformance.contract.model import Contract, Field, ReplyField
from conformance.simulator.callbacks import Letter
from conformance.simulator.charges import Ledger
from conformance.simulator.lifecycle import Snapshot, Task
from conformance.wire.exchange import Headers

__all__ = ["HOOKS", "Hooks", "Moment", "SimReply", "SimRequest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimRequest:
    """
    A request as the simulator sees it.

    Args:
        path: Without the prefix that the app is mounted under.
        headers: By lower-case name; of several of a name, the first.
        origin: What result URLs begin with: scheme, host and prefix, without a slash at the end.
    """

    method: str
    path: str
    origin: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimReply:
    """What is sent back, `delay_s` seconds later; `lost`: nothing is, and the connection is closed in its place."""

    status: int
    body: bytes
    headers: Headers = ()
    delay_s: float = 0.0
    lost: bool = False


@dataclass(slots=True, kw_only=True)
class Moment:
    """
    What is known while one request is being answered.

    Args:
        operation: The name of the operation.
        cause: Why the request is refused, in the words of the error table; "" where it is not.
        means: The documented status that the refusal means, however it is carried; 0 where it is none.
        doomed: Why the task made will fail, where somebody says so.
        asked: The id of the task that the request is about.
        active: How many tasks are still running.
    """

    operation: str
    request: SimRequest
    now_s: float
    contract: Contract
    ledger: Ledger
    model: str = ""
    body: Any = None
    fields: Mapping[str, Field] = field(default_factory=dict)
    reply: tuple[ReplyField, ...] = ()
    cause: str = ""
    means: int = 0
    doomed: str = ""
    asked: str = ""
    active: int = 0
    task: Task | None = None

    @property
    def key(self) -> str:
        """Which kind of reply this is: the operation, or `error:` and the operation."""
        return f"error:{self.operation}" if self.cause else self.operation


class Hooks:
    """Everything that can be changed. Each hook gives back what it was given unless it is overridden."""

    def contract(self, contract: Contract) -> Contract:
        """The contract to be kept, asked once."""
        return contract

    def known_path(self, known: bool, at: Moment) -> bool:
        """Whether there is anything at the path of the operation."""
        return known

    def needs_key(self, needed: bool, at: Moment) -> bool:
        """Whether the operation asks for a key."""
        return needed

    def arrival(self, cause: str, at: Moment) -> str:
        """A cause to refuse for before anything else is looked at; "" for none."""
        return cause

    def violations(self, found: tuple[Violation, ...], at: Moment) -> tuple[Violation, ...]:
        """What is wrong with the request."""
        return found

    def refusal(self, cause: str, at: Moment) -> str:
        """The cause that an invalid request is refused for; "" to accept it nevertheless."""
        return cause

    def acceptance(self, cause: str, at: Moment) -> str:
        """A cause to refuse a valid creation for; "" for none."""
        return cause

    def effective(self, body: Any, at: Moment) -> Any:
        """The body that is acted on, after the one sent was found valid."""
        return body

    def idempotency_key(self, key: str, at: Moment) -> str:
        """The idempotency key that counts; "" for none."""
        return key

    def other_body(self, reaction: str, at: Moment) -> str:
        """What is done about a used key with another body: a cause, `same-task` or `new-task`."""
        return reaction

    def count(self, number: int, at: Moment) -> int:
        """How many pictures are made."""
        return number

    def tier(self, index: int, at: Moment) -> int:
        """Which resolution tier is drawn, counted from 0."""
        return index

    def size(self, size: tuple[int, int], at: Moment) -> tuple[int, int]:
        """How large the pictures are."""
        return size

    def amount(self, amount: float, at: Moment) -> float:
        """What a creation is charged."""
        return amount

    def found_task(self, task: Task | None, at: Moment) -> Task | None:
        """The task that is asked about; None where there is none."""
        return task

    def snapshot(self, snapshot: Snapshot, at: Moment) -> Snapshot:
        """How far the task is."""
        return snapshot

    def values(self, values: dict[str, Any], at: Moment) -> dict[str, Any]:
        """What each role of a reply field stands for, before it is put into the vendor's form."""
        return values

    def document(self, document: Any, at: Moment) -> Any:
        """The reply's JSON."""
        return document

    def status(self, status: int, at: Moment) -> int:
        """The HTTP status of a reply."""
        return status

    def headers(self, headers: Headers, at: Moment) -> Headers:
        """The headers of a reply."""
        return headers

    def called(self, wanted: bool, at: Moment) -> bool:
        """Whether the callback about a task is sent."""
        return wanted

    def called_s(self, seconds: float, at: Moment) -> float:
        """When the callback about a task is sent, on the clock."""
        return seconds

    def letter(self, letter: Letter, at: Moment) -> Letter:
        """The callback before it is signed."""
        return letter

    def picture(self, reply: SimReply, at: Moment) -> SimReply:
        """The reply to a download."""
        return reply

    def delay_s(self, seconds: float, at: Moment) -> float:
        """How long the reply is held back."""
        return seconds

    def reply(self, reply: SimReply, at: Moment) -> SimReply:
        """The reply to anything but a download, as it is about to be sent: `at.task` is what was done for it."""
        return reply


HOOKS = tuple(name for name in vars(Hooks) if not name.startswith("_"))
"""The names of all hooks."""
