"""Traces made by hand, and short ways to ask a judge about them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from conformance.contract.model import Contract
from conformance.judging.context import Look, topics_of
from conformance.results.cases import Case, Send, Witness
from conformance.results.verdicts import Observation
from conformance.wire.exchange import Exchange, Picture, Reply, Request, Trace

__all__ = [
    "answer",
    "breaking",
    "creation",
    "look",
    "lost",
    "picture",
    "query",
    "said",
    "trace",
    "words",
]


def answer(
    phase: str,
    body: Any = None,
    status: int = 200,
    *,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Exchange:
    """A request of that phase and its reply; `body` is JSON, or bytes as they are."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    reply = Reply(status=status, headers=tuple((headers or {}).items()), body=raw)
    return Exchange(id="", case="", phase=phase, request=_request(phase), reply=reply, **more)


def _request(phase: str) -> Request:
    method = "POST" if phase == "create" else "GET"
    return Request(method=method, url=f"https://vendor.example/{phase}")


def lost(phase: str, failure: str = "timeout", *, sent: bool = True) -> Exchange:
    """A request of that phase that got no reply."""
    return Exchange(
        id="", case="", phase=phase, request=_request(phase), failure=failure, sent=sent
    )


def picture(
    width: int | None = 64,
    height: int | None = 64,
    *,
    format: str | None = "png",  # noqa: A002 - as the picture's own field is called
    problem: str | None = None,
    status: int = 200,
) -> Exchange:
    """A download, and what it turned out to be."""
    found = Picture(format=format, width=width, height=height, problem=problem)
    return answer("download", b"", status, picture=found if status == 200 else None)


def creation(assignment: Mapping[str, Any] | None = None, **more: Any) -> Case:
    """A valid creation."""
    return Case(
        **{
            "id": "case",
            "operation": "create",
            "send": Send(operation="create", method="POST", path="/make"),
            "expect": "accepted",
            "title": "a creation",
            "assignment": assignment or {},
            **more,
        }
    )


def breaking(clause: str, value: str = "refuses it", **more: Any) -> Case:
    """A creation that breaks one clause."""
    witness = Witness(clause=clause, value=value)
    given = {"id": "broken", "breaks": witness, "witnesses": (witness,), "cause": "bad-parameter"}
    return creation(**{**given, "expect": "refused-or-failed", **more})


def query(clause: str = "", **more: Any) -> Case:
    """A status query that is expected to be refused."""
    witness = Witness(clause=clause)
    return Case(
        **{
            "id": "query",
            "operation": "status",
            "send": Send(operation="status", method="GET", path="/made/x"),
            "expect": "refused",
            "title": "a query",
            "breaks": witness,
            "witnesses": (witness,),
            "cause": "unknown-task",
            **more,
        }
    )


def trace(case: Case, *exchanges: Exchange) -> Trace:
    """The exchanges, numbered, as the trace of a case."""
    numbered = (
        replace(exchange, id=f"{case.id}/{number}", case=case.id)
        for number, exchange in enumerate(exchanges, 1)
    )
    return Trace(case=case.id, exchanges=tuple(numbered))


def look(contract: Contract, case: Case, *exchanges: Exchange) -> Look:
    """What a judge looks at."""
    return Look(
        contract=contract,
        case=case,
        trace=trace(case, *exchanges),
        topics=topics_of(contract),
    )


def said(observations: Iterable[Observation], clause: str) -> list[Observation]:
    """What was said of one clause, whose id ends with that name."""
    return [o for o in observations if o.clause.partition(".")[2] == clause]


def words(observations: Iterable[Observation]) -> dict[str, str]:
    """Clause (without the vendor) to the worst word that was said of it."""
    return dict(_worst_last(observations))


def _worst_last(observations: Iterable[Observation]) -> Iterator[tuple[str, str]]:
    order = ("untested", "inconclusive", "conforms", "violates")
    for each in sorted(observations, key=lambda o: order.index(o.verdict)):
        if each.clause:
            yield each.clause.partition(".")[2], each.verdict
