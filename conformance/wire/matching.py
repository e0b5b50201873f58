"""
When are two requests the same, and what is different in those that nearly are?

Both are compared as they are written down, without secrets. Redaction gives equal masks to equal secrets only, so that
it neither makes requests alike nor tells them apart.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from conformance.wire.exchange import Request, header, parse_json
from conformance.wire.recordings import shown

__all__ = ["Difference", "differences", "exactly", "nearest", "parts_of_request"]

_OF_THE_CLIENT: Final = frozenset(
    ("accept", "accept-encoding", "connection", "content-length", "host", "user-agent")
)
_NAME: Final = re.compile(rb'name="([^"]*)"')
_BOUNDARY: Final = re.compile(r'boundary="?([^";]+)"?')


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One place in which two requests differ; None where one has nothing there."""

    place: str
    asked: str | None
    recorded: str | None

    def __str__(self) -> str:
        return f"{self.place}: asked {_said(self.asked)}, recorded {_said(self.recorded)}"


def exactly(request: Request) -> tuple[Any, ...]:
    """What two requests have in common that are the same to the byte, but for what says who sent them."""
    headers = ((n.lower(), v) for n, v in request.headers if n.lower() not in _OF_THE_CLIENT)
    return request.method, request.url, tuple(sorted(headers)), request.body


def parts_of_request(request: Request) -> Mapping[str, str]:
    """A request as places to texts, so that the order of fields and how a form is cut do not count."""
    url = urlsplit(request.url)
    found = {"method": request.method, "host": f"{url.scheme}://{url.netloc}", "path": url.path}
    found |= {f"query {n}": v for n, v in parse_qsl(url.query, keep_blank_values=True)}
    kind = header(request.headers, "content-type") or ""
    for name, value in request.headers:
        if name.lower() not in (*_OF_THE_CLIENT, "content-type"):
            found[f"header {name.lower()}"] = value
    if kind:
        found["header content-type"] = kind.partition(";")[0].strip().lower()
    found |= _body(request.body, kind) if request.body else {}
    return found


def differences(asked: Mapping[str, str], recorded: Mapping[str, str]) -> tuple[Difference, ...]:
    """Where two requests differ, given as `parts_of_request`."""
    return tuple(
        Difference(place=place, asked=asked.get(place), recorded=recorded.get(place))
        for place in dict.fromkeys((*asked, *recorded))
        if asked.get(place) != recorded.get(place)
    )


def _body(body: bytes, kind: str) -> Mapping[str, str]:
    boundary = _BOUNDARY.search(kind)
    if kind.lower().startswith("multipart/") and boundary is not None:
        return dict(_form(body, boundary[1].encode("latin-1", "replace")))
    try:
        value = parse_json(body)
    except ValueError:
        return {"body": body.decode("utf-8", "backslashreplace")}
    return dict(_leaves("body", value))


def _form(body: bytes, boundary: bytes) -> Iterator[tuple[str, str]]:
    for part in body.split(b"--" + boundary)[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        named = _NAME.search(head)
        name = named[1].decode("utf-8", "backslashreplace") if named else ""
        yield f"body.{name}", content.removesuffix(b"\r\n").decode("utf-8", "backslashreplace")


def _leaves(place: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _leaves(f"{place}.{name}", inner)
    elif isinstance(value, list) and value:
        for number, inner in enumerate(value):
            yield from _leaves(f"{place}[{number}]", inner)
    else:
        yield place, json.dumps(value, ensure_ascii=False)


def _said(text: str | None) -> str:
    return "nothing" if text is None else shown(text)


def nearest(
    asked: Mapping[str, str], recorded: Sequence[Mapping[str, str]], most: int
) -> list[tuple[int, tuple[Difference, ...]]]:
    """The numbers of the recordings that differ least, nearest first, of the same method and path where there are any."""
    found = [(number, differences(asked, each)) for number, each in enumerate(recorded)]
    return sorted(found, key=lambda pair: (_weight(pair[1]), pair[0]))[:most]


def _weight(found: Sequence[Difference]) -> int:
    """Another path is another question, however alike the rest."""
    return sum(100 if each.place in ("method", "path") else 1 for each in found)
