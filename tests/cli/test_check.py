"""`check` with a run that is made up: what is asked for, what it says, and with which exit code."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.cli.main import main
from conformance.contract.model import Contract
from conformance.errors import TargetUnusable
from conformance.results.cases import Cost
from conformance.results.entries import Header
from conformance.results.events import Billed, CaseDone, CaseStarted, Note, Planned
from conformance.results.outcome import RunResult
from conformance.results.verdicts import Verdict
from conformance.run.check import OnCassette
from conformance.run.journal import Journal
from conformance.run.options import RunOptions
from conformance.run.targets import Endpoint
from tests.reporting.results import AIGPTIMAGE, case_with, result_of, with_verdicts

ALL = len(result_of().verdicts)

MUST = "create.input.resolution.enum"
IMPLIED = "result.url"
DISPUTED = "status.reply.taskId"


class FakeRun:
    """Stands in for `run_check`; remembers what it was asked for and gives what it is told to."""

    def __init__(self) -> None:
        self.asked: list[tuple[Contract, Endpoint, RunOptions]] = []
        self.give: Callable[[Contract], RunResult] = lambda contract: result_of(contract.vendor)
        self.events: list[Any] = []

    def __call__(
        self,
        contract: Contract,
        target: Endpoint,
        options: RunOptions,
        *,
        on_event: Callable[[Any], None],
        journal: Journal,
        keep: OnCassette | None = None,
    ) -> RunResult:
        assert keep is None
        self.asked.append((contract, target, options))
        header = Header(
            vendor=contract.vendor,
            contract_digest="",
            contract_file="",
            target=target.target,
            tool="",
            seed=0,
            started="2026-11-21T00:00:00+00:00",
        )
        journal.write(header)
        try:
            for event in self.events:
                on_event(event)
            return replace(self.give(contract), target=target.target)
        finally:
            journal.close()


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeRun:
    made = FakeRun()
    monkeypatch.setattr("conformance.run.check.run_check", made)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    return made


def verdicts(**given: tuple[str, str, str]) -> Callable[[Contract], RunResult]:
    """aigptimage with these (clause, verdict, reason), everything else conforms."""
    found = {
        clause: Verdict(clause="", verdict=word, reason=reason, message="seen")  # type: ignore[arg-type]
        for clause, word, reason in given.values()
    }
    return lambda contract: result_of(AIGPTIMAGE, found)


# --- exit codes ---


@pytest.mark.parametrize(
    ("given", "flags", "code"),
    [
        ({}, [], 0),
        ({"a": (MUST, "untested", "cannot be provoked")}, [], 0),
        ({"a": (MUST, "untested", "cap")}, [], 0),
        ({"a": (MUST, "inconclusive", "5 of 11 tried")}, [], 0),
        ({"a": (MUST, "inconclusive", "5 of 11 tried: needs: image")}, [], 5),
        ({"a": (MUST, "inconclusive", "the answer was lost")}, [], 5),
        ({"a": (MUST, "violates", "")}, [], 1),
        ({"a": (MUST, "violates", ""), "b": (IMPLIED, "inconclusive", "lost")}, [], 1),
        ({"a": (MUST, "violates", "")}, ["--fail-on", "must"], 1),
        ({"a": (IMPLIED, "violates", "")}, [], 1),
        ({"a": (IMPLIED, "violates", "")}, ["--fail-on", "any"], 1),
        ({"a": (IMPLIED, "violates", "")}, ["--fail-on", "implied"], 1),
        ({"a": (IMPLIED, "violates", "")}, ["--fail-on", "must"], 0),
        (
            {"a": (IMPLIED, "violates", ""), "b": (MUST, "inconclusive", "lost")},
            ["--fail-on", "must"],
            5,
        ),
    ],
)
def test_the_exit_code_says_how_it_went(
    given: dict[str, tuple[str, str, str]], flags: list[str], code: int, fake: FakeRun
) -> None:
    fake.give = verdicts(**given)
    assert main(["check", "aigptimage", *flags]) == code


def test_following_no_answer_of_a_dispute_counts_as_what_is_stated(fake: FakeRun) -> None:
    found = {DISPUTED: Verdict(clause="", verdict="violates", message="seen")}
    fake.give = lambda contract: result_of("gptimage2api", found)
    assert main(["check", "gptimage2api", "--fail-on", "must"]) == 1


def test_nothing_tried_is_never_a_success(fake: FakeRun) -> None:
    fake.give = lambda contract: with_verdicts(result_of(), ["untested"])
    assert main(["check", "aigptimage"]) == 5


def test_one_vendor_of_which_nothing_was_tried_is_enough(fake: FakeRun) -> None:
    fake.give = lambda contract: (
        result_of(contract.vendor)
        if contract.vendor == AIGPTIMAGE
        else with_verdicts(result_of(contract.vendor), ["untested"])
    )
    assert main(["check"]) == 5


def down(contract: Contract) -> RunResult:
    raise TargetUnusable("nothing answers at http://127.0.0.1:1: is the server running?")


def test_a_target_that_cannot_be_judged_is_4_with_a_sentence(
    fake: FakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.give = down
    assert main(["check", "aigptimage", "--json", "out.json"]) == 4
    out, err = capsys.readouterr()
    assert (
        err
        == "conformance: aigptimage: nothing answers at http://127.0.0.1:1: is the server running?\n"
    )
    assert f"none of the {ALL} clauses was tried" in out
    assert "reports/records/aigptimage-" in out
    summary = json.loads(Path("out.json").read_text())["summary"]
    assert summary == {"conforms": 0, "violates": 0, "inconclusive": 0, "untested": ALL}


@pytest.mark.parametrize(("word", "code"), [("violates", 1), ("inconclusive", 4)])
def test_the_others_are_judged_all_the_same_and_1_goes_before_4_before_5(
    word: str, code: int, fake: FakeRun
) -> None:
    found = {MUST: Verdict(clause="", verdict=word, reason="lost")}  # type: ignore[arg-type]
    fake.give = lambda contract: (
        result_of(AIGPTIMAGE, found) if contract.vendor == AIGPTIMAGE else down(contract)
    )
    assert main(["check"]) == code
    assert len(fake.asked) > 1


def test_what_a_watcher_has_said_already_is_not_said_again(
    fake: FakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.events = [Note(vendor="aigptimage", text="it is down")]

    def note_and_stop(contract: Contract) -> RunResult:
        raise TargetUnusable("it is down")

    fake.give = note_and_stop
    assert main(["check", "aigptimage"]) == 4
    assert capsys.readouterr().err == "conformance: aigptimage: it is down\n"


def test_an_interrupted_run_says_where_its_record_is(
    fake: FakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(contract: Contract) -> RunResult:
        raise KeyboardInterrupt

    fake.give = interrupt
    assert main(["check", "aigptimage"]) == 130
    assert "what was asked so far is in reports/records/aigptimage-" in capsys.readouterr().err


# --- what is asked ---


def test_all_contracts_are_checked_against_the_simulator_by_default(
    fake: FakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check"]) == 0
    vendors = [contract.vendor for contract, _, _ in fake.asked]
    assert {"aigptimage", "gptimage2api"} <= set(vendors)
    assert all(endpoint.target.kind == "simulator" for _, endpoint, _ in fake.asked)
    assert all(endpoint.key == "test-key" for _, endpoint, _ in fake.asked)
    assert capsys.readouterr().out.startswith("self-test: no vendor was contacted\n")


def test_a_contract_may_be_given_by_its_path(fake: FakeRun) -> None:
    path = Path(__file__).parents[2] / "specs" / "aigptimage.yaml"
    assert main(["check", str(path)]) == 0
    assert fake.asked[0][0].vendor == "aigptimage"


def test_flags_become_options(fake: FakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    words = "--max-billed 3 --concurrency 2 --poll-interval 0.5 --poll-delay 0 --timeout 9 --seed 7"
    images = ["--image-url", "https://a.example/1.png", "--image-url", "https://a.example/2.png"]
    only = ["--only", "*.resolution.*", "--output", "out"]
    assert main(["check", "aigptimage", *words.split(), *images, *only]) == 0
    options = fake.asked[0][2]
    assert (options.max_billed, options.concurrency, options.seed) == (3, 2, 7)
    assert (options.poll_interval_s, options.poll_delay_s, options.timeout_s) == (0.5, 0.0, 9.0)
    assert options.image_urls == ("https://a.example/1.png", "https://a.example/2.png")
    assert options.only == "*.resolution.*"
    assert options.output == Path("out")
    assert Path("out/records").is_dir()


def test_the_simulator_takes_the_vendors_key_where_there_is_one(
    fake: FakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIGPTIMAGE_API_KEY", "sk-mine")
    main(["check", "aigptimage"])
    assert fake.asked[0][1].key == "sk-mine"


def test_vendors_without_a_matching_clause_are_left_out(fake: FakeRun) -> None:
    assert main(["check", "--only", "aigptimage.*"]) == 0
    assert [contract.vendor for contract, _, _ in fake.asked] == ["aigptimage"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["aigptimge"], "unknown vendor 'aigptimge' (did you mean 'aigptimage'?)"),
        (["--base-url", "http://127.0.0.1:1"], "--base-url takes exactly one vendor, found none"),
        (
            ["aigptimage", "gptimage2api", "--base-url", "http://127.0.0.1:1"],
            "--base-url takes exactly one vendor, found aigptimage, gptimage2api",
        ),
        (["aigptimage", "--base-url", "http://127.0.0.1:1"], "AIGPTIMAGE_API_KEY is not set"),
        (["--only", "aigptimage.create.pth"], "(did you mean 'aigptimage.create.path'?)"),
        (["--only", "*.resolutoin.*"], "(did you mean '*.resolution.*'?)"),
        (["gptimage2api", "--only", "aigptimage.*"], "matches no clause of gptimage2api"),
        (
            ["--fail-on", "musst"],
            "--fail-on is 'musst', expected must, implied or any (did you mean 'must'?)",
        ),
        (["--strength", "4"], "--strength is '4', expected 1, 2 or 3"),
        (["--max-billed", "-1"], "--max-billed is '-1', expected a whole number of at least 0"),
        (["--concurrency", "0"], "--concurrency is '0', expected a whole number of at least 1"),
        (["--image-url", "cat.png"], "--image-url is 'cat.png', expected an http or https URL"),
        (["--max-biled", "1"], "unknown flag --max-biled (did you mean '--max-billed'?)"),
        (["--live"], "--live takes the vendors to ask by their names"),
        (["aigptimage", "--live"], "AIGPTIMAGE_API_KEY is not set: --live needs the key"),
        (
            ["aigptimage", "--live", "--base-url", "http://127.0.0.1:1"],
            "--live and --base-url are two targets",
        ),
        (["aigptimage", "--live", "--replay"], "--live has no place beside --replay"),
        (["--resume", "r.jsonl", "--replay"], "--resume and --replay are two targets"),
        (["--json", "no/such/folder.json"], "there is no folder no/such"),
        (["--output", "/dev/null"], "--output /dev/null cannot hold records"),
    ],
)
def test_a_mistake_is_one_sentence_and_nothing_is_sent(
    words: list[str], sentence: str, fake: FakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", *words]) == 2
    out, err = capsys.readouterr()
    assert sentence in err
    assert err.count("\n") == 1
    assert fake.asked == []
    assert out == ""


def test_a_base_url_is_one(
    fake: FakeRun, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AIGPTIMAGE_API_KEY", "sk-mine")
    assert main(["check", "aigptimage", "--base-url", "localhost"]) == 2
    assert "expected a base URL such as http://127.0.0.1:8000" in capsys.readouterr().err
    assert "sk-mine" not in capsys.readouterr().err


# --- money ---


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("AIGPTIMAGE_API_KEY", "sk-mine")
    return ["check", "aigptimage", "--base-url", "https://vendor.example/api"]


class Person(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_nobody_to_ask_sends_nothing(
    fake: FakeRun, elsewhere: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(elsewhere) == 2
    err = capsys.readouterr().err
    assert "https://vendor.example/api is not this machine" in err
    assert "paid creations, " in err
    assert "credits" in err
    assert "give --yes" in err
    assert fake.asked == []


@pytest.mark.parametrize(
    ("answer", "code"), [("y\n", 0), ("yes\n", 0), ("\n", 2), ("n\n", 2), ("", 2)]
)
def test_a_person_is_asked(
    answer: str, code: int, fake: FakeRun, elsewhere: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Person(answer))
    assert main(elsewhere) == code
    assert len(fake.asked) == (code == 0)


def test_yes_shows_the_cost_and_does_not_ask(
    fake: FakeRun, elsewhere: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*elsewhere, "--yes", "--max-billed", "2"]) == 0
    out, err = capsys.readouterr()
    assert "at worst 2 paid creations, 16 credits." in err
    assert "self-test" not in out
    _, endpoint, _ = fake.asked[0]
    assert (endpoint.base_url, endpoint.key) == ("https://vendor.example/api", "sk-mine")
    assert "sk-mine" not in out + err


def test_all_vendors_are_agreed_to_before_the_first_is_asked(
    fake: FakeRun, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AIGPTIMAGE_API_KEY", "sk-mine")
    monkeypatch.setenv("TOAPIS_API_KEY", "sk-mine-too")
    monkeypatch.setattr("sys.stdin", Person("y\n"))

    assert main(["check", "aigptimage", "toapis", "--live"]) == 0

    out, err = capsys.readouterr()
    assert err.count("Send the requests?") == 1
    assert "https://aigptimage.com is not this machine, so this can cost money: expected" in err
    assert "https://toapis.com is not this machine" in err
    kinds = [(endpoint.target.kind, endpoint.key) for _, endpoint, _ in fake.asked]
    assert kinds == [("live", "sk-mine"), ("live", "sk-mine-too")]
    assert "self-test" not in out


def test_what_is_expected_is_said_beside_the_worst_case(
    fake: FakeRun, elsewhere: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*elsewhere, "--yes", "--max-billed", "2", "--budget", "10"]) == 0
    err = capsys.readouterr().err
    assert "expected 2 paid creations, 6 credits;" in err
    assert "at worst 2 paid creations, 10 credits." in err


def test_what_can_cost_nothing_needs_no_yes(fake: FakeRun, elsewhere: list[str]) -> None:
    assert main([*elsewhere, "--max-billed", "0"]) == 0
    assert len(fake.asked) == 1


def test_this_machine_is_asked_without_a_question(
    fake: FakeRun, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AIGPTIMAGE_API_KEY", "test-key")
    assert main(["check", "aigptimage", "--base-url", "http://127.0.0.1:8100/"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "self-test" not in out
    assert "http://127.0.0.1:8100" in out


# --- what is shown ---


def test_json_alone_on_stdout(fake: FakeRun, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--json", "-"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["format"] == "conformance/run@1"
    assert err == "self-test: no vendor was contacted\n"


def test_json_in_a_file_beside_the_report(
    fake: FakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "aigptimage", "--json", "out.json"]) == 0
    document = json.loads(Path("out.json").read_text())
    assert document["summary"]["conforms"] == ALL
    assert f"{ALL} = {ALL} conform" in capsys.readouterr().out


def test_verbose_lists_every_clause(fake: FakeRun, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "aigptimage", "--verbose"])
    assert f"CONFORMS ({ALL})" in capsys.readouterr().out


def test_notes_are_said_at_once_and_progress_goes_to_stderr(
    fake: FakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    case = case_with("right")
    cost = Cost(amount=3, unit="credits")
    fake.events = [
        Planned(vendor="aigptimage", cases=5, billed=2),
        CaseStarted(vendor="aigptimage", case=case),
        Billed(vendor="aigptimage", billed=1, cost=cost),
        Note(vendor="aigptimage", text="slowed down\x1b[2J: 429"),
        CaseDone(vendor="aigptimage", case=case, kind="accepted", code=200),
    ]
    assert main(["check", "aigptimage"]) == 0
    out, err = capsys.readouterr()
    assert err == "conformance: aigptimage: slowed down\\x1b[2J: 429\n"
    assert "slowed" not in out
