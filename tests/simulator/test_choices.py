"""Which choices a contract leaves, and how they are asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.contract.loading import load_contract
from conformance.contract.model import Contract, Operation, ReplyField
from conformance.errors import UsageError
from conformance.simulator.app import simulate
from conformance.simulator.choices import Choice, derive_choices
from tests.simulator.world import TOY, World

PLAIN = Contract(vendor="plain", title="", base_url="https://plain.example", key_variable="X")


def choices_of(contract: Contract) -> dict[str, Choice]:
    return {choice.name: choice for choice in derive_choices(contract)}


@pytest.mark.parametrize(
    ("name", "alternatives"),
    [
        ("id-name", ("old", "new")),
        ("success:create", ("202", "200")),
        ("status:create:bad-parameter", ("spread", "400", "422")),
        ("carried:create:422", ("http", "envelope")),
        ("charge:2k", ("0.2", "0.25")),
        ("pixels", ("0", "1")),
        ("picture-type", ("image/png", "image/webp")),
        ("pace", ("every-state", "straight", "slow")),
        ("field:status:task.note", ("null", "value", "absent", "empty")),
        ("field:error:plain:error.hint", ("null", "value", "absent", "empty")),
    ],
)
def test_a_choice_is_derived_wherever_documents_permit_two_answers(
    name: str, alternatives: tuple[str, ...]
) -> None:
    choice = choices_of(TOY)[name]
    assert choice.alternatives == alternatives
    assert choice.default == alternatives[0]


@pytest.mark.parametrize(
    "name",
    [
        "status:create:bad-reference",  # one row
        "status:create:unknown-task",  # cannot happen there
        "field:status:task.id",  # always there, of one type
        "idempotency:other-body",  # documented
        "charge:1k",  # one amount
    ],
)
def test_there_is_no_choice_where_documents_permit_one_answer(name: str) -> None:
    assert name not in choices_of(TOY)


def test_a_contract_that_says_nothing_leaves_no_choice() -> None:
    assert derive_choices(PLAIN) == ()


@pytest.mark.parametrize(
    ("field", "alternatives"),
    [
        (ReplyField(path="a", types=("string",)), None),
        (ReplyField(path="a", types=("string",), required=False), ("absent", "value")),
        (ReplyField(path="a", types=("integer", "null")), ("null", "value")),
        (ReplyField(path="a", types=("null",)), None),
        (ReplyField(path="a", types=("string", "null"), role="model"), ("value", "null", "empty")),
        (ReplyField(path="a", types=("string",), schema={"const": "x"}), None),
        (ReplyField(path="a"), None),
    ],
    ids=["required", "optional", "nullable", "null", "role", "const", "any"],
)
def test_a_field_is_a_choice_where_it_may_be_left_out_or_null(
    field: ReplyField, alternatives: tuple[str, ...] | None
) -> None:
    create = Operation(name="create", method="POST", path="/x", reply=(field,))
    found = choices_of(replace(PLAIN, operations=(create,))).get("field:create:a")
    assert (found.alternatives if found else None) == alternatives


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"id-nam": "old"}, "did you mean 'id-name'"),
        ({"id-name": "older"}, "did you mean 'old'"),
        ({"pixels": "7"}, "unknown alternative '7' of the choice 'pixels'"),
    ],
)
def test_an_unknown_word_is_refused_with_the_nearest_right_one(
    choices: dict[str, str], message: str
) -> None:
    with pytest.raises(UsageError, match="unknown") as caught:
        simulate(TOY, choices=choices)
    assert message in str(caught.value)


@pytest.mark.parametrize("vendor", ["aigptimage", "gptimage2api"])
def test_every_choice_of_a_vendor_can_be_asked_for(vendor: str) -> None:
    contract = load_contract(vendor)
    for choice in derive_choices(contract):
        assert choice.default in choice.alternatives
        for alternative in choice.alternatives:
            simulate(contract, choices={choice.name: alternative})


@pytest.mark.parametrize("choice", derive_choices(TOY), ids=lambda choice: choice.name)
def test_every_alternative_answers_a_whole_conversation(choice: Choice) -> None:
    for alternative in choice.alternatives:
        world = World(
            choices={choice.name: alternative, "success:create": "202"}
            if choice.name != "success:create"
            else {choice.name: "202"}
        )
        assert world.post({}).status in (202, 400, 422)
        assert world.pictures(n=2)[1].status == 200
