"""Which clauses does a person pick with patterns over their ids?"""

from __future__ import annotations

from fnmatch import fnmatchcase

__all__ = ["picks"]


def picks(globs: str, clause: str) -> bool:
    """
    Whether one of several globs, with commas between them, matches the id of a clause.

    An id always picks itself: brackets stand in ids, and mean something in globs.
    """
    return any(
        clause == glob or fnmatchcase(clause, glob) for glob in map(str.strip, globs.split(","))
    )
