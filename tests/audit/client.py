"""
A client without libraries that does everything right, and can be told to do one thing wrong or otherwise.

    python client.py VENDOR BASE_URL [HOW]

It is a script, so that audits can start it as a program; tests call `main` as well, which costs nothing.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PROMPT = "a lighthouse at dusk"
KEYS = {
    "aigptimage": "AIGPTIMAGE_API_KEY",
    "apimart": "APIMART_API_KEY",
    "apipod": "APIPOD_API_KEY",
    "gptimage2api": "GPTIMAGE2API_API_KEY",
    "toapis": "TOAPIS_API_KEY",
}


@dataclass
class Vendor:
    create: str
    status: str
    body: dict[str, Any]
    task: tuple[str | int, ...]
    state: tuple[str | int, ...]
    done: object
    failed: tuple[object, ...]
    first_s: float
    interval_s: float
    patience_s: float
    key_header: str = ""


VENDORS = {
    "aigptimage": Vendor(
        create="/api/v1/jobs/createTask",
        status="/api/v1/jobs/recordInfo?taskId={}",
        body={"model": "gpt-image-2-text-to-image", "input": {"prompt": PROMPT}},
        task=("data", "taskId"),
        state=("data", "state"),
        done="success",
        failed=("fail",),
        first_s=2,
        interval_s=3,
        patience_s=300,
        key_header="X-Request-ID",
    ),
    "apimart": Vendor(
        create="/v1/images/generations",
        status="/v1/tasks/{}",
        body={"model": "gpt-image-2", "prompt": PROMPT},
        task=("data", 0, "task_id"),
        state=("data", "status"),
        done="completed",
        failed=("failed", "cancelled"),
        first_s=10,
        interval_s=4,
        patience_s=600,
        key_header="Idempotency-Key",
    ),
    "apipod": Vendor(
        create="/v1/images/generations",
        status="/v1/images/status/{}",
        body={"model": "gpt-image-2", "prompt": PROMPT},
        task=("data", "task_id"),
        state=("data", "status"),
        done="completed",
        failed=("failed", "cancelled"),
        first_s=2,
        interval_s=2,
        patience_s=300,
        key_header="Idempotency-Key",
    ),
    "gptimage2api": Vendor(
        create="/api/ai/image/generate",
        status="/api/ai/tasks/{}",
        body={"model": "gpt-image-2", "prompt": PROMPT},
        task=("taskId",),
        state=("status",),
        done=1,
        failed=(2,),
        first_s=2,
        interval_s=2,
        patience_s=180,
    ),
    "toapis": Vendor(
        create="/v1/images/generations",
        status="/v1/images/generations/{}",
        body={"model": "gpt-image-2", "prompt": PROMPT},
        task=("id",),
        state=("status",),
        done="completed",
        failed=("failed",),
        first_s=5,
        interval_s=5,
        patience_s=120,
    ),
}


class Lost(Exception):
    """No reply that could be read."""


class Client:
    def __init__(self, vendor: str, base_url: str, how: str, key: str, speed: float) -> None:
        self.vendor = VENDORS[vendor]
        self.base_url = base_url
        self.how = how
        self.key = key
        self.speed = speed
        self.headers: dict[str, str] = {}
        self.began_s = time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self.speed)

    def now(self) -> float:
        return (time.monotonic() - self.began_s) * self.speed

    def send(
        self,
        url: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        *,
        keyed: bool = True,
    ) -> tuple[int, Mapping[str, str], bytes]:
        given = dict(headers or {})
        if keyed and self.how == "api-key-header":
            given["x-api-key"] = self.key
        elif keyed and self.how != "no-key":
            given["Authorization"] = f"Bearer {self.key}"
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            given["Content-Type"] = (
                "text/plain" if self.how == "content-type" else "application/json"
            )
        request = urllib.request.Request(url, data=data, headers=given)  # noqa: S310  # loopback
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310  # the same
                return reply.status, reply.headers, reply.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()
        except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
            raise Lost(str(error)) from None

    # --- a task is made

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(json.dumps(self.vendor.body))
        change = BODIES.get(self.how)
        return change(body) if change else body

    def create(self) -> str:
        name = self.vendor.key_header
        own = {name: uuid.uuid4().hex} if name and "without-a-key" not in self.how else {}
        if self.how == "constant-key":
            own = {name: "always-the-same"}
        body, path = self.body(), self.vendor.create
        if self.how == "path":
            path = path.removeprefix("/v1")
        url = self.base_url + path
        if self.how == "key-in-url":
            url += f"?token={self.key}"
        refusals = 0
        for attempt in range(4):
            try:
                status, headers, raw = self.send(url, body, own)
                found = parsed(raw)
            except Lost:
                status, headers, found = 0, {}, None
            task = dug(found, self.vendor.task) if status in (200, 202) else None
            if task:
                return str(task)
            code = status if status != 200 else int((found or {}).get("code", 0) or 0)
            if code == 429:
                wait = float(headers.get("Retry-After", 2**attempt))
                self.sleep(0 if self.how == "no-backoff" else wait)
                continue
            if code in (400, 401, 402, 403):
                refusals += 1
                if self.how == f"retry-{code}" and refusals < 3:
                    self.sleep(2)
                    continue
                raise SystemExit(1)
            if not self.may_send_again(code):
                raise SystemExit(1)
            if self.how == "another-key":
                own = {name: uuid.uuid4().hex}
            self.sleep(2**attempt)
        raise SystemExit(1)

    def may_send_again(self, code: int) -> bool:
        """After an outcome that is unknown."""
        if self.how in ("resend", "resend-without-a-key", "another-key", "same-key"):
            return True
        if self.how == "resend-after-500":
            return code == 500
        return False

    # --- and followed

    def look(self, task: str) -> tuple[int, Mapping[str, str], Any]:
        path = self.vendor.status.format(task)
        if self.how == "status-path":
            path = f"/v1/jobs/{task}"
        url = self.base_url + path
        try:
            status, headers, raw = self.send(url)
        except Lost:
            return 0, {}, None
        return status, headers, parsed(raw)

    def follow(self, task: str) -> Any:
        vendor, how = self.vendor, self.how
        made_s = self.now()
        self.sleep(0 if how == "first-at-once" else vendor.first_s)
        interval_s, looks, again = self.interval(), 0, 0
        while self.now() - made_s < vendor.patience_s:
            status, headers, found = self.look(task)
            looks += 1
            wait = interval_s
            state = dug(found, vendor.state)
            if status == 200 and found is None and how == "recreate-on-html":
                return self.follow(self.again())
            if status in (429, 500, 502, 503, 504):
                if how == "gives-up-at-trouble":
                    raise SystemExit(1)
                wait = max(wait, float(headers.get("Retry-After", 2**again)))
                wait = 0.2 if how == "ignores-retry-after" else wait
                wait = 0 if how == "no-backoff" else wait
                again += 1
            elif state == vendor.done:
                return self.ended(task, found)
            elif state in vendor.failed:
                self.ended(task, found)
                raise SystemExit(1)
            elif how == "recreate-on-unknown-state" and str(state) in ("in_review", "97"):
                return self.follow(self.again())
            elif how == "gives-up":
                raise SystemExit(1)
            elif how == "one-look":
                return None
            elif how == "impatient" and self.now() - made_s > 40:
                return self.follow(self.again())
            if how == "exponential":
                interval_s = min(30.0, interval_s * 1.6)
            self.sleep(wait)
        raise SystemExit(1)

    def again(self) -> str:
        """Another task for the same wish."""
        self.how = ""
        return self.create()

    def interval(self) -> float:
        if self.how == "hot":
            return 0.1
        if self.how == "older-page":
            return 2.5
        if self.how == "slow-polls":
            return self.vendor.interval_s * 3
        return 0.5 if self.how == "exponential" else self.vendor.interval_s

    def ended(self, task: str, found: Any) -> Any:
        for _ in range({"polls-on": 6, "looks-again": 1}.get(self.how, 0)):
            self.sleep(self.vendor.interval_s)
            self.look(task)
        return found

    def fetch(self, found: Any) -> None:
        for url in urls_in(found):
            headers = (
                {"Authorization": f"Bearer {self.key}"} if self.how == "key-to-results" else {}
            )
            try:
                self.send(url, headers=headers, keyed=False)
            except Lost:
                raise SystemExit(1) from None


def dug(found: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        try:
            found = found[step]
        except (KeyError, IndexError, TypeError):
            return None
    return found


def parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None


def urls_in(found: Any) -> list[str]:
    """The addresses of pictures, wherever they stand."""
    text = json.dumps(found).replace('\\"', '"')
    return list(dict.fromkeys(p for p in text.split('"') if "/_results/" in p))


def with_value(**fields: Any) -> Any:
    return lambda body: {**body, **fields}


BODIES = {
    "bad-size": with_value(size="banana"),
    "count-as-text": with_value(n="two"),
    "no-model": lambda body: {k: v for k, v in body.items() if k != "model"},
    "no-prompt": lambda body: {k: v for k, v in body.items() if k != "prompt"},
    "bad-model": with_value(model="dall-e-9"),
    "long-prompt": with_value(prompt="x" * 32_001),
    "many-images": with_value(image_urls=[f"https://images.example/{n}.png" for n in range(40)]),
    "auto-at-2k": lambda body: {
        "model": "gpt-image-2-image-to-image",
        "input": {
            "prompt": PROMPT,
            "input_urls": ["https://images.example/kite.png"],
            "aspect_ratio": "auto",
            "resolution": "2K",
        },
    },
    "unknown-field": with_value(sharpness=11),
    "other-page": with_value(size="16:9", resolution="2K"),
    "all-fields": with_value(size="1:1", resolution="2k", n=1),
    "callback": with_value(callback_url="http://127.0.0.1:9/none"),
    "callback-only": with_value(callback_url="http://127.0.0.1:9/none"),
}


def main(vendor: str, base_url: str, how: str, key: str, speed: float) -> int:
    try:
        if how == "constant-key":
            for prompt in (PROMPT, "a kite"):
                client = Client(vendor, base_url, how, key, speed)
                client.vendor.body["prompt"] = prompt
                client.fetch(client.follow(client.create()))
            return 0
        client = Client(vendor, base_url, how, key, speed)
        while how == "as-many-as-fit" and client.now() < 15:
            client.fetch(client.follow(client.create()))
        if how == "as-many-as-fit":
            return 0
        times = 2 if how == "two-pictures" else 1
        tasks = [client.create() for _ in range(times)]
        if how in ("submits-only", "callback-only"):
            return 0
        for task in tasks:
            found = client.follow(task)
            if how != "no-download":
                client.fetch(found)
    except SystemExit as left:
        return int(left.code or 0)
    return 0


if __name__ == "__main__":
    name, url, *rest = sys.argv[1:]
    speed = float(os.environ.get("CONFORMANCE_SPEED", "1"))
    sys.exit(main(name, url, rest[0] if rest else "", os.environ[KEYS[name]], speed))
