"""Which requests, in the words that vendors share, are worth putting to several of them?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from conformance.client.tiers import ratio_in, size_in, tier_in
from conformance.client.words import PLAIN
from conformance.contract.model import Contract, Field

__all__ = ["combined", "is_plain", "limits_of", "wishes"]

_PROMPT = "a lighthouse at dusk, "

_PICTURE = ("aspect_ratio", "resolution", "size")
_NOT_SHARED = ("prompt", "images", "callback_url", "client_id", "seed")
_IMAGE = "https://images.example/reference-{}.png"

_Words = Mapping[str, Any]


def wishes(contracts: Sequence[Contract]) -> list[_Words]:
    """The plain prompt, then each value that any of the vendors documents, alone beside it."""
    found: dict[str, _Words] = {"": {"prompt": prompt(20)}}
    for contract in contracts:
        for word, value in _values(contract):
            words = {"prompt": prompt(20), word: value}
            if word == "prompt":
                words = {"prompt": value}
            found.setdefault(repr(words), words)
    # What tells two vendors apart is a word rather than a number, where there is one.
    return sorted(found.values(), key=_size)


def _size(words: _Words) -> int:
    return max(len(words["prompt"]) // 100, len(words.get("images", ())), int("count" in words))


def is_plain(words: _Words, limits: Mapping[str, int]) -> bool:
    """Whether it is worth showing: of lengths and numbers the least and the largest alone."""
    lengths = (("prompt", len(words["prompt"]), 20), ("images", len(words.get("images", ())), 1))
    return all(size in (0, least, limits.get(word)) for word, size, least in lengths)


def combined(accepted: Iterable[_Words]) -> Iterator[_Words]:
    """Two of the requests in one, for each two of different words."""
    for one, other in combinations([w for w in accepted if len(w) > 1], 2):
        if not (set(one) & set(other)) - {"prompt"} and not _is_twice_a_size(one, other):
            yield {**one, **other}


def _is_twice_a_size(one: _Words, other: _Words) -> bool:
    """A size says both ratio and resolution."""
    return "size" in {*one, *other} and bool({*one, *other} & {"aspect_ratio", "resolution"})


def prompt(length: int) -> str:
    """A prompt of so many characters."""
    return (_PROMPT * (length // len(_PROMPT) + 1))[:length].rstrip().ljust(length, ".")


def images(number: int) -> list[str]:
    """So many reference images."""
    return [_IMAGE.format(n + 1) for n in range(number)]


def limits_of(accepted: Iterable[_Words]) -> dict[str, int]:
    """The longest prompt, number of images and number of pictures among these requests."""
    found: dict[str, int] = {}
    for words in accepted:
        for word in ("prompt", "images", "count"):
            if word in words:
                size = words[word] if word == "count" else len(words[word])
                found[word] = max(found.get(word, 0), size)
    return found


# --- what the documents of one vendor name


def _values(contract: Contract) -> Iterator[tuple[str, Any]]:
    create = contract.operation("create")
    for field in create.fields if create is not None else ():
        if field.alias_of or field.location != "body":
            continue
        match field.role:
            case "prompt":
                yield from (("prompt", prompt(n)) for n in _around(field, "Length"))
            case "images":
                yield from (("images", images(n)) for n in {1, *_around(field, "Items")})
            case "count":
                yield from (("count", n) for n in sorted({1, 2, *_around(field, "imum")}))
            case role if role in _PICTURE:
                yield from _sizes(field)
            case role if role in PLAIN and role not in _NOT_SHARED:
                yield from ((role, value) for value in _listed(field))


def _around(field: Field, limit: str) -> list[int]:
    """A limit, and one beyond it."""
    low, high = (field.schema.get(f"{end}{limit}") for end in ("min", "max"))
    found = [n for n in (low, high, None if high is None else high + 1) if n]
    return [n for n in found if isinstance(n, int)]


def _listed(field: Field) -> list[Any]:
    enum = field.schema.get("enum", [field.schema["const"]] if "const" in field.schema else [])
    return [*enum, *_around(field, "imum")] or (
        [] if field.schema.get("type") != "boolean" else [True]
    )


def _sizes(field: Field) -> Iterator[tuple[str, Any]]:
    """Sizes, ratios and tiers, each under the word that means the same everywhere."""
    for value in (*field.schema.get("enum", ()), *field.also.get("examples", ())):
        tier = tier_in(value)
        if field.role == "resolution":
            yield "resolution", f"{float(tier):g}K" if tier is not None else str(value)
        elif size_in(value) is not None:
            yield "size", str(value).replace("×", "x").replace("*", "x")
        elif ratio_in(value) is not None or field.role == "aspect_ratio":
            yield "aspect_ratio", str(value)
        else:
            yield "size", str(value)
