"""How does a YAML file become a Contract?"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from conformance.contract import model as m
from conformance.contract.callback import Callback, Delivery, OtherForm, Signature
from conformance.contract.clauses import derive_clauses
from conformance.contract.located import Located, read_located, read_located_file, read_text
from conformance.contract.validation import validate
from conformance.contract.wording import nearest
from conformance.errors import UsageError

__all__ = [
    "Loaded",
    "contract_names",
    "contract_schema",
    "load_contract",
    "load_located",
    "load_text",
    "specs_directory",
]

_FIELD_WORDS = frozenset(
    "required role models alias_of ignored passthrough exhaustive accepts refused_at level levels sources source"
    " note default also base64 refuses needs value_sources".split()
)
_OF_FILES = ("$file.filename", "$file.media_type", "$file.bytes")
Path_ = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A contract together with the file that it was loaded from, for those who must say where something stands."""

    contract: m.Contract
    located: Located


def specs_directory() -> Path:
    """Where the contracts that come with this package are: inside the wheel, or beside a checkout."""
    package = Path(__file__).resolve().parent.parent
    packaged = package / "specs"
    return packaged if packaged.is_dir() else package.parent / "specs"


def contract_names() -> tuple[str, ...]:
    """The vendors whose contracts come with this package, in alphabetical order."""
    return tuple(sorted(path.stem for path in specs_directory().glob("*.yaml")))


def load_contract(name_or_path: str | Path) -> m.Contract:
    """
    The contract of a vendor by name, or from a file.

    Raises:
        UsageError: No such vendor and no such file; names the nearest vendor.
        ContractInvalid: The file is not a contract; says where and what was expected.
    """
    path, file = _place(str(name_or_path))
    return _contract_in(read_text(path, file=file), file)


@lru_cache(maxsize=16)
def _contract_in(text: str, file: str) -> m.Contract:
    """The contract in a text, made once for each text: a contract is a value, and making one takes a quarter second."""
    return _from_located(read_located(text, file=file))


def load_located(name_or_path: str | Path) -> Loaded:
    """As `load_contract`, with the line and column of everything in the file."""
    path, file = _place(str(name_or_path))
    located = read_located_file(path, shown_as=file)
    return Loaded(contract=_from_located(located), located=located)


def _place(text: str) -> tuple[Path, str]:
    """The file of a vendor, by name or by path, and what it is called in errors."""
    if text in contract_names():
        path = specs_directory() / f"{text}.yaml"
        return path, f"specs/{path.name}"
    if not (text.endswith((".yaml", ".yml")) or "/" in text or Path(text).is_file()):
        known = contract_names()
        near = nearest(text, known)
        hint = f" (did you mean {near!r}?)" if near else ""
        raise UsageError(
            f"unknown vendor {text!r}{hint}; known are {', '.join(known)}, or give the path of a contract"
        )
    return Path(text), text


def load_text(text: str, *, file: str = "<text>") -> m.Contract:
    """
    The contract in a YAML text; `file` is the name that errors show.

    Raises:
        ContractInvalid: It is not a contract.
    """
    return _from_located(read_located(text, file=file))


@lru_cache(maxsize=1)
def contract_schema() -> Mapping[str, Any]:
    """The format's own JSON Schema."""
    loaded: Mapping[str, Any] = json.loads(
        (specs_directory() / "contract.schema.json").read_text("utf-8")
    )
    return loaded


def _from_located(located: Located) -> m.Contract:
    validate(located, contract_schema())
    return _Reader(located).contract()


