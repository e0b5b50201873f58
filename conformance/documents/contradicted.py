"""What does lint say of what the documents contradict?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from conformance.contract.loading import Loaded
from conformance.documents.contradictions import Contradiction, recorded_by, stale_covers
from conformance.documents.findings import Finding
from conformance.documents.rules import contradictions

__all__ = ["EXAMPLES", "contradicted", "finding_of", "stale"]

EXAMPLES = "example-"
"""How the rules begin that are about examples, which are judged elsewhere."""


def contradicted(loaded: Loaded) -> Iterator[Finding]:
    """What the contract shows to be contradicted, and what it claims to record and nobody finds."""
    found = contradictions(loaded.contract)
    for each in found:
        yield finding_of(loaded, each)
    unfound = stale_covers(loaded.contract, found)
    yield from stale(loaded, (p for p in unfound if not p.startswith(EXAMPLES)))


def finding_of(loaded: Loaded, found: Contradiction) -> Finding:
    """A contradiction as a finding about the vendor."""
    line, column = loaded.located.position(found.at)
    recorded = recorded_by(loaded.contract, found)
    sides = "; or ".join(alternative.value.rstrip(".") for alternative in found.alternatives)
    return Finding(
        rule=found.rule,
        fault="vendor",
        message=f"{found.about}: {sides}" + (f" (recorded: {recorded})" if recorded else ""),
        file=loaded.located.file,
        line=line,
        column=column,
        sources=found.sources,
    )


def stale(loaded: Loaded, patterns: Iterable[str]) -> Iterator[Finding]:
    """Entries of `covers` that name nothing."""
    for pattern in patterns:
        line, column = loaded.located.position(_place_of(loaded, pattern))
        yield Finding(
            rule="stale-covers",
            fault="contract",
            message=f"found covers {pattern!r}, expected the name of a contradiction that lint finds",
            file=loaded.located.file,
            line=line,
            column=column,
        )


def _place_of(loaded: Loaded, pattern: str) -> tuple[str | int, ...]:
    raw = loaded.located.value
    for index, entry in enumerate(raw.get("conflicts", ())):
        if pattern in entry.get("covers", ()):
            return ("conflicts", index, "covers", entry["covers"].index(pattern))
    for name, entry in raw.get("disputes", {}).items():
        if pattern in entry.get("covers", ()):
            return ("disputes", name, "covers", entry["covers"].index(pattern))
    return ()
