"""
Vendors that answer whole plans, by hand: no simulator, no client, no clock.

A `Voice` says how a vendor words its answers. Whether it makes a task is decided for each case: as the case expects,
unless a test wants it otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from conformance.contract.model import Contract
from conformance.judging.acceptance import Accepted
from conformance.judging.acceptance import accused as accused_of
from conformance.judging.conclude import conclude
from conformance.judging.observe import observe
from conformance.planning.images import DEFAULT_IMAGES, Images
from conformance.planning.narrow import narrow
from conformance.planning.requests import CARRIERS
from conformance.results.cases import Case, Feature, Plan
from conformance.results.verdicts import Observation, Verdict
from conformance.wire.exchange import Exchange, Trace
from tests.contract.toys import named
from tests.judging.traces import answer, creation, picture, trace
from tests.planning.desks import plan_of

__all__ = ["VOICES", "Run", "Voice", "accused", "ask", "ask_plan", "expected"]

_MOST = 12
"""Further requests for one refused case."""

Decide = Callable[[Case], str]
"""How a case ends: succeeded, failed, refused, or trouble."""


@dataclass(frozen=True, kw_only=True)
class Voice:
    """How a vendor words its answers, and the sizes of its pictures."""

    created: Callable[[Case, str], Exchange]
    snapshot: Callable[[Case, str, str], Any]
    """Case, task id and phase to the body of a status reply."""
    refused: Callable[[Case], Exchange]
    size: Callable[[Case], tuple[int, int]] = lambda case: (64, 64)
    repeated: Callable[[Case, str], Exchange] | None = None


def expected(case: Case) -> str:
    """How a faithful vendor has a case end."""
    return {"accepted": "succeeded", "either": "failed"}.get(case.expect, "refused")


# ---------------------------------------------------------------- what each of them says

_ROWS = {"unauthorized": 401, "unknown-task": 404, "conflict": 409}


def _status(case: Case, otherwise: int) -> int:
    return _ROWS.get(case.cause, otherwise)


def _rules_body(case: Case, task: str, phase: str) -> Any:
    state = {"running": "drawing", "succeeded": "done", "failed": "broken"}[phase]
    return {"state": state, "urls": ["https://cdn.example/a.png"] if state == "done" else []}


_RULES = Voice(
    created=lambda case, task: answer("create", {"id": task}),
    snapshot=_rules_body,
    refused=lambda case: answer(
        case.operation, {"error": {"code": "no", "text": "no"}}, _status(case, 400)
    ),
)


def _integers_created(case: Case, task: str) -> Exchange:
    detail, count = case.assignment.get("detail"), case.assignment.get("count")
    each = 0.01 if case.model == "tiny" else {"2": 0.04, "3": 0.05}.get(str(detail), 0.02)
    times = count if isinstance(count, int) else 1
    return answer("create", {"jobs": [{"id": task, "credits": each * times}]}, 202)


def _integers_body(case: Case, task: str, phase: str) -> Any:
    state = {"running": 1, "succeeded": 2, "failed": 9}[phase]
    job: dict[str, Any] = {
        "id": task,
        "state": state,
        "progress": 50,
        "sent": json.dumps(case.send.body),
        "started": 1_757_584_164,
        "ended": None if state == 1 else 1_757_584_170,
    }
    if state == 2:
        job["output"] = json.dumps({"images": ["https://cdn.example/a.png"]})
    if state == 9:
        job["refunded"] = True
    return {"job": job}


def _integers_refused(case: Case) -> Exchange:
    body = {"ok": False, "status": _status(case, 422), "why": "no"}
    return answer(case.operation, body)


_INTEGERS = Voice(created=_integers_created, snapshot=_integers_body, refused=_integers_refused)

_PIXELS = {("1:1", "s"): (64, 64), ("1:1", "m"): (130, 130), ("2:1", "s"): (100, 50)}


def _pixels_size(case: Case) -> tuple[int, int]:
    asked = (str(case.assignment.get("ratio", "1:1")), str(case.assignment.get("tier", "s")))
    return _PIXELS.get(asked, (192, 96))


_PIXELS_VOICE = Voice(
    created=lambda case, task: answer("create", {"task": task}, 201),
    snapshot=lambda case, task, phase: {
        "state": {"running": "busy", "succeeded": "ok", "failed": "no"}[phase],
        **({"pictures": [{"url": "https://cdn.example/a"}]} if phase == "succeeded" else {}),
    },
    refused=lambda case: answer(case.operation, {"error": "no"}, _status(case, 400)),
    size=_pixels_size,
    repeated=lambda case, task: answer("create", {"task": task}, headers={"X-Replay": "true"}),
)


def _disputes_body(case: Case, task: str, phase: str) -> Any:
    state = {"running": "queued", "succeeded": "done", "failed": "failed"}[phase]
    return {"state": state, **({"images": ["https://cdn.example/a"]} if state == "done" else {})}


_DISPUTES = Voice(
    created=lambda case, task: answer("create", {"id": task}),
    snapshot=_disputes_body,
    refused=lambda case: answer(case.operation, {"error": "no"}, _status(case, 400)),
)


def _aigptimage_body(case: Case, task: str, phase: str) -> Any:
    ended = phase != "running"
    urls = json.dumps({"resultUrls": ["https://cdn.example/a.png"]})
    data = {
        "taskId": task,
        "model": case.model,
        "state": {"running": "waiting", "succeeded": "success", "failed": "fail"}[phase],
        "param": json.dumps(case.send.body),
        "resultJson": urls if phase == "succeeded" else None,
        "failCode": "501" if phase == "failed" else None,
        "failMsg": "no" if phase == "failed" else None,
        "costTime": 9000 if ended else None,
        "completeTime": 1_757_584_173_490 if ended else None,
        "createTime": 1_757_584_164_490,
    }
    return {"code": 200, "msg": "success", "data": data}


def _aigptimage_refused(case: Case) -> Exchange:
    status = _status(case, 400 if case.operation == "status" or case.send.raw else 422)
    return answer(case.operation, {"code": status, "msg": "no", "data": None}, status)


def _shape(ratio: Any, edge: int) -> tuple[int, int]:
    known = isinstance(ratio, str) and ratio.replace(":", "").isdigit()
    width, height = map(int, ratio.split(":")) if known else (1, 1)
    longest = max(width, height)
    return edge * width // longest, edge * height // longest


_AIGPTIMAGE = Voice(
    created=lambda case, task: answer(
        "create", {"code": 200, "msg": "success", "data": {"taskId": task}}
    ),
    snapshot=_aigptimage_body,
    refused=_aigptimage_refused,
    size=lambda case: _shape(
        case.assignment.get("input.aspect_ratio", "auto"),
        {"2K": 2048, "4K": 3840}.get(str(case.assignment.get("input.resolution")), 1024),
    ),
)

_PRICES = {"gpt-image-2": 3, "nano-banana-2": 4, "nano-banana-pro": 12, "google/nano-banana": 3}


def _gptimage2api_body(case: Case, task: str, phase: str) -> Any:
    done, failed = phase == "succeeded", phase == "failed"
    return {
        "taskId": task,
        "type": "image",
        "status": {"running": 0, "succeeded": 1, "failed": 2}[phase],
        "model": case.model,
        "prompt": case.assignment.get("prompt"),
        "creditsUsed": _PRICES[case.model],
        "creditsRefunded": failed,
        "createdAt": "2026-04-22T09:00:00.000Z",
        **({"imageUrls": ["https://cdn.example/a.png"]} if done else {}),
        **({"updatedAt": "2026-04-22T09:00:32.000Z"} if done else {}),
        **({"errorCode": "STORAGE_ERROR", "errorMessage": "no"} if failed else {}),
    }


def _gptimage2api_refused(case: Case) -> Exchange:
    status = _status(case, 400)
    error = {400: "Invalid request", 401: "Unauthorized", 404: "Task not found"}[status]
    body = {"error": error, **({"details": {}} if status == 400 else {})}
    return answer(case.operation, body, status)


_GPTIMAGE2API = Voice(
    created=lambda case, task: answer(
        "create", {"taskId": task, "status": 0, "creditsUsed": _PRICES[case.model]}
    ),
    snapshot=_gptimage2api_body,
    refused=_gptimage2api_refused,
    size=lambda case: _shape(case.assignment.get("aspectRatio", "auto"), 1024),
)

VOICES: Mapping[str, Voice] = {
    "aigptimage": _AIGPTIMAGE,
    "gptimage2api": _GPTIMAGE2API,
    "disputes": _DISPUTES,
    "integers": _INTEGERS,
    "pixels": _PIXELS_VOICE,
    "rules": _RULES,
}


# ---------------------------------------------------------------- whole runs


def ask(voice: Voice, case: Case, ending: str) -> Trace:
    """The conversation about one case, which ends in the given way."""
    if ending == "trouble":
        return trace(case, answer(case.operation, {}, 500), answer(case.operation, {}, 500))
    if ending == "refused":
        return trace(case, voice.refused(case))
    if case.operation == "status":
        return trace(case, answer("status", voice.snapshot(_anybody(case), "task-x", "succeeded")))
    task = f"task-{case.repeats or case.id}"
    if case.repeats and voice.repeated is not None:
        return trace(case, voice.repeated(case, task))
    found = [
        voice.created(case, task),
        answer("poll", voice.snapshot(case, task, "running")),
        answer("poll", voice.snapshot(case, task, ending)),
    ]
    if ending == "succeeded":
        found.append(picture(*voice.size(case)))
    return trace(case, *found, answer("repoll", voice.snapshot(case, task, ending)))


def _anybody(case: Case) -> Case:
    """Somebody's task, for a query that should have been refused."""
    return creation({"prompt": "x"}, model="gpt-image-2", id=case.id)


