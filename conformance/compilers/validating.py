"""
Which statements of the contract does a request or a reply break?

Validators are made once for each distinct schema and shared by all contracts that have it: a mutation run asks
thousands of contracts that differ in one place, and mostly about the same bodies.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Literal

from jsonschema import Draft202012Validator, ValidationError, validators

from conformance.compilers.formats import FORMATS
from conformance.compilers.jsonschema import (
    Check,
    Schema,
    body_fields,
    checks_of,
    parameter_schema,
    reply_checks,
    reply_schema,
    request_schema,
)
from conformance.compilers.violation import Violation
from conformance.contract.model import ABSENT, Contract, Field, Operation
from conformance.contract.paths import find, steps
from conformance.contract.resolution import fields_for
from conformance.wire.exchange import parse_json

__all__ = ["CompiledContract", "compiled", "reply_violations", "violations"]

Pairs = Sequence[tuple[str, str]]
_LOCATIONS: tuple[Literal["query", "path", "header"], ...] = ("path", "query", "header")


class CompiledContract:
    """A settled contract with its validators, each made when it is first needed."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self._fields: dict[tuple[str, str], dict[str, Field]] = {}
        self._requests: dict[tuple[str, str], _Validator] = {}
        self._parameters: dict[tuple[str, str], tuple[tuple[str, Schema, _Validator], ...]] = {}
        self._replies: dict[tuple[str, str], _Validator] = {}

    def fields(self, operation: Operation, model: str) -> dict[str, Field]:
        """The request fields as they are for one model."""
        key = (operation.name, model)
        found = self._fields.get(key)
        if found is None:
            found = self._fields[key] = fields_for(operation, model)
        return found

    def model_of(self, operation: Operation, body: Any) -> str:
        """The documented model that a body asks for, by default if need be; "" for none of them."""
        common = self.fields(operation, "")
        described = next((f for f in common.values() if f.role == "model"), None)
        if described is None:
            return ""
        found = find(body, described.path)
        model = found[0] if found else described.default
        known = described.schema.get("enum", ())
        return model if isinstance(model, str) and model in known else ""

    def violations(
        self,
        operation: Operation,
        body: Any = ABSENT,
        *,
        query: Pairs = (),
        path: Pairs = (),
        headers: Pairs = (),
    ) -> tuple[Violation, ...]:
        """
        What a request breaks, parameters first, then the body in documented order.

        Args:
            body: The JSON value; `ABSENT` for none, of which nothing is said.
        """
        model = self.model_of(operation, body)
        found = list(
            self._of_parameters(operation, model, {"query": query, "path": path, "header": headers})
        )
        if body is not ABSENT:
            found += self._request(operation, model).violations(body)
        return tuple(found)

    def reply_violations(
        self, operation_name: str, document: Any, phase: Any = None
    ) -> tuple[Violation, ...]:
        """What the reply to an accepted request breaks, JSON inside strings and formats included."""
        key = (operation_name, phase or "")
        validator = self._replies.get(key)
        if validator is None:
            schema = reply_schema(self.contract, operation_name, phase)
            operation = self.contract.operation(operation_name)
            reply = operation.reply if operation else ()
            paths = dict.fromkeys(f.path for f in reply)
            validator = self._replies[key] = _validator(schema, paths, reply_checks(reply))
        return validator.violations(document)

    def _request(self, operation: Operation, model: str) -> _Validator:
        key = (operation.name, model)
        found = self._requests.get(key)
        if found is None:
            schema = request_schema(self.contract, operation, model)
            paths = body_fields(operation, model)
            found = self._requests[key] = _validator(schema, paths, checks_of(operation, model))
        return found

    def _of_parameters(
        self, operation: Operation, model: str, given: Mapping[str, Pairs]
    ) -> Iterator[Violation]:
        key = (operation.name, model)
        parts = self._parameters.get(key)
        if parts is None:
            parts = self._parameters[key] = tuple(_parameter_parts(operation, model))
        for location, schema, validator in parts:
            document = _parameters(
                given[location], schema["properties"], fold_case=location == "header"
            )
            for violation in validator.violations(document):
                yield replace(violation, location=location)


def _parameter_parts(operation: Operation, model: str) -> Iterator[tuple[str, Schema, _Validator]]:
    for location in _LOCATIONS:
        schema = parameter_schema(operation, model, location)
        if schema is not None:
            yield location, schema, _validator(schema, schema["properties"], ())


def _parameters(given: Pairs, schemas: Mapping[str, Schema], *, fold_case: bool) -> dict[str, Any]:
    """Parameters as an object: text, or what its schema's type makes of the text."""
    names = {(name.lower() if fold_case else name): name for name in schemas}
    document: dict[str, Any] = {}
    for key, text in given:
        name = names.get(key.lower() if fold_case else key)
        if name is None:
            continue
        value = _typed(text, schemas[name].get("type"))
        if schemas[name].get("type") == "array":
            document.setdefault(name, []).append(value)
        else:
            document.setdefault(name, value)
    return document


def _typed(text: str, wanted: Any) -> Any:
    """A parameter's text as the type it should have; the text itself where it is not of it."""
    try:
        if wanted == "integer":
            return int(text)
        if wanted == "number":
            return float(text)
    except ValueError:
        return text
    return {"true": True, "false": False}.get(text, text) if wanted == "boolean" else text


# ---------------------------------------------------------------- one compiled contract per contract

_COMPILED: OrderedDict[int, CompiledContract] = OrderedDict()
_KEPT = 64


