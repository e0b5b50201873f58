"""How is a wish said to one model, in one dialect of one vendor?"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.client.tiers import Size, ratio_in, same_word, size_in, spelt_tier, tier_in
from conformance.client.words import PLAIN
from conformance.compilers.validating import CompiledContract
from conformance.compilers.violation import Violation
from conformance.contract.model import ABSENT, Contract, Field, Operation, PixelCell
from conformance.contract.resolution import (
    body_of,
    fields_for,
    filled,
    holds,
    rule_holds,
    rules_for,
)

__all__ = ["CannotSay", "Speaker"]


class CannotSay(Exception):  # caught by `preparing`, which makes an error of it
    """This model has no way to say it in this dialect. `word` is the user's."""

    def __init__(self, word: str, value: Any, why: str) -> None:
        self.word = word
        self.value = value
        self.why = why
        super().__init__(why)


@dataclass(slots=True)
class Speaker:
    """
    One model of a settled contract.

    Args:
        dialect: What the disputes about creations were settled by.
    """

    compiled: CompiledContract
    create: Operation
    model: str
    dialect: Mapping[str, str]
    fields: Mapping[str, Field]
    cells: Mapping[tuple[str, str], tuple[PixelCell, ...]]
    """The cells of the pixel table for the model, by the field and the value of their first condition."""
    needs: tuple[str, ...]
    """The words without which no request to this model is complete."""

    @classmethod
    def of(
        cls,
        compiled: CompiledContract,
        create: Operation,
        model: str,
        dialect: Mapping[str, str],
    ) -> Speaker:
        """The speaker for a model; "" where the contract has no models."""
        fields = fields_for(create, model)
        return cls(
            compiled=compiled,
            create=create,
            model=model,
            dialect=dialect,
            fields=fields,
            cells=_by_first_condition(compiled.contract, model),
            needs=tuple(f.role for f in fields.values() if f.required and f.role in PLAIN),
        )

    @property
    def contract(self) -> Contract:
        """The settled contract."""
        return self.compiled.contract

    # --- saying it

    def say(self, words: Mapping[str, Any]) -> dict[str, Any]:
        """
        The request by the vendor's field path.

        Raises:
            CannotSay: This model has no field, or no value, for one of the words.
        """
        said: dict[str, Any] = {}
        model = self._field("model")
        if model is not None and (words.get("model") or self.model):
            said[model.path] = words.get("model") or self.model
        for word in PLAIN:
            if words.get(word) is not None and words.get(word) != ():
                said |= self._plain(word, words[word])
        said |= self._picture(words)
        for path, value in (words.get("vendor_options") or {}).items():
            if path not in self.fields:
                near = difflib.get_close_matches(path, self.fields, n=1, cutoff=0.5)
                hint = f" (did you mean {near[0]!r}?)" if near else ""
                raise CannotSay(path, value, f"no document knows a field {path!r}{hint}")
            said[path] = value
        return {**dict(self._constants(said)), **said}

    def _field(self, role: str) -> Field | None:
        return next((f for f in self.fields.values() if f.role == role and not f.alias_of), None)

    def _constants(self, said: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """Required fields that can have but one value."""
        for path, field in self.fields.items():
            if not field.required or path in said or field.location in ("path", "query"):
                continue
            only = [field.schema["const"]] if "const" in field.schema else []
            listed = field.schema.get("enum", ())
            only = only or (list(listed) if len(listed) == 1 and field.exhaustive else [])
            if only and field.role not in PLAIN:
                yield path, only[0]

    def _plain(self, word: str, value: Any) -> dict[str, Any]:
        field = self._field(word)
        if field is None:
            if word == "count" and value == 1:
                return {}  # one is what a creation makes
            raise CannotSay(word, value, f"it has no field for {word}")
        self._check_heeded(field, word, value)
        return {field.path: _fitted(field, value)}

    def _check_heeded(self, field: Field, word: str, value: Any) -> None:
        if field.ignored:
            raise CannotSay(word, value, f"its documents say that {field.path} is ignored")

    # --- size, ratio and resolution, which are one thing

    def _picture(self, words: Mapping[str, Any]) -> dict[str, Any]:
        said: dict[str, Any] = {}
        if words.get("resolution") is not None:
            said |= self._resolution(words["resolution"])
        if words.get("aspect_ratio") is not None:
            said |= self._ratio(words["aspect_ratio"], said)
        if words.get("size") is not None:
            for path, value in self._size(words["size"]).items():
                if said.get(path, value) != value:
                    why = f"{path} cannot be {said[path]!r} and, for a size of {words['size']}, {value!r}"
                    raise CannotSay("size", words["size"], why)
                said[path] = value
        return said

    def _resolution(self, value: Any) -> dict[str, Any]:
        field = self._field("resolution")
        if field is None:
            raise CannotSay("resolution", value, "it has no field for resolution")
        self._check_heeded(field, "resolution", value)
        return {field.path: spelt_tier(value, field.schema.get("enum", ()))}

    def _ratio(self, value: Any, said: Mapping[str, Any]) -> dict[str, Any]:
        field = self._field("aspect_ratio")
        if field is not None:
            self._check_heeded(field, "aspect_ratio", value)
            return {field.path: _spelt_ratio(value, field.schema.get("enum", ()))}
        size = self._field("size")
        if size is None:
            raise CannotSay("aspect_ratio", value, "it has no field for aspect_ratio")
        listed = size.schema.get("enum", ())
        if value in listed:
            return {size.path: value}
        ratio = ratio_in(value)
        fitting = [each for each in listed if ratio is not None and ratio_in(each) == ratio]
        tier = next((tier_in(v) for p, v in said.items() if self.fields[p].role == "resolution"), 1)
        near = sorted(fitting, key=lambda each: abs(_edge(each) - 1024 * float(tier or 1)))
        if not near:
            raise CannotSay("aspect_ratio", value, f"no documented size has the ratio {value}")
        return {size.path: near[0]}

    def _size(self, value: Any) -> dict[str, Any]:
        size = size_in(value)
        field = self._field("size")
        if field is not None:
            self._check_heeded(field, "size", value)
            return {field.path: _spelt_size(value, size, field.schema.get("enum", ()))}
        if size is None:
            return self._ratio(value, {})
        width, height = self._field("width"), self._field("height")
        if width is not None and height is not None:
            return {width.path: size[0], height.path: size[1]}
        ratio = self._field("aspect_ratio")
        if ratio is not None and ratio.also and re.search(ratio.also["pattern"], _text(size)):
            return {ratio.path: _text(size)}
        for cells in self.cells.values():
            for cell in cells:
                if size in cell.any_of:
                    return {c.field: c.one_of[0] for c in cell.when if c.one_of}
        raise CannotSay("size", value, f"no document gives pictures of {_text(size)}")

    # --- looking at what was said

    def body(self, said: Mapping[str, Any], words: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON body."""
        return {**body_of(said, self.fields), **(words.get("undocumented") or {})}

    def outside(self, said: Mapping[str, Any], location: str) -> tuple[tuple[str, str], ...]:
        """What stands in headers or in the query, as text."""
        return tuple(
            (path, value if isinstance(value, str) else f"{value}")
            for path, value in said.items()
            if value is not ABSENT and self.fields[path].location == location
        )

    def violations(
        self, said: Mapping[str, Any], words: Mapping[str, Any]
    ) -> tuple[Violation, ...]:
        """What the request breaks in this dialect."""
        body = self.body(said, words)
        own = self.compiled.model_of(self.create, body)
        found = self.compiled.violations(
            self.create,
            body,
            query=self.outside(said, "query"),
            headers=self.outside(said, "header"),
        )
        return found if own == self.model else (*found, *_of_another(self, found))

    def is_certain(self, said: Mapping[str, Any]) -> bool:
        """Whether the documents say of every value, and of them together, that they are permitted."""
        unsaid = [r for r in rules_for(self.create, self.model) if r.form == "unsaid"]
        if not all(rule_holds(rule, said, self.fields) for rule in unsaid):
            return False
        return all(_is_listed(self.fields[path], value) for path, value in said.items())

    def pixels(self, said: Mapping[str, Any]) -> tuple[Size, ...]:
        """The sizes that the documents promise for the pictures."""
        values = filled(said, self.fields)
        for path, value in values.items():
            for cell in self.cells.get((path, repr(value)), ()):
                if all(holds(c, values.get(c.field, ABSENT)) for c in cell.when):
                    return cell.any_of
        return ()


def _by_first_condition(
    contract: Contract, model: str
) -> dict[tuple[str, str], tuple[PixelCell, ...]]:
    found: dict[tuple[str, str], tuple[PixelCell, ...]] = {}
    for cell in contract.pixels:
        if cell.when and (not cell.models or model in cell.models):
            for value in cell.when[0].one_of or ():
                key = (cell.when[0].field, repr(value))
                found[key] = (*found.get(key, ()), cell)
    return found


def _of_another(speaker: Speaker, found: tuple[Violation, ...]) -> Iterator[Violation]:
    """A model that no document knows is wrong, whatever else is."""
    described = speaker._field("model")
    if described is not None and not any(v.path == described.path for v in found):
        message = f"{described.path} is no documented model"
        yield Violation(path=described.path, keyword="enum", message=message)


def _fitted(field: Field, value: Any) -> Any:
    """The value in the vendor's spelling and type, where that loses nothing."""
    kind = field.schema.get("type")
    if isinstance(value, tuple):
        value = list(value)
    if kind == "string" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if kind == "string" and isinstance(value, list) and len(value) == 1:
        return value[0]
    return same_word(value, field.schema.get("enum", ()))


def _spelt_ratio(value: Any, listed: Any) -> Any:
    ratio = ratio_in(value)
    if value in listed or ratio is None or size_in(value) is not None:
        return same_word(value, listed)
    return next((each for each in listed if ratio_in(each) == ratio), value)


def _spelt_size(value: Any, size: Size | None, listed: Any) -> Any:
    if value in listed or size is None:
        return same_word(value, listed)
    return next((each for each in listed if size_in(each) == size), _text(size))


def _is_listed(field: Field, value: Any) -> bool:
    listed = field.schema.get("enum")
    if listed is None or field.exhaustive or value in listed:
        return True
    return bool(field.also) and re.search(field.also["pattern"], str(value)) is not None


def _edge(listed: Any) -> int:
    return max(size_in(listed) or (1024, 1024))


def _text(size: Size) -> str:
    return f"{size[0]}x{size[1]}"
