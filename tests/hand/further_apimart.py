"""More variants of APIMart, added to those of `variants_apimart`: uploads, disputes one by one, money, repeated keys."""

from __future__ import annotations

import json
from typing import Any

from tests.hand import variants_apimart as first
from tests.hand.apimart import BEGAN, Apimart
from tests.hand.web import Answer

permitted, broken = first.permitted, first.broken
BROKEN, PERMITTED = first.BROKEN, first.PERMITTED


def _refusing(*kinds: str) -> Any:
    """Uploads in which pictures of these types are not known as such."""

    def kind_of(self: Any, content: bytes) -> str:
        kind = Apimart.kind_of(self, content)
        return "" if kind in kinds else kind

    return kind_of


# --- uploads ---

for _kind in ("image/png", "image/jpeg", "image/webp", "image/gif"):
    broken(f"{_kind} is not taken", "upload.file.accepts", kind_of=_refusing(_kind))
broken("only PNG is taken", "upload.file.accepts", kind_of=_refusing("image/jpeg", "image/gif"))
broken(
    "no upload works at all",
    "upload.status.200",
    kind_of=_refusing("image/png", "image/jpeg", "image/webp", "image/gif"),
)

# --- what the copies of the page disagree about, each by itself ---

BOTH = ("gpt-image-2", "gpt-image-2-ext")


def _no_quality(self: Any, body: dict[str, Any]) -> str:
    return "quality is unknown" if "quality" in body else ""


for _models in (("gpt-image-2",), BOTH):
    for _most in (1, 10):
        for _strict in (False, True):
            _other = {"other_problem": _no_quality} if _strict else {}
            permitted(
                f"{len(_models)} models, {_most} pictures, quality {'refused' if _strict else 'ignored'}",
                models=_models,
                most_images=_most,
                **_other,
            )
broken(
    "five pictures at most",
    "create.n.maximum",
    most_images=5,
    models=BOTH,
    n_problem=lambda s, n: "" if n is None or n in (2, 3, 4, 5) else "between 2 and 5",
)

# --- superseded pages ---


def _as_of_old(self: Any, problem: str) -> None:
    self.refuse(500 if problem.startswith("invalid size") else 400, problem)


permitted("500 for a bad size, as the oldest page has it", refuse_parameter=_as_of_old)
broken(
    "500 for a bad resolution",
    "create.error.400",
    refuse_parameter=lambda s, p: s.refuse(500 if p.startswith("invalid res") else 400, p),
)

# --- money and repeated keys ---

for _name, _value in (("nothing", None), ("zero", 0), ("0.0", 0.0)):
    permitted(
        f"a failed task cost {_name}",
        **first._with(
            "record",
            lambda s, r, t, v=_value: {**r, "credits_cost": v} if r["status"] == "failed" else r,
        ),
    )
broken(
    "a failed task is charged",
    "status.charge.refund",
    **first._with(
        "record", lambda s, r, t: {**r, "credits_cost": 0.5} if r["status"] == "failed" else r
    ),
)


class Replies(Apimart):
    """Answers a repeated key in a way of its own."""

    def repeated(self, task_id: str) -> None:
        raise NotImplementedError

    def create(self, headers: dict[str, str], raw: bytes) -> None:
        key = headers.get("idempotency-key", "")
        if key in self.by_key:
            self.repeated(self.by_key[key])
        super().create(headers, raw)


permitted(
    "a repeated key is in conflict",
    Replies,
    repeated=lambda s, t: s.refuse(409, "a request with this key is under way"),
)
broken(
    "a repeated key is a bad request",
    "create.idempotency.same-request",
    Replies,
    repeated=lambda s, t: s.refuse(400, "the key was used before"),
)

VERSION = "x-apimart-response-version"


def _counts_with_version(self: Any, headers: dict[str, str], raw: bytes) -> None:
    counts = headers.get(VERSION) == "2026-07-27"
    Apimart.create(self, headers if counts else {**headers, "idempotency-key": ""}, raw)


def _versioned(self: Any, headers: dict[str, str], raw: bytes) -> None:
    try:
        _counts_with_version(self, headers, raw)
    except Answer as answer:
        if answer.status != 200 or VERSION not in headers:
            raise
        task = {"id": answer.body["data"][0]["task_id"], "object": "generation.task"}
        raise Answer(200, {"code": 200, "data": task}) from None


