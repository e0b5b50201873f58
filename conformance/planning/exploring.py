"""
Which requests that no plan has are valid, or break exactly one clause, by construction?

A valid request is a carrier with documented possibilities on top that do not clash, free text and numbers within
limits, optional fields left out, and its fields in some order. An invalid one is a refusal of the plan, its wrong value
moved further away, with valid optional fields added: whoever refuses the small request must refuse the large one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from conformance.contract.clauses import LIMITS, Clause, clauses_by_id, shown
from conformance.contract.model import ABSENT, Contract, Field
from conformance.contract.resolution import settle
from conformance.planning.costs import price
from conformance.planning.features import Features
from conformance.planning.images import Images
from conformance.planning.packing import clash
from conformance.planning.plan import positive_case
from conformance.planning.refusals import refusals, widest
from conformance.planning.requests import Desk, send_of
from conformance.planning.values import beyond, far_type, on_limit
from conformance.results.cases import Case, Feature, Plan, Witness

__all__ = ["Draft", "Space"]

_ORDERS = ("documented", "reversed", "by name")
_UNCOUNTED = ("idempotency_key", "client_id", "callback")  # must differ from case to case

# Harmless pieces of a prompt, the plain ones first. Nothing that a filter of attacks or a moderator could stop.
_PIECES = (
    *(
        "a red apple",
        " ",
        ", ",
        ".",
        "7",
        '"',
        "'",
        "é",
        "\u00df",
        "猫",
        "🍎",
        "\n",
        "%",
        "&",
        "#",
        "?",
        "!",
    ),
    *(
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        "/",
        "\\",
        "+",
        "*",
        "=",
        "@",
        "$",
        "~",
        "^",
        "|",
        ":",
        "_",
        "\u2019",
    ),
)
_FAR_WORDS = ("no-such-value", "unheard-of", "x", "zzz999", "no such value at all", "-")
_FAR_NUMBERS = (987_654_321, 123_456_789, -987_654)
_FAR_OBJECTS: tuple[Any, ...] = (
    {"unexpected": True},
    {"unexpected": {"deep": [1]}},
    {"unexpected": [{"deep": None}]},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """
    A request that might be sent.

    `case` is valid (`expect` is "either", so that asking alone accuses nobody) or breaks one clause. `features` are
    what a valid one carries, `free` the clauses of values that no document lists. `plainly` is the same request with
    its fields in the documented order, where they are in another.
    """

    case: Case
    features: tuple[Feature, ...] = ()
    free: tuple[str, ...] = ()
    plainly: Case | None = None

    @property
    def size(self) -> tuple[int, int, int]:
        """By which one of two requests is the smaller one."""
        return (
            int(self.plainly is not None),
            len(self.case.assignment),
            len(repr(self.case.assignment)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slot:
    """A field whose values are free within limits, and what each value is called."""

    field: Field
    clause: Clause
    values: st.SearchStrategy[Any]


class Space:
    """
    The requests of one plan that can be generated.

    Args:
        contract: With its disputes open.
        plan: Whose dialect is spoken, and whose refusals are varied.
        closed: Clauses about which enough is known: none is broken, or shown by free values, again.
        guilty: Pins that are known to be refused: no valid request carries all of one of them.
    """

    def __init__(
        self,
        contract: Contract,
        plan: Plan,
        *,
        images: Images,
        carrier: int,
        closed: frozenset[str] = frozenset(),
        guilty: Sequence[Mapping[str, Any]] = (),
        orders: bool = True,
    ) -> None:
        self._desk = Desk(settle(contract, plan.dialect), images, carrier, whole=contract)
        self._clauses = clauses_by_id(contract)
        self._maker = Features(self._desk, self._clauses)
        self._guilty = guilty
        self._orders = _ORDERS if orders else _ORDERS[:1]
        self._closed = closed
        planned = {case.id for case in plan.cases}
        self._templates = tuple(
            t
            for t in refusals(self._desk, self._maker)
            if t.id in planned
            and t.breaks is not None
            and t.breaks.clause not in closed
            and self._clauses[t.breaks.clause].keyword != "default"
        )
        self._limits = tuple(
            t
            for t in self._templates
            if t.breaks is not None and self._clauses[t.breaks.clause].keyword in LIMITS
        )
        self._possible = {m: tuple(self._possible_of(m)) for m in self._desk.models}
        self._slots = {m: tuple(self._slots_of(m)) for m in self._desk.models}

    # --- strategies ---

    def drafts(self, *, valid: bool) -> st.SearchStrategy[Draft]:
        """
        Requests, the plainest first.

        Args:
            valid: Whether valid ones are among them; they may be paid for.
        """
        kinds = [st.sampled_from(self._desk.models).flatmap(self._valid)] * 2 if valid else []
        if self._templates:
            # There are few ways to be wrong: what was drawn before is not sent again, so draw more of them.
            kinds += [st.sampled_from(self._templates).flatmap(self._broken)] * 2
            kinds += [st.sampled_from(self._limits or self._templates).flatmap(self._broken)]
        return st.one_of(kinds) if kinds else st.nothing()

    def _valid(self, model: str) -> st.SearchStrategy[Draft]:
        slots = self._slots[model]
        return st.builds(
            lambda chosen, free, omitted, order: self._made(model, chosen, free, omitted, order),
            self._chosen(model),
            st.tuples(*(st.none() | slot.values for slot in slots)),
            st.lists(st.sampled_from(self._optional(model) or ("",)), max_size=2, unique=True),
            st.sampled_from(self._orders),
        )

    def _chosen(self, model: str) -> st.SearchStrategy[list[int]]:
        """At most one possibility for each set of fields, so that every pair of values is as likely as another."""
        groups: dict[frozenset[str], list[int]] = {}
        for index, feature in enumerate(self._possible[model]):
            groups.setdefault(frozenset(feature.pins), []).append(index)
        each = [st.none() | st.sampled_from(group) for group in groups.values()]
        return st.tuples(*each).map(lambda some: [index for index in some if index is not None])

    def _broken(self, template: Case) -> st.SearchStrategy[Draft]:
        return st.builds(
            lambda far, chosen: self._refusable(template, far, chosen),
            self._far(template),
            self._chosen(template.model),
        )

    # --- valid requests ---

    def _possible_of(self, model: str) -> Iterator[Feature]:
        fields = self._desk.fields(model)
        for feature in self._maker.possible(model):
            shared = any(
                p in fields and (fields[p].role in _UNCOUNTED or fields[p].location == "header")
                for p in feature.pins
            )
            if feature.pins and not shared:
                yield feature

    def _optional(self, model: str) -> tuple[str, ...]:
        """What the carrier names though it need not."""
        fields = self._desk.fields(model)
        return tuple(
            p
            for p in self._desk.carrier(model)
            if p in fields
            and not fields[p].required
            and not fields[p].alias_of
            and not any(q.startswith(f"{p}.") for q in fields)
        )

    def _slots_of(self, model: str) -> Iterator[_Slot]:
        for field in self._desk.fields(model).values():
            if self._is_disputed(field) or field.ignored or field.passthrough or field.alias_of:
                continue
            if field.location != "body" or field.role in _UNCOUNTED or field.role == "model":
                continue
            found = self._free_values(field)
            if found is None:
                continue
            keywords, values = found
            named = (self._maker.clause(field.path, k, model) for k in keywords)
            clause = next((c for c in named if c is not None and not c.untestable), None)
            if clause is not None and clause.id not in self._closed:
                yield _Slot(field=field, clause=clause, values=values)

    def _is_disputed(self, field: Field) -> bool:
        create = self._desk.whole.operation("create")
        return create is not None and any(f.dispute and f.path == field.path for f in create.fields)

    def _free_values(self, field: Field) -> tuple[tuple[str, ...], st.SearchStrategy[Any]] | None:
        """What may stand in a field beside what documents list, and the keywords that permit it."""
        schema = field.schema
        if {"enum", "const", "format", "pattern"} & schema.keys():
            return None
        if field.role in ("prompt", "negative_prompt") and schema.get("type", "string") == "string":
            pieces = st.lists(st.sampled_from(_PIECES), min_size=1, max_size=16)
            texts = pieces.map(lambda some: _text(some, schema))
            return ("type", "maxLength", "minLength", "required"), texts
        if schema.get("type") in ("integer", "number") and {"minimum", "maximum"} <= schema.keys():
            step = schema.get("multipleOf", 1)
            room = int((schema["maximum"] - schema["minimum"]) // step)
            steps = st.integers(min_value=0, max_value=max(0, room))
            return ("maximum", "minimum"), steps.map(
                lambda k: on_limit(field, "minimum", self._desk.images, off=k)
            )
        if field.role == "images" and "maxItems" in schema and self._desk.images.reference:
            most = int(schema["maxItems"])
            fewer = st.integers(
                min_value=0, max_value=max(0, most - max(1, int(schema.get("minItems", 1))))
            )
            return ("maxItems",), fewer.map(
                lambda k: on_limit(field, "maxItems", self._desk.images, off=-k)
            )
        return None

    def _made(
        self,
        model: str,
        chosen: Sequence[int],
        free: Sequence[Any],
        omitted: Sequence[str],
        order: str,
    ) -> Draft:
        """The request that carries as much of this as fits together."""
        pins: dict[str, Any] = {}
        added: list[Feature] = []
        for slot, value in zip(self._slots[model], free, strict=True):
            if value is None:
                continue
            own = {slot.field.path: value, **self._maker.beside(model, slot.field)}
            own |= dict.fromkeys(self._desk.aliases(model, slot.field.path), ABSENT)
            together = self._with(model, pins, own)
            if together is not pins:
                pins = together
                size = value if isinstance(value, int | float) else len(value)
                witness = Witness(clause=slot.clause.id, value=f"accepts {shown(size)}")
                added.append(Feature(witness=witness, pins=own))
        for index in chosen:
            pins = self._with(model, pins, self._possible[model][index].pins)
        for path in omitted:
            if path and path not in pins:
                pins = self._with(model, pins, {path: ABSENT})
        request = self._desk.completed(model, self._desk.carrier(model), pins) or {}
        return self._draft(model, request, added, order)

    def _with(self, model: str, pins: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
        """The pins with more of them; the same ones where they cannot stand together."""
        together = {**pins, **more}
        if clash(pins, more):
            return pins
        request = self._desk.completed(model, self._desk.carrier(model), together)
        if request is None or any(_carries(request, each) for each in self._guilty):
            return pins
        return together

    def _draft(
        self, model: str, request: Mapping[str, Any], added: Sequence[Feature], order: str
    ) -> Draft:
        given = {p: v for p, v in request.items() if v is not ABSENT}
        ordered = _in_order(given, order)
        carried = [f for f in self._possible[model] if _carries(given, f.pins)]
        features = (*carried, *added)

        def case(of: Mapping[str, Any]) -> Case:
            made = positive_case(self._desk, model, of, (), "", "explored: a valid creation")
            return replace(made, expect="either")

        moved = list(ordered) != list(given)
        return Draft(
            case=case(ordered),
            features=features,
            free=tuple(f.witness.clause for f in added),
            plainly=case(given) if moved else None,
        )

    # --- invalid requests ---

    def _far(self, template: Case) -> st.SearchStrategy[Any]:
        """How the wrong value of a refusal may be wrong as well; None for as it is."""
        assert template.breaks is not None  # only such are templates
        clause = self._clauses[template.breaks.clause]
        if clause.keyword in LIMITS and clause.topic == "field":
            most = 20 if clause.keyword.endswith("Items") else 5_000
            # Most often near the limit: far off, one number is as good as another.
            near = st.integers(min_value=1, max_value=min(most, 64))
            return near | near | st.integers(min_value=1, max_value=most)
        if clause.keyword == "type":
            return st.sampled_from(_FAR_OBJECTS)
        if clause.keyword == "enum" and clause.topic == "field":
            return st.sampled_from((*_FAR_WORDS, *_FAR_NUMBERS))
        return st.none()

    def _refusable(self, template: Case, far: Any, chosen: Sequence[int]) -> Draft:
        assert template.breaks is not None  # only such are templates
        model, clause = template.model, self._clauses[template.breaks.clause]
        path = "" if clause.topic == "rule" else self._path_of(template, clause)
        rule = clause.thing.name if clause.topic == "rule" else ""
        assignment, value = self._further(template, clause, path, far)
        carrier = self._desk.carrier(model)
        kept = {
            p: assignment.get(p, ABSENT)
            for p in {**carrier, **assignment}
            if not _carries(carrier, {p: assignment.get(p, ABSENT)})
        }
        if path:
            family = (path, *self._desk.aliases(model, path))
            kept |= {p: assignment.get(p, ABSENT) for p in family}
        if clause.topic == "rule":
            named = [c.field for c in (*clause.thing.when, *clause.thing.then)]
            kept |= {p: assignment.get(p, ABSENT) for p in (*named, *clause.thing.fields)}
        request = self._extended(model, assignment, kept, chosen, rule)
        given = {p: v for p, v in request.items() if v is not ABSENT}
        case = replace(
            template,
            id="",
            title=f"explored: {template.title}",
            send=send_of(self._desk, model, given),
            breaks=replace(template.breaks, value=value),
            witnesses=(replace(template.breaks, value=value),),
            assignment=given,
            worst_cost=price(self._desk.contract, model, given, worst=True),
        )
        return Draft(case=case)

    def _path_of(self, template: Case, clause: Clause) -> str:
        """The field that a refusal is wrong in, in the words of its model."""
        paths = self._desk.fields(template.model)
        return next((p for p in paths if p == getattr(clause.thing, "path", "")), "")

    def _further(
        self, template: Case, clause: Clause, path: str, far: Any
    ) -> tuple[dict[str, Any], str]:
        """The request of a refusal with its value further off, and what it then refuses."""
        assert template.breaks is not None  # only such are templates
        request, value = dict(template.assignment), template.breaks.value
        field = self._desk.fields(template.model).get(path)
        if far is None or field is None or path not in request:
            return request, value
        field, keyword = widest(self._desk, field), clause.keyword
        if keyword in LIMITS:
            wrong = on_limit(field, keyword, self._desk.images, off=beyond(keyword) * far)
            size = field.schema[keyword] + beyond(keyword) * far
            if wrong is ABSENT or (size < 0 and not keyword.endswith("imum")):
                return request, value
            return {
                **request,
                path: wrong,
            }, f"refuses {wrong if keyword.endswith('imum') else size}"
        if keyword == "type" and far_type(field.schema["type"]) != "unexpected":
            return {**request, path: far}, f"refuses {shown(far)}"
        if keyword == "enum" and type(far) is type(request[path]) and field.role != "model":
            return {**request, path: far}, value
        return request, value

    def _extended(
        self,
        model: str,
        assignment: Mapping[str, Any],
        kept: Mapping[str, Any],
        chosen: Sequence[int],
        rule: str,
    ) -> dict[str, Any]:
        """An invalid request with valid fields added, as far as nothing else becomes wrong."""
        request, pins = dict(assignment), dict(kept)
        fields = self._desk.fields(model)
        for index in chosen:
            more = self._possible[model][index].pins
            primaries = {fields[p].alias_of or p for p in more if p in fields}
            touched = any(_related(p, q) for p in {*more, *primaries} for q in kept)
            if touched or clash(pins, more):
                continue
            trial = self._desk.completed(model, request, {**pins, **more}, but=rule)
            whole = {} if trial is None else trial
            if not _carries(whole, kept) or any(_carries(whole, g) for g in self._guilty):
                continue
            if rule and self._desk.keeps_rules(model, whole):
                continue
            request, pins = whole, {**pins, **more}
        return request


def _text(pieces: Sequence[str], schema: Mapping[str, Any]) -> str:
    """Text within the limits, whether bytes or characters are counted and whether it is trimmed."""
    longest = int(schema.get("maxLength", 10_000))
    text = _PIECES[0][:longest]
    for piece in pieces:
        if len((text + piece).encode()) <= longest:
            text += piece
    return text.strip().ljust(int(schema.get("minLength", 0)), "x")


def _in_order(request: Mapping[str, Any], order: str) -> dict[str, Any]:
    paths = list(request)
    if order == "reversed":
        paths.reverse()
    elif order == "by name":
        paths.sort()
    return {p: request[p] for p in paths}


def _carries(request: Mapping[str, Any], pins: Mapping[str, Any]) -> bool:
    """Whether a request by field path has all the pinned values."""
    return not clash({p: request.get(p, ABSENT) for p in pins}, pins)


def _related(one: str, other: str) -> bool:
    """Whether two paths are the same or one holds the other."""
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")
