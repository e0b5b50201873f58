"""What is wrong with one OpenAPI or Arazzo document, and between it and those beside it?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conformance.contract.forgiving import Note
from conformance.errors import ContractInvalid
from conformance.notations.arazzo_linking import check_arazzo
from conformance.notations.flaws import Flaw, Flaws
from conformance.notations.foreign import Foreign, Kind, load_foreign
from conformance.notations.openapi_linking import check_openapi

__all__ = ["Linked", "lint_document", "lint_file"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """What was found in one document; `invalid` says why it could not be read."""

    file: str
    kind: Kind | None = None
    version: str = ""
    flaws: tuple[Flaw, ...] = ()
    notes: tuple[Note, ...] = ()
    invalid: ContractInvalid | None = None


def lint_file(path: str) -> Linked:
    """Everything that is wrong with the document in a file; documents that a workflow names are read beside it."""
    try:
        document = load_foreign(path)
    except ContractInvalid as invalid:
        return Linked(file=path, invalid=invalid)
    return lint_document(document, _sources(document, Path(path).parent))


def lint_document(document: Foreign, sources: dict[str, Foreign | None] | None = None) -> Linked:
    """
    Everything that is wrong with a document.

    Args:
        sources: The OpenAPI documents that a workflow names, by their name there.
    """
    flaws = Flaws(document)
    if document.kind == "arazzo":
        check_arazzo(document, sources or {}, flaws)
    else:
        check_openapi(document, flaws)
    return Linked(
        file=document.file,
        kind=document.kind,
        version=str(document.root.get(document.kind)),
        flaws=flaws.found(),
        notes=document.notes,
    )


def _sources(document: Foreign, folder: Path) -> dict[str, Foreign | None]:
    listed: Any = document.root.get("sourceDescriptions")
    found: dict[str, Foreign | None] = {}
    for source in listed if isinstance(listed, list) else ():
        if isinstance(source, dict):
            found[str(source.get("name"))] = _beside(folder, source.get("url"))
    return found


def _beside(folder: Path, url: Any) -> Foreign | None:
    """The document of an address that is a file below the folder; nothing is fetched, and nothing read elsewhere."""
    if not isinstance(url, str) or urlsplit(url).scheme or url.startswith(("/", "//")):
        return None
    path = (folder / url).resolve()
    if not path.is_relative_to(folder.resolve()):
        return None
    try:
        read = load_foreign(str(path))
    except ContractInvalid:
        return None
    return read if read.kind == "openapi" else None
