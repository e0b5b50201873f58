"""How one request was answered, before anybody asks whether that was right."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.contract.model import Contract
from conformance.judging.outcomes import body_of_reply, classify, result_urls, task_state
from conformance.wire.exchange import Exchange
from tests.contract.toys import ALL, contract, field, named, raw
from tests.judging.traces import answer, lost

ACME = contract()


def kind(made: Contract, exchange: Exchange, operation: str = "create") -> str:
    return classify(made, operation, exchange).kind


# ---------------------------------------------------------------- yes, no, or neither


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        pytest.param(200, {"id": "t1"}, "accepted", id="a-task"),
        pytest.param(201, {"id": "t1"}, "accepted", id="any-success"),
        pytest.param(200, {"id": 7}, "accepted", id="a-number-names-a-task"),
        pytest.param(200, {"id": "t1", "more": [1]}, "accepted", id="extra-fields"),
        pytest.param(200, {"error": "no"}, "refused", id="an-error-inside-a-success"),
        pytest.param(200, {"error": "no", "id": "t1"}, "refused", id="an-error-beside-an-id"),
        pytest.param(400, {"error": "no"}, "refused", id="a-documented-refusal"),
        pytest.param(418, "teapot", "refused", id="an-undocumented-refusal"),
        pytest.param(402, {}, "refused", id="no-credits"),
        pytest.param(429, {}, "throttled", id="throttled"),
        pytest.param(500, {}, "trouble", id="server-error"),
        pytest.param(503, b"<html>", "trouble", id="a-page-instead-of-an-error"),
        pytest.param(302, {}, "malformed", id="redirect"),
        pytest.param(200, {}, "malformed", id="no-id"),
        pytest.param(200, {"id": ""}, "malformed", id="an-empty-id"),
        pytest.param(200, {"id": None}, "malformed", id="a-null-id"),
        pytest.param(200, {"id": True}, "malformed", id="true-is-no-id"),
        pytest.param(200, {"ID": "t1"}, "malformed", id="another-name"),
        pytest.param(200, b"", "malformed", id="nothing"),
        pytest.param(200, b"<html></html>", "malformed", id="a-page"),
        pytest.param(200, "t1", "malformed", id="text"),
        pytest.param(200, [], "malformed", id="an-empty-list"),
        pytest.param(200, b'{"id": null, "id": "t2"}', "accepted", id="the-last-of-a-key-twice"),
        pytest.param(200, b'{"id": NaN}', "malformed", id="not-quite-json"),
    ],
)
def test_a_creation_is_answered(status: int, body: Any, expected: str) -> None:
    assert kind(ACME, answer("create", body, status)) == expected


# BUG: a null counts as present, so that a success which says `"error": null` is taken for a refusal: everything that a
# vendor of that style does is then judged as refused.
def test_no_error_is_no_error() -> None:
    assert kind(ACME, answer("create", {"id": "t1", "error": None})) == "accepted"


@pytest.mark.parametrize(
    ("exchange", "expected"),
    [
        pytest.param(lost("create"), "no-reply", id="timeout"),
        pytest.param(lost("create", "reset"), "no-reply", id="reset"),
        pytest.param(lost("create", "connect", sent=False), "not-sent", id="not-sent"),
    ],
)
def test_a_request_without_a_reply_has_an_unknown_outcome(
    exchange: Exchange, expected: str
) -> None:
    outcome = classify(ACME, "create", exchange)
    assert (outcome.kind, outcome.detail) == (expected, exchange.failure)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, {"state": "busy"}, "accepted"),
        (200, {}, "accepted"),
        (200, [], "accepted"),
        (404, {"error": "no"}, "refused"),
        (200, {"error": "no"}, "refused"),
        (200, b"", "malformed"),
    ],
)
def test_a_status_query_needs_no_id_to_be_answered(status: int, body: Any, expected: str) -> None:
    assert kind(ACME, answer("poll", body, status), "status") == expected


# ---------------------------------------------------------------- codes in envelopes


def coded(code: Any, http: int = 200) -> Exchange:
    return answer("create", {"ok": False, "status": code, "why": "no"}, http)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (422, ("refused", 422)),
        ("422", ("refused", 422)),
        (429, ("throttled", 429)),
        (503, ("trouble", 503)),
        ("E17", ("refused", 200)),
        (None, ("refused", 200)),
        (True, ("refused", 200)),
    ],
    ids=str,
)
def test_the_code_in_an_envelope_counts(code: Any, expected: tuple[str, int]) -> None:
    outcome = classify(named("integers"), "create", coded(code))
    assert (outcome.kind, outcome.code) == expected
    assert outcome.http == 200


def test_it_is_told_whether_the_code_stood_in_the_envelope() -> None:
    inside = classify(named("integers"), "create", coded(422))
    outside = classify(named("integers"), "create", coded(422, 400))
    assert (inside.in_envelope, outside.in_envelope) == (True, False)
    assert (inside.code, outside.code) == (422, 400)


@pytest.mark.parametrize(
    ("causes", "operations", "expected"),
    [
        (["active-limit"], ["create"], "active-limit"),
        (["conflict", "active-limit"], ["create"], "active-limit"),
        (["conflict"], ["create"], "refused"),
        (["active-limit"], ["status"], "refused"),
    ],
)
def test_too_many_active_tasks_are_told_from_other_refusals(
    causes: list[str], operations: list[str], expected: str
) -> None:
    row = {"means": "-", "causes": causes, "operations": operations, "source": "page#S"}
    made = contract(errors={**raw()["errors"], "table": {"409": row}})
    assert kind(made, answer("create", {"error": "busy"}, 409)) == expected


# ---------------------------------------------------------------- bodies, ids, states


@pytest.mark.parametrize(
    ("exchange", "expected"),
    [
        (answer("create", {"a": [1]}), {"a": [1]}),
        (answer("create", None), None),
        (answer("create", b"\xff"), None),
        (answer("create", b"[" * 200 + b"]" * 200), None),
        (answer("create", b"\xef\xbb\xbf[1]"), [1]),
        (lost("create"), None),
    ],
    ids=["json", "null", "no-text", "too-deep", "byte-order-mark", "no-reply"],
)
def test_the_body_of_a_reply_is_json_or_nothing(exchange: Exchange, expected: Any) -> None:
    assert body_of_reply(exchange) == expected


def test_a_task_id_is_where_the_contract_says() -> None:
    body = {"jobs": [{"id": "j-1"}, {"id": "j-2"}]}
    assert classify(named("integers"), "create", answer("create", body)).task_id == "j-1"


def test_any_disputed_name_of_the_task_id_will_do() -> None:
    named_ = {
        name: {
            "value": name,
            "source": "page#S",
            "operations": {"create": {"reply": {name: field(role="task_id")}}},
        }
        for name in ("uid", "gid")
    }
    made = contract(create={"reply": {}}, disputes={"d": {"about": "-", "alternatives": named_}})
    assert classify(made, "create", answer("create", {"gid": "t"})).task_id == "t"


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("rules", {"state": "drawing"}, ("drawing", "running")),
        ("rules", {"state": "done"}, ("done", "succeeded")),
        ("rules", {"state": "broken"}, ("broken", "failed")),
        ("rules", {"state": "DONE"}, ("DONE", "unknown")),
        ("rules", {"state": None}, None),
        ("rules", {}, None),
        ("integers", {"job": {"state": 2}}, (2, "succeeded")),
        ("integers", {"job": {"state": "2"}}, ("2", "succeeded")),
        ("integers", {"job": {"state": True}}, None),
        ("integers", {"job": {"state": 7}}, (7, "unknown")),
    ],
)
def test_a_state_has_its_phase_though_its_type_is_wrong(
    name: str, body: Any, expected: tuple[Any, str] | None
) -> None:
    assert task_state(named(name), answer("poll", body)) == expected


# ---------------------------------------------------------------- results

DONE = {
    "state": "success",
    "resultJson": json.dumps({"resultUrls": ["https://a/1", "https://a/2"]}),
}


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        pytest.param(
            "rules", {"state": "done", "urls": ["https://a/1"]}, ("https://a/1",), id="a-list"
        ),
        pytest.param("rules", {"state": "drawing", "urls": ["https://a/1"]}, (), id="not-yet"),
        pytest.param(
            "pixels",
            {"state": "ok", "pictures": [{"url": "https://a/1"}, {"url": "https://a/2"}]},
            ("https://a/1", "https://a/2"),
            id="in-each-element",
        ),
        pytest.param(
            "aigptimage", {"data": DONE}, ("https://a/1", "https://a/2"), id="json-in-a-string"
        ),
        pytest.param(
            "rules",
            {"state": "done", "urls": ["https://a/1", "https://a/1", "/files/2", "soon", 7, None]},
            ("https://a/1", "/files/2"),
            id="each-once-and-only-addresses",
        ),
        pytest.param(
            "rules",
            {"state": "done", "urls": {"deep": [{"er": "https://a/1"}]}},
            ("https://a/1",),
            id="however-deep",
        ),
        pytest.param(
            "aigptimage",
            {"data": {"state": "success", "resultJson": "not json"}},
            (),
            id="not-json",
        ),
        pytest.param(
            "disputes",
            {"state": "done", "output": {"urls": ["https://a/1"]}},
            ("https://a/1",),
            id="under-either-name",
        ),
    ],
)
def test_the_urls_of_a_finished_task_are_found(
    name: str, body: Any, expected: tuple[str, ...]
) -> None:
    assert result_urls(named(name), answer("poll", body)) == expected


# ---------------------------------------------------------------- whatever comes

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "error", "state", "ok", "status", "code", "data", "job"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
_KINDS = {"accepted", "refused", "throttled", "active-limit", "trouble", "malformed"}


@given(st.sampled_from(ALL), st.sampled_from([200, 202, 301, 400, 409, 429, 500]), _JSON)
def test_any_reply_is_one_of_a_few_kinds(name: str, status: int, body: Any) -> None:
    exchange = answer("create", body, status)
    outcome = classify(named(name), "create", exchange)
    assert outcome.kind in _KINDS
    assert (outcome.kind == "accepted") <= (outcome.task_id != "")
    task_state(named(name), exchange)
    result_urls(named(name), exchange)


@given(st.binary(max_size=40))
def test_any_bytes_are_a_reply(body: bytes) -> None:
    assert kind(ACME, answer("create", body)) in _KINDS
