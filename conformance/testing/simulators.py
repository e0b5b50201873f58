"""How does a test of your own get a vendor that runs on this machine?"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.client.sync import Client
from conformance.contract.loading import load_contract
from conformance.contract.model import Contract
from conformance.simulator.app import Simulator, simulate
from conformance.simulator.clock import RealClock
from conformance.simulator.posting import LoopbackPost
from conformance.simulator.serve import serving

if TYPE_CHECKING:
    import pytest

__all__ = ["RunningSimulator", "asked_for", "contract_of", "running_simulator"]

_SPEED = 100.0
_MARKER = "conformance"
_HOW = ("deviations", "faults", "choices", "speed")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningSimulator:
    """
    A simulated vendor that answers at `url`, and takes `key` alone.

    Its tasks run `speed` times as fast as those of the vendor.
    """

    url: str
    contract: Contract
    app: Simulator
    speed: float

    @property
    def key(self) -> str:
        """The only key that it takes."""
        return self.app.key

    @property
    def creations(self) -> int:
        """How many creations were accepted; a repeated one under its idempotency key is none."""
        return self.app.creations

    @property
    def charged(self) -> float:
        """What they cost in all, in the unit that the contract prices in; refunds are not subtracted."""
        return self.app.charged

    @property
    def refunded(self) -> float:
        """What has been given back by now."""
        return self.app.refunded

    def client(self) -> Client:
        """A reference client that speaks to it, and waits as much less as the tasks are faster."""
        return Client(
            self.contract,
            api_key=self.key,
            base_url=self.url,
            clock=lambda: time.monotonic() * self.speed,
            sleep=lambda seconds: time.sleep(seconds / self.speed),
        )


@contextmanager
def running_simulator(
    contract: Contract,
    *,
    deviations: Iterable[str] = (),
    faults: Iterable[str] = (),
    choices: Mapping[str, str] | None = None,
    speed: float = _SPEED,
) -> Iterator[RunningSimulator]:
    """
    A simulator of the contract on a port of this machine, for as long as the context lasts.

    Args:
        deviations: How to break the contract, as `serve --break` has it.
        faults: Which trouble to make, as `serve --fault` has it.
        choices: Which of several documented answers to give, as `serve --choose` has it.
        speed: How many times faster than real time its tasks run.

    Raises:
        UsageError: One of these is not known.
    """
    app = simulate(
        contract,
        clock=RealClock(speed),
        choices=choices,
        deviations=deviations,
        faults=faults,
        deliver=LoopbackPost(),
    )
    with serving({contract.vendor: app}) as urls:
        yield RunningSimulator(url=urls[contract.vendor], contract=contract, app=app, speed=speed)


# --- what a test asks for ---


def contract_of(request: pytest.FixtureRequest) -> Contract:
    """The contract that the marker of a test names, else the one in the ini file."""
    import pytest

    marker = request.node.get_closest_marker(_MARKER)
    named = marker.args[0] if marker is not None and marker.args else ""
    named = named or (marker.kwargs.get("vendor", "") if marker is not None else "")
    named = named or request.config.getini("conformance_vendor")
    if not named:
        pytest.fail(
            'say which vendor is meant: @pytest.mark.conformance("aigptimage") on the test, or conformance_vendor in'
            " the ini file",
            pytrace=False,
        )
    return load_contract(named)


def asked_for(request: pytest.FixtureRequest) -> dict[str, Any]:
    """How the marker wants the simulator."""
    import pytest

    marker = request.node.get_closest_marker(_MARKER)
    given = dict(marker.kwargs) if marker is not None else {}
    given.pop("vendor", None)
    unknown = sorted(set(given) - set(_HOW))
    if unknown:
        pytest.fail(
            f"@pytest.mark.conformance knows no {unknown[0]!r}; it takes the vendor, {', '.join(_HOW)}",
            pytrace=False,
        )
    return given
