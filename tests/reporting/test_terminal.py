from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.reporting.terminal import report_lines, vendor_lines
from conformance.reporting.text import render
from conformance.results.cases import Cost
from conformance.results.outcome import RunResult, Target
from conformance.results.verdicts import Verdict
from tests.reporting.results import (
    GPTIMAGE2API,
    case_with,
    creation,
    poll,
    result_of,
    with_verdicts,
)

ALL = len(result_of().verdicts)

VIOLATION = Verdict(
    clause="",
    verdict="violates",
    message="expected a refusal of 20001 characters, got a task at POST /api/v1/jobs/createTask",
    exchanges=("e1", "e2", "e3"),
)


def text_of(*results: RunResult, verbose: bool = False, colour: bool = False) -> str:
    return render(report_lines(results, verbose=verbose), width=120, colour=colour)


def test_the_header_says_what_was_asked_and_what_it_cost() -> None:
    text = text_of(result_of(record_path="reports/records/r.jsonl", notes=("the cap was reached",)))
    assert "84 requests, 12 billed creations, 41 credits, 1250.2 s on its own clock" in text
    assert "embedded simulator" in text
    assert "reports/records/r.jsonl" in text
    assert "the cap was reached" in text


def test_a_target_at_an_address_shows_it() -> None:
    target = Target(kind="url", base_url="http://127.0.0.1:8000")
    text = text_of(result_of(target=target, cost=Cost()))
    assert "target      http://127.0.0.1:8000" in text
    assert "no price, 1250.2 s\n" in text


def test_a_violation_shows_all_that_one_needs() -> None:
    result = result_of(
        verdicts={"create.input.prompt.maxLength": VIOLATION},
        exchanges=[creation({"input": {"prompt": "a" * 20001}})],
        cases=[case_with("right")],
    )
    text = text_of(result)
    assert "VIOLATES (1)" in text
    assert "1. aigptimage.create.input.prompt.maxLength  must" in text
    assert "promised    input.prompt has at most 20000 characters." in text
    assert "expected a refusal of 20001 characters" in text
    flowing = " ".join(text.split())
    assert 'GPT Image 2 Image to Image, "prompt", https://aigptimage.com/docs/' in flowing
    assert """request     curl -sS 'https://aigptimage.com/api/v1/jobs/createTask'""" in text
    assert "$AIGPTIMAGE_API_KEY" in text
    assert "evidence    exchange e1" in text
    assert f"Violated: 1 of {ALL} clauses that were tried." in text


def test_evidence_from_a_poll_shows_how_the_task_was_made() -> None:
    violation = replace(VIOLATION, exchanges=("e2",))
    result = result_of(verdicts={"status.state.enum": violation}, exchanges=[creation(), poll()])
    text = text_of(result)
    assert "made by     curl -sS 'https://aigptimage.com/api/v1/jobs/createTask'" in text
    assert "request     curl -sS 'https://aigptimage.com/api/v1/jobs/recordInfo?taskId=t1'" in text


def test_what_is_stated_is_listed_before_what_is_implied() -> None:
    result = result_of(
        verdicts={
            "create.input.image_urls.items": VIOLATION,  # implied, and earlier in the contract
            "create.input.resolution.enum": VIOLATION,
        }
    )
    text = text_of(result)
    assert text.index("input.resolution.enum") < text.index("input.image_urls.items")


def test_inconclusive_clauses_say_why() -> None:
    verdict = Verdict(
        clause="",
        verdict="inconclusive",
        reason="5 of 11 tried",
        message="the cap of 3 was reached",
    )
    text = text_of(result_of(verdicts={"create.input.resolution.enum": verdict}))
    assert "INCONCLUSIVE (1)" in text
    assert "5 of 11 tried: the cap of 3 was reached" in text
    assert f"No violation was seen, but undecided: 1 of {ALL} clauses that were tried." in text


def test_what_conforms_as_far_as_it_can_be_tried_says_how_far() -> None:
    part = Verdict(clause="", verdict="conforms", message="1 of 3 tried: 2K and 4K are left")
    text = text_of(result_of(verdicts={"create.input.resolution.enum": part}))
    assert "CONFORMS AS FAR AS IT CAN BE TRIED (1)" in text
    assert "create.input.resolution.enum  1 of 3 tried: 2K and 4K are left" in text


