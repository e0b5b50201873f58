"""The client for code with `await`."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar, Unpack

import httpx

from conformance.client.answers import Downloaded, Prepared, Result, Snapshot, Task, Uploaded
from conformance.client.conversations import (
    PICTURE_BYTES,
    Conversations,
    OnProgress,
    OnTask,
)
from conformance.client.files import keep
from conformance.client.sending import AsyncSender, TransportSender
from conformance.client.steps import Answer, Ask, Flow
from conformance.client.words import Words
from conformance.contract.model import Contract
from conformance.wire.transports import Transport

__all__ = ["AsyncClient"]

T = TypeVar("T")


class AsyncClient:
    """
    Speaks to one vendor, in words that are the same for all.

    Safe to use from several tasks of one event loop. Close it, or use it in an `async with`.

    Args:
        vendor: A name in `conformance vendors`, or a path to a contract.
        api_key: None for what the vendor's variable holds.
        base_url: In place of the documented scheme and host.
        dialect: Which page to believe where pages disagree, as `conformance clauses` lists disputes; otherwise the
            first alternative that can say what is asked for.
        http: A client of your own, with its proxies and certificates. It is not closed.
        transport: A transport of this package in place of httpx, such as that to a simulator in process.
        request_timeout_s: For one request; `timeout_s` of the methods is for all of it.

    Raises:
        UsageError: The vendor, the key, the address or the dialect is wrong.
    """

    def __init__(
        self,
        vendor: str | Path | Contract,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        dialect: Mapping[str, str] | None = None,
        http: httpx.AsyncClient | None = None,
        transport: Transport | None = None,
        request_timeout_s: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        rng: random.Random | None = None,
    ) -> None:
        self._talk = Conversations(
            vendor,
            api_key=api_key,
            base_url=base_url,
            dialect=dialect,
            request_timeout_s=request_timeout_s,
            clock=clock,
            rng=rng,
        )
        self._sleep = sleep
        self._sender: AsyncSender | TransportSender = (
            AsyncSender(http, self._talk.key)
            if transport is None
            else TransportSender(transport, self._talk.key)
        )

    @property
    def contract(self) -> Contract:
        """What the vendor promises."""
        return self._talk.contract

    def __repr__(self) -> str:
        return f"AsyncClient({self.contract.vendor!r}, base_url={self._talk.terms.base_url!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Give up the connections, unless they are those of a client of yours."""
        await self._sender.aclose()

    def prepare(self, **words: Unpack[Words]) -> Prepared:
        """
        The creation as it would be sent, and its price. Sends nothing.

        Raises:
            ContractViolation: It is not permitted, or (`NotOffered`) there is no way to say it.
        """
        return self._talk.prepare(words)

    async def submit(self, *, timeout_s: float | None = None, **words: Unpack[Words]) -> Task:
        """
        Create a task.

        Raises:
            ContractViolation: It is not permitted; nothing was sent.
            Refused: The vendor refused it.
            OutcomeUnknown: It was sent, and nobody knows what came of it.
        """
        return await self._driven(self._talk.submit(words, timeout_s))

    async def wait(
        self,
        task: Task | str,
        *,
        timeout_s: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> Result:
        """
        The pictures of a task, once it has succeeded.

        Raises:
            TaskFailed: It failed.
            DeadlineExceeded: It has not ended yet, and may still.
        """
        return await self._driven(self._talk.wait(task, timeout_s, on_progress))

    async def generate(
        self,
        *,
        timeout_s: float | None = None,
        on_progress: OnProgress | None = None,
        on_task: OnTask | None = None,
        **words: Unpack[Words],
    ) -> Result:
        """`submit` and `wait` in one. `on_task` is called with the task as soon as there is one."""
        return await self._driven(self._talk.generate(words, timeout_s, on_progress, on_task))

    async def status(self, task: Task | str, *, timeout_s: float | None = None) -> Snapshot:
        """Where a task stands now."""
        return await self._driven(self._talk.status(task, timeout_s))

    async def batch(
        self, tasks: Iterable[Task | str], *, timeout_s: float | None = None
    ) -> dict[str, Snapshot]:
        """Where several tasks stand, by id, asked in one request where the vendor documents that."""
        return await self._driven(self._talk.batch(tasks, timeout_s))

    async def upload(self, file: str | Path, *, timeout_s: float | None = None) -> Uploaded:
        """Send a picture to the vendor, where it documents that: its URL can then be among `images`."""
        path = Path(file)
        body = await asyncio.to_thread(path.read_bytes)
        return await self._driven(self._talk.upload(body, path.name, timeout_s))

    async def download(
        self,
        result: Result,
        folder: str | Path,
        *,
        timeout_s: float | None = None,
        max_bytes: int = PICTURE_BYTES,
    ) -> list[Downloaded]:
        """
        Fetch every picture, without the key, and write it into a folder: each wholly, or not at all.

        Args:
            timeout_s: For each.
            max_bytes: Of each.

        Raises:
            DownloadFailed: One cannot be fetched, is too large, or is no picture of a documented type.
        """
        kept = []
        for number, url in enumerate(result.urls, 1):
            body = await self._driven(self._talk.fetch(url, result.task_id, timeout_s, max_bytes))
            kept.append(
                await asyncio.to_thread(
                    keep,
                    self.contract,
                    body,
                    url=url,
                    folder=Path(folder),
                    task_id=result.task_id,
                    number=number,
                )
            )
        return kept

    async def _driven(self, flow: Flow[T]) -> T:
        answer: Answer | None = None
        while True:
            try:
                step = flow.send(answer)
            except StopIteration as done:
                value: T = done.value
                return value
            try:
                if isinstance(step, Ask):
                    answer = await self._sender.send(step)
                else:
                    await self._sleep(step.seconds)
                    answer = None
            except BaseException as error:
                flow.throw(error)  # which raises it again, with what there is to add
                raise
