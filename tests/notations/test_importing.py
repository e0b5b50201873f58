"""A document of somebody else's becomes a contract that works at once, whatever its style."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.cli.main import main
from conformance.contract.loading import load_text
from conformance.contract.model import Contract
from conformance.errors import ContractInvalid
from conformance.notations.foreign import read_foreign
from conformance.notations.imported_text import text_of
from conformance.notations.importing import import_openapi
from conformance.notations.skeleton import Skeleton

FLAT = """
openapi: 3.1.0
info: {title: Flat Images, version: "1"}
servers: [{url: "https://flat.example/{stage}/", variables: {stage: {default: v1}}}]
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}, query: {type: apiKey, in: query, name: k}}
  parameters: {Trace: {name: X-Trace, in: header, schema: {type: string}}}
security: [{key: []}, {query: []}]
paths:
  /images:
    parameters: [{$ref: "#/components/parameters/Trace"}]
    post:
      requestBody:
        content:
          application/json:
            schema:
              type: object
              required: [prompt]
              properties:
                prompt: {type: string, minLength: 1, maxLength: 900}
                size: {type: string, enum: ["1:1", "16:9"], default: "1:1"}
                tier: {type: string, enum: [1K, 4K], default: 1K}
                n: {type: integer, minimum: 1, maximum: 4, default: 1}
              if: {properties: {size: {const: "16:9"}}, required: [size]}
              then: {properties: {tier: {const: 1K}}}
      responses:
        "200":
          description: Taken
          content: {application/json: {schema: {type: object, required: [id, status], properties: {id: {type: string}, status: {type: string, enum: [queued]}}}}}
        "400":
          description: Wrong
          content: {application/json: {schema: {type: object, required: [error], properties: {error: {type: object, required: [message], properties: {message: {type: string}}}}}}}
  /images/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses:
        "200":
          description: How far
          content:
            application/json:
              schema:
                type: object
                required: [id, status]
                properties:
                  id: {type: string}
                  status: {type: string, enum: [queued, running, done, failed]}
                  created: {type: integer, examples: [1760000000]}
                  images: {type: array, items: {type: object, required: [url], properties: {url: {type: string, format: uri}}}}
        "404": {description: Nobody's}
"""

ODD = """
openapi: 3.0.2
info: {title: "Odd & Old", version: 1}
components:
  securitySchemes:
    tok: {type: token}
  schemas:
    Base: &base
      type: object
      properties:
        prompt: {type: str, maxLength: "1000"}
        prompt: {type: string, maxLength: "2000"}
    Node: {type: object, properties: {next: {$ref: "#/components/schemas/Node"}}}
    Note: {anyOf: [{type: string}, {type: 'null'}]}
    Extra: *base
paths:
  /gen:
    post:
      requestBody:
        content:
          application/json:
            schema:
              allOf:
                - $ref: "#/components/schemas/Base"
                - {required: [prompt], properties: {seed: {type: integer, nullable: true}, tree: {$ref: "#/components/schemas/Node"}, note: {$ref: "#/components/schemas/Note"}, far: {$ref: "https://elsewhere.invalid/x.json"}, gone: {$ref: "#/nowhere"}, strength: {type: float, minimum: 0, exclusiveMinimum: true, maximum: 1}}}
      responses:
        200:
          description: yes
          content: {application/json: {example: {task_id: t1, state: waiting}}}
  /gen/{task_id}:
    get:
      responses:
        200:
          description: state
          content: {application/json: {schema: {type: object, properties: {state: {type: string, enum: [waiting, succeeded, failed]}, url: {type: string, format: url}}}}}
"""

WRAPPED: dict[str, Any] = {
    "openapi": "3.0.1",
    "info": {"title": "Wrapped", "version": "1"},
    "servers": [{"url": "https://wrapped.example"}],
    "paths": {
        "/api/createTask": {
            "post": {
                "security": [{"bearer": []}],
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {
                                "oneOf": [
                                    {"$ref": "#/components/schemas/Small"},
                                    {"$ref": "#/components/schemas/Large"},
                                ]
                            }
                        }
                    }
                },
                "responses": {
                    "200": {
                        "description": "task",
                        "content": {
                            "application/json": {
                                "schema": {"$ref": "#/components/schemas/Made"},
                                "example": {"code": 200, "data": {"taskId": "t"}},
                            }
                        },
                    },
                    "default": {"description": "trouble"},
                },
            }
        },
        "/api/recordInfo": {
            "get": {
                "parameters": [
                    {
                        "name": "taskId",
                        "in": "query",
                        "required": True,
                        "schema": {"type": "string"},
                    }
                ],
                "responses": {
                    "200": {
                        "description": "state",
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Told"}}
                        },
                    }
                },
            }
        },
        "/api/cancel/{taskId}": {"post": {"responses": {"200": {"description": "gone"}}}},
    },
    "components": {
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        "schemas": {
            "Small": {
                "type": "object",
                "required": ["model", "prompt"],
                "properties": {
                    "model": {"type": "string", "enum": ["small"]},
                    "prompt": {"type": "string", "maxLength": 100},
                },
            },
            "Large": {
                "type": "object",
                "required": ["model", "prompt"],
                "properties": {
                    "model": {"type": "string", "enum": ["large"]},
                    "prompt": {"type": "string", "maxLength": 900},
                    "imageUrls": {"type": "array", "items": {"type": "string", "format": "uri"}},
                },
            },
            "Made": {
                "type": "object",
                "required": ["code", "data"],
                "properties": {
                    "code": {"type": "integer", "enum": [200]},
                    "data": {
                        "type": "object",
                        "required": ["taskId"],
                        "properties": {"taskId": {"type": "string"}},
                    },
                },
            },
            "Told": {
                "type": "object",
                "required": ["data"],
                "properties": {
                    "data": {
                        "type": "object",
                        "required": ["state"],
                        "properties": {
                            "state": {
                                "type": "integer",
                                "enum": [0, 1, 2],
                                "description": "0: generating, 1: success, 2: failed",
                            },
                            "resultUrls": {
                                "type": "array",
                                "items": {"type": "string"},
                                "nullable": True,
                            },
                        },
                    }
                },
            },
        },
    },
}

STYLES = {"flat": FLAT, "odd": ODD, "wrapped": json.dumps(WRAPPED, indent="\t")}


def imported(text: str) -> Skeleton:
    return import_openapi(read_foreign(text, file="x.yaml"), seen="2026-11-20")


def contract_of(text: str) -> Contract:
    return load_text(text_of(imported(text)))


def asked(skeleton: Skeleton) -> str:
    return " ".join(question["question"] for question in skeleton.questions)


# ---------------------------------------------------------------- it works at once


@pytest.mark.parametrize("style", STYLES)
def test_lint_check_and_compare_work_on_it(
    style: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "api.yaml").write_text(STYLES[style], "utf-8")
    assert main(["import", "api.yaml", "--name", "theirs", "--output", "theirs.yaml"]) == 0
    assert main(["lint", "./theirs.yaml"]) == 0
    assert main(["check", "./theirs.yaml"]) == 0
    assert " 0 violate + 0 inconclusive" in capsys.readouterr().out
    assert main(["compare", "toapis", "./theirs.yaml"]) == 0


def test_a_document_in_a_page_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    inner = "\n".join(f"  {line}" for line in FLAT.splitlines())
    page.write_text(f"# API\n\n```sh\ncurl x\n```\n\n  ```yaml\n{inner}\n  ```\n", "utf-8")
    assert main(["import", str(page)]) == 0
    assert load_text(capsys.readouterr().out).models == contract_of(FLAT).models
    assert main(["import", str(page), "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["vendor"] == "flat-images"


# ---------------------------------------------------------------- what is taken over


def test_the_lifecycle_is_recognised() -> None:
    contract = contract_of(FLAT)
    create, status = contract.operation("create"), contract.operation("status")
    assert create is not None
    assert status is not None
    assert (create.method, create.path, status.path) == ("POST", "/images", "/images/{id}")
    assert contract.base_url == "https://flat.example/v1"
    phases = {state.value: state.phase for state in contract.states}
    assert phases == {
        "queued": "running",
        "running": "running",
        "done": "succeeded",
        "failed": "failed",
    }
    roles = {f.role: f.path for f in status.reply if f.role}
    assert roles["results"] == "images[].url"
    assert [(a.location, a.parameter) for a in contract.auth] == [
        ("header", "X-Key"),
        ("query", "k"),
    ]


def test_fields_limits_and_rules_are_taken_over() -> None:
    create = contract_of(FLAT).operation("create")
    assert create is not None
    fields = {field.path: field for field in create.fields}
    assert fields["prompt"].required
    assert dict(fields["prompt"].schema) == {"type": "string", "minLength": 1, "maxLength": 900}
    assert fields["size"].role == "aspect_ratio"
    assert fields["X-Trace"].location == "header"
    (rule,) = create.rules
    assert [(c.field, c.one_of) for c in (*rule.when, *rule.then)] == [
        ("size", ("16:9",)),
        ("tier", ("1K",)),
    ]


def test_models_told_apart_by_a_choice_narrow_what_is_common() -> None:
    contract = contract_of(STYLES["wrapped"])
    create = contract.operation("create")
    assert create is not None
    assert contract.models == ("small", "large")
    limits = {f.model: f.schema["maxLength"] for f in create.fields if "maxLength" in f.schema}
    assert limits == {"small": 100, "large": 900}
    assert next(f.models for f in create.fields if f.path == "imageUrls") == ("large",)


def test_integer_states_are_read_from_what_is_said_of_them() -> None:
    phases = {s.value: s.phase for s in contract_of(STYLES["wrapped"]).states}
    assert phases == {0: "running", 1: "succeeded", 2: "failed"}


def test_every_guess_is_marked_where_it_stands() -> None:
    lines = text_of(imported(FLAT)).splitlines()
    roles = [i for i, line in enumerate(lines) if line.strip().startswith("prompt:")]
    assert lines[roles[0] - 1].strip() == "# guessed: role prompt"
    skeleton = imported(FLAT)
    assert sum(map(len, skeleton.guesses.values())) == sum("# guessed" in each for each in lines)


# ---------------------------------------------------------------- what is odd, or stays open


def test_what_is_not_quite_openapi_is_read_and_warned_of() -> None:
    skeleton = imported(ODD)
    warned = "\n".join(skeleton.warnings)
    for words in (
        "stands twice",
        "the type 'float'",
        "maxLength '2000' in quotes",
        "type 'null'",
        "security type 'token'",
        "inside of itself",
        "was not fetched",
        "is nowhere",
        "task_id is in the path and not described",
        "the format 'url'",
    ):
        assert words in warned
    create = contract_of(ODD).operation("create")
    assert create is not None
    fields = {field.path: dict(field.schema) for field in create.fields}
    assert fields["prompt"]["maxLength"] == 2000
    assert fields["seed"] == {"type": "integer"}
    assert "taken from an example" in asked(skeleton)


def test_what_has_no_word_in_a_contract_is_an_open_question() -> None:
    skeleton = imported(STYLES["wrapped"])
    assert any("/api/cancel" in q["about"] for q in skeleton.questions)
    assert "What does 'default' stand for? trouble" in asked(skeleton)
    assert "How does it refuse a request?" in asked(skeleton)


def test_no_server_and_no_key_are_asked_for() -> None:
    skeleton = imported(ODD)
    assert skeleton.contract["base_url"] == "https://unknown.invalid"
    assert "At which address is the API?" in asked(skeleton)


def test_a_field_with_several_types_or_forms_is_asked_about() -> None:
    document = yaml.safe_load(FLAT)
    schema = document["paths"]["/images"]["post"]["requestBody"]["content"]["application/json"]
    schema["schema"]["properties"] |= {
        "image": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
        "weight": {"type": ["string", "number"]},
        "tags": {"type": "array", "uniqueItems": True},
    }
    said = asked(imported(yaml.safe_dump(document)))
    assert "several forms" in said
    assert "string or number" in said
    assert "uniqueItems" in said


# ---------------------------------------------------------------- what is refused, and what is bounded


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("swagger: '2.0'\npaths: {}\n", "Swagger"),
        ("openapi: 3.1.0\npaths: {}\n", "no operation that creates"),
        ("title: something\n", "`openapi` or `arazzo`"),
        ("", "empty file"),
        ("openapi: [3.1.0\n", "not YAML"),
        ("openapi: 3.1.0\npaths: " + "[" * 500, "levels of nesting"),
        ("a: &a [x]\nb: &b [" + "*a," * 9000 + "]\nc: [" + "*b," * 9000 + "]\n", "more than"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_sentence(text: str, words: str) -> None:
    with pytest.raises(ContractInvalid) as refused:
        imported(text)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_schema_that_unfolds_without_end_is_cut_off() -> None:
    schemas = {
        f"S{i}": {"properties": {k: {"$ref": f"#/components/schemas/S{i + 1}"} for k in "abcdef"}}
        for i in range(12)
    }
    document = yaml.safe_load(FLAT)
    document["components"]["schemas"] = schemas
    media = document["paths"]["/images"]["post"]["requestBody"]["content"]["application/json"]
    media["schema"]["properties"]["deep"] = {"$ref": "#/components/schemas/S0"}
    skeleton = imported(json.dumps(document))
    assert any("nested too deeply" in warning for warning in skeleton.warnings)


def test_half_characters_and_control_characters_do_no_harm() -> None:
    text = json.dumps(yaml.safe_load(FLAT)).replace("Taken", "\\ud83d\\ude00 \\ud800")
    contract = load_text(text_of(imported(text)))
    assert contract.vendor == "flat-images"
    assert "\x1b" not in text_of(imported(FLAT.replace("Wrong", '"\\x1b[2J"')))