@dataclass(frozen=True, kw_only=True)
class Run:
    """A whole plan, asked and judged."""

    contract: Contract
    plan: Plan
    cases: tuple[Case, ...]
    observations: tuple[Observation, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def by_clause(self) -> dict[str, Verdict]:
        """Clause (without the vendor) to its verdict."""
        return {v.clause.partition(".")[2]: v for v in self.verdicts}


def ask_plan(name: str, decide: Decide = expected, *, images: Images = DEFAULT_IMAGES) -> Run:
    """
    Ask a vendor everything, as a run does: another carrier where the first is refused, then the whole plan, then
    halves of what was refused.
    """
    contract, voice = named(name), VOICES[name]
    firsts = [plan_of(name, n, images).cases[0] for n in range(CARRIERS)]
    carrier = next((n for n, first in enumerate(firsts) if decide(first) == "succeeded"), 0)
    plan = plan_of(name, carrier, images)
    seen = [o for c in plan.cases for o in _planned(name, carrier, images, c.id, decide(c))]
    besides = [
        replace(first, id=f"{first.id}~{n}")
        for n, first in enumerate(firsts[:carrier])
        if first.send != firsts[carrier].send
    ]
    narrowed = _Narrowing(contract, plan, images, carrier, decide).of([*plan.cases, *besides])
    for case in (*besides, *narrowed):
        seen += observe(contract, case, ask(voice, case, decide(case)))
    cases = (*plan.cases, *besides, *narrowed)
    return Run(
        contract=contract,
        plan=plan,
        cases=cases,
        observations=tuple(seen),
        verdicts=conclude(contract, plan, cases, seen),
    )


@cache
def _planned(
    name: str, carrier: int, images: Images, case_id: str, ending: str
) -> tuple[Observation, ...]:
    """What is said of a planned case. Kept, because runs differ in few of them."""
    case = next(c for c in plan_of(name, carrier, images).cases if c.id == case_id)
    return observe(named(name), case, ask(VOICES[name], case, ending))


class _Narrowing:
    """Asks again with halves of what may be to blame, as `conformance.run.narrowing` does."""

    def __init__(
        self, contract: Contract, plan: Plan, images: Images, carrier: int, decide: Decide
    ) -> None:
        self.contract = contract
        self.plan = plan
        self.images = images
        self.carrier = carrier
        self.decide = decide
        self.ended: dict[str, list[Case]] = {"succeeded": [], "refused": [], "failed": []}

    def of(self, cases: Sequence[Case]) -> list[Case]:
        """All further requests."""
        mine = [c for c in cases if c.expect == "accepted" and not c.repeats]
        for case in mine:
            self._hear(case)
        bad = [c for c in mine if self.decide(c) != "succeeded"]
        return [
            part
            for case in sorted(bad, key=lambda c: len(c.features))
            for part in self._explained(case)
        ]

    def _hear(self, case: Case) -> None:
        ending = self.decide(case)
        self.ended["refused" if ending == "trouble" else ending].append(case)

    def _explained(self, refused: Case) -> Iterator[Case]:
        left, waiting = _MOST, [refused]
        while waiting and self.ended["succeeded"]:
            case = waiting.pop(0)
            suspects = self._suspects(case)
            for part in narrow(
                self.contract, self.plan, case, suspects, images=self.images, carrier=self.carrier
            ):
                if left <= 0:
                    return
                left -= 1
                yield part
                self._hear(part)
                if self.decide(part) != "succeeded":
                    waiting.append(part)

    def _suspects(self, case: Case) -> list[Feature]:
        accepted = Accepted(
            good=tuple(self.ended["succeeded"]),
            failed=tuple(self.ended["failed"]),
            refused=tuple(self.ended["refused"]),
        )
        every = {f.witness: f for c in (*accepted.refused, *accepted.failed) for f in c.features}
        guilty = [every[w].pins for w in accused_of(accepted, list(every.values()))[0]]
        return [f for f in case.features if not accepted.has(f.pins) and f.pins not in guilty]


def accused(run: Run) -> set[str]:
    """The clauses (without the vendor) that are violated."""
    return {name for name, verdict in run.by_clause.items() if verdict.verdict == "violates"}
