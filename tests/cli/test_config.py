"""`conformance.toml`: read with care, refused with the line that is wrong."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from conformance.cli.config import find_config, read_config
from conformance.errors import ConfigInvalid, UsageError
from conformance.results.baseline import Caps

WHOLE = """\
vendors = ["aigptimage", "toapis"]
fail_on = "must"

[caps]
max_billed = 5

[targets.toapis]
base_url = "http://127.0.0.1:8100"
image_urls = ["https://images.example/a.png"]
budget = 2.5

[[known]]
clause = "toapis.create.error.404"
reason = "answers 400; reported as T-17"
owner = "pictures"
expires = 2027-01-31

[[known]]
clause = "*.charge.*"
reason = "the meter is off by one"
owner = "finance"
expires = "2026-12-01"
"""

KNOWN = '[[known]]\nclause = "a.b"\nreason = "r"\nowner = "o"\nexpires = 2027-01-01\n'


def written(folder: Path, text: str, name: str = "conformance.toml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_everything_is_read(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, WHOLE))
    assert config.vendors == ("aigptimage", "toapis")
    assert config.fail_on == "must"
    assert config.caps == Caps(max_billed=5)
    assert config.targets["toapis"].base_url == "http://127.0.0.1:8100"
    assert config.targets["toapis"].image_urls == ("https://images.example/a.png",)
    assert config.targets["toapis"].caps == Caps(budget=2.5)
    assert [(k.clause, k.expires, k.line) for k in config.known] == [
        ("toapis.create.error.404", date(2027, 1, 31), 13),
        ("*.charge.*", date(2026, 12, 1), 19),
    ]


def test_a_shared_file_says_the_same(tmp_path: Path) -> None:
    text = "[project]\nname = 'x'\n\n[tool.conformance]\n"
    text += WHOLE.replace("[caps]", "[tool.conformance.caps]").replace(
        "[targets.", "[tool.conformance.targets."
    )
    shared = written(
        tmp_path, text.replace("[[known]]", "[[tool.conformance.known]]"), "pyproject.toml"
    )
    config = read_config(shared)
    assert config.vendors == ("aigptimage", "toapis")
    assert [k.line for k in config.known] == [17, 23]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("vendors = [", 1, "this is not TOML"),
        ('\n\nfail_on = "sometimes"\n', 3, "one of must, implied, any"),
        ('\nvendor = ["a"]\n', 2, "did you mean 'vendors'"),
        ("vendors = 3\n", 1, "a list of texts"),
        ("[caps]\nmax_billed = -1\n", 2, "at least 0"),
        ("[caps]\nmax_billed = true\n", 2, "at least 0"),
        ("[caps]\nbudget = 0\n", 2, "above 0"),
        ("[caps]\nbudget = inf\n", 2, "above 0"),
        ("[targets.a]\nbase_url = 'ftp://x'\n", 2, "http or https"),
        ("[targets.a]\nbase_url = 'https://user:pw@x'\n", 2, "neither user nor query"),
        ("[targets.a]\nlive = 1\n", 2, "true or false"),
        ("[targets.a]\nlive = true\nreplay = true\n", 1, "one target"),
        ("targets = 3\n", 1, "a table"),
        ("[targets]\na = 3\n", 2, "a table"),
        (KNOWN.replace('owner = "o"\n', ""), 1, "no owner"),
        (KNOWN.replace('reason = "r"', 'reason = ""'), 3, "a text"),
        (KNOWN.replace("2027-01-01", '"soon"'), 5, "a day, such as"),
        (KNOWN.replace("2027-01-01", "2027-01-01T10:00:00"), 5, "a day, such as"),
        (KNOWN + "until = 3\n", 6, "'until'"),
        (KNOWN + KNOWN.replace("owner", "ownr"), 10 - 1, "did you mean 'owner'"),
        ("known = 3\n", 1, "[[known]]"),
        ("known = [3]\n", 1, "[[known]]"),
        ("[targets.toapis]\napi_key = 'x'\n", 2, "no key in a file"),
        ("key = 'x'\n", 1, "no key in a file"),
        ("[caps]\n\ntoken = 'x'\n", 3, "no key in a file"),
        (KNOWN + 'secret = "x"\n', 6, "no key in a file"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(
    text: str, line: int, says: str, tmp_path: Path
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigInvalid) as refused:
        read_config(path)
    assert says in str(refused.value)
    assert str(refused.value).startswith(f"{path}:{line}: ")
    assert refused.value.exit_code == 3


def test_what_cannot_be_read_is_no_fault_of_its_content(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_config(tmp_path / "none.toml")
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigInvalid, match="UTF-8"):
        read_config(tmp_path / "b.toml")


def test_a_folder_has_its_own_file_or_the_shared_one(tmp_path: Path) -> None:
    assert find_config(tmp_path) is None
    written(tmp_path, "[project]\nname = 'x'\n", "pyproject.toml")
    assert find_config(tmp_path) is None
    shared = written(tmp_path, "[tool.conformance]\nvendors = []\n", "pyproject.toml")
    assert find_config(tmp_path) == shared
    own = written(tmp_path, "")
    assert find_config(tmp_path) == own
    own.unlink()
    written(tmp_path, "[[[", "pyproject.toml")
    assert find_config(tmp_path) is None
