"""Wrong clients are accused of what they do wrong and of nothing else; right ones, of nothing."""

from __future__ import annotations

import copy

import pytest

from conformance.contract.loading import contract_names
from conformance.results.audits import AuditResult
from tests.audit import client
from tests.audit.world import SPEED, Here, accused, audited, kept, reference, reference_async

EXACT = {"hot": 20.0, "first-at-once": 20.0, "ignores-retry-after": 20.0, "no-backoff": 8.0}
"""The speed where short waits count: over a socket, on a busy machine, a request takes a client's second at a hundred."""


def audit_of(vendor: str, how: str, faults: str = "none", speed: float = SPEED) -> AuditResult:
    vendors = copy.deepcopy(client.VENDORS)

    def run(here: Here) -> int:
        client.VENDORS.update(copy.deepcopy(vendors))
        return client.main(vendor, here.base_url, how, here.key, here.speed)

    return audited(vendor, run, faults, speed=speed)


# --- the client of this package


@pytest.mark.parametrize("vendor", contract_names())
def test_the_reference_client_passes_its_own_audit_under_every_fault(vendor: str) -> None:
    result = audited(vendor, reference, "all", speed=400)
    assert accused(result) == {}
    assert [v for v in result.verdicts.values() if v.verdict == "inconclusive"] == []
    assert len(result.runs) == 16
    assert len(kept(result)) >= 15


@pytest.mark.parametrize("vendor", ["apipod", "toapis"])
def test_so_does_the_one_for_code_with_await(vendor: str) -> None:
    assert accused(audited(vendor, reference_async, "all", speed=400)) == {}


# --- right clients

RIGHT = [
    ("toapis", "", "all"),
    ("apipod", "", "all"),
    ("aigptimage", "", "all"),
    ("apipod", "slow-polls", "5xx-poll"),
    ("toapis", "older-page", "none"),
    ("apipod", "exponential", "none"),
    ("gptimage2api", "looks-again", "failed-task"),
    ("apipod", "no-download", "none"),
    ("apipod", "submits-only", "429"),
    ("toapis", "one-look", "none"),
    ("apipod", "callback-only", "reset-after-create"),
    ("toapis", "callback", "none"),
    ("apipod", "two-pictures", "reset-after-create,5xx-create,402"),
    ("toapis", "two-pictures", "reset-after-create,5xx-create,402"),
    ("apipod", "same-key", "reset-after-create,5xx-create,5xx-after-create"),
    ("aigptimage", "same-key", "reset-after-create,5xx-create,5xx-after-create"),
    ("apimart", "same-key", "reset-after-create,5xx-after-create"),
    ("gptimage2api", "resend-after-500", "5xx-create,5xx-after-create"),
    ("toapis", "other-page", "none"),
    ("apimart", "all-fields", "none"),
    ("apipod", "api-key-header", "401"),
    ("toapis", "as-many-as-fit", "extra-fields"),
    ("toapis", "unknown-field", "none"),
]


@pytest.mark.parametrize(("vendor", "how", "faults"), RIGHT, ids=str)
def test_a_client_that_keeps_the_documents_in_its_own_way_is_not_accused(
    vendor: str, how: str, faults: str
) -> None:
    result = audit_of(vendor, how, faults, 250 if faults == "all" else SPEED)
    assert accused(result) == {}
    assert result.billed > 0


# --- wrong clients

