"""Which documented possibilities must be seen accepted, and what does each need of a request?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from conformance.contract.clauses import LIMITS, Clause, shown
from conformance.contract.model import ABSENT, Condition, Contract, Field, Rule
from conformance.contract.resolution import holds, rules_for
from conformance.planning.requests import Desk
from conformance.planning.values import TINY_PNG, fraction, key_of, on_limit, plain, several
from conformance.results.cases import CALLBACK, Feature, Witness

__all__ = [
    "LEFT_OUT",
    "Features",
    "forbidden_tuples",
    "model_features",
    "ratio_field",
    "rule_neighbours",
    "tier_field",
]

LEFT_OUT = "left out"
"""The obligation that a picture is made without a tier, so that the default shows."""

Clauses = Mapping[tuple[str, str, str], Clause]
"""(model or "", field path, keyword) to the clause that states it."""


class Features:
    """Makes the features of each model of a contract, each obligation once (enum values once a model)."""

    def __init__(self, desk: Desk, clauses: Mapping[str, Clause]) -> None:
        self.desk = desk
        self.clauses = clauses
        self.vendor = desk.contract.vendor
        self.made: set[Witness] = set()
        self.left_out: set[Witness] = set()
        """Obligations that no request carries: the documents surely permit none, or what it takes is not at hand."""

    def clause(self, path: str, keyword: str, model: str = "") -> Clause | None:
        """The clause on a field's keyword: the model's own where it has one, else the common one."""
        own = self.clauses.get(f"{self.vendor}.create.{model}.{path}.{keyword}") if model else None
        return own or self.clauses.get(f"{self.vendor}.create.{path}.{keyword}")

    def of_model(self, model: str) -> list[Feature]:
        """The features that a request with this model must carry, most binding first."""
        found: list[Feature] = []
        for feature in self.possible(model):
            if feature.witness not in self.made:
                self.made.add(feature.witness)
                found.append(feature)
        return found

    def possible(self, model: str) -> Iterator[Feature]:
        """Every feature that a request with this model can carry, whether another model shows it or not."""
        own = {self.desk.model_field.path: model} if self.desk.model_field else {}
        for feature in self._all(model):
            pins = {**feature.pins, **own}
            if any(v is ABSENT and self._is_required(model, p) for p, v in pins.items()):
                continue
            if self.desk.completed(model, self.desk.carrier(model), pins) is None:
                self.left_out.add(feature.witness)
                continue  # no request that the documents surely permit carries it
            yield Feature(witness=feature.witness, pins=pins, presumes=feature.presumes)

    def _is_required(self, model: str, path: str) -> bool:
        field = self.desk.fields(model).get(path)
        # A required field may be left out where one of its aliases is given.
        return field is not None and field.required and not self.desk.aliases(model, path)

    def _all(self, model: str) -> Iterator[Feature]:
        if self.desk.model_field is not None:
            clause = self.clause(self.desk.model_field.path, "enum")
            if clause is not None:
                yield Feature(witness=Witness(clause=clause.id, value=model))
        for field in self.desk.fields(model).values():
            if field.location in ("body", "query") and field.role != "model":
                yield from self._of_field(model, field)
        yield from self._of_rules(model)
        yield from self._of_omissions(model)
        yield from self._of_cells(model)
        if model == self.desk.models[0]:
            yield from self._of_tiers(model)
            yield from self._of_key()
            yield from self._of_callbacks(model)

    # --- one field ---

    def _of_field(self, model: str, field: Field) -> Iterator[Feature]:
        yield from self._enum(model, field)
        yield from self._other_forms(model, field)
        yield from self._limits(model, field)
        yield from self._plainly(model, field)
        yield from self._alias(model, field)

    def _feature(
        self,
        clause: Clause | None,
        value: str,
        pins: Mapping[str, Any],
        presumes: tuple[Witness, ...] = (),
    ) -> Iterator[Feature]:
        if clause is None or clause.untestable:
            return
        witness = Witness(clause=clause.id, value=value)
        if any(v is _UNAVAILABLE for v in pins.values()):
            self.left_out.add(witness)
        else:
            yield Feature(witness=witness, pins=pins, presumes=presumes)

    def _enum(self, model: str, field: Field) -> Iterator[Feature]:
        clause = self.clause(field.path, "enum", model)
        if clause is None:
            return
        suffix = self.with_model(clause, model)
        for value in field.schema.get("enum", ()):
            yield from self._feature(clause, shown(value) + suffix, {field.path: value})

    def with_model(self, clause: Clause, model: str) -> str:
        """What the obligations of a clause that several models share end in, for all models but the first."""
        shared = f".{model}." not in clause.id and model != self.desk.models[0]
        return f" with {model}" if shared else ""

    def of_each(self, field: Field, clause: Clause, model: str) -> str:
        """
        The same for prompts, which every request has: whether they may be missing, and how long they may be; and for
        reference images, which turn one job into another.

        What else models share is tried with the first that knows the field: nothing more is paid for.
        """
        asked = {"prompt": ("required", "maxLength"), "images": ("type",)}
        if clause.keyword not in asked.get(field.role or "", ()):
            return ""
        return self.with_model(clause, model)

    def _other_forms(self, model: str, field: Field) -> Iterator[Feature]:
        for example in field.also.get("examples", ()):
            clause = self.clause(field.path, "also", model)
            yield from self._feature(clause, shown(example), {field.path: example})
        if field.base64 and self.desk.images.reference:
            mixed = [self.desk.images.reference[0], TINY_PNG]
            yield from self._feature(
                self.clause(field.path, "base64", model), "accepts", {field.path: mixed}
            )

    def _limits(self, model: str, field: Field) -> Iterator[Feature]:
        for keyword in LIMITS:
            clause = self.clause(field.path, keyword, model)
            if keyword not in field.schema or clause is None:
                continue
            value = _available(on_limit(field, keyword, self.desk.images))
            pins = {field.path: value, **self.beside(model, field)}
            number = field.schema[keyword]
            suffix = self.of_each(field, clause, model)
            yield from self._feature(clause, f"accepts {number}{suffix}", pins)
            common = self.clause(field.path, keyword)
            # The wider common limit is seen through a model whose own limit is the same.
            if (
                common is not None
                and common is not clause
                and common.thing.schema[keyword] == number
            ):
                yield from self._feature(common, f"accepts {number}", pins)

    def beside(self, model: str, field: Field) -> dict[str, Any]:
        """A size given in pixels goes without a ratio: no document says what the two mean together."""
        if field.path not in ("width", "height") and field.role not in ("width", "height"):
            return {}
        ratio = ratio_field(self.desk.contract)
        return {ratio: ABSENT} if ratio and ratio in self.desk.fields(model) else {}

    def _plainly(self, model: str, field: Field) -> Iterator[Feature]:
        """A plain value is accepted: for the clauses on type, form, media types, ignored and passed fields."""
        beside = self.beside(model, field)
        if field.alias_of:
            beside |= self._instead(model, field)
        value = _available(several(field, self.desk.images))
        # Where an enum, a limit or an alias is seen accepted, so is a value of the right type and form.
        seen = field.alias_of or self._bounded(field.path)
        for keyword in (
            ("ignored", "passthrough", "multipleOf")
            if seen
            else ("ignored", "passthrough", "multipleOf", "type", "format", "items")
        ):
            clause = self.clause(field.path, keyword, model)
            if clause is not None:
                word = f"accepts{self.of_each(field, clause, model)}"
                yield from self._feature(clause, word, {field.path: value, **beside})
        between = fraction(field)
        if between is not ABSENT:
            clause = self.clause(field.path, "type", model)
            yield from self._feature(
                clause, f"accepts {shown(between)}", {field.path: between, **beside}
            )
        accepts = self.clause(field.path, "accepts", model)
        urls = dict(self.desk.images.by_type)
        if accepts is not None and all(t in urls for t in field.accepts):
            pins = {field.path: [urls[t] for t in field.accepts], **beside}
            alias = self.clause(field.path, "alias", model)
            presumes = (Witness(clause=alias.id, value="accepts"),) if alias else ()
            yield from self._feature(accepts, "accepts", pins, presumes)

    def _bounded(self, path: str) -> bool:
        """Whether any model's description of the field has an enum or a limit."""
        return any(
            set(f.schema) & {"enum", *LIMITS} for f in self.desk.create.fields if f.path == path
        )

    def _instead(self, model: str, field: Field) -> dict[str, Any]:
        """The primary and its other aliases left out."""
        primary = field.alias_of or ""
        return {p: ABSENT for p in (primary, *self.desk.aliases(model, primary)) if p != field.path}

    def _alias(self, model: str, field: Field) -> Iterator[Feature]:
        if field.alias_of:
            value = _available(plain(field, self.desk.images))
            clause = self.clause(field.path, "alias", model)
            yield from self._feature(
                clause, "accepts", {field.path: value, **self._instead(model, field)}
            )

    # --- several fields ---

    def _of_rules(self, model: str) -> Iterator[Feature]:
        for rule in rules_for(self.desk.create, model):
            clause = self.clauses.get(f"{self.vendor}.create.rule.{rule.name}")
            for pins in rule_neighbours(self.desk, model, rule):
                yield from self._feature(clause, f"permits {_words(pins)}", pins)
            yield from self._shown_defaults(model, rule)

    def _shown_defaults(self, model: str, rule: Rule) -> Iterator[Feature]:
        """
        A default is seen where the request is permitted only because of it.

        With `when` pinned, `then` left out is accepted only if its default satisfies the rule.
        """
        for condition in rule.then:
            field = self.desk.fields(model).get(condition.field)
            if field is None or field.default is ABSENT or not holds(condition, field.default):
                continue
            if all(holds(condition, v) for v in field.schema.get("enum", ())):
                continue
            when = _first_values(self.desk, model, rule.when)
            clause = self.clause(field.path, "default", model)
            if (
                when is not None
                and clause is not None
                and clause.id not in {w.clause for w in self.made}
            ):
                yield from self._feature(
                    clause,
                    f"{field.path} left out with {_words(when)}",
                    {**when, field.path: ABSENT},
                )

    def _of_omissions(self, model: str) -> Iterator[Feature]:
        """What has a default may be left out: seen nowhere, where every plain request names it for the sake of a rule."""
        answer = next((c for c in self.clauses.values() if _is_answer(c)), None)
        for path, value in self.desk.carrier(model).items():
            field = self.desk.fields(model)[path]
            free = not (field.required or field.alias_of) and field.role != "model"
            if free and field.default is not ABSENT and field.default == value:
                suffix = f" with {model}" if model != self.desk.models[0] else ""
                yield from self._feature(answer, f"{path} left out{suffix}", {path: ABSENT})

    def _of_cells(self, model: str) -> Iterator[Feature]:
        """Each cell of the pixel table is asked for."""
        for cell in self.desk.contract.pixels:
            clause = self.clauses.get(f"{self.vendor}.result.pixels.{cell.row}.{cell.column}")
            if not cell.models or model in cell.models:
                pins = {c.field: c.one_of[0] for c in cell.when if c.one_of}
                if pins.keys() <= self.desk.fields(model).keys():
                    yield from self._feature(clause, "", {**pins, **self._in_sight(model)})

    def _in_sight(self, model: str) -> dict[str, Any]:
        """What a request leaves out whose picture is to be looked at: another form than an address to fetch it from."""
        fields = self.desk.fields(model)
        forms = [p for p, f in fields.items() if f.role == "response_format" and not f.required]
        return dict.fromkeys(forms, ABSENT)

    def _of_callbacks(self, model: str) -> Iterator[Feature]:
        """A callback is asked for."""
        callback = self.desk.contract.callback
        if callback is not None and callback.field in self.desk.fields(model):
            clause = self.clauses.get(f"{self.vendor}.callback.callback.sent")
            yield from self._feature(clause, "", {callback.field: CALLBACK})

    def _of_tiers(self, model: str) -> Iterator[Feature]:
        """One ratio at every tier, so that the pictures can be compared."""
        clause = self.clauses.get(f"{self.vendor}.result.pixels.tier")
        tier, ratio = tier_field(self.desk.contract), ratio_field(self.desk.contract)
        fields = self.desk.fields(model)
        if clause is None or tier not in fields or ratio not in fields:
            return
        tiers = fields[tier].schema.get("enum", ())
        same = next(
            (r for r in _by_width(fields[ratio]) if self._every_tier(model, ratio, r, tier)), None
        )
        if same is None:
            return
        for value in tiers:
            yield from self._feature(clause, shown(value), {ratio: same, tier: value})
        default = self.clause(tier, "default", model)
        if default is not None and default.id not in {w.clause for w in self.made}:
            # Its picture beside those of the tiers shows which of them is meant where none is named.
            yield from self._feature(clause, LEFT_OUT, {ratio: same, tier: ABSENT})

    def _of_key(self) -> Iterator[Feature]:
        """An idempotency key of the longest permitted length is taken."""
        promise = self.desk.contract.idempotency
        clause = self.clauses.get(f"{self.vendor}.create.idempotency.maxLength")
        if promise is not None and promise.max_length:
            pins = {promise.header: key_of(promise.max_length)}
            yield from self._feature(clause, f"accepts {promise.max_length}", pins)

    def _every_tier(self, model: str, ratio: str, value: Any, tier: str) -> bool:
        carrier = self.desk.carrier(model)
        return all(
            self.desk.keeps_rules(model, {**carrier, ratio: value, tier: t})
            for t in self.desk.fields(model)[tier].schema["enum"]
        )


