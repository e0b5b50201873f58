"""What is read from YAML, where it stands, what is refused, and how a refusal is worded."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.contract import located as located_module
from conformance.contract.located import Located, read_located, read_located_file
from conformance.contract.validation import validate
from conformance.contract.wording import nearest, shown
from conformance.errors import ContractInvalid

SOON_S = (
    10  # a hang is what is looked for, on a machine that is busy; how fast it is, benchmarks tell
)


@pytest.fixture(params=["CSafeLoader", "SafeLoader"])
def _each_loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """libyaml where there is one, and PyYAML's own parser where there is none."""
    loader = getattr(yaml, request.param, None)
    if loader is None:
        pytest.skip("this PyYAML is built without libyaml")
    monkeypatch.setattr(located_module, "LOADER", loader)


each_loader = pytest.mark.usefixtures("_each_loader")


def value_of(text: str) -> Any:
    return read_located(text, file="specs/acme.yaml").value


def refusal(act: Callable[[], object]) -> ContractInvalid:
    with pytest.raises(ContractInvalid) as caught:
        act()
    assert "\n" not in str(caught.value)
    assert str(caught.value).isprintable()
    return caught.value


def refused(text: str) -> str:
    """The message, without the file's name: `line:column: problem`."""
    message = str(refusal(lambda: read_located(text, file="specs/acme.yaml")))
    return message.removeprefix("specs/acme.yaml:")


def invalid(text: str, schema: dict[str, Any]) -> str:
    located = read_located(text, file="specs/acme.yaml")
    return str(refusal(lambda: validate(located, schema))).removeprefix("specs/acme.yaml:")


# ---------------------------------------------------------------- scalars follow YAML 1.2


@each_loader
@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1:1", "1:1"),
        ("16:9", "16:9"),
        ("1:30:00", "1:30:00"),
        ("no", "no"),
        ("Yes", "Yes"),
        ("on", "on"),
        ("off", "off"),
        ("y", "y"),
        ("true", True),
        ("True", True),
        ("FALSE", False),
        ("tRUE", "tRUE"),
        ("null", None),
        ("Null", None),
        ("~", None),
        ("", None),
        ("nULL", "nULL"),
        ("0", 0),
        ("-7", -7),
        ("+7", 7),
        ("007", 7),
        ("08", 8),
        ("0o17", 15),
        ("0o18", "0o18"),
        ("0x1F", 31),
        ("-0x1F", "-0x1F"),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("1.5", 1.5),
        ("1.", 1.0),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("-1.5E-3", -0.0015),
        ("1e", "1e"),
        (".", "."),
        ("1.2.3", "1.2.3"),
        ("2026-11-20", "2026-11-20"),
        ("2026-11-20 10:00:00", "2026-11-20 10:00:00"),
        ("1024x1024", "1024x1024"),
        ("=", "="),
        ("\u0661", "\u0661"),  # an Arabic digit, which int() would take
        ("'1'", "1"),
        ('"true"', "true"),
        ("''", ""),
        ("'.inf'", ".inf"),
        ('"\\e[31m"', "\x1b[31m"),
        ("|\n  1\n", "1\n"),
        (">-\n  true\n", "true"),
    ],
    ids=repr,
)
def test_a_scalar_is_read_as_yaml_1_2_says(written: str, value: Any) -> None:
    read = value_of(f"key: {written}")["key"]
    assert (read, type(read)) == (value, type(value))


@each_loader
@pytest.mark.parametrize("written", [".inf", "-.INF", "+.Inf", ".nan", ".NaN", "1e999", "-1e999"])
def test_a_number_that_is_not_finite_is_refused(written: str) -> None:
    message = refused(f"a: 1\nb: {written}")
    assert message.startswith("2:4: found ")
    assert "expected a finite number" in message


def test_a_number_of_thousands_of_digits_is_refused() -> None:
    assert refused("a: " + "9" * 5000) == (
        "1:4: found a number of 5000 digits, expected a shorter one"
    )


@each_loader
def test_flow_lists_hold_ratios() -> None:
    assert value_of("[1:1, 16:9, no]") == ["1:1", "16:9", "no"]


# ---------------------------------------------------------------- keys


