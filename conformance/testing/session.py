"""What do all items of one test session share?"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conformance.contract.model import Contract
    from conformance.testing.running import Ran

__all__ = ["FOLDER", "Course"]

FOLDER = "conformance_folder"
"""Where a worker of xdist finds, among its input, the folder that all processes share."""


class Course:
    """The runs of one session, as one of its processes sees them."""

    KEY = pytest.StashKey["Course"]()

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._input: dict[str, Any] = getattr(config, "workerinput", {})
        self._folder: Path | None = None
        self._ran: dict[Path, Ran] = {}
        self.picked: dict[Path, tuple[str, ...]] = {}
        """The clauses of each contract that items were selected of, where not all were."""
        self.files: tuple[Path, ...] = ()
        """The contracts of which there are items."""

    @property
    def folder(self) -> Path:
        """Shared by the processes of the session; made when it is first needed."""
        if self._folder is None:
            given = self._input.get(FOLDER)
            self._folder = Path(given or tempfile.mkdtemp(prefix="conformance-"))
        return self._folder

    @property
    def has_folder(self) -> bool:
        """Whether anything was run, or may have been."""
        return self._folder is not None

    def close(self) -> None:
        """Take the folder away, in the process that made it."""
        if self._folder is not None and FOLDER not in self._input:
            shutil.rmtree(self._folder, ignore_errors=True)

    def select(self, items: list[pytest.Item]) -> None:
        """Remember which clauses are wanted."""
        from conformance.testing.collecting import ClauseItem, ContractFile

        wanted: dict[ContractFile, list[str]] = {}
        for item in items:
            if isinstance(item, ClauseItem) and isinstance(item.parent, ContractFile):
                wanted.setdefault(item.parent, []).append(item.clause.id)
        self.files = tuple(file.path for file in wanted)
        self.picked = {file.path: tuple(ids) for file, ids in wanted.items()}

    def ran(self, file: pytest.File, contract: Contract) -> Ran:
        """What came of asking the vendor of a contract; asks, if nobody in this session has."""
        if file.path not in self._ran:
            from conformance.testing.running import run_once

            problem = self._problem(file)
            if problem is not None:
                return problem
            words = self._words(file, contract)
            with self._at_the_terminal() as may_ask:
                self._ran[file.path] = run_once(
                    words,
                    folder=self.folder,
                    name=str(file.path),
                    may_ask=may_ask,
                    show=_show if not self._input else _hide,
                )
        return self._ran[file.path]

    def _problem(self, file: pytest.File) -> Ran | None:
        """What speaks against asking at all."""
        from conformance.testing.running import Ran

        given = self._config.option
        if given.conformance_live and not self._is_named(file.path):
            return Ran(
                problem="--conformance-live takes the contracts to ask by their paths, for each of them costs money"
            )
        for flag in ("base_url", "resume"):
            if getattr(given, f"conformance_{flag}") and len(self.files) > 1:
                return Ran(
                    problem=f"--conformance-{flag.replace('_', '-')} takes exactly one contract, found"
                    f" {', '.join(path.name for path in self.files)}"
                )
        return None

    def _is_named(self, path: Path) -> bool:
        start = self._config.invocation_params.dir
        named = (str(word).split("::")[0] for word in self._config.args)
        return any((start / word).resolve() == path.resolve() for word in named)

    def _words(self, file: pytest.File, contract: Contract) -> list[str]:
        from conformance.contract.clauses import derive_clauses
        from conformance.contract.picking import picks
        from conformance.testing.collecting import shown_path
        from conformance.testing.options import words_of

        given = self._config.option
        if given.conformance_resume:
            return ["check", *words_of(given)]
        only = given.conformance_only or "*"
        picked = [name for name in self.picked.get(file.path, ()) if picks(only, name)]
        every = [clause.id for clause in derive_clauses(contract)]
        asks_a_server = given.conformance_base_url or given.conformance_live
        # Of what costs money, no more is asked than is wanted.
        if asks_a_server and picked and len(picked) < len(every):
            return [
                "check",
                shown_path(file),
                *words_of(given, but=("only",)),
                f"--only={','.join(picked)}",
            ]
        return ["check", shown_path(file), *words_of(given)]

    @contextmanager
    def _at_the_terminal(self) -> Iterator[bool]:
        """Nothing is captured meanwhile; gives whether there is somebody to ask."""
        capture: Any = self._config.pluginmanager.getplugin("capturemanager")
        if self._input or capture is None:
            yield False
            return
        capture.suspend_global_capture(in_=True)
        try:
            yield sys.stdin is not None and sys.stdin.isatty()
        finally:
            capture.resume_global_capture()


def _show(said: bytes) -> None:
    if said:
        sys.stderr.write(said.decode("utf-8", "replace"))
        sys.stderr.flush()


def _hide(_: bytes) -> None:
    pass
