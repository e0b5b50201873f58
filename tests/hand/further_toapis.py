"""More variants of ToAPIs, added to those of `variants_toapis`: uploads of each type."""

from __future__ import annotations

from typing import Any

from tests.hand import variants_toapis as first
from tests.hand.toapis import Toapis

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
