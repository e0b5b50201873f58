"""How does a picture become a file?"""

from __future__ import annotations

import os
import re
import tempfile
import threading
from pathlib import Path

from conformance.client.answers import Downloaded
from conformance.contract.model import Contract
from conformance.errors import DownloadFailed, UsageError

__all__ = ["keep", "media_type_of"]

_SUFFIXES = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
}
_ONE_AT_A_TIME = threading.Lock()


def media_type_of(body: bytes) -> str:
    """The media type that the first bytes tell; "" for none that is known."""
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if body.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if body.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "image/webp"
    return ""


def keep(
    contract: Contract, body: bytes, *, url: str, folder: Path, task_id: str, number: int
) -> Downloaded:
    """
    Open a picture wholly, and write it: either all of it is there in the end, or nothing.

    Raises:
        DownloadFailed: It is no picture, is broken, or is of a type that the documents do not promise.
        UsageError: It cannot be written there.
    """
    from conformance.wire.pictures import inspect

    with _ONE_AT_A_TIME:  # it remembers what it has seen, and mutes warnings while it looks
        picture = inspect(body)
    media_type = media_type_of(body)
    if picture.problem or not media_type or not picture.width or not picture.height:
        problem = picture.problem or "it is not a PNG, JPEG, WEBP or GIF picture"
        raise DownloadFailed(f"{url}: {problem}", url=url, status=200, task_id=task_id)
    if contract.picture_types and media_type not in contract.picture_types:
        promised = " or ".join(contract.picture_types)
        problem = f"it is {media_type}, where {contract.vendor} documents {promised}"
        raise DownloadFailed(f"{url}: {problem}", url=url, status=200, task_id=task_id)
    name = f"{_plain(task_id) or contract.vendor}-{number}{_SUFFIXES[media_type]}"
    return Downloaded(
        path=_written(body, folder, name),
        url=url,
        media_type=media_type,
        width=picture.width,
        height=picture.height,
        body_bytes=len(body),
        sha256=picture.sha256,
    )


def _plain(text: str) -> str:
    """An id as a part of a file's name: a vendor chose it, and it must not choose the folder."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", text)[:100].strip("_")


def _written(body: bytes, folder: Path, name: str) -> Path:
    path = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=folder, prefix=".", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(body)
            Path(partial).replace(path)
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from error
    return path
