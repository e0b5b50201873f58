"""apimart.ai as a person would write it from the pages, without the simulator and without the contract."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.hand.web import Answer, HandServer, png

TABLE = {
    "1:1": ["1024x1024", "2048x2048", "2880x2880"],
    "3:2": ["1536x1024", "2048x1360", "3520x2336"],
    "2:3": ["1024x1536", "1360x2048", "2336x3520"],
    "4:3": ["1024x768", "2048x1536", "3312x2480"],
    "3:4": ["768x1024", "1536x2048", "2480x3312"],
    "5:4": ["1280x1024", "2560x2048", "3216x2576"],
    "4:5": ["1024x1280", "2048x2560", "2576x3216"],
    "16:9": ["1536x864", "2048x1152", "3840x2160"],
    "9:16": ["864x1536", "1152x2048", "2160x3840"],
    "2:1": ["2048x1024", "2688x1344", "3840x1920"],
    "1:2": ["1024x2048", "1344x2688", "1920x3840"],
    "3:1": ["1881x836", "3072x1024", "3840x1280"],
    "1:3": ["887x1774", "1024x3072", "1280x3840"],
    "21:9": ["2016x864", "2688x1152", "3840x1648"],
    "9:21": ["864x2016", "1152x2688", "1648x3840"],
}
# The second pictures of the cells that have two.
ALTERNATIVES = {
    "1:1": "1254x1254",
    "5:4": "1448x1086",
    "4:5": "1122x1402",
    "16:9": "1672x941",
    "9:16": "941x1672",
    "2:1": "1774x887",
    "1:2": "887x1774",
    "3:1": "1536x512",
    "1:3": "512x1536",
    "21:9": "1915x821",
    "9:21": "821x1915",
}
TIERS = ["1k", "2k", "4k"]
TYPES = {400: "invalid_request_error", 401: "authentication_error", 403: "permission_error"}
TYPES |= {429: "rate_limit_error", 500: "server_error"}
MAGIC = {
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
}
BEGAN = 1777000000


class Apimart(HandServer):
    """Each documented decision is one method; a subclass that overrides one is another, or a broken, vendor."""

    polls_until_done = 3
    key = "test-key"
    models = ("gpt-image-2",)
    most_images = 1
    first_state = "submitted"
    lifetime = 86400
    balances = ("/v1/balance", "/balance")

    def __init__(self) -> None:
        super().__init__()
        self.tasks: dict[str, dict[str, Any]] = {}
        self.by_key: dict[str, str] = {}
        self.files: list[bytes] = []

    def handle(
        self, method: str, path: str, query: dict[str, str], headers: dict[str, str], raw: bytes
    ) -> None:
        if path.startswith("/cdn/"):
            self.picture(path.removeprefix("/cdn/").partition("-")[0])
        if path.startswith("/uploaded/"):
            raise Answer(200, self.files[int(path.removeprefix("/uploaded/").partition("-")[0])])
        self.check_key(path, headers)
        if (method, path) == ("POST", "/v1/images/generations"):
            self.create(headers, raw)
        if (method, path) == ("POST", "/v1/tasks/batch"):
            self.batch(raw)
        if (method, path) == ("POST", "/v1/uploads/images"):
            self.upload(headers, raw)
        if method == "GET" and path in self.balances:
            raise Answer(200, self.balance())
        if method == "GET" and path.startswith("/v1/tasks/"):
            self.status(path.removeprefix("/v1/tasks/"))
        self.refuse(404, "no such page")

    def refuse(self, status: int, message: str) -> None:
        raise Answer(status, {"error": self.error(status, message)})

    def error(self, status: int, message: str) -> dict[str, Any]:
        kind = TYPES.get(status, "invalid_request_error")
        return {"code": status, "message": message, "type": kind}

    def check_key(self, path: str, headers: dict[str, str]) -> None:
        if headers.get("authorization") != f"Bearer {self.key}":
            self.refuse(401, "authentication failed, check your API key")

    # --- create ---

    def create(self, headers: dict[str, str], raw: bytes) -> None:
        try:
            body = json.loads(raw)
        except ValueError:
            self.refuse(400, "the body is not JSON")
        problem = self.problem(body)
        if problem:
            self.refuse_parameter(problem)
        key = headers.get("idempotency-key")
        task_id = self.by_key.get(key or "") or self.new_task(body)
        if key:
            self.by_key[key] = task_id
        raise Answer(200, self.created(task_id))

    def refuse_parameter(self, problem: str) -> None:
        self.refuse(400, problem)

    def new_task(self, body: dict[str, Any]) -> str:
        self.creations += 1
        task_id = f"task_01{self.creations:06d}"
        self.tasks[task_id] = {"id": task_id, "body": body, "polls": 0}
        return task_id

    def created(self, task_id: str) -> Any:
        return {"code": 200, "data": [{"status": self.first_state, "task_id": task_id}]}

    def problem(self, body: Any) -> str:
        """What the pages forbid in a request; "" for nothing."""
        if not isinstance(body, dict):
            return "the body is not an object"
        return (
            self.model_problem(body.get("model"))
            or self.prompt_problem(body.get("prompt"))
            or self.n_problem(body.get("n"))
            or self.size_problem(body.get("size"))
            or self.resolution_problem(body.get("resolution"))
            or self.images_problem(body.get("image_urls"))
            or self.other_problem(body)
        )

    def model_problem(self, model: Any) -> str:
        return "" if model in self.models else "model is not supported"

    def prompt_problem(self, prompt: Any) -> str:
        return "" if isinstance(prompt, str) and prompt else "prompt is required"

    def n_problem(self, n: Any) -> str:
        good = isinstance(n, int) and not isinstance(n, bool) and 1 <= n <= self.most_images
        return "" if n is None or good else f"n must be between 1 and {self.most_images}"

    def size_problem(self, size: Any) -> str:
        named = size is None or size == "auto" or (isinstance(size, str) and size in TABLE)
        return "" if named or self.in_pixels(size) else f"invalid size: {size}"

    def in_pixels(self, size: Any) -> bool:
        return isinstance(size, str) and re.fullmatch(r"[1-9]\d*x[1-9]\d*", size) is not None

    def resolution_problem(self, resolution: Any) -> str:
        return "" if resolution is None or resolution in TIERS else "invalid resolution"

    def images_problem(self, images: Any) -> str:
        if images is None:
            return ""
        if not isinstance(images, list):
            return "image_urls must be an array"
        if len(images) > 16:
            return "image_urls exceeds max 16"
        return "" if all(self.is_image(image) for image in images) else "invalid image"

    def is_image(self, image: Any) -> bool:
        """A URL, a data URI, or something that may be bare base64."""
        if not isinstance(image, str):
            return False
        whole = re.fullmatch(r"[A-Za-z0-9+/]{40,}=*", image) is not None
        return image.startswith(("https://", "http://", "data:image/")) or whole

    def other_problem(self, body: dict[str, Any]) -> str:
        """Other OpenAI fields are ignored."""
        return ""

    # --- status ---

    def status(self, task_id: str) -> None:
        task = self.tasks.get(task_id)
        if task is None:
            self.unknown_task()
        assert task is not None
        task["polls"] += 1
        raise Answer(200, {"code": 200, "data": self.record(task)})

    def unknown_task(self) -> None:
        self.refuse(400, "task does not exist or has expired")

    def batch(self, raw: bytes) -> None:
        ids = json.loads(raw)["task_ids"]
        raise Answer(200, {"code": 200, "data": [self.record(self.tasks[i]) for i in ids]})

    def fails(self, task: dict[str, Any]) -> bool:
        return "unreachable.invalid" in json.dumps(task["body"])

    def state(self, task: dict[str, Any]) -> str:
        if task["polls"] < self.polls_until_done:
            return self.first_state if task["polls"] < 2 else "processing"
        return "failed" if self.fails(task) else "completed"

    def record(self, task: dict[str, Any]) -> dict[str, Any]:
        state = self.state(task)
        record = {
            "id": task["id"],
            "status": state,
            "progress": 100 if state == "completed" else 40,
            "created": BEGAN,
            "estimated_time": 60,
        }
        if state == "completed":
            record |= {"cost": 0.05279, "credits_cost": 0.5279}
            record |= {"completed": BEGAN + 50, "actual_time": 50, "result": self.result(task)}
        if state == "failed":
            record["error"] = self.error(400, "the reference image could not be fetched")
        return record

    def result(self, task: dict[str, Any]) -> dict[str, Any]:
        expires = BEGAN + 50 + self.lifetime
        return {"images": [{"url": self.url(task), "expires_at": expires}]}

    def url(self, task: dict[str, Any]) -> Any:
        return [f"{self.base}/cdn/{task['id']}-1.png"]

    # --- pictures ---

    def picture(self, task_id: str) -> None:
        body = self.tasks[task_id]["body"]
        width, _, height = self.cell(body).partition("x")
        raise Answer(200, png(int(width), int(height)), {"content-type": "image/png"})

    def cell(self, body: dict[str, Any]) -> str:
        size, tier = body.get("size") or "1:1", body.get("resolution") or "1k"
        if self.in_pixels(size):
            return str(size)
        return TABLE.get(size, TABLE["1:1"])[TIERS.index(tier)]

    # --- upload and balance ---

    def upload(self, headers: dict[str, str], raw: bytes) -> None:
        boundary = headers.get("content-type", "").partition("boundary=")[2].strip('"')
        parts = raw.split(b"--" + boundary.encode()) if boundary else []
        part = next((p for p in parts if b'name="file"' in p), None)
        if part is None:
            self.refuse(400, "missing file field")
        assert part is not None
        head, _, content = part.removesuffix(b"\r\n").partition(b"\r\n\r\n")
        kind = self.kind_of(content)
        if not kind:
            self.refuse(400, "unsupported image format")
        found = re.search(rb'filename="([^"]*)"', head)
        self.files.append(content)
        name = found.group(1).decode() if found else "file"
        raise Answer(200, self.uploaded(name, kind, content))

    def kind_of(self, content: bytes) -> str:
        return next((kind for magic, kind in MAGIC.items() if content.startswith(magic)), "")

    def uploaded(self, name: str, kind: str, content: bytes) -> dict[str, Any]:
        return {
            "url": f"{self.base}/uploaded/{len(self.files) - 1}-{name}",
            "filename": name,
            "content_type": kind,
            "bytes": len(content),
            "created_at": BEGAN,
        }

    def balance(self) -> dict[str, Any]:
        return {
            "success": True,
            "remain_balance": 12.5,
            "remain_credits": 125,
            "used_balance": 1.5,
            "used_credits": 15,
            "unlimited_quota": False,
        }
