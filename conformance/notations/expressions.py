"""What does a runtime expression of OpenAPI or Arazzo point at, and is there such a thing?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.notations.flaws import meant
from conformance.notations.foreign import Foreign, steps_of
from conformance.notations.places import has_place

__all__ = ["Exchanged", "embedded", "exchanged", "problem_of"]

_ROOTS = ("url", "method", "statusCode", "request", "response", "inputs", "steps", "workflows", "outputs", "sourceDescriptions", "components")  # fmt: skip
_EMBEDDED = re.compile(r"\{(\$[^{}]+)\}")
_PART = re.compile(r"\$(?P<side>request|response)\.(?P<what>header|query|path|body)(?P<rest>.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanged:
    """What is known of one request and its replies: parameters by place, schemas of bodies, headers of replies."""

    parameters: Mapping[str, frozenset[str]]
    request: tuple[Any, ...]
    responses: tuple[Any, ...]
    headers: frozenset[str]


def exchanged(
    document: Foreign,
    item: Any,
    operation: Mapping[str, Any],
    statuses: tuple[str, ...] | None = None,
) -> Exchanged:
    """
    What one operation takes and gives.

    Args:
        statuses: The statuses of the reply that is spoken of; None for all that are no failure.
    """
    places: dict[str, set[str]] = {"path": set(), "query": set(), "header": set()}
    for parameter in document.parameters(item, operation):
        places.setdefault(str(parameter.get("in")), set()).add(str(parameter.get("name")))
    body = document.resolved(operation.get("requestBody"))
    responses = operation.get("responses")
    answers = [
        document.resolved(answer)
        for status, answer in (responses.items() if isinstance(responses, dict) else ())
        if (status in statuses if statuses is not None else status[:1] in "123d")
    ]
    headers = {
        name.lower()
        for answer in answers
        if isinstance(answer, dict)
        for name in (answer.get("headers") or {})
    }
    return Exchanged(
        parameters={place: frozenset(names) for place, names in places.items()},
        request=tuple(_schemas(body)),
        responses=tuple(schema for answer in answers for schema in _schemas(answer)),
        headers=frozenset(headers),
    )


def _schemas(owner: Any) -> Iterator[Any]:
    content = owner.get("content") if isinstance(owner, dict) else None
    for media in content.values() if isinstance(content, dict) else ():
        if isinstance(media, dict):
            yield media.get("schema", {})


def embedded(text: str) -> list[str]:
    """The expressions in a text: the text itself, or those in braces."""
    return [text] if text.startswith("$") else _EMBEDDED.findall(text)


def problem_of(document: Foreign, expression: str, known: Exchanged) -> str | None:
    """Why an expression about a request or a reply leads nowhere; None where it does, or is about something else."""
    root = re.split(r"[.#\[]", expression[1:])[0]
    if root not in _ROOTS:
        return f"there is no ${root}{meant(root, _ROOTS)}"
    if root not in ("request", "response"):
        return None
    part = _PART.fullmatch(expression)
    if part is None:
        return "expected header, query, path or body after it"
    side, what, rest = part["side"], part["what"], part["rest"]
    if what == "body":
        return _body_problem(document, side, rest, known)
    name = rest.removeprefix(".")
    if not rest.startswith(".") or not name:
        return f"it names no {what}"
    if side == "response":
        if what != "header":
            return f"a reply has no {what}"
        names = known.headers
        return (
            None
            if name.lower() in names
            else f"no reply has a header {name!r}{meant(name, sorted(names))}"
        )
    names = known.parameters.get(what, frozenset())
    if name in names or (what == "header" and name.lower() in {n.lower() for n in names}):
        return None
    return f"the request has no {what} parameter {name!r}{meant(name, sorted(names))}"


def _body_problem(document: Foreign, side: str, rest: str, known: Exchanged) -> str | None:
    schemas = known.request if side == "request" else known.responses
    if not schemas:
        return f"no body of a {side} is described"
    if not rest:
        return None
    if not rest.startswith("#/"):
        return "expected a JSON Pointer behind `#`, such as `#/data/id`"
    walk = steps_of(rest)
    if any(has_place(document, schema, walk) for schema in schemas):
        return None
    return f"no described {side} has {rest[1:]}"
