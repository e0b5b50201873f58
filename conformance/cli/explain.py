"""`conformance explain`: what does one clause mean?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from conformance.cli.output import check_writable, show, write_json
from conformance.cli.parsing import Parser
from conformance.errors import UsageError

if TYPE_CHECKING:
    from conformance.contract.clauses import Clause
    from conformance.contract.model import Contract
    from conformance.results.cases import Plan, Send

__all__ = ["parser", "run"]


def run(words: Sequence[str]) -> int:
    """Explain one clause, or list those that a prefix or a pattern names; sends nothing."""
    arguments = parser().read(words)
    check_writable(arguments.json)

    from conformance.reporting import explain_view as view
    from conformance.reporting.explanation import explain

    contracts = _contracts(arguments.clause, arguments.contract)
    found = _meant(arguments.clause, contracts)
    if len(found) == 1:
        contract, clause = found[0]
        explained = explain(
            contract,
            clause,
            _plans(contract, clause),
            alone=_alone(contract, clause),
            curl_of=_curl_of(contract),
        )
        document = view.explain_json(contract, explained)
        lines = view.explain_lines(explained)
    else:
        document = view.matches_json(found)
        lines = view.matches_lines(arguments.clause, found)
    if arguments.json:
        write_json(document, arguments.json)
    if arguments.json != "-":
        show(lines)
    return 0


def _contracts(text: str, file: str | None) -> list[Contract]:
    """The contract that an id begins with; all that come with the package where it begins otherwise."""
    from conformance.contract.loading import contract_names, load_contract

    if file is not None:
        return [load_contract(file)]
    names = contract_names()
    vendor = text.partition(".")[0].casefold()
    return [load_contract(name) for name in ([vendor] if vendor in names else names)]


def _meant(text: str, contracts: Sequence[Contract]) -> list[tuple[Contract, Clause]]:
    from conformance.contract.clauses import derive_clauses
    from conformance.reporting.finding import meant, nearest_ids

    found = [(c, clause) for c in contracts for clause in meant(text, derive_clauses(c))]
    if not found:
        known = [clause for c in contracts for clause in derive_clauses(c)]
        near = nearest_ids(text, known)
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        raise UsageError(f"no clause is named {text!r}{hint}; `conformance clauses` lists them all")
    return found


def _plans(contract: Contract, clause: Clause) -> list[Plan]:
    """The plan of each dialect that the clause may be tried in."""
    from conformance.planning.plan import make_plan

    dispute = next((d for d in contract.disputes if d.name == clause.dispute), None)
    dialects = [{dispute.name: a.name} for a in dispute.alternatives] if dispute else [{}]
    return [make_plan(contract, dialect=dialect, callbacks="sure") for dialect in dialects]


def _alone(contract: Contract, clause: Clause) -> Plan:
    from conformance.planning.plan import make_plan
    from conformance.reporting.explain_view import only_glob

    return make_plan(contract, only=only_glob(clause.id), callbacks="sure")


def _curl_of(contract: Contract) -> Callable[[Send], str]:
    """Writes the request of a case as a shell line; the task that it asks about is called TASK_ID there."""
    from conformance.reporting.curl import curl
    from conformance.run.requests import wire_request
    from conformance.wire.exchange import Exchange

    def written(send: Send) -> str:
        request = wire_request(
            contract, send, base_url=contract.base_url, key="", run="1", task_id="TASK_ID"
        )
        exchange = Exchange(id="", case="", phase=send.operation, request=request)
        return curl(exchange, contract, key=send.key).line

    return written


def parser() -> Parser:
    """The arguments that it takes."""
    made = Parser(
        "explain",
        description="What one clause means: its statement, level and sources, how a check tries it and what\n"
        "that costs, what would violate it and what would not, and, where the documents\n"
        "disagree, each answer with its page. Sends nothing. A prefix or a pattern lists the\n"
        "clauses that it names, with what is contradicted and left open about them.",
        examples="  conformance explain aigptimage.create.rule.auto-only-1k\n"
        "  conformance explain apimart.create.image_urls.\n"
        "  conformance explain 'toapis.*.error.4*'\n"
        "  conformance explain acme.create.prompt.maxLength --contract ./acme.yaml",
    )
    made.add_argument(
        "clause",
        metavar="CLAUSE",
        help="a clause's id, in any case; the beginning or the end of one; or a pattern with * and ?",
    )
    made.add_argument(
        "--contract",
        metavar="FILE",
        help="the path of the contract it is in, where that does not come with this package",
    )
    made.add_argument("--json", metavar="FILE", help="write it as JSON; - for stdout")
    return made
