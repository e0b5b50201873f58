"""What tests ask of a page of HTML: its elements, its data, and hostile runs to draw."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from conformance.results.cases import Case, Send
from conformance.results.outcome import RunResult, Target
from conformance.results.verdicts import Verdict
from conformance.wire.exchange import Exchange, Reply, Request
from tests.reporting.results import result_of

__all__ = ["HOSTILE", "Elements", "data_of", "elements_of", "hostile_result"]

HOSTILE = (
    "</script><script>document.title = 'owned'</script>",
    "<img src=x onerror=\"document.title = 'owned'\">",
    '"><svg onload="document.title = 1">',
    "<style>body { display: none }</style>",
    "javascript:document.title = 'owned'",
    "{{ 7 * 7 }}{% raw %}",
    "<!-- <script>",
    "\u202egnp.exe \u2066\u2028\u2029 \x1b[31m \x00",
    "]]>--></textarea></title>",
)
"""What a page must show as it is, or as escapes, and never obey."""


@dataclass
class Elements(HTMLParser):
    """Every element with its attributes, and the text of scripts and styles."""

    found: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self._within = tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self._within, data))

    def of(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        """The attributes of the elements of a kind that have these."""
        return [a for t, a in self.found if t == tag and attributes.items() <= a.items()]


def elements_of(page: str) -> Elements:
    """The page, parsed as a browser parses it."""
    parser = Elements()
    parser.feed(page)
    parser.close()
    return parser


def data_of(page: str) -> dict[str, Any]:
    """What the script of the page knows."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    told: dict[str, Any] = json.loads(found[1])
    return told


def hostile_result(target: Target | None = None) -> RunResult:
    """A run in which everything that a server can send is an attack."""
    text = "\n".join(HOSTILE)
    exchanges = [
        Exchange(
            id=f"e{number}",
            case=f"c{number}",
            phase="create",
            request=Request(
                method="POST",
                url=f"https://vendor.example/{attack}",
                headers=(("Content-Type", "application/json"),),
                body=json.dumps({"prompt": attack}).encode(),
            ),
            reply=Reply(
                status=200, headers=(("X-Evil", attack),), body=(attack * 2).encode("utf-8")
            ),
        )
        for number, attack in enumerate((*HOSTILE, "x" * 2_000_000))
    ]
    cases = [
        Case(
            id=e.case,
            operation="create",
            send=Send(operation="create", method="POST", path="/"),
            expect="accepted",
        )
        for e in exchanges
    ]
    names = tuple(e.id for e in exchanges)
    verdicts = {
        "create.input.prompt.maxLength": Verdict(
            clause="", verdict="violates", message=text, exchanges=names[:3]
        ),
        "create.input.resolution.enum": Verdict(
            clause="", verdict="violates", message=text, follows=text, exchanges=names[3:6]
        ),
        "create.path": Verdict(
            clause="", verdict="inconclusive", reason=text, exchanges=names[6:8]
        ),
        "create.input.prompt.type": Verdict(
            clause="", verdict="violates", message="z" * 100_000, exchanges=names[8:]
        ),
    }
    return result_of(
        verdicts=verdicts,
        exchanges=exchanges,
        cases=cases,
        target=target or Target(kind="live", base_url="https://vendor.example", loopback=False),
        started="2026-11-20T10:00:00+00:00",
        notes=(text,),
    )
