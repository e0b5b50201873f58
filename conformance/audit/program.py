"""How does a program run that nobody trusts: bounded in time and output, and gone at the end with all that it started?"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from conformance.errors import UsageError

__all__ = ["Ended", "run_program"]

_TAIL_BYTES = 8 * 1024
_READ_BYTES = 64 * 1024
_LOOK_S = 0.01
_GRACE_S = 1.0
_OUTPUT_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """
    How a program ended.

    `exit` is its code, as a shell tells it (128 and the number of a signal); `how` is `exit`, or why it was ended:
    `timeout`, or `stopped` because it sent too much. `output` is the end of what it wrote, stdout and stderr together.
    """

    exit: int
    how: Literal["exit", "timeout", "stopped"]
    seconds: float
    output: str
    output_bytes: int


def run_program(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    timeout_s: float,
    stop: Callable[[], bool] = lambda: False,
) -> Ended:
    """
    Run a program to its end, or until its time is up or `stop` says so; then its whole process group is ended.

    Raises:
        UsageError: It cannot be started.
    """
    tail = _Tail()
    try:
        process = subprocess.Popen(  # noqa: S603  # it is what the user asked for
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=tail.into,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        tail.end()
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UsageError(f"{command[0]!r} cannot be started: {why}") from error
    started_s = time.monotonic()
    how: Literal["exit", "timeout", "stopped"] = "exit"
    try:
        while not _has_ended(process):
            if time.monotonic() - started_s > timeout_s:
                how = "timeout"
                break
            if stop():
                how = "stopped"
                break
            time.sleep(_LOOK_S)
        seconds = time.monotonic() - started_s
    finally:
        _end(process)
        text, size = tail.end()
    code = process.returncode
    return Ended(
        exit=code if code >= 0 else 128 - code,
        how=how,
        seconds=seconds,
        output=text,
        output_bytes=size,
    )


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether it has ended, leaving it to be waited for: so long its number names nobody else's group."""
    if not hasattr(os, "waitid"):
        return process.poll() is not None
    flags = os.WEXITED | os.WNOWAIT | os.WNOHANG
    return os.waitid(os.P_PID, process.pid, flags) is not None


def _end(process: subprocess.Popen[bytes]) -> None:
    """End whatever is left of the process and its group: politely, then not."""
    if not _has_ended(process):
        _signal(process, signal.SIGTERM)
        until_s = time.monotonic() + _GRACE_S
        while time.monotonic() < until_s and not _has_ended(process):
            time.sleep(_LOOK_S)
    _signal(process, signal.SIGKILL)
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


class _Tail:
    """A pipe of which all is read, and the end is kept."""

    def __init__(self) -> None:
        self._from, self.into = os.pipe()
        self._kept = b""
        self._size = 0
        self._over = False
        # What has left the group may hold the pipe open for ever, so that nobody waits for the thread.
        self._thread = threading.Thread(target=self._read, name="output", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while not self._over and (data := os.read(self._from, _READ_BYTES)):
            self._size += len(data)
            self._kept = (self._kept + data)[-_TAIL_BYTES:]
        os.close(self._from)

    def end(self) -> tuple[str, int]:
        """The end of the output as text, and how many bytes there were."""
        os.close(self.into)
        self._thread.join(_OUTPUT_S)
        self._over = True
        return self._kept.decode("utf-8", "replace"), self._size
