"""What `import conformance` offers, and its page."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

import conformance
from conformance.errors import UsageError

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "library.md").read_text("utf-8")
EXAMPLES = dict(
    re.findall(r"<!-- test: (\w+) -->\n```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
)

NAMES = """
AsyncClient Client ConformanceError Contract ContractViolation RunOptions RunResult Webhooks
__version__ check judge load load_contract plan simulate
""".split()
"""Public: a name that goes has been deprecated before (CHANGELOG.md)."""

PARAMETERS = {
    "load": ["vendor"],
    "plan": ["vendor", "strength", "max_billed", "only", "seed"],
    "check": ["vendor", "base_url", "key", "options", "on_event"],
    "judge": ["record", "contract"],
    "load_contract": ["name_or_path"],
    "simulate": [
        "contract",
        "clock",
        "choices",
        "deviations",
        "faults",
        "key",
        "deliver",
        "secret",
        "image_fetcher",
    ],
}

SAID = {
    "plan": r"\d+ \d+ carrier\n",
    "check": r"\[\] [1-6] simulator\n",
    "judge": r"True\n",
    "simulate": r"4\d\d 0\n",
    "errors": r"2 unknown vendor 'aigptimag' \(did you mean 'aigptimage'\?\).*\n",
}


def test_the_public_names_are_these() -> None:
    assert sorted(conformance.__all__) == sorted(NAMES)
    assert set(NAMES) <= set(dir(conformance))
    assert all(getattr(conformance, name) is not None for name in NAMES)


@pytest.mark.parametrize("name", PARAMETERS)
def test_their_parameters_are_these_and_have_types(name: str) -> None:
    signature = inspect.signature(getattr(conformance, name))
    assert list(signature.parameters) == PARAMETERS[name]
    every = [*signature.parameters.values()]
    assert all(parameter.annotation is not inspect.Parameter.empty for parameter in every)
    assert signature.return_annotation is not inspect.Signature.empty


def test_types_are_told_to_others() -> None:
    assert files("conformance").joinpath("py.typed").is_file()


def test_a_name_that_is_none_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'chek'"):
        _ = conformance.chek


def test_every_example_is_known() -> None:
    assert PAGE.count("```python") == len(EXAMPLES) == len(SAID)


@pytest.mark.parametrize("name", SAID)
def test_each_example_runs_as_it_stands_there(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", EXAMPLES[name]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    assert re.fullmatch(SAID[name], done.stdout, re.DOTALL), done.stdout


def test_what_costs_money_needs_a_cap() -> None:
    with pytest.raises(UsageError, match="cap it with"):
        conformance.check("toapis", base_url="https://gateway.invalid", key="sk-x")


def test_a_server_needs_a_key() -> None:
    with pytest.raises(UsageError, match="TOAPIS_API_KEY is not set"):
        conformance.check("toapis", base_url="http://127.0.0.1:9")
