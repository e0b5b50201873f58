"""What every contract in the package owes to whoever relies on it: sources, cases, roles, ids that last."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from conformance.contract.clauses import derive_clauses
from conformance.contract.loading import contract_schema, load_located, specs_directory
from conformance.contract.model import Contract, Source
from conformance.planning.plan import make_plan
from conformance.results.cases import Plan
from conformance.simulator.choices import derive_choices
from tests.contract.toys import VENDORS, named

ROOT = Path(__file__).parents[2]
OF_THE_REQUEST = frozenset(("field", "rule"))
"""Topics of clauses that a case has to witness by what it sends; the rest is seen in whatever is answered."""

ASKED_ALONG = {"status": "create", "result": "create", "callback": "create"}
"""Operations that a run asks as part of a creation's case."""


@cache
def plans(vendor: str) -> tuple[Plan, ...]:
    """The plans of every dialect, each dispute once in each of its alternatives."""
    contract = named(vendor)
    dialects = [{d.name: a.name} for d in contract.disputes for a in d.alternatives]
    return tuple(make_plan(contract, dialect=d, with_clock=True) for d in ({}, *dialects))


@pytest.mark.parametrize("vendor", VENDORS)
class TestSources:
    def test_each_clause_names_a_section(self, vendor: str) -> None:
        bare = [c.id for c in derive_clauses(named(vendor)) if not c.sources]
        bare += [
            c.id for c in derive_clauses(named(vendor)) if not all(s.section for s in c.sources)
        ]
        assert bare == []

    def test_each_question_and_each_side_of_a_conflict_names_a_section(self, vendor: str) -> None:
        contract = named(vendor)
        sides = [a for c in (*contract.disputes, *contract.conflicts) for a in c.alternatives]
        said = [(q.about, q.sources) for q in (*contract.questions, *contract.notes)]
        said += [(a.value, a.sources) for a in sides]
        assert [about for about, sources in said if not _proper(sources)] == []

    def test_each_choice_rests_on_a_document_or_on_silence(self, vendor: str) -> None:
        contract = named(vendor)
        unsourced = [c.name for c in derive_choices(contract) if not _sources_of(contract, c.name)]
        assert [name for name in unsourced if name not in _SILENT] == []


_SILENT = ("pace", "idempotency:other-body")
"""Choices that are there because the documents leave something unsaid: how fast, and what another body does."""


def _proper(sources: tuple[Source, ...]) -> bool:
    return bool(sources) and all(s.section for s in sources)


def _sources_of(contract: Contract, choice: str) -> tuple[Source, ...]:
    """The sources of what a choice is derived from; one flat table over the kinds of choices."""
    kind, _, rest = choice.partition(":")
    operation, _, of = rest.partition(":")
    rows = [r for r in contract.errors if operation in r.operations]
    match kind:
        case "success":
            op = contract.operation(operation)
            return op.success_sources if op else ()
        case "status":
            return tuple(s for r in rows if of in r.causes for s in r.sources) or tuple(
                s for r in rows for s in r.sources
            )
        case "carried" | "envelope":
            return tuple(s for r in rows if str(r.status) == of for s in r.sources)
        case "charge":
            return tuple(s for c in contract.charging.cells if c.name == rest for s in c.sources)
        case "pixels":
            return tuple(s for c in contract.pixels for s in c.sources)
        case "picture-type":
            return contract.picture_sources
        case "callback":
            return _sources_of_callbacks(contract, rest)
        case "field":
            called = (contract.callback.operation,) if contract.callback else ()
            every = (*contract.operations, *called)
            replies = [f for op in every if op.name == operation for f in op.reply]
            replies += [f for e in contract.envelopes for f in e.fields if operation == "error"]
            replies += [f for r in contract.errors for f in r.fields if operation == "error"]
            path = of.rpartition(":")[2]
            return tuple(s for f in replies if f.path == path for s in f.sources)
    dispute = next((d for d in contract.disputes if d.name == choice), None)
    return tuple(s for a in dispute.alternatives for s in a.sources) if dispute else ()