@each_loader
@pytest.mark.parametrize("key", ["200", "1:1", "true", "null", "0o17", "~", ".inf", "1.50", "no"])
def test_a_key_is_the_text_as_it_is_written(key: str) -> None:
    assert value_of(f"{key}: x") == {key: "x"}


@each_loader
@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("a: 1\nb: 2\na: 3\n", "3:1"),
        ("a: 1\n\n'a': 3\n", "3:1"),
        ("{a: 1,\n b: 2,\n a: 3}\n", "3:2"),
    ],
    ids=["plain", "quoted", "flow"],
)
def test_a_duplicate_key_is_refused_with_both_lines(text: str, at: str) -> None:
    assert refused(text) == f"{at}: found the key 'a' twice, on lines 1 and 3, expected once"


def test_keys_that_become_the_same_text_are_duplicates() -> None:
    assert "found the key '200' twice" in refused("200: a\n'200': b\n")


@each_loader
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("? [a]\n: 1", "1:3: found a list as a key"),
        ("{a: 1}: 2", "1:1: found a mapping as a key"),
        ("a: &a x\n*a : 2", "2:1: found an alias as a key"),
        ("&a k: 2", "1:1: found a tag or an anchor on a key"),
        ("!!str k: 2", "1:1: found a tag or an anchor on a key"),
        ("?\n: 2", "found no key before ':'"),
    ],
    ids=["list", "mapping", "alias", "anchor", "tag", "nothing"],
)
def test_a_key_that_is_not_a_plain_word_is_refused(text: str, found: str) -> None:
    assert found in refused(text)


@each_loader
def test_a_merge_key_is_refused() -> None:
    message = refused("a: &a {x: 1}\nb:\n  <<: *a\n")
    assert message == "3:3: found a merge key '<<', expected the keys themselves"


def test_a_quoted_merge_key_is_a_word() -> None:
    assert value_of("'<<': 1") == {"<<": 1}


# ---------------------------------------------------------------- tags


@each_loader
@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("!!python/object/apply:os.system [true]", "'!!python/object/apply:os.system'"),
        ("!!str 1", "'!!str'"),
        ("!foo 1", "'!foo'"),
        ("!foo [1]", "'!foo'"),
        ("!<tag:acme> {}", "'tag:acme'"),
        ("! 1", "'!'"),
    ],
)
def test_a_tag_is_refused(written: str, tag: str) -> None:
    assert refused(f"a: {written}") == f"1:4: found the tag {tag}, expected a value without a tag"


# ---------------------------------------------------------------- anchors and aliases


@each_loader
def test_an_alias_repeats_what_its_anchor_holds() -> None:
    assert value_of("a: &x {k: [1]}\nb: *x\nc: &y 2\nd: [*y, *x]") == {
        "a": {"k": [1]},
        "b": {"k": [1]},
        "c": 2,
        "d": [2, {"k": [1]}],
    }


def test_the_latest_anchor_of_a_name_counts() -> None:
    assert value_of("[&a 1, *a, &a 2, *a]") == [1, 1, 2, 2]


@each_loader
def test_an_alias_bomb_is_refused_at_once() -> None:
    lines = ["a0: &a0 [" + ", ".join(["lol"] * 10) + "]"]
    lines += [f"a{i}: &a{i} [" + ", ".join([f"*a{i - 1}"] * 10) + "]" for i in range(1, 30)]
    begun = time.perf_counter()
    message = refused("\n".join(lines))
    assert time.perf_counter() - begun < SOON_S
    assert "found more than 200,000 values" in message


def test_a_long_text_behind_many_aliases_is_refused_at_once() -> None:
    begun = time.perf_counter()
    message = refused(f"a: &a '{'x' * 1_000_000}'\nb: [{', '.join(['*a'] * 1000)}]")
    assert time.perf_counter() - begun < SOON_S
    assert "found more than 4,194,304 characters" in message


@each_loader
@pytest.mark.parametrize("text", ["&a [*a]", "&a {k: [*a]}"])
def test_an_alias_inside_its_own_anchor_is_refused(text: str) -> None:
    assert "found the alias '*a' inside what it stands for" in refused(text)


def test_an_unknown_alias_is_refused_with_the_nearest_anchor() -> None:
    assert refused("a: &ratios [1]\nb: *ratio\n") == (
        "2:4: found the alias '*ratio' without its anchor (did you mean 'ratios'?)"
    )


