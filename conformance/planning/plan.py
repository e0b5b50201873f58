"""Which cases, in which order, hold a vendor against its contract?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from conformance.contract.clauses import Clause, clauses_by_id
from conformance.contract.model import ABSENT, Contract
from conformance.contract.picking import picks
from conformance.contract.prices import has_cell
from conformance.contract.resolution import filled, settle
from conformance.planning.aside import aside, without_sample
from conformance.planning.combinations import Table, table_of
from conformance.planning.costs import price
from conformance.planning.features import Features, ratio_field
from conformance.planning.images import DEFAULT_IMAGES, Images
from conformance.planning.packing import lower_bound, pack
from conformance.planning.probes import clock_probes, free_probes, paid_probes, with_key
from conformance.planning.refusals import refusals
from conformance.planning.requests import Desk, send_of
from conformance.planning.values import plain
from conformance.planning.worth import best_first
from conformance.results.cases import Case, Feature, Plan, Witness

__all__ = ["make_plan", "positive_case", "tables_of"]

CARRIER_ID = "carrier"
PROBE_ID = "probe"


def make_plan(
    contract: Contract,
    *,
    strength: int = 1,
    seed: int = 0,
    dialect: Mapping[str, str] | None = None,
    carrier: int = 0,
    images: Images = DEFAULT_IMAGES,
    only: str = "",
    with_clock: bool = False,
    max_billed: int | None = None,
    by_cost: bool = False,
    callbacks: str = "",
) -> Plan:
    """
    The plan for a contract: the carrier, then free probes and refusals, then what is paid for, then clock cases.

    Args:
        strength: How many values are tried together: 1 each alone, 2 every permitted pair of a model's values, 3 every
            three.
        seed: For the search for few requests that show them.
        dialect: Which alternative of each dispute the requests follow (dispute name to alternative name).
        carrier: Which of the ways to make the first creation to use (0, 1, 2).
        images: The reference images that the target can fetch.
        only: Globs over clause ids, with commas between them; other clauses are left untried.
        with_clock: The target's clock is ours, so that waiting costs nothing.
        max_billed: So many paid creations will be sent: those that show most come first.
        by_cost: Money is short: those that show most for it come first.
        callbacks: `sure` where callbacks can be received, `unsure` where nobody knows whether the vendor was set up
            for them, "" where none can be received.
    """
    settled = settle(contract, dialect or {})
    clauses = clauses_by_id(contract)
    desk = Desk(settled, images, carrier, whole=contract, callbacks=callbacks)
    if not desk.models:
        return Plan(
            vendor=contract.vendor,
            strength=strength,
            cases=(),
            unplanned=_unplanned(desk, clauses, (), ""),
        )
    maker = Features(desk, clauses)
    features = {model: maker.of_model(model) for model in desk.models}
    tables = tables_of(desk, maker) if strength > 1 else {}
    cases = _cases(
        desk,
        maker,
        features,
        tables,
        strength=strength,
        seed=seed,
        with_clock=with_clock,
        cut=(max_billed, by_cost),
    )
    if only:
        cases = _kept(cases, only)
        kept = {f.witness for case in cases for f in case.features}
        features = {m: [f for f in fs if f.witness in kept] for m, fs in features.items()}
    return Plan(
        vendor=contract.vendor,
        strength=strength,
        cases=tuple(cases),
        required=_required(desk, clauses, cases),
        left_out=_left_out([*maker.left_out, *without_sample(contract)], cases),
        unplanned=_unplanned(desk, clauses, cases, only),
        # A task that must fail shares no request with anything that must succeed.
        lower_bound=_lower_bound(desk, features, tables, strength, _of_their_own(desk, cases))
        + sum(c.expect == "either" for c in cases),
        probe=next((c.id for c in cases if c.id == PROBE_ID), ""),
        dialect=dict(dialect or {}),
    )


def tables_of(desk: Desk, maker: Features) -> dict[str, Table]:
    """The table of every model: what can stand together in its requests."""
    of_create = [c for c in maker.clauses.values() if c.operation == "create"]
    fallback = next((c.id for c in of_create if c.topic == "success"), of_create[0].id)
    return {m: table_of(desk, maker, m, fallback=fallback) for m in desk.models}


def _lower_bound(
    desk: Desk,
    features: Mapping[str, Sequence[Feature]],
    tables: Mapping[str, Table],
    strength: int,
    own: Mapping[str, Sequence[Feature]],
) -> int:
    """
    What no plan can do without: each model asks for itself.

    Args:
        own: What only one request can be, to be seen beside the features.
    """
    return sum(
        max(
            lower_bound({m: fs}, partial(desk.excludes, m)),
            lower_bound({m: [*fs, *own.get(m, ())]}, partial(desk.excludes, m)),
            tables[m].least(strength) if m in tables else 0,
        )
        for m, fs in features.items()
    )


def _of_their_own(desk: Desk, cases: Sequence[Case]) -> dict[str, list[Feature]]:
    """
    The carrier, and the probe where there is one, as features that pin every field.

    A plain creation, without anything optional, is an obligation that no fuller request can witness: a server that
    refuses it refuses everything, and only it tells this from strictness. So is the one that is plain but for what
    the documents dispute: refused with anything more in it, it would not tell which page the vendor follows.
    """
    found: dict[str, list[Feature]] = {}
    for case in cases:
        if case.id in (CARRIER_ID, PROBE_ID):
            pins = {p: case.assignment.get(p, ABSENT) for p in desk.fields(case.model)}
            only = Feature(witness=Witness(clause=case.id), pins=pins)
            found.setdefault(case.model, []).append(only)
    return found


def _cases(
    desk: Desk,
    maker: Features,
    features: Mapping[str, Sequence[Feature]],
    tables: Mapping[str, Table],
    *,
    strength: int,
    seed: int,
    with_clock: bool,
    cut: tuple[int | None, bool],
) -> list[Case]:
    model = desk.models[0]
    first = _carrier_case(desk, features[model])
    probe = _probe_case(desk, features[model], maker.clauses)
    before = [first, *probe]
    rows = list(_rows(desk, features, tables, before, strength, seed))
    packed = list(_positives(desk, features, [*before, *rows]))
    valid = [_combined(case, tables, strength) for case in (*before, *rows, *packed)]
    first, probe = valid[0], valid[1 : len(before)]
    max_billed, by_cost = cut
    positives = valid[len(before) :]
    if max_billed is not None or by_cost:
        count = None if max_billed is None else max(0, max_billed - len(before))
        positives = best_first(positives, [first, *probe], count=count, by_cost=by_cost)
    # What a cap leaves for later may never be sent: the creation with the key is one that is sent in any case.
    sure = len(positives) if max_billed is None else max(1, max_billed - len(before))
    keyed = with_key(desk, positives[:sure] or _keyed(desk))
    positives = [*keyed, *positives[sure:]]
    return [
        first,
        *probe,
        *free_probes(desk, first),
        *aside(desk.whole, first.id),
        *refusals(desk, maker),
        *positives,
        *paid_probes(desk, positives),
        *(clock_probes(desk.whole, first) if with_clock else ()),
    ]


def _carrier_case(desk: Desk, features: Sequence[Feature]) -> Case:
    model = desk.models[0]
    request = desk.carrier(model)
    carried = tuple(f for f in features if all(_pinned(request, p, v) for p, v in f.pins.items()))
    return positive_case(
        desk, model, request, carried, CARRIER_ID, "a plain creation, before anything else"
    )


def _probe_case(
    desk: Desk, features: Sequence[Feature], clauses: Mapping[str, Clause]
) -> list[Case]:
    """
    One creation that says nothing unusual but what the documents dispute, in the dialect of this plan.

    If it is refused, the vendor follows another page; the run then plans again in that page's words.
    """
    disputed = [f for f in features if clauses[f.witness.clause].dispute]
    if not disputed:
        return []
    model = desk.models[0]
    create = desk.whole.operation("create")
    paths = (
        dict.fromkeys(f.path for f in create.fields if f.dispute and f.role != "model")
        if create
        else {}
    )
    # The plainest value of each disputed field: what else may be wrong with the vendor is not asked here.
    fields = desk.fields(model)
    pins = {
        p: plain(fields[p], desk.images) for p in paths if p in fields and not fields[p].alias_of
    }
    pins = {p: v for p, v in pins.items() if v is not ABSENT}
    request = desk.completed(model, desk.carrier(model), pins)
    if request is None or not pins:
        return []
    bundle = [f for f in disputed if all(_pinned(request, p, v) for p, v in f.pins.items())]
    return [
        positive_case(
            desk, desk.models[0], request, tuple(bundle), PROBE_ID, "which page the vendor follows"
        )
    ]


def _keyed(desk: Desk) -> list[Case]:
    """Another plain creation, where a key is promised something and no other creation is left to carry it."""
    if desk.contract.idempotency is None:
        return []
    model, title = desk.models[0], "a plain creation, with a key"
    return [positive_case(desk, model, desk.carrier(model), (), "accepted:keyed", title)]


def _pinned(request: Mapping[str, Any], path: str, value: Any) -> bool:
    found = request.get(path, ABSENT)
    return (
        found is value if value is ABSENT else type(found) is type(value) and bool(found == value)
    )


def _rows(
    desk: Desk,
    features: Mapping[str, Sequence[Feature]],
    tables: Mapping[str, Table],
    before: Sequence[Case],
    strength: int,
    seed: int,
) -> Iterator[Case]:
    """Creations that show what the earlier ones do not show of each model's permitted combinations."""
    for model, table in tables.items():
        known = [case.assignment for case in before if case.model == model]
        for number, row in enumerate(table.rows(strength, known, seed), 1):
            request = desk.completed(model, desk.carrier(model), row)
            assert request is not None  # the table forbids what the rules forbid
            carried = tuple(
                f for f in features[model] if all(_pinned(request, p, v) for p, v in f.pins.items())
            )
            name = f"combined:{model or 'create'}:{number}"
            yield positive_case(
                desk, model, request, carried, name, f"values {strength} by {strength}"
            )


