"""
Are all foreign judges content with all exports?

    python -m tests.judges [VENDOR ...] [--judge NAME] [--node DIR]

Needs Node 20 or newer and a registry for three packages, so CI does not run it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from conformance.contract.loading import contract_names
from tests.judges.judging import JUDGES, Exported, export, served
from tests.judges.node_tools import MissingNode, Node


def main() -> int:
    """Every judge on every vendor; 1 where one has something to say."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        node = Node(arguments.node or folder / "node")
        try:
            node.install()
        except MissingNode as missing:
            print(missing, file=sys.stderr)
            return 2
        for vendor in arguments.vendors:
            export(vendor, folder)
        with served(*arguments.vendors) as urls:
            said = {
                (vendor, judge): _judged(judge, Exported(vendor, folder, urls[vendor], node))
                for vendor in arguments.vendors
                for judge in arguments.judge or JUDGES
            }
    for (vendor, judge), complaint in said.items():
        if complaint:
            print(f"\n== {judge} on {vendor}\n{complaint}")
    bad = sum(map(bool, said.values()))
    print(f"\n{len(said) - bad} of {len(said)} are content")
    return 1 if bad else 0


def _judged(judge: str, exported: Exported) -> str:
    began_s = time.monotonic()
    complaint = JUDGES[judge](exported)
    words = "complains" if complaint else "content"
    print(
        f"{exported.vendor:14} {judge:24} {words:10} {time.monotonic() - began_s:5.1f} s",
        flush=True,
    )
    return complaint


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("vendors", nargs="*", metavar="VENDOR")
    parser.add_argument("--judge", action="append", choices=list(JUDGES), help="only this one")
    parser.add_argument("--node", type=Path, metavar="DIR", help="where the Node tools are or go")
    arguments = parser.parse_args()
    arguments.vendors = arguments.vendors or contract_names()
    return arguments


if __name__ == "__main__":
    sys.exit(main())
