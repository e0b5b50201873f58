"""Does a task move through documented states, and stay where it ended?"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.contract.clauses import shown
from conformance.judging.context import Look
from conformance.judging.outcomes import classify, task_state
from conformance.results.verdicts import Observation, Outcome

__all__ = ["paths", "states", "terminal"]

_FIRST_ERROR = 400


def states(look: Look) -> Iterator[Observation]:
    """Each state seen is documented. Which are skipped, and in which order they come, is nobody's promise."""
    for clause in look.clauses("states"):
        for exchange, _ in look.polls:
            state = task_state(look.contract, exchange)
            if state is not None:
                known = ", ".join(shown(s.value) for s in look.contract.states)
                problem = (
                    f"expected one of {known}, got {shown(state[0])}"
                    if state[1] == "unknown"
                    else None
                )
                yield look.says(clause, problem, exchange)


def terminal(look: Look) -> Iterator[Observation]:
    """A task that has ended is in the same state whenever it is asked about again."""
    for clause in look.clauses("terminal"):
        ended = None
        for exchange, _ in look.polls:
            state = task_state(look.contract, exchange)
            if state is None:
                continue
            if ended is None:
                ended = (state, exchange) if state[1] in ("succeeded", "failed") else None
                continue
            changed = str(state[0]) != str(ended[0][0])
            problem = f"expected the task to stay {shown(ended[0][0])}, got {shown(state[0])} later"
            yield look.says(clause, problem if changed else None, ended[1], exchange)


def paths(look: Look) -> Iterator[Observation]:
    """The documented method and path answer."""
    for clause in look.clauses("path", look.case.operation):
        second = any(look.case.send.path == s.path for s in clause.thing.second_paths)
        if look.outcome.kind == "accepted" and not second:
            yield look.says(clause, None, look.asked[-1])
    for clause in look.clauses("content-type", look.case.operation):
        if look.outcome.kind == "accepted":
            yield look.says(clause, None, look.asked[-1])
    # The task of a repeated key is not fresh: how long an old one can be asked about is not said.
    fresh = look.case.operation == "create" and not look.case.repeats
    if fresh and look.outcome.kind == "accepted":
        yield from _status_path(look)


def _status_path(look: Look) -> Iterator[Observation]:
    """A fresh task of one's own is found under the documented path."""
    asked = look.phase("poll")
    kinds = [(e, classify(look.contract, "status", e)) for e in asked]
    for clause in look.clauses("path", "status"):
        if any(o.kind == "accepted" for _, o in kinds):
            yield look.says(clause, None, next(e for e, o in kinds if o.kind == "accepted"))
        elif kinds and all(_is_elsewhere(o) for _, o in kinds):
            exchange, outcome = kinds[-1]
            problem = f"expected the status of the task just created at {clause.subject}, got HTTP {outcome.http}"
            if outcome.kind == "malformed" and outcome.detail:
                problem += f" with {outcome.detail}"
            yield look.says(clause, problem, exchange)


def _is_elsewhere(outcome: Outcome) -> bool:
    """Whether an answer could be that of another place. An error without a code inside a success is the task's own."""
    own = outcome.http < _FIRST_ERROR and not outcome.in_envelope
    return outcome.kind == "malformed" or (outcome.kind == "refused" and not own)
