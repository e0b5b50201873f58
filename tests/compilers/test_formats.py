"""Formats, answered the same everywhere."""

from __future__ import annotations

import pytest

from conformance.compilers.formats import FORMATS, is_date_time, is_uri


@pytest.mark.parametrize(
    "value",
    [
        "https://images.example/a.png",
        "http://127.0.0.1:8000/_results/t/0.png?x=1&y=%20#z",
        "HTTPS://EXAMPLE.COM",
        "data:image/png;base64,AAAA",
        "https://[::1]:80/a",
    ],
)
def test_uris(value: str) -> None:
    assert is_uri(value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "images.example/a.png",
        "//images.example/a",
        "https://",
        "https:///a",
        "https://a b",
        "https://a:x/",
        "https://a/%zz",
        "https://[::1/a",
        "C:\\a.png",
        "https://a\n",
    ],
)
def test_no_uris(value: str) -> None:
    assert not is_uri(value)


@pytest.mark.parametrize(
    "value", ["2026-11-20T08:00:00Z", "2026-11-20T08:00:00.123+02:00", "2026-12-31t23:59:60z"]
)
def test_dates_with_times(value: str) -> None:
    assert is_date_time(value)


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-20",
        "2026-11-20T08:00:00",
        "2026-13-20T08:00:00Z",
        "2026-02-30T08:00:00Z",
        "1795000000",
        "2026-11-20 08:00:00Z",
    ],
)
def test_no_dates_with_times(value: str) -> None:
    assert not is_date_time(value)


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("date", "2026-11-20", "2026-11-31"),
        ("uuid", "00000000-0000-4000-8000-000000000000", "0000"),
        ("email", "a@b.example", "a.example"),
    ],
)
def test_the_other_formats(name: str, good: str, bad: str) -> None:
    assert FORMATS.conforms(good, name)
    assert not FORMATS.conforms(bad, name)


@pytest.mark.parametrize("name", ["uri", "date-time", "date", "uuid", "email", "unheard-of"])
def test_a_format_says_nothing_about_what_is_no_text(name: str) -> None:
    assert FORMATS.conforms(7, name)
