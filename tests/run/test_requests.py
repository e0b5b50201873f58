"""A case's request, as it goes over the wire."""

from __future__ import annotations

import email
import email.policy
import json

from conformance.planning.values import RUN
from conformance.results.cases import Send
from conformance.run.requests import WRONG_KEY, poll_send, wire_request
from conformance.wire.exchange import Request, header
from tests.run.toy import KEY, toy


def made(send: Send, *, contract: str = "", **more: str) -> Request:
    changed = toy(
        **{'{header: Authorization, prefix: "Bearer ", source: d#x}': contract} if contract else {}
    )
    return wire_request(changed, send, base_url="http://h/p", key=KEY, **more)


CREATE = Send(operation="create", method="POST", path="/tasks", body={"prompt": "é"})


def test_a_creation() -> None:
    request = made(CREATE)

    assert (request.method, request.url) == ("POST", "http://h/p/tasks")
    assert json.loads(request.body) == {"prompt": "é"}
    assert header(request.headers, "authorization") == f"Bearer {KEY}"
    assert header(request.headers, "content-type") == "application/json"


def test_a_wrong_and_a_missing_key() -> None:
    wrong = made(Send(operation="create", method="POST", path="/tasks", key="wrong"))
    missing = made(Send(operation="create", method="POST", path="/tasks", key="missing"))

    assert header(wrong.headers, "authorization") == f"Bearer {WRONG_KEY}"
    assert header(missing.headers, "authorization") is None


def test_a_key_in_the_query() -> None:
    request = made(CREATE, contract="{query: key, source: d#x}")

    assert request.url == f"http://h/p/tasks?key={KEY}"
    assert header(request.headers, "authorization") is None


def test_no_body_has_no_type() -> None:
    request = made(Send(operation="status", method="GET", path="/tasks/1"))

    assert request.body == b""
    assert header(request.headers, "content-type") is None


def test_a_raw_body_and_headers_of_the_case_go_as_they_are() -> None:
    send = Send(
        operation="create",
        method="POST",
        path="/tasks",
        raw=b"{",
        headers=(("content-type", "text/plain"), ("X-Key", f"k-{RUN}")),
    )
    request = made(send, run="now")

    assert request.body == b"{"
    assert [v for n, v in request.headers if n.lower() == "content-type"] == ["text/plain"]
    assert header(request.headers, "x-key") == "k-now"


def test_a_task_id_is_escaped_where_it_must_be_and_nowhere_else() -> None:
    send = Send(
        operation="status",
        method="GET",
        path="/tasks/{task_id}",
        query=(("id", "{task_id}"),),
        body={"ids": ["{task_id}"], "n": 1},
    )
    request = made(send, task_id="a/b c&d")

    assert request.url == "http://h/p/tasks/a%2Fb%20c%26d?id=a%2Fb%20c%26d"
    assert json.loads(request.body) == {"ids": ["a/b c&d"], "n": 1}


def test_half_a_character_in_a_task_id_breaks_nothing() -> None:
    send = Send(operation="status", method="GET", path="/t/{task_id}", query=(("id", "{task_id}"),))

    assert made(send, task_id="\ud800").url == "http://h/p/t/%ED%A0%80?id=%ED%A0%80"


def test_braces_in_a_prompt_are_left_alone() -> None:
    request = made(
        Send(operation="create", method="POST", path="/t", body={"prompt": f"{{task_id}} {RUN}"})
    )

    assert json.loads(request.body) == {"prompt": f"{{task_id}} {RUN}"}


def test_the_poll_of_a_contract() -> None:
    send = poll_send(toy())

    assert send is not None
    assert (send.method, send.path) == ("GET", "/tasks/{task_id}")


def test_a_form_with_a_file() -> None:
    send = Send(
        operation="upload",
        method="POST",
        path="/files",
        body={"purpose": "x", "n": 1},
        files=(("file", 'a"b.png', "image/png", b"\x89PNG\r\n--"),),
    )
    request = made(send)
    kind = header(request.headers, "content-type")
    parsed = email.message_from_bytes(
        f"Content-Type: {kind}\r\n\r\n".encode() + request.body, policy=email.policy.HTTP
    )
    parts = [
        (
            p.get_param("name", header="content-disposition"),
            p.get_filename(),
            p.get_payload(decode=True),
        )
        for p in parsed.iter_parts()
    ]

    assert parts == [
        ("purpose", None, b"x"),
        ("n", None, b"1"),
        ("file", "a%22b.png", b"\x89PNG\r\n--"),
    ]
    assert made(send) == request
