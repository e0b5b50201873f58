"""What can be asked of one vendor? Every conversation as a flow, for a client with or without `await`."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conformance.client import aside, fetching, waiting
from conformance.client.answers import Prepared, Result, Snapshot, Task, Uploaded
from conformance.client.creating import create
from conformance.client.keys import Key
from conformance.client.preparing import Preparer
from conformance.client.steps import Flow
from conformance.client.terms import Pace, Terms
from conformance.contract.loading import contract_names, load_contract
from conformance.contract.model import Contract
from conformance.errors import ClientError, UsageError

__all__ = ["Conversations", "OnProgress", "OnTask", "known_contracts"]

OnProgress = Callable[[Snapshot], None]
OnTask = Callable[[Task], None]

FETCH_S = 120.0
PICTURE_BYTES = 32 * 1024 * 1024


class Conversations:
    """
    One vendor at one address.

    Raises:
        UsageError: The vendor, the dialect, the key or the address is wrong.
        ContractInvalid: The vendor is a path to a contract that is none.
    """

    def __init__(  # what a client can be told
        self,
        vendor: str | Path | Contract,
        *,
        api_key: str | None,
        base_url: str | None,
        dialect: Mapping[str, str] | None,
        request_timeout_s: float,
        clock: Callable[[], float],
        rng: random.Random | None,
    ) -> None:
        self.contract = vendor if isinstance(vendor, Contract) else load_contract(vendor)
        self.key = Key(self.contract, api_key)
        self.preparer = Preparer(self.contract, dialect, known_contracts)
        self.terms = Terms(
            contract=self.contract,
            base_url=_checked(base_url or self.contract.base_url),
            pace=Pace.of(self.contract),
            now=clock,
            rng=rng or random.Random(),  # noqa: S311  # jitter, no secret
            request_timeout_s=request_timeout_s,
        )

    def prepare(self, words: Mapping[str, Any]) -> Prepared:
        """The creation that says it, found to be permitted."""
        return self.preparer.prepare(words)

    def submit(self, words: Mapping[str, Any], timeout_s: float | None) -> Flow[Task]:
        """A creation."""
        return self._create(words, self._deadline(timeout_s))

    def _create(self, words: Mapping[str, Any], deadline_s: float) -> Flow[Task]:
        prepared = self.prepare(words)
        return create(self.terms, prepared, deadline_s=deadline_s, key=words.get("idempotency_key"))

    def wait(
        self, task: Task | str, timeout_s: float | None, on_progress: OnProgress | None
    ) -> Flow[Result]:
        """Until a task has ended."""
        known = self.task(task)
        deadline_s = self._deadline(timeout_s)
        return self._followed(known, deadline_s, on_progress, fresh=isinstance(task, Task))

    def _followed(
        self, task: Task, deadline_s: float, on_progress: OnProgress | None, *, fresh: bool
    ) -> Flow[Result]:
        watch = on_progress or _nobody
        try:
            return (
                yield from waiting.wait(
                    self.terms, task, deadline_s=deadline_s, fresh=fresh, watch=watch
                )
            )
        except ClientError:
            raise
        except BaseException as error:
            error.add_note(f"task {task.id} goes on at {task.vendor}: wait for it again later")
            raise

    def generate(
        self,
        words: Mapping[str, Any],
        timeout_s: float | None,
        on_progress: OnProgress | None,
        on_task: OnTask | None,
    ) -> Flow[Result]:
        """A creation, and what became of it."""
        deadline_s = self._deadline(timeout_s)
        task = yield from self._create(words, deadline_s)
        if on_task is not None:
            on_task(task)
        return (yield from self._followed(task, deadline_s, on_progress, fresh=True))

    def status(self, task: Task | str, timeout_s: float | None) -> Flow[Snapshot]:
        """Where a task stands."""
        return waiting.look(
            self.terms,
            self.task(task),
            deadline_s=self._deadline(FETCH_S if timeout_s is None else timeout_s),
        )

    def batch(
        self, tasks: Iterable[Task | str], timeout_s: float | None
    ) -> Flow[dict[str, Snapshot]]:
        """Where several tasks stand."""
        ids = [self.task(task).id for task in tasks]
        deadline_s = self._deadline(FETCH_S if timeout_s is None else timeout_s)
        return aside.batch(self.terms, ids, deadline_s=deadline_s, others=known_contracts)

    def upload(self, body: bytes, filename: str, timeout_s: float | None) -> Flow[Uploaded]:
        """A file, sent to the vendor."""
        deadline_s = self._deadline(FETCH_S if timeout_s is None else timeout_s)
        return aside.upload(
            self.terms, body, filename=filename, deadline_s=deadline_s, others=known_contracts
        )

    def fetch(self, url: str, task_id: str, timeout_s: float | None, max_bytes: int) -> Flow[bytes]:
        """The bytes of a result."""
        return fetching.fetch(
            self.terms,
            url,
            deadline_s=self._deadline(FETCH_S if timeout_s is None else timeout_s),
            max_bytes=max_bytes,
            task_id=task_id,
        )

    def task(self, task: Task | str) -> Task:
        """
        A task, also one that is known by its id alone.

        Raises:
            UsageError: It is another vendor's, or has no id.
        """
        known = Task(vendor=self.contract.vendor, id=task) if isinstance(task, str) else task
        if known.vendor != self.contract.vendor:
            raise UsageError(
                f"task {known.id} is one of {known.vendor}, not of {self.contract.vendor}"
            )
        if not known.id and self.contract.operation("status") is not None:
            raise UsageError("a task without an id cannot be asked about")
        return known

    def _deadline(self, timeout_s: float | None) -> float:
        return self.terms.now() + (self.terms.pace.patience_s if timeout_s is None else timeout_s)


def _nobody(_: Snapshot) -> None:
    pass


@cache
def known_contracts() -> Sequence[Contract]:
    """The contracts that come with the package."""
    return [load_contract(name) for name in contract_names()]


def _checked(base_url: str) -> str:
    try:
        parts = urlsplit(base_url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid or parts.query or parts.fragment or parts.username is not None:
        raise UsageError(
            f"found {base_url!r}, expected a base URL such as https://gateway.example/prefix"
        )
    return base_url.rstrip("/")
