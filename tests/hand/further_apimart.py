"""More variants of APIMart, added to those of `variants_apimart`: uploads of each type."""

from __future__ import annotations

from typing import Any

from tests.hand import variants_apimart as first
from tests.hand.apimart import Apimart

permitted, broken = first.permitted, first.broken
BROKEN, PERMITTED = first.BROKEN, first.PERMITTED


def _refusing(*kinds: str) -> Any:
    """Uploads in which pictures of these types are not known as such."""

    def kind_of(self: Any, content: bytes) -> str:
        kind = Apimart.kind_of(self, content)
        return "" if kind in kinds else kind

    return kind_of


# --- uploads ---

for _kind in ("image/png", "image/jpeg", "image/webp", "image/gif"):
    broken(f"{_kind} is not taken", "upload.file.accepts", kind_of=_refusing(_kind))
broken("only PNG is taken", "upload.file.accepts", kind_of=_refusing("image/jpeg", "image/gif"))
broken(
    "no upload works at all",
    "upload.status.200",
    kind_of=_refusing("image/png", "image/jpeg", "image/webp", "image/gif"),
)
