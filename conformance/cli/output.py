"""Where do results, progress and complaints go?"""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TextIO

from conformance.errors import UsageError
from conformance.reporting.text import Line, printable, render

__all__ = [
    "Progress",
    "check_writable",
    "complain",
    "forgive_characters",
    "say",
    "show",
    "width_of_output",
    "write_json",
    "write_text",
]

_SHOWN_EVERY_S = 0.1
_PRINTED_EVERY_S = 5.0


def forgive_characters(*streams: TextIO) -> None:
    """Let a stream write what its encoding lacks as an escape, instead of failing."""
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def complain(sentence: str) -> None:
    """One sentence about what is wrong, on stderr."""
    say(f"conformance: {sentence}")


def say(sentence: str) -> None:
    """One sentence for the person at the terminal, on stderr; nothing in it can act on the terminal."""
    print(printable(sentence), file=sys.stderr, flush=True)


def width_of_output(*, otherwise: int) -> int:
    """How many columns stdout has; where it is no terminal what COLUMNS says, else `otherwise`."""
    if _is_terminal(sys.stdout):
        return shutil.get_terminal_size((otherwise, 24)).columns
    asked = os.environ.get("COLUMNS", "")
    return int(asked) if asked.isascii() and asked.isdigit() and int(asked) > 0 else otherwise


def show(lines: Iterable[Line], *, width: int | None = None) -> None:
    """A view, on stdout: coloured where that is a terminal, and as wide as it is; else of that width, or 100."""
    terminal = _is_terminal(sys.stdout)
    if width is None:
        width = shutil.get_terminal_size((100, 24)).columns if terminal else 100
    sys.stdout.write(render(lines, colour=terminal and not os.environ.get("NO_COLOR"), width=width))


def _is_terminal(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM") != "dumb"


# --- JSON ---


def check_writable(file: str | None, *, flag: str = "--json") -> None:
    """
    Refuse a file for a flag that cannot be written, before anything is spent.

    Raises:
        UsageError: It is a folder, or its folder does not exist or is closed to us.
    """
    if file is None or file == "-":
        return
    path = Path(file)
    if path.is_dir():
        raise UsageError(f"{flag} {file} is a folder, expected a file, or - for stdout")
    if not path.parent.is_dir():
        raise UsageError(f"{flag} {file}: there is no folder {path.parent}")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UsageError(f"{flag} {file} cannot be written")


def write_json(document: Mapping[str, Any], file: str) -> None:
    """
    JSON into a file, or on stdout for "-". It is ASCII, so that no terminal reads commands in it.

    Raises:
        UsageError: The file cannot be written.
    """
    write_text(json.dumps(document, indent=2, allow_nan=False) + "\n", file, flag="--json")


def write_text(text: str, file: str, *, flag: str) -> None:
    """
    A whole document into a file, or on stdout for "-".

    Raises:
        UsageError: The file cannot be written.
    """
    if file == "-":
        sys.stdout.write(text)
        return
    try:
        Path(file).write_bytes(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise UsageError(f"{flag} {file} cannot be written: {error.strerror or error}") from error


# --- progress ---


class Progress:
    """
    How far a run is, on stderr: one line that is written over on a terminal, else a line now and then.
    """

    def __init__(self, stream: TextIO, *, now_s: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._now_s = now_s
        self._rewrites = _is_terminal(stream)
        self._last_s = now_s()
        self._shown = False

    def update(self, sentence: str) -> None:
        """Show where the run is, unless something was shown a moment ago."""
        now_s = self._now_s()
        if now_s - self._last_s < (_SHOWN_EVERY_S if self._rewrites else _PRINTED_EVERY_S):
            return
        self._last_s = now_s
        text = printable(sentence)
        if self._rewrites:
            width = shutil.get_terminal_size((80, 24)).columns - 1
            self._stream.write(f"\r\x1b[2K{text[:width]}")
            self._shown = True
        else:
            self._stream.write(f"{text}\n")
        self._stream.flush()

    def clear(self) -> None:
        """Take the line away, so that results start on an empty one."""
        if self._shown:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()
            self._shown = False
