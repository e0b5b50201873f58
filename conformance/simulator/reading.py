"""What does a request say, once it is known which operation it asks for?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from conformance.compilers.violation import Violation
from conformance.contract.model import Contract, Field, Operation
from conformance.contract.paths import find
from conformance.simulator.hooks import Moment, SimRequest
from conformance.simulator.refusals import tabled

__all__ = [
    "assigned",
    "by_role",
    "cause_of",
    "content_type",
    "is_reachable",
    "sent_fields",
    "task_asked",
    "tasks_asked",
    "urls_in",
]


def content_type(operation: Operation, request: SimRequest) -> Iterable[Violation]:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    wanted = operation.content_type.lower()
    if wanted and given and given != wanted:
        yield Violation(
            path="Content-Type",
            keyword="contentType",
            message=f"Content-Type is {given}, expected {wanted}",
            location="header",
        )


def cause_of(violation: Violation, at: Moment, contract: Contract) -> str:
    """The cause in the error table that a violation belongs to, the narrowest that the table names."""
    cause = "bad-parameter"
    described = at.fields.get(violation.path)
    primary = at.fields.get(described.alias_of or "") if described else None
    shape = violation.keyword not in ("required", "type")
    tells_missing = violation.location != "body" or tabled(
        contract, at.operation, "missing-parameter"
    )
    if violation.keyword in ("json", "form"):
        cause = "bad-json"
    elif violation.keyword in ("contentType", "accepts"):
        cause = "unsupported-type"
    elif violation.keyword == "required" and tells_missing:
        cause = "missing-parameter"
    elif described and described.role == "model" and shape:
        cause = "bad-model"
    elif shape and "images" in [d.role for d in (described, primary) if d]:
        cause = "bad-reference"
    if cause == "unsupported-type" and not tabled(contract, at.operation, cause):
        of_json = violation.keyword == "contentType" and tabled(contract, at.operation, "bad-json")
        cause = "bad-json" if of_json else "bad-parameter"
    return cause


def assigned(body: Any, fields: Mapping[str, Field]) -> dict[str, Any]:
    """The request by field path, as it was sent; an alias counts as its primary where that is missing."""
    found: dict[str, Any] = {}
    for path, described in fields.items():
        if described.location == "body" and not described.ignored:
            values = find(body, path)
            if values:
                found[path] = values[0]
    for path, described in fields.items():
        if described.alias_of and path in found:
            found.setdefault(described.alias_of, found[path])
    return found


def sent_fields(body: Any, fields: Mapping[str, Field], request: SimRequest) -> dict[str, Any]:
    """The request by field path, each under the name it was sent with."""
    found: dict[str, Any] = {}
    for path, described in fields.items():
        if described.location == "body":
            values = find(body, path)[:1]
        elif described.location == "header" and path.lower() in request.headers:
            values = [request.headers[path.lower()]]
        else:
            values = [value for name, value in request.query if name == path]
        if values:
            found[path] = values[0]
    return found


def by_role(values: Mapping[str, Any], fields: Mapping[str, Field]) -> dict[str, Any]:
    return {f.role: values[path] for path, f in fields.items() if f.role and path in values}


def urls_in(values: Iterable[Any]) -> Iterable[str]:
    """Every text in reference fields, whatever they are: a list, one URL, or objects that hold them."""
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from urls_in(value)
        elif isinstance(value, dict):
            yield from urls_in(value.values())


def is_reachable(url: str) -> bool:
    """Whether the simulator takes a reference image for one that could be fetched. None ever is."""
    try:
        return urlsplit(url).hostname != "unreachable.invalid"
    except ValueError:
        return True


def task_asked(path: Mapping[str, str], at: Moment) -> str | None:
    """The id of the task that a request is about; None where the operation is not about one."""
    described = next((f for f in at.fields.values() if f.role == "task_id"), None)
    if described is None:
        return None
    if described.location == "path":
        return path.get(described.path, "")
    if described.location == "query":
        return next((v for k, v in at.request.query if k == described.path), "")
    found = find(at.body, described.path)
    return str(found[0]) if found else ""


def tasks_asked(at: Moment) -> list[str] | None:
    """The ids of the tasks that a request is about; None where the operation is not about several."""
    described = next((f for f in at.fields.values() if f.role == "task_ids"), None)
    if described is None:
        return None
    if described.location == "query":
        return [v for k, v in at.request.query if k == described.path]
    found = find(at.body, described.path)
    ids = found[0] if found and isinstance(found[0], list) else found
    return [str(each) for each in ids]
