"""Which operation of a document creates, which tells the status, and what are the others?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.notations.foreign import Foreign, mapping_of
from conformance.notations.guessing import plain, reply_role, request_role
from conformance.notations.normal import Normal

__all__ = ["Found", "find_operations"]

_HTTP = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One operation of the document."""

    path: str
    method: str
    item: Any
    operation: Mapping[str, Any]

    @property
    def section(self) -> str:
        """Where it stands, as sources say it."""
        return f"{self.method.upper()} {self.path}"


def find_operations(document: Foreign) -> tuple[dict[str, Found], list[Found]]:
    """The operations of the lifecycle by their name in a contract, and those that are none of them."""
    everything = [
        Found(path=path, method=method, item=item, operation=operation)
        for _, path, method, item, operation in document.operations()
        if method in _HTTP
    ]
    chosen: dict[str, Found] = {}
    create = _best(document, everything, _creates)
    if create is not None:
        chosen["create"] = create
    linked = _linked(document, create, everything)
    for name, score in (("upload", _uploads), ("balance", _balances), ("batch", _batches)):
        rest = [each for each in everything if each not in chosen.values() and each is not linked]
        found = _best(document, rest, score)
        if found is not None:
            chosen[name] = found
    rest = [each for each in everything if each not in chosen.values()]
    status = linked or _best(document, rest, _tells)
    if status is not None:
        chosen["status"] = status
    order = ("create", "status", "batch", "upload", "balance")
    named = {name: chosen[name] for name in order if name in chosen}
    return named, [each for each in everything if each not in named.values()]


def _best(document: Foreign, listed: list[Found], score: Any) -> Found | None:
    scored = [(score(document, each), -index, each) for index, each in enumerate(listed)]
    best = max(scored, key=lambda each: each[:2], default=(0, 0, None))
    return best[2] if best[0] > 0 else None


def _linked(document: Foreign, create: Found | None, listed: list[Found]) -> Found | None:
    """The operation that a link of the creation leads to."""
    responses = create.operation.get("responses") if create is not None else None
    for answer in responses.values() if isinstance(responses, dict) else ():
        links = mapping_of(document.resolved(answer)).get("links")
        for link in mapping_of(links).values():
            wanted = mapping_of(document.resolved(link)).get("operationId")
            for each in listed:
                if wanted is not None and each.operation.get("operationId") == wanted:
                    return each
    return None


def _words(found: Found) -> str:
    said = [found.path, found.operation.get("operationId"), found.operation.get("summary")]
    return " ".join(str(each) for each in said if each).lower()


def _body_names(document: Foreign, found: Found) -> set[str]:
    body = mapping_of(document.resolved(found.operation.get("requestBody")))
    names: set[str] = set()
    for media in mapping_of(body.get("content")).values():
        _collect(Normal(document, _quiet).read(mapping_of(media).get("schema", {}), ""), names)
    return names


def _reply_names(document: Foreign, found: Found) -> set[str]:
    names: set[str] = set()
    for status, answer in mapping_of(found.operation.get("responses")).items():
        if str(status).startswith("2"):
            content = mapping_of(mapping_of(document.resolved(answer)).get("content"))
            for media in content.values():
                _collect(
                    Normal(document, _quiet).read(mapping_of(media).get("schema", {}), ""), names
                )
    return names


def _quiet(where: str, what: str) -> None:
    """What is odd is told when the operation is read in earnest."""


def _collect(schema: Mapping[str, Any], names: set[str], depth: int = 0) -> None:
    if depth > 6:
        return
    for name, inner in mapping_of(schema.get("properties")).items():
        names.add(name)
        _collect(inner, names, depth + 1)
    for keyword in ("anyOf", "oneOf"):
        for branch in schema.get(keyword) or ():
            _collect(branch, names, depth + 1)
    items = schema.get("items")
    if isinstance(items, dict):
        _collect(items, names, depth + 1)


def _creates(document: Foreign, found: Found) -> int:
    if found.method not in ("post", "put"):
        return 0
    roles = {request_role(name, {}) for name in _body_names(document, found)}
    score = 4 if "prompt" in roles else 0
    score += 2 if "model" in roles else 0
    words = _words(found)
    score += 2 if re.search(r"generat|creat|image|task|job|render|draw", words) else 0
    score += 1 if score and re.search(r"image|picture", words) else 0
    return score - (
        6 if re.search(r"upload|cancel|batch|login|webhook", words) and "prompt" not in roles else 0
    )


def _tells(document: Foreign, found: Found) -> int:
    names = _reply_names(document, found)
    roles = {reply_role(name, ("string",), {}) for name in names}
    asked = {
        request_role(str(p.get("name")), {})
        for p in document.parameters(found.item, found.operation)
    }
    asked |= {request_role(name, {}) for name in _body_names(document, found)}
    one = "task_id" in asked or (found.path.endswith("}") and found.path.count("{") == 1)
    if not one or found.method not in ("get", "post"):
        return 0
    score = (3 if "state" in roles else 0) + (2 if found.method == "get" else 0)
    score += 2 if re.search(r"status|task|job|result|query|record|generation", _words(found)) else 0
    return score - (6 if re.search(r"cancel|delete|download", _words(found)) else 0)


def _uploads(document: Foreign, found: Found) -> int:
    body = mapping_of(document.resolved(found.operation.get("requestBody")))
    form = any("multipart" in str(t) for t in mapping_of(body.get("content")))
    return 3 if form and found.method in ("post", "put") else 0


def _balances(_: Foreign, found: Found) -> int:
    named = re.search(r"balance|credits|quota|wallet", found.path.lower())
    return 3 if found.method == "get" and named and "{" not in found.path else 0


def _batches(document: Foreign, found: Found) -> int:
    names = {plain(name) for name in _body_names(document, found)}
    several = names & {"task_ids", "ids", "job_ids"}
    return 3 if several and found.method == "post" else 0
