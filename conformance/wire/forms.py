"""How do fields and files become a form?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["multipart"]


def multipart(
    fields: Mapping[str, Any], files: Sequence[tuple[str, str, str, bytes]]
) -> tuple[bytes, str]:
    """
    Parts of a form: each field as text (what is no text as JSON), then the files.

    Source: RFC 7578.
    """
    parts = [
        (f'name="{_quoted(name)}"', "", value.encode() if isinstance(value, str) else _json(value))
        for name, value in fields.items()
    ]
    parts += [
        (f'name="{_quoted(field)}"; filename="{_quoted(name)}"', media_type, content)
        for field, name, media_type, content in files
    ]
    # From what it separates, so that the same case is the same bytes; it cannot occur in what it is made from.
    boundary = f"conformance-{hashlib.sha256(b''.join(p[2] for p in parts)).hexdigest()[:32]}"
    body = bytearray()
    for disposition, media_type, content in parts:
        body += f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n".encode()
        body += f"Content-Type: {media_type}\r\n".encode() if media_type else b""
        body += b"\r\n" + content + b"\r\n"
    body += f"--{boundary}--\r\n".encode()
    return bytes(body), f"multipart/form-data; boundary={boundary}"


def _quoted(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _json(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")
