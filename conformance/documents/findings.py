"""What can be wrong with a contract or with the documents that it is made from?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from conformance.contract.loading import Loaded
from conformance.contract.model import Source

__all__ = ["Fault", "Finding", "unused_documents"]

Fault = Literal["contract", "vendor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """
    One thing that is wrong, and whose fault it is.

    Args:
        rule: A short name that never changes: `unused-document`, `not-in-section`, ...
        fault: `contract` where the transcription has to change, `vendor` where the documents contradict themselves.
        message: One sentence.
        line: 1-based, of the place in the contract.
        sources: The places in the documents that disagree, where that is what is wrong.
    """

    rule: str
    fault: Fault
    message: str
    file: str
    line: int = 1
    column: int = 1
    sources: tuple[Source, ...] = ()


def unused_documents(loaded: Loaded) -> Iterator[Finding]:
    """Documents that nothing rests on: an id that was misspelt elsewhere, or a page that was never transcribed."""
    used = set(_cited(loaded.located.value))
    for document in loaded.contract.documents:
        if document.id not in used:
            line, column = loaded.located.key_position(("documents", document.id))
            yield Finding(
                rule="unused-document",
                fault="contract",
                message=f"found the document {document.id!r} that no source names, expected it to be cited",
                file=loaded.located.file,
                line=line,
                column=column,
            )


def _cited(value: object, key: str = "") -> Iterator[str]:
    """The documents that any `source` or `sources` in the file names."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _cited(inner, "source" if key in ("sources", "value_sources") else name)
    elif isinstance(value, list):
        for inner in value:
            yield from _cited(inner, key)
    elif key == "source" and isinstance(value, str):
        yield value.partition("#")[0]
