"""Each rule is loud on documents with one fault, and silent on the same documents mended."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from conformance.contract.loading import contract_names, load_contract, load_located
from conformance.contract.model import Contract
from conformance.documents.contradicted import contradicted
from conformance.documents.contradictions import recorded_by, stale_covers, unrecorded
from conformance.documents.rules import RULES, contradictions
from conformance.reporting.clauses_view import clauses_json
from tests.contract.toys import contract, field, raw

PAGES = {
    name: {"title": name, "url": f"https://acme.example/{name}", "seen": "2026-11-20"}
    for name in ("page", "other", "old")
}
PAGES["old"]["superseded"] = True  # type: ignore[assignment]  # one flag among texts


def made(*args: Any, **keywords: Any) -> Contract:
    return contract(*args, **{"documents": PAGES, **keywords})


def table(*cells: Any, columns: tuple[str, ...] = ("1k", "2k"), row: str = "3:2") -> Contract:
    """A creation with a ratio and a tier, and one row of their table."""
    return made(
        {
            "size": field(enum=[row], role="aspect_ratio"),
            "tier": field(enum=list(columns), role="resolution"),
        },
        pixels={
            "row_field": "size",
            "column_field": "tier",
            "columns": list(columns),
            "rows": {row: list(cells)},
            "source": "page#Pixels",
        },
    )


def priced(*amounts: Any, names: tuple[str, ...] = ("1K", "2K")) -> Contract:
    return made(
        {"tier": field(enum=list(names), role="resolution")},
        charges={
            "unit": "credits",
            "cells": {
                name: {"amount": amount, "when": {"tier": {"const": name}}, "source": "page#Prices"}
                for name, amount in zip(names, amounts, strict=True)
            },
        },
    )


def per_model(common: int, own: int, keyword: str = "maxLength") -> Contract:
    return made(
        {"model": field(enum=["a", "b"], role="model"), "prompt": field(**{keyword: common})},
        create={"per_model": {"b": {"prompt": {keyword: own, "source": "other#Models"}}}},
    )


def with_default(default: Any, **keywords: Any) -> Contract:
    return made({"shape": field(default=default, **keywords)})


def ruled(shape: str) -> Contract:
    """A rule over two fields with defaults: round ones are small."""
    return made(
        {
            "shape": field(enum=["round", "square"], default=shape),
            "tier": field(enum=["small", "large"], default="large"),
        },
        create={
            "rules": {
                "round-is-small": {
                    "says": "Round pictures are small.",
                    "when": {"shape": {"const": "round"}},
                    "then": {"tier": {"const": "small"}},
                    "source": "other#Rules",
                }
            }
        },
    )


def tiers_in_prose(word: str) -> Contract:
    return made(
        {"tier": field(enum=["1K", "2K"])},
        statements={
            "billed": {
                "kind": "charge",
                "operation": "create",
                "subject": "tier",
                "says": f"A picture at {word} costs more.",
                "why": "not observable",
                "source": "other#Billing",
            }
        },
    )


def two_names(create: str, status: str) -> Contract:
    return made(
        create={"reply": {"id": field(role="task_id"), create: field(role="cost")}},
        reply={status: field(role="cost", source="other#Reply")},
    )


def disputed(first: list[str], second: list[str]) -> Contract:
    def side(values: list[str], page: str) -> dict[str, Any]:
        tier = {"type": "string", "enum": values, "source": f"{page}#Tiers"}
        return {
            "value": page,
            "source": f"{page}#Tiers",
            "operations": {"create": {"body": {"tier": tier}}},
        }

    return made(
        disputes={
            "tiers": {
                "about": "the tiers",
                "alternatives": {"a": side(first, "page"), "b": side(second, "other")},
            }
        }
    )


def advised(words: str) -> Contract:
    advice = {"operation": "create", "subject": "retry", "says": words, "source": "other#Retries"}
    return made(advice={"retry": advice})


def two_tables(status: str, *, page: str = "other") -> Contract:
    """Two tables of three errors each; the second may differ in one row."""
    row = {"operations": ["create"], "means": "trouble", "causes": ["bad-parameter"]}
    both = ("400", "401", "404")
    table = {code: {**row, "source": ["page#Table", f"{page}#Table"]} for code in both}
    table[status] = {**row, "source": f"{page}#Table"}
    errors = raw()["errors"] | {"table": table}
    if status in both:
        errors["table"][status] = {**row, "source": ["page#Table", f"{page}#Table"]}
    return made(errors=errors)


def listed_states(*on_both: str, only_other: str, page: str = "other") -> Contract:
    states = {
        "busy": {"phase": "running"},
        "done": {"phase": "succeeded"},
        "gone": {"phase": "failed", "provoked_by": "unreachable-image"},
    }
    if only_other:
        states["lost"] = {"phase": "failed", "provoked_by": "nothing", "source": f"{page}#States"}
    source = ["page#States", f"{page}#States"]
    return made(states={"source": source, "values": states, "terminal": {"source": source}})


@pytest.mark.parametrize(
    ("name", "faulty", "mended"),
    [
        ("wrong-ratio 3:2 1k 1448x1086", table("1448x1086", "2048x1360"), table("1536x1024", "2048x1360")),
        ("wrong-ratio 3:2 2k 1536x1536", table("1536x1024", ["2048x1360", "1536x1536"]), table("1536x1024", ["2048x1360", "2064x1376"])),
        ("upstream-arithmetic multiple-of-16", table("1530x1020", "2048x1360"), table("1536x1024", "2048x1360")),
        ("upstream-arithmetic longest-edge", table("1536x1024", "4224x2816"), table("1536x1024", "3504x2336")),
        ("upstream-arithmetic pixels", table("480x320", "2048x1360"), table("1536x1024", "2048x1360")),
        ("upstream-arithmetic ratio", table("3200x800", "3840x960", row="4:1"), table("2400x800", "3840x1280", row="3:1")),
        ("falling-size 3:2 1k 2k", table("2064x1376", "1536x1024"), table("1536x1024", "2064x1376")),
        ("falling-size 3:2 1k 2k", table("1536x1024", "2064x1376", columns=("2k", "1k")), table("2064x1376", "1536x1024", columns=("2k", "1k"))),
        ("falling-price 1K 2K", priced(5, 3), priced(3, 5)),
        ("falling-price 1K", priced([5, 3], 7), priced([3, 5], 7)),
        ("wider-than-prose create.prompt.maxLength", per_model(2000, 1000), per_model(2000, 2000)),
        ("wider-than-prose create.prompt.minLength", per_model(1, 3, "minLength"), per_model(3, 3, "minLength")),
        ("default-outside create.shape.enum", with_default("oval", enum=["round"]), with_default("round", enum=["round"])),
        ("default-outside create.shape.maximum", with_default(11, type="integer", maximum=10), with_default(10, type="integer", maximum=10)),
        ("default-outside create.shape.minLength", with_default("", minLength=1), with_default("x", minLength=1)),
        ("default-outside create.shape.enum", with_default("12x12", enum=["round"]), with_default("12x12", enum=["round"], also={"pattern": "^[0-9]+x[0-9]+$", "examples": ["1024x1024"]})),
        ("default-outside create.shape.enum", with_default("oval", enum=["round"]), with_default("oval", enum=["round"], exhaustive=False)),
        ("default-breaks-rule create.rule.round-is-small", ruled("round"), ruled("square")),
        ("two-spellings tier", tiers_in_prose("2k"), tiers_in_prose("2K")),
        ("two-spellings cost", two_names("creditUsed", "creditsUsed"), two_names("creditsUsed", "creditsUsed")),
        ("two-spellings cost", two_names("credits_used", "creditsUsed"), two_names("credits", "creditsUsed")),
        ("two-spellings tier", disputed(["1K", "2K"], ["1k", "2k"]), disputed(["1K", "2K"], ["1K", "2K"])),
        ("value-on-one-page create.tier", disputed(["1K", "2K"], ["1K"]), disputed(["1K", "2K"], ["2K", "1K"])),
        ("error-not-tabled 504", advised("Retry 504."), advised("Retry 404, after 504.5 s or 504,000 tries.")),
        ("status-in-one-table 429", two_tables("429"), two_tables("404")),
        ("status-in-one-table 429", two_tables("429"), two_tables("429", page="old")),
        ("state-on-one-page lost", listed_states(only_other="lost"), listed_states(only_other="")),
        ("state-on-one-page lost", listed_states(only_other="lost"), listed_states(only_other="lost", page="old")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_rule_finds_its_fault_and_nothing_else(
    name: str, faulty: Contract, mended: Contract
) -> None:
    found = {each.name: each for each in contradictions(faulty)}
    assert name in found
    assert [each.name for each in contradictions(mended)] == []
    sides = found[name].alternatives
    assert len({side.value for side in sides}) == len(sides) >= 2
    assert sides[0].sources
    if not name.startswith("upstream-arithmetic"):
        assert all(side.sources for side in sides)


def test_what_only_the_upstream_says_is_called_a_hint_and_has_no_source() -> None:
    (found,) = contradictions(table("1530x1020", "2048x1360"))
    assert (
        "hint from the upstream, which is no document of this vendor" in found.alternatives[1].value
    )
    assert found.alternatives[1].sources == ()


def test_every_rule_is_tried_above() -> None:
    rules = {
        name.split()[0]
        for mark in test_a_rule_finds_its_fault_and_nothing_else.pytestmark  # type: ignore[attr-defined]
        for name, _, _ in mark.args[1]
    }
    assert len(rules) == len(RULES)


def with_conflict(**entry: Any) -> Contract:
    side = {"value": "x", "source": "page#Section"}
    conflict = {"about": "retries", "alternatives": [side, side], **entry}
    faulty = advised("Retry 504.")
    return replace(
        faulty,
        conflicts=load(conflict).conflicts,
    )


def load(conflict: Any) -> Contract:
    return contract(conflicts=[conflict])


def test_what_the_contract_records_is_not_listed_twice() -> None:
    recorded = with_conflict(covers=["error-not-tabled *"])
    (found,) = contradictions(recorded)
    assert recorded_by(recorded, found) == "retries"
    assert unrecorded(recorded, [found]) == ()
    assert len(clauses_json([recorded])["conflicts"]) == 1
    assert len(clauses_json([with_conflict()])["conflicts"]) == 2


def test_of_a_dispute_its_own_alternatives_are_recorded() -> None:
    vendor = disputed(["1K", "2K"], ["1k"])
    assert {each.rule for each in contradictions(vendor)} == {"two-spellings", "value-on-one-page"}
    assert unrecorded(vendor, contradictions(vendor)) == ()


def test_covers_that_name_nothing_are_told_with_their_place(tmp_path: Any) -> None:
    side = {"value": "x", "source": "page#Section"}
    entry = {"about": "a", "covers": ["wrong-ratio 9:9 *"], "alternatives": [side, side]}
    path = tmp_path / "acme.yaml"
    path.write_text(json.dumps(raw(conflicts=[entry]), indent=1), "utf-8")
    (finding,) = contradicted(load_located(path))
    assert (finding.rule, finding.fault) == ("stale-covers", "contract")
    assert "wrong-ratio 9:9" in path.read_text("utf-8").splitlines()[finding.line - 1]


KNOWN = {
    "aigptimage": [],
    "apimart": [
        "error-not-tabled 408",
        "error-not-tabled 504",
        "upstream-arithmetic multiple-of-16",
    ],
    "apipod": [],
    "gptimage2api": [],
    "toapis": [],
}


@pytest.mark.parametrize("vendor", contract_names())
def test_what_is_found_in_a_vendor_beyond_its_records_is_known(vendor: str) -> None:
    """Each of these was looked up in the pages: it is there. A new one is to be looked up, too."""
    found = contradictions(load_contract(vendor))
    assert sorted(each.name for each in unrecorded(load_contract(vendor), found)) == KNOWN[vendor]
    stale = stale_covers(load_contract(vendor), found)
    assert [name for name in stale if not name.startswith("example-")] == []
