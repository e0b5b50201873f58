"""What can be said on the command line of `conformance check`?"""

from __future__ import annotations

import argparse
import re

from conformance.cli.parsing import Parser, add_waits, one_of, whole
from conformance.cli.parsing import money as amount_of_money

__all__ = ["parser"]


def parser() -> Parser:
    """The arguments that it takes. One flat table."""
    made = Parser(
        "check",
        description="Asks a target everything its contract says and judges the answers. Without\n"
        "--base-url the target is a simulator made from the contract, inside this program:\n"
        "no vendor is contacted, and nobody waits or pays.",
        examples="  conformance check\n"
        "  conformance check aigptimage --json out.json --junit junit.xml --html out.html\n"
        "  conformance check aigptimage --strength 2\n"
        "  conformance check aigptimage --repeat 3\n"
        "  conformance check aigptimage --explore 200 --seed 7\n"
        "  conformance check aigptimage --fuzz 50\n"
        "  conformance check gptimage2api --only '*.prompt.*' --verbose\n"
        "  GPTIMAGE2API_API_KEY=... conformance check gptimage2api \\\n"
        "      --base-url https://gptimage2api.org --max-billed 5\n"
        "  GPTIMAGE2API_API_KEY=... conformance check gptimage2api --live --budget 20\n"
        "  conformance check --resume reports/records/gptimage2api-20261121T085638Z.jsonl\n"
        "  conformance check aigptimage --save-cassettes\n"
        "  conformance check --replay\n"
        "  conformance check --baseline conformance.toml --junit junit.xml\n"
        "  conformance check aigptimage --replay --cassettes tests/cassettes/mine.yaml\n"
        "  APIPOD_API_KEY=... conformance check apipod --base-url https://api.apipod.ai \\\n"
        "      --callback-url https://hooks.example.com/apipod --callback-port 8900\n\n"
        "exit codes:\n"
        "  0  every clause that was tried conforms\n"
        "  1  a clause is violated (see --fail-on)\n"
        "  2  the command line, or a key variable, is wrong\n"
        "  3  a contract, a cassette or conformance.toml is invalid; in CI, also where a cassette is\n"
        "     stale\n"
        "  4  the target cannot be reached, refuses the key throughout, is out of order, or does not\n"
        "     speak JSON\n"
        "  5  a clause stayed undecided for another reason than --max-billed, or nothing was tried",
    )
    made.add_argument(
        "vendors",
        metavar="VENDOR",
        nargs="*",
        help="a vendor's name, or the path of a contract; all vendors where none is given",
    )
    target = made.add_argument_group("target")
    target.add_argument(
        "--base-url",
        metavar="URL",
        default="",
        help="ask the server there, instead of the embedded simulator; its path is a prefix. "
        "Takes one vendor, whose key is read from its variable (AIGPTIMAGE_API_KEY)",
    )
    target.add_argument(
        "--live",
        action="store_true",
        help="ask the vendors themselves, at the address in their documents, with the key of each in "
        "its variable. This spends money: it says how much at worst, and asks",
    )
    target.add_argument(
        "--resume",
        metavar="RECORD",
        default="",
        help="go on with a run that was stopped, in its record: nothing that was paid for is sent "
        "again, and tasks that run are followed to their end. Vendor, target and options are "
        "those of the record. One that is finished is judged again, and nothing is sent",
    )
    target.add_argument(
        "--image-url",
        metavar="URL",
        action="append",
        default=[],
        type=_url,
        help="a reference image that the target can fetch; may be given again. Needed only where "
        "the target is not on this machine",
    )
    target.add_argument(
        "--callback-url",
        metavar="URL",
        type=_url,
        help="a public address, as of a tunnel, that leads to --callback-port: vendors that call "
        "back are asked to send there. Not needed where the target is on this machine",
    )
    target.add_argument(
        "--callback-port",
        metavar="N",
        type=whole(1),
        help="the port on 127.0.0.1 that takes callbacks (default: any that is free). Their "
        "signatures are checked with the secret in TOAPIS_WEBHOOK_SECRET and its like, on this "
        "machine else with test-secret",
    )
    target.add_argument(
        "--replay",
        action="store_true",
        help="ask nobody: cassettes answer, as recorded by --save-cassettes, with the options of "
        "that run. One that plain vcrpy recorded is judged as far as it goes (--cassettes FILE)",
    )
    target.add_argument(
        "--save-cassettes",
        action="store_true",
        help="write what was sent and received, without secrets, to "
        "cassettes/VENDOR/simulator.yaml (url.yaml, live.yaml), for --replay and for vcrpy",
    )
    target.add_argument(
        "--cassettes",
        metavar="PATH",
        default="",
        help="a file, or a folder in place of cassettes/, to replay from or to save to",
    )
    target.add_argument(
        "--max-age",
        metavar="DAYS",
        type=whole(0),
        default=30,
        help="call a cassette stale that is older (default: 30), as one that was recorded under "
        "another contract; where the variable CI is set, that is an error (exit code 3)",
    )
    money = made.add_argument_group("money")
    money.add_argument(
        "--max-billed",
        metavar="N",
        type=whole(0),
        help="send no more than N creations that may be paid for, those that show most; 0 sends none",
    )
    money.add_argument(
        "--budget",
        metavar="AMOUNT",
        type=amount_of_money,
        help="send only what costs no more than AMOUNT at worst, in the unit that the contract "
        "prices in; what shows most for its price goes first",
    )
    money.add_argument(
        "--yes",
        action="store_true",
        help="do not ask before spending money at --live or --base-url",
    )
    plan = made.add_argument_group("what is asked, and how")
    plan.add_argument(
        "--strength",
        metavar="N",
        type=one_of("1", "2", "3"),
        default="1",
        help="how many values are tried together: 1 each documented one (the default), 2 every "
        "permitted pair of a model's values, 3 every three; more is dearer",
    )
    plan.add_argument(
        "--explore",
        metavar="N",
        type=whole(0),
        default=0,
        help="after the plan, generate N further requests, valid and with one clause broken, and "
        "make what they find as small as can be. At --base-url valid ones are sent only with "
        "--max-billed; invalid ones cost nothing where they are refused, and take from the cap "
        "where not. The same --seed asks the same. Needs the extra [fuzz]",
    )
    plan.add_argument(
        "--fuzz",
        metavar="N",
        type=whole(0),
        nargs="?",
        const=100,
        default=0,
        help="have Schemathesis generate N requests (100) from the exported OpenAPI document, send them "
        "under the same caps, and report what its checks find beyond the contract's clauses; what it "
        "would accuse although documents permit it is left out. Needs the extra [fuzz]",
    )
    plan.add_argument(
        "--repeat",
        metavar="N",
        type=whole(1),
        default=1,
        help="ask everything N times in all, what is paid for within the caps: what is answered both "
        "ways is flaky, and undecided; and latencies rest on more than one look (default: 1)",
    )
    plan.add_argument(
        "--only",
        metavar="GLOB",
        default="",
        help="try only clauses whose id matches, '*.prompt.*'; several with commas between them",
    )
    plan.add_argument(
        "--concurrency",
        metavar="N",
        type=whole(1),
        default=4,
        help="cases at the same time over the network (default: 4)",
    )
    add_waits(plan)
    plan.add_argument(
        "--seed", metavar="N", type=whole(0), default=0, help="for whatever is random (default: 0)"
    )
    outcome = made.add_argument_group("outcome")
    outcome.add_argument(
        "--fail-on",
        metavar="LEVEL",
        type=one_of("must", "implied", "any"),
        default="any",
        help="which violations exit with 1: must (what is stated), implied (that, and what "
        "follows from it), any (the default)",
    )
    outcome.add_argument(
        "--baseline",
        metavar="FILE",
        default="",
        help="take vendors, targets, caps, --fail-on and known deviations from this file, and show "
        "only what is new: a conformance.toml, or a pyproject.toml with [tool.conformance]. Without "
        "it, those of the working directory are read; flags go before what they say. A deviation "
        "that has expired, or conforms by now, exits with 1",
    )
    outcome.add_argument(
        "--no-baseline", action="store_true", help="read no such file from the working directory"
    )
    outcome.add_argument(
        "--verbose", action="store_true", help="list every clause, not only those to look at"
    )
    outcome.add_argument("--json", metavar="FILE", help="write it as JSON; - for stdout")
    outcome.add_argument(
        "--junit",
        metavar="FILE",
        help="write it as JUnit XML, a test case for each clause; `conformance report` has more formats",
    )
    outcome.add_argument(
        "--html",
        metavar="FILE",
        help="write it as one page that holds everything, with the evidence. Needs the extra [report]",
    )
    outcome.add_argument(
        "--output",
        metavar="DIR",
        default="reports",
        help="records of the run go to DIR/records/ (default: reports)",
    )
    return made


def _url(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+\S*", text):
        raise argparse.ArgumentTypeError(f"is {text!r}, expected an http or https URL")
    return text
