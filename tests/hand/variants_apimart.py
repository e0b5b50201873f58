"""
Servers that keep APIMart's documents in another permitted way, and servers that break one clause each.

Each is the hand-written vendor with one method replaced, in the form of `variation`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.hand.apimart import ALTERNATIVES, BEGAN, TABLE, TIERS, TYPES, Apimart
from tests.hand.variation import Variants
from tests.hand.web import Answer, png

Record = dict[str, Any]

_variants = Variants("apimart", Apimart)
PERMITTED, BROKEN = _variants.PERMITTED, _variants.BROKEN
permitted, broken, _with = _variants.permitted, _variants.broken, _variants.altered


def _raise(answer: Answer) -> None:
    raise answer


def _changed(**values: Any) -> dict[str, Any]:
    """Fields of every task record set to something else."""
    return _with("record", lambda s, r, t: {**r, **values})


def _at_end(state: str, **values: Any) -> dict[str, Any]:
    """Fields of the records of one state set to something else."""
    return _with("record", lambda s, r, t: {**r, **values} if r["status"] == state else r)


def _without(name: str) -> dict[str, Any]:
    return _with("record", lambda s, r, t: {k: v for k, v in r.items() if k != name})


def _replied(method: str, change: Callable[[int, Any], tuple[int, Any]]) -> dict[str, Any]:
    """A member that changes status and body of whatever the original answered with success."""
    original = getattr(Apimart, method)

    def changed(self: Any, *args: Any) -> None:
        try:
            original(self, *args)
        except Answer as answer:
            if answer.status != 200:
                raise
            raise Answer(*change(answer.status, answer.body), answer.headers) from None

    return {method: changed}


# --- permitted ---

permitted("as written")


def _second_cell(self: Any, cell: str, body: Record) -> str:
    if (body.get("resolution") or "1k") == "1k" and not self.in_pixels(body.get("size")):
        return ALTERNATIVES.get(body.get("size") or "1:1", cell)
    return cell


permitted("the second pixels of each cell", **_with("cell", _second_cell))
permitted(
    "now these pixels, now those",
    **_with("cell", lambda s, c, b: _second_cell(s, c, b) if len(s.requests) // 3 % 2 else c),
)
permitted(
    "auto is a wide picture",
    **_with("cell", lambda s, c, b: "1536x1024" if b.get("size") == "auto" else c),
)
permitted("the url is text", url=lambda s, t: Apimart.url(s, t)[0])
permitted("first pending", first_state="pending")
permitted(
    "submitted by the create, pending by the status",
    state=lambda s, t: "pending" if t["polls"] == 1 else Apimart.state(s, t),
)
permitted("straight to success", polls_until_done=1)
permitted("polls six times", polls_until_done=6)
permitted("links of 72 hours", lifetime=259200)


def _extra(self: Any, record: Record, task: Any) -> Record:
    return {**record, "model": "gpt-image-2", "queue": None, "result_type": "image"}


permitted("extra fields in the record", **_with("record", _extra))
permitted(
    "extra fields in the creation",
    **_with("created", lambda s, r, t: {**r, "message": "ok", "request_id": "x"}),
)
permitted(
    "n up to ten and the second model", most_images=10, models=("gpt-image-2", "gpt-image-2-ext")
)


def _three_urls(self: Any, urls: list[str], task: Any) -> list[str]:
    return urls * (task["body"].get("n") or 1)


permitted(
    "as many URLs as n",
    most_images=10,
    models=("gpt-image-2", "gpt-image-2-ext"),
    **_with("url", _three_urls),
)
permitted("URLs only", is_image=lambda s, i: isinstance(i, str) and i.startswith("http"))
permitted(
    "bare base64 refused, data URI taken",
    is_image=lambda s, i: isinstance(i, str) and i.startswith(("http", "data:")),
)
permitted(
    "not a URL fails later",
    is_image=lambda s, i: isinstance(i, str),
    fails=lambda s, t: Apimart.fails(s, t) or "not-a-url" in json.dumps(t["body"]),
)
permitted(
    "an unreachable picture is refused",
    is_image=lambda s, i: Apimart.is_image(s, i) and "unreachable.invalid" not in i,
)


def _in_chinese(self: Any, status: int, message: str) -> Record:
    return {"code": status, "message": "请求参数无效", "type": TYPES.get(status, ""), "param": None}


permitted("errors in another language", error=_in_chinese)
permitted("an unknown id in other words", unknown_task=lambda s: s.refuse(400, "invalid task id"))


def _busy(self: Any, path: str, headers: Any) -> None:
    Apimart.check_key(self, path, headers)
    self.seen = getattr(self, "seen", 0) + 1
    if self.seen % 7 == 0:
        raise Answer(429, {"error": self.error(429, "slow down")}, {"retry-after": "1"})


permitted("throttles now and then", check_key=_busy)


def _trips(self: Any, task_id: str) -> None:
    self.trips = getattr(self, "trips", 0) + 1
    if self.trips % 5 == 0:
        self.refuse(500, "internal error")
    Apimart.status(self, task_id)


permitted("a transient 500 on a poll", status=_trips)
permitted(
    "signed URLs that change",
    **_with("url", lambda s, u, t: [f"{u[0]}?signature={t['polls']}"]),
)
permitted(
    "takes capital tiers too",
    resolution_problem=lambda s, r: Apimart.resolution_problem(
        s, r.lower() if isinstance(r, str) else r
    ),
    cell=lambda s, b: Apimart.cell(s, {**b, "resolution": (b.get("resolution") or "1k").lower()}),
)
permitted(
    "takes pixels with a multiplication sign too",
    size_problem=lambda s, z: Apimart.size_problem(
        s, z.replace("×", "x") if isinstance(z, str) else z
    ),
)
permitted(
    "null is the same as left out",
    problem=lambda s, b: Apimart.problem(
        s, {k: v for k, v in b.items() if v is not None} if isinstance(b, dict) else b
    ),
)
permitted(
    "no costs shown",
    **_with("record", lambda s, r, t: {k: v for k, v in r.items() if "cost" not in k}),
)
permitted(
    "costs from the start, none at a failure",
    **_with(
        "record",
        lambda s, r, t: {
            **r,
            "cost": 0 if r["status"] == "failed" else 0.05,
            "credits_cost": 0 if r["status"] == "failed" else 0.5,
        },
    ),
)
permitted(
    "the progress jumps about",
    **_with("record", lambda s, r, t: {**r, "progress": 90 if t["polls"] == 1 else 20}),
)
permitted(
    "a batch by id",
    batch=lambda s, r: _raise(Answer(200, {"code": 200, "data": {"task_01000001": {}}})),
)
permitted(
    "upload errors in words",
    upload=lambda s, h, r: _worded(lambda: Apimart.upload(s, h, r)),
)
permitted(
    "a key without limit",
    **_with("balance", lambda s, r: {**r, "remain_balance": -1, "unlimited_quota": True}),
)
permitted(
    "a balance of the minimal page",
    **_with("balance", lambda s, r: {k: v for k, v in r.items() if "credits" not in k}),
)


def _worded(call: Callable[[], None]) -> None:
    try:
        call()
    except Answer as answer:
        body = answer.body if answer.status == 200 else {"error": "no"}
        raise Answer(answer.status, body) from None


def _balance_in_200(self: Any, path: str, headers: Any) -> None:
    if path == "/v1/balance" and headers.get("authorization") != f"Bearer {self.key}":
        raise Answer(200, {"success": False, "message": "the key was not found"})
    Apimart.check_key(self, path, headers)


permitted("a bad key for the balance inside a 200", check_key=_balance_in_200)

# --- broken: what is asked for ---

for _ratio in ("auto", "1:1", "3:2", "9:16", "3:1", "9:21"):
    broken(
        f"{_ratio} dropped",
        "create.size.enum",
        size_problem=lambda s, z, bad=_ratio: "no" if z == bad else Apimart.size_problem(s, z),
    )
for _tier in TIERS:
    broken(
        f"{_tier} dropped",
        "create.resolution.enum",
        resolution_problem=lambda s, r, bad=_tier: (
            "no" if r == bad else Apimart.resolution_problem(s, r)
        ),
    )
broken(
    "any size",
    "create.size.enum",
    size_problem=lambda s, z: "" if isinstance(z, str) else Apimart.size_problem(s, z),
)
broken(
    "a size of any type",
    "create.size.type",
    size_problem=lambda s, z: "" if isinstance(z, dict) else Apimart.size_problem(s, z),
    cell=lambda s, b: "1024x1024" if isinstance(b.get("size"), dict) else Apimart.cell(s, b),
)
broken(
    "any resolution",
    "create.resolution.enum",
    resolution_problem=lambda s, r: "" if isinstance(r, str) else Apimart.resolution_problem(s, r),
    cell=lambda s, b: Apimart.cell(
        s, {**b, "resolution": b["resolution"] if b.get("resolution") in TIERS else "1k"}
    ),
)
broken("pixels refused", "create.size.also", in_pixels=lambda s, z: False)
broken(
    "one size of pixels refused",
    "create.size.also",
    size_problem=lambda s, z: "no" if z == "887x1774" else Apimart.size_problem(s, z),
)
broken(
    "seventeen references",
    "create.image_urls.maxItems",
    images_problem=lambda s, i: Apimart.images_problem(s, i[:16] if isinstance(i, list) else i),
)
broken(
    "fifteen references at most",
    "create.image_urls.maxItems",
    images_problem=lambda s, i: (
        "no" if isinstance(i, list) and len(i) > 15 else Apimart.images_problem(s, i)
    ),
)
broken(
    "references of any type",
    "create.image_urls.type",
    images_problem=lambda s, i: Apimart.images_problem(s, i if isinstance(i, list) else None),
)
broken(
    "any text is a reference",
    "create.image_urls.items",
    is_image=lambda s, i: isinstance(i, str),
)
broken(
    "any model", "create.model.enum", model_problem=lambda s, m: "" if isinstance(m, str) else "no"
)
broken(
    "a model of any type",
    "create.model.type",
    model_problem=lambda s, m: "" if isinstance(m, dict) else Apimart.model_problem(s, m),
)
broken(
    "model optional",
    "create.model.required",
    model_problem=lambda s, m: "" if m is None else Apimart.model_problem(s, m),
)
broken(
    "prompt optional",
    "create.prompt.required",
    prompt_problem=lambda s, p: "" if p is None else Apimart.prompt_problem(s, p),
)
broken(
    "a prompt of any type",
    "create.prompt.type",
    prompt_problem=lambda s, p: "" if isinstance(p, dict) else Apimart.prompt_problem(s, p),
)
broken(
    "no picture at all",
    "create.n.minimum",
    n_problem=lambda s, n: "" if n == 0 else Apimart.n_problem(s, n),
)
broken(
    "eleven pictures",
    "create.n.maximum",
    n_problem=lambda s, n: "" if n == 11 else Apimart.n_problem(s, n),
)
broken(
    "n in words",
    "create.n.type",
    n_problem=lambda s, n: "" if isinstance(n, dict) else Apimart.n_problem(s, n),
)
for _field in ("response_format", "style"):
    broken(
        f"{_field} refused",
        f"create.{_field}.ignored",
        other_problem=lambda s, b, f=_field: f"{f} is not supported" if f in b else "",
    )

# --- broken: keys and errors ---

for _path, _operation in (
    ("/v1/images/generations", "create"),
    ("/v1/tasks/task_", "status"),
    ("/v1/uploads/images", "upload"),
    ("/v1/balance", "balance"),
    ("/v1/tasks/batch", "batch"),
):
    broken(
        f"no key needed: {_operation}",
        f"{_operation}.auth",
        check_key=lambda s, p, h, free=_path: (
            None if p.startswith(free) else Apimart.check_key(s, p, h)
        ),
    )


def _forbidden(self: Any, path: str, headers: Any) -> None:
    if headers.get("authorization") != f"Bearer {self.key}":
        self.refuse(403, "authentication failed")


broken(
    "403 for a bad key",
    "create.error.401 status.error.401 balance.error.401",
    check_key=_forbidden,
)
broken(
    "422 for a bad parameter", "create.error.400", refuse_parameter=lambda s, p: s.refuse(422, p)
)
broken(
    "500 for a bad parameter", "create.error.400", refuse_parameter=lambda s, p: s.refuse(500, p)
)
broken(
    "404 for an unknown task", "status.error.400", unknown_task=lambda s: s.refuse(404, "not found")
)
broken(
    "an unknown task is waiting",
    "status.error.400",
    unknown_task=lambda s: _raise(Answer(200, {"code": 200, "data": {"status": "pending"}})),
)


def _typed(status: int, kind: str) -> dict[str, Any]:
    return _with("error", lambda s, e, c, m: {**e, "type": kind} if c == status else e)


broken(
    "another type at 401",
    "create.error.401.error.type status.error.401.error.type",
    **_typed(401, "unauthorized"),
)
broken(
    "another type for a bad parameter",
    "create.error.400.error.type",
    refuse_parameter=lambda s, p: _raise(
        Answer(400, {"error": {"code": 400, "message": p, "type": "bad_request"}})
    ),
)
broken(
    "another type for an unknown task",
    "status.error.400.error.type",
    unknown_task=lambda s: _raise(
        Answer(400, {"error": {"code": 400, "message": "no", "type": "not_found_error"}})
    ),
)
broken(
    "no message in errors",
    "create.error.error.message status.error.error.message",
    refuse=lambda s, c, m: _raise(Answer(c, {"error": {"code": c, "type": TYPES.get(c, "")}})),
)
broken(
    "no type in errors",
    "create.error.error.type status.error.error.type",
    refuse=lambda s, c, m: _raise(Answer(c, {"error": {"code": c, "message": m}})),
)
broken(
    "an error's code as text",
    "create.error.error.code status.error.error.code",
    refuse=lambda s, c, m: _raise(Answer(c, {"error": {**s.error(c, m), "code": str(c)}})),
)

# --- broken: the replies ---

broken("201 for a task", "create.status.200", **_replied("create", lambda c, b: (201, b)))
broken("code missing", "create.reply.code", **_with("created", lambda s, r, t: {"data": r["data"]}))
broken(
    "code as text", "create.reply.code", **_with("created", lambda s, r, t: {**r, "code": "200"})
)
broken(
    "the first state in capitals",
    "create.reply.data[0].status",
    created=lambda s, t: {"code": 200, "data": [{"status": "SUBMITTED", "task_id": t}]},
)
broken(
    "the first state missing",
    "create.reply.data[0].status",
    created=lambda s, t: {"code": 200, "data": [{"task_id": t}]},
)
broken(
    "taskId instead of task_id",
    "create.reply.data[0].task_id",
    created=lambda s, t: {"code": 200, "data": [{"status": "submitted", "taskId": t}]},
)
broken(
    "the key of a request ignored",
    "create.idempotency.same-request",
    create=lambda s, h, r: Apimart.create(
        s, {k: v for k, v in h.items() if k != "idempotency-key"}, r
    ),
)
broken(
    "the record without code",
    "status.reply.code",
    **_replied("status", lambda c, b: (c, {"data": b["data"]})),
)
broken("202 while running", "status.status.200", **_replied("status", lambda c, b: (202, b)))
broken(
    "an undocumented state",
    "status.state.enum",
    state=lambda s, t: "queued" if t["polls"] == 1 else Apimart.state(s, t),
)
broken(
    "completed left again",
    "status.state.terminal",
    state=lambda s, t: "processing" if t["polls"] > 3 else Apimart.state(s, t),
)
broken("another task", "status.reply.data.id.echo", **_changed(id="task_other"))
broken("the task's id missing", "status.reply.data.id", **_without("id"))
broken("progress in words", "status.reply.data.progress", **_changed(progress="40%"))
broken("progress over a hundred", "status.reply.data.progress", **_changed(progress=400))
broken("created as text", "status.reply.data.created", **_changed(created="2026-04-22T09:00:00Z"))
broken("created in ms", "status.reply.data.created.unit", **_changed(created=BEGAN * 1000))
broken(
    "completed before created",
    "status.reply.data.completed.order",
    **_at_end("completed", completed=BEGAN - 5),
)
broken(
    "completed from the start",
    "status.reply.data.completed.completed.only",
    **_changed(completed=BEGAN + 50),
)
broken(
    "the time taken from the start",
    "status.reply.data.actual_time.completed.only",
    **_changed(actual_time=50),
)
broken(
    "the time taken in ms",
    "status.reply.data.actual_time.unit",
    **_at_end("completed", actual_time=50000),
)
broken(
    "the estimate as text", "status.reply.data.estimated_time", **_changed(estimated_time="60 s")
)
broken(
    "credits as text", "status.reply.data.credits_cost", **_at_end("completed", credits_cost="0.5")
)
broken(
    "a failure without a reason",
    "status.reply.data.error.message.failed",
    **_at_end("failed", error={"code": 400, "type": "x"}),
)
broken(
    "pictures without a URL",
    "status.reply.data.result.images[].url.completed",
    result=lambda s, t: {"images": [{"expires_at": BEGAN + 90000}]},
)
broken("no URL in the list", "status.reply.data.result.images[].url.completed", url=lambda s, t: [])
broken(
    "a URL that is none",
    "status.reply.data.result.images[].url.completed",
    url=lambda s, t: ["picture one"],
)
broken(
    "the expiry in ms",
    "status.reply.data.result.images[].expires_at.unit",
    result=lambda s, t: {"images": [{"url": s.url(t), "expires_at": (BEGAN + 90000) * 1000}]},
)
broken(
    "the expiry as text",
    "status.reply.data.result.images[].expires_at.completed",
    result=lambda s, t: {"images": [{"url": s.url(t), "expires_at": "tomorrow"}]},
)

# --- broken: the pictures ---

broken("result gone", "result.url", picture=lambda s, t: s.refuse(404, "gone"))
broken(
    "result is a page",
    "result.picture",
    picture=lambda s, t: _raise(Answer(200, b"<html>no</html>", {"content-type": "text/html"})),
)
broken(
    "result cut off",
    "result.picture",
    picture=lambda s, t: _raise(Answer(200, png(1024, 1024)[:60])),
)


def _cell(self: Any, body: Record, size: str, tier: str, instead: str) -> str:
    asked = (body.get("size"), body.get("resolution") or "1k") == (size, tier)
    return instead if asked else Apimart.cell(self, body)


for _size, _tier, _instead in (
    ("1:1", "1k", "1024x1000"),
    ("3:2", "2k", "2048x1365"),
    ("16:9", "2k", "2560x1440"),
    ("21:9", "1k", "1915x864"),
    ("4:5", "4k", "3216x2576"),
    ("1:1", "4k", "4096x4096"),
):
    broken(
        f"{_size} at {_tier} is {_instead}",
        f"result.pixels.{_size}.{_tier}",
        cell=lambda s, b, z=_size, t=_tier, i=_instead: _cell(s, b, z, t, i),
    )


def _turned(self: Any, cell: str, body: Record) -> str:
    return "x".join(reversed(cell.split("x")))


broken(
    "all sides swapped",
    "result.pixels.ratio "
    + " ".join(f"result.pixels.{size}.{tier}" for size in TABLE if size != "1:1" for tier in TIERS),
    **_with("cell", _turned),
)
broken(
    "the tier is ignored",
    "result.pixels.tier "
    + " ".join(f"result.pixels.{size}.{tier}" for size in TABLE for tier in ("2k", "4k")),
    cell=lambda s, b: Apimart.cell(s, {**b, "resolution": "1k"}),
)

# --- broken: upload and balance ---

broken(
    "uploads text",
    "upload.file.accepts",
    kind_of=lambda s, c: Apimart.kind_of(s, c) or "text/plain",
)
for _field in ("url", "filename", "content_type", "bytes", "created_at"):
    broken(
        f"upload without {_field}",
        f"upload.reply.{_field}",
        **_with("uploaded", lambda s, r, *_, f=_field: {k: v for k, v in r.items() if k != f}),
    )
broken(
    "upload in ms",
    "upload.reply.created_at.unit",
    **_with("uploaded", lambda s, r, *_: {**r, "created_at": BEGAN * 1000}),
)
broken(
    "upload takes any field",
    "upload.file.required",
    upload=lambda s, h, r: Apimart.upload(s, h, r.replace(b'name="unrelated"', b'name="file"')),
)
broken(
    "415 for an uploaded text",
    "upload.error.400.unsupported-format",
    kind_of=lambda s, c: Apimart.kind_of(s, c) or s.refuse(415, "unsupported"),
)
broken(
    "balance without success",
    "balance.reply.success",
    **_with("balance", lambda s, r: {k: v for k, v in r.items() if k != "success"}),
)
broken(
    "balance as text",
    "balance.reply.remain_balance",
    **_with("balance", lambda s, r: {**r, "remain_balance": "12.5"}),
)
broken(
    "unlimited as a number",
    "balance.reply.unlimited_quota",
    **_with("balance", lambda s, r: {**r, "unlimited_quota": 0}),
)
broken(
    "unlimited with a rest",
    "balance.reply.remain_balance.true",
    **_with("balance", lambda s, r: {**r, "unlimited_quota": True}),
)
broken("created missing", "status.reply.data.created", **_without("created"))
broken("progress missing", "status.reply.data.progress", **_without("progress"))
broken("the estimate missing", "status.reply.data.estimated_time", **_without("estimated_time"))
broken("no time of completion", "status.reply.data.completed.completed", **_without("completed"))
