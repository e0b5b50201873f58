"""Waits are the documents' unless the user says otherwise, and the record says so."""

from __future__ import annotations

import pytest

from conformance.run.options import RunOptions, overridden, public_options, waits_for
from tests.run.toy import toy


def test_the_documented_advice_is_followed() -> None:
    waits = waits_for(toy(), RunOptions())

    assert (waits.first_s, waits.interval_s, waits.longest_s, waits.task_s) == (5, 2, 8, 60)
    assert list(overridden(toy(), RunOptions())) == []


def test_where_no_document_says_there_are_defaults() -> None:
    silent = toy(**{"polling:\n  first_s: [5, 5]\n  interval_s: [2, 8]\n  timeout_s: 60\n": ""})
    waits = waits_for(silent, RunOptions())

    assert (waits.first_s, waits.interval_s, waits.task_s) == (3, 3, 300)


def test_the_user_wins_and_is_quoted() -> None:
    options = RunOptions(poll_interval_s=0.5, poll_delay_s=0.0, timeout_s=9)
    waits = waits_for(toy(), options)

    assert (waits.first_s, waits.interval_s, waits.longest_s, waits.task_s) == (0, 0.5, 0.5, 9)
    assert list(overridden(toy(), options)) == [
        "polled every 0.5 s, where the documents advise 2 to 8 s",
        "polled first after 0 s, where the documents advise 5 to 5 s",
    ]


@pytest.mark.parametrize(("number", "wanted"), [(1, 2), (10, 2), (11, 3), (12, 4.5), (30, 8)])
def test_polls_come_further_and_further_apart_up_to_the_documented_most(
    number: int, wanted: float
) -> None:
    assert waits_for(toy(), RunOptions()).after_poll(number) == wanted


def test_what_is_written_of_the_options_is_json() -> None:
    import json

    assert json.loads(json.dumps(public_options(RunOptions(image_urls=("https://x/",)))))
