"""
APIPod over several requests: repeated keys, other credentials, missing models, defaults, pictures that never come.

More variants of `variants_apipod`, in the same two tables.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.hand.apipod import AUGUST, Apipod
from tests.hand.variants_apipod import BROKEN, PERMITTED, variants
from tests.hand.web import Answer

__all__ = ["BROKEN", "PERMITTED"]

permitted, broken, _with = variants.permitted, variants.broken, variants.altered

# --- repeated keys ---


def _in_progress(self: Any, headers: dict[str, str]) -> None:
    self.refuse(409, "idempotency_in_progress", "still being processed", headers)


def _busy_for(times: int, headers: dict[str, str]) -> Callable[..., None]:
    """The first repetitions of a key are answered as still in progress."""

    def replay(self: Any, once: str, body: Any) -> None:
        if once in self.kept:
            self.repeated = getattr(self, "repeated", 0) + 1
            if self.repeated <= times:
                _in_progress(self, headers)
        Apipod.replay(self, once, body)

    return replay


permitted("in progress, once", replay=_busy_for(1, {"retry-after": "1"}))
permitted("in progress, four times", replay=_busy_for(4, {"retry-after": "1"}))
permitted("in progress, without Retry-After", replay=_busy_for(2, {}))
permitted(
    "in progress, in the other envelope",
    replay=_busy_for(2, {"retry-after": "1"}),
    error=lambda s, n, c, m, k: {"error": {"message": m, "type": k, "code": c}},
)


def _no_keys(self: Any, once: str, body: Any) -> None:
    """Keys are not looked at."""


broken("keys are ignored", "create.idempotency.same-request", replay=_no_keys)
broken(
    "keys are ignored, whatever their length",
    "create.idempotency.same-request",
    replay=_no_keys,
    good_key=lambda s, k: True,
)
broken(
    "a repeated body is a conflict",
    "create.idempotency.same-request",
    replay=lambda s, k, b: s.conflict({}) if k in s.kept else None,
)
broken("keys of up to 254 characters", "create.idempotency.maxLength", key_length=254)
broken("keys of up to 64 characters", "create.idempotency.maxLength", key_length=64)

# --- fields that are optional ---


def _wants(field: str) -> Callable[..., str]:
    """A body without this field is refused, though the pages have a default for it."""

    def problem(self: Any, body: Any) -> str:
        given = isinstance(body, dict) and (
            field in body or body.get("model") == "gpt-image-2-lite"
        )
        return Apipod.problem(self, body) if given else f"{field} is required"

    return problem


broken("quality is required", "create.quality.default", problem=_wants("quality"))
broken(
    "resolution is required, but by lite",
    "create.resolution.default",
    problem=_wants("resolution"),
)
broken(
    "aspect_ratio is required, but by lite",
    "create.gpt-image-2.aspect_ratio.default create.gpt-image-2-fast.aspect_ratio.default",
    problem=_wants("aspect_ratio"),
)

# --- models ---

broken(
    "no model of both editions",
    "create.model.enum",
    models=["gpt-image-2"],
)
broken(
    "fast is missing",
    "create.model.enum",
    models=["gpt-image-2", "gpt-image-2-lite"],
)
broken("lite is missing", "create.model.enum", models=AUGUST[:2])
broken(
    "lite is missing, as a bad request",
    "create.model.enum",
    models=AUGUST[:2],
    bad_model=lambda s: s.bad_parameter("unknown model"),
)
broken(
    "lite takes no reference images",
    "create.image_urls.type",
    images_problem=lambda s, u: "no images here" if u else Apipod.images_problem(s, u),
)

# --- elements ---

broken(
    "images of any kind",
    "create.image_urls.items",
    images_problem=lambda s, u: "" if u is None or isinstance(u, list) else "no list",
)

# --- usage ---

broken(
    "usage without its cost",
    "status.reply.data.usage.cost.completed",
    usage=lambda s: {"completion_tokens": 1056, "total_tokens": 1100},
)
broken(
    "usage is empty",
    "status.reply.data.usage.cost.completed",
    usage=lambda s: {},
)

# --- defaults ---


def _unless_asked(tier: str) -> Callable[..., Any]:
    def size(self: Any, body: dict[str, Any]) -> tuple[int, int]:
        return Apipod.size(self, {**body, "resolution": body.get("resolution") or tier})

    return size


for _tier in ("2K", "4K"):
    broken(
        f"{_tier} unless asked otherwise",
        "create.resolution.default",
        size=_unless_asked(_tier),
    )
permitted(
    "what is left out gives slightly larger pictures",
    size=lambda s, b: (
        tuple(n + n // 50 for n in Apipod.size(s, b))
        if not b.get("resolution")
        else Apipod.size(s, b)
    ),
)

# --- credentials ---


def _also(*names: str) -> Callable[..., Any]:
    """Only the bearer key and these other ways to present it."""

    def credentials(self: Any, headers: dict[str, str], query: dict[str, str]) -> list[str | None]:
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        return [bearer, *(headers.get(name) for name in names), query.get("key" if names else "")]

    return credentials


permitted("x-api-key but no x-goog-api-key", credentials=_also("x-api-key"))

permitted("none of the other ways to present the key", credentials=_also())

# --- pictures that never come ---


def _fails(status: int) -> Callable[..., None]:
    def picture(self: Any, task_id: str) -> None:
        raise Answer(status, {"error": "no"})

    return picture


broken("every download fails with 500", "result.url", picture=_fails(500))
broken("every download fails with 503", "result.url", picture=_fails(503))
broken("every download is forbidden", "result.url", picture=_fails(403))


def _at_first(times: int, status: int) -> Callable[..., None]:
    """The first downloads of each picture fail."""

    def picture(self: Any, task_id: str) -> None:
        self.fetched = getattr(self, "fetched", {})
        self.fetched[task_id] = self.fetched.get(task_id, 0) + 1
        if self.fetched[task_id] <= times:
            raise Answer(status, {"error": "not yet"})
        Apipod.picture(self, task_id)

    return picture


permitted("the first download of each picture fails", picture=_at_first(1, 502))
permitted("the first three downloads of each picture fail", picture=_at_first(3, 503))


def _large_ones_fail(self: Any, task_id: str) -> None:
    task = self.tasks.get(task_id)
    if task and task["body"].get("resolution") == "4K":
        raise Answer(500, {"error": "no"})
    Apipod.picture(self, task_id)


broken("large pictures cannot be downloaded", "result.url", picture=_large_ones_fail)
