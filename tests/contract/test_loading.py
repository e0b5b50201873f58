"""How a YAML file becomes a contract, and how a mistake in one is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.contract import model as m
from conformance.contract.loading import (
    contract_names,
    contract_schema,
    load_contract,
    load_text,
    specs_directory,
)
from conformance.contract.located import read_located
from conformance.errors import ContractInvalid, UsageError
from tests.contract.toys import ALL, TOYS, VENDORS, contract, field, named, raw

S = "page#Section"

GOOD = """\
format: conformance/contract@1
vendor: acme
title: Acme
base_url: https://acme.example/
key_variable: ACME_API_KEY
documents: {page: {title: Page, url: "https://acme.example/p", seen: 2026-11-20}}
auth: {bearer: {header: Authorization, prefix: "Bearer ", source: page#Auth}}
operations:
  create:
    http: POST /make
    source: page#Create
    success: {status: [200], source: page#Create}
    body:
      model: {type: string, required: true, enum: [plain, wide], role: model, source: page#Create}
      prompt: {type: string, minLength: 1, maxLength: 50, role: prompt, source: page#Create}
      images: {type: array, minItems: 1, maxItems: 4, role: images, source: page#Create}
      image_urls: {type: array, alias_of: images, source: page#Create}
      ratio: {type: string, enum: ["1:1", "2:1"], default: "1:1", source: page#Create}
      tier: {type: string, enum: [s, m], default: s, models: [wide], source: page#Create}
    per_model:
      wide: {prompt: {maxLength: 20, source: page#Create}}
    rules:
      wide-is-small: {says: "-", when: {ratio: {const: "2:1"}}, then: {tier: {const: s}}, source: page#Create}
      either: {says: "-", at_most_one: [prompt, images], models: [wide], source: page#Create}
    reply:
      id: {type: string, role: task_id, source: page#Create}
      cost: {type: number, role: cost, source: page#Create}
  status:
    http: GET /made/{id}
    source: page#Status
    path: {id: {type: string, required: true, role: task_id, source: page#Status}}
    reply:
      state: {type: string, role: state, source: page#Status}
      started: {type: integer, unit: s, role: created, source: page#Status}
      ended: {type: integer, unit: s, not_before: started, role: completed, source: page#Status}
      shown: {type: string, when: {state: {const: done}}, echoes: prompt, source: page#Status}
states:
  source: page#Status
  values: {busy: {phase: running}, done: {phase: succeeded}}
errors:
  envelopes: {plain: {marker: {error: {present: true}}, fields: {error: {type: string, source: page#Errors}}}}
  table:
    "400": {means: bad, causes: [bad-parameter], operations: [create], envelope: plain, source: page#Errors}
pixels:
  row_field: ratio
  column_field: tier
  columns: [s, m]
  rows:
    "1:1": [64x64, 128x128]
    "2:1": [96x48, [192x96, 200x100]]
  source: page#Sizes
charges:
  unit: credits
  meter: {create: cost}
  cells:
    all: {amount: 1, models: [plain], when: {ratio: {const: "1:1"}}, per: [tier], source: page#Prices}
idempotency: {header: X-Key, says: "-", source: page#Create}
disputes:
  name:
    about: the name of a field
    alternatives:
      old: {value: uid, source: page#Create, operations: {create: {reply: {uid: {type: string, source: page#Create}}}}}
      new: {value: gid, source: page#Create, operations: {create: {reply: {gid: {type: string, source: page#Create}}}}}
"""


def test_the_good_contract_is_good() -> None:
    assert load_text(GOOD).vendor == "acme"


# ---------------------------------------------------------------- mistakes


def refusal(text: str) -> ContractInvalid:
    with pytest.raises(ContractInvalid) as caught:
        load_text(text, file="acme.yaml")
    return caught.value


def mistaken(right: str, wrong: str) -> tuple[str, int, int]:
    """
    The good contract with one mistake in it.

    Returns:
        The text, and the line and column of the § in `wrong`, which points at what should be complained about.
    """
    assert GOOD.count(right) == 1, right
    marked = GOOD.replace(right, wrong)
    before = marked[: marked.index("§")]
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    return marked.replace("§", ""), line, column


MISTAKES = [
    pytest.param(
        "minLength: 1, maxLength: 50",
        "minLength: 1, §maxlength: 50",
        "found unknown key 'maxlength'",
        "did you mean 'maxLength'?",
        id="misspelt-keyword",
    ),
    pytest.param("vendor: acme", "§vendr: acme", "'vendr'", "did you mean 'vendor'?", id="section"),
    pytest.param(
        "role: prompt,", "role: §promt,", "found 'promt'", "did you mean 'prompt'?", id="role"
    ),
    pytest.param(
        "type: string, minLength",
        "type: §strin, minLength",
        "found 'strin'",
        "did you mean 'string'?",
        id="type",
    ),
    pytest.param(
        "vendor: acme", "vendor: §Acme!", "found 'Acme!'", "something matching", id="vendor-name"
    ),
    pytest.param(
        "http: POST /make", "http: §SEND /make", "found 'SEND /make'", "matching", id="method"
    ),
    pytest.param(
        "unit: credits", "unit: §euros", "found 'euros'", "one of credits, USD", id="unit"
    ),
    pytest.param("[bad-parameter]", "[§bad-param]", "'bad-param'", "'bad-parameter'", id="cause"),
    pytest.param("phase: running", "phase: §runing", "'runing'", "'running'", id="phase"),
    pytest.param("status: [200]", "status: [§20]", "found 20", "100 or more", id="status"),
    pytest.param(
        "  create:\n    http", "  §creat:\n    http", "'creat'", "'create'", id="operation"
    ),
    pytest.param(
        "unit: s, role: created",
        "unit: §sec, role: created",
        "found 'sec'",
        "one of s, ms, iso8601",
        id="time-unit",
    ),
    pytest.param(
        'wide-is-small: {says: "-", when: {ratio: {const: "2:1"}}, then',
        'wide-is-small: {says: "-", when: {ratoi: §{const: "2:1"}}, then',
        "found field 'ratoi'",
        "did you mean 'ratio'?",
        id="unknown-field-in-when",
    ),
    pytest.param(
        "then: {tier: {const: s}}",
        "then: {teir: §{const: s}}",
        "found field 'teir'",
        "did you mean 'tier'?",
        id="unknown-field-in-then",
    ),
    pytest.param(
        "at_most_one: [prompt, images]",
        "at_most_one: [prompt, §image]",
        "found field 'image'",
        "did you mean 'images'?",
        id="unknown-field-in-a-list",
    ),
    pytest.param(
        "      wide: {prompt: {maxLength: 20",
        "      wid: §{prompt: {maxLength: 20",
        "found model 'wid'",
        "did you mean 'wide'?",
        id="unknown-model-in-per_model",
    ),
    pytest.param(
        "default: s, models: [wide]",
        "default: s, models: [§wdie]",
        "found model 'wdie'",
        "did you mean 'wide'?",
        id="unknown-model-of-a-field",
    ),
    pytest.param(
        "alias_of: images",
        "alias_of: §imags",
        "found field 'imags'",
        "did you mean 'images'?",
        id="alias-of-nothing",
    ),
    pytest.param(
        'header: Authorization, prefix: "Bearer ", source: page#Auth',
        'header: Authorization, prefix: "Bearer ", source: §paeg#Auth',
        "found document 'paeg'",
        "did you mean 'page'?",
        id="unknown-document",
    ),
    pytest.param(
        "{error: {type: string, source: page#Errors}}",
        "{error: {type: string, source: §pages#Errors}}",
        "found document 'pages'",
        "did you mean 'page'?",
        id="unknown-document-deep-inside",
    ),
    pytest.param(
        "source: page#Sizes", "source: §page", "found 'page'", "something matching", id="no-section"
    ),
    pytest.param(
        "envelope: plain,",
        "envelope: §plane,",
        "found envelope 'plane'",
        "did you mean 'plain'?",
        id="unknown-envelope",
    ),
    pytest.param(
        "minLength: 1, maxLength: 50",
        "minLength: §60, maxLength: 50",
        "found minLength 60",
        "expected at most maxLength 50",
        id="min-above-max-length",
    ),
    pytest.param(
        "minItems: 1, maxItems: 4",
        "minItems: §5, maxItems: 4",
        "found minItems 5",
        "expected at most maxItems 4",
        id="min-above-max-items",
    ),
    pytest.param(
        "type: integer, unit: s, role: created",
        "type: [integer, §nul], unit: s, role: created",
        "'nul'",
        "",
        id="type-in-a-list",
    ),
    pytest.param(
        '"1:1": [64x64, 128x128]',
        '"1:1": §[64x64]',
        "found 1 cells",
        "expected 2 as there are columns",
        id="too-few-cells",
    ),
    pytest.param(
        '"2:1": [96x48, [192x96',
        '"2:1": §[96x48, 1x1, [192x96',
        "found 3 cells",
        "expected 2 as there are columns",
        id="too-many-cells",
    ),
    pytest.param(
        "[64x64, 128x128]",
        "[64x64, §128 by 128]",
        "found '128 by 128'",
        "expected a size such as 1024x768",
        id="cell-that-is-no-size",
    ),
    pytest.param(
        'either: {says: "-", at_most_one: [prompt, images], models: [wide]',
        'either: §{says: "-", when: {prompt: {present: true}}',
        "found a rule without its parts",
        "`when` and `then`, `at_most_one` or `at_least_one`",
        id="half-a-rule",
    ),
    pytest.param(
        "prompt: {type: string, minLength: 1, maxLength: 50",
        "prompt: §{type: string, minLength: 1, levels: {maxLength: implied}",
        "found a level or source for 'maxLength'",
        "expected 'maxLength' here",
        id="level-of-nothing",
    ),
    pytest.param(
        "{means: bad,",
        "§{",
        "found no 'means' here",
        "expected it beside 'causes', 'operations', 'envelope', ...",
        id="missing-key",
    ),
]


@pytest.mark.parametrize(("right", "wrong", "found", "expected"), MISTAKES)
def test_a_mistake_is_told_where_it_stands_with_what_was_found_and_expected(
    right: str, wrong: str, found: str, expected: str
) -> None:
    text, line, column = mistaken(right, wrong)
    error = refusal(text)
    assert str(error).startswith(f"acme.yaml:{line}:{column}: ")
    assert (error.file, error.line, error.column) == ("acme.yaml", line, column)
    assert found in error.problem
    assert expected in error.problem


# BUG: a name that names nothing is refused in some places and passes in others, where what it was to say is silently
# lost (a rule that never applies, a price that is never asked for, a clause that is never made).
@pytest.mark.parametrize(
    ("right", "wrong", "found"),
    [
        pytest.param(
            "images], models: [wide]", "images], models: [§wdie]", "wdie", id="rule-model"
        ),
        pytest.param("models: [plain], when", "models: [§plian], when", "plian", id="charge-model"),
        pytest.param(
            'when: {ratio: {const: "1:1"}}, per',
            'when: {ratoi: §{const: "1:1"}}, per',
            "ratoi",
            id="charge-condition",
        ),
        pytest.param("per: [tier]", "per: [§teir]", "teir", id="charge-factor"),
        pytest.param("meter: {create: cost}", "meter: {creat: §cost}", "creat", id="meter"),
        pytest.param("row_field: ratio", "row_field: §ratoi", "ratoi", id="pixel-rows"),
        pytest.param("column_field: tier", "column_field: §teir", "teir", id="pixel-columns"),
        pytest.param("not_before: started", "not_before: §strated", "strated", id="not-before"),
        pytest.param("echoes: prompt", "echoes: §promt", "promt", id="echo"),
        pytest.param(
            "when: {state: {const: done}}",
            "when: {stat: §{const: done}}",
            "stat",
            id="reply-condition",
        ),
        pytest.param("{const: done}", "{const: §doen}", "doen", id="state-in-a-condition"),
        pytest.param("http: GET /made/{id}", "http: §GET /made/{task}", "task", id="placeholder"),
        pytest.param(
            "uid, source: page#Create, operations: {create",
            "uid, source: page#Create, operations: {§creat",
            "creat",
            id="operation-of-an-alternative",
        ),
        pytest.param(
            'says: "-", source: page#Create}\ndisp',
            'says: "-", other_body: §conflcit, source: page#Create}\ndisp',
            "conflcit",
            id="cause-of-a-repeated-key",
        ),
    ],
)
def test_a_name_that_names_nothing_is_a_mistake(right: str, wrong: str, found: str) -> None:
    text, line, _ = mistaken(right, wrong)
    error = refusal(text)
    assert error.line == line
    assert found in error.problem


# BUG: a state that is no number, where states are integers, ends in a ValueError instead of a refusal.
def test_a_state_that_is_no_number_is_a_mistake_where_states_are_numbers() -> None:
    text = GOOD.replace("state: {type: string, role: state", "state: {type: integer, role: state")
    assert "busy" in refusal(text).problem


def test_the_first_mistake_in_the_file_is_told() -> None:
    text = GOOD.replace("role: prompt,", "role: promt,").replace("unit: credits", "unit: euros")
    assert "'promt'" in refusal(text).problem


def test_a_missing_section_is_told_at_the_beginning() -> None:
    error = refusal(GOOD.replace("title: Acme\n", ""))
    assert str(error).startswith("acme.yaml:1:1: found no 'title' here")


def test_auth_stands_in_a_header_or_in_the_query_and_not_in_both() -> None:
    error = refusal(GOOD.replace("header: Authorization,", "header: Authorization, query: key,"))
    assert "expected only one of them" in error.problem


# ---------------------------------------------------------------- where contracts come from


@pytest.mark.parametrize(
    ("name", "hint"),
    [("aigptimag", "aigptimage"), ("GPTImage2API", "gptimage2api"), ("gptimage2", "gptimage2api")],
)
def test_an_unknown_vendor_names_the_nearest(name: str, hint: str) -> None:
    with pytest.raises(UsageError, match=f"did you mean '{hint}'") as caught:
        load_contract(name)
    assert caught.value.exit_code == 2


def test_an_unknown_vendor_that_is_like_none_lists_all() -> None:
    with pytest.raises(UsageError) as caught:
        load_contract("zzz")
    assert "did you mean" not in str(caught.value)
    assert all(name in str(caught.value) for name in contract_names())


@pytest.mark.parametrize("path", ["no/such/file", "missing.yaml", "missing.yml"])
def test_a_missing_file_is_told_by_its_name(path: str, tmp_path: Path) -> None:
    with pytest.raises(ContractInvalid, match=path):
        load_contract(str(tmp_path / path))


def test_a_file_is_loaded_under_the_name_it_was_given_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").write_text(GOOD, "utf-8")
    monkeypatch.chdir(tmp_path)
    assert load_contract("mine").file == "mine"
    assert load_contract(tmp_path / "mine").file == str(tmp_path / "mine")


def test_a_vendor_of_ours_is_shown_by_its_place_in_the_repository() -> None:
    assert named("aigptimage").file == "specs/aigptimage.yaml"


def test_a_vendors_name_wins_over_a_file_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "aigptimage").write_text(GOOD, "utf-8")
    monkeypatch.chdir(tmp_path)
    assert load_contract("aigptimage").vendor == "aigptimage"


def test_vendors_are_listed_in_alphabetical_order() -> None:
    assert list(contract_names()) == sorted(contract_names())
    assert {"aigptimage", "gptimage2api"} <= set(contract_names())


# ---------------------------------------------------------------- the format itself


def test_the_format_is_a_json_schema() -> None:
    Draft202012Validator.check_schema(contract_schema())
    assert contract_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_every_part_of_the_format_refuses_unknown_keys() -> None:
    """Else a misspelt keyword is no mistake."""
    parts = [contract_schema(), *contract_schema()["$defs"].values()]
    open_parts = [p for p in parts if "properties" in p and "additionalProperties" not in p]
    assert open_parts == []


@pytest.mark.parametrize("name", ALL)
def test_every_contract_meets_the_format(name: str) -> None:
    assert named(name).vendor in (name, f"toy-{name}")
    assert named(name).operation("create") is not None


@pytest.mark.parametrize("name", VENDORS)
def test_a_vendors_contract_names_its_format_for_editors(name: str) -> None:
    text = (specs_directory() / f"{name}.yaml").read_text("utf-8")
    assert text.startswith("# yaml-language-server: $schema=contract.schema.json")


@pytest.mark.parametrize("name", VENDORS)
def test_every_document_is_cited(name: str) -> None:
    cited = {source["document"] for source in _sources(named(name))}
    documents = {d.id for d in named(name).documents if not d.superseded}
    assert documents <= cited


def _sources(value: Any) -> list[dict[str, str]]:
    """Every source in a contract, however deep."""
    if isinstance(value, m.Source):
        return [{"document": value.document, "url": value.url}]
    if isinstance(value, tuple | list):
        return [source for each in value for source in _sources(each)]
    if isinstance(value, dict):
        return [source for each in value.values() for source in _sources(each)]
    names = getattr(value, "__dataclass_fields__", ())
    return [source for name in names for source in _sources(getattr(value, name))]


# ---------------------------------------------------------------- what is read


def created(**body: Any) -> dict[str, m.Field]:
    create = contract(body).operation("create")
    assert create is not None
    return {f.path: f for f in create.fields}


def replied(**reply: Any) -> dict[str, m.ReplyField]:
    status = contract(reply=reply).operation("status")
    assert status is not None
    return {r.path: r for r in status.reply}


def test_a_field_keeps_json_schema_apart_from_our_own_words() -> None:
    found = created(n=field(type="integer", minimum=1, default=0, required=True, role="count"))["n"]
    assert found.schema == {"type": "integer", "minimum": 1}
    assert (found.default, found.required, found.role) == (0, True, "count")


@pytest.mark.parametrize("default", [None, False, 0, ""])
def test_a_default_that_is_nothing_is_a_default(default: Any) -> None:
    assert created(x=field(default=default))["x"].default == default
    assert created(x=field())["x"].default is m.ABSENT


def test_sources_and_levels_may_be_given_for_one_keyword() -> None:
    found = created(
        x=field(maxLength=5, levels={"maxLength": "implied"}, sources={"maxLength": "page#Limits"})
    )["x"]
    assert [s.section for s in found.source_of("maxLength")] == ["Limits"]
    assert [s.section for s in found.source_of("type")] == ["Section"]
    assert (found.level_of("maxLength"), found.level_of("type")) == ("implied", "must")


def test_the_level_of_a_field_holds_for_its_keywords() -> None:
    found = created(x=field(maxLength=5, level="implied", levels={"maxLength": "must"}))["x"]
    assert (found.level_of("maxLength"), found.level_of("type")) == ("must", "implied")


def test_a_source_carries_the_address_of_its_document() -> None:
    found = created(x=field(source=["page#One", "page#Two: of # many"]))["x"].source_of("")
    assert [s.section for s in found] == ["One", "Two: of # many"]
    assert {s.url for s in found} == {"https://acme.example/p"}


def test_ratios_and_words_like_no_are_text() -> None:
    text = GOOD.replace('enum: ["1:1", "2:1"]', "enum: [1:1, 16:9, no, on, 2K]")
    create = load_text(text.replace('default: "1:1"', "default: no")).operation("create")
    assert create is not None
    ratio = next(f for f in create.fields if f.path == "ratio")
    assert ratio.schema["enum"] == ["1:1", "16:9", "no", "on", "2K"]
    assert ratio.default == "no"


def test_one_reply_field_may_be_described_again_for_one_state() -> None:
    status = contract(
        reply={
            "end": field(type=["integer", "null"]),
            "end#done": field(type="integer", when={"state": {"const": "done"}}),
        }
    ).operation("status")
    assert status is not None
    ends = [r for r in status.reply if r.path == "end"]
    assert [r.types for r in ends] == [("integer", "null"), ("integer",)]
    assert ends[1].when == (m.Condition(field="state", one_of=("done",)),)


def test_const_and_enum_of_a_reply_field_are_part_of_its_schema() -> None:
    found = replied(kind=field(const="image"), mode=field(enum=["a", "b"], schema={"minLength": 1}))
    assert found["kind"].schema == {"const": "image"}
    assert found["mode"].schema == {"minLength": 1, "enum": ["a", "b"]}


@pytest.mark.parametrize(("vendor", "kind"), [("gptimage2api", int), ("aigptimage", str)])
def test_a_state_is_a_number_where_the_reply_says_so(vendor: str, kind: type) -> None:
    assert {type(state.value) for state in load_contract(vendor).states} == {kind}


def test_an_error_row_may_share_its_status_with_another() -> None:
    row = {"means": "-", "operations": ["create"], "source": S}
    table = {"400 bad_size": row, "400 bad_word": row, "500": {**row, "name": "oops"}}
    made = contract(errors={"table": table}).errors
    assert [(r.status, r.name) for r in made] == [
        (400, "bad_size"),
        (400, "bad_word"),
        (500, "oops"),
    ]
    assert {r.carried_in for r in made} == {("http",)}


def test_an_error_row_has_the_only_envelope_unless_it_names_another() -> None:
    assert {r.envelope for r in contract().errors} == {"plain"}


def test_invalid_requests_are_refused_at_creation_where_the_error_table_says_so() -> None:
    table = raw()["errors"]["table"]
    table["400"]["refused_at"] = "create"
    made = contract(errors={"table": table}).operation("create")
    plain = contract().operation("create")
    assert made is not None
    assert plain is not None
    assert [f.refused_at for f in (*made.fields, *plain.fields)] == ["create", "anywhere"]


def test_an_amount_may_be_one_or_any_of_several() -> None:
    cells = {c.name: c.any_of for c in named("integers").charging.cells}
    assert cells == {"tiny": (0.01,), "huge-1": (0.02,), "huge-2": (0.04, 0.05)}


def test_a_cell_of_the_pixel_table_holds_one_size_or_any_of_several() -> None:
    cells = {(c.row, c.column): c.any_of for c in named("pixels").pixels}
    assert cells["1:1", "s"] == ((64, 64),)
    assert cells["1:1", "m"] == ((128, 128), (130, 130))
    assert len(cells) == 4


def test_each_answer_to_a_dispute_says_to_which_it_belongs() -> None:
    create = named("disputes").operation("create")
    assert create is not None
    sizes = [f.dispute for f in create.fields if f.path == "size"]
    assert sizes == [
        m.DisputeRef(dispute="sizing", alternative="page-one"),
        m.DisputeRef(dispute="sizing", alternative="page-two"),
    ]


def test_disputes_may_be_about_prices_errors_pixels_and_expiry() -> None:
    row = {"means": "-", "operations": ["create"], "source": S}
    pixels = {
        "row_field": "prompt",
        "column_field": "prompt",
        "columns": ["s"],
        "rows": {"r": ["1x1"]},
    }
    one = {
        "value": "one",
        "source": S,
        "charges": {"cells": {"all": {"amount": 1, "source": S}}},
        "errors": {"table": {"418": row}},
        "pixels": {**pixels, "source": S},
        "expiry": {"lifetime_s": 60, "source": S},
    }
    made = contract(
        disputes={"d": {"about": "-", "alternatives": {"one": one, "two": {**one, "value": "two"}}}}
    )
    parts = (made.charging.cells, made.errors[3:], made.pixels, made.expiry)
    for part in parts:
        assert [p.dispute.alternative for p in part if p.dispute] == ["one", "two"]


def test_numbers_that_pages_disagree_on_are_text() -> None:
    alternatives = [{"value": 12, "source": S}, {"value": "3", "source": S}]
    made = contract(conflicts=[{"about": "credits", "alternatives": alternatives}])
    assert [a.value for a in made.conflicts[0].alternatives] == ["12", "3"]


def test_a_base_url_has_no_slash_at_its_end() -> None:
    assert load_text(GOOD).base_url == "https://acme.example"


def test_models_are_those_of_the_model_field() -> None:
    assert load_text(GOOD).models == ("plain", "wide")
    assert contract().models == ()


def test_polling_advice_is_in_seconds() -> None:
    polling = contract(polling={"interval_s": [2, 30], "timeout_s": 180}).polling
    assert (polling.first_s, polling.interval_s, polling.timeout_s) == (None, (2, 30), 180)


# ---------------------------------------------------------------- the digest


@pytest.mark.parametrize(
    ("change", "same"),
    [
        pytest.param(lambda text: "# a comment\n" + text, True, id="comment"),
        pytest.param(lambda text: json.dumps(read_located(text, file="").value), True, id="layout"),
        pytest.param(
            lambda text: text.replace("maxLength: 50", "maxLength: 51"), False, id="limit"
        ),
        pytest.param(lambda text: text.replace("page#Sizes", "page#Size"), False, id="source"),
    ],
)
def test_the_digest_tells_what_is_said_and_not_how_it_is_laid_out(
    change: Callable[[str], str], same: bool
) -> None:
    assert (load_text(change(GOOD)).digest == load_text(GOOD).digest) is same


def test_loading_twice_gives_the_same() -> None:
    for name in TOYS:
        path = Path(__file__).parent.parent / "suite" / "toys" / f"{name}.yaml"
        assert load_contract(path) == load_contract(path)


def test_a_contract_is_made_once_until_its_text_is_another(tmp_path: Path) -> None:
    file = tmp_path / "toy.yaml"
    text = (specs_directory() / "gptimage2api.yaml").read_text("utf-8")
    file.write_text(text, encoding="utf-8")
    first = load_contract(file)
    assert load_contract(file) is first
    file.write_text(text.replace("vendor: gptimage2api", "vendor: gptimage2apj"), encoding="utf-8")
    assert load_contract(file).vendor == "gptimage2apj"
    assert load_contract(file).digest != first.digest


def test_a_file_of_another_name_has_its_own_name(tmp_path: Path) -> None:
    text = (specs_directory() / "gptimage2api.yaml").read_text("utf-8")
    for name in ("one.yaml", "two.yaml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert load_contract(tmp_path / name).file == str(tmp_path / name)
