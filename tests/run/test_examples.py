"""The documents' own examples keep the contract, or break it in a way that it records; each other break is told."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import vcr

from conformance.cli.main import main
from conformance.contract.loading import contract_names, load_text
from conformance.contract.model import Contract
from conformance.documents.examples import Judged, documented
from conformance.errors import CassetteInvalid
from conformance.run.examples import judge_examples, judged_examples
from conformance.wire.cassettes import write_cassette
from conformance.wire.exchange import Exchange, Reply, Request
from conformance.wire.recordings import Cassette, Recording
from conformance.wire.redaction import Redactor
from tests.contract.toys import contract, field, named, raw

ROOT = Path(__file__).parents[2] / "cassettes"
FILES = sorted(ROOT.glob("*/documented/*.yaml"))

KNOWN = {
    "aigptimage": [],
    "apimart": [],
    "apipod": [],
    "gptimage2api": ["gptimage2api.create.charge.gpt-image-2"],
    "toapis": [
        "toapis.create.model.enum",
        "toapis.create.image_urls.items",
        "toapis.create.model.enum",
    ],
}


@pytest.mark.parametrize("vendor", contract_names())
def test_every_documented_example_keeps_the_contract_or_is_known_not_to(vendor: str) -> None:
    judged = judged_examples(named(vendor))
    assert [j for j in judged if j.verdict == "conflicts"] == []
    assert [j.clause for j in judged if j.verdict == "known"] == KNOWN[vendor]
    assert {j.part for j in judged} == {"request", "reply"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_plain_vcrpy_loads_them(path: Path) -> None:
    held = vcr.cassette.Cassette.load(path=str(path), record_mode=vcr.mode.NONE)
    answered = [r for c in _of_file(path) for r in c.recordings if r.exchange.reply]
    assert len(held.requests) == len(answered)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_each_says_what_it_is_and_is_no_evidence(path: Path) -> None:
    (cassette,) = _of_file(path)
    assert cassette.label
    assert not cassette.is_evidence
    assert all(r.label and r.section and r.document == path.stem for r in cassette.recordings)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_addresses_in_them_are_the_vendors_or_nobodys(path: Path) -> None:
    hosts = set(re.findall(r"https?://([^/\s\"]+)", path.read_text("utf-8")))
    own = urlsplit(named(path.parts[-3]).base_url).hostname
    assert {host for host in hosts if not host.endswith(".example")} <= {own}


@cache
def examples(vendor: str) -> tuple[Cassette, ...]:
    return documented(named(vendor))


def _of_file(path: Path) -> list[Cassette]:
    return [c for c in examples(path.parts[-3]) if c.file.endswith(f"/{path.name}")]


# --- the five vendors' examples, broken on purpose


def example(vendor: str, document: str, label: str) -> Recording:
    return next(
        r
        for c in examples(vendor)
        for r in c.recordings
        if r.document == document and label in r.label
    )


def edited(recording: Recording, part: str, path: str, value: Any) -> Recording:
    """The example with one value in a body replaced, or taken out (`...`)."""
    exchange = recording.exchange
    whole = exchange.request if part == "request" else exchange.reply
    assert whole is not None
    document = json.loads(whole.body)
    here = document
    *way, last = [int(step) if step.isdigit() else step for step in path.split("/")]
    for step in way:
        here = here[step]
    if value is ...:
        del here[last]
    else:
        here[last] = value
    changed = replace(whole, body=json.dumps(document).encode())
    return replace(recording, exchange=replace(exchange, **{part: changed}))


@pytest.mark.parametrize(
    ("vendor", "document", "label", "part", "path", "value", "clause"),
    [
        ("aigptimage", "i2i", "editing", "request", "input/resolution", "8K", "create.input.resolution.enum"),
        ("aigptimage", "i2i", "editing", "request", "input/resolution", "2K", "create.rule.auto-only-1k"),
        ("aigptimage", "i2i", "editing", "request", "input/prompt", ..., "create.input.prompt.required"),
        ("aigptimage", "i2i", "editing", "request", "input/input_urls", [], "create.input.input_urls.minItems"),
        ("aigptimage", "i2i", "editing", "reply", "data/taskId", 7, "create.reply.data.taskId"),
        ("apipod", "webhooks", "callback of a completed", "request", "usage/cost", "0.041", "callback.reply.usage.cost"),
        ("apipod", "webhooks", "callback of a completed", "request", "result", [], "callback.reply.result.completed"),
        ("apipod", "webhooks", "callback of a completed", "request", "status", "done", "callback.reply.status"),
        ("apipod", "webhooks", "callback of a failed", "request", "error", ..., "callback.reply.error.failed"),
        ("apipod", "webhooks", "callback of a failed", "request", "task_id", ..., "callback.reply.task_id"),
        ("apipod", "webhooks", "callback of a failed", "request", "created_at", 1786520400, "callback.reply.created_at"),
        ("aigptimage", "i2i", "waits", "reply", "data/state", "idle", "status.state"),
        ("aigptimage", "i2i", "waits", "reply", "data/createTime", 1757590000, "status.reply.data.createTime.unit"),
        ("aigptimage", "i2i", "waits", "reply", "data/failCode", ..., "status.reply.data.failCode"),
        ("aigptimage", "start", "succeeded", "reply", "data/resultJson", "{}", "status.reply.data.resultJson.success"),
        ("aigptimage", "errors", "shape", "reply", "code", 423, "create.error.422"),
        ("aigptimage", "errors", "shape", "reply", "msg", ..., "create.error.422"),
        ("apimart", "generation-mirror", "2k", "request", "n", 11, "create.n.maximum"),
        ("apimart", "generation-mirror", "2k", "reply", "data/0/status", "new", "create.reply.data[0].status"),
        ("apimart", "status", "completed", "reply", "data/progress", 101, "status.reply.data.progress"),
        ("apimart", "status", "completed", "reply", "data/result", ..., "status.reply.data.result"),
        ("apimart", "status", "401", "reply", "error/type", "other", "status.error.401"),
        ("apimart", "token-balance", "without a limit", "reply", "remain_balance", 5, "balance.reply.remain_balance"),
        ("apipod", "quickstart", "first", "request", "resolution", "8K", "create.resolution.enum"),
        ("apipod", "query", "completed", "reply", "data/usage/cost", "0.05", "status.reply.data.usage.cost"),
        ("apipod", "errors", "standard", "reply", "data/error_code", "other", "create.error.429"),
        ("gptimage2api", "generate", "12 credits", "request", "aspectRatio", "7:1", "create.gpt-image-2.aspectRatio.enum"),
        ("gptimage2api", "generate", "12 credits", "reply", "creditsUsed", 13, "create.charge.gpt-image-2"),
        ("gptimage2api", "generate", "12 are required", "reply", "required", "12", "create.error.402"),
        ("gptimage2api", "quickstart", "completed task", "reply", "outputImageUrls", ..., "status.reply.imageUrls"),
        ("toapis", "generation", "1K", "request", "size", "4:3", "create.rule.few-ratios-at-1K"),
        ("toapis", "generation", "1K", "reply", "progress", ..., "create.reply.progress"),
        ("toapis", "status-cn", "failed", "reply", "error/code", 422, "status.reply.error.code"),
        ("toapis", "status-cn", "unknown task", "reply", "error/type", "lost", "status.error.404"),
        ("toapis", "uploads", "its reply", "reply", "data/url", ..., "upload.reply.data.url"),
    ],
)  # fmt: skip
def test_a_wrong_example_is_told_with_its_clause(
    vendor: str, document: str, label: str, part: str, path: str, value: Any, clause: str
) -> None:
    vendors = named(vendor)
    broken = edited(example(vendor, document, label), part, path, value)
    judged = list(judge_examples(vendors, broken, file="x"))
    accused = [j.clause for j in judged if j.verdict != "keeps" and j.part == part]
    assert any(each.startswith(f"{vendor}.{clause}") for each in accused), accused


# --- small vendors


def shown(
    *,
    body: Any = None,
    reply: Any = None,
    status: int = 200,
    phase: str = "create",
    document: str = "page",
    url: str = "https://acme.example/make",
) -> Recording:
    request = Request(
        method="POST" if phase == "create" else "GET",
        url=url,
        body=json.dumps(body).encode() if body is not None else b"",
    )
    answer = None if reply is None else Reply(status=status, body=json.dumps(reply).encode())
    exchange = Exchange(id="e0001", case="", phase=phase, request=request, reply=answer)
    half: Any = "request" if reply is None else "reply" if body is None else "both"
    return Recording(
        exchange=exchange, shows=half, document=document, section="Examples", label="one"
    )


def judge(vendor: Contract, recording: Recording) -> list[Judged]:
    return list(judge_examples(vendor, recording, file="x"))


def two_pages() -> Contract:
    def side(values: list[str], page: str) -> dict[str, Any]:
        tier = {"type": "string", "enum": values, "source": f"{page}#Tiers"}
        create = {"body": {"tier": tier}}
        return {"value": page, "source": f"{page}#Tiers", "operations": {"create": create}}

    documents = {
        name: {"title": name, "url": f"https://acme.example/{name}", "seen": "2026-11-20"}
        for name in ("page", "other")
    }
    alternatives = {"a": side(["1K"], "page"), "b": side(["1k"], "other")}
    disputes = {"tiers": {"about": "the tiers", "alternatives": alternatives}}
    return contract(documents=documents, disputes=disputes)


def test_an_example_in_its_own_pages_words_keeps_them() -> None:
    (judged,) = judge(two_pages(), shown(body={"prompt": "x", "tier": "1k"}, document="other"))
    assert judged.verdict == "keeps"


def test_an_example_in_another_pages_words_is_a_known_conflict() -> None:
    (judged,) = judge(two_pages(), shown(body={"prompt": "x", "tier": "1k"}, document="page"))
    assert (judged.verdict, judged.clause) == ("known", "acme.create.tier.enum")
    assert judged.recorded == "the tiers"


def test_an_example_in_nobodys_words_is_a_conflict() -> None:
    (judged,) = judge(two_pages(), shown(body={"prompt": "x", "tier": "8K"}))
    assert (judged.verdict, judged.recorded) == ("conflicts", "")


def test_what_a_conflict_covers_is_known() -> None:
    side = {"value": "x", "source": "page#Section"}
    entry = {"about": "tiers", "alternatives": [side, side]}
    vendor = contract(
        {"tier": field(enum=["1K"])},
        conflicts=[{**entry, "covers": ["example-breaks-clause acme.create.tier.*"]}],
    )
    (judged,) = judge(vendor, shown(body={"prompt": "x", "tier": "8K"}))
    assert (judged.verdict, judged.recorded) == ("known", "tiers")


@pytest.mark.parametrize(
    ("recording", "clause"),
    [
        (shown(body={"prompt": "x"}, url="https://acme.example/elsewhere"), "acme.create.path"),
        (shown(body={"prompt": "x"}, reply={"name": "y"}), "acme.create.status.200"),
        (shown(reply={"error": "x"}, status=418), "acme.create.error.418"),
        (shown(reply={"oops": "x"}, status=400), "acme.create.error.400"),
        (shown(reply={"id": "x"}, phase="cancel"), "acme.cancel.path"),
    ],
    ids=["no such path", "no task id", "no such status", "no such body", "no such operation"],
)
def test_what_an_example_can_break_beside_fields(recording: Recording, clause: str) -> None:
    assert clause in [j.clause for j in judge(contract(), recording) if j.verdict == "conflicts"]


@pytest.mark.parametrize(
    ("url", "headers", "body", "message"),
    [
        ("", (), b"{}", "POST / is no documented operation"),
        ("https://acme.example/make", (), b"{", "the body is not JSON"),
        ("https://acme.example/send", (), b"{", "the body is no form"),
    ],
)
def test_what_is_no_request_at_all_is_told(
    url: str, headers: Any, body: bytes, message: str
) -> None:
    upload = {
        "http": "POST /send",
        "content_type": "multipart/form-data",
        "source": "page#Section",
        "body": {"file": {"type": "file", "required": True, "source": "page#Section"}},
    }
    made = raw()
    made["operations"]["upload"] = upload
    vendor = load_text(json.dumps(made), file="acme.yaml")
    one = shown(body={})
    request = Request(method="POST", url=url, headers=headers, body=body)
    (judged,) = judge(vendor, replace(one, exchange=replace(one.exchange, request=request)))
    assert judged.verdict == "conflicts"
    assert message in judged.message


def test_a_half_that_the_page_does_not_show_is_not_judged() -> None:
    alone = shown(reply={"id": "t-1"}, url="https://acme.example/elsewhere")
    assert [(j.part, j.verdict) for j in judge(contract(), alone)] == [("reply", "keeps")]


def test_headers_that_examples_leave_out_are_not_missed() -> None:
    reply = {"id": field(role="task_id"), "$headers.X-Request-ID": field()}
    vendor = contract(create={"reply": reply})
    assert [j.verdict for j in judge(vendor, shown(reply={"id": "t-1"}))] == ["keeps"]


# --- a user's own folder, and what lint says


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """`specs/acme.yaml` with `cassettes/acme/documented/` beside `specs`."""
    (tmp_path / "specs").mkdir()
    save(tmp_path)
    return tmp_path


def save(folder: Path, **sections: Any) -> None:
    (folder / "specs" / "acme.yaml").write_text(json.dumps(raw(**sections), indent=1), "utf-8")


def save_examples(folder: Path, *recordings: Recording, **words: Any) -> None:
    said = {"vendor": "acme", "kind": "documented", **words}
    path = folder / "cassettes" / "acme" / "documented" / "page.yaml"
    write_cassette(path, Cassette(recordings=recordings, **said), redactor=Redactor({}))


def linted(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, Any]:
    code = main(["lint", str(folder / "specs" / "acme.yaml"), "--json", "-"])
    return code, json.loads(capsys.readouterr().out)["contracts"][0]


def test_lint_lists_the_examples(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_examples(project, shown(body={"prompt": "x"}, reply={"id": "t-1"}))
    code, said = linted(project, capsys)
    assert code == 0
    assert Counter(e["verdict"] for e in said["examples"]) == {"keeps": 2}


def test_a_conflict_that_nobody_recorded_is_a_fault(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_examples(project, shown(body={"prompt": 7}))
    code, said = linted(project, capsys)
    assert code == 1
    (finding,) = said["findings"]
    assert (finding["rule"], finding["fault"]) == ("example-breaks-clause", "contract")
    assert "acme.create.prompt.type" in finding["message"]


def test_covers_for_an_example_that_breaks_nothing_is_stale(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    side = {"value": "x", "source": "page#Section"}
    covers = ["example-breaks-clause acme.create.prompt.type"]
    save(project, conflicts=[{"about": "a", "covers": covers, "alternatives": [side, side]}])
    save_examples(project, shown(body={"prompt": 7}))
    assert linted(project, capsys)[0] == 0
    save_examples(project, shown(body={"prompt": "x"}))
    code, said = linted(project, capsys)
    assert (code, said["findings"][0]["rule"]) == (1, "stale-covers")


@pytest.mark.parametrize(
    ("words", "recording", "message"),
    [
        ({"kind": "live"}, shown(body={}), "found live of acme, expected documented examples"),
        ({"vendor": "other"}, shown(body={}), "found documented of other"),
        ({}, shown(body={}, document="nowhere"), "found the example e0001 of 'nowhere#Examples'"),
    ],
    ids=["another kind", "another vendor", "no such document"],
)
def test_a_folder_of_examples_holds_nothing_else(
    words: Any,
    recording: Recording,
    message: str,
    project: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    save_examples(project, recording, **words)
    assert main(["lint", str(project / "specs" / "acme.yaml")]) == CassetteInvalid.exit_code
    assert message in capsys.readouterr().err


def test_a_callback_of_a_vendor_that_documents_none_is_told() -> None:
    shown = example("apipod", "webhooks", "callback of a failed")
    (found,) = judge_examples(named("aigptimage"), shown, file="x.yaml")
    assert (found.verdict, found.clause) == ("conflicts", "aigptimage.callback.path")
