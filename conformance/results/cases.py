"""What is one planned conversation?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any, Literal

__all__ = ["CALLBACK", "FUZZED", "Case", "Cost", "Feature", "Plan", "Send", "Witness"]

FUZZED = "fuzzed:"
"""How the names of cases begin that Schemathesis generated."""

CALLBACK = "{callback_url}"
"""Stands in a request for the address that the run gives it for callbacks."""


Expect = Literal["accepted", "refused", "refused-or-failed", "either", "answered"]
"""
What a case is sent to see: a task is made; it is refused at once; it is refused or its task fails;
any of these, only the shape of what follows is judged; a status query is answered.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """An obligation: a clause, at a value ("" where the clause has only one)."""

    clause: str
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """
    One obligation that a positive case carries, with the request fields it pins.

    `pins` maps a field path to the value it needs (`ABSENT`: must be left out). `presumes` are obligations without
    which this one means nothing: while one of them is in doubt, this one is never accused.
    """

    witness: Witness
    pins: Mapping[str, Any] = dataclass_field(default_factory=dict)
    presumes: tuple[Witness, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """
    The request of a case, without the target's address and without the key.

    `path` has its placeholders filled. `query` and `headers` are pairs. `body` is JSON (None: no body);
    `raw` is sent instead of it where the body must not be JSON. `key` says which key goes with it:
    "right", "wrong", or "missing".
    """

    operation: str
    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: Any = None
    raw: bytes | None = None
    files: tuple[tuple[str, str, str, bytes], ...] = ()
    """Parts of a multipart body: field, file name, media type, bytes. `body` then holds its other fields."""
    content_type: str = "application/json"
    key: Literal["right", "wrong", "missing"] = "right"
    scheme: str = ""
    """Which of several documented ways presents the key; "" for the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """An amount in the unit that the contract prices in; `unit` is empty where there is no price."""

    amount: float = 0.0
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """
    One planned conversation.

    Args:
        breaks: The one obligation that an invalid request breaks; None for a valid one.
        cause: For an expected refusal, its cause in the error table.
        refused_at: `create`: acceptance alone violates; `anywhere`: a task that fails will do.
        features: What a positive case carries, so that a refusal can be narrowed down.
        combinations: What it shows together, at a strength above 1: obligations to see several values in one request.
        assignment: The request fields and values of a creation (`ABSENT` ones left out).
        neighbours: Obligations that must have been accepted before a refusal here proves anything.
        needs_task: The case asks about the task of that earlier case; `{task_id}` in `send` is filled in.
        repeats: The case sends the same request as that earlier case (idempotency).
        billed: Paid creations that are expected.
        cost: What they are expected to cost.
        worst_cost: What the case costs if the vendor wrongly accepts it.
        needs: Of `clock`, `image`, `callback`, `empty account`: what must be at hand to try it.
        parent: The case that this one narrows down.
        again: The case that this one asks once more, to see whether it is answered alike.
        found: What exploration found, of which this is the smallest request; "" for all other cases.
    """

    id: str
    operation: str
    send: Send
    expect: Expect
    title: str = ""
    model: str = ""
    witnesses: tuple[Witness, ...] = ()
    breaks: Witness | None = None
    cause: str = ""
    refused_at: Literal["create", "anywhere"] = "anywhere"
    features: tuple[Feature, ...] = ()
    combinations: tuple[Witness, ...] = ()
    assignment: Mapping[str, Any] = dataclass_field(default_factory=dict)
    neighbours: tuple[Witness, ...] = ()
    needs_task: str = ""
    repeats: str = ""
    billed: int = 0
    cost: Cost = dataclass_field(default_factory=Cost)
    worst_cost: Cost = dataclass_field(default_factory=Cost)
    needs: tuple[str, ...] = ()
    parent: str = ""
    again: str = ""
    found: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    The ordered cases for a contract, a strength and a dialect.

    `required` maps a clause to the obligation values that must be witnessed before it conforms;
    `left_out` maps a clause to obligation values that no case can witness, whatever is sent; `unplanned` maps a
    clause that no case tries at all to the reason. `lower_bound` is the size of a set of positive
    obligations of which no two fit into one request; that a plain creation, and one with nothing but what is disputed,
    are accepted as they are is among them.
    """

    vendor: str
    strength: int
    cases: tuple[Case, ...]
    required: Mapping[str, tuple[str, ...]] = dataclass_field(default_factory=dict)
    left_out: Mapping[str, tuple[str, ...]] = dataclass_field(default_factory=dict)
    unplanned: Mapping[str, str] = dataclass_field(default_factory=dict)
    lower_bound: int = 0
    probe: str = ""
    """The positive case that tells whether the vendor speaks this dialect; "" where no request is disputed."""
    dialect: Mapping[str, str] = dataclass_field(default_factory=dict)

    @property
    def billed(self) -> int:
        """Paid creations that the plan expects."""
        return sum(case.billed for case in self.cases)

    def beyond(self, max_billed: int) -> tuple[Witness, ...]:
        """The obligations that no case shows any more once so many paid creations are sent, in order."""
        kept: set[Witness] = set()
        every: dict[Witness, None] = {}
        left = max_billed
        for case in self.cases:
            shown = (*case.witnesses, *case.combinations)
            every |= dict.fromkeys(shown)
            if case.billed <= left:
                left -= case.billed
                kept.update(shown)
        return tuple(witness for witness in every if witness not in kept)
