"""TLS that fails is a sentence and exit code 4, before anything was asked."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conformance.cli.main import main
from tests.hostile.certificates import self_signed
from tests.hostile.server import served

VENDOR, VARIABLE = "aigptimage", "AIGPTIMAGE_API_KEY"


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(VARIABLE, "sk-canary-tls")


def checked(url: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = main(["check", VENDOR, "--base-url", url])
    return code, capsys.readouterr().err


@contextmanager
def answering(act: Callable[[socket.socket], None]) -> Iterator[str]:
    """An https URL at which each connection is treated like this, whatever it says."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def work() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    act(connection)

        threading.Thread(target=work, daemon=True).start()
        yield f"https://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    "years", ["20200101000000Z,20990101000000Z", "20200101000000Z,20200102000000Z"]
)
def test_a_certificate_that_nobody_vouches_for(
    years: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(lambda m: (m.raw,), tls=self_signed(tmp_path, years=years)) as server:
        code, said = checked(server.url, capsys)
        asked = list(server.asked)
    assert (code, asked) == (4, [])
    assert "no secure connection to 127.0.0.1" in said
    assert "certificate" in said
    assert "canary" not in said


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda c: c.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"), id="plain HTTP"),
        pytest.param(lambda c: c.sendall(b"\x15\x03\x03\x00\x02\x02\x28"), id="an alert"),
        pytest.param(lambda c: None, id="closed"),
    ],
)
def test_a_handshake_that_fails(
    act: Callable[[socket.socket], None], capsys: pytest.CaptureFixture[str]
) -> None:
    with answering(act) as url:
        code, said = checked(url, capsys)
    assert code == 4
    assert "cannot be reached" in said
    assert "Traceback" not in said
