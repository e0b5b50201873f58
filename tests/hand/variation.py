"""How is a hand-written server varied: one or a few of its methods replaced, and what is to be said of it?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.hand.web import HandServer

__all__ = ["Make", "Variants", "altered", "variant"]

Make = Callable[[], HandServer]


def variant(base: type[HandServer], **members: Any) -> Make:
    """A maker of servers that differ from `base` in the given members."""
    return type(f"{base.__name__}Variant", (base,), members)


def altered(base: type[HandServer], method: str, change: Callable[..., Any]) -> dict[str, Any]:
    """A member that calls the original and changes what it gave: `change(server, given, *arguments)`."""
    original = getattr(base, method)

    def changed(self: Any, *args: Any) -> Any:
        return change(self, original(self, *args), *args)

    return {method: changed}


class Variants:
    """
    The variants of one vendor's server, by name.

    `PERMITTED` must never be accused; of `BROKEN` exactly the named clauses must be.
    """

    def __init__(self, vendor: str, base: type[HandServer]) -> None:
        self.vendor = vendor
        self.base = base
        self.PERMITTED: dict[str, Make] = {}
        self.BROKEN: dict[str, tuple[Make, frozenset[str]]] = {}

    def permitted(self, name: str, base: type[HandServer] | None = None, **members: Any) -> None:
        assert name not in self.PERMITTED, f"there are two variants called {name!r}"
        self.PERMITTED[name] = variant(base or self.base, **members)

    def broken(
        self, name: str, clauses: str, base: type[HandServer] | None = None, **members: Any
    ) -> None:
        """`clauses` may name several, with spaces: one per operation or model that shares what is broken."""
        assert name not in self.BROKEN, f"there are two variants called {name!r}"
        named = frozenset(f"{self.vendor}.{clause}" for clause in clauses.split())
        self.BROKEN[name] = (variant(base or self.base, **members), named)

    def altered(self, method: str, change: Callable[..., Any]) -> dict[str, Any]:
        """`altered`, of this vendor's server."""
        return altered(self.base, method, change)
