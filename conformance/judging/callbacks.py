"""Were the callbacks sent that were asked for, and as documented?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.contract.callback import Callback, Delivery, secret_variable
from conformance.contract.clauses import Clause, shown
from conformance.contract.model import Contract
from conformance.contract.paths import find
from conformance.judging.context import Look
from conformance.judging.outcomes import body_of_delivery, is_acknowledged, task_state
from conformance.results.verdicts import Observation
from conformance.wire.exchange import Exchange, header

__all__ = [
    "absent",
    "acknowledged",
    "attempts",
    "content_type",
    "sent",
    "signed",
    "state_kept",
    "status_agrees",
    "uncalled",
]

_PATIENCE_S = (
    5.0  # how long after the end of a task a callback that never came must have been waited for
)
_RETRY_PATIENCE_S = 3000.0  # no document says when a second attempt comes; within this it does
_NEEDED = "needs: callback"


def sent(look: Look) -> Iterator[Observation]:
    """A task that ended has its callback."""
    for clause in look.clauses("callback-sent"):
        callback: Callback = clause.thing
        if look.deliveries:
            yield look.says(clause, None, look.deliveries[0])
        elif _must_have_come(look, callback):
            waited_s = look.callback_facts["waited_s"]
            method = callback.operation.method
            problem = f"expected a {method} to the {callback.field} of {look.case.id}, {_got(look, callback)} within {waited_s:.0f} s of the end of its task"
            yield look.says(clause, problem, *_last_poll(look))


def _must_have_come(look: Look, callback: Callback) -> bool:
    told = look.callback_facts
    waited = told.get("waited_s", 0.0) >= _PATIENCE_S and look.final in callback.phases
    if look.is_sent_twice and look.phase("callback"):
        return False  # what came may be about the other task
    if not _can_tell(look, callback):
        return False
    return waited and (told.get("assured", False) or not callback.presumes)


def _can_tell(look: Look, callback: Callback) -> bool:
    """Whether a callback has a word for the state in which the task ended: none is promised for `cancelled`."""
    words = {
        str(v)
        for f in callback.operation.reply
        if f.role == "state"
        for v in f.schema.get("enum", ())
    }
    states = [s for s in (task_state(look.contract, e) for e, _ in look.polls) if s is not None]
    return not words or not states or str(states[-1][0]) in words


def _got(look: Look, callback: Callback) -> str:
    methods = {e.request.method for e in look.phase("callback")} - {callback.operation.method}
    return f"got only {', '.join(sorted(methods))}" if methods else "got none"


def _last_poll(look: Look) -> list[Exchange]:
    return [exchange for exchange, _ in look.polls[-1:]]


def content_type(look: Look) -> Iterator[Observation]:
    """What is sent is of the documented type, and can be read as such."""
    for clause in look.clauses("callback-type"):
        wanted = clause.thing.operation.content_type
        for exchange in look.deliveries:
            given = header(exchange.request.headers, "content-type") or "none"
            problem = None
            if given.partition(";")[0].strip().lower() != wanted:
                problem = f"expected a callback of type {wanted}, got {shown(given)}"
            elif wanted == "application/json" and not isinstance(body_of_delivery(exchange), dict):
                problem = "expected the body of a callback to be a JSON object, got something else"
            yield look.says(clause, problem, exchange)


def status_agrees(look: Look) -> Iterator[Observation]:
    """The state in a callback is the one in which the task ended."""
    ended = look.final in ("succeeded", "failed")
    if look.contract.callback is None or not ended or _shows_another_task(look):
        return
    known = {str(s.value): s.phase for s in look.contract.states}
    for clause in look.clauses("reply", "callback"):
        for exchange in look.deliveries if clause.thing.role == "state" else ():
            for value in find(body_of_delivery(exchange), clause.thing.path)[:1]:
                phase = known.get(str(value))
                # Of a state that is not listed, the judge of the field speaks.
                if phase not in (None, look.final):
                    problem = f"expected {clause.subject} as the task has it in the end, got {shown(value)} for a task that {look.final}"
                    yield look.says(clause, problem, exchange, *_last_poll(look))


def _shows_another_task(look: Look) -> bool:
    """Whether the status was told of some other task, so that nobody knows how this one ended."""
    status = look.contract.operation("status")
    paths = [f.path for f in status.reply if f.echoes == "$task_id"] if status else []
    told = [str(v) for _, body in look.polls for p in paths for v in find(body, p)]
    return any(name != look.outcome.task_id for name in told)


def signed(look: Look) -> Iterator[Observation]:
    """A callback carries a signature, and it is right."""
    for clause in look.clauses("callback-signature"):
        for exchange in look.deliveries:
            found = exchange.facts.get("signature", "")
            if found == "missing":
                yield look.says(
                    clause, f"expected {clause.subject}, got a callback without", exchange
                )
            elif found == "invalid":
                problem = f"expected in {clause.subject} a signature of the callback as it came, got one that is not"
                yield look.says(clause, problem, exchange)
            elif found == "valid":
                yield look.says(clause, None, exchange)


# --- deliveries ---


def attempts(look: Look) -> Iterator[Observation]:
    """What was not acknowledged comes again."""
    for clause in look.clauses("callback-attempts"):
        refused, later = _refused(look, clause.thing.delivery)
        if refused is None:
            continue
        if later:
            yield look.says(clause, None, refused, later[0])
        elif look.callback_facts.get("waited_again_s", 0.0) >= _RETRY_PATIENCE_S:
            waited_s = look.callback_facts["waited_again_s"]
            status = refused.reply.status if refused.reply else 0
            problem = f"expected another attempt after the answer {status}, got none within {waited_s:.0f} s"
            yield look.says(clause, problem, refused)


def _refused(look: Look, delivery: Delivery) -> tuple[Exchange | None, list[Exchange]]:
    """The first delivery that we did not acknowledge, and those after it."""
    for index, exchange in enumerate(look.deliveries):
        if exchange.reply is not None and not is_acknowledged(delivery, exchange.reply.status):
            return exchange, look.deliveries[index + 1 :]
    return None, []


def acknowledged(look: Look) -> Iterator[Observation]:
    """What was acknowledged is not tried again. Duplicates are permitted; as many as there are attempts are none."""
    for clause in look.clauses("callback-acknowledged"):
        delivery: Delivery = clause.thing.delivery
        taken = [
            e for e in look.deliveries if e.reply and is_acknowledged(delivery, e.reply.status)
        ]
        if not taken or taken[0].reply is None:
            continue
        many = len(taken) >= max(3, delivery.attempts or 0)
        status = taken[0].reply.status
        problem = f"expected the answer {status} to end it, got {len(taken)} deliveries that were each answered so"
        yield look.says(clause, problem if many else None, *taken[:10])


def state_kept(look: Look) -> Iterator[Observation]:
    """A task whose callback was not taken at first stays as it ended."""
    for clause in look.clauses("callback-state"):
        refused, _ = _refused(look, clause.thing.delivery)
        if refused is None:
            continue
        after = [e for e, _ in look.polls if e.started_s >= refused.started_s]
        states = [s for s in (task_state(look.contract, e) for e in after) if s is not None]
        # That a task that has ended changes is said by the judge of states.
        if states and states[-1][1] == look.final:
            yield look.says(clause, None, refused, after[-1])


# --- why nothing could be said ---


def absent(contract: Contract, facts: Mapping[str, Observation]) -> str:
    """
    The page that a vendor follows which sends no callback at all; "" where none leaves them out, or one came.

    One that sends some follows the page that has them, and is missed for each that does not come.
    """
    pages = contract.callback.absent_on if contract.callback else ()
    told = [o.facts["callback"] for o in facts.values() if o.facts.get("callback")]
    # What came while nobody was listening is not known.
    came = any(t.get("received") or t.get("calls") or t.get("interrupted") for t in told)
    return pages[0].document if pages and not came else ""


def uncalled(
    contract: Contract,
    facts: Mapping[str, Observation],
    clauses: Mapping[str, Clause],
    wrong: frozenset[str],
) -> dict[str, tuple[str, str]]:
    """
    The clauses about callbacks that stay open, each with the reason and what there is to say about it.

    Args:
        facts: How each case ended, by its id.
        wrong: The clauses that are violated.
    """
    callback = contract.callback
    told = [o.facts["callback"] for o in facts.values() if o.facts.get("callback")]
    if callback is None or not (told or callback.presumes):
        return {}
    about = [c for c in clauses.values() if c.operation == "callback" and not c.untestable]
    field = f"{contract.vendor}.create.{callback.field}."
    sent_ids = [c.id for c in about if c.topic == "callback-sent"]
    blamed = next((i for i in sorted(wrong) if i.startswith(field) or i in sent_ids), "")
    if blamed:
        return {c.id: (f"depends on {blamed}", "") for c in about}
    if not any(t.get("received") for t in told):
        why = f"no callback came; presumed is {callback.presumes}" if callback.presumes else ""
        return {c.id: (_NEEDED, why or "no callback came") for c in about}
    return dict(_missed(contract, about, told))


def _missed(
    contract: Contract, about: list[Clause], told: list[Mapping[str, Any]]
) -> Iterator[tuple[str, tuple[str, str]]]:
    """What stays open although callbacks came."""
    for clause in about:
        if clause.topic == "callback-signature" and not any(t.get("secret") for t in told):
            secret = f"set {secret_variable(contract)} to the secret that signs callbacks"
            yield clause.id, (_NEEDED, secret)
        if clause.topic == "callback-attempts":
            waited_s = max(t.get("waited_again_s", 0.0) for t in told)
            message = f"no second attempt came within {waited_s:.0f} s, and no document says when it comes"
            yield clause.id, ("needs: clock", message)
