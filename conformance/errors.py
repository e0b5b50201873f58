"""
Everything that can stop us, as one tree.

    ConformanceError                    exit code 2 unless said otherwise
    ├── UsageError                  2   a flag, vendor, clause or key variable is wrong or missing
    ├── InvalidInput                3   a file is not what it should be
    │   ├── ContractInvalid             a contract: carries file, line and column
    │   ├── CassetteInvalid             a cassette
    │   ├── ConfigInvalid               conformance.toml: carries file and line
    │   └── RecordInvalid               a record
    ├── TargetUnusable              4   nothing can be judged: down, no JSON, key refused throughout
    ├── TransportError                  one request did not get its reply (the run decides what that means)
    │   ├── NotSent                     the connection failed before the request left
    │   └── NoReply                     the request left, its outcome is unknown
    └── ClientError                 1   what the client raises: status, code, task_id, charged
        ├── ContractViolation       2   the contract forbids the request; nothing was sent
        │   └── NotOffered              the vendor has no such thing; says which vendors have
        ├── Refused                     the vendor refused
        │   ├── AuthRefused         4   the key
        │   ├── InsufficientCredits     for want of credits
        │   ├── RateLimited             for the moment, also after waiting as documented
        │   └── UnknownTask             it does not know the task
        ├── NotReached              4   no connection: nothing was sent
        ├── OutcomeUnknown              a creation was sent, and nobody knows what came of it
        ├── ServerTrouble               5xx or no reply to what creates nothing
        ├── MalformedReply              a reply that cannot be used
        ├── TaskFailed                  the task ended without pictures
        ├── DeadlineExceeded            time ran out; the task, if any, goes on
        ├── DownloadFailed              a result could not be fetched, or is no picture
        └── BadCallback                 a callback that cannot be trusted

An error stops us; what a vendor does wrong is a finding and is returned, never raised.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = [
    "AuthRefused",
    "BadCallback",
    "CassetteInvalid",
    "ClientError",
    "ConfigInvalid",
    "ConformanceError",
    "ContractInvalid",
    "ContractViolation",
    "DeadlineExceeded",
    "DownloadFailed",
    "InsufficientCredits",
    "InvalidInput",
    "MalformedReply",
    "NoReply",
    "NotOffered",
    "NotReached",
    "NotSent",
    "OutcomeUnknown",
    "RateLimited",
    "RecordInvalid",
    "Refused",
    "ServerTrouble",
    "TargetUnusable",
    "TaskFailed",
    "TransportError",
    "UnknownTask",
    "UsageError",
]


class ConformanceError(Exception):
    """Something stops us; `str()` of it is one clear sentence for a person."""

    exit_code = 2


class UsageError(ConformanceError):
    """The command line, or the environment it runs in, is wrong."""


class InvalidInput(ConformanceError):
    """A file given to us is not what it should be."""

    exit_code = 3


class ContractInvalid(InvalidInput):
    """
    A contract file is refused.

    The message reads `file:line:column: found ..., expected ...`; the parts are attributes.
    Lines and columns count from 1.
    """

    def __init__(self, problem: str, *, file: str, line: int = 1, column: int = 1) -> None:
        self.problem = problem
        self.file = file
        self.line = line
        self.column = column
        super().__init__(f"{file}:{line}:{column}: {problem}")


class CassetteInvalid(InvalidInput):
    """A cassette cannot be read, or does not hold what it says."""


class ConfigInvalid(InvalidInput):
    """The settings of a project are refused. The message reads `file:line: found ..., expected ...`."""

    def __init__(self, problem: str, *, file: str, line: int) -> None:
        self.problem = problem
        self.file = file
        self.line = line
        super().__init__(f"{file}:{line}: {problem}")


class RecordInvalid(InvalidInput):
    """A record cannot be read, or is of a format that this version does not know."""


class TargetUnusable(ConformanceError):
    """The target cannot be reached, refuses the key throughout, is out of order, or never answers with JSON."""

    exit_code = 4


class TransportError(ConformanceError):
    """
    One request did not get a usable reply.

    `kind` is one word for the record: `connect`, `private`, `timeout`, `reset`, `protocol`, `too-large`.
    """

    def __init__(self, message: str, *, kind: str) -> None:
        self.kind = kind
        super().__init__(message)


class NotSent(TransportError):
    """The connection failed before the request could leave: nothing was asked, nothing is owed."""


class NoReply(TransportError):
    """The request left and no whole reply came back: its outcome is unknown."""


# --- what stops a creation by the client (`conformance.Client`)


class ClientError(ConformanceError):
    """
    Something about one request of the client went wrong.

    Args:
        status: The HTTP status of the reply; None where there was none.
        code: What the vendor calls it: its error's name or code, as text.
        task_id: The task that it is about, where one is known.
        charged: Whether the creation was charged; None where nobody knows.
    """

    exit_code = 1

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str = "",
        task_id: str = "",
        charged: bool | None = None,
    ) -> None:
        self.message = message
        self.status = status
        self.code = code
        self.task_id = task_id
        self.charged = charged
        super().__init__(message)


class ContractViolation(ClientError):
    """
    The contract forbids the request. Nothing was sent, nothing was charged.

    Args:
        clause: The id of the clause that it breaks.
        field: The vendor's field.
        value: What was given for it.
        rule: What the documents ask for, in words.
        nearest: Changes that would make it a permitted request, by shared word or vendor's field; None: leave it out.
    """

    exit_code = 2

    def __init__(
        self,
        message: str,
        *,
        clause: str = "",
        field: str = "",
        value: object = None,
        rule: str = "",
        nearest: Mapping[str, object] | None = None,
    ) -> None:
        self.clause = clause
        self.field = field
        self.value = value
        self.rule = rule
        self.nearest = dict(nearest or {})
        super().__init__(message, charged=False)


class NotOffered(ContractViolation):
    """The vendor has no way to say it; `vendors` are those of the known contracts that have one."""

    def __init__(
        self,
        message: str,
        *,
        field: str = "",
        value: object = None,
        vendors: Sequence[str] = (),
    ) -> None:
        self.vendors = tuple(vendors)
        super().__init__(message, field=field, value=value, rule=message)


class Refused(ClientError):
    """The vendor refused the request."""


class AuthRefused(Refused):
    """The key was refused, or it may not do this."""

    exit_code = 4


class InsufficientCredits(Refused):
    """The account has not enough credits."""


class RateLimited(Refused):
    """Too many requests or tasks, also after waiting as documented. `retry_after_s` is what the vendor asks for."""

    def __init__(
        self,
        message: str,
        *,
        retry_after_s: float | None = None,
        status: int | None = None,
        code: str = "",
        task_id: str = "",
        charged: bool | None = None,
    ) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message, status=status, code=code, task_id=task_id, charged=charged)


class UnknownTask(Refused):
    """The vendor does not know the task, or no longer."""


class NotReached(ClientError):
    """The connection failed each time before the request could leave."""

    exit_code = 4


class ServerTrouble(ClientError):
    """A request that creates nothing got no usable reply: 5xx, or none at all."""


class OutcomeUnknown(ClientError):
    """
    A creation was sent and nobody knows what came of it: it may have made a task, and may be charged.

    It was not sent again, unless with an idempotency key that the vendor documents. To find the task: look for the
    request among the vendor's tasks, or send it again with the same `idempotency_key` where the vendor has one.

    Args:
        idempotency_key: The key that went with it; "" where the vendor documents none.
        request: The body that was sent.
        request_ids: What the vendor called the requests in its replies, if it did.
        attempts: How many times it was sent.
    """

    def __init__(
        self,
        message: str,
        *,
        idempotency_key: str = "",
        request: Mapping[str, object] | None = None,
        request_ids: Sequence[str] = (),
        attempts: int = 1,
        status: int | None = None,
        code: str = "",
    ) -> None:
        self.idempotency_key = idempotency_key
        self.request = dict(request or {})
        self.request_ids = tuple(request_ids)
        self.attempts = attempts
        super().__init__(message, status=status, code=code)


class MalformedReply(ClientError):
    """A reply is not what the contract says and cannot be used: no JSON, no state, success without pictures."""


class TaskFailed(ClientError):
    """The task ended without pictures; `code` is the vendor's failure code."""


class DeadlineExceeded(ClientError):
    """Time ran out. With a `task_id` the task goes on at the vendor: `wait` for it again later."""


class DownloadFailed(ClientError):
    """A result could not be fetched or is no picture of a documented type; `url` says which."""

    def __init__(
        self, message: str, *, url: str = "", status: int | None = None, task_id: str = ""
    ) -> None:
        self.url = url
        super().__init__(message, status=status, task_id=task_id, charged=True)


class BadCallback(ClientError):
    """A callback is not signed as it should be, too old, or not what the contract says."""
