"""
What does a cassette answer to the requests of a run?

Equal requests have their recordings in the order in which they were made, and none answers twice. Of several, those of
the same case and phase come first: with the same plan each request has the answer that it had.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from conformance.errors import NotSent, UsageError
from conformance.wire.exchange import Exchange, Reply, Request
from conformance.wire.matching import Difference, exactly, nearest, parts_of_request
from conformance.wire.provenance import Provenance
from conformance.wire.recordings import Cassette
from conformance.wire.redaction import Redactor

__all__ = [
    "MAX_AGE_DAYS",
    "REFUSED_KEY",
    "Miss",
    "NoTransport",
    "Tape",
    "TapeClock",
    "TapeReceiver",
    "base_url_of",
    "check_cassette",
]

MAX_AGE_DAYS = 30
"""A cassette that is older is called stale, unless the user says else."""

_MOST_NEAREST = 2
_MOST_EXPLAINED = 200  # to compare everything with everything takes its time
_KEY_PLACES = ("authorization", "api-key", "x-api-key")
REFUSED_KEY = (401, 403)
"""Whose key was refused is not known of what somebody else recorded, so that nothing follows from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """A request that a cassette has no answer to, and the recordings that come nearest."""

    case: str
    request: str
    nearest: tuple[tuple[str, tuple[Difference, ...]], ...] = ()

    def __str__(self) -> str:
        if not self.nearest:
            return f"{self.request} of {self.case}: nothing like it is recorded"
        exchange, found = self.nearest[0]
        said = "; ".join(map(str, found[:3])) or "recorded once, and taken already"
        more = f" and {len(found) - 3} more" if len(found) > 3 else ""
        return f"{self.request} of {self.case}: nearest is {exchange} ({said}{more})"


@dataclass(slots=True)
class TapeClock:
    """A clock that is set to the times of recordings, and in between moves when somebody waits."""

    now_s: float = 0.0

    def now(self) -> float:
        """Seconds since the epoch, as they were."""
        return self.now_s

    def set(self, to_s: float) -> None:
        """It is that late. What was waited for to the moment is not undone by a rounding."""
        if not 0 <= self.now_s - to_s < 0.001:
            self.now_s = to_s

    async def sleep(self, seconds: float) -> None:
        """Nobody waits."""
        self.now_s += max(0.0, seconds)

    def call_at(self, when_s: float, action: Any) -> None:
        """Nothing happens by itself on a tape."""
        raise NotImplementedError  # a run asks no clock of a server to act


@dataclass(slots=True)
class TapeReceiver:
    """Where callbacks came to when the cassette was recorded. Nothing comes any more."""

    base_url: str
    assured: bool
    tunnelled: bool = False
    port: int = 0

    async def open(self, take: Any) -> None:
        """Nothing to do."""

    async def aclose(self) -> None:
        """Nothing to do."""


class NoTransport:
    """Stands where a replay has nothing to send with."""

    async def send(self, request: Request, *, timeout_s: float, max_body_bytes: int) -> Reply:  # noqa: ARG002  # as a transport has it
        """
        Never.

        Raises:
            NotSent: Always.
        """
        raise NotSent("a replay sends nothing", kind="connect")

    async def aclose(self) -> None:
        """Nothing to do."""


