"""Which options of `check` does the plugin take, and how are they handed on?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["FLAGS", "PREFIX", "Flag", "in_our_words", "words_of"]

PREFIX = "--conformance-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """
    One option of `check` under the plugin's prefix. What it means, and whether its value is right, `check` says.

    Args:
        name: As `check` has it, without dashes in front.
        metavar: What stands for its value; "" where it takes none.
        again: It may be given several times.
    """

    name: str
    metavar: str = ""
    help: str
    again: bool = False

    @property
    def option(self) -> str:
        """As pytest takes it."""
        return f"{PREFIX}{self.name}"

    @property
    def dest(self) -> str:
        """The name of its value in pytest's options."""
        return f"conformance_{self.name.replace('-', '_')}"


FLAGS = (
    Flag(name="base-url", metavar="URL", help="ask the server there; takes one contract"),
    Flag(
        name="live", help="ask the vendors whose contracts are named themselves; this spends money"
    ),
    Flag(name="replay", help="ask nobody: cassettes answer"),
    Flag(
        name="resume",
        metavar="RECORD",
        help="go on with a run that was stopped; of one that is finished show the verdicts",
    ),
    Flag(name="max-billed", metavar="N", help="send no more than N creations that may be paid for"),
    Flag(name="budget", metavar="AMOUNT", help="send only what costs no more than that at worst"),
    Flag(name="yes", help="spend it without being asked, as where there is no terminal"),
    Flag(
        name="image-url",
        metavar="URL",
        again=True,
        help="a reference image that the target can fetch",
    ),
    Flag(
        name="callback-url", metavar="URL", help="a public address that leads to the callback port"
    ),
    Flag(name="callback-port", metavar="N", help="the port on 127.0.0.1 that takes callbacks"),
    Flag(name="save-cassettes", help="write what was sent and received, without secrets"),
    Flag(name="cassettes", metavar="PATH", help="the file or folder of cassettes"),
    Flag(name="max-age", metavar="DAYS", help="call a cassette stale that is older"),
    Flag(name="strength", metavar="N", help="how many values are tried together: 1, 2 or 3"),
    Flag(name="explore", metavar="N", help="generate N further requests after the plan"),
    Flag(name="fuzz", metavar="N", help="have Schemathesis generate N requests after that"),
    Flag(name="repeat", metavar="N", help="ask everything N times in all"),
    Flag(name="only", metavar="GLOB", help="try only clauses whose id matches; others are skipped"),
    Flag(name="concurrency", metavar="N", help="cases at the same time over the network"),
    Flag(name="poll-interval", metavar="S", help="seconds between polls, not as documented"),
    Flag(name="poll-delay", metavar="S", help="seconds before the first poll of a task"),
    Flag(name="timeout", metavar="S", help="seconds to wait for a task before giving it up"),
    Flag(name="seed", metavar="N", help="for whatever is random"),
    Flag(
        name="fail-on",
        metavar="LEVEL",
        help="must, implied or any: lesser violations are expected failures",
    ),
    Flag(
        name="baseline",
        metavar="FILE",
        help="a conformance.toml: violations that are known there are expected failures",
    ),
    Flag(name="no-baseline", help="read no such file from the working directory"),
    Flag(name="output", metavar="DIR", help="records go to DIR/records/ (default: reports)"),
)

_ANY_FLAG = re.compile(
    rf"(?<![\w-])--({'|'.join(sorted((f.name for f in FLAGS), key=len, reverse=True))})(?![\w-])"
)


def words_of(given: Any, *, but: Sequence[str] = ()) -> list[str]:
    """
    The words for `check` that pytest's options amount to.

    Args:
        given: The options, as attributes.
        but: Names that are left out.
    """
    words: list[str] = []
    for flag in FLAGS:
        value = getattr(given, flag.dest, None)
        if not value or flag.name in but:
            continue
        if not flag.metavar:
            words.append(f"--{flag.name}")
        for each in (value if flag.again else [value]) if flag.metavar else ():
            words.append(f"--{flag.name}={each}")
    return words


def in_our_words(sentence: str) -> str:
    """What `check` says, with the options as pytest takes them; commands between backticks stay as they are."""
    parts = sentence.replace("`conformance check --help`", "`pytest --help`").split("`")
    return "`".join(
        part if part.startswith("conformance ") else _ANY_FLAG.sub(rf"{PREFIX}\1", part)
        for part in parts
    )
