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

from conformance.contract.loading import contract_names, load_contract
from tests.judges.judging import ASKING, JUDGES, Exported, export, served
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
        asleep = [] if arguments.judge else _asleep(arguments.vendors[0], folder, node)
    for (vendor, judge), complaint in said.items():
        if complaint:
            print(f"\n== {judge} on {vendor}\n{complaint}")
    bad = sum(map(bool, said.values()))
    print(f"\n{len(said) - bad} of {len(said)} are content")
    print(f"asleep, with a simulator that breaks its contract: {', '.join(asleep) or 'none'}")
    return 1 if bad or asleep else 0


def _asleep(vendor: str, folder: Path, node: Node) -> list[str]:
    """The judges that ask a simulator, and do not notice one whose task ids are no texts."""
    path = next(
        f.path for f in load_contract(vendor).operation("create").reply if f.role == "task_id"
    )
    with served(vendor, breaking=f"retype=create:{path}") as urls:
        exported = Exported(vendor, folder, urls[vendor], node)
        return [judge for judge in ASKING if not JUDGES[judge](exported)]


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
