"""Run results made by hand: what tests of reporting and of the command line draw."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from conformance.contract.clauses import derive_clauses
from conformance.contract.loading import load_contract
from conformance.contract.model import Contract
from conformance.results.cases import Case, Cost, Plan, Send
from conformance.results.outcome import RunResult, Target
from conformance.results.verdicts import Verdict
from conformance.wire.exchange import Exchange, Reply, Request

__all__ = ["AIGPTIMAGE", "GPTIMAGE2API", "creation", "poll", "result_of", "with_verdicts"]


@lru_cache
def _contract(name: str) -> Contract:
    return load_contract(name)


AIGPTIMAGE = "aigptimage"
GPTIMAGE2API = "gptimage2api"


def result_of(
    vendor: str = AIGPTIMAGE,
    verdicts: Mapping[str, Verdict] | None = None,
    *,
    exchanges: Sequence[Exchange] = (),
    cases: Sequence[Case] = (),
    **changes: Any,
) -> RunResult:
    """A run in which every clause conforms, but for the verdicts given by (short) clause id."""
    contract = _contract(vendor)
    given = {f"{vendor}.{name}": verdict for name, verdict in (verdicts or {}).items()}
    ids = [clause.id for clause in derive_clauses(contract)]
    assert given.keys() <= set(ids), given.keys() - set(ids)
    run = RunResult(
        contract=contract,
        target=Target(kind="simulator"),
        plan=Plan(vendor=vendor, strength=1, cases=tuple(cases)),
        cases=tuple(cases),
        exchanges={exchange.id: exchange for exchange in exchanges},
        observations=(),
        verdicts=tuple(
            replace(given[i], clause=i) if i in given else Verdict(clause=i, verdict="conforms")
            for i in ids
        ),
        requests=84,
        billed=12,
        cost=Cost(amount=41.0, unit="credits"),
        seconds=1250.25,
    )
    return replace(run, **changes)


def with_verdicts(result: RunResult, words: Sequence[str]) -> RunResult:
    """The run with these words as its verdicts, in contract order, over again as often as needed."""
    verdicts = tuple(
        Verdict(
            clause=clause.id,
            verdict=words[i % len(words)],  # type: ignore[arg-type]  # tests give one of the four
            reason="" if words[i % len(words)] in ("conforms", "violates") else "cap",
        )
        for i, clause in enumerate(derive_clauses(result.contract))
    )
    return replace(result, verdicts=verdicts)


def creation(
    body: Any = None,
    *,
    name: str = "e1",
    case: str = "c1",
    headers: Sequence[tuple[str, str]] = (("Authorization", "Bearer [redacted:key]"),),
    url: str = "https://aigptimage.com/api/v1/jobs/createTask",
    data: bytes | None = None,
) -> Exchange:
    """A creation that was answered."""
    sent = json.dumps(body or {"model": "m"}).encode() if data is None else data
    return Exchange(
        id=name,
        case=case,
        phase="create",
        request=Request(
            method="POST",
            url=url,
            headers=(*headers, ("Content-Type", "application/json")),
            body=sent,
        ),
        reply=Reply(status=200, body=b'{"code": 200}'),
    )


def poll(*, name: str = "e2", case: str = "c1") -> Exchange:
    """A status query of the same case."""
    return Exchange(
        id=name,
        case=case,
        phase="poll",
        request=Request(
            method="GET",
            url="https://aigptimage.com/api/v1/jobs/recordInfo?taskId=t1",
            headers=(("Authorization", "Bearer [redacted:key]"),),
        ),
        reply=Reply(status=200, body=b"{}"),
    )


def case_with(key: str, *, name: str = "c1") -> Case:
    """A case that sends that key."""
    send = Send(
        operation="create",
        method="POST",
        path="/api/v1/jobs/createTask",
        key=key,  # type: ignore[arg-type]  # tests give one of the three
    )
    return Case(id=name, operation="create", send=send, expect="refused")
