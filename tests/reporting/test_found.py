"""What exploring came to is shown with the request that shows it, and only where it still accuses somebody."""

from __future__ import annotations

from dataclasses import replace

from conformance.reporting.found import found, found_json
from conformance.reporting.terminal import vendor_lines
from conformance.results.cases import Case, Send
from conformance.results.verdicts import Verdict
from conformance.wire.exchange import Exchange, Reply, Request
from tests.reporting.results import result_of

SENT = Exchange(
    id="e9",
    case="smallest:1",
    phase="create",
    request=Request(method="POST", url="https://vendor.example/create", body=b'{"n": 3}'),
    reply=Reply(status=400, body=b"{}"),
)
CASE = Case(
    id="smallest:1",
    operation="create",
    send=Send(operation="create", method="POST", path="/create", body={"n": 3}),
    expect="accepted",
    found="refused: n 3",
)
VIOLATED = Verdict(clause="", verdict="violates", message="no", exchanges=("e9",))


def test_the_smallest_request_is_shown_with_its_clause_and_its_curl_line() -> None:
    result = result_of(verdicts={"create.path": VIOLATED}, exchanges=[SENT], cases=[CASE])

    (one,) = found_json(result)
    assert one["what"] == "refused: n 3"
    assert one["clauses"] == ["aigptimage.create.path"]
    assert (one["body"], one["exchange"]) == ({"n": 3}, "e9")
    assert one["curl"].startswith("curl ")
    assert '{"n": 3}' in one["curl"]
    text = "\n".join("".join(s.text for s in each.spans) for each in vendor_lines(result))
    assert "FOUND BY EXPLORING" in text
    assert "refused: n 3" in text


def test_what_was_exonerated_is_not_shown() -> None:
    assert list(found(result_of(exchanges=[SENT], cases=[CASE]))) == []
    planned = replace(CASE, found="")
    result = result_of(verdicts={"create.path": VIOLATED}, exchanges=[SENT], cases=[planned])
    assert list(found(result)) == []
