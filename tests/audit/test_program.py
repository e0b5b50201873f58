"""Whatever a program does, it ends in time, and so does all that it started."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from conformance.audit.program import Ended, run_program
from conformance.errors import UsageError


def ran(program: str, timeout_s: float = 20, **options: Any) -> Ended:
    command = [sys.executable, "-S", "-c", program]
    return run_program(command, environment=os.environ, timeout_s=timeout_s, **options)


def test_its_exit_code_and_the_end_of_its_output_are_kept() -> None:
    ended = ran("import sys; print('out'); print('err', file=sys.stderr, flush=True); sys.exit(3)")
    assert (ended.exit, ended.how) == (3, "exit")
    assert {"out", "err"} <= set(ended.output.split())


def test_gigabytes_of_output_are_read_and_not_kept() -> None:
    ended = ran("import os\nfor _ in range(2000): os.write(1, b'x' * 100_000)\nos.write(1, b'end')")
    assert ended.output_bytes == 200_000_003
    assert ended.output.endswith("end")
    assert len(ended.output) < 10_000


def test_bytes_that_are_no_text_are_shown_as_such() -> None:
    assert "\ufffd" in ran("import os; os.write(1, bytes(range(256)))").output


def test_what_does_not_end_is_ended() -> None:
    started_s = time.monotonic()
    ended = ran("import time; time.sleep(600)", timeout_s=0.3)
    assert ended.how == "timeout"
    assert ended.exit == 128 + 15
    assert time.monotonic() - started_s < 5


def test_what_does_not_listen_is_ended_as_well() -> None:
    program = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"
    ended = ran(program, timeout_s=0.5)
    assert (ended.how, ended.exit) == ("timeout", 128 + 9)


def is_there(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{number}/stat")
    return not status.exists() or " Z " not in status.read_text()


@pytest.mark.parametrize("timeout_s", [0.5, 20])
def test_its_children_end_with_it(tmp_path: Path, timeout_s: float) -> None:
    file = tmp_path / "child"
    stays = "import time; time.sleep(600)"
    program = (
        "import subprocess, sys, pathlib, time\n"
        f"child = subprocess.Popen([sys.executable, '-S', '-c', {stays!r}])\n"
        f"pathlib.Path({str(file)!r}).write_text(str(child.pid))\n"
    ) + ("time.sleep(600)" if timeout_s < 1 else "")
    ended = ran(program, timeout_s=timeout_s)
    assert ended.how == ("timeout" if timeout_s < 1 else "exit")
    number = int(file.read_text())
    until_s = time.monotonic() + 5
    while is_there(number) and time.monotonic() < until_s:
        time.sleep(0.02)
    assert not is_there(number)


def test_a_child_that_left_and_holds_the_output_is_not_waited_for() -> None:
    started_s = time.monotonic()
    ended = ran("import os, time\nif os.fork() == 0:\n    os.setsid(); time.sleep(8)")
    assert ended.how == "exit"
    assert time.monotonic() - started_s < 4


def test_it_is_ended_when_somebody_says_so() -> None:
    ended = ran("import time; time.sleep(600)", stop=lambda: True)
    assert ended.how == "stopped"


def test_an_interrupt_ends_it_and_goes_on() -> None:
    def interrupt() -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ran("import time; time.sleep(600)", stop=interrupt)


def test_what_cannot_be_started_is_named() -> None:
    with pytest.raises(UsageError, match="'/no/such/program' cannot be started"):
        run_program(["/no/such/program"], environment={}, timeout_s=1)
