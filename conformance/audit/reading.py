"""Which statements does a request break, on whatever page its author believes?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from itertools import islice, product
from typing import Any

from conformance.compilers.validating import CompiledContract
from conformance.compilers.violation import Violation
from conformance.contract.model import ABSENT, Contract, Field, Operation
from conformance.contract.resolution import settle
from conformance.simulator.forms import files_violations, form_of, is_form, parts_of
from conformance.simulator.hooks import SimRequest
from conformance.simulator.reading import content_type, sent_fields
from conformance.simulator.routes import Routes
from conformance.wire.exchange import parse_json

__all__ = ["Read", "Reader", "dialects_of"]

_MOST_DIALECTS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """
    A request to the vendor's API.

    Args:
        operation: None where nothing is documented at its path.
        methods: Those that are documented at its path.
        used: The documented fields that it has, by path.
        unknown: The fields at the top of its body that no page knows.
        dialect: The pages by which least is wrong with it; any of the first that is wrong with nothing.
    """

    operation: Operation | None
    methods: tuple[str, ...] = ()
    path: tuple[tuple[str, str], ...] = ()
    body: Any = ABSENT
    model: str = ""
    dialect: Mapping[str, str]
    used: Mapping[str, Any] = dataclass_field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    violations: tuple[Violation, ...] = ()


class Reader:
    """Reads the requests of clients by one contract."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self._dialects = dialects_of(contract)
        self._compiled: dict[int, CompiledContract] = {}
        self._routes = Routes(contract)

    def read(self, request: SimRequest) -> Read:
        """What the request asks for, and what is wrong with it."""
        match = self._routes.find(request.method, request.path)
        if match is None:
            methods = self._routes.methods(request.path)
            return Read(operation=None, methods=methods, dialect=self._dialects[0])
        best: Read | None = None
        for number, dialect in enumerate(self._dialects):
            compiled = self._settled(number)
            operation = compiled.contract.operation(match.operation.name)
            assert operation is not None  # a dialect has every operation
            found = _read(compiled, operation, request, match.path, dialect)
            if best is None or len(found.violations) < len(best.violations):
                best = found
            if not best.violations:
                break
        assert best is not None  # there is at least one dialect
        return best

    def _settled(self, number: int) -> CompiledContract:
        found = self._compiled.get(number)
        if found is None:
            settled = settle(self.contract, self._dialects[number])
            found = self._compiled[number] = CompiledContract(settled)
        return found


def dialects_of(contract: Contract) -> tuple[dict[str, str], ...]:
    """Every way to settle what is disputed about requests, the first alternatives first."""
    references = [f.dispute for o in contract.operations for f in o.fields]
    references += [r.dispute for o in contract.operations for r in o.rules]
    about = {reference.dispute for reference in references if reference}
    sides = [
        [(d.name, alternative.name) for alternative in d.alternatives]
        for d in contract.disputes
        if d.name in about
    ]
    return tuple(dict(each) for each in islice(product(*sides), _MOST_DIALECTS))


def _read(
    compiled: CompiledContract,
    operation: Operation,
    request: SimRequest,
    path: tuple[tuple[str, str], ...],
    dialect: Mapping[str, str],
) -> Read:
    found: list[Violation] = []
    body: Any = ABSENT
    common = compiled.fields(operation, "")
    if any(f.location == "body" for f in common.values()):
        found += content_type(operation, request)
        try:
            if is_form(operation):
                body = form_of(
                    parts_of(request.headers.get("content-type", ""), request.body), common
                )
                found += files_violations(body, common)
            else:
                body = parse_json(request.body)
        except ValueError as error:
            kind = "a form" if is_form(operation) else "JSON"
            message = f"the body is not {kind}: {error}"
            found.append(Violation(path="", keyword="contentType", message=message))
    found += _long_keys(compiled.contract, operation, request)
    found += compiled.violations(
        operation,
        body,
        query=request.query,
        path=path,
        headers=tuple(request.headers.items()),
    )
    sent = {} if body is ABSENT else body
    model = compiled.model_of(operation, sent)
    fields = compiled.fields(operation, model)
    return Read(
        operation=operation,
        path=path,
        body=body,
        model=model,
        used={**sent_fields(sent, fields, request), **dict(path)},
        unknown=tuple(_unknown(sent, fields)),
        dialect=dialect,
        violations=tuple(found),
    )


def _unknown(body: Any, fields: Mapping[str, Field]) -> Iterator[str]:
    known = {re.split(r"[.\[]", path)[0] for path, f in fields.items() if f.location == "body"}
    if isinstance(body, dict) and known:
        yield from (name for name in body if name not in known)


def _long_keys(
    contract: Contract, operation: Operation, request: SimRequest
) -> Iterator[Violation]:
    promise = contract.idempotency
    if promise is None or promise.max_length is None or operation.name != "create":
        return
    if len(request.headers.get(promise.header.lower(), "")) > promise.max_length:
        yield Violation(
            path=promise.header,
            keyword="maxLength",
            message=f"{promise.header} has more than {promise.max_length} characters",
            location="header",
        )
