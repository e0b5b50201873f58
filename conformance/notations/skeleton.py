"""What is gathered while a document becomes a contract: its parts, what was guessed, and what stays open?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.notations.foreign import Foreign, Steps
from conformance.notations.normal import Normal

__all__ = ["DOCUMENT", "Skeleton"]

DOCUMENT = "openapi"
"""The id of the imported document in the contract that comes of it."""


@dataclass(slots=True)
class Skeleton:
    """The contract being made, as what its YAML will hold."""

    document: Foreign
    contract: dict[str, Any] = field(default_factory=dict)
    questions: list[dict[str, str]] = field(default_factory=list)
    guesses: dict[Steps, list[str]] = field(default_factory=dict)
    """By the place in the contract, what was guessed there."""
    warnings: list[str] = field(default_factory=list)
    section: str = "the whole"
    """Where in the document we are, as sources say it."""

    @property
    def source(self) -> str:
        """Where what is being read stands."""
        return f"{DOCUMENT}#{self.section}"

    @property
    def normal(self) -> Normal:
        """A reader of schemas, which tells what it had to guess."""
        return Normal(self.document, self.warn)

    def warn(self, where: str, what: str) -> None:
        """Something was read as it was most likely meant."""
        text = f"{where} {what}"
        if text not in self.warnings:
            self.warnings.append(text)
            self.ask(
                where, f"The document {what.replace('has ', 'has ', 1)}. Is that what is meant?"
            )

    def ask(self, about: str, question: str) -> None:
        """Something is left open, or cannot be said in a contract."""
        entry = {"about": about, "question": question, "source": self.source}
        if entry not in self.questions and len(self.questions) < 400:
            self.questions.append(entry)

    def guess(self, path: Sequence[str | int], what: str) -> None:
        """Something in the contract was guessed."""
        known = self.guesses.setdefault(tuple(path), [])
        if what not in known:
            known.append(what)
