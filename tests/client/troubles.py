"""What can go wrong on the wire between a client and a vendor: each trouble is one named function."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from conformance.client.steps import Answer, Ask
from conformance.wire.exchange import Reply
from tests.client.world import World

__all__ = ["TROUBLES", "Trouble"]

Trouble = Callable[[World, Ask], Answer | None]


def _said(status: int, body: bytes, *headers: tuple[str, str]) -> Answer:
    return Answer(reply=Reply(status=status, headers=headers, body=body))


def throttled(world: World, ask: Ask) -> Answer:
    return _said(429, b'{"error": "slow down"}', ("retry-after", "2"))


def throttled_long(world: World, ask: Ask) -> Answer:
    return _said(429, b"{}", ("retry-after", "55"))


def failed_before(world: World, ask: Ask) -> Answer:
    """500, and nothing was done."""
    return _said(500, b'{"error": {"message": "oops"}}')


def failed_after(world: World, ask: Ask) -> Answer:
    """500, though it was done."""
    world.vendor(ask)
    return _said(500, b"{}")


def gateway_before(world: World, ask: Ask) -> Answer:
    return _said(504, b"<html><title>504</title></html>", ("content-type", "text/html"))


def gateway_after(world: World, ask: Ask) -> Answer:
    world.vendor(ask)
    return _said(504, b"<html><title>504</title></html>", ("content-type", "text/html"))


def not_connected(world: World, ask: Ask) -> Answer:
    return Answer(failure="no connection", sent=False)


def reset_before(world: World, ask: Ask) -> Answer:
    """Lost on its way: the client cannot know that."""
    return Answer(failure="reset")


def reset_after(world: World, ask: Ask) -> Answer:
    world.vendor(ask)
    return Answer(failure="reset")


def timed_out(world: World, ask: Ask) -> Answer:
    world.vendor(ask)
    world.clock.advance(ask.timeout_s)
    return Answer(failure="timeout")


def slow(world: World, ask: Ask) -> Answer:
    world.clock.advance(ask.timeout_s * 0.9)
    return world.vendor(ask)


def cut(world: World, ask: Ask) -> Answer:
    """The reply ends in its middle, and nobody notices on the wire."""
    found = world.vendor(ask)
    if found.reply is None:
        return found
    return Answer(reply=replace(found.reply, body=found.reply.body[: len(found.reply.body) // 2]))


def too_long(world: World, ask: Ask) -> Answer:
    found = world.vendor(ask)
    if found.reply is None:
        return found
    return Answer(reply=replace(found.reply, body=found.reply.body[:10], truncated=True))


def page(world: World, ask: Ask) -> Answer:
    """200 and a page of HTML, though it was done."""
    world.vendor(ask)
    return _said(200, b"<!doctype html><p>Please log in", ("content-type", "text/html"))


def wrong_type(world: World, ask: Ask) -> Answer:
    """The right JSON, called a page."""
    found = world.vendor(ask)
    if found.reply is None:
        return found
    headers = (("content-type", "text/html; charset=utf-8"),)
    return Answer(reply=replace(found.reply, headers=headers))


def nothing(world: World, ask: Ask) -> Answer:
    world.vendor(ask)
    return _said(200, b"")


def other_json(world: World, ask: Ask) -> Answer:
    world.vendor(ask)
    return _said(200, b'[1, "two", null]')


def empty_object(world: World, ask: Ask) -> Answer:
    world.vendor(ask)
    return _said(200, b"{}")


def emptied(world: World, ask: Ask) -> Answer:
    """Every list in the reply is empty: a success without pictures."""
    found = world.vendor(ask)
    if found.reply is None or not found.reply.body.startswith(b"{"):
        return found
    document = _without_lists(json.loads(found.reply.body))
    return Answer(reply=replace(found.reply, body=json.dumps(document).encode()))


def _without_lists(value: object) -> object:
    if isinstance(value, dict):
        return {k: _without_lists(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_without_lists(v) for v in value if isinstance(v, dict)]
    return (
        json.dumps({"resultUrls": []})
        if isinstance(value, str) and "resultUrls" in value
        else value
    )


def unknown_state(world: World, ask: Ask) -> Answer | None:
    """A state that no document knows."""
    found = world.vendor(ask)
    if found.reply is None or ask.creates:
        return found
    body = found.reply.body
    for state in world.contract.states:
        body = body.replace(json.dumps(state.value).encode(), b'"paused"')
    return Answer(reply=replace(found.reply, body=body))


def repeated(world: World, ask: Ask) -> Answer:
    """What was answered to the same question before: a cache, or states out of order."""
    key = (ask.request.method, ask.request.url)
    seen = world.remembered.get(key)
    if seen is None or ask.creates:
        found = world.vendor(ask)
        world.remembered[key] = found
        return found
    return seen


def another_task(world: World, ask: Ask) -> Answer:
    """The reply about another task."""
    others = [a for url, a in world.told.items() if url != ask.request.url]
    return world.vendor(ask) if ask.creates or not others else others[-1]


def gone(world: World, ask: Ask) -> Answer | None:
    """What creates nothing is not there."""
    return None if ask.creates else _said(404, b"<html>Not Found</html>")


def forbidden(world: World, ask: Ask) -> Answer:
    return _said(403, b'{"error": {"message": "no"}}')


def redirected(world: World, ask: Ask) -> Answer:
    return _said(302, b"", ("location", "http://169.254.169.254/latest"))


def key_repeated(world: World, ask: Ask) -> Answer:
    """The key, in the message of a refusal."""
    value = dict(world.talk.key.on(ask).headers).get("Authorization", "Bearer none")
    body = json.dumps({"error": {"message": f"invalid key {value}", "code": "invalid_api_key"}})
    return world.talk.key.hidden(_said(401, body.encode(), ("x-echo", value)), ask)


TROUBLES: dict[str, Trouble] = {
    each.__name__: each
    for each in (
        throttled,
        throttled_long,
        failed_before,
        failed_after,
        gateway_before,
        gateway_after,
        not_connected,
        reset_before,
        reset_after,
        timed_out,
        slow,
        cut,
        too_long,
        page,
        wrong_type,
        nothing,
        other_json,
        empty_object,
        emptied,
        unknown_state,
        repeated,
        another_task,
        gone,
        forbidden,
        redirected,
        key_repeated,
    )
}
