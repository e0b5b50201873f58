"""What of a text can be compared, and how it was written."""

from __future__ import annotations

import pytest

from conformance.documents.reading import read_tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("at most 12,000 characters", ["number 12000"]),
        ("$0.0150 each", ["number 0.015"]),
        ("`code` enum 200,400,401,402", ["number 200", "number 400", "number 401", "number 402"]),
        ("1024×1024 or 1024 x 768", ["size 1024x1024", "size 1024x768"]),
        ("auto, 1:1, 21:9.", ["ratio 1:1", "ratio 21:9"]),
        ("not with 1:1: 4K", ["ratio 1:1", "tier 4K"]),
        ("1K,2K,4K and 1k", ["tier 1K", "tier 2K", "tier 4K", "tier 1k"]),
        ("only2Kis", ["tier 2K"]),
        ("on 2026-05-02 at 10", ["date 2026-05-02", "number 10"]),
        ("POST /v1/jobs/createTask?taskId=x", ["name /v1/jobs/createTask", "name taskId"]),
        (
            "https://api.example/v1/a?model=b.",
            ["name api.example", "name /v1/a", "name model"],
        ),
        ("the input_urls of acme-image-2-edit", ["name input_urls", "name acme-image-2-edit"]),
        ("X-Request-ID and {task_id}", ["name X-Request-ID", "name task_id"]),
        ('{"state": "waiting", "n": "string"}', ["name state", "name waiting", "name n"]),
        ("64 <= value <= 4096", ["number 64", "number 4096"]),
        ("Default1", ["number 1"]),
        ("10~20 s, 3-5 s", ["number 10", "number 20", "number 3", "number 5"]),
        ("no base64, images[0], v1", []),
        ("1. Create a task\n  2. Ask for 3", ["number 3"]),
        ("Plain words only.", []),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_can_be_compared(text: str, expected: list[str]) -> None:
    assert [f"{t.kind} {t.text}" for t in read_tokens(text)] == expected


def test_a_token_knows_where_it_stands() -> None:
    text = "from 12,000 to 1024×768"
    assert [text[t.start : t.end] for t in read_tokens(text)] == ["12,000", "1024×768"]
    assert [t.raw for t in read_tokens(text)] == ["12,000", "1024×768"]