permitted("a key that counts only with a version", create=_counts_with_version)
permitted("a version that leads to another reply", create=_versioned)
broken(
    "another task for the key in another reply",
    "create.idempotency.same-request",
    create=lambda s, h, r: _versioned(s, {**h, "idempotency-key": ""}, r),
)

# --- languages, second paths, what an upload says of its file ---


class Languages(Apimart):
    """Answers in the language that is asked for."""

    known: tuple[str, ...] = ("zh", "en", "ko", "ja")

    def handle(
        self, method: str, path: str, query: dict[str, str], headers: dict[str, str], raw: bytes
    ) -> None:
        asked = query.get("language", "en")
        if asked not in self.known:
            self.refuse(400, "unknown language")
        super().handle(method, path, query, headers, raw)


permitted("four languages", Languages)
for _language in ("zh", "en", "ko", "ja"):
    broken(
        f"{_language} is not known",
        "status.language.enum",
        Languages,
        known=tuple(k for k in ("zh", "en", "ko", "ja", "") if k != _language),
        handle=lambda s, m, p, q, h, r: Languages.handle(
            s, m, p, {"language": q.get("language", ""), **q}, h, r
        ),
    )
permitted("one path for the balance", balances=("/v1/balance",))
broken("the other path for the balance", "balance.path", balances=("/balance",))
broken(
    "uploads under a name of their own",
    "upload.reply.filename.echo",
    **first._with("uploaded", lambda s, r, *_: {**r, "filename": "0001.bin"}),
)
broken(
    "uploads are twice as large",
    "upload.reply.bytes.echo",
    **first._with("uploaded", lambda s, r, *_: {**r, "bytes": r["bytes"] * 2}),
)
broken(
    "uploads are all called PNG",
    "upload.reply.content_type.echo",
    **first._with("uploaded", lambda s, r, *_: {**r, "content_type": "image/png"}),
)

# --- transport: what carries a reply is not what it says ---


def _typed_as(kind: str) -> dict[str, Any]:
    def picture(self: Any, task_id: str) -> None:
        try:
            Apimart.picture(self, task_id)
        except Answer as answer:
            raise Answer(answer.status, answer.body, {"content-type": kind}) from None

    return {"picture": picture}


permitted("pictures without a type of their own", **_typed_as("application/octet-stream"))


class Redirects(Apimart):
    """Results lie elsewhere, and the documented place leads there."""

    def handle(
        self, method: str, path: str, query: dict[str, str], headers: dict[str, str], raw: bytes
    ) -> None:
        if path.startswith("/cdn/"):
            raise Answer(302, b"", {"location": f"{self.base}/far{path}"})
        path = path.removeprefix("/far") if path.startswith("/far/cdn/") else path
        super().handle(method, path, query, headers, raw)


permitted("results that lead elsewhere", Redirects)


def _as_text(self: Any, headers: Any, raw: bytes) -> None:
    try:
        Apimart.create(self, headers, raw)
    except Answer as answer:
        body = json.dumps(answer.body).encode()
        raise Answer(answer.status, body, {"content-type": "text/plain"}) from None


permitted("replies that call themselves text", create=_as_text)
broken(
    "refusals in HTML",
    "create.error.error.code",
    refuse_parameter=lambda s, p: first._raise(
        Answer(400, b"<html>Bad Request</html>", {"content-type": "text/html"})
    ),
)
broken(
    "refusals inside a 200",
    "create.error.400",
    refuse_parameter=lambda s, p: first._raise(Answer(200, {"error": s.error(400, p)})),
)
broken(
    "a refusal without a word",
    "create.error.400",
    refuse_parameter=lambda s, p: first._raise(Answer(200, {"code": 200, "data": []})),
)

# --- keys ---


def _any_key(self: Any, path: str, headers: Any) -> None:
    if not headers.get("authorization", "").startswith("Bearer "):
        self.refuse(401, "no key")


broken(
    "any key will do",
    "create.auth status.auth upload.auth balance.auth batch.auth",
    check_key=_any_key,
)

# --- tasks ---