def _is_answer(clause: Clause) -> bool:
    """Whether a clause says how a creation is answered that keeps every rule."""
    return clause.topic == "success" and clause.operation == "create"


class _Unavailable:
    pass


_UNAVAILABLE = _Unavailable()


def _available(value: Any) -> Any:
    """ABSENT from `plain` means that no value is at hand; as a pin it would mean: leave it out."""
    return _UNAVAILABLE if value is ABSENT else value


def _by_width(field: Field) -> list[Any]:
    """The ratios that are numbers, the widest known landscape first, so that rules on squares do not apply."""
    values = [
        v
        for v in field.schema.get("enum", ())
        if isinstance(v, str) and v.replace(":", "").isdigit()
    ]
    return sorted(values, key=lambda v: (v != "16:9", v))


def ratio_field(contract: Contract) -> str:
    """The request field that asks for a ratio; "" for none."""
    return _with_role(contract, "aspect_ratio") or _with_role(contract, "size")


def tier_field(contract: Contract) -> str:
    """The request field that asks for a resolution tier; "" for none."""
    return _with_role(contract, "resolution")


def _with_role(contract: Contract, role: str) -> str:
    create = contract.operation("create")
    return next((f.path for f in create.fields if f.role == role), "") if create else ""


def _words(pins: Mapping[str, Any]) -> str:
    return " × ".join("(left out)" if v is ABSENT else shown(v) for v in pins.values())


