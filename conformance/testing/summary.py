"""What is said at the end of a test session about whom it asked?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.reporting.text import amount, plural, printable
from conformance.testing.running import Ran

__all__ = ["summary_lines"]

_WHO = {"simulator": "self-test, no vendor was contacted", "cassette": "replay, nothing was sent"}


def summary_lines(runs: Sequence[Ran]) -> Iterator[str]:
    """For each vendor who was asked, what it cost, and where the record is."""
    for ran in runs:
        vendor = ran.vendor
        target, cost = vendor["target"], vendor["cost"]
        who = _WHO.get(target["kind"], target["base_url"])
        sent = f"{plural(vendor['requests'], 'request')}, {plural(vendor['billed'], 'billed creation')}"
        spent = amount(cost["amount"], cost["unit"])
        record = f"; record {vendor['record']}" if vendor.get("record") else ""
        yield printable(f"{vendor['vendor']}: {who}; {sent}, {spent}{record}")
        notice = vendor.get("cassette", {}).get("notice")
        if notice:
            yield printable(f"  {notice}")
        for clause in ran.beside:
            yield printable(f"  VIOLATES {clause['id']}: {clause['message']}")
        if ran.nothing_tried:
            yield "  nothing was tried, or a cassette lacks what was asked: that is no pass"
