"""The rows of the table of how servers are judged: who does what a row permits is not accused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.results.outcome import RunResult
from tests.hand.around import SERVERS, Ask, around, changed, is_create, is_status
from tests.hand.checking import check_server
from tests.hand.rows import PERMITTED, Try, everywhere, fine, row, silent, verdicts, wrong
from tests.hand.variation import variant
from tests.hand.web import Answer

# --- the table ---

row(
    "answers a limit break with 400, or 422, or 200 and `code: 422`",
    aigptimage=fine("aigptimage", "400 for every bad parameter", "errors inside a 200"),
    apipod=fine("apipod", "errors inside a 200, as in April"),
    apimart=fine("apimart", "500 for a bad size, as the oldest page has it"),
    others="its documents allow 400 alone",
)


def _more(server: Any, ask: Ask, answer: Answer) -> Answer:
    body = answer.body
    if isinstance(body, dict):
        body = {**body, "zz_more": {"a": [1]}, "zz_null": None}
        body |= {k: {**v, "zz_more": 1} for k, v in body.items() if k == "data" and type(v) is dict}
    return Answer(answer.status, body, {**answer.headers, "x-zz-more": "yes"})


row("sends extra fields and extra headers", **silent(after=_more))
row(
    "sends messages in another language",
    aigptimage=fine("aigptimage", "messages in another language"),
    apimart=fine("apimart", "errors in another language"),
    apipod=fine("apipod", "messages in another language, more fields"),
    toapis=fine("toapis", "messages in another language"),
    gptimage2api="its page gives the words of its errors as constants",
)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    return value


def _digits(value: Any) -> Any:
    """Numbers for digits in text, but where the text is a name."""
    if not isinstance(value, dict):
        return value
    known = ("n", "numOutputs", "width", "height", "numInferenceSteps", "guidanceScale")
    return {
        k: int(v) if k in known and isinstance(v, str) and v.isdigit() else _digits(v)
        for k, v in value.items()
    }


row("takes null for omitted", **silent(before=changed(_without_nulls)))
row('takes "1" for 1', **silent(before=changed(_digits)))
row(
    "takes unknown request fields",
    **silent(before=changed(lambda b: {**b, "zz_more": 1} if isinstance(b, dict) else b)),
)
row(
    "takes 2K for 2k",
    aigptimage=fine("aigptimage", "takes lower-case tiers too"),
    apimart=fine("apimart", "takes capital tiers too"),
    apipod=fine("apipod", "tiers in lower case, too"),
    toapis=fine("toapis", "either spelling of a tier", "either spelling and the older rules"),
    gptimage2api="it has no tiers",
)


def _prompts_are_ascii(result: RunResult, server: Any) -> None:
    bodies = [raw for method, _, raw in server.requests if method == "POST" and len(raw) > 900]
    assert all(raw.isascii() and b"\\u" not in raw for raw in bodies)


row(
    "prompt limit counted in bytes or characters",
    **everywhere(lambda vendor: Try(make=SERVERS[vendor], also=_prompts_are_ascii)),
)


def _aliases_alone(*names: str) -> Callable[[RunResult, Any], None]:
    def also(result: RunResult, server: Any) -> None:
        for name in names:
            assert verdicts(result, rf"\.{name}\.alias$").popitem()[1][0] == "conforms"

    return also


row(
    "accepts a request with only an alias",
    aigptimage=[Try(make=SERVERS["aigptimage"], also=_aliases_alone("image_urls", "image_input"))],
    toapis=[Try(make=SERVERS["toapis"], also=_aliases_alone("image_urls"))],
    others="it documents no alias of a request field",
)


def _task_first(server: Any, ask: Ask) -> Ask:
    """Answers for a task that does not exist before it looks at the key."""
    if is_status(ask):
        right = {**ask.headers, "authorization": f"Bearer {server.key}"}
        polls = json.dumps(server.tasks, default=str)
        try:
            type(server).__mro__[1].handle(  # type: ignore[attr-defined]  # the server around which this is
                server, ask.method, ask.path, ask.query, right, ask.raw
            )
        except Answer as answer:
            if answer.status >= 400 or polls == json.dumps(server.tasks, default=str):
                raise
            for task in server.tasks.values():
                if json.loads(polls)[task["id"]]["polls"] < task["polls"]:
                    task["polls"] -= 1
    return ask


row("answers 404 before looking at the key", **silent(before=_task_first))
row(
    "answers an unknown id with another documented status",
    aigptimage=fine(
        "aigptimage", "an unknown id is a bad request", "an unknown id is unprocessable"
    ),
    apimart=fine("apimart", "an unknown id in other words"),
    apipod=fine("apipod", "unknown task is a bad request"),
    others="it documents one status for an unknown id",
)
for _polls in (1, 5):
    row(
        "goes from waiting straight to success" if _polls == 1 else "polls five times",
        **everywhere(lambda v, n=_polls: Try(make=variant(SERVERS[v], polls_until_done=n))),
    )


def _jumps(server: Any, ask: Ask, answer: Answer) -> Answer:
    """The progress of what runs goes up and down."""
    server.answers = getattr(server, "answers", 0) + 1
    told = json.dumps(answer.body) if is_status(ask) and isinstance(answer.body, dict) else ""
    ended = re.search(r'"(completed|success|failed|fail)"', told)
    if not told or ended:
        return answer
    moved = re.sub(r'"progress": \d+', f'"progress": {90 - server.answers % 2 * 80}', told)
    return Answer(answer.status, json.loads(moved), answer.headers)


row("progress not monotonic", **silent(after=_jumps))


def _signed(server: Any, ask: Ask, answer: Answer) -> Answer:
    server.answers = getattr(server, "answers", 0) + 1
    if not is_status(ask) or not isinstance(answer.body, dict):
        return answer
    told = re.sub(
        r"(/(?:cdn|files)/[^\"\\]+)", rf"\1?sig={server.answers}", json.dumps(answer.body)
    )
    return Answer(answer.status, json.loads(told), answer.headers)


row("result URL different on each poll (signed)", **silent(after=_signed))


def _defaults_are_shown_or_not_observable(result: RunResult, server: Any) -> None:
    for clause, (verdict, reason) in verdicts(result, r"\.default$").items():
        assert verdict == "conforms" or (verdict, reason) == ("untested", "not observable"), clause


row(
    "the default is invisible in the reply",
    **everywhere(
        lambda vendor: Try(make=SERVERS[vendor], also=_defaults_are_shown_or_not_observable)
    ),
)
row(
    "pictures: 16:9 delivered as 1672x941 where only a ratio is promised",
    aigptimage=fine("aigptimage", "ratios within two per cent"),
    apipod=fine("apipod", "ratios within two per cent"),
    apimart=[
        *fine("apimart", "the second pixels of each cell", "now these pixels, now those"),
        *wrong("apimart", "16:9 at 2k is 2560x1440"),
    ],
    toapis=wrong("toapis", "16:9 at 2K has other pixels"),
    gptimage2api="its pages promise no size of the picture",
)

_TIME = re.compile(r'("\w*(?:created|creat|complet|updat)\w*": )(\d{10,13})\b')


def _coarse(server: Any, ask: Ask, answer: Answer) -> Answer:
    """Times in whole minutes, a day behind."""
    if not isinstance(answer.body, dict):
        return answer

    def behind(found: re.Match[str]) -> str:
        unit = 1000 if len(found[2]) == 13 else 1
        return f"{found[1]}{int(found[2]) // (60 * unit) * 60 * unit - 86400 * unit}"

    told = _TIME.sub(behind, json.dumps(answer.body))
    return Answer(answer.status, json.loads(told), answer.headers)


row("fixed, skewed or coarse timestamps", **silent(after=_coarse))


def _over_http(result: RunResult, server: Any) -> None:
    urls = {e.request.url for e in result.exchanges.values() if e.phase == "download"}
    assert urls, "no result was fetched"
    assert all(url.startswith("http://127.0.0.1") for url in urls)


row(
    "result URLs are `http:` on a loopback target",
    **everywhere(lambda vendor: Try(make=SERVERS[vendor], also=_over_http)),
)


def _follows_the_example(result: RunResult, server: Any) -> None:
    followed = {v.follows for v in result.verdicts if v.clause.endswith("charge.gpt-image-2")}
    plain = check_server("gptimage2api", SERVERS["gptimage2api"]())
    said = {v.follows for v in plain.verdicts if v.clause.endswith("charge.gpt-image-2")}
    assert followed
    assert followed != said


row(
    "`creditsUsed` follows the example instead of the rule",
    gptimage2api=[
        Try(
            make=PERMITTED["gptimage2api", "charges like the example"],
            also=_follows_the_example,
        )
    ],
    others="its pages do not disagree about a price",
)


def _no_meter(pattern: str) -> Callable[[RunResult, Any], None]:
    def also(result: RunResult, server: Any) -> None:
        found = verdicts(result, pattern)
        assert found
        assert set(found.values()) == {("untested", "no meter")}, found

    return also


row(
    "no charge is visible (no meter in the reply)",
    aigptimage=[Try(make=SERVERS["aigptimage"], also=_no_meter(r"create\.charge\.\dK"))],
    toapis=[Try(make=SERVERS["toapis"], also=_no_meter(r"create\.charge\.(1K|request|account)"))],
    apimart=[
        Try(make=PERMITTED["apimart", "no costs shown"], also=_no_meter(r"status\.charge\.refund"))
    ],
    others="its replies have a meter, or its pages no price",
)


def _throttles(server: Any, ask: Ask) -> Ask:
    server.asked = getattr(server, "asked", 0) + 1
    if server.asked % 6 == 0 and (is_create(ask) or is_status(ask)):
        raise Answer(429, {"error": "slow down"}, {"retry-after": "1"})
    return ask


row("throttles with 429 now and then", **silent(before=_throttles))
row(
    "limits active tasks",
    aigptimage=fine("aigptimage", "one active task at a time"),
    apipod=fine("apipod", "one active task at a time"),
    toapis=fine("toapis", "one active task at a time"),
    others="its pages know no limit of active tasks",
)


def _elsewhere(server: Any, ask: Ask) -> Ask:
    return replace(ask, path="/elsewhere") if is_status(ask) else ask


row(
    "its status path is not the documented one (404 for its own fresh task)",
    **everywhere(
        lambda vendor: Try(
            make=around(SERVERS[vendor], before=_elsewhere),
            blamed=frozenset((f"{vendor}.status.path",)),
        )
    ),
)
row(
    "limits per model beside a wider common schema",
    gptimage2api=wrong(
        "gptimage2api",
        "nano-banana-pro takes one image less",
        "gpt-image-2 takes one more image",
        "google/nano-banana takes a longer prompt",
    ),
    apipod=wrong("apipod", "gpt-image-2-fast: prompt up to 36001", "gpt-image-2: 4:5 dropped"),
    others="it has no limits by model",
)

_CLOSED = re.compile(
    r"\.error\.(402|403|409|413|422|429|5\d\d)|moderation|policy-failure|expir|size|retry-after|ineligible-key"
)


def _closed_list(result: RunResult, server: Any) -> None:
    for clause, (_, reason) in verdicts(result, "").items():
        assert reason != "cannot be provoked" or _CLOSED.search(clause), clause


row(
    "402, 403, 429, 5xx, moderation, expiry, hosted file sizes",
    **everywhere(lambda vendor: Try(make=SERVERS[vendor], also=_closed_list)),
)