def test_depth_counts_through_aliases() -> None:
    half = "[" * 35 + "]" * 35
    assert "found more than 60 levels" in refused(f"a: &a {half}\nb: {'[' * 35}*a{']' * 35}")
    assert value_of(f"a: &a {half}\nb: [*a]")


def test_what_an_alias_holds_counts_for_the_anchor_around_it() -> None:
    text = f"a: &a {'[' * 30 + ']' * 30}\nb: &b {'[' * 20}*a{']' * 20}\nc: {'[' * 20}*b{']' * 20}"
    assert "found more than 60 levels" in refused(text)


# ---------------------------------------------------------------- bounds


@each_loader
@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "[{a: "], ids=repr)
def test_a_hundred_thousand_levels_are_refused_at_once(opening: str) -> None:
    begun = time.perf_counter()
    message = refused(opening * 100_000)
    assert time.perf_counter() - begun < SOON_S
    assert "found more than 60 levels of nesting" in message


def test_sixty_levels_are_read_and_one_more_is_not() -> None:
    assert value_of("[" * 60 + "]" * 60)
    assert refused("[" * 61 + "]" * 61).startswith("1:61: found more than 60 levels")


def test_too_many_values_are_refused() -> None:
    assert "found more than 200,000 values" in refused("[" + "1," * 200_000 + "]")


def test_a_text_that_is_too_large_is_refused() -> None:
    expected = "1:1: found more than 2,097,152 bytes, expected a smaller file"
    assert refused("x" * (2 * 1024 * 1024 + 1)) == expected
    assert refused("\u00e9" * (1024 * 1024 + 1)) == expected


def test_a_long_contract_is_read_quickly() -> None:
    entry = "  p{}:\n    input.size: {{enum: [1K, 2K], role: size, source: i2i#size}}\n    a: b\n"
    text = "ops:\n" + "".join(entry.format(i) for i in range(500))
    begun = time.perf_counter()
    value_of(text)
    assert time.perf_counter() - begun < SOON_S


# ---------------------------------------------------------------- documents and syntax


@each_loader
@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "\ufeff"], ids=repr)
def test_an_empty_file_is_refused(text: str) -> None:
    assert "found an empty file, expected a YAML mapping" in refused(text)


@each_loader
def test_a_byte_order_mark_is_ignored() -> None:
    located = read_located("\ufeffa: 1", file="x")
    assert located.value == {"a": 1}
    assert located.position(["a"]) == (1, 4)


@each_loader
def test_a_second_document_is_refused() -> None:
    assert refused("a: 1\n---\nb: 1\n") == "2:1: found a second document, expected one in a file"


@each_loader
def test_document_marks_around_one_document_are_fine() -> None:
    assert value_of("%YAML 1.2\n---\na: 1\n...\n") == {"a": 1}


@each_loader
def test_a_file_that_asks_for_yaml_1_1_is_refused() -> None:
    assert refused("%YAML 1.1\n---\na: 1\n") == "1:1: found %YAML 1.1, expected YAML 1.2"


@each_loader
def test_a_tab_for_indentation_is_named() -> None:
    assert refused("a:\n\tb: 1\n") == ("2:1: this is not YAML: found a tab, expected spaces")


def test_a_tab_behind_a_colon_is_fine() -> None:
    assert value_of("a:\tb\n") == {"a": "b"}


@each_loader
@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("a: b: c", "1:5"),
        ("a: [1,\n2\nb: 1\n", "3:2"),
        ("a: 'x\n\n", "3:1"),
        ("a: @foo", "1:4"),
        ("- a\nb: 1", "2:1"),
        ("[a] b", "1:5"),
    ],
)
def test_a_syntax_error_is_one_sentence_at_its_place(text: str, at: str) -> None:
    assert refused(text).startswith(f"{at}: this is not YAML: ")


def test_a_syntax_error_says_where_the_unfinished_part_starts() -> None:
    message = refused("a: 1\nb: {c: 1\n\nd: 2\ne: 3\n")
    assert message.endswith("while parsing a flow mapping that starts on line 2")


@each_loader
@pytest.mark.parametrize("escape", ["\\q", "\\ud800", "\\UFFFFFFFF", "\\x4"])
def test_a_bad_escape_is_refused(escape: str) -> None:
    refused(f'a: "{escape}"')


