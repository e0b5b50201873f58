"""A whole run: its record holds what was judged, and nothing that is secret."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from conformance.contract.clauses import derive_clauses
from conformance.contract.loading import contract_names, load_contract
from conformance.errors import ConformanceError, TargetUnusable
from conformance.planning.images import DEFAULT_IMAGES, NO_IMAGES
from conformance.planning.values import RUN
from conformance.results.decoding import decode
from conformance.results.entries import Answered, Asked, Footer
from conformance.results.outcome import Target
from conformance.run.check import check, images_for, rejudge, run_check
from conformance.run.journal import FileJournal, MemoryJournal, read_record
from conformance.run.options import RunOptions
from conformance.run.requests import WRONG_KEY
from conformance.run.targets import embedded_target
from conformance.wire.exchange import Reply, Request
from tests.run.toy import (
    KEY,
    NOT_SENT,
    TEXT,
    Vendor,
    creation,
    endpoint,
    on_create,
    plan_of,
    reply,
    toy,
)

NOW = datetime(2026, 11, 21, 8, 5, 9, tzinfo=UTC)


def the_record(folder: Path) -> Path:
    (found,) = (folder / "records").iterdir()
    return found


# --- the record ---


def test_a_run_writes_its_record(tmp_path: Path) -> None:
    result = run_check(toy(), endpoint(Vendor()), RunOptions(output=tmp_path), now=NOW)

    assert result.record_path == str(tmp_path / "records" / "toy-20261121T080509Z.jsonl")
    record = read_record(Path(result.record_path))
    assert (record.header.vendor, record.header.started) == ("toy", "2026-11-21T08:05:09+00:00")
    assert record.header.contract_digest == toy().digest
    assert record.verdicts == result.verdicts
    assert record.footer == Footer(
        requests=result.requests,
        billed=result.billed,
        cost=result.cost,
        seconds=result.seconds,
        finished=True,
    )
    assert result.requests == len(result.exchanges) > 0


@pytest.mark.parametrize("vendor", contract_names())
def test_a_record_judged_again_says_the_same(vendor: str, tmp_path: Path) -> None:
    contract = load_contract(vendor)
    result = run_check(contract, embedded_target(contract), RunOptions(output=tmp_path))
    again = rejudge(read_record(Path(result.record_path)))

    assert again == replace(result, contract=again.contract)
    assert again.contract == contract


def test_a_troubled_record_judged_again_says_the_same(tmp_path: Path) -> None:
    contract = toy()
    before = on_create("refused", reply(500, {"error": "x"}))
    vendor = Vendor(before=before, accepts_all=True)
    options = RunOptions(output=tmp_path, max_billed=9, concurrency=5)
    result = run_check(contract, endpoint(vendor), options)

    assert rejudge(read_record(Path(result.record_path)), contract) == result
    assert any(v.verdict == "violates" for v in result.verdicts)


def test_memory_and_file_say_the_same(tmp_path: Path) -> None:
    one = run_check(toy(), endpoint(Vendor()), RunOptions(output=tmp_path))
    other = run_check(toy(), endpoint(Vendor()), RunOptions())

    assert one.verdicts == other.verdicts
    assert other.record_path == ""


def test_the_contract_is_found_by_the_name_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(TEXT)
    contract = load_contract(tmp_path / "own.yaml")
    result = run_check(contract, endpoint(Vendor()), RunOptions(output=tmp_path))

    assert rejudge(read_record(Path(result.record_path))).verdicts == result.verdicts


class Reading(Vendor):
    """Looks into the record whenever it is asked something."""

    record: Callable[[], Path]
    checked = 0

    async def send(self, request: Request, *, timeout_s: float, max_body_bytes: int) -> Reply:
        lines = self.record().read_bytes().splitlines(keepends=True)
        assert all(line.endswith(b"\n") for line in lines)
        entries = [decode(line) for line in lines]
        asked = {e.id for e in entries if isinstance(e, Asked)}
        answered = {e.id for e in entries if isinstance(e, Answered)}
        last = entries[-1]
        assert isinstance(last, Asked)
        assert (last.request.method, last.request.url) == (request.method, request.url)
        assert asked - answered == {last.id}
        self.checked += 1
        return await super().send(request, timeout_s=timeout_s, max_body_bytes=max_body_bytes)


def test_every_request_is_on_disk_before_it_is_sent_and_every_reply_before_the_next(
    tmp_path: Path,
) -> None:
    vendor = Reading()
    vendor.record = lambda: the_record(tmp_path)
    options = RunOptions(output=tmp_path, concurrency=1)
    result = run_check(toy(), endpoint(vendor), options)

    assert vendor.checked == result.requests > 20


@pytest.mark.parametrize(
    "auth", ['{header: Authorization, prefix: "Bearer ", source: d#x}', "{query: key, source: d#x}"]
)
def test_no_key_is_ever_written(tmp_path: Path, auth: str) -> None:
    def echo(request: Request) -> Reply | None:
        if request.method == "POST":
            said = f"{dict(request.headers)} {request.url} {KEY}"
            return reply(401, {"error": said}, X_Seen=said) if WRONG_KEY in said else None
        if "/pictures/" in request.url:
            return Reply(status=404, body=f"no {KEY}".encode())
        return None

    class Open(Vendor):
        def answer(self, request: Request) -> Reply:
            return self.create(request) if request.method == "POST" else super().answer(request)

    contract = toy(**{'{header: Authorization, prefix: "Bearer ", source: d#x}': auth})
    run_check(contract, endpoint(Open(before=echo)), RunOptions(output=tmp_path))

    text = the_record(tmp_path).read_text()
    assert KEY not in text
    assert WRONG_KEY not in text
    assert "[redacted:wrong key]" in text


def test_a_disk_that_is_full_stops_the_run_before_anything_more_is_sent(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "r.jsonl")
    vendor = Vendor(before=lambda r: journal._file.close() if len(vendor.seen) == 5 else None)

    with pytest.raises((ConformanceError, ValueError)):
        run_check(toy(), endpoint(vendor), RunOptions(concurrency=1), journal=journal)
    assert len(vendor.seen) == 5


# --- how it ends ---


def test_a_run_that_is_cancelled_leaves_a_record_that_can_be_judged(tmp_path: Path) -> None:
    contract = toy()
    stuck = asyncio.Event()

    class Stuck(Vendor):
        async def send(self, request: Request, *, timeout_s: float, max_body_bytes: int) -> Reply:
            if len(self.tasks) >= 2:
                self.made()
                stuck.set()
                await asyncio.Event().wait()
            return await super().send(request, timeout_s=timeout_s, max_body_bytes=max_body_bytes)

    vendor = Stuck()

    async def scene() -> None:
        options = RunOptions(output=tmp_path, concurrency=3)
        running = asyncio.create_task(check(contract, endpoint(vendor), options))
        await stuck.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(scene())
    record = read_record(the_record(tmp_path))
    assert vendor.closed
    assert not record.truncated
    assert record.footer is not None
    assert not record.footer.finished
    assert record.billed >= 2
    assert any(e.failure == "interrupted" for e in record.exchanges.values())
    assert rejudge(record, contract).verdicts


def test_ctrl_c_leaves_a_record_that_can_be_judged(tmp_path: Path) -> None:
    pressed: list[Request] = []

    def interrupt(request: Request) -> None:
        if len(vendor.seen) >= 20 and not pressed:
            pressed.append(request)
            signal.raise_signal(signal.SIGINT)

    vendor = Vendor(before=interrupt)
    with pytest.raises(KeyboardInterrupt):
        run_check(toy(), endpoint(vendor), RunOptions(output=tmp_path, concurrency=3))

    record = read_record(the_record(tmp_path))
    assert len(vendor.seen) < 25
    assert vendor.closed
    assert record.footer is not None
    assert not record.footer.finished
    assert rejudge(record, toy()).verdicts


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_run_that_was_killed_leaves_a_record_that_can_be_judged(tmp_path: Path, cut: int) -> None:
    contract = toy()
    run_check(contract, endpoint(Vendor()), RunOptions(output=tmp_path))
    path = the_record(tmp_path)
    data = path.read_bytes()
    start = data.index(b'{"line":"planned"')
    lines = data[start:].splitlines(keepends=True)
    path.write_bytes(data[:start] + b"".join(lines[:cut]) + lines[cut][: len(lines[cut]) // 2])

    record = read_record(path)
    assert record.truncated
    assert len(rejudge(record, contract).verdicts) == len(derive_clauses(contract))
    assert "the record was cut off: its last line is left out" in rejudge(record, contract).notes


def test_the_transport_is_closed_whatever_happens(tmp_path: Path) -> None:
    for vendor in (Vendor(), Vendor(before=lambda r: NOT_SENT)):
        try:
            run_check(toy(), endpoint(vendor))
        except TargetUnusable:
            assert vendor.before
        assert vendor.closed


def test_a_record_that_cannot_be_made_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "records").write_text("in the way")
    vendor = Vendor()

    with pytest.raises(ConformanceError, match="no record can be written"):
        run_check(toy(), endpoint(vendor), RunOptions(output=tmp_path))
    assert vendor.seen == []
    assert vendor.closed


def test_advice_that_is_set_aside_is_noted() -> None:
    result = run_check(toy(), endpoint(Vendor()), RunOptions(poll_interval_s=0.1))

    assert result.notes == ("polled every 0.1 s, where the documents advise 2 to 8 s",)


def test_two_runs_never_share_an_idempotency_key() -> None:
    send = creation("first").send
    case = creation("first", send=replace(send, headers=(("X-Key", f"k-{RUN}"),)))
    keys = []
    for microsecond in (1, 2):
        vendor = Vendor()
        now = NOW.replace(microsecond=microsecond)
        run_check(toy(), endpoint(vendor), planner=plan_of(case), now=now)
        keys.append(dict(vendor.seen[0].headers)["X-Key"])

    assert keys[0] != keys[1]


def test_two_runs_of_the_embedded_simulator_are_the_same() -> None:
    contract = load_contract("aigptimage")
    journals = [MemoryJournal(), MemoryJournal()]
    one, other = (
        run_check(contract, embedded_target(contract), journal=journal, now=NOW)
        for journal in journals
    )

    assert one == other
    assert one.seconds > 0


# --- the rest ---


@pytest.mark.parametrize(
    ("loopback", "given", "wanted"),
    [(True, (), DEFAULT_IMAGES), (False, (), NO_IMAGES)],
)
def test_only_this_machine_has_reference_images_of_its_own(
    loopback: bool, given: tuple[str, ...], wanted: Any
) -> None:
    target = endpoint(Vendor(), target=Target(kind="url", loopback=loopback))

    assert images_for(target, RunOptions(image_urls=given)) == wanted


def test_images_of_the_user_are_known_by_their_names() -> None:
    urls = ("https://x.example/a.PNG?size=1", "https://x.example/b.jpg", "https://x.example/c")
    images = images_for(endpoint(Vendor()), RunOptions(image_urls=urls))

    assert images.reference == urls
    assert images.by_type == (("image/png", urls[0]), ("image/jpeg", urls[1]))
    assert images.unreachable


def test_a_record_is_lines_of_json(tmp_path: Path) -> None:
    run_check(toy(), endpoint(Vendor()), RunOptions(output=tmp_path))
    lines = the_record(tmp_path).read_text().splitlines()

    first, last = json.loads(lines[0]), json.loads(lines[-1])
    assert (first["line"], first["format"]) == ("header", "conformance/record@1")
    assert last["line"] == "footer"
