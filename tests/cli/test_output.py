from __future__ import annotations

import io
from pathlib import Path

import pytest

from conformance.cli.output import Progress, check_writable, show, write_json
from conformance.errors import UsageError
from conformance.reporting.text import Span, line


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_progress_on_a_terminal_is_one_line_written_over_and_taken_away() -> None:
    stream, clock = Terminal(), Clock()
    progress = Progress(stream, now_s=clock)
    for number in range(3):
        clock.now_s += 1
        progress.update(f"{number} of 3\x1b[2J")
    progress.clear()
    assert stream.getvalue() == (
        "\r\x1b[2K0 of 3\\x1b[2J\r\x1b[2K1 of 3\\x1b[2J\r\x1b[2K2 of 3\\x1b[2J\r\x1b[2K"
    )


def test_progress_elsewhere_is_a_line_every_few_seconds() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = Progress(stream, now_s=clock)
    for number in range(100):
        clock.now_s = number / 10
        progress.update(f"{number} of 100")
    progress.clear()
    assert stream.getvalue() == "50 of 100\n"


def test_a_dumb_terminal_is_not_written_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    stream, clock = Terminal(), Clock()
    progress = Progress(stream, now_s=clock)
    clock.now_s = 6
    progress.update("x")
    assert stream.getvalue() == "x\n"


@pytest.mark.parametrize(
    ("terminal", "no_color", "coloured"),
    [(True, "", True), (True, "1", False), (False, "", False)],
)
def test_colour_is_for_terminals_whose_user_wants_it(
    terminal: bool, no_color: str, coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr("sys.stdout", stream)
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setenv("TERM", "xterm")
    show([line(Span("x", "red"))])
    assert ("\x1b[" in stream.getvalue()) is coloured


def test_json_is_ascii_and_has_no_nan(tmp_path: Path) -> None:
    write_json({"a": "\x9b\u202e\ud800"}, str(tmp_path / "x.json"))
    assert (tmp_path / "x.json").read_text("ascii") == '{\n  "a": "\\u009b\\u202e\\ud800"\n}\n'
    with pytest.raises(ValueError, match="JSON"):
        write_json({"a": float("nan")}, str(tmp_path / "x.json"))


def test_a_file_that_cannot_be_written_is_refused_before_anything_is_spent(tmp_path: Path) -> None:
    check_writable(None)
    check_writable("-")
    check_writable(str(tmp_path / "new.json"))
    for bad in (tmp_path, tmp_path / "no" / "x.json"):
        with pytest.raises(UsageError):
            check_writable(str(bad))


def test_a_disk_that_refuses_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        write_json({}, str(tmp_path))
