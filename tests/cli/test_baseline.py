"""`check --baseline`: only what is new, and a file that can only get shorter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator

from conformance.cli.main import main
from conformance.contract.loading import load_contract
from conformance.simulator.app import simulate
from conformance.simulator.clock import RealClock
from conformance.simulator.serve import serving
from tests.outside.test_schemas import schema

VENDOR = "gptimage2api"
CHARGE = f"{VENDOR}.create.charge.gpt-image-2"
PATH = f"{VENDOR}.create.path"


@pytest.fixture(scope="module")
def broken() -> Iterator[str]:
    """The address of a vendor that charges one too many."""
    app = simulate(load_contract(VENDOR), clock=RealClock(400), deviations=["charge-off-by-one"])
    with serving({VENDOR: app}) as urls:
        yield urls[VENDOR]


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GPTIMAGE2API_API_KEY", "test-key")


def known(clause: str, expires: str = "2099-01-01") -> str:
    return f'[[known]]\nclause = "{clause}"\nreason = "T-17"\nowner = "me"\nexpires = {expires}\n'


def config(url: str, *parts: str, name: str = "conformance.toml") -> str:
    text = f'vendors = ["{VENDOR}"]\n[targets.{VENDOR}]\nbase_url = "{url}"\n' + "".join(parts)
    Path(name).write_text(text)
    return name


def checked(*words: str) -> int:
    only = () if "--only" in words else ("--only", "*.charge.*,*.create.path")
    return main(["check", *only, "--poll-interval", "0.02", "--poll-delay", "0.02", *words])


def document(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    code = checked(*words, "--json", "-")
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert [e.message for e in Draft202012Validator(schema("check")).iter_errors(found)] == []
    return code, found


def test_what_is_new_is_shown_and_what_is_known_only_named(
    broken: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config(broken)
    code, all_new = document(capsys)
    assert code == 1
    violated = all_new["baseline"]["new"]
    assert CHARGE in violated

    config(broken, *(known(name) for name in violated))
    assert checked("--junit", "junit.xml") == 0
    out, err = capsys.readouterr()
    assert "VIOLATES (" not in out
    assert f"{CHARGE} is violated, as known" in out
    assert "T-17 (me, until 2099-01-01)" in out
    assert "read from conformance.toml" in err
    suite = ET.fromstring(Path("junit.xml").read_text())[0]  # noqa: S314  # ours
    assert suite.attrib["failures"] == "0"
    assert any("known to be violated: T-17" in s.attrib["message"] for s in suite.iter("skipped"))

    # All but one: that one is new, and shown.
    config(broken, *(known(name) for name in violated if name != CHARGE))
    assert checked() == 1
    out = capsys.readouterr().out
    assert "VIOLATES (1)" in out
    assert f"1. {CHARGE}" in out


def test_one_pattern_may_name_several(broken: str, capsys: pytest.CaptureFixture[str]) -> None:
    config(broken, known(f"{VENDOR}.create.charge.*"), known(f"{VENDOR}.status.charge.*"))
    code, found = document(capsys)
    states = {k["clause"]: k["state"] for k in found["baseline"]["known"]}
    assert states[f"{VENDOR}.create.charge.*"] == "known"
    assert (code == 0) is (states[f"{VENDOR}.status.charge.*"] in ("known", "not tried"))


@pytest.mark.parametrize(
    ("part", "says"),
    [
        (known(PATH), "conforms by now"),
        (known(f"{VENDOR}.create.charge.*", "2020-01-01"), "has expired"),
    ],
    ids=["passes", "expired"],
)
def test_what_has_had_its_day_fails(
    part: str, says: str, broken: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config(broken, part, known("*.charge.*"))
    assert checked("--junit", "junit.xml") == 1
    assert says in " ".join(capsys.readouterr().out.split())
    assert '<failure message="' in Path("junit.xml").read_text()


def test_flags_go_before_the_file(broken: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that names a server, and a vendor that is named by hand: both can be set aside."""
    config("http://127.0.0.1:9", known("*.charge.*"))
    assert (
        main(["check", VENDOR, "--base-url", broken, "--only", "*.auth", "--poll-interval", "0.02"])
        == 0
    )
    capsys.readouterr()
    assert main(["check", "aigptimage", "--only", "*.auth"]) == 0
    assert "self-test" in capsys.readouterr().out
    assert main(["check", VENDOR, "--no-baseline", "--only", "*.auth"]) == 0
    out, err = capsys.readouterr()
    assert "self-test" in out
    assert "read from" not in err


def test_a_file_may_be_elsewhere(broken: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("ci").mkdir()
    name = config(broken, known("*.charge.*"), name="ci/known.toml")
    assert checked("--baseline", name) == 0
    assert "read from ci/known.toml" in capsys.readouterr().err
    assert main(["check", "--baseline", "ci/none.toml"]) == 2
    assert main(["check", "--baseline", name, "--no-baseline"]) == 2


def test_a_deviation_that_names_nothing_is_refused_with_its_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    config("http://127.0.0.1:9", known(f"{VENDOR}.create.charge.gpt-image-3"))
    assert checked() == 3
    err = capsys.readouterr().err
    assert "conformance.toml:5: found clause" in err
    assert f"did you mean '{CHARGE}'" in err


def test_a_target_of_nobody_is_refused_and_never_taken_for_a_simulator(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("conformance.toml").write_text(
        'vendors = ["aigptimage"]\n[targets.aigptimag]\nlive = true\n'
    )
    assert main(["check", "--only", "*.auth"]) == 3
    assert "conformance.toml:2: found [targets.aigptimag]" in capsys.readouterr().err


def test_a_vendor_that_there_is_not_is_refused_with_its_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("conformance.toml").write_text('fail_on = "must"\nvendors = ["aigptimag"]\n')
    assert main(["check"]) == 3
    assert "conformance.toml:2: found vendor 'aigptimag'" in capsys.readouterr().err


def test_paths_of_contracts_begin_where_the_file_is() -> None:
    Path("ci").mkdir()
    Path("ci/mine.yaml").write_text(load_contract("aigptimage").text)
    Path("ci/known.toml").write_text('vendors = ["mine.yaml"]\n')
    assert main(["check", "--baseline", "ci/known.toml", "--only", "*.auth"]) == 0


def test_a_deviation_of_a_vendor_that_is_not_asked_is_left_alone() -> None:
    Path("conformance.toml").write_text(
        'vendors = ["aigptimage"]\n' + known("toapis.create.nonsense")
    )
    assert main(["check", "--only", "*.auth"]) == 0


def test_caps_of_the_file_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    Path("conformance.toml").write_text('vendors = ["aigptimage"]\n[caps]\nmax_billed = 2\n')
    assert main(["check", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["vendors"][0]["billed"] == 2
    assert main(["check", "--max-billed", "3", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["vendors"][0]["billed"] == 3


def test_a_vendor_of_the_file_may_be_replayed(capsys: pytest.CaptureFixture[str]) -> None:
    Path("conformance.toml").write_text(
        'vendors = ["aigptimage"]\n[targets.aigptimage]\nreplay = true\n'
    )
    assert main(["check", "--json", "-"]) in (0, 5)
    assert json.loads(capsys.readouterr().out)["vendors"][0]["target"]["kind"] == "cassette"
