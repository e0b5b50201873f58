"""Does the client ask about its tasks as the documents advise?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from conformance.audit.advised import breaks, keeps
from conformance.audit.binding import Asks
from conformance.audit.story import Look, Story, Watch
from conformance.results.verdicts import Observation

__all__ = ["ANOTHER_PAGE", "observed_polling"]

ANOTHER_PAGE = "another page permits it"
"""Why the advice of one page is not judged where that of another is kept."""

_ENOUGH = 0.8  # of a documented wait: jitter goes both ways
_HOT = 2  # short waits between queries about one task: one is an accident
_MORE_LOOKS = 3  # after the end: somebody may fetch the result by asking again
_GROWTH = 1.3


def observed_polling(asks: Asks, story: Story) -> Iterator[Observation]:
    """What the status queries of a run say about the advice on them."""
    for watch in story.watches:
        yield from _first(asks, story, watch)
        yield from _intervals(asks, story, watch)
        yield from _patience(asks, story, watch)
        yield from _end(asks, story, watch)


def _first(asks: Asks, story: Story, watch: Watch) -> Iterator[Observation]:
    least_s, asked = asks.least("first_s"), asks.first("first_s")
    made = watch.creation
    if least_s is None or asked is None or made is None or made.outcome != "made":
        return
    # A page that only says how often to ask says nothing of waiting longer before the first time.
    least_s = min(least_s, asks.least("interval_s") or least_s)
    look = watch.looks[0]
    waited_s = look.exchange.started_s - made.ended_s
    evidence = (made.exchange.id, look.exchange.id)
    if waited_s < _ENOUGH * least_s - story.tolerated_s:
        message = (
            f"expected the first status query at least {least_s:g} s after the creation, it came after"
            f" {waited_s:.2f} s"
        )
        yield breaks(asked, message, story, evidence)
    else:
        yield from _alike(asks, "first_s", waited_s, story, evidence)


def _intervals(asks: Asks, story: Story, watch: Watch) -> Iterator[Observation]:
    least_s = asks.least("interval_s")
    asked = asks.first("interval_s") or asks.first("grows")
    gaps = list(_gaps(watch))
    if least_s is None or asked is None or not gaps:
        return
    short = [gap for gap in gaps if gap[0] < _ENOUGH * least_s - story.tolerated_s]
    waits_s = [seconds for seconds, _ in gaps]
    grows = len(waits_s) > 1 and waits_s[-1] > _GROWTH * waits_s[0]
    evidence = tuple(e.exchange.id for _, pair in (short or gaps)[:_HOT] for e in pair)
    if len(short) >= _HOT and not (grows and asks.first("grows")):
        fastest_s = min(seconds for seconds, _ in short)
        message = (
            f"expected at least {least_s:g} s between status queries about a running task, found {len(short)} of"
            f" {len(gaps)} waits shorter, the shortest {fastest_s:.3f} s"
        )
        yield breaks(asked, message, story, tuple(dict.fromkeys(evidence)))
        return
    if not short:
        yield from _alike(asks, "interval_s", min(waits_s), story, tuple(dict.fromkeys(evidence)))
    for each in asks.all("grows"):
        if grows:
            yield keeps(each, story, evidence)


def _gaps(watch: Watch) -> Iterator[tuple[float, tuple[Look, Look]]]:
    """The waits between queries, after an ordinary answer that the task is not at its end."""
    for one, next_ in pairwise(watch.looks):
        if one.seen in ("running", "odd"):
            yield next_.exchange.started_s - one.exchange.started_s, (one, next_)


def _patience(asks: Asks, story: Story, watch: Watch) -> Iterator[Observation]:
    made, last = watch.creation, watch.looks[-1]
    asked = asks.first("patience_s") or (None if story.slow else asks.first("until_ended"))
    evidence = (last.exchange.id,)
    if any(look.seen == "ended" for look in watch.looks):
        kept = [*asks.all("until_ended"), *asks.all("patience_s")]
        yield from (keeps(each, story, evidence) for each in kept)
        return
    if asked is None or made is None or made.wants_callback or last.seen != "running":
        return
    # Whoever looks once and leaves content may have meant to.
    left = story.ended == "exit" and (len(watch.looks) > 1 or story.exit != 0)
    if not left or any(e.phase == "batch" for e in story.exchanges):
        return
    least_s = asks.least("patience_s")
    waited_s = last.ended_s - made.ended_s
    if least_s is not None and waited_s >= _ENOUGH * least_s:
        yield from _alike(asks, "patience_s", waited_s, story, evidence)
        return
    expected = f"for {least_s:g} s" if least_s is not None else "until the task has ended"
    message = (
        f"expected status queries {expected}, the last one came {waited_s:.1f} s after the creation, and the task was"
        " still running"
    )
    yield breaks(asked, message, story, evidence)


def _end(asks: Asks, story: Story, watch: Watch) -> Iterator[Observation]:
    asked = asks.first("stop_at_end")
    ended = [number for number, look in enumerate(watch.looks) if look.seen == "ended"]
    if asked is None or not ended:
        return
    more = watch.looks[ended[0] + 1 :]
    if len(more) >= _MORE_LOOKS:
        message = (
            f"expected no further status queries once the task had ended, found {len(more)} more"
        )
        shown = (watch.looks[ended[0]], *more[:2])
        yield breaks(asked, message, story, tuple(look.exchange.id for look in shown))
    else:
        yield keeps(asked, story, (watch.looks[ended[0]].exchange.id,))


def _alike(
    asks: Asks, word: str, waited_s: float, story: Story, evidence: tuple[str, ...]
) -> Iterator[Observation]:
    """Every page whose number was kept; of the others, that one was."""
    for each in asks.all(word):
        if waited_s >= _ENOUGH * each.value - story.tolerated_s:
            yield keeps(each, story, evidence)
        else:
            yield Observation(
                clause=each.clause, verdict="untested", reason=ANOTHER_PAGE, case=story.case
            )
