"""An archive is somebody's folder: what is read of it, and what is refused."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from conformance.documents.archive import Archive, Page, Problem
from conformance.errors import UsageError


def page_of(folder: Path, text: str, archive: object = "page.txt", **entry: object) -> Page:
    (folder / "page.txt").write_text(text, "utf-8")
    found = Archive(folder).page("doc", {"archive": archive, **entry})
    assert found is not None
    return found


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no folder"):
        Archive(tmp_path / "nowhere")


def test_a_document_without_an_archived_file_has_no_page(tmp_path: Path) -> None:
    assert Archive(tmp_path).page("doc", {}) is None
    assert Archive(tmp_path).page("doc", {"archive": "absent.txt"}) is None


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"a\0b", "is no text"),
        (b"\xff\xfe\xfa", "is no text in UTF-8"),
        (b"x" * (2 * 1024 * 1024 + 1), "more than"),
    ],
    ids=["binary", "encoding", "too large"],
)
def test_what_is_no_page_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "page.txt").write_bytes(data)
    with pytest.raises(UsageError, match=said):
        Archive(tmp_path).page("doc", {"archive": "page.txt"})


def test_a_page_made_to_take_long_does_not(tmp_path: Path) -> None:
    """One word of a megabyte: looking for names and lists in it would take hours."""
    begun = time.perf_counter()
    page = page_of(tmp_path, "Prices\n" + "a" * 1_000_000 + "\n7 credits\n")
    assert [t.text for t in page.tokens] == ["7"]
    assert page.line(page.tokens[0].start) == 3
    assert time.perf_counter() - begun < 5


def test_a_pipe_does_not_keep_us_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "page.txt")
    with pytest.raises(UsageError, match="no regular file"):
        Archive(tmp_path).page("doc", {"archive": "page.txt"})


@pytest.mark.parametrize("name", ["../secret.txt", "/etc/hostname"])
def test_no_path_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.txt").write_text("x")
    folder = tmp_path / "pages"
    folder.mkdir()
    with pytest.raises(UsageError, match="lies outside"):
        Archive(folder).page("doc", {"archive": name})


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("x")
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "page.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(UsageError, match="lies outside"):
        Archive(folder).page("doc", {"archive": "page.txt"})


# ---------------------------------------------------------------- sections


@pytest.mark.parametrize(
    ("text", "name", "lines"),
    [
        ("# A\n1\n## B\n2\n# C\n3\n", "A", [(1, 5)]),
        ("# A\n1\n## B\n2\n# C\n3\n", "B", [(3, 5)]),
        ("A\n1\nB\n2\n", "A", [(1, 3)]),
        ("}A\n1\nB\n2\n", "A", [(1, 3)]),
        ("prompt*string\n1\nB\n", "prompt", [(1, 3)]),
        ("A#\n1\nB\n2\nA\n3\n", "A", [(1, 3), (5, 7)]),
        ("Notes\n- Price: 3\nand more\nB\n", "Notes (Price)", [(2, 4)]),
    ],
)
def test_a_section_is_found_and_ends(
    tmp_path: Path, text: str, name: str, lines: list[tuple[int, int]]
) -> None:
    page = page_of(tmp_path, text)
    whole = name.partition(" (")[0]
    spans = page.sections(list(dict.fromkeys([name, whole, "B", "C"])))[name]
    assert [(page.line(a), page.line(b)) for a, b in spans] == lines


def test_a_section_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    page = page_of(tmp_path, "Prices\n1\n")
    assert page.sections(["Price list"]) == {}
    assert page.nearest_section("Prices list") == "prices"


def test_sections_without_a_heading_begin_at_their_words_in_order(tmp_path: Path) -> None:
    archive = {"file": "page.txt", "sections": {"One": "Text", "Two": "Text"}}
    page = page_of(tmp_path, "Text 1\nText 2\n", archive)
    spans = page.sections(["One", "Two"])
    assert [page.text[a:b] for name in ("One", "Two") for a, b in spans[name]] == [
        "Text 1\n",
        "Text 2\n",
    ]


# ---------------------------------------------------------------- entries that do not fit


@pytest.mark.parametrize(
    ("archive", "entry", "said"),
    [
        ({"file": "page.txt", "sections": {"One": "nowhere"}}, {}, "found no 'nowhere'"),
        ({"file": "page.txt", "section": "Pirces"}, {}, "did you mean 'Prices'"),
        ({"file": "page.txt", "rows": ["notthere"]}, {}, "found no row 'notthere'"),
        ({"file": "page.txt", "reads": [{"text": "ab", "as": "a c"}]}, {}, "spaces or | put in"),
        (
            {"file": "page.txt", "reads": [{"text": "zz", "as": "z z"}]},
            {},
            "expected words of the page",
        ),
        ("page.txt", {"ignore": [{"text": "nowhere", "why": "-"}]}, "expected words of the page"),
        (
            "page.txt",
            {"ignore": [{"from": "Prices", "to": "nowhere", "why": "-"}]},
            "expected words behind",
        ),
    ],
)
def test_an_entry_that_does_not_fit_the_page_is_said(
    tmp_path: Path, archive: object, entry: dict[str, object], said: str
) -> None:
    with pytest.raises(Problem, match=said):
        page_of(tmp_path, "# Prices\nab 1\n", archive, **entry)


def test_a_repair_keeps_the_lines_and_is_listed(tmp_path: Path) -> None:
    archive = {"file": "page.txt", "reads": [{"text": "420,000", "as": "4 | 20,000"}]}
    page = page_of(tmp_path, "refs\nx 420,000 chars\n", archive)
    assert [t.text for t in page.tokens] == ["4", "20000"]
    assert [(h.line, h.raw, h.read_as) for h in page.handled] == [(2, "420,000", "4 | 20,000")]


def test_rows_are_only_what_is_named(tmp_path: Path) -> None:
    text = "# A\n| t | f |\n|---|---|\n| one | 1 |\n| two | 2 |\nNot found: 3\n# B\n| one | 9 |\n"
    page = page_of(
        tmp_path, text, {"file": "page.txt", "section": "A", "rows": ["two", "Not found"]}
    )
    assert not page.whole
    assert [t.text for t in page.tokens] == ["2", "3"]