class _Reader:
    """Turns one checked document into dataclasses; keeps the document at hand for errors that name a place."""

    def __init__(self, located: Located) -> None:
        self.located = located
        self.raw: dict[str, Any] = located.value
        self.documents = {
            key: m.Document(
                id=key,
                title=d["title"],
                url=d["url"],
                seen=d["seen"],
                superseded=d.get("superseded", False),
            )
            for key, d in self.raw["documents"].items()
        }

    def contract(self) -> m.Contract:
        raw = self.raw
        pictures = raw.get("pictures", {})
        terminal = raw.get("states", {}).get("terminal", {})
        idempotency = raw.get("idempotency")
        polling = raw.get("polling", {})
        cells = self.charges(raw.get("charges", {}), ("charges",), None)
        operations = [
            self.operation(name, o) for name, o in raw["operations"].items() if name != "callback"
        ]
        errors = list(
            self.errors(raw.get("errors", {}).get("table", {}), ("errors", "table"), None)
        )
        tolerated = raw.get("errors", {}).get("tolerated", {})
        pixels = list(self.pixels(raw.get("pixels"), ("pixels",), None))
        expiry = list(self.expiry(raw.get("expiry"), ("expiry",), None))
        disputes = []
        for name, alternative, path, patch in self.alternatives():
            reference = m.DisputeRef(dispute=name, alternative=alternative)
            cells += self.charges(patch.get("charges", {}), (*path, "charges"), reference)
            errors += self.errors(
                patch.get("errors", {}).get("table", {}), (*path, "errors", "table"), reference
            )
            pixels += self.pixels(patch.get("pixels"), (*path, "pixels"), reference)
            expiry += self.expiry(patch.get("expiry"), (*path, "expiry"), reference)
            for target, extra in patch.get("operations", {}).items():
                where = (*path, "operations", target)
                operations = [
                    self.patched(op, extra, where, reference) if op.name == target else op
                    for op in operations
                ]
        for name, d in raw.get("disputes", {}).items():
            disputes.append(
                m.Dispute(
                    name=name,
                    about=d["about"],
                    alternatives=tuple(
                        m.Alternative(
                            name=key,
                            value=str(a["value"]),
                            sources=self.sources(
                                a["source"], ("disputes", name, "alternatives", key, "source")
                            ),
                        )
                        for key, a in d["alternatives"].items()
                    ),
                    covers=tuple(d.get("covers", ())),
                )
            )
        self.check_references(operations)
        text = json.dumps(raw, sort_keys=True, ensure_ascii=False)
        contract = m.Contract(
            vendor=raw["vendor"],
            title=raw["title"],
            base_url=raw["base_url"].rstrip("/"),
            key_variable=raw["key_variable"],
            documents=tuple(self.documents.values()),
            auth=tuple(self.auth()),
            operations=tuple(operations),
            states=tuple(self.states()),
            states_sources=self.sources(raw.get("states", {}).get("source"), ("states", "source")),
            terminal_level=terminal.get("level", "must"),
            terminal_sources=self.sources(terminal.get("source"), ("states", "terminal", "source")),
            envelopes=tuple(self.envelopes()),
            errors=tuple(errors),
            tolerated=self.tolerated(tolerated),
            charging=self.charging(cells),
            pixels=tuple(pixels),
            ratio_sources=self.sources(
                pictures.get("ratio", {}).get("source"), ("pictures", "ratio", "source")
            ),
            tier_sources=self.sources(
                pictures.get("tier", {}).get("source"), ("pictures", "tier", "source")
            ),
            picture_types=tuple(pictures.get("types", {}).get("types", ())),
            picture_sources=self.sources(
                pictures.get("types", {}).get("source"), ("pictures", "types", "source")
            ),
            idempotency=self.idempotency(idempotency) if idempotency else None,
            callback=self.callback(operations),
            expiry=tuple(expiry),
            polling=m.Polling(
                first_s=_range(polling.get("first_s")),
                interval_s=_range(polling.get("interval_s")),
                timeout_s=polling.get("timeout_s"),
            ),
            advice=tuple(
                m.Advice(
                    name=key,
                    operation=a["operation"],
                    subject=a["subject"],
                    says=a["says"],
                    sources=self.sources(a["source"], ("advice", key, "source")),
                    asks=a.get("asks", {}),
                )
                for key, a in raw.get("advice", {}).items()
            ),
            statements=tuple(
                m.Statement(
                    name=key,
                    kind=s["kind"],
                    operation=s["operation"],
                    subject=s["subject"],
                    says=s["says"],
                    why=s["why"],
                    level=s.get("level", "must"),
                    sources=self.sources(s["source"], ("statements", key, "source")),
                )
                for key, s in raw.get("statements", {}).items()
            ),
            disputes=tuple(disputes),
            conflicts=tuple(self.conflicts()),
            questions=tuple(self.questions("questions")),
            notes=tuple(self.questions("notes")),
            answers=tuple(self.answers()),
            digest=hashlib.sha256(text.encode()).hexdigest(),
            file=self.located.file,
            text=self.located.text,
        )
        self.check_answers(contract)
        return contract

    # --- names that must name something ---

    def check_references(self, operations: Sequence[m.Operation]) -> None:
        """A name that names nothing is a mistake of ours: it is refused where it stands, with the nearest right word."""
        by_name = {op.name: op for op in operations}
        create = by_name["create"]
        fields = list(dict.fromkeys(f.path for f in create.fields))
        models = [v for f in create.fields if f.role == "model" for v in f.schema.get("enum", ())]
        for path, source in _value_sources(self.raw, ()):
            self.sources(source, path)
        for path, name, known, kind in self.references(by_name, fields, models):
            if name not in known:
                self.refuse(path, f"{kind} {name!r}", known)

    def references(  # noqa: C901  # one flat list
        self, operations: Mapping[str, m.Operation], fields: list[str], models: list[str]
    ) -> Iterator[tuple[Path_, str, list[str], str]]:
        """Every name that refers to something: where it stands, the name, what it may be, and of what kind it is."""
        raw = self.raw
        for key, rule in raw["operations"]["create"].get("rules", {}).items():
            for index, model in enumerate(rule.get("models", ())):
                yield (
                    ("operations", "create", "rules", key, "models", index),
                    model,
                    models,
                    "model",
                )
        charges = raw.get("charges", {})
        for key, cell in charges.get("cells", {}).items():
            path: Path_ = ("charges", "cells", key)
            for index, model in enumerate(cell.get("models", ())):
                yield (*path, "models", index), model, models, "model"
            for name in cell.get("when", {}):
                yield (*path, "when", name), name, fields, "field"
            for index, name in enumerate(cell.get("per", ())):
                yield (*path, "per", index), name, fields, "field"
        for name, at in charges.get("meter", {}).items():
            yield ("charges", "meter", name), name, list(operations), "operation"
            known = [r.path for r in operations[name].reply] if name in operations else [at]
            yield ("charges", "meter", name), at, known, "reply field"
        for word in ("row_field", "column_field"):
            if "pixels" in raw:
                yield ("pixels", word), raw["pixels"][word], fields, "field"
        for name, operation in raw["operations"].items():
            if name != "callback":
                yield from self.reply_references(name, operation, operations[name], fields)
        for _, _, path, patch in self.alternatives():
            for target in patch.get("operations", {}):
                yield (*path, "operations", target), target, list(operations), "operation"
        other = raw.get("idempotency", {}).get("other_body")
        if other and other != "same-task":
            causes = [
                c
                for r in raw.get("errors", {}).get("table", {}).values()
                for c in r.get("causes", ())
            ]
            yield ("idempotency", "other_body"), other, [*causes, "same-task"], "cause"

    def reply_references(
        self, name: str, raw: Mapping[str, Any], operation: m.Operation, fields: list[str]
    ) -> Iterator[tuple[Path_, str, list[str], str]]:
        replies = list(dict.fromkeys(r.path for r in operation.reply))
        own = [f.path for f in operation.fields]
        for placeholder in re.findall(r"{([^}]+)}", operation.path):
            yield ("operations", name, "http"), placeholder, own, "field"
        states = list(self.raw.get("states", {}).get("values", {}))
        state = [r.path for r in operation.reply if r.role == "state"]
        for key, reply in raw.get("reply", {}).items():
            path: Path_ = ("operations", name, "reply", key)
            if "not_before" in reply:
                yield (*path, "not_before"), reply["not_before"], replies, "reply field"
            if "echoes" in reply:
                known = [*fields, *own, "$task_id", "$request", *_OF_FILES]
                yield (*path, "echoes"), reply["echoes"], known, "field"
            for field, condition in reply.get("when", {}).items():
                sent = [f"$request.{f}" for f in fields]
                yield (*path, "when", field), field, [*replies, *sent], "reply field"
                values = [condition["const"]] if "const" in condition else condition.get("enum", [])
                for value in values if field in state else ():
                    yield (*path, "when", field), str(value), states, "state"

    # --- sources ---

    def sources(self, given: str | Sequence[str] | None, path: Path_) -> m.Sources:
        if given is None:
            return ()
        items = [given] if isinstance(given, str) else list(given)
        return tuple(self.source(item, path) for item in items)

    def source(self, text: str, path: Path_) -> m.Source:
        name, _, section = text.partition("#")
        document = self.documents.get(name)
        if document is None:
            self.refuse(path, f"document {name!r}", self.documents)
        assert document is not None  # refuse() never returns
        return m.Source(document=name, url=document.url, section=section)

    def refuse(self, path: Path_, found: str, known: Mapping[str, Any] | Sequence[str]) -> None:
        """Raise with what was found, what was expected, and the nearest right word."""
        words = list(known)
        near = nearest(found.split("'")[1] if "'" in found else found, words)
        hint = f" (did you mean {near!r}?)" if near else ""
        listed = ", ".join(words[:12]) + (", ..." if len(words) > 12 else "")
        raise self.located.error(path, f"found {found}, expected one of {listed}{hint}")

    # --- operations ---

    def operation(self, name: str, raw: Mapping[str, Any]) -> m.Operation:
        path: Path_ = ("operations", name)
        method, _, route = raw["http"].partition(" ")
        success = raw.get("success", {})
        operation = m.Operation(
            name=name,
            method=method,
            path=route,
            sources=self.sources(raw["source"], (*path, "source")),
            path_level=raw.get("path_level", "must"),
            content_type=raw.get("content_type", ""),
            authenticated=raw.get("authenticated", True),
            success=tuple(success.get("status", ())),
            success_level=success.get("level", "must"),
            success_sources=self.sources(success.get("source"), (*path, "success", "source")),
            second_paths=tuple(
                m.SecondPath(
                    name=key,
                    path=s["path"],
                    level=s.get("level", "must"),
                    sources=self.sources(s["source"], (*path, "second_paths", key, "source")),
                )
                for key, s in raw.get("second_paths", {}).items()
            ),
        )
        return self.patched(operation, raw, path, None)

    def patched(
        self,
        operation: m.Operation,
        raw: Mapping[str, Any],
        path: Path_,
        reference: m.DisputeRef | None,
    ) -> m.Operation:
        """The operation with the fields, rules and reply fields of `raw` added."""
        fields = list(operation.fields)
        for section, location in (
            ("body", "body"),
            ("query", "query"),
            ("path", "path"),
            ("headers", "header"),
        ):
            for key, spec in raw.get(section, {}).items():
                fields.append(
                    self.field(key, spec, (*path, section, key), location, None, reference)
                )
        known = {f.path: f for f in fields}
        models = next((f.schema.get("enum", ()) for f in fields if f.role == "model"), ())
        for model, specs in raw.get("per_model", {}).items():
            if model not in models:
                self.refuse((*path, "per_model", model), f"model {model!r}", list(models))
            for key, spec in specs.items():
                common = known.get(key)
                location = common.location if common else "body"
                field = self.field(
                    key, spec, (*path, "per_model", model, key), location, model, reference
                )
                fields.append(replace(field, role=field.role or (common.role if common else None)))
        self.check_names(fields, raw, path, models)
        fields = [self.like_primary(f, known) for f in fields]
        rules = [
            self.rule(k, r, (*path, "rules", k), known, reference)
            for k, r in raw.get("rules", {}).items()
        ]
        reply = [
            self.reply(k, r, (*path, "reply", k), reference)
            for k, r in raw.get("reply", {}).items()
        ]
        return replace(
            operation,
            fields=tuple(fields),
            rules=(*operation.rules, *rules),
            reply=(*operation.reply, *reply),
        )

    def like_primary(self, field: m.Field, known: Mapping[str, m.Field]) -> m.Field:
        """An alias holds what its primary holds, so that it has its role."""
        primary = known.get(field.alias_of or "")
        return (
            replace(field, role=primary.role)
            if primary is not None and field.role is None
            else field
        )

    def check_names(
        self, fields: Sequence[m.Field], raw: Mapping[str, Any], path: Path_, models: Sequence[str]
    ) -> None:
        """An alias, a model or a placeholder that names nothing is a mistake of ours, not of the vendor."""
        known = [f.path for f in fields]
        for section in ("body", "query", "path", "headers"):
            for key, spec in raw.get(section, {}).items():
                if spec.get("alias_of", key) not in known:
                    self.refuse(
                        (*path, section, key, "alias_of"), f"field {spec['alias_of']!r}", known
                    )
                for index, model in enumerate(spec.get("models", ())):
                    if model not in models:
                        self.refuse(
                            (*path, section, key, "models", index), f"model {model!r}", list(models)
                        )

    def field(
        self,
        key: str,
        raw: Mapping[str, Any],
        path: Path_,
        location: Any,
        model: str | None,
        reference: m.DisputeRef | None,
    ) -> m.Field:
        sources = {"": self.sources(raw["source"], (*path, "source"))}
        sources |= {
            k: self.sources(s, (*path, "sources", k)) for k, s in raw.get("sources", {}).items()
        }
        levels: dict[str, Any] = {"": raw["level"]} if "level" in raw else {}
        self.check_field(raw, path)
        return m.Field(
            path=key,
            location=location,
            schema={k: v for k, v in raw.items() if k not in _FIELD_WORDS},
            required=raw.get("required", False),
            default=raw.get("default", m.ABSENT),
            role=raw.get("role"),
            model=model,
            models=tuple(raw.get("models", ())),
            alias_of=raw.get("alias_of"),
            ignored=raw.get("ignored", False),
            passthrough=raw.get("passthrough", False),
            exhaustive=raw.get("exhaustive", True),
            accepts=tuple(raw.get("accepts", ())),
            also=raw.get("also", {}),
            base64=raw.get("base64", False),
            refuses=tuple(raw.get("refuses", ())),
            needs=tuple(raw.get("needs", ())),
            refused_at=raw.get("refused_at", self.refused_at),
            sources=sources,
            levels={**levels, **raw.get("levels", {})},
            dispute=reference,
            note=raw.get("note", ""),
        )

    @property
    def refused_at(self) -> Any:
        """`create` where an error row says that what fails validation is refused with it."""
        rows = self.raw.get("errors", {}).get("table", {}).values()
        says_so = any(
            r.get("refused_at") == "create" and "bad-parameter" in r.get("causes", ()) for r in rows
        )
        return "create" if says_so else "anywhere"

    def check_field(self, raw: Mapping[str, Any], path: Path_) -> None:
        for low, high in (
            ("minLength", "maxLength"),
            ("minimum", "maximum"),
            ("minItems", "maxItems"),
        ):
            if low in raw and high in raw and raw[low] > raw[high]:
                raise self.located.error(
                    (*path, low), f"found {low} {raw[low]}, expected at most {high} {raw[high]}"
                )
        self.check_keywords(raw, path)

    def check_keywords(self, raw: Mapping[str, Any], path: Path_) -> None:
        """A level or source of its own is that of a keyword that the entry has."""
        for word in raw.get("levels", {}), raw.get("sources", {}):
            for keyword in word:
                if keyword not in raw:
                    raise self.located.error(
                        path, f"found a level or source for {keyword!r}, expected {keyword!r} here"
                    )

    def rule(
        self,
        key: str,
        raw: Mapping[str, Any],
        path: Path_,
        known: Mapping[str, m.Field],
        reference: m.DisputeRef | None,
    ) -> m.Rule:
        form = next((f for f in ("at_most_one", "at_least_one", "unsaid") if f in raw), "implies")
        if form == "implies" and not ("when" in raw and "then" in raw):
            raise self.located.error(
                path,
                "found a rule without its parts, expected `when` and `then`, `at_most_one` or `at_least_one`",
            )
        for part in ("when", "then"):
            for name in raw.get(part, {}):
                if name not in known:
                    self.refuse((*path, part, name), f"field {name!r}", list(known))
        listed = raw[form] if form in ("at_most_one", "at_least_one") else ()
        for index, name in enumerate(listed):
            if name not in known:
                self.refuse((*path, form, index), f"field {name!r}", list(known))
        return m.Rule(
            name=key,
            form=form,  # type: ignore[arg-type]  # one of the four words by construction
            when=_conditions(raw.get("when", {})),
            then=_conditions(raw.get("then", {})),
            fields=tuple(listed),
            models=tuple(raw.get("models", ())),
            refused_at=raw.get("refused_at", self.refused_at),
            says=raw["says"],
            level=raw.get("level", "must"),
            sources=self.sources(raw["source"], (*path, "source")),
            dispute=reference,
        )

    def reply(
        self, key: str, raw: Mapping[str, Any], path: Path_, reference: m.DisputeRef | None
    ) -> m.ReplyField:
        self.check_keywords(raw, path)
        types = raw.get("type", ())
        schema = dict(raw.get("schema", {}))
        schema |= {k: raw[k] for k in ("const", "enum") if k in raw}
        return m.ReplyField(
            # One path may be described again for one state: `data.resultJson#success`.
            path=key.partition("#")[0],
            types=(types,) if isinstance(types, str) else tuple(types),
            required=raw.get("required", True),
            when=_conditions(raw.get("when", {})),
            schema=schema,
            decode=raw.get("decode"),
            content=raw.get("content", {}),
            role=raw.get("role"),
            unit=raw.get("unit"),
            echoes=raw.get("echoes"),
            not_before=raw.get("not_before"),
            only=raw.get("only", False),
            lags=raw.get("lags", False),
            level=raw.get("level", "must"),
            required_level=raw.get("required_level"),
            levels=raw.get("levels", {}),
            sources=self.sources(raw["source"], (*path, "source")),
            keyword_sources={
                k: self.sources(s, (*path, "sources", k)) for k, s in raw.get("sources", {}).items()
            },
            dispute=reference,
            note=raw.get("note", ""),
        )

    # --- what the vendor sends by itself ---

    def callback(self, operations: Sequence[m.Operation]) -> Callback | None:
        raw = self.raw["operations"].get("callback")
        if raw is None:
            return None
        path: Path_ = ("operations", "callback")
        method, _, field = raw["http"].partition(" $")
        create = next(op for op in operations if op.name == "create")
        self.check_callback_field(field, create, path)
        operation = m.Operation(
            name="callback",
            method=method,
            path=f"${field}",
            sources=self.sources(raw["source"], (*path, "source")),
            content_type=raw.get("content_type", ""),
            authenticated=False,
        )
        operation = self.patched(operation, {"reply": raw.get("reply", {})}, path, None)
        known = list(dict.fromkeys(f.path for f in create.fields))
        for place, name, words, kind in self.reply_references("callback", raw, operation, known):
            if name not in words:
                self.refuse(place, f"{kind} {name!r}", words)
        sent = raw["sent"]
        return Callback(
            field=field,
            operation=operation,
            phases=tuple(sent["phases"]),
            sent_level=sent.get("level", "must"),
            sent_sources=self.sources(sent["source"], (*path, "sent", "source")),
            presumes=sent.get("presumes", ""),
            absent_on=self.sources(sent.get("absent_on"), (*path, "sent", "absent_on")),
            other_form=self.other_form(raw.get("also"), (*path, "also"), operations),
            signature=self.signature(raw.get("signature"), (*path, "signature")),
            delivery=self.delivery(raw.get("delivery"), (*path, "delivery")),
        )

    def check_callback_field(self, name: str, create: m.Operation, path: Path_) -> None:
        fields = [f.path for f in create.fields if f.role == "callback_url"]
        if not fields:
            raise self.located.error(
                path, "found a callback, expected a field of create with the role callback_url"
            )
        if name not in fields:
            self.refuse((*path, "http"), f"field {name!r}", fields)

    def other_form(
        self, raw: Mapping[str, Any] | None, path: Path_, operations: Sequence[m.Operation]
    ) -> OtherForm | None:
        if raw is None:
            return None
        known = [r.path for op in operations if op.name == "status" for r in op.reply]
        if raw["repeats"] not in known:
            self.refuse((*path, "repeats"), f"reply field {raw['repeats']!r}", known)
        return OtherForm(
            repeats=raw["repeats"],
            without=tuple(raw["without"]),
            sources=self.sources(raw["source"], (*path, "source")),
        )

    def signature(self, raw: Mapping[str, Any] | None, path: Path_) -> Signature | None:
        if raw is None:
            return None
        given = {k: v for k, v in raw.items() if k != "source"}
        signature = Signature(**given, sources=self.sources(raw["source"], (*path, "source")))
        for word in ("id", "timestamp"):
            if f"{{{word}}}" in signature.signed and not raw.get(f"{word}_header"):
                raise self.located.error(
                    (*path, "signed"),
                    f"found {{{word}}}, expected {word}_header to say where it is",
                )
        if signature.is_open and signature.signed:
            raise self.located.error(
                (*path, "signed"), "found `signed`, expected none where the header is not named"
            )
        return signature

    def delivery(self, raw: Mapping[str, Any] | None, path: Path_) -> Delivery:
        if raw is None:
            return Delivery()
        given = {k: v for k, v in raw.items() if k != "source"}
        return Delivery(**given, sources=self.sources(raw["source"], (*path, "source")))

    # --- everything else ---

    def auth(self) -> Iterator[m.AuthScheme]:
        for key, a in self.raw.get("auth", {}).items():
            yield m.AuthScheme(
                name=key,
                location="header" if "header" in a else "query",
                parameter=a.get("header") or a["query"],
                prefix=a.get("prefix", ""),
                level=a.get("level", "must"),
                sources=self.sources(a["source"], ("auth", key, "source")),
            )

    def states(self) -> Iterator[m.State]:
        raw = self.raw.get("states")
        if raw is None:
            return
        types = {t for o in self.raw["operations"].values() for t in _state_types(o)}
        whole = self.sources(raw["source"], ("states", "source"))
        for key, s in raw["values"].items():
            if types == {"integer"} and not key.lstrip("-").isdigit():
                raise self.located.error(
                    ("states", "values", key),
                    f"found state {key!r}, expected a number as the reply has it",
                    at_key=True,
                )
            value: str | int = int(key) if types == {"integer"} else key
            own = self.sources(s.get("source"), ("states", "values", key, "source"))
            yield m.State(
                value=value,
                phase=s["phase"],
                means=s.get("means", ""),
                level=s.get("level", "must"),
                sources=own or whole,
                provoked_by=s.get("provoked_by", ""),
            )

    def envelopes(self) -> Iterator[m.Envelope]:
        for key, e in self.raw.get("errors", {}).get("envelopes", {}).items():
            path: Path_ = ("errors", "envelopes", key, "fields")
            fields = tuple(
                self.reply(k, f, (*path, k), None) for k, f in e.get("fields", {}).items()
            )
            yield m.Envelope(name=key, fields=fields, marker=_conditions(e.get("marker", {})))

    def errors(
        self, table: Mapping[str, Any], path: Path_, reference: m.DisputeRef | None
    ) -> Iterator[m.ErrorRow]:
        envelopes = list(self.raw.get("errors", {}).get("envelopes", {}))
        for key, r in table.items():
            status, _, name = key.partition(" ")
            named = r.get("envelope", envelopes[:1])
            mine = [named] if isinstance(named, str) else list(named)
            for envelope in mine:
                if envelope not in envelopes:
                    self.refuse((*path, key, "envelope"), f"envelope {envelope!r}", envelopes)
            yield m.ErrorRow(
                status=r.get("status", int(status)),
                name=r.get("name", name),
                causes=tuple(r.get("causes", ())),
                operations=tuple(r["operations"]),
                means=r["means"],
                envelope=mine[0] if mine else "",
                envelopes=tuple(mine),
                carried_in=tuple(r.get("carried_in", ("http",))),
                body=_conditions(r.get("body", {})),
                body_level=r.get("body_level", "must"),
                fields=tuple(
                    self.reply(k, f, (*path, key, "fields", k), None)
                    for k, f in r.get("fields", {}).items()
                ),
                about=tuple(r.get("about", ())),
                retry=r.get("retry", ""),
                level=r.get("level", "must"),
                sources=self.sources(r["source"], (*path, key, "source")),
                dispute=reference,
            )

    def tolerated(self, table: Mapping[str, Any]) -> tuple[m.ErrorRow, ...]:
        """Rows that no current page has: what a current page says belongs into the table."""
        path: Path_ = ("errors", "tolerated")
        rows = tuple(self.errors(table, path, None))
        for key, row in zip(table, rows, strict=True):
            current = [s for s in row.sources if not self.documents[s.document].superseded]
            if current:
                found = f"found the current page {current[0].document!r}, expected superseded ones"
                raise self.located.error((*path, key, "source"), found)
        return rows

    def charges(
        self, raw: Mapping[str, Any], path: Path_, reference: m.DisputeRef | None
    ) -> list[m.Charge]:
        return [
            m.Charge(
                name=key,
                models=tuple(c.get("models", ())),
                when=_conditions(c.get("when", {})),
                any_of=tuple(c["amount"]) if isinstance(c["amount"], list) else (c["amount"],),
                per=tuple(c.get("per", ())),
                tiers=self.tiers(c, (*path, "cells", key)),
                level=c.get("level", "must"),
                sources=self.sources(c["source"], (*path, "cells", key, "source")),
                dispute=reference,
            )
            for key, c in raw.get("cells", {}).items()
        ]

    def tiers(self, raw: Mapping[str, Any], path: Path_) -> tuple[str, ...]:
        tiers, amount = raw.get("tiers", ()), raw["amount"]
        amounts = len(amount) if isinstance(amount, list) else 1
        if tiers and len(tiers) != amounts:
            found = f"found {len(tiers)} tiers, expected {amounts} as there are amounts"
            raise self.located.error((*path, "tiers"), found)
        return tuple(tiers)

    def charging(self, cells: Sequence[m.Charge]) -> m.Charging:
        raw = self.raw.get("charges", {})
        refund = raw.get("refund", {})
        return m.Charging(
            unit=raw.get("unit", ""),
            cells=tuple(cells),
            meter=tuple(raw.get("meter", {}).items()),
            refund_shown_at=tuple(refund.get("shown_at", ())),
            zero_at=tuple(refund.get("zero_at", ())),
            refund_sources=self.sources(refund.get("source"), ("charges", "refund", "source")),
            refund_level=refund.get("level", "must"),
            refund_says=refund.get("says", ""),
        )

    def pixels(
        self, raw: Mapping[str, Any] | None, path: Path_, reference: m.DisputeRef | None
    ) -> Iterator[m.PixelCell]:
        if raw is None:
            return
        sources = self.sources(raw["source"], (*path, "source"))
        for row, cells in raw["rows"].items():
            if len(cells) != len(raw["columns"]):
                found = (
                    f"found {len(cells)} cells, expected {len(raw['columns'])} as there are columns"
                )
                raise self.located.error((*path, "rows", row), found)
            for index, (column, cell) in enumerate(zip(raw["columns"], cells, strict=True)):
                if cell is None:
                    continue  # the table says that there is no such picture
                yield m.PixelCell(
                    row=row,
                    column=column,
                    when=(
                        m.Condition(field=raw["row_field"], one_of=(row,)),
                        m.Condition(field=raw["column_field"], one_of=(column,)),
                    ),
                    any_of=self.pixel_sizes(cell, (*path, "rows", row, index)),
                    models=tuple(raw.get("models", ())),
                    nominal=raw.get("nominal", False),
                    level=raw.get("level", "must"),
                    sources=sources,
                    dispute=reference,
                )

    def pixel_sizes(self, cell: Any, path: Path_) -> tuple[tuple[int, int], ...]:
        found = []
        for text in cell if isinstance(cell, list) else [cell]:
            width, _, height = str(text).partition("x")
            if not (width.isdigit() and height.isdigit()):
                raise self.located.error(path, f"found {text!r}, expected a size such as 1024x768")
            found.append((int(width), int(height)))
        return tuple(found)

    def expiry(
        self, raw: Mapping[str, Any] | None, path: Path_, reference: m.DisputeRef | None
    ) -> Iterator[m.Expiry]:
        if raw is not None:
            yield m.Expiry(
                lifetime_s=raw["lifetime_s"],
                field=raw.get("field", ""),
                level=raw.get("level", "must"),
                sources=self.sources(raw["source"], (*path, "source")),
                dispute=reference,
            )

    def idempotency(self, raw: Mapping[str, Any]) -> m.Idempotency:
        replay, beside = raw.get("replay_header"), raw.get("beside")
        return m.Idempotency(
            header=raw["header"],
            max_length=raw.get("max_length"),
            other_body=raw.get("other_body", ""),
            replay_header=(replay[0], replay[1]) if replay else None,
            beside=(beside["header"], beside["value"]) if beside else None,
            other_task_id=beside.get("task_id", "") if beside else "",
            lifetime_s=raw.get("lifetime_s"),
            says=raw["says"],
            level=raw.get("level", "must"),
            sources=self.sources(raw["source"], ("idempotency", "source")),
        )

    def alternatives(self) -> Iterator[tuple[str, str, Path_, Mapping[str, Any]]]:
        for name, d in self.raw.get("disputes", {}).items():
            for key, a in d["alternatives"].items():
                yield name, key, ("disputes", name, "alternatives", key), a

    def conflicts(self) -> Iterator[m.Conflict]:
        for index, c in enumerate(self.raw.get("conflicts", ())):
            yield m.Conflict(
                about=c["about"],
                covers=tuple(c.get("covers", ())),
                alternatives=tuple(
                    m.Alternative(
                        name=str(a["value"]),
                        value=str(a["value"]),
                        sources=self.sources(
                            a["source"], ("conflicts", index, "alternatives", i, "source")
                        ),
                    )
                    for i, a in enumerate(c["alternatives"])
                ),
            )

    def questions(self, section: str) -> Iterator[m.Question]:
        for index, q in enumerate(self.raw.get(section, ())):
            yield m.Question(
                about=q["about"],
                question=q["question"],
                sources=self.sources(q["source"], (section, index, "source")),
                probe=self._asking(q["probe"]) if "probe" in q else None,
            )

    def _asking(self, raw: Mapping[str, Any]) -> m.Asking:
        return m.Asking(
            name=raw["name"],
            set=raw.get("set", {}),
            leave_out=tuple(raw.get("leave_out", ())),
            vary=raw.get("vary", ""),
            raw=raw.get("raw"),
            refused=raw.get("refused", False),
            see=tuple(raw.get("see", ("answer",))),
        )

    def answers(self) -> Iterator[m.Answer]:
        for row, raw in self.raw.get("answers", {}).items():
            several = isinstance(raw, list)
            for index, a in enumerate(raw if several else [raw]):
                path: Path_ = ("answers", row, index) if several else ("answers", row)
                yield m.Answer(
                    row=row,
                    says=str(a.get("says", "")),
                    no=a.get("no", False),
                    number=a.get("number"),
                    clauses=tuple(f"{self.raw['vendor']}.{name}" for name in a.get("clauses", ())),
                    sources=self.sources(a.get("source"), (*path, "source")),
                )

    def check_answers(self, contract: m.Contract) -> None:
        """An answer rests on clauses that there are."""
        if not contract.answers:
            return
        known = [c.id.partition(".")[2] for c in derive_clauses(contract)]
        for row, raw in self.raw["answers"].items():
            for index, a in enumerate(raw if isinstance(raw, list) else [raw]):
                path: Path_ = ("answers", row, index) if isinstance(raw, list) else ("answers", row)
                for number, name in enumerate(a.get("clauses", ())):
                    if name not in known:
                        near = nearest(name, known)
                        hint = f" (did you mean {near!r}?)" if near else ""
                        problem = (
                            f"found {name!r}, expected the id of a clause without its vendor{hint}"
                        )
                        raise self.located.error((*path, "clauses", number), problem)


def _value_sources(value: Any, path: Path_) -> Iterator[tuple[Path_, Any]]:
    """Every source that is given for one value alone, and where it stands."""
    items = (
        value.items()
        if isinstance(value, Mapping)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, inner in items:
        if key == "value_sources":
            yield from (((*path, key, one), source) for one, source in inner.items())
        else:
            yield from _value_sources(inner, (*path, key))


def _conditions(raw: Mapping[str, Any]) -> tuple[m.Condition, ...]:
    return tuple(
        m.Condition(
            field=name,
            one_of=(c["const"],) if "const" in c else tuple(c["enum"]) if "enum" in c else None,
            present=c.get("present"),
            minimum=c.get("minimum"),
            maximum=c.get("maximum"),
        )
        for name, c in raw.items()
    )


def _range(raw: Sequence[float] | None) -> tuple[float, float] | None:
    return (raw[0], raw[1]) if raw else None


def _state_types(operation: Mapping[str, Any]) -> set[str]:
    return {r.get("type") for r in operation.get("reply", {}).values() if r.get("role") == "state"}
