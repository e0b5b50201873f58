"""How does a request look that carries given values and is otherwise plain?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from conformance.contract.model import ABSENT, Contract, Field, Operation
from conformance.contract.resolution import body_of, fields_for, rule_holds, rules_for
from conformance.planning.images import Images
from conformance.planning.values import plain
from conformance.results.cases import Send

__all__ = ["CARRIERS", "Desk", "send_of", "status_send"]

CARRIERS = 3
"""How many ways of making the first, plain creation there are."""


class Desk:
    """
    What planning knows about creations of one contract: fields and rules per model, carriers, images.

    The contract must be settled: its disputes resolved (`contract.resolution.settle`).
    """

    def __init__(
        self,
        contract: Contract,
        images: Images,
        carrier: int = 0,
        *,
        whole: Contract | None = None,
        callbacks: str = "",
        supplied: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """
        Args:
            supplied: Model to the values, by field path, that its plain requests have besides.
        """
        create = contract.operation("create")
        assert create is not None  # the format requires it
        self.contract = contract
        self.whole = whole or contract
        """The contract with its disputes open: what another page permits is never sent as forbidden."""
        self.create: Operation = create
        self.images = images
        self.callbacks = callbacks
        """Whether callbacks can be asked for: "sure", "unsure" or "", as `make_plan` has it."""
        self.carrier_kind = carrier
        self._fields: dict[str, dict[str, Field]] = {}
        self._carriers: dict[str, dict[str, Any]] = {}
        self._supplied = supplied or {}
        self.model_field = next(
            (f for f in create.fields if f.role == "model" and f.model is None), None
        )

    @property
    def models(self) -> tuple[str, ...]:
        """The models that can be asked with the images at hand; ("",) where the contract has no model field."""
        return tuple(m for m in (self.contract.models or ("",)) if not self.lacks(m))

    def lacks(self, model: str) -> str:
        """The need that keeps a model from being asked: "image", or ""."""
        fields = self.fields(model)
        lacking = any(f.required and plain(f, self.images) is ABSENT for f in fields.values())
        return "image" if lacking else ""

    def fields(self, model: str) -> dict[str, Field]:
        """The request fields for a model."""
        if model not in self._fields:
            fields = {**self._of_keys(), **fields_for(self.create, model)}
            self._fields[model] = {p: f for p, f in fields.items() if self.at_hand(f)}
        return self._fields[model]

    def _of_keys(self) -> dict[str, Field]:
        """The idempotency header, which need not stand among the fields."""
        promise = self.contract.idempotency
        if promise is None:
            return {}
        schema = {"type": "string"}
        return {promise.header: Field(path=promise.header, location="header", schema=schema)}

    def at_hand(self, field: Field) -> bool:
        """Whether what the field needs is at hand; without it the field is never sent."""
        return ("callback" not in field.needs or self.callbacks == "sure") and (
            "image" not in field.needs or bool(self.images.reference)
        )

    def aliases(self, model: str, path: str) -> tuple[str, ...]:
        """The other names under which a field may be given."""
        return tuple(f.path for f in self.fields(model).values() if f.alias_of == path)

    def carrier(self, model: str) -> dict[str, Any]:
        """
        The plain request of a model, by field path.

        Of three kinds: 0 names the fields that rules speak of, 1 leaves them out, 2 names others and prefers aliases.
        """
        if model not in self._carriers:
            self._carriers[model] = self._make_carrier(model)
        return self._carriers[model]

    def _make_carrier(self, model: str) -> dict[str, Any]:
        fields = self.fields(model)
        request: dict[str, Any] = {}
        for path, field in fields.items():
            names_model = field.role == "model" and model not in ("", field.default)
            if (field.required or names_model) and field.location != "path":
                request[path] = model if field.role == "model" else plain(field, self.images)
        for path in self._parents(request):
            request.setdefault(path, {})
        spoken = self._rule_fields(model)
        if self.carrier_kind == 0:
            request |= {
                p: fields[p].default
                for p in spoken
                if p in fields and fields[p].default is not ABSENT
            }
        elif self.carrier_kind >= 2:
            request |= self._other_values(model, spoken, request)
            for path in list(request):
                alias = next(iter(self.aliases(model, path)), None)
                if alias:
                    request[alias] = request.pop(path)
        # What is not at hand, as an address for callbacks, cannot be supplied either.
        supplied = {p: v for p, v in self._supplied.get(model, {}).items() if p in fields}
        request |= supplied
        return self.completed(model, request, supplied) or request

    def _parents(self, request: Mapping[str, Any]) -> list[str]:
        return [p.rpartition(".")[0] for p in request if "." in p]

    def _rule_fields(self, model: str) -> list[str]:
        found: dict[str, None] = {}
        for rule in rules_for(self.create, model):
            for path in (*(c.field for c in (*rule.when, *rule.then)), *rule.fields):
                found[path] = None
        return list(found)

    def _other_values(
        self, model: str, paths: list[str], request: Mapping[str, Any]
    ) -> dict[str, Any]:
        fields = self.fields(model)
        chosen: dict[str, Any] = {}
        for path in paths:
            values = fields[path].schema.get("enum", ()) if path in fields else ()
            for value in reversed(values):
                if value != fields[path].default and self.keeps_rules(
                    model, {**request, **chosen, path: value}
                ):
                    chosen[path] = value
                    break
        return chosen

    def keeps_rules(self, model: str, request: Mapping[str, Any], *, but: str = "") -> bool:
        """Whether a request, by field path, keeps every cross-field rule of the model (but the one named)."""
        fields = self.fields(model)
        return all(
            rule_holds(rule, request, fields)
            for rule in rules_for(self.create, model)
            if rule.name != but
        )

    def excludes(self, model: str, pins: Mapping[str, Any]) -> bool:
        """Whether these values break a rule by themselves, whatever the other fields hold."""
        fields = self.fields(model)
        return any(
            not rule_holds(rule, pins, fields)
            for rule in rules_for(self.create, model)
            if pins.keys() >= {*rule.fields, *(c.field for c in (*rule.when, *rule.then))}
        )

    def completed(
        self, model: str, base: Mapping[str, Any], pins: Mapping[str, Any], *, but: str = ""
    ) -> dict[str, Any] | None:
        """
        The request that has the pinned values and otherwise those of `base`, changed only as far as rules demand.

        None where no choice of the unpinned rule fields keeps the rules (but the one named, which may be broken).
        """
        request = self._under_no_name(model, {**base, **pins}, pins)
        if self.keeps_rules(model, request, but=but):
            return request
        free = [p for p in self._rule_fields(model) if p not in pins and p in self.fields(model)]
        return self._search(model, request, free, but)

    def _under_no_name(
        self, model: str, request: dict[str, Any], pins: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The request in which what is pinned as left out has none of its other names either, but pinned ones."""
        absent = [p for p, v in pins.items() if v is ABSENT]
        names = {n for p in absent for n in self.aliases(model, p)} - pins.keys()
        return {p: v for p, v in request.items() if p not in names}

    def _search(
        self, model: str, request: dict[str, Any], free: list[str], but: str
    ) -> dict[str, Any] | None:
        """Depth-first over the free rule fields, one changed before two."""
        for path in free:
            for value in self._candidates(model, path):
                trial = {**request, path: value}
                if self.keeps_rules(model, trial, but=but):
                    return trial
        if len(free) < 2:
            return None
        head, *rest = free
        for value in self._candidates(model, head):
            found = self._search(model, {**request, head: value}, rest, but)
            if found is not None:
                return found
        return None

    def _candidates(self, model: str, path: str) -> list[Any]:
        field = self.fields(model)[path]
        if field.role == "model":
            return []  # another model is another request
        values = list(field.schema.get("enum", ())) or [plain(field, self.images)]
        return values if field.required and not self.aliases(model, path) else [*values, ABSENT]


