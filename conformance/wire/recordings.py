"""
What is a recorded interaction, and how does it stand in vcrpy's format?

`cassettes` reads and writes the files; here is what the tree of such a file means (`interactions` makes one). What is
ours stands where vcrpy does not look: under `metadata.conformance` of the file, and under `conformance` of an
interaction. Requests without a reply, which vcrpy cannot have, and callbacks, which are no requests of ours, are kept
in that metadata.
"""

from __future__ import annotations

import difflib
import json
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, NoReturn, cast, get_args

from conformance.errors import CassetteInvalid
from conformance.wire.exchange import Exchange, Headers, Picture, Reply, Request, header
from conformance.wire.provenance import KEYS as _RUN_KEYS
from conformance.wire.provenance import Provenance, provenance_of

__all__ = [
    "FORMAT",
    "PICTURE_KEYS",
    "Cassette",
    "Kind",
    "Node",
    "Recording",
    "Shows",
    "from_tree",
    "invalid",
    "shown",
]

Kind = Literal["documented", "simulator", "url", "live"]
Shows = Literal["both", "request", "reply"]

FORMAT: Final = "conformance/cassette@1"
_MAX_BODY_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """
    One interaction. `exchange.reply` is None where none came.

    Args:
        shows: What of it is evidence: of an example that a page gives alone, the other half is made up.
        document: The id of the document that it restates, and `section` the place in it; "" where it was recorded.
        label: What it is, for a person.
    """

    exchange: Exchange
    shows: Shows = "both"
    document: str = ""
    section: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cassette:
    """
    What one file holds, in order.

    Args:
        kind: Where it comes from: the vendor's documents, the simulator, a base URL, or the vendor; None where
            somebody else recorded it.
        contract: The digest of the contract that it was recorded under; "" where none took part.
        tool: The program and version that wrote it.
        label: What is said wherever it is shown.
        run: The run that it was recorded under; None where none of ours was.
        file: The name in errors.
    """

    recordings: tuple[Recording, ...]
    vendor: str = ""
    kind: Kind | None = None
    date: str = ""
    contract: str = ""
    tool: str = ""
    seed: int | None = None
    label: str = ""
    run: Provenance | None = None
    file: str = ""

    @property
    def is_evidence(self) -> bool:
        """Whether it shows what some server did. What a page says, restated by us, shows nothing of the kind."""
        return self.kind != "documented"

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The exchanges alone."""
        return tuple(recording.exchange for recording in self.recordings)


@dataclass(slots=True)
class Node:
    """A value of the file: None, str, bytes, list of nodes, or dict of nodes by key."""

    value: Any
    at: tuple[int, int] = (1, 1)
    nodes: int = 1
    characters: int = 0
    height: int = 0


def invalid(file: str, at: tuple[int, int], problem: str) -> CassetteInvalid:
    """The error to raise about a place: `file:line:column: found ..., expected ...`, safe to print."""
    said = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in problem)
    return CassetteInvalid(f"{file}:{at[0]}:{at[1]}: {said}")


def shown(text: str) -> str:
    """A text as errors show it."""
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


# ---------------------------------------------------------------- from a tree


def from_tree(root: Node, *, file: str) -> Cassette:
    """
    The cassette that a file holds.

    Raises:
        CassetteInvalid: It is not one.
    """
    return _Reader(file).cassette(root)


_FILE_KEYS: Final = (
    "format",
    "vendor",
    "kind",
    "date",
    "contract",
    "tool",
    "seed",
    "label",
    "run",
    "unanswered",
    "callbacks",
)
_OWN_KEYS: Final = (
    *("id", "case", "phase", "shows", "document", "section", "label"),
    *("started_s", "elapsed_s", "truncated", "sent", "failure", "picture", "facts", "at"),
)
PICTURE_KEYS: Final = ("format", "width", "height", "body_bytes", "sha256", "problem")


@dataclass(frozen=True, slots=True)
class _Reader:
    """Makes a cassette of a tree. Each method reads one kind of place."""

    file: str

    def cassette(self, root: Node) -> Cassette:
        entries = self._mapping(root, "a cassette")
        interactions = entries.get("interactions")
        if interactions is None:
            self._refuse(root, "found no 'interactions' here, expected a cassette of vcrpy")
        version = entries.get("version")
        if version is not None and version.value != "1":
            self._refuse(version, f"found version {_word(version)}, expected 1")
        own = self._own_of_file(entries.get("metadata"))
        found = [self._recording(node) for node in self._list(interactions, "'interactions'")]
        aside = [
            *self._aside(own.pop("unanswered", None), "'unanswered'", answered=False),
            *self._aside(own.pop("callbacks", None), "'callbacks'", answered=True),
        ]
        for place, recording in sorted(aside, key=lambda pair: pair[0]):
            found.insert(place, recording)
        numbered = (
            recording
            if recording.exchange.id
            else replace(recording, exchange=replace(recording.exchange, id=f"e{index:04}"))
            for index, recording in enumerate(found, 1)
        )
        kind = own.get("kind")
        return Cassette(
            recordings=tuple(numbered),
            kind=self._one_of(kind, get_args(Kind)) if kind else None,
            seed=self._integer(own["seed"]) if "seed" in own else None,
            run=self._run(own["run"]) if "run" in own else None,
            file=self.file,
            **{
                n: self._text(own[n])
                for n in ("vendor", "date", "contract", "tool", "label")
                if n in own
            },
        )

    def _own_of_file(self, metadata: Node | None) -> dict[str, Node]:
        given = metadata.value if metadata is not None else None
        node = given.get("conformance") if isinstance(given, dict) else None
        if node is None:
            return {}
        own = dict(self._known(node, _FILE_KEYS))
        if "format" not in own:
            self._refuse(node, f"found no 'format' here, expected {FORMAT}")
        if own["format"].value != FORMAT:
            self._refuse(own["format"], f"found {_word(own['format'])}, expected {FORMAT}")
        return own

    def _run(self, node: Node) -> Provenance:
        words = {name: self._text(value) for name, value in self._known(node, _RUN_KEYS).items()}
        try:
            return provenance_of(words)
        except ValueError as error:
            self._refuse(node, str(error))

    def _aside(
        self, node: Node | None, what: str, *, answered: bool
    ) -> Iterator[tuple[int, Recording]]:
        """What stands in the metadata, with its place among the interactions."""
        for item in self._list(node, what) if node else ():
            recording = self._recording(item, answered=answered)
            own = self._own(self._mapping(item, "a request"))
            yield self._integer(own["at"]) if "at" in own else 0, recording

    def _recording(self, node: Node, *, answered: bool = True) -> Recording:
        entries = self._mapping(node, "an interaction")
        for name in ("request", "response")[: 1 + answered]:
            if name not in entries:
                self._refuse(node, f"found no '{name}' here, expected an interaction of vcrpy")
        own = self._own(entries)
        words = {n: self._text(own[n]) for n in ("id", "case", "phase") if n in own}
        about = {n: self._text(own[n]) for n in ("document", "section", "label") if n in own}
        failure = self._text(own["failure"]) if "failure" in own else None
        shows: Shows = self._one_of(own["shows"], get_args(Shows)) if "shows" in own else "both"
        exchange = Exchange(
            id=words.get("id", ""),
            case=words.get("case", ""),
            phase=words.get("phase", ""),
            request=self._request(entries["request"]),
            reply=self._reply(entries["response"], own) if answered else None,
            failure=failure,
            sent=self._flag(own.get("sent"), usual=True),
            picture=self._picture(own.get("picture")),
            started_s=self._seconds(own.get("started_s")),
            elapsed_s=self._seconds(own.get("elapsed_s")),
            facts=self._facts(own.get("facts")),
        )
        return Recording(exchange=exchange, shows=shows, **about)

    def _own(self, entries: Mapping[str, Node]) -> Mapping[str, Node]:
        node = entries.get("conformance")
        return self._known(node, _OWN_KEYS) if node is not None else {}

    def _request(self, node: Node) -> Request:
        entries = self._mapping(node, "a request")
        for name in ("method", "uri"):
            if name not in entries:
                self._refuse(node, f"found no '{name}' here, expected a request of vcrpy")
        return Request(
            method=self._text(entries["method"]),
            url=self._text(entries["uri"]),
            headers=self._headers(entries.get("headers")),
            body=self._bytes(entries.get("body")),
        )

    def _reply(self, node: Node, own: Mapping[str, Node]) -> Reply:
        entries = self._mapping(node, "a response")
        status = self._mapping(entries.get("status", node), "a status")
        if "code" not in status:
            self._refuse(node, "found no 'code' of a status here, expected a response of vcrpy")
        headers = self._headers(entries.get("headers"))
        body = entries.get("body")
        held = (
            self._mapping(body, "a body").get("string") if body and body.value is not None else None
        )
        return _decoded(
            Reply(
                status=self._integer(status["code"]),
                headers=headers,
                body=self._bytes(held),
                truncated=self._flag(own.get("truncated"), usual=False),
            )
        )

    def _headers(self, node: Node | None) -> Headers:
        if node is None or node.value is None:
            return ()
        pairs: list[tuple[str, str]] = []
        for name, values in self._mapping(node, "headers").items():
            several = values.value if isinstance(values.value, list) else [values]
            pairs += [(name, self._text(value)) for value in several]
        return tuple(pairs)

    def _picture(self, node: Node | None) -> Picture | None:
        if node is None:
            return None
        own = self._known(node, PICTURE_KEYS)
        numbers = {n: self._integer(own[n]) for n in ("width", "height", "body_bytes") if n in own}
        words = {n: self._text(own[n]) for n in ("format", "sha256", "problem") if n in own}
        return Picture(**cast("dict[str, Any]", numbers | words))

    def _facts(self, node: Node | None) -> Mapping[str, Any]:
        if node is None:
            return {}
        try:
            facts = json.loads(self._text(node))
        except (ValueError, RecursionError):
            facts = None
        if not isinstance(facts, dict):
            self._refuse(node, f"found {_word(node)}, expected a JSON object")
        return facts

    # --- single values

    def _known(self, node: Node, names: Sequence[str]) -> Mapping[str, Node]:
        entries = self._mapping(node, "a mapping")
        for name, value in entries.items():
            if name not in names:
                close = difflib.get_close_matches(name[:60], names, n=1)
                hint = f" (did you mean '{close[0]}'?)" if close else ""
                self._refuse(
                    value,
                    f"found unknown key {shown(name)}, expected one of {', '.join(names)}{hint}",
                )
        return entries

    def _mapping(self, node: Node, what: str) -> Mapping[str, Node]:
        if not isinstance(node.value, dict):
            self._refuse(node, f"found {_word(node)}, expected {what} as a mapping")
        return node.value

    def _list(self, node: Node, what: str) -> Sequence[Node]:
        if not isinstance(node.value, list):
            self._refuse(node, f"found {_word(node)}, expected {what} as a list")
        return node.value

    def _text(self, node: Node) -> str:
        if node.value is None:
            return ""
        if not isinstance(node.value, str):
            self._refuse(node, f"found {_word(node)}, expected text")
        return node.value

    def _one_of(self, node: Node, words: Sequence[str]) -> Any:
        if node.value not in words:
            self._refuse(node, f"found {_word(node)}, expected one of {', '.join(words)}")
        return node.value

    def _integer(self, node: Node) -> int:
        text = self._text(node)
        if not (text.isascii() and text.isdigit() and len(text) < 16):
            self._refuse(node, f"found {_word(node)}, expected a whole number")
        return int(text)

    def _seconds(self, node: Node | None) -> float:
        if node is None:
            return 0.0
        try:
            seconds = float(self._text(node))
        except ValueError:
            seconds = math.nan
        if not math.isfinite(seconds):
            self._refuse(node, f"found {_word(node)}, expected a number of seconds")
        return seconds

    def _flag(self, node: Node | None, *, usual: bool) -> bool:
        return usual if node is None else self._one_of(node, ("true", "false")) == "true"

    def _bytes(self, node: Node | None) -> bytes:
        if node is None or node.value is None:
            return b""
        if isinstance(node.value, bytes):
            return node.value
        return self._text(node).encode("utf-8", "surrogatepass")

    def _refuse(self, node: Node, problem: str) -> NoReturn:
        raise invalid(self.file, node.at, problem)


def _word(node: Node) -> str:
    match node.value:
        case None:
            return "nothing"
        case str():
            return shown(node.value)
        case bytes():
            return "bytes"
        case dict():
            return "a mapping"
    return "a list"


def _decoded(reply: Reply) -> Reply:
    """vcrpy keeps bodies as they came; in an exchange they are decoded, to at most as much as a file may hold."""
    if (header(reply.headers, "content-encoding") or "").strip().lower() not in (
        "gzip",
        "x-gzip",
        "deflate",
    ):
        return reply
    inflate = zlib.decompressobj(32 + zlib.MAX_WBITS)
    try:
        body = inflate.decompress(reply.body, _MAX_BODY_BYTES)
    except zlib.error:
        return reply  # vcrpy was told to decode it and kept the header
    return replace(reply, body=body, truncated=reply.truncated or bool(inflate.unconsumed_tail))
