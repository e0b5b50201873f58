"""
Transcription faults, put into the five contracts one at a time: is each of them found?

A fault is a program's change of the YAML: a piece of text that stands in the contract once (or is told apart by what
stands before it) and what a careless hand would have written.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from conformance.contract.loading import specs_directory
from conformance.documents.archive import Archive
from conformance.documents.lint import lint

ARCHIVE = Path(__file__).parents[3] / "shared"

pytestmark = pytest.mark.skipif(
    not (ARCHIVE / "seeds").is_dir(),
    reason="the vendors' pages are not in this repository, and there is no archive of them beside the checkout",
)


@dataclass(frozen=True, kw_only=True)
class Seeded:
    """
    One fault: in `vendor`'s contract, behind `after` ("" from the start), `old` becomes `new`.

    `rules` are the findings of which at least one has to come.
    """

    name: str
    vendor: str
    after: str = ""
    old: str
    new: str
    rules: str


def seeded(name: str, vendor: str, old: str, new: str, rules: str, *, after: str = "") -> Seeded:
    return Seeded(name=name, vendor=vendor, after=after, old=old, new=new, rules=rules)


FAULTS = [
    # aigptimage
    seeded("a wrong limit", "aigptimage", "maxLength: 20000", "maxLength: 2000", "not-in-section"),
    seeded(
        "a dropped tier",
        "aigptimage",
        "enum: [1K, 2K, 4K]",
        "enum: [1K, 4K]",
        "incomplete-list",
    ),
    seeded(
        "a tier too many",
        "aigptimage",
        "enum: [1K, 2K, 4K]",
        "enum: [1K, 2K, 4K, 8K]",
        "not-in-section",
    ),
    seeded("a wrong default", "aigptimage", "default: 1K", "default: 2K", "wrong-default"),
    seeded("a lost default", "aigptimage", "          default: auto\n", "", "wrong-default"),
    seeded(
        "a dropped ratio",
        "aigptimage",
        '"4:5", "3:4", "2:3"]',
        '"4:5", "2:3"]',
        "incomplete-list",
        after="per_model",
    ),
    seeded(
        "a misspelt field",
        "aigptimage",
        "input.image_input:",
        "input.images_input:",
        "not-in-section",
    ),
    seeded(
        "a required field that is optional",
        "aigptimage",
        "        required: true\n        maxLength",
        "        maxLength",
        "wrong-required",
    ),
    seeded(
        "a wrong type",
        "aigptimage",
        "data.createTime:\n        type: integer",
        "data.createTime:\n        type: string",
        "wrong-type",
    ),
    seeded(
        "a missed null",
        "aigptimage",
        'data.costTime:\n        type: [integer, "null"]',
        "data.costTime:\n        type: integer",
        "wrong-type",
    ),
    seeded(
        "a wrong status",
        "aigptimage",
        '    "409":',
        '    "408":',
        "not-in-section row-not-transcribed",
    ),
    seeded(
        "a swapped source",
        "aigptimage",
        "source: i2i#image_input",
        "source: i2i#prompt",
        "not-in-section",
    ),
    seeded(
        "a section that does not exist",
        "aigptimage",
        "source: [i2i#Usage Flow, record-info#Query Task]}\n\nerrors",
        "source: [i2i#Usage Flows, record-info#Query Task]}\n\nerrors",
        "no-such-section",
    ),
    seeded("a misspelt state", "aigptimage", "    waiting: {", "    waitng: {", "not-in-section"),
    seeded(
        "an invented state",
        "aigptimage",
        "    waiting: {",
        "    queuing: {phase: running}\n    waiting: {",
        "not-in-section",
    ),
    seeded(
        "a misspelt reply field",
        "aigptimage",
        "      data.taskId: {type: string, schema",
        "      data.taskID: {type: string, schema",
        "not-in-section",
    ),
    seeded(
        "a wrong path",
        "aigptimage",
        "GET /api/v1/jobs/recordInfo",
        "GET /api/v1/jobs/record",
        "not-in-section",
    ),
    seeded(
        "a wrong file size",
        "aigptimage",
        "at most 30 MB",
        "at most 20 MB",
        "not-in-section not-transcribed",
    ),
    # gptimage2api
    seeded(
        "a model's limit on images", "gptimage2api", "maxItems: 8", "maxItems: 14", "wrong-limit"
    ),
    seeded(
        "a model's limit on prompts",
        "gptimage2api",
        "prompt: {maxLength: 5000",
        "prompt: {maxLength: 10000",
        "wrong-limit",
    ),
    seeded(
        "glued columns read wrong",
        "gptimage2api",
        "inputImageUrls: {maxItems: 4,",
        "inputImageUrls: {maxItems: 42,",
        "wrong-limit",
    ),
    seeded(
        "a wrong maximum",
        "gptimage2api",
        "width: {type: integer, minimum: 64, maximum: 4096",
        "width: {type: integer, minimum: 64, maximum: 2048",
        "not-in-section",
    ),
    seeded(
        "a wrong minimum",
        "gptimage2api",
        "numInferenceSteps: {type: integer, minimum: 1",
        "numInferenceSteps: {type: integer, minimum: 0",
        "not-in-section",
    ),
    seeded(
        "an invented limit",
        "gptimage2api",
        "seed: {type: string,",
        "seed: {type: string, maxLength: 64,",
        "not-in-section",
    ),
    seeded(
        "a wrong type of a seed",
        "gptimage2api",
        "seed: {type: string,",
        "seed: {type: integer,",
        "wrong-type",
    ),
    seeded(
        "a wrong default number",
        "gptimage2api",
        "default: 1, minimum: 1, maximum: 10",
        "default: 10, minimum: 1, maximum: 10",
        "wrong-default",
    ),
    seeded(
        "a dropped range",
        "gptimage2api",
        "guidanceScale: {type: number, minimum: 0, maximum: 100,",
        "guidanceScale: {type: number, minimum: 0,",
        "not-transcribed",
    ),
    seeded(
        "a wrong price",
        "gptimage2api",
        "models: [gpt-image-2], amount: 3, source: [generate",
        "models: [gpt-image-2], amount: 4, source: [generate",
        "wrong-price",
    ),
    seeded(
        "a wrong example charge",
        "gptimage2api",
        "amount: 12, source: generate#Response Body",
        "amount: 13, source: generate#Response Body",
        "not-in-section",
    ),
    seeded(
        "a dropped ratio of one model",
        "gptimage2api",
        '"4:5", "5:4", "21:9"]',
        '"4:5", "21:9"]',
        "incomplete-list",
    ),
    seeded(
        "a misspelt passthrough",
        "gptimage2api",
        "providerInput: {type",
        "providerInputs: {type",
        "not-in-section",
    ),
    # apimart
    seeded(
        "a wrong cell",
        "apimart",
        "2048x1360, 3520x2336",
        "2048x1365, 3520x2336",
        "not-in-section wrong-cell",
    ),
    seeded(
        "a cell of another row",
        "apimart",
        "3072x1024, 3840x1280]",
        "3072x1024, 3840x1920]",
        "wrong-cell",
    ),
    seeded(
        "a dropped alternative of a cell",
        "apimart",
        "[1024x1024, 1254x1254]",
        "1024x1024",
        "not-transcribed",
    ),
    seeded(
        "a dropped row of pixels",
        "apimart",
        '    "21:9": [[2016x864, 1915x821], 2688x1152, 3840x1648]\n',
        "",
        "not-transcribed",
    ),
    seeded(
        "a dropped ratio in a table",
        "apimart",
        ', "21:9", "9:21"]',
        ', "21:9"]',
        "incomplete-list row-not-transcribed",
    ),
    seeded("one image too few", "apimart", "maxItems: 16", "maxItems: 15", "not-transcribed"),
    seeded(
        "a state that nobody documents",
        "apimart",
        "    processing: {phase",
        "    running: {phase",
        "not-in-section incomplete-list",
    ),
    seeded(
        "a tier in capitals",
        "apimart",
        "enum: [1k, 2k, 4k]\n        role",
        "enum: [1K, 2K, 4K]\n        role",
        "incomplete-list not-in-section not-transcribed row-not-transcribed",
    ),
    seeded(
        "a wrong lifetime", "apimart", "lifetime_s: 86400", "lifetime_s: 172800", "not-in-section"
    ),
    seeded(
        "a wrong interval",
        "apimart",
        "interval_s: [3, 5]",
        "interval_s: [3, 6]",
        "polling-without-advice",
    ),
    seeded(
        "advice with another number",
        "apimart",
        "Wait 10 to 20 seconds",
        "Wait 10 to 30 seconds",
        "polling-without-advice",
    ),
    seeded(
        "a dropped open question",
        "apimart",
        '  - {about: task_id, question: "How many days is a task kept? TASK_RETENTION_DAYS has no value.", source: generation#Notes (Task retention)}\n',
        "",
        "not-transcribed",
    ),
    # toapis
    seeded(
        "a dropped pixel size",
        "toapis",
        'enum: ["1024", "1536", "2048"], default',
        'enum: ["1024", "2048"], default',
        "incomplete-list incomplete-row",
    ),
    seeded(
        "a default among the values",
        "toapis",
        'default: "1024"',
        'default: "1536"',
        "wrong-default",
    ),
    seeded(
        "a misspelt error name",
        "toapis",
        "After invalid_reference_images clients",
        "After invalid_reference_image clients",
        "not-in-section not-transcribed",
    ),
    seeded(
        "a wrong price in dollars",
        "toapis",
        "amount: 0.015, source: guide-old",
        "amount: 0.15, source: guide-old",
        "not-in-section",
    ),
    seeded(
        "backoff that grows otherwise",
        "toapis",
        "1, 2 and 4 seconds",
        "1, 3 and 4 seconds",
        "not-in-section",
    ),
    seeded(
        "a swapped source of a charge",
        "toapis",
        "source: guide-old#GPT-Image-2}",
        "source: guide-old#FAQ}",
        "not-in-section",
    ),
    # what is told of other pages
    seeded(
        "a price of another page",
        "aigptimage",
        "4K: {amount: 8",
        "4K: {amount: 9",
        "not-transcribed",
    ),
    seeded(
        "an upload's lifetime",
        "apimart",
        "valid for 72 hours",
        "valid for 48 hours",
        "not-transcribed not-in-section",
    ),
    seeded("a lost note", "aigptimage", "80 at 1080p", "80 at 720p", "not-transcribed"),
    seeded(
        "a number in a note",
        "toapis",
        "16 reference images",
        "18 reference images",
        "not-transcribed",
    ),
    seeded(
        "a wrong interval of another page",
        "gptimage2api",
        "at most every 30 seconds",
        "at most every 60 seconds",
        "not-transcribed",
    ),
    # apipod
    seeded(
        "a misspelt model",
        "apipod",
        "gpt-image-2-edit], role",
        "gpt-image-2-edits], role",
        "not-in-section not-transcribed",
    ),
    seeded(
        "a wrong success status",
        "apipod",
        "success: {status: [200], source: [i2i#Responses",
        "success: {status: [202], source: [i2i#Responses",
        "not-transcribed not-in-section source-proves-nothing",
    ),
    seeded(
        "a section of another page",
        "apipod",
        "i2i#Request Example",
        "i2i#Request Examples",
        "no-such-section",
    ),
    seeded(
        "a wrong address",
        "apipod",
        "base_url: https://api.apipod.ai",
        "base_url: https://apid.apipod.ai",
        "not-transcribed",
    ),
]


def changed(fault: Seeded) -> str:
    """The contract's text with the fault in it; refuses a fault that no longer fits the contract."""
    text = (specs_directory() / f"{fault.vendor}.yaml").read_text("utf-8")
    start = text.index(fault.after) if fault.after else 0
    at = text.find(fault.old, start)
    assert at >= 0, f"{fault.old!r} is not in the contract any more: change the fault"
    return text[:at] + fault.new + text[at + len(fault.old) :]