@each_loader
@pytest.mark.parametrize(
    "character", ["\x00", "\x1b", "\x7f", "\x85", "\u2028", "\ud800", "\ufeff", "\uffff"], ids=ascii
)
def test_an_unreadable_character_is_refused_by_its_number(character: str) -> None:
    message = refused(f"a: 1\r\nb: x{character}[31m")
    assert message.startswith(f"2:5: found the character U+{ord(character):04X}, expected")


def test_a_file_name_is_escaped_in_messages() -> None:
    assert str(refusal(lambda: read_located("", file="\x1b[31m.yaml"))).startswith("\\x1b[31m.yaml")


# ---------------------------------------------------------------- files


def test_a_file_is_read_and_named_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "acme.yaml"
    path.write_bytes("name: \u00e9\u4e2d\n".encode())
    located = read_located_file(path)
    assert located == Located(file=str(path), value={"name": "\u00e9\u4e2d"})


def test_a_file_can_be_shown_under_another_name(tmp_path: Path) -> None:
    path = tmp_path / "acme.yaml"
    path.write_text("a: [\n")
    error = refusal(lambda: read_located_file(path, shown_as="specs/acme.yaml"))
    assert error.file == "specs/acme.yaml"
    assert str(error).startswith("specs/acme.yaml:2:1: ")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    error = refusal(lambda: read_located_file(tmp_path / "none.yaml"))
    assert error.problem == "found no such file, expected a YAML file"


def test_an_impossible_file_name_is_refused() -> None:
    assert "cannot read this file" in refusal(lambda: read_located_file(Path("a\0b"))).problem
    assert "cannot read this file" in refusal(lambda: read_located_file(Path("x" * 5000))).problem


def test_a_directory_is_refused(tmp_path: Path) -> None:
    error = refusal(lambda: read_located_file(tmp_path))
    assert error.problem == "found a directory, expected a YAML file"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    error = refusal(lambda: read_located_file(tmp_path / "pipe.yaml"))
    assert "found something that is no regular file" in error.problem


def test_bytes_that_are_not_utf_8_are_refused_at_their_place(tmp_path: Path) -> None:
    path = tmp_path / "acme.yaml"
    path.write_bytes("\ufeffa: 1\r\n\u00e9: ".encode() + b"\xff\n")
    error = refusal(lambda: read_located_file(path))
    assert (error.line, error.column) == (2, 4)
    assert error.problem == "found the byte 0xFF, expected text in UTF-8"


def test_a_huge_file_is_refused_without_reading_it_all(tmp_path: Path) -> None:
    path = tmp_path / "acme.yaml"
    with path.open("wb") as stream:
        stream.truncate(50 * 1024**3)  # a hole: it takes no space on the disk
    error = refusal(lambda: read_located_file(path))
    assert "found more than 2,097,152 bytes" in error.problem


# ---------------------------------------------------------------- positions

DOCUMENT = """\
vendor: acme
operations:
  create:
    http: POST /tasks
    body:
      size: {enum: [1K, "2K"], default: 1K}
    list:
      - first
      - k: v
  empty:
again: &x {k: {deep: 1}}
alias:   *x
"""


@each_loader
@pytest.mark.parametrize(
    ("path", "value_at", "key_at"),
    [
        ([], (1, 1), (1, 1)),
        (["vendor"], (1, 9), (1, 1)),
        (["operations"], (3, 3), (2, 1)),
        (["operations", "create", "http"], (4, 11), (4, 5)),
        (["operations", "create", "body", "size"], (6, 13), (6, 7)),
        (["operations", "create", "body", "size", "enum"], (6, 20), (6, 14)),
        (["operations", "create", "body", "size", "enum", 1], (6, 25), (6, 25)),
        (["operations", "create", "list", 1], (9, 9), (9, 9)),
        (["operations", "create", "list", 1, "k"], (9, 12), (9, 9)),
        (["again"], (11, 8), (11, 1)),
        (["alias"], (12, 10), (12, 1)),
        (["alias", "k", "deep"], (11, 22), (11, 16)),
    ],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, list) else "",
)
def test_each_value_and_key_has_its_line_and_column(
    path: list[str | int], value_at: tuple[int, int], key_at: tuple[int, int]
) -> None:
    located = read_located(DOCUMENT, file="x")
    assert located.position(path) == value_at
    assert located.key_position(path) == key_at


