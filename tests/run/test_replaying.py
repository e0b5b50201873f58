"""A cassette gives back the run that it was made from; what it cannot answer accuses nobody."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from conformance.contract.model import Contract
from conformance.errors import NoReply, NotSent, UsageError
from conformance.reporting.summary import run_json
from conformance.results.outcome import RunResult
from conformance.results.replayed import LOST, NOT_RECORDED
from conformance.run.check import run_check
from conformance.run.options import RunOptions, recorded_options
from conformance.run.targets import Endpoint, embedded_target, replayed_target
from conformance.wire.cassettes import read_cassette, write_cassette
from conformance.wire.exchange import Reply, Request
from conformance.wire.recordings import Cassette
from conformance.wire.redaction import Redactor
from tests.run.toy import KEY, TEXT, Vendor, endpoint, is_create, reply, toy

THEN = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
LATER = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)


def recorded(
    folder: Path, target: Endpoint, contract: Contract | None = None, **options: Any
) -> tuple[RunResult, Cassette]:
    """A run, and what is on disk of it afterwards."""
    kept: list[Cassette] = []
    result = run_check(contract or toy(), target, RunOptions(**options), now=THEN, keep=kept.append)
    path = folder / "one.yaml"
    write_cassette(path, kept[0], redactor=Redactor({"key": KEY}))
    return result, read_cassette(path, shown_as="one.yaml")


def replay(cassette: Cassette, contract: Contract | None = None, **how: Any) -> RunResult:
    contract = contract or toy()
    assert cassette.run is not None
    options = recorded_options(cassette.run.options, seed=cassette.seed or 0, output=None)
    return run_check(contract, replayed_target(contract, cassette, **how), options, now=LATER)


def told(result: RunResult) -> dict[str, Any]:
    """What a report says, but for what was asked."""
    said = dict(run_json([result])["vendors"][0])
    del said["target"]
    said.pop("cassette", None)
    return said


# --- the same again ---


def test_a_replay_says_what_the_run_said(tmp_path: Path) -> None:
    result, cassette = recorded(tmp_path, endpoint(Vendor()))

    again = replay(cassette)

    assert told(again) == told(result)
    assert (again.target.kind, again.target.base_url) == ("cassette", "http://127.0.0.1:9")
    assert again.seconds == result.seconds > 0
    assert again.missed == ()


def test_a_violation_is_found_again_with_its_evidence(tmp_path: Path) -> None:
    vendor = Vendor(before=lambda r: reply(200, {"id": 7, "cost": 2}) if is_create(r) else None)
    result, cassette = recorded(tmp_path, endpoint(vendor))

    again = replay(cassette)

    assert [v for v in again.verdicts if v.verdict == "violates"] != []
    assert told(again) == told(result)


class Troubled(Vendor):
    """Keeps the contract, and has all the troubles that no contract forbids."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.chance = random.Random(seed)
        self.before = self.trouble

    def trouble(self, request: Request) -> Reply | Exception | None:
        if self.chance.random() > 0.3:
            return None
        kinds: list[Reply | Exception] = [
            reply(429, {"error": "slowly"}, Retry_After="2"),
            reply(500, {"error": "oh"}),
            NoReply("gone", kind="reset"),
            NotSent("cannot connect", kind="connect"),
            reply(409, {"error": "too many"}) if is_create(request) else reply(503, {}),
        ]
        return self.chance.choice(kinds)


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("seed", range(8))
def test_troubles_come_again_whatever_their_order_was(
    seed: int, concurrency: int, tmp_path: Path
) -> None:
    result, cassette = recorded(tmp_path, endpoint(Troubled(seed)), concurrency=concurrency)

    again = replay(cassette)

    assert again.missed == ()
    assert told(again) == told(result)


@pytest.mark.parametrize("cap", [0, 1, 3])
def test_what_a_cap_kept_from_being_sent_is_cut_again(cap: int, tmp_path: Path) -> None:
    result, cassette = recorded(tmp_path, endpoint(Vendor()), max_billed=cap, concurrency=4)
    again = replay(cassette)
    assert told(again) == told(result)


def test_requests_of_a_run_are_its_own_and_replayed_all_the_same(tmp_path: Path) -> None:
    """Idempotency keys and callback addresses differ from run to run."""
    from conformance.contract.loading import load_contract

    contract = load_contract("apipod")
    result, cassette = recorded(tmp_path, embedded_target(contract), contract)

    again = replay(cassette, contract)

    assert {e.phase for e in cassette.exchanges} >= {"create", "poll", "download", "callback"}
    assert told(again) == told(result)


def test_what_exploring_sent_is_replayed(tmp_path: Path) -> None:
    contract = toy()
    target = embedded_target(contract, deviations=["accept-everything"])
    result, cassette = recorded(tmp_path, target, contract, explore=12)
    assert told(replay(cassette)) == told(result)


def test_a_large_picture_is_replaced_and_judged_as_it_was(tmp_path: Path) -> None:
    import io

    from PIL import Image

    stream = io.BytesIO()
    Image.effect_noise((300, 200), 90).save(stream, "JPEG")
    picture = Reply(status=200, headers=(("Content-Type", "image/jpeg"),), body=stream.getvalue())
    vendor = Vendor(before=lambda r: picture if "/pictures/" in r.url else None)
    result, cassette = recorded(tmp_path, endpoint(vendor))

    (first, *_) = (e for e in cassette.exchanges if e.phase == "download")

    assert first.picture is not None
    assert first.reply is not None
    assert (first.picture.format, first.picture.width) == ("jpeg", 300)
    assert first.picture.body_bytes == len(stream.getvalue()) > 10 * len(first.reply.body)
    assert Image.open(io.BytesIO(first.reply.body)).size == (300, 200)
    assert told(replay(cassette)) == told(result)


