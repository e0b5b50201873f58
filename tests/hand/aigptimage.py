"""aigptimage.com as a person would write it from the pages, without the simulator and without the contract."""

from __future__ import annotations

import json
from typing import Any

from tests.hand.web import Answer, HandServer, dimensions, png

I2I, T2I = "gpt-image-2-image-to-image", "gpt-image-2-text-to-image"
RATIOS = ["auto", "1:1", "5:4", "9:16", "21:9", "16:9", "4:3", "3:2", "4:5", "3:4", "2:3"]
IMAGE_FIELDS = ("input_urls", "image_urls", "image_input")


class Aigptimage(HandServer):
    """Each documented decision is one method; a subclass that overrides one is another, or a broken, vendor."""

    polls_until_done = 2
    key = "test-key"

    def __init__(self) -> None:
        super().__init__()
        self.tasks: dict[str, dict[str, Any]] = {}
        self.by_request_id: dict[str, str] = {}

    def handle(
        self, method: str, path: str, query: dict[str, str], headers: dict[str, str], raw: bytes
    ) -> None:
        if path.startswith("/cdn/"):
            self.picture(path.removeprefix("/cdn/").partition("-")[0])
        if (method, path) == ("POST", "/api/v1/jobs/createTask"):
            self.check_key(headers)
            self.create(headers, raw)
        if (method, path) == ("GET", "/api/v1/jobs/recordInfo"):
            self.check_key(headers)
            self.status(query)
        self.refuse(404, "task not found")

    def refuse(self, status: int, msg: str) -> None:
        raise Answer(status, {"code": status, "msg": msg, "data": None})

    def check_key(self, headers: dict[str, str]) -> None:
        if headers.get("authorization") != f"Bearer {self.key}":
            self.refuse(401, "authentication failed")

    # --- create ---

    def create(self, headers: dict[str, str], raw: bytes) -> None:
        try:
            body = json.loads(raw)
        except ValueError:
            self.refuse(400, "invalid request")
        problem = self.problem(body)
        if problem:
            self.refuse_parameter(problem)
        known = self.by_request_id.get(headers.get("x-request-id", ""))
        task_id = known or self.new_task(body)
        if headers.get("x-request-id"):
            self.by_request_id[headers["x-request-id"]] = task_id
        raise Answer(200, self.created(task_id))

    def refuse_parameter(self, problem: str) -> None:
        self.refuse(422, problem)

    def new_task(self, body: dict[str, Any]) -> str:
        self.creations += 1
        task_id = f"task_{self.creations:06d}"
        self.tasks[task_id] = {"id": task_id, "body": body, "polls": 0}
        return task_id

    def created(self, task_id: str) -> Any:
        return {"code": 200, "msg": "success", "data": {"taskId": task_id}}

    def problem(self, body: Any) -> str:
        """What the pages forbid in a request; "" for nothing."""
        if not isinstance(body, dict):
            return "invalid request"
        return self.model_problem(body.get("model")) or self.input_problem(
            body["model"], body.get("input")
        )

    def model_problem(self, model: Any) -> str:
        return "" if model in (I2I, T2I) else "model is not supported"

    def input_problem(self, model: str, given: Any) -> str:
        if not isinstance(given, dict):
            return "input is required"
        return (
            self.prompt_problem(given.get("prompt"))
            or (self.images_problem(given) if model == I2I else "")
            or self.ratio_problem(model, given.get("aspect_ratio"))
            or self.resolution_problem(given.get("resolution"))
            or (
                self.pair_problem(
                    given.get("aspect_ratio") or "auto", given.get("resolution") or "1K"
                )
                if model == I2I
                else ""
            )
        )

    def prompt_problem(self, prompt: Any) -> str:
        return (
            ""
            if isinstance(prompt, str) and len(prompt) <= 20000 and prompt
            else "prompt is invalid"
        )

    def images_problem(self, given: dict[str, Any]) -> str:
        lists = [given[name] for name in IMAGE_FIELDS if given.get(name) is not None]
        if not lists or not all(isinstance(urls, list) and urls for urls in lists):
            return "input_urls is required"
        return (
            ""
            if all(self.is_url(u) for urls in lists for u in urls)
            else "input_urls must be https URLs"
        )

    def is_url(self, url: Any) -> bool:
        return isinstance(url, str) and url.startswith("https://")

    def ratio_problem(self, model: str, ratio: Any) -> str:
        return "" if ratio is None or ratio in RATIOS else "aspect_ratio is not supported"

    def resolution_problem(self, resolution: Any) -> str:
        return "" if resolution in (None, "1K", "2K", "4K") else "resolution is not supported"

    def pair_problem(self, ratio: str, resolution: str) -> str:
        if ratio == "auto" and resolution != "1K":
            return "auto supports only 1K"
        return "1:1 does not support 4K" if (ratio, resolution) == ("1:1", "4K") else ""

    # --- status ---

    def status(self, query: dict[str, str]) -> None:
        if not query.get("taskId"):
            self.refuse(400, "invalid request")
        task = self.tasks.get(query["taskId"])
        if task is None:
            self.unknown_task()
        assert task is not None
        task["polls"] += 1
        raise Answer(200, {"code": 200, "msg": "success", "data": self.record(task)})

    def unknown_task(self) -> None:
        self.refuse(404, "task not found")

    def fails(self, task: dict[str, Any]) -> bool:
        return "unreachable.invalid" in json.dumps(task["body"])

    def state(self, task: dict[str, Any]) -> str:
        if task["polls"] < self.polls_until_done:
            return "waiting"
        return "fail" if self.fails(task) else "success"

    def record(self, task: dict[str, Any]) -> dict[str, Any]:
        state = self.state(task)
        done = state in ("success", "fail")
        return {
            "taskId": task["id"],
            "model": task["body"]["model"],
            "state": state,
            "param": json.dumps(task["body"]),
            "resultJson": json.dumps({"resultUrls": self.urls(task)})
            if state == "success"
            else None,
            "failCode": "501" if state == "fail" else None,
            "failMsg": "the image could not be fetched" if state == "fail" else None,
            "costTime": 9000 if done else None,
            "completeTime": 1757584173490 if done else None,
            "createTime": 1757584164490,
        }

    def urls(self, task: dict[str, Any]) -> list[str]:
        return [f"{self.base}/cdn/{task['id']}-1.png"]

    # --- pictures ---

    def picture(self, task_id: str) -> None:
        given = self.tasks[task_id]["body"]["input"]
        raise Answer(200, png(*self.size(given)), {"content-type": "image/png"})

    def size(self, given: dict[str, Any]) -> tuple[int, int]:
        ratio = given.get("aspect_ratio") or "auto"
        edge = {"1K": 256, "2K": 512, "4K": 960}[given.get("resolution") or "1K"]
        return dimensions("1:1" if ratio == "auto" else ratio, edge)