@pytest.mark.parametrize(
    "path",
    [
        ["operations", "create", "http", "nothing", "here"],
        ["operations", "create", "http", 0],
        ["operations", "create", "http", -1],
    ],
)
def test_an_absent_path_falls_back_to_its_nearest_ancestor(path: list[str | int]) -> None:
    located = read_located(DOCUMENT, file="x")
    assert located.position(path) == (4, 11)
    assert located.key_position(path) == (4, 5)


def test_columns_count_characters_and_not_bytes() -> None:
    located = read_located("{\u00e9\u4e2d\U0001f600: [a]}", file="x")
    assert located.position(["\u00e9\u4e2d\U0001f600", 0]) == (1, 8)


def test_an_error_carries_place_and_problem() -> None:
    error = read_located(DOCUMENT, file="specs/acme.yaml").error(["vendor"], "found x")
    assert (error.file, error.line, error.column) == ("specs/acme.yaml", 1, 9)
    assert str(error) == "specs/acme.yaml:1:9: found x"


def test_an_error_can_stand_at_the_key() -> None:
    located = read_located(DOCUMENT, file="x")
    assert located.error(["operations"], "found x", at_key=True).line == 2


def test_an_error_escapes_what_could_talk_to_a_terminal() -> None:
    error = Located(file="x", value=None).error([], "found \x1b]0;\x07\r\n\u202e")
    assert error.problem == "found \\x1b]0;\\x07\\r\\n\\u202e"


def test_a_value_without_yaml_stands_at_the_start() -> None:
    assert Located(file="x", value={"a": 1}).position(["a"]) == (1, 1)


# ---------------------------------------------------------------- what JSON can say is read back

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON_LIKE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(min_value=-(10**30), max_value=10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=20,
)


class _Quoting(yaml.SafeDumper):
    """Quotes every string: unquoted, PyYAML writes for YAML 1.1, where `0o17` is a word."""


_Quoting.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
)


@settings(deadline=None)
@given(value=JSON_LIKE, flow=st.sampled_from([None, True, False]))
def test_what_pyyaml_dumps_with_quotes_reads_back_equal(value: Any, flow: bool | None) -> None:
    text = yaml.dump(value, Dumper=_Quoting, default_flow_style=flow, sort_keys=False)
    assert json.dumps(value_of(text)) == json.dumps(value)


@settings(deadline=None)
@given(value=JSON_LIKE)
def test_json_reads_back_equal(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False)
    escaped = "".join(c if c.isprintable() or c == "\n" else f"\\U{ord(c):08X}" for c in text)
    assert json.dumps(value_of(escaped)) == json.dumps(value)


@settings(deadline=None)
@given(text=st.text(st.sampled_from("ab:-?[]{},&*!|>'\"%@`#~<\n \t\\1.\u2028\x00")))
def test_any_text_is_read_or_refused_in_one_sentence(text: str) -> None:
    with contextlib.suppress(ContractInvalid):
        value_of(text)
        return
    assert re.match(r"\d+:\d+: ", refused(text))


# ---------------------------------------------------------------- schema errors


def closed(required: list[str] | None = None, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": required or [],
        "additionalProperties": False,
    }


FIELD = closed(
    ["source"],
    enum={"type": "array", "minItems": 1, "uniqueItems": True},
    maxLength={"type": "integer", "minimum": 1},
    optional={"type": "boolean"},
    level={"enum": ["must", "implied", "disputed"]},
    source={"type": "string"},
)
FIELDS = {"additionalProperties": FIELD}
CONDITION = {
    "oneOf": [
        closed(["const"], const={}),
        closed(["enum"], enum={"type": "array"}),
        closed(["minimum"], minimum={"type": "number"}),
    ]
}
PLACED = {
    "oneOf": [
        closed(["in", "name"], **{"in": {"const": "header"}, "name": {"type": "string"}}),
        closed(["in", "param"], **{"in": {"const": "query"}, "param": {"type": "string"}}),
    ]
}


def test_a_value_that_fits_passes() -> None:
    validate(read_located("size: {source: x, enum: [1K], optional: true}", file="x"), FIELDS)


