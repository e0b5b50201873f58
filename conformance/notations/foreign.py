"""
Which document of another notation is this, and what stands where in it?

Nothing is ever fetched: a reference out of the file is followed only to a file beside it, and only where asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

from conformance.contract.forgiving import Note, read_forgiving, read_forgiving_file
from conformance.contract.located import Located
from conformance.contract.wording import shown
from conformance.errors import ContractInvalid

__all__ = [
    "METHODS",
    "Foreign",
    "Kind",
    "kind_of",
    "list_of",
    "load_foreign",
    "mapping_of",
    "pointer_of",
    "read_foreign",
]

Kind = Literal["openapi", "arazzo"]
Steps = tuple[str | int, ...]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_MARKS = ("openapi", "swagger", "arazzo")
_MAX_HOPS = 50


@dataclass(slots=True, kw_only=True)
class Foreign:
    """One OpenAPI or Arazzo document, with the places of its values."""

    kind: Kind
    located: Located
    notes: tuple[Note, ...] = ()
    _resolved: dict[str, Any] = field(default_factory=dict)

    @property
    def file(self) -> str:
        """Its name in findings."""
        return self.located.file

    @property
    def root(self) -> dict[str, Any]:
        """The whole document."""
        value: dict[str, Any] = self.located.value
        return value

    def at(self, reference: str) -> tuple[bool, Any]:
        """Whether a `#/...` reference leads anywhere, and to what."""
        found: Any = self.root
        for step in steps_of(reference):
            if isinstance(found, dict) and step in found:
                found = found[step]
            elif isinstance(found, list) and step.isdigit() and int(step) < len(found):
                found = found[int(step)]
            else:
                return False, None
        return True, found

    def resolved(self, value: Any) -> Any:
        """What a value is once its `$ref` is followed; {} where that leads nowhere, out of the file or in a circle."""
        hops = 0
        while isinstance(value, dict) and isinstance(value.get("$ref"), str):
            reference = value["$ref"]
            hops += 1
            there, found = self.at(reference) if reference.startswith("#") else (False, None)
            if not there or hops > _MAX_HOPS:
                return {}
            beside = {k: v for k, v in value.items() if k != "$ref"}
            value = {**found, **beside} if isinstance(found, dict) and beside else found
        return value

    def operations(self) -> Iterator[tuple[Steps, str, str, dict[str, Any], dict[str, Any]]]:
        """Each operation: where it stands, its path, its method, its path item, and itself."""
        for path, item in mapping_of(self.root.get("paths")).items():
            item = self.resolved(item)
            for method, operation in mapping_of(item).items():
                if method.lower() in METHODS and isinstance(operation, dict):
                    yield ("paths", path, method), path, method.lower(), item, operation

    def parameters(self, item: Any, operation: Any) -> list[dict[str, Any]]:
        """The parameters of an operation, those of its path included unless it says otherwise."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for owner in (item, operation):
            listed = mapping_of(owner).get("parameters")
            for each in listed if isinstance(listed, list) else ():
                each = self.resolved(each)
                if isinstance(each, dict):
                    found[str(each.get("name")), str(each.get("in"))] = each
        return list(found.values())


def mapping_of(value: Any) -> dict[str, Any]:
    """The value where it is a mapping, else an empty one: anything may stand anywhere."""
    return value if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    """The value where it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def steps_of(reference: str) -> list[str]:
    """The steps of a `#/a/b` reference."""
    inner = unquote(reference.removeprefix("#")).removeprefix("/")
    return [s.replace("~1", "/").replace("~0", "~") for s in inner.split("/")] if inner else []


def pointer_of(path: Sequence[str | int]) -> str:
    """A place as a JSON Pointer."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)


def kind_of(path: str) -> Kind | None:
    """What a file is, by what stands at its root; None for anything but OpenAPI and Arazzo, and for no file."""
    try:
        value = read_forgiving_file(Path(path), marks=_MARKS).located.value
    except ContractInvalid:
        return None
    return _kind(value)


def _kind(value: Any) -> Kind | None:
    keys = value if isinstance(value, dict) else {}
    if "arazzo" in keys:
        return "arazzo"
    return "openapi" if "openapi" in keys or "swagger" in keys else None


def load_foreign(path: str) -> Foreign:
    """
    Read an OpenAPI or Arazzo document from a file.

    Raises:
        ContractInvalid: It cannot be read, or is something else.
    """
    read = read_forgiving_file(Path(path), marks=_MARKS)
    return _checked(read.located, read.notes)


def read_foreign(text: str, *, file: str) -> Foreign:
    """
    Read an OpenAPI or Arazzo document from text.

    Raises:
        ContractInvalid: It cannot be read, or is something else.
    """
    read = read_forgiving(text, file=file, marks=_MARKS)
    return _checked(read.located, read.notes)


def _checked(located: Located, notes: tuple[Note, ...]) -> Foreign:
    value = located.value
    kind = _kind(value)
    if kind is None:
        problem = (
            f"found {shown(value)}, expected a document with `openapi` or `arazzo` at its root"
        )
        raise ContractInvalid(problem, file=located.file)
    if "swagger" in value and "openapi" not in value:
        problem = f"found Swagger {shown(value['swagger'])}, expected OpenAPI 3.0 or 3.1; convert it first"
        raise ContractInvalid(problem, file=located.file)
    return Foreign(kind=kind, located=located, notes=notes)
