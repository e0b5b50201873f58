"""
What has one vendor promised?

A `Contract` is a frozen value; everything else in this package is a function of it. `loading` makes
one from YAML, `clauses` lists the atomic statements in it, `resolution` settles its disputes.

Paths name a place in a JSON document: `data.resultJson`, `data[0].task_id`, `result.data[].url`
(`[]` is every element). Values are constrained in JSON Schema 2020-12 keywords.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from conformance.contract.callback import Callback

__all__ = [
    "ABSENT",
    "Advice",
    "Alternative",
    "Answer",
    "Asking",
    "AuthScheme",
    "Charge",
    "Charging",
    "Condition",
    "Conflict",
    "Contract",
    "Dispute",
    "DisputeRef",
    "Document",
    "Envelope",
    "ErrorRow",
    "Expiry",
    "Field",
    "Idempotency",
    "Level",
    "Operation",
    "PixelCell",
    "Polling",
    "Question",
    "ReplyField",
    "Rule",
    "SecondPath",
    "Source",
    "State",
    "Statement",
]

Level = Literal["must", "implied", "disputed"]
Phase = Literal["running", "succeeded", "failed"]


class _Absent:
    """A field that is not sent, as a value that differs from None."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Any = _Absent()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A page of the vendor's documentation. A superseded edition only widens what is permitted."""

    id: str
    title: str
    url: str
    seen: str
    superseded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a statement stands: the document's id, its address, and the section in it."""

    document: str
    url: str
    section: str


