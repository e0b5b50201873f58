"""
ToAPIs in the other ways that its pages permit, and with one clause broken each, in the form of `variation`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.hand.toapis import CREATED, PIXEL_SIZES, SIZES, Toapis
from tests.hand.variation import Variants
from tests.hand.web import Answer, png

_variants = Variants("toapis", Toapis)
PERMITTED, BROKEN = _variants.PERMITTED, _variants.BROKEN
permitted, broken = _variants.permitted, _variants.broken


def _with(method: str, change: Callable[[Any], Any]) -> dict[str, Any]:
    """A member that changes what the original gave."""
    return _variants.altered(method, lambda server, made, *args: change(made))


def _less(*names: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda made: {k: v for k, v in made.items() if k not in names}


def _more(**values: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda made: {**made, **values}


def _when(state: str, change: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    return lambda made: change(made) if made["status"] == state else made


def _created_only(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    """Members that change the reply to a creation and leave the status alone."""

    def create(self: Any, raw: bytes) -> None:
        try:
            Toapis.create(self, raw)
        except Answer as answer:
            if answer.status == 200:
                raise Answer(200, change(answer.body)) from None
            raise

    return {"create": create}


def _raise(answer: Answer) -> None:
    raise answer


class Upper(Toapis):
    """As the newer model guide has it."""

    dialect = "upper"


class Lower(Toapis):
    """As the newest generation page has it."""

    dialect = "lower"


# --- permitted ---


def _used_once(self: Any, body: Any) -> Any:
    own = self.business_id({"body": body})
    if own is not None and own in {self.business_id(task) for task in self.tasks.values()}:
        self.refuse_field("client_business_id")
    return Toapis.new_task(self, body)


permitted("a number of the caller's own is used once", new_task=_used_once)
permitted("sizes in pixels")
permitted("ratios with 1K", Upper)
permitted("ratios with 1k", Lower)


class AnyCase(Lower):
    """Takes 1K for 1k."""

    def good_resolution(self, resolution: Any) -> bool:
        return resolution is None or str(resolution).lower() in self.tiers()

    def sizing(self, body: dict[str, Any]) -> tuple[str, str]:
        size, resolution = super().sizing(body)
        return size, resolution.lower()


permitted("either spelling of a tier", AnyCase)


class StrictAnyCase(Upper):
    """Takes 1k for 1K, with the rules of the older page."""

    def good_resolution(self, resolution: Any) -> bool:
        return resolution is None or str(resolution).upper() in self.tiers()

    def sizing(self, body: dict[str, Any]) -> tuple[str, str]:
        size, resolution = super().sizing(body)
        return size, resolution.upper()


permitted("either spelling and the older rules", StrictAnyCase)
permitted("upper case without rules", Upper, good_pair=lambda s, a, r: True)


class Everything(AnyCase):
    """Takes what any of the pages has."""

    def good_size(self, size: Any) -> bool:
        return size is None or size in (*PIXEL_SIZES, *SIZES)

    def good_resolution(self, resolution: Any) -> bool:
        return super().good_resolution(resolution) or resolution in ("1024", "1536", "2048")

    def pixels(self, size: str, resolution: str) -> tuple[int, int]:
        if "x" in size:
            width, _, height = size.partition("x")
            return int(width), int(height)
        tier = {"1024": "1k", "1536": "2k", "2048": "2k"}.get(resolution, resolution)
        return super().pixels(size, tier)


permitted("every page at once", Everything)
permitted(
    "only the pair of defaults",
    good_size=lambda s, z: z in (None, "1024x1024"),
    good_pair=lambda s, a, r: (a, r) == ("1024x1024", "1024"),
)
permitted("submitted first", first_state="submitted")
permitted("straight to completed", polls_until_done=1)
permitted("polls five times", polls_until_done=5)
permitted(
    "names of the status page",
    names=("unauthorized", "task_not_found"),
    bad_names=("invalid_request", "invalid_request"),
)
permitted("names mixed", names=("authentication_error", "task_not_found"))
permitted("no url at the top", **_with("finished", _less("url")))
permitted("no url at the top, lower case", Lower, **_with("finished", _less("url")))
permitted("b64_json refused", good_format=lambda s, w: w in (None, "url"))
permitted("any response_format taken", good_format=lambda s, w: w is None or isinstance(w, str))


class Base64(Toapis):
    """Gives b64_json to who asks for it."""

    def finished(self, task: dict[str, Any]) -> dict[str, Any]:
        made = super().finished(task)
        if task["body"].get("response_format") == "b64_json":
            made["result"]["data"] = [{"b64_json": "iVBORw0KGgo="}]
            del made["url"]
        return made


permitted("base64 in place of the url", Base64)
permitted(
    "extra fields",
    **_with("created", _more(queue=3, task_id="x", metadata={"a": 1})),
    **_with("failure", _more(detail=None)),
    **_with("balance", _more(message="ok", name="key")),
)
permitted("an error that is null", **_with("record", lambda m: {"error": None, **m}))
permitted("metadata in the status", **_with("record", _more(metadata={})))


def _busy(self: Any, headers: Any) -> None:
    Toapis.check_key(self, headers)
    self.seen = getattr(self, "seen", 0) + 1
    if self.seen % 4 == 0:
        error = {"code": 429, "message": "Too many requests", "type": "rate_limit_exceeded"}
        raise Answer(429, {"error": error}, {"retry-after": "3"})


permitted("throttles with Retry-After", check_key=_busy)
permitted("throttles with Retry-After, lower case", Lower, check_key=_busy)


def _busy_plain(self: Any, headers: Any) -> None:
    Toapis.check_key(self, headers)
    self.seen = getattr(self, "seen", 0) + 1
    if self.seen % 5 == 0:
        error = {"code": 429, "message": "Too many requests", "type": "rate_limit_error"}
        raise Answer(429, {"error": error})


permitted("throttles without Retry-After", check_key=_busy_plain)


def _gateway(self: Any, task: str) -> None:
    self.seen = getattr(self, "seen", 0) + 1
    if self.seen % 5 == 0:
        raise Answer(504, b"<html>504 Gateway Time-out</html>", {"content-type": "text/html"})
    Toapis.status(self, task)


permitted("a page of the front gateway on a poll", status=_gateway)


def _full(self: Any, body: Any) -> Any:
    if any(t["polls"] < self.polls_until_done for t in self.tasks.values()):
        self.refuse(429, "rate_limit_exceeded", "Too many tasks")
    return Toapis.new_task(self, body)


permitted("one active task at a time", new_task=_full)
permitted(
    "coarse times", **_with("finished", _more(completed_at=CREATED, expires_at=CREATED + 3600))
)
permitted("expires_at of another clock", **_with("finished", _more(expires_at=2000000000)))
permitted(
    "signed URLs that change",
    urls=lambda s, t: [f"{u}?signature={t['polls']}" for u in Toapis.urls(s, t)],
)
permitted("always one picture", urls=lambda s, t: Toapis.urls(s, t)[:1])


def _url_of(item: Any) -> Any:
    return item.get("url") if isinstance(item, dict) and set(item) == {"url"} else item


class Objects(Toapis):
    """Takes image_urls as one sample of the upload page sends them, too."""

    def bad_field(self, body: dict[str, Any]) -> str:
        if isinstance(body.get("image_urls"), list):
            body = {**body, "image_urls": [_url_of(item) for item in body["image_urls"]]}
        return super().bad_field(body)


permitted("image_urls of objects, too", Objects)
permitted(
    "null is the same as left out",
    bad_field=lambda s, b: Toapis.bad_field(s, {k: v for k, v in b.items() if v is not None}),
)
permitted(
    "counts the prompt in bytes",
    good_prompt=lambda s, p: isinstance(p, str) and 0 < len(p.encode()) <= 32000,
)
permitted("an empty prompt", good_prompt=lambda s, p: isinstance(p, str) and len(p) <= 32000)
permitted(
    "only references over https",
    is_url=lambda s, u: isinstance(u, str) and u.startswith("https://"),
)
permitted("no n at all", good_n=lambda s, n: n in (None, 1) and not isinstance(n, bool))
permitted(
    "an account without limit", **_with("balance", _more(remain_balance=-1, unlimited_quota=True))
)
permitted("balance in whole numbers", **_with("balance", _more(remain_balance=12, used_balance=0)))
permitted(
    "no unknown id before the key",
    handle=lambda s, m, p, q, h, r: (
        s.unknown_task()
        if m == "GET" and "/generations/" in p and s.find(p.rpartition("/")[2]) is None
        else Toapis.handle(s, m, p, q, h, r)
    ),
)
permitted("401 of an upload as everywhere", check_upload_key=Toapis.check_key)


def _balance_401(self: Any, headers: Any) -> None:
    if not self.authorized(headers):
        self.refuse(401, "authentication_error", "Invalid token")


permitted("401 for the balance", check_balance_key=_balance_401)
permitted(
    "messages in another language",
    refuse=lambda s, c, n, m: _raise(
        Answer(
            c,
            {"error": {"code": c, "message": "请求无效", "type": n, "param": None}},
            {"x-id": "1"},
        )
    ),
)
permitted(
    "the kind by the declared type",
    upload=lambda s, h, r: (
        s.refuse_flag(400, "wrong type")
        if b"Content-Type: image/" not in r
        else Toapis.upload(s, h, r)
    ),
)

# --- broken: the request ---

# What stands in a part that is missing is missing with it.


broken(
    "any resolution",
    "create.resolution.enum",
    good_resolution=lambda s, r: r is None or isinstance(r, str),
)
broken(
    "resolution of any type",
    "create.resolution.type",
    good_resolution=lambda s, r: not isinstance(r, str) or Toapis.good_resolution(s, r),
    sizing=lambda s, b: ("1024x1024", "1024"),
)
broken(
    "size of any type",
    "create.size.type",
    good_size=lambda s, z: not isinstance(z, str) or Toapis.good_size(s, z),
    sizing=lambda s, b: ("1024x1024", "1024"),
)
broken(
    "base64 references",
    "create.reference_images.items create.image_urls.items",
    is_url=lambda s, u: isinstance(u, str),
)
broken(
    "no reference_images",
    "create.reference_images.type",
    bad_field=lambda s, b: (
        "reference_images" if b.get("reference_images") else Toapis.bad_field(s, b)
    ),
)
broken(
    "no image_urls",
    "create.image_urls.alias",
    bad_field=lambda s, b: "image_urls" if b.get("image_urls") else Toapis.bad_field(s, b),
)
broken("any model", "create.model.enum", good_model=lambda s, m: isinstance(m, str))
broken(
    "model optional",
    "create.model.required",
    bad_field=lambda s, b: Toapis.bad_field(s, {"model": "gpt-image-2", **b}),
    new_task=lambda s, b: Toapis.new_task(s, {"model": "gpt-image-2", **b}),
)
broken(
    "prompt optional",
    "create.prompt.required",
    good_prompt=lambda s, p: p is None or Toapis.good_prompt(s, p),
)
broken(
    "prompt of any type",
    "create.prompt.type",
    good_prompt=lambda s, p: p is not None and (not isinstance(p, str) or Toapis.good_prompt(s, p)),
)
broken(
    "a shorter prompt",
    "create.prompt.maxLength",
    good_prompt=lambda s, p: Toapis.good_prompt(s, p) and len(p) <= 4100,
)
broken(
    "a longer prompt",
    "create.prompt.maxLength",
    good_prompt=lambda s, p: isinstance(p, str) and len(p) > 0,
)
permitted(
    "n of any type, which no guide knows",
    good_n=lambda s, n: True,
    urls=lambda s, t: [f"{s.base}/cdn/{t['id']}-0.png"],
)
broken(
    "url refused as response_format",
    "create.response_format.enum",
    good_format=lambda s, w: w in (None, "b64_json"),
)
broken(
    "no key to create",
    "create.auth",
    check_key=lambda s, h: None if "content-type" in h else Toapis.check_key(s, h),
)
broken(
    "no key to ask",
    "status.auth",
    check_key=lambda s, h: Toapis.check_key(s, h) if "content-type" in h else None,
)
broken("no key to upload", "upload.auth", check_upload_key=lambda s, h: None)
broken("no key for the balance", "balance.auth", check_balance_key=lambda s, h: None)

# --- broken: refusals ---

broken(
    "403 for a bad key",
    "create.error.401 status.error.401",
    check_key=lambda s, h: None if s.authorized(h) else s.refuse(403, "authentication_error", "no"),
)
broken(
    "another name for a bad key",
    "create.error.401.error.type status.error.401.error.type",
    names=("forbidden", "not_found_error"),
)
broken(
    "another name for an unknown task",
    "status.error.404.error.type",
    names=("authentication_error", "gone"),
)
broken(
    "422 for a bad field",
    "create.error.400.invalid_request_error",
    refuse_field=lambda s, f: s.refuse(422, "invalid_request_error", f),
)
broken(
    "422 for a bad reference",
    "create.error.400.invalid_reference_images create.error.400.invalid_request_error",
    refuse_reference=lambda s, f: s.refuse(422, "invalid_reference_images", f),
)
for _field in ("code", "message", "type"):
    broken(
        f"{_field} missing in errors",
        f"create.error.error.{_field} status.error.error.{_field}",
        refuse=lambda s, c, n, m, f=_field: _raise(
            Answer(
                c,
                {
                    "error": {
                        k: v for k, v in {"code": c, "message": m, "type": n}.items() if k != f
                    }
                },
            )
        ),
    )
broken(
    "code as text in errors",
    "create.error.error.code status.error.error.code",
    refuse=lambda s, c, n, m: _raise(
        Answer(c, {"error": {"code": str(c), "message": m, "type": n}})
    ),
)
broken(
    "200 for an unknown task",
    "status.error.404",
    unknown_task=lambda s: _raise(
        Answer(
            200,
            {
                "id": "x",
                "object": "generation.task",
                "model": "gpt-image-2",
                "status": "queued",
                "progress": 0,
                "created_at": CREATED,
            },
        )
    ),
)

# --- broken: replies ---

for _name, _value in (
    ("id", None),
    ("object", "task"),
    ("model", 2),
    ("status", "waiting"),
    ("progress", "0%"),
    ("created_at", "2026-05-02T00:00:00Z"),
    ("metadata", ""),
):
    broken(
        f"created with a wrong {_name}",
        f"create.reply.{_name}",
        **_created_only(_more(**{_name: _value})),
    )
broken("created without id", "create.reply.id", **_created_only(_less("id")))
broken("created without object", "create.reply.object", **_created_only(_less("object")))
broken("created without time", "create.reply.created_at", **_created_only(_less("created_at")))
broken(
    "created in ms",
    "create.reply.created_at.unit",
    **_created_only(_more(created_at=CREATED * 1000)),
)
broken(
    "created with another model",
    "create.reply.model.echo",
    **_created_only(_more(model="gpt-image-1")),
)
broken("progress above 100", "create.reply.progress", **_created_only(_more(progress=120)))


def _as_201(self: Any, raw: bytes) -> None:
    try:
        Toapis.create(self, raw)
    except Answer as answer:
        raise Answer(201 if answer.status == 200 else answer.status, answer.body) from None


broken("201", "create.status.200", create=_as_201)


for _name, _value in (
    ("object", "image"),
    ("model", None),
    ("created_at", "yesterday"),
    ("progress", "50%"),
    ("id", 7),
):
    broken(
        f"asked with another {_name}",
        f"status.reply.{_name}",
        **_with("record", _more(**{_name: _value})),
    )
broken("asked without id", "status.reply.id", **_with("record", _less("id")))
broken(
    "asked with another model name",
    "status.reply.model.echo",
    **_with("record", _more(model="gpt-image-1")),
)
broken(
    "asked without the caller's number",
    "status.reply.client_business_id.true",
    **_with("record", _less("client_business_id")),
)
broken(
    "another caller's number",
    "status.reply.client_business_id.echo",
    **_with(
        "record", lambda m: {**m, "client_business_id": "x"} if "client_business_id" in m else m
    ),
)
broken(
    "an unknown state",
    "status.state.enum",
    state=lambda s, t: "pending" if t["polls"] == 1 else Toapis.state(s, t),
)
broken(
    "leaves completed again",
    "status.state.terminal",
    state=lambda s, t: "in_progress" if t["polls"] > 3 else Toapis.state(s, t),
)
broken(
    "completed at 90",
    "status.reply.progress.completed",
    **_with("record", _when("completed", _more(progress=90))),
)
broken(
    "expires_at in ms",
    "status.reply.expires_at.unit",
    **_with("finished", _more(expires_at=(CREATED + 86420) * 1000)),
)
broken(
    "expires_at as text",
    "status.reply.expires_at",
    **_with("finished", _more(expires_at="tomorrow")),
)
broken(
    "no expires_at", "status.reply.expires_at.completed", **_with("finished", _less("expires_at"))
)
broken(
    "no completed_at",
    "status.reply.completed_at.completed",
    **_with("finished", _less("completed_at")),
)
broken(
    "completed before created",
    "status.reply.completed_at.order",
    **_with("finished", _more(completed_at=CREATED - 60)),
)
broken("no result", "status.reply.result.completed", **_with("finished", _less("result")))
broken(
    "result of another type",
    "status.reply.result.type.completed",
    **_with("finished", lambda m: {**m, "result": {**m["result"], "type": "video"}}),
)
broken(
    "pictures not in a list",
    "status.reply.result.data.completed",
    **_with("finished", lambda m: {**m, "result": {**m["result"], "data": m["result"]["data"][0]}}),
)
broken(
    "pictures without URL",
    "status.reply.result.data[].url.completed.url status.reply.result.data[].url.completed.false",
    **_with("finished", lambda m: {**m, "result": {**m["result"], "data": [{"id": 1}]}}),
)
broken(
    "failed without error",
    "status.reply.error.failed",
    **_with("record", _less("error")),
)
broken("failed with a text", "status.reply.error.failed", failure=lambda s: "it failed")
broken(
    "failed with a number", "status.reply.error.code.failed", **_with("failure", _more(code=500))
)
broken(
    "failed without message",
    "status.reply.error.message.failed",
    **_with("failure", _less("message")),
)
broken("result gone", "result.url", picture=lambda s, t: s.refuse(404, "not_found_error", "gone"))
broken(
    "result cut off",
    "result.picture",
    picture=lambda s, t: _raise(Answer(200, png(1024, 1024)[:60], {"content-type": "image/png"})),
)
broken(
    "result is a page",
    "result.picture",
    picture=lambda s, t: _raise(Answer(200, b"<html></html>", {"content-type": "text/html"})),
)
broken(
    "result is text",
    "result.picture",
    Lower,
    picture=lambda s, t: _raise(Answer(200, b"not a picture", {"content-type": "image/png"})),
)
broken(
    "1:1 at 4k smaller",
    "result.pixels.tier",
    Lower,
    pixels=lambda s, a, r: (2048, 2048) if (a, r) == ("1:1", "4k") else Lower.pixels(s, a, r),
)
broken("no progress", "status.reply.progress", **_with("record", _less("progress")))
broken("status elsewhere", "status.path", find=lambda s, n: None)

# --- broken: uploads and balance ---

broken(
    "uploads of text", "upload.file.accepts", kind=lambda s, d: Toapis.kind(s, d) or "text/plain"
)
broken(
    "uploads of nothing",
    "upload.file.required",
    part=lambda s, c, r, n: Toapis.part(s, c, r, n) or png(1, 1),
)


def _upload_415(self: Any, headers: Any, raw: bytes) -> None:
    try:
        Toapis.upload(self, headers, raw)
    except Answer as answer:
        status = 415 if "supported" in answer.body.get("message", "") else answer.status
        raise Answer(status, answer.body) from None


broken("415 for text", "upload.error.400", upload=_upload_415)


broken(
    "refused uploads without message",
    "upload.error.message balance.error.flag.message",
    refuse_flag=lambda s, c, m: _raise(Answer(c, {"success": False})),
)
broken("success as text", "upload.reply.success", **_with("uploaded", _more(success="true")))
for _name, _value in (("id", 1), ("url", None), ("mime_type", 0), ("size", "12 kB")):
    broken(
        f"upload with another {_name}",
        f"upload.reply.data.{_name}",
        **_with("uploaded", lambda m, n=_name, v=_value: {**m, "data": {**m["data"], n: v}}),
    )
broken(
    "balance as text",
    "balance.reply.remain_balance",
    **_with("balance", _more(remain_balance="12.50")),
)
broken(
    "no balance",
    "balance.reply.remain_balance.success.true",
    **_with("balance", _less("remain_balance")),
)
broken(
    "unlimited and yet 5",
    "balance.reply.remain_balance.unlimited_quota.true",
    **_with("balance", _more(unlimited_quota=True)),
)
broken(
    "balance without used",
    "balance.reply.used_balance.true",
    **_with("balance", _less("used_balance")),
)
