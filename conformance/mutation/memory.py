"""Has a trace like this one been judged before?"""

from __future__ import annotations

from collections import OrderedDict
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

    What is remembered goes by everything that a judge can see: the contract, the case, and each exchange as it stands.
    """

    def __init__(self) -> None:
        self._seen: OrderedDict[Any, tuple[Contract, Case, tuple[Observation, ...]]] = OrderedDict()
        self.found = 0
        """How often a trace had been judged before."""

    def observe(self, contract: Contract, case: Case, trace: Trace) -> tuple[Observation, ...]:
        """What one trace says, by `judging.observe`."""
        # Contract and case are kept beside the answer, so that no other object gets their identity meanwhile.
        # The whole trace, whatever an exchange is made of: a part left out would be a verdict taken from another trace.
        key = (id(contract), id(case), sha256(repr(trace).encode(errors="surrogatepass")).digest())
        known = self._seen.get(key)
        if known is not None:
            self.found += 1
            self._seen.move_to_end(key)
            return known[2]
        said = observe(contract, case, trace)
        self._seen[key] = contract, case, said
        if len(self._seen) > _MOST:
            self._seen.popitem(last=False)
        return said
