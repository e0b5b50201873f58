"""ToAPIs as `test_hand_servers` has it: who keeps the documents is not accused, who breaks a clause is, of that one."""

from __future__ import annotations

import pytest

from tests.hand.checking import accused, check_server, unsettled
from tests.hand.further_toapis import BROKEN, PERMITTED
from tests.hand.toapis import Toapis
from tests.hand.variation import variant


@pytest.mark.parametrize("name", PERMITTED)
def test_a_server_that_keeps_its_documents_is_never_accused(name: str) -> None:
    result = check_server("toapis", PERMITTED[name]())
    assert accused(result) == {}
    assert unsettled(result) == {}


@pytest.mark.parametrize("name", BROKEN)
def test_what_a_server_breaks_is_blamed_and_nothing_else(name: str) -> None:
    make, clauses = BROKEN[name]
    found = accused(check_server("toapis", make()))
    assert frozenset(found) == clauses, found


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("sizes in pixels", "guide-old"),
        ("ratios with 1K", "guide-new"),
        ("ratios with 1k", "generation-cn"),
        ("every page at once", "guide-old"),
    ],
)
def test_the_page_whose_words_are_spoken_is_named(name: str, page: str) -> None:
    verdicts = {v.clause: v for v in check_server("toapis", PERMITTED[name]()).verdicts}
    assert verdicts["toapis.create.size.enum"].follows == page
    assert verdicts["toapis.create.resolution.enum"].follows == page


def test_a_task_that_fails_as_asked_does_not_hide_that_no_other_ends() -> None:
    members = {"state": lambda s, t: "failed" if s.fails(t) else "in_progress"}
    result = check_server("toapis", variant(Toapis, **members)())
    assert accused(result) == {}
    assert "toapis.result.picture" in unsettled(result)
    assert "toapis.status.reply.error.failed" not in unsettled(result)
