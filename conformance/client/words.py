"""In which words does a user say what is wanted, whoever the vendor is?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Required, TypedDict

__all__ = ["PLAIN", "Words"]


class Words(TypedDict, total=False):
    """
    What a creation can be asked for; a vendor that cannot do it says so before anything is sent.

    Args:
        images: URLs of reference images.
        aspect_ratio: `16:9`, `auto`, ...; where a vendor takes sizes, the size of that ratio.
        resolution: `1K`, `2K` or `4K`, however the vendor spells it.
        size: `1024x768` or (1024, 768); where a vendor takes ratios, the ratio and resolution of that size.
        count: How many pictures.
        model: As the vendor names it; otherwise the first that can do it.
        vendor_options: Further fields by the vendor's own name, as `conformance clauses` lists them.
        undocumented: Fields of the body that no document knows: sent as they are, unchecked.
        idempotency_key: One of your own in place of a random one, where the vendor documents one.
    """

    prompt: Required[str]
    images: Sequence[str]
    aspect_ratio: str
    resolution: str | int
    size: str | tuple[int, int]
    count: int
    model: str
    negative_prompt: str
    quality: str
    style: str
    background: str
    output_format: str
    output_compression: int
    response_format: str
    seed: int | str
    moderation: str
    callback_url: str
    client_id: str
    vendor_options: Mapping[str, Any]
    undocumented: Mapping[str, Any]
    idempotency_key: str


PLAIN = (
    "prompt",
    "images",
    "count",
    "negative_prompt",
    "quality",
    "style",
    "background",
    "output_format",
    "output_compression",
    "response_format",
    "seed",
    "moderation",
    "callback_url",
    "client_id",
)
"""The words that stand for one field each; size, ratio and resolution are read together."""
