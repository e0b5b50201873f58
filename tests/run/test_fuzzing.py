"""Schemathesis accuses no simulator that keeps its contract, under no choice; broken ones it notices, once."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from conformance.contract.loading import contract_names, load_contract
from conformance.errors import UsageError
from conformance.results.outcome import RunResult
from conformance.run.check import rejudge, run_check
from conformance.run.journal import MemoryJournal
from conformance.run.options import RunOptions
from conformance.run.targets import Endpoint, embedded_target
from conformance.simulator.choices import derive_choices
from conformance.simulator.hooks import Hooks, Moment, SimReply
from conformance.wire.exchange import parse_json

pytest.importorskip("schemathesis", reason="an extra: fuzz")

FEW = RunOptions(fuzz=10, only="*.create.path")


def run(vendor: str, options: RunOptions = FEW, **how: Any) -> RunResult:
    contract = load_contract(vendor)
    return run_check(contract, embedded_target(contract, **how), options)


def verdicts(result: RunResult) -> dict[str, str]:
    known = {clause.id for clause in result.beside}
    return {v.clause: v.verdict for v in result.verdicts if v.clause in known}


def accused(result: RunResult) -> list[str]:
    return [v.clause for v in result.verdicts if v.verdict == "violates"]


# --- nobody who keeps the contract is accused ---


@pytest.mark.parametrize("vendor", contract_names())
def test_a_faithful_simulator_is_not_accused(vendor: str) -> None:
    result = run(vendor)
    assert accused(result) == []
    assert set(verdicts(result).values()) == {"conforms"}
    assert any(".create.fuzz." in name for name in verdicts(result))
    assert any(".status.fuzz." in name for name in verdicts(result))


@pytest.mark.parametrize("vendor", contract_names())
def test_nor_one_that_answers_otherwise_within_what_documents_permit(vendor: str) -> None:
    """Every choice at once at its last alternative; `benchmarks/fuzzing.py` has each by itself."""
    choices = {c.name: c.alternatives[-1] for c in derive_choices(load_contract(vendor))}
    assert accused(run(vendor, choices=choices)) == []


# --- what is broken is noticed, and told once ---


class Crash(Hooks):
    """Falls over a field that it does not know."""

    def reply(self, reply: SimReply, at: Moment) -> SimReply:
        if at.operation != "create" or not at.fields:
            return reply
        try:
            body = parse_json(at.request.body)
        except ValueError:
            return reply
        known = {field.partition(".")[0] for field in at.fields}
        if isinstance(body, dict) and set(body) - known:
            return replace(reply, status=500, body=b"{}")
        return reply


@pytest.mark.parametrize(
    ("vendor", "broken", "clause"),
    [
        ("apimart", "accept=$body", "apimart.create.fuzz.negative_data_rejection"),
        ("gptimage2api", Crash(), "gptimage2api.create.fuzz.not_a_server_error"),
    ],
    ids=["no JSON is taken", "unknown fields crash it"],
)
def test_what_no_clause_tells_is_noticed(vendor: str, broken: str | Hooks, clause: str) -> None:
    result = run(vendor, replace(FEW, fuzz=40, only=""), deviations=[broken])
    assert accused(result) == [clause]
    (verdict,) = (v for v in result.verdicts if v.clause == clause)
    assert verdict.exchanges
    sent = result.exchanges[verdict.exchanges[0]]
    assert sent.case.startswith("fuzzed:")
    assert all(
        len(result.exchanges[e].request.body) >= len(sent.request.body) for e in verdict.exchanges
    )


@pytest.mark.parametrize(
    ("vendor", "broken", "check"),
    [
        ("aigptimage", "refuse-server-error", "create.fuzz.not_a_server_error"),
        ("aigptimage", "drop=create:code", "create.fuzz.response_schema_conformance"),
        ("aigptimage", "accept-everything", "create.fuzz.negative_data_rejection"),
        ("gptimage2api", "status=*=418", "create.fuzz.status_code_conformance"),
    ],
)
def test_what_a_clause_is_violated_for_is_not_told_again(
    vendor: str, broken: str, check: str
) -> None:
    result = run(vendor, replace(FEW, fuzz=24, only=""), deviations=[broken])
    assert accused(result)
    assert [name for name in accused(result) if ".fuzz." in name] == []
    (verdict,) = (v for v in result.verdicts if v.clause == f"{vendor}.{check}")
    assert verdict.verdict == "untested"
    assert verdict.reason.removeprefix("depends on ") in accused(result)


# --- within the caps, and in the record ---


def as_a_server(vendor: str, **how: Any) -> Endpoint:
    """A simulator that the run takes for a server on this machine."""
    made = embedded_target(load_contract(vendor), **how)
    return replace(made, target=replace(made.target, kind="url", base_url=made.base_url))


def creations(result: RunResult) -> list[bytes]:
    return [
        e.request.body
        for e in result.exchanges.values()
        if e.phase == "create" and e.case.startswith("fuzzed:")
    ]


def test_without_a_cap_no_creation_is_paid_for_at_a_server() -> None:
    contract = load_contract("aigptimage")
    plan = run_check(contract, as_a_server("aigptimage"), replace(FEW, fuzz=0))
    result = run_check(contract, as_a_server("aigptimage"), FEW)
    assert result.billed == plan.billed
    assert any("need --max-billed" in note for note in result.notes)


def test_the_cap_is_kept() -> None:
    contract = load_contract("aigptimage")
    options = replace(FEW, fuzz=30, max_billed=3)
    result = run_check(contract, as_a_server("aigptimage"), options)
    assert result.billed <= 3
    assert any("stopped at what may be spent" in note for note in result.notes)


def test_nothing_is_fetched_from_or_sent_to_a_stranger() -> None:
    result = run("apipod", replace(FEW, fuzz=40))
    bodies = [json.loads(body) for body in creations(result) if body.startswith(b"{")]
    assert bodies
    assert [b for b in bodies if "callback_url" in b] == []
    addresses = [
        u for b in bodies if isinstance(b.get("image_urls"), list) for u in b["image_urls"]
    ]
    assert {u for u in addresses if isinstance(u, str)} <= {"https://images.example/reference.png"}


def test_the_same_seed_sends_the_same_and_the_record_alone_says_what_was_found() -> None:
    contract = load_contract("apimart")
    journals = [MemoryJournal(), MemoryJournal()]
    results = [
        run_check(
            contract,
            embedded_target(contract, deviations=["accept=$body"]),
            replace(FEW, fuzz=16),
            journal=journal,
        )
        for journal in journals
    ]
    assert creations(results[0]) == creations(results[1])
    again = rejudge(journals[0].record(), contract)
    assert again.verdicts == results[0].verdicts
    assert again.beside == results[0].beside


def test_without_the_library_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.run.check.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"--fuzz needs Schemathesis: pip install .*\[fuzz\]"):
        run("aigptimage")


def test_other_seeds_send_other_requests() -> None:
    first, other = (run("aigptimage", replace(FEW, seed=seed)) for seed in (0, 1))
    assert creations(first) != creations(other)
