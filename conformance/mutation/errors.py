"""How can a vendor break what it says of its errors?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from conformance.contract.clauses import PROVOKABLE
from conformance.contract.model import Condition, Envelope, ErrorRow, ReplyField
from conformance.mutation.mutants import Mutant, Site, settled
from conformance.mutation.replies import NULL_FOR_OMITTED, spoiled

__all__ = ["body_mutants", "envelope_mutants", "field_mutants", "row_mutants"]

_UNDOCUMENTED = 418
_FIRST_ERROR = 400
_SPEAKS_OF_THE_ACCOUNT = (401, 402, 403, 429)


def row_mutants(site: Site) -> Iterator[Mutant]:
    """Refusals that should have this status get another one: documented for something else, or not at all."""
    row: ErrorRow = site.thing
    operation = site.clause.operation
    rows = [r for r in site.settled.errors if operation in r.operations]
    twins = [r for r in rows if set(r.causes) & set(row.causes)]
    rows_said = site.world.ids("row", operation=operation)
    provoked = _provoked(site) & set(row.causes)
    twins += [r for r in rows if r.status == row.status]
    twin_ids = [i for i in rows_said if _is_part(site, i, twins)]
    place = f"status={operation}:{row.status}"
    yield site.mutant("status-undocumented", f"{place}={_UNDOCUMENTED}", either=twin_ids)
    yield site.mutant("status-server-error", f"{place}=500", either=twin_ids)
    for other in rows:
        free = other.status < 500 and other.status not in _SPEAKS_OF_THE_ACCOUNT
        if not free or other.status == row.status:
            continue
        lenient = operation == "status" and "unknown-task" in row.causes
        tied = bool(provoked) and all(_is_tied(other, cause, operation) for cause in provoked)
        if (lenient or tied) and not _comes_otherwise(row, other):
            yield site.mutant(
                "status-swapped",
                f"{place}={other.status}",
                detail=str(other.status),
                permitted=True,
            )
        elif not tied and not any(_is_tied(other, cause, operation) for cause in row.causes):
            yield site.mutant(
                "status-swapped",
                f"{place}={other.status}",
                detail=str(other.status),
                either=twin_ids,
            )
            return


def _comes_otherwise(row: ErrorRow, other: ErrorRow) -> bool:
    """Whether the status of another row is that of a success, which with the body of this row would be one."""
    return other.status < _FIRST_ERROR and (other.body, other.envelope) != (row.body, row.envelope)


def _provoked(site: Site) -> set[str]:
    """The causes that a run can bring about, that of a key used twice among them."""
    promise = site.world.contract.idempotency
    return {*PROVOKABLE, promise.other_body if promise else ""} - {""}


def _is_part(site: Site, clause: str, rows: list[ErrorRow]) -> bool:
    return any(settled(part.thing) in rows for part in site.world.by_id[clause].parts)


def _is_tied(row: ErrorRow, cause: str, operation: str) -> bool:
    special = ("bad-model", "bad-reference", "missing-parameter", "bad-json")
    if operation == "status" and cause == "missing-parameter" and "unknown-task" in row.causes:
        return True
    return cause in row.causes or (cause in special and "bad-parameter" in row.causes)


def body_mutants(site: Site) -> Iterator[Mutant]:
    """The body of this row says something else than it should."""
    row: ErrorRow = site.thing
    condition: Condition = row.body[0]
    if condition.one_of:
        value = condition.one_of[0]
        other: Any = value + 97 if isinstance(value, int) else "quite-another"
        place = f"error:{site.clause.operation}?{row.status}:{condition.field}"
        yield site.mutant("value-changed", f"set={place}={json.dumps(other)}")


def field_mutants(site: Site) -> Iterator[Mutant]:
    """A field of the bodies of this row is missing, null, renamed, or of another type."""
    row, field = site.thing
    place = f"error:{site.clause.operation}?{row.status}:{field.path}"
    also = [
        c.id
        for c in site.world.clauses
        if c.topic == "row-field" and c.operation == site.clause.operation
        if c.thing[0] == row and c.thing[1].path.startswith(f"{field.path}.")
    ]
    for operator, deviations in spoiled(field, place):
        yield _spoiled(site, field, operator, deviations, also)


def _spoiled(
    site: Site, field: ReplyField, operator: str, deviations: tuple[str, ...], also: list[str]
) -> Mutant:
    return site.mutant(
        operator,
        *deviations,
        either=also,
        choices=_shown(site, field),
        permitted=operator == NULL_FOR_OMITTED and not _is_needed(site, field),
    )


def _is_needed(site: Site, field: ReplyField) -> bool:
    """Whether some row that a run can bring about says that the field is there, though the envelope does not."""
    operation = site.clause.operation
    provoked = _provoked(site)
    rows = [r for r in site.settled.errors if operation in r.operations]
    rows = [r for r in rows if provoked & set(r.causes)]
    told = {c.field for r in rows for c in r.body}
    return field.path in told or any(
        f.path == field.path and f.required for r in rows for f in r.fields
    )


def _shown(site: Site, field: ReplyField) -> dict[str, str]:
    """The choices by which a field that may be left out is there, in whatever envelope."""
    ending = f":{field.path}"
    return {
        name: "value"
        for name, choice in site.world.choices.items()
        if name.startswith("field:error:") and name.endswith(ending)
        if "value" in choice.alternatives
    }


def envelope_mutants(site: Site) -> Iterator[Mutant]:
    """A field of the bodies of all errors of one operation is wrong, or the whole body is of another shape."""
    envelope: Envelope = site.thing[0]
    field: ReplyField = site.thing[1]
    operation = site.clause.operation
    place = f"error:{operation}:{field.path}"
    also = [c.id for c in site.world.clauses if _is_told_there(site, c, field.path)]
    if any(c.field == field.path for c in envelope.marker):
        # A refusal inside a success that does not say so is an acceptance.
        also += site.world.ids("auth", "reply", operation=operation)
    for operator, deviations in spoiled(field, place):
        yield _spoiled(site, field, operator, deviations, also)
    if field.role == "status_code":
        wrong: Any = 999 if "integer" in field.types or not field.types else "999"
        yield site.mutant("value-changed", f"set={place}={json.dumps(wrong)}")
    if field.required and field is _first_required(envelope):
        whole = site.world.ids("envelope", "row-body", "row-field", operation=operation)
        yield site.mutant("shape-swapped", f"error-shape={operation}", either=[*whole, *also])


def _first_required(envelope: Envelope) -> ReplyField | None:
    return next((f for f in envelope.fields if f.required), None)


def _is_told_there(site: Site, clause: Any, path: str) -> bool:
    """Whether a clause is about the same place of the same operation's errors, or about one inside it."""
    if clause.operation != site.clause.operation:
        return False
    if clause.topic == "envelope":
        return bool(clause.thing[1].path == path or clause.thing[1].path.startswith(f"{path}."))
    if clause.topic == "row-body":
        return any(c.field == path for part in clause.parts for c in part.thing.body)
    return bool(clause.topic == "row-field" and clause.thing[1].path.startswith(f"{path}."))
