"""What does one run say about one advice?"""

from __future__ import annotations

from conformance.audit.binding import Asked
from conformance.audit.story import Story
from conformance.results.verdicts import Observation

__all__ = ["breaks", "keeps"]


def keeps(asked: Asked, story: Story, evidence: tuple[str, ...]) -> Observation:
    """The client does what is asked for, in these exchanges."""
    return Observation(clause=asked.clause, verdict="conforms", case=story.case, exchanges=evidence)


def breaks(asked: Asked, message: str, story: Story, evidence: tuple[str, ...]) -> Observation:
    """It does not; the first of the exchanges is the one to show."""
    return Observation(
        clause=asked.clause,
        verdict="violates",
        message=f"{message} (in the run {story.case})",
        case=story.case,
        exchanges=evidence,
    )
