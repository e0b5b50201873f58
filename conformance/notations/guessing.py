"""What is a field most likely for, by its name and its values? Whatever comes of this is marked as guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["CAUSES", "phase_of", "plain", "reply_role", "request_role", "unit_of"]

_REQUEST: Mapping[str, Sequence[str]] = {
    "model": ("model", "model_id", "model_name", "engine"),
    "prompt": ("prompt", "text", "text_prompt", "instruction", "description", "caption"),
    "negative_prompt": ("negative_prompt", "negative"),
    "images": (
        "image_urls",
        "images",
        "input_urls",
        "reference_images",
        "input_images",
        "image_url",
        "image",
        "references",
        "init_images",
        "init_image",
        "sources",
        "image_input",
        "refs",
        "pictures",
        "source_images",
    ),
    "mask": ("mask", "mask_url", "mask_image"),
    "aspect_ratio": ("aspect_ratio", "ratio", "aspect"),
    "resolution": ("resolution", "tier", "image_resolution"),
    "size": ("size", "image_size", "dimensions"),
    "width": ("width", "w"),
    "height": ("height", "h"),
    "count": (
        "n",
        "count",
        "num_images",
        "num_outputs",
        "number",
        "samples",
        "batch_size",
        "copies",
    ),
    "quality": ("quality",),
    "style": ("style",),
    "background": ("background",),
    "output_format": ("output_format", "format", "image_format", "file_format"),
    "output_compression": ("output_compression",),
    "response_format": ("response_format",),
    "seed": ("seed",),
    "moderation": ("moderation",),
    "callback_url": (
        "callback_url",
        "call_back_url",
        "webhook",
        "webhook_url",
        "notify_url",
        "callback",
        "hook",
        "notify",
    ),
    "client_id": ("client_id", "user", "client_business_id", "external_id", "client_reference"),
    "task_id": (
        "task_id",
        "id",
        "job_id",
        "request_id",
        "generation_id",
        "uuid",
        "prediction_id",
        "job",
        "ticket",
        "order",
    ),
    "task_ids": ("task_ids", "ids", "job_ids"),
    "idempotency_key": ("idempotency_key", "x_idempotency_key", "x_request_id", "request_key"),
    "language": ("language", "lang"),
    "file": ("file", "upload"),
    "purpose": ("purpose",),
}
_REPLY: Mapping[str, Sequence[str]] = {
    "task_id": (
        "task_id",
        "id",
        "job_id",
        "generation_id",
        "prediction_id",
        "uuid",
        "ticket",
        "job",
        "order",
    ),
    "state": ("status", "state", "task_status", "job_status", "phase"),
    "progress": ("progress", "percent", "percentage"),
    "model": ("model",),
    "results": (
        "result_urls",
        "image_urls",
        "output_image_urls",
        "images",
        "outputs",
        "output",
        "result",
        "results",
        "urls",
        "pictures",
        "url",
        "image_url",
    ),
    "failure": ("error", "failure"),
    "failure_code": ("fail_code", "error_code", "failure_code"),
    "failure_message": (
        "fail_msg",
        "error_message",
        "fail_reason",
        "failure_reason",
        "failure_message",
        "reason",
    ),
    "message": ("msg", "message", "detail"),
    "status_code": ("code", "status_code"),
    "cost": (
        "credits",
        "cost",
        "credits_used",
        "credit_cost",
        "price",
        "charged",
        "consumed_credits",
    ),
    "refunded": ("refunded",),
    "created": ("created_at", "create_time", "created", "created_time", "started", "submitted_at"),
    "updated": ("updated_at", "update_time"),
    "completed": (
        "completed_at",
        "complete_time",
        "finished_at",
        "finish_time",
        "ended_at",
        "ended",
    ),
    "expires": ("expires_at", "expire_time"),
    "duration": ("duration", "cost_time", "elapsed", "took"),
    "url": ("url", "file_url"),
    "balance": ("balance", "remaining", "credits_left"),
}

_PHASES = (
    ("failed", r"fail|error|cancel|reject|expired|abort|timeout|timed|broken|invalid|refus"),
    ("succeeded", r"succe|complet|done|finish|ready|ok\b|generated|delivered"),
    (
        "running",
        r"queue|pend|process|wait|run|progress|submit|start|creat|init|schedul|new|draw|render|busy|accepted|work",
    ),
)

CAUSES: Mapping[int, tuple[str, ...]] = {
    400: ("bad-parameter", "bad-json", "missing-parameter"),
    401: ("unauthorized",),
    402: ("insufficient-credits",),
    403: ("forbidden",),
    404: ("unknown-task",),
    409: ("conflict",),
    413: ("too-large",),
    415: ("unsupported-type",),
    422: ("bad-parameter", "missing-parameter"),
    429: ("rate-limit",),
    500: ("server-error",),
    502: ("bad-gateway",),
    503: ("unavailable",),
    504: ("timeout",),
}
"""What a status most likely stands for."""


def plain(name: str) -> str:
    """A name in one spelling: `imageUrls`, `image-urls` and `ImageURLs` are `image_urls`."""
    split = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    split = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", split)
    return re.sub(r"[^a-z0-9]+", "_", split.lower()).strip("_")


def request_role(path: str, schema: Mapping[str, Any]) -> str | None:
    """The role of a request field; None where nothing speaks for one."""
    name = plain(path.rpartition(".")[2])
    values = [str(v) for v in schema.get("enum", ())]
    if name in _REQUEST["size"] and any(re.fullmatch(r"\d+:\d+", v) for v in values):
        return "aspect_ratio"
    if name in _REQUEST["size"] and any(re.fullmatch(r"\d[kK]", v) for v in values):
        return "resolution"
    return next((role for role, names in _REQUEST.items() if name in names), None)


def reply_role(path: str, types: Sequence[str], schema: Mapping[str, Any]) -> str | None:
    """The role of a reply field; None where nothing speaks for one."""
    name = plain(re.sub(r"\[\d*\]", "", path).rpartition(".")[2])
    role = next((role for role, names in _REPLY.items() if name in names), None)
    kinds = set(types) - {"null"}
    if role is None and schema.get("decode") == "json" and "result" in name:
        return "results"
    if role == "state" and (
        kinds - {"string", "integer"} or (name == "status" and _is_flag(schema))
    ):
        return None
    if role == "status_code" and kinds != {"integer"}:
        return None
    if role == "results" and kinds == {"object"}:
        return None
    if role == "failure" and kinds == {"string"}:
        return "failure_message"
    if role in ("progress", "cost", "balance", "duration") and not kinds & {"integer", "number"}:
        return None
    return role


def _is_flag(schema: Mapping[str, Any]) -> bool:
    """A `status` that says how the request went and not how the task is."""
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    return bool(values) and all(v in (200, "ok", "success", True) for v in values)


def phase_of(value: Any, said: str = "") -> str | None:
    """The phase of a state by its name, or by what a text says of it; None where neither tells."""
    if isinstance(value, str):
        for phase, words in _PHASES:
            if re.search(words, value.lower()):
                return phase
        return None
    near = re.search(
        rf"(?<![\w.]){value}(?![\w.])[\s:=\-\u2013\u2014`\"'*()]*([A-Za-z][A-Za-z \-]*)", said
    )
    return phase_of(near[1].strip()) if near else None


def unit_of(types: Sequence[str], schema: Mapping[str, Any], example: Any) -> str | None:
    """The unit of a time, where a format or an example tells it."""
    if "string" in types and (schema.get("format") == "date-time" or _looks_iso(example)):
        return "iso8601"
    if "integer" in types and isinstance(example, int) and not isinstance(example, bool):
        if example > 10**12:
            return "ms"
        return "s" if example > 10**9 else None
    return None


def _looks_iso(example: Any) -> bool:
    return isinstance(example, str) and bool(re.match(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", example))
