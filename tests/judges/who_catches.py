"""
Who notices which fault in an exported document: ours, or the tools of others?

    python -m tests.judges.who_catches [--node DIR]

Writes docs/export-defects.md. Each tool is asked with its ruleset in this folder, and of the unbroken documents it has
nothing to say; so whatever it says of a broken one is about the fault.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from openapi_spec_validator import OpenAPIV31SpecValidator

from conformance.notations.lint import lint_file
from tests.judges.defects import DEFECTS, Defect
from tests.judges.judging import HERE, export, served
from tests.judges.node_tools import MissingNode, Node

PAGE = HERE.parents[1] / "docs" / "export-defects.md"
TOOLS = ("lint", "Redocly", "Spectral", "spec-validator", "Respect")

INTRODUCTION = """# Who catches which fault in an exported document

One fault at a time is put into a document that `conformance export` wrote, and each tool is asked. `lint` is
`conformance lint`; Redocly and Spectral are asked with the rulesets in `tests/judges`; spec-validator is
openapi-spec-validator, which reads no workflows; Respect runs a workflow against a simulator, and is asked of
workflows alone. None of them has anything to say of the documents as they are exported.

Made by `tox -e judges`; the faults are in `tests/judges/defects.py`, and what `lint` has to say of each is a test.
"""


def main() -> int:
    """Ask everybody about every fault; 1 where nobody notices one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--node", type=Path, metavar="DIR", help="where the Node tools are or go")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        node = Node(arguments.node or folder / "node")
        try:
            node.install()
        except MissingNode as missing:
            print(missing, file=sys.stderr)
            return 2
        files = _broken(folder)
        caught = {
            "lint": {f for f in files if lint_file(str(f)).flaws},
            "Redocly": _redocly(node, list(files)),
            "Spectral": _spectral(node, list(files)),
            "spec-validator": {f for f, d in files.items() if _validator(f, d)},
            "Respect": _respect(node, files),
        }
    PAGE.write_text(_page(files, caught), "utf-8")
    missed = [d.name for f, d in files.items() if not any(f in found for found in caught.values())]
    print(f"{len(files)} faults, {len(missed)} that nobody notices: {', '.join(missed) or 'none'}")
    return 1 if missed else 0


def _broken(folder: Path) -> dict[Path, Defect]:
    """A folder for each fault, in which everything else is as it was exported."""
    files = {}
    for index, defect in enumerate(DEFECTS):
        place = folder / f"{index:02}"
        place.mkdir()
        export(defect.vendor, place)
        file = place / f"{defect.vendor}.{defect.kind}.json"
        broken = defect.made(json.loads(file.read_text("utf-8")))
        file.write_text(json.dumps(broken, indent=2), "utf-8")
        files[file] = defect
    return files


def _redocly(node: Node, files: Sequence[Path]) -> set[Path]:
    words = ["lint", "--config", str(HERE / "redocly.yaml"), "--format", "json"]
    return {f for f in files if node.run("redocly", *words, str(f))[0] or _warned(node, words, f)}


def _warned(node: Node, words: Sequence[str], file: Path) -> bool:
    """Whether there are warnings, which are no failure to Redocly."""
    _, said = node.run("redocly", *words, str(file))
    return '"ruleId"' in said


def _spectral(node: Node, files: Sequence[Path]) -> set[Path]:
    words = ["lint", "--ruleset", str(HERE / "spectral.yaml"), "-F", "warn", "-f", "json"]
    return {f for f in files if node.run("spectral", *words, str(f))[0]}


def _validator(file: Path, defect: Defect) -> bool:
    if defect.kind != "openapi":
        return False
    document = json.loads(file.read_text("utf-8"))
    try:
        return any(True for _ in OpenAPIV31SpecValidator(document).iter_errors())
    except Exception:  # noqa: BLE001  # what it cannot read, it has noticed
        return True


def _respect(node: Node, files: dict[Path, Defect]) -> set[Path]:
    found = set()
    with served("toapis") as urls:
        for file, defect in files.items():
            if defect.kind == "arazzo":
                server = f"{defect.vendor}={urls[defect.vendor]}"
                words = ["respect", str(file), "--input", "key=test-key", "--server", server]
                try:
                    code, _ = node.run("redocly", *words, timeout_s=90)
                except subprocess.TimeoutExpired:
                    code = 1
                if code:
                    found.add(file)
    return found


def _page(files: dict[Path, Defect], caught: dict[str, set[Path]]) -> str:
    rows = [
        f"| {defect.name} | {defect.kind} | "
        + " | ".join(_cell(tool, file, defect, caught) for tool in TOOLS)
        + " |"
        for file, defect in files.items()
    ]
    counts = " | ".join(str(len(caught[tool])) for tool in TOOLS)
    others = set.union(*(caught[tool] for tool in TOOLS[1:]))
    alone = len(caught["lint"] - others)
    head = "| fault | in | " + " | ".join(TOOLS) + " |\n|" + "---|" * (len(TOOLS) + 2)
    total = f"| **{len(files)} in all** | | {counts} |"
    said = f"All {len(files)} are caught; {alone} of them by `lint` alone."
    return f"{INTRODUCTION}\n{said}\n\n{head}\n" + "\n".join([*rows, total]) + "\n"


def _cell(tool: str, file: Path, defect: Defect, caught: dict[str, set[Path]]) -> str:
    if tool == "spec-validator" and defect.kind == "arazzo":
        return ""
    if tool == "Respect" and defect.kind == "openapi":
        return ""
    return "yes" if file in caught[tool] else "no"


if __name__ == "__main__":
    sys.exit(main())
