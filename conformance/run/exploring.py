"""
What do requests show that no plan has, and which is the smallest one that shows it?

Hypothesis generates and shrinks. It knows nothing of event loops, so it works in a thread of its own and has each
request sent by the run's loop, one after the other; what was asked once is remembered and never asked again.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import warnings
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from typing import Any

import hypothesis
import hypothesis.errors

from conformance.contract.clauses import clauses_by_id, shown
from conformance.contract.model import ABSENT
from conformance.contract.resolution import settle
from conformance.judging.observe import observe
from conformance.planning.exploring import Draft, Space
from conformance.planning.requests import Desk
from conformance.results.cases import Case, Plan
from conformance.run.conversation import Talk
from conformance.run.judge import judge
from conformance.run.narrowing import Narrowing
from conformance.run.session import Session

__all__ = ["Explorer"]

_MOST_FOUND = 8
_TO_SHRINK = 150  # requests to make one finding small
_DRAWN = 4  # drafts for each request that may be sent: one that is known already is not sent again
_ABOUT_THE_ACCOUNT = (401, 402, 403)
_REFUSED = "refused"
_REORDERED = "refused in this order"


class _Enough(BaseException):
    """Ends a search at once: no `Exception`, so that Hypothesis does not take it for a finding."""


class _Found(Exception):
    """A request shows what is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    """What a draft showed: `label` is a clause that it violates, or one of the words for a refusal."""

    label: str
    draft: Draft
    case: Case


