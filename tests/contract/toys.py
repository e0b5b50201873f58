"""Contracts that tests share: the two vendors, the toys, and small ones made on the spot."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from conformance.contract.loading import contract_names, load_contract, load_text
from conformance.contract.model import Contract

__all__ = ["ALL", "TOYS", "VENDORS", "contract", "field", "named", "raw"]

_TOYS = Path(__file__).parent.parent / "suite" / "toys"

VENDORS = contract_names()
TOYS = tuple(sorted(path.stem for path in _TOYS.glob("*.yaml")))
ALL = (*VENDORS, *TOYS)

SOURCE = "page#Section"


@cache
def named(name: str) -> Contract:
    """A vendor's contract, or a toy's by the name of its file."""
    return load_contract(name if name in VENDORS else _TOYS / f"{name}.yaml")


def field(**keywords: Any) -> dict[str, Any]:
    """The description of a request or reply field, a string unless said otherwise."""
    return {"type": "string", "source": SOURCE, **keywords}


_BASE: Mapping[str, Any] = {
    "format": "conformance/contract@1",
    "vendor": "acme",
    "title": "Acme Pictures",
    "base_url": "https://acme.example",
    "key_variable": "ACME_API_KEY",
    "documents": {"page": {"title": "Page", "url": "https://acme.example/p", "seen": "2026-11-20"}},
    "auth": {"bearer": {"header": "Authorization", "prefix": "Bearer ", "source": SOURCE}},
    "operations": {
        "create": {
            "http": "POST /make",
            "content_type": "application/json",
            "source": SOURCE,
            "success": {"status": [200], "source": SOURCE},
            "body": {"prompt": field(required=True, role="prompt")},
            "reply": {"id": field(role="task_id")},
        },
        "status": {
            "http": "GET /made/{id}",
            "source": SOURCE,
            "success": {"status": [200], "source": SOURCE},
            "path": {"id": field(required=True, role="task_id")},
            "reply": {
                "state": field(role="state"),
                "urls": field(type="array", when={"state": {"const": "done"}}, role="results"),
            },
        },
    },
    "states": {
        "source": SOURCE,
        "values": {
            "busy": {"phase": "running"},
            "done": {"phase": "succeeded"},
            "gone": {"phase": "failed", "provoked_by": "unreachable-image"},
        },
        "terminal": {"source": SOURCE},
    },
    "errors": {
        "envelopes": {
            "plain": {
                "marker": {"error": {"present": True}},
                "fields": {"error": field(role="message")},
            }
        },
        "table": {
            "400": {
                "means": "a bad request",
                "causes": ["bad-parameter"],
                "operations": ["create"],
                "source": SOURCE,
            },
            "401": {
                "means": "a bad key",
                "causes": ["unauthorized"],
                "operations": ["create", "status"],
                "source": SOURCE,
            },
            "404": {
                "means": "no such task",
                "causes": ["unknown-task"],
                "operations": ["status"],
                "source": SOURCE,
            },
        },
    },
}


def raw(
    create: Mapping[str, Any] | None = None,
    status: Mapping[str, Any] | None = None,
    **sections: Any,
) -> dict[str, Any]:
    """
    The document of a small vendor.

    Args:
        create: What to add to (or put in place of) the parts of the creation.
        status: The same for the status query.
        sections: Sections to add or to put in place.
    """
    made = deepcopy(dict(_BASE))
    made["operations"]["create"] |= create or {}
    made["operations"]["status"] |= status or {}
    return made | sections


def contract(
    body: Mapping[str, Any] | None = None,
    *,
    create: Mapping[str, Any] | None = None,
    status: Mapping[str, Any] | None = None,
    reply: Mapping[str, Any] | None = None,
    **sections: Any,
) -> Contract:
    """
    A small vendor.

    Args:
        body: Request fields beside the prompt (or in its place).
        reply: Fields of the status reply beside the state and the URLs.
    """
    made = raw(create, status, **sections)
    made["operations"]["create"]["body"] |= body or {}
    made["operations"]["status"]["reply"] |= reply or {}
    return load_text(json.dumps(made), file="acme.yaml")