@pytest.fixture(scope="module")
def archive() -> Archive:
    return Archive(ARCHIVE)


def test_there_are_at_least_forty() -> None:
    assert len(FAULTS) >= 40
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
    assert {fault.vendor for fault in FAULTS} == {
        "aigptimage",
        "apimart",
        "apipod",
        "gptimage2api",
        "toapis",
    }


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f"{f.vendor}: {f.name}")
def test_a_seeded_fault_is_found(fault: Seeded, tmp_path: Path, archive: Archive) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text(changed(fault), "utf-8")
    result = lint(str(path), archive)
    assert result.invalid is None, str(result.invalid)
    found = {finding.rule for finding in result.faults}
    assert found & set(fault.rules.split()), f"expected one of {fault.rules}, found {sorted(found)}"


@pytest.mark.parametrize("vendor", ["aigptimage", "apimart", "apipod", "gptimage2api", "toapis"])
def test_the_contracts_are_whole_both_ways(vendor: str, archive: Archive) -> None:
    result = lint(vendor, archive)
    assert [f"{f.file}:{f.line}: {f.message}" for f in result.faults] == []
    there = [each for each in result.coverage if each.state != "not archived"]
    assert there
    assert {each.state for each in there} == {"archived", "excerpt"}
    for each in there:
        assert each.backward_percent in (100, None)
        assert each.forward_percent == (100 if each.state == "archived" else None)
