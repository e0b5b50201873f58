"""Which further requests tell which of several values, each accepted alone, are refused together?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from conformance.contract.clauses import clauses_by_id
from conformance.contract.model import ABSENT, Contract, Field
from conformance.contract.resolution import settle
from conformance.planning.features import Features
from conformance.planning.images import DEFAULT_IMAGES, Images
from conformance.planning.plan import positive_case, tables_of
from conformance.planning.requests import Desk
from conformance.planning.values import plain
from conformance.results.cases import Case, Feature, Plan, Witness

__all__ = ["Workbench"]

Pins = Mapping[str, Any]


class Workbench:
    """Makes requests that keep some values of a refused one, and have a carrier's for the rest."""

    def __init__(
        self,
        contract: Contract,
        plan: Plan,
        *,
        images: Images = DEFAULT_IMAGES,
        carrier: int = 0,
        callbacks: str = "",
        supplied: Mapping[str, Pins] | None = None,
    ) -> None:
        self._desk = Desk(
            settle(contract, plan.dialect),
            images,
            carrier,
            whole=contract,
            callbacks=callbacks,
            supplied=supplied,
        )
        self._tables = tables_of(self._desk, Features(self._desk, clauses_by_id(contract)))
        self._strength = plan.strength

    def knows(self, case: Case) -> bool:
        """Whether a case speaks of a model that the plan has: others were asked in the words of another page."""
        return case.model in self._tables

    def unlike(self, case: Case) -> list[dict[str, Any]]:
        """
        The values of a case that a plain creation does not have; `ABSENT` for what only the plain one sends.

        What makes sense only together stays together: a field and its other names.
        """
        plain = self._desk.carrier(case.model)
        found: dict[str, dict[str, Any]] = {}
        for path in dict.fromkeys((*case.assignment, *plain)):
            value = case.assignment.get(path, ABSENT)
            if not _equal(value, plain.get(path, ABSENT)):
                field = self._desk.fields(case.model).get(path)
                primary = field.alias_of if field is not None else None
                found.setdefault(primary or path, {})[path] = value
        return list(found.values())

    def like(self, case: Case) -> dict[str, Any]:
        """The values of its table that a case has in common with a plain creation."""
        unlike = {path for pins in self.unlike(case) for path in pins}
        return {
            p: case.assignment.get(p, ABSENT)
            for p in self._tables[case.model].fields
            if p not in unlike
        }

    def only(self, case: Case, pins: Pins, name: str) -> Case | None:
        """A plain creation but for some values of a case; None where rules do not permit that."""
        request = self._desk.completed(case.model, self._desk.carrier(case.model), pins)
        if request is None or not self.permits(case, request):
            return None
        return self._made(case, request, (), name)

    def with_feature(self, case: Case, feature: Feature, name: str) -> Case | None:
        """A plain creation but for what one feature of a case needs; None where rules do not permit that."""
        request = self._desk.completed(case.model, self._desk.carrier(case.model), feature.pins)
        return None if request is None else self._made(case, request, (feature,), name)

    def value_of(self, field: Field) -> Any:
        """A plain value of a field: its default, which is the same as leaving it out, where it has one."""
        return plain(field, self._desk.images) if field.default is ABSENT else field.default

    def besides(self, case: Case, values: Pins, name: str) -> Case | None:
        """A case with some values more, and what it shows still; None where rules do not permit that."""
        request = {**case.assignment, **values}
        if ABSENT in values.values() or not self.permits(case, request):
            return None
        shows = tuple(f for f in case.features if not values.keys() & f.pins.keys())
        return self._made(case, request, shows, name)

    def otherwise(self, case: Case, path: str, name: str) -> Iterable[Case]:
        """A case with another value of one field, each that rules permit, the plain one first."""
        plain = self._desk.carrier(case.model).get(path, ABSENT)
        values = [plain, *self._tables[case.model].values.get(path, ())]
        for value in values:
            request = {**case.assignment, path: value}
            if not _equal(value, case.assignment.get(path, ABSENT)) and self.permits(case, request):
                yield self._made(case, request, (), name)

    def together(self, case: Case, asked: Case, pins: Pins, name: str) -> Case:
        """What was asked, as the case that tries whether these values are accepted together."""
        given = {p: v for p, v in pins.items() if v is not ABSENT or not self._stood_in(case, p)}
        witness = self._tables[case.model].named(given)
        model = self._desk.model_field
        own = {model.path: case.model} if model is not None else {}
        feature = Feature(witness=witness, pins={**pins, **own})
        return self._made(case, asked.assignment, (feature,), name)

    def _stood_in(self, case: Case, path: str) -> bool:
        """Whether a field is left out because it is given under another name."""
        fields = self._desk.fields(case.model)
        field = fields.get(path)
        primary = (field.alias_of or path) if field is not None else path
        names = (primary, *self._desk.aliases(case.model, primary))
        return any(name in case.assignment for name in names)

    def permits(self, case: Case, request: Pins) -> bool:
        """Whether the documents surely permit a request for the model of a case."""
        return self._desk.keeps_rules(case.model, request) and self._tables[case.model].permits(
            request
        )

    def _made(self, case: Case, request: Pins, features: tuple[Feature, ...], name: str) -> Case:
        made = positive_case(
            self._desk, case.model, request, features, name, f"narrows down {case.id}"
        )
        shown: tuple[Witness, ...] = ()
        if self._strength > 1:
            shown = tuple(self._tables[case.model].witnesses(made.assignment, self._strength))
        return replace(made, parent=case.id, combinations=shown)


def _equal(one: Any, other: Any) -> bool:
    return one is other or (type(one) is type(other) and bool(one == other))