permitted(
    "a task that took no time",
    **first._with(
        "record",
        lambda s, r, t: (
            {**r, "completed": r["created"], "actual_time": 0, "estimated_time": 0}
            if r["status"] == "completed"
            else r
        ),
    ),
)
permitted(
    "nothing is known of what runs",
    **first._with(
        "record",
        lambda s, r, t: (
            r
            if r["status"] in ("completed", "failed")
            else {
                **r,
                "progress": 0,
                "result": None,
                "error": None,
                "completed": None,
                "cost": None,
            }
        ),
    ),
)
permitted(
    "an error beside the result, null",
    **first._at_end("completed", error=None),
)
broken(
    "an error beside the result",
    "status.reply.data.error.failed.only",
    **first._at_end("completed", error={"code": 0, "message": "", "type": ""}),
)
broken(
    "a result before the end",
    "status.reply.data.result.completed.only",
    **first._with("record", lambda s, r, t: {"result": {"images": []}, **r}),
)
broken("no images", "status.reply.data.result.images.completed", result=lambda s, t: {})
broken(
    "an empty list of images",
    "status.reply.data.result.images.completed",
    result=lambda s, t: {"images": []},
)
broken("no result", "status.reply.data.result.completed", **first._without("result"))
broken("progress in halves", "status.reply.data.progress", **first._changed(progress=12.5))
broken("no state", "status.reply.data.status", **first._without("status"))
broken(
    "the failure's code as text",
    "status.reply.data.error.code.failed",
    **first._at_end("failed", error={"code": "400", "message": "m", "type": "t"}),
)
broken(
    "a failure without a type",
    "status.reply.data.error.type.failed",
    **first._at_end("failed", error={"code": 400, "message": "m"}),
)
broken(
    "the failure is text", "status.reply.data.error.failed", **first._at_end("failed", error="m")
)

# --- repeated keys ---


def _tells_its_state(self: Any, headers: dict[str, str], raw: bytes) -> None:
    known = headers.get("idempotency-key", "") in self.by_key
    try:
        Apimart.create(self, headers, raw)
    except Answer as answer:
        if known and answer.status == 200:
            raise Answer(
                200,
                {"code": 200, "data": [{**answer.body["data"][0], "status": "completed"}]},
                {"idempotency-replayed": "true"},
            ) from None
        raise


permitted("a replay that tells how its task stands", create=_tells_its_state)

# --- batch, balance ---

for _body in ([], {}, {"tasks": []}):
    permitted(f"a batch of {_body}", batch=lambda s, r, b=_body: first._raise(Answer(200, b)))
broken("no batch", "batch.path", batch=lambda s, r: s.refuse(404, "no such page"))
broken(
    "no balance",
    "balance.reply.remain_balance",
    **first._with("balance", lambda s, r: {k: v for k, v in r.items() if k != "remain_balance"}),
)
broken(
    "nothing of what was used",
    "balance.reply.used_balance",
    **first._with("balance", lambda s, r: {k: v for k, v in r.items() if k != "used_balance"}),
)

# --- sizes in pixels ---


def _instead(**sizes: str) -> dict[str, Any]:
    """Pictures of another size for some sizes in pixels."""
    return first._with("cell", lambda s, c, b: sizes.get(f"_{b.get('size')}", c))


broken("a size in pixels is dropped", "result.pixels.ratio", **_instead(_1881x836="1024x1024"))
broken(
    "a size is dropped with references",
    "result.pixels.2:3.4k result.pixels.3:2.4k",
    **first._with("cell", lambda s, c, b: "1024x1024" if b.get("image_urls") else c),
)
permitted(
    "sizes in pixels stand for their cells", **_instead(_1881x836="1536x512", _887x1774="1024x2048")
)
permitted("sides that are multiples of 16", **_instead(_1881x836="1888x832", _887x1774="880x1776"))

# --- one task for all, and more pictures than were asked for ---

broken(
    "every creation has the same task",
    "create.reply.data[0].task_id",
    created=lambda s, task_id: Apimart.created(s, next(iter(s.tasks))),
)
broken(
    "two pictures for one",
    "create.n.default",
    url=lambda s, t: [f"{s.base}/cdn/{t['id']}-{i}.png" for i in (1, 2)],
)
broken(
    "results that expire before they are made",
    "status.reply.data.result.images[].expires_at.order",
    lifetime=-3600,
)
broken(
    "pictures as base64 where only addresses are promised",
    "status.reply.data.result.images[].url.completed",
    **first._with(
        "result",
        lambda s, r, t: (
            {"images": [{"b64_json": "aGk=", "expires_at": BEGAN + 99}]}
            if t["body"].get("response_format") == "b64_json"
            else r
        ),
    ),
)
broken(
    "no references at 4k",
    "create.resolution.enum",
    problem=lambda s, b: (
        "references take 1k and 2k"
        if b.get("resolution") == "4k" and b.get("image_urls")
        else Apimart.problem(s, b)
    ),
)
broken(
    "no references at all",
    "create.image_urls.maxItems",
    images_problem=lambda s, i: "no references" if i else "",
)
