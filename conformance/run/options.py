"""How is a run to be done?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from conformance.contract.model import Contract
from conformance.errors import CassetteInvalid

__all__ = [
    "RunOptions",
    "Waits",
    "overridden",
    "public_options",
    "recorded_options",
    "waits_for",
]

_DEADLINE_S = 300.0
_INTERVAL_S = 3.0
_NEARBY_S = 0.25
_LONGEST_GROWTH = 5.0  # undocumented: a long wait for a task may grow to so many intervals


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """
    What the user asked for. None is "as documented", or the default where no document says.

    Args:
        explore: How many requests to generate after the plan.
        fuzz: How many to have Schemathesis generate after that.
        repeat: How often the plan's cases are asked, in all.
        max_billed: The hard cap on paid creations; None for no cap, 0 sends none.
        budget: The hard cap on what they cost, in the unit that the contract prices in; None for none.
        concurrency: Cases at the same time, on sockets.
        timeout_s: How long a task is waited for.
        only: Globs over clause ids, with commas between them.
        image_urls: Reference images that the target can fetch.
        poll_sparingly: Poll the first few tasks as advised, the others first when those had ended; look again at the
            end only at the first few and at those that failed. For whoever runs a simulator many times.
        output: The folder whose `records/` the record goes to; None keeps it in memory.
    """

    strength: int = 1
    explore: int = 0
    fuzz: int = 0
    repeat: int = 1
    max_billed: int | None = None
    budget: float | None = None
    concurrency: int = 4
    poll_interval_s: float | None = None
    poll_delay_s: float | None = None
    poll_sparingly: bool = False
    timeout_s: float | None = None
    request_timeout_s: float = 60.0
    seed: int = 0
    only: str = ""
    image_urls: tuple[str, ...] = ()
    output: Path | None = None


def public_options(options: RunOptions) -> Mapping[str, Any]:
    """The options as they stand in the header of a record."""
    return {
        "strength": options.strength,
        "explore": options.explore,
        "fuzz": options.fuzz,
        "repeat": options.repeat,
        "max_billed": options.max_billed,
        "budget": options.budget,
        "concurrency": options.concurrency,
        "poll_interval_s": options.poll_interval_s,
        "poll_delay_s": options.poll_delay_s,
        "timeout_s": options.timeout_s,
        "request_timeout_s": options.request_timeout_s,
        "only": options.only,
        "image_urls": list(options.image_urls),
    }


def recorded_options(recorded: Mapping[str, Any], *, seed: int, output: Path | None) -> RunOptions:
    """
    The options of an earlier run, as `public_options` gave them. What is not known any more is left out.

    Raises:
        CassetteInvalid: One is not what it was.
    """
    known = {f.name: f for f in fields(RunOptions)}
    found: dict[str, Any] = {n: v for n, v in recorded.items() if n in known}
    images = found.get("image_urls", [])
    usual = RunOptions()
    for name, value in found.items():
        expected = getattr(usual, name)
        if name == "image_urls":
            right = isinstance(value, list) and all(isinstance(url, str) for url in value)
        elif isinstance(expected, str):
            right = isinstance(value, str)
        else:
            right = value is None or (isinstance(value, int | float) and value >= 0)
        if not right:
            raise CassetteInvalid(f"found the option {name} {value!r}, which no run has")
    return replace(
        RunOptions(), **{**found, "image_urls": tuple(images), "seed": seed, "output": output}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """
    How long a run waits, in seconds on the target's clock.

    Polls of one task come every `interval_s`, and after the tenth further and further apart, up to `longest_s`.
    """

    request_s: float
    task_s: float
    first_s: float
    interval_s: float
    longest_s: float

    def after_poll(self, number: int) -> float:
        """The wait after the poll of that number, counted from 1."""
        return min(self.longest_s, self.interval_s * 1.5 ** max(0, number - 10))


def waits_for(contract: Contract, options: RunOptions, *, nearby: bool = False) -> Waits:
    """
    The waits of a run: the user's, else as the documents advise.

    Args:
        nearby: The target is a server on this machine: where no document advises, nobody is spared by waiting.
    """
    polling = contract.polling
    usual = _NEARBY_S if nearby else _INTERVAL_S
    low, high = polling.interval_s or (usual, usual * _LONGEST_GROWTH)
    if options.poll_interval_s is not None:
        low = high = options.poll_interval_s
    first = polling.first_s[0] if polling.first_s else low
    if options.poll_delay_s is not None:
        first = options.poll_delay_s
    return Waits(
        request_s=options.request_timeout_s,
        task_s=_given(options.timeout_s, _given(polling.timeout_s, _DEADLINE_S)),
        first_s=first,
        interval_s=low,
        longest_s=high,
    )


def _given(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


def overridden(contract: Contract, options: RunOptions) -> Iterator[str]:
    """A sentence for each piece of the vendor's polling advice that the user set aside."""
    polling = contract.polling
    if options.poll_interval_s is not None and polling.interval_s is not None:
        yield (
            f"polled every {options.poll_interval_s:g} s, where the documents advise"
            f" {polling.interval_s[0]:g} to {polling.interval_s[1]:g} s"
        )
    if options.poll_delay_s is not None and polling.first_s is not None:
        yield (
            f"polled first after {options.poll_delay_s:g} s, where the documents advise"
            f" {polling.first_s[0]:g} to {polling.first_s[1]:g} s"
        )
