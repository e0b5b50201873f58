"""
What stands in `x-conformance`, where OpenAPI has no word for it?

Sources are `DOCUMENT#SECTION`, as in the contract; the documents themselves stand in `info`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from conformance.compilers.jsonschema import Schema
from conformance.contract.clauses import Clause, derive_clauses
from conformance.contract.model import Contract, Operation, Source
from conformance.contract.paths import steps

__all__ = ["KEY", "annotated", "cited", "clauses_of", "keep_known", "of_the_document"]

KEY = "x-conformance"


def cited(sources: Iterable[Source]) -> list[str]:
    """Where something stands, each place once."""
    return list(dict.fromkeys(f"{s.document}#{s.section}" for s in sources))


def of_the_document(contract: Contract, dialect: Mapping[str, str]) -> dict[str, Any]:
    """What is true of the whole: the vendor, the answers taken, the pages, and what stays open."""
    return {
        "vendor": contract.vendor,
        "dialect": dict(dialect),
        "documents": {d.id: {"title": d.title, "url": d.url} for d in contract.documents},
        "questions": [{"about": q.about, "question": q.question} for q in contract.questions],
    }


def clauses_of(contract: Contract, operation: Operation, model: str) -> dict[str, list[Clause]]:
    """The clauses of one operation that hold for one model, by the field that they are about."""
    found: dict[str, list[Clause]] = {}
    for clause in derive_clauses(contract):
        if clause.operation == operation.name:
            of = getattr(clause.thing, "model", None)
            if of is None or of == model or not isinstance(of, str):
                found.setdefault(clause.subject, []).append(clause)
    return found


def annotated(schema: Schema, clauses: Mapping[str, list[Clause]], paths: Iterable[str]) -> Schema:
    """The same schema, with ids and sources beside each place that clauses are about."""
    for path in dict.fromkeys(paths):
        place = _place(schema, path)
        about = clauses.get(path, [])
        if place is not None and about and KEY not in place:
            place[KEY] = {
                "clauses": [clause.id for clause in about],
                "sources": cited(s for clause in about for s in clause.sources),
            }
    return schema


def keep_known(value: Any, known: Collection[str]) -> None:
    """Take the ids that are not known out of every extension."""
    if isinstance(value, dict):
        said = value.get(KEY)
        if isinstance(said, dict) and "clauses" in said:
            said["clauses"] = [each for each in said["clauses"] if each in known]
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            keep_known(inner, known)


def _place(schema: Schema, path: str) -> Schema | None:
    here: Any = schema
    for step in steps(path):
        if isinstance(step, str):
            here = here.get("properties", {}).get(step)
        elif step is None:
            here = here.get("items")
        else:
            listed = here.get("prefixItems", [])
            here = listed[step] if step < len(listed) else None
        if not isinstance(here, dict):
            return None
    found: Schema = here
    return found
