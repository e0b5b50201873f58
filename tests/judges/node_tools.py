"""Where do the Node tools come from, and how is one run?"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

__all__ = ["MissingNode", "Node"]

PACKAGES = ("@redocly/cli@2", "@stoplight/spectral-cli@6", "@stoplight/prism-cli@5")

_QUIET = {
    "REDOCLY_TELEMETRY": "off",
    "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true",
    "NO_COLOR": "1",
    "CI": "true",
}
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class MissingNode(RuntimeError):
    """There is no Node, or its registry did not give the tools."""


class Node:
    """
    The tools of others that are written for Node, installed by package name into one folder.

    Args:
        folder: Where they are, or are put. Nothing of it belongs into the repository.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self) -> None:
        """
        Fetch what is not there yet.

        Raises:
            MissingNode: There is no npm, or it could not fetch them.
        """
        if all(self.path(name).exists() for name in ("redocly", "spectral", "prism")):
            return
        npm = shutil.which("npm")
        if npm is None:
            raise MissingNode("there is no npm; these judges need Node 20 or newer")
        self.folder.mkdir(parents=True, exist_ok=True)
        words = [npm, "install", "--no-save", "--no-package-lock", "--ignore-scripts"]
        done = subprocess.run(
            [*words, "--prefix", str(self.folder), *PACKAGES],
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        if done.returncode:
            raise MissingNode(f"npm could not fetch {', '.join(PACKAGES)}: {done.stderr[-500:]}")

    def path(self, name: str) -> Path:
        """The program of that name."""
        return self.folder / "node_modules" / ".bin" / name

    def command(self, name: str, *words: str) -> list[str]:
        """The words that run a program."""
        return [str(self.path(name)), *words]

    def run(self, name: str, *words: str, timeout_s: float = 120) -> tuple[int, str]:
        """The exit code of a program, and all that it says."""
        done = subprocess.run(
            self.command(name, *words),
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
            env={**os.environ, **_QUIET},
        )
        return done.returncode, _COLOUR.sub("", done.stdout + done.stderr)
