"""What does an OpenAPI document refer to that is not there, and what in it contradicts itself?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.contract.wording import shown
from conformance.notations.expressions import embedded, exchanged, problem_of
from conformance.notations.flaws import Flaws, meant
from conformance.notations.foreign import METHODS, Foreign, Steps, list_of, mapping_of
from conformance.notations.schemas import check_schema, problems_of

__all__ = ["check_openapi"]

_STATUS = re.compile(r"[1-5](?:\d\d|XX)|default")
_PLACES = ("path", "query", "header", "cookie")
_SCHEMES = ("apiKey", "http", "mutualTLS", "oauth2", "openIdConnect")
_EXTENSION = "x-conformance"


def check_openapi(document: Foreign, flaws: Flaws) -> None:
    """Everything that is wrong with it, into `flaws`."""
    _check_references(document, document.root, (), flaws)
    _check_named(document, flaws)
    _check_security(document, document.root, (), flaws)
    _check_extensions(document, document.root, (), flaws)
    known = _by_id(document, flaws)
    for path, template, method, item, operation in document.operations():
        _check_operation(document, path, template, method, item, operation, known, flaws)
    for name, schema in mapping_of(
        mapping_of(document.root.get("components")).get("schemas")
    ).items():
        check_schema(document, schema, ("components", "schemas", name), flaws)


# ---------------------------------------------------------------- the whole document


def _check_references(document: Foreign, value: Any, path: Steps, flaws: Flaws) -> None:
    if isinstance(value, dict):
        reference = value.get("$ref")
        if isinstance(reference, str):
            _check_reference(document, reference, path, flaws)
        for key, inner in value.items():
            if key not in ("example", "enum", "const", "default") and not _is_example(path, key):
                _check_references(document, inner, (*path, key), flaws)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _check_references(document, inner, (*path, index), flaws)


def _is_example(path: Steps, key: str) -> bool:
    return key == "value" and len(path) > 1 and path[-2] == "examples"


def _check_reference(document: Foreign, reference: str, path: Steps, flaws: Flaws) -> None:
    at = (*path, "$ref")
    if not reference.startswith("#"):
        flaws.add(
            "remote-reference",
            at,
            f"found {shown(reference)}, which is outside of this file and not read",
        )
        return
    seen: list[str] = []
    while reference not in seen:
        seen.append(reference)
        there, found = document.at(reference)
        if not there:
            known = _siblings(document, reference)
            near = meant(reference.rpartition("/")[2], known)
            flaws.add(
                "unresolved-reference", at, f"found {shown(reference)}, which leads nowhere{near}"
            )
            return
        if not (isinstance(found, dict) and isinstance(found.get("$ref"), str)):
            return
        reference = found["$ref"]
    flaws.add("reference-circle", at, f"found {shown(seen[0])}, which only refers to itself")


def _siblings(document: Foreign, reference: str) -> list[str]:
    there, parent = document.at(reference.rpartition("/")[0])
    return list(parent) if there and isinstance(parent, dict) else []


def _check_named(document: Foreign, flaws: Flaws) -> None:
    schemes = mapping_of(mapping_of(document.root.get("components")).get("securitySchemes"))
    for name, scheme in schemes.items():
        kind = mapping_of(document.resolved(scheme)).get("type")
        if kind not in _SCHEMES:
            at = ("components", "securitySchemes", name, "type")
            flaws.add(
                "unknown-scheme-type", at, f"found the type {shown(kind)}{meant(kind, _SCHEMES)}"
            )
    for index, server in enumerate(list_of(document.root.get("servers"))):
        path: Steps = ("servers", index, "url")
        url = mapping_of(server).get("url")
        names = re.findall(r"\{([^{}]*)\}", url) if isinstance(url, str) else []
        for each in names:
            if each not in mapping_of(mapping_of(server).get("variables")):
                flaws.add(
                    "server-variable-unknown", path, f"found {{{each}}}, and no such variable"
                )
        if (
            not isinstance(url, str)
            or re.search(r"\s", url)
            or not re.match(r"https?://[^/]|/|\{|\.", url)
        ):
            flaws.add("server-url", path, f"found {shown(url)}, expected an address")
    twins: dict[str, str] = {}
    for template in mapping_of(document.root.get("paths")):
        plain = re.sub(r"\{[^{}]*\}", "{}", template)
        if plain in twins:
            flaws.add(
                "equal-paths",
                ("paths", template),
                f"found {template}, which no request can tell from {twins[plain]}",
            )
        twins.setdefault(plain, template)
        if not template.startswith("/"):
            flaws.add(
                "path-shape",
                ("paths", template),
                f"found {shown(template)}, expected a path that begins with /",
            )


def _check_security(document: Foreign, owner: Mapping[str, Any], path: Steps, flaws: Flaws) -> None:
    known = mapping_of(mapping_of(document.root.get("components")).get("securitySchemes"))
    for index, each in enumerate(list_of(owner.get("security"))):
        for name in mapping_of(each):
            if name not in known:
                at = (*path, "security", index, name)
                flaws.add(
                    "unknown-security-scheme",
                    at,
                    f"found {shown(name)}, and no such scheme{meant(name, list(known))}",
                )


def _check_extensions(document: Foreign, value: Any, path: Steps, flaws: Flaws) -> None:
    """Our own extension: each source cites a document that is listed."""
    listed = mapping_of(mapping_of(document.root.get("info")).get(_EXTENSION)).get("documents")
    if not isinstance(listed, dict):
        return
    if isinstance(value, dict):
        for index, source in enumerate(list_of(mapping_of(value.get(_EXTENSION)).get("sources"))):
            page = str(source).partition("#")[0]
            if page not in listed:
                at = (*path, _EXTENSION, "sources", index)
                flaws.add(
                    "unknown-document",
                    at,
                    f"found {shown(source)}, and no such document{meant(page, list(listed))}",
                )
        for key, inner in value.items():
            _check_extensions(document, inner, (*path, key), flaws)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _check_extensions(document, inner, (*path, index), flaws)


def _by_id(document: Foreign, flaws: Flaws) -> dict[str, tuple[Any, Any]]:
    """Operations by their id, with their path items; ids that stand twice are told."""
    found: dict[str, tuple[Any, Any]] = {}
    for path, _, _, item, operation in document.operations():
        name = operation.get("operationId")
        if isinstance(name, str):
            if name in found:
                flaws.add(
                    "operation-id-repeats", (*path, "operationId"), f"found {shown(name)} twice"
                )
            found.setdefault(name, (item, operation))
    return found


# ---------------------------------------------------------------- one operation


def _check_operation(
    document: Foreign,
    path: Steps,
    template: str,
    method: str,
    item: Any,
    operation: dict[str, Any],
    known: Mapping[str, tuple[Any, Any]],
    flaws: Flaws,
) -> None:
    _check_security(document, operation, path, flaws)
    _check_path_parameters(document, path, template, item, operation, flaws)
    for at, parameter in _parameters(document, path, item, operation):
        _check_parameter(document, parameter, at, flaws)
    body = document.resolved(operation.get("requestBody"))
    if isinstance(body, dict) and "$ref" not in mapping_of(operation.get("requestBody")):
        _check_content(document, body, (*path, "requestBody"), flaws)
    if method in ("get", "head") and "requestBody" in operation:
        flaws.add(
            "body-of-a-get",
            (*path, "requestBody"),
            f"found a body of a {method.upper()}, which most servers drop",
        )
    _check_responses(document, path, item, operation, known, flaws)
    _check_callbacks(document, path, item, operation, flaws)


def _parameters(
    document: Foreign, path: Steps, item: Any, operation: Any
) -> Iterator[tuple[Steps, dict[str, Any]]]:
    for owner, at in ((item, path[:-1]), (operation, path)):
        for index, each in enumerate(list_of(mapping_of(owner).get("parameters"))):
            resolved = document.resolved(each)
            if isinstance(resolved, dict):
                yield (*at, "parameters", index), resolved


def _check_path_parameters(
    document: Foreign, path: Steps, template: str, item: Any, operation: Any, flaws: Flaws
) -> None:
    named = re.findall(r"\{([^{}]*)\}", template)
    described = {
        str(p.get("name")): p for p in document.parameters(item, operation) if p.get("in") == "path"
    }
    for name in named:
        if name not in described:
            flaws.add(
                "path-parameter-unknown",
                path,
                f"found {{{name}}} in the path, and no such parameter{meant(name, list(described))}",
            )
    seen: set[tuple[Any, Any, Steps]] = set()
    for at, parameter in _parameters(document, path, item, operation):
        key = (str(parameter.get("name")), str(parameter.get("in")), at[:-1])
        if key in seen:
            flaws.add(
                "parameter-repeats", at, f"found the {key[1]} parameter {shown(key[0])} twice"
            )
        seen.add(key)
        if parameter.get("in") == "path":
            if parameter.get("name") not in named:
                flaws.add(
                    "path-parameter-unused",
                    at,
                    f"found the path parameter {shown(parameter.get('name'))}, which is not in {template}{meant(parameter.get('name'), named)}",
                )
            if parameter.get("required") is not True:
                flaws.add(
                    "path-parameter-optional", at, "found a path parameter that is not required"
                )


def _check_parameter(
    document: Foreign, parameter: dict[str, Any], path: Steps, flaws: Flaws
) -> None:
    place = parameter.get("in")
    if place not in _PLACES:
        flaws.add(
            "parameter-place",
            (*path, "in"),
            f"found {shown(place)}, expected path, query, header or cookie",
        )
    if "schema" in parameter:
        _check_described(document, parameter, path, flaws)


def _check_described(document: Foreign, owner: dict[str, Any], path: Steps, flaws: Flaws) -> None:
    """A schema with the examples beside it: of a parameter, a header or a body."""
    schema = owner["schema"]
    if not isinstance(schema, dict):
        flaws.add("schema-shape", (*path, "schema"), f"found {shown(schema)}, expected a schema")
        return
    check_schema(document, schema, (*path, "schema"), flaws)
    shown_values = [((*path, "example"), owner["example"])] if "example" in owner else []
    for name, each in mapping_of(owner.get("examples")).items():
        each = document.resolved(each)
        if isinstance(each, dict) and "value" in each:
            shown_values.append(((*path, "examples", name), each["value"]))
    for at, value in shown_values:
        for problem in problems_of(document, schema, value)[:1]:
            flaws.add("example-invalid", at, f"found an example that its schema refuses: {problem}")


def _check_content(document: Foreign, owner: dict[str, Any], path: Steps, flaws: Flaws) -> None:
    for media_type, media in mapping_of(owner.get("content")).items():
        at = (*path, "content", media_type)
        if "/" not in media_type:
            flaws.add(
                "media-type",
                at,
                f"found {shown(media_type)}, expected a media type such as application/json",
            )
        if not isinstance(media, dict) or "schema" not in media:
            continue
        _check_described(document, media, at, flaws)
        schema = mapping_of(document.resolved(media["schema"]))
        for name in mapping_of(media.get("encoding")):
            properties = mapping_of(schema.get("properties"))
            if name not in properties:
                flaws.add(
                    "encoding-unknown",
                    (*at, "encoding", name),
                    f"found {shown(name)}, and no such property{meant(name, list(properties))}",
                )


# ---------------------------------------------------------------- replies, links, callbacks


def _check_responses(
    document: Foreign,
    path: Steps,
    item: Any,
    operation: dict[str, Any],
    known: Mapping[str, tuple[Any, Any]],
    flaws: Flaws,
) -> None:
    responses = operation.get("responses")
    if not isinstance(responses, dict) or not responses:
        flaws.add("no-replies", path, "found no replies, expected at least one")
        return
    for status, answer in responses.items():
        at = (*path, "responses", status)
        if not _STATUS.fullmatch(status) and not status.startswith("x-"):
            flaws.add("unknown-status", at, f"found {shown(status)}, which is no HTTP status")
        referred = isinstance(answer, dict) and "$ref" in answer
        answer = document.resolved(answer)
        if not isinstance(answer, dict) or referred:
            continue
        _check_content(document, answer, at, flaws)
        for name, header in mapping_of(answer.get("headers")).items():
            header = document.resolved(header)
            if isinstance(header, dict) and "schema" in header:
                _check_described(document, header, (*at, "headers", name), flaws)
        for name, link in mapping_of(answer.get("links")).items():
            link = document.resolved(link)
            if isinstance(link, dict):
                _check_link(
                    document, (*at, "links", name), link, (item, operation, status), known, flaws
                )


def _check_link(
    document: Foreign,
    path: Steps,
    link: dict[str, Any],
    origin: tuple[Any, dict[str, Any], str],
    known: Mapping[str, tuple[Any, Any]],
    flaws: Flaws,
) -> None:
    item, operation, status = origin
    target = _target(document, path, link, known, flaws)
    answered = exchanged(document, item, operation, (status,))
    for name, value in mapping_of(link.get("parameters")).items():
        at = (*path, "parameters", name)
        for expression in embedded(value) if isinstance(value, str) else ():
            problem = problem_of(document, expression, answered)
            if problem is not None:
                flaws.add("expression-unresolved", at, f"found {shown(expression)}: {problem}")
        if target is not None:
            _check_given(document, name, target, at, flaws)
    if target is not None:
        _check_missing(document, path, link, target, flaws)


def _target(
    document: Foreign,
    path: Steps,
    link: dict[str, Any],
    known: Mapping[str, tuple[Any, Any]],
    flaws: Flaws,
) -> tuple[Any, Any] | None:
    name, reference = link.get("operationId"), link.get("operationRef")
    if isinstance(name, str):
        if name not in known:
            flaws.add(
                "link-operation-unknown",
                (*path, "operationId"),
                f"found {shown(name)}, and no such operation{meant(name, list(known))}",
            )
        return known.get(name)
    if isinstance(reference, str) and reference.startswith("#"):
        there, found = document.at(reference)
        if not there:
            flaws.add(
                "link-operation-unknown",
                (*path, "operationRef"),
                f"found {shown(reference)}, which leads nowhere",
            )
        return (document.at(reference.rpartition("/")[0])[1], found) if there else None
    flaws.add("link-operation-unknown", path, "found a link to no operation")
    return None


def _check_given(
    document: Foreign, name: str, target: tuple[Any, Any], path: Steps, flaws: Flaws
) -> None:
    place, dot, plain = name.partition(".")
    wanted = (plain, place) if dot and place in _PLACES else (name, "")
    parameters = document.parameters(*target)
    for each in parameters:
        if each.get("name") == wanted[0] and wanted[1] in ("", each.get("in")):
            return
    names = [f"{p.get('in')}.{p.get('name')}" for p in parameters]
    flaws.add(
        "link-parameter-unknown",
        path,
        f"found {shown(name)}, and no such parameter of that operation{meant(name, names)}",
    )


def _check_missing(
    document: Foreign, path: Steps, link: dict[str, Any], target: tuple[Any, Any], flaws: Flaws
) -> None:
    given = {name.rpartition(".")[2] for name in mapping_of(link.get("parameters"))}
    for parameter in document.parameters(*target):
        if parameter.get("required") is True and str(parameter.get("name")) not in given:
            flaws.add(
                "link-parameter-missing",
                path,
                f"found no value for {shown(parameter.get('name'))}, which that operation requires",
            )


def _check_callbacks(
    document: Foreign, path: Steps, item: Any, operation: dict[str, Any], flaws: Flaws
) -> None:
    asked = exchanged(document, item, operation)
    for name, callback in mapping_of(operation.get("callbacks")).items():
        for address, described in mapping_of(document.resolved(callback)).items():
            at = (*path, "callbacks", name, address)
            expressions = embedded(address)
            if not expressions and not address.startswith("http"):
                flaws.add(
                    "expression-unresolved",
                    at,
                    f"found {shown(address)}, expected an address or an expression in braces",
                )
            for expression in expressions:
                problem = problem_of(document, expression, asked)
                if problem is not None:
                    flaws.add("expression-unresolved", at, f"found {shown(expression)}: {problem}")
            for method, called in mapping_of(described).items():
                if method in METHODS and isinstance(called, dict):
                    _check_called(document, (*at, method), called, flaws)


def _check_called(document: Foreign, path: Steps, called: dict[str, Any], flaws: Flaws) -> None:
    _check_security(document, called, path, flaws)
    body = document.resolved(called.get("requestBody"))
    if isinstance(body, dict):
        _check_content(document, body, (*path, "requestBody"), flaws)
    for status in mapping_of(called.get("responses")):
        if not _STATUS.fullmatch(status):
            flaws.add(
                "unknown-status",
                (*path, "responses", status),
                f"found {shown(status)}, which is no HTTP status",
            )
