"""
Servers that keep APIPod's documents in another permitted way, and servers that break one clause each.

Each is the hand-written vendor with one method replaced, in the form of `variation`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.hand.apipod import APRIL, AUGUST, PIXELS, PROMPT, QUALITIES, Apipod
from tests.hand.variation import Variants
from tests.hand.web import Answer

Record = dict[str, Any]

variants = Variants("apipod", Apipod)
PERMITTED, BROKEN = variants.PERMITTED, variants.BROKEN
permitted, broken, _with = variants.permitted, variants.broken, variants.altered


def _at(state: str, **values: Any) -> dict[str, Any]:
    """Fields of the records of one state set to something else."""
    return _with("record", lambda s, r, t: {**r, **values} if r["status"] == state else r)


def _without(method: str, name: str) -> dict[str, Any]:
    return _with(method, lambda s, r, *a: {k: v for k, v in r.items() if k != name})


def _standard(self: Any, status: int, code: str, message: str, kind: str) -> dict[str, Any]:
    return {"code": status, "message": message, "data": {"type": kind, "error_code": code}}


def _openai(self: Any, status: int, code: str, message: str, kind: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "code": code}}


# --- permitted: models, fields and limits ---

permitted("as written")
permitted("the names of April", models=APRIL)
permitted("the names of both editions", models=[*AUGUST, "gpt-image-2-edit"])
permitted("unknown model is a bad request", bad_model=lambda s: s.bad_parameter("unknown model"))
permitted(
    "the names of April, bad request for others",
    models=APRIL,
    bad_model=lambda s: s.bad_parameter("unknown model"),
)


def _edit_needs_images(self: Any, body: Any) -> str:
    problem = Apipod.problem(self, body)
    bare = isinstance(body, dict) and not body.get("image_urls")
    return problem or ("no images" if bare and body["model"] == "gpt-image-2-edit" else "")


permitted("edits need images", models=APRIL, problem=_edit_needs_images)
permitted(
    "edits have no resolution and no quality",
    models=APRIL,
    resolution_problem=lambda s, m, r: (
        "no" if m.endswith("-edit") and r else Apipod.resolution_problem(s, m, r)
    ),
    quality_problem=lambda s, m, q: (
        "no" if m.endswith("-edit") and q else Apipod.quality_problem(s, m, q)
    ),
)
permitted(
    "an empty result until the next poll",
    completed=lambda s, t: {
        **Apipod.completed(s, t),
        **({"result": []} if t["polls"] == s.polls_until_done else {}),
    },
)
broken(
    "an empty result for good",
    "status.reply.data.result.completed",
    completed=lambda s, t: {**Apipod.completed(s, t), "result": []},
)
permitted(
    "lite refuses a quality",
    quality_problem=lambda s, m, q: (
        "no" if m == "gpt-image-2-lite" and q else Apipod.quality_problem(s, m, q)
    ),
)
permitted(
    "tiers in lower case, too",
    resolution_problem=lambda s, m, r: Apipod.resolution_problem(
        s, m, r.upper() if isinstance(r, str) else r
    ),
    size=lambda s, b: Apipod.size(s, {**b, "resolution": (b.get("resolution") or "1K").upper()}),
)
permitted(
    "at most sixteen images",
    images_problem=lambda s, u: (
        "too many" if isinstance(u, list) and len(u) > 16 else Apipod.images_problem(s, u)
    ),
)
permitted(
    "sixteen ratios, as in the first edition",
    ratio_problem=lambda s, m, r: (
        "" if r in ("1:2", "2:1", "1:3", "3:1", "9:21") else Apipod.ratio_problem(s, m, r)
    ),
)
permitted(
    "unreachable images are refused at once",
    images_problem=lambda s, u: (
        "cannot be fetched" if "unreachable" in str(u) else Apipod.images_problem(s, u)
    ),
)
permitted(
    "ratios within two per cent", **_with("size", lambda s, size, b: (size[0] + 8, size[1] + 4))
)
permitted("auto is a landscape", size=lambda s, b: Apipod.size(s, _landscape(b)))


def _landscape(body: Record) -> Record:
    return {**body, "aspect_ratio": "16:9"} if body.get("aspect_ratio") in (None, "auto") else body


permitted(
    "counts the prompt in bytes",
    prompt_problem=lambda s, m, p: (
        "no"
        if isinstance(p, str) and len(p.encode()) > PROMPT[m]
        else Apipod.prompt_problem(s, m, p)
    ),
)
permitted(
    "edits take only auto",
    models=APRIL,
    ratio_problem=lambda s, m, r: (
        "no"
        if m == "gpt-image-2-edit" and r not in (None, "auto")
        else Apipod.ratio_problem(s, m, r)
    ),
)

# --- permitted: credentials and errors ---

permitted("only the bearer key", credentials=lambda s, h, q: Apipod.credentials(s, h, {})[:1])
permitted("the standard envelope for the key", error=_standard)
permitted("the other envelope for everything", error=_openai)
permitted(
    "codes that no page has",
    bad_parameter=lambda s, p: s.refuse(400, "PARAM_0017", p),
    unknown_task=lambda s: s.refuse(404, "TASK_GONE", "task not found"),
)
permitted(
    "messages in another language, more fields",
    error=lambda s, n, c, m, k: {
        **Apipod.error(s, n, c, "参数无效", k),
        "request_id": "req_1",
        "docs": None,
    },
)
permitted(
    "errors as in April, without a type",
    error=lambda s, n, c, m, k: (
        Apipod.error(s, n, c, m, k) if n in (401, 409) else {"code": n, "message": m, "data": None}
    ),
)


def _in_envelope(self: Any, status: int, code: str, message: str, headers: Any = None) -> None:
    if status == 409:
        Apipod.refuse(self, status, code, message, headers)
    body = {"code": status, "message": message, "data": {"task_id": ""}}
    raise Answer(200, body, self.tracing())


permitted("errors inside a 200, as in April", refuse=_in_envelope)
permitted(
    "unknown task is a bad request",
    unknown_task=lambda s: s.refuse(400, "invalid_request", "bad task id"),
)


def _throttle(every: int, headers: dict[str, str]) -> Callable[..., None]:
    def check_key(self: Any, given: Any, query: Any) -> None:
        Apipod.check_key(self, given, query)
        self.seen = getattr(self, "seen", 0) + 1
        if self.seen % every == 0:
            self.refuse(429, "rate_limit_exceeded", "too many requests", headers)

    return check_key


permitted("throttles now and then", check_key=_throttle(7, {"retry-after": "2"}))
permitted("throttles every other request", check_key=_throttle(2, {}))


def _one_at_a_time(self: Any, body: Any) -> str:
    if any(task["polls"] < self.polls_until_done for task in self.tasks.values()):
        self.refuse(429, "rate_limit_exceeded", "busy", {"retry-after": "1"})
    return Apipod.new_task(self, body)


permitted("one active task at a time", new_task=_one_at_a_time)


def _looks_before_the_key(
    self: Any, method: str, path: str, query: Any, headers: Any, raw: bytes
) -> None:
    if path.startswith("/v1/images/status/") and path.rpartition("/")[2] not in self.tasks:
        self.unknown_task()
    Apipod.handle(self, method, path, query, headers, raw)


permitted("looks for the task before the key", handle=_looks_before_the_key)


def _unauthorized_in_april(self: Any) -> None:
    raise Answer(401, {"code": 401, "message": "no", "data": None}, self.tracing())


permitted("a bad key as in April", unauthorized=_unauthorized_in_april)


def _fifth_is_503(self: Any, body: Any) -> str:
    self.tries = getattr(self, "tries", 0) + 1
    if self.tries == 5:
        self.refuse(503, "idempotency_unavailable", "try again", {"retry-after": "1"})
    return Apipod.new_task(self, body)


permitted("one creation is unavailable", new_task=_fifth_is_503)

# --- permitted: replies ---


def _extra(self: Any, record: Record, task: Any) -> Record:
    return {**record, "model": task["body"]["model"], "created_at": 1787299900, "queue": None}


permitted("more fields in the status", **_with("record", _extra))
permitted("more fields around it", envelope=lambda s, b: {**b, "request_id": "req_1", "now": 1})
permitted("more fields in a creation", submitted=lambda s, t: {"task_id": t, "status": "pending"})
permitted("messages of other kinds", envelope=lambda s, b: {**b, "message": "ok"})
permitted(
    "prompt tokens are counted, too",
    **_with("usage", lambda s, u: {"prompt_tokens": 44, **u}),
)
permitted("no tokens, only a cost", usage=lambda s: {"cost": 0.04})
permitted("whole dollars", **_with("usage", lambda s, u: {**u, "cost": 1}))
permitted("no usage, as in the quickstart", **_without("completed", "usage"))
permitted("completed_at in ms", **_at("completed", completed_at=1787300000123))
permitted("no progress at all", **_without("record", "progress"))
permitted("no result before the end", **_with("record", lambda s, r, t: _drop_empty(r)))
permitted("progress falls back to 5", **_at("processing", progress=5))
permitted("straight to completed", polls_until_done=1)
permitted("polls six times", polls_until_done=6)
permitted(
    "pending is all one sees",
    state=lambda s, t: "pending" if t["polls"] < 3 else Apipod.state(s, t),
)
permitted(
    "an error in the style of April",
    failure=lambda s: {"error": "fetch failed", "error_code": "X", "error_message": "no"},
)
permitted("a failed task says nothing more", failure=lambda s: {})
permitted(
    "the code of a failed task is 500, as in April",
    envelope=lambda s, b: {**b, "code": 500} if b["data"].get("status") == "failed" else b,
)
permitted(
    "a charset beside the type",
    tracing=lambda s: {"x-request-id": "a", "content-type": "application/json; charset=utf-8"},
)
permitted("cancelled in place of failed", **_at("failed", status="cancelled"))
permitted(
    "the cost of a request is told",
    tracing=lambda s: {"x-request-id": "abc", "x-request-cost": "0.04"},
)
permitted(
    "two pictures",
    completed=lambda s, t: {
        **Apipod.completed(s, t),
        "result": [f"{s.base}/files/{t['id']}.png"] * 2,
    },
)


def _drop_empty(record: Record) -> Record:
    return {k: v for k, v in record.items() if v != []}


# --- broken: models, fields and limits ---


def per_model(clause: str) -> str:
    return " ".join(f"create.{model}.{clause}" for model in AUGUST)


broken("any model", "create.model.enum", knows=lambda s, m: True)
broken("model optional", "create.model.required", problem=lambda s, b: Apipod.problem(s, _named(b)))


def _named(body: Any) -> Any:
    return {"model": "gpt-image-2", **body} if isinstance(body, dict) else body


broken(
    "prompt optional",
    "create.prompt.required",
    prompt_problem=lambda s, m, p: "" if p is None else Apipod.prompt_problem(s, m, p),
)
broken(
    "prompt of any type",
    "create.prompt.type",
    prompt_problem=lambda s, m, p: (
        "" if p is not None and not isinstance(p, str) else Apipod.prompt_problem(s, m, p)
    ),
)


def _limit(model: str, limit: int) -> Callable[..., str]:
    def prompt_problem(self: Any, asked: str, prompt: Any) -> str:
        if asked == model and isinstance(prompt, str):
            return "" if 1 <= len(prompt) <= limit else "too long"
        return Apipod.prompt_problem(self, asked, prompt)

    return prompt_problem


for _model in AUGUST:
    for _limit_of_it in (PROMPT[_model] - 1, PROMPT[_model] + 1):
        broken(
            f"{_model}: prompt up to {_limit_of_it}",
            f"create.{_model}.prompt.maxLength",
            prompt_problem=_limit(_model, _limit_of_it),
        )
for _model, _ratio in (
    ("gpt-image-2", "auto"),
    ("gpt-image-2", "4:5"),
    ("gpt-image-2", "21:9"),
    ("gpt-image-2-fast", "9:16"),
    ("gpt-image-2-lite", "1:1"),
):
    broken(
        f"{_model}: {_ratio} dropped",
        f"create.{_model}.aspect_ratio.enum",
        ratio_problem=lambda s, m, r, bad=(_model, _ratio): (
            "no" if (m, r) == bad else Apipod.ratio_problem(s, m, r)
        ),
    )
broken(
    "3:2 dropped for every model",
    per_model("aspect_ratio.enum"),
    ratio_problem=lambda s, m, r: "no" if r == "3:2" else Apipod.ratio_problem(s, m, r),
)
broken(
    "in April: 32001 characters",
    "create.gpt-image-2.prompt.maxLength",
    models=APRIL,
    prompt_problem=_limit("gpt-image-2", 32001),
)
broken(
    "in April: 21:9 dropped",
    "create.gpt-image-2.aspect_ratio.enum",
    models=APRIL,
    ratio_problem=lambda s, m, r: "no" if r == "21:9" else Apipod.ratio_problem(s, m, r),
)
broken(
    "any ratio",
    per_model("aspect_ratio.enum"),
    ratio_problem=lambda s, m, r: "" if r is None or isinstance(r, str) else "no",
)
for _tier in PIXELS:
    broken(
        f"{_tier} dropped",
        "create.resolution.enum",
        resolution_problem=lambda s, m, r, bad=_tier: (
            "no" if r == bad else Apipod.resolution_problem(s, m, r)
        ),
    )
broken(
    "any resolution",
    "create.resolution.enum",
    resolution_problem=lambda s, m, r: "" if r is None or isinstance(r, str) else "no",
    size=lambda s, b: Apipod.size(
        s, {**b, "resolution": b.get("resolution") if b.get("resolution") in PIXELS else "1K"}
    ),
)
for _quality in QUALITIES:
    broken(
        f"quality {_quality} dropped",
        "create.quality.enum",
        quality_problem=lambda s, m, q, bad=_quality: (
            "no" if q == bad else Apipod.quality_problem(s, m, q)
        ),
    )
broken(
    "any quality",
    "create.quality.enum",
    quality_problem=lambda s, m, q: "" if q is None or isinstance(q, str) else "no",
)
broken(
    "any type of quality",
    "create.quality.type",
    quality_problem=lambda s, m, q: Apipod.quality_problem(s, m, q) if isinstance(q, str) else "",
)
broken(
    "images of any type",
    "create.image_urls.type",
    images_problem=lambda s, u: "" if not isinstance(u, list) else Apipod.images_problem(s, u),
)

# --- broken: credentials and errors ---


def _only(create: bool) -> Callable[..., None]:
    """The key is looked at for one operation only; creations have a body."""

    def check_key(self: Any, headers: Any, query: Any) -> None:
        if ("content-type" in headers) == create:
            Apipod.check_key(self, headers, query)

    return check_key


broken("no key needed to create", "create.auth.bearer", check_key=_only(create=False))
broken("no key needed to ask", "status.auth.bearer", check_key=_only(create=True))
broken(
    "403 for a bad key",
    "create.error.401 status.error.401",
    unauthorized=lambda s: s.refuse(403, "invalid_api_key", "no"),
    error=_openai,
)
broken(
    "another code for a bad key",
    "create.error.401.error.code status.error.401.error.code",
    unauthorized=lambda s: s.refuse(401, "no_entry", "no"),
)
broken(
    "418 for a bad parameter", "create.error.400", bad_parameter=lambda s, p: s.refuse(418, "x", p)
)
broken(
    "500 for a bad parameter", "create.error.400", bad_parameter=lambda s, p: s.refuse(500, "x", p)
)


def _error_without(name: str) -> dict[str, Any]:
    return _with("error", lambda s, e, *a: {k: v for k, v in e.items() if k != name})


broken(
    "errors without a message",
    "create.error.standard.message status.error.standard.message",
    **_error_without("message"),
)
broken(
    "the type of an error is a number",
    "create.error.standard.data.type status.error.standard.data.type",
    **_with(
        "error",
        lambda s, e, *a: {**e, "data": {**e["data"], "type": 7}} if "data" in e else e,
    ),
)
broken(
    "errors of the other kind without a type",
    "create.error.openai.error.type status.error.openai.error.type",
    **_with(
        "error",
        lambda s, e, n, c, m, k: {"error": {"message": m, "code": c}} if n == 401 else e,
    ),
)
broken(
    "an unknown task is pending",
    "status.error.404",
    unknown_task=lambda s: s.reply({"task_id": "x", "status": "pending"}),
)
broken(
    "an unknown task is a teapot",
    "status.error.404",
    unknown_task=lambda s: s.refuse(418, "x", "no"),
)

# --- broken: the reply to a creation ---


def _creation_envelope(change: Callable[[Record], Record]) -> Callable[..., Record]:
    def envelope(self: Any, body: Record) -> Record:
        return body if "status" in body["data"] else change(body)

    return envelope


def _status_envelope(change: Callable[[Record], Record]) -> Callable[..., Record]:
    def envelope(self: Any, body: Record) -> Record:
        return change(body) if "status" in body["data"] else body

    return envelope


def _less(name: str) -> Callable[[Record], Record]:
    return lambda body: {k: v for k, v in body.items() if k != name}


broken("creations without code", "create.reply.code", envelope=_creation_envelope(_less("code")))
broken(
    "creations with code 0",
    "create.reply.code",
    envelope=_creation_envelope(lambda b: {**b, "code": 0}),
)
broken(
    "creations without message",
    "create.reply.message",
    envelope=_creation_envelope(_less("message")),
)
broken("no task_id", "create.reply.data.task_id", submitted=lambda s, t: {"id": t})
broken("empty task_id", "create.reply.data.task_id", submitted=lambda s, t: {"task_id": ""})
broken(
    "no request id",
    "create.reply.$headers.X-Request-ID status.reply.$headers.X-Request-ID",
    tracing=lambda s: {},
)

# --- broken: the status ---

broken("status without code", "status.reply.code", envelope=_status_envelope(_less("code")))
broken(
    "status without message", "status.reply.message", envelope=_status_envelope(_less("message"))
)
broken("status without task_id", "status.reply.data.task_id", **_without("record", "task_id"))
broken(
    "status with another task_id",
    "status.reply.data.task_id.echo",
    **_with("record", lambda s, r, t: {**r, "task_id": "other"}),
)
broken("progress 101", "status.reply.data.progress", **_at("completed", progress=101))
broken("progress -1", "status.reply.data.progress", **_at("pending", progress=-1))
broken("progress as text", "status.reply.data.progress", **_at("processing", progress="60%"))
broken("an unknown state", "status.state.enum", **_at("processing", status="finalizing"))


def _leaves(self: Any, task: Any) -> str:
    return "processing" if task["polls"] == self.polls_until_done + 1 else Apipod.state(self, task)


broken("the end is left", "status.state.terminal", state=_leaves)
broken("no result", "status.reply.data.result.completed", **_without("completed", "result"))
broken("empty result", "status.reply.data.result.completed", **_at("completed", result=[]))
broken(
    "result is one text",
    "status.reply.data.result",
    **_with(
        "record",
        lambda s, r, t: {**r, "result": r["result"][0]} if r.get("result") else r,
    ),
)
broken(
    "objects in the result, as for layers",
    "status.reply.data.result",
    **_with("completed", lambda s, c, t: {**c, "result": [{"url": url} for url in c["result"]]}),
)
broken(
    "completed_at as text",
    "status.reply.data.completed_at",
    **_at("completed", completed_at="2026-08-21T09:00:00Z"),
)
permitted("no completed_at", **_without("completed", "completed_at"))
broken(
    "no word on the state",
    "status.reply.data.status",
    **_with("record", lambda s, r, t: {**r, "status": None}),
)
broken(
    "usage before the end",
    "status.reply.data.usage.completed.only",
    **_at("processing", usage={"cost": 0.04}),
)
broken(
    "cost as text",
    "status.reply.data.usage.cost.completed",
    **_with("usage", lambda s, u: {**u, "cost": "0.04"}),
)
broken(
    "tokens as text",
    "status.reply.data.usage.total_tokens",
    **_with("usage", lambda s, u: {**u, "total_tokens": "many"}),
)
broken("error_code as a number", "status.reply.data.error_code", **_at("failed", error_code=7))
broken(
    "error_message as an object",
    "status.reply.data.error_message",
    **_at("failed", error_message={"text": "no"}),
)

# --- broken: pictures ---


def _gone(self: Any, task_id: str) -> None:
    raise Answer(404, {"error": "gone"})


broken("results cannot be fetched", "result.url", picture=_gone)
broken("results are not pictures", "result.picture", pixels=lambda s, b: b"<html>sorry</html>")
broken(
    "results are cut off",
    "result.picture",
    **_with("pixels", lambda s, data, b: data[: len(data) // 2]),
)
broken(
    "every picture is square",
    "result.pixels.ratio",
    size=lambda s, b: (PIXELS[b.get("resolution") or "1K"],) * 2,
)
broken(
    "every picture is 1K",
    "result.pixels.tier",
    size=lambda s, b: Apipod.size(s, {**b, "resolution": "1K"}),
)

# --- broken: idempotency ---

OTHER = "create.idempotency.other-body"
broken(
    "another body makes another task",
    OTHER,
    replay=lambda s, k, b: Apipod.replay(s, k, b) if k in s.kept and s.kept[k][0] == b else None,
)
broken(
    "another body is answered with the first task",
    OTHER,
    conflict=lambda s, d: s.reply(d, s.replay_headers()),
)
broken(
    "400 for a conflict",
    "create.error.409.idempotency_conflict",
    conflict=lambda s, d: s.refuse(400, "idempotency_conflict", "no"),
)
broken(
    "another code for a conflict",
    "create.error.409.idempotency_conflict.data.error_code",
    conflict=lambda s, d: s.refuse(409, "duplicate", "no"),
)
broken("no replay header", "create.idempotency.replay-header", replay_headers=lambda s: {})
broken(
    "the replay header says false",
    "create.idempotency.replay-header",
    replay_headers=lambda s: {"x-idempotent-replay": "false"},
)
broken("keys of 256 characters", "create.idempotency.maxLength", key_length=256)