WRONG = [
    # how it polls
    ("apimart", "hot", "none", "status.advice.poll-every-3-to-5-s", "shortest"),
    ("toapis", "hot", "none", "status.advice.poll-newer", "shortest"),
    ("gptimage2api", "hot", "none", "status.advice.poll-every-two-seconds", "at least 2 s"),
    ("apipod", "hot", "none", "status.advice.backoff-between-polls", "at least 2 s"),
    ("apimart", "first-at-once", "none", "status.advice.first-query-after-10-s", "came after"),
    ("toapis", "first-at-once", "none", "status.advice.poll-newer", "came after"),
    ("toapis", "gives-up", "none", "status.advice.poll-newer", "still running"),
    ("apimart", "gives-up", "none", "status.advice.skill-polling", "still running"),
    ("aigptimage", "gives-up", "none", "status.advice.poll-until-ended", "has ended"),
    ("apipod", "polls-on", "none", "status.advice.stop-at-the-end", "6 more"),
    ("toapis", "polls-on", "failed-task", "status.advice.poll-until-completed", "6 more"),
    # what it does about trouble while it polls
    ("apipod", "gives-up-at-trouble", "5xx-poll", "create.advice.retry-with-backoff", "after 500"),
    ("apimart", "gives-up-at-trouble", "5xx-poll", "create.advice.retryable-statuses", "after 502"),
    ("toapis", "gives-up-at-trouble", "429", "status.advice.honour-retry-after", "after 429"),
    ("gptimage2api", "gives-up-at-trouble", "5xx-poll", "create.advice.retry-only-500", "500"),
    ("toapis", "ignores-retry-after", "retry-after", "status.advice.honour-retry-after", "2 s"),
    ("apipod", "ignores-retry-after", "retry-after", "status.advice.backoff-between-polls", "2 s"),
    ("apimart", "ignores-retry-after", "retry-after", "create.advice.retryable-statuses", "2 s"),
    # what it sends again
    ("toapis", "no-backoff", "429", "create.advice.back-off-after-429", "about 1 s"),
    ("apipod", "retry-400", "400", "create.advice.no-retry-unchanged", "after 400"),
    ("toapis", "retry-401", "401", "create.advice.correct-key-before-retrying-401", "after 401"),
    ("apipod", "retry-402", "402", "create.advice.no-retry-unchanged", "after 402"),
    ("gptimage2api", "retry-402", "402", "create.advice.retry-only-500", "after 402"),
    # what it pays for twice
    (
        "apipod",
        "resend-without-a-key",
        "reset-after-create",
        "create.advice.retry-with-the-same-key",
        "charged twice",
    ),
    (
        "apipod",
        "resend-without-a-key",
        "5xx-create",
        "create.advice.retry-with-the-same-key",
        "without a key",
    ),
    (
        "aigptimage",
        "another-key",
        "reset-after-create",
        "create.advice.request-id-in-production",
        "with another key",
    ),
    (
        "aigptimage",
        "resend-without-a-key",
        "5xx-after-create",
        "create.advice.request-id-in-production",
        "charged twice",
    ),
    (
        "apimart",
        "another-key",
        "reset-after-create",
        "create.advice.unknown-outcome",
        "charged twice",
    ),
    (
        "gptimage2api",
        "resend",
        "reset-after-create",
        "create.advice.check-before-retrying",
        "that it is not sent again",
    ),
    ("toapis", "resend", "reset-after-create", "create.client.paid-once", "charged twice"),
    ("toapis", "recreate-on-html", "html-body", "create.client.paid-once", "expected 1 task"),
    (
        "apipod",
        "recreate-on-unknown-state",
        "unknown-state",
        "create.client.paid-once",
        "expected 1 task",
    ),
    ("apipod", "constant-key", "none", "create.advice.key-with-each-creation", "2 different"),
    # where its key goes
    ("apipod", "key-in-url", "none", "create.advice.key-on-server", "in no URL"),
    (
        "toapis",
        "key-to-results",
        "none",
        "create.advice.key-stays-secret",
        "the host that has the results",
    ),
    ("aigptimage", "no-key", "none", "create.auth", "no key"),
    # what it asks for
    ("toapis", "bad-size", "none", "create.size.enum", "permitted: size"),
    ("apimart", "count-as-text", "none", "create.n.type", "two"),
    ("gptimage2api", "no-model", "none", "create.model.required", "permitted: model"),
    ("apipod", "no-prompt", "none", "create.prompt.required", "prompt is required"),
    ("aigptimage", "bad-model", "none", "create.model.enum", "permitted: model"),
    ("gptimage2api", "long-prompt", "none", "create.gpt-image-2.prompt.maxLength", ""),
    ("apimart", "many-images", "none", "create.image_urls.maxItems", ""),
    ("aigptimage", "auto-at-2k", "none", "create.rule.auto-only-1k", "permitted:"),
    ("toapis", "path", "none", "create.path", "expected POST /v1/images/generations"),
    ("toapis", "status-path", "none", "status.path", "expected GET /v1/images/generations/"),
    ("apipod", "content-type", "none", "create.contentType", "text/plain"),
]


@pytest.mark.parametrize(
    ("vendor", "how", "faults", "clause", "words"),
    WRONG,
    ids=[f"{v}-{h}-{f}" for v, h, f, *_ in WRONG],
)
def test_a_wrong_client_is_accused_of_what_it_does_and_of_nothing_else(
    vendor: str, how: str, faults: str, clause: str, words: str
) -> None:
    found = accused(audit_of(vendor, how, faults, EXACT.get(how, SPEED)))
    assert list(found) == [clause]
    assert words in found[clause]


@pytest.mark.parametrize(
    ("vendor", "how", "faults", "words"),
    [
        ("aigptimage", "hot", "none", "no page says how often to ask"),
        ("aigptimage", "retry-402", "402", "no page says whether that is worth trying"),
        ("gptimage2api", "ignores-retry-after", "retry-after", "no page speaks of it"),
        ("toapis", "unknown-field", "none", "sharpness"),
        ("toapis", "submits-only", "none", "it never asks what became of its tasks"),
        ("toapis", "bad-size", "all", "they were answered with 400"),
        ("apipod", "gives-up-at-trouble", "html-body", ""),
    ],
)
def test_what_no_page_advises_against_is_noted_at_most(
    vendor: str, how: str, faults: str, words: str
) -> None:
    result = audit_of(vendor, how, faults, EXACT.get(how, SPEED))
    assert words in " ".join(result.notes)
    assert [name for name in accused(result) if "advice" in name or "client" in name] == []


def test_who_gives_up_and_asks_for_another_is_accused_of_both() -> None:
    found = accused(audit_of("toapis", "impatient", "slow"))
    assert list(found) == ["status.advice.poll-newer", "create.client.paid-once"]
    assert "expected 1 task" in found["create.client.paid-once"]
