"""Servers that take every documented value alone and refuse, or fail, some of them together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.hand.aigptimage import I2I, Aigptimage
from tests.hand.apimart import Apimart
from tests.hand.apipod import Apipod
from tests.hand.gptimage2api import Gptimage2api
from tests.hand.web import HandServer

__all__ = ["COMBINED", "Fault"]

Make = Callable[[], HandServer]
Test = Callable[[Any], bool]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is refused together: by field, a test of what was sent, and words for it in a message."""

    vendor: str
    base: type[HandServer]
    when: Mapping[str, Test]
    words: tuple[str, ...]
    clauses: tuple[str, ...]
    """Any of which may be accused; one has to be."""
    strength: int = 2

    def server(self) -> HandServer:
        """A vendor with this fault."""
        fault = self

        class Faulty(self.base):  # type: ignore[name-defined,misc]  # the base is a value here
            def problem(self, body: Any) -> str:
                return fault.word(body) or str(super().problem(body))

            def bad_field(self, body: Any) -> str:
                return fault.word(body) or str(super().bad_field(body))

        return Faulty()

    def word(self, body: Any) -> str:
        """What to refuse a request with that has everything that is refused together; "" for no other."""
        return "input" if all(test(_at(body, path)) for path, test in self.when.items()) else ""


def _at(body: Any, path: str) -> Any:
    for name in path.split("."):
        body = body.get(name) if isinstance(body, dict) else None
    return body


def _is(wanted: Any) -> Test:
    return lambda value: value == wanted


def _there(value: Any) -> bool:
    return value is not None


def _absent(value: Any) -> bool:
    return value is None


def _long(length: int) -> Test:
    return lambda value: isinstance(value, str) and len(value) >= length


COMBINED: dict[str, Fault] = {
    "a wide picture at 2K": Fault(
        vendor="aigptimage",
        base=Aigptimage,
        when={
            "model": _is(I2I),
            "input.aspect_ratio": _is("16:9"),
            "input.resolution": _is("2K"),
        },
        words=("16:9", "2K"),
        clauses=("create.rule.auto-only-1k",),  # which says what is permitted beside
    ),
    "a long prompt at 4K": Fault(
        vendor="aigptimage",
        base=Aigptimage,
        when={
            "model": _is(I2I),
            "input.prompt": _long(19_000),
            "input.resolution": _is("4K"),
        },
        words=("20000", "4K"),
        clauses=("create.input.prompt.maxLength", "create.input.resolution.enum"),
    ),
    "an alias at 4K": Fault(
        vendor="aigptimage",
        base=Aigptimage,
        when={
            "model": _is(I2I),
            "input.image_urls": _there,
            "input.resolution": _is("4K"),
        },
        words=("4K",),
        clauses=("create.input.image_urls.alias", "create.input.resolution.enum"),
    ),
    "a cell of the table": Fault(
        vendor="apimart",
        base=Apimart,
        when={"size": _is("21:9"), "resolution": _is("4k")},
        words=("size 21:9", "resolution 4k"),
        clauses=("result.pixels.21:9.4k",),
    ),
    "a tier beside reference images": Fault(
        vendor="apimart",
        base=Apimart,
        when={"resolution": _is("2k"), "image_urls": _there},
        words=("2k",),
        clauses=("create.resolution.enum", "create.image_urls.base64", "create.image_urls.type"),
    ),
    "no tier for automatic sizes": Fault(
        vendor="apimart",
        base=Apimart,
        when={"size": _is("auto"), "resolution": _absent},
        words=("auto", "resolution left out"),
        clauses=("create.size.enum",),
    ),
    "high quality at 4K": Fault(
        vendor="apipod",
        base=Apipod,
        when={"quality": _is("high"), "resolution": _is("4K")},
        words=("high", "4K"),
        clauses=("create.quality.enum", "create.resolution.enum"),
    ),
    "low quality upright": Fault(
        vendor="apipod",
        base=Apipod,
        when={
            "model": _is("gpt-image-2"),
            "quality": _is("low"),
            "aspect_ratio": _is("9:16"),
        },
        words=("low", "9:16"),
        clauses=("create.quality.enum", "create.gpt-image-2.aspect_ratio.enum"),
    ),
    "two numbers on their limits": Fault(
        vendor="gptimage2api",
        base=Gptimage2api,
        when={"guidanceScale": _is(0), "numInferenceSteps": _is(150)},
        words=("accepts 0", "accepts 150"),
        clauses=("create.guidanceScale.minimum", "create.numInferenceSteps.maximum"),
    ),
    "a seed beside images": Fault(
        vendor="gptimage2api",
        base=Gptimage2api,
        when={"seed": _there, "inputImageUrls": _there},
        words=("accepts", "inputImageUrls"),
        clauses=("create.seed.type", "create.gpt-image-2.inputImageUrls.maxItems"),
    ),
}
