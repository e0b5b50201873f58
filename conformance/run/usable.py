"""Can this target be judged at all?"""

from __future__ import annotations

from conformance.errors import TargetUnusable
from conformance.judging.outcomes import body_of_reply, why_unreadable
from conformance.results.cases import Case
from conformance.run.conversation import Talk
from conformance.run.session import Session
from conformance.wire.exchange import Exchange, Reply, header

__all__ = ["Health"]

_LOST = 3  # cases in a row that could not be sent: whoever was there has gone
_SILENT = 5  # creations in a row without a reply, each of which may cost
_THROTTLED = 2  # valid requests in a row that met nothing but 429, however often they were sent
_UNHEARD = 3  # tasks in a row of which no poll was answered: what is paid for is never seen
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
        self._throttled = 0
        self._says_more = False
        self._trouble = 0
        self.stopped = ""

    def hear(self, case: Case, talk: Talk) -> None:
        """
        One more case is over.

        Raises:
            TargetUnusable: Nothing has ever reached the target, or it has never said anything but 429.
        """
        kind = talk.outcome.kind
        if kind == "not-sent" and not self._session.asker.delivered:
            raise TargetUnusable(self._unreachable())
        self._lost = self._lost + 1 if kind == "not-sent" else 0
        if self._lost >= _LOST:
            self._stop("stopped: the target cannot be reached any more")
        if talk.exchange is None:
            return
        self._hear_trouble(case, talk)
        if self._session.unheard >= _UNHEARD:
            self._stop(f"stopped: of {_UNHEARD} tasks in a row no status query was answered")
        if case.operation == "create":
            self._silent = self._silent + 1 if kind == "no-reply" else 0
            if self._silent >= _SILENT:
                self._stop("stopped: the target does not answer any more")
            self._creation = talk.exchange
            self._json = self._json or isinstance(body_of_reply(talk.exchange), dict | list)
            self._hear_account(case, talk)
        if case.send.key == "right" and not case.send.scheme and talk.exchange.reply is not None:
            self._hear_key(talk)

    def check(self, *, free_asked: bool = False) -> None:
        """
        After the carriers, and again after what is free.

        Raises:
            TargetUnusable: No creation was ever answered with JSON, every key was refused, or whatever was asked met
                server errors.
        """
        if free_asked and self._trouble and not self._says_more:
            raise TargetUnusable(
                f"{self._place} answers everything with HTTP {self._trouble}: it is out of order,"
                " or the address is wrong"
            )
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

    def _hear_trouble(self, case: Case, talk: Talk) -> None:
        kind = talk.outcome.kind
        if kind == "trouble":
            self._trouble = talk.outcome.code
        self._says_more = self._says_more or kind not in ("trouble", "throttled", "no-reply")
        is_valid = case.breaks is None and case.send.key == "right"
        if kind != "throttled":
            self._throttled = 0
        elif is_valid:
            self._throttled += 1
        if self._throttled >= _THROTTLED and not self._says_more:
            raise TargetUnusable(
                f"{self._place} answers everything with HTTP {talk.outcome.code}, also after the waits"
                " that it asks for: try again later, or with another key"
            )
        if self._throttled >= _THROTTLED:
            self._stop(
                f"stopped: the target answers with HTTP {talk.outcome.code}, however long one waits"
            )

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
        if reply is None or reply.truncated:
            said = f"{self._session.asker.last_failure or exchange.failure}"
            if reply is not None:
                said = "its replies are longer than is read"
            return f"{self._place} never answered a creation: {said}"
        redact = self._session.redactor.redact_text
        kind = redact(header(reply.headers, "content-type") or "no content type")[:_SHOWN]
        text = reply.body[: 4 * _SHOWN].decode("utf-8", "replace").strip()
        beginning = redact(text)[:_SHOWN]
        shown = f"beginning {beginning!a}" if beginning else "with nothing in it"
        return (
            f"{self._place} never answered a creation with JSON: the last answer was"
            f" HTTP {reply.status}, {ascii(kind)[1:-1]}, {shown}{self._aside(reply)}."
            " Is the address right?"
        )

    def _aside(self, reply: Reply) -> str:
        """What explains the answer: an address that it leads to, or why it cannot be read."""
        location = header(reply.headers, "location")
        if location is not None:
            # Cut after it was redacted: half a key is too much as well.
            return f", which leads to {self._session.redactor.redact_text(location)[:_SHOWN]!a}"
        why = why_unreadable(reply)
        return f", which is {why}" if why and reply.body else ""
