"""The order of a run, its stops, and the cap that nothing exceeds."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.contract.model import Contract
from conformance.errors import TargetUnusable
from conformance.results.cases import Plan
from conformance.results.encoding import encode
from conformance.results.events import Billed, CaseDone, CaseStarted, Planned
from conformance.results.record import read_lines
from conformance.run.check import rejudge
from conformance.wire.exchange import Reply, Request
from tests.run.toy import (
    NO_REPLY,
    NOT_SENT,
    Done,
    Vendor,
    creation,
    done,
    endpoint,
    is_create,
    on_create,
    plan_of,
    prompt_of,
    question,
    refusal,
    reply,
    toy,
)

FIRST, SECOND = creation("first"), creation("second")
REFUSED = reply(400, {"error": "bad"})
TROUBLE = reply(500, {"error": "oops"})


def order(run: Done) -> list[str]:
    """The cases in the order in which they were first sent."""
    return [case.id for case in run.record.sent]


# --- order ---


def test_what_is_free_comes_before_what_is_paid_for() -> None:
    cases = [FIRST, refusal("r1"), question("q", "first"), SECOND, refusal("r2", repeats="second")]
    run = done(Vendor(before=on_create("r1", REFUSED)), *cases, concurrency=4)

    assert order(run) == ["first", "r1", "q", "second", "r2"]
    last_free = max(e.id for name in ("r1", "q") for e in run.record.traces[name].exchanges)
    assert last_free < run.record.traces["second"].exchanges[0].id


def test_nothing_is_sent_before_the_carrier_is_over() -> None:
    run = done(Vendor(), FIRST, *(refusal(f"r{n}") for n in range(5)), concurrency=4)

    first = [e.id for e in run.record.traces["first"].exchanges if e.phase != "repoll"]
    assert max(first) < min(run.record.traces["r0"].exchanges[0].id, "e9999")


def test_cases_that_build_on_one_another_wait_for_it_without_holding_a_place() -> None:
    cases = [
        FIRST,
        SECOND,
        *(creation(f"again{n}", repeats="second") for n in range(5)),
        creation("third"),
    ]
    run = done(Vendor(), *cases, concurrency=2)

    created = run.record.traces["second"].exchanges
    assert all(run.record.traces[f"again{n}"].exchanges[0].id > created[-3].id for n in range(5))
    assert len(run.record.sent) == len(cases)


def test_sockets_are_used_by_several_cases_at_a_time_up_to_the_limit() -> None:
    class Counting(Vendor):
        inside = most = 0

        async def send(self, request: Request, *, timeout_s: float, max_body_bytes: int) -> Reply:
            self.inside += 1
            self.most = max(self.most, self.inside)
            await asyncio.sleep(0)
            try:
                return await super().send(
                    request, timeout_s=timeout_s, max_body_bytes=max_body_bytes
                )
            finally:
                self.inside -= 1

    vendor = Counting()
    done(vendor, FIRST, *(creation(f"c{n}") for n in range(9)), concurrency=3)

    assert vendor.most == 3


def test_what_needs_something_that_is_not_at_hand_is_not_sent() -> None:
    cases = [FIRST, creation("c", needs=("clock",)), creation("b", needs=("callback",))]
    run = done(Vendor(), *cases)

    assert run.record.unsent == {"c": "needs: clock", "b": "needs: callback"}


def test_whoever_watches_is_told() -> None:
    run = done(Vendor(), FIRST, SECOND)

    kinds = [type(event) for event in run.events]
    assert kinds == [Planned, *[CaseStarted, Billed, CaseDone] * 2]
    billed = [event for event in run.events if isinstance(event, Billed)]
    assert [(e.billed, e.cost.amount) for e in billed] == [(1, 2), (2, 4)]


# --- carriers and dialects ---


def carriers(*prompts: str, dialects: tuple[str, ...] = ()) -> Any:
    """A planner with so many ways to begin, and one for each dialect."""

    def planner(contract: Contract, *, carrier: int, dialect: Any, **_: Any) -> Plan:
        name = (
            dialects[list("ab").index(dialect["d"])]
            if dialect
            else prompts[min(carrier, len(prompts) - 1)]
        )
        first = creation("carrier", send=creation(name).send)
        asks = question("q", "carrier")
        return Plan(
            vendor="toy", strength=1, cases=(first, asks, creation("more")), dialect=dict(dialect)
        )

    return planner


def test_a_carrier_that_is_refused_is_followed_by_another_and_its_plan() -> None:
    run = done(Vendor(before=on_create("one", REFUSED)), planner=carriers("one", "two"))

    assert order(run) == ["carrier", "carrier~2", "q", "more"]
    assert run.result is not None
    assert [case.id for case in run.result.plan.cases] == ["carrier~2", "q", "more"]
    assert run.record.cases["q"].needs_task == "carrier~2"
    assert {case.id for case in run.result.cases} == {"carrier", "carrier~2", "q", "more"}


def test_the_same_carrier_is_not_sent_twice() -> None:
    run = done(Vendor(before=on_create("one", REFUSED)), planner=carriers("one"))

    assert len(run.phases("carrier")) == 1


DISPUTED = {
    "charges:\n  unit": """disputes:
  d:
    about: x
    alternatives:
      a: {value: x, source: d#x, operations: {create: {body: {tint: {type: string, source: d#x}}}}}
      b: {value: y, source: d#x, operations: {create: {body: {hue: {type: string, source: d#x}}}}}
charges:
  unit"""
}


def test_a_dispute_is_settled_by_what_is_accepted() -> None:
    planner = carriers("one", dialects=("one", "other"))
    vendor = Vendor(before=on_create("one", REFUSED))
    run = done(vendor, planner=planner, contract=toy(**DISPUTED))

    assert run.result is not None
    assert run.result.plan.dialect == {"d": "b"}
    assert order(run)[:2] == ["carrier", "carrier~2"]


def test_trouble_says_nothing_about_a_dispute() -> None:
    planner = carriers("one", dialects=("one", "other"))
    vendor = Vendor(before=on_create("one", NO_REPLY))
    run = done(vendor, planner=planner, contract=toy(**DISPUTED))

    assert run.result is not None
    assert run.result.plan.dialect == {}


def test_a_valid_creation_of_the_plan_stands_in_for_the_carrier() -> None:
    vendor = Vendor(before=on_create("one", NO_REPLY))
    run = done(vendor, planner=carriers("one"))

    assert order(run) == ["carrier", "more", "q"]
    assert run.record.cases["q"].needs_task == "more"
    assert run.phases("more").count("create") == 1


def test_another_model_stands_in_before_others_do() -> None:
    cases = [
        creation("carrier", model="m1"),
        creation("a", model="m1"),
        creation("b", model="m2"),
        creation("c", model="m2"),
        creation("d", model="m3"),
    ]
    vendor = Vendor(before=lambda r: REFUSED if is_create(r) and prompt_of(r) != "d" else None)
    run = done(vendor, *cases)

    assert order(run)[:3] == ["carrier", "b", "d"]


def probed(*good: str) -> Any:
    """A planner with a plain carrier and, in each dialect, a probe; the vendor takes those named."""

    def planner(contract: Contract, *, dialect: Any, **_: Any) -> Plan:
        page = dialect.get("d", "a")
        probe = creation("probe", send=creation(f"in words of {page}").send)
        cases = (creation("carrier"), probe, question("q", "carrier"), creation("more"))
        return Plan(vendor="toy", strength=1, cases=cases, probe="probe", dialect=dict(dialect))

    def before(request: Request) -> Reply | None:
        strange = prompt_of(request).startswith("in words of") and prompt_of(request) not in good
        return REFUSED if strange and is_create(request) else None

    return done(Vendor(before=before), planner=planner, contract=toy(**DISPUTED))


def test_a_probe_that_meets_trouble_that_passes_is_asked_again_before_anything_follows() -> None:
    def planner(contract: Contract, *, dialect: Any, **_: Any) -> Plan:
        probe = creation("probe", send=creation(f"in words of {dialect.get('d', 'a')}").send)
        cases = (creation("carrier"), probe, question("q", "carrier"))
        return Plan(vendor="toy", strength=1, cases=cases, probe="probe", dialect=dict(dialect))

    answers = {"in words of a": [TROUBLE, REFUSED, REFUSED], "in words of b": [TROUBLE]}

    def before(request: Request) -> Reply | None:
        mine = answers.get(prompt_of(request), []) if is_create(request) else []
        return mine.pop(0) if mine else None

    run = done(Vendor(before=before), planner=planner, contract=toy(**DISPUTED))

    assert run.result is not None
    assert run.result.plan.dialect == {"d": "b"}


def test_a_probe_that_is_accepted_settles_the_dispute() -> None:
    run = probed("in words of a", "in words of b")

    assert order(run) == ["carrier", "probe", "q", "more"]
    assert run.result is not None
    assert run.result.plan.dialect == {}


def test_a_probe_that_is_refused_is_asked_in_other_words_and_the_carrier_is_not_sent_again() -> (
    None
):
    run = probed("in words of b")

    assert order(run) == ["carrier", "probe", "probe~2", "q", "more"]
    assert run.result is not None
    assert run.result.plan.dialect == {"d": "b"}
    assert run.result.plan.probe == "probe~2"
    assert len(run.phases("carrier")) == 5


def test_probes_that_are_all_refused_leave_the_first_plan() -> None:
    run = probed()

    assert order(run) == ["carrier", "probe", "probe~2", "q", "more"]
    assert run.result is not None
    assert run.result.plan.dialect == {}
    assert [case.id for case in run.result.plan.cases] == ["carrier", "probe", "q", "more"]


# --- narrowing ---


def only(**bad: Any) -> Vendor:
    """A vendor that refuses these documented values."""

    def before(request: Request) -> Reply | None:
        if not is_create(request):
            return None
        body = json.loads(request.body)
        return REFUSED if any(body.get(name) == value for name, value in bad.items()) else None

    return Vendor(before=before)


@pytest.mark.parametrize(
    ("bad", "clause"),
    [
        ({"style": "bold"}, "toy.create.style.enum"),
        ({"size": "l"}, "toy.create.size.enum"),
        ({"tone": "warm"}, "toy.create.tone.enum"),
    ],
)
@pytest.mark.parametrize("sequential", [True, False])
def test_a_refused_value_is_found_and_no_other_is_accused(
    bad: dict[str, str], clause: str, sequential: bool
) -> None:
    run = done(None, target=endpoint(only(**bad), sequential=sequential), concurrency=4)

    accused = {name for name, v in run.verdicts.items() if v.verdict == "violates"}
    assert accused == {clause}
    assert not any(v.verdict == "inconclusive" for v in run.verdicts.values())


def test_two_refused_values_in_one_request_are_both_found() -> None:
    run = done(None, target=endpoint(only(style="bold", size="m")))

    accused = {name for name, v in run.verdicts.items() if v.verdict == "violates"}
    assert accused == {"toy.create.style.enum", "toy.create.size.enum"}


def test_narrowing_stays_within_the_cap() -> None:
    vendor = only(style="bold")
    run = done(vendor, max_billed=3)

    assert len(vendor.tasks) == 3
    assert run.record.billed == 3


def test_nothing_is_narrowed_where_nothing_is_accepted() -> None:
    run = done(Vendor(before=lambda r: REFUSED if is_create(r) else None))

    assert not any(case.parent for case in run.record.cases.values())


def test_an_empty_account_is_no_reason_to_ask_about_halves() -> None:
    broke = reply(402, {"error": "no credit"})
    vendor = Vendor(before=lambda r: broke if is_create(r) and b"style" in r.body else None)
    run = done(vendor)

    assert not any(case.parent for case in run.record.cases.values())
    assert sum("too little credit" in note for note in run.record.notes) == 1


def test_narrowing_asks_no_more_than_a_dozen_times() -> None:
    vendor = Vendor(before=lambda r: REFUSED if is_create(r) and b"style" in r.body else None)
    run = done(vendor)

    for name in ("accepted:create:1", "accepted:create:2", "accepted:create:3"):
        assert sum(case.id.startswith(f"{name}/") for case in run.record.sent) <= 12


def test_a_value_whose_task_fails_is_found() -> None:
    bold: set[str] = set()

    class Failing(Vendor):
        def create(self, request: Request) -> Reply:
            made = super().create(request)
            if json.loads(request.body).get("style") == "bold":
                bold.add(json.loads(made.body)["id"])
            return made

        def status(self, name: str) -> Reply:
            return reply(200, {"state": "failed"}) if name in bold else super().status(name)

    run = done(Failing())

    accused = {name for name, v in run.verdicts.items() if v.verdict == "violates"}
    assert accused == {"toy.create.style.enum"}


def test_valid_values_that_meet_trouble_whenever_asked_are_found() -> None:
    vendor = Vendor(before=lambda r: TROUBLE if is_create(r) and b"bold" in r.body else None)
    run = done(vendor)

    accused = {name for name, v in run.verdicts.items() if v.verdict == "violates"}
    assert accused == {"toy.create.style.enum"}


# --- the cap ---


def test_no_cap_of_none_sends_no_creation_with_the_key() -> None:
    vendor = Vendor()
    run = done(vendor, max_billed=0)

    assert vendor.creates == []
    assert run.record.billed == 0
    sent = set(order(run))
    assert {"auth:create:missing", "auth:create:wrong", "unknown-task:unknown id"} <= sent
    assert run.record.unsent == {}
    assert {"carrier", "auth:status:wrong"} <= run.record.capped
    reasons = {v.reason for v in run.verdicts.values() if v.verdict == "untested"}
    assert "cap" in reasons
    assert not any(v.verdict == "violates" for v in run.verdicts.values())


def test_what_the_cap_cuts_is_the_last_of_the_plan() -> None:
    run = done(Vendor(), max_billed=2)

    assert run.record.billed == 2
    assert run.record.capped == {"accepted:create:2", "accepted:create:3"}


@pytest.mark.parametrize("concurrency", [1, 4])
def test_what_repeats_a_creation_does_not_lose_its_place_under_the_cap(concurrency: int) -> None:
    keyed = creation("keyed")
    again = creation("again", send=keyed.send, assignment=keyed.assignment, repeats="keyed")
    others = [creation(f"other {number}") for number in range(4)]
    cases = (creation("carrier"), keyed, *others, again)
    run = done(Vendor(polls_until_done=3), *cases, max_billed=4, concurrency=concurrency)

    assert run.record.billed == 4
    assert run.record.capped == {"other 1", "other 2", "other 3"}


@pytest.mark.parametrize("concurrency", [1, 4])
def test_what_was_set_aside_for_a_repeat_is_given_back(concurrency: int) -> None:
    keyed = creation("keyed")
    again = creation("again", send=keyed.send, assignment=keyed.assignment, repeats="keyed")
    cases = (creation("carrier"), keyed, creation("one"), creation("two"), again)
    vendor = Vendor(before=on_create("keyed", REFUSED))
    run = done(vendor, *cases, max_billed=3, concurrency=concurrency)

    assert run.record.billed == 3
    assert run.record.capped == frozenset()


def test_a_server_that_accepts_everything_stays_under_the_cap_keys_or_no_keys() -> None:
    class Everything(Vendor):
        def answer(self, request: Request) -> Reply:
            return self.made() if request.method == "POST" else super().answer(request)

    vendor = Everything()
    run = done(vendor, max_billed=6, concurrency=4)

    assert len(vendor.tasks) == run.record.billed == 6


ANSWERS: dict[str, Reply | Exception | None] = {
    "accepted": None,
    "refused": REFUSED,
    "throttled": reply(429, {"error": "slow"}),
    "crowded": reply(409, {"error": "many"}),
    "trouble": TROUBLE,
    "trouble, made": TROUBLE,
    "page": Reply(status=200, body=b"<html>"),
    "lost": NO_REPLY,
    "lost, made": NO_REPLY,
    "not sent": NOT_SENT,
}


@settings(max_examples=150)
@given(
    cap=st.integers(0, 6),
    concurrency=st.integers(1, 6),
    sequential=st.booleans(),
    answers=st.lists(st.sampled_from(sorted(ANSWERS)), max_size=40),
    accepts_all=st.booleans(),
    default=st.sampled_from(["accepted", "refused", "lost, made", "trouble, made"]),
)
def test_the_cap_is_never_exceeded_whatever_happens(
    cap: int,
    concurrency: int,
    sequential: bool,
    answers: list[str],
    accepts_all: bool,
    default: str,
) -> None:
    left = list(answers)

    def before(request: Request) -> Reply | Exception | None:
        if not is_create(request):
            return None
        name = left.pop(0) if left else default
        if name.endswith("made"):
            vendor.made()
        return ANSWERS[name]

    vendor = Vendor(before=before, accepts_all=accepts_all, polls_until_done=1)
    target = endpoint(vendor, sequential=sequential)
    run = done(None, target=target, max_billed=cap, concurrency=concurrency)

    assert run.error is None or isinstance(run.error, TargetUnusable)
    assert len(vendor.tasks) <= cap
    assert len(vendor.tasks) <= run.record.billed <= cap
    for case, trace in run.record.traces.items():
        creates = [e for e in trace.exchanges if e.phase == "create"]
        for one, following in pairwise(creates):
            # What may have made a task is asked again only as trouble, and then counts again.
            assert one.failure in (None, "connect"), case
            assert one.reply is None or one.reply.status in (409, 429, 500), case
            assert following.id > one.id
    if run.result is not None:
        again = read_lines([encode(entry) for entry in run.written], file="")
        assert rejudge(again, run.result.contract) == run.result


# --- stopping ---


def test_a_bug_in_the_middle_of_it_all_is_told_as_it_is() -> None:
    def before(request: Request) -> None:
        if prompt_of(request) == "c3":
            raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError):
        done(Vendor(before=before), FIRST, *(creation(f"c{n}") for n in range(9)), concurrency=4)


def test_every_planner_is_asked_with_the_options_of_the_run() -> None:
    asked: list[dict[str, Any]] = []
    fixed = plan_of(FIRST)

    def planner(contract: Contract, **options: Any) -> Plan:
        asked.append(options)
        return fixed(contract)

    done(Vendor(), planner=planner, only="toy.*", strength=1)

    (options,) = asked
    assert (options["only"], options["carrier"], options["dialect"]) == ("toy.*", 0, {})
    assert options["with_clock"] is False
    assert options["images"].reference


def test_an_empty_plan_is_a_run_of_nothing() -> None:
    run = done(Vendor(), planner=plan_of())

    assert run.result is not None
    assert run.result.requests == 0
    assert all(v.verdict == "untested" for v in run.verdicts.values())
