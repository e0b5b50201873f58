"""What would break a clause, and what would not?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from conformance.contract.clauses import Clause
from conformance.contract.model import Contract, ErrorRow
from conformance.judging.refusals import ties

__all__ = ["LEVELS", "UNTESTED", "permitted", "refusals_for", "violations"]

LEVELS = {
    "must": "a current page states it",
    "implied": "it follows from a stated limit, or only an example shows it",
    "disputed": "current pages disagree: each documented answer conforms, and following none violates",
}

UNTESTED = {
    "binds the client": "it is advice to whoever calls the API: no server can break it",
    "cannot be provoked": "it takes an empty account, a rate limit, an outage, moderation or a hosted file: "
    "no run brings that about",
    "not observable": "no reply shows whether it holds",
    "no meter": "no reply shows what was charged",
    "needs: clock": "it takes days of waiting; it is tried in process only, where the clock is ours",
    "needs: image": "it takes a reference image: give one with --image-url",
    "needs: callback": "it takes an address that the vendor can call",
    "needs: empty account": "it takes an account without money",
}


def refusals_for(contract: Contract, operation: str, cause: str) -> tuple[ErrorRow, ...]:
    """The rows of the error table that any refusal for this cause may be given by."""
    return tuple(row for row in contract.errors if operation in row.operations and ties(row, cause))


def _refused_as(contract: Contract, operation: str, causes: Iterable[str]) -> list[str]:
    """`Refused with 400 (as HTTP status or as the code in a 200) or 422: conforms.`"""
    if operation == "status" and "unknown-task" in causes:
        return ["Any documented status below 500 conforms, but for 401, 402, 403 and 429."]
    rows = [r for cause in dict.fromkeys(causes) for r in refusals_for(contract, operation, cause)]
    if not rows:
        return ["Any refusal conforms: no row of the error table is tied to this cause."]
    answers = dict.fromkeys(f"{row.status} {_carried(row)}".strip() for row in rows)
    return [
        f"A refusal with {' or '.join(answers)} conforms.",
        "A refusal with another status keeps this clause and breaks the one about the status.",
    ]


def _carried(row: ErrorRow) -> str:
    if row.carried_in == ("envelope",):
        return "(as the code in a 200)"
    return "(as HTTP status, or as the code in a 200)" if "envelope" in row.carried_in else ""


# --- what would violate ---

_LATER = " and its task succeeds"


def _field(clause: Clause) -> tuple[str, ...]:
    path, thing = clause.subject, clause.thing
    accepted = "is accepted" + ("" if thing.refused_at == "create" else _LATER)
    broken = {
        "required": f"A request without {path} (and without any alias of it) {accepted}.",
        "type": f"A request with {path} of a type that no coercion explains {accepted}.",
        "format": f"A request with {path} of quite another form {accepted}.",
        "items": f"A request with an element of {path} of quite another form {accepted}.",
        "alias": f"A request that gives {path} alone, in place of {thing.alias_of}, is refused.",
        "ignored": f"A request with {path} is refused.",
        "passthrough": f"A request with {path} is refused.",
        "also": f"A request with {path} in the other documented form is refused.",
        "base64": f"A request with a picture in base64 in {path} is refused.",
        "accepts": f"A request with {path} of a documented media type is refused.",
        "default": f"A request without {path} is answered otherwise than one that gives the documented default.",
    }
    if clause.keyword == "enum":
        refused = f"A request with a documented value of {path} is refused or fails, twice, beside accepted neighbours."
        far = f"A request with a value of {path} that is far from all documented ones {accepted}."
        return (refused, far) if thing.exhaustive else (refused,)
    if clause.keyword in broken:
        return (broken[clause.keyword],)
    return (
        f"A request with {path} at the limit is refused or fails beside accepted neighbours.",
        f"A request with {path} just beyond the limit {accepted}.",
    )


def _rule(clause: Clause) -> tuple[str, ...]:
    later = "" if clause.thing.refused_at == "create" else _LATER
    return (
        f"A request that breaks the rule (and nothing else) is accepted{later}.",
        "A request that keeps the rule at its edge is refused, where its values are accepted elsewhere.",
    )


def _idempotency(clause: Clause) -> tuple[str, ...]:
    return {
        "same-request": (
            f"The same creation with the same {clause.subject} makes a second task, or is refused for another"
            " reason than being repeated.",
        ),
        "other-body": (
            f"Another creation with the same {clause.subject} is accepted as a new task.",
        ),
        "replay-header": (f"A replayed answer comes without {clause.subject}.",),
        "maxLength": (f"A {clause.subject} one character longer than the limit is accepted.",),
    }[clause.keyword]


_VIOLATES: dict[str, Callable[[Clause], tuple[str, ...]]] = {
    "field": _field,
    "rule": _rule,
    "idempotency": _idempotency,
    "reply": lambda c: (
        f"{c.subject} is missing where it is promised, or holds another type or value.",
    ),
    "only": lambda c: (f"{c.subject} is there, and not null, in another state.",),
    "echo": lambda c: (f"{c.subject} repeats something else than what was sent.",),
    "unit": lambda c: (f"{c.subject} is no time or duration in the documented unit.",),
    "order": lambda c: (f"{c.subject} is earlier than the time that it cannot precede.",),
    "states": lambda c: (f"{c.subject} holds a value that no page lists.",),
    "terminal": lambda _: ("A task that has ended is in another state when asked about again.",),
    "row": lambda c: (
        f"A refusal for its cause comes with a status that no row ties to that cause, where {c.subject} is the first"
        " that does.",
    ),
    "row-body": lambda c: (f"{c.subject} is in the body and holds something else.",),
    "row-field": lambda c: (f"{c.subject} is missing where it is promised, or of another type.",),
    "envelope": lambda c: (
        f"The body of a refusal fits none of the documented envelopes, for want of {c.subject}.",
    ),
    "success": lambda c: (
        f"A request that keeps every documented rule is refused, or succeeds with another status than {c.subject}.",
    ),
    "path": lambda c: (f"{c.subject} does not answer, not even for a task just made.",),
    "second-path": lambda c: (
        f"{c.subject} is refused, or its answer cannot be read, with the right key.",
    ),
    "auth": lambda _: (
        "A request without a key, or with a wrong one, is answered as if it were right.",
        "A request with the right key is refused.",
    ),
    "charge": lambda _: ("The meter shows an amount that no page documents for the request.",),
    "refund": lambda c: (f"After a failed task {c.subject} says that nothing was given back.",),
    "url": lambda _: ("A URL of a finished task is answered with another status than 200.",),
    "picture": lambda _: ("What is delivered cannot be opened, or is of another type.",),
    "ratio": lambda _: ("A picture is more than 2 % off the ratio asked for.",),
    "tier": lambda _: (
        "Of two pictures of one shape, that of the higher tier has no more pixels than the other.",
    ),
    "pixels": lambda _: ("The picture has a size that is not in the documented cell.",),
    "callback-sent": lambda c: (
        f"A task ended, and for a good while nothing came to the {c.subject} of its creation.",
        f"A creation with {c.subject} is refused.",
    ),
    "callback-type": lambda _: ("A callback is of another type, or cannot be read as what it says it is.",),
    "callback-signature": lambda c: (
        f"A callback comes without {c.subject}, or with a signature that is not of its body and the secret.",
    ),
    "callback-attempts": lambda _: ("After an answer of 500 nothing comes for an hour, where the clock is ours.",),
    "callback-acknowledged": lambda _: (
        "As many deliveries come as there are attempts in all, though each of them was acknowledged.",
    ),
    "expiry": lambda _: (
        "Shortly before the end of its documented lifetime a result is gone.",
    ),
}  # fmt: skip


def violations(clause: Clause) -> tuple[str, ...]:
    """What a server would have to do to break the clause; nothing for a clause that no run can try."""
    judge = None if clause.untestable else _VIOLATES.get(clause.topic)
    if judge is None:
        return ()
    # What several pages say may be broken in several ways.
    each = [judge(replace(clause, parts=(part,))) for part in clause.parts]
    return tuple(dict.fromkeys(sentence for sentences in each for sentence in sentences))


# --- what would not ---

_SHAPE = "Further fields, further headers and texts in another language are nobody's business."
_TROUBLE = "429, 5xx once, timeouts and lost connections say nothing: it is asked again."

_PERMITS: dict[str, tuple[str, ...]] = {
    "reply": (_SHAPE, "3.0 counts as an integer; null counts as absent where the field is not promised."),
    "echo": (_SHAPE, "It may hold more than was sent, and an alias may stand under its primary's name."),
    "unit": ("The time may be fixed, skewed or coarse: only type and unit are judged.",),
    "order": ("The time may be fixed, skewed or coarse: only the order is judged.",),
    "only": ("Null counts as not being there.",),
    "states": ("States may be skipped, and may come in any order.",),
    "terminal": ("The address of a result may change from poll to poll.",),
    "envelope": (_SHAPE,),
    "row-body": ("A body without the field breaks another clause, not this one.",),
    "row-field": (_SHAPE,),
    "success": (_TROUBLE, "402 and 403 say something about the account, and nothing about this clause."),
    "path": ("Whatever else goes wrong with the operation: that is then untested.",),
    "second-path": ("Whatever goes wrong with the operation at its first path as well.",),
    "content-type": ("A refusal of plain requests breaks the clause on the path or the status instead.",),
    "auth": ("The status operation may answer 404 before it looks at the key: it is asked about a task that exists.",),
    "charge": ("Any documented amount conforms; which rule the vendor follows is told from several creations.",),
    "refund": ("Until the run's last look at the task the refund may be late.",),
    "url": ("Redirects, signed addresses and 5xx that pass.",),
    "picture": ("Any picture that can be opened, where no page names a type.",),
    "ratio": ("2 %, and one pixel for small pictures; a cell of a documented table replaces the ratio.",),
    "tier": ("Pictures are compared at the same ratio only.",),
    "pixels": ("Any of the sizes that the cell lists.",),
    "callback-sent": (
        "It may come before a poll sees the end, later, and more than once.",
        "Callbacks about other tasks are nobody's business.",
    ),
    "callback-type": ("Parameters of the type, such as a charset.",),
    "callback-signature": (
        "Where the documents leave open what is signed, any arrangement with the raw body, in hexadecimal or Base64.",
    ),
    "callback-attempts": ("The next attempt may come at any time within an hour.",),
    "callback-acknowledged": ("Duplicates, as long as they are fewer than the attempts.",),
    "callback-state": ("That a task that has ended changes breaks the clause on its states instead.",),
    "idempotency": ("A documented conflict (the first creation is still running) makes no second task: it conforms.",),
}  # fmt: skip


def permitted(contract: Contract, clause: Clause, causes: Iterable[str]) -> tuple[str, ...]:
    """
    What a server may do without breaking the clause.

    Args:
        causes: Those of the refusals that the plan expects for this clause.
    """
    if clause.untestable:
        return ()
    found = list(_PERMITS.get(clause.topic, ()))
    causes = list(causes)
    if clause.topic == "row":
        found += _row(contract, clause)
    elif causes:
        found += _refused_as(contract, clause.operation, causes)
    if _may_fail_later(clause):
        found.append("A creation that is accepted and whose task then fails conforms as well.")
    if clause.topic == "field":
        found += _of_field(clause)
    return tuple(found)


def _row(contract: Contract, clause: Clause) -> Iterable[str]:
    row = clause.thing
    also: dict[str, list[str]] = {}
    for cause in row.causes:
        others = [r.status for r in refusals_for(contract, clause.operation, cause)]
        statuses = " or ".join(str(s) for s in dict.fromkeys(others) if s != row.status)
        if statuses:
            also.setdefault(statuses, []).append(cause)
    for statuses, causes in also.items():
        yield f"{statuses} is documented for {', '.join(causes)} as well and conforms; this row is then not observable."
    if _carried(row):
        yield f"{row.status} {_carried(row)} conforms."


def _may_fail_later(clause: Clause) -> bool:
    refuses = clause.topic == "rule" or (
        clause.topic == "field" and clause.keyword not in _ACCEPTING
    )
    return (
        refuses
        and clause.operation == "create"
        and getattr(clause.thing, "refused_at", "") != "create"
    )


_ACCEPTING = frozenset(("alias", "ignored", "passthrough", "also", "base64", "accepts", "default"))


def _of_field(clause: Clause) -> Iterable[str]:
    said = {
        "type": 'Coercion: "1" for 1, or null for left out.',
        "enum": "Another spelling of a documented value (2K for 2k).",
        "required": "A request that gives only an alias is accepted.",
        "default": "Where the default is invisible in the reply the clause stays untested.",
        "ignored": "The field may have an effect: that it has none no reply shows.",
    }
    if clause.keyword in said:
        yield said[clause.keyword]
    if clause.keyword == "enum" and not clause.thing.exhaustive:
        yield "A value that is not listed may be accepted or refused: the list is not said to be whole."
    yield _TROUBLE