def compiled(contract: Contract) -> CompiledContract:
    """The compiled form of a settled contract, made once. Contracts are told apart by identity: hashing one is slow."""
    found = _COMPILED.get(id(contract))
    if found is None or found.contract is not contract:
        found = _COMPILED[id(contract)] = CompiledContract(contract)
        if len(_COMPILED) > _KEPT:
            _COMPILED.popitem(last=False)
    return found


def violations(
    contract: Contract,
    operation: Operation | str,
    body: Any = ABSENT,
    *,
    query: Pairs = (),
    path: Pairs = (),
    headers: Pairs = (),
) -> tuple[Violation, ...]:
    """
    What a request breaks, in a stable order; the model is the one that the body names.

    Raises:
        ValueError: The contract has no such operation.
    """
    named = contract.operation(operation) if isinstance(operation, str) else operation
    if named is None:
        raise ValueError(f"{contract.vendor} has no operation {operation!r}")
    return compiled(contract).violations(named, body, query=query, path=path, headers=headers)


def reply_violations(
    contract: Contract, operation_name: str, document: Any
) -> tuple[Violation, ...]:
    """What the reply to an accepted request breaks, in a stable order."""
    return compiled(contract).reply_violations(operation_name, document)


# ---------------------------------------------------------------- jsonschema, asked once per schema

_REMEMBERED = 256  # answers kept for each schema
_LONG = 4096  # characters of a document that is not worth remembering


class _Validator:
    """One schema with what its errors mean: which field, which keyword, which rule."""

    def __init__(self, schema_text: str, paths: tuple[str, ...], checks: tuple[_Told, ...]) -> None:
        self._validator = _Checker(json.loads(schema_text), format_checker=FORMATS)
        self._paths = {tuple("[]" if s is None else s for s in steps(path)): path for path in paths}
        self._checks = checks
        self._answers: dict[str, tuple[Violation, ...]] = {}

    def violations(self, document: Any) -> tuple[Violation, ...]:
        text = json.dumps(document)
        found = self._answers.get(text)
        if found is None:
            found = self._found(document)
            if len(text) <= _LONG:
                if len(self._answers) >= _REMEMBERED:
                    self._answers.clear()
                self._answers[text] = found
        return found

    def _found(self, document: Any) -> tuple[Violation, ...]:
        found: dict[tuple[str, str, str], Violation] = {}
        for error in self._validator.iter_errors(document):
            for violation in self._meant(error):
                found.setdefault((violation.path, violation.keyword, violation.rule), violation)
            if error.validator == "type" and not error.absolute_path:
                break  # not an object at all: the rest follows from it
        return tuple(found.values())

    def _meant(self, error: ValidationError) -> Iterator[Violation]:
        where = error.absolute_schema_path
        if where and where[0] == "allOf":
            yield self._of_check(error, self._checks[int(where[1])])
            return
        place = tuple(error.absolute_path)
        if error.validator == "required" and isinstance(error.instance, dict):
            names: Any = error.validator_value
            for name in names:
                if name not in error.instance:
                    path = self._field((*place, name))[0]
                    yield Violation(path=path, keyword="required", message=f"{path} is required")
            return
        path, depth = self._field(place)
        own = str(error.validator)
        if own == "anyOf":  # the usual form stands before the other one that is taken as well
            usual: Any = error.validator_value
            own = next(iter(usual[0]))
        keyword = "items" if depth < len(place) else own
        shown = _shown(error.instance)
        wanted = f"{error.validator} {_shown(error.validator_value)}"
        message = f"{_pointer(place) or 'the body'} is {shown}, expected {wanted}"
        yield Violation(path=path, keyword=keyword, message=message)

    def _of_check(self, error: ValidationError, check: _Told) -> Violation:
        path, keyword, rule, says = check
        if keyword == "when":
            message = f"{_pointer(tuple(error.absolute_path))}: {error.message}"
            return Violation(path=path, keyword=str(error.validator), message=message[:300])
        return Violation(path=path, keyword=keyword, rule=rule, message=says)

    def _field(self, place: tuple[str | int, ...]) -> tuple[str, int]:
        """The longest documented path that leads to a place, and how many steps of it that explains."""
        general = tuple("[]" if isinstance(step, int) else step for step in place)
        for length in range(len(place), 0, -1):
            for steps_ in (place[:length], general[:length]):
                if steps_ in self._paths:
                    return self._paths[steps_], length
        return _pointer(place), len(place)


def _pointer(place: tuple[str | int, ...]) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return text.removeprefix(".")


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:40]}... ({len(text)} characters)"


def _content_schema(
    validator: Any, content: Any, instance: Any, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    """JSON inside a string: `jsonschema` only notes the keyword, here the string is decoded and checked."""
    if not isinstance(instance, str) or schema.get("contentMediaType") != "application/json":
        return
    try:
        inside = parse_json(instance.encode())
    except ValueError as error:
        yield ValidationError(f"does not hold JSON: {error}")
        return
    for found in validator.descend(inside, content):
        # Where it is inside the string cannot be said by a path of the document around it.
        yield ValidationError(f"inside the string: {found.message}")


_extend: Any = validators.extend  # its stub leaves it untyped
_Checker: Any = _extend(Draft202012Validator, {"contentSchema": _content_schema})
_Told = tuple[str, str, str, str]  # of a check: path, keyword, rule, says


def _validator(schema: Schema, paths: Iterable[str], checks: Iterable[Check]) -> _Validator:
    """The validator of a schema, shared by all contracts that have the same."""
    told = tuple((c.path, c.keyword, c.rule, c.says) for c in checks)
    return _shared(json.dumps(schema), tuple(paths), told)


@lru_cache(maxsize=256)
def _shared(schema_text: str, paths: tuple[str, ...], checks: tuple[_Told, ...]) -> _Validator:
    return _Validator(schema_text, paths, checks)
