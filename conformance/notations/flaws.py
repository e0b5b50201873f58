"""What can be wrong with a document in another notation?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from conformance.contract.wording import did_you_mean, nearest
from conformance.notations.foreign import Foreign, pointer_of

__all__ = ["Flaw", "Flaws", "meant"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """
    One thing that is wrong in a document.

    Args:
        rule: A short name that never changes: `unresolved-reference`, `expression-unresolved`, ...
        pointer: Where it stands, as a JSON Pointer; `line` and `column` count from 1.
    """

    rule: str
    message: str
    file: str
    pointer: str
    line: int = 1
    column: int = 1


class Flaws:
    """Gathers what is wrong in one document, each thing once."""

    def __init__(self, document: Foreign) -> None:
        self._document = document
        self._found: dict[tuple[str, str, str], Flaw] = {}

    def add(self, rule: str, path: Sequence[str | int], message: str) -> None:
        """Note what is wrong with the value at a path."""
        line, column = self._document.located.key_position(path)
        flaw = Flaw(
            rule=rule,
            message=message,
            file=self._document.file,
            pointer=pointer_of(path),
            line=line,
            column=column,
        )
        self._found.setdefault((rule, flaw.pointer, message), flaw)

    def found(self) -> tuple[Flaw, ...]:
        """All of them, as they stand in the file."""
        return tuple(
            sorted(self._found.values(), key=lambda f: (f.line, f.column, f.pointer, f.rule))
        )


def meant(word: object, known: Sequence[object]) -> str:
    """A hint at the word that was probably meant."""
    return did_you_mean(nearest(str(word), [str(each) for each in known]))
