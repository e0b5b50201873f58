"""Which operation does a request ask for?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from conformance.contract.model import Contract, Operation

__all__ = ["Match", "Routes"]

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An operation and the values of the placeholders in its path."""

    operation: Operation
    path: tuple[tuple[str, str], ...] = ()


class Routes:
    """The operations of a contract by method and path, with or without the path of the base URL."""

    def __init__(self, contract: Contract) -> None:
        self._prefix = urlsplit(contract.base_url).path.rstrip("/")
        # A path without placeholders is meant literally, whatever a wider one says.
        operations = sorted(contract.operations, key=lambda o: o.path.count("{"))
        served = [o for o in operations if o.method and o.name != "callback"]
        places = [(path, o) for o in served for path in (o.path, *(s.path for s in o.second_paths))]
        self._literal = {
            p: tuple(o for q, o in places if q == p) for p, _ in places if "{" not in p
        }
        self._table = tuple(
            (_pattern(p), _PLACEHOLDER.findall(p), o) for p, o in places if "{" in p
        )

    def find(self, method: str, path: str) -> Match | None:
        """The operation at that path for that method; None where there is none."""
        return next((m for m in self._at(path) if m.operation.method == method), None)

    def methods(self, path: str) -> tuple[str, ...]:
        """The methods that there are at a path; empty where nothing is there."""
        return tuple(m.operation.method for m in self._at(path))

    def _at(self, path: str) -> Iterable[Match]:
        paths = [path]
        if self._prefix and path.startswith(f"{self._prefix}/"):
            paths.append(path[len(self._prefix) :])
        for candidate in paths:
            for operation in self._literal.get(candidate, ()):
                yield Match(operation=operation)
        for pattern, names, operation in self._table:
            for candidate in paths:
                found = pattern.fullmatch(candidate)
                if found is not None:
                    values = (unquote(text) for text in found.groups())
                    yield Match(operation=operation, path=tuple(zip(names, values, strict=True)))


def _pattern(path: str) -> re.Pattern[str]:
    parts = _PLACEHOLDER.split(path)
    text = "".join("([^/]+)" if i % 2 else re.escape(part) for i, part in enumerate(parts))
    return re.compile(text)
