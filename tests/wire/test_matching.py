"""Two requests are the same whatever says who sent them, and what differs is told field by field."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.wire.exchange import Request
from conformance.wire.matching import differences, exactly, nearest, parts_of_request

ONE = Request(
    method="POST",
    url="https://a.example/tasks?b=1&a=2",
    headers=(("Authorization", "Bearer [redacted:key]"), ("Content-Type", "application/json")),
    body=b'{"prompt": "x", "sizes": ["s", "m"]}',
)


def differing(other: Request) -> list[str]:
    return [str(d) for d in differences(parts_of_request(ONE), parts_of_request(other))]


def test_who_sends_it_does_not_count() -> None:
    other = replace(ONE, headers=(*reversed(ONE.headers), ("User-Agent", "me"), ("Accept", "*/*")))
    assert exactly(other) == exactly(ONE)
    assert differing(other) == []


def test_the_order_of_fields_counts_to_the_byte_alone() -> None:
    """A server may refuse one order and take another, so both may be on one cassette."""
    other = replace(ONE, body=b'{"sizes":["s","m"],"prompt":"x"}')
    assert exactly(other) != exactly(ONE)
    assert differing(other) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"body": b'{"prompt": "y", "sizes": ["s", "m"]}'},
            """body.prompt: asked '"x"', recorded '"y"'""",
        ),
        (
            {"body": b'{"prompt": "x", "sizes": ["s"]}'},
            """body.sizes[1]: asked '"m"', recorded nothing""",
        ),
        ({"url": "https://a.example/tasks?a=2&b=3"}, "query b: asked '1', recorded '3'"),
        ({"method": "PUT"}, "method: asked 'POST', recorded 'PUT'"),
    ],
)
def test_what_differs_is_told_by_its_place(change: dict[str, bytes], said: str) -> None:
    assert differing(replace(ONE, **change)) == [said]  # type: ignore[arg-type]  # fields by name, from a table


def test_forms_are_the_same_however_they_are_cut() -> None:
    def form(boundary: str) -> Request:
        body = f'--{boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--{boundary}--\r\n'
        kind = f"multipart/form-data; boundary={boundary}"
        return Request(
            method="POST",
            url="https://a.example/",
            headers=(("Content-Type", kind),),
            body=body.encode(),
        )

    assert parts_of_request(form("aaa")) == parts_of_request(form("bbb"))
    assert parts_of_request(form("aaa"))["body.a"] == "1"


def test_the_nearest_asks_for_the_same_thing() -> None:
    elsewhere = replace(ONE, url="https://a.example/uploads?b=1&a=2")
    smaller = replace(ONE, body=b'{"prompt": "z", "sizes": []}')
    found = nearest(parts_of_request(ONE), [*map(parts_of_request, (elsewhere, smaller))], 1)
    assert [number for number, _ in found] == [1]
