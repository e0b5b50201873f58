"""How is an obligation, which a case shows, named?"""

from __future__ import annotations

from collections.abc import Iterable

from conformance.results.cases import Witness

__all__ = ["as_word", "by_clause"]


def as_word(witness: Witness) -> str:
    """An obligation as one word: the clause's id, and the value where it has several."""
    return f"{witness.clause}={witness.value}" if witness.value else witness.clause


def by_clause(witnesses: Iterable[Witness], vendor: str) -> list[str]:
    """The obligations, without the vendor's name that each begins with, the values of one clause together."""
    values: dict[str, list[str]] = {}
    for witness in witnesses:
        values.setdefault(witness.clause.removeprefix(f"{vendor}."), []).append(witness.value)
    return [f"{clause}{_values(v)}" for clause, v in values.items()]


def _values(values: Iterable[str]) -> str:
    named = [value for value in values if value]
    return f" ({', '.join(named)})" if named else ""
