"""What is observed of a vendor, and what stays open."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.contract.model import Contract
from conformance.errors import TargetUnusable
from conformance.results.observed import Observed
from conformance.run.options import RunOptions
from conformance.run.probing import probe
from conformance.wire.exchange import Reply, Request
from tests.planning.test_probing import ASKING
from tests.run.toy import TEXT, OpenJournal, Vendor, endpoint, is_create, reply, toy

ASKED = toy(TEXT + ASKING)


def observed(vendor: Vendor, contract: Contract = ASKED, **options: Any) -> Observed:
    target = endpoint(vendor)
    return probe(contract, target, RunOptions(concurrency=1, **options), OpenJournal())


def answers(found: Observed) -> dict[str, str]:
    return {fact.id: fact.answer for fact in found.facts}


def body(request: Request) -> Any:
    try:
        return json.loads(request.body)
    except ValueError:
        return {}


class Strict(Vendor):
    """A toy vendor that knows how to refuse what is not JSON."""

    def create(self, request: Request) -> Reply:
        return super().create(request) if body(request) else reply(400, {"error": "bad"})


def test_the_replies_are_put_into_words() -> None:
    def before(request: Request) -> Reply | None:
        if is_create(request) and "x_conformance_unknown" in body(request):
            return reply(422, {"error": "unknown"})
        return None

    found = answers(observed(Strict(before=before)))
    assert found["half"] == "refused with HTTP 400"
    assert found["unknown-field"] == "refused with HTTP 422"
    assert found["size-omitted"] == "accepted, 1x1 pixels"
    assert found["tones"] == "style bold, tone warm: 1x1 pixels; style bold, tone cold: 1x1 pixels"
    assert found["type"] == "image/png"
    assert found["delivered"] == "1 picture, image/png, 1x1 pixels, charged 2 credits"


def test_two_servers_that_answer_alike_are_described_alike() -> None:
    assert answers(observed(Strict())) != answers(observed(Strict(accepts_all=True)))
    assert answers(observed(Strict(polls_until_done=1))) == answers(observed(Strict()))


class Failing(Strict):
    """Its tasks fail where a field was sent that it does not know."""

    bad: frozenset[str] = frozenset()

    def create(self, request: Request) -> Reply:
        made = super().create(request)
        if "x_conformance_unknown" in body(request):
            self.bad |= {made.json()["id"]}
        return made

    def status(self, name: str) -> Reply:
        return reply(200, {"state": "failed"}) if name in self.bad else super().status(name)


def test_a_task_that_fails_is_no_plain_acceptance() -> None:
    assert answers(observed(Failing()))["unknown-field"] == "accepted, and its task fails"


def test_trouble_is_no_answer_and_the_reason_is_said() -> None:
    def before(request: Request) -> Reply | None:
        down = is_create(request) and "x_conformance_unknown" in body(request)
        return reply(429, {"error": "slow"}) if down else None

    found = observed(Strict(before=before))
    assert "unknown-field" not in answers(found)
    assert {u.id: u.why for u in found.unanswered}["unknown-field"] == "met only trouble: HTTP 429"


def test_under_a_cap_what_is_left_says_so() -> None:
    vendor = Strict()
    found = observed(vendor, max_billed=1)
    assert (found.billed, len(vendor.tasks)) == (1, 1)
    why = {u.id: u.why for u in found.unanswered}
    assert why["unknown-field"] == "the cap kept it from being asked"
    assert "delivered" in answers(found)


def test_a_question_that_no_request_answers_stays_open() -> None:
    found = observed(Strict())
    left = [u for u in found.unanswered if u.question == "How fast is it?"]
    assert [u.why for u in left] == ["no request is known that would answer it"]


def test_evidence_and_cost_of_an_answer() -> None:
    found = observed(Strict())
    fact = next(f for f in found.facts if f.id == "tones")
    assert (fact.billed, fact.cost) == (2, 4.0)
    assert len(fact.evidence) >= 4


def test_a_server_that_refuses_the_key_answers_nothing() -> None:
    with pytest.raises(TargetUnusable, match="refuses the key throughout"):
        observed(Strict(before=lambda _: reply(401, {"error": "no"})))
