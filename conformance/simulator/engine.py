"""
How does a vendor answer that keeps every clause?

The engine is a state machine without I/O: a request in, a reply out, the time from a clock. Everything it does is
derived from the contract and the choices; deviations and faults change it at the hooks, and only there.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from conformance.compilers.validating import CompiledContract
from conformance.compilers.violation import Violation
from conformance.contract.callback import Callback
from conformance.contract.model import ABSENT, Contract, Field, Operation
from conformance.contract.paths import find
from conformance.contract.resolution import filled
from conformance.simulator.batches import BatchBuilder, Entry, record_of
from conformance.simulator.callbacks import TEST_SECRET, Caller, Deliver, Letter
from conformance.simulator.charges import Ledger, amount_of, cell_of, refunds
from conformance.simulator.clock import Clock
from conformance.simulator.facts import RESULTS, echoed, facts_aside, facts_of
from conformance.simulator.forms import files_violations, form_of, is_form, parts_of
from conformance.simulator.hooks import HOOKS, Hooks, Moment, SimReply, SimRequest
from conformance.simulator.lifecycle import Snapshot, Task, Timetable
from conformance.simulator.pictures import drawn, media_type_of
from conformance.simulator.reading import (
    assigned,
    by_role,
    cause_of,
    content_type,
    sent_fields,
    task_asked,
    tasks_asked,
    urls_in,
)
from conformance.simulator.refusals import Refusals
from conformance.simulator.replies import HEADERS, Avoided, Builder
from conformance.simulator.routes import Routes
from conformance.simulator.sizes import cell_for, explicit_size, ratio_of, size_at, tier_of
from conformance.simulator.values import encoded
from conformance.wire.exchange import parse_json

__all__ = ["Engine"]

_T = TypeVar("_T")

_JSON = ("content-type", "application/json")
_LONGEST_SCHEME = 32  # a picture in base64 is no address, and long
_UNREACHABLE = "the reference image could not be fetched"


@dataclass(frozen=True, slots=True)
class _Remembered:
    """A creation under an idempotency key."""

    task: Task
    body: str
    at_s: float


@dataclass(slots=True)
class _Answer:
    """A reply before it is written out."""

    status: int
    document: Any
    headers: list[tuple[str, str]] = field(default_factory=list)


class Engine:
    """One vendor: its tasks, its ledger, and its answers."""

    def __init__(
        self,
        contract: Contract,
        *,
        choices: Mapping[str, str],
        hooks: Iterable[Hooks],
        clock: Clock,
        key: str,
        reachable: Callable[[str], bool],
        deliver: Deliver | None = None,
        secret: str = TEST_SECRET,
    ) -> None:
        """
        Args:
            contract: Settled.
            reachable: Whether a reference image can be fetched.
            deliver: Sends callbacks, signed with `secret`; without it none are sent.
        """
        self.contract = contract
        self.tasks: dict[str, Task] = {}
        self.ledger = Ledger()
        self._choices = choices
        self._clock = clock
        self._key = key
        self._reachable = reachable
        self._hooks = _overridden(hooks)
        self._compiled = CompiledContract(contract)
        self._routes = Routes(contract)
        self._timetable = Timetable(contract, pace=choices.get("pace", "every-state"))
        self._refusals = Refusals(contract, choices)
        avoided = _error_marks(contract)
        self._builders = {o.name: _builder(o, choices, avoided) for o in contract.operations}
        self._batches = {
            o.name: BatchBuilder(o, _preferences(o, choices), avoided)
            for o in contract.operations
            if any(f.role == "task_ids" for f in o.fields)
        }
        self._asks_request = any(b.asks_request for b in self._builders.values())
        self._has_status = contract.operation("status") is not None
        self._lifetime_s = min((e.lifetime_s for e in contract.expiry), default=None)
        self._remembered: dict[str, _Remembered] = {}
        self._made_before: Counter[str] = Counter()
        self._secret = secret
        self._caller = self._made_caller(deliver)

    @property
    def refunded(self) -> float:
        """What has been given back by now."""
        now_s = self._clock.now()
        tasks = (t for t in self.tasks.values() if t.refunded and self._ended(t, now_s))
        return sum(task.cost or 0.0 for task in tasks)

    def _ended(self, task: Task, now_s: float) -> bool:
        return self._timetable.snapshot(task, now_s).phase == "failed"

    # ------------------------------------------------------------ one request

    def answer(self, request: SimRequest) -> SimReply:
        """The reply to one request."""
        if RESULTS in request.path:
            return self._download(request)
        match = self._routes.find(request.method, request.path)
        if match is None:
            return _nothing_here(request, self._routes.methods(request.path))
        operation = match.operation
        at = Moment(
            operation=operation.name,
            request=request,
            now_s=self._clock.now(),
            contract=self.contract,
            ledger=self.ledger,
            reply=operation.reply,
        )
        if not self._asked("known_path", bool(match), at):
            return _nothing_here(request, ())
        return self._written(self._answered(operation, match.path, at), at)

    def _asked(self, hook: str, value: _T, at: Moment) -> _T:
        """What the hooks make of a value."""
        for changed in self._hooks.get(hook, ()):
            value = changed(value, at)
        return value

    def _written(self, answer: _Answer, at: Moment) -> SimReply:
        document = self._asked("document", answer.document, at)
        status = self._asked("status", answer.status, at)
        told = document.pop(HEADERS, {}) if isinstance(document, dict) else {}
        named = [(n, _header(v)) for n, v in told.items() if isinstance(v, str | int | float)]
        # What the documents call the type of a reply is what it has, not one more header.
        kind = next((h for h in named if h[0].lower() == "content-type"), _JSON)
        named = [h for h in named if h is not kind]
        headers = self._asked("headers", (kind, *answer.headers, *named), at)
        delay_s = self._asked("delay_s", 0.0, at)
        reply = SimReply(status=status, body=encoded(document), headers=headers, delay_s=delay_s)
        return self._asked("reply", reply, at)

    def _answered(
        self, operation: Operation, path: tuple[tuple[str, str], ...], at: Moment
    ) -> _Answer:
        needed = self._asked("needs_key", operation.authenticated and bool(self.contract.auth), at)
        if needed and not self._has_key(at.request):
            return self._refused(at, "unauthorized", "the key is missing or wrong", about="key")
        cause = self._asked("arrival", "", at)
        if cause:
            return self._refused(at, cause, _WORDS.get(cause, cause), about=cause)
        found = self._asked("violations", self._violations(operation, path, at), at)
        if found:
            cause = self._asked("refusal", cause_of(found[0], at, self.contract), at)
            if cause:
                about = found[0].rule or f"{found[0].path}:{found[0].keyword}"
                return self._refused(at, cause, found[0].message, about=about)
        if operation.name == "create":
            return self._create(operation, at)
        if operation.name in self._batches:
            return self._show_several(operation, at)
        return self._show(operation, dict(path), at)

    def _refused(self, at: Moment, cause: str, message: str, *, about: str) -> _Answer:
        at.cause = cause
        values = {"cost": self._price(at) or 0, "required_credits": self._price(at) or 0}
        values = self._asked("values", values, at)
        refusal = self._refusals.refuse(
            at.operation, cause, message, about=f"{at.operation} {about}", values=values
        )
        at.means = refusal.means
        return _Answer(refusal.status, refusal.document)

    def _has_key(self, request: SimRequest) -> bool:
        for scheme in self.contract.auth:
            wanted = scheme.prefix + self._key
            if scheme.location == "header":
                if request.headers.get(scheme.parameter.lower()) == wanted:
                    return True
            elif (scheme.parameter, wanted) in request.query:
                return True
        return False

    # ------------------------------------------------------------ what is wrong with it

    def _violations(
        self, operation: Operation, path: tuple[tuple[str, str], ...], at: Moment
    ) -> tuple[Violation, ...]:
        request = at.request
        body: Any = ABSENT
        found: list[Violation] = []
        common = self._compiled.fields(operation, "")
        if any(f.location == "body" for f in common.values()):
            found += content_type(operation, request)
            form = is_form(operation)
            try:
                body = _form(request, common) if form else parse_json(request.body)
            except ValueError as error:
                keyword, kind = ("form", "a form") if form else ("json", "JSON")
                found.append(Violation(path="", keyword=keyword, message=f"not {kind}: {error}"))
            else:
                found += files_violations(body, common) if form else ()
        at.body = {} if body is ABSENT else body
        at.model = self._compiled.model_of(operation, at.body)
        at.fields = self._compiled.fields(operation, at.model)
        if operation.name == "create":
            found += self._key_too_long(request)
        found += self._compiled.violations(
            operation,
            ABSENT if body is ABSENT else body,
            query=request.query,
            path=path,
            headers=tuple(request.headers.items()),
        )
        return tuple(found)

    def _key_too_long(self, request: SimRequest) -> Iterable[Violation]:
        promise = self.contract.idempotency
        if promise is not None and promise.max_length is not None:
            given = request.headers.get(promise.header.lower(), "")
            if len(given) > promise.max_length:
                message = f"{promise.header} has more than {promise.max_length} characters"
                yield Violation(
                    path=promise.header, keyword="maxLength", message=message, location="header"
                )

    # ------------------------------------------------------------ creating

    def _create(self, operation: Operation, at: Moment) -> _Answer:
        key = self._asked("idempotency_key", self._idempotency_key(at), at)
        known = self._known(key, at)
        if known is not None:
            reaction = "same-task"
            if known.body != _fingerprint(at.body):
                reaction = self._asked("other_body", self._other_body(), at)
            if reaction == "same-task":
                return self._replayed(operation, known.task, at)
            if reaction != "new-task":
                message = "the key was used with another body"
                return self._refused(at, reaction, message, about=reaction)
        at.active = self._active(at)
        cause = self._asked("acceptance", "", at)
        if cause:
            return self._refused(at, cause, _WORDS.get(cause, cause), about=cause)
        task = self._made(at)
        if key:
            self._remembered[key] = _Remembered(task, _fingerprint(at.body), at.now_s)
        return self._told(operation, task, at)

    def _active(self, at: Moment) -> int:
        if "acceptance" not in self._hooks:
            return 0  # nobody asks, and it takes a look at every task
        now = (self._timetable.snapshot(task, at.now_s) for task in self.tasks.values())
        return sum(snapshot.phase == "running" for snapshot in now)

    def _idempotency_key(self, at: Moment) -> str:
        promise = self.contract.idempotency
        return at.request.headers.get(promise.header.lower(), "") if promise else ""

    def _known(self, key: str, at: Moment) -> _Remembered | None:
        found = self._remembered.get(key) if key else None
        promise = self.contract.idempotency
        lifetime_s = promise.lifetime_s if promise else None
        if found and lifetime_s is not None and at.now_s - found.at_s > lifetime_s:
            return None
        return found

    def _other_body(self) -> str:
        promise = self.contract.idempotency
        documented = promise.other_body if promise else ""
        return documented or self._choices.get("idempotency:other-body", "same-task")

    def _replayed(self, operation: Operation, task: Task, at: Moment) -> _Answer:
        answer = self._told(operation, task, at)
        promise = self.contract.idempotency
        if promise is not None and promise.replay_header is not None:
            answer.headers.append(promise.replay_header)
        return answer

    def _made(self, at: Moment) -> Task:
        body = self._asked("effective", at.body, at)
        values = filled(assigned(body, at.fields), at.fields)
        roles = by_role(values, at.fields)
        name = self._named(at)
        task = Task(
            id=f"task_{name[:20]}",
            number=len(self.tasks) + 1,
            model=at.model or str(roles.get("model", "")),
            body=at.body,
            values=values,
            created_s=at.now_s,
            sent=sent_fields(at.body, at.fields, at.request) if self._asks_request else {},
            media_type=self._media_type(roles),
            failure=at.doomed or self._failure(body, at.fields),
        )
        at.task = task
        task.sizes = (self._size(task, roles, at),) * self._count(roles, at)
        task.cost = self._cost(at, values)
        task.refunded = refunds(self.contract)
        self.tasks[task.id] = task
        self.ledger.creations += 1
        self.ledger.charge(task.cost or 0.0)
        self._promise_callback(task, at)
        return task

    def _named(self, at: Moment) -> str:
        """What the name of a task is made of: the request, and how often it was made before, but not the others."""
        body = repr(at.body)
        self._made_before[body] += 1
        told = f"{self.contract.vendor} {self._made_before[body]} {body}"
        return hashlib.sha256(told.encode(errors="surrogatepass")).hexdigest()

    def _failure(self, body: Any, fields: Mapping[str, Field]) -> str:
        images = {path for path, f in fields.items() if f.role == "images"}
        for path, described in fields.items():
            if path in images or described.alias_of in images:
                for url in urls_in(find(body, path)):
                    if "://" in url[:_LONGEST_SCHEME] and not self._reachable(url):
                        return _UNREACHABLE
        return ""

    def _count(self, roles: Mapping[str, Any], at: Moment) -> int:
        wanted = roles.get("count", 1)
        whole = isinstance(wanted, int) and not isinstance(wanted, bool)
        return self._asked("count", min(max(wanted, 1), 100) if whole else 1, at)

    def _size(self, task: Task, roles: Mapping[str, Any], at: Moment) -> tuple[int, int]:
        tier = self._asked("tier", tier_of(roles, at.fields), at)
        cell = cell_for(self.contract, task.model, task.values)
        if cell is not None:
            index = int(self._choices.get("pixels", "0"))
            size = cell.any_of[min(index, len(cell.any_of) - 1)]
        else:
            size = explicit_size(roles) or size_at(ratio_of(roles), tier)
        return self._asked("size", size, at)

    def _media_type(self, roles: Mapping[str, Any]) -> str:
        chosen = self._choices.get("picture-type")
        asked = media_type_of(self.contract.picture_types, roles.get("output_format"))
        return chosen if chosen and not roles.get("output_format") else asked

    def _cost(self, at: Moment, values: Mapping[str, Any]) -> float | None:
        cell = cell_of(self.contract, at.model, values)
        if cell is None:
            return None
        amount = amount_of(cell, values, self._choices.get(f"charge:{cell.name}", ""))
        return self._asked("amount", amount, at)

    def _price(self, at: Moment) -> float | None:
        """What the request would cost, for a refusal that tells; None where it cannot be said."""
        if at.operation != "create" or not at.fields:
            return None
        values = filled(assigned(at.body, at.fields), at.fields)
        cell = cell_of(self.contract, at.model, values)
        return amount_of(cell, values) if cell else None

    # ------------------------------------------------------------ showing

    def _show(self, operation: Operation, path: Mapping[str, str], at: Moment) -> _Answer:
        asked = task_asked(path, at)
        if asked is None:
            return self._told(operation, None, at)
        at.asked = asked
        at.task = self._asked("found_task", self.tasks.get(asked), at)
        if at.task is None:
            return self._refused(at, "unknown-task", f"no task {asked[:80]!r}", about="task")
        return self._told(operation, at.task, at)

    def _show_several(self, operation: Operation, at: Moment) -> _Answer:
        """The reply to a batch query; tasks that are not known are left out."""
        entries = []
        for asked in tasks_asked(at) or ():
            at.asked = asked
            task = self._asked("found_task", self.tasks.get(asked), at)
            if task is not None:
                entries.append(self._entry(operation, task, at))
        status = self._success(operation)
        values = self._values(operation, None, status, at)
        return _Answer(status, self._batches[operation.name].build(values, entries))

    def _entry(self, operation: Operation, task: Task, at: Moment) -> Entry:
        at.task = task
        values = self._values(operation, task, self._success(operation), at)
        shown = self._builders.get("status")
        record = record_of(self._document(shown, task, values, at)) if shown else None
        return Entry(
            values=values,
            record=record,
            echo=lambda name: echoed(name, task, at.fields),
            request=task.sent,
        )

    def _told(self, operation: Operation, task: Task | None, at: Moment) -> _Answer:
        """The reply of an operation, about a task where it has one."""
        at.task = task
        status = self._success(operation)
        values = self._values(operation, task, status, at)
        return _Answer(status, self._document(self._builders[operation.name], task, values, at))

    def _document(
        self, builder: Builder, task: Task | None, values: Mapping[str, Any], at: Moment
    ) -> Any:
        sent = task.sent if task is not None else {}
        return builder.build(values, lambda name: echoed(name, task, at.fields, at.body), sent)

    def _values(
        self, operation: Operation, task: Task | None, status: int, at: Moment
    ) -> dict[str, Any]:
        """What each role stands for in the reply."""
        values: dict[str, Any] = {"status_code": status, "message": "success"}
        if task is not None:
            values |= facts_of(
                task,
                self._snapshot(operation, task, at),
                contract=self.contract,
                roles=by_role(task.values, self._create_fields(task)),
                origin=at.request.origin,
                lasts_s=self._timetable.total_s,
            )
        else:
            values |= facts_aside(
                operation.name,
                body=at.request.body,
                media_type=_uploaded_type(at),
                now_s=at.now_s,
            )
        return self._asked("values", values, at)

    def _success(self, operation: Operation) -> int:
        chosen = self._choices.get(f"success:{operation.name}")
        return int(chosen) if chosen else next(iter(operation.success), 200)

    def _snapshot(self, operation: Operation, task: Task, at: Moment) -> Snapshot:
        # Without an operation to ask later, the answer to the creation is the result.
        now_s = at.now_s if self._has_status else task.created_s + self._timetable.total_s
        snapshot = self._asked("snapshot", self._timetable.snapshot(task, now_s), at)
        if snapshot.phase != "running" and operation.name != "create":
            task.views += 1
        return snapshot

    def _create_fields(self, task: Task) -> Mapping[str, Field]:
        create = self.contract.operation("create")
        return self._compiled.fields(create, task.model) if create else {}

    # ------------------------------------------------------------ calling back

    def _made_caller(self, deliver: Deliver | None) -> Caller | None:
        callback = self.contract.callback
        if callback is None or deliver is None:
            return None
        name = callback.operation.name
        self._builders[name] = _builder(callback.operation, self._choices, {})
        return Caller(
            callback, clock=self._clock, choices=self._choices, deliver=deliver, write=self._letter
        )

    def _promise_callback(self, task: Task, at: Moment) -> None:
        callback = self.contract.callback
        if self._caller is None or callback is None:
            return
        url = next(iter(find(task.body, callback.field)), None)
        if isinstance(url, str) and url:
            task.facts["origin"] = at.request.origin
            ends_s = task.created_s + self._timetable.total_s
            self._caller.expect(task, url, self._asked("called_s", ends_s, at))

    def _letter(self, task: Task) -> Letter | None:
        """The callback about a task as it stands now."""
        callback = self.contract.callback
        assert callback is not None  # somebody calls
        request = SimRequest(method="", path="", origin=task.facts["origin"])
        at = Moment(
            operation="callback",
            request=request,
            now_s=self._clock.now(),
            contract=self.contract,
            ledger=self.ledger,
            fields=self._create_fields(task),
            reply=callback.operation.reply,
            task=task,
        )
        snapshot = self._asked("snapshot", self._timetable.snapshot(task, at.now_s), at)
        sends = self._choices.get("callback:sent") != "none" and snapshot.phase in callback.phases
        if not self._asked("called", sends, at):
            return None
        document = self._asked("document", self._told_back(callback, task, at), at)
        letter = Letter(
            document=document,
            headers=self._asked("headers", (_JSON,), at),
            secret=self._secret,
            method=callback.operation.method,
            attempts=callback.delivery.attempts or 1,
        )
        return self._asked("letter", letter, at)

    def _told_back(self, callback: Callback, task: Task, at: Moment) -> Any:
        """What a callback says, in the form of its own or in the other one that is documented."""
        other, status = callback.other_form, self.contract.operation("status")
        if other is not None and status and self._choices.get("callback:form") == "other":
            values = self._values(status, task, 200, at)
            whole = self._document(self._builders["status"], task, values, at)
            return next(iter(find(whole, other.repeats)), {})
        values = self._values(callback.operation, task, 200, at)
        return self._document(self._builders["callback"], task, values, at)

    # ------------------------------------------------------------ downloads

    def _download(self, request: SimRequest) -> SimReply:
        task_id, _, name = request.path.rpartition(RESULTS)[2].partition("/")
        number, _, _extension = name.partition(".")
        task = self.tasks.get(task_id)
        at = Moment(
            operation="result",
            request=request,
            now_s=self._clock.now(),
            contract=self.contract,
            ledger=self.ledger,
            task=task,
        )
        if request.method not in ("GET", "HEAD"):
            return _nothing_here(request, ("GET", "HEAD"))
        if (
            task is None
            or not number.isdecimal()
            or not self._is_there(task, int(number), at.now_s)
        ):
            return self._asked("picture", _nothing_here(request, ()), at)
        picture = drawn(
            *task.sizes[int(number)], _likeness(task) * 16 + int(number), task.media_type
        )
        headers = (("content-type", task.media_type), ("cache-control", "max-age=3600"))
        return self._asked("picture", SimReply(status=200, body=picture, headers=headers), at)

    def _is_there(self, task: Task, index: int, now_s: float) -> bool:
        if index >= len(task.sizes):
            return False
        ended_s = self._timetable.total_s + task.created_s
        return self._lifetime_s is None or now_s - ended_s <= self._lifetime_s


_WORDS = {
    "rate-limit": "too many requests, slow down",
    "insufficient-credits": "not enough credits",
    "active-limit": "too many active tasks",
    "moderation": "the prompt was refused by moderation",
    "server-error": "something went wrong",
    "unavailable": "the service is unavailable",
    "forbidden": "this key may not do that",
}


def _overridden(hooks: Iterable[Hooks]) -> dict[str, tuple[Callable[..., Any], ...]]:
    """By hook, those who override it: most requests pass through none."""
    every = tuple(hooks)
    table = {}
    for name in HOOKS:
        own = [h for h in every if getattr(type(h), name) is not getattr(Hooks, name)]
        if own:
            table[name] = tuple(getattr(h, name) for h in own)
    return table


def _builder(operation: Operation, choices: Mapping[str, str], avoided: Avoided) -> Builder:
    return Builder(operation.reply, _preferences(operation, choices), avoided)


def _preferences(operation: Operation, choices: Mapping[str, str]) -> dict[str, str]:
    prefix = f"field:{operation.name}:"
    return {n.removeprefix(prefix): c for n, c in choices.items() if n.startswith(prefix)}


def _error_marks(contract: Contract) -> Avoided:
    """The values that would make an error of a success, by path."""
    marks: dict[str, tuple[Any, ...]] = {}
    for condition in (c for e in contract.envelopes for c in e.marker if c.one_of):
        marks[condition.field] = (*marks.get(condition.field, ()), *(condition.one_of or ()))
    return marks


def _form(request: SimRequest, fields: Mapping[str, Field]) -> dict[str, Any]:
    return form_of(parts_of(request.headers.get("content-type", ""), request.body), fields)


def _uploaded_type(at: Moment) -> str:
    """The media type of the file that a form holds; "" where it holds none."""
    body = at.body if isinstance(at.body, dict) else {}
    files = (v["media_type"] for v in body.values() if isinstance(v, dict) and "media_type" in v)
    return next(files, "")


def _header(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text.encode("latin-1", "replace").decode("latin-1").replace("\r", "").replace("\n", "")


def _nothing_here(request: SimRequest, methods: tuple[str, ...]) -> SimReply:
    """No document says how a path is answered that no operation has."""
    if methods:
        body = encoded({"error": f"{request.method} is not supported here"})
        return SimReply(status=405, body=body, headers=(_JSON, ("allow", ", ".join(methods))))
    return SimReply(status=404, body=encoded({"error": "nothing here"}), headers=(_JSON,))


def _likeness(task: Task) -> int:
    """Which of a few pictures a task makes: drawing one is dear, and all of one task differ."""
    return int(task.id[-1], 16) % 8


def _fingerprint(body: Any) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