def send_of(desk: Desk, model: str, request: Mapping[str, Any], **changes: Any) -> Send:
    """The creation that sends a request given by field path."""
    fields = desk.fields(model)
    headers = tuple(
        (f.path, _as_text(request[f.path])) for f in _located(fields, request, "header")
    )
    query = tuple((f.path, _as_text(request[f.path])) for f in _located(fields, request, "query"))
    given: dict[str, Any] = {
        "operation": "create",
        "method": desk.create.method,
        "path": desk.create.path,
        "headers": headers,
        "query": query,
        "body": body_of(request, fields),
        "content_type": desk.create.content_type or "application/json",
    }
    return Send(**(given | changes))


def _as_text(value: Any) -> str:
    """A value as it stands in a URL or a header: true and not True."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _located(fields: Mapping[str, Field], request: Mapping[str, Any], location: str) -> list[Field]:
    return [
        f
        for p, f in fields.items()
        if f.location == location and request.get(p, ABSENT) is not ABSENT
    ]


def status_send(contract: Contract, task_id: str | None, **changes: Any) -> Send | None:
    """
    The status query of a task; None where the contract documents none.

    Args:
        task_id: `{task_id}` for one that the run fills in; None to leave the parameter out.
    """
    op = contract.operation("status")
    if op is None:
        return None
    path = op.path
    query: list[tuple[str, str]] = []
    for field in op.fields:
        if field.role != "task_id" or task_id is None:
            continue
        if field.location == "path":
            value = task_id if task_id == "{task_id}" else quote(task_id, safe="")
            path = path.replace("{" + field.path + "}", value)
        elif field.location == "query":
            query.append((field.path, task_id))
    given: dict[str, Any] = {
        "operation": "status",
        "method": op.method,
        "path": path,
        "query": tuple(query),
    }
    return Send(**(given | changes))
