"""What is asked: how is it reached, with which key, and by which clock?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from conformance.contract.model import Contract
from conformance.errors import UsageError
from conformance.results.outcome import Target
from conformance.run.tape import (
    MAX_AGE_DAYS,
    NoTransport,
    Tape,
    TapeReceiver,
    base_url_of,
    check_cassette,
    without_secrets,
)
from conformance.simulator.app import simulate
from conformance.simulator.callbacks import in_process
from conformance.simulator.clock import Clock, RealClock, VirtualClock
from conformance.simulator.hooks import Hooks
from conformance.wire.addresses import is_loopback
from conformance.wire.receiver import DirectReceiver, HttpReceiver, Receiver
from conformance.wire.recordings import Cassette
from conformance.wire.transports import AsgiTransport, HttpTransport, Transport

__all__ = ["Endpoint", "checked_url", "embedded_target", "replayed_target", "url_target"]

RECORDED_KEY = "[redacted:key]"
"""What stands on a cassette in place of the key, and so is the key of a replay."""

_MOST_CONNECTIONS = 256
"""More than cases at a time: a request that waits for its turn might time out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """
    A target that can be asked.

    `base_url` stands in place of the documented scheme and host, without a slash at the end. `sequential`: one case
    after the other, because `sleep` moves the only clock there is. `receiver` is where callbacks can be sent to, None
    where nowhere. `tape` stands for the target where a cassette is replayed. A run closes the transport and the receiver when it is over.
    """

    target: Target
    transport: Transport
    clock: Clock
    base_url: str
    key: str = field(repr=False)
    sequential: bool = False
    receiver: Receiver | None = None
    tape: Tape | None = None

    @property
    def kind(self) -> str:
        """What answers, or answered when it was recorded: simulator, url or live."""
        return self.target.kind if self.tape is None else self.tape.cassette.kind or "url"


def embedded_target(
    contract: Contract,
    *,
    key: str = "test-key",
    choices: Mapping[str, str] | None = None,
    deviations: Iterable[str | Hooks] = (),
    faults: Iterable[str | Hooks] = (),
    simulated: Contract | None = None,
) -> Endpoint:
    """
    A simulator of the contract in this process, on a virtual clock: nobody waits.

    Args:
        simulated: Another contract for the simulator to keep, as a mutation run wants it.

    Raises:
        UsageError: A choice, a deviation or a fault is not known.
    """
    clock = VirtualClock()
    receiver = DirectReceiver()
    app = simulate(
        simulated or contract,
        clock=clock,
        choices=choices,
        deviations=deviations,
        faults=faults,
        key=key,
        deliver=in_process(receiver.deliver),
    )
    return Endpoint(
        target=Target(kind="simulator", base_url="", loopback=True),
        transport=AsgiTransport(app, clock.now),
        clock=clock,
        base_url=contract.base_url,
        key=key,
        sequential=True,
        receiver=receiver,
    )


def url_target(
    base_url: str,
    key: str,
    *,
    live: bool = False,
    callback_url: str = "",
    callback_port: int = 0,
    start_s: float | None = None,
) -> Endpoint:
    """
    A server at a base URL, whose path (if any) is a prefix.

    Args:
        live: It is the vendor itself.
        callback_url: A public address that leads to `callback_port` on this machine. Without it only a server on this
            machine can send us callbacks.
        start_s: What its clock shows at first, where a run goes on; None for the time on the wall.

    Raises:
        UsageError: It is no http or https URL.
    """
    plain = checked_url(base_url)
    loopback = is_loopback(plain)
    called = loopback or bool(callback_url)
    receiver = HttpReceiver(port=callback_port, public_url=callback_url) if called else None
    return Endpoint(
        target=Target(kind="live" if live else "url", base_url=plain, loopback=loopback),
        receiver=receiver,
        transport=HttpTransport(max_connections=_MOST_CONNECTIONS, home="" if loopback else plain),
        clock=RealClock(start_s=start_s),
        base_url=plain,
        key=key,
    )


def replayed_target(
    contract: Contract, cassette: Cassette, *, max_age_days: int = MAX_AGE_DAYS
) -> Endpoint:
    """
    What a cassette answers, under the conditions under which it was recorded. Nothing is sent.

    Args:
        max_age_days: A cassette that is older is called stale.

    Raises:
        UsageError: It cannot speak for this vendor.
    """
    check_cassette(cassette, contract.vendor)
    create = contract.operation("create")
    said = (
        f for operation in contract.operations for f in operation.fields if f.location == "header"
    )
    auth = [scheme.parameter.lower() for scheme in contract.auth]
    documented = frozenset(name.lower() for name in (*(f.path for f in said), *auth))
    if cassette.run is None:
        cassette = without_secrets(cassette, auth)
    tape = Tape(cassette=cassette, documented=documented, max_age_days=max_age_days)
    base_url = (
        tape.run.base_url or base_url_of(tape, create.path if create else "") or contract.base_url
    )
    simulated = cassette.kind == "simulator"
    calls = tape.run.callbacks
    return Endpoint(
        target=Target(
            kind="cassette",
            base_url="" if simulated else base_url,
            loopback=simulated or is_loopback(base_url),
        ),
        transport=NoTransport(),
        clock=tape.clock,
        base_url=base_url,
        key=RECORDED_KEY,
        sequential=True,
        receiver=TapeReceiver(
            base_url=str(calls.get("base_url", "")), assured=bool(calls.get("assured"))
        )
        if calls
        else None,
        tape=tape,
    )


def checked_url(base_url: str) -> str:
    """
    A base URL without a slash at its end.

    Raises:
        UsageError: It is none.
    """
    try:
        parts = urlsplit(base_url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise UsageError(f"found {base_url!r}, expected a base URL such as http://127.0.0.1:8000")
    if parts.query or parts.fragment or parts.username is not None or parts.password is not None:
        raise UsageError(
            f"found {base_url!r}, expected a base URL without a user, a query (?) and a fragment (#)"
        )
    return base_url.rstrip("/")
