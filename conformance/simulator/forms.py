"""What does a multipart form hold?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from typing import Any

from conformance.compilers.jsonschema import FILE
from conformance.compilers.violation import Violation
from conformance.contract.model import Field, Operation

__all__ = ["Part", "files_violations", "form_of", "is_form", "parts_of"]

_MULTIPART = "multipart/form-data"
_MOST_PARTS = 256
_LONGEST_HEAD = 16_384
_LONGEST_BOUNDARY = 70  # RFC 2046, section 5.1.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a form; `filename` is None where it is no file."""

    name: str
    filename: str | None
    media_type: str
    content: bytes


def is_form(operation: Operation) -> bool:
    """Whether an operation takes a form in place of JSON."""
    return operation.content_type.lower() == _MULTIPART or any(
        f.schema.get("type") == FILE for f in operation.fields
    )


def parts_of(content_type: str, body: bytes) -> tuple[Part, ...]:
    """
    The parts of a form, in order.

    Raises:
        ValueError: It is none, or larger than any.

    Source: RFC 7578; RFC 2046, section 5.1.
    """
    head = Message()
    head["content-type"] = content_type.replace("\r", " ").replace("\n", " ")
    boundary = head.get_boundary() or ""
    if head.get_content_type() != _MULTIPART or not 0 < len(boundary) <= _LONGEST_BOUNDARY:
        raise ValueError(f"{content_type[:80]!r} is not {_MULTIPART} with a boundary")
    delimiter = b"\r\n--" + boundary.encode("latin-1", "replace")
    pieces = (b"\r\n" + body).split(delimiter, _MOST_PARTS + 1)[1:]
    if len(pieces) > _MOST_PARTS:
        raise ValueError(f"the form has more than {_MOST_PARTS} parts")
    found: list[Part] = []
    for piece in pieces:
        if piece.startswith(b"--"):
            return tuple(found)
        found.append(_part(piece))
    raise ValueError("the form breaks off: its closing boundary is missing")


def _part(piece: bytes) -> Part:
    _, begun, rest = piece.partition(b"\r\n")  # behind the boundary there may be padding
    head, parted, content = (b"\r\n" + rest).partition(b"\r\n\r\n")
    if not begun or not parted or len(head) > _LONGEST_HEAD:
        raise ValueError("a part of the form has no headers")
    headers = HeaderParser().parsestr(head.decode("utf-8", "replace").lstrip("\r\n"))
    name = headers.get_param("name", header="content-disposition")
    if not isinstance(name, str):
        raise ValueError("a part of the form has no name")
    return Part(
        name=name,
        filename=headers.get_filename(),
        media_type=headers.get_content_type() if "content-type" in headers else "",
        content=content,
    )


def form_of(parts: tuple[Part, ...], fields: Mapping[str, Field]) -> dict[str, Any]:
    """
    A form as a JSON object: a text as the type its field should have, a file as what is said of it.

    Of several parts of a name the first counts.
    """
    document: dict[str, Any] = {}
    for part in parts:
        described = fields.get(part.name)
        if part.filename is not None:
            value: Any = {
                "filename": part.filename,
                "media_type": _media_type(part),
                "bytes": len(part.content),
            }
        else:
            text = part.content.decode("utf-8", "replace")
            value = _typed(text, described.schema.get("type") if described else None)
        document.setdefault(part.name, value)
    return document


_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
)


def _media_type(part: Part) -> str:
    """What the content tells, else what the part says."""
    if part.content[:4] == b"RIFF" and part.content[8:12] == b"WEBP":
        return "image/webp"
    told = next((kind for magic, kind in _MAGIC if part.content.startswith(magic)), "")
    return told or part.media_type or "application/octet-stream"


def _typed(text: str, wanted: Any) -> Any:
    try:
        if wanted == "integer":
            return int(text)
        if wanted == "number":
            return float(text)
    except ValueError:
        return text
    return {"true": True, "false": False}.get(text, text) if wanted == "boolean" else text


def files_violations(
    document: Mapping[str, Any], fields: Mapping[str, Field]
) -> tuple[Violation, ...]:
    """What is wrong with the files of a form. That one is missing is said by its field's `required`."""
    found = []
    for path, described in fields.items():
        if described.schema.get("type") != FILE or path not in document:
            continue
        given = document[path]
        if not isinstance(given, dict):
            found.append(Violation(path=path, keyword="type", message=f"{path} is not a file"))
        elif described.accepts and given["media_type"] not in described.accepts:
            message = f"{path} is {given['media_type']}, expected {' or '.join(described.accepts)}"
            found.append(Violation(path=path, keyword="accepts", message=message))
    return tuple(found)
