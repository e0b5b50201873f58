"""`conformance plan`: what would a check send, prove and cost?"""

from __future__ import annotations

from collections.abc import Sequence

from conformance.cli.output import check_writable, show, write_json
from conformance.cli.parsing import Parser, one_of, whole

__all__ = ["parser", "run"]


def run(words: Sequence[str]) -> int:
    """Show the plan for one vendor; sends nothing."""
    arguments = parser().read(words)
    check_writable(arguments.json)

    from conformance.contract.loading import load_contract
    from conformance.planning.plan import make_plan
    from conformance.reporting.plan_view import plan_json, plan_lines

    contract = load_contract(arguments.vendor)
    cap = arguments.max_billed
    plan = make_plan(contract, strength=int(arguments.strength), max_billed=cap, callbacks="sure")
    if arguments.json:
        write_json(plan_json(plan, contract, max_billed=cap), arguments.json)
    if arguments.json != "-":
        show(plan_lines(plan, contract, max_billed=cap))
    return 0


def parser() -> Parser:
    """The arguments that it takes."""
    made = Parser(
        "plan",
        description="The cases that a check would send, in order: what is expected of each, what it\n"
        "proves and what it costs; and the lowest number of paid creations that any plan\n"
        "needs. Sends nothing.",
        examples="  conformance plan aigptimage\n"
        "  conformance plan aigptimage --strength 2\n"
        "  conformance plan aigptimage --max-billed 10\n"
        "  conformance plan aigptimage --json plan.json",
    )
    made.add_argument("vendor", metavar="VENDOR", help="a vendor's name, or the path of a contract")
    made.add_argument(
        "--strength",
        metavar="N",
        type=one_of("1", "2", "3"),
        default="1",
        help="how many values are tried together: 1 each documented one (the default), 2 every "
        "permitted pair of a model's values, 3 every three; more is dearer",
    )
    made.add_argument(
        "--max-billed",
        metavar="N",
        type=whole(0),
        help="what N paid creations would be, those that show most, and what is given up",
    )
    made.add_argument("--json", metavar="FILE", help="write it as JSON; - for stdout")
    return made
