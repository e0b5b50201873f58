"""How callbacks are written in a contract, and how a mistake there is told."""

from __future__ import annotations

import pytest

from conformance.contract.callback import Delivery, secret_variable
from conformance.contract.clauses import derive_clauses
from conformance.contract.loading import load_contract, load_text
from conformance.errors import ContractInvalid
from tests.quality.test_kinds import TOYS

CALLED = (TOYS / "called.yaml").read_text("utf-8")
SIGNED = (TOYS / "signed.yaml").read_text("utf-8")


def ids(text: str) -> list[str]:
    found = derive_clauses(load_text(text))
    return [c.id.partition(".")[2] for c in found if c.operation == "callback"]


def test_what_is_said_of_callbacks_as_a_whole_and_of_each_field() -> None:
    assert ids(CALLED) == [
        "callback.callback.sent",
        "callback.contentType",
        "callback.callback.acknowledged",
        "callback.callback.attempts",
        "callback.callback.duplicates",
        "callback.callback.leaves-the-state",
        "callback.reply.$headers.X-Toy-Event",
        "callback.reply.task",
        "callback.reply.task.echo",
        "callback.reply.state",
        "callback.reply.style",
        "callback.reply.style.echo",
        "callback.reply.at",
        "callback.reply.at.unit",
        "callback.reply.urls.done",
        "callback.reply.urls.done.only",
        "callback.reply.why.no",
    ]


def test_what_is_said_of_a_signature() -> None:
    assert ids(SIGNED) == [
        "callback.callback.sent",
        "callback.callback.signature",
        "callback.callback.signature.tolerance",
        "callback.reply.task",
        "callback.reply.task.echo",
    ]


def test_every_clause_about_callbacks_is_of_that_kind() -> None:
    found = [c for c in derive_clauses(load_text(CALLED)) if c.operation == "callback"]
    assert {c.kind for c in found} == {"callback"}
    assert all(c.statement.endswith(".") and c.sources for c in found)


def test_how_long_a_signature_holds_binds_the_client() -> None:
    (tolerance,) = [c for c in derive_clauses(load_text(SIGNED)) if c.id.endswith("tolerance")]
    assert tolerance.untestable == "binds the client"


def test_a_callback_is_no_operation_that_we_ask() -> None:
    contract = load_text(CALLED)
    assert [o.name for o in contract.operations] == ["create", "status"]
    assert contract.callback is not None
    assert contract.callback.field == "hook"
    assert contract.callback.delivery == Delivery(
        attempts=4,
        acknowledged_by="200",
        backoff="exponential",
        duplicates=True,
        keeps_state=True,
        sources=contract.callback.delivery.sources,
    )


def test_where_nobody_calls_back_there_is_none() -> None:
    assert load_contract("gptimage2api").callback is None


def test_the_variable_of_the_secret_is_named_like_that_of_the_key() -> None:
    assert secret_variable(load_contract("toapis")) == "TOAPIS_WEBHOOK_SECRET"


@pytest.mark.parametrize(
    ("text", "old", "new", "said"),
    [
        (CALLED, "POST $hook", "POST $hok", "field 'hok', expected one of hook (did you mean 'hook'?)"),
        (CALLED, "POST $hook", "GET $hook", "found 'GET $hook'"),
        (CALLED, "role: callback_url, ", "", "expected a field of create with the role callback_url"),
        (CALLED, "echoes: style", "echoes: stile", "(did you mean 'style'?)"),
        (CALLED, "{state: {const: done}}, only", "{sate: {const: done}}, only", "(did you mean 'state'?)"),
        (CALLED, '{state: {const: "no"}}', '{state: {const: "not"}}', "state 'not'"),
        (CALLED, "repeats: job", "repeats: jobs", "(did you mean 'job'?)"),
        (CALLED, "phases: [succeeded, failed]", "phases: [done]", "'done'"),
        (CALLED, 'acknowledged_by: "200"', "acknowledged_by: 2x", "2x"),
        (CALLED, "attempts: 4", "attempts: 1", "1"),
        (CALLED, "source: page#Callbacks\n    content_type", "source: pag#Callbacks\n    content_type", "(did you mean 'page'?)"),
        (SIGNED, "id_header: X-Toy-Id\n", "note: none\n", "note"),
        (SIGNED, "      id_header: X-Toy-Id\n", "", "found {id}, expected id_header to say where it is"),
        (SIGNED, "header: X-Toy-Signature", "header: X-Toy-*", "expected none where the header is not named"),
        (SIGNED, "{id}.{timestamp}.{body}", "{id}.{timestamp}", "{id}.{timestamp}"),
        (SIGNED, "hmac-sha256", "hmac-md5", "hmac-md5"),
    ],
)  # fmt: skip
def test_a_mistake_is_refused_with_its_place(text: str, old: str, new: str, said: str) -> None:
    assert old in text
    with pytest.raises(ContractInvalid) as refused:
        load_text(text.replace(old, new, 1), file="toy.yaml")
    message = str(refused.value)
    assert message.startswith("toy.yaml:")
    assert said in message
