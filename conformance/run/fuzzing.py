"""
How are generated requests sent within the caps, and which of Schemathesis' findings can stand?

Each is a case like any other: the purse grants it, the journal has it before it leaves. What its checks find wrong goes
into the facts of the case, so that a record is judged without the library. What they would accuse although documents
permit it, or say nothing of it, is dropped here, with the reason beside the rule.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from conformance.compilers.blame import clause_of
from conformance.compilers.validating import CompiledContract
from conformance.compilers.violation import Violation
from conformance.contract.clauses import clauses_by_id
from conformance.contract.paths import find, put, steps
from conformance.contract.resolution import settle
from conformance.judging.fuzzed import FUZZ
from conformance.planning.costs import price
from conformance.results.cases import FUZZED, Case, Plan, Send, Witness
from conformance.run.conversation import Talk
from conformance.run.schemathesis import CHECKS, Drawn, Generator
from conformance.run.session import Session
from conformance.wire.exchange import Exchange

__all__ = ["Fuzzer"]

_OF_THE_PROTOCOL = frozenset(
    {401, 402, 403, 404, 405, 406, 408, 411, 412, 413, 414, 415, 416, 417, 421, 426, 428, 429, 431}
)
"""What whatever stands before an API answers by itself, or says of the account: no table of a vendor lists it all."""

_TROUBLE = 500
_REDIRECTED = 300
_PICTURES = ("images",)
_CALLBACKS = ("callback_url",)


class Fuzzer:
    """
    Sends what Schemathesis generates after the plan, and writes down what it finds.

    Args:
        send: Sends a case if that may be spent; None where not.
    """

    def __init__(
        self, session: Session, plan: Plan, send: Callable[[Case], Awaitable[Talk | None]]
    ) -> None:
        self._session = session
        self._send = send
        self._generator = Generator(session.contract, plan.dialect)
        self._contract = settle(session.contract, plan.dialect)
        self._compiled = CompiledContract(self._contract)
        self._far: set[str] = set()
        """Cases whose body no lenient reading makes a permitted one."""
        self._sent = 0
        self._found = 0

    async def run(self) -> None:
        """
        Send them all, or until nothing more may be spent.

        Raises:
            ConformanceError: The record cannot be written any further.
        """
        options = self._session.options
        paid = self._session.endpoint.kind == "simulator" or options.max_billed is not None
        drawn = await asyncio.to_thread(
            self._generator.draw, options.fuzz, seed=options.seed, paid=paid
        )
        stopped = ""
        for number, one in enumerate(drawn, start=1):
            case = self._case(number, one)
            if case is None or (case.operation == "create" and not paid and case.breaks is None):
                continue
            if not await self._looked_at(case, one):
                stopped = "; stopped at what may be spent"
                break
        unpaid = "" if paid else "; creations that keep the schema need --max-billed"
        self._session.note(
            f"Schemathesis generated {self._sent} requests, and found fault with the answers to {self._found}"
            f"{unpaid}{stopped}"
        )

    async def _looked_at(self, case: Case, drawn: Drawn) -> bool:
        """Send one and write down what is found; whether there may be more."""
        talk = await self._send(case)
        if talk is not None and talk.outcome.kind == "trouble":
            # Trouble that passes is no answer.
            talk = await self._send(case)
        if talk is None:
            return False
        self._sent += 1
        exchange = talk.exchange
        if exchange is None or exchange.reply is None:
            return True
        names = self._checks(case, talk, exchange)
        failures = self._generator.failures(drawn, exchange.request, exchange.reply, names)
        # Of several findings about one answer the weightiest is the defect, and the others follow from it.
        first = next((name for name in CHECKS if name in failures), "")
        self._found += bool(first)
        talk.facts[FUZZ] = {
            "operation": case.operation,
            "checks": names,
            "failures": {first: failures[first]} if first else {},
            "exchange": exchange.id,
            "clause": case.breaks.clause if case.breaks is not None else "",
        }
        self._session.tell(case, talk.outcome, talk.facts)
        return True

    # --- which checks are fair ---

    def _checks(self, case: Case, talk: Talk, exchange: Exchange) -> list[str]:
        """The checks whose finding about this answer would be a fault of the server's."""
        assert exchange.reply is not None  # nobody else is asked about
        names = ["not_a_server_error"]
        if self._is_status_judged(case.operation, exchange.reply.status):
            names.append("status_code_conformance")
        if talk.accepted and case.breaks is None:
            # What follows a request that is not permitted, and how an error looks beyond its table, nobody says.
            names += ["response_schema_conformance", "response_headers_conformance"]
        # Errors come inside a 200, and a task may still fail: taken is only what was also made.
        taken = talk.accepted and talk.phase == "succeeded"
        if case.id in self._far and (taken or exchange.reply.status >= _REDIRECTED):
            names.append("negative_data_rejection")
        return names

    def _is_status_judged(self, operation: str, status: int) -> bool:
        described = self._contract.operation(operation)
        tables = (*self._contract.errors, *self._contract.tolerated)
        rows = {row.status for row in tables}
        known = rows | set(described.success if described else ())
        return bool(rows) and status < _TROUBLE and status not in _OF_THE_PROTOCOL | known

    # --- cases ---

    def _case(self, number: int, drawn: Drawn) -> Case | None:
        """The request as a case; None where it cannot be sent in good faith."""
        send = drawn.send
        operation = self._contract.operation(drawn.operation)
        assert operation is not None  # it was exported
        name = f"{FUZZED}{number}"
        title = f"generated by Schemathesis, {'as' if drawn.is_valid else 'not as'} documented"
        if drawn.operation != "create":
            return Case(
                id=name, operation=drawn.operation, send=send, expect="answered", title=title
            )
        body = self._harmless(send.body)
        if body is _UNFIT:
            return None
        send = replace(send, body=body)
        violations = () if send.raw is not None else self._compiled.violations(operation, body)
        model = self._compiled.model_of(operation, body)
        assignment = self._assignment(send)
        broken = self._broken(send, violations, model)
        if broken and self._is_far(send, violations):
            self._far.add(name)
        return Case(
            id=name,
            operation="create",
            send=send,
            expect="either",
            title=title,
            model=model,
            breaks=Witness(clause=broken) if broken else None,
            cost=price(self._contract, model, assignment),
            worst_cost=price(self._contract, model, assignment, worst=True),
        )

    def _broken(self, send: Send, violations: tuple[Violation, ...], model: str) -> str:
        """The clause that an invalid request breaks, as far as there is one for it."""
        operation = self._contract.operation("create")
        assert operation is not None  # the case is a creation
        if send.raw is not None or not isinstance(send.body, dict):
            return f"{self._contract.vendor}.create.contentType"
        if not violations:
            return ""
        return clause_of(self._session.contract, operation, violations[0], model)

    def _is_far(self, send: Send, violations: tuple[Violation, ...]) -> bool:
        """
        No JSON object at all, an object or a list where one value stands, or the other way round.

        Numbers in quotes, null, other cases and unknown fields are read leniently by many servers, and values beyond
        limits are the plan's to try. Where pages disagree about a field, nothing is far.
        """
        if send.raw is not None or not isinstance(send.body, dict):
            return True
        known = clauses_by_id(self._session.contract)
        operation = self._contract.operation("create")
        assert operation is not None  # the case is a creation
        for violation in violations:
            clause = known.get(clause_of(self._session.contract, operation, violation))
            plain = clause is not None and clause.level == "must" and violation.keyword == "type"
            if plain and any(
                _is_deep(v) != _takes_deep(clause) for v in find(send.body, violation.path)
            ):
                return True
        return False

    def _assignment(self, send: Send) -> dict[str, Any]:
        operation = self._contract.operation("create")
        assert operation is not None  # the case is a creation
        found = {f.path: find(send.body, f.path) for f in operation.fields if f.location == "body"}
        return {path: values[0] for path, values in found.items() if values}

    def _harmless(self, body: Any) -> Any:
        """
        The body without addresses that nobody gave: nothing is fetched from, or sent to, a stranger.

        `_UNFIT` where there is no picture of ours to put in their place.
        """
        operation = self._contract.operation("create")
        if operation is None or not isinstance(body, dict):
            return body
        pictures = self._session.images.reference
        for field in operation.fields:
            values = find(body, field.path)
            if not values:
                continue
            if field.role in _CALLBACKS:
                _remove(body, field.path)
            elif field.role in _PICTURES and _holds_text(values[0]):
                if not pictures:
                    return _UNFIT
                ours = _with_pictures(values[0], pictures[0])
                put(body, field.path, ours)
        return body


_UNFIT = object()


def _remove(body: dict[str, Any], path: str) -> None:
    *above, last = steps(path)
    here: Any = body
    for step in above:
        here = here.get(step) if isinstance(here, dict) else None
    if isinstance(here, dict):
        here.pop(last, None)


def _is_deep(value: Any) -> bool:
    return isinstance(value, dict | list)


def _takes_deep(clause: Any) -> bool:
    types = clause.thing.schema.get("type", "")
    return "object" in types or "array" in types


def _holds_text(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_holds_text, value))
    if isinstance(value, dict):
        return any(map(_holds_text, value.values()))
    return isinstance(value, str)


def _with_pictures(value: Any, picture: str) -> Any:
    if isinstance(value, list):
        return [_with_pictures(each, picture) for each in value]
    if isinstance(value, dict):
        return {name: _with_pictures(each, picture) for name, each in value.items()}
    return picture if isinstance(value, str) else value
