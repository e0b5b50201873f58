"""Where does the client's key go?"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.audit.advised import breaks, keeps
from conformance.audit.binding import Asks
from conformance.audit.story import Story
from conformance.results.verdicts import Observation
from conformance.wire.exchange import Exchange

__all__ = ["observed_secrecy"]


def observed_secrecy(asks: Asks, story: Story) -> Iterator[Observation]:
    """What the requests of a run say about keeping the key to oneself."""
    asked = asks.first("secret")
    if asked is None:
        return
    for exchange in story.exchanges:
        message = _leak(exchange)
        if message:
            yield breaks(asked, message, story, (exchange.id,))
        elif exchange.phase == "download" or exchange.facts.get("key") == "right":
            yield keeps(asked, story, (exchange.id,))


def _leak(exchange: Exchange) -> str:
    facts = exchange.facts
    if facts.get("elsewhere") and (
        facts.get("key") in ("right", "misplaced") or facts.get("key_in_url")
    ):
        return (
            "expected the key to go to the vendor alone, it went to the host that has the results"
        )
    if facts.get("key_in_url"):
        return (
            "expected the key in no URL, where servers and proxies write it down; it stands in one"
        )
    return ""
