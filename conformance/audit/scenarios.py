"""Which trouble does a client meet in an audit, and how fast do tasks run meanwhile?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from conformance.contract.model import Contract
from conformance.errors import UsageError
from conformance.simulator.choices import nearest_hint
from conformance.simulator.lifecycle import Timetable

__all__ = ["PLAIN", "SCENARIOS", "Scenario", "chosen", "task_speed"]

_SLOW_S = 45.0
_SLOW_SHARE = 0.75
_USUAL_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """
    One run of the program, with one sort of trouble.

    Args:
        faults: Those of the simulator.
        hurry: How many times as fast as usual tasks run: where only the trouble counts, nobody needs to wait for them.
        slow: Tasks take most of the time that a client is documented to wait for them.
        ends: Whether the task may end without pictures, so that another one is no mistake.
    """

    name: str
    says: str
    faults: tuple[str, ...] = ()
    hurry: float = 1.0
    slow: bool = False
    ends: bool = False


PLAIN = Scenario(name="plain", says="no trouble")

_ALL = (
    Scenario(
        name="429",
        says="the first two creations and status queries are refused with 429",
        faults=("rate-limited",),
        hurry=3,
    ),
    Scenario(
        name="retry-after",
        says="the first creation and status query are refused with 429 and Retry-After: 2",
        faults=("retry-after",),
        hurry=3,
    ),
    Scenario(
        name="5xx-create",
        says="a creation is answered with 500 before anything was done",
        faults=("server-error-once=1",),
        hurry=3,
    ),
    Scenario(
        name="5xx-after-create",
        says="a creation is done, and answered with 504 and a page of HTML",
        faults=("gateway-timeout",),
        hurry=3,
    ),
    Scenario(
        name="reset-after-create",
        says="a creation is done, and the connection closed without a reply",
        faults=("reset-after-create",),
        hurry=3,
    ),
    Scenario(
        name="5xx-poll",
        says="the first two status queries are answered with 502 or 500",
        faults=("bad-gateway",),
    ),
    Scenario(
        name="slow",
        says="every reply takes a second, and tasks take most of the time that clients are told to wait",
        slow=True,
    ),
    Scenario(name="failed-task", says="tasks fail", faults=("failed-task",), hurry=3, ends=True),
    Scenario(
        name="unknown-state",
        says="running tasks are at first in a state that no document lists",
        faults=("unknown-state",),
    ),
    Scenario(
        name="extra-fields",
        says="every object in a reply has a field that no document knows",
        faults=("extra-fields",),
        hurry=3,
    ),
    Scenario(
        name="html-body",
        says="the first status query is answered with 200 and a page of HTML",
        faults=("html",),
    ),
    Scenario(
        name="expired-result",
        says="results are gone",
        faults=("expired-result",),
        hurry=3,
        ends=True,
    ),
    Scenario(name="400", says="creations are refused as invalid", faults=("refused",)),
    Scenario(name="401", says="creations are refused as without a key", faults=("unauthorized",)),
    Scenario(name="402", says="the account is empty", faults=("empty-account",)),
)
SCENARIOS: Mapping[str, Scenario] = {each.name: each for each in _ALL}
"""Every sort of trouble by name, in the order in which they are tried."""


def chosen(names: Iterable[str]) -> tuple[Scenario, ...]:
    """
    The scenarios of these names, in their own order; `all` and `none` are names, too.

    Raises:
        UsageError: There is none of that name; names the nearest.
    """
    asked = set(names)
    known = {*SCENARIOS, "all", "none"}
    for name in asked - known:
        raise UsageError(
            f"--faults: unknown fault {name!r}{nearest_hint(name, known)}; --list-faults lists them"
        )
    return tuple(s for s in _ALL if "all" in asked or s.name in asked)


def task_speed(contract: Contract, scenario: Scenario, *, tasks: float, waits: float) -> float:
    """
    How many times faster than documented tasks run on the wall clock.

    Args:
        tasks: How many times faster they shall.
        waits: How many times shorter the client's own waits are than it means them to be.
    """
    if not scenario.slow:
        return tasks * scenario.hurry
    asked = [float(a.asks["patience_s"]) for a in contract.advice if "patience_s" in a.asks]
    wanted_s = min(_SLOW_SHARE * min(asked, default=_USUAL_PATIENCE_S), _SLOW_S * max(1.0, waits))
    usual_s = Timetable(contract).total_s or wanted_s
    return waits * min(1.0, usual_s / wanted_s)
