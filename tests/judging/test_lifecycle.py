"""Does a task move through documented states, and stay where it ended?"""

from __future__ import annotations

from typing import Any

import pytest

from conformance.judging.lifecycle import paths, states, terminal
from conformance.wire.exchange import Exchange
from tests.contract.toys import contract, field, named, raw
from tests.judging.traces import answer, breaking, creation, look, lost, query, words

ACME = contract()
CREATED = answer("create", {"id": "t1"})


def poll(state: Any, phase: str = "poll") -> Exchange:
    return answer(phase, {"state": state, "urls": []})


def seen(*states_: Any, again: tuple[Any, ...] = ()) -> list[Exchange]:
    """A creation and the states of its task, in the end when asked again."""
    return [CREATED, *(poll(s) for s in states_), *(poll(s, "repoll") for s in again)]


# ---------------------------------------------------------------- states


@pytest.mark.parametrize(
    ("states_", "word"),
    [
        pytest.param(["busy", "done"], "conforms", id="documented"),
        pytest.param(["done"], "conforms", id="straight-to-success"),
        pytest.param(["busy"] * 5 + ["gone"], "conforms", id="five-polls"),
        pytest.param(["done", "busy", "done"], "conforms", id="order-is-not-told-here"),
        pytest.param(["queued", "done"], "violates", id="undocumented"),
        pytest.param(["busy", "DONE"], "violates", id="in-capitals"),
        pytest.param([None], None, id="null-is-said-elsewhere"),
        pytest.param([], None, id="never-polled"),
    ],
)
def test_each_state_seen_is_documented(states_: list[Any], word: str | None) -> None:
    found = words(states(look(ACME, creation(), *seen(*states_))))
    assert found.get("status.state.enum") == word


def test_an_undocumented_state_is_told_beside_the_documented_ones() -> None:
    found = list(states(look(ACME, creation(), *seen("queued"))))
    assert found[0].message == "expected one of busy, done, gone, got queued"
    assert found[0].exchanges == ("case/2",)


def test_a_state_of_another_type_is_the_same_state() -> None:
    exchange = answer("poll", {"job": {"state": "2"}})
    found = words(states(look(named("integers"), creation(), exchange)))
    assert found == {"status.state.enum": "conforms"}


# ---------------------------------------------------------------- staying


@pytest.mark.parametrize(
    ("states_", "again", "word"),
    [
        pytest.param(["busy", "done"], ("done",), "conforms", id="stays"),
        pytest.param(["busy", "done"], ("busy",), "violates", id="runs-again"),
        pytest.param(["done"], ("gone",), "violates", id="fails-afterwards"),
        pytest.param(["gone"], ("done",), "violates", id="succeeds-afterwards"),
        pytest.param(["done"], ("queued",), "violates", id="turns-into-nothing-documented"),
        pytest.param(["busy"], ("done",), None, id="ends-only-in-the-end"),
        pytest.param(["done"], (), None, id="not-asked-again"),
        pytest.param(["done"], ("done", "busy"), "violates", id="later-still"),
    ],
)
def test_a_task_that_has_ended_stays_as_it_is(
    states_: list[str], again: tuple[str, ...], word: str | None
) -> None:
    found = words(terminal(look(ACME, creation(), *seen(*states_, again=again))))
    assert found.get("status.state.terminal") == word


def test_nothing_is_said_of_staying_where_no_document_does() -> None:
    made = contract(states={k: v for k, v in raw()["states"].items() if k != "terminal"})
    assert list(terminal(look(made, creation(), *seen("done", again=("busy",))))) == []


def test_trouble_when_asked_again_is_no_change() -> None:
    exchanges = [*seen("done"), answer("repoll", {}, 503), lost("repoll")]
    assert list(terminal(look(ACME, creation(), *exchanges))) == []


def test_a_change_names_both_replies() -> None:
    (found,) = terminal(look(ACME, creation(), *seen("done", again=("busy",))))
    assert found.exchanges == ("case/2", "case/3")
    assert found.message == "expected the task to stay done, got busy later"


# ---------------------------------------------------------------- paths


@pytest.mark.parametrize(
    ("polls", "word"),
    [
        pytest.param([poll("busy")], "conforms", id="found"),
        pytest.param([answer("poll", {}, 404)] * 3, "violates", id="never-found"),
        pytest.param(
            [answer("poll", {}, 404), poll("busy")], "conforms", id="found-after-a-moment"
        ),
        pytest.param([answer("poll", b"<html>")] * 3, "violates", id="something-else-is-there"),
        pytest.param([answer("poll", {}, 404), answer("poll", {}, 503)], None, id="trouble"),
        pytest.param([lost("poll")], None, id="lost"),
        pytest.param([answer("poll", {}, 429)], None, id="throttled"),
        pytest.param([], None, id="not-polled"),
    ],
)
def test_a_fresh_task_of_ones_own_is_found(polls: list[Exchange], word: str | None) -> None:
    found = words(paths(look(ACME, creation(), CREATED, *polls)))
    assert found.get("status.path") == word


def test_an_error_without_a_code_inside_a_success_is_no_other_place() -> None:
    """So looks a failed task whose reply lacks what tells it from an error."""
    row = {"means": "-", "causes": ["bad-parameter"], "operations": ["create"], "source": "page#A"}
    envelope = {"marker": {"error": {"present": True}}, "fields": {"error": field(type="object")}}
    errors = {"envelopes": {"plain": envelope}, "table": {"400": row}}
    made = contract(errors=errors)
    failed = answer("poll", {"state": "gone", "error": {"message": "no"}})
    assert "status.path" not in words(paths(look(made, creation(), CREATED, failed)))


def test_a_task_that_is_not_found_says_where_it_was_looked_for() -> None:
    exchanges = (CREATED, answer("poll", {"error": "no"}, 404))
    (found,) = [o for o in paths(look(ACME, creation(), *exchanges)) if o.verdict == "violates"]
    wanted = "expected the status of the task just created at GET /made/{id}, got HTTP 404"
    assert found.message == wanted


@pytest.mark.parametrize(
    ("exchange", "expected"),
    [
        (CREATED, {"create.path": "conforms", "create.contentType": "conforms"}),
        (answer("create", {"error": "no"}, 400), {}),
        (answer("create", {}, 404), {}),
        (lost("create"), {}),
    ],
    ids=["accepted", "refused", "not-found", "lost"],
)
def test_a_path_answers_where_a_request_was_accepted(
    exchange: Exchange, expected: dict[str, str]
) -> None:
    assert words(paths(look(ACME, creation(), exchange))) == expected


def test_a_query_that_was_refused_says_nothing_about_its_path() -> None:
    exchange = answer("status", {"error": "no"}, 404)
    assert list(paths(look(ACME, query("acme.status.error.404"), exchange))) == []


def test_a_wrongly_accepted_creation_shows_its_path_all_the_same() -> None:
    case = breaking("acme.create.prompt.type")
    assert words(paths(look(ACME, case, CREATED)))["create.path"] == "conforms"
