"""How does the key get into a request, and nowhere else?"""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from urllib.parse import quote

from conformance.client.steps import Answer, Ask
from conformance.contract.model import AuthScheme, Contract
from conformance.errors import UsageError
from conformance.wire.exchange import Request
from conformance.wire.redaction import Redactor

__all__ = ["Key"]


class Key:
    """A vendor's key: put onto requests just before they are sent, and taken out of whatever comes back."""

    __slots__ = ("_redactor", "_scheme", "_value")

    def __init__(self, contract: Contract, given: str | None) -> None:
        """
        Args:
            given: None for what stands in the contract's variable.

        Raises:
            UsageError: There is none, or it is none that can be sent.
        """
        value = os.environ.get(contract.key_variable, "") if given is None else given
        if not value:
            raise UsageError(
                f"no key for {contract.vendor}: set {contract.key_variable}, or give api_key"
            )
        if not (value.isascii() and value.isprintable()) or " " in value:
            raise UsageError(
                f"the key for {contract.vendor} has characters that no key has (a space, a line break?)"
            )
        self._value = value
        self._scheme = _scheme(contract)
        # By shape nothing: whoever asks needs the URLs of results as they came.
        self._redactor = Redactor(
            {"key": value}, header_names=_headers(self._scheme), by_shape=False
        )
        if self._scheme is not None and self._scheme.location == "query":
            # httpx logs every URL that it asks for.
            logging.getLogger("httpx").addFilter(_Masked(self._redactor))

    def __repr__(self) -> str:
        return "Key(...)"

    def __reduce__(self) -> str:
        raise TypeError("a key is not written down")

    def on(self, ask: Ask) -> Request:
        """The request with the key, where it takes one."""
        scheme, request = self._scheme, ask.request
        if scheme is None or not ask.keyed:
            return request
        value = scheme.prefix + self._value
        if scheme.location == "header":
            return replace(request, headers=((scheme.parameter, value), *request.headers))
        mark = "&" if "?" in request.url else "?"
        pair = f"{quote(scheme.parameter, safe='')}={quote(value, safe='')}"
        return replace(request, url=f"{request.url}{mark}{pair}")

    def hidden(self, answer: Answer, ask: Ask) -> Answer:
        """The answer without the key, which some servers repeat when they refuse it."""
        reply = answer.reply
        if reply is None:
            return replace(answer, failure=self._redactor.redact_text(answer.failure))
        if not ask.keyed or (reply.status < 400 and self._value.encode() not in reply.body):
            return answer
        hidden = replace(
            reply,
            headers=self._redactor.redact_headers(reply.headers),
            body=self._redactor.redact_bytes(reply.body),
        )
        return replace(answer, reply=hidden)


def _scheme(contract: Contract) -> AuthScheme | None:
    """The first documented one that keeps the key out of URLs; else the first."""
    schemes = contract.auth
    headers = (scheme for scheme in schemes if scheme.location == "header")
    return next(headers, next(iter(schemes), None))


def _headers(scheme: AuthScheme | None) -> tuple[str, ...]:
    return (scheme.parameter,) if scheme is not None and scheme.location == "header" else ()


class _Masked(logging.Filter):
    """Takes the key out of what is logged."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(self._masked(value) for value in record.args)
        return True

    def _masked(self, value: object) -> object:
        if isinstance(value, int | float):
            return value
        text = str(value)
        masked = self._redactor.redact_text(text)
        return value if masked == text else masked
