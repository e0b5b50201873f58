"""
Which conversations does a cassette hold that no plan asks for?

Somebody else recorded them, with requests of their own. Each creation becomes a case that is asked once more, so that
its polls and downloads are found by the run itself; nothing is expected of it but that what came back is as documented.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from conformance.contract.model import Contract, Operation
from conformance.results.cases import Case, Send
from conformance.run.examples import assignment_of, request_problems
from conformance.run.tape import REFUSED_KEY, Tape
from conformance.simulator.routes import Routes
from conformance.wire.exchange import Exchange, header
from conformance.wire.recordings import Recording

__all__ = ["creation_cases", "faults_of_the_client", "query_cases", "what_was_covered"]

_ASKS = ("status", "batch", "balance")
_SUCCESS = range(200, 300)
_MOST_NAMED = 5


def creation_cases(contract: Contract, tape: Tape, base_url: str) -> Iterator[Case]:
    """A case for each recorded creation that nothing has asked for."""
    for exchange in [*tape.left()]:
        operation = _operation(contract, exchange)
        refused = exchange.reply is not None and exchange.reply.status in REFUSED_KEY
        if operation is not None and operation.name == "create" and not refused:
            yield _case(contract, operation, exchange, tape, base_url)


def query_cases(contract: Contract, tape: Tape, base_url: str) -> Iterator[Case]:
    """A case for each recorded query that was answered, and that belongs to no creation on the cassette."""
    for exchange in [*tape.left()]:
        operation = _operation(contract, exchange)
        answered = exchange.reply is not None and exchange.reply.status in _SUCCESS
        if operation is not None and operation.name in _ASKS and answered:
            yield _case(contract, operation, exchange, tape, base_url)


def _operation(contract: Contract, exchange: Exchange) -> Operation | None:
    path = urlsplit(exchange.request.url).path
    match = Routes(contract).find(exchange.request.method, path)
    return match.operation if match else None


def _case(
    contract: Contract, operation: Operation, exchange: Exchange, tape: Tape, base_url: str
) -> Case:
    request = exchange.request
    kept = tuple((n, v) for n, v in request.headers if n.lower() in tape.documented)
    auth = {scheme.parameter.lower() for scheme in contract.auth}
    shown = assignment_of(operation, Recording(exchange=exchange))
    model = next(
        (str(shown[f.path]) for f in operation.fields if f.role == "model" and f.path in shown), ""
    )
    return Case(
        id=f"recorded {exchange.id}",
        operation=operation.name,
        send=Send(
            operation=operation.name,
            method=request.method,
            path=request.url.removeprefix(base_url),
            headers=tuple((n, v) for n, v in kept if n.lower() not in auth),
            raw=request.body or None,
            content_type=header(request.headers, "content-type") or "",
        ),
        expect="either" if operation.name == "create" else "answered",
        title="a request that the cassette holds and no plan asks for",
        assignment=shown,
        model=model,
    )


def faults_of_the_client(contract: Contract, tape: Tape) -> Iterator[str]:
    """What recorded requests break; that is their sender's fault, and the vendor is not accused of it."""
    for exchange in tape.left():
        operation = _operation(contract, exchange)
        if operation is not None and operation.name in ("create", *_ASKS):
            for clause, message in request_problems(contract, Recording(exchange=exchange)):
                yield f"the request of {exchange.id} breaks {clause}, whatever it was answered: {message}"


def what_was_covered(tape: Tape) -> str:
    """How much of a cassette was judged, in one sentence."""
    left = [exchange.id for exchange in tape.left()]
    every = sum(e.phase != "callback" for e in tape.exchanges)
    said = f"{every - len(left)} of the {every} recorded exchanges were judged"
    if not left:
        return said
    more = f" and {len(left) - _MOST_NAMED} more" if len(left) > _MOST_NAMED else ""
    return f"{said}; not {', '.join(left[:_MOST_NAMED])}{more}"
