"""How can a vendor break what it promises about the callbacks that it sends?"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.contract.callback import Callback
from conformance.contract.model import ReplyField
from conformance.mutation.mutants import Mutant, Site

__all__ = [
    "acknowledged_mutants",
    "attempts_mutants",
    "other_end_mutants",
    "sent_mutants",
    "signature_mutants",
    "state_mutants",
    "type_mutants",
]


def sent_mutants(site: Site) -> Iterator[Mutant]:
    """No callback comes, or none about some tasks; or it comes too early, or in another way."""
    callback: Callback = site.thing
    # A vendor that sends none at all follows the page that knows of none.
    silent = bool(callback.absent_on)
    yield site.mutant("callback-missing", "callback-missing", permitted=silent)
    for phase in callback.phases:
        yield site.mutant("callback-missing", f"callback-missing={phase}", detail=phase)
    other = "PUT" if callback.operation.method != "PUT" else "PATCH"
    yield site.mutant("method-swapped", f"callback-method={other}", detail=other)
    # One that comes too early tells a state in which none is promised, and cannot tell what is not known yet. Where no
    # document says what a callback holds, it looks like one in time of a vendor whose status lags behind.
    state = _of_state(site)
    if state:
        yield site.mutant("callback-early", "callback-early", either=state, also=_fields(site))


def _of_state(site: Site) -> list[str]:
    of_callback = (c for c in site.world.clauses if c.operation == "callback")
    return [c.id for c in of_callback if c.topic == "reply" and c.thing.role == "state"]


def _fields(site: Site) -> list[str]:
    """All that is said of what callbacks hold."""
    topics = ("reply", "only", "unit", "order", "echo")
    return site.world.ids(*topics, operation="callback")


def type_mutants(site: Site) -> Iterator[Mutant]:
    """The body is not what its type says, or of another type."""
    fields = site.world.ids("reply", operation="callback")
    bodies = [i for i in fields if not site.world.by_id[i].thing.path.startswith("$headers.")]
    yield site.mutant("not-json", "callback-garbled", also=bodies)
    yield site.mutant("type-swapped", "callback-header=Content-Type=text/plain")


def other_end_mutants(site: Site) -> Iterator[Mutant]:
    """The callback says that the task ended otherwise than it did."""
    field: ReplyField = site.thing
    if field.role == "state":
        # What belongs to the state that is told wrongly is not there.
        yield site.mutant("other-end", "callback-other-end", also=_fields(site))


def signature_mutants(site: Site) -> Iterator[Mutant]:
    """Callbacks are not signed, or with another secret."""
    yield site.mutant("signature-missing", "callback-unsigned")
    yield site.mutant("signature-wrong", "callback-secret")


def attempts_mutants(site: Site) -> Iterator[Mutant]:
    """There is one attempt, whatever it is answered."""
    yield site.mutant("attempted-once", "callback-once")


def acknowledged_mutants(site: Site) -> Iterator[Mutant]:
    """It is tried again although it was acknowledged."""
    yield site.mutant("acknowledgement-ignored", "callback-deaf")


def state_mutants(site: Site) -> Iterator[Mutant]:
    """A task whose callback was not taken has failed after all, which leaves the state in which it ended."""
    yield site.mutant("failed-unheard", "callback-unheard", either=site.world.ids("terminal"))