def _combined(case: Case, tables: Mapping[str, Table], strength: int) -> Case:
    """The case, and what it shows together."""
    if case.model not in tables:
        return case
    shown = tables[case.model].witnesses(case.assignment, strength)
    return replace(case, combinations=tuple(shown))


def _positives(
    desk: Desk, features: Mapping[str, Sequence[Feature]], before: Sequence[Case]
) -> Iterator[Case]:
    for model in desk.models:
        start = [f for case in before if case.model == model for f in case.features]
        for number, bundle in enumerate(pack(desk, model, features[model], start), 1):
            pins = {p: v for f in bundle for p, v in f.pins.items()}
            request = desk.completed(model, desk.carrier(model), pins)
            assert request is not None  # the bundle was packed because this exists
            name = f"accepted:{model or 'create'}:{number}"
            yield positive_case(
                desk, model, request, tuple(bundle), name, f"{len(bundle)} documented possibilities"
            )


def positive_case(
    desk: Desk,
    model: str,
    request: Mapping[str, Any],
    carried: tuple[Feature, ...],
    name: str,
    title: str,
) -> Case:
    """A valid creation that carries the given features."""
    given = {p: v for p, v in request.items() if v is not ABSENT}
    return Case(
        id=name,
        operation="create",
        send=send_of(desk, model, given),
        expect="accepted",
        title=title,
        model=model,
        witnesses=tuple(f.witness for f in carried),
        features=carried,
        assignment=given,
        billed=1,
        cost=price(desk.contract, model, given),
        worst_cost=price(desk.contract, model, given, worst=True),
    )


