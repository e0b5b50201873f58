"""What does a project say about its checks: whom to ask where, at what cost, and what is known to be wrong?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date
from typing import Literal

__all__ = ["Caps", "Config", "Deviation", "Held", "Holding", "Ratchet", "TargetSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """What may be paid for; None for no cap."""

    max_billed: int | None = None
    budget: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSettings:
    """
    Where one vendor is asked. With neither an address nor `live` nor `replay`: the embedded simulator.

    `line` is where it stands in the file.
    """

    base_url: str = ""
    live: bool = False
    replay: bool = False
    image_urls: tuple[str, ...] = ()
    caps: Caps = Caps()
    line: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """
    What is known to be violated, and excused until a day.

    `clause` is an id, or a pattern. `expires` is the last day of it. `line` is where it stands in the file.
    """

    clause: str
    reason: str
    owner: str
    expires: date
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """
    One `conformance.toml`, or the table `tool.conformance` of a pyproject.toml.

    `vendors` are names, or paths of contracts that begin where the file is.
    """

    file: str
    vendors: tuple[str, ...] = ()
    vendors_line: int = 1
    fail_on: str = ""
    caps: Caps = Caps()
    targets: Mapping[str, TargetSettings] = dataclass_field(default_factory=dict)
    known: tuple[Deviation, ...] = ()


Held = Literal["known", "expired", "begun to pass", "not tried"]
"""What became of a deviation: `known` excuses what it names; the next two fail; `not tried` says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A deviation of the baseline in one run: `violated` are the clauses that it names and that are violated."""

    vendor: str
    deviation: Deviation
    state: Held
    clauses: tuple[str, ...]
    violated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratchet:
    """What a baseline makes of a run: `new` are the violations that nothing excuses."""

    file: str
    holdings: tuple[Holding, ...]
    new: tuple[str, ...]

    @property
    def excused(self) -> Mapping[str, Deviation]:
        """The violations that are known, each with what excuses it."""
        return {
            name: h.deviation for h in self.holdings if h.state == "known" for name in h.violated
        }

    @property
    def failing(self) -> tuple[Holding, ...]:
        """What has to be changed in the file: it can only get shorter, or be renewed by somebody who looked."""
        return tuple(h for h in self.holdings if h.state in ("expired", "begun to pass"))
