"""More variants of ToAPIs, added to those of `variants_toapis`: uploads of each type, null, pixels."""

from __future__ import annotations

from typing import Any

from tests.hand import variants_toapis as first
from tests.hand.toapis import CREATED, SIZES, Toapis
from tests.hand.web import Answer

permitted, broken = first.permitted, first.broken
BROKEN, PERMITTED = first.BROKEN, first.PERMITTED


def _refusing(*kinds: str) -> Any:
    """Uploads in which pictures of these types are not known as such."""

    def kind(self: Any, content: bytes) -> str:
        found = Toapis.kind(self, content)
        return "" if found in kinds else found

    return kind


# --- uploads ---

for _kind in ("image/png", "image/jpeg", "image/webp", "image/gif"):
    broken(f"{_kind} is not taken", "upload.file.accepts", kind=_refusing(_kind))

# --- replies ---

permitted("a url that is null at the top", **first._with("finished", first._more(url=None)))
permitted("a url that is null until the end", **first._with("record", lambda m: {"url": None, **m}))
permitted(
    "nothing is null that may be missing",
    **first._with("record", lambda m: {"client_business_id": None, "completed_at": None, **m}),
)

# --- pixels ---

for _size, _tier, _pixels in (
    ("1:1", "1K", (1280, 1024)),
    ("3:2", "1K", (1600, 1200)),
    ("16:9", "2K", (2560, 1600)),
    ("16:9", "4K", (3840, 2400)),
    ("9:21", "4K", (1280, 3840)),
):
    broken(
        f"{_size} at {_tier} has other pixels",
        f"result.pixels.{_size}.{_tier}",
        first.Upper,
        pixels=lambda s, a, r, z=_size, t=_tier, p=_pixels: (
            p if (a, r) == (z, t) else first.Upper.pixels(s, a, r)
        ),
    )


def _by_ratio(server: Toapis, size: str, resolution: str) -> tuple[int, int]:
    """Sizes of the right ratio and tier that the table, which is a reference, does not list."""
    width, height = map(int, size.split(":"))
    edge = {"1": 1024, "2": 2048, "4": 4096}[resolution[0]]
    long = max(width, height)
    return round(edge * width / long), round(edge * height / long)


permitted("sizes that no table lists, with few ratios", first.Upper, pixels=_by_ratio)
permitted("sizes that no table lists", first.Lower, pixels=_by_ratio)

# --- dialects: size and resolution are one bundle ---


class Neither(Toapis):
    """Sizes and tiers that are on no page."""

    def good_size(self, size: Any) -> bool:
        return size in (None, "square", "wide")

    def good_resolution(self, resolution: Any) -> bool:
        return resolution in (None, "low", "high")

    def good_pair(self, size: str, resolution: str) -> bool:
        return True

    def sizing(self, body: dict[str, Any]) -> tuple[str, str]:
        return "1024x1024", "1024"


class RatiosWithPixels(Neither):
    """The sizes of one page with the tiers of another."""

    def good_size(self, size: Any) -> bool:
        return size is None or size in tuple(SIZES)

    def good_resolution(self, resolution: Any) -> bool:
        return Toapis.good_resolution(self, resolution)


class PixelsWithTiers(Neither):
    """The other way round."""

    def good_size(self, size: Any) -> bool:
        return Toapis.good_size(self, size)

    def good_resolution(self, resolution: Any) -> bool:
        return resolution in (None, "1K", "2K", "4K")


class HalfAndHalf(first.Upper):
    """Tiers of two spellings."""

    def tiers(self) -> tuple[str, ...]:
        return ("1K", "2k", "4K")


broken("no page's words", "create.size.enum create.resolution.enum", Neither)
broken(
    "no page's sizes",
    "create.size.enum",
    Neither,
    good_resolution=Toapis.good_resolution,
)
broken("one page's sizes and another's tiers", "create.size.enum", RatiosWithPixels)
broken("one page's tiers and another's sizes", "create.resolution.enum", PixelsWithTiers)
broken("tiers half of one page and half of another", "create.resolution.enum", HalfAndHalf)

# --- second paths ---

permitted("one path for the balance", balances=("/v1/balance",))
broken("the other path for the balance", "balance.path", balances=("/balance",))

# --- transport: what carries a reply is not what it says ---


