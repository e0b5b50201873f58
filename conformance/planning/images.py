"""Which reference images may a plan name?"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEFAULT_IMAGES", "NO_IMAGES", "Images"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """
    URLs of reference images. `reference` can be fetched by the target, `unreachable` cannot ("" for none).

    `by_type` maps a media type to a URL whose picture has that type, where one is known.
    """

    reference: tuple[str, ...] = ()
    unreachable: str = ""
    by_type: tuple[tuple[str, str], ...] = ()


_HOST = "https://images.example"

DEFAULT_IMAGES = Images(
    reference=(f"{_HOST}/reference.png",),
    unreachable="https://unreachable.invalid/reference.png",
    by_type=(
        ("image/png", f"{_HOST}/reference.png"),
        ("image/jpeg", f"{_HOST}/reference.jpg"),
        ("image/webp", f"{_HOST}/reference.webp"),
        ("image/gif", f"{_HOST}/reference.gif"),
    ),
)
"""For the embedded simulator and loopback targets, which fetch nothing."""

NO_IMAGES = Images()
