"""Where in a JSON document does a path point?"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import Any

__all__ = ["find", "missing_from", "put", "steps"]

_STEP = re.compile(r"([^.\[\]]+)|\[(\d*)\]")


@lru_cache(maxsize=4096)
def steps(path: str) -> tuple[str | int | None, ...]:
    """A path in steps: a key, an index, or None for every element: `data[].url` is ("data", None, "url")."""
    found: list[str | int | None] = []
    for key, index in _STEP.findall(path):
        found.append(key or (int(index) if index else None))
    return tuple(found)


def find(document: Any, path: str) -> list[Any]:
    """Every value at the path; empty where there is none. A null is a value."""
    # Most paths name keys alone, and every reply is searched for each of its fields.
    walk = steps(path)
    for place, step in enumerate(walk):
        if not isinstance(step, str):
            return _find_all(document, walk[place:])
        if not isinstance(document, dict) or step not in document:
            return []
        document = document[step]
    return [document]


def _find_all(document: Any, walk: tuple[str | int | None, ...]) -> list[Any]:
    found = [document]
    for step in walk:
        found = [child for value in found for child in _children(value, step)]
    return found


def _children(value: Any, step: str | int | None) -> list[Any]:
    if isinstance(step, str):
        return [value[step]] if isinstance(value, dict) and step in value else []
    if not isinstance(value, list):
        return []
    if step is None:
        return value
    return [value[step]] if step < len(value) else []


def missing_from(document: Any, path: str) -> str:
    """
    Where on the way to a path nothing is any more: the shortest beginning that finds nothing; the path where all is there.

    "" where the document is no object at all, in which no path finds anything.
    """
    if not isinstance(document, dict):
        return ""
    parts = path.split(".")
    for count in range(1, len(parts)):
        beginning = ".".join(parts[:count])
        if not find(document, beginning):
            return beginning
    return path


def put(document: dict[str, Any], path: str, value: Any) -> None:
    """
    Set the value at a path, making what is missing on the way: objects, and arrays of one element.

    For `[]` at the end of the path `value` is the one element.
    """
    here: Any = document
    walk = steps(path)
    for step, following in pairwise(walk):
        fresh: Any = {} if isinstance(following, str) else []
        here = _enter(here, step, fresh)
    _enter(here, walk[-1], value, replace=True)


def _enter(here: Any, step: str | int | None, value: Any, *, replace: bool = False) -> Any:
    """The child at one step, set to `value` where it is missing, of another type, or to be replaced."""
    if isinstance(step, str):
        if replace or not isinstance(here.get(step), type(value)):
            here[step] = value
        return here[step]
    index = step or 0
    here.extend([None] * (index + 1 - len(here)))
    if replace or not isinstance(here[index], type(value)):
        here[index] = value
    return here[index]
