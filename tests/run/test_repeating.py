"""`--repeat` asks again within the caps, and what comes both ways is undecided."""

from __future__ import annotations

from conformance.results.cases import Cost
from conformance.wire.exchange import Reply, Request
from tests.run.toy import Vendor, creation, done, is_create, prompt_of, question, refusal, reply

LIMIT = "toy.create.prompt.maxLength"
LONG = "x" * 41


def test_everything_is_asked_so_often() -> None:
    vendor = Vendor()
    run = done(vendor, creation("one"), refusal(LONG), question("ask", "one"), repeat=3)

    assert [prompt_of(r) for r in vendor.creates] == ["one", LONG] + [LONG, "one"] * 2
    assert len({r.body for r in vendor.creates}) == 2
    assert run.record.traces.keys() == {
        f"{name}{round_}" for name in ("one", LONG, "ask") for round_ in ("", "@2", "@3")
    }
    assert run.record.cases["ask@2"].needs_task == "one@2"
    assert run.record.cases["ask@2"].again == "ask"
    assert run.record.billed == 3
    assert run.verdicts[LIMIT].verdict == "conforms"


def refusing_every(number: int) -> Vendor:
    """A vendor that overlooks what it should refuse, but for every so many times."""
    asked: list[int] = []

    def before(request: Request) -> Reply | None:
        if is_create(request) and len(prompt_of(request)) > 40:
            asked.append(1)
            return None if len(asked) % number == 0 else vendor.made()
        return None

    vendor = Vendor(before=before)
    return vendor


def test_the_same_request_answered_both_ways_is_flaky() -> None:
    run = done(refusing_every(5), creation("one"), refusal(LONG), repeat=5)

    found = run.verdicts[LIMIT]
    assert (found.verdict, found.reason) == ("inconclusive", "flaky")
    assert (
        f"the request of {LONG} violated it 4 of 5 times (38 to 96 %, Wilson 95 %)" in found.message
    )


def test_what_violates_each_time_stays_a_violation() -> None:
    run = done(refusing_every(99), creation("one"), refusal(LONG), repeat=3)
    assert run.verdicts[LIMIT].verdict == "violates"


def test_a_valid_request_that_is_refused_now_and_then_is_flaky() -> None:
    answers = [None, reply(400, {"error": "bad"}), None]

    def before(request: Request) -> Reply | None:
        return answers.pop(0) if is_create(request) and prompt_of(request) == "two" else None

    run = done(Vendor(before=before), creation("one"), creation("two"), repeat=3)

    (found,) = [v for v in run.verdicts.values() if v.reason == "flaky"]
    assert found.verdict == "inconclusive"
    assert "refused 1 of 3 times (6 to 79 %, Wilson 95 %)" in found.message


def test_repetitions_stay_within_the_caps_and_leave_nothing_open() -> None:
    vendor = Vendor()
    run = done(vendor, creation("one"), refusal(LONG), creation("two"), repeat=4, max_billed=3)

    assert len(vendor.tasks) == 3
    assert not run.record.skipped
    assert any("repetitions were left out" in note for note in run.record.notes)


def test_nothing_that_is_about_repetition_is_repeated() -> None:
    first = creation("one")
    again = creation("one-again", repeats="one", send=first.send, cost=Cost())
    vendor = Vendor()

    run = done(vendor, first, again, repeat=2)

    assert "one@2" in run.record.traces
    assert "one-again@2" not in run.record.traces
