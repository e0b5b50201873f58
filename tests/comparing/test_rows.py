"""Each row answers from the contract what it asks; two small vendors show it, one that says it and one that does not."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract.model import Contract
from tests.comparing.vendors import PLAIN, cell_of, disputed, row_of
from tests.contract.toys import SOURCE, contract, field

TIERS = field(enum=["1K", "2K"], role="resolution", default="1K")


def price(cells: dict[str, Any], unit: str = "credits", **sections: Any) -> Contract:
    charges = {"unit": unit, "cells": {k: {"source": SOURCE, **v} for k, v in cells.items()}}
    return contract(
        {"tier": TIERS, "n": field(type="integer", role="count")}, charges=charges, **sections
    )


def tiered(unit: str = "credits", **sections: Any) -> Contract:
    one = {"amount": 3, "when": {"tier": {"const": "1K"}}}
    two = {"amount": 5, "when": {"tier": {"const": "2K"}}}
    return price({"small": one, "large": two}, unit, **sections)


def operation(http: str, **parts: Any) -> dict[str, Any]:
    return {"http": http, "source": SOURCE, **parts}


def with_operation(name: str, http: str, **parts: Any) -> Contract:
    made = contract()
    from tests.contract.toys import raw

    operations = raw()["operations"] | {name: operation(http, **parts)}
    assert made.operation(name) is None
    return contract(operations=operations)


def rows(*statuses: int, **parts: Any) -> Contract:
    table = {
        str(s): {
            "means": "x",
            "causes": ["bad-parameter"],
            "operations": ["create"],
            "source": SOURCE,
            **parts,
        }
        for s in statuses
    }
    envelopes = {
        "plain": {
            "marker": {"error": {"present": True}},
            "fields": {"error.code": field(type="integer"), "error.message": field()},
        }
    }
    return contract(errors={"envelopes": envelopes, "table": table})


MODEL = {"model": field(enum=["draw", "edit"], role="model", required=True)}
IMAGES = {"images": field(type="array", role="images", models=["edit"], required=True, maxItems=4)}

CASES: list[tuple[str, Contract, str, str]] = [
    ("models", contract(MODEL), "documented", "draw, edit"),
    ("text-to-image", contract({**MODEL, **IMAGES}), "documented", "yes (draw)"),
    ("image-to-image", contract({**MODEL, **IMAGES}), "documented", "yes (edit)"),
    ("image-to-image", contract({"images": field(type="array", role="images")}), "documented", "yes"),
    ("pictures-per-request", contract({"n": field(type="integer", minimum=1, maximum=4, role="count")}), "documented", "1 to 4"),
    ("pictures-per-request", contract({"n": field(type="integer", minimum=1, maximum=1, role="count")}), "documented", "1 only"),
    ("pictures-per-request", contract({"n": field(type="integer", role="count")}), "documented", "several; no limit is named"),
    ("transparent-background", contract({"b": field(enum=["opaque", "transparent"], role="background")}), "documented", "opaque, transparent"),
    ("transparent-background", contract({"b": field(enum=["auto", "opaque"], role="background")}), "no", "no: auto, opaque"),
    ("quality", contract({"q": field(enum=["low", "high"], role="quality")}), "documented", "low, high"),
    ("quality", contract({"q": {"ignored": True, "role": "quality", "source": SOURCE}}), "no", "no: accepted and ignored"),
    ("output-format", contract({"f": field(passthrough=True, role="output_format")}), "documented", "passed on unchecked"),
    ("base64-results", contract({"f": field(enum=["url"], role="response_format")}), "no", "no: always a URL"),
    ("base64-results", contract({"f": field(enum=["url", "b64_json"], role="response_format")}), "documented", "url, b64_json"),
    ("seed", contract({"seed": field(role="seed")}), "documented", "yes"),
    ("negative-prompt", contract({"not": field(maxLength=9, role="negative_prompt")}), "documented", "yes, at most 9 characters"),
    ("mask", contract({"mask": field(role="mask")}), "documented", "yes"),
    ("callbacks", contract({"hook": field(role="callback_url")}), "documented", "hook"),
    ("batch-query", with_operation("batch", "POST /many"), "documented", "POST /many"),
    ("balance-query", with_operation("balance", "GET /money"), "documented", "GET /money"),
    ("upload", with_operation("upload", "POST /up", content_type="multipart/form-data", body={"f": {"type": "file", "required": True, "accepts": ["image/png"], "role": "file", "source": SOURCE}}), "documented", "POST /up (png)"),
    ("prompt-length", contract({"prompt": field(maxLength=9, role="prompt")}), "documented", "at most 9 characters"),
    ("reference-images", contract({"i": field(type="array", maxItems=3, role="images")}), "documented", "at most 3"),
    ("reference-types", contract({"i": field(type="array", accepts=["image/png", "image/webp"], role="images")}), "documented", "png, webp"),
    ("reference-base64", contract({"i": field(type="array", items={"type": "string"}, base64=True, role="images")}), "documented", "mixed with URLs"),
    ("resolutions", contract({"tier": TIERS}), "documented", "1K, 2K"),
    ("ratios", contract({"r": field(enum=["16:9", "auto", "1:1"], role="aspect_ratio")}), "documented", "3: auto, 1:1, 16:9"),
    ("ratios", contract({"r": field(enum=["16:9"], exhaustive=False, role="aspect_ratio")}), "documented", "1: 16:9, perhaps more"),
    ("default-size", contract({"r": field(enum=["auto"], default="auto", role="aspect_ratio"), "tier": TIERS}), "documented", "auto at 1K"),
    ("exact-pixels", contract({"s": field(enum=["512x512"], role="size")}), "documented", "yes, in s, such as 512x512"),
    ("price-1k", tiered(), "documented", "3 credits"),
    ("price-2k", tiered(), "documented", "5 credits"),
    ("price-2k", price({"all": {"amount": [4, 6], "tiers": ["1K", "2K"]}}), "documented", "6 credits"),
    ("price", price({"all": {"amount": 7, "per": ["n"]}}), "documented", "7 credits times n"),
    ("price-in-usd", tiered("USD"), "documented", "1K: 3 USD; 2K: 5 USD"),
    ("price-in-usd", tiered(), "not documented", "not documented"),
    ("price-in-usd", tiered(answers={"usd-rate": {"says": "100 credits for one USD", "number": 100, "clauses": ["create.path"]}}), "documented", "1K: 0.03 USD; 2K: 0.05 USD"),
    ("charge-shown", contract(status={"reply": {"state": field(role="state"), "cost": field(type="number", role="cost")}}, charges={"unit": "credits", "meter": {"status": "cost"}}), "documented", "cost (status)"),
    ("states", contract(), "documented", "busy; ends in done or gone"),
    ("result-lifetime", contract(expiry={"lifetime_s": 7200, "source": SOURCE}), "documented", "2 hours"),
    ("mode", contract(), "documented", "a task that is polled"),
    ("error-statuses", rows(400, 422), "documented", "400, 422"),
    ("error-place", rows(400), "documented", "as HTTP status"),
    ("error-place", rows(400, carried_in=["envelope"]), "documented", "as a code in the body of a success"),
    ("error-body", rows(400), "documented", "{error: {code, message}}"),
    ("error-names", rows(400, name="too_bad"), "documented", "1: too_bad"),
    ("error-names", rows(400, body={"error": {"const": "Too bad"}}), "not documented", "not documented"),
    ("too-many-requests", rows(429), "documented", "429"),
    ("failure-reason", contract(reply={"why": field(role="failure_message", required=False)}), "documented", "why"),
    ("idempotency", contract({}, create={"headers": {"Key": field(role="idempotency_key")}}, idempotency={"header": "Key", "lifetime_s": 172800, "says": "Again the same.", "source": SOURCE}), "documented", "Key, kept 2 days"),
    ("refund", contract(charges={"unit": "credits", "refund": {"says": "Failures are free.", "source": SOURCE}}), "documented", "Failures are free."),
    ("documents", contract(), "documented", "1"),
    ("open-questions", contract(questions=[{"about": "a", "question": "Why?", "source": SOURCE}]), "documented", "1"),
    ("error-codes", rows(400, 401, name="too_bad"), "documented", "2 statuses, 1 names"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "made", "state", "value"), CASES, ids=[f"{c[0]}: {c[3][:30]}" for c in CASES]
)
def test_a_row_says_what_the_contract_says(
    row: str, made: Contract, state: str, value: str
) -> None:
    found = cell_of(row, made)
    assert (found.state, found.value) == (state, value)
    assert bool(found.sources) == (state != "not documented")


SILENT = sorted({c[0] for c in CASES} - {"states", "mode", "error-statuses", "error-place", "error-body", "documents", "open-questions", "error-codes", "text-to-image"})  # fmt: skip


@pytest.mark.parametrize("row", SILENT)
def test_a_vendor_that_is_silent_is_not_said_to_lack_it(row: str) -> None:
    made = next(c[1] for c in CASES if c[0] == row)
    assert row_of(row, made, PLAIN).cells[1].state == "not documented"


def test_rules_over_several_fields_are_quoted_with_their_models() -> None:
    rule = {
        "says": "Not so.",
        "models": ["edit"],
        "when": {"tier": {"const": "2K"}},
        "then": {"model": {"const": "edit"}},
        "source": SOURCE,
    }
    found = cell_of(
        "forbidden-combinations", contract({**MODEL, "tier": TIERS}, create={"rules": {"so": rule}})
    )
    assert found.value == "Not so. (edit)"
    assert found.clauses == ("acme.create.rule.so",)


def test_the_table_of_pixels_gives_its_largest_size() -> None:
    pixels = {
        "row_field": "size",
        "column_field": "tier",
        "columns": ["1K"],
        "source": SOURCE,
        "rows": {"1:1": ["10x10"], "2:1": [["30x15", "20x10"]]},
    }
    ratios = field(enum=["1:1", "2:1"], role="aspect_ratio")
    found = cell_of("delivered-pixels", contract({"tier": TIERS, "size": ratios}, pixels=pixels))
    assert found.value == "a table of 2 sizes (1K), up to 30x15"
    assert len(found.clauses) == 2


def test_a_dispute_about_one_model_leaves_the_other_alone() -> None:
    """A price that pages disagree about is quoted for the model that it is of."""

    def cells(amount: int) -> dict[str, Any]:
        return {
            "charges": {
                "cells": {"of-draw": {"models": ["draw"], "amount": amount, "source": SOURCE}}
            }
        }

    common = {"of-edit": {"models": ["edit"], "amount": 9, "source": SOURCE}}
    made = contract(
        {**MODEL, "tier": TIERS},
        charges={"unit": "credits", "cells": common},
        disputes=disputed(cells(1), cells(2)),
    )
    answers = row_of("price-1k", made, tiered()).cells[0].answers
    assert {(a.value, a.models, a.by) for a in answers} == {
        ("1 credits, any size", ("draw",), ("page-a",)),
        ("2 credits, any size", ("draw",), ("page-b",)),
        ("9 credits, any size", ("edit",), ()),
    }


def test_what_is_said_of_one_model_is_never_put_upon_another() -> None:
    """All prices of `edit` are prices of `draw` as well, and yet the third price of `draw` is not one of `edit`."""

    def cells(**amounts: int) -> dict[str, Any]:
        each = {
            f"of-{m}": {"models": [m], "amount": a, "source": SOURCE} for m, a in amounts.items()
        }
        return {"charges": {"cells": each}}

    pages = disputed(cells(draw=1, edit=1), cells(draw=2, edit=2))
    third = {"page-c": {"value": "c", "source": "page#C", **cells(draw=12, edit=1)}}
    pages["pages"]["alternatives"] |= third
    made = contract({**MODEL, "tier": TIERS}, charges={"unit": "credits"}, disputes=pages)
    answers = row_of("price-1k", made, tiered()).cells[0].answers
    assert {a.value for a in answers if a.models == ("edit",)} == {
        "1 credits, any size",
        "2 credits, any size",
    }
    assert "12 credits, any size" in {a.value for a in answers if a.models == ("draw",)}


def test_a_price_that_no_tier_changes_holds_at_every_tier() -> None:
    flat = price({"all": {"amount": 7, "per": ["n"]}})
    for row in ("price-1k", "price-2k"):
        assert row_of(row, flat, tiered()).cells[0].value == "7 credits times n, any size"


def test_a_tier_without_a_price_has_none() -> None:
    found = row_of("price-1k", price({"all": {"amount": [6], "tiers": ["2K"]}}), tiered())
    assert [c.state for c in found.cells] == ["not documented", "documented"]


def test_contradictions_count_disputes_and_what_no_reply_shows() -> None:
    conflict = {
        "about": "x",
        "alternatives": [{"value": "1", "source": SOURCE}, {"value": "2", "source": SOURCE}],
    }
    dispute = disputed(
        {"operations": {"create": {"body": {"a": field(enum=["x"])}}}},
        {"operations": {"create": {"body": {"a": field(enum=["y"])}}}},
    )
    assert cell_of("contradictions", contract(conflicts=[conflict], disputes=dispute)).value == "2"


def test_the_levels_of_the_clauses_add_up() -> None:
    import re

    value = cell_of("clauses", contract()).value
    total, *levels = map(int, re.findall(r"\d+", value))
    assert total == sum(levels)
