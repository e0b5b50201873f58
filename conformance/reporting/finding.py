"""Which clauses does a person mean by an id, a part of one, or a pattern?"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from fnmatch import fnmatchcase

from conformance.contract.clauses import Clause

__all__ = ["meant", "nearest_ids"]


def meant(text: str, clauses: Sequence[Clause]) -> list[Clause]:
    """
    The clause of that id; else those that the text is a pattern for, the beginning or the end of.

    Case never counts. In a pattern only `*` and `?` mean more than themselves: ids hold brackets.
    """
    wanted = text.casefold()
    named = [(clause.id.casefold(), clause) for clause in clauses]
    exact = [c for _, c in named if c.id == text] or [c for i, c in named if i == wanted]
    if exact:
        return exact
    if set(text) & set("*?"):
        pattern = wanted.replace("[", "[[]")
        return [c for i, c in named if fnmatchcase(i, pattern)]
    begins = [c for i, c in named if i.startswith(wanted)]
    return begins or [c for i, c in named if i.endswith(f".{wanted.removeprefix('.')}")]


def nearest_ids(text: str, clauses: Sequence[Clause], *, most: int = 3) -> list[str]:
    """The ids most like a text, best first; an id with all words of the text goes before others."""
    known = {clause.id.casefold(): clause.id for clause in clauses}
    wanted = text.casefold()
    words = [word for word in wanted.split(".") if word]
    with_all = [i for i in known if words and all(word in i for word in words)]
    with_all.sort(key=lambda i: -difflib.SequenceMatcher(None, wanted, i).ratio())
    near = difflib.get_close_matches(wanted, list(known), n=most, cutoff=0.5)
    return [known[i] for i in dict.fromkeys([*with_all[:most], *near])][:most]
