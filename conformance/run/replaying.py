"""How is one request answered from a cassette, so that everything is written down as it was?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from conformance.results.replayed import NOT_RECORDED
from conformance.run.asking import Asker, evidence_of, inspected
from conformance.run.tape import Tape
from conformance.wire.exchange import Exchange, Request

__all__ = ["TapedAsker"]


class TapedAsker(Asker):
    """
    Has requests answered by a cassette, under the ids and at the times at which they were.

    What is not recorded is answered by a failure, and is not written down: nobody was asked.
    """

    on_callback: Callable[[Exchange], None] | None = None
    """Takes the callbacks, each before what came after it."""

    def why_not(self, case: str, phase: str, request: Request) -> tuple[str, str]:
        """The reason why a case cannot be replayed and what is nearest; two empty texts where it can."""
        tape = self._tape
        clean = self._clean(request)
        if tape.has(case, phase, clean):
            return "", ""
        if case in tape.run.skipped:
            return tape.run.skipped[case], ""
        return NOT_RECORDED, str(tape.miss(case, clean))

    def recall_callbacks(self, case: str, before: int | None = None) -> None:
        """Hand over the callbacks about a case that came before a recording, or all that are left."""
        for callback in self._tape.callbacks_before(case, before):
            self._tape.clock.set(callback.started_s)
            if self.on_callback is not None:
                self.on_callback(callback)

    async def _ask(self, case: str, phase: str, request: Request, max_body_bytes: int) -> Exchange:  # noqa: ARG002  # as the base class has it
        clock = self._tape.clock
        found = self._tape.take(case, phase, self._clean(request))
        if found is None:
            return Exchange(
                id="",
                case=case,
                phase=phase,
                request=request,
                failure=NOT_RECORDED,
                sent=False,
                started_s=clock.now(),
            )
        number, recorded = found
        self.recall_callbacks(case, number)
        clock.set(recorded.started_s)
        exchange = replace(recorded, case=case, phase=phase, request=request)
        exchange = _opened(exchange) if phase == "download" else exchange
        self._write_request(exchange)
        self._write_reply(exchange)
        clock.set(recorded.started_s + recorded.elapsed_s)
        self.delivered += recorded.sent
        self.last_failure = recorded.failure or self.last_failure
        return exchange

    @property
    def _tape(self) -> Tape:
        tape = self._endpoint.tape
        assert tape is not None  # made only where there is one
        return tape

    def _clean(self, request: Request) -> Request:
        exchange = Exchange(id="", case="", phase="", request=request)
        return self._redactor.redact_exchange(exchange).request


def _opened(exchange: Exchange) -> Exchange:
    """A download as a run has it. What is recorded of a picture is believed: a small one may stand for it."""
    reply, picture = exchange.reply, exchange.picture
    if reply is None:
        return exchange
    if picture is None and reply.status == 200:
        picture = inspected(reply.body)
    return replace(exchange, reply=evidence_of(reply, picture), picture=picture)
