"""How can a vendor break its promises about keys, paths, money, pictures, repetition and lifetimes?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from conformance.contract.model import AuthScheme, Charge, Contract, Operation, PixelCell
from conformance.mutation.mutants import Changed, Mutant, Site, swapped
from conformance.simulator.sizes import cell_for

__all__ = [
    "auth_mutants",
    "charge_mutants",
    "content_type_mutants",
    "expiry_mutants",
    "idempotency_mutants",
    "path_mutants",
    "picture_mutants",
    "pixels_mutants",
    "ratio_mutants",
    "refund_mutants",
    "success_mutants",
    "tier_mutants",
    "url_mutants",
]

_NOWHERE = {404, 405}

# --- keys and paths ---


def auth_mutants(site: Site) -> Iterator[Mutant]:
    """An operation asks for no key, takes any, or refuses only wrong ones; another documented scheme is not known."""
    scheme: AuthScheme = site.thing
    operation = site.clause.operation
    if scheme is not site.world.contract.auth[0]:
        # Of an operation whose page does not name the scheme, no page says that it takes it.
        own = [c for c in site.world.clauses if c.topic == "auth" and c.thing == scheme]
        implied = all(c.level == "implied" for c in own)
        stated = [c.id for c in own if c.level != "implied"]
        yield site.mutant(
            "scheme-dead", f"scheme-dead={scheme.name}", permitted=implied, either=stated
        )
        return
    for operator, deviation in (
        ("auth-skipped", "skip-auth"),
        ("any-key-taken", "any-key"),
        ("no-key-taken", "no-key"),
    ):
        yield site.mutant(operator, f"{deviation}={operation}")


def path_mutants(site: Site) -> Iterator[Mutant]:
    """There is nothing at the documented path, or the documented method is not known there."""
    operation = site.clause.operation
    also = site.world.ids("success", operation=operation)
    # Where a request may be answered 404 for another reason, nothing is known but that none is accepted.
    documented = {r.status for r in site.settled.errors if operation in r.operations}
    either = also if documented & _NOWHERE else ()
    yield site.mutant("path-unknown", f"path={operation}", also=also, either=either)
    other = "PUT" if site.operation.method != "PUT" else "PATCH"

    def changed(op: Operation) -> Operation:
        return replace(op, method=other)

    yield site.mutant("method-swapped", site.with_operation(changed), detail=other, also=also)


def content_type_mutants(site: Site) -> Iterator[Mutant]:
    """The documented type of a body is refused."""
    also = site.world.ids("success", "path", operation=site.clause.operation)

    def changed(op: Operation) -> Operation:
        return replace(op, content_type="application/x-other")

    # Whoever takes nothing at all does not say why.
    yield site.mutant("content-type-refused", site.with_operation(changed), either=also)


def success_mutants(site: Site) -> Iterator[Mutant]:
    """Accepted requests get another status of success."""
    documented = site.thing.success
    for code in (200, 201, 202, 203):
        if code not in documented:
            yield site.mutant(
                "status-swapped", f"success={site.clause.operation}={code}", detail=str(code)
            )


# --- repetition ---


def idempotency_mutants(site: Site) -> Iterator[Mutant]:
    """A repeated key makes another task, is refused, is not marked, or is treated otherwise with another body."""
    promise = site.thing
    match site.clause.keyword:
        case "same-request":
            also = site.world.ids("idempotency")
            yield site.mutant("key-ignored", "idempotency-ignored", also=also)
            yield site.mutant("repetition-refused", "repeat-refused", also=also)
        case "other-body":
            for reaction in ("same-task", "new-task", "bad-parameter"):
                if reaction != promise.other_body:
                    yield site.mutant(
                        "conflict-swapped",
                        f"other-body={reaction}",
                        detail=reaction,
                        either=_rows_for(site, promise.other_body),
                    )
        case "replay-header":
            yield site.mutant("header-missing", "replay-header-missing")
        case "maxLength":
            yield from _key_length(site)


def _rows_for(site: Site, cause: str) -> list[str]:
    """The rows of the error table that say the same of a key used with another body."""
    rows = (c for c in site.world.clauses if c.topic == "row" and c.operation == "create")
    return [c.id for c in rows if cause in c.thing.causes]


def _key_length(site: Site) -> Iterator[Mutant]:
    limit = site.thing.max_length
    for operator, moved in (
        ("limit-widened", limit + 1),
        ("limit-narrowed", limit - 1),
        ("limit-removed", None),
    ):

        def changed(contract: Contract, moved: int | None = moved) -> Contract:
            assert contract.idempotency is not None  # its clause is broken here
            promise = replace(contract.idempotency, max_length=moved)
            operations = tuple(_with_longest(op, moved) for op in contract.operations)
            return replace(contract, idempotency=promise, operations=operations)

        yield site.mutant(operator, Changed(changed), detail=str(moved))


def _with_longest(operation: Operation, length: int | None) -> Operation:
    """The header of the key, where it is described as a field, too."""
    said = {} if length is None else {"maxLength": length}
    fields = tuple(
        replace(f, schema={**{k: v for k, v in f.schema.items() if k != "maxLength"}, **said})
        if f.role == "idempotency_key"
        else f
        for f in operation.fields
    )
    return replace(operation, fields=fields)


# --- money ---


def charge_mutants(site: Site) -> Iterator[Mutant]:
    """A creation costs one more, one less, or what another line of the price table says."""
    cell: Charge = site.thing
    amounts = {a for part in site.clause.parts for a in part.thing.any_of}
    for operator, amount in (("charge-raised", 1.0), ("charge-lowered", -1.0)):
        wrong = _free(cell.any_of[0] + amount, amounts, step=amount)
        yield site.mutant(operator, _charging(cell, wrong), detail=f"{wrong:g}")
    others = dict.fromkeys(a for c in site.settled.charging.cells if c != cell for a in c.any_of)
    wrong_tier = next((a for a in others if a not in amounts), None)
    if wrong_tier is not None:
        yield site.mutant("charge-by-tier", _charging(cell, wrong_tier), detail=f"{wrong_tier:g}")
    first = _first_of_its_models(site, cell)
    if first != cell and first.any_of[0] not in amounts:
        also = site.world.ids("charge")
        yield site.mutant("charge-tier-ignored", "charge-tier-ignored", also=also)
    if cell == site.settled.charging.cells[0]:
        yield site.mutant("charge-on-refusal", "charge-on-refusal", unwritten=True)


def _first_of_its_models(site: Site, cell: Charge) -> Charge:
    """The first line of the price table that speaks of a model of this one."""
    every = site.settled.charging.cells
    return next(c for c in every if not c.models or set(c.models) & set(cell.models or c.models))


def _free(amount: float, taken: Iterable[float], *, step: float) -> float:
    """The amount, moved on until no document names it."""
    while amount in set(taken):
        amount += step
    return amount


def _charging(cell: Charge, amount: float) -> Changed:
    def changed(contract: Contract) -> Contract:
        new = replace(cell, any_of=(amount,))
        charging = replace(contract.charging, cells=swapped(contract.charging.cells, cell, new))
        return replace(contract, charging=charging)

    return Changed(changed)


def refund_mutants(site: Site) -> Iterator[Mutant]:
    """A failed task stays charged."""
    yield site.mutant("not-refunded", "not-refunded")


# --- results ---


def url_mutants(site: Site) -> Iterator[Mutant]:
    """Results cannot be fetched."""
    yield site.mutant("result-gone", "result-404")


def picture_mutants(site: Site) -> Iterator[Mutant]:
    """What is delivered is no picture, half of one, or one of another type."""
    yield site.mutant("picture-corrupt", "picture-corrupt")
    yield site.mutant("picture-html", "picture-html")
    if site.thing:
        yield site.mutant("picture-type", "picture-type")


def ratio_mutants(site: Site) -> Iterator[Mutant]:
    """Pictures have another ratio than asked for."""
    yield site.mutant("ratio-swapped", "ratio=swapped")
    yield site.mutant("ratio-stretched", "ratio=stretched")


def tier_mutants(site: Site) -> Iterator[Mutant]:
    """Higher tiers give no larger pictures."""
    yield site.mutant("tier-ignored", "pixels=tier-ignored", also=site.world.ids("pixels"))


def pixels_mutants(site: Site) -> Iterator[Mutant]:
    """Pictures of one cell are on their side, scaled, a pixel off, or of another tier."""
    cell: PixelCell = site.thing
    if not _is_in_force(site, cell):
        return
    documented = {size for part in site.clause.parts for size in part.thing.any_of}
    width, height = cell.any_of[0]
    tiers = [c.any_of[0] for c in site.settled.pixels if c.row == cell.row and c != cell]
    wrong = [("pixels-swapped", (height, width))]
    if not cell.nominal:  # a table for reference promises the ratio alone
        wrong.append(("pixels-off-by-one", (width + 1, height)))
        wrong += [("pixels-of-another-tier", size) for size in tiers[:1]]
    for operator, size in wrong:
        if size not in documented:
            yield site.mutant(
                operator, _drawing(cell, size), detail=f"{size[0]}x{size[1]}", also=_tiers(site)
            )


def _is_in_force(site: Site, cell: PixelCell) -> bool:
    """Whether the cell, and none before it, says what a request for it gives."""
    asked = {c.field: c.one_of[0] for c in cell.when if c.one_of}
    model = cell.models[0] if cell.models else next(iter(site.settled.models), "")
    return cell_for(site.settled, model, asked) == cell


def _tiers(site: Site) -> list[str]:
    return site.world.ids("tier")


def _drawing(cell: PixelCell, size: tuple[int, int]) -> Changed:
    def changed(contract: Contract) -> Contract:
        new = replace(cell, any_of=(size,))
        return replace(contract, pixels=swapped(contract.pixels, cell, new))

    return Changed(changed)


def expiry_mutants(site: Site) -> Iterator[Mutant]:
    """Results are gone before their time."""
    yield site.mutant("expires-early", "expires-early")

    def halved(contract: Contract) -> Contract:
        shorter: Any = tuple(replace(e, lifetime_s=e.lifetime_s / 2) for e in contract.expiry)
        return replace(contract, expiry=shorter)

    shortest = min((o.lifetime_s for o in site.others if o is not None), default=None)
    kept = shortest is not None and site.thing.lifetime_s / 2 >= shortest
    yield site.mutant("lifetime-halved", Changed(halved), permitted=kept)
