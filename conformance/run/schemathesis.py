"""
What does Schemathesis generate from the exported document, and what does it find wrong with an answer?

The library is known here and nowhere else. It is asked for requests and for its opinion; it sends nothing itself.
"""

from __future__ import annotations

import itertools
import json
import random
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import hypothesis
import requests
import schemathesis
from hypothesis.internal.conjecture import providers
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from conformance.compilers.openapi import openapi
from conformance.contract.model import Contract
from conformance.contract.resolution import settle
from conformance.results.cases import Send
from conformance.wire.exchange import Reply, Request

__all__ = ["CHECKS", "Drawn", "Generator"]

CHECKS = {
    "not_a_server_error": not_a_server_error,
    "status_code_conformance": status_code_conformance,
    "response_schema_conformance": response_schema_conformance,
    "response_headers_conformance": response_headers_conformance,
    "negative_data_rejection": negative_data_rejection,
}
"""
The checks whose findings are kept, the weightiest first: of one answer only the first that finds something counts.

Left out, for they accuse of what no document of a vendor says: content_type_conformance, unsupported_method,
missing_required_header, ignored_auth (a clause of its own tries the key), positive_data_acceptance (a generated text or
address may be refused for what it says; `--explore` generates within the documents instead), and what is about
resources that can be deleted.
"""

_OPERATIONS = ("create", "status", "batch")
_DIALECTS = 16
_JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One generated request. `case` is Schemathesis' own."""

    operation: str
    is_valid: bool
    send: Send
    case: Any


