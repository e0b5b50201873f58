"""How does a line of JSON become an entry of a record, its types checked?"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from conformance.contract.model import ABSENT
from conformance.results.cases import Case, Cost, Feature, Send, Witness
from conformance.results.entries import (
    RECORD_FORMAT,
    Answered,
    Asked,
    CaseOutcome,
    Entry,
    Footer,
    Header,
    Listening,
    Noted,
    Planned,
    Resumed,
    Skipped,
)
from conformance.results.outcome import Target
from conformance.results.verdicts import Verdict
from conformance.wire.exchange import Picture, Reply, Request

__all__ = ["Malformed", "decode"]


class Malformed(Exception):
    """A line is no entry. The message says what was found and what was expected."""


def decode(line: bytes) -> Entry:
    """
    The entry on one line.

    Raises:
        Malformed: It is none.
    """
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"found no JSON ({error})") from error
    if not isinstance(raw, dict):
        raise Malformed(f"found {_words(raw)}, expected an object")
    decoder = _DECODERS.get(str(raw.get("line")))
    if decoder is None:
        raise Malformed(f"found a line {raw.get('line')!r}, expected one of {', '.join(_DECODERS)}")
    return decoder(_Fields(raw))


_NUMBER = (int, float)


class _Fields:
    """One JSON object of a record, whose fields are checked as they are read."""

    def __init__(self, raw: Mapping[str, Any], where: str = "") -> None:
        self._raw = raw
        self._where = where

    def value(self, name: str) -> Any:
        """The field as it is; it must be there."""
        if name not in self._raw:
            raise Malformed(f"found no {self._where}{name}")
        return self._raw[name]

    def text(self, name: str) -> str:
        return cast(str, self._of_type(name, (str,), "a text"))

    def number(self, name: str) -> float:
        return cast(float, self._of_type(name, _NUMBER, "a number"))

    def whole(self, name: str) -> int:
        return cast(int, self._of_type(name, (int,), "a whole number"))

    def flag(self, name: str) -> bool:
        return cast(bool, self._of_type(name, (bool,), "true or false"))

    def inner(self, name: str) -> _Fields:
        return _Fields(self.mapping(name), f"{self._where}{name}.")

    def mapping(self, name: str) -> dict[str, Any]:
        return cast(dict[str, Any], self._of_type(name, (dict,), "an object"))

    def texts(self, name: str) -> tuple[str, ...]:
        return self._texts(name, self._of_type(name, (list,), "a list"))

    def word(self, name: str, words: tuple[str, ...]) -> Any:
        """One of the given words."""
        found = self.text(name)
        if found not in words:
            raise Malformed(
                f"found {self._where}{name} {found!r}, expected one of {', '.join(words)}"
            )
        return found

    def optional(self, name: str, read: Callable[[str], Any]) -> Any:
        """What `read` gives, or None where the field is null."""
        return None if self._raw.get(name) is None else read(name)

    def pairs(self, name: str) -> tuple[tuple[str, str], ...]:
        """Pairs of texts."""
        found = (self._texts(name, pair) for pair in self._lists(name))
        return tuple((first, second) for first, second in self._sized(name, found, 2))

    def witness(self, name: str) -> Witness:
        found = self.texts(name)
        ((clause, value),) = self._sized(name, [found], 2)
        return Witness(clause=clause, value=value)

    def witnesses(self, name: str) -> tuple[Witness, ...]:
        return tuple(Witness(clause=clause, value=value) for clause, value in self.pairs(name))

    def pins(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for pair in self._lists(name):
            if not (1 <= len(pair) <= 2 and isinstance(pair[0], str)):
                raise Malformed(
                    f"found {_words(pair)} in {self._where}{name}, expected a path and perhaps a value"
                )
            found[pair[0]] = pair[1] if len(pair) == 2 else ABSENT
        return found

    def cost(self, name: str) -> Cost:
        found = self.inner(name)
        return Cost(amount=found.number("amount"), unit=found.text("unit"))

    def data(self, name: str) -> bytes:
        found = self.mapping(name)
        if isinstance(found.get("text"), str):
            return _utf8(found["text"], f"{self._where}{name}")
        if isinstance(found.get("base64"), str):
            try:
                return base64.b64decode(found["base64"], validate=True)
            except (binascii.Error, ValueError) as error:
                raise Malformed(
                    f"found {self._where}{name} that is not Base64 ({error})"
                ) from error
        raise Malformed(f"found {_words(found)} as {self._where}{name}, expected a text or Base64")

    def features(self, name: str) -> tuple[Feature, ...]:
        return tuple(
            Feature(
                witness=f.witness("witness"), pins=f.pins("pins"), presumes=f.witnesses("presumes")
            )
            for f in self._inners(name)
        )

    def files(self, name: str) -> tuple[tuple[str, str, str, bytes], ...]:
        return tuple(
            (f.text("field"), f.text("name"), f.text("type"), f.data("content"))
            for f in self._inners(name)
        )

    def _inners(self, name: str) -> list[_Fields]:
        items = self._of_type(name, (list,), "a list")
        if not all(isinstance(item, dict) for item in items):
            raise Malformed(f"found {_words(items)} as {self._where}{name}, expected objects")
        return [_Fields(item, f"{self._where}{name}[].") for item in items]

    def _of_type(self, name: str, types: tuple[type, ...], expected: str) -> Any:
        found = self.value(name)
        # True is an int in Python, but not in JSON.
        if not isinstance(found, types) or (isinstance(found, bool) and bool not in types):
            raise Malformed(f"found {_words(found)} as {self._where}{name}, expected {expected}")
        return found

    def _texts(self, name: str, found: Any) -> tuple[str, ...]:
        if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
            raise Malformed(f"found {_words(found)} as {self._where}{name}, expected texts")
        return tuple(found)

    def _lists(self, name: str) -> list[list[Any]]:
        found = self._of_type(name, (list,), "a list")
        if not all(isinstance(item, list) for item in found):
            raise Malformed(f"found {_words(found)} as {self._where}{name}, expected lists")
        return cast(list[list[Any]], found)

    def _sized(
        self, name: str, found: Iterable[tuple[str, ...]], size: int
    ) -> Iterable[tuple[str, ...]]:
        for item in found:
            if len(item) != size:
                raise Malformed(
                    f"found {_words(list(item))} in {self._where}{name}, expected {size} texts"
                )
            yield item


def _words(value: Any) -> str:
    text = json.dumps(value, default=repr)
    return text if len(text) <= 60 else f"{text[:50]}..."


def _utf8(text: str, name: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Malformed(f"found half a character in {name}") from error


def _to_header(f: _Fields) -> Header:
    f.word("format", (RECORD_FORMAT,))
    target = f.inner("target")
    return Header(
        vendor=f.text("vendor"),
        contract_digest=f.text("contract_digest"),
        contract_file=f.text("contract_file"),
        target=Target(
            kind=target.text("kind"),
            base_url=target.text("base_url"),
            loopback=target.flag("loopback"),
        ),
        tool=f.text("tool"),
        seed=f.whole("seed"),
        started=f.text("started"),
        options=f.mapping("options"),
        cassette=f.optional("cassette", f.mapping) or {},
        # Records of earlier versions have none of these.
        run=f.optional("run", f.text) or "",
        pid=f.optional("pid", f.whole) or 0,
        contract_text=f.optional("contract_text", f.text) or "",
    )


def _to_resumed(f: _Fields) -> Resumed:
    return Resumed(
        resumed=f.text("resumed"),
        pid=f.whole("pid"),
        dropped=f.texts("dropped"),
        cases=f.texts("cases"),
    )


def _to_listening(f: _Fields) -> Listening:
    return Listening(port=f.whole("port"))


def _to_case(f: _Fields) -> Case:
    return Case(
        id=f.text("id"),
        operation=f.text("operation"),
        send=_to_send(f.inner("send")),
        expect=f.word("expect", ("accepted", "refused", "refused-or-failed", "either", "answered")),
        title=f.text("title"),
        model=f.text("model"),
        witnesses=f.witnesses("witnesses"),
        breaks=f.optional("breaks", f.witness),
        cause=f.text("cause"),
        refused_at=f.word("refused_at", ("create", "anywhere")),
        features=f.features("features"),
        combinations=f.optional("combinations", f.witnesses) or (),
        assignment=f.pins("assignment"),
        neighbours=f.witnesses("neighbours"),
        needs_task=f.text("needs_task"),
        repeats=f.text("repeats"),
        billed=f.whole("billed"),
        cost=f.cost("cost"),
        worst_cost=f.cost("worst_cost"),
        needs=f.texts("needs"),
        parent=f.text("parent"),
        again=f.optional("again", f.text) or "",
        found=f.optional("found", f.text) or "",
    )


def _to_send(f: _Fields) -> Send:
    return Send(
        operation=f.text("operation"),
        method=f.text("method"),
        path=f.text("path"),
        query=f.pairs("query"),
        headers=f.pairs("headers"),
        body=f.value("body"),
        raw=f.optional("raw", f.data),
        files=f.files("files"),
        content_type=f.text("content_type"),
        key=f.word("key", ("right", "wrong", "missing")),
        scheme=f.text("scheme"),
    )


def _to_planned(f: _Fields) -> Planned:
    required, left_out = f.inner("required"), f.inner("left_out")
    unplanned, dialect = f.inner("unplanned"), f.inner("dialect")
    return Planned(
        vendor=f.text("vendor"),
        strength=f.whole("strength"),
        cases=f.texts("cases"),
        required={clause: required.texts(clause) for clause in f.mapping("required")},
        left_out={clause: left_out.texts(clause) for clause in f.mapping("left_out")},
        unplanned={clause: unplanned.text(clause) for clause in f.mapping("unplanned")},
        lower_bound=f.whole("lower_bound"),
        probe=f.text("probe"),
        dialect={dispute: dialect.text(dispute) for dispute in f.mapping("dialect")},
    )


def _to_asked(f: _Fields) -> Asked:
    request = Request(
        method=f.text("method"), url=f.text("url"), headers=f.pairs("headers"), body=f.data("body")
    )
    return Asked(
        id=f.text("id"),
        case=f.text("case"),
        phase=f.text("phase"),
        request=request,
        started_s=f.number("started_s"),
        facts=f.optional("facts", f.mapping) or {},
    )


def _to_answered(f: _Fields) -> Answered:
    return Answered(
        id=f.text("id"),
        reply=f.optional("status", lambda _: _to_reply(f)),
        failure=f.optional("failure", f.text),
        sent=f.flag("sent"),
        picture=f.optional("picture", lambda name: _to_picture(f.inner(name))),
        elapsed_s=f.number("elapsed_s"),
    )


def _to_reply(f: _Fields) -> Reply:
    return Reply(
        status=f.whole("status"),
        headers=f.pairs("headers"),
        body=f.data("body"),
        truncated=f.flag("truncated"),
    )


def _to_picture(f: _Fields) -> Picture:
    return Picture(
        format=f.optional("format", f.text),
        width=f.optional("width", f.whole),
        height=f.optional("height", f.whole),
        body_bytes=f.whole("body_bytes"),
        sha256=f.text("sha256"),
        problem=f.optional("problem", f.text),
        bounded=bool(f.optional("bounded", f.flag)),
    )


def _to_outcome(f: _Fields) -> CaseOutcome:
    return CaseOutcome(
        case=f.text("case"),
        kind=f.text("kind"),
        code=f.whole("code"),
        task_id=f.text("task_id"),
        billed=f.whole("billed"),
        cost=f.number("cost"),
        facts=f.mapping("facts"),
    )


def _to_skipped(f: _Fields) -> Skipped:
    return Skipped(
        case=f.text("case"),
        reason=f.text("reason"),
        capped=f.flag("capped"),
        detail=f.optional("detail", f.text) or "",
    )


def _to_noted(f: _Fields) -> Noted:
    return Noted(text=f.text("text"))


def _to_verdict(f: _Fields) -> Verdict:
    return Verdict(
        clause=f.text("clause"),
        verdict=f.word("verdict", ("conforms", "violates", "inconclusive", "untested")),
        reason=f.text("reason"),
        message=f.text("message"),
        follows=f.text("follows"),
        exchanges=f.texts("exchanges"),
    )


def _to_footer(f: _Fields) -> Footer:
    return Footer(
        requests=f.whole("requests"),
        billed=f.whole("billed"),
        cost=f.cost("cost"),
        seconds=f.number("seconds"),
        finished=f.flag("finished"),
    )


_DECODERS: dict[str, Callable[[_Fields], Entry]] = {
    "header": _to_header,
    "resumed": _to_resumed,
    "listening": _to_listening,
    "case": _to_case,
    "planned": _to_planned,
    "asked": _to_asked,
    "answered": _to_answered,
    "outcome": _to_outcome,
    "skipped": _to_skipped,
    "note": _to_noted,
    "verdict": _to_verdict,
    "footer": _to_footer,
}
