"""
What contract does an OpenAPI document come to?

A skeleton: what the document says is taken over, what it does not say in so many words (what a field is for, what a
state means) is guessed and marked, and what is ambiguous or has no word in a contract is an open question.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from conformance.contract.wording import shown
from conformance.errors import ContractInvalid
from conformance.notations.answers import Answers
from conformance.notations.foreign import Foreign, mapping_of
from conformance.notations.guessing import plain
from conformance.notations.hooks import callback_of
from conformance.notations.lifecycle import Found, find_operations
from conformance.notations.requests import body_of, parameter_field
from conformance.notations.skeleton import DOCUMENT, Skeleton
from conformance.notations.states import states_of

__all__ = ["import_openapi"]

_PLACEHOLDER = "https://unknown.invalid"
_ROOM = {"path": "path", "query": "query", "header": "headers"}
_OURS = ("authorization", "content-type", "accept")


def import_openapi(document: Foreign, *, seen: str, vendor: str = "") -> Skeleton:
    """
    The contract that a document comes to, with what was guessed and what stays open.

    Args:
        seen: The day on which the document was read, as 2026-11-20.
        vendor: The name that it is to have; made from the title where nothing is given.

    Raises:
        ContractInvalid: No operation creates anything.
    """
    skeleton = Skeleton(document=document)
    for note in document.notes:
        skeleton.warnings.append(f"line {note.line}: {note.message}")
    operations, others = find_operations(document)
    if "create" not in operations:
        raise ContractInvalid(
            "found no operation that creates a picture, expected a POST with a prompt",
            file=document.file,
        )
    _head(skeleton, vendor, seen)
    _auth(skeleton, operations)
    answers = Answers(skeleton)
    described = {
        name: _operation(skeleton, answers, name, found) for name, found in operations.items()
    }
    answers.finish({name: d["success"]["status"] for name, d in described.items()})
    skeleton.contract["operations"] = described
    _ids(skeleton, described, operations)
    skeleton.section = operations["create"].section
    called = callback_of(skeleton, answers, operations["create"], described["create"])
    if called is not None:
        described["callback"] = called
    if "status" in described:
        skeleton.section = operations["status"].section
        states_of(skeleton, described["status"], operations["status"])
    else:
        skeleton.ask(
            "status", "How is a task asked for? No operation that tells its state was recognised."
        )
    _errors(skeleton, answers)
    for each in others:
        skeleton.section = each.section
        skeleton.ask(
            each.section,
            "This operation has no part in making a picture, as far as can be told; it was not taken over.",
        )
    _mark_roles(skeleton, described)
    skeleton.contract["questions"] = skeleton.questions
    return skeleton


# ---------------------------------------------------------------- the head


def _head(skeleton: Skeleton, vendor: str, seen: str) -> None:
    info = mapping_of(skeleton.document.root.get("info"))
    title = " ".join(str(info.get("title") or "An imported vendor").split())[:100]
    name = (
        vendor
        or re.sub(r"[^a-z0-9]+", "-", plain(title).replace("_", "-")).strip("-")
        or "imported"
    )
    outside = mapping_of(skeleton.document.root.get("externalDocs")).get("url")
    skeleton.section = "info"
    skeleton.contract |= {
        "format": "conformance/contract@1",
        "vendor": name,
        "title": title,
        "base_url": _base_url(skeleton),
        "key_variable": f"{re.sub(r'[^A-Z0-9]+', '_', name.upper()).strip('_') or 'VENDOR'}_API_KEY",
        "documents": {
            DOCUMENT: {
                "title": f"{title}, an OpenAPI document",
                "url": str(outside or skeleton.document.file),
                "seen": seen,
            }
        },
    }
    if not skeleton.contract["key_variable"][0].isalpha():
        skeleton.contract["key_variable"] = f"VENDOR_{skeleton.contract['key_variable']}"
    skeleton.guess(("vendor",), "the name" if not vendor else "key_variable")


def _base_url(skeleton: Skeleton) -> str:
    servers = skeleton.document.root.get("servers")
    listed = [mapping_of(s) for s in servers] if isinstance(servers, list) else []
    skeleton.section = "servers"
    for server in listed:
        url = str(server.get("url", ""))
        for name, variable in mapping_of(server.get("variables")).items():
            url = url.replace(f"{{{name}}}", str(mapping_of(variable).get("default", "")))
        if re.match(r"https?://[^/{}\s]+", url) and not re.search(r"[{}\s]", url):
            if len(listed) > 1:
                skeleton.ask(
                    "servers",
                    f"Several servers are listed; {shown(url)} was taken. Which one is for whom?",
                )
            return url.rstrip("/")
    skeleton.ask(
        "servers", "At which address is the API? No server with a whole address is listed."
    )
    skeleton.guess(("base_url",), "nothing is known of the address")
    return _PLACEHOLDER


def _auth(skeleton: Skeleton, operations: Mapping[str, Found]) -> None:
    root = skeleton.document.root
    schemes = mapping_of(mapping_of(root.get("components")).get("securitySchemes"))
    wanted = operations["create"].operation.get("security", root.get("security"))
    named = (
        [n for each in wanted if isinstance(each, dict) for n in each]
        if isinstance(wanted, list)
        else list(schemes)
    )
    skeleton.section = "components.securitySchemes"
    found = {}
    for name in dict.fromkeys(named):
        scheme = skeleton.document.resolved(schemes.get(name))
        made = _scheme(skeleton, name, mapping_of(scheme))
        if made is not None:
            found[re.sub(r"[^A-Za-z0-9-]+", "-", name) or "key"] = {
                **made,
                "source": skeleton.source,
            }
    if isinstance(wanted, list) and any(isinstance(e, dict) and len(e) > 1 for e in wanted):
        skeleton.ask(
            "security",
            "Some schemes are wanted together; a contract has alternatives alone. Is one of them enough?",
        )
    if found:
        skeleton.contract["auth"] = found
    else:
        skeleton.ask(
            "security", "How is the key presented? No scheme that could be read is listed."
        )


def _scheme(skeleton: Skeleton, name: str, scheme: Mapping[str, Any]) -> dict[str, Any] | None:
    kind = str(scheme.get("type", "")).lower()
    word = str(scheme.get("scheme", "")).lower()
    if kind == "apikey":
        place, parameter = scheme.get("in"), str(scheme.get("name") or "")
        if place in ("header", "query") and parameter:
            return {place: parameter}
        skeleton.ask(name, f"The key goes into a {shown(place)}, for which a contract has no word.")
        return None
    if kind == "http" and word not in ("bearer", ""):
        prefix = f"{word.capitalize()} "
        return {"header": "Authorization", "prefix": prefix}
    if kind not in ("http", "oauth2", "openidconnect"):
        if not scheme:
            skeleton.warn(name, "has no security scheme: read as a bearer key")
        else:
            skeleton.warn(
                name,
                f"has the security type {shown(scheme.get('type'))}, which is none: read as a bearer key",
            )
        skeleton.guess(("auth", re.sub(r"[^A-Za-z0-9-]+", "-", name) or "key"), "a bearer key")
    elif kind != "http":
        skeleton.ask(
            name,
            f"The key is had by {kind}; a contract says only how it is presented, as a bearer key.",
        )
    return {"header": "Authorization", "prefix": "Bearer "}


# ---------------------------------------------------------------- operations


def _operation(skeleton: Skeleton, answers: Answers, name: str, found: Found) -> dict[str, Any]:
    skeleton.section = found.section
    operation = found.operation
    made: dict[str, Any] = {
        "http": f"{found.method.upper()} {_path(skeleton, found.path)}",
        "source": skeleton.source,
    }
    if operation.get("security") == []:
        made["authenticated"] = False
    rooms = _parameters(skeleton, found)
    body, content_type = _body(skeleton, found)
    if content_type:
        made["content_type"] = content_type
    success, fields = answers.read(name, operation)
    made |= {"success": success, **body, **rooms}
    if fields:
        made["reply"] = fields
    if operation.get("deprecated") is True:
        skeleton.ask(
            name,
            "This operation is marked as deprecated. What takes its place, and until when does it work?",
        )
    return made


def _path(skeleton: Skeleton, path: str) -> str:
    path = path if path.startswith("/") else f"/{path}"
    plain_path = path.partition("?")[0]
    if plain_path != path:
        skeleton.ask(path, "The path has a query in it, which was left out.")
    return re.sub(r"\s", "", plain_path)


def _parameters(skeleton: Skeleton, found: Found) -> dict[str, Any]:
    rooms: dict[str, Any] = {}
    for parameter in skeleton.document.parameters(found.item, found.operation):
        name, place = str(parameter.get("name") or ""), str(parameter.get("in"))
        if not name or (place == "header" and name.lower() in _OURS):
            continue
        if place not in _ROOM:
            skeleton.ask(
                name,
                f"It is sent in {shown(place)}, for which a contract has no word; it was left out.",
            )
            continue
        rooms.setdefault(_ROOM[place], {})[name] = parameter_field(skeleton, name, parameter)
    for name in re.findall(r"\{([^{}]+)\}", found.path):
        if name not in rooms.get("path", {}):
            skeleton.warn(name, "is in the path and not described: read as a text")
            field = {"type": "string", "required": True, "source": skeleton.source}
            rooms.setdefault("path", {})[name] = field
    return rooms


def _body(skeleton: Skeleton, found: Found) -> tuple[dict[str, Any], str]:
    body = mapping_of(skeleton.document.resolved(found.operation.get("requestBody")))
    content = mapping_of(body.get("content"))
    if not content:
        return {}, ""
    order = sorted(content, key=lambda t: ("json" not in t, "multipart" not in t))
    kind = order[0]
    if len(content) > 1:
        skeleton.ask(found.section, f"The body may be {', '.join(content)}; {kind} was taken.")
    schema = skeleton.normal.read(mapping_of(content[kind]).get("schema", {}), found.section)
    if not schema:
        skeleton.ask(found.section, "No schema describes the body.")
    made = body_of(skeleton, schema, form="json" not in kind)
    encoding = mapping_of(mapping_of(content[kind]).get("encoding"))
    for name, described in encoding.items():
        types = str(mapping_of(described).get("contentType") or "")
        if name in made["body"] and types:
            made["body"][name]["accepts"] = [t.strip() for t in types.split(",") if "/" in t]
    return made, kind


def _ids(skeleton: Skeleton, described: dict[str, Any], operations: Mapping[str, Found]) -> None:
    """The task id: where a creation tells it and where a status is asked for it, by a link or by name."""
    reply = described["create"].get("reply", {})
    linked = _linked_place(skeleton.document, operations["create"])
    if linked:
        for path, field in reply.items():
            if field.get("role") == "task_id":
                del field["role"]
            if re.sub(r"\[\d*\]", "[]", path) == linked:
                field["role"] = "task_id"
    if reply and not any(f.get("role") == "task_id" for f in reply.values()):
        skeleton.ask("create", "In which field does a creation tell the id of its task?")
    if "status" not in described:
        return
    rooms = [described["status"].get(room, {}) for room in ("path", "query", "body")]
    fields = {name: field for room in rooms for name, field in room.items()}
    named = [n for n, f in fields.items() if plain(n) in _ID_NAMES]
    required = [n for n, f in fields.items() if f.get("required")]
    chosen = next(iter([*named, *required, *fields]), None)
    for field in fields.values():
        field.pop("role", None)
    if chosen is None:
        skeleton.ask("status", "In which field is the id of the task asked for?")
    else:
        fields[chosen]["role"] = "task_id"


_ID_NAMES = (
    "task_id",
    "id",
    "job_id",
    "request_id",
    "generation_id",
    "uuid",
    "prediction_id",
    "job",
    "ticket",
    "order",
)


def _linked_place(document: Foreign, create: Found) -> str:
    """The path in a reply that a link takes the id from."""
    for answer in mapping_of(create.operation.get("responses")).values():
        for link in mapping_of(mapping_of(document.resolved(answer)).get("links")).values():
            for value in mapping_of(mapping_of(document.resolved(link)).get("parameters")).values():
                if isinstance(value, str) and value.startswith("$response.body#/"):
                    steps = value.partition("#/")[2].split("/")
                    joined = ".".join("[]" if s.isdigit() else s for s in steps)
                    return joined.replace(".[]", "[]")
    return ""


def _errors(skeleton: Skeleton, answers: Answers) -> None:
    errors: dict[str, Any] = {}
    if answers.envelopes:
        errors["envelopes"] = answers.envelopes
    if answers.table:
        errors["table"] = answers.table
    if errors:
        skeleton.contract["errors"] = errors
    else:
        skeleton.ask("errors", "How does it refuse a request? No error is described.")


def _mark_roles(skeleton: Skeleton, described: Mapping[str, Any]) -> None:
    for name, operation in described.items():
        for room in ("body", "query", "path", "headers", "reply"):
            for path, field in operation.get(room, {}).items():
                said = [f"{k} {field[k]}" for k in ("role", "unit") if k in field]
                if said:
                    skeleton.guess(("operations", name, room, path), ", ".join(said))
    for name, envelope in mapping_of(
        mapping_of(skeleton.contract.get("errors")).get("envelopes")
    ).items():
        if "marker" in envelope:
            skeleton.guess(("errors", "envelopes", name), "the marker, and what its fields are for")
