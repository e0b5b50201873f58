"""APIPods that call back in every way its pages permit, and those that do so wrongly in one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.hand.apipod import Apipod
from tests.hand.variation import Variants

Record = dict[str, Any]

_variants = Variants("apipod", Apipod)
PERMITTED, BROKEN = _variants.PERMITTED, _variants.BROKEN
permitted, broken, _with = _variants.permitted, _variants.broken, _variants.altered


def _body(change: Callable[[Record], Record], state: str = "") -> dict[str, Any]:
    """Callbacks, or those of one state, changed."""
    return _with("callback", lambda s, b, t, at: change(b) if state in ("", at) else b)


def _header(**values: str | None) -> dict[str, Any]:
    """Headers with other values; None leaves one out."""
    named = {name.replace("_", "-"): value for name, value in values.items()}
    return _with(
        "call_headers", lambda s, h, *a: {k: v for k, v in {**h, **named}.items() if v is not None}
    )


def _less(name: str) -> Callable[[Record], Record]:
    return lambda body: {k: v for k, v in body.items() if k != name}


def _more(**values: Any) -> Callable[[Record], Record]:
    return lambda body: {**body, **values}


# --- permitted ---


def _at_creation(self: Any, body: Record) -> str:
    """The callback comes before any poll sees the end of the task."""
    task_id = Apipod.new_task(self, body)
    task = self.tasks[task_id]
    task["called"] = True
    self.call(task, "failed" if self.fails(task) else "completed", 0.5)
    return task_id


def _cancelled(record: Record) -> Record:
    """`completed` and `failed` are reported, says the page; of `cancelled` it says nothing."""
    gone = record["status"] == "failed"
    return {"task_id": record["task_id"], "status": "cancelled"} if gone else record


permitted("times with an offset", **_body(_more(created_at="2026-08-10T17:00:00+08:00")))
permitted("times with fractions", **_body(_more(completed_at="2026-08-10T09:01:30.123456Z")))
permitted("each callback twice", copies=2)
permitted("each callback three times", copies=3)
permitted("before a poll sees the end", new_task=_at_creation)
permitted("a minute after the end", called_after_s=60.0)
permitted("a second attempt after five minutes", waits_s=(300.0,))
permitted("a second attempt at once", waits_s=(0.1,))
permitted("only two attempts", attempts=2)
permitted("more fields", **_body(_more(model="gpt-image-2", trace={"node": 7})))
permitted("more headers", **_header(x_trace_id="7f3a", x_signature="abc"))
permitted("a charset beside the type", **_header(content_type="application/json; charset=utf-8"))
permitted("without token counts", **_body(_more(usage={"cost": 0.04}), "completed"))
permitted("without usage, as the first edition", **_body(_less("usage")))
permitted("without error_code", **_body(_less("error_code")))
permitted("null for what there is not", **_body(_more(error=None, error_code=None), "completed"))
permitted("null for usage", **_body(_more(usage=None, result=None), "failed"))
permitted(
    "none for a cancelled task",
    **_with("record", lambda s, r, t: _cancelled(r)),
    call=lambda s, t, state, after_s: (
        Apipod.call(s, t, state, after_s) if state == "completed" else None
    ),
)
permitted("messages in Chinese", **_body(_more(error="生成失败"), "failed"))
permitted("a signature nobody promised", **_header(x_apipod_signature="v1=00"))


def _as_april(self: Any, task: Record, state: str) -> Any:
    """The edition of April: the data object of the status reply."""
    return {"task_id": task["id"], "status": state, **self.ending(task, state)}


permitted(
    "the data of the status, as in April",
    callback=_as_april,
    ending=lambda s, t, at: s.completed(t) if at == "completed" else s.failure(),
)


def _and_about_another(self: Any, task: Record, state: str, url: str, number: int) -> None:
    """Somebody else's callback comes to the same address first."""
    other = {**task, "id": "task-of-somebody-else"}
    body = self.call_bytes(self.callback(other, state))
    self.post("POST", url, self.call_headers(other, state, body), body)
    Apipod.attempt(self, task, state, url, number)


permitted("a callback about another task as well", attempt=_and_about_another)
permitted(
    "the address is looked at first",
    attempt=lambda s, t, at, u, n: (
        s.post("GET", u, {}, b"") if n == 1 else None,
        Apipod.attempt(s, t, at, u, n),
    )[1],
)

