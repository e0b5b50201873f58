"""More variants of ToAPIs, added to those of `variants_toapis`: uploads of each type, null, pixels."""

from __future__ import annotations

from typing import Any

from tests.hand import variants_toapis as first
from tests.hand.toapis import SIZES, Toapis

permitted, broken = first.permitted, first.broken
BROKEN, PERMITTED = first.BROKEN, first.PERMITTED


def _refusing(*kinds: str) -> Any:
    """Uploads in which pictures of these types are not known as such."""

    def kind(self: Any, content: bytes) -> str:
        found = Toapis.kind(self, content)
        return "" if found in kinds else found

    return kind


# --- uploads ---

for _kind in ("image/png", "image/jpeg", "image/webp", "image/gif"):
    broken(f"{_kind} is not taken", "upload.file.accepts", kind=_refusing(_kind))

# --- replies ---

permitted("a url that is null at the top", **first._with("finished", first._more(url=None)))
permitted("a url that is null until the end", **first._with("record", lambda m: {"url": None, **m}))
permitted(
    "nothing is null that may be missing",
    **first._with("record", lambda m: {"client_business_id": None, "completed_at": None, **m}),
)

# --- pixels ---

for _size, _tier, _pixels in (
    ("1:1", "1K", (1280, 1280)),
    ("3:2", "1K", (1600, 1066)),
    ("16:9", "2K", (2560, 1440)),
    ("16:9", "4K", (3840, 2400)),
    ("9:21", "4K", (1280, 3840)),
):
    broken(
        f"{_size} at {_tier} has other pixels",
        f"result.pixels.{_size}.{_tier}",
        first.Upper,
        pixels=lambda s, a, r, z=_size, t=_tier, p=_pixels: (
            p if (a, r) == (z, t) else first.Upper.pixels(s, a, r)
        ),
    )

# --- dialects: size and resolution are one bundle ---


class Neither(Toapis):
    """Sizes and tiers that are on no page."""

    def good_size(self, size: Any) -> bool:
        return size in (None, "square", "wide")

    def good_resolution(self, resolution: Any) -> bool:
        return resolution in (None, "low", "high")

    def good_pair(self, size: str, resolution: str) -> bool:
        return True

    def sizing(self, body: dict[str, Any]) -> tuple[str, str]:
        return "1024x1024", "1024"


class RatiosWithPixels(Neither):
    """The sizes of one page with the tiers of another."""

    def good_size(self, size: Any) -> bool:
        return size is None or size in tuple(SIZES)

    def good_resolution(self, resolution: Any) -> bool:
        return Toapis.good_resolution(self, resolution)


class PixelsWithTiers(Neither):
    """The other way round."""

    def good_size(self, size: Any) -> bool:
        return Toapis.good_size(self, size)

    def good_resolution(self, resolution: Any) -> bool:
        return resolution in (None, "1K", "2K", "4K")


class HalfAndHalf(first.Upper):
    """Tiers of two spellings."""

    def tiers(self) -> tuple[str, ...]:
        return ("1K", "2k", "4K")


broken("no page's words", "create.size.enum create.resolution.enum", Neither)
broken(
    "no page's sizes",
    "create.size.enum",
    Neither,
    good_resolution=Toapis.good_resolution,
)
broken("one page's sizes and another's tiers", "create.size.enum", RatiosWithPixels)
broken("one page's tiers and another's sizes", "create.resolution.enum", PixelsWithTiers)
broken("tiers half of one page and half of another", "create.resolution.enum", HalfAndHalf)

# --- second paths ---

broken("one path for the balance", "balance.alias.balance-path", balances=("/v1/balance",))
broken("the other path for the balance", "balance.path", balances=("/balance",))