Sources = tuple[Source, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeRef:
    """This part of the contract is what one alternative of a dispute says."""

    dispute: str
    alternative: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """
    One test of one field. Every part that is given must hold.

    `one_of` holds the permitted values (a `const` is one of one); `present` asks whether the field is there.
    In rules the field is a request field with its default filled in; in replies it is a path in the reply.
    """

    field: str
    one_of: tuple[Any, ...] | None = None
    present: bool | None = None
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """
    A request field as documented, for all models (`model` None) or as one model narrows it.

    `path` is the vendor's spelling, dotted inside the body. `schema` holds JSON Schema keywords of
    its value. `sources` and `levels` are per keyword, with "" for the field as a whole; the keywords of
    ours beside JSON Schema's are `required`, `default`, `accepts`.
    """

    path: str
    location: Literal["body", "query", "path", "header"] = "body"
    schema: Mapping[str, Any] = dataclass_field(default_factory=dict)
    required: bool = False
    default: Any = ABSENT
    role: str | None = None
    model: str | None = None
    """The one model whose narrowing this is; None for the common description."""
    models: tuple[str, ...] = ()
    """The models that know the field at all; empty for every model."""
    alias_of: str | None = None
    ignored: bool = False
    passthrough: bool = False
    exhaustive: bool = True
    """Whether the enum is the whole list ("options") or only some of it ("common options")."""
    accepts: tuple[str, ...] = ()
    """Media types of what the URLs in it may point to."""
    also: Mapping[str, Any] = dataclass_field(default_factory=dict)
    """Another documented form beside the enum: `pattern`, with `examples` from the documents."""
    base64: bool = False
    """Whether elements may be pictures in base64 beside URLs, mixed."""
    refuses: tuple[str, ...] = ()
    """What documents name as refused in place of URLs: `base64`, `path`."""
    needs: tuple[str, ...] = ()
    """What must be at hand to send the field: `callback`, `image`."""
    refused_at: Literal["create", "anywhere"] = "anywhere"
    """`create` where the documents say that a bad value is refused there; a later failure will do otherwise."""
    sources: Mapping[str, Sources] = dataclass_field(default_factory=dict)
    levels: Mapping[str, Level] = dataclass_field(default_factory=dict)
    dispute: DisputeRef | None = None
    note: str = ""

    def source_of(self, keyword: str) -> Sources:
        """The sources of one keyword, else those of the field."""
        return self.sources.get(keyword) or self.sources.get("", ())

    def level_of(self, keyword: str) -> Level:
        """The level of one keyword, else that of the field, else `must`."""
        return self.levels.get(keyword) or self.levels.get("") or "must"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """
    A rule over several request fields, judged with defaults filled in.

    `implies`: when all of `when` hold, all of `then` must. `at_most_one` and `at_least_one` speak of the
    presence of `fields` and use neither `when` nor `then`. `unsaid`: the documents say that requests which meet
    `when` are limited, and not how; such requests are neither valid nor invalid, and never sent.
    """

    name: str
    form: Literal["implies", "at_most_one", "at_least_one", "unsaid"] = "implies"
    when: tuple[Condition, ...] = ()
    then: tuple[Condition, ...] = ()
    fields: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    refused_at: Literal["create", "anywhere"] = "anywhere"
    says: str = ""
    level: Level = "must"
    sources: Sources = ()
    dispute: DisputeRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyField:
    """
    A field of a reply. A path `$headers.NAME` is a reply header.

    `types` are JSON Schema type names; empty for any. `when` are conditions on the same reply under which
    the field is promised (`required`) and described; a condition on `$request.FIELD` is on what was sent. `decode` "json" says that the value is a string
    holding JSON, of which `content` is the schema. `echoes` names a request field whose value it repeats:
    a path, or `$task_id`, or `$request` (the whole body), or what is true of an uploaded file: `$file.filename`,
    `$file.media_type`, `$file.bytes`. `unit` is "s", "ms" or "iso8601" for a time,
    "ms-duration" or "s-duration" for a span. `not_before` names another time field of the same reply.
    """

    path: str
    types: tuple[str, ...] = ()
    required: bool = True
    when: tuple[Condition, ...] = ()
    schema: Mapping[str, Any] = dataclass_field(default_factory=dict)
    decode: Literal["json"] | None = None
    content: Mapping[str, Any] = dataclass_field(default_factory=dict)
    role: str | None = None
    unit: str | None = None
    echoes: str | None = None
    not_before: str | None = None
    only: bool = False
    """Whether the field is promised to be absent (or null) where `when` does not hold."""
    lags: bool = False
    """Whether a page speaks of replies that do not have it yet: what the next ones show then counts."""
    level: Level = "must"
    required_level: Level | None = None
    """The level of its being there at all, where that is weaker than the level of its type."""
    levels: Mapping[str, Level] = dataclass_field(default_factory=dict)
    """Per keyword (`unit`, `echoes`), where it is said less firmly than the field itself."""
    sources: Sources = ()
    keyword_sources: Mapping[str, Sources] = dataclass_field(default_factory=dict)
    """Per keyword, where it stands elsewhere than the field itself."""
    dispute: DisputeRef | None = None
    note: str = ""

    def source_of(self, keyword: str) -> Sources:
        """The sources of one keyword, else those of the field."""
        return self.keyword_sources.get(keyword) or self.sources

    def level_of(self, keyword: str) -> Level:
        """The level of one keyword, else that of the field."""
        return self.levels.get(keyword) or self.level


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One documented task state. `value` is as it stands in the reply: a string or an integer."""

    value: str | int
    phase: Phase
    means: str = ""
    level: Level = "must"
    sources: Sources = ()
    provoked_by: str = ""
    """How a run can reach it: "" by an ordinary task, `unreachable-image`, or `nothing`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondPath:
    """Another path at which an operation is to be had as well."""

    name: str
    path: str
    level: Level = "must"
    sources: Sources = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """
    One HTTP operation. `path` may hold `{field}` placeholders for fields whose location is `path`.

    `success` are the HTTP statuses of an accepted request; empty where no document says.
    """

    name: str
    method: str
    path: str
    sources: Sources = ()
    path_level: Level = "must"
    content_type: str = ""
    authenticated: bool = True
    success: tuple[int, ...] = ()
    success_level: Level = "must"
    success_sources: Sources = ()
    fields: tuple[Field, ...] = ()
    rules: tuple[Rule, ...] = ()
    reply: tuple[ReplyField, ...] = ()
    second_paths: tuple[SecondPath, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthScheme:
    """A way to present the key. `prefix` stands before it in the value, such as "Bearer "."""

    name: str
    location: Literal["header", "query"]
    parameter: str
    prefix: str = ""
    level: Level = "must"
    sources: Sources = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """
    The body of an error. `marker` are the conditions that tell an error in a reply with a success status.
    """

    name: str
    fields: tuple[ReplyField, ...] = ()
    marker: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRow:
    """
    One row of an error table: a status, what it means, and for which causes it is given.

    `carried_in`: "http" as the HTTP status, "envelope" as the code in the body of a success status.
    `body` are further conditions on the envelope of this row (its error name, its constant message).
    `operations` are those that may answer with it.
    """

    status: int
    name: str = ""
    causes: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    means: str = ""
    envelope: str = ""
    envelopes: tuple[str, ...] = ()
    """All envelopes that the row may come in, any of which conforms; `envelope` is the first."""
    carried_in: tuple[str, ...] = ("http",)
    body: tuple[Condition, ...] = ()
    body_level: Level = "must"
    fields: tuple[ReplyField, ...] = ()
    """Fields that this row's body has beside those of its envelope."""
    about: tuple[str, ...] = ()
    """The request fields that the row is about; empty for any."""
    retry: str = ""
    level: Level = "must"
    sources: Sources = ()
    dispute: DisputeRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """
    One cell of a price table: what a creation under `when` costs.

    `any_of` are the amounts that conform. `per` names request fields whose number multiplies the amount.
    """

    name: str
    models: tuple[str, ...] = ()
    when: tuple[Condition, ...] = ()
    any_of: tuple[float, ...]
    per: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    """The resolution tier of each amount, where a page tells it and no request field sets it."""
    level: Level = "must"
    sources: Sources = ()
    dispute: DisputeRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Charging:
    """How creations are charged, where the charge can be read, and when it is given back."""

    unit: str = ""
    cells: tuple[Charge, ...] = ()
    meter: tuple[tuple[str, str], ...] = ()
    """(operation, path) of reply fields that show the charge; empty: no meter."""
    refund_shown_at: tuple[str, ...] = ()
    """Roles of reply fields of `status` that tell a refund; with `zero_at` empty as well: it cannot be seen."""
    zero_at: tuple[str, ...] = ()
    """Roles of reply fields of `status` that show a charge, and none (nothing, null, zero) once a task has failed."""
    refund_sources: Sources = ()
    refund_level: Level = "must"
    refund_says: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelCell:
    """
    One cell of a size by resolution table. `any_of` are (width, height) pairs, any of which conforms.

    `nominal`: the table is there for reference, so that another size of the same ratio conforms, too.
    """

    row: str
    column: str
    when: tuple[Condition, ...]
    any_of: tuple[tuple[int, int], ...]
    models: tuple[str, ...] = ()
    nominal: bool = False
    level: Level = "must"
    sources: Sources = ()
    dispute: DisputeRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Idempotency:
    """
    What repeating a creation with the same key does.

    `header` is the request header. `other_body` is the cause (in the error table) given for the same key with
    another body, or "same-task", or "" where no document says. `replay_header` marks a replayed answer. `beside` is
    a header that documents send together with the key; a reply to both may be another one than the documented, in
    which `other_task_id` is the path of the task id.
    """

    header: str
    max_length: int | None = None
    other_body: str = ""
    replay_header: tuple[str, str] | None = None
    beside: tuple[str, str] | None = None
    other_task_id: str = ""
    lifetime_s: float | None = None
    says: str = ""
    level: Level = "must"
    sources: Sources = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Polling:
    """The documented polling advice, in seconds; a range is (low, high). Binds the client."""

    first_s: tuple[float, float] | None = None
    interval_s: tuple[float, float] | None = None
    timeout_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """
    A statement that binds the client, not the vendor.

    `asks` is what a client can be seen to do about it, in the words of the format (`$defs/asks`); empty where nothing
    that goes over the wire shows it.
    """

    name: str
    operation: str
    subject: str
    says: str
    sources: Sources = ()
    asks: Mapping[str, Any] = dataclass_field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """
    A documented statement that no request can try, kept so that none is dropped.

    `why` is the reason it stays untested: `cannot be provoked`, `not observable`, `no meter`, `needs: ...`.
    """

    name: str
    kind: str
    operation: str
    subject: str
    says: str
    why: str
    level: Level = "must"
    sources: Sources = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """How long a result can be fetched after completion, and the field that tells."""

    lifetime_s: float
    field: str = ""
    level: Level = "must"
    sources: Sources = ()
    dispute: DisputeRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """One answer to a dispute, and the documents that give it."""

    name: str
    value: str
    sources: Sources = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """Current documents disagree, and any of the answers conforms."""

    name: str
    about: str
    alternatives: tuple[Alternative, ...]
    covers: tuple[str, ...] = ()
    """What `lint` finds that this entry records: `RULE PLACE`, with `*` for any text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Pages disagree on something that no reply shows, or that only a superseded page says otherwise."""

    about: str
    alternatives: tuple[Alternative, ...]
    covers: tuple[str, ...] = ()
    """As in `Dispute`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """
    How an open question can be put to the vendor: a plain creation, with fields set or left out.

    `name` stays the same, so that answers can be compared. `vary`: one creation for each value of that field. `raw` is
    sent in place of the body. `refused`: that is what is expected, so it is asked before anything is paid for. `see`
    says what answers it: `answer`, `pictures`, `pixels`, `type`, `charge`.
    """

    name: str
    set: Mapping[str, Any] = dataclass_field(default_factory=dict)
    leave_out: tuple[str, ...] = ()
    vary: str = ""
    raw: str | None = None
    refused: bool = False
    see: tuple[str, ...] = ("answer",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the documents leave unsaid. Never judged, always listed. `probe` says how it can be asked."""

    about: str
    question: str
    sources: Sources = ()
    probe: Asking | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    What the documents say in prose to a question of an evaluator, where no other part of the contract says it.

    `row` is the question, a row of the comparison. `no`: a page says that there is no such thing; `says` may then be
    empty. `clauses` are ids. Several answers to one question are pages that disagree.
    """

    row: str
    says: str = ""
    no: bool = False
    number: float | None = None
    """Of `usd-rate`: how many units of the price one US dollar is."""
    clauses: tuple[str, ...] = ()
    sources: Sources = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One vendor's documented API. `digest` is of the text it was loaded from, hex; `file` is its name."""

    vendor: str
    title: str
    base_url: str
    key_variable: str
    documents: tuple[Document, ...] = ()
    auth: tuple[AuthScheme, ...] = ()
    operations: tuple[Operation, ...] = ()
    states: tuple[State, ...] = ()
    states_sources: Sources = ()
    terminal_level: Level = "implied"
    terminal_sources: Sources = ()
    envelopes: tuple[Envelope, ...] = ()
    errors: tuple[ErrorRow, ...] = ()
    tolerated: tuple[ErrorRow, ...] = ()
    """Rows that only a superseded page has: no clause, and nobody who answers so is accused."""
    charging: Charging = dataclass_field(default_factory=Charging)
    pixels: tuple[PixelCell, ...] = ()
    ratio_sources: Sources = ()
    """Where a page says that a ratio field is the ratio of the output; empty: nowhere."""
    tier_sources: Sources = ()
    """Where a page says that a higher resolution tier gives a larger picture; empty: nowhere."""
    picture_types: tuple[str, ...] = ()
    """Documented media types of results; empty: any."""
    picture_sources: Sources = ()
    idempotency: Idempotency | None = None
    callback: Callback | None = None
    """What the vendor sends by itself; None where no document names a webhook. No part of `operations`."""
    expiry: tuple[Expiry, ...] = ()
    polling: Polling = dataclass_field(default_factory=Polling)
    advice: tuple[Advice, ...] = ()
    statements: tuple[Statement, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    questions: tuple[Question, ...] = ()
    notes: tuple[Question, ...] = ()
    answers: tuple[Answer, ...] = ()
    digest: str = ""
    file: str = ""
    text: str = dataclass_field(default="", repr=False, compare=False)
    """The YAML that it was loaded from, so that a record can keep it."""

    def operation(self, name: str) -> Operation | None:
        """The operation of that name; None where the vendor documents none."""
        return next((operation for operation in self.operations if operation.name == name), None)

    @property
    def models(self) -> tuple[str, ...]:
        """The documented model names, in documented order."""
        create = self.operation("create")
        if create is None:
            return ()
        return next(
            (
                tuple(f.schema.get("enum", ()))
                for f in create.fields
                if f.role == "model" and f.model is None
            ),
            (),
        )
