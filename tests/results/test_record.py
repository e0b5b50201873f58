"""Records: what is written can be read again, exactly."""

from __future__ import annotations

import contextlib
import json
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.contract.model import ABSENT
from conformance.errors import RecordInvalid
from conformance.results.cases import Case, Cost, Feature, Plan, Send, Witness
from conformance.results.decoding import Malformed, decode
from conformance.results.encoding import encode
from conformance.results.entries import (
    Answered,
    Asked,
    CaseOutcome,
    Entry,
    Footer,
    Header,
    Listening,
    Noted,
    Planned,
    Resumed,
    Skipped,
)
from conformance.results.outcome import Target
from conformance.results.record import INTERRUPTED, assemble, read_lines
from conformance.results.verdicts import Verdict
from conformance.wire.exchange import Picture, Reply, Request

# --- strategies ---

texts = st.text(max_size=20)
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers()
whole = st.integers(min_value=0, max_value=10**9)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
pairs = st.lists(st.tuples(texts, texts), max_size=3).map(tuple)
witnesses = st.builds(Witness, clause=texts, value=texts)
pins = st.dictionaries(texts, json_values | st.just(ABSENT), max_size=3)
costs = st.builds(Cost, amount=numbers, unit=texts)


def some(strategy: Any) -> Any:
    return st.lists(strategy, max_size=3).map(tuple)


features = st.builds(Feature, witness=witnesses, pins=pins, presumes=some(witnesses))
sends = st.builds(
    Send,
    operation=texts,
    method=texts,
    path=texts,
    query=pairs,
    headers=pairs,
    body=json_values,
    raw=st.none() | st.binary(max_size=20),
    files=some(st.tuples(texts, texts, texts, st.binary(max_size=20))),
    content_type=texts,
    key=st.sampled_from(["right", "wrong", "missing"]),
    scheme=texts,
)
cases = st.builds(
    Case,
    id=texts,
    operation=texts,
    send=sends,
    expect=st.sampled_from(["accepted", "refused", "refused-or-failed", "either", "answered"]),
    title=texts,
    model=texts,
    witnesses=some(witnesses),
    breaks=st.none() | witnesses,
    cause=texts,
    refused_at=st.sampled_from(["create", "anywhere"]),
    features=some(features),
    assignment=pins,
    neighbours=some(witnesses),
    needs_task=texts,
    repeats=texts,
    billed=whole,
    cost=costs,
    worst_cost=costs,
    needs=some(texts),
    parent=texts,
    again=texts,
    found=texts,
)
requests = st.builds(Request, method=texts, url=texts, headers=pairs, body=st.binary(max_size=20))
replies = st.builds(
    Reply, status=whole, headers=pairs, body=st.binary(max_size=20), truncated=st.booleans()
)
pictures = st.builds(
    Picture,
    format=st.none() | texts,
    width=st.none() | whole,
    height=st.none() | whole,
    body_bytes=whole,
    sha256=texts,
    problem=st.none() | texts,
    bounded=st.booleans(),
)
facts = st.dictionaries(texts, json_values, max_size=3)
entries = st.one_of(
    st.builds(
        Header,
        vendor=texts,
        contract_digest=texts,
        contract_file=texts,
        target=st.builds(Target, kind=texts, base_url=texts, loopback=st.booleans()),
        tool=texts,
        seed=st.integers(),
        started=texts,
        options=facts,
        cassette=facts,
        run=texts,
        pid=whole,
        contract_text=texts,
    ),
    st.builds(Resumed, resumed=texts, pid=whole, dropped=some(texts), cases=some(texts)),
    st.builds(Listening, port=whole),
    cases,
    st.builds(
        Planned,
        vendor=texts,
        strength=whole,
        cases=some(texts),
        required=st.dictionaries(texts, some(texts), max_size=3),
        unplanned=st.dictionaries(texts, texts, max_size=3),
        lower_bound=whole,
        probe=texts,
        dialect=st.dictionaries(texts, texts, max_size=3),
    ),
    st.builds(
        Asked,
        id=texts,
        case=texts,
        phase=texts,
        request=requests,
        started_s=numbers,
        facts=st.dictionaries(texts, texts),
    ),
    st.builds(
        Answered,
        id=texts,
        reply=st.none() | replies,
        failure=st.none() | texts,
        sent=st.booleans(),
        picture=st.none() | pictures,
        elapsed_s=numbers,
    ),
    st.builds(
        CaseOutcome,
        case=texts,
        kind=texts,
        code=whole,
        task_id=texts,
        billed=whole,
        cost=numbers,
        facts=facts,
    ),
    st.builds(Skipped, case=texts, reason=texts, capped=st.booleans(), detail=texts),
    st.builds(Noted, text=texts),
    st.builds(
        Verdict,
        clause=texts,
        verdict=st.sampled_from(["conforms", "violates", "inconclusive", "untested"]),
        reason=texts,
        message=texts,
        follows=texts,
        exchanges=some(texts),
    ),
    st.builds(
        Footer, requests=whole, billed=whole, cost=costs, seconds=numbers, finished=st.booleans()
    ),
)


