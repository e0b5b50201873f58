"""Under which run was a cassette recorded, so that the same requests can be made again?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

__all__ = ["KEYS", "Provenance", "provenance_document", "provenance_of"]

KEYS: Final = ("base_url", "token", "options", "callbacks", "skipped", "clauses")
"""The words of it in a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """
    What a run did not take from the contract alone.

    Args:
        base_url: What stood in place of the documented scheme and host.
        token: What made its requests unlike those of every other run.
        options: Those of the run that are no secret.
        callbacks: How callbacks were received; empty where they were not.
        skipped: Case id to the reason why it was not sent.
        clauses: Clause id to a digest of what it said.
    """

    base_url: str = ""
    token: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    callbacks: Mapping[str, Any] = field(default_factory=dict)
    skipped: Mapping[str, str] = field(default_factory=dict)
    clauses: Mapping[str, str] = field(default_factory=dict)


def provenance_document(told: Provenance) -> dict[str, str]:
    """
    It as words to texts. What is no text is JSON, because cassettes hold nothing else; clauses are a line each.
    """
    clauses = "".join(f"{name} {digest}\n" for name, digest in told.clauses.items())
    found = {
        "base_url": told.base_url,
        "token": told.token,
        "options": _json(told.options),
        "callbacks": _json(told.callbacks),
        "skipped": _json(told.skipped),
        "clauses": clauses,
    }
    return {name: text for name, text in found.items() if text not in ("", "{}")}


def provenance_of(words: Mapping[str, str]) -> Provenance:
    """
    The inverse of `provenance_document`.

    Raises:
        ValueError: A text is not what it should be; says which and what was expected.
    """
    return Provenance(
        base_url=words.get("base_url", ""),
        token=words.get("token", ""),
        options=_mapping("options", words),
        callbacks=_mapping("callbacks", words),
        skipped={name: str(why) for name, why in _mapping("skipped", words).items()},
        clauses=_clauses(words.get("clauses", "")),
    )


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(dict(value), ensure_ascii=False)


def _mapping(name: str, words: Mapping[str, str]) -> Mapping[str, Any]:
    try:
        value = json.loads(words.get(name, "{}"))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ValueError(f"found {name!r} that is no JSON object, expected one")
    return value


def _clauses(text: str) -> Mapping[str, str]:
    found = {}
    for line in text.splitlines():
        name, _, digest = line.partition(" ")
        if not digest:
            raise ValueError(f"found {line[:60]!r} among 'clauses', expected an id and a digest")
        found[name] = digest
    return found
