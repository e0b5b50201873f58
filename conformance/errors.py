"""
Everything that can stop us, as one tree.

    ConformanceError                    exit code 2 unless said otherwise
    ├── UsageError                  2   a flag, vendor, clause or key variable is wrong or missing
    ├── InvalidInput                3   a file is not what it should be
    │   ├── ContractInvalid             a contract: carries file, line and column
    │   ├── CassetteInvalid             a cassette
    │   └── RecordInvalid               a record
    ├── TargetUnusable              4   nothing can be judged: down, no JSON, key refused throughout
    └── TransportError                  one request did not get its reply (the run decides what that means)
        ├── NotSent                     the connection failed before the request left
        └── NoReply                     the request left, its outcome is unknown

An error stops us; what a vendor does wrong is a finding and is returned, never raised.
"""

from __future__ import annotations

__all__ = [
    "CassetteInvalid",
    "ConformanceError",
    "ContractInvalid",
    "InvalidInput",
    "NoReply",
    "NotSent",
    "RecordInvalid",
    "TargetUnusable",
    "TransportError",
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


class RecordInvalid(InvalidInput):
    """A record cannot be read, or is of a format that this version does not know."""


class TargetUnusable(ConformanceError):
    """The target cannot be reached, refuses the key throughout, or never answers with JSON."""

    exit_code = 4


class TransportError(ConformanceError):
    """
    One request did not get a usable reply.

    `kind` is one word for the record: `connect`, `timeout`, `reset`, `protocol`, `too-large`.
    """

    def __init__(self, message: str, *, kind: str) -> None:
        self.kind = kind
        super().__init__(message)


class NotSent(TransportError):
    """The connection failed before the request could leave: nothing was asked, nothing is owed."""


class NoReply(TransportError):
    """The request left and no whole reply came back: its outcome is unknown."""
