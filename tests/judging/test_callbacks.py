"""What is said of callbacks that came, came wrongly, or did not come."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from conformance.contract.loading import load_contract
from conformance.judging.conclude import conclude
from conformance.judging.observe import observe
from conformance.results.cases import CALLBACK, Case, Plan
from conformance.results.verdicts import Observation, Verdict
from conformance.wire.exchange import Exchange, Reply, Request, Trace
from tests.judging.traces import answer, creation
from tests.quality.test_kinds import TOYS

CALLED = load_contract(TOYS / "called.yaml")
SIGNED = load_contract(TOYS / "signed.yaml")
WAITED = {"waited_s": 3600.0, "assured": True, "secret": True}
DONE = {"task": "t1", "state": "done", "at": 1795000000, "urls": ["https://s/1.png"]}


def delivery(
    body: Any = DONE, status: int = 200, *, method: str = "POST", signature: str = "", **more: Any
) -> Exchange:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = (("Content-Type", "application/json"), ("x-toy-event", "done"))
    request = Request(method=method, url="https://us/t", headers=headers, body=raw)
    facts = {"signature": signature} if signature else {}
    given = {"started_s": 2.0, "reply": Reply(status=status), "facts": facts, **more}
    return Exchange(id="", case="", phase="callback", request=request, **given)


CREATED = answer("create", {"id": "t1"})


def polled(state: str = "done", at_s: float = 1.0, phase: str = "poll") -> Exchange:
    job = {"id": "t1", "state": state, **({"urls": ["https://s/1.png"]} if state == "done" else {})}
    return answer(phase, {"job": job}, started_s=at_s)


def asking(name: str = "case", **more: Any) -> Case:
    return creation({"prompt": "x", "hook": CALLBACK}, id=name, **more)


def seen(
    *exchanges: Exchange, told: Mapping[str, Any] | None = None, contract: Any = CALLED
) -> dict[str, list[str]]:
    """Clauses about callbacks, each with what was said of it; "" where it is kept."""
    found: dict[str, list[str]] = {}
    for o in observations(asking(), *exchanges, told=told, contract=contract):
        if ".callback." in o.clause:
            found.setdefault(o.clause.partition(".callback.")[2], []).append(o.message)
    return found


def observations(
    case: Case,
    *exchanges: Exchange,
    told: Mapping[str, Any] | None = None,
    contract: Any = CALLED,
) -> tuple[Observation, ...]:
    facts = {"callback": WAITED if told is None else told}
    return observe(contract, case, Trace(case=case.id, exchanges=exchanges, facts=facts))


def wrong(*exchanges: Exchange, **more: Any) -> dict[str, str]:
    said = seen(*exchanges, **more)
    return {name: next(m for m in each if m) for name, each in said.items() if any(each)}


def test_a_callback_as_documented_is_not_accused() -> None:
    said = seen(CREATED, polled(), delivery())
    assert wrong(CREATED, polled(), delivery()) == {}
    assert {"callback.sent", "contentType", "reply.task.echo", "reply.urls.done"} <= said.keys()


def test_one_that_did_not_come_was_not_sent() -> None:
    found = wrong(CREATED, polled())
    assert list(found) == ["callback.sent"]
    assert "expected a POST to the hook of case, got none within 3600 s" in found["callback.sent"]


def test_one_that_was_not_waited_for_is_not_missed() -> None:
    assert wrong(CREATED, polled(), told={**WAITED, "waited_s": 1.0}) == {}
    assert wrong(CREATED, polled(), told={}) == {}


def test_a_task_that_still_runs_has_none() -> None:
    assert wrong(CREATED, polled("busy")) == {}


def test_a_phase_for_which_none_is_promised_has_none() -> None:
    created, failed = CREATED, answer("poll", {"state": "broken"})
    assert wrong(created, failed, contract=SIGNED) == {}


def test_what_the_documents_presume_is_asked_for_only_where_somebody_vouches_for_it() -> None:
    done = answer("poll", {"state": "done"})
    assert list(wrong(CREATED, done, contract=SIGNED)) == ["callback.sent"]
    assert wrong(CREATED, done, contract=SIGNED, told={**WAITED, "assured": False}) == {}


def test_another_method_is_not_the_documented_one() -> None:
    found = wrong(CREATED, polled(), delivery(method="PUT", status=405))
    assert list(found) == ["callback.sent"]
    assert "got only PUT" in found["callback.sent"]


def test_another_method_beside_the_documented_one_is_nothing() -> None:
    assert wrong(CREATED, polled(), delivery(method="GET", status=405), delivery()) == {}


def test_a_callback_about_another_task_is_nothing_beside_ones_own() -> None:
    other = delivery({**DONE, "task": "other", "state": 7})
    assert wrong(CREATED, polled(), other, delivery()) == {}


def test_a_callback_that_names_no_task_of_ours_at_all_is_wrong() -> None:
    found = wrong(CREATED, polled(), delivery({**DONE, "task": "other"}))
    assert list(found) == ["reply.task.echo"]


def test_after_two_creations_it_may_be_about_the_task_that_we_never_heard_of() -> None:
    lost = answer("create", {"error": "oops"}, 500)
    other = delivery({**DONE, "task": "other"})
    assert wrong(lost, CREATED, polled(), other) == {}
    throttled = answer("create", {"error": "slow down"}, 429)
    assert list(wrong(throttled, CREATED, polled(), other)) == ["reply.task.echo"]


def test_a_body_that_cannot_be_read_is_wrong_once() -> None:
    assert list(wrong(CREATED, polled(), delivery(b"<done/>"))) == ["contentType"]
    assert list(wrong(CREATED, polled(), delivery([DONE]))) == ["contentType"]


def test_the_wrong_end_is_wrong_once() -> None:
    found = wrong(CREATED, polled(), delivery({**DONE, "state": "no"}))
    assert list(found) == ["reply.state"]
    assert "got no for a task that succeeded" in found["reply.state"]


def test_null_is_as_good_as_left_out_where_nothing_is_promised() -> None:
    assert wrong(CREATED, polled(), delivery({**DONE, "style": None})) == {}
    assert list(wrong(CREATED, polled(), delivery({**DONE, "at": None}))) == ["reply.at"]


def test_the_whole_other_form_is_permitted_and_a_mixture_is_not() -> None:
    other = {"id": "t1", "state": "done", "urls": ["https://s/1.png"]}
    assert wrong(CREATED, polled(), delivery(other)) == {}
    assert "reply.task" in wrong(CREATED, polled(), delivery({**other, "state": 7}))
    assert "reply.at" in wrong(CREATED, polled(), delivery({**other, "task": "t1"}))


# ---------------------------------------------------------------- again


def test_what_was_refused_comes_again() -> None:
    said = seen(CREATED, polled(), delivery(status=500), delivery())
    assert said["callback.attempts"] == [""]
    assert said["callback.acknowledged"] == [""]


def test_what_never_comes_again_is_accused_where_time_costs_nothing() -> None:
    again = {**WAITED, "waited_again_s": 3600.0}
    found = wrong(CREATED, polled(), delivery(status=500), told=again)
    assert list(found) == ["callback.attempts"]
    assert "another attempt after the answer 500" in found["callback.attempts"]


def test_ten_seconds_are_no_proof() -> None:
    again = {**WAITED, "waited_again_s": 10.0}
    assert "callback.attempts" not in seen(CREATED, polled(), delivery(status=500), told=again)


def test_this_toy_takes_200_for_an_acknowledgement_and_nothing_else() -> None:
    said = seen(CREATED, polled(), delivery(status=204), delivery())
    assert said["callback.attempts"] == [""]


def test_duplicates_are_permitted_and_endless_repetition_is_not() -> None:
    assert wrong(CREATED, polled(), *[delivery()] * 3) == {}
    assert list(wrong(CREATED, polled(), *[delivery()] * 4)) == ["callback.acknowledged"]


def test_a_refused_callback_leaves_the_task_as_it_ended() -> None:
    refused, later = delivery(status=500), delivery()
    same = polled(at_s=9.0, phase="repoll")
    assert seen(CREATED, polled(), refused, later, same)["callback.leaves-the-state"] == [""]
    other = polled("no", at_s=9.0, phase="repoll")
    assert "callback.leaves-the-state" not in wrong(CREATED, polled(), refused, later, other)


# ---------------------------------------------------------------- signatures


def test_what_the_receiver_found_out_is_what_is_judged() -> None:
    done = answer("poll", {"state": "done"})

    def said(signature: str) -> list[str]:
        given = delivery({"task": "t1"}, method="PUT", signature=signature)
        return seen(CREATED, done, given, contract=SIGNED).get("callback.signature", [])

    assert said("valid") == [""]
    assert "got a callback without" in said("missing")[0]
    assert "got one that is not" in said("invalid")[0]
    assert said("unchecked") == []


# ---------------------------------------------------------------- in the end


def concluded(contract: Any, *cases: tuple[Case, tuple[Observation, ...]]) -> dict[str, Verdict]:
    plan = Plan(vendor=contract.vendor, strength=1, cases=tuple(case for case, _ in cases))
    everything = [o for _, each in cases for o in each]
    verdicts = conclude(contract, plan, plan.cases, everything)
    prefix = f"{contract.vendor}.callback."
    return {v.clause.removeprefix(prefix): v for v in verdicts if v.clause.startswith(prefix)}


def after(*exchanges: Exchange, told: Mapping[str, Any], contract: Any) -> dict[str, Verdict]:
    case = asking()
    return concluded(contract, (case, observations(case, *exchanges, told=told, contract=contract)))


def test_without_a_callback_all_else_about_it_depends_on_that() -> None:
    found = after(CREATED, polled(), told=WAITED, contract=CALLED)
    assert found["callback.sent"].verdict == "violates"
    assert found["reply.task"].reason == "depends on toy-called.callback.callback.sent"
    assert found["callback.duplicates"].reason == "not observable"


def test_silence_that_may_be_for_want_of_setting_up_says_what_is_presumed() -> None:
    told = {**WAITED, "assured": False}
    found = after(CREATED, answer("poll", {"state": "done"}), told=told, contract=SIGNED)
    assert {v.verdict for v in found.values()} == {"untested"}
    assert found["callback.sent"].reason == "needs: callback"
    assert "a secret on the account" in found["callback.sent"].message


def test_without_the_secret_the_signature_stays_open_and_the_variable_is_named() -> None:
    given = delivery({"task": "t1"}, method="PUT", signature="unchecked")
    told = {**WAITED, "secret": False}
    found = after(CREATED, answer("poll", {"state": "done"}), given, told=told, contract=SIGNED)
    assert found["callback.sent"].verdict == "conforms"
    assert found["callback.signature"].reason == "needs: callback"
    assert "TOY_WEBHOOK_SECRET" in found["callback.signature"].message


def test_a_second_attempt_that_nobody_can_wait_for_needs_the_clock() -> None:
    told = {**WAITED, "waited_again_s": 10.0}
    found = after(CREATED, polled(), delivery(status=500), told=told, contract=CALLED)
    assert found["callback.attempts"].verdict == "untested"
    assert found["callback.attempts"].reason == "needs: clock"
    assert "within 10 s" in found["callback.attempts"].message
