"""How is a picture that was made, or would be, told of?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from conformance.client.answers import Downloaded, Prepared, Result
from conformance.contract.model import Contract
from conformance.reporting.text import Line, Span, amount, line

__all__ = ["generate_json", "generate_lines"]

Target = Literal["none", "simulator", "url", "live"]

_LABEL = 10


def generate_lines(
    contract: Contract,
    prepared: Prepared,
    result: Result | None,
    files: Sequence[Downloaded],
    *,
    base_url: str,
) -> Iterator[Line]:
    """The request that was prepared, and what came of it where it was sent."""
    if result is None:
        yield line(Span(f"{prepared.method} {base_url}{prepared.path}", "bold"))
        for row in json.dumps(prepared.body, indent=2, ensure_ascii=False).splitlines():
            yield line(row, indent=2, whole=True)
    else:
        yield line(Span(f"{result.vendor} {result.task_id}", "bold"))
    yield from _facts(contract, prepared)
    if result is None:
        return
    if result.cost is not None:
        yield _fact("charged", amount(result.cost, result.unit))
    for url in result.urls:
        yield _fact("picture", url)
    for file in files:
        yield _fact("file", f"{file.path} ({file.width}x{file.height} {file.media_type})")


def _facts(contract: Contract, prepared: Prepared) -> Iterator[Line]:
    if prepared.model:
        yield _fact("model", prepared.model)
    yield _fact("price", str(prepared.price))
    if prepared.pixels:
        yield _fact("pixels", " or ".join(f"{w}x{h}" for w, h in prepared.pixels))
    first = {d.name: d.alternatives[0].name for d in contract.disputes}
    other = [f"{n}={side}" for n, side in prepared.dialect.items() if first.get(n) != side]
    if other:
        yield _fact("dialect", f"{', '.join(other)} (pages disagree; --dialect chooses)")


def _fact(label: str, text: str) -> Line:
    return line(f"{label:<{_LABEL}}", text, indent=2, hang=_LABEL)


def generate_json(
    prepared: Prepared,
    result: Result | None,
    files: Sequence[Downloaded],
    *,
    target: Target,
    base_url: str,
) -> dict[str, Any]:
    """What `generate --json` writes; its schema is `schemas/generate.schema.json`."""
    return {
        "vendor": prepared.vendor,
        "target": target,
        "request": {
            "method": prepared.method,
            "url": f"{base_url}{prepared.path}",
            "model": prepared.model,
            "body": dict(prepared.body),
            "dialect": dict(prepared.dialect),
        },
        "price": {"amounts": list(prepared.price.amounts), "unit": prepared.price.unit},
        "pixels": [f"{w}x{h}" for w, h in prepared.pixels],
        "result": None if result is None else _result_json(result, files),
    }


def _result_json(result: Result, files: Sequence[Downloaded]) -> dict[str, Any]:
    return {
        "task_id": result.task_id,
        "urls": list(result.urls),
        "charged": result.cost,
        "expires_s": result.expires_s,
        "files": [
            {
                "path": str(file.path),
                "media_type": file.media_type,
                "width": file.width,
                "height": file.height,
                "bytes": file.body_bytes,
                "sha256": file.sha256,
            }
            for file in files
        ],
    }
