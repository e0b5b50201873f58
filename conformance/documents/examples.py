"""
Which requests and replies do a vendor's documents show?

They are restated, with values of our own, as cassettes of the kind `documented`. They say what a page says, and
nothing about what a server does: they are held against the contract, and never replayed as a vendor's answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from conformance.contract.loading import contract_names, specs_directory
from conformance.contract.model import Contract, Source
from conformance.errors import CassetteInvalid
from conformance.wire.cassettes import read_cassette
from conformance.wire.recordings import Cassette, Recording

__all__ = ["Judged", "documented", "examples_directory", "source_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """
    Whether one half of an example keeps the contract that was made from the same pages.

    `verdict`: it keeps it; it conflicts with it in a way that the contract records (`recorded` says where); or it
    conflicts, which is a fault of the transcription. `clause` is the one it breaks, "" where it keeps all.
    """

    file: str
    document: str
    section: str
    label: str
    part: Literal["request", "reply"]
    verdict: Literal["keeps", "known", "conflicts"] = "keeps"
    clause: str = ""
    message: str = ""
    recorded: str = ""


def examples_directory(contract: Contract) -> Path:
    """Where its examples are: with the contracts of this package, else beside the folder that the contract is in."""
    if contract.vendor in contract_names() and contract.file == f"specs/{contract.vendor}.yaml":
        root = specs_directory().parent
    else:
        root = Path(contract.file).resolve().parent.parent
    return root / "cassettes" / contract.vendor / "documented"


def documented(contract: Contract, directory: Path | None = None) -> tuple[Cassette, ...]:
    """
    The documented examples of a vendor, file by file; none where there is no such folder.

    Raises:
        CassetteInvalid: A file is no cassette, is of another kind or vendor, or names no document of the contract.
    """
    where = examples_directory(contract) if directory is None else directory
    found = []
    for path in sorted(where.glob("*.yaml")):
        shown_as = f"cassettes/{contract.vendor}/documented/{path.name}"
        cassette = read_cassette(path, shown_as=shown_as)
        _refuse_others(cassette, contract)
        found.append(cassette)
    return tuple(found)


def _refuse_others(cassette: Cassette, contract: Contract) -> None:
    if cassette.kind != "documented" or cassette.vendor != contract.vendor:
        what = f"{cassette.kind or 'no kind'} of {cassette.vendor or 'nobody'}"
        raise CassetteInvalid(
            f"{cassette.file}: found {what}, expected documented examples of {contract.vendor}"
        )
    known = [document.id for document in contract.documents]
    for recording in cassette.recordings:
        if recording.document not in known or not recording.section:
            place = f"{recording.document}#{recording.section}"
            raise CassetteInvalid(
                f"{cassette.file}: found the example {recording.exchange.id} of {place!r}, expected a section of"
                f" one of {', '.join(known)}"
            )


def source_of(contract: Contract, recording: Recording) -> Source:
    """The place in the documents that an example restates."""
    url = next((d.url for d in contract.documents if d.id == recording.document), "")
    return Source(document=recording.document, url=url, section=recording.section)
