"""What does the client send again, after which answer, and how soon?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from conformance.audit.advised import breaks, keeps
from conformance.audit.binding import Asks
from conformance.audit.story import Creation, Look, Story
from conformance.results.verdicts import Observation

__all__ = ["observed_repeating", "unadvised"]

_ENOUGH = 0.9  # of Retry-After, which is a promise
_HALF = 0.5  # of a documented wait before another try: jitter may halve it
_AT_ONCE_S = 0.1
_HOT = 2
_HOT_S = 0.5
_STUBBORN = 3  # the same refused request, where nothing tells how often it was meant to be sent


def observed_repeating(asks: Asks, story: Story, plain: Story) -> Iterator[Observation]:
    """What a run says about the advice on trying again."""
    yield from _unchanged(asks, story, plain)
    yield from _patient(asks, story)
    yield from _backing_off(asks, story)
    yield from _given_up(asks, story)
    yield from _own_keys(asks, story)


# --- refused, and sent again as it was


def _unchanged(asks: Asks, story: Story, plain: Story) -> Iterator[Observation]:
    for one, again in _refused_again(story, plain):
        asked = asks.naming("no_retry", one.status)
        if asked is None:
            continue
        if again is None:
            yield keeps(asked, story, (one.exchange.id,))
        else:
            message = (
                f"expected no creation to be sent again unchanged after {one.status}, this one was"
            )
            yield breaks(asked, message, story, (again.exchange.id, one.exchange.id))


def _refused_again(story: Story, plain: Story) -> Iterator[tuple[Creation, Creation | None]]:
    """Each refused creation, and the same one sent again where there is any that nobody had asked for."""
    for number, one in enumerate(story.creations):
        if one.outcome != "refused":
            continue
        later = [c for c in story.creations[number + 1 :] if _same(one, c)]
        sent = sum(_same(one, c) for c in story.creations)
        if story is plain:
            wanted = _STUBBORN - 1
        else:
            wanted = max(1, sum(c.wish == one.wish for c in plain.creations))
            if one.wish not in {c.wish for c in plain.creations}:
                wanted = max(1, len(plain.creations))
        yield one, later[0] if later and sent > wanted else None
        return


def _same(one: Creation, other: Creation) -> bool:
    return one.wish == other.wish and _credentials(one) == _credentials(other)


def _credentials(creation: Creation) -> list[str]:
    headers = creation.exchange.request.headers
    return [v for n, v in headers if n.lower() in ("authorization", "x-api-key", "x-goog-api-key")]


# --- told to wait


def _patient(asks: Asks, story: Story) -> Iterator[Observation]:
    for operation, pairs in _pairs(story):
        asked = asks.naming("retry_after", operation)
        for one, again in pairs:
            wanted_s = one.retry_after_s
            if wanted_s is None or asked is None:
                continue
            waited_s = again.exchange.started_s - one.ended_s
            evidence = (again.exchange.id, one.exchange.id)
            if waited_s < _ENOUGH * wanted_s - story.tolerated_s:
                message = (
                    f"expected a wait of {wanted_s:g} s as Retry-After says, found {waited_s:.2f} s"
                )
                yield breaks(asked, message, story, evidence)
            else:
                yield keeps(asked, story, evidence)


def _pairs(
    story: Story,
) -> Iterator[tuple[str, Sequence[tuple[Creation | Look, Creation | Look]]]]:
    """By operation, what met a refusal or trouble that passes, with what was sent next."""
    creations = [
        (a, b) for a, b in pairwise(story.creations) if a.outcome in ("throttled", "trouble")
    ]
    yield "create", creations
    for watch in story.watches:
        looks = [(a, b) for a, b in pairwise(watch.looks) if a.seen in ("throttled", "trouble")]
        yield "status", looks


def _backing_off(asks: Asks, story: Story) -> Iterator[Observation]:
    asked = asks.first("backoff_s")
    for operation, pairs in _pairs(story):
        for one, again in pairs:
            if asked is None or operation != "create" or one.status != 429:
                continue
            waited_s = again.exchange.started_s - one.ended_s
            evidence = (again.exchange.id, one.exchange.id)
            if waited_s < _HALF * asked.value - story.tolerated_s:
                message = (
                    f"expected a wait of about {asked.value:g} s after 429, found {waited_s:.2f} s"
                )
                yield breaks(asked, message, story, evidence)
            else:
                yield keeps(asked, story, evidence)
    yield from _at_once(asks, story)


def _at_once(asks: Asks, story: Story) -> Iterator[Observation]:
    """Of advice without a number: waits that are none at all, and more than one of them."""
    asked = asks.first("backoff")
    worth = {status for each in asks.all("retry") for status in each.value}
    if asked is None:
        return
    pairs = [pair for _, found in _pairs(story) for pair in found if pair[0].status in worth]
    waits_s = [again.exchange.started_s - one.ended_s for one, again in pairs]
    evidence = tuple(dict.fromkeys(e.exchange.id for pair in pairs[:_HOT] for e in pair))
    if len(waits_s) >= _HOT and max(waits_s) < _AT_ONCE_S:
        message = (
            f"expected some time between attempts, found {len(waits_s)} that came at once, within"
            f" {max(waits_s):.3f} s"
        )
        yield breaks(asked, message, story, evidence)
    elif waits_s and min(waits_s) >= _AT_ONCE_S:
        yield keeps(asked, story, evidence)


# --- a task that is paid for, and given up


def _given_up(asks: Asks, story: Story) -> Iterator[Observation]:
    """What was done about status queries that met trouble of the sort that is worth asking again."""
    for watch in story.watches:
        for one, again in pairwise(watch.looks):
            asked = asks.naming("retry", one.status)
            if asked and one.seen in ("trouble", "throttled"):
                yield keeps(asked, story, (one.exchange.id, again.exchange.id))
        last = watch.looks[-1]
        asked = asks.naming("retry", last.status)
        alone = len(watch.looks) < 2 or watch.looks[-2].seen not in ("trouble", "throttled")
        if last.seen not in ("trouble", "throttled") or asked is None or not alone:
            continue
        if story.ended != "exit" or (watch.creation and watch.creation.wants_callback):
            continue
        message = f"expected another status query after {last.status}, for a task that is paid for; there was none"
        yield breaks(asked, message, story, (last.exchange.id,))


# --- keys of their own


def _own_keys(asks: Asks, story: Story) -> Iterator[Observation]:
    asked = asks.first("own_key")
    first: dict[str, Creation] = {}
    for creation in story.creations:
        if asked is None or not creation.key:
            continue
        earlier = first.setdefault(creation.key, creation)
        # In place of one whose outcome is unknown it is no creation of its own.
        if earlier.outcome == "made" and earlier.wish != creation.wish:
            message = (
                "expected a key of its own for each creation, one key came with 2 different ones"
            )
            evidence = (creation.exchange.id, earlier.exchange.id)
            yield breaks(asked, message, story, evidence)
        else:
            yield keeps(asked, story, (creation.exchange.id,))


def unadvised(asks: Asks, story: Story, plain: Story) -> Iterator[str]:
    """Sentences about what no page of this vendor advises against, and most others do."""
    for one, again in _refused_again(story, plain):
        if again is not None and asks.naming("no_retry", one.status) is None:
            yield (
                f"a creation was sent again unchanged after {one.status} (in the run {story.case}); no page says"
                " whether that is worth trying"
            )
    if asks.least("interval_s") is None:
        yield from _hot(story)
    for operation, pairs in _pairs(story):
        ignored = [
            one
            for one, again in pairs
            if one.retry_after_s
            and again.exchange.started_s - one.ended_s < _ENOUGH * one.retry_after_s
        ]
        if ignored and asks.naming("retry_after", operation) is None:
            what = "creation" if operation == "create" else "status query"
            yield (
                f"a {what} did not wait as long as Retry-After said (in the run {story.case}); no page speaks of it"
            )


def _hot(story: Story) -> Iterator[str]:
    waits_s = [
        after.exchange.started_s - before.ended_s
        for watch in story.watches
        for before, after in pairwise(watch.looks)
        if before.seen == "running"
    ]
    short = [seconds for seconds in waits_s if seconds < _HOT_S]
    if len(short) >= _HOT:
        yield (
            f"status queries came as little as {min(short):.2f} s after one another; no page says how often to ask"
        )
