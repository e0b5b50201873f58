"""Does the client pay for a picture once?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.audit.advised import breaks, keeps
from conformance.audit.binding import Asked, Asks, paid_once
from conformance.audit.story import Creation, Story
from conformance.results.verdicts import Observation

__all__ = ["observed_paying"]


@dataclass(frozen=True)
class _Doubt:
    """A creation of which its sender does not know what came of it, and the one that was sent in its place."""

    one: Creation
    again: Creation | None

    @property
    def after(self) -> frozenset[str]:
        """What happened, in the words of the format."""
        if self.one.outcome == "lost":
            return frozenset(("lost",))
        timeout = {"timeout"} if self.one.status in (408, 504) else set()
        return frozenset(timeout | ({"server-error"} if self.one.status >= 500 else set()))

    @property
    def is_same(self) -> bool:
        """Whether the second is the first once more: under its key, and with its body."""
        one, again = self.one, self.again
        return (
            again is not None and bool(one.key) and (one.key, one.wish) == (again.key, again.wish)
        )

    @property
    def paid_twice(self) -> bool:
        """Whether both made a task."""
        return self.one.made and self.again is not None and self.again.made


def observed_paying(asks: Asks, story: Story, plain: Story) -> Iterator[Observation]:
    """What a run says about money."""
    doubts = list(_doubts(story, plain))
    for doubt in doubts:
        yield from _judged(asks, story, doubt)
    # What was made beyond what was wanted, and not in place of something doubtful, had no reason at all.
    wanted = max(1, plain.made) + sum(doubt.paid_twice for doubt in doubts)
    if story is plain or story.ends:
        return
    more = story.made - wanted
    extra = [c for c in story.creations if c.made][-more:] if more > 0 else []
    left = _left_alone(story, extra[0]) if extra else None
    if left is not None:
        message = (
            f"expected {max(1, plain.made)} tasks as without trouble, found {story.made}: task {left.task} had been made"
            " and told and had not ended, and another one was asked for and charged"
        )
        evidence = (extra[0].exchange.id, left.exchange.id)
        yield _paid_once(story, "violates", message, evidence)
    elif story.made and not any(doubt.paid_twice for doubt in doubts):
        made = next(c for c in story.creations if c.made)
        yield _paid_once(story, "conforms", "", (made.exchange.id,))


def _left_alone(story: Story, extra: Creation) -> Creation | None:
    """A task that its client knew, and of which it had not seen the end when it asked for another one."""
    ended = {
        watch.task
        for watch in story.watches
        for look in watch.looks
        if look.seen == "ended" and look.exchange.started_s < extra.exchange.started_s
    }
    known = (c for c in story.creations if c.task and c.task != extra.task)
    return next(
        (
            c
            for c in known
            if c.task not in ended and c.exchange.started_s < extra.exchange.started_s
        ),
        None,
    )


def _doubts(story: Story, plain: Story) -> Iterator[_Doubt]:
    """What was doubtful, each with the next creation where there were more than without trouble."""
    more = len(story.creations) - max(1, len(plain.creations)) if story is not plain else 0
    for number, one in enumerate(story.creations):
        if one.outcome not in ("lost", "trouble"):
            continue
        later = [c for c in story.creations[number + 1 :] if c.exchange.started_s >= one.ended_s]
        again = next((c for c in later if c.wish == one.wish), later[0] if later else None)
        yield _Doubt(one, again if more > 0 else None)


def _judged(asks: Asks, story: Story, doubt: _Doubt) -> Iterator[Observation]:
    asked = next(
        (a for a in asks.all("unknown_outcome") if doubt.after & set(a.value["after"])), None
    )
    pair = (doubt.again, doubt.one) if doubt.again is not None else (doubt.one,)
    evidence = tuple(creation.exchange.id for creation in pair)
    if asked is None:
        if doubt.paid_twice:
            message = (
                f"{_met(doubt)}: it was sent again {_how(doubt)}, which no page says to be safe; both made a task, so it"
                " was charged twice"
            )
            yield _paid_once(story, "violates", message, evidence)
        return
    resend = asked.value["resend"]
    if doubt.again is None or (resend == "same-key" and doubt.is_same):
        yield keeps(asked, story, evidence)
        return
    yield _against(asked, resend, story, doubt, evidence)


def _against(
    asked: Asked, resend: str, story: Story, doubt: _Doubt, evidence: tuple[str, ...]
) -> Observation:
    expected = (
        "that it is not sent again"
        if resend == "never"
        else "that it is sent again only with the same key and body"
    )
    twice = "; both made a task, so it was charged twice" if doubt.paid_twice else ""
    message = f"{_met(doubt)}: expected {expected}, it was sent again {_how(doubt)}{twice}"
    return breaks(asked, message, story, evidence)


def _met(doubt: _Doubt) -> str:
    trouble = doubt.one.outcome == "trouble"
    met = f"was answered with {doubt.one.status}" if trouble else "had no reply that can be read"
    return f"a creation {met}, and nobody knows what came of it"


def _how(doubt: _Doubt) -> str:
    one, again = doubt.one, doubt.again
    assert again is not None  # otherwise there is nothing to say
    if not one.key and not again.key:
        return "without a key"
    if one.key != again.key:
        return "with another key"
    return "with another body" if one.wish != again.wish else "with the same key"


def _paid_once(story: Story, verdict: str, message: str, evidence: tuple[str, ...]) -> Observation:
    return Observation(
        clause=paid_once(story.contract),
        verdict="violates" if verdict == "violates" else "conforms",
        message=f"{message} (in the run {story.case})" if message else "",
        case=story.case,
        exchanges=evidence,
    )
