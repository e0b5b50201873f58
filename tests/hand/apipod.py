"""APIPod as a person would write it from the pages, without the simulator and without the contract."""

from __future__ import annotations

import json
from typing import Any

from tests.hand.calling import Calling
from tests.hand.web import Answer, HandServer, dimensions, png

RATIOS = ["auto", "1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"]
QUALITIES = ["auto", "low", "medium", "high"]
PIXELS = {"1K": 1024, "2K": 2048, "4K": 3840}
PROMPT = {"gpt-image-2": 32000, "gpt-image-2-fast": 36000, "gpt-image-2-lite": 32000}
AUGUST = ["gpt-image-2", "gpt-image-2-fast", "gpt-image-2-lite"]
APRIL = ["gpt-image-2", "gpt-image-2-edit"]
TYPES = {400: "invalid_request_error", 401: "authentication_error", 429: "rate_limit_error"}


class Apipod(Calling, HandServer):
    """Each documented decision is one method; a subclass that overrides one is another, or a broken, vendor."""

    models = AUGUST
    polls_until_done = 3
    key = "test-key"
    key_length = 255

    def __init__(self) -> None:
        super().__init__()
        self.tasks: dict[str, dict[str, Any]] = {}
        self.kept: dict[str, tuple[Any, dict[str, Any]]] = {}

    def handle(
        self, method: str, path: str, query: dict[str, str], headers: dict[str, str], raw: bytes
    ) -> None:
        if path.startswith("/files/"):
            self.picture(path.removeprefix("/files/").removesuffix(".png"))
        if (method, path) == ("POST", "/v1/images/generations"):
            self.check_key(headers, query)
            self.create(headers, raw)
        if method == "GET" and path.startswith("/v1/images/status/"):
            self.check_key(headers, query)
            self.status(path.rpartition("/")[2])
        self.refuse(404, "invalid_request", "no such route")

    # --- answers ---

    def reply(self, data: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        body = self.envelope({"code": 200, "message": "success", "data": data})
        raise Answer(200, body, {**self.tracing(), **(headers or {})})

    def envelope(self, body: dict[str, Any]) -> dict[str, Any]:
        return body

    def tracing(self) -> dict[str, str]:
        return {"x-request-id": f"req_{len(self.requests)}"}

    def refuse(
        self, status: int, code: str, message: str, headers: dict[str, str] | None = None
    ) -> None:
        kind = TYPES.get(status, "invalid_request_error")
        body = self.error(status, code, message, kind)
        raise Answer(status, body, {**self.tracing(), **(headers or {})})

    def error(self, status: int, code: str, message: str, kind: str) -> dict[str, Any]:
        """The standard envelope; the other one where the key is at fault."""
        if status == 401:
            return {"error": {"message": message, "type": kind, "code": code}}
        return {"code": status, "message": message, "data": {"type": kind, "error_code": code}}

    # --- the key ---

    def check_key(self, headers: dict[str, str], query: dict[str, str]) -> None:
        if self.key not in self.credentials(headers, query):
            self.unauthorized()

    def credentials(self, headers: dict[str, str], query: dict[str, str]) -> list[str | None]:
        """Bearer, x-api-key, x-goog-api-key or ?key=: any one of them is enough."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        bearer = token if scheme == "Bearer" else None
        return [bearer, headers.get("x-api-key"), headers.get("x-goog-api-key"), query.get("key")]

    def unauthorized(self) -> None:
        self.refuse(401, "invalid_api_key", "Invalid API key")

    # --- create ---

    def create(self, headers: dict[str, str], raw: bytes) -> None:
        once = headers.get("idempotency-key")
        if once is not None and not self.good_key(once):
            self.refuse(400, "invalid_idempotency_key", "Idempotency-Key is too long")
        try:
            body = json.loads(raw)
        except ValueError:
            self.bad_parameter("body is not JSON")
        if once is not None:
            self.replay(once, body)
        problem = self.problem(body)
        if problem:
            self.bad_parameter(problem)
        data = self.submitted(self.new_task(body))
        if once is not None:
            self.keep(once, body, data)
        self.reply(data)

    def bad_parameter(self, problem: str) -> None:
        self.refuse(400, "invalid_request", problem)

    def bad_model(self) -> None:
        self.refuse(404, "model_not_available", "model is not available")

    def new_task(self, body: dict[str, Any]) -> str:
        self.creations += 1
        task_id = f"task{self.creations:06d}"
        self.tasks[task_id] = {"id": task_id, "body": body, "polls": 0}
        return task_id

    def submitted(self, task_id: str) -> dict[str, Any]:
        return {"task_id": task_id}

    # --- idempotency ---

    def good_key(self, once: str) -> bool:
        return 1 <= len(once) <= self.key_length

    def keep(self, once: str, body: Any, data: dict[str, Any]) -> None:
        self.kept[once] = (body, data)

    def replay(self, once: str, body: Any) -> None:
        if once not in self.kept:
            return
        first, data = self.kept[once]
        if first != body:
            self.conflict(data)
        self.reply(data, self.replay_headers())

    def conflict(self, data: dict[str, Any]) -> None:
        self.refuse(409, "idempotency_conflict", "the key came with another body")

    def replay_headers(self) -> dict[str, str]:
        return {"x-idempotent-replay": "true"}

    # --- what a body may hold ---

    def problem(self, body: Any) -> str:
        """What is wrong with a body; "" for nothing."""
        if not isinstance(body, dict):
            return "body is not an object"
        model = body.get("model")
        if not isinstance(model, str):
            return "model is required"
        if not self.knows(model):
            self.bad_model()
        return (
            self.prompt_problem(model, body.get("prompt"))
            or self.images_problem(body.get("image_urls"))
            or self.ratio_problem(model, body.get("aspect_ratio"))
            or self.quality_problem(model, body.get("quality"))
            or self.resolution_problem(model, body.get("resolution"))
        )

    def knows(self, model: str) -> bool:
        return model in self.models

    def prompt_problem(self, model: str, prompt: Any) -> str:
        limit = PROMPT.get(model, 32000)
        good = isinstance(prompt, str) and 1 <= len(prompt) <= limit
        return "" if good else f"prompt must have 1 to {limit} characters"

    def images_problem(self, urls: Any) -> str:
        texts = isinstance(urls, list) and all(isinstance(url, str) for url in urls)
        return "" if urls is None or texts else "image_urls must be a list of texts"

    def ratio_problem(self, model: str, ratio: Any) -> str:
        return "" if ratio is None or ratio in RATIOS else "aspect_ratio is unknown"

    def quality_problem(self, model: str, quality: Any) -> str:
        return "" if quality is None or quality in QUALITIES else "quality is unknown"

    def resolution_problem(self, model: str, resolution: Any) -> str:
        good = resolution is None or (isinstance(resolution, str) and resolution in PIXELS)
        return "" if good else "resolution is unknown"

    # --- status ---

    def status(self, task_id: str) -> None:
        task = self.tasks.get(task_id)
        if task is None:
            self.unknown_task()
        else:
            task["polls"] += 1
            self.ended(task, self.state(task))
            self.reply(self.record(task))

    def unknown_task(self) -> None:
        self.refuse(404, "invalid_request", "task not found")

    def state(self, task: dict[str, Any]) -> str:
        if task["polls"] < self.polls_until_done:
            return "pending" if task["polls"] == 1 else "processing"
        return "failed" if self.fails(task) else "completed"

    def fails(self, task: dict[str, Any]) -> bool:
        """A reference image that cannot be fetched is only found out later."""
        return "unreachable" in json.dumps(task["body"].get("image_urls"))

    def record(self, task: dict[str, Any]) -> dict[str, Any]:
        state = self.state(task)
        shared = {"task_id": task["id"], "status": state}
        if state == "completed":
            return {**shared, "progress": 100, **self.completed(task)}
        if state == "failed":
            return {**shared, "progress": 100, **self.failure()}
        return {**shared, "progress": 10 if state == "pending" else 60, "result": []}

    def completed(self, task: dict[str, Any]) -> dict[str, Any]:
        return {
            "result": [self.url(task)],
            "completed_at": 1787300000,
            "usage": self.usage(),
        }

    def url(self, task: dict[str, Any]) -> str:
        return f"{self.base}/files/{task['id']}.png"

    def usage(self) -> dict[str, Any]:
        return {"completion_tokens": 1056, "total_tokens": 1100, "cost": 0.04}

    def failure(self) -> dict[str, Any]:
        return {
            "error_code": "UPSTREAM_CAPACITY_EXHAUSTED",
            "error_message": "The picture could not be made.",
            "completed_at": 1787300000,
        }

    # --- callbacks ---

    def call_headers(self, task: dict[str, Any], state: str, body: bytes) -> dict[str, str]:
        return {"content-type": "application/json", "user-agent": "APIPod-Callback/1.0"}

    def callback(self, task: dict[str, Any], state: str) -> Any:
        shared = {
            "task_id": task["id"],
            "request_id": f"req_{task['id']}",
            "status": state,
            "created_at": "2026-08-10T09:00:00Z",
            "completed_at": "2026-08-10T09:01:30Z",
        }
        if state == "completed":
            return {**shared, "result": [self.url(task)], "usage": {"cost": 0.04}}
        return {**shared, "error": "No picture.", "error_code": "UPSTREAM_CAPACITY_EXHAUSTED"}

    # --- pictures ---

    def size(self, body: dict[str, Any]) -> tuple[int, int]:
        ratio = body.get("aspect_ratio")
        shape = ratio if ratio in RATIOS[1:] else "1:1"
        return dimensions(shape, PIXELS[body.get("resolution") or "1K"])

    def picture(self, task_id: str) -> None:
        if task_id not in self.tasks:
            raise Answer(404, {"error": "gone"})
        raise Answer(200, self.pixels(self.tasks[task_id]["body"]), {"content-type": "image/png"})

    def pixels(self, body: dict[str, Any]) -> bytes:
        return png(*self.size(body))
