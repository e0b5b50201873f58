"""
Servers that keep their documents in another permitted way, and servers that break one clause each.

Each is the hand-written vendor with one method replaced. `PERMITTED` must never be accused; of `BROKEN` exactly the
named clause must be.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.hand.aigptimage import I2I, T2I, Aigptimage
from tests.hand.gptimage2api import Gptimage2api
from tests.hand.variation import Make, altered, variant
from tests.hand.web import Answer, HandServer, png

PERMITTED: dict[tuple[str, str], Make] = {}
BROKEN: dict[tuple[str, str], tuple[Make, frozenset[str]]] = {}


def permitted(vendor: str, name: str, base: type[HandServer], **members: Any) -> None:
    PERMITTED[vendor, name] = variant(base, **members)


def broken(vendor: str, name: str, clause: str, base: type[HandServer], **members: Any) -> None:
    """`clause` may name several, with spaces: one per operation that shares what is broken."""
    BROKEN[vendor, name] = (
        variant(base, **members),
        frozenset(f"{vendor}.{c}" for c in clause.split()),
    )


def _with(method: str, base: type[HandServer], change: Callable[..., Any]) -> dict[str, Any]:
    return altered(base, method, change)


# --- aigptimage: permitted ---

A = "aigptimage"
permitted(A, "as written", Aigptimage)
permitted(
    A, "400 for every bad parameter", Aigptimage, refuse_parameter=lambda s, p: s.refuse(400, p)
)


def _in_envelope(self: Any, status: int, msg: str) -> None:
    raise Answer(200, {"code": status, "msg": msg, "data": None})


permitted(A, "errors inside a 200", Aigptimage, refuse=_in_envelope)


def _extra(self: Any, record: dict[str, Any], task: Any) -> dict[str, Any]:
    return {**record, "progress": 50, "queuePosition": None}


permitted(A, "extra fields", Aigptimage, **_with("record", Aigptimage, _extra))


def _other_language(self: Any, status: int, msg: str) -> None:
    raise Answer(
        status,
        {"code": status, "msg": "请求参数无效", "data": None, "traceId": "x"},
        {"x-trace": "1"},
    )


permitted(A, "messages in another language", Aigptimage, refuse=_other_language)
permitted(
    A,
    "takes lower-case tiers too",
    Aigptimage,
    resolution_problem=lambda s, r: (
        "" if r is None or str(r).upper() in ("1K", "2K", "4K") else "no"
    ),
    pair_problem=lambda s, a, r: Aigptimage.pair_problem(s, a, str(r).upper()),
    size=lambda s, g: Aigptimage.size(
        s, {**g, "resolution": str(g.get("resolution") or "1K").upper()}
    ),
)
permitted(A, "straight to success", Aigptimage, polls_until_done=1)
permitted(A, "polls five times", Aigptimage, polls_until_done=5)
permitted(
    A,
    "an unknown id is a bad request",
    Aigptimage,
    unknown_task=lambda s: s.refuse(400, "invalid request"),
)
permitted(
    A,
    "an unknown id is unprocessable",
    Aigptimage,
    unknown_task=lambda s: s.refuse(422, "recordInfo is null"),
)


def _signed(self: Any, urls: list[str], task: Any) -> list[str]:
    return [f"{url}?signature={task['polls']}" for url in urls]


permitted(A, "signed URLs that change", Aigptimage, **_with("urls", Aigptimage, _signed))


def _odd_size(self: Any, size: tuple[int, int], given: Any) -> tuple[int, int]:
    return (size[0] + 2, size[1] + 1)


permitted(A, "ratios within two per cent", Aigptimage, **_with("size", Aigptimage, _odd_size))


def _base64_fails_later(self: Any, url: Any) -> bool:
    return (isinstance(url, str) and url.startswith(("https://", "data:image/"))) or (
        isinstance(url, str) and len(url) > 40
    )


permitted(A, "base64 accepted by the parser", Aigptimage, is_url=_base64_fails_later)


def _fails_on_bad_urls(self: Any, task: Any) -> bool:
    given = task["body"]["input"]
    urls = [
        u for name in ("input_urls", "image_urls", "image_input") for u in given.get(name) or ()
    ]
    return any(not str(u).startswith("https://images.example/") for u in urls)


permitted(
    A,
    "bad image URLs fail later",
    Aigptimage,
    is_url=lambda s, u: isinstance(u, str),
    fails=_fails_on_bad_urls,
)
permitted(
    A,
    "4K with 1:1 fails later",
    Aigptimage,
    pair_problem=lambda s, a, r: "no" if a == "auto" and r != "1K" else "",
    fails=lambda s, t: (
        Aigptimage.fails(s, t)
        or (t["body"]["input"].get("aspect_ratio"), t["body"]["input"].get("resolution"))
        == ("1:1", "4K")
    ),
)
permitted(
    A,
    "more ratios for text to image",
    Aigptimage,
    ratio_problem=lambda s, m, r: (
        "" if m == T2I and r is not None else Aigptimage.ratio_problem(s, m, r)
    ),
)
permitted(
    A,
    "more pages of echo",
    Aigptimage,
    **_with(
        "record", Aigptimage, lambda s, r, t: {**r, "param": json.dumps({**t["body"], "userId": 7})}
    ),
)


def _aliases_renamed(self: Any, record: dict[str, Any], task: Any) -> dict[str, Any]:
    given = dict(task["body"]["input"])
    for alias in ("image_urls", "image_input"):
        if alias in given:
            given["input_urls"] = given.pop(alias)
    return {**record, "param": json.dumps({**task["body"], "input": given})}


permitted(
    A, "aliases mapped in the echo", Aigptimage, **_with("record", Aigptimage, _aliases_renamed)
)


def _busy(self: Any, headers: Any) -> None:
    Aigptimage.check_key(self, headers)
    self.seen = getattr(self, "seen", 0) + 1
    if self.seen % 7 == 0:
        raise Answer(
            429, {"code": 429, "msg": "rate limit exceeded", "data": None}, {"retry-after": "0"}
        )


permitted(A, "throttles now and then", Aigptimage, check_key=_busy)

permitted(
    A,
    "counts the prompt in bytes",
    Aigptimage,
    prompt_problem=lambda s, p: (
        "" if isinstance(p, str) and 0 < len(p.encode()) <= 20000 else "prompt is invalid"
    ),
)


def _looks_before_the_key(
    self: Any, method: str, path: str, query: Any, headers: Any, raw: bytes
) -> None:
    if method == "GET" and "recordInfo" in path and query.get("taskId") not in self.tasks:
        self.refuse(404, "task not found") if query.get("taskId") else self.refuse(400, "invalid")
    Aigptimage.handle(self, method, path, query, headers, raw)


permitted(A, "looks for the task before the key", Aigptimage, handle=_looks_before_the_key)


def _one_at_a_time(self: Any, body: Any) -> str:
    active = [t for t in self.tasks.values() if t["polls"] < self.polls_until_done]
    if active:
        self.refuse(409, "active task limit exceeded")
    return Aigptimage.new_task(self, body)


permitted(A, "one active task at a time", Aigptimage, new_task=_one_at_a_time)
permitted(
    A,
    "null is the same as left out",
    Aigptimage,
    problem=lambda s, b: Aigptimage.problem(
        s,
        {**b, "input": {k: v for k, v in b["input"].items() if v is not None}}
        if isinstance(b, dict) and isinstance(b.get("input"), dict)
        else b,
    ),
)


def _model_not_found(self: Any, body: Any) -> str:
    named = isinstance(body, dict) and isinstance(body.get("model"), str)
    if named and self.model_problem(body["model"]):
        self.refuse(404, "model not found")
    return Aigptimage.problem(self, body)


permitted(A, "an unknown model is a resource not found", Aigptimage, problem=_model_not_found)
permitted(
    A,
    "a query without an id finds nothing",
    Aigptimage,
    status=lambda s, q: (
        Aigptimage.status(s, {"taskId": "", **q}) if q.get("taskId") else s.unknown_task()
    ),
)


def _fails_as_in_the_example(self: Any, record: dict[str, Any], task: Any) -> dict[str, Any]:
    if record["state"] != "fail":
        return record
    return {**record, "failCode": "400", "costTime": None, "completeTime": None}


permitted(
    A,
    "no times of a failed task",
    Aigptimage,
    **_with("record", Aigptimage, _fails_as_in_the_example),
)

# --- aigptimage: broken ---


def _told_in_an_error(status: int) -> Callable[..., None]:
    """The state of a failed task, in a reply that is an error itself."""

    def told(self: Any, query: Any) -> None:
        try:
            Aigptimage.status(self, query)
        except Answer as answer:
            if answer.status == 200 and answer.body["data"]["state"] == "fail":
                raise Answer(status, {**answer.body, "code": status}) from None
            raise

    return told


def _t2i_rules(self: Any, model: str, given: Any) -> str:
    """1:1 is not known to text to image, whose pages leave open whether an omitted ratio goes with 2K."""
    problem = Aigptimage.input_problem(self, model, given)
    if problem or model != T2I:
        return problem
    ratio = given.get("aspect_ratio") or "auto"
    return "no" if ratio == "1:1" else self.pair_problem(ratio, given.get("resolution") or "1K")


broken(
    A,
    "1:1 dropped for text to image, where auto has 1K alone",
    "create.gpt-image-2-text-to-image.input.aspect_ratio.enum",
    Aigptimage,
    input_problem=_t2i_rules,
)
for _status in (400, 500):
    broken(
        A,
        f"a failed task is told with {_status}",
        "status.status.200",
        Aigptimage,
        status=_told_in_an_error(_status),
    )

RATIO = "create.gpt-image-2-image-to-image.input.aspect_ratio"
broken(
    A,
    "no key needed to create",
    "create.auth",
    Aigptimage,
    check_key=lambda s, h: None if "content-type" in h else Aigptimage.check_key(s, h),
)
broken(
    A,
    "no key needed to ask",
    "status.auth",
    Aigptimage,
    check_key=lambda s, h: Aigptimage.check_key(s, h) if "content-type" in h else None,
)


def _forbidden(self: Any, headers: Any) -> None:
    if headers.get("authorization") != "Bearer test-key":
        self.refuse(403, "authentication failed")


broken(
    A, "403 for a bad key", "create.error.401 status.error.401", Aigptimage, check_key=_forbidden
)
for _ratio in ("auto", "1:1", "21:9", "16:9", "2:3"):
    broken(
        A,
        f"{_ratio} dropped",
        f"{RATIO}.enum",
        Aigptimage,
        ratio_problem=lambda s, m, r, bad=_ratio: (
            "no" if m == I2I and r == bad else Aigptimage.ratio_problem(s, m, r)
        ),
    )
broken(
    A,
    "any ratio",
    f"{RATIO}.enum",
    Aigptimage,
    ratio_problem=lambda s, m, r: "" if r is None or isinstance(r, str) else "no",
    size=lambda s, g: Aigptimage.size(
        s,
        {
            **g,
            "aspect_ratio": g.get("aspect_ratio") if ":" in str(g.get("aspect_ratio")) else "auto",
        },
    ),
)
for _tier in ("1K", "2K", "4K"):
    broken(
        A,
        f"{_tier} dropped",
        "create.input.resolution.enum",
        Aigptimage,
        resolution_problem=lambda s, r, bad=_tier: (
            "no" if r == bad else Aigptimage.resolution_problem(s, r)
        ),
    )
broken(
    A,
    "any resolution",
    "create.input.resolution.enum",
    Aigptimage,
    resolution_problem=lambda s, r: "" if r is None or isinstance(r, str) else "no",
    pair_problem=lambda s, a, r: (
        Aigptimage.pair_problem(s, a, r) if r in ("1K", "2K", "4K") else ""
    ),
    size=lambda s, g: Aigptimage.size(
        s, {**g, "resolution": g.get("resolution") if g.get("resolution") in ("2K", "4K") else "1K"}
    ),
)
broken(
    A,
    "2K with auto",
    "create.rule.auto-only-1k",
    Aigptimage,
    pair_problem=lambda s, a, r: (
        "" if (a, r) == ("auto", "2K") else Aigptimage.pair_problem(s, a, r)
    ),
)
broken(
    A,
    "auto rule gone",
    "create.rule.auto-only-1k",
    Aigptimage,
    pair_problem=lambda s, a, r: "" if a == "auto" else Aigptimage.pair_problem(s, a, r),
)
broken(
    A,
    "auto rule only fails later",
    "create.rule.auto-only-1k",
    Aigptimage,
    pair_problem=lambda s, a, r: "" if a == "auto" else Aigptimage.pair_problem(s, a, r),
    fails=lambda s, t: (
        Aigptimage.fails(s, t)
        or (
            t["body"]["input"].get("aspect_ratio") == "auto"
            and t["body"]["input"].get("resolution", "1K") != "1K"
        )
    ),
)
broken(
    A,
    "4K with 1:1",
    "create.rule.no-4k-square",
    Aigptimage,
    pair_problem=lambda s, a, r: "" if a == "1:1" else Aigptimage.pair_problem(s, a, r),
)
broken(
    A,
    "no 2K with 1:1",
    "create.rule.no-4k-square",
    Aigptimage,
    pair_problem=lambda s, a, r: (
        "no" if a == "1:1" and r != "1K" else Aigptimage.pair_problem(s, a, r)
    ),
)
broken(
    A,
    "no 2K with 16:9",
    "create.rule.auto-only-1k",
    Aigptimage,
    pair_problem=lambda s, a, r: (
        "no" if (a, r) == ("16:9", "2K") else Aigptimage.pair_problem(s, a, r)
    ),
)
broken(
    A,
    "omitted ratio is 1:1",
    f"{RATIO}.default",
    Aigptimage,
    input_problem=lambda s, m, g: Aigptimage.input_problem(
        s, m, {"aspect_ratio": "1:1", **g} if isinstance(g, dict) and m == I2I else g
    ),
)
broken(
    A,
    "omitted resolution is 2K",
    "create.input.resolution.default",
    Aigptimage,
    input_problem=lambda s, m, g: Aigptimage.input_problem(
        s, m, {"resolution": "2K", **g} if isinstance(g, dict) and m == I2I else g
    ),
)
broken(
    A,
    "prompt up to 19999",
    "create.input.prompt.maxLength",
    Aigptimage,
    prompt_problem=lambda s, p: (
        "no" if isinstance(p, str) and len(p) > 19999 else Aigptimage.prompt_problem(s, p)
    ),
)
broken(
    A,
    "prompt up to 20001",
    "create.input.prompt.maxLength",
    Aigptimage,
    prompt_problem=lambda s, p: (
        "" if isinstance(p, str) and len(p) == 20001 else Aigptimage.prompt_problem(s, p)
    ),
)


def _wants_of(kind: str, field: str) -> Callable[..., str]:
    def input_problem(self: Any, model: str, given: Any) -> str:
        lacks = kind in model and isinstance(given, dict) and field not in given
        return f"{field} is required" if lacks else Aigptimage.input_problem(self, model, given)

    return input_problem


for _kind, _field, _clause in (
    ("image-to-image", "aspect_ratio", "gpt-image-2-image-to-image.input.aspect_ratio.default"),
    ("image-to-image", "resolution", "input.resolution.default"),
    ("text-to-image", "resolution", "input.resolution.default"),
):
    broken(
        A,
        f"{_field} is required of {_kind}",
        f"create.{_clause}",
        Aigptimage,
        input_problem=_wants_of(_kind, _field),
    )
broken(
    A,
    "prompt optional",
    "create.input.prompt.required",
    Aigptimage,
    prompt_problem=lambda s, p: "" if p is None else Aigptimage.prompt_problem(s, p),
)
broken(
    A,
    "prompt of any type",
    "create.input.prompt.type",
    Aigptimage,
    prompt_problem=lambda s, p: (
        "" if p is not None and not isinstance(p, str) else Aigptimage.prompt_problem(s, p)
    ),
)
broken(
    A,
    "images optional",
    "create.input.input_urls.required",
    Aigptimage,
    images_problem=lambda s, g: (
        ""
        if not any(k in g for k in ("input_urls", "image_urls", "image_input"))
        else Aigptimage.images_problem(s, g)
    ),
)
broken(
    A,
    "empty images",
    "create.input.input_urls.minItems",
    Aigptimage,
    images_problem=lambda s, g: (
        "" if g.get("input_urls") == [] else Aigptimage.images_problem(s, g)
    ),
)
broken(
    A,
    "image_urls dead",
    "create.input.image_urls.alias",
    Aigptimage,
    images_problem=lambda s, g: Aigptimage.images_problem(
        s, {k: v for k, v in g.items() if k != "image_urls"}
    ),
)
broken(
    A,
    "image_input dead",
    "create.input.image_input.alias",
    Aigptimage,
    images_problem=lambda s, g: Aigptimage.images_problem(
        s, {k: v for k, v in g.items() if k != "image_input"}
    ),
)
broken(
    A,
    "any text is a URL",
    "create.input.input_urls.items",
    Aigptimage,
    images_problem=lambda s, g: (
        "" if g.get("input_urls") == ["not-a-url"] else Aigptimage.images_problem(s, g)
    ),
)
broken(
    A,
    "any model",
    "create.model.enum",
    Aigptimage,
    model_problem=lambda s, m: "" if isinstance(m, str) else "no",
)
broken(
    A,
    "no text to image",
    "create.model.enum",
    Aigptimage,
    model_problem=lambda s, m: "no" if m == T2I else Aigptimage.model_problem(s, m),
)
broken(
    A,
    "quality refused",
    "create.input.quality.passthrough",
    Aigptimage,
    input_problem=lambda s, m, g: (
        "no" if isinstance(g, dict) and "quality" in g else Aigptimage.input_problem(s, m, g)
    ),
)
broken(
    A,
    "201 for a task",
    "create.status.200",
    Aigptimage,
    create=lambda s, h, r: _restatus(lambda: Aigptimage.create(s, h, r), 200, 201),
)
broken(
    A,
    "418 for a bad parameter",
    "create.error.400",
    Aigptimage,
    refuse_parameter=lambda s, p: s.refuse(418, p),
)
broken(
    A,
    "500 for a bad parameter",
    "create.error.400",
    Aigptimage,
    refuse_parameter=lambda s, p: s.refuse(500, p),
)
broken(
    A,
    "an unknown task is 200",
    "status.error.404",
    Aigptimage,
    status=lambda s, q: (
        Aigptimage.status(s, q)
        if q.get("taskId") in s.tasks or not q.get("taskId")
        else _raise(
            Answer(
                200,
                {
                    "code": 200,
                    "msg": "success",
                    "data": {"taskId": q["taskId"], "state": "waiting"},
                },
            )
        )
    ),
)
broken(
    A,
    "taskId optional",
    "status.taskId.required",
    Aigptimage,
    status=lambda s, q: (
        Aigptimage.status(s, q)
        if q.get("taskId")
        else _raise(Answer(200, {"code": 200, "msg": "success", "data": {}}))
    ),
)


def _restatus(call: Callable[[], None], old: int, new: int) -> None:
    try:
        call()
    except Answer as answer:
        raise Answer(
            new if answer.status == old else answer.status, answer.body, answer.headers
        ) from None


def _raise(answer: Answer) -> None:
    raise answer


def _changed(**values: Any) -> dict[str, Any]:
    return _with("record", Aigptimage, lambda s, r, t: {**r, **values})


def _done(name: str, value: Any) -> dict[str, Any]:
    return _with(
        "record", Aigptimage, lambda s, r, t: {**r, name: value} if r["state"] == "success" else r
    )


broken(
    A,
    "msg missing in errors",
    "create.error.msg status.error.msg",
    Aigptimage,
    refuse=lambda s, c, m: _raise(Answer(c, {"code": c, "data": None})),
)
broken(
    A,
    "message instead of msg",
    "create.reply.msg",
    Aigptimage,
    created=lambda s, t: {"code": 200, "message": "success", "data": {"taskId": t}},
)
broken(
    A,
    "code as text",
    "create.reply.code",
    Aigptimage,
    created=lambda s, t: {"code": "200", "msg": "success", "data": {"taskId": t}},
)
broken(
    A,
    "task_id instead of taskId",
    "create.reply.data.taskId",
    Aigptimage,
    created=lambda s, t: {"code": 200, "msg": "success", "data": {"task_id": t}},
)
broken(
    A,
    "state in capitals",
    "status.state.enum",
    Aigptimage,
    state=lambda s, t: {"waiting": "waiting", "success": "SUCCESS", "fail": "fail"}[
        Aigptimage.state(s, t)
    ],
)
broken(
    A,
    "an undocumented state",
    "status.state.enum",
    Aigptimage,
    state=lambda s, t: "generating" if t["polls"] == 1 else Aigptimage.state(s, t),
)
broken(
    A,
    "another model echoed",
    "status.reply.data.model.echo",
    Aigptimage,
    **_changed(model="gpt-image-1"),
)
broken(
    A,
    "another task echoed",
    "status.reply.data.taskId.echo",
    Aigptimage,
    **_changed(taskId="task_other"),
)
broken(
    A,
    "param as an object",
    "status.reply.data.param",
    Aigptimage,
    **_with("record", Aigptimage, lambda s, r, t: {**r, "param": t["body"]}),
)
broken(A, "param not JSON", "status.reply.data.param", Aigptimage, **_changed(param="model=x"))
broken(
    A, "param of something else", "status.reply.data.param.echo", Aigptimage, **_changed(param="{}")
)
broken(
    A, "createTime null", "status.reply.data.createTime", Aigptimage, **_changed(createTime=None)
)
broken(
    A,
    "createTime in seconds",
    "status.reply.data.createTime.unit",
    Aigptimage,
    **_changed(createTime=1757584164),
)
broken(
    A,
    "createTime as text",
    "status.reply.data.createTime",
    Aigptimage,
    **_changed(createTime="2025-09-11T09:49:24Z"),
)
broken(
    A,
    "completed before created",
    "status.reply.data.completeTime.order",
    Aigptimage,
    **_done("completeTime", 1757584100000),
)
broken(
    A, "costTime in seconds", "status.reply.data.costTime.unit", Aigptimage, **_done("costTime", 9)
)
broken(
    A,
    "resultJson as an object",
    "status.reply.data.resultJson",
    Aigptimage,
    **_with(
        "record",
        Aigptimage,
        lambda s, r, t: {
            **r,
            "resultJson": json.loads(r["resultJson"]) if r["resultJson"] else None,
        },
    ),
)
broken(
    A,
    "success without results",
    "status.reply.data.resultJson.success",
    Aigptimage,
    **_done("resultJson", None),
)
broken(
    A,
    "success with no URL",
    "status.reply.data.resultJson.success",
    Aigptimage,
    urls=lambda s, t: [],
)
broken(
    A,
    "failCode missing",
    "status.reply.data.failCode",
    Aigptimage,
    **_with("record", Aigptimage, lambda s, r, t: {k: v for k, v in r.items() if k != "failCode"}),
)
broken(
    A,
    "fails without a reason",
    "status.reply.data.failMsg.fail",
    Aigptimage,
    **_changed(failMsg=None),
)


def _leaves(self: Any, task: Any) -> str:
    return "waiting" if task["polls"] > 2 else Aigptimage.state(self, task)


broken(A, "leaves success again", "status.state.terminal", Aigptimage, state=_leaves)
broken(A, "result gone", "result.url", Aigptimage, picture=lambda s, t: s.refuse(404, "gone"))
broken(
    A,
    "result is a page",
    "result.picture",
    Aigptimage,
    picture=lambda s, t: _raise(Answer(200, b"<html>no</html>", {"content-type": "text/html"})),
)
broken(
    A,
    "result cut off",
    "result.picture",
    Aigptimage,
    picture=lambda s, t: _raise(Answer(200, png(256, 256)[:60])),
)
broken(
    A,
    "always square",
    "result.pixels.ratio",
    Aigptimage,
    size=lambda s, g: (Aigptimage.size(s, g)[0],) * 2,
)
broken(
    A,
    "width and height swapped",
    "result.pixels.ratio",
    Aigptimage,
    size=lambda s, g: Aigptimage.size(s, g)[::-1],
)
broken(
    A,
    "4K gives 1K",
    "result.pixels.tier",
    Aigptimage,
    size=lambda s, g: Aigptimage.size(s, {**g, "resolution": "1K"}),
)
broken(
    A,
    "request id ignored",
    "create.idempotency.same-request",
    Aigptimage,
    create=lambda s, h, r: Aigptimage.create(
        s, {k: v for k, v in h.items() if k != "x-request-id"}, r
    ),
)
broken(
    A,
    "status elsewhere",
    "status.path",
    Aigptimage,
    handle=lambda s, m, p, q, h, r: Aigptimage.handle(
        s, m, p.replace("recordInfo", "x").replace("queryTask", "recordInfo"), q, h, r
    ),
)

# --- gptimage2api: permitted ---

G = "gptimage2api"
permitted(G, "as written", Gptimage2api)


def _in_other_words(self: Any, *args: Any) -> None:
    try:
        Gptimage2api.handle(self, *args)
    except Answer as answer:
        if answer.status >= 400:
            told = {**answer.body, "error": "Ungültige Anfrage"}
            raise Answer(answer.status, told) from None
        raise


permitted(G, "messages in another language", Gptimage2api, handle=_in_other_words)
permitted(G, "fields of the quickstart", Gptimage2api, page="quickstart")


def _mixed(self: Any, task: Any) -> dict[str, Any]:
    made = Gptimage2api.snapshot(self, task)
    if "imageUrls" in made:
        made["outputImageUrls"] = made.pop("imageUrls")
    return made


permitted(G, "fields of both pages mixed", Gptimage2api, snapshot=_mixed)
permitted(
    G,
    "charges like the example",
    Gptimage2api,
    cost=lambda s, b: 12 if b["model"] == "gpt-image-2" else Gptimage2api.cost(s, b),
)
permitted(
    G,
    "charges by output",
    Gptimage2api,
    cost=lambda s, b: Gptimage2api.cost(s, b) * b.get("numOutputs", 1),
)
permitted(
    G,
    "dearer tiers",
    Gptimage2api,
    cost=lambda s, b: {"nano-banana-2": 8, "nano-banana-pro": 20}.get(b["model"], 3),
)
permitted(
    G,
    "always one picture",
    Gptimage2api,
    snapshot=lambda s, t: _one_picture(Gptimage2api.snapshot(s, t)),
)
permitted(
    G,
    "nulls where nothing is",
    Gptimage2api,
    snapshot=lambda s, t: {
        "errorCode": None,
        "errorMessage": None,
        "videoUrl": None,
        **Gptimage2api.snapshot(s, t),
    },
)
permitted(
    G,
    "details without fields",
    Gptimage2api,
    refuse=lambda s, f: _raise(Answer(400, {"error": "Invalid request", "details": {}})),
)


def _one_picture(snapshot: dict[str, Any]) -> dict[str, Any]:
    return {**snapshot, "imageUrls": snapshot["imageUrls"][:1]}


def _null_images(self: Any, task: Any) -> dict[str, Any]:
    made = Gptimage2api.snapshot(self, task)
    return made if made["status"] == 1 else {**made, "imageUrls": None}


permitted(G, "no images while pending", Gptimage2api, snapshot=_null_images)


def _refunds_shortly(self: Any, task: Any) -> dict[str, Any]:
    made = Gptimage2api.snapshot(self, task)
    return {**made, "creditsRefunded": made["creditsRefunded"] and task["polls"] > 2}


permitted(G, "refunds shortly after", Gptimage2api, snapshot=_refunds_shortly)


def _trips_once(self: Any, task_id: str) -> None:
    self.trips = getattr(self, "trips", 0) + 1
    if self.trips % 5 == 0:
        raise Answer(500, {"error": "Unexpected"})
    Gptimage2api.status(self, task_id)


permitted(G, "a transient 500 on a poll", Gptimage2api, status=_trips_once)


def _coerced(self: Any, body: Any) -> str:
    if not isinstance(body, dict):
        return "body"
    numbers = ("width", "height", "numOutputs", "guidanceScale", "numInferenceSteps")
    made = {}
    for name, value in body.items():
        digits = isinstance(value, str) and value.isdigit()
        made[name] = int(value) if name in numbers and digits else value
    return Gptimage2api.bad_field(self, {k: v for k, v in made.items() if v is not None})


permitted(G, "takes digits in text for numbers", Gptimage2api, bad_field=_coerced)
permitted(
    G,
    "an error field that is null",
    Gptimage2api,
    snapshot=lambda s, t: {**Gptimage2api.snapshot(s, t), "error": None},
)
permitted(
    G,
    "a frozen clock",
    Gptimage2api,
    snapshot=lambda s, t: {
        **Gptimage2api.snapshot(s, t),
        "createdAt": "2001-01-01T00:00:00Z",
        "updatedAt": "2001-01-01T00:00:00Z",
    },
)

# --- gptimage2api: broken ---


def _wants(field: str) -> Callable[..., str]:
    def bad_field(self: Any, body: Any) -> str:
        given = isinstance(body, dict) and field in body
        return Gptimage2api.bad_field(self, body) if given else field

    return bad_field


broken(
    G,
    "numOutputs is required",
    "create.numOutputs.default",
    Gptimage2api,
    bad_field=_wants("numOutputs"),
)
broken(
    G,
    "references are required",
    "create.status.200",
    Gptimage2api,
    bad_field=_wants("inputImageUrls"),
)

for _model, _limit in (
    ("gpt-image-2", 4),
    ("nano-banana-2", 14),
    ("nano-banana-pro", 8),
    ("google/nano-banana", 10),
):
    broken(
        G,
        f"{_model} takes one more image",
        f"create.{_model}.inputImageUrls.maxItems",
        Gptimage2api,
        bad_images=lambda s, m, b, model=_model, n=_limit: (
            ""
            if m == model and len(b.get("inputImageUrls", [])) == n + 1
            else Gptimage2api.bad_images(s, m, b)
        ),
    )
    broken(
        G,
        f"{_model} takes one image less",
        f"create.{_model}.inputImageUrls.maxItems",
        Gptimage2api,
        bad_images=lambda s, m, b, model=_model, n=_limit: (
            "inputImageUrls"
            if m == model and len(b.get("inputImageUrls", [])) == n
            else Gptimage2api.bad_images(s, m, b)
        ),
    )
for _model, _limit in (
    ("gpt-image-2", 20000),
    ("nano-banana-pro", 10000),
    ("google/nano-banana", 5000),
):
    broken(
        G,
        f"{_model} takes a longer prompt",
        f"create.{_model}.prompt.maxLength",
        Gptimage2api,
        bad_text=lambda s, m, b, model=_model, n=_limit: (
            ""
            if m == model and isinstance(b.get("prompt"), str) and len(b["prompt"]) == n + 1
            else Gptimage2api.bad_text(s, m, b)
        ),
    )
    broken(
        G,
        f"{_model} takes a shorter prompt",
        f"create.{_model}.prompt.maxLength",
        Gptimage2api,
        bad_text=lambda s, m, b, model=_model, n=_limit: (
            "prompt"
            if m == model and isinstance(b.get("prompt"), str) and len(b["prompt"]) == n
            else Gptimage2api.bad_text(s, m, b)
        ),
    )
for _field, _value, _keyword in (
    ("width", 63, "minimum"),
    ("width", 4097, "maximum"),
    ("height", 63, "minimum"),
    ("numOutputs", 11, "maximum"),
    ("numOutputs", 0, "minimum"),
    ("numInferenceSteps", 151, "maximum"),
):
    broken(
        G,
        f"{_field} {_value} accepted",
        f"create.{_field}.{_keyword}",
        Gptimage2api,
        bad_number=lambda s, m, b, f=_field, v=_value: (
            "" if b.get(f) == v else Gptimage2api.bad_number(s, m, b)
        ),
    )
for _field, _value, _keyword in (
    ("width", 64, "minimum"),
    ("width", 4096, "maximum"),
    ("height", 4096, "maximum"),
    ("numOutputs", 10, "maximum"),
    ("guidanceScale", 100, "maximum"),
    ("guidanceScale", 0, "minimum"),
    ("numInferenceSteps", 150, "maximum"),
):
    broken(
        G,
        f"{_field} {_value} refused",
        f"create.{_field}.{_keyword}",
        Gptimage2api,
        bad_number=lambda s, m, b, f=_field, v=_value: (
            f if f in b and b[f] == v else Gptimage2api.bad_number(s, m, b)
        ),
    )
broken(
    G,
    "numOutputs 1 refused",
    "create.numOutputs.minimum",
    Gptimage2api,
    bad_number=lambda s, m, b: (
        "numOutputs" if b.get("numOutputs") == 1 else Gptimage2api.bad_number(s, m, b)
    ),
)
broken(
    G,
    "empty prompt",
    "create.prompt.minLength",
    Gptimage2api,
    bad_text=lambda s, m, b: "" if b.get("prompt") == "" else Gptimage2api.bad_text(s, m, b),
)
broken(
    G,
    "one-letter prompt refused",
    "create.prompt.minLength",
    Gptimage2api,
    bad_text=lambda s, m, b: (
        "prompt"
        if isinstance(b.get("prompt"), str) and len(b["prompt"]) == 1
        else Gptimage2api.bad_text(s, m, b)
    ),
)
broken(
    G,
    "negativePrompt of 2001",
    "create.negativePrompt.maxLength",
    Gptimage2api,
    bad_text=lambda s, m, b: (
        ""
        if isinstance(b.get("negativePrompt"), str) and len(b["negativePrompt"]) == 2001
        else Gptimage2api.bad_text(s, m, b)
    ),
)
broken(
    G,
    "seed a number only",
    "create.seed.type",
    Gptimage2api,
    bad_text=lambda s, m, b: (
        "seed"
        if "seed" in b and not isinstance(b["seed"], int)
        else Gptimage2api.bad_text(s, m, {k: v for k, v in b.items() if k != "seed"})
    ),
)
broken(
    G,
    "any seed",
    "create.seed.type",
    Gptimage2api,
    bad_text=lambda s, m, b: Gptimage2api.bad_text(
        s, m, {k: v for k, v in b.items() if k != "seed"}
    ),
)
broken(
    G,
    "providerInput refused",
    "create.providerInput.passthrough",
    Gptimage2api,
    bad_field=lambda s, b: (
        "providerInput"
        if isinstance(b, dict) and "providerInput" in b
        else Gptimage2api.bad_field(s, b)
    ),
)
broken(
    G,
    "a ratio dropped",
    "create.gpt-image-2.aspectRatio.enum",
    Gptimage2api,
    bad_ratio=lambda s, m, b: (
        "aspectRatio" if b.get("aspectRatio") == "21:9" else Gptimage2api.bad_ratio(s, m, b)
    ),
)
broken(
    G,
    "any ratio",
    "create.gpt-image-2.aspectRatio.enum",
    Gptimage2api,
    bad_ratio=lambda s, m, b: "" if isinstance(b.get("aspectRatio", ""), str) else "aspectRatio",
)
broken(
    G,
    "a model gone",
    "create.model.enum",
    Gptimage2api,
    bad_field=lambda s, b: (
        "model"
        if isinstance(b, dict) and b.get("model") == "nano-banana-pro"
        else Gptimage2api.bad_field(s, b)
    ),
)
broken(
    G,
    "422 for a bad body",
    "create.error.400",
    Gptimage2api,
    refuse=lambda s, f: _raise(Answer(422, {"error": "Invalid request", "details": {}})),
)
broken(
    G,
    "message instead of error",
    "create.error.error",
    Gptimage2api,
    refuse=lambda s, f: _raise(Answer(400, {"message": "Invalid request", "details": {}})),
)
broken(
    G,
    "charges one more",
    "create.charge.gpt-image-2",
    Gptimage2api,
    cost=lambda s, b: Gptimage2api.cost(s, b) + (b["model"] == "gpt-image-2"),
)
broken(
    G,
    "charges seven for a nano",
    "create.charge.nano-banana-2",
    Gptimage2api,
    cost=lambda s, b: 7 if b["model"] == "nano-banana-2" else Gptimage2api.cost(s, b),
)
broken(
    G,
    "no refund",
    "status.charge.refund",
    Gptimage2api,
    snapshot=lambda s, t: {**Gptimage2api.snapshot(s, t), "creditsRefunded": False},
)
broken(
    G,
    "status as text",
    "status.reply.status",
    Gptimage2api,
    snapshot=lambda s, t: {**Gptimage2api.snapshot(s, t), "status": str(Gptimage2api.state(s, t))},
)
broken(
    G,
    "a fourth status",
    "status.state.enum",
    Gptimage2api,
    state=lambda s, t: 3 if t["polls"] == 1 else Gptimage2api.state(s, t),
)
broken(
    G,
    "images under a third name",
    "status.reply.imageUrls.1",
    Gptimage2api,
    snapshot=lambda s, t: {
        ("urls" if k == "imageUrls" else k): v for k, v in Gptimage2api.snapshot(s, t).items()
    },
)
broken(
    G,
    "no images",
    "status.reply.imageUrls.1",
    Gptimage2api,
    snapshot=lambda s, t: {**Gptimage2api.snapshot(s, t), "imageUrls": []},
)
broken(
    G,
    "images that are no URLs",
    "status.reply.imageUrls.1",
    Gptimage2api,
    snapshot=lambda s, t: {**Gptimage2api.snapshot(s, t), "imageUrls": ["picture-1"]},
)
broken(
    G,
    "no id",
    "status.reply.taskId",
    Gptimage2api,
    snapshot=lambda s, t: {k: v for k, v in Gptimage2api.snapshot(s, t).items() if k != "taskId"},
)
broken(
    G,
    "epoch instead of ISO",
    "status.reply.createdAt",
    Gptimage2api,
    snapshot=lambda s, t: {**Gptimage2api.snapshot(s, t), "createdAt": 1776848400},
)
broken(
    G,
    "a date in words",
    "status.reply.createdAt.unit",
    Gptimage2api,
    snapshot=lambda s, t: {**Gptimage2api.snapshot(s, t), "createdAt": "last Wednesday at nine"},
)


def _starts_at_one(self: Any, raw: bytes) -> None:
    try:
        Gptimage2api.create(self, raw)
    except Answer as answer:
        body = {**answer.body, "status": 1} if answer.status == 200 else answer.body
        raise Answer(answer.status, body) from None


broken(G, "starts at one", "create.reply.status", Gptimage2api, create=_starts_at_one)

# --- what holds for each model ---

broken(
    A,
    "no prompt needed without references",
    "create.input.prompt.required",
    Aigptimage,
    input_problem=lambda s, m, g: (
        "" if m == T2I and "prompt" not in g else Aigptimage.input_problem(s, m, g)
    ),
)
broken(
    A,
    "shorter prompts without references",
    "create.input.prompt.maxLength",
    Aigptimage,
    input_problem=lambda s, m, g: (
        "prompt is too long"
        if m == T2I and len(str(g.get("prompt"))) > 5000
        else Aigptimage.input_problem(s, m, g)
    ),
)
broken(
    G,
    "whole numbers where any number is permitted",
    "create.guidanceScale.type",
    Gptimage2api,
    bad_number=lambda s, m, b: (
        "guidanceScale"
        if isinstance(b.get("guidanceScale"), float)
        else Gptimage2api.bad_number(s, m, b)
    ),
)
broken(
    G,
    "four pictures for one",
    "create.numOutputs.default",
    Gptimage2api,
    **_with(
        "snapshot",
        Gptimage2api,
        lambda s, r, t: (
            {**r, "imageUrls": [f"{u}?n={i}" for u in r["imageUrls"] for i in range(4)]}
            if r.get("imageUrls")
            else r
        ),
    ),
)
