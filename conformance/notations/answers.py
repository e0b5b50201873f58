"""What does an imported operation answer: fields, states, envelopes of errors and rows of the error table?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.contract.paths import find
from conformance.contract.wording import shown
from conformance.notations.conditions import conditions_of
from conformance.notations.foreign import mapping_of
from conformance.notations.guessing import CAUSES, plain, reply_role, unit_of
from conformance.notations.skeleton import Skeleton

__all__ = ["Answers"]

Schema = dict[str, Any]
Fields = dict[str, dict[str, Any]]

_TYPES = ("string", "integer", "number", "boolean", "array", "object", "null")
_APART = (
    "type",
    "title",
    "description",
    "examples",
    "properties",
    "required",
    "rules",
    "anyOf",
    "oneOf",
    "additionalProperties",
    "contentMediaType",
    "contentSchema",
    "default",
    "deprecated",
    "readOnly",
    "prefixItems",
    "if",
    "then",
    "else",
    "not",
    "dependentRequired",
    "example",
    "xml",
    "discriminator",
    "externalDocs",
    "nullable",
)
_OF_TASKS = ("results", "state", "progress", "task_id", "model", "cost", "created", "completed")
_ERROR_WORDS = ("error", "errors", "error_code", "error_message", "detail", "fault", "problem")


class Answers:
    """Reads the replies of operations, and shares what several have: envelopes and rows of the error table."""

    def __init__(self, skeleton: Skeleton) -> None:
        self._skeleton = skeleton
        self.envelopes: dict[str, dict[str, Any]] = {}
        self.table: dict[str, dict[str, Any]] = {}
        self._pending: list[tuple[str, str]] = []
        self._operation = ""

    def read(self, name: str, operation: Mapping[str, Any]) -> tuple[dict[str, Any], Fields]:
        """What a success is, and its fields; errors go into the table."""
        self._operation = name
        document = self._skeleton.document
        responses = operation.get("responses")
        answers = {
            str(status): document.resolved(answer)
            for status, answer in (responses.items() if isinstance(responses, dict) else ())
        }
        good = [s for s in answers if re.fullmatch(r"2\d\d", s)]
        refusals = [s for s in good if len(good) > 1 and self._refuses(f"{name} {s}", answers[s])]
        good = [s for s in good if s not in refusals]
        for status in refusals:
            self._refusal(name, status, answers[status])
        fields: Fields = {}
        for status in good:
            found = self._success(name, status, answers[status])
            fields = {**found, **fields} if fields else found
        for status, answer in answers.items():
            if re.fullmatch(r"[3-5]\d\d", status):
                self._row(name, status, answer)
            elif status not in (*good, *refusals):
                self._skeleton.ask(
                    f"{name} {status}",
                    f"What does {shown(status)} stand for? {_said(answer)}".strip(),
                )
        success = {"status": [int(s) for s in good] or [200], "source": self._skeleton.source}
        if not good:
            self._skeleton.ask(name, "With which status does it succeed? 200 is presumed.")
            self._skeleton.guess(("operations", name, "success"), "status 200")
        return success, fields

    def _refuses(self, where: str, answer: Any) -> bool:
        return _is_error(self._schema(where, answer)[0])

    def _refusal(self, name: str, status: str, answer: Any) -> None:
        """A status of success beside another, of which the body says that nothing was done."""
        self._row(name, status, answer)
        row = self.table.get(f"{status} {name}") or self.table[status]
        row["causes"] = ["bad-parameter", "missing-parameter", "bad-json"]
        # The code in the body is another one than the status.
        for envelope in row.get("envelope", ()):
            for field in self.envelopes[envelope]["fields"].values():
                if field.get("role") == "status_code":
                    del field["role"]
        question = (
            "A refusal comes with this status of success. For which causes, and with which codes?"
        )
        self._skeleton.ask(f"{name} {status}", question)

    # ------------------------------------------------------------ success

    def _success(self, name: str, status: str, answer: Any) -> Fields:
        schema, examples = self._schema(f"{name} {status}", answer)
        branches = [*(schema.get("anyOf") or ()), *(schema.get("oneOf") or ())]
        good = schema
        if branches and "properties" not in schema:
            good = next((b for b in branches if not _is_error(b)), branches[0])
            for branch in branches:
                if branch is not good and _is_error(branch):
                    self._inside(name, status, branch)
                elif branch is not good:
                    self._skeleton.ask(
                        f"{name} {status}",
                        "It may answer in several forms; the first was taken. When does which come?",
                    )
        fields = self.fields(good)
        for header, described in mapping_of(mapping_of(answer).get("headers")).items():
            described = self._skeleton.document.resolved(described)
            read = self._skeleton.normal.read(mapping_of(described).get("schema", {}), header)
            if header.lower() != "content-type":
                field = self._field(f"$headers.{header}", read)
                field["required"] = mapping_of(described).get("required") is True
                fields[f"$headers.{header}"] = field
        self._units(fields, examples)
        return fields

    def _inside(self, name: str, status: str, schema: Schema) -> None:
        """An error that comes with a success status."""
        envelope = self._envelope(schema)
        self._skeleton.ask(
            f"{name} {status}",
            "An error may come inside of a success. With which codes, and for which causes?",
        )
        self._pending.append((name, envelope))

    def _schema(self, where: str, owner: Any) -> tuple[Schema, list[Any]]:
        content = mapping_of(mapping_of(owner).get("content"))
        media = mapping_of(
            content.get("application/json")
            or next((m for t, m in content.items() if "json" in t), {})
        )
        if content and not media:
            self._skeleton.ask(
                where,
                f"It answers with {', '.join(content)} and not with JSON; that was not taken over.",
            )
        examples = [media["example"]] if "example" in media else []
        examples += [
            mapping_of(self._skeleton.document.resolved(e)).get("value")
            for e in mapping_of(media.get("examples")).values()
        ]
        schema = self._skeleton.normal.read(media.get("schema", {}), where)
        if (
            not schema.get("properties")
            and not schema.get("anyOf")
            and not schema.get("oneOf")
            and examples
        ):
            self._skeleton.ask(
                where,
                "No schema describes this reply; its fields were taken from an example. Which of them are always there?",
            )
            schema = _of_example(examples[0])
        return schema, [*examples, *schema.get("examples", ())]

    # ------------------------------------------------------------ fields

    def fields(self, schema: Schema) -> Fields:
        """The fields of a reply by path, those under a condition included."""
        found: Fields = {}
        self._flatten(schema, "", found)
        for rule in schema.get("rules", ()):
            self._conditional(rule, found)
        self._roles(found)
        return found

    def _flatten(
        self, schema: Schema, prefix: str, found: Fields, when: dict[str, Any] | None = None
    ) -> None:
        required = schema.get("required", ())
        for name, inner in schema.get("properties", {}).items():
            if not re.fullmatch(r"[^.\[\]\s#]+", name):
                continue
            path = f"{prefix}{name}"
            field = self._field(path, inner)
            if name not in required:
                field["required"] = False
            self._plant(path, field, found, when)
            self._below(path, inner, found, when)

    def _below(self, path: str, schema: Schema, found: Fields, when: dict[str, Any] | None) -> None:
        if "properties" in schema:
            self._flatten(schema, f"{path}.", found, when)
        items = schema.get("items")
        if isinstance(items, dict) and "properties" in items:
            # What a list holds is promised of each element, and the list itself may be empty or missing.
            self._flatten({**items, "required": []}, f"{path}[].", found, when)

    def _plant(
        self, path: str, field: dict[str, Any], found: Fields, when: dict[str, Any] | None
    ) -> None:
        if when is None:
            found[path] = field
            return
        known = found.get(path)
        if known is not None and "type" not in field and not field.get("schema"):
            field = {**{k: v for k, v in known.items() if k == "type"}, **field}
        says = {k for k in field if k not in ("source", "required")}
        if not says and field.get("required") is False:
            return
        if known is not None and _adds_nothing(field, known, says):
            return
        field["when"] = when
        suffix = plain("-".join(str(v) for c in when.values() for v in c.values())).replace(
            "_", "-"
        )
        name = path if known is None else f"{path}#{suffix or 'so'}"
        number = 2
        while name in found:
            name, number = f"{path}#{suffix}-{number}", number + 1
        found[name] = field

    def _conditional(self, rule: Schema, found: Fields) -> None:
        when = conditions_of(rule.get("if", {}))
        if when is None or "then" not in rule:
            self._skeleton.ask(
                "reply",
                f"There is a rule over the fields of a reply that could not be said: {shown(rule)}.",
            )
            return
        self._flatten(rule["then"], "", found, when)
        gone = conditions_of(rule.get("else", {}))
        for path, said in (gone or {}).items():
            for field in found.values():
                if said == {"present": False} and field.get("when") == when and path in found:
                    field["only"] = True

    def _field(self, path: str, schema: Schema) -> dict[str, Any]:
        found: dict[str, Any] = {}
        types = schema.get("type")
        listed = [types] if isinstance(types, str) else types or []
        known = [t for t in listed if t in _TYPES]
        if known:
            found["type"] = known[0] if len(known) == 1 else known
        if schema.get("contentMediaType") == "application/json":
            found |= {
                "decode": "json",
                "content": _plainly(schema.get("contentSchema", {"type": "object"})),
            }
        kept = _plainly({k: v for k, v in schema.items() if k not in _APART})
        if isinstance(kept.get("items"), dict) and "properties" in kept["items"]:
            inner = kept["items"]
            kept["items"] = {k: inner[k] for k in ("type", "required") if inner.get(k)}
        if kept.get("items") == {}:
            del kept["items"]
        if "const" in kept and not isinstance(kept["const"], dict | list):
            found["const"] = kept.pop("const")
        if kept:
            found["schema"] = kept
        if schema.get("anyOf") or schema.get("oneOf"):
            self._skeleton.ask(
                path, "This field of a reply may have several forms; none is held against it."
            )
        found["source"] = self._skeleton.source
        return found

    # ------------------------------------------------------------ roles and units

    def _roles(self, found: Fields) -> None:
        taken: set[str] = set()
        for path, field in sorted(
            found.items(), key=lambda item: (item[0].count("."), "#" in item[0])
        ):
            plain_path = path.partition("#")[0]
            twin = found.get(plain_path, {})
            types = field.get("type") or twin.get("type") or ["string"]
            listed = [types] if isinstance(types, str) else types
            role = reply_role(plain_path, listed, {**field.get("schema", {}), **field})
            if path != plain_path:
                role = twin.get("role")
            elif role in taken:
                role = None
            if role == "results" and any(p.startswith(f"{plain_path}[].") for p in found):
                role = None  # what is in the list has the addresses
            if self._operation in ("upload", "balance") and role in _OF_TASKS:
                role = "url" if role == "results" and self._operation == "upload" else None
            if role is not None:
                taken.add(role)
                field["role"] = role

    def _units(self, found: Fields, examples: Sequence[Any]) -> None:
        for path, field in found.items():
            if field.get("role") not in ("created", "updated", "completed", "expires"):
                continue
            values = [v for e in examples for v in find(e, path.partition("#")[0]) if v is not None]
            types = field.get("type", [])
            unit = unit_of(
                [types] if isinstance(types, str) else types,
                field.get("schema", {}),
                values[0] if values else None,
            )
            if unit is None:
                self._skeleton.ask(path, "In which unit is this time?")
            else:
                field["unit"] = unit

    # ------------------------------------------------------------ errors

    def _row(self, name: str, status: str, answer: Any) -> None:
        schema, _ = self._schema(f"{name} {status}", answer)
        branches = [*(schema.get("anyOf") or ()), *(schema.get("oneOf") or ())]
        bodies = branches if branches and "properties" not in schema else [schema]
        envelopes = [self._envelope(body) for body in bodies if body.get("properties")]
        means = _said(answer) or "an error"
        row: dict[str, Any] = {
            "name": "",
            "means": means,
            "causes": list(CAUSES.get(int(status), ())),
            "operations": [name],
            "source": self._skeleton.source,
        }
        if envelopes:
            row["envelope"] = list(dict.fromkeys(envelopes))
        if not row["causes"]:
            del row["causes"]
            self._skeleton.ask(f"{name} {status}", "For which causes is this status given?")
        self._keep(status, row)

    def _keep(self, status: str, row: dict[str, Any]) -> None:
        plainly = {k: v for k, v in row.items() if k not in ("operations", "source")}
        for key, known in self.table.items():
            same = {k: v for k, v in known.items() if k not in ("operations", "source")}
            if key.split()[0] == status and same == plainly:
                known["operations"] += row["operations"]
                sources = (
                    known["source"] if isinstance(known["source"], list) else [known["source"]]
                )
                known["source"] = [
                    *sources,
                    *([row["source"]] if row["source"] not in sources else []),
                ]
                return
        key = status if status not in self.table else f"{status} {row['operations'][0]}"
        self.table[key] = row
        if "causes" in row:
            self._skeleton.guess(("errors", "table", key), f"causes {', '.join(row['causes'])}")

    def _envelope(self, schema: Schema) -> str:
        """The name of the envelope with these fields, a new one where there is none."""
        fields = self.fields(schema)
        for field in fields.values():
            if field.get("role") in ("task_id", "state", "results", "model", "progress"):
                del field["role"]
        codes = [f for f in fields.values() if f.get("role") == "status_code"]
        for field in codes[1:]:
            del field["role"]
        bare = _bare(fields)
        for name, known in self.envelopes.items():
            if _bare(known["fields"]) == bare:
                return name
        name = "error" if not self.envelopes else f"error-{len(self.envelopes) + 1}"
        made: dict[str, Any] = {"fields": fields}
        marker = _marker(fields)
        if marker:
            made["marker"] = marker
        self.envelopes[name] = made
        return name

    def finish(self, success: Mapping[str, Sequence[int]]) -> None:
        """Errors inside of a success, once all rows are known."""
        for name, envelope in dict.fromkeys(self._pending):
            fields = self.envelopes[envelope]["fields"]
            if any(f.get("role") == "status_code" for f in fields.values()):
                for row in self.table.values():
                    if name in row["operations"] and envelope in row.get("envelope", []):
                        row["carried_in"] = ["http", "envelope"]
            if not any(
                name in r["operations"] and envelope in r.get("envelope", [])
                for r in self.table.values()
            ):
                status = str((success.get(name) or [200])[0])
                self._keep(
                    status,
                    {
                        "name": "",
                        "means": "an error inside of a success",
                        "operations": [name],
                        "envelope": [envelope],
                        "source": self._skeleton.source,
                    },
                )


def _adds_nothing(field: Mapping[str, Any], known: Mapping[str, Any], says: set[str]) -> bool:
    """Whether what is said under a condition is said without it as well."""
    if any(field[keyword] != known.get(keyword) for keyword in says):
        return False
    return field.get("required") is False or known.get("required", True) is True


def _said(answer: Any) -> str:
    return " ".join(str(mapping_of(answer).get("description") or "").split())[:200]


def _plainly(schema: Any) -> Any:
    """A schema without what only people read."""
    if isinstance(schema, dict):
        return {
            k: _plainly(v)
            for k, v in schema.items()
            if not k.startswith("x-")
            and k not in ("title", "description", "examples", "rules")
            and not (k == "additionalProperties" and v is True)
        }
    return [_plainly(each) for each in schema] if isinstance(schema, list) else schema


def _is_error(schema: Schema) -> bool:
    names = {plain(n) for n in schema.get("properties", {})}
    if names & set(_ERROR_WORDS) and not names & {"id", "task_id", "data", "url", "urls"}:
        return True
    flags = [p for n, p in schema.get("properties", {}).items() if plain(n) in ("success", "ok")]
    if any(p.get("const") is False or p.get("enum") == [False] for p in flags):
        return True
    data = schema.get("properties", {}).get("data", {})
    return data.get("type") == "null" or (
        names <= {"code", "message", "msg", "data", "status", "request_id"}
        and not data.get("properties")
        and "message" in names | {"msg"} & names
        and "data" not in names
    )


def _bare(fields: Fields) -> Any:
    return {p: {k: v for k, v in f.items() if k != "source"} for p, f in fields.items()}


def _marker(fields: Fields) -> dict[str, Any]:
    for path, field in fields.items():
        if plain(path) in ("success", "ok") and field.get("type") == "boolean":
            return {path: {"const": False}}
        if plain(path) in ("error", "errors"):
            return {path: {"present": True}}
    for path, field in fields.items():
        if field.get("role") == "status_code":
            return {path: {"minimum": 300}}
        if plain(path).startswith("error"):
            return {path: {"present": True}}
    return {}


def _of_example(value: Any) -> Schema:
    if isinstance(value, dict):
        return {"type": "object", "properties": {str(k): _of_example(v) for k, v in value.items()}}
    if isinstance(value, list):
        return {"type": "array", "items": _of_example(value[0]) if value else {}}
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}
    kind = kinds.get(type(value), "string")
    return {"examples": [value]} if kind == "null" else {"type": kind, "examples": [value]}