class Generator:
    """
    The requests and opinions about one contract, in one dialect.

    Args:
        contract: With its disputes open.
        dialect: Whose words the requests are in.
    """

    def __init__(self, contract: Contract, dialect: Mapping[str, str]) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._operations = _operations(contract, dialect)
            self._others = [_operations(contract, other) for other in _others(contract, dialect)]

    def draw(self, count: int, *, seed: int, paid: bool) -> list[Drawn]:
        """
        So many requests, each to another operation than the one before it; the same seed draws the same.

        Args:
            paid: Creations that keep the schema may be sent as well.
        """
        ways = [
            (name, valid)
            for valid in (False, True)
            for name in self._operations
            if paid or not valid or name != "create"
        ]
        each = -(-3 * count // (2 * max(1, len(ways))))  # some are drawn twice
        drawn = [self._drawn(name, each, seed, valid=valid) for name, valid in ways]
        longest = max(map(len, drawn), default=0)
        mixed = [one for row in range(longest) for each in drawn for one in each[row : row + 1]]
        # Some are drawn again and again; each is paid for once.
        return list({repr(one.send): one for one in mixed[::-1]}.values())[::-1][:count]

    def _drawn(self, name: str, count: int, seed: int, *, valid: bool) -> list[Drawn]:
        found: list[Drawn] = []
        mode = GenerationMode.POSITIVE if valid else GenerationMode.NEGATIVE

        @hypothesis.seed(seed)
        @hypothesis.settings(
            max_examples=count,
            database=None,
            deadline=None,
            phases=(hypothesis.Phase.generate,),
            suppress_health_check=list(hypothesis.HealthCheck),
            verbosity=hypothesis.Verbosity.quiet,
        )
        @hypothesis.given(self._operations[name].as_strategy(generation_mode=mode))
        def draw(case: Any) -> None:
            send = _send(name, case)
            if send is not None:
                found.append(Drawn(operation=name, is_valid=valid, send=send, case=case))

        state = random.getstate()
        try:
            with warnings.catch_warnings(), _without_local_constants():
                warnings.simplefilter("ignore")
                draw()
        except hypothesis.errors.Unsatisfiable:
            return []
        finally:
            random.setstate(state)  # Hypothesis seeds the one that everybody shares
        return found

    def failures(
        self, drawn: Drawn, request: Request, reply: Reply, names: Sequence[str]
    ) -> dict[str, str]:
        """What each of these checks finds wrong with an answer, in a sentence; nothing for the others."""
        found: dict[str, str] = {}
        response = _response(request, reply)
        for name in names:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    drawn.case.validate_response(response, checks=[CHECKS[name]])
            except FailureGroup as group:
                found[name] = _sentence(group.exceptions[0])
        if "response_schema_conformance" in found and self._conforms_elsewhere(drawn, response):
            del found["response_schema_conformance"]
        return found

    def _conforms_elsewhere(self, drawn: Drawn, response: Response) -> bool:
        """Whether the answer is as another page has it: where pages disagree, any of them conforms."""
        return any(
            operations[drawn.operation].is_valid_response(response) for operations in self._others
        )


@contextmanager
def _without_local_constants() -> Iterator[None]:
    """
    Hypothesis also draws numbers and texts that it finds in the modules that happen to be loaded.

    With them the same seed would send other requests in a replay than in the run. There is no switch for it.
    """
    original = getattr(providers, "_get_local_constants", None)
    if original is None or not hasattr(providers, "Constants"):
        yield
        return
    providers._get_local_constants = providers.Constants
    try:
        yield
    finally:
        providers._get_local_constants = original


def _operations(contract: Contract, dialect: Mapping[str, str]) -> dict[str, Any]:
    """Schemathesis' operations by our names; those alone that take parameters or JSON."""
    document = openapi(settle(contract, dialect), dialect)
    schema = schemathesis.openapi.from_dict(_readable(document))
    every = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    found = {str(each.definition.raw.get("operationId")): each for each in every}
    return {name: found[name] for name in _OPERATIONS if name in found}


def _readable(value: Any) -> Any:
    """
    The document without `prefixItems`, which Schemathesis turns into what the dialect of 2020-12 does not know.

    What one element of an array promises, clauses of the contract try.
    """
    if isinstance(value, dict):
        return {name: _readable(each) for name, each in value.items() if name != "prefixItems"}
    return [_readable(each) for each in value] if isinstance(value, list) else value


def _others(contract: Contract, dialect: Mapping[str, str]) -> list[dict[str, str]]:
    """The other dialects in which an answer might be, as far as they are few enough to look at."""

    def replies(chosen: Mapping[str, str]) -> list[Any]:
        return [operation.reply for operation in settle(contract, chosen).operations]

    usual = replies(dialect)
    ways = []
    for dispute in contract.disputes:
        chosen = [{**dialect, dispute.name: each.name} for each in dispute.alternatives]
        if any(replies(one) != usual for one in chosen):
            ways.append([(dispute.name, each.name) for each in dispute.alternatives])
    every = ({**dialect, **dict(chosen)} for chosen in itertools.product(*ways))
    return [one for one in itertools.islice(every, _DIALECTS) if one != dict(dialect)]


def _send(name: str, case: Any) -> Send | None:
    """The request in our words, without its headers: keys and what belongs to the protocol are the run's. None where it cannot be said."""
    body, raw = case.body, None
    if type(body).__name__ == "NotSet":
        body = None
    elif case.media_type != _JSON:
        return None
    elif isinstance(body, bytes):
        body, raw = None, body
    try:
        json.dumps(body, allow_nan=False).encode()
    except (TypeError, ValueError):
        return None
    return Send(
        operation=name,
        method=case.operation.method.upper(),
        path=case.formatted_path,
        query=tuple(_pairs(case.query or {})),
        body=body,
        raw=raw,
    )


def _pairs(query: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in query.items():
        for each in value if isinstance(value, list) else [value]:
            yield name, each if isinstance(each, str) else json.dumps(each)


def _response(request: Request, reply: Reply) -> Response:
    headers: dict[str, list[str]] = {}
    for name, value in reply.headers:
        headers.setdefault(name.lower(), []).append(value)
    sent = requests.Request(request.method, request.url, data=request.body or None).prepare()
    return Response(
        status_code=reply.status,
        headers=headers,
        content=_without_nulls(reply.body),
        request=sent,
        elapsed=0.0,
        verify=True,
    )


def _without_nulls(body: bytes) -> bytes:
    """The JSON with null fields left out: the same thing, where a field may be missing."""
    try:
        return json.dumps(_stripped(json.loads(body))).encode()
    except ValueError:
        return body


def _stripped(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _stripped(each) for name, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_stripped(each) for each in value]
    return value


def _sentence(failure: Failure) -> str:
    """The first words of a failure: the rest draws the schema."""
    said = " ".join(f"{failure.title}: {failure.message}".split())
    return said if len(said) <= 300 else f"{said[:300]} ..."