def test_disputes_name_the_alternative_that_is_followed() -> None:
    contract = result_of(GPTIMAGE2API).contract
    dispute = contract.disputes[0]
    first = dispute.alternatives[0]
    result = result_of(
        GPTIMAGE2API,
        verdicts={
            "status.reply.taskId": Verdict(clause="", verdict="conforms", follows=first.name),
            "status.reply.taskId.echo": Verdict(clause="", verdict="conforms", follows="mixed"),
        },
    )
    text = text_of(result)
    assert "DISPUTED" in text
    assert f"status.reply.taskId  follows {first.name}, {first.value}" in text
    assert "status.reply.taskId.echo  follows more than one: mixed" in text
    unseen = "status.reply.updatedAt.order  conforms: nothing shows which is followed"
    assert unseen in text


def test_untested_clauses_are_grouped_by_reason_and_listed_when_asked() -> None:
    verdicts = {
        name: Verdict(clause="", verdict="untested", reason="binds the client")
        for name in ("create.advice.trusted-urls", "create.advice.prefer-input-urls")
    }
    verdicts["create.error.402"] = Verdict(
        clause="", verdict="untested", reason="cannot be provoked"
    )
    result = result_of(verdicts=verdicts)

    short, long = text_of(result), text_of(result, verbose=True)

    assert "UNTESTED (3)" in short
    assert "   1  cannot be provoked: create.error.402\n" in short
    assert "   2  binds the client: advice to whoever calls the API\n" in short
    assert "create.advice.trusted-urls" not in short
    assert "create.advice.trusted-urls" in long
    assert f"CONFORMS ({ALL - 3})" in long


def test_several_vendors_end_in_one_table() -> None:
    text = text_of(result_of(), result_of(GPTIMAGE2API, billed=3))
    row = next(line for line in text.splitlines() if line.startswith("all "))
    both = str(ALL + len(result_of(GPTIMAGE2API).verdicts))
    assert row.split() == ["all", both, both, "0", "0", "0", "168", "15"]
    assert f"Conforms: {both} of {both} clauses that were tried." in text


def test_nothing_tried_is_not_a_success() -> None:
    text = text_of(with_verdicts(result_of(), ["untested"]))
    assert f"none of the {ALL} clauses was tried" in text
    assert "Nothing was tried, so nothing is known." in text


EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\r\n\u202e\ud800"


@pytest.mark.parametrize("verbose", [False, True])
def test_nothing_from_a_server_reaches_the_terminal_unescaped(verbose: bool) -> None:
    untested = Verdict(clause="", verdict="untested", reason=EVIL, message=EVIL)
    result = result_of(
        verdicts={
            "create.path": replace(VIOLATION, message=f"got {EVIL}"),
            "status.path": replace(VIOLATION, exchanges=("e2", EVIL)),
            "create.auth": Verdict(clause="", verdict="inconclusive", reason=EVIL, message=EVIL),
            "create.error.402": untested,
            "create.error.429": replace(untested, follows=EVIL),
        },
        exchanges=[
            creation(headers=[("X-Echo", EVIL)], url=f"https://h.example/{EVIL}"),
            creation(data=EVIL.encode("utf-8", "surrogatepass"), name="e2", case=EVIL),
            creation(name=EVIL),
        ],
        target=Target(kind="url", base_url=EVIL),
        notes=(EVIL,),
        record_path=EVIL,
    )
    text = text_of(result, verbose=verbose)
    assert all(row.isprintable() for row in text.split("\n"))
    assert "\\x1b[2J" in text


def test_colour_is_ours_alone() -> None:
    text = text_of(
        result_of(verdicts={"create.path": replace(VIOLATION, message=EVIL)}), colour=True
    )
    assert "\x1b[1;31m" in text
    assert "\x1b]0" not in text
    assert "\x1b[2J" not in text


def test_the_report_on_one_vendor_stands_alone() -> None:
    assert "aigptimage" in render(vendor_lines(result_of()))