class Redirects(Toapis):
    """Results lie elsewhere, and the documented place leads there."""

    def handle(
        self, method: str, path: str, query: dict[str, str], headers: dict[str, str], raw: bytes
    ) -> None:
        if path.startswith("/cdn/"):
            raise Answer(307, b"", {"location": f"{self.base}/far{path}"})
        path = path.removeprefix("/far") if path.startswith("/far/cdn/") else path
        super().handle(method, path, query, headers, raw)


permitted("results that lead elsewhere", Redirects)
broken(
    "refusals in HTML",
    "create.error.error.code",
    refuse_field=lambda s, f: first._raise(
        Answer(400, b"<html>Bad Request</html>", {"content-type": "text/html"})
    ),
)
broken(
    "refusals inside a 200",
    "create.error.400.invalid_request_error",
    refuse_field=lambda s, f: first._raise(
        Answer(200, {"error": {"code": 400, "message": f, "type": "invalid_request_error"}})
    ),
)
broken(
    "any key will do",
    "create.auth status.auth upload.auth balance.auth",
    authorized=lambda s, h: h.get("authorization", "").startswith("Bearer "),
)

# --- tasks ---

permitted(
    "nothing is known of what runs",
    **first._with(
        "record",
        lambda m: (
            m
            if m["status"] in ("completed", "failed")
            else {**m, "result": None, "error": None, "url": None, "expires_at": None}
        ),
    ),
)
permitted(
    "progress of a failure",
    **first._with("record", first._when("failed", first._more(progress=70))),
)
permitted(
    "the same picture twice",
    **first._with(
        "finished", lambda m: {**m, "result": {"type": "image", "data": m["result"]["data"] * 2}}
    ),
)
permitted("it expires at once", **first._with("finished", first._more(expires_at=CREATED + 20)))
permitted("done as it was made", **first._with("finished", first._more(completed_at=CREATED)))
broken(
    "an empty list of pictures",
    "status.reply.result.data[].url.completed.url status.reply.result.data[].url.completed.false",
    **first._with("finished", lambda m: {**m, "result": {"type": "image", "data": []}}),
)
broken(
    "the caller's number is null",
    "status.reply.client_business_id.true",
    **first._with("record", lambda m: {**m, "client_business_id": None}),
)
broken(
    "asked without object", "status.reply.object", **first._with("record", first._less("object"))
)
broken(
    "progress in halves",
    "status.reply.progress",
    **first._with("record", first._more(progress=12.5)),
)
broken(
    "a failure that is null",
    "status.reply.error.failed",
    **first._with("record", first._when("failed", first._more(error=None))),
)
broken(
    "a failure without code",
    "status.reply.error.code.failed",
    **first._with("failure", first._less("code")),
)
broken("no state", "status.reply.status", **first._with("record", first._less("status")))
broken(
    "completed_at in ms",
    "status.reply.completed_at.unit",
    **first._with("finished", first._more(completed_at=(CREATED + 20) * 1000)),
)
broken(
    "an address without a scheme",
    "status.reply.result.data[].url.completed.url status.reply.result.data[].url.completed.false",
    **first._with(
        "finished", lambda m: {**m, "result": {"type": "image", "data": [{"url": "cdn/x"}]}}
    ),
)

# --- pictures of the other pages ---

broken(
    "4k is 1k",
    "result.pixels.tier",
    first.Lower,
    pixels=lambda s, a, r: first.Lower.pixels(s, a, "1k" if r == "4k" else r),
)
broken(
    "all sides swapped",
    " ".join(f"result.pixels.{a}.{r}" for a in SIZES if a != "1:1" for r in ("1k", "2k", "4k")),
    first.Lower,
    pixels=lambda s, a, r: first.Lower.pixels(s, a, r)[::-1],
)
for _ratio in ("2:3", "21:9"):
    broken(
        f"{_ratio} dropped",
        "create.size.enum",
        first.Lower,
        good_size=lambda s, z, bad=_ratio: z != bad and first.Lower.good_size(s, z),
    )
permitted(
    "every pair at 4K, as the newest page has it",
    first.Upper,
    good_pair=lambda s, a, r: r == "4K" or first.Upper.good_pair(s, a, r),
)
broken(
    "16:9 missing at 4K",
    "create.rule.wide-ratios-at-4K",
    first.Upper,
    good_pair=lambda s, a, r: (a, r) != ("16:9", "4K") and first.Upper.good_pair(s, a, r),
)

