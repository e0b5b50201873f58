"""How does a task go, from its creation to the end of its result?"""

from __future__ import annotations

from conformance.comparing.reading import Fact, Question, Reading
from conformance.contract.model import State

__all__ = ["LIFECYCLE"]


def _mode(said: Reading) -> Fact | None:
    told = said.reply("create", "task_id")
    if told:
        return Fact.of("a task that is polled", said.reply_clauses("create", told[0].path))
    given = said.reply("create", "results")
    if given:
        return Fact.of("the reply has the picture", said.reply_clauses("create", given[0].path))
    return None


def _states(said: Reading) -> Fact | None:
    states = said.contract.states
    running = [_word(s) for s in states if s.phase == "running"]
    ended = [_word(s) for s in states if s.phase != "running"]
    if not ended:
        return None
    last = " or ".join([", ".join(ended[:-1]), ended[-1]]) if len(ended) > 1 else ended[0]
    begins = f"{', '.join(running)}; " if running else ""
    return Fact.of(f"{begins}ends in {last}", said.named("status.state.enum"))


def _word(state: State) -> str:
    """A state as it stands in the reply; a number with what it means."""
    return f"{state.value} {state.means}" if isinstance(state.value, int) else state.value


def _lifetime(said: Reading) -> Fact | None:
    promises = said.contract.expiry
    if not promises:
        return None
    hours = promises[0].lifetime_s / 3600
    return Fact.of(f"{hours:g} hours", said.named("result.expiry"))


LIFECYCLE = (
    Question(id="mode", asks="Is the picture in the reply, or is there a task to poll?", read=_mode, about=("result itself",)),
    Question(id="states", asks="Which states does a task go through?", read=_states),
    Question(id="polling", asks="How often may a task be polled?", about=("be polled",)),
    Question(id="usual-duration", asks="How long does a picture take?", about=("durations",)),
    Question(id="result-lifetime", asks="How long can a result be fetched?", read=_lifetime, about=("result be fetched",)),
    Question(id="task-retention", asks="How long is a task kept?", about=("is a task kept",)),
)  # fmt: skip