# The page of the model lists no callback_url (AP7): as long as nothing comes, that page is followed.
permitted("never calls back", called_states=())


def _refuses_address(self: Any, body: Any) -> str:
    asked = isinstance(body, dict) and "callback_url" in body
    return Apipod.problem(self, body) or ("callback_url is unknown" if asked else "")


permitted("refuses callback_url", problem=_refuses_address)

# --- broken ---

SENT = "callback.callback.sent"
broken("calls back only when completed", SENT, called_states=("completed",))
broken("calls back only when failed", SENT, called_states=("failed",))
broken("puts instead of posts", SENT, call_method="PUT")


broken("one attempt only", "callback.callback.attempts", attempts=1)
broken(
    "a refusal counts as taken",
    "callback.callback.attempts",
    is_taken=lambda s, status: status is not None,
)
broken(
    "only 200 acknowledges",
    "callback.callback.acknowledged",
    is_taken=lambda s, status: status == 200,
)


def _named(name: str) -> str:
    return f"callback.reply.{name}"


broken("another agent", _named("$headers.User-Agent"), **_header(user_agent="Go-http-client/1.1"))
broken("no agent", _named("$headers.User-Agent"), **_header(user_agent=None))
broken(
    "a form", "callback.contentType", **_header(content_type="application/x-www-form-urlencoded")
)
broken("no JSON", "callback.contentType", call_bytes=lambda s, b: b"completed")
broken("a list", "callback.contentType", **_with("callback", lambda s, b, *a: [b]))
broken(
    "a text that holds JSON",
    "callback.contentType",
    call_bytes=lambda s, b: json.dumps(json.dumps(b)).encode(),
)
for _name in ("task_id", "request_id", "status", "created_at", "completed_at"):
    broken(f"without {_name}", _named(_name), **_body(_less(_name)))
broken(
    "the id under another name",
    _named("task_id"),
    **_body(lambda b: {**_less("task_id")(b), "id": b["task_id"]}),
)
broken("the id of no task", _named("task_id.echo"), **_body(_more(task_id="task-unknown")))
broken("an empty request_id", _named("request_id"), **_body(_more(request_id="")))
broken(
    "another word for completed", _named("status"), **_body(_more(status="succeeded"), "completed")
)
broken(
    "failed for completed",
    _named("status"),
    **_body(_more(status="failed"), "completed"),
)
broken(
    "while it runs",
    _named("status"),
    **_with(
        "callback",
        lambda s, b, t, at: (
            {**_less("result")(_less("usage")(b)), "status": "processing"}
            if at == "completed"
            else b
        ),
    ),
)
broken("created_at in seconds", _named("created_at"), **_body(_more(created_at=1786352400)))
broken(
    "completed_at in milliseconds",
    _named("completed_at"),
    **_body(_more(completed_at=1786352490000)),
)
broken(
    "a time in words", _named("created_at.unit"), **_body(_more(created_at="10 August 2026, 9:00"))
)
broken("seconds as text", _named("completed_at.unit"), **_body(_more(completed_at="1786352490000")))
broken("no result", _named("result.completed"), **_body(_less("result")))
broken("an empty result", _named("result.completed"), **_body(_more(result=[]), "completed"))
broken(
    "result is a text",
    _named("result.completed"),
    **_body(lambda b: {**b, "result": b["result"][0]}, "completed"),
)
broken(
    "result holds objects",
    _named("result.completed"),
    **_body(lambda b: {**b, "result": [{"url": u} for u in b["result"]]}, "completed"),
)
broken(
    "error under another name",
    _named("error.failed"),
    **_body(lambda b: {**_less("error")(b), "error_message": "no"}, "failed"),
)
broken(
    "error is an object", _named("error.failed"), **_body(_more(error={"message": "no"}), "failed")
)
broken("error_code is a number", _named("error_code"), **_body(_more(error_code=7), "failed"))
broken(
    "usage of a failed task",
    _named("usage.completed.only"),
    **_body(_more(usage={"cost": 0}), "failed"),
)
broken("usage is a number", _named("usage.completed"), **_body(_more(usage=0.04), "completed"))
broken(
    "the cost is a text", _named("usage.cost"), **_body(_more(usage={"cost": "0.04"}), "completed")
)
broken(
    "token counts are texts",
    _named("usage.total_tokens"),
    **_body(_more(usage={"cost": 0.04, "total_tokens": "1100"}), "completed"),
)