@given(entries)
def test_every_entry_survives_being_written_and_read(entry: Entry) -> None:
    line = encode(entry)

    assert decode(line) == entry
    assert type(decode(line)) is type(entry)


COVERED = {
    Answered: "id reply failure sent picture elapsed_s",
    Asked: "id case phase request started_s facts",
    Case: "id operation send expect title model witnesses breaks cause refused_at features combinations assignment"
    " neighbours needs_task repeats billed cost worst_cost needs parent again found",
    CaseOutcome: "case kind code task_id billed cost facts",
    Cost: "amount unit",
    Feature: "witness pins presumes",
    Footer: "requests billed cost seconds finished",
    Header: "vendor contract_digest contract_file target tool seed started options cassette run pid contract_text",
    Listening: "port",
    Noted: "text",
    Picture: "format width height body_bytes sha256 problem bounded",
    Plan: "vendor strength cases required left_out unplanned lower_bound probe dialect",
    Planned: "vendor strength cases required left_out unplanned lower_bound probe dialect",
    Resumed: "resumed pid dropped cases",
    Reply: "status headers body truncated",
    Request: "method url headers body",
    Send: "operation method path query headers body raw files content_type key scheme",
    Skipped: "case reason capped detail",
    Target: "kind base_url loopback",
    Verdict: "clause verdict reason message follows exchanges",
    Witness: "clause value",
}


@pytest.mark.parametrize("kind", COVERED, ids=lambda kind: kind.__name__)
def test_every_field_is_written(kind: type) -> None:
    """A field that was added needs its place in `encoding`, and in the strategies above."""
    assert [f.name for f in fields(kind)] == COVERED[kind].split()


@given(entries)
def test_an_entry_is_one_line_of_ascii(entry: Entry) -> None:
    line = encode(entry)

    assert line.endswith(b"\n")
    assert line.isascii()
    assert len(line.splitlines()) == 1


@given(entries)
def test_a_line_that_was_cut_off_is_no_entry(entry: Entry) -> None:
    line = encode(entry)

    with pytest.raises(Malformed):
        decode(line[: len(line) // 2])


def test_lone_surrogates_survive() -> None:
    entry = Noted(text="\ud83d alone \udcff")

    assert decode(encode(entry)) == entry


@given(json_values)
def test_whatever_else_is_on_a_line_is_refused_in_words(value: Any) -> None:
    with pytest.raises(Malformed, match="found"):
        decode(json.dumps(value).encode())


@given(entries, json_values, st.randoms(use_true_random=False))
def test_an_entry_with_one_field_of_another_kind_never_breaks_the_reader(
    entry: Entry, value: Any, rng: Any
) -> None:
    raw = json.loads(encode(entry))
    raw[rng.choice(sorted(raw))] = value

    with contextlib.suppress(Malformed):
        encode(decode(json.dumps(raw).encode()))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"{", "found no JSON"),
        (b"[" * 100_000, "found no JSON"),
        (b"[1]\n", "expected an object"),
        (b'{"line": "nonsense"}\n', "found a line 'nonsense'"),
        (b'{"line": "note"}\n', "found no text"),
        (b'{"line": "note", "text": 3}\n', "found 3 as text, expected a text"),
        (
            b'{"line": "skipped", "case": "c", "reason": "r", "capped": 1}\n',
            "expected true or false",
        ),
        (
            b'{"line": "verdict", "clause": "c", "verdict": "perhaps"}\n',
            "expected one of conforms",
        ),
        (
            b'{"line": "answered", "id": "e1", "sent": true, "elapsed_s": 0, "failure": null,'
            b' "status": 200, "headers": [["a"]], "body": {"text": ""}, "truncated": false}\n',
            "expected 2 texts",
        ),
        (
            b'{"line": "asked", "id": "e1", "case": "c", "phase": "p", "method": "GET", "url": "u",'
            b' "headers": [], "body": {"base64": "!"}, "started_s": 0}\n',
            "not Base64",
        ),
        (b'{"line": "header", "format": "conformance/record@2"}\n', "conformance/record@1"),
    ],
)
def test_a_line_says_what_is_wrong_with_it(line: bytes, said: str) -> None:
    with pytest.raises(Malformed) as caught:
        decode(line)

    assert said in str(caught.value)


# --- whole records ---

HEADER = Header(
    vendor="toy", contract_digest="d", contract_file="toy.yaml", target=Target(kind="url")
)
SEND = Send(operation="create", method="POST", path="/tasks")
ONE = Case(id="one", operation="create", send=SEND, expect="accepted", worst_cost=Cost(amount=7))
TWO = Case(id="two", operation="create", send=SEND, expect="refused")
PLAN = Planned(vendor="toy", strength=1, cases=("one", "two"))
REQUEST = Request(method="POST", url="http://x/")


def asked(name: str, case: str, phase: str = "create", at: float = 0.0) -> Asked:
    return Asked(id=name, case=case, phase=phase, request=REQUEST, started_s=at)


BEGINNING: tuple[Entry, ...] = (HEADER, ONE, TWO, PLAN)


