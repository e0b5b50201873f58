"""How is one request sent, so that everything about it is written down?"""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace

from conformance.errors import NoReply, NotSent
from conformance.results.entries import Answered, Asked
from conformance.results.record import INTERRUPTED
from conformance.run.journal import Journal
from conformance.run.resuming import ContinuedJournal, Past
from conformance.run.targets import Endpoint
from conformance.wire.exchange import Exchange, Picture, Reply, Request
from conformance.wire.redaction import Redactor
from conformance.wire.signed import holds_mask

__all__ = ["NOT_KEPT", "PICTURE_BYTES", "Asker", "evidence_of", "inspected"]

_REPLY_BYTES = 512 * 1024
_KEPT_BYTES = 16 * 1024 * 1024
"""What is kept of all replies of a run; once that is full, only the beginnings of further ones are."""
_LEAST_BYTES = 64 * 1024
PICTURE_BYTES = 32 * 1024 * 1024
"""What is fetched of one result."""

_EVIDENCE_BYTES = 2_000  # of something that was delivered in place of a picture

NOT_KEPT = "what signs its address was not kept"
"""Of a run that goes on from its record: nothing is sent, because what is refused would accuse the vendor."""

_ONE_AT_A_TIME = threading.Lock()


class Asker:
    """
    Sends requests one by one: written to the journal and flushed, sent, and the reply written.

    What is written is redacted; what is returned is not, for a result URL is used as it came.

    Args:
        past: What an earlier part of the run asked: its answers are given again, and nothing is sent for them.
    """

    def __init__(
        self,
        *,
        endpoint: Endpoint,
        journal: Journal,
        redactor: Redactor,
        timeout_s: float,
        past: Past | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._journal = journal
        self._redactor = redactor
        self._timeout_s = timeout_s
        self._past = past
        self._asked = past.count if past is not None else 0
        self.keep_bytes = 0
        """Pictures up to this size are kept in memory."""
        self.pictures: dict[str, bytes] = {}
        """Those that were, by exchange."""
        self._kept_bytes = 0
        self.delivered = 0
        """Requests that left."""
        self.last_failure = ""
        """Why the last request that was not answered was not, in the transport's words."""

    async def ask(self, case: str, phase: str, request: Request) -> Exchange:
        """One request of a case, and what came of it."""
        left = max(_LEAST_BYTES, _KEPT_BYTES - self._kept_bytes)
        return await self._ask(case, phase, request, min(_REPLY_BYTES, left))

    async def fetch(self, case: str, request: Request) -> Exchange:
        """The download of a result: opened at once, its bytes are not kept."""
        return await self._ask(case, "download", request, PICTURE_BYTES)

    async def _ask(self, case: str, phase: str, request: Request, max_body_bytes: int) -> Exchange:
        found = self._recalled(case, phase, request)
        if found is not None:
            return found
        clock = self._endpoint.clock
        started_s = clock.now()
        if holds_mask(request.url):
            return Exchange(
                id="",
                case=case,
                phase=phase,
                request=request,
                failure=NOT_KEPT,
                sent=False,
                started_s=started_s,
            )
        self._asked += 1
        asked = Exchange(
            id=f"e{self._asked:04}",
            case=case,
            phase=phase,
            request=request,
            failure=INTERRUPTED,
            started_s=started_s,
        )
        self._write_request(asked)
        reply, failure, sent = await self._send(asked, max_body_bytes)
        picture = None
        if phase == "download" and reply is not None and reply.status == 200:
            picture = await self._opened(reply)
        if phase == "download" and reply is not None:
            if picture is not None and len(reply.body) <= self.keep_bytes:
                self.pictures[asked.id] = reply.body
            reply = evidence_of(reply, picture)
        found = Exchange(
            id=asked.id,
            case=case,
            phase=phase,
            request=request,
            reply=reply,
            failure=failure,
            sent=sent,
            picture=picture,
            started_s=started_s,
            elapsed_s=clock.now() - started_s,
        )
        self._write_reply(found)
        self.delivered += sent
        self._kept_bytes += len(reply.body) if reply else 0
        return found

    def _recalled(self, case: str, phase: str, request: Request) -> Exchange | None:
        """The exchange as the record has it."""
        if self._past is None:
            return None
        clean = Exchange(id="", case="", phase="", request=replace(request, body=b""))
        url = self._redactor.redact_exchange(clean).request.url
        found = self._past.take(case, phase, url)
        if found is not None:
            self.delivered += found.sent
            if isinstance(self._journal, ContinuedJournal):
                self._journal.recall(found)
        return found

    async def _send(
        self, asked: Exchange, max_body_bytes: int
    ) -> tuple[Reply | None, str | None, bool]:
        try:
            reply = await self._endpoint.transport.send(
                asked.request, timeout_s=self._timeout_s, max_body_bytes=max_body_bytes
            )
        except NotSent as error:
            self.last_failure = self._redactor.redact_text(str(error))
            return None, error.kind, False
        except NoReply as error:
            self.last_failure = self._redactor.redact_text(str(error))
            return None, error.kind, True
        except asyncio.CancelledError:
            self._write_reply(asked)
            raise
        return reply, None, True

    async def _opened(self, reply: Reply) -> Picture:
        if reply.truncated:
            problem = f"longer than {PICTURE_BYTES // 1024**2} MB"
            return Picture(body_bytes=len(reply.body), problem=problem, bounded=True)
        if self._endpoint.sequential:
            return inspected(reply.body)
        # Decoding takes its time: other cases go on meanwhile.
        return await asyncio.to_thread(inspected, reply.body)

    def _write_request(self, asked: Exchange) -> None:
        self._journal.write(
            Asked(
                id=asked.id,
                case=asked.case,
                phase=asked.phase,
                request=self._redactor.redact_request(asked.request),
                started_s=asked.started_s,
            )
        )

    def _write_reply(self, found: Exchange) -> None:
        reply = found.reply
        self._journal.write(
            Answered(
                id=found.id,
                reply=None if reply is None else self._redactor.redact_reply(reply),
                failure=found.failure,
                sent=found.sent,
                picture=found.picture,
                elapsed_s=found.elapsed_s,
            )
        )


def inspected(body: bytes) -> Picture:
    """What was downloaded, opened."""
    from conformance.wire.pictures import inspect

    with _ONE_AT_A_TIME:  # it remembers what it has seen, and mutes warnings while it looks
        return inspect(body)


def evidence_of(reply: Reply, picture: Picture | None) -> Reply:
    """The reply to a download without the picture; of what is none, the beginning of the text."""
    if picture is not None and picture.problem is None:
        return replace(reply, body=b"", truncated=False)
    beginning = reply.body[:_EVIDENCE_BYTES]
    if b"\0" in beginning:
        beginning = b""
    return replace(reply, body=beginning, truncated=len(reply.body) > len(beginning))
