"""
How does a document become YAML that reads back as the same document?

Words that YAML 1.2 or, in other people's tools, YAML 1.1 would take for something else stand in quotes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import yaml

from conformance.contract.scalars import plain_value

__all__ = ["dump"]

_WIDTH = 120


def dump(document: Mapping[str, Any]) -> str:
    """
    The YAML text of what `located.read_located` would give: mappings with text as keys, lists, scalars.

    Raises:
        ValueError: There is a number in it that is not finite, for which contracts have no word.
    """
    text: str = yaml.dump(
        document,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=_WIDTH,
        default_flow_style=None,  # what holds scalars alone stands on one line, as a table's row should
    )
    return text


class _Dumper(yaml.SafeDumper):
    """PyYAML quotes what YAML 1.1 reads otherwise; what YAML 1.2 reads otherwise is added here."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # PyYAML's signature
        """Everything is written out: an alias is for those who write by hand."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    quoted = '"' if not _is_plain(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=quoted)


def _is_plain(text: str) -> bool:
    try:
        return bool(plain_value(text) == text)
    except ValueError:
        return False


def _number(dumper: yaml.SafeDumper, number: float) -> yaml.ScalarNode:
    if not math.isfinite(number):
        raise ValueError(f"found {number}, expected a finite number")
    return dumper.represent_scalar("tag:yaml.org,2002:float", repr(number))


_Dumper.add_representer(str, _text)
_Dumper.add_representer(float, _number)
