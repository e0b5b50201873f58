"""What does the client give back?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from conformance.errors import UsageError

__all__ = ["Downloaded", "Prepared", "Price", "Result", "Snapshot", "Task", "Uploaded"]

Phase = Literal["running", "succeeded", "failed", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a creation costs by the documents: each amount that a page names, least first; none where none does."""

    amounts: tuple[float, ...] = ()
    unit: str = ""

    def __str__(self) -> str:
        if not self.amounts:
            return "a price that is not documented"
        listed = " or ".join(f"{amount:g}" for amount in self.amounts)
        return f"{listed} {self.unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """
    A creation as it would be sent, found to be permitted. It has no key in it.

    Args:
        request: By the vendor's field path, in every location.
        dialect: Which answer was taken to each dispute that the request is about.
        pixels: The sizes that the documents promise for the pictures; empty where they promise none.
    """

    vendor: str
    model: str
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: Mapping[str, Any]
    request: Mapping[str, Any]
    dialect: Mapping[str, str]
    price: Price
    pixels: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """
    A task at the vendor.

    Args:
        request: What was asked for, by the vendor's field path; empty for a task known by its id alone.
        cost: What the reply to the creation says was charged; None where it says nothing.
        raw: The reply to the creation.
    """

    vendor: str
    id: str
    model: str = ""
    request: Mapping[str, Any] = field(default_factory=dict)
    price: Price = Price()
    pixels: tuple[tuple[int, int], ...] = ()
    cost: float | None = None
    idempotency_key: str = ""
    raw: Any = field(default=None, repr=False)

    def to_json(self) -> str:
        """The task as text, to go on with it later or elsewhere."""
        kept = {
            "vendor": self.vendor,
            "id": self.id,
            "model": self.model,
            "request": dict(self.request),
            "price": {"amounts": list(self.price.amounts), "unit": self.price.unit},
            "pixels": [list(size) for size in self.pixels],
            "cost": self.cost,
            "idempotency_key": self.idempotency_key,
            "raw": self.raw,
        }
        return json.dumps(kept, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Task:
        """
        The task that `to_json` wrote.

        Raises:
            UsageError: It did not.
        """
        try:
            kept = json.loads(text)
            price = kept.pop("price")
            return cls(
                price=Price(amounts=tuple(price["amounts"]), unit=price["unit"]),
                pixels=tuple((int(w), int(h)) for w, h in kept.pop("pixels")),
                **kept,
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise UsageError("this is no task as Task.to_json writes it") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """
    What one reply says of a task.

    Args:
        state: The vendor's own word or number; None where the reply has none.
        progress: From 0 to 1.
        cost: What the reply says was charged, in the contract's unit.
        refunded: Whether the reply says that the charge was given back; None where it says nothing.
        completed_s: When it ended, in seconds since the epoch; `expires_s` until when results can be fetched.
    """

    task_id: str
    state: str | int | None
    phase: Phase
    progress: float | None = None
    urls: tuple[str, ...] = ()
    cost: float | None = None
    refunded: bool | None = None
    failure_code: str = ""
    failure_message: str = ""
    completed_s: float | None = None
    expires_s: float | None = None
    raw: Any = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """
    The pictures of a task that has succeeded: at least one.

    Args:
        pixels: The sizes that the documents promise for them; empty where they promise none.
        cost: What the vendor's replies say was charged, in `unit`; None where they say nothing.
        expires_s: Until when the URLs work, in seconds since the epoch, as the reply or the documents say.
        raw: The replies to the creation and to the last status query.
    """

    vendor: str
    task_id: str
    urls: tuple[str, ...]
    model: str = ""
    pixels: tuple[tuple[int, int], ...] = ()
    cost: float | None = None
    unit: str = ""
    price: Price = Price()
    expires_s: float | None = None
    raw: tuple[Any, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloaded:
    """A picture that was fetched, opened and written."""

    path: Path
    url: str
    media_type: str
    width: int
    height: int
    body_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """A file that the vendor now has, at a URL that creations can name."""

    url: str
    media_type: str
    body_bytes: int
    raw: Any = field(default=None, repr=False)
