"""The paragraphs on how servers are judged, as rows: paying once, order, blame, dialects, refused, documents."""

from __future__ import annotations

import re
from typing import Any

from conformance.results.outcome import RunResult
from conformance.wire.exchange import Exchange
from tests.hand import further_toapis
from tests.hand.around import SERVERS, Ask, around, is_create
from tests.hand.rows import Try, everywhere, fine, row, wrong
from tests.hand.web import Answer

# --- the paragraphs ---


def _in_order(result: RunResult) -> list[Exchange]:
    return sorted(result.exchanges.values(), key=lambda e: e.id)


def _loses_one(server: Any, ask: Ask, answer: Answer) -> Answer:
    """The third good creation is answered with 502 although its task was made."""
    good = is_create(ask) and answer.status == 200
    server.good = getattr(server, "good", 0) + good
    return Answer(502, b"bad gateway") if good and server.good == 3 else answer


def _sent_once_more_at_the_end(result: RunResult, server: Any) -> None:
    made = [e for e in _in_order(result) if e.phase == "create"]
    lost = next(e for e in made if e.reply and e.reply.status == 502)
    again = [e for e in made if e.case == lost.case and e.id > lost.id]
    assert len(again) == 1
    assert again[0].id == made[-1].id
    # What may have been made is billed, though no reply showed it.
    assert result.billed >= server.creations


row(
    "Paying once",
    **everywhere(
        lambda vendor: Try(
            make=around(SERVERS[vendor], after=_loses_one), also=_sent_once_more_at_the_end
        )
    ),
)


def _carrier_then_refusals(result: RunResult, server: Any) -> None:
    sent = [e for e in _in_order(result) if e.phase == "create"]
    cases = {c.id: c for c in result.cases}
    kinds = [cases[e.case] for e in sent if e.case in cases]
    assert kinds[0].expect == "accepted"
    assert kinds[0].breaks is None
    probes = {"carrier", "probe"}
    paid = [n for n, c in enumerate(kinds) if c.expect == "accepted" and c.id not in probes]
    free = [n for n, c in enumerate(kinds) if c.breaks is not None and not c.repeats]
    assert max(free) < min(paid)


row(
    "Order: one carrier, then refusals, then the rest",
    **everywhere(lambda vendor: Try(make=SERVERS[vendor], also=_carrier_then_refusals)),
)


def _refuses_everything(server: Any, ask: Ask, answer: Answer) -> Answer:
    bad = Answer(400, {"error": {"code": 400, "message": "no", "type": "invalid_request_error"}})
    return bad if is_create(ask) and answer.status == 200 else answer


def _is_not_strict(result: RunResult, server: Any) -> None:
    negatives = {c.breaks.clause for c in result.cases if c.breaks and c.operation == "create"}
    kept = {v.clause for v in result.verdicts if v.verdict == "conforms"}
    assert not {c for c in negatives & kept if not re.search(r"\.auth|\.error\.", c)}
    assert server.creations == 0 or result.billed == 0


row(
    "Order: who refuses everything is not strict",
    **everywhere(
        lambda vendor: Try(
            make=around(SERVERS[vendor], after=_refuses_everything),
            blamed=frozenset((rf"{vendor}\.create\.(status\.\d+|path|error\..*)",)),
            also=_is_not_strict,
        )
    ),
)
row(
    "Blame: one clause of many in a request",
    aigptimage=wrong("aigptimage", "16:9 dropped", "image_input dead", "no 2K with 16:9"),
    apimart=wrong("apimart", "3:1 dropped", "2k dropped", "style refused"),
    apipod=wrong("apipod", "quality low dropped", "2K dropped"),
    gptimage2api=wrong("gptimage2api", "a ratio dropped", "guidanceScale 100 refused"),
    toapis=wrong("toapis", "no image_urls", "a shorter prompt"),
)
row(
    "Dialects: the words of another page",
    toapis=fine("toapis", "sizes in pixels", "ratios with 1K", "ratios with 1k"),
    apipod=fine("apipod", "the names of April"),
    apimart=fine("apimart", "2 models, 1 pictures, quality refused"),
    aigptimage=fine("aigptimage", "more ratios for text to image"),
    gptimage2api="its pages disagree about replies alone",
)


def _teapot(server: Any, ask: Ask, answer: Answer) -> Answer:
    bad = is_create(ask) and answer.status in (400, 404, 422)
    return Answer(418, answer.body, answer.headers) if bad else answer


row(
    "Refused with an undocumented status: the limit is kept, the status is not",
    **everywhere(
        lambda vendor: Try(
            make=around(SERVERS[vendor], after=_teapot),
            blamed=frozenset((rf"{vendor}\.create\.error\..*",)),
        )
    ),
)


def _troubled(server: Any, ask: Ask, answer: Answer) -> Answer:
    bad = is_create(ask) and answer.status in (400, 404, 422)
    return Answer(500, answer.body, answer.headers) if bad else answer


row(
    "Refused with a persistent 500: the limit is kept, the status is not",
    **everywhere(
        lambda vendor: Try(
            make=around(SERVERS[vendor], after=_troubled),
            blamed=frozenset((rf"{vendor}\.create\.error\..*",)),
        )
    ),
)


def _chokes(server: Any, ask: Ask) -> Ask:
    """A documented value that is always met with an error of the server."""
    if is_create(ask) and b'"21:9"' in ask.raw:
        raise Answer(500, {"error": {"code": 500, "message": "oops", "type": "server_error"}})
    return ask


row(
    "Paying once: twice 5xx beside an accepted neighbour is an answer, for valid values too",
    **everywhere(
        lambda vendor: Try(
            make=around(
                further_toapis.first.Lower if vendor == "toapis" else SERVERS[vendor],
                before=_chokes,
            ),
            blamed=frozenset((rf"{vendor}\.create\.(.*\.)?(size|aspect_?[rR]atio)\.enum",)),
        )
    ),
)
row(
    "Refused: accepted and failed later",
    aigptimage=[
        *wrong("aigptimage", "auto rule only fails later"),
        *fine("aigptimage", "4K with 1:1 fails later"),
    ],
    apimart=fine("apimart", "not a URL fails later"),
    others="its pages say that what is wrong is refused at once",
)
row(
    "Documents: where they are silent or disagree, nothing violates",
    aigptimage=fine("aigptimage", "more pages of echo", "base64 accepted by the parser"),
    apimart=fine("apimart", "the url is text", "first pending", "links of 72 hours"),
    apipod=fine("apipod", "completed_at in ms", "the names of both editions"),
    gptimage2api=fine("gptimage2api", "fields of both pages mixed", "dearer tiers"),
    toapis=fine("toapis", "names mixed", "no url at the top"),
)
