"""How can a person send this request again?"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from conformance.contract.model import AuthScheme, Contract
from conformance.wire.exchange import Exchange, Request

__all__ = ["Curl", "curl"]

_LONG = 1_500
_SHOWN = 600

# A unit that repeats is what boundary prompts are made of: it is written as a repetition instead of at length.
# The unit holds only characters that `printf` and double quotes leave alone.
_REPEATED = re.compile(r"([A-Za-z0-9][A-Za-z0-9 .,_-]{0,79}?)\1{4,}")
_WORTH_IT = 200  # a shorter repetition is easier to read at length

_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")

# Set by every client from the body and the address; repeating them can only contradict.
_IMPLIED = frozenset(
    ("host", "content-length", "connection", "accept-encoding", "user-agent", "transfer-encoding")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Curl:
    """A shell line, and in `note` what differs from what was sent ("" where nothing does)."""

    line: str
    note: str = ""


def curl(exchange: Exchange, contract: Contract, *, key: str = "right") -> Curl:
    """
    The shell line (bash, zsh) that sends the request of an exchange again.

    The key never stands in it: `$AIGPTIMAGE_API_KEY` does. A body that is too long to read is shortened.

    Args:
        key: Which key the case sends: "right", "wrong" (then `wrong-key` stands in its place) or "missing".
    """
    request = exchange.request
    url, secret_in_url = _url(request.url, contract, key)
    # Brackets and braces in an address are a pattern to curl, unless it is told otherwise.
    parts = ["curl", "-sSg" if set(url) & set("[]{}") else "-sS"]
    if request.method != ("POST" if request.body else "GET"):
        parts += ["-X", shlex.quote(request.method)]
    parts.append(url if secret_in_url else _quoted(url))
    parts += [
        part for name, value in request.headers for part in _header(name, value, contract, key)
    ]
    body, note = _body(request)
    return Curl(line=" ".join([*parts, *body]), note=note)


# --- the key ---


def _key(contract: Contract, key: str) -> str:
    return "wrong-key" if key == "wrong" else f"${contract.key_variable}"


def _header(name: str, value: str, contract: Contract, key: str) -> Iterator[str]:
    if name.lower() in _IMPLIED:
        return
    scheme = _scheme(name, contract, location="header")
    yield "-H"
    if scheme is not None:
        yield f'"{scheme.parameter}: {scheme.prefix}{_key(contract, key)}"'
    else:
        # curl drops a header without a value unless it ends in a semicolon.
        yield _quoted(f"{name}: {value}" if value else f"{name};")


def _scheme(name: str, contract: Contract, *, location: str) -> AuthScheme | None:
    matches = (
        s for s in contract.auth if s.location == location and s.parameter.lower() == name.lower()
    )
    return next(matches, None)


def _url(url: str, contract: Contract, key: str) -> tuple[str, bool]:
    """The address, and whether the key's variable stands in it: it is then in double quotes already."""
    address, mark, query = url.partition("?")
    if not mark:
        return url, False
    pairs = [pair.partition("=") for pair in query.split("&")]
    if not any(_scheme(name, contract, location="query") for name, _, _ in pairs):
        return url, False
    shown = "&".join(
        f"{name}{equals}{_key(contract, key)}"
        if _scheme(name, contract, location="query")
        else f"{name}{equals}{_in_double_quotes(value)}"
        for name, equals, value in pairs
    )
    return f'"{_in_double_quotes(address)}?{shown}"', True


def _in_double_quotes(text: str) -> str:
    return re.sub(r'(["\\$`])', r"\\\1", text)


# --- the body ---


def _body(request: Request) -> tuple[list[str], str]:
    data = request.body
    if not data:
        return ([], "") if request.method in ("GET", "HEAD", "DELETE") else (["-d", "''"], "")
    text, note = _shortened(data.decode("latin-1"))
    if "\0" in text:
        note = "; ".join(
            filter(None, [note, "each NUL byte of the body is left out: no argument can hold one"])
        )
        text = text.replace("\0", "")
    # Byte for byte: latin-1 gives every byte a character of its own, and only UTF-8 text is shown as text.
    return ["--data-raw", "".join(_pieces(text))], note


def _shortened(text: str) -> tuple[str, str]:
    """The text as it is where its repetitions can be written short, else cut in the middle."""
    if len(text) - sum(len(m.group()) for m in _repetitions(text)) <= _LONG:
        return text, ""
    cut = f"{text[:_SHOWN]}...{text[-80:]}"
    return cut, f"body shortened for reading: {len(text)} bytes were sent, the record has them all"


def _pieces(text: str) -> Iterator[str]:
    """The text as shell words glued together: quoted text, and `printf` for what repeats."""
    start = 0
    for match in _repetitions(text):
        unit = match.group(1)
        times = len(match.group()) // len(unit)
        if match.start() > start:
            yield _quoted_bytes(text[start : match.start()])
        yield f"\"$(printf '{unit}%.0s' $(seq {times}))\""
        start = match.end()
    if text[start:] or not start:
        yield _quoted_bytes(text[start:])


def _repetitions(text: str) -> Iterator[re.Match[str]]:
    return (m for m in _REPEATED.finditer(text) if len(m.group()) >= _WORTH_IT)


def _quoted_bytes(text: str) -> str:
    """Bytes (as latin-1 text) for the shell: readable where they are UTF-8, else as `\\xNN`."""
    try:
        return _quoted(text.encode("latin-1").decode("utf-8"))
    except UnicodeDecodeError:
        escaped = _UNPRINTABLE.sub(lambda match: f"\\x{ord(match.group()):02x}", _backslashed(text))
        return f"$'{escaped}'"


def _quoted(text: str) -> str:
    """One shell word. What does not print is written `\\xNN`, so that it can neither hide nor act."""
    if text.isprintable():
        return "'" + text.replace("'", "'\\''") + "'"
    return f"$'{''.join(map(_escaped, _backslashed(text)))}'"


def _backslashed(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))
