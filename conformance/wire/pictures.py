"""What is this picture?"""

from __future__ import annotations

import hashlib
import warnings
from collections import OrderedDict
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING

from conformance.wire.exchange import Picture

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["inspect"]

_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")  # others have decoders that nobody here needs to trust
_REMEMBERED = 256
_seen: OrderedDict[tuple[str, int], Picture] = OrderedDict()


def inspect(body: bytes, *, max_pixels: int = 50_000_000) -> Picture:
    """
    The picture in these bytes, decoded as a whole to prove that it can be. Never raises.

    Args:
        max_pixels: A larger picture is a problem, told before a pixel of it is decoded.
    """
    sha256 = hashlib.sha256(body).hexdigest()
    key = (sha256, max_pixels)
    if key in _seen:
        _seen.move_to_end(key)
        return _seen[key]
    known = Picture(body_bytes=len(body), sha256=sha256)
    picture = _seen[key] = _not_a_picture(body, known) or _decoded(body, known, max_pixels)
    if len(_seen) > _REMEMBERED:
        _seen.popitem(last=False)
    return picture


def _not_a_picture(body: bytes, known: Picture) -> Picture | None:
    """What is told apart without Pillow, whose answer to all of it is that it cannot identify it."""
    start = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not body:
        return replace(known, problem="there is nothing in it")
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return replace(known, problem="it is a page of HTML, not a picture")
    if start.startswith((b"<?xml", b"<svg", b"<error")):
        return replace(known, problem="it is XML, not a picture")
    if start.startswith((b"{", b"[")):
        return replace(known, problem="it is JSON, not a picture")
    return None


def _decoded(body: bytes, known: Picture, max_pixels: int) -> Picture:
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of what is judged here
            with Image.open(BytesIO(body), formats=_FORMATS) as image:
                known = _described(image, known)
                return _within(image, known, max_pixels)
    except UnidentifiedImageError:
        return replace(known, problem="it is not a PNG, JPEG, WEBP or GIF picture")
    except Image.DecompressionBombError:
        return replace(known, problem="it has more pixels than can be opened safely", bounded=True)
    except Exception as error:  # noqa: BLE001 - Pillow raises anything for hostile bytes
        if _is_text_bomb(error):
            return replace(known, problem="its texts are longer than are read", bounded=True)
        what = f"the {known.format.upper()} picture" if known.format else "the picture"
        return replace(
            known, problem=f"{what} cannot be decoded: {str(error) or type(error).__name__}"
        )


def _is_text_bomb(error: Exception) -> bool:
    # Pillow's words for a PNG whose texts or profile unpack to more than it permits.
    return any(word in str(error) for word in ("MAX_TEXT", "used in text chunks"))


def _described(image: Image, known: Picture) -> Picture:
    # A JPEG with a second picture inside is an MPO to Pillow and a JPEG to everyone else.
    name = {"MPO": "JPEG"}.get(image.format or "", image.format or "")
    return replace(known, format=name.lower(), width=image.width, height=image.height)


def _within(image: Image, known: Picture, max_pixels: int) -> Picture:
    pixels = image.width * image.height
    if pixels > max_pixels:
        problem = f"it has {image.width}x{image.height} pixels, more than {max_pixels}"
        return replace(known, problem=problem, bounded=True)
    image.load()
    return known
