"""Within which limits does a vendor work?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from conformance.comparing.reading import Fact, Question, Reading, listed
from conformance.contract.model import ABSENT, Field

__all__ = ["LIMITS"]

_PIXELS = re.compile(r"\d+x\d+")


def _prompt_length(said: Reading) -> Fact | None:
    return said.each("prompt", lambda f: _at_most(f, "maxLength", "characters"), "maxLength")


def _reference_images(said: Reading) -> Fact | None:
    return said.each("images", lambda f: _at_most(f, "maxItems", ""), "maxItems")


def _at_most(field: Field, keyword: str, unit: str) -> str | None:
    most = field.schema.get(keyword)
    return f"at most {most} {unit}".strip() if most is not None else None


def _reference_types(said: Reading) -> Fact | None:
    def words(field: Field) -> str | None:
        return ", ".join(t.rpartition("/")[2] for t in field.accepts) or None

    return said.each("images", words, "accepts")


def _reference_base64(said: Reading) -> Fact | None:
    return said.each("images", lambda f: "mixed with URLs" if f.base64 else None, "base64")


def _resolutions(said: Reading) -> Fact | None:
    return said.each("resolution", lambda f: listed(f.schema.get("enum", ())) or None, "enum")


def _ratios(said: Reading) -> Fact | None:
    def words(field: Field) -> str | None:
        values = [v for v in field.schema.get("enum", ()) if not _PIXELS.fullmatch(str(v))]
        if not values:
            return None
        whole = "" if field.exhaustive else ", perhaps more"
        return f"{len(values)}: {listed(sorted(values, key=_shape))}{whole}"

    return said.each("aspect_ratio", words, "enum")


def _shape(value: object) -> tuple[bool, float, str]:
    """Words first, then from tall to wide, so that the same ratios read the same."""
    width, colon, height = str(value).partition(":")
    if colon and width.isdigit() and height.isdigit() and int(height):
        return True, int(width) / int(height), str(value)
    return False, 0.0, str(value)


def _sizes(said: Reading) -> Mapping[str, Field]:
    return said.fields("aspect_ratio") or said.fields("size")


def _default_size(said: Reading) -> Fact | None:
    ratios, tiers = _sizes(said), said.fields("resolution")
    values, clauses = {}, []
    for model in said.models:
        given = [f for f in (ratios.get(model), tiers.get(model)) if f and f.default is not ABSENT]
        if given:
            values[model] = " at ".join(str(f.default) for f in given)
            clauses += [c for f in given for c in said.about(f, "default")]
    return Fact(values=values, clauses=tuple(clauses)) if values else None


def _combinations(said: Reading) -> Fact | None:
    """Rules over several fields; also that there are some which no page lists."""
    rules = said.create.rules if said.create else ()
    found = [(rule, said.named(f"create.rule.{rule.name}")) for rule in rules if rule.says]
    found = [(rule, clauses) for rule, clauses in found if clauses]
    if not found:
        return None
    clauses = [c for _, some in found for c in some]
    texts = {rule.says: rule.models for rule, _ in found}
    named = [f"{text}{_only(models, said.models)}" for text, models in texts.items()]
    return Fact.of(" ".join(named), clauses)


def _only(models: Iterable[str], every: tuple[str, ...]) -> str:
    names = list(models)
    return f" ({', '.join(names)})" if names and set(names) != set(every) else ""


def _exact_pixels(said: Reading) -> Fact | None:
    def words(field: Field) -> str | None:
        shown = [*field.schema.get("enum", ()), *field.also.get("examples", ())]
        pixels = [str(v) for v in shown if _PIXELS.fullmatch(str(v))]
        return f"yes, in {field.path}, such as {pixels[0]}" if pixels else None

    role = "aspect_ratio" if said.fields("aspect_ratio") else "size"
    found = said.each(role, words)
    if found is None:
        return None
    own = [c for c in found.clauses if c.keyword in ("also", "enum")]
    also = [c for c in own if c.keyword == "also"]
    return Fact(values=found.values, clauses=tuple(also or own))


def _delivered(said: Reading) -> Fact | None:
    cells = said.contract.pixels
    if not cells:
        return None
    sizes = [size for cell in cells for size in cell.any_of]
    width, height = max(sizes, key=lambda size: (size[0] * size[1], size))
    columns = ", ".join(dict.fromkeys(cell.column for cell in cells))
    text = f"a table of {len(cells)} sizes ({columns}), up to {width}x{height}"
    return Fact.of(text, said.of("pixels"))


LIMITS = (
    Question(id="prompt-length", asks="How long may a prompt be?", read=_prompt_length, about=("how long may a prompt",)),
    Question(id="reference-images", asks="How many reference images may be sent?", read=_reference_images, about=("how many source images", "how many reference images", "how many images may", "17th reference")),
    Question(id="reference-size", asks="How large may a reference image be?", about=("how large?", "type and size")),
    Question(id="reference-types", asks="Of which type may a reference image be?", read=_reference_types, about=("of which types", "of which type and size", "picture types may")),
    Question(id="reference-base64", asks="May a reference image be sent as base64?", read=_reference_base64, about=("base64 refused", "is base64", "data uris")),
    Question(id="resolutions", asks="Which resolutions can be asked for?", read=_resolutions, about=("which field picks",)),
    Question(id="ratios", asks="Which ratios can be asked for?", read=_ratios, about=("which ratios", "is auto permitted")),
    Question(id="default-size", asks="What is made when no size is asked for?", read=_default_size, about=("field is left out", "omitted size")),
    Question(id="forbidden-combinations", asks="Which sizes do not go together?", read=_combinations, about=("combinations", "do the rules")),
    Question(id="exact-pixels", asks="Can the size be given in pixels?", read=_exact_pixels, about=("width and height", "pixel dimensions", "exactly the pixels")),
    Question(id="delivered-pixels", asks="How many pixels are delivered?", read=_delivered, about=("how many pixels", "two 1k sizes")),
)  # fmt: skip
