"""What does an audit conclude about each clause that binds a client?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from conformance.audit.binding import PAID_ONCE, Asks, asks_of
from conformance.audit.paying import observed_paying
from conformance.audit.polling import observed_polling
from conformance.audit.repeating import observed_repeating, unadvised
from conformance.audit.requesting import observed_requests, undocumented
from conformance.audit.secrecy import observed_secrecy
from conformance.audit.story import Story
from conformance.contract.clauses import Clause
from conformance.contract.model import Contract
from conformance.results.verdicts import Observation, Verdict

__all__ = ["conclude", "notes_on", "observe"]

UNSEEN = "cannot be seen from outside"
UNUSED = "not used by this client"
UNMET = "not met by this client"
NO_TROUBLE = "no trouble was made (--faults)"
NOT_ENDED = "the program did not end in time"

_MOST_EVIDENCE = 12
_OF_POLLING = ("first_s", "interval_s", "patience_s", "grows", "until_ended", "stop_at_end")
_OF_TROUBLE = ("retry", "no_retry", "backoff", "backoff_s", "retry_after", "unknown_outcome")


def observe(
    contract: Contract, clauses: Mapping[str, Clause], stories: Sequence[Story]
) -> tuple[Observation, ...]:
    """What every run says. The first one is the run without trouble."""
    asks, plain = asks_of(contract), stories[0]
    found: list[Observation] = []
    for story in stories:
        found += observed_requests(contract, clauses, story)
        found += observed_polling(asks, story)
        found += observed_repeating(asks, story, plain)
        found += observed_paying(asks, story, plain)
        found += observed_secrecy(asks, story)
    return tuple(found)


def conclude(
    contract: Contract,
    clauses: Mapping[str, Clause],
    observations: Iterable[Observation],
    stories: Sequence[Story],
) -> dict[str, Verdict]:
    """One verdict for each clause: any violation wins, and then any sign that it is kept."""
    by_clause: dict[str, list[Observation]] = {}
    for each in observations:
        by_clause.setdefault(each.clause, []).append(each)
    asks = asks_of(contract)
    return {
        name: _verdict(clause, by_clause.get(name, []), asks, stories)
        for name, clause in clauses.items()
    }


def _verdict(
    clause: Clause, found: Sequence[Observation], asks: Asks, stories: Sequence[Story]
) -> Verdict:
    for word in ("violates", "conforms"):
        alike = [each for each in found if each.verdict == word]
        if alike:
            runs = dict.fromkeys(each.case for each in alike)
            also = f"; so in {len(runs)} runs" if word == "violates" and len(runs) > 1 else ""
            evidence = dict.fromkeys(e for each in alike for e in each.exchanges)
            return Verdict(
                clause=clause.id,
                verdict=alike[0].verdict,
                message=f"{alike[0].message}{also}",
                exchanges=tuple(evidence)[:_MOST_EVIDENCE],
            )
    reason = next((each.reason for each in found if each.reason), "")
    if not reason:
        reason = _why_untested(clause, asks, stories)
    word = "inconclusive" if reason == NOT_ENDED else "untested"
    return Verdict(clause=clause.id, verdict=word, reason=reason)  # type: ignore[arg-type]  # one of two words


def _why_untested(clause: Clause, asks: Asks, stories: Sequence[Story]) -> str:
    if clause.id.endswith(f".create.{PAID_ONCE}"):
        return NO_TROUBLE if len(stories) == 1 else UNMET
    if clause.topic != "advice":
        return UNUSED
    if clause.id not in set(asks.seen()):
        return UNSEEN
    if _asks_for(clause, asks, _OF_POLLING) and stories[0].ended != "exit":
        return NOT_ENDED
    if _asks_for(clause, asks, _OF_TROUBLE) and len(stories) == 1:
        return NO_TROUBLE
    return UNMET


def _asks_for(clause: Clause, asks: Asks, words: Iterable[str]) -> bool:
    return any(asked.clause == clause.id for word in words for asked in asks.all(word))


def notes_on(contract: Contract, stories: Sequence[Story]) -> Iterator[str]:
    """Sentences about what breaks nothing and is worth knowing."""
    asks, plain = asks_of(contract), stories[0]
    yield from undocumented(stories)
    yield from _never_followed(plain)
    yield from _never_accepted(plain)
    told: dict[str, None] = {}
    for story in stories:
        told |= dict.fromkeys(unadvised(asks, story, plain))
        told |= dict.fromkeys(_on_the_end(story, plain))
    yield from told
    if any(e.facts.get("key") == "another" for s in stories for e in s.exchanges):
        yield f"it sends another key than the one in {contract.key_variable}, which is refused"


def _on_the_end(story: Story, plain: Story) -> Iterator[str]:
    where = f"in the run {story.case}"
    if story.ended == "timeout":
        yield f"{where} it did not end in time, and was ended; what it would have done is not known"
    elif story.ended == "stopped":
        yield f"{where} it sent more requests than anybody needs, and was ended"
    elif story is plain and story.exit:
        yield f"it ended with {story.exit} without any trouble"
    elif story.case == "failed-task" and _saw_failure(story) and not (story.exit or plain.exit):
        yield f"{where} it ended with 0 though its task had failed: is that what 0 means to whoever calls it?"
    elif story.exit and not plain.exit and _has_lost_its_task(story):
        yield f"{where} it ended with {story.exit} and left a task that was running and is paid for"


def _saw_failure(story: Story) -> bool:
    return any(look.failed for watch in story.watches for look in watch.looks)


def _never_followed(story: Story) -> Iterator[str]:
    """Of a program that makes tasks and looks at none of them: callbacks would come to it, or somebody else looks."""
    followed = {"poll", "batch", "download"} & {e.phase for e in story.exchanges}
    asks_later = story.contract.operation("status") is not None
    called = any(creation.wants_callback for creation in story.creations)
    if story.made and asks_later and not followed and not called:
        yield (
            "it never asks what became of its tasks, and fetches no result: here a creation is answered with a task, and"
            " the picture comes later"
        )


def _never_accepted(story: Story) -> Iterator[str]:
    if story.creations and not story.made:
        statuses = dict.fromkeys(c.status for c in story.creations if c.status)
        listed = ", ".join(map(str, statuses)) or "nothing"
        yield f"none of its creations was accepted; they were answered with {listed}"


def _has_lost_its_task(story: Story) -> bool:
    ended = {w.task for w in story.watches if any(look.seen == "ended" for look in w.looks)}
    return any(c.made and c.task and c.task not in ended for c in story.creations)
