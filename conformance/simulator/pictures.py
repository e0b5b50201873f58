"""What does a result look like, as bytes?"""

from __future__ import annotations

import io
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["EXTENSIONS", "drawn", "media_type_of"]

EXTENSIONS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/bmp": "bmp",
}
"""The media types that can be drawn, with what a file of that type is called."""

_FORMATS = {"jpg": "JPEG"}
_LONGEST_EDGE = 8192
_PALETTE = (24, 32, 64, 240, 200, 80)


def media_type_of(documented: tuple[str, ...], wanted: Any) -> str:
    """
    The media type of a result.

    Args:
        documented: The types that results may have; empty for any.
        wanted: What the request asks for, such as "webp".
    """
    named = {"jpeg": "image/jpeg", **{ext: kind for kind, ext in EXTENSIONS.items()}}
    asked = named.get(str(wanted).lower().removeprefix("image/")) if wanted else None
    if asked and (not documented or asked in documented):
        return asked
    return next((kind for kind in documented if kind in EXTENSIONS), "image/png")


@lru_cache(maxsize=256)
def drawn(width: int, height: int, seed: int, media_type: str = "image/png") -> bytes:
    """A picture of that size: two colours, a bar whose place tells the seed. The same bytes each time."""
    width, height = (min(max(edge, 1), _LONGEST_EDGE) for edge in (width, height))
    kind = EXTENSIONS.get(media_type, "png")
    image = _bar(width, height, seed)
    kept = image if kind in ("png", "gif", "bmp") else image.convert("RGB")
    options: dict[str, Any] = {"bits": 1, "compress_level": 1} if kind == "png" else {}
    out = io.BytesIO()
    kept.save(out, _FORMATS.get(kind, kind.upper()), **options)
    return out.getvalue()


def _bar(width: int, height: int, seed: int) -> Image:
    # Only a download needs Pillow, and importing it takes longer than most runs.
    from PIL import Image

    image = Image.new("P", (width, height), 0)
    image.putpalette(_PALETTE)
    left = seed * 37 % max(1, width - width // 8)
    image.paste(1, (left, 0, left + max(1, width // 8), height))
    return image