def test_a_schema_may_be_a_read_only_mapping() -> None:
    schema = MappingProxyType({"properties": MappingProxyType({"a": {"type": "string"}})})
    located = read_located("a: 1", file="x")
    assert refusal(lambda: validate(located, schema)).column == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "size:\n  source: x\n  maxLenght: 3\n",
            (
                "3:3: found unknown key 'maxLenght', expected one of enum, maxLength, optional,"
                " level, source (did you mean 'maxLength'?)"
            ),
        ),
        ("size:\n  enum: [1K]\n", "2:3: found no 'source' here, expected it beside 'enum'"),
        ("size: {}\n", "1:7: found no 'source' here, expected it in this empty mapping"),
        ("size: {source: x, maxLength: '1m'}", "1:30: found '1m', expected a whole number"),
        ("size: {source: x, maxLength: 0}", "1:30: found 0, expected 1 or more"),
        ("size: {source: 1}", "1:16: found 1, expected a string (write it in quotes)"),
        ("size:\n  source:\n", "2:10: found nothing (null), expected a string"),
        ("size: {source: {a: 1}}", "1:16: found a mapping with a, expected a string"),
        ("size: {source: []}", "1:16: found an empty list, expected a string"),
        ("size: [1, 2]", "1:7: found a list of 2, expected a mapping"),
        (
            "size: {source: x, optional: no}",
            "1:29: found 'no', expected true or false (did you mean false?)",
        ),
        (
            "size: {source: x, level: Mst}",
            "1:26: found 'Mst', expected one of must, implied, disputed (did you mean 'must'?)",
        ),
        ("size: {source: x, enum: []}", "1:25: found an empty list, expected 1 or more items"),
        (
            "size: {source: x, enum: [1K, 2K, 1K]}",
            "1:34: found '1K' a second time, expected each item once",
        ),
        (
            "size: {source: x, enum: [1, 1.0]}",
            "1:25: found an item a second time, expected each item once",
        ),
    ],
)
def test_a_field_is_refused_in_plain_words(text: str, message: str) -> None:
    assert invalid(text, FIELDS) == message


@pytest.mark.parametrize(
    ("value", "schema", "message"),
    [
        ("b", {"const": "a"}, "found 'b', expected 'a'"),
        ("A b", {"pattern": "^[a-z]+$"}, "found 'A b', expected something matching ^[a-z]+$"),
        ("''", {"minLength": 1}, "found '', expected 1 or more characters"),
        ("abc", {"maxLength": 2}, "found 'abc', expected 2 or fewer characters"),
        ("3", {"maximum": 2}, "found 3, expected 2 or less"),
        ("0", {"exclusiveMinimum": 0}, "found 0, expected more than 0"),
        ("0", {"exclusiveMaximum": 0}, "found 0, expected less than 0"),
        ("3", {"multipleOf": 2}, "found 3, expected a multiple of 2"),
        ("[1, 2]", {"maxItems": 1}, "found a list of 2, expected 1 or fewer items"),
        ("[1]", {"prefixItems": [], "items": False}, "found a list of 1, expected 0 or fewer"),
        ("{}", {"minProperties": 1}, "found an empty mapping, expected 1 or more keys"),
        ("true", {"type": ["string", "null"]}, "found true, expected a string or nothing (null)"),
        ("1024", {"enum": ["1024", "1K"]}, "expected one of '1024', 1K (write it in quotes)"),
        ("x", False, "found 'x', expected nothing here at all"),
        ("[1]", {"contains": {"type": "string"}}, "expected what 'contains' in the schema asks"),
        ("x", {"not": {"const": "x"}}, "found 'x', expected something else"),
        ("x", {"not": {"required": ["a"]}}, "found 'x', expected something else"),
        ("x", {"oneOf": [{}, {"type": "string"}]}, "expected what fits one form only"),
    ],
    ids=json.dumps,
)
def test_each_keyword_has_its_words(value: str, schema: Any, message: str) -> None:
    assert message in invalid(f"k: {value}", {"properties": {"k": schema}})


