"""
How is a vendor asked once, however many items and processes want to know what came of it?

`check` is run as a process of its own, as a user runs it: nothing that the tests around it do (a patched socket, a
frozen clock, warnings made errors) reaches it, and it is not ended by the end of the process that started it. The
lock is held by both, so whoever comes later waits until nobody asks any more. It runs at most once: a run that left
nothing behind was stopped, and is told about instead of begun anew.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from conformance.testing.options import in_our_words

if sys.platform != "win32":
    import fcntl

__all__ = ["Ran", "run_once", "summaries"]

_PROGRAM = """
import sys
from pathlib import Path
sys.path.append(sys.argv[1])
from conformance.cli.main import main
code = main(sys.argv[3:])
Path(sys.argv[2]).write_text(str(code), "ascii")
"""
_ROOT = str(Path(__file__).parents[2])
_LOOKED_EVERY_S = 0.05
_OURS = re.compile(r"(?:^|\[y/N\] )conformance: (.*)$", re.MULTILINE)
"""What `check` complains of; after a question the line goes on."""
_BESIDE = ".fuzz."
_JUDGED = (0, 1, 5)
_STALE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """
    What came of asking one vendor.

    Args:
        problem: Why nothing can be concluded, a sentence; "" where something can.
        vendor: Its part of what `check --json` writes; empty where there is none.
        known: The deviations of its baseline, as `check --json` writes them.
    """

    problem: str = ""
    vendor: Mapping[str, Any] = field(default_factory=dict)
    known: Sequence[Mapping[str, Any]] = ()

    @property
    def clauses(self) -> dict[str, Mapping[str, Any]]:
        """What is said about each clause, by id."""
        return {clause["id"]: clause for clause in self.vendor.get("clauses", ())}

    @property
    def beside(self) -> list[Mapping[str, Any]]:
        """The violated clauses that are none of the contract's, so that no item tells of them."""
        clauses = self.vendor.get("clauses", ())
        return [c for c in clauses if _BESIDE in c["id"] and c["verdict"] == "violates"]

    @property
    def nothing_tried(self) -> bool:
        """Whether no clause was tried at all, or a cassette lacks what was asked."""
        untried = all(c["verdict"] == "untested" for c in self.vendor.get("clauses", ()))
        cassette = self.vendor.get("cassette", {})
        return untried or bool(cassette.get("kind") and cassette.get("missed"))


def run_once(
    words: Sequence[str],
    *,
    folder: Path,
    name: str,
    may_ask: bool = False,
    show: Callable[[bytes], None] = lambda _: None,
) -> Ran:
    """
    What came of a check with these words; it is run by the first that asks, and read by the others.

    Args:
        folder: Shared by all processes of the session.
        name: What is asked, the same in all processes.
        may_ask: The child may ask the person at the terminal.
        show: Takes what the run says about its progress.
    """
    base = folder / hashlib.sha256(name.encode()).hexdigest()[:16]
    with base.with_suffix(".lock").open("wb") as held:
        if sys.platform != "win32":
            fcntl.flock(held, fcntl.LOCK_EX)
        started = base.with_suffix(".started")
        if not started.exists():
            started.touch()
            _run([*words, f"--json={base}.json"], base, held, may_ask=may_ask, show=show)
        return _read(base)


def _run(
    words: Sequence[str],
    base: Path,
    held: BinaryIO,
    *,
    may_ask: bool,
    show: Callable[[bytes], None],
) -> None:
    """Run it to its end. What it says goes to a file, so that it can speak on when nobody listens any more."""
    said = base.with_suffix(".said")
    with said.open("wb") as errors, said.open("rb") as read:
        process = subprocess.Popen(  # noqa: S603 - our own program, with the words of the user
            [sys.executable, "-P", "-c", _PROGRAM, _ROOT, str(base.with_suffix(".code")), *words],
            stdin=None if may_ask else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            pass_fds=() if sys.platform == "win32" else (held.fileno(),),
        )
        try:
            while process.poll() is None:
                show(read.read())
                time.sleep(_LOOKED_EVERY_S)
        except BaseException:
            # Ctrl-C reached it as well, and it says how to go on; nothing else ends it.
            process.wait()
            raise
        finally:
            show(read.read())


def _read(base: Path) -> Ran:
    code = _text(base.with_suffix(".code"))
    said = _text(base.with_suffix(".said"))
    try:
        document = json.loads(_text(base.with_suffix(".json")) or "{}")
    except ValueError:
        document = {}
    vendors = document.get("vendors", ())
    vendor = vendors[0] if len(vendors) == 1 else {}
    if code and vendor and int(code) in _JUDGED:
        return Ran(vendor=vendor, known=document.get("baseline", {}).get("known", ()))
    if code == str(_STALE) and vendor:
        why = "; ".join(vendor.get("cassette", {}).get("stale", ()))
        return Ran(problem=f"the cassette is stale: {why}", vendor=vendor)
    return Ran(problem=_problem(code, said), vendor=vendor)


def _problem(code: str, said: str) -> str:
    """The last sentence that was said, or that the run was stopped."""
    ours = _OURS.findall(said)
    hint = next((line for line in said.splitlines() if "check --resume" in line), "")
    if not code or code == "130":
        return f"the run was stopped, and is not begun anew{f': {hint}' if hint else ''}"
    if ours:
        return in_our_words(ours[-1])
    return f"check ended with exit code {code}: {said[-2000:]}"


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return ""


def summaries(folder: Path) -> list[Ran]:
    """What came of every run of the session, for its last words."""
    return [_read(path.with_suffix("")) for path in sorted(folder.glob("*.started"))]
