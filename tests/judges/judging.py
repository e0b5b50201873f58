"""What does each judge say of one vendor's exported documents?"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator

from conformance.compilers.arazzo import arazzo
from conformance.compilers.openapi import openapi
from conformance.contract.clauses import clauses_by_id
from conformance.contract.loading import load_contract
from conformance.contract.resolution import settle
from tests.judges.node_tools import Node

__all__ = ["ASKING", "JUDGES", "Exported", "export", "served"]

HERE = Path(__file__).parent
_SPEED = "20"  # tasks take seconds, so that polling is seen to go on


class Exported:
    """The documents of one vendor, as files, and the simulator that keeps its contract."""

    def __init__(self, vendor: str, folder: Path, url: str, node: Node) -> None:
        self.vendor = vendor
        self.openapi = folder / f"{vendor}.openapi.json"
        self.arazzo = folder / f"{vendor}.arazzo.json"
        self.url = url
        self.node = node


def export(vendor: str, folder: Path) -> None:
    """Write both documents of a vendor into a folder."""
    contract = load_contract(vendor)
    settled = settle(contract, {})
    described = openapi(settled, {}, clauses=clauses_by_id(contract))
    _write(folder / f"{vendor}.openapi.json", described)
    _write(folder / f"{vendor}.arazzo.json", arazzo(settled))


def _write(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document, indent=2), "utf-8")


# ---------------------------------------------------------------- servers


@contextmanager
def served(*vendors: str, breaking: str = "") -> Iterator[dict[str, str]]:
    """
    Simulators on loopback, and the address of each.

    Args:
        breaking: How they break their contract; not at all where nothing is given.
    """
    words = [sys.executable, "-m", "conformance.cli.main", "serve", *vendors]
    words += ["--speed", _SPEED, "--port", str(_free_port())]
    words += ["--break", breaking] if breaking else []
    with _running(words) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().split() for _ in vendors]
        yield dict(lines)


@contextmanager
def _running(words: list[str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ}
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=20)
        if process.stdout is not None:
            process.stdout.close()


def _free_port() -> int:
    """A port below which and above which a few are free as well, most likely."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return min(port, 60_000)


def _listening(port: int, *, within_s: float) -> bool:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.1)
    return False


# ---------------------------------------------------------------- judges; "" is: nothing to say


def redocly_lint(exported: Exported) -> str:
    """Redocly, on both documents; warnings count."""
    rules = str(HERE / "redocly.yaml")
    files = [str(exported.openapi), str(exported.arazzo)]
    code, said = exported.node.run("redocly", "lint", "--config", rules, "--format", "json", *files)
    found = _json_in(said)
    problems = [f"{p['ruleId']}: {p['message']}" for p in found.get("problems", ())]
    return "\n".join(problems) or (said if code else "")


def spectral(exported: Exported) -> str:
    """Spectral, on both documents; warnings count."""
    rules = str(HERE / "spectral.yaml")
    files = [str(exported.openapi), str(exported.arazzo)]
    code, said = exported.node.run("spectral", "lint", "--ruleset", rules, "-F", "warn", *files)
    return said if code else ""


def spec_validator(exported: Exported) -> str:
    """openapi-spec-validator, which follows references."""
    document = json.loads(exported.openapi.read_text("utf-8"))
    errors = OpenAPIV31SpecValidator(document).iter_errors()
    return "\n".join(str(getattr(error, "message", error)) for error in errors)


def redocly_respect(exported: Exported) -> str:
    """Redocly runs the workflow against the simulator: each step, status and reply as described."""
    server = f"{exported.vendor}={exported.url}"
    words = [str(exported.arazzo), "--input", "key=test-key", "--server", server]
    code, said = exported.node.run("redocly", "respect", *words)
    if code:
        return said
    return "" if "Retrying step poll" in said else f"it never had to poll twice\n{said}"


def prism(exported: Exported) -> str:
    """Prism stands between the reference client and the simulator, and refuses what is not as described."""
    port = _free_port()
    words = ["proxy", "--errors", str(exported.openapi), exported.url, "--port", str(port)]
    with _running(exported.node.command("prism", *words)) as process:
        if not _listening(port, within_s=30):
            return "Prism did not begin to listen"
        key = load_contract(exported.vendor).key_variable
        made = subprocess.run(
            [
                *(sys.executable, "-m", "conformance.cli.main", "generate", exported.vendor),
                *("--prompt", "A lighthouse at dusk", "--base-url", f"http://127.0.0.1:{port}"),
                *("--yes", "--timeout", "90", "--json", "-", *_reference(exported.vendor)),
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={**os.environ, key: "test-key"},
        )
        process.terminate()
        assert process.stdout is not None
        log = process.stdout.read()
    problems = [line for line in log.splitlines() if "Violation" in line or "error" in line.lower()]
    if made.returncode:
        return f"{made.stdout[-800:]}{made.stderr[-800:]}\n" + "\n".join(problems[-10:])
    return "\n".join(problems)


def _reference(vendor: str) -> list[str]:
    """An image, where the first model cannot do without one."""
    contract = load_contract(vendor)
    create = contract.operation("create")
    fields = create.fields if create is not None else ()
    needed = any(
        f.role == "images" and f.required and (not f.models or contract.models[0] in f.models)
        for f in fields
    )
    return ["--image", "https://images.example/reference.png"] if needed else []


def schemathesis(exported: Exported) -> str:
    """Schemathesis loads the document and asks the simulator; warnings count."""
    words = [sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"]
    known = HERE / f"schemathesis.{exported.vendor}.toml"
    words += ["--config-file", str(known)] if known.exists() else []
    words += ["run", str(exported.openapi)]
    words += ["--url", exported.url, "--no-color", "--seed", "1", "--max-examples", "10"]
    words += ["-H", "Authorization: Bearer test-key"]
    hooks = {"SCHEMATHESIS_HOOKS": "tests.judges.schemathesis_hooks"}
    done = subprocess.run(
        words,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
        cwd=HERE.parents[1],
        env={**os.environ, **hooks},
    )
    said = done.stdout + done.stderr
    return said if done.returncode or "WARNINGS" in said else ""


def _json_in(said: str) -> dict[str, Any]:
    """The JSON document in what a tool says, between whatever else it says."""
    start = said.find("\n{") + 1 if not said.startswith("{") else 0
    try:
        found: dict[str, Any] = json.JSONDecoder().raw_decode(said[start:])[0]
    except ValueError:
        return {}
    return found


JUDGES: dict[str, Callable[[Exported], str]] = {
    "openapi-spec-validator": spec_validator,
    "redocly lint": redocly_lint,
    "spectral": spectral,
    "redocly respect": redocly_respect,
    "prism": prism,
    "schemathesis": schemathesis,
}
ASKING = ("redocly respect", "prism", "schemathesis")
"""Those that ask a simulator."""
