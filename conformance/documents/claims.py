"""What is a claim of a contract about its documents, and how does a value or a sentence become claims?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from conformance.documents.reading import Kind, canonical_number, read_tokens

__all__ = [
    "Citation",
    "Claim",
    "Enumeration",
    "Path",
    "Raw",
    "Statement",
    "cite",
    "claim_media",
    "claim_mentions",
    "claim_name",
    "claim_value",
    "claim_values",
    "make_statement",
    "words_of",
]

Path = tuple[str | int, ...]
Raw = Mapping[str, Any]
Weight = Literal["value", "use", "prose"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A section of a document, and where in the contract it is cited."""

    document: str
    section: str
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """
    One thing that the cited sections have to hold.

    Args:
        texts: Its canonical spelling first, then others that mean the same (24 hours for 86400 seconds).
        weight: `value` is one of the documented things (a field, an enum value, a status), `use` only refers to
            one (a default, a condition), `prose` is a mention in our own words.
        checked: Whether it must be found; what is not checked only claims its place on the page.
    """

    kind: Kind
    texts: tuple[str, ...]
    path: Path
    weight: Weight = "value"
    checked: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Enumeration:
    """Values that are said to be all there are."""

    path: Path
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What rests on the same sections. `name` is the field or header that it is about, where it is about one."""

    path: Path
    cited: tuple[Citation, ...]
    claims: tuple[Claim, ...]
    enumerations: tuple[Enumeration, ...] = ()
    name: str = ""
    words: frozenset[str] = field(default_factory=frozenset)
    """All words of its prose: a name on the page counts as mentioned by them."""
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """For a field: its `type`s, whether it is `required` (yes or no), its `default`, as far as it says."""
    model: str = ""
    """The one model that it is about."""
    prose: bool = False
    """Whether it is a sentence of ours and nothing else."""
    asks: bool = False
    """Whether it is a question, conflict or note, in which pages are compared and no one of them says it all."""


_NUMBER_WORDS: Final = {
    word: str(number)
    for number, word in enumerate(
        "two three four five six seven eight nine ten eleven twelve".split(), 2
    )
}
_MEDIA: Final = {"image/jpeg": ("JPEG", "JPG", "jpeg", "jpg"), "image/svg+xml": ("SVG",)}


def make_statement(
    path: Path,
    source: Any,
    claims: Iterable[Claim],
    *,
    at: Path | None = None,
    enumerations: Iterable[Enumeration] = (),
    name: str = "",
    words: Iterable[str] = (),
    facets: Mapping[str, tuple[str, ...]] | None = None,
    model: str = "",
) -> Statement:
    return Statement(
        path=path,
        cited=cite(source, at or (*path, "source")),
        claims=tuple(claims),
        enumerations=tuple(enumerations),
        name=name,
        words=frozenset(words),
        facets=facets or {},
        model=model,
    )


def cite(source: Any, path: Path) -> tuple[Citation, ...]:
    given = [source] if isinstance(source, str) else list(source)
    many = not isinstance(source, str)
    parts = [each.partition("#") for each in given]
    return tuple(
        Citation(document=d, section=s, path=(*path, i) if many else path)
        for i, (d, _, s) in enumerate(parts)
    )


def claim_value(value: Any, path: Path, weight: Weight = "value") -> list[Claim]:
    """A value as the claim that it is; a word that is nothing else is a name."""
    if value is None or isinstance(value, bool):
        return []
    if isinstance(value, int | float):
        text = canonical_number(f"{value:f}" if isinstance(value, float) else str(abs(value)))
        return [Claim(kind="number", texts=(text,), path=path, weight=weight)]
    found = list(read_tokens(str(value)))
    kind, text = ("name", str(value))
    if len(found) == 1 and found[0].raw == value:
        kind, text = found[0].kind, found[0].text
    return [Claim(kind=kind, texts=(text,), path=path, weight=weight)]  # type: ignore[arg-type]  # one of the kinds


def claim_values(values: Sequence[Any], path: Path, weight: Weight = "value") -> list[Claim]:
    return [
        claim for i, value in enumerate(values) for claim in claim_value(value, (*path, i), weight)
    ]


def claim_name(name: str, path: Path) -> list[Claim]:
    """A field's path: its last part must be found, the parts before it are claimed with it."""
    bare = name.partition("#")[0].removeprefix("$headers.")
    parts = [p for p in re.sub(r"\[\d*\]", "", bare).split(".") if p]
    claims = [
        Claim(kind="name", texts=(part,), path=path, checked=index == len(parts) - 1)
        for index, part in enumerate(parts)
    ]
    return [*claims, Claim(kind="name", texts=(bare,), path=path, checked=False)]


def claim_media(value: str, path: Path) -> list[Claim]:
    sub = value.partition("/")[2]
    spellings = _MEDIA.get(value, (sub.upper(), sub))
    return [Claim(kind="name", texts=(value, *spellings), path=path)]


def claim_mentions(text: str, path: Path, *, checked: bool = True) -> list[Claim]:
    """What a sentence of ours mentions; numbers that it spells out claim their place, too."""
    claims = [
        Claim(kind=t.kind, texts=(t.text,), path=path, weight="prose", checked=checked)
        for t in read_tokens(text)
    ]
    spelt = [_NUMBER_WORDS[w] for w in re.findall(r"[a-z]+", text.lower()) if w in _NUMBER_WORDS]
    return claims + [
        Claim(kind="number", texts=(n,), path=path, weight="prose", checked=False) for n in spelt
    ]


def words_of(*texts: str) -> set[str]:
    return {word for text in texts for word in re.findall(r"[\w/-]*\w", text)}