# --- not the same any more ---


def test_what_was_not_recorded_is_missed_and_accuses_nobody(tmp_path: Path) -> None:
    _, cassette = recorded(tmp_path, endpoint(Vendor()))
    wider = toy(TEXT, **{"enum: [s, m, l]": "enum: [s, m, l, xl]"})

    again = replay(cassette, wider)

    verdicts = {v.clause: v for v in again.verdicts}
    assert [v for v in again.verdicts if v.verdict == "violates"] == []
    assert verdicts["toy.create.size.enum"].verdict in ("inconclusive", "untested")
    assert any("body.size" in missed and '"xl"' in missed for missed in again.missed)
    assert again.replayed is not None
    assert again.replayed.lost == ("toy.create.size.enum",)
    assert "1 clause has changed since" in again.replayed.stale[0]


def test_a_clause_that_says_something_else_now_has_no_evidence(tmp_path: Path) -> None:
    _, cassette = recorded(tmp_path, endpoint(Vendor()))
    other = toy(TEXT, **{"urls: {type: array": "urls: {type: string"})

    again = replay(cassette, other)

    changed = next(
        v for v in again.verdicts if v.clause in (again.replayed.lost if again.replayed else ())
    )
    assert (changed.verdict, changed.reason) == ("inconclusive", LOST)
    assert [v.clause for v in again.verdicts if v.verdict == "violates"] == []


def test_a_poll_that_was_not_recorded_leaves_its_task_open(tmp_path: Path) -> None:
    _, cassette = recorded(tmp_path, endpoint(Vendor()))
    fewer = tuple(
        r
        for r in cassette.recordings
        if not (r.exchange.phase in ("poll", "repoll") and b"done" in r.exchange.reply.body)  # type: ignore[union-attr]  # polls have replies
    )

    again = replay(replace(cassette, recordings=fewer))

    assert [v for v in again.verdicts if v.verdict == "violates"] == []
    assert all(e.failure != NOT_RECORDED for e in again.exchanges.values())


def test_a_picture_that_was_not_recorded_is_not_missed_at_the_vendor(tmp_path: Path) -> None:
    _, cassette = recorded(tmp_path, endpoint(Vendor()))
    fewer = tuple(r for r in cassette.recordings if r.exchange.phase != "download")

    again = replay(replace(cassette, recordings=fewer))

    reasons = {v.reason for v in again.verdicts if v.verdict == "inconclusive"}
    assert [v for v in again.verdicts if v.verdict == "violates"] == []
    assert any(NOT_RECORDED in reason for reason in reasons)


def test_an_old_cassette_is_stale(tmp_path: Path) -> None:
    _, cassette = recorded(tmp_path, endpoint(Vendor()))

    fresh = replay(cassette).replayed
    old = replay(cassette, max_age_days=9).replayed

    assert fresh is not None
    assert old is not None
    assert fresh.stale == ()
    assert old.stale == ("it was recorded on 2026-11-21, more than 9 days ago",)


def test_a_replay_says_what_it_is(tmp_path: Path) -> None:
    contract = toy()
    _, simulated = recorded(tmp_path, embedded_target(contract), contract)
    again = replay(simulated)

    assert again.replayed is not None
    assert not again.replayed.is_evidence
    assert again.notes[0].startswith("replayed: recorded from the embedded simulator on 2026-11-21")
    assert "no evidence about any vendor" in simulated.label + again.notes[0]
    said = run_json([again])["vendors"][0]
    assert said["target"] == {"kind": "cassette", "base_url": ""}
    assert (said["cassette"]["kind"], said["cassette"]["evidence"]) == ("simulator", False)


def test_a_replay_that_is_recorded_says_the_same_when_it_is_judged_again(tmp_path: Path) -> None:
    from conformance.run.check import rejudge
    from conformance.run.journal import read_record

    _, cassette = recorded(tmp_path, endpoint(Vendor()))
    other = toy(TEXT, **{"urls: {type: array": "urls: {type: string"})
    assert cassette.run is not None
    options = recorded_options(cassette.run.options, seed=0, output=tmp_path)
    result = run_check(other, replayed_target(other, cassette), options, now=LATER)

    again = rejudge(read_record(Path(result.record_path)), other)

    assert again.verdicts == result.verdicts
    assert again.replayed == result.replayed


def test_examples_of_documents_are_no_recording(tmp_path: Path) -> None:
    _, cassette = recorded(tmp_path, endpoint(Vendor()))
    with pytest.raises(UsageError, match="restates what documents show"):
        replayed_target(toy(), replace(cassette, kind="documented"))
    with pytest.raises(UsageError, match="is of other, expected one of toy"):
        replayed_target(toy(), replace(cassette, vendor="other"))


def test_a_key_in_the_query_is_matched_though_it_is_not_kept(tmp_path: Path) -> None:
    header = '{header: Authorization, prefix: "Bearer ", source: d#x}'
    contract = toy(TEXT, **{header: "{query: key, source: d#x}"})
    result, cassette = recorded(tmp_path, embedded_target(contract, key=KEY), contract)

    again = replay(cassette, contract)

    assert KEY not in (tmp_path / "one.yaml").read_text("utf-8")
    assert again.missed == ()
    assert told(again) == told(result)
