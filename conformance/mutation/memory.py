"""Has a trace like this one been judged before?"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from hashlib import sha256
from typing import Any

from conformance.contract.model import Contract
from conformance.judging.observe import observe
from conformance.results.cases import Case
from conformance.results.verdicts import Observation
from conformance.wire.exchange import Trace

__all__ = ["Memory"]

_MOST = 2048


class Memory:
    """
    `observe`, which is pure, remembered: most traces of a mutant are those of the unmutated simulator.

    What is remembered goes by everything that a judge is shown: the contract, the case, and each exchange. It is shown
    exchanges that are numbered by their place in the trace, and times that say which came first; for what a run asked
    before makes no difference to what a trace says.
    """

    def __init__(self) -> None:
        self._seen: OrderedDict[Any, _Known] = OrderedDict()
        self._cases: OrderedDict[int, tuple[Case, bytes]] = OrderedDict()
        self.found = 0
        """How often a trace had been judged before."""

    def observe(self, contract: Contract, case: Case, trace: Trace) -> tuple[Observation, ...]:
        """What one trace says, by `judging.observe`."""
        plain = _plain(trace)
        # The whole trace, whatever an exchange is made of: a part left out would be a verdict taken from another trace.
        key = (id(contract), self._digest_of(case), _digest(plain))
        known = self._seen.get(key)
        if known is not None:
            self.found += 1
            self._seen.move_to_end(key)
        else:
            known = self._seen[key] = _Known(contract, observe(contract, case, plain))
            if len(self._seen) > _MOST:
                self._seen.popitem(last=False)
        return known.named(tuple(e.id for e in trace.exchanges))

    def _digest_of(self, case: Case) -> bytes:
        """The digest of a case. Most are those of the plan, the very same in each run."""
        known = self._cases.get(id(case))
        if known is None:
            known = self._cases[id(case)] = case, _digest(case)
            if len(self._cases) > _MOST:
                self._cases.popitem(last=False)
        return known[1]


class _Known:
    """
    What was said of a trace.

    The contract is kept beside it, so that no other object gets its identity meanwhile.
    """

    def __init__(self, contract: Contract, said: tuple[Observation, ...]) -> None:
        self._contract = contract
        self._said = said
        self._named: tuple[tuple[str, ...], tuple[Observation, ...]] = ((), ())

    def named(self, names: tuple[str, ...]) -> tuple[Observation, ...]:
        """The same about exchanges of these names."""
        if self._named[0] != names:
            told = (
                replace(o, exchanges=tuple(names[int(place)] for place in o.exchanges))
                for o in self._said
            )
            self._named = names, tuple(told)
        return self._named[1]


def _digest(thing: Any) -> bytes:
    return sha256(repr(thing).encode(errors="surrogatepass")).digest()


def _plain(trace: Trace) -> Trace:
    """The trace with places for names, and ranks for times."""
    times = sorted({e.started_s for e in trace.exchanges})
    ranks = {started_s: float(rank) for rank, started_s in enumerate(times)}
    exchanges = tuple(
        replace(e, id=str(place), started_s=ranks[e.started_s])
        for place, e in enumerate(trace.exchanges)
    )
    return replace(trace, exchanges=exchanges)
