"""What does a judge look at: one case, its trace, and the clauses of the contract?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import cached_property
from typing import Any

from conformance.contract.clauses import Clause, derive_clauses
from conformance.contract.model import Contract
from conformance.contract.paths import find
from conformance.judging.outcomes import body_of_delivery, body_of_reply, classify, task_state
from conformance.results.cases import Case
from conformance.results.verdicts import Observation, Outcome
from conformance.wire.exchange import Exchange, Trace

__all__ = ["OUTAGE", "Look", "Topics", "topics_of"]

OUTAGE = "outage"
"""The fact of a trace that from its first server error on nothing but trouble was heard from the target."""

Topics = dict[str, list[Clause]]

_TOPICS: dict[int, tuple[Contract, Topics]] = {}


def topics_of(contract: Contract) -> Topics:
    """The clauses by topic. Kept for the contracts last asked about, since every trace asks."""
    cached = _TOPICS.get(id(contract))
    if cached is not None and cached[0] is contract:
        return cached[1]
    found: Topics = {}
    for clause in derive_clauses(contract):
        found.setdefault(clause.topic, []).append(clause)
    if len(_TOPICS) > 64:
        _TOPICS.clear()
    _TOPICS[id(contract)] = (contract, found)
    return found


@dataclass(frozen=True, kw_only=True)
class Look:
    """One case and what came of it. Exchanges are in the order sent."""

    contract: Contract
    case: Case
    trace: Trace
    topics: Topics = dataclass_field(default_factory=dict)

    def clauses(self, topic: str, operation: str = "") -> Iterator[Clause]:
        """The clauses of a topic, of one operation or of all. None that no run can try."""
        for clause in self.topics.get(topic, ()):
            if not clause.untestable and operation in ("", clause.operation):
                yield clause

    def phase(self, *names: str) -> list[Exchange]:
        """The exchanges sent for one of these purposes."""
        return [e for e in self.trace.exchanges if e.phase in names]

    @cached_property
    def asked(self) -> list[Exchange]:
        """The exchanges that put the case's own question: more than one where it had to be asked again."""
        return self.phase("create", "status", "upload", "batch", "balance")

    @cached_property
    def outcome(self) -> Outcome:
        """How the case's own question was answered in the end."""
        if not self.asked:
            return Outcome(kind="unsent")
        return classify(self.contract, self.case.operation, self.asked[-1])

    @cached_property
    def persistent(self) -> bool:
        """Asked at least twice and each time in trouble, while the target answered others."""
        kinds = [classify(self.contract, self.case.operation, e).kind for e in self.asked]
        return not self.outage and len(kinds) >= 2 and all(kind == "trouble" for kind in kinds)

    @property
    def outage(self) -> bool:
        """Whether the target was out of order for all that this trace and the rest of the run tell."""
        return bool(self.trace.facts.get(OUTAGE))

    @cached_property
    def polls(self) -> list[tuple[Exchange, Any]]:
        """The status replies about the case's task that were answered, each with its body."""
        found = []
        for exchange in self.phase("poll", "repoll"):
            if classify(self.contract, "status", exchange).kind == "accepted":
                found.append((exchange, body_of_reply(exchange)))
        return found

    @cached_property
    def deliveries(self) -> list[Exchange]:
        """
        The callbacks about the case's task, in the order they came.

        One that names another task is nobody's business, unless none came that names this one.
        """
        callback = self.contract.callback
        if callback is None or self.outcome.kind != "accepted":
            return []
        posts = [e for e in self.phase("callback") if e.request.method == callback.operation.method]
        paths = [f.path for f in callback.operation.reply if f.echoes == "$task_id"]
        own = [
            e
            for e in posts
            if self.outcome.task_id in [str(v) for p in paths for v in find(body_of_delivery(e), p)]
        ]
        return own or ([] if self.is_sent_twice else posts)

    @cached_property
    def is_sent_twice(self) -> bool:
        """Whether more than one creation was sent that may have made a task: of the first we may never have heard."""
        kinds = [classify(self.contract, "create", e).kind for e in self.phase("create")]
        return sum(k not in ("throttled", "active-limit", "not-sent", "refused") for k in kinds) > 1

    @property
    def callback_facts(self) -> Mapping[str, Any]:
        """What the run knows about the callbacks of this case; empty where none was asked for."""
        found: Mapping[str, Any] = self.trace.facts.get("callback", {})
        return found

    @cached_property
    def final(self) -> str:
        """The phase in which the task was last seen before the run turned away; "" if never."""
        phases = [task_state(self.contract, e) for e, _ in self.polls if e.phase == "poll"]
        ended = [s[1] for s in phases if s is not None and s[1] in ("succeeded", "failed")]
        seen = [s[1] for s in phases if s is not None]
        return ended[0] if ended else seen[-1] if seen else ""

    def says(
        self,
        clause: Clause,
        problem: str | None,
        *exchanges: Exchange,
        value: str = "",
        follows: str = "",
        **facts: Any,
    ) -> Observation:
        """The observation that a clause is kept (`problem` None) or broken."""
        return Observation(
            clause=clause.id,
            verdict="conforms" if problem is None else "violates",
            value=value,
            message=problem or "",
            case=self.case.id,
            exchanges=tuple(e.id for e in exchanges),
            follows=follows,
            facts=facts,
        )

    def depends(self, clause: Clause, other: str, *exchanges: Exchange) -> Observation:
        """The observation that nothing can be said of a clause, because of another that is broken."""
        return Observation(
            clause=clause.id,
            verdict="inconclusive",
            reason=f"depends on {other}",
            case=self.case.id,
            exchanges=tuple(e.id for e in exchanges),
        )
