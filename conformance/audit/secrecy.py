"""Where does the client's key go?"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.audit.binding import Asks
from conformance.audit.story import Story
from conformance.contract.model import Contract
from conformance.results.verdicts import Observation
from conformance.wire.exchange import Exchange

__all__ = ["observed_secrecy"]


def observed_secrecy(contract: Contract, asks: Asks, story: Story) -> Iterator[Observation]:
    """What the requests of a run say about keeping the key to oneself."""
    asked = asks.first("secret")
    if asked is None:
        return
    in_query = any(scheme.location == "query" for scheme in contract.auth)
    for exchange in story.exchanges:
        message = _leak(exchange, in_query=in_query)
        if message:
            yield Observation(
                clause=asked.clause,
                verdict="violates",
                message=f"{message} (in the run {story.case})",
                case=story.case,
                exchanges=(exchange.id,),
            )
        elif exchange.phase == "download" or exchange.facts.get("key") == "right":
            yield Observation(
                clause=asked.clause,
                verdict="conforms",
                case=story.case,
                exchanges=(exchange.id,),
            )


def _leak(exchange: Exchange, *, in_query: bool) -> str:
    facts = exchange.facts
    if facts.get("elsewhere") and (
        facts.get("key") in ("right", "misplaced") or facts.get("key_in_url")
    ):
        return (
            "expected the key to go to the vendor alone, it went to the host that has the results"
        )
    if facts.get("key_in_url") and not (in_query and facts.get("key") == "right"):
        return (
            "expected the key in no URL, where servers and proxies write it down; it stands in one"
        )
    return ""
