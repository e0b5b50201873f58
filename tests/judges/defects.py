"""
Which faults are put into exported documents, one at a time, to see who notices?

Each is a change of a document that was right. `rule` is what our own `lint` has to say of it; "" where it is left to
others.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["DEFECTS", "Defect"]

Document = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """One fault: what it is, in which document of which vendor, and how it is made."""

    name: str
    kind: Literal["openapi", "arazzo"]
    vendor: str
    rule: str
    apply: Callable[[Document], None]

    def made(self, document: Document) -> Document:
        """A copy of the document with the fault in it."""
        broken = copy.deepcopy(document)
        self.apply(broken)
        assert broken != document, self.name
        return broken


DEFECTS: list[Defect] = []


def seeded(
    name: str, rule: str, *, vendor: str = "toapis", kind: Literal["openapi", "arazzo"] = "openapi"
) -> Callable[[Callable[[Document], None]], Callable[[Document], None]]:
    """Add a fault to the list."""

    def add(apply: Callable[[Document], None]) -> Callable[[Document], None]:
        DEFECTS.append(Defect(name=name, kind=kind, vendor=vendor, rule=rule, apply=apply))
        return apply

    return add


def operation(document: Document, name: str) -> Document:
    """An operation by its id."""
    methods = (m for path in document["paths"].values() for m in path.values())
    return next(m for m in methods if m["operationId"] == name)


def schema(document: Document, name: str) -> Document:
    """A schema by its name, or by how its name begins."""
    schemas = document["components"]["schemas"]
    return schemas.get(name) or next(s for n, s in schemas.items() if n.startswith(name))


def request(document: Document) -> Document:
    """The properties of a creation."""
    return schema(document, "create.request")["properties"]


def answer(document: Document, name: str = "create") -> Document:
    """The reply that an operation gives when all is well."""
    return operation(document, name)["responses"]["200"]


def link(document: Document) -> Document:
    """The way from a creation to its status."""
    return answer(document)["links"]["status"]


def media(owner: Document) -> Document:
    """The JSON body of a request or a reply."""
    return owner["content"]["application/json"]


# ---------------------------------------------------------------- links and references


@seeded("a link goes to an operation that is not there", "link-operation-unknown")
def _(d: Document) -> None:
    link(d)["operationId"] = "statsu"


@seeded("a link reads the id from a field that no reply has", "expression-unresolved")
def _(d: Document) -> None:
    link(d)["parameters"] = {"path.task_id": "$response.body#/task_id"}


@seeded("a link sets a parameter that the status does not take", "link-parameter-unknown")
def _(d: Document) -> None:
    link(d)["parameters"]["path.taskId"] = "$response.body#/id"


@seeded("a link leaves out the parameter that the status requires", "link-parameter-missing")
def _(d: Document) -> None:
    link(d)["parameters"] = {}


@seeded("a link has an expression that is none", "expression-unresolved")
def _(d: Document) -> None:
    link(d)["parameters"] = {"path.task_id": "$respons.body#/id"}


@seeded("a link reads from a header that no reply has", "expression-unresolved")
def _(d: Document) -> None:
    link(d)["parameters"] = {"path.task_id": "$response.header.X-Task"}


@seeded("a link points inside a text", "expression-unresolved")
def _(d: Document) -> None:
    link(d)["parameters"] = {"path.task_id": "$response.body#/id/value"}


@seeded("a reference leads nowhere", "unresolved-reference")
def _(d: Document) -> None:
    media(answer(d, "status"))["schema"] = {"$ref": "#/components/schemas/status.replay"}


@seeded("a schema refers to itself alone", "reference-circle")
def _(d: Document) -> None:
    d["components"]["schemas"]["status.reply"] = {"$ref": "#/components/schemas/status.reply"}


@seeded("a callback goes to a field that a creation does not have", "expression-unresolved")
def _(d: Document) -> None:
    called = operation(d, "create")["callbacks"]["ended"]
    called["{$request.body#/callback}"] = called.pop("{$request.body#/callback_url}")


@seeded("a source cites a page that is not listed", "unknown-document")
def _(d: Document) -> None:
    operation(d, "create")["x-conformance"]["sources"] = ["quick#Start"]


# ---------------------------------------------------------------- operations


@seeded("two operations have one id", "operation-id-repeats")
def _(d: Document) -> None:
    operation(d, "balance")["operationId"] = "status"


@seeded("the path names a parameter that is not described", "path-parameter-unknown")
def _(d: Document) -> None:
    operation(d, "status")["parameters"] = []


@seeded("a path parameter is not in the path", "path-parameter-unused")
def _(d: Document) -> None:
    parameter = copy.deepcopy(operation(d, "status")["parameters"][0])
    operation(d, "status")["parameters"].append(parameter | {"name": "taskid"})


@seeded("a path parameter is optional", "path-parameter-optional")
def _(d: Document) -> None:
    operation(d, "status")["parameters"][0]["required"] = False


@seeded("a parameter stands twice", "parameter-repeats", vendor="aigptimage")
def _(d: Document) -> None:
    listed = operation(d, "status")["parameters"]
    listed.append(copy.deepcopy(listed[0]))


@seeded("a parameter stands in the body", "parameter-place", vendor="aigptimage")
def _(d: Document) -> None:
    operation(d, "status")["parameters"][0]["in"] = "body"


@seeded("an operation wants a key of a scheme that is not there", "unknown-security-scheme")
def _(d: Document) -> None:
    operation(d, "create")["security"] = [{"bearr": []}]


@seeded("a security scheme has a type that is none", "unknown-scheme-type")
def _(d: Document) -> None:
    d["components"]["securitySchemes"]["bearer"]["type"] = "bearer"


@seeded("two paths differ in the name of a parameter alone", "equal-paths")
def _(d: Document) -> None:
    described = copy.deepcopy(d["paths"]["/v1/images/generations/{task_id}"])
    described["get"]["operationId"] = "again"
    described["get"]["parameters"][0]["name"] = "id"
    d["paths"]["/v1/images/generations/{id}"] = described


@seeded("a status is no status", "unknown-status")
def _(d: Document) -> None:
    responses = operation(d, "create")["responses"]
    responses["42"] = responses.pop("422")


@seeded("an operation has no replies", "no-replies")
def _(d: Document) -> None:
    operation(d, "balance")["responses"] = {}


@seeded("the server's address has a variable that is not there", "server-variable-unknown")
def _(d: Document) -> None:
    d["servers"] = [{"url": "https://{region}.toapis.example"}]


@seeded("the form encodes a field that it does not have", "encoding-unknown", vendor="apimart")
def _(d: Document) -> None:
    form = operation(d, "upload")["requestBody"]["content"]["multipart/form-data"]
    form["encoding"] = {"image": {"contentType": "image/png"}}


# ---------------------------------------------------------------- schemas


@seeded("the least is above the most", "bounds-contradict")
def _(d: Document) -> None:
    request(d)["prompt"]["minLength"] = request(d)["prompt"]["maxLength"] + 1


@seeded("a bound is a text", "bound-no-number")
def _(d: Document) -> None:
    request(d)["prompt"]["maxLength"] = "32000"


@seeded("a default is not among the values", "value-contradicts")
def _(d: Document) -> None:
    request(d)["resolution"]["default"] = "512"


@seeded("a default is of another type", "value-contradicts")
def _(d: Document) -> None:
    request(d)["n"]["default"] = "1"


@seeded("a value is of another type than its field", "value-contradicts")
def _(d: Document) -> None:
    request(d)["resolution"]["enum"][0] = 1024


@seeded("a constant is of another type than its field", "value-contradicts", vendor="aigptimage")
def _(d: Document) -> None:
    schema(d, "create.reply")["properties"]["code"]["const"] = "200"


@seeded("a value stands twice in a list", "enum-repeats")
def _(d: Document) -> None:
    request(d)["response_format"]["enum"].append("url")


@seeded("a list of values is empty", "enum-shape")
def _(d: Document) -> None:
    request(d)["response_format"]["enum"] = []
    del request(d)["response_format"]["default"]


@seeded("a required field is not described", "required-unknown")
def _(d: Document) -> None:
    schema(d, "create.request")["required"].append("promt")


@seeded("a keyword is misspelt", "unknown-keyword")
def _(d: Document) -> None:
    prompt = request(d)["prompt"]
    prompt["maxLenght"] = prompt.pop("maxLength")


@seeded("a type is none", "unknown-type")
def _(d: Document) -> None:
    request(d)["n"]["type"] = "int"


@seeded("a limit is of another type than its field", "idle-keyword")
def _(d: Document) -> None:
    request(d)["prompt"]["maximum"] = request(d)["prompt"].pop("maxLength")


@seeded("a pattern is no regular expression", "pattern-invalid")
def _(d: Document) -> None:
    request(d)["image_urls"]["items"]["pattern"] = "^(https"


@seeded("a rule speaks of a value that the field cannot have", "condition-contradicts", vendor="aigptimage")  # fmt: skip
def _(d: Document) -> None:
    rules = schema(d, "create.request.gpt-image-2-image-to-image")["allOf"]
    rule = next(r for r in rules if r.get("title") == "no-4k-square")
    _replace(rule["if"], "1:1", "1x1")


@seeded("a rule speaks of a field that is not there", "condition-unknown", vendor="aigptimage")
def _(d: Document) -> None:
    rules = schema(d, "create.request.gpt-image-2-image-to-image")["allOf"]
    rule = next(r for r in rules if r.get("title") == "no-4k-square")
    rule["if"] = {
        "required": ["input"],
        "properties": {"input": {"required": ["ratio"], "properties": {"ratio": {"const": "1:1"}}}},
    }


def _replace(value: Any, old: Any, new: Any) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            if inner == old and isinstance(inner, str):
                value[key] = new
            _replace(inner, old, new)
    elif isinstance(value, list):
        for inner in value:
            _replace(inner, old, new)


# ---------------------------------------------------------------- examples


@seeded("an example of a request lacks what is required", "example-invalid")
def _(d: Document) -> None:
    examples = media(operation(d, "create")["requestBody"])["examples"]
    del next(iter(examples.values()))["value"]["prompt"]


@seeded("an example of a reply has a state that is none", "example-invalid")
def _(d: Document) -> None:
    media(answer(d, "status"))["examples"]["completed"]["value"]["status"] = "done"


@seeded("an example of a parameter is of another type", "example-invalid", vendor="aigptimage")
def _(d: Document) -> None:
    operation(d, "status")["parameters"][0]["example"] = 7


@seeded("an example of an address is none", "example-invalid")
def _(d: Document) -> None:
    examples = media(operation(d, "create")["requestBody"])["examples"]
    next(reversed(examples.values()))["value"]["callback_url"] = "not an address"


# ---------------------------------------------------------------- workflows


def step(document: Document, name: str) -> Document:
    """A step of the one workflow."""
    return next(s for s in document["workflows"][0]["steps"] if s["stepId"] == name)


@seeded("a step calls an operation that is not there", "operation-unknown", kind="arazzo")
def _(d: Document) -> None:
    step(d, "poll")["operationId"] = "getStatus"


@seeded("a step uses an output that no step gives", "expression-unresolved", kind="arazzo")
def _(d: Document) -> None:
    step(d, "poll")["parameters"][1]["value"] = "$steps.create.outputs.taskId"


@seeded("a step uses the output of a later step", "expression-unresolved", kind="arazzo")
def _(d: Document) -> None:
    step(d, "poll")["parameters"][1]["value"] = "$steps.fetch.outputs.result"


@seeded("an output is read from a field that no reply has", "expression-unresolved", kind="arazzo")
def _(d: Document) -> None:
    step(d, "create")["outputs"]["task"] = "$response.body#/data/id"


@seeded("the workflow gives what no step gives", "expression-unresolved", kind="arazzo")
def _(d: Document) -> None:
    d["workflows"][0]["outputs"]["result"] = "$steps.fetch.outputs.url"


@seeded("a step reads an input that there is not", "expression-unresolved", kind="arazzo")
def _(d: Document) -> None:
    step(d, "create")["parameters"][0]["value"] = "Bearer {$inputs.token}"


@seeded("a step sets a parameter that its operation does not take", "parameter-unknown", kind="arazzo")  # fmt: skip
def _(d: Document) -> None:
    step(d, "poll")["parameters"][1]["name"] = "id"


@seeded("a step leaves out a parameter that is required", "parameter-missing", kind="arazzo")
def _(d: Document) -> None:
    del step(d, "poll")["parameters"][1]


@seeded("a step sends no key", "key-missing", kind="arazzo")
def _(d: Document) -> None:
    del step(d, "create")["parameters"]


@seeded("a payload breaks the schema of its operation", "payload-invalid", kind="arazzo")
def _(d: Document) -> None:
    step(d, "create")["requestBody"]["payload"]["model"] = "gpt-image-3"


@seeded("a payload is of a media type that is not taken", "content-type-unknown", kind="arazzo")
def _(d: Document) -> None:
    step(d, "create")["requestBody"]["contentType"] = "application/x-www-form-urlencoded"


@seeded("a status is awaited that is not documented", "status-undocumented", kind="arazzo")
def _(d: Document) -> None:
    step(d, "create")["successCriteria"][0]["condition"] = "$statusCode == 202"


@seeded("a state is awaited that there is not", "value-impossible", kind="arazzo")
def _(d: Document) -> None:
    step(d, "poll")["successCriteria"][1]["condition"] = "$response.body#/status == 'success'"


@seeded("a state leads nowhere", "value-unhandled", kind="arazzo")
def _(d: Document) -> None:
    retry = step(d, "poll")["onFailure"][0]
    retry["criteria"] = [{"condition": "$response.body#/status == 'queued'"}]


@seeded("a step goes on to one that is not there", "step-unknown", kind="arazzo")
def _(d: Document) -> None:
    action = {"name": "again", "type": "goto", "stepId": "pol"}
    step(d, "poll")["onSuccess"] = [action]


@seeded("an action is none", "action-type", kind="arazzo")
def _(d: Document) -> None:
    step(d, "poll")["onFailure"][0]["type"] = "repeat"


@seeded("a pause is below nothing", "retry-number", kind="arazzo")
def _(d: Document) -> None:
    step(d, "poll")["onFailure"][0]["retryAfter"] = -5


@seeded("two steps have one name", "name-repeats", kind="arazzo")
def _(d: Document) -> None:
    step(d, "fetch")["stepId"] = "poll"


@seeded("the OpenAPI document is not where it is said to be", "source-unread", kind="arazzo")
def _(d: Document) -> None:
    d["sourceDescriptions"][0]["url"] = "toapis.json"


@seeded("a step does nothing", "step-target", kind="arazzo")
def _(d: Document) -> None:
    del step(d, "fetch")["operationId"]
