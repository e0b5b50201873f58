"""What would Schemathesis take for valid and no document does? Loaded through `SCHEMATHESIS_HOOKS`."""

from __future__ import annotations

from typing import Any

import schemathesis

from conformance.compilers.formats import is_uri


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    """Where a `pattern` stands beside a `format`, it makes texts of the pattern alone: `http://` is no URI."""
    return all(is_uri(text) for text in _texts(case.body) if text.startswith("http"))


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [text for each in value for text in _texts(each)] if isinstance(value, list) else []
