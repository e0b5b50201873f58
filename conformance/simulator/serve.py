"""How are simulators served over HTTP, on loopback and nowhere else?"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from conformance.errors import UsageError
from conformance.simulator.app import HANG_UP

if TYPE_CHECKING:
    from uvicorn import Server

__all__ = ["AsgiApp", "serve_many", "serving"]

AsgiApp = Callable[[Any, Any, Any], Awaitable[None]]
"""An ASGI application, such as a `Simulator`."""

_HOST = "127.0.0.1"
_PORTS = range(65536)
_STARTED_S = 30.0


async def serve_many(
    apps: Mapping[str, AsgiApp],
    *,
    port: int = 0,
    ready: Callable[[str, str], None] = lambda _name, _url: None,
) -> None:
    """
    Serve each simulator on a port of its own until cancelled.

    Args:
        port: The first one's port, the others take those after it; 0 for any that are free.
        ready: Called with name and URL of each, once all answer.

    Raises:
        UsageError: A port is taken or does not exist.
    """
    sockets = _bound(list(apps), port)
    servers = {name: _server(app) for name, app in apps.items()}
    tasks = [
        asyncio.create_task(server.serve(sockets=[sockets[name]]))
        for name, server in servers.items()
    ]
    try:
        while not all(server.started for server in servers.values()):
            await _none_ended(tasks)
        for name in servers:
            ready(name, _url(sockets[name]))
        await asyncio.gather(*tasks)
    finally:
        for server in servers.values():
            server.should_exit = True
        await asyncio.gather(*tasks, return_exceptions=True)
        for bound in sockets.values():
            bound.close()


async def _none_ended(tasks: list[asyncio.Task[None]]) -> None:
    """Let the servers go on for a moment; raises what ended one of them."""
    done, _ = await asyncio.wait(tasks, timeout=0.01, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


@contextlib.contextmanager
def serving(apps: Mapping[str, AsgiApp], *, port: int = 0) -> Iterator[dict[str, str]]:
    """
    Serve each simulator from a thread of its own for as long as the context lasts; gives URL by name.

    Raises:
        UsageError: A port is taken or does not exist.
    """
    urls: dict[str, str] = {}
    started = threading.Event()
    failures: list[BaseException] = []
    loop = asyncio.new_event_loop()

    def ready(name: str, url: str) -> None:
        urls[name] = url
        if len(urls) == len(apps):
            started.set()

    serve = loop.create_task(serve_many(apps, port=port, ready=ready))

    def run() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(serve)
        except asyncio.CancelledError:
            pass
        except Exception as error:  # noqa: BLE001  # raised again in the thread that asked
            failures.append(error)
        finally:
            started.set()
            loop.close()

    thread = threading.Thread(target=run, name="simulators", daemon=True)
    thread.start()
    started.wait(_STARTED_S)
    if failures:
        raise failures[0]
    try:
        yield urls
    finally:
        with contextlib.suppress(RuntimeError):  # the loop may have ended by itself
            loop.call_soon_threadsafe(serve.cancel)
        thread.join(_STARTED_S)


def _bound(names: list[str], port: int) -> dict[str, socket.socket]:
    sockets: dict[str, socket.socket] = {}
    try:
        for offset, name in enumerate(names):
            sockets[name] = _listening(port + offset if port else 0)
    except UsageError:
        for bound in sockets.values():
            bound.close()
        raise
    return sockets


def _listening(port: int) -> socket.socket:
    if port not in _PORTS:
        raise UsageError(f"there is no port {port}; ports go from 1 to {_PORTS[-1]}")
    # With its protocol named, or asyncio would not switch off Nagle's algorithm: a reply on a connection that is kept
    # would then wait 40 ms for an acknowledgement.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((_HOST, port))
    except OSError as error:
        bound.close()
        raise UsageError(f"port {port} on {_HOST} cannot be used: {error.strerror}") from error
    return bound


def _url(bound: socket.socket) -> str:
    return f"http://{_HOST}:{bound.getsockname()[1]}"


def _server(app: AsgiApp) -> Server:
    from uvicorn import Config, Server

    class _Quiet(Server):
        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            # Several servers share the process: whoever started them decides what a signal means.
            yield

    settings: dict[str, Any] = {"log_level": "error", "access_log": False, "lifespan": "off"}
    # Without `Server: uvicorn` nobody learns to rely on it; and a stop waits for nobody.
    config = Config(_can_hang_up(app), server_header=False, timeout_graceful_shutdown=1, **settings)
    return _Quiet(config)


def _can_hang_up(app: AsgiApp) -> AsgiApp:
    """The application, told how it can close its connection: uvicorn has no word for that, but what sends knows it."""

    async def served(scope: Any, receive: Any, send: Any) -> None:
        transport = getattr(getattr(send, "__self__", None), "transport", None)
        if transport is not None and scope["type"] == "http":
            scope.setdefault("extensions", {})[HANG_UP] = transport.abort
        await app(scope, receive, send)

    return served
