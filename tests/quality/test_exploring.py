"""What no plan of strength 1 shows is found by exploring, made small, and blamed on the clause that it breaks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import pytest

from conformance.compilers.violation import Violation
from conformance.contract.loading import load_contract
from conformance.contract.model import Contract
from conformance.errors import UsageError
from conformance.results.cases import Case
from conformance.results.outcome import RunResult
from conformance.run.check import rejudge, run_check
from conformance.run.journal import read_record
from conformance.run.options import RunOptions
from conformance.run.targets import embedded_target
from conformance.simulator.hooks import Hooks, Moment
from tests.hand.checking import accused, check_server, unsettled
from tests.hand.variants import PERMITTED

VENDORS = ("aigptimage", "gptimage2api", "apimart", "toapis", "apipod")
Body = Mapping[str, Any]


@cache
def contract_of(vendor: str) -> Contract:
    return load_contract(vendor)


class Refuses(Hooks):
    """Refuses creations of which something holds, though nothing is wrong with them."""

    def __init__(self, when: Callable[[Body], bool]) -> None:
        self.when = when

    def violations(self, found: tuple[Violation, ...], at: Moment) -> tuple[Violation, ...]:
        if at.operation != "create" or found or not self.when(json.loads(at.request.body)):
            return found
        return (Violation(path="", keyword="type", message="no"),)


class Accepts(Hooks):
    """Looks over what is wrong with creations of which something holds."""

    def __init__(self, when: Callable[[Body], bool]) -> None:
        self.when = when

    def violations(self, found: tuple[Violation, ...], at: Moment) -> tuple[Violation, ...]:
        if at.operation != "create" or not found:
            return found
        try:
            body = json.loads(at.request.body)
        except ValueError:
            return found
        return () if isinstance(body, dict) and self.when(body) else found


def size_of(value: Any) -> int:
    return len(value) if isinstance(value, str | list) else 0


@dataclass(frozen=True, kw_only=True)
class Deviant:
    """A vendor with one fault; `smallest` is what differs from a plain request in the smallest one that shows it."""

    vendor: str
    hooks: Hooks
    clause: str
    smallest: Callable[[Body], bool]
    number: int = 200


def _is_short(prompt: str, guilty: str) -> bool:
    """Whether little is left of a prompt but what it is refused for."""
    return guilty in prompt and len(set(prompt) - set("a red apple")) == 1 and len(prompt) < 60


REFUSED = "gptimage2api.create.status.200"
DEVIANTS = {
    "a quote in the prompt": Deviant(
        vendor="gptimage2api",
        hooks=Refuses(lambda b: '"' in b["prompt"]),
        clause="gptimage2api.create.prompt.type",
        smallest=lambda b: _is_short(b["prompt"], '"') and set(b) == {"prompt", "model"},
    ),
    "three references of four": Deviant(
        vendor="gptimage2api",
        hooks=Refuses(lambda b: size_of(b.get("inputImageUrls")) == 3),
        clause="gptimage2api.create.*.inputImageUrls.maxItems",
        smallest=lambda b: size_of(b["inputImageUrls"]) == 3 and len(b) == 3,
    ),
    "a number in the middle of its range": Deviant(
        vendor="gptimage2api",
        hooks=Refuses(lambda b: 20 < b.get("numInferenceSteps", 0) < 50),
        clause="gptimage2api.create.numInferenceSteps.maximum",
        smallest=lambda b: 20 < b["numInferenceSteps"] < 50 and len(b) == 3,
    ),
    "fields in another order": Deviant(
        vendor="gptimage2api",
        hooks=Refuses(lambda b: next(iter(b)) != "prompt" and "prompt" in b),
        clause=REFUSED,
        smallest=lambda b: list(b) == ["model", "prompt"],
    ),
    "a limit that another field switches off": Deviant(
        vendor="aigptimage",
        hooks=Accepts(
            lambda b: (
                isinstance(b.get("input"), dict)
                and size_of(b["input"].get("prompt")) > 20_000
                and b["input"].get("resolution") == "2K"
            )
        ),
        clause="aigptimage.create.input.prompt.maxLength",
        smallest=lambda b: b["input"]["resolution"] == "2K" and len(b["input"]) <= 4,
    ),
}


def explored(
    vendor: str, hooks: Hooks | None = None, number: int = 200, **options: Any
) -> RunResult:
    contract = contract_of(vendor)
    endpoint = embedded_target(contract, deviations=[hooks] if hooks else [])
    return run_check(contract, endpoint, RunOptions(explore=number, **options))


def smallest_of(result: RunResult) -> list[Case]:
    return [case for case in result.cases if case.found]


@pytest.mark.parametrize("name", DEVIANTS)
def test_what_the_plan_does_not_show_is_found_and_made_small(name: str) -> None:
    deviant = DEVIANTS[name]
    planned = explored(deviant.vendor, deviant.hooks, number=0)
    result = explored(deviant.vendor, deviant.hooks, number=deviant.number)

    assert accused(planned) == {}
    assert accused(result)
    assert all(fnmatchcase(name, deviant.clause) for name in accused(result)), accused(result)
    bodies = [case.send.body for case in smallest_of(result)]
    assert any(map(deviant.smallest, bodies)), bodies
    assert sum(case.id.startswith("explored:") for case in result.cases) < deviant.number + 500


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_faithful_vendor_is_not_accused(vendor: str) -> None:
    result = explored(vendor, number=60)

    assert accused(result) == {}
    assert unsettled(result) == {}
    assert sum(case.id.startswith("explored:") for case in result.cases) == 60


@pytest.mark.parametrize(
    "key",
    [next(key for key in PERMITTED if key[0] == vendor) for vendor in VENDORS[:2]],
    ids=": ".join,
)
def test_a_server_that_keeps_its_documents_is_not_accused(key: tuple[str, str]) -> None:
    result = check_server(key[0], PERMITTED[key](), explore=150, max_billed=400)

    assert accused(result) == {}
    assert unsettled(result) == {}


def test_a_seed_asks_the_same_again() -> None:
    def sent(seed: int) -> list[str]:
        cases = explored("aigptimage", number=12, seed=seed).cases
        return [repr(case.send) for case in cases if case.id.startswith("explored:")]

    assert sent(3) == sent(3)
    assert sent(3) != sent(4)


def test_the_record_gives_the_same_verdicts_again(tmp_path: Path) -> None:
    deviant = DEVIANTS["fields in another order"]
    result = explored(deviant.vendor, deviant.hooks, number=60, output=tmp_path)
    again = rejudge(read_record(Path(result.record_path)))

    assert again.verdicts == result.verdicts
    assert accused(again)
    assert [case.found for case in smallest_of(again)] == [c.found for c in smallest_of(result)]


def test_without_a_cap_a_server_gets_no_valid_request() -> None:
    key = next(iter(PERMITTED))
    result = check_server(key[0], PERMITTED[key](), explore=10)

    cases = [case for case in result.cases if case.id.startswith("explored:")]
    assert len(cases) == 10
    assert all(case.breaks for case in cases)
    assert any("--max-billed" in note for note in result.notes)


def test_the_cap_holds_for_what_is_explored() -> None:
    key = next(iter(PERMITTED))
    result = check_server(key[0], PERMITTED[key](), explore=100, max_billed=20)

    assert result.billed <= 20
    assert not any(case.id.startswith("explored:") and not case.send for case in result.cases)
    assert any("stopped" in note for note in result.notes)


def test_a_request_that_is_refused_only_once_accuses_nobody() -> None:
    class Moody(Refuses):
        seen: ClassVar[set[bytes]] = set()

        def violations(self, found: tuple[Violation, ...], at: Moment) -> tuple[Violation, ...]:
            if at.request.body in self.seen or b"apple\\" not in at.request.body:
                return found
            self.seen.add(at.request.body)
            return super().violations(found, at)

    assert accused(explored("gptimage2api", Moody(lambda _: True), number=60)) == {}


def test_without_hypothesis_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.run.check.find_spec", lambda _: None)

    with pytest.raises(UsageError, match=r"image-api-conformance\[fuzz\]"):
        explored("aigptimage", number=1)
