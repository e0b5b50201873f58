"""What does one trace say about a clause, and what does a run conclude?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any, Literal

__all__ = ["UNJUDGED", "Observation", "Outcome", "Verdict", "VerdictWord"]

UNJUDGED = "the target cannot be judged"
"""The reason of every clause that could be tried, where the target was down or refused the key throughout."""

VerdictWord = Literal["conforms", "violates", "inconclusive", "untested"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    How one request was answered, before anybody asks whether that was right.

    `kind`: accepted (a task id, no error), refused (a documented way of saying no, or any 4xx), throttled (429),
    active-limit (409 with a documented meaning of that sort), trouble (5xx), no-reply, malformed (neither yes nor no).
    `code` is the status that counts: HTTP's, or the envelope's inside a success. `task_id` is "" where there is none.
    """

    kind: str
    code: int = 0
    http: int = 0
    task_id: str = ""
    detail: str = ""
    in_envelope: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """
    What one trace says about one clause.

    `value` is the obligation observed. `message` says expected, got and where. `follows` is the alternative of a
    disputed clause that this trace follows. `facts` are measurements for what only several traces can tell.
    """

    clause: str
    verdict: VerdictWord
    value: str = ""
    message: str = ""
    reason: str = ""
    case: str = ""
    exchanges: tuple[str, ...] = ()
    follows: str = ""
    facts: Mapping[str, Any] = dataclass_field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a run concludes about one clause. `reason` is set for `untested` and `inconclusive`."""

    clause: str
    verdict: VerdictWord
    reason: str = ""
    message: str = ""
    follows: str = ""
    exchanges: tuple[str, ...] = ()
