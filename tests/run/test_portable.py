"""What is portable is taken by every simulator, and a witness tells two of them apart."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.cli.main import main
from conformance.client.preparing import Preparer
from conformance.contract.loading import load_text
from conformance.contract.model import Contract
from conformance.errors import ContractViolation
from conformance.results.portable import NO_LIMIT, Portable, told_words
from conformance.run.portable import find_portable
from conformance.run.wishes import combined, wishes
from conformance.simulator.app import simulate
from conformance.simulator.clock import VirtualClock
from conformance.wire.exchange import Request
from conformance.wire.transports import AsgiTransport
from tests.contract.toys import VENDORS, contract, field, named


@lru_cache
def five() -> Portable:
    return find_portable([named(vendor) for vendor in VENDORS])


def status_of(vendor: str, body: Mapping[str, Any]) -> int:
    """What the vendor's simulator says to a body, asked by hand; its default choices."""
    this = named(vendor)
    create = this.operation("create")
    assert create is not None
    transport = AsgiTransport(simulate(this, clock=VirtualClock(), key="k"), lambda: 0.0)
    scheme = this.auth[0]
    request = Request(
        method=create.method,
        url=f"https://x{create.path}",
        headers=((scheme.parameter, f"{scheme.prefix}k"), ("Content-Type", "application/json")),
        body=json.dumps(body).encode(),
    )
    reply = asyncio.run(transport.send(request, timeout_s=1, max_body_bytes=100_000))
    document = json.loads(reply.body)
    inner = document.get("code", 200) if isinstance(document, dict) else 200
    return max(reply.status, inner if isinstance(inner, int) and inner > 299 else 0)


def test_every_answer_was_borne_out_by_a_simulator() -> None:
    found = five()
    assert found.unverified == ()
    assert len(found.requests) > 10
    assert all(s.verified for r in found.requests for s in r.spelled)
    assert {s.vendor for r in found.requests for s in r.spelled} == set(VENDORS)


def test_what_is_sure_is_taken_by_all_when_asked_by_hand() -> None:
    sure = [r for r in five().requests if r.is_sure]
    assert sure
    for request in sure[:4]:
        for spelled in request.spelled:
            assert status_of(spelled.vendor, spelled.body) < 300, (
                told_words(request.words),
                spelled,
            )


def test_any_two_vendors_are_told_apart() -> None:
    told = {frozenset((w.taken_by, w.refused_by)) for w in five().witnesses if w.words is not None}
    assert len(told) == len(VENDORS) * (len(VENDORS) - 1) // 2


def test_a_witness_is_taken_by_one_and_refused_by_the_other() -> None:
    refused = [w for w in five().witnesses if w.refused and w.refused.standing == "forbidden"]
    assert len(refused) > 8
    for witness in refused:
        assert witness.taken is not None
        assert witness.refused is not None
        assert witness.words is not None
        assert witness.taken.verified
        assert witness.refused.verified
        Preparer(named(witness.taken_by)).prepare(witness.words)
        with pytest.raises(ContractViolation):
            Preparer(named(witness.refused_by)).prepare(witness.words)
    asked = [w for w in refused if w.refused and w.refused_by in ("aigptimage", "gptimage2api")]
    assert asked
    for witness in asked[:3]:
        assert witness.refused is not None
        assert status_of(witness.refused_by, witness.refused.body) >= 400


def text_of(vendor: str, **fields: Any) -> Contract:
    made = contract({name: field(**keywords) for name, keywords in fields.items()})
    return load_text(made.text.replace('"acme"', f'"{vendor}"'), file=f"{vendor}.yaml")


def test_values_are_the_same_however_they_are_spelt() -> None:
    one = text_of("one", size={"enum": ["1k", "2k"], "role": "resolution"})
    other = text_of("other", res={"enum": ["2048", "4096"], "role": "resolution"})
    found = find_portable([one, other])
    (request,) = [r for r in found.requests if "resolution" in r.words]
    assert request.words["resolution"] == "2K"
    assert [dict(s.body) for s in request.spelled] == [
        {"prompt": request.words["prompt"], "size": "2k"},
        {"prompt": request.words["prompt"], "res": "2048"},
    ]


def test_a_limit_that_nobody_documents_is_doubtful() -> None:
    one = text_of("one", prompt={"maxLength": 300, "required": True, "role": "prompt"})
    other = text_of("other", prompt={"required": True, "role": "prompt"})
    found = find_portable([one, other])
    assert found.limits["prompt"] == 300
    (longest,) = [r for r in found.requests if len(r.words["prompt"]) == 300]
    assert [s.doubtful_on for s in longest.spelled] == [(), (NO_LIMIT,)]
    # Nobody knows whether the other one takes more, so that is no witness.
    assert [w.words for w in found.witnesses] == [None, None]


def test_two_of_one_kind_are_told_apart_by_nothing() -> None:
    found = find_portable([text_of("one"), text_of("other")])
    assert [w.words for w in found.witnesses] == [None, None]
    assert all(w.tried for w in found.witnesses)


def test_wishes_are_the_same_each_time_and_combined_only_across_words() -> None:
    made = wishes([named(vendor) for vendor in VENDORS])
    assert made == wishes([named(vendor) for vendor in VENDORS])
    for both in combined(made[:12]):
        assert len(both) == 3


# --- the command


def test_the_command_writes_what_its_schema_says(capsys: pytest.CaptureFixture[str]) -> None:
    schema = json.loads(
        files("conformance.reporting").joinpath("schemas/portable.schema.json").read_text("utf-8")
    )
    Draft202012Validator.check_schema(schema)
    assert main(["compare", "--portable", "--json", "-"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [e.message for e in Draft202012Validator(schema).iter_errors(document)] == []
    assert document["vendors"] == list(VENDORS)


def test_the_command_is_drawn_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["compare", "--portable", "aigptimage", "toapis"]
    assert main(words) == 0
    text = capsys.readouterr().out
    assert "TAKEN BY ALL (" in text
    assert "no vendor was contacted" in " ".join(text.split())
    assert "aigptimage takes, toapis does not: prompt a lighthouse at dusk" in " ".join(
        text.split()
    )
    assert main([*words, "--format", "markdown"]) == 0
    assert "### What tells them apart" in capsys.readouterr().out


def test_flags_about_rows_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "--portable", "--why", "idempotency"]) == 2
    assert "--why has no place beside --portable" in capsys.readouterr().err