@pytest.mark.parametrize(
    ("text", "schema", "message"),
    [
        ("{a: 1, b: 2}", {"not": {"required": ["a", "b"]}}, "found 'a' and 'b', expected not all"),
        ("{a: 1}", {"not": {"required": ["a"]}}, "found 'a', expected no such key here"),
        (
            "{a: 1, b: 2}",
            {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
            "found 'a' and 'b', expected only one of them",
        ),
        (
            "{}",
            {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
            "found none of a, b here, expected one of them",
        ),
        (
            "{a: 1}",
            {"dependentRequired": {"a": ["b"]}},
            "found no 'b' here, expected it beside 'a'",
        ),
        ("{a: 1}", {"additionalProperties": False}, "found unknown key 'a', expected no keys here"),
        (
            "{Abc: 1}",
            {"properties": {"abc": {}}, "patternProperties": {"^x-": {}}, **closed(abc={})},
            "found unknown key 'Abc', expected 'abc' or a key matching ^x- (did you mean 'abc'?)",
        ),
        (
            "{Abc: 1}",
            {"propertyNames": {"pattern": "^[a-z]+$"}},
            "found the key 'Abc', expected something matching ^[a-z]+$",
        ),
        (
            "{alfa: {beta: 1}}",
            {"propertyNames": {"enum": ["alpha", "beta"]}},
            "found the key 'alfa', expected one of alpha, beta (did you mean 'alpha'?)",
        ),
    ],
)
def test_keys_are_refused_in_plain_words(text: str, schema: Any, message: str) -> None:
    assert message in invalid(text, schema)


def test_a_bad_property_name_is_told_at_the_key() -> None:
    schema = {"properties": {"x": {"propertyNames": {"maxLength": 2}}}}
    assert invalid("x:\n  ab: 1\n  abc: 2\n", schema).startswith("3:3: found the key 'abc'")


# ---------------------------------------------------------------- the most useful error


def test_the_first_fault_in_the_file_is_told() -> None:
    text = "b: {source: x, level: mst}\na: {source: 1}\nc: {sauce: x}\n"
    assert invalid(text, FIELDS).startswith("1:23: found 'mst'")


def test_a_misspelt_key_is_told_before_the_missing_one() -> None:
    assert "found unknown key 'sorce'" in invalid("size: {enum: [], sorce: 3}", FIELDS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "minimun: 3",
            (
                "1:1: found unknown key 'minimun', expected one of const, enum, minimum"
                " (did you mean 'minimum'?)"
            ),
        ),
        ("{}", "1:1: found none of const, enum, minimum here, expected one of them"),
        ("minimum: x", "1:10: found 'x', expected a number"),
        ("enum: 1", "1:7: found 1, expected a list"),
        ("7", "1:1: found 7, expected a mapping"),
        (
            "{const: 1, minimum: 2}",
            "1:12: found the key 'minimum' where it does not belong, expected 'const'",
        ),
    ],
)
def test_of_alternatives_the_closest_is_told(text: str, message: str) -> None:
    assert invalid(text, CONDITION) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "{in: header, nmae: x}",
            "1:14: found unknown key 'nmae', expected one of in, name (did you mean 'name'?)",
        ),
        ("{in: query}", "1:1: found no 'param' here, expected it beside 'in'"),
        ("{in: header, name: 1}", "1:20: found 1, expected a string (write it in quotes)"),
        ("{in: cookie, name: x}", "1:6: found 'cookie', expected one of header, query"),
    ],
)
def test_a_marker_tells_which_alternative_was_meant(text: str, message: str) -> None:
    assert invalid(text, PLACED) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1k", "found '1k', expected one of 1K, 2K, a list or a mapping (did you mean '1K'?)"),
        ("7", "found 7, expected one of 1K, 2K, a list or a mapping"),
        ("[1]", "found 1, expected a string (write it in quotes)"),
        ("{b: 1}", "found unknown key 'b', expected 'a'"),
        ("{a: {c: x}}", "found 'x', expected a number"),
    ],
)
def test_the_kind_of_value_found_chooses_among_alternatives(text: str, message: str) -> None:
    schema = {
        "anyOf": [
            {"enum": ["1K", "2K"]},
            {"type": "array", "items": {"type": "string"}},
            closed(a=closed(c={"type": "number"})),
        ]
    }
    assert invalid(text, schema).endswith(message)


def test_the_deepest_alternative_is_told() -> None:
    schema = {"anyOf": [{"type": "string"}, closed(z={}), closed(a=closed(b={"type": "number"}))]}
    assert invalid("{a: {b: x}}", schema) == "1:9: found 'x', expected a number"