# --- uploads and balance ---

broken("no balance page", "balance.path", balances=())
broken(
    "an upload somewhere",
    "upload.reply.data.url",
    **first._with("uploaded", lambda m: {**m, "data": {**m["data"], "url": "files/0"}}),
)
broken(
    "an upload without data", "upload.reply.data", **first._with("uploaded", first._less("data"))
)
permitted(
    "credits beside the balance",
    **first._with("balance", first._more(remain_credits=2500, used_credits=12.5)),
)
broken(
    "remaining credits as text",
    "balance.reply.remain_credits",
    **first._with("balance", first._more(remain_credits="2500", used_credits=12.5)),
)
broken(
    "used credits as text",
    "balance.reply.used_credits",
    **first._with("balance", first._more(remain_credits=2500, used_credits="12.5")),
)
broken("success of 1", "balance.reply.success", **first._with("balance", first._more(success=1)))
permitted("a message that is more than empty", **first._with("uploaded", first._more(message="ok")))

# --- what the probe of the pages says is refused, and nothing else ---

broken(
    "1:1 dropped",
    "create.size.enum",
    first.Upper,
    good_size=lambda s, z: z != "1:1" and first.Upper.good_size(s, z),
)
broken(
    "1K dropped",
    "create.resolution.enum",
    first.Upper,
    good_resolution=lambda s, r: r != "1K" and first.Upper.good_resolution(s, r),
)
broken(
    "the usual format refused",
    "create.response_format.enum",
    first.Upper,
    good_format=lambda s, f: f != "url" and first.Upper.good_format(s, f),
)


def _no_id(name: str) -> dict[str, Any]:
    return {
        "created": lambda s, t: {
            (name if k == "id" else k): v for k, v in first.Upper.created(s, t).items()
        }
    }


broken("the id under another name", "create.reply.id", first.Upper, **_no_id("task_id"))

# --- what is no URL, ids, sizes that no page has ---

for _name, _start in (("base64", "data:"), ("a path", "./")):
    broken(
        f"{_name} taken for a reference",
        "create.reference_images.items",
        is_url=lambda s, u, start=_start: (
            (isinstance(u, str) and u.startswith(start)) or Toapis.is_url(s, u)
        ),
    )
broken(
    "the status of somebody else's task",
    "status.reply.id.echo",
    **first._with("record", first._more(id="task_img_other")),
)
for _page in (Toapis, first.Upper, first.Lower):
    broken(
        f"any size at all ({_page.dialect})",
        "create.size.enum",
        _page,
        good_size=lambda s, z: z is None or isinstance(z, str),
        good_pair=lambda s, a, r: True,
        pixels=lambda s, a, r, page=_page: page.pixels(s, a, r) if page.good_size(s, a) else (9, 9),
    )


def _wide_unless_asked(self: Any, body: dict[str, Any]) -> tuple[str, str]:
    size, resolution = first.Upper.sizing(self, body)
    return size if "size" in body else "3:2", resolution


broken(
    "3:2 unless asked for another",
    "create.size.default",
    first.Upper,
    sizing=_wide_unless_asked,
)

# --- what is told of an upload, and what may be sent with it ---


def _told(**values: Any) -> dict[str, Any]:
    return first._with("uploaded", lambda r: {**r, "data": {**r["data"], **values}})


broken("another size of an upload", "upload.reply.data.size.echo", **_told(size=1))
broken(
    "another type of an upload", "upload.reply.data.mime_type.echo", **_told(mime_type="image/x")
)


def _purposeful(wanted: bool) -> Any:
    """Uploads that are refused with a purpose, or without one."""

    def upload(self: Any, headers: dict[str, str], raw: bytes) -> None:
        given = self.part(headers.get("content-type", ""), raw, "purpose") is not None
        if given is not wanted:
            self.refuse_flag(400, "purpose")
        Toapis.upload(self, headers, raw)

    return upload


broken(
    "uploads with their default purpose are refused",
    "upload.purpose.default",
    upload=_purposeful(False),
)
broken("uploads need a purpose", "upload.purpose.default", upload=_purposeful(True))
broken(
    "nothing is taken without response_format",
    "create.response_format.default",
    bad_field=lambda s, b: (
        "response_format" if "response_format" not in b else Toapis.bad_field(s, b)
    ),
)