class Explorer:
    """
    Generates requests after the plan, and hands what it finds to the judge as cases like any other.

    Args:
        send: Sends a case if that may be spent; None where not.
    """

    def __init__(
        self,
        session: Session,
        plan: Plan,
        carrier: int,
        narrowing: Narrowing,
        send: Callable[[Case], Awaitable[Talk | None]],
    ) -> None:
        self._session = session
        self._plan = plan
        self._carrier = carrier
        self._narrowing = narrowing
        self._send = send
        self._loop = asyncio.get_running_loop()
        self._left = session.options.explore
        self._spare = 0
        self._sent = 0
        self._valid = 0
        self._number = 0
        self._found: list[str] = []
        self._closed: set[str] = set()
        self._clauses = clauses_by_id(session.contract)
        self._guilty: list[Mapping[str, Any]] = []
        self._orders = True
        self._known: dict[str, _Finding | None] = {}
        self._over = False
        self._target = ""
        self._best: _Finding | None = None
        self._pending: concurrent.futures.Future[Any] | None = None
        self._error: BaseException | None = None
        self._stopped = ""

    @property
    def _may_pay(self) -> bool:
        options, endpoint = self._session.options, self._session.endpoint
        return endpoint.kind == "simulator" or options.max_billed is not None

    async def run(self) -> None:
        """
        Ask until enough was asked, or nothing more may be spent.

        Raises:
            ConformanceError: The record cannot be written any further.
        """
        self._closed = self._violated()
        self._guilty = self._narrowing.guilty()
        for number in range(_MOST_FOUND):
            finding = await self._hunt(number)
            if finding is None:
                break
            await self._settle(finding)
            if self._stopped or self._left <= 0:
                break
        self._session.note(self._summary())

    def _violated(self) -> set[str]:
        verdicts = judge(self._session.journal.record(), self._session.contract).verdicts
        return {v.clause for v in verdicts if v.verdict == "violates"}

    def _summary(self) -> str:
        asked = self._session.options.explore - self._left
        free = self._sent - self._valid
        more = f" and {self._sent - asked} more to make it small" if self._sent > asked else ""
        said = f"explored {asked} generated requests{more} ({self._valid} valid, {free} invalid)"
        what = f": {'; '.join(self._found)}" if self._found else ": nothing new"
        unpaid = "" if self._may_pay else "; valid ones need --max-billed"
        return f"{said}{what}{unpaid}{f'; {self._stopped}' if self._stopped else ''}"

    # --- the search, in its own thread ---

    async def _hunt(self, number: int) -> _Finding | None:
        """The smallest request that shows something new; None where nothing is found any more."""
        self._target, self._best, self._spare = "", None, _TO_SHRINK
        self._known, self._over = {}, False
        space = Space(
            self._session.contract,
            self._plan,
            images=self._session.images,
            carrier=self._carrier,
            closed=frozenset(self._closed),
            guilty=tuple(self._guilty),
            orders=self._orders,
        )
        try:
            await asyncio.to_thread(self._search, space, number)
        finally:
            # However this ends, the thread sends nothing any more.
            self._over = True
            if self._pending is not None:
                self._pending.cancel()
        if self._error is not None:
            raise self._error
        return self._best

    def _search(self, space: Space, number: int) -> None:
        @hypothesis.seed(self._session.options.seed * _MOST_FOUND + number)
        @hypothesis.settings(
            max_examples=_DRAWN * max(1, self._left),
            database=None,
            deadline=None,
            phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
            # How long drawing takes tells of this machine, and nobody waits for an answer there.
            suppress_health_check=(hypothesis.HealthCheck.too_slow,),
            report_multiple_bugs=False,
            print_blob=False,
            verbosity=hypothesis.Verbosity.quiet,
        )
        @hypothesis.given(space.drafts(valid=self._may_pay))
        def shows_nothing(draft: Draft) -> None:
            finding = self._shown(draft)
            if finding is not None and finding.label == self._target:
                raise _Found

        try:
            with warnings.catch_warnings():
                # That its own account of a request would be long; nobody reads that account.
                warnings.simplefilter("ignore", hypothesis.errors.HypothesisWarning)
                shows_nothing()
        except (_Found, _Enough):
            return

    def _shown(self, draft: Draft) -> _Finding | None:
        """What a draft shows, asked only once; the first finding is what is looked for from then on."""
        key = repr((draft.case.model, draft.case.breaks, draft.case.send))
        if key not in self._known:
            self._take()
            self._known[key] = self._on_the_loop(self._asked(draft))
        finding = self._known[key]
        if finding is not None and not self._target:
            self._target = finding.label
        if finding is not None and finding.label == self._target:
            best = self._best
            if best is None or finding.draft.size < best.draft.size:
                self._best = finding
        return finding

    def _take(self) -> None:
        """One more request, of those to explore or of those to make a finding small."""
        if self._over or self._stopped or (self._spare if self._target else self._left) <= 0:
            raise _Enough
        if self._target:
            self._spare -= 1
        else:
            self._left -= 1

    def _on_the_loop(self, work: Coroutine[Any, Any, _Finding | None]) -> _Finding | None:
        pending = asyncio.run_coroutine_threadsafe(work, self._loop)
        self._pending = pending
        try:
            return pending.result()
        except concurrent.futures.CancelledError:
            raise _Enough from None
        except _Enough:
            raise
        except BaseException as error:
            self._error = error  # raised where the run can hear it
            raise _Enough from error
        finally:
            self._pending = None

    # --- one request, on the loop of the run ---

    async def _asked(self, draft: Draft) -> _Finding | None:
        case, talk = await self._tried(draft.case)
        if draft.case.breaks is not None:
            return await self._of_invalid(draft, case, talk)
        if _is_refused(talk) and not self._target:
            # Before anybody is suspected: the same once more.
            case, talk = await self._tried(draft.case)
        if not _is_refused(talk):
            return self._observed(draft, case) if _says_something(talk) else None
        label = _REFUSED
        if draft.plainly is not None:
            _, plainly = await self._tried(draft.plainly)
            label = _REORDERED if plainly.accepted and not _is_refused(plainly) else _REFUSED
        return _Finding(label=label, draft=draft, case=case)

    async def _of_invalid(self, draft: Draft, case: Case, talk: Talk) -> _Finding | None:
        if talk.outcome.kind == "trouble":
            talk = await self._again(case)
        at_once = case.refused_at == "create" or case.expect == "refused"
        if talk.accepted and (at_once or talk.phase == "succeeded"):
            assert case.breaks is not None  # only such are asked here
            return _Finding(label=case.breaks.clause, draft=draft, case=case)
        return self._observed(draft, case) if _says_something(talk) else None

    async def _tried(self, case: Case) -> tuple[Case, Talk]:
        self._number += 1
        named = replace(case, id=f"explored:{self._number}")
        talk = await self._again(named)
        self._sent += 1
        self._valid += case.breaks is None
        return named, talk

    async def _again(self, case: Case) -> Talk:
        """
        Send a case that has its name already.

        Raises:
            _Enough: Nothing more may be spent, or the target went away.
        """
        talk = await self._send(case)
        if talk is None:
            self._stopped = "stopped at what may be spent"
            raise _Enough
        return talk

    def _observed(self, draft: Draft, case: Case) -> _Finding | None:
        """The first clause that the conversation itself violates, of those not known to be."""
        record = self._session.journal.record()
        for said in observe(self._session.contract, record.cases[case.id], record.traces[case.id]):
            clause = self._clauses.get(said.clause)
            new = said.verdict == "violates" and said.clause not in self._closed
            # What a failed task gives back only the end of the run tells.
            if new and clause is not None and clause.topic != "refund":
                return _Finding(label=said.clause, draft=draft, case=case)
        return None

    # --- what was found ---

    async def _settle(self, finding: _Finding) -> None:
        """Make a case of it for the judge, and let it not be found again."""
        if finding.label in (_REFUSED, _REORDERED):
            await self._confirm(finding)
            return
        self._closed.add(finding.label)
        self._found.append(finding.label)
        self._session.journal.write(replace(finding.case, found=finding.label))

    async def _confirm(self, finding: _Finding) -> None:
        """
        Send a valid request that is refused as one that must be accepted, and ask what it is refused for.

        Only now it can accuse; what it carries is exonerated by the plan or by halves of it, as in any other case.
        """
        draft, number = finding.draft, len(self._found) + 1
        pins = self._unusual(draft.case)
        self._guilty.append(pins)
        self._closed |= set(draft.free)
        self._orders = self._orders and finding.label != _REORDERED
        name, features = f"smallest:{number}", draft.features
        if draft.plainly is not None:
            await self._heard(
                replace(draft.plainly, id=f"{name}/ordered", expect="accepted", features=features)
            )
        words = ", ".join(f"{p} {'left out' if v is ABSENT else shown(v)}" for p, v in pins.items())
        what = f"{finding.label}: {words or 'a plain creation'}"
        case = replace(
            draft.case,
            id=name,
            expect="accepted",
            title=what,
            features=features,
            witnesses=tuple(f.witness for f in features),
            found=what,
        )
        if await self._heard(case):
            self._found.append(what)
        await self._narrowing.work()

    async def _heard(self, case: Case) -> bool:
        """Whether a case was refused again; the judge and the narrowing hear of it."""
        talk = await self._send(case)
        if talk is not None and talk.outcome.kind == "trouble":
            talk = await self._send(case)
        if talk is None:
            self._stopped = "stopped at what may be spent"
            return False
        self._narrowing.hear(case, talk)
        return _is_refused(talk)

    def _unusual(self, case: Case) -> dict[str, Any]:
        """In what a request differs from the plain one of its model."""
        contract = settle(self._session.contract, self._plan.dialect)
        plain = Desk(contract, self._session.images, self._carrier).carrier(case.model)
        given = case.assignment
        every = {**plain, **given}
        return {
            p: given.get(p, ABSENT)
            for p in every
            if repr(given.get(p, ABSENT)) != repr(plain.get(p, ABSENT))
        }


def _is_refused(talk: Talk) -> bool:
    """Whether a valid creation was answered as an invalid one is. What passes, and the account, is no answer."""
    if talk.outcome.code in _ABOUT_THE_ACCOUNT:
        return False
    failed = talk.accepted and talk.phase == "failed"
    return failed or talk.outcome.kind in ("refused", "trouble")


def _says_something(talk: Talk) -> bool:
    return talk.outcome.kind in ("accepted", "refused", "malformed", "trouble")