# --- what a plan promises to try ---


def _required(
    desk: Desk, clauses: Mapping[str, Clause], cases: Sequence[Case]
) -> dict[str, tuple[str, ...]]:
    """Clause to the obligations that must be witnessed before it conforms."""
    found: dict[str, dict[str, None]] = {}
    for witness in (w for case in cases for w in (*case.witnesses, *case.combinations)):
        found.setdefault(witness.clause, {})[witness.value] = None
    ratio = clauses.get(f"{desk.contract.vendor}.result.pixels.ratio")
    if ratio is not None:
        asked = {
            str(c.assignment.get(ratio_field(desk.contract), ""))
            for c in cases
            if c.expect == "accepted"
            and not has_cell(desk.contract, c.model, filled(c.assignment, desk.fields(c.model)))
        }
        found[ratio.id] = dict.fromkeys(sorted(r for r in asked if ":" in r))
        if not found[ratio.id]:
            del found[ratio.id]
    return {clause: tuple(values) for clause, values in found.items() if clause in clauses}


def _left_out(left_out: Sequence[Witness], cases: Sequence[Case]) -> dict[str, tuple[str, ...]]:
    """Of the clauses that cases try, the obligations that none can witness."""
    tried = {w for case in cases for w in case.witnesses}
    found: dict[str, list[str]] = {}
    for witness in sorted({*left_out} - tried, key=lambda w: (w.clause, w.value)):
        if witness.clause in {w.clause for w in tried}:
            found.setdefault(witness.clause, []).append(witness.value)
    return {clause: tuple(values) for clause, values in found.items()}


def _unplanned(
    desk: Desk, clauses: Mapping[str, Clause], cases: Sequence[Case], only: str
) -> dict[str, str]:
    """Clause to the reason why no case tries it, for the clauses that cases try by name."""
    tried = {w.clause for case in cases for w in case.witnesses}
    found: dict[str, str] = {}
    for clause in clauses.values():
        if clause.untestable:
            found[clause.id] = clause.untestable
        elif only and not picks(only, clause.id):
            found[clause.id] = "left out by --only"
        elif clause.operation == "callback" and not desk.callbacks:
            found[clause.id] = "needs: callback"
        elif clause.topic == "expiry" and clause.id not in tried:
            found[clause.id] = "needs: clock"
        elif clause.id not in tried and clause.topic in ("field", "rule", "auth"):
            if "callback" in getattr(clause.thing, "needs", ()):
                found[clause.id] = "needs: callback"
                continue
            found[clause.id] = "needs: image" if _lacks_image(desk, clause) else "not observable"
    return found


def _lacks_image(desk: Desk, clause: Clause) -> bool:
    if clause.keyword == "accepts" or any(desk.lacks(m) for m in desk.contract.models):
        return True
    return not desk.images.reference and getattr(clause.thing, "role", None) == "images"


def _kept(cases: Sequence[Case], only: str) -> list[Case]:
    """The carrier, and the cases that witness a clause of the glob, with what they stand on."""
    wanted = [
        c for c in cases if any(picks(only, w.clause) for w in (*c.witnesses, *c.combinations))
    ]
    near = {w for c in wanted for w in c.neighbours}
    keep = {c.id for c in wanted} | {c.repeats for c in wanted} | {cases[0].id, PROBE_ID}
    keep |= {c.id for c in cases if near & set(c.witnesses)}
    return [case for case in cases if case.id in keep]
