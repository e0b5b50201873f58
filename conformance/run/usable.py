"""Can this target be judged at all?"""

from __future__ import annotations

from conformance.errors import TargetUnusable
from conformance.judging.outcomes import body_of_reply
from conformance.results.cases import Case
from conformance.run.conversation import Talk
from conformance.run.session import Session
from conformance.wire.exchange import Exchange, header

__all__ = ["Health"]

_LOST = 3  # cases in a row that could not be sent: whoever was there has gone
_SILENT = 5  # creations in a row without a reply, each of which may cost
_SHOWN = 80
_KEY_REFUSED = (401, 403)
_NO_CREDIT = 402


class Health:
    """
    What the answers so far say about the target as a whole.

    `stopped` is the reason why nothing more should be sent; "" while there is none.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lost = 0
        self._silent = 0
        self._creation: Exchange | None = None
        self._json = False
        self._key_taken = False
        self._key_refused = 0
        self._no_credit = False
        self.stopped = ""

    def hear(self, case: Case, talk: Talk) -> None:
        """
        One more case is over.

        Raises:
            TargetUnusable: Nothing has ever reached the target.
        """
        kind = talk.outcome.kind
        if kind == "not-sent" and not self._session.asker.delivered:
            raise TargetUnusable(self._unreachable())
        self._lost = self._lost + 1 if kind == "not-sent" else 0
        if self._lost >= _LOST:
            self._stop("stopped: the target cannot be reached any more")
        if talk.exchange is None:
            return
        if case.operation == "create":
            self._silent = self._silent + 1 if kind == "no-reply" else 0
            if self._silent >= _SILENT:
                self._stop("stopped: the target does not answer any more")
            self._creation = talk.exchange
            self._json = self._json or isinstance(body_of_reply(talk.exchange), dict | list)
            self._hear_account(case, talk)
        if case.send.key == "right" and not case.send.scheme and talk.exchange.reply is not None:
            self._hear_key(talk)

    def check(self) -> None:
        """
        After the carriers, and again after what is free.

        Raises:
            TargetUnusable: No creation was ever answered with JSON, or every key was refused.
        """
        if self._creation is not None and not self._json:
            raise TargetUnusable(self._no_json(self._creation))
        if self._key_refused and not self._key_taken:
            variable = self._session.contract.key_variable
            raise TargetUnusable(
                f"{self._place} refuses the key throughout (HTTP {self._key_refused}):"
                f" is {variable} set to a valid key?"
            )

    def _hear_account(self, case: Case, talk: Talk) -> None:
        code = talk.outcome.code
        if code == _NO_CREDIT and case.expect == "accepted" and not self._no_credit:
            self._no_credit = True
            self._session.note(f"the account has too little credit (HTTP {code} for {case.id})")

    def _hear_key(self, talk: Talk) -> None:
        if talk.outcome.code in _KEY_REFUSED:
            self._key_refused = talk.outcome.code
        elif talk.outcome.kind not in ("throttled", "trouble"):
            self._key_taken = True

    def _stop(self, reason: str) -> None:
        if not self.stopped:
            self.stopped = reason
            self._session.note(f"{reason}, so nothing more is sent")

    @property
    def _place(self) -> str:
        return self._session.endpoint.target.base_url or "the embedded simulator"

    def _unreachable(self) -> str:
        failure = self._session.asker.last_failure
        return (
            f"{self._place} cannot be reached: {failure}. Is it running, and is the address right?"
        )

    def _no_json(self, exchange: Exchange) -> str:
        reply = exchange.reply
        if reply is None:
            said = f"{self._session.asker.last_failure or exchange.failure}"
            return f"{self._place} never answered a creation: {said}"
        kind = header(reply.headers, "content-type") or "no content type"
        text = reply.body[: 4 * _SHOWN].decode("utf-8", "replace").strip()
        beginning = self._session.redactor.redact_text(text)[:_SHOWN]
        shown = f"beginning {beginning!a}" if beginning else "with nothing in it"
        return (
            f"{self._place} never answered a creation with JSON: the last answer was"
            f" HTTP {reply.status}, {ascii(kind)[1:-1]}, {shown}. Is the address right?"
        )
