"""toapis.com as a person would write it from the pages, without the simulator and without the contract."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from tests.hand.calling import Calling
from tests.hand.web import Answer, HandServer, png

CREATED = 1777700000
DAY = 86400
SIZES = {
    "1:1": ("1024x1024", "2048x2048", "2880x2880"),
    "3:2": ("1536x1024", "2048x1360", "3520x2336"),
    "2:3": ("1024x1536", "1360x2048", "2336x3520"),
    "4:3": ("1024x768", "2048x1536", "3312x2480"),
    "3:4": ("768x1024", "1536x2048", "2480x3312"),
    "5:4": ("1280x1024", "2560x2048", "3216x2576"),
    "4:5": ("1024x1280", "2048x2560", "2576x3216"),
    "16:9": ("1536x864", "2048x1152", "3840x2160"),
    "9:16": ("864x1536", "1152x2048", "2160x3840"),
    "2:1": ("2048x1024", "2688x1344", "3840x1920"),
    "1:2": ("1024x2048", "1344x2688", "1920x3840"),
    "21:9": ("2016x864", "2688x1152", "3840x1648"),
    "9:21": ("864x2016", "1152x2688", "1648x3840"),
}
AT_1K = ("1:1", "3:2", "2:3")
AT_4K = ("16:9", "9:16", "2:1", "1:2", "21:9", "9:21")
PIXEL_SIZES = ("1024x1024", "1536x1024", "1024x1536", "1536x1536", "2048x2048")
MAGIC = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
}


class Toapis(Calling, HandServer):
    """Each documented decision is one method; a subclass that overrides one is another, or a broken, vendor."""

    polls_until_done = 3
    key = "test-key"
    dialect = "pixels"  # or "upper": a ratio with 1K, 2K, 4K; or "lower": any ratio with 1k, 2k, 4k
    first_state = "queued"
    balances = ("/v1/balance", "/balance")
    names: tuple[str, str] = ("authentication_error", "not_found_error")
    bad_names: tuple[str, str] = ("invalid_request_error", "invalid_reference_images")

    def __init__(self) -> None:
        super().__init__()
        self.tasks: dict[str, dict[str, Any]] = {}
        self.files: list[tuple[str, bytes]] = []

    def handle(
        self, method: str, path: str, query: dict[str, str], headers: dict[str, str], raw: bytes
    ) -> None:
        if path.startswith("/cdn/"):
            self.picture(path.removeprefix("/cdn/").partition("-")[0])
        if path.startswith("/files/"):
            kind, data = self.files[int(path.removeprefix("/files/"))]
            raise Answer(200, data, {"content-type": kind})
        if (method, path) == ("POST", "/v1/images/generations"):
            self.check_key(headers)
            self.create(raw)
        if method == "GET" and path.startswith("/v1/images/generations/"):
            self.check_key(headers)
            self.status(path.rpartition("/")[2])
        if (method, path) == ("POST", "/v1/uploads/images"):
            self.check_upload_key(headers)
            self.upload(headers, raw)
        if method == "GET" and path in self.balances:
            self.check_balance_key(headers)
            raise Answer(200, self.balance())
        self.refuse(404, self.names[1], "Not found")

    def refuse(self, status: int, name: str, message: str) -> None:
        raise Answer(status, {"error": {"code": status, "message": message, "type": name}})

    def refuse_flag(self, status: int, message: str) -> None:
        raise Answer(status, {"success": False, "message": message})

    def authorized(self, headers: dict[str, str]) -> bool:
        return headers.get("authorization") == f"Bearer {self.key}"

    def check_key(self, headers: dict[str, str]) -> None:
        if not self.authorized(headers):
            self.refuse(401, self.names[0], "Invalid API key")

    def check_upload_key(self, headers: dict[str, str]) -> None:
        if not self.authorized(headers):
            self.refuse_flag(401, "Unauthorized")

    def check_balance_key(self, headers: dict[str, str]) -> None:
        if not self.authorized(headers):
            self.refuse_flag(200, "Token not found")

    # --- create ---

    def create(self, raw: bytes) -> None:
        try:
            body = json.loads(raw)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            self.refuse(400, self.bad_names[0], "The body is not a JSON object")
        field = self.bad_field(body)
        if field in ("reference_images", "image_urls"):
            self.refuse_reference(field)
        if field:
            self.refuse_field(field)
        raise Answer(200, self.created(self.new_task(body)))

    def refuse_reference(self, field: str) -> None:
        self.refuse(400, self.bad_names[1], f"{field} must hold URLs")

    def refuse_field(self, field: str) -> None:
        self.refuse(400, self.bad_names[0], f"{field} is missing or invalid")

    def bad_field(self, body: dict[str, Any]) -> str:
        """The first field that breaks the pages; "" for none."""
        checks = {
            "model": self.good_model,
            "prompt": self.good_prompt,
            "size": self.good_size,
            "resolution": self.good_resolution,
            "n": self.good_n,
            "response_format": self.good_format,
            "reference_images": self.good_references,
            "image_urls": self.good_references,
            "client_business_id": self.good_business_id,
            "metadata": self.good_metadata,
            "callback_url": self.good_callback,
        }
        bad = next((f for f, check in checks.items() if not check(body.get(f))), "")
        return bad or ("" if self.good_pair(*self.sizing(body)) else "size")

    def good_model(self, model: Any) -> bool:
        return bool(model == "gpt-image-2")

    def good_prompt(self, prompt: Any) -> bool:
        return isinstance(prompt, str) and 0 < len(prompt) <= 32000

    def good_size(self, size: Any) -> bool:
        return size is None or size in (PIXEL_SIZES if self.dialect == "pixels" else tuple(SIZES))

    def good_resolution(self, resolution: Any) -> bool:
        return resolution is None or resolution in self.tiers()

    def tiers(self) -> tuple[str, ...]:
        return {
            "pixels": ("1024", "1536", "2048"),
            "upper": ("1K", "2K", "4K"),
            "lower": ("1k", "2k", "4k"),
        }[self.dialect]

    def sizing(self, body: dict[str, Any]) -> tuple[str, str]:
        """Size and resolution, with the defaults of the dialect."""
        size = "1024x1024" if self.dialect == "pixels" else "1:1"
        return body.get("size") or size, body.get("resolution") or self.tiers()[0]

    def good_pair(self, size: str, resolution: str) -> bool:
        if self.dialect == "pixels":
            return max(size.split("x"), key=int) == resolution or size == "1024x1024"
        if self.dialect == "upper":
            return size in {"1K": AT_1K, "4K": AT_4K}.get(resolution, SIZES)
        return True

    def good_n(self, n: Any) -> bool:
        return n is None or (isinstance(n, int) and not isinstance(n, bool) and 1 <= n <= 4)

    def good_format(self, wanted: Any) -> bool:
        return wanted in (None, "url", "b64_json")

    def good_references(self, urls: Any) -> bool:
        return urls is None or (isinstance(urls, list) and all(self.is_url(url) for url in urls))

    def is_url(self, url: Any) -> bool:
        return isinstance(url, str) and url.startswith(("http://", "https://"))

    def good_business_id(self, value: Any) -> bool:
        return value is None or isinstance(value, str)

    def good_metadata(self, value: Any) -> bool:
        return not isinstance(value, dict) or self.good_business_id(value.get("client_business_id"))

    def new_task(self, body: dict[str, Any]) -> dict[str, Any]:
        self.creations += 1
        task_id = f"task_img_{self.creations:06d}"
        self.tasks[task_id] = {"id": task_id, "body": body, "polls": 0}
        return self.tasks[task_id]

    def created(self, task: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": task["id"],
            "object": "generation.task",
            "model": task["body"]["model"],
            "status": self.first_state,
            "progress": 0,
            "created_at": CREATED,
            "metadata": {},
        }

    # --- status ---

    def status(self, name: str) -> None:
        task = self.find(name)
        if task is None:
            self.unknown_task()
        assert task is not None
        task["polls"] += 1
        self.ended(task, self.state(task))
        raise Answer(200, self.record(task))

    # --- callbacks ---

    secret = "test-secret"

    def good_callback(self, url: Any) -> bool:
        return url is None or (isinstance(url, str) and url.startswith("http"))

    def call_headers(self, task: dict[str, Any], state: str, body: bytes) -> dict[str, str]:
        event, time = f"evt_{task['id']}", "1777700060"
        signature = self.sign(f"{event}.{time}.".encode() + body)
        return {
            "content-type": "application/json",
            "x-toapis-webhook-id": event,
            "x-toapis-webhook-timestamp": time,
            "x-toapis-webhook-signature": f"v1={signature}",
        }

    def sign(self, message: bytes) -> str:
        return hmac.new(self.secret.encode(), message, hashlib.sha256).hexdigest()

    def callback(self, task: dict[str, Any], state: str) -> Any:
        data = {"task_id": task["id"], "task_type": "image", "status": state}
        return {"id": f"evt_{task['id']}", "type": f"generation.{state}", "data": data}

    # --- status, continued ---

    def find(self, name: str) -> dict[str, Any] | None:
        mine = (t for t in self.tasks.values() if self.business_id(t) == name)
        return self.tasks.get(name) or next(mine, None)

    def business_id(self, task: dict[str, Any]) -> str | None:
        metadata = task["body"].get("metadata")
        nested = metadata.get("client_business_id") if isinstance(metadata, dict) else None
        return task["body"].get("client_business_id") or nested

    def unknown_task(self) -> None:
        self.refuse(404, self.names[1], "The task does not exist")

    def fails(self, task: dict[str, Any]) -> bool:
        return "unreachable.invalid" in json.dumps(task["body"])

    def state(self, task: dict[str, Any]) -> str:
        if task["polls"] < self.polls_until_done:
            return self.first_state if task["polls"] <= 1 else "in_progress"
        return "failed" if self.fails(task) else "completed"

    def record(self, task: dict[str, Any]) -> dict[str, Any]:
        state = self.state(task)
        progress = {"in_progress": 50, "completed": 100}.get(state, 0)
        made = {**self.created(task), "status": state, "progress": progress}
        del made["metadata"]
        if self.business_id(task):
            made["client_business_id"] = self.business_id(task)
        if state == "completed":
            made |= self.finished(task)
        if state == "failed":
            made["error"] = self.failure()
        return made

    def finished(self, task: dict[str, Any]) -> dict[str, Any]:
        urls = self.urls(task)
        return {
            "completed_at": CREATED + 20,
            "expires_at": CREATED + 20 + DAY,
            "url": urls[0] if urls else None,
            "result": {"type": "image", "data": [{"url": url} for url in urls]},
        }

    def failure(self) -> Any:
        return {"code": "generation_failed", "message": "A reference image could not be fetched"}

    def urls(self, task: dict[str, Any]) -> list[str]:
        count = task["body"].get("n") or 1
        return [f"{self.base}/cdn/{task['id']}-{n}.png" for n in range(count)]

    # --- pictures ---

    def picture(self, task_id: str) -> None:
        width, height = self.pixels(*self.sizing(self.tasks[task_id]["body"]))
        raise Answer(200, png(width, height), {"content-type": "image/png"})

    def pixels(self, size: str, resolution: str) -> tuple[int, int]:
        if self.dialect != "pixels":
            size = SIZES[size][self.tiers().index(resolution)]
        width, _, height = size.partition("x")
        return int(width), int(height)

    # --- uploads and balance ---

    def upload(self, headers: dict[str, str], raw: bytes) -> None:
        data = self.part(headers.get("content-type", ""), raw, "file")
        if data is None:
            self.refuse_flag(400, "No file")
        assert data is not None
        kind = self.kind(data)
        if not kind:
            self.refuse_flag(400, "Only JPEG, PNG, WebP and GIF are supported")
        if len(data) > 10 * 1024 * 1024:
            self.refuse_flag(400, "The file is larger than 10 MB")
        self.files.append((kind, data))
        raise Answer(200, self.uploaded(len(self.files) - 1))

    def part(self, content_type: str, raw: bytes, name: str) -> bytes | None:
        """The content of one part of a multipart body."""
        boundary = content_type.partition("boundary=")[2].strip('"').encode()
        if not boundary:
            return None
        for piece in raw.split(b"--" + boundary):
            head, _, data = piece.partition(b"\r\n\r\n")
            if f'name="{name}"'.encode() in head:
                return data.removesuffix(b"\r\n")
        return None

    def kind(self, data: bytes) -> str:
        return next((kind for magic, kind in MAGIC.items() if data.startswith(magic)), "")

    def uploaded(self, number: int) -> dict[str, Any]:
        kind, data = self.files[number]
        url = f"{self.base}/files/{number}"
        told = {"id": f"file_{number}", "url": url, "mime_type": kind, "size": len(data)}
        return {"success": True, "message": "", "data": told}

    def balance(self) -> dict[str, Any]:
        return {
            "success": True,
            "message": "",
            "remain_balance": 12.5,
            "used_balance": 0.5,
            "unlimited_quota": False,
        }
