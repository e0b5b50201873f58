"""What does `conformance.toml`, or `[tool.conformance]` in pyproject.toml, say?"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, NoReturn

from conformance.cli.parsing import did_you_mean
from conformance.errors import ConfigInvalid, UsageError
from conformance.results.baseline import Caps, Config, Deviation, TargetSettings

__all__ = ["find_config", "read_config"]

_OWN = "conformance.toml"
_SHARED = "pyproject.toml"
_MOST_BYTES = 1024 * 1024

_TOP = ("vendors", "fail_on", "caps", "targets", "known")
_CAPS = ("max_billed", "budget")
_TARGET = ("base_url", "live", "replay", "image_urls", *_CAPS)
_KNOWN = ("clause", "reason", "owner", "expires")
_LEVELS = ("must", "implied", "any")

_SECRET = re.compile(r"(?i)(^|[_-])(api_?key|key|token|secret|password|authorization)s?($|[_-])")

_ADDRESS = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?")

_Path = tuple[str | int, ...]


def find_config(folder: Path) -> Path | None:
    """The file of a folder: its own, else pyproject.toml where that has the table."""
    own, shared = folder / _OWN, folder / _SHARED
    if own.is_file():
        return own
    if not shared.is_file():
        return None
    # Somebody else's pyproject.toml may be broken in ways that are not ours to complain about.
    try:
        return shared if "conformance" in tomllib.loads(_text(shared)).get("tool", {}) else None
    except (tomllib.TOMLDecodeError, ConfigInvalid, UsageError, AttributeError, TypeError):
        return None


def read_config(path: Path) -> Config:
    """
    The settings in a file.

    Raises:
        UsageError: It cannot be read.
        ConfigInvalid: It is not what it should be; says where.
    """
    text = _text(path)
    try:
        whole = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigInvalid(_syntax(error), file=str(path), line=_line_in(str(error))) from error
    shared = path.name == _SHARED
    base: _Path = ("tool", "conformance") if shared else ()
    raw = whole.get("tool", {}).get("conformance") if shared else whole
    if not isinstance(raw, dict):
        raise ConfigInvalid("found no table [tool.conformance]", file=str(path), line=1)
    return _Reader(str(path), text, base).config(raw)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error
    if len(data) > _MOST_BYTES:
        raise ConfigInvalid(f"found more than {_MOST_BYTES:,} bytes", file=str(path), line=1)
    try:
        return data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigInvalid("found bytes that are not UTF-8", file=str(path), line=line) from error


def _syntax(error: tomllib.TOMLDecodeError) -> str:
    return f"this is not TOML: {re.sub(r' [(]at .*[)]$', '', str(error))}"


def _line_in(message: str) -> int:
    found = re.search(r"at line (\d+)", message)
    return int(found[1]) if found else 1


class _Reader:
    """Checks the values of one file, and knows the line of each."""

    def __init__(self, file: str, text: str, base: _Path) -> None:
        self._file = file
        self._places = dict(_lines(text))
        self._base = base

    def config(self, raw: Mapping[str, Any]) -> Config:
        self._refuse_secrets(raw, ())
        self._check_words(raw, (), _TOP)
        targets = self._table(raw, ("targets",))
        return Config(
            file=self._file,
            vendors=tuple(map(self._beside, self._texts(raw, ("vendors",)))),
            vendors_line=self._line(("vendors",)),
            fail_on=self._word(raw, ("fail_on",), _LEVELS),
            caps=self._caps(self._table(raw, ("caps",)), ("caps",), _CAPS),
            targets={name: self._target(targets, ("targets", name)) for name in targets},
            known=tuple(self._known(raw)),
        )

    # --- parts

    def _caps(self, raw: Mapping[str, Any], path: _Path, words: tuple[str, ...]) -> Caps:
        self._check_words(raw, path, words)
        billed, budget = raw.get("max_billed"), raw.get("budget")
        if billed is not None and (not isinstance(billed, int) or isinstance(billed, bool) or billed < 0):  # fmt: skip
            self._refuse((*path, "max_billed"), billed, "a whole number of at least 0")
        if budget is not None and not _is_amount(budget):
            self._refuse((*path, "budget"), budget, "an amount above 0")
        return Caps(max_billed=billed, budget=None if budget is None else float(budget))

    def _target(self, targets: Mapping[str, Any], path: _Path) -> TargetSettings:
        raw = targets[str(path[-1])]
        if not isinstance(raw, dict):
            self._refuse(path, raw, "a table, such as [targets.toapis]")
        caps = self._caps(raw, path, _TARGET)
        url = raw.get("base_url", "")
        if not isinstance(url, str) or (url and not _ADDRESS.fullmatch(url)):
            # Not shown: what does not belong in an address may be a password.
            raise self._error(
                (*path, "base_url"),
                "found another base_url than an http or https address with neither user nor query",
            )
        flags = {word: raw.get(word, False) for word in ("live", "replay")}
        for word, value in flags.items():
            if not isinstance(value, bool):
                self._refuse((*path, word), value, "true or false")
        if sum((bool(url), flags["live"], flags["replay"])) > 1:
            raise self._error(
                path, "found several of base_url, live and replay, expected one target"
            )
        return TargetSettings(
            base_url=url,
            live=flags["live"],
            replay=flags["replay"],
            image_urls=self._texts(raw, (*path, "image_urls")),
            caps=caps,
            line=self._line(path),
        )

    def _known(self, raw: Mapping[str, Any]) -> Iterator[Deviation]:
        listed = raw.get("known", [])
        if not isinstance(listed, list):
            self._refuse(("known",), listed, "tables, each under [[known]]")
        for index, one in enumerate(listed):
            path: _Path = ("known", index)
            if not isinstance(one, dict):
                self._refuse(path, one, "a table under [[known]]")
            self._check_words(one, path, _KNOWN)
            for word in _KNOWN:
                if word not in one:
                    raise self._error(
                        path, f"found no {word}: each deviation has {', '.join(_KNOWN)}"
                    )
            for word in ("clause", "reason", "owner"):
                if not isinstance(one[word], str) or not one[word].strip():
                    self._refuse((*path, word), one[word], "a text")
            yield Deviation(
                clause=one["clause"],
                reason=one["reason"],
                owner=one["owner"],
                expires=self._day(one["expires"], (*path, "expires")),
                line=self._line((*path, "clause")),
            )

    def _day(self, value: Any, path: _Path) -> date:
        if isinstance(value, str):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        if not isinstance(value, date) or isinstance(value, datetime):
            self._refuse(path, value, "a day, such as 2027-01-31")
        return value

    # --- values

    def _table(self, raw: Mapping[str, Any], path: _Path) -> dict[str, Any]:
        found = raw.get(str(path[-1]), {})
        if not isinstance(found, dict):
            self._refuse(path, found, f"a table, [{path[-1]}]")
        return dict(found)

    def _texts(self, raw: Mapping[str, Any], path: _Path) -> tuple[str, ...]:
        found = raw.get(str(path[-1]), [])
        if not isinstance(found, list) or not all(isinstance(each, str) and each for each in found):
            self._refuse(path, found, "a list of texts")
        return tuple(found)

    def _beside(self, vendor: str) -> str:
        """The path of a contract as seen from the working directory; a name as it is."""
        is_path = "/" in vendor or vendor.endswith((".yaml", ".yml"))
        return (Path(self._file).parent / vendor).as_posix() if is_path else vendor

    def _word(self, raw: Mapping[str, Any], path: _Path, words: tuple[str, ...]) -> str:
        found = raw.get(str(path[-1]), "")
        if found and found not in words:
            near = did_you_mean(str(found), words)
            self._refuse(path, found, f"one of {', '.join(words)}{near}")
        return str(found)

    # --- complaints

    def _check_words(self, raw: Mapping[str, Any], path: _Path, words: tuple[str, ...]) -> None:
        for word in raw:
            if word not in words:
                near = did_you_mean(word, words)
                where = f" in [{'.'.join(map(str, path))}]" if path else ""
                expected = f"expected one of {', '.join(words)}{near}"
                raise self._error((*path, word), f"found {word!r}{where}, {expected}")

    def _refuse_secrets(self, raw: Any, path: _Path) -> None:
        """A key in a file is a key in a repository, sooner or later."""
        if isinstance(raw, list):
            for index, each in enumerate(raw):
                self._refuse_secrets(each, (*path, index))
        if not isinstance(raw, dict):
            return
        for word, value in raw.items():
            if _SECRET.search(word) and path != ("targets",):  # there words are vendors
                raise self._error(
                    (*path, word),
                    f"found {word!r}, expected no key in a file: keys are read from variables, such as TOAPIS_API_KEY",
                )
            self._refuse_secrets(value, (*path, word))

    def _refuse(self, path: _Path, value: Any, expected: str) -> NoReturn:
        name = ".".join(map(str, path))
        raise self._error(path, f"found {name} = {str(value)[:60]!r}, expected {expected}")

    def _error(self, path: _Path, problem: str) -> ConfigInvalid:
        return ConfigInvalid(problem, file=self._file, line=self._line(path))

    def _line(self, path: _Path) -> int:
        """The line of a key, else that of the table around it."""
        whole = (*self._base, *path)
        for length in range(len(whole), 0, -1):
            if whole[:length] in self._places:
                return self._places[whole[:length]]
        return 1


def _is_amount(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return bool(number and math.isfinite(value) and value > 0)


# --- places: tomllib tells no lines, and the shape of these files is plain

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]")
_KEY = re.compile(
    r"\s*((?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"|'[^']*'))*)\s*="
)


def _lines(text: str) -> Iterator[tuple[_Path, int]]:
    """The line of each table and key that begins a line."""
    around: _Path = ()
    seen: dict[_Path, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        header = _HEADER.match(line)
        key = _KEY.match(line)
        if header:
            around = _parts(header[2])
            if header[1] == "[[":
                index = seen[around] = seen.get(around, -1) + 1
                yield around, number
                around = (*around, index)
            yield around, number
        elif key:
            yield (*around, *_parts(key[1])), number


def _parts(text: str) -> _Path:
    found = re.findall(r"\"([^\"]*)\"|'([^']*)'|([\w-]+)", text)
    return tuple(next(filter(None, each), "") for each in found)
