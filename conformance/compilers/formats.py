"""
Is a string of the format that its schema names?

`jsonschema` checks no format unless asked, and then with whatever packages happen to be installed; these few
functions answer the same everywhere.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from urllib.parse import urlsplit

from jsonschema import FormatChecker

__all__ = ["FORMATS", "is_date_time", "is_uri"]

# RFC 3986, section 2: what may stand in a URI, percent-encoding included.
_URI = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+"
)
# RFC 3339, section 5.6; the calendar is asked afterwards.
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def is_uri(value: str) -> bool:
    """An absolute URI; one of `http` or `https` also names a host."""
    if not _URI.fullmatch(value):
        return False
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018  # raises where the port is no number
    except ValueError:
        return False
    return bool(parts.hostname) or parts.scheme not in ("http", "https")


def is_date_time(value: str) -> bool:
    """A date and time with an offset, as RFC 3339 has it."""
    if not _DATE_TIME.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value[:19].upper())
    except ValueError:
        return value[17:19] == "60" and is_date_time(f"{value[:17]}59{value[19:]}")  # a leap second
    return True


def _is_date(value: str) -> bool:
    try:
        return bool(_DATE.fullmatch(value) and date.fromisoformat(value))
    except ValueError:
        return False


_CHECKS = {
    "uri": is_uri,
    "date-time": is_date_time,
    "date": _is_date,
    "uuid": lambda value: bool(_UUID.fullmatch(value)),
    "email": lambda value: bool(_EMAIL.fullmatch(value)),
}


def _checker() -> FormatChecker:
    checker = FormatChecker(formats=())
    for name, check in _CHECKS.items():
        # A format says nothing about a value that is not a string.
        checker.checks(name)(lambda value, check=check: not isinstance(value, str) or check(value))
    return checker


FORMATS = _checker()
"""Every format that a contract may name. Others are not checked."""