@dataclass(kw_only=True)
class Tape:
    """
    A cassette while it is replayed.

    Args:
        cassette: What was recorded. One that no run of ours recorded is *plain*: it is matched by what the requests
            ask for, and not by what names its sender.
        documented: Names of headers, in lower case, that say something to the vendor.
    """

    cassette: Cassette
    documented: frozenset[str] = frozenset()
    max_age_days: int = MAX_AGE_DAYS
    clock: TapeClock = field(default_factory=TapeClock)
    misses: dict[str, Miss] = field(default_factory=dict)
    """By case, the first request of each that is not recorded."""

    def __post_init__(self) -> None:
        self._taken: set[int] = set()
        self._same: dict[Hashable, list[int]] = defaultdict(list)
        for number, exchange in enumerate(self.exchanges):
            if exchange.phase != "callback":
                for key in self._keys(exchange.request, recorded=True, exchange=exchange):
                    self._same[key].append(number)
        if self.exchanges:
            self.clock.now_s = min(e.started_s for e in self.exchanges)

    @cached_property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Everything on it, in order."""
        return self.cassette.exchanges

    @property
    def run(self) -> Provenance:
        """The run that it was recorded under; an empty one where there was none."""
        return self.cassette.run or Provenance()

    @property
    def is_plain(self) -> bool:
        """Whether somebody else recorded it."""
        return self.cassette.run is None

    def take(self, case: str, phase: str, request: Request) -> tuple[int, Exchange] | None:
        """The recording that answers a request, and its number; it answers no other. None where there is none."""
        number = self._find(case, phase, request)
        if number is None:
            return None
        self._taken.add(number)
        return number, self.exchanges[number]

    def has(self, case: str, phase: str, request: Request) -> bool:
        """Whether anything would answer."""
        return self._find(case, phase, request) is not None

    def miss(self, case: str, request: Request) -> Miss:
        """Note that a request has no answer."""
        path = request.url.partition("://")[2].partition("/")[2].partition("?")[0]
        name = f"{request.method} /{path}"
        near = self._nearest(request) if len(self.misses) < _MOST_EXPLAINED else ()
        return self.misses.setdefault(case, Miss(case=case, request=name, nearest=near))

    def left(self) -> Iterator[Exchange]:
        """What nothing has asked for, in order."""
        for number, exchange in enumerate(self.exchanges):
            if number not in self._taken and exchange.phase != "callback":
                yield exchange

    def callbacks_before(self, case: str, number: int | None = None) -> Iterator[Exchange]:
        """The callbacks about a case that came before a recording, or all, and were not given before."""
        for place, exchange in enumerate(self.exchanges[:number]):
            if exchange.phase == "callback" and exchange.case == case and place not in self._taken:
                self._taken.add(place)
                yield exchange

    def _find(self, case: str, phase: str, request: Request) -> int | None:
        for key in self._keys(request, recorded=False):
            free = [n for n in self._same.get(key, ()) if n not in self._taken]
            if free:
                return min(free, key=lambda n: (*self._distance(n, case, phase), n))
        return None

    def _distance(self, number: int, case: str, phase: str) -> tuple[bool, bool]:
        exchange = self.exchanges[number]
        return exchange.case != case, exchange.phase != phase

    def _keys(
        self, request: Request, *, recorded: bool, exchange: Exchange | None = None
    ) -> Iterator[Hashable]:
        if not self.is_plain:
            yield exactly(request)
            yield frozenset(parts_of_request(request).items())
            return
        status = exchange.reply.status if exchange is not None and exchange.reply else 0
        if (recorded or _has_right_key(request)) and status not in REFUSED_KEY:
            parts = parts_of_request(request)
            yield frozenset((n, v) for n, v in parts.items() if self._is_asked(n))

    def _is_asked(self, place: str) -> bool:
        """Whether it is part of the question, and not of who asks, or how."""
        kind, _, name = place.partition(" ")
        if kind == "header":
            return name in self.documented and name not in _KEY_PLACES
        return kind != "query" or name not in self.documented

    @cached_property
    def _parts(self) -> tuple[list[Exchange], list[Mapping[str, str]]]:
        asked = [e for e in self.exchanges if e.phase != "callback"]
        return asked, [parts_of_request(e.request) for e in asked]

    def _nearest(self, request: Request) -> tuple[tuple[str, tuple[Difference, ...]], ...]:
        exchanges, parts = self._parts
        found = nearest(parts_of_request(request), parts, _MOST_NEAREST)
        return tuple((exchanges[number].id, differing) for number, differing in found)


def _has_right_key(request: Request) -> bool:
    """Whether a request of ours has the key, and not a wrong one or none: of a recorded one nobody knows."""
    said = (request.url, *(value for _, value in request.headers))
    return any("[redacted:key]" in text for text in said) or request.method == "GET"


def check_cassette(cassette: Cassette, vendor: str) -> None:
    """
    Refuse a cassette that cannot speak for a vendor.

    Raises:
        UsageError: It is another vendor's, or restates documents.
    """
    if cassette.kind == "documented":
        raise UsageError(
            f"{cassette.file} restates what documents show; it is no recording, `lint` holds it against the contract"
        )
    if cassette.vendor and cassette.vendor != vendor:
        raise UsageError(f"{cassette.file} is of {cassette.vendor}, expected one of {vendor}")


def base_url_of(tape: Tape, path: str) -> str:
    """What stands before a path in the first recording that asks for it; "" where none does."""
    for exchange in tape.exchanges if path else ():
        url = exchange.request.url.partition("?")[0]
        if url.endswith(path):
            return url.removesuffix(path)
    return ""


def without_secrets(cassette: Cassette, auth: Sequence[str]) -> Cassette:
    """
    What somebody else recorded, as we would have: the key that they sent is our key now.

    Args:
        auth: The names of headers and query parameters that present a key, in lower case.
    """
    said = [
        (name, value)
        for exchange in cassette.exchanges
        for name, value in (
            *exchange.request.headers,
            *parse_qsl(urlsplit(exchange.request.url).query),
        )
    ]
    keys = dict.fromkeys(value.rpartition(" ")[2] for name, value in said if name.lower() in auth)
    secrets = {f"key {number}" if number else "key": key for number, key in enumerate(keys)}
    redactor = Redactor(secrets, header_names=auth)
    clean = (
        replace(recording, exchange=redactor.redact_exchange(recording.exchange))
        for recording in cassette.recordings
    )
    return replace(cassette, recordings=tuple(clean))