# --- rules ---


def forbidden_tuples(desk: Desk, model: str, rule: Rule) -> list[dict[str, Any]]:
    """
    The minimal forbidden combinations of a rule: each is the pins that break it, and nothing less breaks it.

    Values are those the documents name. Fields are in the order of the rule.
    """
    if any(path not in desk.fields(model) for path in rule.fields):
        return []
    if rule.form == "at_most_one":
        pairs = [(a, b) for i, a in enumerate(rule.fields) for b in rule.fields[i + 1 :]]
        return [
            dict(zip(pair, values, strict=True))
            for pair in pairs
            for values in product(*(_present(desk, model, p) for p in pair))
        ]
    if rule.form == "at_least_one":
        return [dict.fromkeys(rule.fields, ABSENT)]
    if rule.form == "unsaid" or any(
        c.field not in desk.fields(model) for c in (*rule.when, *rule.then)
    ):
        return []
    found = []
    for when in _combinations(desk, model, rule.when):
        for condition in rule.then:
            for value in _values(desk, model, condition, wanted=False):
                found.append({**when, condition.field: value})
    return found


def _present(desk: Desk, model: str, path: str) -> list[Any]:
    """The documented values of a field, else a plain one."""
    field = desk.fields(model)[path]
    return list(field.schema.get("enum", ())) or [plain(field, desk.images)]


