"""A run that is stopped anywhere and gone on with pays for nothing twice and comes to the same verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.contract.model import Contract
from conformance.errors import RecordInvalid, UsageError
from conformance.results.entries import Answered, Asked, Entry, Noted, Resumed
from conformance.results.outcome import RunResult, Target
from conformance.results.record import INTERRUPTED, Record
from conformance.run.check import rejudge, run_check
from conformance.run.journal import FileJournal, read_record, reopen_journal
from conformance.run.options import RunOptions, recorded_options
from conformance.run.purse import LocalPurse
from conformance.run.resuming import Past, header_of
from conformance.simulator.clock import VirtualClock
from conformance.wire.exchange import Reply, Request
from tests.run.toy import (
    BASE,
    NO_REPLY,
    TEXT,
    Vendor,
    creation,
    endpoint,
    is_create,
    plan_of,
    prompt_of,
    refusal,
    reply,
    toy,
)

KEYED = {
    "polling:\n": "idempotency: {header: X-Once, says: once, source: d#x}\npolling:\n",
    "    reply:\n      id:": "    headers:\n      X-Once: {type: string, role: idempotency_key, source: d#x}\n    reply:\n      id:",
}


class KilledError(BaseException):
    """SIGKILL: nothing that comes after it reaches the disk."""


class Mortal:
    """A journal whose process dies before it writes one of its entries."""

    def __init__(self, journal: FileJournal, dies: Callable[[Entry], bool]) -> None:
        self.journal = journal
        self.path = journal.path
        self.dies = dies
        self.dead = False

    def write(self, *entries: Entry) -> None:
        for entry in entries:
            self.dead = self.dead or self.dies(entry)
            if self.dead:
                raise KilledError
            self.journal.write(entry)

    def record(self) -> Record:
        return self.journal.record()

    def close(self) -> None:
        self.journal.close()


def after(entries: int) -> Callable[[Entry], bool]:
    """Whether so many entries were written before this one."""
    left = iter(range(entries))
    return lambda _: next(left, None) is None


def live_until(
    path: Path, entries: int, vendor: Vendor, contract: Contract, **options: Any
) -> RunResult | None:
    """A run that is killed after so many entries; its result, if it came to one."""
    journal = Mortal(FileJournal(path), after(entries))
    try:
        return run_check(
            contract, far(vendor), RunOptions(**({"concurrency": 1} | options)), journal=journal
        )
    except KilledError:
        return None


def far(vendor: Vendor, clock: VirtualClock | None = None) -> Any:
    """A server that is not this machine, without callbacks."""
    target = Target(kind="url", base_url=BASE, loopback=True)
    return endpoint(vendor, target=target, **({"clock": clock} if clock else {}))


def resumed(path: Path, vendor: Vendor, contract: Contract, **more: Any) -> RunResult:
    journal, entries, _ = reopen_journal(path)
    past = Past(contract, entries, str(path))
    options = recorded_options(past.header.options, seed=past.header.seed, output=None)
    return run_check(contract, far(vendor), options, journal=journal, past=past, **more)


def paid(vendor: Vendor) -> Counter[str]:
    """How often each creation arrived, by its body."""
    return Counter(r.body.decode() for r in vendor.creates)


def plain(result: RunResult) -> list[Any]:
    return [replace(v, exchanges=()) for v in result.verdicts]


def lost(record: Record) -> set[int]:
    """Which creations, counted from 0, were under way when the run was stopped."""
    every = [*record.exchanges.values(), *record.dropped]
    made = [e for e in every if e.phase == "create" and record.cases[e.case].send.key == "right"]
    ordered = sorted(made, key=lambda e: int(e.id[1:]))
    return {n for n, e in enumerate(ordered) if e.failure == INTERRUPTED}


class Losing(Vendor):
    """Loses the replies to some creations, counted from 0."""

    def __init__(self, numbers: set[int]) -> None:
        super().__init__()
        self.numbers = numbers

    async def send(self, request: Request, **more: Any) -> Reply:
        number = len(self.creates)
        found = await super().send(request, **more)
        if is_create(request) and number in self.numbers:
            raise NO_REPLY
        return found


def test_killed_anywhere_it_comes_to_the_same(tmp_path: Path) -> None:
    """Before every fifth entry of the whole run: with a request written and not sent, sent and not answered, ..."""
    contract = toy()
    whole = Vendor()
    path = tmp_path / "whole.jsonl"
    result = live_until(path, 10**9, whole, contract)
    assert result is not None
    entries = len(path.read_bytes().splitlines())
    judged: dict[frozenset[int], list[Any]] = {frozenset(): plain(result)}
    exact = 0
    for number in range(2, entries, 5):
        path = tmp_path / f"{number}.jsonl"
        vendor = Vendor()
        live_until(path, number, vendor, contract)
        before = path.read_bytes()

        again = resumed(path, vendor, contract)

        assert path.read_bytes().startswith(before)
        assert all(paid(vendor)[body] <= times for body, times in paid(whole).items())
        assert max(paid(vendor).values()) == 1
        record = read_record(path)
        missing = frozenset(lost(record))
        if missing not in judged:
            other = run_check(contract, far(Losing(set(missing))), RunOptions(concurrency=1))
            judged[missing] = plain(other)
        assert plain(again) == judged[missing], number
        assert plain(rejudge(record, contract)) == plain(again)
        assert again.billed == record.billed
        exact += not missing
    assert exact > 15
    assert len(judged) > 5


def test_killed_again_and_again_it_ends(tmp_path: Path) -> None:
    contract, vendor, path = toy(), Vendor(), tmp_path / "r.jsonl"
    live_until(path, 30, vendor, contract)
    for _ in range(100):
        journal, entries, _ = reopen_journal(path)
        past = Past(contract, entries, str(path))
        if past.finished:
            journal.close()
            break
        mortal = Mortal(journal, after(50))
        with suppress(KilledError):
            run_check(
                contract,
                far(vendor),
                recorded_options(past.header.options, seed=past.header.seed, output=None),
                journal=mortal,
                past=past,
            )
    assert past.finished
    assert max(paid(vendor).values()) == 1
    record = read_record(path)
    reference = run_check(contract, far(Losing(lost(record))), RunOptions(concurrency=1))
    assert plain(rejudge(record, contract)) == plain(reference)


def stopped_at(
    path: Path,
    vendor: Vendor,
    contract: Contract,
    stop: Callable[[Entry], bool],
    *cases: Any,
    **options: Any,
) -> None:
    """A run that is killed before the first entry of a sort is written."""
    journal = Mortal(FileJournal(path), stop)
    with pytest.raises(KilledError):
        run_check(
            contract,
            far(vendor),
            RunOptions(concurrency=1, **options),
            journal=journal,
            planner=plan_of(*cases),
        )


def is_answer_to(case: str) -> Callable[[Entry], bool]:
    asked: set[str] = set()

    def stop(entry: Entry) -> bool:
        if isinstance(entry, Asked) and entry.case == case and entry.phase == "create":
            asked.add(entry.id)
        return isinstance(entry, Answered) and entry.id in asked

    return stop


def test_a_creation_of_unknown_outcome_is_reported_and_not_repeated(tmp_path: Path) -> None:
    contract, vendor, path = toy(), Vendor(), tmp_path / "r.jsonl"
    cases = (creation("one"), creation("two"))
    stopped_at(path, vendor, contract, is_answer_to("two"), *cases)

    result = resumed(path, vendor, contract, planner=plan_of(*cases))

    assert [prompt_of(r) for r in vendor.creates] == ["one", "two"]
    assert result.billed == 2
    assert any("the creation of two was under way" in note for note in result.notes)


def test_under_a_documented_key_it_is_sent_again(tmp_path: Path) -> None:
    contract, vendor, path = toy(TEXT, **KEYED), Vendor(), tmp_path / "r.jsonl"
    send = replace(creation("two").send, headers=(("X-Once", "k-{unique-to-this-run}"),))
    cases = (creation("one"), creation("two", send=send))
    stopped_at(path, vendor, contract, is_answer_to("two"), *cases)

    result = resumed(path, vendor, contract, planner=plan_of(*cases))

    again = [r for r in vendor.creates if prompt_of(r) == "two"]
    assert len(again) == 2
    assert again[0] == again[1]
    assert result.billed == 2
    assert read_record(path).outcomes["two"].kind == "accepted"


def test_the_key_still_in_progress_is_waited_for(tmp_path: Path) -> None:
    """The server is still busy with the creation that was under way when we were killed."""
    text = TEXT.replace(
        '    "429"',
        '    "409 busy": {means: in progress, causes: [in-progress], operations: [create], source: d#x}\n    "429"',
    )
    contract, path = toy(text, **KEYED), tmp_path / "r.jsonl"
    busy = [reply(409, {"error": "busy"})]

    def before(request: Request) -> Reply | None:
        twos = [r for r in vendor.creates if prompt_of(r) == "two"]
        return busy.pop() if is_create(request) and len(twos) == 2 and busy else None

    vendor = Vendor(before=before)
    send = replace(creation("two").send, headers=(("X-Once", "k-{unique-to-this-run}"),))
    cases = (creation("one"), creation("two", send=send))
    stopped_at(path, vendor, contract, is_answer_to("two"), *cases)

    resumed(path, vendor, contract, planner=plan_of(*cases))

    assert not busy
    assert read_record(path).outcomes["two"].kind == "accepted"


def test_the_cap_knows_what_was_spent_before(tmp_path: Path) -> None:
    contract, path = toy(), tmp_path / "r.jsonl"
    whole = Vendor()
    run_check(contract, far(whole), RunOptions(concurrency=1, max_billed=3))
    for entries in range(40, 140, 9):
        path = tmp_path / f"{entries}.jsonl"
        vendor = Vendor()
        live_until(path, entries, vendor, contract, max_billed=3)
        resumed(path, vendor, contract)
        assert len(vendor.tasks) <= 3
        record = read_record(path)
        assert record.billed <= 3
        assert lost(record) or len(vendor.tasks) == len(whole.tasks)


def test_results_are_asked_for_again_since_their_addresses_are_not_kept_whole(
    tmp_path: Path,
) -> None:
    contract, vendor, path = toy(), Vendor(), tmp_path / "r.jsonl"
    downloads: list[str] = []

    def stop(entry: Entry) -> bool:
        if isinstance(entry, Asked) and entry.phase == "download":
            downloads.append(entry.id)
        return isinstance(entry, Answered) and entry.id in downloads

    stopped_at(path, vendor, contract, stop, creation("one"))
    polls = sum("/tasks/" in r.url for r in vendor.seen)

    resumed(path, vendor, contract, planner=plan_of(creation("one")))

    record = read_record(path)
    (mark,) = [e for e in reopened(path) if isinstance(e, Resumed)]
    assert {record_phase(record, name) for name in mark.dropped} == {"poll", "download"}
    assert [e.phase for e in record.traces["one"].exchanges] == [
        "create",
        "poll",
        "poll",
        "download",
        "repoll",
    ]
    assert sum("/tasks/" in r.url for r in vendor.seen) == polls + 2
    assert record.requests == len(vendor.seen)


def record_phase(record: Record, name: str) -> str:
    return next(e.phase for e in record.dropped if e.id == name)


def reopened(path: Path) -> tuple[Entry, ...]:
    journal, entries, _ = reopen_journal(path)
    journal.close()
    return entries


def test_another_plan_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    contract, vendor, path = toy(), Vendor(), tmp_path / "r.jsonl"
    stopped_at(path, vendor, contract, is_answer_to("two"), creation("one"), creation("two"))
    seen = len(vendor.seen)
    other = replace(creation("one"), send=creation("three").send)

    with pytest.raises(UsageError, match="its case one is another one"):
        resumed(path, vendor, contract, planner=plan_of(other, creation("two")))

    assert len(vendor.seen) == seen


def test_what_was_refused_before_is_heard_again(tmp_path: Path) -> None:
    """Under a cap that is used up by now, too."""
    contract, vendor, path = toy(), Vendor(), tmp_path / "r.jsonl"
    cases = (creation("one"), refusal("x" * 41), creation("two"))
    stopped_at(path, vendor, contract, is_answer_to("two"), *cases, max_billed=2)

    result = resumed(path, vendor, contract, planner=plan_of(*cases))

    outcomes = {name: o.kind for name, o in read_record(path).outcomes.items()}
    assert outcomes == {"one": "accepted", "x" * 41: "refused", "two": "no-reply"}
    assert result.billed == 2


def test_a_record_without_a_header_has_nothing_to_go_on_with(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(b'{"line":"header","fo')

    journal, entries, cut_bytes = reopen_journal(path)
    journal.close()

    assert cut_bytes == 20
    with pytest.raises(RecordInvalid, match="before it asked anything"):
        header_of(entries, str(path))


def test_notes_are_not_written_twice(tmp_path: Path) -> None:
    contract, vendor, path = toy(), Vendor(), tmp_path / "r.jsonl"
    live_until(path, 60, vendor, contract, poll_interval_s=1.0)

    resumed(path, vendor, contract)

    notes = [e.text for e in reopened(path) if isinstance(e, Noted)]
    assert len(notes) == len(set(notes))
    assert any("polled every 1 s" in note for note in notes)


def test_the_purse_knows_what_was_spent_before_anything_is_sent(tmp_path: Path) -> None:
    contract, vendor, path = toy(), Vendor(), tmp_path / "r.jsonl"
    cases = (creation("one"), creation("two"), creation("three"))
    stopped_at(path, vendor, contract, is_answer_to("three"), *cases)
    purse = LocalPurse(max_billed=4)

    Past(contract, reopened(path), str(path)).recall(purse)

    assert (purse.billed, purse.cost) == (2, 4)
    assert (
        purse.try_reserve() is not None
    )  # beside two that were billed, and one of which nobody knows
    assert purse.try_reserve() is None


@pytest.mark.parametrize("entries", [200, 250, 290])
def test_repeating_and_exploring_go_on_where_they_were(tmp_path: Path, entries: int) -> None:
    """What is drawn rests on answers, and these are in the record."""
    pytest.importorskip("hypothesis")
    contract, whole, vendor = toy(), Vendor(), Vendor()
    options: dict[str, Any] = {"explore": 15, "repeat": 2, "max_billed": 60}
    unbroken = run_check(contract, far(whole), RunOptions(concurrency=1, **options))
    path = tmp_path / "r.jsonl"
    assert live_until(path, entries, vendor, contract, **options) is None

    result = resumed(path, vendor, contract)

    assert all(paid(whole)[body] >= times for body, times in paid(vendor).items())
    assert lost(read_record(path)) or plain(result) == plain(unbroken)
