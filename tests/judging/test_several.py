"""What only several traces together can tell."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from conformance.contract.model import Contract
from conformance.judging.acceptance import facts_of
from conformance.judging.pictures import tiers as measured
from conformance.judging.several import idempotency, shown_defaults, sibling_rows, tiers
from conformance.results.cases import Case, Witness
from conformance.results.verdicts import Observation
from tests.contract.toys import contract, field, named
from tests.judging.traces import creation, look, picture, words

S = "page#Section"
I2I, T2I = "gpt-image-2-image-to-image", "gpt-image-2-text-to-image"

# ---------------------------------------------------------------- repeated keys

FIRST = creation(id="first")


def again(*names: str) -> Case:
    witnesses = tuple(Witness(clause=f"toy-pixels.create.idempotency.{n}") for n in names)
    return creation(id="again", repeats="first", witnesses=witnesses)


def fact(case: Case, outcome: str = "accepted", **more: Any) -> Observation:
    facts = {
        "outcome": outcome,
        "task_id": "t1" if outcome == "accepted" else "",
        "code": 200,
        "http": 200,
        "persistent": False,
        "headers": {},
    }
    return Observation(
        clause="", verdict="conforms", case=case.id, exchanges=(f"{case.id}/1",), facts=facts | more
    )


def repeated(name: str, first: Observation, second: Observation) -> tuple[str, str]:
    case = again(name)
    facts = facts_of((first, second))
    (found,) = idempotency(named("pixels"), (FIRST, case), facts)
    return found.verdict, found.message or found.reason


@pytest.mark.parametrize(
    ("second", "verdict"),
    [
        pytest.param({"outcome": "accepted"}, "conforms", id="the-same-task"),
        pytest.param({"outcome": "accepted", "task_id": "t2"}, "violates", id="a-second-task"),
        pytest.param(
            {"outcome": "refused", "code": 409, "causes": ["conflict"]},
            "violates",
            id="a-conflict-with-itself",
        ),
        pytest.param(
            {"outcome": "refused", "code": 409, "causes": ["conflict", "in-progress"]},
            "conforms",
            id="a-conflict-or-in-progress",
        ),
        pytest.param(
            {"outcome": "refused", "code": 409, "causes": ["in-progress"]},
            "inconclusive",
            id="in-progress-for-ever",
        ),
        pytest.param({"outcome": "refused", "code": 400, "http": 400}, "violates", id="refused"),
        pytest.param({"outcome": "trouble", "persistent": True}, "violates", id="always-500"),
        pytest.param({"outcome": "trouble"}, "inconclusive", id="trouble"),
        pytest.param({"outcome": "throttled", "code": 429}, "inconclusive", id="throttled"),
        pytest.param({"outcome": "no-reply"}, "inconclusive", id="lost"),
    ],
)
def test_the_same_key_and_body_give_the_same_task(second: dict[str, Any], verdict: str) -> None:
    assert repeated("same-request", fact(FIRST), fact(again(), **second))[0] == verdict


def test_a_second_task_is_named_beside_the_first() -> None:
    _, message = repeated("same-request", fact(FIRST), fact(again(), task_id="t2"))
    wanted = "expected task t1 again for the same Idempotency-Key, got a second task t2"
    assert message == wanted


@pytest.mark.parametrize("outcome", ["refused", "trouble", "throttled", "no-reply"])
def test_nothing_is_repeated_where_the_first_was_not_accepted(outcome: str) -> None:
    found = repeated("same-request", fact(FIRST, outcome), fact(again()))
    assert found == ("inconclusive", "the first creation with the key was not accepted")


@pytest.mark.parametrize(
    ("headers", "outcome", "verdict"),
    [
        ({"x-replay": "true"}, "accepted", "conforms"),
        ({"x-replay": "yes"}, "accepted", "violates"),
        ({}, "accepted", "violates"),
        ({}, "refused", "inconclusive"),
    ],
)
def test_a_replay_is_marked_as_documented(
    headers: dict[str, str], outcome: str, verdict: str
) -> None:
    second = fact(again(), outcome, headers=headers)
    assert repeated("replay-header", fact(FIRST), second)[0] == verdict


@pytest.mark.parametrize("sent", [(), ("first",), ("again",)])
def test_nothing_is_said_before_both_were_sent(sent: tuple[str, ...]) -> None:
    case = again("same-request")
    facts = facts_of(fact(c) for c in (FIRST, case) if c.id in sent)
    assert list(idempotency(named("pixels"), (FIRST, case), facts)) == []


def test_another_body_is_judged_as_a_broken_request() -> None:
    witness = Witness(clause="toy-pixels.create.idempotency.other-body")
    case = creation(id="again", repeats="first", witnesses=(witness,), breaks=witness)
    facts = facts_of((fact(FIRST), fact(case)))
    assert list(idempotency(named("pixels"), (FIRST, case), facts)) == []


def test_both_requests_are_shown() -> None:
    case = again("same-request", "replay-header")
    found = list(idempotency(named("pixels"), (FIRST, case), facts_of((fact(FIRST), fact(case)))))
    assert [o.exchanges for o in found] == [("first/1", "again/1")] * 2


# ---------------------------------------------------------------- tiers

TIER = "result.pixels.tier"


def shot(number: int, tier: str | None, pixels: tuple[int, int], ratio: str = "16:9", model: str = I2I) -> list[Observation]:  # fmt: skip
    """What is measured of one picture."""
    asked = {"input.aspect_ratio": ratio, **({"input.resolution": tier} if tier else {})}
    case = creation(asked, id=f"c{number}", model=model)
    return list(measured(look(named("aigptimage"), case, picture(*pixels))))


def compared(*shots: list[Observation], made: Contract | None = None) -> list[Observation]:
    return list(tiers(made or named("aigptimage"), [o for each in shots for o in each]))


SMALL, MIDDLE, LARGE = (160, 90), (320, 180), (640, 360)


@pytest.mark.parametrize(
    ("shots", "expected"),
    [
        pytest.param([shot(1, "1K", SMALL), shot(2, "2K", MIDDLE)], "conforms", id="grows"),
        pytest.param([shot(1, "1K", SMALL), shot(2, "2K", SMALL)], "violates", id="stays"),
        pytest.param([shot(1, "1K", LARGE), shot(2, "2K", MIDDLE)], "violates", id="shrinks"),
        pytest.param([shot(1, "1K", SMALL), shot(2, "4K", LARGE)], "conforms", id="skips-one"),
        pytest.param([shot(1, "2K", SMALL), shot(2, "2K", LARGE)], None, id="the-same-tier"),
        pytest.param([shot(1, "1K", SMALL)], None, id="one-alone"),
        pytest.param(
            [shot(1, "1K", LARGE, "1:1"), shot(2, "2K", MIDDLE)], None, id="another-shape"
        ),
        pytest.param(
            [shot(1, "1K", SMALL), shot(2, "2K", MIDDLE), shot(3, "4K", MIDDLE)],
            "violates",
            id="one-step-of-two",
        ),
    ],
)
def test_a_higher_tier_has_more_pixels(
    shots: list[list[Observation]], expected: str | None
) -> None:
    assert words(compared(*shots)).get(TIER) == expected


@pytest.mark.parametrize(
    ("shots", "expected"),
    [
        pytest.param([shot(2, "1K", SMALL), shot(3, "2K", MIDDLE)], "conforms", id="the-default"),
        pytest.param([shot(2, "1K", (166, 94)), shot(3, "2K", MIDDLE)], "conforms", id="about-it"),
        pytest.param([shot(2, "1K", MIDDLE), shot(3, "2K", SMALL)], "violates", id="another"),
        pytest.param([shot(2, "1K", SMALL), shot(3, "2K", SMALL)], None, id="all-alike"),
        pytest.param([shot(2, "1K", SMALL)], None, id="nothing-else"),
        pytest.param([shot(3, "2K", MIDDLE)], None, id="no-default"),
        pytest.param(
            [shot(2, "1K", SMALL, "1:1"), shot(3, "2K", MIDDLE, "1:1")], None, id="another-shape"
        ),
    ],
)
def test_what_is_left_out_gives_the_pixels_of_the_default(
    shots: list[list[Observation]], expected: str | None
) -> None:
    pictures = [o for each in (shot(1, None, SMALL), *shots) for o in each]
    found = words(shown_defaults(named("aigptimage"), pictures))
    assert found.get("create.input.resolution.default") == expected


def test_pictures_are_compared_whatever_their_order() -> None:
    shots = [shot(1, "1K", SMALL), shot(2, "2K", MIDDLE), shot(3, "4K", MIDDLE)]
    found = {
        frozenset((o.value, o.verdict) for o in compared(*order)) for order in permutations(shots)
    }
    assert len(found) == 1


def test_a_comparison_names_both_pictures() -> None:
    found = compared(shot(1, "1K", LARGE), shot(2, "2K", SMALL))
    assert {o.value for o in found} == {"1K", "2K"}
    wanted = f"expected more pixels at 2K than at 1K, got {160 * 90} against {640 * 360}"
    assert {o.message for o in found} == {wanted}


def test_pictures_of_two_models_are_not_compared() -> None:
    """No document says that the larger pictures of one are smaller than the next tier of another."""
    found = compared(shot(1, "1K", LARGE, model=T2I), shot(2, "2K", MIDDLE, model=I2I))
    assert words(found).get(TIER) is None


# ---------------------------------------------------------------- rows that were never used


def _row(*causes: str) -> dict[str, Any]:
    return {"means": "-", "causes": list(causes), "operations": ["create"], "source": S}


ROWS = contract(
    errors={
        "envelopes": {"plain": {"fields": {"error": field()}}},
        "table": {
            "400": {**_row("bad-parameter"), "fields": {"details": field()}},
            "422": _row("bad-parameter", "bad-model"),
            "401": _row("unauthorized"),
        },
    }
)


def used(*names: str, verdict: Any = "conforms") -> dict[str, list[Observation]]:
    return {f"acme.{n}": [Observation(clause=f"acme.{n}", verdict=verdict)] for n in names}


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        pytest.param(used("create.error.422"), {"error.400", "error.400.details"}, id="the-other"),
        pytest.param(
            used("create.error.400"), {"error.422", "error.400.details"}, id="or-this-one"
        ),
        pytest.param(
            used("create.error.400", "create.error.422"), {"error.400.details"}, id="both"
        ),
        pytest.param(used("create.error.401"), set(), id="another-cause"),
        pytest.param(used("create.error.422", verdict="violates"), set(), id="not-as-documented"),
        pytest.param({}, set(), id="none"),
    ],
)
def test_a_row_is_never_used_where_another_is_used_for_its_cause(
    seen: dict[str, list[Observation]], expected: set[str]
) -> None:
    found = sibling_rows(ROWS, seen)
    assert set(found) == {f"acme.create.{name}" for name in expected}


def test_a_row_that_is_never_used_says_which_is() -> None:
    found = sibling_rows(ROWS, used("create.error.422"))["acme.create.error.400"]
    assert found == "the vendor answers 422 where 400 is documented as well"