def rule_neighbours(desk: Desk, model: str, rule: Rule) -> list[dict[str, Any]]:
    """For each forbidden combination, the nearest permitted ones: one field changed, each field in turn."""
    found: list[dict[str, Any]] = []
    for pins in forbidden_tuples(desk, model, rule):
        for path in pins:
            near = _nearest(desk, model, pins, path)
            if near is not None and near not in found:
                found.append(near)
    return found


def _nearest(desk: Desk, model: str, pins: Mapping[str, Any], path: str) -> dict[str, Any] | None:
    field = desk.fields(model).get(path)
    if field is None:
        return None
    values = list(field.schema.get("enum", ()))
    if pins[path] in values:
        at = values.index(pins[path])
        # Neighbours in a list of tiers are the tiers beside it; among ratios one is as near as another.
        listed = list(values)
        values.sort(
            key=lambda v: abs(listed.index(v) - at) if field.role == "resolution" else v != "16:9"
        )
    elif not values:
        values = [ABSENT] if pins[path] is not ABSENT else [plain(field, desk.images)]
    carrier = desk.carrier(model)
    for value in values:
        trial = {**pins, path: value}
        if value != pins[path] and desk.keeps_rules(model, {**carrier, **trial}):
            return trial
    return None


def _first_values(
    desk: Desk, model: str, conditions: tuple[Condition, ...]
) -> dict[str, Any] | None:
    return next(iter(_combinations(desk, model, conditions)), None)


def _combinations(
    desk: Desk, model: str, conditions: tuple[Condition, ...]
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [{}]
    for condition in conditions:
        values = _values(desk, model, condition, wanted=True)
        found = [{**pins, condition.field: value} for pins in found for value in values]
    return found


def _values(desk: Desk, model: str, condition: Condition, *, wanted: bool) -> list[Any]:
    """Documented values of a field that meet the condition, or that do not."""
    field = desk.fields(model).get(condition.field)
    if field is None:
        return []
    domain = list(field.schema.get("enum", ()))
    if condition.present is not None and condition.one_of is None:
        return [plain(field, desk.images)] if condition.present is wanted else [ABSENT]
    if condition.minimum is not None:
        domain = [condition.minimum, condition.minimum - 1]
    if condition.maximum is not None:
        domain += [condition.maximum, condition.maximum + 1]
    if not domain:
        domain = list(condition.one_of or ())
    return [value for value in domain if holds(condition, value) is wanted]


def model_features(desk: Desk, clauses: Mapping[str, Clause]) -> dict[str, list[Feature]]:
    """The features of every model that can be asked."""
    maker = Features(desk, clauses)
    return {model: maker.of_model(model) for model in desk.models}
