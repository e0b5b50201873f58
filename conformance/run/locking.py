"""How is a record kept from being written by two processes at the same time?"""

from __future__ import annotations

import re
import sys
from io import FileIO
from pathlib import Path

from conformance.errors import UsageError

if sys.platform != "win32":
    import fcntl

__all__ = ["lock"]

_WRITER = re.compile(rb'"pid":(\d+)')


def lock(file: FileIO, path: str) -> None:
    """
    Keep every other process from writing to an open record, for as long as it is open; it ends with the process.

    Raises:
        UsageError: Another process has it; says which.
    """
    if sys.platform == "win32":
        return  # a file cannot be locked there and still be read by others
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise UsageError(
            f"{path} is being written by another process{_writer(path)}; wait for it, or end it first"
        ) from error
    except OSError:
        return  # a file system without locks: nothing is worse than it was


def _writer(path: str) -> str:
    """` (1234)`: the process that wrote the header, or that went on with the run last."""
    try:
        with Path(path).open("rb") as file:
            lines = [n for n in file if n.startswith((b'{"line":"header"', b'{"line":"resumed"'))]
    except OSError:
        return ""
    found = _WRITER.search(lines[-1]) if lines else None
    return f" ({found[1].decode()})" if found else ""