UNEVALUATED = {
    "$defs": {"base": {"properties": {"deep": closed(x={"type": "number"}), "a": {}}}},
    "allOf": [{"$ref": "#/$defs/base"}],
    "properties": {"kind": {"type": "string"}},
    "if": {"required": ["kind"]},
    "then": {"properties": {"extra": {}}},
    "unevaluatedProperties": False,
}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "{a: 1, knd: x}",
            (
                "1:8: found unknown key 'knd', expected one of kind, deep, a, extra"
                " (did you mean 'kind'?)"
            ),
        ),
        ("{a: 1, deep: {x: q}}", "1:18: found 'q', expected a number"),
        (
            "{a: 1, extra: 2}",
            (
                "1:8: found the key 'extra' where it does not belong,"
                " expected only keys that go together"
            ),
        ),
    ],
    ids=["unknown", "only a consequence", "wrong company"],
)
def test_unevaluated_keys_are_told_by_their_cause(text: str, message: str) -> None:
    assert invalid(text, UNEVALUATED) == message


def test_an_alternative_that_is_false_is_no_help() -> None:
    assert invalid("k: x", {"properties": {"k": {"anyOf": [False, {"type": "number"}]}}}) == (
        "1:4: found 'x', expected a number"
    )


def test_of_two_equal_values_none_is_blamed_for_the_other() -> None:
    message = invalid("{a: x, b: x}", {"properties": {"b": False}})
    assert message == "1:1: found 'x', expected nothing here at all"


def test_a_fault_behind_an_alias_stands_where_it_is_written() -> None:
    schema = {"properties": {"b": closed()}}
    assert invalid("a: &x {k: 1}\nb: *x\n", schema).startswith("1:8: found unknown key 'k'")


def test_json_schemas_inside_a_file_can_be_checked_at_every_depth() -> None:
    schema = {"$ref": "https://json-schema.org/draft/2020-12/schema"}
    text = "{items: " * 55 + "{maxLength: x}" + "}" * 55
    assert "found" in invalid(text, schema)
    assert invalid("{items: {maxLength: x}}", schema) == "1:21: found 'x', expected a whole number"


# ---------------------------------------------------------------- wording


def test_long_lists_are_shortened() -> None:
    message = invalid("x", {"enum": [f"word{i}" for i in range(30)]})
    assert message.endswith("word10, word11, ... (30 in all)")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x" * 60, f"'{'x' * 60}'"),
        ("x" * 61, f"'{'x' * 57}...'"),
        ("\x1b[31m\n", "'\\x1b[31m\\n'"),
        ("\u202egnp", "'\\u202egnp'"),
        ("\u00e9\u4e2d", "'\u00e9\u4e2d'"),
        (None, "nothing (null)"),
        (False, "false"),
        (1.5, "1.5"),
        ([], "an empty list"),
        ([1, 2], "a list of 2"),
        ({}, "an empty mapping"),
        ({"a": 1, "\x1b": 2, "c": 3, "d": 4}, "a mapping with a, '\\x1b', c, ... (4 in all)"),
    ],
    ids=repr,
)
def test_values_are_shown_short_and_without_control_characters(value: Any, text: str) -> None:
    assert shown(value) == text


def test_control_characters_from_a_file_do_not_reach_the_message() -> None:
    assert "'max\\x1b[31m'" in invalid('"max\\e[31m": 3', closed(maxLength={}))
    assert "'\\x07'" in invalid('"\\a"', {"type": "number"})
    assert "twice" in refused('{"\\a": 1, "\\a": 2}')


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("maxLenght", "maxLength"),
        ("MAXLENGTH", "maxLength"),
        ("max_length", "maxLength"),
        ("banana", None),
        ("", None),
        ("maxLength" * 10_000, None),
    ],
    ids=["misspelt", "upper case", "snake case", "far off", "empty", "far too long"],
)
def test_the_nearest_word_is_the_one_probably_meant(word: str, expected: str | None) -> None:
    assert nearest(word, ["minLength", "maxLength", "enum"]) == expected


def test_reading_does_not_load_jsonschema() -> None:
    code = "import sys, conformance.contract.located; sys.exit('jsonschema' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