def lines(*entries: Entry) -> list[bytes]:
    return [encode(entry) for entry in entries]


def test_exchanges_that_interleave_are_sorted_by_case_in_the_order_sent() -> None:
    record = assemble(
        [
            *BEGINNING,
            asked("e0001", "one"),
            asked("e0002", "two"),
            Answered(id="e0002", reply=Reply(status=400)),
            Answered(id="e0001", reply=Reply(status=200), elapsed_s=2.0),
            asked("e0003", "one", "poll", at=5.0),
            Answered(id="e0003", failure="timeout", elapsed_s=60.0),
        ]
    )

    assert [e.id for e in record.traces["one"].exchanges] == ["e0001", "e0003"]
    assert [case.id for case in record.sent] == ["one", "two"]
    assert record.exchanges["e0003"].failure == "timeout"
    assert record.seconds == 65.0
    assert record.requests == 3


def test_a_request_that_did_not_leave_is_not_counted() -> None:
    record = assemble(
        [*BEGINNING, asked("e0001", "one"), Answered(id="e0001", failure="connect", sent=False)]
    )

    assert (record.requests, record.billed) == (0, 0)


def test_the_last_outcome_of_a_case_counts() -> None:
    record = assemble(
        [
            *BEGINNING,
            asked("e0001", "one"),
            Answered(id="e0001", reply=Reply(status=200)),
            CaseOutcome(case="one", kind="accepted", billed=1, cost=2),
            CaseOutcome(
                case="one", kind="accepted", billed=1, cost=3, facts={"gave_up": "deadline"}
            ),
        ]
    )

    assert (record.billed, record.cost) == (1, 3)
    assert record.traces["one"].facts == {"gave_up": "deadline"}


def test_a_run_that_died_after_sending_has_an_unknown_creation() -> None:
    record = read_lines(lines(*BEGINNING, asked("e0001", "one")), file="r")

    (exchange,) = record.traces["one"].exchanges
    assert (exchange.reply, exchange.failure, exchange.sent) == (None, INTERRUPTED, True)
    assert (record.billed, record.cost) == (1, 7)


def test_a_run_that_died_during_a_second_attempt_has_an_unknown_creation_besides() -> None:
    record = assemble(
        [
            *BEGINNING,
            asked("e0001", "one"),
            Answered(id="e0001", reply=Reply(status=500)),
            CaseOutcome(case="one", kind="trouble", code=500, billed=1, cost=7),
            asked("e0002", "one"),
        ]
    )

    assert record.billed == 2


def test_the_last_plan_is_the_one_that_was_kept_to() -> None:
    record = assemble([*BEGINNING, Planned(vendor="toy", strength=1, cases=("two",))])

    assert [case.id for case in record.plan.cases] == ["two"]


def test_what_was_skipped_is_sorted_by_whether_the_user_wanted_it() -> None:
    record = assemble(
        [
            *BEGINNING,
            Skipped(case="one", reason="cap", capped=True),
            Skipped(case="two", reason="needs: image"),
        ]
    )

    assert record.capped == {"one"}
    assert record.unsent == {"two": "needs: image"}


def test_a_last_line_that_was_cut_off_is_left_out() -> None:
    whole_lines = lines(*BEGINNING, Noted(text="here"), Noted(text="cut off"))
    whole_lines[-1] = whole_lines[-1][:-5]

    record = read_lines(whole_lines, file="r")

    assert record.truncated
    assert record.notes == ("here",)


def test_a_last_line_without_its_end_is_read_when_it_is_whole() -> None:
    whole_lines = lines(*BEGINNING, Noted(text="here"))
    whole_lines[-1] = whole_lines[-1].rstrip()

    record = read_lines(whole_lines, file="r")

    assert not record.truncated
    assert record.notes == ("here",)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ([*lines(*BEGINNING), b"{\n", *lines(Noted(text="x"))], "r.jsonl:5: found no JSON"),
        ([], "r.jsonl: found nothing"),
        (lines(ONE), "r.jsonl:1: found no header"),
        (lines(HEADER, HEADER), "r.jsonl:2: found a second header"),
        (lines(HEADER, PLAN), "r.jsonl:2: found case 'one'"),
        (lines(HEADER, ONE), "r.jsonl: found no plan"),
        (lines(*BEGINNING, asked("e1", "x")), "r.jsonl:5: found case 'x'"),
        (
            lines(*BEGINNING, asked("e1", "one"), asked("e1", "one")),
            "r.jsonl:6: found exchange e1 a second time",
        ),
        (
            lines(*BEGINNING, Answered(id="e1", reply=Reply(status=200))),
            "r.jsonl:5: found a reply to e1",
        ),
        (
            lines(*BEGINNING, asked("e1", "one"), Answered(id="e1")),
            "r.jsonl:6: found e1 with both a reply and a failure or neither",
        ),
    ],
)
def test_other_faults_are_refused_with_their_line(broken: list[bytes], said: str) -> None:
    with pytest.raises(RecordInvalid) as caught:
        read_lines(broken, file="r.jsonl")

    assert str(caught.value).startswith(said)
