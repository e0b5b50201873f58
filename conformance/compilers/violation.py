"""What does a document break? (Apart from what finds it, which is heavy.)"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Violation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """
    One statement that a document breaks.

    Args:
        path: The documented field ("" for the document as a whole). Of an element too: the field it is in.
        keyword: The field's keyword that is broken (`items` for what is wrong inside an element); `rule` for a
            cross-field rule, of which `rule` is the name.
        location: Where the field stands: body, query, path, or header.
    """

    path: str
    keyword: str
    message: str
    rule: str = ""
    location: str = "body"
