"""
What does a vendor promise about the callbacks that it sends?

A callback is an operation that the vendor calls: what it holds is described with the words of a reply, of which
`$headers.NAME` are the headers that come with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.contract import model as m

__all__ = ["Callback", "Delivery", "OtherForm", "Said", "Signature", "said_of", "secret_variable"]

_ENDED = {"succeeded": "has succeeded", "failed": "has failed", "running": "runs"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """
    How a callback is signed.

    `header` may end in `*`: then the documents name only how such headers begin. `signed` is a template of what is
    signed, of `{id}`, `{timestamp}` and `{body}`; "" where the documents say no more than that the body is in it.
    `prefix` stands before each signature, `several` between them; `encoding` is "hex", "base64" or "" for either.
    """

    name: str = "signature"
    algorithm: str = "hmac-sha256"
    header: str
    id_header: str = ""
    timestamp_header: str = ""
    signed: str = ""
    prefix: str = ""
    encoding: str = ""
    several: str = ""
    tolerance_s: float | None = None
    level: m.Level = "must"
    sources: m.Sources = ()

    @property
    def is_open(self) -> bool:
        """Whether the documents leave open which header holds the signature, and of what exactly."""
        return self.header.endswith("*")

    def is_header(self, name: str) -> bool:
        """Whether a header of that name takes part."""
        if self.is_open:
            return name.lower().startswith(self.header[:-1].lower())
        return name.lower() == self.header.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """
    How deliveries are acknowledged and repeated.

    `attempts` is how many there are at most in all; `acknowledged_by` a status, or a class of them as in "2xx".
    `keeps_state`: whether it is said that a delivery does not change how the task ended.
    """

    attempts: int | None = None
    acknowledged_by: str = ""
    backoff: str = ""
    duplicates: bool = False
    keeps_state: bool = False
    level: m.Level = "must"
    sources: m.Sources = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherForm:
    """
    The whole other form of a body that some page documents: what a status reply has at `repeats`.

    A body that has one of the fields `without` is not of that form.
    """

    repeats: str
    without: tuple[str, ...]
    sources: m.Sources = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """
    What the vendor sends, when, and to where: the address in the request field `field`.

    `operation` has the method and, as its reply, what is sent. `phases` are those of a task in which one is sent.
    `presumes` says what must be set up at the vendor before; "" for nothing. `absent_on` are current pages that list
    the fields of a creation without this one: a vendor that follows them sends nothing at all.
    """

    field: str
    operation: m.Operation
    phases: tuple[m.Phase, ...]
    sent_level: m.Level = "must"
    sent_sources: m.Sources = ()
    presumes: str = ""
    absent_on: m.Sources = ()
    other_form: OtherForm | None = None
    signature: Signature | None = None
    delivery: Delivery = Delivery()


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One statement about callbacks as a whole; `name` as it stands in the id of its clause."""

    name: str
    subject: str
    statement: str
    topic: str
    level: m.Level
    sources: m.Sources
    thing: Any
    untestable: str = ""


def secret_variable(contract: m.Contract) -> str:
    """The environment variable of the secret with which this vendor signs its callbacks."""
    return f"{contract.key_variable.removesuffix('_API_KEY')}_WEBHOOK_SECRET"


def said_of(callback: Callback) -> Iterator[Said]:
    """What is said of callbacks as a whole, beside the fields that they hold."""
    yield _sent(callback)
    operation = callback.operation
    if operation.content_type:
        yield Said(
            name="contentType",
            subject="Content-Type",
            statement=f"The body of a callback is {operation.content_type}.",
            topic="callback-type",
            level="must",
            sources=operation.sources,
            thing=callback,
        )
    if callback.signature is not None:
        yield from _signed(callback.signature)
    yield from _delivered(callback)


def _sent(callback: Callback) -> Said:
    when = " or ".join(_ENDED[phase] for phase in callback.phases)
    presumed = f" Presumed is {callback.presumes}." if callback.presumes else ""
    missing = (
        " Or: none is sent, for the field is not among those of the model."
        if callback.absent_on
        else ""
    )
    return Said(
        name="callback.sent",
        subject=callback.field,
        statement=f"When a task {when}, a {callback.operation.method} goes to the"
        f" {callback.field} of its creation.{presumed}{missing}",
        topic="callback-sent",
        level=callback.sent_level,
        sources=(*callback.sent_sources, *callback.absent_on),
        thing=callback,
    )


def _signed(signature: Signature) -> Iterator[Said]:
    what = f" of {signature.signed}" if signature.signed else " over the raw body"
    where = f"headers {signature.header}" if signature.is_open else f"header {signature.header}"
    common: dict[str, Any] = {
        "subject": signature.header,
        "level": signature.level,
        "sources": signature.sources,
        "thing": signature,
    }
    yield Said(
        name=f"callback.{signature.name}",
        statement=f"A callback carries in {where} an {signature.algorithm.upper()}{what},"
        " made with the secret of the account.",
        topic="callback-signature",
        **common,
    )
    if signature.tolerance_s is not None:
        yield Said(
            name=f"callback.{signature.name}.tolerance",
            statement=f"Receivers refuse a callback whose time is more than {signature.tolerance_s:g} seconds off.",
            topic="advice",
            untestable="binds the client",
            **common,
        )


def _delivered(callback: Callback) -> Iterator[Said]:
    delivery = callback.delivery
    common: dict[str, Any] = {
        "level": delivery.level,
        "sources": delivery.sources,
        "thing": callback,
    }
    if delivery.acknowledged_by:
        yield Said(
            name="callback.acknowledged",
            subject="delivery",
            statement=f"An answer of {delivery.acknowledged_by} acknowledges a callback.",
            topic="callback-acknowledged",
            **common,
        )
    if delivery.attempts:
        backoff = f", with {delivery.backoff} backoff" if delivery.backoff else ""
        yield Said(
            name="callback.attempts",
            subject="delivery",
            statement="A callback that is not acknowledged is sent again,"
            f" up to {delivery.attempts} times in all{backoff}.",
            topic="callback-attempts",
            **common,
        )
    if delivery.duplicates:
        yield Said(
            name="callback.duplicates",
            subject="delivery",
            statement="The same callback may come more than once.",
            topic="statement",
            untestable="not observable",
            **common,
        )
    if delivery.keeps_state:
        yield Said(
            name="callback.leaves-the-state",
            subject="status",
            statement="Whether a callback is delivered does not change how the task ended.",
            topic="callback-state",
            **common,
        )
