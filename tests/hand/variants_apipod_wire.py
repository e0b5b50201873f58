"""
APIPod on the wire: how replies are written, how tasks are found again, and which pictures come.

More variants of `variants_apipod`, in the same two tables.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.hand.apipod import PROMPT, Apipod
from tests.hand.variants_apipod import variants
from tests.hand.variants_apipod_conduct import BROKEN, PERMITTED
from tests.hand.web import Answer

__all__ = ["BROKEN", "PERMITTED"]

permitted, broken, _with = variants.permitted, variants.broken, variants.altered

Record = dict[str, Any]


def _of(state: str, **values: Any) -> dict[str, Any]:
    return _with("record", lambda s, r, t: {**r, **values} if r["status"] == state else r)


# --- permitted: how replies are written ---


def _bytes(change: Callable[[bytes], bytes]) -> Callable[..., None]:
    """Success is sent as these bytes, still as JSON."""

    def reply(self: Any, data: Record, headers: dict[str, str] | None = None) -> None:
        try:
            Apipod.reply(self, data, headers)
        except Answer as answer:
            kind = {"content-type": "application/json"}
            body = change(json.dumps(answer.body).encode())
            raise Answer(200, body, {**kind, **answer.headers}) from None

    return reply


permitted("a byte order mark", reply=_bytes(lambda b: b"\xef\xbb\xbf" + b))
permitted("white space around the reply", reply=_bytes(lambda b: b"\n\n " + b + b"\r\n"))
permitted(
    "header names in capitals",
    tracing=lambda s: {"X-REQUEST-ID": "1", "X-Request-Cost": "", "Server": "x"},
)
permitted(
    "a replay has headers of its own",
    replay_headers=lambda s: {
        "X-Idempotent-Replay": "true",
        "Age": "1",
        "x-request-id": "replayed",
    },
)
permitted("the replay header in capitals", replay_headers=lambda s: {"X-IDEMPOTENT-REPLAY": "true"})
permitted(
    "nulls for what is not there",
    **_with(
        "record",
        lambda s, r, t: {
            **dict.fromkeys(("error_code", "error_message", "usage", "completed_at", "progress")),
            **r,
        },
    ),
)
permitted("no result is null", **_of("processing", result=None))
permitted("progress with a fraction of zero", **_of("processing", progress=60.0))
permitted(
    "a failed task has its time and no usage",
    failure=lambda s: {"completed_at": 1787300000, "usage": None, "error_code": None},
)
permitted("task ids with signs", **_with("new_task", lambda s, t, b: _renamed(s, t, "a.b:c~d+e=")))
permitted("task ids that are long", **_with("new_task", lambda s, t, b: _renamed(s, t, "x" * 180)))
permitted("task ids of digits", **_with("new_task", lambda s, t, b: _renamed(s, t, "90071992547")))


def _renamed(self: Any, task_id: str, prefix: str) -> str:
    task = self.tasks.pop(task_id)
    task["id"] = prefix + task_id[-6:]
    self.tasks[task["id"]] = task
    return str(task["id"])


# --- permitted: requests ---

permitted(
    "only JSON is taken",
    create=lambda s, h, raw: (
        s.refuse(400, "invalid_request", "JSON only")
        if h.get("content-type") != "application/json"
        else Apipod.create(s, h, raw)
    ),
)
_FIELDS = {"model", "prompt", "image_urls", "aspect_ratio", "quality", "resolution", "callback_url"}
permitted(
    "fields that no page has are refused",
    problem=lambda s, b: (
        "unknown field" if isinstance(b, dict) and not b.keys() <= _FIELDS else Apipod.problem(s, b)
    ),
)
permitted(
    "only addresses of pictures",
    images_problem=lambda s, u: (
        Apipod.images_problem(s, u)
        or ("no address" if any(not x.startswith("https://") for x in u or ()) else "")
    ),
)
permitted(
    "prompts are trimmed before they are counted",
    prompt_problem=lambda s, m, p: Apipod.prompt_problem(
        s, m, p.strip() if isinstance(p, str) else p
    ),
)
permitted(
    "at most six images",
    images_problem=lambda s, u: (
        "too many" if isinstance(u, list) and len(u) > 6 else Apipod.images_problem(s, u)
    ),
)
permitted(
    "conflicts in the other envelope",
    conflict=lambda s, d: _raise(
        409,
        {
            "error": {
                "message": "x",
                "type": "invalid_request_error",
                "code": "idempotency_conflict",
            }
        },
        s.tracing(),
    ),
)
permitted(
    "a conflict without a code",
    conflict=lambda s, d: _raise(409, {"code": 409, "message": "x", "data": {}}, s.tracing()),
)
permitted(
    "a missing model in the other envelope",
    bad_model=lambda s: _raise(
        404,
        {"error": {"message": "x", "type": "invalid_request_error", "code": "model_not_found"}},
        s.tracing(),
    ),
)


def _raise(status: int, body: Any, headers: dict[str, str]) -> None:
    raise Answer(status, body, headers)


permitted(
    "refusals are kept for the key, too",
    bad_parameter=lambda s, p: s.refuse(
        400, "invalid_request", p, {"x-idempotent-replay": "false"}
    ),
)

# --- permitted: tasks and pictures ---


def _poll(answer: Callable[..., None]) -> Callable[..., None]:
    """Before a task is answered, `answer(server, task)` may raise something else."""

    def status(self: Any, task_id: str) -> None:
        task = self.tasks.get(task_id)
        if task is not None:
            task["asked"] = task.get("asked", 0) + 1
            answer(self, task)
        Apipod.status(self, task_id)

    return status


def _when(asked: int, status: int, headers: dict[str, str] | None = None) -> Callable[..., None]:
    def answer(self: Any, task: Record) -> None:
        if task["asked"] == asked:
            self.refuse(status, "internal_error", "no", headers)

    return answer


permitted("a fresh task is not found at first", status=_poll(_when(1, 404)))
permitted("one poll of each task fails", status=_poll(_when(2, 500)))
permitted("one poll of each task times out upstream", status=_poll(_when(2, 504)))
permitted("the last look is throttled", status=_poll(_when(4, 429, {"retry-after": "1"})))
permitted(
    "throttled until a date",
    status=_poll(
        _when(
            2,
            429,
            {
                "date": "Sat, 21 Nov 2026 15:00:00 GMT",
                "retry-after": "Sat, 21 Nov 2026 15:00:05 GMT",
            },
        )
    ),
)


def _redirects(self: Any, task_id: str) -> None:
    if task_id.startswith("to-"):
        Apipod.picture(self, task_id.removeprefix("to-"))
    raise Answer(302, b"", {"location": f"{self.base}/files/to-{task_id}.png"})


permitted("results are elsewhere", picture=_redirects)
permitted(
    "addresses change with every look",
    completed=lambda s, t: {
        **Apipod.completed(s, t),
        "result": [f"{s.base}/files/{t['id']}.png?signature={t['polls']}"],
    },
)
permitted(
    "pictures are twice as large",
    **_with("size", lambda s, size, b: (size[0] * 2, size[1] * 2)),
)
permitted(
    "a picture without a type", picture=lambda s, t: _raise(200, s.pixels(s.tasks[t]["body"]), {})
)

# --- broken: replies ---


def _created(change: Callable[[int, Record], tuple[int, Any]], **headers: str) -> dict[str, Any]:
    """Answers to creations, changed."""

    def create(self: Any, given: Any, raw: bytes) -> None:
        try:
            Apipod.create(self, given, raw)
        except Answer as answer:
            if answer.status != 200:
                raise
            status, body = change(answer.status, answer.body)
            raise Answer(status, body, {**answer.headers, **headers}) from None

    return {"create": create}


broken("creations are answered 202", "create.status.200", **_created(lambda n, b: (202, b)))
broken("creations are answered 201", "create.status.200", **_created(lambda n, b: (201, b)))
broken(
    "creations are plain text",
    "create.reply.$headers.Content-Type",
    **_created(lambda n, b: (n, b), **{"content-type": "text/plain"}),
)
broken(
    "task_id is a number",
    "create.reply.data.task_id",
    **_created(lambda n, b: (n, {**b, "data": {"task_id": int(b["data"]["task_id"][4:])}})),
    status=lambda s, t: Apipod.status(s, f"task{int(t):06d}" if t.isdigit() else t),
    **_with("record", lambda s, r, t: {**r, "task_id": str(int(t["id"][4:]))}),
    **_with("callback", lambda s, b, t, at: {**b, "task_id": str(int(t["id"][4:]))}),
)
broken("code is text", "create.reply.code", **_created(lambda n, b: (n, {**b, "code": "200"})))
broken(
    "data is a list",
    "create.reply.data",
    **_created(lambda n, b: (n, {**b, "data": [b["data"]]})),
)
broken(
    "message is null", "create.reply.message", **_created(lambda n, b: (n, {**b, "message": None}))
)


def _asked(change: Callable[[Record], Any], status: int = 200) -> dict[str, Any]:
    """Answers to status queries, changed."""

    def reply(self: Any, data: Record, headers: Any = None) -> None:
        try:
            Apipod.reply(self, data, headers)
        except Answer as answer:
            if "status" not in data:
                raise
            raise Answer(status, change(answer.body), answer.headers) from None

    return {"reply": reply}


broken("status queries are answered 203", "status.status.200", **_asked(lambda b: b, 203))
broken(
    "a failed task has no message",
    "status.reply.message",
    **_asked(
        lambda b: (
            {k: v for k, v in b.items() if k != "message"} if b["data"]["status"] == "failed" else b
        )
    ),
)
broken(
    "a completed task has the code 0",
    "status.reply.code",
    **_asked(lambda b: {**b, "code": 0} if b["data"]["status"] == "completed" else b),
)
broken(
    "an empty request id",
    "create.reply.$headers.X-Request-ID status.reply.$headers.X-Request-ID",
    tracing=lambda s: {"x-request-id": ""},
)
broken("states in capitals", "status.state.enum", **_of("processing", status="PROCESSING"))
broken(
    "usage of a failed task",
    "status.reply.data.usage.completed.only",
    **_of("failed", usage={"cost": 0.04}),
)
broken(
    "prompt tokens as text",
    "status.reply.data.usage.prompt_tokens",
    **_with("usage", lambda s, u: {**u, "prompt_tokens": "44"}),
)
broken("progress is a word", "status.reply.data.progress", **_of("completed", progress="done"))


def _another(self: Any, task_id: str) -> None:
    """The first task is shown in place of any; callbacks are about the right one."""
    if task_id in self.tasks:
        task = self.tasks[task_id]
        self.ended(task, "failed" if self.fails(task) else "completed")
    Apipod.status(self, next(iter(self.tasks)) if task_id in self.tasks else task_id)


broken("another task is shown", "status.reply.data.task_id.echo", status=_another)


def _results(change: Callable[[list[str]], Any]) -> dict[str, Any]:
    return _with("completed", lambda s, c, t: {**c, "result": change(c["result"])})


RESULT = "status.reply.data.result.completed"
broken(
    "results without a host",
    RESULT,
    **_results(lambda r: [u.partition("//")[2].partition("/")[2] for u in r]),
)
broken("results that are empty texts", RESULT, **_results(lambda r: [""]))
broken("nulls among the results", "status.reply.data.result", **_results(lambda r: [*r, None]))
broken(
    "an ended task falls back to failed",
    "status.state.terminal",
    state=lambda s, t: "failed" if t["polls"] > s.polls_until_done else Apipod.state(s, t),
)


def _forgets(self: Any, task: Record) -> None:
    if task["asked"] > self.polls_until_done:
        self.unknown_task()


permitted("an ended task is forgotten at once", status=_poll(_forgets))

# --- broken: refusals ---

broken(
    "a missing prompt is a server error",
    "create.error.400",
    prompt_problem=lambda s, m, p: (
        s.refuse(500, "internal_error", "x") if p is None else Apipod.prompt_problem(s, m, p)
    ),
)
broken(
    "malformed JSON is a server error",
    "create.error.400",
    create=lambda s, h, raw: (
        s.refuse(500, "internal_error", "x") if raw.endswith(b" ") else Apipod.create(s, h, raw)
    ),
)
broken(
    "400 for a missing key",
    "create.error.401 status.error.401",
    unauthorized=lambda s: s.refuse(400, "invalid_request", "no key"),
)
broken(
    "any key will do",
    "create.auth.bearer status.auth.bearer",
    check_key=lambda s, h, q: None if h.get("authorization") else Apipod.check_key(s, h, q),
)
broken(
    "no key will do, too",
    "create.auth.bearer status.auth.bearer",
    check_key=lambda s, h, q: (
        Apipod.check_key(s, h, q)
        if h.get("authorization") or h.get("x-api-key") or h.get("x-goog-api-key") or q.get("key")
        else None
    ),
)
broken(
    "an unknown task is nothing",
    "status.error.404",
    unknown_task=lambda s: _raise(
        200, {"code": 200, "message": "success", "data": None}, s.tracing()
    ),
)
broken(
    "an unknown task is a server error",
    "status.error.404",
    unknown_task=lambda s: s.refuse(500, "internal_error", "x"),
)
broken(
    "422 for a conflict",
    "create.error.409.idempotency_conflict",
    conflict=lambda s, d: s.refuse(422, "idempotency_conflict", "x"),
)
broken(
    "fast has the limit of the others",
    "create.gpt-image-2-fast.prompt.maxLength",
    prompt_problem=lambda s, m, p: Apipod.prompt_problem(s, "gpt-image-2", p),
)
broken(
    "ratios of any type",
    "create.aspect_ratio.type",
    ratio_problem=lambda s, m, r: (
        "" if r is not None and not isinstance(r, str) else Apipod.ratio_problem(s, m, r)
    ),
)
broken(
    "resolutions of any type",
    "create.resolution.type",
    resolution_problem=lambda s, m, r: (
        "" if r is not None and not isinstance(r, str) else Apipod.resolution_problem(s, m, r)
    ),
    size=lambda s, b: Apipod.size(
        s,
        {**b, "resolution": b.get("resolution") if isinstance(b.get("resolution"), str) else "1K"},
    ),
)
broken(
    "images are required",
    "create.status.200",
    problem=lambda s, b: Apipod.problem(s, b) or ("" if b.get("image_urls") else "no images"),
)

# --- broken: pictures ---

broken(
    "upright pictures lie",
    "result.pixels.ratio",
    size=lambda s, b: tuple(sorted(Apipod.size(s, b), reverse=True)),
)
broken(
    "21:9 is 16:9",
    "result.pixels.ratio",
    size=lambda s, b: Apipod.size(
        s, {**b, "aspect_ratio": "16:9"} if b.get("aspect_ratio") == "21:9" else b
    ),
)
broken(
    "2K has the pixels of 1K",
    "result.pixels.tier",
    size=lambda s, b: Apipod.size(
        s, {**b, "resolution": "1K"} if b.get("resolution") == "2K" else b
    ),
)
broken(
    "4K is smaller than 2K",
    "result.pixels.tier",
    size=lambda s, b: (
        Apipod.size(s, b)
        if b.get("resolution") != "4K"
        else tuple(n * 5 // 4 for n in Apipod.size(s, {**b, "resolution": "1K"}))
    ),
)
broken(
    "4K pictures are square",
    "result.pixels.ratio",
    size=lambda s, b: (3840, 3840) if b.get("resolution") == "4K" else Apipod.size(s, b),
)
broken("results are empty files", "result.picture", pixels=lambda s, b: b"")
broken("results are JSON", "result.picture", pixels=lambda s, b: b'{"error": "expired"}')
broken("results need the key", "result.url", picture=lambda s, t: _raise(401, {"error": "no"}, {}))


def _second_is_lost(self: Any, task_id: str) -> None:
    if task_id.endswith("-2"):
        raise Answer(404, {"error": "gone"})
    Apipod.picture(self, task_id)


broken(
    "the second picture cannot be fetched",
    "result.url",
    picture=_second_is_lost,
    **_with(
        "completed",
        lambda s, c, t: {**c, "result": [*c["result"], f"{s.base}/files/{t['id']}-2.png"]},
    ),
)


# --- broken: tasks ---


def _html(self: Any, status: int, code: str, message: str, headers: Any = None) -> None:
    raise Answer(status, b"<html>no</html>", {**self.tracing(), "content-type": "text/html"})


broken(
    "errors are pages of HTML",
    "create.error.standard.code status.error.standard.code create.error.openai.error.message "
    "status.error.openai.error.message",
    refuse=_html,
)
broken(
    "tasks with long prompts fail",
    " ".join(f"create.{model}.prompt.maxLength" for model in PROMPT),
    fails=lambda s, t: len(t["body"]["prompt"]) > 1000 or Apipod.fails(s, t),
)
broken(
    "tasks of high quality fail",
    "create.quality.enum",
    fails=lambda s, t: t["body"].get("quality") == "high" or Apipod.fails(s, t),
)
broken(
    "tasks at 4K fail",
    "create.resolution.enum",
    fails=lambda s, t: t["body"].get("resolution") == "4K" or Apipod.fails(s, t),
)
broken(
    "tasks of lite fail",
    "create.model.enum",
    fails=lambda s, t: t["body"]["model"] == "gpt-image-2-lite" or Apipod.fails(s, t),
)
broken("a task of its own is never found", "status.path", status=lambda s, t: s.unknown_task())
broken(
    "every status query is a server error",
    "status.status.200",
    status=lambda s, t: s.refuse(500, "internal_error", "x"),
)


def _second_fails(self: Any, body: Any) -> str:
    self.tries = getattr(self, "tries", 0) + 1
    if self.tries == 2:
        self.refuse(500, "internal_error", "try again")
    return Apipod.new_task(self, body)


permitted("the second creation is a server error", new_task=_second_fails)

broken(
    "one ratio is taken, and its tasks always fail",
    " ".join(f"create.{model}.aspect_ratio.enum" for model in PROMPT),
    fails=lambda s, t: t["body"].get("aspect_ratio") == "21:9" or Apipod.fails(s, t),
)
broken(
    "any key in x-api-key",
    "status.auth.x-api-key",
    credentials=lambda s, h, q: [
        *Apipod.credentials(s, h, q),
        s.key if "x-api-key" in h else None,
    ],
)
permitted(
    "the key in the documented header alone",
    credentials=lambda s, h, q: Apipod.credentials(s, h, q)[:1],
)
broken(
    "one reference at most",
    "create.image_urls.type",
    images_problem=lambda s, urls: (
        "one image only"
        if isinstance(urls, list) and len(urls) > 1
        else Apipod.images_problem(s, urls)
    ),
)
broken(
    "the ratio is dropped with references",
    "result.pixels.ratio",
    size=lambda s, b: (1024, 1024) if b.get("image_urls") else Apipod.size(s, b),
)