def _sources_of_callbacks(contract: Contract, choice: str) -> tuple[Source, ...]:
    callback = contract.callback
    assert callback is not None
    if choice in ("signed", "encoding"):
        return callback.signature.sources if callback.signature else ()
    if choice == "form":
        return callback.other_form.sources if callback.other_form else ()
    return callback.delivery.sources if choice == "copies" else callback.sent_sources


@pytest.mark.parametrize("vendor", VENDORS)
class TestCases:
    def test_each_clause_has_a_case_or_a_reason(self, vendor: str) -> None:
        made = plans(vendor)
        witnessed = {w.clause for p in made for c in p.cases for w in _witnesses(c)}
        reasons = {name for p in made for name, why in p.unplanned.items() if why}
        asked = {c.operation for p in made for c in p.cases}
        lost = [
            c.id
            for c in derive_clauses(named(vendor))
            if c.id not in witnessed | reasons
            and (
                c.topic in OF_THE_REQUEST or ASKED_ALONG.get(c.operation, c.operation) not in asked
            )
        ]
        assert lost == []

    def test_each_obligation_has_a_case_or_is_left_out_with_one(self, vendor: str) -> None:
        """A value that is required of a clause is shown by a case of that plan, or no case can show it."""
        for plan in plans(vendor):
            shown = {(w.clause, w.value) for c in plan.cases for w in _witnesses(c)}
            # What is delivered shows it, for whatever a creation asked for.
            sent = {
                str(v) for c in plan.cases if c.expect != "refused" for v in c.assignment.values()
            }
            lost = [
                (clause, value)
                for clause, values in plan.required.items()
                for value in values
                if (clause, value) not in shown
                and value not in plan.left_out.get(clause, ())
                and not (".result." in clause and value in sent)
            ]
            assert lost == []


def _witnesses(case: Any) -> list[Any]:
    broken = [case.breaks] if case.breaks else []
    return [*case.witnesses, *(f.witness for f in case.features), *case.combinations, *broken]


@pytest.mark.parametrize("vendor", VENDORS)
class TestRoles:
    """A role of the vocabulary is on a field, or the contract says that the documents have no such thing."""

    def absent(self, vendor: str) -> dict[str, list[str]]:
        entries = load_located(vendor).located.value.get("absent_roles", {})
        return {
            part: [r for group in groups for r in group["roles"]]
            for part, groups in entries.items()
        }

    def mapped(self, vendor: str) -> dict[str, set[str]]:
        operations = named(vendor).operations
        replies = [r for op in operations for r in op.reply]
        replies += [f for e in named(vendor).envelopes for f in e.fields]
        replies += [f for row in named(vendor).errors for f in row.fields]
        return {
            "request": {f.role for op in operations for f in op.fields if f.role},
            "reply": {r.role for r in replies if r.role},
        }

    @pytest.mark.parametrize("part", ["request", "reply"])
    def test_every_role_is_mapped_or_absent(self, vendor: str, part: str) -> None:
        vocabulary = contract_schema()["$defs"][f"{part}_role"]["enum"]
        mapped, absent = self.mapped(vendor)[part], self.absent(vendor).get(part, [])
        assert [r for r in vocabulary if r not in mapped and r not in absent] == []
        assert [r for r in absent if r in mapped] == []
        assert len(absent) == len(set(absent))


class TestIds:
    """An id that was released is never taken away in silence."""

    def removed(self) -> list[str]:
        text = (Path(__file__).parent / "ids" / "removed.txt").read_text("utf-8")
        return [line for line in text.splitlines() if line and not line.startswith("#")]

    def test_a_removed_id_is_told_to_users(self) -> None:
        changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
        assert [i for i in self.removed() if f"`{i}`" not in changelog] == []

    def test_a_removed_id_does_not_come_back_for_something_else(self) -> None:
        known = {c.id for vendor in VENDORS for c in derive_clauses(named(vendor))}
        assert [i for i in self.removed() if i in known] == []


def test_the_contracts_are_formatted_as_the_schema_says() -> None:
    """The schema that editors use is the one that the loader uses, and it is readable JSON."""
    text = (specs_directory() / "contract.schema.json").read_text("utf-8")
    assert json.loads(text) == contract_schema()
