"""gptimage2api.org as a person would write it from the pages, without the simulator and without the contract."""

from __future__ import annotations

import json
from typing import Any

from tests.hand.web import Answer, HandServer, dimensions, png

RATIOS = ["auto", "1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "4:5", "5:4", "21:9"]
REFERENCES = {"gpt-image-2": 4, "nano-banana-2": 14, "nano-banana-pro": 8, "google/nano-banana": 10}
PROMPT = {
    "gpt-image-2": 20000,
    "nano-banana-2": 20000,
    "nano-banana-pro": 10000,
    "google/nano-banana": 5000,
}
PRICE = {"gpt-image-2": 3, "nano-banana-2": 4, "nano-banana-pro": 12, "google/nano-banana": 3}
RANGES = {
    "width": (64, 4096),
    "height": (64, 4096),
    "numOutputs": (1, 10),
    "numInferenceSteps": (1, 150),
}


class Gptimage2api(HandServer):
    """Each documented decision is one method; a subclass that overrides one is another, or a broken, vendor."""

    polls_until_done = 2
    key = "test-key"
    page = "tasks"

    def __init__(self) -> None:
        super().__init__()
        self.tasks: dict[str, dict[str, Any]] = {}

    def handle(
        self, method: str, path: str, query: dict[str, str], headers: dict[str, str], raw: bytes
    ) -> None:
        if path.startswith("/cdn/"):
            self.picture(path.removeprefix("/cdn/").partition("-")[0])
        if (method, path) == ("POST", "/api/ai/image/generate"):
            self.check_key(headers)
            self.create(raw)
        if method == "GET" and path.startswith("/api/ai/tasks/"):
            self.check_key(headers)
            self.status(path.rpartition("/")[2])
        raise Answer(404, {"error": "Not found"})

    def check_key(self, headers: dict[str, str]) -> None:
        if headers.get("authorization") != f"Bearer {self.key}":
            raise Answer(401, {"error": "Unauthorized"})

    # --- create ---

    def create(self, raw: bytes) -> None:
        try:
            body = json.loads(raw)
        except ValueError:
            raise Answer(400, {"error": "Invalid request", "details": {}}) from None
        field = self.bad_field(body)
        if field:
            self.refuse(field)
        self.creations += 1
        task_id = f"tsk{self.creations:06d}"
        self.tasks[task_id] = {"id": task_id, "body": body, "polls": 0}
        raise Answer(200, {"taskId": task_id, "status": 0, "creditsUsed": self.cost(body)})

    def refuse(self, field: str) -> None:
        details = {"formErrors": [], "fieldErrors": {field: ["is invalid"]}}
        raise Answer(400, {"error": "Invalid request", "details": details})

    def cost(self, body: dict[str, Any]) -> float:
        return PRICE[body["model"]]

    def bad_field(self, body: Any) -> str:
        """The first field that breaks a documented limit; "" for none."""
        if not isinstance(body, dict):
            return "body"
        model = body.get("model")
        if not isinstance(model, str) or model not in PROMPT:
            return "model"
        checks = (self.bad_text, self.bad_number, self.bad_ratio, self.bad_images)
        return next((bad for check in checks if (bad := check(model, body))), "")

    def bad_text(self, model: str, body: dict[str, Any]) -> str:
        prompt = body.get("prompt")
        if not isinstance(prompt, str) or not 1 <= len(prompt) <= PROMPT[model]:
            return "prompt"
        negative = body.get("negativePrompt", "")
        if not isinstance(negative, str) or len(negative) > 2000:
            return "negativePrompt"
        return "" if isinstance(body.get("seed", ""), str) else "seed"

    def bad_number(self, model: str, body: dict[str, Any]) -> str:
        for name, (low, high) in RANGES.items():
            value = body.get(name, low)
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                return name
        scale = body.get("guidanceScale", 0)
        good = isinstance(scale, int | float) and not isinstance(scale, bool) and 0 <= scale <= 100
        return "" if good else "guidanceScale"

    def bad_ratio(self, model: str, body: dict[str, Any]) -> str:
        ratio = body.get("aspectRatio", "auto")
        known = ratio in RATIOS if model == "gpt-image-2" else isinstance(ratio, str)
        return "" if known else "aspectRatio"

    def bad_images(self, model: str, body: dict[str, Any]) -> str:
        images = body.get("inputImageUrls", [])
        return (
            ""
            if isinstance(images, list) and len(images) <= REFERENCES[model]
            else "inputImageUrls"
        )

    # --- status ---

    def status(self, task_id: str) -> None:
        task = self.tasks.get(task_id)
        if task is None:
            raise Answer(404, {"error": "Task not found"})
        task["polls"] += 1
        raise Answer(200, self.snapshot(task))

    def state(self, task: dict[str, Any]) -> int:
        if task["polls"] < self.polls_until_done:
            return 0
        return 2 if "unreachable.invalid" in json.dumps(task["body"]) else 1

    def snapshot(self, task: dict[str, Any]) -> dict[str, Any]:
        state, body = self.state(task), task["body"]
        urls = [f"{self.base}/cdn/{task['id']}-{n}.png" for n in range(body.get("numOutputs", 1))]
        shared = {"type": "image", "status": state, "creditsUsed": self.cost(body)}
        failure = {"errorCode": "STORAGE_ERROR", "errorMessage": "no"} if state == 2 else {}
        if self.page == "tasks":
            return {
                "taskId": task["id"],
                **shared,
                "model": body["model"],
                "prompt": body["prompt"],
                "imageUrls": urls if state == 1 else [],
                **failure,
                "creditsRefunded": state == 2,
                "createdAt": "2026-04-22T09:00:00.000Z",
                "updatedAt": "2026-04-22T09:00:32.000Z",
            }
        finished = {"outputImageUrls": urls} if state == 1 else {}
        ended = "2026-04-22T09:00:32.000Z" if state else None
        return {
            "id": task["id"],
            **shared,
            **finished,
            **failure,
            "completedAt": ended,
            "creditRefunded": state == 2,
        }

    # --- pictures ---

    def picture(self, task_id: str) -> None:
        ratio = self.tasks[task_id]["body"].get("aspectRatio", "auto")
        raise Answer(
            200,
            png(*dimensions(ratio if ratio in RATIOS[1:] else "1:1", 320)),
            {"content-type": "image/png"},
        )
