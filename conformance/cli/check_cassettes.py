"""Which cassette does `check` replay, and where does it save one?"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.cli.output import say
from conformance.errors import CassetteInvalid, UsageError

if TYPE_CHECKING:
    from conformance.contract.model import Contract
    from conformance.results.outcome import RunResult
    from conformance.run.check import OnCassette
    from conformance.run.options import RunOptions
    from conformance.run.targets import Endpoint
    from conformance.wire.recordings import Cassette

__all__ = [
    "REPLAY",
    "check_flags",
    "is_stale",
    "keeper",
    "replay_options",
    "replayed_contracts",
]

REPLAY = "replay: nothing is sent, cassettes answer"

_FOLDER = "cassettes"
_STRONGEST_FIRST = ("live.yaml", "url.yaml", "simulator.yaml")

_OF_THE_RUN: Mapping[str, tuple[str, object]] = {
    "--strength": ("strength", "1"),
    "--explore": ("explore", 0),
    "--fuzz": ("fuzz", 0),
    "--repeat": ("repeat", 1),
    "--only": ("only", ""),
    "--seed": ("seed", 0),
    "--image-url": ("image_url", []),
    "--max-billed": ("max_billed", None),
    "--budget": ("budget", None),
    "--poll-interval": ("poll_interval", None),
    "--poll-delay": ("poll_delay", None),
    "--timeout": ("timeout", None),
}
"""Flags that decide what is asked, with what they are where nobody gave them."""

_OF_THE_TARGET: Mapping[str, tuple[str, object]] = {
    "--base-url": ("base_url", ""),
    "--live": ("live", False),
    "--callback-url": ("callback_url", None),
    "--callback-port": ("callback_port", None),
    "--save-cassettes": ("save_cassettes", False),
}


def check_flags(arguments: argparse.Namespace) -> None:
    """
    Refuse what does not go together.

    Raises:
        UsageError: It does not.
    """
    if arguments.cassettes and not (arguments.replay or arguments.save_cassettes):
        raise UsageError("--cassettes needs --replay or --save-cassettes")
    for flag in _given(arguments, _OF_THE_TARGET) if arguments.replay else ():
        raise UsageError(f"{flag} has no place beside --replay: a cassette stands for the target")


def _given(arguments: argparse.Namespace, flags: Mapping[str, tuple[str, object]]) -> list[str]:
    return [
        flag for flag, (name, usual) in flags.items() if getattr(arguments, name, usual) != usual
    ]


# --- replaying ---


def replayed_contracts(
    contracts: Sequence[Contract], arguments: argparse.Namespace
) -> list[tuple[Contract, Cassette]]:
    """
    The contracts that there are cassettes for, each with its own; of those that were named, all.

    Raises:
        CassetteInvalid: There is none, or one cannot be read.
        UsageError: It cannot be told whose it is, or flags contradict it.
    """
    found = (
        _of_file(Path(arguments.cassettes), contracts)
        if arguments.cassettes.endswith((".yaml", ".yml"))
        else _of_folders(contracts, arguments)
    )
    for _, cassette in found:
        if cassette.run is not None:
            for flag in _given(arguments, _OF_THE_RUN):
                raise UsageError(
                    f"{flag} has no place beside --replay: {cassette.file} has the options that it was recorded with"
                )
    return found


def _of_folders(
    contracts: Sequence[Contract], arguments: argparse.Namespace
) -> list[tuple[Contract, Cassette]]:
    from conformance.wire.cassettes import read_cassette

    found, looked = [], []
    for contract in contracts:
        folders = _folders(contract, arguments.cassettes)
        path = next(filter(None, map(_in_folder, folders)), None)
        looked.append(str(folders[0]))
        if path is not None:
            found.append((contract, read_cassette(path, shown_as=_shown(path))))
        elif arguments.vendors:
            raise CassetteInvalid(
                f"no cassette of {contract.vendor} in {folders[0]}: record one with"
                f" `conformance check {contract.vendor} --save-cassettes`"
            )
    if not found:
        raise CassetteInvalid(
            f"no cassettes in {', '.join(looked)}: record them with `conformance check --save-cassettes`"
        )
    return found


def _folders(contract: Contract, given: str) -> list[Path]:
    """Where cassettes of a vendor may be; those of the package last."""
    from conformance.documents.examples import examples_directory

    if given:
        return [Path(given) / contract.vendor, Path(given)]
    own = examples_directory(contract).parent
    return list(dict.fromkeys((Path(_FOLDER) / contract.vendor, own)))


def _in_folder(folder: Path) -> Path | None:
    """The cassette of a folder that says most about the vendor; of others than ours, the only one there is."""
    for name in _STRONGEST_FIRST:
        if (folder / name).is_file():
            return folder / name
    others = sorted((*folder.glob("*.yaml"), *folder.glob("*.yml")))
    if len(others) > 1:
        named = ", ".join(path.name for path in others[:5])
        raise UsageError(f"{folder} has several cassettes ({named}): name one with --cassettes")
    return others[0] if others else None


def _shown(path: Path) -> str:
    """The same for everybody, for it stands in reports."""
    parts = path.parts
    if _FOLDER in parts:
        return "/".join(parts[len(parts) - 1 - parts[::-1].index(_FOLDER) :])
    return path.name if path.is_absolute() else path.as_posix()


def _of_file(path: Path, contracts: Sequence[Contract]) -> list[tuple[Contract, Cassette]]:
    from conformance.wire.cassettes import read_cassette

    cassette = read_cassette(path, shown_as=_shown(path))
    if cassette.vendor or len(contracts) == 1:
        of = [c for c in contracts if c.vendor == cassette.vendor or len(contracts) == 1]
    else:
        hosts = {urlsplit(e.request.url).hostname for e in cassette.exchanges}
        of = [c for c in contracts if urlsplit(c.base_url).hostname in hosts]
    if len(of) != 1:
        whose = f"of {cassette.vendor}" if cassette.vendor else "of nobody that it names"
        raise UsageError(
            f"{cassette.file} is {whose}: name the vendor whose contract it is held against"
        )
    return [(of[0], cassette)]


def replay_options(cassette: Cassette, options: RunOptions) -> RunOptions:
    """
    The options that a cassette was recorded with; the user's own where it has none.

    Raises:
        CassetteInvalid: They are damaged.
    """
    from conformance.run.options import recorded_options

    if cassette.run is None:
        return options
    try:
        return recorded_options(
            cassette.run.options, seed=cassette.seed or 0, output=options.output
        )
    except CassetteInvalid as error:
        raise CassetteInvalid(f"{cassette.file}: {error}") from error


def is_stale(results: Sequence[RunResult]) -> bool:
    """Whether a continuous-integration job must not pass on these: `CI` is set, and a cassette is stale."""
    automatic = os.environ.get("CI", "").strip().lower() not in ("", "0", "false", "no")
    return automatic and any(r.replayed is not None and r.replayed.stale for r in results)


# --- saving ---


def keeper(
    contract: Contract, endpoint: Endpoint, arguments: argparse.Namespace
) -> OnCassette | None:
    """What saves the run of a vendor, where it shall be saved."""
    if not arguments.save_cassettes:
        return None
    path = _place(contract, endpoint, arguments.cassettes)

    def keep(cassette: Cassette) -> None:
        from conformance.wire.cassettes import write_cassette
        from conformance.wire.redaction import Redactor

        # The record that it is made from has no secrets any more; the key is looked for once again.
        write_cassette(path, cassette, redactor=Redactor({"key": endpoint.key}))
        say(f"{contract.vendor}: saved {path}")

    return keep


def _place(contract: Contract, endpoint: Endpoint, given: str) -> Path:
    if given.endswith((".yaml", ".yml")):
        return Path(given)
    return Path(given or _FOLDER) / contract.vendor / f"{endpoint.kind}.yaml"
